"""Roles as code: a slug stored in memberships, a name, one sentence a jail manager can read, and what it allows."""

from dataclasses import dataclass

from accounts.permissions import Permission as P


@dataclass(frozen=True)
class Role:
    """One role. `reach` says where: the membership's own agency, or every jail of the bureau's state."""

    slug: str
    name: str
    sentence: str
    permissions: frozenset[P]
    agency_kinds: frozenset[str]
    reach: str = "agency"


_JAIL = frozenset({"jail"})
_SEE = frozenset(
    {
        P.BOARD_VIEW,
        P.CASE_VIEW,
        P.DOCUMENT_VIEW,
        P.SUBMISSION_VIEW,
        P.DETAINER_VIEW,
        P.PERSON_VIEW,
        P.POLICY_VIEW,
    }
)
_LAW = frozenset({P.POLICY_VIEW, P.POLICY_EDIT, P.POLICY_ENACT})
_COUNSEL = frozenset({P.POLICY_VIEW, P.POLICY_REVIEW})
_BOOK = frozenset({P.CASE_BOOK, P.GROUND_EDIT, P.REPRINT_SUBMIT, P.STATUS_CLAIM_RECORD})
_CUSTODY = frozenset({P.CASE_RELEASE, P.CUSTODY_RECORD})
_WORK = frozenset({P.WORK_OWN, P.UNIT_MOVE, P.HANDOVER_WRITE})
_CORRECT = frozenset({P.CORRECTION_REQUEST})
_DETAINER = frozenset(
    {
        P.DETAINER_REGISTER,
        P.DETAINER_SERVE,
        P.WARRANT_RECORD,
        P.IAR_CODE,
        P.CONVICTION_RECORD,
        P.DUTY_RECORD,
        P.ICE_TELL,
    }
)

ROLES: dict[str, Role] = {
    role.slug: role
    for role in (
        Role(
            "booking_officer",
            "Booking officer",
            "Books people, takes prints, serves detainers, records releases and corrects what was entered.",
            _SEE | _BOOK | _CUSTODY | _DETAINER | _CORRECT | _WORK,
            _JAIL,
        ),
        Role(
            "detainer_clerk",
            "Detainer clerk",
            "Registers and serves detainers, codes immigration answers and records warrants.",
            _SEE | _DETAINER | _CORRECT | _WORK | {P.DETAINER_LIFT, P.GROUND_EDIT, P.STATUS_CLAIM_RECORD},
            _JAIL,
        ),
        Role(
            "shift_supervisor",
            "Shift supervisor",
            "Does everything the shift does, approves corrections, decides what is held back, and closes breaches "
            "with cause and remedy.",
            _SEE
            | _BOOK
            | _CUSTODY
            | _DETAINER
            | _CORRECT
            | _WORK
            | {
                P.WORK_ASSIGN,
                P.CORRECTION_APPROVE,
                P.DETAINER_LIFT,
                P.HOLD_DECIDE,
                P.TRANSMISSION_RELEASE,
                P.TRANSMISSION_RETRY,
                P.QUARANTINE_HANDLE,
                P.BREACH_CLOSE,
                P.PERSON_MERGE,
                P.PERSON_SPLIT,
                P.AUDIT_VIEW,
            },
            _JAIL,
        ),
        Role(
            "jail_administrator",
            "Jail administrator",
            "Manages the jail's people and roles and sees its audit trail; books and releases nobody.",
            _SEE | {P.ACCOUNT_MANAGE, P.AUDIT_VIEW, P.BREACH_CLOSE, P.WORK_ASSIGN},
            _JAIL,
        ),
        Role(
            "translation_reviewer",
            "Translation reviewer",
            "Reads the notices in a language they know beside the English and approves a translation; sees no case.",
            frozenset({P.TRANSLATION_REVIEW}),
            _JAIL,
        ),
        Role(
            "policy_author",
            "Policy author",
            "Drafts the rows of law of this jail's place, tries them on past cases and puts reviewed ones in force.",
            _LAW,
            _JAIL,
        ),
        Role(
            "counsel",
            "Counsel",
            "Reviews rows of law that somebody else drafted, for this jail.",
            _COUNSEL,
            _JAIL,
        ),
        Role(
            "state_policy_author",
            "Policy author of the state",
            "Drafts the rows of law of the state for all its jails and puts reviewed ones in force.",
            _LAW,
            frozenset({"state_bureau"}),
            reach="state",
        ),
        Role(
            "state_counsel",
            "Counsel of the state",
            "Reviews rows of law that somebody else drafted, for all jails of the state.",
            _COUNSEL,
            frozenset({"state_bureau"}),
            reach="state",
        ),
        Role(
            "protection_officer",
            "Victim protection officer",
            "Records who is protected under 8 U.S.C. 1367 and sees those records; nobody else does.",
            frozenset({P.CASE_VIEW, P.PERSON_VIEW, P.PROTECTION_HANDLE}),
            _JAIL,
        ),
        Role(
            "bureau_examiner",
            "Print examiner",
            "Compares prints of the state's jails; two different examiners must agree before a match has any effect. "
            "Merges and splits records of people across jails.",
            frozenset({P.SUBMISSION_VIEW, P.CANDIDATE_REVIEW, P.PERSON_VIEW, P.PERSON_MERGE, P.PERSON_SPLIT}),
            frozenset({"state_bureau"}),
            reach="state",
        ),
        Role(
            "bureau_operator",
            "Bureau operator",
            "Watches transmissions of the state's jails and handles what is in quarantine.",
            frozenset({P.SUBMISSION_VIEW, P.TRANSMISSION_RETRY, P.QUARANTINE_HANDLE}),
            frozenset({"state_bureau"}),
            reach="state",
        ),
        Role(
            "federal_liaison",
            "Federal liaison",
            "Sees and lifts the detainers of its own office; off unless the jurisdiction allows such accounts.",
            frozenset({P.DETAINER_VIEW, P.DETAINER_LIFT}),
            frozenset({"federal_office"}),
        ),
        Role(
            "oversight_reviewer",
            "Oversight reviewer",
            "Reads granted cases without names and writes review notes.",
            frozenset({P.REVIEW_VIEW, P.REVIEW_NOTE_WRITE}),
            frozenset({"oversight_body"}),
        ),
        Role(
            "integration_client",
            "Integration client",
            "A machine of the jail: books, sends detainers and lifts, and reads its own cases and events.",
            frozenset(
                {
                    P.CASE_BOOK,
                    P.CASE_VIEW,
                    P.EVENTS_READ,
                    P.SUBMISSION_VIEW,
                    P.DETAINER_VIEW,
                    P.DETAINER_REGISTER,
                    P.DETAINER_LIFT,
                    P.WARRANT_RECORD,
                }
            ),
            _JAIL,
        ),
    )
}

SYSTEM_PERMISSIONS: dict[str, frozenset[P]] = {
    "matching": frozenset({P.SUBMISSION_VIEW, P.CASE_VIEW, P.TRANSMISSION_RETRY, P.QUARANTINE_HANDLE}),
    "clock": frozenset({P.CASE_VIEW}),
    "policies": frozenset({P.CASE_VIEW}),
    "set-up": frozenset({P.ACCOUNT_MANAGE, P.REVIEW_GRANT}),
}


def role(slug: str) -> Role | None:
    """The role with this slug, or None for one that no longer exists: such a membership grants nothing."""
    return ROLES.get(slug)
