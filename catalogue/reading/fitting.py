"""Makes what a file says fit the columns that hold it on every database."""

import math
from typing import Any, TypeVar

from django.db import models

from imaging.facts import Quantity

Row = TypeVar("Row", bound=models.Model)


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
