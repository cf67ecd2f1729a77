"""Records for tests of renditions: a full one in plain words, and any that hypothesis thinks of."""

import dataclasses
from typing import Any

from hypothesis import strategies as st

from publishing.process_shapes import (
    Annotation,
    AnnotationMethod,
    Annotator,
    CreationProcess,
    ImageCorrelation,
    ImageData,
    ImageDimension,
    ImagePair,
    Material,
    QualityMetric,
    Software,
)
from publishing.shapes import (
    AnalysedData,
    Association,
    BioSample,
    ComponentRecord,
    Counts,
    Facets,
    FacetTerm,
    Funder,
    Grant,
    Identifier,
    ImageAcquisition,
    Link,
    Organisation,
    Organism,
    Person,
    RecordSet,
    RelatedPublication,
    SignalChannel,
    Specimen,
    StudyRecord,
    Term,
    TermRef,
    TermText,
    Variable,
)

OBO = "http://purl.obolibrary.org/obo/"
MOUSE = Term(f"{OBO}NCBITaxon_10090", "NCBITaxon:10090", "Mus musculus", "NCBITaxon", "2026-01", "test")
CONFOCAL = Term(f"{OBO}FBbi_00000251", "FBbi:00000251", "confocal microscopy", "FBbi", "2026-01", "test")
NEURON = Term(f"{OBO}CL_0000540", "CL:0000540", "neuron", "CL", "2026-01", "test")


STUDY = StudyRecord(
    id="0198c0de-0000-7000-8000-000000000001",
    accession="VIT-7",
    version=2,
    doi="10.5072/vit-7.v2",
    study_doi="10.5072/vit-7",
    doi_is_test=True,
    published="2026-11-21T10:00:00Z",
    title="Neurons of mice with and without a gene",
    description='First line.\nSecond line with "quotes", </script>, & and 🧠.',
    keywords=("neurons", "mouse"),
    licence="CC-BY-4.0",
    release_date="2026-11-01",
    funding_statement="Funded by a funder.",
    acknowledgements="Thanks.",
    language="en",
    contributors=(
        Person("p1", "Curie", "Marie", "0000-0002-1825-0097", ("o1",), ("Author", "ContactPerson")),
        Person("p2", "Ng", "", "", ("o2",), ("DataCurator",)),
    ),
    organisations=(
        Organisation("o1", "University of Colorado Anschutz", "https://ror.org/03wmf1y16", "Aurora", "https://a.b/"),
        Organisation("o2", "A lab without identifiers", "", "", "not an address"),
    ),
    grants=(
        Grant("g1", "European Research Council", "https://ror.org/0472cxd90", "101000000", "A project"),
        Grant(
            "g2", "A funder", "10.13039/501100000780", further_funders=(Funder("Wellcome Trust"), Funder("NIH", "x"))
        ),
    ),
    publications=(
        RelatedPublication("a1", "REMBI", "https://doi.org/10.1038/s41592-021-01166-8", "Sarkans U et al.", "2021"),
        RelatedPublication("a2", "A draft", "", "", "", "", "in preparation"),
        RelatedPublication("a3", "", "", "", "", "34021280"),
    ),
    links=(
        Link("l1", "https://example.org/a b?q=<x>", "analysis code"),
        Link("l2", "javascript:alert(1)", "bad"),
        Link("l3", "", "RNA sequencing", "geo", "GSE63525", "IsSupplementedBy"),
        Link("l4", "", "the same, before", "empiar", "EMPIAR-10310", "IsIdenticalTo"),
        Link("l5", "", "no accession", "geo", "nonsense", "IsDerivedFrom"),
    ),
    biosamples=(
        BioSample(
            "b1",
            "Brains",
            (Organism(TermText("mouse", MOUSE), "mouse"),),
            TermText("neuron", NEURON),
            TermText("C57BL/6"),
            "Adult.",
            "Standard housing.",
            (Variable("intrinsic", "genotype", TermText("wild type"), ""),),
            (Identifier("rrid", "IMSR_JAX:000664"),),
        ),
    ),
    specimens=(Specimen("s1", "Slices", "b1", "Fixed.", "", "control", "cortex", ("b2",)),),
    channels=(
        SignalChannel(
            "c1",
            "s1",
            TermText("DNA"),
            TermText("DNA"),
            "DAPI",
            TermText("fluorescence"),
            (Identifier("uniprot", "P21359"),),
        ),
    ),
    acquisitions=(ImageAcquisition("i1", "Confocal", "Zeiss LSM 880", "20x/0.8", (TermText("confocal", CONFOCAL),)),),
    correlations=(
        ImageCorrelation(
            "k1", "CLEM", "by hand", "beads", "1 2", "1 0 0 1", "all", (ImagePair("em.tif", "lies within", "lm.tif"),)
        ),
    ),
    analyses=(
        AnalysedData(
            "n1",
            "Nuclei",
            "segmentation",
            "Otsu",
            "area",
            (Software("tool", "1", "https://t.org"),),
            (TermText("large nuclei", NEURON),),
            (Material("raw/"), Material("", "c1")),
            (Material("nuclei.csv"),),
        ),
    ),
    annotation_methods=(
        AnnotationMethod(
            "m1",
            "Masks",
            "By hand.",
            ("segmentation_mask",),
            "expert",
            "whole nuclei",
            "all",
            "high",
            "same grid",
            (Annotator("Ada"), Annotator("", "p1"), Annotator("", "gone")),
            (Software("napari"),),
        ),
    ),
    annotations=(
        Annotation(
            "t1", "Nuclei", "a.tif", "segmentation_mask", "m1", "label image", "a_mask.tif", "2026-05-04", "none", "2"
        ),
    ),
    image_data=(
        ImageData(
            "d1",
            "Raw",
            "c1",
            "primary",
            "OME-TIFF",
            (ImageDimension("x", "2048", "0.3", "µm"),),
            "1: DNA",
            "none",
            "no",
            "checked",
            (QualityMetric("resolution", "3.2", "Å"),),
        ),
    ),
    creations=(
        CreationProcess("r1", "Projections", (Material("p/"),), (Material("raw/"),), "maximum", "n1", ("i1",), ("s1",)),
    ),
    counts=Counts(3, 4, 5000),
    facets=Facets(
        (FacetTerm("NCBITaxon:10090", "Mus musculus", (TermRef("NCBITaxon:40674", "Mammalia"),)),),
        (FacetTerm("FBbi:00000251", "confocal microscopy"),),
        ("image/ome-tiff",),
        (3,),
        "CC-BY-4.0",
    ),
    thumbnails=("0198c0de-0000-7000-8000-0000000000aa",),
)
COMPONENT = ComponentRecord(
    "0198c0de-0000-7000-8000-0000000000cc",
    "Plate 2",
    "Wells of plate 2",
    0,
    (Association("b1", "s1", "i1", "k1", "n1", "m1"),),
    Counts(3, 4, 5000),
    ("0198c0de-0000-7000-8000-0000000000aa",),
)


def full(**study: Any) -> RecordSet:
    """A version 2 with something in every field, but for the fields of the study that are given."""
    return RecordSet(dataclasses.replace(STUDY, **study), (COMPONENT,))


# Whatever a field may hold: any character but lone surrogates, which nothing lets in, and texts made to break outputs.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        [
            "</script><!--",
            "]]>\"'",
            "a\r\nb\rc\n",
            "\u202eevil\u202c",
            "🧠" * 3,
            "\x00\x0b\ufffe",
            "en",
            "http://a b",
            "%zz",
        ]
    ),
)
ADDRESSES = st.one_of(
    TEXTS,
    TEXTS.map("https://example.org/{}".format),
    st.sampled_from(
        ["https://[::1", "http://", "https://ex ample/", "javascript:alert(1)", "https://a/#b#c", "urn:x:y"]
    ),
)


def any_of(cls: type[Any], **fixed: Any) -> st.SearchStrategy[Any]:
    """Instances of a shape with any texts in its text fields; `fixed` gives strategies for the others."""
    texts = {f.name: TEXTS for f in dataclasses.fields(cls) if f.type is str or f.type == "str"}
    keys = {"id": st.uuids().map(str)} if "id" in texts else {}
    return st.builds(cls, **(texts | keys | fixed))


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


TERMS = any_of(Term, iri=ADDRESSES)
TERM_TEXTS = st.builds(TermText, TEXTS, st.none() | TERMS)
IDENTIFIERS = few(any_of(Identifier, database=st.sampled_from(["rrid", "uniprot"]) | TEXTS))
MATERIALS = few(any_of(Material, component=st.uuids().map(str) | st.just("")))
STUDIES = any_of(
    StudyRecord,
    accession=st.just("VIT-1"),
    version=st.integers(1, 3),
    doi=st.just("10.5072/vit-1.v1"),
    published=st.just("2026-11-21T10:00:00Z"),
    licence=st.sampled_from(["CC0-1.0", "CC-BY-4.0", "MIT"]) | TEXTS,
    language=st.sampled_from(["en", "de", ""]) | TEXTS,
    keywords=few(TEXTS),
    contributors=few(any_of(Person, affiliations=few(TEXTS), roles=few(st.sampled_from(["Author", "DataCurator"])))),
    organisations=few(any_of(Organisation, website=ADDRESSES)),
    grants=few(any_of(Grant, further_funders=few(any_of(Funder)))),
    publications=few(any_of(RelatedPublication, doi=TEXTS.map("10.1234/{}".format) | TEXTS)),
    links=few(any_of(Link, url=ADDRESSES, database=st.sampled_from(["geo", "rrid", "swh"]) | TEXTS)),
    biosamples=few(
        any_of(
            BioSample,
            organisms=few(any_of(Organism, organism=TERM_TEXTS)),
            biological_entity=TERM_TEXTS,
            strain=TERM_TEXTS,
            variables=few(any_of(Variable, value=TERM_TEXTS)),
            identifiers=IDENTIFIERS,
        )
    ),
    specimens=few(any_of(Specimen, biosample=st.uuids().map(str), further_biosamples=few(st.uuids().map(str)))),
    channels=few(any_of(SignalChannel, specimen=st.uuids().map(str), content=TERM_TEXTS, identifiers=IDENTIFIERS)),
    acquisitions=few(any_of(ImageAcquisition, methods=few(TERM_TEXTS))),
    analyses=few(
        any_of(
            AnalysedData,
            software=few(any_of(Software, url=ADDRESSES)),
            phenotypes=few(TERM_TEXTS),
            inputs=MATERIALS,
            outputs=MATERIALS,
        )
    ),
    annotation_methods=few(
        any_of(
            AnnotationMethod,
            method_types=few(TEXTS),
            authors=few(any_of(Annotator)),
            software=few(any_of(Software, url=ADDRESSES)),
        )
    ),
    annotations=few(any_of(Annotation, method=st.uuids().map(str))),
    image_data=few(
        any_of(
            ImageData,
            component=st.uuids().map(str),
            dimensions=few(any_of(ImageDimension)),
            quality_metrics=few(any_of(QualityMetric)),
        )
    ),
    creations=few(
        any_of(
            CreationProcess,
            analysis=st.uuids().map(str),
            images=MATERIALS,
            input_images=MATERIALS,
            acquisitions=few(st.uuids().map(str)),
            specimens=few(st.uuids().map(str)),
        )
    ),
    counts=st.builds(Counts, st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**60)),
)
COMPONENTS = any_of(
    ComponentRecord,
    position=st.integers(0, 3),
    associations=few(st.builds(Association, st.uuids().map(str), st.just(""), st.uuids().map(str))),
)
RECORD_SETS = st.builds(RecordSet, STUDIES, few(COMPONENTS))
