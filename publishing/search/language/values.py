"""Values of fields as they are typed: numbers with units, days and months, ranges and comparisons, into clauses."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from imaging.units import normalise
from publishing.search.clauses import Clause, OneOf, Present, Range, Text
from publishing.search.fields import Field, Kind

_COMPARED = re.compile(r"(<=|>=|<|>|=)\s*(.+)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*([^\d\s].*)?")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15,
          "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}  # fmt: skip
_LARGEST = 1e300


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`: of a number both are it, a day, month or year is from its beginning to before its end."""

    low: float
    high: float
    high_is_in: bool = True


class NotAValue(ValueError):
    """What is typed is no value of the field; the message says why, for a person."""


def clause_of(field: Field, typed: str, *, quoted: bool = False, begun: bool = False) -> Clause:
    """What a field's value asks for. Raises NotAValue."""
    text = typed.strip()
    if text == "*" and not quoted:
        return Present(field.name)
    if field.kind is Kind.TEXT:
        if text.endswith("*") and not quoted:
            return Text(text.rstrip("*"), begun=True, field=field.name)
        return Text(text, phrase=quoted, begun=begun, field=field.name)
    if field.kind in (Kind.NUMBER, Kind.DATE):
        return _range(field, text)
    return OneOf(field.name, (text,))


def _range(field: Field, text: str) -> Range:
    compared = _COMPARED.fullmatch(text)
    if compared:
        sign, one = compared[1], _interval(field, compared[2])
        if sign == "<":
            return Range(field.name, high=one.low, high_is_in=False)
        if sign == "<=":
            return Range(field.name, high=one.high, high_is_in=one.high_is_in)
        if sign == ">":
            return Range(field.name, low=one.high, low_is_in=not one.high_is_in)
        if sign == ">=":
            return Range(field.name, low=one.low)
        return _equal(field, compared[2], one)
    if ".." in text:
        first, second = (part.strip() for part in text.split("..", 1))
        low, high = (_interval(field, part) if part else None for part in (first, second))
        if low is None and high is None:
            raise NotAValue(_("A range needs a beginning or an end, such as %(example)s.") % {"example": "2..5"})
        if low and high and low.low > high.high:
            raise NotAValue(_("This range ends before it begins."))
        return Range(
            field.name,
            low.low if low else None,
            high.high if high else None,
            high_is_in=high.high_is_in if high else True,
        )
    return _equal(field, text, _interval(field, text))


def _equal(field: Field, text: str, one: Interval) -> Range:
    """A measured value is given to some digits, and means what rounds to it; a count means itself."""
    if field.kind is Kind.NUMBER and field.unit and field.unit != "B":
        digits, unit = _parts(field, text)
        half = 0.5 * 10.0 ** -_decimals(digits)
        low, high = (_in_unit(field, float(digits) + step, unit) for step in (-half, half))
        return Range(field.name, low, high)
    return Range(field.name, one.low, one.high, high_is_in=one.high_is_in)


def _interval(field: Field, text: str) -> Interval:
    return _days(text) if field.kind is Kind.DATE else _numbers(field, text)


def _numbers(field: Field, text: str) -> Interval:
    digits, unit = _parts(field, text)
    number = _in_unit(field, float(digits), unit)
    return Interval(number, number)


def _parts(field: Field, text: str) -> tuple[str, str]:
    """The digits and the unit. Raises NotAValue."""
    found = _NUMBER.fullmatch(text)
    if not found:
        raise NotAValue(
            _("“%(text)s” is no number. Write for example %(example)s.") % {"text": text, "example": field.example}
        )
    digits = found[1].replace(",", ".")
    if abs(float(digits)) > _LARGEST:
        raise NotAValue(_("This number is too large."))
    return digits, (found[2] or "").strip()


def _decimals(digits: str) -> int:
    mantissa, _e, exponent = digits.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return max(-300, min(300, decimals - int(exponent or 0)))


def _in_unit(field: Field, value: float, unit: str) -> float:
    if not unit:
        return value
    if field.unit == "B" and unit.casefold() in _BYTES:
        return value * _BYTES[unit.casefold()]
    written = "µ" + unit[1:] if unit[0] in "uμ" else unit
    normal = normalise(value, written) if field.unit and field.unit != "B" else None
    if normal is None or normal[1] != field.unit:
        if not field.unit:
            raise NotAValue(_("This number has no unit, but “%(unit)s” is written after it.") % {"unit": unit})
        raise NotAValue(
            _("“%(unit)s” is no unit for this. Write for example %(example)s.")
            % {"unit": unit, "example": field.example}
        )
    return normal[0]


def _days(text: str) -> Interval:
    """A year, a month or a day, from its beginning to before its end."""
    found = _DAY.fullmatch(text)
    try:
        if not found:
            raise ValueError
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        start = datetime(year, month, day, tzinfo=UTC)
        if found[3]:
            days = 1
        elif found[2]:
            days = calendar.monthrange(year, month)[1]
        else:
            days = 366 if calendar.isleap(year) else 365
        end = start.timestamp() + timedelta(days=days).total_seconds()
    except ValueError:
        raise NotAValue(
            _("“%(text)s” is no date. Write a year, a month (2025-06) or a day (2025-06-30).") % {"text": text}
        ) from None
    return Interval(start.timestamp(), end, high_is_in=False)
