"""What goes out with an image's pixels: the OME-XML of all that its file said, as it was published and of no person;
and its label images."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from django.conf import settings
from django.utils import timezone
from lxml import etree
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from base import jobs
from catalogue import files
from catalogue.access import Actor, link_digest
from catalogue.models import AccessGrant, File, Image, Study
from catalogue.services import make_link, start_new_version
from tests import factory
from tests.publishing.committed import committed  # noqa: F401  (the fixture db)
from tests.publishing.delivered import deposit, publish
from tests.publishing.test_delivery_sets import get

ND2, CZI = "nd2/example-multichannel.nd2", "czi/LSM880_AiryScan.czi"
CELLS = "02_omezarr/v05_cells3d_nuclei.zarr"  # with a label image
TWO = "czi/WellD6-7_S2.czi"  # two images in one file
NAMES = {"o": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}
OLDER = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06">
<Experimenter ID="Experimenter:0" FirstName="Rosalind" LastName="Franklin" Email="rf@kings.example" OMEName="rosy"
 DisplayName="Miss Franklin" HomePage="rosalind.example"/>
<Image ID="Image:0" Name="old"><AcquisitionDate>2011-05-02T10:11:12</AcquisitionDate><ExperimenterRef
 ID="Experimenter:0"/><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="64" SizeY="48" SizeZ="1"
 SizeC="1" SizeT="1"><Channel ID="Channel:0:0" Name="DNA" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="1"/>
<Plane TheZ="0" TheC="0" TheT="0" ExposureTime="0.25" PositionX="17.5"/></Pixels></Image></OME>"""


@dataclass(frozen=True)
class Site:
    published: Study
    draft: Study

    def image(self, study: Study, name: str) -> str:
        images = Image.objects.filter(study=study, image_files__file__path__endswith=Path(name).name)
        return f"/data/{images.order_by('position').first().pk}"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory, db: None) -> Iterator[Site]:
    own, samples = tmp_path_factory.mktemp("own"), shared / "samples/03_vendor"
    tifffile.imwrite(own / "old.ome.tif", np.zeros((48, 64), np.uint16), description=OLDER, metadata=None)
    before, settings.REGISTER_ROOTS = settings.REGISTER_ROOTS, [(shared / "samples").resolve(), own.resolve()]
    try:
        cells = shared / "samples" / CELLS
        study = deposit(factory.user(), [samples / ND2, samples / CZI, samples / TWO, own / "old.ome.tif", cells])
        publish(study)
        yield Site(study, deposit(study.owner, [own / "old.ome.tif", cells]))
    finally:
        settings.REGISTER_ROOTS = before
        shutil.rmtree(settings.DATA / "store", ignore_errors=True)


def ome_of(path: str) -> etree._Element:
    status, body = get(path)
    assert status == "200", body
    if path.endswith(".tif"):
        with tifffile.TiffFile(io.BytesIO(body)) as file:
            assert file.ome_metadata
            body = file.ome_metadata.encode()
    return etree.fromstring(body)


PLACES = ["ome-zarr-0.4/OME/METADATA.ome.xml", "ome-zarr-0.5/OME/METADATA.ome.xml", "ome-tiff/image.ome.tif"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [ND2, CZI, TWO, "old.ome.tif"])
def test_it_is_valid_and_of_one_image(site: Site, shared: Path, name: str, place: str) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "reference/ome/ome-2016-06.xsd"))
    found = ome_of(f"{site.image(site.published, name)}/{place}")
    assert schema.validate(found), schema.error_log
    assert len(found.findall("o:Image", NAMES)) == 1


@pytest.mark.parametrize("place", PLACES)
def test_it_says_how_the_image_was_taken(site: Site, place: str) -> None:
    found = ome_of(f"{site.image(site.published, ND2)}/{place}")
    (objective,) = found.findall("o:Instrument/o:Objective", NAMES)
    assert found.find("o:Image/o:ObjectiveSettings", NAMES).get("ID") == objective.get("ID")  # type: ignore[union-attr]
    planes = found.findall("o:Image/o:Pixels/o:Plane", NAMES)
    channels = found.findall("o:Image/o:Pixels/o:Channel", NAMES)
    assert len(planes) == len(channels) > 1
    assert all(float(plane.get("ExposureTime", "0")) > 0 and plane.get("PositionX") for plane in planes)


def test_each_image_of_a_file_has_its_own(site: Site) -> None:
    images = Image.objects.filter(study=site.published, image_files__file__path__endswith=Path(TWO).name)
    names = {image.pk: image.name for image in images}
    assert len(names) == 2
    for pk, name in names.items():
        (image,) = ome_of(f"/data/{pk}/ome-zarr-0.5/OME/METADATA.ome.xml").findall("o:Image", NAMES)
        assert image.get("Name", "") == name


@pytest.mark.parametrize("place", PLACES)
def test_it_names_no_person(site: Site, place: str) -> None:
    found = ome_of(f"{site.image(site.published, 'old.ome.tif')}/{place}")
    text = etree.tostring(found, encoding="unicode")
    for word in ("Rosalind", "Franklin", "kings", "rosy"):
        assert word.lower() not in text.lower()
    plane = found.find("o:Image/o:Pixels/o:Plane", NAMES)
    assert plane is not None
    assert (plane.get("ExposureTime"), plane.get("PositionX")) == ("0.25", "17.5")
    assert found.find("o:Image/o:ExperimenterRef", NAMES) is not None


def test_it_stays_as_it_was_published(site: Site) -> None:
    address = f"{site.image(site.published, 'old.ome.tif')}/ome-zarr-0.5/OME/METADATA.ome.xml"
    before = get(address)
    start_new_version(actor=Actor(site.published.owner), study_id=site.published.pk)
    file = File.objects.get(study=site.published, path__endswith="old.ome.tif")
    files.read_again(actor=Actor(site.published.owner), study_id=site.published.pk, file_id=file.pk)
    jobs.run_queued(site.published.pk)
    assert get(address) == before
    files.remove(actor=Actor(site.published.owner), study_id=site.published.pk, file_id=file.pk)
    assert get(address) == before


def test_a_draft_has_it_for_those_who_may_see_it(site: Site) -> None:
    address = f"{site.image(site.draft, 'old.ome.tif')}/ome-zarr-0.5/OME/METADATA.ome.xml"
    assert get(address)[0] == "404"
    AccessGrant.objects.create(right=AccessGrant.Right.VIEW, link_digest=link_digest("open sesame"), study=site.draft,
                               granted_by=site.draft.owner)  # fmt: skip
    status, body = get(address, "link=open+sesame")
    assert (status, b"Franklin" in body) == ("200", False)


def test_a_referee_gets_what_the_record_says_only(site: Site) -> None:
    end = timezone.now() + timedelta(days=1)
    _, secret = make_link(actor=Actor(site.draft.owner), study_id=site.draft.pk, name="x", expires_at=end)
    address = site.image(site.draft, "old.ome.tif")
    assert get(f"{address}/ome-zarr-0.5/zarr.json", f"link={secret}")[0] == "200"
    assert get(f"{address}/ome-zarr-0.5/OME/METADATA.ome.xml", f"link={secret}")[0] == "404"


def zarr_below(address: str, key: str) -> dict[str, Any]:
    """What the documents of an image and of its label images say, by their places."""
    names = ("zarr.json",) if "0.5" in key else (".zgroup", ".zattrs")
    found = {}
    for group in ("", "labels/", "labels/nuclei/"):
        for name in names:
            status, body = get(f"{address}/{key}/{group}{name}")
            found[group + name] = json.loads(body) if status == "200" else {"status": status}
    return found


def test_labels_are_sub_groups_of_their_image(site: Site, shared: Path) -> None:
    address = site.image(site.published, CELLS)
    documents = zarr_below(address, "ome-zarr-0.5")
    assert documents["labels/zarr.json"]["attributes"]["ome"] == {"version": "0.5", "labels": ["nuclei"]}
    about = documents["labels/nuclei/zarr.json"]["attributes"]["ome"]
    assert about["image-label"]["source"] == {"image": "../../"}
    assert "omero" not in about
    older = zarr_below(address, "ome-zarr-0.4")
    assert older["labels/.zattrs"] == {"labels": ["nuclei"]}
    assert older["labels/nuclei/.zattrs"]["image-label"]["source"] == {"image": "../../"}
    stored: Any = zarr.open_group(shared / "samples" / CELLS, mode="r")["labels/nuclei/s0"]
    expected = np.asarray(stored[...])
    for key, metadata, before in (("ome-zarr-0.5", "zarr.json", "c/"), ("ome-zarr-0.4", ".zarray", "")):
        _, body = get(f"{address}/{key}/labels/nuclei/0/{metadata}")
        about = json.loads(body)
        chunk = about["chunk_grid"]["configuration"]["chunk_shape"] if before else about["chunks"]
        grid = [-(-size // step) for size, step in zip(about["shape"], chunk, strict=True)]
        places = ["/".join(map(str, place)) for place in np.ndindex(*grid)]
        objects = {f"0/{metadata}": body} | {
            f"0/{before}{place}": get(f"{address}/{key}/labels/nuclei/0/{before}{place}")[1] for place in places
        }
        buffers = {name: default_buffer_prototype().buffer.from_bytes(data) for name, data in objects.items()}
        array: Any = zarr.open_array(MemoryStore(buffers), mode="r", path="0", zarr_format=3 if before else 2)
        np.testing.assert_array_equal(np.asarray(array[0]), expected)
    for path in ("labels/others/zarr.json", "labels/nuclei/labels/zarr.json", "labels/nuclei", "labels/"):
        assert get(f"{address}/ome-zarr-0.5/{path}")[0] == "404", path


def test_labels_of_a_draft_are_for_those_who_may_see_them(site: Site) -> None:
    address = site.image(site.draft, CELLS)
    assert get(f"{address}/ome-zarr-0.5/labels/zarr.json")[0] == "404"
    AccessGrant.objects.create(right=AccessGrant.Right.VIEW, link_digest=link_digest("for labels"), study=site.draft,
                               granted_by=site.draft.owner)  # fmt: skip
    for path in ("zarr.json", "nuclei/zarr.json", "nuclei/0/c/0/0/0/0"):
        assert get(f"{address}/ome-zarr-0.5/labels/{path}", "link=for+labels")[0] == "200", path
