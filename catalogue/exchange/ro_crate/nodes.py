"""The nodes of a crate that is being written: each under an id of its own, terms as JSON-LD keys."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from catalogue.exchange.building import curie_of, text_of
from catalogue.exchange.dossier import Pair
from catalogue.exchange.ro_crate.contexts import PREFIXES, TERMS, shortened
from catalogue.exchange.terms import iri_of

Node = dict[str, Any]
SPECIFICATION = "https://w3id.org/ro/crate/1.2"
# Terms beside RO-Crate's, as GIDE's crates name them.
NAMED: dict[str, str] = {
    "BioSample": "schema:BioSample",
    "LabProtocol": "schema:LabProtocol",
    "Taxon": "dwc:Taxon",
    "hasCellLine": "bao:BAO_0002004",
    "labEquipment": "schema:labEquipment",
    "measurementMethod": "dwciri:measurementMethod",
    "scientificName": "dwc:scientificName",
    "seeAlso": "rdfs:seeAlso",
    "taxonomicRange": "schema:taxonomicRange",
    "vernacularName": "dwc:vernacularName",
}
_KEYS = {**{shortened(iri): term for term, iri in TERMS.items()}, **{short: term for term, short in NAMED.items()}}


def rembi(site: str) -> str:
    """The namespace of the REMBI vocabulary: a site publishes it; where there is none it has a name only."""
    return f"{site}/ns/rembi/v1#" if site else "urn:x-rembi:v1#"


def context(site: str, more: Mapping[str, str]) -> list[Any]:
    """The crate's context: RO-Crate's, and what it does not have. `more` are further terms by name."""
    own = {prefix: PREFIXES[prefix] for prefix in ("dwc", "dwciri", "bao", "obo")} | {"rembi": rembi(site)}
    own |= {"bia": PREFIXES["bia"]} if more else {}
    terms = {}
    for term, short in {**NAMED, **more}.items():
        prefix, _, local = short.partition(":")
        terms[term] = {"@id": short if prefix in own else PREFIXES[prefix] + local}
    return [f"{SPECIFICATION}/context", own | terms]


def key_of(short: str) -> str:
    """The term that stands for a property or class in the crate."""
    return _KEYS.get(short) or short.removeprefix("schema:")


class Nodes:
    """The nodes by id. Rows come first, in their order, then what they refer to."""

    def __init__(self) -> None:
        self.rows: dict[str, Node] = {}
        self.others: dict[str, Node] = {}
        self._counts: dict[str, int] = {}

    def row(self, key: str, node: Node) -> None:
        self.rows[key] = {"@id": key, **filled(node)}

    def other(self, node: Node, prefix: str, wanted: str = "") -> Node:
        """A reference to a node like this: under the wanted id, unless something else has it."""
        node = filled(node)
        known = self.others.get(wanted)
        if wanted and wanted not in self.rows and (known is None or known == {"@id": wanted, **node}):
            self.others[wanted] = {"@id": wanted, **node}
            return {"@id": wanted}
        key = ""
        while not key or key in self.rows or key in self.others:
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            key = f"#{prefix}-{self._counts[prefix]}"
        self.others[key] = {"@id": key, **node}
        return {"@id": key}

    def term(self, value: Any) -> Node | str | None:
        """A TERM: its text, or the ontology term that it is."""
        text, curie = text_of(value), curie_of(value)
        if not curie:
            return text or None
        iri = iri_of(curie)
        return self.other({"@type": "DefinedTerm", "name": text, "termCode": curie, "url": iri}, "term", iri)

    def taxon(self, value: Any, common: str) -> Node:
        text, curie = text_of(value), curie_of(value)
        node = {"@type": "Taxon", "scientificName": text, "vernacularName": common, "termCode": curie}
        return self.other(node, "taxon", iri_of(curie) if curie else "")

    def pair(self, pair: Pair) -> Node:
        node = {"@type": "PropertyValue", "propertyID": pair.namespace, "name": pair.name, "value": pair.value,
                "unitText": pair.unit, "rembi:curie": pair.curie,
                "valueReference": {"@id": iri_of(pair.curie)} if pair.curie else None}  # fmt: skip
        return self.other(node, "property")


def filled(node: Mapping[str, Any]) -> Node:
    """The node without what says nothing."""
    return {name: value for name, value in node.items() if value not in (None, "", [], {})}


def anchor(text: str) -> str:
    """An id within the crate."""
    return f"#{quote(text, safe='/:;@!$&()*+,=~-._')}"


def file_id(path: str) -> str:
    """A file's path as a reference (RFC 3986), as RO-Crate wants it; an address of the web as it is."""
    return path if path.startswith(("http://", "https://", "s3://")) else quote(path, safe="/!$&'()*+,;=@~-._")
