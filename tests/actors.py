"""Fixed people who appear in every test: ours, theirs, and a stranger."""

from dataclasses import dataclass

from accounts.actors import Actor, actor_for_user
from accounts.models import Agency, Membership, User

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    """Two jails in Texas, their bureau, a federal office, an oversight body, and their people."""

    jail: Agency
    other_jail: Agency
    bureau: Agency
    federal: Agency
    watch: Agency
    users: dict[str, User]

    def user(self, name: str) -> User:
        return self.users[name]

    def actor(self, name: str) -> Actor:
        return actor_for_user(self.users[name])


PEOPLE: dict[str, tuple[str | None, str | None]] = {
    "officer": ("jail", "booking_officer"),
    "clerk": ("jail", "detainer_clerk"),
    "supervisor": ("jail", "shift_supervisor"),
    "administrator": ("jail", "jail_administrator"),
    "translator": ("jail", "translation_reviewer"),
    "protector": ("jail", "protection_officer"),
    "author": ("jail", "policy_author"),
    "counsel": ("jail", "counsel"),
    "other_officer": ("other_jail", "booking_officer"),
    "other_supervisor": ("other_jail", "shift_supervisor"),
    "examiner": ("bureau", "bureau_examiner"),
    "second_examiner": ("bureau", "bureau_examiner"),
    "operator": ("bureau", "bureau_operator"),
    "state_author": ("bureau", "state_policy_author"),
    "state_counsel": ("bureau", "state_counsel"),
    "liaison": ("federal", "federal_liaison"),
    "reviewer": ("watch", "oversight_reviewer"),
    "stranger": (None, None),
}


def make_agency(kind: str, name: str, **fields: str) -> Agency:
    return Agency.objects.create(kind=kind, name=name, **fields)


def make_cast(*, state: str = "TX", zone: str = "America/Chicago") -> Cast:
    """Create the agencies and people. Needs the database."""
    agencies = {
        "jail": make_agency(
            "jail",
            "Cedar County Jail",
            ori=f"{state}0010000",
            facility_code="CEDARTX",
            time_zone=zone,
            state=state,
            county="Cedar",
        ),
        "other_jail": make_agency(
            "jail",
            "Other County Jail",
            ori=f"{state}0020000",
            facility_code="OTHERTX",
            time_zone=zone,
            state=state,
            county="Other",
        ),
        "bureau": make_agency(
            "state_bureau", "State Bureau", ori=f"{state}DPS0000", time_zone=zone, state=state
        ),
        "federal": make_agency(
            "federal_office", "Field Office", ori="TXICE0100", time_zone=zone, state=state
        ),
        "watch": make_agency("oversight_body", "Custody Watch", time_zone=zone, state=state),
    }
    users = {}
    for name, (agency, role) in PEOPLE.items():
        user = User.objects.create_user(
            email=f"{name}@example.org", password=PASSWORD, name=name.replace("_", " ").title()
        )
        if agency and role:
            Membership.objects.create(user=user, agency=agencies[agency], role=role)
        users[name] = user
    return Cast(users=users, **agencies)
