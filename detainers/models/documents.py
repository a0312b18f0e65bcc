"""Reviews of translations, and the documents that were produced here and kept."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.models import Case, Document
from detainers.models.paper import Detainer
from detainers.querysets import OnCaseQuerySet


class TranslationReview(models.Model):
    """A named person read one text of the notice beside the English. Holds for exactly the text with this digest."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Approval withdrawn")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    language = models.CharField(max_length=12)
    digest = models.CharField(_("digest of the text"), max_length=64)
    verdict = models.CharField(max_length=10, choices=Verdict)
    reviewed_by = models.CharField(max_length=64)
    reviewer_name = models.CharField(_("reviewed by"), max_length=150)
    qualification = models.CharField(_("how the reviewer knows the language"), max_length=200, blank=True)
    remark = models.CharField(max_length=500, blank=True)
    reviewed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_review_by_name",
                condition=~models.Q(reviewer_name="") & ~models.Q(reviewed_by=""),
            ),
            models.CheckConstraint(
                name="detainers_review_qualified",
                condition=models.Q(verdict="withdrawn") | ~models.Q(qualification=""),
            ),
        ]
        indexes = [models.Index(fields=["language", "digest", "-id"], name="detainers_review_latest")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return f"{self.language} {self.digest[:8]}: {self.verdict}"

    @property
    def is_approval(self) -> bool:
        return self.verdict == self.Verdict.APPROVED


class ProducedDocument(models.Model):
    """A notice or form that was made here, handed out or filed, and kept with its bytes. Never changed."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="produced_documents")
    detainer = models.ForeignKey(
        Detainer, on_delete=models.PROTECT, null=True, blank=True, related_name="produced_documents"
    )
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=12)
    version = models.CharField(_("version of form and text"), max_length=60)
    is_draft = models.BooleanField(_("carries the watermark of a machine draft"), default=False)
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="produced")
    produced_by = models.CharField(max_length=64)
    produced_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = OnCaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "-id"], name="detainers_produced_case")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    class Privacy:
        personal = ("document",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.version}"
