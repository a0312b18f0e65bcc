"""A policy file loads whole or not at all, and says which row, which field, and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from detainers import rulebook
from detainers.policy_checks import KEYS, problems
from detainers.policy_file import read_policies
from detainers.rulebook import RulebookError, policy_row

GOOD: dict[str, Any] = {
    "code": "TX_TEST",
    "level": "state",
    "state": "TX",
    "citation": "A law",
    "from": "2026-01-01",
    "confidence": "confirmed",
    "hold": "permitted",
}
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "domain" / "jurisdiction_policies.json"


def changed(**more: Any) -> dict[str, Any]:
    return {key: value for key, value in {**GOOD, **more}.items() if value is not ...}


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"duites": []}, "duites", "there is no field of this name"),
    ({"code": ""}, "code", "short code"),
    ({"code": "a b"}, "code", "short code"),
    ({"level": "parish"}, "level", "federal, state, county, city, agency"),
    ({"level": "county"}, "county", "a row of level county needs it"),
    ({"level": "agency"}, "agency", "needs it"),
    ({"city": "Elm"}, "city", "covers more than one city"),
    ({"state": "Texas"}, "state", "two capital letters"),
    ({"states": ["TX"]}, "states", "only a federal row"),
    (
        {"level": "federal", "state": ..., "hold": "never_grants", "states": ["Texas"]},
        "states",
        "two capital letters",
    ),
    ({"citation": ...}, "citation", "name the law"),
    ({"citation": "  "}, "citation", "name the law"),
    ({"citation": "x" * 201}, "citation", "under 200"),
    ({"confidence": "sure"}, "confidence", "how sure"),
    ({"note": 5}, "note", "plain text"),
    ({"languages": "en"}, "languages", "list of language codes"),
    ({"from": ...}, "from", "year-month-day"),
    ({"from": "soon"}, "from", "year-month-day"),
    ({"to": "2025-12-31"}, "to", "ends before it begins on 2026-01-01"),
    ({"hold": "maybe"}, "hold", "what the law says of holding"),
    ({"level": "federal", "state": ...}, "hold", "must be never_grants"),
    ({"hold": "never_grants"}, "hold", "only a federal row"),
    ({"preempts": "yes"}, "preempts", "true or false"),
    ({"level": "city", "city": "Elm", "preempts": True}, "preempts", "only a state's law"),
    ({"confidence": "partly_confirmed"}, "enabled", "stays off until counsel"),
    ({"confidence": "background", "hold": "forbidden"}, "enabled", "stays off until counsel"),
    ({"all_of": ["luck"]}, "all_of", "list of conditions"),
    ({"any_of": "conviction"}, "any_of", "list of conditions"),
    ({"hold": "conditional"}, "all_of", "needs a condition"),
    ({"hold": "forbidden", "all_of": ["conviction"]}, "all_of", "has no conditions"),
    ({"all_of": ["offence_class"]}, "offence_classes", "exactly when offence_class"),
    ({"offence_classes": {"stage": "charged", "classes": ["felony"]}}, "offence_classes", "exactly when"),
    (
        {"all_of": ["offence_class"], "offence_classes": {"stage": "seen", "classes": ["felony"]}},
        "offence_classes",
        "stage",
    ),
    ({"warrant_kinds": ["ADMIN_I200"]}, "warrant_kinds", "exactly when warrant_kind"),
    ({"warrant_kinds": ["NOTE"]}, "warrant_kinds", "each one of"),
    ({"limits": {"days": 2}}, "limits", "hours"),
    ({"limits": {"hours": 72}}, "limits", "from 1 to 48"),
    ({"limits": {"hours": True}}, "limits", "from 1 to 48"),
    ({"limits": {"anchor": "ARREST"}}, "limits", "anchor is one of"),
    ({"limits": {"counting": "slowly"}}, "limits", "counting is one of"),
    ({"limits": {"same_day_2359": "no"}}, "limits", "same_day_2359"),
    ({"hold": "forbidden", "limits": {"hours": 4}}, "limits", "has no limits"),
    ({"duties": ["GIVE_COPY"]}, "duties", "write a list"),
    ({"duties": [{"code": "SING"}]}, "duties", "there is no duty 'SING'"),
    ({"duties": [{"code": "GIVE_COPY"}, {"code": "GIVE_COPY"}]}, "duties", "stands here twice"),
    ({"duties": [{"code": "GIVE_COPY", "due_hours": -1}]}, "duties", "whole number of hours"),
    ({"duties": [{"code": "GIVE_COPY", "due_from": "birth"}]}, "duties", "due_from is one of"),
    ({"duties": [{"code": "GIVE_COPY", "condition": "yes"}]}, "duties", "condition is true or false"),
    ({"duties": [{"code": "GIVE_COPY", "who": "me"}]}, "duties", "only code"),
    (
        {"hold": "forbidden", "duties": [{"code": "GIVE_COPY", "condition": True}]},
        "duties",
        "no hold can wait",
    ),
    ({"citizenship": {"on_dream": "ends"}}, "citizenship", "write {"),
    ({"citizenship": {"on_claim": "maybe"}}, "citizenship", "on_claim is one of"),
    ({"citizenship": {"on_citizenship_proof": "none"}}, "citizenship", "always ends a hold"),
    ({"citizenship": {"check_hours": 0}}, "citizenship", "check_hours"),
    ({"tell_ice": {"everything": "permitted"}}, "tell_ice", "status_information"),
    ({"tell_ice": {"status_information": "sometimes"}}, "tell_ice", "each is one of"),
    ({"minors": {"under": 40, "hold": "no_hold"}}, "minors", "under is 10 to 21"),
]


@pytest.mark.parametrize(
    ("change", "field", "words"), BAD, ids=[f"{n}-{bad[1]}" for n, bad in enumerate(BAD)]
)
def test_each_mistake_is_a_sentence_at_its_field(change: dict[str, Any], field: str, words: str) -> None:
    found = problems(changed(**change))

    assert any(item.field == field and words in item.sentence for item in found), found
    with pytest.raises(RulebookError, match=r"(TX_TEST|code|a b) \(row 1\)|row 1, which has no code"):
        read_policies(yaml.safe_dump({"version": "1", "policies": [changed(**change)]}))


def test_a_good_row_has_no_problem_and_reads_back() -> None:
    assert problems(GOOD) == []
    full = changed(
        hold="conditional", all_of=["offence_class", "warrant_kind"], warrant_kinds=["JUDICIAL_CIVIL"],
        offence_classes={"stage": "convicted", "classes": ["felony"]}, limits={"hours": 12, "same_day_2359": True},
        duties=[{"code": "GIVE_COPY", "due_hours": 4, "due_from": "custody", "condition": True}], federal_accounts=False,
        minors={"under": 18, "hold": "no_hold"}, languages=["en", "zh-Hans"], note="N", report="R", to="2030-01-01",
        tell_ice={"release_information": "forbidden"}, citizenship={"check_hours": 2}, preempts=True, enabled=False,
    )  # fmt: skip
    assert problems(full) == []
    assert policy_row(policy_row(full).source) == policy_row(full)
    assert set(full) <= KEYS


def test_one_bad_row_loads_nothing_and_every_mistake_is_named() -> None:
    text = yaml.safe_dump(
        {
            "version": "1",
            "policies": [GOOD, changed(code="ROW_B", citation=""), changed(code="ROW_C", hold="x")],
        }
    )

    with pytest.raises(RulebookError) as caught:
        read_policies(text)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1:3] for line in lines] == [
        ["ROW_B (row 2)", "citation"],
        ["ROW_C (row 3)", "hold"],
    ]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (
            changed(**{"from": "2026-06-01"}),
            "their dates overlap: 2026-01-01 to further notice and 2026-06-01 to further",
        ),
        (changed(**{"from": "2025-01-01"}), "their dates overlap"),
        (changed(**{"from": "2020-01-01", "to": "2026-01-01"}), "their dates overlap"),
        (changed(state="OK", **{"from": "2030-01-01"}), "two rows have the same code and different places"),
    ],
)
def test_rows_of_one_code_and_place_may_not_share_a_day(second: dict[str, Any], words: str) -> None:
    with pytest.raises(RulebookError, match=words):
        read_policies(yaml.safe_dump({"version": "1", "policies": [GOOD, second]}))


def test_one_code_may_have_a_row_after_the_other() -> None:
    first = changed(to="2026-05-31")
    _version, rows = read_policies(
        yaml.safe_dump({"version": "1", "policies": [first, changed(**{"from": "2026-06-01"})]})
    )

    assert len(rows) == 2


@pytest.mark.parametrize("text", ["a: [", "- 1", "version: 1", "policies: []", "version: 1\npolicies: {}"])
def test_a_file_that_is_none_says_so(text: str) -> None:
    with pytest.raises(RulebookError, match=r"^policies\.yaml: "):
        read_policies(text)


def test_a_row_that_is_no_row_is_named_by_its_number() -> None:
    with pytest.raises(RulebookError, match="row 1, which has no code: row: This row is not a list"):
        read_policies("version: 1\npolicies: [hello]")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared domain data are not beside this checkout")
def test_every_row_of_the_shared_data_is_there_with_its_place_dates_and_stance() -> None:
    mine = {row.code: row for row in rulebook.current().rows}
    words = {
        "FORBIDDEN": "forbidden",
        "REQUIRED": "required",
        "CONDITIONAL": "conditional",
        "PERMITTED": "permitted",
    }
    for given in json.loads(SHARED.read_text("utf-8"))["policies"]:
        row = mine[given["code"]]
        assert row.level == given["level"]
        assert row.starts_on.isoformat().startswith(given["effective_from"])
        assert (row.ends_on.isoformat() if row.ends_on else None) == given.get("effective_to")
        if given["level"] == "federal":
            assert row.stance == "never_grants"
        else:
            assert row.stance == words[given["detainer_hold"]]
        if "max_hours" in given:
            assert row.limits.hours == given["max_hours"]
        if "anchor" in given:
            assert row.limits.anchor == given["anchor"]
        if given.get("languages"):
            assert list(row.languages) == given["languages"]
        assert bool(row.report) or not given.get("report")


def test_every_place_of_the_chapter_on_law_has_a_row() -> None:
    codes = {row.code for row in rulebook.current().rows}

    assert codes >= {
        "US_287_7", "US_LRA", "US_GALARZA_2014", "US_MIRANDA_OLIVARES_2014", "US_MORALES_2015", "US_GONZALEZ_2020",
        "US_ROY_2012", "MA_LUNN_2017", "MA_EO_2026", "MA_PROTECT_2026", "MA_BOSTON", "CA_SB54_2018", "IL_TRUST_2017",
        "NY_DEMARCO_2018", "NY_NYC", "NJ_AG_2018_6", "CT_54_192h", "WA_KWW_2019", "OR_181A", "CO_HB19_1124", "MD_2026",
        "ME_2026", "NM_2026", "TX_2_251", "FL_908", "GA_HB1105", "NC_SL2024_55", "NC_SL2025_85",
    }  # fmt: skip
