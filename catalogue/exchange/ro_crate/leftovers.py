"""What of a crate no field takes: kept as pairs, by the way that leads to it."""

from collections.abc import Callable

from catalogue.exchange.dossier import Pair
from catalogue.exchange.ro_crate.graph import Crate, Entity, Ref, Value
from catalogue.exchange.ro_crate.vocabulary import NAMESPACE
from catalogue.exchange.terms import curie_in

Sink = Callable[[Pair], None]
_DEEPEST = 6
_PAIR = {"schema:propertyID", "schema:name", "schema:value", "schema:unitText", "schema:unitCode",
         "schema:valueReference", "rembi:curie"}  # fmt: skip
_QUANTITY = {"schema:value", "schema:unitText", "schema:unitCode"}
_TERM = {"schema:name", "schema:termCode", "schema:url"}


class Leftovers:
    """Keeps values. `claimed` are the entities that were told of, as rows, files or within a pair."""

    def __init__(self, crate: Crate) -> None:
        self.crate = crate
        self.claimed: set[str] = set()
        self.rows: set[str] = set()  # entities that are rows of a module: a reference to one says no more

    def keep(self, sink: Sink, name: str, value: Value, depth: int = 0) -> None:
        """One value of a property, with what is known of the entity that it refers to."""
        if isinstance(value, str):
            sink(Pair(NAMESPACE, name, value))
            return
        entity = self.crate.entities.get(value.id)
        if entity is None or value.id in self.rows or depth > _DEEPEST:
            curie = "" if entity else _term_curie(value.id)
            sink(Pair(NAMESPACE, name, value.id, curie=curie))
            return
        is_told, known = value.id in self.claimed, set[str]()
        self.claimed.add(value.id)
        if "schema:PropertyValue" in entity.types and entity.text("schema:name"):
            sink(property_pair(entity))
            known = _PAIR
        elif any(it.startswith("schema:Quantit") for it in entity.types):  # also "QuantitiveValue", as some write
            unit, code = entity.text("schema:unitText"), entity.text("schema:unitCode")
            sink(Pair(NAMESPACE, name, entity.text("schema:value"), unit, _term_curie(code)))
            known = _QUANTITY
        elif "schema:DefinedTerm" in entity.types:
            sink(Pair(NAMESPACE, name, entity.text("schema:name"), curie=curie_of(entity)))
            known = _TERM if curie_of(entity) else {"schema:name"}
        else:
            sink(Pair(NAMESPACE, name, value.id))
        if not is_told:
            self.rest(sink, name, entity, known, depth + 1)

    def rest(self, sink: Sink, name: str, entity: Entity, known: set[str], depth: int = 1) -> None:
        """The properties of an entity other than those known, under its name."""
        for term, values in entity.values.items():
            if term not in known:
                for one in values:
                    self.keep(sink, f"{name}/{plain(term)}" if name else plain(term), one, depth)


def property_pair(entity: Entity) -> Pair:
    """A PropertyValue as a pair; its propertyID is the namespace."""
    reference = next((it.id for it in entity.values.get("schema:valueReference", ()) if isinstance(it, Ref)), "")
    namespace = entity.text("schema:propertyID") or next(iter(entity.refs("schema:propertyID")), NAMESPACE)
    value = entity.text("schema:value") or next(iter(entity.refs("schema:value")), "")
    unit = entity.text("schema:unitText") or entity.text("schema:unitCode")
    curie = entity.text("rembi:curie") or (curie_in(reference) if reference else "")
    return Pair(namespace, entity.text("schema:name"), value, unit, curie)


def curie_of(entity: Entity) -> str:
    """The CURIE of a term: as its code says, else from its address."""
    return curie_in(entity.text("schema:termCode")) or _term_curie(entity.id) or _term_curie(
        entity.text("schema:url") or next(iter(entity.refs("schema:url")), "")
    )  # fmt: skip


def plain(term: str) -> str:
    """A term as people know it."""
    return term.removeprefix("schema:")


def _term_curie(iri: str) -> str:
    return curie_in(iri) if iri.startswith("http") else ""
