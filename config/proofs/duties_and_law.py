"""Proofs of duties, of what ICE is told, of claims and of the rows of law."""

from __future__ import annotations

from cases.assignments import Assignment, AssignmentOffer
from cases.models import Protection
from config.proofs.generated import trigger
from config.proofs.proof import Proof
from config.proofs.scene import Scene, sql
from detainers.models import (
    Detainer,
    Difference,
    Duty,
    DutyOutcome,
    Hold,
    IceDisclosure,
    Policy,
    PolicyDecision,
    StatusCheck,
)


def duties_and_law() -> list[Proof]:
    """One proof or two for each guard."""
    return [*_duties(), *_law(), *_claims()]


def _duties() -> list[Proof]:
    def without_fact(scene: Scene) -> None:
        row = scene.new(Duty, code="'GIVE_COPY'", state="'open'")
        sql("UPDATE detainers_duty SET state = 'done' WHERE id = %s", row)

    def due_later(scene: Scene) -> None:
        row = scene.new(Duty, code="'GIVE_COPY'", state="'open'", due_at="now()")
        sql("UPDATE detainers_duty SET due_at = due_at + interval '1 minute' WHERE id = %s", row)

    def outcome_instead(scene: Scene) -> None:
        row = scene.new(Duty, code="'JUDICIAL_ORDER'", state="'open'")
        scene.new(DutyOutcome, duty_id=str(row))

    def undone(scene: Scene) -> None:
        keys = scene.paper()
        detainer = str(keys["detainer_id"])
        trace = """'{"duties": [{"is_condition": true}]}'"""
        decision = scene.new(PolicyDecision, detainer_id=detainer, verdict="'hold_permitted'", trace=trace)
        open_duty = {"code": "'INFORM_JUDGE'", "state": "'open'", "is_condition": "true"}
        scene.new(Duty, detainer_id=detainer, **open_duty)
        scene.insert_hold(**{**keys, "policy_decision_id": decision})

    fact = trigger(Duty, "needs_its_fact")
    return [
        Proof("duty.done_by_its_fact", "A duty is done by its recorded outcome only.", without_fact,
              "a duty is done by its recorded outcome only", fact),
        Proof("duty.due_no_later", "A duty never becomes due later.", due_later,
              "when it is due stays, or comes nearer", trigger(Duty, "stays")),
        Proof("duty.one_record", "The outcome of a duty that is a record of its own is that record.", outcome_instead,
              "the outcome of this duty is a record of its own", trigger(DutyOutcome, "one_fact")),
        Proof("hold.duties_first", "No hold begins while a duty that is its condition is undone.", undone,
              "a duty that is a condition of the hold is undone", trigger(Hold, "duties_first")),
    ]  # fmt: skip


def _law() -> list[Proof]:
    def forbidden_telling(scene: Scene) -> None:
        detainer = Detainer.objects.get(case=scene.unserved)
        trace = """'{"release_information": "forbidden"}'"""
        decision = scene.new(PolicyDecision, detainer_id=str(detainer.pk), trace=trace)
        told = {"case_id": str(scene.unserved.pk), "decision_id": str(decision), "kind": "'release'"}
        scene.new(IceDisclosure, **told)

    def at_once_in_force(scene: Scene) -> None:
        scene.new(Policy, stage="'in_force'", seeded="false")

    def unnoticed(scene: Scene) -> None:
        row = scene.new(Policy, stage="'draft'", seeded="false")
        sql("UPDATE detainers_policy SET stage = stage WHERE id = %s", row)

    return [
        Proof("ice.told_as_allowed", "ICE is not told what the policy forbids to tell.", forbidden_telling,
              "the policy forbids telling ICE this", trigger(IceDisclosure, "allowed")),
        Proof("law.begins_as_draft", "A row of law begins as a draft.", at_once_in_force,
              "a policy row begins as a draft", trigger(Policy, "begins")),
        Proof("law.versions_count", "Each change of a row of law counts its version up by one.", unnoticed,
              "counts its version up by one", trigger(Policy, "stays")),
    ]  # fmt: skip


def _claims() -> list[Proof]:
    def check_later(scene: Scene) -> None:
        row = scene.new(StatusCheck, due_at="now()")
        sql("UPDATE detainers_statuscheck SET due_at = due_at + interval '1 minute' WHERE id = %s", row)

    def decided_again(scene: Scene) -> None:
        row = scene.new(Difference, decision="'same'")
        sql("UPDATE detainers_difference SET reason = 'other' WHERE id = %s", row)

    def protection_undone(scene: Scene) -> None:
        row = scene.new(Protection, ended_at="now()")
        sql("UPDATE cases_protection SET ended_at = NULL WHERE id = %s", row)

    def owner_rewritten(scene: Scene) -> None:
        row = scene.new(Assignment, ended_at="now()")
        sql("UPDATE cases_assignment SET ended_at = NULL WHERE id = %s", row)

    def offer_rewritten(scene: Scene) -> None:
        row = scene.new(AssignmentOffer, decided_at="now()")
        sql("UPDATE cases_assignmentoffer SET decided_at = NULL WHERE id = %s", row)

    return [
        Proof("protection.ends_once", "A protection that was ended stays ended.", protection_undone,
              "it can be ended once", trigger(Protection, "ends_once")),
        Proof("owner.written_once", "Who owned a case until when stays.", owner_rewritten,
              "says what it said, and ends once", trigger(Assignment, "written_once")),
        Proof("offer.written_once", "What was decided about an offer of a case stays.", offer_rewritten,
              "says what it said, and ends once", trigger(AssignmentOffer, "written_once")),
        Proof("claim.check_no_later", "The check of a claim of status never becomes due later.", check_later,
              "becomes due no later", trigger(StatusCheck, "once")),
        Proof("difference.decided_once", "A difference to a federal list is decided once.", decided_again,
              "pgtrigger: Cannot update", trigger(Difference, "decided_once")),
    ]  # fmt: skip
