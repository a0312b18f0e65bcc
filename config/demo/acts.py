"""What people do with a sample booking, as steps. Each calls the services a clerk's page calls."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases import services as cases
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import LocalGround
from config.demo.story import Check, Context, Step, always
from detainers import services as detainers
from detainers.deficiency import EMPTY_BOXES
from detainers.models import Breach, Detainer, Hold
from detainers.services import DetainerForm
from matching import services as matching
from matching.models import Candidate, PrintSearch, Submission
from matching.samples.generate import DATA

EDITION = "I-247A_2017"
When = Callable[[Context], datetime]


def moment(context: Context, hours: float) -> datetime:
    """`hours` after the round began (negative: before)."""
    return context.epoch + timedelta(hours=hours)


# -- booking and checks --------------------------------------------------------------------------------------------------
def book(hours: float, *, after: str = "") -> Step:
    """The officer books the person with the print file, `hours` from the round's beginning."""

    def act(context: Context) -> None:
        sample = context.told
        cases.book(
            actor=context.people.actor("officer"),
            agency=context.people.agencies[sample.jail],
            request=BookingRequest(
                booking_number=sample.booking_number,
                booked_at=moment(context, hours),
                person=PersonFacts(
                    sample.surname, sample.given_names, sample.birth_date, sample.sex, sample.birth_place
                ),
                charges=tuple(
                    ChargeFacts(charge.offence_code, charge.description, charge.offence_class)
                    for charge in sample.charges
                ),
                eft=(DATA / sample.file_name).read_bytes(),
                channel="file",
            ),
            at=timezone.now(),
        )

    def ready(context: Context) -> bool:
        return (
            not after
            or Submission.objects.filter(
                case__booking__booking_number=after, print_search__state="done"
            ).exists()
        )

    return Step("the person is booked", lambda context: context.case is not None, act, ready)


def submission_of(context: Context) -> Submission:
    """The newest submission of the case."""
    found: Submission = Submission.objects.filter(case=context.booked).order_by("-pk")[0]
    return found


def answers(context: Context) -> dict[str, str]:
    """Source -> state of the newest submission's answers."""
    return dict(submission_of(context).answers.values_list("source", "state"))


def answers_are(**expected: str) -> Step:
    """Wait until the sources have answered like this."""

    def done(context: Context) -> bool:
        found = answers(context)
        return all(found.get(source) in state.split("|") for source, state in expected.items())

    return Step("the state, the FBI and the DHS have answered", done)


def searched() -> Step:
    """Wait until our own print repository was searched too."""

    def done(context: Context) -> bool:
        return PrintSearch.objects.filter(submission=submission_of(context), state="done").exists()

    return Step("our own print repository is searched", done)


def code_iar(meaning: str) -> Step:
    """The clerk reads the immigration response and records what it says."""

    def ready(context: Context) -> bool:
        return submission_of(context).replies.filter(tot="IAR").exists()

    def act(context: Context) -> None:
        matching.code_iar(
            submission_id=submission_of(context).pk,
            actor=context.people.actor("clerk"),
            at=timezone.now(),
            meaning=meaning,
            reason="Read in full; it says so in its first lines.",
        )

    return Step(
        "the immigration response is read by a person", lambda c: answers(c).get("dhs") == meaning, act, ready
    )


def reprint() -> Step:
    """The officer takes the prints again after the first were refused."""

    def ready(context: Context) -> bool:
        return answers(context).get("state") == "rejected"

    def act(context: Context) -> None:
        name = context.told.reprint_file_name
        assert name is not None
        matching.reprint(
            submission_id=submission_of(context).pk,
            actor=context.people.actor("officer"),
            at=timezone.now(),
            eft=(DATA / name).read_bytes(),
        )

    def done(context: Context) -> bool:
        return Submission.objects.filter(case=context.booked, supersedes__isnull=False).exists()

    return Step("refused prints are taken again", done, act, ready)


def examine(which: str, first: bool) -> Step:
    """One examiner compares the candidate's prints; the second has not seen what the first found."""

    def candidates(context: Context) -> QuerySet[Candidate]:
        return Candidate.objects.filter(submission__case=context.booked)

    def done(context: Context) -> bool:
        found = candidates(context)
        return (
            found.exists()
            and not found.filter(state="unreviewed" if first else "first_reviewed").exists()
            and (first or found.filter(state="confirmed").exists())
        )

    def act(context: Context) -> None:
        for candidate in candidates(context).exclude(state__in=["confirmed", "rejected", "disputed"]):
            matching.review_candidate(
                candidate_id=candidate.pk,
                actor=context.people.actor(which),
                at=timezone.now(),
                decision="same",
                rationale="Ridge flow and more than twelve minutiae agree on each of four fingers.",
            )

    return Step(
        "an examiner compares the prints" if first else "a second examiner compares the prints",
        done,
        act,
        lambda context: candidates(context).exists(),
    )


# -- detainers -----------------------------------------------------------------------------------------------------------
def detainer_of(context: Context) -> Detainer | None:
    found: Detainer | None = Detainer.objects.filter(case=context.booked).order_by("pk").first()
    return found


def register(
    *, hours: float | None = None, channel: str = "email", warrant: bool = True, boxes: bool = True
) -> Step:
    """The clerk registers the detainer as it came; `hours` None means now."""

    def act(context: Context) -> None:
        at = timezone.now() if hours is None else moment(context, hours)
        clerk, person = context.people.actor("clerk"), context.booked.person
        with transaction.atomic():
            detainer = detainers.register_detainer(
                case_id=context.booked.pk,
                actor=clerk,
                at=at,
                channel=channel,
                form=DetainerForm(
                    edition=EDITION,
                    boxes={**EMPTY_BOXES, "basis": ["biometric_records_check"] if boxes else []},
                    subject_surname=person.surname,
                    subject_given_names=person.given_names,
                    subject_birth_date=person.birth_date,
                    notify_ice=True,
                    issuing_office="Sample field office",
                    officer_title="Deportation Officer",
                    signature_present=boxes,
                    issued_on=at.astimezone(context.booked.agency.zone).date(),
                ),
            )
            if warrant:
                detainers.record_warrant(
                    detainer_id=detainer.pk,
                    actor=clerk,
                    at=at,
                    kind="ADMIN_I200",
                    signed_by_role="Supervisory officer",
                )

    return Step("a detainer is registered", lambda context: detainer_of(context) is not None, act)


def serve(*, hours: float | None = None, language: str = "es") -> Step:
    """The officer gives the person a copy."""

    def act(context: Context) -> None:
        detainer = detainer_of(context)
        assert detainer is not None
        detainers.serve_detainer(
            detainer_id=detainer.pk,
            actor=context.people.actor("officer"),
            at=timezone.now() if hours is None else moment(context, hours),
            language=language,
        )

    def done(context: Context) -> bool:
        detainer = detainer_of(context)
        return detainer is not None and detainer.services.exists()

    return Step("a copy is served on the person", done, act)


def condition(name: str, hours: float) -> Step:
    """A supervisor records that a condition of the law is met."""

    def act(context: Context) -> None:
        detainer = detainer_of(context)
        assert detainer is not None
        actor, at = context.people.actor("supervisor"), moment(context, hours)
        if name == "judicial_order":
            detainers.record_judicial_order(
                detainer_id=detainer.pk,
                actor=actor,
                at=at,
                official_role="magistrate",
                basis="Order read and on file",
            )
        else:
            detainers.record_condition(
                detainer_id=detainer.pk, actor=actor, at=at, condition=name, basis="Certified record on file"
            )

    def done(context: Context) -> bool:
        detainer = detainer_of(context)
        return detainer is not None and detainer.findings.filter(condition=name).exists()

    return Step(f"the law's condition is recorded: {name.replace('_', ' ')}", done, act)


# -- grounds and leaving -------------------------------------------------------------------------------------------------
def end_grounds(context: Context, at: datetime, *, but: str = "") -> None:
    """The officer ends every open local ground, except those of one kind."""
    officer = context.people.actor("officer")
    for ground in context.booked.grounds.filter(ended_at__isnull=True).exclude(kind=but):
        cases.end_ground(ground_id=ground.pk, actor=officer, at=at, reason=LocalGround.EndReason.BOND)


def grounds_end(*, when: When | None = None, but: str = "") -> Step:
    """The last local ground ends, now or when said."""

    def act(context: Context) -> None:
        with transaction.atomic():
            end_grounds(context, when(context) if when else timezone.now(), but=but)

    def done(context: Context) -> bool:
        return not context.booked.grounds.filter(ended_at__isnull=True).exclude(kind=but).exists()

    return Step("the last local ground ends", done, act)


def leave(*, to: str = "street", reason: str = "") -> Step:
    """Grounds end and the person goes, in one instant: nobody waits without authority."""

    def act(context: Context) -> None:
        at = timezone.now()
        with transaction.atomic():
            end_grounds(context, at)
            cases.release(
                case_id=context.booked.pk, actor=context.people.actor("officer"), at=at, to=to, reason=reason
            )

    return Step("the person is released", has_left, act)


def let_go(*, when: When | None = None, to: str = "street", reason: str = "", ready: Check = always) -> Step:
    """The person goes, now or when said."""

    def act(context: Context) -> None:
        at = when(context) if when else timezone.now()
        cases.release(
            case_id=context.booked.pk, actor=context.people.actor("officer"), at=at, to=to, reason=reason
        )

    return Step("ICE takes custody" if to == "ice" else "the person is released", has_left, act, ready)


def has_left(context: Context) -> bool:
    return not context.booked.is_in_custody


def holds(context: Context) -> list[Hold]:
    return list(Hold.objects.filter(case=context.booked).order_by("pk"))


def breach_minutes(context: Context) -> float:
    """Minutes in custody without authority, over all breaches of the case; an open one counts as endless."""
    total = 0.0
    for breach in Breach.objects.filter(case=context.booked):
        if breach.until_at is None:
            return float("inf")
        total += (breach.until_at - breach.from_at).total_seconds() / 60
    return total
