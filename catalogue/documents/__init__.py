"""A study's document: its metadata as plain data, the same in YAML, in the API and in forms.

It holds what was typed, also what no column could take; it holds no images and no files.
"""

from catalogue.documents.read import read, read_fields
from catalogue.documents.text import from_text, to_yaml
from catalogue.documents.write import write

__all__ = ["from_text", "read", "read_fields", "to_yaml", "write"]
