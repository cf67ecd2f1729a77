"""Where a value stands in a study's document, as text: one spelling for findings, comments, forms and the audit log.

`study/<field>` or `<module>/<id>/<field>`, in a table of rows `…/<row>/<column>`; shorter ones name the whole thing:
`<module>/<id>`, `<module>` (all of its kind), `files` (the study's files). Rows are counted from 0.
"""

from dataclasses import dataclass

STUDY = "study"
FILES = "files"


@dataclass(frozen=True)
class Path:
    """The parts of a path; an empty part is not there. `entity` is empty for the study's own fields."""

    module: str
    entity: str = ""
    field: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.module, self.entity, self.field]
        if self.row is not None:
            parts += [str(self.row), self.column]
        return "/".join(part for part in parts if part)

    @property
    def html_id(self) -> str:
        return html_id(str(self))


def parse(text: str) -> Path:
    """The parts of `text`. Raises ValueError, with the reason."""
    module, *rest = text.split("/")
    if not module or not all(rest):
        raise ValueError(f"“{text}” is not a path: a part of it is empty")
    entity = "" if module == STUDY or not rest else rest.pop(0)
    field = rest.pop(0) if rest else ""
    if not rest:
        return Path(module, entity, field)
    row = rest.pop(0)
    if not (row.isascii() and row.isdigit()) or len(rest) > 1:
        raise ValueError(f"“{text}” is not a path: after a field comes the number of a row and a column")
    return Path(module, entity, field, int(row), rest[0] if rest else "")


def html_id(path: str) -> str:
    """The id of the form field for a path."""
    return "f-" + path.replace("/", "-")
