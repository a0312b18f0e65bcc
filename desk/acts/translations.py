"""A reviewer who knows the language reads the notice beside the English and approves exactly this text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.bases import ScopedView
from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from audit import record
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm, ReasonField
from detainers.documents import languages, texts
from detainers.models import TranslationReview
from detainers.services import approve_translation, withdraw_approval


class TranslationsView(ScopedView, TemplateView):
    """Every language of the notice: who reviewed the text that stands now, or that it is a machine draft."""

    permission = Permission.TRANSLATION_REVIEW
    template_name = "desk/acts/translations.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record.access("translation.listed", actor=self.actor, objects=[], object_type="translation")
        context = {"standings": languages.standings(), "view": self, "title": _("Translations of the notice")}
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs), **context}


class ApproveForm(ActForm):
    qualification = forms.CharField(
        label=gettext_lazy("How you know this language"),
        help_text=gettext_lazy(
            "For example: court interpreter, Texas licence 4711; or native speaker, schooled in it."
        ),
        max_length=200,
        error_messages={"required": gettext_lazy("Say how you know the language.")},
    )
    remark = forms.CharField(
        label=gettext_lazy("Remark"),
        help_text=gettext_lazy("Anything a later reviewer should know."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithdrawForm(ActForm):
    remark = ReasonField(
        label=gettext_lazy("What is wrong with the text"),
        error_messages={"required": gettext_lazy("Say what is wrong with the text.")},
    )


class _TranslationView(ActView):
    """Base: one language, by its code in the address."""

    abstract = True
    permission = Permission.TRANSLATION_REVIEW
    template_name = "desk/acts/translation.html"

    def load(self) -> None:
        if self.kwargs["language"] not in texts.CODES:
            raise NotFound("There is no notice in this language.")

    @cached_property
    def standing(self) -> languages.Standing:
        return languages.standing(self.kwargs["language"])

    @cached_property
    def agency(self) -> Agency:
        found: Agency = Agency.objects.get(pk=self.actor.home_agencies[0])
        return found

    @property
    def back_url(self) -> str:
        return reverse("desk:translations")

    def audience(self) -> str:
        return _("Your name stands with the text. Whoever serves a notice in this language sees it.")

    def record_access(self) -> None:
        record.access(
            "translation.act_opened",
            actor=self.actor,
            objects=[],
            object_type="translation",
            purpose=f"{self.act} {self.kwargs['language']}",
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        english, other = texts.text("en"), self.standing.text
        rows = list(zip(words_of(english), words_of(other), strict=True))
        return super().get_context_data(**kwargs) | {"standing": self.standing, "rows": rows}


class TranslationReviewView(_TranslationView):
    """Read it, and approve it by name."""

    permission = Permission.TRANSLATION_REVIEW
    act = "translation_review"
    form_class = ApproveForm
    title = gettext_lazy("Review a translation")
    button = gettext_lazy("I have read it all and approve it")

    def what(self) -> str:
        return _(
            "From now on a notice in %(language)s made from exactly this text carries no watermark and counts as notice. "
            "A change of one letter makes it a draft again."
        ) % {"language": self.standing.text.name}

    def blocked(self) -> str:
        review = self.standing.review
        if review is None:
            return ""
        return _("%(who)s approved this text on %(when)s (%(how)s).") % {
            "who": review.reviewer_name,
            "when": self.when(review.reviewed_at),
            "how": review.qualification,
        }

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        row = approve_translation(
            language=self.kwargs["language"],
            digest=self.request.POST.get("digest", ""),
            qualification=typed["qualification"],
            remark=typed["remark"],
            actor=self.actor,
            at=self.now,
        )
        return Done(_done(row), self.back_url)


class TranslationWithdrawView(_TranslationView):
    """Take an approval back because of a mistake in the text."""

    permission = Permission.TRANSLATION_REVIEW
    act = "translation_withdraw"
    form_class = WithdrawForm
    title = gettext_lazy("Withdraw an approval")
    button = gettext_lazy("Withdraw the approval")

    def what(self) -> str:
        return _(
            "From now on notices in %(language)s are machine drafts again. What was served before stays served."
        ) % {"language": self.standing.text.name}

    def blocked(self) -> str:
        return (
            "" if self.standing.review else _("This text is not approved, so there is nothing to withdraw.")
        )

    def perform(self, form: Any) -> Done:
        row = withdraw_approval(
            language=self.kwargs["language"],
            digest=self.request.POST.get("digest", ""),
            remark=form.cleaned_data["remark"],
            actor=self.actor,
            at=self.now,
        )
        return Done(_done(row), self.back_url)


def _done(row: TranslationReview) -> str:
    said = {"version": f"{row.language}-{row.digest[:8]}"}
    return (
        _("Text %(version)s approved.") if row.is_approval else _("Approval of %(version)s withdrawn.")
    ) % said


def words_of(text: texts.Text) -> Iterator[str]:
    """Everything a reader of the notice sees, in the order of the page."""
    yield text.title
    yield text.for_you
    for part in text.parts:
        yield part.heading
        yield from part.body
    yield text.call
    yield from text.labels.values()
    yield text.draft
    yield text.draft_note
