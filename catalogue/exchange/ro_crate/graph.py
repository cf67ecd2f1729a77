"""A crate's graph: entities with types and values, their terms read as what they stand for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange.dossier import CannotRead
from catalogue.exchange.ro_crate.contexts import Context

METADATA = "ro-crate-metadata.json"
_OLD_METADATA = "ro-crate-metadata.jsonld"  # RO-Crate 1.0


@dataclass(frozen=True)
class Ref:
    """A reference to an entity by its id, in the graph or not."""

    id: str


Value = str | Ref


def text_or_id(value: Value) -> str:
    return value.id if isinstance(value, Ref) else value


@dataclass
class Entity:
    """One entity. Types and properties are short terms, e.g. "schema:name"; values keep their order."""

    id: str
    types: tuple[str, ...]
    values: dict[str, list[Value]] = field(default_factory=dict)

    def texts(self, *terms: str) -> list[str]:
        return [value for term in terms for value in self.values.get(term, ()) if isinstance(value, str)]

    def refs(self, *terms: str) -> list[str]:
        return [value.id for term in terms for value in self.values.get(term, ()) if isinstance(value, Ref)]

    def text(self, *terms: str) -> str:
        return next(iter(self.texts(*terms)), "")


@dataclass
class Crate:
    """The entities by id, in their order, and the root among them."""

    entities: dict[str, Entity]
    root: Entity
    descriptor: Entity | None
    unknown_contexts: list[str]

    def of(self, ids: list[str]) -> Iterator[Entity]:
        """The entities that are there of those named."""
        yield from (self.entities[key] for key in ids if key in self.entities)


def crate_of(value: Any, file: str) -> Crate:
    """The graph in a metadata file's JSON. Raises CannotRead, saying what is missing."""
    if not isinstance(value, dict) or not isinstance(value.get("@graph"), list):
        raise CannotRead(f"“{file}” is no RO-Crate: it has no list “@graph” of entities.", file=file)
    return _Parser(file, Context(value.get("@context"))).crate(value["@graph"])


class _Parser:
    def __init__(self, file: str, context: Context) -> None:
        self.file, self.context = file, context
        self.entities: dict[str, Entity] = {}
        self.short: dict[str, str] = {}

    def crate(self, graph: list[Any]) -> Crate:
        for number, item in enumerate(graph):
            if not isinstance(item, dict):
                reason = f"“{self.file}”: entity {number + 1} of “@graph” is no group of values."
                raise CannotRead(reason, file=self.file)
            self._entity(item, f"entity {number + 1}", 0)
        descriptor = next((it for it in self.entities.values() if _is_descriptor(it)), None)
        return Crate(self.entities, self._root(descriptor), descriptor, self.context.unknown)

    def _root(self, descriptor: Entity | None) -> Entity:
        about = descriptor.refs("schema:about") if descriptor else []
        for key in [*about, "./", "."]:
            if key in self.entities:
                return self.entities[key]
        if about:
            reason = f"“{self.file}” describes “{about[0]}”, but there is no such entity in its “@graph”."
            raise CannotRead(reason, file=self.file)
        sets = [it for it in self.entities.values() if "schema:Dataset" in it.types]
        if len(sets) != 1:
            reason = (f"“{self.file}” does not say which entity is the study: an entity “{METADATA}” should name it "
                      "by “about” (RO-Crate 1.2, root data entity).")  # fmt: skip
            raise CannotRead(reason, file=self.file)
        return sets[0]

    def _entity(self, item: dict[str, Any], where: str, depth: int) -> str:
        """Take in an entity, also one that stands within another. Gives its id."""
        if depth > 50:
            raise CannotRead(f"“{self.file}”: {where} is nested too deeply.", file=self.file)
        key = item.get("@id", f"_:{len(self.entities) + 1}")
        if not isinstance(key, str):
            raise CannotRead(f"“{self.file}”: the “@id” of {where} should be a text.", file=self.file)
        types = item.get("@type", [])
        types = types if isinstance(types, list) else [types]
        if not all(isinstance(it, str) for it in types):
            reason = f"“{self.file}”: the “@type” of “{key}” should be a text or a list of texts."
            raise CannotRead(reason, file=self.file)
        known = self.entities.setdefault(key, Entity(key, ()))
        known.types = (*known.types, *(self._short(it) for it in types if self._short(it) not in known.types))
        for term, value in item.items():
            if not term.startswith("@"):
                values = known.values.setdefault(self._short(term), [])
                for one in value if isinstance(value, list) else [value]:
                    values += self._values(one, term, f"“{term}” of “{key}”", depth)
        return key

    def _values(self, value: Any, term: str, where: str, depth: int) -> Iterator[Value]:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, str | int | float):
            yield Ref(value) if isinstance(value, str) and term in self.context.references else str(value)
        elif isinstance(value, dict):
            yield from self._object(value, term, where, depth)
        else:
            raise CannotRead(f"“{self.file}”: {where} is a list within a list.", file=self.file)

    def _object(self, value: dict[str, Any], term: str, where: str, depth: int) -> Iterator[Value]:
        if "@value" in value:
            yield from self._values(value["@value"], "", where, depth + 1)
        elif "@list" in value or "@set" in value:
            inner = value.get("@list", value.get("@set"))
            for one in inner if isinstance(inner, list) else [inner]:
                yield from self._values(one, term, where, depth + 1)
        elif set(value) == {"@id"} and isinstance(value["@id"], str):
            yield Ref(value["@id"])
        elif value:
            yield Ref(self._entity(value, where, depth + 1))

    def _short(self, term: str) -> str:
        if term not in self.short:
            self.short[term] = self.context.short(term)
        return self.short[term]


def _is_descriptor(entity: Entity) -> bool:
    """RO-Crate 1.2, metadata descriptor; a detached crate's has a name before it."""
    name = entity.id.rsplit("/", 1)[-1]
    return name.endswith((METADATA, _OLD_METADATA)) and bool(entity.refs("schema:about"))
