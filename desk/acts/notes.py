"""A note for colleagues."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from cases import services
from cases.services.notes import LONGEST
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm


class NoteForm(ActForm):
    text = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("What the next shift should know. Nobody can change it later, you included."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write the note.")},
    )


class NoteView(CaseActView):
    """Write a note on a case."""

    permission = Permission.WORK_OWN
    act = "note_write"
    form_class = NoteForm
    title = gettext_lazy("Write a note")
    button = gettext_lazy("Keep the note")

    def what(self) -> str:
        return _("The note is kept with the case. It changes nothing else.")

    def audience(self) -> str:
        return _("Everybody who works on this case here reads it with your name and the time.")

    def perform(self, form: Any) -> Done:
        services.write_note(
            case_id=self.case.pk, actor=self.actor, at=self.now, text=form.cleaned_data["text"]
        )
        return self.done(_("The note was kept."))
