"""The register of detainers, its download, and the differences with federal lists. Reads only; each is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from desk import accesses, register
from desk.tables import csv_response
from detainers.models import Difference, FederalList


class RegisterView(ScopedView, View):
    """All detainers of the agency by date, channel and state. `?format=csv` is the same as a download."""

    permission = Permission.DETAINER_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        form = register.FilterForm(request.GET or None)
        found = register.rows(self.actor, form, self._zone())
        if request.GET.get("format") == "csv" and (not form.is_bound or form.is_valid()):
            return self._download(register.lines(found[: register.MOST_EXPORTED]))
        page = Paginator(found, register.PAGE).get_page(request.GET.get("page"))
        shown = register.lines(page.object_list)
        self._say(accesses.REGISTER_LISTED, shown)
        query = request.GET.copy()
        query.pop("page", None)
        query.pop("format", None)
        may_compare = self.actor.may_somewhere(Permission.DETAINER_REGISTER)
        context = {"form": form, "lines": shown, "page": page, "query": query.urlencode()}
        context |= {"title": _("Register of detainers"), "may_compare": may_compare}
        return render(request, "desk/register.html", admin.site.each_context(request) | context)

    def _zone(self) -> ZoneInfo:
        names = Agency.objects.filter(pk__in=self.actor.home_agencies[:1]).values_list("time_zone", flat=True)
        return ZoneInfo(names[0] if names else "UTC")

    def _download(self, shown: list[register.Line]) -> HttpResponse:
        self._say(accesses.REGISTER_EXPORTED, shown)
        return csv_response("detainers.csv", register.HEADER, register.table(shown))

    def _say(self, action: str, shown: list[register.Line]) -> None:
        ids = [line.row.public_id for line in shown]
        record.access(action, actor=self.actor, objects=ids, object_type="detainer")


class ListsView(ScopedView, View):
    """Federal lists that were compared, and every difference that nobody has decided."""

    permission = Permission.DETAINER_REGISTER
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        keys = agencies(self.actor, self.permission)
        mine = Difference.objects.visible_to(self.actor).filter(agency__in=keys)
        waiting = list(
            mine.filter(decision="").select_related("detainer__case", "source").order_by("pk")[:200]
        )
        decided = list(
            mine.exclude(decision="").select_related("detainer__case").order_by("-decided_at")[:50]
        )
        lists = list(FederalList.objects.visible_to(self.actor).filter(agency__in=keys).order_by("-pk")[:20])
        shown: list[UUID] = [item.public_id for item in (*waiting, *decided)]
        record.access(accesses.DIFFERENCES_LISTED, actor=self.actor, objects=shown, object_type="difference")
        context: dict[str, Any] = {"waiting": waiting, "decided": decided, "lists": lists}
        context |= {"title": _("Federal lists"), "total": mine.filter(decision="").count()}
        return render(request, "desk/lists.html", admin.site.each_context(request) | context)
