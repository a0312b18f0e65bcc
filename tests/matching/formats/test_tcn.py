from datetime import date

import pytest

from matching.formats.errors import UnwritableEft
from matching.formats.tcn import LAST_SEQUENCE, build_tcn, is_own_tcn, is_valid_tcn


def test_it_builds_and_knows_its_own_numbers():
    tcn = build_tcn("MA", date(2026, 3, 2), 7)

    assert tcn == "MA20260302000000000007"
    assert is_own_tcn(tcn)
    assert is_valid_tcn(tcn)


@pytest.mark.parametrize(
    ("state", "sequence"), [("XX", 1), ("ma", 1), ("", 1), ("MA", -1), ("MA", LAST_SEQUENCE + 1)]
)
def test_it_refuses_what_is_no_number(state, sequence):
    with pytest.raises(UnwritableEft):
        build_tcn(state, date(2026, 3, 2), sequence)


@pytest.mark.parametrize(
    "text", ["MA2026130200000000000", "MA20260230000000000007", "XX20260302000000000007", "MA1", ""]
)
def test_it_does_not_take_others_for_its_own(text):
    assert not is_own_tcn(text)


def test_the_format_allows_ten_to_forty_printable_signs():
    assert is_valid_tcn("X" * 10)
    assert is_valid_tcn("X" * 40)
    assert not any(map(is_valid_tcn, ["X" * 9, "X" * 41, "WITH BLANK 1", "MA2026\x1d000000", "é" * 12]))
