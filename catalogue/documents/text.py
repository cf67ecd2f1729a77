"""Documents as YAML and JSON text."""

import json
from typing import Any

import yaml

from base.errors import Invalid, TooLarge

MAX_CHARACTERS = 20_000_000


class _Loader(yaml.SafeLoader):
    """Scalars stay text as written (`no`, `2026-01-01`), but for null. Aliases, which can blow up, are refused."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*) are not taken; write the value again", mark)
        return super().compose_node(parent, index)


def from_text(text: str, *, file: str = "") -> dict[str, Any]:
    """The document in a YAML or JSON text. Raises Invalid, naming file and line, or TooLarge."""
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"A document has at most {MAX_CHARACTERS} characters; this one has {len(text)}.", file=file)
    try:
        document = json.loads(text) if text.lstrip()[:1] == "{" else yaml.load(text, _Loader)
    except json.JSONDecodeError as error:
        raise Invalid(f"This is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.", file=file) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Invalid(f"This is no YAML: {place}{error.problem}.", file=file) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid(f"This is no YAML: {error}.", file=file) from error
    if not isinstance(document, dict):
        raise Invalid("A study's document is a group of named parts, the first of them “study”.", file=file)
    return document


def to_yaml(document: dict[str, Any]) -> str:
    """The document as YAML, in its own order."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
