"""The machines' door, under /api/v1/. Only the token address of the OAuth toolkit is reachable."""

from django.urls import path

from integration.views.bookings import BookingsView
from integration.views.cases import CaseListView, CaseView
from integration.views.detainers import DetainerLiftView, DetainersView
from integration.views.documents import DocumentView
from integration.views.events import EventsView
from integration.views.schema import DocsView, SchemaView
from integration.views.tokens import ClientTokenView

app_name = "integration"

urlpatterns = [
    path("oauth/token", ClientTokenView.as_view(), name="token"),
    path("bookings", BookingsView.as_view(), name="bookings"),
    path("cases", CaseListView.as_view(), name="cases"),
    path("cases/<uuid:public_id>", CaseView.as_view(), name="case"),
    path("detainers", DetainersView.as_view(), name="detainers"),
    path("detainers/<uuid:public_id>/lift", DetainerLiftView.as_view(), name="detainer_lift"),
    path("cases/<uuid:public_id>/document", DocumentView.as_view(), name="document"),
    path("events", EventsView.as_view(), name="events"),
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(), name="docs"),
]
