"""Images as lazy arrays, from a real web server: equal to the files, aligned, described; signed listings that end."""

import pickle
import re
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dask
import httpx
import numpy as np
import pytest
import tifffile
from django.conf import settings

from base import tokens
from catalogue.models import Image, Study
from client.analysis import open_image
from client.trouble import Trouble
from publishing.delivery import listing
from tests import factory
from tests.publishing.committed import committed  # noqa: F401  (the fixture db)
from tests.publishing.delivered import CELLS_ZARR, MIBI, NF1, Site, delivered, deposit

ROOT = Path(__file__).resolve().parents[2]
ask = partial(httpx.get, timeout=120)  # the machine may be busy


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory, db: None) -> Iterator[Site]:
    with delivered(shared, tmp_path_factory.mktemp("deposited")) as made, dask.config.set(scheduler="threads"):
        yield made


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return tokens.issue(user=site.owner, name="analysis")[1]


@pytest.fixture(scope="module")
def draft(site: Site) -> Study:
    """With an image whose chunks lie in its file as they are served."""
    return deposit(site.owner, [site.samples / MIBI])


def tiled() -> np.ndarray:
    pixels = np.zeros((2, 300, 500), np.uint16)
    pixels[1, 10:290, 20:480] = np.arange(460)
    return pixels


@pytest.mark.parametrize("direct", [False, True])
def test_it_is_the_file_and_its_chunks(site: Site, direct: bool) -> None:
    image = open_image(site.image(site.published, "tiled.ome.tif"), direct=direct)
    assert image.dims == ("t", "c", "z", "y", "x")
    assert image.chunks == ((1,), (1, 1), (1,), (128, 128, 44), (128, 128, 128, 116))
    np.testing.assert_array_equal(image.values[0, :, 0], tiled())
    np.testing.assert_array_equal(image[0, 1, 0, 100:200, 7:300].compute(), tiled()[1, 100:200, 7:300])
    np.testing.assert_array_equal(image[0, 1, 0, ::-7, 290:5:-3].compute(), tiled()[1, ::-7, 290:5:-3])


@pytest.mark.parametrize("name", [MIBI, NF1, CELLS_ZARR])
def test_real_files_are_what_they_are_at_hand(site: Site, name: str) -> None:
    address = site.image(site.published, Path(name).name.removeprefix("v05_"))
    served, direct, at_hand = open_image(address), open_image(address, direct=True), open_image(site.samples / name)
    np.testing.assert_array_equal(served.values, at_hand.values)
    np.testing.assert_array_equal(direct.values, at_hand.values)
    assert served.chunks == at_hand.chunks == direct.chunks


def test_coordinates_are_physical_and_channels_have_names(site: Site) -> None:
    address = site.image(site.published, "Point2203_pt1072_31606_41ch.ome.tif")
    image = open_image(address)
    document = ask(f"{address}/ome-zarr-0.5/zarr.json").json()["attributes"]["ome"]
    assert list(image.c.values) == [channel["label"] for channel in document["omero"]["channels"]]
    scale = document["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert image.x.values[-1] == pytest.approx((image.sizes["x"] - 1) * scale[4])
    assert image.x.attrs.get("units", "") == document["multiscales"][0]["axes"][4].get("unit", "")
    assert image.attrs["levels"] == len(document["multiscales"][0]["datasets"])
    name = str(image.c.values[3])
    np.testing.assert_array_equal(image.sel(c=name).values[0, 0], image.values[0, 3, 0])


def test_larger_tasks_are_whole_chunks(site: Site) -> None:
    image = open_image(site.image(site.published, "tiled.ome.tif"), chunks={"y": 200, "x": 129})
    assert image.chunks == ((1,), (1, 1), (1,), (256, 44), (256, 244))
    np.testing.assert_array_equal(image.values[0, :, 0], tiled())


def test_drafts_need_a_token_and_direct_arrays_none_any_more(site: Site, draft: Study, token: str) -> None:
    address = site.image(draft, Path(MIBI).name)
    with pytest.raises(Trouble):
        open_image(address)
    with pytest.raises(Trouble):
        open_image(address, token=tokens.issue(user=factory.user("Sam Stranger"), name="x")[1], direct=True)
    wanted = tifffile.imread(site.samples / MIBI)
    np.testing.assert_array_equal(open_image(address, token=token).values[0, :, 0], wanted)
    direct = open_image(address, token=token, direct=True)
    sent = pickle.dumps(direct)
    assert token.encode() not in sent
    np.testing.assert_array_equal(pickle.loads(sent).values[0, :, 0], wanted)


def test_images_of_one_file_are_not_mixed_up(site: Site, token: str) -> None:
    path = settings.REGISTER_ROOTS[1] / "two.ome.tif"
    pixels = np.arange(2 * 64 * 64, dtype=np.uint16).reshape(2, 64, 64)
    with tifffile.TiffWriter(path, ome=True) as writer:
        for number, plane in enumerate(pixels):
            writer.write(plane, tile=(32, 32), metadata={"axes": "YX", "Name": f"image {number}"})
    images = Image.objects.filter(study=deposit(site.owner, [path])).order_by("position")
    one, two = (open_image(f"{site.url}/data/{image.pk}", token=token, direct=True) for image in images)
    assert ((two - one).values == 64 * 64).all()


def signed_address(site: Site, draft: Study, token: str) -> str:
    data = site.image(draft, Path(MIBI).name)
    found = ask(f"{data}/listing.json", headers={"Authorization": f"Bearer {token}"}).json()
    return site.url + httpx.URL(found["file"]["address"]).raw_path.decode()


def test_a_signed_address_holds_for_its_file_its_person_and_its_time(site: Site, draft: Study, token: str) -> None:
    address = signed_address(site, draft, token)
    whole = ask(address)
    assert whole.content == (site.samples / MIBI).read_bytes()
    part = ask(address, headers={"Range": "bytes=8-15"})
    assert (part.status_code, part.content) == (206, whole.content[8:16])
    unsigned = address.partition("?")[0]
    assert ask(unsigned).status_code == 404
    for changed in (
        re.sub("expires=[0-9]+", f"expires={int(time.time()) + 10**6}", address),
        re.sub("person=[0-9a-f-]+", f"person={factory.user('Otto Other').pk}", address),
        address[:-2] + ("00" if address[-2:] != "00" else "11"),
        re.sub("expires=[0-9]+", "expires=never", address),
        address.replace(unsigned, site.file(site.draft, "txt")),
    ):
        answer = ask(changed)
        assert (answer.status_code, "was changed" in answer.json()["detail"]) == (403, True)
    file = unsigned.rpartition("/")[2]
    past = listing._signed(uuid.UUID(file), site.owner, int(time.time()) - 1)
    assert "has expired" in ask(f"{unsigned}?{past}").json()["detail"]


def test_it_ends_when_its_person_may_no_longer_look(site: Site, draft: Study, token: str) -> None:
    address = signed_address(site, draft, token)
    type(site.owner).objects.filter(pk=site.owner.pk).update(is_active=False)
    try:
        assert ask(address).status_code == 404
    finally:
        type(site.owner).objects.filter(pk=site.owner.pk).update(is_active=True)
    assert ask(address).status_code == 200


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("level=9", "There is no level 9"),
        ("hours=0", "1 to 24 hours"),
        ("level=x", "whole number"),
        ("start=-1", "whole"),
    ],
)
def test_listings_that_cannot_be(site: Site, query: str, message: str) -> None:
    answer = ask(f"{site.image(site.published, 'tiled.ome.tif')}/listing.json?{query}")
    assert answer.status_code == 400
    assert message in answer.json()["detail"]


def test_listings_come_in_parts(site: Site) -> None:
    address = f"{site.image(site.published, 'tiled.ome.tif')}/listing.json"
    whole = ask(address).json()
    assert whole["next"] is None
    assert len(whole["chunks"]) == 24
    assert ask(address, params={"start": 20}).json()["chunks"] == whole["chunks"][20:]


@pytest.mark.parametrize(
    "address", ["nothing", "https://nowhere.example/pictures/1", "01890000-0000-7000-8000-000000000001"]
)
def test_what_is_no_image_is_said(address: str) -> None:
    with pytest.raises(Trouble, match="no address of an image"):
        open_image(address)


def test_the_examples_of_the_documentation_run(site: Site, token: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/analysis.md").read_text(), re.DOTALL)
    assert len(blocks) == 5
    page = site.image(site.published, "Point2203_pt1072_31606_41ch.ome.tif").replace("/data/", "/images/")
    names = {"ADDRESS": page, "TOKEN": token, "FILE": site.samples / NF1}
    count = open_image(page).attrs["levels"]
    for block in blocks:
        if "level=1" in block and count == 1:
            block = block.replace("level=1", "level=0")
        exec(compile(block, "docs/analysis.md", "exec"), names)
