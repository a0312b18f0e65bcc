"""What happens in a fingerprint check, as actions with a sentence each.

No sentence can hold a name or a number of a person.
"""

from typing import Final

SUBMISSION_OPENED: Final = "matching.submission_opened"
SUBMISSION_SETTLED: Final = "matching.submission_settled"
SUBMISSION_REOPENED: Final = "matching.submission_reopened"
SUBMISSION_SUPERSEDED: Final = "matching.submission_superseded"
TRANSMISSION_HELD_BACK: Final = "matching.transmission_held_back"
TRANSMISSION_RELEASED: Final = "matching.transmission_released"
TRANSMISSION_SENT: Final = "matching.transmission_sent"
TRANSMISSION_FAILED: Final = "matching.transmission_failed"
TRANSMISSION_QUARANTINED: Final = "matching.transmission_quarantined"
TRANSMISSION_RETRIED: Final = "matching.transmission_retried"
TRANSMISSION_CANCELLED: Final = "matching.transmission_cancelled"
ANSWER_SETTLED: Final = "matching.answer_settled"
ANSWER_OVERDUE: Final = "matching.answer_overdue"
ANSWER_CONTRADICTED: Final = "matching.answer_contradicted"
REPLY_ATTACHED: Final = "matching.reply_attached"
REPLY_QUARANTINED: Final = "matching.reply_quarantined"
REPLY_DISMISSED: Final = "matching.reply_dismissed"
IAR_RECEIVED: Final = "matching.iar_received"
IAR_CODED: Final = "matching.iar_coded"
PRINTS_SEARCHED: Final = "matching.prints_searched"
PRINT_SEARCH_FAILED: Final = "matching.print_search_failed"
PRINT_SEARCH_RETRIED: Final = "matching.print_search_retried"
PRINTS_RETIRED: Final = "matching.prints_retired"
CANDIDATE_PROPOSED: Final = "matching.candidate_proposed"
CANDIDATE_FIRST_REVIEWED: Final = "matching.candidate_first_reviewed"
CANDIDATE_CONFIRMED: Final = "matching.candidate_confirmed"
CANDIDATE_REJECTED: Final = "matching.candidate_rejected"
CANDIDATE_DISPUTED: Final = "matching.candidate_disputed"

SENTENCES: Final[dict[str, str]] = {
    SUBMISSION_OPENED: "A fingerprint check was opened ({tot}): {asked}.",
    SUBMISSION_SETTLED: "Every expected answer of the fingerprint check has come.",
    SUBMISSION_REOPENED: "The fingerprint check is open again: a reply contradicts an answer.",
    SUBMISSION_SUPERSEDED: "{actor} sent new prints; the answers to the old ones no longer count. {reason}",
    TRANSMISSION_HELD_BACK: "The prints were not sent. {why}",
    TRANSMISSION_RELEASED: "{actor} let the prints go out: {reason}",
    TRANSMISSION_SENT: "The prints were sent to the state bureau (control number {control_number}).",
    TRANSMISSION_FAILED: "The prints could not be sent after {attempts} tries: {why} A person must look.",
    TRANSMISSION_QUARANTINED: (
        "Sending the prints failed again and again without an answer and was stopped. A person must look."
    ),
    TRANSMISSION_RETRIED: "{actor} asked for the prints to be sent again: {reason}",
    TRANSMISSION_CANCELLED: "The prints will not be sent: newer ones go out instead.",
    ANSWER_SETTLED: "{source_name} answered: {state_words}.",
    ANSWER_OVERDUE: "{source_name} is late. That is no finding and no reason to hold anybody.",
    ANSWER_CONTRADICTED: "Two answers of {source_name} contradict each other. A person must look.",
    REPLY_ATTACHED: "{actor} attached a reply from quarantine to this check: {reason}",
    REPLY_QUARANTINED: "A reply was put in quarantine: {why}",
    REPLY_DISMISSED: "{actor} found that a reply in quarantine is not ours: {reason}",
    IAR_RECEIVED: "An immigration response arrived. A person must read it and record what it says.",
    IAR_CODED: "{actor} read the immigration response and recorded: {meaning_words}. {reason}",
    PRINTS_SEARCHED: "Our own print repository was searched: {searched} persons, {candidates} candidates.",
    PRINT_SEARCH_FAILED: "Our own print repository was not searched: {why} A person must look.",
    PRINT_SEARCH_RETRIED: "{actor} asked for the prints to be searched again: {reason}",
    PRINTS_RETIRED: "{actor} took the prints out of the repository: {reason}",
    CANDIDATE_PROPOSED: (
        "The prints resemble those of another case. That is a lead, not a finding; two examiners decide."
    ),
    CANDIDATE_FIRST_REVIEWED: (
        "{actor} examined a candidate. The decision is sealed until a second examiner decides."
    ),
    CANDIDATE_CONFIRMED: "Two examiners found the same person as in another case.",
    CANDIDATE_REJECTED: "Two examiners found that a candidate is a different person.",
    CANDIDATE_DISPUTED: "Two examiners did not agree on a candidate, or could not decide. It has no effect.",
}

SOURCE_NAMES: Final[dict[str, str]] = {"state": "The state bureau", "fbi": "The FBI", "dhs": "DHS"}

ANSWER_WORDS: Final[dict[str, str]] = {
    "not_expected": "no answer expected",
    "held_back": "held back",
    "waiting": "waiting",
    "identification": "prints found on record",
    "non_identification": "no such prints on record",
    "inconclusive": "no finding yet",
    "rejected": "prints refused, new prints needed",
    "error": "message failed, no finding",
    "overdue": "late, no finding",
    "superseded": "replaced by newer prints",
    "awaiting_iar": "prints found on record; the immigration response is still to come",
    "iar_no_interest": "no interest",
    "iar_interest": "interest",
    "iar_citizen_or_lawful": "citizen or lawfully present",
}

QUARANTINE_REASONS: Final[dict[str, str]] = {
    "unreadable": "it could not be read.",
    "no_reference": "it does not say which of our messages it answers.",
    "unknown_reference": "it answers a message we did not send.",
    "tcr_differs": "it answers another message.",
    "oca_differs": "its agency case number is not that of the prints.",
    "cri_differs": "it is addressed to another agency.",
    "nothing_sent": "it answers prints that were held back.",
    "same_number_other_content": "the same message number came before with other content.",
    "unknown_source": "it does not say which repository answers.",
    "not_understood": "we do not know what it says.",
    "could_not_record": "recording it failed again and again.",
}
