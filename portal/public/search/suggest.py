"""Suggestions while somebody types: into the search box, and into the rows of attributes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ontology.models import Synonym
from ontology.names.comparing import fold
from portal.public.search.rows import measured
from portal.public.search.text import of_field, pair, quoted, unquoted
from publishing.search import FACETS, FIELDS, Completion, Query, search_index
from publishing.search.fields import Field, Kind, field_named
from publishing.search.query import clean

LIMIT = 8
LONGEST = 200  # characters before the cursor that are looked at
WORDS = 4  # of the last ones that may be the beginning of a name
CALLED = 3  # terms that are proposed by another name
SHORTEST = 3  # letters of another name
MOST_NAMES = 500  # that begin so and are looked through, of the millions that there may be: within a few ms
SECONDS_KEPT = 60

_STRING = r'(?:"(?:[^"]|"")+"|[^\s()"=:<>]+)'
_IN_PAIR = re.compile(rf'(?:^|[\s(])(?P<whole>(?P<name>{_STRING})!?="?(?P<begun>[^"]*))$')
_IN_FIELD = re.compile(r'(?:^|[\s(])(?P<whole>-?(?P<name>[A-Za-z][\w-]*):"?(?P<begun>[^"<>=]*))$')
_WORD = re.compile(r'[^\s()"]+')


@dataclass(frozen=True)
class Suggestion:
    """`insert` takes the place of what stands from `start` to the cursor; `url` is of a page to go to instead."""

    label: str
    kind: str  # what it is, in words
    insert: str
    start: int
    count: int | None = None
    url: str = ""
    is_estimated: bool = False  # the count


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """`q`: what stands before the cursor of the box; or `name`, and `value` of the attribute with that name."""
    given = {name: clean(request.GET.get(name, ""))[-LONGEST:] for name in request.GET}
    if "value" in given:
        found = [_of_row(it) for it in search_index().values(given.get("name", ""), given["value"], LIMIT)]
    elif "name" in given:
        found = [*_measured(given["name"]), *(_of_row(it) for it in search_index().keys(given["name"], LIMIT))]
    else:
        cut = max(0, len(clean(request.GET.get("q", ""))) - LONGEST)
        found = [*islice(_in_box(given.get("q", ""), cut), LIMIT)]
    response = JsonResponse({"items": [asdict(it) for it in found[:LIMIT]]})
    response["Cache-Control"] = f"max-age={SECONDS_KEPT}"
    return response


def _of_row(found: Completion) -> Suggestion:
    return Suggestion(found.text, "", found.text, 0, found.count)


def _measured(begun: str) -> Iterator[Suggestion]:
    for field in measured():
        label = str(field.label)
        if begun and any(word.startswith(begun.casefold()) for word in (label.casefold(), *label.casefold().split())):
            unit = f" ({field.unit})" if field.unit else ""
            yield Suggestion(label, _("number") + unit if field.kind is Kind.NUMBER else _("day"), label, 0)


def _in_box(text: str, cut: int) -> Iterable[Suggestion]:
    """What may stand at the end of the text, of which `cut` characters before are left out."""
    if inside := _IN_FIELD.search(text):
        field = field_named(inside["name"])
        if field is not None:
            return _of_field(field, inside["begun"], cut + inside.start("whole"))
    if inside := _IN_PAIR.search(text):
        name = unquoted(inside["name"])
        values = search_index().values(name, inside["begun"], LIMIT)
        start = cut + inside.start("whole")
        return [Suggestion(it.text, name, f"{pair(name, it.text)} ", start, it.count) for it in values]
    return _of_words(text, cut)


def _of_field(field: Field, begun: str, start: int) -> Iterator[Suggestion]:
    if field.kind in (Kind.NUMBER, Kind.DATE):
        yield Suggestion(f"{field.name}:{field.example}", str(field.label), f"{field.name}:{field.example} ", start)
        return
    if not begun.strip() and field.name in FACETS:
        for one in search_index().search(Query(size=1, counted=(field.name,))).facets.get(field.name, ()):
            found = Completion(one.label, field.name, one.count, one.value, one.is_estimated)
            yield _in(field, found, start)
        return
    seen = set[str]()
    for found in search_index().suggest(begun, 4 * LIMIT):
        if found.kind == field.name:
            seen.add(found.text)
            yield _in(field, found, start)
    for name, found in _called(begun):
        if found.kind == field.name and found.text not in seen:
            yield _of_called(name, found, start)


def _called(begun: str) -> Iterator[tuple[str, Completion]]:
    """Terms that studies here have, of which another name begins so, with that name; the most used first."""
    start = fold(begun)
    if len(start) < SHORTEST:
        return
    # A range, since SQLite has no index for what begins so.
    names = Synonym.objects.filter(text_folded__gte=start, text_folded__lt=start[:-1] + chr(ord(start[-1]) + 1))
    names = names.filter(scope=Synonym.Scope.EXACT).order_by("text_folded")[:MOST_NAMES]
    used = Synonym.objects.filter(pk__in=names.values("pk"), term__ontology__is_current=True)
    used = used.filter(term__use_count__studies__gt=0).select_related("term")
    terms: dict[str, Synonym] = {}
    for name in used.order_by("-term__use_count__studies", "text_folded")[: 4 * CALLED]:
        terms.setdefault(name.term.curie, name)
    for name in islice(terms.values(), CALLED):
        # By its label or, where that is a long one and another is shown, its CURIE.
        named = (it for text in (name.term.label, name.term.curie) for it in search_index().suggest(text, LIMIT))
        if found := next((it for it in named if it.value == name.term.curie), None):
            yield name.text, found


def _of_called(name: str, found: Completion, start: int) -> Suggestion:
    made = _of_completion(found, start)
    return replace(made, label=f"{found.text} ({name})")


def _of_words(text: str, cut: int) -> Iterator[Suggestion]:
    """For the last words, the longest run of them that something begins with: names of fields and attributes last."""
    words = list(_WORD.finditer(text))
    if not words or words[-1].end() != len(text):
        return
    seen = set[str]()
    for word in words[-WORDS:]:
        begun, start = text[word.start() :], cut + word.start()
        for name, called in _called(begun):
            made = _of_called(name, called, start)
            if made.insert not in seen:
                seen.add(made.insert)
                yield made
        for found in search_index().suggest(begun, LIMIT):
            made = _of_completion(found, start)
            if made.insert not in seen:
                seen.add(made.insert)
                yield made
    last, start = words[-1][0].casefold(), cut + words[-1].start()
    for field in FIELDS.values():
        if len(last) > 1 and any(name.startswith(last) for name in (field.name, *field.aliases)):
            yield Suggestion(f"{field.name}:", str(field.label), f"{field.name}:", start)
    for found in search_index().keys(last, LIMIT) if len(last) > 1 else ():
        if f"{quoted(found.text)}=" not in seen:
            yield Suggestion(found.text, _("attribute"), f"{quoted(found.text)}=", start, found.count)


def _of_completion(found: Completion, start: int) -> Suggestion:
    if found.kind == "study":
        url = reverse("study", args=[found.value]) if found.value else ""
        return Suggestion(found.text, _("Study"), quoted(found.text), start, None, url)
    if found.kind == "key":
        return Suggestion(found.text, _("attribute"), f"{quoted(found.text)}=", start, found.count)
    field = FIELDS.get(found.kind)
    if field is None or field.kind is Kind.TEXT:
        label = str(field.label) if field else _("Keyword")
        return Suggestion(found.text, label, f"{quoted(found.text)} ", start, found.count)
    return _in(field, found, start)


def _in(field: Field, found: Completion, start: int) -> Suggestion:
    insert = f"{of_field(field.name, found.text)} "
    label = f"{found.text} ({found.name})" if found.name else found.text
    return Suggestion(label, str(field.label), insert, start, found.count, is_estimated=found.is_estimated)
