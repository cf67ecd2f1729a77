"""OME-XML in and out again: valid, and every element and attribute of the input still there."""

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from imaging.ome.document import OmeDocument, OmeElement
from imaging.ome.model import ENTITIES, NAMESPACE, Attribute, Kind
from imaging.ome.read import read_ome
from imaging.ome.write import write_ome
from tests.imaging.ome.comparing import XSI, canonical, document, documents, faults, rewritten

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff\x85"))
PIXELS = '<Image ID="Image:0"><Pixels ID="Pixels:0" {}>{}</Pixels></Image>'
SIZES = 'DimensionOrder="XYZCT" Type="uint8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" SizeT="1"'


def again(xml: bytes) -> bytes:
    return write_ome(read_ome(xml, path="test.ome.xml"))


def test_every_real_document(shared: Path) -> None:
    seen = 0
    for name, xml in documents(shared):
        found = read_ome(xml, path=name)
        written = write_ome(found)
        known = not found.warnings
        assert canonical(xml, ordered=known) == canonical(written, ordered=known), name
        if not faults(shared, xml):
            assert faults(shared, written) == [], name
        assert found.version == "2016-06"
        seen += 1
    assert seen > 45


@pytest.mark.parametrize(
    "body",
    [
        '<Image ID="Image:0" Name="a &lt;&amp;&quot;&#10;&#9;b"><Description>  two\n lines&#13; &lt;b> ]]&gt;'
        "</Description></Image>",
        PIXELS.format(
            f'PhysicalSizeX="1.50" PhysicalSizeXUnit="µm" {SIZES}',
            '<TiffData/><TiffData IFD="01"><UUID FileName="a&amp;b.tif">urn:uuid:0</UUID></TiffData>'
            "<TiffData><UUID>urn:uuid:1</UUID></TiffData>",
        ),
        PIXELS.format(
            SIZES,
            '<MetadataOnly/><Plane TheZ="0" TheC="0" TheT="0" DeltaT="1.50" DeltaTUnit="ms"/><Plane TheZ="1" TheC="0" '
            'TheT="00" ExposureTime="1E-4" PositionX="" DeltaT="NaN"><HashSHA1>00</HashSHA1><AnnotationRef ID="A:1"/>'
            '</Plane><Plane TheT="0" TheZ="2" TheC="x&#10;y"/>',
        ),
        '<ROI ID="r"><Union><Mask ID="Shape:0" X="1" Y="2" Width="3" Height="4"><Transform A00="1" A10="0" A01="0" '
        'A11="1" A02="0" A12="0.0"/><BinData BigEndian="false" Length="2">\nAA==\n</BinData></Mask></Union></ROI>',
        '<StructuredAnnotations><MapAnnotation ID="Annotation:0"><Value><M K="k">v</M><M/><M K=""> x </M></Value>'
        '</MapAnnotation><XMLAnnotation ID="Annotation:1"><Value>\n<a xmlns="" b="1"><b:c xmlns:b="urn:b" b:d="2">t'
        '</b:c>u</a><x:y xmlns:x="urn:x" xml:lang="en" z="&#10;"/><Own/></Value></XMLAnnotation>'
        '<XMLAnnotation ID="Annotation:2"><Value/></XMLAnnotation></StructuredAnnotations>',
        '<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:0"/>',
    ],
)
def test_texts_stay_as_they_are(body: str) -> None:
    assert canonical(document(body)) == canonical(again(document(body)))


def test_what_the_schema_does_not_know_is_kept_and_told() -> None:
    xml = document(
        f"""<Image ID="Image:0" New="1" xmlns:v="urn:vendor" v:gain="2"><Pixels ID="Pixels:0" {SIZES}><Plane TheZ="0"
        TheC="0" TheT="0" Shutter="open"><v:Lamp hours="3">on</v:Lamp></Plane></Pixels><v:Stage><v:Speed>5</v:Speed>
        </v:Stage>loose text<Description lang="en">with an attribute</Description></Image>
        <Unknown><Deep>x</Deep></Unknown><Image ID="Image:1"><Description>one<b>bold</b></Description></Image>"""
    )
    found = read_ome(xml, path="vendor.ome.xml")
    assert canonical(xml, ordered=False) == canonical(write_ome(found), ordered=False)
    for place in ("Image/@New", "Image/@gain", "Plane/@Shutter", "Plane/Lamp", "Image/Stage", "OME/Unknown",
                  "Image/Description", "Image/Description/b"):  # fmt: skip
        assert any(place in warning for warning in found.warnings), place
    again_found = read_ome(write_ome(found), path="vendor.ome.xml")
    assert canonical(write_ome(again_found)) == canonical(write_ome(found))


def test_prefixes_and_other_namespaces_do_not_matter() -> None:
    plain = document('<Image ID="Image:0"><Description>d</Description></Image>')
    prefixed = plain.replace(b"<", b"<o:").replace(b"<o:/", b"</o:").replace(b"xmlns=", b"xmlns:o=")
    assert canonical(again(prefixed)) == canonical(again(plain)) == canonical(plain)
    nameless = b'<OME><Image ID="Image:0"><Description>d</Description></Image></OME>'
    assert canonical(again(nameless)) == canonical(plain)
    assert read_ome(nameless, path="x").version == ""


def test_columns_hold_many_rows_with_gaps() -> None:
    rows = [f'<Plane TheZ="{z}" TheC="0" TheT="0" ' + (f'DeltaT="{z}.5" ' if z % 3 else "") +
            ('DeltaTUnit="ms" ' if z > 9000 else "") + "/>" for z in range(10_000)]  # fmt: skip
    xml = document(PIXELS.format(SIZES, "<MetadataOnly/>" + "".join(rows)))
    found = read_ome(xml, path="x")
    planes = found.root.children[0].children[0].planes
    assert planes is not None
    assert (planes.count, planes.rest) == (10_000, {})
    np.testing.assert_array_equal(planes.numbers["TheZ"].numbers, np.arange(10_000))
    delta = planes.numbers["DeltaT"]
    np.testing.assert_array_equal(delta.numbers[:4], [np.nan, 1.5, 2.5, np.nan])
    assert delta.kept_texts is None
    assert planes.texts["DeltaTUnit"].values == ("ms",)
    assert (planes.texts["DeltaTUnit"].codes == -1).sum() == 9001
    assert canonical(write_ome(found)) == canonical(xml)


WORDS = st.text(string.ascii_letters, min_size=1, max_size=8)
LEXICAL = {
    "int": st.integers(-(2**31), 2**31 - 1).map(str),
    "long": st.integers(-(2**63), 2**63 - 1).map(str),
    "Color": st.integers(-(2**31), 2**31 - 1).map(str),
    "NonNegativeInt": st.integers(0, 2**31 - 1).map(str) | st.sampled_from(["007", "+1"]),
    "NonNegativeLong": st.integers(0, 2**63 - 1).map(str),
    "PositiveInt": st.integers(1, 2**31 - 1).map(str),
    "float": st.floats(width=32).map(lambda number: str(np.float32(number)).replace("inf", "INF").replace("nan", "NaN"))
    | st.sampled_from(["1.50", "-.5", "1E+2"]),
    "double": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "PositiveFloat": st.sampled_from(["0.10", "1E3", "2", "1e-3"]),
    "NonNegativeFloat": st.sampled_from(["0", "1.0"]),
    "PercentFraction": st.sampled_from(["0", "0.50", "1"]),
    "boolean": st.sampled_from(["true", "false", "0", "1"]),
    "dateTime": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "UUID": st.uuids().map(lambda found: f"urn:uuid:{found}"),
    "Hex40": st.binary(min_size=20, max_size=20).map(bytes.hex),
    "anyURI": WORDS,
    "string": TEXT,
    "base64Binary": st.sampled_from(["", "AAAA", "AA=="]),
    "xml": st.sampled_from(["", "<a xmlns=\"\"/>", "<v:b xmlns:v=\"urn:v\" v:c=\"1\">t</v:b>", "<Own>1</Own>"]),
}  # fmt: skip


@st.composite
def elements(draw: st.DrawFn, entity: str = "OME", ids: list[int] | None = None) -> OmeElement:
    """Any element that the schema allows. IDs are never the same; references lead nowhere."""
    ids = ids if ids is not None else [0]
    model = ENTITIES[entity]

    def value(attribute: Attribute) -> str:
        if attribute.kind in (Kind.ID, Kind.REFERENCE):
            ids[0] += 1
            return f"{attribute.target}:{ids[0]}"
        if attribute.choices:
            return draw(st.sampled_from(attribute.choices))
        return draw(LEXICAL[attribute.type])

    found = OmeElement(entity)
    if model.text is not None:
        found.text = draw(LEXICAL[model.text.type])
    found.values = {a.name: value(a) for a in model.attributes if a.required or draw(st.integers(0, 3)) == 0}
    for rank in sorted({child.rank for child in model.children}):
        group = [child for child in model.children if child.rank == rank and child.entity != "BinaryOnly"]
        if group and (group[0].required or draw(st.integers(0, 4)) == 0):
            count = draw(st.integers(1, 3)) if group[0].many and entity != "OME" else 1
            alone = draw(st.sampled_from(group))
            for _ in range(count if alone.many else 1):
                child = alone if group[0].alone else draw(st.sampled_from(group))
                found.children.append(draw(elements(child.entity, ids)))
    return found


@given(root=elements())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_valid_document(shared: Path, root: OmeElement) -> None:
    """Whatever is written is valid, and reads as the same; rows that are columns once read are children here."""
    written = write_ome(OmeDocument(root, "2016-06"))
    assert [fault for fault in faults(shared, written) if "key-sequence" not in fault and "keyref" not in fault] == []
    found = read_ome(written, path="x")
    assert found.warnings == ()
    assert canonical(write_ome(found)) == canonical(written)


NAMES = st.sampled_from(["a", "b", "Value", "Image", "x-y"])
SPACES = st.sampled_from(["", "urn:one", "urn:two", NAMESPACE, "http://www.openmicroscopy.org/Schemas/SA/2013-06"])
PREFIXES = st.dictionaries(st.sampled_from(["p", "q", "OME"]), SPACES.filter(bool), max_size=2)


@st.composite
def parts(draw: st.DrawFn, depth: int = 0) -> etree._Element:
    """Any element, of any namespace and under any prefix, with text around those in it."""
    space = draw(SPACES)
    own = draw(st.sampled_from([None, "p", "r"]))
    names: dict[str | None, str] = dict(draw(PREFIXES).items())
    if space:
        names[own] = space
    found = etree.Element(f"{{{space}}}{draw(NAMES)}" if space else draw(NAMES), nsmap=names)
    found.text = draw(st.none() | TEXT)
    for name in draw(st.lists(NAMES, unique=True, max_size=2)):
        uri = draw(SPACES)
        found.set(f"{{{uri}}}{name}" if uri else name, draw(TEXT))
    for _ in range(draw(st.integers(0, 2 if depth < 3 else 0))):
        child = draw(parts(depth + 1))
        child.tail = draw(st.none() | TEXT)
        found.append(child)
    return found


@given(parts())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_content_of_an_xml_annotation(part: etree._Element) -> None:
    annotation = '<XMLAnnotation ID="Annotation:0"><Value/></XMLAnnotation>'
    root = etree.fromstring(document(f"<StructuredAnnotations>{annotation}</StructuredAnnotations>"))
    root[0][0][0].append(part)
    before = etree.tostring(root)
    assert rewritten(etree.fromstring(before)) == rewritten(etree.fromstring(without_location(again(before))))


def without_location(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    del root.attrib[f"{XSI}schemaLocation"]
    return etree.tostring(root)
