"""Loads what the desk needs to know of many cases in a constant number of queries, all within the actor's sight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from accounts.actors import Actor
from cases.models import Case
from desk import conditions, small_facts
from desk.facts import (
    AnswerFacts,
    AuthorityFacts,
    CaseFacts,
    ClaimFacts,
    DetainerFacts,
    DutyFacts,
    TransmissionFacts,
)
from detainers.models import CaseAuthority, Detainer, Duty, PolicyDecision, StatusCheck
from matching.models import ExpectedAnswer, Reply, Transmission


def load(actor: Actor, case_ids: Sequence[int], *, at: datetime) -> list[CaseFacts]:
    """Facts of these cases, in no particular order; a case out of sight is left out."""
    cases = Case.objects.visible_to(actor).filter(pk__in=case_ids).select_related("person", "agency")
    cases = cases.annotate(**small_facts.annotations(actor))
    authorities = CaseAuthority.objects.visible_to(actor).filter(case_id__in=case_ids).in_bulk()
    detainers = _by_case(_detainers(actor, case_ids))
    answers = _by_case(_answers(actor, case_ids))
    transmissions = _by_case(_transmissions(actor, case_ids))
    duties = _by_case(_duties(actor, case_ids))
    claims = _by_case(_claims(actor, case_ids))
    return [
        CaseFacts(
            pk=case.pk,
            public_id=case.public_id,
            number=case.number,
            name=case.person.display_name,
            unit=case.unit,
            agency_id=case.agency_id,
            agency_name=case.agency.name,
            zone=case.agency.time_zone,
            release_target_minutes=case.agency.release_target_minutes,
            custody_state=case.custody_state,
            opened_at=case.opened_at,
            custody_ended_at=case.custody_ended_at,
            authority=_authority(authorities.get(case.pk), case, at),
            detainers=tuple(detainers[case.pk]),
            answers=tuple(answers[case.pk]),
            transmission=next(iter(transmissions[case.pk]), None),
            duties=tuple(duties[case.pk]),
            claim=next(iter(claims[case.pk]), None),
            **small_facts.of(case, actor),
        )
        for case in cases
    ]


def _authority(row: CaseAuthority | None, case: Case, at: datetime) -> AuthorityFacts:
    if row is None:
        return AuthorityFacts(
            "none", None, case.release_eligible_at, case.is_in_custody, in_breach=False, asked_at=at
        )
    return AuthorityFacts(
        kind=row.kind,
        ends_at=row.authority_ends_at,
        release_eligible_at=row.release_eligible_at,
        in_custody=row.in_custody,
        in_breach=row.in_breach,
        asked_at=row.seen_at,
    )


def _by_case(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for case_id, item in pairs:
        found[case_id].append(item)
    return found


def _detainers(actor: Actor, case_ids: Sequence[int]) -> Iterable[tuple[int, DetainerFacts]]:
    rows = list(
        Detainer.objects.visible_to(actor).filter(case_id__in=case_ids).order_by("-received_at", "-pk")
    )
    latest = PolicyDecision.objects.visible_to(actor).filter(detainer__in=[row.pk for row in rows])
    decisions = {
        item.detainer_id: item
        for item in latest.order_by("detainer_id", "-pk").distinct("detainer_id").defer("facts", "trace")
    }
    missing = _missing([item.pk for item in decisions.values() if item.verdict == "conditions_not_met"])
    for row in rows:
        decision = decisions.get(row.pk)
        yield (
            row.case_id,
            DetainerFacts(
                public_id=row.public_id,
                state=row.state,
                edition=row.edition,
                received_at=row.received_at,
                is_served=row.state == "served",
                needs_service=row.needs_service,
                asks_custody=row.asks_hold,
                policy_allows=decision.grants if decision else None,
                policy_code=decision.policy_code if decision else "",
                policy_citation=decision.citation if decision else "",
                missing=missing.get(decision.pk, ()) if decision else (),
            ),
        )


def _missing(decision_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What the law still asks for, of these decisions alone: what they rest on is large and else left unread."""
    rows = PolicyDecision.objects.filter(pk__in=decision_ids) if decision_ids else ()
    return {row.pk: tuple(item.value for item in conditions.missing(row.facts, row.trace)) for row in rows}


def _answers(actor: Actor, case_ids: Sequence[int]) -> Iterable[tuple[int, AnswerFacts]]:
    iar = Reply.objects.filter(
        submission_id=OuterRef("submission_id"),
        source="dhs",
        outcome="immigration_response",
        state="attached",
    )
    rows = (
        ExpectedAnswer.objects.visible_to(actor)
        .filter(submission__case_id__in=case_ids)
        .exclude(submission__state="superseded")
        .select_related("submission")
        .annotate(has_iar=Exists(iar))
        .in_order()
    )
    for row in rows:
        facts = AnswerFacts(row.submission.public_id, row.source, row.state, row.due_at, has_iar=row.has_iar)
        yield row.submission.case_id, facts


def _transmissions(actor: Actor, case_ids: Sequence[int]) -> Iterable[tuple[int, TransmissionFacts]]:
    rows = (
        Transmission.objects.visible_to(actor)
        .filter(submission__case_id__in=case_ids)
        .exclude(state="cancelled")
        .select_related("submission")
        .defer("outgoing_head")
        .order_by("-pk")
    )
    for row in rows:
        yield row.submission.case_id, TransmissionFacts(row.public_id, row.state, row.reason_sentence)


def _duties(actor: Actor, case_ids: Sequence[int]) -> Iterable[tuple[int, DutyFacts]]:
    rows = Duty.objects.visible_to(actor).still_open().filter(case_id__in=case_ids)
    found = rows.order_by("due_at", "pk").values_list(
        "case_id", "public_id", "code", "detainer__public_id", "due_at", "is_condition"
    )
    for case_id, *values in found:
        yield case_id, DutyFacts(*values)


def _claims(actor: Actor, case_ids: Sequence[int]) -> Iterable[tuple[int, ClaimFacts]]:
    rows = StatusCheck.objects.visible_to(actor).filter(
        case_id__in=case_ids, done_at__isnull=True, claim__withdrawn_at__isnull=True
    )
    for row in rows.select_related("claim").order_by("due_at", "pk"):
        yield row.case_id, ClaimFacts(row.public_id, row.claim.kind, row.claim.claimed_at, row.due_at)
