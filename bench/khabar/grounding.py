"""From what a system wrote to spans of the text: quotes, offset units, first lines, and what does not hold.

A prediction is read into the loose values here and then grounded in its document's text: what comes out is a
`Document`, as gold is, so that one scorer compares any two. An item that cannot be part of a document (an unknown
label, a span outside the text) is set apart as a `Fault`; a quote that is not found, or found in several places,
is `Unlocated` at once: a predicted item that matches nothing.

A prediction whose spans are all given by code points with their words, as a document's own are, is read as `Placed`.
When nothing at all is wrong with it, its entities and evidence become part of the document as they were read; pointers,
messages and lists of what is lost are made only where something is, and for predictions in other forms.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, cast

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from khabar.corpus import checksum
from khabar.model import (
    AUTHOR,
    ISSUE,
    LAYERS,
    NAME,
    WHITE_SPACE,
    Document,
    Edges,
    Entity,
    Layer,
    Mention,
    Quote,
    Relation,
    Section,
    Stance,
    mentions_of,
    misplaced,
    spans_twice,
)
from khabar.problems import Pointer, quoted
from khabar.quotes import Found, Located, Missing, Text, TextIndex, Tier, locate, locate_line, occurrences
from khabar.schemas import Inventory, nearest

Item = TypeVar("Item")
DocId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$")]


class PredictedMention(Located, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mention of a predicted entity."""

    form: str | UnsetType = UNSET


class FlatMention(PredictedMention, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A mention with its type, of a system without coreference."""

    id: Text | UnsetType = UNSET
    type: str


class PlacedSpan(Quote, frozen=True, forbid_unknown_fields=True, gc=False):
    """A span that gives its code points and its words; whether these are there is not known yet."""

    text: Text


class PlacedMention(PlacedSpan, frozen=True, forbid_unknown_fields=True, gc=False):
    """The same of a predicted entity, with its form: it has all that a `Mention` has."""

    form: str


SaidMention = TypeVar("SaidMention")
SaidSpan = TypeVar("SaidSpan")


class PredictedEntity(Struct, Generic[SaidMention], frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted entity."""

    id: Text
    type: str
    name: str | UnsetType | None = UNSET
    wikidata: str | UnsetType | None = UNSET
    value: str | UnsetType | None = UNSET
    mentions: Annotated[tuple[SaidMention, ...], Meta(min_length=1)]


class PredictedRelation(Struct, Generic[SaidSpan], frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted relation."""

    id: Text | UnsetType = UNSET
    type: str
    head: str
    tail: str
    evidence: tuple[SaidSpan, ...] | UnsetType = UNSET


class PredictedStance(Struct, Generic[SaidSpan], frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted stance."""

    id: Text | UnsetType = UNSET
    holder: str
    target: str
    label: str
    mode: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    evidence: tuple[SaidSpan, ...] | UnsetType = UNSET


class PredictedSection(Struct, Generic[SaidSpan], frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A predicted section, by offsets or by its first line."""

    id: Text | UnsetType = UNSET
    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    first: Text | UnsetType = UNSET
    kind: str
    story: Annotated[int, Meta(ge=1)] | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET
    heading: SaidSpan | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse what is neither offsets nor a first line."""
        given = (self.start is not UNSET, self.end is not UNSET, self.first is not UNSET)
        if given not in ((True, True, False), (False, False, True)):
            raise ValueError("a section needs start and end, or its first line")


class Rejected(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a system said and that could not be written as an item of a prediction; it counts as spurious."""

    layer: Layer
    label: str


class _Prediction(Struct, Generic[SaidMention, SaidSpan], frozen=True, kw_only=True, forbid_unknown_fields=True):
    doc_id: DocId
    entities: tuple[PredictedEntity[SaidMention], ...] | Literal["gold"] | UnsetType = UNSET
    mentions: tuple[FlatMention, ...] | UnsetType = UNSET
    relations: tuple[PredictedRelation[SaidSpan], ...] | UnsetType = UNSET
    stance: tuple[PredictedStance[SaidSpan], ...] | UnsetType = UNSET
    stance_pairs: Literal["gold"] | UnsetType = UNSET
    subsections: tuple[PredictedSection[SaidSpan], ...] | UnsetType = UNSET
    rejected: tuple[Rejected, ...] | UnsetType = UNSET
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


class Prediction(_Prediction[PredictedMention, Located], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a system says of one document, as it was written: encoded again it has the properties that it had."""


class Placed(_Prediction[PlacedMention, PlacedSpan], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same where all spans give their code points and their words, and all mentions their form."""

    def other_spans(self) -> list[PlacedSpan]:
        """Every span of it but its mentions."""
        found: list[PlacedSpan] = []
        for relation in _items(self.relations):
            found += relation.evidence or ()
        for stance in _items(self.stance):
            found += stance.evidence or ()
        found += [section.heading for section in _items(self.subsections) if section.heading]
        return found


Said = Prediction | Placed

LAYER_OF: Mapping[str, Layer] = {"mentions": "entities", **{layer: layer for layer in LAYERS}}
"""The properties of a prediction that hold layers."""


@cache
def reader(kind: type[Said], layers: frozenset[Layer] = frozenset(LAYERS)) -> Callable[[bytes], Said]:
    """A function that reads one prediction; it raises msgspec.DecodeError where it is not one of the kind.

    Layers other than ``layers`` are kept as they stand, undecoded.
    """
    unread = [(name, Raw | UnsetType, UNSET) for name, layer in LAYER_OF.items() if layer not in layers]
    shape = msgspec.defstruct(
        kind.__name__, unread, bases=(kind,), frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    return cast("Callable[[bytes], Said]", msgspec.json.Decoder(shape).decode)


def without_unread(said: Said) -> Said:
    """A prediction that was just read, now with nothing in the layers that were not decoded: it is changed in place."""
    for name in LAYER_OF:
        value = getattr(said, name)
        if isinstance(value, Raw):
            msgspec.structs.force_setattr(said, name, "gold" if value == _GOLD else ())
    return said


_GOLD = Raw(b'"gold"')


class Void(Struct, frozen=True):
    """A predicted item that can match nothing: its layer and its label, and its ``size``, 1 but for evidence.

    ``entity`` is the id of the entity of the document that it is missing from, a mention without a place of its own;
    ``mentions`` how many are lost with it, an entity.
    In place of a layer may stand ``"entities.other"``, a mention that the entity measures do not ask for (no name, or
    of an ISSUE); or what is lost beside items: ``"entities.whole"``, an entity as such; ``"relations.evidence"`` and
    ``"stance.evidence"``, whose size is in characters; ``"heading"``, ``"function"``, ``"boundary"`` and ``"story"``.
    """

    layer: str
    label: str
    size: int = 1
    entity: str = ""
    mentions: int = 0

    @property
    def is_item(self) -> bool:
        """Whether it is an item of its own, not the whole or a part of others."""
        return self.layer in LAYERS or self.layer == "entities.other"


class Unlocated(Void, frozen=True, order=True, kw_only=True):
    """A quote without a place of its own, and what is lost with it.

    It is not found; or ambiguous, with the places that it could mean; or repeated: it means a place that another
    item of its type has; or outside: it is the heading of a section and lies outside of it. Of a quote that is evidence
    the item is not lost.
    """

    pointer: Pointer
    quote: str
    reason: Literal["not found", "ambiguous", "repeated", "outside"]
    places: tuple[Edges, ...] = ()


class Fault(Struct, frozen=True):
    """Something in a prediction that does not hold, and the items that are lost with it."""

    rule: str
    pointer: Pointer
    message: str
    fix: str
    voids: tuple[Void, ...] = ()


class Grounded(Struct, frozen=True):
    """A prediction in its document's text.

    ``document`` holds what is sound; ``faults`` what is not; ``unlocated`` each quote that was not found, is ambiguous
    or misplaced; ``has`` the layers, and the optional parts of them, that the prediction gives; ``quoted`` whether any
    span was given as a quote; ``rejected`` what the prediction says was rejected before; ``tiers`` how many quotes
    each tier found; ``beside`` what is lost beside an item whose quote has no place: a section's heading and function.
    """

    document: Document
    faults: tuple[Fault, ...]
    unlocated: tuple[Unlocated, ...]
    has: frozenset[str]
    quoted: bool
    rejected: tuple[Void, ...] = ()
    tiers: Mapping[Tier, int] = {}
    beside: tuple[Void, ...] = ()


def ground(prediction: Said, gold: Document, labels: Inventory, loosest: Tier = "exact") -> Grounded:
    """Ground a prediction in the text of its gold document; quotes are looked for down to the tier ``loosest``.

    From gold, only the text is read; the entities too on the given-entities track and the (holder, target) pairs
    on the given-pairs track, where the prediction names them by gold's ids.
    """
    if isinstance(prediction, Placed):
        sound = as_it_stands(prediction, gold, labels)
        if sound is not None and _mentions_stand(sound.document, _known(labels)):
            return sound
        prediction = msgspec.convert(msgspec.to_builtins(prediction), Prediction)
    return _Grounding(prediction, gold, labels, loosest).result()


def voids(prediction: Said) -> tuple[Void, ...]:
    """Every item of a prediction, as one that matches nothing."""
    return tuple(_voids(prediction))


def _voids(prediction: _Prediction[Any, Any]) -> Iterator[Void]:
    for entity in _items(prediction.entities):
        yield from _lost(entity)
    yield from (lost_mention(mention.type, mention.form) for mention in _items(prediction.mentions))
    for relation in _items(prediction.relations):
        yield Void("relations", relation.type)
        yield from lost_evidence("relations", relation.type, relation.evidence or ())
    for stance in _items(prediction.stance):
        yield from _lost_stance(stance)
    sections = _items(prediction.subsections)
    if all(section.start is not UNSET for section in sections):
        sections = tuple(sorted(sections, key=lambda section: cast(int, section.start)))
    for number, section in enumerate(sections):
        yield Void("subsections", section.kind)
        # Where the first one begins there is no boundary.
        yield from (void for void in _parts_of(section) if number or void.layer != "boundary")
    stories = [section.story for section in sections if section.story]
    yield from (Void("story", "") for before, after in pairwise(stories) if before != after)
    yield from _rejected(prediction)


def _lost_stance(stance: PredictedStance[Any]) -> Iterator[Void]:
    yield Void("stance", stance.label)
    yield from lost_evidence("stance", stance.label, stance.evidence or ())


def lost_evidence(layer: str, label: str, spans: Iterable[Located | Quote]) -> tuple[Void, ...]:
    """Evidence of an item that can match nothing: its characters, those once that several spans say to have."""
    size, edges = 0, []
    for span in spans:
        words = None if span.text is UNSET else len(span.text)
        if span.start is UNSET or span.end is UNSET:
            size += words or 0
        else:
            edges.append((span.start, span.start + (min(span.end - span.start, _LONGEST) if words is None else words)))
    last = min(edges, default=(0, 0))[0]
    for start, end in sorted(edges):
        size += max(end - max(start, last), 0)
        last = max(end, last)
    return (Void(f"{layer}.evidence", label, size),) if size else ()


_LONGEST = 1 << 16
"""So many characters a span counts for at most that is lost and says nothing but its offsets: these may be anything."""


def _lost_section(section: PredictedSection[Any]) -> Iterator[Void]:
    yield Void("subsections", section.kind)
    yield from _parts_of(section)


def _parts_of(section: PredictedSection[Any]) -> Iterator[Void]:
    return lost_parts(section.function or None, bool(section.heading))


def lost_parts(function: str | None = None, heading: bool = False) -> Iterator[Void]:
    """What is lost beside a section: a boundary, and its function and heading if it has them."""
    yield Void("boundary", "")
    if heading:
        yield Void("heading", "")
    if function:
        yield Void("function", function)


def _rejected(prediction: _Prediction[Any, Any]) -> Iterator[Void]:
    for one in _items(prediction.rejected):
        if one.layer == "entities":
            yield from lost_entity(one.label, 1)
            yield lost_mention(one.label)
        else:
            yield Void(one.layer, one.label)
            yield from lost_parts() if one.layer == "subsections" else ()


def _unlocated(
    about: Void,
    at: Pointer,
    quote: str,
    reason: Literal["not found", "ambiguous", "repeated", "outside"],
    places: tuple[Edges, ...],
) -> Unlocated:
    return Unlocated(
        about.layer, about.label, about.size, about.entity, pointer=at, quote=quote, reason=reason, places=places
    )


def _given(value: str | UnsetType | None) -> str | None:
    return None if value is UNSET else value


def _items(layer: tuple[Item, ...] | str | UnsetType) -> tuple[Item, ...]:
    return layer if isinstance(layer, tuple) else ()


def _lost(entity: PredictedEntity[Any]) -> Iterator[Void]:
    yield from lost_entity(entity.type, len(entity.mentions))
    yield from (lost_mention(entity.type, mention.form) for mention in entity.mentions)


def lost_entity(kind: str, mentions: int) -> tuple[Void, ...]:
    """An entity that can match nothing, beside its mentions; the measures of whole entities leave out every ISSUE."""
    return () if kind == ISSUE else (Void("entities.whole", kind, mentions=mentions),)


def lost_mention(kind: str, form: str | UnsetType = UNSET, entity: str = "") -> Void:
    """A mention that can match nothing, and the entity that it is missing from, if that is there."""
    return Void("entities" if kind != ISSUE and form in (UNSET, NAME) else "entities.other", kind, entity=entity)


@cache
def _known(labels: Inventory) -> Mapping[str, frozenset[str]]:
    return {place: frozenset(names) for place, names in labels.labels.items()}


class _Sound(Document, frozen=True, kw_only=True):
    """A document that needs no check of its own: grounding has made each of them."""

    def __post_init__(self) -> None:
        """Check nothing."""


def _parts(said: Said) -> frozenset[str]:
    """The layers, and the optional parts of them, that a prediction gives."""
    has: list[str] = []
    if said.mentions is not UNSET:
        has += ("entities", "mentions")
    elif isinstance(said.entities, tuple):
        has += ("entities", "coreference")
    for layer, items in (("relations", said.relations), ("stance", said.stance)):
        if items is not UNSET:
            has.append(layer)
            if [one for one in items if one.evidence is not UNSET]:
                has.append(f"{layer}.evidence")
    if said.subsections is not UNSET:
        has.append("subsections")
        if [one for one in said.subsections if one.story is not UNSET]:
            has.append("subsections.story")
        if [one for one in said.subsections if one.function is not UNSET]:
            has.append("subsections.function")
        if [one for one in said.subsections if one.heading is not UNSET]:
            has.append("subsections.heading")
    return frozenset(has)


def as_it_stands(said: Placed, gold: Document, labels: Inventory) -> Grounded | None:
    """A prediction as a document, when nothing in it must be looked for and nothing is wrong with it; else None.

    It is left to the caller to see that its types and forms are known, and that each mention has its words at its place
    and no span stands twice in one type.
    """
    given = said.entities == "gold"
    entities = gold.entities if given else cast("tuple[Entity, ...]", _items(said.entities))
    ids = {entity.id for entity in entities}
    if not (
        said.mentions is UNSET
        and said.stance_pairs is UNSET
        and said.offset_unit in (UNSET, "codepoint")
        and said.text in (UNSET, None, gold.text)
        and said.text_sha256 in (UNSET, gold.text_sha256)
        and len(ids) == len(entities)
        and AUTHOR not in ids
        and _rest_stands(said, gold.text, ids, _known(labels))
    ):
        return None
    document = _Sound(doc_id=gold.doc_id, text=gold.text, entities=entities, **_rest(said))
    return Grounded(document, (), (), _parts(said), False, tuple(_rejected(said)))


def _rest_stands(said: Placed, text: str, ids: set[str], known: Mapping[str, frozenset[str]]) -> bool:
    return not (said.relations or said.stance or said.subsections) or (
        not misplaced(said.other_spans(), text)
        and _relations_stand(_items(said.relations), ids, known)
        and _stances_stand(_items(said.stance), ids, known)
        and _sections_stand(_items(said.subsections), len(text), known)
    )


def _rest(said: Placed) -> dict[str, Any]:
    """The layers of a prediction but its entities, as those of a document."""
    if not (said.relations or said.stance or said.subsections):
        return {}
    return {
        "relations": tuple(
            [
                Relation(id=f"r{number}", type=one.type, head=one.head, tail=one.tail, evidence=one.evidence or ())
                for number, one in enumerate(_items(said.relations), 1)
            ]
        ),
        "stance": tuple(
            [
                Stance(
                    id=f"s{number}",
                    holder=one.holder,
                    target=one.target,
                    label=one.label,
                    mode=one.mode or None,
                    source=one.source or None,
                    evidence=one.evidence or (),
                )
                for number, one in enumerate(_items(said.stance), 1)
            ]
        ),
        "subsections": tuple(
            [
                Section(
                    id=f"b{number}",
                    start=cast(int, one.start),
                    end=cast(int, one.end),
                    kind=one.kind,
                    story=one.story or None,
                    function=one.function or None,
                    heading=one.heading or None,
                )
                for number, one in enumerate(_items(said.subsections), 1)
            ]
        ),
    }


def _mentions_stand(document: Document, known: Mapping[str, frozenset[str]]) -> bool:
    mentions = mentions_of(document.entities)
    return (
        {entity.type for entity in document.entities} <= known["entities.type"]
        and {mention.form for mention in mentions} <= known["entities.form"]
        and not misplaced(mentions, document.text)
        and not spans_twice(document.entities, mentions)
    )


def _relations_stand(
    relations: Sequence[PredictedRelation[Any]], ids: set[str], known: Mapping[str, frozenset[str]]
) -> bool:
    types = known["relations.type"]
    return not [one for one in relations if one.type not in types or one.head not in ids or one.tail not in ids]


def _stances_stand(stances: Sequence[PredictedStance[Any]], ids: set[str], known: Mapping[str, frozenset[str]]) -> bool:
    labels, modes, voices = known["stance.label"], {UNSET, None, *known["stance.mode"]}, {UNSET, None, AUTHOR, *ids}
    return not [
        one
        for one in stances
        if one.label not in labels
        or one.target not in ids
        or one.holder not in voices
        or one.mode not in modes
        or one.source not in voices
    ]


def _sections_stand(sections: Sequence[PredictedSection[Any]], size: int, known: Mapping[str, frozenset[str]]) -> bool:
    """Whether sections are by offsets, in order, apart and labelled soundly, and each has its heading within."""
    kinds, functions = known["subsections.kind"], {UNSET, None, *known["subsections.function"]}
    last = 0
    for one in sections:
        start, end, heading = one.start, one.end, one.heading
        if start is UNSET or end is UNSET or not last <= start < end <= size:
            return False
        if one.kind not in kinds or one.function not in functions:
            return False
        if heading and not start <= heading.start < heading.end <= end:
            return False
        last = end
    return True


def _place(one: Fault | Unlocated) -> tuple[object, ...]:
    """What puts faults and quotes in the order of the items of a prediction."""
    return one.pointer[0], [part for part in one.pointer if isinstance(part, int)]


class _SaidEntity(NamedTuple):
    """An entity that a prediction says, and where."""

    id: str
    type: str
    name: str | None
    mentions: Sequence[PredictedMention]
    at: Pointer

    def key(self) -> tuple[object, ...]:
        """What puts those first that say most, whatever their ids and the order of the file."""
        return -len(self.mentions), self.type, sorted(map(_content, self.mentions)), self.name or ""

    def sureness(self, mention: PredictedMention) -> int:
        """What puts the surest claims to a place first: one place; all of the entity's own name; all of other words."""
        return 0 if mention.occurrence != "all" else 1 if mention.text == self.name else 2


def _apart(said: Sequence[_SaidEntity]) -> bool:
    """Whether all say their places by offsets, and no two the same place or id."""
    places = [(one.type, mention.start, mention.end) for one in said for mention in one.mentions]
    return (
        len({one.id for one in said}) == len(said)
        and len(set(places)) == len(places)
        and not [start for _, start, _ in places if start is UNSET]
    )


def _ends_first(placed: tuple[int, int, int, PredictedSection[Located]]) -> tuple[object, ...]:
    """What puts sections first that end first, the shorter of two, whatever their ids and the order of the file."""
    start, end, _, section = placed
    return end, -start, repr(msgspec.structs.replace(section, id=UNSET))


def _content(one: PredictedMention) -> str:
    return repr((one.start, one.end, one.text, one.prefix, one.suffix, one.occurrence, one.form))


class _Grounding:
    """One prediction on its way into a text, with what was found wrong so far."""

    def __init__(self, prediction: Prediction, gold: Document, labels: Inventory, loosest: Tier) -> None:
        self.prediction = prediction
        self.gold = gold
        self.text = gold.text
        self.size = len(gold.text) if prediction.offset_unit in (UNSET, "codepoint") else 0
        self.labels = labels
        self.loosest = loosest
        self.known = _known(labels)
        self.faults: list[Fault] = []
        self.unlocated: list[Unlocated] = []
        self.beside: list[Void] = []
        self.has = frozenset[str]()
        self.taken: dict[tuple[str, int, int], str] = {}
        self.tiers: Counter[Tier] = Counter()
        self.quoted = False

    def result(self) -> Grounded:
        if self.other_text():
            document = Document(doc_id=self.gold.doc_id, text=self.text)
        else:
            self.has = _parts(self.prediction)
            entities = self.entities()
            ids = {entity.id for entity in entities}
            document = _Sound(
                doc_id=self.gold.doc_id,
                text=self.text,
                entities=entities,
                relations=tuple(self.relations(ids)),
                stance=tuple(self.stance(ids)),
                subsections=tuple(self.subsections()),
            )
        return Grounded(
            document,
            tuple(sorted(self.faults, key=_place)),
            tuple(sorted(self.unlocated, key=_place)),
            self.has,
            self.quoted,
            tuple(_rejected(self.prediction)),
            self.tiers,
            tuple(self.beside),
        )

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
        if name is UNSET or name == "codepoint":
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

    def stand(self, spans: Iterable[Located]) -> bool:
        """Whether spans give code points and their words, and these are there: then each is as a `Quote` is."""
        text, size = self.text, self.size
        for span in spans:
            start, end = span.start, span.end
            if start is UNSET or end is UNSET or not 0 <= start < end <= size or text[start:end] != span.text:
                return False
        return True

    def locate(self, span: Located, at: Pointer, lost: Sequence[Void], about: Void) -> tuple[Edges, ...]:
        """The places of a span; none where it is at fault or its quote is not found: then that is kept as ``about``."""
        if isinstance(span.start, int) and isinstance(span.end, int):
            edges = self.offsets(span.start, span.end, at, lost)
            if edges is None:
                return ()
            found = self.text[edges[0] : edges[1]]
            if span.text is not UNSET and span.text != found:
                message = f"the text at {span.start}..{span.end} is {quoted(found)}, not {quoted(span.text)}"
                self.fault("span.text", at, message, self._moved(span.text, edges[0]), lost)
                return ()
            return (edges,)
        return self.found(locate(self.index, span, self.loosest), str(span.text), at, about)

    def found(self, found: Found | Missing, quote: str, at: Pointer, about: Void) -> tuple[Edges, ...]:
        """The places of a quote, counted by the tier that found them; a quote without any is set apart."""
        self.quoted = True
        if isinstance(found, Missing):
            self.unlocated.append(_unlocated(about, at, quote, found.reason, found.places))
            return ()
        self.tiers[found.tier] += 1
        return found.places

    def misplaced(
        self, about: Void, quote: str, at: Pointer, reason: Literal["repeated", "outside"], place: Edges
    ) -> None:
        self.unlocated.append(_unlocated(about, at, quote, reason, (place,)))

    @cached_property
    def index(self) -> TextIndex:
        return TextIndex(self.text)

    def _moved(self, quote: str, start: int) -> str:
        """Where a quote stands that is not at its offsets: the place nearest to them."""
        nearby = min(occurrences(self.text, quote), key=lambda place: abs(place - start), default=None)
        if nearby is None:
            return "The text nowhere reads so; was it changed before prediction?"
        return f"It stands at {nearby}..{nearby + len(quote)} (code points); are the offsets in another unit?"

    def label(self, place: str, label: str, at: Pointer, lost: Iterable[Void]) -> bool:
        """Whether a label is one of the inventory."""
        if label in self.known[place]:
            return True
        self.fault("label", at, f"there is no {place} {quoted(label)}", nearest(label, self.labels.labels[place]), lost)
        return False

    # -- layers --------------------------------------------------------------------------------------------

    def entities(self) -> tuple[Entity, ...]:
        prediction = self.prediction
        if prediction.entities == "gold":
            return self.gold.entities
        said = [
            _SaidEntity(flat.id if flat.id is not UNSET else f"#{at}", flat.type, None, (flat,), ("mentions", at))
            for at, flat in enumerate(_items(prediction.mentions))
        ]
        said += [
            _SaidEntity(one.id, one.type, _given(one.name), one.mentions, ("entities", at))
            for at, one in enumerate(_items(prediction.entities))
        ]
        # The file's order must not tell who has an id or a place that several claim: the surest claim is heard first,
        # and of entities the one that says most.
        ordered = said if _apart(said) else sorted(said, key=_SaidEntity.key)
        standing: dict[str, _SaidEntity] = {}
        untyped: dict[str, Entity] = {}
        for one in ordered:
            self._stands(one, standing, untyped)
        claims = [(at, one, *claim) for at, one in enumerate(standing.values()) for claim in enumerate(one.mentions)]
        if ordered is not said:
            claims.sort(key=lambda claim: (claim[1].sureness(claim[3]), claim[0], _content(claim[3])))
        found: dict[str, list[tuple[int, Mention]]] = {given: [] for given in standing}
        for _, one, number, mention in claims:
            found[one.id] += [(number, place) for place in self._places(one, number, mention)]
        grounded = untyped | {
            one.id: Entity(id=one.id, type=one.type, name=one.name, mentions=tuple(m for _, m in sorted(found[one.id])))
            for one in standing.values()
        }
        return tuple(grounded[given] for given in dict.fromkeys(one.id for one in said) if given in grounded)

    def _stands(self, said: _SaidEntity, standing: dict[str, _SaidEntity], untyped: dict[str, Entity]) -> None:
        """Put an entity to those that stand, or to those of an unknown type, which have no mentions; or to neither."""
        given, kind = said.id, said.type
        known = given == AUTHOR or given in standing or given in untyped
        if not known and kind in self.known["entities.type"]:
            standing[given] = said
            return
        lost = [lost_mention(kind, mention.form) for mention in said.mentions]
        if known:
            reason = "is reserved for the article's own voice" if given == AUTHOR else "stands twice"
            lost += lost_entity(kind, len(said.mentions))
            self.fault("id", (*said.at, "id"), f"the id {quoted(given)} {reason}", "Choose another.", lost)
        else:
            self.label("entities.type", kind, (*said.at, "type"), lost)
            untyped[given] = Entity(id=given, type=kind, mentions=())

    def _places(self, said: _SaidEntity, number: int, mention: PredictedMention) -> Iterable[Mention]:
        """Where a mention stands: by code points with nothing wrong, or else it is looked for."""
        start, end, form = mention.start, mention.end, mention.form
        if start is not UNSET and end is not UNSET and 0 <= start < end <= self.size:
            words, key = self.text[start:end], (said.type, start, end)
            if (
                (form is UNSET or form in self.known["entities.form"])
                and (mention.text is UNSET or mention.text == words)
                and key not in self.taken
            ):
                self.taken[key] = said.id
                return (Mention(start, end, words, NAME if form is UNSET else form),)
        at = said.at if said.at[0] == "mentions" else (*said.at, "mentions", number)
        return self._looked_for(mention, said.id, said.type, at)

    def _looked_for(self, mention: PredictedMention, entity: str, kind: str, at: Pointer) -> Iterator[Mention]:
        form, lost = NAME, (lost_mention(kind, entity=entity),)
        if mention.form is not UNSET:
            if not self.label("entities.form", mention.form, (*at, "form"), lost):
                return
            form, lost = mention.form, (lost_mention(kind, mention.form, entity),)
        places = self.locate(mention, at, lost, lost[0])
        free = [place for place in places if (kind, *place) not in self.taken]
        for start, end in free:
            self.taken[kind, start, end] = entity
            yield Mention(start, end, self.text[start:end], form)
        if places and not free:
            start, end = places[0]
            if {self.taken[kind, *place] for place in places} == {entity}:
                # It is not missing: said once more, it is spurious, but the entity is the same.
                lost = (lost_mention(kind, form),)
            if mention.start is not UNSET:
                message = f"{start}..{end} stands twice in type {kind}"
                self.fault("span.repeated", at, message, "Keep it in one entity of the type.", lost)
            else:
                self.misplaced(lost[0], str(mention.text), at, "repeated", (start, end))

    def evidence(self, spans: Sequence[Located] | UnsetType, at: Pointer, layer: str, label: str) -> tuple[Quote, ...]:
        if spans is UNSET:
            return ()
        if self.stand(spans):
            return cast("tuple[Quote, ...]", spans)
        return tuple(
            Quote(start, end, self.text[start:end])
            for position, span in enumerate(spans)
            for lost in lost_evidence(layer, label, [span]) or [Void(f"{layer}.evidence", label, 0)]
            for start, end in self.locate(span, (*at, "evidence", position), (lost,), lost)
        )

    def reference(self, given: str, known: Iterable[str], at: Pointer, lost: Iterable[Void]) -> None:
        if given not in known:
            message = f"there is no entity {quoted(given)} in this document"
            self.fault("reference", at, message, "Name an entity of the document by its id.", lost)

    def relations(self, known: set[str]) -> Iterator[Relation]:
        types = self.known["relations.type"]
        for position, relation in enumerate(_items(self.prediction.relations)):
            kind, head, tail = relation.type, relation.head, relation.tail
            at: Pointer = ("relations", position)
            sound = kind in types and head in known and tail in known
            evidence = self.evidence(relation.evidence, at, "relations", kind)
            if sound:
                yield Relation(id=f"r{position + 1}", type=kind, head=head, tail=tail, evidence=evidence)
                continue
            self._explain_relation(relation, known, at, evidence)

    def _explain_relation(
        self, relation: PredictedRelation[Located], known: set[str], at: Pointer, evidence: Sequence[Quote]
    ) -> None:
        """Say everything that is wrong with a relation."""
        kind, before = relation.type, len(self.faults)
        lost = [Void("relations", kind), *lost_evidence("relations", kind, evidence)]
        self.label("relations.type", kind, (*at, "type"), lost)
        self.reference(relation.head, known, (*at, "head"), lost)
        self.reference(relation.tail, known, (*at, "tail"), lost)
        self._lost_once(before)

    def stance(self, known: set[str]) -> Iterator[Stance]:
        prediction = self.prediction
        given_pairs = prediction.stance_pairs == "gold"
        if given_pairs and prediction.entities != "gold":
            fix = 'Write "entities": "gold" beside it, and name the pairs by gold\'s ids.'
            lost = [void for stance in _items(prediction.stance) for void in _lost_stance(stance)]
            self.fault("track", ("stance_pairs",), "given pairs need given entities", fix, lost)
            return
        pairs = {(stance.holder, stance.target) for stance in self.gold.stance} if given_pairs else set()
        voices = known | {AUTHOR}
        for position, stance in enumerate(_items(prediction.stance)):
            at: Pointer = ("stance", position)
            mode, source = _given(stance.mode), _given(stance.source)
            evidence = self.evidence(stance.evidence, at, "stance", stance.label)
            lost = [Void("stance", stance.label), *lost_evidence("stance", stance.label, evidence)]
            sound = (
                stance.label in self.known["stance.label"]
                and stance.holder in voices
                and stance.target in known
                and (mode is None or mode in self.known["stance.mode"])
                and (source is None or source in voices)
            )
            if not sound:
                self._explain_stance(stance, mode, source, known, at, lost)
            elif given_pairs:
                pair = (stance.holder, stance.target)
                if pair not in pairs:
                    message = "this is not a (holder, target) pair of gold, or stands twice"
                    self.fault("track", at, message, "Label each given pair once.", lost)
                    sound = False
                pairs.discard(pair)
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

    def _explain_stance(
        self,
        stance: PredictedStance[Located],
        mode: str | None,
        source: str | None,
        known: set[str],
        at: Pointer,
        lost: Sequence[Void],
    ) -> None:
        """Say everything that is wrong with a stance."""
        voices, before = known | {AUTHOR}, len(self.faults)
        self.label("stance.label", stance.label, (*at, "label"), lost)
        self.reference(stance.holder, voices, (*at, "holder"), lost)
        self.reference(stance.target, known, (*at, "target"), lost)
        if mode is not None:
            self.label("stance.mode", mode, (*at, "mode"), lost)
        if source is not None:
            self.reference(source, voices, (*at, "source"), lost)
        self._lost_once(before)

    def _lost_once(self, before: int) -> None:
        """Let an item with several faults, those after a number, be lost with the first of them alone."""
        self.faults[before + 1 :] = [msgspec.structs.replace(one, voids=()) for one in self.faults[before + 1 :]]

    def subsections(self) -> Iterator[Section]:
        last = (0, 0)
        # Of sections that overlap as many stand as can (the one that ends first, then the next); the file's order must
        # not tell which.
        labelled = [one for one in self._section_edges() if self._is_labelled(*one[2:])]
        for start, end, position, section in sorted(labelled, key=_ends_first):
            at: Pointer = ("subsections", position)
            if start >= last[1]:
                last = (start, end)
                yield Section(
                    id=f"b{position + 1}",
                    start=start,
                    end=end,
                    kind=section.kind,
                    story=section.story or None,
                    function=section.function or None,
                    heading=self._heading(section.heading, last, (*at, "heading")) if section.heading else None,
                )
            elif section.first is not UNSET:
                self.misplaced(Void("subsections", section.kind), section.first, at, "repeated", (start, end))
                self.beside += _parts_of(section)
            else:
                message = f"the section {start}..{end} overlaps the section {last[0]}..{last[1]}"
                lost = tuple(_lost_section(section))
                self.fault("section.overlap", at, message, "Sections follow each other.", lost)

    def _is_labelled(self, position: int, section: PredictedSection[Located]) -> bool:
        """Whether the labels of a section are known."""
        at: Pointer = ("subsections", position)
        lost, before = tuple(_lost_section(section)), len(self.faults)
        if section.function:
            self.label("subsections.function", section.function, (*at, "function"), lost)
        self.label("subsections.kind", section.kind, (*at, "kind"), lost)
        self._lost_once(before)
        return len(self.faults) == before

    def _section_edges(self) -> Iterator[tuple[int, int, int, PredictedSection[Located]]]:
        """Where each section lies; one that gives its first line runs to the next section or the text's end."""
        placed: list[tuple[int, int | None, int, PredictedSection[Located]]] = []
        for position, section in enumerate(_items(self.prediction.subsections)):
            at: Pointer = ("subsections", position)
            start, end = section.start, section.end
            if start is not UNSET and end is not UNSET:
                if 0 <= start < end <= self.size:
                    placed.append((start, end, position, section))
                elif edges := self.offsets(start, end, at, tuple(_lost_section(section))):
                    placed.append((*edges, position, section))
            else:
                first = section.first or ""
                line = locate_line(self.index, first, self.loosest)
                places = self.found(line, first, (*at, "first"), Void("subsections", section.kind))
                placed += [(start, None, position, section) for start, _ in places]
                if not places:
                    self.beside += _parts_of(section)
        starts = sorted(start for start, *_ in placed)
        for start, given, position, section in placed:
            if given is None:
                after = bisect_left(starts, start + 1)
                limit = starts[after] if after < len(starts) else len(self.text)
                given = start + len(self.text[start:limit].rstrip(WHITE_SPACE))
            yield start, given, position, section

    def _heading(self, span: Located, section: Edges, at: Pointer) -> Quote | None:
        """The heading of a section; a quote that is the section's own first line may stand elsewhere too."""
        line = self.text[section[0] : section[1]].split("\n", 1)[0].rstrip(WHITE_SPACE)
        if span.start is UNSET and span == Located(text=line):
            self.quoted = True
            self.tiers["exact"] += 1
            return Quote(section[0], section[0] + len(line), line)
        lost = (Void("heading", ""),)
        for start, end in self.locate(span, at, lost, lost[0])[:1]:
            if section[0] <= start < end <= section[1]:
                return Quote(start, end, self.text[start:end])
            if span.start is UNSET:
                self.misplaced(lost[0], str(span.text), at, "outside", (start, end))
                return None
            message = f"the heading {start}..{end} lies outside its section {section[0]}..{section[1]}"
            self.fault("section.heading", at, message, "A heading is the first line of its own section.", lost)
        return None
