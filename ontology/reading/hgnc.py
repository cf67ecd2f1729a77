"""HGNC's table of all approved genes (`hgnc_complete_set.txt`): tab-separated, a line a gene, columns by their names.

A gene's label is its symbol; its name, aliases and previous symbols are exact synonyms (CD45 is the previous symbol of
PTPRC, and still what everybody writes), its previous names related ones, and its proteins in UniProt and other
identifiers are cross-references.
"""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from ontology.prefixes import PREFIXES
from ontology.reading.shapes import CannotRead, Header, Reading, ReadTerm
from ontology.reading.texts import lines_of

_NEEDED = ("hgnc_id", "symbol", "name")
_EXACT = ("alias_symbol", "alias_name", "prev_symbol")
_FORMER = ("prev_name",)
_XREFS = {"uniprot_ids": "uniprot", "ensembl_gene_id": "ensembl", "entrez_id": "NCBIGene"}
_HGNC = "HGNC"


def is_mine(head: str) -> bool:
    return head.startswith("hgnc_id\t")


def read(path: Path) -> Reading:
    first = next(_rows(path), None)
    missing = [name for name in _NEEDED if first is not None and name not in first[1]]
    if missing:
        raise CannotRead(f"the columns {', '.join(missing)} are missing.", file=path.name, field="line 1")
    changed = max((row.get("date_modified") or "" for _, row in _rows(path)), default="")
    header = Header(prefix=_HGNC, version=changed or _day(path), iri="https://www.genenames.org/", own=(_HGNC,))
    return Reading(header, lambda: (_term(row, path.name, number) for number, row in _rows(path)))


def _day(path: Path) -> str:
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).date().isoformat()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    table = csv.DictReader(lines_of(path), delimiter="\t", restval="")
    try:
        for row in table:
            if None in row:
                raise CannotRead("there are more cells than columns.", file=path.name, field=f"line {table.line_num}")
            yield table.line_num, row
    except csv.Error as error:
        raise CannotRead(f"this is no table ({error}).", file=path.name, field=f"line {table.line_num}") from error


def _term(row: dict[str, str], file: str, number: int) -> ReadTerm:
    local = row["hgnc_id"].removeprefix("HGNC:")
    if not local.isdigit() or not row["symbol"]:
        raise CannotRead("a gene has a hgnc_id such as HGNC:1100, and a symbol.", file=file, field=f"line {number}")
    synonyms = [("exact", row["name"])]
    synonyms += [("exact", text) for name in _EXACT for text in _cells(row, name)]
    synonyms += [("related", text) for name in _FORMER for text in _cells(row, name)]
    return ReadTerm(
        curie=f"{_HGNC}:{local}",
        iri=f"{PREFIXES[_HGNC].base}HGNC:{local}",
        label=row["symbol"],
        synonyms=tuple(dict.fromkeys(one for one in synonyms if one[1])),
        xrefs=tuple(f"{prefix}:{text}" for name, prefix in _XREFS.items() for text in _cells(row, name)),
        obsolete=row.get("status", "Approved") == "Entry Withdrawn",
    )


def _cells(row: dict[str, str], name: str) -> list[str]:
    return [text.strip() for text in row.get(name, "").split("|") if text.strip()]
