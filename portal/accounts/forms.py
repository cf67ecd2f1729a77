import re

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from base.models import User

ORCID = re.compile(r"^(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])$", re.IGNORECASE)


def clean_orcid(text: str) -> str:
    """The iD as 0000-0000-0000-000X. Raises ValidationError when its form or its check digit (ISO 7064) is wrong."""
    match = ORCID.match(text.strip())
    if match is None:
        raise forms.ValidationError(_("An ORCID iD has 16 digits in four groups, such as 0000-0002-1825-0097."))
    digits = "".join(match.groups()).upper()
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[15] != ("X" if check == 10 else str(check)):
        raise forms.ValidationError(_("This ORCID iD is mistyped: its last character does not fit the others."))
    return "-".join(match.groups()).upper()


class SignupForm(forms.Form):
    """What sign-up asks besides e-mail address and password (ACCOUNT_SIGNUP_FORM_CLASS)."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("As curators and co-authors know you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ["name", "email", "password1", "password2"]

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("As curators and co-authors know you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    orcid = forms.CharField(
        label=_("ORCID iD"),
        max_length=100,
        required=False,
        help_text=_("Your identifier at orcid.org, for example 0000-0002-1825-0097."),
    )

    def clean_orcid(self) -> str:
        text: str = self.cleaned_data["orcid"]
        return clean_orcid(text) if text else ""


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What it is for"),
        max_length=100,
        help_text=_("So that you know later which one to revoke, for example “uploads from the lab server”."),
    )
    may_write = forms.BooleanField(
        label=_("It may change things"),
        required=False,
        help_text=_("Without this, programs with the token can only read what you may see."),
    )
    days = forms.TypedChoiceField(
        label=_("It ends after"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("never"))],
        initial=90,
    )
