"""What every search engine must do. One contract test class (tests/publishing/search_contract.py) runs over each."""

from collections.abc import Iterable
from typing import Protocol

from publishing.search.document import Document
from publishing.search.query import Query
from publishing.search.results import Results


class SearchIndex(Protocol):
    """Many processes may search; one writes. What is written shows after `commit`, in every process."""

    def exists(self) -> bool:
        """Whether there is an index of the kind that this code makes; without, searches find nothing."""

    def index(self, documents: Iterable[Document]) -> None:
        """Add documents, each in place of one with its id. Makes an empty index if there is none."""

    def delete_study(self, study: str) -> None:
        """Remove a study's document and those of its images."""

    def commit(self) -> None:
        """Make what was written last and show."""

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Make a new index of these documents beside the present one, then put it in its place; gives how many."""

    def search(self, query: Query) -> Results:
        """The hits of a query. Any text is a valid one."""

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        """Keywords and labels of terms that begin with this text, the most used first."""

    def count(self) -> int:
        """How many documents there are."""

    def close(self) -> None:
        """Give up the right to write, if this process has it; uncommitted changes are lost."""
