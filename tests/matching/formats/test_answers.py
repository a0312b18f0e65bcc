from dataclasses import replace

import pytest

from matching.formats import itl
from matching.formats.answers import (
    Outcome,
    SearchResult,
    build_errt,
    build_iar,
    build_idr,
    build_sre,
    classify,
)
from matching.formats.error_codes import ADVICE, Retry
from matching.formats.errors import RefusedEft, UnwritableEft
from tests.matching.formats.builders import ENVELOPE, rough


def test_it_reads_an_identification():
    answer = classify(build_sre(ENVELOPE, srf="I", name="A,B", ucn="12345X", ers="ONE\r\nTWO"))

    assert (answer.tot, answer.outcome, answer.source) == ("SRE", Outcome.IDENTIFICATION, "fbi")
    assert (answer.tcr, answer.oca, answer.cri) == ("MA20260302000000000001", "2026-00391", ("MA0010000",))
    assert (answer.ucn, answer.sid, answer.ers) == ("12345X", None, "ONE\r\nTWO")
    assert answer.is_finding


def test_it_reads_a_second_response_and_the_text_behind_it():
    idr = classify(build_idr(replace(ENVELOPE, ori="USDHS0000"), srf="I", fin="FN-1900007919"))
    iar = classify(
        build_iar(replace(ENVELOPE, ori="USDHS0000"), text="L0008 - LINE ONE\nSUBJECT MAY BE AMENABLE")
    )

    assert (idr.outcome, idr.source, idr.fin) == (Outcome.IDENTIFICATION, "dhs", "FN-1900007919")
    assert (iar.outcome, iar.source, iar.result) == (Outcome.IAR_RECEIVED, "dhs", None)
    assert iar.messages == (("", "L0008 - LINE ONE"), ("", "SUBJECT MAY BE AMENABLE"))
    assert iar.retry is Retry.NONE
    assert not iar.is_finding


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789in*")
def test_only_i_and_n_are_findings(letter):
    answer = classify(rough([(59, letter.encode())]))

    assert answer.srf == letter
    assert answer.is_finding == (letter in "IN")
    assert (answer.outcome is Outcome.IDENTIFICATION) == (letter == "I")
    assert (answer.outcome is Outcome.NON_IDENTIFICATION) == (letter == "N")
    if letter in "PD":
        assert answer.outcome is Outcome.PENDING
    elif letter not in "IN":
        assert answer.outcome is Outcome.INCONCLUSIVE


def test_the_letters_are_complete():
    assert {item for item in SearchResult if item.is_finding} == {
        SearchResult.IDENTIFICATION,
        SearchResult.NON_IDENTIFICATION,
    }


@pytest.mark.parametrize("value", [b"", b"I\x1eN", b"I\x1fN"])
def test_a_result_that_says_nothing_or_two_things_is_refused(value):
    with pytest.raises(RefusedEft) as refused:
        classify(rough([(59, value)]))

    assert refused.value.errors[0].tag == "2.059"


@pytest.mark.parametrize(
    ("ori", "tot", "source"),
    [
        (b"USFBI0000", b"SRE", "fbi"),
        (b"DCFBIWAA4", b"SRE", "fbi"),
        (b"USDHS0000", b"SRE", "dhs"),
        (b"VTICE0900", b"IDR", "dhs"),
        (b"USFBI0000", b"IDR", "dhs"),
        (b"MASBI0000", b"SRE", "state"),
        (b"ZZ0000000", b"SRE", None),
    ],
)
def test_it_knows_who_answers(ori, tot, source):
    assert classify(rough([(59, b"N")], tot=tot).replace(b"USFBI0000", ori)).source == source


@pytest.mark.parametrize(
    ("texts", "outcome", "retry"),
    [
        (["L0008 - The quality is too low."], Outcome.REJECTED, Retry.REPRINT),
        (["E0002-Element DOB contains invalid data"], Outcome.REJECTED, Retry.FIX_DATA),
        (["H0003 out of range"], Outcome.REJECTED, Retry.FIX_DATA),
        (["E0004 - logical record length error", "E0002 - DOB"], Outcome.ERROR, Retry.RESEND_ONCE),
        (["E0005 - separators"], Outcome.ERROR, Retry.FIX_BUILDER),
        (["A0004 - not authorised"], Outcome.ERROR, Retry.FIX_SETTINGS),
        (["L0041-The subject cycle cannot be updated"], Outcome.ERROR, Retry.ASK_A_PERSON),
        (["X9999 - never seen"], Outcome.ERROR, Retry.ASK_A_PERSON),
        (["the operator was not at home"], Outcome.ERROR, Retry.ASK_A_PERSON),
    ],
)
def test_it_reads_rejects(texts, outcome, retry):
    answer = classify(build_errt(ENVELOPE, messages=texts))

    assert (answer.outcome, answer.retry) == (outcome, retry)
    assert len(answer.messages) == len(texts)
    assert not answer.is_finding


def test_a_reject_with_candidates_stays_a_reject(itl_data):
    answer = classify((itl_data / "synthetic" / "errt-L0008.eft").read_bytes())

    assert (answer.outcome, answer.codes, answer.retry) == (Outcome.REJECTED, ("L0008",), Retry.REPRINT)


def test_it_reads_the_public_answers(itl_data):
    names = ("sre-ident-ers", "sre-nonident", "sre-msg-11", "errt-E0004-noTCR")
    found = {name: classify((itl_data / "synthetic" / f"{name}.eft").read_bytes()) for name in names}

    assert found["sre-ident-ers"].ers.startswith("SYNTHETIC RAP SHEET")
    assert found["sre-nonident"].outcome is Outcome.NON_IDENTIFICATION
    assert found["sre-msg-11"].outcome is Outcome.PENDING
    assert len(found["sre-msg-11"].messages) == 11
    assert found["errt-E0004-noTCR"].tcr is None


@pytest.mark.parametrize("tot", [b"SPN", b"CAR", b"RPISR"])
def test_it_leaves_other_transactions_to_a_person(tot):
    with pytest.raises(RefusedEft, match=r"1\.004"):
        classify(rough([(59, b"N")], tot=tot))


def test_a_repr_shows_nothing_of_a_person():
    answer = classify(build_sre(ENVELOPE, srf="I", name="SECRETNAME,B", ucn="SECRET1", ers="SECRETSHEET"))

    assert "SECRET" not in repr(answer)
    assert "2026-00391" not in repr(answer)


def test_builders_refuse_injection_and_cut_long_text():
    with pytest.raises(UnwritableEft):
        build_errt(ENVELOPE, messages=["L0008\x1d2.059:I"])
    long = classify(build_iar(ENVELOPE, text="word " * 120))
    assert "".join(text for _, text in long.messages) == "word " * 120
    with pytest.raises(UnwritableEft):
        build_iar(ENVELOPE, text="x" * 3301)


def test_answers_carry_the_instant_as_utc():
    header = itl.read(build_sre(ENVELOPE, srf="N", name="A,B")).header

    assert header.text(14) == "20260302151500Z"


def test_every_advice_has_a_sentence():
    assert set(ADVICE) == set(Retry)
