"""The protection of 8 U.S.C. 1367: seen, set and ended by those alone who have its permission."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from audit import record
from cases.models import Protection
from cases.services.protection import end_protection, protect, standing
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm, ReasonField


class ProtectionForm(ActForm):
    reason = ReasonField(
        label=gettext_lazy("Why, and what it rests on"),
        help_text=gettext_lazy("Who said so and which paper; nothing about what happened to the person."),
        error_messages={"required": gettext_lazy("Enter why, and what it rests on.")},
    )


class ProtectionView(CaseActView):
    """Set the protection, or end it where it stands. The address answers everybody without the permission alike."""

    permission = Permission.PROTECTION_HANDLE
    act = "record"
    form_class = ProtectionForm
    title = gettext_lazy("Protection under 8 U.S.C. 1367")

    @cached_property
    def row(self) -> Protection | None:
        return standing(self.case)

    @property
    def button(self) -> str:  # type: ignore[override]
        return _("End the protection") if self.row else _("Record the protection")

    def what(self) -> str:
        if self.row is None:
            return _(
                "Nothing is recorded. What you enter is seen by nobody without this permission, and is in no export, "
                "message, search, list or report."
            )
        return _("Recorded by %(who)s on %(when)s: %(reason)s What you enter now ends it.") % {
            "who": self.row.set_label,
            "when": self.when(self.row.set_at),
            "reason": self.row.reason,
        }

    def audience(self) -> str:
        return _("Only people with this permission see it. Every look at this page is recorded.")

    def record_access(self) -> None:
        """Audited without the case: the list of looks at a case is read by people who must not learn of this."""
        shown = [self.row.public_id] if self.row is not None else []
        record.access("record.opened", actor=self.actor, objects=shown, object_type="record")

    def perform(self, form: Any) -> Done:
        act = end_protection if self.row is not None else protect
        act(case_id=self.case.pk, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"])
        return self.done(_("Recorded."))
