"""A notice is reviewed by one person and filed by another, in a real browser; every page for everybody."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from detainers.models import ProducedDocument, SweepHeartbeat
from tests.desk.acts.browser.test_correction_pages import look
from tests.detainers.builders import Road
from tests.factories import CaseFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_translation_is_reviewed_and_a_notice_filed(signed_in, transactional_cast):
    SweepHeartbeat.objects.update_or_create(name="clock", defaults={"swept_at": timezone.now()})
    road = Road(transactional_cast, CaseFactory(transactional_cast))
    case = road.case()
    road.register(case)

    page = signed_in("translator", "/admin/")
    expect(page.get_by_role("heading", name="Translations of the notice")).to_be_visible()
    look(page, "translations")
    page.get_by_role("link", name="Read Arabic beside the English").click()
    look(page, "translation-ar")
    page.get_by_label("How you know this language").fill("Court interpreter, Texas licence 4711")
    page.get_by_role("button", name="I have read it all and approve it").click()
    expect(
        page.get_by_text("Reviewed by Translator (Court interpreter, Texas licence 4711).")
    ).to_be_visible()

    page = signed_in("clerk", f"/admin/case/{case.public_id}/")
    page.locator("a[href='#tab-documents']").click()
    page.get_by_role("link", name="Notices, forms and worksheets of this case").click()
    expect(page.get_by_text("reviewed by Translator")).to_be_visible()
    look(page, "documents")
    page.get_by_role("link", name="File: Notice to the person…").click()
    page.get_by_label("Language").select_option("ar")
    look(page, "document-file")
    page.get_by_role("button", name="Make and file it").click()
    expect(page.get_by_text("Notice to the person filed.")).to_be_visible()
    look(page, "documents-filed")
    assert ProducedDocument.objects.get().is_draft is False
