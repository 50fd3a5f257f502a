"""Names that a head noun opens: bodies, buildings, places, events, laws; towns; titled things; web sites."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from khabar.systems.rules.context import Context, name_run
from khabar.systems.rules.lexicon import Head
from khabar.systems.rules.mentions import Found, Mention, Page
from khabar.systems.rules.text import LATIN, NUMBER, QUOTES, URL, WORD

_QUOTED_TOKENS: Final = 7
_LISTED: Final = 16
_YEAR: Final = re.compile(r"\d{4}")
_MARKS: Final = re.compile(f"[{re.escape(''.join([*QUOTES, *QUOTES.values()]))}]")
TOWN: Final = "مدينه"


def _quoted(page: Page, i: int) -> int:
    """The end of a short quotation that begins at token `i`, marks included; `i` if the line has none."""
    closer = QUOTES.get(page.norm(i))
    edge = (j for j in range(i + 2, i + _QUOTED_TOKENS) if page.norm(j) in (closer, "\n", ""))
    j = next(edge, i)
    return j + 1 if closer and page.norm(j) == closer and j > i else i


def _chain(ctx: Context, i: int, head: Head) -> int:
    """The end of one or two joining nouns and what they lead to («مكافحة الفساد»); `i` if there are none."""
    j = i
    while j < i + 2 and ctx.page.norm(j) in ctx.words["chain"]:
        j += 1
    if j == i and head.type == "ORG" and not (head.weak or head.bare) and _joins(ctx, i):
        j += 1
    if j == i:
        return i
    place = ctx.place_at(j)
    return j + 1 if ctx.page.is_definite(j) and ctx.is_free(j) else place.last if place else i


def _joins(ctx: Context, i: int) -> bool:
    """Whether the word `i` looks like a noun that leads to a definite one («جمعية [أصدقاء] البيئة»)."""
    verb = ctx.page.norm(i)[:1] in ("ي", "ت") or ctx.page.norm(i).endswith("ت")
    leads = ctx.page.is_definite(i + 1) and not ctx.is_adjective(i + 1)
    return leads and not verb and ctx.page.is_word(i) and ctx.is_proper(i, Head("GPE"))


def _complement(ctx: Context, i: int, head: Head, noun: str, *, inner: bool = False) -> tuple[int, bool]:
    """The end of the complement that begins at token `i`, and whether it is enough for a weak head."""
    page, words = ctx.page, ctx.words
    place, norm = ctx.place_at(i), page.norm(i)
    j = _quoted(page, i)
    j = place.last if j == i and place else j
    j = _chain(ctx, i, head) if j == i else j
    j = name_run(ctx, i + 1) if j == i and norm in words["honours"] and name_run(ctx, i + 1) > i + 1 else j
    if j > i:
        return ctx.adjectives(j, feminine=noun.endswith("ه")), True
    below = words.heads.get(norm) if head.type == "ORG" and not inner else None  # «مجلس محافظة س»
    if below and below.type in ("ORG", "GPE") and noun not in words["presidencies"]:
        end, particular = _complement(ctx, i + 1, below, norm, inner=True)
        return (end, particular or below.type == "GPE") if end > i + 1 else (i, False)
    if head.type == "GPE" and norm in words["directions"]:
        return (i + 2, True) if page.is_definite(i + 1) or ctx.is_proper(i + 1, head) else (i, False)
    if page.is_definite(i) and ctx.is_free(i) and norm not in words["relative"]:
        if noun in words["presidencies"] and norm[2:] in words.roles:
            return i, False
        j = ctx.adjectives(i + 1, feminine=noun.endswith("ه")) if head.type != "GPE" else i + 1
        return j, any(k in ctx.nisbas.covered for k in range(i, j))
    if head.bare and ctx.is_proper(i, head, noun):
        j = i + 1 + (norm in words["compound"] and ctx.is_free(i + 1))
        return (j if head.type in ("GPE", "LOC") else ctx.adjectives(j)), True
    return i, False


def _follows(ctx: Context, i: int, end: int, head: Head, noun: str) -> int:
    """The end of a name after what may still follow it: «والري», «للاستثمار», «في بغداد», «رقم 5»."""
    page, words = ctx.page, ctx.words
    norm = page.norm(end)
    known = any(j in found.covered for j in (end - 1, end) for found in (ctx.places, ctx.nisbas))
    if noun in words["conjoined"] and norm.startswith("وال") and ctx.is_free(end) and not known:
        people = norm.endswith(("ون", "ين")) and noun != "وزاره"
        end = end if people or ctx.is_head_or_role(norm[3:]) else ctx.adjectives(end + 1)
    if head.lam and norm.startswith("لل") and end not in ctx.places.covered:
        general = page.stem(i, 0).startswith("ال") and not norm.endswith(("ين", "ون"))
        end = ctx.adjectives(end + 1) if general or norm[2:] in words["chain"] | words["general"] else end
    elif head.lam and norm[:1] == "ل" and norm[1:] in words["chain"] and page.is_definite(end + 1):
        end = ctx.adjectives(end + 2)
    place, after = ctx.places.at.get(end), ctx.place_at(end + 1)
    if noun in words["lam_to_body"] and norm.startswith("ل") and place and place.type == "ORG":
        return place.last
    if page.norm(end) in ("في", "لدي") and after and (noun in words["placed"] or _is_commanded(ctx, i, noun)):
        end = after.last
        while (place := ctx.places.at.get(end)) and page.norm(end).startswith("و"):
            end = place.last
    return _numbered(page, end) if head.type == "LAW" else end


def _against(ctx: Context, end: int) -> int:
    """The end of an event after «على …» and a year («الاستفتاء على الانفصال», «كأس العالم 2022»)."""
    if ctx.page.light(end) == "على":
        place = ctx.place_at(end + 1)
        if place or (ctx.page.is_definite(end + 1) and ctx.is_free(end + 1)):
            end = place.last if place else end + 2
    return end + (ctx.page.kind(end) == NUMBER and _YEAR.fullmatch(ctx.page.norm(end)) is not None)


def _is_commanded(ctx: Context, i: int, noun: str) -> bool:
    """Whether a force at token `i` stands after its command: «قائد القوات … في س» names one command."""
    return noun in ("قوات", "جيش") and (ctx.is_role(i - 1) or ctx.page.norm(i - 1) in (*ctx.words["voices"], "العام"))


def _numbered(page: Page, i: int) -> int:
    """The end of «رقم 5 لسنة 2010» at token `i`; `i` if it is not there."""
    if page.norm(i) != "رقم" or page.kind(i + 1) != NUMBER:
        return i
    return i + 2 + 2 * (page.norm(i + 2) in ("لسنه", "لعام") and page.kind(i + 3) == NUMBER)


def _definite(ctx: Context, i: int, head: Head, noun: str) -> tuple[int, bool]:
    """The end of a name whose head at token `i` has ال, and whether that is enough for a weak head."""
    sea = head.type == "LOC" and ctx.page.norm(i + 1) in ctx.words["sea_adjectives"]
    state = noun in ("مملكه", "جمهوريه") and i + 1 in ctx.nisbas.at and ctx.nisbas.at[i + 1].type == "GPE"
    if state:
        return i + 2, True
    if not (head.article or sea or (head.weak and head.type in ("ORG", "EVENT"))):
        return i + 1, False
    end = ctx.adjectives(i + 1, feminine=noun.endswith("ه"), ordinals=head.type == "EVENT")
    particular = any(k in ctx.nisbas.covered for k in range(i + 1, end))
    against = _against(ctx, end) if head.type == "EVENT" else end
    return against, particular or against > end


def _headed(ctx: Context, i: int) -> Mention | None:
    """The name that the head noun at token `i` opens, if it is one and opens one."""
    page, words = ctx.page, ctx.words
    for cut, stem, _ in page.readings(i):
        noun = stem if stem in words.heads else stem.removeprefix("ال")
        head = words.heads.get(noun)
        if head is None or (cut and page.norm(i) in words["whole"]):
            continue
        end, particular = _complement(ctx, i + 1, head, noun) if noun == stem else _definite(ctx, i, head, noun)
        lam = head.weak and noun != stem and end > i + 1 and _follows(ctx, i, end, head, noun) > end
        if end == i + 1 or (head.weak and not particular and not lam) or (noun == "مقاطعه" and ctx.place_at(i + 1)):
            continue
        force = noun in words["unnamed"] and noun == stem and page.is_definite(i + 1)
        if force and page.norm(i + 1) not in words["units_of_force"]:
            # «قوات التحالف»: the force stays outside the name of the body.
            unnamed = end == i + 2 and (noun == "عناصر" or page.norm(i + 1)[2:] in words["arms"])
            return None if unnamed else page.mention(i + 1, end, "ORG", head=noun)
        end = _follows(ctx, i, end, head, noun)
        end = _against(ctx, end) if head.type == "EVENT" else end
        if head.type == "GPE" and noun != stem:
            state = ctx.nisbas.at[i + 1]  # «المملكة المغربية»
            return page.mention(i, end, "GPE", cut=cut, stem=stem, key=state.key, name=state.name)
        if noun == "جزيره" and page.norm(i - 1) == "شبه":
            return page.mention(i - 1, end, "LOC", head=noun)
        place = ctx.place_at(i + 1) if noun == "جمهوريه" else None
        key = place.key if place else ""
        mention = page.mention(i, end, head.type, cut=cut, stem=stem, head=noun, key=key)
        return replace(mention, key=" ".join(_MARKS.sub("", mention.key).split()))
    return None


def _law(ctx: Context, i: int) -> Mention | None:
    """«القرار 2254», «قرار مجلس الأمن رقم 1701», «القانون رقم 5 لسنة 2010»."""
    page = ctx.page
    for cut, stem, _ in page.readings(i):
        if stem.removeprefix("ال") in ctx.words["numbered"]:
            body = None if stem.startswith("ال") else _headed(ctx, i + 1)
            j = body.last if body else ctx.adjectives(i + 1)
            end = j + 1 if page.kind(j) == NUMBER and page.norm(j).isdigit() else _numbered(page, j)
            return page.mention(i, end, "LAW", cut=cut, stem=stem) if end > j else None
    return None


def _towns(ctx: Context, i: int) -> Iterator[Mention]:
    """Towns after «مدينة» and the like, which stay outside; lists after a plural; places of governors."""
    page, words = ctx.page, ctx.words
    stems = {stem for _, stem, _ in page.readings(i)}
    several = bool(stems & words["towns"])
    j = i + 1 + (i + 1 in ctx.nisbas.covered and page.norm(i).endswith("العاصمه"))
    town = _town(ctx, j, 0) if several or stems & (words["town"] | words["governors"]) else None
    if not town or (several and not _town(ctx, town.last, 1)):
        return
    if stems & words["governors"] and name_run(ctx, town.last) < town.last + 2:
        return  # «محافظ س فلان الفلاني» has a full name after the place
    while town and town.first < i + _LISTED:
        if ctx.places.at.get(town.first) is not town:
            yield town
        town = _town(ctx, town.last, 1) if several else None


def _town(ctx: Context, i: int, cut: int) -> Mention | None:
    """The town or known place named at token `i`, after و if `cut` is 1."""
    page = ctx.page
    if not page.is_word(i) or (cut and not page.norm(i).startswith("و")):
        return None
    if place := ctx.places.at.get(i):
        return place
    stem = page.norm(i)[cut:]
    article = page.norm(i).startswith("وال") if cut else page.is_definite(i)
    if article and (not ctx.is_free(i) or i in ctx.nisbas.covered or page.norm(i - 1).endswith("العاصمه")):
        return None
    if article and stem[2:] in ctx.words["town"] | ctx.words["descriptors"]:
        return None
    if not article and not ctx.is_proper(i, Head("GPE")):
        return None
    last = i + 1 + (stem in ctx.words["compound"] and ctx.is_free(i + 1))
    return page.mention(i, last, "GPE", cut=cut, stem=stem, head=TOWN)


def _spoken_for(ctx: Context, i: int) -> Mention | None:
    """A body that no head noun shows: after «باسم» of a spokesperson, or a ministry by its portfolio."""
    page, j = ctx.page, i + 1
    if page.norm(i) in ctx.words["portfolios"] and j in ctx.nisbas.covered and ctx.ends_noun(i - 1):
        return page.mention(i, j + 1, "ORG")
    if page.norm(i) not in ctx.words["voices"] or not (ctx.is_role(i - 1) or ctx.is_role(i - 2)):
        return None
    if page.is_definite(j + 1) and ctx.is_proper(j, Head("GPE")):  # «باسم خفر السواحل»
        return page.mention(j, ctx.adjectives(j + 2), "ORG")
    known = ctx.is_head_or_role(page.norm(j)[2:]) or j in ctx.places.covered
    if known or not page.is_definite(j) or not ctx.is_free(j):
        return None
    return page.mention(j, ctx.adjectives(j + 1), "ORG", head=page.norm(j)[2:])


def _titled(ctx: Context, i: int) -> Mention | None:
    """A work or a product with a quoted or Latin name after its noun; the marks stay outside."""
    page = ctx.page
    nouns = {stem.removeprefix("ال") for _, stem, _ in page.readings(i)}
    type_ = "WORK" if nouns & ctx.words["works"] else "PRODUCT" if nouns & ctx.words["products"] else ""
    end = _quoted(page, i + 1) if type_ else i + 1
    if end > i + 3 and page.kind(i + 2) in (WORD, LATIN, NUMBER):
        return page.mention(i + 2, end - 1, type_)
    return page.mention(i + 1, i + 2, type_) if type_ == "PRODUCT" and page.kind(i + 1) == LATIN else None


def _website(ctx: Context, i: int) -> Mention | None:
    """A web address or the name of a social network."""
    page = ctx.page
    name, dot, domain = page.norm(i).rpartition(".")
    host = page.kind(i) == LATIN and page.norm(i - 1) != "@" and name and dot and domain in ctx.words["domains"]
    if host or page.kind(i) == URL:
        return page.mention(i, i + 1, "WEBSITE")
    cuts = (cut for cut, stem, _ in page.readings(i) if stem in ctx.words["networks"])
    return next((page.mention(i, i + 1, "WEBSITE", cut=cut) for cut in cuts), None)


def _language(ctx: Context, i: int) -> Mention | None:
    """«اللغة العربية»."""
    page = ctx.page
    named = page.is_definite(i + 1) and page.light(i + 1).endswith("ية")
    cuts = (cut for cut, stem, _ in page.readings(i) if stem == "اللغه")
    return next((page.mention(i, i + 2, "LANGUAGE", cut=cut) for cut in cuts), None) if named else None


def find_phrases(ctx: Context) -> Found:
    """Names that a head noun opens, numbered laws, towns, titled works and products, web sites, languages."""
    found: list[Mention] = []
    edges: dict[str, int] = {}
    latin = (i for i, token in enumerate(ctx.page.tokens) if token.kind in (LATIN, URL))
    for i in sorted({*latin, *ctx.page.select(ctx.words.openers)}):
        place = ctx.places.at.get(i)
        options = [] if place else [_law(ctx, i), _headed(ctx, i), *_towns(ctx, i), _spoken_for(ctx, i)]
        for mention in (*options, _titled(ctx, i), _website(ctx, i), _language(ctx, i)):
            if mention and mention.first >= edges.get(mention.type, 0):
                found.append(mention)
                edges[mention.type] = mention.last
    return Found(tuple(found))


def drop_inner(places: Found, phrases: Found) -> Found:
    """The places, without those that are the name of a governorate or republic itself."""
    areas = Found(tuple(m for m in phrases.mentions if m.type == "GPE" and m.head != TOWN))
    return Found(tuple(place for place in places.mentions if place.first not in areas.inner))
