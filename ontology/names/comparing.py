"""How names are compared: what of a text counts, and which of several names fits best what is being typed."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from rapidfuzz import fuzz

LONGEST = 400  # characters of a name, as the tables hold it
_LIKE = 70.0  # least similarity, of 100, for a name to be offered as meant
_GREEK = str.maketrans({
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
})  # fmt: skip
_WORDS = re.compile(r"[^\W_]+")


class Kind(IntEnum):
    """What a name is to its term."""

    LABEL = 0
    EXACT = 1
    RELATED = 2
    BROAD = 3
    NARROW = 4

    @property
    def scope(self) -> str:
        """As in `Synonym.scope`; empty for the label."""
        return self.name.lower() if self else ""


# Letters by which such a name may be shorter than a label and still come after it.
_COSTS = {Kind.LABEL: 0, Kind.EXACT: 3, Kind.RELATED: 8, Kind.BROAD: 8, Kind.NARROW: 8}


class Fit(IntEnum):
    """How a name fits what was typed, the better the lower. A term is known if a starter set has it."""

    EXACT_KNOWN = 0
    EXACT_LABEL = 1
    BEGINNING_KNOWN = 2
    EXACT_SYNONYM = 3
    WORDS_KNOWN = 4
    BEGINNING = 5
    WORDS = 6
    WITHIN = 7
    LIKE = 8


@dataclass(frozen=True)
class Name:
    """One name of a term. `known` terms are those that a starter set has: what bioimaging mostly speaks of."""

    text: str
    curie: str
    kind: Kind
    obsolete: bool
    known: bool

    @cached_property
    def words(self) -> str:
        return plain(self.text)

    @cached_property
    def id(self) -> str:
        return plain(self.curie)

    @cached_property
    def cost(self) -> int:
        """Letters, and more for a synonym: of names that fit alike the one with the lower cost is offered first."""
        return len(self.words) + _COSTS[self.kind]


def fold(text: str) -> str:
    """The text as the tables compare names: case folded, spaces run together."""
    return " ".join(text.casefold().split())


def plain(text: str) -> str:
    """The text as the index compares names: its words of letters and digits, case folded, without accents, Greek
    letters by their names. So `FBbi:00000246`, `fbbi_00000246` and `FBbi: 00000246` are one. A text of nothing but
    signs is itself."""
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).translate(_GREEK)
    return " ".join(_WORDS.findall(letters)) or fold(text[:LONGEST])


def run_together(words: str) -> str:
    """A text as by `plain` without its spaces, so that "U-2 OS" is "U2OS" and "lightsheet" is "light sheet"."""
    return words.replace(" ", "")


def fit(typed: str, name: Name) -> tuple[Fit, float]:
    """How a name fits the typed text (as by `plain`), and by how much it differs if it is only like it."""
    whole, words = run_together(typed), name.words
    if whole == run_together(words) or typed in (name.id, name.id.rpartition(" ")[2]):
        return (Fit.EXACT_KNOWN if name.known else Fit.EXACT_SYNONYM if name.kind else Fit.EXACT_LABEL), 0
    if words.startswith(typed) or name.id.startswith(typed):
        return (Fit.BEGINNING_KNOWN if name.known else Fit.BEGINNING), 0
    if _begin_words(typed.split(), words.split()):
        return (Fit.WORDS_KNOWN if name.known else Fit.WORDS), 0
    if whole in run_together(words):
        return Fit.WITHIN, 0
    # A longer name is compared by its beginning, since the text may not be typed to its end.
    given = run_together(words)
    return Fit.LIKE, -max(fuzz.ratio(whole, given), fuzz.ratio(whole, given[: len(whole) + 1]))


def best_names(typed: str, names: Sequence[Name], limit: int) -> list[Name]:
    """Of each term the name that fits best, the best terms first and obsolete ones last. `typed` is as by `plain`."""
    fits = {name: fit(typed, name) for name in names}
    ranked = sorted(
        (name for name, (how, unlike) in fits.items() if how < Fit.LIKE or -unlike >= _LIKE),
        key=lambda name: (name.obsolete, *fits[name], not name.known, name.cost, name.text, name.curie),
    )
    best: dict[str, Name] = {}
    for name in ranked:
        best.setdefault(name.curie, name)
    return list(best.values())[:limit]


def _begin_words(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each typed word begins a word of the name."""
    return all(any(word.startswith(part) for word in words) for part in typed)
