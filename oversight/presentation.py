"""Rows of the view as what the templates show: every value a word, a code of the law or a length of time. Pure."""

from dataclasses import dataclass
from typing import Any

from detainers.policies import VERDICTS, Verdict
from oversight import words
from oversight.words import Step, span


@dataclass(frozen=True)
class Figure:
    """One figure with the anchor of its definition."""

    label: str
    value: str
    definition: str
    is_alarm: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    reference: str
    jail: str
    booked_week: str
    custody: str
    has_hold: bool
    has_breach: bool
    breach_runs: bool
    policy: str
    verdict: str


@dataclass(frozen=True)
class Tried:
    rule: str
    outcome: str
    citation: str


@dataclass(frozen=True)
class DetainerPanel:
    """One detainer with what was decided on it."""

    title: str
    figures: tuple[Figure, ...]
    verdict: str
    policy: str
    citation: str
    version: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class Page:
    """One case."""

    reference: str
    jail: str
    headline: str
    is_alarm: bool
    figures: tuple[Figure, ...]
    answers: tuple[tuple[str, str], ...]
    detainers: tuple[DetainerPanel, ...]
    holds: tuple[tuple[Figure, ...], ...]
    timeline: tuple[Step, ...]


def row(case: Any) -> Row:
    return Row(
        reference=case.reference,
        jail=case.jail,
        booked_week=week(case.booked_week),
        custody=words.CUSTODY.get(case.custody, case.custody),
        has_hold=case.has_hold,
        has_breach=case.has_breach,
        breach_runs=bool(case.in_breach),
        policy=case.policy_code or "",
        verdict=short_verdict(case.verdict),
    )


def page(case: Any) -> Page:
    headline, is_alarm = _headline(case)
    return Page(
        reference=case.reference,
        jail=case.jail,
        headline=headline,
        is_alarm=is_alarm,
        figures=_figures(case),
        answers=tuple(
            (words.SOURCES[item["source"]], words.ANSWERS.get(item["state"], item["state"]))
            for item in case.answers
        ),
        detainers=tuple(_detainer(item) for item in case.detainers),
        holds=tuple(_hold(item) for item in case.holds),
        timeline=tuple(words.timeline(case)),
    )


def week(text: str) -> str:
    """'2026-W12' as 'Week 12 of 2026'."""
    year, _, number = text.partition("-W")
    return f"Week {int(number)} of {year}" if number.isdigit() else text


def short_verdict(verdict: str | None) -> str:
    return verdict.replace("_", " ").capitalize() if verdict else ""


def _headline(case: Any) -> tuple[str, bool]:
    """What a reviewer must know in two seconds."""
    if case.in_breach:
        return "In custody without authority now.", True
    ended = sum(item["minutes"] or 0 for item in case.breaches)
    if case.breaches:
        return f"Was in custody without authority for {span(ended)}.", True
    if case.custody == "in_custody":
        return f"In custody on {words.AUTHORITY.get(case.authority, 'no authority')}.", False
    return f"{words.CUSTODY.get(case.custody, case.custody)}. No breach was recorded.", False


def _figures(case: Any) -> tuple[Figure, ...]:
    classes = ", ".join(case.offence_classes).capitalize() or "None recorded"
    figures = [
        Figure("Booked", week(case.booked_week), "booked"),
        Figure("Age at booking", case.age_band.capitalize(), "age"),
        Figure("Classes of the charges", classes, "offences"),
        Figure("Custody", words.CUSTODY.get(case.custody, case.custody), "custody"),
    ]
    if case.custody_minutes is not None:
        figures.append(Figure("Time in custody", span(case.custody_minutes), "custody-time"))
    if case.eligible_minutes is not None:
        figures.append(Figure("Release-eligible", f"{span(case.eligible_minutes)} after booking", "eligible"))
        figures.append(Figure("Held past release-eligible", _past_eligible(case), "past-eligible"))
    for item in case.breaches:
        value = f"{item['minutes']:,} min" if item["minutes"] is not None else f"Runs, {item['band']}"
        figures.append(Figure("Breach", value, "breach", is_alarm=True))
    return tuple(figures)


def _past_eligible(case: Any) -> str:
    """In hours where custody is over; in steps while it runs."""
    if case.past_eligible_minutes is not None:
        return f"{case.past_eligible_minutes / 60:.1f} h"
    return f"Still held, {case.past_eligible_band}"


def _detainer(item: dict[str, Any]) -> DetainerPanel:
    decision = item["decision"] or {}
    verdict = decision.get("verdict")
    served = "No"
    if item["served"] is not None:
        served = f"Yes, {item['service_minutes'] / 60:.1f} h after receipt"
    warrants = "; ".join(words.WARRANTS.get(kind, kind) for kind in item["warrants"]) or "None"
    return DetainerPanel(
        title=f"Detainer {item['edition']}, received {words.CHANNELS.get(item['channel'], item['channel'])}",
        figures=(
            Figure("State", words.DETAINER_STATES.get(item["state"], item["state"]), "detainer"),
            Figure("Received", f"{span(item['received'])} after booking", "received"),
            Figure("Copy served", served, "served"),
            Figure("Service needed to take effect", "Yes" if item["needs_service"] else "No", "served"),
            Figure("Warrant with it", warrants, "warrant"),
        ),
        verdict=VERDICTS[Verdict(verdict)] if verdict else "",
        policy=decision.get("policy", ""),
        citation=decision.get("citation", ""),
        version=decision.get("version", ""),
        tried=tuple(
            Tried(_rule(row["rule"]), words.TRIED.get(row["verdict"], row["verdict"]), row["citation"] or "")
            for row in decision.get("tried", [])
        ),
    )


def _rule(code: str) -> str:
    """Names of rules as words; codes of policies as they are cited."""
    return RULE_WORDS.get(code, code)


RULE_WORDS = {
    "FORM_ASKS_FOR_CUSTODY": "The form asks for custody",
    "OPERATIVE_UPON_CONVICTION": "The form waits for a conviction",
    "FORM_SUFFICIENT": "The form is sufficient on its face",
    "PLACE_GIVES_AUTHORITY": "A law of this place gives authority",
    "STATUS_CLAIM": "Claim or proof of citizenship or lawful status",
    "JUDICIAL_ORDER": "A judicial official ordered the hold",
    "JUDICIAL_WARRANT": "A warrant signed by a judge is there",
    "ADMINISTRATIVE_WARRANT": "An administrative warrant came with the detainer",
    "LISTED_SERIOUS_CASE": "A serious case that the law lists",
    "FINAL_ORDER_BY_JUDGE": "A final order of removal signed by a judge",
    "TERRORISM_LIST": "A list that the law names",
}


def _hold(item: dict[str, Any]) -> tuple[Figure, ...]:
    ended = f"{span(item['ended'])} after booking" if item["ended"] is not None else "Not yet"
    return (
        Figure("Rule of the clock", words.RULES.get(item["rule"], item["rule"]), "rule"),
        Figure("Limit that governed", words.LIMITS.get(item["limit"], item["limit"]), "limit"),
        Figure("Began", f"{span(item['started'])} after booking", "hold"),
        Figure("Deadline", f"{span(item['deadline'])} after booking", "deadline"),
        Figure("Ended", ended, "hold"),
        *((Figure("Lasted", span(item["minutes"]), "hold"),) if item["minutes"] is not None else ()),
        Figure("How it ended", words.HOLD_ENDS.get(item["state"], item["state"]), "hold"),
    )
