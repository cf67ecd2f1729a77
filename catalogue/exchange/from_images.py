"""What the headers of a study's images answer of its form, as one import among others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import Imported, Place
from catalogue.rules.offers import offers
from catalogue.rules.rembi import BY_KEY
from imaging.facts import FileFacts

NAMESPACE = "openmicroscopy.org/OME"
_GROUPS = (("acquisition",), ("channel",), ("contributor", "organisation"))
Group = tuple[tuple[str, str, str], ...]  # (module, field, text) of what belongs together


@dataclass
class _Seen:
    """The different groups, in the order in which they were met, each with the place that says so."""

    groups: dict[Group, dict[tuple[str, str], Place]] = field(default_factory=dict)


def from_images(found: Iterable[tuple[str, FileFacts]], document: Mapping[str, Any]) -> Imported:
    """Set-ups, channels and people as the files name them, each different one once.

    `found` gives (path in the study, facts). Where the document has one set-up and the files tell of one, they are the
    same; people and channels are only offered to a document without any, since files name them in their own way.
    """
    seen: dict[tuple[str, ...], _Seen] = {modules: _Seen() for modules in _GROUPS}
    for path, facts in found:
        _look(path, facts, seen)
    builder = Builder(file="", namespace=NAMESPACE)
    for modules, one in seen.items():
        present = [row for row in document.get(BY_KEY[modules[0]].plural) or () if isinstance(row, Mapping)]
        if present and not (modules == ("acquisition",) and len(present) == len(one.groups) == 1):
            continue
        for number, (group, places) in enumerate(one.groups.items(), 1):
            _add(builder, group, places, number, str(present[0].get("id") or "acquisition-1") if present else "")
    return builder.imported


def _look(path: str, facts: FileFacts, seen: Mapping[tuple[str, ...], _Seen]) -> None:
    """Gather a file's offers into groups: a field that comes again begins the next one."""
    groups: dict[tuple[str, ...], dict[tuple[str, str], tuple[str, str]]] = {modules: {} for modules in _GROUPS}

    def close(modules: tuple[str, ...]) -> None:
        held = groups[modules]
        group = tuple((module, name, text) for (module, name), (text, _) in held.items() if text)
        if group:
            places = {key: Place(path, field=element) for key, (_, element) in held.items()}
            seen[modules].groups.setdefault(group, places)
        held.clear()

    for module, name, text, element in offers(facts):
        modules = next(modules for modules in _GROUPS if module in modules)
        if (module, name) in groups[modules]:
            close(modules)
        groups[modules][module, name] = (" ".join(text.split()), element)
    for modules in _GROUPS:
        close(modules)


def _add(builder: Builder, group: Group, places: Mapping[tuple[str, str], Place], number: int, key: str) -> None:
    keys: dict[str, str] = {}
    for module, name, text in group:
        if module not in keys:
            keys[module] = builder.add(module, key or f"{module}-{number}")
        builder.put(module, keys[module], name, text)
        builder.imported.sources[f"{module}/{keys[module]}/{name}"] = places[module, name]
    if "contributor" in keys and "organisation" in keys:
        builder.append("contributor", keys["contributor"], "affiliations", {"organisation": keys["organisation"]})
