"""Pages and lists at each size against the smallest: the same people inside the first jail, behind them ever more history."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actors import system
from accounts.models import Agency, Membership
from cases.models import Booking, Case, Person
from integration.services import create_client
from tests.bench.harness import Bench, Figure, measure, percentile
from tests.bench.places import Place

TIMES_SMALLEST = 1.3
WARM = 3
COUNTED = 60  # as many as there are people inside: one case has more to tell than another, whatever the size
PAGES = (
    "board",
    "case_list",
    "case_list.search",
    "case_page",
    "api.cases",
    "api.case",
    "api.events",
    "oversight.list",
)
Ask = Callable[[int], None]


@dataclass
class Door:
    """How each page of one database is asked for: the n-th time."""

    asks: dict[str, Ask] = field(default_factory=dict)
    queries: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


@measure("reads")
def reads(bench: Bench) -> Iterator[Figure]:
    """The 95th percentile of each page at each size, rounds taken in turns so that a busy moment meets all sizes alike."""
    rounds, each = bench.repeats(4, 1), bench.repeats(30, 2)
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    queries: dict[tuple[str, int], set[int]] = defaultdict(set)
    for turn in range(rounds):
        for size in bench.sizes:
            with bench.database(size) as place, opened(place) as door:
                for page, ask in door.asks.items():
                    for n in range(WARM):
                        ask(n)
                    for n in range(each):
                        begun = time.perf_counter()
                        ask(turn * each + n)
                        times[page, size].append((time.perf_counter() - begun) * 1000)
                    for n in range(0 if turn else COUNTED):
                        with CaptureQueriesContext(connection) as seen:
                            ask(n)
                        queries[page, size].add(len(seen))
    for page in PAGES:
        smallest = percentile(times[page, bench.smallest], 0.95)
        least = max(queries[page, bench.smallest])
        for size in bench.sizes:
            values = times[page, size]
            count = max(queries[page, size])
            figure = bench.figure(
                f"read.{page}.p95",
                percentile(values, 0.95),
                unit="ms",
                reference=smallest,
                times_reference=TIMES_SMALLEST,
                size=size,
                median=percentile(values, 0.5),
                queries=count,
                requests=len(values),
            )
            yield figure
            yield bench.figure(
                f"read.{page}.queries", count, unit="queries", reference=least, bound=least, size=size
            )


@contextmanager
def opened(place: Place) -> Iterator[Door]:
    """Signed-in browsers and a machine of the first jail."""
    with place.as_role("owner"):
        jail = Agency.objects.filter(kind="jail", name__endswith="(invented)").order_by("pk")[0]
        officer = Membership.objects.get(agency=jail, role="booking_officer").user
        reviewer = Membership.objects.filter(role="oversight_reviewer").order_by("pk")[0].user
        made = create_client(agency=jail, label="bench", actor=system("set-up"))
        cases = list(
            Case.objects.filter(agency=jail, custody_state="in_custody")
            .order_by("pk")
            .values_list("public_id", flat=True)
        )
        surnames = list(
            Person.objects.filter(cases__agency=jail).order_by("pk").values_list("surname", flat=True)[:50]
        )
        numbers = list(
            Booking.objects.filter(agency=jail).order_by("pk").values_list("booking_number", flat=True)[:50]
        )
    backend = "accounts.backends.EmailBackend"
    desk, outside, machine = Client(), Client(), Client()
    desk.force_login(officer, backend=backend)
    outside.force_login(reviewer, backend=backend)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    token = machine.post("/api/v1/oauth/token", form).json()["access_token"]
    shuffled = Random(1).sample(cases, len(cases))
    searched = [word for words in zip(surnames, numbers, _misspelt(surnames), strict=False) for word in words]

    def page(client: Client, address: Callable[[int], str], **headers: str) -> Ask:
        def ask(n: int) -> None:
            answer = client.get(address(n), headers=headers)
            if answer.status_code != 200:
                raise AssertionError(f"{address(n)} answered {answer.status_code}")

        return ask

    bearer = {"Authorization": f"Bearer {token}"}
    yield Door(
        {
            "board": page(desk, lambda n: "/admin/"),
            "case_list": page(desk, lambda n: f"/admin/cases/case/?p={1 + n % 3}"),
            "case_list.search": page(desk, lambda n: f"/admin/cases/case/?q={searched[n % len(searched)]}"),
            "case_page": page(desk, lambda n: f"/admin/case/{shuffled[n % len(shuffled)]}/"),
            "api.cases": page(machine, lambda n: "/api/v1/cases", **bearer),
            "api.case": page(machine, lambda n: f"/api/v1/cases/{shuffled[n % len(shuffled)]}", **bearer),
            "api.events": page(machine, lambda n: f"/api/v1/events?limit=100&after={n * 40}", **bearer),
            "oversight.list": page(outside, lambda n: "/oversight/"),
        }
    )


def _misspelt(surnames: list[str]) -> list[str]:
    """Each without its third letter: nobody has that name, so that its sound and its spelling are looked for too."""
    return [surname[:2] + surname[3:] for surname in surnames]
