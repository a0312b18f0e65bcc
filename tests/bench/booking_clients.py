"""Clients of the API in a process of their own: each connection sends one booking after the other, with its file."""

import argparse
import base64
import http.client
import json
import queue
import sys
import threading
import time
from datetime import UTC, datetime

from tests.bench.booking_files import BookingToSend, bookings

BOUNDARY = "clearhold-bench-7f3a9c"
PATH = "/api/v1/bookings"


def form(booking: BookingToSend) -> tuple[str, bytes]:
    """The booking as a form with the file in a part of its own."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="booking"\r\n\r\n{json.dumps(booking.facts)}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="eft"; filename="booking.eft"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = b"".join((head, booking.eft, f"\r\n--{BOUNDARY}--\r\n".encode()))
    return f"multipart/form-data; boundary={BOUNDARY}", body


def document(booking: BookingToSend) -> tuple[str, bytes]:
    """The booking as one JSON document with the file in base64."""
    whole = booking.facts | {"eft": base64.b64encode(booking.eft).decode()}
    return "application/json", json.dumps(whole).encode()


def send_all(
    waiting: "queue.SimpleQueue[tuple[str, bytes]]",
    port: int,
    token: str,
    seconds: list[float],
    wrong: list[str],
) -> None:
    """One connection: post until nothing waits, noting how long each answer took and every answer that is not 201."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        try:
            media_type, body = waiting.get_nowait()
        except queue.Empty:
            connection.close()
            return
        began = time.perf_counter()
        headers = {"Content-Type": media_type, "Authorization": f"Bearer {token}"}
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != http.client.CREATED:
            wrong.append(f"{answer.status} {said[:300]!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--connections", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    token = sys.stdin.readline().strip()
    shape = document if words.json else form
    waiting: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    for booking in bookings(words.count, run=words.run, now=datetime.now(UTC)):
        waiting.put(shape(booking))
    print("ready", flush=True)
    sys.stdin.readline()
    seconds: list[float] = []
    wrong: list[str] = []
    cpu, began = time.process_time(), time.time()
    threads = [
        threading.Thread(target=send_all, args=(waiting, words.port, token, seconds, wrong))
        for _ in range(words.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = {
        "began": began,
        "ended": time.time(),
        "cpu": time.process_time() - cpu,
        "seconds": seconds,
        "wrong": wrong,
    }
    print(json.dumps(report), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
