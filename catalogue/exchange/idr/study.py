"""The rows about the study as a whole: what it is, its people, articles and licence."""

import re
from collections.abc import Iterable

from catalogue.exchange.accessions import Accession
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import Place, Weight
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.sheet import Cell, Sheet
from catalogue.exchange.licences import licence_address, licence_id
from catalogue.exchange.tab import Rows, Text
from catalogue.rules import BY_KEY, Kind
from catalogue.rules.formats import normalise, problem

Organism = tuple[Cell, Accession, list[Cell]]
_PEOPLE = {
    "Study Person Last Name": "family_name",
    "Study Person First Name": "given_name",
    "Study Person Email": "email",
    "Study Person ORCID": "orcid",
}
_ARTICLES = {
    "Study Publication Title": "title",
    "Study DOI": "doi",
    "Study Author List": "authors",
    "Study PubMed ID": "pubmed_id",
}
DATA_DOI = "Study Data DOI"
_ROLE_KEYS = {words.lower(): key for key, label in BY_KEY["contributor"].field("roles").columns[0].choices
              for words in (key, label)}  # fmt: skip
_LISTED = re.compile(r"\s*[;,]\s*")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,8}[a-z]{2,12}(?:/\S*)?", re.IGNORECASE)


def read_study(builder: Builder, sheet: Sheet) -> list[Organism]:
    """Fill the study, its people, articles and links. Gives the organisms, which belong to samples."""
    for label, name in (("Study Title", "title"), ("Study Description", "description"),
                        ("Study Public Release Date", "release_date")):  # fmt: skip
        put(builder, sheet.take(label), "study", "", name)
    for column in range(1, sheet.width("Study Key Words") + 1):
        if cell := sheet.take("Study Key Words", column):
            builder.append("study", "", "keywords", {"text": cell.value}, said=cell.label)
    _licence(builder, sheet)
    for label in ("Study External URL", DATA_DOI):
        for column in range(1, sheet.width(label) + 1):
            _link(builder, sheet.take(label, column))
    _people(builder, sheet)
    _articles(builder, sheet)
    organisms = []
    for column in range(1, sheet.width("Study Organism") + 1):
        if cell := sheet.take("Study Organism", column):
            organisms.append((cell, *sheet.term(cell)))
    return organisms


def put(builder: Builder, cell: Cell | None, module: str, key: str, name: str) -> None:
    """A cell's value for a field, noted with its row."""
    if cell is None:
        return
    before = len(builder.imported.remarks)
    builder.put(module, key, name, cell.value, said=cell.label)
    path = f"{module}/{key}/{name}" if key else f"{module}/{name}"
    if path in builder.imported.sources:
        builder.imported.sources[path] = Place(builder.file, row=cell.number, field=cell.label)
    if cell.value.count('"') == 1 and cell.value.endswith('"'):
        message = "A quote that nothing opens stands at the end."
        builder.remark(Weight.REPAIR, message, said=cell.label, value=cell.value, proposal=cell.value[:-1], path=path)
    locate(builder, before, cell)


def locate(builder: Builder, before: int, cell: Cell) -> None:
    """Give the remarks that came since `before` the row of the cell that they are about."""
    remarks = builder.imported.remarks
    for number in range(before, len(remarks)):
        remark = remarks[number]
        if remark.place.row is None:
            place = Place(builder.file, row=cell.number, field=cell.label)
            remarks[number] = type(remark)(
                remark.weight, place, remark.message, remark.value, remark.proposal, remark.path
            )


def keep_rest(builder: Builder, sheet: Sheet, module: str, key: str) -> None:
    """What no field took becomes a named value; the column that it stands in goes into its namespace."""
    for cell in sheet.left():
        read, cells = sheet.term(cell) if not cell.label.endswith((labels.REF, labels.ACCESSION)) else (Accession(), [])
        builder.pair(module, key, cell.label, cell.value, curie=read.curie, namespace=namespace_of(cell))
        tell_of_term(builder, cell, read, cells, f"{module}/{key}" if key else module)
        if cell.value.lstrip().startswith("#"):
            message = "This looks like a hint of the template that was left in; it was kept as it stands."
            builder.remark(Weight.NOTE, message, said=cell.label, value=cell.value, row=cell.number)
        if not labels.is_label(cell.label):
            message = "IDR has no row of this name; it was kept as a named value."
            builder.remark(Weight.NOTE, message, said=cell.label, value=cell.value, row=cell.number)


def namespace_of(cell: Cell) -> str:
    """The namespace of a value that stands in this cell."""
    namespace = labels.NAMESPACE
    if cell.column > 1 or cell.occurrence > 1:
        namespace += f"/{cell.column}"
    return f"{namespace}/{cell.occurrence}" if cell.occurrence > 1 else namespace


def tell_of_term(
    builder: Builder, cell: Cell, read: Accession, cells: Iterable[Cell], entity: str, path: str = ""
) -> None:
    """Say what is wrong with a value's term. `path` is the field that has it, `entity` what keeps the cells below."""
    by_value = {one.value: one for one in cells}
    for fault in read.faults:
        at = by_value.get(fault.value) or next(iter(by_value.values()), cell)
        weight = Weight.REPAIR if fault.proposal else Weight.NOTE
        where, namespace = (path, "") if fault.of_term else (entity, namespace_of(at))
        builder.remark(weight, fault.message, said=at.label, value=fault.value, proposal=fault.proposal, path=where,
                       row=at.number, namespace=namespace)  # fmt: skip
    if not read.curie and not read.faults:
        for one in cells:
            message = f"“{cell.value}” names an ontology ({one.value}), but no term of it."
            builder.remark(Weight.NOTE, message, said=one.label, value=one.value, row=one.number)


def tell_of_text(builder: Builder, rows: Rows, text: Text) -> None:
    """Say what is wrong with a file of labelled rows as text: encodings, quotes, values behind a comment."""
    for number in text.mixed:
        message = "This line is not in UTF-8 as the others are; it was read as Windows-1252. Check its accents."
        builder.remark(Weight.NOTE, message, row=number)
    for number in rows.unclosed:
        message = "A quote is opened in this row and never closed; the row was taken to end with its line."
        builder.remark(Weight.NOTE, message, row=number)
    for row in rows.comments:
        if row.values:
            message = "This row is a comment (it begins with #), yet has values; they were left out."
            builder.remark(Weight.NOTE, message, said=row.label, value="\t".join(row.values), row=row.number)


def licence_words(spdx: str) -> str:
    """A licence as IDR writes it: CC-BY-4.0 is “CC BY 4.0”."""
    words = re.sub(r"^CC-(.*)-(\d\.\d)$", r"CC \1 \2", spdx).replace("CC0-", "CC0 ")
    return words if licence_id(words) == spdx else spdx


def _licence(builder: Builder, sheet: Sheet) -> None:
    cell, path = sheet.take("Study License"), "study/licence"
    address = sheet.look("Study License URL")
    named, addressed = licence_id(cell.value if cell else ""), licence_id(address)
    if cell is None:
        proposal = addressed or "CC-BY-4.0"
        message = "There is no licence." + ("" if addressed else " Most studies in IDR have CC BY 4.0: take it only if "
                                            "the authors agree.")  # fmt: skip
        builder.remark(Weight.REPAIR, message, said="Study License", proposal=proposal, path=path)
        return
    if named:
        put(builder, Cell(cell.label, 1, 1, cell.number, named), "study", "", "licence")
        if cell.value != licence_words(named):
            builder.pair("study", "", cell.label, cell.value)
    else:
        builder.row("study")["licence"] = cell.value
        message = "This is no licence that is known here; choose one."
        builder.remark(Weight.REPAIR if addressed else Weight.NOTE, message, said=cell.label, value=cell.value,
                       proposal=addressed, path=path, row=cell.number)  # fmt: skip
    if named and address == licence_address(named):
        sheet.take("Study License URL")
    elif named and addressed and addressed != named:
        message = f"The licence is {named}, but its address is that of {addressed}."
        builder.remark(Weight.REPAIR, message, said=cell.label, value=cell.value, proposal=addressed, path=path,
                       row=cell.number)  # fmt: skip


def _link(builder: Builder, cell: Cell | None) -> None:
    if cell is None:
        return
    key = builder.add("link", "link-1")
    row, path = builder.row("link", key), f"link/{key}/url"
    row["url"] = cell.value
    if cell.label == DATA_DOI:
        row["description"] = DATA_DOI
    builder.imported.sources[path] = Place(builder.file, row=cell.number, field=cell.label)
    fault = problem(Kind.URL, cell.value.strip())
    if fault:
        proposal = f"https://{cell.value.strip()}" if _HOST.fullmatch(cell.value.strip()) else ""
        builder.remark(Weight.REPAIR if proposal else Weight.NOTE, fault, said=cell.label, value=cell.value,
                       proposal=proposal, path=path, row=cell.number)  # fmt: skip


def _people(builder: Builder, sheet: Sheet) -> None:
    rows = (*_PEOPLE, "Study Person Address", "Study Person Roles")
    organisations: dict[str, str] = {}
    for column in range(1, sheet.width(*rows) + 1):
        key = builder.add("contributor", f"person-{column}")
        for label, name in _PEOPLE.items():
            put(builder, sheet.take(label, column), "contributor", key, name)
        if address := sheet.take("Study Person Address", column):
            if address.value not in organisations:
                organisation = builder.add("organisation", f"organisation-{len(organisations) + 1}")
                organisations[address.value] = organisation
                put(builder, address, "organisation", organisation, "name")
            affiliation = {"organisation": organisations[address.value]}
            builder.append("contributor", key, "affiliations", affiliation, said=address.label)
        if roles := sheet.take("Study Person Roles", column):
            found = roles_in(roles.value)
            for role in found:
                builder.append("contributor", key, "roles", {"role": role}, said=roles.label)
            if "; ".join(found) != roles.value:
                builder.pair("contributor", key, roles.label, roles.value)


def roles_in(text: str) -> list[str]:
    """DataCite's contributor types that the words name."""
    words = [word.lower() for word in _LISTED.split(text.strip())]
    found = [_ROLE_KEYS.get(word) or labels.ROLES.get(word, "") for word in words]
    return list(dict.fromkeys(filter(None, found)))


def _articles(builder: Builder, sheet: Sheet) -> None:
    others = ("Study PMC ID", "Study Publication Preprint")
    for column in range(1, sheet.width(*_ARTICLES, *others) + 1):
        key = builder.add("publication", f"publication-{column}")
        for label, name in _ARTICLES.items():
            put(builder, cell := sheet.take(label, column), "publication", key, name)
            if cell and label == "Study DOI" and doi_address(normalise(Kind.DOI, cell.value)) != cell.value:
                builder.pair("publication", key, label, cell.value)
        for label in others:
            if cell := sheet.take(label, column):
                builder.pair("publication", key, label, cell.value)


def doi_address(doi: str) -> str:
    return f"https://doi.org/{doi}" if not problem(Kind.DOI, doi) else doi
