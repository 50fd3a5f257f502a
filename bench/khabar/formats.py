"""Prediction files, and what a system may see of a document.

Predictions are JSON Lines (also .gz, or standard input), one JSON document, or a folder of them.

A file is read twice: once for the document ids, so that documents may stand in any order and the second reading
can go to each when its gold document comes, and memory does not grow with the file.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, cast

import msgspec
import numpy as np
from msgspec import UNSET, Raw, Struct, UnsetType

from khabar.corpus import BUFFER, no_lines, open_bytes, typed_reason
from khabar.grounding import (
    LAYER_OF,
    FlatMention,
    Placed,
    PredictedEntity,
    PredictedMention,
    PredictedRelation,
    PredictedSection,
    PredictedStance,
    Prediction,
    Rejected,
    Said,
    Void,
    lost_entity,
    lost_evidence,
    lost_mention,
    lost_parts,
    reader,
    without_unread,
)
from khabar.model import LAYERS, Document, Layer
from khabar.problems import Invalid, Pointer, Problem, decode, in_json
from khabar.quotes import Located
from khabar.schemas import Inventory, validator
from khabar.tags import words

Track = Literal["end-to-end", "given-entities", "given-pairs"]


class Record(Struct, frozen=True):
    """Where one predicted document stands: bytes ``start`` to ``start + length``, line ``line`` of ``path``.

    ``doc_id`` is None where it cannot be read. ``given`` says whether the document names gold's entities or pairs, or
    entities of its own (pairs beside these are a fault); None where it gives none of them.
    """

    path: str
    line: int
    start: int
    length: int
    doc_id: str | None
    given: Track | None


class _Head(Struct):
    doc_id: str
    entities: Raw | UnsetType = UNSET
    mentions: Raw | UnsetType = UNSET
    stance_pairs: Raw | UnsetType = UNSET


_ENCODE = msgspec.json.Encoder().encode
_HEAD = msgspec.json.Decoder(_Head)
_PLAIN = re.compile(rb'{\s*"doc_id"\s*:\s*"([a-z0-9-]+)"\s*,\s*"(?:entities|mentions)"\s*:\s*\[')
"""How most predictions begin: with all that their heads say, unless a property stands twice."""
_MARK = b"\xef\xbb\xbf"
_MOST_LINE = 1 << 28
"""The longest line that is read, in bytes; whatever is longer is no prediction."""


class PredictionFile:
    """The predicted documents of a source; close it, or use it as a context manager."""

    def __init__(self, source: str | Path | Iterable[Document | Mapping[str, Any]]) -> None:
        """Open a path (``-`` for standard input), or take documents and mappings shaped as predictions.

        Raises Invalid where the source cannot be read or holds nothing.
        """
        if source == "":
            fix = "Name a file or folder; is a variable of the shell not set?"
            raise Invalid([Problem("predictions", 1, 1, "file", "", "the name is empty", fix)])
        self._folder = isinstance(source, str | Path) and Path(source).is_dir()
        self.name = str(source) if isinstance(source, str | Path) else "predictions"
        self._file = tempfile.TemporaryFile() if self._folder else _seekable(source)
        self.records = tuple(self._scan_folder() if self._folder else self._scan())
        reason = None
        if not self.records:
            files = "Name a folder with a .json file for each document."
            reason = "there is no predicted document here", files if self._folder else "Give one JSON document a line."
        elif not self._folder and all(record.doc_id is None for record in self.records):
            reason = no_lines(self.raw(self.records[0]))
        if reason:
            raise Invalid([Problem(self.name, 1, 1, "file", "", *reason)])

    def __enter__(self) -> "PredictionFile":
        """Give the file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    @cached_property
    def tracks(self) -> frozenset[Track]:
        """The tracks that the documents are of; more than one is mixed."""
        return frozenset(record.given for record in self.records if record.given)

    def raw(self, record: Record) -> bytes:
        """The bytes of one document."""
        if self._folder:
            return Path(record.path).read_bytes()
        if hasattr(os, "pread"):  # Processes share the file's position, so it is not moved where that can be helped.
            return os.pread(self._file.fileno(), record.length, record.start)
        self._file.seek(record.start)
        return self._file.read(record.length)

    def _scan(self) -> Iterator[Record]:
        if self.name.endswith(".json"):
            raw = self._file.read()
            yield _record(self.name, 1, 0, raw)
            return
        start = 0
        for number, raw in enumerate(iter(lambda: self._file.readline(_MOST_LINE), b""), 1):
            if raw.strip(b"\xef\xbb\xbf\r\n\t "):
                yield _record(self.name, number, start, raw)
            start += len(raw)

    def _scan_folder(self) -> Iterator[Record]:
        for path in sorted(Path(self.name).glob("*.json")):
            yield _record(str(path), 1, 0, path.read_bytes())


def _record(path: str, line: int, start: int, raw: bytes) -> Record:
    plain = _PLAIN.match(raw)
    if plain:  # To decode the head would be to go through everything else.
        return Record(path, line, start, len(raw), plain[1].decode("ascii"), "end-to-end")
    try:
        head = _HEAD.decode(raw.removeprefix(_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Record(path, line, start, len(raw), None, None)
    given: Track | None = None
    is_gold = head.entities is not UNSET and bytes(head.entities) == b'"gold"'
    if head.mentions is not UNSET or (head.entities is not UNSET and not is_gold):
        given = "end-to-end"
    elif head.stance_pairs is not UNSET:
        given = "given-pairs"
    elif is_gold:
        given = "given-entities"
    return Record(path, line, start, len(raw), head.doc_id, given)


def _seekable(source: str | Path | Iterable[Document | Mapping[str, Any]]) -> IO[bytes]:
    """The source as a file that can be read twice; what cannot is copied to a temporary one."""
    if isinstance(source, str | Path) and str(source) != "-" and not str(source).endswith(".gz"):
        with open_bytes(Path(source)):
            return Path(source).open("rb", buffering=BUFFER)
    copy = tempfile.TemporaryFile()
    if str(source) == "-":
        shutil.copyfileobj(sys.stdin.buffer, copy)
    elif isinstance(source, str | Path):
        with open_bytes(Path(source)) as file:
            shutil.copyfileobj(file, copy)
    else:
        for item in source:
            copy.write(_line(_said(item)) + b"\n")
    copy.seek(0)
    return copy


def _line(said: object) -> bytes:
    """A line of JSON. Half a character (a lone surrogate) stays an escape in it, for the readers to refuse."""
    try:
        return _ENCODE(said)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(said)).encode()


def _said(item: Document | Mapping[str, Any]) -> object:
    """A document as a prediction: what it does not know left out."""
    if not isinstance(item, Document):
        return item
    return {name: value for name, value in msgspec.structs.asdict(item).items() if value is not None}


def read_predictions(
    records: Sequence[Record], raws: Sequence[bytes], labels: Inventory, layers: frozenset[Layer] = frozenset(LAYERS)
) -> list[Said | tuple[Problem, ...]]:
    """The predictions in the bytes of some records, or of each everything that is wrong with its form.

    Of layers other than ``layers`` it is seen only whether they are there: they are empty. Each step is taken for all,
    which is faster than one after the other.
    """
    plain = [raw.removeprefix(_MARK) for raw in raws]
    typed = [_typed(raw, layers) for raw in plain]
    if _no_property_twice(plain, typed):
        return [without_unread(cast(Said, one)) for one in typed]
    return [
        without_unread(cast(Said, one))
        if _no_property_twice([raw], [one])
        else _explained(record, raw, labels, layers, one)
        for record, raw, one in zip(records, raws, typed, strict=True)
    ]


def _typed(raw: bytes, layers: frozenset[Layer]) -> Said | str:
    """A prediction, or why it cannot be read."""
    try:
        return reader(Placed, layers)(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return reader(Prediction, layers)(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)


def _no_property_twice(raws: Sequence[bytes], typed: Sequence[Said | str]) -> bool:
    """Whether predictions could be read, and no object of theirs has a property twice; False in doubt.

    Of a property that stands twice the typed readers keep the last. Each property has a colon, and words may have more.
    One that was dropped leaves a colon too many, and nothing leaves one too few, so that all may be asked together.
    """
    raw = b"".join(raws)
    if str in map(type, typed) or (b"\\" in raw and b"\\u003" in raw):  # A colon may be escaped.
        return False
    try:
        return _colons(raw) == _colons(_ENCODE(typed))
    except OverflowError:  # The number of a story may be as large as one likes.
        return False


def _colons(raw: bytes) -> int:
    """How many colons there are; where they are many, numpy counts them faster than bytes do."""
    return int(np.count_nonzero(np.frombuffer(raw, np.uint8) == ord(":")))


def _explained(
    record: Record, raw: bytes, labels: Inventory, layers: frozenset[Layer], typed: Said | str
) -> Said | tuple[Problem, ...]:
    """What is wrong with the form of a prediction that could not be read, or may have a property twice; or itself."""
    source, value, problems = decode(record.path, raw, record.line)
    if problems:
        return problems
    if not isinstance(typed, str):
        return without_unread(typed)
    found = tuple(
        in_json("schema", record.path, source, at, message, fix, record.line)
        for at, message, fix in validator("prediction", labels).problems(value)
        if not at or LAYER_OF.get(str(at[0])) in (None, *layers)
    )
    fix = "See schemas/prediction.schema.json."
    return found or (in_json("schema", record.path, source, *typed_reason(typed), fix, record.line),)


_ITEMS: dict[str, tuple[type[Struct], Layer, str]] = {
    "entities": (PredictedEntity[PredictedMention], "entities", "type"),
    "mentions": (FlatMention, "entities", "type"),
    "relations": (PredictedRelation[Located], "relations", "type"),
    "stance": (PredictedStance[Located], "stance", "label"),
    "subsections": (PredictedSection[Located], "subsections", "kind"),
}


def salvage(
    raw: bytes, layers: frozenset[Layer] = frozenset(LAYERS)
) -> tuple[Prediction, Mapping[Pointer, tuple[Void, ...]]] | None:
    """What can still be scored of a prediction whose form is wrong, and what is lost with each item that cannot.

    Of an entity those mentions are lost whose form is wrong; where anything else is, or no mention is left, all of it.
    None where nothing can be scored: what is not JSON, or names no document. Layers other than ``layers`` are empty.
    """
    _, value, problems = decode("", raw)
    if problems or not isinstance(value, dict):
        return None
    kept: dict[str, Any] = {"doc_id": value.get("doc_id")}
    kept |= {name: value[name] for name in ("offset_unit", "text_sha256", "text", "stance_pairs") if name in value}
    # In an unknown unit no offset means anything; what the text is, is only compared.
    readable = _fits(kept | {"doc_id": "d"}, Prediction)
    kept = kept if readable else {"doc_id": value.get("doc_id")}
    lost: dict[Pointer, tuple[Void, ...]] = {}
    for name, (kind, layer, label) in _ITEMS.items():
        items = value.get(name)
        if layer not in layers and isinstance(items, list):
            items = []
        if name == "entities" and items == "gold":
            kept[name] = items
        elif isinstance(items, list):
            doubled = name == "mentions" and "entities" in kept
            if not doubled:
                kept[name] = []
            for position, item in enumerate(items):
                sound, broken = _without_broken(item) if name == "entities" else (item, {})
                if readable and not doubled and _fits(sound, kind):
                    kept[name].append(sound)
                    lost |= {(name, position, "mentions", number): (one,) for number, one in broken.items()}
                else:
                    lost[name, position] = tuple(_lost(item, name, label))
        elif name in value and layer in layers:
            # No list: how many items it means cannot be known, and it is as one.
            lost[name,] = tuple(_lost(None, name, label))
            kept |= {} if name == "mentions" and "entities" in kept else {name: []}
    rejected = value.get("rejected")
    kept["rejected"] = [one for one in rejected if _fits(one, Rejected)] if isinstance(rejected, list) else []
    try:
        return msgspec.convert(kept, Prediction), lost
    except msgspec.ValidationError:
        return None


def _without_broken(entity: object) -> tuple[object, dict[int, Void]]:
    """An entity without the mentions whose form is wrong, and what is lost with each of these."""
    mentions = entity.get("mentions") if isinstance(entity, dict) else None
    if not isinstance(entity, dict) or not isinstance(mentions, list):
        return entity, {}
    broken = [number for number, one in enumerate(mentions) if not _fits(one, PredictedMention)]
    sound = [one for number, one in enumerate(mentions) if number not in broken]
    kind, given = str(entity.get("type")), str(entity.get("id"))
    return entity | {"mentions": sound}, {
        number: lost_mention(kind, _form(mentions[number]), given) for number in broken
    }


def _form(mention: object) -> Any:
    """The form that a mention says to have."""
    return mention.get("form", UNSET) if isinstance(mention, dict) else UNSET


def _fits(item: object, kind: type[Struct]) -> bool:
    try:
        msgspec.convert(item, kind)
    except msgspec.ValidationError:
        return False
    return True


def _lost(item: object, place: str, label: str) -> Iterator[Void]:
    """An item of one of the properties of a prediction, labelled by another, as one that can match nothing."""
    fields = item if isinstance(item, dict) else {}
    named = str(fields.get(label, "?"))
    if place in ("entities", "mentions"):
        given = [fields] if place == "mentions" else fields.get("mentions")
        mentions = given if isinstance(given, list) and given else [{}]
        for one in mentions:
            yield lost_mention(named, _form(one))
        yield from lost_entity(named, len(mentions)) if place == "entities" else ()
        return
    yield Void(place, named)
    if place == "subsections":
        yield from lost_parts(str(fields.get("function") or ""), bool(fields.get("heading")))
        return
    quotes = fields.get("evidence")
    sound = [quote for quote in quotes if _fits(quote, Located)] if isinstance(quotes, list) else []
    yield from lost_evidence(place, named, msgspec.convert(sound, list[Located]))


def inputs(document: Document, *, with_words: bool = False, with_entities: bool = False) -> bytes:
    """What a system may see of a document, as a line of JSON: doc_id and text, and the canary that the set has.

    ``with_words`` adds the words with their offsets; ``with_entities`` gold's entities, for the given-entities track.
    """
    value: dict[str, object] = {"doc_id": document.doc_id, "text": document.text}
    if with_words:
        value["words"] = [{"start": s, "end": e, "text": document.text[s:e]} for s, e in words(document.text)]
    if with_entities:
        value["entities"] = document.entities
    if document.canary:
        value["canary"] = document.canary
    return msgspec.json.encode(value) + b"\n"
