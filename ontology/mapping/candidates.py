"""Which terms a free text may stand for, with how sure that is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy
from rapidfuzz import fuzz

from ontology.hierarchy import paths_of
from ontology.mapping.spellings import WORTH, As, Reading, ids_in, readings
from ontology.models import Synonym, Term
from ontology.names.comparing import Kind, Name, fold, plain, run_together
from ontology.names.search import Names, names_of
from ontology.queries import Wanted, terms_of, within

_EXACT_HITS = 20
_ALIKE_HITS = 60  # names that are compared with a text that is no name
_SURE = 0.9
_UNSURE = 0.89  # the most for one of several that fit as well
_SIMILAR = 0.84  # the most for what is only similar, below all names that were read out of the text
_OBSOLETE = 0.6  # the most for a term that is obsolete and has no replacement
_LEAST = 0.4  # what is less like the text is not offered


class Tier(TextChoices):
    """As in Zooma (EBISPOT/zooma2): HIGH may be taken as it is, the others are for a curator."""

    HIGH = "high", gettext_lazy("high")
    GOOD = "good", gettext_lazy("good")
    MEDIUM = "medium", gettext_lazy("medium")
    LOW = "low", gettext_lazy("low")

    @classmethod
    def of(cls, score: float) -> "Tier":
        return cls.HIGH if score >= _SURE else cls.GOOD if score >= 0.7 else cls.MEDIUM if score >= 0.5 else cls.LOW


class How(TextChoices):
    ID = "id", gettext_lazy("its id")
    LABEL = "label", gettext_lazy("its label")
    EXACT = "exact", gettext_lazy("an exact synonym")
    RELATED = "related", gettext_lazy("a related synonym")
    NARROW = "narrow", gettext_lazy("a narrower synonym")
    BROAD = "broad", gettext_lazy("a broader synonym")
    SIMILAR = "similar", gettext_lazy("a similar name")


# A related synonym often means the same, but the ontology does not say so; a narrow one is part of what the term
# means, and a broad one means other things too.
_SCORES = {How.ID: 1.0, How.LABEL: 1.0, How.EXACT: 0.9, How.RELATED: 0.8, How.NARROW: 0.7, How.BROAD: 0.6}
_OF_KIND = {Kind.LABEL: 1.0, Kind.EXACT: 0.98, Kind.RELATED: 0.9, Kind.BROAD: 0.85, Kind.NARROW: 0.85}

_NOT_KNOWN = 0.95


@dataclass(frozen=True)
class Candidate:
    """A term that a text may stand for. `name` is the one that fitted and `how` what it is to the term (a `How`);
    `way` is how the text was read (an `As`); `replaces` is the CURIE of the obsolete term whose name it was, if this
    one takes its place. `score` is from 0 to 1."""

    curie: str
    iri: str
    label: str
    ontology: str
    definition: str
    path: tuple[str, ...]
    obsolete: bool
    score: float
    tier: Tier
    how: How
    way: As
    name: str
    replaces: str = ""

    @property
    def told(self) -> str:
        """In words how the text led to the term."""
        return str(self.how.label) if self.way == As.GIVEN else f"{self.how.label}, {self.way.label}"


@dataclass(frozen=True)
class _Hit:
    name: Name
    score: float
    how: How
    way: As
    likeness: float = 1.0


def candidates_of(many: Collection[Wanted], limit: int = 5) -> dict[Wanted, list[Candidate]]:
    """For each text the terms of the binding that it may stand for, the likeliest first; at most one of them is HIGH.
    A CURIE that is given with the text counts as one that is written in it.

    The number of queries to the database does not depend on how many are wanted. Raises KeyError if there is no such
    binding.
    """
    asked = {(one.text, one.curie, one.binding) for one in many}
    names = {binding: names_of(binding) for _, _, binding in asked}
    hits = {key: _hits(key[0], key[1], found) for key in asked if (found := names[key[2]])}
    hits |= _of_tables(asked - hits.keys())
    terms = terms_of(hit.name.curie for some in hits.values() for hit in some)
    terms |= terms_of(term.replaced_by for term in terms.values() if term.obsolete and term.replaced_by)
    ranked = {key: _ranked(some, terms)[:limit] for key, some in hits.items()}
    paths = paths_of({terms[one.curie].pk for some in ranked.values() for one in some})
    ready = {key: [replace(one, path=paths[terms[one.curie].pk]) for one in some] for key, some in ranked.items()}
    return {one: ready[one.text, one.curie, one.binding] for one in many}


def _hits(text: str, curie: str, names: Names) -> list[_Hit]:
    ids = [plain(curie)] * bool(curie) + ids_in(text)
    hits = [_Hit(name, 1.0, How.ID, As.GIVEN) for one in ids for name in names.of_exact_id(one)]
    for reading in readings(text):
        hits += _read_as(reading, names)
    if plain(text) and all(hit.score < _SURE for hit in hits):
        hits += _similar(plain(text), names, {hit.name for hit in hits})
    return hits


def _read_as(reading: Reading, names: Names) -> list[_Hit]:
    if reading.way == As.GENUS:
        found = [name for name in names.with_words(reading.text, _ALIKE_HITS) if _abbreviates(reading.text, name)]
    else:
        found = names.exact(reading.text, _EXACT_HITS)
    worth = WORTH[reading.way]
    if reading.way == As.UNBRACKETED and not _says_the_same(reading, found, names):
        worth = WORTH[As.SHORTENED]
    hits = []
    for name in found:
        how = How.LABEL if name.kind == Kind.LABEL else How(name.kind.scope)
        if reading.way != As.GENUS and run_together(name.words) != run_together(reading.text):  # it was a bare number
            if reading.way == As.GIVEN:
                hits.append(_Hit(name, _SCORES[How.RELATED], How.ID, As.GIVEN))
        else:
            rather = 1 if name.known or reading.way != As.GENUS else _NOT_KNOWN
            hits.append(_Hit(name, _SCORES[how] * worth * rather, how, reading.way))
    return hits


def _abbreviates(text: str, name: Name) -> bool:
    """Whether the text, "h sapiens", is the name with its first word shortened."""
    genus, _, rest = name.words.partition(" ")
    return genus.startswith(text[0]) and rest == text[2:]


def _says_the_same(reading: Reading, found: Collection[Name], names: Names) -> bool:
    """Whether what stood in brackets is another name of the term, or its initials."""
    if not reading.aside or reading.aside == "".join(word[0] for word in reading.text.split()):
        return True
    return bool({name.curie for name in found} & {name.curie for name in names.exact(reading.aside, _EXACT_HITS)})


def _similar(text: str, names: Names, others_than: Collection[Name]) -> list[_Hit]:
    """Names with the text's trigrams, or with its letters but for one or two, by how like they are."""
    found = {*names.like(text, _ALIKE_HITS), *names.alike(text, _ALIKE_HITS)}.difference(others_than)
    liked = ((name, _likeness(text, name)) for name in found)
    return [
        _Hit(name, min(likeness, _SIMILAR), How.SIMILAR, As.GIVEN, likeness)
        for name, likeness in liked
        if likeness >= _LEAST
    ]


def _likeness(text: str, name: Name) -> float:
    """From 0 to 1: the mean of rapidfuzz's WRatio, which favours a name that the text holds whole, and of how like the
    texts are from end to end; less for what is not the label or not a known term."""
    whole = max(fuzz.ratio(text, name.words), fuzz.token_sort_ratio(text, name.words))
    return (fuzz.WRatio(text, name.words) + whole) / 200 * _OF_KIND[name.kind] * (1 if name.known else _NOT_KNOWN)


def _by_score(hit: _Hit) -> tuple[float, float, bool, int, str]:
    return -hit.score, -hit.likeness, not hit.name.known, hit.name.cost, hit.name.curie


def _ranked(hits: Iterable[_Hit], terms: Mapping[str, Term]) -> list[Candidate]:
    """Each term once, the likeliest first; without paths."""
    best: dict[str, tuple[Candidate, bool]] = {}
    for hit in sorted(hits, key=_by_score):
        if term := terms.get(hit.name.curie):  # an old index may know more
            new = terms.get(term.replaced_by) if term.obsolete else None
            one = _candidate(hit, new or term, replaces=term.curie if new else "")
            best.setdefault(one.curie, (one, hit.name.known))
    ordered = sorted(best.values(), key=lambda pair: -pair[0].score)
    alone = len(ordered) < 2 or (ordered[0][0].score, ordered[0][1]) != (ordered[1][0].score, ordered[1][1])
    return [one if alone and not place else _at_most(one, _UNSURE) for place, (one, _) in enumerate(ordered)]


def _candidate(hit: _Hit, term: Term, replaces: str) -> Candidate:
    one = Candidate(
        curie=term.curie,
        iri=term.iri,
        label=term.label,
        ontology=term.ontology.prefix,
        definition=term.definition,
        path=(),
        obsolete=term.obsolete,
        score=hit.score,
        tier=Tier.of(hit.score),
        how=hit.how,
        way=hit.way,
        name=hit.name.text,
        replaces=replaces,
    )
    most = _OBSOLETE if term.obsolete else _UNSURE if replaces else 1.0
    return _at_most(one, most)


def _at_most(one: Candidate, score: float) -> Candidate:
    return replace(one, score=min(one.score, score), tier=Tier.of(min(one.score, score)))


def _of_tables(asked: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], list[_Hit]]:
    """What the tables know of ids, labels and exact synonyms, while there is no index of names."""
    hits: dict[tuple[str, str, str], list[_Hit]] = {key: [] for key in asked}
    for binding in {binding for _, _, binding in asked}:
        mine = [key for key in asked if key[2] == binding]
        terms, texts = within(binding), {fold(text) for text, _, _ in mine}
        synonyms = Synonym.objects.filter(text_folded__in=texts, scope=Synonym.Scope.EXACT, term__in=terms)
        curies = {curie or text.strip() for text, curie, _ in mine}
        rows = terms.filter(Q(label_folded__in=texts) | Q(curie__in=curies)).values_list("curie", "label", "obsolete")
        labels = [Name(label, curie, Kind.LABEL, gone, known=False) for curie, label, gone in rows]
        others = synonyms.values_list("term__curie", "text", "term__obsolete")
        by_text: dict[str, list[_Hit]] = {}
        for name in [*labels, *(Name(text, curie, Kind.EXACT, gone, known=False) for curie, text, gone in others)]:
            how = How.EXACT if name.kind else How.LABEL
            by_text.setdefault(fold(name.text), []).append(_Hit(name, _SCORES[how], how, As.GIVEN))
        by_id = {name.curie: _Hit(name, _SCORES[How.ID], How.ID, As.GIVEN) for name in labels}
        for text, curie, _ in mine:
            given = by_id.get(curie or text.strip())
            hits[text, curie, binding] = [*([given] if given else []), *by_text.get(fold(text), ())]
    return hits
