"""Chunk tables of the label images that lie below images of an OME-Zarr: they belong to their image, and are no images
of their own."""

import uuid
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from base.errors import StorageError
from base.ids import new_id
from base.models import StoredFile
from base.storage import storage_for
from catalogue.reading.prepare import Prepared
from imaging import limited
from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.source import open_source


def label_series(series: str, name: str) -> str:
    """Where in its file a label image of the image at `series` lies."""
    return f"{series}/labels/{name}".lstrip("/")


def label_table_key(image_id: uuid.UUID, name: str) -> str:
    """A folder of its own, by a name that any store can have."""
    return f"images/{image_id}/labels/{sha256(name.encode()).hexdigest()[:32]}/table"


def prepare_labels(place: Path, facts: FileFacts, prepared: Sequence[Prepared]) -> tuple[str, ...]:
    """Make the tables of a file's label images that have none; gives a warning for each that cannot be read."""
    warnings = []
    for image, one in zip(facts.images, prepared, strict=True):
        for name in image.labels:
            try:
                _prepare_one(place, label_series(image.series_path, name), label_table_key(one.image_id, name))
            except ImageError as error:
                warnings.append(f"The label image {name} cannot be shown: {error.field} {error.reason}")
    return tuple(warnings)


def _prepare_one(place: Path, series: str, key: str) -> None:
    store = storage_for(StoredFile.Backend.STORE)
    try:
        with closing(open_source(place, series, store.local_path(key))):
            return  # it is there, and of these bytes
    except (StorageError, ImageError):
        out = Path(settings.DATA) / "reading" / f"{new_id()}.table"
    limited.make_tables(place, [series], [out])
    store.adopt(key, out)
