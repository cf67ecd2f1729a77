"""The graph as Turtle, RDF/XML and N-Triples, always in the same order."""

from collections.abc import Callable

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from base import rdf
from publishing.renditions.graph import graph_of, prefixes
from publishing.shapes import RecordSet


def serialise(graph: Graph, format: ox.RdfFormat) -> bytes:
    """The triples, which come in any order, sorted, so that the same graph gives the same bytes."""
    return rdf.serialise((_triple(*triple) for triple in graph), format, prefixes())


def _triple(subject: Node, predicate: Node, value: Node) -> ox.Triple:
    return ox.Triple(ox.NamedNode(str(subject)), ox.NamedNode(str(predicate)), _term(value))


def _term(node: Node) -> ox.NamedNode | ox.Literal:
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)
    raise TypeError(f"a blank node in a rendition: {node}")


def _renderer(format: ox.RdfFormat) -> Callable[[RecordSet], bytes]:
    return lambda records: serialise(graph_of(records), format)


turtle = _renderer(ox.RdfFormat.TURTLE)
rdf_xml = _renderer(ox.RdfFormat.RDF_XML)
n_triples = _renderer(ox.RdfFormat.N_TRIPLES)
