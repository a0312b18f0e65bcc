"""Every case of the actor's jails as a list to search, with what needs doing next and until when."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.permissions import Permission
from audit import record
from audit.sentences import local_time
from cases import search
from cases.admin import AgencyFilter, in_order
from cases.models import Case
from desk import accesses, loader
from desk.situations import situation


class GroundFilter(admin.SimpleListFilter):
    """On a local ground, or eligible for release."""

    title = _("local ground")
    parameter_name = "ground"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("held", _("On a local ground")), ("eligible", _("Release-eligible, in custody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "held":
            return queryset.filter(release_eligible_at__isnull=True, custody_state="in_custody")
        if self.value() == "eligible":
            return queryset.filter(release_eligible_at__isnull=False, custody_state="in_custody")
        return queryset


@admin.register(Case)
class CaseAdmin(ScopedModelAdmin):
    """A row leads to the case page; there is no other page of a case."""

    permission = Permission.CASE_VIEW
    list_display = ("number_here", "who", "booking_number", "opened", "next_thing", "until", "agency")
    list_display_links = None
    list_select_related = ("person", "agency", "booking")
    list_filter = ("custody_state", GroundFilter, AgencyFilter)
    search_fields = ("number",)  # shows the box; what is looked for is the matter of cases.search
    search_help_text = _("Name, however it is spelt, or any number: case, booking, SID, FBI, A-number, TCN")
    ordering = ("-opened_at", "-pk")

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """Of rows that were searched for, also why each was found."""
        shown: Sequence[str] = super().get_list_display(request)
        return (*shown, "found_by") if request.GET.get("q") else shown

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What the one search finds, best first unless another order was asked for."""
        if not search_term:
            return queryset, False
        found = search.find(actor_of(request), search_term)
        request.found = found  # type: ignore[attr-defined]
        if found.is_cut:
            messages.info(
                request, _("More than %(most)s were found. Type more of it.") % {"most": search.MOST}
            )
        if found.problem:
            messages.warning(request, found.problem)
        rows = queryset.filter(pk__in=found.cases)
        return rows if request.GET.get("o") else in_order(rows, list(found.cases)), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page of cases, each with its situation: a constant number of queries more."""
        changelist = super().get_changelist_instance(request)
        reasons = request.found.cases if hasattr(request, "found") else {}
        now = timezone.now()
        facts = loader.load(actor_of(request), [case.pk for case in changelist.result_list], at=now)
        found = {item.pk: situation(item, now) for item in facts}
        for case in changelist.result_list:
            case.situation = found[case.pk]
            case.found_by = search.words(reasons[case.pk]) if case.pk in reasons else ""
        return changelist

    def record_access(self, request: HttpRequest, objects: list[Any], action: str) -> None:
        """A search is recorded as one, with what was shown and by what kind of word, never the word."""
        found = getattr(request, "found", None)
        if found is None:
            return super().record_access(request, objects, action)
        shown = [case.public_id for case in objects]
        actor = actor_of(request)
        record.access(
            accesses.SEARCHED, actor=actor, objects=shown, object_type="case", query=f"by {found.by}"
        )
        return None

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Leads to the case page, which records that it was opened."""
        case = self.get_object(request, object_id)
        if case is None:
            response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return response
        return HttpResponseRedirect(reverse("admin:case", kwargs={"public_id": case.public_id}))

    @admin.display(description=_("number"), ordering="number")
    def number_here(self, case: Case) -> str:
        return format_html('<span class="ch-nowrap">{}</span>', case.number)

    @admin.display(description=_("person"), ordering="person__surname")
    def who(self, case: Case) -> str:
        url = reverse("admin:case", kwargs={"public_id": case.public_id})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, case.person.display_name)

    @admin.display(description=_("booking number"))
    def booking_number(self, case: Case) -> str:
        return case.booking.booking_number if hasattr(case, "booking") else "–"

    @admin.display(description=_("opened"), ordering="opened_at")
    def opened(self, case: Case) -> str:
        return local_time(case.opened_at, case.agency.time_zone)

    @admin.display(description=_("what it needs"))
    def next_thing(self, case: Any) -> str:
        now = case.situation
        return format_html(
            '<span><span class="ch-tag is-{}">{}</span> {}</span>', now.level.value, now.word, now.sentence
        )

    @admin.display(description=_("found by"))
    def found_by(self, case: Any) -> str:
        return str(case.found_by)

    @admin.display(description=_("until"))
    def until(self, case: Any) -> str:
        return case.situation.left or "–"
