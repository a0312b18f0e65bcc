"""Reads, all through the database role that cannot select a person. Nothing is visible without a grant in force now."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.permissions import Permission
from accounts.scope import agencies

if TYPE_CHECKING:
    from accounts.actors import Actor

DATABASE = "oversight"
LARGE = ("answers", "detainers", "holds", "breaches", "steps")


class GrantQuerySet(models.QuerySet[Any]):
    def in_force(self, at: datetime | Now) -> Self:
        """Grants that have begun and not ended."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)

    def of(self, actor: "Actor", permission: Permission) -> Self:
        """Grants of the oversight bodies in which this actor has the permission."""
        bodies = agencies(actor, permission)
        return self.filter(oversight_agency_id__in=bodies) if bodies else self.none()


class NoteQuerySet(models.QuerySet[Any]):
    def on(self, case: Any) -> Self:
        """The notes on a case that the caller has already scoped, oldest first."""
        return self.using(DATABASE).filter(case_id=case.case_id).order_by("pk")


class OversightCaseQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: "Actor", permission: Permission = Permission.REVIEW_VIEW) -> Self:
        """Cases of the jails that this actor's oversight body may read now, by the clock of the database."""
        from oversight.models import ReviewGrant

        grants = ReviewGrant.objects.using(DATABASE).in_force(Now()).of(actor, permission)
        return self.using(DATABASE).filter(agency_id__in=grants.values("jail_agency_id"))

    def with_mark(self, mark: str, code: str = "") -> Self:
        """Cases that may have a hold, a breach or a decision under a policy: quick in a million."""
        from oversight.models import OversightMark

        marks = OversightMark.objects.using(DATABASE).filter(mark=mark, code=code)
        return self.filter(id__in=marks.values("case_key"))

    def for_list(self) -> Self:
        """Newest first, without what only the case page shows."""
        return self.defer(*LARGE).order_by("-id")
