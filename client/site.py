"""A site's REST API, with its errors in words. See docs/api.md for what it answers."""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx

from client.trouble import Trouble, Unreachable

TIMEOUT = httpx.Timeout(60, connect=10)
PAUSES = (0.5, 2, 5, 15)  # seconds before what may be asked again is asked again
BUSY = (429, 502, 503, 504)
Json = dict[str, Any]


class Site:
    """One site and who asks there. Raises Trouble with the site's own words, Unreachable if there was no answer.

    `with Site(address, token) as site: site.studies()`. A token is made on the site under Account → API tokens.
    """

    def __init__(self, address: str, token: str = "", *, pauses: tuple[float, ...] = PAUSES) -> None:
        address = address.rstrip("/")
        if not address.startswith(("http://", "https://")):
            raise Trouble(f"“{address}” is no address of a site: it begins with https://")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.address, self._pauses = address, pauses
        self._http = httpx.Client(base_url=address, headers=headers, timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, address: str, *, again: bool | None = None, **options: Any) -> httpx.Response:
        """One request. `again`: whether it may be repeated if no answer came; by default what changes nothing may."""
        again = method in {"GET", "HEAD", "PUT", "DELETE"} if again is None else again
        pauses = iter(self._pauses if again else ())
        while True:
            try:
                answer = self._http.request(method, address, **options)
                if answer.status_code not in BUSY:
                    break
                trouble: Trouble = _refused(answer)
            except httpx.TransportError as error:
                trouble = Unreachable(f"{self.address} does not answer ({error or type(error).__name__}).")
            if (pause := next(pauses, None)) is None:
                raise trouble
            time.sleep(pause)
        if answer.is_error:
            raise _refused(answer)
        return answer

    def get(self, address: str, **params: Any) -> Any:
        return self.ask("GET", address, params=params).json()

    def pages(self, address: str, **params: Any) -> Iterator[Json]:
        """The items of a list, page after page."""
        answer = self.get(address, **params)
        while True:
            yield from answer["items"]
            if not answer["next"]:
                return
            answer = self.ask("GET", answer["next"]).json()

    def me(self) -> Json:
        """Whose token this is."""
        return dict(self.get("/api/v1/me"))

    def studies(self) -> Iterator[Json]:
        """The studies that are yours or shared with you, newest first."""
        return self.pages("/api/v1/studies")

    def study(self, study: str) -> Json:
        """State, accession, version and revision of a study, by its id."""
        return dict(self.get(f"/api/v1/studies/{study}"))

    def start_study(self, document: Json | None = None) -> str:
        """A new draft; its id."""
        return str(self.ask("POST", "/api/v1/studies", json=document or {}).json()["id"])

    def document(self, study: str) -> Json:
        """All metadata of a study."""
        return dict(self.get(f"/api/v1/studies/{study}/document"))

    def replace_document(self, study: str, document: Json) -> Json:
        """Replace all metadata; gives it as it is stored, with the ids of its rows."""
        return dict(self.ask("PUT", f"/api/v1/studies/{study}/document", json=document).json())

    def findings(self, study: str) -> list[Json]:
        """What is missing or wrong."""
        return list(self.get(f"/api/v1/studies/{study}/findings"))

    def files(self, study: str) -> Iterator[Json]:
        """The files of a study, in the order of their arrival."""
        return self.pages(f"/api/v1/studies/{study}/files", limit=500)

    def remove_file(self, study: str, file: str) -> None:
        self.ask("DELETE", f"/api/v1/studies/{study}/files/{file}")

    def register(self, study: str, path: str) -> list[Json]:
        """Register what lies at a path that the site sees itself."""
        return list(self.ask("POST", f"/api/v1/studies/{study}/files", json={"path": path}).json())

    def assign(self, study: str, files: list[str], component: str | None) -> None:
        """Put files into a study component."""
        for start in range(0, len(files), 10_000):
            body = {"files": files[start : start + 10_000], "component": component}
            self.ask("POST", f"/api/v1/studies/{study}/files/assign", json=body, again=True)

    def sets(self, study: str) -> list[Json]:
        """Files that look like one image: {"folder", "pattern", "files", "missing", "channels", "certain"}."""
        return list(self.get(f"/api/v1/studies/{study}/files/sets")["items"])

    def put_together(self, study: str, folder: str, pattern: str, name: str = "") -> Json:
        """Make the files of a pattern one image; the file that does so, whose removal undoes it."""
        body = {"folder": folder, "pattern": pattern, "name": name}
        return dict(self.ask("POST", f"/api/v1/studies/{study}/files/sets", json=body).json())

    def give_key_values(self, study: str, items: list[Json]) -> None:
        """Named values for files, images and rows: {"entity", "id", "pairs": [{"name", "value", …}]}."""
        for start in range(0, len(items), 5_000):
            body = {"items": items[start : start + 5_000]}
            self.ask("POST", f"/api/v1/studies/{study}/key-values", json=body, again=True)

    def submit(self, study: str) -> None:
        """Send the study to the curators."""
        self.ask("POST", f"/api/v1/studies/{study}/submit")

    def search(self, words: str, **filters: str) -> Json:
        """What is published."""
        return dict(self.get("/api/v1/search", q=words, **filters))

    def page_of(self, study: str) -> str:
        """The address where a person goes on with the study."""
        return f"{self.address}/deposit/{study}"


def _refused(answer: httpx.Response) -> Trouble:
    """The site's problem details (RFC 9457) as Trouble."""
    try:
        said = answer.json()
        message = str(said.get("detail") or said.get("title") or "")
        details = [(str(one.get("path", "")), str(one.get("message", ""))) for one in said.get("problems") or ()]
    except (ValueError, AttributeError):
        message, details = "", []
    if answer.status_code == 401:
        message = f"The site does not know this token: {message}" if message else "The site does not know this token."
    message = message or f"The site answered {answer.status_code} to {answer.request.method} {answer.request.url.path}."
    return Trouble(message, details=details, status=answer.status_code)
