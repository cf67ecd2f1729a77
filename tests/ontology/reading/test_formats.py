"""What each format can say, on small files; and files that are broken, which are refused with their place."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontology.reading import CannotRead, Given, ReadTerm, read

TURTLE = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix in: <http://www.geneontology.org/formats/oboInOwl#> .
<http://purl.obolibrary.org/obo/zfa.owl> a owl:Ontology ;
    owl:versionIRI <http://purl.obolibrary.org/obo/zfa/releases/2026-01-02/zfa.owl> .
obo:ZFA_1 a owl:Class ; rdfs:label "brain"@en , "Gehirn"@de ; in:hasNarrowSynonym "head brain" .
obo:ZFA_2 a owl:Class ; rdfs:label "cortex" ; obo:IAO_0000115 "The  outer\\nlayer." ; in:hasDbXref "UBERON:0000956" ;
    rdfs:subClassOf [ a owl:Restriction ; owl:onProperty obo:BFO_0000050 ; owl:someValuesFrom obo:ZFA_1 ] .
obo:ZFA_3 a owl:Class ; rdfs:label "left cortex" ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( obo:ZFA_2
        [ a owl:Restriction ; owl:onProperty obo:BFO_0000050 ; owl:someValuesFrom obo:ZFA_1 ]
        [ a owl:Restriction ; owl:onProperty obo:RO_1 ; owl:someValuesFrom obo:ZFA_4 ] ) ] .
obo:ZFA_4 a owl:Class ; owl:deprecated true ; obo:IAO_0100001 obo:ZFA_2 ; in:consider "ZFA:3" , obo:ZFA_1 .
"""
SKOS = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://example.org/stains> a skos:ConceptScheme ; skos:prefLabel "Stains" .
<https://example.org/stains/1> a skos:Concept ; skos:prefLabel "dye"@en , "colorant"@fr ; skos:narrower
    <https://example.org/stains/2> .
<https://example.org/stains/2> a skos:Concept ; skos:prefLabel "DAPI" ; skos:altLabel "blue dye" ;
    skos:definition "Blue." .
<https://example.org/stains/3> a skos:Concept ; skos:prefLabel "Hoechst" ; skos:broader <https://example.org/stains/1> ;
    skos:exactMatch <http://purl.obolibrary.org/obo/CHEBI_51232> .
"""
FUNCTIONAL = """Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(obo:=<http://purl.obolibrary.org/obo/>)
Ontology(<http://purl.obolibrary.org/obo/zfa.owl> <http://purl.obolibrary.org/obo/zfa/releases/2026-01-02/zfa.owl>
Declaration(Class(obo:ZFA_1)) Declaration(Class(obo:ZFA_2)) Declaration(Class(obo:ZFA_3))
AnnotationAssertion(rdfs:label obo:ZFA_1 "brain"@en)
AnnotationAssertion(rdfs:label obo:ZFA_2 "cortex")
SubClassOf(obo:ZFA_2 ObjectSomeValuesFrom(obo:BFO_0000050 obo:ZFA_1))
EquivalentClasses(obo:ZFA_3 ObjectIntersectionOf(obo:ZFA_2 ObjectSomeValuesFrom(obo:BFO_0000050 obo:ZFA_1)))
AnnotationAssertion(owl:deprecated obo:ZFA_3 "true"^^<http://www.w3.org/2001/XMLSchema#boolean>)
)
"""
OBO = """format-version: 1.2
data-version: zfa/releases/2026-01-02/zfa.obo
ontology: zfa

[Term]
id: ZFA:1
name: brain
alt_id: ZFA:9

[Term]
id: ZFA:2
name: cortex\\, outer
def: "The \\"outer\\" layer." [PMID:1]
synonym: "rind" BROAD []
xref: UBERON:0000956
xref: http://example.org/page
relationship: part_of ZFA:1
relationship: develops_from ZFA:3

[Term]
id: ZFA:3
name: left cortex
intersection_of: ZFA:2
intersection_of: part_of ZFA:1

[Term]
id: ZFA:4
is_obsolete: true
replaced_by: ZFA:2
consider: ZFA:3

[Typedef]
id: part_of
name: part of
"""
HGNC = (
    "hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tuniprot_ids\tdate_modified\n"
    "HGNC:9666\tPTPRC\tprotein tyrosine phosphatase receptor type C\tApproved\tLCA|T200\tCD45\tP08575\t2024-01-02\n"
)


def _read(folder: Path, name: str, text: str, said: Given | None = None) -> dict[str, ReadTerm]:
    path = folder / name
    path.write_text(text)
    return {term.curie: term for term in read(path, said).terms()}


def test_owl_says_parts_definitions_languages_and_replacements(tmp_path: Path) -> None:
    terms = _read(tmp_path, "a.owl", TURTLE)
    assert terms["ZFA:1"].label == "brain"
    assert terms["ZFA:1"].synonyms == (("exact", "Gehirn"), ("narrow", "head brain"))
    assert terms["ZFA:2"].parents == (("BFO:0000050", "ZFA:1"),)
    assert terms["ZFA:2"].definition == "The outer layer."
    assert terms["ZFA:2"].xrefs == ("UBERON:0000956",)
    assert set(terms["ZFA:3"].parents) == {("rdfs:subClassOf", "ZFA:2"), ("BFO:0000050", "ZFA:1")}
    gone = terms["ZFA:4"]
    assert (gone.obsolete, gone.replaced_by, set(gone.consider)) == (True, "ZFA:2", {"ZFA:3", "ZFA:1"})


def test_the_header_says_version_and_prefix(tmp_path: Path) -> None:
    for name, text in (("a.ttl", TURTLE), ("a.ofn", FUNCTIONAL), ("a.obo", OBO)):
        (tmp_path / name).write_text(text)
        header = read(tmp_path / name).header
        assert (header.prefix, header.version, header.own) == ("ZFA", "2026-01-02", ("ZFA",))
        assert (header.name, header.licence) == ("Zebrafish anatomy and development ontology", "CC-BY-3.0")
        assert header.iri == "http://purl.obolibrary.org/obo/zfa.owl"
        header = read(tmp_path / name, Given("ZFA", "Fish", "3", "CC0-1.0", "a friend")).header
        assert (header.name, header.version, header.licence, header.source) == ("Fish", "3", "CC0-1.0", "a friend")


def test_functional_syntax_says_the_same(tmp_path: Path) -> None:
    terms = _read(tmp_path, "a.owl", FUNCTIONAL)
    assert [term.label for term in terms.values()] == ["brain", "cortex", ""]
    assert terms["ZFA:2"].parents == (("BFO:0000050", "ZFA:1"),)
    assert set(terms["ZFA:3"].parents) == {("rdfs:subClassOf", "ZFA:2"), ("BFO:0000050", "ZFA:1")}
    assert terms["ZFA:3"].obsolete


def test_obo_says_the_same(tmp_path: Path) -> None:
    terms = _read(tmp_path, "a.txt", OBO)
    assert terms["ZFA:2"].label == "cortex, outer"
    assert terms["ZFA:2"].definition == 'The "outer" layer.'
    assert terms["ZFA:2"].synonyms == (("broad", "rind"),)
    assert terms["ZFA:2"].xrefs == ("UBERON:0000956", "http://example.org/page")
    assert terms["ZFA:2"].parents == (("BFO:0000050", "ZFA:1"),)
    assert set(terms["ZFA:3"].parents) == {("rdfs:subClassOf", "ZFA:2"), ("BFO:0000050", "ZFA:1")}
    gone = terms["ZFA:4"]
    assert (gone.label, gone.obsolete, gone.replaced_by, gone.consider) == ("", True, "ZFA:2", ("ZFA:3",))
    merged = terms["ZFA:9"]
    assert (merged.obsolete, merged.replaced_by) == (True, "ZFA:1")


def test_skos_needs_a_prefix_and_is_read_both_ways(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match=r"s\.ttl: prefix: .*https://example\.org/stains/, of which no"):
        _read(tmp_path, "s.ttl", SKOS)
    with pytest.raises(CannotRead, match=r"s\.ttl: version: .*which version"):
        _read(tmp_path, "s.ttl", SKOS, Given(prefix="STAIN"))
    terms = _read(tmp_path, "s.ttl", SKOS, Given(prefix="STAIN", version="1"))
    assert list(terms) == ["STAIN:1", "STAIN:2", "STAIN:3"]
    assert (terms["STAIN:1"].label, terms["STAIN:1"].synonyms) == ("dye", (("exact", "colorant"),))
    assert terms["STAIN:2"].parents == terms["STAIN:3"].parents == (("skos:broader", "STAIN:1"),)
    assert (terms["STAIN:2"].synonyms, terms["STAIN:2"].definition) == ((("exact", "blue dye"),), "Blue.")
    assert terms["STAIN:3"].xrefs == ("CHEBI:51232",)


def test_hgnc_says_symbols_and_proteins(tmp_path: Path) -> None:
    (gene,) = _read(tmp_path, "hgnc_complete_set.txt", HGNC).values()
    assert (gene.curie, gene.label, gene.xrefs) == ("HGNC:9666", "PTPRC", ("uniprot:P08575",))
    assert ("exact", "LCA") in gene.synonyms
    assert ("exact", "CD45") in gene.synonyms
    assert read(tmp_path / "hgnc_complete_set.txt").header.version == "2024-01-02"


@pytest.mark.parametrize("text", [OBO, TURTLE, FUNCTIONAL, HGNC, "# prefix: X\n"])
def test_what_is_no_utf_8_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.txt").write_bytes(text.encode() + b"\xff\xfe")
    with pytest.raises(CannotRead, match=r"^x\.txt: "):
        list(read(tmp_path / "x.txt").terms())


def _xml(doctype: str, text: str) -> str:
    return (
        f'<?xml version="1.0"?>{doctype}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">'
        '<owl:Ontology rdf:about="http://purl.obolibrary.org/obo/zfa.owl"><owl:versionInfo>1</owl:versionInfo>'
        f'</owl:Ontology><owl:Class rdf:about="http://purl.obolibrary.org/obo/ZFA_1">{text}</owl:Class></rdf:RDF>'
    )


def test_entities_of_namespaces_are_read(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE rdf:RDF [<!ENTITY obo "http://purl.obolibrary.org/obo/">]>'
    text = '<rdfs:label>one</rdfs:label><rdfs:subClassOf rdf:resource="&obo;ZFA_2"/>'
    remarks = "\n<!-- it's <rdf:RDF> -->\n<?made by='me'?>"
    within = doctype.replace("[", "SYSTEM 'x' [ <!-- it's ours --> ")
    for before in (doctype, f"{remarks}{doctype}{remarks}", within):
        (term,) = _read(tmp_path, "x.owl", _xml(before, text)).values()
        assert (term.label, term.parents) == ("one", (("rdfs:subClassOf", "ZFA:2"),))


LAUGHS = '<!ENTITY a "ha ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no format"),
        ("\x00\x01\x02", "no format"),
        ("Dear colleague, here are the terms.", "no format"),
        ('{"a": 1}', "no format"),
        ("\x1f\x8b rest", "compressed|no format"),
        (OBO.replace("name: brain", "nonsense without a colon"), r"line \d+: .*not as OBO has it"),
        (OBO.replace("id: ZFA:2", "name: no id"), r"line \d+"),
        ("format-version: 1.2\n", "no terms|prefix"),
        (TURTLE.replace('"brain"@en', '"brain'), r"line \d+: .*no well-formed RDF"),
        (TURTLE.split("obo:ZFA_1")[0], "no terms"),
        (FUNCTIONAL[:-20], r"line \d+: .*functional syntax"),
        (FUNCTIONAL.replace("SubClassOf(", "SubclassOf("), r"line \d+"),
        (_xml("", "<rdfs:label>one</rdfs:label>")[:-30], "no well-formed RDF"),
        (_xml(f"<!DOCTYPE rdf:RDF [{LAUGHS}]>", "<rdfs:label>&i;</rdfs:label>"), "entities that are not read"),
        (_xml('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hosts">]>', "<rdfs:label>&a;</rdfs:label>"), "entities"),
        (_xml('<!DOCTYPE r [<!ENTITY % a "b">]>', "<rdfs:label>x</rdfs:label>"), "entities"),
        (_xml(f"<!--{' ' * 1_100_000}--><!DOCTYPE r [{LAUGHS}]>", "&i;"), "first million bytes"),
        (_xml(f"<!DOCTYPE r [<!--{' ' * 1_100_000}-->{LAUGHS}]>", ""), "first million bytes"),
        (_xml("<!DOCTYPE r [" + "<!-- " * 200_000 + "]>", ""), "first million bytes"),
        (_xml(f'<!DOCTYPE r [<!ENTITY a "{"h" * 5000}">]>', f"<rdfs:label>{'&a;' * 5000}</rdfs:label>"), "entities"),
        (HGNC.replace("symbol\t", "gene\t", 1), "line 1: .*symbol"),
        (HGNC.replace("HGNC:9666", "9666x"), "line 2: .*hgnc_id"),
        (HGNC.replace("2024-01-02\n", "2024-01-02\tmore\tcells\n"), "line 2: .*more cells"),
    ],
)
def test_what_is_broken_is_refused_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CannotRead, match=rf"(?s)^x\.owl: .*({reason})"):
        _read(tmp_path, "x.owl", text)


def test_xml_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-16-be", "utf-32"):
        (tmp_path / "x.owl").write_bytes(_xml(f"<!DOCTYPE r [{LAUGHS}]>", "").encode(encoding))
        with pytest.raises(CannotRead, match=r"^x\.owl: "):
            read(tmp_path / "x.owl")
    (tmp_path / "x.owl").write_bytes(_xml("", "").encode() + "<!-- -->".encode("utf-16-le"))
    with pytest.raises(CannotRead, match=r"Write the file again in UTF-8"):
        read(tmp_path / "x.owl")


@pytest.mark.parametrize("name", ["CL-ontology-v1.json.zst", "notes.json.zst"])
def test_what_is_no_file_of_the_package_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x28\xb5\x2f\xfdrubbish")
    with pytest.raises(CannotRead, match=r"cut short|compressed"):
        list(read(tmp_path / name).terms())


@pytest.mark.parametrize("name", ["cmpo.obo", "EDAM-bioimaging.owl", "fbbi-edit-2026-01-30.ofn", "ssbd_v20250512.ttl"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(part=st.floats(0, 0.999), damage=st.binary(max_size=3))
def test_a_file_cut_short_or_damaged_is_read_or_refused_in_words(
    shared: Path, tmp_path: Path, name: str, part: float, damage: bytes
) -> None:
    content = (shared / "reference/ontologies" / name).read_bytes()
    path = tmp_path / name
    at = int(len(content) * part)
    for broken in (content[:at] + damage, content[:at] + damage + content[at + len(damage) :]):
        path.write_bytes(broken)
        with suppress(CannotRead):
            list(read(path, Given(version="1")).terms())
