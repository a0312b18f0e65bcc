from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.errors import Invalid, NotFound
from accounts.permissions import Permission
from audit import record
from cases.models import Case
from detainers.documents import texts
from detainers.documents.kinds import Kind
from detainers.services.filing import made_for
from integration.openapi import problems
from integration.views.base import ClientView


class PdfRenderer(BaseRenderer):
    """Lets a client ask for `application/pdf`; a refusal is JSON all the same."""

    media_type = "application/pdf"
    format = "pdf"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data, "application/problem+json", renderer_context)


class DocumentView(ClientView):
    """One notice, form or worksheet of a case, as it stands now."""

    permission = Permission.DETAINER_VIEW
    renderer_classes = [JSONRenderer, PdfRenderer]

    @extend_schema(
        operation_id="read_document",
        summary="Make a document of a case",
        description="PDF/UA-1, made as the case stands now and not kept. Only the notice exists in several languages; one that "
        "no person has reviewed carries a watermark and does not count as notice.",
        parameters=[
            OpenApiParameter("kind", str, required=True, enum=[kind.value for kind in Kind]),
            OpenApiParameter("language", str, default="en", enum=list(texts.CODES)),
        ],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        visible = Case.objects.visible_to(self.actor).select_related("person", "agency", "booking")
        case = visible.filter(public_id=public_id).first()
        if case is None:
            raise NotFound("There is no such case.")
        language = request.query_params.get("language", "en")
        made = made_for(_kind(request.query_params.get("kind", "")), case, None, language, timezone.now())
        record.access(
            "document.produced",
            actor=self.actor,
            objects=[case.public_id],
            object_type="case",
            case=case.public_id,
            agency=self.client.agency.public_id,
            purpose=f"{made.kind.value} {made.language}",
        )
        response = HttpResponse(made.content, content_type="application/pdf")
        response["Content-Disposition"] = content_disposition_header(True, made.file_name)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        names = ", ".join(item.value for item in Kind)
        raise Invalid(f"Name a document: {names}.", field="kind", code="unknown_kind") from error
