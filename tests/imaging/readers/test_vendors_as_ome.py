"""What vendors' files say of instrument, channels and planes is valid OME, and holds what refers to each other."""

from pathlib import Path

import pytest
from lxml import etree

from imaging.ome.document import OmeElement
from imaging.ome.of_facts import document_of
from imaging.ome.write import write_ome
from imaging.readers import read_facts

NAMESPACE = {"o": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}
FILES = (
    "czi/1_tileregion.czi", "czi/CellDivision_T3_Z5_CH2_X240_Y170.czi",
    "czi/CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi", "czi/LSM880_AiryScan.czi", "czi/WellD6-7_S2.czi",
    "czi/neubias_xyz__multiple_images.czi", "czi/nuc_small.czi", "lif/LeicaLASX_wavelength-sweep_example.lif",
    "nd2/example-multichannel.nd2", "nd2/example-pbmc.nd2", "nd2/example-zstack.nd2",
)  # fmt: skip


def written(shared: Path, name: str) -> etree._Element:
    document = document_of(read_facts(shared / "samples/03_vendor" / name))
    for image in document.root.all("Image"):
        for pixels in image.all("Pixels"):
            pixels.children.append(OmeElement("MetadataOnly"))  # what stands for the pixels in a file of its own
    return etree.fromstring(write_ome(document))


@pytest.mark.parametrize("name", FILES)
def test_it_is_valid(shared: Path, name: str) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "reference/ome/ome-2016-06.xsd"))
    root = written(shared, name)
    assert schema.validate(root), schema.error_log
    ids = root.xpath("//o:*[not(contains(local-name(), 'Ref') or contains(local-name(), 'Settings'))]/@ID",
                     namespaces=NAMESPACE)  # fmt: skip
    assert isinstance(ids, list)
    assert len(ids) == len(set(ids))
    references = root.xpath("//o:*[contains(local-name(), 'Ref') or contains(local-name(), 'Settings')]/@ID",
                            namespaces=NAMESPACE)  # fmt: skip
    assert isinstance(references, list)
    assert set(references) <= set(ids)


def test_settings_of_detectors_and_filters_of_sets(shared: Path) -> None:
    root = written(shared, "czi/LSM880_AiryScan.czi")
    settings = root.find(".//o:DetectorSettings", NAMESPACE)
    assert settings is not None
    assert (settings.get("ID"), settings.get("Gain"), settings.get("Binning")) == (
        "Detector:0", "881.07602095919447", "1x1"
    )  # fmt: skip
    filters = [one.get("ID") for one in root.iterfind(".//o:FilterSet/o:EmissionFilterRef", NAMESPACE)]
    assert filters == ["Filter:0", "Filter:1", "Filter:2", "Filter:3"]
