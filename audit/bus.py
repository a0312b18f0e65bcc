"""Facts go up as events: synchronous handlers in the publisher's transaction, deliveries by rows after commit.

`config/wiring.py` and each app's `AppConfig.ready` fill these registries; nothing else does.
"""

from collections import defaultdict
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS

from audit.models import Delivery, Event

Handler = Callable[[Event], None]

_handlers: dict[str, list[Handler]] = defaultdict(list)
_subscribers: dict[str, dict[str, Handler]] = defaultdict(dict)


def subscribe(action: str, handler: Handler) -> None:
    """Run `handler` in the publisher's transaction whenever `action` is recorded. For legal effect only."""
    if handler not in _handlers[action]:
        _handlers[action].append(handler)


def deliver(action: str, *, subscriber: str, handler: Handler) -> None:
    """Carry each `action` to `handler` after commit, by a Delivery row that a worker picks up (at least once)."""
    _subscribers[action][subscriber] = handler


def handler_for(action: str, subscriber: str) -> Handler | None:
    """The delivery handler registered for one action and subscriber, or None when nobody carries it any more."""
    return _subscribers.get(action, {}).get(subscriber)


def dispatch(event: Event, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the delivery rows of an event, then run its synchronous handlers in order of subscription."""
    for subscriber in _subscribers.get(event.action, {}):
        Delivery.objects.using(using).create(event=event, subscriber=subscriber)
    for handler in _handlers.get(event.action, []):
        handler(event)


def subscribers(action: str) -> tuple[str, ...]:
    """Who gets a delivery of an action."""
    return tuple(_subscribers.get(action, {}))


def is_heard(action: str) -> bool:
    """Whether any handler runs in the publisher's transaction for an action."""
    return bool(_handlers.get(action))


def handle(event: Event) -> None:
    """Run the synchronous handlers of an event in order of subscription."""
    for handler in _handlers.get(event.action, []):
        handler(event)
