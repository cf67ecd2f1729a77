"""What the rules need to know of a component's images, from their files' headers: on the depositor's own machine.

The site counts the same from its tables (catalogue.services.facts); a test holds the two against each other.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from catalogue.rules.facts import ComponentFacts, Optics
from imaging.facts import FileFacts, ImageFacts, Quantity
from imaging.units import normalise


def component_facts(files: Iterable[FileFacts]) -> ComponentFacts:
    """Of the images of one component."""
    files = list(files)
    images = [image for file in files for image in file.images]
    scaled = [size for image in images if (size := micrometres(image.physical_size_x)) is not None]
    dates = sorted(image.acquisition_date for image in images if image.acquisition_date)
    sizes = {axis: [getattr(image, f"size_{axis}") for image in images] for axis in "xyzct"}
    return ComponentFacts(
        sizes={axis: (min(found), max(found)) for axis, found in sizes.items() if found},
        pixel_size=(min(scaled), max(scaled)) if scaled else None,
        without_pixel_size=len(images) - len(scaled),
        taken=(dates[0], dates[-1]) if dates else None,
        instruments=tuple(dict.fromkeys(name for file in files for name in _instruments(file))),
        optics=_optics(files),
    )


def micrometres(size: Quantity | None) -> float | None:
    """The length in micrometres; None if it is none, or in a unit that is no length."""
    found = normalise(size.value, size.unit) if size else None
    return found[0] if found and found[1] == "µm" else None


def _instruments(file: FileFacts) -> Iterator[str]:
    used = {image.instrument_ref for image in file.images}
    for instrument in file.instruments:
        stand = instrument.microscope
        name = " ".join(part for part in (stand.manufacturer, stand.model) if part) if stand else ""
        if name and instrument.ome_id in used:
            yield name


def _optics(files: Iterable[FileFacts]) -> tuple[Optics, ...]:
    """The objectives of the images, each with the pixel sizes that images have with it."""
    found: dict[Optics, list[float]] = {}
    for file in files:
        for image in file.images:
            if objective := _objective(file, image):
                sizes = found.setdefault(objective, [])
                sizes += [size for size in (micrometres(image.physical_size_x),) if size is not None]
    return tuple(
        Optics(one.name, one.magnification, one.numerical_aperture, one.immersion,
               (min(sizes), max(sizes)) if sizes else None)
        for one, sizes in found.items()
    )  # fmt: skip


def _objective(file: FileFacts, image: ImageFacts) -> Optics | None:
    """The objective with which the image was taken, without pixel sizes."""
    wanted = dict(image.objective_settings).get("ID", "")
    for instrument in file.instruments:
        for one in instrument.objectives:
            if wanted and one.ome_id == wanted:
                said = dict(one.attributes)
                name = " ".join(part for part in (one.manufacturer, one.model) if part)
                return Optics(name, _number(said.get("NominalMagnification")), _number(said.get("LensNA")),
                              said.get("Immersion", ""))  # fmt: skip
    return None


def _number(text: str | None) -> float | None:
    with suppress(ValueError):
        return float(text) if text else None
    return None
