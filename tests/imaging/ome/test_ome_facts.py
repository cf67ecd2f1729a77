"""An OME document as facts: what no field fits is a key-value, and a fault names its line."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from imaging.errors import ImageError
from imaging.facts import KeyValue, Quantity
from imaging.ome.facts import DocumentFacts, document_facts
from imaging.ome.read import read_ome
from tests.imaging.ome.comparing import document as document_around
from tests.imaging.ome.comparing import documents

PIXELS = 'SizeX="4" SizeY="3" SizeZ="1" SizeC="2" SizeT="1" DimensionOrder="XYZCT"'


def facts_of(xml: bytes, path: str = "test.ome.tif") -> DocumentFacts:
    return document_facts(read_ome(xml, path=path), path=path)


def parse(body: str, version: str = "2016-06") -> DocumentFacts:
    return facts_of(document_around(body, version))


def test_every_real_document(shared: Path) -> None:
    for name, xml in documents(shared):
        found = facts_of(xml, name)
        images = etree.fromstring(xml).findall("{*}Image")
        assert [image.ome_id for image in found.images] == [image.get("ID") for image in images]


def test_rois_instruments_and_plates(shared: Path) -> None:
    folder = shared / "samples/06_study_metadata/ome_xml"
    assert facts_of((folder / "ROI.ome.xml").read_bytes()).images[0].rois_count == 5
    spim = facts_of((folder / "spim.ome.xml").read_bytes())
    assert len(spim.images) == 4
    assert {part.kind for part in spim.instruments[0].light_sources} == {"Laser", "LightEmittingDiode"}
    units = facts_of((shared / "reference/ome/samples/instrument-units-default.ome.xml").read_bytes())
    filters = {part.ome_id: dict(part.attributes) for part in units.instruments[0].filters}
    assert filters["Filter:0"]["TransmittanceRange/CutIn"] == "350"


def test_what_no_field_fits_stays_as_key_value() -> None:
    document = parse(
        f"""<Image ID="Image:0"><Pixels ID="P" Type="uint8" {PIXELS}>
        <Channel ID="C:0" Name="DAPI"><DetectorSettings ID="Detector:1" Gain="2.5"/><LightPath><DichroicRef ID="D:3"/>
        </LightPath></Channel></Pixels><AnnotationRef ID="A:1"/></Image>
        <StructuredAnnotations><MapAnnotation ID="A:1" Namespace="ns"><Value><M K="gene">nf1</M><M K="">x</M></Value>
        </MapAnnotation><CommentAnnotation ID="A:2"><Description>who</Description><Value>loose</Value>
        </CommentAnnotation></StructuredAnnotations><Project ID="Project:0" Name="P"/>"""
    )
    image = document.images[0]
    assert image.key_values == (KeyValue("ns", "gene", "nf1"), KeyValue("ns", "", "x"))
    channel = image.channels[0]
    assert (channel.name, channel.detector_ref) == ("DAPI", "Detector:1")
    values = {(pair.name, pair.value) for pair in channel.key_values}
    assert values == {("DetectorSettings/@Gain", "2.5"), ("LightPath/DichroicRef/@ID", "D:3")}
    loose = {(pair.name, pair.value) for pair in document.key_values}
    assert loose == {("Comment", "loose"), ("Comment description", "who")}


@given(
    st.lists(
        st.tuples(
            st.text("abcXYZ_0", min_size=1), st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
        ),
        min_size=1,
    )
)
def test_every_attribute_of_an_unknown_element_is_found_again(pairs: list[tuple[str, str]]) -> None:
    attributes = {f"A{name}": value.replace("\ufffe", "").replace("\uffff", "") for name, value in pairs}
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    document = parse(f'<Image ID="I"><Pixels Type="uint8" {PIXELS}/><New {written}/></Image>')
    found = {pair.name: pair.value for pair in document.images[0].key_values}
    assert found == {f"New/@{name}": value for name, value in attributes.items()}


def test_units_as_given_and_by_default() -> None:
    document = parse(
        f"""<Image ID="I"><Pixels Type="uint8" PhysicalSizeX="0.10" PhysicalSizeY="3" PhysicalSizeYUnit="nm" {PIXELS}>
        <Channel ID="C" EmissionWavelength="520" PinholeSize="1e2" PinholeSizeUnit="nm" Color="-1"/></Pixels></Image>"""
    )
    image = document.images[0]
    assert image.physical_size_x == Quantity(0.1, "µm", "0.10")
    assert image.physical_size_y == Quantity(3.0, "nm", "3")
    assert image.physical_size_z is None
    assert image.channels[0].emission_wavelength == Quantity(520.0, "nm", "520")
    assert image.channels[0].pinhole_size == Quantity(100.0, "nm", "1e2")
    assert image.channels[0].color == "#ffffff"


def test_planes_are_columns_with_gaps() -> None:
    image = parse(
        f"""<Image ID="I"><Pixels ID="P" Type="uint8" {PIXELS}><Plane TheZ="0" TheC="0" TheT="0" DeltaT="1.5"/>
        <Plane TheZ="0" TheC="1" TheT="0" ExposureTime="20" ExposureTimeUnit="ms" PositionZ="7"/></Pixels></Image>"""
    ).images[0]
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.the_c, [0, 1])
    np.testing.assert_array_equal(image.planes.delta_t, [1.5, np.nan])
    np.testing.assert_array_equal(image.planes.exposure_time, [np.nan, 20])
    np.testing.assert_array_equal(image.planes.position_z, [np.nan, 7])
    assert (image.planes.delta_t_unit, image.planes.exposure_time_unit) == ("s", "ms")


def test_planes_in_different_units_are_brought_to_one() -> None:
    image = parse(
        f"""<Image ID="I"><Pixels ID="P" Type="uint8" {PIXELS}>
        <Plane TheZ="0" TheC="0" TheT="0" DeltaT="1.5" DeltaTUnit="ms" PositionX="1" PositionXUnit="mm"/>
        <Plane TheZ="0" TheC="1" TheT="0" DeltaT="2" PositionX="3" ExposureTime="4" ExposureTimeUnit="min"/>
        </Pixels></Image>"""
    ).images[0]
    assert image.planes is not None
    np.testing.assert_allclose(image.planes.delta_t, [0.0015, 2])
    np.testing.assert_array_equal(
        image.planes.position_x, [1000, np.nan]
    )  # nobody knows how long its reference frame is
    assert (image.planes.delta_t_unit, image.planes.position_x_unit) == ("s", "µm")
    assert image.planes.exposure_time_unit == "min"


@pytest.mark.parametrize("text", ["x", "1_0", "nan", "-", "1,5"])
def test_a_number_of_a_plane_that_is_none(text: str) -> None:
    plane = '<Plane TheZ="0" TheC="0" TheT="0" DeltaT="{}"/>'
    body = "".join(plane.format(value) for value in ("1", "2", text))
    with pytest.raises(ImageError, match=f"'{text}' is not a number") as caught:
        parse(f'<Image ID="I"><Pixels ID="P" Type="uint8" {PIXELS}>{body}</Pixels></Image>')
    assert caught.value.field == "OME-XML Plane[3]/@DeltaT"


@pytest.mark.parametrize(
    ("xml", "field", "match"),
    [
        (b"<OME>\n\n<Image", "OME-XML", r"line 3"),
        (b"", "OME-XML", "not well-formed"),
        (b"<html/>", "OME-XML", "its root is <html>"),
        (b"<OME>\n<Image ID='a'><Pixels SizeX='x'/></Image></OME>", "OME-XML Pixels/@SizeX (line 2)", "whole number"),
    ],
)
def test_faults_name_field_and_line(xml: bytes, field: str, match: str) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        facts_of(xml, "/somewhere/a.ome.xml")
    assert caught.value.field == field
    assert str(caught.value).startswith("a.ome.xml: OME-XML")
