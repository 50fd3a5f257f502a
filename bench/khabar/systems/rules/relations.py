"""Relations that a local pattern states, with the run of text that states them."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from khabar.systems.rules.context import Context
from khabar.systems.rules.mentions import ADJECTIVE, Found, Mention
from khabar.systems.rules.people import Titled
from khabar.systems.rules.text import BREAK, MARK

_PLACES: Final = ("GPE", "LOC", "FAC")
_TIMES: Final = ("DATE", "TIME")
_AGENTS: Final = ("PER", "ORG", "GPE", "NORP")
# Domain and range of each relation that a pattern here can give.
SIGNATURES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "head_of": (("PER",), ("ORG", "GPE", "FAC", "EVENT")),
    "spokesperson_of": (("PER", "ORG"), ("ORG", "GPE", "PER")),
    "works_for": (("PER",), ("ORG", "GPE", "PER")),
    "member_of": (_AGENTS, ("ORG", "NORP")),
    "founder_of": (("PER", "ORG", "GPE"), ("ORG", "FAC", "PRODUCT")),
    "citizen_of": (("PER",), ("GPE", "NORP")),
    "part_of": (("ORG",), ("ORG", "GPE")),
    "headquartered_in": (("ORG",), _PLACES),
    "located_in": (_PLACES, _PLACES),
    "near": (_PLACES, _PLACES),
    "capital_of": (("GPE",), ("GPE",)),
    "event_location": (("EVENT",), _PLACES),
    "event_date": (("EVENT", "LAW", "WORK"), _TIMES),
    "meets": (("PER", "ORG", "GPE"), ("PER", "ORG", "GPE")),
    "born_in": (("PER",), ("GPE", "LOC")),
}
SYMMETRIC: Final = ("near", "meets")
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


def _office(ctx: Context, role: Mention, body: Mention) -> str:
    """What a title says of its holder and the first body or state that it names; "" if nothing."""
    if body.form == ADJECTIVE and role.head in ctx.words["professions"]:
        return "citizen_of"
    if body.form == ADJECTIVE and role.relation == "spokesperson_of":
        return "works_for"
    return "" if role.relation == "member_of" and body.type != "ORG" else role.relation


def offices(ctx: Context, titled: Iterable[Titled], bodies: Found) -> Iterator[Fact]:
    """What titles say of the people beside them, of the first body or state that a title names."""
    for role, person in ((t.role, t.person) for t in titled):
        inside = (bodies.at[i] for i in range(role.first, role.last) if i in bodies.at)
        away = ctx.words["role_particles"] - {"عن"}
        own = (m for m in inside if m.last <= role.last and ctx.page.norm(m.first - 1) not in away)
        body = next(own, None)
        if body and (relation := _office(ctx, role, body)):
            yield from _fact(relation, person, body, role)


def _place(ctx: Context, things: Found, i: int) -> Mention | None:
    """The place named at token `i`, perhaps after «مدينة»."""
    for j in (i, i + (ctx.page.norm(i) in ctx.words["descriptors"])):
        place = things.at.get(j)
        if place and place.type in _PLACES and place.form != ADJECTIVE and place.start == ctx.page.tokens[j].start:
            return place
    return None


def _is_state(place: Mention) -> bool:
    """Whether a place's key is a territory code: «شمال العراق» is in Iraq, «شمال بغداد» is near Baghdad."""
    return place.key.isascii()


def _where(ctx: Context, things: Found, m: Mention, i: int) -> Iterator[Fact]:
    """Where a place is, said at token `i`: «في س», «شمال س», «عاصمة س»."""
    norm, words = ctx.page.norm, ctx.words
    inside = norm(i) in ("في", "وفي")
    side = i + inside
    beside = norm(side) in words["beside"] or (norm(side) == "بالقرب" and norm(side + 1) == "من")
    tail = _place(ctx, things, side + 1 + (norm(side) == "بالقرب")) if beside else _place(ctx, things, i + 1)
    if tail is None:
        return
    if beside:
        within = _is_state(tail) and norm(side) in words["directions_in"]
        yield from _fact("located_in" if within else "near", m, tail)
    elif inside and (m.head or norm(m.first - 1) in words["descriptors"]):
        yield from _fact("located_in", m, tail)
    elif norm(i) == "عاصمه":
        yield from _fact("capital_of", m, tail)


def _states(ctx: Context, things: Found, m: Mention) -> Iterator[Fact]:
    """The state of a town, said by an adjective: «مدينة س العراقية», «العاصمة العراقية س»."""
    after, before = things.at.get(m.last), things.at.get(m.first - 1)
    if after and after.form == ADJECTIVE and ctx.page.is_definite(m.last):
        yield from _fact("located_in", m, after)
    if before and before.form == ADJECTIVE and ctx.page.norm(m.first - 2).endswith("العاصمه"):
        yield from _fact("capital_of", m, before, ctx.page.mention(m.first - 2, m.first, "ROLE"))


def _event(ctx: Context, things: Found, event: Mention) -> Iterator[Fact]:
    """Place and date right after an event, in either order."""
    i = event.last
    for _ in range(2):
        i += ctx.page.norm(i) in ("،", ",")
        j = i + (ctx.page.norm(i) == "في")
        thing = things.at.get(j)
        if not (thing and thing.type in _TIMES):
            thing = _place(ctx, things, j) if j > i else None
        if thing is None:
            return
        yield from _fact("event_date" if thing.type in _TIMES else "event_location", event, thing)
        i = thing.last


def _seat(ctx: Context, things: Found, org: Mention, i: int) -> Iterator[Fact]:
    """«س ومقرها ص»; «س التابعة لـص»."""
    page, words = ctx.page, ctx.words
    if page.norm(i) in words["seated"]:
        seat = _place(ctx, things, i + 1 + (page.norm(i + 1) == "في"))
        yield from _fact("headquartered_in", org, seat) if seat else ()
    whole = things.at.get(i + 1) if page.norm(i) in words["subordinate"] else None
    if whole and page.norm(i + 1).startswith("ل"):
        yield from _fact("part_of", org, whole)


def locations(ctx: Context, things: Found) -> Iterator[Fact]:
    """Where a place, an event or a body is, said right after it."""
    for m in things.mentions:
        i = m.last + (ctx.page.norm(m.last) in ("،", ","))
        if m.form == ADJECTIVE:
            continue
        if m.type in _PLACES:
            yield from _where(ctx, things, m, i)
        if m.type == "GPE":
            yield from _states(ctx, things, m)
        elif m.type == "EVENT":
            yield from _event(ctx, things, m)
        elif m.type == "ORG":
            yield from _seat(ctx, things, m, i)


def meetings(ctx: Context, things: Found) -> Iterator[Fact]:
    """The first two people after a verb of meeting in one clause."""
    page, verbs = ctx.page, ctx.words["meeting"]
    for i in page.select(verbs):
        if not any(stem in verbs for cut, stem, _ in page.readings(i) if ctx.is_joint(i, cut)):
            continue
        people: dict[str, Mention] = {}
        for j in range(i + 1, min(i + _MEETING_TOKENS, len(page.tokens))):
            if page.kind(j) == BREAK or page.norm(j) in (".", "؛", "؟", "!") or (j > i + 1 and ctx.is_verb(j)):
                break
            person = things.at.get(j)
            if person and person.type == "PER":
                people.setdefault(person.key, person)
        if len(people) > 1:
            first, second, *_ = people.values()
            yield from _fact("meets", first, second, page.mention(i, second.last, "PER"))


def births(ctx: Context, things: Found) -> Iterator[Fact]:
    """«فلان المولود في س», «فلان، من مواليد س»."""
    page = ctx.page
    for m in (m for m in things.mentions if m.type == "PER"):
        birth = next((i for i in range(m.last, m.last + 3) if page.norm(i) in ctx.words["born"]), None)
        for j in range(birth + 1, birth + _BORN_TOKENS) if birth else ():
            if page.kind(j) in (BREAK, MARK):
                break
            if place := _place(ctx, things, j):
                yield from _fact("born_in", m, place)
                break


def find_facts(ctx: Context, titled: list[Titled], bodies: Found, things: Found) -> list[Fact]:
    """Every fact, one per (type, head, tail), in page order; a symmetric one once.

    `bodies` are the mentions that a title can name, `things` those that other patterns join.
    """
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Fact] = {}
    for facts in (
        offices(ctx, titled, bodies),
        *(find(ctx, things) for find in (locations, meetings, births)),
    ):
        for fact in facts:
            ends = [(fact.head.type, fact.head.key), (fact.tail.type, fact.tail.key)]
            found.setdefault((fact.type, tuple(sorted(ends) if fact.type in SYMMETRIC else ends)), fact)
    return sorted(found.values(), key=lambda fact: (fact.start, fact.end, fact.type))
