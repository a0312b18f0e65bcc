"""Who works here: users, agencies, and the roles users hold in agencies. Nobody is a superuser."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.managers import UserManager
from accounts.roles import ROLES


def validate_time_zone(value: str) -> None:
    """Refuse anything that is not an IANA zone name such as America/Chicago."""
    if value not in available_timezones():
        raise ValidationError(
            _("'%(value)s' is not a time zone. Enter an IANA name such as America/Chicago."),
            params={"value": value},
        )


class User(AbstractBaseUser):
    """A person who signs in by e-mail."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci")]

    class Privacy:
        personal = ("email", "name")
        retention = "one year after leaving; audit rows keep the label"

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Whether this person may enter the admin: anybody with a role in a jail, bureau or federal office."""
        from accounts.actors import actor_for_user

        return self.is_active and actor_for_user(self).enters_admin

    # Django's admin asks these two; our evaluator answers per agency elsewhere, so they only say "not by this way".
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Agency(models.Model):
    """A jail, state identification bureau, federal office or oversight body. Keyed by codes, never by name."""

    class Kind(models.TextChoices):
        JAIL = "jail", _("Jail")
        STATE_BUREAU = "state_bureau", _("State identification bureau")
        FEDERAL_OFFICE = "federal_office", _("Federal office")
        OVERSIGHT_BODY = "oversight_body", _("Oversight body")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=150)
    ori = models.CharField(
        "ORI",
        max_length=9,
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9]{9}$", _("An ORI has nine capital letters or digits."))],
    )
    facility_code = models.CharField(_("facility code (DETLOC)"), max_length=7, blank=True)
    time_zone = models.CharField(max_length=40, validators=[validate_time_zone])
    state = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", _("Two capital letters."))]
    )
    county = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    release_target_minutes = models.PositiveSmallIntegerField(
        _("release-processing target, minutes"),
        default=60,
        help_text=_("Shown and measured. It never adds authority to hold."),
    )
    paper_size = models.CharField(
        max_length=9,
        choices=[("us-letter", _("Letter")), ("a4", _("A4"))],
        default="us-letter",
        help_text=_("Paper of the notices and forms that are printed."),
    )
    federal_accounts_allowed = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(fields=["ori"], condition=~models.Q(ori=""), name="accounts_agency_ori"),
            models.UniqueConstraint(
                fields=["facility_code"],
                condition=~models.Q(facility_code=""),
                name="accounts_agency_facility",
            ),
        ]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self, at: datetime) -> "MembershipQuerySet":
        """Memberships that have begun and not ended."""
        return self.filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=at), starts_at__lte=at)


class Membership(models.Model):
    """One person's role in one agency, from and until. Ended, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=40, choices=[(slug, entry.name) for slug, entry in ROLES.items()])
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "agency", "role"],
                condition=models.Q(ends_at__isnull=True),
                name="accounts_one_open_role",
            ),
            models.CheckConstraint(
                name="accounts_membership_order",
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
            ),
        ]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return f"{self.role} at {self.agency_id}"
