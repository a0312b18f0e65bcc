"""The board, the case page and the download of a received document. Reads only; every one of them is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import View

from accounts.bases import ScopedView
from accounts.permissions import Permission
from audit import record
from cases.models import Document
from cases.services.documents import Unreadable, content_of, document_by_public_id
from desk import accesses, board, case_page, freshness, wall
from desk.filters import Filters
from desk.handovers import HandoverNote
from desk.saved import SavedFilter
from desk.stages import NAMES as STAGES
from desk.ways import Way


class BoardView(ScopedView, View):
    """The front page of the jail. `?wall=1` is for a screen on the wall: numbers and units, no names, nothing to press.

    `?fragment=1` is the same without the frame, for the page's own refresh.
    """

    permission = Permission.BOARD_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        is_refresh, is_wall = request.GET.get("fragment") == "1", request.GET.get("wall") == "1"
        filters, now = Filters.read(request.GET), timezone.now()
        seen = freshness.look(self.actor, filters, is_wall=is_wall, at=now)
        if is_refresh:
            if not wall.is_wall(request):
                _leave_idle(request)
            if request.headers.get("If-None-Match") == seen.tag:
                return _tagged(HttpResponseNotModified(), seen.tag)
        shown = board.read(self.actor, at=now, filters=filters, seen=seen)
        context = {
            "board": shown,
            "is_wall": is_wall,
            "is_bound": wall.is_wall(request),
            "way": Way(shown.filters, to_board=True),
        }
        if is_refresh:
            accesses.board_refreshed(self.actor, _shown(shown), shown.chosen)
            return _tagged(render(request, "desk/board_rows.html", context), seen.tag)
        accesses.board_opened(self.actor, _shown(shown), shown.chosen)
        context |= {
            "title": _("Board"),
            "may_book": self.actor.may_somewhere(Permission.CASE_BOOK),
            "stages": [(stage.value, name) for stage, name in STAGES.items()],
            "tag": seen.tag,
            "is_bound": wall.is_wall(request),
            "kept": SavedFilter.objects.visible_to(self.actor).order_by("name", "pk")[:20],
            "unread": HandoverNote.objects.visible_to(self.actor)
            .unread_by(self.actor, at=now)
            .select_related("agency")
            .order_by("-written_at")[:3],
        }
        return render(request, "desk/board.html", admin.site.each_context(request) | context)


def _shown(shown: board.Board) -> list[UUID]:
    """The cases that the page names."""
    cases = [row.facts.public_id for row in shown.rows]
    cases += [lead.candidate.submission.case.public_id for lead in shown.leads]
    return cases + [item.case for item in shown.stuck if item.case]


def _tagged(response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    return response


class LeadsView(BoardView):
    """The front page of an examiner, who sees no board: the prints to compare."""

    permission = Permission.CANDIDATE_REVIEW


class SubmissionsStartView(BoardView):
    """The front page of somebody who only watches transmissions."""

    permission = Permission.SUBMISSION_VIEW


class DetainersStartView(BoardView):
    """The front page of a federal liaison."""

    permission = Permission.DETAINER_VIEW


FRONT_PAGES: tuple[type[BoardView], ...] = (BoardView, LeadsView, SubmissionsStartView, DetainersStartView)


class CaseView(ScopedView, View):
    """Everything about one case. Another agency's case does not exist here."""

    permission = Permission.CASE_VIEW
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        page = case_page.read(self.actor, public_id, at=timezone.now())
        record.access(
            accesses.CASE_OPENED,
            actor=self.actor,
            objects=[public_id],
            object_type="case",
            case=public_id,
            agency=page.case.agency.public_id,
        )
        title = _("Case %(number)s") % {"number": page.case.number}
        context = admin.site.each_context(request) | {
            "page": page,
            "title": title,
            "way": Way.read(request.GET),
        }
        return render(request, "desk/case.html", context)


class DocumentView(ScopedView, View):
    """A received document, exactly as it came, only ever as a download."""

    permission = Permission.DOCUMENT_VIEW
    http_method_names = ["get"]

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        document: Document = document_by_public_id(self.actor, public_id)
        record.access(
            accesses.DOCUMENT_DOWNLOADED,
            actor=self.actor,
            objects=[public_id],
            object_type="document",
            agency=document.agency.public_id if document.agency else None,
        )
        try:
            content = content_of(document)
        except Unreadable as error:
            return _unreadable(request, error)
        response = HttpResponse(content, content_type="application/octet-stream")
        name = f"{document.kind}-{document.sha256[:12]}.{_suffix(document)}"
        response["Content-Disposition"] = content_disposition_header(True, name)
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


def _unreadable(request: HttpRequest, error: Unreadable) -> HttpResponse:
    """A page that says since when or why the document cannot be read, and what to do."""
    context = {
        "status": error.status,
        "title": _("This document cannot be read"),
        "sentence": error.message,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "404.html", context, status=error.status)


SUFFIXES = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/tiff": "tif",
    "text/plain": "txt",
}


def _suffix(document: Document) -> str:
    return SUFFIXES.get(document.media_type, "eft" if "eft" in document.kind else "bin")


def _leave_idle(request: HttpRequest) -> None:
    """A refresh the page makes by itself does not show that somebody is there, so it must not lengthen the session."""

    def unsaved(*args: Any, **kwargs: Any) -> None:
        return None

    request.session.save = unsaved  # type: ignore[method-assign]
