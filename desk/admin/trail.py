"""The audit trail as lists. It lives here, not in `audit`, which knows nobody above it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.models import Agency, User
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import sentences
from audit.models import Access, Event


class _TrailAdmin(ScopedModelAdmin):
    """Rows of the agencies whose trail this actor may read. Nobody changes them, the owner of the tables included."""

    abstract = True
    permission = Permission.AUDIT_VIEW
    ordering = ("-id",)

    def agencies_of(self, request: HttpRequest) -> list[Any]:
        """Public ids of the agencies whose trail this actor may read."""
        allowed = agencies(actor_of(request), self.permission)
        return list(Agency.objects.filter(pk__in=allowed).values_list("public_id", flat=True))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.filter(agency_id__in=self.agencies_of(request))
        return rows.order_by(*self.ordering)

    @admin.display(description=_("recorded"), ordering="id")
    def recorded(self, row: Any) -> str:
        """To the second, in the zone of the reader's agency, which the site has set."""
        local = timezone.localtime(row.recorded_at)
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S %Z}"


@admin.register(Event)
class EventAdmin(_TrailAdmin):
    """What happened, as sentences."""

    permission = Permission.AUDIT_VIEW
    list_display = ("recorded", "said", "actor_label", "reason")
    list_display_links = ("recorded",)
    list_filter = ("actor_kind",)
    search_fields = ("=case_id", "=subject_id", "action", "actor_label")
    search_help_text = _("Public id of a case, an action such as cases.released, or who did it")
    fields = (
        "said",
        "action",
        "actor_label",
        "actor_kind",
        "actor_id",
        "subject_type",
        "subject_id",
        "case_id",
        "agency_id",
        "on_behalf_of",
        "changed",
        "reason",
        "facts",
        "occurred_at",
        "recorded_at",
        "request_id",
        "txid",
    )
    readonly_fields = fields

    @admin.display(description=_("what happened"))
    def said(self, event: Event) -> str:
        return sentences.sentence(event, zone=timezone.get_current_timezone_name())


@admin.register(Access)
class AccessAdmin(_TrailAdmin):
    """Who looked at what."""

    permission = Permission.AUDIT_VIEW
    list_display = ("recorded", "actor_label", "action", "how_many", "purpose")
    list_filter = ("action",)
    search_fields = ("=case_id", "actor_label", "action")
    search_help_text = _("Public id of a case, a person who works here, or an action such as case.opened")
    fields = (
        "action",
        "actor_label",
        "actor_kind",
        "actor_id",
        "object_type",
        "objects_shown",
        "case_id",
        "agency_id",
        "purpose",
        "query",
        "recorded_at",
        "request_id",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Looks at records of one's agencies, and lists that people who work there opened across agencies."""
        mine = self.agencies_of(request)
        colleagues = User.objects.filter(memberships__agency__public_id__in=mine).values_list(
            "public_id", flat=True
        )
        across = Q(agency_id__isnull=True, actor_kind="user", actor_id__in=[str(key) for key in colleagues])
        rows: QuerySet[Any] = Access.objects.filter(Q(agency_id__in=mine) | across)
        return rows.order_by(*self.ordering)

    @admin.display(description=_("records shown"))
    def how_many(self, access: Access) -> int:
        return len(access.objects_shown)
