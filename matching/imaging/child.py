"""The only process that decodes fingerprint images: `python -m matching.imaging.child`, started by `parent`.

It has no network of ours, no files, no privileges and little memory, and it is expected to die on bad input.
"""

import io
import os
import pwd
import resource
import sys
from importlib import import_module
from typing import Any, BinaryIO

from matching.imaging.frames import DAMAGED, DECODED, FRAME, HEADER, MEMORY, REFUSED, SIZE_DIFFERS, Item, Job
from matching.imaging.headers import WSQ

_PILLOW_FORMATS = {"PNG": "PNG", "JPEG": "JPEG"}
_NOBODY = "nobody"


def main() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    job = Job.unpack(source.read(HEADER.unpack(source.read(HEADER.size))[0]))
    libraries = _libraries(job)
    _drop_privileges()
    _limit(job)
    for index, item in enumerate(job.items):
        _renew_cpu(job.cpu_seconds)
        _send(sink, index, *_decode(libraries, item, source.read(item.length)))


def _libraries(job: Job) -> dict[str, Any]:
    """Import before privileges go: afterwards the installation may be unreadable."""
    wanted = {item.codec for item in job.items}
    found: dict[str, Any] = {WSQ: import_module("_wsq")} if WSQ in wanted else {}
    if wanted - {WSQ}:
        found["PIL"] = import_module("PIL.Image")
        found["PIL"].preinit()
    return found


def _drop_privileges() -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(_NOBODY)
        os.setgroups([])
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    os.chdir("/")


def _limit(job: Job) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))
    for name in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        resource.setrlimit(name, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    whole = job.cpu_seconds * (len(job.items) + 1) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole))


def _renew_cpu(seconds: int) -> None:
    """The soft limit counts from now on, so that one image cannot spend another's time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(
        resource.RLIMIT_CPU, (min(hard, int(used.ru_utime + used.ru_stime) + seconds + 1), hard)
    )


def _decode(libraries: dict[str, Any], item: Item, data: bytes) -> tuple[int, bytes]:
    try:
        pixels, size = _wsq(libraries, data) if item.codec == WSQ else _pillow(libraries, item, data)
    except MemoryError:
        return REFUSED, MEMORY
    except Exception:  # noqa: BLE001  whatever a decoder throws at hostile bytes is the same to us
        return REFUSED, DAMAGED
    if size != (item.width, item.height) or len(pixels) != item.width * item.height:
        return REFUSED, SIZE_DIFFERS
    return DECODED, pixels


def _wsq(libraries: dict[str, Any], data: bytes) -> tuple[bytes, tuple[int, int]]:
    pixels, width, height, _ = libraries[WSQ].decompress(data)
    return bytes(pixels), (width, height)


def _pillow(libraries: dict[str, Any], item: Item, data: bytes) -> tuple[bytes, tuple[int, int]]:
    with libraries["PIL"].open(io.BytesIO(data), formats=[_PILLOW_FORMATS[item.codec]]) as image:
        grey = image.convert("L")
        return grey.tobytes(), grey.size


def _send(sink: BinaryIO, index: int, status: int, payload: bytes) -> None:
    sink.write(FRAME.pack(status, index, len(payload)))
    sink.write(payload)
    sink.flush()


if __name__ == "__main__":
    main()
