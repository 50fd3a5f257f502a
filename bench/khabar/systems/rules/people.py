"""Titles and the people beside them; people by given names; later mentions of what is named already."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from khabar.systems.rules.context import Context, ends_phrase, is_surname, name_run
from khabar.systems.rules.mentions import NOMINAL, Found, Mention
from khabar.systems.rules.phrases import TOWN
from khabar.systems.rules.text import BREAK, MARK, QUOTES, WORD

_ROLE_TOKENS: Final = 14
_MAX_ROLES: Final = 4
_SHORTEST_REPEAT: Final = 3
_LIGHT_TO_FOLDED: Final = str.maketrans("ىة", "يه")


@dataclass(frozen=True)
class Titled:
    """A role and the person it stands beside."""

    role: Mention
    person: Mention


# --- titles ---


def _body_at(ctx: Context, bodies: Found, i: int) -> Mention | None:
    """The body or place that begins at token `i`, perhaps after a proclitic."""
    body = bodies.at.get(i)
    return body if body and body.type in ("ORG", "FAC", "EVENT", "GPE") else ctx.places.at.get(i)


def _is_office(ctx: Context, bodies: Found, i: int) -> bool:
    """Whether the role noun at token `i` governs something («نائب [رئيس] الوزراء»)."""
    j = i + 1
    return ctx.page.is_definite(j) or j in bodies.at or j in ctx.places.at or ctx.page.norm(j) in ctx.words["chain"]


def _is_second_portfolio(ctx: Context, i: int) -> bool:
    """Whether «وال…» at token `i` goes on a minister's title («وزير التربية والتعليم»)."""
    known = i in ctx.places.covered or i in ctx.nisbas.covered or i in ctx.amounts.covered
    return ctx.page.is_definite(i - 1) and not known and not ctx.is_head_or_role(ctx.page.norm(i)[3:])


def _step(ctx: Context, bodies: Found, i: int, j: int, noun: str, open_: bool) -> tuple[int, bool]:
    """The end of what goes on the title of token `i` at token `j`, and whether a complement must follow.

    `open_` says that the title still lacks its complement; the end is `j` where the title is over.
    """
    page, words, norm = ctx.page, ctx.words, ctx.page.norm(j)
    body = _body_at(ctx, bodies, j)
    if body and body.start > page.tokens[j].start and norm.startswith("ل") and j > i + 1:
        return body.last, False
    if body and body.start == page.tokens[j].start and (open_ or page.norm(j - 1) in words["voices"]):
        return body.last, False
    if norm in words["voices"] and (j == i + 1 or ctx.is_adjective(j - 1)):
        return j + 1, True
    if open_ and norm in words.roles and not ctx.is_given(j) and _is_office(ctx, bodies, j):
        return j + 1, True
    leads = page.is_definite(j + 1) or page.norm(j + 1) in words["chain"]
    if open_ and norm in words.heads and words.heads[norm].type == "ORG" and leads:
        return j + 1, True
    if norm.startswith("لل") and norm[2:] in words.heads and j > i + 1:
        return j + 1, False
    if page.is_definite(j) and ctx.is_free(j) and (open_ or ctx.is_adjective(j) or norm in words["status"]):
        return j + 1, False
    if norm in words["after_role"] or (open_ and norm in words["chain"]):
        return j + 1, open_
    if norm in words["role_particles"] and page.light(j) in words.light["function"]:
        inner = _body_at(ctx, bodies, j + 1)
        return (inner.last, False) if inner and inner.start == page.tokens[j + 1].start else (j, open_)
    if norm.startswith("وال") and noun in words["ministers"] and _is_second_portfolio(ctx, j):
        return j + 1, False
    return j, open_


def _role_at(ctx: Context, bodies: Found, i: int) -> Mention | None:
    """The longest title that begins at token `i`."""
    page, words = ctx.page, ctx.words
    readings = page.readings(i) if page.is_word(i) else ()
    forms = ((c, s) for c, s, light in readings if s in words.role_forms and light not in words.light["function"])
    cut, stem = next(forms, (0, ""))
    if not stem or i in bodies.inner or (i in bodies.at and bodies.at[i].type == "GPE"):
        return None
    noun = stem if stem in words.roles else stem[2:]
    j, open_, deputy = i + 1, noun == stem, False
    while j < i + _ROLE_TOKENS and page.is_word(j):
        if j in ctx.amounts.covered and page.norm(j) not in words["after_role"]:
            break
        end, open_ = _step(ctx, bodies, i, j, noun, open_)
        if end == j:
            break
        deputy = deputy or page.norm(j) in words.roles
        j = end
    while j > i + 1 and page.norm(j - 1) in words["voices"] | words["chain"]:
        j -= 1
    relation = "works_for" if deputy and noun in words["deputies"] else words.roles[noun]
    return page.mention(i, j, "ROLE", cut=cut, stem=stem, head=noun, relation=relation)


def _is_bare(role: Mention) -> bool:
    return role.last == role.first + 1


def _person_after(ctx: Context, role: Mention) -> Mention | None:
    """The person whose name follows a title."""
    page, i = ctx.page, role.last
    if page.norm(i) in ("،", ",") and not _is_bare(role):  # «النائب عن حزب س، فلان الفلاني، إن»
        end = name_run(ctx, i + 1)
        full = end > i + 2 and page.norm(end) in ("،", ",") and not ctx.is_role(i + 1)
        return page.mention(i + 1, end, "PER") if full else None
    end, given = name_run(ctx, i), ctx.is_given(i)
    definite = role.name.startswith("ال") or not _is_bare(role) or role.head in ctx.words["peers"]
    verb = not given and page.norm(i)[:1] in ("ي", "ت") and not page.norm(i).endswith("ا")
    if end == i or (verb and end <= i + 2) or (not definite and not (given and end > i + 1)):
        return None
    if end == i + 1 and not given:
        # One unknown word may be an indefinite object («تلقى مدير الأمن إخطارا») or any noun.
        plain = not _is_bare(role) and (page.norm(i).endswith("ا") or not role.relation)
        if plain or not ends_phrase(ctx, end):
            return None
    return page.mention(i, end, "PER")


def _apposed(ctx: Context, bodies: Found, person: Mention) -> Mention | None:
    """A title with a complement right after a person, perhaps after a comma («فلان، رئيس الحزب»)."""
    i = person.last + (ctx.page.norm(person.last) in ("،", ","))
    role = _role_at(ctx, bodies, i)
    if role is None or _is_bare(role) or role.start != ctx.page.tokens[i].start:
        return None
    return role if name_run(ctx, role.last) <= role.last + 1 else None


def _titled_at(ctx: Context, bodies: Found, i: int) -> tuple[list[Titled], int]:
    """The titles and the person that begin at token `i`, and the token after them."""
    roles: list[Mention] = []
    j = i
    while len(roles) < _MAX_ROLES and (role := _role_at(ctx, bodies, j)):
        if roles and role.start != ctx.page.tokens[j].start:
            break
        roles.append(role)
        j = role.last
        if person := _person_after(ctx, role):
            after = _apposed(ctx, bodies, person)
            roles += [after] if after else []
            return [Titled(role, person) for role in roles], max(person.last, roles[-1].last)
    return [], i + 1


def find_titled(ctx: Context, bodies: Found) -> list[Titled]:
    """Titles beside names, and the names."""
    found: list[Titled] = []
    edge = 0
    for i in ctx.page.select(ctx.words.role_forms):
        if i >= edge:
            group, edge = _titled_at(ctx, bodies, i)
            found += group
    return found


# --- given names ---


def _given(ctx: Context, i: int) -> Mention | None:
    """The name that a given name opens at token `i`, if it is no common word there («حسن النية»)."""
    page, given, j = ctx.page, ctx.words.light["given"], i + 1
    form = next(((cut, stem) for cut, stem, light in page.readings(i) if light in given), None)
    if form is None or page.light(i) in ctx.words.light["function"]:
        return None
    end = j + is_surname(ctx, j) if page.is_definite(j) else name_run(ctx, j)
    if end == j:
        return None
    opens = not page.is_word(i - 1) and not page.is_definite(j)
    apposed = (page.is_definite(i - 1) or form[0] > 0) and not page.is_definite(j)
    expected = opens or apposed or ctx.is_verb(i - 1) or page.norm(i - 1) in ctx.words["before_person"]
    nisba = page.is_definite(j) and page.norm(j).endswith("ي")
    sure = ctx.is_given(j) or nisba or end > j + 1
    return page.mention(i, end, "PER", cut=form[0], stem=form[1]) if expected or sure else None


def find_named(ctx: Context, bodies: Found, titled: list[Titled]) -> tuple[list[Mention], list[Titled]]:
    """People whose first word is a common given name, if not named already; and the titles after them."""
    parts = tuple(m for t in titled for m in (t.role, t.person))
    taken = Found(parts).covered | bodies.covered | ctx.places.covered | ctx.amounts.covered
    people: list[Mention] = []
    more: list[Titled] = []
    edge = 0
    for i in ctx.page.select(ctx.words["given"]):
        person = _given(ctx, i) if i >= edge and i not in taken else None
        if person and person.last - 1 not in taken:
            people.append(person)
            edge = person.last
            if role := _apposed(ctx, bodies, person):
                more.append(Titled(role, person))
    return people, more


# --- later mentions ---


def same_bodies(mentions: Iterable[Mention]) -> dict[str, str]:
    """Key of a body → key of the only longer name on the page that begins with it."""
    keys = sorted({m.key for m in mentions if m.type == "ORG"})
    longer: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        words = key.split()
        for n in range(1 if words[0].startswith("ال") else 2, len(words)):
            longer[" ".join(words[:n])].append(key)
    # «وزارة الدفاع» between two ministries of defence stays apart; a chain ends at its longest name.
    return {key: found[-1] for key in keys if (found := longer.get(key)) and all(k in found[-1] for k in found)}


def same_people(mentions: Iterable[Mention]) -> dict[str, str]:
    """Key of a short name → key of the first longer name that ends with it."""
    keys = list(dict.fromkeys(m.key for m in mentions if m.type == "PER"))
    full: dict[str, str] = {}
    for key in (key for key in keys if " " in key):
        full.setdefault(key.rsplit(" ", 1)[-1], key)
    ends = {key: full.get(key.rsplit(" ", 1)[-1], key) for key in keys}
    return {key: whole for key, whole in ends.items() if whole.endswith(" " + key)}


def _handles(ctx: Context, people: list[Mention], phrases: Found) -> dict[str, Mention]:
    """Words that stand for something named on the page: last names, towns, the proper part of «حزب س»."""
    light, handles = ctx.page.light, dict[str, Mention]()
    for m in people:
        handles |= {light(m.last - 1): m} if m.last > m.first + 1 else {}
    for m in phrases.mentions:
        alone, pair = m.last == m.first + 1, m.last == m.first + 2
        if alone and m.head == TOWN:
            handles.setdefault(light(m.first).removeprefix("و"), m)
        elif alone and m.head in ctx.words["unnamed"]:
            handles.setdefault(light(m.first), m)
        elif pair and m.head in ctx.words["aliased"] and not ctx.page.is_definite(m.first + 1):
            handles.setdefault(light(m.first + 1), m)
        elif pair and m.type == "GPE" and m.head != TOWN:  # «محافظة س» and the city of the same name are two
            handles.setdefault(light(m.first + 1), replace(m, key=ctx.page.norm(m.first + 1)))
    return {word: m for word, m in handles.items() if len(word) >= _SHORTEST_REPEAT and not _is_common(ctx, word)}


def _is_common(ctx: Context, word: str) -> bool:
    return word in ctx.words.light["function"] or word in ctx.words["not_names"]


def _is_quoted(ctx: Context, i: int) -> bool:
    """Whether the word at token `i` stands alone between quotation marks."""
    return QUOTES.get(ctx.page.norm(i - 1)) == ctx.page.norm(i + 1) != ""


def _may_be_person(ctx: Context, i: int, light: str) -> bool:
    """Whether a word that is also a nisba or a common given name stands where a person is expected."""
    if i not in ctx.nisbas.covered and not ctx.is_given(i):
        return not (light.startswith("ال") and light.endswith(("ي", "ية")) and ctx.page.is_definite(i - 1))
    break_ = ctx.page.kind(i - 1) in (BREAK, MARK)
    return break_ or ctx.is_verb(i - 1) or ctx.is_function(i - 1) or ctx.is_role(i - 1)


@dataclass(frozen=True)
class _Known:
    """What later words can repeat: single words, words between quotation marks only, whole names."""

    words: dict[str, Mention]
    quoted: dict[str, Mention]
    wholes: dict[tuple[str, str], tuple[Mention, tuple[str, ...]]]

    def stems(self) -> set[str]:
        """The folded words that a repeat can begin with."""
        return {word.translate(_LIGHT_TO_FOLDED) for word in (*self.words, *self.quoted)}.union(
            w for w, _ in self.wholes
        )

    def at(self, ctx: Context, i: int, stem: str, light: str) -> tuple[Mention, int] | None:
        """What token `i`, read as `stem`, repeats, and the end of the repeat."""
        whole, words = self.wholes.get((stem, ctx.page.norm(i + 1)), (None, ()))
        if whole and all(ctx.page.norm(i + k) == words[k] for k in range(1, len(words))):
            return whole, i + len(words)
        mention = self.words.get(light) or (self.quoted.get(light) if _is_quoted(ctx, i) else None)
        if mention is None or (mention.type == "PER" and not _may_be_person(ctx, i, light)):
            return None
        return mention, i + 1


def _known(ctx: Context, people: list[Mention], phrases: Found) -> _Known:
    light = ctx.page.light
    long = (m for m in phrases.mentions if m.last > m.first + 3)
    quoted = {light(m.first + 2): m for m in long if _is_quoted(ctx, m.first + 2)}
    named = ((m, tuple(m.key.split())) for m in (*people, *(m for m in phrases.mentions if m.head == TOWN)))
    wholes = {(words[0], words[1]): (m, words) for m, words in named if len(words) > 1}
    return _Known(_handles(ctx, people, phrases), quoted, wholes)


def find_repeats(ctx: Context, people: list[Mention], phrases: Found) -> list[Mention]:
    """Whole words that repeat a person's name or last name, a town, or the proper part of a body's name."""
    page, known = ctx.page, _known(ctx, people, phrases)
    taken = Found((*people, *phrases.mentions, *ctx.amounts.mentions, *ctx.places.mentions)).covered
    found: list[Mention] = []
    edge = 0
    for i in page.select(known.stems()):
        for cut, stem, light in page.readings(i) if i >= edge and i not in taken else ():
            if hit := known.at(ctx, i, stem, light):
                mention, edge = hit
                more = {
                    "stem": stem,
                    "key": mention.key,
                    "name": mention.name if mention.type == "PER" else "",
                }
                found.append(page.mention(i, edge, mention.type, cut=cut, **more))
                break
    return found


def find_nominals(ctx: Context, titled: list[Titled], phrases: Found) -> Iterator[Mention]:
    """Definite nouns that stand alone for the last person, body, event or area that has that noun."""
    latest: dict[str, Mention] = {}
    named: dict[int, list[tuple[str, Mention]]] = defaultdict(list)
    for t in titled:
        named[t.role.first].append((t.role.head, t.person))
    for m in phrases.mentions:
        named[m.first].append((m.head, m))
    offices = Found(tuple(t.role for t in titled)).covered
    busy = Found((*phrases.mentions, *(t.person for t in titled))).covered | ctx.amounts.covered | ctx.places.covered
    for i, token in enumerate(ctx.page.tokens):
        latest.update(named.get(i, ()))
        if token.kind != WORD or i in busy or i in named:
            continue
        for cut, stem, _ in token.word.readings:
            known = latest.get(stem[2:]) if stem.startswith("ال") else None
            if known and known.head != TOWN and _stands_alone(ctx, i, known, i in offices):
                more = {"stem": stem, "key": known.key, "name": known.name, "form": NOMINAL}
                yield ctx.page.mention(i, i + 1, known.type, cut=cut, **more)
                break


def _stands_alone(ctx: Context, i: int, known: Mention, in_office: bool) -> bool:
    """Whether nothing after the noun at token `i` tells it from the last thing of that noun."""
    if ctx.is_adjective(i + 1) or ctx.page.norm(i + 1) in ctx.words["status"]:
        return False
    return not (known.type == "PER" and (in_office or ctx.is_role(i + 1)))
