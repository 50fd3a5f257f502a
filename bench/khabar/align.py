"""Which predicted thing stands for which gold thing: one-to-one, optimal, whatever the order and the ids.

Items that must be the same are paired by a key, items that must overlap by their ends, and entities by an
assignment in exact arithmetic whose ties are broken by what the entities are, never by where they stand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from math import lcm
from typing import NamedTuple, TypeVar

import numpy as np

from khabar.collected import Entities, Listing
from khabar.columns import Side, sides
from khabar.joins import NONE, Column, Mask, Spans, as_column, matches, overlaps
from khabar.model import Entity

Weight = TypeVar("Weight")
Pairs = list[tuple[int, int]]
"""One-to-one pairs of positions: (in the predicted list, in the gold list)."""


Labelled = TypeVar("Labelled", str, int)


def overlapping(predicted: Sequence[tuple[int, int, Labelled]], gold: Sequence[tuple[int, int, Labelled]]) -> Pairs:
    """Pair spans that overlap: a maximum one-to-one matching, in O(n log n).

    The span that ends first is paired with the overlapping span of the other side that ends first. Nothing is
    lost by it: every span that overlaps the one that ends first contains its last character, so all of them
    overlap each other, and whichever else could be paired with the one taken could take another's place.
    """
    sides = (predicted, gold)
    ends = sorted(
        [(end, start, label, side, at) for side in (0, 1) for at, (start, end, label) in enumerate(sides[side])]
    )
    starts = [sorted([(start, end, label, at) for at, (start, end, label) in enumerate(spans)]) for spans in sides]
    begun = [0, 0]
    heaps: list[list[tuple[int, int, Labelled, int]]] = [[], []]
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs: Pairs = []
    for end, _, _, side, at in ends:
        other = 1 - side
        if at in taken[side]:
            continue
        taken[side].add(at)
        waiting, reached, heap = starts[other], begun[other], heaps[other]
        while reached < len(waiting) and waiting[reached][0] < end:
            first, last, label, position = waiting[reached]
            heappush(heap, (last, first, label, position))
            reached += 1
        begun[other] = reached
        while heap:
            found = heappop(heap)[3]
            if found not in taken[other]:
                taken[other].add(found)
                pairs.append((at, found) if side == 0 else (found, at))
                break
    return pairs


def assign(weights: Mapping[tuple[int, int], int]) -> Pairs:
    """The one-to-one pairs of rows and columns whose weights (positive, exact) add up to the most.

    The Hungarian algorithm with potentials, in O(n²m) (Kuhn 1955; Munkres 1957); a row or column may stay alone.
    """
    rows = sorted({row for row, _ in weights})
    columns = sorted({column for _, column in weights})
    if len(rows) > len(columns):
        return [(row, column) for column, row in assign({(c, r): weight for (r, c), weight in weights.items()})]
    size = len(columns)
    cost = [[-weights.get((row, column), 0) for column in columns] for row in rows]
    row_potential, column_potential = [0] * (len(rows) + 1), [0] * (size + 1)
    owner = [0] * (size + 1)
    for row in range(1, len(rows) + 1):
        owner[0], column = row, 0
        least: list[int | None] = [None] * (size + 1)
        way, seen = [0] * (size + 1), [False] * (size + 1)
        while True:
            seen[column] = True
            current, delta, following = owner[column], None, 0
            for j in range(1, size + 1):
                if not seen[j]:
                    slack = cost[current - 1][j - 1] - row_potential[current] - column_potential[j]
                    known = least[j]
                    if known is None or slack < known:
                        least[j] = known = slack
                        way[j] = column
                    if delta is None or known < delta:
                        delta, following = known, j
            assert delta is not None
            for j in range(size + 1):
                if seen[j]:
                    row_potential[owner[j]] += delta
                    column_potential[j] -= delta
                elif (value := least[j]) is not None:
                    least[j] = value - delta
            column = following
            if owner[column] == 0:
                break
        while column:
            owner[column] = owner[way[column]]
            column = way[column]
    chosen = ((rows[owner[j] - 1], columns[j - 1]) for j in range(1, size + 1) if owner[j])
    return [pair for pair in chosen if pair in weights]


def heaviest(weights: Mapping[tuple[int, int], int]) -> Pairs:
    """The one-to-one pairs whose weights (positive) add up to the most, exactly where that is less than 2^53."""
    if len(weights) == 1:
        return list(weights)
    if len(weights) > _MANY:
        return _heaviest_of_many(weights)
    return assign(weights)


_MANY = 2000
"""With more pairs than this to choose from, scipy's assignment is worth its import."""


def _heaviest_of_many(weights: Mapping[tuple[int, int], int]) -> Pairs:
    """The same by scipy (Crouse 2016), in doubles."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    rows, columns = sorted({row for row, _ in weights}), sorted({column for _, column in weights})
    at_row, at_column = {r: n for n, r in enumerate(rows)}, {c: n for n, c in enumerate(columns)}
    matrix = np.zeros((len(rows), len(columns)))
    for (row, column), weight in weights.items():
        matrix[at_row[row], at_column[column]] = weight
    chosen = zip(*linear_sum_assignment(matrix, maximize=True), strict=True)
    return [pair for r, c in chosen if (pair := (rows[int(r)], columns[int(c)])) in weights]


def align_entities(predicted: Sequence[Entity], gold: Sequence[Entity], soft_issues: bool = False) -> dict[str, str]:
    """The one-to-one map of the predicted onto the gold entities (ids) of one document, as `aligned` has it.

    ``soft_issues``: an ISSUE is found by overlap, as stance has it.
    """
    listing = Listing()
    collected = Entities(listing), Entities(listing)
    for side, entities in zip(collected, (predicted, gold), strict=True):
        side.add(entities)
    mine, yours = sides(*collected, as_column([0]))
    shared = shared_spans(mine, yours)
    found = aligned(mine, yours, with_issues(mine, yours, shared) if soft_issues else shared)
    return {predicted[row].id: gold[at].id for row, at in enumerate(found.tolist()) if at != NONE}


class Shared(NamedTuple):
    """The predicted entities (rows) and gold entities (columns) that share anything, and how much each two share.

    ``number`` is how many pairs of their mentions this comes from: for exact spans, how many spans they share. What two
    share is ``above / below``, or where ``below`` is 0 what ``sum_of`` gives for the position of the two.
    """

    row: Column
    column: Column
    number: Column
    above: Column
    below: Column
    sum_of: Callable[[int], Fraction] | None = None

    def amount(self, at: int) -> Fraction | int:
        """What the two at a position share."""
        below = int(self.below[at])
        if self.sum_of and not below:
            return self.sum_of(at)
        return Fraction(int(self.above[at]), below) if below > 1 else int(self.above[at])

    def contested(self) -> Mask:
        """Which of the two have something in common with a third."""
        rivals: Mask = (np.bincount(self.row)[self.row] > 1) | (np.bincount(self.column)[self.column] > 1)
        return rivals


def shared_spans(predicted: Side, gold: Side) -> Shared:
    """How many exact spans entities share."""
    (row, col), spans = _counted(predicted, gold, *matches(predicted.place, gold.place))
    return Shared(row, col, spans, spans, np.ones_like(spans))


def _counted(predicted: Side, gold: Side, mine: Column, yours: Column) -> tuple[tuple[Column, Column], Column]:
    """The entities of pairs of mentions, each two once and in order, and how many pairs of mentions each two have."""
    width = max(1, len(gold.type))
    pairs, numbers = np.unique(predicted.owner[mine] * width + gold.owner[yours], return_counts=True)
    row, col = np.divmod(pairs, width)
    return (row, col), numbers


def with_issues(predicted: Side, gold: Side, shared: Shared) -> Shared:
    """The same, but where either entity is an ISSUE, what they share is the overlap of their mentions.

    That is the maximum one-to-one sum of intersection over union of the mentions, of which only ½ and more counts.
    """
    mine, yours = predicted.type == predicted.issue, gold.type == gold.issue
    hard = np.flatnonzero(~mine[shared.row] & ~yours[shared.column])
    mentions, facing = np.flatnonzero(mine[predicted.owner]), np.flatnonzero(~mine[predicted.owner])
    issues = np.flatnonzero(yours[gold.owner])
    m, y = overlaps(predicted.span.chosen(mentions), gold.span)
    more_m, more_y = overlaps(predicted.span.chosen(facing), gold.span.chosen(issues))
    m, y = np.append(mentions[m], facing[more_m]), np.append(y, issues[more_y])
    common, union = intersection_and_union(predicted.span.chosen(m), gold.span.chosen(y))
    enough = 2 * common >= union
    m, y, common, union = m[enough], y[enough], common[enough], union[enough]
    (row, col), numbers = _counted(predicted, gold, m, y)
    order = np.lexsort((gold.owner[y], predicted.owner[m]))
    first = np.cumsum(numbers) - numbers

    def sum_of(at: int) -> Fraction:
        begin, count = int(first[at - len(hard)]), int(numbers[at - len(hard)])
        chosen = order[begin : begin + count].tolist()
        return _greatest_sum({(int(m[i]), int(y[i])): Fraction(int(common[i]), int(union[i])) for i in chosen})

    def both(one: Column, more: Column) -> Column:
        return np.append(one[hard], more)

    return Shared(
        both(shared.row, row),
        both(shared.column, col),
        both(shared.number, numbers),
        both(shared.above, common[order[first]]),
        both(shared.below, np.where(numbers == 1, union[order[first]], 0)),
        sum_of,
    )


def intersection_and_union(mine: Spans, yours: Spans) -> tuple[Column, Column]:
    """How many code points two overlapping spans have in common, and how many they cover together."""
    common = np.minimum(mine.end, yours.end) - np.maximum(mine.start, yours.start)
    return common, np.maximum(mine.end, yours.end) - np.minimum(mine.start, yours.start)


def _greatest_sum(shares: Mapping[tuple[int, int], Fraction]) -> Fraction:
    if len(shares) == 1:
        return next(iter(shares.values()))
    scale = lcm(*(share.denominator for share in shares.values()))
    weights = {pair: int(share * scale) for pair, share in shares.items()}
    return Fraction(sum(weights[pair] for pair in assign(weights)), scale)


def aligned(predicted: Side, gold: Side, shared: Shared) -> Column:
    """For each predicted entity the gold entity that it stands for, or NONE: the one-to-one map with the most φ4.

    φ4 = 2·s / (|p| + |g|) (Luo 2005) with s what two entities share, in exact arithmetic. Among optima, the one with
    most equal types is taken; then the one whose sorted list of (gold spans, gold type, predicted spans, predicted
    type) is smallest. Two entities that share nothing with a third stand for each other.
    """
    found = np.full(len(predicted.type), NONE)
    contested = shared.contested()
    found[shared.row[~contested]] = shared.column[~contested]
    left = np.flatnonzero(contested)
    for centre, leaf, first in (
        (shared.row, shared.column, gold.first),
        (shared.column, shared.row, predicted.first),
    ):
        best, settled = _best_of_stars(shared, left, centre[left], leaf[left], first, predicted, gold)
        found[shared.row[best]] = shared.column[best]
        left = left[~settled]
    rivals = {(int(shared.row[at]), int(shared.column[at])): shared.amount(at) for at in left.tolist()}
    for group in components(rivals):
        for row, at in _assign_group(group, predicted, gold):
            found[row] = at
    return found


_EXACT = 1 << 26
"""Fractions with smaller denominators than this differ as doubles where they differ at all."""


def _best_of_stars(
    shared: Shared, left: Column, centre: Column, leaf: Column, first: Column, predicted: Side, gold: Side
) -> tuple[Column, Mask]:
    """Of entities whose rivals all have nothing else (``centre``; the rivals are ``leaf``), the pair that is best.

    Also which of the pairs ``left`` are settled by that. ``first`` is the place of a rival's first mention, which its
    spans begin with; where even these are the same, the pair is left to the exact rule.
    """
    if not len(left):
        return left, np.zeros(0, dtype=bool)
    _, number, counts = np.unique(centre, return_inverse=True, return_counts=True)
    size = shared.below[left] * (predicted.size[shared.row[left]] + gold.size[shared.column[left]])
    unfit = (size == 0) | (size >= _EXACT) | (np.bincount(leaf)[leaf] > 1)
    phi = shared.above[left] / np.maximum(size, 1)
    typed = predicted.type[shared.row[left]] == gold.type[shared.column[left]]
    order = np.lexsort((-first[leaf], typed, phi, number))
    last = np.cumsum(counts) - 1
    best, second = order[last], order[np.maximum(last - 1, 0)]
    tied = (counts > 1) & (phi[best] == phi[second]) & (typed[best] == typed[second])
    tied &= first[leaf[best]] == first[leaf[second]]
    decided = (np.bincount(number, unfit) == 0) & ~tied
    return left[best[decided]], decided[number]


def components(weights: Mapping[tuple[int, int], Weight]) -> Iterator[dict[tuple[int, int], Weight]]:
    """The groups of (row, column) pairs that hang together by a row or a column."""
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    columns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pair in weights:
        rows[pair[0]].append(pair)
        columns[pair[1]].append(pair)
    seen: set[tuple[int, int]] = set()
    for first in weights:
        if first in seen:
            continue
        group, queue = {}, [first]
        while queue:
            pair = queue.pop()
            if pair not in seen:
                seen.add(pair)
                group[pair] = weights[pair]
                queue += rows.pop(pair[0], ())
                queue += columns.pop(pair[1], ())
        yield group


def _assign_group(group: dict[tuple[int, int], Fraction | int], predicted: Side, gold: Side) -> Pairs:
    """The optimum of one group: φ4 above all, then equal types, then the smallest list, in one integer weight.

    The pair that is k-th smallest of n has the bit 2^(n-k): the set of pairs with the smallest sorted list has
    the greatest sum of bits, and all bits together weigh less than one equal type.
    """
    phi = {
        (row, column): Fraction(2 * s) / int(predicted.size[row] + gold.size[column])
        for (row, column), s in group.items()
    }
    mine = {row: predicted.identity(row) for row in {row for row, _ in group}}
    yours = {column: gold.identity(column) for column in {column for _, column in group}}
    if len(mine) == 1 or len(yours) == 1:
        return [
            min(
                group,
                key=lambda pair: (
                    -phi[pair],
                    predicted.type[pair[0]] != gold.type[pair[1]],
                    yours[pair[1]],
                    mine[pair[0]],
                ),
            )
        ]
    scale = lcm(*(value.denominator for value in phi.values()))
    ranked = sorted(group, key=lambda pair: (yours[pair[1]], mine[pair[0]]))
    count = len(ranked)
    weights: dict[tuple[int, int], int] = {}
    for rank, (row, column) in enumerate(ranked, 1):
        equal = bool(predicted.type[row] == gold.type[column])
        weights[row, column] = ((int(phi[row, column] * scale) * (count + 1) + equal) << count) + (1 << (count - rank))
    return assign(weights)
