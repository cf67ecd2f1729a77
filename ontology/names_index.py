"""The index of names on this machine's disk: what is in it, and how it is kept up to date with the tables.

It holds every name of every current ontology and is made from the tables alone, by each machine for itself (see
docs/decisions/0007-names-index.md). One process writes at a time, under a lock; what it changes is seen at once when it
commits, and readers use the last commit meanwhile.
"""

import fcntl
import hashlib
import json
import logging
import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path

import tantivy
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from ontology.bindings import BINDINGS
from ontology.hierarchy import below
from ontology.models import Ontology, Synonym
from ontology.names import Kind, Name, cost_of, plain
from ontology.starter_sets import read_sets

logger = logging.getLogger(__name__)

VERSION = 1  # of what is written below; another one is another folder
BEGINNING = 8  # letters of a name, or of a word in it, by whose beginning it is found
GRAM = 3
WRITER_BYTES = 128_000_000  # memory that names wait in before a part of the index is written
MOST = 2**10 - 1  # the highest cost that is told apart
_BATCH = 5000  # terms read at a time
_SECONDS_BETWEEN_LOOKS = 2.0

Stamps = dict[str, str]
_Tell = Callable[[str, int], None]


class State(Enum):
    """How the index stands to the tables."""

    MISSING = "missing"
    STALE = "stale"
    CURRENT = "current"


@cache
def known_names() -> dict[str, tuple[tuple[str, str], ...]]:
    """The (scope, synonym)s that the starter sets give their terms, by CURIE: these terms are the known ones."""
    return {term.curie: term.synonyms for one in read_sets() for term in one.terms}


@cache
def folder() -> Path:
    """Where the index is; another one when what is written in it, or the bindings, or the starter sets change."""
    content = repr((VERSION, sorted(BINDINGS.items()), sorted(known_names().items())))
    name = f"v{VERSION}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    return Path(settings.DATA) / "ontology-names" / name


def _make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("ontology", indexed=True)  # key of its row
    for name in ("binding", "id", "name"):  # `id` is a CURIE and `name` a name, both as by `plain`
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


def _document(name: Name, ontology: int, bindings: Collection[str]) -> tantivy.Document:
    words = plain(name.text)
    document = tantivy.Document()
    document.add_unsigned("ontology", ontology)
    for binding in bindings:
        document.add_text("binding", binding)
    if name.kind == Kind.LABEL:
        document.add_text("id", plain(name.curie))
    document.add_text("name", words)
    document.add_text("words", words)
    document.add_text("beginning", words)
    for word in dict.fromkeys(words.split()):
        document.add_text("word_beginnings", word)
    document.add_text("grams", f" {words} ")
    document.add_unsigned("weight", _weight(name, len(words)))
    document.add_bytes("text", name.text.encode())
    document.add_bytes("curie", name.curie.encode())
    document.add_unsigned("about", name.kind << 2 | name.obsolete << 1 | name.known)
    return document


def read_name(document: tantivy.Document) -> Name:
    about: int = document.get_first("about") or 0
    text, curie = (bytes(document.get_first(field) or b"").decode() for field in ("text", "curie"))
    return Name(text, curie, Kind(about >> 2), bool(about & 2), bool(about & 1))


def _weight(name: Name, length: int) -> int:
    cost = min(length + cost_of(name.kind), MOST)
    return (not name.obsolete) << 11 | name.known << 10 | (MOST - cost)


# Keeping it up to date


def _stamps_of_tables() -> Stamps:
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
    return State.CURRENT if made_of == _stamps_of_tables() else State.STALE


def refresh(*, tell: _Tell = lambda prefix, names: None, wait: bool = True) -> int:
    """Bring the index up to date with the tables; gives how many names were written. It does nothing if it is, or,
    unless it shall `wait`, if another process is at it. `tell` is told an ontology's prefix and its names written so
    far."""
    if state() == State.CURRENT:
        return 0
    with _writing(wait=wait) as allowed:
        if not allowed:
            return 0
        try:
            return _update(tell)
        except ValueError:
            logger.exception("the index of names in %s cannot be used; it is made anew", folder())
            shutil.rmtree(folder(), ignore_errors=True)
            return _update(tell)


def keep(stop: threading.Event) -> None:
    """Keep the index up to date until told to stop; another machine may have loaded an ontology."""
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                refresh(wait=False)
            except (DatabaseError, OSError, ValueError):
                logger.exception("the index of names could not be brought up to date; trying again in a moment")
            stop.wait(_SECONDS_BETWEEN_LOOKS)
    finally:
        connections.close_all()


def _update(tell: _Tell) -> int:
    path = folder()
    path.mkdir(parents=True, exist_ok=True)
    wanted, made_of = _stamps_of_tables(), stamps_of_index() or {}
    writer = open_index(path).writer(WRITER_BYTES, 1)
    if not made_of:
        writer.delete_all_documents()
    count = 0
    for key in sorted({*wanted, *made_of}, key=int):
        if made_of.get(key) != wanted.get(key):
            writer.delete_documents_by_term("ontology", int(key))
            if ontology := Ontology.objects.filter(pk=key).first() if key in wanted else None:
                count += _write(writer, ontology, tell)
    writer.commit()
    writer.wait_merging_threads()
    part = path / "made-of.json.part"
    part.write_text(json.dumps(wanted))
    part.replace(path / "made-of.json")
    for other in path.parent.glob("v*"):
        if other != path:
            shutil.rmtree(other, ignore_errors=True)
    return count


def _write(writer: tantivy.IndexWriter, ontology: Ontology, tell: _Tell) -> int:
    whole = [name for name, binding in BINDINGS.items() if ontology.prefix in binding.ontologies]
    branches: dict[int, list[str]] = {}
    for binding in BINDINGS.keys() - set(whole):
        for pk in below(BINDINGS[binding].branches).filter(ontology=ontology).values_list("pk", flat=True).iterator():
            branches.setdefault(pk, []).append(binding)
    count = 0
    for count, (pk, name) in enumerate(_names_of(ontology), 1):
        writer.add_document(_document(name, ontology.pk, [*whole, *branches.get(pk, ())]))
        if count % 10_000 == 0:
            tell(ontology.prefix, count)
    tell(ontology.prefix, count)
    return count


def _names_of(ontology: Ontology) -> Iterator[tuple[int, Name]]:
    """The names of an ontology's terms, each with its term's key, read in short queries."""
    last = 0
    while True:
        rows = ontology.terms.filter(pk__gt=last).order_by("pk").values_list("pk", "curie", "label", "obsolete")
        terms = {pk: (curie, label, obsolete) for pk, curie, label, obsolete in rows[:_BATCH]}
        if not terms:
            return
        first, last = min(terms), max(terms)
        synonyms: dict[int, list[tuple[str, str]]] = {}
        found = Synonym.objects.filter(term__gte=first, term__lte=last, term__ontology=ontology)
        for pk, scope, text in found.values_list("term_id", "scope", "text"):
            synonyms.setdefault(pk, []).append((scope, text))
        for pk, (curie, label, obsolete) in terms.items():
            known = known_names().get(curie)
            yield pk, Name(label, curie, Kind.LABEL, obsolete, known is not None)
            for scope, text in dict.fromkeys((*synonyms.get(pk, ()), *(known or ()))):
                yield pk, Name(text, curie, Kind[scope.upper()], obsolete, known is not None)


@contextmanager
def _writing(*, wait: bool) -> Iterator[bool]:
    """Whether this process alone may write now."""
    parent = folder().parent
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / "writer.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
