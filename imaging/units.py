"""Values in the base unit of their kind (provisional: lengths and times only)."""

FACTORS = {
    "m": (1e6, "µm"), "mm": (1e3, "µm"), "µm": (1.0, "µm"), "nm": (1e-3, "µm"), "pm": (1e-6, "µm"), "Å": (1e-4, "µm"),
    "cm": (1e4, "µm"), "s": (1.0, "s"), "ms": (1e-3, "s"), "µs": (1e-6, "s"), "min": (60.0, "s"), "h": (3600.0, "s"),
}  # fmt: skip


def normalise(value: float, unit: str) -> tuple[float, str] | None:
    """The value in its base unit, or None if the unit has none."""
    found = FACTORS.get(unit)
    return None if found is None else (value * found[0], found[1])
