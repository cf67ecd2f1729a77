"""The tree of tags of a VSI, as slideio gives it of a real one; no VSI may be shared."""

import json
from typing import Any

from imaging.facts import KeyValue
from imaging.readers.vsi_properties import NAMESPACE, Properties, properties_of


def node(name: str, tag: int, value: Any) -> dict[str, Any]:
    return {"name": name, "tag": tag, "secondTag": -1, "value": value}


def channel(wavelength: str, exposure: str) -> dict[str, Any]:
    length = [node("Units", 268435456, "10^-9m^1"), node("Value", 268435458, wavelength)]
    camera = [node("Exposure time (microseconds)", 100002, exposure)]
    return node("Volume for dimension 2 description", 2007,
                [node("Channel Wavelength ", 2417, length), node("Unknown tag", 120114, camera)])  # fmt: skip


def test_what_the_tags_say() -> None:
    document = [node("Product Name", 34, "cellSens"), node("Document author", 15, "person"),
                node("Document file path", 12, "D:\\person\\Image.vsi")]  # fmt: skip
    optics = [node("Numerical Aperture", 120061, "1.42"), node("Objective Name", 120063, "UPLXAPO O"),
              node("Magnification", 120060, "60.0")]  # fmt: skip
    time = node("Frame properties", 2006, [node("Value", 268435458, "29559.4")])
    volume = [channel("455.000000", "50002"), channel("518.000000", "19999"), time,
              node("Microscope ", 2043, [node("Optical properties", 120114, optics)])]  # fmt: skip
    root = node("root", -2, [node("Document properties", 2, document), node("Collection volume", 2000, volume)])
    found = properties_of(json.dumps(root))
    assert (found.wavelengths, found.exposures) == ((455.0, 518.0), (50002.0, 19999.0))
    assert [one.user_name for one in found.people] == ["person"]
    assert found.objective is not None
    assert (found.objective.model, found.objective.attributes) == (
        "UPLXAPO O", (("LensNA", "1.42"), ("NominalMagnification", "60"))
    )  # fmt: skip
    place = "Collection volume/Volume for dimension 2 description[2]"
    assert KeyValue(NAMESPACE, "Document properties/Product Name", "cellSens") in found.key_values
    assert KeyValue(NAMESPACE, f"{place}/tag 120114/Exposure time (microseconds)", "19999") in found.key_values
    assert not [pair for pair in found.key_values if "person" in pair.value or "29559" in pair.value]


def test_a_file_without_a_tree_says_nothing() -> None:
    assert properties_of("") == Properties()
