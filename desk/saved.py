"""Choices of the board that somebody keeps under a name, for themselves or for everybody of their jail."""

from __future__ import annotations

from typing import Any, Self
from uuid import uuid4

from django.db import models

from accounts.actors import Actor
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit.models import ClockTimestamp
from desk.filters import Filters


class SavedFilterQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own, and those shared with a jail whose board this actor sees."""
        shared = models.Q(agency_id__in=agencies(actor, Permission.BOARD_VIEW))
        return self.filter(models.Q(actor_id=actor.id) | shared)


class SavedFilter(models.Model):
    """A name for an address of the board. Shared when it names an agency."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    saved_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects: Any = SavedFilterQuerySet.as_manager()

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "name"],
                condition=models.Q(agency__isnull=True),
                name="desk_filter_name_mine",
            ),
            models.UniqueConstraint(
                fields=["agency", "name"],
                condition=models.Q(agency__isnull=False),
                name="desk_filter_name_shared",
            ),
        ]

    class Privacy:
        personal = ()
        retention = "until its owner takes it away"

    def __str__(self) -> str:
        return self.name

    @property
    def filters(self) -> Filters:
        """The choice, read anew: what no longer makes sense is left out."""
        return Filters.parse(self.query)
