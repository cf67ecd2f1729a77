"""OME-TIFFs of several files: each file gives the images that have planes in it, the OME-XML may stand beside them."""

from pathlib import Path
from typing import Any

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
    assert facts.beside == ("set.companion.ome", "a.ome.tif")


def test_an_image_in_several_files_is_given_whole_by_the_first_that_is_there(tmp_path: Path) -> None:
    xml = document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1)))
    second = write(tmp_path / "b.ome.tif", 20, xml)
    assert "a.ome.tif. Add them" in read_facts(second).warnings[0]
    np.testing.assert_array_equal(whole(open_source(second, ""))[0, 0, :, 0, 0], [0, 21])
    first = write(tmp_path / "a.ome.tif", 10, xml)
    facts = read_facts(first)
    assert facts.warnings == ()
    assert facts.beside == ("b.ome.tif",)
    source = open_source(first, "")
    np.testing.assert_array_equal(whole(source)[0, 0, :, 0, 0], [10, 21])
    raw = source.raw_chunk(0, (0, 0, 1, 0, 0))
    assert raw is not None
    assert raw.place is not None
    assert raw.place.name == "b.ome.tif"
    other = read_facts(second)
    assert other.images == ()
    assert other.beside == ("a.ome.tif",)
    assert other.warnings == ("Its planes are part of what a.ome.tif gives.",)
    unread = open_source(first, "")
    second.unlink()
    with pytest.raises(ImageError, match=r"b\.ome\.tif: is not beside it|no longer there"):
        unread.read_chunk(0, (0, 0, 1, 0, 0))


def test_a_set_that_tifffile_wrote_with_pyramids(tmp_path: Path) -> None:
    """Four time points in two files, each page with a SubIFD."""
    pixels = np.random.default_rng(6).integers(0, 9999, (4, 64, 48), np.uint16)
    blocks = "".join(
        f'<TiffData IFD="{t % 2}" FirstT="{t}" PlaneCount="1"><UUID FileName="p{t // 2}.ome.tif">urn:uuid:'
        f"00000000-0000-0000-0000-00000000000{t // 2}</UUID></TiffData>"
        for t in range(4)
    )
    sizes = 'DimensionOrder="XYZCT" Type="uint16" SizeX="48" SizeY="64" SizeZ="1" SizeC="1" SizeT="4"'
    xml = document(f'<Image ID="Image:0"><Pixels ID="Pixels:0" {sizes}>{blocks}</Pixels></Image>').decode()
    for number in range(2):
        with tifffile.TiffWriter(tmp_path / f"p{number}.ome.tif") as tiff:
            for t in (0, 1):
                plane = pixels[2 * number + t]
                options: dict[str, Any] = {
                    "tile": (16, 16),
                    "compression": "zstd",
                    "photometric": "minisblack",
                    "metadata": None,
                }
                tiff.write(plane, subifds=1, description=xml if t == 0 else None, **options)
                tiff.write(plane[::2, ::2], subfiletype=1, **options)
    path = tmp_path / "p0.ome.tif"
    assert read_facts(path).images[0].level_count == 2
    source = open_source(path)
    np.testing.assert_array_equal(whole(source)[:, 0, 0], pixels)
    np.testing.assert_array_equal(whole(source, 1)[:, 0, 0], pixels[:, ::2, ::2])
    with tifffile.TiffFile(path) as peer:
        np.testing.assert_array_equal(peer.series[0].asarray(), pixels)


def test_a_companion_is_the_set_itself(tmp_path: Path) -> None:
    """Also of files that say nothing of it; it has no image while they are away."""
    companion = tmp_path / "set.companion.ome"
    companion.write_bytes(document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    facts = read_facts(companion)
    assert (facts.images, facts.beside) == ((), ("a.ome.tif", "b.ome.tif"))
    assert facts.warnings == ("None of its files is there; add them.",)
    for name, value in (("a.ome.tif", 10), ("b.ome.tif", 20)):
        tifffile.imwrite(
            tmp_path / name,
            np.full((2, 3, 4), value, "uint8") + np.arange(2, dtype="uint8").reshape(2, 1, 1),
            metadata=None,
            photometric="minisblack",
        )
    facts = read_facts(companion)
    assert [(found.name, found.size_z) for found in facts.images] == [("i0", 2)]
    assert facts.warnings == ()
    np.testing.assert_array_equal(whole(open_source(companion))[0, 0, :, 0, 0], [10, 21])


@pytest.mark.parametrize(
    ("change", "match"),
    [("short", r"b\.ome\.tif: page 1: .* truncated"), ("other size", "differs in size or type"),
     ("no tiff", r"b\.ome\.tif: TIFF directory: this is not a TIFF file")],
)  # fmt: skip
def test_a_file_of_a_set_that_is_damaged_is_named(tmp_path: Path, change: str, match: str) -> None:
    xml = document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1)))
    first, second = (write(tmp_path / name, value, xml) for name, value in (("a.ome.tif", 10), ("b.ome.tif", 20)))
    if change == "short":
        second.write_bytes(second.read_bytes()[:-40])
    elif change == "other size":
        tifffile.imwrite(second, np.zeros((2, 9, 9), "uint8"), photometric="minisblack", metadata=None)
    else:
        second.write_text("hello")
    with pytest.raises(ImageError, match=match):
        open_source(first, "")


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
