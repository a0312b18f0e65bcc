"""Which facts there are, which of their fields can be corrected, and how. Each app registers its own kinds when it is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.errors import Invalid, NotFound
from cases.corrections.models import Correction
from cases.corrections.standing import Standing
from cases.models import Case

WITHDRAWN = "withdrawn_at"
"""The field named by a correction that says: this fact was entered in error."""
SHARED = (
    "case",
    "reason_code",
    "reason",
    "occurred_at",
    "requested_by",
    "requested_label",
    "movement",
    "needs_second",
    "approved_by",
    "decided_by",
    "decided_label",
    "decided_at",
    "applied_txid",
    "state",
)
"""What a consequence takes over from the correction that it follows."""


@dataclass(frozen=True)
class Field:
    """One field of a fact. `form` is how it is written: instant, date, text, long_text, choice, flag or codes."""

    name: str
    label: Any
    form: str = "text"
    choices: Sequence[tuple[str, Any]] | Callable[[], Sequence[tuple[str, Any]]] = ()
    is_required: bool = True
    most: int = 300

    def options(self) -> list[tuple[str, Any]]:
        """(value, label) of a field with choices."""
        return list(self.choices() if callable(self.choices) else self.choices)

    def as_json(self, value: Any) -> Any:
        """The value as it is kept in a correction."""
        return _json(value)

    def from_json(self, value: Any) -> Any:
        """The value as the row keeps it."""
        if value is None or value == "":
            return None if self.form in ("instant", "date") else value
        if self.form == "instant":
            return datetime.fromisoformat(value)
        return date.fromisoformat(value) if self.form == "date" else value

    def check(self, value: Any) -> None:
        """Raises Invalid when this field cannot hold the value at all."""
        if value in (None, "") and self.form != "flag":
            if self.is_required:
                raise Invalid("Enter what it should say.", field="value", code="required")
            return
        types = {"instant": datetime, "date": date, "flag": bool, "codes": dict}
        wanted: type = types.get(self.form, str)
        if not isinstance(value, wanted) or (self.form == "date" and isinstance(value, datetime)):
            raise Invalid(f"Enter {self.label} as {self.form}.", field="value", code="wrong_type")
        if wanted is str and len(value) > self.most:
            raise Invalid(f"Enter at most {self.most} characters.", field="value", code="too_long")
        if self.form == "choice" and value not in [code for code, _label in self.options()]:
            raise Invalid("Choose one of the list.", field="value", code="invalid_choice")


@dataclass
class Change:
    """One correction on its way: the case under its lock, the row, and the correction that carries it."""

    case: Case
    kind: Kind
    row: Any
    correction: Correction
    at: datetime

    def before(self, field: str) -> Any:
        """What the field of this correction was."""
        return self.kind.field(field).from_json(self.correction.before)

    def also(self, row: Model, kind: str, subject: UUID, **values: Any) -> None:
        """Change what follows from the correction, with a correction row of its own, so that nothing is overwritten unseen."""
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        shared = {name: getattr(self.correction, name) for name in SHARED}
        for name, value in changed.items():
            was = getattr(row, name)
            Correction.objects.create(
                kind=kind,
                subject_id=subject,
                field=name,
                way=Correction.Way.WITHDRAW if name == WITHDRAWN else Correction.Way.CHANGE,
                before=_kinds[kind].values(row) if name == WITHDRAWN else _json(was),
                after=_json(value),
                follows=self.correction,
                **shared,
            )
            setattr(row, name, value)
        if changed:
            row.save(update_fields=list(changed))


@dataclass(frozen=True)
class Kind:
    """One kind of fact. `rows` finds those of a case; `settle` does what follows inside the same app."""

    slug: str
    label: Any
    rows: Callable[[Case], QuerySet[Any]]
    fields: tuple[Field, ...]
    words: Callable[[Any], str]
    subject: Callable[[Any], UUID] = lambda row: row.public_id
    can_be_withdrawn: bool = False
    withdraw: Callable[[Change], None] | None = None
    settle: Callable[[Change], None] | None = None
    check: Callable[[Any, str, Any], None] | None = None

    def field(self, name: str) -> Field:
        """The field of this name; NotFound when it cannot be corrected."""
        if name == WITHDRAWN and self.can_be_withdrawn:
            return Field(WITHDRAWN, "entered in error", "instant")
        found = next((field for field in self.fields if field.name == name), None)
        if found is None:
            raise NotFound(f"The field '{name}' of {self.slug} cannot be corrected.")
        return found

    def values(self, row: Any) -> dict[str, Any]:
        """Everything of a fact that can be corrected, as a correction keeps it."""
        return {field.name: field.as_json(getattr(row, field.name)) for field in self.fields}

    def find(self, case: Case, subject: UUID) -> Any:
        """The row of this public id on this case; NotFound otherwise."""
        row = next((row for row in self.rows(case) if self.subject(row) == subject), None)
        if row is None:
            raise NotFound("There is no such fact on this case, or it was withdrawn before.")
        return row


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


Assess = Callable[[Case, datetime], Standing]
Settle = Callable[[Change, Standing, Any], None]

_kinds: dict[str, Kind] = {}


def _unwired(*_args: Any) -> Any:
    raise RuntimeError(
        "Nothing says what a correction does to the clock; detainers registers it when it is ready."
    )


assess: Assess = _unwired
"""Where a case stands at an instant."""
settle: Settle = _unwired
"""Let holds and breaches follow the corrected facts: change, where the case stood before, who acts."""


def register(*kinds: Kind) -> None:
    """Add kinds of facts."""
    _kinds.update({kind.slug: kind for kind in kinds})


def kinds() -> Mapping[str, Kind]:
    """All kinds, by slug."""
    return dict(_kinds)


def kind(slug: str) -> Kind:
    """The kind of this slug; NotFound otherwise."""
    if slug not in _kinds:
        raise NotFound(f"There is no kind of fact '{slug}'.")
    return _kinds[slug]
