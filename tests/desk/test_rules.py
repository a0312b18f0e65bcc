"""The pure rules of the desk: words for instants, the loudest situation, what can be done, and the strip of days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from accounts.permissions import Permission
from desk import clockwords, strip
from desk.facts import (
    AnswerFacts,
    AuthorityFacts,
    BreachFacts,
    CandidateFacts,
    CaseFacts,
    ClaimFacts,
    DetainerFacts,
    DutyFacts,
    GroundFacts,
    SearchFacts,
    TransmissionFacts,
)
from desk.next_acts import ANSWERS_TO, next_acts
from desk.situations import RULES, Kind, Level, situation
from detainers.clock import DayReason, ExcludedDay
from matching.states import AnswerState

NOW = datetime(2026, 3, 19, 19, 7, tzinfo=UTC)
ZONE = "America/Chicago"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def authority(**changes) -> AuthorityFacts:
    fields = {
        "kind": "local_ground",
        "ends_at": None,
        "release_eligible_at": None,
        "in_custody": True,
        "in_breach": False,
        "asked_at": NOW,
    }
    return AuthorityFacts(**(fields | changes))


def detainer(**changes) -> DetainerFacts:
    fields = {
        "public_id": uuid4(),
        "state": "served",
        "edition": "I-247A_2017",
        "received_at": NOW - hours(5),
        "is_served": True,
        "needs_service": True,
        "asks_custody": True,
        "policy_allows": True,
        "policy_code": "TX",
        "policy_citation": "Art. 2.251",
    }
    return DetainerFacts(**(fields | changes))


RECEIVED = {"state": "received", "is_served": False}


def answer(source="state", state="waiting", **changes) -> AnswerFacts:
    return AnswerFacts(uuid4(), source, state, changes.pop("due_at", NOW + hours(1)), **changes)


def case(**changes) -> CaseFacts:
    fields = {
        "pk": 1,
        "public_id": UUID(int=1),
        "number": "2026-00001",
        "name": "SAMPLE, One",
        "unit": "Booking",
        "agency_id": 1,
        "agency_name": "Cedar County Jail",
        "zone": ZONE,
        "release_target_minutes": 60,
        "custody_state": "in_custody",
        "opened_at": NOW - hours(30),
        "custody_ended_at": None,
        "authority": authority(),
        "grounds": (GroundFacts(UUID(int=2), "Pending charge"),),
    }
    return CaseFacts(**(fields | changes))


BREACHED = authority(kind="none", ends_at=NOW - hours(1), release_eligible_at=NOW - hours(1), in_breach=True)
ON_HOLD = authority(kind="hold", ends_at=NOW + hours(3), release_eligible_at=NOW - hours(45))
ENDED_BREACH = BreachFacts(uuid4(), "ended", NOW - hours(3), NOW - hours(2))

SITUATIONS = {
    Kind.BREACH: case(authority=BREACHED, grounds=()),
    Kind.HOLD_ENDING: case(authority=ON_HOLD, grounds=(), detainers=(detainer(),)),
    Kind.RELEASE_NOW: case(
        authority=authority(kind="none", ends_at=NOW + hours(1), release_eligible_at=NOW), grounds=()
    ),
    Kind.UNSERVED: case(detainers=(detainer(**RECEIVED),)),
    Kind.CLAIM: case(
        detainers=(detainer(),),
        claim=ClaimFacts(uuid4(), "citizenship", NOW - hours(1), NOW + hours(3)),
    ),
    Kind.DUTY_LATE: case(
        detainers=(detainer(),),
        duties=(DutyFacts(uuid4(), "STATE_INTENT", uuid4(), NOW - hours(1)),),
    ),
    Kind.DUTY: case(
        detainers=(detainer(),),
        duties=(DutyFacts(uuid4(), "JUDICIAL_ORDER", uuid4(), None, is_condition=True),),
    ),
    Kind.IAR_TO_CODE: case(answers=(answer("dhs", "awaiting_iar", has_iar=True),)),
    Kind.CANDIDATE: case(candidates=(CandidateFacts(uuid4(), "unreviewed"),)),
    Kind.REJECTED: case(answers=(answer(state="rejected"),)),
    Kind.NOT_SENT: case(transmission=TransmissionFacts(uuid4(), "failed"), answers=(answer(),)),
    Kind.NOT_SEARCHED: case(search=SearchFacts(uuid4(), "failed"), answers=(answer(),)),
    Kind.HELD_BACK: case(transmission=TransmissionFacts(uuid4(), "held_back", "A minor.")),
    Kind.BREACH_TO_CLOSE: case(breaches=(ENDED_BREACH,)),
    Kind.WAITING: case(answers=(answer(),)),
    Kind.QUIET: case(),
}


def test_every_kind_of_situation_has_an_example_and_a_rule():
    assert set(SITUATIONS) == set(Kind)
    assert len(RULES) == len(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_situation_is_recognised_with_word_and_sentence(kind):
    found = situation(SITUATIONS[kind], NOW)

    assert found.kind is kind
    assert found.word
    assert found.sentence.endswith(".")
    assert "%(" not in found.sentence


def test_of_two_situations_the_more_urgent_is_shown():
    everything = case(
        authority=BREACHED,
        grounds=(),
        detainers=(detainer(**RECEIVED),),
        answers=(answer(state="rejected"), answer("dhs", "awaiting_iar", has_iar=True)),
        transmission=TransmissionFacts(uuid4(), "failed"),
    )
    order = []
    for change in (
        {},
        {"authority": authority()},
        {"detainers": ()},
        {"answers": (answer(state="rejected"),)},
        {"answers": ()},
        {"transmission": None},
    ):
        everything = replace(everything, **change)
        order.append(situation(everything, NOW).kind)

    assert order == [Kind.BREACH, Kind.UNSERVED, Kind.IAR_TO_CODE, Kind.REJECTED, Kind.NOT_SENT, Kind.QUIET]


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (hours(4) + timedelta(seconds=1), Level.ACT),
        (hours(4), Level.SOON),
        (timedelta(seconds=1), Level.SOON),
    ],
)
def test_a_hold_gets_loud_at_four_hours(left, level):
    facts = case(authority=replace(ON_HOLD, ends_at=NOW + left), grounds=())

    assert situation(facts, NOW).level is level


@pytest.mark.parametrize("state", list(AnswerState))
def test_every_state_of_an_answer_can_be_shown(state):
    for source in ("state", "fbi", "dhs"):
        assert situation(case(answers=(answer(source, state.value),)), NOW).sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"due_at": NOW + hours(1)}, "State bureau: due by 15:07 CDT."),
        ({"due_at": NOW - hours(1)}, "State bureau: late, no finding."),
        ({"state": "overdue"}, "State bureau: late, no finding."),
        ({"state": "inconclusive"}, "State bureau: no finding yet."),
        ({"state": "error"}, "State bureau: error, no finding."),
    ],
)
def test_a_missing_answer_is_never_a_finding(changes, words):
    assert situation(case(answers=(answer(**changes),)), NOW).sentence == words


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "deficient", "is_served": False}, "deficient on its face"),
        ({"asks_custody": False}, "notice of release, not for custody"),
        ({"policy_allows": False}, "Policy TX gives no authority (Art. 2.251)."),
        ({"policy_allows": False, "policy_citation": ""}, "No law of this place"),
        (RECEIVED, "The copy was not served."),
    ],
)
def test_a_hold_that_cannot_be_says_why(changes, why):
    facts = case(detainers=(detainer(**changes),))

    cannot = next_acts(facts, situation(facts, NOW), lambda _permission: True).cannot

    assert any(why in item.why for item in cannot)


def test_a_detainer_that_may_hold_has_nothing_against_it():
    facts = case(detainers=(detainer(),))

    assert next_acts(facts, situation(facts, NOW), lambda _permission: True).cannot == ()


@pytest.mark.parametrize("kind", sorted(ANSWERS_TO))
def test_the_first_act_answers_the_situation(kind):
    facts = SITUATIONS[kind]

    acts = next_acts(facts, situation(facts, NOW), lambda _permission: True)

    if kind is Kind.NOT_SENT or acts.first:
        assert acts.first.name in ANSWERS_TO[kind]
        assert acts.acts[0] == acts.first


@pytest.mark.parametrize(
    ("duty", "words"),
    [
        (("STATE_INTENT", NOW - hours(2), False), "Statement of intent: not done. It was due 12:07 CDT."),
        (("NOTIFY_ICE", NOW + hours(2), False), "Notify ICE: due 16:07 CDT."),
        (("JUDICIAL_ORDER", None, True), "Until it is done there is no authority to hold on the detainer."),
    ],
)
def test_a_duty_says_what_is_due_and_what_hangs_on_it(duty, words):
    code, due_at, is_condition = duty
    facts = case(detainers=(detainer(),), duties=(DutyFacts(uuid4(), code, uuid4(), due_at, is_condition),))

    assert words in situation(facts, NOW).sentence


def test_a_duty_of_next_week_or_without_an_hour_does_not_press():
    later = DutyFacts(uuid4(), "STATE_INTENT", uuid4(), NOW + hours(100))
    someday = DutyFacts(uuid4(), "INTERVIEW_CONSENT", uuid4(), None)

    facts = case(detainers=(detainer(),), duties=(later, someday))

    assert situation(facts, NOW).kind is Kind.QUIET
    assert {act.about for act in next_acts(facts, situation(facts, NOW), lambda _p: True).acts} >= {
        later.public_id,
        someday.public_id,
    }


def test_the_copy_is_offered_as_a_service_and_not_as_a_second_record():
    paper = detainer(**RECEIVED)
    facts = case(
        detainers=(paper,), duties=(DutyFacts(uuid4(), "GIVE_COPY", paper.public_id, NOW + hours(1), True),)
    )

    found = next_acts(facts, situation(facts, NOW), lambda _p: True)

    assert situation(facts, NOW).kind is Kind.UNSERVED
    assert [act.name for act in found.acts].count("detainer_serve") == 1
    assert "duty" not in [act.name for act in found.acts]


def test_somebody_without_permission_gets_no_button_and_is_told():
    facts = SITUATIONS[Kind.BREACH]

    acts = next_acts(facts, situation(facts, NOW), lambda permission: permission is Permission.GROUND_EDIT)

    assert acts.first is None
    assert [act.name for act in acts.acts] == ["ground_add"]
    assert {item.label for item in acts.cannot} >= {"Release"}


def test_there_is_never_a_button_to_hold():
    for facts in SITUATIONS.values():
        acts = next_acts(facts, situation(facts, NOW), lambda _permission: True)
        assert not [act for act in acts.acts if "hold" in act.name]


def test_nobody_who_left_is_released_again():
    gone = case(custody_state="released", custody_ended_at=NOW - hours(1), grounds=())

    acts = next_acts(gone, situation(gone, NOW), lambda _permission: True)

    assert acts.acts == ()
    assert acts.cannot[0].why == "The person is no longer in custody."


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW, "14:07 CDT"),
        (NOW + hours(24), "Fri 14:07 CDT"),
        (NOW + hours(24 * 9), "Sat 28 Mar, 14:07 CDT"),
        (NOW - hours(24 * 100), "Tue 9 Dec 2025, 13:07 CST"),
        (datetime(2026, 3, 20, 4, 59, tzinfo=UTC), "23:59 CDT"),
        (datetime(2026, 3, 20, 5, 0, tzinfo=UTC), "Fri 00:00 CDT"),
    ],
)
def test_an_instant_is_as_short_as_it_can_be_without_doubt(moment, words):
    assert clockwords.short(moment, ZONE, now=NOW) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "0 h 0 min"),
        (timedelta(minutes=22), "0 h 22 min"),
        (hours(3.2), "3 h 12 min"),
        (hours(47.99), "47 h 59 min"),
        (hours(52), "2 d 4 h"),
        (timedelta(seconds=-5), "0 h 0 min"),
    ],
)
def test_spans_are_never_rounded_up(length, words):
    assert clockwords.span(length) == words


def draw(start, end, *, until=None, now=None, excluded=()):
    return strip.draw(
        start=start, end=end, excluded=excluded, zone=ZONE, now=now or end, custody_until=until or end
    )


def test_the_strip_has_one_cell_a_day_and_runs_from_start_to_end():
    drawn = draw(datetime(2026, 3, 19, 17, 0, tzinfo=UTC), datetime(2026, 3, 21, 17, 0, tzinfo=UTC))

    assert [day.date for day in drawn.days] == ["19 Mar", "20 Mar", "21 Mar"]
    assert (drawn.start.x, drawn.deadline.x) == (120.0, 600.0)
    assert sum(run.width for run in drawn.runs) == pytest.approx(480, abs=0.5)
    assert drawn.over == ()


def test_days_that_do_not_count_carry_no_run_and_are_named():
    weekend = (
        ExcludedDay(date(2026, 3, 21), DayReason.SATURDAY),
        ExcludedDay(date(2026, 3, 22), DayReason.SUNDAY),
    )
    drawn = draw(
        datetime(2026, 3, 20, 17, 0, tzinfo=UTC), datetime(2026, 3, 24, 17, 0, tzinfo=UTC), excluded=weekend
    )

    assert [day.is_excluded for day in drawn.days] == [False, True, True, False, False]
    assert sum(run.width for run in drawn.runs) == pytest.approx(2 * 144, abs=0.5)
    assert "Sat 21 Mar (Saturday), Sun 22 Mar (Sunday)" in drawn.description


def test_custody_after_the_end_is_drawn_as_over():
    end = datetime(2026, 3, 19, 17, 0, tzinfo=UTC)

    drawn = draw(end, end, until=end + hours(3), now=end + hours(3))

    assert drawn.start is None
    assert sum(part.width for part in drawn.over) == pytest.approx(720 * 3 / 24, abs=0.5)


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 8, 6, 0, tzinfo=UTC), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)]
)
def test_a_day_of_a_clock_change_fills_its_cell(day):
    length = hours(23) if day.month == 3 else hours(25)

    drawn = draw(day, day + length)

    assert drawn.runs[0].width == pytest.approx(drawn.days[0].width, abs=0.1)


def test_a_very_long_custody_keeps_the_strip_readable():
    end = datetime(2026, 3, 19, 17, 0, tzinfo=UTC)

    assert len(draw(end, end, until=end + hours(24 * 300), now=end + hours(24 * 300)).days) == strip.MOST_DAYS
