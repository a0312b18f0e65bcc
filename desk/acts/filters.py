"""Keep a choice of the board under a name, rename it, or take it away."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from audit import record
from desk.acts.base import ActView, Done
from desk.acts.fields import ActForm, PickField
from desk.filters import Filters
from desk.saved import SavedFilter


class SaveForm(ActForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example: Unit 3, nobody's."),
        max_length=60,
        error_messages={"required": gettext_lazy("Enter a name.")},
    )
    sharing = PickField(label=gettext_lazy("For whom"), choices=())


class FilterSaveView(ActView):
    """Keep the choice in the address under a name; the same name again replaces one's own."""

    permission = Permission.BOARD_VIEW
    act = "filter_save"
    form_class = SaveForm
    title = gettext_lazy("Keep this choice")
    button = gettext_lazy("Keep it")

    def load(self) -> None:
        self.jails = list(
            Agency.objects.filter(pk__in=agencies(self.actor, self.permission)).order_by("name", "pk")
        )
        if not self.jails:
            raise NotFound("There is no board of yours.")

    @cached_property
    def filters(self) -> Filters:
        return Filters.parse(self.request.GET.get("board", ""))

    @property
    def agency(self) -> Agency:
        return self.jails[0]

    @property
    def back_url(self) -> str:
        return self.filters.url

    def what(self) -> str:
        return _("The board as you have narrowed it can then be opened with one press.")

    def audience(self) -> str:
        return _(
            "A choice that you share is seen by everybody of that jail; “mine” stays theirs to whoever opens it."
        )

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        shared = [
            (str(jail.public_id), _("Everybody of %(jail)s") % {"jail": jail.name}) for jail in self.jails
        ]
        form.fields["sharing"].choices = [("me", _("Only me")), *shared]
        form.initial.setdefault("sharing", "me")
        return form

    def record_access(self) -> None:
        """The page shows nobody."""

    def perform(self, form: Any) -> Done:
        typed = form.cleaned_data
        if not self.filters.is_narrow:
            raise Invalid(_("Narrow the board first: by unit, owner or stage."), code="nothing_chosen")
        jail = next((row for row in self.jails if str(row.public_id) == typed["sharing"]), None)
        keep = {"actor_label": self.actor.label, "query": self.filters.query}
        try:
            with transaction.atomic():
                SavedFilter.objects.update_or_create(
                    actor_id=self.actor.id, agency=jail, name=typed["name"], defaults=keep
                )
        except IntegrityError as error:
            raise Invalid(
                _("A colleague shared a choice of this name. Enter another name."), field="name"
            ) from error
        return Done(_("Kept as “%(name)s”.") % {"name": typed["name"]}, self.filters.url)


class FiltersView(ScopedView, View):
    """The choices one may use; one's own can be taken away."""

    permission = Permission.BOARD_VIEW
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = SavedFilter.objects.visible_to(self.actor).select_related("agency").order_by("name", "pk")
        items = [(row, row.actor_id == self.actor.id) for row in rows]
        record.access("filters.opened", actor=self.actor, objects=[], object_type="filter")
        context = {"items": items, "title": _("Kept choices")}
        return render(request, "desk/filters.html", admin.site.each_context(request) | context)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            key = UUID(request.POST.get("filter", ""))
        except ValueError:
            raise NotFound("There is no such choice.") from None
        gone, _by_model = SavedFilter.objects.filter(public_id=key, actor_id=self.actor.id).delete()
        messages.success(
            request, _("It was taken away.") if gone else _("It was gone already, or is somebody else's.")
        )
        return HttpResponseRedirect(reverse("desk:filters"))
