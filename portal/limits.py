"""How often a person may do what costs others something."""

from django.core.cache import cache
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.models import User

SECONDS = 60


class TooOften(DomainError):
    """The person has done this more often than is good for others, and may again in a minute."""


def count(person: User, what: str, most: int) -> None:
    """Note that the person does this. Raises TooOften beyond `most` times a minute."""
    key = f"limit:{what}:{person.pk}"
    cache.add(key, 0, SECONDS)
    try:
        done = cache.incr(key)
    except ValueError:  # the minute has just ended
        done = 1
    if done > most:
        raise TooOften(_("That was often. Wait a minute, and go on."))
