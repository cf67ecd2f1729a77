"""How the words that people write can be read: as the ids, names and other spellings that an ontology has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ontology.names.comparing import plain

MOST_PARTS = 4  # names that a list of names has; more is a sentence


class As(TextChoices):
    """How a text was read."""

    GIVEN = "given", _("as written")
    UNBRACKETED = "unbracketed", _("without what is in brackets")
    SINGULAR = "singular", _("in the singular")
    SPELLED = "spelled", _("in another spelling")
    SHORTENED = "shortened", _("without a general word")
    LENGTHENED = "lengthened", _("with the word “microscopy”")
    PART = "part", _("a part of the text")
    GENUS = "genus", _("with its genus written out")


# Of the full score what is left for a name that was found so: what only changes the form of words leaves a label above
# the least of HIGH, what leaves words out or adds some does not.
WORTH = {
    As.GIVEN: 1.0,
    As.UNBRACKETED: 0.95,
    As.SINGULAR: 0.95,
    As.SPELLED: 0.95,
    As.SHORTENED: 0.85,
    As.LENGTHENED: 0.85,
    As.PART: 0.8,
    As.GENUS: 0.85,
}


@dataclass(frozen=True)
class Reading:
    """`text` is as by `names.plain`; `aside` is what stood in brackets and was left out."""

    text: str
    way: As
    aside: str = ""


# At each place where one may begin, also within another: "obo:FBbi_00000246".
_ID = re.compile(r"(?<![^\W_])(?=([A-Za-z]{2,15})\s*[:_]\s*([A-Za-z]{0,4}_?\d\w*))")
_TAXON = re.compile(r"\b(?:tax(?:on(?:omy)?)?[ _-]?id|txid)\s*[:_=]?\s*0*(\d+)\b", re.IGNORECASE)
_TAXA = {"taxon", "taxonomy", "ncbitaxonomy", "ncbitaxon"}
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_PARTS = re.compile(r"\s*[;,/|]\s*")
_GENUS = re.compile(r"([a-z]) ([a-z]{3,}(?: [a-z]+)*)")
_GENERAL = re.compile(
    r"^(?:the|a|an|whole|human|mouse|live|fixed|primary|adult) "
    r"| (?:cell lines?|cells?|tissues?|strains?|samples?|stain(?:ing)?|dye)$"
)
_NUMBERS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight"}
_PLURALS = {
    "mice": "mouse", "nuclei": "nucleus", "nucleoli": "nucleolus", "mitochondria": "mitochondrion", "axes": "axis",
    "epithelia": "epithelium", "endothelia": "endothelium", "ganglia": "ganglion", "vertebrae": "vertebra",
    "bacteria": "bacterium", "larvae": "larva", "fungi": "fungus", "villi": "villus",
}  # fmt: skip
_ENDINGS = {"ies": "y", "ches": "ch", "shes": "sh", "xes": "x", "sses": "ss"}
# British spellings as they are within words, and the American ones.
_SPELLINGS = (
    ("haem", "hem"), ("oes", "es"), ("oed", "ed"), ("foet", "fet"), ("paed", "ped"), ("leuc", "leuk"),
    ("tumour", "tumor"), ("colour", "color"), ("behaviour", "behavior"), ("fibre", "fiber"), ("centre", "center"),
    ("grey", "gray"), ("sulph", "sulf"), ("mould", "mold"), ("orrhoea", "orrhea"), ("isation", "ization"),
    ("ise", "ize"), ("isi", "izi"), ("yse", "yze"), ("ysi", "yzi"), ("labelled", "labeled"), ("labelling", "labeling"),
    ("caec", "cec"), ("gynae", "gyne"), ("anaes", "anes"), ("neurone", "neuron"), ("glycaem", "glycem"),
)  # fmt: skip


def ids_in(text: str) -> list[str]:
    """What may be ids of terms in the text, as by `names.plain`: of "obo:FBbi_00000246", "GO: 0005634",
    "NCBI:txid9606" and addresses that end in one."""
    found = [f"ncbitaxon {number}" for number in _TAXON.findall(text)]
    for prefix, local in _ID.findall(text):
        if plain(prefix) in _TAXA:
            found.append(f"ncbitaxon {local.lstrip('0')}")
        elif plain(prefix) == "cvcl":  # which cellosaurus has in its ids
            found.append(plain(f"cellosaurus {prefix} {local}"))
        else:
            found.append(plain(f"{prefix} {local}"))
    return list(dict.fromkeys(found))


def readings(text: str) -> list[Reading]:
    """The ways in which a text can be a name, the likeliest first. Each text comes once, or twice where it may shorten
    a genus."""
    ways: dict[tuple[str, bool], Reading] = {}
    for one in _readings(text):
        if one.text:
            ways.setdefault((one.text, one.way == As.GENUS), one)
    return list(ways.values())


def _readings(text: str) -> Iterator[Reading]:
    given = plain(text)
    yield Reading(given, As.GIVEN)
    outside = plain(_BRACKETS.sub(" ", text))
    for inside in _BRACKETS.findall(text)[:1]:
        yield Reading(outside, As.UNBRACKETED, plain(inside))
        given = outside
    for other in spellings(given):
        yield Reading(other, As.SPELLED)
    yield Reading(singular(given), As.SINGULAR)
    for other in spellings(singular(given)):
        yield Reading(other, As.SPELLED)
    if abbreviated := _GENUS.fullmatch(given):
        yield Reading(" ".join(abbreviated.groups()), As.GENUS)
    for short in (_GENERAL.sub("", given), _GENERAL.sub("", singular(given))):
        yield Reading(short, As.SHORTENED)
    yield Reading(f"{given} microscopy", As.LENGTHENED)
    parts = [plain(part) for part in (*_PARTS.split(_BRACKETS.sub(" ", text)), *_BRACKETS.findall(text))]
    if 1 < len(parts) <= MOST_PARTS:
        for part in parts:
            yield Reading(part, As.PART)
            yield Reading(singular(part), As.PART)


def spellings(words: str) -> list[str]:
    """Other spellings of a text as by `plain`: British or American, numbers in words."""
    found = []
    for british, american in _SPELLINGS:
        for one, other in ((british, american), (american, british)):
            changed = words.replace(one, other)
            if changed != words:
                found.append(changed)
    numbers = " ".join(_NUMBERS.get(word, word) for word in words.split())
    return [*found, *([numbers] if numbers != words else [])]


def singular(words: str) -> str:
    """The text with its last word in the singular, as far as its ending tells."""
    first, space, last = words.rpartition(" ")
    if last in _PLURALS:
        return first + space + _PLURALS[last]
    if last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        ending = next((plural for plural in _ENDINGS if last.endswith(plural)), "s")
        return first + space + last.removesuffix(ending) + _ENDINGS.get(ending, "")
    return words
