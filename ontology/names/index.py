"""Keeps the index of names up to date with the tables, from which alone it is made, by each machine for itself.

One process writes at a time, under a lock; what it changes is seen at once when it commits, and readers use the last
commit meanwhile.
"""

import fcntl
import json
import logging
import re
import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache

import tantivy
from django.db import DatabaseError, close_old_connections, connections

from ontology.bindings import BINDINGS
from ontology.hierarchy import below
from ontology.models import Ontology, Synonym
from ontology.names.comparing import Kind, Name, run_together
from ontology.names.store import SCHEMA, State, folder, open_index, stamps_of_index, stamps_of_tables, state
from ontology.reading.starter import read_sets

logger = logging.getLogger(__name__)

WRITER_BYTES = 128_000_000  # memory that names wait in before a part of the index is written
_MOST = 2**10 - 1  # the highest cost that is told apart
_BATCH = 5000  # terms read at a time
_SECONDS_BETWEEN_LOOKS = 2.0
_ABBREVIATED = re.compile(
    r"^(.+) \(([A-Z][A-Za-z0-9-]*[A-Z0-9])\)$"
)  # "stimulated emission depletion (STED)" is two names

_Tell = Callable[[str, int], None]


@cache
def known_names() -> dict[str, tuple[tuple[str, str], ...]]:
    """The (scope, synonym)s that the starter sets give their terms, by CURIE: these terms are the known ones."""
    return {term.curie: term.synonyms for one in read_sets() for term in one.terms()}


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
    wanted, made_of = stamps_of_tables(), stamps_of_index() or {}
    writer = open_index(path).writer(WRITER_BYTES, 1)
    if not made_of:
        writer.delete_all_documents()
    count = 0
    for key in sorted({*wanted, *made_of}, key=int):
        if made_of.get(key) != wanted.get(key):
            writer.delete_documents_by_query(tantivy.Query.term_query(SCHEMA, "ontology", int(key)))
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


def _document(name: Name, ontology: int, bindings: Collection[str]) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("ontology", ontology)
    for binding in bindings:
        document.add_text("binding", binding)
    if name.kind == Kind.LABEL:
        for given in {name.id, name.id.rpartition(" ")[2]}:
            document.add_text("id", given)
    document.add_text("name", run_together(name.words))
    document.add_text("words", name.words)
    document.add_text("beginning", name.words)
    for word in dict.fromkeys(name.words.split()):
        document.add_text("word_beginnings", word)
    document.add_text("grams", f" {name.words} ")
    cost = min(name.cost, _MOST)
    document.add_unsigned("weight", (not name.obsolete) << 11 | name.known << 10 | (_MOST - cost))
    document.add_bytes("text", name.text.encode())
    document.add_bytes("curie", name.curie.encode())
    document.add_unsigned("about", name.kind << 2 | name.obsolete << 1 | name.known)
    return document


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
            within = [("related", text) for found in _ABBREVIATED.findall(label) for text in found]
            for scope, text in dict.fromkeys((*synonyms.get(pk, ()), *(known or ()), *within)):
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
