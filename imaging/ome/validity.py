"""Whether a value is one that the OME schema 2016-06 allows."""

import re
from functools import lru_cache

from imaging.ome.model import Attribute, Kind, typed

LEAST = {"PositiveInt": 1, "NonNegativeInt": 0, "NonNegativeLong": 0, "NonNegativeFloat": 0, "PercentFraction": 0}
LEAST_FLOAT = 1e-45  # xsd:float has 32 bits: what is smaller is 0
PATTERNS = {
    "dateTime": re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
    "Hex40": re.compile(r"[0-9a-fA-F]{40}"),
    "UUID": re.compile(r"urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}


@lru_cache(10_000)
def is_valid(attribute: Attribute, text: str) -> bool:
    """Whether the schema allows this text for the attribute or element."""
    plain = text.strip()
    if attribute.kind is Kind.CHOICE:
        return text in attribute.choices
    if attribute.kind is Kind.CHOICES:
        return all(part in attribute.choices for part in text.split())
    if attribute.kind in (Kind.ID, Kind.REFERENCE):
        return id_pattern(attribute.target).fullmatch(text) is not None
    if attribute.type in PATTERNS:
        return PATTERNS[attribute.type].fullmatch(plain) is not None
    value = typed(attribute, text)
    if value is None:
        return False
    if attribute.kind in (Kind.INTEGER, Kind.COLOR) and attribute.type not in ("long", "NonNegativeLong"):
        return LEAST.get(attribute.type, -(2**31)) <= float(value) < 2**31
    if attribute.type == "PositiveFloat":
        return float(value) > LEAST_FLOAT
    if attribute.type in LEAST:
        return float(value) >= LEAST[attribute.type] and (attribute.type != "PercentFraction" or float(value) <= 1)
    return True


@lru_cache
def id_pattern(target: str) -> re.Pattern[str]:
    """What IDs of an entity look like: "Image:0", or an LSID. Those of a ROI are free."""
    kind = "" if target == "ROI" else f"{target}:"
    return re.compile(rf"(urn:lsid:([\w\-\.]+\.[\w\-\.]+)+:{kind}\S+)|({kind}\S+)")
