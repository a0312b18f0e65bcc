"""Random people do random things at random times, on PostgreSQL with a clock of its own. Whatever they do:

nobody is shown as holdable past the end of authority, nobody is in custody past it without an open breach after a sweep, every
minute of it is in a breach once, and no release is refused. What should be true is worked out here from a few facts and the
clock of `oracle.py`, which shares nothing with the clock of the product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.errors import ClearholdError
from cases import services as cases
from cases.models import Case, LocalGround
from detainers import services
from detainers.models import Breach, CaseAuthority, Detainer, SweepHeartbeat
from tests.detainers import oracle
from tests.detainers.builders import GOOD_FORM, Road
from tests.detainers.oracle import Episode, Law, Paper, instant, minute_of
from tests.examples import examples

ZONE = "America/Chicago"
TEXAS = Law("TX_2_251", hold=True)
FORMS: dict[str, dict[str, Any]] = {
    "current": {},
    "old": {"edition": "I-247_2012-12", "boxes": {"basis": ["notice_to_appear"]}},
    "notice": {"edition": "I-247N_2015", "boxes": {}},
    "unsigned": {"signature_present": False},
}
actors = st.sampled_from(
    ["clerk", "supervisor", "supervisor", "supervisor", "officer", "other_supervisor", "liaison", "stranger"]
)
jumps = st.one_of(st.integers(1, 600), st.integers(600, 4000), st.sampled_from([60, 1440, 2880]))

FAKE_CLOCK = """
CREATE FUNCTION clearhold_test_now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT current_setting('clearhold.test_now')::timestamptz $$;
ALTER TABLE detainers_breach ALTER COLUMN opened_at SET DEFAULT clearhold_test_now();
"""


@pytest.fixture
def fake_clock(db: None) -> None:
    """The database's clock, as the view and the breaches read it, is what the test says. Gone with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('detainers_authority'::regclass)")
        (words,) = cursor.fetchone()
        cursor.execute(FAKE_CLOCK)
        cursor.execute(
            "CREATE OR REPLACE VIEW detainers_authority AS "
            + words.replace("statement_timestamp()", "clearhold_test_now()")
        )


@dataclass
class Sheet:
    """One detainer as the test knows it."""

    row: Detainer
    paper: Paper


class Custody(RuleBasedStateMachine):
    """One person from booking to release, by whoever may and whoever may not."""

    road: Road

    @initialize(start=st.integers(0, 10 * 1440), road=st.sampled_from(["booked", "served", "held", "held"]))
    def book(self, start: int, road: str) -> None:
        """Booked; in most runs with a served detainer, and then without a local ground any more."""
        self.point = transaction.savepoint()
        self.now = minute_of(timezone.now()) - 70 * 1440 + start
        self._tell_database()
        self.case: Case = self.road.book(booked_at=instant(self.now), at=instant(self.now))
        self.sheets: list[Sheet] = []
        self.first_eligible: int | None = None
        self.proved = False
        self.place = "in"
        self.uncovered = 0
        if road != "booked":
            self.register("clerk", "current")
            self.serve("clerk", 0)
        while road == "held" and self.grounds:
            self.end_a_ground("supervisor")

    def teardown(self) -> None:
        if hasattr(self, "point"):
            transaction.savepoint_rollback(self.point)

    # What should be true

    @property
    def at(self) -> datetime:
        return instant(self.now)

    @property
    def grounds(self) -> list[LocalGround]:
        return list(self.case.grounds.filter(ended_at__isnull=True).order_by("pk"))

    def held_until(self) -> int | None:
        """When the hold that runs now is over, by the papers as they lie; None when none of them carries custody now."""
        if self.first_eligible is None or self.proved:
            return None
        episode = Episode(ZONE, self.first_eligible, tuple(sheet.paper for sheet in self.sheets))
        begins = [(paper, oracle.effect(paper, episode, self.first_eligible)) for paper in episode.papers]
        live = [(paper, begin) for paper, begin in begins if isinstance(begin, int)]
        ends = [end for paper, _ in live for end in oracle.limits(paper, self.first_eligible, ZONE)]
        carried = [paper for paper, _ in live if paper.lifted is None or self.now < paper.lifted]
        return min(ends) if carried and self.now < min(ends) else None

    def expected(self) -> str:
        if self.place != "in":
            return "none"
        if self.grounds:
            return "local_ground"
        return "hold" if self.held_until() is not None else "none"

    # What happens

    @rule(minutes=jumps)
    def time_passes(self, minutes: int) -> None:
        self._pass(self.now + minutes)

    @rule(minutes=st.sampled_from([0, 1, 15]))
    def time_passes_to_the_end_of_the_hold(self, minutes: int) -> None:
        ends = self.held_until()
        if ends is not None:
            self._pass(ends + minutes)

    @precondition(lambda self: self.place == "in")
    @rule(who=actors, form=st.sampled_from(sorted(FORMS)))
    def register(self, who: str, form: str) -> None:
        made = self._try(
            services.register_detainer,
            case_id=self.case.pk,
            actor=self.road.cast.actor(who),
            at=self.at,
            form=replace(GOOD_FORM, **FORMS[form]),
            channel="fax",
        )
        if made is not None:
            edition = FORMS[form].get("edition", GOOD_FORM.edition)
            deficient = form == "unsigned"
            assert (Detainer.objects.get(pk=made.pk).state == "deficient") == deficient
            self.sheets.append(Sheet(made, Paper(edition, self.now, None, None, deficient, (TEXAS,))))

    @precondition(lambda self: self.sheets)
    @rule(who=actors, pick=st.integers(0, 5))
    def serve(self, who: str, pick: int) -> None:
        sheet = self.sheets[pick % len(self.sheets)]
        done = self._try(
            services.serve_detainer,
            detainer_id=sheet.row.pk,
            actor=self.road.cast.actor(who),
            at=self.at,
            language="en",
            method="in_person",
        )
        if done is not None and sheet.paper.served is None:
            sheet.paper = replace(sheet.paper, served=self.now)

    @precondition(lambda self: self.sheets)
    @rule(who=actors, pick=st.integers(0, 5))
    def lift(self, who: str, pick: int) -> None:
        sheet = self.sheets[pick % len(self.sheets)]
        if self._try(
            services.lift_detainer, detainer_id=sheet.row.pk, actor=self.road.cast.actor(who), at=self.at
        ):
            sheet.paper = replace(sheet.paper, lifted=self.now)

    @precondition(lambda self: self.place == "in")
    @rule(who=actors)
    def end_a_ground(self, who: str) -> None:
        for ground in self.grounds[:1]:
            ended = self._try(
                cases.end_ground,
                ground_id=ground.pk,
                actor=self.road.cast.actor(who),
                at=self.at,
                reason=LocalGround.EndReason.BOND,
            )
            if ended is not None and not self.grounds and self.first_eligible is None:
                self.first_eligible = self.now

    @rule(who=actors)
    def add_a_ground(self, who: str) -> None:
        self._try(
            cases.add_ground,
            case_id=self.case.pk,
            actor=self.road.cast.actor(who),
            at=self.at,
            kind=LocalGround.Kind.CHARGE,
        )

    @rule(who=actors, proof=st.booleans())
    def claim(self, who: str, proof: bool) -> None:
        made = self._try(
            services.claim_status,
            case_id=self.case.pk,
            actor=self.road.cast.actor(who),
            at=self.at,
            kind="citizenship",
            proof=proof,
            evidence="passport" if proof else "",
        )
        self.proved = self.proved or (made is not None and proof)

    @rule(who=actors)
    def decide(self, who: str) -> None:
        for sheet in self.sheets[-1:]:
            self._try(
                services.decide_policy, detainer_id=sheet.row.pk, actor=self.road.cast.actor(who), at=self.at
            )

    @precondition(lambda self: self.place == "in")
    @rule(to=st.sampled_from(["street", "street", "ice", "other_agency"]))
    def leave(self, to: str) -> None:
        """By somebody who may, a release is never refused."""
        cases.release(case_id=self.case.pk, actor=self.road.cast.actor("supervisor"), at=self.at, to=to)
        self._left("gone")

    @precondition(lambda self: self.place == "in")
    @rule(who=actors)
    def escape(self, who: str) -> None:
        if self._try(cases.record_escape, case_id=self.case.pk, actor=self.road.cast.actor(who), at=self.at):
            self._left("escaped")

    @precondition(lambda self: self.place == "escaped")
    @rule()
    def bring_back(self) -> None:
        cases.record_recapture(case_id=self.case.pk, actor=self.road.cast.actor("supervisor"), at=self.at)
        self.place = "in"

    @rule()
    def sweep(self) -> None:
        SweepHeartbeat.objects.all().delete()  # it bears the real time, before which this clock would seem to go back
        services.expire_due(at=self.at)
        self._check_breaches()

    # What must hold

    @invariant()
    def the_view_says_what_is_true(self) -> None:
        if not hasattr(self, "case"):
            return
        row = CaseAuthority.objects.get(pk=self.case.pk)
        assert row.kind == self.expected()
        ends = self.held_until()
        if row.kind == "hold":
            assert ends is not None
            assert row.authority_ends_at == instant(ends)
            assert self.now < ends

    def _check_breaches(self) -> None:
        breaches = list(Breach.objects.filter(case=self.case).order_by("from_at"))
        running = [breach for breach in breaches if breach.until_at is None]
        row = CaseAuthority.objects.get(pk=self.case.pk)
        assert bool(running) == row.in_breach
        spans = [(breach.from_at, breach.until_at or self.at) for breach in breaches]
        total = sum((until - begun for begun, until in spans), timedelta(0))
        assert total == timedelta(minutes=self.uncovered)

    # How it is done

    def _try(self, service: Any, **given: Any) -> Any:
        """What the service gives back, or None when it refused as a service refuses."""
        try:
            with transaction.atomic():
                return service(**given)
        except ClearholdError:
            return None

    def _left(self, place: str) -> None:
        self.place = place

    def _pass(self, to: int) -> None:
        """Time passes; minutes in which nothing carries the custody are counted."""
        if self.place == "in" and not self.grounds:
            ends = self.held_until()
            self.uncovered += to - (self.now if ends is None else min(ends, to))
        self.now = to
        self._tell_database()

    def _tell_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clearhold.test_now', %s, false)", [self.at.isoformat()])


def test_nothing_anybody_does_holds_a_person_past_authority(road: Road, fake_clock: None) -> None:
    bound = type("BoundCustody", (Custody,), {"road": road})

    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=examples(20),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
