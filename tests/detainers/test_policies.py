"""May this jail hold? Place by place, with the reasons, and again from what was stored."""

import json
from dataclasses import replace

import pytest

from detainers import rulebook
from detainers.clock import Anchor, Counting
from detainers.policies import Facts, Verdict, canonical, decide, replay
from detainers.rulebook import ClaimEffect, RulebookError, Telling

BOOK = rulebook.current()
TEXAS = Facts(on="2026-03-17", state="TX", county="Cedar", city="", edition="I-247A_2017")
NC_MET = ("administrative_warrant", "judicial_order")


def at(state: str, on: str = "2026-03-17", **changes: object) -> Facts:
    return replace(TEXAS, state=state, on=on, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "verdict", "policy"),
    [
        (TEXAS, Verdict.HOLD_REQUIRED, "TX_2_251"),
        (at("TX", on="2016-01-01"), Verdict.NO_AUTHORITY, "NO_ROW"),
        (at("MA"), Verdict.HOLD_FORBIDDEN, "MA_LUNN_2017"),
        (at("MA", city="boston"), Verdict.HOLD_FORBIDDEN, "MA_LUNN_2017"),
        (at("CA"), Verdict.HOLD_FORBIDDEN, "CA_SB54_2018"),
        (at("ND"), Verdict.NO_AUTHORITY, "NO_ROW"),
        (at("FL", conditions=("administrative_warrant",)), Verdict.NO_AUTHORITY, "NO_ROW"),
        (at("MD"), Verdict.NO_AUTHORITY, "NO_ROW"),
        (at("NJ"), Verdict.CONDITIONS_NOT_MET, "NJ_AG_2018_6"),
        (at("NJ", conditions=("listed_serious_case",)), Verdict.HOLD_PERMITTED, "NJ_AG_2018_6"),
        (at("NJ", conditions=("final_order_by_judge",)), Verdict.HOLD_PERMITTED, "NJ_AG_2018_6"),
        (at("NC"), Verdict.CONDITIONS_NOT_MET, "NC_SL2025_85"),
        (at("NC", conditions=("judicial_order",)), Verdict.CONDITIONS_NOT_MET, "NC_SL2025_85"),
        (at("NC", conditions=NC_MET), Verdict.HOLD_REQUIRED, "NC_SL2025_85"),
        (at("NC", on="2025-09-30", conditions=NC_MET), Verdict.HOLD_REQUIRED, "NC_SL2024_55"),
        (at("TX", deficiencies=("NO_SIGNATURE",)), Verdict.FORM_DEFICIENT, "TX_2_251"),
        (at("TX", edition="I-999"), Verdict.FORM_DEFICIENT, "TX_2_251"),
        (at("TX", edition="I-247N_2015"), Verdict.FORM_ASKS_NO_HOLD, "TX_2_251"),
        (at("TX", on_conviction_box=True), Verdict.FORM_ASKS_NO_HOLD, "TX_2_251"),
        (at("TX", on_conviction_box=True, convicted=True), Verdict.HOLD_REQUIRED, "TX_2_251"),
        (at("TX", claim="citizenship"), Verdict.HOLD_REQUIRED, "TX_2_251"),
        (at("TX", claim="citizenship", proof=True), Verdict.STATUS_PROVED, "TX_2_251"),
        (at("TX", claim="lawful_status", proof=True), Verdict.STATUS_PROVED, "TX_2_251"),
        (at("NJ", claim="citizenship", proof=True), Verdict.STATUS_PROVED, "NJ_AG_2018_6"),
    ],
)
def test_it_decides_by_place_date_and_facts(facts: Facts, verdict: Verdict, policy: str) -> None:
    decision = decide(facts, BOOK)

    assert (decision.verdict, decision.policy_code) == (verdict, policy)
    assert all(row.hold is verdict.grants for row in decision.limits)
    assert decision.limits


def test_every_rule_is_tried_also_after_one_failed() -> None:
    decision = decide(at("MA", deficiencies=("NO_SIGNATURE",)), BOOK)

    assert [(item.rule, item.verdict) for item in decision.tried] == [
        ("FORM_ASKS_FOR_CUSTODY", "met"),
        ("FORM_SUFFICIENT", "not_met"),
        ("US_287_7", "nothing"),
        ("US_LRA", "nothing"),
        ("MA_LUNN_2017", "forbids"),
        ("MA_EO_2026", "nothing"),
    ]
    assert decision.tried[-2].citation == "Lunn v. Commonwealth, 477 Mass. 517 (2017)"


def test_a_federal_row_never_grants() -> None:
    for row in BOOK.rows:
        assert (row.level == "federal") == (row.stance == "never_grants"), row.code
    with pytest.raises(RulebookError, match="must be never_grants"):
        rulebook.policy_row({**BOOK.rows[0].source, "hold": "permitted"})


def test_a_row_that_could_grant_is_enabled_only_when_confirmed() -> None:
    unsure = [
        row.code for row in BOOK.rows if row.enabled and row.stance.grants and row.confidence != "confirmed"
    ]

    assert unsure == []


def test_north_carolina_counts_from_receipt_and_later_from_release() -> None:
    old = decide(at("NC", on="2025-09-30", conditions=NC_MET), BOOK).limits[0]
    new = decide(at("NC", conditions=NC_MET), BOOK).limits[0]

    assert (old.anchor, old.hours, old.counting) == (Anchor.DETAINER_RECEIVED, 48, Counting.ELAPSED)
    assert new.anchor is Anchor.RELEASE_ELIGIBLE


def test_status_and_release_information_are_two_switches() -> None:
    answers = {
        state: (d.status_information, d.release_information)
        for state in ("WA", "CA", "TX", "NC", "ND")
        for d in [decide(at(state), BOOK)]
    }

    assert answers == {
        "WA": (Telling.PERMITTED, Telling.FORBIDDEN),
        "CA": (Telling.PERMITTED, Telling.ON_CONDITIONS),
        "TX": (Telling.PERMITTED, Telling.PERMITTED),
        "NC": (Telling.PERMITTED, Telling.REQUIRED),
        "ND": (Telling.PERMITTED, Telling.FORBIDDEN),
    }


def test_duties_follow_with_their_time() -> None:
    duties = decide(at("CA"), BOOK).duties

    assert [duty.code for duty in duties] == [
        "GIVE_COPY",
        "STATE_INTENT",
        "WRITTEN_RELEASE_NOTICE",
        "INTERVIEW_CONSENT",
        "LOG_AND_REPORT",
    ]
    assert duties[0].sentence == "Give the person a copy of the detainer, within 24 hours."


def test_a_claim_without_proof_is_checked_within_the_unchanged_deadline() -> None:
    claimed = decide(at("TX", claim="citizenship"), BOOK)
    nothing = decide(TEXAS, BOOK)

    assert (claimed.claim_effect, claimed.claim_check_hours) == (ClaimEffect.TIMED_CHECK, 4)
    assert nothing.claim_effect is ClaimEffect.NONE
    assert any("the deadline stays as it is" in line for line in claimed.sentences())


@pytest.mark.parametrize(
    "facts", [TEXAS, at("MA"), at("NC", conditions=NC_MET), at("ND"), at("CA", claim="citizenship")]
)
def test_the_same_facts_give_the_same_bytes(facts: Facts) -> None:
    decision = decide(facts, BOOK)
    stored = json.loads(decision.to_bytes())

    assert decide(facts, BOOK).to_bytes() == decision.to_bytes()
    assert replay(stored["facts"], stored["trace"], BOOK).to_bytes() == decision.to_bytes()
    assert canonical(stored) == decision.to_bytes()


def test_a_decision_replays_on_its_own_rows_when_the_book_has_moved_on() -> None:
    stored = json.loads(decide(TEXAS, BOOK).to_bytes())
    later = replace(BOOK, version="later", rows=())

    again = replay(stored["facts"], stored["trace"], later)

    assert decide(TEXAS, later).verdict is Verdict.NO_AUTHORITY
    assert canonical({"facts": again.facts.as_json(), "trace": again.trace()}) == canonical(stored)


def test_every_decision_reads_as_sentences() -> None:
    for state in sorted({row.state for row in BOOK.rows if row.state} | {"ND"}):
        for line in decide(at(state), BOOK).sentences():
            assert line.endswith((".", ")")), line


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ("hold: forbidden", "hold: maybe", "MA_LUNN_2017"),
        ("code: MA_BOSTON", "code: MA_LUNN_2017", "same code"),
        ("from: 1997-04-01", "since: 1997-04-01", "US_287_7"),
    ],
)
def test_a_broken_data_file_is_named(find: str, put: str, words: str) -> None:
    editions = (rulebook.DATA / "editions.yaml").read_text()
    policies = (rulebook.DATA / "policies.yaml").read_text()

    with pytest.raises(RulebookError, match=words):
        rulebook.load(editions, policies.replace(find, put, 1))
    with pytest.raises(RulebookError, match="does not explain"):
        rulebook.load(editions.replace("basis: [investigation_initiated", "basis: [nonsense", 1), policies)
    with pytest.raises(RulebookError, match="I-247_2010-08"):
        rulebook.load(editions.replace("clock: EXCL_48", "clock: FOREVER", 1), policies)


def test_the_version_changes_with_the_content() -> None:
    editions = (rulebook.DATA / "editions.yaml").read_text()
    policies = (rulebook.DATA / "policies.yaml").read_text()

    changed = rulebook.load(editions, policies.replace("hours: 48", "hours: 24", 1))

    assert changed.version != BOOK.version
    assert changed.version.startswith("2026.2+")
