"""Subsections of a page from the look of its lines. Offsets are 0-based, half-open code points."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from khabar.systems.rules.lexicon import gazetteer, lexicon
from khabar.systems.rules.text import WHITE_SPACE, fold

_LONG_WORDS: Final = 20  # running text, whatever it ends with
_QUESTION_WORDS: Final = 15  # running text that asks; titles ask too, but not at such length
_SENTENCE_WORDS: Final = 6  # running text that ends with a full stop
_SHORT_WORDS: Final = 12  # at most, for widgets, headings and date lines
_BYLINE_WORDS: Final = 8
_SIGNATURE_WORDS: Final = 5
_LINK_WORDS: Final = 6
_LIST_LINES: Final = 3
_STEM: Final = 3

_LINE = re.compile(r"[^\n]+")
_CLOSED = r"[»”\"')\]]*$"
_FULL_STOP = re.compile(rf"[.…]{_CLOSED}")
_CRY = re.compile(rf"[!؟?]{_CLOSED}")
_WORD = re.compile(r"\w+")
_LETTER = re.compile(r"[^\W\d_]")
_PLACE_LINE = re.compile(r"\w+(?: \w+)? ?[-–—/(]")  # «بغداد – وكالات»
_SIGNATURE = re.compile(r"\w \w+ ?[-–—/|] ?\w+$")  # «فلان الفلاني – بغداد»
_BRACKETED = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]$")
_PROCLITICS = re.compile("^[وف]?(?:[بلك]?ال|لل)?")

KICKER: Final = "kicker"
HEADLINE: Final = "headline"
DECK: Final = "deck"
BYLINE: Final = "byline"
DATELINE: Final = "dateline"
LEAD: Final = "lead"
BODY: Final = "body"
CAPTION: Final = "caption"
BOILERPLATE: Final = "boilerplate"


@cache
def _opening(name: str) -> re.Pattern[str]:
    """A pattern for lines that open with an entry of a word list, as whole words."""
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(lexicon()[name])))})(?!\\w)")


@dataclass(frozen=True, slots=True)
class Line:
    """A non-blank line, white space trimmed: where it stands, its folded text and words, and its look.

    A paragraph is running text: long, or a sentence that ends as sentences do.
    """

    start: int
    end: int
    folded: str
    words: tuple[str, ...]
    is_sentence: bool
    is_paragraph: bool
    is_widget: bool

    @property
    def is_short(self) -> bool:
        """Whether the line is neither running text nor a widget."""
        return not self.is_paragraph and not self.is_widget

    def opens_with(self, name: str) -> bool:
        """Whether the line opens with an entry of the word list `name`."""
        return _opening(name).match(self.folded) is not None


@dataclass(frozen=True, slots=True)
class Section:
    """A subsection; `heading` is the span of its own heading, or None."""

    start: int
    end: int
    kind: str
    heading: tuple[int, int] | None = None


def _is_widget(folded: str, words: tuple[str, ...]) -> bool:
    """Whether a short line is a share button, a counter or a link to more."""
    if folded.startswith(("http", "www.", "©", "#")) or _opening("widgets").match(folded):
        return True
    buttons, networks = lexicon()["buttons"], lexicon()["networks"] | lexicon()["latin_buttons"]
    return any(all(word in known or word.isdigit() for word in words) for known in (buttons, networks))


def _read_line(body: str, start: int) -> Line:
    folded = fold(body).lower()
    words = tuple(_WORD.findall(folded))
    is_sentence = _FULL_STOP.search(body[-8:]) is not None
    asks = len(words) >= _QUESTION_WORDS and _CRY.search(body[-8:]) is not None
    runs = len(words) >= _LONG_WORDS or asks or (is_sentence and len(words) >= _SENTENCE_WORDS)
    is_widget = not _LETTER.search(folded) or (not runs and len(words) <= _SHORT_WORDS and _is_widget(folded, words))
    return Line(start, start + len(body), folded, words, is_sentence, runs and not is_widget, is_widget)


def read_lines(text: str) -> Iterator[Line]:
    """The non-blank lines of `text`; a line ends at a line feed, blank means Unicode White_Space only."""
    for match in _LINE.finditer(text):
        raw = match.group()
        if body := raw.strip(WHITE_SPACE):
            yield _read_line(body, match.start() + len(raw) - len(raw.lstrip(WHITE_SPACE)))


def _is_dateline(line: Line) -> bool:
    """Whether a short line is mostly a date and an hour, or a place and an agency."""
    words = lexicon()
    if line.is_sentence or not 0 < len(line.words) <= _SHORT_WORDS:
        return False
    if line.words[0] in gazetteer() and len(line.words) < _SIGNATURE_WORDS and _PLACE_LINE.match(line.folded):
        return True
    lists = ("months", "months_unsure", "weekdays", "hijri", "date_words")
    dated = [word for word in line.words if word.isdigit() or any(word in words[name] for name in lists)]
    return any(map(str.isdigit, dated)) and len(dated) * 2 > len(line.words)


def _is_byline(line: Line) -> bool:
    """Whether a short line says who wrote: «كتب فلان», «فلان الفلاني – بغداد», «متابعات», «(وكالة)»."""
    if line.is_sentence or not 0 < len(line.words) <= _BYLINE_WORDS:
        return False
    if line.opens_with("bylines") or (_is_credited(line) and line.folded.startswith("(")):
        return True
    signed = line.words[-1] in gazetteer() and _SIGNATURE.search(line.folded) is not None
    return len(line.words) <= _SIGNATURE_WORDS and (signed or line.words[-1] in lexicon()["agencies"])


def _is_credited(line: Line) -> bool:
    """Whether the line ends with a picture credit in brackets."""
    bracket = _BRACKETED.search(line.folded[-64:])
    return bracket is not None and any(credit in bracket[1] for credit in lexicon()["credits"])


def _is_caption(line: Line) -> bool:
    return len(line.words) <= _LONG_WORDS and (line.opens_with("captions") or _is_credited(line))


def _look(line: Line) -> str:
    """The kind of a short line that shows it by itself; "" if none does."""
    looks = ((DATELINE, _is_dateline), (BYLINE, _is_byline), (CAPTION, _is_caption))
    return next((kind for kind, has in looks if has(line)), "")


def _told(line: Line) -> frozenset[str]:
    """Content words without the commonest proclitics, to see what a title and a lead share."""
    bare = (_PROCLITICS.sub("", word) or word for word in line.words)
    return frozenset(word for word in bare if len(word) >= _STEM)


def _title_kinds(titles: list[Line], lead: Line | None) -> list[str]:
    """Kinds of the title lines: the lead restates the headline; kickers stand above it, decks below."""
    kinds = [_look(line) for line in titles]
    told = _told(lead) if lead else frozenset()
    plain = [i for i, kind in enumerate(kinds) if not kind]
    headline = max(plain, key=lambda i: (len(_told(titles[i]) & told), -i), default=-1)
    place = {True: KICKER, False: DECK}
    return [kind or (HEADLINE if i == headline else place[i < headline]) for i, kind in enumerate(kinds)]


def _short_line(lines: list[Line], i: int) -> tuple[str, bool]:
    """(kind, is a heading) of a short line: a heading if running text follows, else one of a list."""
    first = i
    while first > max(0, i - _LIST_LINES) and lines[first - 1].is_short:
        first -= 1
    last = i + 1
    while last < min(len(lines), i + 1 + _LIST_LINES) and lines[last].is_short:
        last += 1
    followed = last < len(lines) and lines[last].is_paragraph
    listed = last - first >= _LIST_LINES
    brief = len(lines[i].words) <= _SHORT_WORDS
    if followed and brief and i == (last - 1 if listed else first):
        return BODY, True
    alone = not followed and len(lines[i].words) <= _LINK_WORDS and not lines[i].is_sentence
    return (BOILERPLATE if listed or alone else BODY), False


def _body_kinds(lines: list[Line]) -> Iterator[tuple[str, bool]]:
    """(kind, is a heading) of each line after the lead."""
    in_links = False
    for i, line in enumerate(lines):
        in_links = not line.is_paragraph and (in_links or line.opens_with("link_lists"))
        if line.is_widget or in_links:
            yield BOILERPLATE, False
        elif line.is_paragraph:
            yield (CAPTION if _is_caption(line) else BODY), False
        elif look := _look(line):
            yield look, False
        else:
            yield _short_line(lines, i)


def _lead_at(lines: list[Line]) -> int:
    """The index of the lead: the first paragraph, or for want of one the longest line below the first."""
    paragraphs = (i for i, line in enumerate(lines) if line.is_paragraph)
    later = (i for i in range(1, len(lines)) if not lines[i].is_widget)
    longest = max(later, key=lambda i: (len(lines[i].words), -i), default=len(lines))
    return next(paragraphs, longest)


def find_sections(text: str) -> list[Section]:
    """The sections of a page: they tile its non-blank lines, in order."""
    lines = list(read_lines(text))
    at = _lead_at(lines)
    titles = [line for line in lines[:at] if not line.is_widget]
    kinds = iter(_title_kinds(titles, lines[at] if at < len(lines) else None))
    sections = [Section(x.start, x.end, BOILERPLATE if x.is_widget else next(kinds)) for x in lines[:at]]
    sections += [Section(line.start, line.end, LEAD) for line in lines[at : at + 1]]
    rest = lines[at + 1 :]
    for line, (kind, is_heading) in zip(rest, _body_kinds(rest), strict=True):
        last = sections[-1]
        if last.kind == kind and kind in (BODY, BOILERPLATE) and not is_heading:
            sections[-1] = Section(last.start, line.end, kind, last.heading)
        else:
            sections.append(Section(line.start, line.end, kind, (line.start, line.end) if is_heading else None))
    return sections
