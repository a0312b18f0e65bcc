"""A case as machines read it. No name, no date of birth: the jail's own system has them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.models import Case, Correction
from detainers.models import Breach, CaseAuthority, Detainer, Duty
from detainers.policies import VERDICTS, Verdict
from integration import casefile
from integration.stages import MEANING, Stage
from matching.models import ExpectedAnswer

STAGES = "; ".join(f"`{stage.value}`: {MEANING[stage]}" for stage in Stage)


class CustodySerializer(serializers.ModelSerializer[Case]):
    """Where the person is, and since when."""

    state = serializers.ChoiceField(
        source="custody_state", choices=Case._meta.get_field("custody_state").choices
    )
    booked_at = serializers.DateTimeField(source="opened_at")
    ended_at = serializers.DateTimeField(source="custody_ended_at", allow_null=True)

    class Meta:
        model = Case
        fields = ["state", "unit", "booked_at", "release_eligible_at", "ended_at"]
        read_only_fields = fields


class ClockSerializer(serializers.Serializer[Any]):
    """On what authority, until when, by the clock of the database at `as_of`."""

    authority = serializers.ChoiceField(source="authority.kind", choices=CaseAuthority.Kind.choices)
    authority_ends_at = serializers.DateTimeField(
        source="authority.authority_ends_at",
        allow_null=True,
        help_text="Null while a local ground has no known end",
    )
    remaining_seconds = serializers.IntegerField(allow_null=True, help_text="0 when authority has ended")
    is_in_breach = serializers.BooleanField(source="authority.in_breach")
    as_of = serializers.DateTimeField(source="authority.seen_at")


class ClockWithDerivationSerializer(ClockSerializer):
    derivation = serializers.SerializerMethodField(
        help_text="How the end of the hold came about, sentence by sentence"
    )

    def get_derivation(self, file: casefile.CaseFile) -> list[str]:
        return casefile.derivation(self.context["actor"], file.case)


class AnswerSerializer(serializers.ModelSerializer[ExpectedAnswer]):
    """What one source says, or why it says nothing."""

    is_finding = serializers.BooleanField(help_text="Whether the source was searched and said yes or no")

    class Meta:
        model = ExpectedAnswer
        fields = ["state", "is_finding", "reason", "due_at", "settled_at"]
        read_only_fields = fields


class AnswersSerializer(serializers.Serializer[Any]):
    """The three sources, never merged; null where no check was opened."""

    state = AnswerSerializer(allow_null=True)
    fbi = AnswerSerializer(allow_null=True)
    dhs = AnswerSerializer(allow_null=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """What the policy in force said of this detainer."""

    verdict = serializers.ChoiceField(choices=[(item.value, VERDICTS[item]) for item in Verdict])
    sentence = serializers.SerializerMethodField()
    policy = serializers.CharField(source="policy_code")
    citation = serializers.CharField()
    version = serializers.CharField()
    decided_at = serializers.DateTimeField()

    def get_sentence(self, decision: Any) -> str:
        return VERDICTS[Verdict(decision.verdict)]


class DutySerializer(serializers.ModelSerializer[Duty]):
    """What staff must do about this detainer, until when, and whether it is done. Never who, or to whom."""

    id = serializers.UUIDField(source="public_id")
    policy = serializers.CharField(source="policy_code")
    is_overdue = serializers.SerializerMethodField(
        help_text="Open after its time, by the clock of this answer"
    )

    class Meta:
        model = Duty
        fields = [
            "id",
            "code",
            "state",
            "policy",
            "citation",
            "is_condition",
            "due_at",
            "settled_at",
            "is_overdue",
        ]
        read_only_fields = fields

    def get_is_overdue(self, duty: Duty) -> bool:
        return duty.is_overdue(timezone.now())


class DetainerSerializer(serializers.ModelSerializer[Detainer]):
    """One detainer as received."""

    id = serializers.UUIDField(source="public_id")
    served_at = serializers.SerializerMethodField()
    decision = serializers.SerializerMethodField()
    duties = serializers.SerializerMethodField()

    class Meta:
        model = Detainer
        fields = [
            "id",
            "edition",
            "state",
            "channel",
            "received_at",
            "served_at",
            "ended_at",
            "decision",
            "duties",
        ]
        read_only_fields = fields

    @extend_schema_field(DutySerializer(many=True))
    def get_duties(self, detainer: Detainer) -> list[dict[str, Any]]:
        rows = sorted(detainer.duties.all(), key=lambda row: row.code)
        return [dict(DutySerializer(row).data) for row in rows]

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_served_at(self, detainer: Detainer) -> str | None:
        served = casefile.first_service(detainer)
        return serializers.DateTimeField().to_representation(served) if served else None

    @extend_schema_field(DecisionSerializer(allow_null=True))
    def get_decision(self, detainer: Detainer) -> dict[str, Any] | None:
        latest = max(detainer.decisions.all(), key=lambda row: row.pk, default=None)
        return dict(DecisionSerializer(latest).data) if latest else None


class BreachSerializer(serializers.ModelSerializer[Breach]):
    """Custody without authority."""

    id = serializers.UUIDField(source="public_id")
    minutes = serializers.SerializerMethodField(help_text="How long it lasted, or has lasted until now")

    class Meta:
        model = Breach
        fields = ["id", "state", "from_at", "until_at", "minutes"]
        read_only_fields = fields

    def get_minutes(self, breach: Breach) -> int:
        return int(breach.duration(self.context["now"]).total_seconds()) // 60


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    """That a fact was corrected: which field, when and what it did to the clock. Never what it said before or says now."""

    id = serializers.UUIDField(source="public_id")
    movement = serializers.ChoiceField(
        choices=Correction._meta.get_field("movement").choices,
        help_text="What it does to the end of authority",
    )

    class Meta:
        model = Correction
        fields = [
            "id",
            "kind",
            "subject_id",
            "field",
            "state",
            "movement",
            "needs_second",
            "reason_code",
            "occurred_at",
            "recorded_at",
            "decided_at",
        ]
        read_only_fields = fields


class CaseSummarySerializer(serializers.Serializer[Any]):
    """One line of the list."""

    id = serializers.UUIDField(source="case.public_id")
    number = serializers.CharField(source="case.number")
    booking_number = serializers.CharField(source="booking.booking_number")
    person_id = serializers.UUIDField(
        source="case.person.public_id",
        help_text="The person's record now. It changes when records of one person are merged or split; the case keeps its id",
    )
    stage = serializers.ChoiceField(choices=[(item.value, MEANING[item]) for item in Stage], help_text=STAGES)
    custody = CustodySerializer(source="case")
    clock = ClockSerializer(source="*")


class CaseSerializer(CaseSummarySerializer):
    """The whole case."""

    clock = ClockWithDerivationSerializer(source="*")
    answers = serializers.SerializerMethodField()
    detainers = DetainerSerializer(many=True)
    breach = serializers.SerializerMethodField()
    corrections = serializers.SerializerMethodField()

    @extend_schema_field(CorrectionSerializer(many=True))
    def get_corrections(self, file: casefile.CaseFile) -> list[dict[str, Any]]:
        rows = casefile.corrections(self.context["actor"], file.case)
        return [dict(CorrectionSerializer(row).data) for row in rows]

    @extend_schema_field(AnswersSerializer)
    def get_answers(self, file: casefile.CaseFile) -> dict[str, Any]:
        empty: dict[str, Any] = {"state": None, "fbi": None, "dhs": None}
        return dict(AnswersSerializer(empty | file.answers).data)

    @extend_schema_field(BreachSerializer(allow_null=True))
    def get_breach(self, file: casefile.CaseFile) -> dict[str, Any] | None:
        breach = casefile.latest_breach(self.context["actor"], file.case)
        return (
            dict(BreachSerializer(breach, context={"now": file.authority.seen_at}).data) if breach else None
        )
