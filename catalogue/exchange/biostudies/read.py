"""A BioStudies submission → Imported."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from catalogue.exchange import json_text
from catalogue.exchange.biostudies.file_lists import line_of, list_name, listed_files, submission_name
from catalogue.exchange.biostudies.names import (
    ASSOCIATIONS,
    FILE_LIST,
    FULL_NAME,
    NAMESPACE,
    QUALIFIED,
    SUBMISSION,
    TERM_ATTRIBUTES,
    UNIT,
    VALUE,
    VARIABLES,
    columns_of,
    field_of,
    module_of,
    same,
)
from catalogue.exchange.biostudies.page import Attribute, PageFile, Parser, Section
from catalogue.exchange.biostudies.qualifiers import ONTOLOGIES, names_ontology, pair_of, term_of
from catalogue.exchange.building import Builder, names_of
from catalogue.exchange.dossier import CannotRead, Files, Imported, Pair, Weight
from catalogue.exchange.licences import licence_id
from catalogue.exchange.terms import curie_in
from catalogue.rules import BY_KEY, Field, Kind, Module

_ORGANISM = re.compile(r"(?P<name>[^()]+?) \((?P<common>[^()]+)\)")  # "Mus musculus (mouse)"
_VARIABLES = {same(name): kind for name, kind in VARIABLES.items()}
# What a component in which samples and methods are nested is made from: column of `associations` → module.
_MADE_FROM = {"biosample": "biosample", "specimen": "specimen", "acquisition": "acquisition",
              "correlation": "correlation", "analysis": "analysis"}  # fmt: skip


def read(files: Files) -> Imported:
    """The study of the submission among the files; the others may be its file lists. Raises CannotRead."""
    names = [name for name in files if name.lower().endswith(".json")]
    name = submission_name(files) or (names[0] if len(names) == 1 else None)
    if name is None:
        raise CannotRead("There is no BioStudies submission (a .json file with a “section”) among these files.")
    return _Reader(name, files).read()


class _Reader:
    def __init__(self, name: str, files: Files) -> None:
        self.name, self.files = name, files
        self.build = Builder(file=name, namespace=NAMESPACE)
        self.accnos: dict[tuple[str, str], str] = {}  # (module, accno) → id
        self.later: list[Callable[[], None]] = []  # references, when all sections are there
        self.listed: set[str] = set()

    def read(self) -> Imported:
        submission = Parser(self.name).submission(json_text.load(self.files[self.name], self.name))
        try:
            self._root(submission.study)
        except RecursionError as error:
            raise CannotRead(f"“{self.name}” is nested too deeply.", file=self.name) from error
        self._submission(submission.accno, submission.attributes)
        for key, value in submission.others:
            self.build.pair("study", "", key, value, namespace=SUBMISSION)
        for act in self.later:
            act()
        for unread in sorted(set(self.files) - self.listed - {self.name}):
            self.build.remark(
                Weight.NOTE, "No section of the submission names this file; it was not read.", file=unread
            )
        return self.build.imported

    def _submission(self, accno: str, attributes: tuple[Attribute, ...]) -> None:
        """What stands outside the study: its title and date are the study's, where it has none."""
        self.build.pair("study", "", "accno", accno, namespace=SUBMISSION)
        study = self.build.row("study")
        for one in attributes:
            name = {"title": "title", "releasedate": "release_date"}.get(same(one.name))
            if name and not study.get(name) and not one.name_qualifiers:
                self.build.put("study", "", name, one.value, said=one.name)
            elif not name or study[name] != one.value:
                self._pair("study", "", one, SUBMISSION)

    def _root(self, study: Section) -> None:
        if same(study.type) != "study":
            self.build.pair("study", "", "type", study.type)
        self.build.pair("study", "", "section accno", study.accno)
        self._contents(BY_KEY["study"], "", study)

    def _contents(self, module: Module, key: str, section: Section) -> None:
        """All that a section of a module holds. The same for each kind, so that nothing is forgotten."""
        for one in section.attributes:
            self._attribute(module, key, one)
        for name, value in section.others:
            self.build.pair(module.key, key, name, value)
        component = key if module.key == "component" else ""
        for link in section.links:
            self._link(module, key, link.url, link.attributes)
        # They may name specimens that are still to come.
        self.later += [partial(self._file, it, component, self._of(module, key)) for it in section.files]
        inner: dict[str, list[str]] = {}
        for part in section.sections:
            if made := self._section(module, key, part):
                inner.setdefault(made[0], []).append(made[1])
        if module.key == "component" and inner:
            self._made_from(key, inner)

    def _section(self, module: Module, key: str, section: Section) -> tuple[str, str] | None:
        """A section within one of `module`. Gives the module and id of the row that was made, if one was."""
        if module.key == "component" and same(section.type) == same(ASSOCIATIONS):
            self.later.append(lambda: self._associations(key, section))
            return None
        table = self._table_of(module, section.type)
        if table is not None:
            self._table_row(module, key, table, section)
            return None
        inner = module_of(section.type)
        if inner is None or not inner.repeated:
            self._unknown(module, key, section, section.type)
            return None
        made = self.build.add(inner.key, section.accno)
        self.accnos.setdefault((inner.key, section.accno or made), made)
        self._contents(inner, made, section)
        self._complete(inner, made, section)
        return inner.key, made

    def _complete(self, module: Module, key: str, section: Section) -> None:
        """What the archive leaves to be understood: authors are authors; what has no title is known by its accno."""
        row = self.build.row(module.key, key)
        given = {same(one.name) for one in section.attributes}
        if "title" in {one.name for one in module.fields} and not given & {"title", "name"} and section.accno:
            self.build.put(module.key, key, "title", section.accno, said="accno")
        if module.key == "contributor" and same(section.type) == "author":
            roles = row.setdefault("roles", [])
            if {"role": "Author"} not in roles:
                roles.insert(0, {"role": "Author"})

    def _unknown(self, module: Module, key: str, section: Section, path: str) -> None:
        """A section that is no module: all its values are pairs of the entity around it."""
        self.build.remark(
            Weight.NOTE,
            f"A section “{section.type}” is no part of the model; its values are kept as they are.",
            said=path,
        )
        if section.accno:
            self.build.pair(module.key, key, f"{path}/accno", section.accno)
        for one in section.attributes:
            self._pair(module.key, key, one, NAMESPACE, prefix=f"{path}/")
        self._leftovers(module, key, section, path)

    def _leftovers(self, module: Module, key: str, section: Section, path: str) -> None:
        """What a section that makes no row of its own holds beside its attributes."""
        for name, value in section.others:
            self.build.pair(module.key, key, f"{path}/{name}", value)
        for link in section.links:
            self._link(module, key, link.url, link.attributes)
        for file in section.files:
            self._file(file, key if module.key == "component" else "", path)
        for part in section.sections:
            self._unknown(module, key, part, f"{path}/{part.type}")

    # Attributes

    def _attribute(self, module: Module, key: str, one: Attribute) -> None:
        if any(name == QUALIFIED for name, _ in one.name_qualifiers):
            self._pair(module.key, key, one, NAMESPACE)
            return
        name = same(one.name)
        if name == same(FILE_LIST):
            self.later.append(lambda: self._file_list(module, key, one.value))
        elif module.key == "contributor" and name == same(FULL_NAME):
            self._name(key, one)
        elif module.key == "biosample" and name in _VARIABLES:
            self._variable(key, one, _VARIABLES[name])
        elif field := field_of(module, one.name):
            self._value(module, key, field, one)
        else:
            self._pair(module.key, key, one, NAMESPACE)

    def _value(self, module: Module, key: str, field: Field, one: Attribute) -> None:
        curie, others = term_of(one)
        if field.kind is Kind.REFERENCE:
            self.later.append(lambda: self._reference(module, key, field, one))
            others = one.value_qualifiers
        elif field.kind is Kind.ROWS:
            self._listed_value(module, key, field, one, curie)
        elif field.kind is Kind.LICENCE:
            others = self._licence(module, key, field, one)
        else:
            self.build.put(module.key, key, field.name, one.value, said=one.name, curie=curie)
            if curie and field.kind is not Kind.TERM:
                others = one.value_qualifiers
        self._qualifiers(module.key, key, one, others)

    def _listed_value(self, module: Module, key: str, field: Field, one: Attribute, curie: str) -> None:
        """An attribute that may be repeated, one a row."""
        first = field.columns[0]
        if first.kind is Kind.REFERENCE:
            self.later.append(lambda: self._reference(module, key, field, one))
        elif field.name == "roles":
            self._roles(key, first, one)
        elif field.name == "organisms" and (found := _ORGANISM.fullmatch(one.value)):
            values = {"organism": {"text": found["name"], "curie": curie}, "common_name": found["common"]}
            self.build.append(module.key, key, field.name, values, said=one.name)
        else:
            value = {"text": one.value, "curie": curie} if first.kind is Kind.TERM else one.value
            self.build.append(module.key, key, field.name, {first.name: value}, said=one.name)

    def _roles(self, key: str, column: Field, one: Attribute) -> None:
        """Roles of the model by their name; what it has no role for is kept as it is written."""
        known = {_plain(text): value for value, label in column.choices for text in (value, label)}
        whole = known.get(_plain(one.value))
        for part in [one.value] if whole else one.value.split(","):
            role = known.get(_plain(part))
            if role is None:
                self.build.pair("contributor", key, one.name, part.strip())
            elif {"role": role} not in self.build.row("contributor", key).get("roles", []):
                self.build.append("contributor", key, "roles", {"role": role}, said=one.name)

    def _licence(self, module: Module, key: str, field: Field, one: Attribute) -> tuple[tuple[str, str], ...]:
        """The licence by its SPDX id. Gives the qualifiers that say something else."""
        others = tuple(pair for pair in one.value_qualifiers if not licence_id(pair[1]))
        addresses = [licence_id(value) for _, value in one.value_qualifiers if licence_id(value)]
        spdx = licence_id(one.value) or (addresses[0] if addresses else "")
        self.build.put(module.key, key, field.name, spdx or one.value, said=one.name)
        if spdx and spdx != one.value:
            said = ", ".join([one.value, *(value for _, value in one.value_qualifiers)])
            self.build.remark(
                Weight.NOTE,
                f"“{one.value}” is {spdx} in the SPDX list.",
                said=one.name,
                value=said,
                path="study/licence",
            )
        return others

    def _name(self, key: str, one: Attribute) -> None:
        """A whole name, unless its parts are given as well."""
        row = self.build.row("contributor", key)

        def later() -> None:
            if not row.get("family_name") and not row.get("given_name"):
                family, given = names_of(one.value)
                self.build.put("contributor", key, "family_name", family, said=one.name)
                self.build.put("contributor", key, "given_name", given, said=one.name)

        self.later.append(later)
        self._qualifiers("contributor", key, one, one.value_qualifiers)

    def _variable(self, key: str, one: Attribute, kind: str) -> None:
        curie, others = term_of(one)
        found = {same(name): value for name, value in others}
        value = {"text": found.pop(same(VALUE), ""), "curie": curie}
        values = {"kind": kind, "name": one.value, "value": value, "unit": found.pop(same(UNIT), "")}
        if one.value:
            self.build.append("biosample", key, "variables", values, said=one.name)
        left = tuple(pair for pair in others if same(pair[0]) in found)
        self._qualifiers("biosample", key, one, left)

    def _qualifiers(self, module: str, key: str, one: Attribute, left: tuple[tuple[str, str], ...]) -> None:
        for name, value in (*one.name_qualifiers, *left):
            self.build.pair(module, key, f"{one.name} [{name}]", value)

    def _pair(self, module: str, key: str, one: Attribute, namespace: str, prefix: str = "") -> None:
        pair, left = pair_of(one, namespace)
        self.build.pair(module, key, prefix + pair.name, pair.value, unit=pair.unit, curie=pair.curie,
                        namespace=pair.namespace)  # fmt: skip
        for name, value in left:
            self.build.pair(module, key, f"{prefix}{one.name} [{name}]", value, namespace=namespace)

    # Tables

    def _table_of(self, module: Module, section: str) -> Field | None:
        for one in module.fields:
            if one.kind is Kind.ROWS and (same(section) == same(one.name) or field_of(module, section) is one):
                return one
        return None

    def _table_row(self, module: Module, key: str, table: Field, section: Section) -> None:
        """A section that is a row of a table of its entity."""
        columns = columns_of(module, table)
        term_attribute, term_column = TERM_ATTRIBUTES.get((module.key, table.name), ("", ""))
        values: dict[str, Any] = {}
        for one in section.attributes:
            column = columns.get(same(one.name))
            curie, left = term_of(one)
            if term_attribute and same(one.name) == same(term_attribute) and (curie := curie_in(one.value)):
                values.setdefault(term_column, {"text": "", "curie": ""})["curie"] = curie
            elif column is None or values.get(column.name, {}):
                if same(one.name) in ONTOLOGIES and names_ontology(one.value, section):
                    continue
                self._pair(module.key, key, one, NAMESPACE, prefix=f"{section.type}/")
                continue
            elif column.kind is Kind.TERM:
                values[column.name] = {"text": one.value, "curie": curie}
            else:
                values[column.name] = one.value
            self._qualifiers(module.key, key, one, left)
        self.build.append(module.key, key, table.name, values, said=section.type)
        self._leftovers(module, key, section, section.type)

    def _associations(self, key: str, section: Section) -> None:
        """A section that names what a component is made from; several of one kind make several rows."""
        component = BY_KEY["component"]
        columns = {column.target: column for column in component.field("associations").columns}
        found: dict[str, list[str]] = {}
        for one in section.attributes:
            module = module_of(one.name)
            column = columns.get(module.key) if module else None
            made = self._find(column.target, one.value) if column else ""
            if column and made:
                found.setdefault(column.name, []).append(made)
            elif one.value:
                self._unresolved("component", key, one, column.target if column else "")
            self._qualifiers("component", key, one, one.value_qualifiers)
        self._rows_made_from(key, found)
        self._leftovers(component, key, section, section.type)

    def _made_from(self, key: str, inner: dict[str, list[str]]) -> None:
        """Samples and methods nested in a component are those that it is made from."""
        self._rows_made_from(key, {column: inner[module] for column, module in _MADE_FROM.items() if module in inner})
        for biosample in inner.get("biosample", ())[:1]:
            for specimen in inner.get("specimen", ()):
                self.build.put("specimen", specimen, "biosample", biosample, said="Biosample")

    def _rows_made_from(self, key: str, found: dict[str, list[str]]) -> None:
        for number in range(max(map(len, found.values()), default=0)):
            row = {column: ids[min(number, len(ids) - 1)] for column, ids in found.items()}
            self.build.append("component", key, "associations", row, said=ASSOCIATIONS)

    # References

    def _reference(self, module: Module, key: str, field: Field, one: Attribute) -> None:
        column = field.columns[0] if field.kind is Kind.ROWS else field
        target = self._find(column.target, one.value)
        if not target and one.value:
            self._unresolved(module.key, key, one, column.target)
        elif field.kind is Kind.ROWS:
            self.build.append(module.key, key, field.name, {column.name: target}, said=one.name)
        else:
            self.build.put(module.key, key, field.name, target, said=one.name)

    def _find(self, module: str, said: str) -> str:
        """The id of the row with this accno, else of the only one with this title; nothing if there is none."""
        if found := self.accnos.get((module, said)):
            return found
        rows = self.build.document.get(BY_KEY[module].plural, ())
        named = [row["id"] for row in rows if said.strip() in (row.get("title"), row.get("name")) or
                 said.strip() == str(row.get("title", "")).strip()]  # fmt: skip
        return str(named[0]) if named and said.strip() else ""

    def _unresolved(self, module: str, key: str, one: Attribute, target: str) -> None:
        label = BY_KEY[target].label.lower() if target else "section"
        message = (
            f"There is no {label} “{one.value}” in the submission. It is kept as it stands; choose one in the form."
        )
        self.build.remark(Weight.ERROR, message, said=one.name, value=one.value, path=f"{module}/{key}")
        self.build.pair(module, key, one.name, one.value)

    # Links and files

    def _link(self, module: Module, key: str, url: str, attributes: tuple[Attribute, ...]) -> None:
        made = self.build.add("link")
        self.build.put("link", made, "url", url, said="url")
        if module.key != "study":
            self.build.pair("link", made, "of section", self._of(module, key))
        for one in attributes:
            self._attribute(BY_KEY["link"], made, one)

    def _of(self, module: Module, key: str) -> str:
        return f"{module.key}/{key}" if module.key not in {"study", "component"} else ""

    def _file_list(self, module: Module, key: str, named: str) -> None:
        """The files that a list names, if the list is there."""
        name = next((it for it in self.files if PurePosixPath(it).name == PurePosixPath(named).name), None)
        if named != list_name(key):
            self.build.pair(module.key, key, FILE_LIST, named)
        if name is None:
            message = f"The file list “{named}” is not among these files. Give it together with the submission."
            self.build.remark(Weight.NOTE, message, said=FILE_LIST, value=named)
            return
        self.listed.add(name)
        for file in listed_files(name, self.files):
            self._file(file, key if module.key == "component" else "", self._of(module, key))

    def _file(self, file: PageFile, component: str, of: str = "") -> None:
        line = line_of(file, component, of)
        if named := line.specimen:
            line.specimen = self._find("specimen", named)
            if not line.specimen:
                line.pairs.append(Pair(NAMESPACE, "Specimen", named))
        self.build.imported.dossier.files.append(line)


def _plain(role: str) -> str:
    return re.sub(r"\W+", " ", role).strip().lower()
