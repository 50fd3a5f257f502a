"""What language models call things: the names of layers, properties and labels, and what is said under them.

Names are compared as `as_key` has them. A value of an answer is JSON that may have any shape; each function here
says what it means, and None or nothing where it says nothing.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

from khabar.model import Layer
from khabar.quotes import fold
from khabar.schemas import ENUMS, Inventory

Json = dict[str, Any]

_LAYER_NAMES: dict[Layer, str] = {
    "entities": "entities, entity, named entities, mentions, ner, الكيانات, كيانات",
    "relations": "relations, relation, relationships, triples, العلاقات, علاقات",
    "stance": "stance, stances, stance pairs, المواقف, مواقف",
    "subsections": "subsections, sections, segments, الأقسام, أقسام",
}
_NAMES = {
    "id": "id, المعرف",
    "name": "name, entity, الاسم, اسم, الكيان",
    "words": "mention, surface, word, text, النص, span",
    "kind": "type, label, entity type, entity group, category, class, النوع, نوع, نوع الكيان, التصنيف, الفئة",
    "mentions": "mentions, occurrences, spans, الإشارات, المواضع",
    "head": "head, subject, source, from, entity1, entity 1, arg1, الرأس, الطرف الأول, المصدر, من",
    "relation": "type, relation, predicate, label, relation type, النوع, نوع, العلاقة, نوع العلاقة",
    "tail": "tail, object, target, to, entity2, entity 2, arg2, الذيل, الطرف الثاني, الهدف, إلى",
    "holder": "holder, subject, who, speaker, صاحب الموقف, صاحب الرأي",
    "target": "target, object, about, issue, topic, الهدف, المستهدف, الموضوع",
    "stance": "label, stance, position, type, الموقف, نوع الموقف, النوع, نوع",
    "section": "kind, type, label, section, النوع, نوع, القسم, نوع القسم",
    "first": "first, first line, start, heading, title, text, السطر الأول, أول سطر, العنوان, النص",
    "evidence": "evidence, quote, justification, الدليل, دليل, الشاهد, الاقتباس",
    "start": "start, start char, char start, begin, start offset, offset start, begin offset, start index, start pos,"
    " البداية, بداية, from, من",
    "end": "end, end char, char end, end offset, offset end, end index, end pos, النهاية, نهاية, to, إلى",
    "place": "span, spans, offset, offsets, position, location, range, indices, الموضع",
    "occurrence": "occurrence, occurence, رقم الموضع",
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
    "relations": (
        "head, subject, entity1, entity 1, arg1, الرأس, الطرف الأول",
        "tail, object, entity2, entity 2, arg2, الذيل, الطرف الثاني",
    ),
    "stance": (
        "holder, speaker, صاحب الموقف, صاحب الرأي",
        "target, topic, issue, الهدف, المستهدف, الموضوع",
    ),
    "subsections": ("kind, first, first line, السطر الأول, أول سطر",),
}
"""The properties, with words or numbers, that tell the layer of an item that stands alone: one of each row."""

LABELLED: dict[Layer, tuple[str, str, tuple[str, ...]]] = {
    "entities": ("entities.type", "kind", ("name",)),
    "relations": ("relations.type", "relation", ("head", "tail")),
    "stance": ("stance.label", "stance", ("holder", "target")),
    "subsections": ("subsections.kind", "section", ("first",)),
}
"""For each layer: the labels of its items, the property that says the label, and what an item must say besides."""

_SAYS_PLACE = (
    "start, begin, end, offset, offsets, span, spans, position, positions, location, locations, place, range, bounds,"
    " index, indexes, indices, idx, pos, loc, char, chars, line, lines, column, paragraph, sentence, token, tokens,"
    " الموضع, الموقع, السطر, الفقرة, الجملة"
)
"""Words in the names of properties that say a place in the text."""

_MOST_PLACES = 10**6
_MOST_LISTED = 4  # A type, words, and two numbers.
_TAG = re.compile("(?P<at>[BIESLU])[-_](?P<type>.+)")
_MOST_NUMBER = 10**18  # Python writes no number of thousands of digits.
_WRITTEN = re.compile(r"-?\d+(?:\.\d+)?")
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

_OF_PROPERTIES = frozenset(key for keys in PROPERTIES.values() for key in keys)
OF_ITEMS = _OF_PROPERTIES - LAYER_NAMED.keys()
"""The names of all properties of items that name no layer."""

OF_ENVELOPES = frozenset(_keys("id, type, object"))
"""The names of properties that the envelopes of chat interfaces have as well."""

GIVEN = "gold"
"""What stands in place of a layer that is given to the system."""

_QUOTED = tuple(key for key in PROPERTIES["words"] if key not in PROPERTIES["place"])
_WORDS = PROPERTIES["words"] + PROPERTIES["name"]
_GUESSES = {layer: [frozenset(_keys(names)) for names in rows] for layer, rows in _BARE_ITEMS.items()}
_PLACE_NAMES = frozenset(key for field in ("start", "end", "place") for key in PROPERTIES[field])
_ENDS_OF_PAIRS = frozenset(key for field in ("head", "tail", "holder", "target") for key in PROPERTIES[field])
_PLACE_WORDS = frozenset(_keys(_SAYS_PLACE))
_MENTIONS = _keys("mentions, الإشارات")
_OF_THINGS = frozenset(_keys("position, positions, location, locations, place, الموقع"))
_AMBIGUOUS = _OF_PROPERTIES & LAYER_NAMED.keys() - {"mentions"}
AUTHORS = frozenset(_keys(_AUTHORS))
"""The names of the article's own voice."""


def layer_of(item: Json) -> Layer | None:
    """The layer of an item that says nothing of it but its properties; None where they do not tell."""
    has = {as_property(name) for name, content in item.items() if isinstance(_one(content), str | int | float)}
    if layer := next((layer for layer, rows in _GUESSES.items() if not any(map(has.isdisjoint, rows))), None):
        return layer
    kind, name = not has.isdisjoint(PROPERTIES["kind"]), not has.isdisjoint(PROPERTIES["name"])
    if (kind and not has.isdisjoint(_WORDS)) or ((kind or name) and any(as_key(key) == "mentions" for key in item)):
        return "entities"
    named = [LAYER_NAMED[name] for name in has & _AMBIGUOUS] if len(has & _OF_PROPERTIES) > 1 else []
    return next((layer for layer in (*_GUESSES, "entities") if layer in named), None)


def layers_in(value: Json) -> Json:
    """The members of an object that are layers; mentions of an item are none."""
    found = {name: content for name, content in value.items() if _is_layer(as_key(name), content)}
    mentions = {name for name in found if as_key(name) == "mentions"}
    return beside(found, mentions) if mentions and layer_of(beside(value, found.keys() - mentions)) else found


def _is_layer(key: str, content: object) -> bool:
    held = _one(content) if key in _AMBIGUOUS else content
    return key in LAYER_NAMED and (isinstance(held, list | dict) or content == GIVEN)


def text_part(value: object) -> str | None:
    """The text of a part of a chat message, {"type": "text", "text": …}; None for what is none."""
    if not isinstance(value, dict) or value.get("type") not in ("text", "output_text"):
        return None
    text = value.get("text")
    return text if isinstance(text, str) else None


def beside(value: Json, names: Container[str]) -> Json:
    """The members of an object beside those of some names."""
    return {name: content for name, content in value.items() if name not in names}


def wraps(value: Json, names: Iterable[str], listed: bool) -> bool:
    """Whether an object holds items, so that what is lost in it is not the whole.

    ``names`` are all that it had; in a list, an object that holds nothing is an item itself.
    """
    if layers_in(value):
        return True
    holds = {as_property(name) for name, content in value.items() if isinstance(content, list | dict)} - _OF_PROPERTIES
    plain = listed or not OF_ITEMS.isdisjoint(map(as_property, names))
    return bool(value) and layer_of(value) is None and bool(holds or not plain)


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

    Without words two numbers may count anything, such as sentences: they are no quote. Words and numbers that are not
    words with one place are one quote that cannot be read, for it is not known what the numbers say.
    """
    if isinstance(said, list):
        if _are_offsets(said):
            yield {"text": words, "span": said} if words else said
        elif quote := _placed_words(said, words):
            yield quote
        elif _is_mixed(said, words):
            yield said
        else:
            for one in said:
                yield from quotes_of(one, words)
    elif not is_empty(said):
        yield from spread(said)


def names_of(said: object) -> Iterator[Json]:
    """What is said of each entity under its type: objects, names, and names with their places or places alone."""
    things = said if isinstance(said, list) else [said]
    if _placed_words(things) and any(not isinstance(one, str) for one in things):  # Strings alone are names.
        things = [things]
    for one in things:
        if isinstance(one, dict):
            yield one
        elif quote := _placed_words(one):
            yield quote
        elif _are_offsets(one):
            yield {"span": one}
        elif _is_mixed(one):
            yield {"name": one}
        else:
            yield from ({"name": name} if not isinstance(name, dict) else name for name in flat(one))


def _are_offsets(said: object) -> bool:
    return isinstance(said, list) and len(said) == 2 and all(type(one) in (int, float) for one in said)


def _placed_words(said: Any, words: str = "") -> Json | None:
    """The quote that a list of words and two numbers is; numbers may be strings that are not of the item's words."""
    found = said if isinstance(said, list) and len(said) == 3 else []
    texts = [one for one in found if isinstance(one, str)]
    if len(texts) > 1:
        texts = [one for one in texts if number_of(one) is None or one in words.split()]
    numbers = [one for one in found if one not in texts]
    placed = len(texts) == 1 and len(numbers) == 2 and all(number_of(one) is not None for one in numbers)
    return {"text": texts[0], "span": numbers} if placed else None


def _is_mixed(said: object, words: str = "") -> bool:
    """Whether a list holds words and also numbers that are none of the item's words."""
    found = said if isinstance(said, list) else []
    numbers = [one for one in found if type(one) in (int, float) and words_of(one) not in words.split()]
    return bool(numbers) and any(isinstance(one, str) for one in found)


def listed_entity(said: object, labels: Inventory) -> Json | None:
    """The entity that a list is: one type, and one other thing that is words, two numbers for a place, or both.

    None for any other list; also where two things of it may be the type.
    """
    found = said if isinstance(said, list) and len(said) <= _MOST_LISTED else []
    types = [one for one in found if isinstance(one, str) and label_of("entities.type", one, labels)]
    rest = [one for one in found if one not in types]
    if len(types) != 1 or len(rest) + 1 != len(found):
        return None
    if len(rest) == 1 and words_of(rest[0]):
        return {"type": types[0], "text": rest[0]}
    quote = {"span": rest} if _are_offsets(rest) else _placed_words(rest)
    return {"type": types[0], **quote} if quote else None


def holds_mentions(fields: Json) -> bool:
    """Whether properties say a list of mentions, and not how many or where they are."""
    return any(isinstance(one, str | dict) for key in _MENTIONS for one in flat(fields.get(key)))


def is_property(name: str) -> bool:
    """Whether a name says something of an item itself, or looks like its place."""
    key = as_property(name)
    return key in OF_ITEMS or key == "mentions" or _is_place(key)


def _is_place(key: str) -> bool:
    return key in _PLACE_NAMES or (key not in _OF_PROPERTIES and not _PLACE_WORDS.isdisjoint(key.split()))


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
        wanted = _PLACE_NAMES if spoken(fields) else _PLACE_NAMES.union(_WORDS)
        fields = {key: said for key, said in fields_of(_one(fields.get(name))).items() if key in wanted} | fields
    return fields


def entity_fields(item: object) -> Json:
    """The properties of an entity; with words and no type, what `entity` says is the type.

    What stands in lists or objects where words are meant are its mentions.
    """
    fields = fields_of(item)
    names = {"entity": "type"} if first_of(fields, "kind") is None and spoken(fields, "words") else {}
    if first_of(fields, "mentions") is None:
        names |= {key: "mentions" for key in _QUOTED if isinstance(_one(fields.get(key)), list | dict)}
    return {names.get(key, key): said for key, said in fields.items()}


def whole_tags(items: Sequence[Any], labels: Inventory) -> Iterator[Any]:
    """Entities, without the prefixes of types that taggers write where one token is the whole entity."""
    tags = [_tag_of(item, labels) for item in items]
    for item, tag, after in zip(items, tags, [*tags, None][1:], strict=True):
        if tag and tag["at"] in "BSU" and not (after and after["at"] in "IEL"):
            yield {name: said for name, said in item.items() if said != tag[0]} | {"type": tag["type"]}
        else:
            yield item


def _tag_of(item: object, labels: Inventory) -> re.Match[str] | None:
    tag = _TAG.fullmatch(words_of(first_of(entity_fields(item), "kind")))
    return tag if tag and label_of("entities.type", tag["type"], labels) else None


def spoken(fields: Json, *properties: str) -> str:
    """The words of an item, as they stand: those that are quoted, or else its name. What says a place is none."""
    keys = (key for name in properties or ("words", "name") for key in PROPERTIES[name])
    said = (_one(fields.get(key)) for key in keys if key not in _PLACE_NAMES or not _range_of(_one(fields.get(key))))
    return next((text_of(one) for one in said if words_of(one)), "")


def other_words(fields: Json, words: str) -> str:
    """What an item quotes besides its words."""
    return ", ".join(other for key in _QUOTED if (other := words_of(fields.get(key))) not in ("", words))


def places_of(fields: Json) -> list[tuple[Any, Any]]:
    """The places that properties say: what is said of the start and of the end of each, None where nothing is."""
    ends = (first_of(fields, "start"), first_of(fields, "end"))
    found = [] if ends == (None, None) else [ends]
    for name in PROPERTIES["place"]:
        said = _one(fields.get(name))
        if both := _range_of(said):
            found.append(both)
    return found


def _range_of(said: object) -> tuple[Any, Any] | None:
    """The start and the end that numbers say, or words with two numbers; the end None where there is one number."""
    both = _RANGE.fullmatch(said) if isinstance(said, str) else None
    start, end = both.groups() if both else said if isinstance(said, list) and len(said) == 2 else (said, None)
    return (start, end) if number_of(start) is not None or number_of(end) is not None else None


def unread_places(fields: Json, words: str) -> list[str]:
    """The properties that say a place by their names, and nothing else; the item's words said again are none."""
    return [name for name, said in fields.items() if _is_place(name) and not is_empty(said) and words_of(said) != words]


def says_place(fields: Json, words: str) -> bool:
    """Whether an item means one place, also where that cannot be read; a position in words may be a person's office."""
    unread = (name for name in unread_places(fields, words) if name not in _OF_THINGS or not words_of(fields[name]))
    return bool(places_of(fields)) or any(unread)


def is_empty(said: object) -> bool:
    """Whether a value says nothing."""
    return said is None or (isinstance(said, str | list | dict) and not said)


def says_nothing(item: object) -> bool:
    """Whether an item says nothing, under any name."""
    return is_empty(item) or (isinstance(item, dict) and all(map(is_empty, item.values())))


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


def text_of(said: object) -> str:
    """A string of an answer, halves of characters replaced, or a number as it is written; "" for what is neither."""
    if isinstance(said, int | float) and not isinstance(said, bool):
        written = repr(said) if abs(said) < _MOST_NUMBER else ""
        return written if _WRITTEN.fullmatch(written) else ""
    return clean(said) if isinstance(said, str) else ""


def words_of(said: object) -> str:
    """The same, without white space around it."""
    return text_of(said).strip()


def shown(said: object) -> str:
    """What is said, for a message: words as they are, anything else as JSON."""
    return words_of(clean(said)) or json.dumps(clean(said), ensure_ascii=False)


def without_blanks(said: Any) -> Any:
    """A value of an answer without the empty names of members whose names were lost: these stand apart."""
    if isinstance(said, list):
        return [without_blanks(one) for one in said]
    if not isinstance(said, dict):
        return said
    members = {name: without_blanks(one) for name, one in said.items() if name}
    if "" not in said:
        return members
    unnamed = without_blanks(said[""])
    return [members, unnamed] if members else unnamed


def clean(said: Any) -> Any:
    """A value of an answer that can be written: halves of characters joined or replaced, ``NaN`` as words."""
    if isinstance(said, str):
        return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(said, float) and not isfinite(said):
        return json.dumps(said)
    if isinstance(said, list):
        return [clean(one) for one in said]
    if isinstance(said, dict):
        return {clean(name): clean(one) for name, one in said.items()}
    return said
