"""OBO 1.2 and 1.4 (https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html), parsed by fastobo."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fastobo
from fastobo.term import TermFrame

from ontology.prefixes import curie_in, iri_of, spdx
from ontology.reading.shapes import PART_OF, SUBCLASS, CannotRead, Header, Reading, ReadTerm
from ontology.reading.texts import main_prefix, plain, version_in

_PART_OF = {"part_of", "BFO:0000050", "OBO_REL:part_of", "http://purl.obolibrary.org/obo/BFO_0000050"}
_LICENCES = ("terms:license", "dcterms:license", "dc:license", "http://purl.org/dc/terms/license")
_TITLES = ("dc:title", "dcterms:title", "terms:title", "http://purl.org/dc/elements/1.1/title",
           "http://purl.org/dc/terms/title")  # fmt: skip


def is_mine(head: str) -> bool:
    return head.startswith(("format-version:", "[Term]")) or "\n[Term]" in head


def read(path: Path) -> Reading:
    with _told(path):
        header = fastobo.iter(str(path)).header()
        said = {clause.raw_tag(): clause.raw_value() for clause in header}
        values = dict(_values(clause.raw_value()) for clause in header if clause.raw_tag() == "property_value")
        prefix = main_prefix(said.get("ontology", ""), _prefixes(path))
    return Reading(
        Header(
            prefix=prefix,
            name=next((values[key] for key in _TITLES if key in values), ""),
            version=version_in(said.get("data-version", "") or values.get("owl:versionInfo", "")),
            iri=_iri(said.get("ontology", "")),
            licence=next((spdx(values[key]) for key in _LICENCES if key in values), ""),
            own=(prefix,),
        ),
        lambda: _terms(path),
    )


def _prefixes(path: Path) -> Counter[str]:
    with path.open(encoding="utf-8") as lines:
        return Counter(curie_in(line[4:]).partition(":")[0] for line in lines if line.startswith("id: "))


def _iri(ontology: str) -> str:
    if not ontology or ontology.startswith("http"):
        return ontology
    return f"http://purl.obolibrary.org/obo/{ontology}.owl"


def _values(raw: str) -> tuple[str, str]:
    """The relation and the value of a property_value clause: `dc:title "text" xsd:string` or `terms:license IRI`."""
    relation, _, value = raw.partition(" ")
    return relation, value[1 : value.rfind('"')] if value.startswith('"') else value


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else ""
        raise CannotRead(f"this is not as OBO has it ({error.msg}).", file=path.name, field=place) from error
    except (OSError, ValueError) as error:
        raise CannotRead(f"it cannot be read as OBO ({error}).", file=path.name) from error


def _terms(path: Path) -> Iterator[ReadTerm]:
    with _told(path):
        for frame in fastobo.iter(str(path)):
            if isinstance(frame, TermFrame):
                yield from _read(frame)


def _read(frame: TermFrame) -> Iterator[ReadTerm]:
    """The term, and one obsolete term for each other id that was merged into it."""
    curie = curie_in(str(frame.id)) or str(frame.id)
    texts: dict[str, str] = {}
    synonyms: list[tuple[str, str]] = []
    links: dict[str, list[str]] = {}
    parents: list[tuple[str, str]] = []
    for clause in frame:
        tag = clause.raw_tag()
        if tag == "synonym":
            synonyms.append((clause.synonym.scope.lower(), plain(clause.synonym.desc)))
        elif tag == "def":
            texts[tag] = plain(clause.definition)
        elif tag == "name":
            texts[tag] = plain(clause.name)
        elif tag == "is_obsolete":
            texts[tag] = clause.raw_value()
        elif tag == "xref":
            links.setdefault(tag, []).append(_curie(str(clause.xref.id)))
        elif tag in ("replaced_by", "consider", "alt_id"):
            links.setdefault(tag, []).append(_curie(clause.raw_value()))
        elif tag == "is_a":
            parents.append((SUBCLASS, _curie(str(clause.term))))
        elif tag == "relationship" and str(clause.typedef) in _PART_OF:
            parents.append((PART_OF, _curie(str(clause.term))))
        elif tag == "intersection_of" and (clause.typedef is None or str(clause.typedef) in _PART_OF):
            parents.append((PART_OF if clause.typedef else SUBCLASS, _curie(str(clause.term))))
    yield ReadTerm(
        curie=curie,
        iri=iri_of(curie),
        label=texts.get("name", ""),
        definition=texts.get("def", ""),
        synonyms=tuple(dict.fromkeys(synonyms)),
        xrefs=tuple(dict.fromkeys(links.get("xref", ()))),
        parents=tuple(dict.fromkeys(parents)),
        obsolete=texts.get("is_obsolete") == "true",
        replaced_by=next(iter(links.get("replaced_by", ())), ""),
        consider=tuple(dict.fromkeys([*links.get("replaced_by", ())[1:], *links.get("consider", ())])),
    )
    for other in dict.fromkeys(links.get("alt_id", ())):
        yield ReadTerm(other, iri_of(other), "", obsolete=True, replaced_by=curie)


def _curie(text: str) -> str:
    """As a CURIE; what is none, such as the address of a page, stays as it is."""
    return curie_in(text) or text
