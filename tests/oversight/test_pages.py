import re
from datetime import timedelta

from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from audit.models import Access
from cases import services as cases
from cases.booking import ChargeFacts
from detainers import services as detainers
from detainers.models import Breach
from oversight import definitions, presentation
from oversight.references import reference
from tests.actors import Cast
from tests.detainers.builders import Road, ago
from tests.factories import person_facts
from tests.oversight.conftest import BOTH, browser, seen

pytestmark = BOTH

SURNAME, GIVEN, BOOKING = "Zyxwvuttle", "Quxandra", "LEAK-4711"
BIRTH = person_facts().birth_date
LIMIT = 100_000


def leaky_case(cast: Cast, road: Road):
    """A case from booking to release whose every free text names the person."""
    said = f"{SURNAME}, {GIVEN} said so"
    case = road.case(
        booking_number=BOOKING,
        person=person_facts(surname=SURNAME, given_names=GIVEN),
        charges=(ChargeFacts("2399", f"Larceny by {SURNAME}", "felony"),),
    )
    detainer = road.register(
        case, subject_surname=SURNAME, subject_given_names=GIVEN, issuing_office=f"Office of {SURNAME}"
    )
    road.serve(detainer, interpreter_id=GIVEN[:60])
    road.eligible(case, at=ago(hours=60))
    detainers.expire_due(at=timezone.now())
    clerk, officer = cast.actor("clerk"), cast.actor("officer")
    detainers.lift_detainer(detainer_id=detainer.pk, actor=clerk, at=ago(hours=1), reason=said)
    cases.release(case_id=case.pk, actor=officer, at=ago(minutes=30), reason=said)
    breach = Breach.objects.get(case=case)
    supervisor = cast.actor("supervisor")
    detainers.close_breach(breach_id=breach.pk, actor=supervisor, at=timezone.now(), cause=said, remedy=said)
    case.refresh_from_db()
    return case


def secrets_of(case) -> set[str]:
    """Everything that could tell who the person is, as it might be written."""
    booked = case.opened_at.astimezone(case.agency.zone)
    formats = ("%Y-%m-%d", "%d %b", "%b %d", "%B %d", "%-d %b", "%m/%d/%Y", "%H:%M")
    days = {moment.strftime(form) for moment in (booked, case.opened_at) for form in formats}
    birth = {"1990-05-17", "17 May", "May 17", "05/17/1990", "1990"}
    ids = {str(case.public_id), case.public_id.hex, str(case.person.public_id), case.number, BOOKING}
    return {
        SURNAME,
        SURNAME.upper(),
        GIVEN,
        "said so",
        "Larceny",
        "Supervisor",
        "Officer",
        *days,
        *birth,
        *ids,
    }


def links(page: str) -> set[str]:
    return {
        link
        for link in re.findall(r'(?:href|action)="([^"#]+)', page)
        if link.startswith(("/oversight", "?"))
    }


def test_no_page_header_or_link_tells_who_it_is(cast, road, grant):
    case = leaky_case(cast, road)
    grant()
    client, ref = browser(cast, "reviewer"), reference(case.public_id)
    first = [
        "/oversight/",
        "/oversight/?hold=yes&breach=yes&policy=TX_2_251",
        "/oversight/?hold=no",
        "/oversight/about/",
    ]
    todo, done, texts = [*first, f"/oversight/cases/{ref}/", "/oversight/cases/R-000000000000/"], set(), []

    while todo:
        path = todo.pop()
        if path in done:
            continue
        done.add(path)
        answer = client.get(path)
        texts.append((path, answer.content.decode() + str(answer.headers)))
        todo += sorted(links(answer.content.decode()) - done)
    posted = client.post(f"/oversight/cases/{ref}/", {"text": ""})
    texts.append(("post", posted.content.decode() + str(posted.headers)))

    named = [
        (path, secret)
        for path, text in texts
        for secret in secrets_of(case)
        if secret.casefold() in text.casefold()
    ]
    assert named == []
    assert ref in dict(texts)["/oversight/"]
    assert {str(item.pattern) for item in patterns()} == {"", "about/", "cases/<str:reference>/"}


def patterns():
    prefix = next(item for item in get_resolver().url_patterns if str(item.pattern) == "oversight/")
    return prefix.url_patterns


def test_case_page_tells_what_happened_in_minutes_after_booking(cast, road, grant):
    case = leaky_case(cast, road)
    grant()

    page = browser(cast, "reviewer").get(f"/oversight/cases/{reference(case.public_id)}/").content.decode()

    for words in (
        "Was in custody without authority for 11 h 30 min",
        "690 min",
        "Detainer I-247A_2017",
        "by fax",
        "Yes, 1.0 h after receipt",
        "This jail must hold on this detainer",
        "TX_2_251",
        "The hold ended by its deadline.",
        "48 hours, every hour counts",
        "59.5 h",
        "35 to 44",
        "Felony",
        "Released",
    ):
        assert words in page, words


def test_running_times_are_given_in_steps(cast, road, grant):
    case = road.case(days=3)
    road.eligible(case, at=ago(hours=5))
    grant()

    view = seen(case)
    page = browser(cast, "reviewer").get(f"/oversight/cases/{view.reference}/").content.decode()

    assert (view.in_breach, view.past_eligible_minutes, view.past_eligible_band) == (True, None, "4 to 12 h")
    assert "In custody without authority now." in page
    assert "300 min" not in page


def test_age_band_counts_full_years_on_the_day_of_booking(cast, book, grant):
    now = timezone.now()
    young = book(person=person_facts(birth_date=(now - timedelta(days=365.25 * 18 - 5)).date()))
    adult = book(person=person_facts(birth_date=(now - timedelta(days=365.25 * 18 + 5)).date()))
    unknown = book(person=person_facts(birth_date=None))

    assert [seen(case).age_band for case in (young, adult, unknown)] == ["under 18", "18 to 24", "unknown"]


def test_list_is_narrowed_by_hold_breach_and_policy(cast, road, grant):
    held, _ = road.held(eligible_at=ago(hours=1))
    late = road.eligible(road.case(), at=ago(hours=2))
    names = {reference(held.public_id): "held", reference(late.public_id): "late"}
    names[reference(road.case().public_id)] = "plain"
    grant()
    client = browser(cast, "reviewer")

    for query, shown in (
        ("", {"held", "late", "plain"}),
        ("hold=yes", {"held"}),
        ("hold=no", {"late", "plain"}),
        ("breach=yes", {"late"}),
        ("breach=no", {"held", "plain"}),
        ("policy=TX_2_251", {"held"}),
        ("policy=MA_LUNN_2017", set()),
        ("hold=maybe&breach=x", {"held", "late", "plain"}),
    ):
        page = client.get(f"/oversight/?{query}").content.decode()
        assert {name for ref, name in names.items() if ref in page} == shown, query


def test_list_is_paged_without_numbers_of_cases(cast, book, grant, monkeypatch):
    monkeypatch.setattr("oversight.views.PAGE", 2)
    refs = [reference(book().public_id) for _ in range(3)]
    grant()
    client = browser(cast, "reviewer")

    first = client.get("/oversight/").content.decode()
    following = re.search(r'href="\?([^"]+)"', first)
    assert following
    second = client.get(f"/oversight/?{following[1]}").content.decode()

    assert [ref in first for ref in refs] == [False, True, True]
    assert [ref in second for ref in refs] == [True, False, False]


def test_every_page_opened_leaves_one_access_row(cast, book, grant):
    case = book()
    grant()
    client = browser(cast, "reviewer")

    for path in ("", "about/", f"cases/{reference(case.public_id)}/"):
        client.get(f"/oversight/{path}")

    rows = Access.objects.filter(action__startswith="oversight.").order_by("pk")
    assert [(row.action, row.objects_shown) for row in rows] == [
        ("oversight.cases_listed", [case.public_id]),
        ("oversight.about_read", []),
        ("oversight.case_read", [case.public_id]),
    ]


def test_others_are_kept_out(cast):
    kept_out = ("stranger", "officer", "supervisor", "administrator", "examiner", "liaison")
    callers = [(Client(), 302), *((browser(cast, who), 403) for who in kept_out)]

    for path in ("", "about/", "cases/R-000000000000/"):
        for client, status in callers:
            answers = [client.get(f"/oversight/{path}"), client.post(f"/oversight/{path}", {"text": "x"})]
            assert {answer.status_code for answer in answers} == {status}


def test_full_pages_stay_small_and_need_no_script(cast, road, grant):
    case = leaky_case(cast, road)
    for _ in range(55):
        road.case()
    grant()
    client = browser(cast, "reviewer")

    pages = [
        client.get(path).content for path in ("/oversight/", f"/oversight/cases/{reference(case.public_id)}/")
    ]
    pages.append(client.get("/oversight/about/").content)

    assert all(len(page) < LIMIT for page in pages)
    assert not any(b"<script" in page or b" style=" in page for page in pages)


def test_list_costs_the_same_queries_for_one_case_and_for_ten(cast, book, grant):
    book()
    grant()
    client = browser(cast, "reviewer")
    client.get("/oversight/")

    def cost() -> int:
        with CaptureQueriesContext(connections["oversight"]) as queries:
            client.get("/oversight/")
        return len(queries)

    few = cost()
    for _ in range(9):
        book()

    assert cost() == few <= 3


def test_every_figure_leads_to_a_definition(cast, road):
    case = seen(leaky_case(cast, road))
    page = presentation.page(case)
    anchors = {item.anchor for section in definitions.SECTIONS for item in section.definitions}
    panels = [page.figures, *(panel.figures for panel in page.detainers), *page.holds]

    assert {figure.definition for figures in panels for figure in figures} <= anchors
    assert not [figure for figures in panels for figure in figures if figure.value in ("", "None ")]
