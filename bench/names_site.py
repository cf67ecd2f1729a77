# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own with whole ontologies, NCBITaxon among them; run by bench.rows.ontology_names.

Prints, as JSON, how long the index of names took and how large it is, the milliseconds of suggestions over all that is
typed on the way to some names, and hits and milliseconds of candidates for names with one wrong letter, beside those
of SQLite's FTS5 with trigrams and rapidfuzz over the same names.
"""

import json
import os
import random
import resource
import sqlite3
import string
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["VITRINE_DATA"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.core.management import call_command
from rapidfuzz import fuzz, process

from ontology.bindings import BINDINGS
from ontology.loading import load_file, load_starter
from ontology.mapping.candidates import candidates_of
from ontology.models import Synonym, Term
from ontology.names import index as names_index
from ontology.names import store as names_store
from ontology.names.comparing import plain
from ontology.queries import Wanted, suggest, within
from ontology.reading import cellxgene

WHOLE = "CL,UBERON,EFO,CHEBI,MONDO,FBbt,PATO,cellosaurus,NCBITaxon"
TYPED = (
    "a", "mus musculus", "human", "ce", "caenorhabditis elegans", "drosofila mel", "escherichia coli",
    "NCBITaxon:10090", "confocal microscopy", "fluoresence", "light sheet", "hippocampus", "neuron", "nucleus",
    "t cell", "oesophagus", "hela", "u-2 os", "dapi", "paclitaxel", "alpha-tubulin", "temperature", "round",
    "xyzzy quux",
)  # fmt: skip
MISTYPED = 500
LONGEST = 60  # letters of a name that somebody might type
BINDING = "channel_content"  # ChEBI, CL, UBERON and cellular components: more than 240,000 names
RANDOM = random.Random(7)


def main() -> None:
    call_command("migrate", verbosity=0)
    load_starter()
    for path in cellxgene.find(WHOLE):
        load_file(path, current=True)
    begun = time.perf_counter()
    names = names_index.refresh()
    seconds = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in names_store.folder().iterdir())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    built = {"names": names, "seconds": seconds, "bytes": size, "peak": memory}
    print(json.dumps({"built": built, "suggested": _suggested(), "mapped": _mapped()}))


def _suggested() -> list[float]:
    """Milliseconds for each beginning of each text in each binding."""
    asked = [(text[:end], binding) for text in TYPED for end in range(1, len(text) + 1) for binding in BINDINGS]
    RANDOM.shuffle(asked)
    for text, binding in asked[:50]:
        suggest(text, binding)
    return [_timed(lambda: suggest(text, binding))[1] for text, binding in asked]  # noqa: B023  # called at once


def _mapped() -> dict[str, Any]:
    terms = within(BINDING).filter(obsolete=False)
    labels = [(curie, label) for curie, label in terms.values_list("curie", "label") if 5 <= len(label) <= LONGEST]
    names = [(curie, plain(text)) for curie, text in _all_names()]
    peer = _peer(names)
    found: dict[str, Any] = {"names": len(names), "ours": [], "peer": [], "hits": 0, "peer_hits": 0}
    for curie, label in RANDOM.sample(labels, MISTYPED):
        text = _mistype(label)
        ours, ms = _timed(lambda: _offered(text))  # noqa: B023
        others, peer_ms = _timed(lambda: peer(plain(text)))  # noqa: B023
        found["ours"].append(ms)
        found["peer"].append(peer_ms)
        found["hits"] += curie in ours
        found["peer_hits"] += curie in others
    return found


def _offered(text: str) -> list[str]:
    wanted = Wanted(text, "", BINDING)
    return [one.curie for one in candidates_of([wanted])[wanted]]


def _all_names() -> list[tuple[str, str]]:
    terms = Term.objects.filter(pk__in=within(BINDING).values("pk"))
    synonyms = Synonym.objects.filter(term__in=terms)
    return [*terms.values_list("curie", "label"), *synonyms.values_list("term__curie", "text")]


def _peer(names: list[tuple[str, str]]) -> Callable[[str], list[str]]:
    """The recipe of the design: the best 100 by trigrams, of these the most alike by rapidfuzz's WRatio."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE names USING fts5(name, curie UNINDEXED, tokenize='trigram')")
    database.executemany("INSERT INTO names(curie, name) VALUES (?, ?)", names)

    def ask(text: str) -> list[str]:
        grams = " OR ".join(f'"{text[start : start + 3]}"' for start in range(len(text) - 2))
        query = "SELECT name, curie FROM names WHERE names MATCH ? ORDER BY rank LIMIT 100"
        found = database.execute(query, [grams]).fetchall()
        best = process.extract(text, [name for name, _ in found], scorer=fuzz.WRatio, limit=20)
        return list(dict.fromkeys(found[place][1] for _, _, place in best))[:5]

    return ask


def _mistype(text: str) -> str:
    """One letter wrong: another, one more, one less, or two the wrong way round."""
    place, letter = RANDOM.randrange(len(text) - 1), RANDOM.choice(string.ascii_lowercase)
    begun, rest = text[:place], text[place:]
    return RANDOM.choice([begun + letter + rest[1:], begun + letter + rest, begun + rest[1:],
                          begun + rest[1] + rest[0] + rest[2:]])  # fmt: skip


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    answer = call()
    return answer, (time.perf_counter() - begun) * 1000


main()
