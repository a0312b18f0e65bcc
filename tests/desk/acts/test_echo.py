import pytest
from django.urls import reverse


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2026-03-19 14:00", {"echo": "Thu 19 Mar 2026, 14:00 CDT"}),
        ("03/19/2026 2:00 PM", {"echo": "Thu 19 Mar 2026, 14:00 CDT"}),
        ("", {"echo": ""}),
    ],
)
def test_a_typed_time_is_read_back_in_full_with_its_zone(cast, desk, text, answer):
    response = desk("officer").get(reverse("desk:time"), {"zone": "America/Chicago", "text": text})

    assert response.json() == answer


def test_a_time_that_is_none_is_answered_with_its_sentence(cast, desk):
    response = desk("officer").get(
        reverse("desk:time"), {"zone": "America/Chicago", "text": "2026-03-08 02:30"}
    )

    assert "does not exist in America/Chicago" in response.json()["problem"]


def test_an_unknown_zone_is_not_found_and_strangers_are_refused(cast, desk):
    url = reverse("desk:time")

    assert desk("officer").get(url, {"zone": "../etc/passwd", "text": "x"}).status_code == 404
    assert desk("stranger").get(url, {"zone": "America/Chicago"}).status_code == 403
