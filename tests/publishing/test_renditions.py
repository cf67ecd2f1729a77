"""Each rendition: valid against the official schema where there is one, the same graph in every RDF syntax, and never
broken by what a field holds."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from lxml import etree
from rdflib import Graph

from publishing.canonical import canonical, from_plain, to_plain
from publishing.renditions import BY_EXTENSION, BY_KEY, RENDITIONS, NotAcceptable, jsonld, links, negotiate, rdf
from publishing.renditions.graph import graph_of, rembi
from publishing.renditions.vocabulary import VOCABULARIES, terms, turtle
from publishing.shapes import Person, RecordSet, StudyRecord
from tests.publishing import records

many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KERNEL = "{http://datacite.org/schema/kernel-4}"


def triples(data: bytes, format: ox.RdfFormat, base: str | None = None) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(data, format, base_iri=base)}


def as_sets(found: RecordSet) -> tuple[set[ox.Triple], ...]:
    return (
        triples(rdf.turtle(found), ox.RdfFormat.TURTLE),
        triples(rdf.rdf_xml(found), ox.RdfFormat.RDF_XML),
        triples(rdf.n_triples(found), ox.RdfFormat.N_TRIPLES),
    )


@pytest.fixture(scope="session")
def datacite_schema(shared: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(shared / "reference" / "datacite" / "kernel-4.6" / "metadata.xsd")


def check_json_ld(found: RecordSet) -> None:
    text = jsonld.json_ld(found)
    assert not {b"<", b">", b"&"} & {bytes([byte]) for byte in text}
    assert json.loads(text)["@id"].endswith(found.study.path)
    triples(text, ox.RdfFormat.JSON_LD)


@many
@given(records.RECORD_SETS)
def test_no_text_breaks_a_record_a_graph_or_a_page(found: RecordSet) -> None:
    """Canonical JSON comes back as it was, every RDF syntax holds the same graph, JSON-LD can stand in HTML."""
    assert from_plain(StudyRecord, json.loads(canonical(to_plain(found.study)))) == found.study
    turtle_set, xml_set, n_triples_set = as_sets(found)
    assert turtle_set == n_triples_set == xml_set
    assert len(n_triples_set) == len(graph_of(found))
    check_json_ld(found)


def test_any_record_gives_valid_datacite(datacite_schema: xmlschema.XMLSchema) -> None:
    @many
    @given(records.RECORD_SETS)
    def check(found: RecordSet) -> None:
        datacite_schema.validate(io.BytesIO(BY_KEY["datacite-xml"].render(found)))
        json.loads(BY_KEY["datacite-json"].render(found))

    check()


def test_rdflib_reads_the_same_graph() -> None:
    found = records.full()
    expected = {tuple(node.n3() for node in triple) for triple in graph_of(found)}
    for data, format in ((rdf.turtle(found), "turtle"), (rdf.rdf_xml(found), "xml"), (rdf.n_triples(found), "nt")):
        parsed = Graph().parse(data=data, format=format)
        assert {tuple(node.n3().replace("+00:00", "Z") for node in triple) for triple in parsed} == expected


def test_the_graph_says_what_was_deposited() -> None:
    found = records.full()
    graph = Graph().parse(data=rdf.turtle(found), format="turtle")
    answer = graph.query(
        """PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX dwciri: <http://rs.tdwg.org/dwc/iri/> PREFIX dwc: <http://rs.tdwg.org/dwc/terms/>
        PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX schema: <https://schema.org/>
        SELECT ?title ?person ?method ?name WHERE {
          ?study a dcat:Dataset ; dcterms:title ?title ; dcterms:creator ?person ; dcterms:hasPart ?part ;
                 dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
          ?part prov:wasGeneratedBy/dwciri:measurementMethod ?method ; prov:wasDerivedFrom ?specimen .
          ?sample schema:taxonomicRange/dwc:scientificName ?name . }"""
    )
    rows = [tuple(map(str, row)) for row in answer]  # type: ignore[arg-type]
    assert rows == [
        (found.study.title, "https://orcid.org/0000-0002-1825-0097", records.CONFOCAL.iri, records.MOUSE.label)
    ]


def test_every_term_of_ours_is_defined() -> None:
    defined = {iri for vocabulary in VOCABULARIES for iri in terms(vocabulary)}
    used = {str(node) for triple in graph_of(records.full()) for node in triple if str(node).startswith(str(rembi()))}
    assert len(used) > 30
    assert used <= defined
    assert used | {str(rembi())[:-1]} >= defined


def test_the_vocabulary_is_turtle_of_this_site(settings: Any) -> None:
    text = turtle(VOCABULARIES[0])
    assert text.startswith(f"@base <{settings.PUBLIC_URL}/ns/rembi/v1> .".encode())
    assert len(triples(text, ox.RdfFormat.TURTLE)) > 200


def test_datacite_says_what_was_deposited(datacite_schema: xmlschema.XMLSchema) -> None:
    found = records.full()
    text = BY_KEY["datacite-xml"].render(found)
    datacite_schema.validate(io.BytesIO(text))
    root = etree.fromstring(text)
    assert root.findtext(f"{KERNEL}identifier") == "10.5072/vit-7.v2"
    assert [it.text for it in root.iter(f"{KERNEL}creatorName")] == ["Curie, Marie"]
    assert [
        (it.get("contributorType"), it.findtext(f"{KERNEL}contributorName")) for it in root.iter(f"{KERNEL}contributor")
    ] == [
        ("ContactPerson", "Curie, Marie"),
        ("DataCurator", "Ng"),
    ]
    assert {it.get("valueURI") for it in root.iter(f"{KERNEL}subject")} >= {records.MOUSE.iri, records.CONFOCAL.iri}
    assert [it.get("funderIdentifierType") for it in root.iter(f"{KERNEL}funderIdentifier")] == [
        "ROR",
        "Crossref Funder ID",
    ]
    assert root.find(f"{KERNEL}rightsList/{KERNEL}rights").get("rightsIdentifier") == "CC-BY-4.0"  # type: ignore[union-attr]


def test_datacite_json_and_xml_say_the_same() -> None:
    found = records.full()
    root = etree.fromstring(BY_KEY["datacite-xml"].render(found))
    texts = {text.strip() for text in root.itertext() if text.strip()}
    description = json.loads(BY_KEY["datacite-json"].render(found))

    def leaves(value: Any, key: str = "") -> set[str]:
        if isinstance(value, dict):
            return {leaf for name, item in value.items() for leaf in leaves(item, name)}
        if isinstance(value, list):
            return {leaf for item in value for leaf in leaves(item, key)}
        return {value} if key in said_in_text else set()

    said_in_text = {
        "doi", "name", "givenName", "familyName", "nameIdentifier", "title", "publicationYear", "subject", "date",
        "language", "identifier", "relatedIdentifier", "sizes", "formats", "version", "rights", "description",
        "funderName", "funderIdentifier", "awardNumber", "awardTitle", "resourceType",
    }  # fmt: skip
    assert leaves(description) == texts


def test_json_ld_says_what_was_deposited() -> None:
    node = json.loads(jsonld.json_ld(records.full()))
    assert node["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert [person["@id"] for person in node["creator"]] == ["https://orcid.org/0000-0002-1825-0097"]
    assert node["creator"][0]["affiliation"][0]["@id"] == "https://ror.org/03wmf1y16"
    assert node["about"][0]["taxonomicRange"][0]["scientificName"] == "Mus musculus"
    assert node["measurementTechnique"][0]["termCode"] == "FBbi:00000251"
    assert [item["url"] for item in node["mentions"]] == [
        "https://example.org/a%20b?q=%3Cx%3E",
        "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE63525",
        "https://www.ebi.ac.uk/empiar/EMPIAR-10310/",
    ]
    assert node["sameAs"] == ["https://www.ebi.ac.uk/empiar/EMPIAR-10310/"]  # a test DOI resolves nowhere
    real = json.loads(jsonld.json_ld(records.full(doi_is_test=False)))
    assert real["sameAs"][0] == "https://doi.org/10.5072/vit-7.v2"


def test_a_draft_has_no_address_and_no_date() -> None:
    found = records.full(published="", accession="", doi="", study_doi="")
    for rendition in RENDITIONS:
        text = rendition.render(found).decode()
        assert "/studies/" not in text
        assert "package.zip" not in text


def test_output_is_the_same_in_another_process() -> None:
    """Hash seeds differ between processes; bytes must not."""
    code = (
        "import django, hashlib; django.setup()\n"
        "from publishing.renditions import RENDITIONS\nfrom tests.publishing.records import full\n"
        "print(hashlib.sha256(b''.join(it.render(full()) for it in RENDITIONS)).hexdigest())"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    seen = {
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("https://example.org/ü?a=b c", "https://example.org/%C3%BC?a=b%20c"),
        ("HTTPS://example.org", "HTTPS://example.org"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("ftp://example.org", ""),
        ('https://exa mple.org/<>"{}|\\^`', ""),
        ("example.org", ""),
    ],
)
def test_only_web_addresses_become_links(text: str, iri: str) -> None:
    found = links.web_address(text)
    assert found == iri or (iri == "" and ox.NamedNode(found).value == found and "<" not in found)


def test_identifiers_are_brought_to_their_urls() -> None:
    assert links.orcid_url(Person("p", orcid="https://orcid.org/0000-0002-1825-009x")).endswith("009X")
    assert links.ror_url("ror.org/03WMF1Y16/") == "https://ror.org/03wmf1y16"
    assert links.ror_url("somewhere") == ""
    assert links.doi_url("doi:10.1038/S41592-021-01166-8") == "https://doi.org/10.1038/s41592-021-01166-8"
    assert links.licence_of("MIT").url == "https://spdx.org/licenses/MIT.html"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "key"),
    [
        ("", None),
        ("*/*", None),
        (BROWSER, None),
        ("text/html;q=0.5, text/turtle", "turtle"),
        ("text/turtle;q=0.5, application/rdf+xml;charset=utf-8;q=0.9", "rdf-xml"),
        ('application/ld+json;profile="https://schema.org/, x;q=0"', "json-ld"),
        ("application/n-triples", "n-triples"),
        ("application/vnd.datacite.datacite+xml", "datacite-xml"),
        ("application/vnd.datacite.datacite+json", "datacite-json"),
        ("application/xhtml+xml", None),
        ("text/turtle;q=nonsense", "turtle"),
        (",,;;", None),
    ],
)
def test_negotiation(accept: str, key: str | None) -> None:
    chosen = negotiate(accept)
    assert (chosen.key if chosen else None) == key


def test_what_nobody_has_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable, match="text/turtle"):
        negotiate("image/png")
    with pytest.raises(NotAcceptable):
        negotiate("*/*;q=0")


def test_the_table_is_unambiguous() -> None:
    assert len(BY_KEY) == len(BY_EXTENSION) == len({it.media_type for it in RENDITIONS}) == len(RENDITIONS)
