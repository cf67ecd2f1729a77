"""JSON-LD contexts that crates name, as they were when looked at: nothing is fetched while reading.

Nearly every term of the RO-Crate contexts stands for the term of that name in schema.org; the others are here.
Sources: https://w3id.org/ro/crate/1.2/context and .../1.3/context, and the BioImage Archive's context (Apache-2.0).
"""

import re
from collections.abc import Mapping
from typing import Any

SCHEMA = "http://schema.org/"
RO_CRATE = re.compile(r"https?://w3id\.org/ro/crate/1\.\d(?:-DRAFT)?/context")
_SCHEMA_CONTEXT = re.compile(r"https?://schema\.org/?(?:docs/jsonldcontext\.jsonld?)?")

PREFIXES: dict[str, str] = {
    "schema": SCHEMA,
    "dwc": "http://rs.tdwg.org/dwc/terms/",
    "dwciri": "http://rs.tdwg.org/dwc/iri/",
    "bao": "http://www.bioassayontology.org/bao#",
    "obo": "http://purl.obolibrary.org/obo/",
    "bia": "http://bia/",
    "csvw": "http://www.w3.org/ns/csvw#",
    "bioschemas": "https://bioschemas.org/",
    "pcdm": "http://pcdm.org/models#",
    "bibo": "http://purl.org/ontology/bibo/",
    "cc": "http://creativecommons.org/ns#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prof": "http://www.w3.org/ns/dx/prof/",
    "profrole": "http://www.w3.org/ns/dx/prof/role/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfa": "http://www.w3.org/ns/rdfa#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "frapo": "http://purl.org/cerif/frapo/",
    "rel": "https://www.w3.org/ns/iana/link-relations/relation#",
    "pav": "http://purl.org/pav/",
    "prov": "http://www.w3.org/ns/prov#",
    "wfdesc": "http://purl.org/ro/wfdesc#",
    "wfprov": "http://purl.org/ro/wfprov#",
    "roterms": "http://purl.org/ro/roterms#",
    "relation": "http://www.iana.org/assignments/relation/",
    "wf4ever": "http://purl.org/ro/wf4ever#",
    "vann": "http://purl.org/vocab/vann/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
}
_CODEMETA = "https://codemeta.github.io/terms/"
TERMS: dict[str, str] = {
    "HTML": PREFIXES["rdf"] + "HTML",
    "File": SCHEMA + "MediaObject",
    "path": SCHEMA + "contentUrl",
    "Journal": SCHEMA + "Periodical",
    "cite-as": "http://www.iana.org/assignments/relation/cite-as",
    **{name: PREFIXES["pcdm"] + name for name in ("hasFile", "hasMember")},
    "RepositoryCollection": PREFIXES["pcdm"] + "Collection",
    "RepositoryObject": PREFIXES["pcdm"] + "Object",
    "RepositoryFile": PREFIXES["pcdm"] + "File",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "input": "https://bioschemas.org/properties/input",
    "output": "https://bioschemas.org/properties/output",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "wasDerivedFrom": PREFIXES["prov"] + "wasDerivedFrom",
    **{f"{verb}{what}": f"{PREFIXES['pav']}{verb}{what}"
       for verb in ("imported", "retrieved") for what in ("From", "On", "By")},
    **{name: PREFIXES["dct"] + name for name in ("conformsTo", "Standard")},
    **{name: PREFIXES["prof"] + name for name in (
        "hasArtifact", "hasResource", "hasRole", "hasToken", "isProfileOf", "ResourceDescriptor", "ResourceRole",
        "Profile")},
    **{name: _CODEMETA + name for name in (
        "softwareSuggestions", "continuousIntegration", "buildInstructions", "developmentStatus", "embargoEndDate",
        "readme", "issueTracker", "referencePublication", "hasSourceCode", "isSourceCodeOf")},
    **{name: PREFIXES["geosparql"] + name for name in ("Geometry", "asWKT")},
    "localPath": "https://w3id.org/ro/terms#localPath",
}  # fmt: skip
# Terms that RO-Crate 1.3 gives another IRI than 1.2; read as 1.2's.
SAME: dict[str, str] = {
    "https://bioschemas.org/terms/ComputationalWorkflow": TERMS["ComputationalWorkflow"],
    "https://bioschemas.org/terms/input": TERMS["input"],
    "https://bioschemas.org/terms/output": TERMS["output"],
    "https://bioschemas.org/terms/FormalParameter": TERMS["FormalParameter"],
}


class Context:
    """What the terms of one crate stand for. `unknown` are the addresses of contexts that are not at hand."""

    def __init__(self, value: Any) -> None:
        self.terms: dict[str, str] = dict(TERMS)
        self.prefixes: dict[str, str] = dict(PREFIXES)
        self.references: set[str] = set()  # terms whose texts are ids
        self.unknown: list[str] = []
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                if not (RO_CRATE.fullmatch(part) or _SCHEMA_CONTEXT.fullmatch(part)):
                    self.unknown.append(part)
            elif isinstance(part, Mapping):
                self._take(part)

    def _take(self, part: Mapping[str, Any]) -> None:
        for term, meaning in part.items():
            iri = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
            if isinstance(meaning, Mapping) and meaning.get("@type") == "@id":
                self.references.add(term)
            if not isinstance(iri, str) or term.startswith("@"):
                continue
            if iri.endswith(("/", "#")):
                self.prefixes[term] = iri
            else:
                self.terms[term] = iri

    def expand(self, term: str) -> str:
        """The IRI of a term; one that no context names is taken as schema.org's."""
        seen = {term}
        while (meaning := self.terms.get(term)) is not None and meaning not in seen:
            seen.add(meaning)
            term = meaning
        prefix, colon, local = term.partition(":")
        if colon and prefix in self.prefixes and not local.startswith("//"):
            term = self.prefixes[prefix] + local
        if "://" not in term and not term.startswith("urn:"):
            term = SCHEMA + term
        term = term.replace("https://schema.org/", SCHEMA, 1)
        return SAME.get(term, term)

    def short(self, term: str) -> str:
        """The term as `prefix:name` in this module's prefixes, by which the vocabulary names it."""
        return shortened(self.expand(term))


_REMBI = re.compile(r"(?:https?://[^#]*/ns/rembi/v1|urn:x-rembi:v1)#(\w+)")
_OTHER_BIA = ("https://bioimage-archive.org/ro-crate/", "https://bioimagearchive.org/ro-crate/")


def shortened(iri: str) -> str:
    """The IRI with a prefix of this module in place of its namespace, if one fits."""
    if own := _REMBI.fullmatch(iri):
        return f"rembi:{own[1]}"
    for other in _OTHER_BIA:
        if iri.startswith(other):
            return f"bia:{iri.removeprefix(other)}"
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri
