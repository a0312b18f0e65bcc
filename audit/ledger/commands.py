"""What the ledger's commands share: who acts, and turning a refusal into a sentence with exit code 1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.errors import AuditError
from audit.record import ActorLike


class Operator:
    """Whoever runs a command on the server, recorded as that."""

    kind = "system"
    id = "system:command"
    label = "Clearhold (command line)"


OPERATOR: ActorLike = Operator()


class LedgerCommand(BaseCommand):
    """A command whose refusals are sentences."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """No arguments unless a command has some."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.work(options)
        except AuditError as error:
            raise CommandError(str(error)) from error

    def work(self, options: dict[str, Any]) -> None:
        """Do it. Raises AuditError with a sentence."""
        raise NotImplementedError(f"{type(self).__module__} does nothing")
