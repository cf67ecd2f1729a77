"""A local server that answers as OLS4, Zooma v2 and BioPortal do. The terms are few, and as FBbi, GO and NCBI Taxonomy
have them."""

from email.message import Message
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, unquote

from tests.fake_server import FakeServer

KEY = "a-key-of-the-site"
OBO = "http://purl.obolibrary.org/obo/"


def term(curie: str, label: str, *, parents: str = "", part_of: str = "", **more: Any) -> dict[str, Any]:
    """A term as OLS4's /terms answers it, cut to what matters here; `_parents` and `_part_of` are this server's own."""
    short = curie.replace(":", "_")
    return {
        "iri": OBO + short,
        "lang": "en",
        "description": [],
        "synonyms": [],
        "annotation": {},
        "label": label,
        "ontology_name": curie.partition(":")[0].lower(),
        "ontology_prefix": curie.partition(":")[0],
        "is_obsolete": False,
        "term_replaced_by": None,
        "is_defining_ontology": True,
        "has_children": True,
        "is_root": not parents,
        "short_form": short,
        "obo_id": curie,
        "in_subset": None,
        "obo_xref": None,
        "obo_synonym": None,
        "_parents": parents.split(),
        "_part_of": part_of.split(),
        **more,
    }


TERMS = {
    one["obo_id"]: one
    for one in (
        term("FBbi:00000222", "imaging method"),
        term("FBbi:00000345", "light microscopy", parents="FBbi:00000222"),
        term("FBbi:00009999", "example microscopy", parents="FBbi:00000345", description=["A method for tests."],
             synonyms=["exemplary imaging", "example imaging"],
             obo_synonym=[{"name": "example imaging", "scope": "hasExactSynonym", "type": None, "xrefs": []}],
             obo_xref=[{"database": "Wikipedia", "id": "Microscopy", "description": None, "url": None}]),
        term("FBbi:00009998", "gone microscopy", is_obsolete=True, term_replaced_by="FBbi:00009999"),
        term("CL:9000001", "test neuron of the example", parents="CL:9000000", part_of="CL:9000002"),
        term("CL:9000000", "test cell"),
        term("CL:9000002", "test layer", parents="CL:9000000"),
        term("XAO:0000001", "example frog part", parents="XAO:0000000"),
        term("XAO:0000000", "Xenopus anatomical entity"),
    )
}  # fmt: skip
ONTOLOGIES = {"fbbi": ("FBbi", "2020-11-06"), "cl": ("CL", "2026-01-01"), "xao": ("XAO", "2025-05-05")}


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if not name.startswith("_")}


def _doc(one: dict[str, Any]) -> dict[str, Any]:
    """As /search answers it: nothing of obsolescence, all synonyms alike."""
    names = ("iri", "ontology_name", "ontology_prefix", "short_form", "description", "label", "obo_id")
    return {**{name: one[name] for name in names}, "type": "class", "synonym": one["synonyms"]}


def _above(one: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    rim = [one]
    while rim:
        rim = [TERMS[curie] for below in rim for curie in below["_parents"] + below["_part_of"] if curie not in found]
        found.update({each["obo_id"]: each for each in rim})
    return list(found.values())


class Services(FakeServer):
    moods: ClassVar[dict[str, tuple[int, bytes]]] = {
        "nonsense": (200, b'{"response": {"docs": {"a": 1}}, "collection": "none", "label": [1], "config": 7}'),
        "odd": (200, b'{"response": {"docs": [1, null, {"iri": 3, "label": {}}, {"iri": "x", "obo_id": "y"}]},'
                     b' "collection": [[], {"@id": {}, "prefLabel": 4}]}'),
        "deep": (200, b"[" * 100_000),
        "forbidden": (403, b'{"errors": ["You must provide a valid API Key"]}'),
    }  # fmt: skip

    def answer(self, place: SplitResult, headers: Message) -> Any:
        query = {name: values[0] for name, values in parse_qs(place.query, strict_parsing=bool(place.query)).items()}
        parts = place.path.split("/")[1:]
        match parts:
            case ["ols", "search"] if {"q", "ontology", "queryFields", "type"} <= set(query):
                return _search(query)
            case ["ols", "ontologies", name]:
                return _ontology(name)
            case ["ols", "ontologies", name, "terms", twice, *relation]:
                one = next((it for it in TERMS.values() if it["iri"] == unquote(unquote(twice))), None)
                if "%25" not in twice:
                    self.faults.append(f"{place.path}: the IRI is not encoded twice")
                return None if one is None or one["ontology_name"] != name else _term(one, relation, query)
            case ["zooma", "services", "annotate"] if "propertyValue" in query:
                return _annotate(query["propertyValue"])
            case ["bioportal", "search"] if "ontologies" in query:
                if headers.get("Authorization") != f"apikey token={KEY}":
                    self.faults.append(f"{place.path}: without the key")
                return _bioportal(query)
        self.faults.append(f"{place.path}: there is no such address")
        return None


def _search(query: dict[str, str]) -> dict[str, Any]:
    """Any word of the query in a name, as tokens are found."""
    words, ontologies = query["q"].casefold().split(), query["ontology"].split(",")
    branches = query.get("allChildrenOf", "").split(",") if "allChildrenOf" in query else []
    docs = [
        _doc(one)
        for one in TERMS.values()
        if one["ontology_name"] in ontologies
        and not one["is_obsolete"]
        and any(word in name.casefold().split() for word in words for name in (one["label"], *one["synonyms"]))
        and (not branches or any(above["iri"] in branches for above in _above(one)))
    ]
    return {"response": {"docs": docs, "numFound": len(docs), "start": 0}, "responseHeader": {"status": 0}}


def _term(one: dict[str, Any], relation: list[str], query: dict[str, str]) -> Any:
    if not relation:
        return _shown(one)
    of = {
        "parents": one["_parents"],
        "hierarchicalParents": one["_parents"] + one["_part_of"],
        "hierarchicalAncestors": [above["obo_id"] for above in _above(one)],
    }[relation[0]]
    if not of:
        return {"page": {"size": 100, "totalElements": 0, "totalPages": 0, "number": 0}}
    # Two a page, however many are asked for, so that pages are followed.
    number = int(query["page"])
    page = {"size": 2, "totalElements": len(of), "totalPages": (len(of) + 1) // 2, "number": number}
    shown = [_shown(TERMS[curie]) for curie in of[2 * number : 2 * number + 2]]
    return {"_embedded": {"terms": shown}, "page": page}


def _ontology(name: str) -> Any:
    if name not in ONTOLOGIES:
        return None
    prefix, version = ONTOLOGIES[name]
    config = {"id": name, "title": f"{prefix} of the test", "preferredPrefix": prefix, "version": version,
              "versionIri": f"{OBO}{name}/releases/{version}/{name}.owl",
              "annotations": {"license": ["http://creativecommons.org/licenses/by/4.0/"]}}  # fmt: skip
    return {"ontologyId": name, "status": "LOADED", "version": version, "numberOfTerms": 4, "config": config}


def _annotate(words: str) -> list[dict[str, Any]]:
    """An annotation that Zooma made of one that a curator made."""
    known = {"widefield fluo": ("FBbi:00000246", "HIGH"), "example imaging": ("FBbi:00009999", "GOOD")}
    if words.casefold() not in known:
        return []
    curie, confidence = known[words.casefold()]
    iri = OBO + curie.replace(":", "_")
    return [
        {
            "uri": None,
            "annotatedProperty": {"uri": None, "propertyType": None, "propertyValue": words},
            "_links": {"olslinks": [{"href": f"https://example.org/ols?iri={iri}", "semanticTag": iri}]},
            "semanticTags": [iri],
            "replacedBy": [],
            "derivedFrom": {"annotatedProperty": {"propertyValue": words}, "semanticTags": [iri]},
            "confidence": confidence,
            "provenance": {"source": {"type": "DATABASE", "name": "zooma"}, "evidence": "ZOOMA_INFERRED_FROM_CURATED"},
        },
        {"semanticTags": [iri, OBO + "FBbi_00000345"], "confidence": "HIGH"},
    ]


def _bioportal(query: dict[str, str]) -> dict[str, Any]:
    rows = [
        {
            "@id": one["iri"],
            "@type": "http://www.w3.org/2002/07/owl#Class",
            "prefLabel": one["label"],
            "synonym": one["synonyms"],
            "definition": one["description"],
            "obsolete": one["is_obsolete"],
            "matchType": "prefLabel",
            "links": {"ontology": f"https://example.org/ontologies/{one['ontology_prefix']}"},
        }
        for one in TERMS.values()
        if one["ontology_prefix"] in query["ontologies"].split(",") and query["q"].casefold() in one["label"].casefold()
    ]
    return {"page": 1, "pageCount": 1, "totalCount": len(rows), "collection": rows}
