"""Where the words of a quote stand in a text: letter for letter, normalised, or nearly.

Three tiers, from strict to loose; a looser one is asked only where the stricter ones found nothing:

- *exact*: the same code points; but «201» is not in «2019», nor «5» in «3.5», unless an occurrence number says so.
- *normalised*: the same after folding what Arabic spelling leaves open and what writers and models change without
  meaning anything by it: tashkeel, tatweel, hamza and its seats, alef maqsura and ya, ta marbuta and ha, the shapes of
  digits and of letters (Persian forms, ligatures, capitals), invisible controls, and punctuation, which counts as
  white space but for the separators inside a number. What is found must be whole words (a proclitic may precede).
- *fuzzy*: the one form of the text, in whole words, that is nearest to the normalised quote by edits of letters
  (Levenshtein with neighbours swapped: optimal string alignment), within `most_edits`, its numbers the same. Two
  forms as near as each other are no answer.

An occurrence number, ``"all"``, a prefix and a suffix mean the same in every tier. Where several places could be
meant the quote is ambiguous and has none; no tier ever takes the first of several. Offsets are code points of the text
as it is stored.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import Annotated, Literal, NamedTuple, TypeVar, cast

from msgspec import UNSET, Meta, Struct, UnsetType

from khabar.model import WHITE_SPACE, Edges, paragraphs
from khabar.problems import isolate, line_and_column

Tier = Literal["exact", "normalised", "fuzzy"]
TIERS: tuple[Tier, ...] = ("exact", "normalised", "fuzzy")
"""From strict to loose."""

Item = TypeVar("Item")
Text = Annotated[str, Meta(min_length=1)]


class Located(Struct, frozen=True, order=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A span of the text, by offsets or as a quote; by offsets it has the edges and the order of a `Span`."""

    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    occurrence: Annotated[int, Meta(ge=1)] | Literal["all"] | UnsetType = UNSET
    prefix: str | UnsetType = UNSET
    suffix: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse what is neither offsets nor a quote."""
        if self.start is not UNSET and self.end is not UNSET:
            if self.occurrence is not UNSET or self.prefix is not UNSET or self.suffix is not UNSET:
                raise ValueError("a span with offsets takes no occurrence, prefix or suffix")
        elif self.text is UNSET or self.start is not UNSET or self.end is not UNSET:
            raise ValueError("a span needs start and end, or a text to look for")

    @property
    def edges(self) -> Edges:
        """The pair (start, end) of a span by offsets."""
        return cast(Edges, (self.start, self.end))


class Found(NamedTuple):
    """The places of a quote (one; with ``"all"`` one or more), and the tier that found them."""

    places: tuple[Edges, ...]
    tier: Tier


class Missing(NamedTuple):
    """Why a quote has no place; where it is ambiguous, the first places that could be meant (at most eight)."""

    reason: Literal["not found", "ambiguous"]
    places: tuple[Edges, ...] = ()


_MOST_PLACES = 8
_WORD = re.compile("[^ ]+")
_NOT_FOUND = Missing("not found")

# Proclitics that may stand before a name inside its word, with tatweel before a figure («بـ22»); the guidelines
# leave them outside the mention.
PROCLITICS = re.compile(r"[وف]?[بكلس]?ـ*")


def whole_word(text: str, start: int, end: int) -> bool:
    """Whether a span is whole words and numbers, but for proclitics ([وف]?[بكلس]?) before it in its first word."""
    first, last = word_around(text, start, end)
    return last == end and bool(PROCLITICS.fullmatch(text, first, start)) and not parts_a_number(text, start, end)


def parts_a_number(text: str, start: int, end: int) -> bool:
    """Whether an edge of a span lies inside a number: «201» is not in «2019», nor «5» in «3.5»."""
    return any(edge and (_GOES_ON.match(text, edge - 1) or _WENT_BEFORE.match(text, edge)) for edge in (start, end))


_GOES_ON, _WENT_BEFORE = re.compile(r"\d(?=[.,٫٬]?\d)"), re.compile(r"(?<=\d[.,٫٬])\d")


def word_around(text: str, start: int, end: int) -> Edges:
    """The edges of a span, widened to whole words."""
    if start < len(text) and in_word(text[start]):
        while start and in_word(text[start - 1]):
            start -= 1
    if end and in_word(text[end - 1]):
        while end < len(text) and in_word(text[end]):
            end += 1
    return start, end


def in_word(character: str) -> bool:
    """Whether a character belongs to a word: a letter, a digit, or a mark on one (tatweel is a letter)."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def occurrences(text: str, quote: str) -> Iterator[int]:
    """Where a quote begins in a text, every place, overlapping ones too."""
    at = text.find(quote)
    while at >= 0:
        yield at
        at = text.find(quote, at + 1)


class TextIndex(Struct, frozen=True, eq=False, dict=True):
    """A text in which quotes are looked for; what a tier needs is made when a quote first needs it."""

    text: str

    @cached_property
    def folded(self) -> "Folded":
        """The text as the normalised tier sees it."""
        return fold(self.text)

    @cached_property
    def lines(self) -> tuple[Edges, ...]:
        """The lines that are not blank."""
        return tuple(paragraphs(self.text))

    def starts(self, quote: str) -> Sequence[int]:
        """Where a quote begins, every place; looked for once, however often it is asked."""
        if quote not in self._starts:
            self._starts[quote] = tuple(occurrences(self.text, quote))
        return self._starts[quote]

    @cached_property
    def _starts(self) -> dict[str, Sequence[int]]:
        return {}

    @cached_property
    def solid(self) -> "Folded":
        """The folded text without its spaces, and where each character stands in it."""
        at = [at for at, character in enumerate(self.folded.text) if character != " "]
        return Folded(self.folded.text.replace(" ", ""), at)

    @cached_property
    def begins(self) -> Sequence[int]:
        """Where words begin in the folded text, and where they may begin after proclitics; sorted."""
        text = self.folded.text
        matches = (PROCLITICS.match(text, word.start()) for word in _WORD.finditer(text))
        found = ((match.start(), match.end()) for match in matches if match)
        return [at for start, end in found for at in range(start, end + 1) if text[at] != " "]

    @cached_property
    def ends(self) -> Sequence[int]:
        """Where words end in the folded text; sorted."""
        return [word.end() for word in _WORD.finditer(self.folded.text)]

    def stored(self, start: int, end: int) -> Edges:
        """The edges in the stored text of a stretch of the folded one; marks on its last letter belong to it."""
        at, text = self.folded.at, self.text
        first, last = at[start], at[end - 1] + 1
        while last < len(text) and not _FOLDING[text[last]] and in_word(text[last]):
            last += 1
        return first, last


def find_quote(text: str, quote: Located) -> tuple[Edges, ...] | str:
    """The places of a quote in a text by the exact tier, or in words why it has none."""
    found = _exact(TextIndex(text), quote)
    if isinstance(found, Found):
        return found.places
    if found.reason == "ambiguous":
        return "it stands in the text more than once"
    if quote.occurrence == "all":
        return "it stands nowhere in the text as a word"
    if isinstance(quote.occurrence, int):
        return f"it does not stand in the text {quote.occurrence} times"
    return "it is not in the text"


def alike_fix(text: str, words: str) -> str:
    """What to do about words that are not in a text but would be if spelling were folded; empty where they are not."""
    found = locate(TextIndex(text), Located(text=words), "normalised") if words else _NOT_FOUND
    if not found.places:
        return ""
    start, end = found.places[0]
    line, _ = line_and_column(text, start)
    return f"The text writes it {isolate(text[start:end])} (line {line}): copy it so."


def locate(index: TextIndex, quote: Located, loosest: Tier = "exact") -> Found | Missing:
    """The places of a quote, by the strictest tier that says anything, or why it has none.

    ``occurrence`` counts from 1, overlaps included; ``"all"`` gives every hit that is whole words; a prefix and a
    suffix must stand right beside the quote. Without any of these the quote must stand in the text just once.
    """
    found = _exact(index, quote)
    if isinstance(found, Found):
        return Found(tuple((start, _after_marks(index.text, end)) for start, end in found.places), "exact")
    if loosest == "exact" or found != _NOT_FOUND:
        return found
    wanted = _wanted(quote)
    if not wanted.core:
        return found
    standing = _standing(index, wanted.core)
    if any(whole_word(index.text, *index.stored(*hit)) for hit in standing):
        return _choose(index, quote, wanted, _between(index, wanted, standing), "normalised")
    if loosest == "normalised":
        return _NOT_FOUND
    forms = _respaced(index, wanted.core) or _near(index, wanted.core)
    if len(forms) > 1:
        return _ambiguous(index.stored(*place) for places in forms.values() for place in places)
    hits = [hit for form in forms for hit in _between(index, wanted, _standing(index, form))]
    return _choose(index, quote, wanted, hits, "fuzzy")


def locate_line(index: TextIndex, quote: str, loosest: Tier = "exact") -> Found | Missing:
    """The one line of a text that is the quote, or else the one that begins with it (its edges, trimmed)."""
    text, wanted = index.text, quote.strip(WHITE_SPACE)
    if not wanted:
        return _NOT_FOUND
    found = [line for line in index.lines if text[line[0] : line[1]] == wanted]
    found = found or [line for line in index.lines if text.startswith(wanted, line[0])]
    if found or loosest == "exact":
        return _one(found, "exact")
    core = fold(wanted).text.strip()
    lines = {line: fold(text[line[0] : line[1]]).text for line in index.lines} if core else {}
    found = [line for line, folded in lines.items() if folded == f" {core} "]
    found = found or [line for line, folded in lines.items() if folded.startswith(f" {core} ")]
    if found or loosest == "normalised":
        return _one(found, "normalised")
    heads: dict[str, list[Edges]] = {}
    count = core.count(" ") + 1
    for line, folded in lines.items():
        words = folded.split()
        for length in dict.fromkeys(min(len(words), more) for more in (count - 1, count, count + 1)):
            heads.setdefault(" ".join(words[:length]), []).append(line)
    nearest = _nearest(core, heads)
    return _one(list(dict.fromkeys(line for places in nearest.values() for line in places)), "fuzzy")


def _one(places: Sequence[Edges], tier: Tier) -> Found | Missing:
    if len(places) == 1:
        return Found(tuple(places), tier)
    return _ambiguous(places) if places else _NOT_FOUND


def _ambiguous(places: Iterable[Edges]) -> Missing:
    return Missing("ambiguous", tuple(sorted(islice(dict.fromkeys(places), _MOST_PLACES))))


def _after_marks(text: str, end: int) -> int:
    """The end of a place, moved behind the marks on its last letter; no place parts them."""
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end


# -- exact -------------------------------------------------------------------------------------------------


def _exact(index: TextIndex, quote: Located) -> Found | Missing:
    text, wanted = index.text, quote.text or ""
    prefix, suffix = quote.prefix or "", quote.suffix or ""
    numbered = isinstance(quote.occurrence, int)
    if numbered and not prefix and not suffix:
        return _one([(at, at + len(wanted)) for at in _at(index.starts(wanted), quote.occurrence)], "exact")
    hits = (
        (at, at + len(wanted))
        for at in (index.starts(wanted) if numbered else occurrences(text, wanted))
        if text.startswith(suffix, at + len(wanted)) and text.endswith(prefix, 0, at)
    )
    if not numbered:
        hits = (place for place in hits if not parts_a_number(text, *place))
    if quote.occurrence == "all":
        places = tuple(place for place in hits if whole_word(text, *place))
        return Found(places, "exact") if places else _NOT_FOUND
    if numbered:
        return _one(_at(tuple(hits), quote.occurrence), "exact")
    return _one(tuple(islice(hits, _MOST_PLACES)), "exact")


def _at(places: Sequence[Item], number: int | Literal["all"] | UnsetType) -> Sequence[Item]:
    """The place of a number, counted from 1; none where there are fewer."""
    return places[number - 1 : number] if isinstance(number, int) else ()


# -- normalised --------------------------------------------------------------------------------------------


class Folded(NamedTuple):
    """A folded text: words between single spaces; ``at`` says where in the text each character comes from."""

    text: str
    at: Sequence[int]


class _Folding(dict[str, str]):
    """What each character is folded to: "" where it is dropped, " " where it separates; worked out once a character."""

    def __missing__(self, character: str) -> str:
        folded = "".join(map(_fold, unicodedata.normalize("NFKD", character).casefold()))
        self[character] = folded
        return folded


def _fold(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf") or character in "ـء":
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] in "PZC" or category == "Sk":
        return " "
    return _LETTERS.get(character, character)


_LETTERS = {"ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ک": "ك"}
_FOLDING = _Folding()

# What separates inside a number means something: «3.5» is neither «35» nor «3 5».
_SEPARATOR = re.compile(r"(?<=\d)[.,/:٫٬،‐‑–-](?=\d)")
_SEPARATORS = str.maketrans("٫٬،‐‑–", ".,,---")
_NUMBER = re.compile(r"[0-9]+(?:[.,/:-][0-9]+)*")


def fold(text: str) -> Folded:
    """A text as the normalised tier compares it, with a space at either end."""
    kept = {match.start(): match[0].translate(_SEPARATORS) for match in _SEPARATOR.finditer(text)}
    characters, at = [" "], [0]
    for position, character in enumerate(text):
        for letter in kept.get(position) or _FOLDING[character]:
            if letter != " " or characters[-1] != " ":
                characters.append(letter)
                at.append(position)
    if characters[-1] != " ":
        characters.append(" ")
        at.append(len(text))
    return Folded("".join(characters), at)


class _Wanted(NamedTuple):
    """A folded quote: its core, what must stand right before and after it, and the punctuation at its edges."""

    core: str
    before: str
    after: str
    opening: str
    closing: str


def _wanted(quote: Located) -> _Wanted:
    prefix, words, suffix = quote.prefix or "", quote.text or "", quote.suffix or ""
    whole = fold(prefix + words + suffix)
    first = bisect_left(whole.at, len(prefix), 1)
    last = bisect_left(whole.at, len(prefix) + len(words), 1)
    inside = whole.text[first:last]
    core = inside.strip(" ")
    first += len(inside) - len(inside.lstrip(" "))
    marks = [_mark(character) for character in words]
    letters = [at for at, mark in enumerate(marks) if not mark] or [len(marks)]
    return _Wanted(
        core,
        whole.text[1:first] if prefix else "",
        whole.text[first + len(core) : -1] if suffix else "",
        "".join(marks[: letters[0]]).replace(" ", ""),
        "".join(marks[letters[-1] + 1 :]).replace(" ", ""),
    )


_MARKS = {mark: kind for kind, marks in {'"': "«»“”„‟‹›‘’‚'`", "-": "‐‑‒–—―"}.items() for mark in marks}


def _mark(character: str) -> str:
    """Which punctuation mark a character is, shapes made equal; " " for white space, "" for what is in words."""
    folded = _FOLDING[character]
    if folded.strip(" ") or (not folded and in_word(character)):
        return ""
    if unicodedata.category(character)[0] in "ZC":
        return " "
    return _MARKS.get(character, unicodedata.normalize("NFKC", character).translate(_ARABIC_MARKS))


_ARABIC_MARKS = str.maketrans("،؛؟٪۔", ",;?%.")


def _between(index: TextIndex, wanted: _Wanted, places: Iterable[Edges]) -> list[Edges]:
    """Of places in the folded text those that stand between what must stand beside them."""
    text = index.folded.text
    return [
        (start, end)
        for start, end in places
        if text.endswith(wanted.before, 0, start) and text.startswith(wanted.after, end)
    ]


def _whole(index: TextIndex, form: str) -> list[Edges]:
    """Where a form stands in the folded text as whole words."""
    return [hit for hit in _standing(index, form) if whole_word(index.text, *index.stored(*hit))]


def _standing(index: TextIndex, form: str) -> list[Edges]:
    """Where a form stands in the folded text, inside of words too, as occurrences are counted."""
    return [(at, at + len(form)) for at in occurrences(index.folded.text, form)]


def _choose(index: TextIndex, quote: Located, wanted: _Wanted, hits: Sequence[Edges], tier: Tier) -> Found | Missing:
    """The place that is meant, of hits in the folded text; it must be whole words.

    Spellings that fold to one may be counted together or each for itself: a number stands for a place only
    where every way of counting gives the same.
    """
    places = [index.stored(*hit) for hit in hits]
    if quote.occurrence == "all":
        chosen = [place for place in places if whole_word(index.text, *place)]
        return Found(tuple(_widened(index.text, place, wanted) for place in chosen), tier) if chosen else _NOT_FOUND
    if isinstance(quote.occurrence, int):
        spellings: dict[str, list[Edges]] = {}
        for place in places:
            spellings.setdefault(index.text[slice(*place)], []).append(place)
        counted = (_at(way, quote.occurrence) for way in (places, *spellings.values()))
        places = list(dict.fromkeys(place for way in counted for place in way))
    if len(places) == 1 and not whole_word(index.text, *places[0]):
        return _NOT_FOUND
    return _one([_widened(index.text, place, wanted) for place in places[:_MOST_PLACES]], tier)


def _widened(text: str, place: Edges, wanted: _Wanted) -> Edges:
    """A place with the punctuation that the quote has at its edges, where the text has the same.

    Of a pair of quotation marks or brackets never only one: rather a mark more, or none.
    """
    start, end = place
    first, last = start, end
    for mark in reversed(wanted.opening):
        if first == 0 or _mark(text[first - 1]) != mark:
            break
        first -= 1
    for mark in wanted.closing:
        if last == len(text) or _mark(text[last]) != mark:
            break
        last += 1
    before, after = max(0, start - 1), end + 1
    choices = ((first, last), place, (start, after), (before, end), (before, after))
    return next((choice for choice in choices if _balanced(text[slice(*choice)])), place)


def _balanced(words: str) -> bool:
    """Whether quotation marks and brackets come in pairs."""
    for pair in ("«»", "()", "[]", "“”", "‹›", '""'):
        rest = "".join(character for character in words if character in pair)
        while pair in rest:
            rest = rest.replace(pair, "")
        if rest:
            return False
    return True


# -- fuzzy -------------------------------------------------------------------------------------------------

_LEAST_FOR_SPACES, _LEAST_FOR_SWAPS, _LEAST_FOR_EDITS, _LONG = 4, 5, 9, 20
_MOST_EDITS = 5


def most_edits(core: str) -> int:
    """How many edits may lie between a folded quote and the text: one from 9 letters, two from 20, … five from 50."""
    letters = sum(map(str.isalpha, core))
    return 0 if letters < _LEAST_FOR_EDITS else min(max(1, letters // 10), _MOST_EDITS)


def _respaced(index: TextIndex, core: str) -> dict[str, list[Edges]]:
    """The forms that differ from a folded quote in spaces only, or in an alef elided after a proclitic («للحكومة»)."""
    if len(core) - core.count(" ") < _LEAST_FOR_SPACES:
        return {}
    text, solid = index.folded.text, core.replace(" ", "")
    letters, at = index.solid
    ends = ((first, first + len(solid) - 1) for first in occurrences(letters, solid))
    places = [(at[first], at[last] + 1) for first, last in ends]
    if core.startswith("ال"):
        places += [(first + 1, first + len(core)) for first in occurrences(text, f"لل{core[2:]}")]
    found: dict[str, list[Edges]] = {}
    for place in places:
        # What is left of «في» after a proclitic is no word.
        word = text[place[0] - 1] == " " or text[place[0] + 1] != " "
        form = text[slice(*place)]
        if word and whole_word(index.text, *index.stored(*place)) and _same_numbers(core, form):
            found.setdefault(form, []).append(place)
    return found


def _near(index: TextIndex, core: str) -> dict[str, list[Edges]]:
    """The forms of the text that lie nearest to a folded quote, all of them where several do; none beyond its edits.

    Below 9 letters only two neighbours inside a word may be swapped: any other edit makes another word too easily
    («الجبل», «الحبل»). From there on, of 2n + 1 parts of the quote one must stand in the text unchanged where n edits
    lie between them, for an edit touches two parts at most; so only what is around the parts' places is compared.
    """
    text = index.folded.text
    edits = most_edits(core)
    if not edits:
        return {form: places for form in _swaps(core) if (places := _whole(index, form))}
    bounds = [len(core) * part // (2 * edits + 1) for part in range(2 * edits + 2)]
    tried: set[Edges] = set()
    for first, last in pairwise(bounds):
        for at in occurrences(text, core[first:last]):
            start, end = at - first, at - first + len(core)
            for begin in _within(index.begins, start - edits, start + edits):
                tried.update((begin, close) for close in _within(index.ends, end - edits, end + edits) if close > begin)
    forms: dict[str, list[Edges]] = {}
    for place in sorted(tried):
        forms.setdefault(text[slice(*place)], []).append(place)
    return _nearest(core, forms)


def _swaps(core: str) -> Iterator[str]:
    """A folded quote of 5 letters or more with two neighbours swapped, the edges of its words left alone."""
    if sum(map(str.isalpha, core)) >= _LEAST_FOR_SWAPS:
        for at in range(1, len(core) - 2):
            if core[at] != core[at + 1] and core[at - 1 : at + 3].isalpha():
                yield core[:at] + core[at + 1] + core[at] + core[at + 2 :]


def _within(places: Sequence[int], least: int, most: int) -> Sequence[int]:
    return places[bisect_left(places, least) : bisect_right(places, most)]


def _nearest(core: str, forms: Mapping[str, Item]) -> dict[str, Item]:
    """Of some forms those that are like a folded quote and lie nearest to it; none beyond its edits."""
    from rapidfuzz.distance import OSA

    most = most_edits(core)
    distances = ((OSA.distance(core, form, score_cutoff=most), form) for form in forms if most)
    near = [(distance, form) for distance, form in distances if distance <= most and _alike(core, form)]
    least = min(near, default=(0, ""))[0]
    return {form: forms[form] for distance, form in near if distance == least}


def _alike(core: str, form: str) -> bool:
    """Whether edits may be typing mistakes: numbers stay, and below 20 letters the edges of words.

    There stands what makes a word feminine, plural, definite or someone's. Letters that only changed places are
    allowed even there.
    """
    if sum(map(str.isalpha, core)) < _LONG:
        words, others = core.split(), form.split()
        if len(words) != len(others):
            return False
        for one, other in zip(words, others, strict=True):
            if (one[0], one[-1]) != (other[0], other[-1]) and sorted(one) != sorted(other):
                return False
    return _same_numbers(core, form)


def _same_numbers(core: str, form: str) -> bool:
    return _NUMBER.findall(core) == _NUMBER.findall(form)
