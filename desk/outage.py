"""After an outage: who was on the sheet, and of whom nothing was recorded since. The facts go in by the ordinary pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.actors import Actor
from accounts.bases import ScopedView
from accounts.errors import Invalid
from accounts.models import Agency
from accounts.permissions import Permission, has_permission
from accounts.scope import agencies
from accounts.times import parse_local
from audit import record
from audit.sentences import local_time
from cases.models import Case, CustodyEvent
from desk import accesses
from detainers.services.pack import newest_pack

MOST = 500


@dataclass(frozen=True)
class OnSheet:
    """One person of the sheet, with what was recorded of later than it."""

    case: Case
    later: tuple[str, ...]
    may_release: bool


def on_sheet(actor: Actor, agency: Agency, since: datetime) -> list[OnSheet]:
    """Everybody in custody of one jail at `since`; those without a later fact first. At most `MOST`."""
    there = Q(custody_ended_at__isnull=True) | Q(custody_ended_at__gt=since)
    later = CustodyEvent.objects.filter(occurred_at__gt=since).order_by("occurred_at", "pk")
    rows = (
        Case.objects.visible_to(actor)
        .filter(there, agency=agency, opened_at__lte=since)
        .select_related("person", "agency")
        .prefetch_related(Prefetch("custody_events", later, to_attr="later_events"))
    )
    may = has_permission(actor, Permission.CASE_RELEASE, agency)
    found = [
        OnSheet(
            case,
            tuple(
                f"{item.get_kind_display()} {local_time(item.occurred_at, agency.time_zone)}"
                for item in case.later_events
            ),
            may and case.is_in_custody,
        )
        for case in rows.order_by("number")[:MOST]
    ]
    return sorted(found, key=lambda item: bool(item.later))


class OutageView(ScopedView, View):
    """`?agency=` and `?since=`: the jail, and the time at the top of the sheet that was used."""

    permission = Permission.BOARD_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        mine = Agency.objects.filter(pk__in=agencies(self.actor, Permission.BOARD_VIEW), kind="jail")
        choices = list(mine.order_by("name", "pk"))
        agency = next((item for item in choices if str(item.public_id) == request.GET.get("agency")), None)
        agency = agency or (choices[0] if choices else None)
        typed, problem = request.GET.get("since", ""), ""
        since = _newest()
        if typed and agency:
            try:
                since = parse_local(typed, agency.time_zone, field="since")
            except Invalid as error:
                problem = error.message
        rows = on_sheet(self.actor, agency, since) if agency and since and not problem else []
        record.access(
            accesses.OUTAGE_OPENED,
            actor=self.actor,
            objects=[item.case.public_id for item in rows],
            object_type="case",
            agency=agency.public_id if agency else None,
        )
        context: dict[str, Any] = {
            "title": _("From paper, after an outage"),
            "choices": choices,
            "agency": agency,
            "since": since,
            "typed": typed,
            "problem": problem,
            "rows": rows,
            "open_count": sum(not item.later for item in rows),
            "is_cut": len(rows) == MOST,
        }
        status = 400 if problem else 200
        return render(request, "desk/outage.html", admin.site.each_context(request) | context, status=status)


def _newest() -> datetime | None:
    """The time of the newest pack that this server sees; None where there is none."""
    found = newest_pack(Path(settings.DEGRADED_PACK_DIR)) if settings.DEGRADED_PACK_DIR else None
    return found if found is None or found <= timezone.now() else None
