"""Numbers by which other records know a person: sealed, and found by exact value through a blind index."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.querysets import IdentifierQuerySet


class PersonIdentifier(models.Model):
    """One number, from the case that gave it. A person's numbers are those of the person's cases, so that they follow when
    records are merged or taken apart, and nothing has to be moved.
    """

    class Kind(models.TextChoices):
        SID = "sid", _("State number (SID)")
        UCN = "ucn", _("FBI number (UCN)")
        FIN = "fin", _("DHS print number (FIN)")
        A_NUMBER = "a_number", _("A-number")

    class Source(models.TextChoices):
        REPLY = "reply", _("Answer to a check")
        PERSON = "person", _("Entered by a person")
        DETAINER = "detainer", _("Form of a detainer")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.BinaryField(help_text=_("Sealed; opened by cases.services.identifiers"))
    blind = models.BinaryField(help_text=_("HMAC of the value: equal for equal values of one kind"))
    source = models.CharField(max_length=10, choices=Source)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    recorded_by = models.CharField(max_length=64)

    objects = IdentifierQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "blind"], name="cases_identifier_once"),
        ]
        indexes = [models.Index(fields=["kind", "blind"], name="cases_identifier_look_up")]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    class Privacy:
        personal = ("value", "blind")
        retention = "with its case; the blind index goes with the erasure of its value"

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"
