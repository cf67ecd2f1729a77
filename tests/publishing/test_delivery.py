"""Images and files as a client gets them from a real web server."""

import hashlib
import io
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
import tifffile
import zarr
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image as Picture

from base import tokens
from base.jobs import run_job
from base.models import Job, User
from catalogue.access import Actor, link_digest
from catalogue.files import MEASURE
from catalogue.models import AccessGrant, Channel, File, Image
from catalogue.services import make_link, start_new_version
from publishing.models import Publication
from tests import factory
from tests.publishing.committed import committed  # noqa: F401  (the fixture db)
from tests.publishing.delivered import CELLS_ZARR, MIBI, NF1, NOTE, Site, delivered
from tests.publishing.http_store import HttpStore
from tests.waiting import until


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory, db: None) -> Iterator[Site]:
    """A published study and a draft, and a web server that serves them."""
    with delivered(shared, tmp_path_factory.mktemp("deposited")) as made:
        yield made


def read(address: str, level: int = 0, headers: dict[str, str] | None = None) -> np.ndarray:
    """A level's pixels (t, c, z, y, x), as zarr-python reads them over HTTP."""
    with HttpStore(f"{address}/ome-zarr-0.5", headers) as store:
        array = zarr.open_group(store, mode="r", zarr_format=3)[str(level)]
        assert isinstance(array, zarr.Array)
        return np.asarray(array[:])


@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")
@pytest.mark.parametrize("name", [MIBI, NF1])
def test_a_tiff_is_an_ome_zarr(site: Site, name: str) -> None:
    original = tifffile.imread(site.samples / name)
    served = read(site.image(site.published, Path(name).name))
    assert np.array_equal(served[0, :, 0], original.reshape(-1, *original.shape[-2:]))


def test_an_ome_zarr_is_served_as_it_is(site: Site) -> None:
    original = zarr.open_array(site.samples / CELLS_ZARR / "s0", mode="r")
    served = read(site.image(site.published, "cells3d_nuclei.zarr"))
    assert np.array_equal(served.reshape(original.shape), np.asarray(original[:]))


def test_stored_tiles_are_sent_as_they_lie_in_the_file(site: Site) -> None:
    address = site.image(site.published, "tiled.ome.tif")
    document = site.http.get(f"{address}/ome-zarr-0.5/0/zarr.json").json()
    assert [codec["name"] for codec in document["codecs"]] == ["bytes"]
    chunk = site.http.get(f"{address}/ome-zarr-0.5/0/c/0/1/0/1/2")
    expected = np.zeros((128, 128), np.uint16)
    expected[:, :] = np.arange(256 - 20, 384 - 20)
    assert chunk.content == expected.tobytes()
    assert chunk.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert chunk.headers["content-type"] == "application/octet-stream"


def test_the_metadata_says_what_was_published(site: Site) -> None:
    answer = site.http.get(f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/zarr.json")
    ome = answer.json()["attributes"]["ome"]
    assert ome["version"] == "0.5"
    assert len(ome["omero"]["channels"]) == 41
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["content-type"] == "application/json"


def test_a_later_draft_does_not_show_in_published_metadata(site: Site) -> None:
    address = f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/zarr.json"
    before = site.http.get(address)
    start_new_version(actor=Actor(site.owner), study_id=site.published.pk)
    Channel.objects.filter(image__study=site.published).update(name="Renamed in secret")
    assert "secret" not in site.http.get(address).text
    assert site.http.get(address).headers["etag"] == before.headers["etag"]


NOWHERE = [
    "0/c/0/41/0/0/0",
    "9/c/0/0/0/0/0",
    "9/zarr.json",
    "zarr.json/",
    "",
    ".zattrs",
    "0/c/0/0/0/0",
    "0/c/0/-1/0/0/0",
]
NOWHERE += ["../../../../etc/passwd", "0/c/0/0/0/0/99999999999", "%00", "0/c/0/0/0/0/٣"]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_404_with_a_reason(site: Site, path: str) -> None:
    answer = site.http.get(f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/{path}")
    assert answer.status_code == 404
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["status"] == 404


def test_the_same_tag_gives_304(site: Site) -> None:
    for address in (
        f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/0/c/0/3/0/1/1",
        f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/zarr.json",
        f"{site.image(site.published, 'ch.ome.tif')}/thumbnail.jpg",
        f"{site.image(site.published, 'ch.ome.tif')}/thumbnail-64.jpg",
        site.file(site.published, "quoted”.txt"),
    ):
        first = site.http.get(address)
        tag = first.headers["etag"]
        assert tag.startswith('"')
        for known in (tag, f'"other", W/{tag}', "*"):
            again = site.http.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), known
            assert again.headers["etag"] == tag
        assert site.http.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_the_same_without_a_body(site: Site) -> None:
    for address in (
        f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/0/c/0/3/0/1/1",
        f"{site.image(site.published, 'DAPI_001.tif')}/ome-zarr-0.5/0/c/0/0/0/1/1",
        site.file(site.published, "quoted”.txt"),
    ):
        get, head = site.http.get(address), site.http.head(address)
        assert (head.status_code, head.content) == (200, b"")
        ignored = {"date"}
        assert {k: v for k, v in head.headers.items() if k not in ignored} == {
            k: v for k, v in get.headers.items() if k not in ignored
        }
        assert len(get.content) == int(head.headers["content-length"])


RANGES = {
    "bytes=0-9": slice(0, 10),
    "bytes=100-": slice(100, None),
    "bytes=-7": slice(-7, None),
    "bytes=5-999999999": slice(5, None),
}


@pytest.mark.parametrize("wanted", RANGES)
def test_parts_are_sent_when_asked(site: Site, wanted: str) -> None:
    for address in (
        f"{site.image(site.published, 'tiled.ome.tif')}/ome-zarr-0.5/0/c/0/1/0/1/1",
        f"{site.image(site.published, 'DAPI_001.tif')}/ome-zarr-0.5/0/c/0/0/0/1/1",
        site.file(site.published, "quoted”.txt"),
    ):
        whole = site.http.get(address)
        part = site.http.get(address, headers={"Range": wanted})
        assert part.status_code == 206
        assert part.content == whole.content[RANGES[wanted]]
        first = (
            len(whole.content[: RANGES[wanted].start]) if (RANGES[wanted].start or 0) >= 0 else len(whole.content) - 7
        )
        expected = f"bytes {first}-{first + len(part.content) - 1}/{len(whole.content)}"
        assert part.headers["content-range"] == expected
        matched = site.http.get(address, headers={"Range": wanted, "If-Range": whole.headers["etag"]})
        assert matched.status_code == 206
        assert site.http.get(address, headers={"Range": wanted, "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "bytes=x", "items=0-1", "bytes=9-3", "bytes=-"])
def test_ranges_that_mean_nothing_give_all(site: Site, wanted: str) -> None:
    assert site.http.get(site.file(site.published, "quoted”.txt"), headers={"Range": wanted}).status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=-0"])
def test_ranges_outside_are_refused(site: Site, wanted: str) -> None:
    answer = site.http.get(site.file(site.published, "quoted”.txt"), headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */768000"


def test_public_data_may_be_read_by_scripts_of_other_sites(site: Site) -> None:
    address = f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/0/c/0/3/0/1/1"
    asked = site.http.options(
        address, headers={"Origin": "https://viewer.example", "Access-Control-Request-Method": "GET",
                          "Access-Control-Request-Headers": "range"}
    )  # fmt: skip
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "Range" in asked.headers["access-control-allow-headers"]
    answer = site.http.get(address, headers={"Origin": "https://viewer.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    absent = site.http.get(f"{address}9", headers={"Origin": "https://viewer.example"})
    assert (absent.status_code, absent.headers["access-control-allow-origin"]) == (404, "*")


def test_other_methods_are_refused(site: Site) -> None:
    answer = site.http.post(f"{site.image(site.published, 'ch.ome.tif')}/ome-zarr-0.5/zarr.json")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_is_downloaded_under_its_name(site: Site) -> None:
    answer = site.http.get(site.file(site.published, "quoted”.txt"))
    assert answer.content == NOTE
    assert answer.headers["etag"] == f'"{hashlib.sha256(NOTE).hexdigest()}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"Notes _ _m, _quoted_.txt\"; filename*=UTF-8''")
    assert "%C2%B5m" in disposition
    tiff = site.http.get(site.file(site.published, "ch.ome.tif"))
    assert hashlib.sha256(tiff.content).hexdigest() == hashlib.sha256((site.samples / MIBI).read_bytes()).hexdigest()


def test_a_folder_is_no_download(site: Site) -> None:
    answer = site.http.get(site.file(site.published, "cells3d_nuclei.zarr"))
    assert answer.status_code == 404
    assert "OME-Zarr" in answer.json()["detail"]


def draft_addresses(site: Site) -> list[str]:
    image = site.image(site.draft, "DAPI_001.tif")
    return [
        f"{image}/ome-zarr-0.5/zarr.json",
        f"{image}/ome-zarr-0.5/0/c/0/0/0/0/0",
        f"{image}/thumbnail.jpg",
        f"{image}/render/image.jpg?size=64",
        f"{image}/ome-tiff/image.ome.tif",
        site.file(site.draft, "quoted”.txt"),
    ]


def session_of(site: Site, person: User) -> dict[str, str]:
    client = Client()
    client.force_login(person)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def test_a_draft_is_for_those_who_may_view_it(site: Site) -> None:
    stranger = factory.user()
    _, secret = tokens.issue(user=site.owner, name="test", may_write=False)
    _, strangers_secret = tokens.issue(user=stranger, name="test")
    allowed = [session_of(site, site.owner), {"Authorization": f"Bearer {secret}"}]
    refused = [{}, session_of(site, stranger), {"Authorization": f"Bearer {strangers_secret}"},
               {"Authorization": "Bearer nonsense"}, {"Cookie": "sessionid=nonsense"}]  # fmt: skip
    for address in draft_addresses(site):
        for headers in refused:
            answer = site.http.get(address, headers=headers)
            assert answer.status_code == 404, headers
            assert answer.headers["content-type"] == "application/problem+json"
            assert "access-control-allow-origin" not in answer.headers
        for headers in allowed:
            answer = site.http.get(address, headers=headers)
            assert answer.status_code == 200, headers
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["vary"] == "Cookie, Authorization"
            assert "access-control-allow-origin" not in answer.headers
            known = {**headers, "If-None-Match": answer.headers["etag"]}
            assert site.http.get(address, headers=known).status_code == 304
            assert site.http.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 404
        assert "access-control-allow-origin" not in site.http.options(address).headers


def test_a_drafts_pixels_are_those_of_its_file(site: Site) -> None:
    served = read(site.image(site.draft, "DAPI_001.tif"), headers=session_of(site, site.owner))
    assert np.array_equal(served[0, 0, 0], tifffile.imread(site.samples / NF1))


def test_a_link_shares_a_draft_until_it_is_revoked(site: Site) -> None:
    grant = AccessGrant.objects.create(
        right=AccessGrant.Right.VIEW, link_digest=link_digest("open sesame"), study=site.draft, granted_by=site.owner
    )
    for address in draft_addresses(site):
        assert site.http.get(address, params={"link": "open sesame"}).status_code == 200
        assert site.http.get(address, params={"link": "open"}).status_code == 404
    grant.delete()
    for address in draft_addresses(site):
        assert site.http.get(address, params={"link": "open sesame"}).status_code == 404


def test_names_in_a_drafts_metadata_are_as_they_are_now(site: Site) -> None:
    headers = session_of(site, site.owner)
    address = f"{site.image(site.draft, 'DAPI_001.tif')}/ome-zarr-0.5/zarr.json"
    assert "Nuclei (new)" not in site.http.get(address, headers=headers).text
    Channel.objects.filter(image__study=site.draft).update(name="Nuclei (new)")
    document = json.loads(site.http.get(address, headers=headers).text)
    assert document["attributes"]["ome"]["omero"]["channels"][0]["label"] == "Nuclei (new)"


def test_nobody_and_nothing_is_404(site: Site) -> None:
    for path in ("01890000-0000-7000-8000-000000000000/ome-zarr-0.5/zarr.json", "x/ome-zarr-0.5/zarr.json",
                 "01890000-0000-7000-8000-000000000000/thumbnail.jpg", "files/01890000-0000-7000-8000-000000000000",
                 "files/../../etc/passwd", "", "files/"):  # fmt: skip
        assert site.http.get(f"{site.url}/data/{path}").status_code == 404, path


def test_a_withdrawn_version_is_hidden_within_seconds(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/ome-zarr-0.5/0/c/0/1/0/0/0"
    assert site.http.get(address).status_code == 200
    publication = Publication.objects.get(study=site.published)
    Publication.objects.update(withdrawn_at=publication.published_at)
    until(lambda: site.http.get(address).status_code != 200, seconds=60, what="the picture to be gone")
    assert site.http.get(address).status_code == 404
    Publication.objects.update(withdrawn_at=None)


def test_what_is_published_shows_at_once_to_who_asked_before(site: Site) -> None:
    """The site is asked just before and after: a remembered "not public" would leave a new study without pictures."""
    publication = Publication.objects.get(study=site.published)
    address = f"{site.image(site.published, 'tiled.ome.tif')}/thumbnail.jpg"
    Publication.objects.update(withdrawn_at=publication.published_at)
    until(lambda: site.http.get(address).status_code != 200, seconds=60, what="the picture to be gone")
    Publication.objects.update(withdrawn_at=None)
    assert site.http.get(address).status_code == 200


def test_a_referee_opens_images_without_names_and_gets_no_file(site: Site) -> None:
    address, end = site.image(site.draft, "DAPI_001.tif"), timezone.now() + timedelta(days=1)
    _, secret = make_link(actor=Actor(site.owner), study_id=site.draft.pk, name="x", expires_at=end)
    link = {"link": secret}
    Image.objects.filter(study=site.draft).update(name=f"{site.owner.name} plate 1")
    metadata = site.http.get(f"{address}/ome-zarr-0.5/zarr.json", params=link).text
    assert ("[hidden] plate 1" in metadata, site.owner.name in metadata) == (True, False)
    assert site.http.get(f"{address}/ome-zarr-0.5/0/c/0/0/0/0/0", params=link).status_code == 200
    assert site.http.get(site.file(site.draft, "DAPI_001.tif"), params=link).status_code == 404


def test_a_picture_by_its_address(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/render/image.png"
    found = site.http.get(f"{address}?region=20,10,200,100&channels=1:00ff00:0:459&link=none")
    assert found.headers["content-type"] == "image/png"
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    picture = np.asarray(Picture.open(io.BytesIO(found.content)))
    assert picture.shape == (100, 200, 3)
    assert np.abs(picture[0, :, 1] - np.arange(200) / 459 * 255).max() <= 1
    assert not picture[:, :, (0, 2)].any()
    assert "immutable" not in site.http.get(f"{address}?size=20").headers["cache-control"]
    wrong = site.http.get(f"{address}?size=99999,1")
    assert wrong.status_code == 400
    assert wrong.headers["access-control-allow-origin"] == "*"  # viewers on other sites read the reason
    assert "too large" in wrong.json()["detail"]


def test_a_broken_off_ome_tiff_goes_on(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/ome-tiff/image.ome.tif"
    head = site.http.head(address)
    length = int(head.headers["content-length"])
    assert "immutable" not in head.headers["cache-control"]  # its OME-XML may change with a new version
    assert "Image0.ome.tif" in head.headers["content-disposition"]
    first = site.http.get(address, headers={"Range": f"bytes=0-{length // 2}"})
    rest = site.http.get(address, headers={"Range": f"bytes={length // 2 + 1}-", "If-Range": head.headers["etag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    whole = first.content + rest.content
    assert len(whole) == length
    expected = np.zeros((2, 300, 500), np.uint16)
    expected[1, 10:290, 20:480] = np.arange(460)
    assert np.array_equal(tifffile.imread(io.BytesIO(whole)), expected)


def test_clients_that_hang_up_or_do_not_read_hold_up_nobody(site: Site) -> None:
    address = httpx.URL(site.file(site.published, MIBI.rsplit("/", 1)[1]))
    asked = f"GET {address.raw_path.decode()} HTTP/1.1\r\nHost: {address.host}\r\n\r\n".encode()
    with ExitStack() as slow:
        for number in range(20):  # of a server with two threads
            client = slow.enter_context(socket.create_connection((address.host, address.port)))
            client.sendall(asked)
            if number % 2:
                client.recv(100)
                client.close()
        found = site.http.get(f"{site.image(site.published, 'tiled.ome.tif')}/ome-zarr-0.5/zarr.json", timeout=120)
        assert found.status_code == 200


def test_statistics_are_there_once_measured(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/statistics.json"
    assert site.http.get(address).status_code == 404
    file = File.objects.get(study=site.published, path__endswith="tiled.ome.tif")
    for job in Job.objects.filter(kind=MEASURE, payload__file=str(file.pk)):
        run_job(job.pk)
    found = site.http.get(address)
    assert found.headers["content-type"] == "application/json"
    assert found.json()["channels"][1]["levels"][0]["maximum"] == 459
