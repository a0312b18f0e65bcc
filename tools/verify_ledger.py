#!/usr/bin/env python3
"""Checks an export of a Clearhold ledger, or a proof between two of its roots, without Clearhold.

Needs Python 3.11 or newer and the package `cryptography`. What the hashes are made of is in docs/ledger.md; this program was
written from that page and shares no code with Clearhold, so that it can be read and trusted by itself.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

LEAF, NODE, CHAIN, FIELD, ROOT = (bytes([n]) for n in range(5))
ZERO = "00" * 32
COMMON = ("id", "public_id", "txid", "action", "actor_kind")
FORMS = {
    ("event", 1): (
        (*COMMON, "subject_type", "subject_id", "case_id", "agency_id", "changed", "recorded_on"),
        (
            "sealed_at",
            "recorded_at",
            "occurred_at",
            "actor_id",
            "actor_label",
            "on_behalf_of",
            "request_id",
            "reason",
            "facts",
        ),
    ),
    ("access", 1): (
        (*COMMON, "object_type", "case_id", "agency_id", "recorded_on"),
        (
            "sealed_at",
            "recorded_at",
            "actor_id",
            "actor_label",
            "request_id",
            "objects_shown",
            "purpose",
            "query",
        ),
    ),
}
"""Fields of each form: the clear ones, then those that enter as digests, each in the order in which they are hashed."""

EPILOG = """\
exit codes:
  0  everything agrees
  1  something was changed, removed, put in, moved or signed by somebody else; the first sentence says where
  2  the command line was not understood, or a file cannot be read

examples:
  verify_ledger.py ledger.jsonl --key ledger-key.pem --root roots/
  verify_ledger.py --proof proof.json --key ledger-key.pem --root root-00000003.json
"""


class Wrong(Exception):
    """What is wrong, as a sentence that names the place."""


class Unreadable(Exception):
    """A file that is not what it should be, as a sentence."""


def digest(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def encoded(value: str | None) -> bytes:
    if value is None:
        return b"\0"
    data = value.encode()
    return b"\1" + len(data).to_bytes(4, "big") + data


def fold(hashes: list[bytes]) -> bytes:
    """The tree's root from the hashes of its complete subtrees, left to right."""
    rest = list(hashes)
    root = rest.pop()
    while rest:
        root = digest(NODE, rest.pop(), root)
    return root


class Tree:
    """The right edge of a growing RFC 6962 tree."""

    def __init__(self, size: int, hashes: list[bytes]) -> None:
        if len(hashes) != size.bit_count():
            raise Wrong(f"The head's tree of {size} seals does not have the right number of hashes.")
        self.size, self.hashes = size, hashes

    def append(self, leaf: bytes) -> None:
        at = self.size
        while at & 1:
            leaf, at = digest(NODE, self.hashes.pop(), leaf), at >> 1
        self.hashes.append(leaf)
        self.size += 1


def leaf_of(line: dict[str, Any]) -> bytes:
    """The leaf hash that the visible part of a row gives."""
    where = f"Seal {line['seq']} ({line['kind']} {line['row']})"
    if line.get("missing"):
        raise Wrong(f"{where}: the row is gone: it was deleted.")
    form = FORMS.get((line["kind"], line["form"]))
    if form is None:
        raise Wrong(f"{where}: sealed in a form that this program does not know; get a newer one.")
    clear, blind = form
    if set(line["clear"]) != set(clear) or set(line["blind"]) != set(blind):
        raise Wrong(f"{where}: fields are missing or too many.")
    for name, (key, value) in line.get("opened", {}).items():
        if digest(FIELD, bytes.fromhex(key), encoded(value)).hex() != line["blind"][name]:
            raise Wrong(f"{where}: the field {name} that was opened is not what was sealed.")
    title = f"clearhold-{line['kind']}/{line['form']}"
    parts = [encoded(line["clear"][name]) for name in clear]
    parts += [b"\2" + bytes.fromhex(line["blind"][name]) for name in blind]
    return digest(LEAF, bytes.fromhex(line["salt"]), encoded(title), *parts)


def message(root: dict[str, Any]) -> bytes:
    """The bytes that a root's signature covers."""
    names = ("number", "seq", "chain", "tree", "previous", "made_at", "key")
    lines = ["clearhold-ledger-root/1", *[f"{name} {root[name]}" for name in names]]
    return "".join(line + "\n" for line in lines).encode()


def root_digest(root: dict[str, Any]) -> str:
    return digest(ROOT, message(root), bytes.fromhex(root["signature"])).hex()


def check_signature(root: dict[str, Any], keys: dict[str, Ed25519PublicKey]) -> None:
    key = keys.get(root["key"])
    if key is None:
        raise Wrong(
            f"Root {root['number']} is signed with key {root['key']}, which is none of the keys you gave. If it is no "
            "earlier key of that office, somebody else signed it."
        )
    try:
        key.verify(bytes.fromhex(root["signature"]), message(root))
    except InvalidSignature:
        raise Wrong(
            f"Root {root['number']} has a wrong signature: it was changed, or never signed."
        ) from None


def check_roots(
    found: list[dict[str, Any]], kept: list[dict[str, Any]], keys: dict[str, Ed25519PublicKey]
) -> None:
    """Every root follows the one before and is the one that was kept; their signatures were checked as they came."""
    number, previous = 0, ZERO
    for root in found:
        if root["number"] != number + 1:
            raise Wrong(f"Root {number + 1} is missing.")
        if root["previous"] != previous:
            raise Wrong(f"Root {root['number']} does not follow root {number}: one of them was replaced.")
        number, previous = root["number"], root_digest(root)
    by_number = {root["number"]: root for root in found}
    for root in kept:
        check_signature(root, keys)
        now = by_number.get(root["number"])
        if now is not None and message(now) != message(root):
            raise Wrong(f"Root {root['number']} is not the one that you kept: it was replaced.")


class Export:
    """One pass over an export."""

    def __init__(self, kept: list[dict[str, Any]], keys: dict[str, Ed25519PublicKey]) -> None:
        self.keys = keys
        self.claims = [("that you kept ", root) for root in kept]
        self.roots: list[dict[str, Any]] = []
        self.seq, self.chain, self.last, self.size, self.covered = 0, b"", 0, 0, 0
        self.tree = Tree(0, [])

    def begin(self, head: dict[str, Any]) -> None:
        if head.get("version") != "clearhold-ledger-export/1":
            raise Unreadable("This is no export of a Clearhold ledger that this program knows.")
        self.seq, self.last, self.size = head["first"] - 1, head["last"], head["size"]
        self.chain = bytes.fromhex(head["chain_before"])
        self.tree = Tree(self.seq, [bytes.fromhex(item) for item in head["tree_before"]])
        if self.seq == 0 and self.chain != bytes(32):
            raise Wrong("The ledger does not begin with seal 1.")
        self._kept_here()

    def seal(self, line: dict[str, Any]) -> None:
        expected = self.seq + 1
        where = f"Seal {line['seq']} ({line['kind']} {line['row']})"
        if line["seq"] != expected:
            raise Wrong(f"Seal {expected} is missing: after {self.seq} comes {line['seq']}.")
        stored = bytes.fromhex(line["leaf"])
        link = digest(CHAIN, self.chain, line["seq"].to_bytes(8, "big"), stored)
        is_linked = link.hex() == line["chain"]
        if leaf_of(line) != stored:
            said = (
                "the row is not what was sealed: it, or the seal's salt, was changed afterwards."
                if is_linked
                else "the seal's leaf hash was changed."
            )
            raise Wrong(f"{where}: {said}")
        if not is_linked:
            raise Wrong(f"{where}: the chain breaks: a seal here was changed, moved, put in or recomputed.")
        if str(line["row"]) != line["clear"]["id"]:
            raise Wrong(f"{where}: the seal names another row than the one it seals.")
        self.seq, self.chain = expected, link
        self.tree.append(stored)
        self._kept_here()

    def root(self, root: dict[str, Any], first: int) -> None:
        check_signature(root, self.keys)
        self.roots.append(root)
        if root["seq"] >= first - 1:
            self._compare("", root)

    def end(self) -> None:
        for whose, root in self.claims:
            if root["seq"] > max(self.seq, self.size):
                self._compare(whose, root)
        if self.seq != self.last:
            raise Wrong(
                f"The export should end with seal {self.last} and ends with {self.seq}: its tail is missing."
            )

    def _kept_here(self) -> None:
        for whose, root in self.claims:
            if root["seq"] == self.seq:
                self._compare(whose, root)

    def _compare(self, whose: str, root: dict[str, Any]) -> None:
        if root["seq"] > self.seq:
            raise Wrong(
                f"Root {root['number']} {whose}covers {root['seq']} seals and the ledger ends at {self.seq}: "
                "its tail was cut off."
            )
        if root["seq"] != self.seq:
            raise Wrong(f"Root {root['number']} is not at its place after seal {root['seq']}.")
        if (root["chain"], root["tree"]) != (
            self.chain.hex(),
            fold(self.tree.hashes).hex() if self.seq else "",
        ):
            raise Wrong(
                f"Root {root['number']} {whose}does not agree with the ledger: something at or before seal {root['seq']} was "
                "changed after it was signed, or the root was."
            )
        self.covered = max(self.covered, root["seq"])


def check_export(path: Path, kept: list[dict[str, Any]], keys: dict[str, Ed25519PublicKey]) -> str:
    """Raises Wrong at the first thing that is. Returns the sentence that all agrees."""
    lines = read_lines(path)
    head = next(lines, None)
    if head is None or head.get("type") != "ledger":
        raise Unreadable(f"{path} does not begin like an export of a ledger.")
    export, ended = Export(kept, keys), False
    export.begin(head)
    for line in lines:
        if line["type"] == "seal":
            export.seal(line)
        elif line["type"] == "root":
            export.root(line, head["first"])
        elif line["type"] == "end":
            ended = True
    if not ended:
        raise Wrong(f"The export breaks off after seal {export.seq}: ask for it again.")
    export.end()
    check_roots(export.roots, kept, keys)
    covered = (
        f"of which signed roots cover the first {export.covered}"
        if export.covered
        else "no root covers any of them"
    )
    if head["first"] > 1 or export.seq < export.size:
        covered += f", and this is a part: the ledger is said to have {export.size}"
    return f"All agrees: seals {head['first']} to {export.seq}, {covered}; {len(export.roots)} roots."


def check_proof(path: Path, kept: list[dict[str, Any]], keys: dict[str, Ed25519PublicKey]) -> str:
    """A consistency or inclusion proof. Raises Wrong, or returns the sentence that it holds."""
    proof = read_json(path)
    later, steps = proof["to"], [bytes.fromhex(item) for item in proof["path"]]
    claimed = [later] + ([proof["from"]] if proof["type"] == "consistency" else [])
    for root in claimed:
        check_signature(root, keys)
        for own in kept:
            if own["number"] == root["number"] and message(own) != message(root):
                raise Wrong(f"Root {root['number']} in the proof is not the one that you kept.")
    if proof["type"] == "inclusion":
        if not includes(bytes.fromhex(proof["leaf"]), proof["seq"] - 1, later["seq"], steps, later["tree"]):
            raise Wrong(f"Root {later['number']} does not cover seal {proof['seq']} with this leaf.")
        return f"Root {later['number']} covers seal {proof['seq']}."
    earlier = proof["from"]
    if not consistent(earlier["seq"], later["seq"], earlier["tree"], later["tree"], steps):
        raise Wrong(
            f"Root {later['number']} does not contain what root {earlier['number']} covers: something at or before seal "
            f"{earlier['seq']} was changed between them."
        )
    return f"Root {later['number']} contains everything that root {earlier['number']} covers ({earlier['seq']} seals)."


def includes(leaf: bytes, index: int, size: int, steps: list[bytes], root: str) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in steps:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = digest(NODE, step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = digest(NODE, found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found.hex() == root


def consistent(old: int, new: int, old_root: str, new_root: str, steps: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if not 1 <= old <= new:
        return False
    if old == new:
        return not steps and old_root == new_root
    path = [bytes.fromhex(old_root), *steps] if old & (old - 1) == 0 else steps
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = digest(NODE, step, first), digest(NODE, step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = digest(NODE, second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (first.hex(), second.hex()) == (old_root, new_root)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                yield json.loads(text)
            except ValueError:
                raise Wrong(
                    f"Line {number} of {path.name} is not whole: the export breaks off or was damaged."
                ) from None


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Unreadable(f"{path} is not JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} is not what it should be.")
    return found


def read_key(path: Path) -> tuple[str, Ed25519PublicKey]:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        raise Unreadable(f"{path} is no public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable(f"{path} is a key of another kind than Ed25519.")
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16], key


def read_roots(places: list[Path]) -> list[dict[str, Any]]:
    """Root files, and all root-*.json of folders."""
    files = [
        file
        for place in places
        for file in (sorted(place.glob("root-*.json")) if place.is_dir() else [place])
    ]
    return [read_json(file) for file in files]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", nargs="?", type=Path, help="what `manage.py export_ledger` wrote")
    parser.add_argument("--proof", type=Path, help="what `manage.py prove_ledger` wrote")
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        help="public key (PEM) of the office; may be repeated",
    )
    parser.add_argument(
        "--root", type=Path, action="append", default=[], help="roots that you kept: a file or a folder"
    )
    options = parser.parse_args(arguments)
    if (options.export is None) == (options.proof is None):
        parser.error("give an export, or --proof and a file")
    try:
        keys, kept = dict(map(read_key, options.key)), read_roots(options.root)
        check = check_export if options.export else check_proof
        print(check(options.export or options.proof, kept, keys))
        return 0
    except Wrong as wrong:
        print(wrong)
        return 1
    except (Unreadable, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        print(f"A file has not the form it should have ({type(error).__name__}: {error}).")
        return 1


if __name__ == "__main__":
    sys.exit(main())
