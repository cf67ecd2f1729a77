"""OME-XML of older schemas brought to 2016-06."""

import re
from dataclasses import dataclass

OLDER = re.compile(r"openmicroscopy\.org/(?:XMLschemas|Schemas)/OME/(FC|RC\d+|\d{4}-\d{2})/?(?:ome\.xsd)?$", re.I)
CURRENT = "2016-06"


@dataclass(frozen=True)
class Upgraded:
    """A document of the schema `version`, now as one of 2016-06."""

    data: bytes
    version: str
    warnings: tuple[str, ...] = ()


def is_older(namespace: str) -> bool:
    """Whether the namespace is that of an OME schema before 2016-06."""
    found = OLDER.search(namespace)
    return found is not None and (not found[1][:4].isdecimal() or found[1] < CURRENT)


def upgrade(data: bytes, *, path: str) -> Upgraded:
    raise NotImplementedError
