"""The query language: what is typed into the box, an address or the API, read into clauses.

mouse "light sheet" -fixed          words, a phrase, without a word; chrom* is the beginning of a word
organism:Mammalia                   a field; a term finds those below it too
pixel_size:<0.2um  published:2024..2025-06   numbers with units and dates: < <= > >= and a range
"Gene Symbol"=NF1                   a key-value of an image
marker:(CD45 AND CD8) OR title:atlas         AND, OR, NOT and brackets
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Text, parts_of
from publishing.search.fields import FIELDS, Field, Kind, field_named, of_kind
from publishing.search.language.terms import with_terms
from publishing.search.language.values import NotAValue, clause_of

LONGEST = 1_000  # characters
MOST_PARTS = 64
DEEPEST = 20  # brackets in brackets

# Words that say nothing: left out unless they are all there is.
STOPWORDS = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"})

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_WORD = re.compile(r'[^\s()"]+')
_NAMED = re.compile(r"([A-Za-z][\w-]*)(:|<=|>=|<|>)(.*)", re.DOTALL)
_CURIE = re.compile(r"[A-Za-z][\w.]*[:_]\w*\d[\w.-]*")
_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(10\..+)", re.IGNORECASE)
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_SIMILAR = 70  # least likeness, of 100, of a name to one that may be meant


@dataclass(frozen=True)
class QueryProblem:
    """What is wrong with a query, and where: characters `start` to `end` of it."""

    message: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """The clause that a hit must fulfil; if there are problems, that of all words as they stand."""

    clause: Clause
    problems: tuple[QueryProblem, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether there is anything by which hits can be ranked."""
        return any(isinstance(part, Text) for part in parts_of(self.clause))


def read(q: str) -> Reading:
    """What a query means. Two database queries if it names terms, else none."""
    text = q.translate(_QUOTES)
    try:
        if len(text) > LONGEST:
            message = _("A search may have %(count)s characters. Leave some words out.") % {"count": f"{LONGEST:,}"}
            raise _Wrong(message, LONGEST, len(text))
        reader = _Reader(text)
        clause = reader.whole()
    except _Wrong as wrong:
        return Reading(_plain_words(text), (QueryProblem(wrong.message, wrong.start, wrong.end),))
    return Reading(with_terms(clause, reader.terms))


class _Wrong(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


def _plain_words(text: str) -> Clause:
    """All words as they stand, but for the names of fields and the words of the language."""
    words = re.findall(r'([^\s()":=<>*]+)(?=(:?))', text[:LONGEST])
    plain = (word for word, colon in words if word not in _OPERATORS and not (colon and field_named(word)))
    return _and([Text(word) for word in islice(plain, MOST_PARTS)])


def _and(parts: Sequence[Clause]) -> Clause:
    telling = [part for part in parts if not _is_stopword(part)]
    kept = telling or parts
    return kept[0] if len(kept) == 1 else And(tuple(kept)) if kept else Everything()


def _is_stopword(part: Clause) -> bool:
    if not isinstance(part, Text) or part.phrase or part.begun or part.field:
        return False
    return part.words.casefold() in STOPWORDS


class _Reader:
    """Reads one query by recursive descent. `terms` are the values of TERM fields that it met."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._end = text, 0, len(text.rstrip())
        self._parts = 0
        self._brackets: list[int] = []
        self._field: Field | None = None  # whose values stand in the brackets
        self._pair = ""  # the name of the key-value whose values stand in the brackets
        self.terms: set[str] = set()

    def whole(self) -> Clause:
        found = self._either()
        if self._peek() == ")":
            raise _Wrong(_("This bracket closes none that is open."), self._at, self._at + 1)
        return found

    def _either(self) -> Clause:
        parts = [self._all()]
        while self._keyword("OR"):
            parts.append(self._all(after_or=True))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, *, after_or: bool = False) -> Clause:
        parts: list[Clause] = []
        start = self._at
        while self._peek() not in ("", ")") and not self._next_is("OR"):
            if self._keyword("AND"):
                at = self._at
                if not parts:
                    raise _Wrong(_("AND stands between two words or conditions."), at - 3, at)
                if self._peek() in ("", ")") or self._next_is("OR") or self._next_is("AND"):
                    raise _Wrong(_("Something is missing after %(word)s.") % {"word": "AND"}, at - 3, at)
            parts.append(self._one())
        if not parts and (after_or or self._next_is("OR")):
            place = start - 2 if after_or else self._at
            raise _Wrong(_("OR stands between two words or conditions."), place, place + 2)
        return _and(parts)

    def _one(self) -> Clause:
        if self._keyword("NOT"):
            if self._peek() in ("", ")"):
                raise _Wrong(_("Something is missing after %(word)s.") % {"word": "NOT"}, self._at - 3, self._at)
            return Not(self._deeper(self._at, self._one))
        self._parts += 1
        if self._parts > MOST_PARTS:
            message = _("A search may have %(count)s words and conditions.") % {"count": MOST_PARTS}
            raise _Wrong(message, self._at, self._end)
        mark, start = self._peek(), self._at
        if mark == "(":
            return self._bracketed()
        if mark == '"':
            return self._after_quotes(self._quoted(), start)
        return self._word()

    def _bracketed(self) -> Clause:
        start = self._at
        self._at += 1
        if self._peek() == ")":
            raise _Wrong(_("There is nothing in these brackets."), start, self._at + 1)
        found = self._deeper(start, self._either)
        if self._peek() != ")":
            raise _Wrong(_("This bracket is not closed."), start, start + 1)
        self._at += 1
        return found

    def _deeper(self, start: int, read_on: Callable[[], Clause]) -> Clause:
        self._brackets.append(start)
        if len(self._brackets) > DEEPEST:
            raise _Wrong(_("There are too many brackets in brackets."), start, start + 1)
        found = read_on()
        self._brackets.pop()
        return found

    def _quoted(self) -> str:
        """What stands in the quotation marks that open here; a doubled one in them is one."""
        start = end = self._at
        while True:
            end = self._text.find('"', end + 1)
            if end < 0:
                raise _Wrong(_("These quotation marks are not closed."), start, start + 1)
            if self._text[end + 1 : end + 2] != '"':
                break
            end += 1
        self._at = end + 1
        found = self._text[start + 1 : end].replace('""', '"').strip()
        if not found:
            raise _Wrong(_("There is nothing in these quotation marks."), start, self._at)
        return found

    def _is_begun(self) -> bool:
        """Whether a star follows the closing quotation mark."""
        begun = self._text[self._at : self._at + 1] == "*"
        self._at += begun
        return begun

    def _after_quotes(self, text: str, start: int) -> Clause:
        after = self._text[self._at : self._at + 2]
        if after[:1] == "=" or after == "!=":
            self._at += 2 if after == "!=" else 1
            pair = self._values(text, start)
            return Not(pair) if after == "!=" else pair
        if after[:1] == ":":
            message = _("The name of a field stands without quotation marks; a key-value is written with =.")
            raise _Wrong(message, start, self._at + 1)
        if self._field is not None or self._pair:
            return self._value(text, start, quoted=True)
        return Text(text, phrase=True, begun=self._is_begun())

    def _word(self) -> Clause:
        start = self._at
        match = _WORD.match(self._text, start)
        assert match is not None  # neither a blank, a bracket nor a quotation mark stands here
        word, self._at = match[0], match.end()
        if word[0] in "-–" and len(word) > 1 and not word[1].isdigit():
            self._at = start + 1
            return Not(self._deeper(start, self._one))
        if word == "-" and self._text[self._at : self._at + 1] in ('"', "("):
            return Not(self._deeper(start, self._one))
        if self._field is not None or self._pair:
            return self._value(word, start)
        if doi := _DOI.fullmatch(word):
            return OneOf("doi", (doi[1],))
        name, sign, _value = word.partition("=")
        named = _NAMED.match(word)
        if named and not (sign and len(name) < len(named[1])):
            found = self._of_field(named, word, start)
            if found is not None:
                return found
        if sign and name.strip("!") and not name.endswith(("<", ">")):
            self._at = start + len(name) + 1
            clause = self._key(name.rstrip("!"), start)
            return Not(clause) if name.endswith("!") else clause
        if word.strip("*") == "":
            return Everything()
        begun = word.endswith("*")
        unfinished = self._at >= self._end and not begun
        return Text(word.rstrip("*"), begun=begun, unfinished=unfinished)

    def _key(self, name: str, start: int) -> Clause:
        """A key-value; one that is named as a field is may stand for either."""
        field, at, depth = field_named(name), self._at, len(self._brackets)
        pair = self._values(name, start)
        if field is None:
            return pair
        end, self._at = self._at, at
        try:
            return Or((self._field_values(field, start), pair))
        except _Wrong:  # it is no value of the field, so the key-value is meant
            self._field, self._at = None, end
            del self._brackets[depth:]
            return pair

    def _of_field(self, named: re.Match[str], word: str, start: int) -> Clause | None:
        """The clause of `field:value`; None if the word is none, and just holds such a sign."""
        name, sign, value = named[1], named[2], named[3]
        field = field_named(name)
        if field is not None:
            self._at = start + len(name) + (1 if sign == ":" else 0)
            return self._field_values(field, start)
        if sign != ":" or value.startswith("//"):
            return None
        if _CURIE.fullmatch(word):
            return self._term(word)
        follows = self._text[self._at : self._at + 1]
        if not value and follows not in ('"', "("):
            return None
        raise _Wrong(_unknown(name), start, start + len(name))

    def _term(self, curie: str) -> Clause:
        """A CURIE by itself: whatever carries the term, or one below it, in any field; or the text."""
        fields = of_kind(Kind.TERM)
        return Or((*(OneOf(field, (curie,)) for field in fields), Text(curie, phrase=True)))

    def _field_values(self, field: Field, start: int) -> Clause:
        if self._text[self._at : self._at + 1] in ("", " ", ")"):
            message = _("A value is missing after “%(name)s:”, for example %(name)s:%(example)s.")
            raise _Wrong(message % {"name": field.name, "example": field.example}, start, self._at)
        self._field, was = field, self._field
        found = self._one_or_some(start)
        self._field = was
        return found

    def _one_or_some(self, start: int) -> Clause:
        """What stands after the sign of a field or key-value: values in brackets, a quoted one, or a bare one."""
        at, follows = self._at, self._text[self._at : self._at + 1]
        if follows == "(":
            return self._bracketed()
        if follows == '"':
            return self._value(self._quoted(), at, quoted=True)
        return self._operand(start)

    def _operand(self, start: int) -> Clause:
        """A bare value, or a sign of comparison before a quoted one."""
        match = _WORD.match(self._text, self._at)
        if match is None:
            raise _Wrong(_("A value is missing here."), start, self._at + 1)
        at, self._at = self._at, match.end()
        value = match[0]
        if value in ("<", "<=", ">", ">=") and self._text[self._at : self._at + 1] == '"':
            value += self._quoted()
        return self._value(value, at)

    def _values(self, name: str, start: int) -> Clause:
        """The values of a key-value: one, a quoted one, or some in brackets."""
        self._pair, was = name.strip(), self._pair
        if self._text[self._at : self._at + 1] in ("", " ", ")"):
            message = _("A value is missing after “%(name)s=”; * stands for any.") % {"name": name}
            raise _Wrong(message, start, self._at)
        found = self._one_or_some(start)
        self._pair = was
        return found

    def _value(self, value: str, start: int, *, quoted: bool = False) -> Clause:
        if self._pair:
            if quoted:
                return Pair(self._pair, value, begun=self._is_begun())
            if not value.endswith("*"):
                return Pair(self._pair, value)
            return Pair(self._pair, value.rstrip("*"), begun=value.rstrip("*") != "")
        assert self._field is not None
        try:
            begun = quoted and self._field.kind is Kind.TEXT and self._is_begun()
            found = clause_of(self._field, value, quoted=quoted, begun=begun)
        except NotAValue as error:
            raise _Wrong(str(error), start, self._at) from None
        if isinstance(found, OneOf) and self._field.kind is Kind.TERM:
            self.terms.update(found.values)
        return found

    def _peek(self) -> str:
        while self._at < self._end and self._text[self._at].isspace():
            self._at += 1
        return self._text[self._at] if self._at < self._end else ""

    def _next_is(self, word: str) -> bool:
        self._peek()
        after = self._text[self._at + len(word) : self._at + len(word) + 1]
        return self._text.startswith(word, self._at) and (not after or after.isspace() or after in '()"')

    def _keyword(self, word: str) -> bool:
        if not self._next_is(word):
            return False
        self._at += len(word)
        return True


def _unknown(name: str) -> str:
    """There is no such field; the one that may be meant."""
    names = [one for field in FIELDS.values() for one in (field.name, *field.aliases)]
    near = process.extractOne(name.casefold(), names, scorer=fuzz.ratio, score_cutoff=_SIMILAR)
    said = _("There is no field “%(name)s”.") % {"name": name}
    if near:
        return said + " " + _("Is “%(name)s” meant?") % {"name": near[0]}
    return said + " " + _("A text with a colon stands in quotation marks; a key-value is written with =.")
