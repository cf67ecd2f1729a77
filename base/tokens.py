"""API tokens: secrets that act for a user."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from base import audit
from base.errors import Invalid, NotFound
from base.models import ApiToken, User


@transaction.atomic
def issue(*, user: User, name: str, may_write: bool = True, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown once and cannot be had again."""
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid("Give the token a name of up to 100 characters, so that you know it again.", field="name")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The token would expire in the past.", field="expires_at")
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        user=user, name=name, digest=ApiToken.digest_of(secret), may_write=may_write, expires_at=expires_at
    )
    audit.record(user, "issued a token", user.pk, token=str(token.pk), name=name, may_write=may_write)
    return token, secret


@transaction.atomic
def revoke(*, user: User, token_id: uuid.UUID) -> None:
    """End a token of this user. One that is revoked already stays so; raises NotFound for any other."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound("You have no such token.")
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(user, "revoked a token", user.pk, token=str(token.pk), name=token.name)
