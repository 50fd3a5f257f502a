"""What a document is: frozen values that cannot be built wrong.

Offsets everywhere are 0-based, half-open and in Unicode code points of ``Document.text``. A value that breaks
a rule of its own (an end before its start, a relation to an entity that is not there) raises ``ValueError``
when it is built, so whoever holds one need not check again. The spans of a document that is read from JSON are
checked by the document, all at one go.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from msgspec import Struct, StructMeta

Item = TypeVar("Item")

AUTHOR = "author"
"""The reserved id of the article's own voice, as the holder of a stance."""

ISSUE = "ISSUE"
"""The entity type that only the target of a stance may have."""

COREFERENT = frozenset({"PER", "NORP", "ROLE", "ORG", "GPE", "LOC", "FAC", "EVENT", "LAW", "PRODUCT", "WORK"})
"""The entity types that take part in coreference: neither amounts, dates and the like nor issues do."""

NAME = "name"
"""The mention form that the entity measures ask for; the others are nominal, pronoun and adjective."""

Layer = Literal["entities", "relations", "stance", "subsections"]
LAYERS: tuple[Layer, ...] = ("entities", "relations", "stance", "subsections")

LABEL: Mapping[Layer, str] = {"entities": "type", "relations": "type", "stance": "label", "subsections": "kind"}
"""The property of a layer's items that is their label."""

Edges = tuple[int, int]
"""A span as a bare pair (start, end), for sets and dictionaries."""

WHITE_SPACE = (
    "\t\n\v\f\r \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters with the Unicode property White_Space (``str.isspace`` counts four control characters more)."""


class _Checked(StructMeta):
    """A type whose values are checked when they are built by name, not when they are decoded as parts of another."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build a value and let it check itself."""
        value = super().__call__(*args, **kwargs)
        value.check()
        return value


class Span(Struct, frozen=True, order=True, forbid_unknown_fields=True, gc=False, metaclass=_Checked):
    """A stretch of text: code points ``start`` (0-based) up to but not including ``end``; never empty."""

    start: int
    end: int

    def check(self) -> None:
        """Refuse an empty span, a reversed one and a negative start."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}..{self.end}")

    @property
    def edges(self) -> Edges:
        """The pair (start, end)."""
        return (self.start, self.end)


class Quote(Span, frozen=True, forbid_unknown_fields=True, gc=False):
    """A span that repeats its text: the evidence of a relation or stance, the heading of a section."""

    text: str

    def check(self) -> None:
        """Refuse what `Span` refuses, and a text of another length than the span."""
        if self.start < 0 or not 0 < len(self.text) == self.end - self.start:
            Span.check(self)
            raise ValueError(f"{self.start}..{self.end} is not as long as its text {self.text!r}")


AnyQuote = TypeVar("AnyQuote", bound=Quote)


class Mention(Quote, frozen=True, forbid_unknown_fields=True, gc=False):
    """One place where an entity is mentioned; ``form`` is name, nominal, pronoun or adjective."""

    form: str = NAME


class Entity(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One thing in the world; its mentions corefer.

    ``name`` is what it is called in full, ``wikidata`` its Wikidata item (Q-number), ``value`` an ISO 8601 date
    or time, or a number with its unit. A predicted entity may be left without mentions when none of its quotes
    was found in the text; a gold one has at least one.
    """

    id: str
    type: str
    name: str | None = None
    wikidata: str | None = None
    value: str | None = None
    mentions: tuple[Mention, ...]


class Relation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A fact that the text states: ``type`` holds from the entity ``head`` to the entity ``tail`` (ids)."""

    id: str
    type: str
    head: str
    tail: str
    evidence: tuple[Quote, ...] = ()


class Stance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Who is for or against what.

    ``holder`` is an entity id or ``"author"``, ``target`` an entity id, ``label`` favor, against or neutral,
    ``mode`` stated, enacted or inferred, ``source`` the entity cited for it when that is not the holder.
    """

    id: str
    holder: str
    target: str
    label: str
    mode: str | None = None
    source: str | None = None
    evidence: tuple[Quote, ...] = ()


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A part of the page: ``kind`` from ``start`` to ``end`` (code points), in the page's story number ``story``.

    ``function`` is van Dijk's news schema category or None; ``heading`` is the section's own heading or None.
    """

    id: str
    start: int
    end: int
    kind: str
    story: int | None = None
    function: str | None = None
    heading: Quote | None = None

    def __post_init__(self) -> None:
        """Refuse an empty section and a heading that lies outside."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"section {self.id} needs 0 <= start < end, not {self.start}..{self.end}")
        if self.heading and not self.start <= self.heading.start < self.heading.end <= self.end:
            raise ValueError(f"the heading of section {self.id} lies outside of it")


class Metadata(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What is known of a document besides its text; ``schemas/metadata.schema.json`` describes each field."""

    schema_version: str
    doc_id: str
    title: str
    language: str
    text_sha256: str
    codepoints: int
    split: str
    origin: str
    publisher: str | None
    published: str | None
    country: str
    domain: str
    genre: str
    rights: str
    licence: str
    stories: int
    guidelines: str
    canary: str | None = None


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One web page of news: its text and its four layers. Gold, an annotator's pass and a prediction alike."""

    doc_id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    stance: tuple[Stance, ...] = ()
    subsections: tuple[Section, ...] = ()
    metadata: Metadata | None = None
    schema_version: str | None = None
    text_sha256: str | None = None
    guidelines: str | None = None
    annotators: tuple[str, ...] = ()
    adjudicated: bool = False
    canary: str | None = None

    def __post_init__(self) -> None:
        """Refuse what `check_mentions` and `check_rest` do."""
        self.check_rest()
        self.check_mentions()

    def check_mentions(self) -> None:
        """Refuse mentions outside the text or with words that are not there, and a span twice in one type."""
        mentions = mentions_of(self.entities)
        self._refuse(self._wrong_words(mentions))
        if twice := spans_twice(self.entities, mentions):
            self._refuse([f"a span stands twice in one type: {twice}"])

    def check_rest(self) -> None:
        """Refuse repeated ids, references to nothing, overlapping sections, and evidence and headings as mentions."""
        self._refuse(self._wrong_ids())
        if self.relations or self.stance or self.subsections:
            self._refuse(self._wrong_references())
            self._refuse(self._wrong_words(self._other_quotes()))
            self._refuse(self._wrong_sections())

    def _refuse(self, wrongs: Iterable[str]) -> None:
        for wrong in wrongs:
            raise ValueError(f"document {self.doc_id}: {wrong}")

    def quotes(self) -> list[Quote]:
        """Every span of the document that repeats its text, mentions first."""
        return [*mentions_of(self.entities), *self._other_quotes()]

    def _other_quotes(self) -> list[Quote]:
        found: list[Quote] = []
        for relation in self.relations:
            found += relation.evidence
        for stance in self.stance:
            found += stance.evidence
        found += [section.heading for section in self.subsections if section.heading]
        return found

    # Each of the following takes a layer as a whole, and asks for the single item only where something is wrong.

    def _wrong_ids(self) -> Iterator[str]:
        layers: tuple[Sequence[Entity | Relation | Stance | Section], ...] = (
            self.entities,
            self.relations,
            self.stance,
            self.subsections,
        )
        for layer in layers:
            ids = {item.id for item in layer}
            if len(ids) < len(layer):
                yield f"an id stands twice: {_doubled(item.id for item in layer)}"
            if AUTHOR in ids and layer is self.entities:
                yield f"the id {AUTHOR!r} is reserved for the article's own voice"

    def _wrong_references(self) -> Iterator[str]:
        known = {entity.id for entity in self.entities}
        voices = {*known, AUTHOR}
        for relation in self.relations:
            if relation.head not in known or relation.tail not in known:
                yield f"relation {relation.id} names an entity that is not there"
        for stance in self.stance:
            if stance.target not in known or stance.holder not in voices or (stance.source or AUTHOR) not in voices:
                yield f"stance {stance.id} names an entity that is not there"

    def _wrong_words(self, quotes: Iterable[Quote]) -> Iterator[str]:
        for quote in misplaced(quotes, self.text):
            quote.check()
            yield f"the text at {quote.start}..{quote.end} is not {quote.text!r}"

    def _wrong_sections(self) -> Iterator[str]:
        last, size = 0, len(self.text)
        for start, end, given in sorted([(section.start, section.end, section.id) for section in self.subsections]):
            if start < last or end > size:
                yield f"section {given} overlaps another or leaves the text"
            last = end


def misplaced(quotes: Iterable[AnyQuote], text: str) -> list[AnyQuote]:
    """Those of some spans that do not lie in a text, or whose words are not there."""
    size = len(text)
    return [
        quote
        for quote in quotes
        if not 0 <= (start := quote.start) < (end := quote.end) <= size or text[start:end] != quote.text
    ]


def mentions_of(entities: Iterable[Entity]) -> list[Mention]:
    """The mentions of some entities, in a row."""
    found: list[Mention] = []
    for entity in entities:
        found += entity.mentions
    return found


def spans_twice(entities: Iterable[Entity], mentions: Sequence[Mention]) -> list[tuple[int, int, str]]:
    """The spans (start, end, type) that stand more than once in entities of one type; ``mentions`` are all theirs."""
    if len({(mention.start, mention.end) for mention in mentions}) == len(mentions):
        return []
    return _doubled((mention.start, mention.end, entity.type) for entity in entities for mention in entity.mentions)


def called(entity: Entity) -> str:
    """What an entity is called: its name, or else its longest mention, the first of the longest; "" without either."""
    if entity.name or not entity.mentions:
        return entity.name or ""
    return min(entity.mentions, key=lambda mention: (mention.start - mention.end, mention.start)).text


def _doubled(items: Iterable[Item]) -> list[Item]:
    return [item for item, count in Counter(items).items() if count > 1]


def paragraphs(text: str) -> Iterator[Edges]:
    """Every paragraph of a text: the edges of each line that is not blank, white space trimmed, in order.

    A line ends at LF; it is blank when it holds nothing but characters of the Unicode property White_Space.
    """
    start = 0
    for line in text.split("\n"):
        stripped = line.strip(WHITE_SPACE)
        if stripped:
            left = start + len(line) - len(line.lstrip(WHITE_SPACE))
            yield (left, left + len(stripped))
        start += len(line) + 1
