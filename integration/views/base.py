from typing import cast

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.bases import ScopedAPIView
from integration.models import ApiClient


class IsClient(BasePermission):
    """Only a client's token opens this door; a signed-in browser is a stranger here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, ApiClient)


class ClientView(ScopedAPIView):
    """Base of the API's views: a client of one agency, with the declared permission there."""

    abstract = True
    permission_classes = [IsClient, *ScopedAPIView.permission_classes]

    @property
    def client(self) -> ApiClient:
        return cast("ApiClient", self.request.user)
