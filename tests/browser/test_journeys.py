"""Journeys through the browser with a real worker and a real bureau behind it: booked, checked, held, released, reviewed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.urls import get_resolver
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, Request, expect

from accounts.actors import system
from audit.sentences import local_time
from cases.models import Booking, Case, CustodyEvent, Document, Person
from cases.services import content_of
from desk.acts import urls as act_urls
from matching.events import ANSWER_WORDS
from matching.models import Candidate, Submission
from matching.samples.cast import sample
from matching.samples.generate import DATA
from oversight.references import reference
from oversight.services import grant_review
from tests.actors import Cast
from tests.browser import backstage, looks
from tests.detainers.builders import Road, ago, hold_of
from tests.factories import CaseFactory, person_facts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "oversight"]),
]

TOLD = sample("ice-custody-1")
SCAN: FilePayload = {"name": "detainer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 a scan"}
LONGEST_WAIT_SECONDS = 60


@pytest.fixture
def workers(transactional_cast: Cast) -> Iterator[None]:
    """The bureau and a worker; gone before the database is emptied."""
    with TemporaryDirectory(prefix="jrn") as folder, backstage.running(Path(folder)):
        yield


@pytest.fixture
def granted(transactional_cast: Cast) -> None:
    """The oversight body may review the jail, and not the other one."""
    now = timezone.now()
    grant_review(
        oversight_agency=transactional_cast.watch,
        jail_agency=transactional_cast.jail,
        actor=system("set-up"),
        at=now,
        starts_at=now - timedelta(days=1),
    )


def type_booking(page: Page, content: Path | FilePayload) -> None:
    """Everything the officer types, and the print file."""
    page.get_by_label("Print file (EFT)").set_input_files(content)
    expect(page.get_by_label("Booking number")).to_have_value("")
    page.get_by_label("Booking number").fill(TOLD.booking_number)
    page.get_by_label("Surname", exact=True).fill(TOLD.surname)
    page.get_by_label("Given names").fill(TOLD.given_names)
    page.get_by_label("Date of birth").fill(TOLD.birth_date.isoformat())
    page.get_by_label("Sex code").select_option(TOLD.sex)
    page.get_by_label("Place of birth").fill(TOLD.birth_place)
    for number, charge in enumerate(TOLD.charges):
        page.locator(f"#id_charges-{number}-offence_code").fill(charge.offence_code)
        page.locator(f"#id_charges-{number}-description").fill(charge.description)
        page.locator(f"#id_charges-{number}-offence_class").select_option(charge.offence_class)


def visit_until(page: Page, text: str) -> None:
    """Open the page again until it says so; the answers come when the bureau gives them."""
    for _ in range(LONGEST_WAIT_SECONDS * 2):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"The page never said '{text}'. It says:\n{page.inner_text('main, body')}")


def book(page: Page) -> Case:
    page.get_by_role("link", name="Book a person").click()
    looks.check(page)
    type_booking(page, DATA / TOLD.file_name)
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("**/admin/case/**")
    case = Case.objects.get()
    assert page.url.endswith(f"/admin/case/{case.public_id}/")
    expect(page.get_by_role("heading", name=f"{TOLD.surname.upper()}, {TOLD.given_names}")).to_be_visible()
    return case


def read_the_answers(page: Page) -> None:
    """The three answers arrive one by one and stay three; a person reads the free text."""
    visit_until(page, "The prints were sent to the state bureau")
    visit_until(page, "An immigration response arrived")
    timeline = page.locator("section", has=page.get_by_role("heading", name="What happened"))
    for sentence in ("The state bureau answered", "The FBI answered", "DHS answered"):
        expect(timeline.get_by_text(sentence)).to_have_count(1)
    page.get_by_role("link", name="Read the response").click()
    looks.check(page)
    expect(page.locator("pre")).to_contain_text("THIS RESPONSE IS NOT A GOVERNMENT DETAINER")
    page.get_by_label(ANSWER_WORDS["iar_interest"].capitalize(), exact=True).check()
    page.get_by_label("The words you rely on").fill("NO CURRENT PERIOD OF AUTHORIZED STAY")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Recorded:").first).to_be_visible()


def register_the_detainer(page: Page) -> None:
    page.get_by_role("link", name="Register a detainer").click()
    looks.check(page)
    received = page.get_by_label("Received at").input_value()
    page.get_by_label("Scan of the form").set_input_files(SCAN)
    page.get_by_label("Fax").check()
    page.get_by_label("Issuing office").fill("Sample field office, 1 Main Street")
    page.get_by_label("Title of the officer").fill("Deportation Officer")
    page.get_by_label("An officer has signed the form").check()
    page.get_by_label("Surname", exact=True).fill(TOLD.surname)
    page.get_by_label("Given names").fill(TOLD.given_names)
    page.get_by_label("Date of birth").fill(TOLD.birth_date.isoformat())
    page.get_by_label("Biometric confirmation of identity").check()
    page.get_by_label("Kind").select_option("ADMIN_I200")
    page.get_by_label("Signed by").select_option("immigration_officer")
    page.get_by_label("Signed at").fill(received)
    expect(page.get_by_label("Received at")).to_have_value(received)
    page.get_by_role("button", name="Register the detainer").click()
    expect(page.get_by_text("Serve a copy on the person: before that it has no effect.")).to_be_visible()


def serve_the_copy(page: Page) -> None:
    page.get_by_role("link", name="Serve the copy").click()
    looks.check(page)
    page.get_by_label("Language in which it was explained").select_option("es")
    page.get_by_label("Language of the notice that was given with it").select_option("en")
    page.get_by_label("In person").check()
    page.get_by_role("button", name="Record the service").click()
    expect(page.get_by_text("Copy served").first).to_be_visible()


def end_the_ground(page: Page) -> None:
    page.get_by_role("link", name="End the local ground").click()
    looks.check(page)
    page.get_by_label("Bond posted").check()
    page.get_by_role("button", name="End the ground").click()
    expect(page.get_by_text("The last local ground is over").first).to_be_visible()


def watch_the_clock(page: Page, case: Case) -> None:
    """48 hours from the end of the last ground, in the jail's own time, and fewer every second."""
    case.refresh_from_db()
    hold = hold_of(case)
    assert case.release_eligible_at is not None
    assert hold.ends_at == case.release_eligible_at + timedelta(hours=48)
    expect(
        page.get_by_text(f"End of authority: {local_time(hold.ends_at, case.agency.time_zone)}")
    ).to_be_visible()
    clock = page.locator("[data-tick]")
    expect(clock).to_contain_text(re.compile(r"^4[78] h \d+ min \d\d s left$"))
    seconds = [_seconds(clock.inner_text())]
    page.wait_for_timeout(2_200)
    seconds.append(_seconds(clock.inner_text()))
    assert 1 <= seconds[0] - seconds[1] <= 5
    looks.check(page)


def _seconds(text: str) -> int:
    hours, minutes, seconds = (int(number) for number in re.findall(r"\d+", text))
    return hours * 3600 + minutes * 60 + seconds


def release_from_the_board(page: Page, case: Case) -> Request:
    """Three clicks from the board; the request that recorded it."""
    page.goto("/admin/")
    looks.check(page)
    page.locator(".ch-row", has_text=case.number).get_by_role("link", name="Release or pickup").click()  # 1
    page.wait_for_url("**/release/**")
    page.get_by_label("Set free").check()  # 2
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Record the release").click()  # 3
    expect(page.get_by_text("Release recorded: set free").first).to_be_visible()
    return sent.value


def send_again(page: Page, request: Request) -> None:
    """Back and once more, then the very same form again: nothing happens twice, and the page says so."""
    before = Case.objects.get().custody_ended_at
    page.go_back()
    expect(page.get_by_text("The person is not in custody here any more")).to_be_visible()
    looks.check(page)
    again = page.context.request.post(
        request.url,
        data=request.post_data_buffer,
        headers={"Content-Type": request.headers["content-type"], "Referer": request.url},
    )
    assert again.ok
    assert "Nothing was done twice" in again.text()
    case = Case.objects.get()
    assert case.custody_ended_at == before
    assert CustodyEvent.objects.filter(case=case, kind="released").count() == 1


def test_from_the_door_of_the_jail_to_the_street_and_to_the_reviewer(
    signed_in: Any, open_page: Any, workers: None, granted: None
) -> None:
    looks.check(open_page("/login/"))
    page = signed_in("officer", "/admin/")
    expect(page.get_by_text("nothing waits for you")).to_be_visible()

    case = book(page)
    read_the_answers(page)
    register_the_detainer(page)
    serve_the_copy(page)
    end_the_ground(page)
    watch_the_clock(page, case)
    request = release_from_the_board(page, case)
    send_again(page, request)
    page.goto("/admin/")
    expect(page.get_by_text("nothing waits for you")).to_be_visible()
    expect(page.get_by_text(case.number)).to_have_count(0)

    assert Submission.objects.get().state == "settled"
    assert not Candidate.objects.exists()
    assert content_of(Document.objects.get(kind="detainer_scan")) == SCAN["buffer"]
    review(signed_in("reviewer", "/oversight/"), case)


def review(page: Page, case: Case) -> None:
    """The same case as a reviewer sees it: no page says who it is, and a note stays."""
    sources = [page.content()]
    looks.check(page)
    page.get_by_role("link", name=reference(case.public_id)).click()
    expect(page.get_by_role("heading", name="Hold on a detainer")).to_be_visible()
    sources.append(page.content())
    looks.check(page)
    page.get_by_label("Your note").fill("The copy was served before the clock began.")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("article").get_by_text("The copy was served before the clock began.")).to_be_visible()
    sources.append(page.content())
    page.get_by_role("link", name="Definitions").click()
    looks.check(page)
    sources.append(page.content())

    person, booking = case.person, case.booking
    submission = Submission.objects.get()
    secrets = [person.surname, person.given_names, booking.booking_number, case.number, submission.tcn]
    secrets += [
        f"{person.birth_date:{form}}" for form in ("%Y-%m-%d", "%d %B %Y", "%B %-d", "%m/%d/%Y", "%Y%m%d")
    ]
    secrets += [str(case.public_id), TOLD.holdings.sid, TOLD.holdings.ucn, TOLD.holdings.fin]
    whole = "\n".join(sources).casefold()
    assert [secret for secret in secrets if secret.casefold() in whole] == []


def test_a_reviewer_does_not_find_the_case_of_a_jail_that_was_not_granted(
    signed_in: Any, transactional_cast: Cast, granted: None
) -> None:
    make = CaseFactory(transactional_cast)
    own = make(person=person_facts(surname="Granted"))
    other = make(
        who="other_officer", agency=transactional_cast.other_jail, person=person_facts(surname="Elsewhere")
    )
    page = signed_in("reviewer", "/oversight/")

    expect(page.get_by_role("link", name=reference(own.public_id))).to_be_visible()
    assert reference(other.public_id) not in page.content()
    response = page.goto(f"/oversight/cases/{reference(other.public_id)}/")

    assert response.status == 404
    assert "elsewhere" not in page.content().casefold()
    looks.check(page)


def test_a_wrong_print_file_is_told_in_sentences_and_nothing_is_half_stored(signed_in: Any) -> None:
    broken = (DATA / TOLD.file_name).read_bytes()[:1500]
    page = signed_in("officer", "/admin/act/book/")
    type_booking(page, {"name": "broken.eft", "mimeType": "application/octet-stream", "buffer": broken})

    page.get_by_role("button", name="Book", exact=True).click()

    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Nothing was recorded")
    assert all(text.strip().endswith(".") for text in alert.locator("li").all_inner_texts())
    looks.check(page)
    expect(page.get_by_label("Surname", exact=True)).to_have_value(TOLD.surname)
    expect(page.get_by_label("Booking number")).to_have_value(TOLD.booking_number)
    expect(page.locator("#id_charges-0-offence_code")).to_have_value(TOLD.charges[0].offence_code)
    assert [model.objects.count() for model in (Case, Booking, Person, Submission)] == [0, 0, 0, 0]
    kept = Document.objects.get()
    assert content_of(kept) == broken
    assert kept.quarantined_at is not None
    assert kept.quarantine_reason

    page.get_by_label("Print file (EFT)").set_input_files(DATA / TOLD.file_name)
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("**/admin/case/**")
    assert Case.objects.count() == 1


def desk_addresses(public_id: str) -> list[str]:
    """Every address below /admin/: of the acts with this id, and of the site."""
    found = [
        re.sub(r"<uuid:\w+>", public_id, f"/admin/act/{entry.pattern}") for entry in act_urls.urlpatterns
    ]
    found = [address.replace("<str:side>", "booked").replace("<int:finger>", "1") for address in found]
    site = get_resolver().namespace_dict["admin"][1]
    for name in filter(lambda key: isinstance(key, str), site.reverse_dict):
        for arguments in ((), (public_id,)):
            try:
                found.append("/admin/" + site.reverse(name, *arguments))
            except NoReverseMatch:
                continue
    return sorted(set(found) - {"/admin/logout/", "/admin/login/"})


def test_a_stranger_finds_every_door_of_the_desk_shut(
    open_page: Any, signed_in: Any, transactional_cast: Cast
) -> None:
    road = Road(transactional_cast, CaseFactory(transactional_cast))
    case = road.case(person=person_facts(surname="Unseen"))
    road.eligible(case, at=ago(minutes=5))
    addresses = desk_addresses(str(case.public_id))
    assert len(addresses) > 25
    assert open_page("/admin/").url.endswith("/login/?next=%2Fadmin%2F")
    unknown, stranger = open_page("/login/"), signed_in("stranger", "/")
    neighbour = signed_in("other_officer", "/admin/")

    for address in addresses:
        answer = unknown.context.request.get(address, max_redirects=0)
        assert answer.status in (302, 404), address
        if answer.status == 302:
            assert re.match(r"/(admin/)?login/\?next=", answer.headers["location"]), address
        answer = stranger.context.request.get(address)
        assert answer.status in (403, 404), (address, answer.status)
        assert "unseen" not in answer.text().casefold(), address
    for address in (address for address in addresses if str(case.public_id) in address):
        answer = neighbour.context.request.get(address, max_redirects=0)
        assert "unseen" not in answer.text().casefold(), address
        if answer.headers.get("location") != "/admin/":
            assert answer.status in (403, 404), (address, answer.status)
    stranger.goto("/admin/")
    looks.check(stranger)
