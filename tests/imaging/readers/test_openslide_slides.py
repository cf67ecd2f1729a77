"""Slides that OpenSlide or slideio decode, in limited processes; companions that are missing are named."""

from pathlib import Path

import numpy as np
import openslide
import pytest
from PIL import Image

from imaging import limited
from imaging.errors import ImageError
from imaging.places import files_at
from imaging.readers import family_of, openslide_slides, read_facts, vsi
from imaging.source import open_source, read_region
from imaging.sources.planes import PlanesSource

SVS = "samples/03_vendor/wsi/CMU-1-Small-Region.svs"
NDPI = "samples/03_vendor/wsi/test3-DAPI-2-(387).ndpi"


@pytest.mark.parametrize(("name", "level"), [(SVS, 0), (NDPI, 0), (NDPI, 3), (NDPI, 5)])
def test_pixels_of_limited_processes_are_those_of_the_library(shared: Path, name: str, level: int) -> None:
    """Any slide does: no sample of MIRAX or Ventana may be shared."""
    path = shared / name
    (table,) = openslide_slides.make_tables(path, [""])
    source = PlanesSource(files_at(path), table)
    _, _, _, height, width = source.levels[level].shape
    y0, x0 = height // 3, width // 3
    y1, x1 = min(y0 + 700, height), min(x0 + 600, width)
    found = np.stack([read_region(source, level, 0, c, 0, y0, y1, x0, x1) for c in range(3)], -1)
    with openslide.OpenSlide(path) as slide:
        scale = round(slide.level_downsamples[level])
        there = np.asarray(slide.read_region((x0 * scale, y0 * scale), level, (x1 - x0, y1 - y0)))[:, :, :3]
    np.testing.assert_array_equal(found, there)


def write_vms(folder: Path) -> Path:
    """Hamamatsu VMS as OpenSlide's description of it says: keys, and JPEGs whose restart markers make tiles."""
    y, x = np.mgrid[:256, :512]
    pixels = np.stack([x // 2, y, (x + y) // 4], -1).astype(np.uint8)
    for name, step in (("a.jpg", 1), ("a_map.jpg", 8)):
        picture = Image.fromarray(pixels[::step, ::step])
        picture.save(folder / name, quality=95, subsampling=0, restart_marker_blocks=8)
    keys = ("NoLayers=1", "NoJpegColumns=1", "NoJpegRows=1", "ImageFile=a.jpg", "MapFile=a_map.jpg", "SourceLens=40",
            "MacroImage=a_map.jpg", "PhysicalWidth=117248", "PhysicalHeight=58624", "PhysicalMacroWidth=100",
            "PhysicalMacroHeight=100")  # fmt: skip
    path = folder / "a.vms"
    path.write_text("\n".join(("[Virtual Microscope Specimen]", *keys, "")))
    return path


def test_a_slide_of_several_files(tmp_path: Path) -> None:
    path = write_vms(tmp_path)
    facts = limited.read_facts(path)
    (image,) = facts.images
    assert (image.size_x, image.size_y, facts.beside) == (512, 256, ("a.jpg", "a_map.jpg"))
    assert image.physical_size_x is not None
    assert image.physical_size_x.value == pytest.approx(0.229)
    assert facts.instruments[0].objectives[0].attributes == (("NominalMagnification", "40"),)
    source = open_source(path, "")
    found = np.stack([read_region(source, 0, 0, c, 0, 0, 256, 0, 512) for c in range(3)], -1)
    np.testing.assert_array_equal(found, np.asarray(Image.open(tmp_path / "a.jpg")))


def test_facts_by_openslide(shared: Path) -> None:
    facts = openslide_slides.read(shared / SVS)
    (image,) = facts.images
    assert (image.size_x, image.size_y, image.level_count) == (2220, 2967, 1)
    assert image.physical_size_x is not None
    assert image.physical_size_x.value == 0.499
    assert facts.instruments[0].objectives[0].attributes == (("NominalMagnification", "20"),)
    assert {one.kind for one in facts.findings} == {"name", "label", "macro", "date"}
    assert "b414003d" not in repr(facts)


def test_a_mirax_without_its_folder_says_which(tmp_path: Path) -> None:
    path = tmp_path / "slide 1.mrxs"
    path.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    assert family_of(path).name == "openslide"
    for read in (read_facts, limited.read_facts, open_source):
        with pytest.raises(ImageError, match=r"slide 1\.mrxs: companion folder: its pixels .* “slide 1”"):
            read(path)


@pytest.mark.parametrize("ending", [".vms", ".bif", ".svslide"])
def test_what_is_no_slide_is_refused_in_words(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text("[Virtual Microscope Specimen]\nImageFile=a.jpg\n")
    with pytest.raises(ImageError, match="OpenSlide does not know it as a slide"):
        limited.read_facts(path)


def test_a_vsi_without_its_folder_says_which(tmp_path: Path) -> None:
    path = tmp_path / "Image 7.vsi"
    path.write_bytes(b"II*\0" + bytes(100))
    with pytest.raises(ImageError, match=r"Image 7\.vsi: companion folder: .* “_Image 7_”"):
        limited.read_facts(path)
    (tmp_path / "_Image 7_").mkdir()
    with pytest.raises(ImageError, match=r"Image 7\.vsi: "):
        limited.read_facts(path)


def test_scenes_of_slideio_are_read_by_plane(shared: Path) -> None:
    """No VSI may be shared, so the same code reads another slide by slideio's other driver."""
    slide = vsi.open_slide(shared / SVS, "SVS")
    scene = slide.get_scene(0)
    assert vsi.levels_of(scene) == [
        (1, 3, 1, 2967, 2220), (1, 3, 1, 1484, 1110), (1, 3, 1, 742, 555), (1, 3, 1, 371, 278),
    ]  # fmt: skip
    planes = vsi.ScenePlanes(shared / SVS, slide, scene)
    found = planes.read(0, 0, 0, 3, 0, 2500, 2967, 2000, 2220).transpose(1, 2, 0)
    with openslide.OpenSlide(shared / SVS) as other:
        there = np.asarray(other.read_region((2000, 2500), 0, (220, 467)))[:, :, :3]
    np.testing.assert_array_equal(found, there)
    assert planes.read(3, 0, 1, 2, 0, 0, 371, 0, 278).shape == (1, 371, 278)
