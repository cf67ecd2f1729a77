"""Ids as forms and addresses hold them."""

from uuid import UUID

from django.utils.translation import gettext as _

from base.errors import NotFound


def uuid_or_not_found(text: str) -> UUID:
    """Raises NotFound if the text is no id: then there can be no such thing."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such thing.")) from None
