"""Every write of matching.

Each service locks, checks who, checks whether, saves and audits in one transaction.
"""

from matching.services.answers import code_iar, mark_overdue
from matching.services.leases import let_go_after_outage
from matching.services.mailbox import Collected, collect_mailbox
from matching.services.replies import Recorded, attach_quarantined, dismiss_quarantined, record_reply
from matching.services.reviews import review_candidate
from matching.services.searches import (
    claim_search,
    retire_prints,
    retry_search,
    search_due_prints,
    search_prints,
)
from matching.services.submissions import open_first_submission, open_submission, reprint
from matching.services.sweeps import Swept, hint_due, sweep_leases, sweep_matching
from matching.services.transmissions import (
    carry_due_transmissions,
    carry_transmission,
    claim_next_transmission,
    claim_transmission,
    record_failure,
    record_sent,
    release_transmission,
    retry_transmission,
    send,
)

__all__ = [
    "Collected",
    "Recorded",
    "Swept",
    "attach_quarantined",
    "carry_due_transmissions",
    "carry_transmission",
    "claim_next_transmission",
    "claim_search",
    "claim_transmission",
    "code_iar",
    "collect_mailbox",
    "dismiss_quarantined",
    "hint_due",
    "let_go_after_outage",
    "mark_overdue",
    "open_first_submission",
    "open_submission",
    "record_failure",
    "record_reply",
    "record_sent",
    "release_transmission",
    "reprint",
    "retire_prints",
    "retry_search",
    "retry_transmission",
    "review_candidate",
    "search_due_prints",
    "search_prints",
    "send",
    "sweep_leases",
    "sweep_matching",
]
