"""What a run counted: sums for the figures, and a row a document for intervals, tests and slices.

Every number is a multiple of `counts.GRAIN`, so that sums are exact, in whatever order and by however many
processes they were made.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from khabar.align import Pair
from khabar.counts import Counts, Tally
from khabar.measures import HEADLINE, MEASURES, Measure
from khabar.schemas import Inventory

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    SmallNumbers = np.ndarray[Any, np.dtype[np.float32]]

LABEL = "label"
"""The facet by which every measure is counted: the label of its items."""

Key = tuple[str, str, str]
"""What is counted: a measure, a facet of it, and a label."""

Part = tuple[str, str]
"""A measure and a label of it; "" for all labels."""

_BLOCK = 256
"""So many documents are turned into a table at once."""


class Ledger:
    """Counts of documents, in the order in which they were added.

    All counts are summed. A document's own row is kept for every measure over all labels, and for each label of a
    headline measure: four numbers each, those of `Counts` (of a share: the amount and the whole).
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        """Take the measures that are to be counted."""
        self.measures = tuple(measure for measure in measures if not measure.mean_of)
        self._columns: dict[Key, int] = {}
        self._places: dict[tuple[str, str], dict[str, int]] = {}
        self._sums: Numbers | None = None
        self._blocks: list[tuple[Numbers, SmallNumbers]] = []
        self._clear()

    def _clear(self) -> None:
        self._ids, self._values, self._ends = array("i"), array("d"), array("q")

    def __getstate__(self) -> dict[str, Any]:
        """What passes from one process to another: measures by their names, as functions do not."""
        return vars(self) | {"measures": [measure.name for measure in self.measures]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the measures of those names from the table."""
        vars(self).update(state, measures=tuple(m for m in MEASURES if m.name in state["measures"]))

    # -- filling -----------------------------------------------------------------------------------------------

    def add(self, pair: Pair, labels: Inventory) -> None:
        """Count one more document by every measure."""
        for measure in self.measures:
            if measure.counts:
                self._put(measure.name, LABEL, measure.counts(pair, labels))
                for facet, counting in measure.facets.items():
                    self._put(measure.name, facet, counting(pair, labels))
            elif measure.share:
                share = measure.share(pair)
                self._put(measure.name, LABEL, {"": Counts(share.amount, share.of)})
        self._ends.append(len(self._ids))
        if len(self._ends) == _BLOCK:
            self.close()

    def _put(self, name: str, facet: str, tally: Tally) -> None:
        columns = self._places.get((name, facet))
        if columns is None:
            columns = self._places[name, facet] = {}
        add_id, add_values = self._ids.append, self._values.extend
        for label, counts in tally.items():
            column = columns.get(label)
            if column is None:
                column = columns[label] = self._columns.setdefault((name, facet, label), len(self._columns))
            add_id(column)
            add_values(astuple(counts))

    def close(self) -> None:
        """Turn the documents that were added last into a block of the table."""
        if not self._ends:
            return
        import numpy as np

        documents, width = len(self._ends), len(self._columns)
        dense = np.zeros((documents, width, 4))
        rows = np.repeat(
            np.arange(documents), np.ediff1d(np.frombuffer(self._ends, dtype=np.int64), to_begin=self._ends[0])
        )
        dense[rows, np.frombuffer(self._ids, dtype=np.int32)] = np.frombuffer(self._values).reshape(-1, 4)
        micro = np.zeros((documents, len(self.measures), 4))
        place = {measure.name: at for at, measure in enumerate(self.measures)}
        for (name, facet, _), column in self._columns.items():
            if facet == LABEL:
                micro[:, place[name]] += dense[:, column]
        sums = dense.sum(axis=0)
        self._sums = sums if self._sums is None else _wide(self._sums, width) + sums
        # The headline measures count whole items, which small floats hold exactly.
        kept = dense[:, [column for _, column in self._kept]].astype(np.float32)
        self._blocks.append((micro, kept))
        self._clear()

    @property
    def _kept(self) -> list[tuple[Key, int]]:
        """The columns whose rows are kept."""
        return [(k, column) for k, column in self._columns.items() if k[1] == LABEL and k[0] in HEADLINE]

    def extend(self, other: "Ledger") -> None:
        """Append the documents of another ledger of the same measures."""
        import numpy as np

        self.close()
        other.close()
        for key in other._columns:
            self._columns.setdefault(key, len(self._columns))
        if other._sums is not None:
            sums = np.zeros((len(self._columns), 4))
            sums[[self._columns[key] for key in other._columns]] = other._sums
            self._sums = sums if self._sums is None else _wide(self._sums, len(self._columns)) + sums
        at = {key: position for position, (key, _) in enumerate(self._kept)}
        places = [at[key] for key, _ in other._kept]
        for micro, kept in other._blocks:
            moved = np.zeros((len(kept), len(at), 4), dtype=np.float32)
            moved[:, places[: kept.shape[1]]] = kept
            self._blocks.append((micro, moved))

    # -- reading -----------------------------------------------------------------------------------------------

    def tally(self, measure: str, facet: str = LABEL) -> Tally:
        """The counts of all documents by label, in the order of the labels."""
        self.close()
        found = sorted(key for key in self._columns if key[:2] == (measure, facet))
        sums = self._sums
        return {} if sums is None else {key[2]: Counts(*sums[self._columns[key]].tolist()) for key in found}

    @property
    def documents(self) -> int:
        """How many documents were added."""
        self.close()
        return sum(len(micro) for micro, _ in self._blocks)

    def kept(self) -> list[Part]:
        """The measures, and the labels of the headline measures, of which the rows of documents are kept."""
        return [
            *((measure.name, "") for measure in self.measures),
            *((name, label) for (name, _, label), _ in self._kept),
        ]

    def blocks(self, parts: Sequence[Part]) -> "Iterator[Numbers]":
        """The rows of the documents, some hundred at a time: documents × parts × 4 numbers."""
        import numpy as np

        self.close()
        micro_at = {(measure.name, ""): at for at, measure in enumerate(self.measures)}
        label_at = {(key[0], key[2]): at for at, (key, _) in enumerate(self._kept)}
        for micro, kept in self._blocks:
            rows = np.zeros((len(micro), len(parts), 4))
            for at, part in enumerate(parts):
                if part in micro_at:
                    rows[:, at] = micro[:, micro_at[part]]
                elif label_at.get(part, kept.shape[1]) < kept.shape[1]:
                    rows[:, at] = kept[:, label_at[part]]
            yield rows


def _wide(sums: "Numbers", width: int) -> "Numbers":
    """Sums with columns of nothing for the labels that came later."""
    import numpy as np

    return np.pad(sums, ((0, width - len(sums)), (0, 0)))
