"""Cytomine: JSON of its API, a collection a file or all in one: project, images, annotations (WKT), terms, properties.

A project is the study; images are file lines with their annotations and properties as named values.
Source: Cytomine's API reference.
"""

from catalogue.exchange import json_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Weight
from catalogue.exchange.image_databases.values import (
    Object,
    component,
    is_json,
    keep,
    keep_with_file,
    objects,
    person,
    take,
)  # fmt: skip

NAMESPACE = "cytomine.com"
_PARTS = ("project", "images", "imageinstances", "annotations", "terms", "properties", "users", "ontology", "tracks")


def is_mine(files: Files) -> bool:
    return any(is_json(name) and _is_part(json_text.head(path)) for name, path in files.items())


def _is_part(head: str) -> bool:
    return "be.cytomine." in head or '"instanceFilename"' in head


def read(files: Files) -> Imported:
    """The study. Raises CannotRead."""
    names = [name for name in files if is_json(name)]
    found = [one for name in names for one in _flattened(objects(files[name], name))]
    if not found:
        raise CannotRead("There is no JSON of Cytomine among these.")
    builder = Builder(file=names[0], namespace=NAMESPACE)
    _Project(builder, found).read()
    return builder.imported


def _flattened(found: list[Object]) -> list[Object]:
    """Objects one by one, also those of an export that holds all collections."""
    flat: list[Object] = []
    for one in found:
        parts = [one.pop(name) for name in _PARTS if isinstance(one.get(name), list | dict) and "class" not in one]
        flat += [one] if one else []
        for part in parts:
            part = part.get("collection", part) if isinstance(part, dict) else part
            flat += [each for each in (part if isinstance(part, list) else [part]) if isinstance(each, dict)]
    return flat


def _kind(one: Object) -> str:
    name = str(one.get("class", "")).rpartition(".")[2].lower()
    if "instanceFilename" in one or name in ("imageinstance", "abstractimage"):
        return "image"
    if "location" in one or name.endswith("annotation"):
        return "annotation"
    return name or ("property" if "key" in one and "domainIdent" in one else "")


class _Project:
    def __init__(self, builder: Builder, found: list[Object]) -> None:
        self.builder = builder
        self.by_kind: dict[str, list[Object]] = {}
        for one in found:
            self.by_kind.setdefault(_kind(one), []).append(one)
        self.terms = {one.get("id"): str(one.get("name", "")) for one in self.by_kind.get("term", ())}
        self.lines: dict[object, FileLine] = {}

    def read(self) -> None:
        for number, one in enumerate(self.by_kind.pop("project", [])):
            if number == 0:
                self.builder.put("study", "", "title", take(one, "name"), said="name")
                self.builder.put("study", "", "description", take(one, "description"), said="description")
            else:
                message = "There is more than one project; the first is the study, this one was kept beside it."
                self.builder.remark(Weight.ERROR, message, said="name", value=str(one.get("name")))
            keep(self.builder, "study", "", one, "project")
        title = str(self.builder.row("study").get("title") or "Images")
        made = component(self.builder, title) if self.by_kind.get("image") else ""
        for one in self.by_kind.pop("image", []):
            key = one.get("id")
            path = take(one, "originalFilename", "filename", "instanceFilename") or f"image {key}"
            self.lines[key] = line = self.builder.line(path, made)
            keep_with_file(self.builder, line, one)
        for one in self.by_kind.pop("annotation", []):
            self._annotation(one)
        for one in self.by_kind.pop("property", []):
            self._property(one)
        for one in self.by_kind.pop("user", []):
            family, given = take(one, "lastname", "lastName"), take(one, "firstname", "firstName")
            key = person(self.builder, family=family, given=given, email=take(one, "email"))
            keep(self.builder, "contributor" if key else "study", key, one, "user")
        for kind, some in self.by_kind.items():
            for one in some:
                keep(self.builder, "study", "", one, kind)

    def _annotation(self, one: Object) -> None:
        key = one.pop("id", "")
        terms = one.pop("term", None) or []
        names = [self.terms.get(term, str(term)) for term in (terms if isinstance(terms, list) else [terms])]
        thing = {**one, **({"term": "; ".join(names)} if names else {})}
        prefix = f"annotation {key}"
        if line := self.lines.get(one.get("image")):
            keep_with_file(self.builder, line, thing, prefix)
        else:
            keep(self.builder, "study", "", thing, prefix)

    def _property(self, one: Object) -> None:
        """A key and a value of an image; of anything else, it is the study's."""
        name, value = take(one, "key"), take(one, "value")
        rest = {key: part for key, part in one.items() if key not in ("class", "id", "domainClassName", "domainIdent")}
        if line := self.lines.get(one.get("domainIdent")):
            keep_with_file(self.builder, line, {name: value, **rest})
        else:
            keep(self.builder, "study", "", {name: value, **one}, "property")
