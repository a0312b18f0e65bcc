import json
import sys
from argparse import ArgumentParser
from typing import Any

from audit.ledger.commands import LedgerCommand
from audit.ledger.export import lines


class Command(LedgerCommand):
    help = (
        "Write the ledger as JSON lines for auditors, to standard output or a file. Holds no personal data: names, words, facts "
        "and exact instants are digests. Check it with tools/verify_ledger.py."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", type=int, default=1, dest="first", metavar="SEQ", help="first seal (default: 1)"
        )
        parser.add_argument(
            "--to", type=int, default=None, dest="last", metavar="SEQ", help="last seal (default: all)"
        )
        parser.add_argument(
            "--output", metavar="FILE", help="write here instead; an existing file is refused"
        )
        parser.add_argument(
            "--open",
            default="",
            metavar="FIELDS",
            help="fields to show in clear, with commas (facts,occurred_at): ONLY for somebody who may see them",
        )

    def work(self, options: dict[str, Any]) -> None:
        opened = {name.strip() for name in options["open"].split(",") if name.strip()}
        out = open(options["output"], "x", encoding="utf-8") if options["output"] else sys.stdout  # noqa: SIM115
        try:
            for line in lines(first=options["first"], last=options["last"], opened=opened):
                out.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")
        finally:
            if options["output"]:
                out.close()
