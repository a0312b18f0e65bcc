import json
from typing import Any

from audit.ledger import seal_due
from audit.ledger.commands import OPERATOR, LedgerCommand
from audit.ledger.roots import as_json, seal_root


class Command(LedgerCommand):
    help = "Sign a root over everything that can be sealed now, send it out, and print it. The same ledger gives the same root."

    def work(self, options: dict[str, Any]) -> None:
        while seal_due() > 0:
            continue
        self.stdout.write(json.dumps(as_json(seal_root(actor=OPERATOR)), indent=2))
