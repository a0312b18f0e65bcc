"""Decodes images in child processes: header first, then a child per batch, one refusal per image that fails.

A child that crashes, hangs or answers nonsense costs the image it was working on; the rest go to a new child.
"""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from matching.imaging.frames import DECODED, FRAME, REFUSED, Item, Job
from matching.imaging.headers import CODECS, RAW, image_size
from matching.imaging.images import EncodedImage, GreyImage, Limits, Refusal

MAX_BATCH = 14
MIN_SIDE, MAX_SIDE = 32, 5000
_ROOT = Path(__file__).resolve().parents[2]
_LONGEST_CODE = 64
_SENTENCES = {
    "unsupported": "is compressed in a way that is not supported; send it as WSQ.",
    "header": "has no readable header; scan the finger again.",
    "size_differs": "has another width or height than its record says; scan the finger again.",
    "too_small": f"is smaller than {MIN_SIDE} pixels on one side; scan the finger again.",
    "too_large": "is larger than is processed here; send single fingers at 500 pixels per inch.",
    "damaged": "is damaged; scan the finger again.",
    "crashed": "made the decoder fail; scan the finger again.",
    "timeout": "took too long to decode; scan the finger again.",
    "memory": "needs too much memory to decode; scan the finger again.",
}

Decoded = GreyImage | Refusal


def decode(images: Sequence[EncodedImage], *, limits: Limits | None = None) -> list[Decoded]:
    """Decode in order; each image gives its pixels or a refusal, and none can harm the calling process."""
    limits = limits or Limits()
    results: list[Decoded | None] = [_without_child(image, limits) for image in images]
    waiting = [index for index, result in enumerate(results) if result is None]
    until = time.monotonic() + limits.batch_wall_seconds
    while waiting:
        batch = waiting[:MAX_BATCH]
        if time.monotonic() >= until:
            outcomes: list[Decoded] = [refusal(images[index], "timeout") for index in batch]
        else:
            outcomes = _decode_some([images[index] for index in batch], limits, until)
        for index, outcome in zip(batch, outcomes, strict=False):
            results[index] = outcome
        waiting = waiting[len(outcomes) :]
    return [result for result in results if result is not None]


def refusal(image: EncodedImage, code: str) -> Refusal:
    return Refusal(code, f"{image.label} {_SENTENCES.get(code, _SENTENCES['crashed'])}")


def _without_child(image: EncodedImage, limits: Limits) -> Decoded | None:
    """What can be said from compression and header alone; None when a decoder has to look."""
    codec = CODECS.get(image.compression)
    if codec is None:
        return refusal(image, "unsupported")
    stated = (image.width or 0, image.height or 0)
    size = stated if codec == RAW else image_size(image.compression, image.data)
    if size is None:
        return refusal(image, "header")
    if size[0] != (image.width or size[0]) or size[1] != (image.height or size[1]):
        return refusal(image, "size_differs")
    if min(size) < MIN_SIDE:
        return refusal(image, "too_small")
    if max(size) > MAX_SIDE or size[0] > limits.max_width or size[1] > limits.max_height:
        return refusal(image, "too_large")
    if codec == RAW:
        if len(image.data) != size[0] * size[1]:
            return refusal(image, "size_differs")
        return _grey(image.data, size, image.ppi)
    return None


def _decode_some(images: Sequence[EncodedImage], limits: Limits, until: float) -> list[Decoded]:
    """Results of the leading images: all of them, or up to and with the one that ended the child."""
    items = [_item(image) for image in images]
    job = Job(tuple(items), limits.cpu_seconds, limits.memory_bytes)
    done: list[Decoded] = []
    with tempfile.TemporaryFile() as source:
        source.write(job.pack())
        source.writelines(image.data for image in images)
        source.seek(0)
        with _child(source.fileno()) as child:
            reader = _Reader(child, limits.wall_seconds, until)
            for index, (image, item) in enumerate(zip(images, items, strict=True)):
                outcome = reader.next_outcome(index, image, item)
                if isinstance(outcome, str):
                    return [*done, refusal(image, outcome)]
                done.append(outcome)
    return done


def _item(image: EncodedImage) -> Item:
    width, height = image_size(image.compression, image.data) or (0, 0)
    return Item(CODECS[image.compression], len(image.data), width, height)


def _grey(data: bytes, size: tuple[int, int], ppi: int) -> GreyImage:
    return GreyImage(np.frombuffer(data, dtype=np.uint8).reshape(size[1], size[0]).copy(), ppi)


@contextmanager
def _child(source: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A child in its own session with an empty environment; killed with its group whatever happens."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
    }
    child = subprocess.Popen(
        [sys.executable, "-s", "-m", "matching.imaging.child"],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


class _Reader:
    """Reads frames under a wall clock and believes none that does not fit its image."""

    def __init__(self, child: "subprocess.Popen[bytes]", seconds: float, until: float) -> None:
        self._child = child
        self._seconds = seconds
        self._until = until

    def next_outcome(self, index: int, image: EncodedImage, item: Item) -> Decoded | str:
        """A result, or the code of what ended the child."""
        deadline = min(time.monotonic() + self._seconds, self._until)
        head = self._read(FRAME.size, deadline)
        if isinstance(head, str):
            return head
        status, place, length = FRAME.unpack(head)
        expected = item.width * item.height
        if place != index or (status == DECODED and length != expected):
            return "crashed"
        if status not in (DECODED, REFUSED) or (status == REFUSED and length > _LONGEST_CODE):
            return "crashed"
        body = self._read(length, deadline)
        if isinstance(body, str):
            return body
        if status == REFUSED:
            return refusal(image, body.decode("ascii", "replace"))
        return _grey(body, (item.width, item.height), image.ppi)

    def _read(self, length: int, deadline: float) -> bytes | str:
        if self._child.stdout is None:
            return "crashed"
        pipe = self._child.stdout.fileno()
        parts = bytearray()
        while len(parts) < length:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return "timeout"
            part = os.read(pipe, min(length - len(parts), 1 << 20))
            if not part:
                return "timeout" if self._child.wait() == -signal.SIGXCPU else "crashed"
            parts += part
        return bytes(parts)
