"""Federal lists compared with the register, and what did not agree: work items of people."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from accounts.permissions import Permission
from audit.models import ClockTimestamp
from cases.models import Document
from cases.querysets import AgencyScoped
from detainers.models.paper import Detainer, append_only, no_delete


class ListQuerySet(AgencyScoped):
    """Lists and differences: of the agencies in which the actor may see detainers."""

    agency_path = "agency_id"
    permission = Permission.DETAINER_VIEW


class FederalList(models.Model):
    """One list as it came, with what the comparison counted. The file itself is kept unchanged."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="federal_lists")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="federal_lists")
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    counts = models.JSONField(default=dict)
    uploaded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = ListQuerySet.as_manager()

    class Meta:
        triggers = [append_only()]

    class Privacy:
        personal = ()
        retention = "with its document"

    def __str__(self) -> str:
        return f"List {self.first_on} to {self.last_on}"


class Difference(models.Model):
    """One thing that does not agree. Whose it is, what was decided and why; decided once.

    What the file says is read from the file by its line; only dates and names of fields are kept here.
    """

    class Kind(models.TextChoices):
        ONLY_THEIRS = "only_theirs", _("Only on their list")
        ONLY_OURS = "only_ours", _("Only in our register")
        DIFFERENT = "different", _("On both, with differences")
        UNREADABLE = "unreadable", _("A line that could not be read")

    class Decision(models.TextChoices):
        NEVER_CAME = "never_came", _("It never reached this jail")
        REGISTERED = "registered", _("It was here and is registered now")
        OTHER_PLACE = "other_place", _("It went to another place")
        OURS_RIGHT = "ours_right", _("Our register is right")
        CORRECTED = "corrected", _("Our register was wrong and is corrected")
        SAME = "same", _("It is one and the same detainer")
        NOTHING = "nothing", _("Nothing can be found out")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    source = models.ForeignKey(FederalList, on_delete=models.PROTECT, related_name="differences")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="list_differences")
    kind = models.CharField(max_length=12, choices=Kind)
    line = models.PositiveIntegerField(null=True)
    on = models.DateField(null=True)
    fields = models.JSONField(default=list)
    sentence = models.CharField(max_length=200, blank=True)
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, null=True, related_name="differences")
    owner = models.CharField(max_length=64, blank=True)
    owner_label = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = ListQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_difference_decided",
                condition=models.Q(decision="", decided_at__isnull=True, decided_by="")
                | (
                    ~models.Q(decision="")
                    & models.Q(decided_at__isnull=False)
                    & ~models.Q(decided_by="")
                    & ~models.Q(reason="")
                ),
            )
        ]
        indexes = [
            models.Index(
                fields=["agency", "id"], condition=models.Q(decision=""), name="detainers_difference_open"
            )
        ]
        triggers = [
            no_delete(),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.decision <> ''"),
            ),
        ]

    class Privacy:
        personal = ("reason",)
        retention = "with its list"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
