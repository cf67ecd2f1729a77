"""The label images that a file keeps below an image, as sub-groups "labels/{name}" of the image's OME-Zarr, and as
Neuroglancer's volumes in the same place.

Source: NGFF 0.4 and 0.5, §labels and §image-label.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
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
from publishing.image_shapes import ImageRecord, KeyValue

GROUP = "labels"
REPRESENTATIONS = ("ome-zarr-0.4", "ome-zarr-0.5", "ome-zarr-0.5-cubes", "precomputed")
NAMESPACE, NAMED = "ngff", "label image"  # how facts say which there are
SAID = ("colors", "properties")  # of image-label; its source is said here


@dataclass(frozen=True)
class Label:
    """table: its chunk table; said: what its image-label says of its objects."""

    name: str
    table: Path
    said: Mapping[str, type_json]

    def form(self, record: ImageRecord) -> Form:
        """Where its pixels are: in the image's own file. Raises StorageError, Archived."""
        own = record.representations[0]
        stored = StoredFile.objects.get(pk=own.stored)
        return Form(stored, place_of(stored, self.table, record), label_series(own.series, self.name), self.table)


def labels_of(record: ImageRecord) -> dict[str, Label]:
    """The label images that lie below an image in its file, by name."""
    found: dict[str, Label] = {}
    names = [one.value for one in record.key_values if (one.namespace, one.name) == (NAMESPACE, NAMED)]
    for name in names if record.representations else ():
        try:
            table = storage_for(StoredFile.Backend.STORE).local_path(label_table_key(uuid.UUID(record.id), name))
        except StorageError:  # it could not be read; the file's warnings say why
            continue
        found[name] = Label(name, table, _said(record.key_values, name))
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
