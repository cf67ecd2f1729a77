"""A dossier → an IDR study file and its tables.

Reading them gives the same study: what IDR's rows do not give back is written below them as comments.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalogue.exchange import overlay
from catalogue.exchange.building import curie_of, text_of
from catalogue.exchange.dossier import Dossier, Pair
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.grid import Grid
from catalogue.exchange.idr.parts import PROTOCOL_FIELDS, channels_in, heading
from catalogue.exchange.idr.read import read
from catalogue.exchange.idr.study import DATA_DOI, doi_address, licence_words
from catalogue.exchange.idr.write_tables import table_files
from catalogue.exchange.licences import licence_address
from catalogue.exchange.tab import to_text
from catalogue.rules import BY_KEY
from catalogue.rules.formats import spdx_id

Row = dict[str, Any]
_PEOPLE = (
    ("Study Person Last Name", "family_name"), ("Study Person First Name", "given_name"),
    ("Study Person Email", "email"), ("Study Person ORCID", "orcid"),
)  # fmt: skip
_ROLE_LABELS = dict(BY_KEY["contributor"].field("roles").columns[0].choices)


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """The study file and one table a kind and component, by their names."""
    study = _Writing(dossier)
    name = f"{study.accession}-study.txt"
    tables, odd = study.tables(), list[int]()
    rows = study.rows()
    for _ in range(2):
        back = _read_back({name: to_text(rows), **tables})
        odd = _not_given_back(dossier, back)
        if not odd:
            break
        tables = study.tables(listed=set(odd))
    comments = overlay.lacking(dossier, _read_back({name: to_text(rows), **tables}))
    return {name: to_text([*rows, *map(list, comments)]), **tables}


def _read_back(files: Mapping[str, bytes]) -> Dossier:
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number, (name, data) in enumerate(files.items()):
            paths[name] = Path(folder, str(number))
            paths[name].write_bytes(data)
        return read(paths).dossier


def _not_given_back(wanted: Dossier, got: Dossier) -> list[int]:
    """The lines (by their number) that IDR's tables do not give back as they are."""
    there = overlay.flat_files(got)
    odd = []
    for number, flat in enumerate(overlay.flat_lines(wanted)):
        if there[flat] > 0:
            there[flat] -= 1
        else:
            odd.append(number)
    return odd


class _Writing:
    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.document = dossier.document
        self.accession = next((pair.value for pair in dossier.pairs.get("study", ())
                               if pair.name == "Comment[IDR Study Accession]"), "").strip() or "study"  # fmt: skip
        self.accession = "".join(char if char.isalnum() or char in "-_" else "-" for char in self.accession)
        self.parts = [_Part(self, row, number) for number, row in enumerate(self._rows("component"), 1)]

    def _rows(self, module: str) -> list[Row]:
        return list(self.document.get(BY_KEY[module].plural) or ())

    def row(self, module: str, key: Any) -> Row:
        return next((row for row in self._rows(module) if row.get("id") == key), {})

    def channels(self, specimen: Any) -> list[Row]:
        return [row for row in self._rows("channel") if row.get("specimen") == specimen]

    def pairs(self, entity: str) -> list[Pair]:
        return self.dossier.pairs.get(entity, [])

    def tables(self, listed: set[int] | None = None) -> dict[str, bytes]:
        names = {str(part.row.get("id")): part.folder for part in self.parts}
        specimens = {str(row.get("id")): number for number, row in enumerate(self._rows("specimen"), 1)}
        return table_files(self.dossier.files, names, specimens, self.accession, listed or set())

    def rows(self) -> list[list[str]]:
        grid = Grid()
        grid.set_pairs(self.pairs("study"))
        study: Row = self.document.get("study") or {}
        for label, name in (("Study Title", "title"), ("Study Description", "description"),
                            ("Study Public Release Date", "release_date")):  # fmt: skip
            grid.set(label, 1, text_of(study.get(name)))
        for column, line in enumerate(study.get("keywords") or (), 1):
            grid.set("Study Key Words", column, text_of(line.get("text")))
        self._licence(grid, text_of(study.get("licence")))
        self._links(grid)
        self._people(grid)
        self._articles(grid)
        self._organisms(grid)
        for kind in (labels.SCREEN, labels.EXPERIMENT):
            count = sum(part.kind == kind for part in self.parts)
            label = f"Study {kind}s Number"
            if count and not grid.get(label):
                grid.set(label, 1, str(count))
        rows = [["# Study"], *grid.rows(labels.STUDY_LABELS)]
        if not grid.get("Comment[IDR Study Accession]"):
            rows.insert(1, ["Comment[IDR Study Accession]"])
        for part in self.parts:
            rows += [[], [f"# {part.kind}"], *part.rows()]
        return rows

    def _licence(self, grid: Grid, licence: str) -> None:
        if not grid.get("Study License"):
            grid.set("Study License", 1, licence_words(licence) if spdx_id(licence) == licence else licence)
        if not grid.get("Study License URL") and spdx_id(licence) == licence:
            grid.set("Study License URL", 1, licence_address(licence))

    def _links(self, grid: Grid) -> None:
        for row in self._rows("link"):
            label = DATA_DOI if row.get("description") == DATA_DOI else "Study External URL"
            grid.set(label, grid.width(label) + 1, text_of(row.get("url")))

    def _people(self, grid: Grid) -> None:
        names = {row.get("id"): text_of(row.get("name")) for row in self._rows("organisation")}
        for column, row in enumerate(self._rows("contributor"), 1):
            self._own(grid, f"contributor/{row.get('id')}", column)
            for label, name in _PEOPLE:
                grid.set(label, column, text_of(row.get(name)))
            for line in (row.get("affiliations") or [])[:1]:
                grid.set("Study Person Address", column, names.get(line.get("organisation"), ""))
            if not grid.get("Study Person Roles", column):
                roles = [text_of(line.get("role")) for line in row.get("roles") or ()]
                grid.set("Study Person Roles", column, "; ".join(role for role in roles if role in _ROLE_LABELS))

    def _articles(self, grid: Grid) -> None:
        for column, row in enumerate(self._rows("publication"), 1):
            self._own(grid, f"publication/{row.get('id')}", column)
            for label, name in (("Study Publication Title", "title"), ("Study Author List", "authors"),
                                ("Study PubMed ID", "pubmed_id")):  # fmt: skip
                grid.set(label, column, text_of(row.get(name)))
            if not grid.get("Study DOI", column):
                grid.set("Study DOI", column, doi_address(text_of(row.get("doi"))))

    def _own(self, grid: Grid, entity: str, column: int) -> None:
        """The named values of a person or an article, in its column."""
        for pair in self.pairs(entity):
            if pair.namespace == labels.NAMESPACE:
                grid.set_term(pair.name, column, pair.value, pair.curie)

    def _organisms(self, grid: Grid) -> None:
        seen: list[tuple[str, str]] = []
        for row in self._rows("biosample"):
            for line in row.get("organisms") or ():
                term = text_of(line.get("organism")), curie_of(line.get("organism"))
                if term not in seen:
                    seen.append(term)
                    grid.set_term("Study Organism", len(seen), *term)


class _Part:
    """One screen or experiment while it is written."""

    def __init__(self, study: _Writing, row: Row, number: int) -> None:
        self.study, self.row, self.number = study, row, number
        self.pairs = study.pairs(f"component/{row.get('id')}")
        is_screen = any(pair.name == "Screen Number" for pair in self.pairs)
        self.kind = labels.SCREEN if is_screen else labels.EXPERIMENT
        folder = text_of(row.get("title")).rpartition("/")[2].strip()
        self.folder = folder if folder.isalnum() else f"{self.kind.lower()}{number}"
        lines = row.get("associations") or [{}]
        self.rows_of = {module: study.row(module, lines[0].get(module))
                        for module in ("biosample", "specimen", "acquisition", "analysis")}  # fmt: skip

    def rows(self) -> list[list[str]]:
        grid, kind = Grid(), self.kind
        grid.set_pairs(self.pairs)
        if not grid.get(f"{kind} Number"):
            grid.set(f"{kind} Number", 1, str(self.number))
        grid.set(f"Comment[IDR {kind} Name]", 1, text_of(self.row.get("title")))
        grid.set(f"{kind} Description", 1, text_of(self.row.get("description")))
        grid.set(f"{kind} Sample Type", 1, text_of(self.rows_of["biosample"].get("biological_entity")))
        for column, line in enumerate(self.rows_of["acquisition"].get("methods") or (), 1):
            method = line.get("method")
            grid.set_term(f"{kind} Imaging Method", column, text_of(method), curie_of(method))
        for column, line in enumerate(self.rows_of["analysis"].get("phenotypes") or (), 1):
            phenotype = line.get("phenotype")
            grid.set_term("Phenotype Term Name", column, text_of(phenotype), curie_of(phenotype))
        label = "Library Experimental Conditions" if kind == labels.SCREEN else "Assay Experimental Conditions"
        for column, line in enumerate(self._conditions(), 1):
            grid.set(label, column, text_of(line.get("name")))
        self._channels(grid)
        self._protocols(grid)
        rows = grid.rows(labels.PART_LABELS[kind])
        there = {row[0] for row in rows}
        return rows + [[label] for label in labels.NEEDED if label not in there]

    def _conditions(self) -> list[Row]:
        lines = self.rows_of["biosample"].get("variables") or ()
        return [line for line in lines if line.get("kind") == "experimental" and not text_of(line.get("value"))]

    def _channels(self, grid: Grid) -> None:
        label, column = "Raw Image Channels", 1
        by_tables = channels_in({
            pair.value for line in self.study.dossier.files if line.component == self.row.get("id")
            for pair in line.pairs if pair.name == "Channels"
        })  # fmt: skip
        told: dict[tuple[str, str], None] = {}
        for row in self.study.channels(self.rows_of["specimen"].get("id")):
            tag, content = text_of(row.get("channel_label")), text_of(row.get("content"))
            while cell := grid.get(label, column):
                told |= channels_in([cell])
                column += 1
            if tag and content and (tag, content) not in told and (tag, content) not in by_tables:
                grid.set(label, column, f"{tag}: {content}")

    def _protocols(self, grid: Grid) -> None:
        columns: dict[str, list[tuple[int, str]]] = {}
        last = grid.width("Protocol Name", "Protocol Type", "Protocol Type Term Accession")
        for column in range(1, last + 1):
            name, type_ = grid.get("Protocol Name", column), grid.get("Protocol Type", column)
            if name or type_:
                of_kind = columns.setdefault(labels.protocol_kind(name, type_), [])
                of_kind.append((column, heading(name, type_, column)))
        for kind, (module, field) in PROTOCOL_FIELDS.items():
            text = text_of(self.rows_of[module].get(field))
            if text and kind not in columns:
                last += 1
                for label in ("Protocol Name", "Protocol Type"):
                    grid.set(label, last, labels.DEFAULT_PROTOCOLS[kind])
                columns[kind] = [(last, "")]
            for column, part in split(text, columns.get(kind, [])):
                grid.set("Protocol Description", column, part)


def split(text: str, columns: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """A field that tells several protocols, each after its name, by the protocols' columns."""
    found: list[tuple[int, str]] = []
    rest = text
    for place, (column, name) in enumerate(columns):
        start = f"{name}: "
        if not rest.startswith(start):
            continue
        ends = [at for _, other in columns[place + 1 :] if (at := rest.find(f"\n\n{other}: ")) >= 0]
        end = min(ends, default=len(rest))
        found.append((column, rest[len(start) : end]))
        rest = rest[end + 2 :]
    return found if len(found) > 1 and not rest else [(column, text) for column, _ in columns[:1]]
