"""The OME document of some images of a file, as it stands beside pixels that were written anew."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from operator import is_

import numpy as np

from imaging.ome.columns import NumberColumn
from imaging.ome.document import Columns, OmeDocument, OmeElement
from imaging.pixels import Shape5

PIXEL_TYPES = {"float32": "float", "float64": "double"}
WHERE_PIXELS_ARE = ("BinData", "MetadataOnly")


@dataclass(frozen=True)
class Written:
    """Pixels as they were written into a TIFF: shape (t, c, z, y, x), numpy's dtype, and how many channels lie together
    in a page: in each pixel (is_interleaved), or one after the other. Its pages are the planes in the order z, c, t,
    from the first page on."""

    shape: Shape5
    dtype: str
    samples: int = 1
    is_interleaved: bool = True


def only_images(document: OmeDocument, indexes: Collection[int], written: Written | None = None) -> OmeDocument:
    """All that a document says, without its other images and what refers to them.

    written: where the pixels of the one image are; None: they are elsewhere (MetadataOnly). Raises IndexError if there
    is no such image.
    """
    root = document.root
    images = root.all("Image")
    kept = [images[index] for index in indexes]
    ids = {image.get("ID") for image in kept}
    others = [_without_refs(child, ids) for child in root.children if child.entity not in ("Image", "BinaryOnly")]
    values = {name: value for name, value in root.values.items() if name != "UUID"}
    children = [*others, *(_as_written(image, written) for image in kept)]
    return OmeDocument(replace(root, values=values, children=children), document.version)


def _without_refs(element: OmeElement, kept: set[str]) -> OmeElement:
    """The element, without references to images but those that are kept."""
    children = [
        _without_refs(child, kept)
        for child in element.children
        if child.entity != "ImageRef" or child.get("ID") in kept
    ]
    same = len(children) == len(element.children) and all(map(is_, children, element.children))
    return element if same else replace(element, children=children)


def _as_written(image: OmeElement, written: Written | None) -> OmeElement:
    pixels = image.first("Pixels")
    assert pixels is not None
    others = [one for one in pixels.children if one.entity not in WHERE_PIXELS_ARE]
    if written is None:
        found = replace(pixels, children=[*others, OmeElement("MetadataOnly")], tiff_data=None)
    else:
        channels = list(_channels(pixels, image.get("ID"), written))
        others = [*channels, *(one for one in others if one.entity != "Channel")]
        values = pixels.values | _values(written)
        found = replace(pixels, values=values, children=others, tiff_data=_tiff_data(written))
    return replace(image, children=[found if child is pixels else child for child in image.children])


def _values(written: Written) -> dict[str, str]:
    sizes = {f"Size{axis}": str(size) for axis, size in zip("TCZYX", written.shape, strict=True)}
    interleaved = "true" if written.samples > 1 and written.is_interleaved else "false"
    dtype = PIXEL_TYPES.get(written.dtype, written.dtype)
    return {"DimensionOrder": "XYZCT", "Type": dtype, "BigEndian": "false", "Interleaved": interleaved, **sizes}


def _tiff_data(written: Written) -> Columns:
    t, c, z = written.shape[:3]
    numbers = {"IFD": 0, "PlaneCount": t * (c // written.samples) * z}
    columns = {name: NumberColumn(integer=True, numbers=np.array([value])) for name, value in numbers.items()}
    return Columns("TiffData", 1, columns, {}, {})


def _channels(pixels: OmeElement, image_id: str, written: Written) -> Iterator[OmeElement]:
    """As many channels as there are, each with the samples that lie together."""
    there = pixels.all("Channel")
    is_each = len(there) == written.shape[1]  # one for each sample
    for number in range(written.shape[1] // written.samples):
        if number < len(there):
            channel = there[number * written.samples if is_each else number]
        else:
            channel = OmeElement("Channel", {"ID": f"Channel:{image_id.removeprefix('Image:')}:{number}"})
        values = channel.values | {"SamplesPerPixel": str(written.samples)}
        if len(there) > written.shape[1] // written.samples:  # it was the channel of one sample
            values = {name: value for name, value in values.items() if name not in ("Name", "Color")}
        yield replace(channel, values=values)
