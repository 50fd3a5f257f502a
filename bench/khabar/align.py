"""Which predicted thing stands for which gold thing: one-to-one, optimal, whatever the order and the ids.

Items that must be the same are paired by a key, items that must overlap by their ends, and entities by an
assignment in exact arithmetic whose ties are broken by what the entities are, never by where they stand.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from heapq import heappop, heappush
from math import lcm
from operator import attrgetter
from typing import NamedTuple, TypeVar, cast

from khabar.counts import GRAIN
from khabar.grounding import Unlocated, Void
from khabar.model import AUTHOR, COREFERENT, ISSUE, NAME, Document, Edges, Entity, Section, paragraphs

Weight = TypeVar("Weight")
Made = TypeVar("Made")
Pairs = list[tuple[int, int]]
"""One-to-one pairs of positions: (in the predicted list, in the gold list)."""


Item = tuple[Hashable, str]
"""Something that is matched by its key, and booked under its label."""


Name = tuple[int, int, str]
"""A mention as the entity measures see it: start, end (code points) and entity type."""


class Segment(NamedTuple):
    """A run of paragraphs ``first`` to ``last`` (0-based, inclusive) and its section; None for a gap."""

    first: int
    last: int
    section: Section | None


def same(predicted: Sequence[Item], gold: Sequence[Item]) -> Pairs:
    """Pair items that have the same key, those with the same label first; a maximum one-to-one matching."""
    waiting: dict[Item, list[int]] = {}
    for position, item in enumerate(gold):
        waiting.setdefault(item, []).append(position)
    pairs: Pairs = []
    left: list[int] = []
    for position, item in enumerate(predicted):
        positions = waiting.get(item)
        if positions:
            pairs.append((position, positions.pop()))
        else:
            left.append(position)
    if not left or len(pairs) == len(gold):
        return pairs
    others: dict[Hashable, list[tuple[str, int]]] = {}
    for (key, label), positions in waiting.items():
        if positions:
            others.setdefault(key, []).extend((label, position) for position in positions)
    for _, position in sorted((predicted[position][1], position) for position in left):
        rest = others.get(predicted[position][0])
        if rest:
            rest.sort(reverse=True)
            pairs.append((position, rest.pop()[1]))
    return pairs


def overlapping(predicted: Sequence[Name], gold: Sequence[Name]) -> Pairs:
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
    heaps: list[list[tuple[int, int, str, int]]] = [[], []]
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


def heaviest(weights: Mapping[tuple[int, int], float]) -> Pairs:
    """The one-to-one pairs whose weights, multiples of `counts.GRAIN`, add up to the most."""
    if len(weights) == 1:
        return list(weights)
    if len(weights) > _MANY:
        return _heaviest_of_many(weights)
    return assign({pair: round(weight / GRAIN) for pair, weight in weights.items()})


_MANY = 2000
"""With more pairs than this to choose from, scipy's assignment is worth its import."""


def _heaviest_of_many(weights: Mapping[tuple[int, int], float]) -> Pairs:
    """The same by scipy (Crouse 2016), which is exact here: doubles hold sums of so few multiples of the grain."""
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
    """The one-to-one map of predicted onto gold entities (ids) that maximises the sum of φ4 (Luo 2005).

    φ4 = 2·s / (|p| + |g|) with s the number of exact spans that two entities share, in exact arithmetic. Among
    optima, the one with most equal types is taken; then the one whose sorted list of (gold spans, predicted
    spans) is smallest. ``soft_issues``: where either entity is an ISSUE, s is the maximum one-to-one sum of
    intersection over union of their mentions, of which only ½ and more counts.
    """
    shared = shared_spans(predicted, gold)
    if soft_issues:
        mine = {row for row, entity in enumerate(predicted) if entity.type == ISSUE}
        yours = {column for column, entity in enumerate(gold) if entity.type == ISSUE}
        shared = _hard_shares(shared, mine, yours) | _soft_shares(predicted, gold, mine, yours)
    return _assigned(shared, predicted, gold)


Rivals = tuple[int, int]
"""Positions of a predicted entity (row) and a gold one (column), or of their mentions."""
Shared = Mapping[Rivals, Fraction | int]
"""How much a predicted and a gold entity share, where they share anything."""


def shared_spans(predicted: Sequence[Entity], gold: Sequence[Entity]) -> Shared:
    """How many exact spans entities share."""
    places: dict[Edges, list[int]] = {}
    for column, entity in enumerate(gold):
        for mention in entity.mentions:
            span = (mention.start, mention.end)
            if span in places:
                places[span].append(column)
            else:
                places[span] = [column]
    shared: dict[tuple[int, int], Fraction | int] = {}
    for row, entity in enumerate(predicted):
        for mention in entity.mentions:
            for column in places.get((mention.start, mention.end), ()):
                shared[row, column] = shared.get((row, column), 0) + 1
    return shared


def _hard_shares(shared: Shared, mine: Container[int], yours: Container[int]) -> dict[Rivals, Fraction | int]:
    """What entities share that are no ISSUE; ``mine`` and ``yours`` are the rows and columns of those that are."""
    return {pair: s for pair, s in shared.items() if pair[0] not in mine and pair[1] not in yours}


def _soft_shares(
    predicted: Sequence[Entity], gold: Sequence[Entity], mine: Collection[int], yours: Collection[int]
) -> dict[Rivals, Fraction | int]:
    """What entities share where one of them is an ISSUE: the overlap of their mentions."""
    everything = sorted((m.start, m.end, column, y) for column, e in enumerate(gold) for y, m in enumerate(e.mentions))
    issues = [found for found in everything if found[2] in yours]
    unions: dict[Rivals, dict[Rivals, Fraction]] = {}
    for facing, rows in ((everything, mine), (issues, [row for row in range(len(predicted)) if row not in mine])):
        if not facing:
            continue
        longest = max(last - first for first, last, _, _ in facing)
        for row in rows:
            for m, mention in enumerate(predicted[row].mentions):
                start, end = mention.start, mention.end
                for at in range(bisect_left(facing, (start - longest,)), len(facing)):
                    first, last, column, y = facing[at]
                    if first >= end:
                        break
                    if start < last:
                        common, union = min(end, last) - max(start, first), max(end, last) - min(start, first)
                        if 2 * common >= union:
                            unions.setdefault((row, column), {})[m, y] = Fraction(common, union)
    return {pair: _greatest_sum(shares) for pair, shares in unions.items()}


def _greatest_sum(shares: Mapping[tuple[int, int], Fraction]) -> Fraction:
    if len(shares) == 1:
        return next(iter(shares.values()))
    scale = lcm(*(share.denominator for share in shares.values()))
    weights = {pair: int(share * scale) for pair, share in shares.items()}
    return Fraction(sum(weights[pair] for pair in assign(weights)), scale)


def _assigned(shared: Shared, predicted: Sequence[Entity], gold: Sequence[Entity]) -> dict[str, str]:
    """The optimal map; pairs without a rival are taken at once."""
    rows: dict[int, int] = {}
    columns: dict[int, int] = {}
    for row, column in shared:
        rows[row] = rows.get(row, 0) + 1
        columns[column] = columns.get(column, 0) + 1
    chosen: dict[str, str] = {}
    contested: dict[tuple[int, int], Fraction | int] = {}
    for (row, column), s in shared.items():
        if rows[row] == columns[column] == 1:
            chosen[predicted[row].id] = gold[column].id
        else:
            contested[row, column] = s
    for group in components(contested):
        for row, column in _assign_group(group, predicted, gold):
            chosen[predicted[row].id] = gold[column].id
    return chosen


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
    if len({row for row, _ in group}) == 1 or len({column for _, column in group}) == 1:
        return [
            min(
                group,
                key=lambda pair: (
                    -phi[pair],
                    predicted[pair[0]].type != gold[pair[1]].type,
                    _identity(gold[pair[1]]),
                    _identity(predicted[pair[0]]),
                ),
            )
        ]
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
    ordered = sorted(sections, key=_START)
    found: list[Segment] = []
    first, count = 0, len(ordered)
    run_start, run_owner = 0, -2  # -1 is a gap
    for position, (start, end) in enumerate(lines):
        while first < count and ordered[first].end <= start:
            first += 1
        owner, most, at = -1, 0, first
        while at < count and ordered[at].start < end:
            held = min(end, ordered[at].end) - max(start, ordered[at].start)
            if held > most:
                owner, most = at, held
            at += 1
        if owner != run_owner:
            if position:
                found.append(Segment(run_start, position - 1, ordered[run_owner] if run_owner >= 0 else None))
            run_start, run_owner = position, owner
    if lines:
        found.append(Segment(run_start, len(lines) - 1, ordered[run_owner] if run_owner >= 0 else None))
    return tuple(found)


_START = attrgetter("start")


def near_misses(predicted: Iterable[int], gold: Iterable[int]) -> dict[int, int]:
    """The predicted boundaries that no gold one shares but a gold one lies beside, each with that one; one-to-one.

    From the left, as boundary similarity pairs them (Fournier 2013, n_t = 2).
    """
    mine, yours = set(predicted), set(gold)
    left = sorted((place, place in mine) for place in mine ^ yours)
    near: dict[int, int] = {}
    at = 0
    while at < len(left) - 1:
        (place, side), (after, other) = left[at], left[at + 1]
        if after == place + 1 and side != other:
            near.update({place: after} if side else {after: place})
            at += 1
        at += 1
    return near


class Pair:
    """A gold document and what was predicted for it; whatever several measures need is worked out once."""

    def __init__(
        self,
        gold: Document,
        predicted: Document,
        voids: Iterable[Void] = (),
        training_facts: frozenset[tuple[str, str, str]] | None = None,
        coreferent: frozenset[str] = COREFERENT,
    ) -> None:
        """Take two documents of the same text.

        ``voids`` are predicted items that can match nothing, ``training_facts`` what the training split states,
        ``coreferent`` the entity types that take part in coreference.
        """
        self.coreferent = coreferent
        self.gold = gold
        self.predicted = predicted
        self.training_facts = training_facts or frozenset()
        self.voids: dict[str, Counter[str]] = defaultdict(Counter)
        for void in voids:
            # Evidence counts in characters.
            lost = void.quote if isinstance(void, Unlocated) and void.layer.endswith(".evidence") else "1"
            self.voids[void.layer][void.label] += len(lost)
        self.memory: dict[str, object] = {}
        """What a room works out once for several measures of a pair, under a name of its own."""

    # Names: a document holds a span once per type, so that its names are a set.

    @cached_property
    def gold_set(self) -> frozenset[Name]:
        """The gold mentions that the entity measures ask for: names of every type but ISSUE."""
        return _names(self.gold)

    @cached_property
    def predicted_set(self) -> frozenset[Name]:
        """The predicted mentions that the entity measures judge."""
        return _names(self.predicted)

    @cached_property
    def ignored(self) -> dict[Name, str]:
        """The gold mentions that the entity measures neither reward nor punish, with their forms."""
        return _nominals(self.gold)

    @cached_property
    def predicted_nominals(self) -> frozenset[Name]:
        """The predicted mentions that call themselves something else than a name."""
        return frozenset(_nominals(self.predicted))

    @cached_property
    def gold_names(self) -> list[Name]:
        """Gold's names in the order of the text."""
        return sorted(self.gold_set)

    @cached_property
    def predicted_names(self) -> list[Name]:
        """The predicted names in the order of the text."""
        return sorted(self.predicted_set)

    @cached_property
    def equal(self) -> frozenset[Name]:
        """The names that both sides have, with the same span and type."""
        return self.gold_set & self.predicted_set

    @cached_property
    def left_predicted(self) -> list[Name]:
        """The predicted names without an equal in gold, in the order of the text."""
        return sorted(self.predicted_set - self.equal)

    @cached_property
    def left_gold(self) -> list[Name]:
        """Gold's names without an equal in the prediction, in the order of the text."""
        return sorted(self.gold_set - self.equal)

    @cached_property
    def shared(self) -> Shared:
        """How many exact spans predicted and gold entities share."""
        return shared_spans(self.predicted.entities, self.gold.entities)

    @cached_property
    def entities(self) -> dict[str, str]:
        """Predicted onto gold entities (ids), for relations."""
        if self.predicted.entities is self.gold.entities:
            return {entity.id: entity.id for entity in self.gold.entities}
        return _assigned(self.shared, self.predicted.entities, self.gold.entities)

    @cached_property
    def whole_entities(self) -> set[str]:
        """The predicted entities (ids) that have just the spans of the gold entity which they stand for."""
        predicted, gold, aligned = self.predicted.entities, self.gold.entities, self.entities
        return {
            predicted[row].id
            for (row, column), s in self.shared.items()
            if s == len(predicted[row].mentions) == len(gold[column].mentions)
            and aligned.get(predicted[row].id) == gold[column].id
        }

    @cached_property
    def voices(self) -> dict[str, str]:
        """Predicted onto gold entities (ids), for stance: an ISSUE is found by overlap, the author is himself."""
        predicted, gold = self.predicted.entities, self.gold.entities
        mine = {row for row, entity in enumerate(predicted) if entity.type == ISSUE}
        yours = {column for column, entity in enumerate(gold) if entity.type == ISSUE}
        if predicted is gold or not (mine or yours):
            return self.entities | {AUTHOR: AUTHOR}
        soft = _soft_shares(predicted, gold, mine, yours)
        mixed = [pair for pair in (*self.shared, *soft) if (pair[0] in mine) != (pair[1] in yours)]
        if mixed:
            return _assigned(_hard_shares(self.shared, mine, yours) | soft, predicted, gold) | {AUTHOR: AUTHOR}
        # No ISSUE meets an entity of another type: those of other types stand for each other as they do in relations.
        others = {one: other for one, other in self.entities.items() if self.predicted_entities[one].type != ISSUE}
        return others | _assigned(soft, predicted, gold) | {AUTHOR: AUTHOR}

    @cached_property
    def gold_entities(self) -> dict[str, Entity]:
        """Gold's entities by their id."""
        return {entity.id: entity for entity in self.gold.entities}

    @cached_property
    def predicted_entities(self) -> dict[str, Entity]:
        """The predicted entities by their id."""
        return {entity.id: entity for entity in self.predicted.entities}

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


def once(pair: Pair, name: str, make: Callable[[], Made]) -> Made:
    """What ``make`` gives for a pair, worked out once and kept under a name."""
    if name not in pair.memory:
        pair.memory[name] = make()
    return cast(Made, pair.memory[name])


def _names(document: Document) -> frozenset[Name]:
    return frozenset(
        [
            (mention.start, mention.end, entity.type)
            for entity in document.entities
            if entity.type != ISSUE
            for mention in entity.mentions
            if mention.form == NAME
        ]
    )


def _nominals(document: Document) -> dict[Name, str]:
    return {
        (mention.start, mention.end, entity.type): mention.form
        for entity in document.entities
        if entity.type != ISSUE
        for mention in entity.mentions
        if mention.form != NAME
    }
