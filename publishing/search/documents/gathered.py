"""What the images of a study have together: by which the study is found too, in memory that does not grow."""

from collections.abc import Mapping
from typing import TypeVar

from publishing.search.document import FacetValue

Value = TypeVar("Value")

MOST = 200  # different values of a kind


class Gathered:
    """Collects facets, numbers and texts of images, the first 200 of each kind; of numbers also the least and most."""

    def __init__(self) -> None:
        self._facets: dict[str, dict[FacetValue, None]] = {}
        self._numbers: dict[str, set[float]] = {}
        self._ends: dict[str, tuple[float, float]] = {}
        self._texts: dict[str, dict[str, None]] = {}
        self._by_metal: dict[tuple[str, str], None] = {}

    def add(
        self,
        facets: Mapping[str, tuple[FacetValue, ...]],
        numbers: Mapping[str, tuple[float, ...]],
        texts: Mapping[str, tuple[str, ...]],
        by_metal: tuple[tuple[str, str], ...] = (),
    ) -> None:
        _fill(self._by_metal, by_metal)
        for name, values in facets.items():
            _fill(self._facets.setdefault(name, {}), values)
        for name, some in texts.items():
            _fill(self._texts.setdefault(name, {}), some)
        for name, found in numbers.items():
            low, high = self._ends.get(name, (found[0], found[0]))
            self._ends[name] = min(low, *found), max(high, *found)
            kept = self._numbers.setdefault(name, set())
            if len(kept) < MOST:
                kept.update(found)

    @property
    def facets(self) -> dict[str, tuple[FacetValue, ...]]:
        return {name: tuple(values) for name, values in self._facets.items()}

    @property
    def numbers(self) -> dict[str, tuple[float, ...]]:
        return {name: tuple(sorted({*kept, *self._ends[name]})) for name, kept in self._numbers.items()}

    @property
    def by_metal(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._by_metal)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._texts.get(name, ()))


def _fill(kept: dict[Value, None], values: tuple[Value, ...]) -> None:
    if len(kept) < MOST:
        kept.update(dict.fromkeys(values))
