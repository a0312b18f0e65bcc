"""Every proof: those written here, those of the SQL roles, and those that follow from the models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from audit.keys.models import DataKey
from cases.models import Case, Correction, Document
from config.proofs.duties_and_law import duties_and_law
from config.proofs.generated import generated, trigger
from config.proofs.proof import Guard, Held, Proof
from config.proofs.roles import of_roles
from config.proofs.scene import Scene, sql
from detainers.models import Breach, Detainer, DetainerService, Hold
from matching.models import Candidate

SHORTER = "the clock of a hold can only be made shorter"
SPAN = "the span of a breach stays"
TRIGGER_OF_RELEASE = Guard(
    "trigger detainers_release_carries_breach on cases_case",
    "DROP TRIGGER detainers_release_carries_breach ON cases_case",
)


def constraint(table: str, name: str) -> Guard:
    return Guard(f"constraint {name}", f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')


def index(name: str) -> Guard:
    return Guard(f"unique index {name}", f'DROP INDEX "{name}"')


def catalogue() -> list[Proof]:
    """All proofs, those of holds and breaches first."""
    return [
        *_beginnings(),
        *_clocks(),
        *_breaches(),
        *_papers(),
        *duties_and_law(),
        *of_roles(),
        *generated(),
    ]


def _beginnings() -> list[Proof]:
    begin = trigger(Hold, "may_begin")

    def unserved(scene: Scene) -> None:
        detainer = Detainer.objects.get(case=scene.unserved)
        scene.insert_hold(**scene.keys(scene.unserved, detainer))

    def deficient(scene: Scene) -> None:
        scene.insert_hold(**scene.paper(signature_present=False))

    def notice_only(scene: Scene) -> None:
        scene.insert_hold(**scene.paper(edition="I-247N_2015", boxes={}))

    def forbidden(scene: Scene) -> None:
        sql("UPDATE accounts_agency SET state = 'MA' WHERE id = %s", scene.jail.pk)
        scene.insert_hold(**scene.paper())

    return [
        Proof("hold.served_copy", "No hold begins before a copy is served, where the edition needs it.", unserved,
              "takes effect only when served", begin),
        Proof("hold.sufficient_form", "No hold begins on a form that is deficient on its face.", deficient,
              "this form gives no ground to hold", begin),
        Proof("hold.form_asks_custody", "No hold begins on a form that asks for notice only.", notice_only,
              "this form gives no ground to hold", begin),
        Proof("hold.policy_allows", "No hold begins against the policy decision.", forbidden,
              "the policy decision does not allow a hold", begin),
        Proof("hold.own_case", "No hold begins on the detainer of another case.",
              lambda scene: scene.insert_hold(case_id=scene.loose.pk), "belong to different cases", begin),
        Proof("hold.one_open", "A case has one open hold at most.", lambda scene: scene.insert_hold(),
              "detainers_one_open_hold", index("detainers_one_open_hold")),
    ]  # fmt: skip


def _update_hold(change: str) -> Callable[[Scene], object]:
    return lambda scene: sql(f"UPDATE detainers_hold SET {change} WHERE id = %s", scene.hold.pk)


def _clocks() -> list[Proof]:
    never_later = trigger(Hold, "never_later")

    def past_cap(scene: Scene) -> None:
        later = scene.hold.cap_at + timedelta(seconds=1)
        scene.end_hold()
        scene.insert_hold(deadline_at=later)

    def longer_cap(scene: Scene) -> None:
        cap = scene.hold.anchor_at + timedelta(hours=49)
        scene.end_hold()
        scene.insert_hold(cap_at=cap)

    def before_anchor(scene: Scene) -> None:
        early = scene.hold.anchor_at - timedelta(seconds=1)
        scene.end_hold()
        scene.insert_hold(started_at=early)

    def end_undone(scene: Scene) -> None:
        key = scene.hold.pk
        scene.end_hold()
        sql(
            "UPDATE detainers_hold SET ended_at = NULL, ended_by = '', recorded_state = 'active' WHERE id = %s",
            key,
        )

    def end_moved(scene: Scene) -> None:
        key = scene.hold.pk
        scene.end_hold()
        sql("UPDATE detainers_hold SET ended_at = ended_at + interval '1 minute' WHERE id = %s", key)

    return [
        Proof("hold.within_cap", "A deadline is never later than the cap of its rule.", past_cap,
              "detainers_hold_within_cap", constraint("detainers_hold", "detainers_hold_within_cap")),
        Proof("hold.cap_of_rule", "The cap of a form of 48 hours is 48 hours after the release time.", longer_cap,
              "detainers_hold_cap_of_rule", constraint("detainers_hold", "detainers_hold_cap_of_rule")),
        Proof("hold.deadline_never_later", "A deadline never moves later.",
              _update_hold("deadline_at = deadline_at + interval '1 second'"), SHORTER, never_later),
        Proof("hold.cap_stays", "The cap of a hold never moves.",
              _update_hold("cap_at = cap_at + interval '1 second'"), SHORTER, never_later),
        Proof("hold.anchor_stays", "The release time from which a hold counts never moves.",
              _update_hold("anchor_at = anchor_at + interval '1 second'"), SHORTER, never_later),
        Proof("hold.begins_after_release_time", "A hold begins no earlier than the release time.", before_anchor,
              "detainers_hold_order", constraint("detainers_hold", "detainers_hold_order")),
        Proof("hold.end_is_whole", "A recorded end says when and by whom.", _update_hold("ended_at = now()"),
              "detainers_hold_end_pair", constraint("detainers_hold", "detainers_hold_end_pair")),
        Proof("hold.end_stays", "An end that was recorded is never moved later.", end_moved, SHORTER, never_later),
        Proof("hold.end_not_undone", "A hold that has ended does not run again.", end_undone,
              "Invalid transition", trigger(Hold, "moves")),
    ]  # fmt: skip


def _new_breach(scene: Scene) -> int:
    return Breach.objects.create(case=scene.loose, from_at=scene.now - timedelta(hours=3)).pk


def _breaches() -> list[Proof]:
    stays = trigger(Breach, "stays")

    def changed(column: str, ended: bool) -> Callable[[Scene], object]:
        def tries(scene: Scene) -> None:
            key = _new_breach(scene)
            if ended:
                sql("UPDATE detainers_breach SET until_at = now(), state = 'ended' WHERE id = %s", key)
            sql(f"UPDATE detainers_breach SET {column} = {column} - interval '1 minute' WHERE id = %s", key)

        return tries

    def unexplained(scene: Scene) -> None:
        key = _new_breach(scene)
        sql("UPDATE detainers_breach SET until_at = now(), state = 'ended' WHERE id = %s", key)
        sql(
            "UPDATE detainers_breach SET state = 'closed', closed_at = now(), closed_by = 'x' WHERE id = %s",
            key,
        )

    def second(scene: Scene) -> None:
        _new_breach(scene)
        _new_breach(scene)

    def late_release(scene: Scene) -> None:
        sql(
            "UPDATE cases_case SET custody_state = 'released', custody_ended_at = now() WHERE id = %s",
            scene.loose.pk,
        )
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        if Breach.objects.filter(case=scene.loose, until_at__isnull=False).exists():
            raise Held("The release went through, and the database added its breach.")

    return [
        Proof("breach.begin_stays", "The beginning of a breach never moves.", changed("from_at", False), SPAN, stays),
        Proof("breach.end_stays", "The end of a breach never moves.", changed("until_at", True), SPAN, stays),
        Proof("breach.explained", "No breach is closed without cause and remedy.", unexplained,
              "detainers_breach_state", constraint("detainers_breach", "detainers_breach_state")),
        Proof("breach.one_open", "A case has one running breach at most.", second,
              "detainers_one_open_breach", index("detainers_one_open_breach")),
        Proof("release.carries_breach", "A release after the end of authority carries its breach, and is never refused.",
              late_release, "nothing refuses it", TRIGGER_OF_RELEASE),
    ]  # fmt: skip


def _papers() -> list[Proof]:
    def before_receipt(scene: Scene) -> None:
        detainer = Detainer.objects.get(case=scene.unserved)
        when = detainer.received_at - timedelta(seconds=1)
        DetainerService.objects.bulk_create(
            [
                DetainerService(
                    detainer=detainer, served_at=when, language="en", method="in_person", served_by="x"
                )
            ]
        )

    def dead_and_back(scene: Scene) -> None:
        sql(
            "UPDATE cases_case SET custody_state = 'died', custody_ended_at = now() WHERE id = %s",
            scene.other.pk,
        )
        sql(
            "UPDATE cases_case SET custody_state = 'in_custody', custody_ended_at = NULL WHERE id = %s",
            scene.other.pk,
        )

    def other_bytes(scene: Scene) -> None:
        sql("UPDATE cases_document SET size = size + 1 WHERE id = %s", scene.new(Document))

    def other_purpose(scene: Scene) -> None:
        row = scene.new(DataKey)
        sql("UPDATE keys_datakey SET purpose = purpose || 'x' WHERE id = %s", row)

    def decided_again(scene: Scene) -> None:
        row = scene.new(Correction, state="'refused'")
        sql("UPDATE cases_correction SET decision_reason = decision_reason || 'x' WHERE id = %s", row)

    def to_other_case(scene: Scene) -> None:
        sql(
            "UPDATE detainers_detainer SET case_id = %s WHERE case_id = %s", scene.loose.pk, scene.unserved.pk
        )

    def one_examiner(scene: Scene) -> None:
        scene.new(Candidate, state="'confirmed'")

    def no_reasons(scene: Scene) -> None:
        sql("UPDATE detainers_detainer SET state = 'deficient' WHERE case_id = %s", scene.unserved.pk)

    def unreviewed(scene: Scene) -> None:
        paper = Detainer.objects.get(case=scene.unserved)
        scene.new(
            DetainerService,
            detainer_id=str(paper.pk),
            served_at="now()",
            notice_language="'es'",
            counts="true",
        )

    return [
        Proof("service.reviewed_notice", "A notice in a translation that nobody has reviewed never counts as service.",
              unreviewed, "nobody has reviewed is no service", trigger(DetainerService, "reviewed_notice")),
        Proof("service.after_receipt", "No copy is served before the detainer was received.", before_receipt,
              "served before received", trigger(DetainerService, "after_receipt")),
        Proof("detainer.own_case", "A detainer never moves to another case.", to_other_case,
              "pgtrigger: Cannot update", trigger(Detainer, "paper_unchanged")),
        Proof("detainer.deficient_has_reasons", "A deficient form has its reasons.", no_reasons,
              "detainers_deficient_reasons", constraint("detainers_detainer", "detainers_deficient_reasons")),
        Proof("custody.moves", "Custody changes only as the table of moves says, or by a correction.", dead_and_back,
              "cases: Invalid transition of custody", trigger(Case, "moves")),
        Proof("document.bytes_stay", "Received bytes stay as they came.", other_bytes,
              "pgtrigger: Cannot update", trigger(Document, "bytes_unchanged")),
        Proof("key.identity_stays", "A data key keeps what it is for.", other_purpose,
              "a data key keeps its identity", trigger(DataKey, "only_rewrap_or_erase")),
        Proof("correction.decided_once", "A correction is decided once.", decided_again,
              "is decided once", trigger(Correction, "decided_once")),
        Proof("candidate.two_examiners", "No match is confirmed by one examiner alone.", one_examiner,
              "confirmed by two different examiners", trigger(Candidate, "two_examiners")),
    ]  # fmt: skip
