"""Gold documents and what was predicted for them, some hundred at once, and tables of what is counted in them.

Every measure is counted over a block of documents: what is looked up, matched and summed is a column (`joins`), not
an item. A block of one document is how a single one is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from khabar.align import Shared, aligned, shared_spans, with_issues
from khabar.collected import Listed, Listing, both_sides
from khabar.columns import Side, sides
from khabar.counts import Counts, Tally
from khabar.grounding import Unlocated, Void
from khabar.joins import Column
from khabar.model import COREFERENT, Document
from khabar.schemas import Inventory

Made = TypeVar("Made")
Numbers = np.ndarray[Any, np.dtype[np.float64]]
"""Counts and credits, multiples of `counts.GRAIN`."""


class Pair:
    """A gold document and what was predicted for it."""

    def __init__(
        self,
        gold: Document,
        predicted: Document,
        voids: Sequence[Void] = (),
        lists: tuple[Listed | None, Listed | None] = (None, None),
    ) -> None:
        """Take two documents of the same text; ``voids`` are predicted items that can match nothing.

        ``lists``: their entities, the predicted ones and gold's, as a listing of the inventory of their block gives
        them, where that is there already.

        ``lost`` are the predicted entities (ids) that mentions are missing from, each as often as there are;
        ``lost_entities`` those that are not there at all: the type of each, and how many mentions it has.
        """
        self.gold = gold
        self.predicted = predicted
        self.lists = lists
        self.unlocated = [void for void in voids if isinstance(void, Unlocated)]
        self.voids: dict[str, Counter[str]] = defaultdict(Counter)
        self.lost = [void.entity for void in voids if void.entity]
        self.lost_entities = [(void.label, void.mentions) for void in voids if void.mentions]
        for void in voids:
            self.voids[void.layer][void.label] += void.size


class Block:
    """Pairs of documents that are counted together; whatever several measures need is worked out once.

    Of each pair the id, the text and the columns of its layers are kept, but not the documents; and of each predicted
    entity that is lost whole (``lost_entities``) its document (a position), its type and how many mentions it has.

    ``training_facts`` are what the training split states, ``coreferent`` the entity types that take part in
    coreference.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        labels: Inventory,
        training_facts: frozenset[tuple[str, str, str]] = frozenset(),
        coreferent: frozenset[str] = COREFERENT,
    ) -> None:
        """Take pairs of documents, in order, each as it comes."""
        self.names: list[str] = []
        self.texts: list[str] = []
        self.voids: list[Mapping[str, Mapping[str, int]]] = []
        self.lost_entities: list[tuple[int, str, int]] = []
        self.collected = both_sides(Listing(labels), with_names=bool(training_facts))
        predicted, gold = self.collected
        for at, pair in enumerate(pairs):
            self.names.append(pair.gold.doc_id)
            self.texts.append(pair.gold.text)
            self.voids.append(pair.voids)
            self.lost_entities += [(at, *one) for one in pair.lost_entities]
            mine, yours = pair.lists
            predicted.add(pair.predicted, pair.lost, mine)
            gold.add(pair.gold, (), yours)
        self.labels = labels
        self.training_facts = training_facts
        self.coreferent = coreferent
        self.begins = np.cumsum([0, *map(len, self.texts)])
        """Where each document begins in the long text of all, and where the last one ends."""
        self.memory: dict[object, object] = {}

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return len(self.texts)

    def once(self, make: "Callable[[Block], Made]") -> Made:
        """What a function of a block gives for this one, worked out once."""
        if make not in self.memory:
            self.memory[make] = make(self)
        return cast(Made, self.memory[make])

    @cached_property
    def _sides(self) -> tuple[Side, Side]:
        predicted, gold = self.collected
        return sides(predicted.entities, gold.entities, self.begins)

    @property
    def predicted(self) -> Side:
        """The predicted entities and mentions."""
        return self._sides[0]

    @property
    def gold(self) -> Side:
        """Gold's entities and mentions."""
        return self._sides[1]

    @cached_property
    def lost(self) -> Mapping[str, Sequence[tuple[int, Mapping[str, int]]]]:
        """By layer, the documents (positions) with items that match nothing, and how many of each label."""
        found = defaultdict(list)
        for at, layers in enumerate(self.voids):
            for layer, voids in layers.items():
                found[layer].append((at, voids))
        return found

    @cached_property
    def shared(self) -> Shared:
        """Which entities share exact spans, and how many."""
        return shared_spans(self.predicted, self.gold)

    @cached_property
    def entities(self) -> Column:
        """The gold entity that each predicted one stands for in relations, or NONE."""
        return aligned(self.predicted, self.gold, self.shared)

    @cached_property
    def voices(self) -> Column:
        """The gold entity that each predicted one stands for in stances, or NONE: an ISSUE is found by overlap."""
        return aligned(self.predicted, self.gold, with_issues(self.predicted, self.gold, self.shared))


class Items(NamedTuple):
    """Things that are counted, a row each: the document that they are in, and their label (a position)."""

    document: Column
    label: Column

    def chosen(self, rows: Column) -> "Items":
        """Some of the rows."""
        return Items(self.document[rows], self.label[rows])


class Table(NamedTuple):
    """Counts of documents: documents × labels × 4, the four of `counts.Counts`."""

    labels: Sequence[str]
    numbers: Numbers

    def tally(self) -> Tally:
        """The counts of all documents together, by label, where there are any."""
        return {
            label: Counts(*counts)
            for label, counts in zip(self.labels, self.numbers.sum(axis=0).tolist(), strict=True)
            if any(counts)
        }


def count(
    block: Block,
    labels: Sequence[str],
    right: Items,
    predicted: Items,
    found: Items,
    gold: Items,
    credit: Numbers | Column | None = None,
    lost: str = "",
    sizes: tuple[Column, Column] | tuple[None, None] = (None, None),
) -> Table:
    """A table of items: the predicted ones that are right, all predicted, those of gold that are found, all of gold.

    ``right`` and ``found`` are pairs, each booked on either side under that side's label, with its ``credit`` where
    that is not 1. ``lost``: the layer whose items that match nothing are counted as predicted too. ``sizes``: what each
    predicted item and each of gold counts for, where that is not 1.
    """
    documents, width = block.documents, len(labels)

    numbers = np.zeros((documents * width, 4))
    for at, (items, earned) in enumerate(((right, credit), (predicted, sizes[0]), (found, credit), (gold, sizes[1]))):
        numbers[:, at] = np.bincount(items.document * width + items.label, earned, minlength=documents * width)
    return with_lost(block, Table(labels, numbers.reshape(documents, width, 4)), lost)


def with_lost(block: Block, table: Table, layer: str) -> Table:
    """A table with the predicted items of a layer that match nothing."""
    lost = block.lost.get(layer)
    if not lost:
        return table
    labels = tuple(dict.fromkeys((*table.labels, *(label for _, voids in lost for label in voids))))
    numbers = np.pad(table.numbers, ((0, 0), (0, len(labels) - len(table.labels)), (0, 0)))
    places = {label: place for place, label in enumerate(labels)}
    for at, voids in lost:
        for label, number in voids.items():
            numbers[at, places[label], 1] += number
    return Table(labels, numbers)


def tabled(tallies: Sequence[Mapping[str, Sequence[float]]]) -> Table:
    """A table of what was counted document by document: the four counts of each label."""
    labels = tuple(sorted(set().union(*tallies)))
    nothing = (0.0,) * 4
    numbers = [[tally.get(label, nothing) for label in labels] for tally in tallies]
    return Table(labels, np.array(numbers, dtype=np.float64).reshape(len(tallies), len(labels), 4))
