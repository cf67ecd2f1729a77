"""Forms made from the rules' table: posted fields to a document's values, and values to what a template shows.

Input names: `<field>`; of a TERM also `<field>.curie`; of ROWS `<field>.<row>.<column>[.curie]`, and `<field>.rows`,
whose presence says that the table was sent at all (an empty one clears it).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from catalogue.models import Comment, FieldSource, Suggestion
from catalogue.paths import html_id
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.titles import title_of
from catalogue.services.edits import Offer
from catalogue.services.lookups import SOURCES
from catalogue.services.seen import digests

Choices = Sequence[tuple[str, str]]
LICENCES: Choices = (
    ("CC0-1.0", "CC0 1.0: no conditions"),
    ("CC-BY-4.0", "CC BY 4.0: credit is given"),
    ("CC-BY-SA-4.0", "CC BY-SA 4.0: credit, and shared alike"),
    ("CC-BY-NC-4.0", "CC BY-NC 4.0: credit, and no commercial use"),
    ("CC-BY-ND-4.0", "CC BY-ND 4.0: credit, and unchanged"),
    ("MIT", "MIT"),
    ("BSD-3-Clause", "BSD 3-Clause"),
    ("Apache-2.0", "Apache 2.0"),
    ("ODbL-1.0", "Open Database License 1.0"),
    ("PDDL-1.0", "Open Data Commons Public Domain 1.0"),
)


LONG_LIST = 100  # choices of a reference, above which each select holds only its own and a script fetches the others


@dataclass(frozen=True)
class Marks:
    """What is said of fields, by path, and what references may point at, by module."""

    problems: Mapping[str, list[str]] = field(default_factory=dict)
    comments: Mapping[str, list[Comment]] = field(default_factory=dict)  # open threads
    edits: Mapping[str, list[Offer]] = field(default_factory=dict)  # what curators suggest, by the path of a field
    suggestions: Mapping[tuple[str, str], list[Suggestion]] = field(default_factory=dict)
    targets: Mapping[str, Choices] = field(default_factory=dict)
    sources: Mapping[str, FieldSource] = field(default_factory=dict)
    editable: bool = True


@dataclass(frozen=True)
class Input:
    """One input of a form: a whole field, or one cell of a table."""

    field: Field
    name: str
    path: str
    text: str
    curie: str = ""
    choices: Choices = ()
    problems: Sequence[str] = ()
    list_of: str = ""  # key of the module whose long list of choices stands in the page once
    lookup: str = ""  # key of the module whose register suggests names for it

    @property
    def id(self) -> str:
        return html_id(self.path)

    @property
    def is_unknown_choice(self) -> bool:
        """A value that was kept though the list does not hold it: it must not vanish from the form."""
        return bool(self.text) and all(value != self.text for value, _ in self.choices)


@dataclass(frozen=True)
class FormField:
    """A field with its input or, for ROWS, its rows of inputs; `blank` is the row that a script copies."""

    field: Field
    path: str
    input: Input | None
    rows: Sequence[Sequence[Input]] = ()
    blank: Sequence[Input] = ()
    problems: Sequence[str] = ()
    comments: Sequence[Comment] = ()
    edits: Sequence[Offer] = ()
    suggestions: Sequence[Suggestion] = ()
    source: FieldSource | None = None  # of a value that nobody typed

    @property
    def is_filled(self) -> bool:
        return bool(self.input.text) if self.input else len(self.rows) > 1

    @property
    def id(self) -> str:
        return html_id(self.path)


@dataclass(frozen=True)
class EntityForm:
    """The form of the study's own fields or of one row of a module."""

    module: Module
    entity_id: str
    revision: int
    title: str
    fields: Sequence[FormField]
    comments: Sequence[Comment] = ()
    seen: str = ""  # digests of the values that are stored

    @property
    def id(self) -> str:
        return html_id(f"{self.module.key}/{self.entity_id}" if self.entity_id else self.module.key)

    @property
    def lookup(self) -> str:
        """The register that this row may be filled from; empty if there is none, or the site does not ask it."""
        source = SOURCES.get(self.module.key)
        return source.label if source else ""

    @property
    def is_asked(self) -> bool:
        """Whether curators ask for something at one of its fields."""
        return any(one.comments or one.edits for one in self.fields)

    @property
    def has_problems(self) -> bool:
        return any(one.problems or any(cell.problems for row in one.rows for cell in row) for one in self.fields)


def values_from(module: Module, post: QueryDict) -> dict[str, Any]:
    """The values of the module's fields that were posted; others are left as they are."""
    values: dict[str, Any] = {}
    for one in module.fields:
        if one.kind is Kind.ROWS:
            if f"{one.name}.rows" in post:
                values[one.name] = _rows_from(one, post)
        elif one.name in post:
            values[one.name] = _value_from(one, one.name, post)
    return values


def _rows_from(one: Field, post: QueryDict) -> list[dict[str, Any]]:
    prefix = f"{one.name}."
    numbers = {
        int(part) for key in post if key.startswith(prefix) and (part := key[len(prefix) :].split(".")[0]).isdecimal()
    }
    return [
        {column.name: _value_from(column, f"{prefix}{n}.{column.name}", post) for column in one.columns}
        for n in sorted(numbers)
    ]


def _value_from(one: Field, name: str, post: QueryDict) -> Any:
    if one.kind is Kind.TERM:
        return {"text": post.get(name, ""), "curie": post.get(f"{name}.curie", "")}
    return post.get(name, "")


def entity_form(
    module: Module, values: Mapping[str, Any], revision: int, marks: Marks, stored: Mapping[str, Any] | None = None
) -> EntityForm:
    """The form of one row of a document, `values` as catalogue.documents.read gives them. `stored` are those that are
    saved, if the form shows others."""
    entity_id = str(values.get("id", ""))
    base = f"{module.key}/{entity_id}" if entity_id else module.key
    fields = [_form_field(module, one, f"{base}/{one.name}", values.get(one.name), marks) for one in module.fields]
    seen = seen_text(digests(module, values if stored is None else stored))
    return EntityForm(module, entity_id, revision, title_of(module, values), fields, marks.comments.get(base, ()), seen)


def seen_text(seen: Mapping[str, str]) -> str:
    """The digests of fields as a form carries them: `<field>:<digest> …`."""
    return " ".join(f"{name}:{digest}" for name, digest in seen.items())


def seen_from(post: QueryDict) -> dict[str, str] | None:
    """The digests that a form carried; None if it carried none."""
    if "seen" not in post:
        return None
    pairs = (one.partition(":") for one in post.get("seen", "").split())
    return {name: digest for name, _colon, digest in pairs}


def long_lists(modules: Iterable[Module], marks: Marks) -> list[tuple[str, Choices]]:
    """The long lists that references of these modules choose from, each once."""
    columns = [column for module in modules for one in module.fields for column in (one, *one.columns)]
    keys = dict.fromkeys(column.target for column in columns if column.kind is Kind.REFERENCE)
    return [(key, marks.targets[key]) for key in keys if len(marks.targets.get(key, ())) > LONG_LIST]


def _form_field(module: Module, one: Field, path: str, value: Any, marks: Marks) -> FormField:
    said: dict[str, Any] = {
        "problems": marks.problems.get(path, ()),
        "comments": marks.comments.get(path, ()),
        "edits": marks.edits.get(path, ()),
        "suggestions": marks.suggestions.get((module.key, one.name), ()),
        "source": marks.sources.get(path),
    }
    if one.kind is not Kind.ROWS:
        source = SOURCES.get(module.key)
        lookup = module.key if source and source.is_on and source.name == one.name else ""
        made = _input(one, one.name, path, value, marks, shows_problems=False)
        return FormField(one, path, replace(made, lookup=lookup) if lookup else made, **said)
    rows = [_row(one, path, n, row, marks) for n, row in enumerate(value or [])]
    # One empty row is always there, so that tables can grow without a script.
    rows.append(_row(one, path, len(rows), {}, marks))
    return FormField(one, path, None, rows, _row(one, path, "__row__", {}, marks), **said)


def _row(one: Field, path: str, number: int | str, row: Mapping[str, Any], marks: Marks) -> list[Input]:
    return [
        _input(
            column, f"{one.name}.{number}.{column.name}", f"{path}/{number}/{column.name}", row.get(column.name), marks
        )
        for column in one.columns
    ]


def _input(one: Field, name: str, path: str, value: Any, marks: Marks, *, shows_problems: bool = True) -> Input:
    text, curie = (value.get("text", ""), value.get("curie", "")) if isinstance(value, Mapping) else (value or "", "")
    choices: Choices = one.choices
    if one.kind is Kind.REFERENCE:
        choices = marks.targets.get(one.target, ())
        if len(choices) > LONG_LIST:
            kept = [choice for choice in choices if choice[0] == str(value)]
            return Input(
                one,
                name,
                path,
                str(value or ""),
                "",
                kept,
                marks.problems.get(path, ()) if shows_problems else (),
                list_of=one.target,
            )
    elif one.kind is Kind.LICENCE:
        choices = LICENCES
    return Input(one, name, path, str(text), curie, choices, marks.problems.get(path, ()) if shows_problems else ())
