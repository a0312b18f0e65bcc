"""The oversight site, under /oversight/. Plain pages; nothing here needs script."""

from django.urls import path

from oversight.views import AboutView, CaseListView, CaseView

app_name = "oversight"

urlpatterns = [
    path("", CaseListView.as_view(), name="cases"),
    path("about/", AboutView.as_view(), name="about"),
    path("cases/<str:reference>/", CaseView.as_view(), name="case"),
]
