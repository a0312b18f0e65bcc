"""The invented jails, bureaus and offices, with a few people in each: ordinary rows, made once and found again."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import timezone

from accounts.actors import Actor, actor_for_user
from accounts.models import Agency, Membership, User
from oversight.models import ReviewGrant

DOMAIN = "synthetic.clearhold.example"
WATCH = "Custody Watch (invented)"
# One state for each kind of rule: a hold is required, needs an order, or is forbidden.
STATES = {
    "TX": "America/Chicago",
    "NC": "America/New_York",
    "NJ": "America/New_York",
    "IL": "America/Chicago",
    "WA": "America/Los_Angeles",
}
COUNTIES = (
    "Marlow", "Tolland", "Quillen", "Ashgrove", "Bramwell", "Corvane", "Dunmore", "Eskdale", "Farrow", "Gaddis",
    "Hollin", "Ivydale", "Jessup", "Kestrel", "Lorimer", "Maddock", "Norvell", "Ollerton", "Pembry", "Rathbone",
)  # fmt: skip
JAIL_PEOPLE = {
    "officer": "booking_officer",
    "clerk": "detainer_clerk",
    "supervisor": "shift_supervisor",
    "administrator": "jail_administrator",
}


@dataclass(frozen=True)
class Jail:
    """One jail and who works there."""

    agency: Agency
    people: dict[str, Actor]


@dataclass(frozen=True)
class State:
    """A state's jails, its bureau and two examiners."""

    code: str
    zone: str
    jails: tuple[Jail, ...]
    bureau: Agency
    examiners: dict[str, Actor] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Everything that is there before the first booking."""

    states: tuple[State, ...]
    watch: Agency
    reviewer: Actor

    @property
    def jails(self) -> list[tuple[State, Jail]]:
        """Every jail, the first of each state first."""
        longest = max(len(state.jails) for state in self.states)
        return [
            (state, state.jails[n]) for n in range(longest) for state in self.states if n < len(state.jails)
        ]


def make_world(count: int) -> World:
    """`count` jails spread over the states with everybody in them; what is there already is used again."""
    watch = _agency("oversight_body", WATCH, state="", zone="America/New_York")
    states = []
    for place, (code, zone) in enumerate(STATES.items()):
        jails = [_jail(code, zone, number, watch) for number in range(count)[place :: len(STATES)]]
        if jails:
            bureau = _agency(
                "state_bureau",
                f"{code} State Bureau (invented)",
                state=code,
                zone=zone,
                ori=f"{code}SBI0000",
            )
            examiners = {name: _person(name, bureau, "bureau_examiner") for name in ("first", "second")}
            states.append(State(code, zone, tuple(jails), bureau, examiners))
    return World(tuple(states), watch, _person("reviewer", watch, "oversight_reviewer"))


def _jail(code: str, zone: str, number: int, watch: Agency) -> Jail:
    county = COUNTIES[number % len(COUNTIES)] + ("" if number < len(COUNTIES) else f" {number}")
    agency = _agency(
        "jail",
        f"{county} County Jail (invented)",
        state=code,
        zone=zone,
        ori=f"{code}{900 + number:03d}0000",
        facility_code=f"ZQF{number:04d}",
        county=county,
    )
    people = {name: _person(name, agency, role) for name, role in JAIL_PEOPLE.items()}
    if not ReviewGrant.objects.filter(oversight_agency=watch, jail_agency=agency).exists():
        now = timezone.now()
        ReviewGrant.objects.create(
            oversight_agency=watch,
            jail_agency=agency,
            starts_at=now,
            granted_by=people["administrator"].id,
            granted_by_label=people["administrator"].label,
        )
    return Jail(agency, people)


def _agency(kind: str, name: str, *, state: str, zone: str, **fields: str) -> Agency:
    agency, _ = Agency.objects.get_or_create(
        kind=kind, name=name, defaults={"state": state, "time_zone": zone, **fields}
    )
    return agency


def _person(name: str, agency: Agency, role: str) -> Actor:
    """Somebody with this role; cannot sign in until an administrator gives a password."""
    email = f"{name}.{agency.pk}@{DOMAIN}"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(
            email=email, password=None, name=f"{name.capitalize()} of {agency.name}"
        )
        Membership.objects.create(user=user, agency=agency, role=role)
    return actor_for_user(user)
