"""What is wrong, where, and what to do about it: the values that every check returns, and their place in a file."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Literal

from msgspec import Struct

Pointer = tuple[str | int, ...]
"""The way from the root of a JSON value to a part of it: property names and 0-based positions."""


class Problem(Struct, frozen=True, order=True):
    """One thing that is wrong.

    ``line`` and ``column`` are 1-based, columns in code points; ``pointer`` is a JSON Pointer (RFC 6901), empty
    for the whole file or for plain text; ``fix`` says what to do.
    """

    path: str
    line: int
    column: int
    rule: str
    pointer: str
    message: str
    fix: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """One line that editors and CI can jump from, and one that says what to do."""
        where = f" (at {short(self.pointer, _MOST)})" if self.pointer else ""
        place = f"{short(self.path, _MOST)}:{self.line}:{self.column}"
        said = self.message if len(self.message) <= _MOST else f"{self.message[:_MOST]}…"
        head = f"{place}: {self.severity} {self.rule}{where}: {said}"
        return f"{head}\n    {self.fix}" if self.fix else head


class Invalid(Exception):
    """Input that cannot be used; ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order of their places."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["Invalid"], tuple[tuple[Problem, ...]]]:
        """Let the problems pass from one process to another."""
        return Invalid, (self.problems,)


DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What is not seen and turns text round: the controls of direction, by the Unicode property Bidi_Control."""
_DIRECTION = (code for code in range(0x2070) if DIRECTION_MARKS.match(chr(code)))
_ORDERS = (*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029)
_CONTROLS = {code: f"⟨U+{code:04X}⟩" for code in (*_DIRECTION, *_ORDERS)}
"""What a terminal would obey rather than show, controls of direction among it, and what is shown instead."""

_MOST = 500
"""So many characters of a message, a path or a pointer are shown."""


def short(value: object, most: int = 60) -> str:
    """What is shown of a value in a message: one line, no more than so many characters and an ellipsis.

    What is not seen, such as a line's end or a mark of direction, is written as an escape.
    """
    text = value if isinstance(value, str) else str(value)
    seen = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:most])
    return seen if len(text) <= most else f"{seen}…"


def quoted(value: object) -> str:
    """A value from a file in a message: shortened, and set apart."""
    return isolate(short(value))


def named(names: Sequence[object]) -> str:
    """Names of properties in a message, the first ones."""
    shown = [f'"{short(name)}"' for name in names[:_MOST_NAMES]]
    return ", ".join([*shown, *([f"and {len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else [])])


_MOST_NAMES = 5


def isolate(text: object) -> str:
    """Text set apart for a terminal: between FSI and PDI, so that its direction moves nothing beside it.

    Controls in it, which could end that, are shown by their number.
    """
    return f"\u2068{str(text).translate(_CONTROLS)}\u2069"


def label(text: str) -> str:
    """A label for a terminal: set apart, unless it is one in plain letters."""
    return text if text.isascii() and text.isprintable() else isolate(text)


def json_pointer(parts: Pointer) -> str:
    """The way to a part of a JSON value as a JSON Pointer (RFC 6901): ``/entities/3/mentions/0``."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line (at LF) and column (code points) of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


_GAP = re.compile(r"[ \t\n\r:,]*")
_SCALAR = re.compile(r"[^ \t\n\r,\]}]+")


def locate(source: str, parts: Pointer) -> int:
    """The offset in a JSON text at which the part that a pointer leads to begins.

    A pointer that leads to nothing gives the deepest part that is there: a missing property is reported at its
    object. ``source`` must be JSON. Where a property stands twice, its last value counts, as for JSON readers.
    """
    places = _places(source)
    while parts not in places:
        parts = parts[:-1]
    return places[parts]


@lru_cache(maxsize=4)
def _places(source: str) -> Mapping[Pointer, int]:
    """Where every part of a JSON text begins, by the pointer that leads to it."""
    places: dict[Pointer, int] = {}
    start = _after_gap(source, 0)
    # What is open: the pointer of the object or array, and the position of the next element (None in an object).
    stack: list[tuple[Pointer, int | None]] = []
    way: Pointer = ()
    at = start
    while True:
        places[way] = at
        opening = source[at]
        if opening in "{[":
            stack.append((way, None if opening == "{" else 0))
            at = _after_gap(source, at + 1)
        elif opening == '"':
            at = _after_gap(source, scanstring(source, at + 1)[1])
        else:
            match = _SCALAR.match(source, at)
            at = _after_gap(source, match.end() if match else at + 1)
        while stack and source[at] in "}]":
            stack.pop()
            at = _after_gap(source, at + 1)
            if not stack or at >= len(source):
                return places
        if not stack:
            return places
        inside, position = stack[-1]
        if position is None:
            name, at = scanstring(source, at + 1)
            at = _after_gap(source, at)
            way = (*inside, name)
        else:
            way = (*inside, position)
            stack[-1] = (inside, position + 1)


def _after_gap(source: str, at: int) -> int:
    match = _GAP.match(source, at)
    return match.end() if match else at


def in_json(
    rule: str, path: str, source: str, parts: Pointer, message: str, fix: str = "", first_line: int = 1
) -> Problem:
    """A problem at a part of a JSON text whose first line is line ``first_line`` of the file ``path``."""
    line, column = line_and_column(source, locate(source, parts))
    return Problem(path, first_line + line - 1, column, rule, json_pointer(parts), message, fix)


def utf8(path: str, raw: bytes, rule: str, first_line: int = 1) -> str:
    """The text in the bytes of a file. Raises Invalid, with the place, where they are not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        line, column = line_and_column(before, len(before))
        message = f"byte {error.start} is not UTF-8"
        raise Invalid([Problem(path, first_line + line - 1, column, rule, "", message, _UTF8)]) from None


def decode(path: str, raw: bytes, first_line: int = 1) -> tuple[str, object, tuple[Problem, ...]]:
    """Read one JSON text: its source, its value, and what is wrong (then the value is None).

    Refused, beyond what is not JSON: bytes that are not UTF-8, a property that stands twice, NaN and Infinity.
    """
    try:
        source = utf8(path, raw, "json.syntax", first_line).removeprefix("\ufeff")
    except Invalid as error:
        return "", None, error.problems
    doubled: list[str] = []

    def pairs(items: Sequence[tuple[str, object]]) -> dict[str, object]:
        built = dict(items)
        if len(built) < len(items):
            names = [name for name, _ in items]
            doubled.extend(name for name in built if names.count(name) > 1)
        return built

    def constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")

    try:
        value = json.loads(source, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        end = len(source.rstrip())
        reason = error.msg.removesuffix(" at") if error.pos < end else "it is cut off here"
        if error.pos < end and not source[error.pos].isascii():
            reason = f"{quoted(source[error.pos])} cannot stand here"
        line, column = line_and_column(source, min(error.pos, end))
        message = f"this is not JSON: {reason}"
        return source, None, (Problem(path, first_line + line - 1, column, "json.syntax", "", message, _SYNTAX),)
    except (ValueError, RecursionError) as error:
        message = f"this is not usable JSON: {str(error) if isinstance(error, ValueError) else 'nested too deep'}"
        return source, None, (Problem(path, first_line, 1, "json.syntax", "", message, _USABLE),)
    if "\\u" in source and _LONE.search(json.dumps(value, ensure_ascii=False)):
        message = "a \\u escape is half of a character (a lone surrogate)"
        fix = "Write the whole character, or both halves of it."
        return source, None, (Problem(path, first_line, 1, "json.syntax", "", message, fix),)
    if doubled:
        message = f"a property stands twice in one object: {named(doubled)}"
        return source, None, (Problem(path, first_line, 1, "json.syntax", "", message, "Keep one of the two."),)
    return source, value, ()


_LONE = re.compile("[\ud800-\udfff]")
_UTF8 = "Save the file as UTF-8."
_USABLE = "Write finite numbers of a usual size, null for what is not known, and no more than some hundred levels."
_SYNTAX = "Mend the JSON here; a comma, quotation mark or bracket is missing or too many, or the file is cut off."
