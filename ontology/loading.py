"""Ontologies into tables, one at a time, in short batches, so that the site goes on meanwhile.

A version that is being loaded is in the state "loading" and never the current one. If the load is killed, the next one
goes on after the last batch that was whole.
"""

import fcntl
import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from base.errors import Conflict
from ontology.bulk import gather_statistics, insert
from ontology.models import Ontology, Parent, Span, Synonym, Term, Xref
from ontology.names.comparing import LONGEST, fold
from ontology.outline import Outline, outline
from ontology.reading import Given, Header, Reading, ReadTerm, cellxgene, read
from ontology.reading.starter import FOLDER

_LAYOUT = 1  # of what is made from a file; another one makes a file another one
_TERMS = 1000  # in a batch
_ROWS = 20_000
_TABLES = (Ontology, Term, Synonym, Xref, Parent, Span)
_Row = TypeVar("_Row")

Tell = Callable[[str, int, int], None]  # what is done, how many, of how many (0: not known)


@dataclass(frozen=True)
class Loaded:
    """`is_new` is false where the version was there with the same content. `circles` are links (term, parent) that were
    left out since they close a circle, `strangers` is the number of links to terms that are not in the file."""

    ontology: Ontology
    is_new: bool
    circles: Sequence[tuple[str, str]] = ()
    strangers: int = 0


def _quiet(what: str, done: int, total: int) -> None:
    pass


def load_file(path: Path, given: Given | None = None, *, current: bool = False, tell: Tell = _quiet) -> Loaded:
    """Load an ontology from a file beside the versions that are there. It becomes the current one if it is newer than
    the one that is, or if `current` says so.

    Raises CannotRead for what is no ontology, and Conflict if this version is there with other content.
    """
    given = given or Given()
    digest = _digest(path, given)
    with _alone(tell):
        known = Ontology.objects.filter(digest=digest, state=Ontology.State.READY).first()
        if known:
            if current:
                _make_current(known)
            return Loaded(known, is_new=False)
        tell("reading", 0, 0)
        reading = read(path, given)
        loaded = _load(reading, path.name, digest, current=current, tell=tell)
        gather_statistics(*_TABLES)
        return loaded


def load_starter(folder: Path = FOLDER) -> int:
    """Load the starter sets; gives how many terms they hold. Done again, it changes nothing but what was corrected in
    the files: terms keep their keys. A set becomes current where no whole version is, and no newer set."""
    with _alone(_quiet):
        count = sum(_load_set(path) for path in sorted(folder.glob("*.tsv")))
        gather_statistics(*_TABLES)
        return count


def _load_set(path: Path) -> int:
    digest = _digest(path, Given())
    known = Ontology.objects.filter(digest=digest, state=Ontology.State.READY).first()
    if known:
        return known.term_count
    return _load_set_anew(read(path), path.name, digest)


@transaction.atomic
def _load_set_anew(reading: Reading, file: str, digest: str) -> int:
    header = reading.header
    Ontology.objects.filter(prefix=header.prefix, version=header.version, is_part=True).update(
        state=Ontology.State.LOADING, is_current=False
    )
    return _load(reading, file, digest, current=False, tell=_quiet).ontology.term_count


def ordered(version: str) -> tuple[tuple[int, str], ...]:
    """Versions as they follow each other: v9.1 before v10.0, 2025-01-01 before releases/2026-01-01."""
    parts = re.findall(r"\d+|[a-z]+", version.removeprefix("releases/").removeprefix("v").lower())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _digest(path: Path, given: Given) -> str:
    said = path.name if cellxgene.is_mine(path) else ""  # the package's files say their version only by their names
    digest = hashlib.sha256(repr((_LAYOUT, given, said)).encode())
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _alone(tell: Tell) -> Iterator[None]:
    """One load at a time on this machine; the next one waits."""
    with (Path(settings.DATA) / "ontology-load.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another load", 0, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _load(reading: Reading, file: str, digest: str, *, current: bool, tell: Tell) -> Loaded:
    plan = outline(reading, file, lambda done: tell("reading", done, 0))
    total = len(plan.places)
    ontology, is_begun = _begin(reading.header, digest)
    keys = array("q", bytes(8 * total))  # of the rows, by place
    # What an earlier load stored of the same file is right; of another file, every term is stored again.
    replace = is_begun and ontology.digest != digest
    if is_begun and not replace:
        for curie, pk in ontology.terms.values_list("curie", "pk").iterator():
            keys[plan.places[curie]] = pk
    wanted = (term for term in reading.terms() if term.curie in plan.places and not keys[plan.places[term.curie]])
    done = total - keys.count(0)
    for batch in _batches(wanted, _TERMS):
        _store_terms(ontology, batch, plan, keys, replace=replace)
        done += len(batch)
        tell("terms", done, total)
    if is_begun:
        _remove_others(ontology, plan)
    _store_places(ontology, plan, keys, tell)
    _finish(ontology, reading.header, digest, total, current=current)
    return Loaded(ontology, True, plan.circles, plan.strangers)


@transaction.atomic
def _begin(header: Header, digest: str) -> tuple[Ontology, bool]:
    """The row of the version, and whether a load of it was begun before."""
    known = Ontology.objects.filter(prefix=header.prefix, version=header.version, is_part=header.is_part).first()
    if known is None:
        values = {**_described(header), "state": Ontology.State.LOADING, "is_current": False, "digest": digest}
        row = Ontology(prefix=header.prefix, version=header.version, is_part=header.is_part, **values)
        row.save()
        return row, False
    if known.state == Ontology.State.READY:
        raise Conflict(
            f"{known} is loaded already, from something else ({known.source}). Remove it first, or give what you load "
            "another version.",
            field="version",
        )
    return known, True


def _described(header: Header) -> dict[str, Any]:
    return {
        "name": header.name[:200],
        "iri": header.iri,
        "source": header.source[:300],
        "licence": header.licence,
    }


@transaction.atomic
def _store_terms(
    ontology: Ontology, batch: Sequence[ReadTerm], plan: Outline, keys: "array[int]", *, replace: bool
) -> None:
    """Insert or replace terms with their synonyms and cross-references, and note their keys by their places."""
    names = ("ontology_id", "curie", "iri", "label", "label_folded", "definition", "obsolete", "replaced_by",
             "consider", "position")  # fmt: skip
    rows = []
    for term in batch:
        label = _clean(term.label) or term.curie
        position = plan.numbering.positions[plan.places[term.curie]]
        rows.append((ontology.pk, term.curie, term.iri, label, fold(label)[:LONGEST], _clean(term.definition),
                     term.obsolete, term.replaced_by, " ".join(term.consider), position))  # fmt: skip
    insert(Term, names, rows, update_on=("ontology_id", "curie"))
    stored = Term.objects.filter(ontology=ontology, curie__in=[term.curie for term in batch])
    of_curie = dict(stored.values_list("curie", "pk"))
    for curie, key in of_curie.items():
        keys[plan.places[curie]] = key
    if replace:
        for model in (Synonym, Xref):
            model.objects.filter(term__in=of_curie.values()).delete()
    synonyms = [
        (of_curie[term.curie], clean, fold(clean)[:LONGEST], scope)
        for term in batch
        for scope, text in term.synonyms
        if (clean := _clean(text))
    ]
    insert(Synonym, ("term_id", "text", "text_folded", "scope"), synonyms)
    insert(Xref, ("term_id", "curie"), [(of_curie[term.curie], _clean(one)) for term in batch for one in term.xrefs])


def _clean(text: str) -> str:
    return text.replace("\0", "")  # which PostgreSQL cannot hold


def _remove_others(ontology: Ontology, plan: Outline) -> None:
    """Terms that an earlier reading had and this one has not, and all links."""
    known = ontology.terms.values_list("curie", "pk").iterator()
    gone = [pk for curie, pk in known if curie not in plan.places]
    for batch in _batches(gone, _TERMS):
        Term.objects.filter(pk__in=batch).delete()
    for model in (Parent, Span):
        _delete_in_batches(model, ontology)


def _delete_in_batches(model: type[models.Model], ontology: Ontology) -> None:
    """Rows of a table of terms, without holding the database for long."""
    rows = model._default_manager.filter(term__ontology=ontology)
    while batch := list(rows.values_list("pk", flat=True)[:_ROWS]):
        model._default_manager.filter(pk__in=batch).delete()


def _store_places(ontology: Ontology, plan: Outline, keys: "array[int]", tell: Tell) -> None:
    """The links up, and the spans."""
    links = (
        (keys[place], keys[parent], relation) for place, above in enumerate(plan.links) for relation, parent in above
    )
    _store(Parent, ("term_id", "parent_id", "relation"), links, lambda done: tell("links", done, 0))
    spans = ((keys[place], low, high) for place, its in enumerate(plan.numbering.spans) for low, high in its)
    _store(Span, ("term_id", "low", "high"), spans, lambda done: tell("places in the tree", done, 0))


def _store(
    model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]], tell: Callable[[int], None]
) -> None:
    done = 0
    for batch in _batches(rows, _ROWS):
        with transaction.atomic():
            insert(model, names, batch)
        done += len(batch)
        tell(done)


@transaction.atomic
def _finish(ontology: Ontology, header: Header, digest: str, count: int, *, current: bool) -> None:
    for name, value in _described(header).items():
        setattr(ontology, name, value)
    ontology.state = Ontology.State.READY
    ontology.digest, ontology.term_count, ontology.loaded_at = digest, count, timezone.now()
    ontology.save()
    present = Ontology.objects.filter(prefix=ontology.prefix, is_current=True).first()
    if current or present is None or goes_before(ontology, present):
        _make_current(ontology)


def goes_before(new: Ontology, present: Ontology) -> bool:
    """A whole version goes before a part, then the newer one."""
    return (not new.is_part, ordered(new.version)) > (not present.is_part, ordered(present.version))


@transaction.atomic
def _make_current(ontology: Ontology) -> None:
    Ontology.objects.filter(prefix=ontology.prefix, is_current=True).exclude(pk=ontology.pk).update(is_current=False)
    ontology.is_current = True
    ontology.save(update_fields=["is_current"])


def _batches(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
