"""What channels show: targets and stains as terms, whatever the channels are called.

A channel's name is taken apart ("Yb172_H3K27Ac", "CD8a(Dy162)", "anti-CD45 Alexa 488") into what may be names of a
target and tags: metal isotopes and dyes. A tag or name leads to the signal channel of the specimen that has it, and a
name to a term of the binding "marker", as curators decided or by its exact label or synonym; nothing is guessed by
likeness.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ontology.models import Synonym, Xref
from ontology.names.comparing import fold
from ontology.queries import Wanted, map_terms
from publishing.image_shapes import ChannelRecord
from publishing.shapes import SignalChannel, TermText

BINDING = "marker"
_WITH_FAMILIES = ("HGNC", "CHEBI")  # ontologies in which a broad synonym names a family or group
BATCH = 2_000
LONGEST = 500  # characters of a channel's text
MOST_KEPT = 100_000  # names
MOST_PARTS = 12  # that one channel's text is taken apart into

_METALS = "Ag|Bi|Cd|Ce|Cs|Cu|Dy|Er|Eu|Gd|Ho|I|In|Ir|La|Lu|Nd|Os|Pb|Pd|Pr|Pt|Rh|Ru|Sm|Sn|Ta|Tb|Te|Tm|Xe|Y|Yb"
# "Yb173", "Yb173Di", also after digits that number the antibody ("1021522Tm169Di"); "173Yb".
_METAL = re.compile(
    rf"(?<![A-Za-z])({_METALS})(\d{{2,3}})(?:Di|D)?(?![A-Za-z\d])|(?<!\d)(\d{{2,3}})({_METALS})(?![a-z\d])"
)
_DYE = re.compile(
    r"(?<![A-Za-z])(Alexa ?Fluor ?\d{3}|Alexa ?\d{3}|AF ?\d{3}|Opal ?\d{3}|DyLight ?\d{3}|ATTO ?\d{3}(?:N|Q)?"
    r"|CF ?\d{3}R?|BV ?\d{3}|Cy ?[2357](?:\.5)?|FITC|TRITC|PerCP|APC|Texas ?Red|[em]?(?:GFP|RFP|YFP|CFP)|mCherry)"
    r"(?![A-Za-z\d])",
    re.IGNORECASE,
)
_RRID = re.compile(r"\bRRID: ?(\w+)", re.IGNORECASE)
_NO_NAME = re.compile(
    r"\(\(\d+\)\)|\bclone\b[ :]*[\w./-]+|\bRRID:? ?\w+|(?:^|[_ ])\d{3,}(?=\W|_|$)"
    r"|\b(?:anti|human|mouse|rabbit|rat)[- ]",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[_,;:/|+()\[\]{}]+|\s+[-–]\s+|(?<=\w)-(?=[A-Z]?\d{3})")
_COUNTED = re.compile(r"^(DNA|DAPI|Hoechst)[ _-]?\d{1,2}$", re.IGNORECASE)
_AFTER = re.compile(r"\s+(?:proteins?|antibod(?:y|ies)|stain(?:ing)?|signal|m?RNA|Ab)$", re.IGNORECASE)
_PHOSPHO = re.compile(r"^(?:phospho[- ]?|p-?)(?=[A-Z])")
# Words that some gene is called by too, but that say how or in what colour a channel was taken.
_GENERIC = frozenset([
    "af", "background", "bf", "blue", "brightfield", "cell", "ch", "channel", "cyan", "dic", "far", "field", "gray",
    "green", "grey", "magenta", "merge", "mono", "n/a", "none", "nuc", "pc", "phase", "red", "residual", "rest", "set",
    "trans", "unknown", "white", "yellow",
])  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A channel's text, taken apart."""

    tags: frozenset[str]
    whole: tuple[str, ...]  # all of it, as it stands and without tags and numbers of clones
    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.whole, *self.parts)))


@dataclass(frozen=True)
class Markers:
    """Terms of targets and stains, and everything else by which they are to be found."""

    terms: tuple[str, ...] = ()  # CURIEs
    texts: tuple[str, ...] = ()  # targets for which there is no term
    written: tuple[str, ...] = ()  # names and tags as they were given, RRIDs and accessions
    by_metal: tuple[tuple[str, str], ...] = ()  # metals that antibodies bear ("Yb173"), and the terms of their targets


def metals_of(text: str) -> Iterator[str]:
    """The isotopes in a channel's text, as they are written in papers: "Yb173"."""
    yield from (f"{one[0] or one[3]}{one[1] or one[2]}" for one in _METAL.findall(text[:LONGEST]))


@lru_cache(maxsize=50_000)
def read_name(text: str) -> Read:
    """The tags of a channel's text and the names in it, the longest first; only its beginning counts if it is long."""
    text = text[:LONGEST]
    tags = {one.casefold() for one in metals_of(text)}
    tags |= {f"rrid:{one}".casefold() for one in _RRID.findall(text)}
    dyes = [one.strip() for one in _DYE.findall(text)]
    tags |= {_key(_full_dye(one)) for one in dyes}
    bare = _NO_NAME.sub(" ", _DYE.sub(" ", _METAL.sub(" ", text)))
    parts = [_bare(part) for part in (*_BETWEEN.split(bare), *map(_full_dye, dyes))]
    whole = [_bare(text), _bare(_BETWEEN.sub(" ", bare))]
    whole += [_PHOSPHO.sub("", one) for one in whole]
    return Read(
        frozenset(tags),
        tuple(one for one in dict.fromkeys(whole) if _may_name(one)),
        tuple(one for one in dict.fromkeys(parts) if _may_name(one))[:MOST_PARTS],
    )


def _bare(text: str) -> str:
    """Without signs at the ends, "protein" and the like, and the number of a cycle of staining ("DNA1", "DAPI-02")."""
    stripped = _AFTER.sub("", " ".join(text.split()).strip(" -–.'_"))
    return _COUNTED.sub(r"\1", stripped)


def _may_name(text: str) -> bool:
    return (
        2 <= len(text) <= 200 and not text.isdigit() and text.casefold() not in _GENERIC and not _METAL.fullmatch(text)
    )


def _full_dye(text: str) -> str:
    """ "AF488" and "Alexa488" as "Alexa Fluor 488"; other dyes as they are."""
    found = re.fullmatch(r"(?:Alexa ?(?:Fluor)?|AF) ?(\d{3})", text, re.IGNORECASE)
    return f"Alexa Fluor {found[1]}" if found else text


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


class MarkerTerms:
    """Names of targets and the terms that they stand for. What was looked up once is kept, up to a bound."""

    def __init__(self) -> None:
        self._terms: dict[str, tuple[str, ...]] = {}  # by folded name
        self._accessions: dict[str, tuple[str, ...]] = {}  # by CURIE in another register
        self.curies: set[str] = set()  # of all terms that something learnt stands for

    def learn(self, names: Iterable[str], accessions: Iterable[str] = ()) -> None:
        """Look these up, as far as they are new: by decisions, labels and exact synonyms; names of families, which
        are broad synonyms of their members, stand for all of them. A fixed number of queries for each 2,000."""
        by_folded = {folded: name for name in names if (folded := fold(name))}
        if len(self._terms) > MOST_KEPT:
            self._terms.clear()
        new = [(folded, name) for folded, name in by_folded.items() if folded not in self._terms]
        for start in range(0, len(new), BATCH):
            self._terms |= _terms_named(dict(new[start : start + BATCH]))
        unknown = [one for one in dict.fromkeys(accessions) if one not in self._accessions]
        for start in range(0, len(unknown), BATCH):
            self._accessions |= genes_with(unknown[start : start + BATCH])
        if new or unknown:
            some = (*(self._terms[folded] for folded, _ in new), *(self._accessions[one] for one in unknown))
            self.curies.update(curie for curies in some for curie in curies)

    def of_name(self, name: str) -> tuple[str, ...]:
        return self._terms.get(fold(name), ())

    def of_accession(self, curie: str) -> tuple[str, ...]:
        return self._accessions.get(curie, ())


def _terms_named(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The terms of names, which are given by their folded forms."""
    wanted = {Wanted(name, "", BINDING): folded for folded, name in names.items()}
    found = {wanted[one]: (term.curie,) for one, term in map_terms(wanted).items()}
    families = Synonym.objects.filter(
        text_folded__in=names.keys() - found.keys(),
        scope=Synonym.Scope.BROAD,
        term__ontology__is_current=True,
        term__ontology__prefix__in=_WITH_FAMILIES,
    )
    for folded, curie in families.order_by("term__curie").values_list("text_folded", "term__curie"):
        found[folded] = (*found.get(folded, ()), curie)
    return {folded: found.get(folded, ()) for folded in names}


def genes_with(accessions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The genes that have these as cross-references ("uniprot:P08575")."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(accessions, ())
    genes = Xref.objects.filter(term__ontology__is_current=True, term__ontology__prefix="HGNC")
    same = genes.filter(curie__in=accessions).order_by("term__curie")
    for accession, curie in same.values_list("curie", "term__curie"):
        found[accession] = (*found[accession], curie)
    return found


def names_of(signals: Iterable[SignalChannel], channels: Iterable[str]) -> Iterator[str]:
    """Every name that `markers_of` may ask a term for, to be learnt before. `channels`: texts of images' channels."""
    for signal in signals:
        for text in (signal.content.text, signal.biological_entity.text, signal.channel_label):
            yield from read_name(text).names
    for text in channels:
        yield from read_name(text).names


def accessions_of(signals: Iterable[SignalChannel]) -> Iterator[str]:
    """The CURIEs of what signal channels are identified by, as xrefs of terms have them."""
    for signal in signals:
        for one in signal.identifiers:
            if one.accession:
                yield f"{_PREFIXES.get(one.database, one.database)}:{one.accession}"


_PREFIXES = {"rrid": "RRID", "hgnc": "HGNC", "ncbigene": "NCBIGene"}  # as xrefs write them; others as archives do


def markers_of(signals: tuple[SignalChannel, ...], channels: tuple[ChannelRecord, ...], known: MarkerTerms) -> Markers:
    """What an image shows. Its channels lead to the signal channels of the same name, target or tag; if none does so,
    and no channel names a target itself, all of the specimen's are taken, provided that the image has a channel for
    each. (Names of dyes are no targets: many channels are called after the filter, "FITC", whatever the dye.)"""
    reads = [read_name(f"{channel.name} {channel.fluor}".strip()) for channel in channels]
    shown = [signal for signal in signals if any(_same(signal, read, known) for read in reads)]
    named = (term for read in reads for name in read.names for term in known.of_name(name))
    if not shown and len(channels) >= len(signals) and all(term.startswith("CHEBI:") for term in named):
        shown = list(signals)
    made = _Made(known)
    for signal in shown:
        made.add_signal(signal)
    for channel in channels:
        found = (made.add_text(channel.name, is_target=False), made.add_text(channel.fluor, is_target=False))
        made.add_metals(f"{channel.name} {channel.fluor}", found)
    return made.markers()


def markers_said(signals: Iterable[SignalChannel], known: MarkerTerms) -> Markers:
    """What a specimen was stained for, whatever its images show."""
    made = _Made(known)
    for signal in signals:
        made.add_signal(signal)
    return made.markers()


def _same(signal: SignalChannel, read: Read, known: MarkerTerms) -> bool:
    said = [read_name(text) for text in (signal.channel_label, signal.content.text, signal.biological_entity.text)]
    if any(read.tags & one.tags for one in said):
        return True
    names = {name for one in said for name in one.names} | {str(signal.content), str(signal.biological_entity)}
    if {_key(name) for name in names} & {_key(name) for name in read.names} - {""}:
        return True
    mapped = {entity.term.curie for entity in (signal.content, signal.biological_entity) if entity.term}
    targets = mapped | {term for name in names for term in known.of_name(name)}
    return any(term in targets for name in read.names for term in known.of_name(name))


def terms_of_names(names: Iterable[str], known: MarkerTerms) -> tuple[str, ...]:
    """The CURIEs of what channels of these names show, whatever is said of the specimen."""
    made = _Made(known)
    for name in names:
        made.add_text(name, is_target=False)
    return made.markers().terms


class _Made:
    def __init__(self, known: MarkerTerms) -> None:
        self._known = known
        self._terms: dict[str, None] = {}
        self._texts: dict[str, None] = {}
        self._written: dict[str, None] = {}
        self._by_metal: dict[tuple[str, str], None] = {}

    def add_signal(self, signal: SignalChannel) -> None:
        found = (self._add_entity(signal.content), self._add_entity(signal.biological_entity))
        self.add_text(signal.channel_label, is_target=False)
        self.add_metals(signal.channel_label, found)
        for one in accessions_of((signal,)):
            self._written.update(dict.fromkeys((one, one.partition(":")[2])))
            self._terms.update(dict.fromkeys(self._known.of_accession(one)))

    def _add_entity(self, entity: TermText) -> tuple[str, ...]:
        if entity.term:
            self._terms[entity.term.curie] = None
            self._written[entity.text] = None
            return (entity.term.curie,)
        return self.add_text(entity.text, is_target=True)

    def add_metals(self, text: str, targets: Iterable[tuple[str, ...]]) -> None:
        """The metals in a channel's text stand for these targets."""
        terms = [term for some in targets for term in some]
        self._by_metal.update(dict.fromkeys((metal, term) for metal in metals_of(text) for term in terms))

    def add_text(self, text: str, *, is_target: bool) -> tuple[str, ...]:
        """The terms of the whole text, else of all names in it that have some, and of dyes; a target without a term
        stays a text. Gives the terms but for those of dyes."""
        read = read_name(text)
        by_name = [(name, self._known.of_name(name)) for name in read.names]
        whole = next((terms for name, terms in by_name if terms and name in read.whole), ())
        found = whole or tuple(term for _, terms in by_name for term in terms)
        dyes = (term for name, terms in by_name if _key(name) in read.tags for term in terms)
        self._terms.update(dict.fromkeys((*found, *dyes)))
        self._written.update(dict.fromkeys((*read.tags, *read.names)))
        if is_target and not found and text.strip().casefold() not in {"", *_GENERIC}:
            self._texts[text.strip()] = None
        return found

    def markers(self) -> Markers:
        written = tuple(filter(None, self._written))
        return Markers(tuple(self._terms), tuple(self._texts), written, tuple(self._by_metal))
