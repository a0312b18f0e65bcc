"""`manage.py prove`: every guard holds, and each proof fails when its guard is taken away."""

import json
from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Agency
from audit.models import Event
from config.proofs import attempt, catalogue, prove
from config.proofs.scene import build

pytestmark = pytest.mark.django_db


def test_every_guard_holds_and_nothing_stays() -> None:
    before = Event.objects.count(), Agency.objects.count()

    outcomes = prove()

    assert [(item.name, item.detail) for item in outcomes if not item.holds] == []
    assert len(outcomes) > 60
    assert (Event.objects.count(), Agency.objects.count()) == before


def test_each_proof_fails_when_its_guard_is_gone() -> None:
    scene = build()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    blind = []

    for proof in catalogue():
        point = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute(proof.guard.without)
        if attempt(proof, scene).holds:
            blind.append(proof.name)
        transaction.savepoint_rollback(point)

    assert blind == []


def test_every_trigger_of_the_models_has_a_proof() -> None:
    proved = {proof.guard.name for proof in catalogue()}
    every = {f"trigger {item.name} on {model._meta.db_table}" for model, item in pgtrigger.registered()}

    assert every - proved == set()


def test_names_are_said_once() -> None:
    names = [proof.name for proof in catalogue()]

    assert len(set(names)) == len(names)


def test_the_command_says_it_in_sentences_and_in_json() -> None:
    words, lines = StringIO(), StringIO()

    call_command("prove", stdout=words)
    call_command("prove", "--json", stdout=lines)

    assert "No hold begins before a copy is served, where the edition needs it." in words.getvalue()
    assert words.getvalue().strip().endswith("guards hold, 0 do not")
    rows = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert rows[-1]["broken"] == 0
    assert all(row["holds"] for row in rows[:-1])


def test_a_guard_that_is_gone_is_named_and_the_exit_code_says_so() -> None:
    said = StringIO()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX detainers_one_open_hold")

    with pytest.raises(SystemExit) as stopped:
        call_command("prove", stdout=said)

    assert stopped.value.code == 1
    assert "hold.one_open, unique index detainers_one_open_hold: The write went through." in said.getvalue()
