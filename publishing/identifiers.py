"""DOIs of studies and of their versions. Accessions are taken by catalogue at the first submission."""

from typing import Protocol

from django.conf import settings

from publishing.models import Publication


class DoiProvider(Protocol):
    """Whoever gives DOIs. The DOI of a study, or of a version of it, is the same whenever it is asked for."""

    @property
    def is_test(self) -> bool:
        """Whether its DOIs resolve nowhere, which pages and renditions say."""

    def of_study(self, accession: str) -> str:
        """The DOI that stands for the newest version, whichever that is."""

    def of_version(self, accession: str, version: int) -> str:
        """The DOI of one version, for ever."""

    def register(self, doi: str, url: str, datacite_xml: bytes) -> Publication.DoiState:
        """Make the DOI lead to `url`, described by DataCite XML. Again changes nothing. Gives its new state."""


class LocalDoi:
    """DOIs under a prefix that is not ours: they look like DOIs, are marked as tests, and are sent to nobody."""

    is_test = True

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def of_study(self, accession: str) -> str:
        return f"{self.prefix}/{accession.lower()}"

    def of_version(self, accession: str, version: int) -> str:
        return f"{self.of_study(accession)}.v{version}"

    def register(self, doi: str, url: str, datacite_xml: bytes) -> Publication.DoiState:
        return Publication.DoiState.LOCAL


def doi_provider() -> DoiProvider:
    """The provider that the settings name."""
    return LocalDoi(settings.DOI_PREFIX)
