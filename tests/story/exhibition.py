"""A site on which every kind of page has something to show, and the addresses of its pages."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from openpyxl import load_workbook

from portal.deposit.steps import STEPS
from tests.story.site import Site
from tests.story.studies import NF1_IN_FULL
from tests.waiting import until


@dataclass(frozen=True)
class Exhibition:
    """Studies, imports, an image and a plate by their ids; `link` is the address that referees get."""

    site: Site
    accession: str
    public: str
    image: str
    plate: str
    empty: str
    filled: str
    returned: str
    waiting: str
    imports: tuple[str, ...]
    link: str


def furnished(site: Site, samples: Path) -> Exhibition:
    ada = site.api("ada")
    nf1 = samples / "01_fluorescence/nf1_cellpainting/Plate_2_images"
    waiting, returned, filled = (_deposited(site, sorted(nf1.glob("B7*"))) for _ in range(3))
    public = _deposited(site, sorted(nf1.glob("*DAPI*")))
    platemap = samples / "06_study_metadata/nf1/platemap_NF1_plate2.csv"
    _on_a_plate(site, public, platemap)
    empty = made(ada.post("/api/v1/studies", json={}))["id"]
    read_in_place(site, filled, [samples / "01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif"])
    kept = {"name": "Our widefield", "study": filled, "paths": ["study/licence", "study/keywords"]}
    made(ada.post("/api/v1/templates", json=kept))
    imports = (_given(site, filled, platemap.name, platemap.read_bytes()), _workbook(site, filled))
    for study in (public, waiting, returned):
        made(ada.post(f"/api/v1/studies/{study}/submit"))
    link = made(ada.post(f"/api/v1/studies/{waiting}/links", json={"name": "Referees"}))["address"]
    _reviewed(site, waiting, returned)
    accession, image = _published(site, public)
    plates = httpx.get(f"{site.url}/studies/{accession}/plates", timeout=120).text
    (plate,) = set(re.findall(rf"/studies/{accession}(?:/v\d+)?/plates/([0-9a-f-]+)", plates))
    return Exhibition(
        site, accession, public, image, plate, empty, filled, returned, waiting, imports, link.removeprefix(site.url)
    )


def made(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url}: {answer.text[:500]}"
    return answer.json() if answer.content else None


def _deposited(site: Site, images: list[Path]) -> str:
    """A study of which nothing required is missing."""
    ada = site.api("ada")
    study: str = made(ada.post("/api/v1/studies", json=NF1_IN_FULL))["id"]
    files = [one["id"] for one in read_in_place(site, study, images)]
    component = made(ada.get(f"/api/v1/studies/{study}/components"))[0]["id"]
    made(ada.post(f"/api/v1/studies/{study}/files/assign", json={"files": files, "component": component}))
    return study


def read_in_place(site: Site, study: str, images: list[Path]) -> list[dict[str, Any]]:
    """The files of the study when images that lie on the site's disk have been registered and read."""
    ada = site.api("ada")
    for image in images:
        made(ada.post(f"/api/v1/studies/{study}/files", json={"path": str(image)}))
    address = f"/api/v1/studies/{study}/files?limit=100"

    def settled() -> bool:
        return all(one["state"] != "arrived" for one in made(ada.get(address))["items"])

    until(settled, seconds=180, what=lambda: f"files to be read\n{site.logs()}")
    return list(made(ada.get(address))["items"])


def _given(site: Site, study: str, name: str, content: bytes) -> str:
    """An import that was looked at and waits for a yes."""
    sent = {"file": (name, content)}
    return str(made(site.api("ada").post(f"/api/v1/studies/{study}/imports", files=sent))["id"])


def _on_a_plate(site: Site, study: str, platemap: Path) -> None:
    ada = site.api("ada")
    paths = [one["path"] for one in made(ada.get(f"/api/v1/studies/{study}/files"))["items"]]
    sent = [("file", ("list.csv", plate_list(paths))), ("file", (platemap.name, platemap.read_bytes()))]
    looked_at = made(ada.post(f"/api/v1/studies/{study}/imports", files=sent))["id"]
    made(ada.post(f"/api/v1/studies/{study}/imports/{looked_at}/apply", json={}))


def plate_list(paths: list[str]) -> bytes:
    """A file list that tells the wells of the nf1 plate's images, with which their names begin."""
    rows = (f"{path},Plate 2,{path.rpartition('/')[2].partition('_')[0]}\n" for path in paths)
    return f"path,plate,well\n{''.join(rows)}".encode()


def _workbook(site: Site, study: str) -> str:
    """The study's own workbook with a new organisation, whose ROR id is wrong, and a licence to be repaired."""
    book = load_workbook(io.BytesIO(site.api("ada").get(f"/api/v1/studies/{study}/exports/workbook").content))
    sheet = book["Organisations"]
    sheet["B6"], sheet["C6"] = "University of Dundee", "https://ror.org/03h2bxq3"
    book["Study"]["E5"] = "CC BY 4.0"
    content = io.BytesIO()
    book.save(content)
    return _given(site, study, "study.xlsx", content.getvalue())


def _reviewed(site: Site, waiting: str, returned: str) -> None:
    carla = site.api("carla")
    me = made(carla.get("/api/v1/me"))["id"]
    for study in (waiting, returned):
        at = f"/api/v1/studies/{study}"
        made(carla.post(f"{at}/assign", json={"curator": me, "due_on": "2999-12-31", "seen": None}))
        made(carla.post(f"{at}/comments", json={"path": "study/description", "text": "Which genotypes?"}))
        edit = {"path": "study/title", "value": "Cell Painting of Schwann cells", "note": "Shorter"}
        made(carla.post(f"{at}/suggested-edits", json=edit))
        made(carla.post(f"{at}/checklist", json={"point": "licence", "state": "problem"}))
    made(carla.post(f"/api/v1/studies/{returned}/return", json={"note": "One question."}))


def _published(site: Site, study: str) -> tuple[str, str]:
    """Two versions, of which the depositor asks to withdraw; the accession and an image."""
    ada, carla = site.api("ada"), site.api("carla")
    accession = made(carla.post(f"/api/v1/studies/{study}/approve", json={}))["accession"]
    made(ada.post(f"/api/v1/studies/{study}/new-version"))
    made(ada.patch(f"/api/v1/studies/{study}/study", json={"acknowledgements": "Thanks to those who shared it."}))
    made(ada.post(f"/api/v1/studies/{study}/submit"))
    made(carla.post(f"/api/v1/studies/{study}/approve", json={}))
    made(ada.post(f"/api/v1/studies/{study}/ask-to-retract", json={"note": "Two wells were swapped."}))
    found = "/api/v1/search?type=image"
    until(
        lambda: made(ada.get(found))["total"] == 5, seconds=180, what=lambda: f"the images to be found\n{site.logs()}"
    )
    return accession, made(ada.get(f"/api/v1/publications/{accession}/images"))["items"][0]["id"]


def pages_of(exhibition: Exhibition) -> dict[str, list[tuple[str, int]]]:
    """Addresses and their statuses, by who looks at them."""
    return {
        "": [(one, 200) for one in _public_pages(exhibition)] + [("/nothing-here", 404)],
        "ada": [(one, 200) for one in _deposit_pages(exhibition)] + [("/review", 403)],
        "carla": [(one, 200) for one in _review_pages(exhibition)],
    }


def _public_pages(it: Exhibition) -> list[str]:
    study = f"/studies/{it.accession}"
    private, _, secret = it.link.partition("?")
    return [
        "/", "/search", "/search?view=gallery", "/search?view=table", "/search?q=xyzzy", "/search?q=actin&type=study",
        "/search?q=pixel_size:<wide", "/search/help", "/search/attributes?name-0=Dose&is-0=%3E&value-0=3&find=1",
        f"{study}/similar",
        study, f"{study}/v1", f"{study}/images", f"{study}/files", f"/images/{it.image}", f"{study}/plates",
        f"{study}/plates/{it.plate}", f"{study}/v2/changes", it.link, f"{private}/images?{secret}",
        f"{private}/files?{secret}", "/terms/NCBITaxon:9606", "/accounts/signup/", "/accounts/login/",
        "/accounts/password/reset/", "/api/", "/health",
    ]  # fmt: skip


def _deposit_pages(it: Exhibition) -> list[str]:
    steps = [f"/deposit/{draft}/{step.key}" for draft in (it.empty, it.filled) for step in STEPS]
    filled = f"/deposit/{it.filled}"
    return [
        "/accounts/profile", "/accounts/tokens", "/accounts/email/", "/accounts/password/change/", "/deposit",
        "/deposit/templates", "/deposit/groups", *steps, f"/deposit/{it.returned}/study",
        f"/deposit/{it.waiting}/study", f"/deposit/{it.public}/study", f"{filled}/preview", f"{filled}/import",
        *(f"{filled}/import/{one}" for one in it.imports), f"{filled}/-/copy",
        f"{filled}/-/copy?from=study:{it.waiting}", f"{filled}/-/fill", f"{filled}/-/share", f"{filled}/-/template",
        f"/deposit/{it.waiting}/links", f"/private/{it.waiting}", f"{filled}/history",
        f"/deposit/{it.returned}/history?path=study/title", f"/deposit/{it.public}/diff",
    ]  # fmt: skip


def _review_pages(it: Exhibition) -> list[str]:
    return [
        "/review", "/review?state=decided", "/review?state=all&assignee=mine&sort=due",
        "/review?q=xyzzy", f"/review/{it.waiting}", f"/review/{it.waiting}/diff", f"/deposit/{it.returned}/history",
    ]  # fmt: skip
