"""The floor under `khabar score --measure entities.strict`: read both files, count strict matches, nothing else.

    python benchmarks/floor.py [--unchecked | --names] GOLD PREDICTIONS

prints the counts of entities.strict as JSON. Both files are decoded (msgspec) as the types that khabar has for gold and
for predictions; a gold document checks itself as it is built. With ``--unchecked`` it does not, and with ``--names``
nothing is decoded but what the count needs: no text and no other layer. Documents stand in the same order in both
files, and there is one figure, without labels or intervals. What khabar takes more than this is the price of everything
else that it does.
"""

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from khabar import model
from khabar.grounding import Placed
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
    """What the count needs of a document, gold or predicted."""

    doc_id: str
    entities: list[Entity]


class Unchecked(model.Document, frozen=True, kw_only=True):
    """A whole gold document that does not check itself."""

    def __post_init__(self) -> None:
        """Check nothing."""


Names = set[tuple[str, int, int]]


def names_and_others(document: Document | model.Document | Placed) -> tuple[Names, Names]:
    """The names of a document and its other mentions, as (type, start, end)."""
    names: Names = set()
    others: Names = set()
    for entity in document.entities:
        kind = entity.type
        if kind != ISSUE:
            for mention in entity.mentions:
                (names if mention.form == NAME else others).add((kind, mention.start, mention.end))
    return names, others


TYPES = {"": (model.Document, Placed), "--unchecked": (Unchecked, Placed), "--names": (Document, Document)}
"""What gold and predictions are decoded as, by the option that says so."""


def count(gold: Path, predictions: Path, option: str = "") -> dict[str, int]:
    """How many names match, are predicted and are gold; predicted names where gold has another form are passed over."""
    read, read_predicted = (msgspec.json.Decoder(kind).decode for kind in TYPES[option])
    matched = predicted = wanted = 0
    with gold.open("rb") as gold_file, predictions.open("rb") as predicted_file:
        for gold_line, predicted_line in zip(gold_file, predicted_file, strict=True):
            answer, guess = read(gold_line), read_predicted(predicted_line)
            if answer.doc_id != guess.doc_id:
                raise SystemExit(f"{guess.doc_id} stands where {answer.doc_id} should: both files need one order")
            names, others = names_and_others(answer)
            guesses, _ = names_and_others(guess)
            matched += len(names & guesses)
            predicted += len(guesses) - len((guesses - names) & others)
            wanted += len(names)
    return {"matched": matched, "predicted": predicted, "gold": wanted}


if __name__ == "__main__":
    *options, gold_file, predicted_file = sys.argv[1:]
    counts = count(Path(gold_file), Path(predicted_file), *options)
    print(msgspec.json.encode(counts).decode())
