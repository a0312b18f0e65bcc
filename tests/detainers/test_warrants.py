"""Which warrant who can have signed, and that one is recorded once."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import Conflict, Invalid
from detainers import services
from detainers.models import Warrant
from detainers.situation import load
from detainers.warrants import Signer, signer_of, why_not, words_of
from tests.detainers.builders import Road, ago

FITS = {
    "JUDICIAL_CRIMINAL": {"judge", "magistrate", "court_clerk"},
    "JUDICIAL_CIVIL": {"judge", "magistrate", "court_clerk"},
    "ADMIN_I200": {"immigration_officer"},
    "ADMIN_I205": {"immigration_officer"},
    "NCIC_ADMIN_HIT": {"nobody"},
}


@pytest.mark.parametrize("kind", list(FITS))
def test_who_can_have_signed_which(kind: str) -> None:
    assert set(Warrant.Kind.values) == set(FITS)
    assert {signer.value for signer in Signer if not why_not(kind, signer)} == FITS[kind]


@pytest.mark.parametrize(
    ("text", "signer"),
    [
        ("Deportation Officer", "immigration_officer"),
        ("Supervisory officer", "immigration_officer"),
        ("Immigration Judge", "immigration_judge"),
        ("U.S. Magistrate Judge", "magistrate"),
        ("District judge", "judge"),
        ("court_clerk", "court_clerk"),
        ("none", "nobody"),
        ("x", None),
    ],
)
def test_words_of_a_paper_are_read_as_an_office(text: str, signer: str | None) -> None:
    found = signer_of(text)

    assert (found.value if found else None) == signer
    assert words_of("Sheriff") == "Sheriff"


@pytest.mark.parametrize("kind", ["JUDICIAL_CRIMINAL", "JUDICIAL_CIVIL"])
def test_an_immigration_officer_s_paper_is_never_a_judge_s_warrant(road: Road, kind: str) -> None:
    detainer = road.register(road.case())
    typed = {"detainer_id": detainer.pk, "actor": road.cast.actor("clerk"), "at": ago(days=1)}

    with pytest.raises(Invalid) as refused:
        services.record_warrant(**typed, kind=kind, signed_by_role="Deportation officer")
    services.record_warrant(**typed, kind="ADMIN_I200", signed_by_role="Deportation officer")

    assert [error.field for error in refused.value.errors] == ["signed_by_role"]
    assert load(detainer.case, ago(hours=1)).decisions[0].facts.conditions == ("administrative_warrant",)


def test_the_same_warrant_is_recorded_once(road: Road) -> None:
    detainer = road.register(road.case())
    typed = {
        "detainer_id": detainer.pk,
        "actor": road.cast.actor("clerk"),
        "at": ago(days=1),
        "kind": "ADMIN_I205",
    }
    services.record_warrant(**typed, signed_by_role="immigration_officer")

    with pytest.raises(Conflict, match="recorded already"):
        services.record_warrant(**typed, signed_by_role="Field office director")

    assert Warrant.objects.count() == 1


def test_the_database_refuses_a_judge_on_an_i_200(road: Road) -> None:
    detainer = road.register(road.case())

    for kind, signer in (("ADMIN_I200", "judge"), ("JUDICIAL_CIVIL", "immigration_officer")):
        with pytest.raises(IntegrityError, match="detainers_warrant_signer"), transaction.atomic():
            Warrant.objects.create(
                detainer=detainer, kind=kind, signed_by_role=signer, signed_at=ago(days=1), recorded_by="x"
            )
