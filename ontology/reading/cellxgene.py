"""Ontologies as the Python package `cellxgene-ontology-guide` has them: JSON packed by Zstandard, one object a term.

A term has its label, definition, synonyms and all its ancestors with their distances, by "is a" and "part of" together,
so the links up are "broader". An ancestor at distance 1 is a parent; where terms of other ontologies stand between, the
parents are those ancestors that stand above no other. NCBITaxon's 844 MB are never in memory at once.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from ontology.prefixes import curie_in, iri_of, spelled
from ontology.reading.shapes import BROADER, CannotRead, Header, Reading, ReadTerm
from ontology.reading.texts import plain

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_PACKAGE = "cellxgene_ontology_guide"
_CHUNK = 1 << 20  # characters


def folder() -> Path:
    """Where the package's files are. Raises CannotRead if it is not installed."""
    try:
        return Path(str(files(_PACKAGE) / "data"))
    except ModuleNotFoundError as error:
        raise CannotRead(
            "The package cellxgene-ontology-guide is not installed: install vitrine[ontologies]."
        ) from error


def releases() -> list[tuple[str, str, Path]]:
    """(prefix, version, file) of the newest version of each ontology in the package."""
    info = json.loads((folder() / "latest_ontology_info.json").read_text())["ontologies"]
    return [(spelled(prefix), one["version"], _file(prefix, one["version"])) for prefix, one in info.items()]


def find(wanted: str) -> list[Path]:
    """The files for "CL,UBERON@v2025-08-15": the newest version where none is named; all ontologies if nothing is."""
    newest = {prefix: path for prefix, _, path in releases()}
    if not wanted:
        return list(newest.values())
    found = []
    for one in wanted.split(","):
        prefix, _, version = one.strip().partition("@")
        path = newest.get(spelled(prefix))
        if path and version:
            path = _file(path.name.partition("-ontology-")[0], version)
        if path is None or not path.is_file():
            has = sorted(
                file.name.removesuffix(".json.zst").replace("-ontology-", "@") for file in folder().glob("*.zst")
            )
            raise CannotRead(f"the package cellxgene-ontology-guide has no {one.strip()}; it has {', '.join(has)}.")
        found.append(path)
    return found


def _file(prefix: str, version: str) -> Path:
    return folder() / f"{prefix}-ontology-{version}.json.zst"


def is_mine(path: Path) -> bool:
    return path.name.endswith(".json.zst") and "-ontology-" in path.name


def read(path: Path) -> Reading:
    prefix, _, version = path.name.removesuffix(".json.zst").partition("-ontology-")
    parents = _parents(path)
    own = tuple(dict.fromkeys(curie.partition(":")[0] for curie in parents.prefixes))
    header = Header(
        prefix=spelled(prefix), version=version, own=own or (spelled(prefix),),
        source=f"PyPI cellxgene-ontology-guide, {path.name}",
    )  # fmt: skip
    return Reading(header, lambda: _terms(path, parents))


class _Parents:
    """Which links up are not just those at distance 1."""

    def __init__(self) -> None:
        self.prefixes: dict[str, None] = {}
        self.odd: dict[str, tuple[str, ...]] = {}


def _parents(path: Path) -> _Parents:
    found = _Parents()
    counts: dict[str, int] = {}  # of ancestors
    single: dict[str, str] = {}
    several: dict[str, dict[str, int]] = {}
    for key, term in _objects(path):
        above: Mapping[str, int] = term["ancestors"]
        found.prefixes.setdefault(f"{(curie_in(key) or key).partition(':')[0]}:")
        counts[key] = len(above)
        nearest = [curie for curie, distance in above.items() if distance == 1]
        if len(nearest) == 1:
            single[key] = nearest[0]
        if len(nearest) > 1 or (above and not nearest):
            several[key] = dict(above)
    # With one parent, all other ancestors are the parent's, unless some come by terms of other ontologies.
    torn = {key for key, parent in single.items() if counts[key] != counts.get(parent, 0) + 1}
    if torn:
        several |= {key: dict(term["ancestors"]) for key, term in _objects(path) if key in torn}
    for key, above in several.items():
        found.odd[key] = tuple(_nearest(above, several, single))
    return found


def _nearest(above: Mapping[str, int], several: Mapping[str, Iterable[str]], single: Mapping[str, str]) -> list[str]:
    """The ancestors at distance 1, and those that stand above no other ancestor."""
    covered: set[str] = set()
    for curie in above:
        step = curie
        while step in single and step not in several:
            step = single[step]
            covered.add(step)
        covered.update(several.get(step, ()))
    return [curie for curie, distance in above.items() if distance == 1 or curie not in covered]


def _terms(path: Path, parents: _Parents) -> Iterator[ReadTerm]:
    for key, term in _objects(path):
        curie = curie_in(key) or key
        above = parents.odd.get(key)
        if above is None:
            above = tuple(one for one, distance in term["ancestors"].items() if distance == 1)
        replaced_by = term.get("replaced_by") or ""
        yield ReadTerm(
            curie=curie,
            iri=iri_of(curie),
            label=plain(term["label"] or ""),
            definition=plain(term.get("description") or ""),
            synonyms=tuple(("exact", plain(text)) for text in dict.fromkeys(term.get("synonyms", ()))),
            parents=tuple((BROADER, curie_in(one) or one) for one in above),
            obsolete=bool(term["deprecated"]),
            replaced_by=curie_in(replaced_by) or replaced_by,
            consider=tuple(curie_in(one) or one for one in term.get("consider", ())),
        )


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The members of the one large object, without ever having all of it in memory."""
    decode = json.JSONDecoder().raw_decode
    with _told(path.name), zstd.open(path, "rt", encoding="utf-8") as file:
        text, at = file.read(_CHUNK), 1
        if not text.startswith("{"):
            raise ValueError("it does not begin with {")
        while True:
            try:
                key, after = decode(text, at)
                term, after = decode(text, after + 1)
            except (json.JSONDecodeError, IndexError):
                more = file.read(_CHUNK)
                if not more:
                    raise
                text, at = text[at:] + more, 0
                continue
            yield key, term
            if after >= len(text) - 1:
                text, after = text[after:] + file.read(_CHUNK), 0
            if text[after : after + 1] == "}":
                return
            at = after + 1


@contextmanager
def _told(file: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError, TypeError, zstd.ZstdError) as error:
        raise CannotRead(f"it is cut short or not as the package has it ({error}).", file=file) from error
