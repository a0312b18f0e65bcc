"""Roots are signed once, go out as deliveries, and are refused without a key or over a ledger that was cut."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from audit import bus, outbox
from audit.events import ROOT_SIGNED
from audit.ledger import outgoing, signing
from audit.ledger.errors import LedgerDamaged, NoSigningKey, NothingSealed
from audit.ledger.roots import seal_daily_root, seal_root
from audit.models import Delivery, Event, LedgerRoot
from audit.tasks import SEALER
from tests.audit.ledger.world import command, seal_all, superuser, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def out(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Roots go to a folder and to two addresses."""
    settings.LEDGER_ROOTS_DIR = str(tmp_path)
    settings.LEDGER_ROOTS_TO = ["watch@example.org", "board@example.org"]
    monkeypatch.setitem(bus._subscribers, ROOT_SIGNED, {})
    outgoing.subscribe()
    return tmp_path


def carry() -> None:
    outbox.carry_due(at=timezone.now() + timedelta(hours=2))


def test_a_root_goes_out_as_file_and_mail(out: Path):
    write(3)
    seal_all()

    root = seal_root(actor=SEALER)
    carry()

    said = json.loads((out / "root-00000001.json").read_text())
    assert (said["seq"], said["signature"]) == (4, bytes(root.signature).hex())
    (message,) = mail.outbox
    assert message.to == ["watch@example.org", "board@example.org"]
    assert said["signature"] in message.body
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def test_a_root_file_is_never_written_over(out: Path):
    write(1)
    seal_all()
    seal_root(actor=SEALER)
    path = out / "root-00000001.json"
    event = Event.objects.get(action=ROOT_SIGNED)
    outgoing.write_file(event)
    whole = path.read_text()

    path.write_text(whole[:40])
    outgoing.write_file(event)
    assert path.read_text() == whole
    path.write_text("something else")
    with pytest.raises(LedgerDamaged, match="differs from root 1"):
        outgoing.write_file(event)
    assert path.read_text() == "something else"


def test_the_same_ledger_gives_the_same_root_and_a_longer_one_the_next(out: Path):
    write(3)
    seal_all()

    first, again = seal_root(actor=SEALER), seal_root(actor=SEALER)
    seal_all()
    second = seal_root(actor=SEALER)

    assert (first.number, again.number, second.number) == (1, 1, 2)
    assert Event.objects.filter(action=ROOT_SIGNED).count() == 2


def test_the_root_of_a_day_is_made_once():
    write(3)
    seal_all()

    made = [seal_daily_root(actor=SEALER) for _ in range(3)]
    seal_all()
    made.append(seal_daily_root(actor=SEALER))
    with superuser() as cursor:
        cursor.execute("UPDATE audit_ledgerroot SET made_at = made_at - interval '1 day'")
    made.append(seal_daily_root(actor=SEALER))

    assert [root.number if root else None for root in made] == [1, None, None, None, 2]


@pytest.mark.parametrize("key", ["", "abc", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_without_a_key_nothing_is_signed_and_the_sentence_says_what_to_do(settings: Any, key: str):
    settings.LEDGER_SIGNING_KEY = key
    write(1)
    seal_all()

    with pytest.raises(NoSigningKey, match="openssl genpkey"):
        seal_root(actor=SEALER)
    with pytest.raises(CommandError, match="LEDGER_SIGNING_KEY_FILE"):
        command("seal_root")
    assert LedgerRoot.objects.count() == 0


def test_an_empty_ledger_and_a_cut_one_get_no_root():
    with pytest.raises(NothingSealed):
        seal_root(actor=SEALER)
    write(6)
    seal_all()
    seal_root(actor=SEALER)
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_seal WHERE seq > 2")

    with pytest.raises(LedgerDamaged, match="tail was cut off"):
        seal_root(actor=SEALER)


def test_a_pem_key_signs_and_its_public_half_is_printed(settings: Any):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    settings.LEDGER_SIGNING_KEY = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    write(1)
    seal_all()
    root = seal_root(actor=SEALER)

    assert signing.read_public(command("ledger_key").encode()) == bytes(root.public_key)


def test_proofs_read_a_bounded_number_of_rows(django_assert_max_num_queries: Any):
    from audit.ledger import tree

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_seal (seq, kind, row_id, txid, form, salt, leaf, chain, sealed_at)"
            " SELECT n, 'event', n, 1, 1, '', sha256(n::text::bytea), '', now() FROM generate_series(1, 5000) n"
        )
    edge, nodes = tree.Frontier(), []
    for leaf in tree._leaves(0, 5000):
        nodes += edge.append(leaf)
    tree.keep(nodes)

    with django_assert_max_num_queries(12):
        path = tree.prove_consistency(3100, 5000)
    from audit.ledger import merkle

    assert merkle.is_consistent(3100, 5000, tree.root_at(3100), edge.root(), path)
