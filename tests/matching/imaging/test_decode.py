import io
import os
import resource
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from matching.formats import itl
from matching.formats.prints import read_prints
from matching.imaging import EncodedImage, GreyImage, Limits, Refusal, decode, encode_wsq, from_print, parent
from tests.matching.formats.builders import pattern, prints_of

GOOD = EncodedImage("WSQ20", pattern(1), 96, 96, label="The image of finger position 1")
ANY_SIZE = Limits(max_width=70_000, max_height=70_000, wall_seconds=6)


def outcomes(images, **options):
    return [getattr(result, "code", "decoded") for result in decode(images, **options)]


def wsq_file(path):
    return EncodedImage("WSQ20", path.read_bytes(), label=path.name)


def test_it_decodes_to_the_reference_pixels(itl_data):
    [image] = decode([wsq_file(itl_data / "wsq" / "sample.wsq")])

    reference = np.asarray(Image.open(itl_data / "wsq" / "sample.png").convert("L"))
    assert np.array_equal(image.pixels, reference)
    assert image.pixels.dtype == np.uint8


def test_it_decodes_a_whole_card_in_one_child(itl_data, monkeypatch):
    started = []
    original = subprocess.Popen
    monkeypatch.setattr(
        parent.subprocess, "Popen", lambda *args, **kw: started.append(args) or original(*args, **kw)
    )
    content = (itl_data / "synthetic" / "car-type4-14prints.eft").read_bytes()
    prints, _ = read_prints(itl.read(content))

    results = decode([from_print(image) for image in prints])

    assert len(results) == 14
    assert all(isinstance(result, GreyImage) for result in results)
    assert len(started) == 1


def test_it_refuses_every_malformed_image_and_decodes_the_rest(itl_data):
    bad = [wsq_file(path) for path in sorted((itl_data / "malformed" / "wsq").glob("*.wsq"))]
    assert len(bad) == 5

    results = outcomes([GOOD, *bad, GOOD])

    assert results[0] == results[-1] == "decoded"
    assert "decoded" not in results[1:-1]
    assert "crashed" in results


def test_a_hang_or_crash_costs_only_its_own_image(itl_data, monkeypatch):
    """Without the check of the header, the decoder itself meets the sizes that hang and crash it."""
    monkeypatch.setattr(parent, "MAX_SIDE", 1 << 20)
    bad = [wsq_file(path) for path in sorted((itl_data / "malformed" / "wsq").glob("*.wsq"))]

    results = outcomes([GOOD, *bad, GOOD], limits=replace(ANY_SIZE, cpu_seconds=1))

    assert results[0] == results[-1] == "decoded"
    assert set(results[1:-1]) <= {"crashed", "timeout", "memory", "damaged", "size_differs"}


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (replace(GOOD, compression="JP2"), "unsupported"),
        (replace(GOOD, compression="code 9"), "unsupported"),
        (replace(GOOD, data=b""), "header"),
        (replace(GOOD, data=b"\xff\xa0" + b"\x00" * 50), "header"),
        (replace(GOOD, width=97), "size_differs"),
        (replace(GOOD, height=95), "size_differs"),
        (replace(GOOD, data=pattern(1)[:-300]), "damaged"),
        (EncodedImage("NONE", bytes(40 * 40), 40, 40), "decoded"),
        (EncodedImage("NONE", bytes(40 * 39), 40, 40), "size_differs"),
        (EncodedImage("NONE", bytes(20 * 40), 20, 40), "too_small"),
        (EncodedImage("NONE", bytes(40 * 1001), 1001, 40), "too_large"),
        (EncodedImage("NONE", b"", None, None), "too_small"),
    ],
)
def test_it_says_why_it_refuses(image, code):
    [result] = decode([image])

    assert getattr(result, "code", "decoded") == code
    if isinstance(result, Refusal):
        assert result.message.startswith(image.label)
        assert result.message.endswith(".")


def test_it_decodes_png_and_jpeg():
    grey = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1)))
    images = []
    for name, kind in (("PNG", "PNG"), ("JPEGB", "JPEG")):
        sink = io.BytesIO()
        grey.save(sink, kind)
        images.append(EncodedImage(name, sink.getvalue(), 64, 48))

    png, jpeg = decode(images)

    assert np.array_equal(png.pixels, np.asarray(grey))
    assert jpeg.pixels.shape == (48, 64)


def test_a_png_bomb_is_stopped_by_its_header():
    sink = io.BytesIO()
    Image.new("L", (8000, 8000)).save(sink, "PNG")

    assert outcomes([EncodedImage("PNG", sink.getvalue())]) == ["too_large"]


def test_memory_is_bounded():
    sink = io.BytesIO()
    Image.new("L", (5000, 5000)).save(sink, "PNG")
    small = replace(ANY_SIZE, memory_bytes=70 << 20)

    assert outcomes([EncodedImage("PNG", sink.getvalue())], limits=small)[0] in {
        "memory",
        "damaged",
        "crashed",
    }


def test_more_than_a_batch_keeps_its_order():
    images = [from_print(image) for person in (1, 2) for image in prints_of(person)]

    results = decode(images)

    assert len(results) == 20
    for image, result in zip(images, results, strict=True):
        assert np.array_equal(result.pixels, decode([image])[0].pixels)


def test_time_for_the_whole_call_is_bounded():
    assert outcomes([GOOD, GOOD], limits=Limits(batch_wall_seconds=0)) == ["timeout", "timeout"]


PROBE = """
import os, resource, sys
from matching.imaging import child
from matching.imaging.frames import Job
child._drop_privileges()
child._limit(Job((), 3, 512 << 20))
print(os.getuid(), resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0])
try:
    open("/tmp/child-must-not-write", "w")
except OSError:
    print("no files")
"""


def test_the_child_has_no_privileges_and_no_files():
    import sys

    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=True,
        cwd=parent._ROOT,
        timeout=30,
    )

    uid, memory, core = map(int, done.stdout.splitlines()[0].split())
    assert uid == os.getuid() or (os.getuid() == 0 and uid != 0)
    assert (memory, core) == (512 << 20, 0)
    assert done.stdout.splitlines()[1] == "no files"


def test_the_environment_of_the_caller_stays_with_the_caller(monkeypatch):
    seen = {}
    original = subprocess.Popen
    monkeypatch.setenv("CLEARHOLD_SECRET", "x")
    monkeypatch.setattr(
        parent.subprocess, "Popen", lambda *args, **kw: seen.update(kw) or original(*args, **kw)
    )

    assert outcomes([GOOD]) == ["decoded"]

    assert set(seen["env"]) == {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG"}
    assert seen["start_new_session"]


def test_no_child_and_no_descriptor_is_left_behind():
    before = len(os.listdir("/proc/self/fd"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    decode([GOOD])

    assert len(os.listdir("/proc/self/fd")) == before
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > used


def test_what_we_encode_we_can_decode():
    y, x = np.mgrid[0:200, 0:160]
    pixels = (128 + 60 * np.sin(x / 1.4 + y / 3)).astype(np.uint8)  # about the period of ridges

    [image] = decode([EncodedImage("WSQ20", encode_wsq(pixels), 160, 200)])

    assert np.abs(image.pixels.astype(int) - pixels).mean() < 4
    with pytest.raises(ValueError, match="uint8"):
        encode_wsq(pixels.astype(float))
