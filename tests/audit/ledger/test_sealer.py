"""Dense, in order, nothing skipped, nothing twice, whatever other transactions do meanwhile."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from audit.ledger import forms, lag, last_sealed_at, rows, seal_due, sealed
from audit.ledger.checks import verify
from audit.ledger.errors import LedgerAhead, LedgerNotAhead
from audit.ledger.resolve import resolve_ahead
from audit.models import Access, Event, LedgerEpoch, Seal, SealNode
from audit.tasks import SEALER
from tests.audit.ledger.world import (
    elsewhere,
    seal_all,
    sealed_rows,
    superuser,
    together,
    write,
    write_access,
    write_event,
)

pytestmark = pytest.mark.django_db(transaction=True)


def assert_whole() -> None:
    """Every row has one seal, in the order of transactions, and every hash is right."""
    expected = sorted(
        [(txid, 0, pk, "event") for pk, txid in Event.objects.values_list("pk", "txid")]
        + [(txid, 1, pk, "access") for pk, txid in Access.objects.values_list("pk", "txid")]
    )
    assert sealed_rows() == [(n, kind, pk) for n, (_, _, pk, kind) in enumerate(expected, start=1)]
    assert verify(keys=[]).findings == []


def test_rows_are_sealed_once_dense_and_in_order():
    write(30)

    total = seal_all()

    assert total == 40
    assert seal_due() == 0
    assert_whole()


@pytest.mark.parametrize("batch", [1, 2, 7, 1000])
def test_batches_of_any_size_give_the_same_order(batch: int):
    write(12)
    with transaction.atomic():
        for _ in range(5):
            write_event()
            write_access()
    seal_all_by = 0
    while (lag().held_back) is not None:
        seal_all_by += seal_due(batch)

    assert seal_all_by == 26
    assert_whole()


def test_three_sealers_at_once_seal_everything_once():
    write(60)
    while lag().rows < 80:
        continue

    together(*[lambda: [seal_due(5) for _ in range(12)]] * 3)
    seal_all()

    assert_whole()


def test_a_second_sealer_leaves_at_once():
    write(3)

    with elsewhere(lambda: seal_due()):
        assert seal_due() == 0
    seal_all()

    assert_whole()


def test_a_row_of_a_transaction_that_still_runs_holds_back_what_comes_after_it():
    write(2)
    seal_all()
    before = Seal.objects.count()

    with elsewhere(write_event):
        write_event_in_its_own()
        assert seal_due() == 0
        assert Seal.objects.count() == before
        assert lag().rows == 0
        assert lag().held_back is not None
    seal_all()

    assert_whole()


def write_and_fail() -> None:
    write_event()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def seal_and_die() -> None:
    seal_due()
    raise RuntimeError("killed")


def write_event_in_its_own() -> None:
    with transaction.atomic():
        write_event()


def test_a_transaction_that_began_early_and_wrote_late_comes_before_what_was_written_meanwhile():
    def begin() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")

    with elsewhere(begin):
        write(2)
        seal_due()
    seal_all()

    assert_whole()


def test_ids_of_rolled_back_work_leave_no_gap_in_the_ledger():
    write(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        write_and_fail()
    with transaction.atomic():
        write_event()
        with pytest.raises(DatabaseError), transaction.atomic():
            write_and_fail()
        with transaction.atomic():
            write_event()
    seal_all()

    assert Event.objects.count() == 3
    assert_whole()


def test_writers_never_wait_for_a_sealer():
    write(5)

    with elsewhere(lambda: seal_due()), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        write(1)
        cursor.execute("RESET lock_timeout")
    seal_all()

    assert_whole()


def test_a_sealer_that_dies_leaves_nothing_behind():
    write(4)
    with pytest.raises(RuntimeError), transaction.atomic():
        seal_and_die()

    assert Seal.objects.count() == 0
    seal_all()
    assert_whole()


def test_kept_hashes_of_blocks_are_those_of_the_leaves():
    with transaction.atomic():
        for _ in range(1030):
            write_event()
    for size in (1000, 20, 5, 20):
        seal_due(size)
    write(2)
    seal_all()

    assert list(SealNode.objects.values_list("level", "index")) == [(10, 0)]
    assert_whole()


def test_lag_and_last_sealed_at_say_how_late_the_sealer_is():
    assert last_sealed_at() is None
    assert lag().rows == 0
    write(3)
    while (found := lag()).rows < 4:
        continue
    assert found.age is not None
    assert timedelta(0) < found.age < timedelta(minutes=2)

    seal_all()

    assert lag() == type(found)(rows=0, age=None, held_back=None)
    assert last_sealed_at() is not None


def test_sealed_gives_only_events_with_a_place():
    write(2)
    seal_all()
    with transaction.atomic():
        write_event()

    found = list(sealed(Event.objects.all()).order_by("seq"))

    assert [event.seq for event in found] == [1, 3]


def test_every_column_of_a_row_is_in_its_form():
    for model, form in ((Event, forms.EVENT_1), (Access, forms.ACCESS_1)):
        names = {field.column for field in model._meta.concrete_fields}
        assert set(form.clear) | set(form.blind) == names | {"recorded_on", rows.GIVEN}
        assert form.blind[0] == rows.GIVEN


@pytest.mark.parametrize("table", ["seal", "sealnode", "ledgerroot", "ledgerepoch"])
@pytest.mark.parametrize("act", ["DELETE FROM audit_{}", "TRUNCATE audit_{}"])
def test_the_ledger_cannot_be_emptied(table: str, act: str):
    write(1)
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_sealnode (level, index, hash) VALUES (40, 0, 'x')")
        cursor.execute(
            "INSERT INTO audit_ledgerroot VALUES (99, gen_random_uuid(), 1, 'x', 'x', 'x', now(), 'k', 'x', 'x')"
        )
        cursor.execute("INSERT INTO audit_ledgerepoch VALUES (99, 0, 0, 0, 0, now())")

    with (
        pytest.raises(DatabaseError, match=r"append-only|Cannot update or delete"),
        connection.cursor() as cursor,
    ):
        cursor.execute(act.format(table))


# -- another server's transaction ids ------------------------------------------------------------------------------------


def from_another_server(shift: int = 1_000_000_000) -> None:
    """The rows and seals as a dump brings them: with transaction ids that this server has not reached."""
    with superuser() as cursor:
        for table in ("event", "access"):
            cursor.execute(f"UPDATE audit_{table} SET txid = txid + %s", [shift])
    # Sealed there with those ids: the hashes are made again as they would have been.
    with superuser() as cursor:
        cursor.execute("TRUNCATE audit_seal, audit_sealnode")


def test_a_ledger_from_another_server_is_refused_then_resolved_visibly():
    write(6)
    from_another_server()
    seal_as_elsewhere()
    write(2)

    with pytest.raises(LedgerAhead, match="resolve_ledger"):
        seal_due()
    before = Seal.objects.count()
    resolved = resolve_ahead(actor=SEALER, reason="Restored after the fire of 3 March")
    write(2)
    seal_all()

    assert resolved == 3
    assert Seal.objects.count() == before + 3 + 1 + 3
    assert LedgerEpoch.objects.get().after_seq == before + 3
    said = Event.objects.get(facts__epoch=1)
    assert said.reason == "Restored after the fire of 3 March"
    assert verify(keys=[]).findings == []
    with pytest.raises(LedgerNotAhead):
        resolve_ahead(actor=SEALER, reason="again")


def test_rows_of_transactions_that_run_while_it_is_resolved_are_sealed_once():
    write(3)
    from_another_server()
    seal_as_elsewhere()

    def begin() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")

    may_write = []
    with elsewhere(begin) as may_end:
        resolve_ahead(actor=SEALER, reason="restored")
        may_write.append(may_end)
        write(1)
    write(1)
    seal_all()

    assert sorted(pk for _, kind, pk in sealed_rows() if kind == "event") == sorted(
        Event.objects.values_list("pk", flat=True)
    )
    assert verify(keys=[]).findings == []


def seal_as_elsewhere() -> None:
    """Seal what is there as the other server's sealer did."""
    from audit.ledger import sealer
    from audit.ledger.place import place

    with transaction.atomic():
        due = sealer.due_rows(place(), below=2**62, limit=1000)
        sealer.append(place(), due, limit=1000)
