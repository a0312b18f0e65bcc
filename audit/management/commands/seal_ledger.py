from typing import Any

from audit.ledger import seal_due
from audit.ledger.commands import LedgerCommand

BATCH = 20_000


class Command(LedgerCommand):
    help = "Seal everything that has settled, now: after a large import, or while no worker runs. Safe beside running workers."

    def work(self, options: dict[str, Any]) -> None:
        total = 0
        while (sealed := seal_due(BATCH)) > 0:
            total += sealed
            if total % (BATCH * 10) == 0:
                self.stdout.write(f"{total} records sealed so far.")
        self.stdout.write(f"{total} records sealed.")
