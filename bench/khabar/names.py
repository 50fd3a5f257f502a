"""Which predicted name stands for which gold name: one matching for each mention measure, optimal for that measure.

Most names of a good prediction equal a name of gold in span and type. They are found at once, and each measure then
looks only at what is left over; of that, a name of each side that meet each other and nothing else need no search.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from khabar.align import components, heaviest, intersection_and_union, overlapping
from khabar.block import Block, Items, Numbers, Table, count
from khabar.columns import Side
from khabar.counts import GRAIN
from khabar.joins import (
    NONE,
    Column,
    Mask,
    Meetings,
    Spans,
    as_column,
    as_pairs,
    marked,
    meetings,
    others,
    overlaps,
    paired,
    partner,
)
from khabar.model import NAME, Edges
from khabar.quotes import PROCLITICS
from khabar.tags import Labelled

Facet = Literal["type", "depth"]
"""What names are counted by: their entity type, or whether they lie inside another name."""

DEPTHS = ("nested", "outer")
"""Whether a name lies inside a wider one of its side, or not."""


class Names(NamedTuple):
    """Mentions as the entity measures see them, in the order of the text: document, span, place and entity type.

    A document holds a span once per type, so that no two rows of a side have the same ``key`` (place and type).
    """

    document: Column
    span: Spans
    place: Column
    type: Column
    key: Column

    def chosen(self, rows: Column | Mask) -> "Names":
        """Some of the rows."""
        return Names(self.document[rows], self.span.chosen(rows), self.place[rows], self.type[rows], self.key[rows])

    def apart(self, block: Block) -> Spans:
        """Their spans, those of each type in a long text of its own, so that only names of one type meet."""
        shift = self.type * block.begins[-1]
        return Spans(self.span.start + shift, self.span.end + shift)


class Sides(NamedTuple):
    """The names of both sides, and what is equal in them.

    ``gold`` and ``predicted`` are names of every type but ISSUE, ``ignored`` gold's mentions that are no names, which
    the entity measures neither reward nor punish, ``nominal`` the predicted mentions that call themselves no names.
    ``equal`` is for each predicted name the gold name of the same span and type, or NONE; ``left_predicted`` and
    ``left_gold`` are the names without.
    """

    predicted: Names
    gold: Names
    nominal: Names
    ignored: Names
    equal: Column
    left_predicted: Column
    left_gold: Column


def sides(block: Block) -> Sides:
    """The names of a block."""
    predicted, nominal = _names(block.predicted)
    gold, ignored = _names(block.gold)
    equal = partner(predicted.key, gold.key)
    found = equal != NONE
    return Sides(predicted, gold, nominal, ignored, equal, np.flatnonzero(~found), others(equal[found], len(gold.key)))


def _names(side: Side) -> tuple[Names, Names]:
    """The names of a side, and its other mentions; ISSUE aside."""
    type_ = side.type[side.owner]
    key = side.place * len(side.types) + type_
    order = np.argsort(key)
    order = order[type_[order] != side.issue]
    named = side.named[order]
    document = side.document[side.owner]
    everything = Names(document, side.span, side.place, type_, key)
    return everything.chosen(order[named]), everything.chosen(order[~named])


def of_documents(block: Block) -> Iterator[tuple[str, list[Labelled], list[Labelled]]]:
    """The text of each document with its predicted names and those of gold, in order."""
    names = block.once(sides)
    found = []
    for side in (names.predicted, names.gold):
        begins = np.searchsorted(side.document, np.arange(block.documents + 1)).tolist()
        shift = block.begins[side.document]
        starts, ends = (side.span.start - shift).tolist(), (side.span.end - shift).tolist()
        labelled = list(zip(starts, ends, [block.gold.types[at] for at in side.type.tolist()], strict=True))
        found.append([labelled[first:after] for first, after in pairwise(begins)])
    yield from zip(block.texts, *found, strict=True)


class Matching(NamedTuple):
    """The names that stand for each other by one measure: rows of the predicted and of the gold names, and the credit.

    ``excused`` are predicted names that stand where gold has a mention that is no name, and do not count. Of matchings
    with the same credit it is one that leaves most of them over.
    """

    predicted: Column
    gold: Column
    credit: Numbers
    excused: Column


def _matching(names: Sides, kept: Mask | None, mine: Column, yours: Column, credit: Numbers | float) -> Matching:
    """Equals (``kept``: some, None for all) and other pairs; names on an ignored mention of their type are excused."""
    equal = np.flatnonzero(names.equal != NONE if kept is None else kept)
    predicted, gold = np.append(equal, mine), np.append(names.equal[equal], yours)
    credits_ = np.append(np.ones(len(equal)), np.broadcast_to(credit, len(mine)))
    return Matching(predicted, gold, credits_, _excused_typed(names, predicted))


_NO_ROWS = as_column([])


def _excused_typed(names: Sides, matched: Column) -> Column:
    """The predicted names that match nothing and have the span and type of an ignored mention."""
    if not len(names.ignored.key):
        return _NO_ROWS
    left = others(matched, len(names.predicted.key))
    excused: Column = left[_excusable_typed(names, left)]
    return excused


def _excusable_typed(names: Sides, rows: Column) -> Mask:
    """Which of some predicted names have the span and type of an ignored mention."""
    found: Mask = partner(names.predicted.key[rows], names.ignored.key) != NONE
    return found


def _excusable(names: Sides, rows: Column) -> Mask:
    """Which of some predicted names can be excused by their span, one for each ignored mention there."""
    found = np.zeros(len(rows), dtype=bool)
    found[paired(names.predicted.place[rows], names.ignored.place)[0]] = True
    return found


def strict(block: Block) -> Matching:
    """The same span and type."""
    return _matching(block.once(sides), None, _NO_ROWS, _NO_ROWS, 1.0)


def exact(block: Block) -> Matching:
    """The same span; names of equal type are matched first, so that as many types as possible are right."""
    names = block.once(sides)
    found = _matching(names, None, *block.once(_same_places), 1.0)
    return found._replace(excused=_excused(names, found))


def _same_places(block: Block) -> tuple[Column, Column]:
    """Pairs of names left over that have the same span and another type, in the order of their types."""
    names = block.once(sides)
    mine, yours = names.left_predicted, names.left_gold
    m, y = paired(names.predicted.place[mine], names.gold.place[yours])
    return mine[m], yours[y]


def _excused(names: Sides, found: Matching) -> Column:
    """Of the predicted names that match nothing, those on the span of an ignored mention, one for each of these."""
    typed = found.excused
    if not len(names.ignored.key):
        return typed
    left = others(np.append(found.predicted, typed), len(names.predicted.key))
    open_ = others(partner(names.predicted.key[typed], names.ignored.key), len(names.ignored.key))
    more, _ = paired(names.predicted.place[left], names.ignored.place[open_])
    return np.append(typed, left[more])


def partial_overlap(block: Block) -> Matching:
    """The same span for 1, then any overlap of the names left over for ½.

    That is optimal: a pair of equal spans weighs 1, and taking it apart frees at most two overlaps of ½. Nor does it
    leave over more names that are excused, as one more name is matched.
    """
    names = block.once(sides)
    same_mine, same_yours = block.once(_same_places)
    mine = names.left_predicted[~marked(same_mine, len(names.predicted.key))[names.left_predicted]]
    yours = names.left_gold[~marked(same_yours, len(names.gold.key))[names.left_gold]]
    met = meetings(names.predicted.span.chosen(mine), names.gold.span.chosen(yours))
    rows = mine[met.many_mine]
    m, y = _overlapping(block, rows, yours[met.many_yours], _excusable(names, rows))
    m, y = np.append(mine[met.mine], m), np.append(yours[met.yours], y)
    credit = np.repeat([1.0, 0.5], (len(same_mine), len(m)))
    found = _matching(names, None, np.append(same_mine, m), np.append(same_yours, y), credit)
    return found._replace(excused=_excused(names, found))


def _overlapping(
    block: Block, mine: Column, yours: Column, excusable: Mask, *, by_type: bool = False
) -> tuple[Column, Column]:
    """A maximum one-to-one matching of overlapping names among these rows; ``by_type``: of names of one type.

    Of all of them it is one that matches most predicted names that are not ``excusable``: these are matched first, as
    many as can be, and the others by augmenting paths, which leave matched what is (Berge 1957).
    """
    names = block.once(sides)
    firm = mine[~excusable]
    groups = [(firm, yours)]
    if by_type:
        sides_ = (names.predicted.type[firm], names.gold.type[yours])
        groups = [(firm[sides_[0] == one], yours[sides_[1] == one]) for one in np.intersect1d(*sides_)]
    owner: dict[int, int] = {}
    for rows, facing in groups:
        left, right = _as_tuples(names.predicted, rows), _as_tuples(names.gold, facing)
        owner |= {int(facing[y]): int(rows[m]) for m, y in overlapping(left, right)}
    if excusable.any():
        predicted, gold = names.predicted.chosen(mine), names.gold.chosen(yours)
        spans = (predicted.apart(block), gold.apart(block)) if by_type else (predicted.span, gold.span)
        alternatives: dict[int, list[int]] = {}
        for m, y in zip(*map(Column.tolist, overlaps(*spans)), strict=True):
            alternatives.setdefault(int(mine[m]), []).append(int(yours[y]))
        spent: set[int] = set()
        for row in mine[excusable].tolist():
            _augment(alternatives, owner, row, spent)
    pairs = as_pairs(owner.items())
    return pairs[1], pairs[0]


def _as_tuples(names: Names, rows: Column) -> list[tuple[int, int, int]]:
    start, end, type_ = (one[rows].tolist() for one in (names.span.start, names.span.end, names.type))
    return list(zip(start, end, type_, strict=True))


def _met(block: Block) -> Meetings:
    """How names of one type hang together."""
    names = block.once(sides)
    return meetings(names.predicted.apart(block), names.gold.apart(block))


def same_type(block: Block) -> Matching:
    """Any overlap and the same type.

    Names with their equal in gold are set free again where they hang together with names left over on both sides: two
    overlaps may take the place of one pair of equals.
    """
    names = block.once(sides)
    met = block.once(_met)
    # Where a group has names left over on both sides, all its names are matched anew.
    open_, found = names.equal == NONE, np.zeros(len(names.gold.key), dtype=bool)
    found[names.equal[~open_]] = True
    groups = 1 + int(met.mine_group.max(initial=0))
    freed = marked(met.mine_group[open_[met.many_mine]], groups) & marked(
        met.your_group[~found[met.many_yours]], groups
    )
    again, facing = freed[met.mine_group], freed[met.your_group]
    kept = np.zeros(len(open_), dtype=bool)
    kept[met.many_mine[~again]] = True
    rows = met.many_mine[again]
    m, y = _overlapping(block, rows, met.many_yours[facing], _excusable_typed(names, rows), by_type=True)
    return _matching(names, kept & ~open_, np.append(met.mine, m), np.append(met.yours, y), 1.0)


def graded(block: Block) -> Matching:
    """The same type; the credit is the intersection over union of the spans, in characters.

    Equals are matched first. That is optimal: 1 minus the intersection over union is a metric, so by its triangle
    inequality two overlaps in the place of a pair of equals earn no more than the pair and the overlap of the
    other two. Of names that could be excused as few as may be are matched: each lessens the sum by less than a grain.
    """
    names = block.once(sides)
    mine, yours = names.left_predicted, names.left_gold
    predicted = names.predicted.chosen(mine).apart(block)
    gold = names.gold.chosen(yours).apart(block)
    met = meetings(predicted, gold)
    m, y = overlaps(predicted.chosen(met.many_mine), gold.chosen(met.many_yours))
    m, y = met.many_mine[m], met.many_yours[y]
    credit = np.round(_credit(predicted, m, gold, y) / GRAIN).astype(np.int64)
    earned = dict(zip(zip(m.tolist(), y.tolist(), strict=True), credit.tolist(), strict=True))
    soft = frozenset(np.flatnonzero(_excusable_typed(names, mine)).tolist())
    chosen = [pair for group in components(earned) for pair in heaviest(_firm_first(group, soft))]
    m, y = as_pairs(chosen)
    m, y = np.append(met.mine, m), np.append(met.yours, y)
    return _matching(names, None, mine[m], yours[y], _credit(predicted, m, gold, y))


def _firm_first(earned: dict[tuple[int, int], int], soft: frozenset[int]) -> dict[tuple[int, int], int]:
    """Weights in the order of what pairs earn, and of as much, in the order of how few rows of ``soft`` they have."""
    here = soft.intersection([row for row, _ in earned])
    return {pair: amount * (len(here) + 1) - (pair[0] in here) for pair, amount in earned.items()} if here else earned


def _credit(predicted: Spans, mine: Column, gold: Spans, yours: Column) -> Numbers:
    common, union = intersection_and_union(predicted.chosen(mine), gold.chosen(yours))
    credit: Numbers = np.round(common / union / GRAIN) * GRAIN
    return credit


def clitic(block: Block) -> Matching:
    """The same span and type, or a span that differs only by what Arabic writes together with a name.

    The predicted name may be wider at its start by proclitics (``[وف]?[بكلس]?``), wider at either edge by
    punctuation, or lack the ل that stands for ال after the preposition ل («للعراق»). The matching of equals is
    made maximum by augmenting paths (Berge 1957).
    """
    names = block.once(sides)
    alternatives = _within_clitics(block, names)
    equal, found = names.equal.tolist(), {at for facing in alternatives.values() for at in facing}
    owner = {equal[row]: row for row in np.flatnonzero(np.isin(names.equal, list(found))).tolist()}
    for at, row in owner.items():
        alternatives.setdefault(row, []).append(at)
    spent: set[int] = set()
    rows = as_column([row for row in alternatives if equal[row] == NONE])
    for row in rows[np.argsort(_excusable_typed(names, rows), kind="stable")].tolist():
        _augment(alternatives, owner, row, spent)
    pairs = as_pairs(owner.items())
    kept = (names.equal != NONE) & ~marked(pairs[0], len(names.gold.key) + 1)[names.equal]
    return _matching(names, kept, pairs[1], pairs[0], 1.0)


def _augment(alternatives: Mapping[int, Sequence[int]], owner: dict[int, int], row: int, spent: set[int]) -> None:
    """Find a gold name for a predicted one, if need be by finding others for those that have theirs now.

    ``spent`` are gold names from which no free one is reached: once that is so of a name, it stays so.
    """
    reached: dict[int, int] = {}
    through = {row: NONE}
    waiting = [row]
    for one in waiting:
        for at in alternatives.get(one, ()):
            if at in reached or at in spent:
                continue
            reached[at] = one
            if at in owner:
                through[owner[at]] = at
                waiting.append(owner[at])
                continue
            while at != NONE:
                owner[at] = reached[at]
                at = through[reached[at]]
            return
    spent.update(reached)


def _within_clitics(block: Block, names: Sides) -> dict[int, list[int]]:
    """For each predicted name the gold names of its type that it may stand for, besides its equal; in text order."""
    met = block.once(_met)
    m, y = overlaps(names.predicted.chosen(met.many_mine).apart(block), names.gold.chosen(met.many_yours).apart(block))
    rows, facing = np.append(met.mine, met.many_mine[m]), np.append(met.yours, met.many_yours[y])
    mine, yours = names.predicted.span.chosen(rows), names.gold.span.chosen(facing)
    near = (names.equal[rows] != facing) & (mine.start - 1 <= yours.start) & (yours.end <= mine.end)
    document = names.predicted.document[rows]
    shift = block.begins[document]
    columns = (rows, facing, document, *(edge - shift for edge in (*mine, *yours)))
    found: dict[int, list[int]] = {}
    for row, at, one, start, end, first, last in sorted(zip(*(c[near].tolist() for c in columns), strict=True)):
        if (first, last) in _narrower(block.texts[one], start, end):
            found.setdefault(row, []).append(at)
    return found


def _narrower(text: str, start: int, end: int) -> set[Edges]:
    """The spans that a name may stand for by its clitics and punctuation, besides its own."""
    starts, ends = [start], [end]
    if text[start] in _BEFORE:
        starts += [at for at in (start + 1, start + 2) if at < end and PROCLITICS.fullmatch(text, start, at)]
    elif not text[start].isalnum():
        starts += _inwards(text, start, end, 1)
    if start > 1 and text[start - 1] == text[start - 2] == "ل":
        starts.append(start - 1)
    if not text[end - 1].isalnum():
        ends += _inwards(text, start, end, -1)
    return {(s, e) for s in starts for e in ends if s < e} - {(start, end)}


_BEFORE = frozenset("وفبكلس")


def _inwards(text: str, start: int, end: int, step: Literal[1, -1]) -> Iterator[int]:
    """The edges further in that are reached by passing punctuation and white space only."""
    at = start if step == 1 else end - 1
    while start <= at < end and _is_mark(text[at]):
        at += step
        yield at if step == 1 else at + 1


def _is_mark(character: str) -> bool:
    return not character.isalnum() and (character.isspace() or unicodedata.category(character)[0] in "PS")


# -- counting ----------------------------------------------------------------------------------------------------


def tally(block: Block, matching: Matching, facet: Facet = "type") -> Table:
    """Counts of a matching by type or depth.

    A false positive is booked under the predicted label, a miss under the gold label. A match is booked on each side
    under that side's type; but a name inside another name may stand for an outer one, and has its depth then, so that
    at each depth no more is matched than was predicted. Quotes that were not located have a type, but no depth.
    """
    labels, predicted, gold = block.once(_types if facet == "type" else _depths)
    if facet == "depth":
        label = predicted.label.copy()
        label[matching.predicted] = gold.label[matching.gold]
        predicted = predicted._replace(label=label)
    return count(
        block,
        labels,
        predicted.chosen(matching.predicted),
        predicted.chosen(others(matching.excused, len(predicted.label))),
        gold.chosen(matching.gold),
        gold,
        matching.credit,
        lost="entities" if facet == "type" else "",
    )


ByLabel = tuple[Sequence[str], Items, Items]
"""Labels, and the predicted and gold names with theirs."""


def _types(block: Block) -> ByLabel:
    names = block.once(sides)
    predicted, gold = (Items(side.document, side.type) for side in (names.predicted, names.gold))
    return block.gold.types, predicted, gold


def _depths(block: Block) -> ByLabel:
    names = block.once(sides)
    predicted, gold = (Items(side.document, _outer(side).astype(np.int64)) for side in (names.predicted, names.gold))
    return DEPTHS, predicted, gold


def _outer(names: Names) -> Mask:
    """Which names do not lie inside a wider one."""
    start, end = names.span
    new = np.append(True, start[1:] != start[:-1])[: len(start)]
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    before, last = np.append(-1, np.maximum.accumulate(end))[first], end[np.append(first, len(end))[1:] - 1]
    # Of the names that begin where it does, the last is the widest; of those that begin before it, any may be.
    outer: Mask = (before[group] < end) & (last[group] == end)
    return outer


def recall_by_form(block: Block) -> Table:
    """How many of gold's mentions of each form stand in the prediction with the same span and type.

    A prediction is not asked for the form, so there is a recall, but no precision.
    """
    names = block.once(sides)
    side = block.gold
    asked = np.flatnonzero(~side.named & (side.type[side.owner] != side.issue))
    key = np.append(names.gold.key, side.place[asked] * len(side.types) + side.type[side.owner][asked])
    gold = Items(
        np.append(names.gold.document, side.document[side.owner][asked]),
        np.append(np.full(len(names.gold.key), len(side.forms)), side.form[asked]),
    )
    given = partner(key, np.append(names.predicted.key, names.nominal.key))
    nothing = gold.chosen(_NO_ROWS)
    return count(block, (*side.forms, NAME), nothing, nothing, gold.chosen(np.flatnonzero(given != NONE)), gold)
