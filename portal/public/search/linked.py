"""The hits of a search as linked data: schema.org's ItemList, and an RO-Crate that has them as its parts."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from portal.public.search.address import address
from portal.templatetags.vitrine import hit_curie
from publishing.packages import crate
from publishing.renditions import jsonld
from publishing.renditions.links import absolute, doi_url, licence_of
from publishing.search import Hit, Query

Node = dict[str, Any]
_IN_MEMORY = 200_000  # characters of a crate's entities; more are in a file until they are sent


def address_of_hit(hit: Hit) -> str:
    if hit.type == "term":
        return absolute(f"/terms/{hit_curie(hit)}")
    return absolute(f"/studies/{hit.accession}" if hit.type == "study" else f"/images/{hit.id}")


def thumbnail_of(hit: Hit) -> str:
    return absolute(f"/data/{hit.thumbnail}/thumbnail.jpg") if hit.thumbnail else ""


def json_ld(query: Query, hits: Iterator[Hit]) -> Iterator[str]:
    """schema.org ItemList of Datasets, ImageObjects and DefinedTerms; its context stands inside."""
    head = {"@context": jsonld.CONTEXT, "@id": _address(query), "@type": "ItemList", "name": _name(query),
            "url": _address(query)}  # fmt: skip
    yield _opened(head) + ',\n"itemListElement": [\n'
    count = 0
    for count, hit in enumerate(hits, 1):
        item = {"@type": "ListItem", "position": count, "item": jsonld.without_empty(_node(hit))}
        yield (",\n" if count > 1 else "") + _json(item)
    yield f'\n],\n"numberOfItems": {count}}}\n'


def ro_crate(query: Query, hits: Iterator[Hit]) -> Iterator[str]:
    """A detached RO-Crate 1.2 whose root has the hits as parts, and mentions terms. What it has is named before it is
    described, as in any crate, so the descriptions wait in a file: a second answer of the index might have others."""
    root, licence = _address(query), "#licences"
    descriptor = {"@id": crate.METADATA, "@type": "CreativeWork", "conformsTo": {"@id": crate.SPECIFICATION},
                  "about": {"@id": root}}  # fmt: skip
    head = {"@id": root, "@type": "Dataset", "name": _name(query), "url": root, "license": {"@id": licence},
            "datePublished": f"{datetime.now(UTC):%Y-%m-%d}", "publisher": {"@id": absolute("/")},
            "description": _("What a search of {site} found.").format(site=settings.SITE_NAME)}  # fmt: skip
    known: dict[str, Node] = {}
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as waiting:

        def parts() -> Iterator[str]:
            for hit in hits:
                waiting.write(_json(_entity(hit, known)) + "\n")
                if hit.type != "term":
                    yield address_of_hit(hit)

        yield f'{{"@context": {_json(crate.CONTEXT)},\n"@graph": [\n{_json(descriptor)},\n{_opened(head)}'
        yield from _references("hasPart", parts())
        if "term" in query.types:
            waiting.seek(0)
            nodes = map(json.loads, waiting)
            yield from _references("mentions", (node["@id"] for node in nodes if node["@type"] == "DefinedTerm"))
        yield "}"
        waiting.seek(0)
        for line in waiting:
            yield ",\n" + line.rstrip("\n")
    others = [
        {"@id": licence, "@type": "CreativeWork", "name": _("Each part has its own licence, which stands with it.")},
        {"@id": absolute("/"), "@type": "Organization", "name": settings.PUBLISHER, "url": absolute("/")},
        *known.values(),
    ]
    yield "".join(",\n" + _json(node) for node in others) + "\n]}\n"


def _entity(hit: Hit, licences: dict[str, Node]) -> Node:
    """The hit as an entity of a crate; its licence is noted among the `licences`, by address."""
    node = _node(hit)
    if node["license"]:
        licences[node["license"]] = {"@id": node["license"], "@type": "CreativeWork", "name": hit.card.get("licence")}
        node["license"] = {"@id": node["license"]}
    if hit.type != "term":
        node["@type"] = ["Dataset", "ImageObject"] if hit.type == "image" else "Dataset"
    described: Node = jsonld.without_empty(node)
    return described


def _references(name: str, addresses: Iterable[str]) -> Iterator[str]:
    yield f', "{name}": ['
    for number, address_of_it in enumerate(addresses):
        yield (", " if number else "") + _json({"@id": address_of_it})
    yield "]"


def _node(hit: Hit) -> Node:
    card, iri = hit.card, address_of_hit(hit)
    if hit.type == "term":
        return {"@id": iri, "@type": "DefinedTerm", "name": hit.title, "termCode": hit_curie(hit), "url": iri,
                "license": ""}  # fmt: skip
    is_image = hit.type == "image"
    return {
        "@id": iri,
        "@type": "ImageObject" if is_image else "Dataset",
        "name": hit.title or hit.id,
        "url": iri,
        "datePublished": f"{hit.published:%Y-%m-%d}",
        "identifier": hit.id if is_image else hit.accession,
        "sameAs": "" if is_image else doi_url(str(card.get("doi", ""))),
        "license": licence_of(str(card["spdx"])).url if card.get("spdx") else "",
        "keywords": [*card.get("organisms", ()), *card.get("methods", ())],
        "thumbnailUrl": thumbnail_of(hit),
        "contentUrl": absolute(f"/data/{hit.id}/ome-zarr-0.5") if is_image else "",
        "isPartOf": {"@id": absolute(f"/studies/{hit.accession}")} if is_image else {},
    }


def _address(query: Query) -> str:
    return absolute(address("search", query.parameters()))


def _name(query: Query) -> str:
    return _("Hits for “{words}”").format(words=query.q) if query.q else _("Hits of a search")


def _opened(node: Node) -> str:
    """The node's JSON without its end, so that more can follow."""
    return _json(node)[:-1]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
