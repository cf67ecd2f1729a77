"""A dossier → an ISA-Tab archive. Reading it gives the same study: what ISA's cells do not give back are comments."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalogue.exchange import overlay
from catalogue.exchange.building import curie_of, text_of
from catalogue.exchange.dossier import Dossier, Pair
from catalogue.exchange.idr.labels import ANALYSIS, GROWTH, IMAGING, PREPARATION
from catalogue.exchange.idr.write import split
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.assays import DESCRIPTION, TITLE, file_name
from catalogue.exchange.isa_tab.cells import Cells
from catalogue.exchange.isa_tab.read import LOOSE, read
from catalogue.exchange.isa_tab.study import LICENCE
from catalogue.exchange.isa_tab.table import PROTOCOL, SAMPLE, SOURCE
from catalogue.exchange.isa_tab.write_tables import Entry, assay_table, study_table
from catalogue.exchange.tab import to_text
from catalogue.rules import BY_KEY

Row = dict[str, Any]
INVESTIGATION, STUDY_TABLE = "i_investigation.txt", "s_study.txt"


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """The investigation file, the study table, and a table an assay."""
    writing = _Writing(dossier)
    files = writing.files()
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number, (name, data) in enumerate(files.items()):
            paths[name] = Path(folder, str(number))
            paths[name].write_bytes(data)
        comments = overlay.lacking(dossier, read(paths).dossier)
    return {**files, INVESTIGATION: to_text(writing.investigation(comments))}


class _Writing:
    def __init__(self, dossier: Dossier) -> None:
        self.dossier, self.document = dossier, dossier.document
        self.cells = Cells()
        self.sample_names = self._names("specimen")
        self.source_names = self._names("biosample")
        self.cells.set_pairs(dossier.pairs.get("study", []))
        self._taken = {self.cells.get("STUDY PROTOCOLS", "Study Protocol Name", column)
                       for column in range(1, self.cells.width("STUDY PROTOCOLS") + 1)}  # fmt: skip
        self.tables: dict[str, list[list[str]]] = {}
        self._study()
        self._samples()
        self._assays()
        self._factors()

    def _rows(self, module: str) -> list[Row]:
        return list(self.document.get(BY_KEY[module].plural) or ())

    def _row(self, module: str, key: Any) -> Row:
        return next((row for row in self._rows(module) if row.get("id") == key), {})

    def _pairs(self, entity: str) -> list[Pair]:
        return [pair for pair in self.dossier.pairs.get(entity, []) if pair.namespace == labels.TABLE]

    def _names(self, module: str) -> dict[str, str]:
        """A name for each row, its title where that is one that no other has."""
        names: dict[str, str] = {}
        for number, row in enumerate(self._rows(module), 1):
            title = " ".join(text_of(row.get("title")).split())
            is_free = title and title not in names.values()
            names[str(row.get("id"))] = title if is_free else f"{BY_KEY[module].label} {number}"
        return names

    def files(self) -> dict[str, bytes]:
        tables = {name: to_text(rows) for name, rows in self.tables.items()}
        return {INVESTIGATION: to_text(self.investigation([])), **tables}

    def investigation(self, comments: list[tuple[str, str]]) -> list[list[str]]:
        rows = []
        for section, order in labels.SECTIONS.items():
            rows += [[section], *self.cells.rows(section, order)]
            if section == "STUDY":
                rows += map(list, comments)
        return rows

    def _study(self) -> None:
        cells, study = self.cells, self.document.get("study") or {}
        for label, name in (("Study Title", "title"), ("Study Description", "description"),
                            ("Study Public Release Date", "release_date"), (LICENCE, "licence")):  # fmt: skip
            cells.set("STUDY", label, 1, text_of(study.get(name)))
        cells.set("STUDY", "Study File Name", 1, STUDY_TABLE)
        if not cells.get("STUDY", "Study Identifier", 1):
            cells.set("STUDY", "Study Identifier", 1, self.dossier.origin.accession)
        section, column = "STUDY DESIGN DESCRIPTORS", 0
        for line in study.get("keywords") or ():
            column = cells.free(section, "Study Design Type", column + 1)
            cells.set(section, "Study Design Type", column, text_of(line.get("text")))
        self._people()
        self._articles()

    def _people(self) -> None:
        organisations = {row.get("id"): row for row in self._rows("organisation")}
        section = "STUDY CONTACTS"
        for column, row in enumerate(self._rows("contributor"), 1):
            where = organisations.get((row.get("affiliations") or [{}])[0].get("organisation"), {})
            roles = [text_of(line.get("role")) for line in row.get("roles") or ()]
            for label, value in (
                ("Study Person Last Name", row.get("family_name")), ("Study Person First Name", row.get("given_name")),
                ("Study Person Email", row.get("email")), ("Comment[ORCID]", row.get("orcid")),
                ("Study Person Affiliation", where.get("name")), ("Study Person Address", where.get("address")),
                ("Study Person Roles", ";".join(roles)),
            ):  # fmt: skip
                if not self.cells.get(section, label, column):
                    self.cells.set(section, label, column, text_of(value))

    def _articles(self) -> None:
        for column, row in enumerate(self._rows("publication"), 1):
            for label, name in (("PubMed ID", "pubmed_id"), ("Publication DOI", "doi"),
                                ("Publication Author List", "authors"), ("Publication Title", "title"),
                                ("Publication Status", "status")):  # fmt: skip
                self.cells.set("STUDY PUBLICATIONS", f"Study {label}", column, text_of(row.get(name)))

    def _protocol(self, kind: str, title: str, text: str, parameters: str = "") -> str:
        """The name of a protocol that is made for this text."""
        name = labels.protocol_name(kind, title)
        if name not in self._taken:
            self._taken.add(name)
            column = self.cells.width("STUDY PROTOCOLS") + 1
            for label, value in (("Name", name), ("Type", labels.PROTOCOL_TYPES[kind]), ("Description", text),
                                 ("Parameters Name", parameters)):  # fmt: skip
                self.cells.set("STUDY PROTOCOLS", f"Study Protocol {label}", column, value)
        return name

    def _describe(self, names: list[str], text: str) -> None:
        """Put a field's text back where its protocols are told."""
        section, label = "STUDY PROTOCOLS", "Study Protocol Name"
        columns = {self.cells.get(section, label, column): column
                   for column in range(self.cells.width(section), 0, -1)}  # fmt: skip
        of = [(columns[name], name) for name in names if name in columns]
        for column, part in split(text, of):
            if not self.cells.get(section, "Study Protocol Description", column):
                self.cells.set(section, "Study Protocol Description", column, part)

    def _samples(self) -> None:
        entries: list[Entry] = []
        seen: set[str] = set()
        for row in self._rows("specimen"):
            biosample = self._row("biosample", row.get("biosample"))
            entries.append(self._entry(row, biosample))
            seen.add(str(biosample.get("id")))
        entries += [self._entry({}, row) for row in self._rows("biosample") if str(row.get("id")) not in seen]
        table = self.tables[STUDY_TABLE] = study_table(entries)
        for entry, cells in zip(entries, table[1:], strict=True):
            self._fill(table[0], [cells], PREPARATION, entry.sample)

    def _entry(self, specimen: Row, biosample: Row) -> Entry:
        key = str(specimen.get("id"))
        name = self.sample_names.get(key, "") or self.source_names.get(str(biosample.get("id")), "")
        kept = self._pairs(f"specimen/{key}")
        named = [pair.value for pair in kept if pair.name == PROTOCOL]
        made = []
        if text := text_of(biosample.get("growth_protocol")):
            growing = [ref for ref in named if self.cells.kind_of(ref) == GROWTH]
            self._describe(growing[:1], text)
            made += [] if growing else [self._protocol(GROWTH, text_of(biosample.get("title")), text)]
        if text := text_of(specimen.get("sample_preparation")):
            preparing = [ref for ref in named if self.cells.kind_of(ref) != GROWTH]
            self._describe(preparing, text)
            made += [] if preparing else [self._protocol(PREPARATION, name, text)]
        return Entry(
            source=self.source_names.get(str(biosample.get("id")), ""),
            sample=name,
            protocols=made,
            characteristics=[*self._characteristics(biosample), *self._pairs(f"biosample/{biosample.get('id')}")],
            factors=self._variables(biosample, "experimental"),
            kept=[pair for pair in kept if pair.name not in (SAMPLE, SOURCE)],
        )

    def _characteristics(self, row: Row) -> list[Pair]:
        found = []
        for line in row.get("organisms") or ():
            term = line.get("organism")
            found.append(Pair(labels.TABLE, "Characteristics[Organism]", text_of(term), "", curie_of(term)))
        for name, field in (
            ("Organism part", "biological_entity"),
            ("Strain", "strain"),
            ("Description", "description"),
        ):
            term = row.get(field)
            found.append(Pair(labels.TABLE, f"Characteristics[{name}]", text_of(term), "", curie_of(term)))
        return [pair for pair in found if pair.value] + self._variables(row, "intrinsic")

    def _variables(self, row: Row, kind: str) -> list[Pair]:
        head = "Factor Value" if kind == "experimental" else "Characteristics"
        return [
            Pair(labels.TABLE, f"{head}[{' '.join(text_of(line.get('name')).split())}]", text_of(line.get("value")),
                 text_of(line.get("unit")), curie_of(line.get("value")))
            for line in row.get("variables") or ()
            if line.get("kind") == kind and "]" not in text_of(line.get("name")) and text_of(line.get("name")).strip()
        ]  # fmt: skip

    def _assays(self) -> None:
        section = "STUDY ASSAYS"
        for column, row in enumerate(self._rows("component"), 1):
            association = (row.get("associations") or [{}])[0]
            acquisition = self._row("acquisition", association.get("acquisition"))
            analysis = self._row("analysis", association.get("analysis"))
            method = (acquisition.get("methods") or [{}])[0].get("method")
            title = text_of(row.get("title"))
            for label, value in (
                ("Study Assay File Name", file_name(column)), (TITLE, title),
                (DESCRIPTION, text_of(row.get("description"))), ("Study Assay Technology Type", text_of(method)),
                ("Study Assay Technology Platform", text_of(acquisition.get("imaging_instrument"))),
            ):  # fmt: skip
                self.cells.set(section, label, column, value)
            self.cells.set_term(section, "Study Assay Technology Type", column, curie_of(method))
            refs = []
            for kind, holder, field in ((IMAGING, acquisition, "image_acquisition_parameters"),
                                        (ANALYSIS, analysis, "analysis_method")):  # fmt: skip
                text = text_of(holder.get(field))
                lines = [line for line in self.dossier.files if line.component == row.get("id")]
                told = dict.fromkeys(pair.value for line in lines for pair in line.pairs if pair.name == PROTOCOL)
                if (text and told and not self._is_told(kind, list(told), text)) or (text and not told):
                    refs.append(self._protocol(kind, title, text))
            samples = [self.sample_names.get(str(line.get("specimen")), "") for line in row.get("associations") or ()]
            files = [line for line in self.dossier.files if line.component == row.get("id")]
            self.tables[file_name(column)] = assay_table(
                file_name(column), files, self.sample_names, refs, [one for one in samples if one]
            )
            self._fill(self.tables[file_name(column)][0], self.tables[file_name(column)][1:], IMAGING, title)
        if loose := [line for line in self.dossier.files if not line.component]:
            self.tables[LOOSE] = assay_table(LOOSE, loose, self.sample_names, [], [])

    def _fill(self, head: list[str], rows: list[list[str]], kind: str, title: str) -> None:
        """Let no cell for a protocol be empty where others have one, for the reference implementation takes none."""
        names = [label[len("Parameter Value[") : -1] for label in head if label.startswith("Parameter Value[")]
        parameters = ";".join(dict.fromkeys(names))
        for at in (place for place, label in enumerate(head) if label == PROTOCOL):
            for cells in rows:
                cells[at] = cells[at] or self._protocol(kind, title, "", parameters)

    def _is_told(self, kind: str, names: list[str], text: str) -> bool:
        """Whether protocols that the files refer to are of this kind, which then take the text."""
        mine = [name for name in names if self.cells.kind_of(name) == kind]
        if mine:
            self._describe(mine, text)
        return bool(mine)

    def _factors(self) -> None:
        """Each factor of the study table is declared, and each ontology that a term names."""
        section, label = "STUDY FACTORS", "Study Factor Name"
        heads = dict.fromkeys(
            cell for table in self.tables.values() for cell in table[0] if cell.startswith("Factor Value[")
        )
        there = {self.cells.get(section, label, column) for column in range(1, self.cells.width(section) + 1)}
        for head in heads:
            name = head.removeprefix("Factor Value[").removesuffix("]")
            if name not in there:
                self.cells.set(section, label, self.cells.free(section, label, self.cells.width(section) + 1), name)
        section, label = "ONTOLOGY SOURCE REFERENCE", "Term Source Name"
        there = {self.cells.get(section, label, column) for column in range(1, self.cells.width(section) + 1)}
        for ref in [*self.cells.refs(), *self._refs_of_tables()]:
            if ref and ref not in there:
                there.add(ref)
                self.cells.set(section, label, self.cells.width(section) + 1, ref)

    def _refs_of_tables(self) -> list[str]:
        found: dict[str, None] = {}
        for table in self.tables.values():
            at = [place for place, cell in enumerate(table[0]) if cell == "Term Source REF"]
            found |= dict.fromkeys(row[place] for row in table[1:] for place in at)
        return list(found)
