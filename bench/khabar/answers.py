"""Answers of language models as they are, made predictions: broken JSON, layers in the shapes that models write.

Reading never invents: what is cut off or cannot be read is left out whole, and said. Three steps:

- `blocks` finds the JSON in an answer: without what stands between ``<think>`` and ``</think>``, in code fences or
  bare; each block is read as strict JSON or else by the rules of `_Reader`.
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
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, cast

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

_OPENING, _CLOSING, _PARTING, _COMMAS = frozenset("{[("), frozenset("}])"), frozenset(":="), frozenset(",،;")
_ENDS = _CLOSING | {""}
_MARKS = {'"': '"', "'": "'", "“": '“”"', "”": '“”"', "„": '„“”"', "‘": "‘’'", "’": "‘’'", "«": "«»", "`": "`'"}
"""The quotation marks that open a string, and what each of them may be closed by or hold."""

_STARTS = _OPENING.union(_MARKS)
_ANY = "".join(_MARKS) + "»"
_SPACE = r"[\s\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_COMMENT = r"//[^\n]*+|\#[ \t][^\n]*+|/\*.*?(?:\*/|\Z)"
_SKIP = re.compile(rf"(?:{_SPACE}++|{_COMMENT})*+", re.DOTALL)
_BETWEEN = re.compile(rf"(?:[,،;]|{_SPACE}++|{_COMMENT})*+", re.DOTALL)
# What stands behind a string: as in JSON; or a comment, the end of the line, or a string after a comma that is missing.
_BEHIND = re.compile(
    rf"{_SPACE}*+(?:[:=,،;{{}}\[\])]|//|/\*|\Z)|[^\S\n]*+\n"
    rf"|{_SPACE}++(?:\#|\w++{_SPACE}*+[:=]|[{_ANY}][^{_ANY}\n]{{0,80}}[{_ANY}]{_SPACE}*+[:=,،;}}\])])"
)
_INSIDE = {
    mark: re.compile(
        rf"\\.|(?P<next>[,{{\[]{_SPACE}*+(?:\w++{_SPACE}*+[:=]{_SPACE}*+)?[{inside}](?!{_BEHIND.pattern}))|[{inside}]",
        re.DOTALL,
    )
    for mark, inside in _MARKS.items()
}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"} | {mark: mark for mark in "\"'\\/"}
_NO_WORDS = re.compile(f"[{_ANY}]|^\\W*$")
_NAMED = re.compile(rf"{_SPACE}*+[:=]")
_STOP = re.compile(r"[,{}\[\]\n]|\Z")
_TUPLE = re.compile(rf"(?:\({_SPACE}*+)++[{_ANY}{{\[)0-9-]")
_PARTED = re.compile("[:=]+>?")
_BARE = re.compile(r"(?:(?!//|/\*|\s\#)[^{}\[\](),،;:=\n])++")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_BRACKET, _BRACE_OR_MARK = re.compile(r"[{\[]"), re.compile(rf"[{{{_ANY}]")
_MEMBER = re.compile(rf"[{_ANY}]\w[\w ]{{0,40}}[{_ANY}]{_SPACE}*+[:=]")
_MOST_DEPTH, _MOST_TRIES, _MOST_SHOWN = 100, 100, 40
_EMPTY = re.compile(r"\{\s*\}|\[\s*\]")
_UNREAD = "cut off or unreadable"


class Lost(NamedTuple):
    """What stands for a value that cannot be read: its words, and whether the answer ends in it."""

    words: str
    cut: bool = False


def blocks(answer: str) -> tuple[list[Any], list[Rejection]]:
    """The JSON values of an answer, and every stretch of it that should be JSON and is none of them."""
    said = _without_thoughts(answer)
    fenced = [_read(match[1]) for match in _FENCE.finditer(said)]
    values = [value for found, _ in fenced for value in found]
    rejections = [one for _, unread in fenced for one in unread]
    if not values and not rejections:
        return _read(said)
    drafts, unread = _read(_FENCE.sub("\n", said))
    outside = [Rejection("outside", "only what stands in code fences is read", draft) for draft in drafts]
    return values, [*rejections, *outside, *unread]


def _without_thoughts(answer: str) -> str:
    return _END_OF_THOUGHT.sub("", _THOUGHTS.sub("", answer))


def _read(source: str) -> tuple[list[Any], list[Rejection]]:
    """The values of a text, and what of it was rejected.

    Brackets of prose, without names or strings in them, are neither; members outside of all brackets are rejected.
    """
    reader = _Reader(source)
    values = []
    while reader.at < len(source):
        bracket = _BRACKET.search(source, reader.at)
        begin, before = bracket.start() if bracket else len(source), len(reader.rejections)
        if _MEMBER.search(source, reader.at, begin):
            reader.reject([Lost(source[reader.at : begin].strip())])
            before += 1
        value = reader.block(begin) if bracket else None
        reader.at = max(reader.at, begin)
        if _BRACE_OR_MARK.search(source, begin, reader.at):
            values += [value] if value else []
        else:
            del reader.rejections[before:]
    return values, reader.rejections


class _Reader:
    """Reads the JSON of a text, strict or broken, and no part of it more than a few times.

    ``at`` is where it stands, ``open`` the brackets that are open there, ``endless`` up to where strings of a mark are
    known to have no end.

    Broken JSON is read by these rules, and what they do not read is `Lost`, with its words:

    - A quotation mark ends a string where something of JSON is behind it. Marks inside a string belong to its words
      in pairs; where one opens the next string or closes a name, the end of this one is missing, and it is lost up to
      the next comma, bracket or line end. What stands without marks is a number, a literal, or words.
    - A comma more or less changes nothing. ``=`` is read as a colon, and before a bracket none is needed.
    - A closing bracket closes what was opened last, whatever its kind. Where an object of a list is open, a ``{``
      without a name closes it. A name with a colon in a list begins an object whose bracket is missing; or the list
      ends before it, where that is a layer, or in an item, which then is lost. ``(`` opens a list where a string, a
      number or a bracket is behind it.
    - An item of which anything is lost is lost whole. What holds items (`_wraps`) keeps the others.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.open = ""
        self.cut = False
        self.tries = _MOST_TRIES
        self.endless: dict[str, int] = {}
        self.rejections: list[Rejection] = []

    def block(self, at: int) -> Any:
        """The value that begins at a place, without what is lost of it; strict JSON is read as such."""
        before = len(self.rejections)
        if self.tries:
            try:
                value, end = json.JSONDecoder(object_pairs_hook=self.joined).raw_decode(self.source, at)
                if not _is_deep(value):
                    self.at = end
                    return value
            except (ValueError, RecursionError):
                pass
            self.tries -= 1
            del self.rejections[before:]
        self.at = at
        value = self.value()
        self.reject(_losses(value))
        return None if isinstance(value, Lost) else _without(value)

    def joined(self, pairs: Iterable[tuple[str, Any]]) -> Json:
        """An object; what stands under one name twice is joined, or else the last of it counts."""
        return self.join({}, pairs)

    def join(self, built: Json, pairs: Iterable[tuple[str, Any]]) -> Json:
        """Put members into an object."""
        for name, value in pairs:
            before = built.setdefault(name, value)
            if before is value:
                continue
            if isinstance(before, list) and isinstance(value, list):
                before += value
            elif isinstance(before, dict) and isinstance(value, dict):
                self.join(before, value.items())
            elif before != value:
                why = "this name stands twice in an object, and what it says last counts"
                self.rejections.append(Rejection("repeated", why, {name: before}))
                built[name] = value
        return built

    def reject(self, losses: Iterable[Lost]) -> None:
        """Say what was lost."""
        for lost in losses:
            why = "the answer is cut off here" if lost.cut else "this cannot be read"
            self.rejections.append(Rejection(_UNREAD, why, lost.words))

    def peek(self, between: re.Pattern[str] = _SKIP) -> str:
        """What comes next, white space and comments apart: a character; "" at the end, "word" for «(» in words."""
        self.at = _end(between, self.source, self.at)
        mark = self.source[self.at : self.at + 1]
        return mark if mark != "(" or _TUPLE.match(self.source, self.at) else "word"

    def lost(self, begin: int, cut: bool = False) -> Lost:
        """What stands from a place to where reading goes on, given up."""
        return Lost(self.source[begin : self.at].strip(" \t\r\n,"), cut)

    def close(self, mark: str, values: list[Any]) -> list[Any]:
        """Pass the bracket that closes what was opened last, and give the values in it.

        Where the text ends instead, what is cut off is among them, once for all brackets that are open: the last value
        where it is lost, or else what would follow the last words of the text, told by these.
        """
        ended = not mark and not self.cut
        self.cut = self.cut or ended
        self.at += mark in _CLOSING
        self.open = self.open[:-1]
        if not ended:
            return values
        if values and isinstance(values[-1], Lost):
            return [*values[:-1], values[-1]._replace(cut=True)]
        line = self.source.rstrip().rsplit("\n", 1)[-1]
        return [*values, Lost(line[-_MOST_SHOWN:].strip(), cut=True)]

    def value(self) -> Any:
        """The value that begins here."""
        mark, begin = self.peek(), self.at
        if mark in _OPENING:
            if len(self.open) >= _MOST_DEPTH:
                self.at = len(self.source)
                return self.lost(begin)
            self.at += 1
            return self.object(begin) if mark == "{" else self.array()
        value = self.scalar()
        # Words without marks may be the rest of a string whose end is missing.
        doubtful = isinstance(value, str) and mark not in _MARKS and begin < max(self.endless.values(), default=0)
        return self.lost(begin) if doubtful else value

    def object(self, begin: int) -> Any:
        """An object whose members begin here; a list where none of them has a name."""
        listed = self.open[-1:] == "["
        self.open += "{"
        pairs: list[tuple[str | None, Any]] = []
        while (mark := self.peek(_BETWEEN)) not in _ENDS and not (listed and mark == "{"):
            pairs.append(self.member(mark))
        pairs = list(zip_longest([name for name, _ in pairs], self.close(mark, [value for _, value in pairs])))
        if pairs and all(name is None for name, _ in pairs):
            return [value for _, value in pairs]
        losses = [*_losses([value for _, value in pairs])]
        found = self.joined(
            ("" if name is None else name, value if name is not None or isinstance(value, list) else [value])
            for name, value in pairs
            if not isinstance(value, Lost)
        )
        if losses and not _wraps(found, (name for name, _ in pairs if name)):
            return self.lost(begin, any(lost.cut for lost in losses))
        self.reject(losses)
        return {name: _without(value) for name, value in found.items()}

    def member(self, mark: str) -> tuple[str | None, Any]:
        """The name of a member, None where it has none, and its value."""
        begin = self.at
        if mark in _OPENING:
            value = self.value()
            return None, self.lost(begin) if "[" in self.open else value
        name = Lost("") if mark in _PARTING else self.scalar()
        words = self.source[begin : self.at].strip()
        if self.peek() not in _PARTING | _OPENING:
            return words, Lost(words)
        self.at = _end(_PARTED, self.source, self.at)
        value = Lost("") if self.peek() in _ENDS | _COMMAS else self.value()
        if isinstance(name, Lost) and isinstance(value, list | dict) and "[" not in self.open:
            return None, value
        if isinstance(name, Lost) or isinstance(value, Lost):
            value = self.lost(begin, isinstance(value, Lost) and value.cut)
        return name if isinstance(name, str) else words, value

    def array(self) -> list[Any]:
        """A list whose first item comes next."""
        of_object, of_item = self.open[-1:] == "{", "[" in self.open
        self.open += "["
        items: list[Any] = []
        after = self.at
        while (mark := self.peek(_BETWEEN)) not in _ENDS:
            begin, apart = self.at, not items or not _COMMAS.isdisjoint(self.source[after : self.at])
            value = self.value()
            if mark not in _OPENING and self.peek() in _PARTING:
                name, self.at = self.lost(begin), begin
                if of_object and (of_item or _key(value) in _LAYER_OF):
                    items += [name] if of_item else []
                    break
                value = self.object(begin)
            elif not apart and mark not in _STARTS:
                value = self.lost(begin)
            items.append(value)
            after = self.at
        return self.close(mark, items)

    def scalar(self) -> Any:
        """A string, a number, a literal, or words without quotation marks."""
        begin = self.at
        if self.source[begin] in _MARKS:
            return self.string()
        self.at = max(_end(_BARE, self.source, begin), begin + 1)
        words = self.source[begin : self.at].strip()
        if words.lower() in _LITERALS:
            return _LITERALS[words.lower()]
        if _NUMBER.fullmatch(words):
            try:
                return json.loads(words)
            except ValueError:  # Python reads no number of thousands of digits, and JSON none that begins with 0.
                return words
        return Lost(words) if _NO_WORDS.search(words) else words

    def string(self) -> str | Lost:
        """The string that begins here."""
        begin, mark, inner = self.at, self.source[self.at], 0
        where = self.endless.get(mark, 0)
        if begin >= where:
            where = len(self.source)
            for found in _INSIDE[mark].finditer(self.source, begin + 1):
                after = found.end()
                if found["next"]:
                    where = found.start()
                    break
                if found[0][0] == "\\" or _is_apostrophe(self.source, found.start()):
                    continue
                if inner % 2 == 0 and _BEHIND.match(self.source, after):
                    self.at = after
                    return _ESCAPED.sub(_unescaped, self.source[begin + 1 : after - 1])
                inner += 1
                if inner % 2 == 0 and _NAMED.match(self.source, after):
                    where = after
                    break
            self.endless[mark] = where
        stop = _STOP.search(self.source, begin + 1)
        self.at = stop.start() if stop else len(self.source)
        return self.lost(begin)


def _end(pattern: re.Pattern[str], source: str, at: int) -> int:
    """Where a pattern ends that begins at a place; the place itself where it does not."""
    match = pattern.match(source, at)
    return match.end() if match else at


def _is_apostrophe(source: str, at: int) -> bool:
    """Whether a mark stands between two letters, as in «don't»."""
    return source[at] in "'’" and source[at - 1].isalnum() and source[at + 1 : at + 2].isalnum()


def _unescaped(escape: re.Match[str]) -> str:
    """What an escape stands for; one that JSON does not know is kept as it is."""
    said = escape[1]
    return chr(int(said[1:], 16)) if len(said) > 1 else _ESCAPES.get(said, escape[0])


def _is_deep(value: Any) -> bool:
    """Whether a value nests deeper than is read."""
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [one for each in level for one in _inside(each)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    """The values of an object, or of a list."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _losses(value: Any) -> Iterator[Lost]:
    """What is lost in a value and in lists within it; an object has said what it lost, or is lost."""
    if isinstance(value, Lost):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _losses(one)


def _without(value: Any) -> Any:
    """A value without what is lost in its lists."""
    return [_without(one) for one in value if not isinstance(one, Lost)] if isinstance(value, list) else value


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
    "id": "id, المعرف",
    "name": "name, text, mention, entity, surface, الاسم, اسم, النص, الكيان, span",
    "kind": "type, label, entity type, category, class, النوع, نوع, نوع الكيان, التصنيف, الفئة",
    "mentions": "mentions, occurrences, spans, الإشارات, المواضع",
    "head": "head, subject, source, from, الرأس, الطرف الأول, المصدر, من",
    "relation": "type, relation, predicate, label, relation type, النوع, نوع, العلاقة, نوع العلاقة",
    "tail": "tail, object, target, to, الذيل, الطرف الثاني, الهدف, إلى",
    "holder": "holder, subject, who, صاحب الموقف, صاحب الرأي",
    "target": "target, object, about, issue, الهدف, المستهدف, الموضوع",
    "stance": "label, stance, position, type, الموقف, نوع الموقف, النوع, نوع",
    "section": "kind, type, label, section, النوع, نوع, القسم, نوع القسم",
    "first": "first, first line, start, heading, title, text, السطر الأول, أول سطر, العنوان, النص",
    "evidence": "evidence, quote, justification, الدليل, دليل, الشاهد, الاقتباس",
    "start": "start, start char, char start, begin, start offset, offset start, begin offset, start index, start pos,"
    " البداية, بداية, from, من",
    "end": "end, end char, char end, end offset, offset end, end index, end pos, النهاية, نهاية, to, إلى",
    "place": "span, spans, offset, offsets, position, location, range, indices, الموضع",
    "occurrence": "occurrence, رقم الموضع",
    "prefix": "prefix, قبله",
    "suffix": "suffix, بعده",
    "form": "form, الصيغة",
    "mode": "mode, الصيغة, صيغة الموقف",
    "source": "source, المصدر",
    "story": "story, القصة",
    "function": "function, الوظيفة",
    "heading": "heading, العنوان",
}
_BARE_ITEMS: dict[Layer, tuple[str, ...]] = {
    "relations": ("head, tail", "subject, object", "الرأس, الذيل", "الطرف الأول, الطرف الثاني"),
    "stance": ("holder, target", "صاحب الموقف, الهدف", "صاحب الموقف, المستهدف", "صاحب الموقف, الموضوع"),
    "subsections": ("kind", "first", "first line", "السطر الأول", "أول سطر"),
}
"""The properties, all with words or numbers, that tell the layer of an item that stands alone."""

_LABELLED: dict[Layer, tuple[str, str, tuple[str, ...]]] = {
    "entities": ("entities.type", "type", ("name",)),
    "relations": ("relations.type", "type", ("head", "tail")),
    "stance": ("stance.label", "label", ("holder", "target")),
    "subsections": ("subsections.kind", "kind", ("first",)),
}
"""For each layer: the labels of its items, the property that says the label, and what an item must say besides."""

_SAYS_PLACE = (
    "start, begin, end, offset, offsets, span, spans, position, positions, location, locations, place, range, bounds,"
    " index, indexes, indices, idx, pos, loc, char, chars, line, lines, column, paragraph, sentence, token, tokens,"
    " الموضع, الموقع, السطر, الفقرة, الجملة"
)
"""Words in the names of properties that say a place in the text."""

_MOST_WRAPPED, _MOST_PLACES = 3, 10**6
_RANGE = re.compile(r"\W*(\d{1,18})\W+(\d{1,18})\W*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AUTHORS = "author, the author, article, writer, الكاتب, كاتب المقال, المؤلف, المقال, كاتب"


def _key(name: object) -> str:
    """A name as it is compared: normalised, underscores as spaces."""
    return fold(str(name)).text.strip()


def _property(name: object) -> str:
    """The name of a property as it is compared; ``startChar`` is ``start_char``."""
    return _key(_CAMEL.sub("_", str(name)))


def _keys(names: str) -> tuple[str, ...]:
    return tuple(_key(name) for name in names.split(","))


_LAYER_OF = {key: layer for layer, names in _LAYER_NAMES.items() for key in _keys(names)}
_PROPERTIES = {field: _keys(names) for field, names in _NAMES.items()}
_OF_ITEMS = frozenset(key for keys in _PROPERTIES.values() for key in keys) - _LAYER_OF.keys()
_GUESSES = [(layer, frozenset(_keys(names))) for layer, found in _BARE_ITEMS.items() for names in found]
_PLACE_NAMES = frozenset(key for field in ("start", "end", "place") for key in _PROPERTIES[field])
_ENDS_OF_PAIRS = frozenset(key for field in ("head", "tail", "holder", "target") for key in _PROPERTIES[field])
_PLACE_WORDS = frozenset(_keys(_SAYS_PLACE))
_VOICES = frozenset(_keys(_AUTHORS))


def prediction(answer: object, document: Document, labels: Inventory) -> Said:
    """The prediction of an answer (its words, or JSON that is already read) on a document, and what was rejected.

    The prediction has the layers that the answer has, by schemas/prediction.schema.json; none where nothing in it
    can be read.
    """
    reading = _Reading(document, labels)
    values: list[Any] = [answer] if answer else []
    if isinstance(answer, str):
        values, rejections = blocks(answer)
        reading.rejections += [Rejection(one.reason, one.why, _clean(one.what)) for one in rejections]
    elif _is_deep(answer):
        values = []
        reading.reject(_UNREAD, f"it nests deeper than {_MOST_DEPTH}", None)
    for layer, content in (found for value in values for found in _layers(value, labels)):
        if layer:
            reading.layers.setdefault(layer, []).append(content)
        else:
            reading.reject("no layer", "this is of none of the layers", content)
    if not reading.layers and not reading.rejections:
        reason, why = ("no layer", "none of the layers is in this answer")
        if not values:
            empty = _EMPTY.search(_without_thoughts(answer)) if isinstance(answer, str) else answer is not None
            reason, why = (
                ("empty", "this answer holds nothing") if empty else ("no JSON", "there is no JSON in this answer")
            )
        reading.reject(reason, why, answer)
    return reading.said()


def _layers(value: object, labels: Inventory, depth: int = 0) -> Iterator[tuple[Layer | None, object]]:
    """The layers of a block: by their names, or by what a bare item looks like; None for what is of none."""
    if isinstance(value, dict):
        named = [(_LAYER_OF[_key(name)], content) for name, content in value.items() if _key(name) in _LAYER_OF]
        if _is_item(value):
            yield _guessed(value), [value]
        elif named:
            yield from named
            yield from _layers(value.get("", []), labels, depth)
            others = ((name, content) for name, content in value.items() if name and _key(name) not in _LAYER_OF)
            for name, content in others:
                layer = _labelled(name, content, labels)
                if content and (layer or _inside(content)):
                    yield layer, {name: content}
        elif _names_types(value, labels):
            yield "entities", value
        elif (layers := {_labelled(*member, labels) for member in value.items()}) in ({"relations"}, {"stance"}):
            yield from ((layer, value) for layer in layers)
        else:
            inner = (_layers(content, labels, depth + 1) for content in value.values() if depth < _MOST_WRAPPED)
            found = [one for layers in inner for one in layers]
            yield from found if any(layer for layer, _ in found) else [(None, value)]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 3 and _label("relations.type", item[1], labels):
                yield "relations", [item]
            elif depth < _MOST_WRAPPED and isinstance(item, list | dict):
                yield from _layers(item, labels, depth + 1)
            elif item is not None:
                yield None, item


def _names_types(value: Json, labels: Inventory) -> bool:
    """Whether an object holds entities: from types to names, or from names to types."""
    types = [name for name in value if not name or _label("entities.type", name, labels)]
    types_first = len(types) == len(value) or (types and all(isinstance(names, list) for names in value.values()))
    types_last = all(_label("entities.type", said, labels) for said in value.values())
    return bool(value) and bool(types_first or (types_last and not _OF_ITEMS.issuperset(map(_property, value))))


def _labelled(name: str, content: object, labels: Inventory) -> Layer | None:
    """The layer whose label names items that stand under it; words only where the label is written as it is."""
    for layer in ("entities", "relations", "stance"):
        label = _label(_LABELLED[layer][0], name, labels)
        if label and (label == name or isinstance(content, list | dict)):
            return layer
    return None


def _guessed(item: Json) -> Layer | None:
    """The layer of an item that says nothing of it but its properties; None where they do not tell."""
    has = {_property(name) for name, content in item.items() if isinstance(_one(content), str | int)}
    if layer := next((layer for layer, names in _GUESSES if names <= has), None):
        return layer
    return "entities" if has.intersection(_PROPERTIES["kind"]) and has.intersection(_PROPERTIES["name"]) else None


def _is_item(value: Json) -> bool:
    """Whether an object is an item, and does not wrap a layer."""
    wrapped = (_key(name) for name, content in value.items() if isinstance(content, list | dict))
    return _guessed(value) is not None and not any(name in _LAYER_OF and name != "mentions" for name in wrapped)


def _wraps(value: Json, names: Iterable[str]) -> bool:
    """Whether an object holds items, so that what is lost in it is not the whole; ``names`` are all that it had."""
    holds = {_key(name) for name, content in value.items() if isinstance(content, list | dict)}
    named = _OF_ITEMS.intersection(map(_property, names))
    return not _is_item(value) and (not named or bool(holds - _OF_ITEMS - {"mentions"}))


def _label(place: str, said: object, labels: Inventory) -> str | None:
    """The label that is meant: written as in the inventory, in other letter case, or by its Arabic or English name."""
    said = _one(said)
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
    return {_property(name): content for name, content in item.items()} if isinstance(item, dict) else {}


def _first(fields: Json, names: str) -> Any:
    """The first property of those that may mean a thing that says something; None where there is none."""
    values = (_one(fields.get(key)) for key in _PROPERTIES[names])
    return next((value for value in values if not _is_empty(value)), None)


def _one(said: Any) -> Any:
    """What is said; of a list of one thing, the thing."""
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def _flat(said: object) -> Iterator[Any]:
    """The things of a list, and of lists within it; else the one thing that is said."""
    if isinstance(said, list):
        for one in said:
            yield from _flat(one)
    elif not _is_empty(said):
        yield said


def _quotes(said: object, words: str) -> Iterator[Any]:
    """The quotes that are said: two numbers are a place of the words, and an item of several places several items.

    Without words two numbers may count anything, such as sentences: they are no quote.
    """
    if isinstance(said, list) and len(said) == 2 and all(type(one) in (int, float) for one in said):
        yield {"text": words, "span": said} if words else said
    elif isinstance(said, list):
        for one in said:
            yield from _quotes(one, words)
    elif not _is_empty(said):
        yield from _spread(said)


def _spread(item: Any) -> list[Any]:
    """An item for each of several places that are said under one name; else the item."""
    for name, content in item.items() if isinstance(item, dict) else ():
        several = content if isinstance(content, list) and _property(name) in _PROPERTIES["place"] else []
        if len(several) > 1 and all(isinstance(one, list | dict) for one in several):
            return [{**item, name: one} for one in several]
    return [item]


def _pairs(said: object) -> Iterator[Any]:
    """The pairs of names that are said, in lists or as objects from one to the other; what is no pair as it is."""
    if isinstance(said, dict) and not _OF_ITEMS.intersection(_fields(said)):
        yield from ([one, other] for one, others in said.items() for other in _flat(others))
    elif isinstance(said, list) and not _is_pair(said) and any(isinstance(one, list | dict) for one in said):
        for one in said:
            yield from _pairs(one)
    elif not _is_empty(said):
        yield said


def _is_pair(said: object) -> bool:
    """Whether a list holds what may name two entities: words, numbers, or objects that name one."""
    found = said if isinstance(said, list) else []
    return len(found) == 2 and all(isinstance(one, str | int) or _is_name(one) for one in found)


def _is_name(said: object) -> bool:
    """Whether an object names an entity, and is no relation or stance."""
    has = _fields(said).keys()
    return not has.isdisjoint((*_PROPERTIES["name"], "id")) and has.isdisjoint(_ENDS_OF_PAIRS)


def _with_places(item: object) -> Json:
    """The properties of an item, and what the objects that say its place say of it; their words where it has none."""
    fields = _fields(item)
    for name in _PROPERTIES["place"]:
        wanted = _PLACE_NAMES if _words(_first(fields, "name")) else _PLACE_NAMES.union(_PROPERTIES["name"])
        fields = {key: said for key, said in _fields(_one(fields.get(name))).items() if key in wanted} | fields
    return fields


def _stated(fields: Json) -> list[tuple[Any, Any]]:
    """The places that properties say: what is said of the start and of the end of each, None where nothing is."""
    ends = (_first(fields, "start"), _first(fields, "end"))
    found = [] if ends == (None, None) else [ends]
    for name in _PROPERTIES["place"]:
        said = _one(fields.get(name))
        both = _RANGE.fullmatch(said) if isinstance(said, str) else None
        start, end = both.groups() if both else said if isinstance(said, list) and len(said) == 2 else (said, None)
        if _number(start) is not None or _number(end) is not None:
            found.append((start, end))
    return found


def _looks_like_place(name: str) -> bool:
    """Whether a property says a place by its name, and nothing else that is known."""
    return name in _PLACE_NAMES or (name not in _OF_ITEMS and not _PLACE_WORDS.isdisjoint(name.split()))


def _is_empty(said: object) -> bool:
    """Whether a value says nothing."""
    return said is None or (isinstance(said, str | list | dict) and not said)


def _counted(said: object) -> int | None:
    """The number from 1 that is said; None where it is none."""
    number = _number(_one(said))
    return number if number is not None and 0 < number <= _MOST_PLACES else None


def _number(said: object) -> int | None:
    """The whole number that is said, also as a string or with a fraction of nothing; None where it is none."""
    if isinstance(said, float) and said.is_integer():
        return int(said)
    if isinstance(said, str) and re.fullmatch(r"\s*\d{1,18}\s*", said):
        return int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) else None


class _Reading:
    """One answer on its way to a prediction."""

    def __init__(self, document: Document, labels: Inventory) -> None:
        self.document = document
        self.labels = labels
        self.layers: dict[Layer, list[object]] = {}
        self.entities: dict[tuple[str, str], Json] = {}
        self.types: dict[str, str] = {}
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
        """The items of a layer: of a list, or of an object from their labels to what they say besides."""
        if isinstance(content, list):
            for one in content:
                if isinstance(one, list) and any(isinstance(inner, dict) for inner in one):
                    yield from self.items(layer, one)
                elif one is not None:
                    yield one
        elif isinstance(content, dict) and content:
            labelled = any(_label(_LABELLED[layer][0], name, self.labels) for name in content)
            if _guessed(content) == layer or (not labelled and _OF_ITEMS.intersection(_fields(content))):
                yield content
                return
            for label, inner in content.items():
                yield from self.labelled(layer, label, inner)
        elif content:
            self.reject("shape", f"{layer} should be a list", content)

    def labelled(self, layer: Layer, label: str, content: object) -> Iterator[Json]:
        """The items that stand under their label: objects, or what an item must say besides."""
        place, name, must = _LABELLED[layer]
        for one in _pairs(content) if len(must) == 2 else _flat(content):
            if isinstance(one, dict):
                yield {name: label, **one}
            elif len(must) == 1:
                yield {name: label, must[0]: one}
            elif _is_pair(one):
                yield {name: label, **dict(zip(must, one, strict=True))}
            else:
                found = _label(place, label, self.labels) or label
                self.reject("shape", f"this is no pair of {' and '.join(must)}", {label: one}, layer, found)

    def entity_items(self, content: object) -> Iterator[object]:
        """The entities of a list, or of an object from types to names or from names to types."""
        if isinstance(content, dict) and _guessed(content) != "entities":
            for name, inner in content.items():
                if isinstance(inner, str) and not _label("entities.type", name, self.labels):
                    yield {"name": name, "type": inner}
                    continue
                yield from self.labelled("entities", name, inner)
        else:
            yield from self.items("entities", content)

    # -- entities ------------------------------------------------------------------------------------------

    def entity(self, item: object) -> None:
        fields = _fields(item)
        said, name = _first(fields, "kind"), _words(_first(fields, "name"))
        kind = self.label("entities.type", said, item, "entity type")
        if kind is None:
            return
        given = _first(fields, "mentions")
        # A number here says how often it is mentioned, and not where.
        placed, before = isinstance(given, str | list | dict), len(self.rejections)
        if placed:
            mentions = self.each(self.mention, given, name)
            beside = {key: content for key, content in fields.items() if key not in _PROPERTIES["mentions"]}
            self.unread(beside, name, item, "where mentions are listed, each says its own place")
        else:
            mentions = [*filter(None, map(self.mention, _spread(item)))]
        if not mentions:
            del self.rejections[before:]  # What is wrong with its parts is lost with it, and one loss is told once.
            self.reject("no name", "it says no words of the text", item, "entities", kind)
            return
        texts = [str(mention["text"]) for mention in mentions]
        name = name or texts[0]
        entity = self.entities.setdefault(
            (kind, _key(name) or name),
            {"id": f"e{len(self.entities) + 1}", "type": kind, "name": name, "mentions": []},
        )
        entity["mentions"] += [mention for mention in mentions if mention not in entity["mentions"]]
        self.types[entity["id"]] = kind
        self.remember(entity["id"], _first(fields, "id"), name, texts)

    def remember(self, id_: str, given: object, name: str, texts: Sequence[str]) -> None:
        """Keep by which names an entity may be meant, the surest first."""
        levels = [[str(given)] if isinstance(given, str | int) else [], [name], texts, [_key(name)], map(_key, texts)]
        for level, names in zip(self.names, levels, strict=True):
            for one in filter(None, names):
                level.setdefault(one, set()).add(id_)

    def each(self, read: Callable[[object], Json | None], said: object, words: str = "") -> list[Json]:
        """What is read of each of several quotes, also of places of the words; one without words is rejected."""
        found = []
        for one in _quotes(said, words):
            if span := read(one):
                found.append(span)
            else:
                self.reject("no name", "there are no words of the text here", one)
        return found

    def mention(self, item: object) -> Json | None:
        """A mention: words get every place of them, unless a number, a prefix, a suffix or good offsets say which."""
        span, fields = self.span(item), _with_places(item)
        if span is None:
            return None
        if span.keys() == {"text"} and _first(fields, "occurrence") is None:
            span["occurrence"] = "all"
        form = self.choice("entities.form", _first(fields, "form"), item)
        return span | ({"form": form} if form else {})

    def span(self, item: object) -> Json | None:
        """A quote; offsets only say which occurrence is meant, where they are good. None where it has no words."""
        fields = _with_places(item)
        said = _first(fields, "name") if isinstance(item, dict) else item
        words = _words(said)
        stated = _stated(fields)
        places = [self.placed(_number(start), _number(end), words) for start, end in stated]
        placed = next(filter(None, places), None)
        if placed is None and not words:
            return None
        wrong = [both for both, found in zip(stated, places, strict=True) if found is None or found != placed]
        if wrong:
            start, end = map(_shown, wrong[0])
            self.reject("offsets", f"the text at {start}..{end} is not what is quoted", item)
        elif placed is None:
            self.unread(fields, words, item)
        if placed:
            return placed
        span: Json = {"text": words}
        number = self.occurrence(_first(fields, "occurrence"), item)
        if number is not None:
            span["occurrence"] = number
        before, _, after = _clean(said).partition(words)
        beside = {"prefix": (_first(fields, "prefix"), "", before), "suffix": (_first(fields, "suffix"), after, "")}
        for name, (context, left, right) in beside.items():
            if isinstance(context, str) and context:
                span[name] = f"{left}{_clean(context)}{right}"
            elif not _is_empty(context):
                self.reject("shape", f"a {name} should be words of the text", item)
        return span

    def placed(self, start: int | None, end: int | None, words: str) -> Json | None:
        """The quote with its number that offsets mean; of one of them, where the words tell the other."""
        text = self.document.text
        if words and start is None and end is not None:
            start = end - len(words)
        if words and end is None and start is not None:
            end = start + len(words)
        if start is None or end is None or not 0 <= start < end <= len(text):
            return None
        there = text[start:end]
        if not there.strip() or words not in ("", there):
            return None
        return {"text": there, "occurrence": 1 + list(occurrences(text, there)).index(start)}

    def unread(self, fields: Json, words: str, item: object, why: str = "it says no place that can be read") -> None:
        """Reject what looks like a place; the words of the item, said again under such a name, are none."""
        said = (name for name, said in fields.items() if not _is_empty(said) and _words(said) != words)
        if names := ", ".join(filter(_looks_like_place, said)):
            self.reject("place", f"{why}; left out: {names}", item)

    def occurrence(self, said: object, item: object) -> int | str | None:
        """Which place of a quote is meant: a number from 1, or "all"; None where that is not said, or not so."""
        if _words(said).lower() == "all":
            return "all"
        number = _counted(said)
        if number is None and not _is_empty(said):
            self.reject("occurrence", 'an occurrence is a number from 1, or "all"; this one is left out', item)
        return number

    def choice(self, place: str, said: object, item: object) -> str | None:
        """A label that an item may have; one that does not exist is rejected, and the item stays."""
        label = _label(place, said, self.labels)
        if label is None and not _is_empty(said):
            self.reject("label", f"there is no {place} {_shown(said)}; it is left out", item)
        return label

    def label(self, place: str, said: object, item: object, noun: str) -> str | None:
        """The label that an item must have; without one that exists it is rejected, and counts as spurious."""
        label = _label(place, said, self.labels)
        if label is None:
            layer, name = place.split(".")
            why = f"it has no {name}" if said is None else f"there is no {noun} {_shown(said)}"
            self.reject("label", why, item, cast(Layer, layer), said)
        return label

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
        for level in self.names:
            ids = level.get(name) or level.get(_key(name)) or ()
            fitting = [id_ for id_ in ids if kind in (None, self.types[id_])]
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
        return self.each(self.span, said)

    def relation(self, item: object) -> Json | None:
        if isinstance(item, list) and len(item) == 3:
            item = dict(zip(("head", "type", "tail"), item, strict=True))
        fields = _fields(item)
        said = _first(fields, "relation")
        kind = self.label("relations.type", said, item, "relation type")
        if kind is None:
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
        label = self.label("stance.label", said, item, "stance")
        if label is None:
            return None
        holder = self.reference(_first(fields, "holder"), item, "stance", label, voice=True)
        target = self.reference(_first(fields, "target"), item, "stance", label) if holder else None
        if holder is None or target is None:
            return None
        found: Json = {"holder": holder, "target": target, "label": label}
        mode = self.choice("stance.mode", _first(fields, "mode"), item)
        said = _first(fields, "source")
        source = self.reference(said, item, None, None, voice=True) if said else None
        evidence = self.evidence(_first(fields, "evidence"))
        more = {"mode": mode, "source": source, "evidence": evidence}
        return found | {name: value for name, value in more.items() if value}

    def section(self, item: object) -> Json | None:
        fields = _fields(item)
        said = _first(fields, "section")
        kind = self.label("subsections.kind", said, item, "section kind")
        if kind is None:
            return None
        lies = self.lies(fields, item)
        if not lies:
            self.reject("no name", "it says neither its first line nor where it lies", item, "subsections", kind)
            return None
        function = self.choice("subsections.function", _first(fields, "function"), item)
        said = _first(fields, "story")
        story = _counted(said)
        if story is None and said is not None:
            self.reject("story", "a story is a number from 1; this one is left out", item)
        heading = next(iter(self.each(self.span, _first(fields, "heading"))), None)
        more = {"function": function, "heading": heading, "story": story}
        return lies | {"kind": kind} | {name: value for name, value in more.items() if value}

    def lies(self, fields: Json, item: object) -> Json:
        """Where a section lies: by offsets that are good, or else by its first line; nothing where neither is said."""
        text, fields = self.document.text, _with_places(fields)
        words = (_words(fields.get(key)) for key in _PROPERTIES["first"] if _number(fields.get(key)) is None)
        first = next(filter(None, words), "").split("\n")[0].strip()
        stated = (both for both in _stated(fields) if _number(both[0]) is not None)
        start_said, end_said = next(stated, (None, _first(fields, "end")))
        start, end = _number(start_said), _number(end_said)
        there = "" if start is None or not 0 <= start < len(text) else text[start:end].strip()
        fits = bool(there) and _key(there).startswith(_key(first))
        if fits and end is not None and end <= len(text):
            return {"start": start, "end": end}
        if fits and end_said is None:
            first = first or there.split("\n")[0]
        elif not first:
            return {}
        elif start is not None or end_said is not None:
            self.reject("offsets", "the section does not lie between these offsets; they are left out", item)
        else:
            beside = {key: said for key, said in fields.items() if key not in _PROPERTIES["first"]}
            self.unread(beside, first, item)
        return {"first": first}


def _words(said: object) -> str:
    """A string of an answer, halves of characters replaced; "" for what is none."""
    return _clean(said).strip() if isinstance(said, str) else ""


def _shown(said: object) -> str:
    """What is said, for a message: words as they are, anything else as JSON."""
    return _words(said) or json.dumps(_clean(said), ensure_ascii=False)


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
            layers = [key for key in row if _key(key) in _LAYER_OF]
            given = [key for key in _ANSWERS if key in row]
            if not given and not layers:
                wrong(number, "this line holds no answer", f"Name it one of: {', '.join(_ANSWERS)}.")
            elif len(given) > 1 or (given and layers):
                both = ", ".join([*given, *layers])
                wrong(number, f"this line holds more than one answer: {both}", "Keep one of them.")
            elif name in answers:
                wrong(
                    number, f"{name} is answered a second time", f"Keep one; the first is on line {answers[name].line}."
                )
            else:
                answers[name] = Answer(number, name, row[given[0]] if given else row)
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
