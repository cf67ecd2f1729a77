"""MyTardis: what its REST API gives as JSON (experiments, datasets, data files), and its METS documents.

An experiment is the study, a dataset a component, parameters are named values under their schema's namespace.
Source: MyTardis' API documentation, and the METS profile it exports.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from catalogue.exchange import json_text, xml_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair, Weight
from catalogue.exchange.image_databases.values import (
    Object,
    component,
    is_json,
    keep,
    keep_with_file,
    leaves,
    objects,
    organisation,
    person,
    take,
)  # fmt: skip
from catalogue.exchange.licences import licence_id

NAMESPACE = "mytardis.org"
_VALUES = ("string_value", "numerical_value", "datetime_value", "link_id", "value")


def is_mine(files: Files) -> bool:
    for name, path in files.items():
        if is_json(name):
            head = json_text.head(path)
            if "/api/v1/experiment" in head or "/api/v1/dataset" in head or '"institution_name"' in head:
                return True
        if name.lower().endswith(".xml") and "http://www.loc.gov/METS/" in xml_text.head(path):
            return True
    return False


def read(files: Files) -> Imported:
    """The study. Raises CannotRead."""
    mets = [name for name in files if name.lower().endswith(".xml") and "loc.gov/METS" in xml_text.head(files[name])]
    found = [one for name in files if is_json(name) for one in objects(files[name], name)]
    if not mets and not found:
        raise CannotRead("There is neither METS nor JSON of MyTardis among these.")
    builder = Builder(file=(mets or [name for name in files if is_json(name)])[0], namespace=NAMESPACE)
    for name in mets:
        _mets(builder, name, xml_text.load(files[name], name))
    _objects(builder, list(_flattened(found)))
    return builder.imported


def _flattened(found: list[Object]) -> Iterator[Object]:
    """Objects one by one, also those under “experiments”, “datasets” and “datafiles” of a hand-made export."""
    for one in found:
        parts = [one.pop(name) for name in ("experiment", "datasets", "datafiles", "dataset_files", "files")
                 if isinstance(one.get(name), list | dict) and "filename" not in one]  # fmt: skip
        if one:
            yield one
        for part in parts:
            yield from (each for each in (part if isinstance(part, list) else [part]) if isinstance(each, dict))


def _objects(builder: Builder, found: list[Object]) -> None:
    files = [one for one in found if "filename" in one]
    datasets = [one for one in found if "filename" not in one and ("experiments" in one or "immutable" in one)]
    others = [one for one in found if one not in files and one not in datasets]
    for number, one in enumerate(others):
        if "title" in one and number == 0:
            _experiment(builder, one)
        else:
            if "title" in one:
                message = "There is more than one experiment; the first is the study, this one was kept beside it."
                builder.remark(Weight.ERROR, message, said="title", value=str(one.get("title")))
            keep(builder, "study", "", one, "experiment")
    components = {}
    for one in datasets:
        key = str(one.get("id", ""))
        title = take(one, "description", "name", "title")
        made = components[key] = component(builder, title or f"Dataset {key}")
        _parameters(builder, one, "component", made)
        keep(builder, "component", made, one)
    for one in files:
        _file(builder, one, components)


def _experiment(builder: Builder, one: Object) -> None:
    for name, field in (("title", "title"), ("description", "description")):
        builder.put("study", "", field, take(one, name), said=name)
    where = take(one, "institution_name")
    place = organisation(builder, where) if where else ""
    for author in one.pop("authors", None) or one.pop("experimentauthor_set", None) or ():
        author = dict(author) if isinstance(author, dict) else {"author": str(author)}
        key = person(builder, full=take(author, "author", "name"), email=take(author, "email"), role="Author")
        if key and place:
            builder.append("contributor", key, "affiliations", {"organisation": place})
        keep(builder, "contributor" if key else "study", key, author, "author")
    licence = one.get("license")
    if isinstance(licence, dict) and (known := licence_id(str(licence.get("url") or licence.get("name") or ""))):
        builder.put("study", "", "licence", known, said="license")
    if address := take(one, "url"):
        builder.put("link", builder.add("link"), "url", address, said="url")
    _parameters(builder, one, "study", "")
    keep(builder, "study", "", one)


def _parameters(builder: Builder, one: Object, module: str, key: str) -> None:
    for pair in _parameter_pairs(one):
        builder.keep(module, key, pair)


def _parameter_pairs(one: Object) -> Iterator[Pair]:
    """Parameter sets as named values, each under its schema's namespace."""
    for group in one.pop("parameter_sets", None) or ():
        if not isinstance(group, dict):
            continue
        schema = group.pop("schema", None)
        namespace = str(schema.get("namespace") or NAMESPACE) if isinstance(schema, dict) else str(schema or NAMESPACE)
        for parameter in group.pop("parameters", None) or ():
            name = parameter.get("name")
            title = str(name.get("full_name") or name.get("name")) if isinstance(name, dict) else str(name)
            unit = str(name.get("units") or "") if isinstance(name, dict) else ""
            value = next((str(parameter[each]) for each in _VALUES if parameter.get(each) not in (None, "")), "")
            if value:
                yield Pair(namespace, title, value, unit)
        rest = {name: value for name, value in group.items() if name in ("id", "resource_uri")}
        yield from (Pair(namespace, f"parameter set {name}", value) for name, value in leaves(rest))


def _file(builder: Builder, one: Object, components: dict[str, str]) -> None:
    dataset = one.get("dataset")
    key = str(dataset.get("id", "")) if isinstance(dataset, dict) else str(dataset or "").rstrip("/").rpartition("/")[2]
    path = str(PurePosixPath(take(one, "directory"), take(one, "filename")))
    size = str(one.get("size") or "")
    line = FileLine(path, components.get(key, ""), int(size) if size.isdigit() and len(size) < 19 else None)
    if line.size is not None:
        del one["size"]
    line.pairs += _parameter_pairs(one)
    keep_with_file(builder, line, one)
    builder.imported.dossier.files.append(line)


def _mets(builder: Builder, name: str, root: Any) -> None:
    described = {one.get("ID"): one for one in xml_text.below(root, "dmdSec")}
    technical = {one.get("ID"): one for one in xml_text.below(root, "techMD", "amdSec") if one.get("ID")}
    component_of: dict[str, str] = {}
    first = True
    for div in xml_text.below(root, "div"):
        section = described.pop(div.get("DMDID", ""), None)
        pointers = [each.get("FILEID", "") for each in xml_text.children(div, "fptr")]
        if section is None and not pointers:
            continue
        module, key = ("study", "") if first and not pointers else ("component", builder.add("component"))
        first = False
        _described(builder, module, key, section, div)
        for admid in div.get("ADMID", "").split():
            if (part := technical.pop(admid, None)) is not None:
                for place, value in xml_text.leaves(part):
                    builder.pair(module, key, place, value)
        component_of |= dict.fromkeys(pointers, key)
    if label := root.get("LABEL"):
        builder.put("study", "", "title", label, said="LABEL")
    for file in xml_text.below(root, "file"):
        where = next(iter(xml_text.children(file, "FLocat")), None)
        href = next((str(value) for key, value in (where.attrib.items() if where is not None else ())
                     if str(key).endswith("href")), "")  # fmt: skip
        size = file.get("SIZE", "")
        line = FileLine(str(file.get("OWNERID") or href.partition("://")[2] or href or file.get("ID", "")),
                        component_of.get(file.get("ID", ""), ""), int(size) if size.isdigit() else None)  # fmt: skip
        line.pairs = [Pair(NAMESPACE, place, value) for place, value in xml_text.leaves(file)]
        for admid in file.get("ADMID", "").split():
            if (part := technical.pop(admid, None)) is not None:
                line.pairs += [Pair(NAMESPACE, place, value) for place, value in xml_text.leaves(part)]
        builder.imported.dossier.files.append(line)
    header = [*xml_text.below(root, "metsHdr"), *described.values(), *technical.values()]
    for part in header:
        for place, value in xml_text.leaves(part):
            builder.pair("study", "", place, value)


def _described(builder: Builder, module: str, key: str, section: Any, div: Any) -> None:
    """A title, an abstract and names, as MODS has them."""
    used = []
    for part in xml_text.below(section, "title", "abstract") if section is not None else ():
        field = "title" if xml_text.local(part) == "title" else "description"
        if xml_text.text(part) and not builder.row(module, key).get(field):
            builder.put(module, key, field, xml_text.text(part), said=xml_text.local(part))
            used.append(part)
    for part in xml_text.below(section, "namePart") if section is not None and module == "study" else ():
        if person(builder, full=xml_text.text(part), role="Author"):
            used.append(part)
    if module == "component" and not builder.row(module, key).get("title"):
        builder.put(module, key, "title", div.get("LABEL") or div.get("DMDID") or "Dataset")
    if section is not None:
        for place, value in xml_text.leaves(section, skip=frozenset(used)):
            builder.pair(module, key, place, value)
