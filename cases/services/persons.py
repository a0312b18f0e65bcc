"""One human, one record: merging two records, undoing that, and splitting a record that holds two people.

Each is the act of a named person with a reason. Records are locked in the order of their keys, then cases in theirs, so two
who act at once wait for each other. A booking never waits: it makes a record of its own.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from accounts.permissions import Permission, has_permission
from audit import failpoints, record
from audit.record import Ref
from cases import events, people, policies
from cases.booking import PersonFacts
from cases.models import Case, Person
from cases.moves import MovedCase, PeopleApart, PersonMove

LONGEST_REASON = 500


def merge_persons(
    *, keep_id: int, merge_id: int, actor: Actor, at: datetime, reason: str, take: Collection[str] = ()
) -> PersonMove:
    """Say that two records are of one human. `take` names the fields whose value comes from the merged record.

    The kept record keeps its public id; every case of the other moves to it, with its prints and links. The other stays, with
    its names as recorded. Raises NotFound, NotPermitted (needed wherever either is known), IllegalMove, Invalid.
    """
    text = _named_person_with_reason(actor, reason)
    _check_fields(take)
    if keep_id == merge_id:
        raise Invalid("These are the same record. Choose another one.", field="other", code="same_record")
    with transaction.atomic():
        kept, other = _lock(keep_id, merge_id)
        _check_everywhere(actor, Permission.PERSON_MERGE, (kept, other))
        _check_live(kept)
        _check_live(other)
        stay, go = _lock_cases(kept, other)
        changes = _take_fields(kept, other, take)
        move = _move(PersonMove.Kind.MERGE, kept, other, actor, at, text, changes=changes)
        _move_cases(move, go, kept)
        _mark(other, kept)
        _record(events.PERSONS_MERGED, move, actor, text, _told(stay, go, "merge"), changed=sorted(changes))
    return move


def undo_merge(
    *,
    move_id: int,
    actor: Actor,
    at: datetime,
    reason: str,
    later: Mapping[int, bool] | None = None,
) -> PersonMove:
    """Take a merge apart: exactly what moved moves back. `later` says of each case that came since whether it goes too.

    Names taken over in the merge are put back unless they were changed since. Raises NotFound, NotPermitted, IllegalMove
    (undone before, or a later act must be undone first), Invalid (a case that came since is not assigned).
    """
    text = _named_person_with_reason(actor, reason)
    with transaction.atomic():
        found = PersonMove.objects.filter(pk=move_id).first()
        if found is None:
            raise NotFound(f"There is no merge {move_id}.")
        kept, other = _lock(found.kept_id, found.other_id)
        merge = PersonMove.objects.prefetch_related("cases").get(pk=move_id)
        _check_everywhere(actor, Permission.PERSON_SPLIT, (kept, other))
        _check_undoable(merge, kept, other)
        cases, _none = _lock_cases(kept, other)
        back = {item.case_id for item in merge.cases.all()}
        since = {case.pk for case in came_since(merge, cases)}
        answers = dict(later or {})
        if set(answers) != since:
            sentence = "Say of each case that came since the merge whose it is."
            raise Invalid(sentence, field="later", code="unassigned_case")
        go = back | {key for key, goes in answers.items() if goes}
        changes = _put_back_fields(kept, merge)
        move = _move(PersonMove.Kind.UNDO, kept, other, actor, at, text, changes=changes, undoes=merge)
        _mark(other, None)
        going = [case for case in cases if case.pk in go]
        staying = [case for case in cases if case.pk not in go]
        _move_cases(move, going, other)
        _record(
            events.MERGE_UNDONE, move, actor, text, _told(staying, going, "undo"), changed=sorted(changes)
        )
    return move


def split_person(
    *,
    person_id: int,
    case_ids: Collection[int],
    identity: PersonFacts,
    actor: Actor,
    at: datetime,
    reason: str,
) -> PersonMove:
    """Some cases of a record belong to somebody else: they go to a new record with the identity stated.

    Merging the two again reverses it. Raises NotFound, NotPermitted, IllegalMove, Invalid (no case, every case, or a case of
    another record; anything wrong with the identity).
    """
    text = _named_person_with_reason(actor, reason)
    problems = policies.person_problems(identity, now=timezone.now())
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        (kept,) = _lock(person_id)
        _check_everywhere(actor, Permission.PERSON_SPLIT, (kept,))
        _check_live(kept)
        (cases,) = _lock_cases(kept)
        go = [case for case in cases if case.pk in set(case_ids)]
        if not go or len(go) != len(set(case_ids)):
            raise Invalid("Choose at least one case of this record.", field="cases", code="required")
        if len(go) == len(cases):
            sentence = (
                "At least one case stays. If every case is somebody else's, correct the person instead."
            )
            raise Invalid(sentence, field="cases", code="all_cases")
        new = Person.objects.create(
            agency_id=go[0].agency_id,
            surname=identity.surname.strip(),
            given_names=identity.given_names.strip(),
            birth_date=identity.birth_date,
            sex=identity.sex,
            birth_place=identity.birth_place,
        )
        move = _move(PersonMove.Kind.SPLIT, kept, new, actor, at, text)
        _move_cases(move, go, new)
        stay = [case for case in cases if case not in go]
        _record(events.PERSON_SPLIT, move, actor, text, _told(stay, go, "split"))
    return move


def keep_apart(*, person_id: int, other_id: int, actor: Actor, at: datetime, reason: str) -> PeopleApart:
    """Find that two records are of two people, so that the pair is not proposed again. It stops no later merge.

    Idempotent: the first finding stands. Raises NotFound, NotPermitted, Invalid.
    """
    text = _named_person_with_reason(actor, reason)
    if person_id == other_id:
        raise Invalid("These are the same record. Choose another one.", field="other", code="same_record")
    with transaction.atomic():
        first, second = sorted(_lock(person_id, other_id), key=lambda person: person.pk)
        _check_everywhere(actor, Permission.PERSON_MERGE, (first, second))
        facts = {"reason": text, "found_at": at, "found_by": actor.id, "found_by_label": actor.label}
        found, created = PeopleApart.objects.get_or_create(first=first, second=second, defaults=facts)
        if created:
            for person, other in ((first, second), (second, first)):
                record.event(
                    events.PEOPLE_APART,
                    actor=actor,
                    subject=Ref("person", person.public_id),
                    agency=person.agency.public_id,
                    occurred_at=at,
                    reason=text,
                    facts={"other_person": str(other.public_id)},
                )
    return found


def came_since(merge: PersonMove, cases: Iterable[Case]) -> list[Case]:
    """Of the kept record's present cases, those that were not its own at the merge and did not come by it."""
    moved = {item.case_id for item in merge.cases.all()}
    others = [case for case in cases if case.pk not in moved]
    left_first = {
        row.case_id: row.source_id
        for row in MovedCase.objects.filter(case__in=others, move_id__gt=merge.pk).order_by("-move_id")
    }  # where each was until it moved for the first time after the merge
    return [
        case
        for case in others
        if left_first.get(case.pk, merge.kept_id) != merge.kept_id
        or (case.pk not in left_first and case.recorded_at > merge.recorded_at)
    ]


def why_not_undo(merge: PersonMove) -> str:
    """Why this merge cannot be undone now, in a sentence; empty when it can. The service asks again under its locks."""
    try:
        _check_undoable(merge, merge.kept, merge.other)
    except IllegalMove as error:
        return error.message
    return ""


def _named_person_with_reason(actor: Actor, reason: str) -> str:
    if actor.kind != "user" or not actor.id:
        raise NotPermitted("Only a person who has signed in may decide who is who.")
    text = reason.strip()
    if not text:
        raise Invalid("Enter the reason.", field="reason", code="required")
    if len(text) > LONGEST_REASON:
        raise Invalid(f"Keep the reason under {LONGEST_REASON} characters.", field="reason", code="too_long")
    return text


def _check_fields(take: Collection[str]) -> None:
    unknown = set(take) - set(people.FIELDS)
    if unknown:
        raise Invalid("Choose for each field which record's value stays.", field=min(unknown))


def _lock(*ids: int) -> list[Person]:
    """These records under row locks taken in the order of their keys, in the order asked for."""
    rows = Person.objects.select_for_update(of=("self",), no_key=True).select_related("agency")
    found = {person.pk: person for person in rows.filter(pk__in=ids).order_by("pk")}
    if len(found) != len(set(ids)):
        raise NotFound("There is no such person.")
    return [found[key] for key in ids]


def _lock_cases(*persons: Person) -> list[list[Case]]:
    """The cases of each record, locked in the order of their keys."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("agency")
    cases = list(rows.filter(person__in=[person.pk for person in persons]).order_by("pk"))
    failpoints.reach("cases.persons.locked")
    return [[case for case in cases if case.person_id == person.pk] for person in persons]


def _check_everywhere(actor: Actor, permission: Permission, persons: Iterable[Person]) -> None:
    """The permission is needed in every agency that recorded either, or has a case of either."""
    for place in people.known_at(person.pk for person in persons):
        if not has_permission(actor, permission, place.agency_id):
            raise NotPermitted(
                "This needs the right in every jail where either record is known, and you do not have it in all of "
                "them. Ask the state bureau, which has it in every jail of the state.",
                code="not_permitted_everywhere",
            )


def _check_live(person: Person) -> None:
    if person.merged_into_id is not None:
        raise IllegalMove(
            "One of the records was merged into another meanwhile. Open that one and look again.",
            code="person_merged",
        )


def _check_undoable(merge: PersonMove, kept: Person, other: Person) -> None:
    if merge.kind != PersonMove.Kind.MERGE:
        raise IllegalMove(
            "Only a merge can be undone. Merging the two records reverses a split.", code="no_merge"
        )
    if PersonMove.objects.filter(undoes=merge).exists():
        raise IllegalMove("This merge was undone before.", code="undone_before")
    if kept.merged_into_id is not None or other.merged_into_id != kept.pk:
        raise IllegalMove(
            "The record was merged into another one since. Undo that later merge first.", code="merged_on"
        )
    gone = merge.cases.exclude(case__person=kept).values_list("case__number", flat=True)
    if gone:
        raise IllegalMove(
            f"Case {min(gone)} was moved to another record by a later act. Reverse that first.",
            code="case_moved_on",
        )


def _take_fields(kept: Person, other: Person, take: Collection[str]) -> dict[str, list[str | None]]:
    """Set the chosen fields of the kept record, not yet saved; what each said before and after."""
    changes: dict[str, list[str | None]] = {}
    for name in people.FIELDS:
        before, after = getattr(kept, name), getattr(other, name)
        if name in take and before != after:
            setattr(kept, name, after)
            changes[name] = [people.to_json(before), people.to_json(after)]
    return changes


def _put_back_fields(kept: Person, merge: PersonMove) -> dict[str, list[str | None]]:
    """Put back what the merge changed, not yet saved, unless somebody changed it again since: then that stands."""
    changes: dict[str, list[str | None]] = {}
    for name, (before, after) in merge.changes.items():
        if people.to_json(getattr(kept, name)) == after:
            setattr(kept, name, people.from_json(name, before))
            changes[name] = [after, before]
    return changes


def _move(
    kind: str,
    kept: Person,
    other: Person,
    actor: Actor,
    at: datetime,
    reason: str,
    *,
    changes: dict[str, list[str | None]] | None = None,
    undoes: PersonMove | None = None,
) -> PersonMove:
    """The move, then the fields it changes: the database refuses a changed name without the row that keeps the earlier one."""
    move: PersonMove = PersonMove.objects.create(
        kind=kind,
        kept=kept,
        other=other,
        undoes=undoes,
        changes=changes or {},
        reason=reason,
        moved_at=at,
        moved_by=actor.id,
        moved_by_label=actor.label,
    )
    if changes:
        kept.save(update_fields=sorted(changes))
    return move


def _mark(person: Person, into: Person | None) -> None:
    """The only code that says what a record was merged into."""
    Person.objects.filter(pk=person.pk).update(merged_into=into)
    failpoints.reach("cases.persons.marked")


def _move_cases(move: PersonMove, cases: list[Case], target: Person) -> None:
    MovedCase.objects.bulk_create(
        [MovedCase(move=move, case=case, source_id=case.person_id, target=target) for case in cases]
    )
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(person=target)
    failpoints.reach("cases.persons.moved")


TOLD = {
    "merge": (
        "this case's person is now recorded under the other record.",
        "cases of the other record came to this person.",
    ),
    "undo": ("this case went back to the record it came from.", "cases of the other record went back to it."),
    "split": (
        "this case went to a new record of another person.",
        "cases of another person left this record.",
    ),
}


def _told(stay: list[Case], go: list[Case], kind: str) -> list[tuple[Case, str, bool]]:
    """What the timeline of each case says, in the order of keys."""
    moved, stayed = TOLD[kind]
    told = [(case, moved, True) for case in go] + [(case, stayed, False) for case in stay]
    return sorted(told, key=lambda item: item[0].pk)


def _record(
    action: str,
    move: PersonMove,
    actor: Actor,
    reason: str,
    told: list[tuple[Case, str, bool]],
    *,
    changed: Collection[str] = (),
) -> None:
    """One event for the record, and one in the timeline of each case on either side."""
    facts = {
        "move": str(move.public_id),
        "person": str(move.kept.public_id),
        "other_person": str(move.other.public_id),
    }
    record.event(
        action,
        actor=actor,
        subject=Ref("person", move.kept.public_id),
        agency=move.kept.agency.public_id,
        occurred_at=move.moved_at,
        reason=reason,
        changed=list(changed),
        facts={**facts, "what": f"{sum(moved for *_case, moved in told)} of {len(told)} cases moved."},
    )
    for case, words, has_moved in told:
        record.event(
            action,
            actor=actor,
            subject=Ref("case", case.public_id),
            case=case.public_id,
            agency=case.agency.public_id,
            occurred_at=move.moved_at,
            reason=reason,
            changed=["person"] if has_moved else [],
            facts={**facts, "what": words},
        )
    failpoints.reach("cases.persons.told")
