"""Values and changes of documents in words, for pages that show what would change before it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalogue.exchange.merge import Change, Merged, is_empty
from catalogue.paths import parse
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY, MODULES
from catalogue.rules.titles import title_of
from portal.deposit.forms import LICENCES

Named = Callable[[str, str], str]  # (module key, id) → what the row is called
Lines = Sequence[str]


@dataclass(frozen=True)
class Line:
    """One change as a person reads it: of a field old → new, or a row that comes with its filled fields."""

    path: str
    label: str
    subject: str  # the row that it is about, as lists call it; empty for the study itself
    old: Lines
    new: Lines
    fields: Sequence[tuple[str, Lines]] = ()  # of a row that comes or goes
    is_gone: bool = False  # a row that goes

    @property
    def is_row(self) -> bool:
        return bool(self.fields)


def lines_of(merged: Merged) -> list[tuple[Module, list[Line]]]:
    """The changes by module, in the order of the forms."""
    named = names_in(merged.document)
    groups: dict[str, list[Line]] = {}
    for change in merged.changes:
        groups.setdefault(change.module, []).append(line_of(change, named))
    return [(module, groups[module.key]) for module in MODULES if module.key in groups]


def names_in(document: Mapping[str, Any]) -> Named:
    """What the rows of a document are called."""
    titles = {
        (module.key, str(row.get("id"))): title_of(module, row)
        for module in MODULES
        if module.repeated
        for row in document.get(module.plural) or ()
    }
    return lambda module, key: titles.get((module, key)) or BY_KEY[module].label


def line_of(change: Change, named: Named) -> Line:
    """One change in words."""
    module, path = BY_KEY[change.module], parse(change.path)
    if change.field:
        one = module.field(change.field)
        subject = named(module.key, path.entity) if module.repeated else ""
        return Line(change.path, one.label, subject, worded(one, change.old, named), worded(one, change.new, named))
    row = change.new if change.new is not None else change.old
    filled = [
        (one.label, worded(one, row[one.name], named)) for one in module.fields if not is_empty(row.get(one.name))
    ]
    subject = title_of(module, row) or module.label
    return Line(change.path, module.label, subject, (), (), filled or [("", ())], is_gone=change.new is None)


def worded(one: Field, value: Any, named: Named) -> Lines:
    """A field's value in words, a line for each row of a table."""
    if is_empty(value):
        return ()
    if one.kind is not Kind.ROWS:
        return [_text(one, value, named)]
    return [
        " · ".join(
            _text(column, row[column.name], named) for column in one.columns if not is_empty(row.get(column.name))
        )
        for row in value
    ]


def _text(one: Field, value: Any, named: Named) -> str:
    if isinstance(value, Mapping):
        text, curie = str(value.get("text") or ""), str(value.get("curie") or "")
        return f"{text} ({curie})" if text and curie else text or curie
    if one.kind is Kind.REFERENCE:
        return named(one.target, str(value))
    choices = dict(LICENCES if one.kind is Kind.LICENCE else one.choices)
    return str(choices.get(value, value))


def where_from(kind: str, name: str) -> str:
    """The origin of a copied value, as it stands at its field."""
    if kind == "template":
        return _("the lab template “%(name)s”") % {"name": name}
    return _("the study “%(name)s”") % {"name": name}
