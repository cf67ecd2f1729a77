"""`python -m bench.elastic_site IMAGES`: fills an Elasticsearch with bench.corpus and times searches; prints JSON.

Run by bench.rows.search_elastic in a process of its own. What is typed is read with the starter ontologies at hand.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import django
from django.core.management import call_command

from bench.row import time_calls

PREFIX = "vitrine-bench"
IMAGES_OF_A_STUDY = 40
QUERIES, REPEATS, WARM_UP = 200, 200, 20


def measure(address: str, images: int) -> dict[str, Any]:
    from bench.corpus import documents  # noqa: PLC0415  (Django is set up only now)
    from publishing.search.elastic_engine.client import Place, make_client  # noqa: PLC0415
    from publishing.search.elastic_engine.index import ElasticIndex  # noqa: PLC0415

    place = Place(address, prefix=PREFIX, shards=os.cpu_count() or 1)
    index = ElasticIndex(place)
    try:
        start = time.perf_counter()
        count = index.rebuild(_told(documents(images // IMAGES_OF_A_STUDY, images)))
        seconds = time.perf_counter() - start
        stats = make_client(place).indices.stats(index=PREFIX, metric="store")
        return {
            "documents": count,
            "seconds": seconds,
            "bytes": stats["_all"]["primaries"]["store"]["size_in_bytes"],
            "shards": place.shards,
            "timings": dict(_timings(index)),
        }
    finally:
        index.remove()


def _told(made: Iterator[Any]) -> Iterator[Any]:
    start = time.perf_counter()
    for count, document in enumerate(made, 1):
        if count % 100_000 == 0:
            print(f"{count:,} documents, {time.perf_counter() - start:.0f} s …", file=sys.stderr, flush=True)
        yield document


def _timings(index: Any) -> Iterator[tuple[str, list[float]]]:
    from bench.corpus import KINDS, beginnings, queries  # noqa: PLC0415

    def timed(name: str, ask: Callable[[Any], object], asked: list[Any]) -> tuple[str, list[float]]:
        todo = itertools.cycle(asked)
        timing = time_calls(lambda: ask(next(todo)), repeats=REPEATS, warm_up=WARM_UP)
        print(f"{name}: p50 {timing.p50:.1f} ms, p95 {timing.p95:.1f} ms", file=sys.stderr, flush=True)
        return name, [timing.p50, timing.p95]

    for kind in KINDS:
        yield timed(f"search, {kind}", index.search, queries(kind, QUERIES, 3))
    for kind in ("pair", "pairs"):
        yield timed(f"count, {kind}", index.count, queries(kind, QUERIES, 4))
    yield timed("suggest", index.suggest, beginnings(QUERIES))
    yield timed("names of key-values", index.keys, beginnings(QUERIES))
    yield timed("values of a key-value", lambda text: index.values("Gene Symbol", text), beginnings(QUERIES))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("ontology", "load-starter", verbosity=0)
    print(json.dumps(measure(os.environ["VITRINE_TEST_ELASTICSEARCH_URL"], int(sys.argv[1]))))


if __name__ == "__main__":
    main()
