"""Whole ontologies into tables on SQLite: NCBITaxon from the cellxgene package, and 50,000 terms of ChEBI as OBO."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row
from ontology.reading import ReadTerm, cellxgene, read

TERMS = 50_000
TAXA_SECONDS, TERMS_SECONDS, MEBIBYTES = 300, 20, 2048


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chebi.obo"
        path.write_text("\n".join(_obo()))
        return [
            *_measure("50,000 terms of ChEBI from OBO", path, TERMS_SECONDS),
            *_measure("NCBITaxon from the cellxgene package", cellxgene.find("NCBITaxon")[0], TAXA_SECONDS),
        ]


def _measure(name: str, path: Path, target: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.ontology_site", folder, str(path)]
        env = {key: value for key, value in os.environ.items() if not key.startswith("VITRINE_")}
        answer = subprocess.run(command, check=True, capture_output=True, env=env).stdout
    terms, seconds, processor, memory, floor = json.loads(answer.splitlines()[-1])
    note = f"{terms:,} terms, {processor:.1f} s of processor time"
    return [
        Row(name, "s", seconds, f"under {target} s", seconds < target, floor, "sqlite3 executemany", note),
        Row(f"{name}, memory", "MiB", memory, f"under {MEBIBYTES}", memory < MEBIBYTES),
    ]


def _obo() -> Iterator[str]:
    """Terms of ChEBI with their links, each after one that it is below."""
    terms = {term.curie: term for term in read(cellxgene.find("CHEBI")[0]).terms() if not term.obsolete}
    yield "format-version: 1.2\ndata-version: 2026-05-01\nontology: chebi\n"
    chosen: dict[str, None] = {}
    for term in terms.values():
        _choose(term, terms, chosen)
        if len(chosen) >= TERMS:
            break
    for curie in chosen:
        yield "\n".join(_stanza(terms[curie]))


def _choose(term: ReadTerm, terms: dict[str, ReadTerm], chosen: dict[str, None]) -> None:
    ahead = [term.curie]
    while ahead:
        curie = ahead.pop()
        if curie not in chosen:
            chosen[curie] = None
            ahead += [parent for _, parent in terms[curie].parents if parent in terms]


def _stanza(term: ReadTerm) -> Iterator[str]:
    def escaped(text: str) -> str:
        return text.translate({ord(sign): f"\\{sign}" for sign in '\\"{}!'})

    yield f"[Term]\nid: {term.curie}\nname: {escaped(term.label)}"
    if term.definition:
        yield f'def: "{escaped(term.definition)}" []'
    yield from (f"is_a: {parent}" for _, parent in term.parents)
    yield ""
