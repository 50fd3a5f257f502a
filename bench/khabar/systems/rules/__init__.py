"""A rule system for Modern Standard Arabic news: what word lists, CLDR and the look of lines can say, and no more.

It reads nothing but the text. It attempts entities, relations and subsections (without `function` and `story`); it
leaves stance alone, which it could only guess. Offsets are 0-based, half-open code points.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from khabar.systems.rules.amounts import find_amounts
from khabar.systems.rules.context import Context
from khabar.systems.rules.lexicon import lexicon
from khabar.systems.rules.lines import find_sections
from khabar.systems.rules.mentions import ADJECTIVE, NAME, Found, Mention, Page, find_nisbas, find_places
from khabar.systems.rules.people import (
    Titled,
    find_named,
    find_nominals,
    find_repeats,
    find_titled,
    same_bodies,
    same_people,
)
from khabar.systems.rules.phrases import drop_inner_places, find_phrases
from khabar.systems.rules.relations import Fact, find_facts

__all__ = ["predict"]

Item = dict[str, object]
_FORM_ORDER = {NAME: 0, ADJECTIVE: 1}


def _analyse(text: str) -> tuple[list[Mention], list[Fact]]:
    """Every mention of a text, keyed by entity, and every fact between entities."""
    page, words = Page.read(text), lexicon()
    places = find_places(page, words.saying)
    amounts = find_amounts(page)
    nisbas = find_nisbas(page, places, words.function, words.verbs)
    ctx = Context(page, words, places, nisbas, amounts)
    phrases = find_phrases(ctx)
    places = drop_inner_places(places, phrases)
    titled = find_titled(ctx, phrases)
    held = {(t.role.start, t.role.end) for t in titled}  # «الأكاديمية» beside a name is no academy
    phrases = Found(tuple(m for m in phrases.mentions if (m.start, m.end) not in held))
    named = find_named(ctx, phrases, titled)
    titled += [item for item in named if isinstance(item, Titled)]
    people = list(
        {m.start: m for m in [t.person for t in titled] + [m for m in named if isinstance(m, Mention)]}.values()
    )
    repeats = list(find_repeats(ctx, people, phrases))
    over = {i for m in [*people, *(r for r in repeats if r.type == "PER")] for i in range(m.first, m.last)}
    adjectives = [m for m in nisbas.mentions if m.first not in over]
    roles = [t.role for t in titled if t.role.head not in words.sets["peers"]]
    nominals = list(find_nominals(ctx, titled, phrases))
    mentions = [
        *places.mentions,
        *_outside(amounts, phrases, roles),
        *adjectives,
        *phrases.mentions,
        *roles,
        *people,
        *repeats,
        *nominals,
    ]
    same = {"PER": same_people(m for m in mentions if m.type == "PER"), "ORG": same_bodies(mentions)}
    mentions = _distinct(page, (_renamed(m, same) for m in mentions))
    bodies = Found(tuple(m for m in mentions if m.type in ("ORG", "GPE", "FAC", "EVENT", "PER", "NORP")))
    things = Found(
        tuple(m for m in mentions if m.type not in ("ROLE", "CARDINAL", "ORDINAL") and m.form in _FORM_ORDER)
    )
    titled = [Titled(t.role, _renamed(t.person, same)) for t in titled]
    return mentions, find_facts(ctx, titled, bodies, things)


def _outside(amounts: Found, phrases: Found, roles: Iterable[Mention]) -> list[Mention]:
    """The amounts, without bare numbers that belong to a name or a rank («كأس العالم 2022», «ملازم أول»)."""
    inner = phrases.inner | Found(tuple(roles)).inner
    return [m for m in amounts.mentions if m.type not in ("CARDINAL", "ORDINAL") or m.first not in inner]


def _renamed(mention: Mention, same: dict[str, dict[str, str]]) -> Mention:
    key = same.get(mention.type, {}).get(mention.key)
    return replace(mention, key=key) if key else mention


def _distinct(page: Page, mentions: Iterable[Mention]) -> list[Mention]:
    """Clean mentions in page order, one per span and type, the surest form first."""
    ordered = sorted(mentions, key=lambda m: (m.start, -m.end, m.type, _FORM_ORDER.get(m.form, 2)))
    kept: dict[tuple[int, int, str], Mention] = {}
    for mention in ordered:
        if page.is_clean(mention):
            kept.setdefault((mention.start, mention.end, mention.type), mention)
    return list(kept.values())


def _entities(text: str, mentions: list[Mention]) -> tuple[list[Item], dict[tuple[str, str], str]]:
    """Entities in the order of their first mention, and their ids by type and key."""
    groups: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention in mentions:
        groups[mention.type, mention.key].append(mention)
    ids = {key: f"e{n}" for n, key in enumerate(groups, 1)}
    entities: list[Item] = []
    for (type_, _), group in ((key, groups[key]) for key in groups):
        named = min(group, key=lambda m: (_FORM_ORDER.get(m.form, 2), -len(m.name) if type_ == "PER" else 0))
        spans = [{"start": m.start, "end": m.end, "text": text[m.start : m.end], "form": m.form} for m in group]
        entities.append({"id": ids[type_, group[0].key], "type": type_, "name": named.name, "mentions": spans})
    return entities, ids


def _span(text: str, start: int, end: int) -> Item:
    return {"start": start, "end": end, "text": text[start:end]}


def predict(text: str) -> dict[str, list[dict[str, object]]]:
    """The entities, relations and subsections of one page, in the prediction shape of the data model.

    Deterministic, and linear in the length of `text`. Any string is fine; offsets count code points of `text` as given.
    """
    mentions, facts = _analyse(text)
    entities, ids = _entities(text, mentions)
    relations: list[Item] = [
        {
            "id": f"r{n}",
            "type": fact.type,
            "head": ids[fact.head.type, fact.head.key],
            "tail": ids[fact.tail.type, fact.tail.key],
            "evidence": [_span(text, fact.start, fact.end)],
        }
        for n, fact in enumerate(facts, 1)
        if (fact.head.type, fact.head.key) in ids and (fact.tail.type, fact.tail.key) in ids
    ]
    subsections: list[Item] = [
        {
            "id": f"b{n}",
            "start": section.start,
            "end": section.end,
            "kind": section.kind,
            "heading": _span(text, *section.heading) if section.heading else None,
        }
        for n, section in enumerate(find_sections(text), 1)
    ]
    return {"entities": entities, "relations": relations, "subsections": subsections}
