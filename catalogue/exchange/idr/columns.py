"""The columns of an IDR table: names, and the terms that stand beside them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from catalogue.exchange.accessions import read_accession
from catalogue.exchange.dossier import Pair, Place, Remark, Weight

_REF = re.compile(r"Term Source\s*\d{0,4}\s*REF", re.IGNORECASE)
_ACCESSION = re.compile(r"Term Source\s*\d{0,4}\s*Accession|Term Accession", re.IGNORECASE)
_MISSPELT = re.compile(r"Charac\w{1,12}s(?=\s*\[)")
PLATE, WELL, DATASET = "Plate", "Well", "Dataset Name"
IMAGES = ("Image Name", "Image File")
_PATHS = ("Image File Path", "Comment [Image File Path]", "Comment[Image File Path]")
_FAULTS = 200  # different ones that are told of, per table


@dataclass
class Cells:
    """One row: `pairs` is all that it says but for plate and well."""

    pairs: list[Pair] = field(default_factory=list)
    plate: str = ""
    well: str = ""
    dataset: str = ""
    image: str = ""
    path: str = ""

    @property
    def names(self) -> list[str]:
        return [pair.name for pair in self.pairs]

    def value(self, name: str) -> str:
        return next((pair.value for pair in self.pairs if pair.name == name), "")


@dataclass(frozen=True)
class _Column:
    name: str
    ref: int | None = None  # where the ontology's name and the accession of its values stand
    accession: int | None = None
    raw: tuple[str, str] = ("", "")  # what these are called where they say more than the term


class Columns:
    def __init__(self, header: Sequence[str], file: str) -> None:
        self.file = file
        self.columns: dict[int, _Column] = {}
        self._faults: dict[tuple[str, str, str, str], Remark] = {}
        names = [name.strip() or f"Column {at + 1}" for at, name in enumerate(header)]
        at = 0
        while at < len(names):
            ref = at + 1 if at + 1 < len(names) and _REF.fullmatch(names[at + 1]) else None
            after = (ref or at) + 1
            accession = after if after < len(names) and _is_accession(names[after], names[at]) else None
            self.columns[at] = _Column(names[at], ref, accession, (f"{names[at]} Term Source REF",
                                                                   f"{names[at]} Term Source Accession"))  # fmt: skip
            if _MISSPELT.match(names[at]) and not names[at].startswith("Characteristics"):
                proposal = _MISSPELT.sub("Characteristics", names[at])
                self._tell(
                    f"The column's name is misspelt; it was kept as it stands. Write {proposal}.", names[at], names[at]
                )
            at = max(filter(None, (at, ref, accession)), default=at) + 1

    def lacking(self) -> str:
        """The column without which no row is of a well or an image; nothing if there is what is needed."""
        names = {column.name for column in self.columns.values()}
        if {PLATE, WELL} <= names or names & {*IMAGES, *_PATHS}:
            return ""
        return WELL if PLATE in names else PLATE if WELL in names else f"{PLATE}, {WELL} or {IMAGES[0]}"

    def read(self, row: Sequence[str]) -> Cells:
        cells = Cells()
        for at, column in self.columns.items():
            value = row[at] if at < len(row) else ""
            ref = row[column.ref] if column.ref is not None and column.ref < len(row) else ""
            accession = row[column.accession] if column.accession is not None and column.accession < len(row) else ""
            if self._takes(cells, column.name, value):
                continue
            read = read_accession(ref, accession, has_ref=column.ref is not None)
            if value.strip():
                cells.pairs.append(Pair("", column.name, value, "", read.curie))
            if not read.is_plain or not value.strip():
                for name, text in zip(column.raw, (ref, accession), strict=True):
                    if text.strip():
                        cells.pairs.append(Pair("", name, text))
            for fault in read.faults:
                where = column.name if fault.of_term else column.raw[0 if fault.value == ref else 1]
                self._tell(fault.message, where, fault.value, fault.proposal)
        for at in range(max(self.columns, default=0) + 1, len(row)):
            if row[at].strip() and not any(at in (one.ref, one.accession) for one in self.columns.values()):
                cells.pairs.append(Pair("", f"Column {at + 1}", row[at]))
        return cells

    def _takes(self, cells: Cells, name: str, value: str) -> bool:
        """Whether the cell says where the row belongs and nothing more."""
        if name == PLATE and not cells.plate:
            cells.plate = value.strip()
        elif name == WELL and not cells.well:
            cells.well = value.strip()
        elif name == DATASET:
            cells.dataset = value.strip()
            return False
        elif name in IMAGES:
            cells.image = cells.image or value.strip()
            return False
        elif name in _PATHS:
            cells.path = cells.path or value.strip()
            return False
        else:
            return False
        return value == value.strip()

    def remarks(self) -> list[Remark]:
        return list(self._faults.values())

    def _tell(self, message: str, column: str, value: str, proposal: str = "") -> None:
        """Say it once for all rows of a table that have it."""
        if len(self._faults) < _FAULTS:
            weight = Weight.REPAIR if proposal else Weight.NOTE
            place = Place(self.file, column=column, field=column)
            self._faults.setdefault((message, column, value, proposal), Remark(weight, place, message, value, proposal))


def _is_accession(name: str, owner: str) -> bool:
    """“Phenotype 1 Term Accession” belongs to “Phenotype 1 Term Name”, “Term Source 1 Accession” to what is before."""
    if _ACCESSION.fullmatch(name):
        return True
    return name.endswith(" Term Accession") and name.removesuffix("Accession") == owner.removesuffix("Name")
