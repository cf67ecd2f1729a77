"""A database in which what tests write is committed: a web server in another thread or process sees it."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(scope="module", name="db")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's, where a module imports it: the same for all its tests, and empty after."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)
