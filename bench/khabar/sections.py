"""Sections as runs of paragraphs, on both sides of many documents, and what of them agrees.

The paragraphs of all documents are rows, in the order of the texts. Where a side cuts the texts is a mask over them:
whether a segment begins with each paragraph, the first of a document aside.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from khabar.block import Block, Items, Numbers, Table, count
from khabar.collected import Sections
from khabar.columns import position
from khabar.joins import NONE, Column, Mask, Spans, as_column, keys, partner, ranges
from khabar.model import WHITE_SPACE, paragraphs

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
    whole = "\n".join(block.texts)
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

    Of a section: its document, its span in the long text, its kind and its function (positions in the labels of
    `Segmented`), its story (NONE for none), its first and its last paragraph (NONE where it holds most of none). Of a
    heading: its section and its span. Of a paragraph: its section (NONE where it has none), and whether it is a
    boundary. Paragraphs that no section covers form one segment without a section per gap.
    """

    document: Column
    span: Spans
    kind: Column
    function: Column
    story: Column
    headed: Column
    heading: Spans
    first: Column
    last: Column
    section: Column
    boundary: Mask

    @property
    def held(self) -> Column:
        """The sections that hold most of any paragraph."""
        return np.flatnonzero(self.first != NONE)


class Segmented(NamedTuple):
    """Both sides of documents, cut into segments, and the labels of the sections of both."""

    paragraphs: Paragraphs
    kinds: Sequence[str]
    functions: Sequence[str]
    predicted: Segmentation
    gold: Segmentation


def segmented(block: Block) -> Segmented:
    """The documents of a block, cut into segments by their sections on both sides."""
    lines = paragraphs_of(block)
    mine, yours = (side.sections for side in block.collected)
    kinds, kind = mine.kinds.ordered(mine.kind_codes, yours.kind_codes)
    functions, function = mine.functions.ordered(mine.function_codes, yours.function_codes)
    predicted, gold = (
        _segmentation(found, kind[at], function[at], lines, block.begins) for at, found in enumerate((mine, yours))
    )
    return Segmented(lines, kinds, functions, predicted, gold)


def _segmentation(found: Sections, kind: Column, function: Column, lines: Paragraphs, begins: Column) -> Segmentation:
    document = np.repeat(np.arange(len(found.numbers)), found.numbers)
    shift, headed = begins[document], as_column(found.headings.owners)
    span = Spans(as_column(found.starts) + shift, as_column(found.ends) + shift)
    heading = Spans(as_column(found.headings.starts) + shift[headed], as_column(found.headings.ends) + shift[headed])
    section = _sections_of(lines.span, span)
    rows = np.flatnonzero(section != NONE)
    first, last = np.full(len(document), NONE), np.full(len(document), NONE)
    first[section[rows[::-1]]], last[section[rows]] = rows[::-1], rows
    boundary = np.zeros(len(section), dtype=bool)
    boundary[1:] = (section[1:] != section[:-1]) & (lines.document[1:] == lines.document[:-1])
    story = as_column(found.stories)
    return Segmentation(document, span, kind, function, story, headed, heading, first, last, section, boundary)


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


# -- sections with a label -------------------------------------------------------------------------------------


def same_paragraphs(block: Block) -> tuple[Column, Column]:
    """The predicted sections with the paragraphs of a gold one, and that one. None matches two."""
    cut = block.once(segmented)
    mine, yours = cut.predicted, cut.gold
    rows = mine.held
    found = yours.section[mine.first[rows]]
    rows, found = rows[found != NONE], found[found != NONE]
    equal = (mine.first[rows] == yours.first[found]) & (mine.last[rows] == yours.last[found])
    return rows[equal], found[equal]


def matched(block: Block) -> tuple[Column, Column]:
    """Of these, the ones that have the same kind too."""
    cut = block.once(segmented)
    rows, found = block.once(same_paragraphs)
    equal = cut.predicted.kind[rows] == cut.gold.kind[found]
    return rows[equal], found[equal]


def labelled(block: Block) -> Table:
    """Sections by their paragraphs and kind; one that holds most of no paragraph is an item that matches nothing."""
    cut = block.once(segmented)
    mine, yours = cut.predicted, cut.gold
    predicted, gold = Items(mine.document, mine.kind), Items(yours.document, yours.kind)
    rows, found = block.once(matched)
    right, there = predicted.chosen(rows), gold.chosen(found)
    return count(block, cut.kinds, right, predicted, there, gold.chosen(yours.held), lost="subsections")


def function(block: Block) -> Table:
    """Sections as `labelled` has them, by their function too; those without one are left out."""
    cut = block.once(segmented)
    mine, yours = cut.predicted, cut.gold
    one, other, none = mine.function, yours.function, position(cut.functions, "")
    rows, found = block.once(matched)
    equal = (one[rows] == other[found]) & (one[rows] != none)
    predicted, gold = Items(mine.document, one), Items(yours.document, other)
    return count(
        block,
        cut.functions,
        predicted.chosen(rows[equal]),
        predicted.chosen(np.flatnonzero(one != none)),
        gold.chosen(found[equal]),
        gold.chosen(yours.held[other[yours.held] != none]),
        lost="function",
    )


# -- places ----------------------------------------------------------------------------------------------------


def boundary(block: Block) -> Table:
    """Boundaries, matched where they are."""
    cut = block.once(segmented)
    return _places(block, cut.predicted.boundary, cut.gold.boundary, lost="boundary")


def story(block: Block) -> Table:
    """Paragraphs at which another story begins."""
    cut = block.once(segmented)
    return _places(block, _turns(cut.predicted), _turns(cut.gold), lost="story")


def _turns(side: Segmentation) -> Mask:
    """Where a section of another story than the one before it begins; a gap has no story."""
    number = side.story
    rows = side.held[number[side.held] != NONE]
    rows = rows[np.argsort(side.first[rows])]
    before, after = rows[:-1], rows[1:]
    found = np.zeros(len(side.section), dtype=bool)
    found[side.first[after[(number[after] != number[before]) & (side.document[after] == side.document[before])]]] = True
    return found


def _places(block: Block, mine: Mask, yours: Mask, lost: str) -> Table:
    """Paragraphs that each side chooses, matched where they are; ``lost`` is what those that match nothing are."""
    document = block.once(segmented).paragraphs.document
    both, predicted, gold = (_unlabelled(document[chosen]) for chosen in (mine & yours, mine, yours))
    return count(block, ("",), both, predicted, both, gold, lost=lost)


def _unlabelled(document: Column) -> Items:
    return Items(document, np.zeros(len(document), dtype=np.int64))


def heading(block: Block) -> Table:
    """Headings, matched where they are. Those of a document do not overlap."""
    cut = block.once(segmented)
    mine, yours = cut.predicted, cut.gold
    predicted, gold = _unlabelled(mine.document[mine.headed]), _unlabelled(yours.document[yours.headed])
    right = predicted.chosen(np.flatnonzero(partner(*keys(mine.heading, yours.heading)) != NONE))
    return count(block, ("",), right, predicted, right, gold, lost="heading")


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
    cut = block.once(segmented)
    return boundary_edits(cut.predicted.boundary, cut.gold.boundary, cut.paragraphs.begins)


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
    cut = block.once(segmented)
    begins, mine, yours = cut.paragraphs.begins, cut.predicted, cut.gold
    units = np.diff(begins)
    known = np.bincount(yours.document, minlength=len(units)) > 0
    k = np.where(known, window(units, _sums(yours.boundary, begins) + 1), units)
    return window_errors(mine.boundary, yours.boundary, begins, k, counting)
