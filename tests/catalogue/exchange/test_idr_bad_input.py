"""IDR's study files as people leave them: misspelt, cut off, in mixed encodings; told of, and kept as they stand."""

import csv
import io
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from catalogue.exchange import overlay
from catalogue.exchange.accepting import accept
from catalogue.exchange.dossier import CannotRead, Imported, Weight
from catalogue.exchange.idr import is_mine, read
from tests.catalogue.exchange.dossiers import written
from tests.catalogue.exchange.idr_files import files_in, of, said


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
