"""OME-TIFFs of several files: each file gives the images that have planes in it, the OME-XML may stand beside them."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.source import open_source
from tests.imaging.ome.comparing import document
from tests.imaging.reading import whole

UUIDS = {name: f"urn:uuid:00000000-0000-0000-0000-00000000000{n}" for n, name in enumerate(("a.ome.tif", "b.ome.tif"))}
SIZES = 'DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="2" SizeC="1" SizeT="1"'


def write(path: Path, value: int, xml: bytes, pages: int = 2) -> Path:
    with tifffile.TiffWriter(path) as tiff:
        for number in range(pages):
            tiff.write(
                np.full((3, 4), value + number, "uint8"), metadata=None, photometric="minisblack", contiguous=False,
                description=xml.decode("latin-1") if number == 0 else None,
            )  # fmt: skip
    return path


def image(number: int, *blocks: tuple[str, int]) -> str:
    data = "".join(
        f'<TiffData IFD="{ifd}" FirstZ="{z}" PlaneCount="1"><UUID FileName="{name}">{UUIDS[name]}</UUID></TiffData>'
        for z, (name, ifd) in enumerate(blocks)
    )
    return f'<Image ID="Image:{number}" Name="i{number}"><Pixels ID="Pixels:{number}" {SIZES}>{data}</Pixels></Image>'


def binary_only(name: str) -> bytes:
    only = f'<BinaryOnly MetadataFile="set.companion.ome" UUID="{UUIDS["a.ome.tif"]}"/>'
    return document(only).replace(b"<OME ", f'<OME UUID="{UUIDS[name]}" '.encode())


def test_each_file_gives_its_own_images(tmp_path: Path) -> None:
    xml = document(image(0, ("a.ome.tif", 0), ("a.ome.tif", 1)) + image(1, ("b.ome.tif", 0), ("b.ome.tif", 1)))
    first, second = (write(tmp_path / name, value, xml) for name, value in (("a.ome.tif", 10), ("b.ome.tif", 20)))
    for path, number, value in ((first, 0, 10), (second, 1, 20)):
        facts = read_facts(path)
        assert [(found.name, found.series_path, found.index) for found in facts.images] == [
            (f"i{number}", str(number), number)
        ]
        assert facts.warnings == ("Of the 2 images of the OME-XML 1 are in other files of the set.",)
        np.testing.assert_array_equal(whole(open_source(path, str(number)))[0, 0, :, 0, 0], [value, value + 1])
        with pytest.raises(ImageError, match="there is no image"):
            open_source(path, str(1 - number))


def test_a_companion_file_describes_the_set(tmp_path: Path) -> None:
    (tmp_path / "set.companion.ome").write_bytes(document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    path = write(tmp_path / "b.ome.tif", 20, binary_only("b.ome.tif"))
    facts = read_facts(path)
    assert (facts.images[0].name, facts.format) == ("i0", "image/ome-tiff")
    assert facts.ome is not None
    assert facts.ome.root.first("Image") is not None
    assert any("1 of 2 planes are not in this file" in warning for warning in facts.warnings)
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0, :, 0, 0], [0, 21])


def test_without_its_companion_a_file_is_read_by_its_tags(tmp_path: Path) -> None:
    facts = read_facts(write(tmp_path / "a.ome.tif", 1, binary_only("a.ome.tif")))
    assert "put that file beside it" in facts.warnings[0]
    assert facts.ome is not None
    assert facts.ome.root.children[0].entity == "BinaryOnly"
    assert facts.images[0].size_x == 4


@pytest.mark.parametrize("name", ["../set.companion.ome", "/etc/passwd", "..", "link.companion.ome"])
def test_a_companion_file_elsewhere_is_not_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "set.companion.ome").write_bytes(document(image(0, ("a.ome.tif", 0))))
    (folder / "link.companion.ome").symlink_to(tmp_path / "set.companion.ome")
    xml = binary_only("a.ome.tif").replace(b"set.companion.ome", name.encode())
    assert read_facts(write(folder / "a.ome.tif", 1, xml)).images[0].name != "i0"
