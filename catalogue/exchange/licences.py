"""Licences as people and repositories write them, e.g. "CC BY 4.0" or their address, and their SPDX ids."""

import re

from catalogue.rules.formats import spdx_id

_ADDRESS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>\d\.\d)"
    r"|publicdomain/(?P<public>zero|mark)/1\.0)(?:/[\w.-]*)*/?", re.IGNORECASE)  # fmt: skip
_WORDS = re.compile(
    r"(?:creative commons\s+)?CC[\s-]*(?P<kind>BY(?:[\s-]*NC)?(?:[\s-]*(?:SA|ND))?)[\s-]*v?(?P<version>\d\.\d)",
    re.IGNORECASE)  # fmt: skip
_ZERO = re.compile(r"CC[\s-]*0(?:[\s-]*v?1\.0)?(?:\s+universal)?", re.IGNORECASE)
_SPDX = re.compile(r"https?://(?:www\.)?spdx\.org/licenses/(?P<id>[A-Za-z0-9.+-]+?)(?:\.html|\.json)?/?")


def licence_id(text: str) -> str:
    """The SPDX id of the licence that the text names, or nothing if it is not sure which."""
    text = text.strip()
    if address := _ADDRESS.fullmatch(text):
        if address["public"]:
            return {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}[address["public"].lower()]
        return spdx_id(f"CC-{address['kind']}-{address['version']}")
    if _ZERO.fullmatch(text):
        return "CC0-1.0"
    if words := _WORDS.fullmatch(text):
        kind = "-".join(re.findall("BY|NC|SA|ND", words["kind"].upper()))
        return spdx_id(f"CC-{kind}-{words['version']}")
    if named := _SPDX.fullmatch(text):
        return spdx_id(named["id"])
    return spdx_id(text)


def licence_address(spdx: str) -> str:
    """Where a licence is to be read: Creative Commons' own address, else SPDX's; nothing for what is no SPDX id."""
    if spdx == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if found := re.fullmatch(r"CC-(BY(?:-NC)?(?:-SA|-ND)?)-(\d\.\d)", spdx):
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return f"https://spdx.org/licenses/{spdx}.html" if spdx_id(spdx) == spdx and spdx else ""
