"""Where texts stand that an ontology term may be given to: each column of kind TERM of the metadata model, and
key-values that name a term which no ontology here has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet

from catalogue import registry
from catalogue.models import KeyValue, Study
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import MODULES
from ontology.folding import Folded


@dataclass(frozen=True)
class Place:
    """One column: `field` of a module's rows, or `column` of the table that the field is."""

    module: Module | None  # None: key-values
    field: Field | None
    column: Field | None
    model: type[Model]
    binding: str

    @property
    def text(self) -> str:
        """The look-up of the text, from `model`."""
        return self.column.name if self.column else "value__text"

    @property
    def term(self) -> str:
        return f"{self.column.name}_term" if self.column else "term"

    @property
    def is_table(self) -> bool:
        return self.field is not self.column

    @property
    def study(self) -> str:
        return "owner__study" if self.is_table else "study"

    @property
    def entity(self) -> str:
        """The look-up of the id of the module's row."""
        return "owner" if self.is_table else "pk"

    @property
    def entities(self) -> type[Model]:
        """The table of the module's rows."""
        return registry.ENTITIES[self.module.key] if self.module else KeyValue

    @property
    def unmapped(self) -> Q:
        given = ~Q(curie="") if self.module is None else Q()
        return Q(**{f"{self.term}__isnull": True}) & given

    def rows(self, studies: Iterable[Any]) -> QuerySet[Any]:
        """The rows with a text in these studies, its folded text as `folded`; `studies` may be a query."""
        manager: Any = self.model._default_manager
        rows = manager.filter(**{f"{self.study}__in": studies}).order_by()
        found: QuerySet[Any] = rows.annotate(folded=Folded(self.text)).exclude(folded="")
        return found

    @property
    def label(self) -> str:
        """The place in words."""
        if self.module is None or self.column is None:
            return "Key-values"
        return f"{self.module.label}: {self.column.label}"


def _places() -> Iterable[Place]:
    for module in MODULES:
        model: type[Model] = registry.ENTITIES[module.key] if module.repeated else Study
        for field in module.fields:
            if field.kind is Kind.TERM:
                yield Place(module, field, field, model, field.vocabulary)
            for column in field.columns:
                if column.kind is Kind.TERM:
                    yield Place(module, field, column, registry.ROWS[module.key, field.name], column.vocabulary)
    yield Place(None, None, None, KeyValue, "variable")


PLACES = tuple(_places())
