"""What went wrong with each item: classes that add up to the items of a side, counted or with all that shows them.

Items are those of the headline measures: names (ISSUE aside), relations, stances, and sections by paragraphs. Every
item of either side falls in exactly one class of `CLASSES`. A class for which an item of each side was paired counts
on both sides; the others count on the side of their item.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from math import lcm
from operator import itemgetter
from typing import Any, Literal, NamedTuple, TypeVar

from khabar.align import Name, Pair, Segment, assign, near_misses, overlapping
from khabar.measures import called
from khabar.model import AUTHOR, Edges, Entity, Layer, Relation, Section, Stance
from khabar.quotes import PROCLITICS, in_word, word_around
from khabar.schemas import Inventory

Side = Literal["gold", "predicted", "both"]


class Class(NamedTuple):
    """One class of a layer, and what puts an item into it."""

    layer: Layer
    name: str
    about: str


CORRECT, IGNORED, UNGROUNDED = "correct", "ignored", "unlocated or invalid"
_UNGROUNDED = (
    "a quote that is not found or stands in several places; with `--invalid penalise`, an item that is not sound"
)

CLASSES: tuple[Class, ...] = (
    Class("entities", CORRECT, "same span, same type"),
    Class(
        "entities", IGNORED, "a prediction with the span and type of a gold mention that is no name: out of the count"
    ),
    Class("entities", "type", "same span, another type"),
    Class("entities", "boundary: proclitic", "one side also takes in proclitics before the first word"),
    Class(
        "entities", "boundary: article", "one side lacks the article at its start, or the ل that stands for it after ل"
    ),
    Class("entities", "boundary: punctuation", "the sides differ by nothing but punctuation or white space"),
    Class("entities", "boundary: longer", "the prediction is otherwise longer than the gold mention"),
    Class("entities", "boundary: shorter", "the prediction is otherwise shorter, or as long and shifted"),
    Class("entities", "type and boundary", "the spans overlap; another type"),
    Class(
        "entities",
        "duplicate",
        "a prediction left over, on the span of a gold mention that another one was paired with",
    ),
    Class(
        "entities", "split", "a prediction left over, inside a gold mention of its type that was paired with a part too"
    ),
    Class(
        "entities", "merged", "a gold mention left over, inside a prediction of its type that was paired with a part"
    ),
    Class("entities", "spurious", "any other prediction left over"),
    Class("entities", "missed", "any other gold mention left over"),
    Class("entities", UNGROUNDED, _UNGROUNDED),
    Class("relations", CORRECT, "type, arguments and the arguments' entity types are right"),
    Class("relations", "argument type", "type and arguments are right, but not the type of an argument's entity"),
    Class("relations", "reversed", "type and arguments are right, but the direction is not"),
    Class("relations", "wrong type", "both arguments are right, in either direction; another type"),
    Class(
        "relations", "duplicate", "a prediction left over that repeats the type and the arguments of a gold relation"
    ),
    Class("relations", "wrong argument", "type and one argument are right; the other is another gold entity"),
    Class(
        "relations",
        "argument not found",
        "an argument of the prediction stands for no gold entity; an argument of the gold relation was not found",
    ),
    Class("relations", "spurious", "any other prediction left over"),
    Class("relations", "missed", "any other gold relation left over"),
    Class("relations", UNGROUNDED, _UNGROUNDED),
    Class("stance", CORRECT, "holder, target and label are right"),
    Class("stance", "wrong label", "holder and target are right; another label"),
    Class("stance", "duplicate", "a prediction left over, on the holder and target of a gold stance"),
    Class("stance", "wrong holder", "target and label are right; another holder"),
    Class("stance", "wrong target", "holder and label are right; another target"),
    Class("stance", "spurious", "any other prediction left over"),
    Class("stance", "missed", "any other gold stance left over"),
    Class("stance", UNGROUNDED, _UNGROUNDED),
    Class("subsections", CORRECT, "same first and last paragraph, same kind"),
    Class("subsections", "kind", "same first and last paragraph, another kind"),
    Class("subsections", "near miss", "each end is right or a paragraph beside the gold one, whatever the kind"),
    Class("subsections", "over-segmentation", "a prediction that is part of a gold section; a gold section so cut"),
    Class(
        "subsections", "under-segmentation", "a prediction that holds a gold section and more; a gold section so held"
    ),
    Class("subsections", "spurious", "any other prediction left over"),
    Class("subsections", "missed", "any other gold section left over"),
    Class("subsections", UNGROUNDED, _UNGROUNDED),
)
"""Every class; the order of a layer is that in which its classes are looked for."""


class Shown(NamedTuple):
    """An item in the text: its label, where it stands (code points), and what its entities are called.

    ``spans`` are those of the mention or the section; of a relation or stance a mention of each entity, the one
    nearest to its evidence or else the first. It is empty where the item has no place. ``names`` are those of head
    and tail, or of holder and target; empty for mentions and sections, as is ``evidence``.
    """

    label: str
    spans: tuple[Edges, ...] = ()
    names: tuple[str, ...] = ()
    evidence: tuple[Edges, ...] = ()


class Error(NamedTuple):
    """An item, or a pair of them, in its class.

    ``side`` says on which side it counts. Where that is one side, the item of the other, if there is one, is what
    the class refers to (the mention that was split, say), and counts elsewhere.
    """

    layer: Layer
    class_: str
    side: Side
    gold: Shown | None
    predicted: Shown | None


Couple = tuple[Name, Name]
"""A predicted name and the gold name that it is paired with."""

Found = tuple[str, Side, Any, Any]
"""A class, the side on which it counts, and the gold and the predicted item (or None)."""

Findings = tuple[Sequence[tuple[Any, Any]], Sequence[Found]]
"""The correct pairs (gold, predicted) of a layer, and everything else but what has no place."""


def classify(pair: Pair, labels: Inventory) -> tuple[Error, ...]:
    """Every item of a pair in its class, the correct ones too: by layer, then by place in the text."""
    return tuple(
        error for layer, found in _layers(pair, labels) for error in sorted(_errors(pair, layer, found), key=_place)
    )


def count(pair: Pair, labels: Inventory) -> dict[tuple[Layer, Side, str], int]:
    """How many items of each layer and side (gold, predicted) fall in each class; classes without any are left out."""
    counts: defaultdict[tuple[Layer, Side, str], int] = defaultdict(int)
    for layer, (right, wrong) in _layers(pair, labels):
        if right:
            counts[layer, "gold", CORRECT] = counts[layer, "predicted", CORRECT] = len(right)
        for class_, side, _, _ in wrong:
            if side != "predicted":
                counts[layer, "gold", class_] += 1
            if side != "gold":
                counts[layer, "predicted", class_] += 1
        if lost := pair.voids.get(layer):
            counts[layer, "predicted", UNGROUNDED] = sum(lost.values())
    return dict(counts)


def by_class(counts: Mapping[tuple[Layer, Side, str], int], layer: Layer) -> Iterator[tuple[str, int, int]]:
    """The classes of a layer that occur, in their order, with the items of gold and of the prediction in them."""
    for class_ in CLASSES:
        gold, predicted = counts.get((layer, "gold", class_.name), 0), counts.get((layer, "predicted", class_.name), 0)
        if class_.layer == layer and gold + predicted:
            yield class_.name, gold, predicted


def _layers(pair: Pair, labels: Inventory) -> Iterator[tuple[Layer, Findings]]:
    yield "entities", _names(pair)
    yield "relations", _relations(pair, labels)
    yield "stance", _stances(pair)
    yield "subsections", _sections(pair)


# -- entities ------------------------------------------------------------------------------------------------


def _names(pair: Pair) -> Findings:
    names, right = pair.gold_set, pair.equal
    left, open_ = set(pair.left_predicted), set(pair.left_gold)
    excused = left.intersection(pair.ignored) if left else left
    left -= excused
    wrong: list[Found] = [(IGNORED, "predicted", name, name) for name in excused]
    couples: list[Couple] = []
    wholes: dict[Name, Name] = {}
    for group in _groups(left | open_):
        if len(group) == 2:
            one, other = group
            if (one in left) != (other in left):
                couples.append((one, other) if one in left else (other, one))
        else:
            predicted, gold = [name for name in group if name in left], [name for name in group if name in open_]
            found = _couples(predicted, gold)
            couples += found
            parted = [couple for couple in found if couple[0][:2] != couple[1][:2]]
            wholes |= _holders(predicted, [name for _, name in parted]) | _holders(gold, [name for name, _ in parted])
    if couples:
        left -= {name for name, _ in couples}
        open_ -= {name for _, name in couples}
        text = pair.gold.text
        wrong += [(_difference(text, mine, your), "both", your, mine) for mine, your in couples]
    spans = {(start, end) for start, end, _ in names} if left else set()
    for name in left:
        if name[:2] in spans:
            wrong.append(("duplicate", "predicted", min(n for n in names if n[:2] == name[:2]), name))
        else:
            whole = wholes.get(name)
            wrong.append(("split" if whole else "spurious", "predicted", whole, name))
    for name in open_:
        whole = wholes.get(name)
        wrong.append(("merged" if whole else "missed", "gold", name, whole))
    return list(zip(right, right, strict=True)), wrong


def _groups(names: Iterable[Name]) -> Iterator[list[Name]]:
    """The names of both sides that hang together by overlap, in the order of the text; those alone are left out."""
    group: list[Name] = []
    reach = 0
    for name in sorted(names):
        if name[0] >= reach:
            if len(group) > 1:
                yield group
            group = []
        group.append(name)
        if name[1] > reach:
            reach = name[1]
    if len(group) > 1:
        yield group


def _holders(parts: Iterable[Name], wholes: Sequence[Name]) -> dict[Name, Name]:
    """For each part that lies inside a whole of its type, the first such whole."""
    found = {}
    for part in parts if wholes else ():
        start, end, label = part
        for whole in wholes:
            if whole[0] <= start and end <= whole[1] and whole[2] == label:
                found[part] = whole
                break
    return found


_LARGE = 1024
"""Beyond this product of their numbers, spans that hang together are paired by `_roughly`."""


def _couples(predicted: Sequence[Name], gold: Sequence[Name]) -> list[Couple]:
    """The one-to-one pairs of overlapping names with most equal spans; then most of one type; then the greatest sum
    of intersection over union, in exact arithmetic. No two have the same span and type."""
    if not predicted or not gold:
        return []
    if len(predicted) * len(gold) > _LARGE:
        return _roughly(predicted, gold)
    meets = {
        (row, column): (min(mine[1], your[1]) - max(mine[0], your[0]), max(mine[1], your[1]) - min(mine[0], your[0]))
        for row, mine in enumerate(predicted)
        for column, your in enumerate(gold)
        if mine[0] < your[1] and your[0] < mine[1]
    }
    scale = lcm(*(union for _, union in meets.values()))
    most = min(len(predicted), len(gold)) + 1
    weights = {
        (row, column): common * (scale // union)
        + scale * most * (predicted[row][2] == gold[column][2])
        + scale * most * most * (common == union)
        for (row, column), (common, union) in meets.items()
    }
    return [(predicted[row], gold[column]) for row, column in assign(weights)]


def _roughly(predicted: Sequence[Name], gold: Sequence[Name]) -> list[Couple]:
    """Pairs as `_couples` gives them, but for the last step: overlaps are as many as can be, in O(n log n)."""
    couples: list[Couple] = []
    left, open_ = sorted(predicted), sorted(gold)
    keys: tuple[Callable[[Name], Hashable], ...] = (itemgetter(0, 1), itemgetter(2), lambda _: None)
    for key in keys:
        groups: dict[Hashable, tuple[list[Name], list[Name]]] = {}
        for side, names in enumerate((left, open_)):
            for name in names:
                groups.setdefault(key(name), ([], []))[side].append(name)
        for mine, your in groups.values():
            couples += [(mine[row], your[column]) for row, column in overlapping(mine, your)]
        taken = {name for couple in couples for name in couple}
        left = [name for name in left if name not in taken]
        open_ = [name for name in open_ if name not in taken]
    return couples


def _difference(text: str, predicted: Name, gold: Name) -> str:
    """The class of a pair that is not correct."""
    if predicted[2] == gold[2]:
        return f"boundary: {boundary(text, predicted[:2], gold[:2])}"
    return "type" if predicted[:2] == gold[:2] else "type and boundary"


# What stands before a name in its word where the name lacks its article.
_ARTICLE = re.compile(r"[وف]?(?:[بك]?ـ*ال|لل)")


def boundary(text: str, predicted: Edges, gold: Edges) -> str:
    """How two overlapping spans of one type differ.

    | in this order | start of the span | end of the span |
    |---|---|---|
    | punctuation | the same, or between the two nothing that belongs to a word | likewise |
    | proclitic | the wider one begins in what the word has before the narrower one, `[وف]?[بكلس]?` | likewise |
    | article | likewise, where that ends in ال, or in the second ل of لل | likewise |
    | longer | anything else, where the prediction has more code points than the gold span | |
    | shorter | anything else | |
    """
    (start, end), (gold_start, gold_end) = predicted, gold
    if end == gold_end or not _words(text, end, gold_end):
        if start == gold_start or not _words(text, start, gold_start):
            return "punctuation"
        wider, narrower = min(start, gold_start), max(start, gold_start)
        first, _ = word_around(text, narrower, 0)
        if first <= wider and PROCLITICS.fullmatch(text, first, narrower):
            return "proclitic"
        if first <= wider and _ARTICLE.fullmatch(text, first, narrower):
            return "article"
    return "longer" if end - start > gold_end - gold_start else "shorter"


def _words(text: str, one: int, other: int) -> bool:
    """Whether anything between two places belongs to a word."""
    return any(map(in_word, text[one:other] or text[other:one]))


# -- relations and stance --------------------------------------------------------------------------------------


Claim = tuple[str, str | None, str | None, Relation | Stance]
"""A relation or stance: its label, its ends as gold's ids (None where they stand for no gold entity), and itself."""

Stated = TypeVar("Stated", Relation, Stance)
Key = Callable[[Claim], Hashable]
Stage = tuple[str, Key, Key]
"""A class, and the keys by which predicted and gold claims that are still left over are paired for it."""

_ALL: Key = itemgetter(0, 1, 2)
_ENDS: Key = itemgetter(1, 2)
_HEAD: Key = itemgetter(0, 1)
_TAIL: Key = itemgetter(0, 2)
_DIRECTIONS: tuple[Stage, ...] = (
    ("reversed", _ALL, itemgetter(0, 2, 1)),
    ("wrong type", _ENDS, _ENDS),
    ("wrong type", _ENDS, itemgetter(2, 1)),
)
_LABELS: tuple[Stage, ...] = (("wrong label", _ENDS, _ENDS),)
_VOICES: tuple[Stage, ...] = (("wrong holder", _TAIL, _TAIL), ("wrong target", _HEAD, _HEAD))


def _same(
    predicted: Iterable[Stated],
    gold: Iterable[Stated],
    mine: Callable[[Stated], Hashable],
    yours: Callable[[Stated], Hashable],
) -> tuple[list[tuple[Stated, Stated]], list[Stated], dict[Hashable, list[Stated]]]:
    """The pairs (gold, predicted) of items with the same key, what is left of the predicted ones, and gold's by key."""
    waiting: dict[Hashable, list[Stated]] = {}
    for item in gold:
        waiting.setdefault(yours(item), []).append(item)
    pairs, left = [], []
    for item in predicted:
        if same := waiting.get(mine(item)):
            pairs.append((same.pop(), item))
        else:
            left.append(item)
    return pairs, left, waiting


def _settle(
    predicted: list[Claim], gold: list[Claim], stages: Iterable[Stage]
) -> tuple[list[Found], list[Claim], list[Claim]]:
    """Pair claims stage by stage, in each as many as can be; and what is left of either side."""
    found: list[Found] = []
    for class_, mine, yours in stages:
        if not predicted or not gold:
            break
        waiting: dict[Hashable, list[Claim]] = {}
        for claim in gold:
            waiting.setdefault(yours(claim), []).append(claim)
        left = []
        for claim in predicted:
            if same := waiting.get(mine(claim)):
                found.append((class_, "both", same.pop()[3], claim[3]))
            else:
                left.append(claim)
        if len(left) < len(predicted):
            predicted, gold = left, [claim for same in waiting.values() for claim in same]
    return found, predicted, gold


def _claims(
    items: Iterable[Relation | Stance],
    place: Callable[[str], str | None],
    entities: Mapping[str, Entity],
    symmetric: Container[str] = (),
) -> list[Claim]:
    """Items as claims, in an order that does not hang on ids; symmetric ones all from the same end.

    ``entities`` are those that the items name, ``place`` gives the gold entity that one stands for (ids).
    """
    ordered = []
    for item in items:
        label, head, tail = _parts(item)
        first, second = _identity(entities.get(head)), _identity(entities.get(tail))
        if second < first and label in symmetric:
            head, tail, first, second = tail, head, second, first
        ordered.append((label, first, second, (label, place(head), place(tail), item)))
    if len(ordered) > 1:
        ordered.sort(key=lambda found: found[:3])
    return [claim for _, _, _, claim in ordered]


def _parts(item: Relation | Stance) -> tuple[str, str, str]:
    """The label and the two ends of an item."""
    if isinstance(item, Relation):
        return item.type, item.head, item.tail
    return item.label, item.holder, item.target


def _identity(entity: Entity | None) -> tuple[int, int, str]:
    """What tells an entity from the others of its document, whatever its id; None is the author."""
    if entity is None or not entity.mentions:
        return -1, -1, entity.type if entity else ""
    first = min(entity.mentions)
    return first.start, first.end, entity.type


def _relations(pair: Pair, labels: Inventory) -> Findings:
    place, symmetric = pair.entities.get, labels.symmetric

    def statement(label: str, head: str | None, tail: str | None) -> Hashable:
        return (label, frozenset((head, tail))) if label in symmetric else (label, head, tail)

    same, unmatched, stated = _same(
        pair.predicted.relations,
        pair.gold.relations,
        lambda r: statement(r.type, place(r.head), place(r.tail)),
        lambda r: statement(r.type, r.head, r.tail),
    )
    mine = {entity.id: entity for entity in pair.predicted.entities}
    yours = {entity.id: entity for entity in pair.gold.entities}
    mistyped = {end for end, stands_for in pair.entities.items() if mine[end].type != yours[stands_for].type}
    right: list[tuple[Any, Any]] = []
    wrong: list[Found] = []
    for answer, guess in same:
        if guess.head in mistyped or guess.tail in mistyped:
            wrong.append(("argument type", "both", answer, guess))
        else:
            right.append((answer, guess))
    missed = [relation for relations in stated.values() for relation in relations]
    if not unmatched and not missed:
        return right, wrong

    left, open_ = _claims(unmatched, place, mine, symmetric), _claims(missed, str, yours, symmetric)
    found, left, open_ = _settle(left, open_, _DIRECTIONS)
    wrong += found
    known: list[Claim] = []
    lost: list[Claim] = []
    for claim in left:
        if statement(*claim[:3]) in stated:
            wrong.append(("duplicate", "predicted", None, claim[3]))
        else:
            (known if claim[1] and claim[2] else lost).append(claim)
    found, known, open_ = _settle(known, open_, _one_end("wrong argument", symmetric))
    wrong += found
    found, lost, open_ = _settle(lost, open_, _one_end("argument not found", symmetric))
    wrong += found
    wrong += [("spurious", "predicted", None, item) for _, _, _, item in known]
    wrong += [("argument not found", "predicted", None, item) for _, _, _, item in lost]
    if open_:
        reached = set(pair.entities.values())
        wrong += [
            ("missed" if head in reached and tail in reached else "argument not found", "gold", item, None)
            for _, head, tail, item in open_
        ]
    return right, wrong


def _one_end(class_: str, symmetric: Container[str]) -> tuple[Stage, ...]:
    """Label and one end are the same; for a symmetric label, either end of each."""
    return (
        (class_, _HEAD, _HEAD),
        (class_, _TAIL, _TAIL),
        (class_, lambda claim: _HEAD(claim) if claim[0] in symmetric else None, _TAIL),
        (class_, lambda claim: _TAIL(claim) if claim[0] in symmetric else None, _HEAD),
    )


def _stances(pair: Pair) -> Findings:
    place = pair.voices.get
    right, unmatched, stated = _same(
        pair.predicted.stance,
        pair.gold.stance,
        lambda s: (s.label, place(s.holder), place(s.target)),
        lambda s: (s.label, s.holder, s.target),
    )
    missed = [stance for stances in stated.values() for stance in stances]
    if not unmatched and not missed:
        return right, ()
    mine = {entity.id: entity for entity in pair.predicted.entities}
    yours = {entity.id: entity for entity in pair.gold.entities}
    wrong, left, open_ = _settle(_claims(unmatched, place, mine), _claims(missed, str, yours), _LABELS)
    voiced = {(stance.holder, stance.target) for stance in pair.gold.stance}
    wrong += [("duplicate", "predicted", None, claim[3]) for claim in left if claim[1:3] in voiced]
    left = [claim for claim in left if claim[1:3] not in voiced]
    found, left, open_ = _settle(left, open_, _VOICES)
    wrong += found
    wrong += [("spurious", "predicted", None, claim[3]) for claim in left]
    wrong += [("missed", "gold", claim[3], None) for claim in open_]
    return right, wrong


# -- subsections -----------------------------------------------------------------------------------------------


def _sections(pair: Pair) -> Findings:
    yours = {(segment.first, segment.last): segment.section for segment in pair.gold_segments if segment.section}
    right: list[tuple[Section, Section]] = []
    wrong: list[Found] = []
    left: list[Segment] = []
    held: set[str] = set()
    for segment in pair.predicted_segments:
        if not (mine := segment.section):
            continue
        held.add(mine.id)
        your = yours.pop((segment.first, segment.last), None)
        if your is None:
            left.append(segment)
        elif your.kind == mine.kind:
            right.append((your, mine))
        else:
            wrong.append(("kind", "both", your, mine))
    if left:
        wrong += _cuts(pair, left, yours)
    wrong += [("missed", "gold", your, None) for your in yours.values()]
    if len(held) < len(pair.predicted.subsections):  # the others hold most of no paragraph
        wrong += [("spurious", "predicted", None, s) for s in pair.predicted.subsections if s.id not in held]
    return right, wrong


def _cuts(pair: Pair, left: Iterable[Segment], yours: dict[Edges, Section]) -> Iterator[Found]:
    """What became of predictions whose ends are not both right; gold's sections that it tells of leave ``yours``.

    Predicted ends that are near misses are taken for the gold ones beside them. Sections of one side do not overlap,
    so that no gold section is both cut and held by another.
    """
    segments = pair.gold_segments
    near = near_misses((s.first for s in pair.predicted_segments[1:]), (s.first for s in segments[1:]))
    starts = [*(segment.first for segment in segments), segments[-1].last + 1]
    for segment in left:
        mine = segment.section
        first, after = near.get(segment.first, segment.first), near.get(segment.last + 1, segment.last + 1)
        if your := yours.pop((first, after - 1), None):
            yield "near miss", "both", your, mine
            continue
        at = bisect_right(starts, first) - 1
        if after <= starts[at + 1]:
            class_, touched = "over-segmentation", segments[at : at + 1]
        else:
            class_, touched = (
                "under-segmentation",
                segments[bisect_left(starts, first) : bisect_right(starts, after) - 1],
            )
        whole = [s for s in touched if s.section]
        yield class_ if whole else "spurious", "predicted", whole[0].section if whole else None, mine
        for s in whole:
            if your := yours.pop((s.first, s.last), None):
                yield class_, "gold", your, mine


# -- what can be shown -----------------------------------------------------------------------------------------


def _errors(pair: Pair, layer: Layer, found: Findings) -> Iterator[Error]:
    right, wrong = found
    gold, predicted = ({e.id: e for e in document.entities} for document in (pair.gold, pair.predicted))
    for class_, side, your, mine in (*((CORRECT, "both", *both) for both in right), *wrong):
        yield Error(layer, class_, side, _shown(your, gold), _shown(mine, predicted))
    for label, number in pair.voids.get(layer, {}).items():
        yield from [Error(layer, UNGROUNDED, "predicted", None, Shown(label))] * number


def _shown(item: Name | Relation | Stance | Section | None, entities: Mapping[str, Entity]) -> Shown | None:
    if item is None:
        return None
    if isinstance(item, tuple):
        return Shown(item[2], (item[:2],))
    if isinstance(item, Section):
        return Shown(item.kind, ((item.start, item.end),))
    near = item.evidence[0].start if item.evidence else 0
    ends = [entities.get(end) for end in _parts(item)[1:]]
    mentions = [min(e.mentions, key=lambda m: (abs(m.start - near), m)) for e in ends if e and e.mentions]
    return Shown(
        _parts(item)[0],
        tuple(mention.edges for mention in mentions),
        tuple(called(end) or end.id if end else AUTHOR for end in ends),
        tuple(quote.edges for quote in item.evidence),
    )


def _place(error: Error) -> tuple[Any, ...]:
    first = error.gold if error.side == "gold" else error.predicted
    return (first and first.spans, error.class_, error.gold or (), error.predicted or ())
