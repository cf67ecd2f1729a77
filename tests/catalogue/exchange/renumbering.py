"""Dossiers with their ids counted anew, so that those of two roads can be compared."""

from typing import Any

from catalogue.exchange.dossier import Dossier, FileLine, Pair
from catalogue.rules import MODULES, Field, Kind


def renumbered(dossier: Dossier) -> Dossier:
    """The same dossier, its rows called by their module and number, and empty values left out."""
    ids = {
        (module.key, str(row["id"])): f"{module.key}-{number}"
        for module in MODULES
        if module.repeated
        for number, row in enumerate(dossier.document.get(module.plural) or (), 1)
    }

    def value(one: Field, given: Any) -> Any:
        if one.kind is Kind.ROWS:
            lines = [{it.name: value(it, line[it.name]) for it in one.columns if line.get(it.name)} for line in given]
            return [line for line in lines if line]
        return ids.get((one.target, str(given)), given) if one.kind is Kind.REFERENCE else given

    document: dict[str, Any] = {}
    for module in MODULES:
        given = dossier.document.get(module.plural)
        rows = (given or []) if module.repeated else [given or {}]
        made = [
            ({"id": ids[module.key, str(row["id"])]} if module.repeated else {})
            | {one.name: value(one, row[one.name]) for one in module.fields if row.get(one.name)}
            for row in rows
        ]
        if made:
            document[module.plural] = made if module.repeated else made[0]
    files = [
        FileLine(it.path, ids.get(("component", it.component), ""), it.size, it.sha256, it.pairs, it.plate, it.well,
                 ids.get(("specimen", it.specimen), ""))
        for it in dossier.files
    ]  # fmt: skip
    pairs: dict[str, list[Pair]] = {}
    for entity, found in dossier.pairs.items():
        kind, _, key = entity.partition("/")
        pairs[f"{kind}/{ids[kind, key]}" if key else kind] = found
    return Dossier(document, files, pairs)
