"""Tables of public OME-Zarr images, as the 2024 NGFF challenge gathered them: address, licence, organism, method.

Each image is a file line; each pair of organism and method a component with its sample and set-up. Every cell is kept.
"""

import csv
import io
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from catalogue.exchange import json_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, Files, Imported, Pair, Weight
from catalogue.exchange.licences import licence_id
from catalogue.exchange.terms import curie_in

NAMESPACE = "ngff-challenge"
_ADDRESS, _ORGANISM, _METHOD, _LICENCE, _SIZE = "url", "organismId", "fbbiId", "license", "written"
_UNITS = {"written": "bytes"}
_IMAGE = re.compile(r"https?://\S+\.zarr/?")  # some lists are addresses only, without a heading
Line = tuple[int, dict[str, str]]  # number as people count, cells by heading


def is_mine(files: Files) -> bool:
    return any(_is_table(name, files) for name in files)


def _is_table(name: str, files: Files) -> bool:
    if not name.lower().endswith(".csv"):
        return False
    heading = json_text.head(files[name]).lstrip("\ufeff").partition("\n")[0].strip()
    return {_ADDRESS, _ORGANISM, _METHOD} <= set(heading.split(",")) or bool(_IMAGE.fullmatch(heading))


def read(files: Files) -> Imported:
    """The images of all tables. Raises CannotRead."""
    tables = {name: list(_lines(name, files)) for name in files if _is_table(name, files)}
    if not any(tables.values()):
        raise CannotRead(
            f"None of these tables lists images: each needs columns {_ADDRESS}, {_ORGANISM} and {_METHOD}."
        )
    builder = Builder(file=next(iter(tables)), namespace=NAMESPACE)
    licences = {line[_LICENCE] for lines in tables.values() for _, line in lines if line.get(_LICENCE)}
    if len(licences) == 1:
        licence = licences.pop()
        builder.put("study", "", "licence", licence_id(licence) or licence, said=_LICENCE)
    elif licences:
        message = "The images have different licences; each is kept with its image. Choose one for the study."
        builder.remark(Weight.NOTE, message, said=_LICENCE, value=", ".join(sorted(licences)))
    components: dict[tuple[str, str], str] = {}
    for name, lines in tables.items():
        builder.file = name
        for number, line in lines:
            _image(builder, components, name, number, line)
    return builder.imported


def _lines(name: str, files: Files) -> Iterator[Line]:
    try:
        text = files[name].read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(f"“{name}” is not in UTF-8. Save it as UTF-8.", file=name) from error
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = next(rows, [])
        if heading and _IMAGE.fullmatch(heading[0]):
            yield rows.line_num, {_ADDRESS: heading[0]}
            heading = [_ADDRESS]
        for row in rows:
            if any(row):
                extra = {f"column {place}": cell for place, cell in enumerate(row[len(heading) :], len(heading) + 1)}
                yield rows.line_num, {**dict(zip(heading, row, strict=False)), **extra}
    except csv.Error as error:
        raise CannotRead(f"“{name}” cannot be read as CSV: {error}.", file=name, row=rows.line_num) from error


def _image(
    builder: Builder, components: dict[tuple[str, str], str], name: str, number: int, line: dict[str, str]
) -> None:  # fmt: skip
    """One image: its line, with every cell beside the address."""
    address = line.get(_ADDRESS, "")
    if not re.match(r"https?://", address):
        message = "This row has no address of an image; it was not taken."
        builder.remark(Weight.ERROR, message, file=name, row=number, said=_ADDRESS, value=",".join(line.values()))
        return
    wanted = line.get(_ORGANISM, ""), line.get(_METHOD, "")
    if wanted not in components:
        components[wanted] = _component(builder, name, number, *wanted)
    size = re.fullmatch(r"(\d+)(?:\.\d+)?", line.get(_SIZE, ""))
    made = builder.line(
        unquote(urlsplit(address).path).strip("/"), components[wanted], size=int(size[1]) if size else None
    )
    for column, cell in line.items():
        if cell:
            curie = curie_in(cell) if column in {_ORGANISM, _METHOD} else ""
            made.pairs.append(Pair(NAMESPACE, column, cell, _UNITS.get(column, ""), curie))


def _component(builder: Builder, name: str, number: int, organism: str, method: str) -> str:
    """A component for images of one organism by one method, with what the terms tell."""
    row = {}
    if organism:
        row["biosample"] = builder.add("biosample")
        builder.append("biosample", row["biosample"], "organisms", {"organism": _term(organism)}, said=_ORGANISM)
        builder.put("biosample", row["biosample"], "title", organism, said=_ORGANISM)
    if method:
        row["acquisition"] = builder.add("acquisition")
        builder.append("acquisition", row["acquisition"], "methods", {"method": _term(method)}, said=_METHOD)
        builder.put("acquisition", row["acquisition"], "title", method, said=_METHOD)
    for said, value in ((_ORGANISM, organism), (_METHOD, method)):
        if value and not curie_in(value):
            message = "This is no id of a term; it is kept as text."
            builder.remark(Weight.NOTE, message, file=name, row=number, said=said, value=value)
    component = builder.add("component")
    builder.put("component", component, "title", ", ".join(filter(None, (organism, method))) or "Images", said=_ADDRESS)
    builder.append("component", component, "associations", row, said=_ORGANISM)
    return component


def _term(text: str) -> dict[str, str]:
    """The term by its id; its name comes from the site's ontologies."""
    curie = curie_in(text)
    return {"text": "" if curie else text, "curie": curie}
