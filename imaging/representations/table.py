"""The one table of representations: addresses, menus of pages and docs are made from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from imaging.pixels import PixelSource
from imaging.representations import ome_zarr_labels, ome_zarr_v2, precomputed
from imaging.representations.animation import AnimationView
from imaging.representations.deep_zoom import DeepZoomView
from imaging.representations.iiif import IiifView
from imaging.representations.ome_tiff.view import OmeTiffView
from imaging.representations.ome_zarr import CHUNK_KEY, OmeZarrView
from imaging.representations.ome_zarr_cubes import make_cubes_view
from imaging.representations.rendering.view import RenderView
from imaging.representations.view import About, View

LABEL = re.compile("labels/[^/]+/")  # before the paths of a label image below its image


@dataclass(frozen=True)
class Representation:
    """A way in which any image can be had.

    key: its place in addresses, /data/{image}/{key}/…; title: for people; media_type: of what `entry` gives; entry: the
    path that a client is given, "" for the representation's own address; opened_by: programs that open it; make: the
    view of an image; only_pixels: paths whose bytes depend on pixels alone and not on names, colours or contrast;
    revision: part of the tags of its bytes, to be changed when they are made otherwise.
    """

    key: str
    title: str
    media_type: str
    entry: str
    opened_by: tuple[str, ...]
    make: Callable[[PixelSource, About], View]
    only_pixels: re.Pattern[str] | None = None
    revision: str = "1"

    def gives_only_pixels(self, path: str) -> bool:
        """Whether the bytes at this path depend on pixels alone."""
        if self.only_pixels is None:
            return False
        below, is_label = LABEL.subn("", path)
        is_chunk = self.only_pixels.fullmatch(below) or (is_label and ome_zarr_labels.CHUNK_KEY.fullmatch(below))
        return bool(is_chunk)


REPRESENTATIONS = (
    Representation("ome-zarr-0.5", "OME-Zarr 0.5", "application/vnd+zarr", "",
                   ("napari", "Fiji", "vizarr", "Neuroglancer", "zarr-python", "tensorstore"), OmeZarrView, CHUNK_KEY),
    Representation("ome-zarr-0.5-cubes", "OME-Zarr 0.5 in 3-D chunks", "application/vnd+zarr", "",
                   ("napari", "Neuroglancer", "zarr-python", "tensorstore"), make_cubes_view, CHUNK_KEY),
    Representation("ome-zarr-0.4", "OME-Zarr 0.4", "application/vnd+zarr", "",
                   ("napari", "Fiji", "QuPath", "Viv", "Neuroglancer", "zarr-python 2"),
                   ome_zarr_v2.OmeZarrV2View, ome_zarr_v2.CHUNK_KEY),
    Representation("precomputed", "Neuroglancer precomputed", "application/json", "info",
                   ("Neuroglancer", "WebKnossos", "CloudVolume", "tensorstore"),
                   precomputed.PrecomputedView, precomputed.CHUNK_KEY),
    Representation("deep-zoom", "Deep Zoom", "application/xml", "image.dzi", ("OpenSeadragon", "QuPath", "Leaflet"),
                   DeepZoomView, revision="2"),
    Representation("iiif", "IIIF Image API 3", "application/ld+json", "info.json",
                   ("Mirador", "Universal Viewer", "OpenSeadragon", "Leaflet-IIIF"), IiifView),
    Representation("ome-tiff", "OME-TIFF", "image/tiff", "image.ome.tif",
                   ("Fiji", "QuPath", "napari", "Bio-Formats", "tifffile"), OmeTiffView, revision="2"),
    Representation("render", "Picture of any region and size", "image/jpeg", "image.jpg",
                   ("browsers", "slides", "papers"), RenderView, revision="2"),
    Representation("animation", "Animation along z or t", "image/webp", "image.webp", ("browsers", "slides"),
                   AnimationView),
)  # fmt: skip
BY_KEY = {one.key: one for one in REPRESENTATIONS}
