"""Labels of wells: "B07" is row 1, column 6."""

import functools
import re

LABEL = re.compile(r"\s*([A-Za-z]{1,2})[\s/_:-]*0*(\d{1,3})\s*|\s*[Rr](\d{1,2})\s*[Cc](\d{1,3})\s*", re.ASCII)


@functools.lru_cache(maxsize=10_000)
def well_of(label: str) -> tuple[int, int] | None:
    """Row and column, counted from 0, of a label such as "B07", "b7", "B/7", "AA12" or "r02c07"; None if it is none."""
    match = LABEL.fullmatch(label)
    if match is None:
        return None
    letters, number, row, column = match.groups()
    if letters is None:
        found = int(row) - 1, int(column) - 1
    else:
        index = 0
        for letter in letters.upper():
            index = index * 26 + ord(letter) - ord("A") + 1
        found = index - 1, int(number) - 1
    return found if min(found) >= 0 else None


def label_of(row: int, column: int) -> str:
    """The usual label of a well: (1, 6) is "B07"."""
    return f"{letters_of(row)}{column + 1:02d}"


def letters_of(index: int) -> str:
    """The letters of a row counted from 0: 1 is "B", 26 is "AA"."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
