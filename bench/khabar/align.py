"""Which predicted thing stands for which gold thing: one-to-one, optimal, whatever the order and the ids.

Items that must be the same are paired by a key, items that must overlap by their ends, and entities by an
assignment in exact arithmetic whose ties are broken by what the entities are, never by where they stand.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from heapq import heappop, heappush
from math import lcm
from typing import NamedTuple

from khabar.grounding import Void
from khabar.model import AUTHOR, ISSUE, NAME, Document, Edges, Entity, Section, paragraphs

Pairs = list[tuple[int, int]]
"""One-to-one pairs of positions: (in the predicted list, in the gold list)."""


class Item(NamedTuple):
    """Something that is matched: by its key, and booked under its label."""

    key: Hashable
    label: str


class Named(NamedTuple):
    """A mention as the entity measures see it."""

    start: int
    end: int
    label: str


class Segment(NamedTuple):
    """A run of paragraphs ``first`` to ``last`` (0-based, inclusive) and its section; None for a gap."""

    first: int
    last: int
    section: Section | None


def same(predicted: Sequence[Item], gold: Sequence[Item]) -> Pairs:
    """Pair items that have the same key, those with the same label first; a maximum one-to-one matching."""
    waiting: dict[Item, list[int]] = defaultdict(list)
    for position in range(len(gold) - 1, -1, -1):
        waiting[gold[position]].append(position)
    pairs: Pairs = []
    left: list[int] = []
    for position, item in enumerate(predicted):
        if waiting.get(item):
            pairs.append((position, waiting[item].pop()))
        else:
            left.append(position)
    unmatched = sorted((item for item, positions in waiting.items() if positions), key=lambda item: item.label)
    others: dict[Hashable, list[int]] = defaultdict(list)
    for item in unmatched:
        others[item.key].extend(waiting[item])
    for position in sorted(left, key=lambda position: predicted[position].label):
        if others.get(predicted[position].key):
            pairs.append((position, others[predicted[position].key].pop(0)))
    return pairs


def overlapping(predicted: Sequence[Named], gold: Sequence[Named]) -> Pairs:
    """Pair spans that overlap: a maximum one-to-one matching, in O(n log n).

    The span that ends first is paired with the overlapping span of the other side that ends first. Nothing is
    lost by it: every span that overlaps the one that ends first contains its last character, so all of them
    overlap each other, and whichever else could be paired with the one taken could take another's place.
    """
    sides = (predicted, gold)
    ends = sorted(
        (span.end, span.start, span.label, side, at) for side in (0, 1) for at, span in enumerate(sides[side])
    )
    starts = [sorted((span.start, at) for at, span in enumerate(spans)) for spans in sides]
    begun = [0, 0]
    heaps: list[list[tuple[int, int, str, int]]] = [[], []]
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs: Pairs = []
    for end, _, _, side, at in ends:
        other = 1 - side
        if at in taken[side]:
            continue
        taken[side].add(at)
        while begun[other] < len(starts[other]) and starts[other][begun[other]][0] < end:
            position = starts[other][begun[other]][1]
            span = sides[other][position]
            heappush(heaps[other], (span.end, span.start, span.label, position))
            begun[other] += 1
        while heaps[other]:
            found = heappop(heaps[other])[3]
            if found not in taken[other]:
                taken[other].add(found)
                pairs.append((at, found) if side == 0 else (found, at))
                break
    return pairs


def assign(weights: dict[tuple[int, int], int]) -> Pairs:
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


def align_entities(predicted: Sequence[Entity], gold: Sequence[Entity], soft_issues: bool = False) -> dict[str, str]:
    """The one-to-one map of predicted onto gold entities (ids) that maximises the sum of φ4 (Luo 2005).

    φ4 = 2·s / (|p| + |g|) with s the number of exact spans that two entities share, in exact arithmetic. Among
    optima, the one with most equal types is taken; then the one whose sorted list of (gold spans, predicted
    spans) is smallest. ``soft_issues``: where either entity is an ISSUE, s is the maximum one-to-one sum of
    intersection over union of their mentions, of which only ½ and more counts.
    """
    shared = _shared(predicted, gold, soft_issues)
    by_row, by_column = Counter(row for row, _ in shared), Counter(column for _, column in shared)
    alone = [(row, column) for row, column in shared if by_row[row] == by_column[column] == 1]
    contested = {pair: s for pair, s in shared.items() if by_row[pair[0]] > 1 or by_column[pair[1]] > 1}
    chosen = [*alone, *(pair for group in _components(contested) for pair in _assign_group(group, predicted, gold))]
    return {predicted[row].id: gold[column].id for row, column in chosen}


def _shared(
    predicted: Sequence[Entity], gold: Sequence[Entity], soft_issues: bool
) -> dict[tuple[int, int], Fraction | int]:
    places: dict[Edges, list[int]] = defaultdict(list)
    for column, entity in enumerate(gold):
        for mention in entity.mentions:
            places[mention.start, mention.end].append(column)
    shared: Counter[tuple[int, int]] = Counter()
    for row, entity in enumerate(predicted):
        for mention in entity.mentions:
            for column in places.get((mention.start, mention.end), ()):
                shared[row, column] += 1
    if not soft_issues:
        return dict(shared)
    hard = {pair: s for pair, s in shared.items() if ISSUE not in (predicted[pair[0]].type, gold[pair[1]].type)}
    soft = (
        ((row, column), _soft_overlap(mine, yours))
        for row, mine in enumerate(predicted)
        for column, yours in enumerate(gold)
        if ISSUE in (mine.type, yours.type)
    )
    return hard | {pair: s for pair, s in soft if s}


def _soft_overlap(predicted: Entity, gold: Entity) -> Fraction:
    unions: dict[tuple[int, int], Fraction] = {}
    for row, mine in enumerate(predicted.mentions):
        for column, yours in enumerate(gold.mentions):
            common = min(mine.end, yours.end) - max(mine.start, yours.start)
            union = max(mine.end, yours.end) - min(mine.start, yours.start)
            if 2 * common >= union:
                unions[row, column] = Fraction(common, union)
    if not unions:
        return Fraction(0)
    scale = lcm(*(share.denominator for share in unions.values()))
    weights = {pair: int(share * scale) for pair, share in unions.items()}
    return Fraction(sum(weights[pair] for pair in assign(weights)), scale)


def _components(shared: dict[tuple[int, int], Fraction | int]) -> Iterator[dict[tuple[int, int], Fraction | int]]:
    """The groups of pairs that hang together by a row or a column."""
    neighbours: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for row, column in shared:
        neighbours["row", row].append((row, column))
        neighbours["column", column].append((row, column))
    seen: set[tuple[int, int]] = set()
    for first in shared:
        if first in seen:
            continue
        seen.add(first)
        group, queue = {}, [first]
        while queue:
            row, column = queue.pop()
            group[row, column] = shared[row, column]
            for pair in (*neighbours["row", row], *neighbours["column", column]):
                if pair not in seen:
                    seen.add(pair)
                    queue.append(pair)
        yield group


def _assign_group(
    group: dict[tuple[int, int], Fraction | int], predicted: Sequence[Entity], gold: Sequence[Entity]
) -> Pairs:
    """The optimum of one group: φ4 above all, then equal types, then the smallest list, in one integer weight.

    The pair that is k-th smallest of n has the bit 2^(n-k): the set of pairs with the smallest sorted list has
    the greatest sum of bits, and all bits together weigh less than one equal type.
    """
    phi = {
        (row, column): Fraction(2 * s) / (len(predicted[row].mentions) + len(gold[column].mentions))
        for (row, column), s in group.items()
    }
    scale = lcm(*(value.denominator for value in phi.values()))
    ranked = sorted(group, key=lambda pair: (_identity(gold[pair[1]]), _identity(predicted[pair[0]])))
    count = len(ranked)
    weights: dict[tuple[int, int], int] = {}
    for rank, (row, column) in enumerate(ranked, 1):
        equal = predicted[row].type == gold[column].type
        weights[row, column] = ((int(phi[row, column] * scale) * (count + 1) + equal) << count) + (1 << (count - rank))
    return assign(weights)


def _identity(entity: Entity) -> tuple[list[Edges], str]:
    """What an entity is, whatever its id: its spans in order, and its type."""
    return sorted(mention.edges for mention in entity.mentions), entity.type


def segments(sections: Iterable[Section], lines: Sequence[Edges]) -> tuple[Segment, ...]:
    """Sections as runs of paragraphs; paragraphs that no section covers form one segment without a section per gap.

    A paragraph belongs to the section that holds most of it, the earlier one of two that hold as much.
    """
    ordered = sorted(sections, key=lambda section: section.start)
    owners: list[int | None] = []
    first = 0
    for start, end in lines:
        while first < len(ordered) and ordered[first].end <= start:
            first += 1
        best, most, at = None, 0, first
        while at < len(ordered) and ordered[at].start < end:
            held = min(end, ordered[at].end) - max(start, ordered[at].start)
            if held > most:
                best, most = at, held
            at += 1
        owners.append(best)
    found: list[Segment] = []
    for position, owner in enumerate(owners):
        if position and owner == owners[position - 1]:
            found[-1] = found[-1]._replace(last=position)
        else:
            found.append(Segment(position, position, None if owner is None else ordered[owner]))
    return tuple(found)


class Pair:
    """A gold document and what was predicted for it; whatever several measures need is worked out once."""

    def __init__(self, gold: Document, predicted: Document, voids: Iterable[Void] = ()) -> None:
        """Take two documents of the same text; ``voids`` are predicted items that can match nothing."""
        self.gold = gold
        self.predicted = predicted
        self.voids: dict[str, Counter[str]] = defaultdict(Counter)
        for void in voids:
            self.voids[void.layer][void.label] += 1

    @cached_property
    def gold_names(self) -> list[Named]:
        """The gold mentions that the entity measures ask for."""
        return _mentions(self.gold, named=True)

    @cached_property
    def predicted_names(self) -> list[Named]:
        """The predicted mentions that the entity measures judge."""
        return _mentions(self.predicted, named=True)

    @cached_property
    def ignored(self) -> list[Named]:
        """The gold mentions that the entity measures neither reward nor punish."""
        return _mentions(self.gold, named=False)

    @cached_property
    def entities(self) -> dict[str, str]:
        """Predicted onto gold entities (ids), for relations."""
        if self.predicted.entities is self.gold.entities:
            return {entity.id: entity.id for entity in self.gold.entities}
        return align_entities(self.predicted.entities, self.gold.entities)

    @cached_property
    def voices(self) -> dict[str, str]:
        """Predicted onto gold entities (ids), for stance: an ISSUE is found by overlap, the author is himself."""
        sides = (self.predicted.entities, self.gold.entities)
        if sides[0] is sides[1] or not any(entity.type == ISSUE for side in sides for entity in side):
            return self.entities | {AUTHOR: AUTHOR}
        return align_entities(*sides, soft_issues=True) | {AUTHOR: AUTHOR}

    @cached_property
    def lines(self) -> tuple[Edges, ...]:
        """The edges of the paragraphs."""
        return tuple(paragraphs(self.gold.text))

    @cached_property
    def gold_segments(self) -> tuple[Segment, ...]:
        """Gold's sections as runs of paragraphs."""
        return segments(self.gold.subsections, self.lines)

    @cached_property
    def predicted_segments(self) -> tuple[Segment, ...]:
        """The predicted sections as runs of paragraphs."""
        return segments(self.predicted.subsections, self.lines)


def _mentions(document: Document, named: bool) -> list[Named]:
    return [
        Named(mention.start, mention.end, entity.type)
        for entity in document.entities
        if entity.type != ISSUE
        for mention in entity.mentions
        if (mention.form == NAME) == named
    ]
