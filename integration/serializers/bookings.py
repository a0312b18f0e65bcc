"""A booking as it comes in, and what is answered. They validate and shape; `cases.services.book` decides."""

from typing import Any

from rest_framework import serializers

from cases.booking import BookingRequest, ChargeFacts, GroundFacts, PersonFacts
from cases.models import Charge, LocalGround
from integration.serializers.fields import Base64Field, InstantField, StrictSerializer

WHEN = "RFC 3339 with offset, or a wall time of the facility such as `2026-03-19T14:00`"
SEXES = ["M", "F", "X", "G", "N", "Y", "Z", "U"]
SERVICE_FIELDS = {
    "surname": "person.surname",
    "sex": "person.sex",
    "birth_date": "person.birth_date",
    "document": "eft",
}
"""Names that the booking service uses for fields that lie deeper in the request."""


class PersonWriteSerializer(StrictSerializer):
    """Who is booked, as the jail writes it; names in any script."""

    surname = serializers.CharField(max_length=100)
    given_names = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    birth_date = serializers.DateField(required=False, allow_null=True, default=None)
    sex = serializers.ChoiceField(choices=SEXES, help_text="Code of the print card")
    birth_place = serializers.CharField(
        max_length=2,
        required=False,
        default="",
        allow_blank=True,
        help_text="NCIC code of a state or country",
    )


class ChargeWriteSerializer(StrictSerializer):
    """One charge."""

    offence_code = serializers.RegexField(r"^\d{4}$", help_text="NCIC offence code; 0399 if none fits")
    description = serializers.CharField(max_length=300)
    offence_class = serializers.ChoiceField(
        choices=Charge._meta.get_field("offence_class").choices, required=False, default="misdemeanor"
    )


class GroundWriteSerializer(StrictSerializer):
    """A local ground to hold besides the charges."""

    kind = serializers.ChoiceField(choices=[item for item in LocalGround.Kind.choices if item[0] != "charge"])
    description = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    started_at = InstantField(help_text=WHEN)


class BookingWriteSerializer(StrictSerializer):
    """A booking. The same agency and booking number again is the same booking."""

    booking_number = serializers.CharField(max_length=30)
    booked_at = InstantField(help_text=WHEN)
    arrested_at = InstantField(required=False, allow_null=True, default=None, help_text=WHEN)
    person = PersonWriteSerializer()
    charges = ChargeWriteSerializer(many=True, required=False, default=list, max_length=200)
    grounds = GroundWriteSerializer(many=True, required=False, default=list, max_length=50)
    eft = Base64Field(
        required=False, allow_null=True, default=None, help_text="The print file (EFT) in base64, unchanged"
    )


class BookingUploadSerializer(serializers.Serializer[Any]):
    """The same booking as a form: the JSON without `eft` in one part, the print file in the other."""

    booking = serializers.JSONField(help_text="The booking as JSON, without `eft`")
    eft = serializers.FileField(required=False, help_text="The print file (EFT), unchanged")


class BookingLinksSerializer(serializers.Serializer[Any]):
    case = serializers.CharField(help_text="Address of the case")


class BookingReadSerializer(serializers.Serializer[Any]):
    """What a booking came to."""

    id = serializers.UUIDField(help_text="Public id of the case")
    number = serializers.CharField(help_text="The case number people use")
    outcome = serializers.ChoiceField(choices=["created", "amended", "unchanged"])
    links = BookingLinksSerializer()


def booking_request(values: dict[str, Any], *, text: dict[str, Any], channel: str = "api") -> BookingRequest:
    """Validated values as the service wants them; `text` is what was sent, from which the time as written is kept."""
    return BookingRequest(
        booking_number=values["booking_number"],
        booked_at=values["booked_at"],
        arrested_at=values["arrested_at"],
        person=PersonFacts(**values["person"]),
        charges=tuple(ChargeFacts(**charge) for charge in values["charges"]),
        grounds=tuple(GroundFacts(**ground) for ground in values["grounds"]),
        eft=values["eft"],
        channel=channel,
        booked_at_text=str(text.get("booked_at", ""))[:60],
    )
