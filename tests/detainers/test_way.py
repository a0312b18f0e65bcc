"""The way of a detainer, by the services: what opens a hold, what ends it, what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from audit import sentences
from audit.models import Event
from cases import services as cases
from cases.models import Case, LocalGround
from detainers import rulebook, services
from detainers.models import CaseAuthority, Detainer, Hold, PolicyDecision
from detainers.policies import canonical, replay
from tests.detainers.builders import GOOD_FORM, Road, ago, authority, hold_of

MINUTE = timedelta(minutes=1)


def actions(case: Case) -> list[str]:
    own = Event.objects.filter(case_id=case.public_id, action__startswith="detainers.").order_by("pk")
    return [action.removeprefix("detainers.") for action in own.values_list("action", flat=True)]


def in_state(road: Road, state: str) -> None:
    road.cast.jail.state = state
    road.cast.jail.save()


def test_it_opens_a_hold_when_the_last_ground_ends(road: Road) -> None:
    at = ago(hours=1)

    case, detainer = road.held(eligible_at=at)

    hold = hold_of(case)
    assert hold.detainer == detainer
    assert hold.anchor_at == hold.started_at == at
    assert hold.deadline_at == hold.cap_at == at + timedelta(hours=48)
    assert (hold.rule, hold.governing_limit) == ("STRAIGHT_48", "FORM")
    assert hold.policy_decision.policy_code == "TX_2_251"
    said = [action for action in actions(case) if not action.startswith("duty_")]
    assert said == ["registered", "policy_decided", "served", "hold_started"]
    view = authority(case)
    assert (view.kind, view.authority_ends_at, view.in_breach) == ("hold", hold.deadline_at, False)
    assert any("48 hours from the release time" in line for line in hold.sentences())


def test_it_opens_no_hold_without_service_and_a_late_one_leaves_a_breach(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    at = ago(hours=3)
    road.eligible(case, at=at)

    assert not Hold.objects.filter(case=case).exists()
    assert authority(case).in_breach
    road.serve(detainer, at=at + timedelta(hours=1))

    hold = hold_of(case)
    assert (hold.started_at, hold.deadline_at) == (at + timedelta(hours=1), at + timedelta(hours=48))
    breach = case.breaches.get()
    assert (breach.from_at, breach.until_at, breach.state) == (at, at + timedelta(hours=1), "ended")
    assert authority(case).kind == "hold"


def test_a_match_or_detainer_alone_holds_nobody_where_no_law_allows_it(road: Road) -> None:
    in_state(road, "ND")

    case, _ = road.held(eligible_at=ago(hours=1))

    assert not Hold.objects.filter(case=case).exists()
    decision = PolicyDecision.objects.get(detainer__case=case)
    assert (decision.verdict, decision.grants) == ("no_authority", False)
    assert authority(case).in_breach


def test_massachusetts_forbids_and_new_jersey_ends_the_same_day(road: Road) -> None:
    in_state(road, "MA")
    case, _ = road.held(eligible_at=ago(hours=1))
    assert not Hold.objects.filter(case=case).exists()

    in_state(road, "NJ")
    other = road.case()
    detainer = road.register(other)
    road.serve(detainer)
    supervisor = road.cast.actor("supervisor")
    services.record_condition(
        detainer_id=detainer.pk,
        actor=supervisor,
        at=ago(days=1),
        condition="listed_serious_case",
        basis="2C:11-3",
    )
    zone = road.cast.jail.zone
    noon = (
        (timezone.now() - timedelta(days=1))
        .astimezone(zone)
        .replace(hour=12, minute=0, second=0, microsecond=0)
    )
    road.eligible(other, at=noon)

    hold = hold_of(other)
    assert hold.deadline_at.astimezone(zone).strftime("%H:%M") == "23:59"
    assert hold.governing_limit == "POLICY"


def test_north_carolina_needs_order_and_warrant(road: Road) -> None:
    in_state(road, "NC")
    case, detainer = road.held(eligible_at=ago(hours=2))
    clerk = road.cast.actor("clerk")

    services.record_warrant(
        detainer_id=detainer.pk,
        actor=clerk,
        at=ago(days=3),
        kind="ADMIN_I200",
        signed_by_role="Deportation officer",
    )
    assert not Hold.objects.filter(case=case).exists()
    services.record_judicial_order(
        detainer_id=detainer.pk, actor=clerk, at=ago(hours=1), official_role="Magistrate", basis="Order 12"
    )

    assert hold_of(case).policy_decision.policy_code == "NC_SL2025_85"
    verdicts = (
        PolicyDecision.objects.filter(detainer=detainer).order_by("pk").values_list("verdict", flat=True)
    )
    assert list(verdicts) == ["conditions_not_met", "conditions_not_met", "hold_required"]


def test_an_ncic_hit_is_no_warrant(road: Road) -> None:
    in_state(road, "NC")
    _, detainer = road.held(eligible_at=ago(hours=2))

    services.record_warrant(
        detainer_id=detainer.pk,
        actor=road.cast.actor("clerk"),
        at=ago(days=3),
        kind="NCIC_ADMIN_HIT",
        signed_by_role="none",
    )

    assert PolicyDecision.objects.filter(detainer=detainer).latest("pk").facts["conditions"] == []


def test_a_judges_warrant_becomes_a_ground_and_takes_over_from_the_hold(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=2))

    services.record_warrant(
        detainer_id=detainer.pk,
        actor=road.cast.actor("clerk"),
        at=ago(hours=1),
        kind="JUDICIAL_CRIMINAL",
        signed_by_role="Judge",
    )

    assert case.grounds.filter(ended_at__isnull=True).get().kind == "judicial_warrant"
    assert hold_of(case).recorded_state == "suspended"
    assert (authority(case).kind, authority(case).authority_ends_at) == ("local_ground", None)


def test_a_ground_that_comes_in_between_gives_no_new_48_hours(road: Road) -> None:
    at = ago(hours=30)
    case, _ = road.held(eligible_at=at)
    officer = road.cast.actor("officer")
    ground = cases.add_ground(case_id=case.pk, actor=officer, at=ago(hours=20), kind=LocalGround.Kind.CHARGE)
    back_at = ago(hours=2)

    cases.end_ground(ground_id=ground.pk, actor=officer, at=back_at, reason="bond")

    first, second = Hold.objects.filter(case=case).order_by("pk")
    assert first.recorded_state == "suspended"
    assert (second.anchor_at, second.started_at) == (at, back_at)
    assert second.deadline_at == first.deadline_at == at + timedelta(hours=48)


def test_a_lift_ends_the_hold_and_a_second_detainer_goes_on_within_the_limit(road: Road) -> None:
    at = ago(hours=10)
    case, first = road.held(eligible_at=at)
    second = road.register(case, at=ago(hours=6))
    road.serve(second, at=ago(hours=5))
    clerk = road.cast.actor("clerk")

    services.lift_detainer(detainer_id=first.pk, actor=clerk, at=ago(hours=4), reason="served elsewhere")

    old, new = Hold.objects.filter(case=case).order_by("pk")
    assert (old.recorded_state, new.detainer) == ("lifted", second)
    assert new.started_at == old.ended_at
    assert new.deadline_at == at + timedelta(hours=48)
    services.cancel_detainer(detainer_id=second.pk, actor=clerk, at=ago(hours=1))
    assert hold_of(case).recorded_state == "lifted"
    assert authority(case).in_breach


def test_a_second_document_may_only_bring_the_end_nearer(road: Road) -> None:
    case = road.case()
    old = road.register(case, edition="I-247_2012-12", boxes={"basis": ["reason_to_believe"]})
    saturday = timezone.now().replace(hour=18, minute=0, second=0, microsecond=0)
    saturday -= timedelta(days=(saturday.weekday() - 5) % 7 or 7)
    road.eligible(case, at=max(saturday, ago(days=8)))
    hold = hold_of(case)
    assert hold.rule == "EXCL_48"
    assert hold.detainer == old
    before = hold.deadline_at

    newer = road.register(case, at=hold.started_at + timedelta(minutes=1))
    road.serve(newer, at=hold.started_at + timedelta(minutes=2))

    hold.refresh_from_db()
    assert hold.deadline_at == hold.started_at + timedelta(hours=48) < before
    assert "deadline_shortened" in actions(case)


def test_proof_of_citizenship_ends_the_hold_and_a_bare_claim_does_not(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=3))
    officer = road.cast.actor("officer")

    services.claim_status(case_id=case.pk, actor=officer, at=ago(hours=2), kind="citizenship")
    assert hold_of(case).recorded_state == "active"
    at = ago(hours=1)
    services.claim_status(
        case_id=case.pk, actor=officer, at=at, kind="citizenship", proof=True, evidence="Texas licence"
    )

    hold = hold_of(case)
    assert (hold.recorded_state, hold.ended_at) == ("excused", at)
    assert PolicyDecision.objects.filter(detainer=detainer).latest("pk").verdict == "status_proved"
    assert authority(case).authority_ends_at == at


def test_proof_before_release_refuses_the_hold(road: Road) -> None:
    case = road.case()
    road.serve(road.register(case))
    officer = road.cast.actor("officer")
    services.claim_status(
        case_id=case.pk, actor=officer, at=ago(days=2), kind="lawful_status", proof=True, evidence="card"
    )

    road.eligible(case, at=ago(hours=1))

    assert not Hold.objects.filter(case=case).exists()


def test_a_deficient_form_is_kept_with_its_reasons_and_holds_nobody(road: Road) -> None:
    case = road.case()
    detainer = road.register(case, subject_surname="Other", signature_present=False)
    road.serve(detainer)
    road.eligible(case, at=ago(hours=1))

    detainer.refresh_from_db()
    assert detainer.state == "deficient"
    assert [item["code"] for item in detainer.deficiencies] == ["NO_SIGNATURE", "OTHER_PERSON"]
    assert "The form is not signed by an immigration officer." in detainer.deficiency_sentences
    assert not Hold.objects.filter(case=case).exists()
    event = Event.objects.get(action="detainers.deficient")
    assert "Other" not in str(event.facts)
    assert "deficient on its face" in sentences.sentence(event, zone="America/Chicago")


def test_a_notice_request_and_an_unknown_edition_hold_nobody(road: Road) -> None:
    case = road.case()
    road.serve(road.register(case, edition="I-247N_2015", boxes={}))
    road.register(case, edition="I-999")
    road.eligible(case, at=ago(hours=1))

    assert not Hold.objects.filter(case=case).exists()
    verdicts = set(PolicyDecision.objects.filter(detainer__case=case).values_list("verdict", flat=True))
    assert verdicts == {"form_asks_no_hold", "form_deficient"}


@pytest.mark.parametrize(
    ("end", "state", "custody"),
    [
        (lambda c, a, t: cases.release(case_id=c.pk, actor=a, at=t), "released", "released"),
        (lambda c, a, t: services.record_ice_pickup(case_id=c.pk, actor=a, at=t), "ice_custody", "released"),
        (lambda c, a, t: cases.transfer(case_id=c.pk, actor=a, at=t), "transferred", "transferred"),
        (lambda c, a, t: cases.record_death(case_id=c.pk, actor=a, at=t), "died", "died"),
        (lambda c, a, t: cases.record_escape(case_id=c.pk, actor=a, at=t), "escaped", "escaped"),
    ],
)
def test_leaving_custody_ends_the_hold_in_the_same_transaction(
    road: Road, end: Any, state: str, custody: str
) -> None:
    case, _ = road.held(eligible_at=ago(hours=5))
    at = ago(hours=1)

    end(case, road.cast.actor("officer"), at)

    hold = hold_of(case)
    case.refresh_from_db()
    assert (hold.recorded_state, hold.ended_at, case.custody_state) == (state, at, custody)
    assert not case.breaches.exists()
    assert authority(case).kind == "none"


def test_a_late_release_goes_through_and_carries_its_breach(road: Road) -> None:
    at = ago(hours=50)
    case, _ = road.held(eligible_at=at)

    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(minutes=1))

    hold = hold_of(case)
    assert (hold.recorded_state, hold.ended_at) == ("expired", at + timedelta(hours=48))
    breach = case.breaches.get()
    assert (breach.from_at, breach.state, breach.origin) == (hold.deadline_at, "ended", "service")
    assert actions(case)[-3:] == ["hold_ended", "breach_opened", "breach_ended"]
    assert authority(case).minutes_over == 119


def test_a_release_recorded_late_but_done_in_time_removes_no_breach(road: Road) -> None:
    at = ago(hours=50)
    case, _ = road.held(eligible_at=at)
    services.expire_due()
    assert case.breaches.get().state == "open"

    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=at + timedelta(hours=47))

    breach = case.breaches.get()
    assert (breach.state, breach.until_at) == ("ended", breach.from_at)
    assert hold_of(case).recorded_state == "expired"


def test_an_escaped_person_who_is_back_gets_no_new_hours(road: Road) -> None:
    at = ago(hours=60)
    case, _ = road.held(eligible_at=at)
    officer = road.cast.actor("officer")
    cases.record_escape(case_id=case.pk, actor=officer, at=ago(hours=40))

    cases.record_recapture(case_id=case.pk, actor=officer, at=ago(hours=1))

    assert Hold.objects.filter(case=case).count() == 1
    view = authority(case)
    assert (view.in_breach, view.minutes_over) == (True, 60)


def test_time_outside_after_an_escape_is_no_breach(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=20))
    officer = road.cast.actor("officer")
    cases.record_escape(case_id=case.pk, actor=officer, at=ago(hours=15))
    back = ago(hours=5)

    cases.record_recapture(case_id=case.pk, actor=officer, at=back)

    assert hold_of(case).started_at == back
    assert not case.breaches.exists()


def test_two_papers_of_one_edition_and_day_do_not_stand_for_each_other(road: Road) -> None:
    case = road.case()
    served = road.register(case, at=ago(days=9))
    road.register(case, at=served.received_at)
    road.serve(served)

    road.eligible(case, at=ago(hours=1))

    assert hold_of(case).detainer == served
    assert not authority(case).in_breach


def test_a_paper_registered_late_whose_limit_was_over_before_leaves_no_hold_on_another(road: Road) -> None:
    zone, now = road.cast.jail.zone, timezone.now()
    friday = (now - timedelta(days=7 + (now.weekday() - 4) % 7)).astimezone(zone).replace(hour=12)
    case = road.case(days=30)
    road.eligible(case, at=friday)
    road.register(case, at=friday + timedelta(days=3), edition="I-247_2012-12")  # weekends do not count
    assert hold_of(case).recorded_state == "active"

    late = road.register(case, at=friday - timedelta(days=1))  # every hour counts: over on Sunday
    road.serve(late, at=friday - timedelta(hours=1))

    hold = hold_of(case)
    assert (hold.recorded_state, hold.ended_at) == ("expired", hold.started_at)
    assert authority(case).in_breach


def test_decisions_are_stored_once_and_replay_to_the_same_bytes(road: Road) -> None:
    case, detainer = road.held(eligible_at=ago(hours=1))
    for _ in range(3):
        services.reassess(case_id=case.pk, actor=road.cast.actor("officer"), at=timezone.now())

    row = PolicyDecision.objects.get(detainer=detainer)
    again = replay(row.facts, row.trace, rulebook.current())
    assert again.to_bytes() == canonical({"facts": row.facts, "trace": row.trace})
    decided = services.decide_policy(
        detainer_id=detainer.pk, actor=road.cast.actor("supervisor"), at=ago(minutes=1)
    )
    assert decided == row


def test_reassessing_changes_nothing_when_nothing_happened(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=1))
    before = Event.objects.count()

    found = services.reassess(case_id=case.pk, actor=road.cast.actor("officer"), at=timezone.now())

    assert Event.objects.count() == before
    assert found.hold == hold_of(case)
    assert found.sentences()[-1].startswith("Authority to hold ends on ")


def test_it_refuses_service_before_receipt_and_says_everything_at_once(road: Road) -> None:
    detainer = road.register(road.case())

    with pytest.raises(Invalid) as refusal:
        road.serve(detainer, at=detainer.received_at - MINUTE, language=" ", method="other")

    assert [(e.field, e.code) for e in refusal.value.errors] == [
        ("at", "served_before_received"),
        ("language", "required"),
        ("method_detail", "required"),
    ]


def test_refusing_to_sign_does_not_undo_service(road: Road) -> None:
    detainer = road.register(road.case())

    service = road.serve(detainer, refused_to_sign=True, interpreter_id="line 7")

    assert service.refused_to_sign
    assert Detainer.objects.get(pk=detainer.pk).state == "served"


@pytest.mark.parametrize("service", ["serve", "register"])
def test_it_refuses_facts_from_the_future(road: Road, service: str) -> None:
    detainer = road.register(road.case())
    later = timezone.now() + timedelta(hours=1)

    act = {
        "serve": lambda: road.serve(detainer, at=later),
        "register": lambda: road.register(detainer.case, at=later),
    }

    with pytest.raises(Invalid, match="lies in the future"):
        act[service]()


def test_it_refuses_a_lift_before_receipt_and_acts_on_withdrawn_detainers(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    clerk = road.cast.actor("clerk")

    with pytest.raises(Invalid, match="before it was received"):
        services.lift_detainer(detainer_id=detainer.pk, actor=clerk, at=detainer.received_at - MINUTE)
    services.lift_detainer(detainer_id=detainer.pk, actor=clerk, at=ago(days=1))
    with pytest.raises(IllegalMove, match="nothing can be added"):
        services.record_warrant(
            detainer_id=detainer.pk, actor=clerk, at=ago(hours=1), kind="ADMIN_I200", signed_by_role="Officer"
        )


def test_nobody_who_left_can_be_served(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(days=1))

    with pytest.raises(IllegalMove, match="no longer in custody"):
        road.serve(detainer, at=ago(hours=1))


@pytest.mark.parametrize(
    "call",
    [
        lambda r, a, d: services.register_detainer(
            case_id=d.case_id, actor=a, at=ago(days=1), form=GOOD_FORM, channel="fax"
        ),
        lambda r, a, d: services.record_warrant(
            detainer_id=d.pk, actor=a, at=ago(days=1), kind="ADMIN_I200", signed_by_role="x"
        ),
        lambda r, a, d: services.record_judicial_order(
            detainer_id=d.pk, actor=a, at=ago(days=1), official_role="x", basis="x"
        ),
        lambda r, a, d: services.record_condition(
            detainer_id=d.pk, actor=a, at=ago(days=1), condition="listed_serious_case", basis="x"
        ),
        lambda r, a, d: services.claim_status(case_id=d.case_id, actor=a, at=ago(days=1), kind="citizenship"),
        lambda r, a, d: services.decide_policy(detainer_id=d.pk, actor=a, at=ago(days=1)),
    ],
)
def test_other_jails_and_strangers_are_refused(road: Road, call: Any) -> None:
    detainer = road.register(road.case())

    for who in ("other_supervisor", "stranger", "reviewer", "examiner"):
        with pytest.raises(NotPermitted):
            call(road, road.cast.actor(who), detainer)


def test_what_is_not_there_is_not_found(road: Road) -> None:
    clerk = road.cast.actor("clerk")

    for call in (
        lambda: services.lift_detainer(detainer_id=0, actor=clerk, at=ago(days=1)),
        lambda: services.close_breach(breach_id=0, actor=clerk, at=ago(days=1), cause="x", remedy="x"),
        lambda: services.reassess(case_id=0, actor=clerk, at=ago(days=1)),
    ):
        with pytest.raises(NotFound):
            call()


def test_bad_input_is_named_field_by_field(road: Road) -> None:
    case = road.case()
    detainer = road.register(case)
    clerk, supervisor = road.cast.actor("clerk"), road.cast.actor("supervisor")

    with pytest.raises(Invalid) as form:
        services.register_detainer(
            case_id=case.pk,
            actor=clerk,
            at=ago(days=1),
            form=services.DetainerForm(edition=" ", boxes={"basis": 3}),
            channel="pigeon",
        )
    with pytest.raises(Invalid) as warrant:
        services.record_warrant(
            detainer_id=detainer.pk, actor=clerk, at=ago(days=1), kind="x", signed_by_role=""
        )
    with pytest.raises(Invalid) as claim:
        services.claim_status(case_id=case.pk, actor=clerk, at=ago(days=1), kind="x", proof=True)
    with pytest.raises(Invalid) as condition:
        services.record_condition(
            detainer_id=detainer.pk, actor=supervisor, at=ago(days=1), condition="judicial_order", basis="x"
        )

    assert [e.field for e in form.value.errors] == ["boxes", "channel", "edition"]
    assert [e.field for e in warrant.value.errors] == ["kind", "signed_by_role"]
    assert [e.field for e in claim.value.errors] == ["kind", "evidence"]
    assert [e.field for e in condition.value.errors] == ["condition"]


def test_who_sees_what(road: Road) -> None:
    road.cast.federal.federal_accounts_allowed = True
    road.cast.federal.save()
    road.held(eligible_at=ago(hours=1))
    other = road.case()
    issued = services.register_detainer(
        case_id=other.pk,
        actor=road.cast.actor("clerk"),
        at=ago(days=1),
        form=GOOD_FORM,
        channel="in_system",
        federal_agency=road.cast.federal,
    )

    def seen(who: str) -> tuple[int, int, int]:
        actor = road.cast.actor(who)
        models = (Detainer, Hold, CaseAuthority)
        return tuple(model.objects.visible_to(actor).count() for model in models)  # type: ignore[return-value]

    assert seen("clerk") == seen("administrator") == (2, 1, 2)
    assert seen("other_supervisor") == seen("stranger") == seen("reviewer") == (0, 0, 0)
    assert seen("liaison") == (1, 0, 0)
    assert Detainer.objects.visible_to(road.cast.actor("liaison")).get() == issued


def test_every_event_reads_as_a_sentence_and_names_nobody(road: Road) -> None:
    case, _ = road.held(eligible_at=ago(hours=50))
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(minutes=1))
    breach = case.breaches.get()
    services.close_breach(
        breach_id=breach.pk,
        actor=road.cast.actor("supervisor"),
        at=ago(seconds=1),
        cause="Shift change",
        remedy="Alarm",
    )

    for event in Event.objects.filter(action__startswith="detainers."):
        words = sentences.sentence(event, zone="America/Chicago")
        assert "–" not in words, words
        assert "Sample" not in words + str(event.facts)


def test_a_defect_in_the_rules_does_not_refuse_a_release(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = road.held(eligible_at=ago(hours=60))

    def defect(**_: object) -> None:
        raise KeyError("a rule that nobody wrote")

    monkeypatch.setattr("detainers.handlers.reassess", defect)
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=1))

    case.refresh_from_db()
    assert case.custody_state == "released"


def test_a_stated_start_of_authority_does_not_shorten_a_breach_already_raised(road: Road) -> None:
    case = road.case()
    for ground in case.grounds.all():
        cases.end_ground(
            ground_id=ground.pk, actor=road.cast.actor("officer"), at=ago(hours=3), reason="bond"
        )
    services.expire_due()
    raised = case.breaches.get()

    cases.add_ground(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(hours=3), kind="court_order")

    breach = case.breaches.get()
    assert breach.until_at is not None
    assert breach.until_at >= raised.opened_at
