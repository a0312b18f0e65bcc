"""Read-only pages of the fingerprint checks. Acts are on pages of the desk, which call one service each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.admin import TabularInline

from accounts.bases import ScopedModelAdmin, actor_of
from accounts.permissions import Permission
from matching.events import ANSWER_WORDS, QUARANTINE_REASONS, SOURCE_NAMES
from matching.models import Candidate, ExpectedAnswer, Reply, Submission, Transmission
from matching.states import ReplyState


class _ReadOnlyInline(TabularInline):  # type: ignore[misc]
    """Rows below a check, within the actor's sight; nothing is typed here."""

    extra = 0
    can_delete = False
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.visible_to(actor_of(request))
        return rows

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may_somewhere(Permission.SUBMISSION_VIEW)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AnswerInline(_ReadOnlyInline):
    model = ExpectedAnswer
    fields = readonly_fields = ("from_whom", "says", "reason_sentence", "due_at", "settled_at", "coded_by")
    verbose_name_plural = "answers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("pk")

    @admin.display(description="from")
    def from_whom(self, answer: ExpectedAnswer) -> str:
        return SOURCE_NAMES[answer.source]

    @admin.display(description="says")
    def says(self, answer: ExpectedAnswer) -> str:
        return ANSWER_WORDS[answer.state].capitalize()


class TransmissionInline(_ReadOnlyInline):
    model = Transmission
    fields = readonly_fields = (
        "state",
        "reason_sentence",
        "attempts",
        "last_error",
        "control_number",
        "sent_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("outgoing_head").order_by("pk")


class ReplyInline(_ReadOnlyInline):
    model = Reply
    fields = readonly_fields = ("source", "tot", "outcome", "error_codes", "received_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("received_at", "pk")


@admin.register(Submission)
class SubmissionAdmin(ScopedModelAdmin):
    permission = Permission.SUBMISSION_VIEW
    list_display = ("tcn", "tot", "state", "asked_for", "opened_at")
    list_filter = ("state", "tot")
    list_select_related = ("case",)
    ordering = ("-opened_at", "-pk")
    search_fields = ("tcn",)
    fields = readonly_fields = (
        "tcn",
        "case",
        "tot",
        "state",
        "asked_for",
        "dropped_ndr",
        "policy_codes",
        "supersedes",
        "opened_at",
    )
    inlines = (AnswerInline, TransmissionInline, ReplyInline)

    @admin.display(description="repositories asked for (NDR)")
    def asked_for(self, submission: Submission) -> str:
        return ", ".join(submission.ndr) or "as the bureau decides"


@admin.register(Transmission)
class TransmissionAdmin(ScopedModelAdmin):
    permission = Permission.SUBMISSION_VIEW
    list_display = ("submission", "peer", "state", "attempts", "next_attempt_at", "last_error", "sent_at")
    list_filter = ("state", "peer")
    list_select_related = ("submission",)
    ordering = ("-created_at", "-pk")
    fields = readonly_fields = (
        "submission",
        "peer",
        "state",
        "reason_sentence",
        "attempts",
        "deaths",
        "next_attempt_at",
        "last_error_code",
        "last_error",
        "control_number",
        "outgoing_sha256",
        "created_at",
        "sent_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("outgoing_head")


@admin.register(Reply)
class ReplyAdmin(ScopedModelAdmin):
    permission = Permission.SUBMISSION_VIEW
    list_display = ("received_at", "peer", "tot", "source", "outcome", "state", "why", "to_do")
    list_filter = ("state", "source", "outcome")
    ordering = ("-received_at", "-pk")
    fields = readonly_fields = (
        "submission",
        "peer",
        "message_id",
        "message_tcn",
        "tcr",
        "tot",
        "source",
        "outcome",
        "result_code",
        "error_codes",
        "sha256",
        "received_at",
        "state",
        "why",
        "handled_by",
        "handled_at",
        "handled_reason",
        "to_do",
    )

    @admin.display(description="why in quarantine")
    def why(self, reply: Reply) -> str:
        return QUARANTINE_REASONS.get(reply.quarantine_reason, "").capitalize()

    @admin.display(description="to do")
    def to_do(self, reply: Reply) -> str:
        """Where a person decides about a message in quarantine. Only who handles quarantine sees such a message here."""
        if reply.state != ReplyState.QUARANTINED:
            return ""
        pages = (("desk:reply_attach", "Find its check"), ("desk:reply_dismiss", "Dismiss"))
        links = [(reverse(name, args=[reply.public_id]), words) for name, words in pages]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)


@admin.register(Candidate)
class CandidateAdmin(ScopedModelAdmin):
    """Leads for examiners. The first examiner's decision is on no page until the second has decided."""

    permission = Permission.CANDIDATE_REVIEW
    list_display = ("proposed_at", "state", "rank", "fingers_compared", "engine_version", "decided_at")
    list_filter = ("state",)
    ordering = ("-proposed_at", "rank")
    fields = readonly_fields = (
        "state",
        "rank",
        "score_in_words",
        "fingers_compared",
        "engine_version",
        "proposed_at",
        "decided_at",
    )

    @admin.display(description="fingers compared")
    def fingers_compared(self, candidate: Candidate) -> int:
        return len(candidate.fingers)

    @admin.display(description="score")
    def score_in_words(self, candidate: Candidate) -> str:
        return f"{candidate.score / candidate.threshold:.1f} times what makes a lead. A score is no finding."
