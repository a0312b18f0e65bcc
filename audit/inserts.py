"""New rows by a statement that is composed once for its model.

Django composes the same INSERT anew for each row, which on the way of a booking costs more than running it does. `insert` writes
what `Model.objects.create` and `bulk_create` write, under the same row policies and triggers, and sets what the database made.
It is for plain models: no parents, no signals, keys made by the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connections, router
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

Row = TypeVar("Row", bound=Model)
MOST_VALUES = 30_000
"""Half of what one statement of PostgreSQL takes."""


@dataclass(frozen=True)
class _Plan:
    """What is written of a model, and what the database makes of it."""

    given: tuple[Field[Any, Any], ...]
    made: tuple[Field[Any, Any], ...]
    head: str
    one: str
    tail: str


@cache
def _plan(model: type[Model], alias: str) -> _Plan:
    connection, meta = connections[alias], model._meta
    quote = connection.ops.quote_name
    # A generated column is neither given nor fetched: it is read when somebody asks for it.
    fields = [field for field in meta.local_concrete_fields if not field.generated]
    made = tuple(field for field in meta.db_returning_fields if not field.generated)
    given = tuple(field for field in fields if field not in made)
    columns = ", ".join(quote(field.column) for field in given)
    return _Plan(
        given=given,
        made=made,
        head=f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ",
        one="(" + ", ".join(_placeholder(field, connection) for field in given) + ")",
        tail=" RETURNING " + ", ".join(quote(field.column) for field in made),
    )


def _placeholder(field: Field[Any, Any], connection: Any) -> str:
    return f"%s::{field.db_type(connection)}" if isinstance(field, ArrayField) else "%s"


def insert(rows: Sequence[Row], *, using: str | None = None) -> Sequence[Row]:
    """Write new rows of one model in one statement; they come back with their keys and what else the database gave them.

    A row that brings a value of its own for a column that the database fills, and more rows than one statement takes, go
    Django's way. Raises what the database says.
    """
    if not rows:
        return rows
    model = type(rows[0])
    alias = using or router.db_for_write(model)
    plan = _plan(model, alias)
    has_own = any(_is_given(row, field) for row in rows for field in plan.made)
    if has_own or len(rows) * len(plan.given) > MOST_VALUES:
        return model._default_manager.using(alias).bulk_create(rows)  # type: ignore[attr-defined,no-any-return]
    connection = connections[alias]
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in plan.given
    ]
    with connection.cursor() as cursor:
        cursor.execute(plan.head + ", ".join([plan.one] * len(rows)) + plan.tail, values)
        found = cursor.fetchall()
    for row, made in zip(rows, found, strict=True):
        for field, value in zip(plan.made, made, strict=True):
            setattr(row, field.attname, value)
        row._state.adding, row._state.db = False, alias
    return rows


def _is_given(row: Model, field: Field[Any, Any]) -> bool:
    value = getattr(row, field.attname)
    return value is not None and not isinstance(value, DatabaseDefault)
