"""A dossier → a BioStudies submission and its file lists."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.exchange import json_text
from catalogue.exchange.biostudies.file_lists import list_name
from catalogue.exchange.biostudies.names import (
    ASSOCIATIONS,
    COLUMNS,
    FILE_LIST,
    FULL_NAME,
    NAMESPACE,
    ONTOLOGY,
    QUALIFIED,
    SUBMISSION,
    TERM_ATTRIBUTES,
    TERM_ID,
    UNIT,
    VALUE,
    VARIABLES,
    attribute_name,
    column_name,
    is_known,
    same,
    section_name,
)
from catalogue.exchange.building import curie_of, full_name, names_of, text_of
from catalogue.exchange.dossier import Dossier, FileLine, Pair
from catalogue.exchange.licences import licence_address
from catalogue.rules import BY_KEY, MODULES, Field, Kind, Module

Node = dict[str, Any]
_WORDS = {"CC0-1.0": "CC0"}  # how the archive writes licences; others of Creative Commons without hyphens
_FILE_FIELDS = {"sha256", "plate", "well", "specimen"}
_NO_ATTRIBUTE = {"study": {"title", "release_date"}, "link": {"url"}}  # they stand elsewhere


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """The submission, and the list of files of each component that has some."""
    return _Writer(dossier).write()


class _Writer:
    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.lists: dict[str, list[Node]] = {}
        self.components: dict[str, list[FileLine]] = {}
        for line in dossier.files:
            self.components.setdefault(line.component, []).append(line)
        components = {str(row.get("id")) for row in dossier.document.get("components") or ()}
        for unknown in set(self.components) - components - {""}:
            self.components.setdefault("", []).extend(self.components.pop(unknown))

    def write(self) -> Mapping[str, bytes]:
        study = self.dossier.document.get("study") or {}
        section: Node = {"type": section_name(BY_KEY["study"]), "attributes": self._attributes(BY_KEY["study"], study)}
        section["links"] = [self._link(row) for row in self.dossier.document.get("links") or ()]
        section["subsections"] = [
            *self._tables(BY_KEY["study"], study),
            *(self._section(module, row)
              for module in MODULES if module.repeated and module.key != "link"
              for row in self.dossier.document.get(module.plural) or ()),
        ]  # fmt: skip
        submission: Node = {"type": "submission", **self._submission(study), "section": _filled(section)}
        return {"submission.json": json_text.dump(submission),
                **{name: json_text.dump(lines) for name, lines in self.lists.items()}}  # fmt: skip

    def _submission(self, study: Mapping[str, Any]) -> Node:
        pairs = [pair for pair in self.dossier.pairs.get("study", ()) if pair.namespace == SUBMISSION]
        accno = next((pair for pair in pairs if _is_plain(pair, SUBMISSION) and pair.name == "accno"), None)
        attributes = [{"name": "Title", "value": text_of(study.get("title"))}]
        if study.get("release_date"):
            attributes.append({"name": "ReleaseDate", "value": text_of(study["release_date"])})
        reserved = {"title", "releasedate", "accno"}
        others = [_pair(pair, SUBMISSION, same(pair.name) in reserved) for pair in pairs if pair is not accno]
        return {**({"accno": accno.value} if accno else {}), "attributes": [*attributes, *others]}

    def _section(self, module: Module, row: Mapping[str, Any]) -> Node:
        type_ = section_name(module)
        if module.key == "contributor" and not any(text_of(it.get("role")) == "Author" for it in _rows(row, "roles")):
            type_ = "contributor"
        section = {
            "accno": str(row["id"]),
            "type": type_,
            "attributes": self._attributes(module, row),
            "subsections": list(self._tables(module, row)),
        }
        return _filled(section)

    def _attributes(self, module: Module, row: Mapping[str, Any]) -> list[Node]:
        found: list[Node] = []
        if module.key == "contributor":
            found += _names(row)
        for one in module.fields:
            if one.name not in _NO_ATTRIBUTE.get(module.key, ()) and not (
                module.key == "contributor" and one.name in {"family_name", "given_name"}
            ):
                found += self._field(module, one, row)
        entity = module.key if not module.repeated else f"{module.key}/{row['id']}"
        for pair in self.dossier.pairs.get(entity, ()):
            if (entity != "study" or pair.namespace != SUBMISSION) and not (
                same(pair.name) == same(FILE_LIST) and _is_plain(pair)
            ):
                found.append(_pair(pair, NAMESPACE, is_known(module, pair.name)))
        found += self._file_lists(module, row, entity)
        return found

    def _field(self, module: Module, one: Field, row: Mapping[str, Any]) -> Iterator[Node]:
        name, value = attribute_name(module, one), row.get(one.name)
        if one.kind is Kind.ROWS:
            if module.key == "biosample" and one.name == "variables" and _are_plain(_rows(row, one.name)):
                yield from map(_variable, _rows(row, one.name))
            elif len(one.columns) == 1 and one.name != "methods":
                for line in _rows(row, one.name):
                    yield _attribute(name, one.columns[0], line.get(one.columns[0].name))
        elif one.kind is Kind.LICENCE and value:
            yield _licence(name, str(value))
        elif text_of(value) or curie_of(value) or one.name == "title" or one.kind is Kind.REFERENCE:
            yield _attribute(name, one, value)  # an empty title or reference says that it is not to be guessed

    def _tables(self, module: Module, row: Mapping[str, Any]) -> Iterator[Node]:
        """Tables with several columns, a section a row."""
        for one in module.fields:
            rows = _rows(row, one.name) if one.kind is Kind.ROWS else []
            if not rows or (len(one.columns) == 1 and one.name != "methods"):
                continue
            if one.name == "variables" and _are_plain(rows):
                continue
            for line in rows:
                if one.name == "associations":
                    named = [(section_name(BY_KEY[it.target]), line.get(it.name)) for it in one.columns]
                    made_from = [{"name": name, "value": str(ref), "reference": True} for name, ref in named if ref]
                    yield {"type": ASSOCIATIONS, "attributes": made_from}
                else:
                    yield _table_section(module, one, line)

    def _file_lists(self, module: Module, row: Mapping[str, Any], entity: str) -> Iterator[Node]:
        """The lists that are named, and one with the files of a component or, at the study, of none."""
        named = [pair.value for pair in self.dossier.pairs.get(entity, ())
                 if same(pair.name) == same(FILE_LIST) and _is_plain(pair)]  # fmt: skip
        key = str(row.get("id") or "") if module.key == "component" else ""
        if module.key in {"study", "component"} and (lines := self.components.get(key)):
            own = (
                named.pop(0) if named and named[0] not in self.lists and named[0].endswith(".json") else list_name(key)
            )
            self.lists[own] = [_file(line) for line in lines]
            yield {"name": FILE_LIST, "value": own}
        yield from ({"name": FILE_LIST, "value": name} for name in named)

    def _link(self, row: Mapping[str, Any]) -> Node:
        return _filled({"url": text_of(row.get("url")), "attributes": self._attributes(BY_KEY["link"], row)})


def _names(row: Mapping[str, Any]) -> list[Node]:
    """The whole name and, where it does not say which part is which, its parts."""
    name = full_name(row)
    found = [{"name": FULL_NAME, "value": name}] if name else []
    if names_of(name) != (text_of(row.get("family_name")), text_of(row.get("given_name"))):
        for part in ("family_name", "given_name"):
            if row.get(part):
                found.append({"name": attribute_name(BY_KEY["contributor"], BY_KEY["contributor"].field(part)),
                              "value": text_of(row[part])})  # fmt: skip
    return found


def _attribute(name: str, one: Field, value: Any) -> Node:
    node: Node = {"name": name, "value": text_of(value)}
    if one.kind is Kind.REFERENCE:
        node["reference"] = True
    if curie := curie_of(value):
        node["valqual"] = _term(curie)
    return node


def _licence(name: str, spdx: str) -> Node:
    words = _WORDS.get(spdx) or (spdx.replace("-", " ", 1).rsplit("-", 1) if spdx.startswith("CC-BY") else [spdx])
    node: Node = {"name": name, "value": words if isinstance(words, str) else " ".join(words)}
    if address := licence_address(spdx):
        node["valqual"] = [{"name": "URL", "value": address}]
    return node


def _variable(line: Mapping[str, Any]) -> Node:
    name = next(name for name, kind in VARIABLES.items() if kind == text_of(line.get("kind")))
    qualifiers = [
        {"name": VALUE, "value": text_of(line.get("value"))},
        {"name": UNIT, "value": text_of(line.get("unit"))},
    ]
    qualifiers = [it for it in qualifiers if it["value"]] + _term(curie_of(line.get("value")))
    return _filled({"name": name, "value": text_of(line.get("name")), "valqual": qualifiers})


def _are_plain(rows: list[Mapping[str, Any]]) -> bool:
    """Whether all variables have a name and a kind, so that attributes can hold them."""
    return all(text_of(line.get("name")) and text_of(line.get("kind")) in VARIABLES.values() for line in rows)


def _table_section(module: Module, one: Field, line: Mapping[str, Any]) -> Node:
    term_attribute, term_column = TERM_ATTRIBUTES.get((module.key, one.name), ("", ""))
    attributes: list[Node] = []
    for column in one.columns:
        value = line.get(column.name)
        if text_of(value):
            is_apart = column.name == term_column
            attributes.append(
                _attribute(column_name(module, one, column), column, text_of(value) if is_apart else value)
            )
        elif curie_of(value) and column.name != term_column:
            attributes.append(_attribute(column_name(module, one, column), column, value))
        if column.name == term_column and (curie := curie_of(value)):
            attributes.append({"name": term_attribute, "value": _archive_term(curie)})
    is_named = any(key[:2] == (module.key, one.name) for key in COLUMNS)
    return {"type": attribute_name(module, one) if is_named else one.name, "attributes": attributes}


def _archive_term(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return f"NCBI:txid{local}" if prefix == "NCBITaxon" else curie


def _term(curie: str) -> list[Node]:
    if not curie:
        return []
    return [{"name": ONTOLOGY, "value": curie.partition(":")[0]}, {"name": TERM_ID, "value": curie}]


def _pair(pair: Pair, namespace: str, is_taken: bool) -> Node:
    """A pair as an attribute: with its namespace, unless it is ours and would come back as a pair without it."""
    node: Node = {"name": pair.name, "value": pair.value}
    if pair.namespace != namespace or is_taken or pair.unit or pair.curie:
        node["nmqual"] = [{"name": QUALIFIED, "value": pair.namespace}]
    qualifiers = _term(pair.curie) + ([{"name": UNIT, "value": pair.unit}] if pair.unit else [])
    return {**node, **({"valqual": qualifiers} if qualifiers else {})}


def _file(line: FileLine) -> Node:
    type_ = next((pair.value for pair in line.pairs if _is_plain(pair) and pair.name == "type"), "file")
    attributes = [{"name": name, "value": getattr(line, name)} for name in sorted(_FILE_FIELDS) if getattr(line, name)]
    attributes += [_pair(pair, NAMESPACE, same(pair.name) in _FILE_FIELDS) for pair in line.pairs
                   if not (_is_plain(pair) and pair.name == "type" and pair.value == type_)]  # fmt: skip
    node: Node = {"path": line.path, "size": line.size, "type": type_, "attributes": attributes}
    return {name: value for name, value in node.items() if value is not None}


def _is_plain(pair: Pair, namespace: str = NAMESPACE) -> bool:
    return pair.namespace == namespace and not pair.unit and not pair.curie


def _rows(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return list(row.get(name) or ())


def _filled(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, [])}
