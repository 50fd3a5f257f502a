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

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from khabar.corpus import open_bytes
from khabar.lenient import MOST_DEPTH, UNREAD, Rejection, blocks, children, holds_nothing, is_deep
from khabar.model import AUTHOR, Document, Layer
from khabar.problems import Invalid, Problem, decode
from khabar.quotes import occurrences
from khabar.schemas import Inventory
from khabar.wording import (
    AUTHORS,
    LABELLED,
    LAYER_NAMED,
    OF_ITEMS,
    PROPERTIES,
    Json,
    as_key,
    as_property,
    clean,
    count_of,
    fields_of,
    first_of,
    flat,
    is_empty,
    is_item,
    is_pair,
    label_of,
    layer_of,
    looks_like_place,
    number_of,
    pairs_of,
    places_of,
    quotes_of,
    shown,
    spread,
    with_places,
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
        reading.rejections += [Rejection(one.reason, one.why, clean(one.what)) for one in rejections]
    elif is_deep(answer):
        values = []
        reading.reject(UNREAD, f"it nests deeper than {MOST_DEPTH}", None)
    for layer, content in (found for value in values for found in _layers(value, labels)):
        if layer:
            reading.layers.setdefault(layer, []).append(content)
        else:
            reading.reject("no layer", "this is of none of the layers", content)
    if not reading.layers and not reading.rejections:
        reason, why = ("no layer", "none of the layers is in this answer")
        if not values:
            empty = holds_nothing(answer) if isinstance(answer, str) else answer is not None
            reason, why = (
                ("empty", "this answer holds nothing") if empty else ("no JSON", "there is no JSON in this answer")
            )
        reading.reject(reason, why, answer)
    return reading.said()


_MOST_WRAPPED = 3
"""In so many objects or lists a layer is looked for."""


def _layers(value: object, labels: Inventory, depth: int = 0) -> Iterator[tuple[Layer | None, object]]:
    """The layers of a block: by their names, or by what a bare item looks like; None for what is of none."""
    if isinstance(value, dict):
        named = [(LAYER_NAMED[as_key(name)], content) for name, content in value.items() if as_key(name) in LAYER_NAMED]
        if is_item(value):
            yield layer_of(value), [value]
        elif named:
            yield from named
            yield from _layers(value.get("", []), labels, depth)
            others = ((name, content) for name, content in value.items() if name and as_key(name) not in LAYER_NAMED)
            for name, content in others:
                layer = _labelled(name, content, labels)
                if content and (layer or children(content)):
                    yield layer, {name: content}
        elif _names_types(value, labels):
            yield "entities", value
        elif (layers := {_labelled(*member, labels) for member in value.items()}) in ({"relations"}, {"stance"}):
            yield from ((layer, value) for layer in layers)
        else:
            inner = (_layers(content, labels, depth + 1) for content in value.values() if depth < _MOST_WRAPPED)
            found = [one for layers in inner for one in layers]
            yield from found if any(layer for layer, _ in found) else [(None, value)]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 3 and label_of("relations.type", item[1], labels):
                yield "relations", [item]
            elif depth < _MOST_WRAPPED and isinstance(item, list | dict):
                yield from _layers(item, labels, depth + 1)
            elif item is not None:
                yield None, item


def _names_types(value: Json, labels: Inventory) -> bool:
    """Whether an object holds entities: from types to names, or from names to types."""
    types = [name for name in value if not name or label_of("entities.type", name, labels)]
    types_first = len(types) == len(value) or (types and all(isinstance(names, list) for names in value.values()))
    types_last = all(label_of("entities.type", said, labels) for said in value.values())
    return bool(value) and bool(types_first or (types_last and not OF_ITEMS.issuperset(map(as_property, value))))


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
        self.layers: dict[Layer, list[object]] = {}
        self.entities: dict[tuple[str, str], Json] = {}
        self.types: dict[str, str] = {}
        self.names: list[dict[str, set[str]]] = [{}, {}, {}, {}, {}]
        self.rejections: list[Rejection] = []
        self.lost: list[Json] = []

    def said(self) -> Understood:
        found: Json = {"doc_id": self.document.doc_id}
        for content in self.layers.get("entities", ()):
            for item in self.entity_items(content):
                self.entity(item)
        if "entities" in self.layers:
            found["entities"] = list(self.entities.values())
        reads: dict[Layer, Callable[[object], Json | None]] = {
            "relations": self.relation,
            "stance": self.stance,
            "subsections": self.section,
        }
        for layer, read in reads.items():
            if layer in self.layers:
                items = [item for content in self.layers[layer] for item in self.items(layer, content)]
                found[layer] = list(self.once(filter(None, map(read, items))))
        if self.lost:
            found["rejected"] = self.lost
        return Understood(found, tuple(self.rejections))

    def reject(self, reason: str, why: str, what: object, layer: Layer | None = None, label: object = None) -> None:
        """Keep what cannot be an item; with a layer, it counts there as spurious."""
        self.rejections.append(Rejection(reason, why, clean(what)))
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

    def items(self, layer: Layer, content: object) -> Iterator[object]:
        """The items of a layer: of a list, or of an object from their labels to what they say besides."""
        if isinstance(content, list):
            for one in content:
                if isinstance(one, list) and any(isinstance(inner, dict) for inner in one):
                    yield from self.items(layer, one)
                elif one is not None:
                    yield one
        elif isinstance(content, dict) and content:
            labelled = any(label_of(LABELLED[layer][0], name, self.labels) for name in content)
            if layer_of(content) == layer or (not labelled and OF_ITEMS.intersection(fields_of(content))):
                yield content
                return
            for label, inner in content.items():
                yield from self.labelled(layer, label, inner)
        elif content:
            self.reject("shape", f"{layer} should be a list", content)

    def labelled(self, layer: Layer, label: str, content: object) -> Iterator[Json]:
        """The items that stand under their label: objects, or what an item must say besides."""
        place, name, must = LABELLED[layer]
        for one in pairs_of(content) if len(must) == 2 else flat(content):
            if isinstance(one, dict):
                yield {name: label, **one}
            elif len(must) == 1:
                yield {name: label, must[0]: one}
            elif is_pair(one):
                yield {name: label, **dict(zip(must, one, strict=True))}
            else:
                found = label_of(place, label, self.labels) or label
                self.reject("shape", f"this is no pair of {' and '.join(must)}", {label: one}, layer, found)

    def entity_items(self, content: object) -> Iterator[object]:
        """The entities of a list, or of an object from types to names or from names to types."""
        if isinstance(content, dict) and layer_of(content) != "entities":
            for name, inner in content.items():
                if isinstance(inner, str) and not label_of("entities.type", name, self.labels):
                    yield {"name": name, "type": inner}
                    continue
                yield from self.labelled("entities", name, inner)
        else:
            yield from self.items("entities", content)

    # -- entities ------------------------------------------------------------------------------------------

    def entity(self, item: object) -> None:
        fields = fields_of(item)
        said, name = first_of(fields, "kind"), words_of(first_of(fields, "name"))
        kind = self.label("entities.type", said, item, "entity type")
        if kind is None:
            return
        given = first_of(fields, "mentions")
        # A number here says how often it is mentioned, and not where.
        placed, before = isinstance(given, str | list | dict), len(self.rejections)
        if placed:
            mentions = self.each(self.mention, given, name)
            beside = {key: content for key, content in fields.items() if key not in PROPERTIES["mentions"]}
            self.unread(beside, name, item, "where mentions are listed, each says its own place")
        else:
            mentions = [*filter(None, map(self.mention, spread(item)))]
        if not mentions:
            del self.rejections[before:]  # What is wrong with its parts is lost with it, and one loss is told once.
            self.reject("no name", "it says no words of the text", item, "entities", kind)
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
        """What is read of each of several quotes, also of places of the words; one without words is rejected."""
        found = []
        for one in quotes_of(said, words):
            if span := read(one):
                found.append(span)
            else:
                self.reject("no name", "there are no words of the text here", one)
        return found

    def mention(self, item: object) -> Json | None:
        """A mention: words get every place of them, unless a number, a prefix, a suffix or good offsets say which."""
        span, fields = self.span(item), with_places(item)
        if span is None:
            return None
        if span.keys() == {"text"} and first_of(fields, "occurrence") is None:
            span["occurrence"] = "all"
        form = self.choice("entities.form", first_of(fields, "form"), item)
        return span | ({"form": form} if form else {})

    def span(self, item: object) -> Json | None:
        """A quote; offsets only say which occurrence is meant, where they are good. None where it has no words."""
        fields = with_places(item)
        said = first_of(fields, "name") if isinstance(item, dict) else item
        words = words_of(said)
        stated = places_of(fields)
        places = [self.placed(number_of(start), number_of(end), words) for start, end in stated]
        placed = next(filter(None, places), None)
        if placed is None and not words:
            return None
        wrong = [both for both, found in zip(stated, places, strict=True) if found is None or found != placed]
        if wrong:
            start, end = map(shown, wrong[0])
            self.reject("offsets", f"the text at {start}..{end} is not what is quoted", item)
        elif placed is None:
            self.unread(fields, words, item)
        if placed:
            return placed
        span: Json = {"text": words}
        number = self.occurrence(first_of(fields, "occurrence"), item)
        if number is not None:
            span["occurrence"] = number
        before, _, after = clean(said).partition(words)
        beside = {"prefix": (first_of(fields, "prefix"), "", before), "suffix": (first_of(fields, "suffix"), after, "")}
        for name, (context, left, right) in beside.items():
            if isinstance(context, str) and context:
                span[name] = f"{left}{clean(context)}{right}"
            elif not is_empty(context):
                self.reject("shape", f"a {name} should be words of the text", item)
        return span

    def placed(self, start: int | None, end: int | None, words: str) -> Json | None:
        """The quote with its number that offsets mean; of one of them, where the words tell the other."""
        text = self.document.text
        if words and start is None and end is not None:
            start = end - len(words)
        if words and end is None and start is not None:
            end = start + len(words)
        if start is None or end is None or not 0 <= start < end <= len(text):
            return None
        there = text[start:end]
        if not there.strip() or words not in ("", there):
            return None
        return {"text": there, "occurrence": 1 + list(occurrences(text, there)).index(start)}

    def unread(self, fields: Json, words: str, item: object, why: str = "it says no place that can be read") -> None:
        """Reject what looks like a place; the words of the item, said again under such a name, are none."""
        said = (name for name, said in fields.items() if not is_empty(said) and words_of(said) != words)
        if names := ", ".join(filter(looks_like_place, said)):
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
            said = first_of(fields, "id") if first_of(fields, "id") is not None else first_of(fields, "name")
        name = str(said) if isinstance(said, int) else words_of(said)
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
        why = f"no entity of the answer is called {name}" if name else "it names no entity"
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
            beside = {key: said for key, said in fields.items() if key not in PROPERTIES["first"]}
            self.unread(beside, first, item)
        return {"first": first}


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
            _, row, found = decode(str(path), raw.rstrip(), number) if raw.strip() else ("", {}, ())
            problems.extend(found)
            if found or not raw.strip():
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
