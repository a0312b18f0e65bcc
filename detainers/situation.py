"""The rows of one case as the facts of the clock and the policy. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from cases.models import Case, CustodyEvent, Person
from detainers import duty_facts, rulebook
from detainers.clock import ClockInput, ClockResult, Document, FormRule, Rule, compute
from detainers.models import Detainer, Hold, StatusClaim
from detainers.policies import Decision, Facts, decide
from detainers.policy_book import agency_code, rulebook_in_force
from detainers.policy_time import over_time
from detainers.states import HoldState

OF_AGE = 21
"""From this age on no rule for minors can apply, and the age is not among the facts of a decision."""
PAPERS = ("services", "warrants", "findings", "duties__outcomes")
LEFT = {
    "transferred": HoldState.TRANSFERRED,
    "died": HoldState.DIED,
    "escaped": HoldState.ESCAPED,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """One case with its papers, the decision on each, and the clock's answer."""

    case: Case
    detainers: tuple[Detainer, ...]
    decisions: tuple[Decision, ...]
    holds: tuple[Hold, ...]
    claim: StatusClaim | None
    ground_since: datetime | None
    back_since: datetime | None
    result: ClockResult | None
    anchor: datetime | None = None
    denied_since: Mapping[int, datetime] = field(default_factory=dict)
    """Of a detainer that a law of the release day allowed and one since forbids: from when, by its primary key."""

    @property
    def open_hold(self) -> Hold | None:
        return next((hold for hold in self.holds if hold.ended_at is None), None)

    @property
    def covered_until(self) -> datetime | None:
        """Where the last hold that was recorded as ended stopped."""
        return max((hold.ends_at for hold in self.holds if hold.ended_at is not None), default=None)

    def decision_on(self, detainer_id: int) -> Decision | None:
        """The decision on one detainer."""
        for detainer, decision in zip(self.detainers, self.decisions, strict=True):
            if detainer.pk == detainer_id:
                return decision
        return None


def load(case: Case, at: datetime) -> Situation:
    """Everything about one case that the clock and the policy ask for."""
    papers = Detainer.objects.filter(case=case).order_by("received_at", "pk")
    detainers = tuple(papers.prefetch_related(*PAPERS))
    holds = tuple(Hold.objects.filter(case=case).order_by("started_at", "pk")) if detainers else ()
    grounds = case.grounds.filter(ended_at__isnull=True).order_by("started_at")
    ground_since = grounds.values_list("started_at", flat=True).first()
    anchor = _anchor(case, holds)
    claim = strongest_claim(case) if detainers else None
    offences = charges_of(case) if detainers else ()
    zone = case.agency.zone
    on, today = (anchor or at).astimezone(zone).date(), at.astimezone(zone).date()
    age = age_of(case, on) if detainers else None
    facts = [_facts(case, item, claim, offences, on, age) for item in detainers]
    book = rulebook_in_force() if detainers else rulebook.current()
    ruled = [over_time(each, book, today) for each in facts]
    decisions = tuple(each.decision for each in ruled)
    denied_since = {
        item.pk: datetime.combine(each.denied_on, time.min, tzinfo=zone)
        for item, each in zip(detainers, ruled, strict=True)
        if each.denied_on is not None
    }
    result = None
    if case.is_in_custody and ground_since is None and case.release_eligible_at is not None and detainers:
        documents = _documents(detainers, decisions)
        result = compute(ClockInput(case.agency.time_zone, anchor, documents))
    back_since = _back_since(case) if holds else None
    return Situation(
        case, detainers, decisions, holds, claim, ground_since, back_since, result, anchor, denied_since
    )


def clock_input(case: Case, hold: Hold) -> ClockInput:
    """What the clock was told when this hold began: the papers that had come by then, on the decisions of that day.

    For whoever checks a stored derivation afterwards; a detainer lifted since counts as it stood.
    """
    papers = Detainer.objects.filter(case=case, received_at__lte=hold.started_at).order_by(
        "received_at", "pk"
    )
    detainers = tuple(papers.prefetch_related(*PAPERS))
    claim = strongest_claim(case)
    offences = charges_of(case)
    on = hold.anchor_at.astimezone(case.agency.zone).date()
    book = rulebook_in_force()
    age = age_of(case, on)
    decisions = tuple(decide(_facts(case, item, claim, offences, on, age), book) for item in detainers)
    documents = tuple(replace(each, lifted_at=None) for each in _documents(detainers, decisions))
    return ClockInput(case.agency.time_zone, hold.anchor_at, documents)


def strongest_claim(case: Case) -> StatusClaim | None:
    """Proof before claim, citizenship before lawful status, the first of its kind."""
    claims: Iterable[StatusClaim] = StatusClaim.objects.filter(case=case)
    ranked = sorted(claims, key=lambda c: (not c.proof, c.kind != StatusClaim.Kind.CITIZENSHIP, c.claimed_at))
    return ranked[0] if ranked else None


def left_as(case: Case) -> HoldState:
    """How a person left custody, in the words of a hold."""
    if case.custody_state in LEFT:
        return LEFT[case.custody_state]
    released = CustodyEvent.objects.filter(case=case, kind=CustodyEvent.Kind.RELEASED).order_by("-pk")
    to = released.values_list("destination", flat=True).first()
    return HoldState.ICE_CUSTODY if to == "ice" else HoldState.RELEASED


def first_service(detainer: Detainer) -> datetime | None:
    """When a copy was first given in a way that counts; one with a notice that nobody has reviewed does not."""
    return min((service.served_at for service in detainer.services.all() if service.counts), default=None)


def form_rule(detainer: Detainer) -> FormRule:
    """The rule of the detainer's own edition; a form we do not know asks for nothing."""
    edition = rulebook.current().editions.get(detainer.edition)
    return edition.form_rule() if edition else FormRule(detainer.edition, Rule.NONE, False, True)


def earlier_versions(detainer: Detainer, known: Mapping[int, Detainer]) -> Iterator[Detainer]:
    """What this paper amends, nearest first; `known` are the standing detainers of the case by key."""
    while detainer.amends_id is not None and detainer.amends_id in known:
        detainer = known[detainer.amends_id]
        yield detainer


def _back_since(case: Case) -> datetime | None:
    """When an escaped person was last brought back: no hold reaches back over the time outside."""
    returns = CustodyEvent.objects.filter(case=case, kind=CustodyEvent.Kind.RECAPTURED)
    return returns.order_by("-occurred_at").values_list("occurred_at", flat=True).first()


def own_anchor(case: Case) -> datetime | None:
    """The first release time of this custody episode by what was recorded of it, whatever ground came afterwards.

    Earliest limit wins (design 2.4): a ground recorded after the person was to be released holds for as long as it
    lasts, and gives the detainer no new 48 hours. Only two people who correct the facts can move it later.
    """
    if case.release_eligible_at is None:
        return None
    facts = CustodyEvent.objects.filter(case=case, kind=CustodyEvent.Kind.RELEASE_ELIGIBLE)
    first = facts.order_by("occurred_at").values_list("occurred_at", flat=True).first()
    return min(case.release_eligible_at, first) if first is not None else case.release_eligible_at


def _anchor(case: Case, holds: tuple[Hold, ...]) -> datetime | None:
    """The release time from which a detainer's time is counted; one on which a hold ran stays counted from."""
    first = own_anchor(case)
    if first is None:
        return None
    return min([first, *(hold.anchor_at for hold in holds if hold.superseded_by is None)])


def papers_result(situation: Situation) -> ClockResult | None:
    """What the clock says of the papers, whether or not the person is here; None when there is nothing to count."""
    anchors = [hold.anchor_at for hold in situation.holds if hold.superseded_by is None]
    anchor = situation.anchor or min(anchors, default=None)
    if anchor is None or not situation.detainers:
        return None
    documents = _documents(situation.detainers, situation.decisions)
    return compute(ClockInput(situation.case.agency.time_zone, anchor, documents))


def limit_of(situation: Situation) -> datetime | None:
    """The end that the papers allow at most; None when they allow nothing."""
    result = papers_result(situation)
    return result.authority_ends_at if result is not None and result.hold_on_detainer_permitted else None


def references(detainers: Sequence[Detainer]) -> tuple[str, ...]:
    """What the derivation calls each detainer; those alike in edition and day are numbered, so that none stands for another."""
    names = [str(item) for item in detainers]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({names[: n + 1].count(name)})"
        for n, name in enumerate(names)
    )


def _documents(detainers: Sequence[Detainer], decisions: Sequence[Decision]) -> tuple[Document, ...]:
    """The papers as the clock is told of them; a new version lengthens nothing that an earlier one began."""
    known = {item.pk: item for item in detainers}
    named = zip(detainers, decisions, references(detainers), strict=True)
    return tuple(_document(*each, known=known) for each in named)


def _document(
    detainer: Detainer, decision: Decision, reference: str, *, known: Mapping[int, Detainer]
) -> Document:
    earlier = list(earlier_versions(detainer, known))
    form = form_rule(detainer)
    if form.rule is Rule.EXCL_48 and any(form_rule(item).rule is Rule.STRAIGHT_48 for item in earlier):
        form = replace(form, rule=Rule.STRAIGHT_48)
    return Document(
        form=form,
        received_at=min([detainer.received_at, *(item.received_at for item in earlier)]),
        served_at=first_service(detainer),
        lifted_at=detainer.ended_at,
        deficient=bool(detainer.deficiencies),
        policies=decision.limits,
        reference=reference,
        conditions_met_at=duty_facts.conditions_met_at(detainer),
    )


def charges_of(case: Case) -> tuple[str, ...]:
    """`class:status` of the charges that stand on the case, each once."""
    pairs = case.charges.order_by().values_list("offence_class", "status").distinct()
    return tuple(sorted(f"{offence}:{status}" for offence, status in pairs))


def age_of(case: Case, on: date) -> int | None:
    """Age in whole years of somebody younger than 21, who may be under a rule for minors; None for everybody else."""
    born = Person.objects.filter(pk=case.person_id).values_list("birth_date", flat=True).first()
    if born is None:
        return None
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years if 0 <= years < OF_AGE else None


def _facts(
    case: Case,
    detainer: Detainer,
    claim: StatusClaim | None,
    offences: tuple[str, ...],
    on: date,
    age: int | None,
) -> Facts:
    agency = case.agency
    conditions = {finding.condition for finding in detainer.findings.all()}
    for warrant in detainer.warrants.all():
        if warrant.is_judicial:
            conditions.add(rulebook.Condition.JUDICIAL_WARRANT.value)
        elif warrant.is_administrative:
            conditions.add(rulebook.Condition.ADMINISTRATIVE_WARRANT.value)
    return Facts(
        on=on.isoformat(),
        state=agency.state,
        county=agency.county,
        city=agency.city,
        edition=detainer.edition,
        deficiencies=tuple(item["code"] for item in detainer.deficiencies),
        on_conviction_box=bool(detainer.boxes.get("on_conviction")),
        convicted=any(offence.endswith(":convicted") for offence in offences),
        conditions=tuple(sorted(conditions)),
        claim=claim.kind if claim else "",
        proof=bool(claim and claim.proof),
        agency=agency_code(agency),
        age=age,
        offences=offences,
        warrants=tuple(sorted({warrant.kind for warrant in detainer.warrants.all()})),
        duties_done=duty_facts.conditions_done(detainer),
    )
