"""A case as the API shows it: facts of several apps, gathered in a constant number of queries and never stored together.

Authority comes from the view `detainers_authority` alone, so the API says what every other surface says at the same instant.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.actors import Actor
from cases.models import Booking, Case, Correction
from detainers.models import Breach, CaseAuthority, Detainer, Hold
from integration.stages import Stage, StageFacts, stage
from matching.models import ExpectedAnswer


@dataclass(frozen=True)
class CaseFile:
    """One case with everything the API says of it."""

    case: Case
    booking: Booking
    authority: CaseAuthority
    answers: dict[str, ExpectedAnswer] = field(default_factory=dict)
    detainers: tuple[Detainer, ...] = ()

    @property
    def stage(self) -> Stage:
        authority = self.authority
        return stage(
            StageFacts(
                custody_state=self.case.custody_state,
                now=authority.seen_at,
                release_eligible_at=authority.release_eligible_at,
                authority_ends_at=authority.authority_ends_at,
                is_held_on_detainer=authority.kind == CaseAuthority.Kind.HOLD,
                has_open_breach=authority.in_breach,
                has_open_detainer=any(detainer.is_live for detainer in self.detainers),
                answers=[answer.state for answer in self.answers.values()],
            )
        )

    @property
    def remaining_seconds(self) -> int | None:
        """Whole seconds until authority ends, by the database's clock; 0 when it has ended, None when no end is known."""
        if not self.case.is_in_custody or self.authority.authority_ends_at is None:
            return None
        return max(0, int((self.authority.authority_ends_at - self.authority.seen_at).total_seconds()))


def gather(actor: Actor, cases: Sequence[Case]) -> list[CaseFile]:
    """The files of these cases, which the caller has already scoped, in the same order."""
    keys = [case.pk for case in cases]
    if not keys:
        return []
    bookings = {row.case_id: row for row in Booking.objects.visible_to(actor).filter(case__in=keys)}
    authority = {row.case_id: row for row in CaseAuthority.objects.visible_to(actor).filter(case__in=keys)}
    answers: dict[int, dict[str, ExpectedAnswer]] = defaultdict(dict)
    current = ExpectedAnswer.objects.visible_to(actor).filter(submission__case__in=keys)
    for answer in current.exclude(submission__state="superseded").select_related("submission"):
        answers[answer.submission.case_id][answer.source] = answer
    detainers: dict[int, list[Detainer]] = defaultdict(list)
    papers = Detainer.objects.visible_to(actor).filter(case__in=keys)
    for detainer in papers.prefetch_related("services", "decisions", "duties").order_by("received_at", "pk"):
        detainers[detainer.case_id].append(detainer)
    return [
        CaseFile(
            case=case,
            booking=bookings[case.pk],
            authority=authority[case.pk],
            answers=answers[case.pk],
            detainers=tuple(detainers[case.pk]),
        )
        for case in cases
    ]


def derivation(actor: Actor, case: Case) -> list[str]:
    """How the end of the latest hold came about, in sentences; empty when there never was a hold."""
    hold: Hold | None = Hold.objects.visible_to(actor).filter(case=case).order_by("-started_at").first()
    return hold.sentences() if hold is not None else []


def latest_breach(actor: Actor, case: Case) -> Breach | None:
    """The breach that runs, or the last one; a breach is never removed."""
    breach: Breach | None = Breach.objects.visible_to(actor).filter(case=case).order_by("-from_at").first()
    return breach


def corrections(actor: Actor, case: Case) -> list[Correction]:
    """What was corrected on this case, oldest first; the serializer shows no value."""
    return list(Correction.objects.visible_to(actor).filter(case=case).order_by("pk"))


def first_service(detainer: Detainer) -> datetime | None:
    """When the copy was first given to the person in a way that counts as service."""
    return min((service.served_at for service in detainer.services.all() if service.counts), default=None)
