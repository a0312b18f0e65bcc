"""Proofs that follow from the models: append-only rows, rows that stay, transitions, facts that change by correction only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.db import models

from config.proofs.proof import Guard, Proof
from config.proofs.scene import Scene, sql

CANNOT = r"pgtrigger: Cannot"
BY_CORRECTION = r"a fact changes by a correction only"
INVALID = r"pgtrigger: Invalid transition"
OTHER_VALUES = {
    "text": "{0} || 'x'",
    "character varying": "{0} || 'x'",
    "timestamp with time zone": "COALESCE({0}, now()) - interval '1 second'",
    "boolean": "NOT {0}",
}
"""By type, how a fact is made another one."""


def trigger_guard(model: type[models.Model], trigger: Any) -> Guard:
    """The trigger as it is named in the database."""
    table = model._meta.db_table
    pgid = trigger.get_pgid(model)
    return Guard(f"trigger {trigger.name} on {table}", f'DROP TRIGGER "{pgid}" ON "{table}"')


def trigger(model: type[models.Model], name: str) -> Guard:
    """A trigger of a model by its short name."""
    found = next(item for owner, item in pgtrigger.registered() if owner is model and item.name == name)
    return trigger_guard(model, found)


def generated() -> Iterator[Proof]:
    """One proof or more for each trigger of the models that needs no hand-made write."""
    for model, trigger in pgtrigger.registered():
        if isinstance(trigger, pgtrigger.FSM):
            yield _moves(model, trigger)
        elif isinstance(trigger, pgtrigger.Protect):
            if trigger.condition is None:
                yield from _protect(model, trigger)
        elif trigger.name == "no_truncate":
            yield _truncate(model, trigger)
        elif trigger.name == "only_by_correction":
            yield _facts(model, trigger)


def _plural(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)


def _protect(model: type[models.Model], trigger: Any) -> Iterator[Proof]:
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    column, operation, guard = key.column, str(trigger.operation), trigger_guard(model, trigger)
    if "UPDATE" in operation:
        change = f'UPDATE "{table}" SET "{column}" = "{column}" WHERE "{column}" = %s'
        yield Proof(
            f"{table}.not_altered",
            f"What was recorded in {_plural(model)} is not altered.",
            lambda scene: sql(change, scene.row(model)),
            CANNOT,
            guard,
        )
    if "DELETE" in operation:
        removal = f'DELETE FROM "{table}" WHERE "{column}" = %s'
        yield Proof(
            f"{table}.not_deleted",
            f"Nothing recorded in {_plural(model)} is deleted.",
            lambda scene: sql(removal, scene.row(model)),
            CANNOT,
            guard,
        )


def _truncate(model: type[models.Model], trigger: Any) -> Proof:
    table = model._meta.db_table
    (message,) = re.findall(r"EXCEPTION '([^']*)'", trigger.get_func(model))
    return Proof(
        f"{table}.not_truncated",
        f"The table of {_plural(model)} is not emptied.",
        lambda scene: sql(f'TRUNCATE "{table}" CASCADE'),
        re.escape(message.replace("%", table)),
        trigger_guard(model, trigger),
    )


def _facts(model: type[models.Model], trigger: Any) -> Proof:
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    some = re.search(r"WHERE n\.key = ANY\(ARRAY\[([^\]]*)\]\)", trigger.get_func(model))
    fields = re.findall(r"'(\w+)'", some.group(1)) if some else []

    def tries(scene: Scene) -> None:
        change = _another_value(table, fields) if fields else f'"{key.column}" = "{key.column}"'
        row = scene.new(model, past_guards=True) if fields else scene.row(model)
        sql(f'UPDATE "{table}" SET {change} WHERE "{key.column}" = %s', row)

    return Proof(
        f"{table}.only_by_correction",
        f"A fact in {_plural(model)} changes only by a correction that keeps what was entered before.",
        tries,
        BY_CORRECTION,
        trigger_guard(model, trigger),
    )


def _another_value(table: str, fields: list[str]) -> str:
    """An assignment that changes one of the guarded columns."""
    found = sql(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "AND column_name = ANY(%s) AND data_type = ANY(%s) AND is_nullable = 'NO' ORDER BY ordinal_position LIMIT 1",
        table,
        fields,
        list(OTHER_VALUES),
    )
    column, kind = found[0]
    return f'"{column}" = {OTHER_VALUES[kind].format(column)}'


def _moves(model: type[models.Model], trigger: Any) -> Proof:
    """From the state in which a row is to one that no transition leads to."""
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    column = model._meta.get_field(trigger.field).column

    def tries(scene: Scene) -> None:
        sources = sorted({source for source, _ in trigger.transitions})
        first = {column: f"'{sources[0]}'"}
        row = scene.row(model, **first)
        state = sql(f'SELECT "{column}" FROM "{table}" WHERE "{key.column}" = %s', row)[0][0]
        if state not in sources:
            state = sources[0]
            row = scene.new(model, past_guards=True, **first)
        allowed = {target for source, target in trigger.transitions if source == state} | {state}
        known = {name for pair in trigger.transitions for name in pair} - allowed
        sql(
            f'UPDATE "{table}" SET "{column}" = %s WHERE "{key.column}" = %s',
            min(known, default="nowhere"),
            row,
        )

    return Proof(
        f"{table}.moves",
        f"The {column.replace('_', ' ')} of {_plural(model)} changes only as the table of transitions says.",
        tries,
        INVALID,
        trigger_guard(model, trigger),
    )
