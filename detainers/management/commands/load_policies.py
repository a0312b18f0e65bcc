"""`manage.py load_policies FILE`: rows of law from a file, all of them or none."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import system
from detainers.policy_rows import RulebookError
from detainers.services import load_policies


class Command(BaseCommand):
    help = (
        "Loads the rows of law of a policy file (docs/policies.md). Into an empty table the rows that are on come into force as "
        "the file says; later a row that is new or says something else becomes a draft for counsel. The same file twice changes "
        "nothing. One bad row loads nothing: every mistake is printed with its row and field, and the exit code is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the policy file, such as detainers/data/policies.yaml")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}. Nothing was loaded.") from error
        try:
            done = load_policies(text=text, actor=system("policies"))
        except RulebookError as error:
            raise CommandError(f"{error}\nNothing was loaded.") from error
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {"in_force": done.in_force, "drafts": done.drafts, "known": done.known}, sort_keys=True
                )
            )
            return
        for words, codes in (("in force", done.in_force), ("draft, for counsel", done.drafts)):
            for code in codes:
                self.stdout.write(f"{code}: {words}")
        self.stdout.write(
            f"{len(done.in_force)} in force, {len(done.drafts)} drafts, {len(done.known)} known already."
        )
