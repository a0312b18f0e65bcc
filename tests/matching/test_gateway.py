"""One suite for everything that claims to be the bureau, and what the HTTP gateway makes of a bureau that misbehaves."""

import inspect
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from matching.gateways.bureau import HttpBureau, shared_bureau
from matching.ports import BureauGateway, Permanent, Receipt, Transient, Waiting
from matching.reading import read_reply
from tests.matching.conftest import FakeBureau, eft

ROOT = Path(__file__).resolve().parents[2]


class SimulatorProcess:
    """The simulator as a process of its own, as `make run` starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "bureau.sock"
        self.url = f"http+unix://{quote(str(self.socket), safe='')}"
        self.command = [sys.executable, "-m", "matching.simulator", "--socket", str(self.socket)]
        self.command += ["--spool", str(folder / "spool"), "--search", "none", *options]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        until = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "the simulator ended"
            assert time.monotonic() < until, "the simulator did not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


Simulators = Callable[..., SimulatorProcess]
Connect = Callable[..., HttpBureau]


@pytest.fixture
def simulator() -> Iterator[Simulators]:
    """Starts simulators with options; a short path, because a socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="ch-", dir="/tmp") as folder:
        started: list[SimulatorProcess] = []

        def start(*options: str) -> SimulatorProcess:
            place = Path(folder) / str(len(started))
            place.mkdir()
            started.append(SimulatorProcess(place, *options))
            return started[-1]

        yield start
        for process in started:
            if process.process.poll() is None:
                process.stop()


@pytest.fixture
def http() -> Iterator[Callable[..., HttpBureau]]:
    """Gateways over HTTP that are closed when the test ends."""
    opened: list[HttpBureau] = []

    def connect(url: str, *, timeout: float = 5) -> HttpBureau:
        opened.append(HttpBureau(url, timeout=timeout))
        return opened[-1]

    yield connect
    for gateway in opened:
        gateway.close()


@pytest.fixture(params=["in memory", "simulator"])
def gateway(request: pytest.FixtureRequest) -> BureauGateway:
    """Every implementation of the port, one after the other."""
    if request.param == "in memory":
        return FakeBureau()
    connect = request.getfixturevalue("http")
    return connect(request.getfixturevalue("simulator")().url)


def tagged(number: int) -> bytes:
    return eft(seed=number, tcn=f"TX20260319{number:012d}")


def waiting_for(gateway: BureauGateway, count: int, *, after: int = 0) -> list[Waiting]:
    """What waits, once there are that many answers."""
    until = time.monotonic() + 20
    while len(found := list(gateway.list_waiting(after=after, limit=50))) < count:
        assert time.monotonic() < until, f"only {len(found)} answers came"
        time.sleep(0.02)
    return found


def answered(gateway: BureauGateway, number: int) -> list[Waiting]:
    """Two messages or more in the mailbox."""
    if isinstance(gateway, FakeBureau):
        for text in (b"one", b"two"):
            gateway.post(text)
    else:
        content = tagged(number)
        gateway.send(content=content, sha256=sha256(content).hexdigest())
    return waiting_for(gateway, 2)


def test_a_file_is_taken_and_given_a_number(gateway: BureauGateway) -> None:
    content = tagged(1)

    receipt = gateway.send(content=content, sha256=sha256(content).hexdigest())

    assert receipt.control_number
    assert not receipt.is_duplicate


def test_the_same_bytes_again_give_the_same_number(gateway: BureauGateway) -> None:
    content = tagged(2)
    digest = sha256(content).hexdigest()

    first, again = [gateway.send(content=content, sha256=digest) for _ in range(2)]

    assert (first.control_number, again.is_duplicate) == (again.control_number, True)


def test_a_message_waits_with_its_digest_until_it_is_deleted(gateway: BureauGateway) -> None:
    message = answered(gateway, 3)[0]

    contents = {gateway.fetch(message) for _ in range(2)}
    gateway.delete(message)
    gateway.delete(message)

    assert {sha256(content).hexdigest() for content in contents} == {message.sha256}
    assert message.number not in [item.number for item in gateway.list_waiting(after=0, limit=50)]


def test_a_listing_is_in_order_limited_and_starts_after_a_number(gateway: BureauGateway) -> None:
    messages = answered(gateway, 4)
    first = messages[0].number

    numbers = [item.number for item in messages]
    after = list(gateway.list_waiting(after=first, limit=50))
    limited = list(gateway.list_waiting(after=0, limit=1))

    assert numbers == sorted(numbers)
    assert first not in [item.number for item in after]
    assert [item.number for item in limited] == [first]


def test_it_says_whether_it_can_be_reached(gateway: BureauGateway) -> None:
    assert gateway.is_reachable()


@pytest.mark.parametrize("implementation", [HttpBureau, FakeBureau])
def test_every_implementation_has_the_methods_of_the_port(implementation: type) -> None:
    wanted = [name for name in vars(BureauGateway) if not name.startswith("_")]

    for name in wanted:
        port = inspect.signature(getattr(BureauGateway, name)).parameters
        ours = inspect.signature(getattr(implementation, name)).parameters
        assert list(ours) == list(port), name


# -- a real process that misbehaves --------------------------------------------------------------------------


def test_a_bureau_that_says_503_is_tried_again(simulator: Simulators, http: Connect) -> None:
    gateway = http(simulator("--fault", "503:1").url, timeout=5)
    content = tagged(10)
    digest = sha256(content).hexdigest()

    with pytest.raises(Transient) as refused:
        gateway.send(content=content, sha256=digest)

    assert refused.value.code == "http_503"
    assert not gateway.send(content=content, sha256=digest).is_duplicate


def test_a_connection_that_breaks_after_the_file_was_taken_gives_one_transaction(
    simulator: Simulators, http: Connect
) -> None:
    gateway = http(simulator("--fault", "drop:1").url, timeout=5)
    content = tagged(11)
    digest = sha256(content).hexdigest()

    with pytest.raises(Transient):
        gateway.send(content=content, sha256=digest)

    assert gateway.send(content=content, sha256=digest).is_duplicate


def test_a_slow_bureau_is_given_up_in_time(simulator: Simulators, http: Connect) -> None:
    process = simulator("--fault", "slow:2")
    gateway = http(process.url, timeout=0.3)
    content = tagged(12)
    started = time.monotonic()

    with pytest.raises(Transient) as refused:
        gateway.send(content=content, sha256=sha256(content).hexdigest())

    assert refused.value.code == "timed_out"
    assert time.monotonic() - started < 1.5


@pytest.mark.filterwarnings(
    # httpcore does not close a Unix socket that could not be connected
    "ignore:unclosed <socket:ResourceWarning",
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
)
def test_a_killed_bureau_is_unreachable_and_keeps_what_it_took(simulator: Simulators, http: Connect) -> None:
    process = simulator()
    gateway = http(process.url, timeout=5)
    content = tagged(13)
    digest = sha256(content).hexdigest()
    first = gateway.send(content=content, sha256=digest)
    process.kill()

    with pytest.raises(Transient):
        gateway.send(content=content, sha256=digest)
    reachable = gateway.is_reachable()
    process.start()

    assert not reachable
    again = gateway.send(content=content, sha256=digest)
    assert again == Receipt(first.control_number, is_duplicate=True)


def test_a_wrong_digest_is_refused_for_good(simulator: Simulators, http: Connect) -> None:
    gateway = http(simulator().url, timeout=5)

    with pytest.raises(Permanent) as refused:
        gateway.send(content=tagged(14), sha256="0" * 64)

    assert refused.value.code == "refused"


def test_what_the_simulator_answers_is_what_we_read(simulator: Simulators, http: Connect) -> None:
    gateway = http(simulator().url, timeout=5)
    content = tagged(15)
    gateway.send(content=content, sha256=sha256(content).hexdigest())

    read = [read_reply(gateway.fetch(message)) for message in waiting_for(gateway, 3)]

    assert {(item.source, item.outcome, item.problem) for item in read} == {
        ("state", "non_identification", ""),
        ("fbi", "non_identification", ""),
        ("dhs", "non_identification", ""),
    }
    assert {item.tcr for item in read} == {f"TX20260319{15:012d}"}


# -- answers no bureau should give ---------------------------------------------------------------------------


def answering(response: Callable[[httpx.Request], httpx.Response]) -> HttpBureau:
    gateway = HttpBureau("http://bureau.invalid", timeout=1)
    gateway._client = httpx.Client(transport=httpx.MockTransport(response), base_url="http://bureau.invalid")
    return gateway


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (500, Transient, "http_500"),
        (502, Transient, "http_502"),
        (429, Transient, "http_429"),
        (408, Transient, "http_408"),
        (400, Permanent, "http_400"),
        (401, Permanent, "http_401"),
        (404, Permanent, "http_404"),
        (422, Permanent, "refused"),
        (302, Permanent, "http_302"),
    ],
)
def test_each_status_is_worth_another_try_or_not(status: int, error: type[Exception], code: str) -> None:
    gateway = answering(lambda request: httpx.Response(status, json={"error": "SAMPLE, ONE is refused."}))

    with pytest.raises(error) as refused:
        gateway.send(content=b"x", sha256="0")

    assert refused.value.code == code  # type: ignore[attr-defined]
    assert "SAMPLE" not in str(refused.value)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"control_number": 7}', b'{"control_number": ""}', b'{"other": 1}']
)
def test_a_receipt_that_makes_no_sense_is_tried_again(body: bytes) -> None:
    gateway = answering(lambda request: httpx.Response(202, content=body))

    with pytest.raises(Transient):
        gateway.send(content=b"x", sha256="0")


@pytest.mark.parametrize("body", [b"{}", b'{"messages": [{"id": "x", "sha256": "y"}]}', b'{"messages": [7]}'])
def test_a_listing_that_makes_no_sense_is_tried_again(body: bytes) -> None:
    gateway = answering(lambda request: httpx.Response(200, content=body))

    with pytest.raises(Transient):
        gateway.list_waiting(after=0, limit=1)


def test_a_message_that_arrives_damaged_stays_at_the_bureau() -> None:
    gateway = answering(lambda request: httpx.Response(200, content=b"cut sho"))

    with pytest.raises(Transient) as refused:
        gateway.fetch(Waiting(1, sha256(b"cut short").hexdigest()))

    assert refused.value.code == "message_damaged"


def test_a_message_of_absurd_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.gateways.bureau.MAX_MESSAGE_BYTES", 10)
    gateway = answering(lambda request: httpx.Response(200, content=b"x" * 11))

    with pytest.raises(Permanent):
        gateway.fetch(Waiting(1, sha256(b"x" * 11).hexdigest()))


def test_any_failure_of_the_library_is_one_of_our_two_errors() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.DecodingError("nonsense", request=request)

    with pytest.raises(Transient):
        answering(broken).delete(Waiting(1, ""))


def test_one_process_shares_one_bureau_for_each_address() -> None:
    one, two = shared_bureau("http://a.invalid", timeout=1), shared_bureau("http://b.invalid", timeout=1)

    assert one is shared_bureau("http://a.invalid", timeout=1)
    assert one is not two


def test_the_settings_wire_the_http_gateway(settings: Any) -> None:
    from matching import gateways, ports

    before = dict(ports._gateways)
    settings.BUREAU_URL = "http://c.invalid"
    settings.BUREAU_TIMEOUT_SECONDS = 1
    try:
        gateways.register()
        assert isinstance(ports.gateway_for(ports.BUREAU), HttpBureau)
    finally:
        ports._gateways.clear()
        ports._gateways.update(before)
