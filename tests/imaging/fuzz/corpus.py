"""Small files of every format family to begin from, and the ways to damage them."""

import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
import zarr

from tests.imaging.ome.comparing import document
from tests.imaging.readers.test_bioformats_folders import write_afi, write_incell
from tests.imaging.readers.test_oif import write_oib, write_oif
from tests.imaging.readers.test_openslide_slides import write_vms
from tests.imaging.test_ome_tiff_sets import image, write
from tests.imaging.test_zarr_round_trip import describe

PIXELS = np.arange(3 * 40 * 48, dtype=np.uint16).reshape(3, 40, 48)
# Of the samples, the smallest file of each family that has one.
REAL = {
    "mrc": ("03_vendor/em/EMD-3197.map",),
    "dm": ("03_vendor/em/EELS_SI.dm4", "03_vendor/em/multi_signal.dm3"),
    "pictures": ("05_multiplexed/imc/imctools_ometiff_mockData2/20210305_NE_mockData2_s0_slide.png",),
    "mcd": ("05_multiplexed/imc/raw/20210305_NE_mockData1/20210305_NE_mockData1.mcd",),
    "imaris": ("03_vendor/ims/brain_crop3_lowres.ims",),
    "nd2": ("03_vendor/nd2/example-zstack.nd2",),
    "czi": ("03_vendor/czi/neubias_xyz__multiple_images.czi", "03_vendor/czi/LSM880_AiryScan.czi"),
    "lif": ("03_vendor/lif/LeicaLASX_wavelength-sweep_example.lif",),
    "dicom": ("03_vendor/dicom/CT_small.dcm", "03_vendor/dicom/wsi_camelyon_multiframe.dcm"),
}
LIMITS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
HEAD = 4096


def _tiffs(folder: Path) -> list[Path]:
    options: tuple[dict[str, Any], ...] = (
        {}, {"tile": (16, 16), "compression": "zstd"}, {"compression": "zlib", "predictor": True}, {"ome": True},
        {"bigtiff": True, "byteorder": ">"}, {"imagej": True},
    )  # fmt: skip
    made = []
    for number, chosen in enumerate(options):
        made.append(folder / f"plain{number}.tif")
        tifffile.imwrite(made[-1], PIXELS, photometric="minisblack", **chosen)
    return made


def _slides(folder: Path) -> list[Path]:
    said = "Aperio Image Library v12\n48x40 [0,0 48x40] (16x16) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990|Date = 01/02/20"
    tiles: dict[str, Any] = {"tile": (16, 16), "photometric": "rgb", "metadata": None}
    rgb = np.zeros((40, 48, 3), np.uint8)
    made = folder / "small.svs"
    with tifffile.TiffWriter(made) as tiff:
        tiff.write(rgb, description=said, **tiles)
        tiff.write(rgb[::2, ::2], description=said, **tiles)
    return [made]


def _companion(folder: Path) -> list[Path]:
    for name in ("a.ome.tif", "b.ome.tif"):
        write(folder / name, 1, b"<OME/>")
    made = folder / "set.companion.ome"
    made.write_bytes(document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    return [made]


def _pattern(folder: Path) -> list[Path]:
    for number in range(3):
        tifffile.imwrite(folder / f"s_z{number}.tif", PIXELS[number], photometric="minisblack")
    made = folder / "s.pattern"
    made.write_text("s_z<0-2>.tif\naxes: z\n")
    return [made]


def _zarrs(folder: Path) -> list[Path]:
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"chunks": (1, 20, 24)},
        "sharded": {"chunks": (1, 10, 12), "shards": (1, 20, 24)},
    }
    for name, options in kinds.items():
        zarr.create_array(folder / f"{name}.zarr/0", shape=PIXELS.shape, dtype="uint16", **options)[...] = PIXELS
        describe(folder / f"{name}.zarr", "cyx", 3)
    return [folder / f"{name}.zarr" for name in kinds]


def _n5(folder: Path) -> list[Path]:
    place = folder / "small.n5"
    block = struct.pack(">HHII", 0, 2, 48, 40) + PIXELS[0].astype(">u2").tobytes()
    (place / "0").mkdir(parents=True)
    (place / "attributes.json").write_text(
        '{"n5": "2.0.0", "dimensions": [48, 40], "blockSize": [48, 40], "dataType": "uint16", "compression": '
        '{"type": "raw"}}'
    )
    (place / "0" / "0").write_bytes(block)
    return [place]


def _hdf5(folder: Path) -> list[Path]:
    made = folder / "small.h5"
    with h5py.File(made, "w") as file:
        file.create_dataset("image", data=PIXELS, chunks=(1, 20, 24), compression="gzip")
        file["image"].attrs["element_size_um"] = (1.0, 0.5, 0.5)
    return [made]


def _stand_in(folder: Path, ending: str) -> Path:
    """A TIFF under the ending of a format of which there is no sample."""
    (tiff,) = _tiffs(folder)[:1]
    return Path(shutil.copy(tiff, folder / f"small{ending}"))


def _vsi(folder: Path) -> list[Path]:
    made = _stand_in(folder, ".vsi")
    (folder / "_small_").mkdir()
    return [made]


def _openslide(folder: Path) -> list[Path]:
    """A whole VMS; of Ventana and Sakura TIFFs; of MIRAX the text with which OpenSlide begins, and no tiles."""
    slide = folder / "small.mrxs"
    slide.write_bytes(b"\xff\xd8\xff\xe0")
    keys = {
        "GENERAL": ("SLIDE_VERSION = 01.02", "SLIDE_ID = A1", "IMAGENUMBER_X = 2", "IMAGENUMBER_Y = 2",
                    "OBJECTIVE_MAGNIFICATION = 20", "CameraImageDivisionsPerSide = 1"),
        "HIERARCHICAL": ("HIER_COUNT = 1", "NONHIER_COUNT = 0", "INDEXFILE = Index.dat", "HIER_0_VAL_0 = ZoomLevel_0",
                         "HIER_0_NAME = Slide zoom level", "HIER_0_COUNT = 1", "HIER_0_VAL_0_SECTION = LEVEL"),
        "DATAFILE": ("FILE_COUNT = 1", "FILE_0 = Data0000.dat"),
        "LEVEL": ("OVERLAP_X = 0", "OVERLAP_Y = 0", "MICROMETER_PER_PIXEL_X = 0.2", "MICROMETER_PER_PIXEL_Y = 0.2",
                  "IMAGE_FORMAT = JPEG", "IMAGE_FILL_COLOR_BGR = 16777215", "DIGITIZER_WIDTH = 16",
                  "DIGITIZER_HEIGHT = 16", "IMAGE_CONCAT_FACTOR = 0"),
    }  # fmt: skip
    place = slide.with_suffix("")
    place.mkdir()
    text = "".join(f"[{section}]\r\n" + "".join(f"{line}\r\n" for line in lines) for section, lines in keys.items())
    (place / "Slidedat.ini").write_text(text)
    (place / "Index.dat").write_bytes(
        b"01.02A1" + struct.pack("<21i", 16, 24, 28, 36, 0, *(1, 0, 0, 0, 64, 0, 1, 0) * 2)
    )
    (place / "Data0000.dat").write_bytes(b"01.02A1" + bytes(200))
    return [slide, write_vms(folder), *(_stand_in(folder, ending) for ending in (".bif", ".svslide"))]


def _oif(folder: Path) -> list[Path]:
    return [write_oib(folder / "small.oib", times=1), write_oif(folder / "small.oif", times=1)]


def _bioformats(folder: Path) -> list[Path]:
    """An NRRD and a FITS."""
    z, y, x = PIXELS.shape
    volume = folder / "small.nrrd"
    head = f"NRRD0004\ntype: uint16\ndimension: 3\nsizes: {x} {y} {z}\nendian: little\nencoding: raw\n\n"
    volume.write_bytes(head.encode() + PIXELS.astype("<u2").tobytes())
    cards = ("SIMPLE  = T", "BITPIX  = 16", "NAXIS   = 3", f"NAXIS1  = {x}", f"NAXIS2  = {y}", f"NAXIS3  = {z}", "END")
    stars = folder / "small.fits"
    stars.write_bytes("".join(f"{card:80}" for card in cards).ljust(2880).encode() + PIXELS.astype(">i2").tobytes())
    return [volume, stars]


def _bioformats_folders(folder: Path) -> list[Path]:
    return [write_incell(folder), write_afi(folder)]


def _bioformats_sets(folder: Path) -> list[Path]:
    """An ICS of format version 1, whose pixels are in the `.ids` beside it: floats, since of integers Bio-Formats takes
    the order of bytes the other way round."""
    z, y, x = PIXELS.shape
    lines = ("\t", "ics_version\t1.0", "filename\tsmall", "layout\tparameters\t4", "layout\torder\tbits\tx\ty\tz",
             f"layout\tsizes\t32\t{x}\t{y}\t{z}", "layout\tsignificant_bits\t32",
             "representation\tformat\treal", "representation\tsign\tsigned",
             "representation\tcompression\tuncompressed", "representation\tbyte_order\t1\t2\t3\t4")  # fmt: skip
    (folder / "small.ics").write_text("\n".join(lines) + "\n")
    (folder / "small.ids").write_bytes(PIXELS.astype("<f4").tobytes())
    return [folder / "small.ics"]


MADE: dict[str, Callable[[Path], list[Path]]] = {
    "slides": _slides, "tiff": _tiffs, "companion": _companion, "pattern": _pattern, "zarr": _zarrs, "n5": _n5,
    "hdf5": _hdf5, "oif": _oif, "bioformats": _bioformats, "bioformats-sets": _bioformats_sets,
    "bioformats-folders": _bioformats_folders, "openslide": _openslide, "vsi": _vsi,
}  # fmt: skip


STAND_INS = (".vsi", ".bif", ".svslide", ".mrxs")  # of these none is whole


def files_of(family: str, folder: Path, samples: Path) -> list[Path]:
    """Files of a family, in the folder, so that they may be changed; [] if there is none for it."""
    if family in REAL:
        return [Path(shutil.copy(samples / name, folder)) for name in REAL[family]]
    return MADE[family](folder) if family in MADE else []


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut off, moved, put in or left out, or numbers made extreme, mostly near the beginning or end."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        if len(found) < 4:
            break
        where = chance.random()
        span = min(HEAD, len(found))
        at = chance.randrange(span) if where < 0.6 else len(found) - 1 - chance.randrange(span)
        if where > 0.85:
            at = chance.randrange(len(found))
        kind = chance.randrange(8)
        if kind < 3:
            found[at] ^= 1 << chance.randrange(8)
        elif kind < 5:
            size = chance.choice((2, 4, 8))
            number = chance.choice((*LIMITS, len(data), chance.randrange(len(data)))) & ((1 << 8 * size) - 1)
            found[at : at + size] = number.to_bytes(size, chance.choice(("little", "big")))
        elif kind == 5:
            del found[at : at + chance.randrange(1, 64)]
        elif kind == 6:
            found[at:at] = chance.randbytes(chance.randrange(1, 64))
        elif chance.random() < 0.5:
            del found[at:]
        else:
            length = chance.randrange(1, 256)
            other = chance.randrange(len(found))
            found[at : at + length] = found[other : other + length]
    return bytes(found)
