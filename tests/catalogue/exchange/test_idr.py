"""IDR's study files and tables: the real ones in and out again, their dirt told of, and nothing of them lost."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from catalogue.dossiers import of_study
from catalogue.exchange import overlay
from catalogue.exchange.dossier import Dossier, Imported, Weight
from catalogue.exchange.formats import FORMATS
from catalogue.exchange.idr import is_mine, read, write
from catalogue.services import importing
from tests import factory
from tests.catalogue.exchange.dossiers import dossiers, written
from tests.catalogue.exchange.idr_files import files_in, of, said

STUDIES = (
    "idr0001-graml-sysgro", "idr0003-breker-plasticity", "idr0004-thorpe-rad52", "idr0010-doil-dnadamage",
    "idr0011-ledesmafernandez-dad4", "idr0013-neumann-mitocheck", "idr0020-barr-chtog", "idr0025-stadler-proteinatlas",
    "idr0027-dickerson-chromatin", "idr0038-held-kidneylightsheet",
)  # fmt: skip


@pytest.fixture(scope="session", params=STUDIES)
def study(request: pytest.FixtureRequest, shared: Path) -> tuple[dict[str, Path], Imported]:
    files = files_in(shared / "reference" / "idr" / request.param)
    return files, read(files)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _curie_cells(part) if key == "curie" else _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
        for part in value.split("\n\n"):  # several protocols in one field, each after its name
            if ": " in part and part != value:
                yield part.partition(": ")[2]


def _curie_cells(curie: str) -> Iterator[str]:
    """The two cells that a CURIE stands for: the ontology, and the accession."""
    if curie:
        yield from (curie.partition(":")[0], curie.replace(":", "_", 1))


def _kept(imported: Imported) -> Counter[str]:
    """Every text that was kept somewhere, with how often."""
    found: Counter[str] = Counter()
    dossier = imported.dossier
    found.update(_plain(text) for text in _texts(dossier.document))
    for pairs in [*dossier.pairs.values(), *(line.pairs for line in dossier.files)]:
        for pair in pairs:
            found.update(map(_plain, (pair.name, pair.value, *_curie_cells(pair.curie))))
    for row in dossier.document.get("channels", ()):
        found[f"{row.get('channel_label')}: {row['content']['text']}"] += 1
    for line in dossier.files:
        found.update({_plain(line.plate): 1, _plain(line.well): 1, _plain(line.path.rpartition("/")[0]): 1})
    for remark in imported.remarks:
        found.update(map(_plain, (remark.value, *remark.value.split("\t"))))
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "").split())


STRUCTURE = {"Screen Number", "Experiment Number", "Study Screens Number", "Study Experiments Number"}


def _cells(path: Path, delimiter: str) -> Iterator[list[str]]:
    """The cells by a reader of the test's own: line by line, quotes left out, for one file has a quote left open."""
    text = path.read_text("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE):
        yield [cell.replace('"', "").strip() for cell in row]


def test_a_study_is_known_as_one_of_idr_before_any_other_format(study: tuple[dict[str, Path], Imported]) -> None:
    files, _ = study
    assert next(one.key for one in FORMATS if one.is_mine and one.is_mine(files)) == "idr"


def test_every_cell_of_a_study_file_is_kept(study: tuple[dict[str, Path], Imported]) -> None:
    files, imported = study
    path = next(path for name, path in files.items() if name.endswith("-study.txt"))
    kept = _kept(imported)
    lost: Counter[str] = Counter()
    for label, *values in filter(None, _cells(path, "\t")):
        if not label.startswith("#") and label not in STRUCTURE:
            lost.update(_plain(value) for value in values if value)
    assert sum(lost.values()) > 30
    lacking = lost - kept
    words = {
        "CC BY 4.0": "CC-BY-4.0",
        "CC BY-NC-SA 3.0": "CC-BY-NC-SA-3.0",
        "CC BY-SA 3.0": "CC-BY-SA-3.0",
        "CC0 1.0": "CC0-1.0",
    }
    spelt = {text for text in lacking if words.get(text) in kept or text.startswith("https://creativecommons.org/")
             or text.removeprefix("https://doi.org/") in kept}  # fmt: skip
    assert {text: count for text, count in lacking.items() if text not in spelt} == {}


def test_every_cell_of_the_tables_is_kept(study: tuple[dict[str, Path], Imported]) -> None:
    files, imported = study
    kept = _kept(imported)
    for name, path in files.items():
        if name.endswith(("-study.txt", ".yml")):
            continue
        delimiter = "," if name.endswith(".csv") else "\t"
        rows = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=delimiter)
        cells = {_plain(cell) for number, row in enumerate(rows) for cell in row if number or "plates" in name}
        known = kept | Counter(text.removeprefix("Dataset:name:") for text in cells if text.startswith("Dataset:name:"))
        lost = {text for text in cells if text and text not in known and text.removeprefix("Dataset:name:") not in kept}
        assert lost == set(), name


def test_every_row_of_an_annotation_is_a_line_with_its_values(shared: Path) -> None:
    files = files_in(shared / "reference" / "idr" / "idr0020-barr-chtog")
    lines = {(line.plate, line.well): line for line in read(files).dossier.files}
    with files["screenA/idr0020-screenA-annotation.csv"].open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pairs = {pair.name: pair for pair in lines[row["Plate"], row["Well"]].pairs}
            assert (
                pairs["Gene Symbol"].value == row["Gene Symbol"] if row["Gene Symbol"] else "Gene Symbol" not in pairs
            )
            if row["Characteristics [Organism]"]:
                assert pairs["Characteristics [Organism]"].curie == row["Term Source 1 Accession"].replace("_", ":")


def test_what_goes_out_comes_in_again(study: tuple[dict[str, Path], Imported], tmp_path: Path) -> None:
    _, imported = study
    files = write(imported.dossier)
    assert is_mine(written(files, tmp_path))
    assert overlay.lacking(imported.dossier, read(written(files, tmp_path)).dossier) == []
    text = next(data for name, data in files.items() if name.endswith("-study.txt")).decode()
    assert "Comment[Vitrine" not in text  # IDR's own rows say all of it


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25, deadline=None
)
@given(dossiers())
def test_any_study_goes_out_and_comes_in_again(tmp_path: Path, dossier: Dossier) -> None:
    # IDR counts its screens by these rows; one that no component stands for would be made into one, and take the files.
    numbered = {pair.name for pair in dossier.pairs.get("study", [])} & {"Screen Number", "Experiment Number"}
    assume(dossier.document["components"] or not numbered)
    back = read(written(write(dossier), tmp_path)).dossier
    assert overlay.lacking(dossier, back) == []


@pytest.mark.django_db
def test_a_study_taken_into_a_draft_goes_out_as_it_came_in(shared: Path, tmp_path: Path) -> None:
    imported = of(shared, "idr0038")
    owner = factory.user()
    draft = factory.draft(owner)
    importing.apply(actor=factory.actor(owner), study_id=draft.pk, imported=imported)
    draft.refresh_from_db()
    stored = of_study(draft)
    stored.document["study"].pop("language")  # which a draft has from the start
    assert overlay.lacking(of(shared, "idr0038").dossier, stored) == []
    assert overlay.same(stored, read(written(write(stored), tmp_path)).dossier)


def test_a_study_made_here_goes_out_as_an_idr_study(tmp_path: Path) -> None:
    dossier = Dossier(factory.document())
    text = write(dossier)["study-study.txt"].decode()
    assert "Study License\tCC BY 4.0\n" in text
    assert "Study Person ORCID\t0000-0002-1825-0097\n" in text
    assert overlay.same(dossier, read(written(write(dossier), tmp_path)).dossier)


def test_a_screen_becomes_a_component_with_its_sample_preparation_imaging_and_analysis(shared: Path) -> None:
    document = of(shared, "idr0011").dossier.document
    assert [row["title"].rpartition("/")[2] for row in document["components"]] == [
        f"screen{letter}" for letter in "ABCDE"
    ]
    for number, component in enumerate(document["components"]):
        (association,) = component["associations"]
        plurals = {"biosample": "biosamples", "specimen": "specimens", "acquisition": "acquisitions"} | {
            "analysis": "analyses"
        }
        assert association == {module: document[plural][number]["id"] for module, plural in plurals.items()}
    assert document["biosamples"][0]["organisms"] == [
        {"organism": {"text": "Saccharomyces cerevisiae", "curie": "NCBITaxon:4932"}}
    ]
    assert document["acquisitions"][0]["methods"] == [
        {"method": {"text": "fluorescence microscopy", "curie": "FBbi:00000246"}}
    ]


def test_people_articles_and_licence(shared: Path) -> None:
    document = of(shared, "idr0038").dossier.document
    assert [(row["given_name"], row["family_name"]) for row in document["contributors"]] == [
        ("Marie", "Held"), ("Raphael", "Levy"),
    ]  # fmt: skip
    assert [row["roles"] for row in document["contributors"]] == [
        [{"role": "ContactPerson"}],
        [{"role": "ProjectLeader"}],
    ]
    assert len(document["organisations"]) == 1  # both work there
    assert document["publications"][0]["doi"] == "10.1371/journal.pone.0199918"
    assert document["study"]["licence"] == "CC-BY-4.0"


def test_phenotypes_are_the_result_of_the_analysis(shared: Path) -> None:
    dossier = of(shared, "idr0001").dossier
    (analysis,) = dossier.document["analyses"]
    assert analysis["analysis_result_type"] == "phenotype"
    assert analysis["phenotypes"][1] == {
        "phenotype": {"text": "elongated cytoplasmic microtubules phenotype", "curie": "CMPO:0000370"}
    }
    assert len(analysis["phenotypes"]) == 19
    second = [pair for pair in dossier.pairs["component/screen-1"] if pair.name == "Phenotype Term Name"]
    assert [(pair.curie, pair.namespace) for pair in second] == [
        ("CMPO:0000412", "idr.openmicroscopy.org/study/19/2")
    ]  # one phenotype has two terms


def test_a_misspelt_ontology_is_told_of_with_a_proposal_and_kept_as_it_stands(
    study: tuple[dict[str, Path], Imported],
) -> None:
    _, imported = study
    found = said(imported, "written FBbi")
    assert found
    for remark in found:
        assert (remark.weight, remark.value, remark.proposal) == (Weight.REPAIR, "Fbbi", "FBbi")
        assert remark.place.row
        assert remark.place.field.endswith("Imaging Method Term Source REF")
    kept = [pair.value for pairs in imported.dossier.pairs.values() for pair in pairs]
    assert kept.count("Fbbi") >= len(found)
