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
    def visible_to(self, actor: "Actor") -> Self:
        """People with at least one case the actor may see."""
        if sees_all(actor, Permission.CASE_VIEW):
            return self.all()
        allowed = agencies(actor, Permission.CASE_VIEW)
        return self.filter(cases__agency_id__in=allowed).distinct() if allowed else self.none()


class DocumentQuerySet(AgencyScoped):
    permission = Permission.DOCUMENT_VIEW
