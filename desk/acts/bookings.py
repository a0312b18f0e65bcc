"""Booking a person at the desk, with or without a print file; the file can fill in what it says."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Invalid, NotFound
from accounts.models import Agency
from accounts.permissions import Permission
from accounts.scope import agencies
from cases import ports
from cases.booking import BookingRequest, ChargeFacts, GroundFacts, PersonFacts
from cases.models import Charge, LocalGround
from cases.services import book
from desk.acts.base import ActView, Done, case_url
from desk.acts.checks import EftField
from desk.acts.fields import ActForm, LocalTimeField, TypedDateField
from desk.acts.rows import RowSet

SEXES = [
    ("", gettext_lazy("Choose")),
    ("F", gettext_lazy("F, female")),
    ("M", gettext_lazy("M, male")),
    ("X", gettext_lazy("X, not specified")),
    ("U", gettext_lazy("U, unknown")),
]
OTHER_GROUNDS = [item for item in LocalGround.Kind.choices if item[0] != LocalGround.Kind.CHARGE]
_CHARGE_FIELD = re.compile(r"^charges\.(\d+)\.(\w+)$")


class ChargeForm(ActForm):
    offence_code = forms.CharField(
        label=gettext_lazy("NCIC code"),
        max_length=4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter the NCIC offence code: four digits, 0399 if none fits.")
        },
    )
    description = forms.CharField(
        label=gettext_lazy("Charge in words"),
        max_length=300,
        error_messages={"required": gettext_lazy("Enter the charge in words.")},
    )
    offence_class = forms.ChoiceField(
        label=gettext_lazy("Class"),
        choices=Charge._meta.get_field("offence_class").choices,
        initial="misdemeanor",
    )


class GroundForm(ActForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=[("", gettext_lazy("Choose")), *OTHER_GROUNDS]
    )
    description = forms.CharField(label=gettext_lazy("In words"), max_length=300, required=False)
    started_at = LocalTimeField(
        label=gettext_lazy("Since, if not the booking"), starts_now=False, required=False
    )


class BookForm(ActForm):
    sections = (
        (gettext_lazy("Print file"), ("eft",)),
        (gettext_lazy("Booking"), ("agency", "booking_number", "booked_at", "arrested_at")),
        (gettext_lazy("Person"), ("surname", "given_names", "birth_date", "sex", "birth_place")),
    )
    eft = EftField(required=False)
    agency = forms.ChoiceField(label=gettext_lazy("Jail"))
    booking_number = forms.CharField(
        label=gettext_lazy("Booking number"),
        max_length=30,
        help_text=gettext_lazy("As your jail gives it. The same number again is the same booking."),
        error_messages={"required": gettext_lazy("Enter the booking number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    booked_at = LocalTimeField(label=gettext_lazy("Booked at"))
    arrested_at = LocalTimeField(label=gettext_lazy("Arrested at"), starts_now=False, required=False)
    surname = forms.CharField(
        label=gettext_lazy("Surname"),
        error_messages={"required": gettext_lazy("Enter the surname. Write UNKNOWN if it is not known.")},
        max_length=100,
        help_text=gettext_lazy("In any script. UNKNOWN if it is not known."),
    )
    given_names = forms.CharField(label=gettext_lazy("Given names"), max_length=150, required=False)
    birth_date = TypedDateField(
        label=gettext_lazy("Date of birth"),
        required=False,
        help_text=gettext_lazy("For example 1990-05-17. Empty if not known."),
    )
    sex = forms.ChoiceField(
        error_messages={"required": gettext_lazy("Choose the sex code used on the print card.")},
        label=gettext_lazy("Sex code"),
        choices=SEXES,
        help_text=gettext_lazy("As on the print card."),
    )
    birth_place = forms.CharField(
        label=gettext_lazy("Place of birth"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("NCIC code of two letters, for example TX or MM."),
    )

    def __init__(self, *args: Any, jails: list[Agency], more: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [(str(jail.public_id), jail.name) for jail in jails]  # type: ignore[attr-defined]
        if len(jails) == 1:
            del self.fields["agency"]
        common = {"zone": self.zone, "now": kwargs.get("now")}
        data = self.data if self.is_bound else None
        self.charges = RowSet(ChargeForm, "charges", data, at_least=3, more=int(more == "charges"), **common)
        self.grounds = RowSet(GroundForm, "grounds", data, at_least=1, more=int(more == "grounds"), **common)

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.charges.is_valid(), self.grounds.is_valid()])

    def leave_unchecked(self) -> None:
        """Show what was typed without judging it: for a row more, or a file read."""
        super().leave_unchecked()
        for form in (*self.charges.forms, *self.grounds.forms):
            form.leave_unchecked()

    def add_service_errors(self, error: Invalid, names: Any, default: str = "") -> None:
        rest = []
        for item in error.errors:
            match = _CHARGE_FIELD.match(item.field)
            rows = self.charges.filled
            if item.field == "charges":
                self.charges.sentence = item.message
            elif match and int(match[1]) < len(rows) and match[2] in rows[int(match[1])].fields:
                rows[int(match[1])].add_error(match[2], item.message)
            else:
                rest.append(item)
        super().add_service_errors(Invalid(rest), names, default)

    def problems(self) -> list[tuple[str, Any, str]]:
        return [*super().problems(), *self.charges.problems(), *self.grounds.problems()]

    def request(self) -> BookingRequest:
        """What was typed as a booking, whatever the door."""
        typed, booked = self.cleaned_data, self.cleaned_data["booked_at"]
        arrested, eft = typed["arrested_at"], typed["eft"]
        charges = [row.cleaned_data for row in self.charges.filled]
        grounds = [row.cleaned_data for row in self.grounds.filled]
        return BookingRequest(
            booking_number=typed["booking_number"],
            booked_at=booked.at,
            booked_at_text=booked.text,
            arrested_at=arrested.at if arrested else None,
            person=PersonFacts(
                typed["surname"],
                typed["given_names"],
                typed["birth_date"],
                typed["sex"],
                typed["birth_place"].upper(),
            ),
            charges=tuple(
                ChargeFacts(item["offence_code"], item["description"], item["offence_class"])
                for item in charges
            ),
            grounds=tuple(
                GroundFacts(item["kind"], item["description"], (item["started_at"] or booked).at)
                for item in grounds
            ),
            eft=eft.read() if eft else None,
            channel="admin",
        )


class BookView(ActView):
    """Book a person: makes the case, and with a print file starts the fingerprint check."""

    permission = Permission.CASE_BOOK
    act = "book"
    template_name = "desk/acts/book.html"
    form_class = BookForm
    title = gettext_lazy("Book a person")
    button = gettext_lazy("Book")
    service_default = "eft"
    owns_transaction = (
        True  # a print file that cannot be read is kept in quarantine although the booking is refused
    )
    filled_from_file = ""

    def load(self) -> None:
        chosen = self.request.POST.get("agency") or self.request.GET.get("agency")
        if not self.jails or (chosen and chosen not in {str(jail.public_id) for jail in self.jails}):
            raise NotFound("There is no such jail.")

    @cached_property
    def jails(self) -> list[Agency]:
        """The jails in which this actor may book."""
        rows = Agency.objects.filter(pk__in=agencies(self.actor, self.permission), kind=Agency.Kind.JAIL)
        return list(rows.order_by("name"))

    @property
    def agency(self) -> Agency:
        chosen = self.request.POST.get("agency") or self.request.GET.get("agency")
        return next((jail for jail in self.jails if str(jail.public_id) == chosen), self.jails[0])

    @property
    def back_url(self) -> str:
        return "/admin/"

    def what(self) -> str:
        return _(
            "A case begins at %(jail)s. With a print file, a fingerprint check goes to the state "
            "bureau, which passes it to the FBI."
        ) % {"jail": self.agency.name}

    def audience(self) -> str:
        return _(
            "Staff of this jail see the person's name; the bureau, the FBI and DHS see what is in "
            "the print file; reviewers see the case without the name."
        )

    def record_access(self) -> None:
        """Nobody's record is shown on an empty form."""

    def get_form_kwargs(self) -> dict[str, Any]:
        more = next((name for name in ("charges", "grounds") if self.request.POST.get("refresh") == name), "")
        return super().get_form_kwargs() | {"jails": self.jails, "more": more}

    def refreshed(self) -> ActForm:
        return self.read_file() if self.request.POST.get("refresh") == "file" else super().refreshed()

    def unchecked(self, **changes: Any) -> BookForm:
        form = BookForm(**(self.get_form_kwargs() | changes))
        form.leave_unchecked()
        return form

    def read_file(self) -> BookForm:
        """The form with what the print file says in every field that was still empty."""
        kwargs = self.get_form_kwargs()
        upload = kwargs["files"].get("eft") if kwargs.get("files") else None
        form = self.unchecked()
        if upload is None:
            form.add_error("eft", _("Choose the print file first."))
            return form
        try:
            facts = ports.eft_reader(upload.read())
        except Invalid as error:
            form.add_service_errors(error, {}, "eft")
            return form
        finally:
            upload.seek(0)
        data, filled = fill(self.request.POST, facts)
        self.filled_from_file = (
            _("Filled in from the file: %(fields)s. Check each of them.") % {"fields": ", ".join(filled)}
            if filled
            else _("The file could be read. Nothing was empty that it could fill in.")
        )
        return self.unchecked(data=data)

    def perform(self, form: Any) -> Done:
        result = book(actor=self.actor, agency=self.agency, request=form.request(), at=self.now)
        facts = {"number": result.case.number, "when": self.when(form.cleaned_data["booked_at"])}
        if result.created:
            return Done(_("Booked as case %(number)s, %(when)s.") % facts, case_url(result.case))
        if result.changed:
            return Done(
                _("This booking is case %(number)s. What was new was added to it.") % facts,
                case_url(result.case),
            )
        return Done(
            _("This booking is case %(number)s already. Nothing changed.") % facts,
            case_url(result.case),
            messages.INFO,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"filled_from_file": self.filled_from_file}


def fill(typed: QueryDict, facts: ports.EftFacts) -> tuple[QueryDict, list[str]]:
    """What was typed, with the file's facts where nothing was; and the labels of what was filled."""
    data, filled = typed.copy(), []
    said = {
        "surname": facts.surname,
        "given_names": facts.given_names,
        "birth_date": facts.birth_date.isoformat() if facts.birth_date else "",
        "sex": facts.sex,
        "birth_place": facts.birth_place,
    }
    for name, value in said.items():
        if value and not data.get(name, "").strip():
            data[name] = value
            filled.append(str(BookForm.base_fields[name].label).lower())
    if not any(
        value.strip()
        for key, value in data.items()
        if re.match(r"charges-\d+-(offence_code|description)$", key)
    ):
        for number, (_day, text) in enumerate(facts.charges):
            data[f"charges-{number}-description"] = text[:300]
            data[f"charges-{number}-offence_class"] = "misdemeanor"
        if facts.charges:
            filled.append(_("charges in words"))
    return data, filled
