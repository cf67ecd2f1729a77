"""The files of an input: the submission, and file lists in JSON or tab-separated beside it."""

import csv
import io
from collections.abc import Iterator

from catalogue.exchange import json_text
from catalogue.exchange.biostudies.names import NAMESPACE, same
from catalogue.exchange.biostudies.page import Attribute, PageFile, Parser
from catalogue.exchange.biostudies.qualifiers import pair_of
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Pair


def is_mine(files: Files) -> bool:
    return submission_name(files) is not None


def submission_name(files: Files) -> str | None:
    """Which of the files is the submission."""
    for name, path in files.items():
        if name.lower().endswith(".json"):
            head = json_text.head(path)
            if '"section"' in head and '"@graph"' not in head and ('"attributes"' in head or '"accno"' in head):
                return name
    return None


def list_name(key: str) -> str:
    """The name of the file list of a component, where none is given."""
    return f"file_list_{key}.json" if key else "file_list.json"


def listed_files(name: str, files: Files) -> Iterator[PageFile]:
    if name.lower().endswith(".json"):
        yield from Parser(name).files(json_text.load(files[name], name))
        return
    try:
        text = files[name].read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(f"The file list “{name}” is not in UTF-8. Save it as UTF-8.", file=name) from error
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    heading = next(rows, [])
    if not heading or same(heading[0]) != "files":
        raise CannotRead(f"The file list “{name}” should begin with a column “Files”.", file=name, row=1)
    for row in rows:
        if row and row[0]:
            values = zip(heading[1:], row[1:], strict=False)
            yield PageFile(row[0], attributes=tuple(Attribute(column, value) for column, value in values if value))


def line_of(file: PageFile, component: str, of: str) -> FileLine:
    """The file with its attributes; `of` is the section other than a component that names it."""
    line = FileLine(file.path, component, size=file.size)
    if file.type and file.type != "file":
        line.pairs.append(Pair(NAMESPACE, "type", file.type))
    if of:
        line.pairs.append(Pair(NAMESPACE, "of section", of))
    for one in file.attributes:
        pair, left = pair_of(one, NAMESPACE)
        if not one.name_qualifiers and same(one.name) in {"sha256", "plate", "well", "specimen"} and not pair.curie:
            setattr(line, same(one.name), one.value)
        elif pair.value or pair.curie:
            line.pairs.append(pair)
        line.pairs += [Pair(NAMESPACE, f"{one.name} [{name}]", value) for name, value in left if value]
    return line
