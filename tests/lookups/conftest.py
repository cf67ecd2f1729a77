from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.lookups.fake import Registers


@pytest.fixture
def outside(settings: Any) -> Iterator[Registers]:
    """The outside registers, which the site asks."""
    cache.clear()
    with Registers() as server:
        settings.ORCID_API = f"{server.address}/orcid"
        settings.ROR_API = f"{server.address}/ror/"
        settings.CROSSREF_API = f"{server.address}/crossref"
        yield server
        assert server.faults == []
    cache.clear()
