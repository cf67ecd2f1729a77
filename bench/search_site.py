"""`python -m bench.search_site`: times the search page, by HTTP, of a site of bench.corpus's size; prints JSON.

Run by bench.rows.search_page in a process of its own. The site is granian with one worker, as script/server runs it, on
SQLite; requests come one after another, as from one person.
"""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import django
import httpx
from django.conf import settings
from django.core.management import call_command

from bench.row import time_calls

STUDIES, IMAGES, SEED = 5_000, 200_000, 1
KINDS = ("word", "words", "phrase", "either", "chosen", "group", "pair", "number", "newest", "everything")
REPEATS = 100
SOME = 200  # studies


def fill() -> None:
    from bench.corpus import documents  # noqa: PLC0415  (Django is set up only now)
    from bench.corpus_site import fill_site  # noqa: PLC0415
    from catalogue.models import Study  # noqa: PLC0415
    from publishing import term_uses  # noqa: PLC0415
    from publishing.search import search_index  # noqa: PLC0415

    fill_site(STUDIES, IMAGES, SEED)
    search_index().rebuild(documents(STUDIES, IMAGES, SEED))
    search_index().close()
    term_uses.renew(Study.objects.values_list("pk", flat=True)[:SOME])  # enough for their terms to count as used
    term_uses.count()


def other_names(most: int = 50) -> list[str]:
    """How exact synonyms of terms that studies have begin, by three to five letters."""
    from ontology.models import Synonym  # noqa: PLC0415

    used = Synonym.objects.filter(scope=Synonym.Scope.EXACT, term__use_count__studies__gt=0)
    names = used.order_by("-term__use_count__studies", "text").values_list("text", flat=True)[:most]
    return [name[: 3 + place % 3] for place, name in enumerate(names)]


@contextmanager
def served() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1",
               "--blocking-threads", "2", "--no-ws", "--log-level", "error", "portal.wsgi:application"]  # fmt: skip
    server = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def measure(site: httpx.Client) -> dict[str, Any]:
    from bench.corpus import beginnings, queries  # noqa: PLC0415

    def timed(addresses: list[str]) -> list[float]:
        todo = itertools.cycle(addresses)
        timing = time_calls(lambda: site.get(next(todo)).raise_for_status(), repeats=REPEATS, warm_up=10)
        return [timing.p50, timing.p95]

    pages = {kind: [f"/search?{urlencode(query.parameters())}" for query in queries(kind, 50)] for kind in KINDS}
    answer: dict[str, Any] = {kind: timed(addresses) for kind, addresses in pages.items()}
    answer["all"] = timed([address for some in zip(*pages.values(), strict=True) for address in some][:REPEATS])
    for kind, texts in (("suggest", beginnings(50)), ("suggest by other names", other_names())):
        answer[kind] = timed([f"/search/suggest?{urlencode({'q': text})}" for text in texts])
    start = time.perf_counter()
    with site.stream("GET", "/search.csv") as stream:
        size = sum(len(chunk) for chunk in stream.iter_bytes())
    answer["csv"] = [time.perf_counter() - start, size]
    return answer


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    call_command("ontology", "load-starter", verbosity=0)
    fill()
    with served() as address, httpx.Client(base_url=address, timeout=120) as site:
        print(json.dumps(measure(site)))


if __name__ == "__main__":
    main()
