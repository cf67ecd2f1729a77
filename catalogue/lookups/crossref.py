"""Crossref, the register of articles by DOI and of funders; its REST API."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from base.asking import Register, ask, inside, listed, not_understood, text
from catalogue.rules.fields import Kind
from catalogue.rules.formats import normalise, problem

REGISTER = Register("Crossref", "CROSSREF_API")
_AUTHORS = 200


@dataclass(frozen=True)
class Article:
    doi: str
    title: str
    authors: str = ""  # as printed, comma-separated
    year: str = ""
    status: str = ""  # as catalogue.rules has it


@dataclass(frozen=True)
class Funder:
    """A funder of the Open Funder Registry. `identifier` is its DOI as an address."""

    identifier: str
    name: str
    country: str = ""


def by_doi(doi: str) -> Article | None:
    """The article with this DOI, None if Crossref has none. Raises LookupFailed."""
    doi = normalise(Kind.DOI, doi)
    if problem(Kind.DOI, doi):
        return None
    answer = ask(REGISTER, f"works/{quote(doi, safe='')}", _polite())
    if answer is None:
        return None
    message = inside(answer, "message")
    title = text(next(iter(listed(inside(message, "title"))), ""))
    if not title:
        raise not_understood(REGISTER)
    is_preprint = inside(message, "type") == "posted-content" and inside(message, "subtype") == "preprint"
    return Article(doi, title, _authors(message), _year(message), "preprint" if is_preprint else "published")


def funders(query: str, limit: int = 8) -> list[Funder]:
    """Funders whose names fit, the best first. Raises LookupFailed."""
    answer = ask(REGISTER, "funders", {"query": query, "rows": str(limit), **_polite()})
    items = inside(answer, "message", "items")
    if not isinstance(items, list):
        raise not_understood(REGISTER)
    found = [Funder(_address(item), text(inside(item, "name")), text(inside(item, "location"))) for item in items]
    return [one for one in found if one.name and one.identifier][:limit]


def funder_by_id(identifier: str) -> Funder | None:
    """The funder with this id, as an address or its last part. Raises LookupFailed."""
    number = identifier.rpartition("/")[2]
    if not (number.isascii() and number.isdecimal()):
        return None
    answer = ask(REGISTER, f"funders/{number}", _polite())
    message = inside(answer, "message")
    name = text(inside(message, "name"))
    return Funder(_address(message), name, text(inside(message, "location"))) if name else None


def _polite() -> dict[str, str]:
    """By whom it is asked, as Crossref wishes to know."""
    return {"mailto": settings.DEFAULT_FROM_EMAIL}


def _address(item: Any) -> str:
    number = text(inside(item, "id"))
    return f"https://doi.org/10.13039/{number}" if number.isascii() and number.isdecimal() else ""


def _authors(message: Any) -> str:
    names = []
    for one in listed(inside(message, "author"))[:_AUTHORS]:
        parts = [text(inside(one, key)) for key in ("given", "family")]
        if name := " ".join(filter(None, parts)) or text(inside(one, "name")):
            names.append(name)
    return ", ".join(names)


def _year(message: Any) -> str:
    """Of the first publication, in print or on the web."""
    for key in ("published", "issued"):
        for parts in listed(inside(message, key, "date-parts")):
            if year := text(next(iter(listed(parts)), "")):
                return year
    return ""
