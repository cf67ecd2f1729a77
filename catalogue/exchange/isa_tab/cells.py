"""The cells of an investigation file while it is written: by section, label and column."""

import re
from collections.abc import Iterable, Sequence

from catalogue.exchange.dossier import Pair
from catalogue.exchange.idr.labels import protocol_kind
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.table import term_cells

_PLACE = re.compile(rf"{labels.NAMESPACE}/(?P<section>[a-z-]{{5,40}})/(?P<column>[1-9]\d{{0,4}})")
_BY_SLUG = {section.lower().replace(" ", "-"): section for section in labels.SECTIONS}
_MOST = 120  # columns that the reference implementation reads


class Cells:
    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], dict[int, str]] = {}

    def set(self, section: str, label: str, column: int, value: str) -> None:
        """Cells hold no line breaks; the comments keep them."""
        if value.strip():
            self._cells.setdefault((section, label), {})[column] = re.sub(r"[\r\n]+", " ", value)

    def set_term(self, section: str, label: str, column: int, curie: str) -> None:
        names = (f"{label} Term Source REF", f"{label} Term Accession Number")
        if curie and not any(self.get(section, name, column) for name in names):
            for name, text in zip(names, term_cells(curie), strict=True):
                self.set(section, name, column, text)

    def get(self, section: str, label: str, column: int) -> str:
        return self._cells.get((section, label), {}).get(column, "")

    def width(self, section: str) -> int:
        return max((max(cells) for (there, _), cells in self._cells.items() if there == section and cells), default=0)

    def free(self, section: str, label: str, column: int) -> int:
        while self.get(section, label, column):
            column += 1
        return column

    def set_pairs(self, pairs: Iterable[Pair]) -> None:
        """Put named values back where they stood."""
        for pair in pairs:
            found = _PLACE.fullmatch(pair.namespace)
            section = _BY_SLUG.get(found["section"], "") if found else ""
            is_row = pair.name in labels.SECTIONS.get(section, ()) or re.fullmatch(
                r"Comment\[[^\[\]\n]{1,200}\]", pair.name
            )
            if found and is_row and int(found["column"]) <= _MOST and not pair.unit:
                self.set(section, pair.name, int(found["column"]), pair.value)

    def rows(self, section: str, order: Sequence[str]) -> list[list[str]]:
        """All rows of the section in the specification's order, empty ones too, and then its comments."""
        others = [label for there, label in self._cells if there == section and label not in order]
        rows = []
        for label in [*order, *others]:
            cells = self._cells.get((section, label), {})
            rows.append([label, *(cells.get(column, "") for column in range(1, max(cells, default=0) + 1))])
        return rows

    def refs(self) -> list[str]:
        """The ontologies that terms name."""
        found = (cells.values() for (_, label), cells in self._cells.items() if label.endswith(" Term Source REF"))
        return list(dict.fromkeys(ref for values in found for ref in values if ";" not in ref))

    def kind_of(self, protocol: str) -> str:
        section = "STUDY PROTOCOLS"
        for column in range(1, self.width(section) + 1):
            if self.get(section, "Study Protocol Name", column) == protocol:
                return protocol_kind(protocol, self.get(section, "Study Protocol Type", column))
        return ""
