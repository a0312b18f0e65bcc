"""Figures and their bounds; that every measure runs is said by `make bench ARGS=--quick`."""

from pathlib import Path

import pytest

from tests.bench import document, report
from tests.bench.harness import MEASURES, Bench, Figure, load_measures, measure, percentile, run


def _bench(*, quick: bool = False) -> Bench:
    return Bench(sizes=(10, 20), quick=quick, say=lambda words: None)


def test_the_bound_is_the_tighter_of_a_number_and_a_multiple_of_the_reference() -> None:
    figure = _bench().figure("sweep", [1.0, 1.4, 1.2], unit="s", reference=0.5, bound=2.0, times_reference=3)

    assert (figure.value, figure.bound, figure.ok) == (1.2, 1.5, True)
    assert figure.spread == (1.0, 1.4)


def test_a_figure_over_its_bound_is_not_ok_unless_only_correctness_was_asked() -> None:
    assert not _bench().figure("x", 2.1, unit="s", bound=2.0).ok
    assert not _bench().figure("x", 40, unit="1/s", bound=50, at_most=False).ok
    assert _bench(quick=True).figure("x", 2.1, unit="s", bound=2.0).ok


def test_a_measure_that_fails_is_a_figure_that_is_not_ok_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_measures()
    monkeypatch.setattr("tests.bench.harness.MEASURES", dict(MEASURES))

    @measure("breaks")
    def breaks(bench: Bench):  # type: ignore[no-untyped-def]
        raise ValueError("no")
        yield

    @measure("works")
    def works(bench: Bench):  # type: ignore[no-untyped-def]
        yield bench.figure("works", 1, unit="s")

    found: list[Figure] = list(run(_bench(quick=True), ["breaks", "works"]))

    assert [(figure.name, figure.ok) for figure in found] == [("breaks", False), ("works", True)]
    assert "ValueError" in found[0].note


def test_percentile_is_a_measured_value_that_the_share_does_not_exceed() -> None:
    values = list(range(1, 101))

    assert (percentile(values, 0.95), percentile(values, 0.99), percentile([7], 0.5)) == (95, 99, 7)


def test_figures_of_an_earlier_run_stay_until_they_are_measured_again(tmp_path: Path) -> None:
    bench, lines = _bench(), tmp_path / "figures.jsonl"
    report.write_lines(
        [bench.figure("a", 1, unit="s", size=10), bench.figure("b", 2, unit="s", bound=1)], lines
    )

    known = document.merged(document.read_lines(lines), [bench.figure("a", 3, unit="s", size=10)])

    assert [(figure.name, figure.size, figure.value, figure.ok) for figure in known] == [
        ("b", None, 2.0, False),
        ("a", 10, 3.0, True),
    ]


def test_the_document_says_what_was_missed_and_draws_how_pages_grow(tmp_path: Path) -> None:
    bench = _bench()
    figures = [
        bench.figure("read.board.p95", ms, unit="ms", reference=10.0, times_reference=1.3, size=size)
        for size, ms in ((10_000, 10), (100_000, 15))
    ]

    page = document.write(figures, tmp_path).read_text()

    assert "1 of 2 bounds are kept. These are not:" in page
    assert "`read.board.p95` at 100,000 cases: 15 ms, at most 13" in page
    assert "bound" in (tmp_path / "performance" / "reads.svg").read_text()
