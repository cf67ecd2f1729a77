"""Proposed repairs of an import, put into it once a person has accepted them."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalogue.exchange.dossier import Document, FileLine, Imported, Pair, Remark, Weight
from catalogue.paths import Path, parse
from catalogue.rules.rembi import BY_KEY


def accept(imported: Imported, accepted: Collection[int]) -> None:
    """Put the proposals of these remarks (by their number) in the place of what the import has."""
    for number in sorted(accepted):
        if number < len(imported.remarks):
            remark = imported.remarks[number]
            if remark.weight is Weight.REPAIR and remark.proposal:
                _accept(imported, remark)


def _accept(imported: Imported, remark: Remark) -> None:
    if remark.path and _mend_field(imported.dossier.document, remark):
        return
    for pairs in _all_pairs(imported, remark):
        for place, pair in enumerate(pairs):
            if remark.namespace not in ("", pair.namespace):
                continue
            if pair.curie and pair.curie == remark.value:
                pairs[place] = replace(pair, curie=remark.proposal)
            elif pair.value == remark.value and remark.place.field in ("", pair.name):
                pairs[place] = replace(pair, value=remark.proposal)


def _all_pairs(imported: Imported, remark: Remark) -> Iterator[list[Pair]]:
    """The named values that a proposal may be for: those of the remark's entity, else all."""
    if remark.path in imported.dossier.pairs:
        yield imported.dossier.pairs[remark.path]
        return
    yield from imported.dossier.pairs.values()
    for line in imported.dossier.files:
        if line.pairs:
            yield line.pairs


def _mend_field(document: Document, remark: Remark) -> bool:
    """Put the proposal in the field of the remark's path; False if there is no such field."""
    try:
        path = parse(remark.path)
        module = BY_KEY[path.module]
        one = module.field(path.field)
    except (ValueError, KeyError):
        return False
    rows = document.get(module.plural)
    row = _row_of(rows, path) if module.repeated else document.setdefault(module.plural, {})
    if row is None:
        return False
    if path.row is None:
        row[one.name] = _mended(row.get(one.name), remark)
        return True
    lines = row.get(one.name)
    if not isinstance(lines, list) or path.row >= len(lines):
        return False
    column = path.column or one.columns[0].name
    if not isinstance(lines[path.row], dict):
        lines[path.row] = {one.columns[0].name: lines[path.row]}
    lines[path.row][column] = _mended(lines[path.row].get(column), remark)
    return True


def _row_of(rows: Any, path: Path) -> dict[str, Any] | None:
    found = (row for row in rows or () if isinstance(row, dict) and str(row.get("id")) == path.entity)
    return next(found, None)


def _mended(value: Any, remark: Remark) -> Any:
    """Of a term, the part that the remark is about; of anything else, all."""
    if not isinstance(value, Mapping):
        return remark.proposal
    if value.get("text") == remark.value and value.get("curie") != remark.value:
        return {**value, "text": remark.proposal}
    return {**value, "curie": remark.proposal}


def tidy(line: FileLine) -> str:
    """A path as this site writes it: in Unicode NFC, with “/”, without “./” before it or “/” after it."""
    path = unicodedata.normalize("NFC", line.path).replace("\\", "/").strip()
    while path.startswith(("./", "/")):
        path = path.removeprefix("./").removeprefix("/")
    return path.rstrip("/")
