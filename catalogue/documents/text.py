"""Documents as YAML and JSON text."""

from typing import Any

import yaml

from base.errors import Invalid, TooLarge
from catalogue.exchange.dossier import CannotRead
from catalogue.exchange.yaml_text import parsed

MAX_CHARACTERS = 20_000_000


def from_text(text: str, *, file: str = "") -> dict[str, Any]:
    """The document in a YAML or JSON text. Raises Invalid, naming file and line, or TooLarge."""
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"A document has at most {MAX_CHARACTERS} characters; this one has {len(text)}.", file=file)
    try:
        return parsed(text, file)
    except CannotRead as error:
        place = f"Line {error.row}: " if error.row else ""
        raise Invalid(f"{place}{error.reason}", file=file) from error


def to_yaml(document: dict[str, Any]) -> str:
    """The document as YAML, in its own order."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
