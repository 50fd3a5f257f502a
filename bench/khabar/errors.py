"""What went wrong with each item: classes that add up to the items of a side, counted or with all that shows them.

Items are those of the headline measures: names (ISSUE aside), relations, stances, and sections by paragraphs. Every
item of either side falls in exactly one class of `CLASSES`. A class for which an item of each side was paired counts
on both sides; the others count on the side of their item.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import lcm
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import numpy as np

from khabar import columns, relations, stances
from khabar.align import assign, overlapping
from khabar.block import Block, Pair
from khabar.claims import Claims, Statements, ordered
from khabar.grounding import Unlocated
from khabar.joins import (
    NONE,
    Column,
    Meetings,
    as_column,
    as_pairs,
    keys,
    marked,
    meetings,
    others,
    paired,
    partner,
    ranges,
)
from khabar.model import AUTHOR, LAYERS, Edges, Entity, Layer, Relation, Section, Stance, called
from khabar.names import Names, Sides, sides
from khabar.quotes import PROCLITICS, in_word, word_around
from khabar.schemas import Inventory
from khabar.sections import matched as matched_sections
from khabar.sections import near_misses, same_paragraphs, segmented

Side = Literal["gold", "predicted", "both"]


class Class(NamedTuple):
    """One class of a layer, and what puts an item into it."""

    layer: Layer
    name: str
    about: str


CORRECT, IGNORED, UNGROUNDED = "correct", "ignored", "unlocated or invalid"
ARGUMENT_TYPE, WRONG_ARGUMENT = "argument type", "wrong argument"
_UNGROUNDED = (
    "a quote without a place of its own, or what `khabar import answers` rejected; "
    "with `--invalid penalise`, an item that is not sound"
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
    Class("relations", ARGUMENT_TYPE, "type and arguments are right, but not the type of an argument's entity"),
    Class("relations", "reversed", "type and arguments are right, but the direction is not"),
    Class("relations", "wrong type", "both arguments are right, in either direction; another type"),
    Class(
        "relations", "duplicate", "a prediction left over that repeats the type and the arguments of a gold relation"
    ),
    Class("relations", WRONG_ARGUMENT, "type and one argument are right; the other is another gold entity"),
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
    and tail, or of holder and target, and ``types`` their entity types, "" for the author; empty for mentions and
    sections, as is ``evidence``. ``stands_for`` are the names of the gold entities that those of a prediction are taken
    for ("" for none). ``lost`` is the quote, if any, for which the item has no place.
    """

    label: str
    spans: tuple[Edges, ...] = ()
    names: tuple[str, ...] = ()
    evidence: tuple[Edges, ...] = ()
    types: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()
    lost: tuple[Unlocated, ...] = ()

    @property
    def twins(self) -> tuple[str, ...]:
        """What the names stand for, "" where that is called the same."""
        return tuple("" if twin in self.names else twin for twin in self.stands_for)


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


class Classed(NamedTuple):
    """Items of one class, on one side or both: the rows of gold's and of the predicted items, NONE for none."""

    class_: str
    side: Side
    gold: Column
    predicted: Column


class Aside(NamedTuple):
    """A quote without a place whose item is not lost: of evidence, or of the heading of a section."""

    layer: Layer
    of: Literal["evidence", "heading"]
    quote: Unlocated


def asides(pair: Pair) -> Iterator[Aside]:
    """The quotes of a pair that are in no class of errors, though they have no place."""
    for quote in pair.unlocated:
        if quote.layer == "heading":
            yield Aside("subsections", "heading", quote)
        elif quote.layer == "relations.evidence":
            yield Aside("relations", "evidence", quote)
        elif quote.layer == "stance.evidence":
            yield Aside("stance", "evidence", quote)


def classify(pair: Pair, labels: Inventory) -> tuple[Error, ...]:
    """Every item of a pair in its class, the correct ones too: by layer, then by place in the text."""
    block = Block([pair], labels)
    return tuple(error for layer in LAYERS for error in sorted(_errors(pair, block, layer), key=_place))


def count(block: Block) -> dict[tuple[Layer, Side, str], int]:
    """How many items of each layer and side (gold, predicted) fall in each class; classes without any are left out."""
    counts: Counter[tuple[Layer, Side, str]] = Counter()
    for layer, found in _FINDERS.items():
        for class_, side, gold, _ in found(block):
            for one in sides_of(side):
                counts[layer, one, class_] += len(gold)
        counts[layer, "predicted", UNGROUNDED] += sum(sum(voids.values()) for _, voids in block.lost.get(layer, ()))
    return {key: number for key, number in counts.items() if number}


def sides_of(side: Side) -> tuple[Side, ...]:
    """Gold, predicted, or both of them one by one."""
    return ("gold", "predicted") if side == "both" else (side,)


def by_class(counts: Mapping[tuple[Layer, Side, str], int], layer: Layer) -> Iterator[tuple[str, int, int]]:
    """The classes of a layer that occur, in their order, with the items of gold and of the prediction in them."""
    for class_ in CLASSES:
        gold, predicted = counts.get((layer, "gold", class_.name), 0), counts.get((layer, "predicted", class_.name), 0)
        if class_.layer == layer and gold + predicted:
            yield class_.name, gold, predicted


# -- entities ------------------------------------------------------------------------------------------------


def _names(block: Block) -> Iterator[Classed]:
    names = block.once(sides)
    predicted, gold = names.predicted, names.gold
    equal = np.flatnonzero(names.equal != NONE)
    yield Classed(CORRECT, "both", names.equal[equal], equal)
    ignored = partner(predicted.key[names.left_predicted], names.ignored.key) != NONE
    # The ignored mention has the span and the type of the prediction, and is shown as that.
    excused, left = names.left_predicted[ignored], names.left_predicted[~ignored]
    yield _alone(IGNORED, "predicted", excused)

    met = meetings(predicted.span.chosen(left), gold.span.chosen(names.left_gold))
    mine, yours, wholes, parts = _crowds(names, met, left)
    mine, yours = np.append(left[met.mine], mine), np.append(names.left_gold[met.yours], yours)
    yield from _differences(block, names, mine, yours)
    left = left[~marked(mine, len(predicted.key))[left]]
    open_ = names.left_gold[~marked(yours, len(gold.key))[names.left_gold]]

    at = np.minimum(np.searchsorted(gold.place, predicted.place[left]), max(0, len(gold.place) - 1))
    doubled = gold.place[at] == predicted.place[left] if len(gold.place) else np.zeros(len(left), dtype=bool)
    yield Classed("duplicate", "predicted", at[doubled], left[doubled])
    left = left[~doubled]
    whole = as_column([wholes.get(row, NONE) for row in left.tolist()])
    yield Classed("split", "predicted", whole[whole != NONE], left[whole != NONE])
    yield Classed("spurious", "predicted", whole[whole == NONE], left[whole == NONE])
    whole = as_column([parts.get(row, NONE) for row in open_.tolist()])
    yield Classed("merged", "gold", open_[whole != NONE], whole[whole != NONE])
    yield Classed("missed", "gold", open_[whole == NONE], whole[whole == NONE])


def _crowds(names: Sides, met: Meetings, left: Column) -> tuple[Column, Column, dict[int, int], dict[int, int]]:
    """The pairs of names that hang together with more of them; and for names that lie in one whose part was paired,
    that one: for predicted names a gold one, and the reverse."""
    groups: dict[int, tuple[list[Name], list[Name]]] = {}
    everything = (
        (names.predicted, left[met.many_mine], met.mine_group),
        (names.gold, names.left_gold[met.many_yours], met.your_group),
    )
    for at, (side, rows, group) in enumerate(everything):
        about = side.span.start[rows], side.span.end[rows], side.type[rows], rows
        for number, *row in zip(group.tolist(), *(one.tolist() for one in about), strict=True):
            groups.setdefault(number, ([], []))[at].append(Name(*row))
    couples: list[tuple[int, int]] = []
    wholes: dict[int, int] = {}
    parts: dict[int, int] = {}
    for predicted, gold in groups.values():
        found = _couples(predicted, gold)
        couples += [(mine.row, yours.row) for mine, yours in found]
        parted = [couple for couple in found if couple[0][:2] != couple[1][:2]]
        if parted:
            wholes |= _holders(predicted, [yours for _, yours in parted])
            parts |= _holders(gold, [mine for mine, _ in parted])
    return *as_pairs(couples), wholes, parts


class Name(NamedTuple):
    """A name: its span in the long text, its type (a position), and its row."""

    start: int
    end: int
    type: int
    row: int


Couple = tuple[Name, Name]
"""A predicted name and the gold name that it is paired with."""


def _differences(block: Block, names: Sides, mine: Column, yours: Column) -> Iterator[Classed]:
    """The classes of pairs that are not correct."""
    predicted, gold = names.predicted, names.gold
    typed, placed = predicted.type[mine] == gold.type[yours], predicted.place[mine] == gold.place[yours]
    yield Classed("type", "both", yours[placed], mine[placed])
    other = ~(typed | placed)
    yield Classed("type and boundary", "both", yours[other], mine[other])
    mine, yours = mine[typed], yours[typed]
    document = predicted.document[mine]
    shift = block.begins[document]
    edges = [
        zip((span.start[rows] - shift).tolist(), (span.end[rows] - shift).tolist(), strict=True)
        for span, rows in ((predicted.span, mine), (gold.span, yours))
    ]
    classes = np.array(
        [f"boundary: {boundary(block.texts[at], *both)}" for at, *both in zip(document.tolist(), *edges, strict=True)],
        dtype=object,
    )
    for class_ in sorted(set(classes.tolist())):
        yield Classed(class_, "both", yours[classes == class_], mine[classes == class_])


def _holders(parts: Iterable[Name], wholes: Sequence[Name]) -> dict[int, int]:
    """For each part (row) that lies inside a whole of its type, the first such whole (row)."""
    found = {}
    for part in parts:
        for whole in wholes:
            if whole.start <= part.start and part.end <= whole.end and whole.type == part.type:
                found[part.row] = whole.row
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
    agree: tuple[Callable[[Name], Hashable], ...] = (itemgetter(0, 1), itemgetter(2), lambda _: None)
    for key in agree:
        groups: dict[Hashable, tuple[list[Name], list[Name]]] = {}
        for side, names in enumerate((left, open_)):
            for name in names:
                groups.setdefault(key(name), ([], []))[side].append(name)
        for mine, your in groups.values():
            pairs = overlapping([name[:3] for name in mine], [name[:3] for name in your])
            couples += [(mine[row], your[at]) for row, at in pairs]
        taken = {name for couple in couples for name in couple}
        left = [name for name in left if name not in taken]
        open_ = [name for name in open_ if name not in taken]
    return couples


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


class Stage(NamedTuple):
    """A class, and the columns of `Claims` by which claims of the two sides that are left over are paired for it.

    ``either_way``: of labels alone that mean the same in either direction.
    """

    class_: str
    mine: tuple[str, ...]
    yours: tuple[str, ...]
    either_way: bool = False


_ENDS, _TURNED = ("gold_head", "gold_tail"), ("gold_tail", "gold_head")
_HEAD, _TAIL = ("label", "gold_head"), ("label", "gold_tail")
_DIRECTIONS = (
    Stage("reversed", ("label", *_ENDS), ("label", *_TURNED)),
    Stage("wrong type", _ENDS, _ENDS),
    Stage("wrong type", _ENDS, _TURNED),
)
_LABELS = (Stage("wrong label", _ENDS, _ENDS),)
_VOICES = (Stage("wrong holder", _TAIL, _TAIL), Stage("wrong target", _HEAD, _HEAD))


def _one_end(class_: str) -> tuple[Stage, ...]:
    """Label and one end are the same; for a label that means the same in either direction, either end of each."""
    return (
        Stage(class_, _HEAD, _HEAD),
        Stage(class_, _TAIL, _TAIL),
        Stage(class_, _HEAD, _TAIL, either_way=True),
        Stage(class_, _TAIL, _HEAD, either_way=True),
    )


def _settle(
    found: Statements, left: Column, open_: Column, stages: Iterable[Stage]
) -> tuple[list[Classed], Column, Column]:
    """Pair claims stage by stage, in each as many as can be; and what is left of either side."""
    settled = []
    for stage in stages:
        mine = left[found.predicted.symmetric[left]] if stage.either_way else left
        m, y = paired(*_keys(found, mine, stage.mine, open_, stage.yours))
        settled.append(Classed(stage.class_, "both", open_[y], mine[m]))
        left, open_ = left[~marked(mine[m], len(found.predicted.label))[left]], open_[others(y, len(open_))]
    return settled, left, open_


def _keys(
    found: Statements, left: Column, mine: Iterable[str], open_: Column, yours: Iterable[str]
) -> tuple[Column, Column]:
    """A key for each of some claims, from these columns; claims of different documents have different ones."""
    one, other = (
        [getattr(claims, name)[rows] for name in ("document", *names)]
        for claims, rows, names in ((found.predicted, left, mine), (found.gold, open_, yours))
    )
    return keys(one, other)


def _left_over(found: Statements, block: Block) -> tuple[Column, Column]:
    """The claims of either side that no other says, in an order that does not hang on ids."""
    rows = others(found.right, len(found.predicted.label)), others(found.found, len(found.gold.label))
    left, open_ = (
        one[np.argsort(_identities(claims, side)[one], kind="stable")]
        for one, claims, side in zip(rows, (found.predicted, found.gold), (block.predicted, block.gold), strict=True)
    )
    return left, open_


def _identities(claims: Claims, side: columns.Side) -> Column:
    """What tells claims apart, whatever the ids: the label, and the first mentions and the types of both ends."""
    entity, _ = keys((np.append(side.first, NONE), np.append(side.type, NONE)))
    return keys((claims.label, *ordered(entity[claims.head], entity[claims.tail], claims.symmetric)))[0]


def _alone(class_: str, side: Literal["gold", "predicted"], rows: Column) -> Classed:
    """Items of one side in a class that tells of none of the other."""
    nothing = np.full(len(rows), NONE)
    return Classed(class_, side, *((rows, nothing) if side == "gold" else (nothing, rows)))


def _relations(block: Block) -> Iterator[Classed]:
    found = block.once(relations.stated)
    strict = block.once(relations.matched)
    yield Classed(CORRECT, "both", strict.found, strict.right)
    mistyped = ~marked(strict.right, len(found.predicted.label))[found.right]
    yield Classed(ARGUMENT_TYPE, "both", found.found[mistyped], found.right[mistyped])
    left, open_ = _left_over(found, block)
    settled, left, open_ = _settle(found, left, open_, _DIRECTIONS)
    yield from settled
    predicted, gold = found.predicted, found.gold
    stated, said = keys(
        (predicted.label, *ordered(predicted.gold_head, predicted.gold_tail, predicted.symmetric)),
        (gold.label, *ordered(gold.gold_head, gold.gold_tail, gold.symmetric)),
    )
    again = np.isin(stated[left], said)
    yield _alone("duplicate", "predicted", left[again])
    left = left[~again]
    known = marked(predicted.placed, len(predicted.label))[left]
    settled, spurious, open_ = _settle(found, left[known], open_, _one_end(WRONG_ARGUMENT))
    yield from settled
    yield _alone("spurious", "predicted", spurious)
    settled, lost, open_ = _settle(found, left[~known], open_, _one_end("argument not found"))
    yield from settled
    yield _alone("argument not found", "predicted", lost)
    stood_for = marked(block.entities[block.entities != NONE], len(block.gold.type))
    reached = stood_for[gold.head[open_]] & stood_for[gold.tail[open_]]
    yield _alone("missed", "gold", open_[reached])
    yield _alone("argument not found", "gold", open_[~reached])


def _stances(block: Block) -> Iterator[Classed]:
    found = block.once(stances.stated)
    yield Classed(CORRECT, "both", found.found, found.right)
    settled, left, open_ = _settle(found, *_left_over(found, block), _LABELS)
    yield from settled
    voiced, said = _keys(found, left, _ENDS, np.arange(len(found.gold.label)), _ENDS)
    again = np.isin(voiced, said)
    yield _alone("duplicate", "predicted", left[again])
    settled, left, open_ = _settle(found, left[~again], open_, _VOICES)
    yield from settled
    yield _alone("spurious", "predicted", left)
    yield _alone("missed", "gold", open_)


# -- subsections -----------------------------------------------------------------------------------------------


def _sections(block: Block) -> Iterator[Classed]:
    cut = block.once(segmented)
    lines, mine, yours = cut.paragraphs, cut.predicted, cut.gold
    rows, at = block.once(same_paragraphs)
    kind = block.once(matched_sections)[0]
    right = marked(kind, len(mine.kind))[rows]
    yield Classed(CORRECT, "both", at[right], rows[right])
    yield Classed("kind", "both", at[~right], rows[~right])
    left = mine.held[~marked(rows, len(mine.kind))[mine.held]]
    left = left[np.argsort(mine.first[left])]

    # Predicted ends that are near misses are taken for the gold ones beside them.
    moved = np.arange(len(lines.document) + 1)
    near, beside = near_misses(mine.boundary, yours.boundary)
    moved[near] = beside
    first, after = moved[mine.first[left]], moved[mine.last[left] + 1]
    facing = yours.section[first]
    begin, end = np.append(yours.first, NONE), np.append(yours.last, NONE)  # whose row NONE is the last
    missed = (begin[facing] == first) & (end[facing] + 1 == after)
    yield Classed("near miss", "both", facing[missed], left[missed])
    open_ = yours.held[~marked(np.append(at, facing[missed]), len(yours.kind))[yours.held]]
    left, first, after, facing = left[~missed], first[~missed], after[~missed], facing[~missed]

    begins = np.flatnonzero(np.diff(lines.document, prepend=NONE).astype(bool) | yours.boundary)
    inside = after <= np.append(begins, len(lines.document))[np.searchsorted(begins, first, side="right")]
    # Sections of one side do not overlap, so that no gold section is both cut and held by another.
    order = yours.held[np.argsort(yours.first[yours.held])]
    held, where = ranges(
        np.searchsorted(yours.first[order], first), np.searchsorted(yours.last[order] + 1, after, side="right")
    )
    whole = np.where(inside, facing, NONE)
    under = ~inside[held]
    whole[held[under][::-1]] = order[where[under]][::-1]
    for class_, chosen in (("over-segmentation", inside), ("under-segmentation", ~inside)):
        touched = chosen & (whole != NONE)
        yield Classed(class_, "predicted", whole[touched], left[touched])
    yield _alone("spurious", "predicted", np.append(left[whole == NONE], np.flatnonzero(mine.first == NONE)))

    cut, cutter = facing[inside & (facing != NONE)], left[inside & (facing != NONE)]
    for class_, section, by in (
        ("over-segmentation", cut, cutter),
        ("under-segmentation", order[where[under]], left[held[under]]),
    ):
        section, once = np.unique(section, return_index=True)
        chosen = marked(open_, len(yours.kind))[section]
        yield Classed(class_, "gold", section[chosen], by[once][chosen])
        open_ = open_[~marked(section, len(yours.kind))[open_]]
    yield _alone("missed", "gold", open_)


# -- what can be shown -----------------------------------------------------------------------------------------

_FINDERS: Mapping[Layer, Callable[[Block], Iterator[Classed]]] = {
    "entities": _names,
    "relations": _relations,
    "stance": _stances,
    "subsections": _sections,
}


def _errors(pair: Pair, block: Block, layer: Layer) -> Iterator[Error]:
    """The errors of a pair, the only one of a block."""
    predicted, gold = _shower(pair, block, layer)
    for class_, side, your, mine in _FINDERS[layer](block):
        for at, row in zip(your.tolist(), mine.tolist(), strict=True):
            answer = predicted(row) if class_ == IGNORED else gold(at) if at != NONE else None
            yield Error(layer, class_, side, answer, predicted(row) if row != NONE else None)
    quotes = [quote for quote in pair.unlocated if quote.layer == layer]
    lost = [Shown(quote.label, lost=(quote,)) for quote in quotes]
    unsound = Counter(pair.voids.get(layer, ())) - Counter(quote.label for quote in quotes)
    for shown in (*lost, *map(Shown, unsound.elements())):
        yield Error(layer, UNGROUNDED, "predicted", None, shown)


Shower = Callable[[int], Shown]
"""What gives an item, by its row, as it can be shown."""


def _shower(pair: Pair, block: Block, layer: Layer) -> tuple[Shower, Shower]:
    """How the predicted and the gold items of a pair, the only one of a block, are shown."""
    if layer == "entities":
        names = block.once(sides)
        return partial(_shown_name, block, names.predicted), partial(_shown_name, block, names.gold)
    if layer == "subsections":
        mine, yours = pair.predicted.subsections, pair.gold.subsections
        return (lambda row: _shown_section(mine[row])), (lambda row: _shown_section(yours[row]))
    one, other = ({e.id: e for e in side.entities} for side in (pair.predicted, pair.gold))
    predicted, gold = getattr(pair.predicted, layer), getattr(pair.gold, layer)
    rows = (block.entities if layer == "relations" else block.voices).tolist()
    twins = {
        entity.id: pair.gold.entities[row]
        for entity, row in zip(pair.predicted.entities, rows, strict=True)
        if row != NONE
    }
    return (lambda row: _shown_claim(predicted[row], one, twins)), (lambda row: _shown_claim(gold[row], other))


def _shown_name(block: Block, names: Names, row: int) -> Shown:
    return Shown(block.gold.types[names.type[row]], ((int(names.span.start[row]), int(names.span.end[row])),))


def _shown_section(section: Section) -> Shown:
    return Shown(section.kind, ((section.start, section.end),))


def _shown_claim(
    item: Relation | Stance, entities: Mapping[str, Entity], twins: Mapping[str, Entity] | None = None
) -> Shown:
    label, *given = (
        (item.type, item.head, item.tail) if isinstance(item, Relation) else (item.label, item.holder, item.target)
    )
    near = item.evidence[0].start if item.evidence else 0
    ends = [entities.get(end) for end in given]
    mentions = [min(e.mentions, key=lambda m: (abs(m.start - near), m)) for e in ends if e and e.mentions]
    return Shown(
        label,
        tuple(mention.edges for mention in mentions),
        tuple(called(end) or end.id if end else AUTHOR for end in ends),
        tuple(quote.edges for quote in item.evidence),
        tuple(end.type if end else "" for end in ends),
        () if twins is None else tuple(_twin(end, twins) for end in given),
    )


def _twin(end: str, twins: Mapping[str, Entity]) -> str:
    return called(twins[end]) if end in twins else AUTHOR if end == AUTHOR else ""


def _place(error: Error) -> tuple[Any, ...]:
    first = error.gold if error.side == "gold" else error.predicted
    return (first and first.spans, error.class_, error.gold or (), error.predicted or ())
