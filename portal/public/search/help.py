"""How to search: the query language and every field of it, made from the table that it is read by."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.public.search.address import Choice, address
from portal.public.search.text import quoted
from publishing.search.fields import FIELDS, Field, Kind

KINDS: tuple[tuple[str | Promise, str | Promise, tuple[Kind, ...]], ...] = (
    (
        _("Terms"),
        _("A term also finds what carries a term below it. Write its name, a synonym or its id."),
        (Kind.TERM,),
    ),
    (_("Values"), _("The whole value is compared; upper and lower case are the same."), (Kind.VALUE,)),
    (_("Texts"), _("Words of the text are found, whatever their endings."), (Kind.TEXT,)),
    (_("Numbers and days"), _("Compared with < <= > >=, or as a range with two dots."), (Kind.NUMBER, Kind.DATE)),
)
WAYS: tuple[tuple[str, str | Promise], ...] = (
    ("mouse brain", _("all of these words, anywhere, whatever their endings")),
    ('"light sheet"', _("these words side by side")),
    ("chrom*", _("words that begin so")),
    ("mouse -fixed", _("without a word (NOT does the same)")),
    ("kidney OR liver", _("one or the other")),
    ("organism:Mammalia", _("a field: here mammals and all below them, mouse for instance")),
    ("pixel_size:<0.2um", _("a number with its unit")),
    ("published:2024..2025-06", _("from and to")),
    ('"Gene Symbol"=NF1', _("an attribute of an image and its value")),
    ("marker:(CD45 AND CD8)", _("several values of one field")),
    ("marker:*", _("whatever has a value in this field")),
    ("NCBITaxon:10090", _("a term by its id, in any field")),
    ("VIT-1", _("an accession or a DOI")),
)
# Each finds something in the demo.
EXAMPLES = ("nucleus", '"colonic glands"', "organism:Mammalia", 'method:"light microscopy"')
IN_SHORT = tuple(WAYS[place] for place in (1, 3, 5, 6, 8))


@dataclass(frozen=True)
class FieldHelp:
    field: Field
    example: Choice


@require_safe
def search_help(request: HttpRequest) -> HttpResponse:
    groups = [
        (title, text, [FieldHelp(field, _example(field)) for field in FIELDS.values() if field.kind in kinds])
        for title, text, kinds in KINDS
    ]
    return render(request, "public/search_help.html", {"groups": groups, "ways": ways()})


def examples() -> list[Choice]:
    """Searches to begin with."""
    return [Choice(text, address("search", [("q", text)])) for text in EXAMPLES]


def ways(chosen: tuple[tuple[str, str | Promise], ...] = WAYS) -> list[tuple[Choice, str | Promise]]:
    """Examples as links, each with what it means."""
    return [(Choice(text, address("search", [("q", text)])), meaning) for text, meaning in chosen]


def _example(field: Field) -> Choice:
    is_measured = field.kind in (Kind.NUMBER, Kind.DATE)
    text = f"{field.name}:{field.example if is_measured else quoted(field.example)}"
    return Choice(text, address("search", [("q", text)]))
