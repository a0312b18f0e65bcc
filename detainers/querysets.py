"""Reads, all from `visible_to(actor)`. A federal liaison sees the detainers of its own office only."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.permissions import Permission
from accounts.scope import agencies, sees_all
from cases.querysets import AgencyScoped

if TYPE_CHECKING:
    from accounts.actors import Actor


class DetainerQuerySet(models.QuerySet[Any]):
    """Detainers, or rows that hang on one through `path`."""

    path = ""

    def visible_to(self, actor: "Actor") -> Self:
        if sees_all(actor, Permission.DETAINER_VIEW):
            return self.all()
        allowed = agencies(actor, Permission.DETAINER_VIEW)
        if not allowed:
            return self.none()
        jail, office = f"{self.path}case__agency_id__in", f"{self.path}federal_agency_id__in"
        return self.filter(Q(**{jail: allowed}) | Q(**{office: allowed}))

    def live(self) -> Self:
        """Neither lifted nor cancelled."""
        return self.filter(ended_at__isnull=True)


class DetainerChildQuerySet(DetainerQuerySet):
    path = "detainer__"


class OnCaseQuerySet(AgencyScoped):
    """Holds, breaches and claims: of the agencies in which the actor may see detainers."""

    agency_path = "case__agency_id"
    permission = Permission.DETAINER_VIEW


class DutyQuerySet(OnCaseQuerySet):
    def still_open(self) -> Self:
        return self.filter(state="open")

    def condition_undone(self) -> Self:
        """Duties without which there is no authority to hold, and that are not done."""
        return self.filter(is_condition=True).exclude(state="done")


class DutyOutcomeQuerySet(OnCaseQuerySet):
    agency_path = "duty__case__agency_id"


class HoldQuerySet(OnCaseQuerySet):
    def recorded_open(self) -> Self:
        """Not yet recorded as ended. Whether such a hold is in force is a question for the clock."""
        return self.filter(ended_at__isnull=True)


class BreachQuerySet(OnCaseQuerySet):
    def running(self) -> Self:
        return self.filter(until_at__isnull=True)

    def unexplained(self) -> Self:
        """Without recorded cause and remedy."""
        return self.filter(closed_at__isnull=True)


class AuthorityQuerySet(AgencyScoped):
    """Rows of the view, one per case, by the clock of the database."""

    permission = Permission.CASE_VIEW

    def in_breach(self) -> Self:
        return self.filter(in_breach=True)


class PolicyQuerySet(models.QuerySet[Any]):
    """Rows of law. They hold nothing of anybody, so whoever may read policies somewhere reads them all."""

    def visible_to(self, actor: "Actor") -> Self:
        if sees_all(actor, Permission.POLICY_VIEW) or agencies(actor, Permission.POLICY_VIEW):
            return self.all()
        return self.none()

    def ever_in_force(self) -> Self:
        """In force now, before or from a day to come; on which day, their dates say."""
        return self.filter(stage__in=["in_force", "ended"])
