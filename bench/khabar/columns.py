"""The entities and mentions of one side of many documents, as columns.

The texts of the documents are taken as one long text, in which each begins where the one before it ends: spans of
different documents never meet, and a place in the long text says which document it is in.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from khabar.collected import Entities
from khabar.joins import NONE, Column, Mask, Spans, as_column, keys
from khabar.model import ISSUE, NAME, Edges


class Side(NamedTuple):
    """The entities of one side, a row each, and their mentions, a row each.

    Of an entity: its document, its type (a position in ``types``), how many mentions it has, how many with those that
    have no place (``whole``), and the first of their places (or NONE). Of a mention: its entity, its span in the long
    text, the number of its place (the same for the same span on both sides, in the order of start and end), and its
    form (a position in ``forms``). The mentions of an entity follow each other.
    """

    types: Sequence[str]
    forms: Sequence[str]
    document: Column
    type: Column
    size: Column
    whole: Column
    first: Column
    owner: Column
    span: Spans
    place: Column
    form: Column

    @property
    def issue(self) -> int:
        """The type ISSUE; no row has it where it does not occur."""
        return position(self.types, ISSUE)

    @property
    def named(self) -> Mask:
        """Which mentions are names."""
        names: Mask = self.form == position(self.forms, NAME)
        return names

    def identity(self, row: int) -> tuple[list[Edges], str]:
        """What an entity is, whatever its id: its spans in order, and its type."""
        first, after = np.searchsorted(self.owner, (row, row + 1)).tolist()
        edges = zip(self.span.start[first:after].tolist(), self.span.end[first:after].tolist(), strict=True)
        return sorted(edges), self.types[self.type[row]]


def position(labels: Sequence[str], label: str) -> int:
    """Where a label stands among others; behind them where it does not."""
    return labels.index(label) if label in labels else len(labels)


def sides(predicted: Entities, gold: Entities, begins: Column) -> tuple[Side, Side]:
    """The columns of both sides; ``begins`` says where in the long text each document's text begins."""
    types, type_ = predicted.listing.types.ordered(predicted.codes, gold.codes)
    forms, form = predicted.listing.forms.ordered(predicted.form_codes, gold.form_codes)
    mine, yours = (
        _side(found, types, type_[at], forms, form[at], begins) for at, found in enumerate((predicted, gold))
    )
    place, your_place = keys(mine.span, yours.span)
    return _placed(mine, place), _placed(yours, your_place)


def _placed(side: Side, place: Column) -> Side:
    """A side with the numbers of its places."""
    first = np.full(len(side.type), NONE)
    spoken = np.flatnonzero(side.size)
    if len(spoken):
        first[spoken] = np.minimum.reduceat(place, (np.cumsum(side.size) - side.size)[spoken])
    return side._replace(first=first, place=place)


def _side(
    found: Entities, types: Sequence[str], type_: Column, forms: Sequence[str], form: Column, begins: Column
) -> Side:
    """One side; its places are not yet numbered."""
    columns = (found.numbers, found.sizes, found.starts, found.ends)
    numbers, size, start, end = map(as_column, columns)
    document = np.repeat(np.arange(len(numbers)), numbers)
    owner = np.repeat(np.arange(len(size)), size)
    shift = begins[document][owner]
    spans = Spans(start + shift, end + shift)
    whole = size + np.bincount(as_column(found.lost), minlength=len(size))
    return Side(types, forms, document, type_, size, whole, size, owner, spans, owner, form)
