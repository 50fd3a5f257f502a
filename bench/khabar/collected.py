"""Entities, relations and stances on their way into columns: taken from documents one after the other.

What is counted is taken from a document as soon as it is there, into plain arrays that columns are made of at once.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from khabar.joins import NONE, Column, as_column
from khabar.model import AUTHOR, NAME, Document, Entity, Mention, Relation, Stance


class Labels:
    """Labels of both sides, numbered as they come."""

    def __init__(self) -> None:
        """Begin with none."""
        self.numbers: dict[str, int] = {}

    def number(self, labels: Iterable[str]) -> list[int]:
        """The numbers of some labels."""
        numbers = self.numbers
        return [numbers.setdefault(label, len(numbers)) for label in labels]

    def ordered(self, *columns: Sequence[int]) -> tuple[tuple[str, ...], list[Column]]:
        """The labels in order, and columns of numbers with positions in that order in their place."""
        labels = tuple(sorted(self.numbers))
        place = np.empty(len(labels), dtype=np.int64)
        place[[self.numbers[label] for label in labels]] = np.arange(len(labels))
        return labels, [place[as_column(one)] for one in columns]


class Entities:
    """The entities of one side and their mentions; ``sizes`` is how many an entity has, ``numbers`` a document."""

    def __init__(self, types: Labels) -> None:
        """Begin with nothing."""
        self.types = types
        self.entities: list[Entity] = []
        self.mentions: list[Mention] = []
        self.numbers, self.codes, self.sizes = array("q"), array("q"), array("q")
        self.starts, self.ends, self.named = array("q"), array("q"), bytearray()

    def add(self, entities: Sequence[Entity]) -> None:
        """Take the entities of the next document."""
        mentions: list[Mention] = []
        for entity in entities:
            mentions += entity.mentions
        self.entities += entities
        self.mentions += mentions
        self.numbers.append(len(entities))
        self.codes.extend(self.types.number([entity.type for entity in entities]))
        self.sizes.extend([len(entity.mentions) for entity in entities])
        self.starts.extend([mention.start for mention in mentions])
        self.ends.extend([mention.end for mention in mentions])
        self.named.extend([mention.form == NAME for mention in mentions])


class Stated:
    """The relations or the stances of one side, and their evidence.

    ``heads`` and ``tails`` are entities (rows of their side), NONE for the author; ``sizes`` is how many quotes a claim
    has, ``numbers`` how many claims a document.
    """

    def __init__(self, labels: Labels) -> None:
        """Begin with nothing."""
        self.labels = labels
        self.stated: list[Relation | Stance] = []
        self.numbers, self.codes, self.heads, self.tails = array("q"), array("q"), array("q"), array("q")
        self.sizes, self.starts, self.ends = array("q"), array("q"), array("q")

    def add(
        self, stated: Sequence[Relation | Stance], labels: Iterable[str], heads: Iterable[int], tails: Iterable[int]
    ) -> None:
        """Take the claims of the next document, with their labels and ends."""
        self.stated += stated
        self.numbers.append(len(stated))
        self.codes.extend(self.labels.number(labels))
        self.heads.extend(heads)
        self.tails.extend(tails)
        quotes = [quote for one in stated for quote in one.evidence]
        self.sizes.extend([len(one.evidence) for one in stated])
        self.starts.extend([quote.start for quote in quotes])
        self.ends.extend([quote.end for quote in quotes])


class Collected:
    """One side of some documents."""

    def __init__(self, types: Labels, kinds: Labels, stances: Labels) -> None:
        """Begin with nothing; the labels are those of both sides."""
        self.entities, self.relations, self.stance = Entities(types), Stated(kinds), Stated(stances)

    def add(self, document: Document) -> None:
        """Take the next document."""
        row_of: Mapping[str, int] = {}
        if document.relations or document.stance:
            first = len(self.entities.entities)
            row_of = {AUTHOR: NONE} | {entity.id: row for row, entity in enumerate(document.entities, first)}
        self.entities.add(document.entities)
        relations, stances = document.relations, document.stance
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


def both_sides() -> tuple[Collected, Collected]:
    """Something to collect the predicted and the gold side in."""
    labels = Labels(), Labels(), Labels()
    return Collected(*labels), Collected(*labels)
