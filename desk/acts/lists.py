"""A federal list compared with the register, and the decision on one difference."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from accounts.scope import agencies
from audit import record
from cases.services.documents import Unreadable, content_of
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm, PickField, ReasonField, UploadField
from detainers.models import Difference
from detainers.reconcile import Comparison, Read
from detainers.services import compare_list, decide_difference, keep_list, take_difference

MINE = "mine"
MOST_SHOWN = 100


class ListForm(ActForm):
    document = UploadField(
        label=gettext_lazy("The list, as CSV"),
        help_text=gettext_lazy(
            "The first line names the columns: detainer_date, event_number, facility, birth_year, gender; others of "
            "ICE's table may be there. It is kept as it is."
        ),
        accept=".csv",
        error_messages={"required": gettext_lazy("Choose the file.")},
    )


class ListCompareView(ActView):
    """Upload a list, look at what it gives, and keep its differences as work."""

    permission = Permission.DETAINER_REGISTER
    act = "list_compare"
    template_name = "desk/acts/list_compare.html"
    form_class = ListForm
    title = gettext_lazy("Compare a federal list with the register")
    button = gettext_lazy("Keep the list and its differences")
    preview: tuple[Read, Comparison] | None = None

    def load(self) -> None:
        self.jail = (
            Agency.objects.filter(pk__in=agencies(self.actor, self.permission), kind=Agency.Kind.JAIL)
            .order_by("pk")
            .first()
        )
        if self.jail is None:
            raise NotFound(_("You work in no jail that keeps a register."))

    @property
    def agency(self) -> Agency:
        assert self.jail is not None
        return self.jail

    @property
    def back_url(self) -> str:
        return reverse("admin:federal_lists")

    def what(self) -> str:
        return _(
            "Each row of %(jail)s on the list is looked for in the register, by its event number or else by date and "
            "year of birth. Look at the result first; what does not agree then waits for a decision of somebody here."
        ) % {"jail": self.agency.name}

    def audience(self) -> str:
        return _(
            "Everybody who registers detainers here sees the list and its differences. Nothing is sent to ICE."
        )

    def record_access(self) -> None:
        record.access(
            "desk.list_compared", actor=self.actor, objects=[], object_type="federal_list", purpose=self.act
        )

    def refreshed(self) -> ActForm:
        """The comparison, with nothing kept; the file stays for the next press."""
        form = self.get_form()
        if form.is_valid():
            upload = form.cleaned_data["document"]
            try:
                self.preview = compare_list(actor=self.actor, agency=self.agency, content=upload.read())
            except Invalid as error:
                form.add_service_errors(error, {})
        return form

    def perform(self, form: Any) -> Done:
        content = form.cleaned_data["document"].read()
        kept = keep_list(actor=self.actor, agency=self.agency, content=content, at=self.now)
        waiting = kept.differences.count()
        if not waiting:
            return Done(_("The list and the register agree."), self.back_url)
        text = _("Kept. %(count)s differences wait for a decision.") % {"count": waiting}
        return Done(text, self.back_url, messages.WARNING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"preview": None}
        if self.preview is not None:
            rows, compared = self.preview
            shown = [item for item in compared.found if item.kind != "matched"]
            found = {"preview": compared, "ignored": rows.ignored, "shown": shown[:MOST_SHOWN]}
            found |= {"more": max(0, len(shown) - MOST_SHOWN), "matched": compared.counts["matched"]}
            found |= {
                name: compared.counts[name]
                for name in ("only_theirs", "only_ours", "different", "unreadable")
            }
        return super().get_context_data(**kwargs) | found


class DifferenceForm(ActForm):
    decision = PickField(
        label=gettext_lazy("What was found out"),
        choices=[(MINE, gettext_lazy("Nothing yet: I look into it")), *Difference.Decision.choices],
        required_message=gettext_lazy("Choose what was found out, or that you look into it."),
    )
    reason = ReasonField(
        label=gettext_lazy("How you know"),
        help_text=gettext_lazy("For example: log of the fax, call to the office. No names."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("decision") not in (None, "", MINE) and not typed.get("reason", "").strip():
            self.add_error("reason", _("Write how you know."))
        return typed


class DifferenceView(ActView):
    """Take a difference, or decide it, once and with a reason."""

    permission = Permission.DETAINER_REGISTER
    act = "difference"
    template_name = "desk/acts/difference.html"
    form_class = DifferenceForm
    title = gettext_lazy("Decide a difference with a federal list")
    button = gettext_lazy("Record")

    def load(self) -> None:
        rows = Difference.objects.visible_to(self.actor).select_related(
            "agency", "source__document", "detainer__case", "detainer"
        )
        found = rows.filter(public_id=self.kwargs["public_id"]).first()
        if found is None:
            raise NotFound(_("There is no such difference."))
        self.difference: Difference = found
        check_permission(self.actor, self.permission, found.agency_id)

    @property
    def agency(self) -> Agency:
        return self.difference.agency

    @property
    def back_url(self) -> str:
        return reverse("admin:federal_lists")

    @cached_property
    def their_line(self) -> str:
        """The line of the file as it came; empty where the difference has none or the file cannot be opened."""
        if self.difference.line is None:
            return ""
        try:
            lines = content_of(self.difference.source.document).decode("utf-8-sig", "replace").splitlines()
        except Unreadable as error:
            return error.message
        return (
            "\n".join([lines[0], lines[self.difference.line - 1]])
            if self.difference.line <= len(lines)
            else ""
        )

    def what(self) -> str:
        kind = str(self.difference.get_kind_display())
        return _("%(kind)s. Look into it and record what was found out; it is decided once.") % {"kind": kind}

    def audience(self) -> str:
        return _("Everybody who registers detainers here will see it with your name. Nothing is sent to ICE.")

    def blocked(self) -> str:
        row = self.difference
        if not row.decision or row.decided_at is None:
            return ""
        return _("Decided on %(when)s: %(words)s. %(reason)s") % {
            "when": self.when(row.decided_at),
            "words": row.get_decision_display(),
            "reason": row.reason,
        }

    def record_access(self) -> None:
        record.access(
            "desk.difference_opened",
            actor=self.actor,
            objects=[self.difference.public_id],
            object_type="difference",
            agency=self.agency.public_id,
            purpose=self.act,
        )

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        if typed["decision"] == MINE:
            take_difference(difference_id=self.difference.pk, actor=self.actor, at=self.now)
            return Done(_("It is yours now."), self.back_url)
        decide_difference(
            difference_id=self.difference.pk,
            actor=self.actor,
            at=self.now,
            decision=typed["decision"],
            reason=typed["reason"],
        )
        return Done(_("Decided."), self.back_url)
