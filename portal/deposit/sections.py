"""The rows of a module on a step of the deposit: a page of forms at a time, found by a word in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from catalogue.models import Suggestion
from catalogue.rules.fields import Field, Module
from catalogue.rules.titles import title_of
from portal.deposit.forms import EntityForm, entity_form
from portal.deposit.marks import Desk

FORMS = 20  # on a page


@dataclass(frozen=True)
class Section:
    """One module on a step. `forms` has each form with its row's place among all `total` rows, from 0."""

    module: Module
    forms: Sequence[tuple[EntityForm, int]]
    total: int
    offers: Sequence[tuple[Field, Suggestion]] = ()
    word: str = ""
    matching: int = 0
    first: int = 0  # number of the first row shown, from 1
    last: int = 0
    before: str = ""  # query strings of the pages before and after
    after: str = ""

    @property
    def is_long(self) -> bool:
        return self.total > FORMS


def section_of(module: Module, desk: Desk, request: HttpRequest) -> Section:
    """The section as the request's `<plural>-q` (a word), `<plural>-page` and `open` (a row's id) ask for it."""
    if not module.repeated:
        form = entity_form(module, desk.document[module.key], desk.study.revision, desk.marks)
        return Section(module, [(form, 0)], 1)
    rows = desk.document[module.plural]
    word = request.GET.get(f"{module.plural}-q", "").strip()
    places = [place for place, row in enumerate(rows) if not word or word.casefold() in _words(module, row)]
    page = _page(module, request, [rows[place]["id"] for place in places])
    shown = places[page * FORMS : (page + 1) * FORMS]
    forms = [(entity_form(module, rows[at], desk.revisions.get(rows[at]["id"], 1), desk.marks), at) for at in shown]
    more = (page + 1) * FORMS < len(places)
    return Section(
        module,
        forms,
        len(rows),
        _offers(module, desk),
        word,
        len(places),
        page * FORMS + 1,
        page * FORMS + len(shown),
        _query(module, word, page - 1) if page else "",
        _query(module, word, page + 1) if more else "",
    )


def _page(module: Module, request: HttpRequest, ids: Sequence[str]) -> int:
    """The page asked for, or that of the row to be opened; the last one there is for a number beyond."""
    opened = request.GET.get("open", "")
    if opened in ids:
        return ids.index(opened) // FORMS
    text = request.GET.get(f"{module.plural}-page", "")
    asked = int(text) - 1 if text.isascii() and text.isdecimal() and len(text) < 8 else 0
    return max(0, min(asked, (len(ids) - 1) // FORMS))


def _query(module: Module, word: str, page: int) -> str:
    return urlencode({f"{module.plural}-q": word, f"{module.plural}-page": page + 1})


def _words(module: Module, row: Mapping[str, Any]) -> str:
    """What a row is found by: its name, and all texts of its own fields."""
    texts = [title_of(module, row)]
    for one in module.fields:
        value = row.get(one.name)
        texts.append(value.get("text", "") if isinstance(value, Mapping) else value if isinstance(value, str) else "")
    return " ".join(texts).casefold()


def _offers(module: Module, desk: Desk) -> list[tuple[Field, Suggestion]]:
    """What the files say about a module, each with its field: for a new row, where fields do not offer it already."""
    if not desk.marks.editable:
        return []
    return [(one, offer) for one in module.fields for offer in desk.marks.suggestions.get((module.key, one.name), ())]
