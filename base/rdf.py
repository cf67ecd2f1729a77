"""Triples as bytes, always in the same order, so that the same statements give the same file."""

import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox


def serialise(triples: Iterable[ox.Triple], format: ox.RdfFormat, prefixes: Mapping[str, str]) -> bytes:
    """The triples in the format; the prefixes shorten names where it has any. Blank nodes are not for it: their names
    change from time to time."""
    ordered = sorted(triples, key=str)
    if format == ox.RdfFormat.N_TRIPLES:
        return _bytes(ordered, format)
    if format == ox.RdfFormat.JSON_LD:
        return _json_ld(_bytes(ordered, format), prefixes)
    text = _bytes(ordered, format, prefixes)
    if format == ox.RdfFormat.TURTLE:
        return re.sub(rb"\A(@prefix [^\n]*\n)*", lambda match: b"".join(sorted(match[0].splitlines(True))), text)
    return re.sub(rb"(<rdf:RDF )([^>]*)(>)", lambda m: m[1] + b" ".join(sorted(m[2].split())) + m[3], text, count=1)


def _bytes(triples: list[ox.Triple], format: ox.RdfFormat, prefixes: Mapping[str, str] | None = None) -> bytes:
    output = io.BytesIO()
    ox.serialize(triples, output, format, prefixes=None if prefixes is None else dict(prefixes))
    return output.getvalue()


def _json_ld(expanded: bytes, prefixes: Mapping[str, str]) -> bytes:
    """Expanded JSON-LD 1.1 with names shortened; the context stands inside, so nothing is fetched to read it."""
    nodes = [
        {_short(name, prefixes): _values(value, prefixes) for name, value in sorted(node.items())}
        for node in json.loads(expanded)
    ]
    document = {"@context": dict(sorted(prefixes.items())), "@graph": nodes}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _values(value: Any, prefixes: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_values(one, prefixes) for one in value]
    if isinstance(value, dict) and "@type" in value:
        return {**value, "@type": _short(value["@type"], prefixes)}
    return value


def _short(name: str, prefixes: Mapping[str, str]) -> str:
    """The name by the prefix with the longest namespace that it begins with."""
    fitting = [prefix for prefix, namespace in prefixes.items() if name.startswith(namespace)]
    if not fitting:
        return name
    best = max(fitting, key=lambda prefix: len(prefixes[prefix]))
    return f"{best}:{name.removeprefix(prefixes[best])}"
