"""From what a system wrote to spans of the text: quotes, offset units, first lines, and what does not hold.

A prediction is read into the loose values here and then grounded in its document's text: what comes out is a
`Document`, as gold is, so that one scorer compares any two. An item that cannot be part of a document (an unknown
label, a span outside the text) is set apart as a `Fault`; a quote that is not found, or found in several places,
is a `Void` at once: a predicted item that matches nothing.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from khabar.corpus import checksum
from khabar.model import (
    AUTHOR,
    NAME,
    WHITE_SPACE,
    Document,
    Edges,
    Entity,
    Mention,
    Quote,
    Relation,
    Section,
    Stance,
    paragraphs,
)
from khabar.problems import Pointer, isolate
from khabar.schemas import Inventory, nearest

Item = TypeVar("Item")
Text = Annotated[str, Meta(min_length=1)]
DocId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$")]


class Located(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A span of the text, by offsets or as a quote."""

    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    occurrence: Annotated[int, Meta(ge=1)] | Literal["all"] | UnsetType = UNSET
    prefix: str | UnsetType = UNSET
    suffix: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse what is neither offsets nor a quote."""
        if self.start is not UNSET and self.end is not UNSET:
            if (self.occurrence, self.prefix, self.suffix) != (UNSET, UNSET, UNSET):
                raise ValueError("a span with offsets takes no occurrence, prefix or suffix")
        elif self.text is UNSET or self.start is not UNSET or self.end is not UNSET:
            raise ValueError("a span needs start and end, or a text to look for")


class PredictedMention(Located, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A mention of a predicted entity."""

    form: str | UnsetType = UNSET


class FlatMention(PredictedMention, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A mention with its type, of a system without coreference."""

    id: Text | UnsetType = UNSET
    type: str


class PredictedEntity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted entity."""

    id: Text
    type: str
    name: str | UnsetType | None = UNSET
    wikidata: str | UnsetType | None = UNSET
    value: str | UnsetType | None = UNSET
    mentions: Annotated[tuple[PredictedMention, ...], Meta(min_length=1)]


class PredictedRelation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted relation."""

    id: Text | UnsetType = UNSET
    type: str
    head: str
    tail: str
    evidence: tuple[Located, ...] | UnsetType = UNSET


class PredictedStance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted stance."""

    id: Text | UnsetType = UNSET
    holder: str
    target: str
    label: str
    mode: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    evidence: tuple[Located, ...] | UnsetType = UNSET


class PredictedSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted section, by offsets or by its first line."""

    id: Text | UnsetType = UNSET
    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    first: Text | UnsetType = UNSET
    kind: str
    story: Annotated[int, Meta(ge=1)] | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET
    heading: Located | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse what is neither offsets nor a first line."""
        given = (self.start is not UNSET, self.end is not UNSET, self.first is not UNSET)
        if given not in ((True, True, False), (False, False, True)):
            raise ValueError("a section needs start and end, or its first line")


class Prediction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a system says of one document, as it was written: encoded again it has the properties that it had."""

    doc_id: DocId
    entities: tuple[PredictedEntity, ...] | Literal["gold"] | UnsetType = UNSET
    mentions: tuple[FlatMention, ...] | UnsetType = UNSET
    relations: tuple[PredictedRelation, ...] | UnsetType = UNSET
    stance: tuple[PredictedStance, ...] | UnsetType = UNSET
    stance_pairs: Literal["gold"] | UnsetType = UNSET
    subsections: tuple[PredictedSection, ...] | UnsetType = UNSET
    offset_unit: Literal["codepoint", "utf16", "byte"] | UnsetType = UNSET
    text_sha256: Sha256 | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    schema_version: Literal["1.0"] | UnsetType = UNSET
    guidelines: Version | UnsetType = UNSET
    annotators: tuple[str, ...] | UnsetType = UNSET
    adjudicated: bool | UnsetType = UNSET
    canary: str | UnsetType = UNSET
    metadata: dict[str, object] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse entities and mentions side by side."""
        if self.entities is not UNSET and self.mentions is not UNSET:
            raise ValueError("give entities or mentions, not both")


READ_PREDICTION = msgspec.json.Decoder(Prediction).decode
"""Read one prediction; raises msgspec.DecodeError where it is not one."""


class Void(Struct, frozen=True):
    """A predicted item that can match nothing: its layer (or ``"heading"``) and its label."""

    layer: str
    label: str


class Fault(Struct, frozen=True):
    """Something in a prediction that does not hold, and the items that are lost with it."""

    rule: str
    pointer: Pointer
    message: str
    fix: str
    voids: tuple[Void, ...] = ()


class Grounded(Struct, frozen=True):
    """A prediction in its document's text.

    ``document`` holds what is sound; ``faults`` what is not; ``unlocated`` a void for each quote that was not
    found or is ambiguous; ``has`` the layers, and the optional parts of them, that the prediction gives;
    ``quoted`` whether any span was given as a quote.
    """

    document: Document
    faults: tuple[Fault, ...]
    unlocated: tuple[Void, ...]
    has: frozenset[str]
    quoted: bool


def ground(prediction: Prediction, gold: Document, labels: Inventory) -> Grounded:
    """Ground a prediction in the text of its gold document.

    From gold, only the text is read; the entities too on the given-entities track and the (holder, target) pairs
    on the given-pairs track, where the prediction names them by gold's ids.
    """
    return _Grounding(prediction, gold, labels).result()


def voids(prediction: Prediction) -> tuple[Void, ...]:
    """Every item of a prediction, as one that matches nothing."""
    return tuple(_voids(prediction))


def _voids(prediction: Prediction) -> Iterator[Void]:
    for entity in _items(prediction.entities):
        yield from _lost(entity)
    yield from (Void("entities", mention.type) for mention in _items(prediction.mentions))
    yield from (Void("relations", relation.type) for relation in _items(prediction.relations))
    yield from (Void("stance", stance.label) for stance in _items(prediction.stance))
    yield from (Void("subsections", section.kind) for section in _items(prediction.subsections))


def _given(value: str | UnsetType | None) -> str | None:
    return None if value is UNSET else value


def _items(layer: tuple[Item, ...] | str | UnsetType) -> tuple[Item, ...]:
    return layer if isinstance(layer, tuple) else ()


def _lost(entity: PredictedEntity) -> Iterator[Void]:
    return (Void("entities", entity.type) for _ in entity.mentions)


# Proclitics that may stand before a name inside its word, with tatweel before a figure («بـ22»); the guidelines
# leave them outside the mention.
PROCLITICS = re.compile(r"[وف]?[بكلس]?ـ*")


def whole_word(text: str, start: int, end: int) -> bool:
    """Whether a span is whole words, but for proclitics ([وف]?[بكلس]?) before it in its first word."""
    first, last = word_around(text, start, end)
    return last == end and bool(PROCLITICS.fullmatch(text, first, start))


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


_SAME_LETTER = str.maketrans("أإآٱؤئةى", "ااااويهي")


def alike_fix(text: str, words: str) -> str:
    """What to do about words that are not in a text but would be if hamza, marks, ة and ى were written alike.

    Empty where the text does not read so either.
    """
    kept = [at for at, character in enumerate(text) if not _is_mark(character)]
    plain = "".join(text[at] for at in kept).translate(_SAME_LETTER)
    wanted = "".join(character for character in words if not _is_mark(character)).translate(_SAME_LETTER)
    at = plain.find(wanted)
    if at < 0 or not wanted:
        return ""
    end = kept[at + len(wanted)] if at + len(wanted) < len(kept) else len(text)
    line = text.count("\n", 0, kept[at]) + 1
    return f"The text writes it {isolate(text[kept[at] : end].rstrip(WHITE_SPACE))} (line {line}): copy it so."


def _is_mark(character: str) -> bool:
    return character == "\u0640" or unicodedata.category(character) == "Mn"


def find_quote(text: str, quote: Located, starts: Sequence[int] | None = None) -> tuple[Edges, ...] | str:
    """The places of a quote in a text, or why it has none: not found, or ambiguous.

    ``occurrence`` counts from 1, overlaps included; ``"all"`` gives every hit that is whole words; a prefix and a
    suffix must stand right beside the quote. Without any of these the quote must stand in the text just once.
    ``starts``: where the words stand, if that is known.
    """
    wanted = quote.text if quote.text is not UNSET else ""
    prefix, suffix = quote.prefix or "", quote.suffix or ""
    hits = (
        (at, at + len(wanted))
        for at in (occurrences(text, wanted) if starts is None else starts)
        if text.startswith(suffix, at + len(wanted)) and text.endswith(prefix, 0, at)
    )
    if quote.occurrence == "all":
        places = tuple(place for place in hits if whole_word(text, *place))
        return places or "it stands nowhere in the text as a word"
    if isinstance(quote.occurrence, int):
        if starts is not None and not prefix and not suffix:
            hits = ((at, at + len(wanted)) for at in starts[quote.occurrence - 1 : quote.occurrence])
            return tuple(hits) or f"it does not stand in the text {quote.occurrence} times"
        chosen = next(islice(hits, quote.occurrence - 1, None), None)
        return (chosen,) if chosen else f"it does not stand in the text {quote.occurrence} times"
    first, second = next(hits, None), next(hits, None)
    if first is None:
        return "it is not in the text"
    return (first,) if second is None else "it stands in the text more than once"


class _Grounding:
    """One prediction on its way into a text, with what was found wrong so far."""

    def __init__(self, prediction: Prediction, gold: Document, labels: Inventory) -> None:
        self.prediction = prediction
        self.gold = gold
        self.text = gold.text
        self.labels = labels
        self.faults: list[Fault] = []
        self.unlocated: list[Void] = []
        self.has: set[str] = set()
        self.known: dict[str, Sequence[int]] = {}
        self.quoted = False

    def result(self) -> Grounded:
        document = Document(doc_id=self.gold.doc_id, text=self.text)
        if not self.other_text():
            entities = self.entities()
            known = {entity.id for entity in entities}
            document = Document(
                doc_id=self.gold.doc_id,
                text=self.text,
                entities=entities,
                relations=tuple(self.relations(known)),
                stance=tuple(self.stance(known)),
                subsections=tuple(self.subsections()),
            )
        return Grounded(document, tuple(self.faults), tuple(self.unlocated), frozenset(self.has), self.quoted)

    def fault(self, rule: str, at: Pointer, message: str, fix: str, lost: Iterable[Void] = ()) -> None:
        self.faults.append(Fault(rule, at, message, fix, tuple(lost)))

    def other_text(self) -> bool:
        """Whether the prediction says that it was made on another text; then no offset of it can be trusted."""
        named = self.prediction.text_sha256
        other = _given(self.prediction.text) not in (None, self.text)
        if other or (named is not UNSET and named != (self.gold.text_sha256 or checksum(self.text))):
            at: Pointer = ("text",) if other else ("text_sha256",)
            fix = "Predict on the texts of `khabar export inputs`, unchanged."
            self.fault("text", at, "this was predicted on another text", fix, _voids(self.prediction))
            return True
        return False

    # -- spans ---------------------------------------------------------------------------------------------

    @cached_property
    def unit(self) -> Callable[[int], int | None] | None:
        """From an offset in the prediction's unit to code points; None for one inside a character."""
        name = self.prediction.offset_unit
        if name in (UNSET, "codepoint"):
            return None
        if name == "utf16":
            sizes = (2 if character > "\uffff" else 1 for character in self.text)
        else:
            sizes = (len(character.encode()) for character in self.text)
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + size)

        def convert(offset: int) -> int | None:
            at = bisect_left(starts, offset)
            return at if at < len(starts) and starts[at] == offset else None

        return convert

    def offsets(self, start: int, end: int, at: Pointer, lost: Sequence[Void]) -> Edges | None:
        """Offsets in code points, when they are a span of the text."""
        if self.unit is not None:
            unit = self.prediction.offset_unit
            starts, ends = self.unit(start), self.unit(end)
            if starts is None or ends is None:
                message = f"{start}..{end} ({unit}) does not lie on the edges of characters of the text"
                self.fault("span.bounds", at, message, f"Count in {unit}, or drop offset_unit.", lost)
                return None
            start, end = starts, ends
        if 0 <= start < end <= len(self.text):
            return (start, end)
        message = f"{start}..{end} is not a span of this text of {len(self.text)} code points"
        self.fault("span.bounds", at, message, "Give 0 <= start < end <= length, end exclusive.", lost)
        return None

    def locate(self, span: Located, at: Pointer, lost: Sequence[Void]) -> tuple[Edges, ...]:
        """The places of a span; none where it is at fault or its quote is not found."""
        if isinstance(span.start, int) and isinstance(span.end, int):
            edges = self.offsets(span.start, span.end, at, lost)
            if edges is None:
                return ()
            found = self.text[edges[0] : edges[1]]
            if span.text is not UNSET and span.text != found:
                message = f"the text at {span.start}..{span.end} is {isolate(found)}, not {isolate(span.text)}"
                self.fault("span.text", at, message, self._moved(span.text, edges[0]), lost)
                return ()
            return (edges,)
        self.quoted = True
        numbered = isinstance(span.occurrence, int) and isinstance(span.text, str)
        places = find_quote(self.text, span, self.starts(str(span.text)) if numbered else None)
        if isinstance(places, str):
            self.unlocated.extend(lost)
            return ()
        return places

    def starts(self, quote: str) -> Sequence[int]:
        """Where the words of a numbered quote stand; looked for once, however often they are quoted."""
        if quote not in self.known:
            self.known[quote] = tuple(occurrences(self.text, quote))
        return self.known[quote]

    def _moved(self, quote: str, start: int) -> str:
        """Where a quote stands that is not at its offsets: the place nearest to them."""
        nearby = min(occurrences(self.text, quote), key=lambda place: abs(place - start), default=None)
        if nearby is None:
            return "The text nowhere reads so; was it changed before prediction?"
        return f"It stands at {nearby}..{nearby + len(quote)} (code points); are the offsets in another unit?"

    def label(self, place: str, label: str, at: Pointer, lost: Iterable[Void]) -> bool:
        """Whether a label is one of the inventory."""
        known = self.labels.labels[place]
        if label in known:
            return True
        layer = place.split(".")[0]
        self.fault("label", at, f"{layer} know no {isolate(label)}", nearest(label, known), lost)
        return False

    # -- layers --------------------------------------------------------------------------------------------

    def entities(self) -> tuple[Entity, ...]:
        prediction = self.prediction
        if prediction.entities == "gold":
            return self.gold.entities
        if prediction.mentions is not UNSET:
            self.has |= {"entities", "mentions"}
        elif prediction.entities is not UNSET:
            self.has |= {"entities", "coreference"}
        taken: set[tuple[str, int, int]] = set()
        grounded: dict[str, Entity] = {}
        for position, mention in enumerate(_items(prediction.mentions)):
            at: Pointer = ("mentions", position)
            given = mention.id if mention.id is not UNSET else f"#{position}"
            self._entity(grounded, taken, at, given, mention.type, (mention,), (at,))
        for position, entity in enumerate(_items(prediction.entities)):
            at = ("entities", position)
            places = [(*at, "mentions", i) for i in range(len(entity.mentions))]
            self._entity(grounded, taken, at, entity.id, entity.type, entity.mentions, places, _given(entity.name))
        return tuple(grounded.values())

    def _entity(
        self,
        grounded: dict[str, Entity],
        taken: set[tuple[str, int, int]],
        at: Pointer,
        given: str,
        kind: str,
        mentions: Sequence[PredictedMention],
        places: Sequence[Pointer],
        name: str | None = None,
    ) -> None:
        lost = (Void("entities", kind),)
        if given == AUTHOR or given in grounded:
            reason = "is reserved for the article's own voice" if given == AUTHOR else "stands twice"
            self.fault("id", (*at, "id"), f"the id {isolate(given)} {reason}", "Choose another.", lost * len(mentions))
            return
        found: list[Mention] = []
        if self.label("entities.type", kind, (*at, "type"), lost * len(mentions)):
            for mention, place in zip(mentions, places, strict=True):
                found.extend(self._mentions(mention, kind, taken, place, lost))
        grounded[given] = Entity(id=given, type=kind, name=name, mentions=tuple(found))

    def _mentions(
        self,
        mention: PredictedMention,
        kind: str,
        taken: set[tuple[str, int, int]],
        at: Pointer,
        lost: tuple[Void, ...],
    ) -> Iterator[Mention]:
        form = NAME
        if mention.form is not UNSET:
            if not self.label("entities.form", mention.form, (*at, "form"), lost):
                return
            form = mention.form
        for start, end in self.locate(mention, at, lost):
            if (kind, start, end) in taken:
                if mention.occurrence != "all":
                    message = f"{start}..{end} stands twice in type {kind}"
                    self.fault("span.repeated", at, message, "Keep it in one entity of the type.", lost)
                continue
            taken.add((kind, start, end))
            yield Mention(start, end, self.text[start:end], form)

    def evidence(self, spans: tuple[Located, ...] | UnsetType, at: Pointer, layer: str) -> tuple[Quote, ...]:
        if spans is UNSET:
            return ()
        self.has.add(f"{layer}.evidence")
        return tuple(
            Quote(start, end, self.text[start:end])
            for position, span in enumerate(spans)
            for start, end in self.locate(span, (*at, "evidence", position), ())
        )

    def reference(self, given: str, known: Iterable[str], at: Pointer, lost: Iterable[Void]) -> bool:
        if given in known:
            return True
        message = f"there is no entity {isolate(given)} in this document"
        self.fault("reference", at, message, "Name an entity of the document by its id.", lost)
        return False

    def relations(self, known: set[str]) -> Iterator[Relation]:
        if self.prediction.relations is not UNSET:
            self.has.add("relations")
        for position, relation in enumerate(_items(self.prediction.relations)):
            at: Pointer = ("relations", position)
            lost = (Void("relations", relation.type),)
            sound = (
                self.label("relations.type", relation.type, (*at, "type"), lost)
                and self.reference(relation.head, known, (*at, "head"), lost)
                and self.reference(relation.tail, known, (*at, "tail"), lost)
            )
            evidence = self.evidence(relation.evidence, at, "relations")
            if sound:
                yield Relation(
                    id=f"r{position + 1}",
                    type=relation.type,
                    head=relation.head,
                    tail=relation.tail,
                    evidence=evidence,
                )

    def stance(self, known: set[str]) -> Iterator[Stance]:
        prediction = self.prediction
        if prediction.stance is not UNSET:
            self.has.add("stance")
        if prediction.stance_pairs == "gold" and prediction.entities != "gold":
            fix = 'Write "entities": "gold" beside it, and name the pairs by gold\'s ids.'
            self.fault("track", ("stance_pairs",), "given pairs need given entities", fix)
        pairs = {(stance.holder, stance.target) for stance in self.gold.stance}
        voices = known | {AUTHOR}
        for position, stance in enumerate(_items(prediction.stance)):
            at: Pointer = ("stance", position)
            lost = (Void("stance", stance.label),)
            mode, source = _given(stance.mode), _given(stance.source)
            sound = (
                self.label("stance.label", stance.label, (*at, "label"), lost)
                and (mode is None or self.label("stance.mode", mode, (*at, "mode"), lost))
                and self.reference(stance.holder, voices, (*at, "holder"), lost)
                and self.reference(stance.target, known, (*at, "target"), lost)
                and (source is None or self.reference(source, voices, (*at, "source"), lost))
            )
            if sound and prediction.stance_pairs == "gold":
                pair = (stance.holder, stance.target)
                if pair not in pairs:
                    message = "this is not a (holder, target) pair of gold, or stands twice"
                    self.fault("track", at, message, "Label each given pair once.", lost)
                    sound = False
                pairs.discard(pair)
            evidence = self.evidence(stance.evidence, at, "stance")
            if sound:
                yield Stance(
                    id=f"s{position + 1}",
                    holder=stance.holder,
                    target=stance.target,
                    label=stance.label,
                    mode=mode,
                    source=source,
                    evidence=evidence,
                )

    def subsections(self) -> Iterator[Section]:
        if self.prediction.subsections is not UNSET:
            self.has.add("subsections")
        last = 0
        for start, end, position, section in sorted(self._section_edges(), key=lambda found: found[:3]):
            at: Pointer = ("subsections", position)
            lost = (Void("subsections", section.kind),)
            if start < last:
                message = f"the section {start}..{end} overlaps the one before it"
                self.fault("section.overlap", at, message, "Sections follow each other.", lost)
                continue
            last = end
            for name in ("story", "function", "heading"):
                if getattr(section, name) is not UNSET:
                    self.has.add(f"subsections.{name}")
            function = section.function or None
            known = function is None or self.label("subsections.function", function, (*at, "function"), lost)
            if self.label("subsections.kind", section.kind, (*at, "kind"), lost) and known:
                yield Section(
                    id=f"b{position + 1}",
                    start=start,
                    end=end,
                    kind=section.kind,
                    story=section.story or None,
                    function=function,
                    heading=self._heading(section.heading, (start, end), (*at, "heading")),
                )

    def _section_edges(self) -> Iterator[tuple[int, int, int, PredictedSection]]:
        """Where each section lies; one that gives its first line runs to the next section or the text's end."""
        placed: list[tuple[int, int | None, int, PredictedSection]] = []
        for position, section in enumerate(_items(self.prediction.subsections)):
            lost = (Void("subsections", section.kind),)
            if isinstance(section.start, int) and isinstance(section.end, int):
                edges = self.offsets(section.start, section.end, ("subsections", position), lost)
                if edges:
                    placed.append((*edges, position, section))
            else:
                self.quoted = True
                start = self._first_line(section.first or "")
                if start is None:
                    self.unlocated.extend(lost)
                else:
                    placed.append((start, None, position, section))
        starts = sorted(start for start, *_ in placed)
        for start, given, position, section in placed:
            after = bisect_left(starts, start + 1)
            limit = starts[after] if after < len(starts) else len(self.text)
            end = start + len(self.text[start:limit].rstrip(WHITE_SPACE)) if given is None else given
            yield start, end, position, section

    @cached_property
    def paragraphs(self) -> tuple[Edges, ...]:
        return tuple(paragraphs(self.text))

    def _first_line(self, quote: str) -> int | None:
        """Where the one line begins that is the quote, or else the one that begins with it."""
        wanted = quote.strip(WHITE_SPACE)
        exact = [start for start, end in self.paragraphs if self.text[start:end] == wanted]
        begun = exact or [start for start, _ in self.paragraphs if self.text.startswith(wanted, start)]
        return begun[0] if wanted and len(begun) == 1 else None

    def _heading(self, span: Located | None | UnsetType, section: Edges, at: Pointer) -> Quote | None:
        if not isinstance(span, Located):
            return None
        lost = (Void("heading", ""),)
        for start, end in self.locate(span, at, lost)[:1]:
            if section[0] <= start < end <= section[1]:
                return Quote(start, end, self.text[start:end])
            message = f"the heading {start}..{end} lies outside its section {section[0]}..{section[1]}"
            self.fault("section.heading", at, message, "A heading is the first line of its own section.", lost)
        return None
