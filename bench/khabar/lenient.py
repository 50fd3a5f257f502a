"""The JSON in the answer of a language model, strict or broken.

Reading never invents: what is cut off or cannot be read is left out whole, and said.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import Any, NamedTuple

from msgspec import Struct

from khabar.wording import LAYER_NAMED, Json, as_key, beside, is_empty, is_property, layer_of, layers_in, wraps


class Rejection(Struct, frozen=True):
    """Something of an answer that is no item of the prediction: the words of it, and why.

    ``reason`` is what the report counts by. Where it was said of a layer under a label, it also stands in the
    prediction as ``rejected``.
    """

    reason: str
    why: str
    what: object


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
# What stands behind a string: as in JSON; or a comment, the end of the line, or a string after a comma that is missing
# (two words with two marks between them: no mark that is doubled inside a string stands so).
_BEHIND = re.compile(
    rf"{_SPACE}*+(?:[:=,،;{{}}\[\])]|//|/\*|\Z)|[^\S\n]*+\n"
    rf"|(?<=\w\")\"\w|{_SPACE}++(?:\#|\w++{_SPACE}*+[:=]|[{_ANY}][^{_ANY}\n]{{0,80}}[{_ANY}]{_SPACE}*+[:=,،;}}\])])"
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
_PARENS, _IN_TUPLE = re.compile(rf"(?:\({_SPACE}*+)++"), re.compile(f"[{_ANY}{{\\[)0-9-]")
_PARTED = re.compile("[:=]+>?")
_BARE = re.compile(r"(?:(?!//|/\*|\s\#)[^{}\[\](),،;:=\n])++")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TWO_NUMBERS = re.compile(rf"({_NUMBER.pattern})\s+{_NUMBER.pattern}")
_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_BRACKET, _BRACE_OR_MARK = re.compile(r"[{\[]"), re.compile(rf"[{{{_ANY}]")
_MEMBER = re.compile(rf"[{_ANY}]\w[\w ]{{0,40}}[{_ANY}]{_SPACE}*+[:=]")
_MOST_DEPTH, _MOST_TRIES, _MOST_SHOWN = 100, 100, 40
_EMPTY = re.compile(r"\{\s*\}|\[\s*\]")
UNREAD = "cut off or unreadable"


_BROKEN, _CUT, DEEP = "this cannot be read", "the answer is cut off here", f"it nests deeper than {_MOST_DEPTH}"
_TWICE = "a property stands twice in this item, with different values"


class Unread(NamedTuple):
    """What stands for a value that is lost: its words, and why."""

    words: str
    why: str = _BROKEN


def blocks(answer: str) -> tuple[list[Any], list[Rejection]]:
    """The JSON values of an answer, and every stretch of it that should be JSON and is none of them."""
    said = _without_thoughts(_unquoted(answer))
    fenced = [] if _is_json(said) else [_read(match[1]) for match in _FENCE.finditer(said)]
    values = [value for found, _ in fenced for value in found]
    rejections = [one for _, unread in fenced for one in unread]
    if not values and not rejections:
        return _read(said)
    drafts, unread = _read(_FENCE.sub("\n", said))
    outside = [Rejection("outside", "only what stands in code fences is read", draft) for draft in drafts]
    return values, [*rejections, *outside, *unread]


def _unquoted(answer: str) -> str:
    """An answer; of one that is the strict JSON of a string, the string."""
    if answer.lstrip().startswith('"'):
        with suppress(ValueError):
            return str(json.loads(answer))
    return answer


def _is_json(said: str) -> bool:
    """Whether a text is strict JSON; fences in its strings are then none of its own."""
    try:
        return isinstance(json.loads(said), list | dict)
    except (ValueError, RecursionError):
        return False


def holds_nothing(answer: str) -> bool:
    """Whether an object or a list without anything in it stands in an answer."""
    return _EMPTY.search(_without_thoughts(_unquoted(answer))) is not None


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
            reader.reject([Unread(source[reader.at : begin].strip())])
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
    known to have no end, ``ended`` why nothing more is read, ``unclosed`` whether the last object has no closing
    bracket; ``tuple`` says whether the ``(`` before ``parens`` are lists.

    Broken JSON is read by these rules, and what they do not read is `Unread`, with its words:

    - A quotation mark ends a string where something of JSON is behind it. Marks inside a string belong to its words
      in pairs; where one opens the next string or closes a name, the end of this one is missing, and it is lost up to
      the next comma, bracket or line end. What stands without marks is a number, a literal, or words.
    - A comma more or less changes nothing. ``=`` is read as a colon, and before a bracket none is needed.
    - A closing bracket closes what was opened last, whatever its kind. Where an object of a list is open, a ``{``
      without a name closes it; a line that begins so closes an item outside of all lists. A name with a colon in a list
      begins an object whose bracket is missing; or the list ends before it, where that is a layer, or in an item, which
      then is lost. An object that begins in one of these ways in a list and is no item is the rest of the one before it
      (`_goes_on`), and both are lost.
    - ``]`` behind members of an object that have no names ends the list of a member before them, which was closed too
      early. ``(`` opens a list where a string, a number or a bracket is behind it.
    - An item of which anything is lost, or which says a property twice, is lost whole. What holds items (`wraps`)
      keeps the others.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.open = ""
        self.ended = ""
        self.unclosed = False
        self.parens, self.tuple = 0, False
        self.tries = _MOST_TRIES
        self.endless: dict[str, int] = {}
        self.rejections: list[Rejection] = []

    def block(self, at: int) -> Any:
        """The value that begins at a place, without what is lost of it; strict JSON is read as such."""
        before = len(self.rejections)
        if self.tries:
            try:
                value, end = json.JSONDecoder(object_pairs_hook=self.strict).raw_decode(self.source, at)
                if not is_deep(value):
                    self.at = end
                    return value
            except (ValueError, RecursionError):
                pass
            self.tries -= 1
            del self.rejections[before:]
        self.at = at
        value = self.value()
        self.reject(_losses(value))
        return None if isinstance(value, Unread) else _without(value)

    def strict(self, pairs: list[tuple[str, Any]]) -> Json:
        """An object of strict JSON. Raises ValueError where it is an item that contradicts itself."""
        found, twice, over = joined(pairs)
        if twice and twice - layers_in(found).keys() and _is_item(found, wraps(found, found, listed=False)):
            raise ValueError(_TWICE)
        self.repeated(over)
        return found

    def repeated(self, over: Iterable[Json]) -> None:
        """Say what counts no more."""
        why = "this name stands twice in an object, and what it says last counts"
        self.rejections += [Rejection("repeated", why, one) for one in over]

    def reject(self, losses: Iterable[Unread]) -> None:
        """Say what was lost."""
        self.rejections += [Rejection(UNREAD, lost.why, lost.words) for lost in losses]

    def peek(self, between: re.Pattern[str] = _SKIP) -> str:
        """What comes next, white space and comments apart: a character; "" at the end, "word" for «(» in words."""
        self.at = _end(between, self.source, self.at)
        mark = self.source[self.at : self.at + 1]
        if mark == "(" and self.at >= self.parens:
            self.parens = _end(_PARENS, self.source, self.at)
            self.tuple = _IN_TUPLE.match(self.source, self.parens) is not None
        return mark if mark != "(" or self.tuple else "word"

    def lost(self, begin: int, why: str = _BROKEN) -> Unread:
        """What stands from a place to where reading goes on, given up."""
        return Unread(self.source[begin : self.at].strip(" \t\r\n,"), why)

    def close(self, mark: str, values: list[Any]) -> list[Any]:
        """Pass the bracket that closes what was opened last, and give the values in it.

        Where the text ends instead, what is cut off is among them, once for all brackets that are open: the last value
        where it is lost, or else what would follow the last words of the text, told by these.
        """
        ended = not mark and not self.ended
        self.ended = self.ended or (_CUT if ended else "")
        self.at += mark in _CLOSING
        self.open = self.open[:-1]
        if not ended:
            return values
        if values and isinstance(values[-1], Unread):
            return [*values[:-1], values[-1]._replace(why=_CUT)]
        line = self.source.rstrip().rsplit("\n", 1)[-1]
        return [*values, Unread(line[-_MOST_SHOWN:].strip(), _CUT)]

    def value(self) -> Any:
        """The value that begins here."""
        mark, begin = self.peek(), self.at
        if mark in _OPENING:
            if len(self.open) >= _MOST_DEPTH:
                self.at, self.ended = len(self.source), DEEP
                return self.lost(begin, DEEP)
            self.at += 1
            return self.object(begin) if mark == "{" else self.listed(begin)
        value = self.scalar()
        # Words without marks may be the rest of a string whose end is missing.
        doubtful = isinstance(value, str) and mark not in _MARKS and begin < max(self.endless.values(), default=0)
        return self.lost(begin) if doubtful else value

    def object(self, begin: int) -> Any:
        """An object whose members begin here; a list where none of them has a name."""
        listed, before = self.open[-1:] == "[", len(self.rejections)
        self.open += "{"
        pairs: list[tuple[str | None, Any]] = []
        while (mark := self.peek(_BETWEEN)) not in _ENDS and not (mark == "{" and (listed or self.at_line(pairs))):
            pairs.append(self.member(mark))
            unnamed = pairs[-1][0] is None and pairs[0][0] is not None and "[" not in self.open
            if unnamed and self.peek(_BETWEEN) == "]":
                self.at += 1
        self.unclosed = mark == "{"
        pairs = list(zip_longest([name for name, _ in pairs], self.close(mark, [value for _, value in pairs])))
        if pairs and all(name is None for name, _ in pairs):
            return [value for _, value in pairs]
        found, twice, over = joined(
            ("" if name is None else name, value if name is not None or isinstance(value, list) else [value])
            for name, value in pairs
            if not isinstance(value, Unread)
        )
        layers = layers_in(found)
        unnamed = "" in found and layer_of(beside(found, {"", *layers})) is not None
        own = [lost for name, value in pairs if name not in layers for lost in _losses(value)]
        inner = [lost for name, value in pairs if name in layers for lost in _losses(value)]
        holds = wraps(found, (name for name, _ in pairs if name), listed)
        broken = bool(own or unnamed or self.ended) or (not holds and self.has_lost(before))
        if (broken or twice - layers.keys()) and _is_item(found, holds):
            whole = self.lost(begin, self.ended or (_BROKEN if broken else _TWICE))
            if not layers:
                del self.rejections[before:]
                return whole
            found, over, own = layers, [], [whole]
        self.reject([*own, *inner])
        self.repeated(over)
        return {name: _without(value) for name, value in found.items()}

    def at_line(self, pairs: list[tuple[str | None, Any]]) -> bool:
        """Whether the line of another item begins here, in an item that no bracket is around."""
        begins = self.open == "{" and self.source[self.at - 1] == "\n" and self.source.startswith('{"', self.at)
        return begins and bool(pairs) and is_property(pairs[0][0] or "")

    def has_lost(self, before: int) -> bool:
        """Whether anything was lost since there were so many rejections."""
        return any(one.reason == UNREAD for one in self.rejections[before:])

    def member(self, mark: str) -> tuple[str | None, Any]:
        """The name of a member, None where it has none, and its value."""
        begin = self.at
        if mark in _OPENING:
            value = self.value()
            return None, self.lost(begin) if "[" in self.open else value
        name = Unread("") if mark in _PARTING else self.scalar()
        words = self.source[begin : self.at].strip()
        if self.peek() not in _PARTING | _OPENING:
            return words, Unread(words)
        self.at = _end(_PARTED, self.source, self.at)
        value = Unread("") if self.peek() in _ENDS | _COMMAS else self.value()
        if isinstance(name, Unread) and isinstance(value, list | dict) and "[" not in self.open:
            return None, value
        if isinstance(name, Unread) or isinstance(value, Unread):
            value = self.lost(begin, value.why if isinstance(value, Unread) else _BROKEN)
        return name if isinstance(name, str) else words, value

    def listed(self, begin: int) -> Any:
        """A list whose first item comes next; in a list, one of words and numbers is an item itself."""
        item = self.open[-1:] == "["
        values = self.array()
        plain = not any(isinstance(one, list | dict) for one in values)
        if item and plain and any(isinstance(one, Unread) for one in values):
            return self.lost(begin, self.ended or _BROKEN)
        return values

    def array(self) -> list[Any]:
        """A list whose first item comes next."""
        of_object, of_item = self.open[-1:] == "{", "[" in self.open
        self.open += "["
        items: list[Any] = []
        after = last = self.at
        before, self.unclosed = len(self.rejections), False
        while (mark := self.peek(_BETWEEN)) not in _ENDS:
            begin, apart = self.at, not items or not _COMMAS.isdisjoint(self.source[after : self.at])
            told, parted = len(self.rejections), not self.unclosed
            self.unclosed = False
            value = self.value()
            if mark not in _OPENING and self.peek() in _PARTING:
                name, self.at = self.lost(begin), begin
                if of_object and (of_item or (as_key(value) in LAYER_NAMED and as_key(value) != "mentions")):
                    items += [name] if of_item else []
                    break
                value, parted = self.object(begin), False
            elif not apart and mark not in _STARTS and not (_is_number(value) and _is_number(items[-1])):
                value = self.lost(begin)
            if items and not parted and _goes_on(items[-1], value):
                if not isinstance(items[-1], Unread):
                    begin = last
                    items.pop()
                    del self.rejections[before:]
                value = self.lost(begin)
            else:
                before = told
            items.append(value)
            last, after = begin, self.at
        return self.close(mark, items)

    def scalar(self) -> Any:
        """A string, a number, a literal, or words without quotation marks."""
        begin = self.at
        if self.source[begin] in _MARKS:
            return self.string()
        self.at = max(_end(_BARE, self.source, begin), begin + 1)
        words = self.source[begin : self.at].strip()
        if two := _TWO_NUMBERS.fullmatch(words):
            words = two[1]
            self.at = begin + len(words)
        if words.lower() in _LITERALS:
            return _LITERALS[words.lower()]
        if _NUMBER.fullmatch(words):
            try:
                return json.loads(words)
            except ValueError:  # Python reads no number of thousands of digits, and JSON none that begins with 0.
                return words
        return Unread(words) if _NO_WORDS.search(words) else words

    def string(self) -> str | Unread:
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


def joined(pairs: Iterable[tuple[str, Any]]) -> tuple[Json, set[str], list[Json]]:
    """An object, the names in it that say two things, and what of these counts no more.

    Lists and objects that stand under one name are joined; of anything else the last counts.
    """
    found: Json = {}
    twice: set[str] = set()
    over: list[Json] = []
    for name, value in pairs:
        before = found.get(name)
        if name and before != value and not is_empty(before) and not is_empty(value):
            twice.add(name)
        over += _put(found, name, value)
    return found, twice, over


def _goes_on(item: Any, value: Any) -> bool:
    """Whether what follows an item, with a bracket missing between the two, is not an item but the rest of it.

    Two items of a list say the same properties; the rest of an item says others, and not enough for an item.
    """
    if isinstance(value, Unread):
        return isinstance(item, dict)
    if not isinstance(value, dict):
        return False
    rest = {name: said for name, said in value.items() if as_key(name) != "mentions"}
    again = isinstance(item, dict) and not item.keys().isdisjoint(value)
    return not again and layer_of(rest) is None and all(map(is_property, rest))


def _put(found: Json, name: str, value: Any) -> Iterator[Json]:
    """Put a member into an object, and give what it takes the place of."""
    before = found.setdefault(name, value)
    if before is value or before == value or is_empty(value):
        return
    if isinstance(before, list) and isinstance(value, list):
        before += value
    elif isinstance(before, dict) and isinstance(value, dict):
        for member in value.items():
            yield from _put(before, *member)
    else:
        found[name] = value
        if not is_empty(before):
            yield {name: before}


def _is_item(found: Json, holds: bool) -> bool:
    """Whether an object says something itself, beside the layers that it may hold."""
    return not holds or layer_of(beside(found, layers_in(found))) is not None


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


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


def is_deep(value: Any) -> bool:
    """Whether a value nests deeper than is read."""
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [one for each in level for one in children(each)]
    return bool(level)


def shallow(value: Any, depth: int = _MOST_DEPTH) -> Any:
    """A value without what nests deeper than is read."""
    if depth == 0 and isinstance(value, list | dict):
        return "…"
    if isinstance(value, dict):
        return {name: shallow(one, depth - 1) for name, one in value.items()}
    return [shallow(one, depth - 1) for one in value] if isinstance(value, list) else value


def children(value: Any) -> Iterable[Any]:
    """The values of an object, or of a list."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _losses(value: Any) -> Iterator[Unread]:
    """What is lost in a value and in lists within it; an object has said what it lost, or is lost."""
    if isinstance(value, Unread):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _losses(one)


def _without(value: Any) -> Any:
    """A value without what is lost in its lists."""
    return [_without(one) for one in value if not isinstance(one, Unread)] if isinstance(value, list) else value
