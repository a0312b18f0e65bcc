"""`manage.py replay_decisions`: every stored decision decided again from what was stored with it, byte for byte."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from detainers.services.policy_replay import Replayed, replay_decisions


class Command(BaseCommand):
    help = (
        "Decides every stored policy decision again, from the facts and rows stored with it, and compares the bytes. Policies "
        "that changed since make no difference. Exit code 1 when one differs, with its id and what differs; nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the N newest decisions")

    def handle(self, *args: Any, **options: Any) -> None:
        found = replay_decisions(limit=options["limit"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), sort_keys=True))
        else:
            self._say(found)
        if found.different:
            raise CommandError(
                f"{len(found.different)} of {found.same + len(found.different)} decisions do not replay. Something changed what "
                "was stored, or the software decides otherwise than it did: look at the ones named before you rely on any."
            )

    def _say(self, found: Replayed) -> None:
        for item in found.different:
            self.stdout.write(f"{item.decision}: {item.policy}: {item.what}")
        self.stdout.write(f"{found.same} decisions replay to the same bytes, {len(found.different)} do not.")
