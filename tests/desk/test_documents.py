"""Documents of a case at the desk: opened, filed, downloaded again, and by whom; and the reviewer of translations."""

from hashlib import sha256

import pytest
from django.urls import reverse

from audit.models import Access, Event
from cases.models import Case, Document
from cases.services.documents import content_of
from detainers.documents import languages, texts
from detainers.models import ProducedDocument, TranslationReview
from tests.actors import Cast
from tests.desk.acts.conftest import messages_of, said
from tests.desk.conftest import SignIn
from tests.detainers.builders import Road
from tests.detainers.documents.reading import squeezed, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(road: Road) -> Case:
    made = road.case()
    road.register(made)
    return made


def pdf_url(case: Case, kind: str = "notice", query: str = "") -> str:
    return reverse("admin:produced", kwargs={"public_id": case.public_id, "kind": kind}) + query


def page_url(case: Case) -> str:
    return reverse("admin:documents", kwargs={"public_id": case.public_id})


def file_url(case: Case, kind: str = "notice") -> str:
    return reverse("desk:document_file", kwargs={"public_id": case.public_id, "kind": kind})


def test_the_page_offers_what_can_be_made(at_desk: SignIn, case: Case) -> None:
    page = said(at_desk("officer").get(page_url(case)))

    for words in (
        "Notice to the person",
        "Statement of intent",
        "Hold worksheet",
        "Open in Vietnamese",
        "العربية",
    ):
        assert words in page
    assert page.count("machine draft: does not count as notice") == 7
    assert "Form I-247A" not in page
    assert "Nothing was filed yet." in page
    assert page_url(case) in said(at_desk("officer").get(reverse("admin:case", args=[case.public_id])))


def test_a_document_opens_and_that_is_recorded(at_desk: SignIn, case: Case) -> None:
    response = at_desk("officer").get(pdf_url(case, query="?language=es"))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "no-store"
    assert case.number not in response["Content-Disposition"]
    assert squeezed(texts.text("es").title) in squeezed(text_of(response.content))
    access = Access.objects.get(action="document.produced")
    assert (access.case_id, access.purpose) == (case.public_id, "notice es")
    assert not ProducedDocument.objects.exists()
    assert not Document.objects.filter(kind__startswith="made_").exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("officer", 200), ("clerk", 200), ("supervisor", 200), ("administrator", 200), ("other_officer", 404)]
    + [(who, 403) for who in ("translator", "examiner", "operator", "reviewer", "stranger", "liaison")],
)
def test_who_may_open_one(at_desk: SignIn, case: Case, who: str, status: int) -> None:
    client = at_desk(who)

    assert client.get(pdf_url(case)).status_code == status
    assert client.get(page_url(case)).status_code == status


@pytest.mark.parametrize(
    "query",
    ["?language=xx", "?language=../../etc", "?detainer=1", "?detainer=00000000-0000-4000-8000-000000000000"],
)
def test_what_does_not_exist_is_not_found(at_desk: SignIn, case: Case, query: str) -> None:
    assert at_desk("officer").get(pdf_url(case, query=query)).status_code == 404


def test_an_unknown_kind_or_a_translated_form_is_not_found(at_desk: SignIn, case: Case) -> None:
    client = at_desk("officer")

    assert client.get(pdf_url(case, "passport")).status_code == 404
    assert client.get(pdf_url(case, "style")).status_code == 404
    assert client.get(pdf_url(case, "worksheet", "?language=es")).status_code == 404
    assert client.get(pdf_url(case, "i247a")).status_code == 404


def test_what_is_filed_is_kept_as_it_was_handed_out(at_desk: SignIn, case: Case) -> None:
    client = at_desk("clerk")
    sent = {"form_token": "7c0c8f0e-0000-4000-8000-000000000001", "language": "vi"}

    response = client.post(file_url(case), sent)
    client.post(file_url(case), sent)

    assert response.status_code == 302
    row = ProducedDocument.objects.get()
    kept = content_of(row.document)
    assert sha256(kept).hexdigest() == row.document.sha256
    assert row.document.sha256[:12] in messages_of(response)[0]
    assert (row.kind, row.language, row.is_draft) == ("notice", "vi", True)
    event = Event.objects.get(action="detainers.document_filed")
    assert event.facts["sha256"] == row.document.sha256
    assert case.person.surname not in str(event.facts)
    page = said(client.get(page_url(case)))
    assert row.document.sha256[:12] in page
    again = client.get(reverse("admin:document", args=[row.document.public_id]))
    assert again.content == kept


@pytest.mark.parametrize(
    ("who", "status"), [("administrator", 403), ("other_officer", 404), ("translator", 403)]
)
def test_who_serves_files_the_papers_for_the_person(
    at_desk: SignIn, case: Case, who: str, status: int
) -> None:
    response = at_desk(who).post(file_url(case), {"language": "en"})

    assert response.status_code == status
    assert not ProducedDocument.objects.exists()


def test_an_administrator_files_a_worksheet(at_desk: SignIn, case: Case) -> None:
    assert at_desk("administrator").post(file_url(case, "worksheet"), {"language": "en"}).status_code == 302
    assert at_desk("administrator").get(file_url(case, "nonsense")).status_code == 404


def test_a_language_without_a_text_is_an_error_at_its_field(at_desk: SignIn, case: Case) -> None:
    response = at_desk("clerk").post(file_url(case), {"language": "xx"})

    assert response.status_code == 400
    assert not ProducedDocument.objects.exists()


# -- the reviewer --------------------------------------------------------------------------------------------------------
def review_url(code: str = "ht", act: str = "translation_review") -> str:
    return reverse(f"desk:{act}", kwargs={"language": code})


def test_the_reviewer_begins_at_the_translations(at_desk: SignIn) -> None:
    client = at_desk("translator")

    assert client.get("/admin/").url == reverse("desk:translations")
    page = said(client.get(reverse("desk:translations")))
    assert page.count("Machine draft. Nobody has reviewed this text.") == 7


def test_both_texts_stand_side_by_side(at_desk: SignIn) -> None:
    page = said(at_desk("translator").get(review_url("ar")))

    for code in ("en", "ar"):
        for part in texts.text(code).parts:
            assert part.heading in page
            assert all(paragraph in page for paragraph in part.body)
    assert 'dir="rtl"' in page


def test_an_approval_in_the_browser_makes_it_count(at_desk: SignIn, cast: Cast) -> None:
    typed = {"digest": texts.text("ht").digest, "qualification": "Native speaker, schooled in Port-au-Prince"}
    client = at_desk("translator")

    response = client.post(review_url(), typed)

    assert response.status_code == 302
    assert languages.reviewed("ht")
    assert TranslationReview.objects.get().reviewer_name == cast.user("translator").name
    assert "Reviewed by Translator" in said(client.get(reverse("desk:translations")))
    assert "approved this text on" in said(client.get(review_url()))


@pytest.mark.parametrize(
    ("typed", "status"),
    [({"qualification": ""}, 400), ({"qualification": "Native speaker", "digest": "0" * 64}, 409)],
)
def test_an_approval_that_cannot_stand_changes_nothing(at_desk: SignIn, typed: dict, status: int) -> None:
    response = at_desk("translator").post(review_url(), {"digest": texts.text("ht").digest} | typed)

    assert response.status_code == status
    assert not TranslationReview.objects.exists()


def test_an_approval_is_withdrawn_with_a_reason(at_desk: SignIn) -> None:
    client, digest = at_desk("translator"), texts.text("ht").digest
    client.post(review_url(), {"digest": digest, "qualification": "Native speaker"})
    url = review_url(act="translation_withdraw")

    assert client.post(url, {"digest": digest, "remark": ""}).status_code == 400
    assert client.post(url, {"digest": digest, "remark": "The fourth part is wrong."}).status_code == 302
    assert not languages.reviewed("ht")


@pytest.mark.parametrize("who", ["officer", "supervisor", "administrator", "reviewer", "stranger"])
def test_nobody_else_reviews(at_desk: SignIn, who: str) -> None:
    client = at_desk(who)

    assert client.get(reverse("desk:translations")).status_code == 403
    assert (
        client.post(review_url(), {"digest": texts.text("ht").digest, "qualification": "x"}).status_code
        == 403
    )


def test_a_language_without_a_text_has_no_page(at_desk: SignIn) -> None:
    assert at_desk("translator").get(review_url("xx")).status_code == 404
