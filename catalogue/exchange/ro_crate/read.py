"""An RO-Crate → Imported."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

from catalogue.exchange.building import Builder, text_of
from catalogue.exchange.dossier import FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.licences import licence_id
from catalogue.exchange.ro_crate import bia_terms
from catalogue.exchange.ro_crate.files import metadata_of
from catalogue.exchange.ro_crate.foreign import ANALYSIS, GROWTH, LIBRARY, PEOPLE, Foreign, protocol_of
from catalogue.exchange.ro_crate.graph import Crate, Entity, Ref, Value, crate_of, text_or_id
from catalogue.exchange.ro_crate.leftovers import Leftovers, curie_of, plain
from catalogue.exchange.ro_crate.vocabulary import (
    DERIVED,
    NAMESPACE,
    OWN,
    columns_of,
    fields_of,
    is_ours,
    is_simple,
    module_of,
)
from catalogue.exchange.terms import curie_in
from catalogue.rules import BY_KEY, Field, Kind, Module

_FILE = ("schema:MediaObject", "bia:FileReference")
_AFFILIATIONS = ("schema:affiliation", "schema:memberOf")
_FILE_FIELDS = {"schema:contentSize", "bia:sizeInBytes", "schema:sha256", "rembi:plate", "rembi:well",
                "rembi:specimen", "rembi:path", "bia:filePath"}  # fmt: skip


def read(files: Files) -> Imported:
    """The study that the crate describes, with its files. Raises CannotRead."""
    name, value = metadata_of(files)
    return _Reader(crate_of(value, name), name).read()


class _Reader:
    def __init__(self, crate: Crate, name: str) -> None:
        self.crate = crate
        self.build = Builder(file=name, namespace=NAMESPACE)
        self.ours = OWN["study"] in crate.root.types
        self.rest = Leftovers(crate)
        self.ids: dict[str, tuple[str, str]] = {}  # entity → module, id of the row
        self.foreign = Foreign(self.build, crate, self.rest, self.ids)

    def read(self) -> Imported:
        for context in self.crate.unknown_contexts:
            message = f"The context {context} is not known here and is never fetched; its terms keep their names."
            self.build.remark(Weight.NOTE, message, said="@context", value=context)
        root = self.crate.root
        self.ids[root.id] = ("study", "")
        for entity, module in self._rows():
            self.ids[entity.id] = (module.key, self.build.add(module.key, _own_id(entity.id, module)))
        self.rest.rows = set(self.ids)
        self.rest.claimed |= self.rest.rows | ({self.crate.descriptor.id} if self.crate.descriptor else set())
        self._files()
        self._entity(BY_KEY["study"], "", root)
        for key, (kind, row) in list(self.ids.items()):
            if kind != "study":
                self._entity(BY_KEY[kind], row, self.crate.entities[key])
        self._unclaimed()
        return self.build.imported

    # Which entities are rows

    def _rows(self) -> Iterator[tuple[Entity, Module]]:
        """The entities that are rows: ours in the order of the graph, others first in that of the root's lists."""
        first = [] if self.ours else [*self.crate.root.refs(*PEOPLE), *self.crate.root.refs("schema:hasPart")]
        affiliated = {key for it in self.crate.entities.values() for key in it.refs(*_AFFILIATIONS)}
        merged = bia_terms.merged(self.crate)
        for key in dict.fromkeys([*first, *self.crate.entities]):
            entity = self.crate.entities.get(key)
            if entity is None or entity is self.crate.root or key in merged:
                continue
            module = self._component_or(entity, module_of(entity.types))
            if module is None or (self.ours and not is_ours(entity.types)):
                continue
            if module.key == "organisation" and not self.ours and key not in affiliated:
                continue
            protocol = protocol_of(entity) if module.key == "acquisition" and not self.ours else ""
            if protocol in {GROWTH, LIBRARY}:
                continue
            yield entity, BY_KEY["analysis"] if protocol == ANALYSIS else module

    def _component_or(self, entity: Entity, module: Module | None) -> Module | None:
        """A dataset within the study is a component if it is described, and a folder of files if not."""
        is_part = entity.id in self._parts and "schema:Dataset" in entity.types
        if module is None and is_part and (entity.refs("schema:hasPart") or entity.text("schema:description")):
            return BY_KEY["component"]
        return module

    @property
    def _parts(self) -> set[str]:
        if not hasattr(self, "_parts_of_root"):
            self._parts_of_root = set(self.crate.root.refs("schema:hasPart"))
        return self._parts_of_root

    # Rows

    def _entity(self, module: Module, key: str, entity: Entity) -> None:
        """All that an entity says: what a field takes, and the rest as pairs."""
        known, fields = self.foreign.take(module, key, entity), fields_of(module)
        if is_ours(entity.types):
            known |= DERIVED.get(module.key, set()) | {it for it in entity.values if it.startswith("bia:")}
        for term, values in entity.values.items():
            if term in known:
                continue
            one = fields.get(term)
            if module.key == "analysis" and term == "schema:measurementTechnique":
                one = None
            is_list_of_parts = term == "schema:hasPart" and module.key in {"study", "component"}
            for value in values:
                if one is not None:
                    self._take(module, key, one, value, plain(term))
                elif not (is_list_of_parts and text_or_id(value) in self.rest.rows):
                    self.rest.keep(partial(self.build.keep, module.key, key), plain(term), value)

    # Values

    def _take(self, module: Module, key: str, one: Field, value: Value, said: str) -> None:
        if one.kind is Kind.ROWS:
            self._row(module, key, one, value, said)
        elif one.kind is Kind.LICENCE:
            self._licence(value)
        elif (taken := self._value(one, value)) is not None:
            self.build.put(module.key, key, one.name, text_of(taken), said=said,
                           curie=taken["curie"] if isinstance(taken, dict) else "")  # fmt: skip
            self._rest_of(module, key, one, value, said)
        else:
            self._unresolved(module, key, one, value, said)

    def _row(self, module: Module, key: str, one: Field, value: Value, said: str) -> None:
        """One row of a table: a value of its only column, or an entity with a property a column."""
        entity = self.crate.entities.get(value.id) if isinstance(value, Ref) else None
        if is_simple(one):
            column = one.columns[0]
            taken = self._value(column, value)
            if taken is None:
                self._unresolved(module, key, column, value, said)
                return
            self.build.append(module.key, key, one.name, {column.name: taken}, said=said)
            self._rest_of(module, key, column, value, said)
            return
        if entity is None:
            first = one.columns[0]
            self.build.append(module.key, key, one.name, {first.name: self._value(first, value)}, said=said)
            return
        self.rest.claimed.add(entity.id)
        columns = columns_of(module, one) | ({"schema:termCode": one.columns[0]} if one.name == "organisms" else {})
        values: dict[str, Any] = {}
        for term, found in entity.values.items():
            column_ = columns.get(term)
            left = found
            if column_ is not None and column_.name not in values and term != "schema:termCode":
                values[column_.name], left = self._value(column_, found[0]) if found else None, found[1:]
            said_already = {curie_of(entity), *map(text_of, values.values())} if column_ else set()
            for it in left:
                if text_or_id(it) not in said_already:
                    self.rest.keep(partial(self.build.keep, module.key, key), f"{said}/{plain(term)}", it, 1)
        if one.name == "organisms":
            self._taxon(entity, values)
        self.build.append(module.key, key, one.name, values, said=said)

    def _taxon(self, entity: Entity, values: dict[str, Any]) -> None:
        """A taxon is the term that its id names."""
        organism = values.get("organism") or {"text": "", "curie": ""}
        organism["curie"] = organism["curie"] or curie_in(entity.text("schema:termCode")) or curie_of(entity)
        organism["curie"] = organism["curie"] or (curie_in(entity.id) if entity.id.startswith("NCBI") else "")
        values["organism"] = organism

    def _value(self, one: Field, value: Value) -> Any:
        """A value as the document has it; None for a reference to what is no row."""
        if one.kind is Kind.REFERENCE:
            module, row = self.ids.get(text_or_id(value), ("", ""))
            return row if module == one.target else None
        if isinstance(value, str):
            return {"text": value, "curie": ""} if one.kind is Kind.TERM else value
        entity = self.crate.entities.get(value.id)
        if one.kind is Kind.TERM:
            if entity is None:
                curie = curie_in(value.id)
                return {"text": "" if curie else value.id, "curie": curie}
            return {"text": entity.text("schema:name"), "curie": curie_of(entity)}
        if entity is None:
            return value.id
        is_long = one.kind is Kind.LONGTEXT
        return (is_long and entity.text("schema:description")) or entity.text("schema:name") or value.id

    def _rest_of(self, module: Module, key: str, one: Field, value: Value, said: str) -> None:
        """What an entity that stands for a value says beside that value."""
        entity = self.crate.entities.get(value.id) if isinstance(value, Ref) else None
        if entity is None or entity.id in self.rest.claimed or one.kind is Kind.REFERENCE:
            return
        self.rest.claimed.add(entity.id)
        known = {"schema:name"}
        if one.kind is Kind.TERM:
            known |= {"schema:termCode", "schema:url"} if curie_of(entity) else set()
        elif one.kind is Kind.LONGTEXT and entity.text("schema:description"):
            known = {"schema:description"}
        self.rest.rest(partial(self.build.keep, module.key, key), said, entity, known)

    def _licence(self, value: Value) -> None:
        text = text_or_id(value)
        entity = self.crate.entities.get(text)
        said = [text, *(entity.texts("schema:identifier", "schema:name", "schema:url") if entity else ())]
        spdx = next((found for it in said if (found := licence_id(it))), "")
        self.build.put("study", "", "licence", spdx or text, said="license")
        if entity is not None and entity.id not in self.rest.claimed:
            self.rest.claimed.add(entity.id)
            if not self.ours:
                self.rest.rest(partial(self.build.keep, "study", ""), "license", entity, set())
        if spdx and spdx != text and not self.ours:
            message = f"“{text}” is {spdx} in the SPDX list."
            self.build.remark(Weight.NOTE, message, said="license", value=text, path="study/licence")

    def _unresolved(self, module: Module, key: str, one: Field, value: Value, said: str) -> None:
        """A reference to what is no row: kept, and an organisation that has only a name is made one."""
        if isinstance(value, str) and one.target == "organisation":
            named = self.ids.setdefault(f"name:{value}", ("organisation", ""))[1]
            if not named:
                named = self.build.add("organisation")
                self.ids[f"name:{value}"] = ("organisation", named)
                self.build.put("organisation", named, "name", value, said=said)
            self.build.append(module.key, key, "affiliations", {one.name: named}, said=said)
            return
        self.rest.keep(partial(self.build.keep, module.key, key), said, value)
        label = BY_KEY[one.target].label.lower() if one.target else one.label.lower()
        message = f"“{text_or_id(value)}” is no {label} in this crate; it is kept as it stands."
        self.build.remark(Weight.ERROR, message, said=said, value=text_or_id(value), path=f"{module.key}/{key}")

    # Files and the rest

    def _files(self) -> None:
        """The crate's files and undescribed folders, each with the component that lists it."""
        parts = {part: row for key, (module, row) in self.ids.items() if module == "component"
                 for part in self.crate.entities[key].refs("schema:hasPart")}  # fmt: skip
        for entity in self.crate.entities.values():
            is_folder = "schema:Dataset" in entity.types and entity.id not in self.ids
            if entity.id in self.rest.claimed or not (is_folder or any(it in entity.types for it in _FILE)):
                continue
            self.rest.claimed.add(entity.id)
            self.rest.rows.add(entity.id)  # whatever else names the file says no more than its id
            line = FileLine(_path(entity), parts.get(entity.id, ""), sha256=entity.text("schema:sha256"))
            line.plate, line.well = entity.text("rembi:plate"), entity.text("rembi:well")
            line.specimen = next((self.ids[key][1] for key in entity.refs("rembi:specimen") if key in self.ids), "")
            known, size = set(_FILE_FIELDS), entity.text("schema:contentSize", "bia:sizeInBytes")
            if size.isascii() and size.isdigit():
                line.size = int(size)
            else:
                known -= {"schema:contentSize", "bia:sizeInBytes"}
            if entity.text("schema:name") == line.path.rstrip("/").rsplit("/", 1)[-1]:
                known.add("schema:name")
            if is_folder and not is_ours(entity.types):
                line.pairs.append(Pair(NAMESPACE, "@type", "Dataset"))
            self.rest.rest(line.pairs.append, "", entity, known, 0)
            self.build.imported.dossier.files.append(line)

    def _unclaimed(self) -> None:
        """Entities that nothing led to: their values are the study's pairs."""
        if self.ours:
            return
        descriptor = self.crate.descriptor
        if descriptor:
            sink = partial(self.build.keep, "study", "")
            self.rest.rest(sink, "crate", descriptor, {"schema:about"})
        if self.crate.root.id not in {"./", "."}:
            self.build.pair("study", "", "@id", self.crate.root.id)
        for entity in self.crate.entities.values():
            if entity.id not in self.rest.claimed:
                self.rest.claimed.add(entity.id)
                self.rest.rest(partial(self.build.keep, "study", ""), entity.id, entity, set())


def _own_id(entity: str, module: Module) -> str:
    """The id of a row that an entity's id in the crate holds, if it is of the crate's own."""
    own = unquote(entity[1:]) if entity.startswith("#") else ""
    return own.removeprefix(f"{module.key}:")


def _path(entity: Entity) -> str:
    named = entity.text("rembi:path", "bia:filePath")
    if named:
        return named
    return entity.id if "://" in entity.id else unquote(entity.id).removeprefix("./")
