"""The review of a candidate: two sets of prints side by side, no names, and one examiner's decision, sealed until the other's."""

import io
import math
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from PIL import Image

from accounts.bases import ScopedView
from accounts.permissions import Permission, check_permission
from audit import record
from cases.models import Case
from cases.services import content_of
from cases.services.documents import Unreadable
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, PickField
from matching.engine.template import Template
from matching.formats import itl
from matching.formats.errors import EftError
from matching.formats.prints import read_prints
from matching.imaging import GreyImage, decode, from_print
from matching.models import Candidate, CandidateReview, FingerTemplate, Submission
from matching.sealing import opened_templates
from matching.services.reviews import review_candidate
from matching.states import CandidateState, Decision

FINGERS = {
    1: gettext_lazy("Right thumb"),
    2: gettext_lazy("Right index finger"),
    3: gettext_lazy("Right middle finger"),
    4: gettext_lazy("Right ring finger"),
    5: gettext_lazy("Right little finger"),
    6: gettext_lazy("Left thumb"),
    7: gettext_lazy("Left index finger"),
    8: gettext_lazy("Left middle finger"),
    9: gettext_lazy("Left ring finger"),
    10: gettext_lazy("Left little finger"),
}
SIDES = {"booked": gettext_lazy("Prints just taken"), "stored": gettext_lazy("Prints in the repository")}
DECISIONS = [
    (Decision.SAME.value, gettext_lazy("The same person")),
    (Decision.DIFFERENT.value, gettext_lazy("Different persons")),
    (Decision.INCONCLUSIVE.value, gettext_lazy("These prints do not allow a decision")),
]
OUTCOMES = {
    CandidateState.CONFIRMED: gettext_lazy("Two examiners found the same person."),
    CandidateState.REJECTED: gettext_lazy("Two examiners found different persons."),
    CandidateState.DISPUTED: gettext_lazy(
        "The two examiners did not agree, or could not decide. It has no effect."
    ),
}
TICK = 11.0


@dataclass(frozen=True)
class Mark:
    """One minutia as the page draws it: where, and where its direction points."""

    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True)
class Shown:
    """One print on the page. Width and height are at 500 pixels per inch, so both sides have the same scale."""

    url: str
    label: Any
    width: int
    height: int
    marks: tuple[Mark, ...]


class ReviewForm(ActForm):
    decision = PickField(
        label=gettext_lazy("What you found"),
        choices=DECISIONS,
        required_message=gettext_lazy(
            "Choose one: the same person, different persons, or no decision possible."
        ),
    )
    rationale = forms.CharField(
        label=gettext_lazy("On what you rely"),
        help_text=gettext_lazy("The fingers and features you compared. Do not name anybody."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Enter what you rely on.")},
    )


class _CandidateMixin:
    """Finds a candidate that this examiner may examine on both sides."""

    actor: Any
    kwargs: dict[str, Any]

    def find_candidate(self) -> Candidate:
        rows = Candidate.objects.visible_to(self.actor).select_related(
            "submission__case__agency",
            "submission__document",
            "other_submission__document",
            "other_case__agency",
        )
        candidate: Candidate | None = rows.filter(public_id=self.kwargs["public_id"]).first()
        if candidate is None:
            raise Http404("There is no such candidate.")
        for case in (candidate.submission.case, candidate.other_case):
            check_permission(self.actor, Permission.CANDIDATE_REVIEW, case.agency_id)
        return candidate


class CandidateReviewView(_CandidateMixin, CaseActView):
    """Compare and decide. Neither names, numbers nor the other examiner's decision are on this page."""

    permission = Permission.CANDIDATE_REVIEW
    act = "candidate_review"
    list_name = "admin:matching_candidate_changelist"
    template_name = "desk/acts/candidate.html"
    form_class = ReviewForm
    title = gettext_lazy("Compare two sets of prints")
    button = gettext_lazy("Record my decision")
    candidate: Candidate

    def find_case(self) -> Case:
        self.candidate = self.find_candidate()
        return self.candidate.submission.case

    @property
    def sees_person(self) -> bool:
        return False

    def what(self) -> str:
        return _(
            "Your decision is recorded once and cannot be changed. Only if two different examiners "
            "find the same person are the two cases linked; nobody is held because of it."
        )

    def audience(self) -> str:
        return _(
            "It stays sealed until a second, different examiner has decided without seeing it. "
            "After that both decisions are shown with their examiners' names."
        )

    def blocked(self) -> str:
        if self.candidate.is_decided:
            return str(OUTCOMES[CandidateState(self.candidate.state)])
        own = (
            CandidateReview.objects.visible_to(self.actor)
            .filter(candidate=self.candidate, examiner_id=self.actor.id)
            .first()
        )
        if own:
            return _(
                "You decided this on %(when)s: %(decision)s. A second, different examiner decides next."
            ) % {
                "when": self.when(own.decided_at),
                "decision": str(dict(DECISIONS)[own.decision]).lower(),
            }
        return ""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        candidate = review_candidate(
            candidate_id=self.candidate.pk,
            actor=self.actor,
            at=self.now,
            decision=typed["decision"],
            rationale=typed["rationale"],
        )
        outcome = OUTCOMES.get(CandidateState(candidate.state))
        return self.done(str(outcome) if outcome else _("Your decision is recorded and sealed."))

    def record_access(self) -> None:
        record.access(
            "candidate.review_opened",
            actor=self.actor,
            objects=[self.candidate.public_id],
            object_type="candidate",
            case=self.case.public_id,
            agency=self.case.agency.public_id,
            purpose=self.act,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"case": None}
        return (
            context
            if context["blocked"]
            else context | {"score_words": self.score_words(), "pairs": self.pairs()}
        )

    def score_words(self) -> str:
        """The machine's score as a person can weigh it."""
        ratio = self.candidate.score / self.candidate.threshold if self.candidate.threshold else 0
        words = _("just above") if ratio < 1.25 else _("clearly above") if ratio < 2 else _("far above")
        return _(
            "%(fingers)s fingers were compared. The score is %(words)s the level from which prints "
            "are shown to examiners. A score is a lead, not a finding."
        ) % {
            "fingers": len(self.candidate.fingers),
            "words": words,
        }

    def pairs(self) -> list[dict[str, Any]]:
        """One pair of prints for each finger that was compared."""
        booked, stored = (
            self._templates(self.candidate.submission),
            self._templates(self.candidate.other_submission),
        )
        return [
            {
                "number": finger,
                "name": FINGERS.get(finger, finger),
                "prints": (
                    pair := [self._shown("booked", finger, booked), self._shown("stored", finger, stored)]
                ),
                "widest": max(print_.width for print_ in pair),
            }
            for finger in self.candidate.fingers
        ]

    def _templates(self, submission: Submission) -> dict[int, Template]:
        rows = FingerTemplate.objects.visible_to(self.actor).live().filter(submission=submission)
        return {position: template for _, position, template in opened_templates(rows)}

    def _shown(self, side: str, finger: int, templates: dict[int, Template]) -> Shown:
        template = templates.get(finger)
        url = reverse("desk:candidate_print", args=[self.candidate.public_id, side, finger])
        if template is None:
            return Shown(url, SIDES[side], 500, 500, ())
        return Shown(url, SIDES[side], template.width, template.height, tuple(_marks(template)))


class CandidatePrintView(_CandidateMixin, ScopedView, View):
    """One print as greyscale PNG, decoded from the received file in the limited child. Each look is recorded."""

    permission = Permission.CANDIDATE_REVIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        candidate = self.find_candidate()
        side, finger = self.kwargs["side"], self.kwargs["finger"]
        if side not in SIDES or finger not in candidate.fingers:
            raise Http404("There is no such print.")
        submission = candidate.submission if side == "booked" else candidate.other_submission
        pixels = grey_print(submission, finger)
        record.access(
            "candidate.print_shown",
            actor=self.actor,
            objects=[candidate.public_id],
            object_type="candidate",
            case=submission.case.public_id,
            agency=submission.case.agency.public_id,
            purpose=f"{side} finger {finger}",
        )
        sink = io.BytesIO()
        Image.fromarray(pixels.pixels).save(sink, "PNG", compress_level=1)
        return HttpResponse(
            sink.getvalue(), content_type="image/png", headers={"X-Content-Type-Options": "nosniff"}
        )


def grey_print(submission: Submission, finger: int) -> GreyImage:
    """The pixels of one finger of a submission's received file. Http404 with a sentence when there are none."""
    if submission.document is None:
        raise Http404("No prints were received.")
    try:
        prints, _problems = read_prints(itl.read(content_of(submission.document)))
    except Unreadable as error:
        raise Http404(error.message) from error
    except EftError as error:
        raise Http404("The received file cannot be read.") from error
    found = next((item for item in prints if item.position == finger), None)
    if found is None:
        raise Http404("There is no print of this finger.")
    image = decode([from_print(found)])[0]
    if not isinstance(image, GreyImage):
        raise Http404(image.message)
    return image


def _marks(template: Template) -> list[Mark]:
    places = zip(template.x.tolist(), template.y.tolist(), template.angle.tolist(), strict=True)
    return [
        Mark(round(x, 1), round(y, 1), round(x + TICK * math.cos(a), 1), round(y - TICK * math.sin(a), 1))
        for x, y, a in places
    ]
