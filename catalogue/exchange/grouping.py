"""Which files belong to which study component: patterns that the document's components give under `files`."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

FILES = "files"


class WrongPatterns(Exception):
    """`problems` are (path in the document, what is wrong)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(problems[0][1])
        self.problems = problems


def group(document: Mapping[str, Any], paths: Sequence[str]) -> tuple[dict[str, Any], dict[str, int]]:
    """The document without patterns, and for each path that fits one the place of its component.

    The first component with a fitting pattern takes a file; a study's only component, if it names no files, takes all.
    What is no list of components is left as it is, for whoever takes the document to refuse. Raises WrongPatterns.
    """
    components = document.get("components")
    if not isinstance(components, list) or not all(isinstance(one, Mapping) for one in components):
        return dict(document), {}
    problems: list[tuple[str, str]] = []
    listed = [_patterns(number, one.get(FILES), problems) for number, one in enumerate(components)]
    found: dict[str, int] = {}
    for number, patterns in enumerate(listed if not problems else []):
        for pattern in patterns:
            fitting = [path for path in paths if fnmatch.fnmatchcase(path, pattern)]
            if not fitting:
                problems.append((f"components/{number}/{FILES}", f"“{pattern}” fits no file of the folder."))
            for path in fitting:
                found.setdefault(path, number)
    if problems:
        raise WrongPatterns(problems)
    if len(listed) == 1 and not listed[0]:
        found = dict.fromkeys(paths, 0)
    return {**document, "components": [_without(one) for one in components]}, found


def _without(component: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in component.items() if name != FILES}


def _patterns(number: int, given: Any, problems: list[tuple[str, str]]) -> list[str]:
    listed = [given] if isinstance(given, str) else [] if given is None else given
    path = f"components/{number}/{FILES}"
    if not isinstance(listed, list) or not all(isinstance(one, str) and one.strip() for one in listed):
        problems.append((path, '“files” is a list of patterns, as in ["*.tif", "masks/*"].'))
        return []
    wrong = [one for one in listed if one.startswith("/") or ".." in one.split("/") or "\\" in one]
    problems += [(path, f"“{one}” leads out of the folder; patterns are relative to it.") for one in wrong]
    return listed
