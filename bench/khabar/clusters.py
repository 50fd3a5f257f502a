"""Coreference and whole entities: entities as sets of exact spans, whatever their ids and their order.

Every measure gives counts that add over documents, as the reference scorers add them (Pradhan et al. 2014): the
numerators and denominators of precision and recall. Credits are rounded to the grain one by one, so that no order
changes a digit. Where there is nothing to score, there is no value (None; the reference scorers say 0).
"""

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from khabar.block import Block, Numbers, Table, with_lost
from khabar.columns import Side
from khabar.counts import GRAIN
from khabar.joins import Column, Mask, as_pairs, rivals

# -- how clusters meet ---------------------------------------------------------------------------------------


class Clusters(NamedTuple):
    """The entities of one side of some documents: where each is, and its size in mentions; 0, if it takes no part.

    A predicted mention that has no place is one that the other side does not have; a predicted entity that is lost
    whole is a cluster of such. ``placed`` is how many have a place.
    """

    documents: int
    document: Column
    size: Column
    placed: Column

    @property
    def is_single(self) -> Mask:
        """Which have a single mention that has a place; or one in all."""
        single: Mask = (self.placed == 1) | (self.size == 1)
        return single

    def total(self, amount: Column | Mask) -> Numbers:
        """What the clusters of each document have of something together."""
        return _total(self.documents, self.document, amount)


class Contingency(NamedTuple):
    """How the clusters of two sides meet.

    An overlap is a predicted and a gold cluster (row and column: their positions) that share mentions, and how many. A
    mention is in one overlap at most.
    """

    predicted: Clusters
    gold: Clusters
    row: Column
    column: Column
    shared: Column

    @property
    def mine(self) -> Column:
        """The size of the predicted cluster of each overlap."""
        return self.predicted.size[self.row]

    @property
    def yours(self) -> Column:
        """The size of the gold cluster of each overlap."""
        return self.gold.size[self.column]

    def total(self, credit: Column | Numbers) -> Numbers:
        """What the overlaps of each document earn together."""
        return _total(self.predicted.documents, self.predicted.document[self.row], credit)


def contingency(block: Block) -> Contingency:
    """How the entities meet that take part in coreference: those of its types that have a mention.

    A span may stand in several clusters of one side (entities of different types). Each is a mention of its own then,
    and the mentions at one span are paired one to one: those of identical clusters with each other; the others where
    two clusters without singletons have most spans in common, then where they have fewest in all, then where their
    spans come first. The papers know clusters without common mentions only; with this, they are so again.
    """
    predicted, gold = _with_lost(_taking_part(block, block.predicted), block), _taking_part(block, block.gold)
    row, column, number = block.shared.row, block.shared.column, block.shared.number
    both = (predicted.size[row] > 0) & (gold.size[column] > 0)
    c = Contingency(predicted, gold, row[both], column[both], number[both])
    mine, yours = _rivals(c, block)
    return _one_to_one(c, block, mine, yours) if len(mine) else c


def contingency_without_singletons(block: Block) -> Contingency:
    """The same without the clusters of a single mention on either side, as CoNLL-2012 has it, which annotates none.

    A mention without a place makes no singleton more than that.
    """
    c = block.once(contingency)
    predicted, gold = (side._replace(size=np.where(side.is_single, 0, side.size)) for side in (c.predicted, c.gold))
    plural = ~(c.predicted.is_single[c.row] | c.gold.is_single[c.column])
    return Contingency(predicted, gold, c.row[plural], c.column[plural], c.shared[plural])


def _taking_part(block: Block, side: Side) -> Clusters:
    coreferent = np.array([type_ in block.coreferent for type_ in side.types], dtype=bool)
    return Clusters(block.documents, side.document, np.where(coreferent[side.type], side.whole, 0), side.size)


def _with_lost(predicted: Clusters, block: Block) -> Clusters:
    """Predicted clusters, and behind them those that are lost whole."""
    lost = [(at, mentions) for at, type_, mentions in block.lost_entities if type_ in block.coreferent]
    if not lost:
        return predicted
    document, size = as_pairs(lost)
    columns = (predicted.document, document), (predicted.size, size), (predicted.placed, np.zeros_like(size))
    return Clusters(predicted.documents, *map(np.concatenate, columns))


def _rivals(c: Contingency, block: Block) -> tuple[Column, Column]:
    """The pairs of mentions at the same span, where a span has more than one such pair."""
    mine, yours = np.flatnonzero(c.predicted.size[block.predicted.owner]), np.flatnonzero(c.gold.size[block.gold.owner])
    at, your_at = rivals(block.predicted.place[mine], block.gold.place[yours])
    return mine[at], yours[your_at]


def _one_to_one(c: Contingency, block: Block, mine: Column, yours: Column) -> Contingency:
    """The same with each mention in one overlap; ``mine`` and ``yours`` are the pairs of which some go.

    Which pair of clusters comes first does not change when the sides are exchanged; clusters of the same spans stand
    in for each other.
    """
    place, row, column = block.predicted.place[mine], block.predicted.owner[mine], block.gold.owner[yours]
    width = len(c.gold.size)
    overlap = np.searchsorted(c.row * width + c.column, row * width + column)
    shared, one, other = c.shared[overlap], c.mine[overlap], c.yours[overlap]
    unlike, single = np.maximum(one, other) > shared, np.minimum(one, other) == 1
    first, last = np.sort(_ranks((block.predicted, row), (block.gold, column)), axis=0)
    left = np.lexsort((column, row, last, first, one + other, -shared, single, unlike, place))
    lost = []
    while len(left):
        new = np.append(True, place[left[1:]] != place[left[:-1]])
        best = left[new][np.cumsum(new) - 1]
        taken = (row[left] == row[best]) | (column[left] == column[best])
        lost.append(overlap[left[taken & ~new]])
        left = left[~taken]
    rest = c.shared - np.bincount(np.concatenate(lost), minlength=len(c.shared))
    some = rest > 0
    return Contingency(c.predicted, c.gold, c.row[some], c.column[some], rest[some])


def _ranks(*chosen: tuple[Side, Column]) -> list[Column]:
    """For entities of several sides, where each comes in the order of their spans."""
    spans: list[tuple[int, ...]] = []
    found = []
    for side, entities in chosen:
        rows, at = np.unique(entities, return_inverse=True)
        found.append(at + len(spans))
        ranges = (np.searchsorted(side.owner, rows, end).tolist() for end in ("left", "right"))
        spans += [tuple(sorted(side.place[first:after].tolist())) for first, after in zip(*ranges, strict=True)]
    rank = {one: number for number, one in enumerate(sorted(set(spans)))}
    ranks = np.array([rank[one] for one in spans])
    return [ranks[at] for at in found]


def _total(groups: int, group: Column, amount: Column | Numbers | Mask) -> Numbers:
    """The sums by group of amounts, each rounded to the grain."""
    return np.asarray(np.bincount(group, np.round(amount / GRAIN), groups) * GRAIN, dtype=np.float64)


# -- coreference ---------------------------------------------------------------------------------------------


def muc(c: Contingency) -> Numbers:
    """Links kept: Σ (|k| − parts of k) out of Σ (|k| − 1), over the clusters k of a side (Vilain et al. 1995).

    The parts of k are what the other side's clusters make of it, a mention that is in none being a part of its own.
    Singletons have no links: with nothing else there is nothing to score.
    """
    kept = c.total(c.shared - 1)
    predicted, gold = (side.total(np.maximum(side.size - 1, 0)) for side in (c.predicted, c.gold))
    return _by_document(kept, predicted, kept, gold)


def b_cubed(c: Contingency) -> Numbers:
    """Mentions, each by the share of its cluster that is with it on the other side too (Bagga & Baldwin 1998).

    Precision is Σ |p ∩ g|² / |p| out of all predicted mentions, recall Σ |p ∩ g|² / |g| out of gold's. A mention that
    the other side does not have earns nothing (Pradhan et al. 2014).
    """
    return _by_mentions(c, c.shared**2 / c.mine, c.shared**2 / c.yours)


def lea(c: Contingency) -> Numbers:
    """Links kept, clusters weighed by their mentions: Σ |k| · kept(k) / links(k) out of Σ |k| (Moosavi & Strube 2016).

    A cluster of n mentions has n(n−1)/2 links. A singleton has one, to itself, kept where the other side has the same
    singleton, as in the authors' scorer.
    """
    links, same = c.shared * (c.shared - 1), (c.mine == 1) & (c.yours == 1)
    return _by_mentions(c, *(links / np.maximum(size - 1, 1) + same for size in (c.mine, c.yours)))


def ceaf_m(c: Contingency) -> Numbers:
    """Mentions shared by clusters that are aligned one to one for the greatest sum of φ3 = |p ∩ g| (Luo 2005)."""
    similarity = _greatest(c, c.shared)
    return _by_document(similarity, c.predicted.total(c.predicted.size), similarity, c.gold.total(c.gold.size))


def ceaf_e(c: Contingency) -> Numbers:
    """Clusters aligned one to one for the greatest sum of φ4 = 2·|p ∩ g| / (|p| + |g|), of which it is (Luo 2005)."""
    weight = np.round(2 * c.shared / (c.mine + c.yours) / GRAIN).astype(np.int64)
    similarity = _greatest(c, weight) * GRAIN
    return _by_document(similarity, c.predicted.total(c.predicted.size > 0), similarity, c.gold.total(c.gold.size > 0))


def _by_mentions(c: Contingency, right: Numbers, found: Numbers) -> Numbers:
    """The credits of overlaps for precision and recall, out of all mentions."""
    return _by_document(c.total(right), c.predicted.total(c.predicted.size), c.total(found), c.gold.total(c.gold.size))


def _by_document(*numbers: Numbers) -> Numbers:
    return np.stack(numbers, axis=1)


def _greatest(c: Contingency, weight: Column) -> Numbers:
    """By document, the greatest sum of weights (whole, positive) of overlaps that are one to one.

    A cluster without a second overlap has the weight of its only one for sure: where the cluster that it meets is
    aligned with another instead, that only adds what it weighs more. Counting this again and again leaves clusters of
    several overlaps each, if any; their alignment is worked out.
    """
    sums = np.zeros(c.predicted.documents)
    ends, documents = (c.row, c.column), (c.predicted.document, c.gold.document)
    rounds = 2
    while rounds:
        alone = np.bincount(ends[0])[ends[0]] == 1
        rounds = 2 if alone.any() else rounds - 1
        sure = np.zeros(len(documents[1]), dtype=np.int64)
        np.maximum.at(sure, ends[1][alone], weight[alone])
        sums += np.bincount(documents[1], sure, minlength=len(sums))
        weight = weight - sure[ends[1]]
        more = weight > 0
        weight = weight[more]
        ends, documents = (ends[1][more], ends[0][more]), documents[::-1]
    document = documents[0][ends[0]]
    order = np.argsort(document, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(document[order])) + 1):
        if len(rows):
            sums[document[rows[0]]] += _assigned(
                zip(ends[0][rows].tolist(), ends[1][rows].tolist(), weight[rows].tolist(), strict=True)
            )
    return sums


_ALONE = -1
"""Where the path of a row ends that is left alone."""


def _assigned(pairs: Iterable[tuple[int, int, int]]) -> int:
    """The greatest sum of weights of one-to-one pairs among these (row, column, weight), all integers.

    Row by row along the cheapest augmenting path, which may end in leaving a row alone, found by Dijkstra's algorithm
    under the prices of rows and columns (Kuhn 1955; Edmonds & Karp 1972). Only pairs that there are cost time, so that
    thousands of clusters in one group take less than a second.
    """
    weights: dict[int, dict[int, int]] = defaultdict(dict)
    for row, column, weight in pairs:
        weights[row][column] = weight
    prices: dict[int, int] = {}
    column_prices: dict[int, int] = defaultdict(int)
    owners: dict[int, int] = {}
    columns: dict[int, int | None] = {}
    for first in weights:
        row, distance = first, 0
        prices[row] = max(0, *[weight - column_prices[column] for column, weight in weights[row].items()])
        reached = {row: 0}
        passed: dict[int, tuple[int, int]] = {}
        paths: list[tuple[int, int, int]] = []
        best, end, last = prices[row], _ALONE, row
        while distance < best:
            here = distance + prices[row]
            if here < best:
                best, end, last = here, _ALONE, row
            for column, weight in weights[row].items():
                there = here + column_prices[column] - weight
                if there < best and column not in passed:
                    if column in owners:
                        heappush(paths, (there, column, row))
                    else:
                        best, end, last = there, column, row
            while paths and paths[0][1] in passed:
                heappop(paths)
            if not paths or paths[0][0] >= best:
                break
            distance, column, row = heappop(paths)
            passed[column] = distance, row
            row = owners[column]
            reached[row] = distance
        for other, at in reached.items():
            prices[other] -= best - at
        for column, (at, _) in passed.items():
            column_prices[column] += best - at
        while True:
            left = columns.get(last)
            columns[last] = None if end == _ALONE else end
            if end != _ALONE:
                owners[end] = last
            if left is None:
                break
            end, last = left, passed[left][1]
    return sum(weights[row][column] for column, row in owners.items())


# -- whole entities ------------------------------------------------------------------------------------------


def soft(block: Block) -> Table:
    """Entities, each by the share of its mentions that stand in entities of its type on the other side, by type.

    Precision is Σ share out of all predicted entities, recall out of gold's; how the other side clusters the mentions
    does not matter (soft entity F1 of DWIE, Zaporojets et al. 2021). No span stands twice in one type of a side.
    A predicted mention that has no place stands in none.
    """
    predicted, gold, row, column, spans = _of_one_type(block)
    right = np.bincount(row, spans, minlength=len(predicted.size)) / np.maximum(predicted.whole, 1)
    found = np.bincount(column, spans, minlength=len(gold.size)) / np.maximum(gold.size, 1)
    return _by_type(block, right, found)


def hard(block: Block) -> Table:
    """Entities that the other side has with the same type and mentions, by type (hard entity F1 of DWIE, ibid.)."""
    predicted, gold, row, column, spans = _of_one_type(block)
    same = (predicted.whole[row] == spans) & (gold.size[column] == spans)
    right = np.bincount(row[same], minlength=len(predicted.size))
    found = np.bincount(column[same], minlength=len(gold.size))
    return _by_type(block, right, found)


def _of_one_type(block: Block) -> tuple[Side, Side, Column, Column, Column]:
    """The sides, and the predicted and gold entities of one type that share spans, with how many."""
    predicted, gold, shared = block.predicted, block.gold, block.shared
    same = predicted.type[shared.row] == gold.type[shared.column]
    return predicted, gold, shared.row[same], shared.column[same], shared.number[same]


def _by_type(block: Block, right: Numbers | Column, found: Numbers | Column) -> Table:
    """The entities of every type but ISSUE, and what each of them earns, on either side.

    An entity without mentions, as a prediction whose quotes were not found may be, counts and matches nothing.
    """
    types = block.gold.types
    numbers = []
    for side, earned in ((block.predicted, right), (block.gold, found)):
        whole = side.type != side.issue
        kind = side.document[whole] * len(types) + side.type[whole]
        numbers += [_total(block.documents * len(types), kind, amount[whole]) for amount in (earned, whole)]
    table = Table(types, _by_document(*numbers).reshape(block.documents, len(types), 4))
    return with_lost(block, table, "entities.whole")
