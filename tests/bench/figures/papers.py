"""Setting a document as PDF: every kind and every language of the notice, of one case, from the rows to the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from cases.models import Case
from detainers.documents import texts
from detainers.documents.kinds import Kind
from detainers.documents.rendering import kinds_for, produce
from detainers.models import Detainer
from tests.bench.harness import Bench, Figure, measure

MOST_SECONDS = 0.3


@measure("papers")
def papers(bench: Bench) -> Iterator[Figure]:
    """Seconds a document, the first of a process (which opens the fonts) told apart from the ones that follow."""
    size = bench.smallest
    with bench.database(size) as place, place.as_role("worker"):
        case = _case()
        wanted = _wanted(case)
        first = _seconds(case, *wanted[0])
        rounds = bench.repeats(10, 2)
        taken = [_seconds(case, kind, code) for _ in range(rounds) for kind, code in wanted]
    yield bench.figure(
        "papers.document", taken, unit="s", bound=MOST_SECONDS, size=size, documents=len(wanted)
    )
    yield bench.figure("papers.first_of_a_process", first, unit="s", size=size)


def _case() -> Case:
    paper = Detainer.objects.select_related("case__person", "case__agency").order_by("-pk").first()
    assert paper is not None, "The database of the bench holds no detainer."
    found: Case = paper.case
    return found


def _wanted(case: Case) -> list[tuple[Kind, str]]:
    kinds = kinds_for(case, tuple(Detainer.objects.filter(case=case)))
    return [(kind, code) for kind in kinds for code in (texts.CODES if kind.is_translated else ("en",))]


def _seconds(case: Case, kind: Kind, code: str) -> float:
    began = perf_counter()
    produce(kind, case=case, language=code)
    return perf_counter() - began
