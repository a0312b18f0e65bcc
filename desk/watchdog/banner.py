"""What every page of the desk says when something that must keep moving does not."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from desk.watchdog import thread
from desk.watchdog.signs import Words


@dataclass(frozen=True)
class Banner:
    """One warning: what is wrong, and what that means for whoever reads it."""

    name: str
    title: Words
    means: Words


def banners() -> tuple[Banner, ...]:
    """The warnings of this moment. Reads what the watchdog of this process saw: no query is made for it."""
    seen = thread.latest()
    if seen is None:
        return ()
    if seen.is_stale:
        return (
            Banner(
                "watchdog",
                _("The watchdog of this server is silent."),
                _("Whether alarms are on time is not known. Times on the pages stay right."),
            ),
        )
    return tuple(
        Banner(sign.name.value, sign.title, sign.means) for sign in seen.late if sign.is_for_everybody
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `watchdog_banners` for the base template, to people who are signed in."""
    user = getattr(request, "user", None)
    return {"watchdog_banners": banners() if user is not None and user.is_authenticated else ()}
