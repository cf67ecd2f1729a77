"""What a depositor does on the pages of a deposit, by label and key, as a person would."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect

from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY, BY_PLURAL
from portal.deposit.steps import BY_STEP
from tests.story.browser import Visitor, named

ALL_IS_SAVED = """() => /^Saved/.test(document.getElementById('saved').textContent)
    && ![...document.querySelectorAll('form[data-autosave]:has(button.save)')].some((form) =>
        form.dataset.autosave !== 'on' || localStorage.getItem('unsent:' + new URL(form.action).pathname))"""


class Deposit:
    """One study in one person's browser."""

    def __init__(self, visitor: Visitor, study: str) -> None:
        self.visitor = visitor
        self.study = study
        self.names: dict[str, str] = {}  # id in the document → the words by which forms offer it

    @property
    def page(self) -> Page:
        return self.visitor.page

    def open(self, step: str) -> None:
        self.visitor.go(f"/deposit/{self.study}/{step}")

    def step(self, step: str) -> None:
        """By the list of steps, as a person goes on."""
        label = str(BY_STEP[step].label)
        self.page.get_by_role("navigation", name="Steps", exact=True).get_by_role("link", name=label).click()
        expect(self.page.get_by_role("heading", level=2, name=label, exact=True)).to_be_visible()
        self.page.wait_for_load_state()  # the heading is seen before what stands below it, and before the scripts

    def wait_until_saved(self) -> None:
        try:
            self.page.wait_for_function(ALL_IS_SAVED, polling=100)
        except TimeoutError as error:
            raise AssertionError(
                f"not saved, on {self.page.url}: {self.page.locator('#saved').inner_text()!r}"
            ) from error

    def fill_step(self, step: str, document: Mapping[str, Any]) -> None:
        """Everything that a document says on a step: one form for each thing, all by typing and choosing."""
        self.step(step)
        for key in BY_STEP[step].module_keys:
            module = BY_KEY[key]
            rows = document.get(module.plural, []) if module.repeated else [document[module.plural]]
            for values in rows:
                form = self.add(module) if module.repeated else self.page.locator("form[data-autosave]")
                self.fill(form, module, values)
                self.names[values.get("id", "")] = values.get("title") or values.get("name") or values.get("url", "")

    def add(self, module: Module) -> Locator:
        """A new form of a module, which the page opens."""
        section = self.page.locator(f"section#{module.plural}")
        before = section.locator("details.entity").count()
        section.get_by_role("button", name=f"+ Add {module.label.lower()}", exact=True).click()
        expect(section.locator("details.entity")).to_have_count(before + 1)
        return section.locator("details.entity").last.locator("form[data-autosave]")

    def fill(self, form: Locator, module: Module, values: Mapping[str, Any]) -> None:
        plain = form.locator(".field:not(.field-rows)")
        for field in module.fields:
            if field.name not in values:
                continue
            if field.kind is Kind.ROWS:
                self._fill_table(form, field, values[field.name])
            else:
                self._fill_one(named(plain, field.label), field, values[field.name])
        self.wait_until_saved()

    def _fill_table(self, form: Locator, field: Field, rows: list[Mapping[str, Any]]) -> None:
        group = form.get_by_role("group", name=re.compile(rf"^{re.escape(field.label)}"))
        for number, row in enumerate(rows):
            for column in field.columns:
                if column.name in row:
                    cell = group.get_by_label(column.label, exact=True).nth(number)
                    self._fill_one(cell, column, row[column.name])

    def _fill_one(self, control: Locator, field: Field, value: Any) -> None:
        match field.kind:
            case Kind.TERM if value.get("curie"):
                self.choose_term(control, value["text"], value["curie"])
            case Kind.TERM:
                control.fill(value["text"])
            case Kind.CHOICE | Kind.LICENCE:
                control.select_option(value)
            case Kind.REFERENCE:
                control.select_option(label=self.names[value])
            case _:
                control.fill(value)

    def choose_term(self, control: Locator, text: str, curie: str) -> None:
        """Types a word, waits for suggestions, and takes the one that is wanted by the arrow keys."""
        control.press_sequentially(text[:-1])
        terms = self.page.get_by_role("listbox", name="Terms").get_by_role("option")
        wanted = terms.filter(has_text=curie).first
        expect(wanted).to_be_visible()
        control.press("ArrowDown")  # from now on the list stays as it is
        places = terms.count() + 1
        while wanted.get_attribute("aria-selected") != "true" and (places := places - 1):
            control.press("ArrowDown")
        control.press("Enter")
        expect(control).to_have_value(text)
        expect(control.locator("..").locator(".term-mark")).to_have_text(curie)

    def upload(self, *places: Path) -> None:
        """Chooses files, or one folder, and waits until all have arrived."""
        label = "A folder" if places[0].is_dir() else "Files"
        self.page.get_by_label(re.compile(f"^{label}")).first.set_input_files([str(place) for place in places])
        for place in places:
            row = self.page.locator("li.upload", has_text=re.compile(rf"(^|/){re.escape(place.name)}"))
            expect(row).to_have_attribute("data-state", "arrived", timeout=180_000)

    def put_into(self, component: str, *, pattern: str = "", files: int = 0) -> None:
        """Moves all files whose names fit a pattern, or the first so many of the list, into a component."""
        if pattern:
            named(self.page.locator("#assign"), "or all with a name like").fill(pattern)
        boxes = self.page.get_by_role("checkbox", name=re.compile("^Choose (?!all)"))
        for number in range(files):
            boxes.nth(number).check()
        named(self.page.locator("#assign"), "Put chosen files into").select_option(label=component)
        self.page.get_by_role("button", name="Put there").click()

    def expect_all_read(self) -> None:
        expect(self.page.locator("#reading")).to_contain_text(re.compile("All .* have been read"), timeout=180_000)


def module_of(plural: str) -> Module:
    return BY_PLURAL[plural]
