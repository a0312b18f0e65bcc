"""The state identification bureau over HTTP, by TCP or by a Unix socket (`http+unix://%2Frun%2Fbureau.sock`).

Translates the wire into `ports` and every failure into Transient or Permanent. What the peer writes in an
error is kept out of our sentences: it may repeat what we sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import httpx

from matching.ports import Permanent, Receipt, Transient, Waiting

UNIX: Final = "http+unix://"
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_WORTH_ANOTHER_TRY: Final = frozenset({408, 409, 425, 429})


class HttpBureau:
    """One bureau behind one URL. Safe to share between threads of a process, never between processes."""

    def __init__(self, url: str, *, timeout: float = 10.0, connect_timeout: float = 5.0) -> None:
        limits = httpx.Timeout(timeout, connect=min(connect_timeout, timeout))
        if url.startswith(UNIX):
            transport = httpx.HTTPTransport(uds=unquote(url.removeprefix(UNIX)).rstrip("/"))
            self._client = httpx.Client(transport=transport, base_url="http://bureau", timeout=limits)
        else:
            self._client = httpx.Client(base_url=url, timeout=limits)

    def send(self, *, content: bytes, sha256: str) -> Receipt:
        response = self._call(
            "POST",
            "/v1/transactions",
            content=content,
            headers={"X-Digest-SHA256": sha256, "Content-Type": "application/octet-stream"},
        )
        answer = _json(response)
        number = answer.get("control_number")
        if not isinstance(number, str) or not number or len(number) > 64:
            raise Transient("bad_receipt", "The bureau took the file but gave no control number.")
        return Receipt(control_number=number, is_duplicate=bool(answer.get("duplicate")))

    def list_waiting(self, *, after: int, limit: int) -> Sequence[Waiting]:
        params = {"after": after, "limit": limit, "contents": 1}
        answer = _json(self._call("GET", "/v1/mailbox", params=params))
        messages = answer.get("messages")
        if not isinstance(messages, list):
            raise Transient("bad_listing", "The bureau's list of messages could not be read.")
        try:
            return [_listed(item) for item in messages]
        except (KeyError, TypeError, ValueError) as error:
            raise Transient("bad_listing", "The bureau's list of messages could not be read.") from error

    def fetch(self, message: Waiting) -> bytes:
        content = message.content
        if content is None:
            content = self._call("GET", f"/v1/mailbox/{message.number}").content
        if len(content) > MAX_MESSAGE_BYTES:
            raise Permanent("message_too_large", "The message is larger than any answer we accept.")
        if hashlib.sha256(content).hexdigest() != message.sha256:
            raise Transient("message_damaged", "The message did not arrive whole; it stays at the bureau.")
        return content

    def delete(self, message: Waiting) -> None:
        self._call("DELETE", f"/v1/mailbox/{message.number}")

    def delete_all(self, messages: Sequence[Waiting]) -> None:
        body = json.dumps({"ids": [message.number for message in messages]}).encode()
        self._call("POST", "/v1/mailbox/delete", content=body, headers={"Content-Type": "application/json"})

    def is_reachable(self) -> bool:
        try:
            return self._client.get("/v1/health").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        self._client.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, int] | None = None,
    ) -> httpx.Response:
        try:
            response = self._client.request(method, path, content=content, headers=headers, params=params)
        except httpx.TimeoutException as error:
            raise Transient("timed_out", "The bureau did not answer in time.") from error
        except httpx.TransportError as error:
            raise Transient("unreachable", "The bureau could not be reached.") from error
        except httpx.HTTPError as error:
            raise Transient("broken_answer", "The bureau's answer broke off.") from error
        if response.is_success:
            return response
        raise _failure(response.status_code)


def _failure(status: int) -> Transient | Permanent:
    """5xx and a few 4xx are worth another try; everything else the bureau read and refused."""
    if status >= 500:
        return Transient(f"http_{status}", f"The bureau is not able to take messages now ({status}).")
    if status in _WORTH_ANOTHER_TRY:
        return Transient(f"http_{status}", f"The bureau asks to try again later ({status}).")
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        return Permanent(
            "refused", "The bureau read the file and refuses it (422). Correct it and send new prints."
        )
    return Permanent(f"http_{status}", f"The bureau refuses the request ({status}).")


def _listed(item: dict[str, Any]) -> Waiting:
    """One entry of the list, with the message where it came along. Raises KeyError, TypeError, ValueError."""
    content = base64.b64decode(item["content"], validate=True) if "content" in item else None
    return Waiting(number=int(item["id"]), sha256=str(item["sha256"]), content=content)


def _json(response: httpx.Response) -> dict[str, object]:
    try:
        answer = response.json()
    except ValueError as error:
        raise Transient("broken_answer", "The bureau's answer could not be read.") from error
    if not isinstance(answer, dict):
        raise Transient("broken_answer", "The bureau's answer could not be read.")
    return answer


_shared: dict[tuple[int, str], HttpBureau] = {}
_lock = threading.Lock()


def shared_bureau(url: str, *, timeout: float) -> HttpBureau:
    """The bureau of this process: connections are kept open between calls and never cross a fork."""
    key = (os.getpid(), url)
    with _lock:
        if key not in _shared:
            _shared[key] = HttpBureau(url, timeout=timeout)
        return _shared[key]
