"""What a format has no place for, written beside it so that reading it back gives the same study.

A study is laid flat: `contributors/2/orcid` (rows counted from 1) and its value; a reference is `#` and the number of
the row it names. What a format's own cells do not give back is written as `Comment[Vitrine contributors/2/orcid]`;
a comment without a value takes away what they give but the study does not have.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalogue.exchange.dossier import Document, Dossier, FileLine, Pair
from catalogue.paths import STUDY
from catalogue.rules import BY_KEY, MODULES, Field, Kind, Module

_LABEL = "Comment[Vitrine "
_PAIRS, _FILES, _GONE = "pairs", "files", "not-"
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLURALS = {module.plural: module for module in MODULES}
Flat = dict[str, str]
Entry = tuple[str, str]  # label, value


def is_overlay(label: str) -> bool:
    return label.startswith(_LABEL) and label.endswith("]")


def lacking(wanted: Dossier, got: Dossier) -> list[Entry]:
    """The comments that make of `got`, read back from a format's own cells, the study that is wanted."""
    target, there = flat(wanted.document), flat(got.document)
    entries = [(path, value) for path, value in target.items() if there.get(path) != value]
    entries += [(path, "") for path in there if path not in target]
    entries += _difference(_PAIRS, _flat_pairs(wanted), _flat_pairs(got))
    entries += _difference(_FILES, flat_files(wanted), flat_files(got))
    return [(f"{_LABEL}{path}]", _escape(value)) for path, value in entries]


def fill(dossier: Dossier, entries: Iterable[Entry]) -> None:
    """Put what comments say into the dossier. What they cannot mean is passed over."""
    found = [(label.removeprefix(_LABEL)[:-1], _unescape(value)) for label, value in entries]
    if not found:
        return
    laid = flat(dossier.document)
    for path, value in found:
        if path.partition("/")[0].removeprefix(_GONE) not in {_PAIRS, _FILES}:
            laid[path] = value
    ids = _raise(dossier.document, {path: value for path, value in laid.items() if value})
    for path, value in found:
        head, _, rest = path.partition("/")
        if head.removeprefix(_GONE) == _PAIRS:
            _fill_pair(dossier, ids, rest, value, gone=head.startswith(_GONE))
        elif head.removeprefix(_GONE) == _FILES:
            _fill_file(dossier, ids, value, gone=head.startswith(_GONE))


def flat(document: Document) -> Flat:
    """The document's values by their places, empty ones left out; ids do not matter in it."""
    found: Flat = {}
    positions = _positions(document)
    for module in MODULES:
        for number, row in enumerate(_filled(document, module), 1):
            base = f"{module.plural}/{number}" if module.repeated else module.plural
            for field in module.fields:
                _lay(found, f"{base}/{field.name}", field, row.get(field.name), positions)
    return found


def same(one: Dossier, other: Dossier) -> bool:
    """Whether two dossiers hold the same rows, whatever their ids."""
    return not lacking(one, other)


def _positions(document: Document) -> dict[tuple[str, str], int]:
    return {
        (module.key, str(row.get("id"))): number
        for module in MODULES if module.repeated
        for number, row in enumerate(_filled(document, module), 1)
    }  # fmt: skip


def _filled(document: Document, module: Module) -> list[Mapping[str, Any]]:
    """The rows that hold anything."""
    return [row for row in _rows(document, module) if not all(_is_empty(row.get(one.name)) for one in module.fields)]


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(part) for part in value.values())
    return all(map(_is_empty, value)) if isinstance(value, list) else value in (None, "")


def _rows(document: Document, module: Module) -> list[Mapping[str, Any]]:
    value = document.get(module.plural)
    return ([value] if value else []) if not module.repeated else list(value or [])


def _lay(found: Flat, path: str, field: Field, value: Any, positions: Mapping[tuple[str, str], int]) -> None:
    if field.kind is Kind.ROWS:
        filled = (line for line in value or () if not _is_empty(line))
        for number, line in enumerate(filled, 1):
            for column in field.columns:
                cell = line.get(column.name) if isinstance(line, Mapping) else line
                _lay(found, f"{path}/{number}/{column.name}", column, cell, positions)
    elif field.kind is Kind.TERM:
        term = value if isinstance(value, Mapping) else {"text": value}
        for part in ("text", "curie"):
            if term.get(part):
                found[f"{path}/{part}"] = str(term[part])
    elif value not in (None, ""):
        text = str(value)
        if field.kind is Kind.REFERENCE and (field.target, text) in positions:
            text = f"#{positions[field.target, text]}"
        found[path] = text


def _raise(document: Document, laid: Flat) -> dict[str, str]:
    """Make the document hold just these values. Gives the id of each row by its place, e.g. `components/1`."""
    ids: dict[str, str] = {}
    tree: dict[str, Any] = {}
    for path, value in laid.items():
        node = tree
        *parents, last = path.split("/")
        for part in parents:
            node = node.setdefault(part, {})
        if isinstance(node, dict):
            node[last] = value
    made: Document = {}
    for module in MODULES:
        given = tree.get(module.plural)
        if not isinstance(given, dict):
            continue
        if not module.repeated:
            made[module.plural] = _row(module.fields, given)
            continue
        old = _filled(document, module)
        for number in sorted(int(key) for key in given if key.isdigit()):
            key = str(old[number - 1]["id"]) if number <= len(old) else f"{module.key}-of-{number}"
            ids[f"{module.plural}/{number}"] = key
            made.setdefault(module.plural, []).append({"id": key, **_row(module.fields, given[str(number)])})
    _refer(made, ids)
    document.clear()
    document.update(made)
    document.setdefault(STUDY, {})
    return ids


def _row(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in fields:
        value = given.get(field.name)
        if field.kind is Kind.ROWS and isinstance(value, dict):
            numbers = sorted(int(key) for key in value if key.isdigit())
            row[field.name] = [_row(field.columns, value[str(number)]) for number in numbers]
        elif field.kind is Kind.TERM and isinstance(value, dict):
            row[field.name] = {"text": str(value.get("text", "")), "curie": str(value.get("curie", ""))}
        elif isinstance(value, str) and field.kind is not Kind.ROWS:
            row[field.name] = value
    return row


def _refer(document: Document, ids: Mapping[str, str]) -> None:
    """Turn `#2` into the id of the second row."""
    for row, field in _references(document):
        value = row[field.name]
        if value.startswith("#"):
            row[field.name] = ids.get(f"{BY_KEY[field.target].plural}/{value[1:]}", value)


def _references(document: Document) -> Iterator[tuple[dict[str, Any], Field]]:
    for module in MODULES:
        for row in _rows(document, module) if module.repeated else ():
            for field in module.fields:
                if field.kind is Kind.REFERENCE and field.name in row:
                    yield row, field  # type: ignore[misc]
                for line in row.get(field.name, ()) if field.kind is Kind.ROWS else ():
                    yield from ((line, one) for one in field.columns if one.kind is Kind.REFERENCE and one.name in line)


def _entity_place(dossier: Dossier) -> dict[str, str]:
    return {
        f"{module.key}/{row.get('id')}": f"{module.plural}/{number}"
        for module in MODULES if module.repeated
        for number, row in enumerate(_filled(dossier.document, module), 1)
    }  # fmt: skip


def _flat_pairs(dossier: Dossier) -> Counter[Entry]:
    places = _entity_place(dossier)
    return Counter(
        (places.get(entity, STUDY), _json([pair.namespace, pair.name, pair.value, pair.unit, pair.curie]))
        for entity, pairs in dossier.pairs.items()
        for pair in pairs
    )


def flat_files(dossier: Dossier) -> Counter[Entry]:
    return Counter(flat_lines(dossier))


def flat_lines(dossier: Dossier) -> Iterator[Entry]:
    """Each file line on one line of text, with its component by place."""
    places = _entity_place(dossier)
    for line in dossier.files:
        pairs = [[pair.namespace, pair.name, pair.value, pair.unit, pair.curie] for pair in line.pairs]
        of = [places.get(f"component/{line.component}", ""), places.get(f"specimen/{line.specimen}", "")]
        yield "", _json([line.path, *of, line.size, line.sha256, line.plate, line.well, sorted(pairs)])


def _difference(head: str, wanted: Counter[Entry], got: Counter[Entry]) -> list[Entry]:
    entries = [(f"{_GONE}{head}/{place}", value) for place, value in (got - wanted).elements()]
    return entries + [(f"{head}/{place}", value) for place, value in (wanted - got).elements()]


def _fill_pair(dossier: Dossier, ids: Mapping[str, str], place: str, text: str, *, gone: bool) -> None:
    cells = _list(text, 5)
    module = _PLURALS.get(place.partition("/")[0])
    if cells is None or module is None:
        return
    entity = f"{module.key}/{ids[place]}" if place in ids else STUDY
    pair = Pair(*map(str, cells))
    if not gone:
        dossier.pairs.setdefault(entity, []).append(pair)
        return
    others = list(dossier.pairs.values()) if entity == STUDY else []  # those of rows that hold nothing
    for pairs in (dossier.pairs.get(entity, []), *others):
        if pair in pairs:
            pairs.remove(pair)
            return


def _fill_file(dossier: Dossier, ids: Mapping[str, str], text: str, *, gone: bool) -> None:
    cells = _list(text, 8)
    if cells is None or not isinstance(cells[7], list):
        return
    path, component, specimen, size, digest, plate, well, pairs = cells
    line = FileLine(str(path), ids.get(component, ""), size if isinstance(size, int) else None, str(digest),
                    [Pair(*map(str, pair)) for pair in pairs if isinstance(pair, list) and len(pair) == 5],
                    str(plate), str(well), ids.get(specimen, ""))  # fmt: skip
    if not gone:
        dossier.files.append(line)
    elif ("", text) in (flats := list(flat_lines(dossier))):
        del dossier.files[flats.index(("", text))]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(text: str, length: int) -> list[Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) and len(value) == length else None


def _escape(text: str) -> str:
    """A value on one line, which begins and ends with no space."""
    for char, written in _ESCAPES.items():
        text = text.replace(char, written)
    head = len(text) - len(text.lstrip())
    tail = len(text) - len(text.rstrip()) if head < len(text) else 0
    middle = text[head : len(text) - tail]
    return (
        "".join(f"\\u{ord(char):04x}" for char in text[:head])
        + middle
        + "".join(f"\\u{ord(char):04x}" for char in text[len(text) - tail :] if tail)
    )


def _unescape(text: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char == "\\" and following in {"\\", "n", "r", "t"}:
            out.append({"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}[following])
            at += 2
        elif char == "\\" and following == "u" and len(code := text[at + 2 : at + 6]) == 4 and _is_hex(code):
            out.append(chr(int(code, 16)))
            at += 6
        else:
            out.append(char)
            at += 1
    return "".join(out)


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)
