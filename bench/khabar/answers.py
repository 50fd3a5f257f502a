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

# -- reading -----------------------------------------------------------------------------------------------

_THOUGHTS = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHT = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_SKIP = re.compile(r"(?:[\s\ufeff\u200e\u200f]+|//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_WORD = re.compile(r"[^\W\d]\w*")
_CLOSING = {'"': '"', "'": "'", "“": '”"“', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'", "«": "»", "`": "`"}
# A quotation mark ends a string where what JSON has there follows it; anywhere else it belongs to the words.
_AFTER_STRING = re.compile(
    r"\s*(?:[:}\])]|\Z|//|/\*|,\s*(?:[\"'“”„‘’«`{\[(}\])]|-?[0-9]|(?:true|false|null|True|False|None)\b|[^\W\d]\w*\s*:"
    r"|//|/\*|#|\Z)|\n\s*[\"'“”„‘’«{\[])"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_MOST_DEPTH, _SHOWN = 100, 60


class _Unreadable(Exception):
    """What stands at ``at`` cannot be read, or is cut off; ``so_far`` is what may be kept of it."""

    def __init__(self, at: int, so_far: Any = None) -> None:
        super().__init__(at)
        self.at = at
        self.so_far = so_far


def blocks(answer: str) -> tuple[list[Any], list[str]]:
    """The JSON values of an answer, and the beginning of each stretch that should be JSON and could not be read."""
    said = _END_OF_THOUGHT.sub("", _THOUGHTS.sub("", answer))
    fenced = [match[1] for match in _FENCE.finditer(said)]
    found: list[Any] = []
    broken: list[str] = []
    for source in [part for part in fenced if "{" in part or "[" in part] or [said]:
        _read_blocks(source, found, broken)
    return found, broken


def _read_blocks(source: str, found: list[Any], broken: list[str]) -> None:
    at = _opening(source, 0)
    while at < len(source):
        try:
            value, end = _STRICT.raw_decode(source, at)
        except (ValueError, RecursionError):
            try:
                value, end = _value(source, at, 0, whole=False)
            except _Unreadable as error:
                value, end = error.so_far, max(error.at, at + 1)
                if value:
                    broken.append(source[max(0, error.at - _SHOWN) : error.at + _SHOWN])
        if value:
            found.append(value)
        at = _opening(source, end)


def _opening(source: str, at: int) -> int:
    """Where the next object or array begins; the end of the text where none does."""
    return min((place for place in (source.find("{", at), source.find("[", at)) if place >= 0), default=len(source))


def _joined(pairs: Sequence[tuple[str, Any]]) -> Json:
    """An object; lists that stand under one name twice are one list."""
    built: Json = {}
    for name, value in pairs:
        before = built.get(name)
        built[name] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value
    return built


_STRICT = json.JSONDecoder(object_pairs_hook=_joined)


def _value(source: str, at: int, depth: int, whole: bool) -> tuple[Any, int]:
    """The value that begins at a place, and where it ends. ``whole``: it is an item, and nothing if it is cut off."""
    at = _skip(source, at)
    if at >= len(source) or depth > _MOST_DEPTH:
        raise _Unreadable(at)
    opening = source[at]
    if opening == "{":
        return _object(source, at + 1, depth, whole)
    if opening in "[(":
        return _array(source, at + 1, depth, whole)
    if opening in _CLOSING:
        return _string(source, at)
    for pattern, read in ((_NUMBER, json.loads), (_WORD, _literal)):
        match = pattern.match(source, at)
        if match:
            try:
                return read(match[0]), match.end()
            except (ValueError, KeyError):
                break
    raise _Unreadable(at)


def _literal(word: str) -> object:
    return _LITERALS[word.lower()]


def _skip(source: str, at: int) -> int:
    match = _SKIP.match(source, at)
    return match.end() if match else at


def _after_comma(source: str, at: int) -> int:
    at = _skip(source, at)
    return _skip(source, at + 1) if source[at : at + 1] in (",", "،") else at


def _object(source: str, at: int, depth: int, whole: bool) -> tuple[Json, int]:
    pairs: list[tuple[str, Any]] = []
    at = _skip(source, at)
    try:
        while source[at : at + 1] != "}":
            name, at = _name(source, at)
            at = _skip(source, at)
            if source[at : at + 1] != ":":
                raise _Unreadable(at)
            try:
                value, at = _value(source, at + 1, depth + 1, whole)
            except _Unreadable as error:
                if error.so_far:
                    pairs.append((name, error.so_far))
                raise
            pairs.append((name, value))
            at = _after_comma(source, at)
    except _Unreadable as error:
        raise _Unreadable(error.at, None if whole else _joined(pairs)) from None
    return _joined(pairs), at + 1


def _name(source: str, at: int) -> tuple[str, int]:
    if source[at : at + 1] in _CLOSING and at < len(source):
        return _string(source, at)
    match = _WORD.match(source, at)
    if match is None:
        raise _Unreadable(at)
    return match[0], match.end()


def _array(source: str, at: int, depth: int, whole: bool) -> tuple[list[Any], int]:
    items: list[Any] = []
    at = _skip(source, at)
    try:
        while source[at : at + 1] not in ("]", ")"):
            item, at = _value(source, at, depth + 1, whole=True)
            items.append(item)
            at = _after_comma(source, at)
    except _Unreadable as error:
        raise _Unreadable(error.at, None if whole else items) from None
    return items, at + 1


def _string(source: str, at: int) -> tuple[str, int]:
    closing = _CLOSING[source[at]]
    characters: list[str] = []
    at += 1
    while at < len(source):
        character = source[at]
        if character == "\\" and at + 1 < len(source):
            escaped = source[at + 1]
            code = source[at + 2 : at + 6]
            if escaped == "u" and re.fullmatch("[0-9a-fA-F]{4}", code):
                characters.append(chr(int(code, 16)))
                at += 6
            else:
                characters.append(_ESCAPES.get(escaped, escaped if escaped in "\"'\\/" else f"\\{escaped}"))
                at += 2
        elif character in closing and _AFTER_STRING.match(source, at + 1):
            return "".join(characters), at + 1
        else:
            characters.append(character)
            at += 1
    raise _Unreadable(at)


# -- what an answer says -----------------------------------------------------------------------------------


class Rejection(Struct, frozen=True):
    """Something of an answer that is no item of the prediction: the words of it, and why.

    ``reason`` is what the report counts by. Where it was said of a layer under a label, it also stands in the
    prediction as ``rejected``.
    """

    reason: str
    why: str
    what: object


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
_AUTHORS = "author, the author, article, writer, الكاتب, كاتب المقال, المؤلف, المقال, كاتب"


def _key(name: object) -> str:
    """A name as it is compared: normalised, underscores as spaces."""
    return fold(str(name)).text.strip()


def _keys(names: str) -> tuple[str, ...]:
    return tuple(_key(name) for name in names.split(","))


_LAYER_OF = {key: layer for layer, names in _LAYER_NAMES.items() for key in _keys(names)}
_PROPERTIES = {field: _keys(names) for field, names in _NAMES.items()}
_VOICES = frozenset(_keys(_AUTHORS))


def prediction(answer: object, document: Document, labels: Inventory) -> Said:
    """The prediction of an answer (its words, or JSON that is already read) on a document, and what was rejected.

    The prediction has the layers that the answer has, by schemas/prediction.schema.json; none where nothing in it
    can be read.
    """
    reading = _Reading(document, labels)
    if isinstance(answer, str):
        values, broken = blocks(answer)
        for words in broken:
            reading.reject("cut off or unreadable", "the JSON cannot be read from here on", words)
    else:
        values = [answer] if answer else []
    for value in values:
        for layer, content in _layers(value, labels):
            reading.layers.setdefault(layer, []).append(content)
    if not values:
        reading.reject("no JSON", "there is no JSON in this answer", str(answer)[: 2 * _SHOWN])
    elif not reading.layers:
        reading.reject("no layer", "none of the layers is in this answer", values)
    return reading.said()


def _layers(value: object, labels: Inventory, depth: int = 0) -> Iterator[tuple[Layer, object]]:
    """The layers of a block: by their names, or by what a bare item looks like."""
    if isinstance(value, dict):
        named = {name: content for name, content in value.items() if _key(name) in _LAYER_OF}
        guessed = _guessed(value)
        if guessed and not any(isinstance(named[name], list | dict) for name in named if name != "mentions"):
            yield guessed, [value]
        elif named:
            yield from ((_LAYER_OF[_key(name)], content) for name, content in named.items())
        elif value and all(_label("entities.type", name, labels) for name in value):
            yield "entities", value
        elif depth < 3:
            for inner in value.values():
                yield from _layers(inner, labels, depth + 1)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 3 and _label("relations.type", item[1], labels):
                yield "relations", [item]
            elif depth < 3:
                yield from _layers(item, labels, depth + 1)


def _guessed(item: Json) -> Layer | None:
    has = {_key(name) for name, content in item.items() if isinstance(content, str | int)}
    if {"head", "tail"} <= has or {"subject", "object"} <= has:
        return "relations"
    if {"holder", "target"} <= has:
        return "stance"
    if "kind" in has or "first" in has:
        return "subsections"
    return "entities" if has & set(_PROPERTIES["kind"]) and has & set(_PROPERTIES["name"]) else None


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
            yield from content
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
        each = map(self.mention, given if isinstance(given, list) else [given])
        mentions = [mention for mention in each if mention]
        whole = None if mentions else self.mention(item)
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
