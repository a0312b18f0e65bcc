"""Three questions a monitor asks: does the process answer, can it serve, and does the work behind it go on."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import rights
from desk import heartbeat
from desk.watchdog import pulse, signs
from desk.watchdog.signs import Pulse, Sign


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else, so that a slow database never gets it killed."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve, and whether the sweep of the clock is late. A late sweep is said, and serves on."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        missing = rights.serving()
        beat = None if missing else heartbeat.read(at=timezone.now())
    except DatabaseError:
        return JsonResponse(
            {"status": "unavailable", "database": "no answer", "sweep": "unknown"}, status=503
        )
    if beat is None:
        said = {"status": "rights missing", "database": "answers", "sweep": "unknown"}
        return JsonResponse({**said, "missing": missing[:20], "do": rights.REMEDY}, status=503)
    return JsonResponse(
        {
            "status": "ready",
            "database": "answers",
            "sweep": "late" if beat.is_late else "on time",
            "last_sweep_at": beat.swept_at.isoformat() if beat.swept_at else None,
        }
    )


@require_safe
@never_cache
def domain(request: HttpRequest) -> JsonResponse:
    """Whether the work goes on: sweep, holds, sealer, clock, queues. 200 when all is within its bound, 503 when not.

    Counts and seconds of the whole installation; no person, no agency. Asked with `Authorization: Bearer HEALTH_TOKEN`.
    """
    if not _may_ask(request):
        return JsonResponse(
            {
                "status": "refused",
                "detail": "Send 'Authorization: Bearer ...' with the HEALTH_TOKEN of this installation.",
            },
            status=403,
        )
    try:
        taken = pulse.take()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "no answer"}, status=503)
    found = signs.read(taken)
    is_well = not any(sign.is_late for sign in found)
    return JsonResponse(
        {
            "status": "well" if is_well else "late",
            "seen_at": taken.seen_at.isoformat(),
            "signs": [_sign(sign) for sign in found],
            "counts": _counts(taken),
        },
        status=200 if is_well else 503,
    )


def _may_ask(request: HttpRequest) -> bool:
    if not settings.HEALTH_TOKEN:
        return not settings.PRODUCTION
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return constant_time_compare(given, settings.HEALTH_TOKEN)


def _sign(sign: Sign) -> dict[str, Any]:
    said = {
        "name": sign.name.value,
        "late": sign.is_late,
        "behind_seconds": sign.seconds,
        "bound_seconds": int(sign.bound.total_seconds()),
    }
    if sign.is_late:
        said |= {"title": str(sign.title), "means": str(sign.means), "do": str(sign.do)}
    return said


def _counts(taken: Pulse) -> dict[str, int]:
    return {
        "open_breaches": taken.open_breaches,
        "failed_deliveries": taken.failed_deliveries,
        "quarantined_replies": taken.quarantined_replies,
    }
