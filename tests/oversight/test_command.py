from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from oversight.models import ReviewGrant


def run(*words: str) -> str:
    out = StringIO()
    call_command("review_grant", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_grant_is_added_listed_and_ended(cast):
    added = run("add", cast.watch.name, cast.jail.name)
    grant = ReviewGrant.objects.get()
    before = run("list")
    run("end", str(grant.pk))

    assert "without names" in added
    assert "\tin force" in before
    assert "not in force" in run("list")


@pytest.mark.django_db
def test_wrong_words_are_a_sentence(cast):
    for words in (("add", "Nobody", cast.jail.name), ("add", cast.watch.name, "Nowhere"), ("end", "99")):
        with pytest.raises(CommandError):
            run(*words)
