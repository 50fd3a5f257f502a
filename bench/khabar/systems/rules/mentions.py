"""A page of tokens and the mentions found on it."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from khabar.systems.rules.lexicon import Place, gazetteer, longest, nisbas, place_name
from khabar.systems.rules.text import (
    BREAK,
    LATIN,
    MARK,
    NUMBER,
    URL,
    WORD,
    Reading,
    Token,
    fold,
    has_clean_edges,
    tokenize,
)

NAME, NOMINAL, ADJECTIVE = "name", "nominal", "adjective"


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of type `type`; `first` and `last` are token indices (half-open), `key` says which entity it is."""

    first: int
    last: int
    start: int
    end: int
    type: str
    key: str
    name: str
    form: str = NAME
    head: str = ""
    relation: str = ""  # for a ROLE: the relation that it states


@dataclass(frozen=True)
class Page:
    """A text and its tokens."""

    text: str
    tokens: list[Token] = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Page":
        """Tokenise `text`."""
        return cls(text, tokenize(text))

    def kind(self, i: int) -> str:
        """The kind of token `i`; a line break beyond either end."""
        return self.tokens[i].kind if 0 <= i < len(self.tokens) else BREAK

    def is_word(self, i: int) -> bool:
        """Whether token `i` is an Arabic word."""
        return self.kind(i) == WORD

    def norm(self, i: int) -> str:
        """The folded form of token `i`; "" beyond either end."""
        return self.tokens[i].word.norm if 0 <= i < len(self.tokens) else ""

    def light(self, i: int) -> str:
        """The form of token `i` with ى and ة kept; "" beyond either end."""
        return self.tokens[i].word.light if 0 <= i < len(self.tokens) else ""

    def readings(self, i: int) -> tuple[Reading, ...]:
        """The readings of token `i`."""
        return self.tokens[i].word.readings if 0 <= i < len(self.tokens) else ()

    def is_definite(self, i: int) -> bool:
        """Whether token `i` is a word that begins with ال, without a proclitic."""
        return self.is_word(i) and self.tokens[i].word.article and len(self.norm(i)) > 3

    def select(self, stems: Container[str]) -> list[int]:
        """The tokens that have a reading among `stems`; each word form is looked up once."""
        known: dict[str, bool] = {}
        chosen: list[int] = []
        for i, token in enumerate(self.tokens):
            norm = token.word.norm
            if norm not in known:
                known[norm] = any(stem in stems for _, stem, _ in token.word.readings)
            if known[norm]:
                chosen.append(i)
        return chosen

    def start(self, i: int, cut: int = 0) -> int:
        """The offset of token `i` after `cut` letters of proclitics."""
        token = self.tokens[i]
        return token.start + (token.word.offset(cut) if cut else 0)

    def stem(self, i: int, cut: int) -> str:
        """The folded stem of token `i` after `cut` letters; لل gives ال back."""
        return next((stem for c, stem, _ in self.readings(i) if c == cut), self.norm(i))

    def surface(self, i: int, last: int, cut: int, stem: str = "") -> str:
        """The words of tokens `i` to `last` as a name: from the text, with the letters of ال that لل hides."""
        words = " ".join(self.text[self.start(i, cut) : self.tokens[last - 1].end].split())
        stem, shown = stem or self.stem(i, cut), self.norm(i)[cut:]
        return stem.removesuffix(shown) + words if cut and stem.endswith(shown) else words

    def mention(self, i: int, last: int, type_: str, *, cut: int = 0, key: str = "", **more: str) -> Mention:
        """A mention of tokens `i` to `last`, without the first `cut` letters; its key is its folded words if not given."""
        stem, name = more.pop("stem", ""), more.pop("name", "")
        name = name or self.surface(i, last, cut, stem)
        start, end = self.start(i, cut), self.tokens[last - 1].end
        return Mention(i, last, start, end, type_, key or fold(name), name, **more)

    def is_clean(self, mention: Mention) -> bool:
        """Whether the mention's edges are such as a mention may have."""
        return has_clean_edges(self.text, mention.start, mention.end)


@dataclass(frozen=True)
class Found:
    """Mentions, and where they begin and what they cover, by token."""

    mentions: tuple[Mention, ...]

    @cached_property
    def at(self) -> dict[int, Mention]:
        """The longest mention that begins at a token."""
        table: dict[int, Mention] = {}
        for mention in self.mentions:
            if mention.first not in table or mention.last > table[mention.first].last:
                table[mention.first] = mention
        return table

    @cached_property
    def inner(self) -> frozenset[int]:
        """Tokens inside any mention but its first."""
        return frozenset(i for mention in self.mentions for i in range(mention.first + 1, mention.last))

    @cached_property
    def covered(self) -> frozenset[int]:
        """Tokens inside any mention."""
        return frozenset(i for mention in self.mentions for i in range(mention.first, mention.last))


def _has_context(page: Page, i: int, cut: int) -> bool:
    """Whether a noun that is also an everyday word stands where only a place can."""
    return cut > 0 or page.norm(i - 1) in ("في", "الي", "من", "دوله", "جمهوريه", "شمال", "جنوب", "شمالي", "وسط")


def find_places(page: Page, saying: frozenset[str]) -> Found:
    """Places that CLDR names; a capital that says something is a mention of its state."""
    table = gazetteer()
    found: list[Mention] = []
    edge = 0
    for i in page.select(table):
        hit = longest(table, page.tokens, i) if i >= edge else None
        if hit is None or (hit[2].key == "ML" and not _has_context(page, i, hit[0])):
            continue
        cut, edge, place = hit
        if place.state and any(stem in saying and stem.endswith("ت") for _, stem, _ in page.readings(i - 1)):
            place = Place(place.type, place.state, place_name(place.state))
        found.append(page.mention(i, edge, place.type, cut=cut, key=place.key, name=place.name))
    return Found(tuple(found))


def find_nisbas(page: Page, places: Found, function: frozenset[str], verbs: frozenset[str]) -> Found:
    """Adjectives of states and peoples after a noun; plurals and names of peoples that stand alone are NORP names."""
    tables = nisbas()
    found: list[Mention] = []
    for i in page.select(tables.forms):
        if i in places.covered:
            continue
        after_noun = page.is_word(i - 1) and not any(
            light in function or stem in verbs for _, stem, light in page.readings(i - 1)
        )
        if hit := longest(tables.peoples, page.tokens, i):
            found.append(_nisba(page, i, hit, "NORP", NAME))
        elif hit := longest(tables.plural, page.tokens, i):
            if after_noun and hit[0] == 0 and page.is_definite(i) == _ends_definite(page, i - 1):
                found.append(_nisba(page, i, hit, hit[2].type, ADJECTIVE))
            elif page.stem(i, hit[0]).startswith("ال"):
                found.append(_nisba(page, i, hit, "NORP", NAME))
        elif after_noun and (hit := longest(tables.singular, page.tokens, i)) and (hit[0] == 0 or _is_joined(page, i)):
            found.append(_nisba(page, i, hit, hit[2].type, ADJECTIVE))
    return Found(tuple(found))


def _ends_definite(page: Page, i: int) -> bool:
    return any(stem.startswith("ال") for _, stem, _ in page.readings(i))


def _is_joined(page: Page, i: int) -> bool:
    """Whether token `i` is joined by و to another adjective («العربي والتركي»)."""
    return page.norm(i).startswith("و") and page.norm(i - 1).endswith(("ي", "يه", "يين", "يون", "يان"))


def _nisba(page: Page, i: int, hit: tuple[int, int, Place], type_: str, form: str) -> Mention:
    cut, last, place = hit
    key = place.key if type_ == place.type else "people " + place.key
    name = place.name if type_ == place.type == "GPE" else ""
    return page.mention(i, last, type_, cut=cut, key=key, name=name, form=form)


def outermost(mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions that do not cross or stand inside a longer one of the same type, in page order."""
    kept: list[Mention] = []
    edge: dict[str, int] = {}
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if mention.start >= edge.get(mention.type, 0):
            kept.append(mention)
            edge[mention.type] = mention.end
    return kept


__all__ = ["BREAK", "LATIN", "MARK", "NUMBER", "URL", "WORD", "Found", "Mention", "Page", "find_nisbas", "find_places"]
