"""The bureau's wire: HTTP on a Unix socket or on TCP. Nothing of a file's contents is ever logged."""

import base64
import errno
import hashlib
import json
import logging
import os
import socket
import socketserver
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from matching.formats.errors import EftError
from matching.formats.limits import MAX_FILE_BYTES
from matching.simulator.bureau import check_readable
from matching.simulator.options import Faults
from matching.simulator.spool import Spool, Waiting
from matching.simulator.worker import Worker

log = logging.getLogger("matching.simulator")
LONGEST_SOCKET_PATH = 100
MOST_LISTED = 500
LONGEST_LISTED = 64 * 1024
_TRANSACTIONS, _MAILBOX, _HEALTH = "/v1/transactions", "/v1/mailbox", "/v1/health"
_DELETE = f"{_MAILBOX}/delete"


class Service:
    """What the handlers share."""

    def __init__(self, spool: Spool, worker: Worker, faults: Faults) -> None:
        self.spool = spool
        self.worker = worker
        self.faults = faults
        self._guard = threading.Lock()

    def takes_fault(self, name: str) -> bool:
        """Count a limited fault down; True while it lasts."""
        with self._guard:
            left: int = getattr(self.faults, name)
            if left > 0:
                setattr(self.faults, name, left - 1)
            return left > 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "bureau"
    sys_version = ""
    timeout = 30
    service: Service

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == _HEALTH:
            is_well = self.service.worker.is_alive()
            status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
            self._send_json(status, {"status": "ok" if is_well else "the worker has ended"})
        elif url.path == _MAILBOX:
            self._list(parse_qs(url.query))
        elif (number := self._number(url.path)) is not None:
            self._fetch(number)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def do_DELETE(self) -> None:
        number = self._number(urlsplit(self.path).path)
        if number is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
            return
        self.service.spool.delete(number)
        self._send(HTTPStatus.NO_CONTENT, b"", "")

    def do_POST(self) -> None:
        content = self._body()
        if content is None:
            return
        path = urlsplit(self.path).path
        if path == _DELETE:
            self._delete_all(content)
        elif path != _TRANSACTIONS:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
        elif self.service.takes_fault("unavailable"):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The bureau is not available; try again later.")
        elif self.headers.get("X-Digest-SHA256", "").lower() != (
            digest := hashlib.sha256(content).hexdigest()
        ):
            message = "X-Digest-SHA256 does not fit the body; send the file again."
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, message)
        else:
            self._submit(content, digest)

    def _submit(self, content: bytes, digest: str) -> None:
        try:
            check_readable(content)
        except EftError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, error.errors[0].message)
            return
        transaction, is_duplicate = self.service.spool.accept(content, digest=digest)
        self.service.worker.wake()
        log.info("%s accepted%s", transaction.control_number, " again" if is_duplicate else "")
        if self.service.takes_fault("dropped"):
            self.close_connection = True
            return
        answer = {"control_number": transaction.control_number, "duplicate": is_duplicate}
        self._send_json(HTTPStatus.ACCEPTED, answer)

    def _list(self, query: dict[str, list[str]]) -> None:
        try:
            after, limit = int(query.get("after", ["0"])[0]), int(query.get("limit", ["50"])[0])
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST, "after and limit must be whole numbers.")
            return
        waiting = self.service.spool.waiting(after=after, limit=max(1, min(limit, MOST_LISTED)))
        with_contents = query.get("contents") == ["1"]
        self._send_json(HTTPStatus.OK, {"messages": [_entry(item, with_contents) for item in waiting]})

    def _fetch(self, number: int) -> None:
        content = self.service.spool.message(number)
        if content is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such message; it may have been deleted.")
        else:
            self._send(HTTPStatus.OK, content, "application/octet-stream")

    def _delete_all(self, body: bytes) -> None:
        try:
            numbers = [int(number) for number in json.loads(body)["ids"]]
        except (ValueError, TypeError, KeyError):
            self._refuse(HTTPStatus.BAD_REQUEST, 'Send {"ids": [...]} with the numbers of messages.')
            return
        for number in numbers:
            self.service.spool.delete(number)
        self._send(HTTPStatus.NO_CONTENT, b"", "")

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or len(length) > 9 or int(length) > MAX_FILE_BYTES:
            self.close_connection = True
            message = f"Send one file of at most {MAX_FILE_BYTES} bytes with its Content-Length."
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, message)
            return None
        content = self.rfile.read(int(length))
        if len(content) != int(length):
            self.close_connection = True
            return None
        return content

    def _number(self, path: str) -> int | None:
        text = path.removeprefix(f"{_MAILBOX}/")
        return int(text) if text != path and text.isascii() and text.isdigit() and len(text) <= 12 else None

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        self._send_json(status, {"error": sentence})

    def _send_json(self, status: HTTPStatus, value: dict[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: HTTPStatus, content: bytes, media_type: str) -> None:
        if self.service.faults.slow:
            time.sleep(self.service.faults.slow)
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: their paths and headers are the sender's words."""


def _entry(item: Waiting, with_contents: bool) -> dict[str, Any]:
    """A message as the list shows it; a short one with its contents, when they were asked for."""
    entry: dict[str, Any] = {"id": item.id, "sha256": item.sha256}
    if with_contents and len(item.content) <= LONGEST_LISTED:
        entry["content"] = base64.b64encode(item.content).decode()
    return entry


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class _TcpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def serve_unix(path: Path, service: Service) -> socketserver.BaseServer:
    """Listen on a socket only this account can open; a socket left by a killed process is replaced."""
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ValueError(f"The socket path is longer than {LONGEST_SOCKET_PATH} bytes; choose a shorter one.")
    if path.is_socket():
        _remove_dead(path)
    mask = os.umask(0o177)
    try:
        return _UnixServer(str(path), _handler(service))
    finally:
        os.umask(mask)


def serve_tcp(host: str, port: int, service: Service) -> socketserver.BaseServer:
    return _TcpServer((host, port), _handler(service))


def _handler(service: Service) -> type[Handler]:
    return type("BoundHandler", (Handler,), {"service": service})


def _remove_dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno not in (errno.ECONNREFUSED, errno.ENOENT):
                raise
            path.unlink(missing_ok=True)
            return
    raise ValueError(f"Another process listens on {path}; stop it first.")
