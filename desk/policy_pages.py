"""The pages of the law: every row by place and level, one row in sentences, and what a draft would have done. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.actors import Actor
from accounts.bases import ScopedView
from accounts.errors import NotFound
from accounts.models import Agency
from accounts.permissions import Permission, has_permission
from accounts.scope import agencies
from audit import record
from desk.what_if_chart import Chart, chart, every_month
from detainers import policy_words
from detainers.models import Policy
from detainers.policy_book import covered
from detainers.policy_rows import Level
from detainers.services.what_if import WhatIf, what_if
from detainers.states import POLICY_MOVES, PolicyStage

BUTTONS = {
    "edit": (gettext_lazy("Edit the draft"), Permission.POLICY_EDIT),
    "send": (gettext_lazy("Send to counsel"), Permission.POLICY_EDIT),
    "review": (gettext_lazy("Review as counsel"), Permission.POLICY_REVIEW),
    "reopen": (gettext_lazy("Open it again"), Permission.POLICY_EDIT),
    "enact": (gettext_lazy("Put in force"), Permission.POLICY_ENACT),
    "end": (gettext_lazy("End it"), Permission.POLICY_ENACT),
    "discard": (gettext_lazy("Give up the draft"), Permission.POLICY_EDIT),
    "version": (gettext_lazy("Draft a new version"), Permission.POLICY_EDIT),
}
ACTS = {
    PolicyStage.DRAFT: ("send", "edit", "discard"),
    PolicyStage.IN_REVIEW: ("review",),
    PolicyStage.REVIEWED: ("enact", "reopen"),
    PolicyStage.IN_FORCE: ("version", "end"),
    PolicyStage.ENDED: ("version",),
    PolicyStage.DISCARDED: ("version",),
}


@dataclass(frozen=True)
class Shown:
    """A row as the list and its page show it."""

    policy: Policy
    place: str
    standing: str
    tone: str

    @property
    def url(self) -> str:
        return reverse("admin:policy", args=[self.policy.public_id])

    @property
    def hold(self) -> str:
        return str(self.policy.body.get("hold", "")).replace("_", " ")

    @property
    def review(self) -> str:
        """Who reviewed it, in a sentence."""
        policy = self.policy
        if policy.reviewed_at is not None:
            when = timezone.localtime(policy.reviewed_at)
            return _("Reviewed by %(who)s on %(when)s: %(why)s") % {
                "who": policy.reviewed_label,
                "when": f"{when.day} {when:%B %Y}",
                "why": policy.review_reason,
            }
        if policy.seeded:
            return _("It came with the first file. No counsel of this place has reviewed it yet.")
        return _("Not reviewed yet.")


def shown(policy: Policy, on: date) -> Shown:
    """Where a row stands today, in words: colour, shape and word together."""
    standing, tone = {
        PolicyStage.DRAFT: (_("Draft"), "quiet"),
        PolicyStage.IN_REVIEW: (_("With counsel"), "wait"),
        PolicyStage.REVIEWED: (_("Reviewed, not in force"), "wait"),
        PolicyStage.DISCARDED: (_("Given up"), "quiet"),
    }.get(PolicyStage(policy.stage), ("", ""))
    if not standing and policy.starts_on > on:
        standing, tone = _("In force from %(day)s") % {"day": _day(policy.starts_on)}, "wait"
    elif not standing and policy.ends_on is not None and policy.ends_on < on:
        standing, tone = _("Ended on %(day)s") % {"day": _day(policy.ends_on)}, "quiet"
    elif not standing and policy.ends_on is not None:
        standing, tone = _("In force until %(day)s") % {"day": _day(policy.ends_on)}, "good"
    elif not standing:
        standing, tone = _("In force since %(day)s") % {"day": _day(policy.starts_on)}, "good"
    return Shown(policy, policy_words.place(policy.row), standing, tone)


class PoliciesView(ScopedView, View):
    """All rows of law, from federal to the jail's own; `?here=1` only those of the actor's places."""

    permission = Permission.POLICY_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        on, here = timezone.localdate(), request.GET.get("here") == "1"
        homes = agencies(self.actor, self.permission)
        rows = Policy.objects.visible_to(self.actor).order_by(
            "state", "county", "city", "agency", "code", "-starts_on"
        )
        if here:
            rows = [row for row in rows if any(jail.pk in homes for jail in covered(row))]  # type: ignore[assignment]
        rows = [row for row in rows if row.stage != PolicyStage.DISCARDED]  # type: ignore[assignment]
        groups = [
            (label, [shown(row, on) for row in rows if row.level == level])
            for level, label in ((level.value, _LEVELS[level]) for level in Level)
        ]
        _looked(self.actor, [row.public_id for row in rows], "policy.listed")
        context = {
            "title": _("Law"),
            "groups": [group for group in groups if group[1]],
            "here": here,
            "may_draft": self.actor.may_somewhere(Permission.POLICY_EDIT),
        }
        return render(request, "desk/policies.html", admin.site.each_context(request) | context)


class PolicyView(ScopedView, View):
    """One row in sentences, with its citation, its life, and what can be done with it now."""

    permission = Permission.POLICY_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        policy = find(self.actor, public_id)
        _looked(self.actor, [policy.public_id], "policy.viewed")
        versions = Policy.objects.filter(code=policy.code).exclude(pk=policy.pk).order_by("-starts_on", "-pk")
        on = timezone.localdate()
        context = {
            "title": policy.code,
            "shown": shown(policy, on),
            "parts": policy_words.sentences(policy.row),
            "row": policy.row,
            "confidence": policy.row.confidence.replace("_", " ").capitalize(),
            "acts": _acts(self.actor, policy),
            "versions": [shown(item, on) for item in versions],
            "jails": covered(policy),
            "moves": [move for move in POLICY_MOVES if move.source == policy.stage],
        }
        return render(request, "desk/policy.html", admin.site.each_context(request) | context)


class WhatIfView(ScopedView, View):
    """What this row would have done to past cases of the actor's jails, or to made-up ones. Nothing can be written."""

    permission = Permission.POLICY_EDIT
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        policy = find(self.actor, public_id)
        synthetic = request.GET.get("on") == "made-up"
        homes = agencies(self.actor, Permission.DETAINER_VIEW) | agencies(self.actor, self.permission)
        jails = [jail for jail in covered(policy) if jail.pk in homes]
        found = what_if(drafts=[policy.row], agencies=jails, synthetic=synthetic)
        cases = {case.pk for case in jails if has_permission(self.actor, Permission.CASE_VIEW, case)}
        named = [item for item in found.changed if synthetic or _sees(item.facility, jails, cases)]
        _looked(self.actor, [item.case for item in named if item.case], "policy.tried")
        context = {
            "title": _("What if %(code)s were the law") % {"code": policy.code},
            "shown": shown(policy, timezone.localdate()),
            "found": found,
            "totals": _totals(found),
            "named": named,
            "chart": _chart(found),
            "jails": jails,
            "synthetic": synthetic,
        }
        return render(request, "desk/what_if.html", admin.site.each_context(request) | context)


def find(actor: Actor, public_id: UUID) -> Policy:
    """A row by its public id, within what the actor may read. Raises NotFound."""
    policy: Policy | None = Policy.objects.visible_to(actor).filter(public_id=public_id).first()
    if policy is None:
        raise NotFound("There is no such row of law.")
    return policy


def _acts(actor: Actor, policy: Policy) -> list[tuple[str, Any]]:
    """(address, name) of what this actor can do with the row now."""
    names = list(ACTS[PolicyStage(policy.stage)])
    if policy.seeded and policy.stage == PolicyStage.IN_FORCE and not policy.reviewed_by:
        names.insert(0, "review")
    jails = covered(policy)
    found = []
    for name in names:
        label, permission = BUTTONS[name]
        allowed = all(has_permission(actor, permission, jail) for jail in jails) and actor.may_somewhere(
            permission
        )
        own = name == "review" and actor.id in (policy.author, policy.sent_by)
        if allowed and not own:
            found.append((reverse(f"desk:policy_{name}", args=[policy.public_id]), label))
    if actor.may_somewhere(Permission.POLICY_EDIT):
        found.append((reverse("admin:what_if", args=[policy.public_id]), _("Try it on cases")))
    return found


def _chart(found: WhatIf) -> Chart:
    months: dict[str, tuple[float, float]] = {}
    for cell in found.rows():
        longer, shorter = months.get(cell.month, (0.0, 0.0))
        months[cell.month] = (longer + cell.hours_longer, shorter + cell.hours_shorter)
    return chart([(month, *months.get(month, (0.0, 0.0))) for month in every_month(months)])


def _totals(found: WhatIf) -> dict[str, str]:
    counts = {name: f"{found.total(name):.0f}" for name in ("longer", "shorter", "same")}
    return counts | {name: f"{found.total(name):.1f}" for name in ("hours_longer", "hours_shorter")}


def _sees(facility: str, jails: list[Agency], keys: set[int]) -> bool:
    return any(jail.pk in keys for jail in jails if jail.name == facility)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _looked(actor: Actor, ids: list[UUID], action: str) -> None:
    record.access(action, actor=actor, objects=ids, object_type="policy")


_LEVELS = {
    Level.FEDERAL: gettext_lazy("Federal"),
    Level.STATE: gettext_lazy("States"),
    Level.COUNTY: gettext_lazy("Counties"),
    Level.CITY: gettext_lazy("Cities"),
    Level.AGENCY: gettext_lazy("Jails' own rules"),
}
