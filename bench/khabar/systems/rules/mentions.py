"""A page of tokens, the mentions found on it, and the places and peoples among them."""

from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from khabar.systems.rules.lexicon import Place, gazetteer, lexicon, longest, nisbas, place_name
from khabar.systems.rules.text import BREAK, WORD, Reading, Token, fold, tokenize

NAME: Final = "name"
NOMINAL: Final = "nominal"
ADJECTIVE: Final = "adjective"
_SHORTEST_DEFINITE: Final = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of type `type`; `first` and `last` are token indices (half-open), `key` says which entity it is.

    `head` is the noun that opens the name, if one does; `relation` is what a ROLE says of its holder.
    """

    first: int
    last: int
    start: int
    end: int
    type: str
    key: str
    name: str
    form: str = NAME
    head: str = ""
    relation: str = ""


@dataclass(frozen=True)
class Page:
    """A text and its tokens. Beyond either end stand line breaks of no letters."""

    text: str
    tokens: list[Token] = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Page":
        """Tokenise `text`."""
        return cls(text, tokenize(text))

    def kind(self, i: int) -> str:
        """The kind of token `i`."""
        return self.tokens[i].kind if 0 <= i < len(self.tokens) else BREAK

    def norm(self, i: int) -> str:
        """The folded form of token `i`."""
        return self.tokens[i].word.norm if 0 <= i < len(self.tokens) else ""

    def light(self, i: int) -> str:
        """The form of token `i` with ى and ة kept."""
        return self.tokens[i].word.light if 0 <= i < len(self.tokens) else ""

    def readings(self, i: int) -> tuple[Reading, ...]:
        """The readings of token `i`."""
        return self.tokens[i].word.readings if 0 <= i < len(self.tokens) else ()

    def is_word(self, i: int) -> bool:
        """Whether token `i` is an Arabic word."""
        return self.kind(i) == WORD

    def is_definite(self, i: int) -> bool:
        """Whether token `i` is a word that begins with ال, no proclitic before it."""
        return self.is_word(i) and self.tokens[i].word.article and len(self.norm(i)) >= _SHORTEST_DEFINITE

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

    def mention(self, i: int, last: int, type_: str, *, cut: int = 0, key: str = "", **more: str) -> Mention:
        """A mention of tokens `i` to `last` without the first `cut` letters.

        Its name is its words, with the letters of ال that لل hides; its key is the folded name if not given.
        """
        start, end = self.start(i, cut), self.tokens[last - 1].end
        stem, name, shown = more.pop("stem", ""), more.pop("name", ""), self.norm(i)[cut:]
        if not name:
            stem = stem or self.stem(i, cut)
            hidden = stem.removesuffix(shown) if cut and stem.endswith(shown) else ""
            name = hidden + " ".join(self.text[start:end].split())
        return Mention(i, last, start, end, type_, key or fold(name), name, **more)


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
        return self.inner.union(mention.first for mention in self.mentions)


def _is_subject(page: Page, i: int, before: Mention | None) -> bool:
    """Whether a verb of saying stands before token `i`, or before the capital that it is joined to."""
    if before and before.last == i and page.norm(i).startswith("و"):
        i = before.first
    said = any(stem in lexicon().saying and stem.endswith("ت") for _, stem, _ in page.readings(i - 1))
    return said and page.norm(i - 2) != "قد"  # «كانت س قد طالبت [ص]» has its subject before it


def find_places(page: Page) -> Found:
    """Places that CLDR names; a capital that says something is a mention of its state."""
    table = gazetteer()
    found: list[Mention] = []
    edge = 0
    for i in page.select(table):
        hit = longest(table, page.tokens, i) if i >= edge else None
        if hit is None:
            continue
        cut, last, place = hit
        if place.key == "ML" and not cut and page.norm(i - 1) not in lexicon()["before_place"]:
            continue  # مالي, "financial"
        edge = last
        if place.state and _is_subject(page, i, found[-1] if found else None):
            place = Place(place.type, place.state, place_name(place.state))
        found.append(page.mention(i, last, place.type, cut=cut, key=place.key, name=place.name))
    return Found(tuple(found))


def find_nisbas(page: Page, places: Found) -> Found:
    """Adjectives of states and peoples after a noun; plurals and names of peoples alone are NORP names."""
    tables, words = nisbas(), lexicon()
    found: list[Mention] = []
    for i in page.select(tables.forms):
        if i in places.covered:
            continue
        before = page.readings(i - 1)
        no_noun = any(s in words.verbs or light in words.light["function"] for _, s, light in before)
        noun = page.is_word(i - 1) and not no_noun
        if hit := longest(tables.peoples, page.tokens, i):
            found.append(_people(page, i, hit))
        elif hit := longest(tables.plural, page.tokens, i):
            cut, last, place = hit
            if noun and not cut and page.is_definite(i) == any(stem.startswith("ال") for _, stem, _ in before):
                found.append(_adjective(page, i, hit))
            elif page.stem(i, cut).startswith("ال"):
                found.append(_people(page, i, (cut, last, place)))
        elif noun and (hit := longest(tables.singular, page.tokens, i)) and (hit[0] == 0 or _is_joined(page, i)):
            found.append(_adjective(page, i, hit))
    return Found(tuple(found))


def _is_joined(page: Page, i: int) -> bool:
    """Whether token `i` is joined by و to another adjective («العربي والتركي»)."""
    return page.norm(i).startswith("و") and page.norm(i - 1).endswith(("ي", "يه", "يين", "يون", "يان"))


def _adjective(page: Page, i: int, hit: tuple[int, int, Place]) -> Mention:
    cut, last, place = hit
    name = place.name if place.type == "GPE" else ""
    return page.mention(i, last, place.type, cut=cut, key=place.key, name=name, form=ADJECTIVE)


def _people(page: Page, i: int, hit: tuple[int, int, Place]) -> Mention:
    cut, last, place = hit
    return page.mention(i, last, "NORP", cut=cut, key=place.key if place.type == "NORP" else f"people {place.key}")
