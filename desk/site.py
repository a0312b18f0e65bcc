"""The jail's door: one admin site whose front page is the board."""

from dataclasses import dataclass
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.permissions import Permission
from accounts.roles import role

MAIN_MODELS: dict[tuple[str, str], Any] = {
    ("cases", "Case"): _("Cases"),
    ("matching", "Submission"): _("Checks"),
    ("detainers", "Detainer"): _("Detainers"),
}
NOT_OURS = frozenset({"search", "view_on_site", "autocomplete", "password_change", "password_change_done"})
"""Pages of the admin that look anything up by itself, or that we do not offer."""
CATCH_ALL = "(?P<url>.*)$"


@dataclass(frozen=True)
class NavItem:
    """One link of the top bar."""

    title: Any
    url: str
    is_here: bool


class ClearholdAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Our admin: entered by role, never by a superuser flag; signs in at our own page; has the board in front."""

    site_title = _("Clearhold")
    site_header = _("Clearhold")
    index_title = _("Board")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).enters_admin

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Takes scoped pages only. What libraries register for themselves stays outside: it knows nothing of agencies."""
        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else [model_or_iterable]
        super().unregister([model for model in models if self.is_registered(model)])

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from desk.documents import DocumentsView, ProducedView
        from desk.outage import OutageView
        from desk.person_views import PairsView, PersonView
        from desk.policy_pages import PoliciesView, PolicyView, WhatIfView
        from desk.register_views import ListsView, RegisterView
        from desk.statistics.views import StatisticsView
        from desk.views import CaseView, DocumentView
        from desk.work_views import WorkView

        own: list[URLPattern | URLResolver] = [
            path("case/<uuid:public_id>/", CaseView.as_view(), name="case"),
            path("case/<uuid:public_id>/documents/", DocumentsView.as_view(), name="documents"),
            path("case/<uuid:public_id>/documents/<slug:kind>.pdf", ProducedView.as_view(), name="produced"),
            path("person/<uuid:public_id>/", PersonView.as_view(), name="person"),
            path("outage/", OutageView.as_view(), name="outage"),
            path("work/", WorkView.as_view(), name="work"),
            path("same-person/", PairsView.as_view(), name="pairs"),
            path("statistics/", StatisticsView.as_view(), name="statistics"),
            path("register/", RegisterView.as_view(), name="register"),
            path("federal-lists/", ListsView.as_view(), name="federal_lists"),
            path("law/", PoliciesView.as_view(), name="policies"),
            path("law/<uuid:public_id>/", PolicyView.as_view(), name="policy"),
            path("law/<uuid:public_id>/what-if/", WhatIfView.as_view(), name="what_if"),
            path("document/<uuid:public_id>/", DocumentView.as_view(), name="document"),
        ]
        theirs = [entry for entry in super().get_urls() if getattr(entry, "name", None) not in NOT_OURS]
        return own + [entry for entry in theirs if str(entry.pattern) != CATCH_ALL]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the admin shows instants in the zone of the person's own agency, with its name."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if view != self.logout and not self.has_permission(request):
                return redirect_to_login(request.path, f"/{self.name}/login/")  # without the query: names
            zone = actor_of(request).home_zone
            with timezone.override(ZoneInfo(zone) if zone else None):
                response: HttpResponseBase = inner(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
            return response

        return in_zone

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The front page of the role: the board, the prints to compare, or where to look."""
        from django.shortcuts import redirect

        from desk.views import FRONT_PAGES

        actor = actor_of(request)
        if actor.permissions == {Permission.TRANSLATION_REVIEW}:
            return redirect("desk:translations")
        view = next((page for page in FRONT_PAGES if actor.may_somewhere(page.permission)), FRONT_PAGES[0])
        return view.as_view()(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Signing in happens at one place; somebody signed in without a role here is told so at home."""
        from django.shortcuts import redirect

        if request.user.is_authenticated:
            return redirect("home")
        wanted = request.GET.get("next") or request.path
        return redirect(f"/login/?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from accounts.views import SignOutView

        return SignOutView.as_view()(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        main, more = self._navigation(request, context["available_apps"])
        roles = [entry.name for slug in actor_of(request).roles if (entry := role(slug))]
        may_search = actor_of(request).may_somewhere(Permission.CASE_VIEW)
        context.update(
            desk_main=main, desk_more=more, desk_roles=", ".join(roles), desk_may_search=may_search
        )
        return context

    def _navigation(
        self, request: HttpRequest, apps: list[dict[str, Any]]
    ) -> tuple[list[NavItem], list[NavItem]]:
        """The board and what is opened daily in the bar; everything else under 'More'."""
        index = f"/{self.name}/"
        main = [NavItem(_("Board"), index, request.path == index)]
        more: list[NavItem] = []
        if actor_of(request).may_somewhere(Permission.BOARD_VIEW):
            main.append(NavItem(_("Work"), reverse("admin:work"), request.path == reverse("admin:work")))
            for title, name in ((_("Handover notes"), "desk:handovers"), (_("Kept choices"), "desk:filters")):
                more.append(NavItem(title, reverse(name), request.path == reverse(name)))
        if actor_of(request).may_somewhere(Permission.CORRECTION_APPROVE):
            waiting = reverse("desk:corrections")
            more.append(NavItem(_("Corrections to decide"), waiting, request.path.startswith(waiting)))
        found = {(app["app_label"], model["object_name"]): model for app in apps for model in app["models"]}
        for key in [
            *MAIN_MODELS,
            *sorted(set(found) - set(MAIN_MODELS), key=lambda key: str(found[key]["name"])),
        ]:
            model = found.get(key)
            url = model.get("admin_url") if model else None
            if model and url:
                item = NavItem(MAIN_MODELS.get(key, model["name"]), url, request.path.startswith(url))
                (main if key in MAIN_MODELS else more).append(item)
        if actor_of(request).may_somewhere(Permission.DETAINER_VIEW):
            url = reverse("admin:register")
            more.append(NavItem(_("Register of detainers"), url, request.path.startswith(url)))
        if actor_of(request).may_somewhere(Permission.DETAINER_REGISTER):
            url = reverse("admin:federal_lists")
            more.append(NavItem(_("Federal lists"), url, request.path.startswith(url)))
        if actor_of(request).may_somewhere(Permission.PERSON_MERGE):
            url = reverse("admin:pairs")
            more.append(NavItem(_("Same person?"), url, request.path.startswith(url)))
        if actor_of(request).may_somewhere(Permission.BOARD_VIEW):
            url = reverse("admin:statistics")
            more.append(NavItem(_("Statistics"), url, request.path.startswith(url)))
            url = reverse("admin:outage")
            more.append(NavItem(_("From paper, after an outage"), url, request.path.startswith(url)))
        if actor_of(request).may_somewhere(Permission.POLICY_VIEW):
            url = reverse("admin:policies")
            more.append(NavItem(_("Law"), url, request.path.startswith(url)))
        if actor_of(request).may_somewhere(Permission.TRANSLATION_REVIEW):
            url = reverse("desk:translations")
            more.append(NavItem(_("Translations"), url, request.path.startswith(url)))
        return main, more
