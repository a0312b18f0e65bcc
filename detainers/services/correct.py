"""What a corrected fact does to holds and breaches: read from facts before and after, never guessed from the field.

No breach or alarm that was raised vanishes or shrinks; what a correction reveals is added to it.
"""

from __future__ import annotations

from datetime import datetime

from accounts.actors import Actor
from audit.record import Ref
from cases.corrections.facts import coverage, custody_facts
from cases.corrections.registry import Change
from cases.corrections.standing import ALWAYS, Span, Standing, custody_spans, subtract
from cases.models import Case
from detainers import events
from detainers.models import Breach, CaseAuthority, Hold
from detainers.services.assess import end_hold, reassess
from detainers.services.breaches import open_breach
from detainers.services.common import say
from detainers.services.duties import lapse_withdrawn
from detainers.services.level import keep_level
from detainers.services.reread import reread_forms
from detainers.situation import Situation, limit_of, load, own_anchor, papers_result
from detainers.states import HoldState


def assess(case: Case, at: datetime) -> Standing:
    """Where the case stands at `at`, by the rows as they are."""
    ends = CaseAuthority.objects.filter(pk=case.pk).values_list("authority_ends_at", flat=True).get()
    situation = load(case, at)
    hold = Hold.objects.filter(case=case, ended_at__isnull=True).first()
    return Standing(
        eligible_at=case.release_eligible_at,
        anchor_at=situation.anchor,
        deadline_at=hold.deadline_at if hold is not None else None,
        ends_at=ends,
        limit_at=limit_of(situation),
        unlawful=unlawful(case, at),
    )


def unlawful(case: Case, at: datetime) -> tuple[Span, ...]:
    """Custody up to `at` that neither a local ground nor a hold covers."""
    moves = [(fact.occurred_at, fact.kind == "recaptured") for fact in custody_facts(case)]
    cover = [(start, end or ALWAYS) for start, end in coverage(case)]
    result = papers_result(load(case, at))
    for hold in Hold.objects.filter(case=case):
        start = hold.started_at
        if start == hold.anchor_at and result is not None and result.starts_at is not None:
            start = min(start, result.starts_at)  # it followed the local ground, whenever that ended
        cover.append((start, hold.ends_at))
    return subtract(custody_spans(case.opened_at, moves, at), cover)


def settle(change: Change, before: Standing, actor: Actor) -> None:
    """Let holds and breaches follow. Called with the case locked, in the transaction of the correction.

    1. Read the forms again. 2. Holds whose release time two people corrected give way. 3. Holds that the facts never
    carried end where they should have. 4. Assess. 5. Add what custody without authority this reveals.
    """
    case, at = change.case, change.at
    reread_forms(change)
    if change.kind.slug == "detainer":
        lapse_withdrawn(case, actor=actor, at=at)
    if change.kind.slug == "conviction":
        keep_level(case_id=case.pk, at=at)
    if change.correction.needs_second:
        _give_way(change, actor)
    _revise(case, before, actor, at)
    reassess(case_id=case.pk, actor=actor, at=at, floor=at)
    revealed = subtract(unlawful(case, at), before.unlawful)
    known = [(row.from_at, row.until_at or ALWAYS) for row in Breach.objects.filter(case=case)]
    for start, end in subtract(revealed, known):
        runs_on = end == at and case.custody_ended_at is None
        if not (runs_on and _opens_itself(case, start, actor)):
            open_breach(case, from_at=start, until=end, actor=actor)


def _opens_itself(case: Case, start: datetime, actor: Actor) -> bool:
    """Whether a running breach could be opened for what still lasts; one runs already where it could not."""
    if Breach.objects.filter(case=case, until_at__isnull=True).exists():
        return False
    open_breach(case, from_at=start, until=None, actor=actor)
    return True


def _give_way(change: Change, actor: Actor) -> None:
    """Holds counted from a release time that two people found wrong; the running one when its papers allow longer."""
    case, at, mark = change.case, change.at, change.correction.public_id
    anchor = own_anchor(case)
    for hold in Hold.objects.select_for_update().filter(case=case, superseded_by__isnull=True):
        if anchor is None or hold.anchor_at < anchor:
            hold.superseded_by = mark
            hold.save(update_fields=["superseded_by"])
    situation = load(case, at)
    running, limit = situation.open_hold, limit_of(situation)
    if running is None or limit is None or limit <= running.deadline_at or situation.ground_since is not None:
        return
    running.superseded_by = mark
    running.save(update_fields=["superseded_by"])
    if running.deadline_at > at:
        end_hold(running, case, HoldState.CORRECTED, at, actor)


def _revise(case: Case, before: Standing, actor: Actor, at: datetime) -> None:
    """Bring back the ends of holds that the corrected facts never carried so far. Never later."""
    situation = load(case, at)
    limit = limit_of(situation)
    if before.limit_at is None or (limit is not None and limit >= before.limit_at):
        return
    for hold in Hold.objects.select_for_update().filter(case=case).order_by("pk"):
        ends = max(hold.started_at, limit or _no_ground_since(situation, hold))
        if hold.superseded_by is not None or ends >= hold.ends_at:
            continue
        if hold.ended_at is None:
            if limit is None:
                end_hold(hold, case, HoldState.EXCUSED, ends, actor)
            continue  # a nearer deadline is written by `reassess`
        was, hold.ended_at = hold.ended_at, ends
        hold.save(update_fields=["ended_at"])
        say(
            events.HOLD_REVISED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("hold", hold.public_id),
            facts={"hold": str(hold.public_id), "before_at": was.isoformat(), "ended_at": ends.isoformat()},
            changed=["ended_at"],
        )


def _no_ground_since(situation: Situation, hold: Hold) -> datetime:
    """From when a hold that no paper carries had none: the proof of status, else its very beginning."""
    claim = situation.claim
    return claim.claimed_at if claim is not None and claim.proof else hold.started_at
