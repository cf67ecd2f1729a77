"""File lists and platemaps, as people write them."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from catalogue.exchange import file_list, tables
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight

LIST = "Path,Gene,Dose (µM)\na/1.tif,NF1,0.5\na/2.tif,TP53,1\n"


def files(folder: Path, **data: bytes | str) -> Files:
    found = {}
    for name, content in data.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found[path.name] = path
    return found


def read(given: Files, **mapping: str) -> Imported:
    assert file_list.is_mine(given)
    return file_list.read(given, {"columns": mapping})


def pairs(line: FileLine) -> dict[str, str]:
    return {pair.name: pair.value for pair in line.pairs}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = LIST.replace(",", delimiter) * 1
    found = read(files(tmp_path, list__csv=text.encode(encoding)))
    assert [line.path for line in found.dossier.files] == ["a/1.tif", "a/2.tif"]
    assert pairs(found.dossier.files[0]) == {"Gene": "NF1", "Dose (µM)": "0.5"}
    assert bool([one for one in found.remarks if "Windows-1252" in one.message]) == (encoding == "cp1252")


def test_a_sheet_of_a_workbook_is_a_list_too(tmp_path: Path) -> None:
    book: Any = Workbook()
    book.active.append(["file", "well", "date", "count", "code"])
    book.active.append(["1.tif", "b7", datetime.datetime(2026, 3, 1), 3.0, 7])
    book.active["E2"].number_format = "000"
    book.save(tmp_path / "list.xlsx")
    (line,) = read({"list.xlsx": tmp_path / "list.xlsx"}).dossier.files
    assert (line.path, line.well) == ("1.tif", "B07")
    assert pairs(line) == {"date": "2026-03-01", "count": "3", "code": "007"}


def test_quoted_newlines_ragged_rows_and_doubled_headings(tmp_path: Path) -> None:
    text = 'path,note,note\n"1.tif","two\nlines",x\n2.tif\n3.tif,a,b,c,d\n,lost,\n'
    found = read(files(tmp_path, list__csv=text))
    first, second, third = found.dossier.files
    assert pairs(first) == {"note": "two\nlines", "note (2)": "x"}
    assert second.pairs == []
    assert [pair.value for pair in third.pairs] == ["a", "b", "c", "d"]
    errors = [(one.place.row, one.message) for one in found.remarks if one.weight is Weight.ERROR]
    assert [row for row, _ in errors] == [5, 6]


def test_an_open_quotation_mark_is_said_with_its_row(tmp_path: Path) -> None:
    text = 'path,note\n1.tif,a\n2.tif,"never closed\n' + "x" * 1_100_000
    with pytest.raises(CannotRead, match="quotation mark") as caught:
        file_list.read(files(tmp_path, list__csv=text))
    assert caught.value.row == 3


def test_what_columns_are_may_be_said(tmp_path: Path) -> None:
    given = files(tmp_path, list__csv="a,b,c,d,e\n1.tif,P1,B07,Screen,secret\n")
    found = file_list.read(
        given, {"columns": {"a": "path", "b": "plate", "c": "well", "d": "component", "e": "ignore"}}
    )
    (line,) = found.dossier.files
    assert (line.path, line.plate, line.well, line.component, line.pairs) == ("1.tif", "P1", "B07", "Screen", [])
    assert found.dossier.document["components"] == [{"id": "Screen", "title": "Screen"}]


def test_a_platemap_is_joined_by_plate_and_well(tmp_path: Path) -> None:
    given = files(
        tmp_path,
        list__csv="path,plate,well\n1.tif,P1,A01\n2.tif,P2,A1\n3.tif,P1,C03\n",
        map__csv="plate,well,compound\nP1,A1,DMSO\nP2,A01,taxol\nP1,H12,none here\n",
    )
    found = read(given)
    assert [pairs(line) for line in found.dossier.files] == [{"compound": "DMSO"}, {"compound": "taxol"}, {}]
    (unused,) = [one for one in found.remarks if one.weight is Weight.ERROR]
    assert "P1 H12" in unused.message


def test_the_platemap_of_the_nf1_plate_fits_its_images(shared: Path) -> None:
    images = sorted((shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images").iterdir())
    path = shared / "samples/06_study_metadata/nf1/platemap_NF1_plate2.csv"
    paths = [f"Plate_2_images/{image.name}" for image in images]
    found = file_list.read({path.name: path}, {}, paths)
    lines = {line.path: line for line in found.dossier.files}
    assert set(lines) == set(paths)
    assert pairs(lines["Plate_2_images/B7_01_1_3_DAPI_001.tif"])["genotype"] == "Null"


def test_a_table_without_paths_or_wells_is_no_list(tmp_path: Path) -> None:
    given = files(tmp_path, table__csv="a,b\n1,2\n")
    assert not file_list.is_mine(given)
    with pytest.raises(CannotRead, match="which column"):
        file_list.read(given)


@given(st.text(max_size=20))
def test_what_is_written_for_a_spreadsheet_is_no_formula_and_comes_back(text: str) -> None:
    safe = tables.safe_cell(text)
    assert safe[:1] not in {"=", "@", "\t", "\r"}
    assert tables.bare_cell(safe) == text


def test_pairs_keep_their_columns_in_order(tmp_path: Path) -> None:
    (line, _) = read(files(tmp_path, list__csv=LIST)).dossier.files
    assert line.pairs == [Pair("file-list", "Gene", "NF1"), Pair("file-list", "Dose (µM)", "0.5")]
