"""Who works in the agencies an administrator manages. Read only: granting and ending roles are acts of their own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.models import Agency, Membership, User
from accounts.permissions import Permission
from accounts.roles import role
from accounts.scope import agencies


class _AccountAdmin(ScopedModelAdmin):
    """Rows that belong to an agency through `agency_path`."""

    abstract = True
    agency_path = "agency__in"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        allowed = agencies(actor_of(request), self.permission)
        rows = self.model._default_manager.filter(**{self.agency_path: allowed}).distinct()
        return rows.order_by(*self.ordering)


@admin.register(Agency)
class AgencyAdmin(_AccountAdmin):
    permission = Permission.ACCOUNT_MANAGE
    agency_path = "pk__in"
    list_display = ("name", "kind", "ori", "facility_code", "time_zone", "state", "county")
    search_fields = ("name", "ori", "facility_code")
    ordering = ("name", "pk")
    fields = (
        "name",
        "kind",
        "ori",
        "facility_code",
        "time_zone",
        "state",
        "county",
        "city",
        "release_target_minutes",
        "federal_accounts_allowed",
    )
    readonly_fields = fields


@admin.register(User)
class UserAdmin(_AccountAdmin):
    permission = Permission.ACCOUNT_MANAGE
    agency_path = "memberships__agency__in"
    list_display = ("name", "email", "is_active", "last_login")
    search_fields = ("name", "email")
    ordering = ("name", "pk")
    fields = ("name", "email", "is_active", "created_at", "last_login")
    readonly_fields = fields


@admin.register(Membership)
class MembershipAdmin(_AccountAdmin):
    permission = Permission.ACCOUNT_MANAGE
    list_display = ("user", "agency", "role", "starts_at", "ends_at", "in_force")
    list_select_related = ("user", "agency")
    list_filter = ("role",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "-starts_at", "pk")
    fields = ("user", "agency", "role", "what_it_allows", "starts_at", "ends_at")
    readonly_fields = fields

    @admin.display(description=_("in force"), boolean=True)
    def in_force(self, membership: Membership) -> bool:
        now = timezone.now()
        return membership.starts_at <= now and (membership.ends_at is None or membership.ends_at > now)

    @admin.display(description=_("what it allows"))
    def what_it_allows(self, membership: Membership) -> str:
        entry = role(membership.role)
        return entry.sentence if entry else "–"
