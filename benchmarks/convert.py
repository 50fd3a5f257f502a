"""Write a generated set in the forms that the peers read; done before anything is timed.

    python benchmarks/convert.py FOLDER

reads FOLDER/gold.jsonl and FOLDER/predictions.jsonl and writes beside them, for gold and predictions:
``*.spans.json`` (the names of each document, for nervaluate), ``*.tags`` (IOB2, a document a line, for seqeval),
``*.bio`` (a word and its tag a line, for seqscore) and ``*.masses.json`` (paragraphs of each section, for segeval).
Tags cannot nest, so these hold the outermost names only.
"""

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from khabar.model import ISSUE, NAME, Document, Entity, paragraphs
from khabar.tags import iob2

SIDES = ("gold", "predictions")


class Edges(Struct):
    """Where a section lies."""

    start: int
    end: int


class Line(Struct):
    """What the peers are given of a document; a prediction has no text of its own."""

    doc_id: str
    entities: tuple[Entity, ...]
    subsections: list[Edges]
    text: str | None = None


def spans(line: Line) -> list[dict[str, object]]:
    """The names of a document as nervaluate wants them: the end is that of the last character."""
    return [
        {"label": entity.type, "start": mention.start, "end": mention.end - 1}
        for entity in line.entities
        if entity.type != ISSUE
        for mention in entity.mentions
        if mention.form == NAME
    ]


def masses(line: Line, starts: Sequence[int]) -> list[int]:
    """How many paragraphs each section has, given where the paragraphs start."""
    before = [bisect_right(starts, section.start) - 1 for section in line.subsections]
    return [after - first for first, after in zip(before, [*before[1:], len(starts)], strict=True)]


def lines(folder: Path) -> Iterator[tuple[Line, Line]]:
    """Gold documents with their predictions."""
    read = msgspec.json.Decoder(Line).decode
    with (folder / "gold.jsonl").open("rb") as gold, (folder / "predictions.jsonl").open("rb") as predictions:
        for answer, guess in zip(gold, predictions, strict=True):
            yield read(answer), read(guess)


def convert(folder: Path) -> None:
    """Write every form for both sides, line by line."""
    with ExitStack() as stack:

        def new(name: str) -> IO[str]:
            return stack.enter_context((folder / name).open("w", encoding="utf-8"))

        forms = ("spans.json", "tags", "bio", "masses.json")
        files = {(side, form): new(f"{side}.{form}") for side in SIDES for form in forms}
        between = "["
        for pair in lines(folder):
            text = pair[0].text or ""
            starts = [start for start, _ in paragraphs(text)]
            for side, line in zip(SIDES, pair, strict=True):
                words, tags = iob2(Document(doc_id=line.doc_id, text=text, entities=line.entities))
                files[side, "tags"].write(" ".join(tags) + "\n")
                tagged = (f"{text[start:end]} {tag}\n" for (start, end), tag in zip(words, tags, strict=True))
                files[side, "bio"].write("".join(tagged) + "\n")
                for form, value in (("spans.json", spans(line)), ("masses.json", masses(line, starts))):
                    files[side, form].write(between + msgspec.json.encode(value).decode())
            between = ",\n"
        for side in SIDES:
            for form in ("spans.json", "masses.json"):
                files[side, form].write("]\n")


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
