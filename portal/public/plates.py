"""A plate's page: its wells as a grid of thumbnails, coloured by what is said of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalogue.access import Actor, Verb, study_for
from catalogue.wells import label_of, letters_of
from portal.public.parts import id_of, turning
from portal.public.studies import version_url
from publishing import queries, record
from publishing.image_shapes import PlateRecord, WellValues

PLATES = 60
MOST_COLOURS = 24  # of a legend; what is rarer shares a grey
LEAST_SCALE = 6  # so many different numbers are a scale rather than names
TOLD = 6  # values in a well's tooltip
GREY = "hsl(0 0% 55%)"


@dataclass(frozen=True)
class LegendEntry:
    label: str
    color: str
    count: int


@dataclass(frozen=True)
class Colours:
    """A colour for each well ("" for none), and what they mean. `is_scale` if they stand for numbers in order."""

    of_wells: tuple[str, ...]
    legend: tuple[LegendEntry, ...]
    is_scale: bool


@dataclass(frozen=True)
class Cell:
    """A place on the plate. `number` is the well's in the record; None where the plate has no well."""

    label: str
    number: int | None = None
    images: tuple[str, ...] = ()
    color: str = ""
    told: str = ""


@require_safe
def plate(request: HttpRequest, accession: str, plate_id: UUID, version: int | None = None) -> HttpResponse:
    """A plate as a published version has it."""
    publication = queries.by_accession(accession, version)
    found = record.plate_of(publication, plate_id)
    base = version_url(publication)
    context = plate_context(request, found) | {"study": queries.study_record(publication), "back": base}
    return render(request, "public/plate.html", context)


@require_safe
def plates(request: HttpRequest, accession: str, version: int | None = None) -> HttpResponse:
    """All plates of a version, page by page."""
    publication = queries.by_accession(accession, version)
    found = record.plates_of(publication, after=id_of(request, "after"), limit=PLATES + 1)
    context = {
        "study": queries.study_record(publication),
        "plates": found[:PLATES],
        "base": version_url(publication),
        **turning(request, [pk for pk, _name in found], PLATES),
    }
    return render(request, "public/plates.html", context)


@require_safe
def draft_plate(request: HttpRequest, study_id: UUID, plate_id: UUID) -> HttpResponse:
    """A plate of a draft, to those who may see it."""
    actor = Actor.of(request)
    study = study_for(actor, Verb.VIEW, study_id)
    found = record.draft_plate(study, actor, plate_id)
    back = reverse("deposit-preview", args=[study.pk])
    context = plate_context(request, found) | {"study": study, "draft": study, "back": back}
    response = render(request, "public/plate.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def plate_context(request: HttpRequest, found: PlateRecord) -> dict[str, Any]:
    """What the page shows; `?by=` is the number of the values that colour the wells."""
    by = request.GET.get("by", "")
    chosen = int(by) if by.isascii() and by.isdecimal() and len(by) < 4 and int(by) < len(found.values) else None
    if chosen is None and not by:
        telling = (number for number, one in enumerate(found.values) if 1 < len(set(one.values)) <= MOST_COLOURS)
        chosen = next(telling, None)
    all_colours = [colours_of(one) for one in found.values]
    colours = None if chosen is None else all_colours[chosen]
    return {
        "plate": found,
        "columns": [str(n + 1) if not found.columns_are_letters else letters_of(n) for n in range(found.columns)],
        "rows": list(_rows(found, colours)),
        "choices": [(number, named(one)) for number, one in enumerate(found.values) if len(set(one.values)) > 1],
        "chosen": chosen,
        "colours": colours,
        "filled": sum(bool(well.images) for well in found.wells),
        "data": _data(found, all_colours),
    }


def named(values: WellValues) -> str:
    """The name with its unit."""
    return f"{values.name} ({values.unit})" if values.unit else values.name


def colours_of(values: WellValues) -> Colours:
    """Many different numbers are a scale from dark to light; else each text has a colour, the most frequent first."""
    counts: dict[str, int] = {}
    for text in values.values:
        if text:
            counts[text] = counts.get(text, 0) + 1
    numbers = {text: number for text in counts if (number := _number(text)) is not None}
    if len(numbers) == len(counts) >= LEAST_SCALE:
        return _scale(values, numbers, counts)
    ordered = sorted(counts, key=lambda text: (-counts[text], text)) if len(counts) > MOST_COLOURS else sorted(counts)
    colours = {text: f"hsl({number * 137.5 % 360:.0f} 62% 48%)" for number, text in enumerate(ordered[:MOST_COLOURS])}
    legend = [LegendEntry(text, color, counts[text]) for text, color in colours.items()]
    if rest := ordered[MOST_COLOURS:]:
        legend.append(LegendEntry(_("other"), GREY, sum(counts[text] for text in rest)))
    return Colours(
        tuple(colours.get(text, GREY) if text else "" for text in values.values), tuple(legend), is_scale=False
    )


def _scale(values: WellValues, numbers: dict[str, float], counts: dict[str, int]) -> Colours:
    low, high = min(numbers.values()), max(numbers.values())

    def color(number: float) -> str:
        part = (number - low) / (high - low)
        return f"hsl({260 - 200 * part:.0f} 65% {28 + 34 * part:.0f}%)"

    steps = [low + (high - low) * step / 4 for step in range(5)]
    legend = tuple(LegendEntry(f"{step:.4g}", color(step), 0) for step in steps)
    return Colours(tuple(color(numbers[text]) if text else "" for text in values.values), legend, is_scale=True)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _rows(found: PlateRecord, colours: Colours | None) -> Iterator[tuple[str, list[Cell]]]:
    at = {(well.row, well.column): number for number, well in enumerate(found.wells)}
    for row in range(found.rows):
        cells = []
        for column in range(found.columns):
            number = at.get((row, column))
            if number is None:
                cells.append(Cell(label_of(row, column)))
                continue
            well = found.wells[number]
            color = colours.of_wells[number] if colours else ""
            cells.append(Cell(well.label, number, well.images, color, _told(found, number)))
        yield str(row + 1) if found.rows_are_numbers else letters_of(row), cells


def _told(found: PlateRecord, number: int) -> str:
    """What a well's tooltip says: its label and the first of its values."""
    said = [f"{named(one)}: {one.values[number]}" for one in found.values if one.values[number]]
    return " · ".join([found.wells[number].label, *said[:TOLD]])


def _data(found: PlateRecord, all_colours: Sequence[Colours]) -> dict[str, Any]:
    """For the script: each text once, and for each well the number of its text (-1 for none)."""
    values = []
    for one, colours in zip(found.values, all_colours, strict=True):
        texts = {text: number for number, text in enumerate(dict.fromkeys(filter(None, one.values)))}
        by_text = dict(zip(one.values, colours.of_wells, strict=True))
        values.append(
            {
                "name": named(one),
                "texts": list(texts),
                "colors": [by_text[text] for text in texts],
                "wells": [texts.get(text, -1) for text in one.values],
                "legend": [[entry.label, entry.color, entry.count] for entry in colours.legend],
            }
        )
    return {"wells": [[well.label, list(well.images)] for well in found.wells], "values": values}
