"""Values for form fields that an image file answers: offered to the depositor, who takes them or not. No Django."""

import re
from collections.abc import Iterable, Iterator

import numpy as np

from imaging.facts import ComponentFacts, FileFacts, ImageFacts, InstrumentFacts

# Names that programmes give to channels without one.
TELLS_NOTHING = re.compile(r"(?i)\s*(red|green|blue|alpha|gr[ae]y|unknown|none|(channel|chan|ch|c)?[ _:#-]*\d+)\s*")
Offer = tuple[str, str, str, str]  # module, field, text, OME element


def offers(found: FileFacts) -> Iterator[Offer]:
    """What the images of a file say of the set-up, the channels and the people."""
    instruments = {instrument.ome_id: instrument for instrument in found.instruments}
    for image in found.images:
        instrument = instruments.get(image.instrument_ref)
        if instrument is None and len(found.instruments) == 1:
            instrument = found.instruments[0]
        yield from _acquisition(image, instrument)
        for channel in image.channels:
            name = "" if TELLS_NOTHING.fullmatch(channel.name) else channel.name
            yield "channel", "content", name, "Channel/@Name"
            yield "channel", "channel_label", channel.fluor, "Channel/@Fluor"
    for person in found.experimenters:
        if person.last_name:
            yield "contributor", "family_name", person.last_name, "Experimenter/@LastName"
            yield "contributor", "given_name", person.first_name, "Experimenter/@FirstName"
            yield "organisation", "name", person.institution, "Experimenter/@Institution"


def _acquisition(image: ImageFacts, instrument: InstrumentFacts | None) -> Iterator[Offer]:
    objective = _objective(image, instrument)
    if instrument and instrument.microscope:
        text = _joined(", ", _name(instrument.microscope), f"objective {_name(objective)}" if objective else "")
        yield "acquisition", "imaging_instrument", text, "Instrument/Microscope"
    elif objective:
        yield "acquisition", "imaging_instrument", f"objective {_name(objective)}", "Instrument/Objective"
    parameters = _joined("; ", _optics(objective) if objective else "", _exposure(image), _binning(image), _mode(image))
    yield "acquisition", "image_acquisition_parameters", parameters, "ObjectiveSettings, Plane, Channel"


def _objective(image: ImageFacts, instrument: InstrumentFacts | None) -> ComponentFacts | None:
    wanted = dict(image.objective_settings).get("ID")
    parts = instrument.objectives if instrument else ()
    found = next((part for part in parts if part.ome_id == wanted), None)
    return found or (parts[0] if len(parts) == 1 else None)


def _name(part: ComponentFacts) -> str:
    return _joined(" ", part.manufacturer, part.model) or dict(part.attributes).get("Type", "")


def _optics(objective: ComponentFacts) -> str:
    said = dict(objective.attributes)
    magnification = said.get("NominalMagnification") or said.get("CalibratedMagnification")
    return _joined(
        " ",
        "objective" if said else "",
        magnification and f"{_plain(magnification)}×",
        said.get("LensNA") and f"NA {_plain(said['LensNA'])}",
        said.get("Immersion"),
    )


def _exposure(image: ImageFacts) -> str:
    """Exposure of each channel, as one text where all planes agree, else as a range."""
    if image.planes is None:
        return ""
    times = image.planes.exposure_time
    texts = []
    for channel in np.unique(image.planes.the_c):
        values = times[(image.planes.the_c == channel) & np.isfinite(times)]
        if values.size:
            low, high = f"{values.min():.4g}", f"{values.max():.4g}"
            texts.append(low if low == high else f"{low}–{high}")
    if not texts:
        return ""
    unit = image.planes.exposure_time_unit
    return f"exposure {texts[0] if len(set(texts)) == 1 else ' / '.join(texts)} {unit}"


def _binning(image: ImageFacts) -> str:
    found = {kv.value for channel in image.channels for kv in channel.key_values if kv.name.endswith("@Binning")}
    return f"binning {' / '.join(sorted(found))}" if found else ""


def _mode(image: ImageFacts) -> str:
    return _joined(", ", *_unique(channel.acquisition_mode for channel in image.channels))


def _unique(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text and text != "Other"]


def _plain(number: str) -> str:
    try:
        return f"{float(number):.6g}"
    except ValueError:
        return number


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(str(part) for part in parts if part)
