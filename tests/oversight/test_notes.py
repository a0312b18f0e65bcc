from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import system
from accounts.errors import Invalid, NotFound
from audit import record
from audit.models import Event
from oversight.models import ReviewNote
from oversight.references import reference
from oversight.services import MAX_NOTE, end_grant, write_note
from tests.oversight.conftest import BOTH, browser

pytestmark = BOTH


def write(cast, case, text: str = "Held too long.", who: str = "reviewer") -> ReviewNote:
    return write_note(
        reference=reference(case.public_id), text=text, actor=cast.actor(who), at=timezone.now()
    )


def test_note_is_kept_with_its_author_body_and_event(cast, book, grant):
    case = book()
    grant()

    note = write(cast, case, "  Held too long.  ")

    stored = ReviewNote.objects.get()
    assert (stored.text, stored.author_label, stored.agency_label) == (
        "Held too long.",
        "Reviewer",
        "Custody Watch",
    )
    event = Event.objects.get(action="oversight.note_written")
    assert (event.subject_id, event.case_id, event.agency_id) == (
        note.public_id,
        case.public_id,
        cast.watch.public_id,
    )
    assert "Held" not in str(event.facts) + event.reason


def test_failing_audit_undoes_the_note(cast, book, grant, monkeypatch):
    case = book()
    grant()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(record, "event", fail)
    with pytest.raises(RuntimeError):
        write(cast, case)

    assert not ReviewNote.objects.exists()


def test_others_cannot_write(cast, book, grant):
    case = book()
    grant()

    for who in ("officer", "supervisor", "administrator", "examiner", "liaison", "stranger"):
        with pytest.raises(NotFound):
            write(cast, case, who=who)


def test_nothing_is_written_after_the_grant_or_on_another_jail(cast, book, grant):
    case, other = book(), book(who="other_officer", agency=cast.other_jail)
    given = grant(ends_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(NotFound):
        write(cast, other)
    end_grant(grant_id=given.pk, actor=system("set-up"), at=timezone.now())
    with pytest.raises(NotFound):
        write(cast, case)


@pytest.mark.parametrize("text", ["", "   ", "x" * (MAX_NOTE + 1)])
def test_empty_or_endless_note_is_refused(cast, book, grant, text):
    case = book()
    grant()

    with pytest.raises(Invalid):
        write(cast, case, text)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE oversight_reviewnote SET text = 'other'",
        "DELETE FROM oversight_reviewnote",
        "TRUNCATE oversight_reviewnote",
        "INSERT INTO oversight_reviewnote (public_id, case_id, agency_id, agency_label, author_id, author_label, text) "
        "SELECT gen_random_uuid(), case_id, agency_id, '', '', '', '' FROM oversight_reviewnote",
    ],
)
def test_note_is_append_only_in_the_database(cast, book, grant, statement):
    case = book()
    grant()
    write(cast, case)

    with (
        pytest.raises(Exception, match=r"Cannot|append-only|not_empty"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert ReviewNote.objects.get().text == "Held too long."


def test_note_is_written_on_the_page_and_shown_there(cast, book, grant):
    case = book()
    grant()
    client, url = browser(cast, "reviewer"), f"/oversight/cases/{reference(case.public_id)}/"

    answer = client.post(url, {"text": "First <b>line</b>\nsecond"}, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(url, 302)]
    assert "Your note was saved." in page
    assert "First &lt;b&gt;line&lt;/b&gt;<br>second" in page


@pytest.mark.parametrize("text", ["", "x" * (MAX_NOTE + 1)])
def test_refused_note_keeps_its_text_and_says_why_above_the_field(cast, book, grant, text):
    case = book()
    grant()

    answer = browser(cast, "reviewer").post(f"/oversight/cases/{reference(case.public_id)}/", {"text": text})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.index('id="errors"') < page.index('id="id_text_error"') < page.index("<textarea")
    assert f">\n{text}</textarea>" in page
    assert not ReviewNote.objects.exists()
