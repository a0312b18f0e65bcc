from argparse import ArgumentParser
from typing import Any

from audit.ledger.commands import OPERATOR, LedgerCommand
from audit.ledger.resolve import resolve_ahead


class Command(LedgerCommand):
    help = (
        "Let the ledger go on after the database was restored into another server or the server was set back. Seals every "
        "record that has no seal, and records the decision and its reason. Refused while nothing needs it. Writers wait "
        "while it runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reason", required=True, help="what happened, for the record; no names of persons"
        )

    def work(self, options: dict[str, Any]) -> None:
        sealed = resolve_ahead(actor=OPERATOR, reason=options["reason"])
        self.stdout.write(f"{sealed} records sealed; the ledger goes on under this server's transaction ids.")
