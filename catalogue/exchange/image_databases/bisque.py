"""BisQue: XML of its data service, images and datasets with nested tags and graphical objects.

A dataset is a component (the only one also the study's title), an image a file line; tags are named values, those
within tags by their path; graphical objects with their vertices too. Source: BisQue's data service documentation.
"""

from typing import Any

from catalogue.exchange import xml_text
from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Files, Imported, Pair
from catalogue.exchange.image_databases.values import component, person

NAMESPACE = "bisque"
_ROOTS = ("resource", "image", "dataset", "response")
_PEOPLE = {"author", "owner", "creator", "experimenter"}


def is_mine(files: Files) -> bool:
    for name, path in files.items():
        if name.lower().endswith(".xml"):
            head = xml_text.head(path)
            if "data_service" in head or "resource_uniq" in head:
                return True
    return False


def read(files: Files) -> Imported:
    """The study. Raises CannotRead."""
    names = [name for name in sorted(files) if name.lower().endswith(".xml")]
    roots = [(name, xml_text.load(files[name], name)) for name in names]
    roots = [(name, root) for name, root in roots if xml_text.local(root) in _ROOTS]
    if not roots:
        raise CannotRead("There is no XML of BisQue's data service among these.", file=names[0] if names else "")
    builder = Builder(file=roots[0][0], namespace=NAMESPACE)
    tops = [each for _, root in roots
            for each in ([root] if xml_text.local(root) in ("image", "dataset") else list(root))]  # fmt: skip
    datasets = [top for top in tops if xml_text.local(top) == "dataset"]
    members: dict[str, str] = {}
    for dataset in datasets:
        _dataset(builder, dataset, members, only=len(datasets) == 1)
    for top in tops:
        if xml_text.local(top) == "image":
            _image(builder, top, members)
        elif top not in datasets:
            for place, value in _tags(top):
                builder.pair("study", "", place, value)
    return builder.imported


def _dataset(builder: Builder, dataset: Any, members: dict[str, str], *, only: bool) -> None:
    title = dataset.get("name") or dataset.get("resource_uniq") or "Dataset"
    key = component(builder, title)
    if only:
        builder.put("study", "", "title", title, said="name")
    for member in xml_text.children(dataset, "value"):
        members[xml_text.text(member).rpartition("/")[2]] = key
    for tag in xml_text.children(dataset, "tag"):
        name, value = (tag.get("name") or "").lower(), tag.get("value") or ""
        if name == "description" and only:
            builder.put("study", "", "description", value, said="description")
        if name == "description":
            builder.put("component", key, "description", value, said="description")
        if name in _PEOPLE and value and "/" not in value:
            person(builder, full=value, role="Author")
    for place, value in _tags(dataset):
        builder.pair("component", key, place, value)


def _image(builder: Builder, image: Any, members: dict[str, str]) -> None:
    unique = image.get("resource_uniq") or (image.get("uri") or "").rpartition("/")[2]
    line = FileLine(image.get("name") or unique, members.get(unique, ""))
    line.pairs = [Pair(NAMESPACE, place, value) for place, value in _tags(image)]
    builder.imported.dossier.files.append(line)


def _tags(element: Any, path: str = "") -> list[tuple[str, str]]:
    """The element's attributes, its tags by their names, and its graphical objects."""
    head = f"{path}/" if path else ""
    own = "name" if xml_text.local(element) == "tag" else ""
    found = [(f"{head}@{key}", str(value)) for key, value in element.attrib.items()
             if str(value) and key not in (own, "value" if own else "")]  # fmt: skip
    if own and element.get("value"):
        found.append((path, element.get("value")))
    if xml_text.text(element):
        found.append((path or xml_text.local(element), xml_text.text(element)))
    counts: dict[str, int] = {}
    for child in element:
        kind = xml_text.local(child)
        name = (child.get("name") if kind in ("tag", "gobject") else "") or kind
        counts[name] = counts.get(name, 0) + 1
        place = f"{head}{name}" + (f"[{counts[name]}]" if counts[name] > 1 and kind != "tag" else "")
        if kind == "vertex":
            cells = ", ".join(f"{key}={value}" for key, value in child.attrib.items())
            found.append((place, cells))
        else:
            found += _tags(child, place)
    return found
