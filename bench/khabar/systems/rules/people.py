"""Titles and the people beside them; people by given names; later mentions of people, bodies and towns already named."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from khabar.systems.rules.context import Context, ends_phrase, is_surname, name_run, page_role
from khabar.systems.rules.lexicon import PLAIN, WORKS, word_set
from khabar.systems.rules.mentions import NOMINAL, Found, Mention
from khabar.systems.rules.text import BREAK, MARK, PAIRS, WORD

_ROLE_TOKENS: Final = 14
_MAX_ROLES: Final = 4
_SHORTEST_REPEAT: Final = 3
_VOICES: Final = word_set("باسم بلسان")
_PLACE_PARTICLES: Final = word_set("في لدى إلى")
_AFTER_ROLE: Final = word_set("عام عاما ركن أول ثان سابق تنفيذي مساعد")
_DEPUTIES: Final = word_set("نائب نائبة مساعد مساعدة وكيل مستشار مستشارة")
_MINISTERS: Final = word_set("وزير وزيرة وكيل مدير وزراء")
_HEADS_WITH_ALIAS: Final = word_set("شركة حزب حركة تنظيم جماعة صحيفة قناة وكالة ميليشيا مليشيا إقليم ولاية إمارة")


@dataclass(frozen=True)
class Titled:
    """A role and the person it stands beside."""

    role: Mention
    person: Mention


def _looks_like_verb(ctx: Context, i: int) -> bool:
    """Whether an unknown word looks like an imperfect verb («يتفقد»)."""
    norm = ctx.page.norm(i)
    return not ctx.is_given(i) and norm.startswith(("ي", "ت", "سي", "ست")) and not norm.endswith("ا")


def _role_word(ctx: Context, i: int) -> tuple[int, str, str] | None:
    """(letters of proclitics, role noun, stem) of the role at token `i`."""
    if not ctx.page.is_word(i):
        return None
    for cut, stem, light in ctx.page.readings(i):
        noun = stem.removeprefix("ال")
        if noun in ctx.words.roles and light not in ctx.words.function:
            return cut, noun, stem
    return None


@dataclass(frozen=True)
class _Role:
    """A role phrase: where it ends, what it says of its holder, and whether its noun stands alone."""

    mention: Mention
    bare: bool


def _any_body_at(ctx: Context, orgs: Found, i: int) -> Mention | None:
    """The body or place that begins at token `i`, perhaps after a proclitic."""
    body = orgs.at.get(i)
    return body if body and body.type in ("ORG", "FAC", "EVENT", "GPE") else ctx.places.at.get(i)


def _body_at(ctx: Context, orgs: Found, i: int) -> Mention | None:
    """The body or place that begins right at token `i`."""
    body = _any_body_at(ctx, orgs, i)
    return body if body and body.start == ctx.page.tokens[i].start else None


def _role_at(ctx: Context, orgs: Found, i: int) -> _Role | None:
    """The longest role phrase that begins at token `i`."""
    word = _role_word(ctx, i)
    if word is None or (i in orgs.inner):
        return None
    page = ctx.page
    cut, noun, stem = word
    j, open_, relation = i + 1, stem == noun, ctx.words.roles[noun]
    while j < i + _ROLE_TOKENS and page.kind(j) == WORD:
        norm = page.norm(j)
        if j in ctx.amounts.covered and norm not in _AFTER_ROLE:
            break
        body = _any_body_at(ctx, orgs, j)
        lam = norm.startswith("ل") and j > i + 1
        if body and (
            (body.start == page.tokens[j].start and (open_ or page.norm(j - 1) in _VOICES))
            or (lam and body.start > page.tokens[j].start)
        ):
            j, open_ = body.last, False
        elif norm in _VOICES and (j == i + 1 or ctx.is_adjective(j - 1)):
            j, open_ = j + 1, True
        elif open_ and norm in ctx.words.roles and not ctx.is_given(j) and _is_office(ctx, orgs, j):
            relation = WORKS if noun in _DEPUTIES else relation
            j += 1
        elif (
            page.is_definite(j)
            and ctx.is_free(j)
            and (open_ or ctx.is_adjective(j) or norm in ctx.words.sets["status"])
        ):
            if not open_ and not ctx.is_adjective(j) and norm not in ctx.words.sets["status"]:
                break
            j, open_ = j + 1, False
        elif norm in _AFTER_ROLE or (open_ and norm in ctx.words.sets["chain"]):
            j += 1
        elif norm in _PLACE_PARTICLES and page.light(j) in ctx.words.function and (inner := _body_at(ctx, orgs, j + 1)):
            j = inner.last
        elif norm.startswith("وال") and noun in _MINISTERS and _is_second_portfolio(ctx, j):
            j += 1
        else:
            break
    while j > i + 1 and (
        page.norm(j - 1) in _VOICES or (page.norm(j - 1) in ctx.words.sets["chain"] and not page.is_definite(j - 1))
    ):
        j -= 1
    mention = page.mention(i, j, "ROLE", cut=cut, stem=stem, head=noun, relation=relation)
    return _Role(mention, j == i + 1)


def _is_office(ctx: Context, orgs: Found, i: int) -> bool:
    """Whether the role noun at token `i` governs something («نائب [رئيس] الوزراء»)."""
    return (
        ctx.page.is_definite(i + 1)
        or i + 1 in orgs.at
        or i + 1 in ctx.places.at
        or ctx.page.norm(i + 1) in ctx.words.sets["chain"]
    )


def _is_second_portfolio(ctx: Context, i: int) -> bool:
    """Whether «وال…» at token `i` goes on a minister's title («وزير التربية والتعليم»)."""
    bare = ctx.page.norm(i)[3:]
    known = (
        bare in ctx.words.heads
        or bare in ctx.words.roles
        or i in ctx.places.covered | ctx.nisbas.covered | ctx.amounts.covered
    )
    return not known and ctx.page.is_definite(i - 1)


def _person_after(ctx: Context, role: _Role) -> Mention | None:
    """The person whose name follows a role."""
    page, i = ctx.page, role.mention.last
    definite = role.mention.name.startswith("ال") or not role.bare or role.mention.head in ctx.words.sets["peers"]
    given = ctx.is_given(i)
    end = name_run(ctx, i)
    if end == i or (not definite and not (given and end > i + 1)):
        return None
    if (_looks_like_verb(ctx, i) and end <= i + 2) or (end == i + 1 and not given and not ends_phrase(ctx, end)):
        return None
    if end == i + 1 and not role.bare and not given and page.norm(i).endswith("ا"):
        return None  # an indefinite object («تلقى مدير الأمن إخطارا»)
    if end == i + 1 and not role.bare and not given and ctx.words.roles[role.mention.head] == PLAIN:
        return None
    return page.mention(i, end, "PER")


def _apposed(ctx: Context, orgs: Found, person: Mention) -> Mention | None:
    """A role with a complement right after a person, perhaps after a comma («فلان، رئيس الحزب»)."""
    i = person.last + (ctx.page.norm(person.last) in ("،", ","))
    role = _role_at(ctx, orgs, i)
    if role is None or role.bare or role.mention.start != ctx.page.tokens[i].start:
        return None
    return role.mention if name_run(ctx, role.mention.last) <= role.mention.last + 1 else None


def _titled_at(ctx: Context, orgs: Found, i: int) -> tuple[list[Titled], int]:
    """The roles and the person that begin at token `i`, and the token after them."""
    roles: list[Mention] = []
    j = i
    while (
        len(roles) < _MAX_ROLES
        and (role := _role_at(ctx, orgs, j))
        and (not roles or role.mention.start == ctx.page.tokens[j].start)
    ):
        roles.append(role.mention)
        j = role.mention.last
        if person := _person_after(ctx, role):
            if after := _apposed(ctx, orgs, person):
                roles.append(after)
            return [Titled(r, person) for r in roles], max(person.last, roles[-1].last)
    return [], i + 1


def find_titled(ctx: Context, orgs: Found) -> list[Titled]:
    """Roles beside names, and the names."""
    found: list[Titled] = []
    edge = 0
    for i in ctx.page.select(ctx.words.role_forms):
        if i >= edge:
            group, edge = _titled_at(ctx, orgs, i)
            found += group
    return found


def find_named(ctx: Context, orgs: Found, titled: list[Titled]) -> list[Titled | Mention]:
    """People whose first word is a common given name, outside the names found beside titles."""
    taken = {i for t in titled for i in range(t.person.first, t.person.last)} | {
        i for t in titled for i in range(t.role.first, t.role.last)
    }
    found: list[Titled | Mention] = []
    edge = 0
    for i in ctx.page.select(ctx.words.given):
        person = _given(ctx, orgs, i) if i >= edge and i not in taken else None
        if person and person.last - 1 not in taken:
            role = _apposed(ctx, orgs, person)
            found.append(Titled(role, person) if role else person)
            edge = person.last
    return found


def _given(ctx: Context, orgs: Found, i: int) -> Mention | None:
    page = ctx.page
    if (
        not page.is_word(i)
        or i in ctx.amounts.covered
        or page.light(i) in ctx.words.function
        or i in ctx.places.covered
    ):
        return None
    reading = next(((cut, stem) for cut, stem, light in page.readings(i) if light in ctx.words.given), None)
    if reading is None or i in orgs.covered:
        return None
    cut, stem = reading
    # A given name is also a common word («حسن النية»): two names, or a place where a person is expected.
    end = i + 1 if page.is_definite(i + 1) and is_surname(ctx, i + 1) else name_run(ctx, i + 1)
    end += page.is_definite(i + 1) and end == i + 1 and is_surname(ctx, i + 1)
    if end <= i + 1:
        return None
    expected = not page.is_word(i - 1) or ctx.is_verb(i - 1) or page.norm(i - 1) in ("مع", "بين", "ان", "من", "عن")
    sure = (
        ctx.is_given(i + 1)
        or (page.is_definite(i + 1) and page.norm(i + 1).endswith("ي"))
        or end > i + 2
        or page.light(i + 1) in ctx.words.links
    )
    return page.mention(i, end, "PER", cut=cut, stem=stem) if expected or sure else None


# --- later mentions ---------------------------------------------------------------------------------------------------


def same_bodies(bodies: Iterable[Mention]) -> dict[str, str]:
    """Key of a body of two words or more → key of the only longer name on the page that begins with it."""
    keys = sorted({m.key for m in bodies if m.type == "ORG" and " " in m.key})
    longer: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        words = key.split()
        for n in range(2, len(words)):
            longer[" ".join(words[:n])].append(key)
    # «وزارة الدفاع» between two ministries of defence stays apart; a chain ends at its longest link.
    return {key: found[-1] for key in keys if (found := longer.get(key)) and all(k in found[-1] for k in found)}


def same_people(people: Iterable[Mention]) -> dict[str, str]:
    """Key of a short name → key of the latest longer name that ends with it."""
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    mentions = sorted(people, key=lambda m: m.start)
    for mention in mentions:
        if " " in mention.key:
            full.setdefault(mention.key.rsplit(" ", 1)[-1], mention.key)
    for mention in mentions:
        longer = full.get(mention.key.rsplit(" ", 1)[-1], mention.key)
        if longer != mention.key and longer.endswith(" " + mention.key):
            short[mention.key] = longer
    return short


def _handles(ctx: Context, people: list[Mention], phrases: Found) -> dict[str, Mention]:
    """Words that stand for something named on the page: last names, towns, the proper part of «حزب X»."""
    handles: dict[str, Mention] = {}
    for mention in people:
        last = ctx.page.light(mention.last - 1)
        if mention.last > mention.first + 1 and len(last) >= _SHORTEST_REPEAT and last not in ctx.words.function:
            handles[last] = mention
    for mention in phrases.mentions:
        if mention.head == "مدينه" and mention.last == mention.first + 1:
            handles.setdefault(ctx.page.light(mention.last - 1).removeprefix("و"), mention)
        elif mention.head in _HEADS_WITH_ALIAS and mention.last == mention.first + 2:
            word = ctx.page.light(mention.first + 1)
            if ctx.page.is_word(mention.first + 1) and not word.startswith("ال") and len(word) >= _SHORTEST_REPEAT:
                handles.setdefault(word, mention)
        elif mention.type == "GPE" and mention.head and mention.last == mention.first + 2:
            word = ctx.page.light(mention.first + 1)
            handles.setdefault(word, replace(mention, key=ctx.page.norm(mention.first + 1), name=""))
    return handles


def find_repeats(ctx: Context, people: list[Mention], phrases: Found) -> Iterator[Mention]:
    """Whole words of the page that repeat a person's last name, a town, or the proper part of a body's name."""
    page = ctx.page
    handles = _handles(ctx, people, phrases)
    quoted = {
        page.light(m.first + 2): m for m in phrases.mentions if m.last > m.first + 3 and _is_quoted(ctx, m.first + 2)
    }
    taken = {i for m in people for i in range(m.first, m.last)} | ctx.amounts.covered
    own = {i for m in phrases.mentions for i in range(m.first, m.last)}
    for i, token in enumerate(page.tokens):
        if token.kind != WORD or i in taken:
            continue
        for cut, stem, light in page.readings(i):
            known = handles.get(light) or (quoted.get(light) if _is_quoted(ctx, i) else None)
            if known is None or (i in own and known.type != "PER") or i in ctx.places.covered:
                continue
            if known.type == "PER" and not _may_be_person(ctx, i, light):
                continue
            name = "" if known.type != "PER" else known.name
            yield page.mention(i, i + 1, known.type, cut=cut, stem=stem, key=known.key, name=name)
            break


def _is_quoted(ctx: Context, i: int) -> bool:
    """Whether the word at token `i` stands alone between quotation marks."""
    return ctx.page.norm(i - 1) != "(" and PAIRS.get(ctx.page.norm(i - 1)) == ctx.page.norm(i + 1)


def _may_be_person(ctx: Context, i: int, light: str) -> bool:
    """Whether a word that is also a nisba or a common given name stands where a person is expected."""
    if i not in ctx.nisbas.covered and not ctx.is_given(i):
        return not (light.startswith("ال") and light.endswith(("ي", "ية")) and ctx.page.is_definite(i - 1))
    before = ctx.page.kind(i - 1)
    return before in (BREAK, MARK) or ctx.is_verb(i - 1) or ctx.is_function(i - 1) or page_role(ctx, i - 1)


def find_nominals(ctx: Context, titled: list[Titled], phrases: Found) -> Iterator[Mention]:
    """Definite nouns that stand alone for the last person, body, building, event or area that has that noun."""
    latest: dict[str, Mention] = {}
    named: dict[int, list[tuple[str, Mention]]] = defaultdict(list)
    busy: set[int] = set()
    offices: set[int] = set()
    for t in titled:
        named[t.role.first].append((t.role.head, t.person))
        offices.update(range(t.role.first, t.role.last))
        busy.add(t.role.first)
        busy.update(range(t.person.first, t.person.last))
    for m in phrases.mentions:
        named[m.first].append((m.head, m))
        busy.update(range(m.first, m.last))
    busy |= ctx.amounts.covered | ctx.places.covered
    for i, token in enumerate(ctx.page.tokens):
        latest.update(named.get(i, ()))
        if (
            token.kind != WORD
            or i in busy
            or not latest
            or ctx.is_adjective(i + 1)
            or ctx.page.norm(i + 1) in ctx.words.sets["status"]
        ):
            continue
        for cut, stem, _ in ctx.page.readings(i):
            known = latest.get(stem[2:]) if stem.startswith("ال") else None
            if (
                known
                and known.head != "مدينه"
                and not (known.type == "PER" and (i in offices or page_role(ctx, i + 1)))
            ):
                yield ctx.page.mention(
                    i, i + 1, known.type, cut=cut, stem=stem, key=known.key, name=known.name, form=NOMINAL
                )
                break
