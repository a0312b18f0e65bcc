import nistitl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.formats import itl
from matching.formats.errors import UnwritableEft
from matching.formats.writer import TaggedOut, write

HEADER = {2: "0500", 4: "SRE", 5: "20260302", 7: "MA0010000", 8: "USFBI0000", 9: "E202600000000000001"}
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)


@given(
    st.dictionaries(
        st.integers(3, 2100), st.lists(st.lists(PRINTABLE, min_size=1, max_size=4), min_size=1), max_size=8
    )
)
def test_it_reads_back_what_it_wrote(fields):
    content = write(HEADER, [TaggedOut(2, 0, fields)])

    body = next(itl.read(content).tagged(2))

    assert {
        item.number: [list(row) for row in item.subfields] for item in body.fields if item.number > 2
    } == fields


@pytest.mark.parametrize("size", range(55, 130))
def test_it_counts_the_digits_of_a_length_in_the_length(size):
    content = write(
        HEADER, [TaggedOut(2, 0, {3: "x" * size}), TaggedOut(14, 1, {3: "1"}, b"\x1c\x1d" * 4000)]
    )

    transaction = itl.read(content)

    assert transaction.records[2].data == b"\x1c\x1d" * 4000


@pytest.mark.parametrize("sign", ["\x1d2.059:I", "\x1e", "\x1f", "\x1c", "\x00", "\n", "\x7f", "\ud800"])
def test_it_refuses_separators_and_control_signs_in_values(sign):
    with pytest.raises(UnwritableEft) as refused:
        write(HEADER, [TaggedOut(2, 0, {18: f"SECRETNAME,X{sign}"})])

    assert refused.value.errors[0].tag == "2.018"
    assert "SECRETNAME" not in str(refused.value)


def test_it_lets_line_breaks_into_the_rap_sheet_only():
    assert itl.read(write(HEADER, [TaggedOut(2, 0, {75: "ONE\r\nTWO"})])).records[1].text(75) == "ONE\r\nTWO"
    with pytest.raises(UnwritableEft):
        write(HEADER, [TaggedOut(2, 0, {60: "ONE\r\nTWO"})])


def test_it_writes_other_letters_only_under_utf8():
    body = [TaggedOut(2, 0, {18: "NGUYỄN,AN"})]

    with pytest.raises(UnwritableEft):
        write(HEADER, body)
    content = write({**HEADER, 15: [["003", "UTF-8", ""]]}, body)

    assert next(itl.read(content).tagged(2)).text(18) == "NGUYỄN,AN"


def test_it_refuses_more_records_than_readers_accept():
    with pytest.raises(UnwritableEft, match=r"1\.003"):
        write(HEADER, [TaggedOut(2, 0, {18: "A,B"})] * 65)


def test_it_writes_what_a_second_reader_reads():
    content = write(HEADER, [TaggedOut(2, 0, {18: "DOE,JO", 22: [["19900101"], ["19910101"]]})])

    message = nistitl.Message()
    message.parse(content)

    assert message[1][18].value == "DOE,JO"
    assert message[1][22].value == ["19900101", "19910101"]
