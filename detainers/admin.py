"""Read-only lists. Every act is a page of its own that calls one service."""

from django.contrib import admin

from accounts.bases import ScopedModelAdmin
from accounts.permissions import Permission
from detainers.models import Breach, Detainer, Hold, PolicyDecision


@admin.register(Detainer)
class DetainerAdmin(ScopedModelAdmin):
    permission = Permission.DETAINER_VIEW
    list_display = ("case", "edition", "received_at", "channel", "state", "ended_at")
    list_filter = ("state", "edition", "channel")
    list_select_related = ("case",)
    date_hierarchy = None
    ordering = ("-received_at",)


@admin.register(Hold)
class HoldAdmin(ScopedModelAdmin):
    permission = Permission.DETAINER_VIEW
    list_display = ("case", "started_at", "deadline_at", "rule", "recorded_state", "ended_at")
    list_filter = ("recorded_state", "rule")
    list_select_related = ("case",)
    ordering = ("-started_at",)


@admin.register(Breach)
class BreachAdmin(ScopedModelAdmin):
    permission = Permission.DETAINER_VIEW
    list_display = ("case", "from_at", "until_at", "state", "closed_at")
    list_filter = ("state",)
    list_select_related = ("case",)
    ordering = ("-from_at",)


@admin.register(PolicyDecision)
class PolicyDecisionAdmin(ScopedModelAdmin):
    permission = Permission.DETAINER_VIEW
    list_display = ("detainer", "verdict", "policy_code", "version", "decided_at")
    list_filter = ("verdict",)
    list_select_related = ("detainer",)
    ordering = ("-id",)
