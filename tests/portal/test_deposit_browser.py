"""The deposit in a real Chromium on a real web server: what is typed is never lost, and files arrive."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from base.jobs import run_job
from base.models import Job
from catalogue import documents
from catalogue.access import Actor
from catalogue.models import File, Image, Study
from tests import factory
from tests.portal.desk import Desk, of, wait_saved
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_typed_saves_itself_and_the_panel_follows(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft(title="Short")
    desk = sit_down(study.owner)
    page = desk.open(f"/deposit/{study.pk}/study")
    expect(page.locator("#f-study-title-error")).to_contain_text("25 characters")
    page.fill("#f-study-title", "Cell Painting of Schwann cells with and without neurofibromin")
    page.select_option("#f-study-licence", "CC0-1.0")
    wait_saved(page)
    expect(page.locator("#f-study-title-error")).to_be_empty()
    expect(page.locator("#panel")).not_to_contain_text("Licence is missing")
    assert of(study, "study")["licence"] == "CC0-1.0"
    page.reload()
    expect(page.locator("#f-study-title")).to_have_value(re.compile("^Cell Painting"))
    assert desk.errors == []


def test_nothing_typed_is_lost_offline_or_in_a_closed_tab(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft()
    desk = sit_down(study.owner)
    page = desk.open(f"/deposit/{study.pk}/study")
    desk.context.set_offline(True)
    page.fill("#f-study-description", "Typed in a train")
    page.fill('[name="keywords.0.text"]', "tunnel")
    expect(page.locator("#saved")).to_contain_text("kept in this browser")
    page.close()
    desk.context.set_offline(False)
    assert of(study, "study")["description"] == ""
    again = desk.open(f"/deposit/{study.pk}/study")
    expect(again.locator("#f-study-description")).to_have_value("Typed in a train")
    wait_saved(again)
    assert of(study, "study")["description"] == "Typed in a train"
    assert of(study, "study")["keywords"] == [{"text": "tunnel"}]
    assert again.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('unsent:')).length") == 0


@pytest.mark.parametrize(("label", "kept"), [("Keep mine", "mine"), ("Take theirs", "theirs")])
def test_two_people_in_one_field_choose_and_lose_nothing(sit_down: Callable[..., Desk], label: str, kept: str) -> None:
    study = factory.draft()
    desk = sit_down(study.owner)
    first, second = (desk.open(f"/deposit/{study.pk}/study") for _ in range(2))
    first.fill("#f-study-acknowledgements", "theirs")
    wait_saved(first)
    second.fill("#f-study-acknowledgements", "mine")
    box = second.locator(".conflict")
    expect(box).to_contain_text("theirs")
    expect(box).to_contain_text("mine")
    expect(box).to_contain_text("Acknowledgements")
    button = second.get_by_role("button", name="Save what I chose")
    expect(button).to_be_disabled()
    second.get_by_label(label).check()
    button.click()
    expect(box).to_have_count(0)
    expect(second.locator("#f-study-acknowledgements")).to_have_value(kept)
    wait_saved(second)
    assert of(study, "study")["acknowledgements"] == kept


def test_two_people_in_different_fields_meet_silently(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft()
    desk = sit_down(study.owner)
    first, second = (desk.open(f"/deposit/{study.pk}/study") for _ in range(2))
    first.fill("#f-study-acknowledgements", "theirs")
    first.fill('[name="keywords.0.text"]', "their word")
    wait_saved(first)
    second.fill("#f-study-funding_statement", "mine")
    wait_saved(second)
    expect(second.locator(".conflict")).to_have_count(0)
    expect(second.locator("#f-study-acknowledgements")).to_have_value("theirs")
    expect(second.locator('table[data-rows="keywords"] tbody tr')).to_have_count(2)
    found = of(study, "study")
    assert (found["acknowledgements"], found["funding_statement"]) == ("theirs", "mine")
    second.fill("#f-study-acknowledgements", "theirs and mine")
    second.get_by_role("link", name="People").first.click()
    second.wait_for_url("**/people")
    until(lambda: bool(of(study, "study")["acknowledgements"] == "theirs and mine"), seconds=60, what="the last words")
    assert desk.errors == []


def test_the_rows_of_two_people_may_both_be_kept(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft()
    desk = sit_down(study.owner)
    first, second = (desk.open(f"/deposit/{study.pk}/study") for _ in range(2))

    def words() -> set[str]:
        return {row["text"] for row in of(study, "study")["keywords"]}

    for page, typed in ((first, ("shared", "theirs")), (second, ("shared", "mine"))):
        for number, word in enumerate(typed):
            page.fill(f'[name="keywords.{number}.text"]', word)
        until(lambda: words() == {"shared", "theirs"}, seconds=60, what="the first person's words")
    expect(second.locator(".conflict")).to_contain_text("Keywords")
    second.get_by_label("Keep the rows of both").check()
    second.get_by_role("button", name="Save what I chose").click()
    wait_saved(second)
    assert words() == {"shared", "mine", "theirs"}
    assert len(of(study, "study")["keywords"]) == 3


PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
}"""


def test_a_table_takes_a_paste_and_gives_a_removed_row_back(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft()
    page = sit_down(study.owner).open(f"/deposit/{study.pk}/samples")
    page.get_by_role("button", name="Add sample").click()
    page.locator('[name="variables.0.kind"]').focus()
    page.evaluate(PASTE, "intrinsic\tgenotype\tNF1 -/-\nextrinsic\tdose\t5\tmg\n")
    wait_saved(page)
    rows = page.locator('table[data-rows="variables"] tbody tr')
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Remove row 1").nth(1).click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="People").first.click()
    page.wait_for_url("**/people")

    def found() -> list[tuple[str, ...]]:
        (sample,) = of(study, "biosamples")
        return [(row["kind"], row["name"], row["value"]["text"], row["unit"]) for row in sample["variables"]]

    wanted = [("intrinsic", "genotype", "NF1 -/-", ""), ("extrinsic", "dose", "5", "mg")]
    until(lambda: found() == wanted, seconds=60, what=lambda: f"both rows: {found()}")


def test_a_choice_among_many_is_made_from_the_one_list_of_the_page(sit_down: Callable[..., Desk]) -> None:
    study = factory.draft()
    samples = [{"id": f"s{number}", "title": f"Sample {number:03d}"} for number in range(130)]
    specimens = [{"id": "p", "title": "Slide", "biosample": "s7"}]
    documents.write(Actor(study.owner), study, {"biosamples": samples, "specimens": specimens})
    desk = sit_down(study.owner)
    page = desk.open(f"/deposit/{study.pk}/preparation")
    choice = page.locator("select[data-list=list-biosample]").first
    expect(choice.locator("option:checked")).to_have_text("Sample 007")
    choice.focus()
    choice.select_option(label="Sample 129")
    wait_saved(page)
    document = documents.read(Study.objects.get(pk=study.pk))
    assert document["specimens"][0]["biosample"] == document["biosamples"][129]["id"]
    last = document["biosamples"][129]["id"]
    page.goto(f"{desk.site}/deposit/{study.pk}/samples#f-biosample-{last}-title")
    page.wait_for_url(f"**open={last}**")
    expect(page.locator(f"#f-biosample-{last}-title")).to_be_focused()
    assert desk.errors == []


def test_files_are_uploaded_read_and_put_into_a_component(sit_down: Callable[..., Desk], shared: Path) -> None:
    study = factory.study(images=0)
    desk = sit_down(study.owner)
    page = desk.open(f"/deposit/{study.pk}/files")
    images = sorted((shared / "samples/01_fluorescence/nf1_cellpainting").rglob("*.tif"))[:2]
    page.set_input_files("#upload-files", [*images])
    page.set_input_files("#upload-folder", shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr")
    expect(page.locator(".upload[data-state=arrived]")).to_have_count(3)
    for job in Job.objects.all():
        run_job(job.pk)
    expect(page.locator("#reading")).to_contain_text("All 3 files have been read")
    expect(page.locator("#f-files tbody img")).to_have_count(3)
    page.locator("[data-check-all]").check()
    page.get_by_role("button", name="Put there").click()
    expect(page.locator("main")).to_contain_text("3 files were moved.")
    assert File.objects.filter(study=study, state=File.State.READ).count() == 3
    assert Image.objects.filter(study=study, component__isnull=False).count() == 3
    assert desk.errors == []


def test_an_upload_goes_on_after_the_browser_was_closed(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    study = factory.draft()
    desk = sit_down(study.owner)
    path = tmp_path / "measurements.csv"
    path.write_bytes(b"well,count\n" + b"A1,12345678\n" * 3_000_000)  # more than two chunks
    page = desk.open(f"/deposit/{study.pk}/files")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000}  # bytes a second
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)  # else it arrives before a click
    page.set_input_files("#upload-files", path)
    page.get_by_role("button", name="Pause: measurements.csv").click()
    expect(page.locator(".upload")).to_have_attribute("data-state", "paused")
    page.close()
    again = desk.open(f"/deposit/{study.pk}/files")
    again.set_input_files("#upload-files", path)
    expect(again.locator(".upload")).to_have_attribute("data-state", "arrived", timeout=180_000)
    file = File.objects.get(study=study)
    assert (file.path, file.stored.bytes) == ("measurements.csv", path.stat().st_size)


def test_a_refused_upload_says_why_and_leaves_the_others(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    study = factory.draft()
    factory.upload(study, "same.csv", b"a,b\n")
    paths = [tmp_path / name for name in ("same.csv", "other.csv")]
    for path in paths:
        path.write_text("a,b\n1,2\n")
    page = sit_down(study.owner).open(f"/deposit/{study.pk}/files")
    page.set_input_files("#upload-files", paths)
    expect(page.locator(".upload[data-state=failed]")).to_contain_text("has a file “same.csv” already")
    expect(page.locator(".upload[data-state=arrived]")).to_contain_text("other.csv")
    assert set(File.objects.filter(study=study).values_list("path", flat=True)) == {"same.csv", "other.csv"}
