"""Sections as runs of paragraphs, on both sides of many documents, and what of them agrees.

The paragraphs of all documents are rows, in the order of the texts. Where a side cuts the texts is a mask over them:
whether a segment begins with each paragraph, the first of a document aside.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from khabar.block import Block, Items, Numbers, Table, count
from khabar.columns import coded, position
from khabar.joins import NONE, Column, Mask, Spans, as_column, keys, partner, ranges
from khabar.model import WHITE_SPACE, Quote, Section, paragraphs

_WHITE = np.zeros(ord(max(WHITE_SPACE)) + 2, dtype=bool)
"""Whether a character is white space, by its code point; the last place stands for all that follow."""
_WHITE[[ord(character) for character in WHITE_SPACE]] = True


class Paragraphs(NamedTuple):
    """The paragraphs of documents, a row each: the document, and the span in the long text.

    ``begins`` says at which row each document begins, and where the last one ends.
    """

    document: Column
    span: Spans
    begins: Column


def paragraphs_of(block: Block) -> Paragraphs:
    """The paragraphs of all texts, as `model.paragraphs` has those of one."""
    whole = "\n".join(pair.gold.text for pair in block.pairs)
    characters = np.array([whole]).view(np.uint32)[: len(whole)]
    line_ends = np.flatnonzero(characters == ord("\n"))
    start, end = np.append(0, line_ends + 1), np.append(line_ends, len(whole))
    start, end = start[start < end], end[start < end]
    first, last = (_WHITE[np.minimum(characters[place], len(_WHITE) - 1)] for place in (start, end - 1))
    loose = np.flatnonzero(first | last)
    if len(loose):
        lines = zip(start[loose].tolist(), end[loose].tolist(), strict=True)
        left, right = np.array([next(paragraphs(whole[one:after]), (0, 0)) for one, after in lines]).T
        start[loose], end[loose] = start[loose] + left, start[loose] + right
        start, end = start[start < end], end[start < end]
    # The line feeds that join the texts are not in the long text.
    numbers = np.arange(len(block.begins))
    begins = np.searchsorted(start, block.begins + numbers)
    document = np.repeat(numbers[:-1], np.diff(begins))
    return Paragraphs(document, Spans(start - document, end - document), begins)


class Segmentation(NamedTuple):
    """The sections of one side, a row each, and how they cut the texts.

    Of a section: its document, its first and its last paragraph (NONE where it holds most of none). Of a paragraph:
    its section (NONE where it has none), and whether it is a boundary. Paragraphs that no section covers form one
    segment without a section per gap.
    """

    sections: Sequence[Section]
    document: Column
    first: Column
    last: Column
    section: Column
    boundary: Mask

    @property
    def held(self) -> Column:
        """The sections that hold most of any paragraph."""
        return np.flatnonzero(self.first != NONE)


class Segmented(NamedTuple):
    """Both sides of documents, cut into segments."""

    paragraphs: Paragraphs
    predicted: Segmentation
    gold: Segmentation


def segmented(block: Block) -> Segmented:
    """The documents of a block, cut into segments by their sections on both sides."""
    lines = paragraphs_of(block)
    predicted, gold = (
        _segmentation([getattr(pair, side).subsections for pair in block.pairs], lines, block.begins)
        for side in ("predicted", "gold")
    )
    return Segmented(lines, predicted, gold)


def _segmentation(layers: Sequence[Sequence[Section]], lines: Paragraphs, begins: Column) -> Segmentation:
    sections = [section for layer in layers for section in layer]
    document = np.repeat(np.arange(len(layers)), as_column([len(layer) for layer in layers]))
    spans = _in_long_text(sections, begins[document])
    section = _sections_of(lines.span, spans)
    rows = np.flatnonzero(section != NONE)
    first, last = np.full(len(sections), NONE), np.full(len(sections), NONE)
    first[section[rows[::-1]]], last[section[rows]] = rows[::-1], rows
    boundary = np.zeros(len(section), dtype=bool)
    boundary[1:] = (section[1:] != section[:-1]) & (lines.document[1:] == lines.document[:-1])
    return Segmentation(sections, document, first, last, section, boundary)


def _in_long_text(found: Sequence[Section | Quote], shift: Column) -> Spans:
    return Spans(as_column([one.start for one in found]) + shift, as_column([one.end for one in found]) + shift)


def _sections_of(lines: Spans, sections: Spans) -> Column:
    """The section of each paragraph: the one that holds most of it, the earlier one of two that hold as much."""
    order = np.argsort(sections.start, kind="stable")
    start, end = sections.start[order], sections.end[order]
    at, row = ranges(np.searchsorted(lines.end, start, side="right"), np.searchsorted(lines.start, end))
    if (row[1:] == row[:-1]).any():
        held = np.minimum(lines.end[row], end[at]) - np.maximum(lines.start[row], start[at])
        worst_first = np.lexsort((-at, held))
        at, row = at[worst_first], row[worst_first]
    found = np.full(len(lines.start), NONE)
    found[row] = order[at]  # What is written last stays.
    return found


class Segment(NamedTuple):
    """A run of paragraphs ``first`` to ``last`` (0-based, inclusive) and its section; None for a gap."""

    first: int
    last: int
    section: Section | None


def segments(one: Segmentation) -> tuple[Segment, ...]:
    """The segments of a single document, in order."""
    owners = one.section.tolist()
    starts = [0, *np.flatnonzero(one.boundary).tolist()] if owners else []
    return tuple(
        Segment(first, after - 1, one.sections[owners[first]] if owners[first] != NONE else None)
        for first, after in zip(starts, [*starts[1:], len(owners)], strict=False)
    )


# -- sections with a label -------------------------------------------------------------------------------------


def _kinds(block: Block) -> tuple[tuple[str, ...], list[Column]]:
    _, mine, yours = block.once(segmented)
    return coded(*([section.kind for section in side.sections] for side in (mine, yours)))


def same_paragraphs(block: Block) -> tuple[Column, Column]:
    """The predicted sections with the paragraphs of a gold one, and that one. None matches two."""
    _, mine, yours = block.once(segmented)
    rows = mine.held
    found = yours.section[mine.first[rows]]
    rows, found = rows[found != NONE], found[found != NONE]
    equal = (mine.first[rows] == yours.first[found]) & (mine.last[rows] == yours.last[found])
    return rows[equal], found[equal]


def matched(block: Block) -> tuple[Column, Column]:
    """Of these, the ones that have the same kind too."""
    _, (kind, your_kind) = block.once(_kinds)
    rows, found = block.once(same_paragraphs)
    equal = kind[rows] == your_kind[found]
    return rows[equal], found[equal]


def labelled(block: Block) -> Table:
    """Sections by their paragraphs and kind; one that holds most of no paragraph is an item that matches nothing."""
    _, mine, yours = block.once(segmented)
    labels, (kind, your_kind) = block.once(_kinds)
    predicted, gold = Items(mine.document, kind), Items(yours.document, your_kind)
    rows, found = block.once(matched)
    right, there = predicted.chosen(rows), gold.chosen(found)
    return count(block, labels, right, predicted, there, gold.chosen(yours.held), lost="subsections")


def function(block: Block) -> Table:
    """Sections by their paragraphs, kind and function; those without a function are left out."""
    _, mine, yours = block.once(segmented)
    labels, (one, other) = coded(*([section.function or "" for section in side.sections] for side in (mine, yours)))
    none = position(labels, "")
    rows, found = block.once(matched)
    equal = (one[rows] == other[found]) & (one[rows] != none)
    predicted, gold = Items(mine.document, one), Items(yours.document, other)
    return count(
        block,
        labels,
        predicted.chosen(rows[equal]),
        predicted.chosen(mine.held[one[mine.held] != none]),
        gold.chosen(found[equal]),
        gold.chosen(yours.held[other[yours.held] != none]),
    )


# -- places ----------------------------------------------------------------------------------------------------


def boundary(block: Block) -> Table:
    """Boundaries, matched where they are."""
    _, mine, yours = block.once(segmented)
    return _places(block, mine.boundary, yours.boundary)


def story(block: Block) -> Table:
    """Paragraphs at which another story begins."""
    _, mine, yours = block.once(segmented)
    return _places(block, _turns(mine), _turns(yours))


def _turns(side: Segmentation) -> Mask:
    """Where a section of another story than the one before it begins; a gap has no story."""
    known: dict[int | None, int] = {None: NONE}
    number = as_column([known.setdefault(section.story, len(known)) for section in side.sections])
    rows = side.held[number[side.held] != NONE]
    rows = rows[np.argsort(side.first[rows])]
    before, after = rows[:-1], rows[1:]
    found = np.zeros(len(side.section), dtype=bool)
    found[side.first[after[(number[after] != number[before]) & (side.document[after] == side.document[before])]]] = True
    return found


def _places(block: Block, mine: Mask, yours: Mask) -> Table:
    """Paragraphs that each side chooses, matched where they are."""
    document = block.once(segmented).paragraphs.document
    both, predicted, gold = (_unlabelled(document[chosen]) for chosen in (mine & yours, mine, yours))
    return count(block, ("",), both, predicted, both, gold)


def _unlabelled(document: Column) -> Items:
    return Items(document, np.zeros(len(document), dtype=np.int64))


def heading(block: Block) -> Table:
    """Headings, matched where they are. Those of a document do not overlap."""
    _, mine, yours = block.once(segmented)
    (document, spans), (your_document, your_spans) = _headings(mine, block.begins), _headings(yours, block.begins)
    right = _unlabelled(document[partner(*keys(spans, your_spans)) != NONE])
    return count(block, ("",), right, _unlabelled(document), right, _unlabelled(your_document), lost="heading")


def _headings(side: Segmentation, begins: Column) -> tuple[Column, Spans]:
    """The documents and spans of the headings."""
    found = [section.heading for section in side.sections if section.heading]
    document = side.document[as_column([row for row, section in enumerate(side.sections) if section.heading])]
    return document, _in_long_text(found, begins[document])


# -- how far boundaries are apart ------------------------------------------------------------------------------


def near_misses(predicted: Mask, gold: Mask) -> tuple[Column, Column]:
    """The predicted boundaries that no gold one shares but a gold one lies beside, and those; one-to-one.

    From the left, as boundary similarity pairs them (Fournier 2013, n_t = 2).
    """
    left = np.flatnonzero(predicted != gold)
    mine = predicted[left]
    linked = np.flatnonzero((np.diff(left) == 1) & (mine[1:] != mine[:-1]))
    # Of links that follow each other, every second one falls away.
    numbers = np.arange(len(linked))
    begun = np.diff(linked, prepend=NONE - 1) > 1
    at = linked[(numbers - np.maximum.accumulate(numbers * begun)) % 2 == 0]
    return np.where(mine[at], left[at], left[at + 1]), np.where(mine[at], left[at + 1], left[at])


def boundary_edits(predicted: Mask, gold: Mask, begins: Column) -> Numbers:
    """Edits between the boundaries of both sides, out of the boundaries that take part (Fournier 2013, n_t = 2).

    Boundaries of both sides at one place match. Of the others, two next to each other are a near miss, one edit
    of ½; the rest are additions, one edit each. Every match, near miss and addition is one of the whole.
    ``begins``: at which paragraph each document begins, and where the last one ends.
    """
    near = np.zeros(len(gold), dtype=bool)
    near[near_misses(predicted, gold)[1]] = True
    matches, missed, apart = (_sums(chosen, begins) for chosen in (predicted & gold, near, predicted != gold))
    additions = apart - 2 * missed
    return np.stack((additions + missed / 2, matches + additions + missed), axis=1)


def _sums(chosen: Mask, begins: Column) -> Column:
    """How many are chosen in each document."""
    return np.diff(np.append(0, np.cumsum(chosen))[begins])


def boundary_similarity(block: Block) -> Numbers:
    """Edits between the boundaries, out of those that take part."""
    lines, mine, yours = block.once(segmented)
    return boundary_edits(mine.boundary, yours.boundary, lines.begins)


def window(units: Column, sections: Column) -> Column:
    """The window k of so many units in so many gold sections: half their mean, rounded half to even, at least 2."""
    return np.maximum(2, np.rint(units / (2 * sections)).astype(np.int64))


def window_errors(predicted: Mask, gold: Mask, begins: Column, k: Column, counting: bool) -> Numbers:
    """Windows in error out of all windows of each document, which has one fewer by ``k`` than units; in linear time.

    A boundary at b lies between the units b - 1 and b. ``counting`` False: a window from unit i to i + k is in
    error when the sides disagree whether its ends lie in one section (Pk, Beeferman et al. 1999); True: when
    they disagree how many boundaries lie between (WindowDiff, Pevzner & Hearst 2002). ``begins``: at which unit each
    document begins, and where the last one ends.
    """
    documents = len(begins) - 1
    document = np.repeat(np.arange(documents), np.diff(begins))
    end = np.arange(len(document)) + k[document]
    within = end < begins[1:][document]
    start, end, document = np.flatnonzero(within), end[within], document[within]
    here, there = (passed[end] - passed[start] for passed in (np.cumsum(predicted), np.cumsum(gold)))
    wrong = here != there if counting else (here == 0) != (there == 0)
    errors, windows = (np.bincount(one, minlength=documents) for one in (document[wrong], document))
    return np.stack((errors, windows), axis=1).astype(np.float64)


def pk(block: Block) -> Numbers:
    """Windows whose ends are wrongly in one section or in two."""
    return _windows(block, counting=False)


def window_diff(block: Block) -> Numbers:
    """Windows with a wrong number of boundaries."""
    return _windows(block, counting=True)


def _windows(block: Block, counting: bool) -> Numbers:
    """Windows in error; there are none where gold has no sections."""
    lines, mine, yours = block.once(segmented)
    units = np.diff(lines.begins)
    cut = np.bincount(yours.document, minlength=len(units)) > 0
    k = np.where(cut, window(units, _sums(yours.boundary, lines.begins) + 1), units)
    return window_errors(mine.boundary, yours.boundary, lines.begins, k, counting)
