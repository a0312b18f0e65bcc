"""Several laws at once: which wins and why, conditions and duties of every kind, people under age, and old decisions."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detainers import rulebook
from detainers.policies import Decision, Facts, Verdict, canonical, decide, replay
from detainers.rulebook import ClaimEffect, Rulebook, Telling, policy_row

BOOK = rulebook.current()
TEXAS = Facts(
    on="2026-03-17", state="TX", county="Cedar", city="Elm", edition="I-247A_2017", agency="TX0010000"
)
EVALUATOR_1 = Path(__file__).parent / "data" / "decisions_of_evaluator_1.json"


def row(code: str, level: str = "state", hold: str = "permitted", **more: Any) -> dict[str, Any]:
    place = {"federal": (), "state": ("state",), "county": ("state", "county"), "city": ("state", "city")}
    values = {"state": "TX", "county": "Cedar", "city": "Elm", "agency": "TX0010000"}
    names = place.get(level, ("state", "agency"))
    return {
        "code": code,
        "level": level,
        **{name: values[name] for name in names},
        "citation": f"Law {code}",
        "from": "2020-01-01",
        "confidence": "confirmed",
        "hold": hold,
        **more,
    }


def book(*rows: dict[str, Any]) -> Rulebook:
    return replace(BOOK, rows=tuple(policy_row(item) for item in rows))


def on(*rows: dict[str, Any], **facts: Any) -> Decision:
    return decide(replace(TEXAS, **facts), book(*rows))


def why(decision: Decision, about: str) -> str:
    return next(item.sentence for item in decision.resolved if item.about == about)


def test_rows_apply_to_their_place_from_federal_to_the_jails_own() -> None:
    chain = [
        row("AGENCY", "agency"), row("CITY", "city"), row("COUNTY", "county"), row("STATE"),
        row("FED", "federal", "never_grants"), row("CIRCUIT", "federal", "never_grants", states=["TX"]),
        row("OTHER_CIRCUIT", "federal", "never_grants", states=["CA"]),
        row("OTHER_COUNTY", "county", county="Pine"), row("OTHER_CITY", "city", city="Oak"),
        row("OTHER_AGENCY", "agency", agency="TX0990000"),
    ]  # fmt: skip

    assert [item["code"] for item in on(*chain).rows] == [
        "FED",
        "CIRCUIT",
        "STATE",
        "COUNTY",
        "CITY",
        "AGENCY",
    ]


def test_what_forbids_wins_over_what_requires_at_any_level_and_says_so() -> None:
    for rows in (
        [row("S", hold="required"), row("C", "city", "forbidden")],
        [row("S", hold="forbidden"), row("C", "city")],
    ):
        decision = on(*rows)
        forbidding = next(item["code"] for item in rows if item["hold"] == "forbidden")

        assert (decision.verdict, decision.policy_code) == (Verdict.HOLD_FORBIDDEN, forbidding)
        assert why(decision, "hold").endswith(
            f"{forbidding} wins, because no level can allow what another one forbids."
        )
        assert decision.tried[-1].rule == "LEVELS"
        assert decision.tried[-1].citation == f"Law {forbidding}"


def test_a_states_law_that_says_so_sets_local_rules_on_holding_aside_but_not_their_duties() -> None:
    decision = on(
        row("S", hold="required", preempts=True),
        row("C", "city", "forbidden", duties=[{"code": "GIVE_COPY"}]),
    )

    assert (decision.verdict, decision.policy_code) == (Verdict.HOLD_REQUIRED, "S")
    assert "S (state) sets local rules on holding aside" in why(decision, "hold")
    assert [(duty.code, duty.policy) for duty in decision.duties] == [("GIVE_COPY", "C")]
    assert [item["code"] for item in decision.rows] == ["S", "C"]


def test_required_wins_over_permitted_and_every_condition_stays() -> None:
    decision = on(row("S", hold="required"), row("C", "county", "conditional", any_of=["conviction"]))

    assert decision.verdict is Verdict.CONDITIONS_NOT_MET
    assert "S wins, because a jail that may must where a law requires it" in why(decision, "hold")
    met = on(
        row("S", hold="required"), row("C", "county", "conditional", any_of=["conviction"]), convicted=True
    )
    assert met.verdict is Verdict.HOLD_REQUIRED


def test_all_limits_count() -> None:
    decision = on(row("S", limits={"hours": 48}), row("C", "county", limits={"hours": 12}))

    assert [limit.hours for limit in decision.limits] == [48, 12]
    assert "the earliest end wins" in why(decision, "limits")
    assert not on(row("S"), row("C", "county")).resolved


def test_a_silent_row_neither_allows_nor_forbids() -> None:
    assert on(row("S", hold="silent")).verdict is Verdict.NO_AUTHORITY
    decision = on(row("S"), row("Q", "city", "silent"))
    assert (decision.verdict, decision.policy_code) == (Verdict.HOLD_PERMITTED, "S")


def test_of_two_rules_on_claims_what_protects_more_wins_point_by_point() -> None:
    rows = [
        row("S", citizenship={"on_claim": "none", "on_lawful_status_proof": "ends", "check_hours": 8}),
        row(
            "C",
            "city",
            citizenship={"on_claim": "timed_check", "on_lawful_status_proof": "none", "check_hours": 12},
        ),
    ]
    claimed = on(*rows, claim="citizenship")
    proved = on(*rows, claim="lawful_status", proof=True)

    assert (claimed.claim_effect, claimed.claim_check_hours) == (ClaimEffect.TIMED_CHECK, 8)
    assert proved.verdict is Verdict.STATUS_PROVED
    assert "what protects the person more wins" in why(claimed, "claim")
    nothing = on(row("S", citizenship={"on_claim": "none"}), claim="citizenship")
    assert (nothing.claim_effect, nothing.verdict) == (ClaimEffect.NONE, Verdict.HOLD_PERMITTED)
    assert "it changes nothing here" in " ".join(nothing.sentences())


def test_the_stricter_answer_on_telling_ice_wins() -> None:
    decision = on(
        row("S", tell_ice={"release_information": "required", "status_information": "permitted"}),
        row("C", "county", tell_ice={"release_information": "on_conditions"}),
    )

    assert decision.release_information is Telling.ON_CONDITIONS
    assert decision.status_information is Telling.PERMITTED
    assert why(decision, "release_information") == (
        "On release information, C (county) says on conditions; S (state): required. The stricter wins."
    )


def test_of_two_times_for_one_duty_the_shorter_holds_and_a_condition_stays_one() -> None:
    rows = [
        row("S", duties=[{"code": "GIVE_COPY", "due_hours": 24, "condition": True}, {"code": "INTERPRETER"}]),
        row(
            "C",
            "city",
            duties=[{"code": "GIVE_COPY", "due_hours": 4, "due_from": "custody"}, {"code": "INTERPRETER"}],
        ),
        row("A", "agency", duties=[{"code": "GIVE_COPY"}]),
    ]
    decision = on(*rows)
    copy = decision.duties[0]

    assert (copy.policy, copy.due_hours, copy.due_from, copy.is_condition) == ("C", 4, "custody", True)
    assert copy.sentence == "Give the person a copy of the detainer, within 4 hours of the booking."
    assert "C wins, because the shorter time holds, and the hold waits for it." in why(
        decision, "duty GIVE_COPY"
    )
    assert not [item for item in decision.resolved if item.about == "duty INTERPRETER"]


def test_no_hold_while_a_duty_that_is_its_condition_is_undone() -> None:
    asks = row("S", duties=[{"code": "GIVE_COPY", "condition": True}])

    undone, done = on(asks), on(asks, duties_done=("GIVE_COPY",))

    assert (undone.verdict, done.verdict) == (Verdict.CONDITIONS_NOT_MET, Verdict.HOLD_PERMITTED)
    assert "lets nobody be held before this is done: give the person a copy" in undone.tried[-1].sentence
    assert not any(limit.hold for limit in undone.limits)


@pytest.mark.parametrize(
    ("stage", "offences", "met"),
    [
        ("convicted", ("felony:convicted",), True),
        ("convicted", ("felony:pending", "misdemeanor:convicted"), False),
        ("charged", ("felony:pending",), True),
        ("charged", ("felony:convicted",), True),
        ("charged", ("felony:dismissed",), False),
        ("charged", (), False),
    ],
)
def test_classes_of_offence_are_a_condition(stage: str, offences: tuple[str, ...], met: bool) -> None:
    asks = row(
        "S",
        hold="conditional",
        all_of=["offence_class"],
        offence_classes={"stage": stage, "classes": ["felony"]},
    )

    assert on(asks, offences=offences).verdict.grants is met


def test_kinds_of_warrant_are_a_condition() -> None:
    asks = row(
        "S", hold="conditional", any_of=["warrant_kind", "terrorism_list"], warrant_kinds=["ADMIN_I205"]
    )

    assert on(asks, warrants=("ADMIN_I200",)).verdict is Verdict.CONDITIONS_NOT_MET
    assert on(asks, warrants=("ADMIN_I200", "ADMIN_I205")).verdict is Verdict.HOLD_PERMITTED
    assert on(asks, conditions=("terrorism_list",)).verdict is Verdict.HOLD_PERMITTED


def test_somebody_under_age_is_not_held_or_not_before_it_is_cleared() -> None:
    never, back = {"under": 18, "hold": "no_hold"}, {"under": 17, "hold": "held_back"}

    assert on(row("S", minors=never), age=17).verdict is Verdict.HOLD_FORBIDDEN
    assert on(row("S", minors=never), age=17).policy_code == "S"
    assert on(row("S", minors=never), age=18).verdict is Verdict.HOLD_PERMITTED
    assert on(row("S", minors=never)).verdict is Verdict.HOLD_PERMITTED
    assert on(row("S", minors=back), age=16).verdict is Verdict.CONDITIONS_NOT_MET
    assert on(row("S", minors=back), age=16, conditions=("minor_cleared",)).verdict is Verdict.HOLD_PERMITTED
    both = on(row("S", minors=never), row("C", "city", minors=back), age=16)
    assert both.verdict is Verdict.HOLD_FORBIDDEN


def test_federal_accounts_exist_only_where_a_law_says_so_and_none_refuses() -> None:
    assert not on(row("S")).federal_accounts
    assert on(row("S", federal_accounts=True)).federal_accounts
    refused = on(row("S", federal_accounts=True), row("C", "city", federal_accounts=False))
    assert not refused.federal_accounts
    assert "the one that refuses wins" in why(refused, "federal_accounts")


def test_a_decision_of_several_laws_replays_to_the_same_bytes() -> None:
    decision = on(
        row("S", hold="required", preempts=True, duties=[{"code": "GIVE_COPY", "condition": True}]),
        row("C", "city", "forbidden", tell_ice={"release_information": "forbidden"}),
        age=16, offences=("felony:pending",), claim="citizenship", edition="I-999",
    )  # fmt: skip
    stored = json.loads(decision.to_bytes())

    assert replay(
        stored["facts"], stored["trace"], replace(BOOK, rows=(), editions={})
    ).to_bytes() == canonical(stored)


def test_decisions_made_by_the_first_evaluator_replay_to_their_own_bytes() -> None:
    decisions = json.loads(EVALUATOR_1.read_text("utf-8"))

    assert len(decisions) == 12
    for stored in decisions:
        again = replay(stored["facts"], stored["trace"], BOOK)
        assert again.to_bytes() == canonical(stored), stored["facts"]
