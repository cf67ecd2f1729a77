"""Where a study's images are on plates, and what is said of their wells."""

import uuid
from array import array
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from publishing.image_shapes import PlateRecord
from publishing.models import Publication
from publishing.record import plate_of, plates_of
from publishing.search.document import KeyValue

PAGE = 200
PLATES_KEPT = 32  # in memory: images mostly come plate by plate
_LOW = (1 << 64) - 1  # the random half of a UUID, enough to tell the images of one study


@dataclass(frozen=True)
class Place:
    """A well's plate, its label ("B07"), and its key-values."""

    plate: str
    well: str
    key_values: tuple[KeyValue, ...]


class Wells:
    """By image its well. 16 bytes an image on plates are kept, however large the study is."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._plates: list[str] = []
        self._opened: OrderedDict[int, PlateRecord] = OrderedDict()
        self._images, self._places = self._read()

    def __bool__(self) -> bool:
        """Whether any image is on a plate."""
        return bool(self._images)

    def of(self, image: str) -> Place | None:
        """The well that shows this image; the first, if there are several."""
        key = uuid.UUID(image).int & _LOW
        at = bisect_left(self._images, key)
        if at == len(self._images) or self._images[at] != key:
            return None
        number, index = divmod(self._places[at], 1 << 32)
        plate = self._open(number)
        well = plate.wells[index]
        said = (
            KeyValue(one.name, f"{one.values[index]} {one.unit}".strip()) for one in plate.values if one.values[index]
        )
        return Place(plate.name, well.label, tuple(said))

    def _read(self) -> "tuple[array[int], array[int]]":
        images, places = array("Q"), array("Q")
        after: uuid.UUID | None = None
        while page := plates_of(self._publication, after=after, limit=PAGE):
            for key, _ in page:
                number = len(self._plates)
                self._plates.append(key)
                for index, well in enumerate(self._open(number).wells):
                    images.extend(uuid.UUID(image).int & _LOW for image in well.images)
                    places.extend(number << 32 | index for _ in well.images)
            after = uuid.UUID(page[-1][0])
        order = np.argsort(np.frombuffer(images, np.uint64), kind="stable") if images else ()
        return array("Q", (images[at] for at in order)), array("Q", (places[at] for at in order))

    def _open(self, number: int) -> PlateRecord:
        if number not in self._opened:
            self._opened[number] = plate_of(self._publication, uuid.UUID(self._plates[number]))
            if len(self._opened) > PLATES_KEPT:
                self._opened.popitem(last=False)
        self._opened.move_to_end(number)
        return self._opened[number]
