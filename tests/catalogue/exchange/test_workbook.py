"""The REMBI workbook: out and in again, and what people do to it in between."""

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from openpyxl import Workbook, load_workbook

from catalogue.exchange import workbook
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Imported, Pair, Remark, Weight
from catalogue.exchange.merge import Mode, merge
from catalogue.exchange.workbook import layout
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import MODULES
from tests import factory
from tests.catalogue.exchange.documents import documents

FIRST = layout.FIRST_ROW
NOTHING: dict[str, Any] = {module.plural: [] if module.repeated else {} for module in MODULES}


def written(dossier: Dossier) -> bytes:
    return workbook.write(dossier)["rembi-workbook.xlsx"]


def read(data: bytes, folder: Path) -> Imported:
    path = folder / "given.xlsx"
    path.write_bytes(data)
    assert workbook.is_mine({"study.xlsx": path})
    return workbook.read({"study.xlsx": path})


def edited(dossier: Dossier, change: Callable[[Any], None]) -> bytes:
    """The workbook after somebody changed it in a spreadsheet program."""
    book = load_workbook(io.BytesIO(written(dossier)))
    change(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def column_of(sheet: Any, heading: str) -> int:
    return int(next(cell.column for cell in sheet[1] if cell.value == heading))


def remarks(imported: Imported, weight: Weight) -> list[Remark]:
    return [remark for remark in imported.remarks if remark.weight is weight]


def study(**fields: Any) -> Dossier:
    return Dossier(factory.document(**fields))


@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(document=documents())
@example(document=factory.document())
def test_out_and_in_gives_the_same_rows(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    imported = read(written(Dossier(document)), tmp_path_factory.mktemp("workbook"))
    assert merge({**NOTHING, **document}, imported.dossier.document, Mode.REPLACE).changes == []
    assert not remarks(imported, Weight.ERROR) or all(remark.path for remark in remarks(imported, Weight.ERROR))


def test_what_no_field_takes_and_files_go_out_and_in(tmp_path: Path) -> None:
    files = [
        FileLine("a/b.tif", "plate", 12, "00", [Pair("file-list", "gene", "=NF1"), Pair("x", "y", "z", "µm", "PATO:1")],
                 "P1", "B07", "specimen"),
        FileLine("a/c.tif", pairs=[Pair("file-list", "gene", "-TP53"), Pair("file-list", "gene", "twice")]),
    ]  # fmt: skip
    pairs = {"study": [Pair("n", "a", "b" * 40_000)], "biosample/sample": [Pair("n", "a", "b", "°C")]}
    out = read(written(Dossier(factory.document(), files, pairs)), tmp_path).dossier
    assert out.files == files
    assert out.pairs == pairs


def test_each_module_has_a_sheet_with_levels_help_examples_and_choices() -> None:
    book: Any = load_workbook(io.BytesIO(written(Dossier())))
    assert book.sheetnames[0] == layout.READ_ME
    for sheet in layout.SHEETS:
        page = book[sheet.title]
        assert page.freeze_panes
        for one in sheet.columns:
            at = column_of(page, one.heading)
            assert page.cell(layout.LEVEL_ROW, at).value == one.level.value
            assert one.help in page.cell(1, at).comment.text
        lists = sum(one.field.kind in {Kind.CHOICE, Kind.REFERENCE, Kind.LICENCE} for one in sheet.columns)
        assert len(page.data_validations.dataValidation) == lists + (sheet.table is not None)


def test_no_cell_is_a_formula_whatever_it_begins_with() -> None:
    book = load_workbook(io.BytesIO(written(study(title='=HYPERLINK("http://evil.example","click")'))))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


def test_what_a_person_fills_in_comes_in_with_its_place(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book["Samples"]
        sheet.cell(FIRST + 1, column_of(sheet, "Name"), "HeLa cells")
        table = book["Sample - Organism"]
        table.cell(FIRST + 1, 2, "HeLa cells")
        table.cell(FIRST + 1, column_of(table, "Organism"), "Homo sapiens")

    imported = read(edited(study(), fill), tmp_path)
    sample = imported.dossier.document["biosamples"][1]
    assert (sample["title"], sample["organisms"]) == (
        "HeLa cells",
        [{"organism": {"text": "Homo sapiens", "curie": ""}}],
    )
    place = imported.sources[f"biosample/{sample['id']}/title"]
    assert (place.file, place.sheet, place.row, place.column) == ("study.xlsx", "Samples", FIRST + 1, "B")


def test_wrong_values_are_said_by_sheet_row_and_column_and_marked_in_a_copy(tmp_path: Path) -> None:
    def spoil(book: Any) -> None:
        sheet = book["Study"]
        sheet.cell(FIRST, column_of(sheet, "Release date"), "next spring")
        sheet.cell(FIRST, column_of(sheet, "Licence"), "CC BY 4.0")
        people = book["People"]
        people.cell(FIRST, column_of(people, "ORCID"), "0000-0002-1825-0098")
        people.cell(FIRST, column_of(people, "Affiliations"), "University of Nowhere")
        preparations = book["Preparations"]
        preparations.cell(FIRST, column_of(preparations, "Test or control"), "contol")

    data = edited(study(), spoil)
    imported = read(data, tmp_path)
    errors = {(one.place.sheet, one.place.row, one.place.column): one for one in remarks(imported, Weight.ERROR)}
    assert {sheet for sheet, _, _ in errors} == {"Study", "People"}
    assert {one.value for one in errors.values()} == {"next spring", "0000-0002-1825-0098", "University of Nowhere"}
    repairs = {one.value: one.proposal for one in remarks(imported, Weight.REPAIR)}
    assert repairs == {"CC BY 4.0": "CC-BY-4.0", "contol": "control"}
    marked = load_workbook(io.BytesIO(workbook.annotate(tmp_path / "given.xlsx", "study.xlsx", imported.remarks)))
    for sheet, row, column in errors:
        cell = marked[sheet][f"{column}{row}"]
        assert cell.comment.text.startswith("Error: ")
        assert cell.fill.fgColor.rgb.endswith("F8B4B4")


def test_unknown_columns_and_sheets_are_kept_and_renamed_ones_known_by_their_headings(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["Samples"]
        last = sheet.max_column + 1
        sheet.cell(1, last, "Freezer")
        sheet.cell(FIRST, last, "B, third shelf")
        book["Organisations"].title = "Institutes"
        del book["Grants"]
        book.create_sheet("Diary").append(["Day", "What happened"])
        book["Diary"].append(["1", "The laser broke"])

    imported = read(edited(study(), change), tmp_path)
    document = imported.dossier.document
    assert document["organisations"][0]["name"] == "University of Colorado Anschutz"
    assert "grants" not in document
    sample = document["biosamples"][0]["id"]
    assert imported.dossier.pairs[f"biosample/{sample}"] == [Pair("workbook", "Freezer", "B, third shelf")]
    assert Pair("workbook: Diary, row 2", "What happened", "The laser broke") in imported.dossier.pairs["study"]
    said = " ".join(remark.message for remark in remarks(imported, Weight.NOTE))
    assert "taken for “Organisations”" in said
    assert "no field “Freezer”" in said


def test_a_merged_cell_is_taken_once_and_asked_about(tmp_path: Path) -> None:
    def merge_cells(book: Any) -> None:
        sheet = book["Preparations"]
        name, how = column_of(sheet, "Name"), column_of(sheet, "How it was prepared")
        sheet.cell(FIRST + 1, name, "Second preparation")
        sheet.merge_cells(start_row=FIRST, end_row=FIRST + 1, start_column=how, end_column=how)

    imported = read(edited(study(), merge_cells), tmp_path)
    second = imported.dossier.document["specimens"][1]
    assert "sample_preparation" not in second
    (asked,) = remarks(imported, Weight.REPAIR)
    assert asked.proposal.startswith("Fixed in 4 % PFA")
    assert asked.path == f"specimen/{second['id']}/sample_preparation"


def test_formulas_are_never_run(tmp_path: Path) -> None:
    def calculate(book: Any) -> None:
        sheet = book["Study"]
        sheet.cell(FIRST, column_of(sheet, "Acknowledgements"), '=CONCATENATE("a","b")')

    imported = read(edited(study(), calculate), tmp_path)
    (error,) = remarks(imported, Weight.ERROR)
    assert (error.place.sheet, error.place.row) == ("Study", FIRST)
    assert "formula" in error.message
    assert "acknowledgements" not in imported.dossier.document["study"]


def test_dates_and_numbers_that_the_spreadsheet_made_of_texts(tmp_path: Path) -> None:
    def retype(book: Any) -> None:
        sheet = book["Study"]
        at = column_of(sheet, "Release date")
        sheet.cell(FIRST, at, datetime.datetime(2027, 3, 1)).number_format = "dd/mm/yy"
        articles = book["Publications"]
        articles.cell(FIRST, column_of(articles, "PubMed id"), 34021280.0).number_format = "0"

    document = read(edited(study(), retype), tmp_path).dossier.document
    assert document["study"]["release_date"] == "2027-03-01"
    assert document["publications"][0]["pubmed_id"] == "34021280"


def test_a_copied_row_is_a_new_row(tmp_path: Path) -> None:
    def copy(book: Any) -> None:
        sheet = book["Samples"]
        for cell in sheet[FIRST]:
            sheet.cell(FIRST + 1, cell.column, cell.value)
        sheet.cell(FIRST + 1, column_of(sheet, "Name"), "Schwann cells, NF1 -/-")

    samples = read(edited(study(), copy), tmp_path).dossier.document["biosamples"]
    assert len({row["id"] for row in samples}) == 2


def test_a_million_blank_rows_are_nothing(tmp_path: Path) -> None:
    data = io.BytesIO()
    blank = "".join(f'<row r="{number}"/>' for number in range(10, 1_048_577))
    with zipfile.ZipFile(io.BytesIO(written(study()))) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet2.xml":
                text = text.replace(b"</sheetData>", blank.encode() + b"</sheetData>")
            new.writestr(name, text)
    assert read(data.getvalue(), tmp_path).dossier.document["study"]["title"].startswith("Cell Painting")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("study.ods", b"PK", "save it as .xlsx"),
        ("study.xlsx", b"no zip at all", "is no Excel workbook"),
    ],
)
def test_other_spreadsheets_are_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CannotRead, match=said):
        workbook.read({name: path})


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 50_000_000)
    with pytest.raises(CannotRead, match="unpacks to far more"):
        workbook.read({"bomb.xlsx": path})


def test_another_workbook_is_not_ours(tmp_path: Path) -> None:
    book: Any = Workbook()
    book.active.append(["path", "gene"])
    book.save(tmp_path / "list.xlsx")
    assert not workbook.is_mine({"list.xlsx": tmp_path / "list.xlsx"})
