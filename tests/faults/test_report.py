"""The page of faults is written from the lines of the runs, and from nothing else."""

from pathlib import Path
from typing import Any

from tests.faults import report


def _line(**changes: Any) -> dict[str, Any]:
    line = {
        "row": 2, "fault": "kill -9 of a whole worker", "broker": "Valkey", "run": 0, "kills": True, "load": 1.4,
        "proof": "3 processes gone", "recovery": 8.0, "lost": 0, "doubled": 0, "other": 0, "alarm": 1.2,
    }  # fmt: skip
    return line | changes


def test_one_line_for_each_row_and_broker(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(f"# Faults\n{report.BEGIN}\nold\n{report.END}\nafter\n")

    report.write([_line(), _line(recovery=16.0, lost=1), _line(broker="RabbitMQ", load=3)], page)

    text = page.read_text()
    assert (
        "| 2 | kill -9 of a whole worker | Valkey | 2 | 1 | 0 | 0 | 12.0, 16.0 | 1–1 | 3 processes gone |"
        in text
    )
    assert "3 runs of 1 faults on Valkey and RabbitMQ: 1 lost, 0 doubled" in text
    assert "Of 3 kills 2 were fully recovered within 15 s" in text
    assert (text.startswith("# Faults\n"), text.endswith("\nafter\n"), "old" in text) == (True, True, False)


def test_a_run_that_did_not_end_is_counted_as_failed(tmp_path: Path) -> None:
    failed = {key: value for key, value in _line(failed="No.").items() if key not in ("recovery", "lost")}

    assert "| 2, 1 failed |" in report.table([_line(), failed])
