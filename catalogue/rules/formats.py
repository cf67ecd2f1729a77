"""Formats of values: whether a text is one, why not, and its one spelling. No Django here."""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from catalogue.rules.fields import Kind

_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])")
_ROR = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-hjkmnp-tv-z0-9]{6}\d{2})", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}(?:\.\d+)*/\S+)", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@.<>()\[\],;:\"\\]+(?:\.[^\s@.<>()\[\],;:\"\\]+)+")
_YEAR = re.compile(r"[12]\d{3}")
_SPDX_ID = re.compile(r"[A-Za-z0-9.+-]+")
_ROR_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


_TRIMMED = {Kind.DATE, Kind.YEAR, Kind.EMAIL, Kind.URL, Kind.CHOICE, Kind.REFERENCE, Kind.COUNT, Kind.NUMBER,
            Kind.ACCESSION}  # fmt: skip


def normalise(kind: Kind, text: str) -> str:
    """The one spelling of a well-formed value; any other text as it is. It changes nothing the second time."""
    stripped = text.strip()
    if kind is Kind.ORCID and (orcid := _ORCID.fullmatch(stripped)):
        return "-".join(orcid.groups()).upper()
    if kind is Kind.ROR and (ror := _ROR.fullmatch(stripped)):
        return f"https://ror.org/{ror[1].lower()}"
    if kind is Kind.DOI and (doi := _DOI.fullmatch(stripped)):
        return doi[1]
    if kind is Kind.LICENCE:
        return spdx_id(stripped) or text
    if kind in _TRIMMED:
        return stripped
    return text


def spdx_id(text: str) -> str:
    """The SPDX id as the list of licences writes it, or nothing if it is none."""
    if not _SPDX_ID.fullmatch(text) or text.lower().startswith("licenseref-"):
        return ""
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return ""


def problem(kind: Kind, text: str) -> str:
    """Why a text that is not empty is no value of this kind; nothing if it is one."""
    check = _CHECKS.get(kind)
    return check(text) if check else ""


def _orcid(text: str) -> str:
    match = _ORCID.fullmatch(text)
    if not match:
        return "An ORCID iD has 16 digits in groups of four, as in 0000-0002-1825-0097."
    digits = "".join(match.groups()).upper()
    total = 0
    for digit in digits[:-1]:  # ISO 7064, MOD 11-2, as ORCID's "Structure of the ORCID Identifier" says
        total = (total + int(digit)) * 2
    if "0123456789X"[(12 - total % 11) % 11] != digits[-1]:
        return "This ORCID iD has a typing error: its last digit does not fit the others."
    return ""


def _ror(text: str) -> str:
    match = _ROR.fullmatch(text)
    if not match:
        return "A ROR is an address as in https://ror.org/03wmf1y16."
    body, check = match[1][:-2].lower(), int(match[1][-2:])
    number = 0
    for digit in body:
        number = number * 32 + _ROR_DIGITS.index(digit)
    if 98 - number * 100 % 97 != check:  # ISO/IEC 7064, MOD 97-10
        return "This ROR has a typing error: its last two digits do not fit the others."
    return ""


def _doi(text: str) -> str:
    return "" if _DOI.fullmatch(text) else "A DOI begins with 10. and a number, as in 10.1038/s41592-021-01166-8."


def _email(text: str) -> str:
    return "" if _EMAIL.fullmatch(text) else "This is no e-mail address, as in name@example.org."


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https", "ftp"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        is_address = False
    return "" if is_address else "A web address begins with https://, as in https://example.org."


def _year(text: str) -> str:
    return "" if _YEAR.fullmatch(text) else "A year has four digits, as in 2026."


def _date(text: str) -> str:
    try:
        return "" if datetime.date.fromisoformat(text).isoformat() == text else _NO_DATE
    except ValueError:
        return _NO_DATE


_NO_DATE = "This is no date. Write year, month and day, as in 2027-03-01."


def _licence(text: str) -> str:
    return "" if spdx_id(text) else "This is no licence in the SPDX list, as CC-BY-4.0 or CC0-1.0 are."


def _count(text: str) -> str:
    is_count = text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0
    return "" if is_count else "This is no whole number above 0, as 2048 is."


def _number(text: str) -> str:
    try:
        is_number = math.isfinite(float(text)) and float(text) > 0 and text.isascii() and "_" not in text
    except ValueError:
        is_number = False
    return "" if is_number else "This is no number above 0 with a decimal point, as 0.325 is."


_CHECKS: dict[Kind, Callable[[str], str]] = {
    Kind.ORCID: _orcid,
    Kind.ROR: _ror,
    Kind.DOI: _doi,
    Kind.EMAIL: _email,
    Kind.URL: _url,
    Kind.YEAR: _year,
    Kind.DATE: _date,
    Kind.LICENCE: _licence,
    Kind.COUNT: _count,
    Kind.NUMBER: _number,
}


def word_length(text: str) -> tuple[int, int]:
    """(characters, letters) of a text in words: spaces run together, and symbols as emoji are left out."""
    kept = [char for char in " ".join(text.split()) if unicodedata.category(char)[0] in "LNPZ" or char in "+<=>|~$^"]
    return len(kept), sum(char.isalpha() for char in kept)
