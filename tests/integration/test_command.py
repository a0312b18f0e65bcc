from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integration.models import ApiClient
from tests.actors import Cast


def run(*words: str) -> str:
    out = StringIO()
    call_command("api_client", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_client_is_added_listed_and_revoked(cast: Cast):
    added = run("add", cast.jail.ori, "Jail system")
    client = ApiClient.objects.get()
    before = run("list")
    run("revoke", str(client.pk), "Replaced")

    assert client.application.client_id in added
    assert "active" in before
    assert "revoked" in run("list")


@pytest.mark.django_db
@pytest.mark.parametrize("words", [("add", "NOBODY", "x"), ("add", "", "x"), ("revoke", "99", "x")])
def test_wrong_words_are_a_sentence(cast: Cast, words: tuple[str, ...]):
    with pytest.raises(CommandError):
        run(*words)
