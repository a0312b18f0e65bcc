"""What was done to the records of people: merged, taken apart again, split; and who was found not to be the same. Append-only."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class PersonMove(models.Model):
    """One merge, its undoing, or one split, by a named person with a reason. What moved hangs on it as rows of MovedCase.

    `kept` is the record that cases went to (merge) or came from (undo, split); `other` the one that was merged, came back,
    or was made new.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", _("Merged")
        UNDO = "undo", _("Merge undone")
        SPLIT = "split", _("Split")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    kept = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="moves")
    other = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="moves_away")
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    changes = models.JSONField(
        default=dict, help_text=_("Field of the kept record: what it said before, and after")
    )
    reason = models.TextField()
    moved_at = models.DateTimeField()
    moved_by = models.CharField(max_length=64)
    moved_by_label = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="cases_move_two_people", condition=~models.Q(kept=models.F("other"))),
            models.CheckConstraint(
                name="cases_move_undoes",
                condition=models.Q(kind="undo", undoes__isnull=False)
                | (~models.Q(kind="undo") & models.Q(undoes__isnull=True)),
            ),
            models.CheckConstraint(name="cases_move_has_reason", condition=~models.Q(reason="")),
        ]
        triggers = [_append_only()]

    class Privacy:
        personal = ("changes", "reason")
        retention = "with the person"

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class MovedCase(models.Model):
    """One case that a move took from one record of a person to another."""

    move = models.ForeignKey(PersonMove, on_delete=models.PROTECT, related_name="cases")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="moves")
    source = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["move", "case"], name="cases_moved_once"),
            models.CheckConstraint(
                name="cases_moved_somewhere", condition=~models.Q(source=models.F("target"))
            ),
        ]
        triggers = [_append_only()]

    class Privacy:
        personal = ()
        retention = "with the case"

    def __str__(self) -> str:
        return f"case {self.case_id} by move {self.move_id}"


class PeopleApart(models.Model):
    """A named person found that two records are of two people, so the pair is not proposed again. `first` is the lower key."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    first = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    second = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    found_at = models.DateTimeField()
    found_by = models.CharField(max_length=64)
    found_by_label = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="cases_apart_once"),
            models.CheckConstraint(
                name="cases_apart_order", condition=models.Q(first__lt=models.F("second"))
            ),
            models.CheckConstraint(name="cases_apart_has_reason", condition=~models.Q(reason="")),
        ]
        triggers = [_append_only()]

    class Privacy:
        personal = ("reason",)
        retention = "with the people"

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"
