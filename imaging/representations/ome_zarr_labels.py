"""A label image below its image in OME-Zarr: without the axis of channels, of which it has one.

Viewers show the channels of an image as layers of (t, z, y, x) and put labels over them axis by axis from the last;
with an axis more, the labels of a time series would lie one axis off. A chunk has the same bytes either way.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from imaging.pixels import PixelSource, type_json
from imaging.representations.ome_zarr import AXES, NUMBER, dump
from imaging.representations.view import Part, View

CHUNK_KEY = re.compile("((?:0|[1-9][0-9]{0,10})/(?:c/)?)" + NUMBER + f"/{NUMBER}" * 3)
CHANNEL = AXES.index("c")


class WithoutChannels:
    """See View; view: of either format of OME-Zarr."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View."""
        if match := CHUNK_KEY.fullmatch(path):
            start, t, *rest = match.groups()
            return self._view.get(start + "/".join([t, "0", *rest]), query)
        part = self._view.get(path, query)
        if part is None or part.tag:  # what has a tag is a chunk, by its key of five numbers
            return None
        return replace(part, body=dump(_without(json.loads(part.body)))) if isinstance(part.body, bytes) else part


def view_of_labels(view: View, source: PixelSource) -> View:
    """The view as it stands below the image."""
    return WithoutChannels(view) if source.levels[0].shape[CHANNEL] == 1 else view


def _without(document: type_json) -> type_json:
    """The metadata of a group or an array of five axes, as that of four."""
    attributes = document.get("attributes", document)
    for multiscale in attributes.get("ome", attributes).get("multiscales", []):
        del multiscale["axes"][CHANNEL]
        for dataset in multiscale["datasets"]:
            for transformation in dataset["coordinateTransformations"]:
                del transformation["scale"][CHANNEL]
    grid = document.get("chunk_grid", {}).get("configuration", {})
    lists = (document.get("shape"), document.get("chunks"), document.get("dimension_names"), grid.get("chunk_shape"))
    for sizes in lists:
        if sizes:
            del sizes[CHANNEL]
    return document
