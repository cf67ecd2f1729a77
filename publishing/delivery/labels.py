"""The label images of an image, which its file keeps below it or an annotation names, as sub-groups "labels/{name}" of
the image's OME-Zarr, and as Neuroglancer's volumes in the same place.

Source: NGFF 0.4 and 0.5, §labels and §image-label.
"""

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from base.errors import StorageError
from base.models import StoredFile
from base.storage import storage_for
from catalogue.reading.labels import label_series, label_table_key
from imaging.facts import Quantity
from imaging.pixels import PixelSource, type_json
from imaging.representations.ome_zarr import dump, factor
from imaging.representations.ome_zarr_labels import view_of_labels
from imaging.representations.table import Representation
from imaging.representations.view import About, Part, View
from publishing.delivery.choosing import Form
from publishing.delivery.places import place_of
from publishing.image_shapes import ImageRecord, KeyValue, RepresentationRecord

GROUP = "labels"
REPRESENTATIONS = ("ome-zarr-0.4", "ome-zarr-0.5", "ome-zarr-0.5-cubes", "precomputed")
NAMESPACE, NAMED = "ngff", "label image"  # how facts say which there are
SAID = ("colors", "properties")  # of image-label; its source is said here


@dataclass(frozen=True)
class Label:
    """stored, series: the file that holds it, and where in it; table: its chunk table; said: what its image-label says
    of its objects; is_own: it lies in the image's own file."""

    name: str
    stored: str
    series: str
    table: Path
    said: Mapping[str, type_json]
    is_own: bool

    def open(self, record: ImageRecord) -> PixelSource:
        """Raises ImageError, StorageError, Archived."""
        stored = StoredFile.objects.get(pk=self.stored)
        place = place_of(stored, self.table, record if self.is_own else replace(record, files=()))
        return Form(stored, place, self.series, self.table).open(labels=True)


def labels_of(record: ImageRecord) -> dict[str, Label]:
    """The label images of an image by name, those in its file first."""
    found = _in_file(record, record.representations[0]) if record.representations else {}
    store = storage_for(StoredFile.Backend.STORE)
    for one in record.labels:
        form, name = one.representation, one.name
        while name in found:
            name += "-2"
        with suppress(StorageError):  # it was not read
            found[name] = Label(name, form.stored, form.series, store.local_path(form.table), {}, is_own=False)
    return found


def _in_file(record: ImageRecord, own: RepresentationRecord) -> dict[str, Label]:
    """Those that the image's file keeps below it; left out are what could not be read, as the file's warnings say."""
    found: dict[str, Label] = {}
    store = storage_for(StoredFile.Backend.STORE)
    for name in [one.value for one in record.key_values if (one.namespace, one.name) == (NAMESPACE, NAMED)]:
        with suppress(StorageError):
            table = store.local_path(label_table_key(uuid.UUID(record.id), name))
            said = _said(record.key_values, name)
            found[name] = Label(name, own.stored, label_series(own.series, name), table, said, is_own=True)
    return found


def _said(pairs: tuple[KeyValue, ...], name: str) -> dict[str, type_json]:
    """Colours and properties of objects, as the file has them; what was too long to be kept is left out."""
    found: dict[str, type_json] = {}
    for one in pairs:
        before, _, key = one.name.rpartition("/")
        if one.namespace == NAMESPACE and before == f"{GROUP}/{name}/image-label" and key in SAID:
            try:
                found[key] = json.loads(one.value)
            except ValueError:
                continue
    return found


def group_of(names: list[str], key: str) -> dict[str, bytes]:
    """The documents of the group of all label images, by their paths below it."""
    if not names or key == "precomputed":
        return {}
    if key == "ome-zarr-0.4":
        return {".zgroup": dump({"zarr_format": 2}), ".zattrs": dump({"labels": names})}
    attributes = {"ome": {"version": "0.5", "labels": names}}
    return {"zarr.json": dump({"zarr_format": 3, "node_type": "group", "attributes": attributes})}


def about(label: Label, source: PixelSource, image: PixelSource, sizes: Mapping[str, Quantity]) -> About:
    """What is said of a label image: it covers the same as its image, in pixels that may be larger."""
    full, own = (dict(zip("tczyx", one.levels[0].shape, strict=True)) for one in (image, source))
    coarser = {axis: Quantity(one.value * factor(full[axis], own[axis]), one.unit) for axis, one in sizes.items()}
    return About(label.name, sizes=coarser, is_labels=True)


def view_of(representation: Representation, source: PixelSource, about: About) -> View:
    """The label image in a representation that its image has."""
    view = representation.make(source, about)
    return view_of_labels(view, source) if representation.key.startswith("ome-zarr") else view


def with_source(part: Part, path: str, label: Label) -> bytes:
    """A document of the label image; that of its group says to which image it belongs."""
    assert isinstance(part.body, bytes)
    if path not in ("zarr.json", ".zattrs"):
        return part.body
    document = json.loads(part.body)
    group = document["attributes"]["ome"] if path == "zarr.json" else document
    group["image-label"] = {**group.get("image-label", {}), **label.said, "source": {"image": "../../"}}
    return dump(document)
