"""Is the form sufficient on its face? Pure; every reason is a sentence a clerk can act on.

A deficient form is registered and marked, never thrown away, and gives no ground to hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from detainers.rulebook import Edition

BOX_KEYS = {"basis": list, "reasons": list, "priority": list, "loan_back": bool, "on_conviction": bool}
EMPTY_BOXES: Mapping[str, Any] = {
    "basis": [],
    "reasons": [],
    "priority": [],
    "loan_back": False,
    "on_conviction": False,
}
UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What the paper says, beside what the jail knows of the person."""

    edition: str
    received_on: date
    basis: tuple[str, ...]
    priority: tuple[str, ...]
    loan_back: bool
    issuing_office: str
    officer_title: str
    signature_present: bool
    subject_surname: str
    subject_given_names: str
    subject_birth_date: date | None
    person_surname: str
    person_given_names: str
    person_birth_date: date | None
    issued_on: date | None = None
    reasons: tuple[str, ...] = ()
    subject_sex: str = ""
    person_sex: str = ""
    cancels_earlier: bool = False
    cancels_known: bool = True
    is_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Deficiency:
    code: str
    sentence: str


def box_errors(boxes: Any, known: Mapping[str, str]) -> list[str]:
    """What is wrong with the shape of the `boxes` value; an empty list when nothing is."""
    if not isinstance(boxes, Mapping):
        return ['Boxes must be an object such as {"basis": ["final_order"], "loan_back": false}.']
    errors = [
        f"There is no box group '{key}'; use {', '.join(BOX_KEYS)}." for key in boxes if key not in BOX_KEYS
    ]
    for key, kind in BOX_KEYS.items():
        value = boxes.get(key, EMPTY_BOXES[key])
        if not isinstance(value, kind):
            errors.append(f"'{key}' must be {'a list of box codes' if kind is list else 'true or false'}.")
        elif isinstance(value, list):
            wrong = [code for code in value if not isinstance(code, str) or code not in known]
            errors.extend(
                f"'{key}' has no box {code!r}; known boxes are {', '.join(known)}." for code in wrong
            )
    return errors


def complete_boxes(boxes: Mapping[str, Any]) -> dict[str, Any]:
    """The boxes with every group present, lists sorted and without repeats."""
    full = {**EMPTY_BOXES, **boxes}
    lists = {key: sorted(set(full[key])) for key, kind in BOX_KEYS.items() if kind is list}
    return {**full, **lists}


def facial_deficiencies(edition: Edition | None, form: FormFacts) -> tuple[Deficiency, ...]:
    """Every reason for which this form is not sufficient on its face; empty when it is."""
    if form.is_unreadable:
        return (Deficiency(UNREADABLE, "The form cannot be read; it is kept as it was received."),)
    if edition is None:
        return (
            Deficiency(
                "UNKNOWN_EDITION",
                f"'{form.edition}' is not an edition of the form we know; check the footer.",
            ),
        )
    found = [
        *_dates(edition, form),
        *_boxes(edition, form),
        *_cancels(form),
        *_signature(form),
        *_person(form),
    ]
    return tuple(found)


def _dates(edition: Edition, form: FormFacts) -> Iterable[Deficiency]:
    if form.received_on < edition.starts_on:
        yield Deficiency(
            "EDITION_NOT_YET_ISSUED",
            f"The form was received on {form.received_on}, before edition {edition.code} existed "
            f"({edition.starts_on}); one of the two is wrong.",
        )
    if form.issued_on is not None and form.issued_on > form.received_on:
        yield Deficiency(
            "DATED_AFTER_RECEIPT",
            f"The form is dated {form.issued_on}, after it was received on {form.received_on}.",
        )


def _boxes(edition: Edition, form: FormFacts) -> Iterable[Deficiency]:
    if not edition.basis:
        return
    foreign = [box for box in form.basis if box not in edition.basis]
    foreign += [box for box in form.reasons if box not in edition.reasons]
    if foreign:
        yield Deficiency("BOX_NOT_ON_FORM", f"Edition {edition.code} has no box for {', '.join(foreign)}.")
    if form.loan_back and not edition.loan_back:
        yield Deficiency("BOX_NOT_ON_FORM", f"Edition {edition.code} has no box for taking a person back.")
    if form.basis and form.loan_back:
        yield Deficiency(
            "BOTH_BOXES", "Box 1 and box 2 are both completed; the form asks for exactly one of them."
        )
    if not form.basis and not form.loan_back and not form.cancels_earlier:
        yield Deficiency("NO_BASIS", "No box is ticked that says on what basis the detainer was issued.")
    if edition.priority and not form.priority and not form.loan_back and not form.cancels_earlier:
        yield Deficiency("NO_PRIORITY", "No priority box is ticked, which this edition needs.")


def _cancels(form: FormFacts) -> Iterable[Deficiency]:
    """The cancel box: a form that only cancels asks for no custody; one may cancel what never reached this jail."""
    if form.cancels_earlier and not form.basis and not form.loan_back:
        yield Deficiency("CANCELS_ONLY", "The form cancels an earlier detainer and asks for no custody.")
    if form.cancels_earlier and not form.cancels_known:
        yield Deficiency(
            "CANCELS_UNKNOWN",
            "The cancel box names a detainer that this case does not have; check its date with the office.",
        )


def _signature(form: FormFacts) -> Iterable[Deficiency]:
    if not form.signature_present:
        yield Deficiency("NO_SIGNATURE", "The form is not signed by an immigration officer.")
    if not form.officer_title.strip():
        yield Deficiency("NO_OFFICER_TITLE", "The form does not give the title of the officer who issued it.")
    if not form.issuing_office.strip():
        yield Deficiency("NO_ISSUING_OFFICE", "The form does not say which office issued it.")


def _person(form: FormFacts) -> Iterable[Deficiency]:
    if not form.subject_surname.strip():
        yield Deficiency("NO_SUBJECT", "The form does not name the person it is about.")
    elif not same_name(form.subject_surname, form.person_surname):
        yield Deficiency("OTHER_PERSON", "The surname on the form is not that of the person in custody.")
    elif form.subject_given_names.strip() and not given_names_agree(
        form.subject_given_names, form.person_given_names
    ):
        yield Deficiency(
            "OTHER_PERSON", "The given names on the form are not those of the person in custody."
        )
    if None not in (form.subject_birth_date, form.person_birth_date) and (
        form.subject_birth_date != form.person_birth_date
    ):
        yield Deficiency(
            "OTHER_BIRTH_DATE", "The date of birth on the form is not that of the person in custody."
        )
    if {form.subject_sex, form.person_sex} == {"F", "M"}:
        yield Deficiency("OTHER_SEX", "The sex on the form is not that recorded of the person in custody.")


def same_name(one: str, other: str) -> bool:
    """Whether two surnames are the same but for case, accents, hyphens and order of parts."""
    return _parts(one) == _parts(other)


def given_names_agree(one: str, other: str) -> bool:
    """Whether the given names of one are all among the other's; an initial stands for its name."""
    fewer, more = sorted((_parts(one), _parts(other)), key=len)
    return bool(fewer) and all(any(_stands_for(part, full) for full in more) for part in fewer)


def _stands_for(part: str, full: str) -> bool:
    if len(part) == 1 or len(full) == 1:
        return part[0] == full[0]
    return part == full


def _parts(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return sorted(re.findall(r"\w+", plain.replace("'", "").replace("’", "")))
