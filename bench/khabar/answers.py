"""Answers of language models as they are, made predictions: broken JSON, layers in the shapes that models write.

Reading never invents: what is cut off or cannot be read is left out whole, and said. Three steps:

- `blocks` finds the JSON in an answer: without what stands between ``<think>`` and ``</think>``, in code fences or
  bare; each block is read as strict JSON or else by a reader that also takes trailing or missing commas, single and
  typographic quotation marks, quotation marks inside a string, Python's literals, comments and a truncated tail.
- `prediction` turns the blocks of one document into a prediction, names into ids. Quotes stay quotes: only
  `khabar score` looks for them, so its ``--grounding`` decides how loosely, for every system alike, and its
  signature says so. An entity that is given by names only gets every place of each name (``"all"``).
- What cannot be an item is a `Rejection`. One that says something of a layer (a relation whose head is no entity of
  the answer, a type that does not exist) stays in the prediction under ``rejected`` and costs precision: a system
  that answers out of scheme must not fare better than one that answers wrongly.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from khabar.corpus import open_bytes
from khabar.model import AUTHOR, Document, Layer
from khabar.problems import Invalid, Problem, decode
from khabar.quotes import fold, occurrences
from khabar.schemas import ENUMS, Inventory

Json = dict[str, Any]

class Rejection(Struct, frozen=True):
    """Something of an answer that is no item of the prediction: the words of it, and why.

    ``reason`` is what the report counts by. Where it was said of a layer under a label, it also stands in the
    prediction as ``rejected``.
    """

    reason: str
    why: str
    what: object


# -- reading -----------------------------------------------------------------------------------------------

_THOUGHTS = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHT = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_COMMENTS = r"//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)"
_SKIP = re.compile(rf"(?:[\s\ufeff\u200e\u200f]+|{_COMMENTS})*", re.DOTALL)
_BETWEEN = re.compile(rf"(?:[\s\ufeff\u200e\u200f,،;:]+|{_COMMENTS})*", re.DOTALL)
_CLOSING = {'"': '"', "'": "'", "“": '”"“', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'", "«": "»", "`": "`"}
_OPENED = "[\"'“”„‘’«`]"
_NO_MARK = "[^\"'“”„‘’«»`{}\\[\\]:\n]"
_QUOTED = rf"{_OPENED}{_NO_MARK}{{1,40}}[\"'“”’»`]"
_QUOTED_KEY = re.compile(rf"{_QUOTED}\s*[:=]")
_KEY = re.compile(rf"(?:{_QUOTED}|[^\W\d]\w*)\s*[:=]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.*+-])")
_WORD = re.compile(r"[^\W\d]\w*")
_BARE = re.compile(r"\w(?:[\w.\- ]*\w)?(?=[ \t]*(?:[,،;}\])\n#]|//|/\*))")
_UNREAD = "cut off or unreadable"
_LITERAL = "true|false|null|True|False|None"
# A quotation mark ends a string where what JSON has there follows it; anywhere else it belongs to the words.
_AFTER_NAME = re.compile(r"\s*(?:[:=]|[\[{]\s*[\"'“„«{\[])")
_AFTER_VALUE = re.compile(
    rf"\s*(?:[}}\])]|\Z|//|/\*|[,،;:]*\s*{_QUOTED}\s*[:=]|\{{\s*{_QUOTED}\s*[:=]"
    rf"|,\s*(?:{_OPENED}|[,{{\[(}}\])]|-?[0-9]|(?:{_LITERAL})\b|[^\W\d]\w*\s*[:=]|//|/\*|#|\Z))"
    rf"|\s+{_QUOTED}\s*[,\])]|\s*\n\s*(?:{_OPENED}|[{{\[])"
)
# What no string runs on over, as its own end was lost: the next member, and the next of a list of strings.
_NEXT_MEMBER = re.compile(rf"[{{,]\s*(?:{_QUOTED}|[A-Za-z_]\w*)\s*[:=]\s*(?:{_OPENED}|[{{\[]|-?[0-9]|(?:{_LITERAL})\b)")
_NEXT_STRING = re.compile(rf"[{{,]\s*{_OPENED}")
_NEXT_IN_NAME = re.compile(rf"[{{,:=]\s*{_OPENED}")
_WHOLE_STRING = re.compile(r"([\"'])[^\"'{}\[\]\n\\]*\1(?=\s*(?:[:=,}\])]|\Z))")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_BRACKETS = {"}": "}", "]": "]", ")": "]"}
_MOST_DEPTH, _SHOWN = 100, 200

_LOST = object()
"""Stands for a value that cannot be read; its words are kept by whoever gives it up."""


def blocks(answer: str) -> tuple[list[Any], list[Rejection]]:
    """The JSON values of an answer, and every stretch of it that should be JSON and could not be read."""
    said = _END_OF_THOUGHT.sub("", _THOUGHTS.sub("", answer))
    fenced = [match[1] for match in _FENCE.finditer(said)]
    found: list[Any] = []
    rejections: list[Rejection] = []
    for source in [part for part in fenced if "{" in part or "[" in part] or [said]:
        at = _opening(source, 0)
        while at < len(source):
            reader = _Reader(source, at)
            found += reader.block()
            # What brackets hold in prose is not JSON, and no loss.
            if "{" in source[at : reader.at] or _QUOTED_KEY.search(source, at, reader.at):
                rejections += reader.rejections()
            at = _opening(source, reader.at)
    return found, rejections


def _opening(source: str, at: int) -> int:
    """Where the next object or array begins; the end of the text where none does."""
    return min((place for place in (source.find("{", at), source.find("[", at)) if place >= 0), default=len(source))


class _Reader:
    """One block on its way to values: ``at`` is where it is read, ``open`` are the brackets that will close it.

    ``lost`` are the stretches that were given up, ``cut`` the brackets that were open where the text ended.
    """

    def __init__(self, source: str, at: int) -> None:
        self.source = source
        self.at = at
        self.open: list[str] = []
        self.cut = ""
        self.nameless: list[Any] = []
        self.lost: list[tuple[int, int]] = []
        self.doubled: list[Json] = []

    def block(self) -> list[Any]:
        """The value that begins here, and what stood in it without the name that it needs; strict JSON as such."""
        try:
            value, self.at = json.JSONDecoder(object_pairs_hook=self.joined).raw_decode(self.source, self.at)
        except (ValueError, RecursionError):
            self.doubled.clear()
            value = self.value()
        return [one for one in (value, *self.nameless) if one is not _LOST and one]

    def rejections(self) -> Iterator[Rejection]:
        """What was not read of the block, and why."""
        for name in self.doubled:
            yield Rejection("repeated", "this name stands twice in an object, and what it says last counts", name)
        end = len(self.source.rstrip())
        for begin, after in self.lost:
            why = "the answer is cut off here" if self.cut and after >= end else "this cannot be read"
            yield Rejection(_UNREAD, why, _shortened(self.source[begin:after].rstrip(" \t\r\n,،")))
        if self.cut and not (self.lost and self.lost[-1][1] >= end):
            yield Rejection(_UNREAD, "the answer ends before these brackets", self.cut)

    def joined(self, pairs: Sequence[tuple[str, Any]]) -> Json:
        """An object; lists that stand under one name twice are one list, and of other values the last one counts."""
        built: Json = {}
        for name, value in pairs:
            before = built.get(name, value)
            if isinstance(before, list) and isinstance(value, list) and name in built:
                value = [*before, *value]
            elif before != value:
                self.doubled.append({name: before})
            built[name] = value
        return built

    def lose(self, begin: int) -> None:
        """Give up what stands between a place and where reading goes on, with all that was given up inside."""
        self.lost = [one for one in self.lost if one[0] < begin]
        self.lost.append((begin, self.at))

    def skip(self, begin: int) -> None:
        """Give up a member that begins at a place and go on to the next, or to a bracket, whichever comes first."""
        at, inside = max(self.at, begin + 1), self.open[-1]
        while at < len(self.source):
            character = self.source[at]
            if character in "{[(}])" or (inside == "]" and character in ",،"):
                break
            if inside == "}" and (
                _QUOTED_KEY.match(self.source, at)
                or (character in ",،" and _KEY.match(self.source, _end(_BETWEEN, self.source, at)))
            ):
                break
            whole = _WHOLE_STRING.match(self.source, at)
            at = whole.end() if whole else at + 1
        self.at = at
        self.lose(begin)

    def value(self) -> Any:
        """The value that begins here."""
        self.at = _end(_SKIP, self.source, self.at)
        opening = self.source[self.at : self.at + 1]
        if len(self.open) > _MOST_DEPTH:
            self.at = len(self.source)
            return _LOST
        if opening == "{":
            return self.object(self.at + 1)
        if opening in ("[", "("):
            return self.array()
        if opening in _CLOSING:
            return self.string(_AFTER_VALUE, _NEXT_STRING if self.open[-1:] == ["]"] else _NEXT_MEMBER)
        if number := _NUMBER.match(self.source, self.at):
            self.at = number.end()
            try:
                return json.loads(number[0])
            except ValueError:  # Python reads no number of thousands of digits.
                return number[0]
        if bare := _BARE.match(self.source, self.at):
            self.at = bare.end()
            return _LITERALS.get(bare[0].lower(), bare[0])
        return _LOST

    def object(self, inside: int) -> Any:
        """An object whose members begin at ``inside``; lost as a whole where one is, unless it only wraps items."""
        begin, listed, whole, wraps = self.at, self.open[-1:] == ["]"], True, False
        self.at = inside
        self.open.append("}")
        pairs: list[tuple[str, Any]] = []
        while self.more():
            start = self.at
            if self.source[start] in "{[(":
                if listed and self.source[start] == "{":
                    break  # The next item: the bracket that closes this one is missing.
                value = self.value()
                if "]" in self.open:
                    whole = False
                elif value is not _LOST:
                    wraps = True
                    self.nameless.append(value)
                continue
            name = self.name()
            value = _LOST if name is None else self.value()
            if name is None or value is _LOST:
                whole = False
                self.skip(start)
            else:
                pairs.append((name, value))
        self.open.pop()
        built = self.joined(pairs)
        if (whole and not self.cut) or wraps or _wraps(built, "]" in self.open):
            return built
        self.lose(begin)
        return _LOST

    def array(self) -> list[Any]:
        """A list; None stands where an item is lost."""
        self.open.append("]")
        self.at += 1
        items: list[Any] = []
        names: set[str] = set()
        while self.more():
            start = self.at
            key = (_KEY if len(self.open) > 1 else _QUOTED_KEY).match(self.source, start)
            if key is None:
                value = self.value()
            elif items and "}" in self.open[-2:] and key[0].strip("\"'“”„‘’«»`:= ") not in names:
                break  # A member of the object around: the bracket that closes the list is missing.
            else:
                value = self.object(start)
            if value is _LOST:
                self.skip(start)
            elif isinstance(value, dict):
                names |= value.keys()
            items.append(None if value is _LOST else value)
        self.open.pop()
        return items

    def more(self) -> bool:
        """Go to the next member of what is open; False where that ends, and its bracket is passed."""
        while True:
            self.at = _end(_BETWEEN, self.source, self.at)
            if self.at >= len(self.source):
                self.cut = self.cut or "".join(reversed(self.open))
                return False
            bracket = _BRACKETS.get(self.source[self.at])
            if bracket is None:
                return True
            closes, passed = self.closing(bracket)
            self.at += passed
            if closes:
                return False

    def closing(self, bracket: str) -> tuple[bool, bool]:
        """Whether a bracket closes what is open, and whether it is then passed.

        A wrong one stands for the right one, or is too many, or the right one is missing before it: whichever leaves
        open what the words after it go on with.
        """
        inside, around, beyond = [*reversed(self.open), "", ""][:3]
        if bracket == inside:
            return True, True
        after = _end(_BETWEEN, self.source, self.at + 1)
        following = self.source[after : after + 1]
        goes_on = "]" if following == "{" else _BRACKETS.get(following, "")
        if _KEY.match(self.source, after):
            goes_on = "}"
        if bracket == around and goes_on == beyond:
            return True, False
        if goes_on == around:
            return True, True
        return bracket in self.open and goes_on != inside, bracket not in self.open or goes_on == inside

    def name(self) -> str | None:
        """A name with what parts it from its value; None where there is none."""
        start = self.at
        if self.source[start] in _CLOSING:
            name = self.string(_AFTER_NAME, _NEXT_IN_NAME)
        else:
            word = _WORD.match(self.source, start)
            name = word[0] if word else _LOST
            self.at = word.end() if word else start
        self.at = _end(_SKIP, self.source, self.at)
        if name is _LOST or self.source[self.at : self.at + 1] not in (":", "=", "{", "["):
            self.at = start
            return None
        self.at += self.source[self.at] in ":="
        self.at += self.source[self.at - 1 : self.at + 1] == "=>"
        return str(name)

    def string(self, after: re.Pattern[str], beyond: re.Pattern[str]) -> Any:
        """A string: the mark that ends it has ``after`` behind it; it is lost where it runs into ``beyond``."""
        closing = _CLOSING[self.source[self.at]]
        characters: list[str] = []
        at = self.at + 1
        while at < len(self.source):
            character = self.source[at]
            if character == "\\" and at + 1 < len(self.source):
                escaped = self.source[at + 1]
                code = self.source[at + 2 : at + 6]
                if escaped == "u" and re.fullmatch("[0-9a-fA-F]{4}", code):
                    characters.append(chr(int(code, 16)))
                    at += 6
                else:
                    characters.append(_ESCAPES.get(escaped, escaped if escaped in "\"'\\/" else f"\\{escaped}"))
                    at += 2
            elif character in closing and after.match(self.source, at + 1):
                self.at = at + 1
                return "".join(characters)
            elif character in "{,:=" and beyond.match(self.source, at):
                break
            else:
                characters.append(character)
                at += 1
        return _LOST


def _end(pattern: re.Pattern[str], source: str, at: int) -> int:
    """Where a pattern that always matches ends."""
    match = pattern.match(source, at)
    return match.end() if match else at


def _shortened(words: str) -> str:
    """The beginning of words that may be long."""
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


# -- what an answer says -----------------------------------------------------------------------------------


class Said(NamedTuple):
    """An answer as a prediction, and what of it was rejected."""

    prediction: Json
    rejections: tuple[Rejection, ...]


_LAYER_NAMES: dict[Layer, str] = {
    "entities": "entities, entity, named entities, mentions, ner, الكيانات, كيانات",
    "relations": "relations, relation, relationships, triples, العلاقات, علاقات",
    "stance": "stance, stances, المواقف, مواقف",
    "subsections": "subsections, sections, segments, الأقسام, أقسام",
}
_NAMES = {
    "id": "id",
    "name": "name, text, mention, entity, surface, الاسم, النص",
    "kind": "type, label, entity type, category, class, النوع",
    "mentions": "mentions, occurrences, spans",
    "head": "head, subject, source, from",
    "relation": "type, relation, predicate, label, relation type",
    "tail": "tail, object, target, to",
    "holder": "holder, subject, who",
    "target": "target, object, about, issue",
    "stance": "label, stance, position, type",
    "section": "kind, type, label, section",
    "first": "first, first line, start, heading, title, text",
    "evidence": "evidence, quote, justification",
}
_MOST_WRAPPED = 3
_AUTHORS = "author, the author, article, writer, الكاتب, كاتب المقال, المؤلف, المقال, كاتب"


def _key(name: object) -> str:
    """A name as it is compared: normalised, underscores as spaces."""
    return fold(str(name)).text.strip()


def _keys(names: str) -> tuple[str, ...]:
    return tuple(_key(name) for name in names.split(","))


_LAYER_OF = {key: layer for layer, names in _LAYER_NAMES.items() for key in _keys(names)}
_PROPERTIES = {field: _keys(names) for field, names in _NAMES.items()}
_OF_ITEMS = frozenset(key for keys in _PROPERTIES.values() for key in keys)
_VOICES = frozenset(_keys(_AUTHORS))


def prediction(answer: object, document: Document, labels: Inventory) -> Said:
    """The prediction of an answer (its words, or JSON that is already read) on a document, and what was rejected.

    The prediction has the layers that the answer has, by schemas/prediction.schema.json; none where nothing in it
    can be read.
    """
    reading = _Reading(document, labels)
    values: list[Any] = [answer] if answer else []
    if isinstance(answer, str):
        values, reading.rejections = blocks(answer)
    for layer, content in (found for value in values for found in _layers(value, labels)):
        if layer:
            reading.layers.setdefault(layer, []).append(content)
        elif isinstance(content, dict):
            reading.reject("no layer", "this is of none of the layers", content)
    if not reading.layers and not reading.rejections:
        reason, why = ("no layer", "none of the layers is in this answer")
        if not values:
            reason, why = ("no JSON", "there is no JSON in this answer")
        reading.reject(reason, why, _shortened(str(answer)))
    return reading.said()


def _layers(value: object, labels: Inventory, depth: int = 0) -> Iterator[tuple[Layer | None, object]]:
    """The layers of a block: by their names, or by what a bare item looks like; None for what is of none."""
    if isinstance(value, dict):
        named = [(_LAYER_OF[_key(name)], content) for name, content in value.items() if _key(name) in _LAYER_OF]
        inner = (one for content in value.values() for one in _layers(content, labels, depth + 1) if one[0])
        if _is_item(value):
            yield _guessed(value), [value]
        elif named:
            yield from named
        elif value and all(_label("entities.type", name, labels) for name in value):
            yield "entities", value
        else:
            yield from ([*inner] if depth < _MOST_WRAPPED else []) or [(None, value)]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 3 and _label("relations.type", item[1], labels):
                yield "relations", [item]
            elif depth < _MOST_WRAPPED:
                yield from _layers(item, labels, depth + 1)
            else:
                yield None, item


def _guessed(item: Json) -> Layer | None:
    has = {_key(name) for name, content in item.items() if isinstance(content, str | int)}
    if {"head", "tail"} <= has or {"subject", "object"} <= has:
        return "relations"
    if {"holder", "target"} <= has:
        return "stance"
    if "kind" in has or "first" in has:
        return "subsections"
    return "entities" if has & set(_PROPERTIES["kind"]) and has & set(_PROPERTIES["name"]) else None


def _is_item(value: Json) -> bool:
    """Whether an object is an item, and does not wrap a layer."""
    wrapped = (_key(name) for name, content in value.items() if isinstance(content, list | dict))
    return _guessed(value) is not None and not any(name in _LAYER_OF and name != "mentions" for name in wrapped)


def _wraps(value: Json, listed: bool) -> bool:
    """Whether an object wraps items, so that what is lost in it is not the whole; in a list, items have lists too."""
    wrapped = [_key(name) for name, content in value.items() if isinstance(content, list | dict)]
    return not _is_item(value) and any(not listed or name not in _OF_ITEMS for name in wrapped)


def _label(place: str, said: object, labels: Inventory) -> str | None:
    """The label that is meant: written as in the inventory, in other letter case, or by its Arabic or English name."""
    return _spellings(labels)[place].get(_key(said)) if isinstance(said, str) else None


@cache
def _spellings(labels: Inventory) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for place, name in ENUMS.items():
        ours = getattr(labels, name)
        by_name = {_key(words): one.label for one in ours for words in (one.name.en, one.name.ar)}
        found[place] = by_name | {_key(one.label): one.label for one in ours}
    return found


def _fields(item: object) -> Json:
    """The properties of an object of an answer, by their names as they are compared; none for what is no object."""
    return {_key(name): content for name, content in item.items()} if isinstance(item, dict) else {}


def _first(fields: Json, names: str) -> Any:
    """The first property of those that may mean a thing that says something; None where there is none."""
    values = (fields.get(key) for key in _PROPERTIES[names])
    return next((value for value in values if value not in (None, "", [], {})), None)


class _Reading:
    """One answer on its way to a prediction."""

    def __init__(self, document: Document, labels: Inventory) -> None:
        self.document = document
        self.labels = labels
        self.layers: dict[Layer, list[object]] = {}
        self.entities: dict[tuple[str, str], Json] = {}
        self.names: list[dict[str, set[str]]] = [{}, {}, {}, {}, {}]
        self.rejections: list[Rejection] = []
        self.lost: list[Json] = []

    def said(self) -> Said:
        found: Json = {"doc_id": self.document.doc_id}
        for content in self.layers.get("entities", ()):
            for item in self.entity_items(content):
                self.entity(item)
        if "entities" in self.layers:
            found["entities"] = list(self.entities.values())
        reads: dict[Layer, Callable[[object], Json | None]] = {
            "relations": self.relation,
            "stance": self.stance,
            "subsections": self.section,
        }
        for layer, read in reads.items():
            if layer in self.layers:
                items = [item for content in self.layers[layer] for item in self.items(layer, content)]
                found[layer] = list(self.once(filter(None, map(read, items))))
        if self.lost:
            found["rejected"] = self.lost
        return Said(found, tuple(self.rejections))

    def reject(self, reason: str, why: str, what: object, layer: Layer | None = None, label: object = None) -> None:
        """Keep what cannot be an item; with a layer, it counts there as spurious."""
        self.rejections.append(Rejection(reason, why, _clean(what)))
        if layer:
            self.lost.append({"layer": layer, "label": _words(label) or "?"})

    def once(self, items: Iterable[Json]) -> Iterator[Json]:
        seen: set[bytes] = set()
        for item in items:
            key = msgspec.json.encode(item)
            if key in seen:
                self.reject("repeated", "this was said before", item)
            else:
                yield item
            seen.add(key)

    def items(self, layer: Layer, content: object) -> Iterator[object]:
        """The items of a layer: of a list, or of an object from kinds to first lines."""
        if isinstance(content, list):
            for one in content:
                if isinstance(one, list) and any(isinstance(inner, dict) for inner in one):
                    yield from self.items(layer, one)
                elif one is not None:
                    yield one
        elif isinstance(content, dict) and _guessed(content) == layer:
            yield content
        elif isinstance(content, dict) and layer == "subsections":
            for kind, lines in content.items():
                for line in lines if isinstance(lines, list) else [lines]:
                    yield {"kind": kind, "first": line}
        elif content:
            self.reject("shape", f"{layer} should be a list", content)

    def entity_items(self, content: object) -> Iterator[object]:
        """The entities of a list, or of an object from types to names or from names to types."""
        if isinstance(content, dict) and _guessed(content) != "entities":
            for name, inner in content.items():
                if isinstance(inner, str) and not _label("entities.type", name, self.labels):
                    yield {"name": name, "type": inner}
                    continue
                for one in inner if isinstance(inner, list) else [inner]:
                    yield {"type": name, **(one if isinstance(one, dict) else {"name": one})}
        else:
            yield from self.items("entities", content)

    # -- entities ------------------------------------------------------------------------------------------

    def entity(self, item: object) -> None:
        fields = _fields(item)
        said, name = _first(fields, "kind"), _words(_first(fields, "name"))
        kind = _label("entities.type", said, self.labels)
        if kind is None:
            why = f"there is no entity type {_words(said)}" if said else "it has no type"
            self.reject("label", why, item, "entities", said)
            return
        given = _first(fields, "mentions") or ()
        given = given if isinstance(given, list) else [given]
        mentions = [mention for mention in map(self.mention, given) if mention]
        # Mentions that could not be read (None) meant some places; the name would mean all.
        whole = None if mentions or None in given else self.mention(item)
        mentions += [whole] if whole else []
        if not mentions:
            self.reject("no name", "it says no words of the text", item, "entities", kind)
            return
        texts = [str(mention["text"]) for mention in mentions]
        name = name or texts[0]
        entity = self.entities.setdefault(
            (kind, _key(name) or name),
            {"id": f"e{len(self.entities) + 1}", "type": kind, "name": name, "mentions": []},
        )
        entity["mentions"] += [mention for mention in mentions if mention not in entity["mentions"]]
        self.remember(entity["id"], _first(fields, "id"), name, texts)

    def remember(self, id_: str, given: object, name: str, texts: Sequence[str]) -> None:
        """Keep by which names an entity may be meant, the surest first."""
        levels = [[str(given)] if isinstance(given, str | int) else [], [name], texts, [_key(name)], map(_key, texts)]
        for level, names in zip(self.names, levels, strict=True):
            for one in filter(None, names):
                level.setdefault(one, set()).add(id_)

    def mention(self, item: object) -> Json | None:
        """A mention: words get every place of them, unless a number, a prefix, a suffix or good offsets say which."""
        if not isinstance(item, dict):
            return {"text": _words(item), "occurrence": "all"} if _words(item) else None
        span = self.span(item)
        if span is None:
            return None
        form = _label("entities.form", item.get("form"), self.labels)
        if span.keys() == {"text"}:
            span["occurrence"] = "all"
        return span | ({"form": form} if form else {})

    def span(self, item: object) -> Json | None:
        """A quote; offsets only say which occurrence is meant, where they are good."""
        if not isinstance(item, dict):
            return {"text": _words(item)} if _words(item) else None
        fields, text = _fields(item), self.document.text
        words = _words(_first(fields, "name"))
        start, end = fields.get("start"), fields.get("end")
        if isinstance(start, int) and isinstance(end, int):
            there = text[start:end] if 0 <= start < end <= len(text) else ""
            if there and words in ("", there):
                return {"text": there, "occurrence": 1 + list(occurrences(text, there)).index(start)}
            self.reject("offsets", f"the text at {start}..{end} is not what is quoted", item)
        if not words:
            return None
        span: Json = {"text": words}
        number = fields.get("occurrence")
        if isinstance(number, int | str) and re.fullmatch("[1-9][0-9]{0,5}|all", str(number)):
            span["occurrence"] = number if number == "all" else int(number)
        return span | {name: _words(fields.get(name)) for name in ("prefix", "suffix") if _words(fields.get(name))}

    # -- what names entities -------------------------------------------------------------------------------

    def reference(
        self, said: object, item: object, layer: Layer | None, label: object, voice: bool = False
    ) -> str | None:
        """The id of the entity that is named, by its id, name or a mention, exactly or normalised."""
        kind = None
        if isinstance(said, dict):
            fields = _fields(said)
            kind = _label("entities.type", _first(fields, "kind"), self.labels)
            said = _first(fields, "id") if _first(fields, "id") is not None else _first(fields, "name")
        name = str(said) if isinstance(said, int) else _words(said)
        types = {entity["id"]: entity["type"] for entity in self.entities.values()}
        for level in self.names:
            ids = level.get(name) or level.get(_key(name)) or ()
            fitting = [id_ for id_ in ids if kind in (None, types[id_])]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                self.reject("ambiguous name", f"several entities are called {name}", item, layer, label)
                return None
        if voice and _key(name) in _VOICES:
            return AUTHOR
        why = f"no entity of the answer is called {name}" if name else "it names no entity"
        self.reject("unknown entity", why, item, layer, label)
        return None

    def evidence(self, said: object) -> list[Json]:
        spans = [self.span(one) for one in (said if isinstance(said, list) else [said])]
        return [span for span in spans if span]

    def relation(self, item: object) -> Json | None:
        if isinstance(item, list) and len(item) == 3:
            item = dict(zip(("head", "type", "tail"), item, strict=True))
        fields = _fields(item)
        said = _first(fields, "relation")
        kind = _label("relations.type", said, self.labels)
        if kind is None:
            why = f"there is no relation type {_words(said)}" if said else "it has no type"
            self.reject("label", why, item, "relations", said)
            return None
        head = self.reference(_first(fields, "head"), item, "relations", kind)
        tail = self.reference(_first(fields, "tail"), item, "relations", kind) if head else None
        if head is None or tail is None:
            return None
        evidence = self.evidence(_first(fields, "evidence"))
        return {"type": kind, "head": head, "tail": tail} | ({"evidence": evidence} if evidence else {})

    def stance(self, item: object) -> Json | None:
        fields = _fields(item)
        said = _first(fields, "stance")
        label = _label("stance.label", said, self.labels)
        if label is None:
            why = f"there is no stance {_words(said)}" if said else "it has no label"
            self.reject("label", why, item, "stance", said)
            return None
        holder = self.reference(_first(fields, "holder"), item, "stance", label, voice=True)
        target = self.reference(_first(fields, "target"), item, "stance", label) if holder else None
        if holder is None or target is None:
            return None
        found: Json = {"holder": holder, "target": target, "label": label}
        mode = _label("stance.mode", fields.get("mode"), self.labels)
        source = self.reference(fields.get("source"), item, None, None, voice=True) if fields.get("source") else None
        evidence = self.evidence(_first(fields, "evidence"))
        more = {"mode": mode, "source": source, "evidence": evidence}
        return found | {name: value for name, value in more.items() if value}

    def section(self, item: object) -> Json | None:
        fields = _fields(item)
        said = _first(fields, "section")
        kind = _label("subsections.kind", said, self.labels)
        if kind is None:
            why = f"there is no section kind {_words(said)}" if said else "it has no kind"
            self.reject("label", why, item, "subsections", said)
            return None
        start, end = fields.get("start"), fields.get("end")
        lines = [_words(fields.get(key)) for key in _PROPERTIES["first"]]
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
            lines.append(self.document.text[start:end].strip())
        first = next((line for line in lines if line), "").split("\n")[0].strip()
        if not first:
            self.reject("no name", "it says neither its first line nor where it lies", item, "subsections", kind)
            return None
        story, function = fields.get("story"), _label("subsections.function", fields.get("function"), self.labels)
        heading = _words(fields.get("heading"))
        more: Json = {"function": function, "heading": {"text": heading} if heading else None}
        more |= {"story": story if type(story) is int and story > 0 else None}
        return {"first": first, "kind": kind} | {name: value for name, value in more.items() if value}


def _words(said: object) -> str:
    """A string of an answer, halves of characters replaced; "" for what is none."""
    return _clean(said).strip() if isinstance(said, str) else ""


def _clean(said: Any) -> Any:
    """A value of an answer that can be written as UTF-8: halves of characters joined or replaced."""
    if isinstance(said, str):
        return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(said, list):
        return [_clean(one) for one in said]
    if isinstance(said, dict):
        return {_clean(name): _clean(one) for name, one in said.items()}
    return said


# -- files -------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """One answer of a file: its line, the document that it is on, and what was said."""

    line: int
    doc_id: str
    said: object


class Imported(NamedTuple):
    """The lines of a prediction file and of the file of what was rejected, and how often for which reason."""

    predictions: list[bytes]
    rejections: list[bytes]
    reasons: Mapping[str, int]


_ANSWERS = ("answer", "output", "response", "completion", "content")


def read_answers(path: Path) -> tuple[Answer, ...]:
    """The answers of a JSON Lines file (also .gz). Raises Invalid, listing every line that is none."""
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []

    def wrong(line: int, message: str, fix: str) -> None:
        problems.append(Problem(str(path), line, 1, "answer", "", message, fix))

    with open_bytes(path) as file:
        for number, raw in enumerate(file, 1):
            _, row, found = decode(str(path), raw.rstrip(), number) if raw.strip() else ("", {}, ())
            problems.extend(found)
            if found or not raw.strip():
                continue
            name = row.get("doc_id") if isinstance(row, dict) else None
            if not isinstance(row, dict) or not isinstance(name, str):
                wrong(number, "this line names no document", 'Write {"doc_id": "…", "answer": "…"}.')
                continue
            said = next((key for key in _ANSWERS if key in row), None)
            if said is None and not any(_key(key) in _LAYER_OF for key in row):
                wrong(number, "this line holds no answer", f"Name it one of: {', '.join(_ANSWERS)}.")
            elif name in answers:
                wrong(
                    number, f"{name} is answered a second time", f"Keep one; the first is on line {answers[name].line}."
                )
            else:
                answers[name] = Answer(number, name, row[said] if said else row)
    if not answers and not problems:
        wrong(1, "there is no answer here", "Give one JSON object a line.")
    if problems:
        raise Invalid(problems)
    return tuple(answers.values())


def import_answers(path: Path, documents: Iterable[Document], labels: Inventory) -> Imported:
    """The answers of a file as predictions on a set of documents, in the order of the file.

    Raises Invalid where a line is no answer, or names a document that is not in the set.
    """
    answers = read_answers(path)
    wanted = {answer.doc_id for answer in answers}
    known = {document.doc_id: document for document in documents if document.doc_id in wanted}
    fix = "Ask on the texts of `khabar export inputs`, or name the set with --gold."
    missing = [
        Problem(str(path), answer.line, 1, "doc_id", "/doc_id", f"there is no document {answer.doc_id} in the set", fix)
        for answer in answers
        if answer.doc_id not in known
    ]
    if missing:
        raise Invalid(missing)
    predictions: list[bytes] = []
    rejections: list[bytes] = []
    reasons: Counter[str] = Counter()
    for answer in answers:
        found, rejected = prediction(answer.said, known[answer.doc_id], labels)
        predictions.append(msgspec.json.encode(found) + b"\n")
        for one in rejected:
            where = {"doc_id": answer.doc_id, "line": answer.line}
            rejections.append(msgspec.json.encode(where | msgspec.structs.asdict(one)) + b"\n")
            reasons[one.reason] += 1
    return Imported(predictions, rejections, dict(sorted(reasons.items())))
