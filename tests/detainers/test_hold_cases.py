"""The reference cases of the clock, through the command a stranger would run."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

FILE = Path(__file__).with_name("hold_cases.json")


def run(capsys: Any, *args: Any) -> tuple[int, str, str]:
    code = 0
    try:
        call_command("evaluate_hold_cases", *map(str, args))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out = capsys.readouterr()
    return code, out.out, out.err


def changed(tmp_path: Path, edit: Any) -> Path:
    data = json.loads(FILE.read_text())
    edit(data)
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(data))
    return path


def test_it_passes_every_reference_case_without_a_database(capsys: Any) -> None:
    code, out, _ = run(capsys, FILE)

    assert (code, out.splitlines()[-1]) == (0, "30 passed, 0 failed")


def test_it_says_expected_actual_and_difference_and_exits_1(capsys: Any, tmp_path: Path) -> None:
    path = changed(tmp_path, lambda data: data["cases"][0]["expected"].update(expiry_utc="2026-03-19T19:00Z"))

    code, out, _ = run(capsys, path)

    assert code == 1
    assert "FAIL HC-01" in out
    assert "differs  expiry_utc: expected '2026-03-19T19:00Z', got '2026-03-19T18:00Z'" in out
    assert out.splitlines()[-1] == "29 passed, 1 failed"


def test_it_writes_one_json_document(capsys: Any) -> None:
    code, out, err = run(capsys, FILE, "--json")

    document = json.loads(out)
    assert (code, document["passed"], document["failed"]) == (0, 30, 0)
    assert err.splitlines()[-1] == "30 passed, 0 failed"
    first = document["results"][0]
    assert first["actual"]["expiry_local"] == "2026-03-19T14:00-04:00"
    assert any("48 hours from the release time" in line for line in first["derivation"])


def test_it_reads_equal_durations_and_instants_as_equal(capsys: Any, tmp_path: Path) -> None:
    def edit(data: Any) -> None:
        case = next(case for case in data["cases"] if case["id"] == "HC-47")
        case["expected"].update(violations=["OVER_HOLD:P0DT15H60M"], expiry_utc="2026-03-22T17:00-04:00")

    code, _, _ = run(capsys, changed(tmp_path, edit))

    assert code == 0


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda d: d.update(schema="other/1"), 'must have "schema": "hold-cases/1"; it has "other/1"'),
        (lambda d: d.update(cases=[]), 'needs "cases": a list with at least one case'),
        (lambda d: d.pop("policies"), 'needs "policies"'),
        (lambda d: d["cases"][0].pop("input"), 'Case HC-01 needs "input": an object'),
        (
            lambda d: d["cases"][0]["input"].update(policy="X"),
            'names policy "X"; the file defines CA_SB54_2018',
        ),
        (lambda d: d["cases"][0]["input"].update(form_edition="I-1"), "known editions are I-247_2010-08"),
        (lambda d: d["cases"][0]["input"].update(facility_tz="Mars"), "not an IANA time zone"),
        (
            lambda d: d["cases"][0]["input"].update(lifted_at="soon"),
            'lifted_at is "soon"; write an instant such as',
        ),
        (lambda d: d["cases"][0]["input"].update(second_detainer=3), '"second_detainer" is not an object'),
        (lambda d: d["policies"]["LOCAL_CAP_24"].update(hours=-1), '"hours" must be a whole number or null'),
        (lambda d: d["policies"]["LOCAL_CAP_24"].update(anchor="X"), "use one of RELEASE_ELIGIBLE"),
        (
            lambda d: d["cases"][0]["expected"].update(expiry_utc="x"),
            'expected expiry_utc is "x"; write an instant',
        ),
        (lambda d: d["policies"].update(BAD=1), 'Policy BAD needs "hold": true or false'),
    ],
)
def test_it_says_what_is_wrong_with_a_bad_file_and_exits_2(
    capsys: Any, tmp_path: Path, edit: Any, sentence: str
) -> None:
    code, out, err = run(capsys, changed(tmp_path, edit))

    assert (code, out) == (2, "")
    assert sentence in err


def test_it_says_that_a_file_is_missing_or_not_json(capsys: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")

    missing = run(capsys, tmp_path / "none.json")
    broken = run(capsys, bad)

    assert missing[0] == broken[0] == 2
    assert "There is no file" in missing[2]
    assert "is not JSON: line 1" in broken[2]


def test_it_takes_an_unambiguous_wall_time_and_refuses_service_before_receipt(
    capsys: Any, tmp_path: Path
) -> None:
    def edit(data: Any) -> None:
        given = data["cases"][0]["input"]
        given.pop("release_eligible_at")
        given["release_eligible_at_naive"] = "2026-03-17T14:00"
        late = data["cases"][1]
        late["input"]["served_on_person_at"] = "2026-03-18T08:00-04:00"
        late["expected"] = {"status": "VALIDATION_ERROR", "reason": "SERVED_BEFORE_RECEIVED"}

    code, out, _ = run(capsys, changed(tmp_path, edit))

    assert code == 0, out


def test_it_compares_only_what_the_schema_defines(capsys: Any, tmp_path: Path) -> None:
    def edit(data: Any) -> None:
        data["cases"][0]["expected"].update(
            remark="seen by counsel", expiry_local="2026-03-19T14:00:00-04:00"
        )
        data["cases"][1]["expected"]["expiry_local"] = "2026-03-22T21:00+00:00"

    code, out, _ = run(capsys, changed(tmp_path, edit))

    assert code == 1
    assert out.splitlines()[-1] == "29 passed, 1 failed"
