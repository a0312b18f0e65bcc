"""People and received documents as lists to search. Cases, which span apps, are listed by the desk."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, IntegerField, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit.sentences import local_time
from cases import search
from cases.models import Document, Person


class AgencyFilter(admin.SimpleListFilter):
    """Only the actor's own agencies are offered."""

    title = _("agency")
    parameter_name = "agency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """From what the actor may see, never from the rows: a list of agencies must not cost a look at every row."""
        seen = agencies(actor_of(request), model_admin.permission)
        found = Agency.objects.filter(pk__in=seen).values_list("pk", "name")
        return sorted(((str(key), name) for key, name in found), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(agency_id=int(value)) if value.isdecimal() else queryset


def in_order(rows: QuerySet[Any], keys: Sequence[int]) -> QuerySet[Any]:
    """Rows in the order of these primary keys."""
    listed = Value(list(keys), output_field=ArrayField(BigIntegerField()))
    return rows.order_by(Func(listed, F("pk"), function="array_position", output_field=IntegerField()))


@admin.register(Person)
class PersonAdmin(ScopedModelAdmin):
    """People with a case in the actor's jails."""

    permission = Permission.CASE_VIEW
    list_display = ("name", "birth_date", "sex")
    search_fields = ("surname",)  # shows the box; what is looked for is the matter of cases.search
    search_help_text = _("Name, however it is spelt, or any number of theirs")
    ordering = ("surname", "given_names", "pk")
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Records that stand for somebody; what was merged is found on the page of the record it became."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return (
            rows
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else rows.filter(merged_into__isnull=True)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What the one search finds, best first unless another order was asked for."""
        if not search_term:
            return queryset, False
        found = search.find(actor_of(request), search_term)
        people = sorted(found.people, key=lambda key: search.RANK[found.people[key]])
        rows = queryset.filter(pk__in=people)
        return rows if request.GET.get("o") else in_order(rows, people), False

    @admin.display(description=_("person"), ordering="surname")
    def name(self, person: Person) -> str:
        url = reverse("admin:person", kwargs={"public_id": person.public_id})
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, person.display_name)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Leads to the page of the person, which records that it was opened."""
        person = self.get_object(request, object_id)
        if person is None:
            response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return response
        return HttpResponseRedirect(reverse("admin:person", kwargs={"public_id": person.public_id}))


@admin.register(Document)
class DocumentAdmin(ScopedModelAdmin):
    """What was received, without its bytes; the download is its own page and is recorded."""

    permission = Permission.DOCUMENT_VIEW
    list_display = ("kind", "agency", "channel", "received", "size", "quarantined")
    list_select_related = ("agency",)
    list_filter = ("kind", "channel", ("quarantined_at", admin.EmptyFieldListFilter), AgencyFilter)
    search_fields = ("sha256",)
    search_help_text = _("Digest (SHA-256)")
    ordering = ("-received_at", "-pk")
    fields = (
        "kind",
        "agency",
        "media_type",
        "channel",
        "sha256",
        "size",
        "received_at",
        "quarantine_reason",
        "download",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, document: Document) -> str:
        return local_time(document.received_at, document.agency.time_zone if document.agency else "UTC")

    @admin.display(description=_("in quarantine"), boolean=True)
    def quarantined(self, document: Document) -> bool:
        return document.quarantined_at is not None

    @admin.display(description=_("download"))
    def download(self, document: Document) -> str:
        url = reverse("admin:document", kwargs={"public_id": document.public_id})
        return format_html('<a href="{}">{}</a>', url, _("Download exactly as received"))
