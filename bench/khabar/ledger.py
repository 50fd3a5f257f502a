"""What a run counted: sums for the figures, and a row a document for intervals, tests and slices.

Every number is a multiple of `counts.GRAIN`, so that sums are exact, in whatever order and by however many
processes they were made.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from khabar.block import Block, Numbers, Table
from khabar.counts import Counts, Tally
from khabar.measures import HEADLINE, MEASURES, Measure

SmallNumbers = np.ndarray[Any, np.dtype[np.unsignedinteger[Any] | np.float64]]

LABEL = "label"
"""The facet by which every measure is counted: the label of its items."""

Key = tuple[str, str, str]
"""What is counted: a measure, a facet of it, and a label."""

Part = tuple[str, str]
"""A measure and a label of it; "" for all labels."""


class Ledger:
    """Counts of documents, in the order in which they were added; ``names`` are their ids.

    All counts are summed. A document's own row is kept for every measure over all labels, and for each label of a
    headline measure: four numbers each, those of `Counts` (of a share: the amount and the whole).
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        """Take the measures that are to be counted."""
        self.measures = tuple(measure for measure in measures if not measure.mean_of)
        self.names: list[str] = []
        self._sums: dict[Key, Numbers] = {}
        self._sizes: list[int] = []
        self._rows: list[dict[Part, SmallNumbers]] = []

    def __getstate__(self) -> dict[str, Any]:
        """What passes from one process to another: measures by their names, as functions do not."""
        return vars(self) | {"measures": [measure.name for measure in self.measures]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the measures of those names from the table."""
        vars(self).update(state, measures=tuple(m for m in MEASURES if m.name in state["measures"]))

    # -- filling -----------------------------------------------------------------------------------------------

    def add(self, block: Block) -> None:
        """Count some more documents by every measure."""
        rows: dict[Part, SmallNumbers] = {}
        for measure in self.measures:
            if measure.share:
                numbers = np.zeros((block.documents, 1, 4))
                numbers[:, 0, :2] = measure.share(block)
                table = Table(("",), numbers)
            elif measure.counts:
                table = measure.counts(block)
                for facet, counting in measure.facets.items():
                    self._sum(measure, facet, counting(block))
            rows[measure.name, ""] = _small(table.numbers.sum(axis=1))
            for place, label in self._sum(measure, LABEL, table):
                if label and measure.name in HEADLINE:
                    rows[measure.name, label] = _small(table.numbers[:, place])
        self.names += block.names
        self._sizes.append(block.documents)
        self._rows.append(rows)

    def _sum(self, measure: Measure, facet: str, table: Table) -> list[tuple[int, str]]:
        """Add a table to the sums; and its labels that have counts, with their places."""
        sums = table.numbers.sum(axis=0)
        found = [(place, table.labels[place]) for place in np.flatnonzero(sums.any(axis=1)).tolist()]
        for place, label in found:
            key = (measure.name, facet, label)
            self._sums[key] = self._sums[key] + sums[place] if key in self._sums else sums[place]
        return found

    def extend(self, other: "Ledger") -> None:
        """Append the documents of another ledger of the same measures."""
        for key, sums in other._sums.items():
            self._sums[key] = self._sums[key] + sums if key in self._sums else sums
        self.names += other.names
        self._sizes += other._sizes
        self._rows += other._rows

    # -- reading -----------------------------------------------------------------------------------------------

    def tally(self, measure: str, facet: str = LABEL) -> Tally:
        """The counts of all documents by label, in the order of the labels."""
        found = sorted(key for key in self._sums if key[:2] == (measure, facet))
        return {key[2]: Counts(*self._sums[key].tolist()) for key in found}

    def kept(self) -> list[Part]:
        """The measures, and the labels of the headline measures, of which the rows of documents are kept."""
        return list(dict.fromkeys(part for rows in self._rows for part in rows))

    def blocks(self, parts: Sequence[Part]) -> Iterator[Numbers]:
        """The rows of the documents, some hundred at a time: documents × parts × 4 numbers."""
        for size, kept in zip(self._sizes, self._rows, strict=True):
            rows = np.zeros((size, len(parts), 4))
            for at, part in enumerate(parts):
                if part in kept:
                    rows[:, at] = kept[part]
            yield rows


def _small(numbers: Numbers) -> SmallNumbers:
    """The same numbers in the smallest type that holds all of them: most are whole, and few."""
    whole = numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
    return whole if (whole == numbers).all() else numbers.copy()
