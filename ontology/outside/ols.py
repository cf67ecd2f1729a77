"""OLS4, the Ontology Lookup Service of EMBL-EBI; its REST API (HAL), as its documentation and its answers have it.

Terms are addressed by their IRI, percent-encoded twice. `/search` finds tokens even with `exact=true` and says nothing
of obsolescence, so the term itself is asked before it is believed.
"""

import math
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from base.asking import LookupFailed, Register, answer, inside, listed, not_understood, text
from ontology.bindings import Binding
from ontology.models import Synonym
from ontology.outside.shapes import Hit, Said
from ontology.prefixes import curie_in, curie_of, iri_of, spdx, spelled
from ontology.reading import Header, ReadTerm

REGISTER = Register("OLS", "OLS_API", otherwise="choose from what is loaded here")
ROWS = 20
MOST_ANCESTORS = 200
SECONDS_FOR_ALL = 30.0  # that a person waits for a term with all above it
_A_PAGE = 100
_AT_ONCE = 4  # questions
_MOST_CURIE = 100  # characters, as Term has room for
_SCOPES = {
    "hasexactsynonym": Synonym.Scope.EXACT,
    "hasrelatedsynonym": Synonym.Scope.RELATED,
    "hasbroadsynonym": Synonym.Scope.BROAD,
    "hasnarrowsynonym": Synonym.Scope.NARROW,
}


@dataclass(frozen=True)
class Described:
    """A term as OLS has it, and where it said so."""

    term: ReadTerm
    said: Said


def search(words: str, bound: Binding) -> Iterator[Hit]:
    """Terms of the binding with these words in their names. Raises LookupFailed."""
    below = {curie.partition(":")[0] for curie in bound.branches}
    if bound.ontologies:
        yield from _search(words, bound.ontologies)
    if below:
        yield from _search(words, sorted(below), [iri_of(curie) for curie in bound.branches])


def _search(words: str, ontologies: Any, branches: list[str] | None = None) -> Iterator[Hit]:
    parameters = {
        "q": words,
        "ontology": ",".join(one.lower() for one in ontologies),
        "type": "class",
        "queryFields": "label,synonym",
        "rows": str(ROWS),
        **({"allChildrenOf": ",".join(branches)} if branches else {}),
    }
    found = answer(REGISTER, "search", parameters)
    docs = inside(found.body, "response", "docs")
    if not isinstance(docs, list):
        raise not_understood(REGISTER, found)
    for doc in docs:
        iri, label = text(inside(doc, "iri")), text(inside(doc, "label"))
        curie = curie_in(text(inside(doc, "obo_id"))) or curie_of(iri)
        if iri and label and curie:
            names = tuple(("", name) for one in listed(inside(doc, "synonym")) if (name := text(one)))
            said = Said.of(REGISTER.name, found)
            yield Hit(iri, curie, label, said, _first(inside(doc, "description")), names, in_branch=bool(branches))


def term(curie: str) -> Described | None:
    """The term with this CURIE, None if OLS has none. Raises LookupFailed."""
    found = answer(REGISTER, _path(curie))
    if found.body is None:
        return None
    read = _read(found.body)
    if read is None:
        raise not_understood(REGISTER, found)
    return Described(read, Said.of(REGISTER.name, found))


def is_below(curie: str, branches: Collection[str]) -> bool:
    """Whether the term is one of these or below one. Raises LookupFailed."""
    above = (one.term.curie for one in _listed_terms(_path(curie, "hierarchicalAncestors")))
    return curie in branches or any(one in branches for one in above)


def with_ancestors(curie: str) -> list[Described]:
    """The term and all above it by "is a" and "part of", each with its links up; empty if OLS has no such term.
    Raises LookupFailed, also if all of it takes too long."""
    end = time.monotonic() + SECONDS_FOR_ALL
    first = term(curie)
    if first is None:
        return []
    found = {first.term.curie: first}
    for one in _listed_terms(_path(curie, "hierarchicalAncestors"), end):
        found.setdefault(one.term.curie, one)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda one: _linked(one, found, end), found.values()))


def _linked(one: Described, known: dict[str, Described], end: float) -> Described:
    """The term with its parents among the known ones: as its kind, or as its part."""
    kinds = {above.term.curie for above in _listed_terms(_path(one.term.curie, "parents"), end)}
    wholes = _listed_terms(_path(one.term.curie, "hierarchicalParents"), end)
    parts = {above.term.curie for above in wholes} - kinds
    links = [("rdfs:subClassOf", above) for above in sorted(kinds & known.keys())]
    links += [("BFO:0000050", above) for above in sorted(parts & known.keys())]
    return Described(replace(one.term, parents=tuple(links)), one.said)


def ontology(prefix: str) -> Header:
    """What OLS says of the ontology itself. Raises LookupFailed."""
    found = answer(REGISTER, f"ontologies/{quote(prefix.lower(), safe='')}")
    version = text(inside(found.body, "version")) or text(inside(found.body, "config", "version"))
    name = text(inside(found.body, "config", "title"))
    if found.body is None or not (version or name):
        raise not_understood(REGISTER, found)
    licence = inside(found.body, "config", "annotations", "license")
    return Header(
        prefix=spelled(prefix),
        name=name,
        version=version or f"asked {found.asked_at:%Y-%m-%d}",
        iri=text(inside(found.body, "config", "versionIri")),
        licence=next((known for one in listed(licence) if (known := spdx(text(one)))), ""),
        source=f"{REGISTER.name}, {found.url}",
    ).known()


def _path(curie: str, relation: str = "") -> str:
    prefix = curie.partition(":")[0]
    iri = quote(quote(iri_of(curie), safe=""), safe="")
    end = f"/{relation}" if relation else ""
    return f"ontologies/{quote(prefix.lower(), safe='')}/terms/{iri}{end}"


def _listed_terms(path: str, end: float = math.inf) -> Iterator[Described]:
    """The terms on the pages of a list; none if there is no such list. Raises LookupFailed, also after `end`."""
    for page in range(MOST_ANCESTORS // _A_PAGE):
        if time.monotonic() > end:
            raise LookupFailed(
                f"{REGISTER.name} takes longer than {SECONDS_FOR_ALL:.0f} seconds to say what is above this term. Try "
                "again, since its answers are kept; or whoever runs the site can load the ontology."
            )
        found = answer(REGISTER, path, {"size": str(_A_PAGE), "page": str(page)})
        for one in listed(inside(found.body, "_embedded", "terms")):
            if read := _read(one):
                yield Described(read, Said.of(REGISTER.name, found))
        total = inside(found.body, "page", "totalPages")
        if not isinstance(total, int) or page + 1 >= total:
            return


def _read(said: Any) -> ReadTerm | None:
    iri, label = text(inside(said, "iri")), text(inside(said, "label"))
    curie = curie_in(text(inside(said, "obo_id"))) or curie_of(iri)
    if not (iri and label and curie) or len(curie) > _MOST_CURIE:
        return None
    replaced = text(inside(said, "term_replaced_by"))
    return ReadTerm(
        curie=curie,
        iri=iri,
        label=label,
        definition=_first(inside(said, "description")),
        synonyms=tuple(dict.fromkeys(_synonyms(said))),
        xrefs=tuple(dict.fromkeys(_xrefs(said))),
        obsolete=inside(said, "is_obsolete") is True,
        replaced_by=curie_in(replaced[:_MOST_CURIE]),
    )


def _synonyms(said: Any) -> Iterator[tuple[str, str]]:
    """With their scopes where they are said; else they are taken for related ones."""
    scoped = set()
    for one in listed(inside(said, "obo_synonym")):
        name = text(inside(one, "name"))
        scope = _SCOPES.get(text(inside(one, "scope")).rpartition("#")[2].casefold())
        if name and scope:
            scoped.add(name)
            yield scope, name
    for one in listed(inside(said, "synonyms")):
        if (name := text(one)) and name not in scoped:
            yield Synonym.Scope.RELATED, name


def _xrefs(said: Any) -> Iterator[str]:
    for one in listed(inside(said, "obo_xref")):
        database, key = text(inside(one, "database")), text(inside(one, "id"))
        if database and key:
            yield f"{database}:{key}"


def _first(value: Any) -> str:
    return text(value) or next((found for one in listed(value) if (found := text(one))), "")
