"""The investigation file: the study, its people, articles and protocols."""

from collections.abc import Mapping

from catalogue.exchange.accessions import Fault, read_accession
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import Place, Weight
from catalogue.exchange.idr.labels import protocol_kind
from catalogue.exchange.idr.sheet import Cell, Sheet
from catalogue.exchange.idr.study import put, roles_in
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.table import is_plain

ACCESSION, REF = " Term Accession Number", " Term Source REF"
_PEOPLE = (("Last Name", "family_name"), ("First Name", "given_name"), ("Email", "email"))
_ARTICLES = (
    ("Publication Title", "title"), ("Publication DOI", "doi"), ("Publication Author List", "authors"),
    ("PubMed ID", "pubmed_id"),
)  # fmt: skip
ORCID = (
    "Comment[ORCID]",
    "Comment[Study Person ORCID]",
    "Comment[Investigation Person ORCID]",
    "Comment[Person ORCID]",
)
LICENCE = "Comment[License]"


def read_study(builder: Builder, sheets: Mapping[str, Sheet]) -> None:
    study = sheets["STUDY"]
    for label, name in (("Study Title", "title"), ("Study Description", "description"),
                        ("Study Public Release Date", "release_date"), (LICENCE, "licence")):  # fmt: skip
        put(builder, study.take(label), "study", "", name)
    top = sheets["INVESTIGATION"]
    for label, name in (("Title", "title"), ("Description", "description"), ("Public Release Date", "release_date")):
        if not builder.row("study").get(name):
            put(builder, top.take(f"Investigation {label}"), "study", "", name)
    design = sheets.get("STUDY DESIGN DESCRIPTORS", Sheet([]))
    for column in range(1, design.width("Study Design Type") + 1):
        has_term = design.look(f"Study Design Type{ACCESSION}", column) or design.look(
            f"Study Design Type{REF}", column
        )
        if not has_term and (cell := design.take("Study Design Type", column)):
            builder.append("study", "", "keywords", {"text": cell.value}, said=cell.label)
    organisations: dict[str, str] = {}
    for of in ("Study", "Investigation"):
        _people(builder, sheets.get(f"{of.upper()} CONTACTS", Sheet([])), of, organisations)
        _articles(builder, sheets.get(f"{of.upper()} PUBLICATIONS", Sheet([])), of)
    _sources(sheets.get("ONTOLOGY SOURCE REFERENCE", Sheet([])))


def _sources(sheet: Sheet) -> None:
    """An ontology that has nothing but its name says no more than the terms that name it."""
    others = labels.TOP["ONTOLOGY SOURCE REFERENCE"][1:]
    for column in range(1, sheet.width("Term Source Name") + 1):
        if not any(sheet.look(label, column) for label in others):
            sheet.take("Term Source Name", column)


def _people(builder: Builder, sheet: Sheet, of: str, organisations: dict[str, str]) -> None:
    for column in range(1, sheet.width(*labels.SECTIONS[f"{of.upper()} CONTACTS"]) + 1):
        key = builder.add("contributor", f"{of.lower()}-person-{column}")
        for label, name in _PEOPLE:
            put(builder, sheet.take(f"{of} Person {label}", column), "contributor", key, name)
        for label in ORCID:
            if not builder.row("contributor", key).get("orcid"):
                put(builder, sheet.take(label, column), "contributor", key, "orcid")
        affiliation = sheet.take(f"{of} Person Affiliation", column)
        address = sheet.look(f"{of} Person Address", column)
        if affiliation:
            where = organisations.get(affiliation.value, "")
            if not where:
                where = organisations[affiliation.value] = builder.add("organisation")
                put(builder, affiliation, "organisation", where, "name")
                put(builder, sheet.take(f"{of} Person Address", column), "organisation", where, "address")
            elif builder.row("organisation", where).get("address") == address:
                sheet.take(f"{of} Person Address", column)
            builder.append("contributor", key, "affiliations", {"organisation": where}, said=affiliation.label)
        roles = sheet.look(f"{of} Person Roles", column)
        found = roles_in(roles)
        if found and ";".join(found) == roles:
            sheet.take(f"{of} Person Roles", column)
        for role in found:
            builder.append("contributor", key, "roles", {"role": role}, said=f"{of} Person Roles")


def _articles(builder: Builder, sheet: Sheet, of: str) -> None:
    for column in range(1, sheet.width(*labels.SECTIONS[f"{of.upper()} PUBLICATIONS"]) + 1):
        key = builder.add("publication", f"{of.lower()}-publication-{column}")
        for label, name in _ARTICLES:
            put(builder, sheet.take(f"{of} {label}", column), "publication", key, name)
        label = f"{of} Publication Status"
        if sheet.look(label, column).lower() in labels.STATUSES:
            plain = sheet.look(label, column) in labels.STATUSES
            cell = sheet.take(label, column)
            if cell:
                put(builder, Cell(label, column, 1, cell.number, cell.value.lower()), "publication", key, "status")
                if not plain:
                    builder.pair("publication", key, label, cell.value)


class Protocols:
    """The study's protocols by name. A description that a field took is not kept twice."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.columns = {sheet.look("Study Protocol Name", column): column
                        for column in range(sheet.width("Study Protocol Name"), 0, -1)}  # fmt: skip
        self.columns.pop("", None)
        self.taken: set[int] = set()
        self.made_here: set[int] = set()

    def kind(self, name: str) -> str:
        column = self.columns.get(name, 0)
        return protocol_kind(name, self.sheet.look("Study Protocol Type", column))

    def text(self, name: str) -> str:
        """The description, for a field."""
        column = self.columns.get(name, 0)
        self.taken.add(column)
        return self.sheet.look("Study Protocol Description", column)

    def is_made_here(self, name: str, kind: str, title: str) -> bool:
        """Whether the writer gave this protocol its name and type, so that they say nothing."""
        column = self.columns.get(name, 0)
        if name != labels.protocol_name(kind, title):
            return False
        if self.sheet.look("Study Protocol Type", column) != labels.PROTOCOL_TYPES[kind]:
            return False
        self.made_here.add(column)
        return True

    def finish(self, builder: Builder) -> None:
        for column in self.taken:
            self.sheet.take("Study Protocol Description", column)
        for column in self.made_here:
            self.sheet.take("Study Protocol Name", column)
            self.sheet.take("Study Protocol Type", column)
            self.sheet.take("Study Protocol Parameters Name", column)


def keep_rest(builder: Builder, section: str, sheet: Sheet) -> None:
    """What no field took becomes a named value of the study; its namespace says where it stood."""
    for cell in sorted(sheet.left(), key=lambda cell: cell.label.endswith((ACCESSION, REF))):
        builder.pair("study", "", cell.label, cell.value, curie=_curie(builder, section, sheet, cell),
                     namespace=place_name(section, cell.column, cell.occurrence))  # fmt: skip


def place_name(section: str, column: int, occurrence: int = 1) -> str:
    name = f"{labels.NAMESPACE}/{section.lower().replace(' ', '-')}/{column}"
    return f"{name}/{occurrence}" if occurrence > 1 else name


def _curie(builder: Builder, section: str, sheet: Sheet, cell: Cell) -> str:
    """The term that stands below a value. Ontology and accession stay where they are, as named values too."""
    ref, accession = (sheet.look(cell.label + ending, cell.column) for ending in (REF, ACCESSION))
    if not accession or ";" in accession:
        return ""
    read = read_accession(ref, accession)
    for fault in read.faults:
        tell(builder, fault, cell, section, ref)
    return read.curie


def tell(builder: Builder, fault: Fault, cell: Cell, section: str, ref: str, path: str = "") -> None:
    """Say what is wrong with a term: with its CURIE, in the field of this path, or with one of the cells below."""
    weight = Weight.REPAIR if fault.proposal else Weight.NOTE
    said, where, namespace = cell.label, path, ""
    if not fault.of_term:
        said += REF if fault.value == ref else ACCESSION
        where, namespace = "study", place_name(section, cell.column, cell.occurrence)
    builder.remark(weight, fault.message, said=said, value=fault.value, proposal=fault.proposal, path=where,
                   row=cell.number, namespace=namespace)  # fmt: skip


def term_of(builder: Builder, sheet: Sheet, cell: Cell, path: str) -> str:
    """The CURIE for a field of kind TERM; plain cells are taken with it."""
    ref, accession = (sheet.look(cell.label + ending, cell.column) for ending in (REF, ACCESSION))
    read = read_accession(ref, accession)
    if is_plain(read.curie, ref, accession):
        sheet.take(cell.label + REF, cell.column)
        sheet.take(cell.label + ACCESSION, cell.column)
    for fault in read.faults:
        tell(builder, fault, cell, "STUDY ASSAYS", ref, path)
    return read.curie


def note(builder: Builder, path: str, cell: Cell) -> None:
    builder.imported.sources[path] = Place(builder.file, row=cell.number, field=cell.label)
