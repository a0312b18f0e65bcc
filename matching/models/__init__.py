"""What was asked, what was sent, what came back, and what our own repository says."""

from matching.models.prints import Candidate, CandidateReview, FingerTemplate, PrintSearch
from matching.models.replies import Mailbox, MailboxTrouble, Reply
from matching.models.submissions import ExpectedAnswer, Submission, Transmission
from matching.models.work import LeasedWork

__all__ = [
    "Candidate",
    "CandidateReview",
    "ExpectedAnswer",
    "FingerTemplate",
    "LeasedWork",
    "Mailbox",
    "MailboxTrouble",
    "PrintSearch",
    "Reply",
    "Submission",
    "Transmission",
]
