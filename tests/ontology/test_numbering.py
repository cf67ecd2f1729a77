"""Numbers and spans of a hierarchy hold just what is below each term, whatever its shape."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ontology.numbering import number


@st.composite
def hierarchies(draw: st.DrawFn) -> list[list[int]]:
    """Each term's parents: some trees, some with several parents, some with circles."""
    size = draw(st.integers(0, 25))
    terms = st.integers(0, max(size - 1, 0))
    return [draw(st.lists(terms, max_size=3, unique=True)) for _ in range(size)]


def _below(parents: Sequence[Sequence[int]], top: int) -> set[int]:
    found = {top}
    while more := {term for term, above in enumerate(parents) if term not in found and found & set(above)}:
        found |= more
    return found


@given(hierarchies())
def test_spans_hold_a_term_and_all_below_it(parents: list[list[int]]) -> None:
    numbering = number(parents)
    assert sorted(numbering.positions) == list(range(len(parents)))
    links = [[p for p in above if (term, p) not in numbering.circles] for term, above in enumerate(parents)]
    for term in range(len(parents)):
        within = {
            other
            for other, position in enumerate(numbering.positions)
            if any(low <= position <= high for low, high in numbering.spans[term])
        }
        assert within == _below(links, term)


@given(hierarchies())
def test_without_circles_no_link_is_left_out(parents: list[list[int]]) -> None:
    upward = [[p for p in above if p < term] for term, above in enumerate(parents)]
    assert number(upward).circles == []


@given(hierarchies())
def test_what_is_left_out_is_what_closes_circles(parents: list[list[int]]) -> None:
    circles = number(parents).circles
    links = [[p for p in above if (term, p) not in circles] for term, above in enumerate(parents)]
    assert all(term in _below(links, parent) or term == parent or parent in _below(links, term)
               for term, parent in circles)  # fmt: skip
    assert number(links).circles == []


def test_a_tree_has_one_span_a_term() -> None:
    numbering = number([[], [0], [0], [1], [1], [2]])
    assert numbering.spans == [[(0, 5)], [(1, 3)], [(4, 5)], [(2, 2)], [(3, 3)], [(5, 5)]]


def test_a_chain_of_a_hundred_thousand_terms_is_numbered() -> None:
    size = 100_000
    numbering = number([[], *([n] for n in range(size - 1))])
    assert numbering.positions == list(range(size))
    assert numbering.spans[10] == [(10, size - 1)]
