"""A story is what people do with one sample booking: steps with a condition, an act and a proof that it is done.

Whether a step is done is read from the database, never remembered, so a story goes on after any crash and a second run only
verifies.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cases.models import Case
from config.demo.people import DemoPeople
from matching.samples.cast import Sample


@dataclass
class Context:
    """One story's world: the sample, the people, when the demo began, and the case once it is booked."""

    sample: Sample | None
    people: DemoPeople
    epoch: datetime
    case: Case | None = None

    @property
    def told(self) -> Sample:
        """The sample this story tells."""
        assert self.sample is not None, "this is not the story of a sample"
        return self.sample

    def reload(self) -> None:
        """Find the case again by its booking number: the database is the memory."""
        agency = self.people.agencies[self.told.jail]
        query = Case.objects.select_related("agency", "person", "booking")
        self.case = query.filter(agency=agency, booking__booking_number=self.told.booking_number).first()

    @property
    def booked(self) -> Case:
        assert self.case is not None, "not booked yet"
        return self.case


Check = Callable[[Context], bool]
Act = Callable[[Context], None]


def always(context: Context) -> bool:
    return True


def _nothing(context: Context) -> None:
    return None


@dataclass(frozen=True)
class Step:
    """`words` says what is waited for or done; `act` runs once `ready`, until `done`."""

    words: str
    done: Check
    act: Act = _nothing
    ready: Check = always


@dataclass(frozen=True)
class Story:
    """The steps of one outcome and what must be true at its end: sentence -> check."""

    steps: tuple[Step, ...]
    expected: dict[str, Check] = field(default_factory=dict)


def next_step(story: Story, context: Context) -> Step | None:
    """The first step that is not done yet, or None at the end of the story."""
    return next((step for step in story.steps if not step.done(context)), None)


def differences(story: Story, context: Context) -> list[str]:
    """What is not as expected at the end; empty means the sample ended as it should."""
    step = next_step(story, context)
    if step is not None:
        return [f"stopped before: {step.words}"]
    return [sentence for sentence, check in story.expected.items() if not check(context)]
