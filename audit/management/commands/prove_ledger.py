import json
from argparse import ArgumentParser
from typing import Any

from audit.ledger import tree
from audit.ledger.commands import LedgerCommand
from audit.ledger.errors import NothingSealed
from audit.ledger.roots import as_json
from audit.models import LedgerRoot, Seal


class Command(LedgerCommand):
    help = (
        "Print a short proof: that a later root contains everything an earlier one covers (--from-root 3 --to-root 9), or that a "
        "root covers one seal (--seq 120 --to-root 9). Check it with tools/verify_ledger.py --proof."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from-root", type=int, metavar="N", help="number of the earlier root")
        parser.add_argument("--seq", type=int, metavar="SEQ", help="the seal that the root is to cover")
        parser.add_argument(
            "--to-root", type=int, required=True, metavar="N", help="number of the later root"
        )

    def work(self, options: dict[str, Any]) -> None:
        if (options["from_root"] is None) == (options["seq"] is None):
            raise NothingSealed("Say either --from-root or --seq.")
        later = _root(options["to_root"])
        if options["seq"] is not None:
            seq = options["seq"]
            path = tree.prove_inclusion(seq, later.seq)
            leaf = bytes(Seal.objects.get(pk=seq).leaf).hex()
            proof: dict[str, Any] = {"type": "inclusion", "seq": seq, "leaf": leaf}
        else:
            earlier = _root(options["from_root"])
            path = tree.prove_consistency(earlier.seq, later.seq)
            proof = {"type": "consistency", "from": as_json(earlier)}
        proof |= {"to": as_json(later), "path": [hash_.hex() for hash_ in path]}
        self.stdout.write(json.dumps(proof, indent=2))


def _root(number: int) -> LedgerRoot:
    found = LedgerRoot.objects.filter(pk=number).first()
    if found is None:
        raise NothingSealed(f"There is no root {number}.")
    return found
