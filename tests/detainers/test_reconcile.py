"""A federal list beside the register: read line by line, compared, and decided by people."""

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, transaction

from accounts.errors import IllegalMove, Invalid, NotPermitted
from audit.models import Event
from detainers import services
from detainers.formdata import FormDetails
from detainers.models import Difference, FederalList
from detainers.reconcile import ListError, Ours, Read, Theirs, compare, read
from tests.detainers.builders import Road, ago

DAY = date(2026, 3, 18)


def kinds(found: object) -> list[tuple[str, int | None]]:
    return [(item.kind.value, item.line) for item in found.found]  # type: ignore[attr-defined]


def test_a_list_is_read_with_every_bad_line_named_and_nothing_lost() -> None:
    text = (
        "\ufeffDetainer_Date,Event_Number,Facility,Birth_Year,Gender,Mood\r\n"
        "2026-03-18 00:00:00,EV-1,CEDARTX,1990,Female,\r\n"
        "\r\n"
        "3/19/2026,EV-2,CEDARTX,,Male,\r\n"
        "soon,EV-3,CEDARTX,1990,,\r\n"
        ",EV-4,CEDARTX,1990,,\r\n"
        "2026-02-30,EV-5,CEDARTX,1990,,\r\n"
        "2026-03-20,a,b,c,d,e,f\r\n"
    )

    found = read(text.encode())

    assert [(row.line, row.on, row.event_number) for row in found.rows] == [
        (2, date(2026, 3, 18), "EV-1"),
        (4, date(2026, 3, 19), "EV-2"),
    ]
    assert [line for line, _sentence in found.wrong] == [5, 6, 7, 8]
    assert "'soon' is no date" in found.wrong[0][1]
    assert found.ignored == ("mood",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"name,colour\n", "names no column detainer_date"),
        (b"", "names no column"),
        (b"detainer_date\n" + b"2026-03-18\n" * 20_001, "more than 20000 rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(ListError, match=words):
        read(content)


def test_number_then_date_and_year_match_and_the_rest_is_only_on_one_side() -> None:
    theirs = Read(
        (
            Theirs(2, DAY, "CEDARTX", "EV 1", 1990, "F"),
            Theirs(3, DAY, "", "", 1985, ""),
            Theirs(4, DAY + timedelta(days=2), "CEDARTX", "EV-9", 1970),
            Theirs(5, DAY, "OTHERTX", "EV-10"),
            Theirs(6, DAY, "CEDARTX", "EV-3", 1971, "M"),
        ),
        ((7, "The date is empty."),),
        (),
    )
    ours = [
        Ours(1, DAY, DAY, "ev-1", 1990, "F"),
        Ours(2, None, DAY + timedelta(days=1), "", 1985),
        Ours(3, DAY - timedelta(days=1), DAY, "EV-3", 1971, "F"),
        Ours(4, DAY, DAY, "EV-77", 1999),
        Ours(5, DAY - timedelta(days=90), DAY - timedelta(days=90)),
    ]

    found = compare(theirs, ours, facility="CEDARTX")

    assert kinds(found) == [
        ("unreadable", 7),
        ("matched", 2),
        ("different", 6),
        ("matched", 3),
        ("only_theirs", 4),
        ("only_ours", None),
    ]
    assert found.found[2].fields == ("date", "sex")
    assert (found.elsewhere, found.first, found.last) == (1, DAY, DAY + timedelta(days=2))
    assert found.found[-1].ours == ours[3]


def test_two_that_fit_one_row_are_not_guessed() -> None:
    theirs = Read((Theirs(2, DAY, "", "", 1990),), (), ())

    found = compare(theirs, [Ours(1, DAY, DAY, "", 1990), Ours(2, DAY, DAY, "", 1990)], facility="X")

    assert [kind for kind, _line in kinds(found)] == ["only_theirs", "only_ours", "only_ours"]


@pytest.fixture
def kept(road: Road) -> FederalList:
    """A list of two rows, of which one agrees with the register."""
    day = ago(days=9).date()
    road.register(road.case(), issued_on=day, details=FormDetails(event_number="EV-1"))
    text = f"detainer_date,event_number,facility\n{day},EV-1,CEDARTX\n{day},EV-2,CEDARTX\n"
    return services.keep_list(
        actor=road.cast.actor("clerk"), agency=road.cast.jail, content=text.encode(), at=ago(hours=1)
    )


def test_differences_are_work_with_owner_decision_and_reason(road: Road, kept: FederalList) -> None:
    row = kept.differences.get()
    clerk = road.cast.actor("clerk")

    services.take_difference(difference_id=row.pk, actor=clerk, at=ago(minutes=9))
    with pytest.raises(Invalid) as lacking:
        services.decide_difference(
            difference_id=row.pk, actor=clerk, at=ago(minutes=8), decision="x", reason=""
        )
    services.decide_difference(
        difference_id=row.pk, actor=clerk, at=ago(minutes=7), decision="never_came", reason="Fax log"
    )

    row.refresh_from_db()
    assert kept.counts == {"matched": 1, "only_theirs": 1, "elsewhere": 0}
    assert (row.kind, row.line, row.owner, row.decision) == ("only_theirs", 3, clerk.id, "never_came")
    assert [error.field for error in lacking.value.errors] == ["decision", "reason"]
    assert (
        Event.objects.filter(action__in=["detainers.list_compared", "detainers.difference_decided"]).count()
        == 2
    )
    with pytest.raises(IllegalMove):
        services.take_difference(difference_id=row.pk, actor=clerk, at=ago(minutes=6))
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Difference.objects.filter(pk=row.pk).update(decision="same")


def test_only_the_jail_s_own_people_compare_and_decide(road: Road, kept: FederalList) -> None:
    row = kept.differences.get()

    for who in ("other_officer", "liaison", "administrator", "stranger"):
        with pytest.raises(NotPermitted):
            services.compare_list(
                actor=road.cast.actor(who), agency=road.cast.jail, content=b"detainer_date\n"
            )
        with pytest.raises(NotPermitted):
            services.take_difference(difference_id=row.pk, actor=road.cast.actor(who), at=ago(minutes=6))
    assert not Difference.objects.visible_to(road.cast.actor("other_officer")).exists()
