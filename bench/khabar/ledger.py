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

SmallNumbers = np.ndarray[Any, np.dtype[np.float32]]

LABEL = "label"
"""The facet by which every measure is counted: the label of its items."""

Key = tuple[str, str, str]
"""What is counted: a measure, a facet of it, and a label."""

Part = tuple[str, str]
"""A measure and a label of it; "" for all labels."""


class Ledger:
    """Counts of documents, in the order in which they were added.

    All counts are summed. A document's own row is kept for every measure over all labels, and for each label of a
    headline measure: four numbers each, those of `Counts` (of a share: the amount and the whole).
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        """Take the measures that are to be counted."""
        self.measures = tuple(measure for measure in measures if not measure.mean_of)
        self._sums: dict[Key, Numbers] = {}
        self._kept: dict[Part, int] = {}
        self._blocks: list[tuple[Numbers, SmallNumbers]] = []

    def __getstate__(self) -> dict[str, Any]:
        """What passes from one process to another: measures by their names, as functions do not."""
        return vars(self) | {"measures": [measure.name for measure in self.measures]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the measures of those names from the table."""
        vars(self).update(state, measures=tuple(m for m in MEASURES if m.name in state["measures"]))

    # -- filling -----------------------------------------------------------------------------------------------

    def add(self, block: Block) -> None:
        """Count some more documents by every measure."""
        micro = np.zeros((block.documents, len(self.measures), 4))
        kept: dict[int, Numbers] = {}
        for at, measure in enumerate(self.measures):
            if measure.share:
                numbers = np.zeros((block.documents, 1, 4))
                numbers[:, 0, :2] = measure.share(block)
                table = Table(("",), numbers)
            elif measure.counts:
                table = measure.counts(block)
                for facet, counting in measure.facets.items():
                    self._sum(measure, facet, counting(block))
            micro[:, at] = table.numbers.sum(axis=1)
            for place, label in self._sum(measure, LABEL, table):
                if measure.name in HEADLINE:
                    kept[self._kept.setdefault((measure.name, label), len(self._kept))] = table.numbers[:, place]
        # The headline measures count whole items, which small floats hold exactly.
        rows = np.zeros((block.documents, len(self._kept), 4), dtype=np.float32)
        for place, numbers in kept.items():
            rows[:, place] = numbers
        self._blocks.append((micro, rows))

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
        places = [self._kept.setdefault(part, len(self._kept)) for part in other._kept]
        for micro, kept in other._blocks:
            moved = np.zeros((len(kept), len(self._kept), 4), dtype=np.float32)
            moved[:, places[: kept.shape[1]]] = kept
            self._blocks.append((micro, moved))

    # -- reading -----------------------------------------------------------------------------------------------

    def tally(self, measure: str, facet: str = LABEL) -> Tally:
        """The counts of all documents by label, in the order of the labels."""
        found = sorted(key for key in self._sums if key[:2] == (measure, facet))
        return {key[2]: Counts(*self._sums[key].tolist()) for key in found}

    @property
    def documents(self) -> int:
        """How many documents were added."""
        return sum(len(micro) for micro, _ in self._blocks)

    def kept(self) -> list[Part]:
        """The measures, and the labels of the headline measures, of which the rows of documents are kept."""
        return [*((measure.name, "") for measure in self.measures), *self._kept]

    def blocks(self, parts: Sequence[Part]) -> Iterator[Numbers]:
        """The rows of the documents, some hundred at a time: documents × parts × 4 numbers."""
        micro_at = {(measure.name, ""): at for at, measure in enumerate(self.measures)}
        for micro, kept in self._blocks:
            rows = np.zeros((len(micro), len(parts), 4))
            for at, part in enumerate(parts):
                if part in micro_at:
                    rows[:, at] = micro[:, micro_at[part]]
                elif self._kept.get(part, kept.shape[1]) < kept.shape[1]:
                    rows[:, at] = kept[:, self._kept[part]]
            yield rows
