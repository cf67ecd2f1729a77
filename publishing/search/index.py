"""What every search engine must do. One contract test class (tests/publishing/search_contract.py) runs over each."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from django.utils.translation import gettext

from base.errors import DomainError
from publishing.search.document import Document
from publishing.search.query import Query
from publishing.search.results import Completion, Health, Hit, Results

Late = Callable[[], Iterable[tuple[str, Iterable[Document]]]]


def nothing_late() -> Iterable[tuple[str, Iterable[Document]]]:
    return ()


class SearchUnavailable(DomainError):
    """The engine does not answer; the rest of the site works, and it is asked again at the next search."""


def no_index() -> SearchUnavailable:
    """What is raised where there is nothing to search: to find nothing would say that nothing is published."""
    return SearchUnavailable(gettext("There is no search index at present; the indexer makes it."))


class SearchIndex(Protocol):
    """Many processes may search; one writes. What is written shows after `commit`, in every process.

    Every method that reads raises SearchUnavailable if there is no index, and so does every one that asks an engine
    elsewhere which does not answer.
    """

    def exists(self) -> bool:
        """Whether there is an index of the kind that this code makes."""

    def index(self, documents: Iterable[Document]) -> None:
        """Add documents, each in place of one with its id. Makes an empty index if there is none."""

    def delete_study(self, study: str) -> None:
        """Remove a study's document and those of its images."""

    def commit(self) -> None:
        """Make what was written last and show."""

    def rebuild(self, documents: Iterable[Document], late: Late = nothing_late) -> int:
        """Make a new index of these documents beside the present one, then put it in its place; gives how many.

        Meanwhile another thread may write into the present one. Just before the change, `late` is asked once for the
        studies that changed meanwhile, each with its documents as they are now, which take the place of those it had.
        """

    def search(self, query: Query) -> Results:
        """A page of hits with the facets."""

    def count(self, query: Query) -> int:
        """How many documents fulfil a query."""

    def scan(self, query: Query) -> Iterator[Hit]:
        """All hits, however many, newest first (or oldest), without marks, in memory that does not grow."""

    def suggest(self, text: str, limit: int = 8) -> list[Completion]:
        """What the text may become: labels of facet values, keywords, studies, names of key-values."""

    def keys(self, text: str, limit: int = 20) -> list[Completion]:
        """Names of key-values that begin with the text, or have a word that does; the most used first."""

    def values(self, name: str, text: str, limit: int = 20) -> list[Completion]:
        """Values of the key-values of this name that begin with the text; the most used first."""

    def similar(self, document: str, limit: int = 6) -> tuple[Hit, ...]:
        """Studies that are most like this document, without its own study."""

    def health(self) -> Health:
        """Whether it answers, is of this code's kind, and how many documents it has. Never raises."""

    def close(self) -> None:
        """Give up the right to write, if this process has it; uncommitted changes are lost."""
