"""Makes what a file says fit the columns that hold it on every database."""

import math
from typing import Any, TypeVar

from django.db import models

from imaging.facts import Quantity

Row = TypeVar("Row", bound=models.Model)

# Lengths of OME units in micrometres (OME 2016-06, UnitsLength). Pixels and reference frames have none.
MICROMETRES = {
    "Ym": 1e30, "Zm": 1e27, "Em": 1e24, "Pm": 1e21, "Tm": 1e18, "Gm": 1e15, "Mm": 1e12, "km": 1e9, "hm": 1e8,
    "dam": 1e7, "m": 1e6, "dm": 1e5, "cm": 1e4, "mm": 1e3, "µm": 1.0, "nm": 1e-3, "pm": 1e-6, "fm": 1e-9, "am": 1e-12,
    "zm": 1e-15, "ym": 1e-18, "Å": 1e-4, "thou": 25.4, "li": 25.4e3 / 12, "in": 25.4e3, "ft": 304.8e3, "yd": 914.4e3,
    "mi": 1609.344e6, "pt": 25.4e3 / 72,
}  # fmt: skip


def clean(text: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL does not take."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def finite(number: float | None) -> float | None:
    """The number, or None for one that is infinite or not a number."""
    return number if number is not None and math.isfinite(number) else None


def fitted(model: type[Row], /, **values: Any) -> Row:
    """A row whose texts are cleaned and, where a column is of limited length, cut; numbers not finite are left out."""
    for name, value in values.items():
        if isinstance(value, str):
            limit = getattr(model._meta.get_field(name), "max_length", None)
            values[name] = clean(value)[:limit]
        elif isinstance(value, float):
            values[name] = finite(value)
    return model(**values)


def quantity(name: str, found: Quantity | None) -> dict[str, Any]:
    """The columns `<name>` and `<name>_unit`."""
    return {name: found.value, f"{name}_unit": found.unit} if found else {}


def length(name: str, found: Quantity | None) -> dict[str, Any]:
    """The columns of a length, with `<name>_um` in micrometres if its unit has a length."""
    columns = quantity(name, found)
    if found and (factor := MICROMETRES.get(found.unit)):
        columns[f"{name}_um"] = found.value * factor
    return columns
