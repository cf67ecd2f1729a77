from datetime import timedelta
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base import tokens
from base.models import ApiToken, User
from portal.accounts.forms import ProfileForm, TokenForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    initial = {"name": user.name, "orcid": user.orcid, "notices_by_mail": user.notices_by_mail}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        user.name = form.cleaned_data["name"]
        user.orcid = form.cleaned_data["orcid"]
        user.notices_by_mail = form.cleaned_data["notices_by_mail"] or user.notices_by_mail
        user.save(update_fields=["name", "orcid", "notices_by_mail"])
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "account/profile.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    """A person's tokens. The answer that makes one shows its secret, which no later page can."""
    user = cast(User, request.user)
    form = TokenForm(request.POST or None)
    made: ApiToken | None = None
    secret = ""
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        made, secret = tokens.issue(
            user=user,
            name=form.cleaned_data["name"],
            may_write=form.cleaned_data["may_write"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        form = TokenForm()
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "tokens": user.api_tokens.filter(revoked_at=None).order_by("-created_at"),
        "now": timezone.now(),
    }
    return render(request, "account/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    tokens.revoke(user=cast(User, request.user), token_id=token_id)
    messages.success(request, _("The token is revoked. Programs that used it can no longer sign in."))
    return redirect("tokens")
