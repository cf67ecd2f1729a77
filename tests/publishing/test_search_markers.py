"""Stains and targets as terms, whatever channels are called. The names of channels are those of real files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.loading import load_starter
from publishing.image_shapes import ChannelRecord
from publishing.search.document import FacetValue
from publishing.search.documents.markers import Markers, MarkerTerms, accessions_of, markers_of, names_of, read_name
from publishing.search.documents.vocabulary import Vocabulary
from publishing.shapes import Identifier, SignalChannel, Term, TermText


@pytest.fixture
def starter(db: None) -> None:
    load_starter()


def shown(signals: tuple[SignalChannel, ...], *names: str) -> Markers:
    """What an image with channels of these names shows."""
    channels = tuple(ChannelRecord(index, name=name) for index, name in enumerate(names))
    known = MarkerTerms()
    known.learn(names_of(signals, names), accessions_of(signals))
    return markers_of(signals, channels, known)


def signal(content: str, label: str = "", *identifiers: Identifier) -> SignalChannel:
    return SignalChannel("c", "s", TermText(content), channel_label=label, identifiers=identifiers)


@pytest.mark.parametrize(
    ("name", "tags", "named"),
    [
        ("Yb172_H3K27Ac", {"yb172"}, "H3K27Ac"),  # steinbock
        ("Pr141_Cytokeratin 5", {"pr141"}, "Cytokeratin 5"),
        ("H3K27Ac_1977((2242))Yb172", {"yb172"}, "H3K27Ac"),  # imctools
        ("107Ag", {"ag107"}, ""),
        ("1021522Tm169Di EGFR", {"tm169"}, "EGFR"),  # squidpy's table
        ("CD8a(Dy162)", {"dy162"}, "CD8a"),
        ("173Yb_CD45", {"yb173"}, "CD45"),
        ("Yb173Di", {"yb173"}, ""),
        ("anti-CD45 Alexa 488", {"alexafluor488"}, "CD45"),
        ("CD3 (Opal 570)", {"opal570"}, "CD3"),
        ("CD8 (clone C8/144B, RRID: AB_2075537)", {"rrid:ab_2075537"}, "CD8"),
        ("CD112", set(), "CD112"),  # no isotope of cadmium
    ],
)
def test_a_name_is_taken_apart(name: str, tags: set[str], named: str) -> None:
    read = read_name(name)
    assert read.tags == tags
    assert not named or named in read.names


TERMS = {
    "CD45": "HGNC:9666", "PTPRC": "HGNC:9666", "173Yb_CD45": "HGNC:9666", "anti-CD45-AF488": "HGNC:9666",
    "CD8": "HGNC:1706", "CD8a(Dy162)": "HGNC:1706", "Ki67": "HGNC:7107", "Ki-67": "HGNC:7107", "CD3": "FPLX:CD3",
    "Pr141_Cytokeratin 5": "HGNC:6442", "CK5": "HGNC:6442", "SMA": "HGNC:130", "Sm147_Laminin": "GO:0043256",
    "Eu153_YBX1": "HGNC:8014", "PanKRT": "GO:0045095", "Yb172_H3K27Ac": "FPLX:Histone_H3", "HH3": "FPLX:Histone_H3",
    "pS6": "HGNC:10429", "1021522Tm169Di EGFR": "HGNC:3236", "DAPI": "CHEBI:51231", "DAPI-01": "CHEBI:51231",
    "DNA1": "CHEBI:16991", "ER": "GO:0005783", "Hoechst 33342": "CHEBI:51232", "Hoechst": "CHEBI:51232",
    "AF647": "CHEBI:137394", "hematoxylin": "CHEBI:51686", "FHL2 protein": "HGNC:3703", "DAB (FHL2)": "HGNC:3703",
}  # fmt: skip
NOTHING = ("Channel 0", "Mono", "TRANS", "Red", "107Ag", "P", "", "CD", "cd-455", "Ptprx")


def test_channels_show_what_they_are_called_after_and_nothing_is_guessed(starter: None) -> None:
    assert {name: term for name, term in TERMS.items() if term not in shown((), name).terms} == {}
    assert {name: shown((), name).terms for name in NOTHING if shown((), name).terms} == {}


def test_a_tag_leads_to_the_target_that_was_stained(starter: None) -> None:
    signals = (signal("CD45", "Yb173"), signal("CD8a", "Dy162"))
    assert shown(signals, "Yb173Di", "Dy162Di").terms == ("HGNC:9666", "HGNC:1706")
    assert shown(signals, "Yb173Di").terms == ("HGNC:9666",)


def test_a_metal_stands_for_the_target_beside_it(starter: None) -> None:
    assert shown((), "173Yb_CD45", "CD8a(Dy162)").by_metal == (("Yb173", "HGNC:9666"), ("Dy162", "HGNC:1706"))
    assert shown((signal("CD45", "Yb173"),), "Yb173Di").by_metal == (("Yb173", "HGNC:9666"),)
    assert shown((), "107Ag", "CD45").by_metal == ()


def test_channels_of_any_name_show_all_that_was_stained_if_there_is_one_for_each(starter: None) -> None:
    signals = (signal("CD45", "Alexa 488"), signal("DNA", "Hoechst 33342"))
    assert "HGNC:9666" in shown(signals, "Channel 0", "Channel 1").terms
    assert "HGNC:9666" in shown(signals, "FITC", "DAPI").terms
    assert shown(signals, "CD8", "CD4").terms == ("HGNC:1706", "HGNC:1678")
    assert shown(signals, "Channel 0").terms == ()


def test_a_channel_of_another_name_is_the_signal_of_the_same_target(starter: None) -> None:
    given = (signal("CD45", "Alexa 488", Identifier("rrid", "AB_314394")), signal("CD8", "Alexa 647"))
    made = shown(given, "PTPRC")
    assert "RRID:AB_314394" in made.written
    assert "HGNC:1706" not in made.terms


def test_antibodies_and_proteins_are_found_by_their_identifiers(starter: None) -> None:
    given = signal("a leukocyte antigen", "", Identifier("uniprot", "P08575"), Identifier("rrid", "AB_314394"))
    made = shown((given,), "Channel 0")
    assert made.terms == ("HGNC:9666",)
    assert {"RRID:AB_314394", "P08575", "uniprot:P08575"} <= set(made.written)
    assert made.texts == ("a leukocyte antigen",)


def test_a_target_with_a_term_keeps_it(starter: None) -> None:
    neuron = Term("http://purl.obolibrary.org/obo/CL_0000540", "CL:0000540", "neuron")
    made = shown((SignalChannel("c", "s", TermText("neurons", neuron)),), "GFP")
    assert made.terms[0] == "CL:0000540"


def test_a_gene_stands_below_its_family(starter: None) -> None:
    vocabulary = Vocabulary()
    vocabulary.learn(["HGNC:1674"])
    assert FacetValue("FPLX:CD3", "CD3") in vocabulary.above("HGNC:1674")


def test_a_dye_is_called_as_people_do(starter: None) -> None:
    vocabulary = Vocabulary()
    vocabulary.learn(["CHEBI:51232", "CHEBI:51231"])
    assert [known.short for curie in ("CHEBI:51232", "CHEBI:51231") if (known := vocabulary.find(curie))] == [
        "Hoechst 33342",
        "DAPI",
    ]


@given(st.text(max_size=300) | st.text("CD45(Yb173)_-+/ .", max_size=60))
def test_any_name_can_be_taken_apart(text: str) -> None:
    read = read_name(text)
    assert all(2 <= len(name) <= 200 for name in read.names)
    assert len(read.names) <= 20


@pytest.mark.parametrize("text", ["(" * 10**6, "Yb173" * 10**5, "clone " * 10**5, "- " * 10**6, "_1234" * 10**5])
def test_of_a_long_name_the_beginning_counts(text: str) -> None:
    assert read_name(text).parts == read_name(text[:500]).parts
