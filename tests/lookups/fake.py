"""A small local server that answers as ORCID, ROR and Crossref document it, and misbehaves when told to.

It is strict: a request without what the registers ask of their callers, or to another address, is noted as a fault.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

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


class Registers(ThreadingHTTPServer):
    """`mood`: well, broken, slow, nonsense, html, huge, moved, limited. `asked` lists the addresses, `faults` what was
    wrong with them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood = "well"
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.woken = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Registers
    _MOODS: ClassVar[dict[str, tuple[int, bytes]]] = {
        "broken": (503, b"down"),
        "nonsense": (200, b'{"items": "none", "person": [1], "message": {"title": {}}}'),
        "html": (200, b"<html>Welcome to the hotel's network</html>"),
        "huge": (200, b"[" + b"1," * 1_500_000 + b"1]"),
        "limited": (429, b"{}"),
    }

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers.get("Accept") != "application/json" or "mailto:" not in self.headers.get("User-Agent", ""):
            self.server.faults.append(f"{self.path}: says neither what it takes nor who it is")
        if self.server.mood == "slow":
            self.server.woken.wait(30)
            return
        if self.server.mood == "moved":
            return self._send(301, b"", Location="http://127.0.0.1:9/elsewhere")
        if self.server.mood in self._MOODS:
            return self._send(*self._MOODS[self.server.mood])
        answer = self._answer()
        self._send(404 if answer is None else 200, json.dumps(answer or {"error": "not found"}).encode())

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> Any:
        place = urlsplit(self.path)
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
        self.server.faults.append(f"{self.path}: the register has no such address")
        return None


def _organisations(query: dict[str, str]) -> dict[str, Any]:
    wanted = query.get("filter", "").removeprefix("types:")
    found = [
        one
        for one in ORGANISATIONS
        if query["query"].casefold() in one["names"][1]["value"].casefold() and (not wanted or wanted in one["types"])
    ]
    return {"number_of_results": len(found), "items": found}


@contextmanager
def registers() -> Iterator[Registers]:
    """The server, running."""
    server = Registers()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.woken.set()
        server.shutdown()
        server.server_close()
        thread.join()
