"""Numbers for the terms of a hierarchy, so that "this term and all below it" are a few ranges of numbers.

Each term hangs by one of its parents in a tree; the walk through that tree numbers it and all below it in one range.
What is below it by other parents too lies in further ranges, which its spans hold. (R. Agrawal, A. Borgida, H. V.
Jagadish, Efficient management of transitive relationships in large data and knowledge bases, SIGMOD 1989.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

Range = tuple[int, int]


@dataclass(frozen=True)
class Numbering:
    """`positions[n]` is the number of term n, `spans[n]` are the ranges (low, high; both included) of itself and all
    below it, `circles` the (term, parent) links that were left out because they close a circle."""

    positions: list[int]
    spans: list[list[Range]]
    circles: list[tuple[int, int]]


def number(parents: Sequence[Sequence[int]]) -> Numbering:
    """Number the terms 0, 1, … whose parents are given, the one that a term belongs to most first."""
    order, links, circles = _parents_first(parents)
    depths = [0] * len(parents)
    for term in order:
        depths[term] = 1 + max((depths[parent] for parent in links[term]), default=-1)
    # By the deepest parent, most of what is above a term by its others is above it in the tree too: fewer spans.
    tree = [max(above, key=depths.__getitem__) if above else -1 for above in links]
    positions, lasts = _walk(tree)
    return Numbering(positions, _spans(order, links, positions, lasts), circles)


def _parents_first(parents: Sequence[Sequence[int]]) -> tuple[list[int], list[Sequence[int]], list[tuple[int, int]]]:
    """All terms, each after its parents; and the links without those that close a circle."""
    links = list(parents)
    circles: list[tuple[int, int]] = []
    order: list[int] = []
    state = bytearray(len(parents))  # 0 not seen, 1 on the way up from here, 2 done
    for start in range(len(parents)):
        way = [start] if not state[start] else []
        while way:
            term = way[-1]
            if state[term] == 2:
                way.pop()
                continue
            if state[term] == 1:
                state[term] = 2
                order.append(way.pop())
                continue
            state[term] = 1
            if closing := [parent for parent in links[term] if state[parent] == 1]:
                circles += ((term, parent) for parent in closing)
                links[term] = [parent for parent in links[term] if state[parent] != 1]
            way += [parent for parent in reversed(links[term]) if not state[parent]]
    return order, links, circles


def _walk(tree: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each term its number and the last number below it; children come in the order given."""
    children: list[list[int]] = [[] for _ in tree]
    roots: list[int] = []
    for term, parent in enumerate(tree):
        (roots if parent < 0 else children[parent]).append(term)
    positions = [-1] * len(tree)
    lasts = [-1] * len(tree)
    next_number = 0
    ahead = roots[::-1]
    while ahead:
        term = ahead[-1]
        if positions[term] < 0:
            positions[term] = next_number
            next_number += 1
            ahead += reversed(children[term])
        else:
            lasts[term] = next_number - 1
            ahead.pop()
    return positions, lasts


def _spans(
    order: Sequence[int], links: Sequence[Sequence[int]], positions: Sequence[int], lasts: Sequence[int]
) -> list[list[Range]]:
    spans: list[list[Range]] = [[(position, last)] for position, last in zip(positions, lasts, strict=True)]
    for term in reversed(order):  # children first
        below = spans[term] = _merged(spans[term])
        for parent in links[term]:
            low, high = positions[parent], lasts[parent]
            spans[parent] += (one for one in below if one[0] < low or one[1] > high)
    return spans


def _merged(ranges: list[Range]) -> list[Range]:
    if len(ranges) == 1:
        return ranges
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged
