"""Duties follow from policy decisions and from the form; people record what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from audit.record import Ref
from cases.models import Case
from detainers import duty_facts, events, rulebook
from detainers.duties import (
    ENDS_WITH_CUSTODY,
    ENDS_WITH_DETAINER,
    SHORT,
    due_at,
)
from detainers.models import Detainer, Duty, IceDisclosure, PolicyDecision, StatusClaim
from detainers.policies import Verdict
from detainers.policy_rows import Duty as Code
from detainers.services.common import lock_detainer, say
from detainers.situation import Situation, left_as, own_anchor
from detainers.states import DUTY_MOVES, DutyState, HoldState, pairs

NEVER = (Verdict.HOLD_FORBIDDEN.value, Verdict.NO_AUTHORITY.value)
"""Where no hold can be, a copy is owed and is no condition of one."""
MOVES = frozenset(pairs(DUTY_MOVES))


@dataclass(frozen=True, slots=True)
class _Wanted:
    code: Code
    due_hours: int | None
    policy: str
    citation: str
    is_condition: bool
    due_from: str = ""


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of the whole case: claims of status, when ICE was first told a release time, and the first release time."""

    claims: tuple[StatusClaim, ...]
    told_at: datetime | None
    release_at: datetime | None
    booked_at: datetime


def follow_duties(
    situation: Situation, decisions: Mapping[int, PolicyDecision], *, actor: Actor, at: datetime
) -> None:
    """Make the duty rows of a case say what its decisions and facts say. Called with the case locked. Idempotent."""
    if not situation.detainers:
        return
    case = situation.case
    facts = _facts(case)
    for detainer in situation.detainers:
        decision = decisions.get(detainer.pk)
        wanted = _wanted(detainer, decision) if decision is not None else {}
        rows = {row.code: row for row in detainer.duties.all()}
        for code, want in wanted.items():
            if code not in rows and not (
                case.custody_ended_at is not None and want.code in ENDS_WITH_CUSTODY
            ):
                assert decision is not None
                rows[code] = _open(case, detainer, decision, want, facts, actor)
        for row in rows.values():
            _settle(case, detainer, row, wanted.get(row.code), facts, actor, at)


def open_duties(decision: PolicyDecision, *, actor: Actor, at: datetime) -> list[Duty]:
    """The duties on one decision's detainer, opened where they are missing; each once, whoever asks again."""
    with transaction.atomic():
        case, detainer = lock_detainer(decision.detainer_id)
        facts = _facts(case)
        rows = {row.code: row for row in detainer.duties.all()}
        for code, want in _wanted(detainer, decision).items():
            if code not in rows:
                rows[code] = _open(case, detainer, decision, want, facts, actor)
            _settle(case, detainer, rows[code], want, facts, actor, at)
    return list(rows.values())


def lapse_withdrawn(case: Case, *, actor: Actor, at: datetime) -> None:
    """A detainer that was entered in error owes nothing. Called with the case locked, after such a correction."""
    rows = Duty.objects.filter(case=case, detainer__withdrawn_at__isnull=False).still_open()
    for duty in rows.select_related("detainer").order_by("pk"):
        _move(
            duty,
            DutyState.NOT_APPLICABLE,
            at,
            case,
            actor,
            events.DUTY_LAPSED,
            why="It was entered in error.",
        )


def duty_blocks(detainer: Detainer) -> list[Duty]:
    """The undone duties without which this detainer gives no authority to hold."""
    return list(Duty.objects.filter(detainer=detainer).condition_undone().order_by("due_at", "pk"))


def _facts(case: Case) -> _Facts:
    told = IceDisclosure.objects.filter(case=case, kind=IceDisclosure.Kind.RELEASE).order_by("told_at")
    return _Facts(
        claims=tuple(StatusClaim.objects.filter(case=case)),
        told_at=told.values_list("told_at", flat=True).first(),
        release_at=own_anchor(case),
        booked_at=case.opened_at,
    )


def _wanted(detainer: Detainer, decision: PolicyDecision) -> dict[str, _Wanted]:
    """What the decision and the form ask: the law's own words before those of the form."""
    citations = {row["code"]: row.get("citation", "") for row in decision.trace["rows"]}
    ordering = {row["code"] for row in decision.trace["rows"] if "judicial_order" in row.get("all_of", ())}
    found = {
        item["code"]: _Wanted(
            Code(item["code"]),
            item["due_hours"],
            item["policy"],
            citations.get(item["policy"], ""),
            bool(item.get("is_condition", item.get("condition")))
            or (item["code"] == Code.JUDICIAL_ORDER and item["policy"] in ordering),
            item.get("due_from", ""),
        )
        for item in decision.trace["duties"]
    }
    edition = rulebook.current().editions.get(detainer.edition)
    if edition is not None and (edition.service_required or edition.copy_requested):
        law = found.get(Code.GIVE_COPY)
        found[Code.GIVE_COPY.value] = _Wanted(
            Code.GIVE_COPY,
            law.due_hours if law else None,
            law.policy if law else detainer.edition,
            law.citation if law else edition.citation,
            (detainer.needs_service and decision.verdict not in NEVER) or bool(law and law.is_condition),
        )
    return found


def _open(
    case: Case, detainer: Detainer, decision: PolicyDecision, want: _Wanted, facts: _Facts, actor: Actor
) -> Duty:
    duty: Duty = Duty.objects.create(
        case=case,
        detainer=detainer,
        decision=decision,
        code=want.code.value,
        policy_code=want.policy,
        citation=want.citation[:200],
        is_condition=want.is_condition,
        due_hours=want.due_hours,
        opened_at=decision.decided_at,
        due_at=_due(want, decision.decided_at, facts),
    )
    _say(events.DUTY_OPENED, duty, case, actor, decision.decided_at, policy=want.policy)
    return duty


def _due(want: _Wanted, opened_at: datetime, facts: _Facts) -> datetime | None:
    return due_at(
        want.code,
        want.due_hours,
        received_at=opened_at,
        release_at=facts.release_at,
        told_at=facts.told_at,
        booked_at=facts.booked_at,
        due_from=want.due_from,
    )


def _settle(
    case: Case,
    detainer: Detainer,
    duty: Duty,
    want: _Wanted | None,
    facts: _Facts,
    actor: Actor,
    at: datetime,
) -> None:
    """Write what settles one duty, or that nothing does."""
    _keep_terms(duty, want, facts)
    fact = duty_facts.fact_of(duty, detainer, claims=facts.claims, told_at=facts.told_at)
    if fact is not None:
        action = events.DUTY_SETTLED if fact.state is DutyState.DONE else events.DUTY_REFUSED
        _move(duty, fact.state, fact.at, case, actor, action, done_at=fact.at.isoformat())
        return
    lapse = _lapsed(case, detainer, duty, want, facts, at)
    if lapse is not None:
        why, since = lapse
        _move(duty, DutyState.NOT_APPLICABLE, since, case, actor, events.DUTY_LAPSED, why=why)
        return
    if duty.state != DutyState.OPEN:
        _move(duty, DutyState.OPEN, None, case, actor, events.DUTY_REOPENED)


def _keep_terms(duty: Duty, want: _Wanted | None, facts: _Facts) -> None:
    """The terms that follow from the decision now; a due instant that is known comes only nearer."""
    is_condition = want is not None and want.is_condition
    due = _due(want, duty.opened_at, facts) if want is not None else duty.due_at
    changed = []
    if duty.is_condition != is_condition:
        duty.is_condition = is_condition
        changed.append("is_condition")
    if due is not None and (duty.due_at is None or due < duty.due_at):
        duty.due_at = due
        changed.append("due_at")
    if changed:
        duty.save(update_fields=changed)


def _lapsed(
    case: Case, detainer: Detainer, duty: Duty, want: _Wanted | None, facts: _Facts, at: datetime
) -> tuple[str, datetime] | None:
    """Why a duty is no longer owed, and since when."""
    code = Code(duty.code)
    ended = detainer.ended_at
    if ended is not None and code in ENDS_WITH_DETAINER:
        return "The detainer was lifted or cancelled.", ended
    left_at = case.custody_ended_at
    if left_at is not None:
        if code in ENDS_WITH_CUSTODY:
            return "The person has left custody.", left_at
        if code is Code.NOTIFY_ICE and left_as(case) is HoldState.ICE_CUSTODY:
            return "ICE took custody.", left_at
        if code is Code.WRITTEN_RELEASE_NOTICE and facts.told_at is None:
            return "ICE was not told a release time.", left_at
    if want is None and ended is None:
        return "The policy no longer asks for it.", at
    return None


def _move(
    duty: Duty,
    to: DutyState,
    settled_at: datetime | None,
    case: Case,
    actor: Actor,
    action: str,
    **said: str,
) -> None:
    """The only code that writes the state of a duty; by way of `open` where no move leads there."""
    if duty.state == to:
        if duty.settled_at != settled_at:
            duty.settled_at = settled_at
            duty.save(update_fields=["settled_at"])
        return
    if (duty.state, str(to)) not in MOVES:
        duty.state, duty.settled_at = DutyState.OPEN, None
        duty.save(update_fields=["state", "settled_at"])
    duty.state, duty.settled_at = to, settled_at
    duty.save(update_fields=["state", "settled_at"])
    _say(action, duty, case, actor, settled_at or duty.opened_at, changed=["state"], **said)


def _say(
    action: str, duty: Duty, case: Case, actor: Actor, at: datetime, changed: Sequence[str] = (), **said: str
) -> None:
    code = Code(duty.code)
    due = {"due_at": duty.due_at.isoformat()} if duty.due_at else {}
    say(
        action,
        actor=actor,
        case=case,
        at=at,
        subject=Ref("duty", duty.public_id),
        facts={
            "duty": str(duty.public_id),
            "detainer": str(duty.detainer.public_id),
            "code": code.value,
            "what": SHORT[code],
            **due,
            **said,
        },
        changed=changed,
    )
