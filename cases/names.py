"""What makes people findable by name: names folded to plain letters, the words of surnames, and who is known elsewhere too.

The database keeps all of it itself (generated columns and triggers of `0010_search`), so that no writer can forget it.
"""

from django.db import models
from django.db.models import F, Func

from accounts.models import Agency
from cases.querysets import AgencyScoped


def folded(source: str) -> models.GeneratedField:
    """A stored column with `source` as `cases_fold` writes it: small letters without accents, words by single spaces."""
    return models.GeneratedField(
        expression=Func(F(source), function="cases_fold"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )


class SurnameWord(models.Model):
    """A word by which a surname recorded in an agency is looked for, and how it sounds. Of nobody in particular.

    There are few words where there are many people: a misspelt name is compared with these, and people are then found by
    an exact surname. The same row may stand twice where two transactions met the surname first; no writer waits for another.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    word = models.TextField(db_collation="C")
    surname = models.TextField(db_collation="C")
    sound = models.CharField(max_length=8, db_collation="C")

    objects = AgencyScoped.as_manager()

    class Meta:
        app_label = "cases"
        indexes = [
            models.Index(fields=["agency", "word", "surname"], name="cases_word_by_word"),
            models.Index(fields=["agency", "sound", "word"], name="cases_word_by_sound"),
        ]

    class Privacy:
        personal = ("word", "surname", "sound")
        retention = "until no person of the agency has the surname"

    def __str__(self) -> str:
        return f"Word {self.pk}"


class PersonElsewhere(models.Model):
    """A record of another agency that has, or had, a case in this one: made so by a merge or split, and found here too."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = AgencyScoped.as_manager()

    class Meta:
        app_label = "cases"
        constraints = [
            models.UniqueConstraint(fields=["agency", "person"], name="cases_elsewhere_once"),
        ]

    class Privacy:
        personal = ()
        retention = "with the person"

    def __str__(self) -> str:
        return f"{self.person_id} at {self.agency_id}"
