"""The OME-XML that goes with a part of an image: all that is known of the whole, else what holds of the part."""

from dataclasses import replace

from imaging.facts import ChannelFacts, FileFacts, ImageFacts, Quantity
from imaging.ome.allowed import write_allowed
from imaging.ome.of_facts import document_of
from imaging.ome.read import read_ome
from imaging.ome.some_images import PIXEL_TYPES, Written, only_images
from imaging.pixels import PixelSource
from imaging.representations.ome_tiff.part import Part
from imaging.representations.ome_zarr import factor
from imaging.representations.view import About


def ome_xml(source: PixelSource, about: About, part: Part, dtype: str, samples: int, *, big_endian: bool) -> bytes:
    """OME-XML 2016-06 of the part, whose pages are the planes in the order z, c, t; `samples` channels lie together."""
    written = Written(part.shape, dtype, samples)
    document = None
    if about.ome_xml is not None and part.is_whole(source):
        found = read_ome(about.ome_xml(), path=about.name)
        document = found if len(found.root.all("Image")) == 1 else None
    if document is None:
        document = document_of(FileFacts(about.name, "image/tiff", (_facts(source, about, part, dtype),)))
    one = only_images(document, [0], written)
    pixels = one.root.all("Image")[0].first("Pixels")
    assert pixels is not None
    pixels.values["BigEndian"] = "true" if big_endian else "false"
    return write_allowed(one)


def _facts(source: PixelSource, about: About, part: Part, dtype: str) -> ImageFacts:
    t, c, z, y, x = part.shape
    level = part.levels[0]
    sizes = dict(about.sizes)
    for axis, place in (("y", 3), ("x", 4)):
        coarser = factor(source.levels[0].shape[place], source.levels[level.number].shape[place])
        if axis in sizes and coarser != 1:
            sizes[axis] = Quantity(sizes[axis].value * coarser, sizes[axis].unit)
    known = about.channels
    channels = tuple(
        replace(known[number], index=place, ome_id="") if number < len(known) else ChannelFacts(place)
        for place, number in enumerate(part.channels)
    )
    return ImageFacts(
        0, x, y, z, c, t, PIXEL_TYPES.get(dtype, dtype), name=about.name, description=_description(source, about, part),
        physical_size_x=sizes.get("x"), physical_size_y=sizes.get("y"), physical_size_z=sizes.get("z"),
        time_increment=sizes.get("t"), channels=channels,
    )  # fmt: skip


def _description(source: PixelSource, about: About, part: Part) -> str:
    """Where a part comes from, since OME has no other place for it."""
    if part.is_whole(source):
        return ""
    level = part.levels[0]
    box = f"x={level.box.left}, y={level.box.top}, width={level.box.width}, height={level.box.height}"
    which = f"t={part.times[0]}-{part.times[-1]}, z={part.depths[0]}-{part.depths[-1]}"
    channels = ",".join(map(str, part.channels))
    origin = f" of {about.address.rpartition('/')[0]}" if about.address else ""
    return f"Part{origin}: {box} of level {level.number}, {which}, c={channels}, counted from 0."
