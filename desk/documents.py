"""Notices and forms of a case: what can be made now, what was filed, and the PDF itself. Every one that is made is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.actors import Actor
from accounts.bases import ScopedView
from accounts.errors import Invalid, NotFound
from accounts.permissions import Permission, check_permission
from audit import record
from cases.models import Case
from desk import accesses
from detainers.documents import languages
from detainers.documents.kinds import Kind
from detainers.documents.languages import Standing
from detainers.documents.rendering import kinds_for
from detainers.models import Detainer, ProducedDocument
from detainers.services.filing import made_for


@dataclass(frozen=True)
class Offer:
    """One document that can be made, in one language or in several."""

    kind: Kind
    languages: tuple[Standing, ...]


def find_case(actor: Actor, public_id: UUID) -> Case:
    """The case with its detainers in this actor's sight. Raises NotFound, NotPermitted."""
    rows = Case.objects.visible_to(actor).select_related("person", "agency", "booking")
    case: Case | None = rows.filter(public_id=public_id).first()
    if case is None:
        raise NotFound("There is no such case.")
    check_permission(actor, Permission.DETAINER_VIEW, case.agency_id)
    return case


def offers(case: Case) -> Iterator[Offer]:
    """What can be made of this case now."""
    every = languages.standings()
    for kind in kinds_for(case, tuple(Detainer.objects.filter(case=case))):
        yield Offer(kind, every if kind.is_translated else every[:1])


class DocumentsView(ScopedView, View):
    """The documents of one case: to open, to file, and those that were filed."""

    permission = Permission.DETAINER_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        case = find_case(self.actor, public_id)
        filed = (
            ProducedDocument.objects.filter(case=case).select_related("document").defer("document__content")
        )
        record.access(
            "document.listed",
            actor=self.actor,
            objects=[case.public_id],
            object_type="case",
            case=case.public_id,
            agency=case.agency.public_id,
        )
        context = {
            "case": case,
            "offers": list(offers(case)),
            "filed": [(row, Kind(row.kind).title) for row in filed.order_by("-pk")],
            "title": _("Documents of case %(number)s") % {"number": case.number},
        }
        return render(request, "desk/documents.html", admin.site.each_context(request) | context)


class ProducedView(ScopedView, View):
    """One document as the case stands now, as PDF. It is not kept: filing it is an act of its own."""

    permission = Permission.DETAINER_VIEW
    http_method_names = ["get"]

    def get(self, request: HttpRequest, public_id: UUID, kind: str) -> HttpResponse:
        case = find_case(self.actor, public_id)
        language = request.GET.get("language", "en")
        try:
            made = made_for(_kind(kind), case, _detainer(request, case), language, timezone.now())
        except Invalid as error:
            raise NotFound(error.message) from error
        record.access(
            accesses.DOCUMENT_PRODUCED,
            actor=self.actor,
            objects=[case.public_id],
            object_type="case",
            case=case.public_id,
            agency=case.agency.public_id,
            purpose=f"{made.kind.value} {made.language}",
        )
        return pdf_response(made.content, made.file_name)


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """A PDF that no cache keeps and no page may embed."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, name)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; object-src 'none'"
    return response


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise NotFound("There is no such document.") from error


def _detainer(request: HttpRequest, case: Case) -> Any:
    """The detainer named in the address, if it is one of this case. Raises NotFound."""
    wanted = request.GET.get("detainer", "")
    if not wanted:
        return None
    try:
        found = Detainer.objects.filter(case=case, public_id=UUID(wanted)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("There is no such detainer on this case.")
    return found
