"""OWL 2 in functional syntax (https://www.w3.org/TR/owl2-syntax/), parsed by py-horned-owl."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyhornedowl.model as owl
from pyhornedowl import PyIndexedOntology, open_ontology_from_string

from ontology.reading.owl import KEPT, PART_OF_IRIS, Statements, Value, header_of, terms_of
from ontology.reading.shapes import PART_OF, SUBCLASS, CannotRead, Given, Reading

_PLACE = re.compile(r"line_col: Pos\(\((\d+), \d+\)\)")


def is_mine(head: str) -> bool:
    lines = (line.strip() for line in head.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return first.replace(" ", "").startswith(("Prefix(", "Ontology("))


def read(path: Path, given: Given) -> Reading:
    try:
        # The syntax is named, for it would be guessed wrongly from the name of the file.
        ontology = open_ontology_from_string(path.read_text(encoding="utf-8"), "ofn")
    except (OSError, ValueError) as error:
        found = _PLACE.search(str(error))
        message = "this is not as OWL's functional syntax has it." if found else f"it cannot be read ({error})."
        raise CannotRead(message, file=path.name, field=f"line {found[1]}" if found else "") from error
    statements = _statements(ontology)
    header, base = header_of(statements, given, path.name)
    return Reading(header, lambda: terms_of(statements, header.prefix, base))


def _statements(ontology: PyIndexedOntology) -> Statements:
    found = Statements(ontology=str(ontology.get_iri() or ""), version=str(ontology.get_version_iri() or ""))
    for axiom in ontology.get_axioms():
        one = axiom.component
        if isinstance(one, owl.DeclareClass):
            found.terms.setdefault(str(one.first))
        elif isinstance(one, owl.AnnotationAssertion):
            _note(found, str(one.subject), one.ann)
        elif isinstance(one, owl.OntologyAnnotation):
            _note(found, found.ontology, one.first)
        elif isinstance(one, owl.SubClassOf) and isinstance(one.sub, owl.Class):
            for relation, parent in _parents(one.sup):
                found.link(str(one.sub.first), relation, parent)
        elif isinstance(one, owl.EquivalentClasses):
            _equivalent(found, one)
    # Horned-owl gives the axioms in no order.
    found.terms = dict.fromkeys(sorted(found.terms))
    found.parents = {term: sorted(links) for term, links in found.parents.items()}
    for notes in found.notes.values():
        for values in notes.values():
            values.sort(key=lambda one: (one.text, one.language))
    return found


def _note(found: Statements, subject: str, annotation: owl.Annotation) -> None:
    predicate, value = str(annotation.ap.first), annotation.av
    if predicate not in KEPT:
        return
    if isinstance(value, owl.IRI):
        found.note(subject, predicate, Value(str(value)))
    elif isinstance(value, owl.SimpleLiteral | owl.LanguageLiteral | owl.DatatypeLiteral):
        found.note(subject, predicate, Value(value.literal, getattr(value, "lang", "")))


def _equivalent(found: Statements, axiom: owl.EquivalentClasses) -> None:
    named = [str(one.first) for one in axiom.first if isinstance(one, owl.Class)]
    for one in axiom.first:
        if isinstance(one, owl.ObjectIntersectionOf):
            for relation, parent in _parents(one):
                for term in named:
                    found.link(term, relation, parent)


def _parents(expression: object) -> Iterator[tuple[str, str]]:
    """The named classes that a class expression is below: as a kind, or as a part."""
    if isinstance(expression, owl.Class):
        yield SUBCLASS, str(expression.first)
    elif isinstance(expression, owl.ObjectIntersectionOf):
        for member in expression.first:
            yield from _parents(member)
    elif isinstance(expression, owl.ObjectSomeValuesFrom):
        relation, whole = expression.ope, expression.bce
        if not isinstance(whole, owl.Class) or not isinstance(relation, owl.ObjectProperty):
            return
        if str(relation.first) in PART_OF_IRIS:
            yield PART_OF, str(whole.first)
