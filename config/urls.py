"""Every address of the product. A test walks this and finds no view outside the scoped bases but the few listed there."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("", include("accounts.urls")),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("health/domain", health.domain, name="health_domain"),
    path("api/v1/", include("integration.urls")),
    path("oversight/", include("oversight.urls")),
    path("admin/act/", include("desk.acts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
