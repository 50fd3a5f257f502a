"""The floor under `khabar score --measure entities.strict`: read both files, count strict matches, nothing else.

    python benchmarks/floor.py GOLD PREDICTIONS

prints the counts of entities.strict as JSON. Only what the count needs is decoded, by type (msgspec); nothing is
checked, no text is looked at, documents stand in the same order in both files, and there is one figure, without
labels or intervals. What khabar takes more than this is the price of everything else that it does.
"""

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from khabar.model import ISSUE, NAME


class Mention(Struct):
    """A mention: its edges and its form."""

    start: int
    end: int
    form: str = NAME


class Entity(Struct):
    """An entity: its type and its mentions."""

    type: str
    mentions: list[Mention]


class Document(Struct):
    """A document, gold or predicted."""

    doc_id: str
    entities: list[Entity]


Names = set[tuple[str, int, int]]


def names_and_others(document: Document) -> tuple[Names, Names]:
    """The names of a document and its other mentions, as (type, start, end)."""
    names: Names = set()
    others: Names = set()
    for entity in document.entities:
        kind = entity.type
        if kind != ISSUE:
            for mention in entity.mentions:
                (names if mention.form == NAME else others).add((kind, mention.start, mention.end))
    return names, others


def count(gold: Path, predictions: Path) -> dict[str, int]:
    """How many names match, are predicted and are gold; predicted names where gold has another form are passed over."""
    read = msgspec.json.Decoder(Document).decode
    matched = predicted = wanted = 0
    with gold.open("rb") as gold_file, predictions.open("rb") as predicted_file:
        for gold_line, predicted_line in zip(gold_file, predicted_file, strict=True):
            answer, guess = read(gold_line), read(predicted_line)
            if answer.doc_id != guess.doc_id:
                raise SystemExit(f"{guess.doc_id} stands where {answer.doc_id} should: both files need one order")
            names, others = names_and_others(answer)
            guesses, _ = names_and_others(guess)
            matched += len(names & guesses)
            predicted += len(guesses) - len((guesses - names) & others)
            wanted += len(names)
    return {"matched": matched, "predicted": predicted, "gold": wanted}


if __name__ == "__main__":
    print(msgspec.json.encode(count(Path(sys.argv[1]), Path(sys.argv[2]))).decode())
