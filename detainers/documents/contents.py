"""What each document says: rows of one case as plain data for a template. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit.sentences import local_time
from cases.models import Case
from detainers import rulebook
from detainers.documents import days, form247a
from detainers.documents.kinds import Kind
from detainers.documents.languages import Standing
from detainers.documents.texts import PHONE
from detainers.documents.typesetting import clean, left_to_right
from detainers.duties import TELLING
from detainers.models import CaseAuthority, Detainer, Hold
from detainers.policies import Decision
from detainers.situation import Situation, first_service, papers_result

SIZES = {"en": 10, "zh": 10, "ar": 10, "fr": 9.2}
"""Type size of the notice in points, so that each language fills one sheet and the signatures stay with the text."""
BLANK = "\u00a0"
"""A field to be filled by hand."""
CHECKS = (
    "Identity checked with photograph or prints",
    "No other local ground or warrant",
    "Detainers read again: time over, lifted, or no authority",
    "Court and bond papers in the file",
    "Property and medication given back",
    "Person told the reason and the time",
)


@dataclass(frozen=True)
class Subject:
    """One case as it stands at `at`, with everything a document may say of it."""

    case: Case
    situation: Situation
    detainer: Detainer | None
    words: Standing
    at: datetime

    @property
    def zone(self) -> str:
        return str(self.case.agency.time_zone)

    def when(self, moment: datetime | None) -> str:
        """An instant in the facility's time with its zone; empty where there is none."""
        return local_time(moment, self.zone) if moment is not None else ""

    def plain(self, moment: datetime | None) -> str:
        """The same in digits, `2026-11-24, 14:05 CST`, for languages in which our names of days and months say nothing."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%Y-%m-%d, %H:%M %Z}" if moment is not None else ""

    @property
    def decision(self) -> Decision | None:
        return self.situation.decision_on(self.detainer.pk) if self.detainer is not None else None


def content_of(kind: Kind, subject: Subject) -> dict[str, Any]:
    """The data of one document, without its version line. Every text of a person is cleaned."""
    return _common(kind, subject) | BUILDERS[kind](subject)


def day(moment: date | None) -> str:
    """`5 Mar 1990`: a date without a time."""
    return f"{moment.day} {moment:%b %Y}" if moment else ""


def _common(kind: Kind, subject: Subject) -> dict[str, Any]:
    case, is_draft = subject.case, kind.is_translated and subject.words.is_draft
    person, text = case.person, subject.words.text
    labels = text.labels if kind.is_translated else None
    return {
        "paper": case.agency.paper_size,
        "lang": text.code if kind.is_translated else "en",
        "title": text.title if kind.is_translated else str(kind.title),
        "facility": clean(case.agency.name),
        "case": case.number,
        "case-number": left_to_right(case.number)
        if kind.is_translated and text.is_right_to_left
        else case.number,
        "case-label": labels["case"] if labels else "Case",
        "page-label": labels["page"] if labels else "Page {page} of {pages}",
        "person": {"name": clean(person.display_name), "birth_date": day(person.birth_date)},
        "made": subject.when(subject.at),
        "zone": subject.zone,
        "draft": text.draft if is_draft else "",
        "draft-note": text.draft_note if is_draft else "",
    } | _paper(subject)


def _paper(subject: Subject) -> dict[str, Any]:
    if subject.detainer is None:
        return {"form": "", "received": ""}
    edition = rulebook.current().editions.get(subject.detainer.edition)
    code = subject.detainer.edition.replace("_", " ")
    return {
        "form": f"{code}, {edition.title}" if edition else code,
        "received": subject.when(subject.detainer.received_at),
    }


def _notice(subject: Subject) -> dict[str, Any]:
    text = subject.words.text
    number = PHONE.replace(" ", "\u00a0")  # never parted at the end of a line
    phone = left_to_right(number) if text.is_right_to_left else number
    return {
        "for-you": text.for_you,
        "parts": [
            {"heading": part.heading, "body": [line.replace("{phone}", phone) for line in part.body]}
            for part in text.parts
        ],
        "call": text.call,
        "phone": PHONE,
        "labels": dict(text.labels),
        "size": SIZES.get(text.code, 9.6),
        "form": subject.detainer.edition.replace("_", " ") if subject.detainer else "",
    } | ({} if text.code == "en" else _in_digits(subject))


def _in_digits(subject: Subject) -> dict[str, Any]:
    received = subject.detainer.received_at if subject.detainer else None
    rtl = subject.words.text.is_right_to_left
    said = {"made": subject.plain(subject.at), "received": subject.plain(received)}
    return {key: left_to_right(value) if rtl and value else value for key, value in said.items()}


def _intent(subject: Subject) -> dict[str, Any]:
    decision = subject.decision
    if decision is None:
        return {
            "verdict": "The jail has not decided yet.",
            "limit": "",
            "because": "",
            "reasons": [],
            "telling": [],
        }
    detainer = subject.detainer
    reasons = [item.sentence + (f" ({item.citation})" if item.citation else "") for item in decision.tried]
    if detainer is not None:
        reasons += [clean(sentence) for sentence in detainer.deficiency_sentences]
    return {
        "verdict": decision.sentence,
        "limit": _limit_words(subject) if decision.verdict.grants else "",
        "because": f"Policy {decision.policy_code}: {decision.citation}." if decision.citation else "",
        "reasons": reasons,
        "telling": [
            TELLING["status"][decision.status_information],
            TELLING["release"][decision.release_information],
        ],
    }


def _i247a(subject: Subject) -> dict[str, Any]:
    assert subject.detainer is not None
    return form247a.content(subject.detainer)


def _limit_words(subject: Subject) -> str:
    result = papers_result(subject.situation)
    if result is not None and result.expires_at is not None:
        return f"Not longer than {subject.when(result.expires_at)}, and only on this detainer."
    return "The time begins when the last local ground ends. It is 48 hours at most; the law of this place may make it shorter."


def _release_notice(subject: Subject) -> dict[str, Any]:
    decision = subject.decision
    telling = TELLING["release"][decision.release_information] if decision else "Not decided yet."
    citation = f" ({decision.citation})" if decision and decision.citation else ""
    return {
        "expected": subject.when(subject.case.release_eligible_at),
        "told": BLANK,
        "telling": telling + citation,
    }


def _consent(subject: Subject) -> dict[str, Any]:
    return {}


def _release_sheet(subject: Subject) -> dict[str, Any]:
    return {"blank": False, "sheets": [sheet(subject)]}


def sheet(subject: Subject) -> dict[str, Any]:
    """One release sheet; the pack for outages prints many."""
    case = subject.case
    authority, until = authority_words(subject)
    booking = getattr(case, "booking", None)
    return {
        "name": clean(case.person.display_name),
        "birth_date": day(case.person.birth_date),
        "case": case.number,
        "booking": clean(booking.booking_number) if booking else "",
        "unit": clean(case.unit),
        "authority": authority,
        "until": until,
        "grounds": [
            [
                clean(f"{item.get_kind_display()} {item.description}"),
                subject.when(item.started_at),
                subject.when(item.ended_at) or "still open",
            ]
            for item in case.grounds.order_by("started_at", "pk")
        ],
        "detainers": [
            f"Detainer {item.edition.replace('_', ' ')}, received {subject.when(item.received_at)}: "
            f"{item.get_state_display().lower()}."
            for item in subject.situation.detainers
        ],
        "checks": list(CHECKS),
    }


def authority_words(subject: Subject) -> tuple[str, str]:
    """On what authority the person is held and until when, by the view that every other surface reads."""
    row = CaseAuthority.objects.get(pk=subject.case.pk)
    ends = subject.when(row.authority_ends_at)
    if not row.in_custody:
        return "Not in custody any more.", f"Custody ended {subject.when(row.custody_ended_at)}."
    if row.kind == CaseAuthority.Kind.LOCAL_GROUND:
        return "Held on a local ground.", "No end is known yet: it ends with the last local ground."
    if row.kind == CaseAuthority.Kind.HOLD:
        return (
            "Held on a detainer.",
            f"Authority ends {ends}. Release by then unless ICE takes custody before.",
        )
    return "Nothing holds this person. Release now.", f"Authority ended {ends}." if ends else ""


def _worksheet(subject: Subject) -> dict[str, Any]:
    case, hold = subject.case, _last_hold(subject.case)
    result = papers_result(subject.situation)
    derivation = hold.clock if hold else result.derivation if result else None
    authority, until = authority_words(subject)
    sentences = hold.sentences() if hold else result.sentences() if result else []
    if not sentences:
        eligible = case.release_eligible_at
        sentences = (
            [
                f"The last local ground ended on {subject.when(eligible)}. There is no hold, so authority ended with it."
            ]
            if eligible
            else ["A local ground holds the person. No detainer clock runs while it lasts."]
        )
    limits = derivation.limits if derivation else ()
    governing = derivation.governing if derivation else None
    return _strip(subject, hold) | {
        "size": 10,
        "outcome": " ".join(part for part in (authority, until) if part),
        "sentences": [clean(item) for item in sentences],
        "limits": [_limit_row(subject, limit, index == governing) for index, limit in enumerate(limits)],
        "papers": [_paper_row(subject, item) for item in subject.situation.detainers],
        "citations": list(derivation.citations) if derivation else [],
    }


def _last_hold(case: Case) -> Hold | None:
    found: Hold | None = Hold.objects.filter(case=case).order_by("-started_at", "-pk").first()
    return found


def _limit_row(subject: Subject, limit: Any, governs: bool) -> list[str]:
    whose = "The form" if limit.source.value == "FORM" else f"Policy {limit.code}"
    how = {
        "STRAIGHT_48": f"{limit.hours} hours, every hour counts",
        "EXCL_48": f"{limit.hours} hours without Saturdays, Sundays and federal holidays",
        "SAME_DAY_2359": "until 23:59 of the same day",
    }.get(limit.method, f"{limit.hours} hours")
    return [
        whose,
        how,
        subject.when(limit.anchor_at),
        subject.when(limit.expires_at),
        "yes" if governs else "no",
    ]


def _paper_row(subject: Subject, detainer: Detainer) -> list[str]:
    decision = subject.situation.decision_on(detainer.pk)
    served = first_service(detainer)
    return [
        detainer.edition.replace("_", " "),
        subject.when(detainer.received_at),
        subject.when(served) or "not served",
        decision.sentence if decision else "not decided",
    ]


def _strip(subject: Subject, hold: Hold | None) -> dict[str, Any]:
    case = subject.case
    start = hold.anchor_at if hold else case.release_eligible_at
    if start is None:
        return {"days": [], "days-words": ""}
    end = hold.ends_at if hold else start
    until = min(case.custody_ended_at or subject.at, subject.at)
    limit = hold.clock.governing_limit if hold else None
    found = days.strip(
        start=start,
        end=end,
        custody_until=max(until, end),
        excluded=limit.excluded_days if limit else (),
        zone=subject.zone,
    )
    late = f"Custody went on until {subject.when(until)}." if until > end else ""
    return {"days": found, "days-words": days.words(found, subject.when(start), subject.when(end), late)}


BUILDERS: dict[Kind, Callable[[Subject], dict[str, Any]]] = {
    Kind.NOTICE: _notice,
    Kind.INTENT: _intent,
    Kind.RELEASE_NOTICE: _release_notice,
    Kind.CONSENT: _consent,
    Kind.WORKSHEET: _worksheet,
    Kind.RELEASE_SHEET: _release_sheet,
    Kind.I247A: _i247a,
}
