"""OME-XML of older schemas is brought to 2016-06: valid, nothing dropped, and in the names and places of today."""

from pathlib import Path

import pytest
from lxml import etree

from imaging.facts import ImageFacts, Quantity
from imaging.ome.facts import document_facts
from imaging.ome.read import read_ome
from imaging.ome.upgrade import is_older
from imaging.ome.write import write_ome
from tests.imaging.ome.comparing import faults

SCHEMAS = "http://www.openmicroscopy.org/Schemas"
SUBSCHEMAS = {"Bin": "BinaryFile", "SPW": "SPW", "SA": "SA", "ROI": "ROI", "CA": "CA"}
SIZES = 'DimensionOrder="XYZCT" SizeX="4" SizeY="3" SizeZ="1" SizeC="2" SizeT="1"'
DATA = '<Bin:BinData Compression="none" Length="4">AAAA</Bin:BinData>'


def older(body: str, version: str, attributes: str = "") -> bytes:
    names = " ".join(f'xmlns:{prefix}="{SCHEMAS}/{name}/{version}"' for prefix, name in SUBSCHEMAS.items())
    return f'<OME xmlns="{SCHEMAS}/OME/{version}" {names} {attributes}>{body}</OME>'.encode()


def upgraded(shared: Path, xml: bytes) -> etree._Element:
    """The document in 2016-06, valid."""
    written = write_ome(read_ome(xml, path="old.ome.xml"))
    assert faults(shared, written) == []
    return etree.fromstring(written)


def facts(xml: bytes) -> ImageFacts:
    return document_facts(read_ome(xml, path="old.ome.xml"), path="old.ome.xml").images[0]


def values(root: etree._Element, path: str) -> list[str]:
    """What an XPath finds, in which `o:` names OME's elements."""
    found = root.xpath(path, namespaces={"o": f"{SCHEMAS}/OME/2016-06"})
    assert isinstance(found, list)
    return [str(one) for one in found]


OLD_2008 = f"""
<Project ID="Project:0" Name="P"/><Dataset ID="Dataset:0" Name="D" Locked="true"><ProjectRef ID="Project:0"/></Dataset>
<Experimenter ID="Experimenter:0"><FirstName>Ada</FirstName><LastName>L</LastName><Email>a@example.org</Email>
<Institution>I</Institution><OMEName>ada</OMEName><GroupRef ID="Group:0"/></Experimenter>
<Group ID="Group:0" Name="G"><Contact ID="Experimenter:0"/></Group>
<Instrument ID="Instrument:0"><LightSource ID="LightSource:0" Power="2"><Laser Type="Unknown" LaserMedium="Ar"/>
</LightSource><Detector ID="Detector:0" Type="EM-CCD"/><Objective ID="Objective:0" Model="M"><LensNA>1.40</LensNA>
<WorkingDistance>20</WorkingDistance></Objective><FilterSet ID="FilterSet:0" ExFilterRef="Filter:0"/>
<Filter ID="Filter:0"><TransmittanceRange CutIn="350" Transmittance="80"/></Filter></Instrument>
<Image ID="Image:0" Name="old" DefaultPixels="Pixels:1"><CreationDate>2008-09-01T10:00:00</CreationDate>
<ExperimenterRef ID="Experimenter:0"/><GroupRef ID="Group:0"/><DatasetRef ID="Dataset:0"/>
<ObjectiveRef ID="Objective:0"/><Thumbnail>none</Thumbnail>
<LogicalChannel ID="LogicalChannel:0" Name="GFP" ExWave="488" EmWave="520" Mode="LaserScanningMicroscopy"
SecondaryEmissionFilter="Filter:0"><LightSourceRef ID="LightSource:0" Attenuation="50"/><DetectorRef ID="Detector:0"
Gain="2.50"/><ChannelComponent ColorDomain="green" Pixels="Pixels:1" Index="0"/></LogicalChannel>
<Pixels ID="Pixels:0" PixelType="uint8" BigEndian="true" {SIZES}>{DATA}</Pixels>
<Pixels ID="Pixels:1" PixelType="uint16" BigEndian="true" PhysicalSizeX="0.20" PhysicalSizeZ="0.0" {SIZES}>{DATA}
<Plane TheZ="0" TheC="0" TheT="0"><PlaneTiming DeltaT="1.5" ExposureTime="0.10"/><StagePosition PositionX="7"/></Plane>
</Pixels>
<ROI ID="ROI:0"><Union><Shape ID="1" theZ="0"><Rect x="1" y="2" width="3" height="4" transform="matrix(1 0 0 1 5 6)"/>
</Shape><Shape ID="2"><Circle cx="1" cy="2" r="3"/></Shape><Shape ID="3"><Polygon points="0,0 1,1"/></Shape></Union>
</ROI><CA:CustomAttributes><Vendor Gain="7"/></CA:CustomAttributes></Image>
"""


def test_2008_09(shared: Path) -> None:
    root = upgraded(shared, older(OLD_2008, "2008-09"))
    for path, found in {
        "o:Image/o:AcquisitionDate/text()": ["2008-09-01T10:00:00"],
        "o:Image/o:Pixels/@ID": ["Pixels:1"],
        "o:Image/o:Pixels/@PhysicalSizeX": ["0.20"],
        "o:Image/o:Pixels/@PhysicalSizeZ": [],  # 0 is not allowed; it is in an annotation
        "o:Image/o:Pixels/o:Channel/@AcquisitionMode": ["LaserScanningConfocalMicroscopy"],
        "o:Image/o:Pixels/o:Channel/@Color": [str(0x00FF00FF)],
        "o:Image/o:Pixels/o:Channel/o:LightSourceSettings/@Attenuation": ["0.5"],
        "o:Image/o:Pixels/o:Channel/o:DetectorSettings/@Gain": ["2.50"],
        "o:Image/o:Pixels/o:Channel/o:LightPath/o:EmissionFilterRef/@ID": ["Filter:0"],
        "o:Image/o:Pixels/o:Plane/@ExposureTime": ["0.10"],
        "o:Image/o:Pixels/o:Plane/@PositionX": ["7"],
        "o:Image/o:ExperimenterGroupRef/@ID": ["ExperimenterGroup:Group:0"],
        "o:Image/o:ROIRef/@ID": ["ROI:0"],
        "o:Dataset/o:ImageRef/@ID": ["Image:0"],
        "o:Project/o:DatasetRef/@ID": ["Dataset:0"],
        "o:Experimenter/@*": ["Experimenter:0", "Ada", "L", "a@example.org", "I", "ada"],
        "o:ExperimenterGroup/o:Leader/@ID": ["Experimenter:0"],
        "o:Instrument/o:Laser/@Power": ["2"],
        "o:Instrument/o:Laser/@Type": ["Other"],
        "o:Instrument/o:Detector/@Type": ["EMCCD"],
        "o:Instrument/o:Objective/@LensNA": ["1.40"],
        "o:Instrument/o:FilterSet/o:ExcitationFilterRef/@ID": ["Filter:0"],
        "o:Instrument/o:Filter/o:TransmittanceRange/@Transmittance": ["0.8"],
        "o:ROI/o:Union/o:Rectangle/@Width": ["3"],
        "o:ROI/o:Union/o:Rectangle/o:Transform/@A12": ["6"],
        "o:ROI/o:Union/o:Ellipse/@RadiusY": ["3"],
        "o:ROI/o:Union/o:Polygon/@Points": ["0,0 1,1"],
    }.items():
        assert sorted(values(root, path)) == sorted(found), path
    annotations = " ".join(etree.tostring(one, encoding="unicode") for one in root.iter("{*}XMLAnnotation"))
    for kept in ("Thumbnail", 'ColorDomain="green"', "Pixels:0", 'Locked="true"', 'PhysicalSizeZ="0.0"', 'Gain="7"',
                 'Type="Unknown"'):  # fmt: skip
        assert kept in annotations, kept
    image_refs = values(root, "o:Image/o:AnnotationRef/@ID")
    assert image_refs
    assert set(image_refs) <= set(values(root, "o:StructuredAnnotations/*/@ID"))


def test_2008_09_as_facts() -> None:
    image = facts(older(OLD_2008, "2008-09"))
    assert (image.pixel_type, image.acquisition_date, image.name) == ("uint16", "2008-09-01T10:00:00", "old")
    assert image.channels[0].excitation_wavelength == Quantity(488.0, "nm", "488")
    assert image.channels[0].color == "#00ff00"
    assert image.physical_size_x == Quantity(0.2, "µm", "0.20")
    assert image.planes is not None
    assert image.planes.delta_t[0] == 1.5


def test_2003(shared: Path) -> None:
    xml = f"""<OME xmlns="http://www.openmicroscopy.org/XMLschemas/OME/FC/ome.xsd"
        xmlns:Bin="http://www.openmicroscopy.org/XMLschemas/BinaryFile/RC1/BinaryFile.xsd">
        <Image ID="Image:0" Name="first" PixelSizeX="0.2" TimeIncrement="2">
        <CreationDate>2003-01-01T00:00:00</CreationDate>
        <ChannelInfo ID="LogicalChannel:0" Name="DAPI" EmWave="450"><ChannelComponent ColorDomain="B" Index="0"/>
        </ChannelInfo><Pixels ID="Pixels:0" PixelType="Uint8" BigEndian="false" {SIZES}><TiffData NumPlanes="2"/>
        </Pixels></Image></OME>""".encode()
    root = upgraded(shared, xml)
    assert values(root, "o:Image/o:Pixels/@Type") == ["uint8"]
    assert values(root, "o:Image/o:Pixels/o:TiffData/@PlaneCount") == ["2"]
    image = facts(xml)
    assert (image.physical_size_x, image.channels[0].name) == (Quantity(0.2, "µm", "0.2"), "DAPI")
    assert image.time_increment == Quantity(2.0, "s", "2")


def test_2011_06_shapes_plates_and_annotations(shared: Path) -> None:
    xml = older(
        f"""<SPW:Plate ID="Plate:0"><SPW:ScreenRef ID="Screen:0"/><SPW:Well ID="Well:0" Row="0" Column="0" Status="ok"
        Color="4294967295"><SPW:WellSample ID="WellSample:0" Index="0"><SPW:ImageRef ID="Image:0"/>
        <SA:AnnotationRef ID="Annotation:0"/></SPW:WellSample></SPW:Well></SPW:Plate>
        <SPW:Screen ID="Screen:0" Name="S"/>
        <Image ID="Image:0"><AcquiredDate>2011-06-01T00:00:00</AcquiredDate>
        <Pixels ID="Pixels:0" Type="uint8" {SIZES}><Channel ID="Channel:0"/><Bin:BinData Length="0" BigEndian="false"/>
        </Pixels></Image>
        <ROI:ROI ID="ROI:0" Namespace="ns"><ROI:Union><ROI:Shape ID="Shape:0" Fill="-1" Label="hello"
        Transform="1, 0, 0, 1, 0, 0" LineCap="Butt" MarkerEnd="Circle" FontFamily="Arial"><ROI:Polyline Points="0,0 1,1"
        Closed="true"/></ROI:Shape><ROI:Shape ID="Shape:1"><ROI:Text X="1" Y="2"><ROI:Value>words</ROI:Value></ROI:Text>
        </ROI:Shape></ROI:Union></ROI:ROI>
        <ROI:ROI ID="ROI:1"><ROI:Union><ROI:Shape ID="Shape:2"><ROI:Path Definition="M 0 0"/></ROI:Shape></ROI:Union>
        </ROI:ROI>
        <SA:StructuredAnnotations><SA:XMLAnnotation ID="Annotation:0"><SA:Value><any xmlns="urn:x">thing</any>
        </SA:Value></SA:XMLAnnotation></SA:StructuredAnnotations>""",
        "2011-06",
    )
    root = upgraded(shared, xml)
    for path, found in {
        "o:Screen/o:PlateRef/@ID": ["Plate:0"],
        "o:Plate/o:Well/@Type": ["ok"],
        "o:Plate/o:Well/@Color": ["-1"],
        "o:Image/o:AnnotationRef/@ID": ["Annotation:0"],
        "o:ROI[1]/o:Union/o:Polygon/@Text": ["hello"],
        "o:ROI[1]/o:Union/o:Polygon/@FillColor": ["-1"],
        "o:ROI[1]/o:Union/o:Polygon/@FontFamily": ["sans-serif"],
        "o:ROI[1]/o:Union/o:Polygon/o:Transform/@A00": ["1"],
        "o:ROI[1]/o:Union/o:Label/@Text": ["words"],
        "o:ROI[2]/o:Union/o:Label/@X": ["0"],
        "o:StructuredAnnotations/o:XMLAnnotation/o:Value/*[namespace-uri()='urn:x']/text()": ["thing"],
    }.items():
        assert values(root, path) == found, path
    annotations = " ".join(etree.tostring(one, encoding="unicode") for one in root.iter("{*}XMLAnnotation"))
    for kept in ('Namespace="ns"', 'LineCap="Butt"', 'MarkerEnd="Circle"', 'Definition="M 0 0"'):
        assert kept in annotations, kept


@pytest.mark.parametrize("version", ["2012-06", "2013-06", "2015-01"])
def test_later_schemas(shared: Path, version: str) -> None:
    xml = older(
        f"""<Instrument ID="Instrument:0"><LightSource ID="LightSource:0" Power="1"><Laser Type="Gas"><Pump
        ID="LightSource:0"/></Laser></LightSource></Instrument>
        <Image ID="Image:0"><AcquisitionDate>2015-01-01T00:00:00</AcquisitionDate><Pixels ID="Pixels:0" Type="uint8"
        {SIZES}><MetadataOnly/><SA:AnnotationRef ID="Annotation:0"/></Pixels></Image>
        <SA:StructuredAnnotations><SA:CommentAnnotation ID="Annotation:0"><SA:Value>c</SA:Value></SA:CommentAnnotation>
        </SA:StructuredAnnotations>
        <ROI:ROI ID="ROI:0"><ROI:Union><ROI:Shape ID="Shape:0" Visible="true"><ROI:Line X1="0" Y1="0" X2="1" Y2="1"
        MarkerStart="Circle"/></ROI:Shape></ROI:Union></ROI:ROI>""",
        version,
        'Creator="someone"',
    )
    root = upgraded(shared, xml)
    assert root.get("Creator") == "someone"
    assert values(root, "o:Instrument/o:Laser/o:Pump/@ID") == ["LightSource:0"]
    assert "Annotation:0" in values(root, "o:Image/o:AnnotationRef/@ID")
    assert values(root, "o:ROI/o:Union/o:Line/@MarkerStart") == ["Arrow"]
    found = read_ome(xml, path="old.ome.xml")
    assert found.version == version
    assert found.warnings[0].startswith(f"The OME-XML is of the schema {version}")
    assert all(element.line == 0 for element in found.root.walk())


@pytest.mark.parametrize(
    ("namespace", "older_one"),
    [
        (f"{SCHEMAS}/OME/2015-01", True), (f"{SCHEMAS}/OME/2003-FC", True), (f"{SCHEMAS}/OME/2016-06", False),
        ("http://www.openmicroscopy.org/XMLschemas/OME/FC/ome.xsd", True), ("", False),
        (f"{SCHEMAS}/OME/2030-01", False),
    ],
)  # fmt: skip
def test_which_schemas_are_older(namespace: str, older_one: bool) -> None:
    assert is_older(namespace) == older_one
