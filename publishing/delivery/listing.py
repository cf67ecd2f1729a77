"""Where the chunks of an image lie in its file, with a signed address of the file: for programs that read in parallel.

A signed address needs no token and holds for some hours, for as long as the person it was given to may have the file.
"""

import time
import uuid
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlencode

import numpy as np
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from base.errors import NotAllowed
from base.models import User
from catalogue.access import Actor
from catalogue.models import File
from imaging.pixels import ABSENT, Index5, PixelSource, type_json
from imaging.representations.ome_zarr import array_metadata
from imaging.representations.view import BadRequest
from imaging.table import Table
from publishing.delivery.choosing import Form, own_form
from publishing.image_shapes import ImageRecord

SALT = "publishing.delivery.listing"
HOURS, MOST_HOURS = 6, 24
MOST_CHUNKS = 20_000  # in one answer
PARAMETERS = {"expires", "person", "signature"}


def listing(record: ImageRecord, person: User | None, query: dict[str, str]) -> type_json:
    """Chunks of a level from the number `start` on (in the order t, c, z, y, x, x fastest), and where the next begin.

    Each is [t, c, z, y, x, offset, length]; one that is not listed was never written. `file` is None where the chunks
    do not lie in one file as they are served; then they are to be had at `representation` alone. Raises BadRequest,
    NotFound, StorageError, ImageError.
    """
    level, start = _number(query, "level", 0), _number(query, "start", 0)
    hours = _number(query, "hours", HOURS)
    if not 1 <= hours <= MOST_HOURS:
        raise BadRequest(f"An address can hold for 1 to {MOST_HOURS} hours.")
    form = own_form(record)
    with closing(form.open()) as source:
        if level >= len(source.levels):
            raise BadRequest(f"There is no level {level}; this image has {len(source.levels)}, counted from 0.")
        answer: type_json = {
            "image": record.id,
            "representation": f"{settings.PUBLIC_URL}/data/{record.id}/ome-zarr-0.5",
            "level": level,
            "array": array_metadata(source, level),
            "file": None,
            "chunks": [],
            "next": None,
        }
        file = _file_of(form, record)
        if file is not None and _is_raw(source, level):
            until = int(time.time()) + hours * 3600
            address = f"{settings.PUBLIC_URL}/data/files/{file.pk}?{_signed(file.pk, person, until)}"
            answer["file"] = {"address": address, "expires": until, "bytes": form.stored.bytes,
                              "sha256": form.stored.sha256}  # fmt: skip
            answer["chunks"], answer["next"] = _chunks(source, level, start)
        return answer


def signed_actor(query: str, file_id: uuid.UUID) -> Actor | None:
    """For whom a file's address was signed; None if it is not signed. Raises NotAllowed if that does not hold."""
    given = {name: values[0] for name, values in parse_qs(query).items() if name in PARAMETERS}
    if "signature" not in given:
        return None
    until = given.get("expires", "")
    person = given.get("person", "")
    if not constant_time_compare(given["signature"], _signature(file_id, person, until)):
        raise NotAllowed("This signed address was changed. Ask for a new listing of the image.")
    if int(until) < time.time():
        raise NotAllowed("This signed address has expired. Ask for a new listing of the image.")
    return Actor(User.objects.filter(pk=person, is_active=True).first() if person else None)


def _signed(file_id: uuid.UUID, person: User | None, until: int) -> str:
    name = str(person.pk) if person else ""
    return urlencode({"expires": until, "person": name, "signature": _signature(file_id, name, str(until))})


def _signature(file_id: uuid.UUID, person: str, until: str) -> str:
    return salted_hmac(SALT, f"{file_id} {person} {until}", algorithm="sha256").hexdigest()


def _file_of(form: Form, record: ImageRecord) -> File | None:
    """The file that all chunks lie in, if it is one."""
    names = Table.open(form.table).header["identity"] if form.table else []
    if len(names) != 1 or form.stored.is_folder:
        return None
    ids = [uuid.UUID(file.id) for file in record.files]
    return File.everything.filter(pk__in=ids, stored=form.stored).first()


def _is_raw(source: PixelSource, level: int) -> bool:
    return source.raw_chunk(level, (0, 0, 0, 0, 0)) is not None


def _chunks(source: PixelSource, level: int, start: int) -> tuple[list[list[int]], int | None]:
    grid = source.levels[level].grid
    total = int(np.prod(grid, dtype=object))
    chunks: list[list[int]] = []
    for number in range(start, min(start + MOST_CHUNKS, total)):
        t, c, z, y, x = (int(i) for i in np.unravel_index(number, grid))
        index: Index5 = (t, c, z, y, x)
        raw = source.raw_chunk(level, index)
        if raw is not None and raw is not ABSENT:
            chunks.append([*index, raw.offset, raw.length])
    return chunks, start + MOST_CHUNKS if start + MOST_CHUNKS < total else None


def _number(query: dict[str, Any], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadRequest(f"“{name}” has to be a whole number, 0 or more.")
    return int(text)
