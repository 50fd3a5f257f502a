"""Two systems or more on the same documents: how far apart they are, and whether that could be chance."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from msgspec import Struct

from khabar.measures import HEADLINE
from khabar.problems import Invalid, Problem, quoted
from khabar.run import Gold, Predicted
from khabar.scoring import Evaluation, Scorecard, evaluate, too_little
from khabar.uncertainty import (
    EXACT,
    FEW,
    FIGURES,
    RESAMPLES,
    ROUNDS,
    SEED,
    Difference,
    Figure,
    Interval,
    differences,
    holm,
)


class Compared(Struct, frozen=True):
    """What system ``a`` has more than ``b`` on a measure.

    ``interval`` is the 95 % interval of a paired bootstrap, ``p`` that of the paired randomisation test, ``p_holm``
    the same made greater for as many pairs as were compared on the measure. For the measures of error (Pk,
    WindowDiff) less is better.
    """

    a: str
    b: str
    measure: str
    difference: float | None
    interval: Interval | None
    p: float | None
    p_holm: float | None


class Comparison(Struct, frozen=True):
    """Systems compared: their scorecards by name, every pair on every measure, and what a reader should know.

    ``rounds``: how many exchanges of documents the test tried, all that there are where it is ``exact``.
    """

    cards: Mapping[str, Scorecard]
    pairs: tuple[Compared, ...]
    rounds: int
    exact: bool
    notes: tuple[str, ...] = ()


def compare(
    gold: Gold,
    systems: Mapping[str, Predicted] | Sequence[str | Path],
    *,
    measures: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    rounds: int = ROUNDS,
    seed: int = SEED,
    **options: Any,
) -> Comparison:
    """Compare systems on the same gold.

    ``systems``: predictions by the system's name, or files, named as they are called. ``measures``: by name; the
    headline measures and ``overall`` unless said, those that both systems of a pair attempt. ``rounds``: of the
    test, whose p with R rounds is at least 1 / (R + 1); with few documents it tries all exchanges instead. Other
    options are those of `scoring.score`.

    Raises Invalid where there are fewer than two systems, where they were not given the same (tracks differ), and
    where no two of them attempt a measure that was asked for.
    """
    named = systems if isinstance(systems, Mapping) else _named(systems)
    if not isinstance(systems, Mapping) and len(named) < len(systems):
        twice = next(quoted(str(file)) for file, number in Counter(map(str, systems)).items() if number > 1)
        raise _refused(f"{twice} is named twice", "Name each prediction file once.")
    if len(named) < 2:
        raise _refused("there is one system here, and a comparison wants two", "Name two prediction files or more.")
    if wrong := list(too_little(rounds=rounds)):
        raise Invalid(wrong)
    wanted = tuple(dict.fromkeys(measures or (*HEADLINE, "overall")))
    held = gold if gold is None or isinstance(gold, str | Path) or hasattr(gold, "inventory") else tuple(gold)
    needed = {part for name in wanted if name in FIGURES for part, _ in FIGURES[name].parts}
    runs = {}
    problems: list[Problem] = []
    for name, predicted in named.items():
        try:
            runs[name] = evaluate(
                held, predicted, measures=sorted({*wanted, *needed}), resamples=resamples, seed=seed, **options
            )
        except Invalid as error:
            problems += (one for one in error.problems if one not in problems)
    if problems:
        raise Invalid(problems)
    tracks = {name: run.track for name, run in runs.items()}
    if len(set(tracks.values())) > 1:
        said = ", ".join(f"{name} {track}" for name, track in tracks.items())
        raise _refused(f"the systems were not given the same: {said}", "Compare within one track.")
    # Also those that gold lacks: what a system says of them is spurious.
    documents = frozenset(name for run in runs.values() for name in run.ledger.names)
    numbers = (resamples, rounds, seed)
    found = [pair for name in wanted for pair in _on_one_measure(runs, FIGURES[name], documents, *numbers)]
    if not found:
        said = "; ".join(f"{name}: {', '.join(run.given) or 'none'}" for name, run in runs.items())
        fix = f"Ask for measures of a layer that two of them have ({said})."
        raise _refused("no two of the systems attempt a measure that was asked for", fix)
    exact = len(documents) <= EXACT
    tried = 2 ** len(documents) if exact else rounds
    cards = {name: run.scorecard("exact" if exact else str(rounds)) for name, run in runs.items()}
    attempted = {figure.name for run in runs.values() for figure in run.figures}
    compared = {pair.measure for pair in found}
    left = [name for name in wanted if name not in compared and (measures or name in attempted)]
    notes = (*_left_out(cards, left), *_notes(len(documents), tried, exact))
    return Comparison(cards=cards, pairs=tuple(found), rounds=tried, exact=exact, notes=notes)


def _named(files: Sequence[str | Path]) -> dict[str, Predicted]:
    stems = [Path(os.path.realpath(file)).name.split(".")[0] for file in files]
    names = stems if all(stems) and len(set(stems)) == len(stems) else [str(file) for file in files]
    return dict(zip(names, files, strict=True))


def _on_one_measure(
    runs: Mapping[str, Evaluation], figure: Figure, documents: Collection[str], resamples: int, rounds: int, seed: int
) -> list[Compared]:
    attempting = [name for name, run in runs.items() if figure in run.figures]
    couples = list(combinations(attempting, 2))
    found: list[Difference] = [
        differences(runs[a].ledger, runs[b].ledger, (figure,), resamples, rounds, seed, documents)[0]
        for a, b in couples
    ]
    tested = [at for at, difference in enumerate(found) if difference.p is not None]
    adjusted = dict(zip(tested, holm([found[at].p or 0.0 for at in tested]), strict=True))
    return [
        Compared(a, b, figure.name, difference.difference, difference.interval, difference.p, adjusted.get(at))
        for at, ((a, b), difference) in enumerate(zip(couples, found, strict=True))
    ]


def _left_out(cards: Mapping[str, Scorecard], measures: Sequence[str]) -> Iterator[str]:
    """What a reader would look for in vain, and what a system did not say."""
    if measures:
        yield f"Not compared, as no two systems attempt it: {', '.join(measures)}."
    for name, card in cards.items():
        if card.silent:
            yield f"{quoted(name)} is silent in a layer in {card.silent} of {card.documents} documents: that is missed."


def _notes(documents: int, rounds: int, exact: bool) -> Iterator[str]:
    if documents < FEW:
        yield f"Fewer than {FEW} documents: a difference that is not found may well be there."
    if exact:
        yield f"The test is exact: every exchange of documents was tried ({rounds})."
    else:
        yield f"The test is by chance: {rounds} random exchanges of documents (--rounds) were tried."


def _refused(message: str, fix: str) -> Invalid:
    return Invalid([Problem("compare", 1, 1, "compare", "", message, fix)])
