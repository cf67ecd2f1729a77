"""A dossier → an RO-Crate 1.2: all its metadata, in schema.org's and Bioschemas' terms and REMBI's for the rest.

Two profiles: a study's crate, to lie beside its files, and a detached one for GIDE's search, without the files.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.exchange import json_text
from catalogue.exchange.building import curie_of, full_name, text_of
from catalogue.exchange.dossier import Dossier, FileLine
from catalogue.exchange.licences import licence_address
from catalogue.exchange.ro_crate import bia_write
from catalogue.exchange.ro_crate.graph import METADATA
from catalogue.exchange.ro_crate.nodes import SPECIFICATION, Node, Nodes, anchor, context, file_id, filled, key_of
from catalogue.exchange.ro_crate.vocabulary import (
    ALSO,
    NAMESPACE,
    OWN,
    column_property,
    is_simple,
    property_of,
    row_types,
)
from catalogue.rules import BY_KEY, MODULES, Field, Kind, Module
from catalogue.rules.formats import problem

_COUNT = "http://purl.obolibrary.org/obo/UO_0000189"
_BYTE = "http://purl.obolibrary.org/obo/UO_0000233"
# An entity's own identifier is its id in the crate.
_IDENTIFIED = {"contributor": ("orcid", Kind.ORCID, "https://orcid.org/"), "organisation": ("ror", Kind.ROR, ""),
               "publication": ("doi", Kind.DOI, "https://doi.org/")}  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """What differs between crates. `has_files`: the files are entities, and the root is the folder they lie in.
    `has_bia`: classes and properties of the BioImage Archive stand beside ours."""

    has_files: bool
    has_bia: bool = False


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """The crate's metadata file, to be put beside the study's files."""
    return {METADATA: _Writer(dossier, Profile(has_files=True)).write(METADATA, "./")}


def write_gide(dossier: Dossier) -> Mapping[str, bytes]:
    """A detached crate as GIDE's search takes one for each study."""
    study = dossier.document.get("study") or {}
    name = _accession(dossier) or "study"
    address = dossier.origin.address or _of_pairs(dossier, "@id")
    root = address or uuid.uuid5(uuid.NAMESPACE_URL, text_of(study.get("title"))).urn
    file = f"{name.replace('/', '-')}-{METADATA}"
    return {file: _Writer(dossier, Profile(has_files=False)).write(file, root)}


def write_bia(dossier: Dossier) -> Mapping[str, bytes]:
    """The crate's metadata file in the BioImage Archive's terms too."""
    return {METADATA: _Writer(dossier, Profile(has_files=True, has_bia=True)).write(METADATA, "./")}


class _Writer:
    def __init__(self, dossier: Dossier, profile: Profile) -> None:
        self.dossier, self.profile = dossier, profile
        self.document = dossier.document
        self.nodes = Nodes()
        self.ids = self._ids()
        self.bia = bia_write.Terms(dossier, self.nodes, self._ref) if profile.has_bia else None
        self.taxa: list[Node] = []
        self.methods: list[Node] = []
        self.terms: list[Node] = []
        self.parts: dict[str, list[Node]] = {}

    def write(self, descriptor: str, root: str) -> bytes:
        files = list(self._files()) if self.profile.has_files else []
        for module in MODULES:
            for row in self._rows(module):
                self.nodes.row(self.ids[module.key, str(row["id"])], self._row(module, row))
        study = self.document.get("study") or {}
        about: Node = {"@id": descriptor, "@type": "CreativeWork", "conformsTo": {"@id": SPECIFICATION}}
        about["about"] = {"@id": root}
        node = {"@id": root, **filled(self._fields(BY_KEY["study"], "", study) | self._root(study))}
        graph = [about, node, *self.nodes.rows.values(), *files, *self.nodes.others.values()]
        return json_text.dump(
            {"@context": context(self.dossier.origin.site, bia_write.TERMS if self.bia else {}), "@graph": graph}
        )

    def _rows(self, module: Module) -> list[Mapping[str, Any]]:
        return list(self.document.get(module.plural) or ()) if module.repeated else []

    def _ids(self) -> dict[tuple[str, str], str]:
        """Each row's id in the crate: its identifier, or its id in the document."""
        found: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for module in MODULES:
            name, kind, base = _IDENTIFIED.get(module.key, ("", Kind.TEXT, ""))
            for row in self._rows(module):
                key, own = str(row["id"]), text_of(row.get(name)) if name else ""
                wanted = base + own if own and not problem(kind, own) else anchor(key)
                if wanted in taken:
                    wanted = anchor(f"{module.key}:{key}")
                taken.add(wanted)
                found[module.key, key] = wanted
        return found

    # Rows

    def _row(self, module: Module, row: Mapping[str, Any]) -> Node:
        key = str(row["id"])
        node = self._fields(module, key, row)
        if module.key == "contributor":
            node["name"] = full_name(row)
        elif module.key == "funding" and (row.get("funder_name") or row.get("funder_id")):
            funder, address = text_of(row.get("funder_name")), text_of(row.get("funder_id"))
            wanted = address if address.startswith("http") else ""
            node["funder"] = [self.nodes.other({"@type": "Organization", "name": funder}, "funder", wanted)]
        elif module.key == "biosample" and curie_of(row.get("strain")):
            node["hasCellLine"] = [self.nodes.term(row["strain"])]
        elif module.key == "component":
            node["hasPart"] = self.parts.get(key)
        return node

    def _fields(self, module: Module, key: str, row: Mapping[str, Any]) -> Node:
        node: Node = {"@type": [key_of(ALSO[module.key]), OWN[module.key]]}
        for one in module.fields:
            value = row.get(one.name)
            if one.kind is Kind.ROWS:
                value = [self._table_row(module, one, line) for line in value or ()]
            elif one.kind is Kind.LICENCE:
                value = self._licence(text_of(value))
            else:
                value = self._value(one, value)
                if module.key == "biosample" and isinstance(value, dict):
                    self.terms.append(value)
            node[key_of(property_of(module, one))] = value
        entity = f"{module.key}/{key}" if module.repeated else module.key
        if self.bia:
            theirs = self.bia.of(module.key, row)
            node["@type"] = [*node["@type"], *([theirs.pop("@type")] if "@type" in theirs else [])]
            node = theirs | filled(node)
        node["additionalProperty"] = [self.nodes.pair(pair) for pair in self.dossier.pairs.get(entity, ())]
        return filled(node)

    def _table_row(self, module: Module, one: Field, line: Mapping[str, Any]) -> Any:
        if is_simple(one):
            value = self._value(one.columns[0], line.get(one.columns[0].name))
            if one.name == "methods" and isinstance(value, dict):
                self.methods.append(value)
            return value
        if one.name == "organisms":
            taxon = self.nodes.taxon(line.get("organism"), text_of(line.get("common_name")))
            self.taxa.append(taxon)
            return taxon
        node: Node = {"@type": [key_of(it) for it in row_types(module, one)]}
        for column in one.columns:
            node[key_of(column_property(module, one, column))] = self._value(column, line.get(column.name))
        return self.nodes.other(node, one.name.replace("_", "-"))

    def _value(self, one: Field, value: Any) -> Any:
        if one.kind is Kind.REFERENCE:
            return self._ref(one.target, value)
        return self.nodes.term(value) if one.kind is Kind.TERM else text_of(value)

    def _ref(self, module: str, key: Any) -> Node | None:
        """A reference to a row, if there is one of this id."""
        return {"@id": self.ids[module, str(key)]} if (module, str(key)) in self.ids else None

    def _licence(self, spdx: str) -> Any:
        address = licence_address(spdx)
        if not address or not self.profile.has_files:
            return address or spdx
        return self.nodes.other({"@type": "CreativeWork", "name": spdx, "identifier": spdx}, "licence", address)

    # The root

    def _root(self, study: Mapping[str, Any]) -> Node:
        """What crates say of a study beside its fields, as RO-Crate and GIDE's profile want it."""
        origin = self.dossier.origin
        people = [(row, {"@id": self.ids["contributor", str(row["id"])]}) for row in self._rows(BY_KEY["contributor"])]
        authors = [ref for row, ref in people if "Author" in [text_of(it.get("role")) for it in row.get("roles") or ()]]
        if not authors and people:
            authors = [people[0][1]]  # as the rules say: the first person is cited
        samples, acquisitions = self._refs("biosample"), self._refs("acquisition")
        doi = f"https://doi.org/{origin.doi}" if origin.doi else ""
        return {
            "author": authors,
            "contributor": [ref for _, ref in people if ref not in authors],
            "datePublished": origin.published or text_of(study.get("release_date")),
            "publisher": self._publisher(),
            "identifier": [it for it in (doi, _accession(self.dossier)) if it],
            "url": origin.address,
            "citation": self._refs("publication"),
            "seeAlso": self._refs("publication"),
            "funder": self._refs("funding"),
            "mentions": self._refs("link"),
            "about": _unique([*samples, *self.taxa, *self.terms]),
            "measurementMethod": _unique([*acquisitions, *self.methods]),
            "thumbnailUrl": [it] if (it := origin.thumbnail or _of_pairs(self.dossier, "thumbnailUrl")) else [],
            "size": self._size(),
            "hasPart": self._refs("component") + (self.parts.get("all", []) if self.profile.has_files else []),
        }  # fmt: skip

    def _refs(self, module: str) -> list[Node]:
        return [{"@id": self.ids[module, str(row["id"])]} for row in self._rows(BY_KEY[module])]

    def _publisher(self) -> Node | None:
        origin = self.dossier.origin
        name = origin.publisher or _of_pairs(self.dossier, "publisher/name")
        address = f"{origin.site}/" if origin.site else _of_pairs(self.dossier, "publisher")
        if not name and not address:
            return None
        wanted = address if address.startswith("http") else ""
        return self.nodes.other({"@type": "Organization", "name": name or address}, "publisher", wanted)

    def _size(self) -> list[Node]:
        """Bytes and number of files: of those in the dossier, else as the study's first crate said."""
        files = self.dossier.files
        bytes_, count = sum(line.size or 0 for line in files), len(files)
        values = {"bytes": str(bytes_), "file count": str(count)} if files else {}
        if not files:
            values = {pair.unit: pair.value for pair in self.dossier.pairs.get("study", ())
                      if pair.namespace == NAMESPACE and pair.name == "size"}  # fmt: skip
        nodes = [
            {"@type": "QuantitativeValue", "value": int(value), "unitCode": code, "unitText": unit}
            for unit, code in (("bytes", _BYTE), ("file count", _COUNT))
            if (value := values.get(unit, "")).isdigit()
        ]
        return [self.nodes.other(node, "size") for node in nodes]

    # Files

    def _files(self) -> Iterator[Node]:
        taken: set[str] = set()
        for line in self.dossier.files:
            key = file_id(line.path)
            if not key or key in taken or key in {"./", "."} or key.startswith("#"):
                key = anchor(f"file-{len(taken) + 1}")
            taken.add(key)
            self.parts.setdefault("all", []).append({"@id": key})
            if line.component:
                self.parts.setdefault(line.component, []).append({"@id": key})
            yield {"@id": key, **filled(self._file(key, line))}

    def _file(self, key: str, line: FileLine) -> Node:
        is_folder, specimen = line.path.endswith("/"), self.ids.get(("specimen", line.specimen))
        return {
            "@type": ["Dataset", "rembi:Folder"] if is_folder else "File",
            "name": line.path.rstrip("/").rsplit("/", 1)[-1],
            "contentSize": "" if line.size is None else str(line.size),
            "sha256": line.sha256,
            "rembi:path": line.path if key.startswith("#") or file_id(line.path).startswith("./") else "",
            "rembi:plate": line.plate,
            "rembi:well": line.well,
            "rembi:specimen": {"@id": specimen} if specimen else None,
            "additionalProperty": [self.nodes.pair(pair) for pair in line.pairs],
        }


def _accession(dossier: Dossier) -> str:
    said = (pair.value for pair in dossier.pairs.get("study", ()) if pair.name in {"accno", "identifier"})
    return dossier.origin.accession or next(said, "")


def _of_pairs(dossier: Dossier, name: str) -> str:
    """What another crate said of the study's place, where this site has not published it."""
    pairs = dossier.pairs.get("study", ())
    return next((pair.value for pair in pairs if (pair.namespace, pair.name) == (NAMESPACE, name)), "")


def _unique(nodes: list[Node]) -> list[Node]:
    return list({node["@id"]: node for node in nodes}.values())
