"""Every unit of OME is brought to the base unit of its kind, or has no size."""

import subprocess
import sys

import pytest

from imaging.ome.model import CHOICES_OF
from imaging.units import BASES, normalise

# Sizes from the SI brochure, and for those outside it from the definitions of the international yard, pound and so on.
KNOWN = [
    (200, "nm", 0.2, "µm"), (1.5, "mm", 1500, "µm"), (2, "Å", 2e-4, "µm"), (1, "in", 25400, "µm"),
    (1, "li", 25400 / 12, "µm"), (72, "pt", 25400, "µm"), (1, "ft", 304800, "µm"), (1, "mi", 1.609344e9, "µm"),
    (1, "ua", 1.495978707e17, "µm"), (250, "ms", 0.25, "s"), (2, "min", 120, "s"), (1, "h", 3600, "s"),
    (1, "d", 86400, "s"), (1013.25, "mbar", 101325, "Pa"), (1, "atm", 101325, "Pa"), (1, "hPa", 100, "Pa"),
    (760, "Torr", 101325, "Pa"), (1, "mm Hg", 133.322387415, "Pa"), (1, "psi", 6894.757293168, "Pa"),
    (310.15, "K", 37, "°C"), (98.6, "°F", 37, "°C"), (37, "°C", 37, "°C"), (491.67, "°R", 0, "°C"),
    (5, "mW", 0.005, "W"), (80, "MHz", 8e7, "Hz"), (600, "mV", 0.6, "V"), (100, "gon", 90, "deg"),
    (3.141592653589793, "rad", 180, "deg"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "expected", "base"), KNOWN)
def test_known_units(value: float, unit: str, expected: float, base: str) -> None:
    found = normalise(value, unit)
    assert found is not None
    assert found[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found[1] == base


def test_every_unit_has_a_base_or_no_size() -> None:
    without = set()
    for name, units in CHOICES_OF.items():
        if name.startswith("Units"):
            found = {unit: normalise(2.0, unit) for unit in units}
            without |= {unit for unit, one in found.items() if one is None}
            assert len({one[1] for one in found.values() if one is not None}) == 1, name
            assert {one[1] for one in found.values() if one is not None} <= set(BASES)
    assert without == {"pixel", "reference frame"}


@pytest.mark.parametrize("unit", ["", "furlong", "um", "UM"])
def test_what_is_no_unit_of_ome(unit: str) -> None:
    assert normalise(1.0, unit) is None


def test_pint_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys; from imaging.units import normalise; normalise(1, 'nm'); print('pint' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
