"""Whatever a file says, valid OME-XML is made of it, in which nothing of it is missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    PlanesFacts,
    Quantity,
)
from imaging.ome.allowed import NAMESPACE, write_allowed
from imaging.ome.of_facts import document_of
from imaging.ome.read import read_ome
from imaging.ome.some_images import only_images

NAMES = {"o": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}
IMAGE = ImageFacts(0, 8, 6, 1, 1, 1, "uint16", channels=(ChannelFacts(0, "Channel:0:0", "DNA"),))


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "reference/ome/ome-2016-06.xsd"))


def written(image: ImageFacts, *instruments: InstrumentFacts, **more: object) -> etree._Element:
    facts = FileFacts("a.b", "image/b", (image,), instruments, **more)  # type: ignore[arg-type]
    return etree.fromstring(write_allowed(document_of(facts)))


def told(root: etree._Element) -> dict[str | None, str]:
    """What was left out, by its path."""
    annotations = root.iterfind("o:StructuredAnnotations/o:MapAnnotation", NAMES)
    ours = [one for one in annotations if one.get("Namespace") == NAMESPACE]
    return {pair.get("K"): pair.text or "" for one in ours for pair in one.iterfind("o:Value/o:M", NAMES)}


@pytest.mark.parametrize(("given", "stands"), [("uint64", "double"), ("int64", "double"), ("float16", "float")])
def test_types_that_ome_does_not_have(schema: etree.XMLSchema, given: str, stands: str) -> None:
    root = written(replace(IMAGE, pixel_type=given))
    assert schema.validate(root), schema.error_log
    pixels = root.find("o:Image/o:Pixels", NAMES)
    assert pixels is not None
    assert pixels.get("Type") == stands
    assert told(root) == {"Pixels/@Type": given}
    again = etree.fromstring(write_allowed(read_ome(etree.tostring(root), path="a.ome.xml")))
    assert schema.validate(again), schema.error_log
    assert told(again) == told(root)


def test_sizes_that_are_none_go_with_their_unit(schema: etree.XMLSchema) -> None:
    image = replace(IMAGE, size_z=0, physical_size_x=Quantity(0.0, "mm"), physical_size_y=Quantity(-2.5, "µm"),
                    physical_size_z=Quantity(3.0, "voxels"), time_increment=Quantity(float("inf"), "s"))  # fmt: skip
    root = written(image)
    assert schema.validate(root), schema.error_log
    pixels = root.find("o:Image/o:Pixels", NAMES)
    assert pixels is not None
    assert not [name for name in pixels.keys() if "Physical" in name or "Time" in name]  # noqa: SIM118
    assert told(root) == {
        "Pixels/@SizeZ": "0",
        "Pixels/@PhysicalSizeX": "0.0", "Pixels/@PhysicalSizeXUnit": "mm",
        "Pixels/@PhysicalSizeY": "-2.5", "Pixels/@PhysicalSizeYUnit": "µm",
        "Pixels/@PhysicalSizeZ": "3.0", "Pixels/@PhysicalSizeZUnit": "voxels",
        "Pixels/@TimeIncrement": "inf", "Pixels/@TimeIncrementUnit": "s",
    }  # fmt: skip


def test_attributes_that_ome_does_not_know(schema: etree.XMLSchema) -> None:
    objective = ComponentFacts("Objective", "Objective:0", attributes=(("LensNA", "1.4"), ("Colour", "green"),
                                                                       ("Immersion", "Honey")))  # fmt: skip
    laser = ComponentFacts("Laser", "405 nm", attributes=(("Power", "much"), ("PowerUnit", "mW")))
    image = replace(IMAGE, instrument_ref="Instrument:0", objective_settings=(("RefractiveIndex", "1.515"),),
                    channels=(ChannelFacts(0, "Channel:0:0", light_source_ref="405 nm"),))  # fmt: skip
    root = written(image, InstrumentFacts("Instrument:0", objectives=(objective,), light_sources=(laser,)))
    assert schema.validate(root), schema.error_log
    assert told(root) == {
        "@Colour": "green", "@Immersion": "Honey", "@Power": "much", "@PowerUnit": "mW",
        "ObjectiveSettings/@RefractiveIndex": "1.515",  # of no objective
    }  # fmt: skip
    (settings,) = root.iterfind(".//o:LightSourceSettings", NAMES)
    (found,) = root.iterfind(".//o:Laser", NAMES)
    assert settings.get("ID") == found.get("ID")


def test_what_is_allowed_is_not_touched(schema: etree.XMLSchema, shared: Path) -> None:
    path = shared / "reference/ome/samples"
    for sample in sorted(path.glob("*.ome.xml")):
        document = read_ome(sample.read_bytes(), path=sample.name)
        root = etree.fromstring(write_allowed(document))
        if schema.validate(etree.parse(sample)):
            assert schema.validate(root), schema.error_log
            assert not told(root)


texts = st.text(max_size=8) | st.sampled_from(["1.5", "-3", "nan", "INF", "Oil", "Other", "\x00", "Objective:1"])
quantities = st.none() | st.builds(
    Quantity, st.floats(), st.sampled_from(["µm", "nm", "s", "pixel", "", "voxel", "\x07"])
)
channels = st.builds(
    ChannelFacts, st.integers(0, 3), texts, texts, st.none(), quantities, quantities, texts, texts, texts, texts,
    quantities, st.none() | st.floats(), st.integers(-2, 4), texts, texts, texts,
)  # fmt: skip
keys = st.sampled_from(["LensNA", "Type", "Medium", "Pump", "TransmittanceRange/CutIn", "a/b", "x"])
pairs = st.lists(st.tuples(keys, texts), max_size=3).map(tuple)
kinds = st.sampled_from(["Objective", "Laser", "Arc", "Filter", "Detector"])
parts = st.lists(st.builds(ComponentFacts, kinds, texts, texts, texts, texts, texts, pairs), max_size=2).map(tuple)
instruments = st.builds(InstrumentFacts, texts, objectives=parts)
sizes = st.integers(-1, 3)


@st.composite
def images(draw: st.DrawFn) -> ImageFacts:
    count = draw(st.integers(0, 3))
    a, b = (np.array(draw(st.lists(st.floats(), min_size=count, max_size=count)), np.float64) for _ in range(2))
    whole = np.arange(count, dtype=np.int32)
    planes = PlanesFacts(whole, whole, whole, a, b, a, b, a, delta_t_unit=draw(st.sampled_from(["s", "ticks"])))
    return ImageFacts(
        0, draw(sizes), draw(sizes), draw(sizes), draw(sizes), draw(sizes),
        draw(st.sampled_from(["uint8", "uint64", "float16", "double", "complex64", ""])), draw(texts), draw(texts),
        draw(texts), draw(texts), draw(st.none() | sizes), draw(st.sampled_from(["XYZCT", "xyz"])), draw(quantities),
        time_increment=draw(quantities), channels=draw(st.lists(channels, max_size=2).map(tuple)), planes=planes,
        instrument_ref=draw(texts), experimenter_ref=draw(texts), objective_settings=draw(pairs),
        imaging_environment=draw(pairs), stage_label=draw(pairs),
    )  # fmt: skip


@given(images(), instruments, texts)
def test_whatever_is_said(schema: etree.XMLSchema, image: ImageFacts, instrument: InstrumentFacts, name: str) -> None:
    facts = FileFacts("a.b", "image/b", (image,), (instrument,), (ExperimenterFacts(name, name),))
    document = document_of(facts)
    for one in (document, only_images(document, [0])):
        root = etree.fromstring(write_allowed(one))
        assert schema.validate(root), schema.error_log
