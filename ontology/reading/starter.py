"""Starter sets: small tables of terms, one file an ontology, in the folder `ontology/starter`.

A file begins with lines `# name: value` (prefix, name, version, iri, terms, source, licence, note), of which `terms` is
how the terms' IRIs begin; then come columns with tabs between: curie, label, parents, synonyms, definition and, if
wanted, xrefs; parents, synonyms and xrefs have `|` between values. A synonym that is not exact begins with its scope
and a colon. The definition is empty where the ontology has none.
"""

from collections.abc import Iterator
from pathlib import Path

from ontology.reading.shapes import SUBCLASS, CannotRead, Header, Reading, ReadTerm
from ontology.reading.texts import lines_of

FOLDER = Path(__file__).parent.parent / "starter"
_SCOPES = ("related", "broad", "narrow")
_HEAD = ("prefix", "name", "version", "iri", "terms", "source", "licence")
_COLUMNS = ["curie", "label", "parents", "synonyms", "definition", "xrefs"]


def read_sets(folder: Path = FOLDER) -> list[Reading]:
    """All sets of the folder. Raises CannotRead, naming file and line, for what is no such table."""
    return [read(path) for path in sorted(folder.glob("*.tsv"))]


def is_mine(head: str) -> bool:
    return head.startswith("# prefix: ")


def read(path: Path) -> Reading:
    head: dict[str, str] = {}
    terms: list[ReadTerm] = []
    for number, given in enumerate(lines_of(path), 1):
        line = given.rstrip("\r\n")
        if line.startswith("# "):
            name, _, value = line[2:].partition(": ")
            head[name] = value
        elif missing := set(_HEAD) - set(head):
            raise CannotRead(f"the header lacks {', '.join(sorted(missing))}.", file=path.name)
        elif not line.startswith("curie\t"):
            terms.append(_term(line, head["terms"], path.name, number))
    if not terms:
        raise CannotRead("there are no terms in it.", file=path.name)
    curies = {term.curie for term in terms}
    if unknown := {parent for term in terms for _, parent in term.parents} - curies:
        raise CannotRead(f"parents that are not in the file: {', '.join(sorted(unknown))}.", file=path.name)
    header = Header(
        prefix=head.get("prefix", ""),
        name=head.get("name", ""),
        version=head.get("version", ""),
        iri=head.get("iri", ""),
        licence=head.get("licence", ""),
        source=head.get("source", ""),
        own=(head.get("prefix", ""),),
        is_part=True,
    )

    def stream() -> Iterator[ReadTerm]:
        yield from terms

    return Reading(header, stream)


def _term(line: str, base: str, file: str, number: int) -> ReadTerm:
    cells = line.split("\t")
    if not 5 <= len(cells) <= len(_COLUMNS) or ":" not in cells[0] or not cells[1]:
        raise CannotRead(f"a term is {', '.join(_COLUMNS)}, with tabs between.", file=file, field=f"line {number}")
    curie, label, parents, synonyms, definition, xrefs = (*cells, "")[: len(_COLUMNS)]
    return ReadTerm(
        curie=curie,
        iri=base + curie.split(":", 1)[1],
        label=label,
        definition=definition,
        synonyms=tuple(dict.fromkeys(_synonym(text) for text in synonyms.split("|") if text)),
        xrefs=tuple(filter(None, xrefs.split("|"))),
        parents=tuple((SUBCLASS, parent) for parent in parents.split("|") if parent),
    )


def _synonym(text: str) -> tuple[str, str]:
    scope, colon, rest = text.partition(":")
    return (scope, rest) if colon and scope in _SCOPES else ("exact", text)
