"""A value's text in a document, and what stands for it in a column."""

import base64
import binascii
import math
from typing import Any

from django.db import models

from catalogue.ome.tables import Column
from imaging.ome.model import Kind, typed

_SMALL, _INT, _BIG = 2**15 - 1, 2**31 - 1, 2**63 - 1
RANGES: dict[str, tuple[int, int]] = {
    "PositiveSmallIntegerField": (0, _SMALL),
    "PositiveIntegerField": (0, _INT),
    "PositiveBigIntegerField": (0, _BIG),
    "IntegerField": (-_INT - 1, _INT),
    "BigIntegerField": (-_BIG - 1, _BIG),
}


def column_of(column: Column, text: str) -> Any:
    """What the column can hold of a text; None if that is nothing."""
    attribute, field = column.attribute, column.field
    if attribute.kind is Kind.COLOR and isinstance(field, models.CharField):
        return _hexadecimal(text)
    if isinstance(field, models.BinaryField):
        return _decoded(text)
    if isinstance(field, models.CharField | models.TextField):
        return text[: field.max_length]
    value = typed(attribute, text)
    if isinstance(field, models.FloatField):
        if not isinstance(value, float) or not math.isfinite(value):
            return None
        return value + 0.0  # SQLite does not know -0.0
    if isinstance(field, models.IntegerField):
        low, high = RANGES[field.get_internal_type()]
        return value if isinstance(value, int) and low <= value <= high else None
    return value


def text_of(column: Column, value: Any) -> str | None:
    """The text that the column's value gives; None where it holds nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if column.attribute.kind is Kind.COLOR and isinstance(value, str):
        number = int(value.removeprefix("#"), 16) << 8 | 0xFF
        return str(number - 2**32 if number >= 2**31 else number)
    return str(value)


def _hexadecimal(text: str) -> str | None:
    """ "#rrggbb" of RGBA as one signed number; its opacity is only in the text."""
    try:
        return f"#{(int(text) & 0xFFFFFFFF) >> 8:06x}"
    except ValueError:
        return None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
