"""What passes between parent and child: a job on standard input, a frame per image on standard output."""

import json
import struct
from dataclasses import asdict, dataclass

HEADER = struct.Struct("<I")  # length of the JSON that describes the job
FRAME = struct.Struct("<BBI")  # status, index of the image, length of what follows
DECODED, REFUSED = 1, 2
DAMAGED, MEMORY, SIZE_DIFFERS = b"damaged", b"memory", b"size_differs"


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a job: its codec, the length of its bytes and the size its header declares."""

    codec: str
    length: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Job:
    items: tuple[Item, ...]
    cpu_seconds: int
    memory_bytes: int

    def pack(self) -> bytes:
        body = json.dumps(asdict(self)).encode()
        return HEADER.pack(len(body)) + body

    @classmethod
    def unpack(cls, body: bytes) -> "Job":
        read = json.loads(body)
        items = tuple(Item(**item) for item in read["items"])
        return cls(items, read["cpu_seconds"], read["memory_bytes"])
