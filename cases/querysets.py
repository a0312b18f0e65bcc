"""Reads. Every queryset of personal data starts from `visible_to(actor)`; no grant means an empty queryset."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.permissions import Permission
from accounts.scope import agencies, sees_all
from cases.states import Custody

if TYPE_CHECKING:
    from accounts.actors import Actor


class AgencyScoped(models.QuerySet[Any]):
    """Rows that belong to an agency through `agency_path`, visible with `permission` there."""

    agency_path = "agency_id"
    permission = Permission.CASE_VIEW

    def visible_to(self, actor: "Actor") -> Self:
        if sees_all(actor, self.permission):
            return self.all()
        allowed = agencies(actor, self.permission)
        return self.filter(**{f"{self.agency_path}__in": allowed}) if allowed else self.none()


class CaseQuerySet(AgencyScoped):
    def in_custody(self) -> Self:
        return self.filter(custody_state=Custody.IN_CUSTODY)


class CaseChildQuerySet(AgencyScoped):
    """Rows that hang on a case."""

    agency_path = "case__agency_id"


class IdentifierQuerySet(CaseChildQuerySet):
    def with_value(self, kind: str, value: str) -> Self:
        """Rows with exactly this number, however it is spaced. Raises KeyUnavailable."""
        from audit.keys.blind import blind_indexes

        return self.filter(kind=kind, blind__in=blind_indexes(kind, value))


class CorrectionQuerySet(CaseChildQuerySet):
    def undecided(self) -> Self:
        """Waiting for a second person."""
        return self.filter(state="requested")

    def applied(self) -> Self:
        return self.filter(state="applied")


class StandingManager(models.Manager[Any]):
    """Facts as they stand: without those that a correction withdrew as entered in error. `ever` has them all."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(withdrawn_at__isnull=True)


class PersonQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: "Actor", permission: Permission = Permission.CASE_VIEW) -> Self:
        """People recorded by, or with a case in, an agency where the actor has `permission`.

        A merged record has no case left: it is seen where it was recorded; the page of the surviving record shows its names.
        """
        if sees_all(actor, permission):
            return self.all()
        allowed = agencies(actor, permission)
        if not allowed:
            return self.none()
        case = self.model._meta.get_field("cases").related_model
        theirs = case.objects.filter(person=models.OuterRef("pk"), agency_id__in=allowed)
        return self.filter(models.Q(agency_id__in=allowed) | models.Exists(theirs))

    def with_identifier(self, actor: "Actor", kind: str, value: str) -> Self:
        """People with exactly this number on a case that this actor may see. Raises KeyUnavailable."""
        numbers = (
            self.model._meta.get_field("cases").related_model._meta.get_field("identifiers").related_model
        )
        rows = numbers.objects.visible_to(actor).with_value(kind, value)
        return self.filter(pk__in=rows.values("case__person_id"))


class DocumentQuerySet(AgencyScoped):
    permission = Permission.DOCUMENT_VIEW
