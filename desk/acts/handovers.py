"""Write, read and acknowledge the note that one shift leaves the next."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm
from desk.board import units_of
from desk.handovers import LONGEST, HandoverNote, open_work, read_handover, write_handover

MOST_NOTES = 20


class HandoverForm(ActForm):
    unit = forms.ChoiceField(
        label=gettext_lazy("For which unit"),
        required=False,
        help_text=gettext_lazy("What is open there is added by itself, as the board says it."),
    )
    text = forms.CharField(
        label=gettext_lazy("What the next shift should know"),
        help_text=gettext_lazy("Write case numbers, not names."),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class HandoverWriteView(ActView):
    """Write the note. What is open is read from the board at the moment it is kept."""

    permission = Permission.HANDOVER_WRITE
    act = "handover_write"
    form_class = HandoverForm
    template_name = "desk/acts/handover.html"
    title = gettext_lazy("Hand over to the next shift")
    button = gettext_lazy("Keep the note")

    def load(self) -> None:
        """The jail of the address, or the first one where this person may write. Raises NotFound."""
        rows = Agency.objects.filter(pk__in=agencies(self.actor, self.permission)).order_by("name", "pk")
        wanted = self.request.GET.get("agency", "")
        self.jails = list(rows)
        found = next((row for row in self.jails if str(row.public_id) == wanted), None)
        if found is None and (wanted or not self.jails):
            raise NotFound("There is no such agency.")
        self.jail = found or self.jails[0]

    @property
    def agency(self) -> Agency:
        return self.jail

    @property
    def back_url(self) -> str:
        return reverse("desk:handovers")

    def what(self) -> str:
        return _(
            "The note of %(jail)s is kept as it is now. The board shows it to whoever comes next until they have read it."
        ) % {"jail": self.jail.name}

    def audience(self) -> str:
        return _("Everybody who works in %(jail)s reads it with your name and the time.") % {
            "jail": self.jail.name
        }

    @cached_property
    def unit(self) -> str:
        wanted = self.request.POST.get("unit") or self.request.GET.get("unit", "")
        return wanted if wanted in units_of(self.actor, [self.jail.pk]) else ""

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        units = [(unit, unit) for unit in units_of(self.actor, [self.jail.pk])]
        form.fields["unit"].choices = [("", _("The whole jail")), *units]
        form.initial.setdefault("unit", self.unit)
        return form

    def record_access(self) -> None:
        shown = [UUID(item["case"]) for item in self.open_now]
        record.access(
            "handover.opened",
            actor=self.actor,
            objects=shown,
            object_type="case",
            agency=self.jail.public_id,
        )

    @cached_property
    def open_now(self) -> list[dict[str, str]]:
        return open_work(self.actor, self.jail, self.unit, at=self.now)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"people": self.open_now, "jails": self.jails}

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        note = write_handover(
            agency=self.jail, unit=typed["unit"], text=typed["text"], actor=self.actor, at=self.now
        )
        text = ngettext(
            "The handover note was kept, with %(n)d person who has something open.",
            "The handover note was kept, with %(n)d people who have something open.",
            len(note.people),
        )
        return Done(text % {"n": len(note.people)}, self.back_url)


class HandoversView(ScopedView, View):
    """The newest notes of one's jails, each with who has read it; a note is acknowledged here."""

    permission = Permission.BOARD_VIEW
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        notes = list(
            HandoverNote.objects.visible_to(self.actor)
            .select_related("agency")
            .prefetch_related("readings")
            .order_by("-written_at", "-pk")[:MOST_NOTES]
        )
        shown = sorted({UUID(item["case"]) for note in notes for item in note.people})
        record.access("handovers.opened", actor=self.actor, objects=shown, object_type="case")
        items = [(note, self._may_read(note), note.readings.all()) for note in notes]
        context = {
            "items": items,
            "title": _("Handover notes"),
            "may_write": self.actor.may_somewhere(Permission.HANDOVER_WRITE),
        }
        return render(request, "desk/handovers.html", admin.site.each_context(request) | context)

    def post(self, request: HttpRequest) -> HttpResponse:
        note = HandoverNote.objects.visible_to(self.actor).filter(public_id=_id(request)).first()
        if note is None:
            raise NotFound("There is no such note.")
        if read_handover(note=note, actor=self.actor, at=timezone.now()):
            messages.success(request, _("Noted that you have read it."))
        return HttpResponseRedirect(reverse("desk:handovers"))

    def _may_read(self, note: HandoverNote) -> bool:
        has_read = any(row.read_by == self.actor.id for row in note.readings.all())
        return note.written_by != self.actor.id and not has_read


def _id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("note", ""))
    except ValueError:
        raise NotFound("There is no such note.") from None
