"""Coreference and whole entities: entities as sets of exact spans, whatever their ids and their order.

Every measure gives counts that add over documents, as the reference scorers add them (Pradhan et al. 2014): the
numerators and denominators of precision and recall. Sums are exact and rounded once, so that no order changes a
digit. Where there is nothing to score, there is no value (None; the reference scorers say 0).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain
from math import lcm
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct

from khabar.counts import Counts, Tally
from khabar.model import COREFERENT, ISSUE, Edges, Entity

Cluster = frozenset[Edges]
"""The exact spans of one entity."""


class TypedCluster(NamedTuple):
    """The type of one entity and its exact spans."""

    type: str
    spans: Cluster


def whole(entities: Iterable[Entity]) -> list[TypedCluster]:
    """The entities of every type but ISSUE, each with the spans of all its mentions, whatever their form."""
    return [
        TypedCluster(entity.type, frozenset([(mention.start, mention.end) for mention in entity.mentions]))
        for entity in entities
        if entity.type != ISSUE
    ]


def chains(clusters: Iterable[TypedCluster], types: Collection[str] = COREFERENT) -> list[Cluster]:
    """The clusters that take part in coreference: those of its types that have a mention."""
    return [spans for type_, spans in clusters if spans and type_ in types]


# -- coreference ---------------------------------------------------------------------------------------------

Overlap = tuple[int, int, int, int, int]
"""Two clusters that share mentions: positions in the predicted and gold list, mentions shared, sizes of the two."""


_ALONE = -1
"""Where the path of a row ends that is left alone."""


class Extent(Struct, frozen=True):
    """How many clusters there are, how many mentions in them, and how many of the clusters have a single mention."""

    clusters: int
    mentions: int
    singletons: int

    def __add__(self, other: "Extent") -> "Extent":
        """The two together."""
        return Extent(
            self.clusters + other.clusters, self.mentions + other.mentions, self.singletons + other.singletons
        )

    @property
    def plural(self) -> "Extent":
        """That of the clusters of two mentions or more."""
        return Extent(self.clusters - self.singletons, self.mentions - self.singletons, 0)


class Contingency(Struct, frozen=True):
    """How the clusters of two sides meet.

    ``predicted`` and ``gold`` are the extents of the sides, ``same`` that of the clusters which both have.
    ``overlaps`` are those of the others; a mention is in one of them at most. ``contested`` has the overlaps again that
    hang together with more by a cluster, in groups.
    """

    predicted: Extent
    gold: Extent
    same: Extent
    overlaps: list[Overlap]
    contested: list[list[Overlap]]


def contingency(predicted: Sequence[Cluster], gold: Sequence[Cluster], same: Sequence[Cluster] = ()) -> Contingency:
    """What all coreference measures need of two sides' clusters, none of them empty.

    ``same`` are clusters known to be on both sides, which stand in neither of the other lists.

    A span may stand in several clusters of one side (entities of different types). Each is a mention of its own then,
    and the mentions at one span are paired one to one: those of identical clusters with each other; the others where
    two clusters without singletons have most spans in common, then where they have fewest in all, then where their
    spans come first. The papers know clusters without common mentions only; with this, they are so again.
    """
    mine, yours = set(predicted), set(gold)
    both = mine & yours
    if len(mine) == len(predicted) and len(yours) == len(gold):
        mine -= both
        yours -= both
        rows, columns, identical = [*mine], [*yours], [*same, *both]
    else:
        guesses, answers = Counter(predicted), Counter(gold)
        equal = guesses & answers
        rows, columns = [*(guesses - equal).elements()], [*(answers - equal).elements()]
        identical = [*same, *equal.elements()]
    overlaps = [
        (row, column, count, len(rows[row]), len(columns[column]))
        for row, counts in enumerate(_shared(rows, columns))
        for column, count in counts.items()
    ]
    extent = _extent(identical)
    return Contingency(extent + _extent(rows), extent + _extent(columns), extent, overlaps, _contested(overlaps))


def without_singletons(c: Contingency) -> Contingency:
    """The same without the clusters of a single mention on either side, as CoNLL-2012 has it, which annotates none."""
    overlaps, *contested = [
        [overlap for overlap in group if overlap[3] > 1 and overlap[4] > 1] for group in (c.overlaps, *c.contested)
    ]
    predicted, gold, same = c.predicted.plural, c.gold.plural, c.same.plural
    return Contingency(predicted, gold, same, overlaps, [group for group in contested if len(group) > 1])


def _extent(clusters: Sequence[Cluster]) -> Extent:
    sizes = list(map(len, clusters))
    return Extent(len(sizes), sum(sizes), sizes.count(1))


def _shared(predicted: Sequence[Cluster], gold: Sequence[Cluster]) -> list[dict[int, int]]:
    """For each predicted cluster, how many mentions it shares with which gold clusters (positions)."""
    columns = {span: column for column, cluster in enumerate(gold) for span in cluster}
    mentions = len(set(chain.from_iterable(predicted)))
    if len(columns) < sum(map(len, gold)) or mentions < sum(map(len, predicted)):
        return _pair_mentions(predicted, gold)
    shared: list[dict[int, int]] = []
    for cluster in predicted:
        counts: dict[int, int] = {}
        for span in cluster:
            column = columns.get(span)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        shared.append(counts)
    return shared


def _pair_mentions(predicted: Sequence[Cluster], gold: Sequence[Cluster]) -> list[dict[int, int]]:
    """The same where clusters have spans in common with others of their own side.

    Which pair of clusters comes first does not change when the sides are exchanged; clusters of the same spans stand
    in for each other.
    """
    columns: dict[Edges, list[int]] = defaultdict(list)
    for column, cluster in enumerate(gold):
        for span in cluster:
            columns[span].append(column)
    common = Counter((row, column) for row, cluster in enumerate(predicted) for s in cluster for column in columns[s])

    def order(pair: tuple[int, int]) -> tuple[bool, int, int, list[list[Edges]], tuple[int, int]]:
        clusters = predicted[pair[0]], gold[pair[1]]
        sizes = [len(cluster) for cluster in clusters]
        return 1 in sizes, -common[pair], sum(sizes), sorted(sorted(cluster) for cluster in clusters), pair

    mine, yours = [set(cluster) for cluster in predicted], [set(cluster) for cluster in gold]
    shared: list[dict[int, int]] = [{} for _ in predicted]
    for row, column in sorted(common, key=order):
        if both := mine[row] & yours[column]:
            shared[row][column] = len(both)
            mine[row] -= both
            yours[column] -= both
    return shared


def _contested(overlaps: Iterable[Overlap]) -> list[list[Overlap]]:
    """The groups of overlaps that hang together by a cluster; the smaller of two that meet joins the other."""
    rows: dict[int, list[Overlap]] = {}
    columns: dict[int, list[Overlap]] = {}
    for overlap in overlaps:
        row, column = overlap[0], overlap[1]
        group = rows.get(row) or columns.get(column) or []
        joining = columns.get(column, group)
        if joining is not group:
            if len(joining) > len(group):
                group, joining = joining, group
            for moved in joining:
                rows[moved[0]] = columns[moved[1]] = group
            group += joining
        group.append(overlap)
        rows[row] = columns[column] = group
    return list({id(group): group for group in rows.values() if len(group) > 1}.values())


def muc(c: Contingency) -> Counts:
    """Links kept: Σ (|k| − parts of k) out of Σ (|k| − 1), over the clusters k of a side (Vilain et al. 1995).

    The parts of k are what the other side's clusters make of it, a mention that is in none being a part of its own.
    Singletons have no links: with nothing else there is nothing to score.
    """
    kept = c.same.mentions - c.same.clusters + sum([overlap[2] - 1 for overlap in c.overlaps])
    return Counts(kept, c.predicted.mentions - c.predicted.clusters, kept, c.gold.mentions - c.gold.clusters)


def b_cubed(c: Contingency) -> Counts:
    """Mentions, each by the share of its cluster that is with it on the other side too (Bagga & Baldwin 1998).

    Precision is Σ |p ∩ g|² / |p| out of all predicted mentions, recall Σ |p ∩ g|² / |g| out of gold's. A mention that
    the other side does not have earns nothing (Pradhan et al. 2014).
    """
    return _by_mentions(c, [(shared * shared, mine, yours) for _, _, shared, mine, yours in c.overlaps])


def lea(c: Contingency) -> Counts:
    """Links kept, clusters weighed by their mentions: Σ |k| · kept(k) / links(k) out of Σ |k| (Moosavi & Strube 2016).

    A cluster of n mentions has n(n−1)/2 links. A singleton has one, to itself, kept where the other side has the same
    singleton, as in the authors' scorer.
    """
    kept = [(n * (n - 1), mine - 1, yours - 1) for _, _, n, mine, yours in c.overlaps if n > 1]
    return _by_mentions(c, kept)


def ceaf_m(c: Contingency) -> Counts:
    """Mentions shared by clusters that are aligned one to one for the greatest sum of φ3 = |p ∩ g| (Luo 2005)."""
    similarity = c.same.mentions + sum([overlap[2] for overlap in c.overlaps])
    similarity -= sum([_forgone([overlap[:3] for overlap in group]) for group in c.contested])
    return Counts(similarity, c.predicted.mentions, similarity, c.gold.mentions)


def ceaf_e(c: Contingency) -> Counts:
    """Clusters aligned one to one for the greatest sum of φ4 = 2·|p ∩ g| / (|p| + |g|), of which it is (Luo 2005)."""
    scale = lcm(*[mine + yours for _, _, _, mine, yours in c.overlaps])
    similarity = c.same.clusters * scale
    similarity += sum([2 * shared * (scale // (mine + yours)) for _, _, shared, mine, yours in c.overlaps])
    for group in c.contested:
        similarity -= _forgone(
            [(row, column, 2 * n * (scale // (mine + yours))) for row, column, n, mine, yours in group]
        )
    return Counts(similarity / scale, c.predicted.clusters, similarity / scale, c.gold.clusters)


def _by_mentions(c: Contingency, credited: Sequence[tuple[int, int, int]]) -> Counts:
    """Mentions of identical clusters and credits (numerator, denominators for precision and recall), rounded once."""
    scale = lcm(*[below for _, below, _ in credited], *[below for _, _, below in credited])
    predicted = c.same.mentions * scale + sum([above * (scale // below) for above, below, _ in credited])
    gold = c.same.mentions * scale + sum([above * (scale // below) for above, _, below in credited])
    return Counts(predicted / scale, c.predicted.mentions, gold / scale, c.gold.mentions)


def _forgone(pairs: list[tuple[int, int, int]]) -> int:
    """What one-to-one pairs must leave of the weights of pairs (row, column, weight) that hang together, at the least.

    Two have a row or a column in common. Of more, mostly each row has its heaviest in another column, or each column
    in another row: more than those cannot be had.
    """
    if len(pairs) == 2:
        return min(pairs[0][2], pairs[1][2])
    pairs.sort(key=itemgetter(2))
    heaviest = {row: (column, weight) for row, column, weight in pairs}
    if len({column for column, _ in heaviest.values()}) < len(heaviest):
        heaviest = {column: (row, weight) for row, column, weight in pairs}
        if len({row for row, _ in heaviest.values()}) < len(heaviest):
            return sum([weight for _, _, weight in pairs]) - _heaviest(pairs)
    return sum([weight for _, _, weight in pairs]) - sum([weight for _, weight in heaviest.values()])


def _heaviest(pairs: Iterable[tuple[int, int, int]]) -> int:
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


class Comparison(Struct, frozen=True):
    """How the whole entities of two sides meet.

    ``types`` has, in order, each type and how many entities of it were predicted, are in gold, and are the same in
    both. ``same`` are these, ``predicted`` and ``gold`` the others.
    """

    types: list[tuple[str, int, int, int]]
    same: Collection[TypedCluster]
    predicted: Collection[TypedCluster]
    gold: Collection[TypedCluster]


def compare(predicted: Sequence[TypedCluster], gold: Sequence[TypedCluster]) -> Comparison:
    """What all measures of whole entities need; no span stands twice in one type of a side.

    An entity without mentions, as a prediction whose quotes were not found may be, counts and matches nothing.
    """
    mine, yours = set(predicted), set(gold)
    same = mine & yours
    sides = _others(predicted, mine, same), _others(gold, yours, same)
    both = _count(same, {})
    guesses, answers = _count(sides[0], both), _count(sides[1], both)
    types = [
        (type_, guesses.get(type_, 0), answers.get(type_, 0), both.get(type_, 0))
        for type_ in sorted(guesses.keys() | answers.keys())
    ]
    return Comparison(types, same, *sides)


def coreference(c: Comparison, types: Collection[str] = COREFERENT) -> Contingency:
    """The contingency of the entities of the types that take part in coreference."""
    return contingency(*(chains(clusters, types) for clusters in (c.predicted, c.gold, c.same)))


def soft(c: Comparison) -> Tally:
    """Entities, each by the share of its mentions that stand in entities of its type on the other side, by type.

    Precision is Σ share out of all predicted entities, recall out of gold's; how the other side clusters the mentions
    does not matter (soft entity F1 of DWIE, Zaporojets et al. 2021).
    """
    tally = hard(c)
    mine, yours = _shares(c.predicted, c.gold), _shares(c.gold, c.predicted)
    for type_ in mine:
        counts = tally[type_]
        matched = [(counts.matched_gold * below + above) / below for above, below in (mine[type_], yours[type_])]
        tally[type_] = Counts(matched[0], counts.predicted, matched[1], counts.gold)
    return tally


def hard(c: Comparison) -> dict[str, Counts]:
    """Entities that the other side has with the same type and mentions, by type (hard entity F1 of DWIE, ibid.)."""
    return {type_: Counts(same, predicted, same, gold) for type_, predicted, gold, same in c.types}


def _others(clusters: Sequence[TypedCluster], kinds: set[TypedCluster], same: set[TypedCluster]) -> list[TypedCluster]:
    """The clusters that are not the same on the other side; equal ones (without mentions) each for itself."""
    if len(kinds) == len(clusters):
        return [*kinds - same]
    return [cluster for cluster in clusters if cluster not in same]


def _count(clusters: Iterable[TypedCluster], counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by type, with these clusters."""
    counted = dict(counts)
    for type_, _ in clusters:
        counted[type_] = counted.get(type_, 0) + 1
    return counted


def _shares(clusters: Iterable[TypedCluster], others: Iterable[TypedCluster]) -> dict[str, tuple[int, int]]:
    """By type, the shares of each cluster's mentions that stand in others of the type, summed up to one fraction."""
    held: dict[str, set[Edges]] = {}
    for type_, spans in others:
        held.setdefault(type_, set()).update(spans)
    shares: dict[str, tuple[int, int]] = {}
    for type_, spans in clusters:
        if type_ in held and (found := len(spans & held[type_])):
            above, below = shares.get(type_, (0, 1))
            scale = lcm(below, len(spans))
            shares[type_] = above * (scale // below) + found * (scale // len(spans)), scale
    return shares
