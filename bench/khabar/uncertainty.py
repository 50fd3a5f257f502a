"""How far a figure can be trusted: bootstrap intervals, and tests between two systems, over documents.

A resample is a weight for each document, so that many resamples are one matrix product of weights and counts. Counts
are multiples of `counts.GRAIN`: the products are exact, and a seed gives the same figures on every machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from khabar.counts import GRAIN
from khabar.ledger import Ledger, Part
from khabar.measures import HEADLINE, MEASURES, Measure

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Weights = np.ndarray[Any, np.dtype[np.integer[Any] | np.float64]]

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


def _weighted(ledger: Ledger, parts: Sequence[Part], weights: "Weights", members: Sequence[bool] | None) -> "Numbers":
    """Sums of the documents' counts, each weighed: resamples × parts × 4."""
    import numpy as np

    sums, at, kept = np.zeros((len(weights), len(parts) * 4)), 0, 0
    for block in ledger.blocks(parts):
        chosen = block if members is None else block[np.array(members[at : at + len(block)], dtype=bool)]
        columns, drawn = chosen.reshape(len(chosen), len(parts) * 4), weights[:, kept : kept + len(chosen)]
        # Single precision is twice as fast, and exact where products and sums are whole numbers below 2^24.
        small = (columns == np.rint(columns)).all(axis=0) & (columns.sum(axis=0) * drawn.max(initial=0) < 2**24)
        for precision, places in ((np.float32, small), (np.float64, ~small)):
            sums[:, places] += drawn.astype(precision) @ columns[:, places].astype(precision)
        at, kept = at + len(block), kept + len(chosen)
    return sums.reshape(len(weights), len(parts), 4)


def point(ledger: Ledger, figures: Sequence[Figure], members: Sequence[bool] | None = None) -> list[float | None]:
    """The figures of all documents, or of those that ``members`` chooses; None where one is undefined."""
    import numpy as np

    parts = parts_of(figures)
    everything = np.ones((1, ledger.documents if members is None else sum(members)))
    found = values(figures, parts, _weighted(ledger, parts, everything, members))[0].tolist()
    return [None if value != value else value for value in found]


def intervals(
    ledger: Ledger,
    figures: Sequence[Figure],
    resamples: int = RESAMPLES,
    seed: int = SEED,
    members: Sequence[bool] | None = None,
) -> list[Interval | None]:
    """The 95 % percentile bootstrap interval of each figure over documents; None where no resample defines it.

    ``members`` chooses documents. With fewer than two there is no interval.
    """
    import numpy as np

    documents = ledger.documents if members is None else sum(members)
    if documents < 2 or resamples < 1 or not figures:
        return [None] * len(figures)
    parts = parts_of(figures)
    found = [
        values(figures, parts, _weighted(ledger, parts, weights, members))
        for weights in _weights(documents, resamples, seed)
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
) -> list[Difference]:
    """What the first system has more than the second on each figure, over the same documents in the same order.

    The interval is that of a paired bootstrap. The test is two-sided paired approximate randomisation (Noreen 1989;
    Yeh 2000): each round exchanges the two systems' counts of every document or leaves them, with even chances;
    p = (1 + rounds with a difference at least as great) / (1 + rounds), and with few documents the exact share of
    all exchanges.
    """
    import numpy as np

    documents, parts = one.documents, parts_of(figures)
    everything = np.ones((1, documents))
    sums = [_weighted(ledger, parts, everything, None) for ledger in (one, two)]
    observed = (values(figures, parts, sums[0]) - values(figures, parts, sums[1]))[0]
    resampled = [
        values(figures, parts, _weighted(one, parts, weights, None))
        - values(figures, parts, _weighted(two, parts, weights, None))
        for weights in _weights(documents, resamples if documents > 1 else 0, seed)
    ]
    found: list[Interval | None] = [_interval(column) for column in np.concatenate(resampled).T] if resampled else []
    as_great, tried = np.zeros(len(figures)), 0
    for exchanged in _exchanges(documents, rounds, seed):
        moved = _weighted(two, parts, exchanged, None) - _weighted(one, parts, exchanged, None)
        apart = values(figures, parts, sums[0] + moved) - values(figures, parts, sums[1] - moved)
        as_great += (np.abs(apart) >= np.abs(observed) - GRAIN).sum(axis=0)
        tried += len(exchanged)
    first = 0 if documents <= EXACT else 1
    return [
        Difference(None, None, None)
        if np.isnan(observed[at])
        else Difference(
            float(observed[at]), found[at] if found else None, float((first + as_great[at]) / (first + tried))
        )
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
