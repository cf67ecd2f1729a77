"""The starter sets: small tables of terms in the folder `starter`, one file an ontology, read into dataclasses.

A file begins with lines `# name: value` (prefix, name, version, iri, terms, source, licence, note), of which `terms` is
how the terms' IRIs begin; then come columns with tabs between: curie, label, parents, synonyms and definition; parents
and synonyms have `|` between values. A synonym that is not exact begins with its scope and a colon. The definition is
empty where the ontology has none.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "starter"
_SCOPES = ("related", "broad", "narrow")
_HEAD = ("prefix", "name", "version", "iri", "terms", "source", "licence")


@dataclass(frozen=True)
class StarterTerm:
    curie: str
    iri: str
    label: str
    parents: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]  # (scope, text)
    definition: str


@dataclass(frozen=True)
class StarterSet:
    prefix: str
    name: str
    version: str
    iri: str
    source: str
    licence: str  # SPDX id
    terms: tuple[StarterTerm, ...]


def read_sets(folder: Path = FOLDER) -> list[StarterSet]:
    """All sets of the folder. Raises ValueError, naming file and line, for what is no such table."""
    return [_read(path) for path in sorted(folder.glob("*.tsv"))]


def _read(path: Path) -> StarterSet:
    head: dict[str, str] = {}
    terms: list[StarterTerm] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# "):
            name, _, value = line[2:].partition(": ")
            head[name] = value
        elif missing := set(_HEAD) - set(head):
            raise ValueError(f"{path.name}: the header lacks {', '.join(sorted(missing))}")
        elif not line.startswith("curie\t"):
            terms.append(_term(line, head["terms"], f"{path.name}:{number}"))
    if not terms:
        raise ValueError(f"{path.name}: there are no terms in it")
    curies = {term.curie for term in terms}
    if unknown := {parent for term in terms for parent in term.parents} - curies:
        raise ValueError(f"{path.name}: parents that are not in the file: {', '.join(sorted(unknown))}")
    return StarterSet(
        head["prefix"], head["name"], head["version"], head["iri"], head["source"], head["licence"], tuple(terms)
    )


def _term(line: str, base: str, place: str) -> StarterTerm:
    cells = line.split("\t")
    if len(cells) != 5 or ":" not in cells[0] or not cells[1]:
        raise ValueError(f"{place}: a term is a curie, a label, parents, synonyms and a definition, with tabs between")
    curie, label, parents, synonyms, definition = cells
    return StarterTerm(
        curie=curie,
        iri=base + curie.split(":", 1)[1],
        label=label,
        parents=tuple(filter(None, parents.split("|"))),
        synonyms=tuple(_synonym(text) for text in synonyms.split("|") if text),
        definition=definition,
    )


def _synonym(text: str) -> tuple[str, str]:
    scope, colon, rest = text.partition(":")
    return (scope, rest) if colon and scope in _SCOPES else ("exact", text)
