"""Facts of which a case has few, read with the case itself: one query for what would be five."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from accounts.actors import Actor
from cases.models import Assignment, LocalGround
from desk import colleagues
from desk.facts import BreachFacts, CandidateFacts, GroundFacts, OwnerFacts, SearchFacts
from detainers.models import Breach
from matching.models import Candidate, PrintSearch

UNDECIDED = ("unreviewed", "first_reviewed")


def annotations(actor: Actor) -> dict[str, ArraySubquery]:
    """What to annotate a queryset of cases with. A lead that is undecided is for examiners and nobody else."""
    case, by_prints = OuterRef("pk"), {"submission__case_id": OuterRef("pk")}
    grounds = LocalGround.objects.visible_to(actor).filter(case_id=case, ended_at__isnull=True)
    searches = PrintSearch.objects.visible_to(actor).filter(**by_prints).exclude(state="cancelled")
    candidates = Candidate.objects.visible_to(actor).filter(**by_prints, state__in=UNDECIDED)
    breaches = Breach.objects.visible_to(actor).filter(case_id=case).unexplained()
    owners = Assignment.objects.visible_to(actor).open().filter(case_id=case)
    offer = FilteredRelation("case__offers", condition=Q(case__offers__decided_at__isnull=True))
    owners = owners.annotate(is_here=colleagues.works_here("owner_id", "case__agency_id"), offer=offer)
    return {
        "grounds_now": _listed(
            grounds.order_by("started_at", "pk"), id="public_id", kind="kind", words="description"
        ),
        "searches_now": _listed(searches.order_by("-pk"), id="public_id", state="state"),
        "candidates_now": _listed(candidates.order_by("rank", "pk"), id="public_id", state="state"),
        "breaches_now": _listed(
            breaches.order_by("from_at"), id="public_id", state="state", began="from_at", ended="until_at"
        ),
        "owners_now": _listed(
            owners,
            id="owner__public_id",
            name="owner__name",
            here="is_here",
            offer="offer__public_id",
            to="offer__to__public_id",
        ),
    }


def of(case: Any, actor: Actor) -> dict[str, Any]:
    """The fields of CaseFacts that the annotations hold."""
    searches = [SearchFacts(UUID(item["id"]), item["state"]) for item in case.searches_now or ()]
    return {
        "grounds": tuple(_grounds(case.grounds_now or ())),
        "search": next(iter(searches), None),
        "candidates": tuple(
            CandidateFacts(UUID(item["id"]), item["state"]) for item in case.candidates_now or ()
        ),
        "breaches": tuple(_breaches(case.breaches_now or ())),
        "owner": next((_owner(item, actor) for item in case.owners_now or ()), None),
    }


def _listed(rows: QuerySet[Any], **columns: str) -> ArraySubquery:
    return ArraySubquery(rows.values(found=JSONObject(**columns)))


def _grounds(items: Iterable[Mapping[str, str]]) -> Iterable[GroundFacts]:
    kinds = dict(LocalGround.Kind.choices)
    for item in items:
        yield GroundFacts(UUID(item["id"]), f"{kinds[item['kind']]}: {item['words']}".rstrip(": "))


def _breaches(items: Iterable[Mapping[str, str]]) -> Iterable[BreachFacts]:
    for item in items:
        ended = datetime.fromisoformat(item["ended"]) if item["ended"] else None
        yield BreachFacts(UUID(item["id"]), item["state"], datetime.fromisoformat(item["began"]), ended)


def _owner(item: Mapping[str, Any], actor: Actor) -> OwnerFacts:
    return OwnerFacts(
        public_id=UUID(item["id"]),
        name=item["name"],
        is_here=item["here"],
        is_me=item["id"] == actor.id,
        offer=UUID(item["offer"]) if item["offer"] else None,
        is_offered_to_me=item["to"] == actor.id,
    )
