"""How a document lies in a tantivy index: its fields, its text analysis, and the way from and to Document."""

import json
from datetime import UTC, datetime
from typing import Any

import tantivy

from publishing.search.document import Document
from publishing.search.fields import FACETS
from publishing.search.query import clean

VERSION = 1  # part of an index's folder name: a change of fields or analysis makes a new index

# Weights of a word found in a field.
TEXT_FIELDS: dict[str, float] = {
    "title": 4.0,
    "keywords": 3.0,
    "terms": 2.0,
    "authors": 2.0,
    "channels": 1.5,
    "description": 1.0,
    "key_values": 0.7,
    "context": 0.5,
}
STORED_TEXT = {"title", "description"}
ANALYSER = "english"
SEPARATOR = "\t"  # between a facet's value and its label; neither holds one

Filter, Tokenizer = tantivy.Filter, tantivy.Tokenizer


def folding_analyser() -> tantivy.TextAnalyzer:
    """Words in lower case and without accents."""
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    return builder.filter(Filter.remove_long(80)).filter(Filter.lowercase()).filter(Filter.ascii_fold()).build()


def stemming_analyser() -> tantivy.TextAnalyzer:
    """The same, by their English stems."""
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(80)).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return builder.filter(Filter.stemmer("english")).build()


def make_schema() -> tantivy.Schema:
    """Per facet `<facet>_counted` holds "value<TAB>label" to count, and `<facet>_in` the values that it is found by."""
    builder = tantivy.SchemaBuilder()
    for name in ("id", "study"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("identifiers", "suggestions"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, stored=name in STORED_TEXT, tokenizer_name=ANALYSER)
    for facet in FACETS:
        builder.add_text_field(f"{facet}_counted", fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field(f"{facet}_in", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("newest", indexed=True, fast=True)
    builder.add_bytes_field("card", stored=True)
    return builder.build()


def one_mu(text: str) -> str:
    """The micro sign as the Greek letter, so that “µm” is found however it was typed."""
    return clean(text).replace("µ", "μ")


def _facet(text: str) -> str:
    return clean(text).strip()  # a tab is a control character, so that none is left


def to_tantivy(document: Document) -> tantivy.Document:
    made = tantivy.Document()
    made.add_text("id", document.id)
    made.add_text("study", document.study)
    for identifier in dict.fromkeys([document.id, document.accession, *document.identifiers]):
        made.add_text("identifiers", one_mu(identifier).strip().casefold())
    for name in TEXT_FIELDS:
        value = getattr(document, name)
        if name == "key_values":
            value = [f"{pair.name} {pair.value}" for pair in value]
        for text in (value,) if isinstance(value, str) else value:
            made.add_text(name, one_mu(text))
    facets = {**document.facets}
    for facet in FACETS:
        if facet == "type":
            made.add_text("type_counted", f"{document.type}{SEPARATOR}{document.type}")
            made.add_text("type_in", document.type)
            continue
        values = facets.get(facet, ())
        for entry in dict.fromkeys(values):
            made.add_text(f"{facet}_counted", f"{_facet(entry.value)}{SEPARATOR}{_facet(entry.label)}")
        for found_by in dict.fromkeys(v.value for v in (*values, *document.ancestors.get(facet, ()))):
            made.add_text(f"{facet}_in", _facet(found_by))
    labels = [entry.label for facet in ("organism", "method") for entry in facets.get(facet, ())]
    for text in dict.fromkeys(_facet(text) for text in (*labels, *document.keywords)):
        made.add_text("suggestions", f"{text.casefold()}{SEPARATOR}{text}")
    # Newest first, and a study before the images published with it.
    made.add_unsigned("newest", max(0, int(document.published.timestamp())) * 2 + (document.type == "study"))
    made.add_bytes("card", json.dumps(_card(document), ensure_ascii=False).encode())
    return made


def _card(document: Document) -> dict[str, Any]:
    return {
        "type": document.type,
        "accession": document.accession,
        "published": document.published.astimezone(UTC).isoformat(),
        "thumbnail": document.thumbnail,
        "card": dict(document.card),
    }


def read_card(found: tantivy.Document) -> dict[str, Any]:
    """What `_card` kept, `published` as a time."""
    card: dict[str, Any] = json.loads(bytes(found.get_first("card") or b"{}"))
    card["published"] = datetime.fromisoformat(card["published"])
    return card
