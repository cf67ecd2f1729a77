"""Small things that several readers do with the texts of ontologies."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ontology.reading.shapes import CannotRead

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MARKUP = re.compile(r"</?(?:i|b|em|strong|small|sub|sup|stereo|ring|element|locant|greek|nobr|p|br|span)\s*/?>")


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text in UTF-8, with their ends. Raises CannotRead where it is none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                message = "there are bytes in it that are no text in UTF-8."
                raise CannotRead(message, file=path.name, field=f"line {number}") from error


def plain(text: str) -> str:
    """The text on one line, without the HTML that ChEBI and others put into names and definitions."""
    return " ".join(_MARKUP.sub("", text).split())


def version_in(text: str) -> str:
    """The version as people name it: of an IRI or path of a release, the day or the part after "releases"."""
    text = text.strip()
    if found := _DAY.search(text):
        return found[0]
    parts = [part for part in re.split("[/#]", text) if part]
    if "releases" in parts[:-1]:
        return parts[parts.index("releases") + 1]
    return text if "/" not in text else ""


def main_prefix(ontology: str, prefixes: Mapping[str, int]) -> str:
    """The prefix of an ontology's own terms: the one that its id or IRI names, else the one that most terms have."""
    names = {re.sub(r"\.\w+$", "", part).lower() for part in re.split("[/#]", ontology) if part}
    named = [prefix for prefix in prefixes if prefix.lower() in names]
    return max(named or prefixes, key=lambda prefix: prefixes[prefix], default="")
