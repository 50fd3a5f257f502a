"""The table of measures: what each one counts, on one pair of documents, and how its counts become a score."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from khabar.align import Item, Named, Pair, Pairs, Segment, overlapping, same
from khabar.counts import Counts, Share, Tally
from khabar.model import Document, Edges, Layer, Relation
from khabar.schemas import Inventory

Law = Literal["perfect", "swap", "order", "empty", "bounded", "monotone", "sum"]
"""The laws of docs/measures.md that a measure keeps; tests hold every row to those that it declares."""

ALL: frozenset[Law] = frozenset({"perfect", "swap", "order", "empty", "bounded", "monotone", "sum"})


class Measure(Struct, frozen=True, kw_only=True):
    """One row of the table.

    ``counts`` gives counts by label for precision, recall and F1; ``share`` an amount out of a whole, and then
    ``better`` says whether the value is that share (less is better) or what it lacks to 1 (more is better);
    ``derive`` makes a value of another measure's counts, ``derived_from``. Just one of the three is set.
    ``needs`` names what a run must give for the measure to be attempted.
    """

    name: str
    layer: Layer
    about: str
    source: str
    needs: frozenset[str]
    laws: frozenset[Law] = ALL
    counts: Callable[[Pair, Inventory], Tally] | None = None
    share: Callable[[Pair], Share] | None = None
    better: Literal["less", "more"] = "more"
    derive: Callable[[Tally], float | None] | None = None
    derived_from: str = ""


def tally(
    predicted: Sequence[str],
    gold: Sequence[str],
    matches: Iterable[tuple[Pairs, float]],
    voids: Mapping[str, int] = {},
    out: Iterable[int] = (),
) -> Tally:
    """Counts by label of items whose labels are given by position.

    A match is booked on each side under that side's label, a false positive under the predicted label, a miss
    under the gold label. ``out`` are predicted positions that do not count; ``voids`` predicted items that match
    nothing.
    """
    dropped = set(out)
    guesses = Counter(label for position, label in enumerate(predicted) if position not in dropped)
    guesses.update(voids)
    answers = Counter(gold)
    right, found = Counter[str](), Counter[str]()
    halves = [(pairs, credit * 2) for pairs, credit in matches]
    for pairs, credit in halves:
        for mine, yours in pairs:
            right[predicted[mine]] += int(credit)
            found[gold[yours]] += int(credit)
    return {
        label: Counts(right[label] / 2, guesses[label], found[label] / 2, answers[label])
        for label in {*guesses, *answers}
    }


# -- entities ------------------------------------------------------------------------------------------------


def _entities(pair: Pair, match: Callable[[list[Named], list[Named]], list[tuple[Pairs, float]]], typed: bool) -> Tally:
    """Names matched first; then predicted names left over that stand where gold has another form are taken out."""
    predicted, gold, ignored = pair.predicted_names, pair.gold_names, pair.ignored
    matches = match(predicted, gold)
    out: list[int] = []
    if ignored:
        matched = {mine for pairs, _ in matches for mine, _ in pairs}
        left = [position for position in range(len(predicted)) if position not in matched]
        excused = same(_items([predicted[position] for position in left], typed), _items(ignored, typed))
        out = [left[mine] for mine, _ in excused]
    labels = [name.label for name in predicted], [name.label for name in gold]
    return tally(*labels, matches, pair.voids["entities"], out)


def _items(names: Iterable[Named], typed: bool) -> list[Item]:
    return [Item((n.start, n.end, n.label) if typed else (n.start, n.end), n.label) for n in names]


def _strict(pair: Pair, _: Inventory) -> Tally:
    return _entities(pair, lambda p, g: [(same(_items(p, True), _items(g, True)), 1)], typed=True)


def _exact(pair: Pair, _: Inventory) -> Tally:
    return _entities(pair, lambda p, g: [(same(_items(p, False), _items(g, False)), 1)], typed=False)


def _partial(pair: Pair, _: Inventory) -> Tally:
    """Same spans first, then any overlap of the rest.

    That is optimal: a pair of equal spans weighs 1, and taking it apart frees at most two overlaps of ½.
    """

    def match(predicted: list[Named], gold: list[Named]) -> list[tuple[Pairs, float]]:
        exact = same(_items(predicted, False), _items(gold, False))
        mine, yours = {m for m, _ in exact}, {y for _, y in exact}
        left = [position for position in range(len(predicted)) if position not in mine]
        open_ = [position for position in range(len(gold)) if position not in yours]
        near = overlapping([predicted[position] for position in left], [gold[position] for position in open_])
        return [(exact, 1), ([(left[m], open_[y]) for m, y in near], 0.5)]

    return _entities(pair, match, typed=False)


def _type(pair: Pair, _: Inventory) -> Tally:
    def match(predicted: list[Named], gold: list[Named]) -> list[tuple[Pairs, float]]:
        pairs: Pairs = []
        for label in {name.label for name in gold}:
            mine = [position for position, name in enumerate(predicted) if name.label == label]
            yours = [position for position, name in enumerate(gold) if name.label == label]
            near = overlapping([predicted[position] for position in mine], [gold[position] for position in yours])
            pairs += [(mine[m], yours[y]) for m, y in near]
        return [(pairs, 1)]

    return _entities(pair, match, typed=True)


# -- relations -----------------------------------------------------------------------------------------------


def _relations(pair: Pair, labels: Inventory, key: Callable[[str, str, str], Hashable], typed: bool = False) -> Tally:
    """Relations whose arguments are aligned, matched by a key of type, head and tail; symmetric ones either way."""
    predicted_types = {entity.id: entity.type for entity in pair.predicted.entities} if typed else {}
    gold_types = {entity.id: entity.type for entity in pair.gold.entities} if typed else {}

    def right(mine: str, yours: str) -> bool:
        return not typed or predicted_types[mine] == gold_types[yours]

    predicted = []
    for position, relation in enumerate(pair.predicted.relations):
        head, tail = pair.entities.get(relation.head), pair.entities.get(relation.tail)
        if head and tail and right(relation.head, head) and right(relation.tail, tail):
            predicted.append(Item(key(*_either_way(labels, relation.type, head, tail)), relation.type))
        else:
            predicted.append(Item(("alone", position), relation.type))
    gold = [Item(key(*_either_way(labels, r.type, r.head, r.tail)), r.type) for r in pair.gold.relations]
    return _tally_items(predicted, gold, pair.voids["relations"])


def _either_way(labels: Inventory, kind: str, head: str, tail: str) -> tuple[str, str, str]:
    return (kind, tail, head) if kind in labels.symmetric and tail < head else (kind, head, tail)


def _tally_items(predicted: Sequence[Item], gold: Sequence[Item], voids: Mapping[str, int]) -> Tally:
    labels = [item.label for item in predicted], [item.label for item in gold]
    return tally(*labels, [(same(predicted, gold), 1)], voids)


def _relations_strict(pair: Pair, labels: Inventory) -> Tally:
    return _relations(pair, labels, lambda *triple: triple, typed=True)


def _relations_boundary(pair: Pair, labels: Inventory) -> Tally:
    return _relations(pair, labels, lambda *triple: triple)


def _relations_pair(pair: Pair, labels: Inventory) -> Tally:
    return _relations(pair, labels, lambda _, head, tail: frozenset((head, tail)))


def _relations_mention(pair: Pair, labels: Inventory) -> Tally:
    """Each argument is the gold entity that holds one of its spans; triples are then counted once each."""
    holders: dict[Edges, list[int]] = defaultdict(list)
    for position, entity in enumerate(pair.gold.entities):
        for mention in entity.mentions:
            holders[mention.edges].append(position)

    def place(document: Document) -> dict[str, str]:
        """Each entity's gold entity: that with most of its spans; then of its type; then the smallest. Else itself."""
        places = {}
        for entity in document.entities:
            shared = Counter(position for m in entity.mentions for position in holders.get(m.edges, ()))
            if shared:
                best = min(shared, key=lambda p, e=entity, s=shared: (-s[p], *_apart(pair.gold, p, e.type)))  # type: ignore[misc]
                places[entity.id] = pair.gold.entities[best].id
            else:
                places[entity.id] = f"\0{sorted(m.edges for m in entity.mentions) or entity.id}{entity.type}"
        return places

    def triples(relations: Iterable[Relation], places: Mapping[str, str]) -> list[Item]:
        keys = {_either_way(labels, r.type, places[r.head], places[r.tail]): r.type for r in relations}
        return [Item(key, kind) for key, kind in keys.items()]

    gold = triples(pair.gold.relations, {entity.id: entity.id for entity in pair.gold.entities})
    predicted = triples(pair.predicted.relations, place(pair.predicted))
    return _tally_items(predicted, gold, pair.voids["relations"])


def _apart(document: Document, position: int, kind: str) -> tuple[bool, list[Edges], str]:
    """What tells gold entities that hold equally many spans apart, whatever their ids."""
    entity = document.entities[position]
    return entity.type != kind, sorted(mention.edges for mention in entity.mentions), entity.type


# -- stance --------------------------------------------------------------------------------------------------


def _stance(pair: Pair, with_label: bool) -> Tally:
    predicted = []
    for position, stance in enumerate(pair.predicted.stance):
        holder, target = pair.voices.get(stance.holder), pair.voices.get(stance.target)
        found = (holder, target, stance.label if with_label else "") if holder and target else ("alone", position)
        predicted.append(Item(found, stance.label))
    gold = [Item((s.holder, s.target, s.label if with_label else ""), s.label) for s in pair.gold.stance]
    return _tally_items(predicted, gold, pair.voids["stance"])


def _stance_pair(pair: Pair, _: Inventory) -> Tally:
    return _stance(pair, with_label=False)


def _stance_strict(pair: Pair, _: Inventory) -> Tally:
    return _stance(pair, with_label=True)


def _favg(labels: Sequence[str]) -> Callable[[Tally], float | None]:
    def mean(counts: Tally) -> float | None:
        scores = [counts[label].f1 if label in counts and counts[label].gold else None for label in labels]
        known = [score for score in scores if score is not None]
        return sum(known) / len(labels) if len(known) == len(labels) else None

    return mean


# -- subsections ---------------------------------------------------------------------------------------------


def _labelled_items(segments: Iterable[Segment], functions: bool) -> list[Item]:
    return [
        Item((s.first, s.last, s.section.kind, label), label)
        for s in segments
        if s.section and (label := s.section.function if functions else s.section.kind)
    ]


def _labelled(pair: Pair, _: Inventory) -> Tally:
    """Sections by their paragraphs and kind; one that holds most of no paragraph is an item that matches nothing."""
    predicted = _labelled_items(pair.predicted_segments, functions=False)
    gold = _labelled_items(pair.gold_segments, functions=False)
    held = {segment.section.id for segment in pair.predicted_segments if segment.section}
    lost = Counter(section.kind for section in pair.predicted.subsections if section.id not in held)
    return _tally_items(predicted, gold, lost + pair.voids["subsections"])


def _function(pair: Pair, _: Inventory) -> Tally:
    predicted = _labelled_items(pair.predicted_segments, functions=True)
    return _tally_items(predicted, _labelled_items(pair.gold_segments, functions=True), {})


def _places(predicted: Iterable[Hashable], gold: Iterable[Hashable], voids: Mapping[str, int] = {}) -> Tally:
    """Things without a label, matched where they are."""
    return _tally_items([Item(key, "") for key in predicted], [Item(key, "") for key in gold], voids)


def _boundaries(segments: Sequence[Segment]) -> list[int]:
    return [segment.first for segment in segments[1:]]


def _story_boundaries(segments: Sequence[Segment]) -> list[int]:
    """Where a section of another story than the one before it begins; a gap has no story."""
    known = [s for s in segments if s.section and s.section.story is not None]
    return [
        after.first
        for before, after in pairwise(known)
        if before.section and after.section and before.section.story != after.section.story
    ]


def _boundary(pair: Pair, _: Inventory) -> Tally:
    return _places(_boundaries(pair.predicted_segments), _boundaries(pair.gold_segments))


def _story(pair: Pair, _: Inventory) -> Tally:
    return _places(_story_boundaries(pair.predicted_segments), _story_boundaries(pair.gold_segments))


def _heading(pair: Pair, _: Inventory) -> Tally:
    return _places(_headings(pair.predicted), _headings(pair.gold), pair.voids["heading"])


def _headings(document: Document) -> list[Edges]:
    return [section.heading.edges for section in document.subsections if section.heading]


def boundary_edits(predicted: Iterable[int], gold: Iterable[int]) -> Share:
    """Edits between two sets of boundaries, out of the boundaries that take part (Fournier 2013, n_t = 2).

    Boundaries of both sides at one place match. Of the others, two next to each other are a near miss, one edit
    of ½; the rest are additions, one edit each. Every match, near miss and addition is one of the whole.
    """
    mine, yours = set(predicted), set(gold)
    matches = len(mine & yours)
    near = 0
    left = sorted((place, place in mine) for place in mine ^ yours)
    at = 0
    while at < len(left) - 1:
        (place, side), (after, other) = left[at], left[at + 1]
        adjacent = after == place + 1 and side != other
        near += adjacent
        at += 2 if adjacent else 1
    additions = len(left) - 2 * near
    return Share(additions + near / 2, matches + additions + near)


def _boundary_similarity(pair: Pair) -> Share:
    return boundary_edits(_boundaries(pair.predicted_segments), _boundaries(pair.gold_segments))


def window(masses: Sequence[int]) -> int:
    """The window k for gold sections of these lengths: half their mean, rounded half to even, at least 2."""
    return max(2, round(Fraction(sum(masses), 2 * len(masses)))) if masses else 2


def window_errors(predicted: Sequence[int], gold: Sequence[int], units: int, k: int, counting: bool) -> Share:
    """Windows in error out of all ``units - k`` windows of two sets of boundaries, in linear time.

    A boundary at b lies between the units b - 1 and b. ``counting`` False: a window from unit i to i + k is in
    error when the sides disagree whether its ends lie in one section (Pk, Beeferman et al. 1999); True: when
    they disagree how many boundaries lie between (WindowDiff, Pevzner & Hearst 2002).
    """
    if units <= k:
        return Share()
    sums = []
    for boundaries in (predicted, gold):
        passed, places = [0], set(boundaries)
        for unit in range(1, units):
            passed.append(passed[-1] + (unit in places))
        sums.append(passed)
    mine, yours = sums
    errors = 0
    for unit in range(units - k):
        here, there = mine[unit + k] - mine[unit], yours[unit + k] - yours[unit]
        errors += here != there if counting else (here == 0) != (there == 0)
    return Share(errors, units - k)


def _windows(counting: bool) -> Callable[[Pair], Share]:
    def count(pair: Pair) -> Share:
        gold = pair.gold_segments
        if not pair.gold.subsections:
            return Share()
        k = window([segment.last - segment.first + 1 for segment in gold])
        sides = (_boundaries(pair.predicted_segments), _boundaries(gold))
        return window_errors(*sides, len(pair.lines), k, counting)

    return count


# -- the table -----------------------------------------------------------------------------------------------

_CLUSTERS = frozenset({"relations", "clusters"})
_STANCE = frozenset({"stance", "clusters"})
_SECTIONS = frozenset({"subsections"})
_ENTITIES = frozenset({"entities"})
_ORDERED: frozenset[Law] = ALL - {"monotone"}

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="entities.strict",
        layer="entities",
        about="names with the same span and the same type",
        source="Tjong Kim Sang 2002 (CoNLL-2002)",
        needs=_ENTITIES,
        counts=_strict,
    ),
    Measure(
        name="entities.exact",
        layer="entities",
        about="names with the same span, whatever the type",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        needs=_ENTITIES,
        counts=_exact,
    ),
    Measure(
        name="entities.partial",
        layer="entities",
        about="the same span 1, any overlap ½, whatever the type",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        needs=_ENTITIES,
        laws=_ORDERED,
        counts=_partial,
    ),
    Measure(
        name="entities.type",
        layer="entities",
        about="any overlap and the same type; a span over the whole text matches once per type: never rank by it",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        needs=_ENTITIES,
        laws=_ORDERED,
        counts=_type,
    ),
    Measure(
        name="relations.strict",
        layer="relations",
        about="the relation type, both arguments aligned and of the right entity type",
        source="Bekoulis et al. 2018; Taillé et al. 2020 (strict)",
        needs=_CLUSTERS,
        counts=_relations_strict,
    ),
    Measure(
        name="relations.boundary",
        layer="relations",
        about="the relation type, both arguments aligned",
        source="Taillé et al. 2020 (boundaries)",
        needs=_CLUSTERS,
        counts=_relations_boundary,
    ),
    Measure(
        name="relations.pair",
        layer="relations",
        about="both arguments aligned, in either direction, whatever the type",
        source="khabar",
        needs=_CLUSTERS,
        counts=_relations_pair,
    ),
    Measure(
        name="relations.mention",
        layer="relations",
        about="the relation type, each argument being the gold entity that holds one of its spans; triples once each",
        source="khabar, for systems without coreference",
        needs=frozenset({"relations"}),
        laws=_ORDERED - {"swap"},
        counts=_relations_mention,
    ),
    Measure(
        name="stance.pair",
        layer="stance",
        about="holder and target aligned",
        source="khabar",
        needs=_STANCE | {"own pairs"},
        counts=_stance_pair,
    ),
    Measure(
        name="stance.strict",
        layer="stance",
        about="holder and target aligned, and the label",
        source="khabar",
        needs=_STANCE,
        counts=_stance_strict,
    ),
    Measure(
        name="stance.favg2",
        layer="stance",
        about="mean F1 of favor and against; — unless gold has both",
        source="Mohammad et al. 2016 (SemEval-2016 task 6)",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        derive=_favg(("favor", "against")),
        derived_from="stance.strict",
    ),
    Measure(
        name="stance.favg3",
        layer="stance",
        about="mean F1 of favor, against and neutral; — unless gold has all three",
        source="Mohammad et al. 2016, with the third label",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        derive=_favg(("favor", "against", "neutral")),
        derived_from="stance.strict",
    ),
    Measure(
        name="subsections.labelled",
        layer="subsections",
        about="sections with the same first and last paragraph and the same kind",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=_labelled,
    ),
    Measure(
        name="subsections.boundary",
        layer="subsections",
        about="paragraphs at which a section begins, the first aside",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=_boundary,
    ),
    Measure(
        name="subsections.heading",
        layer="subsections",
        about="headings with the same span",
        source="khabar",
        needs=_SECTIONS | {"subsections.heading"},
        counts=_heading,
    ),
    Measure(
        name="subsections.boundary_similarity",
        layer="subsections",
        about="1 − edits / boundaries, a near miss of one paragraph being an edit of ½",
        source="Fournier 2013 (B, n_t = 2)",
        needs=_SECTIONS,
        laws=_ORDERED,
        share=_boundary_similarity,
    ),
    Measure(
        name="subsections.pk",
        layer="subsections",
        about="windows whose ends are wrongly in one section or in two; blind to sections of one paragraph",
        source="Beeferman et al. 1999",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=_windows(counting=False),
        better="less",
    ),
    Measure(
        name="subsections.window_diff",
        layer="subsections",
        about="windows with a wrong number of boundaries; blind to sections of one paragraph at the text's ends",
        source="Pevzner & Hearst 2002",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=_windows(counting=True),
        better="less",
    ),
    Measure(
        name="subsections.function",
        layer="subsections",
        about="sections with the same paragraphs, kind and function; sections without a function are left out",
        source="van Dijk 1988 for the labels",
        needs=_SECTIONS | {"subsections.function"},
        laws=_ORDERED,
        counts=_function,
    ),
    Measure(
        name="subsections.story",
        layer="subsections",
        about="paragraphs at which another story begins",
        source="khabar",
        needs=_SECTIONS | {"subsections.story"},
        laws=_ORDERED,
        counts=_story,
    ),
)

HEADLINE = ("entities.strict", "relations.strict", "stance.strict", "subsections.labelled")
"""The measures whose mean F1 is `overall`."""
