"""Every document of every situation: set, tagged, and read back as it was meant."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from cases import services as cases
from cases.models import Case
from detainers import services
from detainers.documents import render, texts
from detainers.documents.kinds import Kind
from detainers.documents.rendering import NotForThisCase, kinds_for, produce
from detainers.documents.typesetting import clean
from detainers.models import Detainer
from tests.detainers.builders import Road, ago
from tests.detainers.documents.reading import (
    arabic_letters,
    letters,
    pages,
    squeezed,
    text_of,
    title_of,
    words_from_the_left,
)

pytestmark = pytest.mark.django_db

HOSTILE = {
    "markup": '#panic[x] *b* _i_ $a^2$ `c` @ref <l> = h // c \\ "q" #sys.inputs.data',
    "long": "Wolfeschlegelsteinhausenbergerdorff" * 2 + " Quinquagesima",
    "vietnamese": "Nguyễn Thị Mỹ Hường Đặng",
    "arabic": "الأحمد محمد عبدالله",
    "chinese": "欧阳娜娜",
    "override": "Doe\u202edrowssap\u202c \u2067x\u2069\u200f",
    "control": "Two\nLines\tand\x07bell",
}


def local(road: Road) -> Case:
    return road.case()


def unserved(road: Road) -> Case:
    case = road.case()
    road.register(case)
    return case


def held(road: Road) -> Case:
    return road.held(eligible_at=ago(hours=10))[0]


def over(road: Road) -> Case:
    return road.held(eligible_at=ago(hours=60))[0]


def weekend(road: Road) -> Case:
    return road.held(eligible_at=ago(hours=70), edition="I-247_2012-12", boxes={"basis": ["final_order"]})[0]


def deficient(road: Road) -> Case:
    case = road.case()
    road.register(case, signature_present=False)
    road.eligible(case, at=ago(hours=3))
    return case


def lifted(road: Road) -> Case:
    case, detainer = road.held(eligible_at=ago(hours=10))
    services.lift_detainer(
        detainer_id=detainer.pk, actor=road.cast.actor("clerk"), at=ago(hours=2), reason="By fax."
    )
    return case


def notice_only(road: Road) -> Case:
    case = road.case()
    road.register(case, edition="I-247N_2015", boxes={"basis": []})
    return case


def released(road: Road) -> Case:
    case = road.held(eligible_at=ago(hours=60))[0]
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=8))
    return case


SITUATIONS: dict[str, Callable[[Road], Case]] = {
    found.__name__: found
    for found in (local, unserved, held, over, weekend, deficient, lifted, notice_only, released)
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_document_of_a_situation_is_set_and_tagged(road: Road, name: str) -> None:
    case = SITUATIONS[name](road)
    case.refresh_from_db()

    for kind in kinds_for(case, tuple(Detainer.objects.filter(case=case))):
        made = produce(kind, case=case)
        words = squeezed(text_of(made.content))
        for tag in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang", b"pdfuaid:part"):
            assert tag in made.content, (kind, tag)
        assert squeezed(case.number) in words
        assert squeezed("Cedar County Jail") in words
        assert squeezed(case.person.display_name) in words
        assert squeezed(f"Page1of{len(pages(made.content))}") in words
        assert all(squeezed(part) in words for part in made.stamp.split())
        assert title_of(made.content).endswith(case.number)
        assert "CST" in words or "CDT" in words


def test_the_kinds_follow_from_the_papers(road: Road) -> None:
    without = local(road)

    assert set(kinds_for(without, ())) == {Kind.CONSENT, Kind.WORKSHEET, Kind.RELEASE_SHEET}
    with pytest.raises(NotForThisCase, match="no detainer"):
        render("notice", case=without)


def test_a_form_issued_here_is_rendered_with_its_fields(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    with pytest.raises(NotForThisCase, match="received from outside"):
        render("i247a", case=case)
    issued = services.register_detainer(
        case_id=case.pk,
        actor=road.cast.actor("clerk"),
        at=ago(days=1),
        form=services.DetainerForm(
            edition="I-247A_2017",
            boxes={"basis": ["proceedings_pending"]},
            subject_surname="Sample",
            subject_given_names="One",
            issuing_office="Field Office, 1 Main Street",
            officer_title="Deportation Officer",
            signature_present=True,
            notify_ice=True,
            details=services.FormDetails(
                event_number="TST-4711",
                a_number="A999888777",
                citizenship="Vietnam",
                officer_name="S. Officer",
            ),
        ),
        channel="in_system",
    )

    words = squeezed(render_text("i247a", case, issued))

    for part in ("TST-4711", "A999888777", "Vietnam", "S. Officer, Deportation Officer", "SAMPLE, One"):
        assert squeezed(part) in words
    assert squeezed("[ X ] Removal proceedings are pending.") in words
    assert squeezed("[ ] A final order of removal exists.") in words
    assert detainer.pk != issued.pk


def render_text(kind: str, case: Case, detainer: Detainer | None = None, language: str = "en") -> str:
    return text_of(render(kind, case=case, detainer=detainer, language=language))


@pytest.mark.parametrize("code", texts.CODES)
def test_the_notice_reads_back_as_it_was_written(road: Road, code: str) -> None:
    case, text = unserved(road), texts.text(code)

    found = render_text("notice", case, language=code)

    compare = arabic_letters if text.is_right_to_left else squeezed
    words, at = compare(found), 0
    for piece in pieces(text):
        place = words.find(compare(piece), at)
        assert place >= 0, piece
        at = place + len(compare(piece))
        assert words_from_the_left(piece) <= words_from_the_left(found) or not text.is_right_to_left
    if text.is_right_to_left:
        assert {"855", "448", "6903"} <= words_from_the_left(found)
        assert words_from_the_left(case.number) <= words_from_the_left(found)
    else:
        assert words.count(squeezed(texts.PHONE)) == 2
    assert compare(text.call) in words
    assert compare(text.labels["person_signs"]) in words


def pieces(text: texts.Text) -> list[str]:
    """What is written in running text, in its order, parted at the telephone number."""
    found = [text.title, text.for_you]
    for part in text.parts:
        found.append(part.heading)
        for paragraph in part.body:
            found += paragraph.split("{phone}")
    return [item for item in found if letters(item)]


@pytest.mark.parametrize("code", texts.CODES)
def test_a_notice_fits_one_sheet_with_its_signatures(road: Road, code: str) -> None:
    assert len(pages(render("notice", case=unserved(road), language=code))) == 1


def test_a_draft_says_so_until_it_is_reviewed(road: Road) -> None:
    case, text = unserved(road), texts.text("es")
    before = produce(Kind.NOTICE, case=case, language="es")

    services.approve_translation(
        language="es",
        digest=text.digest,
        qualification="Court interpreter",
        actor=road.cast.actor("translator"),
        at=timezone.now(),
    )
    after = produce(Kind.NOTICE, case=case, language="es")

    assert before.is_draft
    assert squeezed(text.draft_note) in squeezed(text_of(before.content))
    assert squeezed(text.draft) in squeezed(text_of(before.content))
    assert not after.is_draft
    assert squeezed(text.draft) not in squeezed(text_of(after.content))
    assert text.version in after.stamp


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_and_nothing_else(road: Road, name: str) -> None:
    from tests.factories import person_facts

    case = road.case(person=person_facts(surname=HOSTILE[name][:100], given_names="Minh"))
    road.register(case, subject_surname=HOSTILE[name][:100])
    compare = letters if name == "arabic" else squeezed

    for kind in (Kind.NOTICE, Kind.INTENT, Kind.WORKSHEET, Kind.RELEASE_SHEET, Kind.CONSENT):
        words = compare(text_of(produce(kind, case=case).content))
        assert compare(clean(case.person.surname.upper())) in words, kind
        assert compare(case.number) in words


def test_steering_signs_are_left_out() -> None:
    assert clean("Doe\u202edrowssap\u202c\u200f") == "Doedrowssap"
    assert clean("Two\nLines\x07") == "Two Lines"
    assert clean("Nguyễn ‘Ali’") == "Nguyễn ‘Ali’"


def test_the_worksheet_says_what_the_clock_says(road: Road) -> None:
    case = weekend(road)
    hold = case.holds.get()

    words = squeezed(render_text("worksheet", case))

    for sentence in hold.sentences():
        assert squeezed(sentence) in words
    for citation in hold.clock.citations:
        assert squeezed(citation) in words
    for item in hold.clock.excluded_days:
        assert squeezed(item.name or item.reason.value.capitalize()) in words


def test_the_same_state_at_the_same_instant_gives_the_same_bytes(road: Road) -> None:
    case, at = held(road), timezone.now()

    first, second = (produce(Kind.WORKSHEET, case=case, at=at) for _ in range(2))
    later = produce(Kind.WORKSHEET, case=case, at=at + timedelta(minutes=2))

    assert first.content == second.content
    assert later.stamp != first.stamp


def test_paper_is_the_agency_s(road: Road) -> None:
    import pypdfium2

    case = unserved(road)
    sizes = []
    for paper in ("us-letter", "a4"):
        case.agency.paper_size = paper
        sizes.append(pypdfium2.PdfDocument(produce(Kind.NOTICE, case=case).content)[0].get_size())

    assert [(round(width), round(height)) for width, height in sizes] == [(612, 792), (595, 842)]


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.is_translated])
def test_other_forms_are_in_english_only(road: Road, kind: Kind) -> None:
    with pytest.raises(NotForThisCase, match="English only"):
        produce(kind, case=unserved(road), language="es")


def test_a_detainer_of_another_case_is_refused(road: Road) -> None:
    other = road.register(road.case())

    with pytest.raises(NotForThisCase, match="another case"):
        render("notice", case=unserved(road), detainer=other)
