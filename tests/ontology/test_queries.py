"""What a text is mapped to."""

from collections.abc import Callable
from typing import Any

import pytest

from ontology.loading import load_starter
from ontology.models import Ontology, Synonym, Term
from ontology.queries import Wanted, map_terms, resolve

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()


def test_texts_map_by_curie_label_and_exact_synonym_only() -> None:
    def curie(text: str, binding: str) -> str | None:
        term = map_terms([wanted := Wanted(text, "", binding)]).get(wanted)
        return term.curie if term else None

    assert curie(" homo   SAPIENS ", "organism") == "NCBITaxon:9606"
    assert curie("human", "organism") == "NCBITaxon:9606"
    assert curie("NCBITaxon:10090", "organism") == "NCBITaxon:10090"
    assert curie("Homo", "organism") is None
    assert curie("DIC", "imaging_method") is None  # a related synonym, not an exact one
    assert curie("", "organism") is None
    assert curie("brain", "organism") is None
    found = resolve("FBbi:00000246")
    assert found is not None
    assert (found.label, found.ontology.prefix) == ("fluorescence microscopy", "FBbi")
    assert resolve("FBbi:99999999") is None


def test_of_terms_with_the_same_name_the_one_of_a_starter_set_is_meant() -> None:
    Ontology.objects.filter(prefix="NCBITaxon").update(is_current=False)
    whole = Ontology.objects.create(prefix="NCBITaxon", name="whole", version="9", source="test")
    for curie in ("NCBITaxon:10088", "NCBITaxon:10090"):
        term = Term.objects.create(ontology=whole, curie=curie, iri=curie, label=curie, label_folded=curie.casefold())
        Synonym.objects.create(term=term, text="mouse", text_folded="mouse")
    wanted = Wanted("Mouse", "", "organism")
    assert map_terms([wanted])[wanted].curie == "NCBITaxon:10090"


def test_mapping_many_takes_as_many_queries_as_mapping_one(django_assert_max_num_queries: Callable[..., Any]) -> None:
    texts = list(
        Synonym.objects.filter(scope="exact", term__ontology__prefix="NCBITaxon").values_list("text", flat=True)
    )
    with django_assert_max_num_queries(7):
        found = map_terms([Wanted(text, "", "organism") for text in texts])
    assert len(found) == len(set(texts)) > 30
