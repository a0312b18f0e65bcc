"""What the second wall costs: the same pages and acts as the web role, under row-level security, and as the owner without it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from secrets import token_hex

from django.db import connections, transaction
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import actor_for_user, system
from accounts.models import Agency, Membership, User
from accounts.rows import acting_for
from cases import services
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import Case
from config.postgresql.base import DatabaseWrapper
from integration.services import create_client
from tests.bench.harness import Bench, Figure, measure
from tests.bench.places import Place

TIMES_OWNER = 1.15
BACKEND = "accounts.backends.EmailBackend"
WARM = 12
Act = Callable[[], None]


@measure("rows")
def rows(bench: Bench) -> Iterator[Figure]:
    """Medians of many that change role with each request, so that a busy moment meets both alike."""
    with bench.database(bench.smallest) as place:
        yield from compare(bench, place)


def compare(bench: Bench, place: Place) -> Iterator[Figure]:
    """One figure for each page and act, in milliseconds, with the owner's as its reference."""
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with _connections(place) as links:
        connections["default"] = links["owner"]
        jail, user = _somebody(place)
        made = create_client(agency=jail, label="bench", actor=system("set-up"))
        acts = {}
        for role, link in links.items():
            connections["default"] = link
            acts[role] = _acts(jail, user, made.client_id, made.secret)
        for name in acts["owner"]:
            for turn in range(bench.repeats(WARM + 150, 2)):
                for role in ("owner", "web") if turn % 2 else ("web", "owner"):
                    connections["default"] = links[role]
                    begun = time.perf_counter()
                    acts[role][name]()
                    taken = (time.perf_counter() - begun) * 1000
                    if turn >= WARM or bench.quick:
                        times[name][role].append(taken)
    for name, found in times.items():
        yield bench.figure(
            f"rows.{name}",
            found["web"],
            unit="ms",
            reference=found["owner"],
            times_reference=TIMES_OWNER,
            size=place.size,
            note="median as the web role; the reference is the owner, whom no policy binds",
        )


@contextmanager
def _connections(place: Place) -> Iterator[dict[str, DatabaseWrapper]]:
    """A connection for each of the two roles, open until the end, as a server process keeps its own."""
    before = connections["default"]
    links = {}
    for role in ("owner", "web"):
        with place.as_role(role):
            links[role] = DatabaseWrapper(dict(connections["default"].settings_dict), "default")
    try:
        yield links
    finally:
        connections["default"] = before
        for link in links.values():
            link.close()


def _somebody(place: Place) -> tuple[Agency, User]:
    """A supervisor of the jail with the most cases."""
    key = Case.objects.values("agency").annotate(n=Count("pk")).order_by("-n")[0]["agency"]
    jail = Agency.objects.get(pk=key)
    email = f"bench-{place.size}@example.org"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email=email, password=token_hex(16), name="Bench")
        Membership.objects.create(user=user, agency=jail, role="shift_supervisor")
    return jail, user


def _acts(jail: Agency, user: User, client_id: str, secret: str) -> dict[str, Act]:
    """What is timed, by name, over the connections that are open now."""
    desk, machine = Client(), Client()
    desk.force_login(user, backend=BACKEND)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    token = machine.post("/api/v1/oauth/token", form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    with acting_for(actor_for_user(user)):
        newest = Case.objects.filter(agency=jail).order_by("-pk").values_list("public_id", flat=True)
        shown = list(newest[:50])

    def get(client: Client, address: Callable[[], str], **headers: str) -> Act:
        def act() -> None:
            path = address()
            answer = client.get(path, headers=headers)
            if answer.status_code != 200:
                raise AssertionError(f"{path} answered {answer.status_code}")

        return act

    turns = iter(range(10**9))
    return {
        "board": get(desk, lambda: "/admin/"),
        "case_list": get(desk, lambda: "/admin/cases/case/"),
        "case_page": get(desk, lambda: reverse("admin:case", args=[shown[next(turns) % len(shown)]])),
        "api.cases": get(machine, lambda: "/api/v1/cases", **bearer),
        "book": lambda: _undone(jail, user, release=False),
        "book_and_release": lambda: _undone(jail, user, release=True),
    }


def _undone(jail: Agency, user: User, *, release: bool) -> None:
    """Book, and release at once, through the services; then taken back, so that the size stays what it is."""
    actor, now = actor_for_user(user), timezone.now()
    request = BookingRequest(
        booking_number=f"R-{token_hex(8)}",
        booked_at=now - timedelta(hours=3),
        person=PersonFacts("Sample", "One", date(1990, 5, 17), "F", "TX"),
        charges=(ChargeFacts("2399", "Larceny", "misdemeanor"),),
    )
    with acting_for(actor), transaction.atomic():
        case = services.book(actor=actor, agency=jail, request=request, at=now).case
        if release:
            services.release(case_id=case.pk, actor=actor, at=now)
        transaction.set_rollback(True)
