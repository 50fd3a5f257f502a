"""How far a figure can be trusted: bootstrap intervals, and tests between two systems, over documents.

A resample is a weight for each document, so that many resamples are one matrix product of weights and counts. Counts
are multiples of `counts.GRAIN`: the products are exact, and a seed gives the same figures on every machine. Documents
are drawn in the order of their ids, so that the order in which they were counted changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from khabar.counts import GRAIN
from khabar.ledger import Ledger, Part
from khabar.measures import HEADLINE, MEASURES, Measure

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Weights = np.ndarray[Any, np.dtype[np.integer[Any] | np.float64]]
    Places = np.ndarray[Any, np.dtype[np.intp]]

RESAMPLES, ROUNDS, SEED = 1000, 10_000, 12345
FEW = 30
"""With fewer documents than this, intervals and tests say little: a warning is due."""

_MANY = 20_000_000
"""So many weights (a byte each) are held at once: for each lot of them the documents' counts are put together anew."""
_DRAWN = 500_000
"""So many exchanges are drawn at once; with another number, a seed would give others."""
EXACT = 12
"""Up to so many documents every exchange of two systems' documents is tried."""


class Figure(NamedTuple):
    """A score as a function of counts: the mean over ``parts`` of their F1, or of a share (or what it lacks to 1).

    ``asked``: undefined also where gold has nothing of a part.
    """

    name: str
    parts: tuple[Part, ...]
    share: bool = False
    lacking: bool = False
    asked: bool = False


def figure(measure: Measure) -> Figure:
    """The figure of a measure."""
    parts = measure.mean_of or ((measure.name, ""),)
    return Figure(measure.name, parts, measure.share is not None, measure.better == "more", measure.asked)


OVERALL = Figure("overall", tuple((name, "") for name in HEADLINE))
"""The mean F1 of the headline measures."""

FIGURES: Mapping[str, Figure] = {measure.name: figure(measure) for measure in MEASURES} | {"overall": OVERALL}
"""Every measure's figure, and `overall`."""


class Interval(NamedTuple):
    """A 95 % interval, and how many resamples were dropped because the figure is undefined in them."""

    low: float
    high: float
    dropped: int = 0


def values(figures: Sequence[Figure], parts: Sequence[Part], sums: "Numbers") -> "Numbers":
    """Figures of many sums of counts at once (… × parts × 4 → … × figures); NaN where one is undefined."""
    import numpy as np

    at = {part: position for position, part in enumerate(parts)}
    right, predicted, found, gold = (sums[..., n] for n in range(4))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = right / predicted
        precision, recall = share, found / gold
        equal = right == found
        f1 = np.where(equal, 2 * found / (predicted + gold), 2 * precision * recall / (precision + recall))
    f1 = np.where(np.isnan(f1) & (predicted + gold > 0), 0.0, f1)
    found_figures = []
    for chosen in figures:
        places = [at[part] for part in chosen.parts]
        if chosen.share:
            value = share[..., places]
            value = 1 - value if chosen.lacking else value
        else:
            value = f1[..., places]
            value = np.where(gold[..., places] > 0, value, np.nan) if chosen.asked else value
        found_figures.append(value.mean(axis=-1))
    return np.stack(found_figures, axis=-1)


def parts_of(figures: Sequence[Figure]) -> list[Part]:
    """What the figures are made of, each part once."""
    return list(dict.fromkeys(part for chosen in figures for part in chosen.parts))


def _weights(documents: int, resamples: int, seed: int) -> "Iterator[Weights]":
    """How often each document was drawn, with replacement (Efron & Tibshirani 1993), some resamples at a time.

    A byte holds it: that one of n documents is drawn 256 times in n has a chance below n / 256!.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    while resamples > 0:
        weights = np.empty((min(resamples, max(1, _MANY // documents)), documents), np.uint8)
        for row in weights:
            row[:] = np.bincount(rng.integers(0, documents, size=documents, dtype=np.int32), minlength=documents)
        yield weights
        resamples -= len(weights)


def _places(ledger: Ledger, documents: Sequence[str]) -> "Places":
    """Where the documents of a ledger stand among some documents; -1 for one that is not among them."""
    import numpy as np

    at = {name: place for place, name in enumerate(documents)}
    return np.array([at.get(name, -1) for name in ledger.names], dtype=np.intp)


def _weighted(ledger: Ledger, parts: Sequence[Part], weights: "Weights", places: "Places") -> "Numbers":
    """Sums of the documents' counts, each weighed: resamples × parts × 4.

    ``places``: the column of the weights that is each document's, -1 for one that is left out.
    """
    import numpy as np

    sums, at = np.zeros((len(weights), len(parts) * 4)), 0
    for block in ledger.blocks(parts):
        here = places[at : at + len(block)]
        kept = here >= 0
        chosen, here = block[kept], here[kept]
        # Mostly documents are in the order of their ids already, and no weights are copied.
        in_order = len(here) and (np.diff(here) == 1).all()
        drawn = weights[:, here[0] : here[0] + len(here)] if in_order else weights[:, here]
        columns = chosen.reshape(len(chosen), len(parts) * 4)
        # Single precision is twice as fast, and exact where products and sums are whole numbers below 2^24.
        small = (columns == np.rint(columns)).all(axis=0) & (columns.sum(axis=0) * drawn.max(initial=0) < 2**24)
        for precision, which in ((np.float32, small), (np.float64, ~small)):
            sums[:, which] += drawn.astype(precision) @ columns[:, which].astype(precision)
        at += len(block)
    return sums.reshape(len(weights), len(parts), 4)


def point(ledger: Ledger, figures: Sequence[Figure], documents: Collection[str] | None = None) -> list[float | None]:
    """The figures of all documents, or of those with the ids ``documents``; None where one is undefined."""
    import numpy as np

    parts, among = parts_of(figures), sorted(ledger.names if documents is None else documents)
    everything = np.ones((1, len(among)))
    found = values(figures, parts, _weighted(ledger, parts, everything, _places(ledger, among)))[0].tolist()
    return [None if value != value else value for value in found]


def intervals(
    ledger: Ledger,
    figures: Sequence[Figure],
    resamples: int = RESAMPLES,
    seed: int = SEED,
    documents: Collection[str] | None = None,
) -> list[Interval | None]:
    """The 95 % percentile bootstrap interval of each figure over documents; None where no resample defines it.

    ``documents``: the ids of some, all unless said. With fewer than two there is no interval.
    """
    import numpy as np

    among = sorted(ledger.names if documents is None else documents)
    if len(among) < 2 or resamples < 1 or not figures:
        return [None] * len(figures)
    parts, places = parts_of(figures), _places(ledger, among)
    found = [
        values(figures, parts, _weighted(ledger, parts, weights, places))
        for weights in _weights(len(among), resamples, seed)
    ]
    return [_interval(column) for column in np.concatenate(found).T]


def _interval(resampled: "Numbers") -> Interval | None:
    import numpy as np

    defined = resampled[~np.isnan(resampled)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(float(low), float(high), len(resampled) - len(defined))


def macro(ledger: Ledger, figures: Sequence[Figure], silent: Mapping[str, Sequence[bool]]) -> list[float | None]:
    """The mean of each figure over documents that define it; a silent document counts as 0, as 1 for an error share.

    ``silent`` says for each measure's layer which documents lack it.
    """
    import numpy as np

    parts = parts_of(figures)
    sums, counts, at = np.zeros(len(figures)), np.zeros(len(figures)), 0
    layers = {measure.name: measure.layer for measure in MEASURES}
    mute = {layer: np.array(documents, dtype=bool) for layer, documents in silent.items()}
    worst = [1.0 if chosen.share and not chosen.lacking else 0.0 for chosen in figures]
    for block in ledger.blocks(parts):
        scores = values(figures, parts, block)
        for position, chosen in enumerate(figures):
            column = scores[:, position]
            column[mute[layers[chosen.name]][at : at + len(block)] & ~np.isnan(column)] = worst[position]
        defined = ~np.isnan(scores)
        scores = np.round(scores / GRAIN) * GRAIN
        sums += np.where(defined, scores, 0).sum(axis=0)
        counts += defined.sum(axis=0)
        at += len(block)
    return [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]


class Difference(NamedTuple):
    """How far one system is from another on a figure: the difference, its paired interval, and the p of the test."""

    difference: float | None
    interval: Interval | None
    p: float | None


def differences(
    one: Ledger,
    two: Ledger,
    figures: Sequence[Figure],
    resamples: int = RESAMPLES,
    rounds: int = ROUNDS,
    seed: int = SEED,
    documents: Collection[str] = (),
) -> list[Difference]:
    """What the first system has more than the second on each figure, over the documents that either has.

    One that only one of them has is nothing on the other side. ``documents``: ids of more, such as those that only a
    third system has.

    The interval is that of a paired bootstrap. The test is two-sided paired approximate randomisation (Noreen 1989;
    Yeh 2000): each round exchanges the two systems' counts of every document or leaves them, with even chances;
    p = (1 + rounds with a difference at least as great) / (1 + rounds), and with few documents the exact share of
    all exchanges. Resamples and rounds in which the difference is undefined are left out.
    """
    import numpy as np

    parts, among = parts_of(figures), sorted({*one.names, *two.names, *documents})
    places = [_places(ledger, among) for ledger in (one, two)]

    def summed(weights: "Weights") -> "list[Numbers]":
        return [_weighted(ledger, parts, weights, at) for ledger, at in zip((one, two), places, strict=True)]

    def apart(sums: "Sequence[Numbers]") -> "Numbers":
        return values(figures, parts, sums[0]) - values(figures, parts, sums[1])

    whole = summed(np.ones((1, len(among))))
    observed = apart(whole)[0]
    resampled = [apart(summed(w)) for w in _weights(len(among), resamples if len(among) > 1 else 0, seed)]
    found: list[Interval | None] = [_interval(column) for column in np.concatenate(resampled).T] if resampled else []
    # Of a random test what was observed is a round too; where all exchanges are tried it is among them.
    as_great = defined = np.full(len(figures), 0 if len(among) <= EXACT else 1)
    for exchanged in _exchanges(len(among), rounds, seed):
        mine, yours = summed(exchanged)
        difference = apart((whole[0] - mine + yours, whole[1] - yours + mine))
        as_great = as_great + (np.abs(difference) >= np.abs(observed) - GRAIN).sum(axis=0)
        defined = defined + (~np.isnan(difference)).sum(axis=0)
    return [
        Difference(None, None, None)
        if np.isnan(observed[at])
        else Difference(float(observed[at]), found[at] if found else None, float(as_great[at] / defined[at]))
        for at in range(len(figures))
    ]


def _exchanges(documents: int, rounds: int, seed: int) -> "Iterator[Weights]":
    """Which documents are exchanged, some rounds at a time: all ways where they are few, else as many as asked."""
    import numpy as np

    if documents <= EXACT:
        ways = np.arange(2**documents)[:, None]
        yield (ways >> np.arange(documents) & 1).astype(np.uint8)
        return
    rng = np.random.default_rng(seed)
    while rounds > 0:
        count = min(rounds, max(1, _DRAWN // documents))
        yield rng.integers(0, 2, size=(count, documents), dtype=np.int8)
        rounds -= count


def holm(tests: Sequence[float]) -> list[float]:
    """The p values of several tests, each made greater so that together they err as seldom as one (Holm 1979)."""
    adjusted, least = [0.0] * len(tests), 0.0
    for rank, at in enumerate(sorted(range(len(tests)), key=lambda at: tests[at])):
        least = max(least, min(1.0, (len(tests) - rank) * tests[at]))
        adjusted[at] = least
    return adjusted
