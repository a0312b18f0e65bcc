"""The oversight site's pages. Each reads through the database role that cannot select a person, and records one access."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.errors import Invalid, NotFound, NotPermitted
from accounts.permissions import Permission
from audit import record
from oversight import definitions, presentation, services
from oversight.forms import FilterForm, NoteForm
from oversight.models import OversightCase, ReviewNote
from oversight.querysets import DATABASE

PAGE = 50


class CaseListView(ScopedView, View):
    """The cases this reviewer may read now, newest first."""

    permission = Permission.REVIEW_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        form = FilterForm(request.GET)
        cases = form.narrow(OversightCase.objects.visible_to(self.actor))
        after = self._after(request.GET.get("after", ""))
        if after is not None:
            cases = cases.filter(id__lt=after.id)
        found = list(cases.for_list()[: PAGE + 1])
        shown = found[:PAGE]
        record.access(
            "oversight.cases_listed",
            actor=self.actor,
            objects=[case.case_id for case in shown],
            object_type="case",
            query=request.META.get("QUERY_STRING", "")[:200],
            using=DATABASE,
        )
        context = {
            "form": form,
            "rows": [presentation.row(case) for case in shown],
            "next": self._next(shown[-1]) if len(found) > PAGE else "",
            "is_later_page": after is not None,
            "is_filtered": form.is_used,
            "section": "cases",
        }
        return render(request, "oversight/cases.html", context)

    def _after(self, reference: str) -> OversightCase | None:
        """The case a page continues after, among those visible; an unknown one begins at the start."""
        if not reference:
            return None
        found: OversightCase | None = (
            OversightCase.objects.visible_to(self.actor).filter(reference=reference).first()
        )
        return found

    def _next(self, last: OversightCase) -> str:
        kept = {
            key: value for key, value in self.request.GET.items() if key in FilterForm.base_fields and value
        }
        return urlencode({**kept, "after": last.reference})


class CaseView(ScopedView, View):
    """One case as a relative timeline, its decision with citation, and the notes on it."""

    permission = Permission.REVIEW_VIEW
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        return self._page(self._case(reference), NoteForm())

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        form = NoteForm(request.POST)
        case = self._case(reference)
        if not self.actor.may_somewhere(Permission.REVIEW_NOTE_WRITE):
            raise NotPermitted("Your role does not include writing notes.")
        if not form.is_valid():
            return self._page(case, form, status=400)
        try:
            services.write_note(
                reference=reference, text=form.cleaned_data["text"], actor=self.actor, at=timezone.now()
            )
        except Invalid as error:
            form.add_error("text", error.message)
            return self._page(case, form, status=400)
        messages.success(
            request, _("Your note was saved. It can be read by everybody who may review this case.")
        )
        return redirect("oversight:case", reference=reference)

    def _case(self, reference: str) -> OversightCase:
        case: OversightCase | None = (
            OversightCase.objects.visible_to(self.actor).filter(reference=reference).first()
        )
        if case is None:
            raise NotFound("There is no such case among those you may review.")
        return case

    def _page(self, case: OversightCase, form: NoteForm, *, status: int = 200) -> HttpResponse:
        record.access(
            "oversight.case_read",
            actor=self.actor,
            objects=[case.case_id],
            object_type="case",
            case=case.case_id,
            using=DATABASE,
        )
        context: dict[str, Any] = {
            "page": presentation.page(case),
            "notes": list(ReviewNote.objects.on(case)),
            "form": form,
            "section": "cases",
            "may_write": self.actor.may_somewhere(Permission.REVIEW_NOTE_WRITE),
        }
        return render(self.request, "oversight/case.html", context, status=status)


class AboutView(ScopedView, View):
    """What every figure means and how it is counted."""

    permission = Permission.REVIEW_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        record.access("oversight.about_read", actor=self.actor, objects=[], using=DATABASE)
        return render(request, "oversight/about.html", {"sections": definitions.SECTIONS, "section": "about"})
