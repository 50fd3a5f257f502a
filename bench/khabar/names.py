"""Which predicted name stands for which gold name: one matching for each mention measure, optimal for that measure.

Most names of a good prediction equal a name of gold in span and type. They are found at once, as the intersection
of two sets, and each measure then looks only at what is left over.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Literal, NamedTuple

from khabar.align import Name, Pair, components, heaviest, once, overlapping
from khabar.counts import Counts, Tally, grain
from khabar.model import NAME, Edges
from khabar.quotes import PROCLITICS

Match = tuple[Name, Name, float]
"""A predicted name, the gold name that it stands for, and the credit that it earns (0 to 1)."""

Facet = Literal["type", "depth"]
"""What names are counted by: their entity type, or whether they lie inside another name."""


class Matching(NamedTuple):
    """The names that stand for each other by one measure.

    ``equal`` were matched to their equal in gold; ``others`` to another name; ``excused`` are predicted names that
    stand where gold has a mention that is no name, and do not count.
    """

    equal: frozenset[Name]
    others: Sequence[Match] = ()
    excused: Collection[Name] = ()


def strict(pair: Pair) -> Matching:
    """The same span and type."""
    return Matching(pair.equal, (), _excused_typed(pair, pair.left_predicted) if pair.ignored else ())


def exact(pair: Pair) -> Matching:
    """The same span; names of equal type are matched first, so that as many types as possible are right."""
    others = [(mine, yours, 1.0) for mine, yours in _same_spans(pair)]
    return Matching(pair.equal, others, _excused(pair, others))


def partial_overlap(pair: Pair) -> Matching:
    """The same span for 1, then any overlap of the names left over for ½.

    That is optimal: a pair of equal spans weighs 1, and taking it apart frees at most two overlaps of ½.
    """
    others = [(mine, yours, 1.0) for mine, yours in _same_spans(pair)]
    taken, found = {mine for mine, *_ in others}, {yours for _, yours, _ in others}
    mine = [name for name in pair.left_predicted if name not in taken]
    yours = [name for name in pair.left_gold if name not in found]
    if mine and yours:
        others += [(mine[m], yours[y], 0.5) for m, y in overlapping(mine, yours)]
    return Matching(pair.equal, others, _excused(pair, others))


def same_type(pair: Pair) -> Matching:
    """Any overlap and the same type.

    Names with their equal in gold are set free again where a type has names left over on both sides and one of these
    overlaps them: two overlaps may take the place of one pair of equals.
    """
    mine, yours, equal = (_by_type(names) for names in (pair.left_predicted, pair.left_gold, pair.equal))
    others: list[Match] = []
    freed: set[str] = set()
    for label in mine.keys() & yours.keys():
        predicted, gold, both = mine[label], yours[label], equal.get(label, [])
        if any(start < end_ and start_ < end for start, end, _ in chain(predicted, gold) for start_, end_, _ in both):
            freed.add(label)
            predicted, gold = predicted + both, gold + both
        others += [(predicted[m], gold[y], 1.0) for m, y in overlapping(predicted, gold)]
    kept = frozenset(name for name in pair.equal if name[2] not in freed) if freed else pair.equal
    if not pair.ignored:
        return Matching(kept, others)
    matched = {found for found, *_ in others}
    left = [name for name in pair.predicted_names if name not in kept and name not in matched]
    return Matching(kept, others, _excused_typed(pair, left))


def _by_type(names: Iterable[Name]) -> dict[str, list[Name]]:
    found: dict[str, list[Name]] = {}
    for name in names:
        found.setdefault(name[2], []).append(name)
    return found


def graded(pair: Pair) -> Matching:
    """The same type; the credit is the intersection over union of the spans, in characters.

    Equals are matched first. That is optimal: 1 minus the intersection over union is a metric, so by its triangle
    inequality two overlaps in the place of a pair of equals earn no more than the pair and the overlap of the
    other two.
    """
    if not (pair.left_predicted and pair.left_gold):
        return strict(pair)
    others: list[Match] = []
    earned = {
        (m, y): credit
        for m, y in _overlaps(pair.left_predicted, pair.left_gold)
        if (credit := _graded_credit(pair.left_predicted[m], pair.left_gold[y]))
    }
    for group in components(earned):
        for m, y in heaviest(group):
            others.append((pair.left_predicted[m], pair.left_gold[y], group[m, y]))
    matched = {mine for mine, *_ in others}
    left = [name for name in pair.left_predicted if name not in matched] if pair.ignored else ()
    return Matching(pair.equal, others, _excused_typed(pair, left))


def _graded_credit(mine: Name, yours: Name) -> float:
    if mine[2] != yours[2]:
        return 0.0
    common = min(mine[1], yours[1]) - max(mine[0], yours[0])
    return grain(common / (max(mine[1], yours[1]) - min(mine[0], yours[0])))


def clitic(pair: Pair) -> Matching:
    """The same span and type, or a span that differs only by what Arabic writes together with a name.

    The predicted name may be wider at its start by proclitics (``[وف]?[بكلس]?``), wider at either edge by
    punctuation, or lack the ل that stands for ال after the preposition ل («للعراق»). The matching of equals is
    made maximum by augmenting paths (Berge 1957).
    """
    owner: dict[Name, Name] = {}
    for mine in pair.left_predicted:
        _augment(pair, owner, mine, set())
    if not owner:
        return strict(pair)
    others = [(mine, yours, 1.0) for yours, mine in owner.items()]
    matched = {mine for mine, *_ in others}
    left = [name for name in pair.left_predicted if name not in matched] if pair.ignored else ()
    return Matching(pair.equal - owner.keys(), others, _excused_typed(pair, left))


def _augment(pair: Pair, owner: dict[Name, Name], mine: Name, seen: set[Name]) -> bool:
    """Find a gold name for a predicted one, if need be by finding another for whoever has it now."""
    for yours in _within_clitics(pair.gold.text, mine):
        if yours in pair.gold_set and yours not in seen:
            seen.add(yours)
            holder = owner.get(yours) or (yours if yours in pair.equal else None)
            if holder is None or _augment(pair, owner, holder, seen):
                owner[yours] = mine
                return True
    return False


def _within_clitics(text: str, name: Name) -> list[Name]:
    """The names that a predicted name may stand for, besides its equal."""
    start, end, label = name
    starts, ends = [start], [end]
    if text[start] in _BEFORE:
        starts += [at for at in (start + 1, start + 2) if at < end and PROCLITICS.fullmatch(text, start, at)]
    elif not text[start].isalnum():
        starts += _inwards(text, start, end, 1)
    if start > 1 and text[start - 1] == text[start - 2] == "ل":
        starts.append(start - 1)
    if not text[end - 1].isalnum():
        ends += _inwards(text, start, end, -1)
    return [(s, e, label) for s in starts for e in ends if s < e]


_BEFORE = frozenset("وفبكلس")


def _inwards(text: str, start: int, end: int, step: Literal[1, -1]) -> Iterator[int]:
    """The edges further in that are reached by passing punctuation and white space only."""
    at = start if step == 1 else end - 1
    while start <= at < end and _is_mark(text[at]):
        at += step
        yield at if step == 1 else at + 1


def _is_mark(character: str) -> bool:
    return not character.isalnum() and (character.isspace() or unicodedata.category(character)[0] in "PS")


def _same_spans(pair: Pair) -> Iterator[tuple[Name, Name]]:
    """Names left over that have the same span and another type, in the order of their types."""
    waiting: dict[Edges, list[Name]] = defaultdict(list)
    for name in pair.left_gold:
        waiting[name[:2]].append(name)
    for name in pair.left_predicted:
        if name[:2] in waiting:
            yours = waiting[name[:2]]
            yield name, yours.pop(0)
            if not yours:
                del waiting[name[:2]]


def _overlaps(predicted: Sequence[Name], gold: Sequence[Name]) -> Iterator[tuple[int, int]]:
    """The positions of every two names that overlap."""
    ordered = sorted(range(len(gold)), key=lambda y: gold[y])
    first = 0
    longest = max(end - start for start, end, _ in gold)
    for m in sorted(range(len(predicted)), key=lambda m: predicted[m]):
        start, end, _ = predicted[m]
        while first < len(ordered) and gold[ordered[first]][0] + longest <= start:
            first += 1
        for at in range(first, len(ordered)):
            y = ordered[at]
            if gold[y][0] >= end:
                break
            if gold[y][1] > start:
                yield m, y


def _excused_typed(pair: Pair, left: Iterable[Name]) -> Collection[Name]:
    return [name for name in left if name in pair.ignored]


def _excused(pair: Pair, others: Iterable[Match]) -> Collection[Name]:
    """Of the predicted names that match nothing, those on the span of an ignored mention, one for each of these."""
    if not pair.ignored:
        return ()
    matched = {mine for mine, *_ in others}
    left = [name for name in pair.left_predicted if name not in matched]
    typed = set(_excused_typed(pair, left))
    places = Counter(name[:2] for name in pair.ignored)
    places.subtract(name[:2] for name in typed)
    more = []
    for name in left:
        if name not in typed and places[name[:2]] > 0:
            places[name[:2]] -= 1
            more.append(name)
    return [*typed, *more]


# -- counting ----------------------------------------------------------------------------------------------------


def tally(pair: Pair, matching: Matching, facet: Facet = "type") -> Tally:
    """Counts of a matching by type or depth.

    A match is booked on each side under that side's label, a false positive under the predicted label, a miss under
    the gold label. Quotes that were not located have a type, but no depth.
    """
    base = once(pair, facet, lambda: _base(pair, facet))
    counts = base.counts if matching.equal is pair.equal else _counts(base, matching.equal)
    if not (matching.others or matching.excused):
        return counts
    changed: dict[str, list[float]] = {}
    for name in matching.excused:
        changed.setdefault(base.predicted_key(name), [0, 0, 0])[1] -= 1
    for mine, yours, credit in matching.others:
        changed.setdefault(base.predicted_key(mine), [0, 0, 0])[0] += credit
        changed.setdefault(base.gold_key(yours), [0, 0, 0])[2] += credit
    counts = dict(counts)
    for label, (right, guesses, found) in changed.items():
        old = counts[label]
        counts[label] = Counts(
            old.matched_predicted + right, old.predicted + guesses, old.matched_gold + found, old.gold
        )
    return counts


class Base(NamedTuple):
    """What all matchings of a pair count alike, by type or by depth; ``counts`` has those with an equal as matched."""

    predicted_key: Callable[[Name], str]
    gold_key: Callable[[Name], str]
    predicted: Mapping[str, int]
    gold: Mapping[str, int]
    counts: dict[str, Counts]


_TYPE = itemgetter(2)


def _base(pair: Pair, facet: Facet) -> Base:
    mine: Callable[[Name], str] = _TYPE
    yours: Callable[[Name], str] = _TYPE
    if facet == "depth":
        mine, yours = depths(pair.predicted_set).__getitem__, depths(pair.gold_set).__getitem__
    predicted, gold = Counter(map(mine, pair.predicted_set)), Counter(map(yours, pair.gold_set))
    if facet == "type" and pair.voids["entities"]:
        predicted.update(pair.voids["entities"])
    base = Base(mine, yours, predicted, gold, {})
    return base._replace(counts=_counts(base, pair.equal))


def _counts(base: Base, equal: frozenset[Name]) -> dict[str, Counts]:
    right = Counter(map(base.predicted_key, equal))
    found = right if base.predicted_key is base.gold_key else Counter(map(base.gold_key, equal))
    predicted, gold = base.predicted, base.gold
    return {
        label: Counts(right.get(label, 0), predicted.get(label, 0), found.get(label, 0), gold.get(label, 0))
        for label in predicted.keys() | gold.keys()
    }


def depths(names: Iterable[Name]) -> dict[Name, str]:
    """For every name whether it lies inside a wider one: nested, or else outer."""
    found: dict[Name, str] = {}
    reach = start = end = -1
    for first, backwards, label in sorted([(first, -last, label) for first, last, label in names]):
        last = -backwards
        if first != start or last != end:
            reach = max(reach, end)
            start, end = first, last
        found[first, last, label] = "nested" if reach >= last else "outer"
    return found


def recall_by_form(pair: Pair) -> Tally:
    """How many of gold's mentions of each form stand in the prediction with the same span and type.

    A prediction is not asked for the form, so there is a recall, but no precision.
    """
    given = pair.predicted_set | pair.predicted_nominals
    gold = Counter(pair.ignored.values())
    found = Counter(form for name, form in pair.ignored.items() if name in given)
    if pair.gold_names:
        gold[NAME] = len(pair.gold_names)
        found[NAME] = len(pair.gold_set & given)
    return {form: Counts(0, 0, found[form], count) for form, count in gold.items()}
