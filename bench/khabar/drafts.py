"""Gold documents and what is said of them, some tens at once, before their mentions are checked.

A document that is built checks each of its mentions. Of those that are scored the mentions are checked all together, by
columns, which is faster; only where they do not all hold is each document asked by itself. So it is always the document
that tells what is wrong.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from khabar.collected import Listed, Listing, Packed
from khabar.grounding import Grounded, Placed, Said, as_it_stands
from khabar.joins import Column, keys
from khabar.model import Document, Entity
from khabar.problems import Problem
from khabar.schemas import Inventory

Form = Said | tuple[Problem, ...]
"""What a record says, or what is wrong with its form."""

Known = Mapping[str, Collection[str | None]]
"""The labels that there are, by their place in an inventory."""


class Draft(NamedTuple):
    """A gold document and what its first record says, if it has one.

    ``standing`` is what is said as a document, where it can be taken as it stands if its mentions hold; ``lists`` are
    its entities and gold's, None where an offset is beyond any text.
    """

    gold: Document
    said: Form | None
    standing: Grounded | None = None
    lists: tuple[Listed | None, Listed | None] = (None, None)


def drafted(golds: Sequence[Document], said: Sequence[Form | None], labels: Inventory, listing: Listing) -> list[Draft]:
    """Documents and what is said of them. Each step is taken for all, which is faster than one after the other."""
    standing = [
        as_it_stands(one, gold, labels) if isinstance(one, Placed) else None
        for gold, one in zip(golds, said, strict=True)
    ]
    predicted = [_listed(one.document.entities if one else (), listing) for one in standing]
    lists = zip(predicted, [_listed(gold.entities, listing) for gold in golds], strict=True)
    return [Draft(*parts) for parts in zip(golds, said, standing, lists, strict=True)]


def _listed(entities: Sequence[Entity], listing: Listing) -> Listed | None:
    try:
        return listing.of(entities)
    except OverflowError:
        return None


def are_sound(drafts: Sequence[Draft], listing: Listing, sayable: Known, known: Known) -> bool:
    """Whether all mentions hold, on both sides of these documents; False in doubt.

    Each has its words at its place in the text, no span stands twice in one type, and the types and forms are known:
    those of what is said among ``sayable``, those of gold among ``known``.
    """
    predicted, gold = ([lists for lists in side if lists] for side in zip(*[one.lists for one in drafts], strict=True))
    if not len(predicted) == len(gold) == len(drafts):
        return False
    for side, labels in ((predicted, sayable), (gold, known)):
        types, forms = listing.types.strange(labels["entities.type"]), listing.forms.strange(labels["entities.form"])
        for strange, parts in ((types, [one.types for one in side]), (forms, [one.forms for one in side])):
            if strange and not strange.isdisjoint(_column(parts).tolist()):
                return False
    return _stand([draft.gold.text for draft in drafts], [*predicted, *gold])


_SEAM = "\0"
"""What stands between words; where words have it themselves, there is doubt."""

_MOST_WORDS = 1 << 21
"""So many characters the words of all mentions may have; with more, each document is better asked by itself."""


def _stand(texts: Sequence[str], lists: Sequence[Listed]) -> bool:
    """Whether the mentions of lists stand in their texts, and apart; of several lists a text, one side comes first."""
    types, sizes, starts, ends, words, _ = zip(*lists, strict=True)
    said = _SEAM.join([*chain.from_iterable(words), ""])
    start, end, owner = _column(starts), _column(ends), np.repeat(np.arange(len(lists)), [*map(len, words)])
    if said.count(_SEAM) != len(start) or len(said) > _MOST_WORDS:
        return False
    begins, document = np.cumsum([0, *map(len, texts)]), owner % len(texts)
    if not ((start >= 0) & (start < end) & (end <= np.diff(begins)[document])).all():
        return False
    start, length = start + begins[document], end - start
    after = np.cumsum(length + 1)
    if len(said) != after[-1:].sum():
        return False
    at = np.arange(len(said)) + np.repeat(start - (after - length - 1), length + 1)
    at[after - 1] = begins[-1]
    if not np.array_equal(_characters([*texts, _SEAM])[at], _characters([said])):
        return False
    key = np.sort(keys((owner, start, length, np.repeat(_column(types), _column(sizes))))[0])
    return not (key[1:] == key[:-1]).any()


Characters = np.ndarray[Any, np.dtype[np.uint32]]
"""A text as numbers, one for each code point."""


def _column(parts: Sequence[Packed]) -> Column:
    return np.frombuffer(b"".join(parts), dtype=np.int64)


def _characters(texts: Iterable[str]) -> Characters:
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
