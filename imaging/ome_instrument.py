"""OME Instrument: microscope, objectives, detectors, light sources, filters and their sets."""

from lxml import etree

from imaging.facts import ComponentFacts, InstrumentFacts
from imaging.ome_elements import Reader, flat_attributes

LIGHT_SOURCES = ("Laser", "Arc", "Filament", "LightEmittingDiode", "GenericExcitationSource", "LightSource")


def instrument_facts(element: etree._Element, reader: Reader) -> InstrumentFacts:
    """One Instrument; its parts are taken out of the tree."""

    def parts(*kinds: str) -> tuple[ComponentFacts, ...]:
        return tuple(component_facts(child, element, reader) for child in list(element) if child.tag in kinds)

    microscopes = parts("Microscope")
    return InstrumentFacts(
        ome_id=reader.take(element, "ID"),
        microscope=microscopes[0] if microscopes else None,
        objectives=parts("Objective"),
        detectors=parts("Detector"),
        light_sources=parts(*LIGHT_SOURCES),
        filters=parts("Filter"),
        dichroics=parts("Dichroic"),
        filter_sets=parts("FilterSet"),
    )


def component_facts(element: etree._Element, parent: etree._Element, reader: Reader) -> ComponentFacts:
    """A part with its ManufacturerSpec; the attributes of its own stay in the order of the file."""
    kind = str(element.tag)
    ome_id = reader.take(element, "ID")
    manufacturer, model = reader.take(element, "Manufacturer"), reader.take(element, "Model")
    serial, lot = reader.take(element, "SerialNumber"), reader.take(element, "LotNumber")
    attributes = flat_attributes(element)
    parent.remove(element)
    return ComponentFacts(kind, ome_id, manufacturer, model, serial, lot, attributes)
