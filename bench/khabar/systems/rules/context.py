"""What is known of a page while names are looked for, and what words of it can be part of a name."""

from dataclasses import dataclass
from typing import Final

from khabar.systems.rules.lexicon import Head, Lexicon
from khabar.systems.rules.mentions import Found, Mention, Page
from khabar.systems.rules.text import LATIN

_NAME_WORDS: Final = 4
_NAME_TOKENS: Final = 8
_ADJECTIVES: Final = 6
_LONG: Final = 4
_NOT_FIRST: Final = ("وال", "فال", "بال", "كال", "لل", "مست", "يست", "تست")
_TANWIN: Final = ("\u064b", "\u064c", "\u064d", "\u064b\u0627")


def is_feminine_nisba(light: str) -> bool:
    """Whether a word ends as feminine adjectives do: «تجارية», but not «بجاية»."""
    return light.endswith("ية") and not light.endswith("اية")


@dataclass(frozen=True)
class Context:
    """A page with what is already known of it, and the word lists."""

    page: Page
    words: Lexicon
    places: Found
    nisbas: Found
    amounts: Found

    def is_joint(self, i: int, cut: int) -> bool:
        """Whether the first `cut` letters of token `i` are nothing or one conjunction."""
        return cut == 0 or (cut == 1 and self.page.norm(i)[0] in "وف")

    def is_function(self, i: int) -> bool:
        """Whether token `i` is a function word, perhaps after و or ف."""
        words = self.words.light["function"]
        return any(light in words for cut, _, light in self.page.readings(i) if self.is_joint(i, cut))

    def is_verb(self, i: int) -> bool:
        """Whether token `i` is a known verb, perhaps after و or ف."""
        return any(stem in self.words.verbs for cut, stem, _ in self.page.readings(i) if self.is_joint(i, cut))

    def is_given(self, i: int) -> bool:
        """Whether token `i` is a common given name."""
        return self.page.light(i) in self.words.light["given"]

    def is_role(self, i: int) -> bool:
        """Whether token `i` is a role noun, perhaps after proclitics."""
        return any(stem in self.words.role_forms for _, stem, _ in self.page.readings(i))

    def is_free(self, i: int) -> bool:
        """Whether token `i` is a word outside dates and amounts that could stand inside a name."""
        return (
            self.page.is_word(i) and i not in self.amounts.covered and not self.is_function(i) and not self.is_verb(i)
        )

    def is_head_or_role(self, noun: str) -> bool:
        """Whether a noun without its article opens names or titles."""
        return noun in self.words.heads or noun in self.words.roles

    def place_at(self, i: int) -> Mention | None:
        """The place that begins at token `i`, no proclitic before it."""
        place = self.places.at.get(i)
        return place if place and place.start == self.page.tokens[i].start else None

    def is_adjective(self, i: int) -> bool:
        """Whether token `i` is a definite adjective such as names hold: a nisba, or one of a list."""
        norm, light = self.page.norm(i), self.page.light(i)
        if not self.page.is_definite(i) or not self.is_free(i):
            return False
        if norm in self.words["not_adjectives"] or norm in self.words["relative"]:
            return False
        if norm in self.words["adjectives"] or i in self.nisbas.covered:
            return True
        return light.endswith(("ي", "ية")) and not self.is_head_or_role(norm[2:])

    def adjectives(self, i: int, *, feminine: bool = False, ordinals: bool = False) -> int:
        """The end of the run of adjectives that begins at token `i`.

        After a feminine word only a masculine head can have a masculine adjective; `feminine`: it is none.
        """
        j = i
        while j < i + _ADJECTIVES:
            ordinal = ordinals and j > i and self.page.norm(j).removeprefix("ال") in self.words["ordinals"]
            clash = feminine and self.page.light(j - 1).endswith("ة") and self.page.light(j).endswith("ي")
            if clash or not (ordinal or self.is_adjective(j)):
                break
            j += 1
        return j

    def is_clause(self, i: int) -> bool:
        """Whether token `i` would rather follow a verb («شركة تنتج [السيارات]») than a name."""
        return self.is_function(i) or (self.page.is_definite(i) and not self.is_adjective(i))

    def ends_noun(self, i: int) -> bool:
        """Whether token `i` is no noun that the next word could belong to."""
        return not self.page.is_word(i) or self.is_verb(i) or self.is_function(i)

    def is_plain(self, i: int) -> bool:
        """Whether token `i` is an indefinite word that no list knows and that ends like no adjective."""
        norm, light = self.page.norm(i), self.page.light(i)
        if not self.is_free(i) or self.page.is_definite(i) or i in self.nisbas.covered or self.has_tanwin(i):
            return False
        listed = any(norm in self.words[name] for name in ("general", "not_names", "chain"))
        return not listed and not self.is_head_or_role(norm) and not is_feminine_nisba(light)

    def is_proper(self, i: int, head: Head, noun: str = "") -> bool:
        """Whether the indefinite word `i` after a head looks like a proper name, not like a common word."""
        norm, light, words = self.page.norm(i), self.page.light(i), self.words
        short = len(norm) < _LONG - 1 and norm not in words["compound"]
        if self.page.kind(i) == LATIN or not self.is_plain(i) or short or norm.startswith(_NOT_FIRST):
            return self.page.kind(i) == LATIN
        if head.type != "ORG" or noun in words["civic"]:
            return not light.endswith("ي") and norm not in words["ordinals"]
        ends = light.endswith(("ات", "ين", "ون", "ي", "ة")) or (light[-1] == "ا" and noun in words["verbal"])
        return norm[0] != "م" and not ends and not (norm[0] in "يت" and self.is_clause(i + 1))

    def has_tanwin(self, i: int) -> bool:
        """Whether token `i` is written with the ending of an indefinite noun."""
        end = self.page.tokens[i].end
        return self.page.text[end - 2 : end].endswith(_TANWIN)


def _is_name_word(ctx: Context, i: int) -> bool:
    """Whether the indefinite word at token `i` can be part of a person's name."""
    norm, light, words = ctx.page.norm(i), ctx.page.light(i), ctx.words
    if ctx.is_given(i) or not ctx.is_plain(i) or ctx.place_at(i):
        return ctx.is_given(i)
    with_pronoun = len(norm) > _LONG and norm.endswith(("ها", "هم", "هما"))
    with_preposition = norm[0] in "لب" and norm.endswith("ه")  # «لمنطقة», «بمنصبه»
    joined = norm[0] == "و" and norm[:2] != "وو"  # more likely a conjunction
    if len(norm) < _LONG - 2 or with_pronoun or with_preposition or joined or light.endswith("ات"):
        return False
    for cut, stem, thin in ctx.page.readings(i)[1:]:
        known = ctx.is_head_or_role(stem) or stem in words.verbs or stem in words["not_names"]
        known = known or thin in words.light["given"] or thin in words.light["function"]
        if cut and (known or (stem.startswith("ال") and len(stem) > _LONG)):
            return False
    return True


def _is_beyond(ctx: Context, i: int) -> bool:
    """Whether the word after two names is rather the object of the clause («سجل فلان الفلاني هدفين»)."""
    if ctx.is_given(i):
        return False
    over = ends_phrase(ctx, i + 1) and not ctx.page.is_definite(i + 1)
    return not over or ctx.page.norm(i).endswith(("ين", "ا"))


def is_surname(ctx: Context, i: int) -> bool:
    """Whether the definite word at token `i` can close a person's name."""
    norm, words = ctx.page.norm(i), ctx.words
    if not ctx.page.is_definite(i) or not ctx.is_free(i) or i in ctx.places.covered or norm.endswith(("ات", "ون")):
        return False
    if norm.endswith("ين") and len(norm) > 2 * _LONG - 1:
        return False
    listed = any(norm in words[name] for name in ("adjectives", "status", "relative")) or norm[2:] in words["periods"]
    return not listed and not ctx.is_head_or_role(norm[2:])


def name_run(ctx: Context, i: int) -> int:
    """The end of the person's name that begins at token `i`; `i` if none does."""
    page, j, count, linked = ctx.page, i, 0, False
    while count < _NAME_WORDS and j < i + _NAME_TOKENS and page.is_word(j):
        if page.light(j) in ctx.words.light["links"] and page.is_word(j + 1):
            linked = True
        elif page.is_definite(j) and (linked or count) and is_surname(ctx, j):
            goes_on = not linked and page.norm(j) in ctx.words["continuing"]  # «نور الدين» is like one word
            if not linked and not goes_on:
                return j + 1
            count += not goes_on
            linked = False
        elif not page.is_definite(j) and _is_name_word(ctx, j) and not (count > 1 and _is_beyond(ctx, j)):
            count += 1
            linked = False
        else:
            break
        j += 1
    return j - linked if count else i


def ends_phrase(ctx: Context, i: int) -> bool:
    """Whether token `i` cannot go on a name: punctuation, a function word, a verb, a definite noun."""
    page = ctx.page
    if not page.is_word(i) or page.is_definite(i) or not ctx.is_free(i) or page.norm(i)[1:] in ctx.words.heads:
        return True
    return any(cut and stem.startswith("ال") and len(stem) > _LONG for cut, stem, _ in page.readings(i))
