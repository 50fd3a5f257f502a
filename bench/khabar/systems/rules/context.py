"""What is known of a page while names are looked for, and what words of it can be part of a name."""

from dataclasses import dataclass
from typing import Final

from khabar.systems.rules.lexicon import ORG, Head, Lexicon, word_set
from khabar.systems.rules.mentions import Found, Mention, Page
from khabar.systems.rules.text import LATIN

_NAME_WORDS: Final = 4
_NAME_TOKENS: Final = 8
_ADJECTIVES: Final = 6
# Definite nouns that look like a nisba or stand where one could.
_NOT_ADJECTIVES: Final = word_set("""
القضية العملية المسؤولية الأهمية الحرية الأراضي المباني الأهالي الجالية الميزانية الكمية الهوية الآتي الأغلبية الاتفاقية الأقلية الباقي الثاني الآتية
التي الذي البقية النية الهدية الجمهورية الأرضية الأمسية الشخصية الفعالية الإمكانية الاستراتيجية
""")
_VERBAL: Final = word_set("تنظيم مقاطعة حركة كتلة تيار")


@dataclass(frozen=True)
class Context:
    """A page with what is already known of it, and the word lists."""

    page: Page
    words: Lexicon
    places: Found
    nisbas: Found
    amounts: Found

    def is_function(self, i: int) -> bool:
        """Whether token `i` is a function word, perhaps after و or ف."""
        return any(light in self.words.function for cut, _, light in self.page.readings(i) if self.is_joint(i, cut))

    def is_verb(self, i: int) -> bool:
        """Whether token `i` is a known verb, perhaps after و or ف."""
        return any(stem in self.words.verbs for cut, stem, _ in self.page.readings(i) if self.is_joint(i, cut))

    def is_joint(self, i: int, cut: int) -> bool:
        """Whether the first `cut` letters of token `i` are nothing or one conjunction."""
        return cut == 0 or (cut == 1 and self.page.norm(i)[0] in "وف")

    def is_given(self, i: int) -> bool:
        """Whether token `i` is a common given name."""
        return self.page.light(i) in self.words.given and self.page.light(i) not in self.words.function

    def place_at(self, i: int) -> Mention | None:
        """The place that begins at token `i`, no proclitic before it."""
        place = self.places.at.get(i)
        return place if place and place.start == self.page.tokens[i].start else None

    def is_free(self, i: int) -> bool:
        """Whether token `i` is a word outside dates and amounts that could stand inside a name."""
        return (
            self.page.is_word(i) and i not in self.amounts.covered and not self.is_function(i) and not self.is_verb(i)
        )

    def is_adjective(self, i: int) -> bool:
        """Whether token `i` is a definite adjective such as names hold: a nisba, or one of a list."""
        norm = self.page.norm(i)
        if (
            not self.page.is_definite(i)
            or not self.is_free(i)
            or norm in _NOT_ADJECTIVES
            or norm in self.words.sets["relative"]
        ):
            return False
        if norm in self.words.sets["adjectives"] or i in self.nisbas.covered:
            return True
        return (
            self.page.light(i).endswith(("ي", "ية"))
            and norm[2:] not in self.words.roles
            and norm[2:] not in self.words.heads
        )

    def adjectives(self, i: int, *, ordinals: bool = False) -> int:
        """The end of the run of adjectives that begins at token `i`."""
        j = i
        while j < i + _ADJECTIVES and (
            self.is_adjective(j)
            or (ordinals and j > i and self.page.norm(j).removeprefix("ال") in self.words.sets["ordinals"])
        ):
            j += 1
        return j

    def is_proper(self, i: int, head: Head, noun: str) -> bool:
        """Whether the indefinite word `i` after a head looks like a proper name rather than an adjective or a common noun."""
        if self.page.kind(i) == LATIN:
            return True
        norm, light, sets = self.page.norm(i), self.page.light(i), self.words.sets
        if (
            not self.is_free(i)
            or len(norm) < 3
            or self.page.is_definite(i)
            or norm in sets["general"] | sets["not_names"]
        ):
            return False
        if norm in self.words.heads or norm in self.words.roles or i in self.nisbas.covered or norm in sets["chain"]:
            return False
        if (
            light.endswith(("ات", "ين", "ون"))
            or is_nisba_like(light)
            or self.page.text[self.page.tokens[i].end - 1] in "ًٌٍ"
        ):
            return False
        if any(norm.startswith(p + "ال") for p in "وفبك") or norm.startswith("لل"):
            return False
        if head.type != ORG:
            return not (
                light.endswith("ي") or norm in sets["ordinals"] or (norm.startswith("م") and light.endswith("ة"))
            )
        return (
            not (light.endswith(("ي", "ة", "ا")) and noun in _VERBAL)
            and not norm.startswith("م")
            and not light.endswith(("ي", "ة"))
        )


def page_role(ctx: Context, i: int) -> bool:
    """Whether token `i` is a role noun."""
    return any(stem.removeprefix("ال") in ctx.words.roles for _, stem, _ in ctx.page.readings(i))


def is_nisba_like(light: str) -> bool:
    """Whether a word ends as feminine adjectives do: «تجارية», but not «بجاية»."""
    return light.endswith("ية") and not light.endswith("اية")


def _is_name_word(ctx: Context, i: int) -> bool:
    """Whether the indefinite word at token `i` can be part of a person's name."""
    page, sets = ctx.page, ctx.words.sets
    norm = page.norm(i)
    if ctx.is_given(i):
        return True
    if not ctx.is_free(i) or len(norm) < 2 or norm in sets["not_names"] | sets["general"] | sets["chain"]:
        return False
    if i in ctx.nisbas.covered or ctx.place_at(i) or page.light(i).endswith("ات") or is_nisba_like(page.light(i)):
        return False
    if page.text[page.tokens[i].end - 1] in "ًٌٍ" or page.text[page.tokens[i].end - 2 : page.tokens[i].end] in ("ًا", "اً"):
        return False
    if len(norm) > 4 and norm.endswith(("ها", "هم", "هما")):
        return False  # a noun with a pronoun
    for cut, stem, light in page.readings(i):
        if stem in ctx.words.heads or stem in ctx.words.roles or (cut and stem.startswith("ال") and len(stem) > 4):
            return False
        if cut and (
            light in ctx.words.given
            or stem in ctx.words.verbs
            or light in ctx.words.function
            or stem in sets["not_names"]
        ):
            return False
    return not norm.startswith("و")


def _is_beyond(ctx: Context, i: int) -> bool:
    """Whether the word after two names is rather the object of the clause («سجل فلان الفلاني هدفين»)."""
    if ctx.is_given(i):
        return False
    return ctx.page.norm(i).endswith(("ين", "ا")) or not (ctx.is_given(i - 1) or ends_phrase(ctx, i + 1))


def is_surname(ctx: Context, i: int) -> bool:
    """Whether the definite word at token `i` can close a person's name."""
    norm = ctx.page.norm(i)
    if (
        not ctx.page.is_definite(i)
        or not ctx.is_free(i)
        or norm.endswith(("ات", "ون"))
        or (norm.endswith("ين") and len(norm) > 7)
    ):
        return False
    bare, sets = norm[2:], ctx.words.sets
    listed = norm in sets["adjectives"] | sets["status"] | sets["relative"] or bare in sets["periods"]
    return not listed and bare not in ctx.words.heads and bare not in ctx.words.roles and i not in ctx.places.covered


def name_run(ctx: Context, i: int) -> int:
    """The end of the person's name that begins at token `i`; `i` if none does."""
    page, j, count, linked = ctx.page, i, 0, False
    while count < _NAME_WORDS and j < i + _NAME_TOKENS and page.is_word(j):
        if page.light(j) in ctx.words.links and page.is_word(j + 1):
            linked = True
            j += 1
        elif page.is_definite(j) and (linked or count) and is_surname(ctx, j):
            j, count = j + 1, count + 1
            if not linked:
                break
            linked = False
        elif not page.is_definite(j) and _is_name_word(ctx, j) and not (count > 1 and _is_beyond(ctx, j)):
            j, count, linked = j + 1, count + 1, False
        else:
            break
    return j - 1 if linked and count else (j if count else i)


def ends_phrase(ctx: Context, i: int) -> bool:
    """Whether what stands at token `i` cannot go on a name: punctuation, a function word, a verb, a definite noun."""
    page = ctx.page
    return (
        not page.is_word(i)
        or page.is_definite(i)
        or i in ctx.amounts.covered
        or ctx.is_function(i)
        or ctx.is_verb(i)
        or any(cut for cut, stem, _ in page.readings(i) if stem.startswith("ال") and len(stem) > 4)
        or ctx.words.heads.get(page.norm(i)[1:]) is not None
    )
