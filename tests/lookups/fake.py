"""A local server that answers as ORCID, ROR and Crossref document it."""

from email.message import Message
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, unquote

from tests.fake_server import FakeServer

ORCID_ID = "0000-0002-1825-0097"  # ORCID's own example person
DUNDEE = "https://ror.org/03h2bxq36"
ERC = "https://ror.org/0472cxd90"
REMBI = "10.1038/s41592-021-01166-8"


def person() -> dict[str, Any]:
    """A record as of ORCID's API 3.0, cut to what matters here."""

    def job(name: str, identifier: str, source: str, end: Any = None) -> dict[str, Any]:
        organisation = {
            "name": name,
            "address": {"city": "Dundee", "region": None, "country": "GB"},
            "disambiguated-organization": {
                "disambiguated-organization-identifier": identifier,
                "disambiguation-source": source,
            },
        }
        return {"summaries": [{"employment-summary": {"organization": organisation, "end-date": end}}]}

    past = {"year": {"value": "2019"}, "month": None, "day": None}
    return {
        "orcid-identifier": {"path": ORCID_ID},
        "person": {"name": {"given-names": {"value": "Josiah"}, "family-name": {"value": "Carberry"}}},
        "activities-summary": {
            "employments": {
                "affiliation-group": [
                    job("University of Dundee", DUNDEE, "ROR"),
                    job("Wesleyan University", "grid.268117.b", "GRID"),
                    job("Brown University", "https://ror.org/05gq02987", "ROR", end=past),
                ]
            }
        },
    }


def organisation(ror: str, name: str, place: str, country: str, *types: str) -> dict[str, Any]:
    """A record as of ROR's schema 2."""
    return {
        "id": ror,
        "status": "active",
        "types": list(types),
        "names": [
            {"value": name.upper(), "types": ["acronym"], "lang": None},
            {"value": name, "types": ["ror_display", "label"], "lang": "en"},
        ],
        "locations": [{"geonames_id": 1, "geonames_details": {"name": place, "country_name": country}}],
        "links": [
            {"type": "wikipedia", "value": "https://example.org/wiki"},
            {"type": "website", "value": "https://example.org/home"},
        ],
    }


ORGANISATIONS = (
    organisation(DUNDEE, "University of Dundee", "Dundee", "United Kingdom", "education"),
    organisation(ERC, "European Research Council", "Brussels", "Belgium", "funder"),
)
FUNDER: dict[str, Any] = {
    "id": "501100000781",
    "location": "Belgium",
    "name": "European Research Council",
    "alt-names": ["ERC"],
    "uri": "https://doi.org/10.13039/501100000781",
}
ARTICLE: dict[str, Any] = {
    "DOI": REMBI,
    "type": "journal-article",
    "title": ["REMBI: Recommended Metadata for Biological Images—enabling reuse of microscopy data in biology"],
    "author": [
        {"given": "Ugis", "family": "Sarkans", "sequence": "first"},
        {"given": "Wah", "family": "Chiu", "sequence": "additional"},
        {"name": "The REMBI group", "sequence": "additional"},
    ],
    "issued": {"date-parts": [[2021, 5, 21]]},
}


class Registers(FakeServer):
    moods: ClassVar[dict[str, tuple[int, bytes]]] = {
        "nonsense": (200, b'{"items": "none", "person": [1], "message": {"title": {}}}'),
    }

    def answer(self, place: SplitResult, headers: Message) -> Any:
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        match [unquote(part) for part in place.path.split("/")[1:]]:
            case ["orcid", orcid, "record"]:
                return person() if orcid == ORCID_ID else None
            case ["ror", "organizations"] if set(query) <= {"query", "filter"}:
                return _organisations(query)
            case ["ror", "organizations", key]:
                return next((one for one in ORGANISATIONS if one["id"].endswith(f"/{key}")), None)
            case ["crossref", "works", doi] if "@" in query.get("mailto", ""):
                return {"status": "ok", "message": ARTICLE} if doi == REMBI else None
            case ["crossref", "funders"] if "@" in query.get("mailto", "") and query.get("rows"):
                items = [FUNDER] if query["query"].casefold() in FUNDER["name"].casefold() else []
                return {"status": "ok", "message": {"items": items}}
            case ["crossref", "funders", key] if "@" in query.get("mailto", ""):
                return {"status": "ok", "message": FUNDER} if key == FUNDER["id"] else None
        self.faults.append(f"{place.path}: the register has no such address")
        return None


def _organisations(query: dict[str, str]) -> dict[str, Any]:
    wanted = query.get("filter", "").removeprefix("types:")
    found = [
        one
        for one in ORGANISATIONS
        if query["query"].casefold() in one["names"][1]["value"].casefold() and (not wanted or wanted in one["types"])
    ]
    return {"number_of_results": len(found), "items": found}
