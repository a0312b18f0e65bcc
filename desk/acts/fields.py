"""Fields of act forms. They shape what was typed; whether it may be is the business of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.times import parse_local
from audit.sentences import local_time

MAX_FILE_BYTES = 16 * 1024 * 1024
REQUIRED = _("Enter this.")


@dataclass(frozen=True)
class Moment:
    """An instant with the text as it was typed."""

    at: datetime
    text: str


def prefill(moment: datetime, zone: str) -> str:
    """An instant as people type it here; with its offset where the wall time alone would name two instants."""
    local = moment.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    text = f"{local:%Y-%m-%d %H:%M}"
    try:
        parse_local(text, zone)
    except Invalid:
        return text + local.isoformat()[-6:]
    return text


class LocalTimeField(forms.CharField):
    """A date and time as people type it, read in the facility's zone, which the form sets."""

    zone = "UTC"

    def __init__(self, *, starts_now: bool = True, **kwargs: Any) -> None:
        self.starts_now = starts_now
        kwargs.setdefault("max_length", 60)
        super().__init__(**kwargs)
        self.widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
        if self.required:
            self.error_messages["required"] = _("Enter date and time, like 2026-03-19 14:00.")

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            return Moment(parse_local(text, self.zone), text)
        except Invalid as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(
                _("This is not a date and time. Enter it like 2026-03-19 14:00."), code="unreadable_time"
            ) from error

    def echo(self, value: Any) -> str:
        """What was typed as it was understood: 'Thu 19 Mar 2026, 14:00 EDT'; empty when it was not."""
        try:
            moment = self.clean(value)
        except forms.ValidationError:
            return ""
        return local_time(moment.at, self.zone) if moment else ""


class TypedDateField(forms.DateField):
    """A day as people type it, echoed in words."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%m/%d/%Y", "%Y%m%d"])
        kwargs.setdefault("error_messages", {})
        kwargs["error_messages"] = {
            "invalid": _("This is not a day of the calendar. Enter it like 1990-05-17."),
            **kwargs["error_messages"],
        }
        super().__init__(
            widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}), **kwargs
        )

    def echo(self, value: Any) -> str:
        try:
            day = self.clean(value)
        except forms.ValidationError:
            return ""
        return f"{day.day} {day:%B %Y}" if isinstance(day, date) else ""


class UploadField(forms.FileField):
    """A received file. It is kept until the form is sent, so nobody chooses it twice."""

    max_bytes = MAX_FILE_BYTES

    def __init__(self, *, accept: str = "", **kwargs: Any) -> None:
        super().__init__(widget=forms.FileInput(attrs={"accept": accept} if accept else {}), **kwargs)
        self.error_messages["empty"] = _("The file is empty. Choose it again.")

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if isinstance(upload, UploadedFile) and (upload.size or 0) > self.max_bytes:
            raise forms.ValidationError(
                _("The file is larger than 16 MB. Send the file itself, not an archive.")
            )
        return upload


class ReasonField(forms.CharField):
    """Why; asked once."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Reason"))
        kwargs.setdefault("max_length", 500)
        kwargs.setdefault("error_messages", {"required": _("Enter a reason.")})
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)


class PickField(forms.ChoiceField):
    """One of a few, all in sight."""

    def __init__(self, *, choices: Any, required_message: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {})
        kwargs["error_messages"] |= {
            "required": required_message or _("Choose one."),
            "invalid_choice": required_message or _("Choose one."),
        }
        super().__init__(widget=forms.RadioSelect, choices=choices, **kwargs)


class TicksField(forms.MultipleChoiceField):
    """Any of a few boxes."""

    def __init__(self, *, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(widget=forms.CheckboxSelectMultiple, choices=choices, required=False, **kwargs)


@dataclass(frozen=True)
class Row:
    """One field as the page shows it."""

    field: forms.BoundField
    echo: str
    is_optional: bool

    @property
    def kind(self) -> str:
        return str(getattr(self.field.field.widget, "input_type", "textarea"))

    @property
    def has_echo(self) -> bool:
        """Whether what is typed is read back."""
        return hasattr(self.field.field, "echo")

    @property
    def target(self) -> str:
        """Where a link of the error summary leads: the input, or the first of a group."""
        auto_id = self.field.id_for_label or self.field.auto_id
        return f"{self.field.auto_id}_0" if self.field.use_fieldset else str(auto_id)


class ActForm(forms.Form):
    """Base of act forms: knows the zone, groups its fields, and takes a service's sentences to their fields."""

    sections: Sequence[tuple[Any, Sequence[str]]] = ()
    marks_optional = True
    """Whether fields that may be empty say so."""

    def __init__(self, *args: Any, zone: str, now: datetime | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.zone = zone
        for name, field in self.fields.items():
            if isinstance(field, LocalTimeField):
                field.zone = zone
                field.widget.attrs["data-time"] = zone
                if field.starts_now:
                    self.initial.setdefault(name, prefill(now or datetime.now(UTC), zone))
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = REQUIRED

    def section_rows(self) -> list[tuple[Any, list[Row]]]:
        """(heading, rows) in the order of the page; fields in no section come last."""
        named = [name for _title, names in self.sections for name in names]
        rest = [name for name in self.fields if name not in named]
        groups = [*self.sections, ("", rest)] if rest else [*self.sections]
        return [(title, [self.row(name) for name in names if name in self.fields]) for title, names in groups]

    def row(self, name: str) -> Row:
        bound = self[name]
        echo = getattr(bound.field, "echo", None)
        is_optional = self.marks_optional and not bound.field.required
        return Row(bound, echo(bound.value()) if echo else "", is_optional)

    def add_service_errors(self, error: Invalid, names: Mapping[str, str], default: str = "") -> None:
        """Each sentence of a service to its field; to `default`, or the top, where this form has no such field."""
        for item in error.errors:
            name = names.get(item.field, item.field)
            where = name if name in self.fields else default or None
            self.add_error(where, forms.ValidationError(item.message, code=item.code))

    def leave_unchecked(self) -> None:
        """Show what was typed without judging it."""
        self._errors, self.cleaned_data = ErrorDict(), {}

    def problems(self) -> list[tuple[str, Any, str]]:
        """(id to jump to, label, sentence) of everything that is wrong, in the order of the page."""
        found: list[tuple[str, Any, str]] = [("", "", str(sentence)) for sentence in self.non_field_errors()]
        for name in self.fields:
            row = self.row(name) if name in self.errors else None
            if row:
                found += [(row.target, row.field.label, str(sentence)) for sentence in row.field.errors]
        return found


def media_type(content: bytes) -> str:
    """What the bytes are, by their first few; never what their sender says they are."""
    return next(
        (name for start, name in _MEDIA.items() if content.startswith(start)), "application/octet-stream"
    )


_MEDIA = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
}
