from django.db.models import QuerySet
from django_filters import rest_framework as filters

from audit.models import Event
from cases.models import Case


class CaseFilter(filters.FilterSet):
    """What the case list can be narrowed by."""

    custody_state = filters.ChoiceFilter(choices=Case._meta.get_field("custody_state").choices)
    changed_since = filters.IsoDateTimeFilter(
        method="filter_changed", help_text="Cases in which something was recorded at or after this instant"
    )

    class Meta:
        model = Case
        fields: list[str] = []

    def filter_changed(self, queryset: "QuerySet[Case]", name: str, value: object) -> "QuerySet[Case]":
        changed = Event.objects.filter(recorded_at__gte=value, case_id__isnull=False)
        return queryset.filter(public_id__in=changed.values("case_id"))
