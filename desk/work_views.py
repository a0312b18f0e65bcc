"""The pages of worklists, and acts on several cases of one at once: looked over first, then done one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.errors import ClearholdError
from accounts.permissions import Permission, has_permission
from audit import record
from cases import services
from cases.models import Case
from desk import accesses, colleagues, worklists
from desk.acts.models import claim
from desk.facts import CaseFacts
from desk.filters import Filters
from desk.loader import load
from desk.stages import NAMES as STAGES
from desk.ways import Way

MOST = 200
P = Permission
WORDS: dict[str, Any] = {
    "claim": gettext_lazy("Take"),
    "assign": gettext_lazy("Assign"),
    "offer": gettext_lazy("Offer to a colleague"),
    "give_back": gettext_lazy("Give back"),
}
NEEDS = {"claim": P.WORK_OWN, "assign": P.WORK_ASSIGN, "offer": P.WORK_OWN, "give_back": P.WORK_OWN}


class WorkView(ScopedView, View):
    """One worklist, with a box beside each case."""

    permission = P.BOARD_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        work = worklists.read(self.actor, Filters.read(request.GET), at=timezone.now())
        shown = [row.facts.public_id for row in work.board.rows]
        shown += [offer.case.public_id for offer in work.offers]
        record.access(
            accesses.WORK_OPENED, actor=self.actor, objects=shown, object_type="case", purpose=work.key
        )
        filters = work.board.filters
        context = {
            "work": work,
            "board": work.board,
            "way": Way(filters),
            "title": worklists.LISTS[work.key],
            "lists": [(key, name, filters.but(owner=key).query) for key, name in worklists.LISTS.items()],
            "acts": [
                (key, WORDS[key]) for key in worklists.ACTS[work.key] if self.actor.may_somewhere(NEEDS[key])
            ],
            "stages": [(stage.value, name) for stage, name in STAGES.items()],
        }
        return render(request, "desk/work.html", admin.site.each_context(request) | context)


@dataclass(frozen=True)
class Line:
    """One case of the many: what will happen, or what happened, in a sentence."""

    facts: CaseFacts
    sentence: str
    is_good: bool


class BulkView(ScopedView, View):
    """First what would happen to each case, then each by itself: one that cannot does not hold up the others."""

    permission = P.BOARD_VIEW
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        self.what = request.POST.get("what", "")
        if self.what not in WORDS or not self.chosen:
            messages.warning(request, _("Choose at least one case, and what to do with it."))
            return HttpResponseRedirect(self.back)
        if "do" not in request.POST:
            return self._page([self._before(facts) for facts in self.chosen])
        problem = self._problem()
        if problem:
            return self._page([self._before(facts) for facts in self.chosen], problem=problem, status=400)
        with transaction.atomic():
            form = claim(token=self.token, actor_id=self.actor.id, act="bulk")
            if form.sent_at is not None:
                messages.info(
                    request,
                    _("You sent this before. Nothing was done twice: %(what)s") % {"what": form.outcome},
                )
                return HttpResponseRedirect(self.back)
            lines = [self._do(facts) for facts in self.chosen]
            done = sum(1 for line in lines if line.is_good)
            form.sent_at, form.next_url = timezone.now(), self.back[:500]
            form.outcome = _("%(done)d of %(all)d cases were changed.") % {"done": done, "all": len(lines)}
            form.save(update_fields=["sent_at", "outcome", "next_url"])
        return self._page(lines, outcome=form.outcome)

    @cached_property
    def token(self) -> str:
        try:
            return str(UUID(self.request.POST.get("form_token", "")))
        except ValueError:
            return str(uuid4())

    @cached_property
    def back(self) -> str:
        query = Filters.parse(self.request.POST.get("board", "")).query
        return f"/admin/work/?{query}" if query else "/admin/work/"

    @cached_property
    def chosen(self) -> list[CaseFacts]:
        """The ticked cases that this actor sees, in the order of their numbers."""
        keys = []
        for text in self.request.POST.getlist("case")[:MOST]:
            try:
                keys.append(UUID(text))
            except ValueError:
                continue
        rows = Case.objects.visible_to(self.actor).filter(public_id__in=keys)
        found = load(self.actor, list(rows.values_list("pk", flat=True)), at=timezone.now())
        return sorted(found, key=lambda facts: facts.number)

    @cached_property
    def people(self) -> list[tuple[str, str]]:
        """Who may own cases in every jail of the ticked ones."""
        groups = [colleagues.of([key]) for key in {facts.agency_id for facts in self.chosen}]
        common = [user for user in groups[0] if all(user in group for group in groups[1:])]
        return [(str(user.public_id), user.name) for user in common]

    @property
    def needs_person(self) -> bool:
        return self.what in ("assign", "offer")

    @property
    def to(self) -> str:
        wanted = self.request.POST.get("to", "")
        return wanted if wanted in dict(self.people) else ""

    @property
    def reason(self) -> str:
        return self.request.POST.get("reason", "").strip()[:300]

    def _problem(self) -> str:
        if self.needs_person and not self.to:
            return _("Choose to whom. Nothing was changed yet.")
        if self.what == "give_back" and not self.reason:
            return _("Write why. Nothing was changed yet.")
        return ""

    def _before(self, facts: CaseFacts) -> Line:
        """What would happen, as far as can be said; the service decides."""
        owner = facts.owner
        whose = _("It is %(name)s's now.") % {"name": owner.name} if owner else _("Nobody owns it now.")
        may = has_permission(self.actor, NEEDS[self.what], facts.agency_id)
        if self.what == "claim":
            return Line(facts, _("It becomes yours.") if owner is None else whose, may and owner is None)
        if self.what == "assign":
            return Line(facts, whose, may)
        is_in_reach = owner is not None and (
            owner.is_me or has_permission(self.actor, P.WORK_ASSIGN, facts.agency_id)
        )
        waits = self.what == "offer" and owner is not None and owner.offer is not None
        text = _("It is offered to somebody already.") if waits else whose
        return Line(facts, text, is_in_reach and not waits)

    def _do(self, facts: CaseFacts) -> Line:
        try:
            with transaction.atomic():
                return Line(facts, self._acts()[self.what](facts), is_good=True)
        except ClearholdError as error:
            return Line(facts, error.message, is_good=False)

    def _acts(self) -> dict[str, Callable[[CaseFacts], str]]:
        now, names = timezone.now(), dict(self.people)

        def take(facts: CaseFacts) -> str:
            services.claim_case(case_id=facts.pk, actor=self.actor, at=now)
            return _("Yours now.")

        def assign(facts: CaseFacts) -> str:
            owner = UUID(self.to)
            services.assign_case(case_id=facts.pk, owner=owner, actor=self.actor, at=now, reason=self.reason)
            return _("%(name)s's now.") % {"name": names[self.to]}

        def offer(facts: CaseFacts) -> str:
            to = UUID(self.to)
            services.offer_case(case_id=facts.pk, to=to, actor=self.actor, at=now, reason=self.reason)
            return _("%(name)s was asked.") % {"name": names[self.to]}

        def give_back(facts: CaseFacts) -> str:
            services.give_back_case(case_id=facts.pk, actor=self.actor, at=now, reason=self.reason)
            return _("Nobody's now.")

        return {"claim": take, "assign": assign, "offer": offer, "give_back": give_back}

    def _page(
        self, lines: list[Line], *, problem: str = "", outcome: str = "", status: int = 200
    ) -> HttpResponse:
        shown = [line.facts.public_id for line in lines]
        record.access(
            accesses.WORK_OPENED, actor=self.actor, objects=shown, object_type="case", purpose=self.what
        )
        context = {
            "view": self,
            "title": WORDS[self.what],
            "lines": lines,
            "can": sum(1 for line in lines if line.is_good),
            "problem": problem,
            "outcome": outcome,
            "kept": self.request.POST.get("board", ""),
        }
        return render(
            self.request, "desk/bulk.html", admin.site.each_context(self.request) | context, status=status
        )
