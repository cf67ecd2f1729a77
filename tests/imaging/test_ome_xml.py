"""OME-XML to facts: nothing is lost, older schemas are understood, and a fault names its line."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from imaging.errors import ImageError
from imaging.facts import KeyValue, Quantity
from imaging.ome_xml import OmeDocument, parse_ome_xml

PIXELS = 'SizeX="4" SizeY="3" SizeZ="1" SizeC="2" SizeT="1" DimensionOrder="XYZCT"'


def parse(body: str, version: str = "2016-06") -> OmeDocument:
    xml = f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/{version}">{body}</OME>'
    return parse_ome_xml(xml.encode(), path="test.ome.tif")


def test_every_ome_sample_is_read(shared: Path) -> None:
    paths = sorted((shared / "reference/ome/samples").glob("*.xml"))
    paths += sorted((shared / "samples/06_study_metadata/ome_xml").glob("*.xml"))
    assert len(paths) > 20
    for path in paths:
        document = parse_ome_xml(path.read_bytes(), path=str(path))
        images = etree.parse(path).getroot().findall("{*}Image")
        assert [image.ome_id for image in document.images] == [image.get("ID") for image in images]
        assert document.version == "2016-06"


def test_rois_instruments_and_plates(shared: Path) -> None:
    folder = shared / "samples/06_study_metadata/ome_xml"
    assert parse_ome_xml((folder / "ROI.ome.xml").read_bytes(), path="ROI").images[0].rois_count == 5
    spim = parse_ome_xml((folder / "spim.ome.xml").read_bytes(), path="spim")
    assert len(spim.images) == 4
    assert {part.kind for part in spim.instruments[0].light_sources} == {"Laser", "LightEmittingDiode"}
    plates = parse_ome_xml((folder / "two-screens-two-plates-four-wells.ome.xml").read_bytes(), path="plates")
    assert any(pair.name == "Plate/Description" and pair.value for pair in plates.key_values)


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
    assert loose >= {("Comment", "loose"), ("Comment description", "who"), ("Project/@Name", "P")}


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


def test_older_schemas() -> None:
    old = parse(
        """<Image ID="Image:0" Name="old"><CreationDate>2008-09-01T10:00:00</CreationDate>
        <LogicalChannel ID="LC:0" Name="GFP" ExWave="488" EmWave="520"/>
        <Pixels ID="P" DimensionOrder="XYZCT" PixelType="uint16" BigEndian="true" SizeX="4" SizeY="3" SizeZ="1"
        SizeC="1" SizeT="1" PhysicalSizeX="0.2"/></Image>""",
        "2008-09",
    )
    image = old.images[0]
    assert (old.version, image.pixel_type, image.acquisition_date) == ("2008-09", "uint16", "2008-09-01T10:00:00")
    assert image.channels[0].excitation_wavelength == Quantity(488.0, "nm", "488")
    assert image.physical_size_x == Quantity(0.2, "µm", "0.2")
    newer = parse(
        f'<Image ID="I"><AcquiredDate>2010-04-01</AcquiredDate><Pixels ID="P" Type="int8" {PIXELS}/></Image>', "2010-04"
    )
    assert newer.images[0].acquisition_date == "2010-04-01"


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
        parse_ome_xml(xml, path="/somewhere/a.ome.xml")
    assert caught.value.field == field
    assert str(caught.value).startswith("a.ome.xml: OME-XML")
