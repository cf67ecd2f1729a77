"""Bad files on a running site: each is named with its field and reason, and the rest of the deposit goes on."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx

from tests.story.site import Site
from tests.waiting import until

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
MEGABYTE = 1 << 20


def _begin(api: httpx.Client, study: str, length: int, **values: str) -> httpx.Response:
    given = {"study": study, **values}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items())
    return api.post("/uploads/", headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata})


def _send(api: httpx.Client, study: str, data: bytes, **values: str) -> None:
    begun = _begin(api, study, len(data), **values)
    assert begun.status_code == 201, begun.text
    if data:
        assert api.patch(begun.headers["Location"], content=data, headers=BYTES).status_code == 204


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zarr.json", json.dumps({"zarr_format": 3, "node_type": "group"}))
        archive.writestr("0/c/0/0", bytes(64 * MEGABYTE))
    return out.getvalue()


def test_each_bad_file_is_named_and_the_rest_is_read(site: Site, shared: Path) -> None:
    ada = site.api("ada")
    made = ada.post("/api/v1/studies", json={"study": {"title": "🔬" * 50}})
    study = made.json()["id"]
    good = next((shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images").glob("*.tif")).read_bytes()
    ome = next((shared / "samples/01_fluorescence/ometiff_from_nd2").glob("*.tif*")).read_bytes()
    bad = {
        "truncated.tif": good[: len(good) // 2],
        "text.tif": b"These are notes, not pixels.\n" * 10,
        "broken.ome.tif": ome.replace(b"<Pixels ", b"<Pixels <", 1),
        "empty.tif": b"",
        "bomb.zarr.zip": _bomb(),
    }
    for name, data in bad.items():
        _send(ada, study, data, filename=name)
    _send(ada, study, b"chunk", relativePath="bare.zarr/0/c/0/0", folderFiles="1")
    _send(ada, study, good, filename="good.tif")
    left = _begin(ada, study, 5, filename="../../etc/passwd")
    assert left.status_code == 400
    assert left.headers["Content-Type"] == "application/problem+json"
    assert (left.json()["field"], ".." in left.json()["file"]) == ("path", True)

    def files() -> dict[str, dict[str, Any]]:
        return {one["path"]: one for one in ada.get(f"/api/v1/studies/{study}/files").json()["items"]}

    until(lambda: all(f["state"] != "arrived" for f in files().values()), seconds=180, what=lambda: site.logs())
    found = files()
    assert set(found) == {*bad, "bare.zarr", "good.tif"}
    assert found.pop("good.tif")["state"] == "read"
    for name, file in found.items():
        assert file["state"] == "failed", name
        assert file["problem_field"], name
        assert file["problem"], name
        assert "Traceback" not in file["problem"]
    images = ada.get(f"/api/v1/studies/{study}/images").json()["items"]
    assert len(images) == 1
    assert ada.get(f"/api/v1/studies/{study}").json()["title"] == "🔬" * 50


def _resident(site: Site) -> int:
    """MB of memory that the web server and its workers hold."""
    group = site.processes["web"].pid
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                rss = next(x for x in (status.parent / "status").read_text().splitlines() if x.startswith("VmHWM"))
                total += int(rss.split()[1]) // 1024
        except OSError:
            continue
    return total


def test_a_large_upload_is_streamed(site: Site) -> None:
    ada = site.api("ada")
    study = ada.post("/api/v1/studies", json={}).json()["id"]
    size = 200 * MEGABYTE
    place = _begin(ada, study, size, filename="large.bin").headers["Location"]
    before = _resident(site)
    block = bytes(range(256)) * (MEGABYTE // 256)
    # Chunked, so that its length is not known; the server leaves the body unread and gives the connection up.
    with httpx.Client(base_url=site.url, headers=ada.headers, timeout=120) as other:
        unsaid = other.patch(place, content=iter([block]), headers=BYTES)
    assert (unsaid.status_code, unsaid.json()["status"]) == (411, 411)
    told = {**BYTES, "Content-Length": str(size)}
    answer = ada.patch(place, content=(block for _ in range(200)), headers=told)
    assert answer.status_code == 204, answer.text
    assert answer.headers["Upload-Offset"] == str(size)
    grown = _resident(site) - before
    assert grown < 100, f"the web server grew by {grown} MB (peak) for 200 MB uploaded"
