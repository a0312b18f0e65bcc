"""An address that no record can have is refused once, at the door of everything."""

import pytest
from django.test import Client

from tests.actors import Cast


@pytest.mark.parametrize(
    "address",
    [
        "/oversight/cases/R-%00/",
        "/oversight/?after=%00",
        "/admin/cases/case/?custody_state=%00",
        "/api/v1/cases?x=%00",
    ],
)
def test_a_nul_character_in_an_address_is_a_bad_request(cast: Cast, address: str):
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.user("supervisor"), backend="accounts.backends.EmailBackend")

    assert browser.get(address).status_code == 400


def test_a_percent_sign_that_stands_for_itself_is_no_nul_character(cast: Cast):
    browser = Client()
    browser.force_login(cast.user("supervisor"), backend="accounts.backends.EmailBackend")

    assert browser.get("/admin/cases/case/?q=%2500").status_code == 200


def test_a_digit_that_is_no_number_filters_nothing(cast: Cast):
    browser = Client()
    browser.force_login(cast.user("supervisor"), backend="accounts.backends.EmailBackend")

    assert browser.get("/admin/cases/case/?agency=²").status_code == 200
