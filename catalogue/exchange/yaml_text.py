"""Our own YAML and JSON: the study's document, and what stands beside it, as one text."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from catalogue.exchange.dossier import (
    CannotRead,
    Document,
    Dossier,
    FileLine,
    Files,
    Imported,
    Pair,
    Place,
    Remark,
    Weight,
)
from catalogue.exchange.merge import is_empty
from catalogue.rules.fields import Module
from catalogue.rules.rembi import BY_PLURAL, MODULES

PAIRS, FILES = "key_values", "files"
NAMESPACE = "study.yaml"
MAX_CHARACTERS = 200_000_000
EXTENSIONS = (".yaml", ".yml", ".json")


class _Loader(yaml.CSafeLoader):
    """Scalars stay text as written (`no`, `2026-01-01`), but for null."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def is_mine(files: Files) -> bool:
    """One text with a part “study”, or another of a document's parts, at its top."""
    if len(files) != 1:
        return False
    name, path = next(iter(files.items()))
    if not name.lower().endswith(EXTENSIONS):
        return False
    with path.open("rb") as stream:
        start = stream.read(1 << 16).decode("utf-8", "replace").lstrip("\ufeff")
    if start.lstrip()[:1] == "{":
        try:
            return bool(set(json.loads(path.read_text("utf-8-sig"))) & BY_PLURAL.keys())
        except (ValueError, RecursionError):
            return False
    keys = {line.partition(":")[0] for line in start.splitlines() if line[:1].isalpha() and ":" in line}
    return bool(keys & BY_PLURAL.keys())


def read(files: Files) -> Imported:
    """Raises CannotRead, naming line and column."""
    name, path = next(iter(files.items()))
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(f"This is no text in UTF-8 (byte {error.start}).", file=name) from error
    if len(text) > MAX_CHARACTERS:
        raise CannotRead(f"This has {len(text)} characters; at most {MAX_CHARACTERS} are taken.", file=name)
    return dossier_of(parsed(text, name), name)


def dossier_of(found: dict[str, Any], name: str) -> Imported:
    """What a parsed text says of a study. Raises CannotRead."""
    document = {key: value for key, value in found.items() if key not in (PAIRS, FILES)}
    if unknown := sorted(set(document) - BY_PLURAL.keys()):
        raise CannotRead(f"A study's document has no part “{unknown[0]}”. It has {', '.join(BY_PLURAL)}.", file=name)
    _check(document, name)
    imported = Imported(Dossier(document, _files(found.get(FILES), name), _pairs(found.get(PAIRS), name)))
    for module in MODULES:
        rows = document.get(module.plural) or ()
        for number, row in enumerate(rows if module.repeated else [rows] if rows else [], start=1):
            row.setdefault("id", f"{module.key}-{number}")
            _row(module, row, name, imported)
    return imported


def _row(module: Module, row: dict[str, Any], name: str, imported: Imported) -> None:
    """Note where each field's value comes from; what is no field becomes a pair."""
    entity = f"{module.key}/{row['id']}" if module.repeated else module.key
    known = {one.name for one in module.fields} | {"id"}
    for field in list(row):
        place = Place(name, field=str(field))
        if field in known:
            imported.sources[f"{entity}/{field}"] = place
            continue
        value = row.pop(field)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        if not is_empty(value):
            imported.dossier.pairs.setdefault(entity, []).append(Pair(NAMESPACE, str(field), text))
            message = f"There is no field “{field}” in {module.label.lower()}; it is kept beside the fields."
            imported.remarks.append(Remark(Weight.NOTE, place, message, text[:200]))


def parsed(text: str, name: str) -> dict[str, Any]:
    """The groups of values in a YAML or JSON text. Aliases, which can blow up, are refused. Raises CannotRead."""
    try:
        if text.lstrip()[:1] == "{":
            found = json.loads(text)
        else:
            for event in yaml.parse(text, yaml.CSafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    row = event.start_mark.line + 1 if event.start_mark else None
                    raise CannotRead("Aliases (*) are not taken; write the value again.", file=name, row=row)
            found = yaml.load(text, _Loader)
    except json.JSONDecodeError as error:
        raise CannotRead(f"This is no JSON: column {error.colno}: {error.msg}.", file=name, row=error.lineno) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place, row = (f"column {mark.column + 1}: ", mark.line + 1) if mark else ("", None)
        raise CannotRead(f"This is no YAML: {place}{error.problem}.", file=name, row=row) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CannotRead(f"This is no YAML or JSON: {error}.", file=name) from error
    if not isinstance(found, dict):
        raise CannotRead("A study's document is a group of named parts, the first of them “study”.", file=name)
    return found


def _check(document: Document, name: str) -> None:
    for key, value in document.items():
        module = BY_PLURAL[key]
        rows = ([] if value is None else value) if module.repeated else [{} if value is None else value]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            what = "a list of groups of values" if module.repeated else "one group of values"
            raise CannotRead(f"“{key}” is {what}, each field by its name.", file=name)


def _pairs(found: Any, name: str) -> dict[str, list[Pair]]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise CannotRead(f"“{PAIRS}” is a group of lists, by the entity that they are about.", file=name)
    return {str(entity): [_pair(one, name) for one in some or ()] for entity, some in found.items()}


def _pair(found: Any, name: str) -> Pair:
    if not isinstance(found, dict):
        raise CannotRead(f"A key-value is a group: namespace, name, value, unit, curie; not “{found}”.", file=name)
    texts = {key: str(found.get(key) or "") for key in ("namespace", "name", "value", "unit", "curie")}
    return Pair(**texts)


def _files(found: Any, name: str) -> list[FileLine]:
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("path") for one in found):
        raise CannotRead(f"“{FILES}” is a list of groups, each with a path.", file=name)
    texts = ("path", "component", "sha256", "plate", "well", "specimen")
    return [
        FileLine(
            **{key: str(one.get(key) or "") for key in texts},
            size=int(one["size"]) if str(one.get("size") or "").isdecimal() else None,
            pairs=[_pair(pair, name) for pair in one.get(PAIRS) or ()],
        )
        for one in found
    ]


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """One YAML text: what is filled in, in the order of the forms."""
    document: dict[str, Any] = {}
    for module in MODULES:
        value = dossier.document.get(module.plural)
        if module.repeated and value:
            document[module.plural] = [_filled(row) for row in value]
        elif value and not module.repeated:
            document[module.plural] = _filled({**value, "id": None})
    if dossier.pairs:
        document[PAIRS] = {entity: [_filled(vars(pair)) for pair in some] for entity, some in dossier.pairs.items()}
    if dossier.files:
        document[FILES] = [
            _filled({**vars(line), "pairs": None, PAIRS: [_filled(vars(pair)) for pair in line.pairs]})
            for line in dossier.files
        ]
    text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)
    return {"study.yaml": text.encode()}


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            value = [_filled(one) if isinstance(one, Mapping) else one for one in value]
        elif isinstance(value, Mapping):
            value = _filled(value)
        if not is_empty(value) and value != {}:
            found[name] = value
    return found
