"""A person as one agency recorded them."""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from cases.corrections.models import only_by_correction
from cases.names import folded
from cases.querysets import (
    PersonQuerySet,
)


class Person(models.Model):
    """Somebody who was booked. The true name in any script; the wire's 7-bit form is derived when needed."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        related_name="people",
        help_text=_("The agency that recorded this person."),
    )
    surname = models.CharField(max_length=100)
    given_names = models.CharField(max_length=150, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1)
    birth_place = models.CharField(_("place of birth (NCIC code)"), max_length=2, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    surname_key = folded("surname")
    given_key = folded("given_names")

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                name="cases_person_not_itself", condition=~models.Q(merged_into=models.F("id"))
            )
        ]
        indexes = [
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="cases_person_merged",
            ),
            models.Index(
                fields=["birth_date", "id"],
                condition=models.Q(merged_into__isnull=True, birth_date__isnull=False),
                name="cases_person_born",
            ),
            models.Index(
                fields=["agency", "-id"],
                condition=models.Q(merged_into__isnull=True),
                name="cases_person_newest",
            ),
            models.Index(fields=["agency", "surname_key", "given_key"], name="cases_person_by_name"),
        ]
        triggers = [
            only_by_correction(
                fields=("surname", "given_names", "birth_date", "sex", "birth_place"),
                or_kept_by="SELECT 1 FROM cases_personmove m WHERE m.kept_id = OLD.id"
                " AND jsonb_exists(m.changes, changed) AND m.recorded_at >= transaction_timestamp()",
            ),
        ]

    class Privacy:
        personal = ("surname", "given_names", "birth_date", "sex", "birth_place", "surname_key", "given_key")
        retention = "by the retention rule of the jurisdiction"

    def __str__(self) -> str:
        return f"Person {self.public_id}"

    @property
    def display_name(self) -> str:
        """'SURNAME, Given names', as jails write it."""
        return f"{self.surname.upper()}, {self.given_names}" if self.given_names else self.surname.upper()
