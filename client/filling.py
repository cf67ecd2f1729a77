"""Writes what the images answer into a document that a person can go on with."""

from pathlib import Path

from catalogue.exchange.dossier import Dossier
from catalogue.exchange.formats import format_of
from catalogue.exchange.grouping import FILES
from client.checking import Looked
from client.trouble import Trouble


def fill(place: Path, looked: Looked) -> None:
    """A workbook or YAML with the folder's document, filled. What is there is only replaced if it is that document.

    Raises Trouble.
    """
    key = {".xlsx": "workbook", ".yaml": "yaml", ".yml": "yaml"}.get(place.suffix.lower())
    if key is None:
        raise Trouble(f"{place.name}: write to a file that ends in .xlsx or .yaml.")
    if place.exists() and (looked.document_path is None or not place.samefile(looked.document_path)):
        raise Trouble(f"{place} is there already; choose another name, or remove it.")
    known = format_of(key)
    assert known.write is not None
    components = [dict(row) for row in looked.filled.get("components") or ()]
    document = {**looked.filled, "components": components} if components else looked.filled
    if key == "yaml":
        for row, patterns in zip(components, looked.patterns, strict=False):
            row |= {FILES: patterns} if patterns else {}
    written = known.write(Dossier(document, looked.dossier.files, looked.dossier.pairs))
    try:
        part = place.with_name(f"{place.name}.part")
        part.write_bytes(next(iter(written.values())))
        part.replace(place)
    except OSError as error:
        raise Trouble(f"{place} cannot be written: {error.strerror}.") from error
