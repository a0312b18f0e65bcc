"""Who may do what where, by hand; and what takes every right away."""

from datetime import timedelta
from types import new_class
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actors import NOBODY, Actor, actor_for_client, actor_for_user, system
from accounts.backends import EmailBackend
from accounts.bases import ScopedAPIView, ScopedModelAdmin, ScopedView, ScopedViewSet
from accounts.errors import NotPermitted
from accounts.models import Agency, Membership, User
from accounts.permissions import Permission as P
from accounts.permissions import check_permission, has_permission
from accounts.roles import ROLES
from accounts.scope import agencies, sees_all
from tests.actors import PASSWORD, PEOPLE, Cast, make_agency

SHIFT = {"officer", "clerk", "supervisor"}
HOUSE = SHIFT | {"administrator"}
EXAMINERS = {"examiner", "second_examiner"}
AUTHORS, COUNSEL = {"author", "state_author"}, {"counsel", "state_counsel"}
SECOND = timedelta(seconds=1)

# permission -> who has it in the cast's jail
IN_JAIL: dict[P, set[str]] = {
    P.BOARD_VIEW: HOUSE,
    P.CASE_VIEW: HOUSE | {"client", "protector"},
    P.CASE_BOOK: {"officer", "supervisor", "client"},
    P.GROUND_EDIT: SHIFT,
    P.CASE_RELEASE: {"officer", "supervisor"},
    P.CUSTODY_RECORD: {"officer", "supervisor"},
    P.UNIT_MOVE: SHIFT,
    P.WORK_OWN: SHIFT,
    P.WORK_ASSIGN: {"supervisor", "administrator"},
    P.HANDOVER_WRITE: SHIFT,
    P.DOCUMENT_VIEW: HOUSE,
    P.SUBMISSION_VIEW: HOUSE | EXAMINERS | {"operator", "client"},
    P.TRANSMISSION_RELEASE: {"supervisor"},
    P.TRANSMISSION_RETRY: {"supervisor", "operator"},
    P.IAR_CODE: SHIFT,
    P.CANDIDATE_REVIEW: EXAMINERS,
    P.PERSON_VIEW: HOUSE | EXAMINERS | {"protector"},
    P.PERSON_MERGE: {"supervisor"} | EXAMINERS,
    P.PERSON_SPLIT: {"supervisor"} | EXAMINERS,
    P.REPRINT_SUBMIT: {"officer", "supervisor"},
    P.QUARANTINE_HANDLE: {"supervisor", "operator"},
    P.DETAINER_VIEW: HOUSE | {"client"},
    P.DETAINER_REGISTER: SHIFT | {"client"},
    P.DETAINER_SERVE: SHIFT,
    P.DETAINER_LIFT: {"clerk", "supervisor", "client"},
    P.WARRANT_RECORD: SHIFT | {"client"},
    P.HOLD_DECIDE: {"supervisor"},
    P.STATUS_CLAIM_RECORD: SHIFT,
    P.TRANSLATION_REVIEW: {"translator"},
    P.POLICY_VIEW: HOUSE | AUTHORS | COUNSEL,
    P.POLICY_EDIT: AUTHORS,
    P.POLICY_REVIEW: COUNSEL,
    P.POLICY_ENACT: AUTHORS,
    P.PROTECTION_HANDLE: {"protector"},
    P.CONVICTION_RECORD: SHIFT,
    P.DUTY_RECORD: SHIFT,
    P.ICE_TELL: SHIFT,
    P.CORRECTION_REQUEST: SHIFT,
    P.CORRECTION_APPROVE: {"supervisor"},
    P.BREACH_CLOSE: {"supervisor", "administrator"},
    P.AUDIT_VIEW: {"supervisor", "administrator"},
    P.ACCOUNT_MANAGE: {"administrator"},
    P.REVIEW_VIEW: set(),
    P.REVIEW_NOTE_WRITE: set(),
    P.REVIEW_GRANT: set(),
    P.EVENTS_READ: {"client"},
}
# the same for the permissions that matter, in the other agencies; with the federal accounts off as they are by default
ELSEWHERE: dict[str, dict[P, set[str]]] = {
    "other_jail": {
        P.CASE_RELEASE: {"other_officer", "other_supervisor"},
        P.DETAINER_SERVE: {"other_officer", "other_supervisor"},
        P.DETAINER_LIFT: {"other_supervisor"},
        P.CANDIDATE_REVIEW: EXAMINERS,
        P.REVIEW_NOTE_WRITE: set(),
        P.ACCOUNT_MANAGE: set(),
    },
    "bureau": {
        P.CASE_RELEASE: set(),
        P.DETAINER_SERVE: set(),
        P.DETAINER_LIFT: set(),
        P.CANDIDATE_REVIEW: EXAMINERS,
        P.REVIEW_NOTE_WRITE: set(),
        P.ACCOUNT_MANAGE: set(),
    },
    "federal": {
        P.CASE_RELEASE: set(),
        P.DETAINER_SERVE: set(),
        P.DETAINER_LIFT: set(),
        P.CANDIDATE_REVIEW: set(),
        P.REVIEW_NOTE_WRITE: set(),
        P.ACCOUNT_MANAGE: set(),
    },
    "watch": {
        P.CASE_RELEASE: set(),
        P.DETAINER_SERVE: set(),
        P.DETAINER_LIFT: set(),
        P.CANDIDATE_REVIEW: set(),
        P.REVIEW_NOTE_WRITE: {"reviewer"},
        P.ACCOUNT_MANAGE: set(),
    },
}


def everybody(cast: Cast) -> dict[str, Actor]:
    machine = actor_for_client(client_id="c-1", label="JMS", agency=cast.jail)
    return {name: cast.actor(name) for name in PEOPLE} | {"client": machine}


def who_may(people: dict[str, Actor], permission: P, agency: Agency) -> set[str]:
    return {name for name, actor in people.items() if has_permission(actor, permission, agency)}


def test_the_matrix_of_the_jail(cast: Cast) -> None:
    people = everybody(cast)

    found = {permission: who_may(people, permission, cast.jail) for permission in P}

    assert found == IN_JAIL


@pytest.mark.parametrize("where", list(ELSEWHERE))
def test_the_matrix_of_other_agencies(cast: Cast, where: str) -> None:
    people, agency = everybody(cast), getattr(cast, where)

    found = {permission: who_may(people, permission, agency) for permission in ELSEWHERE[where]}

    assert found == ELSEWHERE[where]


def test_the_tables_above_are_complete() -> None:
    assert set(IN_JAIL) == set(P)
    matter = {P.CASE_RELEASE, P.DETAINER_SERVE, P.DETAINER_LIFT, P.CANDIDATE_REVIEW, P.REVIEW_NOTE_WRITE}
    assert all(set(table) == matter | {P.ACCOUNT_MANAGE} for table in ELSEWHERE.values())
    assert {role for _, role in PEOPLE.values() if role} | {"integration_client"} == set(ROLES)


def test_a_refusal_names_the_right_and_nobody(cast: Cast) -> None:
    check_permission(cast.actor("officer"), P.CASE_RELEASE, cast.jail.pk)

    with pytest.raises(NotPermitted) as caught:
        check_permission(cast.actor("clerk"), P.CASE_RELEASE, cast.jail)

    assert "'case release'" in caught.value.message
    assert "Clerk" not in caught.value.message


def test_nobody_has_anything(cast: Cast) -> None:
    for actor in (NOBODY, cast.actor("stranger"), system("unheard of")):
        assert actor.permissions == frozenset()
        assert not actor.enters_admin


def test_only_the_set_up_grants_reviews_and_only_systems_see_everywhere(cast: Cast) -> None:
    assert system("set-up").may_somewhere(P.REVIEW_GRANT)
    assert sees_all(system("clock"), P.CASE_VIEW)
    assert not any(actor.everywhere for actor in everybody(cast).values())
    assert not system("clock").may_somewhere(P.CASE_RELEASE)
    for name in ("matching", "clock", "set-up"):
        assert not {P.CANDIDATE_REVIEW, P.DETAINER_REGISTER, P.DETAINER_SERVE} & system(name).permissions


def test_a_bureau_reaches_the_jails_of_its_state_only(cast: Cast) -> None:
    there = make_agency("jail", "Far Jail", ori="OK0010000", time_zone="America/Chicago", state="OK")
    later = make_agency("jail", "New Jail", ori="TX0030000", time_zone="America/Chicago", state="TX")

    reach = agencies(cast.actor("examiner"), P.CANDIDATE_REVIEW)

    assert reach == {cast.bureau.pk, cast.jail.pk, cast.other_jail.pk, later.pk}
    assert there.pk not in agencies(cast.actor("operator"), P.QUARANTINE_HANDLE)
    assert agencies(cast.actor("examiner"), P.CASE_RELEASE) == frozenset()


def test_a_jail_reaches_itself_only(cast: Cast) -> None:
    for permission in P:
        assert agencies(cast.actor("supervisor"), permission) <= {cast.jail.pk}


@pytest.mark.parametrize(
    ("allowed", "expected"), [(False, set()), (True, {P.DETAINER_VIEW, P.DETAINER_LIFT})]
)
def test_a_federal_office_has_accounts_only_where_they_are_allowed(
    cast: Cast, allowed: bool, expected: set[P]
) -> None:
    assert cast.federal.federal_accounts_allowed is False
    cast.federal.federal_accounts_allowed = allowed
    cast.federal.save()

    actor = cast.actor("liaison")

    assert actor.permissions == expected
    assert not any(has_permission(actor, permission, cast.jail) for permission in P)
    assert agencies(actor, P.DETAINER_LIFT) == ({cast.federal.pk} if allowed else frozenset())


@pytest.mark.parametrize(
    ("starts", "ends", "in_force"),
    [
        (-SECOND, None, True),
        (timedelta(0), None, True),
        (SECOND, None, False),
        (-SECOND, SECOND, True),
        (-2 * SECOND, timedelta(0), False),
        (-2 * SECOND, -SECOND, False),
    ],
)
def test_a_membership_counts_from_its_start_until_its_end(
    cast: Cast, time_machine: Any, starts: timedelta, ends: timedelta | None, in_force: bool
) -> None:
    at = timezone.now().replace(microsecond=0)
    Membership.objects.filter(user=cast.user("officer")).update(
        starts_at=at + starts, ends_at=None if ends is None else at + ends
    )

    time_machine.move_to(at, tick=False)
    actor = cast.actor("officer")

    assert has_permission(actor, P.CASE_RELEASE, cast.jail) is in_force
    assert actor.home_agencies == ((cast.jail.pk,) if in_force else ())
    assert actor.enters_admin is in_force


def test_an_ended_role_leaves_the_others(cast: Cast) -> None:
    user = cast.user("officer")
    Membership.objects.create(user=user, agency=cast.other_jail, role="detainer_clerk")
    user.memberships.filter(agency=cast.jail).update(
        starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now() - timedelta(days=1)
    )

    actor = actor_for_user(user)

    assert agencies(actor, P.DETAINER_SERVE) == {cast.other_jail.pk}
    assert agencies(actor, P.CASE_RELEASE) == frozenset()
    assert actor.roles == ("detainer_clerk",)


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("booking_officer", "bureau"),
        ("bureau_examiner", "jail"),
        ("oversight_reviewer", "jail"),
        ("federal_liaison", "jail"),
        ("shift_supervisor", "watch"),
        ("a_role_of_long_ago", "jail"),
    ],
)
def test_a_role_where_it_does_not_belong_gives_nothing(cast: Cast, role: str, where: str) -> None:
    user = cast.user("stranger")
    Membership.objects.create(user=user, agency=getattr(cast, where), role=role)

    assert actor_for_user(user).permissions == frozenset()


def test_somebody_inactive_may_nothing_and_cannot_sign_in(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.user("supervisor"), backend="accounts.backends.EmailBackend")
    inside = browser.get("/admin/cases/case/")
    User.objects.filter(email="supervisor@example.org").update(is_active=False)

    user = User.objects.get(email="supervisor@example.org")
    outside = browser.get("/admin/cases/case/")

    assert inside.status_code == 200
    assert outside.status_code == 302
    assert outside["Location"].startswith(("/login/", "/admin/login/"))
    assert actor_for_user(user) is NOBODY
    assert (user.is_staff, user.has_module_perms("cases")) == (False, False)
    assert EmailBackend().authenticate(None, username=user.email, password=PASSWORD) is None
    assert EmailBackend().get_user(user.pk) is None


def test_no_way_of_the_framework_gives_a_right(cast: Cast) -> None:
    user = cast.user("supervisor")

    assert user.has_perm("cases.delete_case") is False
    assert not hasattr(user, "is_superuser")


BASES = [ScopedView, ScopedAPIView, ScopedViewSet, ScopedModelAdmin]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("declared", [{}, {"permission": "case_view"}, {"permission": None}])
def test_a_class_without_a_declared_permission_cannot_be_defined(
    base: type, declared: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match=r"must declare `permission = Permission\.X`"):
        new_class("Undeclared", (base,), exec_body=lambda body: body.update(declared))


@pytest.mark.parametrize("base", BASES)
def test_a_child_inherits_the_permission_but_not_being_abstract(base: Any) -> None:
    declared = new_class("Declared", (base,), exec_body=lambda body: body.update(permission=P.CASE_VIEW))
    child: Any = new_class("Child", (declared,))
    middle = new_class("Middle", (base,), exec_body=lambda body: body.update(abstract=True))

    assert child.permission is P.CASE_VIEW
    with pytest.raises(TypeError):
        new_class("Undeclared", (middle,))
