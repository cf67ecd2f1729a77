"""The first walk through an ontology that is to be loaded: which terms are its own, and where they stand."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import CharField

from ontology.models import Ontology, Term
from ontology.numbering import Numbering, number
from ontology.reading.shapes import PART_OF, CannotRead, Header, Reading, ReadTerm

Links = tuple[tuple[str, str], ...]  # (relation, CURIE) of each parent
_CURIE_LENGTH = Term._meta.get_field("curie").max_length or 0
_IRI_LENGTH = Term._meta.get_field("iri").max_length or 0
_REPLACED_BY_LENGTH = Term._meta.get_field("replaced_by").max_length or 0
_HEADER_LENGTHS = {  # the others are cut
    field.name: field.max_length or 0
    for field in map(Ontology._meta.get_field, ("prefix", "version", "iri", "licence"))
    if isinstance(field, CharField)
}


@dataclass(frozen=True)
class Outline:
    """`places` gives each own term its place in the file's order, `links` the (relation, place) of the parents of the
    term at each place, after circles were broken. `circles` and `strangers` are told to who loads: links that close a
    circle, and links to terms that the file does not have."""

    places: Mapping[str, int]
    links: Sequence[Sequence[tuple[str, int]]]
    numbering: Numbering
    strangers: int

    @property
    def circles(self) -> list[tuple[str, str]]:
        curies = list(self.places)
        return [(curies[term], curies[parent]) for term, parent in self.numbering.circles]


def outline(reading: Reading, file: str, tell: Callable[[int], None]) -> Outline:
    """Raises CannotRead for a file without terms of its own, a term that is there twice or has no id, and what is
    longer than the tables have room for."""
    _check_header(reading.header, file)
    own = {f"{prefix}:" for prefix in reading.header.own}
    places: dict[str, int] = {}
    above: list[Links] = []
    foreign: dict[str, Links] = {}
    for term in reading.terms():
        parents = tuple((relation, sys.intern(curie)) for relation, curie in term.parents)
        if term.curie[: term.curie.find(":") + 1] not in own:
            foreign[term.curie] = parents
            continue
        _check(term, places, file)
        places[sys.intern(term.curie)] = len(above)
        above.append(parents)
        if len(above) % 10_000 == 0:
            tell(len(above))
    if not places:
        prefixes = ", ".join(reading.header.own)
        raise CannotRead(f"there are no terms of {prefixes} in it.", file=file, field="prefix")
    links: list[list[tuple[str, int]]] = []
    strangers = 0
    for curie, parents in zip(places, above, strict=True):
        found = dict.fromkeys(_own_parents(curie, parents, places, foreign))
        strangers += sum(parent not in places and parent not in foreign for _, parent in parents)
        links.append([(relation, places[parent]) for relation, parent in found])
    del above, foreign
    for its in links:  # kinds before parts
        its.sort(key=lambda link: link[0] == PART_OF)
    numbering = number([tuple(dict.fromkeys(parent for _, parent in its)) for its in links])
    for term_place, parent_place in numbering.circles:
        links[term_place] = [link for link in links[term_place] if link[1] != parent_place]
    return Outline(places, links, numbering, strangers)


def _check_header(header: Header, file: str) -> None:
    for name, most in _HEADER_LENGTHS.items():
        if len(getattr(header, name)) > most:
            raise CannotRead(f"this is longer than the {most} characters it may have.", file=file, field=name)


def _check(term: ReadTerm, places: Mapping[str, int], file: str) -> None:
    if term.curie in places:
        raise CannotRead("this term is there twice.", file=file, field=term.curie)
    if len(term.curie) > _CURIE_LENGTH or len(term.iri) > _IRI_LENGTH or not term.curie.partition(":")[2].strip():
        raise CannotRead("this is no id of a term.", file=file, field=term.curie[:_CURIE_LENGTH])
    if len(term.replaced_by) > _REPLACED_BY_LENGTH:
        raise CannotRead(
            f"what replaces it is longer than the {_REPLACED_BY_LENGTH} characters it may have.",
            file=file,
            field=term.curie,
        )


def _own_parents(
    curie: str, parents: Links, places: Mapping[str, int], foreign: Mapping[str, Links]
) -> Iterator[tuple[str, str]]:
    """Its parents, and the nearest own terms above those that are of other ontologies."""
    ahead = list(reversed(parents))
    seen: set[str] = set()
    while ahead:
        relation, parent = ahead.pop()
        if parent in places:
            if parent != curie:
                yield relation, parent
        elif parent not in seen:
            seen.add(parent)
            further = foreign.get(parent, ())
            ahead += [(PART_OF if PART_OF in (relation, its) else relation, top) for its, top in reversed(further)]
