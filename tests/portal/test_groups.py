"""Groups of people, looked after by their members."""

import pytest
from django.test import Client

from base.models import Group
from tests import factory

pytestmark = pytest.mark.django_db


def test_a_group_is_started_joined_and_left(client: Client) -> None:
    ada, bo = factory.user("Ada"), factory.user("Bo")
    client.force_login(ada)
    assert "no group yet" in client.get("/deposit/groups").text
    client.post("/deposit/groups/start", {"name": " Schwann  lab "})
    group = Group.objects.get(name="Schwann lab")
    page = client.post(f"/deposit/groups/{group.pk}/add", {"email": bo.email.upper()}, follow=True).text
    assert "Bo is in the group." in page
    client.force_login(bo)
    assert "Schwann lab" in client.get("/deposit/groups").text
    client.post(f"/deposit/groups/{group.pk}/leave")
    assert client.post(f"/deposit/groups/{group.pk}/leave").status_code == 404
    client.force_login(ada)
    client.post(f"/deposit/groups/{group.pk}/leave")
    assert not Group.objects.exists(), "a group without members is gone"


def test_what_cannot_be_is_said(client: Client) -> None:
    ada, eve = factory.user("Ada"), factory.user("Eve")
    client.force_login(ada)
    client.post("/deposit/groups/start", {"name": "Lab"})
    group = Group.objects.get()
    start = "/deposit/groups/start"
    assert "There is a group" in client.post(start, {"name": "LAB"}, follow=True).text
    assert "needs a name" in client.post(start, {"name": "  "}, follow=True).text
    add = f"/deposit/groups/{group.pk}/add"
    assert "Nobody has an account" in client.post(add, {"email": "x@example.org"}, follow=True).text
    client.force_login(eve)
    assert "Lab</h2>" not in client.get("/deposit/groups").text
    assert client.post(add, {"email": eve.email}).status_code == 404
    client.logout()
    assert client.get("/deposit/groups")["Location"].startswith("/accounts/login/")
