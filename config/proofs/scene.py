"""The rows that the proofs need, made by the real services; nothing of it outlives the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from accounts.actors import Actor, actor_for_user
from accounts.models import Agency, Membership, User
from cases import services as cases
from cases.booking import BookingRequest, ChargeFacts, PersonFacts
from cases.models import Case, LocalGround
from detainers import services as detainers
from detainers.models import Detainer, Hold, PolicyDecision

FORM = detainers.DetainerForm(
    edition="I-247A_2017",
    boxes={"basis": ["final_order"]},
    subject_surname="Proof",
    subject_given_names="Nobody",
    issuing_office="Proof office",
    officer_title="Deportation Officer",
    signature_present=True,
)
DUMMIES = {
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "clock_timestamp()",
    "date": "current_date",
    "boolean": "false",
    "bytea": "'\\x00'::bytea",
    "jsonb": "'{}'::jsonb",
    "ARRAY": "'{}'",
}
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
ON_INSERT = """
    SELECT tgname FROM pg_trigger
     WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgtype & 4 > 0 AND tgenabled = 'O'
"""
NUMBERS = ("bigint", "integer", "smallint", "double precision", "numeric", "real")


def sql(statement: str, *params: object) -> list[tuple[Any, ...]]:
    """Run it as it is, one statement or several; the rows of the last, where there are any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def number(statement: str, *params: object) -> Any:
    """The first value of the first row."""
    return sql(statement, *params)[0][0]


@dataclass
class Scene:
    """A jail in Texas with a person held on a served detainer, one whose detainer nobody served, and one on none."""

    jail: Agency
    actor: Actor
    held: Case
    other: Case
    unserved: Case
    loose: Case
    now: datetime

    @property
    def hold(self) -> Hold:
        return Hold.objects.get(case=self.held)

    def insert_hold(self, **changes: Any) -> None:
        """A hold like the one that runs, with changes, written past every service."""
        fields: dict[str, Any] = {
            field.attname: getattr(self.hold, field.attname)
            for field in Hold._meta.concrete_fields
            if field.attname not in ("id", "public_id", "recorded_at")
        }
        Hold.objects.bulk_create([Hold(**{**fields, **changes})])

    def end_hold(self) -> None:
        """Record the end of the running hold, so that another may be written for the same case."""
        sql(
            "UPDATE detainers_hold SET ended_at = started_at, recorded_state = 'lifted', ended_by = 'proof' WHERE id = %s",
            self.hold.pk,
        )

    def paper(self, **form: Any) -> Mapping[str, Any]:
        """Keys of a fresh case with a served detainer that the changes of `form` describe, for `insert_hold`."""
        case = book(self.jail, self.actor, self.now)
        detainer = register(case, self.actor, self.now, **form)
        serve(detainer, self.actor, self.now)
        return self.keys(case, detainer)

    def keys(self, case: Case, detainer: Detainer) -> Mapping[str, Any]:
        decision = PolicyDecision.objects.filter(detainer=detainer).latest("pk")
        return {"case_id": case.pk, "detainer_id": detainer.pk, "policy_decision_id": decision.pk}

    def row(self, model: type[models.Model], **values: str) -> int:
        """The key of some row of a table, or of a meaningless one where it is empty; `values` as for `new`."""
        table, key = _names(model)
        found = sql(f'SELECT "{key}" FROM "{table}" ORDER BY 1 DESC LIMIT 1')
        return int(found[0][0]) if found else self.new(model, past_guards=True, **values)

    def new(self, model: type[models.Model], *, past_guards: bool = False, **values: str) -> int:
        """The key of a new, meaningless row; `values` are SQL.

        What such a row violates is lifted, within the savepoint of the proof: the check constraints of its table, and the
        triggers of inserts where the proof is about something else (`past_guards`).
        """
        table, key = _names(model)
        statement = _insertion(table, key, values)
        try:
            with transaction.atomic():
                return int(number(statement))
        except DatabaseError:
            for (name,) in sql(CHECKS, table):
                sql(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
            for (name,) in sql(ON_INSERT, table) if past_guards else []:
                sql(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"')
            return int(number(statement))


def _names(model: type[models.Model]) -> tuple[str, str]:
    """Table and column of the key."""
    key = model._meta.pk
    assert key is not None
    return model._meta.db_table, key.column


def _insertion(table: str, key: str, values: Mapping[str, str]) -> str:
    """An INSERT that fills what must be filled. Foreign keys are checked at the end, which never comes."""
    columns = sql(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' ORDER BY ordinal_position",
        table,
    )
    filled = {name: _dummy(kind) for name, kind in columns} | dict(values)
    names, given = ", ".join(f'"{name}"' for name in filled), ", ".join(filled.values())
    return f'INSERT INTO "{table}" ({names}) VALUES ({given}) RETURNING "{key}"'


def _dummy(kind: str) -> str:
    return "-1" if kind in NUMBERS else DUMMIES.get(kind, "'x'")


def build() -> Scene:
    """Make everything. Must run in a transaction that is rolled back, as the owner of the tables."""
    now = timezone.now()
    jail = Agency.objects.create(
        kind="jail",
        name="Proof jail",
        ori="TX9999999",
        facility_code="PROOFTX",
        time_zone="America/Chicago",
        state="TX",
    )
    user = User.objects.create_user(
        email=f"proof-{jail.public_id}@invalid.example", password=None, name="Proof"
    )
    Membership.objects.create(user=user, agency=jail, role="shift_supervisor")
    actor = actor_for_user(user)
    made = [book(jail, actor, now) for _ in range(4)]
    for case in made[:2]:
        serve(register(case, actor, now), actor, now)
    register(made[2], actor, now)
    for case, hours in ((made[0], 5), (made[1], 5), (made[3], 3)):
        _make_eligible(case, actor, now - timedelta(hours=hours))
    held, other, unserved, loose = made
    return Scene(jail, actor, held, other, unserved, loose, now)


def book(jail: Agency, actor: Actor, now: datetime) -> Case:
    count = Case.objects.filter(agency=jail).count()
    request = BookingRequest(
        booking_number=f"PROOF-{count + 1}",
        booked_at=now - timedelta(days=10),
        person=PersonFacts(
            surname="Proof",
            given_names="Nobody",
            birth_date=(now - timedelta(days=12000)).date(),
            sex="F",
            birth_place="TX",
        ),
        charges=(ChargeFacts("2399", "Larceny", "misdemeanor"),),
    )
    return cases.book(actor=actor, agency=jail, request=request, at=now).case


def register(case: Case, actor: Actor, now: datetime, **form: Any) -> Detainer:
    return detainers.register_detainer(
        case_id=case.pk, actor=actor, at=now - timedelta(days=9), form=replace(FORM, **form), channel="fax"
    )


def serve(detainer: Detainer, actor: Actor, now: datetime) -> None:
    detainers.serve_detainer(
        detainer_id=detainer.pk, actor=actor, at=now - timedelta(days=8), language="en", method="in_person"
    )


def _make_eligible(case: Case, actor: Actor, at: datetime) -> None:
    for ground in case.grounds.filter(ended_at__isnull=True):
        cases.end_ground(ground_id=ground.pk, actor=actor, at=at, reason=LocalGround.EndReason.BOND)
