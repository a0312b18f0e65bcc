from datetime import date

import numpy as np
import pytest

from matching.formats import itl
from matching.formats.answers import Outcome, classify
from matching.formats.ebts import ArrestCharge, PrintImage
from matching.formats.errors import EftError
from matching.imaging import encode_wsq
from matching.simulator.bureau import Bureau, check_readable
from matching.simulator.options import Delays, Faults, Options, Search, read_faults
from matching.simulator.spool import Transaction
from tests.matching.formats.builders import altered, car, prints_of, rough
from tests.matching.simulator.conftest import KNOWN, RESIDENT, STRANGER

SUBMITTED = Transaction(1, 1_772_464_500_000, "ab" * 32)
ECHOES = {5, 9, 14, 18, 73}


def ask(engine, content, *, options=None, faults=None, transaction=SUBMITTED):
    bureau = Bureau(engine, options or Options(), faults or Faults())
    replies, meta, prints = bureau.answer(transaction, content)
    return [classify(reply.content) for reply in replies], meta, prints


def said(answers):
    return [(answer.source, answer.tot, answer.srf, answer.sid, answer.ucn, answer.fin) for answer in answers]


def test_a_known_person_is_identified_by_prints(engine):
    answers, _, _ = ask(engine, car(prints=prints_of(KNOWN)))

    assert said(answers) == [
        ("state", "SRE", "I", "MA00000001", None, None),
        ("fbi", "SRE", "I", None, "0001SA001", None),
        ("dhs", "IDR", "N", None, None, None),
    ]
    assert answers[1].ers == "RAP SHEET\nCYCLE 1"
    assert {answer.tcr for answer in answers} == {"MA20260302000000000001"}
    assert {answer.oca for answer in answers} == {"2026-00391"}
    assert {answer.cri for answer in answers} == {("MA0010000",)}


def test_a_dhs_record_brings_a_response_to_read(engine):
    answers, _, _ = ask(engine, car(prints=prints_of(RESIDENT)))

    assert said(answers[:3]) == [
        ("state", "SRE", "N", None, None, None),
        ("fbi", "SRE", "N", None, None, None),
        ("dhs", "IDR", "I", None, None, "FN-1900000002"),
    ]
    assert answers[3].outcome is Outcome.IAR_RECEIVED
    assert [text for _, text in answers[3].messages] == ["FIRST LINE.", "LAWFUL PERMANENT RESIDENT."]


@pytest.mark.parametrize(
    "changes",
    [
        {"surname": "Somebody", "given_names": "Else"},
        {"dob": date(1950, 5, 5), "sex": "F", "race": "W", "pob": "MX"},
        {"dob": None, "arrests": [ArrestCharge(None, "MURDER")], "doa": date(2026, 2, 1)},
        {"oca": "MA00000001", "ndr": [1, 9], "is_retained": False, "cri": "NY0010000"},
        {"tcn": "NY20200101000000000042", "is_treated_as_adult": True, "height": "601", "weight": "250"},
        {"prints": prints_of(KNOWN, record_type=14)},
    ],
)
def test_nothing_but_the_prints_has_an_influence(engine, changes):
    plain, _, _ = ask(engine, car(prints=prints_of(KNOWN)))
    other, _, _ = ask(engine, car(**{"prints": prints_of(KNOWN), **changes}))

    assert said(other) == said(plain)


def test_a_stranger_under_a_known_name_and_number_is_not_known(engine):
    content = car(prints=prints_of(STRANGER), surname="Known", given_names="Person", oca="MA00000001")
    content = altered(altered(content, b"2.014", b"0001SA001"), b"2.015", b"MA00000001")
    content = altered(content, b"2.017", b"FN-1900000002")

    answers, _, _ = ask(engine, content)

    assert [answer.srf for answer in answers] == ["N", "N", "N"]


def test_all_fields_but_the_echoed_ones_are_the_same_for_any_name(engine):
    contents = [car(prints=prints_of(KNOWN), surname=name, given_names=name) for name in ("Ann", "Zed")]
    bodies = []
    for content in contents:
        replies, _, _ = Bureau(engine, Options(), Faults()).answer(SUBMITTED, content)
        fields = [
            field
            for reply in replies
            for record in itl.read(reply.content).records
            for field in record.fields
        ]
        bodies.append([(item.tag, item.value) for item in fields if item.number not in {1, 18}])

    assert bodies[0] == bodies[1]


def test_the_same_submission_gives_the_same_bytes(engine):
    bureau = Bureau(engine, Options(), Faults())

    first, second = (bureau.answer(SUBMITTED, car(prints=prints_of(KNOWN)))[0] for _ in range(2))

    assert first == second


def test_a_retained_stranger_gets_new_numbers(engine):
    _, meta, prints = ask(engine, car(prints=prints_of(STRANGER)))

    assert meta["sid"].startswith("MA")
    assert len(meta["ucn"]) == 9
    assert "fin" not in meta
    assert sorted(prints) == [1, 2, 6, 7]
    assert ask(engine, car(prints=prints_of(STRANGER), is_retained=False))[1] is None
    assert ask(engine, car(prints=prints_of(KNOWN)))[1] is None
    assert set(ask(engine, car(prints=prints_of(RESIDENT)))[1]) == {"sid", "ucn", "enrolled_from"}


def test_each_state_keeps_its_own_records(engine):
    answers, meta, _ = ask(engine, car(prints=prints_of(KNOWN), ori="NJ0010000", dai="NJSBI0000"))

    assert [answer.srf for answer in answers] == ["N", "I", "N"]
    assert meta["sid"].startswith("NJ")
    assert "ucn" not in meta


def test_cna_is_never_answered_and_cpdr_never_forwarded(engine):
    answers, meta, _ = ask(engine, car(prints=prints_of(STRANGER), tot="CNA"))
    direct, _, _ = ask(engine, altered(car(prints=prints_of(KNOWN), tot="CPDR"), b"2.043", b"P"))

    assert answers == []
    assert meta is not None
    assert [answer.source for answer in direct] == ["state", "fbi"]


def blank(position):
    image = np.full((96, 96), 200, np.uint8)
    image[::16] = 196
    return PrintImage(position, 1, 96, 96, 500, "WSQ20", encode_wsq(image))


def test_poor_prints_are_rejected_and_never_forwarded(engine):
    answers, meta, _ = ask(engine, car(prints=[blank(position) for position in range(1, 11)]))

    assert [(answer.source, answer.codes) for answer in answers] == [
        ("state", ("L0008",)),
        ("fbi", ("L0008",)),
    ]
    assert all(answer.outcome is Outcome.REJECTED for answer in answers)
    assert meta is None
    assert engine.searches == 0


def test_the_best_fingers_are_looked_for_further_on(engine):
    good = prints_of(KNOWN, range(3, 11))

    answers, _, prints = ask(engine, car(prints=[blank(1), blank(2), *good]))

    assert answers[0].srf == "I"
    assert sorted(prints) == [3, 6, 7, 8]


def test_fewer_fingers_than_four_are_enough_when_no_more_were_sent(engine):
    answers, _, _ = ask(engine, car(prints=prints_of(KNOWN, [1, 2])))
    only_one, _, _ = ask(engine, car(prints=[*prints_of(KNOWN, [1]), blank(2), blank(6), blank(7)]))

    assert answers[0].srf == "I"
    assert only_one[0].codes == ("L0008",)


@pytest.mark.parametrize(
    ("tag", "value", "code"),
    [
        (b"2.018", None, "E0001"),
        (b"2.022", b"19900000", "E0002"),
        (b"2.022", b"1990", "E0003"),
        (b"2.022", b"20270101", "E0006"),
        (b"1.014", b"20260230000000Z", "H0002"),
        (b"1.004", b"NFUF", "A0004"),
    ],
)
def test_a_bad_file_is_rejected_with_its_code(engine, tag, value, code):
    answers, _, _ = ask(engine, altered(car(), tag, value))

    assert [answer.source for answer in answers] == ["state", "fbi"]
    assert answers[0].codes[0] == code


def test_what_cannot_be_answered_is_refused_at_the_door():
    for content in (
        b"",
        b"hello",
        rough([(59, b"N")]).replace(b"E2026001000000000001", b"E2026 01000000000001"),
    ):
        with pytest.raises(EftError):
            check_readable(content)


def test_answers_come_after_their_delays(engine):
    options = Options(delays=Delays(state=1, fbi=2, dhs=4, iar=8))
    bureau = Bureau(engine, options, Faults())

    replies, _, _ = bureau.answer(SUBMITTED, car(prints=prints_of(RESIDENT)))

    assert [reply.due_ms - SUBMITTED.accepted_ms for reply in replies] == [1000, 2000, 4000, 12000]


def test_faults_change_how_answers_come_and_never_what_they_say(engine):
    content = car(prints=prints_of(RESIDENT))
    plain, _, _ = ask(engine, content)
    twice, _, _ = ask(engine, content, faults=Faults(duplicate=True))
    nameless, _, _ = ask(engine, content, faults=Faults(no_tcr=True))
    bureau = Bureau(engine, Options(), Faults(reorder=True))
    reordered = sorted(bureau.answer(SUBMITTED, content)[0], key=lambda reply: reply.due_ms)

    assert [answer.tcn for answer in twice] == [answer.tcn for answer in plain for _ in range(2)]
    assert {answer.tcr for answer in nameless} == {None}
    assert said(nameless) == said(plain)
    assert [classify(reply.content).tot for reply in reordered] == ["IAR", "IDR", "SRE", "SRE"]


def test_faults_are_read_from_words():
    faults = read_faults(["503:3", "drop:1", "slow:0.5", "duplicate", "no-tcr", "reorder"])

    assert faults == Faults(3, 1, 0.5, True, True, True)
    for word in ("503", "503:x", "explode", "duplicate:2"):
        with pytest.raises(ValueError, match="There is no fault"):
            read_faults([word])


def test_without_search_nobody_is_known():
    answers, meta, _ = ask(None, car(prints=prints_of(KNOWN)))

    assert [answer.srf for answer in answers] == ["N", "N", "N"]
    assert meta is None


def test_the_bureau_answers_by_the_address_it_was_given(engine):
    own, _, _ = ask(engine, car(prints=prints_of(KNOWN)), options=Options(state_ori="MA0099999"))
    passed_on, _, _ = ask(engine, car(prints=prints_of(KNOWN), dai="DCFBIWAA4"))

    assert own[0].ori == "MA0099999"
    assert (passed_on[0].ori, passed_on[0].source) == ("MASBI0000", "state")


def test_fingers_are_a_setting(engine):
    _, _, prints = ask(
        engine, car(prints=prints_of(STRANGER)), options=Options(search=Search((5, 10), wanted=2))
    )

    assert sorted(prints) == [5, 10]
