"""An assay and its table: a study component, with its imaging and one line for each file."""

import re
from collections.abc import Iterable

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import FileLine, Pair, Weight
from catalogue.exchange.idr.labels import ANALYSIS, IMAGING
from catalogue.exchange.idr.sheet import Sheet
from catalogue.exchange.idr.study import put
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.samples import Samples
from catalogue.exchange.isa_tab.study import Protocols, note, term_of
from catalogue.exchange.isa_tab.table import PROTOCOL, SAMPLE, Node, Table
from catalogue.exchange.tab import table_rows

RAW = "Raw Data File"
TITLE, DESCRIPTION = "Comment[Component title]", "Comment[Component description]"
BYTES, DIGEST, PLATE, WELL = "Comment[Bytes]", "Comment[SHA-256]", "Comment[Plate]", "Comment[Well]"
FOREIGN = re.compile(r"Comment\[(?P<namespace>[^|]{0,300}) \| (?P<name>.{1,500}?)(?: \| (?P<part>unit|term))?\]")
MANY = 200  # preparations that one component is tied to


def read_assay(
    builder: Builder, sheet: Sheet, column: int, file: str, text: str, samples: Samples, protocols: Protocols
) -> None:
    component = builder.add("component", f"component-{column}")
    title = sheet.take(TITLE, column)
    put(builder, title, "component", component, "title")
    put(builder, sheet.take(DESCRIPTION, column), "component", component, "description")
    row = builder.row("component", component)
    row.setdefault("title", file or f"Assay {column}")
    if file and (file != file_name(column) or not title):
        builder.pair("component", component, "Study Assay File Name", file.rpartition("/")[2])
    acquisition = builder.add("acquisition", f"acquisition-{column}")
    builder.row("acquisition", acquisition)["title"] = row["title"]
    put(builder, sheet.take("Study Assay Technology Platform", column), "acquisition", acquisition,
        "imaging_instrument")  # fmt: skip
    if cell := sheet.take("Study Assay Technology Type", column):
        path = f"acquisition/{acquisition}/methods/0/method"
        term = {"text": cell.value, "curie": term_of(builder, sheet, cell, path)}
        builder.append("acquisition", acquisition, "methods", {"method": term}, said=cell.label)
        note(builder, path, cell)
    specimens, refs = _rows(builder, component, file, text, samples, protocols, str(row["title"]))
    analysis = _protocols(builder, refs, acquisition, column, str(row["title"]), protocols)
    for specimen in list(dict.fromkeys(specimens))[:MANY] or [""]:
        biosample = builder.row("specimen", specimen).get("biosample", "") if specimen else ""
        association = {"biosample": biosample, "specimen": specimen, "acquisition": acquisition, "analysis": analysis}
        filled = {name: value for name, value in association.items() if value}
        builder.append("component", component, "associations", filled, said=SAMPLE)
    if len(set(specimens)) > MANY:
        message = f"The assay has {len(set(specimens))} samples; the component was tied to the first {MANY} of them."
        builder.remark(Weight.NOTE, message, file=file)


def file_name(column: int) -> str:
    """What the writer calls the table of an assay."""
    return f"a_assay{column}.txt"


def _rows(builder: Builder, component: str, file: str, text: str, samples: Samples, protocols: Protocols,
          title: str) -> tuple[list[str], list[str]]:  # fmt: skip
    """Each file of each row as a line. Gives the preparations, and the names of the protocols that rows refer to."""
    rows = list(table_rows(text, delimiter="\t", name=file))
    specimens: list[str] = []
    refs: dict[str, None] = {}
    if not rows:
        return specimens, []
    table = Table(rows[0][1])
    for number, cells in rows[1:]:
        nodes = table.nodes(cells)
        name = next((node.name for node in nodes if node.label == SAMPLE), "")
        if name and name not in samples.specimens:
            message = f"The study table has no sample “{name}”; it was made."
            builder.remark(Weight.NOTE, message, file=file, row=number, value=name, said=SAMPLE)
            samples.specimen(name, "")
        specimen = samples.specimens.get(name, "")
        specimens += [specimen] if specimen else []
        used = {node.name: None for node in nodes if node.label == PROTOCOL and node.name}
        refs |= used
        made = {ref for ref in used if any(protocols.is_made_here(ref, kind, title) for kind in (IMAGING, ANALYSIS))}
        builder.imported.dossier.files += _lines(component, specimen, nodes, made, f"{file}#row={number}")
    for label, fault in table.faults:
        builder.remark(Weight.REPAIR if fault.proposal else Weight.NOTE, fault.message, said=label, value=fault.value,
                       proposal=fault.proposal, file=file)  # fmt: skip
    return specimens, list(refs)


def _lines(component: str, specimen: str, nodes: Iterable[Node], made: set[str], otherwise: str) -> list[FileLine]:
    """One line a file. What comes before the first file is said of it; a row without a file is a line by itself."""
    lines: list[FileLine] = []
    before: list[Pair] = []
    for node in nodes:
        into = lines[-1].pairs if lines else before
        if node.is_file and node.name:
            lines.append(FileLine(node.name, component, specimen=specimen))
            into = lines[-1].pairs
            if node.label != RAW:
                into.append(Pair(labels.TABLE, "Data node", node.label))
        elif node.label not in ("", SAMPLE) and node.name and node.name not in made:
            into.append(Pair(labels.TABLE, node.label, node.name))
        into += node.attributes
    if not lines:
        if not before:
            return []
        lines = [FileLine(otherwise, component, specimen=specimen)]
    lines[0].pairs[:0] = before
    for line in lines:
        _own_columns(line)
    return lines


def _own_columns(line: FileLine) -> None:
    """Take what our own comments say out of the named values, and give foreign ones their namespaces back."""
    kept: list[Pair] = []
    parts: dict[tuple[str, str, int], dict[str, str]] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for pair in line.pairs:
        if pair.name == BYTES and line.size is None and pair.value.isascii() and pair.value.isdigit():
            line.size = int(pair.value[:18])
        elif pair.name == DIGEST and not line.sha256:
            line.sha256 = pair.value
        elif pair.name == PLATE and not line.plate:
            line.plate = pair.value
        elif pair.name == WELL and not line.well:
            line.well = pair.value
        elif found := FOREIGN.fullmatch(pair.name):
            part = found["part"] or "value"
            count = seen[found["namespace"], found["name"], part] = (
                seen.get((found["namespace"], found["name"], part), -1) + 1
            )
            parts.setdefault((found["namespace"], found["name"], count), {})[part] = pair.value
        else:
            kept.append(pair)
    line.pairs[:] = kept + [
        Pair(namespace, name, cells.get("value", ""), cells.get("unit", ""), cells.get("term", ""))
        for (namespace, name, _), cells in parts.items()
    ]


def _protocols(builder: Builder, refs: list[str], acquisition: str, column: int, title: str,
               protocols: Protocols) -> str:  # fmt: skip
    """The descriptions of the protocols of an assay. Gives the id of its analysis, if there is one."""
    imaging = [(ref, protocols.text(ref)) for ref in refs if protocols.kind(ref) == IMAGING]
    analysing = [(ref, protocols.text(ref)) for ref in refs if protocols.kind(ref) == ANALYSIS]
    key = ""
    for found, module, field in ((imaging, "acquisition", "image_acquisition_parameters"),
                                 (analysing, "analysis", "analysis_method")):  # fmt: skip
        told = [one for one in found if one[1]]
        if not told:
            continue
        text = told[0][1] if len(told) == 1 else "\n\n".join(f"{name}: {text}" for name, text in told)
        if module == "analysis":
            key = builder.add("analysis", f"analysis-{column}")
            builder.row("analysis", key)["title"] = title
        builder.put(module, key if module == "analysis" else acquisition, field, text, said=told[0][0])
    return key


def read_loose_files(builder: Builder, file: str, text: str, samples: Samples) -> None:
    """Files that are of no assay."""
    rows = list(table_rows(text, delimiter="\t", name=file))
    table = Table(rows[0][1] if rows else [])
    for number, cells in rows[1:]:
        nodes = table.nodes(cells)
        name = next((node.name for node in nodes if node.label == SAMPLE), "")
        specimen = samples.specimens.get(name, "")
        builder.imported.dossier.files += _lines("", specimen, nodes, set(), f"{file}#row={number}")
