"""The law at the desk: read by everybody, drafted, reviewed and put in force there, tried on cases without a write."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from audit.models import Access, Event
from desk.what_if_chart import chart, every_month
from detainers import services
from detainers.models import Hold, Policy, PolicyDecision
from detainers.policy_rows import policy_row
from detainers.services import what_if as trial
from tests.actors import Cast
from tests.desk.conftest import SignIn
from tests.detainers.builders import Road, ago

pytestmark = pytest.mark.django_db
TYPED: dict[str, Any] = {
    "code": "CEDAR_7",
    "citation": "Cedar County Order 7",
    "level": "county",
    "state": "TX",
    "county": "Cedar",
    "starts": "2026-01-01",
    "confidence": "confirmed",
    "hold": "permitted",
    "hours": "12",
    "counting": "elapsed",
    "duties": "GIVE_COPY; 4; custody; condition\nLOG_AND_REPORT",
    "note": "Read out in the board.",
}


@pytest.fixture
def law(cast: Cast) -> Any:
    """A browser in which somebody with a role of the law in the cast's jail is signed in."""

    def browser(role: str) -> Client:
        email = f"{role}@law.example.org"
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email=email, password="correct horse battery", name=role.title())
            Membership.objects.create(user=user, agency=cast.jail, role=role)
            if role == "policy_author":
                Membership.objects.create(user=user, agency=cast.jail, role="detainer_clerk")
        client = Client()
        client.force_login(user, backend="accounts.backends.EmailBackend")
        return client

    return browser


def act(name: str, row: Policy | None = None) -> str:
    return reverse(f"desk:policy_{name}", args=[row.public_id] if row else [])


def drafted(browser: Client, **changes: Any) -> Policy:
    response = browser.post(act("new"), {**TYPED, **changes})
    assert response.status_code == 302, response.content.decode()[:3000]
    return Policy.objects.latest("pk")


def test_everybody_at_the_jail_reads_the_law_in_sentences(at_desk: SignIn) -> None:
    browser = at_desk("officer")
    listed = browser.get("/admin/law/")
    here = browser.get("/admin/law/?here=1")
    row = Policy.objects.get(code="TX_2_251")
    page = browser.get(f"/admin/law/{row.public_id}/")

    assert b"MA_LUNN_2017" in listed.content
    assert b"MA_LUNN_2017" not in here.content
    assert b"TX_2_251" in here.content
    assert b"A jail must hold on a detainer, within the limits." in page.content
    assert b"No counsel of this place has reviewed it yet." in page.content
    assert b"Draft a new version" not in page.content
    assert Access.objects.filter(action="policy.viewed", objects_shown=[row.public_id]).exists()


@pytest.mark.parametrize("who", ["reviewer", "stranger", "liaison", "examiner"])
def test_others_do_not(who: str, at_desk: SignIn) -> None:
    row = Policy.objects.get(code="TX_2_251")
    for address in ("/admin/law/", f"/admin/law/{row.public_id}/", f"/admin/law/{row.public_id}/what-if/"):
        assert at_desk(who).get(address).status_code in (302, 403, 404)


def test_a_row_is_drafted_reviewed_and_put_in_force_through_the_pages(law: Any) -> None:
    author, counsel = law("policy_author"), law("counsel")
    row = drafted(author)
    assert row.row.duties[0].is_condition
    assert (row.row.duties[0].due_hours, row.row.limits.hours) == (4, 12)
    edit = author.get(act("edit", row))
    assert b"GIVE_COPY; 4; custody; condition" in edit.content

    author.post(act("edit", row), {**TYPED, "duties": "GIVE_COPY; 4", "version": row.lock})
    author.post(act("send", row), {"version": 2})
    assert author.get(act("review", row)).status_code == 403
    answer = {"answer": "approve", "reason": "It is what the order says.", "version": 3}
    assert counsel.post(act("review", row), answer).status_code == 302
    today = services.today_at([])
    done = author.post(
        act("enact", row), {"on": (today + timedelta(days=1)).isoformat(), "reason": "Order 7.", "version": 4}
    )

    row.refresh_from_db()
    assert done.status_code == 302
    assert (row.stage, row.row.duties[0].due_hours) == ("in_force", 4)
    page = author.get(f"/admin/law/{row.public_id}/").content.decode()
    assert "Reviewed by Counsel on" in page
    ended = author.post(
        act("end", row), {"on": (today + timedelta(days=9)).isoformat(), "reason": "Repealed.", "version": 5}
    )
    assert ended.status_code == 302
    assert Event.objects.filter(subject_id=row.public_id).count() == 6


def test_each_mistake_is_at_its_field_and_nothing_is_saved(law: Any) -> None:
    before = Policy.objects.count()
    response = law("policy_author").post(
        act("new"), {**TYPED, "citation": "", "duties": "SING; 4", "hours": "90"}
    )
    text = response.content.decode()

    assert response.status_code == 400
    assert "Name the law, such as" in text
    assert "There is no duty &#x27;SING&#x27;" in text
    assert "Hours is a whole number from 1 to 48" in text
    assert 'value="Cedar"' in text
    assert Policy.objects.count() == before


def test_a_page_opened_before_somebody_else_saved_overwrites_nothing(law: Any) -> None:
    author = law("policy_author")
    row = drafted(author)
    author.post(act("edit", row), {**TYPED, "note": "First", "version": 1})
    late = author.post(act("edit", row), {**TYPED, "note": "Second", "version": 1})

    row.refresh_from_db()
    assert late.status_code == 409
    assert b"Somebody changed this row since you opened the page" in late.content
    assert row.row.note == "First"


def test_counsel_sends_back_and_the_author_gives_up(law: Any) -> None:
    author, counsel = law("policy_author"), law("counsel")
    row = drafted(author)
    author.post(act("send", row), {"version": 1})
    counsel.post(act("review", row), {"answer": "back", "reason": "Cite the section.", "version": 2})
    row.refresh_from_db()
    assert row.stage == "draft"
    author.post(act("discard", row), {"version": 3})
    row.refresh_from_db()
    assert row.stage == "discarded"
    assert b"nothing to do here" in author.get(act("send", row)).content


def test_what_if_shows_who_would_be_held_shorter_and_writes_nothing(road: Road, law: Any) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=3))
    author = law("policy_author")
    row = drafted(author, duties="")
    before = (Hold.objects.count(), PolicyDecision.objects.count())
    text = author.get(f"/admin/law/{row.public_id}/what-if/").content.decode()

    assert "1 cases, 36.0 hours in all" in text
    assert case.number in text
    assert case.person.surname not in text
    assert "<title" in text
    assert "36 hours of shorter below it." in text
    assert (Hold.objects.count(), PolicyDecision.objects.count()) == before
    made_up = author.get(f"/admin/law/{row.public_id}/what-if/?on=made-up").content.decode()
    assert "243 cases were looked at." in made_up


def test_what_if_counts_holds_that_would_begin_and_end(road: Road) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=3))
    forbids = policy_row({"code": "X", "level": "county", "state": "TX", "county": "Cedar", "citation": "x", "from": "2026-01-01",
                          "confidence": "confirmed", "hold": "forbidden"})  # fmt: skip
    elsewhere = policy_row({**forbids.source, "county": "Pine"})
    silent = policy_row(
        {**forbids.source, "code": "TX_2_251", "level": "state", "hold": "silent", "county": ""}
    )
    gone = trial.what_if(drafts=[forbids], agencies=[case.agency])
    same = trial.what_if(drafts=[elsewhere], agencies=[case.agency])
    replaced = trial.what_if(drafts=[silent], agencies=[case.agency])

    assert (gone.gone, gone.begun, gone.total("shorter"), gone.total("hours_shorter")) == (1, 0, 1, 48)
    assert (same.total("same"), same.changed) == (1, [])
    assert replaced.changed[0].verdict_after == "no_authority"
    assert gone.as_json()["by_facility_and_month"][0]["shorter"] == 1


def test_what_if_cannot_write(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=3))

    def writes(agencies: Any, found: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_case SET custody_state = custody_state")
        yield from ()

    monkeypatch.setattr(trial, "past_cases", writes)
    with pytest.raises(InternalError, match="read-only"):
        trial.what_if(drafts=[], agencies=[case.agency])


def test_the_chart_draws_up_and_down_and_says_what_it_shows() -> None:
    drawn = chart([("2026-01", 10.0, 0.0), ("2026-02", 0.0, 5.0)])

    first, second = drawn.bars
    assert first.up_height == pytest.approx(2 * second.down_height, abs=0.2)
    assert (first.down_height, second.up_height) == (0, 0)
    assert first.up_y + first.up_height == pytest.approx(drawn.zero, abs=0.2)
    assert drawn.says.startswith("2026-01 to 2026-02: 10 hours of longer")
    assert chart([]).says == "There is no case to draw."
    assert len(chart([(f"m{n}", 1.0, 0.0) for n in range(60)]).bars) == 36
    assert every_month(["2026-02", "2025-11"]) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert every_month([]) == []
