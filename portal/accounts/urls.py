from django.urls import include, path

from portal.accounts import views

urlpatterns = [
    path("profile", views.profile, name="profile"),
    path("tokens", views.api_tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke", views.revoke_token, name="revoke-token"),
    path("", include("allauth.account.urls")),
]
