"""Relations that a local pattern states, with the run of text that states them."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from khabar.systems.rules.context import Context
from khabar.systems.rules.lexicon import BELONGS, LEADS, PLAIN, SPEAKS, WORKS, word_set
from khabar.systems.rules.mentions import ADJECTIVE, Found, Mention
from khabar.systems.rules.people import Titled
from khabar.systems.rules.text import BREAK, MARK

PLACES: Final = frozenset(("GPE", "LOC", "FAC"))
# Domain and range of each relation that a pattern here can give.
SIGNATURES: Final = {
    "head_of": (frozenset(("PER",)), frozenset(("ORG", "GPE", "FAC", "EVENT"))),
    "spokesperson_of": (frozenset(("PER", "ORG")), frozenset(("ORG", "GPE", "PER"))),
    "works_for": (frozenset(("PER",)), frozenset(("ORG", "GPE", "PER"))),
    "member_of": (frozenset(("PER", "ORG", "GPE", "NORP")), frozenset(("ORG", "NORP"))),
    "founder_of": (frozenset(("PER", "ORG", "GPE")), frozenset(("ORG", "FAC", "PRODUCT"))),
    "citizen_of": (frozenset(("PER",)), frozenset(("GPE", "NORP"))),
    "part_of": (frozenset(("ORG",)), frozenset(("ORG", "GPE"))),
    "headquartered_in": (frozenset(("ORG",)), PLACES),
    "located_in": (PLACES, PLACES),
    "near": (PLACES, PLACES),
    "capital_of": (frozenset(("GPE",)), frozenset(("GPE",))),
    "event_location": (frozenset(("EVENT",)), PLACES),
    "event_date": (frozenset(("EVENT", "LAW", "WORK")), frozenset(("DATE", "TIME"))),
    "meets": (frozenset(("PER", "ORG", "GPE")), frozenset(("PER", "ORG", "GPE"))),
    "born_in": (frozenset(("PER",)), frozenset(("GPE", "LOC"))),
}
SYMMETRIC: Final = frozenset(("near", "meets"))
_DESCRIPTORS: Final = word_set("مدينة بلدة قرية محافظة منطقة ضاحية العاصمة")
_AWAY: Final = word_set("في لدى إلى")
_IN: Final = word_set("في وفي")
_BESIDE: Final = word_set("قرب شمال جنوب شرق غرب شمالي جنوبي شرقي غربي")
_SEATED: Final = word_set("مقرها مقره ومقرها ومقره")
_SUBORDINATE: Final = word_set("التابع التابعة التابعين")
_BORN: Final = word_set("ولد ولدت المولود المولودة مواليد")
_MEETING_TOKENS: Final = 16
_BORN_TOKENS: Final = 8


class Fact(NamedTuple):
    """A relation between the entities of two mentions, and the text that states it, `start:end`."""

    type: str
    head: Mention
    tail: Mention
    start: int
    end: int


def _fact(type_: str, head: Mention, tail: Mention, *others: Mention) -> Iterator[Fact]:
    """The fact, if domain and range allow it and its arguments are two things."""
    domain, range_ = SIGNATURES[type_]
    if head.type in domain and tail.type in range_ and (head.type, head.key) != (tail.type, tail.key):
        spans = (head, tail, *others)
        yield Fact(type_, head, tail, min(m.start for m in spans), max(m.end for m in spans))


def offices(ctx: Context, titled: Iterable[Titled], bodies: Found) -> Iterator[Fact]:
    """What a role says of the person beside it: of the first body or state that the role names."""
    for role, person in ((t.role, t.person) for t in titled):
        inner = sorted(
            (
                m
                for i in range(role.first, role.last)
                if (m := bodies.at.get(i)) and m.last <= role.last and ctx.page.norm(i - 1) not in _AWAY
            ),
            key=lambda m: (m.start, -m.end),
        )
        if not inner:
            continue
        body, relation = inner[0], role.relation
        if role.head in ctx.words.sets["professions"] and body.form == ADJECTIVE:
            relation = "citizen_of"
        elif relation == LEADS and body.form == ADJECTIVE and body.first > role.first + 1 and "العام" in role.name:
            relation = WORKS
        elif relation == BELONGS and body.type != "ORG":
            relation = PLAIN
        elif relation == SPEAKS and body.form == ADJECTIVE:
            relation = WORKS
        if relation != PLAIN:
            yield from _fact(relation, person, body, role)


def _skip(ctx: Context, i: int) -> int:
    """The token after «مدينة» and the like at token `i`."""
    return i + (ctx.page.norm(i) in _DESCRIPTORS)


def _place_after(ctx: Context, things: Found, i: int) -> Mention | None:
    """The place named at token `i`, perhaps after «مدينة»."""
    for j in (i, _skip(ctx, i)):
        place = things.at.get(j)
        if place and place.type in PLACES and place.form != ADJECTIVE and place.start == ctx.page.tokens[j].start:
            return place
    return None


def locations(ctx: Context, things: Found) -> Iterator[Fact]:
    """Where a place or an event is, said right after it: «في X», «شمال X», «المدينة العراقية»; «العاصمة العراقية بغداد»."""
    page = ctx.page
    for m in things.mentions:
        if m.form == ADJECTIVE or m.type not in PLACES | {"EVENT", "ORG"}:
            continue
        i = m.last
        i += page.norm(i) in ("،", ",") and page.norm(i + 1) in _IN | _BESIDE | _SEATED
        word = page.norm(i)
        if m.type in PLACES:
            if word in _IN and page.norm(i + 1) in _BESIDE and (tail := _place_after(ctx, things, i + 2)):
                yield from _fact("located_in" if _is_state(tail) else "near", m, tail)
            elif word in _IN and (tail := _place_after(ctx, things, i + 1)):
                yield from _fact("located_in", m, tail)
            elif word in _BESIDE and (tail := _place_after(ctx, things, i + 1)):
                yield from _fact("located_in" if _is_state(tail) and word != "قرب" else "near", m, tail)
            elif word == "بالقرب" and page.norm(i + 1) == "من" and (tail := _place_after(ctx, things, i + 2)):
                yield from _fact("near", m, tail)
            elif word == "عاصمه" and (tail := _place_after(ctx, things, i + 1)):
                yield from _fact("capital_of", m, tail)
            adjective = things.at.get(m.last)
            if m.type == "GPE" and adjective and adjective.form == ADJECTIVE and page.is_definite(m.last):
                yield from _fact("located_in", m, adjective)
            capital = things.at.get(m.first - 1)
            if capital and capital.form == ADJECTIVE and page.norm(m.first - 2).endswith("العاصمه"):
                yield from _fact("capital_of", m, capital)
        elif m.type == "EVENT":
            yield from _event(ctx, things, m)
        elif word in _SEATED:
            tail = _place_after(ctx, things, i + 1) or (
                _place_after(ctx, things, i + 2) if page.norm(i + 1) in _IN else None
            )
            if tail:
                yield from _fact("headquartered_in", m, tail)


def _is_state(mention: Mention) -> bool:
    """Whether the mention's key is a territory code: «شمال العراق» is in Iraq, «شمال بغداد» is near Baghdad."""
    return mention.key.isupper() and mention.key.isascii()


def _event(ctx: Context, things: Found, event: Mention) -> Iterator[Fact]:
    """Place and date right after an event, in either order."""
    i = event.last
    for _ in range(2):
        i += ctx.page.norm(i) in ("،", ",")
        j = i + (ctx.page.norm(i) in _IN)
        thing = things.at.get(j)
        if thing and thing.type in ("DATE", "TIME"):
            yield from _fact("event_date", event, thing)
            i = thing.last
        elif j > i and (place := _place_after(ctx, things, j)):
            yield from _fact("event_location", event, place)
            i = place.last
        else:
            return


def subordinations(ctx: Context, things: Found) -> Iterator[Fact]:
    """«X التابعة لـY»."""
    for m in things.mentions:
        tail = things.at.get(m.last + 1)
        if (
            m.type == "ORG"
            and ctx.page.norm(m.last) in _SUBORDINATE
            and tail
            and ctx.page.norm(tail.first).startswith("ل")
        ):
            yield from _fact("part_of", m, tail)


def meetings(ctx: Context, things: Found) -> Iterator[Fact]:
    """The first two people after a verb of meeting in one clause."""
    page, meeting = ctx.page, ctx.words.sets["meeting"]
    for i in page.select(meeting):
        if not any(stem in meeting for cut, stem, _ in page.readings(i) if ctx.is_joint(i, cut)):
            continue
        people: list[Mention] = []
        for j in range(i + 1, min(i + _MEETING_TOKENS, len(page.tokens))):
            if page.norm(j) in (".", "؛", "؟", "!", "\n") or page.kind(j) == BREAK or (j > i + 1 and ctx.is_verb(j)):
                break
            person = things.at.get(j)
            if person and person.type == "PER" and person.key not in {p.key for p in people}:
                people.append(person)
        if len(people) > 1:
            first, second = people[:2]
            yield from _fact("meets", first, second, page.mention(i, second.last, "PER"))


def births(ctx: Context, things: Found) -> Iterator[Fact]:
    """«فلان المولود في X», «فلان، من مواليد X»."""
    for m in things.mentions:
        if m.type != "PER":
            continue
        for i in range(m.last, min(m.last + 3, len(ctx.page.tokens))):
            if ctx.page.norm(i) in _BORN:
                span = range(i + 1, min(i + _BORN_TOKENS, len(ctx.page.tokens)))
                stop = next((j for j in span if ctx.page.kind(j) in (BREAK, MARK)), span.stop)
                place = next((p for j in range(i + 1, stop) if (p := _place_after(ctx, things, j))), None)
                if place:
                    yield from _fact("born_in", m, place)
                break


def find_facts(ctx: Context, titled: list[Titled], bodies: Found, things: Found) -> list[Fact]:
    """Every fact, one per (type, head, tail), in page order; a symmetric one once."""
    found: dict[tuple[str, str, str, str, str], Fact] = {}
    groups = (
        offices(ctx, titled, bodies),
        locations(ctx, things),
        subordinations(ctx, things),
        meetings(ctx, things),
        births(ctx, things),
    )
    for fact in (fact for group in groups for fact in group):
        ends = [(fact.head.type, fact.head.key), (fact.tail.type, fact.tail.key)]
        if fact.type in SYMMETRIC:
            ends.sort()
        found.setdefault((fact.type, *ends[0], *ends[1]), fact)
    return sorted(found.values(), key=lambda fact: (fact.start, fact.end, fact.type))
