"""OME Instrument and its parts as rows; what no column fits becomes key-values of the instrument."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import models

from catalogue.models import Detector, File, Filter, Instrument, LightSource, Microscope, Objective
from catalogue.reading.fitting import fitted
from catalogue.reading.key_values import Pair, pairs_of
from imaging import facts
from imaging.facts import ComponentFacts, InstrumentFacts

OME = "openmicroscopy.org/OME"
PARTS: tuple[tuple[str, type[models.Model]], ...] = (
    ("objectives", Objective),
    ("detectors", Detector),
    ("light_sources", LightSource),
    ("filters", Filter),
)
SPECIFIC = ("manufacturer", "model", "serial_number", "lot_number")


class Instruments:
    """The instruments of one file, written: rows by the ids that its images refer to, and leftover key-values."""

    def __init__(self, file: File, found: Sequence[InstrumentFacts]) -> None:
        self.by_id: dict[str, Instrument] = {}
        self.objectives: dict[str, Objective] = {}
        self.pairs: list[Pair] = []
        rows = Instrument.objects.bulk_create(
            fitted(Instrument, file=file, ome_id=instrument.ome_id) for instrument in found
        )
        for row, instrument in zip(rows, found, strict=True):
            self.by_id[instrument.ome_id] = row
            self._write_parts(row, instrument)

    def _write_parts(self, row: Instrument, instrument: InstrumentFacts) -> None:
        left: list[facts.KeyValue] = []
        if instrument.microscope:
            _part(Microscope, row, instrument.microscope, "Microscope", left).save()
        for name, model in PARTS:
            parts = getattr(instrument, name)
            made = [_part(model, row, part, f"{part.kind}[{n}]", left) for n, part in enumerate(parts, 1)]
            model._default_manager.bulk_create(made)
            if model is Objective:
                self.objectives |= {part.ome_id: one for part, one in zip(parts, made, strict=True) if part.ome_id}
        for part in (*instrument.dichroics, *instrument.filter_sets):
            place = f"{part.kind}[{part.ome_id}]"
            left += [facts.KeyValue(OME, f"{place}/@{name}", value) for name, value in _attributes(part) if value]
        self.pairs += pairs_of("instrument", row.pk, left)


def _attributes(part: ComponentFacts) -> list[tuple[str, str]]:
    own = [(name.title().replace("_", ""), getattr(part, name)) for name in SPECIFIC]
    return own + list(part.attributes)


def _part(
    model: type[models.Model], row: Instrument, part: ComponentFacts, place: str, left: list[facts.KeyValue]
) -> Any:
    columns: dict[str, Any] = {name: getattr(part, name) for name in SPECIFIC}
    names = {field.name: field for field in model._meta.get_fields() if isinstance(field, models.Field)}
    if "kind" in names:
        columns["kind"] = part.kind
    for attribute, value in part.attributes:
        name = "lens_na" if attribute == "LensNA" else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", attribute).lower()
        converted = _converted(names.get(name), value)
        if converted is None or name in columns:
            left.append(facts.KeyValue(OME, f"{place}/@{attribute}", value))
        else:
            columns[name] = converted
    return fitted(model, instrument=row, ome_id=part.ome_id, **columns)


def _converted(field: Any, value: str) -> str | float | bool | None:
    """The value for a column, or None if there is none for it or it does not fit."""
    if isinstance(field, models.BooleanField):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    if isinstance(field, models.FloatField):
        try:
            return float(value)
        except ValueError:
            return None
    if isinstance(field, (models.CharField, models.TextField)):
        return value
    return None
