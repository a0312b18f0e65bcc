"""Every action has a sentence a person can read. The timeline on a page, in the terminal and in the API is made of these."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from audit.models import Event

_sentences: dict[str, str] = {}


class _Facts(dict[str, object]):
    """Facts for str.format_map; a fact that an older event lacks reads as a dash, never as an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def register(templates: Mapping[str, str]) -> None:
    """Add the sentences of one app: action -> str.format template over the event's facts, `actor` and `reason`."""
    _sentences.update(templates)


def known(action: str) -> bool:
    return action in _sentences


def actions() -> Mapping[str, str]:
    """All registered actions with their templates, for documentation and tests."""
    return dict(_sentences)


def local_time(moment: datetime, zone: str) -> str:
    """'Thu 19 Mar 2026, 14:00 EDT': the form in which every surface shows an instant."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def sentence(event: Event, *, zone: str) -> str:
    """The event as a sentence in the facility's time. Facts ending in `_at` that hold ISO times are shown locally."""
    facts = _Facts(event.facts)
    for key, value in list(facts.items()):
        if key.endswith("_at") and isinstance(value, str) and value:
            facts[key] = local_time(datetime.fromisoformat(value), zone)
    facts.update(
        actor=event.actor_label, reason=event.reason, occurred_at=local_time(event.occurred_at, zone)
    )
    template = _sentences.get(event.action)
    return template.format_map(facts) if template else event.action
