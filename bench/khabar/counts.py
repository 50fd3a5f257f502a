"""What was counted, and the scores that counts give. Counts add; scores are derived and never stored or averaged."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

GRAIN = 2.0**-30
"""What every count is a multiple of. Sums of such numbers are exact in double precision up to 2^23, so that a figure
is the same to the last digit in whatever order, or by however many processes, it was added up."""


class Counts(Struct, frozen=True, gc=False):
    """How many items were predicted and are in gold, and how many of each were matched (halves for partial credit)."""

    matched_predicted: float = 0
    predicted: float = 0
    matched_gold: float = 0
    gold: float = 0

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both together."""
        return Counts(
            self.matched_predicted + other.matched_predicted,
            self.predicted + other.predicted,
            self.matched_gold + other.matched_gold,
            self.gold + other.gold,
        )

    @property
    def precision(self) -> float | None:
        """The share of predicted items that match; None when nothing was predicted."""
        return self.matched_predicted / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of gold items that are matched; None when there is nothing in gold."""
        return self.matched_gold / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; 0 when only one side is empty, None when both are."""
        precision, recall = self.precision, self.recall
        if precision is None and recall is None:
            return None
        if not precision or not recall:
            return 0.0
        if self.matched_predicted == self.matched_gold:
            return 2 * self.matched_gold / (self.predicted + self.gold)
        return 2 * precision * recall / (precision + recall)


class Share(Struct, frozen=True, gc=False):
    """An amount out of a whole: windows in error out of all windows, weighed edits out of all boundaries."""

    amount: float = 0
    of: float = 0

    def __add__(self, other: "Share") -> "Share":
        """The amount and the whole of both together."""
        return Share(self.amount + other.amount, self.of + other.of)

    @property
    def value(self) -> float | None:
        """The amount as a share of the whole; None where the whole is nothing."""
        return self.amount / self.of if self.of else None


Tally = Mapping[str, Counts]
"""Counts by label; what has no labels stands under the empty label."""


def total(tally: Tally) -> Counts:
    """The counts of all labels together."""
    return sum(tally.values(), Counts())


def add(tallies: Iterable[Tally]) -> Tally:
    """Tallies of several documents as one."""
    sums: dict[str, Counts] = {}
    for tally in tallies:
        for label, counts in tally.items():
            sums[label] = sums[label] + counts if label in sums else counts
    return sums
