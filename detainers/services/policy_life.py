"""The life of a row of law: drafted, reviewed by counsel who is not the author, in force from a day on, ended.

Whoever acts needs the permission in every jail of this installation that the row covers, so that nobody decides the law of
somebody else's jail. Each act names the version it was decided on, and a later one is refused with what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, FieldError, IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from detainers import events
from detainers.models import Policy
from detainers.policy_book import covered
from detainers.policy_checks import problems
from detainers.policy_rows import PolicyRow, policy_row
from detainers.services.policy_load import columns
from detainers.states import POLICY_MOVES, PolicyStage, find_move


def draft_policy(*, actor: Actor, body: Mapping[str, Any], replaces: Policy | None = None) -> Policy:
    """A new draft. Raises Invalid with a sentence for each field, NotPermitted."""
    row = _checked(body)
    with transaction.atomic():
        _check_reach(actor, Permission.POLICY_EDIT, row)
        policy: Policy = Policy.objects.create(
            **columns(row), replaces=replaces, author=actor.id, author_label=actor.label
        )
        _tell(events.POLICY_DRAFTED, policy, actor)
    return policy


def edit_draft(*, policy_id: int, version: int, actor: Actor, body: Mapping[str, Any]) -> Policy:
    """Another wording of a draft; whoever edits it is its author from then on. Raises as `draft_policy`, and Conflict."""
    row = _checked(body)
    with transaction.atomic():
        policy = _locked(policy_id, version, actor, Permission.POLICY_EDIT)
        _check_reach(actor, Permission.POLICY_EDIT, row)
        if policy.stage != PolicyStage.DRAFT:
            raise IllegalMove(
                f"This row is '{_words(policy)}', so it is not edited. Draft a new version of it instead.",
                code="policy_not_draft",
            )
        for name, value in columns(row).items():
            setattr(policy, name, value)
        policy.author, policy.author_label = actor.id, actor.label
        _save(policy, events.POLICY_EDITED, actor, changed=["body"])
    return policy


def send_to_counsel(*, policy_id: int, version: int, actor: Actor) -> Policy:
    """The draft goes to counsel and is no longer edited. Raises NotFound, NotPermitted, IllegalMove, Conflict."""
    with transaction.atomic():
        policy = _moved(policy_id, version, actor, "send")
        policy.sent_by, policy.sent_at = actor.id, timezone.now()
        _save(policy, events.POLICY_SENT, actor, changed=["stage"])
    return policy


def review_policy(*, policy_id: int, version: int, actor: Actor, approve: bool, reason: str) -> Policy:
    """Counsel approves a row or sends it back. Raises NotPermitted for its author too; Invalid without a reason.

    Of a row that came into force with the first file, this records that counsel has read it since.
    """
    with transaction.atomic():
        policy = _locked(policy_id, version, actor, Permission.POLICY_REVIEW)
        _check_reason(reason)
        if actor.id in (policy.author, policy.sent_by):
            raise NotPermitted(
                "You drafted this row or sent it to counsel, so another person has to review it.",
                code="own_policy",
            )
        if not (
            policy.seeded and policy.stage == PolicyStage.IN_FORCE and not policy.reviewed_by and approve
        ):
            policy.stage = _target(policy, "approve" if approve else "send_back")
        if approve:
            policy.reviewed_by, policy.reviewed_label = actor.id, actor.label
            policy.reviewed_at, policy.review_reason = timezone.now(), reason.strip()
        action = events.POLICY_APPROVED if approve else events.POLICY_SENT_BACK
        _save(policy, action, actor, reason=reason, changed=["stage"])
    return policy


def reopen_policy(*, policy_id: int, version: int, actor: Actor) -> Policy:
    """A reviewed row becomes a draft again and loses its review. Raises as `send_to_counsel`."""
    with transaction.atomic():
        policy = _moved(policy_id, version, actor, "reopen")
        policy.reviewed_by, policy.reviewed_label, policy.reviewed_at, policy.review_reason = "", "", None, ""
        policy.sent_by, policy.sent_at = "", None
        _save(policy, events.POLICY_REOPENED, actor, changed=["stage"])
    return policy


def discard_policy(*, policy_id: int, version: int, actor: Actor) -> Policy:
    """A draft is given up; it stays readable. Raises as `send_to_counsel`."""
    with transaction.atomic():
        policy = _moved(policy_id, version, actor, "discard")
        _save(policy, events.POLICY_DISCARDED, actor, changed=["stage"])
    return policy


def enact_policy(*, policy_id: int, version: int, actor: Actor, on: date, reason: str) -> Policy:
    """A reviewed row applies from a day on, today or later; a row of its code that is in force ends the day before.

    Open detainers of its place are assessed again by `assess_places`. Raises Invalid for a day that is past or taken.
    """
    with transaction.atomic():
        policy = _moved(policy_id, version, actor, "enact")
        _check_reason(reason)
        today = today_at(covered(policy))
        if on < today:
            raise Invalid(
                f"This day is past. A row applies from today, {today:%d %B %Y}, or later: what was decided stays.",
                field="on",
                code="past",
            )
        if policy.ends_on is not None and policy.ends_on < on:
            raise Invalid(f"The row says it ends on {policy.ends_on:%d %B %Y}, before that.", field="on")
        _end_earlier(policy, on, actor)
        policy.starts_on = on
        policy.enacted_by, policy.enacted_label = actor.id, actor.label
        policy.enacted_at = timezone.now()
        _save(policy, events.POLICY_ENACTED, actor, reason=reason, changed=["stage", "starts_on"])
    return policy


def end_policy(*, policy_id: int, version: int, actor: Actor, on: date, reason: str) -> Policy:
    """A row applies until the end of a day, today or later. Raises Invalid, NotFound, NotPermitted, IllegalMove, Conflict."""
    with transaction.atomic():
        policy = _moved(policy_id, version, actor, "end")
        _check_reason(reason)
        today = today_at(covered(policy))
        if on < today:
            raise Invalid("This day is past. A row ends today or later: what was decided stays.", field="on")
        if policy.ends_on is not None and on > policy.ends_on:
            raise Invalid(
                f"It ends on {policy.ends_on:%d %B %Y} already; an end only comes nearer.", field="on"
            )
        policy.ends_on = max(on, policy.starts_on - timedelta(days=1))
        policy.ended_by, policy.ended_label, policy.end_reason = actor.id, actor.label, reason.strip()
        _save(policy, events.POLICY_ENDED, actor, reason=reason, changed=["stage", "ends_on"])
    return policy


def today_at(jails: list[Agency], now: datetime | None = None) -> date:
    """The latest of today's dates in these jails: from the next midnight a row is new in all of them."""
    at = now or timezone.now()
    return max((at.astimezone(jail.zone).date() for jail in jails), default=at.date())


def _end_earlier(policy: Policy, on: date, actor: Actor) -> None:
    others = Policy.objects.ever_in_force().select_for_update().filter(code=policy.code).order_by("starts_on")
    for other in others:
        if other.ends_on is not None and other.ends_on < on:
            continue
        if other.starts_on >= on:
            raise Invalid(
                f"A row of the code {policy.code} applies from {other.starts_on:%d %B %Y} already. Choose a later day, "
                "or end that one first.",
                field="on",
                code="overlap",
            )
        if other.stage == PolicyStage.IN_FORCE:
            other.stage = _target(other, "end")
        other.ends_on = on - timedelta(days=1)
        other.ended_by, other.ended_label = actor.id, actor.label
        other.end_reason = "A later version of the row took its place."
        _save(other, events.POLICY_ENDED, actor, reason=other.end_reason, changed=["stage", "ends_on"])


def _checked(body: Mapping[str, Any]) -> PolicyRow:
    # Off in the file means a draft here; whether it comes into force, counsel says.
    data = {**body, "enabled": False}
    found = problems(data)
    if found:
        raise Invalid([FieldError(item.field, _sentence(item.sentence), "invalid") for item in found])
    return policy_row(data)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _moved(policy_id: int, version: int, actor: Actor, action: str) -> Policy:
    """The locked row, in the stage that the act leads to."""
    move = next(item for item in POLICY_MOVES if item.action == action)
    assert move.permission is not None
    policy = _locked(policy_id, version, actor, move.permission)
    policy.stage = _target(policy, action)
    return policy


def _target(policy: Policy, action: str) -> str:
    move = find_move(POLICY_MOVES, policy.stage, action)
    if move is None:
        raise IllegalMove(
            f"This row is '{_words(policy)}', so '{action.replace('_', ' ')}' cannot be recorded.",
            code="illegal_policy_move",
        )
    return move.target


def _locked(policy_id: int, version: int, actor: Actor, permission: Permission) -> Policy:
    policy: Policy | None = Policy.objects.select_for_update(of=("self",)).filter(pk=policy_id).first()
    if policy is None:
        raise NotFound("There is no such row.")
    _check_reach(actor, permission, policy.row)
    if policy.lock != version:
        raise Conflict(
            "Somebody changed this row since you opened the page. Open it again and look at what it says now.",
            code="stale_policy",
        )
    return policy


def _check_reach(actor: Actor, permission: Permission, row: PolicyRow) -> None:
    """The permission in every jail that the row covers; in any agency for a place without a jail here."""
    jails = covered(row)
    for jail in jails:
        check_permission(actor, permission, jail)
    if not jails and not actor.may_somewhere(permission):
        raise NotPermitted("Your role does not include this. Ask an administrator of your agency.")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why, in a sentence.", field="reason", code="required")


def _save(policy: Policy, action: str, actor: Actor, *, changed: list[str], reason: str = "") -> None:
    policy.lock += 1
    policy.save()
    _tell(action, policy, actor, changed=changed, reason=reason)


def _tell(
    action: str, policy: Policy, actor: Actor, *, changed: list[str] | None = None, reason: str = ""
) -> None:
    """One event for each jail that the row covers, so that each finds it in its own trail; at least one."""
    homes = [jail.public_id for jail in covered(policy)]
    for agency in homes or [None]:
        record.event(
            action,
            actor=actor,
            subject=Ref("policy", policy.public_id),
            agency=agency,
            occurred_at=timezone.now(),
            reason=reason.strip(),
            changed=changed or [],
            facts={
                "policy": policy.code,
                "citation": policy.citation,
                "starts_on": policy.starts_on.isoformat(),
                "ends_on": policy.ends_on.isoformat() if policy.ends_on else None,
            },
        )


def _words(policy: Policy) -> str:
    return policy.get_stage_display().lower()
