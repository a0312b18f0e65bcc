import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from matching.imaging.headers import has_header, image_size
from tests.matching.formats.builders import pattern


def encoded(kind, size=(48, 40)):
    sink = io.BytesIO()
    Image.new("L", size, 128).save(sink, kind)
    return sink.getvalue()


def test_it_reads_the_size_of_each_codec():
    assert image_size("WSQ20", pattern(1)) == (96, 96)
    assert image_size("PNG", encoded("PNG")) == (48, 40)
    assert image_size("JPEGB", encoded("JPEG")) == (48, 40)
    assert image_size("NONE", b"") is None
    assert image_size("JP2", b"") is None


def test_raw_and_unknown_compressions_declare_no_size():
    assert [has_header(name) for name in ("WSQ20", "PNG", "JPEGB", "NONE", "JP2")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_second_frame_header_makes_a_wsq_unreadable():
    image = pattern(1)
    frame = image.index(b"\xff\xa2")

    assert image_size("WSQ20", image[:frame] + image[frame : frame + 19] + image[frame:]) is None


@pytest.mark.parametrize("compression", ["WSQ20", "PNG", "JPEGB"])
@given(data=st.binary(max_size=80), cut=st.integers(0, 200))
def test_it_never_raises(compression, data, cut):
    start = {"WSQ20": pattern(1), "PNG": encoded("PNG"), "JPEGB": encoded("JPEG")}[compression]

    image_size(compression, start[:cut] + data)
    image_size(compression, data)
