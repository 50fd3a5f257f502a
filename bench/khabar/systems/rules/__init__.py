"""A rule system for Modern Standard Arabic news: what word lists, CLDR and the look of lines can say.

It reads nothing but the text. It attempts entities, relations and subsections (without `function` and
`story`); it leaves stance alone, which it could only guess. Offsets are 0-based, half-open code points.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from khabar.systems.rules.amounts import find_amounts
from khabar.systems.rules.context import Context
from khabar.systems.rules.lexicon import lexicon
from khabar.systems.rules.lines import find_sections
from khabar.systems.rules.mentions import ADJECTIVE, NAME, NOMINAL, Found, Mention, Page, find_nisbas, find_places
from khabar.systems.rules.people import (
    Titled,
    find_named,
    find_nominals,
    find_repeats,
    find_titled,
    same_bodies,
    same_people,
)
from khabar.systems.rules.phrases import drop_inner, find_phrases
from khabar.systems.rules.relations import Fact, find_facts
from khabar.systems.rules.text import has_clean_edges

__all__ = ["predict"]

Item = dict[str, object]
_FORMS = (NAME, ADJECTIVE, NOMINAL)  # the surest first
_NO_THINGS = ("ROLE", "CARDINAL", "ORDINAL")
_NAMED_BY_TITLES = ("ORG", "GPE", "FAC", "EVENT", "PER", "NORP")


def _analyse(text: str) -> tuple[list[Mention], list[Fact]]:
    """Every mention of a text, keyed by entity, and every fact between entities."""
    page, words = Page.read(text), lexicon()
    places, amounts = find_places(page), find_amounts(page)
    ctx = Context(page, words, places, find_nisbas(page, places), amounts)
    phrases = find_phrases(ctx)
    phrases = Found((*phrases.mentions, *find_repeats(ctx, [], phrases)))
    titled = find_titled(ctx, phrases)
    held = {(t.role.start, t.role.end) for t in titled}  # «الأكاديمية» beside a name is no academy
    phrases = Found(tuple(m for m in phrases.mentions if (m.start, m.end) not in held))
    named, more = find_named(ctx, phrases, titled)
    titled += more
    people = list({m.start: m for m in [*(t.person for t in titled), *named]}.values())
    repeats = find_repeats(ctx, people, Found(()))
    over = Found((*people, *repeats)).covered
    roles = [t.role for t in titled if t.role.head not in words["peers"]]
    mentions = [
        *drop_inner(places, phrases).mentions,
        *_outside(amounts, phrases, roles),
        *(m for m in ctx.nisbas.mentions if m.first not in over),
        *phrases.mentions,
        *roles,
        *people,
        *repeats,
        *find_nominals(ctx, titled, phrases),
    ]
    same = {"PER": same_people(mentions), "ORG": same_bodies(mentions)}
    mentions = _distinct(page, (_renamed(m, same) for m in mentions))
    titled = [Titled(t.role, _renamed(t.person, same)) for t in titled]
    bodies = Found(tuple(m for m in mentions if m.type in _NAMED_BY_TITLES))
    things = Found(tuple(m for m in mentions if m.type not in _NO_THINGS and m.form != NOMINAL))
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
    kept: dict[tuple[int, int, str], Mention] = {}
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end, m.type, _FORMS.index(m.form))):
        if has_clean_edges(page.text, mention.start, mention.end):
            kept.setdefault((mention.start, mention.end, mention.type), mention)
    return list(kept.values())


def _entities(text: str, mentions: list[Mention]) -> tuple[list[Item], dict[tuple[str, str], str]]:
    """Entities in the order of their first mention, and their ids by type and key."""
    groups: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention in mentions:
        groups[mention.type, mention.key].append(mention)
    ids = {key: f"e{n}" for n, key in enumerate(groups, 1)}
    entities: list[Item] = []
    for key, group in groups.items():
        longest = key[0] in ("PER", "ORG")
        named = min(group, key=lambda m: (_FORMS.index(m.form), -len(m.name) if longest else 0))
        spans = [_span(text, m.start, m.end) | {"form": m.form} for m in group]
        entities.append({"id": ids[key], "type": key[0], "name": named.name, "mentions": spans})
    return entities, ids


def _span(text: str, start: int, end: int) -> Item:
    return {"start": start, "end": end, "text": text[start:end]}


def predict(text: str) -> dict[str, list[dict[str, object]]]:
    """The entities, relations and subsections of one page, in the prediction shape of the data model.

    Deterministic, and linear in the length of `text`. Any string is fine; offsets count its code points.
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
