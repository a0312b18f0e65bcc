import pytest
from django.test import Client

from audit.models import Event
from tests.actors import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client, email="officer@example.org", password=PASSWORD, **more):
    return client.post("/login/", {"email": email, "password": password, **more})


def actions():
    return list(
        Event.objects.filter(action__startswith="accounts.sign")
        .order_by("id")
        .values_list("action", flat=True)
    )


def test_the_page_says_what_it_is_for_and_needs_no_script(client):
    page = client.get("/login/").content.decode()

    assert "For authorised use only." in page
    assert '<label for="id_email">E-mail</label>' in page
    assert "<script" not in page


def test_signing_in_leads_to_the_board_and_is_recorded(client, cast):
    response = sign_in(client)

    assert response["Location"] == "/"
    assert client.get("/")["Location"] == "/admin/"
    event = Event.objects.get(action="accounts.signed_in")
    assert (event.subject_id, event.agency_id) == (cast.user("officer").public_id, cast.jail.public_id)


def test_the_address_may_be_typed_in_any_case(client, cast):
    assert sign_in(client, email="  OFFICER@Example.org ").status_code == 302


def test_a_reviewer_goes_to_the_oversight_site_and_never_to_the_board(client, cast):
    sign_in(client, email="reviewer@example.org")

    assert client.get("/")["Location"] == "/oversight/"


def test_somebody_without_a_role_is_told_so(client, cast):
    sign_in(client, email="stranger@example.org")

    response = client.get("/")

    assert response.status_code == 403
    assert "have no role now" in response.content.decode()


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, cast):
    wrong = sign_in(client, password="wrong")
    unknown = sign_in(Client(), email="nobody@example.org")

    sentence = "This e-mail and password do not belong together."
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()
    assert actions() == ["accounts.sign_in_failed"] * 2


def test_what_a_stranger_typed_is_not_kept(client, cast):
    sign_in(client, email="secret@example.org", password="hunter2hunter2")

    event = Event.objects.get()
    assert "secret" not in f"{event.facts}{event.reason}{event.actor_label}{event.subject_id}"


def test_empty_fields_are_named_one_by_one(client, cast):
    page = sign_in(client, email="", password="").content.decode()

    assert 'href="#id_email">Enter your e-mail address.' in page
    assert 'href="#id_password">Enter your password.' in page


def test_somebody_inactive_does_not_get_in(client, cast):
    user = cast.user("officer")
    user.is_active = False
    user.save(update_fields=["is_active"])

    assert sign_in(client).status_code == 401


def test_after_five_wrong_passwords_even_the_right_one_is_refused(client, cast):
    for _ in range(4):
        assert sign_in(client, password="wrong").status_code == 401
    locked = sign_in(client, password="wrong")
    right = sign_in(client)

    assert (locked.status_code, right.status_code) == (429, 429)
    assert "Sign-in is locked" in right.content.decode()
    assert "a release must never wait for this page" in right.content.decode()
    assert "accounts.signed_in" not in actions()


def test_a_lock_counts_one_person_however_the_address_is_written(client, cast):
    for number in range(5):
        sign_in(
            client, email="officer@example.org" if number % 2 else "OFFICER@example.org", password="wrong"
        )

    assert sign_in(client).status_code == 429


def test_a_lock_of_one_does_not_lock_another(client, cast):
    for _ in range(5):
        sign_in(client, password="wrong")

    assert sign_in(client, email="clerk@example.org").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/admin/cases/case/", "/admin/cases/case/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_it_leads_on_only_within_the_site(client, cast, wanted, goes_to):
    assert sign_in(client, next=wanted)["Location"] == goes_to


def test_the_admin_sends_strangers_to_this_page(client):
    response = client.get("/admin/cases/case/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/login/?next=")
    assert 'name="next"' in response.content.decode()


def test_signing_out_is_recorded_and_only_by_post(client, cast):
    sign_in(client)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert actions() == ["accounts.signed_in", "accounts.signed_out"]
    assert client.get("/admin/").status_code == 302


def test_the_session_gets_a_new_key_at_the_door(client, cast):
    client.get("/login/")
    client.session["x"] = 1
    before = client.session.session_key
    sign_in(client)

    assert client.session.session_key != before


def test_a_forged_form_is_refused_with_a_sentence(cast):
    strict = Client(enforce_csrf_checks=True)

    response = sign_in(strict)

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
