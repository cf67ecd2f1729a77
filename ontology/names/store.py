"""The index of names on this machine's disk: where it is, what is in it, and whether it is as the tables are.

It holds every name of every current ontology (see docs/decisions/0007-names-index.md). `names_index` writes it,
`names_search` asks it.
"""

import hashlib
import json
from enum import Enum
from functools import cache
from pathlib import Path

import tantivy
from django.conf import settings

from ontology.bindings import BINDINGS
from ontology.models import Ontology
from ontology.names.comparing import Kind, Name

VERSION = 4  # of what is written below; another one is another folder
BEGINNING = 8  # letters of a name, or of a word in it, by whose beginning it is found
GRAM = 3

STARTER_SETS = Path(__file__).parent / "starter"

Stamps = dict[str, str]


class State(Enum):
    """How the index stands to the tables."""

    MISSING = "missing"
    STALE = "stale"
    CURRENT = "current"


@cache
def folder() -> Path:
    """Where the index is; another one when what is written in it, or the bindings, or the starter sets change."""
    digest = hashlib.sha256(repr(sorted(BINDINGS.items())).encode())
    for path in sorted(STARTER_SETS.glob("*.tsv")):
        digest.update(path.read_bytes())
    name = f"v{VERSION}-{digest.hexdigest()[:16]}"
    return Path(settings.DATA) / "ontology-names" / name


def _make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("ontology", indexed=True)  # key of its row
    for name in ("binding", "id", "name"):  # `id` is a CURIE, `name` a name run together
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", tokenizer_name="words", index_option="basic")
    for name in ("beginning", "word_beginnings"):
        builder.add_text_field(name, tokenizer_name="beginnings", index_option="basic")
    builder.add_text_field("grams", tokenizer_name="grams", index_option="basic")
    builder.add_unsigned_field("weight", fast=True)  # the higher, the rather offered
    for name in ("text", "curie"):
        builder.add_bytes_field(name, stored=True)
    builder.add_unsigned_field("about", stored=True)  # kind, obsolete, known
    return builder.build()


SCHEMA = _make_schema()


def open_index(path: Path) -> tantivy.Index:
    """Raises ValueError if what is there cannot be read."""
    index = tantivy.Index(SCHEMA, path=str(path))
    tokenizers = {
        "words": tantivy.Tokenizer.whitespace(),
        "beginnings": tantivy.Tokenizer.ngram(1, BEGINNING, prefix_only=True),
        "grams": tantivy.Tokenizer.ngram(GRAM, GRAM),
    }
    for name, tokenizer in tokenizers.items():
        index.register_tokenizer(name, tantivy.TextAnalyzerBuilder(tokenizer).build())
    index.config_reader("manual")
    return index


def read_name(document: tantivy.Document) -> Name:
    about: int = document.get_first("about") or 0
    text, curie = (bytes(document.get_first(field) or b"").decode() for field in ("text", "curie"))
    return Name(text, curie, Kind(about >> 2), bool(about & 2), bool(about & 1))


def stamps_of_tables() -> Stamps:
    """What each current ontology was last loaded from, by key."""
    rows = Ontology.objects.filter(is_current=True, state=Ontology.State.READY)
    values = rows.values_list("pk", "prefix", "version", "loaded_at")
    return {str(pk): f"{prefix} {version} {loaded_at.isoformat()}" for pk, prefix, version, loaded_at in values}


def stamps_of_index() -> Stamps | None:
    """What the index was made from; None if it was never finished."""
    try:
        found: Stamps = json.loads((folder() / "made-of.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found


def state() -> State:
    made_of = stamps_of_index()
    if made_of is None:
        return State.MISSING
    return State.CURRENT if made_of == stamps_of_tables() else State.STALE
