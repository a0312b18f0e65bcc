import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from matching.simulator.spool import Outgoing, Spool, SpoolInUse


class Clock:
    ms = 1_000_000

    def __call__(self):
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def reopen(tmp_path, clock):
    opened = []

    def again():
        for spool in opened:
            spool.close()
        opened.append(Spool(tmp_path / "spool", clock=clock))
        return opened[-1]

    yield again
    for spool in opened:
        spool.close()


def numbers(spool, after=0, limit=50):
    return [item.id for item in spool.waiting(after=after, limit=limit)]


def test_the_same_bytes_are_known_again_for_ever(reopen):
    spool = reopen()
    first, is_duplicate = spool.accept(b"one")

    assert not is_duplicate
    assert spool.accept(b"one") == (first, True)
    assert reopen().accept(b"one") == (first, True)
    spool = reopen()
    spool.settle(first, [])
    assert spool.accept(b"one") == (first, True)
    assert reopen().accept(b"one") == (first, True)


def test_submissions_are_taken_in_order_and_survive(reopen):
    spool = reopen()
    items = [spool.accept(content)[0] for content in (b"one", b"two", b"three")]

    spool = reopen()
    taken = []
    while (item := spool.next_open()) is not None:
        taken.append((item, spool.content(item)))
        spool.settle(item, [])

    assert taken == list(zip(items, (b"one", b"two", b"three"), strict=True))
    assert reopen().next_open() is None


def test_messages_wait_for_their_time_then_until_they_are_deleted(reopen, clock):
    spool = reopen()
    item, _ = spool.accept(b"one")
    spool.settle(item, [Outgoing(clock.ms + 10, b"late"), Outgoing(clock.ms, b"now")])

    assert numbers(spool) == [1]
    assert spool.message(1) == b"now"
    clock.ms += 10
    spool = reopen()
    assert numbers(spool) == [1, 2]
    assert numbers(spool, after=1) == [2]
    assert numbers(spool, limit=1) == [1]
    assert spool.message(2) == b"late"
    spool.delete(1)
    spool.delete(1)
    assert numbers(spool) == [2]
    assert spool.message(1) is None


def test_a_number_is_never_given_twice(reopen, clock):
    spool = reopen()
    for place, content in enumerate((b"one", b"two", b"three"), start=1):
        item, _ = spool.accept(content)
        spool.settle(item, [Outgoing(clock.ms, content)])
        assert numbers(spool) == [place]
        spool.delete(place)
        spool = reopen()

    assert numbers(spool) == []


@pytest.mark.parametrize("folder", ["answers", "done"])
def test_an_interrupted_settlement_gives_each_answer_once(reopen, clock, monkeypatch, folder):
    spool = reopen()
    item, _ = spool.accept(b"one")
    replies = [Outgoing(clock.ms, b"a"), Outgoing(clock.ms, b"b")]
    original = os.replace

    def killed(source, target):
        if folder in os.fspath(target).split(os.sep):
            raise KeyboardInterrupt
        original(source, target)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        spool.settle(item, replies)
    monkeypatch.undo()

    spool = reopen()
    if folder == "answers":
        assert numbers(spool) == []
        assert spool.next_open() == item
        assert spool.content(item) == b"one"
        spool.settle(item, replies)
    assert spool.next_open() is None
    assert [spool.message(number) for number in numbers(spool)] == [b"a", b"b"]
    assert numbers(reopen()) == [1, 2]


def test_a_partly_emptied_mailbox_survives(reopen, clock):
    spool = reopen()
    for content in (b"one", b"two"):
        item, _ = spool.accept(content)
        spool.settle(item, [Outgoing(clock.ms, content + b"/a"), Outgoing(clock.ms + 5, content + b"/b")])
    assert numbers(spool) == [1, 2]
    spool.delete(1)

    spool = reopen()
    clock.ms += 5
    assert [spool.message(number) for number in numbers(spool)] == [b"two/a", b"one/b", b"two/b"]
    for number in numbers(spool):
        spool.delete(number)

    spool = reopen()
    assert numbers(spool) == []
    item, _ = spool.accept(b"three")
    spool.settle(item, [Outgoing(clock.ms, b"c")])
    assert numbers(spool) == [5]


def test_files_do_not_pile_up(reopen, clock, tmp_path):
    spool = reopen()
    for place in range(20):
        item, _ = spool.accept(b"%d" % place)
        spool.settle(item, [Outgoing(clock.ms, b"x"), Outgoing(clock.ms, b"y")])
        for number in numbers(spool):
            spool.delete(number)

    left = {
        folder: len(list((tmp_path / "spool" / folder).iterdir()))
        for folder in ("answers", "mailbox", "taken")
    }
    assert left == {"answers": 0, "mailbox": 0, "taken": 1}


def test_the_same_bytes_from_many_threads_are_one_submission(reopen):
    spool = reopen()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: spool.accept(b"same"), range(16)))

    assert len({transaction for transaction, _ in results}) == 1
    assert [is_duplicate for _, is_duplicate in results].count(False) == 1


def test_what_was_answered_is_not_kept(reopen, tmp_path):
    spool = reopen()
    item, _ = spool.accept(b"fingerprints")
    spool.settle(item, [])

    kept = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert all(b"fingerprints" not in path.read_bytes() for path in kept)
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700


def test_one_process_owns_a_directory(reopen, tmp_path):
    reopen()

    with pytest.raises(SpoolInUse, match="stop it first"):
        Spool(tmp_path / "spool")
