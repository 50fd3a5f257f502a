"""Answers of language models as they are, made predictions: layers in the shapes that models write.

- `lenient.blocks` finds the JSON in an answer: without what stands between ``<think>`` and ``</think>``, in code fences
  or bare.
- `prediction` turns the blocks of one document into a prediction, names into ids. Quotes stay quotes: only
  `khabar score` looks for them, so its ``--grounding`` decides how loosely, for every system alike, and its
  signature says so. An entity that is given by names only gets every place of each name (``"all"``).
- What cannot be an item is a `Rejection`. One that says something of a layer (a relation whose head is no entity of
  the answer, a type that does not exist) stays in the prediction under ``rejected`` and costs precision: a system
  that answers out of scheme must not fare better than one that answers wrongly.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from khabar.corpus import no_lines, open_bytes
from khabar.lenient import DEEP, UNREAD, Rejection, blocks, children, holds_nothing, is_deep, shallow
from khabar.model import AUTHOR, Document, Layer
from khabar.problems import Invalid, Problem, decode
from khabar.quotes import occurrences, whole_word
from khabar.schemas import Inventory
from khabar.wording import (
    AUTHORS,
    GIVEN,
    LABELLED,
    LAYER_NAMED,
    OF_ENVELOPES,
    OF_ITEMS,
    PROPERTIES,
    Json,
    as_key,
    as_property,
    beside,
    clean,
    count_of,
    entity_fields,
    fields_of,
    first_of,
    flat,
    holds_mentions,
    is_empty,
    is_pair,
    is_property,
    label_of,
    layer_of,
    layers_in,
    listed_entity,
    names_of,
    number_of,
    other_words,
    pairs_of,
    places_of,
    quotes_of,
    says_nothing,
    says_place,
    shown,
    spoken,
    spread,
    text_of,
    text_part,
    unread_places,
    whole_tags,
    with_places,
    without_blanks,
    words_of,
)


class Understood(NamedTuple):
    """An answer as a prediction, and what of it was rejected."""

    prediction: Json
    rejections: tuple[Rejection, ...]


def prediction(answer: object, document: Document, labels: Inventory) -> Understood:
    """The prediction of an answer (its words, or JSON that is already read) on a document, and what was rejected.

    The prediction has the layers that the answer has, by schemas/prediction.schema.json; none where nothing in it
    can be read.
    """
    reading = _Reading(document, labels)
    values: list[Any] = [answer] if answer else []
    if isinstance(answer, str):
        values, rejections = blocks(answer)
        reading.keep(rejections)
    elif is_deep(answer):
        values = []
        reading.reject(UNREAD, DEEP, shallow(answer))
    for value in values:
        opened, rejections = _opened(value, labels)
        reading.keep(rejections)
        for layer, content in _layers(opened, labels):
            reading.take(layer, content)
    if not (reading.items or reading.given) and not reading.rejections:
        reason, why = ("no layer", "none of the layers is in this answer")
        if not values:
            empty = holds_nothing(answer) if isinstance(answer, str) else answer is not None
            reason, why = (
                ("empty", "this answer holds nothing") if empty else ("no JSON", "there is no JSON in this answer")
            )
        reading.reject(reason, why, answer)
    return reading.said()


_MOST_WRAPPED = 8
"""In so many objects or lists a layer is looked for."""

_BRACKETS = re.compile(r"[{\[]")


class _Opened(list[Any]):
    """The blocks of a string that holds JSON."""


def _opened(value: Any, labels: Inventory, depth: int = 0) -> tuple[Any, list[Rejection]]:
    """A block in which parts of text, and strings that hold JSON with layers, are read, and what these reject."""
    text = text_part(value)
    said = value if text is None else text
    if isinstance(said, str):
        values, rejections = blocks(said) if _BRACKETS.search(said) else ([], [])
        if text is not None or any(layer for layer, _ in _layers(values, labels)):
            return _Opened(values), rejections
    if depth == _MOST_WRAPPED or not isinstance(value, list | dict) or (isinstance(value, dict) and layers_in(value)):
        return value, []
    inner = [_opened(one, labels, depth + 1) for one in children(value)]
    found = [one for one, _ in inner]
    rejected = [one for _, rejections in inner for one in rejections]
    return dict(zip(value, found, strict=True)) if isinstance(value, dict) else found, rejected


def _holds(value: object, depth: int) -> bool:
    """Whether a layer stands in a value under its name, or JSON that was found in a string."""
    if isinstance(value, _Opened) or (isinstance(value, dict) and layers_in(value)):
        return True
    return depth < _MOST_WRAPPED and any(_holds(one, depth + 1) for one in children(value))


def _layers(value: object, labels: Inventory, depth: int = 0) -> Iterator[tuple[Layer | None, object]]:
    """The layers of a block: by their names, or by what a bare item looks like; None for what is of none."""
    if isinstance(value, list):
        yield from _listed(value, labels, depth)
    elif isinstance(value, dict):
        if layers := layers_in(value):
            yield from ((LAYER_NAMED[as_key(name)], content) for name, content in layers.items())
            yield from _layers(value.get("", []), labels, depth)
            yield from _others(beside(value, {*layers, ""}), labels)
        elif wrapped := {name: content for name, content in value.items() if _holds(content, depth + 1)}:
            for content in wrapped.values():
                yield from _layers(content, labels, depth + 1)
            yield from _others(beside(value, wrapped), labels, of_wrapper=True)
        elif layer := layer_of(value):
            yield layer, [value]
        elif _names_types(value, labels, inside=False):
            for name, content in value.items():
                yield _labelled(name, content, labels) or "entities", {name: content}
        elif (named := {_labelled(*member, labels) for member in value.items()}) in ({"relations"}, {"stance"}):
            yield from ((layer, value) for layer in named)
        elif not LAYER_NAMED.keys().isdisjoint(map(as_key, value)):
            yield from _others(value, labels)
        else:
            inner = value.items() if depth < _MOST_WRAPPED else ()
            found = {name: [*_layers(content, labels, depth + 1)] for name, content in inner}
            read = {name: one for name, one in found.items() if any(layer for layer, _ in one)}
            yield from (one for several in read.values() for one in several)
            yield from _others(beside(value, read), labels, of_wrapper=True) if read else [(None, value)]


def _listed(value: list[Any], labels: Inventory, depth: int) -> Iterator[tuple[Layer | None, object]]:
    """The layers of a list: of wrappers, of bare items, or of lists that are items."""
    if layer := _layer_of_list(value, labels):
        yield layer, [value]
        return
    layers = [_layer_of_list(item, labels) for item in value]
    of_entities = "entities" in layers
    rest = []
    for item, layer in zip(value, layers, strict=True):
        if layer or (of_entities and isinstance(item, list)):
            yield layer or "entities", [item]
        elif depth < _MOST_WRAPPED and isinstance(item, list | dict):
            yield from _layers(item, labels, depth + 1)
        elif item is not None:
            rest.append(item)
    if rest:
        yield None, rest


def _layer_of_list(value: object, labels: Inventory) -> Layer | None:
    if isinstance(value, list) and len(value) == 3 and label_of("relations.type", value[1], labels):
        return "relations"
    return "entities" if listed_entity(value, labels) else None


def _others(members: Json, labels: Inventory, of_wrapper: bool = False) -> Iterator[tuple[Layer | None, object]]:
    """What stands beside the layers of an object: under labels, an item by itself, or words of no layer.

    A wrapper is no item. Words under names that mean nothing here are passed over.
    """
    labelled = {name: _labelled(name, content, labels) for name, content in members.items() if not is_empty(content)}
    yield from ((layer, {name: members[name]}) for name, layer in labelled.items() if layer)
    rest = {name: content for name, content in members.items() if not labelled.get(name)}
    if layer := layer_of(rest):
        sure = layer in ("relations", "stance") or _has_label(rest, layer, labels)
        yield (layer, [rest]) if sure and not of_wrapper else (None, rest)
        return
    named = [name for name in rest if as_key(name) in LAYER_NAMED]
    yield from ((LAYER_NAMED[as_key(name)], rest[name]) for name in named)
    unread = {
        name: content
        for name, content in beside(rest, named).items()
        if children(content) or (words_of(content) and _means(name, labels, of_wrapper))
    }
    if unread:
        yield None, unread


def _means(name: str, labels: Inventory, in_wrapper: bool) -> bool:
    """Whether a name means something of a layer: a label, or a property that is none of the object's own."""
    key = as_property(name)
    return _is_label(name, labels) or (
        key in OF_ITEMS and key not in (OF_ENVELOPES if in_wrapper else PROPERTIES["id"])
    )


def _is_label(name: str, labels: Inventory) -> bool:
    """Whether a name is a label; those of entities are everyday words, such as «date»."""
    return any(label_of(LABELLED[layer][0], name, labels) for layer in ("relations", "stance", "subsections"))


def _has_label(item: Json, layer: Layer, labels: Inventory) -> bool:
    place, says, _ = LABELLED[layer]
    return label_of(place, first_of(fields_of(item), says), labels) is not None


def _names_types(value: Json, labels: Inventory, inside: bool) -> bool:
    """Whether an object holds entities: from types to names, or from names to types.

    Outside of a layer, words under an everyday word such as «date» are none.
    """
    types = [
        name
        for name, names in value.items()
        if not name or _labelled(name, names, labels) == "entities" or (inside and _is_type(name, labels))
    ]
    named = [names for names in value.values() if not isinstance(names, int | float)]
    types_first = any(types) and named and (len(types) == len(value) or all(isinstance(names, list) for names in named))
    types_last = all(_is_type(said, labels) for said in value.values())
    return bool(types_first or (value and types_last and not OF_ITEMS.issuperset(map(as_property, value))))


def _is_type(said: object, labels: Inventory) -> bool:
    return label_of("entities.type", said, labels) is not None


def _labelled(name: str, content: object, labels: Inventory) -> Layer | None:
    """The layer whose label names items that stand under it; words only where the label is written as it is."""
    for layer in ("entities", "relations", "stance"):
        label = label_of(LABELLED[layer][0], name, labels)
        if label and (label == name or isinstance(content, list | dict)):
            return layer
    return None


class _Reading:
    """One answer on its way to a prediction."""

    def __init__(self, document: Document, labels: Inventory) -> None:
        self.document = document
        self.labels = labels
        self.items: dict[Layer, list[object]] = {}
        self.given: set[Layer] = set()
        self.pairs: set[tuple[str, str]] | None = None
        self.entities: dict[tuple[str, str], Json] = {}
        self.types: dict[str, str] = {}
        self.names: list[dict[str, set[str]]] = [{}, {}, {}, {}, {}]
        self.rejections: list[Rejection] = []
        self.lost: list[Json] = []

    def take(self, layer: Layer | None, content: object) -> None:
        """Take the items of a layer, and those of any layer that stand inside of them."""
        if layer is None:
            self.reject("no layer", "this is of none of the layers", content)
        elif content == GIVEN and layer in ("entities", "stance"):
            self.given.add(layer)
        else:
            kept = self.items.setdefault(layer, [])
            for item in self.entity_items(content) if layer == "entities" else self.items_of(layer, content):
                if says_nothing(item):
                    continue
                inside = [*self.inside(item, layer)] if isinstance(item, dict) else []
                others = [*_run_into(item, self.labels)] if isinstance(item, dict) else []
                if others:
                    self.reject(UNREAD, "two items may have run together", item)
                elif not isinstance(item, dict) or not _only_wraps(item, inside):
                    kept.append(item)
                for one in [*inside, *others]:
                    self.take(*one)

    def inside(self, item: Json, of: Layer) -> Iterator[tuple[Layer | None, object]]:
        """The layers inside of an item, by their names or under unknown ones.

        None for other lists and objects, and for words under a label or under the name of another layer.
        """
        layers = layers_in(item)
        unknown = {}
        for name, content in item.items():
            other = LAYER_NAMED.get(as_key(name), of) != of or _is_label(name, self.labels)
            says = other or isinstance(content, list | dict)
            things = [*flat(content)] if says and not is_property(name) else []
            held = [one for one in things if isinstance(one, dict)]
            if name in layers and held:
                yield LAYER_NAMED[as_key(name)], content
            elif any(layers_in(one) or layer_of(one) for one in held):
                yield from _layers(content, self.labels)
            elif things:
                unknown[name] = content
        if unknown:
            yield None, unknown

    def said(self) -> Understood:
        """The prediction of all that was taken."""
        found: Json = {"doc_id": self.document.doc_id}
        items = self.items.get("entities", [])
        if "entities" in self.given:
            found["entities"] = GIVEN
            self.know_given()
            for item in items:
                self.reject("given", "the entities are given", item)
        elif "entities" in self.items:
            for item in whole_tags(items, self.labels):
                self.entity(item)
            found["entities"] = list(self.entities.values())
        if self.given == {"entities", "stance"}:
            found["stance_pairs"] = GIVEN
            self.pairs = {(one.holder, one.target) for one in self.document.stance}
        elif "stance" in self.given:
            self.reject("given", 'pairs are given only beside "entities": "gold"', {"stance_pairs": GIVEN})
        reads: dict[Layer, Callable[[object], Json | None]] = {
            "relations": self.relation,
            "stance": self.stance,
            "subsections": self.section,
        }
        for layer, read in reads.items():
            if layer in self.items:
                found[layer] = list(self.once(filter(None, map(read, self.items[layer]))))
        if self.lost:
            found["rejected"] = self.lost
        return Understood(found, tuple(self.rejections))

    def keep(self, rejections: Iterable[Rejection]) -> None:
        """Keep what could not be read."""
        self.rejections += [Rejection(one.reason, one.why, clean(one.what)) for one in rejections]

    def reject(self, reason: str, why: str, what: object, layer: Layer | None = None, label: object = None) -> None:
        """Keep what cannot be an item; with a layer, it counts there as spurious."""
        self.rejections.append(Rejection(reason, why, clean(without_blanks(what))))
        if layer:
            self.lost.append({"layer": layer, "label": words_of(label) or "?"})

    def once(self, items: Iterable[Json]) -> Iterator[Json]:
        seen: set[bytes] = set()
        for item in items:
            key = msgspec.json.encode(item)
            if key in seen:
                self.reject("repeated", "this was said before", item)
            else:
                yield item
            seen.add(key)

    def items_of(self, layer: Layer, content: object) -> Iterator[object]:
        """The items of a layer: of a list, or of an object from their labels to what they say besides."""
        if isinstance(content, list) and _layer_of_list(content, self.labels) != layer:
            for one in content:
                if isinstance(one, list) and _holds_items(one) and _layer_of_list(one, self.labels) is None:
                    yield from self.items_of(layer, one)
                elif isinstance(one, dict) and layer == "entities" and not layer_of(one):
                    yield from self.entity_items(one) if _names_types(one, self.labels, inside=True) else [one]
                else:
                    yield one
        elif isinstance(content, dict) and content:
            labelled = any(label_of(LABELLED[layer][0], name, self.labels) for name in content)
            if layer_of(content) == layer or (not labelled and OF_ITEMS.intersection(fields_of(content))):
                yield content
                return
            for label, inner in content.items():
                yield from self.labelled(layer, label, inner)
        elif isinstance(content, list):
            yield content
        elif content:
            self.reject("shape", f"{layer} should be a list", content)

    def labelled(self, layer: Layer, label: str, content: object) -> Iterator[Json]:
        """The items that stand under their label, or under a key of their own: objects, or what they must say."""
        place, says, must = LABELLED[layer]
        name, known = PROPERTIES[says][0], label_of(place, label, self.labels)
        single = names_of if layer == "entities" else flat
        for one in pairs_of(content) if len(must) == 2 else single(content):
            if says_nothing(one):
                continue
            if isinstance(one, dict):
                yield one if known is None and first_of(fields_of(one), says) is not None else {name: label, **one}
            elif len(must) == 1:
                yield {name: label, must[0]: one}
            elif is_pair(one):
                yield {name: label, **dict(zip(must, one, strict=True))}
            else:
                self.reject("shape", f"this is no pair of {' and '.join(must)}", {label: one}, layer, known or label)

    def entity_items(self, content: object) -> Iterator[object]:
        """The entities of a list, or of an object from types to names, or from names or ids to what is said of them."""
        if not isinstance(content, dict) or layer_of(content) == "entities":
            yield from self.items_of("entities", content)
            return
        for name, inner in content.items():
            if label_of("entities.type", name, self.labels):
                yield from self.labelled("entities", name, inner)
            elif isinstance(inner, dict):
                yield {"id" if spoken(fields_of(inner)) else "name": name, **inner}
            elif isinstance(inner, str) or label_of("entities.type", inner, self.labels):
                yield {"name": name, "type": inner}
            else:
                yield from self.labelled("entities", name, inner)

    # -- entities ------------------------------------------------------------------------------------------

    def know_given(self) -> None:
        """Know the entities of gold, which were given to the system."""
        for entity in self.document.entities:
            self.types[entity.id] = entity.type
            self.remember(entity.id, entity.id, entity.name or "", [mention.text for mention in entity.mentions])

    def entity(self, item: object) -> None:
        if isinstance(item, list):
            listed = listed_entity(item, self.labels)
            if listed is None:
                self.reject("shape", "this is no list of one type and words or a place", item, "entities")
                return
            item = listed
        fields = entity_fields(item)
        kind = self.label("entities.type", first_of(fields, "kind"), item, "entity type")
        if kind is None:
            return
        given, name = first_of(fields, "mentions"), spoken(fields, "name", "words").strip()
        # A number here says how often it is mentioned, and not where.
        placed, before = isinstance(given, str | list | dict), len(self.rejections)
        if given is fields.get("occurrences") and isinstance(given, list):
            # Numbers under this name are of occurrences, and not offsets.
            given = [{"text": name, "occurrence": one} if isinstance(one, int) and name else one for one in given]
        if placed:
            mentions = self.each(self.mention, given, name)
            words = spoken(fields, "words").strip()
            if words not in ("", name, *(mention["text"] for mention in mentions)):
                self.reject("shape", "where mentions are listed, these words are left out", words)
            others = beside(fields, PROPERTIES["mentions"])
            self.unread(others, name, item, "where mentions are listed, each says its own place")
        else:
            mentions = [*filter(None, map(self.mention, spread(item)))]
        if not mentions:
            del self.rejections[before:]  # What is wrong with its parts is lost with it, and one loss is told once.
            self.reject("no name", "it says no words of the text that can be read", item, "entities", kind)
            return
        texts = [str(mention["text"]) for mention in mentions]
        name = name or texts[0]
        entity = self.entities.setdefault(
            (kind, as_key(name) or name),
            {"id": f"e{len(self.entities) + 1}", "type": kind, "name": name, "mentions": []},
        )
        entity["mentions"] += [mention for mention in mentions if mention not in entity["mentions"]]
        self.types[entity["id"]] = kind
        self.remember(entity["id"], first_of(fields, "id"), name, texts)

    def remember(self, id_: str, given: object, name: str, texts: Sequence[str]) -> None:
        """Keep by which names an entity may be meant, the surest first."""
        levels = [
            [str(given)] if isinstance(given, str | int) else [],
            [name],
            texts,
            [as_key(name)],
            map(as_key, texts),
        ]
        for level, names in zip(self.names, levels, strict=True):
            for one in filter(None, names):
                level.setdefault(one, set()).add(id_)

    def each(self, read: Callable[[object], Json | None], said: object, words: str = "") -> list[Json]:
        """What is read of each of several quotes, also of places of the words; one without words is rejected.

        A number may count anything, such as sentences: it is a quote only where it is one of the words.
        """
        found = []
        for one in quotes_of(said, words):
            counts = isinstance(one, int | float) and words_of(one) not in words.split()
            if span := None if counts else read(one):
                found.append(span)
            else:
                self.reject("no name", "there are no words of the text here", one)
        return found

    def mention(self, item: object) -> Json | None:
        """A mention: words get every place of them, unless it is said in any way which place is meant."""
        span, fields = self.span(item), with_places(item)
        if span is None:
            return None
        words = str(span["text"])
        if span.keys() == {"text"} and first_of(fields, "occurrence") is None and not says_place(fields, words):
            span["occurrence"] = "all"
        form = self.choice("entities.form", first_of(fields, "form"), item)
        return span | ({"form": form} if form else {})

    def span(self, item: object) -> Json | None:
        """A quote; offsets only say which occurrence is meant. None where it has no words."""
        fields = with_places(item)
        said = spoken(fields) if isinstance(item, dict) else text_of(item)
        words = said.strip()
        stated = places_of(fields)
        places = [self.placed(number_of(start), number_of(end), words) for start, end in stated]
        placed = next(filter(None, places), None)
        if placed is None and not words:
            return None
        span = placed or self.quote(fields, said, item)
        wrong = [both for both, found in zip(stated, places, strict=True) if found is None or found != placed]
        if wrong:
            at = "..".join(shown(one) for one in wrong[0] if one is not None)
            why = f"the text at {at} is not what is quoted"
            number = self.near(wrong[0], words) if span.keys() == {"text"} else None
            if number is not None:
                span["occurrence"] = number
                why += f"; the one place of it there is meant, which is number {number}"
            self.reject("offsets", why, item)
        elif placed is None:
            self.unread(fields, words, item)
        if other := other_words(fields, words):
            self.reject("shape", f"it quotes other words besides; left out: {other}", item)
        return span

    def quote(self, fields: Json, said: str, item: object) -> Json:
        """A quote of words, with what is said of its place but offsets."""
        words = said.strip()
        span: Json = {"text": words}
        number = self.occurrence(first_of(fields, "occurrence"), item)
        if number is not None:
            span["occurrence"] = number
        before, _, after = said.partition(words)
        contexts = {"prefix": ("", before), "suffix": (after, "")}
        for name, (left, right) in contexts.items():
            context = first_of(fields, name)
            if isinstance(context, str) and context:
                span[name] = f"{left}{clean(context)}{right}"
            elif not is_empty(context):
                self.reject("shape", f"a {name} should be words of the text", item)
        return span

    def placed(self, start: int | None, end: int | None, words: str) -> Json | None:
        """The quote with its number that offsets mean; of one of them, where the words tell the other."""
        text = self.document.text
        start, end = _both_ends(start, end, words)
        if start is None or end is None or not 0 <= start < end <= len(text):
            return None
        there = text[start:end]
        if not there.strip() or words not in ("", there):
            return None
        return {"text": there, "occurrence": 1 + list(occurrences(text, there)).index(start)}

    def near(self, stated: tuple[Any, Any], words: str) -> int | None:
        """The number of the one place of the words that offsets overlap, their end exclusive or else inclusive."""
        text = self.document.text
        start, end = _both_ends(number_of(stated[0]), number_of(stated[1]), words)
        if start is None or end is None:
            return None
        for last in (end, end + 1):
            hits = [
                number
                for number, at in enumerate(occurrences(text, words), 1)
                if at < last and start < at + len(words) and whole_word(text, at, at + len(words))
            ]
            if hits:
                return hits[0] if len(hits) == 1 else None
        return None

    def unread(self, fields: Json, words: str, item: object, why: str = "it says no place that can be read") -> None:
        """Reject what looks like a place; the words of the item, said again under such a name, are none."""
        if names := ", ".join(unread_places(fields, words)):
            self.reject("place", f"{why}; left out: {names}", item)

    def occurrence(self, said: object, item: object) -> int | str | None:
        """Which place of a quote is meant: a number from 1, or "all"; None where that is not said, or not so."""
        if words_of(said).lower() == "all":
            return "all"
        number = count_of(said)
        if number is None and not is_empty(said):
            self.reject("occurrence", 'an occurrence is a number from 1, or "all"; this one is left out', item)
        return number

    def choice(self, place: str, said: object, item: object) -> str | None:
        """A label that an item may have; one that does not exist is rejected, and the item stays."""
        label = label_of(place, said, self.labels)
        if label is None and not is_empty(said):
            self.reject("label", f"there is no {place} {shown(said)}; it is left out", item)
        return label

    def label(self, place: str, said: object, item: object, noun: str) -> str | None:
        """The label that an item must have; without one that exists it is rejected, and counts as spurious."""
        label = label_of(place, said, self.labels)
        if label is None:
            layer, name = place.split(".")
            why = f"it has no {name}" if said is None else f"there is no {noun} {shown(said)}"
            self.reject("label", why, item, cast(Layer, layer), said)
        return label

    # -- what names entities -------------------------------------------------------------------------------

    def reference(
        self, said: object, item: object, layer: Layer | None, label: object, voice: bool = False
    ) -> str | None:
        """The id of the entity that is named, by its id, name or a mention, exactly or normalised."""
        kind = None
        if isinstance(said, dict):
            fields = fields_of(said)
            kind = label_of("entities.type", first_of(fields, "kind"), self.labels)
            said = first_of(fields, "id") if first_of(fields, "id") is not None else spoken(fields, "name", "words")
        name = words_of(said)
        if voice and name == AUTHOR:
            return AUTHOR
        for level in self.names:
            ids = level.get(name) or level.get(as_key(name)) or ()
            fitting = [id_ for id_ in ids if kind in (None, self.types[id_])]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                self.reject("ambiguous name", f"several entities are called {name}", item, layer, label)
                return None
        if voice and as_key(name) in AUTHORS:
            return AUTHOR
        whose = "that is given" if "entities" in self.given else "of the answer"
        why = f"no entity {whose} is called {name}" if name else "it names no entity"
        self.reject("unknown entity", why, item, layer, label)
        return None

    def evidence(self, said: object) -> list[Json]:
        return self.each(self.span, said)

    def relation(self, item: object) -> Json | None:
        if isinstance(item, list) and len(item) == 3:
            item = dict(zip(("head", "type", "tail"), item, strict=True))
        fields = fields_of(item)
        said = first_of(fields, "relation")
        kind = self.label("relations.type", said, item, "relation type")
        if kind is None:
            return None
        head = self.reference(first_of(fields, "head"), item, "relations", kind)
        tail = self.reference(first_of(fields, "tail"), item, "relations", kind) if head else None
        if head is None or tail is None:
            return None
        evidence = self.evidence(first_of(fields, "evidence"))
        return {"type": kind, "head": head, "tail": tail} | ({"evidence": evidence} if evidence else {})

    def stance(self, item: object) -> Json | None:
        fields = fields_of(item)
        said = first_of(fields, "stance")
        label = self.label("stance.label", said, item, "stance")
        if label is None:
            return None
        holder = self.reference(first_of(fields, "holder"), item, "stance", label, voice=True)
        target = self.reference(first_of(fields, "target"), item, "stance", label) if holder else None
        if holder is None or target is None:
            return None
        if self.pairs is not None and (holder, target) not in self.pairs:
            self.reject("given", "this pair was not given, or stands twice", item, "stance", label)
            return None
        if self.pairs:
            self.pairs.remove((holder, target))
        found: Json = {"holder": holder, "target": target, "label": label}
        mode = self.choice("stance.mode", first_of(fields, "mode"), item)
        said = first_of(fields, "source")
        source = self.reference(said, item, None, None, voice=True) if said else None
        evidence = self.evidence(first_of(fields, "evidence"))
        more = {"mode": mode, "source": source, "evidence": evidence}
        return found | {name: value for name, value in more.items() if value}

    def section(self, item: object) -> Json | None:
        fields = fields_of(item)
        said = first_of(fields, "section")
        kind = self.label("subsections.kind", said, item, "section kind")
        if kind is None:
            return None
        lies = self.lies(fields, item)
        if not lies:
            self.reject("no name", "it says neither its first line nor where it lies", item, "subsections", kind)
            return None
        function = self.choice("subsections.function", first_of(fields, "function"), item)
        said = first_of(fields, "story")
        story = count_of(said)
        if story is None and said is not None:
            self.reject("story", "a story is a number from 1; this one is left out", item)
        heading = next(iter(self.each(self.span, first_of(fields, "heading"))), None)
        more = {"function": function, "heading": heading, "story": story}
        return lies | {"kind": kind} | {name: value for name, value in more.items() if value}

    def lies(self, fields: Json, item: object) -> Json:
        """Where a section lies: by offsets that are good, or else by its first line; nothing where neither is said."""
        text, fields = self.document.text, with_places(fields)
        words = (words_of(fields.get(key)) for key in PROPERTIES["first"] if number_of(fields.get(key)) is None)
        first = next(filter(None, words), "").split("\n")[0].strip()
        stated = (both for both in places_of(fields) if number_of(both[0]) is not None)
        start_said, end_said = next(stated, (None, first_of(fields, "end")))
        start, end = number_of(start_said), number_of(end_said)
        there = "" if start is None or not 0 <= start < len(text) else text[start:end].strip()
        fits = bool(there) and as_key(there).startswith(as_key(first))
        if fits and end is not None and end <= len(text):
            return {"start": start, "end": end}
        if fits and end_said is None:
            first = first or there.split("\n")[0]
        elif not first:
            return {}
        elif start is not None or end_said is not None:
            self.reject("offsets", "the section does not lie between these offsets; they are left out", item)
        else:
            self.unread(beside(fields, PROPERTIES["first"]), first, item)
        return {"first": first}


def _run_into(item: Json, labels: Inventory) -> Iterator[tuple[Layer, object]]:
    """The items with their layers that stand among the quotes of an item: a bracket between the two was lost."""
    fields = entity_fields(item)
    for name in (*PROPERTIES["mentions"], *PROPERTIES["evidence"]):
        for one in flat(fields.get(name)):
            if isinstance(one, dict) and (layer := _own_layer(one, fields, labels)):
                yield layer, [one]


def _own_layer(quote: Json, item: Json, labels: Inventory) -> Layer | None:
    """The layer of what is no quote of an item but another item; a quote may have an id, or the type of its item."""
    layer, fields = layer_of(quote), entity_fields(quote)
    if layer in ("relations", "stance"):
        return layer
    kind, of_item = (label_of("entities.type", first_of(one, "kind"), labels) for one in (fields, item))
    renamed = spoken(fields, "name").strip() not in ("", spoken(item, "name").strip())
    if holds_mentions(fields) or kind not in (None, of_item) or [bool(kind), renamed, "id" in fields].count(True) > 1:
        return "entities"
    return None


def _only_wraps(item: Json, inside: Iterable[tuple[Layer | None, object]]) -> bool:
    """Whether an object in a list of items holds layers, which may be empty, and says nothing itself."""
    wraps = any(layer for layer, _ in inside) or any(not is_property(name) for name in layers_in(item))
    return wraps and OF_ITEMS.isdisjoint(fields_of(item))


def _both_ends(start: int | None, end: int | None, words: str) -> tuple[int | None, int | None]:
    """Offsets; where one of them is not said, the words tell it."""
    if words and start is None and end is not None:
        return end - len(words), end
    return start, start + len(words) if words and end is None and start is not None else end


def _holds_items(said: list[Any]) -> bool:
    return any(isinstance(one, dict) for one in said) or all(isinstance(one, list) for one in said)


# -- files -------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """One answer of a file: its line, the document that it is on, and what was said."""

    line: int
    doc_id: str
    said: object


class Imported(NamedTuple):
    """The lines of a prediction file and of the file of what was rejected, and how often for which reason."""

    predictions: list[bytes]
    rejections: list[bytes]
    reasons: Mapping[str, int]


_ANSWERS = ("answer", "output", "response", "completion", "content")


def read_answers(path: Path) -> tuple[Answer, ...]:
    """The answers of a JSON Lines file (also .gz). Raises Invalid, listing every line that is none."""
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []

    def wrong(line: int, message: str, fix: str) -> None:
        problems.append(Problem(str(path), line, 1, "answer", "", message, fix))

    with open_bytes(path) as file:
        for number, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            if not answers and not problems and (reason := no_lines(raw)):
                wrong(number, *reason)
                break
            _, row, found = decode(str(path), raw.rstrip(), number)
            problems.extend(found)
            if found:
                continue
            name = row.get("doc_id") if isinstance(row, dict) else None
            if not isinstance(row, dict) or not isinstance(name, str):
                wrong(number, "this line names no document", 'Write {"doc_id": "…", "answer": "…"}.')
                continue
            layers = [key for key in row if as_key(key) in LAYER_NAMED]
            given = [key for key in _ANSWERS if key in row]
            if not given and not layers:
                wrong(number, "this line holds no answer", f"Name it one of: {', '.join(_ANSWERS)}.")
            elif len(given) > 1 or (given and layers):
                both = ", ".join([*given, *layers])
                wrong(number, f"this line holds more than one answer: {both}", "Keep one of them.")
            elif name in answers:
                wrong(
                    number, f"{name} is answered a second time", f"Keep one; the first is on line {answers[name].line}."
                )
            else:
                answers[name] = Answer(number, name, row[given[0]] if given else row)
    if not answers and not problems:
        wrong(1, "there is no answer here", "Give one JSON object a line.")
    if problems:
        raise Invalid(problems)
    return tuple(answers.values())


def import_answers(path: Path, documents: Iterable[Document], labels: Inventory) -> Imported:
    """The answers of a file as predictions on a set of documents, in the order of the file.

    Raises Invalid where a line is no answer, or names a document that is not in the set.
    """
    answers = read_answers(path)
    wanted = {answer.doc_id for answer in answers}
    known = {document.doc_id: document for document in documents if document.doc_id in wanted}
    fix = "Ask on the texts of `khabar export inputs`, or name the set with --gold."
    missing = [
        Problem(str(path), answer.line, 1, "doc_id", "/doc_id", f"there is no document {answer.doc_id} in the set", fix)
        for answer in answers
        if answer.doc_id not in known
    ]
    if missing:
        raise Invalid(missing)
    predictions: list[bytes] = []
    rejections: list[bytes] = []
    reasons: Counter[str] = Counter()
    for answer in answers:
        found, rejected = prediction(answer.said, known[answer.doc_id], labels)
        predictions.append(msgspec.json.encode(found) + b"\n")
        for one in rejected:
            where = {"doc_id": answer.doc_id, "line": answer.line}
            rejections.append(msgspec.json.encode(where | msgspec.structs.asdict(one)) + b"\n")
            reasons[one.reason] += 1
    return Imported(predictions, rejections, dict(sorted(reasons.items())))
