"""A few documents that every search engine is tested with."""

from dataclasses import replace
from datetime import UTC, datetime

from publishing.search.clauses import Clause
from publishing.search.document import Document, FacetValue, KeyValue
from publishing.search.language.reading import Reading
from publishing.search.query import Query

MOUSE = FacetValue("NCBITaxon:10090", "Mus musculus")
HUMAN = FacetValue("NCBITaxon:9606", "Homo sapiens")
FISH = FacetValue("NCBITaxon:7955", "Danio rerio")
LIGHT_SHEET = FacetValue("FBbi:00000369", "light sheet microscopy")
CONFOCAL = FacetValue("FBbi:00000251", "confocal microscopy")
MAMMALS = FacetValue("NCBITaxon:40674", "Mammalia")
ABOVE = {MOUSE: (MAMMALS,), HUMAN: (MAMMALS,), FISH: ()}
CC0, CC_BY = FacetValue("CC0-1.0", "CC0 1.0"), FacetValue("CC-BY-4.0", "CC BY 4.0")


def study(number: int, title: str, organism: FacetValue, method: FacetValue, licence: FacetValue = CC_BY) -> Document:
    return Document(
        id=f"00000000-0000-7000-8000-{number:012}",
        type="study",
        study=f"00000000-0000-7000-8000-{number:012}",
        accession=f"VIT-{number}",
        identifiers=(f"10.5072/vit-{number}.v1",),
        title=title,
        description=f"Long text of study {number}. We imaged tissue <i>cleared</i> by a method & counted its nuclei.",
        keywords=("whole brain",),
        authors=("Müller, Zoë",),
        terms=(organism.label, method.label, "mammals" if ABOVE[organism] else "fishes"),
        key_values=(KeyValue("dose", "10 µM"),),
        published=datetime(2024 + number, 5, 17, tzinfo=UTC),
        numbers={
            "year": (2024.0 + number,),
            "channels": (3.0,),
            "images": (number * 10.0,),
            "published": (datetime(2024 + number, 5, 17, tzinfo=UTC).timestamp(),),
        },
        values={"doi": (f"10.5072/vit-{number}",)},
        facets={
            "organism": (organism,),
            "method": (method,),
            "licence": (licence,),
            "year": (FacetValue(str(2024 + number), str(2024 + number)),),
            "channels": (FacetValue("3", "3"),),
        },
        ancestors={organism.value: ABOVE[organism]},
        thumbnail="11111111-0000-7000-8000-000000000001",
        card={"images": 1, "authors": ["Müller, Zoë"]},
    )


def image_of(of: Document, number: int, name: str) -> Document:
    return replace(
        of,
        id=f"11111111-{int(of.accession[4:]):04}-7000-8000-{number:012}",
        type="image",
        identifiers=(),
        title=name,
        description="",
        channels=("DAPI", "Alexa 488"),
        files=(f"plate1/{name}",),
        instruments=("Zeiss LSM 880",),
        key_values=(*of.key_values, KeyValue("Gene Symbol", "NF1" if number % 2 else "TP53"), KeyValue("Well", "A1")),
        context=(of.title, of.description),
        numbers={"pixel_size": (0.1 * number,), "emission": (0.461, 0.525), "width": (2048.0,)},
        values={"pixel_type": ("uint16",), "marker": ("Yb173",)},
        card={},
    )


BRAIN = study(1, "Cleared mouse brains by light-sheet microscopy", MOUSE, LIGHT_SHEET)
CELLS = study(2, "Dividing HeLa cells", HUMAN, CONFOCAL, CC0)
LARVAE = study(3, "Zebrafish larvae, live", FISH, LIGHT_SHEET)
SOME = [BRAIN, image_of(BRAIN, 1, "brain_01.tif"), image_of(BRAIN, 2, "brain_02.tif"), CELLS, LARVAE]


def asking(clause: Clause, query: Query | None = None) -> Query:
    """A query with this clause, whatever its text."""
    query = query or Query()
    query.__dict__["reading"] = Reading(clause)
    return query
