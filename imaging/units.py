"""OME's units (2016-06, UnitsLength and the like): values brought to one base unit a kind, so that they compare.

Decimal multiples and times are reckoned here; for the others (°F, mm Hg, light years) pint is loaded when one is met.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0, "d": -1, "c": -2,
    "m": -3, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
# Symbol of a unit, its base unit, and its size in that as a power of ten.
METRIC = (
    ("m", "µm", 6),
    ("s", "s", 0),
    ("Pa", "Pa", 0),
    ("bar", "Pa", 5),
    ("V", "V", 0),
    ("W", "W", 0),
    ("Hz", "Hz", 0),
)
POWERS = {
    prefix + symbol: (base, power + size) for symbol, base, size in METRIC for prefix, power in PREFIXES.items()
} | {"Å": ("µm", -4)}
SECONDS = {"min": 60, "h": 3600, "d": 86400}
# Symbol, base unit, pint's name for it, and how many of those it is.
OTHERS = {
    "thou": ("µm", "thou", 1.0), "li": ("µm", "inch", 1 / 12), "in": ("µm", "inch", 1.0), "ft": ("µm", "foot", 1.0),
    "yd": ("µm", "yard", 1.0), "mi": ("µm", "mile", 1.0), "ua": ("µm", "astronomical_unit", 1.0),
    "ly": ("µm", "light_year", 1.0), "pc": ("µm", "parsec", 1.0), "pt": ("µm", "inch", 1 / 72),
    "atm": ("Pa", "atm", 1.0), "psi": ("Pa", "psi", 1.0), "Torr": ("Pa", "torr", 1.0),
    "mTorr": ("Pa", "millitorr", 1.0), "mm Hg": ("Pa", "mmHg", 1.0),
    "°F": ("°C", "degF", 1.0), "K": ("°C", "kelvin", 1.0), "°R": ("°C", "degR", 1.0),
    "rad": ("deg", "radian", 1.0), "gon": ("deg", "grade", 1.0),
}  # fmt: skip
PINT_BASES = {"µm": "micrometer", "Pa": "pascal", "°C": "degC", "deg": "degree"}
BASES = ("µm", "s", "Pa", "°C", "V", "W", "Hz", "deg")


def normalise(value: float, unit: str) -> tuple[float, str] | None:
    """The value in the base unit of its kind (one of BASES), or None if the unit has no size (pixel, reference frame)
    or is not one of OME's."""
    if unit in BASES:
        return value, unit
    if unit in POWERS:
        base, power = POWERS[unit]
        return (value * 10**power if power >= 0 else value / 10**-power), base
    if unit in SECONDS:
        return value * SECONDS[unit], "s"
    if unit in OTHERS:
        return _converter(unit)(value), OTHERS[unit][0]
    return None


@cache
def _converter(unit: str) -> Callable[[float], float]:
    base, name, count = OTHERS[unit]
    source, target = _registry().Unit(name), _registry().Unit(PINT_BASES[base])
    return lambda value: float(_registry().convert(value * count, source, target))


@cache
def _registry() -> Any:
    return importlib.import_module("pint").UnitRegistry()
