"""OWL and SKOS in RDF/XML, Turtle and N-Triples, parsed by pyoxigraph.

A DOCTYPE may name entities, as Protégé's files do for their namespaces; entities of other files and entities within
entities are refused, since a few lines of those stand for gigabytes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from ontology.reading.owl import KEPT, OWL, PART_OF_IRIS, RDF, RDFS, SKOS, Statements, Value, header_of, terms_of
from ontology.reading.shapes import BROADER, PART_OF, SUBCLASS, CannotRead, Given, Reading

_TERMS = {OWL + "Class", SKOS + "Concept", RDFS + "Class"}
_WHOLES = {OWL + "Ontology", SKOS + "ConceptScheme"}
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?[^\s>]+\s+(?:\"([^\"]*)\"|'([^']*)'|(SYSTEM|PUBLIC))")
# What may stand before the root element (XML 1.0, productions 22 and 28), as far as its end has to be known.
_PROLOG = re.compile(
    rb"""(?:\xef\xbb\xbf)?
    (?: \s++ | <\?.*?\?> | <!--.*?-->
      | <!DOCTYPE (?: "[^"]*" | '[^']*' | [^\["'>] )*+
        (?: \[ (?: <!--.*?--> | <\?.*?\?> | "[^"]*" | '[^']*' | [^\]"'<] | <(?!!--|\?) )*+ \] \s*+ )?+ >
    )*+
    <[^\s<>!?/]""",
    re.DOTALL | re.VERBOSE,
)
_TURTLE = re.compile(r"(@prefix|@base|prefix|base)\s|(<\S+>|_:\S+)\s", re.IGNORECASE)
_HEAD = 1 << 20  # bytes in which the DOCTYPE of a file has to end
_LONGEST_ENTITY = 500
_DEEPEST = 10  # classes within classes


def is_xml(head: str) -> bool:
    return head.startswith(("<?xml", "<rdf:RDF", "<!DOCTYPE", "<!--"))


def is_turtle(head: str) -> bool:
    lines = (line.strip() for line in head.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return _TURTLE.match(first) is not None


def read_xml(path: Path, given: Given) -> Reading:
    _check_entities(path)
    return _reading(path, given, RdfFormat.RDF_XML)


def read_turtle(path: Path, given: Given) -> Reading:
    return _reading(path, given, RdfFormat.TURTLE)


def _reading(path: Path, given: Given, syntax: RdfFormat) -> Reading:
    statements = _Reader(path.name).read(path, syntax)
    header, base = header_of(statements, given, path.name)
    return Reading(header, lambda: terms_of(statements, header.prefix, base))


def _check_entities(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if b"\0" in head:
        raise CannotRead("it is XML in UTF-16 or UTF-32, or holds NUL. Write the file again in UTF-8.", file=path.name)
    if not _PROLOG.match(head):
        raise CannotRead("its root element does not begin within its first million bytes, or what stands before it is "
                         "not well-formed.", file=path.name)  # fmt: skip
    doctype = head.find(b"<!DOCTYPE")
    if doctype < 0:
        return
    for parameter, double, single, outside in _ENTITY.findall(head, doctype):
        value = double or single
        if parameter or outside or b"&" in value or len(value) > _LONGEST_ENTITY:
            raise CannotRead("its DOCTYPE has entities that are not read, since they can stand for other files or grow "
                             "without end. Write the file again without them.", file=path.name)  # fmt: skip


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.statements = Statements()
        # Anonymous classes, by blank node: what they are made of, until the whole file was read.
        self.some: dict[str, dict[str, str]] = {}
        self.lists: dict[str, dict[str, str]] = {}
        self.intersections: dict[str, str] = {}
        self.defined: list[tuple[str, str]] = []  # (class, blank node that is above or equal to it)

    def read(self, path: Path, syntax: RdfFormat) -> Statements:
        with _told(self.file):
            for quad in parse(path=str(path), format=syntax):
                self._take(quad)
        for term, node in self.defined:
            for relation, parent in self._parents(node):
                self.statements.link(term, relation, parent)
        return self.statements

    def _take(self, quad: Quad) -> None:
        subject, predicate, value = quad.subject, quad.predicate.value, quad.object
        if isinstance(subject, BlankNode):
            self._anonymous(subject.value, predicate, value)
        elif isinstance(subject, NamedNode):
            self._named(subject.value, predicate, value)

    def _anonymous(self, node: str, predicate: str, value: object) -> None:
        if not isinstance(value, NamedNode | BlankNode):
            return
        if predicate in (OWL + "onProperty", OWL + "someValuesFrom"):
            self.some.setdefault(node, {})[predicate] = value.value
        elif predicate in (RDF + "first", RDF + "rest"):
            self.lists.setdefault(node, {})[predicate] = value.value
        elif predicate == OWL + "intersectionOf":
            self.intersections[node] = value.value

    def _named(self, subject: str, predicate: str, value: object) -> None:
        found = self.statements
        if isinstance(value, Literal):
            if predicate in KEPT:
                found.note(subject, predicate, Value(value.value, value.language or ""))
        elif isinstance(value, BlankNode):
            if predicate in (RDFS + "subClassOf", OWL + "equivalentClass"):
                self.defined.append((subject, value.value))
            elif predicate == OWL + "intersectionOf":
                self.intersections[subject] = value.value
                self.defined.append((subject, subject))
        elif isinstance(value, NamedNode):
            self._link(subject, predicate, value.value)

    def _link(self, subject: str, predicate: str, value: str) -> None:
        found = self.statements
        if predicate == RDF + "type":
            if value in _TERMS:
                found.terms.setdefault(subject)
            elif value in _WHOLES and not found.ontology:
                found.ontology = subject
        elif predicate == RDFS + "subClassOf":
            found.link(subject, SUBCLASS, value)
        elif predicate in (SKOS + "broader", SKOS + "broaderTransitive"):
            found.link(subject, BROADER, value)
        elif predicate == SKOS + "narrower":
            found.link(value, BROADER, subject)
        elif predicate == OWL + "versionIRI":
            found.version = value
        elif predicate in KEPT:
            found.note(subject, predicate, Value(value))

    def _parents(self, node: str, depth: int = 0) -> Iterator[tuple[str, str]]:
        """The named classes that an anonymous one is below: as a kind, or as a part."""
        if node in self.intersections and depth < _DEEPEST:
            for member in self._members(self.intersections[node]):
                if ":" in member and member not in self.some:
                    yield SUBCLASS, member
                else:
                    yield from self._parents(member, depth + 1)
        elif self.some.get(node, {}).get(OWL + "onProperty") in PART_OF_IRIS:
            whole = self.some[node].get(OWL + "someValuesFrom", "")
            if ":" in whole:
                yield PART_OF, whole

    def _members(self, node: str) -> Iterator[str]:
        seen: set[str] = set()
        while node in self.lists and node not in seen:
            seen.add(node)
            if first := self.lists[node].get(RDF + "first"):
                yield first
            node = self.lists[node].get(RDF + "rest", "")


@contextmanager
def _told(file: str) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else ""
        raise CannotRead(f"this is no well-formed RDF ({error.msg}).", file=file, field=place) from error
    except (OSError, ValueError) as error:
        raise CannotRead(f"it cannot be read as RDF ({error}).", file=file) from error
