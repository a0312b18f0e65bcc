import contextlib
import random
import time
import tracemalloc

import nistitl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.formats import itl, limits
from matching.formats.errors import EftError, UnreadableEft
from matching.formats.records import read_grey_print
from tests.matching.formats.builders import car, prints_of, rough, tagged

FOLDERS = ("reference", "nbis", "openebts", "synthetic")
SUFFIXES = {".an2", ".nst", ".eft", ".ebts"}
ONLY_ODD = {"text-999-in-comment.eft"}


def files(folder):
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)


def test_it_reads_every_public_file(itl_data):
    paths = [path for name in FOLDERS for path in files(itl_data / name)]

    for path in paths:
        content = path.read_bytes()
        transaction = itl.read(content)
        assert b"".join(record.raw for record in transaction.records) == content, path.name

    assert len(paths) >= 30


@pytest.mark.filterwarnings("ignore:Record of type:DeprecationWarning")
def test_it_agrees_with_a_second_reader(itl_data):
    compared = 0
    for path in (path for name in FOLDERS for path in files(itl_data / name)):
        content = path.read_bytes()
        other = nistitl.Message()
        other.parse(content)
        mine = itl.read(content)
        assert [record.type for record in mine.records] == [record.type for record in other]
        for record, theirs in zip(mine.records, other, strict=True):
            for field in getattr(record, "fields", ()):
                if field.number in (1, 2, 3) or mine.is_utf8:
                    continue
                found = theirs[field.number]
                value = found.value if hasattr(found, "value") else found
                assert normal(value) == field.subfields, (path.name, field.tag)
                compared += 1

    assert compared > 300


def normal(value):
    """nistitl changes shape with the content; ours is always a tuple of tuples."""
    rows = value if isinstance(value, list) else [value]
    return tuple(tuple(row) if isinstance(row, list) else (row,) for row in rows)


def test_it_refuses_or_reads_every_malformed_file_at_once(itl_data):
    for path in files(itl_data / "malformed"):
        content = path.read_bytes()
        if path.name in ONLY_ODD:
            itl.read(content)
            continue
        spent = []
        for _ in range(3):
            started = time.process_time()
            with pytest.raises(EftError) as refused:
                itl.read(content)
            spent.append(time.process_time() - started)
        assert refused.value.errors[0].message.endswith(".")
        assert min(spent) < 0.1, path.name


def test_it_keeps_a_comment_that_looks_like_image_data(itl_data):
    transaction = itl.read((itl_data / "malformed" / "text-999-in-comment.eft").read_bytes())

    record = transaction.records[1]
    assert record.text(20) == "EXT 999: CALL"
    assert record.data == b"IMG"


def test_it_reads_utf8_only_where_dcs_says_so(itl_data):
    declared = itl.read((itl_data / "reference" / "type-14-amp-nqm-utf8.an2").read_bytes())
    name = "Nguyễn,Test".encode()

    assert declared.is_utf8
    assert itl.read(rough([(18, name), (59, b"N")], header=[(15, b"003\x1fUTF-8\x1f")])).is_utf8
    with pytest.raises(UnreadableEft) as refused:
        itl.read(rough([(18, name), (59, b"N")]))
    assert refused.value.errors[0].tag == "2.018"


def test_it_collects_problems_instead_of_stopping_at_the_first():
    content = rough([(18, b"A\x01,B"), (20, "ß".encode()), (59, b"I"), (59, b"N")])

    with pytest.raises(UnreadableEft) as refused:
        itl.read(content)

    assert [problem.tag for problem in refused.value.errors] == ["2.018", "2.020", "2.059"]


@pytest.mark.parametrize(
    "entry", [b"9\x1f00", b"2\x1f01", b"14\x1f00", b"4\x1f00", b"1\x1f00", b"x\x1f00", b"2"]
)
def test_it_refuses_a_lie_in_the_file_content(entry):
    honest = rough([(59, b"N")])
    content = honest.replace(b"1\x1f1\x1e2\x1f00", b"1\x1f1\x1e" + entry)
    content = content.replace(honest[:9], b"1.001:%3d" % (content.index(b"\x1c") + 1), 1)

    with pytest.raises(UnreadableEft):
        itl.read(content)


def test_it_refuses_bytes_after_the_last_record():
    with pytest.raises(UnreadableEft, match="follow the last record"):
        itl.read(rough([(59, b"N")]) + b"2.001:9")


def test_it_never_repeats_a_value_in_a_message_or_a_repr():
    content = rough([(18, b"SECRETNAME,X\x02"), (59, b"I"), (59, b"N")])

    with pytest.raises(UnreadableEft) as refused:
        itl.read(content)

    assert "SECRETNAME" not in str(refused.value)
    assert "SECRETNAME" not in repr(itl.read(rough([(18, b"SECRETNAME,X"), (59, b"N")])))


def test_it_unpacks_a_grey_print():
    transaction = itl.read(car())

    image = read_grey_print(next(transaction.binary(4)))

    assert (image.idc, image.impression, image.positions, image.width, image.compression) == (
        1,
        1,
        (1,),
        96,
        1,
    )
    assert image.data == prints_of(1)[0].data


def test_it_reads_a_ten_print_file_in_milliseconds(itl_data):
    content = (itl_data / "reference" / "type-4-tpcard.an2").read_bytes()
    itl.read(content)

    spent = []
    for _ in range(10):
        started = time.process_time()
        itl.read(content)
        spent.append(time.process_time() - started)

    assert min(spent) < 0.01


HOSTILE = {
    "zero bytes": bytes(limits.MAX_FILE_BYTES),
    "one long field": rough([(75, b"x" * (15 << 20)), (59, b"N")]),
    "three million items": rough([(19, b"\x1f" * 3_000_000), (59, b"N")]),
    "three million occurrences": rough([(19, b"\x1e" * 3_000_000), (59, b"N")]),
    "many fields": rough([(number, b"x") for number in range(3, 90_000)]),
    "many minutiae items": tagged(1, [(2, b"0500"), (3, b"1\x1f1\x1e9\x1f00"), (4, b"SRE")])
    + tagged(9, [(2, b"00"), *((number, b"\x1e" * 900_000) for number in range(3, 18))]),
    "long content list": tagged(1, [(2, b"0500"), (3, b"1\x1f64" + b"\x1e4\x1f01" * 2_000_000)]),
    "too large": bytes(limits.MAX_FILE_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_bounds_time_and_memory_on_hostile_files(name):
    content = HOSTILE[name]
    tracemalloc.start()
    started = time.process_time()

    with pytest.raises(UnreadableEft):
        itl.read(content)

    spent, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 1.0
    assert peak < 64 << 20


SEEDS = [
    car(prints=prints_of(1, [1, 2])),
    car(prints=prints_of(1, [1, 2], record_type=14)),
    rough([(18, b"A,B"), (59, b"I"), (75, b"LINE\r\nLINE")]),
]
PIECES = [b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"999:", b"\xff", b"\x00", b"1.001:", b"9" * 9, b"4\x1f01"]


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_it_raises_nothing_but_its_own_error_on_mutations(randomness: random.Random, count: int):
    content = bytearray(randomness.choice(SEEDS))
    for _ in range(count):
        place = randomness.randrange(len(content) + 1)
        match randomness.randrange(4):
            case 0:
                content[place : place + 1] = randomness.choice(PIECES)
            case 1:
                del content[place : place + randomness.randrange(40)]
            case 2 if place < len(content):
                content[place] ^= 1 << randomness.randrange(8)
            case _:
                content = content[: max(place, 1)]

    with contextlib.suppress(EftError):
        itl.read(bytes(content))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_it_raises_nothing_but_its_own_error_on_noise(content: bytes):
    with pytest.raises(EftError):
        itl.read(content)
