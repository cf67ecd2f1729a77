"""IDR's study files and tables: the real ones in and out again, their dirt told of, and nothing of them lost."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from catalogue.dossiers import of_study
from catalogue.exchange import overlay
from catalogue.exchange.accepting import accept
from catalogue.exchange.dossier import CannotRead, Dossier, Imported, Remark, Weight
from catalogue.exchange.formats import FORMATS
from catalogue.exchange.idr import is_mine, read, write
from catalogue.services import importing
from tests import factory
from tests.catalogue.exchange.dossiers import dossiers, written

STUDIES = (
    "idr0001-graml-sysgro", "idr0003-breker-plasticity", "idr0004-thorpe-rad52", "idr0010-doil-dnadamage",
    "idr0011-ledesmafernandez-dad4", "idr0013-neumann-mitocheck", "idr0020-barr-chtog", "idr0025-stadler-proteinatlas",
    "idr0027-dickerson-chromatin", "idr0038-held-kidneylightsheet",
)  # fmt: skip


def files_in(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="session", params=STUDIES)
def study(request: pytest.FixtureRequest, shared: Path) -> tuple[dict[str, Path], Imported]:
    files = files_in(shared / "reference" / "idr" / request.param)
    return files, read(files)


def of(shared: Path, name: str) -> Imported:
    return read(files_in(next((shared / "reference" / "idr").glob(f"{name}*"))))


def said(imported: Imported, text: str) -> list[Remark]:
    return [remark for remark in imported.remarks if text in remark.message]


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(dossiers())
def test_any_study_goes_out_and_comes_in_again(tmp_path: Path, dossier: Dossier) -> None:
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


def changed(shared: Path, tmp_path: Path, name: str, old: str, new: str) -> Imported:
    """The study with one text of its study file replaced."""
    folder = next((shared / "reference" / "idr").glob(f"{name}*"))
    text = next(folder.glob("*-study.txt")).read_text("utf-8")
    assert old in text
    path = tmp_path / "changed-study.txt"
    path.write_text(text.replace(old, new), "utf-8")
    return read({path.name: path})


@pytest.mark.parametrize(
    ("old", "new", "value", "proposal", "path"),
    [
        ("FBbi_00000253", "Fbbi_00000253", "Fbbi:00000253", "FBbi:00000253",
         "acquisition/acquisition-1/methods/0/method"),
        ("Term Accession\tGO_0016246", "Term Accession\tEFO_0016246", "GO", "EFO", "component/screen-1"),
        ("Study License\tCC BY 4.0", "Study License\tfree for all", "free for all", "CC-BY-4.0", "study/licence"),
        ("Study License\tCC BY 4.0", "Study License\t", "", "CC-BY-4.0", "study/licence"),
        ("\nStudy Person Roles", "\nStudy Person ORCID\torcid.org/0000-0002-1825-0097/\nStudy Person Roles",
         "orcid.org/0000-0002-1825-0097/", "0000-0002-1825-0097", "contributor/person-1/orcid"),
    ],
)  # fmt: skip
def test_dirt_is_told_of_with_a_proposal(
    shared: Path, tmp_path: Path, old: str, new: str, value: str, proposal: str, path: str
) -> None:
    imported = changed(shared, tmp_path, "idr0027" if "ORCID" in new else "idr0020", old, new)
    assert (value, proposal, path) in {
        (one.value, one.proposal, one.path) for one in imported.remarks if one.weight is Weight.REPAIR
    }


def test_an_accession_with_a_colon_is_understood(shared: Path, tmp_path: Path) -> None:
    imported = changed(shared, tmp_path, "idr0020", "FBbi_00000253", "FBbi:00000253")
    assert [remark.value for remark in said(imported, "usually written FBbi_00000253")] == ["FBbi:00000253"]
    (method,) = imported.dossier.document["acquisitions"][0]["methods"]
    assert method["method"]["curie"] == "FBbi:00000253"


def test_a_term_that_is_labelled_with_another_ontology(shared: Path, tmp_path: Path) -> None:
    imported = changed(shared, tmp_path, "idr0020", "Source REF\tGO\t", "Source REF\tEFO\t")
    (remark,) = said(imported, "GO_0016246 is a term of GO, not of EFO")
    assert (remark.value, remark.proposal, remark.place.field) == (
        "EFO", "GO", "Library Experimental Conditions Term Source REF",
    )  # fmt: skip


def test_what_is_accepted_is_mended_there_and_nowhere_else(shared: Path) -> None:
    imported = of(shared, "idr0038")
    number, remark = next((n, one) for n, one in enumerate(imported.remarks) if one.proposal == "CHEBI")
    refs = "Assay Experimental Conditions Term Source REF"
    assert (remark.value, remark.place.field) == ("EFO", refs)
    accept(imported, {number})
    found = [pair.value for pairs in imported.dossier.pairs.values() for pair in pairs if pair.name == refs]
    assert sorted(found) == ["CHEBI", "EFO", "EFO", "EFO", "EFO", "EFO"]


def test_an_accepted_term_and_licence_are_in_the_document(shared: Path, tmp_path: Path) -> None:
    imported = changed(shared, tmp_path, "idr0020", "FBbi_00000253", "Fbbi_00000253")
    accept(imported, {n for n, one in enumerate(imported.remarks) if one.proposal == "FBbi:00000253"})
    (method,) = imported.dossier.document["acquisitions"][0]["methods"]
    assert method["method"]["curie"] == "FBbi:00000253"
    imported = changed(shared, tmp_path, "idr0020", "Study License\tCC BY 4.0", "Study License\t")
    assert "licence" not in imported.dossier.document["study"]
    accept(imported, {n for n, one in enumerate(imported.remarks) if one.path == "study/licence"})
    assert imported.dossier.document["study"]["licence"] == "CC-BY-4.0"


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_below(shared: Path) -> None:
    imported = of(shared, "idr0027")
    assert [remark.place.row for remark in said(imported, "never closed")] == [34]
    assert [row["roles"][0]["role"] for row in imported.dossier.document["contributors"]] == [
        "ContactPerson",
        "ProjectLeader",
    ]
    repairs = [remark for remark in said(imported, "nothing opens") if remark.weight is Weight.REPAIR]
    assert [remark.proposal[-12:] for remark in repairs] == [" DD1 5EH, UK"]


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_file_cut_in_two_is_read_as_far_as_it_goes_and_said_to_be_cut(
    shared: Path, tmp_path: Path, part: float
) -> None:
    data = next((shared / "reference" / "idr").glob("idr0011*/*-study.txt")).read_bytes()
    path = tmp_path / "cut-study.txt"
    path.write_bytes(data[: int(len(data) * part)])
    imported = read({path.name: path})
    errors = [remark for remark in imported.remarks if remark.weight is Weight.ERROR]
    assert errors
    assert all("cut off" in remark.message for remark in errors)
    assert (
        imported.dossier.document["study"]["title"].startswith("The Dad4p")
        or imported.dossier.document["study"]["title"]
    )


def test_lines_in_another_encoding_are_told_of(shared: Path, tmp_path: Path) -> None:
    data = next((shared / "reference" / "idr").glob("idr0038*/*-study.txt")).read_bytes()
    path = tmp_path / "mixed-study.txt"
    path.write_bytes(data.replace("Lévy".encode(), "Lévy".encode("cp1252"), 1))
    imported = read({path.name: path})
    assert imported.dossier.document["publications"][0]["authors"].endswith("Lévy R")
    assert len(said(imported, "Windows-1252")) == 1


def test_utf_16_and_carriage_returns(shared: Path, tmp_path: Path) -> None:
    source = next((shared / "reference" / "idr").glob("idr0038*/*-study.txt"))
    path = tmp_path / "wide-study.txt"
    path.write_bytes(source.read_text("utf-8").replace("\n", "\r\n").encode("utf-16"))
    if is_mine({path.name: path}):
        assert overlay.same(read({path.name: path}).dossier, read({source.name: source}).dossier)


def test_a_table_without_a_column_keeps_the_others(shared: Path, tmp_path: Path) -> None:
    folder = next((shared / "reference" / "idr").glob("idr0020*"))
    target = tmp_path / "study"
    shutil.copytree(folder, target)
    table = target / "screenA" / "idr0020-screenA-annotation.csv"
    table.chmod(0o644)
    (target / "screenA").chmod(0o755)
    rows = list(csv.reader(io.StringIO(table.read_text("utf-8"))))
    without = [[cell for place, cell in enumerate(row) if rows[0][place] != "Well"] for row in rows]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(without)
    imported = read(files_in(target))
    (remark,) = said(imported, "no column Well")
    assert remark.weight is Weight.ERROR
    assert (
        any(pair.value == "ACTR10" for line in imported.dossier.files for pair in line.pairs) or imported.dossier.files
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"a.txt": b"Comment[IDR Study Accession]\tidr1\n", "b.txt": b"Comment[IDR Study Accession]\tidr2\n"},
            "2 study files",
        ),
        ({"a.csv": b"Plate,Well\n"}, "no IDR study file"),
        ({"a-study.txt": b"Comment[IDR Study Accession]\tidr1\n\x00\x01\x02"}, "zero bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(CannotRead, match=reason):
        read(written(files, tmp_path))


def test_a_cell_of_millions_of_quotes_is_read_in_good_time(tmp_path: Path) -> None:
    lines: Iterable[bytes] = (
        b"Comment[IDR Study Accession]\tidr1",
        b"Study Title\t" + b'"' * 2_000_001,
        b"Study Description\tx",
    )
    files = {"a-study.txt": b"\n".join(lines)}
    assert read(written(files, tmp_path)).dossier.document["study"]["description"] == "x"
