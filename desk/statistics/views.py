"""The page. A read, recorded like every other; no person is on it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from desk import accesses
from desk.statistics import figures, page
from desk.statistics.months import last_months

RANGES = (6, 12, 24)


class StatisticsView(ScopedView, View):
    """`?agency=` is the public id of a jail, `?months=` one of 6, 12 or 24."""

    permission = Permission.BOARD_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        jails = list(
            Agency.objects.filter(
                pk__in=agencies(self.actor, self.permission), kind=Agency.Kind.JAIL
            ).order_by("name")
        )
        agency = self._chosen(jails, request.GET.get("agency", ""))
        asked = request.GET.get("months", "")
        count = int(asked) if asked in {str(number) for number in RANGES} else RANGES[0]
        at = timezone.now()
        months = last_months(count, at=at, zone=ZoneInfo(agency.time_zone))
        found = figures.read(agency, months, at=at)
        record.access(
            accesses.STATISTICS_OPENED,
            actor=self.actor,
            objects=[agency.public_id],
            object_type="agency",
            agency=agency.public_id,
            query=f"months={count}",
        )
        context = {
            "title": _("Statistics"),
            "agency": agency,
            "jails": jails,
            "count": count,
            "ranges": RANGES,
            "until": at,
            "sections": page.sections(found, months),
        }
        with timezone.override(ZoneInfo(agency.time_zone)):
            return render(request, "desk/statistics/page.html", admin.site.each_context(request) | context)

    def _chosen(self, jails: list[Agency], asked: str) -> Agency:
        """The jail that was asked for; without one the person's own, or the first."""
        if not jails:
            raise NotFound("You work for no jail, and these are figures of jails.")
        if not asked:
            home = self.actor.home_agencies
            return next((jail for jail in jails if jail.pk in home), jails[0])
        found = next((jail for jail in jails if str(jail.public_id) == asked), None)
        if found is None:
            raise NotFound("This jail is not among yours.")
        return found
