"""What can be allowed, and the one evaluator that says whether it is."""

from enum import StrEnum
from typing import Protocol

from accounts.errors import NotPermitted


class Permission(StrEnum):
    """NOUN_VERB. Each is granted through a role in `accounts/roles.py`, always for one agency."""

    BOARD_VIEW = "board_view"
    CASE_VIEW = "case_view"
    CASE_BOOK = "case_book"
    GROUND_EDIT = "ground_edit"
    CASE_RELEASE = "case_release"
    CUSTODY_RECORD = "custody_record"
    UNIT_MOVE = "unit_move"
    WORK_OWN = "work_own"
    WORK_ASSIGN = "work_assign"
    HANDOVER_WRITE = "handover_write"
    DOCUMENT_VIEW = "document_view"
    SUBMISSION_VIEW = "submission_view"
    TRANSMISSION_RELEASE = "transmission_release"
    TRANSMISSION_RETRY = "transmission_retry"
    IAR_CODE = "iar_code"
    CANDIDATE_REVIEW = "candidate_review"
    PERSON_VIEW = "person_view"
    PERSON_MERGE = "person_merge"
    PERSON_SPLIT = "person_split"
    REPRINT_SUBMIT = "reprint_submit"
    QUARANTINE_HANDLE = "quarantine_handle"
    DETAINER_VIEW = "detainer_view"
    DETAINER_REGISTER = "detainer_register"
    DETAINER_SERVE = "detainer_serve"
    DETAINER_LIFT = "detainer_lift"
    WARRANT_RECORD = "warrant_record"
    HOLD_DECIDE = "hold_decide"
    CONVICTION_RECORD = "conviction_record"
    DUTY_RECORD = "duty_record"
    ICE_TELL = "ice_tell"
    STATUS_CLAIM_RECORD = "status_claim_record"
    TRANSLATION_REVIEW = "translation_review"
    PROTECTION_HANDLE = "protection_handle"
    CORRECTION_REQUEST = "correction_request"
    CORRECTION_APPROVE = "correction_approve"
    BREACH_CLOSE = "breach_close"
    POLICY_VIEW = "policy_view"
    POLICY_EDIT = "policy_edit"
    POLICY_REVIEW = "policy_review"
    POLICY_ENACT = "policy_enact"
    AUDIT_VIEW = "audit_view"
    ACCOUNT_MANAGE = "account_manage"
    REVIEW_VIEW = "review_view"
    REVIEW_NOTE_WRITE = "review_note_write"
    REVIEW_GRANT = "review_grant"
    EVENTS_READ = "events_read"


class HasGrants(Protocol):
    """Anything that can be asked what it may do where."""

    @property
    def label(self) -> str: ...
    @property
    def grants(self) -> frozenset[tuple[Permission, int]]: ...
    @property
    def everywhere(self) -> frozenset[Permission]: ...


class HasKey(Protocol):
    """An agency, or anything that stands for one by its primary key."""

    @property
    def pk(self) -> int: ...


def has_permission(actor: HasGrants, permission: Permission, agency: HasKey | int) -> bool:
    """Whether this actor may do this in this agency. There is no superuser; system actors have listed permissions too."""
    key = agency if isinstance(agency, int) else agency.pk
    return permission in actor.everywhere or (permission, key) in actor.grants


def check_permission(actor: HasGrants, permission: Permission, agency: HasKey | int) -> None:
    """Raise NotPermitted unless `has_permission`."""
    if not has_permission(actor, permission, agency):
        words = permission.value.replace("_", " ")
        raise NotPermitted(f"Your role does not include '{words}' here. Ask an administrator of the agency.")
