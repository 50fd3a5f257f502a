"""Alignments are optimal and do not depend on order: held against exhaustive search."""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from strategies import documents, pairs

from khabar.align import align_entities, assign, overlapping
from khabar.model import ISSUE, Document, Entity, Mention


def best_matching(rows: int, columns: int, weight) -> Fraction:
    """The greatest sum of weights of a one-to-one matching, by trying them all."""
    small, large, turned = (rows, columns, False) if rows <= columns else (columns, rows, True)
    return max(
        sum(((weight(b, a) if turned else weight(a, b)) for a, b in enumerate(chosen)), Fraction(0))
        for chosen in permutations(range(large), small)
    )


@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 6)), st.integers(1, 50)))
def test_assign_is_optimal(weights):
    """The pairs weigh as much as scipy's optimum, are one-to-one, and are all among those that were offered."""
    chosen = assign(weights)
    matrix = np.zeros((6, 7))
    for (row, column), weight in weights.items():
        matrix[row, column] = weight
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    assert sum(weights[pair] for pair in chosen) == matrix[rows, columns].sum()
    assert len({row for row, _ in chosen}) == len({column for _, column in chosen}) == len(chosen)


spans = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)).map(lambda s: (s[0], s[0] + s[1], "X")), max_size=6)


@given(spans, spans)
def test_overlapping_is_a_maximum_matching(predicted, gold):
    """As many spans are paired as any matching can pair, and each pair overlaps."""
    pairs_ = overlapping(predicted, gold)

    def meet(p, g):
        return Fraction(int(predicted[p][0] < gold[g][1] and gold[g][0] < predicted[p][1]))

    assert all(meet(p, g) for p, g in pairs_)
    assert len(pairs_) == best_matching(len(predicted), len(gold), meet)


def slow_alignment(predicted, gold, soft):
    """The map of metrics.md by its definition: every one-to-one map is tried, the best one kept."""

    def shared(p: Entity, g: Entity) -> Fraction:
        if soft and ISSUE in (p.type, g.type):

            def union(a, b):
                x, y = p.mentions[a], g.mentions[b]
                common = min(x.end, y.end) - max(x.start, y.start)
                whole = max(x.end, y.end) - min(x.start, y.start)
                return Fraction(common, whole) if 2 * common >= whole else Fraction(0)

            return best_matching(len(p.mentions), len(g.mentions), union)
        return Fraction(len({m.edges for m in p.mentions} & {m.edges for m in g.mentions}))

    def identity(entity):
        return sorted(m.edges for m in entity.mentions), entity.type

    best_key, best_map = None, {}
    for size in range(min(len(predicted), len(gold)) + 1):
        for rows in combinations(predicted, size):
            for columns in permutations(gold, size):
                chosen = list(zip(rows, columns, strict=True))
                if any(not shared(p, g) for p, g in chosen):
                    continue
                phi = sum((2 * shared(p, g) / (len(p.mentions) + len(g.mentions)) for p, g in chosen), Fraction(0))
                equal = sum(p.type == g.type for p, g in chosen)
                order = sorted((identity(g), identity(p)) for p, g in chosen)
                key = (-phi, -equal, order)
                if best_key is None or key < best_key:
                    best_key, best_map = key, {p.id: g.id for p, g in chosen}
    return best_map


@given(pairs(), st.booleans())
def test_entities_are_aligned_as_defined(pair, soft):
    """The alignment is that of an exhaustive search for the sum of φ4, then equal types, then the smallest list."""
    gold, predicted = pair
    fast = align_entities(predicted.entities, gold.entities, soft_issues=soft)
    assert fast == slow_alignment(predicted.entities, gold.entities, soft)


def test_a_greedy_alignment_would_be_worse():
    """The entity that shares most spans with two others goes where the sum is greatest, not to the first."""

    def entity(name, *starts):
        return Entity(id=name, type="PER", mentions=tuple(Mention(s, s + 1, "x") for s in starts))

    gold = (entity("g1", 0, 1, 2), entity("g2", 3))
    predicted = (entity("p1", 0, 1), entity("p2", 2, 3))
    assert align_entities(predicted, gold) == {"p1": "g1", "p2": "g2"}


@given(documents())
def test_a_document_aligns_with_itself(document: Document):
    """Every entity that has mentions stands for itself."""
    assert align_entities(document.entities, document.entities) == {e.id: e.id for e in document.entities}
