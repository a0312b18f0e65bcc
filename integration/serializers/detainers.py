"""A detainer as a machine sends it, and what is answered. They validate and shape; `detainers.services` decides."""

from typing import Any

from rest_framework import serializers

from detainers.formdata import LENGTHS, SEXES, DetainerForm, FormDetails
from detainers.lifts import BY_ISSUER, MEANING
from detainers.models import Detainer, Warrant
from detainers.warrants import WORDS
from integration.serializers.bookings import WHEN
from integration.serializers.fields import Base64Field, InstantField, StrictSerializer

SERVICE_FIELDS = {
    "at": "received_at",
    "document": "scan",
    "subject_sex": "subject.sex",
    "kind": "warrant.kind",
    "signed_by_role": "warrant.signed_by",
}
"""Names that the service uses for fields that lie elsewhere in the request."""
LIFTS = "; ".join(f"`{code.value}`: {MEANING[code]}" for code in BY_ISSUER)
SIGNERS = "; ".join(f"`{signer.value}`: {words}" for signer, words in WORDS.items())


def text(most: int, help_text: str = "") -> serializers.CharField:
    """A text that may be left out, as it may be on the paper."""
    return serializers.CharField(
        max_length=most, required=False, default="", allow_blank=True, help_text=help_text
    )


def day() -> serializers.DateField:
    return serializers.DateField(required=False, allow_null=True, default=None)


class SubjectWriteSerializer(StrictSerializer):
    """The person as written on the form, also where it is wrong."""

    surname = text(100)
    given_names = text(150)
    birth_date = day()
    citizenship = text(LENGTHS["citizenship"])
    sex = serializers.ChoiceField(choices=list(SEXES), required=False, default="")


class BoxesWriteSerializer(StrictSerializer):
    """What is ticked, by the box codes of the edition."""

    basis = serializers.ListField(
        child=serializers.CharField(), required=False, default=list, help_text="Box 1"
    )
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    priority = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    loan_back = serializers.BooleanField(required=False, default=False, help_text="Box 2")
    on_conviction = serializers.BooleanField(required=False, default=False)


class OfficerWriteSerializer(StrictSerializer):
    """Who issued it."""

    name = text(LENGTHS["officer_name"], "Kept sealed")
    title = text(100)
    has_signed = serializers.BooleanField(required=False, default=False)


class WarrantWriteSerializer(StrictSerializer):
    """A warrant that came with it."""

    kind = serializers.ChoiceField(choices=Warrant.Kind.choices)
    signed_by = serializers.ChoiceField(choices=list(WORDS), help_text=SIGNERS)
    signed_at = InstantField(help_text=WHEN)


class DetainerWriteSerializer(StrictSerializer):
    """A detainer that reached the jail. What the paper leaves empty is left out."""

    case = serializers.UUIDField(help_text="Public id of the case it is about")
    received_at = InstantField(help_text=WHEN)
    channel = serializers.ChoiceField(
        choices=[item for item in Detainer.Channel.choices if item[0] != "in_system"],
        required=False,
        default="api",
        help_text="How it reached the jail",
    )
    edition = serializers.CharField(
        max_length=20, help_text="Such as `I-247A_2017`; `unknown` if none is stated"
    )
    issued_on = day()
    subject = SubjectWriteSerializer(required=False, default=dict)
    boxes = BoxesWriteSerializer(required=False, default=dict)
    issuing_office = text(200, "The FROM block")
    addressed_to = text(LENGTHS["addressed_to"], "The TO block")
    subject_id = text(LENGTHS["subject_id"])
    event_number = text(LENGTHS["event_number"])
    a_number = text(LENGTHS["a_number"])
    officer = OfficerWriteSerializer(required=False, default=dict)
    notify_ice = serializers.BooleanField(required=False, default=False)
    notify_cbp = serializers.BooleanField(required=False, default=False)
    notify_phone = text(LENGTHS["notify_phone"])
    cancels_earlier = serializers.BooleanField(required=False, default=False)
    cancels_dated = day()
    unreadable = serializers.BooleanField(
        required=False, default=False, help_text="The form cannot be read; send its scan"
    )
    scan = Base64Field(
        required=False, allow_null=True, default=None, help_text="PDF or picture in base64, unchanged"
    )
    warrant = WarrantWriteSerializer(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["unreadable"] and not attrs["scan"]:
            raise serializers.ValidationError(
                {"scan": "Send the scan: a form that cannot be read is kept as it came."}, code="required"
            )
        return attrs


class LackSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class DetainerLinksSerializer(serializers.Serializer[Any]):
    case = serializers.CharField(help_text="Address of the case")


class DetainerReadSerializer(serializers.Serializer[Any]):
    """What a detainer came to. `deficient` is registered and holds nobody."""

    id = serializers.UUIDField(help_text="Public id of the detainer")
    state = serializers.CharField()
    deficiencies = LackSerializer(many=True)
    outcome = serializers.ChoiceField(choices=["created", "unchanged", "lifted"])
    links = DetainerLinksSerializer()


class LiftWriteSerializer(StrictSerializer):
    """The issuing side withdrew it."""

    lifted_at = InstantField(help_text=WHEN)
    code = serializers.ChoiceField(choices=[item.value for item in BY_ISSUER], help_text=LIFTS)
    reason = text(500, "How it is known; no name")


def detainer_form(values: dict[str, Any]) -> DetainerForm:
    """Validated values as the service wants them."""
    subject, officer = {"citizenship": "", **values["subject"]}, values["officer"]
    return DetainerForm(
        edition="unknown" if values["unreadable"] else values["edition"],
        boxes=dict(values["boxes"]),
        subject_surname=subject.get("surname", ""),
        subject_given_names=subject.get("given_names", ""),
        subject_birth_date=subject.get("birth_date"),
        subject_sex=subject.get("sex", ""),
        notify_ice=values["notify_ice"],
        notify_cbp=values["notify_cbp"],
        issuing_office=values["issuing_office"],
        officer_title=officer.get("title", ""),
        signature_present=officer.get("has_signed", False),
        issued_on=values["issued_on"],
        cancels_earlier=values["cancels_earlier"],
        cancels_dated=values["cancels_dated"],
        is_unreadable=values["unreadable"],
        details=FormDetails(
            subject_id=values["subject_id"],
            event_number=values["event_number"],
            a_number=values["a_number"],
            addressed_to=values["addressed_to"],
            citizenship=subject["citizenship"],
            officer_name=officer.get("name", ""),
            notify_phone=values["notify_phone"],
        ),
    )
