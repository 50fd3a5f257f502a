"""Joins of columns: which rows of one table belong to which rows of another, over many documents at once.

A column is an array of whole numbers; a row of a table has the same position in all its columns. What a join gives are
positions, so that whatever is known of a row is got by indexing. Nothing here loops over rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

Column = np.ndarray[Any, np.dtype[np.int64]]
"""Whole numbers, a row each: ids, offsets, positions in another table."""
Mask = np.ndarray[Any, np.dtype[np.bool_]]
"""Which rows are chosen."""

NONE = -1
"""The position of a partner that there is not."""

_MOST = 1 << 62


def as_column(values: Sequence[int]) -> Column:
    """A column of these numbers."""
    return np.array(values, dtype=np.int64)


def as_pairs(pairs: Iterable[tuple[int, int]]) -> tuple[Column, Column]:
    """A column of the first and one of the second numbers of pairs."""
    columns = np.array([*pairs], dtype=np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def keys(mine: Sequence[Column], yours: Sequence[Column] = ()) -> tuple[Column, Column]:
    """A single column for several of each side: rows are equal in it, on either side, where they are in all of them.

    Rows stand in the order of the columns, the first above all. No value is less than NONE.
    """
    whole = [np.concatenate(both) + 1 for both in zip(mine, yours, strict=True)] if yours else [one + 1 for one in mine]
    key, size = whole[0], int(whole[0].max(initial=0)) + 1
    for following in whole[1:]:
        width = int(following.max(initial=0)) + 1
        if size * width > _MOST:
            values, key = np.unique(key, return_inverse=True)
            size = len(values)
        key, size = key * width + following, size * width
    return key[: len(mine[0])], key[len(mine[0]) :]


def ranks(key: Column) -> Column:
    """For each row, how many rows before it have the same key."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(key)])
    found = np.empty(len(key), dtype=np.int64)
    found[order] = np.arange(len(key)) - np.repeat(first, np.diff(first, append=len(key)))
    return found


def partner(mine: Column, yours: Column) -> Column:
    """For each row of mine the row of yours with its key, or NONE; in yours, no key stands twice."""
    if not len(yours):
        return np.full(len(mine), NONE)
    order = np.argsort(yours, kind="stable")  # Fast where yours is in order already, as it mostly is.
    ordered = yours[order]
    at = np.searchsorted(ordered, mine)
    at[at == len(yours)] = 0
    return np.where(ordered[at] == mine, order[at], NONE)


def paired(mine: Column, yours: Column) -> tuple[Column, Column]:
    """One-to-one pairs of rows with the same key, as many as can be: the first of a key with the first, and so on."""
    key = np.append(mine, yours)
    order = np.argsort(key, kind="stable")
    ordered, ours = key[order], order < len(mine)
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(key)])
    sizes = np.diff(first, append=len(key))
    # Of a key's rows, mine come before yours.
    at = np.arange(len(key)) + np.repeat(np.diff(np.append(0, np.cumsum(ours))[np.append(first, len(key))]), sizes)
    both = ours & (at < np.repeat(first + sizes, sizes))
    return order[both], order[at[both]] - len(mine)


def paired_by_label(mine: Column, labels: Column, yours: Column, your_labels: Column) -> tuple[Column, Column]:
    """Pairs as `paired` gives them, of rows with the same label first, the others in the order of their labels."""
    rows, found = paired(*keys((mine, labels), (yours, your_labels)))
    left, rest = others(rows, len(mine)), others(found, len(yours))
    left, rest = left[np.argsort(labels[left], kind="stable")], rest[np.argsort(your_labels[rest], kind="stable")]
    more, more_found = paired(mine[left], yours[rest])
    return np.append(rows, left[more]), np.append(found, rest[more_found])


def marked(rows: Column, size: int) -> Mask:
    """Which rows of a table of this size are among these."""
    found = np.zeros(size, dtype=bool)
    found[rows] = True
    return found


def others(rows: Column, size: int) -> Column:
    """The rows of a table of this size that are not among these, in order."""
    return np.flatnonzero(~marked(rows, size))


def ranges(first: Column, after: Column) -> tuple[Column, Column]:
    """Every position of every range from ``first`` up to, not including, ``after``: (number of the range, position)."""
    sizes = np.maximum(after - first, 0)
    number = np.repeat(np.arange(len(first)), sizes)
    before = np.cumsum(sizes) - sizes
    return number, np.arange(len(number)) + (first - before)[number]


def matches(mine: Column, yours: Column) -> tuple[Column, Column]:
    """Every two rows that have the same key."""
    order = np.argsort(yours, kind="stable")
    ordered = yours[order]
    rows, at = ranges(np.searchsorted(ordered, mine), np.searchsorted(ordered, mine, side="right"))
    return rows, order[at]


def rivals(mine: Column, yours: Column) -> tuple[Column, Column]:
    """Every two rows that have the same key, of keys that have more than one such pair."""
    number = np.unique(np.append(mine, yours), return_inverse=True)[1]
    numbers = number[: len(mine)], number[len(mine) :]
    several = np.prod([np.bincount(one, minlength=len(number)) for one in numbers], axis=0) > 1
    rows, others_ = (np.flatnonzero(several[one]) for one in numbers)
    at, your_at = matches(mine[rows], yours[others_])
    return rows[at], others_[your_at]


class Spans(NamedTuple):
    """Where each row begins and ends, half-open."""

    start: Column
    end: Column

    def chosen(self, rows: Column | Mask) -> "Spans":
        """The spans of some rows."""
        return Spans(self.start[rows], self.end[rows])


def covered(owner: Column, spans: Spans, size: int) -> Column:
    """How many places the spans of each of ``size`` owners cover together."""
    apart = owner * spans.end.max(initial=0)
    start, end = apart + spans.start, apart + spans.end
    order = np.argsort(start, kind="stable")
    reach = np.maximum.accumulate(end[order])
    more = reach - np.maximum(start[order], np.append(0, reach)[:-1])
    return np.bincount(owner[order], more, minlength=size).astype(np.int64)


def overlaps(mine: Spans, yours: Spans) -> tuple[Column, Column]:
    """Every two rows whose spans overlap: either begins within the other."""
    order, your_order = np.argsort(mine.start), np.argsort(yours.start)
    starts, your_starts = mine.start[order], yours.start[your_order]
    rows, at = ranges(np.searchsorted(your_starts, mine.start), np.searchsorted(your_starts, mine.end))
    found, back = ranges(np.searchsorted(starts, yours.start, side="right"), np.searchsorted(starts, yours.end))
    return np.append(rows, order[back]), np.append(your_order[at], found)


class Meetings(NamedTuple):
    """The spans of two sides that hang together by overlaps, in groups that have some of both sides.

    ``mine`` and ``yours`` are the rows of groups of one of each side, which stand for each other if any do.
    ``many_mine`` and ``many_yours`` are the rows of larger groups, and ``mine_group`` and ``your_group`` the numbers of
    these groups; rows stand in the order of their places.
    """

    mine: Column
    yours: Column
    many_mine: Column
    many_yours: Column
    mine_group: Column
    your_group: Column


def meetings(mine: Spans, yours: Spans) -> Meetings:
    """How the spans of two sides hang together."""
    count = len(mine.start)
    start, end = np.append(mine.start, yours.start), np.append(mine.end, yours.end)
    order = np.argsort(start, kind="stable")
    apart = start[order[1:]] >= np.maximum.accumulate(end[order])[:-1]
    group = np.append(0, np.cumsum(apart))[: len(order)]
    ours = order < count
    rows, facing, group, your_group = order[ours], order[~ours] - count, group[ours], group[~ours]
    total = len(order) + 1
    numbers, your_numbers = np.bincount(group, minlength=total), np.bincount(your_group, minlength=total)
    alone = (numbers == 1) & (your_numbers == 1)
    many = (numbers > 0) & (your_numbers > 0) & ~alone
    one, other, crowd, your_crowd = alone[group], alone[your_group], many[group], many[your_group]
    return Meetings(rows[one], facing[other], rows[crowd], facing[your_crowd], group[crowd], your_group[your_crowd])
