"""Tab- and comma-separated text as people keep it: encodings, labelled rows, quotes that were never closed.

IDR study files and ISA-Tab investigations are rows of a label and its values; what comes with them are tables.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.exchange.dossier import CannotRead

MAX_BYTES = 200_000_000
MAX_CELL = 10_000_000  # characters
csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True)
class Text:
    """A file's text. `mixed` are the numbers (from 1) of lines that were not UTF-8 and were read as Windows-1252."""

    text: str
    mixed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Row:
    """A labelled row. `number` counts lines of the file from 1; values keep their place, empty ones too."""

    number: int
    label: str
    values: tuple[str, ...]


@dataclass
class Rows:
    """`unclosed` are the numbers of rows whose quote was never closed; it was dropped."""

    rows: list[Row] = field(default_factory=list)
    comments: list[Row] = field(default_factory=list)
    unclosed: list[int] = field(default_factory=list)


def read_text(path: Path, *, name: str) -> Text:
    """The text of a file. Raises CannotRead if it is too large or is not text."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CannotRead(f"This table has {size:,} bytes; at most {MAX_BYTES:,} are read. Split it.", file=name)
    return decode(path.read_bytes(), name=name)


def decode(data: bytes, *, name: str) -> Text:
    """Bytes as text: UTF-16 by its mark, else UTF-8, and lines that are not UTF-8 as Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return Text(data.decode("utf-16"))
        except UnicodeDecodeError as error:
            raise CannotRead("This file says that it is UTF-16, but is not. Save it as UTF-8.", file=name) from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        raise CannotRead("This is not a text file: it holds zero bytes. Save the table as text, in UTF-8.", file=name)
    try:
        return Text(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    lines, mixed = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            mixed.append(number)
            lines.append(line.decode("cp1252", errors="replace"))
    return Text("\n".join(lines), tuple(mixed))


def labelled_rows(text: str, *, is_label: Callable[[str], bool]) -> Rows:
    """The rows of a study or investigation file, in order. Rows that begin with # are comments.

    A quoted cell may go on over several lines; where the next line begins with a label, the quote was forgotten.
    """
    found = Rows()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        while _is_open(line):
            if number == len(lines) or _starts_row(lines[number], is_label):
                found.unclosed.append(start + 1)
                line = _close(line)
                break
            line = f"{line}\n{lines[number]}"
            number += 1
        cells = next(csv.reader([line], delimiter="\t"), []) if "\n" not in line else _cells(line)
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(start + 1, cells[0].strip(), _trimmed(cells[1:]))
        (found.comments if row.label.startswith("#") else found.rows).append(row)
    return found


def _cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline=""), delimiter="\t"), [])


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def _is_open(line: str) -> bool:
    """Whether the last cell begins with a quote that is not closed."""
    quoted, at, start = False, 0, True
    while at < len(line):
        char = line[at]
        if quoted:
            if char == '"':
                if line[at + 1 : at + 2] == '"':
                    at += 1
                else:
                    quoted = False
        elif char == '"' and start:
            quoted = True
        start = char == "\t" and not quoted
        at += 1
    return quoted


def _close(line: str) -> str:
    """Drop the quote that begins the last cell."""
    head, tab, last = line.rpartition("\t")
    return f"{head}{tab}{last.removeprefix(chr(34))}" if last.startswith('"') else f'{line}"'


def _starts_row(line: str, is_label: Callable[[str], bool]) -> bool:
    first = line.split("\t", 1)[0].strip().strip('"').strip()
    return is_label(first) or first.startswith("# ") or (not line.strip() and "\t" in line)


def table_rows(text: str, *, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the row's first line from 1, cells) of each row that is not empty. Raises CannotRead."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CannotRead(f"This table cannot be read here: {error}.", file=name, row=number) from error
        if any(cell.strip() for cell in cells):
            yield number, cells


def to_text(rows: Iterable[Sequence[str]], *, delimiter: str = "\t") -> bytes:
    """Rows as UTF-8 text, quoted where they must be."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
