"""How rows of a workbook name one another: by title where that is clear, else by id."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from catalogue.rules.rembi import MODULES
from catalogue.rules.titles import title_of

_LONGEST = 200


def folded(name: str) -> str:
    return " ".join(name.casefold().split())


class Names:
    """The names of a document's rows, and the rows that names mean."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._ids: dict[tuple[str, str], str] = {}
        for module in MODULES:
            rows = (document.get(module.plural) or ()) if module.repeated else ()
            titles = {str(row.get("id") or ""): title_of(module, row) for row in rows}
            counts = Counter(folded(title) for title in titles.values())
            keys = {folded(key) for key in titles}
            for key, title in titles.items():
                clear = title and counts[folded(title)] == 1 and folded(title) not in keys
                name = title if clear and "\n" not in title and len(title) <= _LONGEST else key
                self._names[module.key, key] = name
                self._ids[module.key, folded(name)] = key
                self._ids[module.key, folded(key)] = key

    def of(self, module: str, key: str) -> str:
        """What the row with this id is called; the id itself if there is no such row."""
        return self._names.get((module, key), key)

    def meant(self, module: str, name: str) -> str:
        """The id of the row that is called so; empty if there is none, or more than one."""
        return self._ids.get((module, folded(name)), "")
