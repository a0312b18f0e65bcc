import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from audit.ledger import signing
from audit.ledger.checks import Claim, as_json, verify
from audit.ledger.commands import LedgerCommand
from audit.ledger.errors import LedgerError


class Command(LedgerCommand):
    help = (
        "Check every record, seal and root of the ledger in the live database, and say what is wrong and where. Changes nothing. "
        "Exit code 0: all agrees, 1: something is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the result as one JSON object")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="FILE",
            help="public key of roots (default: the configured key's)",
        )
        parser.add_argument(
            "--root",
            action="append",
            default=[],
            metavar="FILE",
            help="a root that was kept outside; may be repeated",
        )

    def work(self, options: dict[str, Any]) -> None:
        keys = [_key(Path(name)) for name in options["key"]]
        keys = keys or [signing.raw_public(signing.signing_key().public_key())]
        report = verify(keys=keys, kept=[Claim.kept(Path(name)) for name in options["root"]])
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report), indent=2))
        elif report.findings:
            self.stdout.write("\n".join(finding.sentence for finding in report.findings))
        else:
            self.stdout.write(
                f"The ledger is whole: {report.seals} seals and {report.roots} roots agree with the records."
            )
        if report.findings:
            sys.exit(1)


def _key(path: Path) -> bytes:
    try:
        return signing.read_public(path.read_bytes())
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}.") from error
