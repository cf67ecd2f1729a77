"""Every address of the site, one include a part."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portal.public.urls")),
    path("accounts/", include("portal.accounts.urls")),
    path("", include("portal.imports.urls")),
    path("", include("portal.operations.urls")),
    path("", include("portal.review.urls")),  # before the deposit, whose steps may have any name
    path("", include("portal.deposit.urls")),
    path("", include("portal.api.urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.page_not_found"
handler500 = "portal.errors.server_error"
