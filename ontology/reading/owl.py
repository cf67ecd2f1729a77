"""OWL as statements, whatever the syntax they were written in, and the terms that they make.

Annotations are those of OBO ontologies (IAO, oboInOwl), EDAM and SKOS; where a term has several labels, the English one
or the one without a language is its label and the others are exact synonyms.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ontology.prefixes import PREFIXES, curie_in, curie_of, spdx, spelled
from ontology.reading.shapes import CannotRead, Given, Header, ReadTerm
from ontology.reading.texts import main_prefix, plain, version_in

OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
_OBO = "http://purl.obolibrary.org/obo/"
_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_TERMS, _DC = "http://purl.org/dc/terms/", "http://purl.org/dc/elements/1.1/"

PART_OF_IRIS = {_OBO + "BFO_0000050", "http://www.obofoundry.org/ro/ro.owl#part_of"}
LABELS = (RDFS + "label", SKOS + "prefLabel")
DEFINITIONS = (_OBO + "IAO_0000115", SKOS + "definition", _IN_OWL + "hasDefinition", _TERMS + "description")
SYNONYMS = {
    _IN_OWL + "hasExactSynonym": "exact",
    _IN_OWL + "hasRelatedSynonym": "related",
    _IN_OWL + "hasBroadSynonym": "broad",
    _IN_OWL + "hasNarrowSynonym": "narrow",
    _OBO + "IAO_0000118": "exact",  # alternative label
    "http://www.ebi.ac.uk/efo/alternative_term": "exact",
    SKOS + "altLabel": "exact",
    SKOS + "hiddenLabel": "related",
}
XREFS = (_IN_OWL + "hasDbXref", SKOS + "exactMatch", SKOS + "closeMatch")
DEPRECATED = OWL + "deprecated"
REPLACED_BY = (_OBO + "IAO_0100001", _IN_OWL + "replacedBy", _TERMS + "isReplacedBy")
CONSIDER = _IN_OWL + "consider"
_TITLES = (_TERMS + "title", _DC + "title", RDFS + "label", SKOS + "prefLabel")
_LICENCES = (_TERMS + "license", _TERMS + "rights", _DC + "rights")
VERSION_INFO = OWL + "versionInfo"
KEPT = {
    *LABELS,
    *DEFINITIONS,
    *SYNONYMS,
    *XREFS,
    DEPRECATED,
    *REPLACED_BY,
    CONSIDER,
    *_TITLES,
    *_LICENCES,
    VERSION_INFO,
}


@dataclass(frozen=True, slots=True)
class Value:
    text: str  # of a literal, or an IRI
    language: str = ""


@dataclass
class Statements:
    """What a file says: `terms` are the IRIs that are declared as classes or concepts, in the order of the file;
    `notes` the annotations of each subject, by property; `parents` the links up (relation, IRI)."""

    terms: dict[str, None] = field(default_factory=dict)
    notes: dict[str, dict[str, list[Value]]] = field(default_factory=dict)
    parents: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    ontology: str = ""  # its IRI
    version: str = ""

    def note(self, subject: str, predicate: str, value: Value) -> None:
        self.notes.setdefault(subject, {}).setdefault(predicate, []).append(value)

    def link(self, subject: str, relation: str, parent: str) -> None:
        self.parents.setdefault(subject, []).append((relation, parent))


def header_of(statements: Statements, given: Given, file: str) -> tuple[Header, str]:
    """The header, and how the IRIs of its own terms begin if that is no prefix known here."""
    prefixes: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for iri in statements.terms:
        if curie := curie_of(iri):
            prefixes[curie.partition(":")[0]] += 1
        else:
            unknown[_namespace(iri)] += 1
    if given.prefix and spelled(given.prefix) not in prefixes and unknown:
        prefix, base = given.prefix, unknown.most_common(1)[0][0]
    elif prefix := _main(statements.ontology, prefixes):
        base = ""
    else:
        start = unknown.most_common(1)[0][0] if unknown else ""
        raise CannotRead(
            f"the IRIs of its terms begin with {start}, of which no prefix is known here: give it one."
            if start
            else "there are no terms in it.",
            file=file, field="prefix" if start else "",
        )  # fmt: skip
    notes = statements.notes.get(statements.ontology, {})
    licence = _first(notes, _LICENCES)
    return (
        Header(
            prefix=prefix,
            name=plain(_first(notes, _TITLES)),
            version=version_in(_first(notes, (VERSION_INFO,))) or version_in(statements.version),
            iri=statements.ontology,
            licence=spdx(licence),
            own=(prefix,),
        ),
        base,
    )


def _main(ontology: str, prefixes: Mapping[str, int]) -> str:
    """Also where the ontology's IRI is how the IRIs of its terms begin."""
    for prefix in prefixes:
        if prefix in PREFIXES and ontology and PREFIXES[prefix].base.rstrip("/#") == ontology.rstrip("/#"):
            return prefix
    return main_prefix(ontology, prefixes)


def _namespace(iri: str) -> str:
    """Of http://example.org/x#1 and http://example.org/x/1 all but the 1."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def terms_of(statements: Statements, prefix: str, base: str) -> Iterator[ReadTerm]:
    for iri in statements.terms:
        if curie := curie_of(iri, base, prefix):
            yield _term(iri, curie, statements, prefix, base)


def _term(iri: str, curie: str, statements: Statements, prefix: str, base: str) -> ReadTerm:
    notes = statements.notes.get(iri, {})
    labels = _by_language(_all(notes, LABELS))
    label = plain(labels[0].text) if labels else ""
    synonyms = [("exact", plain(one.text)) for one in labels[1:]]
    synonyms += [(scope, plain(one.text)) for key, scope in SYNONYMS.items() for one in notes.get(key, ())]
    definitions = _by_language(_all(notes, DEFINITIONS))

    def curies(keys: Iterable[str]) -> tuple[str, ...]:
        values = (one.text for one in _all(notes, keys))
        return tuple(dict.fromkeys(curie_of(text, base, prefix) or curie_in(text) or text for text in values))

    parents = ((relation, curie_of(parent, base, prefix)) for relation, parent in statements.parents.get(iri, ()))
    replaced_by = curies(REPLACED_BY)
    return ReadTerm(
        curie=curie,
        iri=iri,
        label=label,
        definition=plain(definitions[0].text) if definitions else "",
        synonyms=tuple(dict.fromkeys(one for one in synonyms if one[1] and one != ("exact", label))),
        xrefs=curies(XREFS),
        parents=tuple(dict.fromkeys(link for link in parents if link[1])),
        obsolete=any(one.text in ("true", "1") for one in notes.get(DEPRECATED, ())),
        replaced_by=replaced_by[0] if replaced_by else "",
        consider=(*replaced_by[1:], *curies([CONSIDER])),
    )


def _all(notes: Mapping[str, list[Value]], keys: Iterable[str]) -> list[Value]:
    return [one for key in keys for one in notes.get(key, ())]


def _first(notes: Mapping[str, list[Value]], keys: Iterable[str]) -> str:
    found = _by_language(_all(notes, keys))
    return found[0].text if found else ""


def _by_language(values: list[Value]) -> list[Value]:
    """English and what has no language first, each as often as it differs."""
    unique = dict.fromkeys(replace(one, language=one.language.lower()) for one in values)
    return sorted(unique, key=lambda one: not (one.language in ("", "en") or one.language.startswith("en-")))
