import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.formats import itl
from matching.formats.answers import build_sre, classify
from matching.formats.ebts import ArrestCharge, validate_booking_eft, with_tcn
from matching.formats.ebts_table import TYPE_1, TYPE_2, use_in
from matching.formats.errors import EftError, RefusedEft, UnwritableEft
from matching.formats.records import TaggedRecord
from tests.matching.formats.builders import AT, ENVELOPE, altered, car, prints_of, tagged

MANDATORY = [f"2.{rule.number:03d}" for rule in TYPE_2 if rule.use[0] == "M" and rule.number > 2]


def problems_of(content, **options):
    with pytest.raises(EftError) as refused:
        validate_booking_eft(content, **options)
    return refused.value.errors


def test_it_reads_what_was_built():
    booking = validate_booking_eft(car(ndr=[1, 9], amputations=(), is_treated_as_adult=True))

    assert (booking.tot, booking.version) == ("CAR", "0500")
    assert (booking.surname, booking.given_names) == ("TESTCASE", "ALPHA BETA")
    assert (booking.dob, booking.doa, booking.dat) == (date(1990, 1, 31), date(2026, 3, 1), date(2026, 3, 2))
    assert booking.gmt == AT
    assert booking.arrests == (
        ArrestCharge(date(2026, 3, 1), "LARCENY UNDER 250"),
        ArrestCharge(None, "TRESPASS"),
    )
    assert (booking.ndr, booking.oca, booking.cri) == ((1, 9), "2026-00391", ("MA0010000",))
    assert booking.is_treated_as_adult
    assert booking.is_retained
    assert [image.position for image in booking.prints] == list(range(1, 11))
    assert booking.prints[0].data == prints_of(1)[0].data
    assert booking.age_on(date(2026, 1, 30)) == 35
    assert booking.age_on(date(2026, 1, 31)) == 36


def test_it_reads_the_public_bookings(itl_data):
    found = {
        path.name: validate_booking_eft(path.read_bytes()) for path in (itl_data / "synthetic").glob("c*.eft")
    }

    assert found["car-type4-14prints.eft"].prints[13].position == 14
    assert found["car-type14-10prints-ndr.eft"].ndr == (1, 9)
    assert found["car-amputee-8prints.eft"].amputations == ((4, "XX"), (5, "UP"))
    assert [note.tag for note in found["cna-type4-minimal.eft"].notes] == ["2.084"]


def test_it_gives_the_same_digest_for_the_same_prints_in_another_record():
    four, fourteen = (car(prints=prints_of(1, record_type=kind)) for kind in (4, 14))

    digests = {
        validate_booking_eft(content).prints_digest for content in (four, fourteen, car(surname="Other"))
    }

    assert len(digests) == 1
    assert validate_booking_eft(car(prints=prints_of(2))).prints_digest not in digests


@pytest.mark.parametrize("tag", MANDATORY)
def test_it_asks_for_each_mandatory_field(tag):
    [problem] = problems_of(altered(car(), tag.encode(), None))

    assert (problem.tag, problem.code) == (tag, "missing")
    assert problem.message.startswith(f"{tag} {problem.mnemonic} (")
    assert "; enter " in problem.message


@pytest.mark.parametrize(
    ("tag", "value", "code"),
    [
        (b"2.018", b"DOE", "invalid"),
        (b"2.018", b"DOE,JOHN,JR", "invalid"),
        (b"2.018", b",JOHN", "invalid"),
        (b"2.018", b"DOE,", "invalid"),
        (b"2.018", b"O'NEIL,SEAN", "characters"),
        (b"2.018", b"DOE2,JOHN", "characters"),
        (b"2.018", b"D" * 40 + b"," + b"J" * 10, "length"),
        (b"2.022", b"19900000", "invalid"),
        (b"2.022", b"19900230", "invalid"),
        (b"2.022", b"1990", "length"),
        (b"2.022", b"20270101", "contradiction"),
        (b"2.024", b"Q", "invalid"),
        (b"2.027", b"599", "invalid"),
        (b"2.045", b"00000000", "invalid"),
        (b"2.045", b"20260401", "contradiction"),
        (b"2.047", b"20260301", "missing"),
        (b"2.047", b"20260301\x1f" + b"X" * 301, "length"),
        (b"2.047", b"20261301\x1fTHEFT", "invalid"),
        (b"2.009", b" 123", "invalid"),
        (b"2.009", b"12.3", "invalid"),
        (b"2.059", b"I", "not_allowed"),
        (b"2.098", b"x", "characters"),
        (b"2.073", b"MA1\x1eMA2\x1eMA3\x1eMA4", "occurrences"),
        (b"2.005", b"Y\x1fN", "structure"),
        (b"1.002", b"0200", "invalid"),
        (b"1.004", b"SRE", "unsupported"),
        (b"1.005", b"20260230", "invalid"),
        (b"1.008", b"XX0010000", "invalid"),
        (b"1.009", b"SHORT", "length"),
        (b"1.014", b"20260230000000Z", "invalid"),
    ],
)
def test_it_says_what_is_wrong_with_a_field(tag, value, code):
    problems = problems_of(altered(car(), tag, value))

    assert (problems[0].tag, problems[0].code) == (tag.decode(), code)


@pytest.mark.parametrize("tot", [b"NFUF", b"FAUF", b"FANC", b"NFUE", b"MAP"])
def test_it_refuses_civil_checks(tot):
    [problem] = problems_of(altered(car(), b"1.004", tot))

    assert "civil" in problem.message


def test_it_finds_all_problems_at_once():
    content = altered(car(), b"2.022", b"19901301")
    content = altered(content, b"2.024", None)
    content = altered(content, b"1.008", b"XX0010000")

    assert [problem.tag for problem in problems_of(content)] == ["1.008", "2.022", "2.024"]


def test_it_never_repeats_a_value():
    content = altered(car(), b"2.018", b"SECRETNAME1,X")
    content = altered(content, b"2.009", b"SECRET.NUMBER")

    assert "SECRET" not in " ".join(problem.message for problem in problems_of(content))
    assert "TESTCASE" not in repr(validate_booking_eft(car()))


def test_it_takes_an_unknown_birth_date_and_no_other_partial_one():
    booking = validate_booking_eft(car(dob=None))

    assert booking.dob is None
    assert booking.age_on(date(2026, 3, 1)) is None


def test_it_allows_longer_names_since_ten():
    name = b"D" * 30 + b"," + b"J" * 15

    assert len(validate_booking_eft(altered(car(), b"2.018", name)).surname) == 30
    older = altered(altered(car(), b"2.018", name), b"1.002", b"0400")
    assert problems_of(older)[0].code == "length"


def test_it_bounds_the_date_of_sending_by_the_day():
    assert validate_booking_eft(car(), today=date(2026, 3, 1))
    assert problems_of(car(), today=date(2026, 2, 27))[0].tag == "1.005"


def test_cna_carries_no_answer_request():
    assert use_in("CNA", next(rule for rule in TYPE_2 if rule.mnemonic == "NDR")) == "-"
    assert validate_booking_eft(car(tot="CNA")).tot == "CNA"
    assert problems_of(car(tot="CNA", ndr=[9]))[0].tag == "2.098"
    assert problems_of(car(tot="CPDR"))[0].tag == "2.043"


def test_it_notes_fields_it_does_not_need():
    content = altered(altered(car(), b"2.016", b"123456789"), b"2.900", b"ABC")

    notes = validate_booking_eft(content).notes

    assert [(note.tag, note.code) for note in notes] == [("2.016", "not_needed"), ("2.900", "unsupported")]
    assert "123456789" not in notes[0].message


@pytest.mark.parametrize(
    ("prints", "sentence"),
    [
        ([], "holds no print"),
        (prints_of(1, [1, 2]) + prints_of(2, [2]), "Position 2 has two prints"),
        (prints_of(1, [1, 15], record_type=14), "does not name its finger"),
    ],
)
def test_it_checks_the_prints(prints, sentence):
    assert any(sentence in problem.message for problem in problems_of(car(prints=prints)))


def test_it_compares_the_image_with_its_record():
    from dataclasses import replace

    [image] = prints_of(1, [1])

    assert "another width" in problems_of(car(prints=[replace(image, width=97)]))[0].message
    assert "damaged" in problems_of(car(prints=[replace(image, data=b"\xff\xa0nothing")]))[0].message
    assert problems_of(car(prints=[replace(image, data=b"")]))[0].code == "image"


def test_a_missing_finger_cannot_have_a_print():
    assert problems_of(car(amputations=[(2, "XX")]))[0].code == "contradiction"
    nine = prints_of(1, [1, 3, 4, 5, 6, 7, 8, 9, 10])
    fine = validate_booking_eft(car(prints=nine, amputations=[(2, "UP")]))
    assert fine.amputations == ((2, "UP"),)
    assert fine.notes == ()


def test_the_outgoing_file_changes_the_header_and_nothing_else():
    received = altered(car(), b"1.010", b"OLD-REFERENCE-1")

    sent = with_tcn(received, tcn="MA20260303000000000009", dai="MASBI0001", ori="MA0019999")

    before, after = itl.read(received), itl.read(sent)
    assert [record.raw for record in after.records[1:]] == [record.raw for record in before.records[1:]]
    header = after.header
    assert (header.text(9), header.text(7), header.text(8)) == (
        "MA20260303000000000009",
        "MASBI0001",
        "MA0019999",
    )
    assert header.get(10) is None
    assert header.text(14) == before.header.text(14)


def test_the_outgoing_file_searches_only_where_we_say():
    received = car(ndr=[1, 9, 10])

    kept = with_tcn(received, tcn="MA20260303000000000009", dai="MASBI0001", ori="MA0019999", ndr=[1])
    none = with_tcn(received, tcn="MA20260303000000000009", dai="MASBI0001", ori="MA0019999", ndr=[])

    assert validate_booking_eft(kept).ndr == (1,)
    assert validate_booking_eft(none).ndr == ()
    assert validate_booking_eft(kept).prints == validate_booking_eft(received).prints


def test_the_same_request_gives_the_same_outgoing_bytes():
    first, second = (
        with_tcn(car(), tcn="MA20260303000000000009", dai="MASBI0001", ori="MA0019999") for _ in range(2)
    )

    assert first == second


def test_a_bad_control_number_is_never_written():
    for tcn in ("SHORT", "WITH BLANK 123", "X" * 41, "MA2026\x1d0000000"):
        with pytest.raises(UnwritableEft):
            with_tcn(car(), tcn=tcn, dai="MASBI0001", ori="MA0019999")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_built_booking_is_valid_or_refused_with_a_sentence(surname, charge):
    try:
        content = car(surname=surname, arrests=[ArrestCharge(None, charge)], prints=prints_of(1, [1]))
    except UnwritableEft:
        return
    try:
        booking = validate_booking_eft(content)
    except RefusedEft as refused:
        tags = {problem.tag for problem in refused.errors}
    else:
        tags = set()
        assert booking.arrests[0].text == charge
    assert tags <= {"2.018", "2.047"}


FUZZED = [
    car(prints=prints_of(1, [1, 2]), ndr=[1, 9], amputations=[(3, "XX")]),
    car(prints=prints_of(1, [1, 2], record_type=14)),
    build_sre(ENVELOPE, srf="I", name="A,B", sid="MA123", ers="ONE\r\nTWO", messages=["L0008 - TEXT"]),
]
VALUES = [
    b"",
    b"inf",
    b"nan",
    b"-1",
    b"9" * 30,
    b"\x1e",
    b"\x1f",
    b"\xc2\xb2",
    b"1e9",
    b" ",
    b"00000000",
    b".",
]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(FUZZED), st.randoms(use_true_random=False), st.integers(1, 3))
def test_readers_raise_nothing_but_their_own_error(content, randomness, count):
    """Any field of any record with any value, lengths made right, so that the checks behind the reader are met."""
    records = [(r.type, [(f.number, f.value.encode()) for f in r.fields if f.number != 1], r.data) for r in
               itl.read(content).records if isinstance(r, TaggedRecord)]  # fmt: skip
    for _ in range(count):
        fields = randomness.choice(records)[1]
        place = randomness.randrange(len(fields))
        fields[place] = (fields[place][0], randomness.choice(VALUES))
    mutated = b"".join(
        tagged(kind, [*fields, *([] if data is None else [(999, data)])]) for kind, fields, data in records
    )
    mutated += b"".join(record.raw for record in itl.read(content).binary(4))

    for read in (
        validate_booking_eft,
        classify,
        lambda data: with_tcn(data, tcn="X" * 10, dai="A", ori="B", ndr=[1]),
    ):
        with contextlib.suppress(EftError):
            read(mutated)


def test_a_native_resolution_is_read_without_surprises():
    for value in (b"inf", b"nan", b"1e400", b"19.69.0"):
        assert {problem.tag for problem in problems_of(altered(car(), b"1.011", value))} >= {"1.011"}


def test_every_rule_can_be_told_in_a_sentence():
    for rule in (*TYPE_1, *TYPE_2):
        assert rule.name
        assert rule.ask.startswith(("enter ", "list ", "leave "))
        assert rule.low <= rule.high
