"""Addresses of the whole site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # One way to sign in and one to change a password, throttled in one way.
    path("admin/login/", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    path("", include("studio.urls")),
]
