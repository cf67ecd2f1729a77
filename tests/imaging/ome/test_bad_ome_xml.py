"""OME-XML that is broken or made to harm: a clear error, and no time or memory lost."""

import time

import pytest

from imaging.errors import ImageError
from imaging.ome.model import NAMESPACE
from imaging.ome.read import read_ome
from tests.imaging.ome.comparing import document

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    ("xml", "match"),
    [
        (b"", "not well-formed"),
        (b"no XML", "not well-formed"),
        (b"<OME>\n<Image>", r"line 2"),
        (b"<OME><Image></OME>", "not well-formed"),
        (b"<OME>&nothing;</OME>", "not well-formed"),
        (f"<!DOCTYPE OME [{LAUGHS}]><OME>&l9;</OME>".encode(), "DOCTYPE"),
        (b'<!DOCTYPE OME [<!ENTITY x SYSTEM "file:///etc/passwd">]><OME><Image Name="&x;"/></OME>', "DOCTYPE"),
        (b'<!DOCTYPE OME SYSTEM "http://example.org/ome.dtd"><OME/>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="klingon"?><OME/>', "not well-formed"),
        (b'<OME xmlns="x"><a:b/></OME>', "not well-formed"),
        (b"<html/>", "its root is <html>"),
        (b"<OME>" + b"<a>" * 100_000, "nested deeper"),
        (b"\xff\xfe<\x00O\x00M\x00E\x00", "not well-formed"),
    ],
)
def test_refused(xml: bytes, match: str) -> None:
    start = time.process_time()
    with pytest.raises(ImageError, match=match) as caught:
        read_ome(xml, path="/somewhere/bad.ome.xml")
    assert str(caught.value).startswith("bad.ome.xml: OME-XML: ")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("version", ["2008-09", "2015-01"])
def test_older_schemas_are_no_way_around(version: str) -> None:
    for xml in (document("<Image>", version), b"<!DOCTYPE OME []>" + document("", version)):
        with pytest.raises(ImageError, match="OME-XML: "):
            read_ome(xml, path="bad.ome.xml")
    odd = document("<Image ID='a'/><Pixels/><Image/><ROI/><Value/><ROI:Shape xmlns:ROI='x'/>", version)
    assert read_ome(odd, path="odd.ome.xml").version == version


def test_encodings() -> None:
    text = '<?xml version="1.0" encoding="{}"?><OME xmlns="{}"><Image ID="Image:0" Name="µ"/></OME>'
    for namespace in ("", NAMESPACE.replace("2016-06", "2015-01")):
        for encoding in ("utf-8", "utf-16", "iso-8859-1"):
            xml = text.format(encoding, namespace)
            for data in (xml, xml.encode(encoding)):
                assert read_ome(data, path="x").root.children[0].get("Name") == "µ"


def test_what_follows_the_document_in_a_tag_is_ignored() -> None:
    assert read_ome(document("") + b"\0\0 \n", path="x").root.entity == "OME"


def test_rows_that_all_differ_are_read_in_time() -> None:
    names = ("DeltaT", "ExposureTime", "PositionX", "PositionY", "PositionZ")
    some = [" ".join(f'{name}="1"' for i, name in enumerate(names) if n >> i & 1) for n in range(32)]
    rows = "".join(f'<Plane TheZ="{n}" TheC="0" TheT="0" {some[n % 32]}/>' for n in range(20_000))
    start = time.process_time()
    found = read_ome(document(f"<Image><Pixels>{rows}</Pixels></Image>"), path="x")
    planes = found.root.children[0].children[0].planes
    assert planes is not None
    assert planes.count == 20_000
    assert planes.numbers["PositionZ"].texts()[:32].count("1") == 16
    assert time.process_time() - start < 5
