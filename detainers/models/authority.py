"""On what authority is each person held, and until when: one view, by the clock of the database."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from cases.models import Case
from detainers.querysets import AuthorityQuerySet


class CaseAuthority(models.Model):
    """One row per case of the view `detainers_authority`. Never stored, so never stale."""

    class Kind(models.TextChoices):
        LOCAL_GROUND = "local_ground", _("Local ground")
        HOLD = "hold", _("Hold on a detainer")
        NONE = "none", _("No authority")

    case = models.OneToOneField(
        Case, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="authority"
    )
    case_public_id = models.UUIDField()
    agency = models.ForeignKey(Agency, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    custody_state = models.CharField(max_length=12)
    in_custody = models.BooleanField()
    kind = models.CharField(max_length=12, choices=Kind)
    release_eligible_at = models.DateTimeField(null=True)
    authority_ends_at = models.DateTimeField(null=True)
    hold_id = models.BigIntegerField(null=True)
    hold_started_at = models.DateTimeField(null=True)
    hold_deadline_at = models.DateTimeField(null=True)
    hold_rule = models.CharField(max_length=12, null=True)  # noqa: DJ001 - NULL where there never was a hold
    next_deadline_at = models.DateTimeField(null=True)
    in_breach = models.BooleanField()
    minutes_over = models.IntegerField()
    custody_ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "detainers_authority"

    class Privacy:
        personal = ()
        retention = "not stored"

    def __str__(self) -> str:
        return f"{self.kind}"


class SweepHeartbeat(models.Model):
    """When a sweep last finished, by the clock of the database. Its absence is an alarm."""

    name = models.CharField(max_length=40, unique=True)
    swept_at = models.DateTimeField()

    class Privacy:
        personal = ()
        retention = "one row"

    def __str__(self) -> str:
        return self.name
