"""What relations and stances have in common: claims of both sides as columns, and which of them say the same.

A claim has a label and two ends, head and tail, which are entities; of a stance these are its holder and its target.
"""

from collections.abc import Container, Sequence
from typing import Literal, NamedTuple

import numpy as np

from khabar.align import components, heaviest
from khabar.block import Block, Items, Table, count
from khabar.collected import Stated
from khabar.joins import (
    NONE,
    Column,
    Mask,
    Spans,
    as_column,
    as_pairs,
    covered,
    keys,
    matches,
    others,
    paired,
    paired_by_label,
    rivals,
)


class Claims(NamedTuple):
    """The relations or the stances of one side, a row each, in the order of the documents and of each document.

    ``head`` and ``tail`` are entities (rows) of the claim's own side, ``gold_head`` and ``gold_tail`` the entities of
    gold that these stand for, or NONE; of gold's claims they are the same. The author is one row behind the entities
    of a side, the same for all documents, so that of keys without another end the document must be a part.
    ``symmetric`` says whether the label means the same in either direction. ``quotes`` is the evidence, by its spans in
    the text of the document, and ``owner`` the claim of each quote.
    """

    document: Column
    label: Column
    symmetric: Mask
    head: Column
    tail: Column
    gold_head: Column
    gold_tail: Column
    owner: Column
    quotes: Spans

    @property
    def items(self) -> Items:
        """The claims as things that are counted."""
        return Items(self.document, self.label)

    @property
    def placed(self) -> Column:
        """The claims both of whose ends stand for gold entities (rows)."""
        return np.flatnonzero((self.gold_head != NONE) & (self.gold_tail != NONE))

    @property
    def sizes(self) -> Column:
        """How many characters of evidence each claim has."""
        return covered(self.owner, self.quotes, len(self.label))


class Statements(NamedTuple):
    """The claims of both sides, and the pairs of them that say the same: ``right`` (predicted) and ``found`` (gold).

    Labels are positions in ``labels``, for both sides the same.
    """

    labels: Sequence[str]
    predicted: Claims
    gold: Claims
    right: Column
    found: Column

    def chosen(self, pairs: Mask) -> "Statements":
        """The same claims with some of the pairs."""
        return self._replace(right=self.right[pairs], found=self.found[pairs])


def statements(
    block: Block, layer: Literal["relations", "stance"], stands_for: Column, symmetric: Container[str] = ()
) -> Statements:
    """The claims of a layer.

    Paired are claims with the same label and ends in gold, as many as can be; of labels in ``symmetric`` either way
    round. Of several that say the same, those are paired that have the most characters of evidence in common together.
    ``stands_for`` gives the gold entity of each predicted one, or NONE.
    """
    mine, yours = (getattr(side, layer) for side in block.collected)
    labels, codes = mine.labels.ordered(mine.codes, yours.codes)
    either_way = np.array([label in symmetric for label in labels], dtype=bool)
    author = len(block.gold.type)
    places = np.append(stands_for, author), np.arange(author + 1)
    predicted, gold = (
        _claims(stated, label, either_way[label], place)
        for stated, label, place in zip((mine, yours), codes, places, strict=True)
    )
    return Statements(labels, predicted, gold, *_same(predicted, gold))


def _claims(found: Stated, label: Column, symmetric: Mask, place: Column) -> Claims:
    """The claims of one side; the author, NONE among its entities, is the row behind the last of them."""
    document = np.repeat(np.arange(len(found.numbers)), found.numbers)
    head, tail = as_column(found.heads) % len(place), as_column(found.tails) % len(place)
    owner, *quotes = map(as_column, (found.evidence.owners, found.evidence.starts, found.evidence.ends))
    return Claims(document, label, symmetric, head, tail, place[head], place[tail], owner, Spans(*quotes))


def _same(predicted: Claims, gold: Claims) -> tuple[Column, Column]:
    rows = predicted.placed
    ends = ordered(predicted.gold_head, predicted.gold_tail, predicted.symmetric)
    mine, yours = keys(
        (*(end[rows] for end in ends), predicted.label[rows]),
        (*ordered(gold.gold_head, gold.gold_tail, gold.symmetric), gold.label),
    )
    m, y = rivals(mine, yours)
    together = zip(m.tolist(), y.tolist(), _common(predicted, gold, rows[m], y).tolist(), strict=True)
    groups = components({(row, at): size for row, at, size in together if size})
    right, found = as_pairs(pair for group in groups for pair in heaviest(group))
    left, open_ = others(right, len(mine)), others(found, len(yours))
    more, more_found = paired(mine[left], yours[open_])
    return rows[np.append(right, left[more])], np.append(found, open_[more_found])


def ordered(head: Column, tail: Column, either_way: Mask | bool) -> tuple[Column, Column]:
    """The ends of claims, the smaller first where the direction means nothing."""
    swapped = np.logical_and(either_way, tail < head)
    return np.where(swapped, tail, head), np.where(swapped, head, tail)


def _common(predicted: Claims, gold: Claims, right: Column, found: Column) -> Column:
    """How many characters of evidence both claims of each pair have; a claim may be in several pairs."""
    pair, quote = matches(right, predicted.owner)
    your_pair, your_quote = matches(found, gold.owner)
    span, your_span = predicted.quotes.chosen(quote), gold.quotes.chosen(your_quote)
    both = Spans(np.append(span.start, your_span.start), np.append(span.end, your_span.end))
    return predicted.sizes[right] + gold.sizes[found] - covered(np.append(pair, your_pair), both, len(right))


def with_same_ends(found: Statements, either_way: bool) -> Statements:
    """The same claims, paired where their ends are the same in gold, whatever the label: the same labels first."""
    predicted, gold, rows = found.predicted, found.gold, found.predicted.placed
    mine, yours = keys(
        ordered(predicted.gold_head[rows], predicted.gold_tail[rows], either_way),
        ordered(gold.gold_head, gold.gold_tail, either_way),
    )
    right, paired_with = paired_by_label(mine, predicted.label[rows], yours, gold.label)
    return found._replace(right=rows[right], found=paired_with)


def counted(block: Block, found: Statements, lost: str) -> Table:
    """How many claims there are, and how many are paired; ``lost`` is the layer of those that match nothing."""
    mine, yours = found.predicted.items, found.gold.items
    return count(block, found.labels, mine.chosen(found.right), mine, yours.chosen(found.found), yours, lost=lost)


def evidence(block: Block, found: Statements, lost: str) -> Table:
    """Characters of evidence: of all claims, and those that both sides of a pair have; ``lost`` are quotes."""
    predicted, gold = found.predicted, found.gold
    mine, yours, sizes = predicted.items, gold.items, (predicted.sizes, gold.sizes)
    common = _common(predicted, gold, found.right, found.found)
    right, answered = mine.chosen(found.right), yours.chosen(found.found)
    return count(block, found.labels, right, mine, answered, yours, common, lost, sizes)
