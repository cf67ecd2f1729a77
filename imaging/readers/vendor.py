"""What readers of vendors' formats share: their metadata as key-values by path, and the errors of their libraries."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree

from imaging.errors import ImageError, said_by
from imaging.facts import KeyValue
from imaging.ome.model import ENTITIES

# What libraries say of files that are cut off, and of those that are something else, in small letters.
CUT_OFF = ("truncated", "unpack requires", "unclosed token", "no element found", "chunkmap signature", "end of file",
           "not a valid settings file", "not enough data")  # fmt: skip
ANOTHER = ("signature not found", "not a compound document", "not recognized as", "not a leica image file")
LONGEST_VALUE = 100_000  # characters; what is longer is a table or a picture, not a value


@contextmanager
def library_errors(path: Path, title: str) -> Iterator[None]:
    """Raise whatever a library raises about bytes that are not what it expects as ImageError."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:  # of any class: each library has its own
        raise ImageError(path=str(path), field=f"{title} file", reason=_in_words(error, title)) from error


def _in_words(error: Exception, title: str) -> str:
    """What is likely wrong with a file of which a library complains; its own words only where those are not known."""
    said = str(error).lower()
    if any(words in said for words in CUT_OFF):
        return f"ends too early: it is cut off, or was not saved to its end; upload or copy the {title} file again."
    if any(words in said for words in ANOTHER):
        return f"is no {title} file, whatever its name says; check which file was meant, and upload that one."
    detail = said_by(error)
    return f"is damaged, and cannot be read as {title}: upload or export it again (its library says: {detail})."


def flat(namespace: str, value: Any, prefix: str = "") -> Iterator[KeyValue]:
    """Nested mappings and lists as key-values by path ("Camera/Binning", "Lasers[2]/Power"); empty ones say nothing.

    Lists of numbers become one value with spaces between them.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(namespace, inner, f"{prefix}/{name}" if prefix else str(name))
    elif isinstance(value, bytes | bytearray):
        if any(value):
            yield from flat(namespace, bytes(value).hex(), prefix)
    elif isinstance(value, list | tuple | np.ndarray):
        if all(isinstance(inner, int | float | str | np.generic) for inner in value):
            yield from flat(namespace, " ".join(str(inner) for inner in value), prefix)
        else:
            for number, inner in enumerate(value, 1):
                yield from flat(namespace, inner, f"{prefix}[{number}]" if len(value) > 1 else prefix)
    elif value is not None:
        text = str(value).replace("\0", "").strip()
        if text and len(text) <= LONGEST_VALUE:
            yield KeyValue(namespace, prefix, text)


def flat_xml(namespace: str, element: etree._Element, prefix: str = "") -> Iterator[KeyValue]:
    """An XML element's attributes and texts, and those below it, as key-values by path ("Items/Distance[2]/@Id", where
    elements of one name are counted from 1)."""
    for name, value in element.attrib.items():
        if str(value).strip():
            yield from flat(namespace, str(value), f"{prefix}/@{etree.QName(name).localname}".lstrip("/"))
    if element.text and element.text.strip():
        yield from flat(namespace, element.text, prefix or etree.QName(element).localname)
    names = [etree.QName(child).localname for child in element.iterchildren(etree.Element)]
    all_of = Counter(names)
    counts: Counter[str] = Counter()
    for child, name in zip(element.iterchildren(etree.Element), names, strict=True):
        counts[name] += 1
        place = f"{name}[{counts[name]}]" if all_of[name] > 1 else name
        yield from flat_xml(namespace, child, f"{prefix}/{place}".lstrip("/"))


def parse_xml(path: Path, field: str, text: str | bytes) -> etree._Element:
    """A vendor's XML, without entities or what lies elsewhere; raises ImageError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=False)
    try:
        return etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = f"is not well-formed XML ({error}); the file is damaged: upload or export it again."
        raise ImageError(path=str(path), field=field, reason=reason) from error


def chosen(entity: str, name: str, text: str) -> str:
    """A value of OME's attribute, or "" if it is none of those that OME lets one choose from."""
    choices = ENTITIES[entity].by_name[name].choices
    return text if not choices or text in choices else ""


def iso_date(text: str, *formats: str) -> str | None:
    """A date as OME has it, from a maker's form of it (formats as of strptime); None if it is of none of them."""
    for one in formats:
        with suppress(ValueError):
            return datetime.strptime(text, one).isoformat()
    return None
