"""The simulator as a process of its own, over its real Unix socket, killed in the middle of its work."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from matching.formats.answers import classify
from tests.matching.formats.builders import altered, car, prints_of
from tests.matching.simulator.conftest import KNOWN, RESIDENT, STRANGER

ROOT = Path(__file__).resolve().parents[3]
ENGINE = "tests.matching.simulator.fake_engine:from_file"


class Simulator:
    """Starts, kills and starts again over the same spool."""

    def __init__(self, folder, gallery):
        self.socket = folder / "bureau.sock"
        self.spool = folder / "spool"
        self.log = folder / "log"
        self.gallery = gallery
        self.process = None
        self.client = None

    def start(self, *options, engine=ENGINE):
        command = [
            sys.executable,
            "-m",
            "matching.simulator",
            "--socket",
            str(self.socket),
            "--spool",
            str(self.spool),
        ]
        command += ["--gallery", str(self.gallery), "--engine", engine, *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        transport = httpx.HTTPTransport(uds=str(self.socket))
        self.client = httpx.Client(transport=transport, base_url="http://bureau", timeout=10)
        wait_for(self.is_well)
        return self

    def is_well(self):
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)):
                return False
        return self.client.get("/v1/health").status_code == 200

    def end(self, number=signal.SIGKILL):
        if self.client is not None:
            self.client.close()
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)
        return None if self.process is None else self.process.wait(timeout=15)

    def send(self, content, digest=None):
        headers = {"X-Digest-SHA256": digest or hashlib.sha256(content).hexdigest()}
        return self.client.post("/v1/transactions", content=content, headers=headers)

    def listed(self, **query):
        return self.client.get("/v1/mailbox", params=query).json()["messages"]

    def answers(self, count):
        wait_for(lambda: len(self.listed()) >= count)
        found = []
        for item in self.listed():
            content = self.client.get(f"/v1/mailbox/{item['id']}").content
            assert hashlib.sha256(content).hexdigest() == item["sha256"]
            found.append(classify(content))
        return found


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def simulator(gallery_file):
    with tempfile.TemporaryDirectory(prefix="sim") as folder:
        made = Simulator(Path(folder), gallery_file)
        yield made
        made.end()


def test_it_takes_a_file_and_brings_the_answers(simulator):
    simulator.start()
    content = car(prints=prints_of(RESIDENT))

    first, again = simulator.send(content), simulator.send(content)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["duplicate"] is False
    assert again.json() == {"control_number": first.json()["control_number"], "duplicate": True}
    answers = simulator.answers(4)
    assert [(answer.source, answer.tot, answer.srf) for answer in answers] == [
        ("state", "SRE", "N"),
        ("fbi", "SRE", "N"),
        ("dhs", "IDR", "I"),
        ("dhs", "IAR", None),
    ]


def test_messages_stay_until_they_are_deleted(simulator):
    simulator.start()
    simulator.send(car(prints=prints_of(KNOWN)))
    simulator.answers(3)

    assert [item["id"] for item in simulator.listed(after=1, limit=1)] == [2]
    assert simulator.client.delete("/v1/mailbox/2").status_code == 204
    assert simulator.client.delete("/v1/mailbox/2").status_code == 204
    assert simulator.client.get("/v1/mailbox/2").status_code == 404
    assert [item["id"] for item in simulator.listed()] == [1, 3]


def test_a_kill_before_the_answer_loses_nothing(simulator):
    simulator.start(engine="tests.matching.simulator.test_process:SlowEngine")
    contents = [car(prints=prints_of(STRANGER), oca=f"CASE-{number}") for number in range(3)]
    numbers = [simulator.send(content).json()["control_number"] for content in contents]

    assert simulator.end() == -signal.SIGKILL
    simulator.start()

    answers = simulator.answers(9)
    assert len(answers) == 9
    assert sorted({answer.oca for answer in answers}) == ["CASE-0", "CASE-1", "CASE-2"]
    again = [simulator.send(content).json() for content in contents]
    assert again == [{"control_number": number, "duplicate": True} for number in numbers]
    assert len(simulator.listed()) == 9


def test_many_kills_give_each_answer_once(simulator):
    simulator.start()
    contents = [car(prints=prints_of(person), oca=f"CASE-{person}") for person in range(11, 19)]
    for place, content in enumerate(contents):
        simulator.send(content)
        if place % 2:
            simulator.end()
            simulator.start()

    answers = simulator.answers(24)

    assert len(answers) == 24
    assert len({answer.tcn for answer in answers}) == 24
    assert {answer.srf for answer in answers} == {"N"}


def test_a_kill_between_two_answers_keeps_the_one_that_is_not_due(simulator):
    simulator.start("--dhs-delay", "1.5")
    simulator.send(car(prints=prints_of(KNOWN)))
    assert len(simulator.answers(2)) == 2

    simulator.end()
    simulator.start("--dhs-delay", "1.5")

    assert [answer.tot for answer in simulator.answers(3)] == ["SRE", "SRE", "IDR"]


def test_a_retained_person_is_found_at_the_next_arrest_also_after_a_kill(simulator):
    simulator.start()
    simulator.send(car(prints=prints_of(STRANGER), oca="FIRST"))
    simulator.answers(3)
    simulator.end()
    simulator.start()

    simulator.send(car(prints=prints_of(STRANGER), oca="SECOND", surname="Another"))

    first, second = (
        [answer for answer in simulator.answers(6) if answer.oca == case] for case in ("FIRST", "SECOND")
    )
    assert [answer.srf for answer in first] == ["N", "N", "N"]
    assert [answer.srf for answer in second] == ["I", "I", "N"]
    assert second[0].sid.startswith("MA")


def test_it_refuses_what_it_cannot_answer(simulator):
    simulator.start()

    damaged = simulator.send(car(), digest="0" * 64)
    unreadable = simulator.send(b"not an EFT file")

    assert (damaged.status_code, unreadable.status_code) == (422, 422)
    assert unreadable.json()["error"].endswith(".")
    assert simulator.client.get("/v1/mailbox/x").status_code == 404
    assert simulator.client.get("/v1/mailbox", params={"after": "x"}).status_code == 400
    assert simulator.client.post("/elsewhere", content=b"").status_code == 404


def test_a_bad_file_is_answered_with_a_reject(simulator):
    simulator.start()

    assert simulator.send(altered(car(), b"2.022", b"19901301")).status_code == 202

    assert [(answer.tot, answer.codes) for answer in simulator.answers(2)] == [("ERRT", ("E0002",))] * 2


def test_it_is_unavailable_as_often_as_asked(simulator):
    simulator.start("--fault", "503:2")

    assert [simulator.send(car()).status_code for _ in range(3)] == [503, 503, 202]


def test_a_dropped_connection_has_lost_nothing(simulator):
    simulator.start("--fault", "drop:1")
    content = car(prints=prints_of(KNOWN))

    with pytest.raises(httpx.TransportError):
        simulator.send(content)

    assert simulator.send(content).json()["duplicate"] is True
    assert len(simulator.answers(3)) == 3


def test_its_log_names_nobody(simulator):
    simulator.start()
    simulator.send(car(prints=prints_of(KNOWN), surname="Secretname", oca="SECRETCASE"))
    simulator.answers(3)

    assert simulator.end(signal.SIGTERM) == 0

    log = simulator.log.read_text()
    assert "accepted" in log
    assert "SECRET" not in log.upper()
    assert "MA20260302000000000001" not in log
    assert not simulator.socket.exists()


def test_only_its_own_account_can_open_the_socket(simulator):
    simulator.start()

    assert simulator.socket.stat().st_mode & 0o777 == 0o600


def test_two_simulators_never_share_a_spool(simulator):
    simulator.start()
    command = [
        sys.executable,
        "-m",
        "matching.simulator",
        "--socket",
        f"{simulator.socket}2",
        "--search",
        "none",
    ]

    second = subprocess.run(
        [*command, "--spool", str(simulator.spool)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert second.returncode == 2
    assert "stop it first" in second.stderr


class SlowEngine:
    """Never finishes its first extraction within a test."""

    def __init__(self, gallery):
        del gallery

    def extract(self, pixels, ppi):
        time.sleep(60)

    def search(self, prints, place, *, but_not):
        return None
