"""Records without people: what a referee of a journal sees by a private link.

`blind` is the one projection: pages, renditions, the API and image metadata for referees are all made from what it
gives. It leaves out what is about people and money, what leads to them (related articles, links, accessions in other
archives), and hides in every other text the names, addresses and identifiers of everybody who has to do with the study.
It hides rather too much than too little.
"""

import dataclasses
import functools
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from base.models import User
from catalogue.access import Actor, Verb, editors_of, require
from catalogue.models import Contributor, File, Image, Organisation, ReviewRound, Study
from catalogue.models.ome import Experimenter, ExperimenterGroup
from publishing.image_shapes import FileRecord, ImageRecord, KeyValue
from publishing.shapes import FacetTerm, RecordSet, Term, TermRef
from publishing.working_copy import file_records, image_records, record_set

T = TypeVar("T")

MARK = "[hidden]"
PAGE = 60

# Fields that are about people, or lead to them; they get their default.
_LEFT_OUT = frozenset({
    "contributors", "organisations", "grants", "publications", "links", "identifiers", "authors", "affiliations",
    "funding_statement", "acknowledgements", "serial_number",
})  # fmt: skip
_AS_THEY_ARE = frozenset({
    "accession", "doi", "study_doi", "licence", "published", "release_date", "language", "format", "media_type",
    "pixel_type", "dimension_order",
})  # fmt: skip
_TERMS = (Term, TermRef)
_MADE_UP = re.compile(r"(?:images/)?[0-9a-f]{8}-?[0-9a-f]{4}[0-9a-f-]{20,}(?:/table)?")  # ids and digests
_OF_PEOPLE = re.compile(
    r"experimenter|operator|author|user|owner|e-?mail|institut|laborator|affiliation|investigator|person|"
    r"(?:first|last|middle|family|given|full).?name|submitter|depositor|orcid|department|contact|acquired.?by",
    re.IGNORECASE,
)
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_ORCID = r"(?:https?://orcid\.org/)?\d{4}-\d{4}-\d{4}-\d{3}[\dXx]"
_LETTER = r"[^\W\d_]"
_LONG = 5  # letters from which on a family name is hidden also within a word, as in DepositorLab
# Given names that are also words of microscopy or plain English are hidden only when written with a capital.
_ALSO_WORDS = frozenset({
    "art", "bill", "chase", "dawn", "grace", "grant", "hope", "iris", "jack",
    "joy", "mark", "max", "may", "pat", "ray", "rob", "rose", "sue", "will",
})  # fmt: skip
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


@dataclass(frozen=True)
class Hidden:
    """What is hidden in texts, as one pattern."""

    pattern: re.Pattern[str]

    def hide(self, text: str) -> str:
        return text if _MADE_UP.fullmatch(text) else self.pattern.sub(MARK, text)

    def is_in(self, text: str) -> bool:
        return not _MADE_UP.fullmatch(text) and self.pattern.search(text) is not None


def hidden_of(study: Study) -> Hidden:
    """Everybody who has to do with the study: its people and organisations, who owns, edits, sent or decided on it, and
    whom its files name."""
    people = list(Contributor.objects.filter(study=study).values_list("given_name", "family_name", "email", "orcid"))
    for user in _users(study):
        given, _, family = user.name.strip().rpartition(" ")
        people.append((given, family, user.email, user.orcid))
    named = Experimenter.objects.filter(document__file__study=study)
    people += named.values_list("first_name", "last_name", "email", "user_name").distinct()[:1000]
    places: list[tuple[str, ...]] = list(
        Organisation.objects.filter(study=study).values_list("name", "ror", "address", "website")
    )
    places += [(name,) for name in named.values_list("institution", flat=True).distinct()[:1000]]
    groups = ExperimenterGroup.objects.filter(document__file__study=study)
    places += [(name,) for name in groups.values_list("name", flat=True).distinct()[:1000]]
    whole, words = {_ADDRESS, _ORCID}, set[str]()
    for given, family, address, identifier in people:
        given, family = given.strip(), family.strip()
        whole |= {_whole(f"{given} {family}"), _whole(f"{family} {given}")} if given and family else set()
        whole |= {_whole(part) for part in (address.partition("@")[0], identifier) if len(part) > 3}
        words.update(_of_person(given, family))
    whole |= {_whole(part) for place in places for part in place if len(part.strip()) > 2}
    ordered = [*sorted(whole, key=len, reverse=True), *sorted(words, key=len, reverse=True)]
    return Hidden(re.compile("|".join(filter(None, ordered))))


def _users(study: Study) -> Iterable[User]:
    rounds = ReviewRound.objects.filter(study=study)
    ids: set[Any] = set()
    for column in ("submitted_by", "decided_by", "assignee"):
        ids.update(rounds.values_list(column, flat=True))
    return {*editors_of(study), *User.objects.filter(pk__in=ids - {None})}


def _of_person(given: str, family: str) -> Iterator[str]:
    """Patterns of each name alone; of the family name also after an initial."""
    if family:
        initials = f"(?:{re.escape(given[0])}\\.?[\\W_]*)?" if given else ""
        yield from (_word(name, initials) for name in {family, *_last_words(family)})
    for name in given.split():
        if len(name.strip(".")) > 1:
            yield _word(name)


def _last_words(family: str) -> Iterator[str]:
    """Of a family name of several words, those that somebody would be called by."""
    yield from (word for word in re.split(r"[\s-]+", family) if len(word) > 3)


def _word(name: str, before: str = "") -> str:
    """A pattern of one name as a word of its own; long ones also within a word."""
    pattern = _spelled(name)
    is_plain = name.lower() in _ALSO_WORDS or len(name) < 3
    if len(name) < _LONG:
        pattern = f"(?<!{_LETTER}){pattern}(?!{_LETTER})"
    return f"{before}{pattern}" if is_plain else f"(?i:{before}{pattern})"


def _whole(text: str) -> str:
    """A pattern of a text, however its words are joined."""
    return f"(?i:{_spelled(text)})" if text.strip() else ""


def _spelled(text: str) -> str:
    """The text as it is, without accents, and as German writes umlauts without dots; any sign may join its words."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    ways = dict.fromkeys([text, folded, text.translate(_GERMAN)])
    spelled = [r"[\W_]*".join(map(re.escape, re.findall(r"[^\W_]+", way))) for way in ways]
    return f"(?:{'|'.join(dict.fromkeys(filter(None, spelled)))})" if any(spelled) else re.escape(text)


def blind(value: T, hidden: Hidden) -> T:
    """A record, or any part of one, without people."""
    if isinstance(value, str):
        return hidden.hide(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        kept = (item for item in value if not (isinstance(item, KeyValue) and _tells_people(item)))
        return tuple(blind(item, hidden) for item in kept)  # type: ignore[return-value]
    if isinstance(value, _TERMS) or (isinstance(value, FacetTerm) and value.curie):
        return value
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changed = {name: _part(name, getattr(value, name), default, hidden) for name, default in _fields(type(value))}
    return dataclasses.replace(value, **changed)


def _part(name: str, value: Any, default: Any, hidden: Hidden) -> Any:
    if name in _LEFT_OUT:
        return default
    return value if name in _AS_THEY_ARE else blind(value, hidden)


@functools.cache
def _fields(shape: type) -> tuple[tuple[str, Any], ...]:
    fields: Mapping[str, dataclasses.Field[Any]] = shape.__dataclass_fields__  # type: ignore[attr-defined]
    return tuple((field.name, field.default) for field in fields.values())


def _tells_people(pair: KeyValue) -> bool:
    return _OF_PEOPLE.search(pair.name) is not None


def study_of(study: Study, actor: Actor) -> RecordSet:
    """The working copy without people. Raises as catalogue.access.require does for `referee`; so do the others."""
    require(actor, Verb.REFEREE, study)
    return blind(record_set(study), hidden_of(study))


def image_of(image: Image, actor: Actor) -> ImageRecord:
    require(actor, Verb.REFEREE, image)
    (record,) = image_records(Image.objects.filter(pk=image.pk))
    return blind(record, hidden_of(image.study))


def images_of(study: Study, actor: Actor, after: uuid.UUID | None = None, limit: int = PAGE) -> list[ImageRecord]:
    """A page of the working copy's images without people."""
    require(actor, Verb.REFEREE, study)
    images = Image.objects.filter(study=study)
    found = image_records((images.filter(id__gt=after) if after else images).order_by("id")[:limit])
    return list(blind(tuple(found), hidden_of(study)))


def files_of(study: Study, actor: Actor, after: uuid.UUID | None = None, limit: int = PAGE) -> list[FileRecord]:
    """A page of the working copy's files without people."""
    require(actor, Verb.REFEREE, study)
    files = File.objects.filter(study=study)
    found = file_records((files.filter(id__gt=after) if after else files).order_by("id")[:limit])
    return list(blind(tuple(found), hidden_of(study)))


def places_of_names(study: Study, limit: int = 20) -> list[str]:
    """Texts and names of files in which somebody is named, for the depositor to see; referees see them with marks."""
    hidden = hidden_of(study)
    records = record_set(study)
    found = list(dict.fromkeys(_texts(records, hidden)))
    paths = File.objects.filter(study=study).order_by("id").values_list("path", flat=True)[:10_000]
    return [*found, *(path for path in paths if hidden.is_in(path))][:limit]


def _texts(value: Any, hidden: Hidden) -> Iterator[str]:
    if isinstance(value, str):
        if hidden.is_in(value):
            yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item, hidden)
    elif dataclasses.is_dataclass(value) and not isinstance(value, (type, *_TERMS)):
        for name, _default in _fields(type(value)):
            if name not in _LEFT_OUT | _AS_THEY_ARE:
                yield from _texts(getattr(value, name), hidden)
