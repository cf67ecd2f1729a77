"""What a text is mapped to."""

from collections.abc import Callable
from typing import Any

import pytest

from ontology.loading import load_starter
from ontology.models import Synonym
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


def test_mapping_many_takes_as_many_queries_as_mapping_one(django_assert_max_num_queries: Callable[..., Any]) -> None:
    texts = list(
        Synonym.objects.filter(scope="exact", term__ontology__prefix="NCBITaxon").values_list("text", flat=True)
    )
    with django_assert_max_num_queries(6):
        found = map_terms([Wanted(text, "", "organism") for text in texts])
    assert len(found) == len(set(texts)) > 30
