"""Bases of every surface. A class without a declared permission cannot be defined; a query without a scope shows nothing."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet
from unfold.admin import ModelAdmin

from accounts.actors import NOBODY, Actor
from accounts.errors import ClearholdError, NotFound, NotPermitted
from accounts.permissions import Permission


class _Declared:
    """Demands `permission = Permission.X` on every concrete subclass, at import time."""

    permission: Permission
    abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("abstract", False):
            return
        if not isinstance(getattr(cls, "permission", None), Permission):
            raise TypeError(f"{cls.__module__}.{cls.__qualname__} must declare `permission = Permission.X`.")


def actor_of(request: HttpRequest | Request) -> Actor:
    """The actor of a request; NOBODY when nobody is signed in."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return actor


class ScopedView(_Declared):
    """Mixin of Django class-based views: signed in, with the permission somewhere, and refusals mapped in one place.

    Which objects are reachable is the business of `visible_to(actor)` in each view's queryset; what may be done, of the service.
    """

    abstract = True
    request: HttpRequest

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request = request
        if not getattr(request.user, "is_authenticated", False):
            return redirect_to_login(request.path)  # without the query, in which people type names
        if not self.actor.may_somewhere(self.permission):
            raise PermissionDenied(
                "Your role does not include this page. Ask an administrator of your agency."
            )
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except NotFound as error:
            raise Http404(error.message) from error
        except NotPermitted as error:
            raise PermissionDenied(error.message) from error
        return response


class _HasPermission(BasePermission):
    """DRF asks this: the view's declared permission, held somewhere by the actor. Unmapped verbs are refused by DRF itself."""

    message = "Your client or role does not include this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return actor_of(request).may_somewhere(view.permission)


class ScopedAPIView(_Declared, APIView):
    """Base of API views."""

    abstract = True
    permission_classes = [_HasPermission]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)


class ScopedViewSet(_Declared, GenericViewSet[Any]):
    """Base of API viewsets: the queryset always starts from `visible_to(actor)`."""

    abstract = True
    permission_classes = [_HasPermission]
    model: type[Model]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def get_queryset(self) -> QuerySet[Any]:
        return self.model.objects.visible_to(self.actor)  # type: ignore[attr-defined,no-any-return]


class BoundedPaginator(Paginator):
    """Counts no further than `most` rows: beyond that nobody turns pages, and a count would read a million of them."""

    template_name = "unfold/helpers/pagination_bounded.html"
    most = 5000

    @cached_property
    def counted(self) -> int:
        """Rows up to one more than `most`."""
        return int(self.object_list.order_by()[: self.most + 1].count())  # type: ignore[union-attr]

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return min(self.counted, self.most)

    @property
    def has_more(self) -> bool:
        """Whether there are more rows than pages lead to."""
        return self.counted > self.most


class ScopedModelAdmin(_Declared, ModelAdmin):  # type: ignore[misc]
    """Base of admin pages: scoped, read-only unless a subclass says otherwise, never deletes, records every object opened.

    Changes go through act pages that call one service each; status, clock and audit fields are never typed.
    """

    abstract = True
    list_filter_sheet = False
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = self.model._default_manager.visible_to(actor_of(request))
        ordering = self.get_ordering(request)
        return queryset.order_by(*ordering) if ordering else queryset

    def get_urls(self) -> list[Any]:
        """Without the redirect from the addresses of long ago, which is a view outside these bases, and the admin's own log.

        That log stays empty: what happened to a row is in the audit trail, and nobody but the owner may read the other table.
        """
        left_out = {"<path:object_id>/", "<path:object_id>/history/"}
        return [entry for entry in super().get_urls() if str(entry.pattern) not in left_out]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).may_somewhere(self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may_somewhere(self.permission)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is not None:
            self.record_access(request, [obj], f"{self.opts.model_name}.viewed")
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        changelist = (
            getattr(response, "context_data", {}).get("cl") if hasattr(response, "context_data") else None
        )
        if changelist is not None:
            self.record_access(request, list(changelist.result_list), f"{self.opts.model_name}.listed")
        return response

    def record_access(self, request: HttpRequest, objects: list[Any], action: str) -> None:
        """One access row for what this page shows, with the public ids."""
        from audit import record

        ids = [obj.public_id for obj in objects if getattr(obj, "public_id", None)]
        record.access(action, actor=actor_of(request), objects=ids, object_type=self.opts.model_name or "")


def problem_of(error: ClearholdError) -> tuple[int, dict[str, Any]]:
    """HTTP status and problem fields of a service's refusal; the API's formatter and the act pages share it."""
    errors = [
        {"field": item.field, "code": item.code, "message": item.message}
        for item in getattr(error, "errors", ())
    ]
    return error.status, {"code": error.code, "detail": error.message, "errors": errors}
