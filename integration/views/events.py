from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from audit import record
from audit.models import Event
from integration import feed
from integration.openapi import problems
from integration.serializers.events import EventPageSerializer, EventQuerySerializer
from integration.views.base import ClientView


class EventsView(ClientView):
    """Follow what happens in the client's agency."""

    permission = Permission.EVENTS_READ

    @extend_schema(
        operation_id="follow_events",
        summary="Follow events",
        description="Events of the client's agency in the order of the ledger, each exactly once and without gaps. "
        "An event appears when it has been sealed, usually within two seconds.",
        parameters=[EventQuerySerializer],
        responses={200: EventPageSerializer, **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        query = EventQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        after = feed.Cursor.parse(query.validated_data["after"])
        limit = query.validated_data["limit"]
        agency = self.client.agency.public_id
        found = feed.page(agency=agency, after=after, limit=limit + 1)
        shown = found[:limit]
        if shown:
            cases = sorted({event.case_id for event in shown if event.case_id}, key=str)
            record.access("events.read", actor=self.actor, objects=cases, object_type="case", agency=agency)
        last = feed.cursor_of(shown[-1]) if shown else after
        body = {
            "events": [_shape(event) for event in shown],
            "next": str(last),
            "has_more": len(found) > limit,
        }
        return Response(EventPageSerializer(body).data)


def _shape(event: Event) -> dict[str, Any]:
    return {
        "id": event.public_id,
        "cursor": str(feed.cursor_of(event)),
        "action": event.action,
        "case": event.case_id,
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "changed": event.changed,
        "facts": feed.public_facts(event.facts),
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
    }
