import json
from hashlib import sha256
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import FieldError, Invalid
from accounts.permissions import Permission
from cases import services
from cases.booking import BookingRequest, digest
from integration.openapi import problems
from integration.parsers import BoundedJSONParser
from integration.serializers.bookings import (
    SERVICE_FIELDS,
    BookingReadSerializer,
    BookingUploadSerializer,
    BookingWriteSerializer,
    booking_request,
)
from integration.services.idempotency import Answer, once
from integration.views.base import ClientView

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text that is new for each booking; sent again with the same content it gives the same answer for a day.",
)


class BookingsView(ClientView):
    """Take in a booking."""

    permission = Permission.CASE_BOOK
    parser_classes = [BoundedJSONParser, MultiPartParser]

    @extend_schema(
        operation_id="book",
        summary="Send a booking",
        description="The same booking number again answers 200: unchanged, or amended by charges it did not have. "
        "Another identity or other prints under the same number are a conflict.",
        parameters=[KEY],
        request={"application/json": BookingWriteSerializer, "multipart/form-data": BookingUploadSerializer},
        responses={
            201: OpenApiResponse(BookingReadSerializer, description="A new case"),
            200: OpenApiResponse(BookingReadSerializer, description="The same booking as before, or amended"),
            **problems(400, 401, 403, 409, 415),
        },
    )
    def post(self, request: Request) -> Response:
        sent = _sent(request)
        serializer = BookingWriteSerializer(data=sent, context={"zone": self.client.agency.time_zone})
        serializer.is_valid(raise_exception=True)
        booking = booking_request(serializer.validated_data, text=sent)
        key = request.headers.get("Idempotency-Key", "").strip()
        answer = once(
            client=self.client,
            key=key,
            body_sha256=content_digest(booking) if key else "",
            at=timezone.now(),
            work=lambda: self._book(booking),
        )
        response = Response(answer.body, status=answer.status)
        response["Location"] = answer.body["links"]["case"]
        if answer.is_replay:
            response["Idempotency-Replayed"] = "true"
        return response

    def _book(self, booking: BookingRequest) -> Answer:
        try:
            result = services.book(
                actor=self.actor, agency=self.client.agency, request=booking, at=timezone.now()
            )
        except Invalid as error:
            raise _renamed(error) from error
        outcome = "created" if result.created else "amended" if result.changed else "unchanged"
        links = {"case": reverse("integration:case", args=[result.case.public_id])}
        body = {"id": result.case.public_id, "number": result.case.number, "outcome": outcome, "links": links}
        return Answer(201 if result.created else 200, dict(BookingReadSerializer(body).data))


def content_digest(booking: BookingRequest) -> str:
    """Digest of what a booking says, whatever the spelling of the request around it."""
    prints = sha256(booking.eft).hexdigest() if booking.eft else ""
    return digest(
        [
            booking.booking_number,
            booking.arrested_at,
            booking.identity_digest(),
            booking.person.birth_place,
            booking.content_digest(),
            prints,
        ]
    )


def _sent(request: Request) -> dict[str, Any]:
    """The booking as a dictionary, from either kind of request. Raises Invalid."""
    data = request.data
    if not (request.content_type or "").startswith("multipart/"):
        if not isinstance(data, dict):
            raise Invalid("Send one booking as a JSON object.", code="not_an_object")
        return data
    try:
        booking = json.loads(data.get("booking", ""))
    except (ValueError, RecursionError):
        raise Invalid("This part must hold the booking as JSON.", field="booking", code="not_json") from None
    if not isinstance(booking, dict):
        raise Invalid("Send one booking as a JSON object.", field="booking", code="not_an_object")
    upload = request.FILES.get("eft")
    return {**booking, "eft": upload} if isinstance(upload, UploadedFile) else booking


def _renamed(error: Invalid) -> Invalid:
    """The service's field names as paths of the request."""
    return Invalid(
        [
            FieldError(SERVICE_FIELDS.get(item.field, item.field), item.message, item.code)
            for item in error.errors
        ]
    )
