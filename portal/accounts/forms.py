from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from base.models import User
from catalogue.rules.fields import Kind
from catalogue.rules.formats import normalise, problem


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

    notices_by_mail = forms.ChoiceField(
        label=_("News of your studies and reviews by mail"),
        choices=User.Mail.choices,
        required=False,
        help_text=_("Of comments, decisions and what is due. “Once a day” sends all of a day in one mail."),
    )

    def clean_orcid(self) -> str:
        orcid = normalise(Kind.ORCID, self.cleaned_data["orcid"])
        if orcid and (message := problem(Kind.ORCID, orcid)):
            raise forms.ValidationError(_(message))
        return orcid


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
