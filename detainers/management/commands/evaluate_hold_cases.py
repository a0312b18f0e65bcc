"""`manage.py evaluate_hold_cases FILE [--json]`: a hold-cases/1 file through the real clock, no database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from detainers import hold_cases, rulebook


class Command(BaseCommand):
    help = (
        "Run every case of a hold-cases/1 file through the hold clock and compare. Exit code 0: all as "
        "expected, 1: at least one differs, 2: the file cannot be evaluated. No database is needed."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a JSON file of schema hold-cases/1")
        parser.add_argument(
            "--json",
            action="store_true",
            help="write one JSON document to standard output; the count goes to standard error",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcomes = hold_cases.evaluate(hold_cases.read(options["file"]), rulebook.current())
        except hold_cases.BadFile as error:
            self.stderr.write(str(error))
            sys.exit(2)
        passed = sum(outcome.passed for outcome in outcomes)
        count = f"{passed} passed, {len(outcomes) - passed} failed"
        if options["json"]:
            document = {
                "schema": "hold-cases-result/1",
                "rules_version": rulebook.current().version,
                "passed": passed,
                "failed": len(outcomes) - passed,
                "results": [outcome.as_json() for outcome in outcomes],
            }
            self.stdout.write(json.dumps(document, indent=1, ensure_ascii=False))
            self.stderr.write(count)
        else:
            for outcome in outcomes:
                self._show(outcome)
            self.stdout.write(count)
        if passed != len(outcomes):
            sys.exit(1)

    def _show(self, outcome: hold_cases.Outcome) -> None:
        self.stdout.write(f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.case_id}  {outcome.title}")
        self.stdout.write(f"     expected {_line(outcome.expected)}")
        self.stdout.write(f"     actual   {_line(outcome.actual)}")
        for sentence in outcome.sentences:
            self.stdout.write(f"       {sentence}")
        for field in outcome.differences:
            wanted, got = outcome.expected[field], outcome.actual.get(field)
            self.stdout.write(f"     differs  {field}: expected {wanted!r}, got {got!r}")


def _line(values: Any) -> str:
    shown = []
    for key in hold_cases.SHOWN:
        value = values.get(key)
        if isinstance(value, list):
            value = ",".join(value) or "none"
        shown.append(f"{key}={'-' if value is None else value}")
    return "  ".join(shown)
