"""A translation counts once a named person approved exactly this text, and only as long as it is this text."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from audit import sentences
from audit.models import Event
from detainers.documents import languages, texts
from detainers.models import TranslationReview
from detainers.services import approve_translation, withdraw_approval
from tests.actors import PEOPLE, Cast

pytestmark = pytest.mark.django_db


def approve(cast: Cast, code: str = "es", **changes: object) -> TranslationReview:
    words = {
        "language": code,
        "digest": texts.text(code).digest,
        "qualification": "Court interpreter, Texas 4711",
        "actor": cast.actor("translator"),
        "at": timezone.now(),
    }
    return approve_translation(**words | changes)  # type: ignore[arg-type]


def test_until_somebody_reviews_it_a_translation_is_a_draft(cast: Cast) -> None:
    assert languages.reviewed("en")
    assert [code for code in texts.CODES if languages.reviewed(code)] == ["en"]
    assert [item.is_draft for item in languages.standings()] == [False] + [True] * 7


def test_an_approval_by_name_makes_it_count(cast: Cast) -> None:
    row = approve(cast)

    assert languages.reviewed("es")
    assert row.reviewer_name == "Translator"
    assert languages.standing("es").review == row
    assert not languages.reviewed("fr")


def test_the_approval_is_an_event_with_a_sentence(cast: Cast) -> None:
    approve(cast)

    event = Event.objects.get(action="detainers.translation_approved")
    said = sentences.sentence(event, zone="America/Chicago")
    assert event.agency_id == cast.jail.public_id
    assert event.facts["digest"] == texts.text("es").digest
    assert (
        said
        == f"Translator reviewed the notice in the language es (text {texts.text('es').version}) and approved it."
    )


def test_another_text_is_unreviewed_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(cast)
    data = {"code": "es", **_raw("es")}
    data["text"]["title"] = "Otro título"
    changed = texts.read(data, "es.yaml")

    monkeypatch.setattr(languages, "text", lambda code: changed if code == "es" else texts.text(code))

    assert not languages.reviewed("es")
    assert {item.text.code for item in languages.standings() if item.is_reviewed} == {"en"}


def test_what_was_read_must_be_what_is_approved(cast: Cast) -> None:
    with pytest.raises(IllegalMove, match="has changed"):
        approve(cast, digest="0" * 64)
    assert not TranslationReview.objects.exists()


def test_english_can_be_reviewed_too(cast: Cast) -> None:
    row = approve(cast, "en")

    assert languages.standing("en").review == row


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "translator"])
def test_nobody_else_approves(cast: Cast, who: str) -> None:
    with pytest.raises(NotPermitted):
        approve(cast, actor=cast.actor(who))


def test_a_review_says_how_the_reviewer_knows_the_language(cast: Cast) -> None:
    with pytest.raises(Invalid, match="how you know"):
        approve(cast, qualification="  ")
    with pytest.raises(NotFound):
        approve_translation(
            language="xx", digest="0", qualification="x", actor=cast.actor("translator"), at=timezone.now()
        )
    with pytest.raises(Invalid, match="future"):
        approve(cast, at=timezone.now() + timedelta(days=1))


def test_it_is_approved_once(cast: Cast) -> None:
    approve(cast)

    with pytest.raises(IllegalMove, match="Translator has approved"):
        approve(cast)


def test_an_approval_can_be_withdrawn_with_a_reason_and_given_again(cast: Cast) -> None:
    approve(cast)
    facts = {"language": "es", "digest": texts.text("es").digest, "actor": cast.actor("translator")}

    with pytest.raises(Invalid, match="what is wrong"):
        withdraw_approval(remark="", at=timezone.now(), **facts)  # type: ignore[arg-type]
    withdraw_approval(remark="The third heading is wrong.", at=timezone.now(), **facts)  # type: ignore[arg-type]

    assert not languages.reviewed("es")
    assert {item.text.code for item in languages.standings() if item.is_reviewed} == {"en"}
    with pytest.raises(IllegalMove):
        withdraw_approval(remark="Again.", at=timezone.now(), **facts)  # type: ignore[arg-type]
    approve(cast)
    assert languages.reviewed("es")


@pytest.mark.parametrize(
    "sql", ["UPDATE detainers_translationreview SET digest = 'x'", "DELETE FROM detainers_translationreview"]
)
def test_a_review_stays_as_it_was_written(cast: Cast, sql: str) -> None:
    from django.db import connection

    approve(cast)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def _raw(code: str) -> dict:
    import yaml

    return yaml.safe_load((texts.FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
