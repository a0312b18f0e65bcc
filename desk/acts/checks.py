"""Acts on the fingerprint check: new prints, prints held back, and what an immigration response says."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import NotFound
from accounts.permissions import Permission
from cases.models import Case
from cases.services import content_of
from cases.services.documents import Unreadable
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, PickField, ReasonField, UploadField
from matching.events import ANSWER_WORDS
from matching.formats.answers import LONGEST_MESSAGE, classify
from matching.formats.errors import EftError
from matching.models import ExpectedAnswer, Reply, Submission, Transmission
from matching.policies import Outcome
from matching.services.answers import code_iar
from matching.services.submissions import reprint
from matching.services.transmissions import release_transmission
from matching.states import IAR_MEANINGS, Source, SubmissionState, TransmissionState


class EftField(UploadField):
    """A booking EFT: ANSI/NIST-ITL, as a livescan writes it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Print file (EFT)"))
        kwargs.setdefault(
            "help_text",
            gettext_lazy("The transaction file as the livescan wrote it, .eft or .an2, up to 16 MB."),
        )
        kwargs.setdefault("error_messages", {"required": gettext_lazy("Choose the print file.")})
        super().__init__(accept=".eft,.an2,.an,.nist,application/octet-stream", **kwargs)


class ReprintForm(ActForm):
    eft = EftField()


class ReprintView(CaseActView):
    """Send new prints of the same person; the answers to the old ones no longer count."""

    permission = Permission.REPRINT_SUBMIT
    act = "reprint"
    form_class = ReprintForm
    service_default = "eft"
    title = gettext_lazy("Send new prints")
    button = gettext_lazy("Send the new prints")

    def what(self) -> str:
        return _(
            "The new prints go to the state bureau in place of the old ones, and every answer to "
            "the old ones stops counting."
        )

    @property
    def submission(self) -> Submission | None:
        rows = Submission.objects.visible_to(self.actor).current().filter(case=self.case)
        found: Submission | None = rows.first()
        return found

    def blocked(self) -> str:
        if self.submission is None:
            return _(
                "No fingerprint check is open for this case yet. Wait a moment and load this page again."
            )
        return ""

    def perform(self, form: Any) -> Done:
        submission = self.submission
        if submission is None:
            raise NotFound(self.blocked())
        new = reprint(
            submission_id=submission.pk, actor=self.actor, at=self.now, eft=form.cleaned_data["eft"].read()
        )
        return self.done(
            _("New prints received. Control number %(tcn)s; the old answers no longer count.")
            % {"tcn": new.tcn}
        )


class ReasonForm(ActForm):
    reason = ReasonField(help_text=gettext_lazy("It is kept with the decision and shown to reviewers."))


class TransmissionReleaseView(CaseActView):
    """Let prints go out that a policy held back."""

    permission = Permission.TRANSMISSION_RELEASE
    act = "transmission_release"
    form_class = ReasonForm
    title = gettext_lazy("Let the held-back prints go out")
    button = gettext_lazy("Send the prints")
    transmission: Transmission

    def find_case(self) -> Case:
        rows = Transmission.objects.visible_to(self.actor).select_related(
            "submission__case__person", "submission__case__agency"
        )
        self.transmission = self.one(rows)
        return self.transmission.submission.case

    def what(self) -> str:
        return _(
            "%(why)s If you send them, the prints leave this jail for the state bureau, which "
            "passes them to the FBI, and cannot be called back."
        ) % {"why": self.transmission.reason_sentence}

    def blocked(self) -> str:
        if self.transmission.state == TransmissionState.HELD_BACK:
            return ""
        return _("These prints are not held back: they are %(state)s. There is nothing more to do here.") % {
            "state": self.transmission.get_state_display().lower()
        }

    def perform(self, form: Any) -> Done:
        release_transmission(
            transmission_id=self.transmission.pk,
            actor=self.actor,
            at=self.now,
            reason=form.cleaned_data["reason"],
        )
        return self.done(_("The prints go out now."))


class IarForm(ActForm):
    meaning = PickField(
        label=gettext_lazy("What the response says"),
        choices=[(code.value, ANSWER_WORDS[code.value].capitalize()) for code in sorted(IAR_MEANINGS)],
        required_message=gettext_lazy(
            "Choose what the response says: no interest, interest, or citizen or lawfully present."
        ),
    )
    reason = ReasonField(
        label=gettext_lazy("The words you rely on"),
        help_text=gettext_lazy("Quote the part of the response that says so. Kept with the decision."),
        error_messages={"required": gettext_lazy("Quote the words of the response you rely on.")},
    )


class IarCodeView(CaseActView):
    """A person reads the immigration response and records what it says. Nothing reads it for them."""

    permission = Permission.IAR_CODE
    act = "iar_code"
    template_name = "desk/acts/iar.html"
    form_class = IarForm
    title = gettext_lazy("Record what the immigration response says")
    button = gettext_lazy("Record it")
    submission: Submission

    def find_case(self) -> Case:
        """By the public id of the check, or of its DHS answer."""
        rows = Submission.objects.visible_to(self.actor).select_related("case__person", "case__agency")
        wanted = self.kwargs["public_id"]
        found = rows.filter(
            Q(public_id=wanted) | Q(answers__public_id=wanted, answers__source=Source.DHS)
        ).first()
        if found is None:
            raise NotFound(_("There is no such fingerprint check."))
        self.submission = found
        return self.submission.case

    def what(self) -> str:
        return _(
            "What you choose becomes the immigration answer of this check. It is a lead for people "
            "here; by itself it holds nobody and asks for no detainer."
        )

    @property
    def replies(self) -> Iterator[Reply]:
        rows = Reply.objects.visible_to(self.actor).select_related("document")
        yield from rows.filter(
            submission=self.submission, source=Source.DHS, outcome=Outcome.IMMIGRATION_RESPONSE
        ).order_by("received_at", "pk")

    def blocked(self) -> str:
        if self.submission.state == SubmissionState.SUPERSEDED:
            return _("Newer prints were sent; the answers to these no longer count.")
        if not any(self.replies):
            return _("No immigration response is attached to this check, so there is nothing to record.")
        return ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        code_iar(
            submission_id=self.submission.pk,
            actor=self.actor,
            at=self.now,
            meaning=typed["meaning"],
            reason=typed["reason"],
        )
        return self.done(_("Recorded: %(meaning)s.") % {"meaning": ANSWER_WORDS[typed["meaning"]]})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answer = ExpectedAnswer.objects.filter(submission=self.submission, source=Source.DHS).first()
        coded = answer if answer and answer.coded_by else None
        texts = [(reply, _text_of(reply)) for reply in self.replies]
        return super().get_context_data(**kwargs) | {
            "texts": [{"received": self.when(reply.received_at), "text": text} for reply, text in texts],
            "coded": coded,
            "coded_words": ANSWER_WORDS.get(coded.state, "") if coded else "",
        }


def _text_of(reply: Reply) -> str:
    """The text of a response, or the sentence that says why it cannot be read."""
    try:
        return immigration_text(content_of(reply.document))
    except Unreadable as error:
        return error.message


def immigration_text(content: bytes) -> str:
    """The free text of an immigration response as received; occurrences cut by length are put together again."""
    try:
        parts = [text for _code, text in classify(content).messages]
    except EftError:
        return ""
    return "".join(part if len(part) == LONGEST_MESSAGE else f"{part}\n" for part in parts).strip()
