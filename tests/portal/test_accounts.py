"""Sign-up, sign-in, password reset, profile and API tokens, as a browser without JavaScript uses them."""

import re

import pytest
from django.core import mail
from django.test import Client

from base.models import ApiToken, User

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada Example")


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_sign_up_keeps_the_name_and_signs_in(client: Client) -> None:
    form = {"name": "Ada Example", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post("/accounts/signup/", form)
    assert response.status_code == 302
    user = User.objects.get()
    assert (user.name, user.email) == ("Ada Example", "ada@example.org")
    assert "Ada Example" in client.get("/accounts/profile").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password2": "another long password"}, "same password"),
        ({"email": "no address"}, "valid email"),
    ],
)
def test_sign_up_says_what_is_wrong_and_keeps_the_rest(client: Client, change: dict[str, str], words: str) -> None:
    form = {"name": "Ada Example", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD, **change}
    response = client.post("/accounts/signup/", form)
    assert words in response.text
    assert 'aria-invalid="true"' in response.text
    if "email" not in change:
        assert 'value="ada@example.org"' in response.text
    assert not User.objects.exists()


def test_sign_in_and_out(client: Client, ada: User) -> None:
    assert client.post("/accounts/login/", {"login": "ada@example.org", "password": "wrong one"}).status_code == 200
    assert client.get("/accounts/profile").status_code == 302
    client.post("/accounts/login/?next=/accounts/profile", {"login": "ada@example.org", "password": PASSWORD})
    assert client.get("/accounts/profile").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/accounts/profile").status_code == 302


def test_password_reset_by_mail(client: Client, ada: User) -> None:
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert mail.outbox[0].to == ["ada@example.org"]
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None
    page = client.get(link[1], follow=True)
    address = page.redirect_chain[-1][0]
    new = "another good password"
    response = client.post(address, {"password1": new, "password2": new}, follow=True)
    assert response.status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_password_reset_does_not_tell_who_has_an_account(client: Client) -> None:
    response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert response.status_code == 200
    assert "nobody@example.org" not in response.text


def test_password_change(signed_in: Client, ada: User) -> None:
    new = "another good password"
    signed_in.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_profile_takes_an_orcid_in_any_writing(signed_in: Client, ada: User) -> None:
    response = signed_in.post(
        "/accounts/profile", {"name": "Ada E. Example", "orcid": "https://orcid.org/0000-0002-1825-0097"}, follow=True
    )
    assert "Your profile is saved." in response.text
    ada.refresh_from_db()
    assert (ada.name, ada.orcid) == ("Ada E. Example", "0000-0002-1825-0097")


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0098", "12345", "not an ORCID", "0000-0002-1825-009\x00"])
def test_profile_refuses_a_wrong_orcid_and_keeps_what_was_typed(signed_in: Client, ada: User, orcid: str) -> None:
    response = signed_in.post("/accounts/profile", {"name": "Ada", "orcid": orcid})
    assert response.status_code == 400
    assert "ORCID" in response.text
    ada.refresh_from_db()
    assert (ada.name, ada.orcid) == ("Ada Example", "")


def test_a_token_is_shown_once_and_can_be_revoked(signed_in: Client, ada: User) -> None:
    page = signed_in.post("/accounts/tokens", {"name": "lab server", "days": "90", "may_write": "on"})
    secret = re.search(r"vit_[\w-]{20,}", page.text)
    assert secret is not None
    assert page["Cache-Control"].startswith("max-age=0")
    token = ApiToken.objects.by_secret(secret[0])
    assert token is not None
    assert token.may_write
    again = signed_in.get("/accounts/tokens").text
    assert "lab server" in again
    assert secret[0] not in again
    signed_in.post(f"/accounts/tokens/{token.id}/revoke")
    assert ApiToken.objects.by_secret(secret[0]) is None
    assert "lab server" not in signed_in.get("/accounts/tokens").text.split("</h2>", 2)[-1].split("message")[0]


def test_nobody_revokes_the_token_of_another(signed_in: Client) -> None:
    other = User.objects.create_user("bo@example.org", PASSWORD, name="Bo")
    token = ApiToken.objects.create(user=other, name="theirs", digest="0" * 64)
    response = signed_in.post(f"/accounts/tokens/{token.id}/revoke")
    assert response.status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_pages_for_visitors(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1


@pytest.mark.parametrize(
    "address",
    ["/accounts/profile", "/accounts/tokens", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/"],
)
def test_pages_for_the_signed_in(signed_in: Client, address: str) -> None:
    page = signed_in.get(address)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
