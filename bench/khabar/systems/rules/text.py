"""Tokens of a page and the readings of a word, with offsets that always point into the untouched text.

Offsets are 0-based, half-open code points. Normalisation never changes the text: a word keeps, for each
letter that survives it, the letter's place in the raw word.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple

WORD: Final = "word"
LATIN: Final = "latin"
URL: Final = "url"
NUMBER: Final = "number"
MARK: Final = "mark"
BREAK: Final = "break"

# Unicode White_Space; `str.isspace` also holds U+001C..1F, which are not.
WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
QUOTES: Final = {"«": "»", "“": "”", "‘": "’", "‹": "›", '"': '"', "[": "]", "{": "}"}
_BRACKETS: Final = QUOTES | {"(": ")"}

_LETTER = "\u0621-\u063a\u0641-\u064a\u0671-\u06d3\u06d5\u06fa-\u06fc"
_DIACRITIC = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
_FILLER = _DIACRITIC + "\u0640\u200c"  # tatweel and the zero-width non-joiner
_DIGIT = "0-9\u0660-\u0669\u06f0-\u06f9"
_TOKEN = re.compile(
    rf"(?P<url>(?:https?://|www\.)[^\s<>«»\"“”()]+)"
    rf"|(?P<number>[{_DIGIT}]+(?:[.,/:\-\u066b\u066c][{_DIGIT}]+)*)"
    rf"|(?P<word>[{_LETTER}][{_LETTER}{_FILLER}]*)"
    r"|(?P<latin>[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9.&'’_\-]*)"
    r"|(?P<break>\n)"
    r"|(?P<mark>\S)"
)
_STRIP = re.compile(f"[{_FILLER}]")
_ALEF = str.maketrans("أإآٱ", "اااا")
_FOLD = str.maketrans("أإآٱىةکی٫٬", "اااايهكي.,") | {
    base + digit: str(digit) for base in (0x660, 0x6F0) for digit in range(10)
}
_LONG_STEM: Final = 3
_PREPEND: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


class Reading(NamedTuple):
    """One way to read a word: `cut` letters of proclitics, then `stem` (folded), `light` (ى and ة kept)."""

    cut: int
    stem: str
    light: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word form: folded, whether it begins with ال, its readings, and where each folded letter stands."""

    norm: str
    light: str
    article: bool
    readings: tuple[Reading, ...]
    places: tuple[int, ...] | None = None

    def offset(self, cut: int) -> int:
        """The raw offset of letter number `cut`."""
        return cut if self.places is None else self.places[cut]


class Token(NamedTuple):
    """A token of the page; `end` leaves out a trailing tatweel."""

    start: int
    end: int
    kind: str
    word: Word

    @property
    def norm(self) -> str:
        """The folded form, proclitics and all."""
        return self.word.norm


def fold(text: str) -> str:
    """`text` without diacritics and tatweel, spelling variants and digits unified."""
    return _STRIP.sub("", text).translate(_FOLD)


def _readings(norm: str, light: str) -> tuple[Reading, ...]:
    """The whole word, then without و or ف, then without ب, ل or ك too; a stem has three letters or more."""
    found = [Reading(0, norm, light)]
    for cut in (0, 1) if norm[0] in "وف" else (0,):
        stem, thin = norm[cut:], light[cut:]
        if cut and len(stem) >= _LONG_STEM:
            found.append(Reading(cut, stem, thin))
        if stem.startswith("لل") and len(stem) > _LONG_STEM + 1:
            # لل hides the alef of ال, and before a lam one lam too: للحكومة, للبناني.
            found += (Reading(cut + 1, hidden + stem[1:], hidden + thin[1:]) for hidden in ("ا", "ال", ""))
        elif stem[:1] in ("ب", "ل", "ك") and len(stem) > _LONG_STEM + (stem[0] == "ك"):
            found.append(Reading(cut + 1, stem[1:], thin[1:]))
    return tuple(found)


def _read(raw: str, is_arabic: bool) -> Word:
    """The word form of a raw token."""
    if not is_arabic:
        norm = raw.translate(_FOLD).lower()
        return Word(norm, raw, False, (Reading(0, norm, raw),))
    bare = _STRIP.sub("", raw)
    places = None if len(bare) == len(raw) else tuple(m.start() for m in re.finditer(f"[^{_FILLER}]", raw))
    norm, light = bare.translate(_FOLD), bare.translate(_ALEF)
    return Word(norm, light, bare.startswith("ال"), _readings(norm, light), places)


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, in order; line feeds are tokens, other white space is not."""
    seen: dict[str, Word] = {}
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, raw = match.lastgroup or MARK, match.group()
        if kind in (URL, LATIN):
            raw = raw.rstrip(".,;:!?'’_-،؛؟&")
        elif kind == WORD:
            raw = raw.rstrip("\u0640\u200c")
        word = seen.get(raw)
        if word is None:
            word = seen[raw] = _read(raw, kind == WORD)
        tokens.append(Token(match.start(), match.start() + len(raw), kind, word))
    return tokens


def _extends(char: str) -> bool:
    """Whether `char` continues the grapheme before it."""
    return unicodedata.category(char)[0] == "M" or char in "\u200c\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff"


def has_clean_edges(text: str, start: int, end: int) -> bool:
    """Whether a mention may stand at `start:end`: grapheme edges, no tatweel, no lonely quotation mark."""
    first, last = text[start], text[end - 1]
    if _extends(first) or (end < len(text) and _extends(text[end])) or (start and text[start - 1] in _PREPEND):
        return False
    opened = first not in _BRACKETS or _BRACKETS[first] in text[start + 1 : end]
    closed = last not in _BRACKETS.values() or any(_BRACKETS.get(char) == last for char in text[start : end - 1])
    return opened and closed and "ـ" not in (first, last)
