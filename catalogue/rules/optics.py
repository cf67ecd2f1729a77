"""What is plausible of microscopes: numbers, each with its reason, and names of instruments. No Django here."""

import re
from collections.abc import Iterator

from catalogue.rules.facts import Optics

# From a tenth of an ångström (finer than any atom) to a millimetre (coarser than a pixel of a whole animal).
PIXEL_LEAST, PIXEL_MOST = 1e-5, 1e3  # µm
# Pixel size times magnification is what a detector's pixel would measure: cameras have 1 to 30 µm, binning and zoom
# of scanners stretch that; beyond these the unit or the magnification is wrong.
DETECTOR_LEAST, DETECTOR_MOST = 0.1, 1000.0  # µm
# Light is collected within half a sphere: the refractive index of the immersion bounds the numerical aperture.
INDEX = {"Air": 1.0, "Water": 1.34, "WaterDipping": 1.34, "Glycerol": 1.48, "Oil": 1.53}
MOST_APERTURE = 1.7  # of objectives with special oils and glass
MOST_MAGNIFICATION = 250.0  # of light microscopes' objectives


def pixel_size_problems(sizes: tuple[float, float] | None) -> Iterator[str]:
    """What is wrong with the least and the greatest pixel size (µm) of a component's images."""
    if sizes is None:
        return
    for size in sorted(set(sizes)):
        if not PIXEL_LEAST <= size <= PIXEL_MOST:
            remedy = "Probably the unit is wrong. Give the right size under “Image data”, dimensions."
            yield f"A pixel of its images would measure {length(size)}. {remedy}"


def problems(optics: Optics) -> Iterator[str]:
    """What does not fit together in an objective and the images taken with it."""
    name = f"The objective {optics.name}".rstrip() if optics.name else "An objective"
    aperture, magnification = optics.numerical_aperture, optics.magnification
    remedy = "Correct it under “Imaging”, settings."
    if aperture is not None:
        most = INDEX.get(optics.immersion, MOST_APERTURE)
        if not 0 < aperture <= most:
            what = f"in {optics.immersion.lower()}" if optics.immersion in INDEX else "at all"
            yield f"{name} has a numerical aperture of {aperture:g} in the files, which is impossible {what}. {remedy}"
    if magnification is None:
        return
    if not 0 < magnification <= MOST_MAGNIFICATION:
        yield f"{name} magnifies {magnification:g} times by the files, as no objective does. {remedy}"
    elif optics.pixel_size and optics.pixel_size[0] > 0:
        for size in sorted(set(optics.pixel_size)):
            if not DETECTOR_LEAST <= size * magnification <= DETECTOR_MOST:
                yield (
                    f"{name} magnifies {magnification:g} times, but a pixel measures {length(size)}: one of the two is "
                    "wrong. Give the right pixel size under “Image data”, dimensions."
                )


def length(um: float) -> str:
    """A length in the unit in which its number is easiest to read."""
    for unit, factor in (("m", 1e6), ("mm", 1e3), ("µm", 1.0), ("nm", 1e-3)):
        if abs(um) >= factor:
            return f"{um / factor:.4g} {unit}"
    return f"{um * 1e6:.4g} pm"


_NOISE = {"microscope", "microscopy", "system", "the", "and", "with", "inc", "gmbh", "corporation", "instruments", "co"}


def same_instrument(typed: str, read: str) -> bool:
    """Whether two names of an instrument have a word or model number in common."""
    return bool(_words(typed) & _words(read)) or not _words(read)


def _words(text: str) -> set[str]:
    words = {word for word in re.findall(r"[^\W_]+", text.casefold()) if len(word) > 1}
    joined = set(re.findall(r"[a-z]+(?=\d)|\d+", text.casefold()))
    return (words | {word for word in joined if len(word) > 2}) - _NOISE
