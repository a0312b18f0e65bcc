"""Rows of law in the database: who may do what, what PostgreSQL refuses, what loading a file does, and what a new law does."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error
from django.utils import timezone

from accounts.actors import Actor, system
from accounts.errors import Conflict, IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Membership, User
from audit.models import Event
from detainers import events, rulebook, services
from detainers.decisions import canonical
from detainers.models import Breach, Hold, PlaceAssessed, Policy, PolicyDecision
from detainers.policies import replay
from detainers.policy_rows import RulebookError
from detainers.services.policy_replay import replay_decisions
from detainers.states import HoldState, PolicyStage
from tests import as_web
from tests.actors import Cast, make_agency
from tests.detainers.builders import Road, ago, hold_of

pytestmark = pytest.mark.django_db
TODAY = timezone.now().astimezone(timezone.get_fixed_timezone(-360)).date()
BODY: dict[str, Any] = {
    "code": "TX_CEDAR_FORBIDS",
    "level": "county",
    "state": "TX",
    "county": "Cedar",
    "citation": "Cedar County Order 7",
    "from": "2026-01-01",
    "confidence": "confirmed",
    "hold": "forbidden",
}
REASON = "Read against the order itself."


@pytest.fixture
def who(cast: Cast) -> Callable[..., Actor]:
    """Somebody with a role of the law in the cast's jail, or elsewhere."""

    def make(role: str, *, agency: Any = None, name: str = "") -> Actor:
        email = f"{name or role}@law.example.org"
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email=email, password="correct horse battery", name=(name or role).title()
        )
        Membership.objects.get_or_create(user=user, agency=agency or cast.jail, role=role)
        from accounts.actors import actor_for_user

        return actor_for_user(user)

    return make


def through_review(who: Callable[..., Actor], **body: Any) -> Policy:
    draft = services.draft_policy(actor=who("policy_author"), body={**BODY, **body})
    draft = services.send_to_counsel(policy_id=draft.pk, version=draft.lock, actor=who("policy_author"))
    return services.review_policy(
        policy_id=draft.pk, version=draft.lock, actor=who("counsel"), approve=True, reason=REASON
    )


def enacted(who: Callable[..., Actor], *, on: date | None = None, **body: Any) -> Policy:
    row = through_review(who, **body)
    return services.enact_policy(
        policy_id=row.pk,
        version=row.lock,
        actor=who("policy_author"),
        on=on or TODAY,
        reason="Order 7 binds us.",
    )


def test_the_shipped_file_is_there_and_rows_of_low_confidence_are_drafts() -> None:
    shipped = rulebook.current().rows

    assert {row.code for row in shipped if row.enabled} == set(
        Policy.objects.filter(stage="in_force").values_list("code", flat=True)
    )
    assert {row.code for row in shipped if not row.enabled} == set(
        Policy.objects.filter(stage="draft").values_list("code", flat=True)
    )
    book = services.rulebook_in_force()
    assert [dict(row.source) for row in book.rows if row.code == "NJ_AG_2018_6"] == [
        dict(row.source) for row in shipped if row.code == "NJ_AG_2018_6"
    ]


def test_a_row_goes_from_draft_by_counsel_into_force_and_each_step_is_told(who: Callable[..., Actor]) -> None:
    row = enacted(who)

    assert (row.stage, row.starts_on, row.reviewed_label, row.lock) == ("in_force", TODAY, "Counsel", 4)
    said = Event.objects.filter(subject_id=row.public_id).order_by("pk").values_list("action", flat=True)
    assert list(said) == [
        events.POLICY_DRAFTED, events.POLICY_SENT, events.POLICY_APPROVED, events.POLICY_ENACTED,
    ]  # fmt: skip
    assert "TX_CEDAR_FORBIDS" in {item.code for item in services.rulebook_in_force(TODAY).rows}
    assert "TX_CEDAR_FORBIDS" not in {
        item.code for item in services.rulebook_in_force(TODAY - timedelta(days=1)).rows
    }


def test_the_author_never_reviews(who: Callable[..., Actor], cast: Cast) -> None:
    both = who("policy_author", name="both")
    both = who("counsel", name="both")
    draft = services.draft_policy(actor=both, body=BODY)
    draft = services.send_to_counsel(policy_id=draft.pk, version=1, actor=both)

    with pytest.raises(NotPermitted, match="another person has to review it"):
        services.review_policy(policy_id=draft.pk, version=2, actor=both, approve=True, reason=REASON)
    back = services.review_policy(
        policy_id=draft.pk, version=2, actor=who("counsel"), approve=False, reason="Cite it."
    )
    assert (back.stage, back.reviewed_by) == ("draft", "")


def test_who_may_not_is_refused(who: Callable[..., Actor], cast: Cast) -> None:
    row = through_review(who)
    for name in (
        "officer",
        "clerk",
        "supervisor",
        "administrator",
        "other_supervisor",
        "reviewer",
        "stranger",
        "liaison",
    ):
        with pytest.raises(NotPermitted):
            services.draft_policy(actor=cast.actor(name), body=BODY)
        with pytest.raises(NotPermitted):
            services.enact_policy(
                policy_id=row.pk, version=row.lock, actor=cast.actor(name), on=TODAY, reason="x"
            )
    with pytest.raises(NotPermitted):
        services.draft_policy(actor=who("counsel"), body=BODY)


def test_the_law_of_a_state_is_decided_by_whoever_acts_for_all_its_jails(
    who: Callable[..., Actor], cast: Cast
) -> None:
    body = {**BODY, "level": "state", "code": "TX_WIDE"}
    del body["county"]

    with pytest.raises(NotPermitted):
        services.draft_policy(actor=who("policy_author"), body=body)
    assert (
        services.draft_policy(actor=who("state_policy_author", agency=cast.bureau), body=body).stage
        == "draft"
    )


def test_each_mistake_in_a_draft_is_a_sentence_at_its_field(who: Callable[..., Actor]) -> None:
    with pytest.raises(Invalid) as caught:
        services.draft_policy(actor=who("policy_author"), body={**BODY, "citation": "", "hold": "maybe"})

    assert [item.field for item in caught.value.errors] == ["citation", "hold"]
    assert not Policy.objects.filter(code=BODY["code"]).exists()


def test_two_people_at_one_draft_do_not_overwrite_each_other(who: Callable[..., Actor]) -> None:
    draft = services.draft_policy(actor=who("policy_author"), body=BODY)
    services.edit_draft(
        policy_id=draft.pk, version=1, actor=who("policy_author"), body={**BODY, "note": "One"}
    )

    with pytest.raises(Conflict, match="Open it again"):
        services.edit_draft(
            policy_id=draft.pk, version=1, actor=who("policy_author"), body={**BODY, "note": "Two"}
        )
    with pytest.raises(NotFound):
        services.edit_draft(policy_id=0, version=1, actor=who("policy_author"), body=BODY)
    draft.refresh_from_db()
    assert draft.row.note == "One"


def test_only_a_draft_is_edited_and_a_reviewed_one_that_is_opened_loses_its_review(
    who: Callable[..., Actor],
) -> None:
    row = through_review(who)
    with pytest.raises(IllegalMove):
        services.edit_draft(policy_id=row.pk, version=row.lock, actor=who("policy_author"), body=BODY)
    row = services.reopen_policy(policy_id=row.pk, version=row.lock, actor=who("policy_author"))
    assert (row.stage, row.reviewed_by, row.sent_by) == ("draft", "", "")
    with pytest.raises(IllegalMove):
        services.enact_policy(
            policy_id=row.pk, version=row.lock, actor=who("policy_author"), on=TODAY, reason="x"
        )
    row = services.discard_policy(policy_id=row.pk, version=row.lock, actor=who("policy_author"))
    with pytest.raises(IllegalMove):
        services.send_to_counsel(policy_id=row.pk, version=row.lock, actor=who("policy_author"))


def test_a_row_comes_into_force_today_or_later_with_a_reason(who: Callable[..., Actor]) -> None:
    row = through_review(who, to=(TODAY + timedelta(days=5)).isoformat())
    author = who("policy_author")
    for on, reason, words in [
        (TODAY - timedelta(days=1), "x", "This day is past"),
        (TODAY, " ", "Say why"),
        (TODAY + timedelta(days=6), "x", "before that"),
    ]:
        with pytest.raises(Invalid, match=words):
            services.enact_policy(policy_id=row.pk, version=row.lock, actor=author, on=on, reason=reason)


def test_a_new_version_ends_the_one_before_it_the_day_before(who: Callable[..., Actor]) -> None:
    first = enacted(who)
    later = TODAY + timedelta(days=3)
    second = through_review(who, hold="permitted")
    services.enact_policy(
        policy_id=second.pk, version=second.lock, actor=who("policy_author"), on=later, reason="New order."
    )
    first.refresh_from_db()

    assert (first.stage, first.ends_on) == ("ended", later - timedelta(days=1))
    third = through_review(who, hold="silent")
    with pytest.raises(Invalid, match=r"applies from .* already"):
        services.enact_policy(
            policy_id=third.pk, version=third.lock, actor=who("policy_author"), on=TODAY, reason="x"
        )


def test_an_end_comes_only_nearer(who: Callable[..., Actor]) -> None:
    row = enacted(who, to=(TODAY + timedelta(days=9)).isoformat())
    author = who("policy_author")
    for on, words in [(TODAY - timedelta(days=1), "past"), (TODAY + timedelta(days=10), "only comes nearer")]:
        with pytest.raises(Invalid, match=words):
            services.end_policy(policy_id=row.pk, version=row.lock, actor=author, on=on, reason="Repealed.")
    row = services.end_policy(policy_id=row.pk, version=row.lock, actor=author, on=TODAY, reason="Repealed.")
    assert (row.stage, row.ends_on) == ("ended", TODAY)


def test_counsel_can_review_a_row_that_came_with_the_file_once(who: Callable[..., Actor], cast: Cast) -> None:
    row = Policy.objects.get(code="TX_2_251")
    counsel = who("state_counsel", agency=cast.bureau)
    row = services.review_policy(policy_id=row.pk, version=1, actor=counsel, approve=True, reason=REASON)

    assert (row.stage, row.reviewed_label) == ("in_force", "State_Counsel")
    with pytest.raises(IllegalMove):
        services.review_policy(policy_id=row.pk, version=2, actor=counsel, approve=True, reason=REASON)
    with pytest.raises(IllegalMove):
        services.review_policy(policy_id=row.pk, version=2, actor=counsel, approve=False, reason=REASON)


RAW = [
    ("UPDATE detainers_policy SET body = '{}', lock = lock + 1 WHERE code = 'TX_2_251'", "only a draft"),
    ("UPDATE detainers_policy SET citation = 'x', lock = lock + 1 WHERE code = 'TX_2_251'", "only a draft"),
    (
        "UPDATE detainers_policy SET starts_on = '2010-01-01', lock = lock + 1 WHERE code = 'TX_2_251'",
        "stays as it is",
    ),
    (
        "UPDATE detainers_policy SET ends_on = '2020-01-01', lock = lock + 1 WHERE code = 'TX_2_251'",
        "stays as it is",
    ),
    (
        "UPDATE detainers_policy SET ends_on = NULL, lock = lock + 1 WHERE code = 'NC_SL2024_55'",
        "stays as it is",
    ),
    ("UPDATE detainers_policy SET author_label = 'x' WHERE code = 'TX_2_251'", "counts its version up"),
    ("DELETE FROM detainers_policy WHERE code = 'TX_2_251'", "no_delete|Cannot delete"),
    (
        "UPDATE detainers_policy SET stage = 'in_force', lock = lock + 1 WHERE code = 'FL_908'",
        "Invalid transition|transition",
    ),
    (
        "UPDATE detainers_policy SET stage = 'draft', lock = lock + 1 WHERE code = 'TX_2_251'",
        "Invalid transition|transition",
    ),
]


@pytest.mark.parametrize(("sql", "words"), RAW)
def test_postgresql_refuses_what_the_services_never_do(sql: str, words: str) -> None:
    with pytest.raises(Error, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_postgresql_brings_nothing_into_force_without_review_or_for_days_gone_by(
    who: Callable[..., Actor],
) -> None:
    draft = services.draft_policy(actor=who("policy_author"), body=BODY)
    draft = services.send_to_counsel(policy_id=draft.pk, version=1, actor=who("policy_author"))
    rows = Policy.objects.filter(pk=draft.pk)
    mine = {"reviewed_by": draft.author, "reviewed_at": timezone.now(), "review_reason": "x"}
    for changes in ({}, mine):
        with pytest.raises(IntegrityError, match="policy_reviewed"), transaction.atomic():
            rows.update(stage=PolicyStage.REVIEWED, lock=3, **changes)
    row = services.review_policy(
        policy_id=draft.pk, version=2, actor=who("counsel"), approve=True, reason=REASON
    )
    with pytest.raises(IntegrityError, match="never for days gone by"), transaction.atomic():
        rows.update(
            stage="in_force",
            starts_on="2026-01-01",
            lock=row.lock + 1,
            enacted_by="x",
            enacted_at=timezone.now(),
        )


def test_postgresql_lets_no_two_rows_of_a_code_share_a_day() -> None:
    copied = Policy.objects.get(code="TX_2_251")
    copied.pk, copied.public_id = None, __import__("uuid").uuid4()
    copied._state.adding = True
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        copied.save()
    copied.code, copied.stage = "NEW_ONE", "reviewed"
    with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
        copied.save()


def test_the_web_role_cannot_seed(cast: Cast) -> None:
    values = {
        "code": "SNEAKY",
        "level": "state",
        "state": "TX",
        "citation": "x",
        "body": {},
        "starts_on": "2020-01-01",
    }
    with (
        pytest.raises(IntegrityError, match="only loading a file as the owner"),
        as_web.acting_as("clearhold_web"),
        transaction.atomic(),
    ):
        Policy.objects.create(
            **values, stage="in_force", seeded=True, author="x", enacted_by="x", enacted_at=timezone.now()
        )


def test_loading_the_same_file_again_changes_nothing_and_another_makes_drafts(
    tmp_path: Any, capsys: Any
) -> None:
    before = Policy.objects.count()
    call_command("load_policies", str(rulebook.DATA / "policies.yaml"))
    assert Policy.objects.count() == before
    assert "0 in force, 0 drafts, 28 known already." in capsys.readouterr().out

    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"version": "1", "policies": [BODY]}))
    call_command("load_policies", str(file), "--json")
    assert '"drafts": ["TX_CEDAR_FORBIDS"]' in capsys.readouterr().out
    assert Policy.objects.get(code="TX_CEDAR_FORBIDS").stage == "draft"
    call_command("load_policies", str(file))
    assert Policy.objects.filter(code="TX_CEDAR_FORBIDS").count() == 1


def test_one_bad_row_loads_nothing(tmp_path: Any) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        yaml.safe_dump({"version": "1", "policies": [BODY, {**BODY, "code": "BAD", "citation": ""}]})
    )

    with pytest.raises(CommandError, match=r"BAD \(row 2\): citation: name the law.*\nNothing was loaded"):
        call_command("load_policies", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_policies", str(tmp_path / "nothing.yaml"))
    with pytest.raises(RulebookError):
        services.load_policies(text="hello", actor=system("policies"))
    assert not Policy.objects.filter(code="TX_CEDAR_FORBIDS").exists()


def test_one_query_tells_that_nothing_changed(django_assert_num_queries: Any) -> None:
    services.rulebook_in_force()
    with django_assert_num_queries(1):
        services.rulebook_in_force()


def test_federal_accounts_exist_only_where_the_law_of_the_place_says_so(
    who: Callable[..., Actor], cast: Cast
) -> None:
    assert not services.federal_accounts_allowed(cast.jail, TODAY)
    enacted(who, hold="silent", federal_accounts=True)
    assert services.federal_accounts_allowed(cast.jail, TODAY)
    assert not services.federal_accounts_allowed(cast.other_jail, TODAY)


def test_a_law_that_forbids_ends_running_holds_of_its_place_and_no_other(
    road: Road, who: Callable[..., Actor]
) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=30))
    assert hold_of(case).is_in_force(timezone.now())
    services.assess_places()
    enacted(who)

    outcome = services.assess_places()

    hold = hold_of(case)
    midnight = timezone.now().astimezone(case.agency.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (outcome.places, outcome.cases, outcome.failed) == (1, 1, 0)
    assert hold.recorded_state == HoldState.EXCUSED
    assert hold.ended_at == max(midnight, hold.started_at)
    breach = Breach.objects.get(case=case)
    assert breach.from_at == hold.ended_at
    assert PolicyDecision.objects.filter(detainer__case=case).latest("pk").verdict == "hold_forbidden"
    assert services.assess_places().places == 0
    assert PlaceAssessed.objects.count() == 2


def test_a_law_that_shortens_brings_the_end_nearer_and_one_that_allows_more_changes_nothing(
    road: Road, who: Callable[..., Actor]
) -> None:
    case, _detainer = road.held(eligible_at=ago(hours=30))
    before = hold_of(case).deadline_at
    services.assess_places()
    enacted(who, hold="permitted", limits={"hours": 40, "counting": "elapsed"})
    services.assess_places()
    shortened = hold_of(case).deadline_at
    assert shortened == before - timedelta(hours=8)

    row = Policy.objects.get(code=BODY["code"])
    services.end_policy(
        policy_id=row.pk, version=row.lock, actor=who("policy_author"), on=TODAY, reason="Repealed."
    )
    services.assess_places(at=timezone.now() + timedelta(days=1))
    assert hold_of(case).deadline_at == shortened


def test_a_law_that_comes_after_the_release_day_opens_no_hold(
    road: Road, cast: Cast, who: Callable[..., Actor]
) -> None:
    lonely = make_agency(
        "jail", "Pine Jail", ori="ND0010000", time_zone="America/Chicago", state="ND", county="Pine"
    )
    case = road.case()
    type(case).objects.filter(pk=case.pk).update(agency=lonely)
    assert Hold.objects.filter(case=case).count() == 0


def test_every_decision_replays_after_the_policies_changed(
    road: Road, who: Callable[..., Actor], capsys: Any
) -> None:
    case, detainer = road.held(eligible_at=ago(hours=30))
    enacted(who)
    services.assess_places()
    services.reassess(case_id=case.pk, actor=system("clock"), at=timezone.now())
    assert detainer.decisions.count() >= 2

    for row in PolicyDecision.objects.all():
        again = replay(row.facts, row.trace, rulebook.current())
        assert again.to_bytes() == canonical({"facts": row.facts, "trace": row.trace})
    call_command("replay_decisions")
    assert "0 do not" in capsys.readouterr().out
    call_command("replay_decisions", "--json", "--limit", "1")
    assert '"same": 1' in capsys.readouterr().out


def test_a_decision_that_was_tampered_with_is_named(road: Road) -> None:
    _case, detainer = road.held(eligible_at=ago(hours=30))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE detainers_policydecision DISABLE TRIGGER USER")
        cursor.execute("UPDATE detainers_policydecision SET verdict = 'hold_forbidden'")
        cursor.execute("ALTER TABLE detainers_policydecision ENABLE TRIGGER USER")

    found = replay_decisions()
    assert (found.same, found.different[0].what) == (0, "differs in its columns")
    with pytest.raises(CommandError, match="do not replay"):
        call_command("replay_decisions")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE detainers_policydecision DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE detainers_policydecision SET trace = jsonb_set(trace, '{citation}', '\"x\"'), citation = 'x'"
        )
        cursor.execute("ALTER TABLE detainers_policydecision ENABLE TRIGGER USER")
    assert "citation" in replay_decisions().different[0].what
    assert detainer.pk
