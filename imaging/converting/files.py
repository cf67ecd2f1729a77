"""Files of any format to files of ours: the images of one file, with all its metadata."""

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from imaging.converting.ome_tiff import to_ome_tiff
from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.converting.shards import cannot_write
from imaging.converting.writing import Tell, silent
from imaging.errors import ImageError
from imaging.facts import FileFacts, ImageFacts
from imaging.ome.allowed import write_allowed
from imaging.ome.document import OmeDocument
from imaging.ome.of_facts import document_of
from imaging.ome.some_images import Written, only_images
from imaging.pixels import PixelSource, type_json
from imaging.readers import read_facts
from imaging.representations.ome_zarr import OME_XML, dump
from imaging.representations.view import About
from imaging.source import make_tables, open_source

ENDINGS = {"ome-zarr": ".ome.zarr", "ome-tiff": ".ome.tif"}
MADE_OF = "made-of"  # in a folder that is not finished


@dataclass(frozen=True)
class Wanted:
    """to: "ome-zarr" or "ome-tiff"; images: their numbers in the file, None for all; compression: of OME-TIFF, one of
    ome_tiff.COMPRESSIONS; labels: the pixels are numbers of objects."""

    to: str = "ome-zarr"
    images: tuple[int, ...] | None = None
    how: How = How()  # noqa: RUF009  (frozen)
    compression: str = "deflate"
    labels: bool = False


def convert_file(path: Path, out: Path, wanted: Wanted, tell: Tell = silent) -> list[Path]:
    """Write images of a file; gives what was made.

    One image becomes `out` itself. Several become the images 0, 1, … of one OME-Zarr (the layout of bioformats2raw), or
    OME-TIFFs in the folder `out`. Begun again after a stop, it goes on. Raises ImageError.
    """
    if out.exists():
        raise ImageError(path=str(out), field="file", reason="is there already; choose another name, or remove it.")
    facts = read_facts(path)
    document = document_of(facts)
    images = _chosen(facts, wanted.images)
    if len(images) == 1:
        _convert(path, images[0], document, out, wanted, tell)
        return [out]
    part = out.with_name(f"{out.name}.part")
    try:
        _begin(part, path, images, wanted)
        for number, image in enumerate(images):
            name = str(number) if wanted.to == "ome-zarr" else f"{number}{ENDINGS[wanted.to]}"
            if not (part / name).exists():
                _convert(path, image, document, part / name, wanted, _share(tell, number, len(images)))
        if wanted.to == "ome-zarr":
            _set_metadata(part, document, images)
        (part / MADE_OF).unlink()
        part.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    return [out] if wanted.to == "ome-zarr" else sorted(out.iterdir())


def _chosen(facts: FileFacts, numbers: tuple[int, ...] | None) -> list[ImageFacts]:
    for number in numbers or ():
        if not 0 <= number < len(facts.images):
            reason = f"there is no image {number}; it has {len(facts.images)}, counted from 0."
            raise ImageError(path=facts.path, field="images", reason=reason)
    return list(facts.images) if numbers is None else [facts.images[number] for number in numbers]


def _share(tell: Tell, number: int, count: int) -> Tell:
    """Progress of one image of several, each counted alike."""
    return lambda done, total: tell(number * 1000 + done * 1000 // max(total, 1), count * 1000)


def _header(path: Path, image: ImageFacts) -> type_json:
    return next(make_tables(path, [image.series_path])).header


def _convert(path: Path, image: ImageFacts, document: OmeDocument, out: Path, wanted: Wanted, tell: Tell) -> None:
    header, threads = _header(path, image), wanted.how.threads
    labels = wanted.labels or bool(header.get("labels"))
    with closing(open_source(path, image.series_path)) as source:
        if wanted.to == "ome-tiff":
            to_ome_tiff(source, out, lambda samples: tiff_xml(document, image.index, source, samples),
                        compression=wanted.compression, labels=labels, threads=threads, tell=tell)  # fmt: skip
        else:
            about = replace(About.of(image), is_labels=labels, ome_xml=lambda: zarr_xml(document, [image.index]))
            to_ome_zarr(source, out, about, wanted.how, identity=repr((header["identity"], image.series_path)),
                        tell=tell)  # fmt: skip


def tiff_xml(document: OmeDocument, index: int, source: PixelSource, samples: int) -> bytes:
    """The OME-XML to be written into an OME-TIFF of this image."""
    written = Written(source.levels[0].shape, source.dtype.name, samples)
    return write_allowed(only_images(document, [index], written))


def zarr_xml(document: OmeDocument, indexes: list[int]) -> bytes:
    """The OME-XML to be written beside these images in an OME-Zarr."""
    return write_allowed(only_images(document, indexes))


def _begin(part: Path, path: Path, images: list[ImageFacts], wanted: Wanted) -> None:
    """The folder for several images, unless an attempt to write just the same left it."""
    identities = [(_header(path, image)["identity"], image.series_path) for image in images]
    told = repr((wanted, identities))
    note = part / MADE_OF
    if note.is_file() and note.read_text() == told:
        return
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    note.write_text(told)


def _set_metadata(part: Path, document: OmeDocument, images: list[ImageFacts]) -> None:
    """NGFF 0.5 §bioformats2raw.layout: which images there are, and the OME-XML of all."""
    series = [str(number) for number in range(len(images))]
    attributes: dict[str, type_json] = {
        "zarr.json": {"ome": {"version": "0.5", "bioformats2raw.layout": 3}},
        "OME/zarr.json": {"ome": {"version": "0.5", "series": series}},
    }
    for place, found in attributes.items():
        (part / place).parent.mkdir(exist_ok=True)
        (part / place).write_bytes(dump({"zarr_format": 3, "node_type": "group", "attributes": found}))
    (part / OME_XML).write_bytes(zarr_xml(document, [image.index for image in images]))
