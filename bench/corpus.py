"""A catalogue's worth of search documents, made up by a seed so that it repeats: the same for every engine.

Words, key-values and facets are as frequent as in a language (Zipf). Organisms, methods, tissues, cells and stains are
real terms of the starter set with the terms above them; what is said of wells has the columns of real screens' tables.
The texts mean nothing: what is measured is the engine, not the finding.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

from publishing.search.document import Document, FacetValue, KeyValue
from publishing.search.query import Query

STARTER = Path(__file__).parent.parent / "ontology" / "starter"
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 4_300
SHARE_OF_WORDS, OFFSET_OF_WORDS = 1.05, 20  # the n-th word is as frequent as 1 / (n + 20) to this power
SHARE_OF_VALUES = 0.8
IMAGING_METHOD = "FBbi:00000222"
AUTHORS, WORDS = 4_000, 40_000
LETTERS = "aeiou", "bcdfghklmnprstvz"
LICENCES = [FacetValue(name, name.replace("-", " ")) for name in ("CC-BY-4.0", "CC0-1.0", "CC-BY-NC-4.0")]
FORMATS = [FacetValue(value, label) for value, label in (
    ("image/ome-tiff", "OME-TIFF"), ("image/ome-zarr;version=0.5", "OME-Zarr 0.5"), ("image/tiff", "TIFF"),
    ("application/vnd.zeiss.czi", "CZI"), ("application/vnd.nikon.nd2", "ND2"))]  # fmt: skip
FUNDERS = [FacetValue(name, name) for name in ("European Research Council", "Wellcome Trust",
           "National Institutes of Health", "Deutsche Forschungsgemeinschaft", "Medical Research Council")]  # fmt: skip
HAVE = [FacetValue(name, name) for name in ("ROIs", "labels", "plate", "analysis results", "annotations")]
CHANNELS = ("DAPI", "GFP", "Cy5", "Alexa 488", "mCherry", "Hoechst 33342")
PIXEL_SIZES = (0.065, 0.108, 0.1625, 0.2, 0.325, 0.65, 1.0, 3.45)
OBJECTIVES = ((1.4, 63.0), (1.2, 60.0), (0.95, 40.0), (0.75, 20.0), (0.3, 10.0))
# (name, kind of values) of four families of tables: RNAi screens, compound screens, tissue sections, live cells
TABLES: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Gene Symbol", "gene"), ("Gene Identifier", "ensembl"), ("siRNA Identifier", "sirna"), ("Well", "well"),
     ("Plate", "plate"), ("Control Type", "control"), ("Cell Line", "word"), ("Phenotype", "phrase"),
     ("Replicate", "count"), ("Sequence", "dna"), ("Score", "number"), ("Batch", "count")),
    (("Compound Name", "compound"), ("Compound Concentration (microMolar)", "dose"), ("Well", "well"),
     ("Plate", "plate"), ("Control Type", "control"), ("InChIKey", "inchi"), ("Cell Line", "word"),
     ("Incubation Time", "hours"), ("Solvent", "solvent"), ("Replicate", "count"), ("Site", "count"),
     ("Mechanism of Action", "phrase")),
    (("Antibody", "gene"), ("Antibody Identifier", "ensembl"), ("Organism Part", "word"), ("Age", "count"),
     ("Sex", "sex"), ("Pathology", "phrase"), ("Individual", "plate"), ("Section", "count"), ("Slide", "plate"),
     ("Staining Intensity", "level"), ("Block", "count"), ("Region", "word")),
    (("Gene Symbol", "gene"), ("Strain", "word"), ("Genotype", "gene"), ("Time (minutes)", "count"),
     ("Temperature (°C)", "count"), ("Field", "count"), ("Stage", "level"), ("Medium", "word"), ("Channels", "word"),
     ("Treatment", "compound"), ("Position", "well"), ("Comment", "phrase")),
)  # fmt: skip

Facets = dict[str, tuple[FacetValue, ...]]
Made = tuple[FacetValue, tuple[FacetValue, ...]]  # a term and those above it


def documents(studies: int = 5_000, images: int = 200_000, seed: int = 1) -> Iterator[Document]:
    """A study's document, then those of its images, twelve key-values each; then the next study's."""
    for number in range(studies):
        count = images // studies + (number < images % studies)
        yield from _Study(number, count, default_rng((seed, number))).documents()


def queries(kind: str, n: int = 100, seed: int = 1) -> list[Query]:
    """Searches of a kind of KINDS, with words and values as frequent as those of documents. Raises KeyError."""
    seeded = default_rng((seed, n))
    return [KINDS[kind](seeded) for _ in range(n)]


def beginnings(n: int = 100, seed: int = 1) -> list[str]:
    """Two to four letters with which words begin, as they are being typed."""
    seeded = default_rng((seed, n))
    return [_words(seeded, 1)[0][: seeded.integers(2, 5)] for _ in range(n)]


def study_id(number: int) -> str:
    return f"{number:08x}-0000-7000-8000-000000000000"


def image_id(number: int, place: int) -> str:
    return f"{number:08x}-0000-7000-8000-{place + 1:012x}"


@cache
def _pool(kind: str) -> list[str]:
    """The values of a kind, the most frequent first."""
    if kind in LISTED:
        return LISTED[kind]
    seeded = random.Random(kind)
    return list(dict.fromkeys(SPELT[kind](seeded) for _ in range(SIZES.get(kind, 30_000))))


@cache
def _pairs(name: str, kind: str) -> list[KeyValue]:
    return [KeyValue(name, value) for value in _pool(kind)]


def _spelt(seeded: random.Random, least: int = 2, most: int = 4) -> str:
    vowels, others = LETTERS
    syllables = (seeded.choice(others) + seeded.choice(vowels) for _ in range(seeded.randint(least, most)))
    return "".join(syllables) + seeded.choice(["", "n", "s", "r"])


def _letters(seeded: random.Random, letters: str, count: int) -> str:
    return "".join(seeded.choices(letters, k=count))


LISTED = {
    "well": [f"{row}{column}" for row in "ABCDEFGHIJKLMNOP" for column in range(1, 25)],
    "control": ["sample", "negative control", "positive control"],
    "count": [str(n) for n in range(1, 60)],
    "dose": ["1", "10", "0.1", "3", "30", "0.3", "100", "0"],
    "hours": ["24 h", "48 h", "72 h", "1 h"],
    "solvent": ["DMSO", "water", "ethanol"],
    "sex": ["female", "male", "unknown"],
    "level": ["low", "medium", "high", "none"],
}
SPELT: dict[str, Callable[[random.Random], str]] = {
    "word": _spelt,
    "author": lambda seeded: f"{_spelt(seeded).capitalize()} {_spelt(seeded).capitalize()}",
    "gene": lambda seeded: f"{_letters(seeded, 'ABCDEFGHKLMNPRSTX', seeded.randint(2, 4))}{seeded.randint(1, 29)}",
    "ensembl": lambda seeded: f"ENSG{seeded.randrange(10**5):011}",
    "sirna": lambda seeded: f"M-{seeded.randrange(10**5):06}-{seeded.randrange(4):02}",
    "compound": lambda seeded: _spelt(seeded) + seeded.choice(["ine", "ol", "mab", "ib", "ate"]),
    "dna": lambda seeded: _letters(seeded, "ACGT", 21),
    "inchi": lambda seeded: _letters(seeded, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 14) + "-UHFFFAOYSA-N",
    "phrase": lambda seeded: " ".join(_spelt(seeded) for _ in range(3)),
    "number": lambda seeded: f"{seeded.gauss(0, 1):.3f}",
}
SIZES = {"word": WORDS, "author": AUTHORS, "gene": 20_000, "phrase": 2_000, "compound": 5_000}


@cache
def _shares(size: int, exponent: float, offset: int) -> Any:
    weights = 1.0 / (np.arange(1, size + 1) + offset) ** exponent
    return np.cumsum(weights / weights.sum())


def _drawn(
    seeded: Generator, pool: Sequence[Any], count: int, exponent: float = SHARE_OF_VALUES, offset: int = 0
) -> list[Any]:
    """`count` of the pool, the first the most frequent."""
    places = np.searchsorted(_shares(len(pool), exponent, offset), seeded.random(count))
    return [pool[min(place, len(pool) - 1)] for place in places.tolist()]


def _words(seeded: Generator, count: int) -> list[str]:
    return _drawn(seeded, _pool("word"), count, SHARE_OF_WORDS, OFFSET_OF_WORDS)


def _text(seeded: Generator, count: int) -> str:
    return " ".join(_words(seeded, count))


@cache
def terms(name: str) -> list[Made]:
    """The terms of a starter set, each with those above it, the nearest first."""
    lines = (STARTER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t")[:3] for line in lines if not line.startswith(("#", "curie\t"))]
    labels, parents = {row[0]: row[1] for row in rows}, {row[0]: row[2].split("|") for row in rows}
    found = []
    for curie in labels:
        line = [curie]
        for one in line:
            line += [parent for parent in parents[one] if parent in labels and parent not in line]
        values = [FacetValue(one, labels[one]) for one in line]
        found.append((values[0], tuple(values[1:])))
    order = default_rng(len(name)).permutation(len(found))
    return [found[place] for place in order]


@cache
def _methods() -> list[Made]:
    return [(term, above) for term, above in terms("fbbi") if any(one.value == IMAGING_METHOD for one in above)]


@dataclass(frozen=True)
class _About:
    """What is said of a study's samples and imaging: the facets that its images share."""

    facets: Facets
    above: Facets
    names: tuple[str, ...]


def _about(seeded: Generator) -> _About:
    made = {
        "organism": _drawn(seeded, terms("ncbitaxon"), 1),
        "method": _drawn(seeded, _methods(), 1),
        "tissue": _drawn(seeded, terms("uberon"), 1),
        "cell": _drawn(seeded, terms("cl"), 1),
        "marker": _drawn(seeded, terms("go"), 2) + _drawn(seeded, terms("chebi"), 2),
    }
    return _About(
        {name: tuple(dict.fromkeys(term for term, _ in some)) for name, some in made.items()},
        {term.value: above for some in made.values() for term, above in some},
        tuple(dict.fromkeys(one.label for some in made.values() for term, above in some for one in (term, *above))),
    )


class _Study:
    """One study and its images."""

    def __init__(self, number: int, images: int, seeded: Generator) -> None:
        self.number, self.images, self.seeded = number, images, seeded
        self.id, self.accession = study_id(number), f"VIT-{number + 1}"
        self.title, self.description = _text(seeded, 12).capitalize(), _text(seeded, 120)
        self.keywords = tuple(dict.fromkeys(_words(seeded, 4)))
        self.authors = tuple(dict.fromkeys(_drawn(seeded, _pool("author"), 5)))
        self.published = FIRST_DAY + timedelta(days=int(seeded.integers(DAYS)), seconds=number)
        self.about, year = _about(seeded), str(self.published.year)
        self.channels = tuple(_drawn(seeded, [*CHANNELS, *_pool("gene")[:50]], 3))
        self.planes = 1 if number % 3 == 0 else 20 + number % 60
        dimensions = "3D" if self.planes > 1 else "2D"
        self.facets: Facets = {
            **self.about.facets,
            "licence": tuple(_drawn(seeded, LICENCES, 1)),
            "year": (FacetValue(year, year),),
            "funder": tuple(_drawn(seeded, FUNDERS, 1)),
            "format": tuple(_drawn(seeded, FORMATS, 1)),
            "dimensions": (FacetValue(dimensions, dimensions),),
            "has": (HAVE[number % len(HAVE)],),
        }

    def documents(self) -> Iterator[Document]:
        yield self._study()
        plates = [f"P{self.number:04}-{plate}" for plate in range(8)]
        columns = []
        for name, kind in TABLES[self.number % len(TABLES)]:
            pool = [KeyValue(name, plate) for plate in plates] if kind == "plate" else _pairs(name, kind)
            columns.append(_drawn(self.seeded, pool, self.images))
        words = _words(self.seeded, self.images)
        for place, (word, *key_values) in enumerate(zip(words, *columns, strict=True)):
            yield self._image(place, f"{self.accession}_{word}_{place:05}.ome.tif", tuple(key_values))

    def _study(self) -> Document:
        doi = f"10.5072/{self.accession.lower()}"
        return self._document(
            id=self.id,
            type="study",
            title=self.title,
            description=self.description,
            keywords=self.keywords,
            identifiers=(doi,),
            context=(_text(self.seeded, 60),),
            thumbnail=image_id(self.number, 0),
            channel_count=3,
            numbers={"images": (float(self.images),), "bytes": (self.images * 8e6,)},
            values={"doi": (doi,)},
            card={"authors": self.authors, "images": self.images, "version": 1},
        )

    def _image(self, place: int, name: str, key_values: tuple[KeyValue, ...]) -> Document:
        size, (na, magnification) = (
            PIXEL_SIZES[self.number % len(PIXEL_SIZES)],
            OBJECTIVES[self.number % len(OBJECTIVES)],
        )
        count = 1 + place % 5
        return self._document(
            id=image_id(self.number, place),
            type="image",
            title=name,
            files=(name,),
            key_values=key_values,
            context=(self.title, self.description, *self.keywords),
            thumbnail=image_id(self.number, place),
            channel_count=count,
            numbers={"pixel_size": (size,), "step_size": (size * 3,), "width": (2048.0,), "height": (2048.0,),
                     "planes": (float(self.planes),), "timepoints": (1.0,), "na": (na,),
                     "magnification": (magnification,), "emission": (0.461, 0.525), "excitation": (0.405, 0.488),
                     "acquired": (self.published.timestamp() - 86400.0 * (place + 100),)},
            values={"pixel_type": ("uint16",)},
            card={"study_title": self.title, "component": "Plate 1", "size": "2048 × 2048"},
        )  # fmt: skip

    def _document(
        self,
        *,
        channel_count: int,
        numbers: dict[str, tuple[float, ...]],
        values: dict[str, tuple[str, ...]],
        card: dict[str, Any],
        **own: Any,
    ) -> Document:
        organisms, methods = ([term.label for term in self.facets[name]] for name in ("organism", "method"))
        counted = FacetValue(str(channel_count), str(channel_count))
        more = {
            "published": (self.published.timestamp(),),
            "year": (float(self.published.year),),
            "channels": (float(channel_count),),
        }
        return Document(
            study=self.id,
            accession=self.accession,
            published=self.published,
            authors=self.authors,
            terms=self.about.names,
            channels=self.channels,
            instruments=("Zeiss LSM 880",),
            facets={**self.facets, "channels": (counted,)},
            ancestors=self.about.above,
            numbers={**numbers, **more},
            values={"accession": (self.accession,), **values},
            card={**card, "organisms": organisms, "methods": methods, "licence": self.facets["licence"][0].label},
            **own,
        )


def _phrase(seeded: Generator) -> str:
    """Three words of the title of one of the first studies that seed 1 makes."""
    title = _Study(0, 0, default_rng((1, int(seeded.integers(500))))).title
    return " ".join(title.split()[3:6])


def _pair(seeded: Generator) -> tuple[str, str]:
    table = TABLES[int(seeded.integers(len(TABLES)))]
    name, kind = table[int(seeded.integers(2))]
    return name, str(_drawn(seeded, _pool(kind), 1)[0])


def _chosen(seeded: Generator) -> dict[str, tuple[str, ...]]:
    return {
        "organism": tuple(term.value for term, _ in _drawn(seeded, terms("ncbitaxon"), 2)),
        "licence": (_drawn(seeded, LICENCES, 1)[0].value,),
    }


KINDS: dict[str, Callable[[Generator], Query]] = {
    "everything": lambda seeded: Query(),
    "word": lambda seeded: Query(_words(seeded, 1)[0]),
    "words": lambda seeded: Query(_text(seeded, 2)),
    "either": lambda seeded: Query(" OR ".join(_text(seeded, 2).split())),
    "phrase": lambda seeded: Query(f'"{_phrase(seeded)}"'),
    "chosen": lambda seeded: Query(_words(seeded, 1)[0], filters=_chosen(seeded)),
    "group": lambda seeded: Query(f'organism:"{terms("ncbitaxon")[int(seeded.integers(100))][0].value}"'),
    "pair": lambda seeded: Query('"{}"="{}"'.format(*_pair(seeded))),
    "pairs": lambda seeded: Query('"{}"="{}" OR "{}"="{}"'.format(*_pair(seeded), *_pair(seeded))),
    "number": lambda seeded: Query(f"pixel_size:<{PIXEL_SIZES[int(seeded.integers(8))]}um"),
    "newest": lambda seeded: Query(_words(seeded, 1)[0], sort="newest"),
}
