"""What happens to people, and how often. `docs/synthesis.md` is written from these tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from config.synthesis.walk import Walk

Walked = Callable[[Walk], None]
HOLDING = ("TX",)
FORBIDDING = ("NJ", "IL", "WA")
EVERYWHERE = (*HOLDING, "NC", *FORBIDDING)

ENDED, INSIDE, FRESH, ON_HOLD = "ended", "inside", "fresh", "on hold"


@dataclass(frozen=True)
class Story:
    """One way through a jail. `share` is out of all stories of the same `stage`; `why` goes into the documentation."""

    name: str
    share: float
    walk: Walked
    why: str
    states: tuple[str, ...] = EVERYWHERE
    stage: str = ENDED
    variants: int = 2


STORIES: list[Story] = []


def story(
    name: str,
    share: float,
    why: str,
    *,
    states: tuple[str, ...] = EVERYWHERE,
    stage: str = ENDED,
    variants: int = 2,
) -> Callable[[Walked], Walked]:
    """Register a way through a jail."""

    def register(walk: Walked) -> Walked:
        STORIES.append(Story(name, share, walk, why, states, stage, variants))
        return walk

    return register


def _stay(random: Random) -> float:
    """Hours in a jail: most leave within a day or two, some stay for weeks."""
    return round(min(24 * 60, max(2.0, random.lognormvariate(3.1, 1.1))), 1)


def _charges(random: Random) -> tuple[str, ...]:
    return random.choice(
        (("misdemeanor",), ("misdemeanor",), ("felony",), ("violation",), ("felony", "misdemeanor"))
    )


def _checked(w: Walk, *, state: str = "N", fbi: str = "N", dhs: str = "N") -> None:
    """Booked with prints, sent, searched, answered."""
    w.book(prints=True, charges=_charges(w.random))
    w.send()
    w.search()
    w.answer(state=state, fbi=fbi, dhs=dhs)


@story(
    "taken over from the earlier system",
    720,
    "no prints came over; booked, held on a charge, let go",
    variants=6,
)
def taken_over(w: Walk) -> None:
    w.book(charges=_charges(w.random))
    w.leave(_stay(w.random))


@story(
    "released late, taken over",
    10,
    "the door opened after the last ground ended: a breach, closed with its cause",
)
def released_late(w: Walk) -> None:
    w.book(charges=_charges(w.random))
    w.end_grounds(20)
    w.release(20 + w.random.choice((2.5, 5.0, 9.0)))
    w.look("supervisor")
    w.close_breach(60)


@story("sentence served", 30, "a sentence follows the charge")
def sentence(w: Walk) -> None:
    w.book(charges=("felony",))
    w.add_ground(30, "sentence", "County jail term")
    w.leave(24 * w.random.choice((12, 30, 45)))


@story("prints checked, not on record", 110, "sent, searched, nothing found by state, FBI or DHS", variants=3)
def not_on_record(w: Walk) -> None:
    _checked(w)
    w.look()
    w.leave(_stay(w.random))


@story("prints checked, on record", 60, "found by state and FBI; DHS has nothing", variants=3)
def on_record(w: Walk) -> None:
    _checked(w, state="I", fbi="I")
    w.look()
    w.leave(_stay(w.random))


@story("of no interest to DHS", 14, "a DHS record, and a response read by a person: no interest")
def no_interest(w: Walk) -> None:
    _checked(w, state="I", fbi="I", dhs="I")
    w.immigration_response("iar_no_interest")
    w.leave(30)


@story("prints refused and taken again", 8, "too smudged the first time", variants=1)
def taken_again(w: Walk) -> None:
    w.book(prints=True)
    w.send()
    w.search()
    w.answer(state="E", fbi="E")
    w.take_again()
    w.send(minutes=41)
    w.search(minutes=42)
    w.answer(minutes=47, state="N", fbi="N", dhs="N")
    w.leave(18)


@story("a minor", 6, "prints of minors are held back by policy", variants=1)
def minor(w: Walk) -> None:
    w.book(prints=True, minor=True)
    w.leave(6)


@story("no answer in time", 5, "the answers never came; that is no finding", variants=1)
def unanswered(w: Walk) -> None:
    w.book(prints=True)
    w.send()
    w.search()
    w.late()
    w.leave(20)


@story("held, handed to ICE", 12, "detainer served, hold, ICE came before the deadline", states=HOLDING)
def handed_over(w: Walk) -> None:
    _checked(w, state="I", fbi="I", dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=6)
    w.end_grounds(30)
    w.look("clerk")
    w.release(30 + w.random.choice((8, 21, 40)), to="ice")


@story("held, let go at the deadline", 8, "detainer served, hold, nobody came", states=HOLDING)
def let_go(w: Walk) -> None:
    _checked(w, state="I", fbi="I", dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=6)
    w.end_grounds(26)
    w.look("clerk")
    w.release(26 + 47.5)


@story(
    "held past the deadline", 2, "over-held, a breach, closed with cause and remedy, a note", states=HOLDING
)
def over_held(w: Walk) -> None:
    _checked(w, dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=6)
    w.end_grounds(28)
    ended = w.hours_of(w.clock_runs_out())
    w.release(ended + w.random.choice((1.5, 7.0)))
    w.close_breach(ended + 40)
    w.note()


@story(
    "detainer, holds forbidden",
    10,
    "registered; the place allows no hold; let go when the ground ended",
    states=FORBIDDING,
)
def forbidden(w: Walk) -> None:
    _checked(w, dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=7)
    w.look("clerk")
    w.leave(32)
    w.note()


@story("deficient detainer", 2, "unsigned and without a basis: no ground to hold")
def deficient(w: Walk) -> None:
    w.book(charges=("misdemeanor",))
    w.detainer(4, warrant=False, complete=False)
    w.leave(22)


@story("detainer lifted", 2, "withdrawn while the hold ran", states=HOLDING)
def lifted(w: Walk) -> None:
    w.book(charges=("felony",))
    w.detainer(3, served=4)
    w.end_grounds(24)
    w.lift(33)
    w.release(33)


@story("in custody on a charge", 700, "without a detainer", stage=INSIDE, variants=2)
def inside(w: Walk) -> None:
    _checked(w, state="I", fbi="N")
    w.look()


@story(
    "in custody, answers due", 1000, "booked within the hour: sent, nothing back yet", stage=FRESH, variants=1
)
def waiting(w: Walk) -> None:
    w.book(prints=True)
    w.send()
    w.search()


@story("in custody, detainer served", 100, "the local ground still stands", stage=INSIDE, variants=1)
def detained(w: Walk) -> None:
    _checked(w, dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=6)
    w.look("clerk")


@story(
    "on hold now",
    1000,
    "the deadline lies within two days: some end soon",
    states=HOLDING,
    stage=ON_HOLD,
    variants=2,
)
def on_hold(w: Walk) -> None:
    _checked(w, dhs="I")
    w.immigration_response("iar_interest")
    w.detainer(5, served=6)
    w.end_grounds(w.random.choice((12, 20)))
    w.look("clerk")
