"""Detainers by the machines' door: received, and lifted. Everything else about one is read with its case."""

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Conflict, FieldError, Invalid, NotFound
from accounts.permissions import Permission
from cases.models import Case, Document
from cases.services import store_document
from detainers import services
from detainers.formdata import DetainerForm
from detainers.models import Detainer
from detainers.services.records import same_content
from integration.openapi import problems
from integration.parsers import BoundedJSONParser
from integration.serializers.detainers import (
    SERVICE_FIELDS,
    DetainerReadSerializer,
    DetainerWriteSerializer,
    LiftWriteSerializer,
    detainer_form,
)
from integration.services.idempotency import Answer, once
from integration.views.base import ClientView

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text that is new for each request; sent again with the same content it gives the same answer for a day.",
)
MEDIA = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class _Once(ClientView):
    """What both addresses share: one effect a key, the service's fields by the request's names."""

    abstract = True
    parser_classes = [BoundedJSONParser]

    def answer(self, request: Request, work: Any) -> Response:
        """`work` once for this key and body."""
        body = json.dumps(request.data, sort_keys=True, default=str).encode()
        answer = once(
            client=self.client,
            key=request.headers.get("Idempotency-Key", "").strip(),
            body_sha256=sha256(request.path.encode() + b"\0" + body).hexdigest(),
            at=timezone.now(),
            work=work,
        )
        response = Response(answer.body, status=answer.status)
        if answer.is_replay:
            response["Idempotency-Replayed"] = "true"
        return response

    def renamed(self, error: Invalid, names: dict[str, str]) -> Invalid:
        """The service's field names as paths of the request."""
        return Invalid(
            [FieldError(names.get(item.field, item.field), item.message, item.code) for item in error.errors]
        )


class DetainersView(_Once):
    """Take in a detainer."""

    permission = Permission.DETAINER_REGISTER

    @extend_schema(
        operation_id="register_detainer",
        summary="Send a detainer that reached the jail",
        description="It is registered however it is filled in: what is lacking makes it `deficient`, with the reasons, "
        "and gives no ground to hold. The same paper again (edition, date, and event number or scan) answers 200 "
        "when it says the same, and is a conflict when it says something else.",
        parameters=[KEY],
        request=DetainerWriteSerializer,
        responses={
            201: OpenApiResponse(DetainerReadSerializer, description="Registered"),
            200: OpenApiResponse(DetainerReadSerializer, description="The same paper as before"),
            **problems(400, 401, 403, 404, 409, 415),
        },
    )
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, dict):
            raise Invalid("Send one detainer as a JSON object.", code="not_an_object")
        serializer = DetainerWriteSerializer(
            data=request.data, context={"zone": self.client.agency.time_zone}
        )
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        text = str(request.data.get("received_at", ""))[:60]
        return self.answer(request, lambda: self._register(values, text))

    def _register(self, values: dict[str, Any], text: str) -> Answer:
        case = Case.objects.visible_to(self.actor).filter(public_id=values["case"]).first()
        if case is None:
            raise NotFound(
                "There is no such case. Send its public id, as the booking answered it.", field="case"
            )
        form = detainer_form(values)
        try:
            with transaction.atomic():
                detainer = self._keep(case, form, values, text)
        except services.RegisteredBefore as again:
            return self._again(again, form)
        except Invalid as error:
            raise self.renamed(error, SERVICE_FIELDS) from error
        return Answer(201, body_of(detainer, "created"))

    def _keep(self, case: Case, form: DetainerForm, values: dict[str, Any], text: str) -> Detainer:
        detainer = services.register_detainer(
            case_id=case.pk,
            actor=self.actor,
            at=values["received_at"],
            form=form,
            channel=values["channel"],
            received_text=text,
            document=self._scan(values["scan"], values["channel"]),
        )
        warrant = values["warrant"]
        if warrant:
            services.record_warrant(
                detainer_id=detainer.pk,
                actor=self.actor,
                at=warrant["signed_at"],
                kind=warrant["kind"],
                signed_by_role=warrant["signed_by"],
            )
        return detainer

    def _scan(self, content: bytes | None, channel: str) -> Document | None:
        if not content:
            return None
        return store_document(
            actor=self.actor,
            agency=self.client.agency,
            kind="detainer_scan",
            media_type=next(
                (name for start, name in MEDIA.items() if content.startswith(start)),
                "application/octet-stream",
            ),
            content=content,
            channel=channel,
            at=timezone.now(),
        )

    def _again(self, again: services.RegisteredBefore, form: DetainerForm) -> Answer:
        """The same answer for the same content; a conflict that names the first for other content."""
        if same_content(again.detainer, form):
            return Answer(200, body_of(again.detainer, "unchanged"))
        raise Conflict(
            f"{again.message} What you sent says something else; the first is detainer {again.detainer.public_id}. "
            "Correct the first in the admin, or check the event number.",
            code=again.code,
        )


class DetainerLiftView(_Once):
    """A detainer that the issuing side withdrew."""

    permission = Permission.DETAINER_LIFT

    @extend_schema(
        operation_id="lift_detainer",
        summary="Say that a detainer was lifted",
        description="Any hold that rests on it ends at `lifted_at`.",
        parameters=[KEY],
        request=LiftWriteSerializer,
        responses={200: DetainerReadSerializer, **problems(400, 401, 403, 404, 409, 415)},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        detainer = Detainer.objects.visible_to(self.actor).filter(public_id=public_id).first()
        if detainer is None:
            raise NotFound(
                "There is no such detainer, so there is nothing to lift. Register it first, or check its id."
            )
        serializer = LiftWriteSerializer(data=request.data, context={"zone": self.client.agency.time_zone})
        serializer.is_valid(raise_exception=True)
        return self.answer(request, lambda: self._lift(detainer, serializer.validated_data))

    def _lift(self, detainer: Detainer, values: dict[str, Any]) -> Answer:
        try:
            lifted = services.lift_detainer(
                detainer_id=detainer.pk,
                actor=self.actor,
                at=values["lifted_at"],
                code=values["code"],
                reason=values["reason"],
            )
        except Invalid as error:
            raise self.renamed(error, {"at": "lifted_at"}) from error
        return Answer(200, body_of(lifted, "lifted"))


def body_of(detainer: Detainer, outcome: str) -> dict[str, Any]:
    """The answer about one detainer: no name and no number of the form."""
    body = {
        "id": detainer.public_id,
        "state": detainer.state,
        "deficiencies": detainer.deficiencies,
        "outcome": outcome,
        "links": {"case": reverse("integration:case", args=[detainer.case.public_id])},
    }
    return dict(DetainerReadSerializer(body).data)
