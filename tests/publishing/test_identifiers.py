"""What every provider of DOIs does; each implementation runs the same tests."""

import re
from typing import Any

import pytest

from publishing.identifiers import DoiProvider, LocalDoi, doi_provider
from publishing.models import Publication
from publishing.renditions import BY_KEY
from tests.publishing import records


class DoiProviderContract:
    """A subclass gives the fixture `provider`."""

    def test_dois_are_well_formed_and_differ(self, provider: DoiProvider) -> None:
        found = [provider.of_study("VIT-1"), provider.of_version("VIT-1", 1), provider.of_version("VIT-1", 11)]
        found += [provider.of_study("VIT-11"), provider.of_version("VIT-11", 1)]
        assert len({doi.lower() for doi in found}) == len(found)
        assert all(re.fullmatch(r"10\.\d{4,9}/[a-z0-9.-]+", doi) for doi in found)

    def test_the_same_is_asked_for_again(self, provider: DoiProvider) -> None:
        assert provider.of_version("VIT-1", 2) == provider.of_version("VIT-1", 2)

    def test_registering_twice_gives_the_same_state(self, provider: DoiProvider) -> None:
        description = BY_KEY["datacite-xml"].render(records.full())
        doi = provider.of_version("VIT-7", 2)
        states = {provider.register(doi, "https://example.org/studies/VIT-7/v2", description) for _ in range(2)}
        expected = Publication.DoiState.LOCAL if provider.is_test else Publication.DoiState.REGISTERED
        assert states == {expected}


class TestLocalDoi(DoiProviderContract):
    @pytest.fixture
    def provider(self) -> DoiProvider:
        return LocalDoi("10.5072")


def test_the_settings_name_the_provider(settings: Any) -> None:
    assert doi_provider().of_study("VIT-1") == f"{settings.DOI_PREFIX}/vit-1"
    assert doi_provider().is_test
