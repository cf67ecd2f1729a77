"""The demo's image files, made from the pictures in scikit-image's package; the network is never asked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage
from skimage.color import hdx_from_rgb, separate_stains
from skimage.io import imread

from imaging.writing import WrittenChannel, write_ome_tiff

PICTURES = Path(skimage.__file__).parent / "data"
COLOURS = (
    WrittenChannel("red", (255, 0, 0)),
    WrittenChannel("green", (0, 255, 0)),
    WrittenChannel("blue", (0, 0, 255)),
)
STAINS = (
    WrittenChannel("hematoxylin", (80, 110, 255)),
    WrittenChannel("DAB (FHL2)", (255, 150, 40)),
    WrittenChannel("residual", (90, 90, 90)),
)
FULL_SCALE = 65_535  # of uint16, for an amount of stain of 1
CELL_PIXEL_UM = 0.107  # skimage.data.cell


def make_immunohistochemistry(folder: Path) -> None:
    """The picture as it is, and its stains taken apart; the source gives no physical size, so neither do these."""
    rgb = imread(PICTURES / "ihc.png")
    name = "Colonic glands, FHL2 by immunohistochemistry"
    write_ome_tiff(folder / "ihc-rgb.ome.tif", _planes(rgb), COLOURS, name=name)
    amounts = separate_stains(rgb, hdx_from_rgb)
    stains = np.round(np.clip(amounts, 0, 1) * FULL_SCALE).astype(np.uint16)
    write_ome_tiff(folder / "ihc-stains.ome.tif", _planes(stains), STAINS, name=f"{name}, stains separated")


def make_retina(folder: Path) -> None:
    """The fundus photograph in its three colours."""
    rgb = imread(PICTURES / "retina.jpg")
    write_ome_tiff(folder / "retina.ome.tif", _planes(rgb), COLOURS, name="Fundus photograph of a normal left eye")


def make_cell(folder: Path) -> None:
    """The phase image, one channel, with its pixel spacing."""
    phase = imread(PICTURES / "cell.png")[np.newaxis]
    channels = [WrittenChannel("phase", (255, 255, 255))]
    name = "Cell floating in saline"
    write_ome_tiff(folder / "cell.ome.tif", phase, channels, name=name, pixel_size_um=CELL_PIXEL_UM)


def _planes(interleaved: np.ndarray) -> np.ndarray:
    """(y, x, c) → (c, y, x)."""
    return np.ascontiguousarray(np.moveaxis(interleaved, -1, 0))


MAKERS: dict[str, Callable[[Path], None]] = {
    "immunohistochemistry": make_immunohistochemistry,
    "retina": make_retina,
    "cell": make_cell,
}
