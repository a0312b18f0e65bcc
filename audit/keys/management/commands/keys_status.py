"""`manage.py keys_status`: which keys wrap what, whether each is to be had, and that erased keys are gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console
from rich.table import Table

from audit.keys import status
from audit.keys.errors import KeysError


class Command(BaseCommand):
    help = (
        "Show the key-encryption keys in use and the data keys by purpose, and search every table for a copy of an erased "
        "key. Exit code 1 when a key is missing or wrong, or a copy is found."
    )
    # It has to say what is wrong with the keys, so it must not be stopped by that.
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--vacuum", action="store_true", help="first remove row versions that no query sees any more"
        )

    def handle(self, *, vacuum: bool, **options: Any) -> None:
        if vacuum:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM keys_datakey")
        console = Console(highlight=False, soft_wrap=True)
        try:
            states = status.kek_states()
        except KeysError as error:
            raise CommandError(error.message) from error
        console.print(_keks(states))
        console.print(_purposes())
        looked_for, copies = status.copies_of_erased()
        console.print(
            f"{looked_for} erased keys looked for in every bytea column: {len(copies)} copies found."
        )
        problems = [state.problem for state in states if state.problem]
        problems += [
            f"A copy of an erased key is in {place}. Find out who wrote it and remove it." for place in copies
        ]
        if problems:
            raise CommandError("\n".join(problems))


def _keks(states: list[status.KekState]) -> Table:
    table = Table("key-encryption key", "data keys", "for new records", "can be used")
    for state in states:
        table.add_row(
            state.kek_id,
            str(state.count),
            "yes" if state.is_current else "",
            "no" if state.problem else "yes",
        )
    return table


def _purposes() -> Table:
    table = Table("purpose", "data keys", "erased")
    for purpose, live, erased in status.by_purpose():
        table.add_row(purpose, str(live), str(erased))
    return table
