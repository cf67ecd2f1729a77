"""Tables as people send them: CSV, TSV and xlsx, whatever the encoding and delimiter, as rows of texts."""

import codecs
import csv
import datetime
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from catalogue.exchange import archives
from catalogue.exchange.dossier import CannotRead, Place, Remark, Weight

MAX_CELL = 1_000_000  # characters
MAX_COLUMNS = 2000
SNIFFED = 64 * 1024  # bytes by which the delimiter is told
_SHEETS = (".xlsx", ".xlsm")
_OLD = {".xls": "an old Excel file", ".ods": "an OpenDocument spreadsheet", ".numbers": "a Numbers file",
        ".xlsb": "a binary Excel file"}  # fmt: skip
_DELIMITERS = ("\t", ",", ";", "|")
_ZEROS = re.compile(r"0+")

Row = tuple[int, list[str]]  # the number of the row, from 1, and its cells


@dataclass
class Table:
    """One table. `rows` are those below the heading that hold something, each as long as `header`, or longer."""

    file: str
    sheet: str
    header: list[str]
    header_row: int
    rows: Iterator[Row]
    remarks: list[Remark] = field(default_factory=list)  # grows while the rows are read

    def place(self, row: int | None = None, column: str = "") -> Place:
        return Place(self.file, self.sheet, row, column)


def is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".txt", ".tab", *_SHEETS))


def refuse_other(name: str) -> None:
    """Raises CannotRead for spreadsheets of formats that are not taken, saying what to do."""
    suffix = Path(name.lower()).suffix
    if suffix in _OLD:
        raise CannotRead(f"{name} is {_OLD[suffix]}. Open it and save it as .xlsx or .csv.", file=name)


def read(path: Path, name: str) -> list[Table]:
    """The tables in a file: one, or each sheet that holds something. Raises CannotRead."""
    refuse_other(name)
    if name.lower().endswith(_SHEETS):
        return [table for table in _sheets(path, name) if table is not None]
    return [table for table in [_text(path, name)] if table is not None]


def _begin(file: str, sheet: str, rows: Iterator[Row], remarks: list[Remark]) -> Table | None:
    """The first row that holds something is the heading."""
    first = next(rows, None)
    if first is None:
        return None
    number, cells = first
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise CannotRead(f"The heading has {len(cells)} columns; at most {MAX_COLUMNS} are taken.", file=file)
    header: list[str] = []
    for place, cell in enumerate(cells):
        text = " ".join(cell.split()) or f"column {get_column_letter(place + 1)}"
        count = 2
        while text in header:
            text = f"{' '.join(cell.split())} ({count})"
            count += 1
        header.append(text)
        if text != cell and cell and text.endswith(")") and " (" in text and text.rpartition(" (")[0] in header:
            message = f"The heading “{cell}” is there more than once; this one is called “{text}”."
            remarks.append(Remark(Weight.NOTE, Place(file, sheet, number, text), message))
    return Table(file, sheet, header, number, _filled(rows, len(header)), remarks)


def _filled(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for number, cells in rows:
        if any(cells):
            yield number, cells + [""] * (width - len(cells))


def _text(path: Path, name: str) -> Table | None:
    remarks: list[Remark] = []
    encoding = encoding_of(path)
    if encoding == "cp1252":
        message = "The file is not in UTF-8; it was read as Windows-1252. Look at letters with accents and at µ and °."
        remarks.append(Remark(Weight.NOTE, Place(name), message))
    rows = _lines(path, name, encoding, delimiter_of(path, encoding))
    return _begin(name, "", rows, remarks)


def text_rows(path: Path, name: str) -> Iterator[Row]:
    """The rows of a CSV or TSV that hold something, whatever its encoding and delimiter. Raises CannotRead."""
    encoding = encoding_of(path)
    return _lines(path, name, encoding, delimiter_of(path, encoding))


def _lines(path: Path, name: str, encoding: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    number = 1
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(_without_nul(stream), delimiter=delimiter)
        try:
            for cells in reader:
                if any(cells):
                    yield number, [cell.strip(" \t\r") for cell in cells]
                number = reader.line_num + 1
        except csv.Error as error:
            raise CannotRead(
                f"Row {number} cannot be read ({error}). Is a quotation mark opened and not closed again?",
                file=name, row=number,
            ) from error  # fmt: skip


def _without_nul(stream: TextIO) -> Iterator[str]:
    return (line.replace("\0", "") for line in stream)


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 with or without its mark, else Windows-1252, which takes any bytes."""
    with path.open("rb") as stream:
        start = stream.read(4096)
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if len(start) >= 4 and start[1::2].count(0) > len(start) // 4:
            return "utf-16-le"
        if len(start) >= 4 and start[::2].count(0) > len(start) // 4:
            return "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def delimiter_of(path: Path, encoding: str) -> str:
    """The sign that splits the first rows into the most columns, as many in each."""
    with path.open("rb") as stream:
        text = stream.read(SNIFFED).decode(encoding, "replace")
    best, most = ",", 0.0
    csv.field_size_limit(MAX_CELL)
    for sign in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(text.replace("\0", "")), delimiter=sign) if row]
        except csv.Error:
            continue
        widths = widths[: max(1, len(widths) - 1)][:50]  # the last may be cut
        if widths and widths[0] > 1:
            merit = widths[0] * sum(width == widths[0] for width in widths) / len(widths)
            if merit > most:
                best, most = sign, merit
    return best


def open_workbook(path: Path, name: str, *, values: bool = True, read_only: bool = True) -> Any:
    """An xlsx, looked into with limits and never run. Raises CannotRead."""
    refuse_other(name)
    if not archives.is_zip(path):
        raise CannotRead(
            f"{name} is no Excel workbook (.xlsx), whatever its name says. Save it again as one.", file=name
        )
    archives.entries(path, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of openpyxl, about drop-downs and styles that it leaves out
            return load_workbook(path, read_only=read_only, data_only=values, keep_links=False)
    except (
        BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        IndexError,
    ) as error:
        raise CannotRead(f"{name} cannot be opened as a workbook. Save it again as .xlsx.", file=name) from error


def _sheets(path: Path, name: str) -> Iterator[Table | None]:
    book = open_workbook(path, name)
    with_formulas = has_formulas(path, name)
    for sheet in book.worksheets:
        remarks: list[Remark] = []
        if with_formulas:
            message = "Formulas were not run; what the spreadsheet program last showed for them was taken."
            remarks.append(Remark(Weight.NOTE, Place(name, sheet.title), message))
        yield _begin(name, sheet.title, _cells(sheet, name, remarks), remarks)


def has_formulas(path: Path, name: str) -> bool:
    """Whether any sheet holds a formula, told without building its cells."""
    for inner, chunks in archives.contents(path, name):
        if inner.startswith("xl/worksheets/"):
            tail = b""
            for chunk in chunks:
                if b"<f>" in tail + chunk or b"<f " in tail + chunk:
                    return True
                tail = chunk[-3:]
    return False


def _cells(sheet: Any, name: str, remarks: list[Remark]) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    try:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if any(cell.value is not None for cell in row):
                yield number, [_cell(cell, name, sheet.title, number, remarks).strip() for cell in row]
    except (ParseError, ValueError, KeyError, TypeError, BadZipFile, EOFError) as error:
        raise CannotRead(f"The sheet “{sheet.title}” is broken. Save the workbook again.", file=name) from error


def _cell(cell: Any, name: str, sheet: str, number: int, remarks: list[Remark]) -> str:
    if cell.value is None:
        return ""
    if cell.data_type == "e":
        place = Place(name, sheet, number, get_column_letter(cell.column))
        remarks.append(Remark(Weight.ERROR, place, "This cell shows an error of a formula; it is taken as empty.",
                              str(cell.value)))  # fmt: skip
        return ""
    text = cell_text(cell.value, cell.number_format or "")
    if len(text) > MAX_CELL:
        raise CannotRead(f"A cell of row {number} holds more than {MAX_CELL} characters.", file=name, row=number)
    return text


def cell_text(value: Any, number_format: str = "") -> str:
    """A cell's value as text: dates as 2027-03-01, whole numbers without a point, with the zeros of their format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = str(value)
    if isinstance(value, int) and _ZEROS.fullmatch(number_format):
        return text.zfill(len(number_format))
    return text.replace("_x000D_", "").replace("\r\n", "\n").strip(" \t\r")


def safe_cell(text: str) -> str:
    """A text that no spreadsheet program takes for a formula (CSV injection): an apostrophe goes before it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _NUMBER.fullmatch(text) else text


def bare_cell(text: str) -> str:
    """What `safe_cell` was given."""
    return text[1:] if text[:1] == "'" and safe_cell(text[1:]) == text else text


_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
