"""An attribute of all the planes of an image, of which there may be 100,000, as a column."""

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from imaging.ome.model import real

# Signs of what Python's int and float take but OME means otherwise: 1_000, inf; no whole number here is negative.
ODD_INTEGER, ODD_REAL = "_-", "_nN"


class BadNumber(ValueError):
    """A text that should be a number and is none."""

    def __init__(self, row: int, text: str) -> None:
        self.row = row
        self.text = text
        super().__init__(row, text)


class NumberColumn:
    """An attribute that is a number, for each element; made of the texts, or of numbers whose text `str` gives.

    joined: the texts, one a line, "" where the element does not have the attribute. numbers: int64 or float64, where -1
    among integers (which are 0 or more) and NaN among reals stands for that.
    """

    def __init__(self, *, integer: bool, joined: str | None = None, numbers: np.ndarray | None = None) -> None:
        self.integer = integer
        self._joined = joined
        if numbers is not None:
            self.numbers = numbers

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each element. Raises BadNumber."""
        texts = self.texts()
        parse: Callable[[str], float] = _integer if self.integer else _real
        signs = ODD_INTEGER if self.integer else ODD_REAL
        if "" not in texts and not any(sign in (self._joined or "") for sign in signs):
            parse = int if self.integer else float
        try:
            return np.fromiter(map(parse, texts), np.int64 if self.integer else np.float64, len(texts))
        except (ValueError, OverflowError):
            raise BadNumber(*next((row, text) for row, text in enumerate(texts) if not self._is_number(text))) from None

    def _is_number(self, text: str) -> bool:
        try:
            np.int64(_integer(text)) if self.integer else _real(text)
        except (ValueError, OverflowError):
            return False
        return True

    def texts(self) -> list[str]:
        """The lexical form at each element, "" where it is not given."""
        if self._joined is not None:
            return self._joined.split("\n")
        return _texts(self.numbers, self.integer)

    @property
    def kept_texts(self) -> list[str] | None:
        """The texts if they must be kept beside the numbers, since `str` would give others; else None."""
        texts = self.texts()
        try:
            return None if _texts(self.numbers, self.integer) == texts else texts
        except BadNumber:
            return texts


def _integer(text: str) -> int:
    if not text:
        return -1
    value = int(text)
    if "_" in text or value < 0:
        raise ValueError(text)
    return value


def _real(text: str) -> float:
    return real(text) if text else np.nan


def _texts(numbers: np.ndarray, integer: bool) -> list[str]:
    if integer:
        return ["" if number == -1 else str(number) for number in numbers.tolist()]
    return ["" if number != number else repr(number) for number in numbers.tolist()]  # NaN alone is not itself


class TextColumn:
    """An attribute that is a text, for each element: `codes` (int32) number the `values`; -1 where it is not given."""

    def __init__(self, codes: np.ndarray, values: tuple[str, ...]) -> None:
        self.codes = codes
        self.values = values

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> "TextColumn":
        """The column of these texts; None where it is not given."""
        index: dict[str, int] = {}
        codes = [-1 if text is None else index.setdefault(text, len(index)) for text in texts]
        return cls(np.array(codes, np.int32), tuple(index))

    def texts(self) -> list[str | None]:
        """The text at each element."""
        values = (*self.values, None)  # -1 is the last
        return [values[code] for code in self.codes.tolist()]
