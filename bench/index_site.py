"""The embedded index, FTS5 and tsvector, filled and searched, for bench.rows.search_index.

Peers count five facets and mark words; so does the embedded index in the rows that are compared.
All must find the same number.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path

from bench import corpus
from bench.peers import FACETS, Fts5, Peer, Tsvector, postgres_url
from bench.row import Row, Timing, time_calls
from publishing.search.clauses import Pair
from publishing.search.document import Document
from publishing.search.query import Query
from publishing.search.tantivy_engine.index import TantivyIndex

IMAGES_A_STUDY = 40
BUILD_TARGET = 60.0  # s
DIFFERENT = 60  # searches of a kind
# Kinds of bench.corpus.KINDS, what they are, and the target of p95 in ms.
COMPARED = (("words", "two words", 10.0), ("either", "one of two words", 15.0))
ALONE = (
    ("word", "one word, all facets"),
    ("words", "two words, all facets"),
    ("chosen", "a word and two chosen facets, all facets"),
    ("phrase", "a phrase, all facets"),
    ("newest", "a word, by date, all facets"),
    ("everything", "everything, all facets, again"),
)


def main(images: int) -> None:
    """Print the rows as JSON."""
    print(json.dumps([asdict(row) for row in rows_of(images)]))


def rows_of(images: int) -> list[Row]:
    documents = list(corpus.documents(images // IMAGES_A_STUDY, images))
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder))
        rows = [_built(index, documents, Path(folder))]
        peers = _peers(Path(folder), documents)
        for kind, told, target in COMPARED:
            queries = [replace(query, counted=FACETS) for query in _read(kind)]
            ours = _timed([partial(index.search, query) for query in queries])
            rows.append(_row(f"{told}, 5 facets, marks", ours, target))
            rows += [_beside(peer, told, queries, index, ours) for peer in peers]
        for kind, told in ALONE:
            rows.append(_row(told, _timed([partial(index.search, query) for query in _read(kind)]), None))
        rows += _counted(index, peers)
        begun = corpus.beginnings(DIFFERENT)
        rows.append(_row("suggestions", _timed([partial(index.suggest, text) for text in begun]), 5.0))
        rows.append(_scanned(index))
        for peer in peers:
            if isinstance(peer, Tsvector):
                peer.close()
        return rows


def _built(index: TantivyIndex, documents: Sequence[Document], folder: Path) -> Row:
    start, worked = time.perf_counter(), time.process_time()
    index.rebuild(documents)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Row(f"index {len(documents):,} documents", "s", seconds, f"under {BUILD_TARGET:.0f} s",
               seconds < BUILD_TARGET, note=f"{worked:.0f} s of processor time, {size / 1e6:.0f} MB")  # fmt: skip


def _peers(folder: Path, documents: Sequence[Document]) -> list[Peer]:
    peers: list[Peer] = [Fts5(folder / "fts5.sqlite3")]
    if url := postgres_url():
        peers.append(Tsvector(url))
    for peer in peers:
        peer.build(documents)
    return peers


def _read(kind: str) -> list[Query]:
    """Searches whose words are read, so that the engine alone is timed."""
    queries = corpus.queries(kind, DIFFERENT)
    for query in queries:
        assert not query.reading.problems
    return queries


@dataclass(frozen=True)
class _Timed:
    """By the clock, and the p95 of processor time in ms, which other work disturbs less."""

    clock: Timing
    worked: float


def _timed(calls: Sequence[Callable[[], object]]) -> _Timed:
    turn, worked = cycle(calls), []

    def call() -> None:
        before = time.thread_time()
        next(turn)()
        worked.append((time.thread_time() - before) * 1000)

    clock = time_calls(call, repeats=len(calls), warm_up=1)
    return _Timed(clock, statistics.quantiles(worked, n=20, method="inclusive")[-1])


def _row(told: str, timed: _Timed, target: float | None) -> Row:
    meets = None if target is None else timed.clock.p95 <= target
    aim = "reported" if target is None else f"at most {target:.0f} ms"
    note = f"p50 {timed.clock.p50:.1f} ms; p95 of processor time {timed.worked:.1f} ms"
    return Row(f"search: {told}, p95", "ms", timed.clock.p95, aim, meets, note=note)


def _beside(peer: Peer, told: str, queries: Sequence[Query], index: TantivyIndex, ours: _Timed) -> Row:
    for query in queries[:10]:
        theirs, found = peer.search(query.reading.clause), index.search(query)
        assert theirs.total == found.total, (query.q, theirs.total, found.total)
        licences = {count.value: count.count for count in found.facets["licence"]}
        assert dict(theirs.facets["licence"]) == licences, query.q
    timed = _timed([partial(peer.search, query.reading.clause) for query in queries])
    timing, note = timed.clock, f"theirs p50 {timed.clock.p50:.1f} ms"
    if isinstance(peer, Fts5):  # which works in this process
        note += f"; p95 of processor time {timed.worked:.1f} ms"
    return Row(
        f"search: {told}, beside {peer.name}, p95", "ms", ours.clock.p95, "under the other",
        ours.clock.p95 < timing.p95, timing.p95, peer.name, note=note,
    )  # fmt: skip


def _counted(index: TantivyIndex, peers: Sequence[Peer]) -> list[Row]:
    queries = [query for query in _read("pair") if isinstance(query.reading.clause, Pair)]
    ours = _timed([partial(index.count, query) for query in queries])
    rows = [_row("key=value, count", ours, 5.0)]
    for peer in peers:
        pairs = [query.reading.clause for query in queries if isinstance(query.reading.clause, Pair)]
        for query, pair in zip(queries, pairs, strict=True):
            assert peer.count_pair(pair) == index.count(query), pair
        timing = _timed([partial(peer.count_pair, pair) for pair in pairs]).clock
        rows.append(Row(f"search: key=value, count, beside {peer.name}, p95", "ms", ours.clock.p95, "reported", None,
                        timing.p95, peer.name))  # fmt: skip
    return rows


def _scanned(index: TantivyIndex) -> Row:
    start = time.perf_counter()
    count = sum(1 for _ in index.scan(Query()))
    return Row("search: all hits streamed", "hits/s", count / (time.perf_counter() - start), "reported", None)
