"""What a person was convicted of, as records say: facts for the level of criminal history. A charge is none."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.models.case import Case
from cases.querysets import CaseChildQuerySet, StandingManager


class Conviction(models.Model):
    """One conviction, learned in one case and valid for the person of that case."""

    class OffenceClass(models.TextChoices):
        FELONY = "felony", _("Felony")
        MISDEMEANOR = "misdemeanor", _("Misdemeanor")
        VIOLATION = "violation", _("Violation")
        UNKNOWN = "unknown", _("Not said in the record")

    class Category(models.TextChoices):
        VIOLENT = "violent", _("Violent")
        MAJOR_DRUG = "major_drug", _("Major drug offence")
        NATIONAL_SECURITY = "national_security", _("National security")
        GANG = "gang", _("Gang participation")
        MINOR_DRUG = "minor_drug", _("Minor drug offence")
        PROPERTY = "property", _("Property")
        OTHER = "other", _("Another")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="convictions")
    convicted_on = models.DateField()
    offence_code = models.CharField(_("NCIC offence code"), max_length=4, blank=True)
    offence_class = models.CharField(max_length=12, choices=OffenceClass)
    max_sentence_days = models.PositiveIntegerField(
        _("longest sentence the law allows, days"), null=True, blank=True
    )
    category = models.CharField(max_length=20, choices=Category)
    is_aggravated_felony = models.BooleanField(_("aggravated felony, INA 101(a)(43)"), default=False)
    is_significant_misdemeanor = models.BooleanField(_("significant misdemeanor"), default=False)
    is_minor_traffic = models.BooleanField(_("minor traffic offence"), default=False)
    incident = models.CharField(_("occasion"), max_length=40, blank=True)
    source = models.CharField(_("record it is taken from"), max_length=200)
    recorded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(CaseChildQuerySet)()
    ever = CaseChildQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="cases_conviction_source", condition=~models.Q(source=""))]
        indexes = [models.Index(fields=["case"], name="cases_conviction_case")]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete), only_by_correction()]

    class Privacy:
        personal = ("convicted_on", "offence_code", "offence_class", "category", "source")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Conviction of {self.convicted_on:%Y-%m-%d}"
