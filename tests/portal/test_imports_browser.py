"""The workbook and a file list with its platemap, through a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, Page, expect

from catalogue import documents, dossiers
from catalogue.models import Study
from tests import factory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study() -> Study:
    return factory.draft(title="A study that is to be filled from files")


@pytest.fixture
def page(browser: Browser, site: str, study: Study) -> Iterator[Page]:
    """The study's import page, its owner signed in."""
    client = Client()
    client.force_login(study.owner)
    context: BrowserContext = browser.new_context(accept_downloads=True)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    made = context.new_page()
    made.goto(f"{site}/deposit/{study.pk}/import")
    yield made
    context.close()


def look_at(page: Page, *paths: Path) -> None:
    page.get_by_label("Files", exact=True).set_input_files([str(path) for path in paths])
    page.get_by_role("button", name="Look at them").click()
    page.wait_for_url("**/import/*-*", timeout=180_000)


def look_again(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Look again with these choices").click()


def test_a_workbook_is_downloaded_filled_in_looked_at_and_taken_over(page: Page, study: Study, tmp_path: Path) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="REMBI workbook (Excel)").click()
    path = tmp_path / "filled.xlsx"
    waiting.value.save_as(path)
    book = load_workbook(path)
    sheet = book["Organisations"]
    sheet["B5"], sheet["C5"] = "University of Dundee", "https://ror.org/03h2bxq3"
    book["Study"]["E5"] = "CC BY 4.0"
    book.save(path)
    look_at(page, path)
    expect(page.get_by_text("University of Dundee").first).to_be_visible()
    expect(page.get_by_text("sheet Organisations, row 5, column C")).to_be_visible()
    with page.expect_download() as marked:
        page.get_by_role("link", name="Download the workbook with these marked").click()
    copy = tmp_path / "marked.xlsx"
    marked.value.save_as(copy)
    assert load_workbook(copy)["Organisations"]["C5"].comment is not None
    page.get_by_label("put this instead").check()
    look_again(page)
    expect(page.locator(".change-pair ins").filter(has_text="CC BY 4.0").first).to_be_visible()
    page.get_by_role("button", name="Take this over").click()
    expect(page.get_by_text("Taken over on")).to_be_visible()
    document = documents.read(study)
    assert document["organisations"][0]["name"] == "University of Dundee"
    assert document["study"]["licence"] == "CC-BY-4.0"


def test_a_file_list_has_its_columns_said_and_is_taken_over(page: Page, study: Study, tmp_path: Path) -> None:
    factory.upload(study, "images/1.tif", b"no image")
    listed, platemap = tmp_path / "list.csv", tmp_path / "platemap.csv"
    listed.write_text("path,plate,well,operator\nimages/1.tif,P1,B07,Ada\nimages/2.tif,P1,C08,Ada\n")
    platemap.write_text("well,compound\nB7,taxol\nC8,DMSO\n")
    look_at(page, listed, platemap)
    expect(page.get_by_text("1 file of the study")).to_be_visible()
    expect(page.get_by_label("What well is")).to_have_value("well")
    page.get_by_label("What operator is").select_option("ignore")
    look_again(page)
    expect(page.get_by_label("What operator is")).to_have_value("ignore")
    page.get_by_role("button", name="Take this over").click()
    expect(page.get_by_text("Taken over on")).to_be_visible()
    lines = {line.path: line for line in dossiers.of_study(study).files}
    assert [pair.value for pair in lines["images/1.tif"].pairs] == ["taxol"]
    assert (lines["images/2.tif"].well, [pair.value for pair in lines["images/2.tif"].pairs]) == ("C08", ["DMSO"])
