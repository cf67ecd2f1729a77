"""ro-crate-metadata.json (RO-Crate 1.2): the study's JSON-LD made flat, with all files, written while it is sent.

The terms of organisms and methods are those of the GIDE search profile, beside RO-Crate's own context.
"""

import json
import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

from publishing import record
from publishing.image_shapes import FileRecord
from publishing.models import Publication
from publishing.packages.paths import packed, reference
from publishing.renditions import jsonld, links
from publishing.shapes import RecordSet

Node = dict[str, Any]
METADATA = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.2"
CONTEXT: list[Any] = [
    f"{SPECIFICATION}/context",
    {
        "dwc": "http://rs.tdwg.org/dwc/terms/",
        "dwciri": "http://rs.tdwg.org/dwc/iri/",
        "Taxon": "dwc:Taxon",
        "scientificName": "dwc:scientificName",
        "vernacularName": "dwc:vernacularName",
        "measurementMethod": {"@id": "dwciri:measurementMethod", "@type": "@id"},
        "taxonomicRange": {"@id": "http://schema.org/taxonomicRange", "@type": "@id"},
        "BioSample": "http://schema.org/BioSample",
    },
]
_LEFT_OUT = ("@context", "conformsTo", "distribution", "hasPart", "isPartOf", "isAccessibleForFree")


def crate_chunks(publication: Publication) -> Iterator[bytes]:
    """The file's bytes; the same for the same version."""
    records = record.of_version(publication)
    root, others = _described(records)
    yield b'{"@context": ' + _json(CONTEXT) + b',\n"@graph": [\n'
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": SPECIFICATION},
        "about": {"@id": "./"},
    }
    yield _json(descriptor)
    named = (f"#component-{component.id}" for component in records.components)
    # The files of components as well: readers find data entities only here.
    yield from _with_parts(root, chain(named, map(_id, record.all_files(publication))))
    for component in records.components:
        parts = record.all_files(publication, uuid.UUID(component.id))
        yield from _with_parts(others.pop(f"#component-{component.id}"), map(_id, parts))
    for node in others.values():
        yield b",\n" + _json(node)
    for file in record.all_files(publication):
        yield b",\n" + _json(_file(file))
    yield b"\n]}\n"


def _with_parts(node: Node, parts: Iterator[str]) -> Iterator[bytes]:
    """The node with its parts, which may be very many, written one by one."""
    yield b",\n" + _json(node)[:-1] + b', "hasPart": ['
    for number, part in enumerate(parts):
        yield (b", " if number else b"") + _json({"@id": part})
    yield b"]}"


def _id(file: FileRecord) -> str:
    return reference(packed(file.path)) + ("/" if file.is_folder else "")


def _file(file: FileRecord) -> Node:
    node = {
        "@id": _id(file),
        "@type": "Dataset" if file.is_folder else "File",
        "name": file.path.rsplit("/", 1)[-1],
        "identifier": f"urn:uuid:{file.id}",
        "contentSize": str(file.bytes),
        "encodingFormat": file.format or file.media_type,
        "sha256": "" if file.is_folder else file.sha256,
    }
    return {name: value for name, value in node.items() if value}


def _described(records: RecordSet) -> tuple[Node, dict[str, Node]]:
    """The root entity, and all that it names, by id."""
    study = records.study
    tree = jsonld.dataset(records)
    root = {name: value for name, value in tree.items() if name not in _LEFT_OUT}
    root["@id"] = "./"
    root["identifier"] = links.persistent_url(study) or study.accession
    root["cite-as"] = links.persistent_url(study)
    root["author"] = root.pop("creator", [])
    root["hasComponent"] = tree.get("hasPart", [])
    methods = [it for it in root.get("measurementTechnique", []) if isinstance(it, dict)]
    root["measurementMethod"] = methods
    taxa = [taxon for sample in root.get("about", []) for taxon in sample.get("taxonomicRange", [])]
    root["about"] = [*root.get("about", []), *taxa]
    licence = links.licence_of(study.licence)
    root["license"] = {"@id": licence.url, "@type": "CreativeWork", "name": licence.name, "identifier": study.licence}
    found: dict[str, Node] = {}
    flat: Node = jsonld.without_empty(_flatten(root, f"{links.version_iri(study)}#", found))
    found.pop("./")
    flat.pop("hasComponent", None)
    for component in records.components:
        found[f"#component-{component.id}"].pop("license", None)
    return flat, found


def _flatten(node: Any, own: str, found: dict[str, Node]) -> Any:
    """References in place of nested entities, which go to `found` under their ids; those without one get one."""
    if isinstance(node, list):
        return [_flatten(item, own, found) for item in node]
    if not isinstance(node, dict):
        return node
    if "@type" not in node:
        return node
    key = node.get("@id") or f"#{node['@type'].lower()}-{len(found) + 1}"
    key = key.replace(own, "#", 1) if key.startswith(own) else key
    entity = found.setdefault(key, {})
    for name, value in node.items():
        entity.setdefault(name, key if name == "@id" else _flatten(value, own, found))
    entity["@id"] = key
    return entity if key == "./" else {"@id": key}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
