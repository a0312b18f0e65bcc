"""The only code that opens and ends holds and breaches.

It reads the facts, asks policy and clock, and writes down what is true. Nothing here decides by itself that
somebody may be held: a hold exists because a named person registered and served a detainer and the policy
allows it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from audit.record import Ref
from cases.models import Case
from cases.services.custody import lock_case
from detainers import events
from detainers.clock import Source
from detainers.models import Breach, Detainer, Hold, PolicyDecision
from detainers.policies import Decision
from detainers.services.breaches import settle_breach
from detainers.services.claims import follow_claims
from detainers.services.common import say
from detainers.services.duties import follow_duties
from detainers.situation import Situation, left_as, load, references
from detainers.states import HoldState

HOW: dict[HoldState, str] = {
    HoldState.EXPIRED: "its time was over",
    HoldState.LIFTED: "the detainer was lifted or cancelled",
    HoldState.RELEASED: "the person was released",
    HoldState.ICE_CUSTODY: "ICE took custody",
    HoldState.TRANSFERRED: "another agency took the person over",
    HoldState.DIED: "the person died",
    HoldState.ESCAPED: "the person escaped",
    HoldState.SUSPENDED: "a local ground carries the custody",
    HoldState.EXCUSED: "the policy no longer allows it",
    HoldState.CORRECTED: "the facts under it were corrected by two people",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """What stands after a case was assessed."""

    situation: Situation
    hold: Hold | None
    breach: Breach | None

    def sentences(self) -> list[str]:
        """The derivation of the clock in words."""
        return self.situation.result.sentences() if self.situation.result else []


def reassess(*, case_id: int, actor: Actor, at: datetime, floor: datetime | None = None) -> Assessment:
    """Write down what the facts of a case mean at `at`. Idempotent. After a correction, no authority that follows from it
    begins before `floor`, and no breach that was raised ends before it.

    1. Lock the case. 2. Decide the policy for each live detainer and keep what is new. 3. Open and
    settle the duties that follow. 4. End the open hold if something ended it, the earliest cause first. 5. Open a hold if one
    is due. 6. Open or end the breach.
    """
    with transaction.atomic():
        case = lock_case(case_id)
        situation = load(case, at)
        rows = _keep_decisions(situation, actor, at)
        follow_duties(situation, rows, actor=actor, at=at)
        follow_claims(situation, actor=actor, at=at)
        hold = situation.open_hold
        if hold is not None:
            hold = _carry_on(hold, situation, actor, at)
        if hold is None:
            hold = _begin(situation, rows, actor, at, floor)
        breach = settle_breach(case, hold, actor=actor, at=at, floor=floor)
    return Assessment(situation, hold, breach)


def _keep_decisions(situation: Situation, actor: Actor, at: datetime) -> dict[int, PolicyDecision]:
    """Store each decision that differs from the last one on its detainer."""
    rows = {}
    for detainer, decision in zip(situation.detainers, situation.decisions, strict=True):
        if detainer.is_live:
            rows[detainer.pk] = keep_decision(situation.case, detainer, decision, actor, at)
    return rows


def keep_decision(
    case: Case, detainer: Detainer, decision: Decision, actor: Actor, at: datetime
) -> PolicyDecision:
    """The latest stored decision if it says the same, else a new one with its event.

    The day of the facts and the version of the book are not what it says: rows of other places change the version too.
    """
    facts, trace = decision.facts.as_json(), decision.trace()
    last: PolicyDecision | None = detainer.decisions.order_by("-pk").first()
    if last is not None and _says_same(last, facts, trace):
        return last
    row = PolicyDecision.objects.create(
        detainer=detainer,
        verdict=decision.verdict.value,
        policy_code=decision.policy_code,
        version=decision.version,
        citation=decision.citation,
        facts=facts,
        trace=trace,
        decided_at=at,
        decided_by=actor.id,
    )
    say(
        events.POLICY_DECIDED,
        actor=actor,
        case=case,
        at=at,
        subject=Ref("detainer", detainer.public_id),
        facts={
            "detainer": str(detainer.public_id),
            "decision": str(row.public_id),
            "policy": decision.policy_code,
            "verdict": decision.verdict.value,
            "verdict_text": decision.sentence,
            "citation": decision.citation or "no law of this place",
            "version": decision.version,
        },
    )
    return row


def _says_same(last: PolicyDecision, facts: dict[str, Any], trace: dict[str, Any]) -> bool:
    same_trace = {**last.trace, "version": ""} == {**trace, "version": ""}
    return same_trace and {**last.facts, "on": ""} == {**facts, "on": ""}


def _carry_on(hold: Hold, situation: Situation, actor: Actor, at: datetime) -> Hold | None:
    """The hold as it goes on, or None when it has ended."""
    _shorten(hold, situation, actor, at)
    causes = _causes(hold, situation, at)
    if not causes:
        return hold
    ended_at, state = min(causes, key=lambda cause: (cause[0], cause[1] is HoldState.EXPIRED))
    end_hold(hold, situation.case, state, ended_at, actor)
    return None


def _causes(hold: Hold, situation: Situation, at: datetime) -> list[tuple[datetime, HoldState]]:
    """Everything that ends this hold, with when."""
    causes = []
    case = situation.case
    if hold.deadline_at <= at:
        causes.append((hold.deadline_at, HoldState.EXPIRED))
    limit = situation.result.expires_at if situation.result else None
    if limit is not None and limit <= hold.started_at:  # a paper registered late, whose limit was over before
        causes.append((hold.started_at, HoldState.EXPIRED))
    if case.custody_ended_at is not None:
        causes.append((case.custody_ended_at, left_as(case)))
    if situation.ground_since is not None:
        causes.append((situation.ground_since, HoldState.SUSPENDED))
    for detainer, decision in zip(situation.detainers, situation.decisions, strict=True):
        if detainer.pk != hold.detainer_id:
            continue
        if detainer.ended_at is not None:
            causes.append((detainer.ended_at, HoldState.LIFTED))
        elif not decision.verdict.grants:
            proved = situation.claim is not None and situation.claim.proof
            since = situation.denied_since.get(detainer.pk, at)
            if situation.claim is not None and proved:
                since = situation.claim.claimed_at
            causes.append((since, HoldState.EXCUSED))
    return causes


def _shorten(hold: Hold, situation: Situation, actor: Actor, at: datetime) -> None:
    """A second document can bring the end nearer, never further."""
    result = situation.result
    if result is None or result.expires_at is None or result.document is None:
        return
    if not hold.started_at < result.expires_at < hold.deadline_at:
        return
    before = hold.deadline_at
    hold.deadline_at = result.expires_at
    hold.derivation = result.derivation.as_json()
    hold.governing_limit = (result.governing_limit or Source.FORM).value
    hold.save(update_fields=["deadline_at", "derivation", "governing_limit"])
    say(
        events.DEADLINE_SHORTENED,
        actor=actor,
        case=situation.case,
        at=at,
        subject=Ref("hold", hold.public_id),
        facts={
            "hold": str(hold.public_id),
            "before_at": before.isoformat(),
            "deadline_at": hold.deadline_at.isoformat(),
        },
        changed=["deadline_at"],
    )


def end_hold(hold: Hold, case: Case, state: HoldState, ended_at: datetime, actor: Actor) -> None:
    """The only code that records the end of a hold, with its event. Never later than the deadline."""
    hold.ended_at = max(hold.started_at, min(ended_at, hold.deadline_at))
    hold.recorded_state = state
    hold.ended_reason = HOW[state]
    hold.ended_by = actor.id
    hold.save(update_fields=["ended_at", "recorded_state", "ended_reason", "ended_by"])
    say(
        events.HOLD_ENDED,
        actor=actor,
        case=case,
        at=hold.ended_at,
        subject=Ref("hold", hold.public_id),
        facts=hold_end_facts(hold.public_id, state, hold.ended_at, hold.deadline_at),
        changed=["ended_at", "recorded_state"],
    )


def hold_end_facts(hold: UUID, state: HoldState, ended_at: datetime, deadline_at: datetime) -> dict[str, str]:
    """What the event of an ended hold says."""
    return {
        "hold": str(hold),
        "state": state.value,
        "how": HOW[state],
        "ended_at": ended_at.isoformat(),
        "deadline_at": deadline_at.isoformat(),
    }


def _begin(
    situation: Situation,
    rows: dict[int, PolicyDecision],
    actor: Actor,
    at: datetime,
    floor: datetime | None = None,
) -> Hold | None:
    """Open the hold that the clock finds, and end it again at once if its time is already over at `at`."""
    result, case = situation.result, situation.case
    if result is None or result.expires_at is None or result.starts_at is None or result.document is None:
        return None
    owner = _owner(situation)
    eligible = case.release_eligible_at
    if owner is None or eligible is None or owner.pk not in rows:
        return None
    since = (result.starts_at, eligible, situation.covered_until, situation.back_since, floor)
    started_at = max(moment for moment in since if moment is not None)
    if started_at >= result.expires_at:
        return None
    hold = _create(situation, owner, rows[owner.pk], started_at, actor)
    return _carry_on(hold, situation, actor, at)


def _owner(situation: Situation) -> Detainer | None:
    """The live detainer on which the hold rests: the governing one, else the first that took effect."""
    result = situation.result
    assert result is not None
    assert result.document is not None
    first = situation.detainers[result.document]
    refused = {reference for reference, _ in result.derivation.refused}
    named = dict(zip((item.pk for item in situation.detainers), references(situation.detainers), strict=True))
    for detainer in (first, *situation.detainers):
        if detainer.is_live and named[detainer.pk] not in refused:
            return detainer
    return None


def _create(
    situation: Situation, detainer: Detainer, decision: PolicyDecision, started_at: datetime, actor: Actor
) -> Hold:
    result, case = situation.result, situation.case
    assert result is not None
    assert result.expires_at is not None
    anchor_at = result.derivation.release_eligible_at
    assert anchor_at is not None
    form_limits = [limit for limit in result.derivation.limits if limit.source is Source.FORM]
    own = next(limit for limit in form_limits if limit.code == detainer.edition)
    hold = Hold.objects.create(
        case=case,
        detainer=detainer,
        policy_decision=decision,
        rule=own.method,
        governing_limit=(result.governing_limit or Source.FORM).value,
        anchor_at=anchor_at,
        deadline_at=result.expires_at,
        cap_at=own.expires_at,
        derivation=result.derivation.as_json(),
        started_at=started_at,
    )
    say(
        events.HOLD_STARTED,
        actor=actor,
        case=case,
        at=started_at,
        subject=Ref("hold", hold.public_id),
        facts={
            "hold": str(hold.public_id),
            "detainer": str(detainer.public_id),
            "decision": str(decision.public_id),
            "started_at": started_at.isoformat(),
            "deadline_at": hold.deadline_at.isoformat(),
            "rule": hold.rule,
            "governing_limit": hold.governing_limit,
        },
    )
    return hold
