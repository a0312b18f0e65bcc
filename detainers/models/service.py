"""A copy of the detainer given to the person, with the notice that explains it; it counts when a person wrote or reviewed it."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.querysets import StandingManager
from detainers.models.paper import Detainer, no_delete
from detainers.notices import NOTICE_WORDS
from detainers.querysets import DetainerChildQuerySet

# The newest review of exactly the text that was given must be an approval that stood when the copy was given.
REVIEWED_NOTICE = """
    IF NEW.counts AND NEW.notice_language NOT IN ('en', 'form') AND NOT EXISTS (
        SELECT 1 FROM detainers_translationreview r
         WHERE r.verdict = 'approved' AND r.reviewed_at <= NEW.served_at
           AND r.id = (SELECT max(n.id) FROM detainers_translationreview n
                        WHERE n.language = NEW.notice_language AND n.digest = NEW.notice_digest)
    ) THEN
        RAISE EXCEPTION 'detainers: a notice in a translation that nobody has reviewed is no service'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class DetainerService(models.Model):
    """A copy given to the person: when, in which language, how. It lets the edition take effect."""

    class Method(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        INMATE_MAIL = "inmate_mail", _("Inmate mail")
        OTHER = "other", _("Other")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="services")
    served_at = models.DateTimeField()
    served_text = models.CharField(_("time as entered"), max_length=60, blank=True)
    language = models.CharField(_("language (code such as es)"), max_length=12)
    method = models.CharField(max_length=12, choices=Method)
    method_detail = models.CharField(max_length=200, blank=True)
    refused_to_sign = models.BooleanField(default=False)
    interpreter_id = models.CharField(_("interpreter (id or line number)"), max_length=60, blank=True)
    officer_name = models.CharField(
        _("officer who gave it, if not who recorded it"), max_length=150, blank=True
    )
    officer_title = models.CharField(_("title of that officer"), max_length=100, blank=True)
    notice_language = models.CharField(_("language of the notice that was given"), max_length=12, default="")
    notice_digest = models.CharField(
        _("digest of the text of the notice"), max_length=64, default="", blank=True
    )
    counts = models.BooleanField(
        _("counts as service"),
        db_default=False,
        default=False,
        help_text=_(
            "A notice in a translation that no person has reviewed is recorded and counts for nothing."
        ),
    )
    served_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(DetainerChildQuerySet)()
    ever = DetainerChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="detainers_service_language", condition=~models.Q(language="")),
            models.CheckConstraint(
                name="detainers_service_other_said",
                condition=~models.Q(method="other") | ~models.Q(method_detail=""),
            ),
        ]
        indexes = [models.Index(fields=["detainer", "served_at"], name="detainers_service_first")]
        triggers = [
            no_delete(),
            only_by_correction(),
            pgtrigger.Trigger(
                name="reviewed_notice",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=REVIEWED_NOTICE,
            ),
            pgtrigger.Trigger(
                name="after_receipt",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("received", "timestamptz")],
                func="""
                    SELECT received_at INTO received FROM detainers_detainer WHERE id = NEW.detainer_id;
                    IF NEW.served_at < received THEN
                        RAISE EXCEPTION 'detainers: served before received' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    class Privacy:
        personal = ("officer_name",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"Service of {self.served_at:%Y-%m-%d}"

    @property
    def notice_words(self) -> str:
        """The language of the notice in words: 'Spanish', or 'as printed on the form'; empty for rows from before."""
        return NOTICE_WORDS.get(self.notice_language, self.notice_language)
