import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.formats.errors import UnwritableEft
from matching.formats.names import fold_name, wire_name


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Nguyễn", "NGUYEN"),
        ("Muñoz-García", "MUNOZ-GARCIA"),
        ("Weiß", "WEISS"),
        ("Ærøskøbing", "AEROSKOBING"),
        ("Đỗ", "DO"),
        ("Łukasz", "LUKASZ"),
        ("Þór", "THOR"),
        ("Işık", "ISIK"),
        ("O’Brien", "OBRIEN"),
        ("D'Arcy", "DARCY"),
        ("St. John", "ST JOHN"),
        ("Smith–Jones", "SMITH-JONES"),
        ("  de   la\tCruz ", "DE LA CRUZ"),
        ("Doe, Jr", "DOE JR"),
        ("Müller", "MULLER"),
        ("Çelik", "CELIK"),
        ("", ""),
    ],
)
def test_it_folds(name, folded):
    assert fold_name(name) == folded


@pytest.mark.parametrize("name", ["王", "محمد", "Иванов", "R2D2", "A\x1dB", "A\x00B", "A/B", "Δημήτρης"])
def test_it_refuses_what_has_no_counterpart(name):
    with pytest.raises(UnwritableEft) as refused:
        fold_name(name)

    assert name not in str(refused.value)


@given(st.text(max_size=60))
def test_what_is_folded_is_letters_hyphens_and_blanks(text):
    try:
        folded = fold_name(text)
    except UnwritableEft:
        return
    assert set(folded) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ- ")
    assert fold_name(folded) == folded


def test_a_wire_name_has_both_parts_and_fits():
    assert wire_name("García", "María José") == "GARCIA,MARIA JOSE"
    assert wire_name("Suharto", "") == "SUHARTO,FNU"
    assert len(wire_name("A" * 60, "B" * 60)) == 50
    assert wire_name("A" * 60, "B").endswith(",B")
    with pytest.raises(UnwritableEft):
        wire_name("...", "Ann")
