"""`manage.py prove`: tries every write that the law forbids and says of each guard whether it holds."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config.proofs import prove


class Command(BaseCommand):
    help = (
        "Tries each forbidden write on this database, in one transaction that is rolled back, and reports each guard: a hold "
        "without a served copy, a deadline moved later, a second open hold, a breach without cause, history altered. "
        "Run it as the owner of the tables (CLEARHOLD_ROLE=owner). No row stays behind. Exit code 1 when a guard does not hold."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per guard and a summary, for machines"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcomes = prove()
        except DatabaseError as error:
            raise CommandError(
                f"The rows to try on could not be made: {error}. Run it as the owner of the tables: CLEARHOLD_ROLE=owner."
            ) from error
        failed = [outcome for outcome in outcomes if not outcome.holds]
        for outcome in outcomes:
            if options["json"]:
                self.stdout.write(json.dumps(outcome.as_json()))
            else:
                mark = "holds " if outcome.holds else "BROKEN"
                style = self.style.SUCCESS if outcome.holds else self.style.ERROR
                self.stdout.write(f"{style(mark)}  {outcome.sentence}")
                if not outcome.holds:
                    self.stdout.write(f"        {outcome.name}, {outcome.guard}: {outcome.detail}")
        summary = {"holds": len(outcomes) - len(failed), "broken": len(failed)}
        words = f"{summary['holds']} guards hold, {summary['broken']} do not"
        self.stdout.write(json.dumps(summary) if options["json"] else words)
        if failed:
            raise SystemExit(1)
