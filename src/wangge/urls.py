"""Every address of the installation."""

from django.urls import URLPattern, URLResolver, include, path

from wangge.doors.api.routes import urls as api_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api_urls),
    path("", include("wangge.doors.desk.urls")),
]
handler400 = "wangge.doors.desk.pages.failures.bad_request"
handler403 = "wangge.doors.desk.pages.failures.forbidden"
handler404 = "wangge.doors.desk.pages.failures.not_found"
handler500 = "wangge.doors.desk.pages.failures.failed"
