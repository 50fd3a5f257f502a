"""The table of measures: what each one counts, on one pair of documents, and how its counts become a score."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from khabar import clusters, names
from khabar.align import Item, Pair, Pairs, Segment, near_misses, once, same
from khabar.counts import Counts, Share, Tally, grain
from khabar.model import Document, Edges, Entity, Layer, Quote, Relation, Stance
from khabar.schemas import Inventory
from khabar.tags import token_counts

Law = Literal["perfect", "swap", "order", "empty", "bounded", "monotone", "sum"]

LAWS: Mapping[Law, str] = {
    "perfect": "Gold against itself is perfect, or there is nothing to score.",
    "swap": "Swapping the sides swaps precision and recall (where gold has no mentions but names).",
    "order": "The order of items and of documents, and the names of ids, change nothing.",
    "empty": "A document with nothing on either side changes nothing.",
    "bounded": "No more is matched than there is, on either side and for every label.",
    "monotone": "A wrong item more never raises precision; a right item less never raises recall.",
    "sum": "The counts of a corpus are the sums of those of its documents.",
}
"""What a measure may declare of itself; tests hold every row of the table to the laws that it declares."""

ALL: frozenset[Law] = frozenset(LAWS)

Counting = Callable[[Pair, Inventory], Tally]
"""What a measure counts in one pair of documents, by label."""


class Measure(Struct, frozen=True, kw_only=True):
    """One row of the table.

    ``counts`` gives counts by label for precision, recall and F1, and ``facets`` the same counts by something else
    than the label; ``share`` gives an amount out of a whole, and then ``better`` says whether the value is that share
    (less is better) or what it lacks to 1 (more is better); ``mean_of`` names the parts, (measure, label) with "" for
    all labels, whose F1 the value is the mean of, and None where a part is (``asked``: also where gold has none of
    it). Just one of counts, share and mean_of is set. ``needs`` names what a run must give for the measure to be
    attempted.
    """

    name: str
    layer: Layer
    about: str
    formula: str
    edge: str = ""
    source: str
    needs: frozenset[str]
    laws: frozenset[Law] = ALL
    counts: Counting | None = None
    facets: Mapping[str, Counting] = {}
    share: Callable[[Pair], Share] | None = None
    better: Literal["less", "more"] = "more"
    mean_of: tuple[tuple[str, str], ...] = ()
    asked: bool = False


def book(predicted: Sequence[Item], gold: Sequence[Item], matched: Pairs, voids: Mapping[str, int] = {}) -> Tally:
    """Counts by label of items that were matched.

    A match is booked on each side under that side's label, a false positive under the predicted label, a miss
    under the gold label. ``voids`` are predicted items that match nothing.
    """
    # For each label: right, predicted, found, gold.
    sums: dict[str, list[int]] = {label: [0, number, 0, 0] for label, number in voids.items()}
    for _, label in predicted:
        if label in sums:
            sums[label][1] += 1
        else:
            sums[label] = [0, 1, 0, 0]
    for _, label in gold:
        if label in sums:
            sums[label][3] += 1
        else:
            sums[label] = [0, 0, 0, 1]
    for mine, yours in matched:
        sums[predicted[mine][1]][0] += 1
        sums[gold[yours][1]][2] += 1
    return {label: Counts(*numbers) for label, numbers in sums.items()}


Matched = tuple[list[Item], list[Item], Pairs]
"""Predicted items, gold items, and the positions of those that match."""


# -- entities ------------------------------------------------------------------------------------------------


def _of_names(match: Callable[[Pair], names.Matching], facet: names.Facet) -> Counting:
    """The counting of a matching of names; the matching is worked out once for all facets."""

    def count(pair: Pair, _: Inventory) -> Tally:
        return names.tally(pair, once(pair, match.__name__, lambda: match(pair)), facet)

    return count


def _token(pair: Pair, _: Inventory) -> Tally:
    return {label: Counts(*counts) for label, counts in token_counts(pair.gold, pair.predicted).items()}


def _by_form(pair: Pair, _: Inventory) -> Tally:
    return names.recall_by_form(pair)


# -- entities as clusters ------------------------------------------------------------------------------------


def _sides(pair: Pair) -> tuple[list[clusters.TypedCluster], list[clusters.TypedCluster]]:
    return once(pair, "clusters", lambda: (clusters.whole(pair.predicted.entities), clusters.whole(pair.gold.entities)))


def _whole(count: Callable[[clusters.Comparison], Tally]) -> Counting:
    """The counting of a measure of whole entities; how the sides compare is worked out once for both."""

    def counting(pair: Pair, _: Inventory) -> Tally:
        found = count(once(pair, "whole entities", lambda: clusters.compare(*_sides(pair))))
        return {label: _grained(counts) for label, counts in found.items()}

    return counting


def _chains(count: Callable[[clusters.Contingency], Counts], singletons: bool) -> Counting:
    """The counting of a coreference measure; how the clusters meet is worked out once for all of them."""

    def counting(pair: Pair, _: Inventory) -> Tally:
        found = once(pair, "chains", lambda: clusters.contingency(*map(clusters.chains, _sides(pair))))
        if not singletons:
            found = once(pair, "chains of two or more", lambda: clusters.without_singletons(found))
        return {"": _grained(count(found))}

    return counting


def _grained(counts: Counts) -> Counts:
    return Counts(grain(counts.matched_predicted), counts.predicted, grain(counts.matched_gold), counts.gold)


_COREF = (
    (
        "muc",
        "links between mentions",
        "R = Σ(|g| − parts of g) / Σ(|g| − 1), P with the sides swapped",
        "Vilain et al. 1995",
        clusters.muc,
    ),
    (
        "b_cubed",
        "mentions, by what their clusters share",
        "R = Σ |p ∩ g| / |g| over gold mentions / gold mentions, P with the sides swapped",
        "Bagga & Baldwin 1998",
        clusters.b_cubed,
    ),
    (
        "ceaf_m",
        "mentions of optimally aligned clusters",
        "R = Σ |p ∩ g| over aligned clusters / gold mentions, P with the sides swapped",
        "Luo 2005 (φ3)",
        clusters.ceaf_m,
    ),
    (
        "ceaf_e",
        "optimally aligned clusters",
        "R = Σ 2|p ∩ g| / (|p| + |g|) over aligned clusters / gold clusters, P with the sides swapped",
        "Luo 2005 (φ4)",
        clusters.ceaf_e,
    ),
    (
        "lea",
        "links, clusters weighed by their size",
        "R = Σ |g| · links of g that p has / links of g, / Σ |g|; P with the sides swapped",
        "Moosavi & Strube 2016",
        clusters.lea,
    ),
)


# -- relations -----------------------------------------------------------------------------------------------


class Triple(NamedTuple):
    """A predicted relation seen from gold: its arguments there, and what else is right of them."""

    relation: Relation
    head: str
    tail: str
    typed: bool


def _triples(pair: Pair) -> list[Triple | None]:
    """For each predicted relation the gold entities of its arguments; None where one of them has none."""
    return once(pair, "triples", lambda: [_triple(pair, relation) for relation in pair.predicted.relations])


def _triple(pair: Pair, relation: Relation) -> Triple | None:
    head, tail = pair.entities.get(relation.head), pair.entities.get(relation.tail)
    if head is None or tail is None:
        return None
    mine, yours = pair.predicted_entities, pair.gold_entities
    typed = mine[relation.head].type == yours[head].type and mine[relation.tail].type == yours[tail].type
    return Triple(relation, head, tail, typed)


def _either_way(labels: Inventory, kind: str, head: str, tail: str) -> tuple[str, str, str]:
    return (kind, tail, head) if kind in labels.symmetric and tail < head else (kind, head, tail)


def _gold_relations(pair: Pair, labels: Inventory) -> list[Item]:
    return once(
        pair,
        "gold relations",
        lambda: [(_either_way(labels, r.type, r.head, r.tail), r.type) for r in pair.gold.relations],
    )


def _predicted_relations(pair: Pair, labels: Inventory, right: Callable[[Triple], bool]) -> list[Item]:
    """Predicted relations by what they say of gold's entities; one that is not right has a key of its own."""
    return [
        (_either_way(labels, relation.type, triple.head, triple.tail), relation.type)
        if triple and right(triple)
        else (position, relation.type)
        for position, (relation, triple) in enumerate(zip(pair.predicted.relations, _triples(pair), strict=True))
    ]


def strict_relations(pair: Pair, labels: Inventory) -> Matched:
    """Predicted relations, gold relations and which of them match strictly; worked out once."""

    def match() -> Matched:
        mine, yours = _predicted_relations(pair, labels, lambda t: t.typed), _gold_relations(pair, labels)
        return mine, yours, same(mine, yours)

    return once(pair, "strict relations", match)


def _relations_strict(pair: Pair, labels: Inventory) -> Tally:
    mine, yours, matched = strict_relations(pair, labels)
    return book(mine, yours, matched, pair.voids["relations"])


def _relations_boundary(pair: Pair, labels: Inventory) -> Tally:
    mine, yours = _predicted_relations(pair, labels, lambda _: True), _gold_relations(pair, labels)
    return book(mine, yours, same(mine, yours), pair.voids["relations"])


def _relations_hard(pair: Pair, labels: Inventory) -> Tally:
    whole = pair.whole_entities
    mine = _predicted_relations(
        pair, labels, lambda t: t.typed and t.relation.head in whole and t.relation.tail in whole
    )
    yours = _gold_relations(pair, labels)
    return book(mine, yours, same(mine, yours), pair.voids["relations"])


def _relations_pair(pair: Pair, labels: Inventory) -> Tally:
    mine: list[Item] = [
        ((min(t.head, t.tail), max(t.head, t.tail)) if t else position, relation.type)
        for position, (relation, t) in enumerate(zip(pair.predicted.relations, _triples(pair), strict=True))
    ]
    yours: list[Item] = [((min(r.head, r.tail), max(r.head, r.tail)), r.type) for r in pair.gold.relations]
    return book(mine, yours, same(mine, yours), pair.voids["relations"])


def _relations_mention(pair: Pair, labels: Inventory) -> Tally:
    """Each argument is the gold entity that holds one of its spans; triples are then counted once each."""
    holders: dict[int, list[tuple[Fraction | int, int]]] = {}
    for (row, column), s in pair.shared.items():
        holders.setdefault(row, []).append((s, column))
    places: dict[str, str] = {}
    used = {name for relation in pair.predicted.relations for name in (relation.head, relation.tail)}
    for row, entity in enumerate(pair.predicted.entities):
        if entity.id in used:
            places[entity.id] = _place(pair.gold, entity, holders.get(row, ()))
    gold = list(dict.fromkeys(_gold_relations(pair, labels)))
    predicted: list[Item] = list(
        dict.fromkeys(
            (_either_way(labels, r.type, places[r.head], places[r.tail]), r.type) for r in pair.predicted.relations
        )
    )
    return book(predicted, gold, same(predicted, gold), pair.voids["relations"])


def _place(gold: Document, entity: Entity, holders: Sequence[tuple[Fraction | int, int]]) -> str:
    """The gold entity with most of the spans; then that of the type; then the smallest. Else the entity itself."""
    if len(holders) == 1:
        return gold.entities[holders[0][1]].id
    if holders:
        _, column = min(holders, key=lambda found: (-found[0], *_apart(gold, found[1], entity.type)))
        return gold.entities[column].id
    return f"\0{sorted(m.edges for m in entity.mentions) or entity.id}{entity.type}"


def _apart(document: Document, position: int, kind: str) -> tuple[bool, list[Edges], str]:
    """What tells gold entities that hold equally many spans apart, whatever their ids."""
    entity = document.entities[position]
    return entity.type != kind, sorted(mention.edges for mention in entity.mentions), entity.type


def _relations_evidence(pair: Pair, labels: Inventory) -> Tally:
    matched = strict_relations(pair, labels)[2]
    return _evidence(pair.predicted.relations, pair.gold.relations, matched, _KIND)


def _evidence(
    predicted: Sequence[Relation | Stance], gold: Sequence[Relation | Stance], matched: Pairs, label: Callable[..., str]
) -> Tally:
    """Characters of evidence by label; those of an item that is not matched match nothing."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    partner = dict(matched)
    backwards = {yours: mine for mine, yours in matched}
    for position, item in enumerate(predicted):
        row = sums[label(item)]
        row[1] += _length(item.evidence)
        if position in partner:
            row[0] += _common(item.evidence, gold[partner[position]].evidence)
    for position, item in enumerate(gold):
        row = sums[label(item)]
        row[3] += _length(item.evidence)
        if position in backwards:
            row[2] += _common(item.evidence, predicted[backwards[position]].evidence)
    return {name: Counts(*row) for name, row in sums.items()}


def _length(quotes: Sequence[Quote]) -> int:
    if len(quotes) < 2:
        return quotes[0].end - quotes[0].start if quotes else 0
    return len(_characters(quotes))


def _common(mine: Sequence[Quote], yours: Sequence[Quote]) -> int:
    if len(mine) == len(yours) == 1:
        return max(0, min(mine[0].end, yours[0].end) - max(mine[0].start, yours[0].start))
    return len(_characters(mine) & _characters(yours))


def _characters(quotes: Sequence[Quote]) -> set[int]:
    return {at for quote in quotes for at in range(quote.start, quote.end)}


Fact = tuple[str, str, str]
"""What a relation says of the world: the name of its head, its type, the name of its tail."""


def facts(document: Document, labels: Inventory) -> set[Fact]:
    """The facts that a document's relations state; symmetric ones in the order of the names."""
    entities = {entity.id: entity for entity in document.entities}
    return {_fact(labels, r.type, entities[r.head], entities[r.tail]) for r in document.relations}


def _fact(labels: Inventory, kind: str, head: Entity, tail: Entity) -> Fact:
    one, two = called(head), called(tail)
    return (two, kind, one) if kind in labels.symmetric and two < one else (one, kind, two)


def called(entity: Entity) -> str:
    """What an entity is called: its name, or else its longest mention, the first of the longest."""
    if entity.name or not entity.mentions:
        return entity.name or ""
    return min(entity.mentions, key=lambda mention: (mention.start - mention.end, mention.start)).text


def _relations_unseen(pair: Pair, labels: Inventory) -> Tally:
    """Strict without the training split's facts; a predicted argument is called as gold calls what it stands for."""
    stated = pair.training_facts
    mine, yours, matched = strict_relations(pair, labels)

    def argument(name: str) -> Entity:
        aligned = pair.entities.get(name)
        return pair.gold_entities[aligned] if aligned else pair.predicted_entities[name]

    dropped = {
        position
        for position, r in enumerate(pair.predicted.relations)
        if _fact(labels, r.type, argument(r.head), argument(r.tail)) in stated
    }
    known = {
        position
        for position, r in enumerate(pair.gold.relations)
        if _fact(labels, r.type, pair.gold_entities[r.head], pair.gold_entities[r.tail]) in stated
    }
    left = [item for position, item in enumerate(mine) if position not in dropped]
    rest = [item for position, item in enumerate(yours) if position not in known]
    if not (dropped or known):
        return book(mine, yours, matched, pair.voids["relations"])
    return book(left, rest, same(left, rest), pair.voids["relations"])


# -- stance --------------------------------------------------------------------------------------------------


def _stances(pair: Pair, with_label: bool) -> Matched:
    """Predicted stances, gold stances, and which of them match; worked out once."""

    def match() -> Matched:
        voices = pair.voices
        mine: list[Item] = []
        for position, stance in enumerate(pair.predicted.stance):
            holder, target = voices.get(stance.holder), voices.get(stance.target)
            found = (holder, target, stance.label if with_label else "") if holder and target else position
            mine.append((found, stance.label))
        yours: list[Item] = [((s.holder, s.target, s.label if with_label else ""), s.label) for s in pair.gold.stance]
        return mine, yours, same(mine, yours)

    return once(pair, f"stance {with_label}", match)


def _stance_pair(pair: Pair, _: Inventory) -> Tally:
    return book(*_stances(pair, with_label=False), pair.voids["stance"])


def _stance_strict(pair: Pair, _: Inventory) -> Tally:
    return book(*_stances(pair, with_label=True), pair.voids["stance"])


def _stance_evidence(pair: Pair, _: Inventory) -> Tally:
    matched = _stances(pair, with_label=True)[2]
    return _evidence(pair.predicted.stance, pair.gold.stance, matched, _LABEL)


# -- subsections ---------------------------------------------------------------------------------------------


def _labelled_items(segments: Iterable[Segment], functions: bool) -> list[Item]:
    return [
        ((s.first, s.last, s.section.kind, label), label)
        for s in segments
        if s.section and (label := s.section.function if functions else s.section.kind)
    ]


def _labelled(pair: Pair, _: Inventory) -> Tally:
    """Sections by their paragraphs and kind; one that holds most of no paragraph is an item that matches nothing."""
    predicted = _labelled_items(pair.predicted_segments, functions=False)
    gold = _labelled_items(pair.gold_segments, functions=False)
    held = {segment.section.id for segment in pair.predicted_segments if segment.section}
    lost = Counter(section.kind for section in pair.predicted.subsections if section.id not in held)
    return book(predicted, gold, same(predicted, gold), lost + pair.voids["subsections"])


def _function(pair: Pair, _: Inventory) -> Tally:
    predicted = _labelled_items(pair.predicted_segments, functions=True)
    gold = _labelled_items(pair.gold_segments, functions=True)
    return book(predicted, gold, same(predicted, gold))


def _places(predicted: Iterable[Hashable], gold: Iterable[Hashable], voids: Mapping[str, int] = {}) -> Tally:
    """Things without a label, matched where they are."""
    mine: list[Item] = [(key, "") for key in predicted]
    yours: list[Item] = [(key, "") for key in gold]
    return book(mine, yours, same(mine, yours), voids)


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
    near = len(near_misses(mine, yours))
    additions = len(mine ^ yours) - 2 * near
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

_KIND, _LABEL = attrgetter("type"), attrgetter("label")

_ENTITIES = frozenset({"entities"})
_CHAINS = frozenset({"entities", "coreference"})
_CLUSTERS = frozenset({"relations", "clusters"})
_STANCE = frozenset({"stance", "clusters"})
_SECTIONS = frozenset({"subsections"})
_ORDERED: frozenset[Law] = ALL - {"monotone"}

_PRF = "P = matched / predicted, R = matched / gold, F1 = 2PR / (P + R)"
_EXCUSED = "a predicted name on a gold mention that is no name is taken out of the count"


def _mentions(name: str, match: Callable[[Pair], names.Matching], **about: Any) -> Measure:
    """A row of the mention measures: by type and by depth."""
    return Measure(
        name=name,
        layer="entities",
        needs=_ENTITIES,
        counts=_of_names(match, "type"),
        facets={"depth": _of_names(match, "depth")} | about.pop("facets", {}),
        **about,
    )


MEASURES: tuple[Measure, ...] = (
    _mentions(
        "entities.strict",
        names.strict,
        about="names with the same span and the same type",
        formula=_PRF,
        edge=_EXCUSED,
        source="Tjong Kim Sang 2002 (CoNLL-2002)",
        facets={"form": _by_form},
    ),
    _mentions(
        "entities.clitic",
        names.clitic,
        about="strict, or wider by proclitics [وف]?[بكلس]? or punctuation, or without the ل of ال after ل",
        formula=_PRF,
        edge="of several names that could stand for one of gold, one matches",
        source="khabar",
        laws=_ORDERED - {"swap"},
    ),
    _mentions(
        "entities.exact",
        names.exact,
        about="names with the same span, whatever the type",
        formula=_PRF,
        edge=_EXCUSED,
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
    ),
    _mentions(
        "entities.partial",
        names.partial_overlap,
        about="the same span 1, any overlap ½, whatever the type",
        formula="as strict, with matched = exact + ½ overlapping, the greatest that one-to-one pairs give",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        laws=_ORDERED,
    ),
    _mentions(
        "entities.type",
        names.same_type,
        about="any overlap and the same type",
        formula=_PRF,
        edge="a span over the whole text matches once per type: never rank by it",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        laws=_ORDERED,
    ),
    _mentions(
        "entities.graded",
        names.graded,
        about="names of the same type; the credit is the intersection over union of the spans in characters",
        formula="as strict, with matched = the greatest sum of |p ∩ g| / |p ∪ g| that one-to-one pairs give",
        source="khabar",
        laws=_ORDERED,
    ),
    Measure(
        name="entities.token",
        layer="entities",
        about="outermost names as IOB2 tags over words, as seqeval compares them",
        formula=_PRF,
        edge="only where asked for (--token); a word belongs to the name that it overlaps, the longest, then the first",
        source="Nakayama 2018 (seqeval, strict)",
        needs=_ENTITIES | {"token"},
        laws=_ORDERED,
        counts=_token,
    ),
    Measure(
        name="entities.soft",
        layer="entities",
        about="mentions of whole entities that a cluster of the same type on the other side holds",
        formula="P = Σ share of mentions found / predicted entities, R likewise over gold's",
        source="Zaporojets et al. 2021 (DWIE, soft)",
        needs=_CHAINS,
        laws=_ORDERED,
        counts=_whole(clusters.soft),
    ),
    Measure(
        name="entities.hard",
        layer="entities",
        about="entities with the same set of mentions and the same type",
        formula=_PRF,
        source="Zaporojets et al. 2021 (DWIE, hard)",
        needs=_CHAINS,
        laws=_ORDERED,
        counts=_whole(clusters.hard),
    ),
    *(
        Measure(
            name=f"coref.{name}",
            layer="entities",
            about=about,
            formula=formula,
            edge="singletons removed on both sides, as in CoNLL-2012",
            source=source,
            needs=_CHAINS,
            laws=_ORDERED,
            counts=_chains(count, singletons=False),
        )
        for name, about, formula, source, count in _COREF
    ),
    Measure(
        name="coref.conll",
        layer="entities",
        about="coreference as the shared task ranks it",
        formula="mean F1 of coref.muc, coref.b_cubed and coref.ceaf_e",
        edge="— where a part is",
        source="Pradhan et al. 2014",
        needs=_CHAINS,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("coref.muc", ""), ("coref.b_cubed", ""), ("coref.ceaf_e", "")),
    ),
    *(
        Measure(
            name=f"coref.{name}_singletons",
            layer="entities",
            about=f"{about}, singletons kept",
            formula=formula,
            source=source,
            needs=_CHAINS,
            laws=_ORDERED,
            counts=_chains(count, singletons=True),
        )
        for name, about, formula, source, count in _COREF
        if name in ("muc", "b_cubed", "ceaf_e")
    ),
    Measure(
        name="coref.conll_singletons",
        layer="entities",
        about="the same with singletons kept",
        formula="mean F1 of coref.muc_singletons, coref.b_cubed_singletons and coref.ceaf_e_singletons",
        edge="— where a part is",
        source="Pradhan et al. 2014",
        needs=_CHAINS,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("coref.muc_singletons", ""), ("coref.b_cubed_singletons", ""), ("coref.ceaf_e_singletons", "")),
    ),
    Measure(
        name="relations.strict",
        layer="relations",
        about="the relation type, both arguments aligned and of the right entity type",
        formula=_PRF,
        edge="symmetric types match either way round",
        source="Bekoulis et al. 2018; Taillé et al. 2020 (strict)",
        needs=_CLUSTERS,
        counts=_relations_strict,
    ),
    Measure(
        name="relations.boundary",
        layer="relations",
        about="the relation type, both arguments aligned",
        formula=_PRF,
        source="Taillé et al. 2020 (boundaries)",
        needs=_CLUSTERS,
        counts=_relations_boundary,
    ),
    Measure(
        name="relations.pair",
        layer="relations",
        about="both arguments aligned, in either direction, whatever the type",
        formula=_PRF,
        edge="items stay relations: of two between the same entities each wants its own match",
        source="khabar",
        needs=_CLUSTERS,
        counts=_relations_pair,
    ),
    Measure(
        name="relations.hard",
        layer="relations",
        about="strict, and both arguments have just the mentions that gold has",
        formula=_PRF,
        source="Zaporojets et al. 2021 (DWIE, hard)",
        needs=_CLUSTERS,
        counts=_relations_hard,
    ),
    Measure(
        name="relations.mention",
        layer="relations",
        about="the relation type, each argument being the gold entity that holds one of its spans; triples once each",
        formula=_PRF,
        source="khabar, for systems without coreference",
        needs=frozenset({"relations"}),
        laws=_ORDERED - {"swap"},
        counts=_relations_mention,
    ),
    Measure(
        name="relations.evidence",
        layer="relations",
        about="characters of evidence of relations that match strictly, out of those of all relations",
        formula=_PRF,
        edge="a character counts once for each relation that it is evidence of",
        source="after Yao et al. 2019 (DocRED), in characters",
        needs=_CLUSTERS | {"relations.evidence"},
        laws=_ORDERED,
        counts=_relations_evidence,
    ),
    Measure(
        name="relations.unseen",
        layer="relations",
        about="strict, without facts (name, type, name) that the training split states",
        formula=_PRF,
        edge="not attempted without a training split",
        source="after Yao et al. 2019 (DocRED, Ign F1)",
        needs=_CLUSTERS | {"training"},
        laws=_ORDERED - {"swap"},
        counts=_relations_unseen,
    ),
    Measure(
        name="stance.pair",
        layer="stance",
        about="holder and target aligned",
        formula=_PRF,
        edge="not attempted where the pairs were given",
        source="khabar",
        needs=_STANCE | {"own pairs"},
        counts=_stance_pair,
    ),
    Measure(
        name="stance.strict",
        layer="stance",
        about="holder and target aligned, and the label",
        formula=_PRF,
        source="khabar",
        needs=_STANCE,
        counts=_stance_strict,
    ),
    Measure(
        name="stance.favg2",
        layer="stance",
        about="favor and against, each weighing the same",
        formula="mean F1 of the labels favor and against of stance.strict",
        edge="— unless gold has both; resamples without are dropped and counted",
        source="Mohammad et al. 2016 (SemEval-2016 task 6)",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("stance.strict", "favor"), ("stance.strict", "against")),
        asked=True,
    ),
    Measure(
        name="stance.favg3",
        layer="stance",
        about="favor, against and neutral, each weighing the same",
        formula="mean F1 of the labels favor, against and neutral of stance.strict",
        edge="— unless gold has all three; resamples without are dropped and counted",
        source="Mohammad et al. 2016, with the third label",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("stance.strict", "favor"), ("stance.strict", "against"), ("stance.strict", "neutral")),
        asked=True,
    ),
    Measure(
        name="stance.evidence",
        layer="stance",
        about="characters of evidence of stances that match strictly, out of those of all stances",
        formula=_PRF,
        edge="a character counts once for each stance that it is evidence of",
        source="after Yao et al. 2019 (DocRED), in characters",
        needs=_STANCE | {"stance.evidence"},
        laws=_ORDERED,
        counts=_stance_evidence,
    ),
    Measure(
        name="subsections.labelled",
        layer="subsections",
        about="sections with the same first and last paragraph and the same kind",
        formula=_PRF,
        edge="ends are snapped to paragraphs; a section that holds most of none matches nothing",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=_labelled,
    ),
    Measure(
        name="subsections.boundary",
        layer="subsections",
        about="paragraphs at which a section begins, the first aside",
        formula=_PRF,
        edge="paragraphs that no section covers form one unlabelled section per gap",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=_boundary,
    ),
    Measure(
        name="subsections.heading",
        layer="subsections",
        about="headings with the same span",
        formula=_PRF,
        source="khabar",
        needs=_SECTIONS | {"subsections.heading"},
        counts=_heading,
    ),
    Measure(
        name="subsections.boundary_similarity",
        layer="subsections",
        about="boundaries, a near miss of one paragraph being an edit of ½",
        formula="B = 1 − edits / (matches + near misses + additions)",
        edge="— where neither side has a boundary",
        source="Fournier 2013 (B, n_t = 2)",
        needs=_SECTIONS,
        laws=_ORDERED,
        share=_boundary_similarity,
    ),
    Measure(
        name="subsections.pk",
        layer="subsections",
        about="windows whose ends are wrongly in one section or in two",
        formula="errors / (n − k), summed; k = half gold's mean section, rounded half to even, at least 2",
        edge="— where n ≤ k; blind to sections of one paragraph: never rank by it",
        source="Beeferman et al. 1999",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=_windows(counting=False),
        better="less",
    ),
    Measure(
        name="subsections.window_diff",
        layer="subsections",
        about="windows with a wrong number of boundaries",
        formula="errors / (n − k), as subsections.pk",
        edge="— where n ≤ k; blind to sections of one paragraph at the text's ends",
        source="Pevzner & Hearst 2002",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=_windows(counting=True),
        better="less",
    ),
    Measure(
        name="subsections.function",
        layer="subsections",
        about="sections with the same paragraphs, kind and function",
        formula=_PRF,
        edge="sections without a function are left out",
        source="van Dijk 1988 for the labels",
        needs=_SECTIONS | {"subsections.function"},
        laws=_ORDERED,
        counts=_function,
    ),
    Measure(
        name="subsections.story",
        layer="subsections",
        about="paragraphs at which another story begins",
        formula=_PRF,
        source="khabar",
        needs=_SECTIONS | {"subsections.story"},
        laws=_ORDERED,
        counts=_story,
    ),
)

HEADLINE = ("entities.strict", "relations.strict", "stance.strict", "subsections.labelled")
"""The measures whose mean F1 is `overall`."""
