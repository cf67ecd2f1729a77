"""What of a study's Record goes into the search index."""

from publishing.search.parts import described, texts_of
from tests.publishing import records


def test_a_study_is_found_by_what_is_said_of_it_and_never_by_ids_of_its_parts() -> None:
    texts = set(texts_of((described(records.full()), records.STUDY.channels)))
    said = {"GSE63525", "P21359", "IMSR_JAX:000664", "RNA sequencing", "Wellcome Trust", "a_mask.tif", "Raw",
            "1: DNA", "lm.tif", "Ada", "nuclei.csv"}  # fmt: skip
    assert said <= texts
    assert not texts & {"b1", "b2", "s1", "c1", "i1", "k1", "n1", "m1", "t1", "d1", "r1", "p1", "gone"}
