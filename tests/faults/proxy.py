"""Stands between the web server and PostgreSQL and cuts a connection at the COMMIT of a booking."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Literal

When = Literal["before", "after"]
WRITES = b'INSERT INTO "cases_case"'


class Proxy:
    """Passes every byte on, until it is armed: then it cuts the next connection that commits a booking, once.

    `before`: PostgreSQL never sees the COMMIT. `after`: it commits, and the client never hears of it.
    """

    def __init__(self, directory: Path, server: Path) -> None:
        self.server = server
        self.path = directory / server.name
        self._armed: When | None = None
        self._lock = threading.Lock()
        self.cuts: list[When] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, when: When) -> None:
        with self._lock:
            self._armed = when

    def close(self) -> None:
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            try:
                upstream.connect(str(self.server))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._down, args=(upstream, client), daemon=True).start()
            threading.Thread(target=self._up, args=(client, upstream), daemon=True).start()

    def _up(self, client: socket.socket, upstream: socket.socket) -> None:
        """From the client: look for the booking, then for its COMMIT."""
        books, tail = False, b""
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                seen = tail + data
                books = books or WRITES in seen
                tail = seen[-64:]
                if b"ROLLBACK" in data:
                    books = False
                if books and b"COMMIT" in data:
                    books = False
                    if (when := self._take()) is not None:
                        self._cut(when, data, client, upstream)
                        return
                upstream.sendall(data)
        _close(client, upstream)

    def _take(self) -> When | None:
        with self._lock:
            when, self._armed = self._armed, None
            return when

    def _cut(self, when: When, data: bytes, client: socket.socket, upstream: socket.socket) -> None:
        """The client's side goes first, so that no answer can reach it."""
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        if when == "after":
            upstream.sendall(data)
            with contextlib.suppress(OSError):
                upstream.settimeout(2)
                upstream.recv(65536)
        self.cuts.append(when)
        _close(client, upstream)

    def _down(self, upstream: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := upstream.recv(65536):
                client.sendall(data)
        _close(client, upstream)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
