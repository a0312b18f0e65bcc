"""`manage.py synthesise_cases N`: invented cases in any number, copied in, with every guard back in its place afterwards."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from config.synthesis.command import Refused, Wanted, repair, synthesise
from config.synthesis.documentation import write_documentation


class Command(BaseCommand):
    help = (
        "Fill an empty database, or one that holds only synthetic cases, with N invented cases: for measuring and training.\n"
        "Nobody in them exists. Indexes and foreign keys come off for the load and are put back; a run that was killed is\n"
        "mended by the next one or by --repair."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cases", type=int, nargs="?", metavar="N", help="how many cases")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same seed draws the same cases (default %(default)s)"
        )
        parser.add_argument(
            "--years", type=float, default=5, help="over how many years (default %(default)s)"
        )
        parser.add_argument("--agencies", type=int, default=12, help="how many jails (default %(default)s)")
        parser.add_argument(
            "--processes",
            type=int,
            default=len(os.sched_getaffinity(0)) + 1,
            help="how many load at once (default %(default)s)",
        )
        parser.add_argument(
            "--fill", action="store_true", help="add only what is missing to N; nothing if there are as many"
        )
        parser.add_argument(
            "--repair", action="store_true", help="put back what a killed run took off, and load nothing"
        )
        parser.add_argument(
            "--no-seal", action="store_true", help="leave the sealing of events to the running sealer"
        )
        parser.add_argument(
            "--document", action="store_true", help="write docs/synthesis.md and load nothing"
        )
        parser.add_argument(
            "--only", metavar="STAGE", help="draw cases of one stage alone, such as 'on hold'"
        )

    def handle(
        self, *, cases: int | None, repair: bool, document: bool, processes: int, **options: Any
    ) -> None:
        console = Console()
        try:
            if document:
                console.print(f"Wrote {write_documentation()}")
            elif repair:
                self.mend(console, processes)
            elif cases is None or cases < 1:
                raise CommandError("Say how many cases, such as: manage.py synthesise_cases 10000")
            else:
                names = ("seed", "years", "agencies", "fill", "no_seal", "only")
                wanted = Wanted(cases=cases, processes=processes, **{name: options[name] for name in names})
                synthesise(wanted, console)
        except Refused as error:
            raise CommandError(str(error)) from error

    def mend(self, console: Console, processes: int) -> None:
        """Put back what is missing and say so."""
        count = repair(processes=processes)
        console.print(f"Put back {count} indexes and constraints." if count else "Nothing was missing.")
