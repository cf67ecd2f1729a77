"""LINCS: metadata of datasets, cells and reagents, CSV or JSON with the field names of its standards (CL_…, SM_…).

A dataset is the study, a cell a sample, a reagent a variable of every sample; rows of files are file lines.
Source: LINCS metadata standards, and the API of the LINCS data portal.
"""

from collections.abc import Iterator
from pathlib import Path

from catalogue.exchange import json_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, Files, Imported, Pair, Weight
from catalogue.exchange.image_databases.values import (
    Object,
    is_json,
    keep,
    leaves,
    objects,
    organisation,
    person,
    take,
)  # fmt: skip
from catalogue.exchange.tab import read_text, table_rows

NAMESPACE = "lincsproject.org"
_CELLS, _REAGENTS = ("CL_", "IP_", "PC_", "DC_"), ("SM_", "AB_", "PR_", "NP_")
_MARKS = ("cl_name", "cl_lincs_id", "sm_name", "sm_lincs_id", "datasetid", "lincs_id", "ab_name", "facility_id")
_TITLES = ("datasetname", "dataset_name", "dataset_title", "title")
_DESCRIPTIONS = ("description", "dataset_description", "summary", "project_summary")
_LEADERS = ("principalinvestigator", "principal_investigator", "lab_head", "screen_lead")
_CENTRES = ("centerfullname", "centername", "center_name", "center")
_PATHS = ("filename", "file_name", "file", "path", "image_path")
HEAD = 4096


def is_mine(files: Files) -> bool:
    return any(_is_table(name, path) for name, path in files.items())


def _is_table(name: str, path: Path) -> bool:
    lower = name.lower()
    if is_json(lower):
        head = json_text.head(path).lower()
        return any(f'"{mark}"' in head for mark in _MARKS if mark != "facility_id")
    if not lower.endswith((".csv", ".tsv")):
        return False
    with path.open("rb") as file:
        first = file.read(HEAD).decode("utf-8-sig", errors="replace").lower().split("\n", 1)[0]
    cells = {cell.strip().strip('"') for cell in first.replace("\t", ",").split(",")}
    return bool(cells & set(_MARKS))


def read(files: Files) -> Imported:
    """The study. Raises CannotRead."""
    names = [name for name, path in files.items() if _is_table(name, path)]
    if not names:
        raise CannotRead("There is no table with LINCS fields (CL_Name, SM_Name, datasetid, …) among these.")
    builder = Builder(file=names[0], namespace=NAMESPACE)
    rows = [(name, number, row) for name in names for number, row in _rows(name, files[name])]
    for _, _, row in rows:
        if _kind(row) == "cell":
            _cell(builder, row)
    datasets = 0
    for name, number, row in rows:
        kind = _kind(row)
        if kind == "dataset":
            datasets += 1
            _dataset(builder, name, number, row, first=datasets == 1)
        elif kind == "reagent":
            _reagent(builder, row)
        elif kind == "file":
            path = take(row, *(key for key in row if key.lower() in _PATHS))
            line = builder.line(path)
            line.pairs = [Pair(NAMESPACE, place, value) for place, value in leaves(row)]
        elif kind != "cell":
            keep(builder, "study", "", row, f"{name} row {number}")
    return builder.imported


def _rows(name: str, path: Path) -> Iterator[tuple[int, Object]]:
    if is_json(name):
        yield from enumerate(objects(path, name), 1)
        return
    text = read_text(path, name=name).text
    delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
    rows = table_rows(text, delimiter=delimiter, name=name)
    _, header = next(rows, (0, []))
    for number, cells in rows:
        named = {
            column or f"Column {at}": cell for at, (column, cell) in enumerate(zip(header, cells, strict=False), 1)
        }
        named |= {f"Column {at}": cell for at, cell in enumerate(cells[len(header) :], len(header) + 1)}
        yield number, named


def _kind(row: Object) -> str:
    names = [key.upper() for key in row]
    lower = {key.lower() for key in row}
    if lower & set(_TITLES) and lower & {"datasetid", "dataset_id", "facility_id", "datasetname", "dataset_title"}:
        return "dataset"
    if any(name.startswith(_CELLS) for name in names):
        return "cell"
    if any(name.startswith(_REAGENTS) for name in names):
        return "reagent"
    return "file" if lower & set(_PATHS) else ""


def _named(row: Object, *names: str) -> str:
    """The first of these fields that has a value, whatever its case; taken out."""
    for name in names:
        for key in list(row):
            if key.lower() == name.lower() and (value := take(row, key)):
                return value
    return ""


def _dataset(builder: Builder, name: str, number: int, row: Object, *, first: bool) -> None:
    if not first:
        message = "There is more than one dataset; the first is the study, this one was kept beside it."
        builder.remark(Weight.ERROR, message, file=name, row=number, value=_title(row))
        keep(builder, "study", "", row, f"dataset {number}")
        return
    builder.put("study", "", "title", _named(row, *_TITLES), said="datasetname")
    builder.put("study", "", "description", _named(row, *_DESCRIPTIONS), said="description")
    centre, leader = _named(row, *_CENTRES), _named(row, *_LEADERS)
    where = organisation(builder, centre) if centre else ""
    key = person(builder, full=leader, role="ProjectLeader") if leader else ""
    if key and where:
        builder.append("contributor", key, "affiliations", {"organisation": where})
    keep(builder, "study", "", row)


def _title(row: Object) -> str:
    return next((str(value) for key, value in row.items() if key.lower() in _TITLES), "")


def _cell(builder: Builder, row: Object) -> None:
    key = builder.add("biosample")
    title = _named(row, "CL_Name", "IP_Name", "PC_Name", "DC_Name", "entityName", "name")
    builder.put("biosample", key, "title", title, said="CL_Name")
    builder.put("biosample", key, "strain", title, said="CL_Name")
    if organism := _named(row, "CL_Organism", "IP_Organism", "PC_Organism", "DC_Organism"):
        builder.append("biosample", key, "organisms", {"organism": {"text": organism, "curie": ""}}, said="CL_Organism")
    entity = _named(row, "CL_Cell_Type", "CL_Tissue", "CL_Organ", "PC_Cell_Type", "DC_Cell_Type")
    builder.put("biosample", key, "biological_entity", entity, said="CL_Cell_Type")
    growth = _named(row, "CL_Recommended_Culture_Conditions")
    builder.put("biosample", key, "growth_protocol", growth, said="CL_Recommended_Culture_Conditions")
    if disease := _named(row, "CL_Disease"):
        variable = {"kind": "intrinsic", "name": "disease", "value": {"text": disease, "curie": ""}}
        builder.append("biosample", key, "variables", variable, said="CL_Disease")
    keep(builder, "biosample", key, row)


def _reagent(builder: Builder, row: Object) -> None:
    """What was added is a variable of each sample; the rest that is known of it stays with the study."""
    name = next((str(value) for key, value in row.items() if key.upper().endswith("_NAME")), "")
    prefix = next((key[:3].upper() for key in row if key.upper().startswith(_REAGENTS)), "")
    what = {"SM_": "small molecule", "AB_": "antibody", "PR_": "protein", "NP_": "nucleic acid"}.get(prefix, "reagent")
    for key in builder.ids("biosample"):
        if name:
            variable = {"kind": "extrinsic", "name": what, "value": {"text": name, "curie": ""}}
            builder.append("biosample", key, "variables", variable, said=f"{prefix}Name")
    keep(builder, "study", "", row, f"{what} {name}".strip())
