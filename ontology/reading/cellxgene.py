"""Ontologies as the Python package `cellxgene-ontology-guide` has them: JSON packed by Zstandard, one object a term.

A term has its label, definition, synonyms and all its ancestors with their distances, by "is a" and "part of" together,
so the links up are "broader". An ancestor at distance 1 is a parent; where terms of other ontologies stand between, the
parents are those ancestors that stand above no other. NCBITaxon's 844 MB are never in memory at once.
"""

import json
import marshal
import sys
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile
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
_BATCH = 1000  # terms
# Key in the file, CURIE, label, definition, synonyms, whether obsolete, replacement, what to consider.
_Values = tuple[str, str, str, str, tuple[str, ...], bool, str, tuple[str, ...]]


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
    kept = _Kept(path)
    header = Header(
        prefix=spelled(prefix), version=version, own=tuple(kept.prefixes) or (spelled(prefix),),
        source=f"PyPI cellxgene-ontology-guide, {path.name}",
    )  # fmt: skip
    return Reading(header, kept.terms)


class _Kept:
    """The terms in a temporary file, without their ancestors, which are ten times as much as the rest; with their
    parents, most of which are known when a term is read and some only when all are."""

    def __init__(self, path: Path) -> None:
        self.prefixes: dict[str, None] = {}
        self._file = TemporaryFile()  # noqa: SIM115  (closed with this)
        weakref.finalize(self, self._file.close)
        self._batches = 0
        counts: dict[str, int] = {}  # of ancestors
        single: dict[str, str] = {}
        several: dict[str, dict[str, int]] = {}
        batch: list[_Values] = []
        with _told(path.name):
            for key, term in _objects(path):
                above: dict[str, int] = term["ancestors"]
                counts[key] = len(above)
                nearest = [curie for curie, distance in above.items() if distance == 1]
                if len(nearest) == 1:
                    single[key] = nearest[0]
                elif above:
                    several[key] = above
                batch.append(_values(key, term))
                self.prefixes.setdefault(batch[-1][1].partition(":")[0])
                if len(batch) == _BATCH:
                    self._keep(batch)
            self._keep(batch)
        # With one parent, all other ancestors are the parent's, unless some come by terms of other ontologies.
        torn = {key for key, parent in single.items() if counts[key] != counts.get(parent, 0) + 1}
        if torn:
            several |= {key: term["ancestors"] for key, term in _objects(path) if key in torn}
        self._single = single
        self._several = {key: tuple(_nearest(above, several, single)) for key, above in several.items()}

    def _keep(self, batch: list[_Values]) -> None:
        marshal.dump(batch, self._file)
        batch.clear()
        self._batches += 1

    def terms(self) -> Iterator[ReadTerm]:
        at = 0
        for _ in range(self._batches):
            self._file.seek(at)
            batch: list[_Values] = marshal.load(self._file)
            at = self._file.tell()
            for key, curie, label, definition, synonyms, obsolete, replaced_by, consider in batch:
                above = self._several.get(key) or ((self._single[key],) if key in self._single else ())
                yield ReadTerm(
                    curie=curie,
                    iri=iri_of(curie),
                    label=label,
                    definition=definition,
                    synonyms=tuple(("exact", text) for text in synonyms),
                    parents=tuple((BROADER, curie_in(one) or one) for one in above),
                    obsolete=obsolete,
                    replaced_by=replaced_by,
                    consider=consider,
                )


def _values(key: str, term: dict[str, Any]) -> _Values:
    """Raises KeyError or TypeError where a term is not as it should be."""
    replaced_by = term.get("replaced_by") or ""
    return (
        key,
        curie_in(key) or key,
        plain(term["label"] or ""),
        plain(term.get("description") or ""),
        tuple(plain(text) for text in dict.fromkeys(term.get("synonyms", ()))),
        bool(term["deprecated"]),
        curie_in(replaced_by) or replaced_by,
        tuple(curie_in(one) or one for one in term.get("consider", ())),
    )


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
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zstd.ZstdError) as error:
        raise CannotRead(f"it is cut short or not as the package has it ({error}).", file=file) from error
