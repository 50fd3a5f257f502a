"""Names that a head noun opens: organisations, facilities, places, events, laws; towns; titles of works; web addresses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from khabar.systems.rules.context import Context, name_run, page_role
from khabar.systems.rules.lexicon import EVENT, GPE, LAW, LOC, ORG, Head, Lexicon, word_set
from khabar.systems.rules.mentions import Found, Mention, Page
from khabar.systems.rules.text import LATIN, NUMBER, PAIRS, URL, WORD

_QUOTED_TOKENS: Final = 7
_LISTED: Final = 16
_UNQUOTE: Final = re.compile(r"[«»“”‘’\"]")
_COMPOUND: Final = word_set(
    "تل دير شرم عين بيت خان أبو أم بني باب رأس كفر مار سيدي سان سانت سانتا نيو لوس ريو بور وادي جبل دار ذي قصر برج بئر حي صلاح"
)
_CONJOINED: Final = word_set("وزارة وزير وزيرة لجنة هيئة مديرية كلية")
_PLACED: Final = word_set("سفارة قنصلية بعثة")
_LAM_TO_BODY: Final = word_set("جمعية أمانة مجلس لجنة مفوضية بنك هيئة")
_WORKS: Final = word_set("كتاب كتابه رواية روايته روايتها فيلم فيلمه مسلسل أغنية مسرحية قصيدة برنامج ألبوم لوحة")
_PRODUCTS: Final = word_set("صاروخ صواريخ طائرة طائرات هاتف هواتف سيارة دبابة دبابات غواصة مروحية طراز لقاح دواء")
_DOMAINS: Final = frozenset(
    "com net org info tv news me gov edu iq sa eg ae jo lb sy ma dz tn ly qa kw bh om ye ps sd uk fr de us co io".split()
)
# Titles that open the name a building or body is called after («مستشفى الملك فلان»).
_HONOURS: Final = word_set(
    "الملك الملكة الأمير الأميرة الشيخ الشيخة الإمام الشهيد الشهداء السلطان السيد السيدة الرئيس القديس الدكتور الحاج"
)
_UNNAMED: Final = word_set("قوات ميليشيا مليشيا ميليشيات مليشيات")
_UNITS: Final = word_set("الأمن الحدود الطوارئ التدخل الحماية الاحتياط")
_DIRECTIONS: Final = word_set("شمال جنوب شرق غرب وسط")
_PRESIDENCIES: Final = word_set("رئاسة قيادة إدارة")
_VOICES: Final = word_set("باسم بلسان")
_NUMBERED: Final = word_set("قرار قانون مرسوم")


def _quoted(page: Page, i: int) -> int:
    """The end of a short quotation that begins at token `i`, marks included; `i` if there is none on the line."""
    closer = PAIRS.get(page.norm(i)) if page.norm(i) != "(" else None
    if closer is None:
        return i
    for j in range(i + 2, min(i + _QUOTED_TOKENS, len(page.tokens))):
        if page.norm(j) == closer:
            return j + 1
    return i


def _chain(ctx: Context, i: int) -> int:
    """The end of one or two joining nouns and the definite noun that they lead to («مكافحة الفساد»); `i` if none."""
    j = i
    while j < i + 2 and ctx.page.norm(j) in ctx.words.sets["chain"] and ctx.page.is_word(j):
        j += 1
    if j == i or not (ctx.page.is_definite(j) and ctx.is_free(j)):
        return ctx.places.at[j].last if j > i and ctx.place_at(j) else i
    return j + 1


def _complement(ctx: Context, i: int, head: Head, noun: str, depth: int = 0) -> tuple[int, bool]:
    """The end of the complement that begins at token `i`, and whether it is particular enough for an everyday head."""
    page = ctx.page
    if (j := _quoted(page, i)) > i:
        return ctx.adjectives(j), True
    if place := ctx.place_at(i):
        return ctx.adjectives(place.last), head.type != EVENT or place.type != ORG
    if (j := _chain(ctx, i)) > i:
        return ctx.adjectives(j), True
    if (
        page.is_word(i)
        and depth == 0
        and (inner := ctx.words.heads.get(page.norm(i)))
        and head.type == ORG
        and inner.type == ORG
    ):
        return _complement(ctx, i + 1, inner, page.norm(i), depth + 1)
    if page.norm(i) in _HONOURS and (j := name_run(ctx, i + 1)) > i + 1:
        return ctx.adjectives(j), True
    if head.type == GPE and page.norm(i) in _DIRECTIONS and page.is_word(i + 1):
        return (i + 2, True) if page.is_definite(i + 1) or ctx.is_proper(i + 1, head, noun) else (i, False)
    if page.is_definite(i) and _is_presided(ctx, i, noun):
        return i, False
    if page.is_definite(i) and ctx.is_free(i) and page.norm(i) not in ctx.words.sets["relative"]:
        j = ctx.adjectives(i + 1) if head.type != GPE else i + 1
        return j, any(k in ctx.nisbas.covered for k in range(i, j))
    if (head.bare or head.type == GPE) and ctx.is_proper(i, head, noun):
        compound = page.norm(i) in _COMPOUND and page.is_word(i + 1) and ctx.is_free(i + 1)
        return ctx.adjectives(i + 1 + compound) if head.type not in (GPE, LOC) else i + 1 + compound, True
    return i, False


def _is_presided(ctx: Context, i: int, noun: str) -> bool:
    """Whether the definite word `i` is who presides rather than what is presided over («برئاسة المستشار فلان»)."""
    return noun in _PRESIDENCIES and ctx.page.norm(i)[2:] in ctx.words.roles


def _spoken_for(ctx: Context, i: int) -> Mention | None:
    """The body after «باسم» of a spokesperson, where no head noun shows it («الناطق باسم الدعم الشعبي»)."""
    page = ctx.page
    if page.norm(i) not in _VOICES or not (page_role(ctx, i - 1) or page_role(ctx, i - 2)):
        return None
    named = page.is_definite(i + 1) and ctx.is_free(i + 1) and page.norm(i + 1)[2:] not in ctx.words.heads
    if not named or page_role(ctx, i + 1) or i + 1 in ctx.places.covered:
        return None
    return page.mention(i + 1, ctx.adjectives(i + 2), ORG, head=page.norm(i + 1)[2:])


def _extend(ctx: Context, i: int, end: int, head: Head, noun: str) -> int:
    """The end of a name after what may still follow it: «والري», «للاستثمار», «في بغداد», «على الانفصال», a year."""
    page = ctx.page
    norm = page.norm(end)
    if (
        noun in _CONJOINED
        and norm.startswith("وال")
        and ctx.is_free(end)
        and end not in ctx.nisbas.covered | ctx.places.covered
    ):
        bare = norm[3:]
        if (
            bare not in ctx.words.heads
            and bare not in ctx.words.roles
            and (noun == "وزاره" or not norm.endswith(("ون", "ين")))
        ):
            end = ctx.adjectives(end + 1)
    if head.lam and norm.startswith("لل") and end not in ctx.places.covered:
        definite = page.stem(i, 0).startswith("ال") and not norm.endswith(("ين", "ون"))
        if definite or norm[2:] in ctx.words.sets["chain"] | ctx.words.sets["general"]:
            end = ctx.adjectives(end + 1)
    if noun in _LAM_TO_BODY and norm.startswith("ل") and (place := ctx.places.at.get(end)) and place.type == ORG:
        end = place.last
    if noun in _PLACED and page.norm(end) in ("في", "لدي") and (place := ctx.place_at(end + 1)):
        end = place.last
    if (
        noun in ("قوات", "جيش")
        and page.norm(end) == "في"
        and _is_commanded(ctx, i)
        and (place := ctx.place_at(end + 1))
    ):
        end = place.last
        while (
            (place := ctx.places.at.get(end))
            and page.norm(end).startswith("و")
            and place.start > page.tokens[end].start
        ):
            end = place.last
    if head.type == EVENT and page.norm(end) == "علي" and page.light(end).endswith("ى"):
        place = ctx.place_at(end + 1)
        if place or (page.is_definite(end + 1) and ctx.is_free(end + 1)):
            end = place.last if place else end + 2
    if head.type == EVENT and page.kind(end) == NUMBER and len(page.norm(end)) == 4 and page.norm(end).isdigit():
        end += 1
    return end


def _is_commanded(ctx: Context, i: int) -> bool:
    """Whether a command or an office stands right before token `i`."""
    return page_role(ctx, i - 1) or ctx.page.norm(i - 1) in ("باسم", "بلسان", "العام")


def _headed(ctx: Context, i: int) -> Mention | None:
    """The name that the head noun at token `i` opens, if it is one and opens one."""
    page = ctx.page
    for cut, stem, _ in page.readings(i):
        noun = stem.removeprefix("ال") if stem not in ctx.words.heads else stem
        head = ctx.words.heads.get(noun)
        if head is None:
            continue
        definite = noun != stem
        if definite:
            special = (
                head.type == LOC
                and noun in ("بحر", "خليج", "محيط")
                and page.norm(i + 1) in ctx.words.sets["adjectives"] | {"العربي"}
            )
            if not (head.article or special or (head.weak and head.type in (ORG, EVENT))):
                continue
            end = ctx.adjectives(i + 1, ordinals=head.type == EVENT)
            particular = any(k in ctx.nisbas.covered for k in range(i + 1, end))
            if end == i + 1 and head.type == EVENT:
                end = _extend(ctx, i, end, head, noun)
                particular = end > i + 1
        else:
            end, particular = _complement(ctx, i + 1, head, noun)
        if (
            noun in _UNNAMED
            and not definite
            and end > i + 1
            and ctx.page.is_definite(i + 1)
            and page.norm(i + 1) not in _UNITS
        ):
            # «قوات التحالف»: the force stays outside the name of the body.
            return (
                None
                if page.norm(i + 1)[2:] in ctx.words.heads and end == i + 2
                else page.mention(i + 1, end, ORG, head=noun)
            )
        if end == i + 1 or (head.weak and not particular) or (noun == "مقاطعه" and ctx.place_at(i + 1)):
            continue
        end = _extend(ctx, i, end, head, noun)
        key = (
            ctx.places.at[i + 1].key if head.type == GPE and noun in ("دوله", "جمهوريه") and ctx.place_at(i + 1) else ""
        )
        found = page.mention(i, end, head.type, cut=cut, stem=stem, head=noun, key=key)
        return found if key else replace(found, key=_UNQUOTE.sub("", found.key))
    return None


def _numbered_law(ctx: Context, i: int) -> Mention | None:
    """«القرار 2254», «قرار مجلس الأمن رقم 1701», «القانون رقم 5 لسنة 2010»."""
    page = ctx.page
    for cut, stem, _ in page.readings(i):
        if stem.removeprefix("ال") not in _NUMBERED:
            continue
        j = ctx.adjectives(i + 1) if stem.startswith("ال") else i + 1
        if body := (_headed(ctx, j) if page.is_word(j) and stem == stem.removeprefix("ال") else None):
            j = body.last
        j += page.norm(j) in ("رقم", "المرقم")
        if page.kind(j) == NUMBER and (page.norm(j - 1) == "رقم" or page.norm(j).isdigit()):
            year = page.norm(j + 1) in ("لسنه", "لعام") and page.kind(j + 2) == NUMBER
            return page.mention(i, j + 1 + 2 * year, LAW, cut=cut, stem=stem)
    return None


def _town(ctx: Context, i: int) -> Iterator[Mention]:
    """Towns after «مدينة» and the like, the noun left outside; lists after a dual or a plural."""
    page, sets = ctx.page, ctx.words.sets
    if any(stem in sets["governors"] for _, stem, _ in page.readings(i)):
        # «محافظ X فلان الفلاني»: the word between the office and a full name is the place.
        town = _bare_town(ctx, i + 1, 0)
        if town and ctx.places.at.get(i + 1) is not town and name_run(ctx, town.last) > town.last + 1:
            yield town
        return
    several = any(stem in sets["towns"] for _, stem, _ in page.readings(i))
    if not several and not any(stem in sets["town"] for _, stem, _ in page.readings(i)):
        return
    j = i + 1 + (page.norm(i).endswith("العاصمه") and i + 1 in ctx.nisbas.covered)
    town = _bare_town(ctx, j, 0)
    if not town or (several and not _bare_town(ctx, town.last, 1)):
        return
    while town and town.first < i + _LISTED:
        if ctx.places.at.get(town.first) is not town:
            yield town
        town = _bare_town(ctx, town.last, 1) if several else None


def _bare_town(ctx: Context, i: int, cut: int) -> Mention | None:
    """An unmarked town name at token `i`, after و if `cut` is 1; places of the gazetteer come back as they are."""
    page = ctx.page
    if cut and not (page.is_word(i) and page.norm(i).startswith("و")):
        return None
    if place := ctx.places.at.get(i):
        return place
    stem = page.norm(i)[cut:]
    head = Head(GPE, True, False, False, False)
    definite = stem.startswith("ال") and len(stem) > 4 and ctx.is_free(i)
    if definite and (page.norm(i - 1).endswith("العاصمه") or i in ctx.nisbas.covered):
        return None
    if not page.is_word(i) or not (definite or (ctx.is_proper(i, head, "") and len(stem) > 2)):
        return None
    last = i + 1 + (stem in _COMPOUND and ctx.is_free(i + 1))
    return page.mention(i, last, GPE, cut=cut, stem=stem, head="مدينه")


def _titled_thing(ctx: Context, i: int) -> Mention | None:
    """A work or a product whose name is quoted after its noun; the marks stay outside."""
    page = ctx.page
    nouns = {stem.removeprefix("ال") for _, stem, _ in page.readings(i)}
    type_ = "WORK" if nouns & _WORKS else "PRODUCT" if nouns & _PRODUCTS else ""
    end = _quoted(page, i + 1) if type_ else i + 1
    if end > i + 3 and page.kind(i + 2) in (WORD, LATIN, NUMBER):
        return page.mention(i + 2, end - 1, type_)
    if type_ == "PRODUCT" and page.kind(i + 1) == LATIN:
        return page.mention(i + 1, i + 2, type_)
    return None


def _website(ctx: Context, i: int) -> Mention | None:
    """A web address or the name of a social network."""
    page = ctx.page
    if page.kind(i) == URL:
        return page.mention(i, i + 1, "WEBSITE")
    if page.kind(i) == LATIN and page.norm(i - 1) != "@":
        name, dot, domain = page.norm(i).rpartition(".")
        return page.mention(i, i + 1, "WEBSITE") if name and dot and domain in _DOMAINS else None
    cut = ctx.words.cut("networks", page.tokens[i]) if page.is_word(i) else None
    return None if cut is None else page.mention(i, i + 1, "WEBSITE", cut=cut)


def _language(ctx: Context, i: int) -> Mention | None:
    """«اللغة العربية», «بالعربية» (after no noun that it could qualify)."""
    page = ctx.page
    if page.norm(i) in ("اللغه", "باللغه", "واللغه") and page.is_definite(i + 1) and page.norm(i + 1).endswith("يه"):
        return page.mention(i, i + 2, "LANGUAGE", cut=int(page.norm(i) != "اللغه"))
    return None


def _openers(words: Lexicon) -> frozenset[str]:
    """Every word that a name here can begin with or after."""
    nouns = _NUMBERED | _WORKS | _PRODUCTS | words.sets["governors"] | words.sets["town"] | {"لغه"}
    definite = {"ال" + noun for noun in nouns}
    return words.head_forms | nouns | definite | words.sets["towns"] | words.sets["networks"] | _VOICES


def find_phrases(ctx: Context) -> Found:
    """Every name that a head noun opens, numbered laws, towns, titles of works and products, web sites, languages."""
    found: list[Mention] = []
    busy: dict[str, int] = {}
    latin = (i for i, token in enumerate(ctx.page.tokens) if token.kind in (LATIN, URL))
    for i in sorted({*latin, *ctx.page.select(_openers(ctx.words))}):
        if i in ctx.places.at and ctx.places.at[i].last > i + 1:
            continue
        options = [_numbered_law(ctx, i), _headed(ctx, i) if i not in ctx.places.at else None, *_town(ctx, i)]
        options += [_spoken_for(ctx, i), _titled_thing(ctx, i), _website(ctx, i), _language(ctx, i)]
        for mention in options:
            if mention and mention.first >= busy.get(mention.type, 0):
                found.append(mention)
                busy[mention.type] = mention.last
    return Found(tuple(found))


def drop_inner_places(places: Found, phrases: Found) -> Found:
    """The places, without those that are the name of a governorate or republic itself."""
    inside = {i for m in phrases.mentions if m.type == GPE and m.head != "مدينه" for i in range(m.first + 1, m.last)}
    return replace(places, mentions=tuple(p for p in places.mentions if p.first not in inside))
