"""The rows of one screen or experiment: a study component with its sample, preparation, imaging and analysis."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalogue.exchange.building import Builder
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.sheet import Cell, Sheet
from catalogue.exchange.idr.study import Organism, keep_rest, locate, put, tell_of_term


@dataclass(frozen=True)
class Part:
    """A screen or experiment: the ids of its rows in the document, and what finds its tables."""

    component: str
    biosample: str
    specimen: str
    folder: str  # e.g. "screenA"
    links: tuple[str, ...]  # names of columns by which the processed table is tied to the library


# What a protocol is about → the field that its description goes to.
PROTOCOL_FIELDS = {
    labels.GROWTH: ("biosample", "growth_protocol"),
    labels.PREPARATION: ("specimen", "sample_preparation"),
    labels.IMAGING: ("acquisition", "image_acquisition_parameters"),
    labels.ANALYSIS: ("analysis", "analysis_method"),
}


def read_part(builder: Builder, sheet: Sheet, number: int, organisms: list[Organism]) -> Part:
    """Fill the rows of one screen or experiment."""
    kind = labels.EXPERIMENT if sheet.has("Experiment Number") else labels.SCREEN
    ids = {module: builder.add(module, f"{module}-{number}") for module in ("biosample", "specimen", "acquisition")}
    component = builder.add("component", f"{kind.lower()}-{number}")
    name = sheet.take(f"Comment[IDR {kind} Name]")
    title = name.value if name else f"{kind} {number}"
    put(builder, name, "component", component, "title")
    for module, key in [*ids.items(), *([] if name else [("component", component)])]:
        builder.row(module, key)["title"] = title
    put(builder, sheet.take(f"{kind} Description"), "component", component, "description")
    put(builder, sheet.take(f"{kind} Sample Type"), "biosample", ids["biosample"], "biological_entity")
    builder.row("specimen", ids["specimen"])["biosample"] = ids["biosample"]
    for cell, read, cells in organisms:
        before = len(builder.imported.remarks)
        row = len(builder.row("biosample", ids["biosample"]).get("organisms", ()))
        term = {"organism": {"text": cell.value, "curie": read.curie}}
        builder.append("biosample", ids["biosample"], "organisms", term, said=cell.label)
        tell_of_term(builder, cell, read, cells, "study", f"biosample/{ids['biosample']}/organisms/{row}/organism")
        locate(builder, before, cell)
        if number == 1 and not read.is_plain:
            for one in cells:
                namespace = labels.NAMESPACE + (f"/{one.column}" if one.column > 1 else "")
                builder.pair("study", "", one.label, one.value, namespace=namespace)
    _methods(builder, sheet, kind, ids["acquisition"], f"component/{component}")
    _conditions(builder, sheet, ids["biosample"], f"component/{component}")
    _channels(builder, sheet, ids["specimen"], component)
    analysis = _protocols(builder, sheet, ids, number, title)
    analysis = _phenotypes(builder, sheet, analysis, number, title, f"component/{component}")
    if kind == labels.EXPERIMENT and sheet.look("Experiment Number") == str(number):
        sheet.take("Experiment Number")
    links = tuple(
        value for label in ("Processed Data Column Link To Library File", "Processed Data Column Link To Assay File")
        for column in range(1, sheet.width(label) + 1) if (value := sheet.look(label, column).strip())
    )  # fmt: skip
    keep_rest(builder, sheet, "component", component)
    association = {**ids, **({"analysis": analysis} if analysis else {})}
    builder.append("component", component, "associations", association, said=f"{kind} Number")
    return Part(component, ids["biosample"], ids["specimen"], title.rpartition("/")[2], links)


def _methods(builder: Builder, sheet: Sheet, kind: str, acquisition: str, entity: str) -> None:
    label = f"{kind} Imaging Method"
    for column in range(1, sheet.width(label) + 1):
        if cell := sheet.take(label, column):
            read, cells = sheet.term(cell)
            row = len(builder.row("acquisition", acquisition).get("methods", ()))
            term = {"method": {"text": cell.value, "curie": read.curie}}
            builder.append("acquisition", acquisition, "methods", term, said=label)
            tell_of_term(builder, cell, read, cells, entity, f"acquisition/{acquisition}/methods/{row}/method")


def _conditions(builder: Builder, sheet: Sheet, biosample: str, entity: str) -> None:
    """Experimental conditions are what varies between the images."""
    for label in ("Library Experimental Conditions", "Assay Experimental Conditions"):
        for column in range(1, sheet.width(label) + 1):
            if sheet.look(label, column).strip().lower() in {"", "none"}:
                continue
            if cell := sheet.take(label, column):
                variable = {"kind": "experimental", "name": cell.value}
                builder.append("biosample", biosample, "variables", variable, said=label)
                tell_of_term(builder, cell, *sheet.term_beside(cell), entity)


def _channels(builder: Builder, sheet: Sheet, specimen: str, component: str) -> None:
    label = "Raw Image Channels"
    for column in range(1, sheet.width(label) + 1):
        cell = sheet.take(label, column)
        if cell is None:
            continue
        found = channels_in([cell.value])
        for tag, content in found:
            add_channel(builder, specimen, tag, content, said=label)
        if [cell.value] != [f"{tag}: {content}" for tag, content in found]:
            namespace = labels.NAMESPACE + (f"/{column}" if column > 1 else "")
            builder.pair("component", component, label, cell.value, namespace=namespace)


def channels_in(texts: Iterable[str]) -> dict[tuple[str, str], None]:
    """(label, what it shows) of each channel, in order: “GFP: tubulin; DAPI: nuclei”."""
    found: dict[tuple[str, str], None] = {}
    for text in texts:
        for part in text.split(";"):
            tag, colon, content = part.partition(":")
            if colon and tag.strip() and content.strip():
                found.setdefault((tag.strip(), content.strip()))
    return found


def add_channel(builder: Builder, specimen: str, tag: str, content: str, *, said: str) -> None:
    """A channel of the preparation, if it is not there."""
    for key in builder.ids("channel"):
        row = builder.row("channel", key)
        if (row["specimen"], row.get("channel_label"), row["content"]["text"]) == (specimen, tag, content):
            return
    key = builder.add("channel", f"channel-{len(builder.ids('channel')) + 1}")
    builder.row("channel", key)["specimen"] = specimen
    builder.put("channel", key, "content", content, said=said)
    builder.put("channel", key, "channel_label", tag, said=said)


def _protocols(builder: Builder, sheet: Sheet, ids: dict[str, str], number: int, title: str) -> str:
    """Put each protocol's description in the field that it is about. Gives the id of the analysis, if there is one."""
    found: dict[str, list[tuple[str, Cell]]] = {}
    for column in range(1, sheet.width("Protocol Description") + 1):
        name, type_ = sheet.look("Protocol Name", column), sheet.look("Protocol Type", column)
        if cell := sheet.take("Protocol Description", column):
            found.setdefault(labels.protocol_kind(name, type_), []).append((heading(name, type_, column), cell))
    analysis = ""
    if labels.ANALYSIS in found:
        analysis = _analysis(builder, number, title)
    for kind, protocols in found.items():
        module, field = PROTOCOL_FIELDS[kind]
        text = joined(protocols)
        key = analysis if module == "analysis" else ids[module]
        first = protocols[0][1]
        put(builder, Cell(first.label, first.column, 1, first.number, text), module, key, field)
    for kind, (name, type_) in {kind: (text, text) for kind, text in labels.DEFAULT_PROTOCOLS.items()}.items():
        for column in range(1, sheet.width("Protocol Name") + 1):
            same = (sheet.look("Protocol Name", column), sheet.look("Protocol Type", column)) == (name, type_)
            if same and len(found.get(kind, ())) == 1 and not sheet.look("Protocol Type Term Accession", column):
                sheet.take("Protocol Name", column)
                sheet.take("Protocol Type", column)
    return analysis


def _phenotypes(builder: Builder, sheet: Sheet, analysis: str, number: int, title: str, entity: str) -> str:
    """The terms of the phenotypes, up to the first that has none. Gives the id of the analysis, if there is one."""
    column, label = 1, "Phenotype Term Name"
    while cell := sheet.take(label, column):
        if not analysis:
            analysis = _analysis(builder, number, title)
        builder.row("analysis", analysis)["analysis_result_type"] = "phenotype"
        read, cells = sheet.term(cell)
        builder.append("analysis", analysis, "phenotypes", {"phenotype": {"text": cell.value, "curie": read.curie}},
                       said=label)  # fmt: skip
        tell_of_term(builder, cell, read, cells, entity, f"analysis/{analysis}/phenotypes/{column - 1}/phenotype")
        column += 1
    return analysis


def _analysis(builder: Builder, number: int, title: str) -> str:
    key = builder.add("analysis", f"analysis-{number}")
    builder.row("analysis", key)["title"] = title
    return key


def heading(name: str, type_: str, column: int) -> str:
    """What a protocol is called where several are told in one field."""
    return name.strip() or type_.strip() or f"Protocol {column}"


def joined(protocols: list[tuple[str, Cell]]) -> str:
    """One protocol as it is; several one after another, each after its name."""
    if len(protocols) == 1:
        return protocols[0][1].value
    return "\n\n".join(f"{name}: {cell.value}" for name, cell in protocols)
