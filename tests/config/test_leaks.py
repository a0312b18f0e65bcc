"""A person with a rare invented name goes the whole road; nothing that leaves the records says who it was."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Access, Delivery, Event
from cases import services as cases
from cases.models import Case
from config.celery import app
from detainers import services as detainers
from detainers.models import Detainer, Hold
from matching import services as matching
from matching.formats import answers
from tests.actors import Cast
from tests.desk.acts.conftest import act_url, wall
from tests.integration.conftest import make_machine
from tests.matching.conftest import FakeBureau, bureau, eft, envelope, receive  # noqa: F401 - a fixture

SURNAME, GIVEN, BORN = "Quetzalovich", "Wilhelmantha", date(1971, 2, 23)
NUMBER, WORDS = "A204817593", "zanzibar lighthouse"
SECRETS = ("quetzalovich", "wilhelmantha", "1971-02-23", "19710223", "02/23/1971", "feb. 23, 1971")
SECRETS += ("february 23, 1971", "datetime.date(1971", "204817593", "204-817-593", WORDS)
PAPER = f"%PDF-1.7 {SURNAME} {GIVEN} {NUMBER} {WORDS}".encode()
PERSON = {"surname": SURNAME, "given_names": GIVEN, "birth_date": BORN.isoformat(), "sex": "F"}


def told(text: Any) -> list[str]:
    """The secrets in a text, however it is written."""
    low = str(text).casefold()
    return [secret for secret in SECRETS if secret in low]


@dataclass
class Ears(logging.Handler):
    """Hears every log record that LOG_LEVEL=DEBUG lets through, every task that is sent, and every answer."""

    lines: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self, logging.NOTSET)

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter().format(record)
        extra = {k: v for k, v in vars(record).items() if k not in ("exc_info", "request")}
        self.lines.append(f"{record.name} {record.levelname} {text} {extra!r}")

    def send_task(self, name: str, *args: Any, **options: Any) -> None:
        self.tasks.append(f"{name} {args!r} {options!r}")

    def heard(self, response: Any) -> Any:
        self.answers.append(response)
        return response


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Ears]:
    ears = Ears()
    settings.MATCHING_HINTS = True
    monkeypatch.setattr(app, "send_task", ears.send_task)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(ears)
    yield ears
    root.removeHandler(ears)
    root.setLevel(level)


@dataclass
class Road:
    """The same person through every door. `ears` hears every answer."""

    cast: Cast
    ears: Ears
    commits: Callable[..., Any]
    bureau: FakeBureau

    def desk(self, who: str) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(self.cast.user(who), backend="accounts.backends.EmailBackend")
        return client

    def get(self, who: str, path: str, expected: int, **query: str) -> Any:
        response = self.ears.heard(self.desk(who).get(path, query))
        assert response.status_code == expected, (path, response.content[:300])
        return response

    def send(self, who: str, act: str, about: Any, expected: int, **typed: Any) -> Any:
        form = {"form_token": str(uuid4()), **typed}
        with self.commits(execute=True):
            response = self.ears.heard(self.desk(who).post(act_url(act, about), form))
        assert response.status_code == expected, (act, response.content[-3000:])
        return response

    def walk(self) -> Case:
        case = self.booked_by_a_machine()
        self.booked_at_the_desk()
        self.checked(case)
        detainer = self.detained(case)
        self.refused(case, detainer)
        self.read(case)
        self.left(case, detainer)
        return case

    def booked_by_a_machine(self) -> Case:
        machine = make_machine(self.cast, "jail")
        prints = eft(surname=SURNAME, given_names=GIVEN, dob=BORN)
        body = {
            "booking_number": "B-1",
            "booked_at": (timezone.now() - timedelta(days=3)).isoformat(),
            "person": PERSON,
            "charges": [{"offence_code": "2399", "description": f"Larceny, {WORDS}"}],
            "eft": b64encode(prints).decode(),
        }
        wrong = [
            body | {"booking_number": "B-2", "eft": b64encode(PAPER).decode()},
            body | {"booking_number": "B-3", "eft": b64encode(eft(surname="Other")).decode()},
            body | {"booking_number": "B-4", "person": PERSON | {"sex": "?", "alias": SURNAME}},
            body | {"booking_number": SURNAME * 9},
        ]
        with self.commits(execute=True):
            made = self.ears.heard(machine.post("/api/v1/bookings", body))
            refused = [self.ears.heard(machine.post("/api/v1/bookings", each)) for each in wrong]
            other = body | {"person": PERSON | {"given_names": "Another"}}
            conflict = self.ears.heard(machine.post("/api/v1/bookings", other))
        case = Case.objects.get(booking__booking_number="B-1")
        paths = (
            f"/api/v1/cases/{case.public_id}",
            "/api/v1/cases",
            "/api/v1/events",
            f"/api/v1/cases/{uuid4()}",
        )
        read = [self.ears.heard(machine.get(path)).status_code for path in paths]
        assert made.status_code == 201, made.content
        assert [answer.status_code for answer in (*refused, conflict)] == [400, 400, 400, 400, 409]
        assert read == [200, 200, 200, 404]
        assert not told([answer.content for answer in (made, *refused[:2], conflict)])
        return case

    def booked_at_the_desk(self) -> None:
        typed = {
            "booked_at": wall(timezone.now() - timedelta(minutes=10)),
            **PERSON,
            "birth_place": "TX",
            "charges-0-offence_code": "2399",
            "charges-0-description": "Larceny",
            "charges-0-offence_class": "misdemeanor",
        }
        upload = SimpleUploadedFile("prints.eft", PAPER)
        self.send("officer", "book", None, 400, booking_number="B-5", eft=upload, **typed)
        self.send("officer", "book", None, 400, booking_number="B 5", **typed)
        self.send("officer", "book", None, 302, booking_number="B-5", **typed)
        self.send("officer", "book", None, 409, booking_number="B-5", **(typed | {"given_names": "Another"}))

    def checked(self, case: Case) -> None:
        submission = case.submissions.get()
        name = f"{SURNAME},{GIVEN}".upper()
        with self.commits(execute=True):
            matching.carry_due_transmissions(owner="w1", clock=timezone.now)
            state = envelope(submission, "TXDPS0000")
            receive(answers.build_sre(state, srf="I", name=name), at=timezone.now())
            fbi = envelope(submission, answers.FBI_ORI)
            receive(answers.build_errt(fbi, messages=[f"L0008 - {name} {WORDS}"]), at=timezone.now())
            dhs = envelope(submission, answers.DHS_ORI)
            receive(answers.build_idr(dhs, srf="I", fin=f"FN-{NUMBER[1:]}"), at=timezone.now())
            text = f"{name} {NUMBER} {WORDS.upper()}"
            receive(answers.build_iar(envelope(submission, answers.DHS_ORI), text=text), at=timezone.now())
            receive(PAPER, at=timezone.now())
        self.send("clerk", "iar_code", submission, 302, meaning="iar_no_interest", reason="Read")

    def detained(self, case: Case) -> Detainer:
        paper = {
            "received": wall(timezone.now() - timedelta(minutes=5)),
            "channel": "fax",
            "edition": "I-247A_2017",
            "boxes_of": "I-247A_2017",
            "issuing_office": "ICE ERO, San Antonio",
            "officer_title": "Deportation officer",
            "signature_present": "on",
            "subject_surname": SURNAME.upper(),
            "subject_given_names": GIVEN,
            "subject_birth_date": BORN.isoformat(),
            "basis": ["final_order"],
        }
        scan = SimpleUploadedFile(f"{SURNAME}.pdf", PAPER, "application/pdf")
        other = {"subject_surname": "Somebody", "subject_birth_date": "1971-02-24"}
        self.send("clerk", "detainer_register", case, 302, scan=scan, **paper)
        self.send("clerk", "detainer_register", case, 400, **(paper | other))
        lacks = "OTHER_PERSON,OTHER_BIRTH_DATE"
        self.send("clerk", "detainer_register", case, 302, **(paper | other), confirm=lacks)
        self.send("clerk", "detainer_register", case, 400, **(paper | {"channel": SURNAME}))
        detainer = Detainer.objects.get(state="received")
        at = wall(timezone.now() - timedelta(minutes=4))
        self.send(
            "clerk",
            "detainer_serve",
            detainer,
            302,
            served=at,
            at=at,
            language="es",
            notice_language="en",
            method="in_person",
        )
        detainers.claim_status(
            case_id=case.pk,
            actor=self.cast.actor("clerk"),
            at=timezone.now(),
            kind="lawful_status",
            evidence=f"says {NUMBER}",
        )
        return detainer

    def refused(self, case: Case, detainer: Detainer) -> None:
        page = reverse("admin:case", args=[case.public_id])
        self.get("other_officer", page, 404)
        self.get("clerk", act_url("release", case), 403)
        self.get("reviewer", act_url("book"), 403)
        at = wall(timezone.now())
        self.send(
            "clerk",
            "detainer_serve",
            detainer,
            409,
            at=at,
            language="es",
            notice_language="en",
            method="in_person",
        )

    def read(self, case: Case) -> None:
        for path in ("/admin/", "/admin/cases/case/", reverse("admin:case", args=[case.public_id])):
            self.get("officer", path, 200)
        found = self.get("officer", "/admin/cases/case/", 200, q=SURNAME)
        assert case.number in found.content.decode()
        self.get("officer", "/admin/cases/case/", 200, q=f"{SURNAME} {BORN}")
        self.get("officer", "/admin/cases/nowhere/", 404, q=SURNAME)
        self.get("other_officer", "/admin/cases/case/", 200, q=SURNAME)
        self.ears.heard(Client().get("/admin/cases/case/", {"q": SURNAME}))
        self.ears.heard(Client().get(act_url("book"), {"surname": SURNAME}))
        self.ears.heard(Client().get(reverse("admin:login"), {"q": SURNAME}))

    def left(self, case: Case, detainer: Detainer) -> None:
        officer = self.cast.actor("officer")
        for ground in case.grounds.filter(ended_at__isnull=True):
            cases.end_ground(
                ground_id=ground.pk, actor=officer, at=timezone.now(), reason="bond", note=f"{SURNAME} paid"
            )
        hold = Hold.objects.get(case=case)
        with self.commits(execute=True):
            detainers.expire_due(at=hold.deadline_at + timedelta(seconds=1))
        self.get("supervisor", reverse("admin:case", args=[case.public_id]), 200)
        self.send("officer", "release", case, 302, to="street", at=wall(timezone.now()))
        self.send("officer", "release", case, 409, to="ice", at=wall(timezone.now()))


@pytest.fixture
def road(
    cast: Cast,
    ears: Ears,
    bureau: FakeBureau,  # noqa: F811
    django_capture_on_commit_callbacks: Any,
) -> Road:
    return Road(cast, ears, django_capture_on_commit_callbacks, bureau)


def test_nothing_that_leaves_the_records_says_who_it_was(road: Road) -> None:
    case = road.walk()

    case.refresh_from_db()
    ears = road.ears
    headers = [f"{r.status_code} {r.headers!r} {r.cookies!r}" for r in ears.answers]
    events = [json.dumps([e.action, e.facts, e.changed, e.actor_label]) for e in Event.objects.all()]
    accesses = [repr(row) for row in Access.objects.values_list()]
    deliveries = list(Delivery.objects.values_list("last_error", flat=True))
    heard = {"log": ears.lines, "task": ears.tasks, "header": headers, "event": events, "access": accesses}
    leaks = {
        channel: [(told(text), text[:600]) for text in texts if told(text)]
        for channel, texts in (heard | {"delivery": deliveries}).items()
    }
    assert case.custody_state == "released"
    assert min(len(ears.lines), len(ears.tasks), len(headers), len(events), len(accesses)) > 1
    assert leaks == {channel: [] for channel in leaks}


def test_the_log_of_a_request_says_the_path_and_not_the_query(road: Road) -> None:
    road.get("officer", "/admin/cases/case/", 200, q=SURNAME)

    lines = [line for line in road.ears.lines if "request_started" in line or "request_finished" in line]
    assert len(lines) == 2
    assert all("GET /admin/cases/case/" in line and "?" not in line for line in lines)


def test_templates_never_write_what_they_show_into_the_log(ears: Ears) -> None:
    """At DEBUG, Django logs the whole context of a page with each name it does not find in it."""
    assert not logging.getLogger("django.template").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("django.db.backends").isEnabledFor(logging.DEBUG)


def test_no_answer_of_the_machines_door_says_who_it_was(road: Road) -> None:
    road.booked_by_a_machine()

    bodies = [answer.content.decode() for answer in road.ears.answers if answer.status_code < 300]
    assert len(bodies) == 4
    assert [told(body) for body in bodies] == [[]] * 4


def test_the_ears_hear(road: Road) -> None:
    """The control of the tests above: what is said is found."""
    logging.getLogger("django.request").info("seen %s", SURNAME)
    structlog.get_logger("clearhold.control").info("said", who=SURNAME.upper())
    try:
        raise ValueError(NUMBER)
    except ValueError:
        logging.getLogger("clearhold.control").exception("failed")
    app.send_task("matching.tasks.search_prints", kwargs={"name": SURNAME})

    assert [told(line)[:1] for line in road.ears.lines] == [["quetzalovich"], ["quetzalovich"], ["204817593"]]
    assert told(road.ears.tasks[0]) == ["quetzalovich"]
