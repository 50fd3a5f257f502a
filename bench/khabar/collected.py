"""The layers of documents on their way into columns: taken from documents one after the other.

What is counted is taken from a document as soon as it is there, into plain arrays that columns are made of at once.
Nothing of the document itself is kept, so that of many documents only a few are in memory, and near.
"""

import struct
from array import array
from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from khabar.joins import NONE, Column, as_column
from khabar.model import AUTHOR, Document, Entity, Quote, Relation, Section, Stance, called, mentions_of
from khabar.schemas import Inventory

Packed = bytes
"""Whole numbers of 64 bits each."""


def packed(numbers: Sequence[int]) -> Packed:
    """Some whole numbers. Raises OverflowError where one is too large."""
    try:
        return _layout(len(numbers)).pack(*numbers)
    except struct.error:
        raise OverflowError from None


@cache
def _layout(size: int) -> struct.Struct:
    return struct.Struct(f"{size}q")


class Labels(dict[str, int]):
    """Labels of both sides, numbered as they come."""

    def __missing__(self, label: str) -> int:
        """The number of a label that is new."""
        self[label] = number = len(self)
        return number

    def number(self, labels: Iterable[str]) -> list[int]:
        """The numbers of some labels."""
        return list(map(self.__getitem__, labels))

    def strange(self, known: Collection[str | None]) -> set[int]:
        """The numbers of the labels that are not among these."""
        return {number for label, number in self.items() if label not in known}

    def ordered(self, *columns: Sequence[int]) -> tuple[tuple[str, ...], list[Column]]:
        """The labels in order, and columns of numbers with positions in that order in their place."""
        labels = tuple(sorted(self))
        place = np.empty(len(labels), dtype=np.int64)
        place[[self[label] for label in labels]] = np.arange(len(labels))
        return labels, [place[as_column(one)] for one in columns]


class Listed(NamedTuple):
    """The entities of a document, and their mentions: those of an entity follow each other.

    Of each entity the number of its type and how many mentions it has, of each mention its edges, its words and the
    number of its form.
    """

    types: Packed
    sizes: Packed
    starts: Packed
    ends: Packed
    words: list[str]
    forms: Packed


class Listing:
    """Lists the entities of documents, and numbers their types and forms.

    Those of an inventory have the same numbers in all its listings.
    """

    def __init__(self, inventory: Inventory | None = None) -> None:
        """Begin with the labels of an inventory, or with none."""
        self.types, self.forms = Labels(), Labels()
        if inventory:
            self.types.number(inventory.labels["entities.type"])
            self.forms.number(inventory.labels["entities.form"])

    def of(self, entities: Sequence[Entity]) -> Listed:
        """The entities of a document. Raises OverflowError where an offset is beyond any text."""
        mentions = mentions_of(entities)
        return Listed(
            packed(self.types.number([entity.type for entity in entities])),
            packed([len(entity.mentions) for entity in entities]),
            packed([mention.start for mention in mentions]),
            packed([mention.end for mention in mentions]),
            [mention.text for mention in mentions],
            packed(self.forms.number([mention.form for mention in mentions])),
        )


class Entities:
    """The entities of one side and their mentions.

    ``numbers`` is how many entities a document has, ``sizes`` how many mentions an entity; ``lost`` the entity (a row)
    of each mention that has no place. ``called`` is what each entity is called, where that is asked for.
    """

    def __init__(self, listing: Listing, *, with_names: bool = False) -> None:
        """Begin with nothing."""
        self.listing = listing
        self.numbers, self.codes, self.sizes = array("q"), array("q"), array("q")
        self.starts, self.ends, self.form_codes = array("q"), array("q"), array("q")
        self.lost = array("q")
        self.called: list[str] | None = [] if with_names else None

    def add(self, entities: Sequence[Entity], lost: Collection[str] = (), lists: Listed | None = None) -> None:
        """Take the entities of the next document; ``lists``: what a listing of the same inventory gives for them.

        ``lost``: the id of the entity of each mention without a place.
        """
        if lost:
            row_of = {entity.id: row for row, entity in enumerate(entities, len(self.codes))}
            self.lost.fromlist([row_of[one] for one in lost if one in row_of])
        types, sizes, starts, ends, _, forms = lists or self.listing.of(entities)
        self.numbers.append(len(entities))
        self.codes.frombytes(types)
        self.sizes.frombytes(sizes)
        self.starts.frombytes(starts)
        self.ends.frombytes(ends)
        self.form_codes.frombytes(forms)
        if self.called is not None:
            self.called += map(called, entities)


class Quotes:
    """Spans of some items: the item (a row) and the edges of each."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.owners, self.starts, self.ends = array("q"), array("q"), array("q")

    def add(self, owners: list[int], quotes: Sequence[Quote]) -> None:
        """Take some more, with the item of each."""
        self.owners.fromlist(owners)
        self.starts.fromlist([quote.start for quote in quotes])
        self.ends.fromlist([quote.end for quote in quotes])


class Stated:
    """The relations or the stances of one side, and their evidence.

    ``heads`` and ``tails`` are entities (rows of their side), NONE for the author; ``numbers`` is how many claims a
    document has.
    """

    def __init__(self, labels: Labels) -> None:
        """Begin with nothing."""
        self.labels = labels
        self.numbers, self.codes, self.heads, self.tails = array("q"), array("q"), array("q"), array("q")
        self.evidence = Quotes()

    def add(
        self, stated: Sequence[Relation | Stance], labels: Iterable[str], heads: list[int], tails: list[int]
    ) -> None:
        """Take the claims of the next document, with their labels and ends."""
        self.numbers.append(len(stated))
        first = len(self.codes)
        self.codes.fromlist(self.labels.number(labels))
        self.heads.fromlist(heads)
        self.tails.fromlist(tails)
        self.evidence.add(
            [row for row, one in enumerate(stated, first) for _ in one.evidence],
            [quote for one in stated for quote in one.evidence],
        )


class Sections:
    """The sections of one side; ``numbers`` is how many a document has. No function is "", no story NONE."""

    def __init__(self, kinds: Labels, functions: Labels) -> None:
        """Begin with nothing."""
        self.kinds, self.functions = kinds, functions
        self.numbers, self.starts, self.ends = array("q"), array("q"), array("q")
        self.kind_codes, self.function_codes, self.stories = array("q"), array("q"), array("q")
        self.headings = Quotes()
        self._stories: dict[Hashable, int] = {None: NONE}

    def add(self, sections: Sequence[Section]) -> None:
        """Take the sections of the next document."""
        self.numbers.append(len(sections))
        if not sections:
            return
        first, stories = len(self.starts), self._stories
        self.starts.fromlist([section.start for section in sections])
        self.ends.fromlist([section.end for section in sections])
        self.kind_codes.fromlist(self.kinds.number([section.kind for section in sections]))
        self.function_codes.fromlist(self.functions.number([section.function or "" for section in sections]))
        self.stories.fromlist([stories.setdefault(section.story, len(stories)) for section in sections])
        headed = [(row, section.heading) for row, section in enumerate(sections, first) if section.heading]
        self.headings.add([row for row, _ in headed], [heading for _, heading in headed])


class Collected:
    """One side of some documents."""

    def __init__(self, entities: Entities, relations: Stated, stance: Stated, sections: Sections) -> None:
        """Take what the layers are to be collected in."""
        self.entities, self.relations, self.stance, self.sections = entities, relations, stance, sections

    def add(self, document: Document, lost: Collection[str] = (), lists: Listed | None = None) -> None:
        """Take the next document; ``lost`` and ``lists`` as `Entities.add` has them."""
        first = len(self.entities.codes)
        self.entities.add(document.entities, lost, lists)
        self.sections.add(document.subsections)
        relations, stances = document.relations, document.stance
        if not relations and not stances:
            self.relations.numbers.append(0)
            self.stance.numbers.append(0)
            return
        row_of = {AUTHOR: NONE} | {entity.id: row for row, entity in enumerate(document.entities, first)}
        self.relations.add(
            relations,
            [r.type for r in relations],
            [row_of[r.head] for r in relations],
            [row_of[r.tail] for r in relations],
        )
        self.stance.add(
            stances,
            [s.label for s in stances],
            [row_of[s.holder] for s in stances],
            [row_of[s.target] for s in stances],
        )


def both_sides(listing: Listing, *, with_names: bool = False) -> tuple[Collected, Collected]:
    """Something to collect the predicted and the gold side in; ``with_names``: also what entities are called."""
    relations, stances, kinds, functions = (Labels() for _ in range(4))

    def side() -> Collected:
        entities = Entities(listing, with_names=with_names)
        return Collected(entities, Stated(relations), Stated(stances), Sections(kinds, functions))

    return side(), side()
