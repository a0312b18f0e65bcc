"""Reads the size of an encoded image from its header, before anything decodes it; never raises."""

WSQ, PNG, JPEG, RAW = "WSQ", "PNG", "JPEG", "RAW"
CODECS = {"WSQ20": WSQ, "WSQ": WSQ, "PNG": PNG, "JPEGB": JPEG, "NONE": RAW}

_WSQ_START = b"\xff\xa0"
_WSQ_FRAME, _WSQ_BLOCK = 0xA2, 0xA3
_WSQ_TABLES = frozenset({0xA4, 0xA5, 0xA6, 0xA8})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def image_size(compression: str, data: bytes) -> tuple[int, int] | None:
    """Width and height that the image itself declares, None where it has no header that we can read."""
    codec = CODECS.get(compression)
    if codec == WSQ:
        return wsq_size(data)
    if codec == PNG:
        return _png_size(data)
    return _jpeg_size(data) if codec == JPEG else None


def has_header(compression: str) -> bool:
    """Whether images of this compression declare their size in a way that we read."""
    return CODECS.get(compression, RAW) != RAW


def wsq_size(data: bytes) -> tuple[int, int] | None:
    """Exactly one frame header must come before the first block; anything else counts as unreadable."""
    if data[:2] != _WSQ_START:
        return None
    position, size = 2, None
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == _WSQ_BLOCK:
            return size
        if marker == _WSQ_FRAME and length == 17 and size is None and position + 10 <= len(data):
            height = int.from_bytes(data[position + 6 : position + 8], "big")
            size = int.from_bytes(data[position + 8 : position + 10], "big"), height
        elif marker not in _WSQ_TABLES or length < 2:
            return None
        position += 2 + length
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[:16] != _PNG_START or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    if data[:2] != b"\xff\xd8":
        return None
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in _JPEG_FRAMES:
            height = int.from_bytes(data[position + 5 : position + 7], "big")
            return int.from_bytes(data[position + 7 : position + 9], "big"), height
        if marker in _JPEG_BARE:
            position += 2
            continue
        if length < 2:
            return None
        position += 2 + length
    return None
