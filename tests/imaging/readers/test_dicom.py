"""DICOM: pixels as pydicom, OpenSlide and wsidicom read them, facts without what names a patient."""

import io
import warnings
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import openslide
import pydicom
import pytest
import wsidicom
from PIL import Image as Pillow
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from imaging.errors import ImageError
from imaging.facts import ComponentFacts, FileFacts, Quantity, Window
from imaging.readers import family_of, read_facts
from imaging.source import build_table, open_source
from tests.imaging.reading import whole

FOLDER = "samples/03_vendor/dicom/"
SLIDE, CT, MR = FOLDER + "wsi_camelyon_multiframe.dcm", FOLDER + "CT_small.dcm", FOLDER + "examples_overlay.dcm"
SLIDE_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"
MR_CLASS = "1.2.840.10008.5.1.4.1.1.4"


def made(path: Path, pixels: np.ndarray, syntax: str = ExplicitVRLittleEndian, **attributes: Any) -> Path:
    """A file of these frames, (frame, y, x) or (frame, y, x, 3), stored as the syntax says."""
    samples = 3 if pixels.ndim == 4 else 1
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.SOPClassUID, dataset.SOPInstanceUID = MR_CLASS, generate_uid()
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    dataset.SamplesPerPixel, dataset.NumberOfFrames = samples, len(pixels)
    dataset.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(pixels.dtype.kind == "i")
    if samples == 3:
        dataset.PlanarConfiguration = 0
    stored = attributes.pop("stored", None)
    for name, value in attributes.items():
        setattr(dataset, name, value)
    if stored is None and syntax == RLELossless:
        dataset.PixelData = pixels.tobytes()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.compress(RLELossless, generate_instance_uid=False)
    else:
        dataset.PixelData = pixels.tobytes() if stored is None else stored
        dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 or stored is not None else "OW"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path, enforce_file_format=True)
    return path


def tiled(path: Path, image: np.ndarray, tile: int, **attributes: Any) -> Path:
    """A level of a whole slide (y, x, 3) in JPEG 2000 tiles, which are lossless."""
    height, width = image.shape[:2]
    down, across = -(-height // tile), -(-width // tile)
    padded = np.zeros((down * tile, across * tile, 3), np.uint8)
    padded[:height, :width] = image
    frames = [
        padded[y : y + tile, x : x + tile] for y in range(0, down * tile, tile) for x in range(0, across * tile, tile)
    ]
    coded = [bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(one), codecformat="j2k", reversible=True, level=0))
             for one in frames]  # fmt: skip
    said: dict[str, Any] = {
        "SOPClassUID": SLIDE_CLASS, "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "Modality": "SM",
        "TotalPixelMatrixRows": height, "TotalPixelMatrixColumns": width, "DimensionOrganizationType": "TILED_FULL",
        "SeriesInstanceUID": "1.2.3.4", "PhotometricInterpretation": "YBR_RCT",
        "stored": encapsulate(coded),
    } | attributes  # fmt: skip
    return made(path, np.stack(frames), JPEG2000Lossless, **said)


def colours(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x * y) % 256], -1).astype(np.uint8)


def said(facts: FileFacts) -> dict[str, str]:
    return {one.name: one.value for one in facts.key_values}


def test_facts_of_a_slide(shared: Path) -> None:
    facts = read_facts(shared / SLIDE)
    (image,) = facts.images
    assert facts.format == "application/dicom"
    assert (image.size_c, image.size_z, image.size_y, image.size_x) == (3, 1, 700, 1152)
    assert (image.pixel_type, image.chunk_shape, image.level_count) == ("uint8", (256, 256), 1)
    assert image.physical_size_x == Quantity(0.028969, "mm", "0.028969")
    assert image.physical_size_y == Quantity(0.028968, "mm", "0.028968")
    assert len(facts.key_values) == 29
    assert said(facts)["PhotometricInterpretation"] == "YBR_FULL_422"


def test_facts_of_a_clinical_image(shared: Path) -> None:
    facts = read_facts(shared / CT)
    (image,) = facts.images
    assert (image.size_y, image.size_x, image.pixel_type) == (128, 128, "int16")
    assert image.physical_size_x == Quantity(0.661468, "mm", "0.661468")
    assert facts.instruments[0].microscope == ComponentFacts("Microscope", "", "GE MEDICAL SYSTEMS", "RHAPSODE")
    assert said(facts)["KVP"] == "120"
    assert "CompressedSamples" not in repr(facts)
    assert "JFK" not in repr(facts)
    assert "PatientName" in " ".join(facts.warnings)
    assert "stored value × 1 + -1024" in facts.warnings[0]
    facts = read_facts(shared / MR)
    assert facts.images[0].channels[0].display == Window(55.0, 845.0, 55.0, 845.0)
    assert facts.images[0].significant_bits == 12
    assert "1 overlay(s)" in facts.warnings[0]
    assert "Sssssss" not in repr(facts)
    assert "Wachau" not in repr(facts)


@pytest.mark.parametrize("name", [CT, MR])
def test_clinical_pixels_are_those_of_pydicom(shared: Path, name: str) -> None:
    peer = pydicom.dcmread(shared / name).pixel_array
    np.testing.assert_array_equal(whole(open_source(shared / name))[0, 0, 0], peer)


def test_slide_pixels_are_those_of_openslide_and_wsidicom(shared: Path, tmp_path: Path) -> None:
    build_table(shared / SLIDE, "", tmp_path / "table")
    source = open_source(shared / SLIDE, "", tmp_path / "table")
    found = whole(source)[0, :, 0].transpose(1, 2, 0)
    with openslide.OpenSlide(shared / SLIDE) as slide:
        np.testing.assert_array_equal(found, np.asarray(slide.read_region((0, 0), 0, (1152, 700)))[:, :, :3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with wsidicom.WsiDicom.open(shared / SLIDE) as slide:
            np.testing.assert_array_equal(found, np.asarray(slide.read_region((0, 0), 0, (1152, 700))))
    tile = source.picture(0, 0, 0, 1, 2)
    assert tile is not None
    shown = np.asarray(Pillow.open(io.BytesIO(tile.head + tile.stored.read())).convert("RGB"))
    np.testing.assert_array_equal(shown, found[256:512, 512:768])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("pixels", [
    np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30) * 30,
    np.arange(3 * 20 * 30, dtype=np.int16).reshape(3, 20, 30) - 900,
    np.arange(2 * 20 * 30 * 3).reshape(2, 20, 30, 3).astype(np.uint8),
], ids=["uint16", "int16", "rgb"])  # fmt: skip
def test_native_and_run_length_frames(tmp_path: Path, syntax: str, pixels: np.ndarray) -> None:
    path = made(tmp_path / "a.dcm", pixels, syntax)
    peer = pydicom.dcmread(path).pixel_array
    np.testing.assert_array_equal(peer, pixels)
    found = whole(open_source(path))[0]
    np.testing.assert_array_equal(found, pixels[None] if pixels.ndim == 3 else pixels.transpose(3, 0, 1, 2))


def test_big_endian_planar_and_points_in_time(tmp_path: Path) -> None:
    deep = np.arange(2 * 8 * 8, dtype=np.uint16).reshape(2, 8, 8) * 300
    path = made(tmp_path / "big.dcm", deep, ExplicitVRBigEndian, stored=deep.astype(">u2").tobytes())
    np.testing.assert_array_equal(whole(open_source(path))[0, 0], deep)
    flat = colours(8, 10)[None]
    path = made(tmp_path / "planar.dcm", flat, PlanarConfiguration=1, stored=flat.transpose(0, 3, 1, 2).tobytes())
    np.testing.assert_array_equal(whole(open_source(path))[0, :, 0].transpose(1, 2, 0), flat[0])
    path = made(tmp_path / "time.dcm", deep, FrameIncrementPointer=0x00181063, FrameTime=40)
    (image,) = read_facts(path).images
    assert (image.size_t, image.size_z) == (2, 1)
    assert image.time_increment == Quantity(40.0, "ms", "40.0")


@pytest.mark.parametrize("table", ["basic", "none", "extended"])
def test_offset_tables(tmp_path: Path, table: str) -> None:
    frames = np.arange(4 * 16 * 16, dtype=np.uint16).reshape(4, 16, 16) * 60
    coded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
    more: dict[str, Any] = {"stored": encapsulate(coded, has_bot=table == "basic")}
    if table == "extended":
        stored, offsets, lengths = encapsulate_extended(coded)
        more = {"stored": stored, "ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}
    path = made(tmp_path / "a.dcm", frames, JPEGLSLossless, **more)
    np.testing.assert_array_equal(whole(open_source(path))[0, 0], frames)


def test_frames_in_several_fragments_are_refused(tmp_path: Path) -> None:
    frames = np.arange(2 * 16 * 16, dtype=np.uint16).reshape(2, 16, 16) * 60
    coded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
    stored = encapsulate(coded, fragments_per_frame=2)
    path = made(tmp_path / "a.dcm", frames, JPEGLSLossless, stored=stored)
    with pytest.raises(ImageError, match="frame 1: is in several fragments"):
        read_facts(path)


def test_levels_of_a_slide_lie_in_files_beside(tmp_path: Path) -> None:
    image = colours(150, 200)
    tiled(tmp_path / "b.dcm", image, 64)
    tiled(tmp_path / "a.dcm", image[::2, ::2], 64)
    tiled(tmp_path / "label.dcm", image[:60, :60], 64, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"])
    tiled(tmp_path / "other.dcm", image[::4, ::4], 64, SeriesInstanceUID="1.2.3.5")
    facts = read_facts(tmp_path / "b.dcm")
    assert facts.images[0].level_count == 2
    assert facts.beside == ("a.dcm",)
    build_table(tmp_path / "b.dcm", "", tmp_path / "table")
    source = open_source(tmp_path / "b.dcm", "", tmp_path / "table")
    for level, step in enumerate((1, 2)):
        found = whole(source, level)[0, :, 0].transpose(1, 2, 0)
        np.testing.assert_array_equal(found, image[::step, ::step])
    smaller = read_facts(tmp_path / "a.dcm")
    assert smaller.images == ()
    assert "smaller level of the slide in b.dcm" in smaller.warnings[0]


def test_sparse_tiles_lie_where_each_frame_says(tmp_path: Path) -> None:
    image = colours(64, 96)
    order = [(0, 2), (1, 1), (0, 0)]  # in tiles of 32; the others were not scanned
    groups = []
    for row, column in order:
        position = Dataset()
        position.RowPositionInTotalImagePixelMatrix, position.ColumnPositionInTotalImagePixelMatrix = (
            row * 32 + 1, column * 32 + 1,
        )  # fmt: skip
        group = Dataset()
        group.PlanePositionSlideSequence = Sequence([position])
        groups.append(group)
    frames = np.stack([image[r * 32 : r * 32 + 32, c * 32 : c * 32 + 32] for r, c in order])
    path = made(
        tmp_path / "a.dcm", frames, SOPClassUID=SLIDE_CLASS, TotalPixelMatrixRows=64, TotalPixelMatrixColumns=96,
        DimensionOrganizationType="TILED_SPARSE", PerFrameFunctionalGroupsSequence=Sequence(groups),
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
    )  # fmt: skip
    found = whole(open_source(path))[0, :, 0].transpose(1, 2, 0)
    expected = np.zeros_like(image)
    for row, column in order:
        box = (slice(row * 32, row * 32 + 32), slice(column * 32, column * 32 + 32))
        expected[box] = image[box]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"Rows": 0}, "Rows: is 0"),
        ({"BitsAllocated": 7}, "Bits Allocated: 7 are not read"),
        ({"NumberOfFrames": 9}, "it is truncated"),
        ({"NumberOfFrames": -1}, "Number of Frames: is -1"),
        ({"PhotometricInterpretation": "YBR_FULL"}, "uncompressed YBR is not read"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, attributes: dict[str, Any], match: str) -> None:
    path = made(tmp_path / "a.dcm", colours(8, 8)[None], **attributes)
    with pytest.raises(ImageError, match=match):
        read_facts(path)


def test_files_without_the_ending_are_known_by_their_preamble(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "IM0001").write_bytes((shared / CT).read_bytes())
    assert family_of(tmp_path / "IM0001").name == "dicom"
    assert len(read_facts(tmp_path / "IM0001").images) == 1


@pytest.mark.parametrize("name", [SLIDE, CT])
def test_damaged_files_are_refused_in_words(shared: Path, tmp_path: Path, name: str) -> None:
    data = (shared / name).read_bytes()
    path = tmp_path / "a.dcm"
    for part in (0, 3, 8, 10):
        path.write_bytes(data[: 140 + (len(data) - 200) * part // 11])
        with pytest.raises(ImageError):
            read_facts(path)
    rng = np.random.default_rng(3)
    for _ in range(60):
        changed = bytearray(data)
        for place in rng.integers(132, 3000, 6):
            changed[place] = int(rng.integers(256))
        path.write_bytes(changed)
        try:
            read_facts(path)
            whole(open_source(path))
        except ImageError as error:
            assert str(error).startswith("a.dcm")  # noqa: PT017  (most changes do not matter)
