"""A machine of the jail asks for a document of a case."""

import pytest

from audit.models import Access
from detainers.documents import texts
from detainers.models import ProducedDocument
from tests.detainers.builders import Road
from tests.detainers.documents.reading import squeezed, text_of

pytestmark = pytest.mark.django_db


def test_a_notice_comes_as_pdf_and_is_recorded(machine, cast, book) -> None:  # type: ignore[no-untyped-def]
    road = Road(cast, book)
    case = road.case()
    road.register(case)

    answer = machine.get(
        f"/api/v1/cases/{case.public_id}/document?kind=notice&language=pt", Accept="application/pdf"
    )

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert squeezed(texts.text("pt").title) in squeezed(text_of(answer.content))
    assert Access.objects.get(action="document.produced").purpose == "notice pt"
    assert not ProducedDocument.objects.exists()


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 400, "kind"),
        ("?kind=passport", 400, "kind"),
        ("?kind=notice", 400, "kind"),
        ("?kind=worksheet&language=es", 400, "kind"),
        ("?kind=worksheet&language=xx", 400, "kind"),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/pdf"])
def test_what_cannot_be_made_is_a_sentence_at_its_field(  # type: ignore[no-untyped-def]
    machine, book, query: str, status: int, field: str, accept: str
) -> None:
    answer = machine.get(f"/api/v1/cases/{book().public_id}/document{query}", Accept=accept)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field


def test_another_jail_s_case_is_not_there(other_machine, book) -> None:  # type: ignore[no-untyped-def]
    assert other_machine.get(f"/api/v1/cases/{book().public_id}/document?kind=worksheet").status_code == 404
