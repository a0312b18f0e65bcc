"""Somebody who owns the database switches the triggers off and tampers. Both verifiers must see it and name the place."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.ledger import export as exporting
from audit.ledger import forms, roots, signing
from audit.ledger.checks import Claim, verify
from audit.ledger.forms import EMPTY_CHAIN
from audit.ledger.merkle import Frontier
from audit.models import LedgerRoot, Seal
from tests.audit.ledger.world import (
    SECRET_WORDS,
    command,
    export,
    key_file,
    root_file,
    seal_all,
    superuser,
    tool,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Scene:
    """A ledger with two roots; the second was kept outside."""

    folder: Path
    key: Path
    kept: Path

    def place(self, kind: str = "event", *, skip: int = 2) -> tuple[int, int]:
        """A seal in the middle of what the first root covers, and its row."""
        first = Seal.objects.filter(kind=kind).order_by("seq")[skip]
        return first.seq, first.row_id


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    write(12)
    seal_all()
    first = root_file(tmp_path)
    write(9)
    seal_all()
    kept = root_file(tmp_path)
    first.unlink()
    return Scene(tmp_path, key_file(tmp_path), kept)


def reseal(cursor: Any, first: int = 1, *, salts: bool = False) -> None:
    """Make leaf and chain hashes again from a seal on, as somebody does who has our code. The second root is left."""
    last = Seal.objects.order_by("-seq").first()
    for entry in list(exporting.seals(first, last.seq)):
        salt = bytes(16) if salts else entry.salt
        leaf = forms.leaf(entry.form, entry.values, salt)
        before = Seal.objects.filter(seq=entry.seq - 1).first()
        chain = forms.link(bytes(before.chain) if before else EMPTY_CHAIN, entry.seq, leaf)
        cursor.execute(
            "UPDATE audit_seal SET salt = %s, leaf = %s, chain = %s WHERE seq = %s",
            [salt, leaf, chain, entry.seq],
        )


def resign(cursor: Any, key: Ed25519PrivateKey | None) -> None:
    """Make every root again over what the ledger is now; without a key the old signatures stay."""
    previous = bytes(32)
    for root in LedgerRoot.objects.order_by("number"):
        edge = Frontier()
        for leaf in Seal.objects.filter(seq__lte=root.seq).order_by("seq").values_list("leaf", flat=True):
            edge.append(bytes(leaf))
        root.tree, root.previous = edge.root(), previous
        root.chain = bytes(Seal.objects.get(seq=root.seq).chain)
        if key is not None:
            root.public_key = signing.raw_public(key.public_key())
            root.key_id = signing.key_id(root.public_key)
            root.signature = key.sign(roots.text_of(root).message())
        previous = roots.digest_of(root)
        cursor.execute(
            "UPDATE audit_ledgerroot SET tree = %s, previous = %s, chain = %s, public_key = %s, key_id = %s, signature = %s "
            "WHERE number = %s",
            [
                root.tree, previous_of(root), root.chain, bytes(root.public_key), root.key_id, bytes(root.signature),
                root.number,
            ],
        )  # fmt: skip


def previous_of(root: LedgerRoot) -> bytes:
    return bytes(root.previous)


# -- what is done, and what must be said. {seq} and {row} are those of the place ------------------------------------------


def edit_fact(cursor: Any, seq: int, row: int) -> None:
    cursor.execute('UPDATE audit_event SET facts = facts || \'{"rule": "none"}\' WHERE id = %s', [row])


def edit_reason(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_event SET reason = 'nothing' WHERE id = %s", [row])


def edit_actor(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_event SET actor_label = 'Somebody else' WHERE id = %s", [row])


def edit_case(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_event SET case_id = gen_random_uuid() WHERE id = %s", [row])


def change_time(cursor: Any, seq: int, row: int) -> None:
    cursor.execute(
        "UPDATE audit_event SET occurred_at = occurred_at - interval '1 microsecond' WHERE id = %s", [row]
    )


def change_sealed_at(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_seal SET sealed_at = sealed_at - interval '1 hour' WHERE seq = %s", [seq])


def edit_access(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_access SET objects_shown = '{}' WHERE id = %s", [row])


def delete_row(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("DELETE FROM audit_event WHERE id = %s", [row])


def delete_row_and_seal(cursor: Any, seq: int, row: int) -> None:
    delete_row(cursor, seq, row)
    cursor.execute("DELETE FROM audit_seal WHERE seq = %s", [seq])


def delete_and_close_the_gap(cursor: Any, seq: int, row: int) -> None:
    delete_row_and_seal(cursor, seq, row)
    cursor.execute("UPDATE audit_seal SET seq = -seq WHERE seq > %s", [seq])
    cursor.execute("UPDATE audit_seal SET seq = -seq - 1 WHERE seq < 0")
    reseal(cursor, seq)


def delete_tail(cursor: Any, seq: int, row: int) -> None:
    cursor.execute(
        "DELETE FROM audit_event e USING audit_seal s WHERE s.kind = 'event' AND s.row_id = e.id AND s.seq > 20"
    )
    cursor.execute("DELETE FROM audit_seal WHERE seq > 20")


def delete_tail_and_its_root(cursor: Any, seq: int, row: int) -> None:
    delete_tail(cursor, seq, row)
    cursor.execute("DELETE FROM audit_ledgerroot WHERE seq > 20")


def insert_forged(cursor: Any, seq: int, row: int) -> None:
    """A forged row takes the place of a sealed one, with a seal of its own; the chain from there is left as it was."""
    cursor.execute(
        "INSERT INTO audit_event (public_id, txid, action, actor_kind, actor_id, actor_label, request_id, reason, subject_type,"
        " subject_id, changed, facts, occurred_at, recorded_at) SELECT gen_random_uuid(), txid, 'cases.released', actor_kind,"
        " actor_id, actor_label, '', '', 'case', subject_id, '{}', '{}', occurred_at, recorded_at FROM audit_event WHERE id = %s"
        " RETURNING id",
        [row],
    )
    (forged,) = cursor.fetchone()
    cursor.execute("UPDATE audit_seal SET row_id = %s, agency_id = NULL WHERE seq = %s", [forged, seq])
    entry = next(exporting.seals(seq, seq))
    leaf = forms.leaf(entry.form, entry.values, entry.salt)
    before = bytes(Seal.objects.get(seq=seq - 1).chain)
    cursor.execute(
        "UPDATE audit_seal SET leaf = %s, chain = %s WHERE seq = %s",
        [leaf, forms.link(before, seq, leaf), seq],
    )


def insert_forged_and_recompute(cursor: Any, seq: int, row: int) -> None:
    insert_forged(cursor, seq, row)
    reseal(cursor, seq)


def swap_rows(cursor: Any, seq: int, row: int) -> None:
    other = Seal.objects.filter(kind="event", seq__gt=seq).order_by("seq").first()
    cursor.execute("UPDATE audit_seal SET row_id = -1 WHERE seq = %s", [seq])
    cursor.execute("UPDATE audit_seal SET row_id = %s, txid = txid WHERE seq = %s", [row, other.seq])
    cursor.execute("UPDATE audit_seal SET row_id = %s WHERE seq = %s", [other.row_id, seq])


def swap_seals(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_seal SET seq = 0 WHERE seq = %s", [seq])
    cursor.execute("UPDATE audit_seal SET seq = %s WHERE seq = %s", [seq, seq + 1])
    cursor.execute("UPDATE audit_seal SET seq = %s WHERE seq = 0", [seq + 1])


def change_salt(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_seal SET salt = %s WHERE seq = %s", [bytes(16), seq])


def change_salt_and_leaf(cursor: Any, seq: int, row: int) -> None:
    edit_fact(cursor, seq, row)
    entry = next(exporting.seals(seq, seq))
    leaf = forms.leaf(entry.form, entry.values, bytes(16))
    cursor.execute("UPDATE audit_seal SET salt = %s, leaf = %s WHERE seq = %s", [bytes(16), leaf, seq])


def recompute_from_here(cursor: Any, seq: int, row: int) -> None:
    edit_fact(cursor, seq, row)
    reseal(cursor, seq, salts=True)


def recompute_and_replace_roots(cursor: Any, seq: int, row: int) -> None:
    recompute_from_here(cursor, seq, row)
    resign(cursor, None)


def recompute_and_sign_with_another_key(cursor: Any, seq: int, row: int) -> None:
    recompute_from_here(cursor, seq, row)
    resign(cursor, Ed25519PrivateKey.generate())


def recompute_and_sign_with_the_stolen_key(cursor: Any, seq: int, row: int) -> None:
    recompute_from_here(cursor, seq, row)
    resign(cursor, signing.signing_key())


def change_signature(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("UPDATE audit_ledgerroot SET signature = %s WHERE number = 1", [bytes(64)])


def delete_root(cursor: Any, seq: int, row: int) -> None:
    cursor.execute("DELETE FROM audit_ledgerroot WHERE number = 1")


CHANGED = r"Seal {seq} \({kind} {row}\): the row is not what was sealed"
DIFFERS = r"Root 1 does not agree with the ledger: something at or before seal \d+ was changed"
Tamper = Callable[[Any, int, int], None]
KINDS: list[tuple[Tamper, str, str]] = [
    (edit_fact, "event", CHANGED),
    (edit_reason, "event", CHANGED),
    (edit_actor, "event", CHANGED),
    (edit_case, "event", CHANGED),
    (change_time, "event", CHANGED),
    (change_sealed_at, "event", CHANGED),
    (edit_access, "access", CHANGED),
    (delete_row, "event", r"Seal {seq} \(event {row}\): the row is gone"),
    (delete_row_and_seal, "event", r"Seal {seq} is missing"),
    (delete_and_close_the_gap, "event", DIFFERS),
    (delete_tail, "event", r"Root 2 covers \d+ seals and the ledger ends at 20: its tail was cut off"),
    (
        delete_tail_and_its_root,
        "event",
        r"Root 2\D+covers \d+ seals and the ledger ends at 20: its tail was cut off",
    ),
    (insert_forged, "event", r"Seal {after} \(\w+ \d+\): the chain breaks"),
    (insert_forged_and_recompute, "event", DIFFERS),
    (swap_rows, "event", r"Seal {seq} \(event \d+\): the row is not what was sealed"),
    (swap_seals, "event", r"Seal {seq} \(\w+ \d+\): the chain breaks"),
    (change_salt, "event", CHANGED),
    (change_salt_and_leaf, "event", r"Seal {seq} \(event {row}\): the chain breaks"),
    (recompute_from_here, "event", DIFFERS),
    (recompute_and_replace_roots, "event", r"Root 1 has a wrong signature"),
    (recompute_and_sign_with_another_key, "event", r"Root 1 is signed with key \w+, which is no"),
    (recompute_and_sign_with_the_stolen_key, "event", r"Root 2\D+does not agree with the ledger"),
    (change_signature, "event", r"Root 1 has a wrong signature"),
    (delete_root, "event", r"Root 1 is missing"),
]


@pytest.mark.parametrize(("tamper", "kind", "said"), KINDS, ids=[entry[0].__name__ for entry in KINDS])
def test_tampering_is_found_and_its_place_is_named(scene: Scene, tamper: Tamper, kind: str, said: str):
    seq, row = scene.place(kind)
    expected = re.sub(
        r"\{(\w+)\}", lambda m: str({"seq": seq, "row": row, "kind": kind, "after": seq + 1}[m[1]]), said
    )

    with superuser() as cursor:
        tamper(cursor, seq, row)

    code, out = tool(export(scene.folder), "--key", scene.key, "--root", scene.kept)
    assert (code, bool(re.match(expected, out))) == (1, True), out
    report = verify(keys=[signing.read_public(scene.key.read_bytes())], kept=[Claim.kept(scene.kept)])
    sentences = [finding.sentence for finding in report.findings]
    live = expected.replace("which is no", "which is not")
    assert any(re.match(live, sentence) for sentence in sentences), sentences


def test_an_untouched_ledger_is_found_whole_by_both(scene: Scene):
    code, out = tool(export(scene.folder), "--key", scene.key, "--root", scene.kept)

    assert (code, out) == (0, out)
    assert re.match(r"All agrees: seals 1 to \d+, of which signed roots cover the first \d+; 2 roots\.", out)
    assert command("verify_ledger", "--root", str(scene.kept)).startswith("The ledger is whole: ")


def test_a_row_put_in_under_the_sealed_place_is_named(scene: Scene):
    _, row = scene.place()
    with superuser() as cursor:
        cursor.execute(
            "INSERT INTO audit_access (public_id, txid, action, actor_kind, actor_id, actor_label, request_id, objects_shown,"
            " object_type, purpose, query) SELECT gen_random_uuid(), txid, 'case.opened', 'user', '', '', '', '{}', '', '', ''"
            " FROM audit_event WHERE id = %s RETURNING id",
            [row],
        )
        (forged,) = cursor.fetchone()

    (finding,) = verify(keys=[signing.read_public(scene.key.read_bytes())]).findings

    assert finding.sentence.startswith(f"Access {forged} has no seal")


def test_an_export_holds_no_personal_data_and_opens_only_what_is_asked_for(scene: Scene):
    closed = export(scene.folder).read_text()
    opened = export(scene.folder, "--open", "reason,occurred_at")
    text = opened.read_text()
    code, out = tool(opened, "--key", scene.key)

    assert SECRET_WORDS not in closed
    assert "Clearhold (clock)" not in closed
    assert "2026-03-19T14:00" not in closed
    assert SECRET_WORDS in text
    assert "Clearhold (clock)" not in text
    assert code == 0, out
    opened.write_text(text.replace(SECRET_WORDS, "Nobody asked for it", 1))
    code, out = tool(opened, "--key", scene.key)
    assert code == 1
    assert re.match(r"Seal 1 \(event \d+\): the field reason that was opened is not what was sealed", out)


def test_a_part_of_the_ledger_is_checked_from_where_it_begins(scene: Scene):
    part = export(scene.folder, "--from", "8", "--to", "22")

    code, out = tool(part, "--key", scene.key, "--root", scene.kept)

    assert code == 0, out
    assert "seals 8 to 22" in out
    assert "this is a part" in out
    lines = part.read_text().splitlines()
    part.write_text("\n".join([*lines[:6], *lines[7:]]) + "\n")
    assert tool(part, "--key", scene.key)[0] == 1
    part.write_text("\n".join(lines[:9]) + "\n")
    assert "breaks off" in tool(part, "--key", scene.key)[1]


def test_a_short_proof_shows_that_a_later_root_contains_an_earlier_one(scene: Scene):
    proof = scene.folder / "proof.json"
    proof.write_text(command("prove_ledger", "--from-root", "1", "--to-root", "2"))
    right = tool("--proof", proof, "--key", scene.key, "--root", scene.kept)
    proof.write_text(
        proof.read_text().replace('"path": [\n    "', '"path": [\n    "0', 1).replace("00", "01", 1)
    )
    wrong = tool("--proof", proof, "--key", scene.key)
    proof.write_text(command("prove_ledger", "--seq", "5", "--to-root", "2"))
    included = tool("--proof", proof, "--key", scene.key)

    assert right[0] == 0, right[1]
    assert right[1].startswith("Root 2 contains everything that root 1 covers")
    assert wrong[0] == 1
    assert included == (0, "Root 2 covers seal 5.\n")


def test_wrong_files_are_refused_with_a_sentence(scene: Scene, tmp_path: Path):
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text("{}\n")

    assert tool(nothing, "--key", scene.key)[0] == 2
    assert tool(export(tmp_path), "--key", nothing)[0] == 2
    assert tool(tmp_path / "absent", "--key", scene.key)[0] == 2
    assert tool("--key", scene.key)[0] == 2
