"""Our vocabularies, published below /ns/: names are added, none changes its meaning; that would be a new address."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from publishing.renditions.links import absolute

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Vocabulary:
    path: str  # its address on the site, and its namespace with `#` behind it
    file: str
    label: str


VOCABULARIES = (Vocabulary("/ns/rembi/v1", "rembi-v1.ttl", "REMBI and MIFA metadata as linked data"),)
BY_PATH = {vocabulary.path: vocabulary for vocabulary in VOCABULARIES}


@cache
def turtle(vocabulary: Vocabulary) -> bytes:
    """The vocabulary as Turtle. The file's IRIs are relative, so that they are those of this site."""
    return f"@base <{absolute(vocabulary.path)}> .\n".encode() + (_FOLDER / vocabulary.file).read_bytes()


def terms(vocabulary: Vocabulary) -> set[str]:
    """The IRIs that the vocabulary defines."""
    return {triple.subject.value for triple in ox.parse(turtle(vocabulary), ox.RdfFormat.TURTLE)
            if isinstance(triple.subject, ox.NamedNode)}  # fmt: skip
