"""A term as linked data: OWL for those who reason, SKOS for those who look up (SKOS Reference; OWL 2; oboInOwl).

Its subject is the term's own IRI, as its ontology has it, so that what is said here can be added to what others say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from base.rdf import serialise
from ontology.models import Ontology, Parent, Synonym, Term

OBO = "http://purl.obolibrary.org/obo/"
PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "obo": OBO,
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_SCOPES = {
    Synonym.Scope.EXACT: ("oboInOwl:hasExactSynonym", "skos:altLabel"),
    Synonym.Scope.RELATED: ("oboInOwl:hasRelatedSynonym", "skos:hiddenLabel"),
    Synonym.Scope.BROAD: ("oboInOwl:hasBroadSynonym", "skos:hiddenLabel"),
    Synonym.Scope.NARROW: ("oboInOwl:hasNarrowSynonym", "skos:hiddenLabel"),
}
_RELATIONS = {Parent.Relation.SUBCLASS: "rdfs:subClassOf", Parent.Relation.PART_OF: "obo:BFO_0000050"}


@dataclass(frozen=True)
class RdfFormat:
    """One format in which a term can be had, at its address plus `.` and the extension."""

    media_type: str
    extension: str
    label: str
    written: ox.RdfFormat


FORMATS = (
    RdfFormat("text/turtle", "ttl", "Turtle", ox.RdfFormat.TURTLE),
    RdfFormat("application/ld+json", "jsonld", "JSON-LD", ox.RdfFormat.JSON_LD),
    RdfFormat("application/rdf+xml", "rdf", "RDF/XML", ox.RdfFormat.RDF_XML),
    RdfFormat("application/n-triples", "nt", "N-Triples", ox.RdfFormat.N_TRIPLES),
)
_DEFINITION, _REPLACED_BY = "obo:IAO_0000115", "obo:IAO_0100001"


def render(term: Term, format: RdfFormat, page: str) -> bytes:
    """The term in an RDF format. `page` is the address of its page for people."""
    return serialise(triples_of(term, page), format.written, PREFIXES)


def triples_of(term: Term, page: str) -> Iterator[ox.Triple]:
    """What is known of a term, without blank nodes: that it is part of another is said of the terms themselves. Six
    queries."""
    subject = _iri(term.iri) or ox.NamedNode(page)
    said: list[tuple[str, ox.NamedNode | ox.Literal | None]] = [
        ("rdf:type", _name("owl:Class")),
        ("rdf:type", _name("skos:Concept")),
        ("rdfs:label", ox.Literal(term.label)),
        ("skos:prefLabel", ox.Literal(term.label)),
        ("skos:notation", ox.Literal(term.curie)),
        ("oboInOwl:id", ox.Literal(term.curie)),
        ("dcterms:isReferencedBy", ox.NamedNode(page)),
        *((name, ox.Literal(term.definition)) for name in (_DEFINITION, "skos:definition") if term.definition),
        *_names(term),
        *_places(term),
        *_obsolescence(term),
    ]
    scheme = _iri(term.ontology.iri)
    if scheme is not None:
        said += [("rdfs:isDefinedBy", scheme), ("skos:inScheme", scheme)]
        yield from _ontology(scheme, term.ontology)
    for name, value in dict.fromkeys(said):
        if value is not None:
            yield ox.Triple(subject, _name(name), value)


def _names(term: Term) -> Iterator[tuple[str, ox.Literal]]:
    for scope, text in term.synonyms.values_list("scope", "text"):
        for name in _SCOPES[Synonym.Scope(scope)]:
            if not (name == "skos:hiddenLabel" and text == term.label):
                yield name, ox.Literal(text)
    for xref in term.xrefs.values_list("curie", flat=True):
        yield "oboInOwl:hasDbXref", ox.Literal(xref)


def _places(term: Term) -> Iterator[tuple[str, ox.NamedNode | None]]:
    for relation, iri in term.parent_links.values_list("relation", "parent__iri"):
        yield "skos:broader", _iri(iri)
        if relation in _RELATIONS:
            yield _RELATIONS[Parent.Relation(relation)], _iri(iri)


def _obsolescence(term: Term) -> Iterator[tuple[str, ox.NamedNode | ox.Literal]]:
    if not term.obsolete:
        return
    yield "owl:deprecated", ox.Literal(True)
    instead = {*filter(None, [term.replaced_by]), *term.consider.split()}
    known = Term.objects.filter(curie__in=instead, ontology__is_current=True)
    iris = dict(known.values_list("curie", "iri"))
    for name, curies in ((_REPLACED_BY, [term.replaced_by]), ("oboInOwl:consider", term.consider.split())):
        for curie in filter(None, curies):
            yield name, _iri(iris.get(curie, "")) or ox.Literal(curie)


def _ontology(scheme: ox.NamedNode, ontology: Ontology) -> Iterator[ox.Triple]:
    yield ox.Triple(scheme, _name("rdf:type"), _name("owl:Ontology"))
    yield ox.Triple(scheme, _name("rdf:type"), _name("skos:ConceptScheme"))
    yield ox.Triple(scheme, _name("dcterms:title"), ox.Literal(ontology.name))
    yield ox.Triple(scheme, _name("owl:versionInfo"), ox.Literal(ontology.version))
    if licence := _iri(licence_url(ontology.licence)):
        yield ox.Triple(scheme, _name("dcterms:license"), licence)


def licence_url(licence: str) -> str:
    """Where a licence of an ontology, an SPDX id or an address, can be read; empty if there is none."""
    if not licence or licence.startswith(("http://", "https://")):
        return licence
    return f"https://spdx.org/licenses/{licence}.html" if licence.replace("-", "").replace(".", "").isalnum() else ""


def _name(short: str) -> ox.NamedNode:
    prefix, _, name = short.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + name)


def _iri(text: str) -> ox.NamedNode | None:
    """The text as an IRI, if it is one."""
    try:
        return ox.NamedNode(text) if text else None
    except ValueError:
        return None
