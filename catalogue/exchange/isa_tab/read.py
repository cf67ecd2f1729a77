"""An ISA-Tab archive → a dossier. Sources become samples, samples preparations, assays components with their files."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, Files, Imported, Weight
from catalogue.exchange.idr.sheet import Sheet
from catalogue.exchange.idr.study import tell_of_text
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.assays import read_assay, read_loose_files
from catalogue.exchange.isa_tab.samples import Samples
from catalogue.exchange.isa_tab.study import Protocols, keep_rest, read_study
from catalogue.exchange.overlay import fill, is_overlay
from catalogue.exchange.tab import Row, labelled_rows, read_text

HEAD = 4096
LOOSE = "vitrine-files.txt"  # files that are of no assay, as the writer leaves them


def is_mine(files: Files) -> bool:
    """Whether there is an ISA-Tab investigation file among them."""
    return any(_is_investigation(name, path) for name, path in files.items())


def _is_investigation(name: str, path: Path) -> bool:
    if not name.lower().endswith(".txt"):
        return False
    with path.open("rb") as file:
        head = file.read(HEAD).replace(b"\0", b"")
    return b"ONTOLOGY SOURCE REFERENCE" in head or (
        PurePosixPath(name).name.startswith("i_") and b"INVESTIGATION" in head
    )


def read(files: Files) -> Imported:
    """The study. Raises CannotRead if there is no investigation file, more than one, or one without a study."""
    found = sorted(name for name, path in files.items() if _is_investigation(name, path))
    if len(found) != 1:
        said = "There is no ISA-Tab investigation file (i_….txt) among these." if not found else (
            f"There are {len(found)} investigation files here. Import one at a time.")  # fmt: skip
        raise CannotRead(said, file=found[0] if found else next(iter(files), ""))
    name = found[0]
    text = read_text(files[name], name=name)
    rows = labelled_rows(text.text, is_label=labels.is_label)
    top, studies = _sections(rows.rows)
    if not studies:
        raise CannotRead("This investigation file has no section STUDY. Is it whole?", file=name)
    builder = Builder(file=name, namespace=labels.NAMESPACE)
    tell_of_text(builder, rows, text)
    overlays = [row for row in studies[0].get("STUDY", ()) if is_overlay(row.label)]
    sheets = {section: Sheet([row for row in part if not is_overlay(row.label)])
              for section, part in [*top.items(), *studies[0].items()]}  # fmt: skip
    _tell(builder, studies, sheets)
    read_study(builder, sheets)
    _tables(builder, sheets, files, PurePosixPath(name).parent)
    for section, sheet in sheets.items():
        keep_rest(builder, section, sheet)
    fill(builder.imported.dossier, [(row.label, row.values[0] if row.values else "") for row in overlays])
    return builder.imported


def _sections(rows: list[Row]) -> tuple[dict[str, list[Row]], list[dict[str, list[Row]]]]:
    """The investigation's sections, then those of each study."""
    top: dict[str, list[Row]] = {}
    studies: list[dict[str, list[Row]]] = []
    into: list[Row] = top.setdefault("INVESTIGATION", [])
    for row in rows:
        if row.label == "STUDY" and not row.values:
            studies.append({})
        if row.label in labels.SECTIONS and not row.values:
            holder = studies[-1] if studies and row.label in labels.STUDY else top
            into = holder.setdefault(row.label, [])
        else:
            into.append(row)
    return top, studies


def _tell(builder: Builder, studies: list[dict[str, list[Row]]], sheets: Mapping[str, Sheet]) -> None:
    for other in studies[1:]:
        cells = [row for row in other.get("STUDY", ()) if row.label == "Study Title"]
        title = " ".join(cells[0].values) if cells else ""
        message = f"The investigation has {len(studies)} studies; the first was read. Import this one by itself."
        builder.remark(Weight.ERROR, message, said="Study Title", value=title, row=cells[0].number if cells else None)
    lacking = [section for section in labels.STUDY if section not in studies[0]]
    if lacking:
        message = f"The file seems cut off or incomplete: it has no section {lacking[0]}. What is there was read."
        builder.remark(Weight.ERROR, message, said=lacking[0])
    for section, sheet in sheets.items():
        for row in sheet.rows:
            if not labels.is_label(row.label):
                message = f"ISA-Tab has no row of this name in {section}; its values were kept as named values."
                builder.remark(Weight.NOTE, message, said=row.label, value=row.label, row=row.number)


def _tables(builder: Builder, sheets: Mapping[str, Sheet], files: Files, folder: PurePosixPath) -> None:
    """The tables that the investigation names, with the protocols that their rows refer to."""
    protocols = Protocols(sheets.get("STUDY PROTOCOLS", Sheet([])))
    samples = Samples(builder, protocols)
    study, assays = sheets["STUDY"], sheets.get("STUDY ASSAYS", Sheet([]))
    if (cell := study.take("Study File Name")) and (table := _text(builder, files, folder, cell.value)):
        samples.read(*table)
    for column in range(1, assays.width(*labels.STUDY["STUDY ASSAYS"]) + 1):
        cell = assays.take("Study Assay File Name", column)
        table = _text(builder, files, folder, cell.value) if cell else None
        name, text = table or (cell.value if cell else "", "")
        read_assay(builder, assays, column, name, text, samples, protocols)
    if loose := _path(files, folder, LOOSE):
        read_loose_files(builder, loose, read_text(files[loose], name=loose).text, samples)
    protocols.finish(builder)


def _path(files: Files, folder: PurePosixPath, name: str) -> str:
    """The name under which a file came: beside the investigation file, or anywhere."""
    there = [given for given in files if given == str(folder / name)]
    there += [given for given in files if PurePosixPath(given).name == PurePosixPath(name).name]
    return there[0] if there else ""


def _text(builder: Builder, files: Files, folder: PurePosixPath, name: str) -> tuple[str, str] | None:
    given = _path(files, folder, name.strip())
    if not given:
        message = f"The investigation names the table {name}, which is not among the files. Add it, and import again."
        builder.remark(Weight.ERROR, message, said=name)
        return None
    text = read_text(files[given], name=given)
    if text.mixed:
        message = f"{len(text.mixed)} lines are not UTF-8; they were read as Windows-1252. Check their accents."
        builder.remark(Weight.NOTE, message, file=given, row=text.mixed[0])
    return given, text.text
