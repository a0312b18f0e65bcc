"""Bookings sent through the API as a jail's machine sends them: under a key, and again until they are accepted."""

import base64
import http.client
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlencode

from matching.formats import itl
from matching.formats.ebts_build import build_car
from matching.formats.prints import read_prints
from matching.formats.tcn import build_tcn
from matching.samples.cast import CAST
from matching.samples.generate import DATA

TRY_AGAIN = {409, 500, 502, 503}
PAUSE_SECONDS = 0.3
_numbers = count(1)


@dataclass
class Sent:
    """One booking and what became of it."""

    number: str
    body: dict[str, Any]
    key: str
    statuses: list[int] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    accepted_at: float = 0.0


@dataclass
class Api:
    """The API of one web server."""

    port: int
    client_id: str
    secret: str
    token: str = ""

    def sign_in(self) -> None:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.secret,
            }
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer = self._ask("POST", "/api/v1/oauth/token", form, headers)
        assert status == 200, answer
        self.token = answer["access_token"]

    def send(self, sent: Sent) -> int:
        """Send it once. Returns the status, or 0 when there was no answer."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": sent.key,
        }
        try:
            status, answer = self._ask("POST", "/api/v1/bookings", json.dumps(sent.body), headers)
        except (OSError, http.client.HTTPException):
            status, answer = 0, {}
        sent.statuses.append(status)
        if status in (200, 201):
            sent.answer, sent.accepted_at = answer, time.time()
        return status

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        return response.status, json.loads(said) if said[:1] == b"{" else {}


class Load:
    """Sends bookings in the background until each is accepted."""

    def __init__(self, api: Api, how_many: int, *, pause: float = 0.05, senders: int = 3) -> None:
        self.api = api
        self.bookings = [new_booking() for _ in range(how_many)]
        self._waiting = list(self.bookings)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pause = pause
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(senders)]
        for thread in self._threads:
            thread.start()

    @property
    def numbers(self) -> list[str]:
        return [booking.number for booking in self.bookings]

    def accepted(self) -> list[Sent]:
        return [booking for booking in self.bookings if booking.answer is not None]

    def wait(self, seconds: float) -> None:
        """Until every booking is accepted."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._stop.set()
        left = [(one.number, one.statuses[-3:]) for one in self.bookings if one.answer is None]
        assert not left, f"Not accepted in {seconds:.0f} s: {left}"

    def _send(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                if not self._waiting:
                    return
                booking = self._waiting.pop(0)
            status = self.api.send(booking)
            if booking.answer is None:
                assert status == 0 or status in TRY_AGAIN, f"{booking.number} was refused: {status}"
                with self._lock:
                    self._waiting.append(booking)
                time.sleep(PAUSE_SECONDS)
            time.sleep(self._pause)


def new_booking() -> Sent:
    """An invented person with two fingers of a sample, another sample each time."""
    turn = next(_numbers)
    number = f"F-{secrets.token_hex(4)}-{turn}"
    surname, born = "Sample", date(1990, 5, 17)
    at = datetime.now(UTC) - timedelta(hours=1)
    body = {
        "booking_number": number,
        "booked_at": at.isoformat(),
        "person": {
            "surname": surname,
            "given_names": "One",
            "birth_date": born.isoformat(),
            "sex": "F",
        },
        "charges": [{"offence_code": "2399", "description": "Larceny"}],
        "eft": _eft(turn, surname, born, number),
    }
    return Sent(number, body, key=number)


def _eft(turn: int, surname: str, born: date, number: str) -> str:
    today = datetime.now(UTC).date()
    made = build_car(
        tcn=build_tcn("TX", today, turn),
        ori="TX9990100",
        dai="TXSIB0000",
        cri="TX9990100",
        at=datetime.now(UTC),
        surname=surname,
        given_names="One",
        dob=born,
        sex="F",
        doa=today,
        arrests=[_Charge(today, "2399 LARCENY")],
        prints=_fingers(turn % 8),
        oca=number[:20],
    )
    return base64.b64encode(made).decode()


@dataclass(frozen=True)
class _Charge:
    date: date
    text: str


@cache
def _fingers(which: int) -> tuple[Any, ...]:
    sample = CAST[which]
    images, problems = read_prints(itl.read((DATA / sample.file_name).read_bytes()))
    assert not problems
    return tuple(images[:2])
