"""What language models call things: the names of layers, properties and labels, and what is said under them.

Names are compared as `as_key` has them. A value of an answer is JSON that may have any shape; each function here
says what it means, and None or nothing where it says nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from khabar.model import Layer
from khabar.quotes import fold
from khabar.schemas import ENUMS, Inventory

Json = dict[str, Any]

_LAYER_NAMES: dict[Layer, str] = {
    "entities": "entities, entity, named entities, mentions, ner, الكيانات, كيانات",
    "relations": "relations, relation, relationships, triples, العلاقات, علاقات",
    "stance": "stance, stances, المواقف, مواقف",
    "subsections": "subsections, sections, segments, الأقسام, أقسام",
}
_NAMES = {
    "id": "id, المعرف",
    "name": "name, text, mention, entity, surface, الاسم, اسم, النص, الكيان, span",
    "kind": "type, label, entity type, category, class, النوع, نوع, نوع الكيان, التصنيف, الفئة",
    "mentions": "mentions, occurrences, spans, الإشارات, المواضع",
    "head": "head, subject, source, from, الرأس, الطرف الأول, المصدر, من",
    "relation": "type, relation, predicate, label, relation type, النوع, نوع, العلاقة, نوع العلاقة",
    "tail": "tail, object, target, to, الذيل, الطرف الثاني, الهدف, إلى",
    "holder": "holder, subject, who, صاحب الموقف, صاحب الرأي",
    "target": "target, object, about, issue, الهدف, المستهدف, الموضوع",
    "stance": "label, stance, position, type, الموقف, نوع الموقف, النوع, نوع",
    "section": "kind, type, label, section, النوع, نوع, القسم, نوع القسم",
    "first": "first, first line, start, heading, title, text, السطر الأول, أول سطر, العنوان, النص",
    "evidence": "evidence, quote, justification, الدليل, دليل, الشاهد, الاقتباس",
    "start": "start, start char, char start, begin, start offset, offset start, begin offset, start index, start pos,"
    " البداية, بداية, from, من",
    "end": "end, end char, char end, end offset, offset end, end index, end pos, النهاية, نهاية, to, إلى",
    "place": "span, spans, offset, offsets, position, location, range, indices, الموضع",
    "occurrence": "occurrence, رقم الموضع",
    "prefix": "prefix, قبله",
    "suffix": "suffix, بعده",
    "form": "form, الصيغة",
    "mode": "mode, الصيغة, صيغة الموقف",
    "source": "source, المصدر",
    "story": "story, القصة",
    "function": "function, الوظيفة",
    "heading": "heading, العنوان",
}
_BARE_ITEMS: dict[Layer, tuple[str, ...]] = {
    "relations": ("head, tail", "subject, object", "الرأس, الذيل", "الطرف الأول, الطرف الثاني"),
    "stance": ("holder, target", "صاحب الموقف, الهدف", "صاحب الموقف, المستهدف", "صاحب الموقف, الموضوع"),
    "subsections": ("kind", "first", "first line", "السطر الأول", "أول سطر"),
}
"""The properties, all with words or numbers, that tell the layer of an item that stands alone."""

LABELLED: dict[Layer, tuple[str, str, tuple[str, ...]]] = {
    "entities": ("entities.type", "type", ("name",)),
    "relations": ("relations.type", "type", ("head", "tail")),
    "stance": ("stance.label", "label", ("holder", "target")),
    "subsections": ("subsections.kind", "kind", ("first",)),
}
"""For each layer: the labels of its items, the property that says the label, and what an item must say besides."""

_SAYS_PLACE = (
    "start, begin, end, offset, offsets, span, spans, position, positions, location, locations, place, range, bounds,"
    " index, indexes, indices, idx, pos, loc, char, chars, line, lines, column, paragraph, sentence, token, tokens,"
    " الموضع, الموقع, السطر, الفقرة, الجملة"
)
"""Words in the names of properties that say a place in the text."""

_MOST_PLACES = 10**6
_RANGE = re.compile(r"\W*(\d{1,18})\W+(\d{1,18})\W*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AUTHORS = "author, the author, article, writer, الكاتب, كاتب المقال, المؤلف, المقال, كاتب"


def as_key(name: object) -> str:
    """A name as it is compared: normalised, underscores as spaces."""
    return fold(str(name)).text.strip()


def as_property(name: object) -> str:
    """The name of a property as it is compared; ``startChar`` is ``start_char``."""
    return as_key(_CAMEL.sub("_", str(name)))


def _keys(names: str) -> tuple[str, ...]:
    return tuple(as_key(name) for name in names.split(","))


# All names below are keys.
LAYER_NAMED = {key: layer for layer, names in _LAYER_NAMES.items() for key in _keys(names)}
"""The layer that a name means."""

PROPERTIES = {field: _keys(names) for field, names in _NAMES.items()}
"""The names of a property, the likeliest first."""

OF_ITEMS = frozenset(key for keys in PROPERTIES.values() for key in keys) - LAYER_NAMED.keys()
"""The names of all properties of items."""

_GUESSES = [(layer, frozenset(_keys(names))) for layer, found in _BARE_ITEMS.items() for names in found]
_PLACE_NAMES = frozenset(key for field in ("start", "end", "place") for key in PROPERTIES[field])
_ENDS_OF_PAIRS = frozenset(key for field in ("head", "tail", "holder", "target") for key in PROPERTIES[field])
_PLACE_WORDS = frozenset(_keys(_SAYS_PLACE))
AUTHORS = frozenset(_keys(_AUTHORS))
"""The names of the article's own voice."""


def layer_of(item: Json) -> Layer | None:
    """The layer of an item that says nothing of it but its properties; None where they do not tell."""
    has = {as_property(name) for name, content in item.items() if isinstance(_one(content), str | int)}
    if layer := next((layer for layer, names in _GUESSES if names <= has), None):
        return layer
    return "entities" if has.intersection(PROPERTIES["kind"]) and has.intersection(PROPERTIES["name"]) else None


def is_item(value: Json) -> bool:
    """Whether an object is an item, and does not wrap a layer."""
    wrapped = (as_key(name) for name, content in value.items() if isinstance(content, list | dict))
    return layer_of(value) is not None and not any(name in LAYER_NAMED and name != "mentions" for name in wrapped)


def wraps(value: Json, names: Iterable[str]) -> bool:
    """Whether an object holds items, so that what is lost in it is not the whole; ``names`` are all that it had."""
    holds = {as_key(name) for name, content in value.items() if isinstance(content, list | dict)}
    named = OF_ITEMS.intersection(map(as_property, names))
    return not is_item(value) and (not named or bool(holds - OF_ITEMS - {"mentions"}))


def label_of(place: str, said: object, labels: Inventory) -> str | None:
    """The label that is meant: written as in the inventory, in other letter case, or by its Arabic or English name."""
    said = _one(said)
    return _spellings(labels)[place].get(as_key(said)) if isinstance(said, str) else None


@cache
def _spellings(labels: Inventory) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for place, name in ENUMS.items():
        ours = getattr(labels, name)
        by_name = {as_key(words): one.label for one in ours for words in (one.name.en, one.name.ar)}
        found[place] = by_name | {as_key(one.label): one.label for one in ours}
    return found


def fields_of(item: object) -> Json:
    """The properties of an object of an answer, by their names as they are compared; none for what is no object."""
    return {as_property(name): content for name, content in item.items()} if isinstance(item, dict) else {}


def first_of(fields: Json, names: str) -> Any:
    """The first property of those that may mean a thing that says something; None where there is none."""
    values = (_one(fields.get(key)) for key in PROPERTIES[names])
    return next((value for value in values if not is_empty(value)), None)


def _one(said: Any) -> Any:
    """What is said; of a list of one thing, the thing."""
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def flat(said: object) -> Iterator[Any]:
    """The things of a list, and of lists within it; else the one thing that is said."""
    if isinstance(said, list):
        for one in said:
            yield from flat(one)
    elif not is_empty(said):
        yield said


def quotes_of(said: object, words: str) -> Iterator[Any]:
    """The quotes that are said: two numbers are a place of the words, and an item of several places several items.

    Without words two numbers may count anything, such as sentences: they are no quote.
    """
    if isinstance(said, list) and len(said) == 2 and all(type(one) in (int, float) for one in said):
        yield {"text": words, "span": said} if words else said
    elif isinstance(said, list):
        for one in said:
            yield from quotes_of(one, words)
    elif not is_empty(said):
        yield from spread(said)


def spread(item: Any) -> list[Any]:
    """An item for each of several places that are said under one name; else the item."""
    for name, content in item.items() if isinstance(item, dict) else ():
        several = content if isinstance(content, list) and as_property(name) in PROPERTIES["place"] else []
        if len(several) > 1 and all(isinstance(one, list | dict) for one in several):
            return [{**item, name: one} for one in several]
    return [item]


def pairs_of(said: object) -> Iterator[Any]:
    """The pairs of names that are said, in lists or as objects from one to the other; what is no pair as it is."""
    if isinstance(said, dict) and not OF_ITEMS.intersection(fields_of(said)):
        yield from ([one, other] for one, others in said.items() for other in flat(others))
    elif isinstance(said, list) and not is_pair(said) and any(isinstance(one, list | dict) for one in said):
        for one in said:
            yield from pairs_of(one)
    elif not is_empty(said):
        yield said


def is_pair(said: object) -> bool:
    """Whether a list holds what may name two entities: words, numbers, or objects that name one."""
    found = said if isinstance(said, list) else []
    return len(found) == 2 and all(isinstance(one, str | int) or _is_name(one) for one in found)


def _is_name(said: object) -> bool:
    """Whether an object names an entity, and is no relation or stance."""
    has = fields_of(said).keys()
    return not has.isdisjoint((*PROPERTIES["name"], "id")) and has.isdisjoint(_ENDS_OF_PAIRS)


def with_places(item: object) -> Json:
    """The properties of an item, and what the objects that say its place say of it; their words where it has none."""
    fields = fields_of(item)
    for name in PROPERTIES["place"]:
        wanted = _PLACE_NAMES if words_of(first_of(fields, "name")) else _PLACE_NAMES.union(PROPERTIES["name"])
        fields = {key: said for key, said in fields_of(_one(fields.get(name))).items() if key in wanted} | fields
    return fields


def places_of(fields: Json) -> list[tuple[Any, Any]]:
    """The places that properties say: what is said of the start and of the end of each, None where nothing is."""
    ends = (first_of(fields, "start"), first_of(fields, "end"))
    found = [] if ends == (None, None) else [ends]
    for name in PROPERTIES["place"]:
        said = _one(fields.get(name))
        both = _RANGE.fullmatch(said) if isinstance(said, str) else None
        start, end = both.groups() if both else said if isinstance(said, list) and len(said) == 2 else (said, None)
        if number_of(start) is not None or number_of(end) is not None:
            found.append((start, end))
    return found


def looks_like_place(name: str) -> bool:
    """Whether a property says a place by its name, and nothing else that is known."""
    return name in _PLACE_NAMES or (name not in OF_ITEMS and not _PLACE_WORDS.isdisjoint(name.split()))


def is_empty(said: object) -> bool:
    """Whether a value says nothing."""
    return said is None or (isinstance(said, str | list | dict) and not said)


def count_of(said: object) -> int | None:
    """The number from 1 that is said; None where it is none."""
    number = number_of(_one(said))
    return number if number is not None and 0 < number <= _MOST_PLACES else None


def number_of(said: object) -> int | None:
    """The whole number that is said, also as a string or with a fraction of nothing; None where it is none."""
    if isinstance(said, float) and said.is_integer():
        return int(said)
    if isinstance(said, str) and re.fullmatch(r"\s*\d{1,18}\s*", said):
        return int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def words_of(said: object) -> str:
    """A string of an answer, halves of characters replaced; "" for what is none."""
    return clean(said).strip() if isinstance(said, str) else ""


def shown(said: object) -> str:
    """What is said, for a message: words as they are, anything else as JSON."""
    return words_of(said) or json.dumps(clean(said), ensure_ascii=False)


def clean(said: Any) -> Any:
    """A value of an answer that can be written as UTF-8: halves of characters joined or replaced."""
    if isinstance(said, str):
        return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(said, list):
        return [clean(one) for one in said]
    if isinstance(said, dict):
        return {clean(name): clean(one) for name, one in said.items()}
    return said
