"""Detainers and holds made by walking the services."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cases.models import Case
from detainers import services
from detainers.models import CaseAuthority, Detainer, Hold
from tests.actors import Cast
from tests.factories import CaseFactory

GOOD_FORM = services.DetainerForm(
    edition="I-247A_2017",
    boxes={"basis": ["final_order"]},
    subject_surname="Sample",
    subject_given_names="One",
    issuing_office="Field Office, 1 Main Street",
    officer_title="Deportation Officer",
    signature_present=True,
)


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


@dataclass
class Road:
    """Takes a case along: booked, detainer registered, served, release-eligible."""

    cast: Cast
    book: CaseFactory

    def case(self, *, days: float = 10, **changes: Any) -> Case:
        return self.book(booked_at=ago(days=days), **changes)

    def register(
        self, case: Case, *, at: datetime | None = None, who: str = "clerk", **form: Any
    ) -> Detainer:
        return services.register_detainer(
            case_id=case.pk,
            actor=self.cast.actor(who),
            at=at or ago(days=9),
            form=replace(GOOD_FORM, **form),
            channel="fax",
        )

    def serve(
        self, detainer: Detainer, *, at: datetime | None = None, who: str = "clerk", **extra: Any
    ) -> Any:
        fields = {"language": "es", **extra}
        served_at = at or detainer.received_at + timedelta(hours=1)
        return services.serve_detainer(
            detainer_id=detainer.pk, actor=self.cast.actor(who), at=served_at, **fields
        )

    def eligible(self, case: Case, *, at: datetime) -> Case:
        return self.book.eligible(case, at=at)

    def held(self, *, eligible_at: datetime, **form: Any) -> tuple[Case, Detainer]:
        """A case with a served detainer that became release-eligible at `eligible_at`."""
        case = self.case()
        detainer = self.register(case, **form)
        self.serve(detainer)
        self.eligible(case, at=eligible_at)
        return case, detainer


def hold_of(case: Case) -> Hold:
    return Hold.objects.filter(case=case).latest("pk")


def authority(case: Case) -> CaseAuthority:
    return CaseAuthority.objects.get(pk=case.pk)
