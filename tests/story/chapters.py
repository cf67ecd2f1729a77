"""The story's chapters, each told by what a person does on the pages and sees there."""

import re
import zipfile
from email import message_from_string
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.story.browser import Visitor, named
from tests.story.depositing import Deposit, module_of
from tests.story.site import Site
from tests.story.studies import NF1_IN_FULL
from tests.waiting import until

EMAIL = "nora@example.org"
FIRST_PASSWORD = "a vitrine of glass and light"
PASSWORD = "the second one, by letter"
COMPONENT = "Plate 2"


def sign_up_and_reset(visitor: Visitor) -> None:
    page = visitor.go("/accounts/signup/")
    page.get_by_label("Name").fill("Nora Neu")
    page.get_by_role("textbox", name=re.compile("^E-?mail")).fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(FIRST_PASSWORD)
    page.get_by_label(re.compile(r"Password \(again\)")).fill(FIRST_PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.locator("details[data-menu] summary")).to_have_text("Nora Neu")
    visitor.menu("Sign out")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Sign in")).to_be_visible()
    visitor.go("/accounts/login/")
    page.get_by_role("link", name=re.compile("[Ff]orgot")).click()
    page.get_by_role("textbox", name=re.compile("^E-?mail")).fill(EMAIL)
    page.get_by_role("main").get_by_role("button").click()
    until(lambda: bool(_letters(visitor.site)), seconds=180, what="the letter about the password")
    (address,) = re.findall(r"https?://\S+/password/reset/key/\S+", _letters(visitor.site)[-1])
    page.goto(address)
    page.get_by_label(re.compile(r"^New password$", re.IGNORECASE)).fill(PASSWORD)
    page.get_by_label(re.compile(r"again", re.IGNORECASE)).fill(PASSWORD)
    page.get_by_role("button", name="Change Password").click()
    expect(page.get_by_role("main")).to_contain_text("Your password is now changed")


def _letters(site: Site) -> list[str]:
    """The texts of letters about passwords, oldest first."""
    found = []
    for place in sorted((site.data / "mail").glob("*"), key=lambda one: one.stat().st_mtime):
        for letter in place.read_text().split("-" * 79):
            payload = message_from_string(letter.lstrip("\n")).get_payload(decode=True)
            text = payload.decode() if isinstance(payload, bytes) else ""
            found += [text] if "/password/reset/key/" in text else []
    return found


def make_token(visitor: Visitor) -> str:
    visitor.sign_in(EMAIL, PASSWORD)
    visitor.menu("API tokens")
    page = visitor.page
    named(page.get_by_role("main"), "What it is for").or_(page.get_by_label("Name")).first.fill("microscope")
    page.get_by_role("button", name="Make the token").click()
    token = page.get_by_label("Token", exact=True).input_value()
    assert token.startswith("vit_")
    return token


def start_study(visitor: Visitor) -> Deposit:
    page = visitor.go("/deposit")
    page.get_by_label("Start a study").fill("Schwann cells")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="Study")).to_be_visible()
    return Deposit(visitor, page.url.split("/")[-2])


def upload_everything(deposit: Deposit, samples: Path, folder: Path) -> None:
    """Real files by the file inputs, one of them interrupted; a folder with its structure; and one where it lies."""
    deposit.step("files")
    nf1 = samples / "01_fluorescence/nf1_cellpainting/Plate_2_images"
    masks = samples / "04_labels_rois_tables/nf1/Plate_2_masks"
    texts = [
        samples / "06_study_metadata/nf1" / name for name in ("platemap_NF1_plate2.csv", "README.md", "LICENSE_DATA")
    ]
    deposit.upload(*sorted(nf1.iterdir()), *sorted(masks.iterdir()), *texts)
    kill_the_worker_while_it_reads(deposit)
    deposit.upload(samples / "02_omezarr/v05_cells3d_nuclei.zarr")
    plexed = samples / "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    deposit.upload(plexed, *sorted((samples / "01_fluorescence/ometiff_from_nd2").iterdir()))
    page = deposit.page
    page.get_by_text("Register files where they lie").click()
    page.get_by_label("Path on the server").fill(str(samples / "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr"))
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status").filter(has_text="1 file is registered.")).to_be_visible()
    zipped = folder / "plate_2_hcs.zarr.zip"
    _zip(samples / "02_omezarr/v04_hcs_nf1_plate2.zarr", zipped)
    upload_interrupted(deposit, zipped)


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for place in sorted(folder.rglob("*")):
            archive.write(place, place.relative_to(folder.parent))


def _let_one_piece_pass(route: Route) -> None:
    if route.request.headers.get("upload-offset", "0") == "0":
        route.continue_()
    else:
        route.abort()


def upload_interrupted(deposit: Deposit, place: Path) -> None:
    """The line goes dead after the first piece, the tab is closed; chosen again in another one, the file goes on."""
    page = deposit.page
    sent: list[int] = []
    page.route("**/uploads/*", _let_one_piece_pass)
    deposit.visitor.refused.append("/uploads/")
    with page.expect_event("requestfailed", lambda request: request.method == "PATCH"):
        page.get_by_label("Files", exact=True).set_input_files(str(place))
    deposit.visitor.new_tab()
    deposit.open("files")
    expect(deposit.page.get_by_text("1 unfinished upload")).to_be_visible()
    deposit.page.on(
        "request",
        lambda request: sent.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    deposit.visitor.refused.remove("/uploads/")
    deposit.upload(place)
    expect(deposit.page.get_by_text("1 unfinished upload")).to_have_count(0)
    assert sent
    assert sent[0] > 0, "the upload began anew"


def fill_everything(deposit: Deposit) -> None:
    """All steps by typing; the tab is closed in the middle of a sentence, and nothing is lost."""
    (acquisition,) = NF1_IN_FULL["acquisitions"]
    untold = {name: value for name, value in acquisition.items() if name != "image_acquisition_parameters"}
    document = NF1_IN_FULL | {"acquisitions": [untold]}
    for step in ("study", "people", "related", "samples", "preparation", "imaging", "analysis", "components"):
        deposit.fill_step(step, document)
    survive_a_closed_tab(deposit)
    add_and_remove_a_grant(deposit)
    paste_a_table(deposit)


def survive_a_closed_tab(deposit: Deposit) -> None:
    deposit.step("study")
    sentence = " Nothing of this sentence may be lost."
    description = named(deposit.page.locator("form[data-autosave]"), "Description")
    description.press("End")
    description.press_sequentially(sentence)
    before = description.input_value()
    assert sentence in before
    deposit.visitor.new_tab()
    deposit.open("study")
    description = named(deposit.page.locator("form[data-autosave]"), "Description")
    expect(description).to_have_value(before)
    description.fill(NF1_IN_FULL["study"]["description"])
    deposit.wait_until_saved()


def add_and_remove_a_grant(deposit: Deposit) -> None:
    deposit.step("related")
    grants = module_of("grants")
    deposit.fill(deposit.add(grants), grants, {"funder_name": "typed by mistake"})
    entity = deposit.page.locator("section#grants details.entity")
    entity.locator("details.confirm summary").click()
    entity.get_by_role("button", name="Yes, remove it").click()
    expect(entity).to_have_count(0)


def paste_a_table(deposit: Deposit) -> None:
    """Rows copied from a spreadsheet become rows of the form."""
    deposit.step("study")
    page = deposit.page
    group = page.get_by_role("group", name=re.compile("^Keywords"))
    cells = group.get_by_label("Keyword", exact=True)
    cells.last.focus()
    page.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData('text/plain', text);
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true})) }""",
        "Schwann cell\nactin\n",
    )
    expect(group).to_contain_text("2 cells were filled.")
    deposit.wait_until_saved()
    deposit.open("study")
    expect(cells).to_have_count(len(NF1_IN_FULL["study"]["keywords"]) + 3)  # with the empty row at the end


def assign_files(deposit: Deposit) -> None:
    """By a pattern first, then by choosing what is left."""
    deposit.step("files")
    page = deposit.page
    rows = page.locator("table.files tr.file")
    total = rows.count()
    deposit.put_into(COMPONENT, pattern="*_001*")
    expect(page.get_by_role("status").filter(has_text="30 files were moved.")).to_be_visible()
    expect(rows.get_by_text(COMPONENT, exact=True)).to_have_count(30)
    expect(rows).to_have_count(total)
    page.wait_for_load_state()
    for number in range(total):
        if not rows.nth(number).get_by_text(COMPONENT, exact=True).count():
            rows.nth(number).get_by_role("checkbox").check()
    expect(page.locator("#chosen")).to_have_text(f"{total - 30} files are chosen.")
    deposit.put_into(COMPONENT)
    expect(rows.get_by_text(COMPONENT, exact=True)).to_have_count(total)


def mend_by_the_panel(deposit: Deposit) -> None:
    """What is missing is listed, and each line leads to its field and puts the cursor there."""
    deposit.step("study")
    form = deposit.page.locator("form[data-autosave]")
    for label in ("Description", "Title"):
        named(form, label).fill("")
    named(form, "Licence").select_option("")
    deposit.wait_until_saved()
    for label in ("Description", "Title", "Licence"):
        deposit.step("check")
        expect(deposit.page.get_by_role("button", name="Send to curators")).to_be_disabled()
        missing = deposit.page.get_by_role("complementary", name="Completeness").get_by_role(
            "link", name=f"{label} is missing"
        )
        missing.click()
        expect(named(form, label)).to_be_focused()
    values = NF1_IN_FULL["study"]
    named(form, "Licence").select_option(values["licence"])
    named(form, "Title").fill(values["title"])
    named(form, "Description").fill(values["description"])
    deposit.wait_until_saved()


def send(deposit: Deposit) -> str:
    """To the curators; the draft is locked from then on. The accession."""
    deposit.step("check")
    page = deposit.page
    page.get_by_role("button", name="Send to curators").click()
    told = page.get_by_role("status").filter(has_text="Sent to the curators")
    found = re.search(r"\bVIT-\d+\b", told.inner_text())
    assert found
    deposit.step("study")
    expect(named(page.locator("form[data-autosave]"), "Title")).to_be_disabled()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    return found[0]


def return_it(curator: Visitor, accession: str) -> None:
    """The curator finds it in the queue, comments on a field, and returns it with a note."""
    page = curator.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Review").click()
    page.get_by_label("Title or accession").fill(accession)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("row", name=accession).get_by_role("link").click()
    page.get_by_label("Comment on Description").first.click()
    page.get_by_role("textbox", name="Comment on Description").first.fill("Which genotypes?")
    page.get_by_role("button", name="Add comment").first.click()
    expect(page.locator("#decision").get_by_text("1 open comment")).to_be_visible()
    page.get_by_label("What is to be done").fill("One question, at the description.")
    page.get_by_role("button", name="Return with requests").click()
    expect(page.get_by_role("status").filter(has_text="back with its depositor")).to_be_visible()


def mend_and_send_again(deposit: Deposit) -> None:
    deposit.open("study")
    page = deposit.page
    expect(page.get_by_text("One question, at the description.")).to_be_visible()
    field = page.locator(".field", has=page.get_by_text("Which genotypes?"))
    description = named(field, "Description")
    description.fill(NF1_IN_FULL["study"]["description"] + " Genotypes are WT and Null.")
    deposit.wait_until_saved()
    field.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Which genotypes?")).to_have_count(0)
    send(deposit)


def approve(curator: Visitor, accession: str) -> None:
    page = curator.go("/review")
    page.get_by_role("row", name=accession).get_by_role("link").click()
    expect(page.locator(".review-row.changed")).to_contain_text("Genotypes are WT and Null.")
    page.get_by_text("Approve and publish").click()
    page.get_by_role("button", name="Yes, publish it").click()
    expect(page.get_by_role("status").filter(has_text=f"{accession} version 1 is published.")).to_be_visible()


def take_what_files_say(deposit: Deposit) -> None:
    """The settings are not typed: an OME-TIFF tells them, and one press takes them over."""
    deposit.step("files")
    deposit.expect_all_read()
    deposit.open("imaging")
    page = deposit.page
    offer = page.locator(".prefilled li", has_text="example-zstack.ome.tif").filter(has_text="exposure 500 ms")
    offer.get_by_role("button", name="Use it").click()
    settings = named(page.locator("form[data-autosave]"), "Settings")
    expect(settings).to_have_value(re.compile("exposure 500 ms"))


def kill_the_worker_while_it_reads(deposit: Deposit) -> None:
    """Progress is seen without loading the page again; the next worker takes up what the dead one left. Where it was
    faster than the page, it has read all."""
    reading = deposit.page.locator("#reading")
    expect(reading).to_contain_text(re.compile(r"Reading files: [1-9]\d* of \d+ done|have been read"))
    deposit.visitor.site.kill("worker")
    deposit.visitor.site.start("worker")
