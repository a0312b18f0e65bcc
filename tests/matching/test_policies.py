"""The rules alone: who is a minor, what is asked, what several replies say together."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import policies
from matching.policies import BookingFacts, Outcome, Place, PolicyRow, Sent, plan_submission
from matching.policy_rows import PolicyFileWrong, load_policies
from matching.states import AnswerState, CandidateState, Decision, Source

ON = date(2026, 3, 19)
CEDAR = Place(state="TX", county="Cedar")


def row(code: str = "ROW", place: str = "US", **changes: object) -> PolicyRow:
    fields: dict[str, object] = {
        "code": code,
        "place": place,
        "effective_from": date(2000, 1, 1),
        "effective_to": None,
        "adult_age": 18,
        "forbidden_ndr": frozenset(),
        "citation": "",
        "confidence": "",
    }
    return PolicyRow(**(fields | changes))  # type: ignore[arg-type]


def facts(**changes: object) -> BookingFacts:
    fields: dict[str, object] = {
        "birth_date": date(1990, 5, 17),
        "booked_on": ON,
        "tot": "CAR",
        "ndr": ("1", "9"),
        "has_prints": True,
        "place": CEDAR,
    }
    return BookingFacts(**(fields | changes))  # type: ignore[arg-type]


def states_of(plan: policies.Plan) -> dict[str, str]:
    return {source.value: state.value for source, state, _ in plan.answers}


def test_an_adults_prints_go_out_and_all_three_answer() -> None:
    plan = plan_submission(facts(), [row()])

    assert plan.is_sent
    assert plan.held_back_reason == ""
    assert states_of(plan) == {"state": "waiting", "fbi": "waiting", "dhs": "waiting"}


@pytest.mark.parametrize(
    ("born", "held_back"),
    [
        (date(2008, 3, 18), ""),
        (date(2008, 3, 19), ""),
        (date(2008, 3, 20), "minor"),
        (date(2010, 1, 1), "minor"),
        (None, "age_unknown"),
    ],
)
def test_a_minor_is_held_back_until_the_eighteenth_birthday_itself(born: date | None, held_back: str) -> None:
    plan = plan_submission(facts(birth_date=born), [row()])

    assert plan.held_back_reason == held_back
    assert set(states_of(plan).values()) == ({"held_back"} if held_back else {"waiting"})


def test_a_person_born_on_29_february_comes_of_age_on_1_march() -> None:
    born = date(2008, 2, 29)

    assert policies.age_on(born, date(2026, 2, 28)) == 17
    assert policies.age_on(born, date(2026, 3, 1)) == 18


def test_the_narrowest_place_says_who_is_an_adult() -> None:
    seventeen = date(2008, 9, 1)
    rows = [row("COUNTY", "TX/Cedar", adult_age=19), row(), row("STATE", "TX", adult_age=17)]

    in_cedar = plan_submission(facts(birth_date=seventeen), rows)
    elsewhere = plan_submission(facts(birth_date=seventeen, place=Place("TX", "Other")), rows)

    assert in_cedar.held_back_reason == "minor"
    assert elsewhere.held_back_reason == ""
    assert elsewhere.policy_codes == ("ROW", "STATE")


def test_a_row_applies_only_while_it_is_in_force() -> None:
    ended = row("ENDED", "TX", adult_age=30, effective_to=ON)
    future = row("FUTURE", "TX", adult_age=40, effective_from=ON + timedelta(days=1))

    plan = plan_submission(facts(), [row(), ended, future])

    assert plan.policy_codes == ("ROW",)


def test_forbidden_repositories_are_dropped_and_dhs_is_not_asked_by_us() -> None:
    rule = row("LOCAL", "TX/Cedar", adult_age=None, forbidden_ndr=frozenset({"9", "10"}))

    plan = plan_submission(facts(ndr=("1", "9", "10")), [row(), rule])

    assert (plan.ndr, plan.dropped_ndr) == (("1",), ("9", "10"))
    assert states_of(plan) == {"state": "waiting", "fbi": "waiting", "dhs": "not_expected"}
    assert {source.value: reason for source, _, reason in plan.answers}["dhs"] == "not_asked_by_us"


def test_a_transaction_without_answer_is_sent_and_waits_for_nothing() -> None:
    plan = plan_submission(facts(tot="CNA"), [row()])

    assert plan.is_sent
    assert set(states_of(plan).values()) == {"not_expected"}


def test_without_prints_nothing_is_sent_whoever_it_is() -> None:
    plan = plan_submission(facts(has_prints=False, birth_date=date(2015, 1, 1)), [row()])

    assert not plan.is_sent
    assert plan.held_back_reason == ""
    assert {reason for _, _, reason in plan.answers} == {"no_prints"}


@given(st.permutations(list(Outcome)), st.integers(0, 7), st.sampled_from(list(Source)))
def test_the_answer_does_not_depend_on_the_order_of_replies(
    said: list[Outcome], few: int, source: Source
) -> None:
    replies = said[:few]

    def walk(order: list[Outcome]) -> AnswerState:
        state, seen = AnswerState.WAITING, set[Outcome]()
        for outcome in order:
            seen.add(outcome)
            state = policies.resolve_answer(source, state, seen)
        return state

    assert walk(replies) == walk(list(reversed(replies))) == walk(sorted(replies))


@pytest.mark.parametrize(
    ("source", "said", "expected"),
    [
        ("state", {"identification"}, "identification"),
        ("fbi", {"rejected", "non_identification"}, "non_identification"),
        ("fbi", {"rejected", "inconclusive"}, "inconclusive"),
        ("fbi", {"error", "rejected"}, "rejected"),
        ("dhs", {"identification"}, "awaiting_iar"),
        ("dhs", {"non_identification", "immigration_response"}, "non_identification"),
        ("dhs", {"immigration_response"}, "waiting"),
        ("fbi", {"identification", "non_identification"}, "inconclusive"),
        ("fbi", {"not_understood"}, "waiting"),
        ("fbi", set(), "waiting"),
    ],
)
def test_several_replies_together_say(source: str, said: set[str], expected: str) -> None:
    outcomes = {Outcome(word) for word in said}

    assert policies.resolve_answer(Source(source), AnswerState.WAITING, outcomes) == expected


@pytest.mark.parametrize("kept", ["superseded", "iar_no_interest", "iar_interest", "iar_citizen_or_lawful"])
def test_no_reply_moves_what_a_person_coded_or_newer_prints_replaced(kept: str) -> None:
    both = {Outcome.IDENTIFICATION, Outcome.NON_IDENTIFICATION}

    assert policies.resolve_answer(Source.DHS, AnswerState(kept), both) == kept


SENT = Sent(tcn="TX1", oca="B-1", cri=("TX0010000",))


@pytest.mark.parametrize(
    ("tcr", "oca", "cri", "problem"),
    [
        ("TX1", "B-1", ("TX0010000",), ""),
        ("TX1", "", (), ""),
        ("TX2", "B-1", ("TX0010000",), "tcr_differs"),
        ("TX1", "B-2", ("TX0010000",), "oca_differs"),
        ("TX1", "B-1", ("TX0020000",), "cri_differs"),
        ("TX1", "B-1", ("TX0010000", "TX0020000"), "cri_differs"),
    ],
)
def test_a_reply_is_ours_only_when_every_key_agrees(
    tcr: str, oca: str, cri: tuple[str, ...], problem: str
) -> None:
    assert policies.correlation_problem(SENT, tcr=tcr, oca=oca, cri=cri) == problem


@pytest.mark.parametrize(
    ("decisions", "verdict"),
    [
        ([], "unreviewed"),
        (["same"], "first_reviewed"),
        (["inconclusive"], "first_reviewed"),
        (["same", "same"], "confirmed"),
        (["different", "different"], "rejected"),
        (["same", "different"], "disputed"),
        (["different", "same"], "disputed"),
        (["same", "inconclusive"], "disputed"),
        (["inconclusive", "inconclusive"], "disputed"),
    ],
)
def test_only_two_who_both_say_same_make_one_person(decisions: list[str], verdict: str) -> None:
    assert policies.review_verdict([Decision(word) for word in decisions]) == CandidateState(verdict)


def test_the_shipped_policies_are_read_and_hold_back_a_texan_of_sixteen(tmp_path: object) -> None:
    from matching import conf

    rows = load_policies(conf.policy_file())

    assert plan_submission(facts(birth_date=date(2009, 9, 1)), rows).held_back_reason == "minor"
    assert plan_submission(facts(birth_date=date(2008, 9, 1)), rows).held_back_reason == ""
    assert all(item.citation and item.confidence for item in rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "cannot be read"),
        ("schema: other/1", "not of the form"),
        ("schema: submission-policies/1\npolicies: [{code: A, place: US}]", "lacks 'effective_from'"),
        (
            "schema: submission-policies/1\npolicies:\n"
            "- {code: A, place: US, effective_from: x, citation: c, confidence: c}",
            "as a date",
        ),
    ],
)
def test_a_policy_file_that_cannot_be_used_says_what_to_mend(tmp_path: object, text: str, words: str) -> None:
    path = tmp_path / "policies.yaml"  # type: ignore[operator]
    path.write_text(text)

    with pytest.raises(PolicyFileWrong, match=words):
        load_policies(path)


def test_every_reason_has_a_sentence() -> None:
    codes = {policies.HELD_BACK_MINOR, policies.HELD_BACK_AGE_UNKNOWN, policies.NO_PRINTS}
    codes |= {policies.NO_ANSWER_ASKED, policies.NOT_ASKED_BY_US, ""}

    assert set(policies.REASONS) == codes
