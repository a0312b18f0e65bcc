from django.db.models import QuerySet
from django_filters import rest_framework as filters

from accounts.bases import actor_of
from audit.models import Event
from cases import search
from cases.models import Case


class CaseFilter(filters.FilterSet):
    """What the case list can be narrowed by."""

    custody_state = filters.ChoiceFilter(choices=Case._meta.get_field("custody_state").choices)
    changed_since = filters.IsoDateTimeFilter(
        method="filter_changed", help_text="Cases in which something was recorded at or after this instant"
    )

    search = filters.CharFilter(
        method="filter_search",
        max_length=100,
        help_text="A name, however it is spelt, or any number: of the case or booking (or how it begins), TCN, SID, UCN, FIN, "
        f"A-number. Finds at most {search.MOST} cases",
    )

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_changed(self, queryset: "QuerySet[Case]", name: str, value: object) -> "QuerySet[Case]":
        changed = Event.objects.filter(recorded_at__gte=value, case_id__isnull=False)
        return queryset.filter(public_id__in=changed.values("case_id"))

    def filter_search(self, queryset: "QuerySet[Case]", name: str, value: str) -> "QuerySet[Case]":
        return queryset.filter(pk__in=search.find(actor_of(self.request), value).cases)
