"""Addresses of the search page. Every choice on it is a plain link, so that back and bookmarks work."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.errors import Invalid, Problem
from catalogue.access import Actor
from publishing.search import Query
from publishing.search.audience import audience_of

VIEWS = {"list": gettext_lazy("List"), "gallery": gettext_lazy("Gallery"), "table": gettext_lazy("Table")}


@dataclass(frozen=True)
class Choice:
    """A link that changes the search."""

    label: str
    url: str
    count: int | None = None
    selected: bool = False
    is_estimated: bool = False


@dataclass(frozen=True)
class SearchAddress:
    """Addresses of the search page: a query and the way its hits are shown."""

    query: Query
    view: str

    def parameters(self, query: Query, view: str | None = None) -> list[tuple[str, str]]:
        shown = view or self.view
        size = [("size", str(query.size))] if query.size != Query.size else []
        return query.parameters() + size + ([("view", shown)] if shown != "list" else [])

    def of(self, query: Query, view: str | None = None) -> str:
        return address("search", self.parameters(query, view))

    def of_all(self, name: str) -> str:
        """An address, by its name, that takes a search and gives all its hits."""
        return address(name, self.query.at_start().parameters())

    def kept(self) -> list[tuple[str, str]]:
        """What a form sends along with new words."""
        return self.parameters(replace(self.query.at_start(), q=""))


def query_of(request: HttpRequest) -> Query:
    """The search that an address asks for, as whoever asks."""
    return Query.of(request.GET, audience=audience_of(Actor.of(request)))


def checked(query: Query) -> Query:
    """The query. Raises Invalid with the place of each mistake in its words."""
    if found := query.reading.problems:
        raise Invalid(
            _("The query cannot be read."),
            problems=[
                Problem("q", _("%(message)s (Characters %(start)d to %(end)d: “%(part)s”)") % {
                    "message": problem.message, "start": problem.start + 1, "end": problem.end,
                    "part": query.q[problem.start : problem.end][:40],
                })
                for problem in found
            ],
        )  # fmt: skip
    return query


def address(name: str, parameters: list[tuple[str, str]]) -> str:
    return reverse(name) + (f"?{urlencode(parameters)}" if parameters else "")
