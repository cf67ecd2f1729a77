"""OMERO's key-values as CSV: what its annotation scripts export (OBJECT_ID, OBJECT_NAME, a column a key), and the
tables that omero-metadata takes (a line “# header s,d,…”, then Image Name, Dataset Name, Plate, Well, …).

Each row is a line about an image; a row “namespace” gives the columns' namespaces.
"""

from pathlib import Path, PurePosixPath

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.image_databases.values import component
from catalogue.exchange.tab import read_text, table_rows

NAMESPACE = "openmicroscopy.org/omero/client/mapAnnotation"
HEAD = 4096
_ID = {"object_id", "image", "image_id", "imageid"}
_NAME = {"object_name", "image name", "image_name", "imagename"}
_DATASET = {"dataset", "dataset name", "dataset_name", "project", "screen"}
_PLATE, _WELL = {"plate", "plate name", "plate_name"}, {"well", "well name", "well_name"}


def is_mine(files: Files) -> bool:
    return any(_is_table(name, path) for name, path in files.items())


def _is_table(name: str, path: Path) -> bool:
    if not name.lower().endswith((".csv", ".tsv")):
        return False
    with path.open("rb") as file:
        lines = file.read(HEAD).decode("utf-8-sig", errors="replace").lower().splitlines()[:2]
    if not lines:
        return False
    return lines[0].startswith("# header") or "object_id" in lines[0] or "object_name" in lines[0]


def read(files: Files) -> Imported:
    """The rows of every such table. Raises CannotRead if there is none."""
    names = [name for name, path in files.items() if _is_table(name, path)]
    if not names:
        raise CannotRead("There is no table with a column OBJECT_ID or OBJECT_NAME among these.")
    builder = Builder(file=names[0], namespace=NAMESPACE)
    for name in names:
        _table(builder, name, read_text(files[name], name=name).text)
    return builder.imported


def _table(builder: Builder, name: str, text: str) -> None:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=(text.split("\n", 2)[1] if first.startswith("#") and "\n" in text else first).count)
    rows = list(table_rows(text, delimiter=delimiter, name=name))
    if rows and rows[0][1][0].startswith("# header"):
        rows.pop(0)
    if not rows:
        builder.remark(Weight.ERROR, "This table is empty.", file=name)
        return
    header = [cell.strip() for cell in rows.pop(0)[1]]
    roles = {at: role for at, cell in enumerate(header) for role, words in (
        ("id", _ID), ("name", _NAME), ("dataset", _DATASET), ("plate", _PLATE), ("well", _WELL),
    ) if cell.lower() in words}  # fmt: skip
    namespaces: list[str] = []
    if rows and rows[0][1][0].strip().lower() == "namespace":
        namespaces = [cell.strip() for cell in rows.pop(0)[1]]
    components: dict[str, str] = {}
    for number, cells in rows:
        said = {role: cells[at].strip() for at, role in roles.items() if at < len(cells) and cells[at].strip()}
        path = _path(said)
        if not path:
            message = "This row names no image; add its name or id."
            builder.remark(Weight.ERROR, message, file=name, row=number, value=delimiter.join(cells))
            continue
        dataset = said.get("dataset", "")
        if dataset and dataset not in components:
            components[dataset] = component(builder, dataset)
        line = FileLine(path, components.get(dataset, ""), plate=said.get("plate", ""), well=said.get("well", ""))
        for at, cell in enumerate(cells):
            if cell.strip() and roles.get(at) not in ("dataset", "plate", "well"):
                namespace = namespaces[at] if at < len(namespaces) and roles.get(at) is None else ""
                title = header[at] if at < len(header) and header[at] else f"Column {at + 1}"
                line.pairs.append(Pair(namespace or NAMESPACE, title, cell))
        builder.imported.dossier.files.append(line)


def _path(said: dict[str, str]) -> str:
    """Where the image lies: its name, in its dataset or well."""
    name = said.get("name", "")
    if not name and said.get("plate") and said.get("well"):
        return f"{said['plate']}/{said['well']}"
    name = name or said.get("id", "")
    folder = said.get("dataset", "") or said.get("plate", "")
    return str(PurePosixPath(folder, name)) if name and folder else name
