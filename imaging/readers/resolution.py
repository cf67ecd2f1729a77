"""Pixels in an inch, a centimetre or a metre, as pictures say them: a pixel size of a microscope, or a printer's."""

from imaging.facts import KeyValue

INCH, CENTIMETRE, METRE = 25400.0, 10000.0, 1e6  # µm
MICROSCOPIC = 50.0  # µm: larger pixels are those of a printer or a screen
PRINT = range(36, 2401)  # dots in an inch: what printers, screens and programs that were told nothing write


def pixel_size(density: float, unit: float, step: float = 1.0) -> float | None:
    """µm of a pixel, `density` of which make a unit of so many µm; None where it can as well be a print resolution:
    a whole number of dots in an inch, as far as one can tell from a density rounded to multiples of `step`."""
    if density <= 0 or unit / density >= MICROSCOPIC:
        return None
    dots = density * INCH / unit
    is_print = round(dots) in PRINT and abs(dots - round(dots)) <= step * INCH / unit
    return None if is_print else unit / density


def not_taken(namespace: str, x: float, y: float, unit: float, step: float = 1.0) -> tuple[KeyValue, ...]:
    """A resolution of which no pixel size is made, as a key-value, so that it is not lost; nothing where one is."""
    if min(x, y) <= 0 or pixel_size(x, unit, step) or pixel_size(y, unit, step):
        return ()
    dots = [round(density * INCH / unit, 1) for density in (x, y)]
    return (KeyValue(namespace, "Resolution, no pixel size", " x ".join(f"{one:g}" for one in dots), "dpi"),)
