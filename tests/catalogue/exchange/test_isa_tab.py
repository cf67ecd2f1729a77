"""ISA-Tab: archives in and out again, isatools as the judge of what goes out, bad ones told of."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from catalogue.exchange import idr, isa_tab, overlay
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Imported, Pair, Weight
from catalogue.exchange.formats import FORMATS
from tests import factory
from tests.catalogue.exchange.dossiers import dossiers, written

JUDGE = Path(__file__).parent / "isatools_judge.py"

# A small archive as other tools write it, all of it quoted. The people and ids are made up.
INVESTIGATION = """\
"ONTOLOGY SOURCE REFERENCE"
"Term Source Name"\t"NCBITaxon"\t"OBI"
"Term Source File"\t""\t"http://purl.obolibrary.org/obo/obi.owl"
"INVESTIGATION"
"Investigation Identifier"\t"TEST-I"
"Investigation Title"\t"An investigation for tests"
"INVESTIGATION PUBLICATIONS"
"INVESTIGATION CONTACTS"
"STUDY"
"Study Identifier"\t"TEST-1"
"Study Title"\t"Leaves under drought, imaged for a test"
"Study Description"\t"Leaves of two lines were imaged in a test."
"Study Public Release Date"\t"2024-05-01"
"Study File Name"\t"s_test.txt"
"Comment[Funder]"\t"A funder"
"STUDY DESIGN DESCRIPTORS"
"Study Design Type"\t"intervention design"\t"drought"
"Study Design Type Term Accession Number"\t"http://purl.obolibrary.org/obo/OBI_0000115"\t""
"Study Design Type Term Source REF"\t"OBI"\t""
"STUDY PUBLICATIONS"
"Study PubMed ID"\t"1"
"Study Publication DOI"\t"10.5555/12345678"
"Study Publication Title"\t"A test article"
"Study Publication Status"\t"Published"
"STUDY FACTORS"
"Study Factor Name"\t"watering"\t"dose"
"Study Factor Type"\t"treatment"\t"dose"
"STUDY ASSAYS"
"Study Assay File Name"\t"a_imaging.txt"
"Study Assay Measurement Type"\t"phenotyping"
"Study Assay Technology Type"\t"confocal microscopy"
"Study Assay Technology Type Term Accession Number"\t"http://purl.obolibrary.org/obo/FBbi_00000251"
"Study Assay Technology Type Term Source REF"\t"FBbi"
"Study Assay Technology Platform"\t"A confocal microscope"
"STUDY PROTOCOLS"
"Study Protocol Name"\t"growing"\t"staining"\t"imaging"\t"counting"
"Study Protocol Type"\t"growth"\t"sample preparation"\t"image acquisition"\t"data analysis"
"Study Protocol Description"\t"Grown in soil."\t"Stained with PI."\t"Imaged at 20x."\t"Counted by hand."
"Study Protocol Parameters Name"\t"light;temperature"\t""\t"objective"\t""
"STUDY CONTACTS"
"Study Person Last Name"\t"Tester"\t"Second"
"Study Person First Name"\t"Tess"\t"Sam"
"Study Person Email"\t"tess@example.org"\t""
"Study Person Affiliation"\t"Example University"\t"Example University"
"Study Person Roles"\t"principal investigator"\t"Researcher"
"Comment[ORCID]"\t"https://orcid.org/0000-0002-1825-0097"\t""
"""
STUDY = """\
"Source Name"\t"Characteristics[Organism]"\t"Term Source REF"\t"Term Accession Number"\
\t"Characteristics[Organism part]"\t"Characteristics[age]"\t"Unit"\t"Protocol REF"\t"Parameter Value[light]"\
\t"Protocol REF"\t"Sample Name"\
\t"Factor Value[watering]"\t"Factor Value[dose]"\t"Unit"\t"Comment[Tray]"
"plant 1"\t"Arabidopsis thaliana"\t"NCBITaxon"\t"http://purl.obolibrary.org/obo/NCBITaxon_3702"\t"leaf"\t"14"\t"day"\
\t"growing"\t"dim"\t"staining"\t"leaf 1"\t"none"\t"5"\t"mg"\t"T1"
"plant 2"\t"Arabidopsis thaliana"\t"NCBITaxon"\t"NCBItaxon_3702"\t"leaf"\t"14"\t"day"\
\t"growing"\t"bright"\t"staining"\t"leaf 2"\t"daily"\t"7"\t"mg"\t"T2"
"""
ASSAY = """\
"Sample Name"\t"Protocol REF"\t"Parameter Value[objective]"\t"Assay Name"\t"Image File"\t"Comment[Channel]"\
\t"Protocol REF"\t"Derived Data File"
"leaf 1"\t"imaging"\t"20x"\t"run 1"\t"images/leaf1.tif"\t"PI"\t"counting"\t"counts/leaf1.csv"
"leaf 2"\t"imaging"\t"20x"\t"run 2"\t"images/leaf2.tif"\t"PI"\t""\t""
"""
ARCHIVE = {"i_test.txt": INVESTIGATION, "s_test.txt": STUDY, "a_imaging.txt": ASSAY}


def archive(folder: Path, **changed: str) -> dict[str, Path]:
    return written({name: changed.get(name[0], text).encode() for name, text in ARCHIVE.items()}, folder)


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    return isa_tab.read(archive(tmp_path))


def test_an_archive_of_another_tool_is_known_by_its_investigation_file(tmp_path: Path) -> None:
    assert next(one.key for one in FORMATS if one.is_mine and one.is_mine(archive(tmp_path))) == "isa-tab"
    assert not isa_tab.is_mine(written({"a.txt": b"Study Title\tx"}, tmp_path))


def test_study_people_and_articles(imported: Imported) -> None:
    document = imported.dossier.document
    assert document["study"]["title"] == "Leaves under drought, imaged for a test"
    assert document["study"]["keywords"] == [{"text": "drought"}]
    assert [(row["family_name"], row.get("orcid"), row["roles"]) for row in document["contributors"]] == [
        ("Tester", "0000-0002-1825-0097", [{"role": "ProjectLeader"}]), ("Second", None, [{"role": "Researcher"}]),
    ]  # fmt: skip
    assert [row["name"] for row in document["organisations"]] == ["Example University"]
    assert document["publications"][0]["status"] == "published"


def test_sources_become_samples_and_samples_preparations(imported: Imported) -> None:
    first, second = imported.dossier.document["biosamples"]
    assert first["organisms"] == [{"organism": {"text": "Arabidopsis thaliana", "curie": "NCBITaxon:3702"}}]
    assert first["biological_entity"]["text"] == "leaf"
    assert first["growth_protocol"] == "Grown in soil."
    assert [(one["kind"], one["name"], one["value"]["text"], one.get("unit")) for one in first["variables"]] == [
        ("intrinsic", "age", "14", "day"), ("experimental", "watering", "none", None),
        ("experimental", "dose", "5", "mg"),
    ]  # fmt: skip
    specimens = imported.dossier.document["specimens"]
    assert [(row["title"], row["biosample"], row["sample_preparation"]) for row in specimens] == [
        ("leaf 1", first["id"], "Stained with PI."), ("leaf 2", second["id"], "Stained with PI."),
    ]  # fmt: skip
    assert Pair("isa-tab/table", "Comment[Tray]", "T1") in imported.dossier.pairs[f"specimen/{specimens[0]['id']}"]


def test_assays_become_components_with_their_files(imported: Imported) -> None:
    document = imported.dossier.document
    (acquisition,) = document["acquisitions"]
    assert acquisition["imaging_instrument"] == "A confocal microscope"
    assert acquisition["image_acquisition_parameters"] == "Imaged at 20x."
    assert acquisition["methods"] == [{"method": {"text": "confocal microscopy", "curie": "FBbi:00000251"}}]
    assert document["analyses"][0]["analysis_method"] == "Counted by hand."
    lines = imported.dossier.files
    assert [(line.path, line.specimen) for line in lines] == [
        ("images/leaf1.tif", "specimen-1"), ("counts/leaf1.csv", "specimen-1"), ("images/leaf2.tif", "specimen-2"),
    ]  # fmt: skip
    assert {pair.name: pair.value for pair in lines[0].pairs}["Parameter Value[objective]"] == "20x"


def test_every_cell_is_kept(imported: Imported) -> None:
    kept = json.dumps(imported.dossier.document) + repr(imported.dossier.pairs) + repr(imported.dossier.files)
    kept += repr(imported.remarks)
    structure = {"s_test.txt", "NCBITaxon", "Image File", "plant 1", "plant 2"}
    spelt = {"https://orcid.org/0000-0002-1825-0097", "http://purl.obolibrary.org/obo/NCBITaxon_3702",
             "http://purl.obolibrary.org/obo/FBbi_00000251", "FBbi"}  # fmt: skip
    for text in ARCHIVE.values():
        first = text.startswith('"ONTOLOGY')
        for row in text.splitlines() if first else text.splitlines()[1:]:
            for cell in row.replace('"', "").split("\t")[1 if first else 0 :]:
                assert not cell or cell in structure | spelt or cell in kept, cell


def test_a_misspelt_ontology_is_told_of(imported: Imported) -> None:
    (remark,) = [one for one in imported.remarks if one.weight is Weight.REPAIR and one.proposal == "NCBITaxon:3702"]
    assert (remark.value, remark.place.file, remark.place.field) == (
        "NCBItaxon:3702", "s_test.txt", "Characteristics[Organism]",
    )  # fmt: skip


def test_it_goes_out_as_isa_tab_and_comes_in_again(imported: Imported, tmp_path: Path) -> None:
    files = isa_tab.write(imported.dossier)
    back = isa_tab.read(written(files, tmp_path)).dossier
    assert overlay.lacking(imported.dossier, back) == []
    table = files["a_assay1.txt"].decode().splitlines()
    assert table[0].startswith("Sample Name\tProtocol REF\tParameter Value[objective]\tAssay Name\t")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25, deadline=None
)
@given(dossiers())
def test_any_study_goes_out_and_comes_in_again(tmp_path: Path, dossier: Dossier) -> None:
    back = isa_tab.read(written(isa_tab.write(dossier), tmp_path)).dossier
    assert overlay.lacking(dossier, back) == []


@pytest.mark.parametrize("name", ["idr0020-barr-chtog", "idr0027-dickerson-chromatin", "idr0038-held-kidneylightsheet"])
def test_a_study_of_idr_goes_through_isa_tab_whole(shared: Path, tmp_path: Path, name: str) -> None:
    folder = shared / "reference" / "idr" / name
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    dossier = idr.read(files).dossier
    assert overlay.same(dossier, isa_tab.read(written(isa_tab.write(dossier), tmp_path)).dossier)


def judged(isatools: Path, dossier: Dossier, folder: Path) -> dict[str, Any]:
    for name, data in isa_tab.write(dossier).items():
        (folder / name).write_bytes(data)
    done = subprocess.run([isatools, JUDGE, folder], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_judge_reads_the_same_values(isatools: Path, tmp_path: Path) -> None:
    document = factory.document()
    line = FileLine("images/a.tif", "plate", 10, "ab" * 32, [Pair("x", "dose", "3", "µM")], specimen="specimen")
    found = judged(isatools, Dossier(document, [line]), tmp_path)
    assert found["said"] == []
    assert (found["title"], found["description"]) == (document["study"]["title"], document["study"]["description"])
    assert found["people"] == [["Depositor", "Ada", "ada@example.org", "University of Colorado Anschutz"]]
    assert found["articles"] == [["REMBI", "10.1038/s41592-021-01166-8", ""]]
    assert sorted(found["protocols"].values()) == sorted(
        [document["specimens"][0]["sample_preparation"], document["acquisitions"][0]["image_acquisition_parameters"]]
    )
    (sample,) = document["biosamples"]
    characteristics = found["sources"][sample["title"]]
    assert ["Organism", "Homo sapiens", "http://purl.obolibrary.org/obo/NCBITaxon_9606"] in characteristics
    assert found["samples"] == [document["specimens"][0]["title"]]
    (assay,) = found["assays"]
    assert assay[2] == ["images/a.tif"]


def test_the_judge_reads_what_came_from_another_tool_and_from_idr(
    isatools: Path, imported: Imported, shared: Path, tmp_path: Path
) -> None:
    found = judged(isatools, imported.dossier, tmp_path)
    assert found["factors"] == ["watering", "dose"]
    assert found["protocols"]["staining"] == "Stained with PI."
    assert found["samples"] == ["leaf 1", "leaf 2"]
    assert found["assays"][0][2] == ["counts/leaf1.csv", "images/leaf1.tif", "images/leaf2.tif"]
    folder = shared / "reference" / "idr" / "idr0027-dickerson-chromatin"
    dossier = idr.read({str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}).dossier
    found = judged(isatools, dossier, tmp_path)
    assert len(found["assays"][0][2]) == len(dossier.files)


@pytest.mark.parametrize(
    ("changed", "message", "weight"),
    [
        ({"i": INVESTIGATION[: INVESTIGATION.index('"STUDY PROTOCOLS"')]}, "no section STUDY PROTOCOLS", Weight.ERROR),
        ({"i": INVESTIGATION.replace("s_test.txt", "s_other.txt")}, "s_other.txt, which is not among", Weight.ERROR),
        ({"i": INVESTIGATION + INVESTIGATION[INVESTIGATION.index('"STUDY"\n') :]}, "has 2 studies", Weight.ERROR),
        ({"s": STUDY.replace('"Sample Name"', '"Sample"')}, "no column Sample Name", Weight.ERROR),
        ({"s": ""}, "This table is empty", Weight.ERROR),
        ({"i": INVESTIGATION + '#"a comment"\t"a value"\n'}, "begins with #", Weight.NOTE),
        ({"i": INVESTIGATION.replace('"A funder"', '"A funder')}, "never closed", Weight.NOTE),
        ({"a": ASSAY.replace("leaf 2", "leaf 3")}, "no sample “leaf 3”", Weight.NOTE),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_is_read(
    tmp_path: Path, changed: dict[str, str], message: str, weight: Weight
) -> None:
    imported = isa_tab.read(archive(tmp_path, **changed))
    assert [one.weight for one in imported.remarks if message in one.message] == [weight]
    assert imported.dossier.document["study"]["title"] == "Leaves under drought, imaged for a test"


def test_an_investigation_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="no section STUDY"):
        isa_tab.read(archive(tmp_path, i=INVESTIGATION[: INVESTIGATION.index('"STUDY"\n')]))


def test_a_thousand_samples_are_put_together_by_what_they_are(tmp_path: Path) -> None:
    head, first, _ = STUDY.splitlines()
    rows = [first.replace("plant 1", f"plant {n}").replace("leaf 1", f"leaf {n}") for n in range(1000)]
    imported = isa_tab.read(archive(tmp_path, s="\n".join([head, *rows]) + "\n"))
    assert len(imported.dossier.document["biosamples"]) == 1
    (specimen,) = imported.dossier.document["specimens"]
    names = [pair.value for pair in imported.dossier.pairs[f"specimen/{specimen['id']}"] if pair.name == "Sample Name"]
    assert len(names) == 999
    assert any("1000 ISA samples were put together to 1" in remark.message for remark in imported.remarks)
