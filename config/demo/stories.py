"""What happens to each sample: one story per outcome, and what must be true when it ends.

Most stories happen now, in the minutes of the run. Those whose point is the passing of days are told as they were recorded: the
facts lie in the past, and only their last act is of now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cases import services as cases
from config.demo import acts
from config.demo.acts import answers_are, book, code_iar, condition, leave, let_go, moment, register, serve
from config.demo.story import Check, Context, Step, Story
from detainers import services as detainers
from detainers.models import Breach, PolicyDecision, StatusClaim
from matching.samples import cast
from matching.samples.casting import Outcome, Sample

HOLD_RUNS_OUT_AFTER = timedelta(seconds=60)
LEAVES_BEFORE_THE_END = timedelta(seconds=4)


def of(sample: Sample) -> Story:
    """The story of a sample, from its outcome."""
    return _STORIES[sample.outcome](sample)


# -- what must be true at the end ----------------------------------------------------------------------------------------
def _no_breach(context: Context) -> bool:
    return acts.breach_minutes(context) == 0


def _no_hold(context: Context) -> bool:
    return not acts.holds(context)


def _one_hold(state: str) -> Check:
    return lambda context: [hold.recorded_state for hold in acts.holds(context)] == [state]


def _decided(verdict: str, code: str) -> Check:
    def check(context: Context) -> bool:
        last = PolicyDecision.objects.filter(detainer__case=context.booked).order_by("-pk").first()
        return last is not None and verdict in last.verdict and (not code or last.policy_code == code)

    return check


def _no_detainer(context: Context) -> bool:
    return acts.detainer_of(context) is None


def _went_to(destination: str) -> Check:
    return lambda context: context.booked.custody_events.filter(destination=destination).count() == 1


FREE = {"the person went free": _went_to("street"), "nobody was held without authority": _no_breach}
UNHELD = {**FREE, "there was no hold": _no_hold}


# -- how the sources answer ----------------------------------------------------------------------------------------------
def _criminal(sample: Sample) -> dict[str, str]:
    held = sample.holdings
    return {
        "state": "identification" if held.sid else "non_identification",
        "fbi": "identification" if held.ucn else "non_identification",
    }


def _checked(sample: Sample, dhs: str = "") -> tuple[Step, ...]:
    """Prints go out and every source answers; an immigration response is read by a person."""
    if dhs:
        return (answers_are(**_criminal(sample)), code_iar(dhs), answers_are(dhs=dhs), acts.searched())
    return (answers_are(**_criminal(sample), dhs="non_identification"), acts.searched())


# -- the stories ---------------------------------------------------------------------------------------------------------
def _nothing_federal(sample: Sample) -> Story:
    steps = (book(-3), *_checked(sample), leave(reason="Bond posted."))
    return Story(steps, {**UNHELD, "no detainer came": _no_detainer})


def _no_interest(sample: Sample) -> Story:
    dhs = "iar_citizen_or_lawful"
    return Story(
        (book(-3), *_checked(sample, dhs), leave(reason="Bond posted.")),
        {**UNHELD, "no detainer came": _no_detainer},
    )


def _ice_custody(sample: Sample) -> Story:
    steps = (
        book(-5),
        *_checked(sample, "iar_interest"),
        register(),
        serve(),
        acts.grounds_end(),
        let_go(to="ice", reason="Taken over at the jail."),
    )
    expected = {
        "ICE took custody": _went_to("ice"),
        "one hold ended with it": _one_hold("ice_custody"),
        "Texas asks for the hold": _decided("", "TX_2_251"),
        "nobody was held without authority": _no_breach,
    }
    return Story(steps, expected)


def _deadline(context: Context) -> datetime:
    return context.epoch + HOLD_RUNS_OUT_AFTER


def _hold_runs_out(sample: Sample) -> Story:
    """The detainer came by fax days ago; the 48 hours end while the run is watched."""

    def near_the_end(context: Context) -> bool:
        return timezone.now() >= _deadline(context) - LEAVES_BEFORE_THE_END

    def last_moment(context: Context) -> datetime:
        return min(timezone.now(), _deadline(context) - timedelta(seconds=1))

    north_carolina = (condition("judicial_order", -59),) if sample.jail == "pine_nc" else ()
    steps = (
        book(-72),
        register(hours=-60, channel="fax"),
        *north_carolina,
        serve(hours=-58),
        acts.grounds_end(when=lambda context: _deadline(context) - timedelta(hours=48)),
        let_go(when=last_moment, ready=near_the_end, reason="Nobody came."),
        *_checked(sample, "iar_interest"),
    )

    def full_length(context: Context) -> bool:
        hold = acts.holds(context)[0]
        return hold.deadline_at - hold.anchor_at == timedelta(hours=48) and hold.deadline_at == _deadline(
            context
        )

    def ended_in_time(context: Context) -> bool:
        """By release; or expired, where nobody was there to write the release down before the deadline had passed."""
        left_at, found = context.booked.custody_ended_at, acts.holds(context)
        return (
            [hold.recorded_state for hold in found] in (["released"], ["expired"])
            and left_at is not None
            and left_at <= found[0].deadline_at
        )

    expected = {
        **FREE,
        "the person left before the one hold ended": ended_in_time,
        "the hold was 48 hours": full_length,
    }
    return Story(steps, expected)


def _lifted(sample: Sample) -> Story:
    def act(context: Context) -> None:
        detainer, at = acts.detainer_of(context), timezone.now()
        assert detainer is not None
        with transaction.atomic():
            detainers.lift_detainer(
                detainer_id=detainer.pk,
                actor=context.people.actor("clerk"),
                at=at,
                reason="Withdrawn by the office.",
            )
            cases.release(case_id=context.booked.pk, actor=context.people.actor("officer"), at=at)

    steps = (
        book(-5),
        *_checked(sample, "iar_interest"),
        register(),
        serve(),
        acts.grounds_end(),
        Step("the detainer is lifted and the person goes", acts.has_left, act),
    )
    return Story(steps, {**FREE, "the hold ended when it was lifted": _one_hold("lifted")})


def _no_authority(
    verdict: str, code: str, *, served: bool = True, boxes: bool = True
) -> Callable[[Sample], Story]:
    def story(sample: Sample) -> Story:
        steps = (
            book(-5),
            *_checked(sample, "iar_interest"),
            register(boxes=boxes),
            *((serve(),) if served else ()),
            leave(reason="No authority to hold."),
        )
        return Story(steps, {**UNHELD, "the policy in force decided so": _decided(verdict, code)})

    return story


def _minor(sample: Sample) -> Story:
    steps = (
        book(-3),
        answers_are(state="held_back", fbi="held_back", dhs="held_back"),
        leave(reason="Handed to a parent."),
    )
    return Story(
        steps, {**UNHELD, "the prints were never sent": lambda c: not acts.submission_of(c).replies.exists()}
    )


def _citizenship(sample: Sample) -> Story:
    def act(context: Context) -> None:
        at = timezone.now()
        officer = context.people.actor("officer")
        with transaction.atomic():
            detainers.claim_status(
                case_id=context.booked.pk,
                actor=officer,
                at=at,
                kind="citizenship",
                proof=True,
                evidence="US passport, seen",
            )
            cases.release(case_id=context.booked.pk, actor=officer, at=at)

    steps = (
        book(-5),
        *_checked(sample, "iar_interest"),
        register(),
        serve(language="en"),
        acts.grounds_end(),
        Step("proof of citizenship is shown and the person goes", acts.has_left, act),
    )
    expected = {
        **FREE,
        "the hold ended with the proof": _one_hold("excused"),
        "the claim is on record": lambda context: (
            StatusClaim.objects.filter(case=context.booked, proof=True).count() == 1
        ),
    }
    return Story(steps, expected)


def _poor_prints(sample: Sample) -> Story:
    steps = (book(-3), acts.reprint(), *_checked(sample), leave(reason="Bond posted."))
    return Story(steps, {**UNHELD, "no finding came of the refused prints": _first_was_superseded})


def _first_was_superseded(context: Context) -> bool:
    first = context.booked.submissions.order_by("pk")[0]
    return set(first.answers.values_list("state", flat=True)) == {"superseded"}


def _rearrest(sample: Sample) -> Story:
    assert sample.known_as is not None
    first_booking = cast.sample(sample.known_as).booking_number
    steps = (
        book(-2, after=first_booking),
        *_checked(sample),
        acts.examine("examiner", first=True),
        acts.examine("second-examiner", first=False),
        leave(reason="Bond posted."),
    )

    def linked(context: Context) -> bool:
        others = context.booked.same_person_links.values_list(
            "other_case__booking__booking_number", flat=True
        )
        return list(others) == [first_booking]

    return Story(steps, {**UNHELD, "two examiners linked it to the first booking, and to no other": linked})


def _paper_only(sample: Sample) -> Story:
    steps = (
        book(-5),
        *_checked(sample),
        register(channel="paper"),
        serve(),
        acts.grounds_end(),
        let_go(to="ice", reason="Taken over at the jail."),
    )
    return Story(
        steps, {"ICE took custody": _went_to("ice"), "one hold ended with it": _one_hold("ice_custody")}
    )


def _late(sample: Sample) -> Story:
    """Authority ended two hours before the round began; the person left ninety minutes later."""

    def close(context: Context) -> None:
        breach = Breach.objects.get(case=context.booked)
        detainers.close_breach(
            breach_id=breach.pk,
            actor=context.people.actor("supervisor"),
            at=timezone.now(),
            cause="The weekend was counted as on the old form.",
            remedy="Apology given; the shift was trained on the current form.",
        )

    def closed(context: Context) -> bool:
        return Breach.objects.filter(case=context.booked, state="closed").count() == 1

    steps = (
        book(-90),
        register(hours=-80, channel="fax"),
        serve(hours=-79),
        acts.grounds_end(when=lambda context: moment(context, -50)),
        let_go(when=lambda context: moment(context, -0.5)),
        *_checked(sample, "iar_interest"),
        Step("the breach is closed with cause and remedy", closed, close),
    )
    expected = {
        "the person went free": _went_to("street"),
        "the breach is ninety minutes long": lambda context: acts.breach_minutes(context) == 90,
        "the hold is recorded as expired": _one_hold("expired"),
    }
    return Story(steps, expected)


def _north_carolina(sample: Sample) -> Story:
    steps = (
        book(-40),
        register(hours=-30, channel="fax"),
        condition("judicial_order", -21),
        serve(hours=-28),
        acts.grounds_end(when=lambda context: moment(context, -20)),
        let_go(when=lambda context: moment(context, -5), to="ice"),
        *_checked(sample, "iar_interest"),
    )
    expected = {
        "ICE took custody": _went_to("ice"),
        "the rule of October 2025 decided": _decided("", "NC_SL2025_85"),
        "one hold ended with it": _one_hold("ice_custody"),
        "nobody was held without authority": _no_breach,
    }
    return Story(steps, expected)


def _new_jersey(sample: Sample) -> Story:
    """Yesterday at 14:00 the local ground ended; the directive lets the hold run to 23:59 of that day."""

    def yesterday(hour: int, minute: int) -> acts.When:
        def when(context: Context) -> datetime:
            local = context.epoch.astimezone(context.booked.agency.zone) - timedelta(days=1)
            return local.replace(hour=hour, minute=minute, second=0, microsecond=0)

        return when

    steps = (
        book(-72),
        register(hours=-60, channel="fax"),
        condition("listed_serious_case", -59),
        serve(hours=-59),
        acts.grounds_end(when=yesterday(14, 0)),
        let_go(when=yesterday(23, 30)),
        *_checked(sample, "iar_interest"),
    )
    expected = {
        **FREE,
        "the hold could not pass the end of the day": lambda c: (
            acts.holds(c)[0].deadline_at == yesterday(23, 59)(c)
        ),
    }
    return Story(steps, expected)


def _judicial_warrant(sample: Sample) -> Story:
    def add(context: Context) -> None:
        cases.add_ground(
            case_id=context.booked.pk,
            actor=context.people.actor("officer"),
            at=timezone.now(),
            kind="judicial_warrant",
            description="Criminal warrant of another county",
        )

    steps = (
        book(-5),
        *_checked(sample, "iar_interest"),
        register(),
        serve(),
        Step(
            "a judge's warrant is recorded",
            lambda c: c.booked.grounds.filter(kind="judicial_warrant").exists(),
            add,
        ),
        acts.grounds_end(but="judicial_warrant"),
        let_go(to="other_agency", reason="To the court that issued the warrant."),
    )
    expected = {
        "another agency took the person over": lambda context: context.booked.custody_state == "transferred",
        "there was no hold": _no_hold,
        "the warrant was authority enough": _no_breach,
    }
    return Story(steps, expected)


_STORIES = {
    Outcome.NO_RECORD: _nothing_federal,
    Outcome.CRIMINAL_ONLY: _nothing_federal,
    Outcome.IMMIGRATION_NO_INTEREST: _no_interest,
    Outcome.HOLD_ICE_CUSTODY: _ice_custody,
    Outcome.HOLD_EXPIRES_RELEASE: _hold_runs_out,
    Outcome.DETAINER_LIFTED: _lifted,
    Outcome.POLICY_FORBIDS_MA: _no_authority("forbidden", "MA_LUNN_2017"),
    Outcome.NEVER_SERVED: _no_authority("", "TX_2_251", served=False),
    Outcome.MINOR: _minor,
    Outcome.CITIZENSHIP_CLAIM: _citizenship,
    Outcome.POOR_PRINTS_REPRINT: _poor_prints,
    Outcome.REARREST: _rearrest,
    Outcome.PAPER_DETAINER_NO_MATCH: _paper_only,
    Outcome.LATE_RELEASE_BREACH: _late,
    Outcome.NC_NEW_RULE: _north_carolina,
    Outcome.NJ_SAME_DAY: _new_jersey,
    Outcome.UNKNOWN_JURISDICTION: _no_authority("", ""),
    Outcome.DEFICIENT_FORM: _no_authority("", "", boxes=False),
    Outcome.JUDICIAL_WARRANT: _judicial_warrant,
}
