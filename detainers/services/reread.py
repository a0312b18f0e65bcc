"""A form is read again when what was read off it, or the person it is compared with, is corrected."""

from __future__ import annotations

from dataclasses import replace

from accounts.errors import Invalid
from cases.corrections.registry import Change
from detainers import rulebook
from detainers.deficiency import box_errors, facial_deficiencies
from detainers.formdata import FormDetails
from detainers.models import Detainer
from detainers.services.papers import form_facts
from detainers.services.records import stored_form
from detainers.states import DetainerState

FOLLOWS = frozenset({"person", "detainer", "service", "lift"})


def reread_forms(change: Change) -> None:
    """What follows from each form of the case: whether it asks for custody, its deficiencies, its state."""
    if change.kind.slug not in FOLLOWS:
        return
    change.case.refresh_from_db(fields=["person"])
    for detainer in Detainer.objects.select_for_update(of=("self",)).filter(case=change.case).order_by("pk"):
        if change.kind.slug in ("person", "detainer"):
            _reread(change, detainer)
        _restate(detainer)


def _reread(change: Change, detainer: Detainer) -> None:
    errors = box_errors(detainer.boxes, rulebook.current().boxes)
    if errors:
        raise Invalid(errors[0], field="value", code="boxes")
    edition = rulebook.current().editions.get(detainer.edition)
    form = stored_form(detainer, details=FormDetails())
    facts = form_facts(change.case, form, detainer.received_at, besides=detainer)
    found = facial_deficiencies(edition, replace(facts, is_unreadable=False))
    rows = [{"code": item.code, "sentence": item.sentence} for item in found]
    key = detainer.public_id
    change.also(
        detainer,
        "detainer",
        key,
        needs_service=edition.service_required if edition else True,
        asks_hold=edition.holds if edition else False,
    )
    if detainer.state == DetainerState.DEFICIENT and not rows:
        # The state goes first: a deficient form has its reasons, by a guard of the database.
        _move(detainer, standing_state(detainer))
    change.also(detainer, "detainer", key, deficiencies=rows)


def _restate(detainer: Detainer) -> None:
    if detainer.ended_at is None:
        state = DetainerState.DEFICIENT if detainer.deficiencies else standing_state(detainer)
        _move(detainer, state)


def standing_state(detainer: Detainer) -> DetainerState:
    """Served or only received, by the services that stand and count."""
    return DetainerState.SERVED if detainer.services.filter(counts=True).exists() else DetainerState.RECEIVED


def _move(detainer: Detainer, to: DetainerState) -> None:
    """Only here does a correction write the state of a detainer that was not withdrawn."""
    if detainer.state != to and detainer.ended_at is None:
        detainer.state = to
        detainer.save(update_fields=["state"])
