"""ROR, the register of research organisations; its REST API, version 2."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from base.asking import Register, ask, inside, listed, not_understood, text
from catalogue.rules.fields import Kind
from catalogue.rules.formats import normalise, problem

REGISTER = Register("ROR", "ROR_API")


@dataclass(frozen=True)
class Organisation:
    """One organisation of the register. `ror` is its full address; `address` a place and a country."""

    ror: str
    name: str
    address: str = ""
    website: str = ""


def search(query: str, *, funders: bool = False, limit: int = 8) -> list[Organisation]:
    """Organisations whose names fit, the best first; only those that fund, if asked. Raises LookupFailed."""
    parameters = {"query": query, **({"filter": "types:funder"} if funders else {})}
    answer = ask(REGISTER, "organizations", parameters)
    if not isinstance(inside(answer, "items"), list):
        raise not_understood(REGISTER)
    return list(_organisations(answer["items"]))[:limit]


def by_id(ror: str) -> Organisation | None:
    """The organisation with this id, None if there is none. Raises LookupFailed."""
    full = normalise(Kind.ROR, ror)
    if problem(Kind.ROR, full):
        return None
    answer = ask(REGISTER, f"organizations/{full.rpartition('/')[2]}")
    if answer is None:
        return None
    found = next(_organisations([answer]), None)
    if found is None:
        raise not_understood(REGISTER)
    return found


def _organisations(items: list[Any]) -> Iterator[Organisation]:
    for item in items:
        ror, name = text(inside(item, "id")), _name(item)
        if name and not problem(Kind.ROR, ror) and inside(item, "status") != "withdrawn":
            yield Organisation(ror, name, _address(item), _website(item))


def _name(item: Any) -> str:
    """The name by which ROR shows it."""
    names = listed(inside(item, "names"))
    shown = (one for one in names if "ror_display" in listed(inside(one, "types")))
    return text(inside(next(shown, None), "value"))


def _address(item: Any) -> str:
    for location in listed(inside(item, "locations")):
        details = inside(location, "geonames_details")
        parts = [text(inside(details, key)) for key in ("name", "country_subdivision_name", "country_name")]
        return ", ".join(dict.fromkeys(part for part in parts if part))
    return ""


def _website(item: Any) -> str:
    for link in listed(inside(item, "links")):
        if inside(link, "type") == "website" and not problem(Kind.URL, address := text(inside(link, "value"))):
            return address
    return ""
