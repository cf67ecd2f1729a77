"""Exports of other image databases in their documented shapes. All names, ids and addresses in them are made up."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from catalogue.exchange.dossier import CannotRead, Dossier, Imported, Pair, Weight
from catalogue.exchange.formats import FORMATS, format_of
from tests.catalogue.exchange.dossiers import written

OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
TRANSFER = f"""<OME xmlns="{OME}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Project ID="Project:1" Name="A project for tests"><Description>Made up for a test</Description>
    <DatasetRef ID="Dataset:2"/><AnnotationRef ID="Annotation:11"/></Project>
  <Dataset ID="Dataset:2" Name="Controls"><ImageRef ID="Image:5"/><AnnotationRef ID="Annotation:10"/></Dataset>
  <Experimenter ID="Experimenter:3" FirstName="Tess" LastName="Tester" Email="tess@example.org" UserName="tess"/>
  <Plate ID="Plate:7" Name="Plate A"><Well ID="Well:1" Row="1" Column="2">
    <WellSample ID="WellSample:1" Index="0"><ImageRef ID="Image:6"/></WellSample></Well></Plate>
  <Image ID="Image:5" Name="a.tiff"><Description>first</Description>
    <Pixels ID="Pixels:5" DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="8" SizeZ="1" SizeC="1" SizeT="1">
      <MetadataOnly/></Pixels>
    <ROIRef ID="ROI:1"/><AnnotationRef ID="Annotation:10"/><AnnotationRef ID="Annotation:12"/>
    <AnnotationRef ID="Annotation:13"/><AnnotationRef ID="Annotation:14"/></Image>
  <Image ID="Image:6" Name="well image">
    <Pixels ID="Pixels:6" DimensionOrder="XYZCT" Type="uint8" SizeX="8" SizeY="8" SizeZ="1" SizeC="1" SizeT="1">
      <MetadataOnly/></Pixels></Image>
  <StructuredAnnotations>
    <MapAnnotation ID="Annotation:10" Namespace="example.org/keys"><Value><M K="species">mouse</M><M K="dose">3</M>
      </Value></MapAnnotation>
    <CommentAnnotation ID="Annotation:11"><Value>kept for a test</Value></CommentAnnotation>
    <TagAnnotation ID="Annotation:12"><Value>control</Value></TagAnnotation>
    <XMLAnnotation ID="Annotation:13" Namespace="openmicroscopy.org/cli/transfer"><Value><CLITransferServerPath>
      <Path>root_0/2022-01/14/a.tiff</Path></CLITransferServerPath></Value></XMLAnnotation>
    <LongAnnotation ID="Annotation:14" Namespace="example.org/rating"><Value>5</Value></LongAnnotation>
  </StructuredAnnotations>
  <ROI ID="ROI:1" Name="cell"><Union><Rectangle ID="Shape:1" X="1.5" Y="2" Width="3" Height="4"/></Union></ROI>
</OME>"""
KEY_VALUES = (
    "OBJECT_ID,OBJECT_NAME,DATASET,species,dose\nnamespace,namespace,,example.org/keys,\n5,a.tiff,Controls,mouse,3\n"
    "6,b.tiff,Controls,,7\n"
)
POPULATE = "# header s,s,s,l\nImage Name,Dataset Name,Gene,Cells\na.tiff,Controls,ACTB,12\n"
EXPERIMENT = {
    "id": 20, "title": "An experiment for tests", "description": "Made up", "institution_name": "Example University",
    "created_time": "2024-01-02T03:04:05", "public_access": 1, "resource_uri": "/api/v1/experiment/20/",
    "authors": [{"author": "Tester, Tess", "order": 1}], "url": "https://example.org/exp",
    "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "parameter_sets": [{"schema": {"namespace": "https://example.org/schema/1", "name": "Scope"},
                        "parameters": [{"name": {"name": "na", "full_name": "Aperture", "units": "NA"},
                                        "numerical_value": 0.75, "string_value": ""}]}],
}  # fmt: skip
DATASET = {"objects": [{"id": 35, "description": "Images of day 1", "experiments": ["/api/v1/experiment/20/"],
                        "immutable": False, "directory": "day1", "instrument": {"name": "Scope 1"},
                        "parameter_sets": []}]}  # fmt: skip
DATAFILES = {"meta": {"total_count": 1}, "objects": [
    {"id": 120, "dataset": "/api/v1/dataset/35/", "directory": "day1", "filename": "a.tif", "size": "25",
     "md5sum": "0" * 32, "mimetype": "image/tiff", "parameter_sets": []}]}  # fmt: skip
METS = """<mets xmlns="http://www.loc.gov/METS/" xmlns:mods="http://www.loc.gov/mods/v3"
 xmlns:xlink="http://www.w3.org/1999/xlink" OBJID="T-1" TYPE="study"><metsHdr CREATEDATE="2024-01-02T03:04:05"/>
 <dmdSec ID="E-1"><mdWrap MDTYPE="MODS"><xmlData><mods:mods><mods:titleInfo><mods:title>A METS for tests</mods:title>
 </mods:titleInfo><mods:name type="personal"><mods:namePart>Tess Tester</mods:namePart></mods:name>
 <mods:abstract>Made up</mods:abstract><mods:genre>experiment</mods:genre></mods:mods></xmlData></mdWrap></dmdSec>
 <dmdSec ID="D-1"><mdWrap MDTYPE="MODS"><xmlData><mods:mods><mods:titleInfo><mods:title>Day 1</mods:title>
 </mods:titleInfo></mods:mods></xmlData></mdWrap></dmdSec>
 <amdSec><techMD ID="A-1"><mdWrap MDTYPE="OTHER"><xmlData><gain>3.5</gain></xmlData></mdWrap></techMD></amdSec>
 <fileSec><fileGrp USE="original"><file ID="F-1" OWNERID="day1/a.tif" SIZE="2148" ADMID="A-1" MIMETYPE="image/tiff">
 <FLocat LOCTYPE="URL" xlink:href="file://day1/a.tif"/></file></fileGrp></fileSec>
 <structMap TYPE="logical"><div TYPE="investigation" DMDID="E-1"><div TYPE="dataset" DMDID="D-1"><fptr FILEID="F-1"/>
 </div></div></structMap></mets>"""
CYTOMINE = {
    "project": {"class": "be.cytomine.project.Project", "id": 42, "name": "A project for tests", "numberOfImages": 1},
    "images": {"collection": [{"class": "be.cytomine.image.ImageInstance", "id": 7, "originalFilename": "slide.svs",
                               "instanceFilename": "slide one", "width": 100, "magnification": 20, "project": 42}]},
    "terms": [{"class": "be.cytomine.ontology.Term", "id": 9, "name": "tumour", "color": "#ff0000"}],
    "annotations": [{"class": "be.cytomine.ontology.UserAnnotation", "id": 11, "image": 7, "term": [9],
                     "location": "POLYGON ((0 0, 10 0, 10 10, 0 0))", "area": 50.5}],
    "properties": [{"class": "be.cytomine.meta.Property", "id": 1, "domainIdent": 7, "key": "stain", "value": "H&E"},
                   {"class": "be.cytomine.meta.Property", "id": 2, "domainIdent": 42, "key": "ward", "value": "test"}],
    "users": [{"class": "be.cytomine.security.User", "id": 3, "firstname": "Tess", "lastname": "Tester",
               "email": "tess@example.org"}],
}  # fmt: skip
XNAT = {
    "project.xml": """<xnat:Project xmlns:xnat="http://nrg.wustl.edu/xnat" ID="TEST" secondary_ID="TEST">
 <xnat:name>A project for tests</xnat:name><xnat:description>Made up</xnat:description>
 <xnat:keywords>mouse brain</xnat:keywords><xnat:PI><xnat:title>Dr.</xnat:title><xnat:firstname>Tess</xnat:firstname>
 <xnat:lastname>Tester</xnat:lastname></xnat:PI></xnat:Project>""",
    "subject.xml": """<xnat:Subject xmlns:xnat="http://nrg.wustl.edu/xnat" ID="S1" label="mouse1" project="TEST">
 <xnat:demographics><xnat:gender>female</xnat:gender><xnat:species>Mus musculus</xnat:species></xnat:demographics>
 </xnat:Subject>""",
    "session.xml": """<xnat:MRSession xmlns:xnat="http://nrg.wustl.edu/xnat" ID="E1" label="day1" project="TEST">
 <xnat:date>2024-01-02</xnat:date><xnat:scanner manufacturer="Maker" model="M7">SC1</xnat:scanner>
 <xnat:subject_ID>S1</xnat:subject_ID><xnat:scans><xnat:scan ID="1" type="T2"><xnat:quality>usable</xnat:quality>
 <xnat:file URI="scans/1/a.nii" file_count="1" file_size="99"/></xnat:scan></xnat:scans></xnat:MRSession>""",
    "day1/catalog.xml": """<cat:Catalog xmlns:cat="http://nrg.wustl.edu/catalog" ID="DICOM"><cat:entries>
 <cat:entry URI="1.dcm" digest="abc" format="DICOM"><cat:metaFields><cat:metaField name="SIZE">512</cat:metaField>
 </cat:metaFields></cat:entry></cat:entries></cat:Catalog>""",
    "sessions.csv": "ID,label,weight\nE1,day1,21.5\nE9,day9,20.1\n",
}  # fmt: skip
BISQUE = """<resource uri="https://example.org/data_service/">
 <dataset name="A dataset for tests" resource_uniq="00-ds" uri="https://example.org/data_service/00-ds">
  <tag name="description" value="Made up"/><tag name="author" value="Tess Tester"/>
  <value type="object">https://example.org/data_service/00-im</value></dataset>
 <image name="a.tif" resource_uniq="00-im" created="2024-01-02T03:04:05" owner="https://example.org/data_service/00-u">
  <tag name="Genus" value="Mus"><tag name="source" value="label"/></tag>
  <gobject type="cell" name="cell 1"><polygon><vertex x="1" y="2" z="0"/><vertex x="3" y="4" z="0"/></polygon>
  </gobject></image></resource>"""
LINCS = {
    "dataset.json": json.dumps({"results": {"totalDocuments": 1, "documents": [{
        "datasetid": "LDS-TEST", "datasetname": "A LINCS dataset for tests", "description": "Made up",
        "centerfullname": "Example Center", "principalinvestigator": "Tess Tester", "assayname": "imaging",
    }]}}),
    "cells.csv": "CL_LINCS_ID,CL_Name,CL_Organism,CL_Organ,CL_Disease\nLCL-T,TESTLINE,Homo sapiens,breast,none known\n",
    "reagents.csv": "SM_LINCS_ID,SM_Name,SM_PubChem_CID\nLSM-T,testinib,1\n",
    "files.csv": "facility_id,filename,well\nT-1,plate1/a.tif,B02\n",
}  # fmt: skip

EXPORTS: dict[str, dict[str, str]] = {
    "omero": {"pack/transfer.xml": TRANSFER},
    "omero-csv": {"keys.csv": KEY_VALUES, "bulk.csv": POPULATE},
    "mytardis": {"experiment.json": json.dumps(EXPERIMENT), "dataset.json": json.dumps(DATASET),
                 "files.json": json.dumps(DATAFILES)},
    "cytomine": {"export.json": json.dumps(CYTOMINE)},
    "xnat": XNAT,
    "bisque": {"data.xml": BISQUE},
    "lincs": LINCS,
}  # fmt: skip


def imported(key: str, folder: Path, files: dict[str, str] | None = None) -> Imported:
    reader = format_of(key).read
    assert reader is not None
    return reader(written({name: text.encode() for name, text in (files or EXPORTS[key]).items()}, folder))


def pairs_of(dossier: Dossier) -> dict[str, str]:
    """Every named value, those of files too, by its name."""
    some = [*dossier.pairs.values(), *(line.pairs for line in dossier.files)]
    return {pair.name: pair.value for pairs in some for pair in pairs}


def _json_values(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _json_values(part)
    elif not isinstance(value, bool):
        yield str(value)


def kept_in(found: Imported) -> str:
    """All that was kept, as one text; people also as they are written in one."""
    people = found.dossier.document.get("contributors", ())
    names = [f"{row.get('given_name')} {row['family_name']}, {row.get('given_name')}" for row in people]
    return repr(found.dossier) + repr(found.remarks) + repr(names)


def values_in(text: str) -> set[str]:
    """Every value of an export, by readers of the test's own."""
    if text.startswith("<"):
        root = etree.fromstring(text.encode())
        found = {str(value) for element in root.iter() for value in element.attrib.values()}
        return found | {part.strip() for element in root.iter() for part in (element.text, element.tail) if part}
    if text.startswith("{"):
        return set(_json_values(json.loads(text)))
    return {cell for row in text.splitlines() if not row.startswith("#") for cell in row.split(",")}


# What tells a reader how the export is built, and says nothing of the study.
STRUCTURE = {
    "namespace", "E-1", "D-1", "A-1", "MODS", "OTHER", "logical", "investigation", "dataset", "original", "T-1",
    "study", "personal", "F-1", "URL", "Project:1", "Dataset:2", "/api/v1/dataset/35/", "35", "1", "0",
}  # fmt: skip


@pytest.mark.parametrize("key", EXPORTS)
def test_every_value_of_an_export_is_kept(tmp_path: Path, key: str) -> None:
    found = imported(key, tmp_path)
    kept = kept_in(found)
    for name, text in EXPORTS[key].items():
        lines = [line for line in text.split("\n") if not line.startswith("#")]
        heads = set(lines[0].split(",")) if name.endswith(".csv") else set()
        values = {value for value in values_in(text) - STRUCTURE - heads if value and "Annotation:" not in value}
        assert {one for one in values if one not in kept and one.rpartition("/")[2] not in kept} == set(), name


@pytest.mark.parametrize("key", EXPORTS)
def test_an_export_is_known_as_what_it_is_and_as_nothing_else(tmp_path: Path, key: str) -> None:
    files = written({name: text.encode() for name, text in EXPORTS[key].items()}, tmp_path)
    first = next(one.key for one in FORMATS if one.is_mine and one.is_mine(files))
    assert first == key


@pytest.mark.parametrize("key", ["mytardis", "cytomine", "xnat", "bisque", "omero", "lincs"])
def test_study_and_people_are_found(tmp_path: Path, key: str) -> None:
    document = imported(key, tmp_path).dossier.document
    assert re.fullmatch(r"An? (project|experiment|dataset|LINCS dataset) for tests", document["study"]["title"])
    assert [(row["family_name"], row.get("given_name")) for row in document["contributors"]] == [("Tester", "Tess")]


def test_an_omero_pack_has_files_with_key_values_tags_and_regions(tmp_path: Path) -> None:
    found = imported("omero", tmp_path).dossier
    first, second = found.files
    assert first.path == "root_0/2022-01/14/a.tiff"
    assert first.component == "Dataset-Dataset:2"
    assert Pair("example.org/keys", "species", "mouse") in first.pairs
    assert Pair("openmicroscopy.org/omero", "Tag", "control") in first.pairs
    assert Pair("example.org/rating", "Long", "5") in first.pairs
    assert (second.plate, second.well) == ("Plate A", "B03")
    assert Pair("openmicroscopy.org/omero", "Comment", "kept for a test") in found.pairs["study"]
    assert any("Rectangle" in pair.name and pair.value == "1.5" for pair in found.pairs["study"])


def test_omero_key_values_have_their_namespaces(tmp_path: Path) -> None:
    found = imported("omero-csv", tmp_path).dossier
    assert [line.path for line in found.files] == ["Controls/a.tiff", "Controls/b.tiff", "Controls/a.tiff"]
    assert Pair("example.org/keys", "species", "mouse") in found.files[0].pairs
    assert pairs_of(found)["Gene"] == "ACTB"


def test_mytardis_parameters_have_their_schema_and_unit(tmp_path: Path) -> None:
    found = imported("mytardis", tmp_path).dossier
    assert Pair("https://example.org/schema/1", "Aperture", "0.75", "NA") in found.pairs["study"]
    (line,) = found.files
    assert (line.path, line.size, line.component) == ("day1/a.tif", 25, found.document["components"][0]["id"])
    assert found.document["study"]["licence"] == "CC-BY-4.0"


def test_mytardis_mets(tmp_path: Path) -> None:
    found = imported("mytardis", tmp_path, {"mets.xml": METS})
    document = found.dossier.document
    assert (document["study"]["title"], document["study"]["description"]) == ("A METS for tests", "Made up")
    assert [row["title"] for row in document["components"]] == ["Day 1"]
    (line,) = found.dossier.files
    assert (line.path, line.size) == ("day1/a.tif", 2148)
    assert "3.5" in {pair.value for pair in line.pairs}
    kept = kept_in(found)
    assert {value for value in values_in(METS) - STRUCTURE if value and value not in kept} == set()


def test_cytomine_annotations_and_properties_are_of_their_image(tmp_path: Path) -> None:
    (line,) = imported("cytomine", tmp_path).dossier.files
    named = {pair.name: pair.value for pair in line.pairs}
    assert line.path == "slide.svs"
    assert named["annotation 11.location"].startswith("POLYGON")
    assert named["annotation 11.term"] == "tumour"
    assert named["stain"] == "H&E"


def test_xnat_subjects_are_samples_and_sessions_components(tmp_path: Path) -> None:
    found = imported("xnat", tmp_path).dossier
    (sample,) = found.document["biosamples"]
    assert sample["title"] == "mouse1"
    assert sample["organisms"][0]["organism"]["text"] == "Mus musculus"
    (component,) = found.document["components"]
    assert component["associations"][0]["biosample"] == sample["id"]
    assert found.document["acquisitions"][0]["imaging_instrument"] == "Maker M7"
    assert [(line.path, line.size, line.component) for line in found.files] == [
        ("scans/1/a.nii", None, component["id"]), ("day1/1.dcm", 512, component["id"]),
    ]  # fmt: skip
    assert "21.5" in {pair.value for pair in found.pairs[f"component/{component['id']}"]}


def test_bisque_tags_within_tags_and_outlines(tmp_path: Path) -> None:
    found = imported("bisque", tmp_path).dossier
    (line,) = found.files
    named = {pair.name: pair.value for pair in line.pairs}
    assert (named["Genus"], named["Genus/source"]) == ("Mus", "label")
    assert named["cell 1/polygon/vertex[2]"] == "x=3, y=4, z=0"
    assert line.component == found.document["components"][0]["id"]


def test_lincs_cells_and_reagents(tmp_path: Path) -> None:
    found = imported("lincs", tmp_path).dossier
    (sample,) = found.document["biosamples"]
    assert (sample["title"], sample["biological_entity"]["text"]) == ("TESTLINE", "breast")
    assert {(one["kind"], one["name"], one["value"]["text"]) for one in sample["variables"]} == {
        ("intrinsic", "disease", "none known"), ("extrinsic", "small molecule", "testinib"),
    }  # fmt: skip
    assert [line.path for line in found.files] == ["plate1/a.tif"]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REACHES = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [LAUGHS, REACHES])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("key", "name", "text"),
    [("xnat", "project.xml", XNAT["project.xml"]), ("bisque", "data.xml", BISQUE), ("mytardis", "m.xml", METS),
     ("omero", "transfer.xml", TRANSFER)],
)  # fmt: skip
def test_entities_are_refused_in_words(
    tmp_path: Path, key: str, name: str, text: str, encoding: str, declared: str
) -> None:
    reader = format_of(key).read
    assert reader is not None
    data = f'<?xml version="1.0" encoding="{encoding}"?>{declared}{text}'.encode(encoding)
    with pytest.raises(CannotRead, match=r"DOCTYPE|document type|entit|no XML"):
        reader(written({name: data}, tmp_path))


@pytest.mark.parametrize("key", ["xnat", "bisque", "omero"])
def test_xml_that_is_cut_off_is_refused_with_its_line(tmp_path: Path, key: str) -> None:
    name, text = next(iter(EXPORTS[key].items()))
    with pytest.raises(CannotRead, match="line"):
        imported(key, tmp_path, {name: text[: len(text) * 2 // 3]})


@pytest.mark.parametrize("key", ["mytardis", "cytomine"])
def test_json_that_is_cut_off_is_refused_with_its_line(tmp_path: Path, key: str) -> None:
    name, text = next(iter(EXPORTS[key].items()))
    with pytest.raises(CannotRead, match="line 1"):
        imported(key, tmp_path, {name: text[: len(text) // 2]})


def test_a_second_experiment_is_told_of_and_kept(tmp_path: Path) -> None:
    other = {**EXPERIMENT, "title": "Another one", "authors": []}
    found = imported("mytardis", tmp_path, {"all.json": json.dumps({"objects": [EXPERIMENT, other]})})
    assert [remark.value for remark in found.remarks if remark.weight is Weight.ERROR] == ["Another one"]
    assert pairs_of(found.dossier)["experiment.title"] == "Another one"
