"""Relations: what is counted of them, and the facts of the world that they state."""

from collections.abc import Sequence

import numpy as np

from khabar import claims
from khabar.block import Block, Table, count
from khabar.claims import Claims, Statements, counted, ordered, statements, with_same_ends
from khabar.joins import NONE, Column, Mask, keys, marked, partner
from khabar.model import Document, called
from khabar.schemas import Inventory


def stated(block: Block) -> Statements:
    """The relations of both sides, paired where type and arguments are the same."""
    return statements(block, "relations", block.entities, block.labels.symmetric)


def matched(block: Block) -> Statements:
    """The relations of both sides, paired where they match strictly: with the entity types of the arguments."""
    types = np.append(block.gold.type, NONE)
    return _with_arguments(block.once(stated), block.predicted.type == types[block.entities])


def _with_arguments(found: Statements, entities: Mask) -> Statements:
    """The pairs both of whose predicted arguments are among some entities."""
    head, tail = found.predicted.head[found.right], found.predicted.tail[found.right]
    return found.chosen(entities[head] & entities[tail])


def strict(block: Block) -> Table:
    """Relations that match strictly."""
    return counted(block, block.once(matched), "relations")


def boundary(block: Block) -> Table:
    """Relations with the same type and arguments, whatever the types of these."""
    return counted(block, block.once(stated), "relations")


def hard(block: Block) -> Table:
    """Relations that match strictly and whose arguments have just the mentions that gold has."""
    row, column, number = block.shared[:3]
    same = (number == block.predicted.whole[row]) & (number == block.gold.size[column])
    just = marked(row[same & (block.entities[row] == column)], len(block.predicted.type))
    return counted(block, _with_arguments(block.once(matched), just), "relations")


def pair(block: Block) -> Table:
    """Relations between the same entities, in either direction, whatever the type."""
    return counted(block, with_same_ends(block.once(stated), either_way=True), "relations")


def mention(block: Block) -> Table:
    """Triples of type and arguments, each once; an argument is the gold entity that has most of its spans."""
    found = block.once(stated)
    mine, yours = found.predicted, found.gold
    place = _holders(block)
    key, your_key = keys(
        (*ordered(place[mine.head], place[mine.tail], mine.symmetric), mine.label),
        (*ordered(yours.head, yours.tail, yours.symmetric), yours.label),
    )
    (first, at), (your_first, your_at) = (np.unique(one, return_index=True) for one in (key, your_key))
    same = partner(first, your_first)
    right = np.flatnonzero(same != NONE)
    predicted, gold = mine.items.chosen(at), yours.items.chosen(your_at)
    return count(
        block, found.labels, predicted.chosen(right), predicted, gold.chosen(same[right]), gold, lost="relations"
    )


def _holders(block: Block) -> Column:
    """For each predicted entity the gold entity with most of its spans, or a row of its own behind gold's.

    Of several the one of its type, then that with the smallest spans, then by type.
    """
    predicted, gold, shared = block.predicted, block.gold, block.shared
    rank = 2 * shared.number + (predicted.type[shared.row] == gold.type[shared.column])
    best = np.zeros(len(predicted.type), dtype=np.int64)
    np.maximum.at(best, shared.row, rank)
    top = rank == best[shared.row]
    rows, columns = shared.row[top], shared.column[top]
    tied = np.bincount(rows)[rows] > 1
    rivals = sorted(set(columns[tied].tolist()), key=gold.identity, reverse=True)
    place = np.zeros(len(gold.type), dtype=np.int64)
    place[rivals] = np.arange(len(rivals))
    order = np.argsort(place[columns])
    found = len(gold.type) + np.arange(len(predicted.type))
    found[rows[order]] = columns[order]  # of several the last one stays
    return found


def evidence(block: Block) -> Table:
    """Characters of evidence of relations that match strictly."""
    return claims.evidence(block, block.once(matched), "relations.evidence")


# -- facts -------------------------------------------------------------------------------------------------------

Fact = tuple[str, str, str]
"""What a relation says of the world: the name of its head, its type, the name of its tail."""


def facts(document: Document, labels: Inventory) -> set[Fact]:
    """The facts that a document's relations state; symmetric ones in the order of the names."""
    names = {entity.id: called(entity) for entity in document.entities}
    return {_fact(labels, r.type, names[r.head], names[r.tail]) for r in document.relations}


def _fact(labels: Inventory, kind: str, head: str, tail: str) -> Fact:
    return (tail, kind, head) if kind in labels.symmetric and tail < head else (head, kind, tail)


def unseen(block: Block) -> Table:
    """Relations that match strictly, without those on either side that state a fact of the training split.

    Relations that match state the same fact, as a predicted argument is called what gold calls it.
    """
    found = block.once(matched)
    mine, yours = (
        ~_known(block, found.labels, claims_, side.entities.called or [])
        for claims_, side in zip((found.predicted, found.gold), block.collected, strict=True)
    )
    fresh = found.chosen(yours[found.found])
    predicted, gold = found.predicted.items, found.gold.items
    return count(
        block,
        found.labels,
        predicted.chosen(fresh.right),
        predicted.chosen(np.flatnonzero(mine)),
        gold.chosen(fresh.found),
        gold.chosen(np.flatnonzero(yours)),
        lost="relations",
    )


def _known(block: Block, labels: Sequence[str], relations: Claims, names: Sequence[str]) -> Mask:
    """Which relations the training split states; an argument is called as gold calls what it stands for.

    ``names``: what each entity of the relations' side is called.
    """
    if not block.training_facts:
        return np.zeros(len(relations.label), dtype=bool)
    gold = block.collected[1].entities.called or []
    heads, tails = (
        [names[row] if place == NONE else gold[place] for row, place in zip(*map(Column.tolist, ends), strict=True)]
        for ends in ((relations.head, relations.gold_head), (relations.tail, relations.gold_tail))
    )
    kinds = [labels[label] for label in relations.label.tolist()]
    return np.array(
        [_fact(block.labels, *one) in block.training_facts for one in zip(kinds, heads, tails, strict=True)], dtype=bool
    )
