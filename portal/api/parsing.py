"""JSON as it comes in: what cannot be text or would exhaust the reader is refused here, before any view."""

import io
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class Json(JSONParser):
    """RFC 8259 without lone surrogates, which no database or answer can hold (section 8.2), and not nested for ever."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()
        try:
            found = super().parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - it is nested too deeply.") from None
        if b"\\ud" in body.lower() and not _is_text(found):
            raise ParseError("JSON parse error - it holds half of a surrogate pair, which is not text.")
        return found


def _is_text(value: Any) -> bool:
    """Whether all strings within can be written as UTF-8."""
    if isinstance(value, dict):
        return all(_is_text(key) and _is_text(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_text, value))
    return not isinstance(value, str) or not any("\ud800" <= character <= "\udfff" for character in value)
