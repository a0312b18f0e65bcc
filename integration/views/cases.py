from uuid import UUID

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import NotFound
from accounts.permissions import Permission
from audit import record
from cases.models import Case
from integration.casefile import gather
from integration.filters import CaseFilter
from integration.openapi import problems
from integration.pagination import NewestFirst
from integration.serializers.cases import CaseSerializer, CaseSummarySerializer
from integration.views.base import ClientView


class CaseListView(ClientView, GenericAPIView[Case]):
    """The cases of the client's agency, newest first."""

    permission = Permission.CASE_VIEW
    queryset = Case.objects.none()
    serializer_class = CaseSummarySerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = CaseFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> "QuerySet[Case]":
        visible: QuerySet[Case] = Case.objects.visible_to(self.actor).select_related("person")
        return visible

    @extend_schema(
        operation_id="list_cases",
        summary="List cases",
        description="To keep a copy up to date, follow events: unlike `changed_since` they cannot miss anything.",
        responses={200: CaseSummarySerializer(many=True), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        cases = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        files = gather(self.actor, cases)
        record.access(
            "cases.listed",
            actor=self.actor,
            objects=[case.public_id for case in cases],
            object_type="case",
            agency=self.client.agency.public_id,
            query=_asked(request),
        )
        return self.get_paginated_response(CaseSummarySerializer(files, many=True).data)


class CaseView(ClientView):
    """One case: custody, clock, answers, detainers and breach."""

    permission = Permission.CASE_VIEW

    @extend_schema(
        operation_id="read_case",
        summary="Read a case",
        responses={200: CaseSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        case = (
            Case.objects.visible_to(self.actor).select_related("person").filter(public_id=public_id).first()
        )
        if case is None:
            raise NotFound("There is no such case.")
        file = gather(self.actor, [case])[0]
        body = CaseSerializer(file, context={"actor": self.actor}).data
        record.access(
            "case.read",
            actor=self.actor,
            objects=[case.public_id],
            object_type="case",
            case=case.public_id,
            agency=self.client.agency.public_id,
        )
        return Response(body)


def _asked(request: Request) -> str:
    """The question for the record of accesses, without the word that was searched: it may be a name."""
    asked = request.query_params.copy()
    if "search" in asked:
        asked["search"] = "given"
    return asked.urlencode()[:200]
