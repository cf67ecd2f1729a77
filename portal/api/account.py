"""Who am I, and which tokens act for me."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base import tokens
from base.errors import NotAllowed
from base.models import User


class TokenSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    may_write = serializers.BooleanField(default=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    orcid = serializers.CharField()
    is_curator = serializers.BooleanField()


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAllowed("Sign in, or send an API token, to do this.")
    return request.user


def _signed_in(request: Request) -> User:
    """A token must not make or see tokens: who steals one should not be able to keep a foot in the door."""
    if request.auth is not None:
        raise NotAllowed("Tokens are managed after signing in, not with a token.")
    return _person(request)


class Me(APIView):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The person whom this request acts for."""
        return Response(MeSerializer(_person(request)).data)


class Tokens(APIView):
    @extend_schema(responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Your usable API tokens."""
        return Response(TokenSerializer(_signed_in(request).api_tokens.filter(revoked_at=None), many=True).data)

    @extend_schema(
        request=TokenSerializer,
        responses={
            201: inline_serializer("NewToken", {"id": serializers.UUIDField(), "token": serializers.CharField()})
        },
    )
    def post(self, request: Request) -> Response:
        """Make a token; its secret is in this answer and nowhere else."""
        person = _signed_in(request)
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        token, secret = tokens.issue(user=person, **body.validated_data)
        return Response({"id": token.id, "token": secret}, status=201)


class OneToken(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke a token at once."""
        tokens.revoke(user=_signed_in(request), token_id=token_id)
        return Response(status=204)
