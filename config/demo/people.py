"""Demo agencies and the people who sign in to them. Everybody and every place here is invented."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, actor_for_user, system
from accounts.models import Agency, Membership, User
from accounts.permissions import Permission
from integration.models import ApiClient
from integration.services import create_client
from oversight.models import ReviewGrant
from oversight.services import grant_review

CENTRAL, EASTERN, MOUNTAIN = "America/Chicago", "America/New_York", "America/Denver"


@dataclass(frozen=True)
class Place:
    """One demo agency, by the key the sample cast uses."""

    key: str
    kind: str
    name: str
    state: str
    county: str
    zone: str
    ori: str = ""
    facility: str = ""


PLACES: tuple[Place, ...] = (
    Place("cedar_tx", "jail", "Cedar County Jail", "TX", "Cedar", CENTRAL, "TX9990100", "CEDARTX"),
    Place(
        "harbor_ma",
        "jail",
        "Harbor County House of Correction",
        "MA",
        "Harbor",
        EASTERN,
        "MA9990100",
        "HARBRMA",
    ),
    Place("pine_nc", "jail", "Pine County Detention Center", "NC", "Pine", EASTERN, "NC9990100", "PINENC"),
    Place("marsh_nj", "jail", "Marsh County Jail", "NJ", "Marsh", EASTERN, "NJ9990100", "MARSHNJ"),
    Place("mesa_ut", "jail", "Mesa County Jail", "UT", "Mesa", MOUNTAIN, "UT9990100", "MESAUT"),
    Place("bureau_tx", "state_bureau", "Texas sample identification bureau", "TX", "", CENTRAL, "TXSIB0000"),
    Place("federal", "federal_office", "Sample field office", "TX", "", CENTRAL, "TXICE9990"),
    Place("watch", "oversight_body", "Custody Watch (sample oversight body)", "TX", "", CENTRAL),
)
JAILS = tuple(place.key for place in PLACES if place.kind == "jail")


@dataclass(frozen=True)
class Login:
    """One demo account: address, name, and the roles it holds where."""

    email: str
    name: str
    roles: tuple[tuple[str, str], ...]


LOGINS: tuple[Login, ...] = (
    Login("officer@clearhold.example", "Dana Whitlock", tuple((key, "booking_officer") for key in JAILS)),
    Login("clerk@clearhold.example", "Jordan Achterberg", tuple((key, "detainer_clerk") for key in JAILS)),
    Login("supervisor@clearhold.example", "Sam Okonkwo", tuple((key, "shift_supervisor") for key in JAILS)),
    Login("administrator@clearhold.example", "Renée Castellanos", (("cedar_tx", "jail_administrator"),)),
    Login("translator@clearhold.example", "Minh-Anh Ferreira", (("cedar_tx", "translation_reviewer"),)),
    Login("examiner@clearhold.example", "Ines Halvorsen", (("bureau_tx", "bureau_examiner"),)),
    Login("second-examiner@clearhold.example", "Tomás Lindqvist", (("bureau_tx", "bureau_examiner"),)),
    Login("reviewer@clearhold.example", "Amara Petrov", (("watch", "oversight_reviewer"),)),
)


@dataclass(frozen=True)
class DemoPeople:
    """The demo agencies by key, and the password and API secret made for this installation."""

    agencies: dict[str, Agency]
    password: str
    client_id: str
    client_secret: str

    def actor(self, who: str) -> Actor:
        """The actor of a demo login by the part of its address before the @."""
        return actor_for_user(User.objects.get(email=f"{who}@clearhold.example"))

    def everybody(self) -> Actor:
        """All of the demo's people as one, for the rows that are in reach while the samples are played and checked."""
        grants = frozenset((Permission.CASE_VIEW, agency.pk) for agency in self.agencies.values())
        return Actor(kind="system", id="system:demo", label="Clearhold (demo)", grants=grants)


def secrets_file() -> Path:
    return Path(settings.BASE_DIR) / ".data" / "demo-logins.json"


def set_up() -> DemoPeople:
    """Make the demo agencies, people, API client and review grants; again changes nothing.

    Passwords are random per installation and kept in `.data/demo-logins.json`, readable by the owner alone.
    """
    kept = _kept_secrets()
    with transaction.atomic():
        agencies = {place.key: _agency(place) for place in PLACES}
        for login in LOGINS:
            _login(login, agencies, kept["password"])
        _grants(agencies)
        client = ApiClient.objects.filter(agency=agencies["cedar_tx"]).first()
        if client is None or not kept.get("client_secret"):
            _, client_id, secret = create_client(
                agency=agencies["cedar_tx"],
                label="Cedar County jail management system",
                actor=system("set-up"),
            )
            kept |= {"client_id": client_id, "client_secret": secret}
    _keep(kept)
    return DemoPeople(agencies, kept["password"], kept["client_id"], kept["client_secret"])


def _kept_secrets() -> dict[str, str]:
    path = secrets_file()
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    words = [
        "amber",
        "birch",
        "cedar",
        "delta",
        "ember",
        "fjord",
        "grove",
        "heron",
        "inlet",
        "maple",
        "north",
        "ocean",
        "pearl",
        "quartz",
        "river",
        "stone",
        "tidal",
    ]
    return {"password": "-".join(secrets.choice(words) for _ in range(4)) + f"-{secrets.randbelow(90) + 10}"}


def _keep(kept: dict[str, str]) -> None:
    path = secrets_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept, indent=1))


def _agency(place: Place) -> Agency:
    found, _ = Agency.objects.get_or_create(
        name=place.name,
        kind=place.kind,
        defaults={
            "state": place.state,
            "county": place.county,
            "time_zone": place.zone,
            "ori": place.ori,
            "facility_code": place.facility,
        },
    )
    return found


def _login(login: Login, agencies: dict[str, Agency], password: str) -> None:
    user = User.objects.filter(email=login.email).first()
    if user is None:
        user = User.objects.create_user(email=login.email, password=password, name=login.name)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    for key, role in login.roles:
        Membership.objects.get_or_create(user=user, agency=agencies[key], role=role, ends_at=None)


def _grants(agencies: dict[str, Agency]) -> None:
    for key in JAILS:
        if not ReviewGrant.objects.filter(
            oversight_agency=agencies["watch"], jail_agency=agencies[key]
        ).exists():
            grant_review(
                oversight_agency=agencies["watch"],
                jail_agency=agencies[key],
                actor=system("set-up"),
                at=timezone.now() - timedelta(days=1),
                starts_at=timezone.now() - timedelta(days=1),
            )
