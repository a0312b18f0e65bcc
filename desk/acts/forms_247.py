"""Form I-247A and its forerunners as a clerk copies them: every field, in the order of the paper."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.acts.fields import ActForm, LocalTimeField, PickField, TicksField, TypedDateField, UploadField
from detainers import rulebook
from detainers.formdata import LENGTHS, DetainerForm, FormDetails
from detainers.models import Detainer

NEWEST: Final = "I-247A_2017"
UNKNOWN: Final = "unknown"
CHANNELS = [item for item in Detainer.Channel.choices if item[0] in ("paper", "fax", "email", "file")]
SEXES = [
    ("", gettext_lazy("Not on the form")),
    ("F", gettext_lazy("Female")),
    ("M", gettext_lazy("Male")),
    ("X", gettext_lazy("X")),
    ("U", gettext_lazy("Unknown")),
]
FIELD_OF: Final[dict[str, str]] = {
    "UNREADABLE": "unreadable",
    "UNKNOWN_EDITION": "edition",
    "EDITION_NOT_YET_ISSUED": "edition",
    "DATED_AFTER_RECEIPT": "issued_on",
    "BOX_NOT_ON_FORM": "basis",
    "BOTH_BOXES": "loan_back",
    "NO_BASIS": "basis",
    "NO_PRIORITY": "priority",
    "CANCELS_ONLY": "cancels_earlier",
    "CANCELS_UNKNOWN": "cancels_dated",
    "NO_SIGNATURE": "signature_present",
    "NO_OFFICER_TITLE": "officer_title",
    "NO_ISSUING_OFFICE": "issuing_office",
    "NO_SUBJECT": "subject_surname",
    "OTHER_PERSON": "subject_surname",
    "OTHER_BIRTH_DATE": "subject_birth_date",
    "OTHER_SEX": "subject_sex",
}
"""At which field each lack of a form is shown."""


def edition_choices() -> list[tuple[str, Any]]:
    """Newest first, each with its title, and a way to say that the edition is not known."""
    found = sorted(rulebook.current().editions.values(), key=lambda item: item.starts_on, reverse=True)
    labels = [(item.code, f"{item.code.replace('_', ', ')}: {item.title}") for item in found]
    return [*labels, (UNKNOWN, gettext_lazy("Another edition, or none stated on the form"))]


def detail(name: str, label: Any, help_text: Any = "") -> forms.CharField:
    """A text of the sealed part, as long as its place allows."""
    return forms.CharField(label=label, help_text=help_text, max_length=LENGTHS[name], required=False)


class PaperForm(ActForm):
    """What is printed and ticked on the form. Nothing here may be required: what the paper leaves empty stays empty."""

    marks_optional = False
    paper_sections = (
        (
            gettext_lazy("Head of the form"),
            (
                "edition",
                "boxes_of",
                "issued_on",
                "subject_id",
                "event_number",
                "a_number",
                "addressed_to",
                "issuing_office",
            ),
        ),
        (
            gettext_lazy("The person, as written on the form"),
            ("subject_surname", "subject_given_names", "subject_birth_date", "citizenship", "subject_sex"),
        ),
        (
            gettext_lazy("Box 1: why the detainer was issued"),
            ("basis", "reasons", "reason_text", "priority", "on_conviction"),
        ),
        (gettext_lazy("Box 2: the person is handed over and to be taken back"), ("loan_back",)),
        (
            gettext_lazy("Notice before release, as the form asks"),
            ("notify_ice", "notify_cbp", "notify_phone"),
        ),
        (gettext_lazy("Cancel box"), ("cancels_earlier", "cancels_dated")),
        (gettext_lazy("The immigration officer"), ("officer_name", "officer_title", "signature_present")),
        (
            gettext_lazy("The jail's part of the form"),
            ("lea_booking_number", "lea_release_at", "lea_charge_date", "lea_offence"),
        ),
    )
    why = {
        "edition": gettext_lazy(
            "Each edition has its own clock. The detainer keeps the rule of its edition for life, so the wrong "
            "one could hold the person days too long."
        ),
        "subject_surname": gettext_lazy(
            "If the form names somebody else, it gives no ground to hold this person. Copy it also where it is wrong."
        ),
        "basis": gettext_lazy(
            "The form asks for exactly one of box 1, with at least one of its lines, and box 2. Both or neither: "
            "it is deficient and holds nobody."
        ),
        "notify_ice": gettext_lazy(
            "Whether ICE or CBP may be told of a release is for the law of this place."
        ),
        "cancels_earlier": gettext_lazy(
            "Ticked, it ends a detainer that came before, and any hold on it, at once."
        ),
        "officer_name": gettext_lazy(
            "A form without title or signature is deficient. The name is kept sealed."
        ),
        "lea_booking_number": gettext_lazy(
            "This part goes back to the issuing office; it is kept sealed here."
        ),
    }
    edition = forms.ChoiceField(
        label=gettext_lazy("Edition"),
        help_text=gettext_lazy("Printed at the foot of the form."),
        initial=NEWEST,
    )
    boxes_of = forms.CharField(widget=forms.HiddenInput, required=False)
    issued_on = TypedDateField(label=gettext_lazy("Date on the form"), required=False)
    subject_id = detail("subject_id", gettext_lazy("Subject ID"))
    event_number = detail(
        "event_number",
        gettext_lazy("Event number"),
        gettext_lazy("It tells the same form apart from another."),
    )
    a_number = detail("a_number", gettext_lazy("File number (A-number)"))
    addressed_to = detail("addressed_to", gettext_lazy("TO: institution"))
    issuing_office = forms.CharField(
        label=gettext_lazy("FROM: issuing office and address"),
        help_text=gettext_lazy("Leave empty only if the form does."),
        max_length=200,
        required=False,
    )
    subject_surname = forms.CharField(label=gettext_lazy("Surname"), max_length=100, required=False)
    subject_given_names = forms.CharField(label=gettext_lazy("Given names"), max_length=150, required=False)
    subject_birth_date = TypedDateField(label=gettext_lazy("Date of birth"), required=False)
    citizenship = detail("citizenship", gettext_lazy("Citizenship"))
    subject_sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)
    basis = TicksField(label=gettext_lazy("Lines ticked in box 1"))
    reasons = TicksField(label=gettext_lazy("Reasons ticked under it"))
    reason_text = detail("reason_text", gettext_lazy("Another reason, as written"))
    priority = TicksField(label=gettext_lazy("Priority boxes"))
    on_conviction = forms.BooleanField(
        label=gettext_lazy("Takes effect only upon conviction"), required=False
    )
    loan_back = forms.BooleanField(required=False)
    notify_ice = forms.BooleanField(label=gettext_lazy("Asks that ICE be told"), required=False)
    notify_cbp = forms.BooleanField(label=gettext_lazy("Asks that CBP be told"), required=False)
    notify_phone = detail("notify_phone", gettext_lazy("Telephone given for it"))
    cancels_earlier = forms.BooleanField(
        label=gettext_lazy("Asks to cancel a detainer sent before"), required=False
    )
    cancels_dated = TypedDateField(label=gettext_lazy("Date of the detainer to cancel"), required=False)
    officer_name = detail("officer_name", gettext_lazy("Name of the officer"))
    officer_title = forms.CharField(
        label=gettext_lazy("Title of the officer"), max_length=100, required=False
    )
    signature_present = forms.BooleanField(
        label=gettext_lazy("An officer has signed the form"), required=False
    )
    lea_booking_number = detail("lea_booking_number", gettext_lazy("Booking or inmate number"))
    lea_release_at = LocalTimeField(label=gettext_lazy("Estimated release"), starts_now=False, required=False)
    lea_charge_date = TypedDateField(
        label=gettext_lazy("Latest criminal charge or conviction"), required=False
    )
    lea_offence = detail("lea_offence", gettext_lazy("Last offence charged or convicted of"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["edition"].choices = edition_choices()  # type: ignore[attr-defined]
        book, code = rulebook.current(), str(self["edition"].value() or NEWEST)
        edition, words = book.editions.get(code), book.boxes
        every = list(book.editions.values())
        for name in ("basis", "reasons", "priority"):
            offered = getattr(edition, name) if edition else _all_of(every, name)
            self.fields[name].choices = [(box, words[box]) for box in offered]  # type: ignore[attr-defined]
            if not offered:
                del self.fields[name]
        self.fields["loan_back"].label = str(words["loan_back"])
        hidden = {
            "reason_text": "reasons" not in self.fields,
            "loan_back": edition is not None and not edition.loan_back,
            "on_conviction": edition is not None and not edition.on_conviction_box,
        }
        for name, is_hidden in hidden.items():
            if is_hidden:
                del self.fields[name]
        self.shown_boxes = code
        self.initial["boxes_of"] = code

    def full_clean(self) -> None:
        """Boxes belong to the edition they were shown for; after a change of edition they are asked again."""
        asked_for = self.data.get("boxes_of") if self.is_bound else None
        if asked_for and asked_for != self.shown_boxes and not self.data.get("unreadable"):
            self.data = self.data.copy()
            self.data["boxes_of"] = self.shown_boxes
            for name in ("basis", "reasons", "priority"):
                self.data.setlist(name, [])
            super().full_clean()
            self.add_error(
                "edition",
                _("Below are now the boxes of this edition. Tick those on the form, then register it."),
            )
            return
        super().full_clean()

    def explained_sections(self) -> list[tuple[Any, Any, Any]]:
        """(heading, rows, why it is asked) in the order of the page; the reason is kept under the first field."""
        first = {str(heading): names[0] for heading, names in self.sections}
        return [
            (heading, rows, self.why.get(first.get(str(heading), ""), ""))
            for heading, rows in self.section_rows()
        ]

    def paper(self, *, unreadable: bool = False) -> DetainerForm:
        """What the form says, as it was typed."""
        typed = self.cleaned_data
        release = typed["lea_release_at"]
        own = {name: typed.get(name, "") for name in LENGTHS}
        return DetainerForm(
            edition=UNKNOWN if unreadable else typed["edition"],
            boxes={
                "basis": list(typed.get("basis", ())),
                "reasons": list(typed.get("reasons", ())),
                "priority": list(typed.get("priority", ())),
                "loan_back": typed.get("loan_back", False),
                "on_conviction": typed.get("on_conviction", False),
            },
            subject_surname=typed["subject_surname"],
            subject_given_names=typed["subject_given_names"],
            subject_birth_date=typed["subject_birth_date"],
            subject_sex=typed["subject_sex"],
            notify_ice=typed["notify_ice"],
            notify_cbp=typed["notify_cbp"],
            issuing_office=typed["issuing_office"],
            officer_title=typed["officer_title"],
            signature_present=typed["signature_present"],
            issued_on=typed["issued_on"],
            cancels_earlier=typed["cancels_earlier"],
            cancels_dated=typed["cancels_dated"],
            is_unreadable=unreadable,
            details=FormDetails(
                **own,
                lea_release_at=release.at if release else None,
                lea_charge_date=typed["lea_charge_date"],
            ),
        )


class ReceiptForm(PaperForm):
    """The paper with its receipt."""

    receipt_sections = ((gettext_lazy("Receipt"), ("received", "channel", "scan", "unreadable")),)
    received = LocalTimeField(
        label=gettext_lazy("Received at"), help_text=gettext_lazy("When it reached this jail.")
    )
    channel = PickField(
        label=gettext_lazy("How it came"),
        choices=CHANNELS,
        required_message=gettext_lazy("Choose how it came."),
    )
    scan = UploadField(
        label=gettext_lazy("Scan of the form"),
        help_text=gettext_lazy("PDF or picture, up to 16 MB, if you have one. It is kept as it is."),
        accept=".pdf,.png,.jpg,.jpeg,.tif,.tiff",
        required=False,
    )
    unreadable = forms.BooleanField(
        label=gettext_lazy("The form cannot be read"),
        help_text=gettext_lazy("It is kept with its scan and gives no ground to hold. Leave the rest empty."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("unreadable") and not typed.get("scan") and "scan" not in self.errors:
            self.add_error("scan", _("Add the scan: a form that cannot be read is kept as it came."))
        return typed


def _all_of(editions: Any, name: str) -> list[str]:
    """Every box that any edition has in a group, in the order of the file."""
    return list(dict.fromkeys(box for edition in editions for box in getattr(edition, name)))
