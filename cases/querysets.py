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


class DocumentQuerySet(AgencyScoped):
    permission = Permission.DOCUMENT_VIEW
