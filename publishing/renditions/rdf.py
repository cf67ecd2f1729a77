"""The graph as Turtle, RDF/XML and N-Triples, always in the same order."""

import io
import re
from collections.abc import Callable

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from publishing.renditions.graph import graph_of, prefixes
from publishing.shapes import RecordSet


def serialise(graph: Graph, format: ox.RdfFormat) -> bytes:
    """The triples and the prefixes, which come in any order, sorted, so that the same graph gives the same bytes."""
    triples = sorted((_triple(*triple) for triple in graph), key=str)
    if format == ox.RdfFormat.N_TRIPLES:
        return _bytes(triples, format)
    text = _bytes(triples, format, prefixes())
    if format == ox.RdfFormat.TURTLE:
        return re.sub(rb"\A(@prefix [^\n]*\n)*", lambda match: b"".join(sorted(match[0].splitlines(True))), text)
    return re.sub(rb"(<rdf:RDF )([^>]*)(>)", lambda m: m[1] + b" ".join(sorted(m[2].split())) + m[3], text, count=1)


def _bytes(triples: list[ox.Triple], format: ox.RdfFormat, names: dict[str, str] | None = None) -> bytes:
    output = io.BytesIO()
    ox.serialize(triples, output, format, prefixes=names)
    return output.getvalue()


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
