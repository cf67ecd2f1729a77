"""Writes parts of a query in the query language, so that they read as they are meant."""

import re

_PLAIN = re.compile(r"[^\W_][\w.,;/+µ°%#-]*")
_KEYWORDS = {"AND", "OR", "NOT"}
_QUOTES = re.compile('["“”„‟«»]')


def quoted(text: str) -> str:
    """The text as one value: in quotation marks, unless it is a plain word."""
    text = " ".join(text.split())
    if _PLAIN.fullmatch(text) and text not in _KEYWORDS:
        return text
    return '"' + _QUOTES.sub('""', text) + '"'


def unquoted(written: str) -> str:
    """The text that `quoted` was given."""
    return written[1:-1].replace('""', '"') if written[:1] == '"' else written


def pair(name: str, value: str) -> str:
    """A key-value: `"Gene Symbol"=NF1`."""
    return f"{quoted(name)}={quoted(value)}"


def of_field(name: str, value: str) -> str:
    """A field's value: `organism:"Mus musculus"`."""
    return f"{name}:{quoted(value)}"
