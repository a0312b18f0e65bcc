"""The page of statistics through the browser's door: what it counts, for whom, and what it never shows."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agency
from audit.models import Access
from cases import services
from detainers.services import expire_due
from tests.matching.conftest import receive, sre

URL = "/admin/statistics/"


@pytest.fixture
def worked(road, cast):
    """One person released in time during a hold, and one an hour and a half after its end."""
    now = timezone.now()
    early, _detainer = road.held(eligible_at=now - timedelta(hours=3))
    late, _detainer = road.held(eligible_at=now - timedelta(hours=49, minutes=30))
    expire_due()
    for case in (early, late):
        services.release(
            case_id=case.pk, actor=cast.actor("officer"), at=now, reason="Released to the street."
        )
    return early, late


def cells(page: str, anchor: str) -> list[list[str]]:
    """The rows of the table under one heading, as text."""
    section = page.split(f'id="{anchor}"')[1].split("</section>")[0]
    body = section.split("<tbody>")[1].split("</tbody>")[0]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]


def summed(rows: list[list[str]], column: int) -> float:
    return sum(float(row[column].replace(",", "")) for row in rows)


def test_releases_are_counted_in_time_or_late(at_desk, worked):
    rows = cells(at_desk("supervisor").get(URL).content.decode(), "deadlines")
    assert summed(rows, 1) == 1
    assert summed(rows, 2) == 1
    assert {"1 h 30 min"} <= {row[4] for row in rows}


def test_hours_lie_in_the_months_in_which_they_were_spent(at_desk, worked):
    rows = cells(at_desk("supervisor").get(URL + "?months=12").content.decode(), "hours")
    assert len(rows) == 12
    assert summed(rows, 1) == pytest.approx(3 + 48, abs=0.2)
    assert summed(rows, 2) == pytest.approx(1.5, abs=0.1)


def test_work_is_counted_by_month_and_by_hour(at_desk, worked):
    page = at_desk("supervisor").get(URL).content.decode()
    rows = cells(page, "work")
    assert [summed(rows, column) for column in (1, 2, 3, 4)] == [2, 2, 2, 2]
    hours = cells(page, "hours-of-the-day")
    assert len(hours) == 24
    assert [summed(hours, column) for column in (1, 2)] == [2, 2]


def test_answer_times_are_shown_with_their_number(at_desk, checks, cast):
    submission = checks.open()
    receive(sre(submission, "fbi", "Y"))
    rows = cells(at_desk("supervisor").get(URL + "?months=24").content.decode(), "answers")
    told = [cell for row in rows for cell in row if "9 of 10 within" in cell]
    assert len(told) == 1
    assert told[0].endswith("(1)")


def test_an_empty_jail_has_a_page_of_zeros(at_desk, cast):
    page = at_desk("supervisor").get(URL).content.decode()
    assert summed(cells(page, "work"), 1) == 0
    assert {row[3] for row in cells(page, "deadlines")} == {"–"}


def test_no_person_is_on_the_page_and_the_look_is_recorded(at_desk, worked, cast):
    page = at_desk("supervisor").get(URL).content.decode()
    assert "SAMPLE" not in page.upper().replace("SAMPLE COUNTY", "")
    assert not any(case.number in page for case in worked)
    looked = Access.objects.get(action="statistics.opened")
    assert looked.query == "months=6"
    assert looked.object_type == "agency"


def test_another_jail_is_not_counted_and_cannot_be_asked_for(at_desk, worked, cast):
    other = at_desk("other_officer").get(URL).content.decode()
    assert summed(cells(other, "work"), 1) == 0
    mine = Agency.objects.get(pk=worked[0].agency_id).public_id
    assert at_desk("other_officer").get(URL, {"agency": str(mine)}).status_code == 404
    assert at_desk("supervisor").get(URL, {"agency": "1 OR 1=1"}).status_code == 404


def test_somebody_without_a_board_does_not_see_it(at_desk):
    assert at_desk("examiner").get(URL).status_code == 403


def test_the_number_of_queries_does_not_grow(at_desk, worked, road):
    client = at_desk("supervisor")
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    for _ in range(3):
        road.held(eligible_at=timezone.now() - timedelta(hours=1))
    with CaptureQueriesContext(connection) as more:
        client.get(URL + "?months=24")
    assert len(more) <= len(few) <= 20
