from typing import Any

from rest_framework import serializers


class EventSubjectSerializer(serializers.Serializer[Any]):
    """What the event is about."""

    type = serializers.CharField()
    id = serializers.UUIDField()


class EventSerializer(serializers.Serializer[Any]):
    """One thing that happened: codes, ids and times; never a name or a number of a person."""

    id = serializers.UUIDField()
    cursor = serializers.CharField(
        help_text="The event's place in the ledger; ask with it as `after` for what follows"
    )
    action = serializers.CharField(help_text="Dotted code in the past tense, such as `detainers.hold_ended`")
    case = serializers.UUIDField(allow_null=True)
    subject = EventSubjectSerializer()
    changed = serializers.ListField(child=serializers.CharField(), help_text="Names of fields that changed")
    facts = serializers.DictField(help_text="Codes, ids and times by name")
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class EventPageSerializer(serializers.Serializer[Any]):
    """Events in order. Keep `next` and ask again with it; an empty page gives the same cursor back."""

    events = EventSerializer(many=True)
    next = serializers.CharField()
    has_more = serializers.BooleanField()


class EventQuerySerializer(serializers.Serializer[Any]):
    """What may be asked of the feed."""

    after = serializers.CharField(
        required=False, default="", max_length=40, help_text="`next` of an earlier page"
    )
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=500)
