"""Dates, times, amounts and numbers: for each token, the longest phrase that a small grammar gives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from khabar.systems.rules.lexicon import Lexicon, lexicon
from khabar.systems.rules.mentions import Found, Mention, Page
from khabar.systems.rules.text import MARK, NUMBER, WORD

_PLAIN: Final = re.compile(r"\d+(?:[.,]\d+)*")
_DAY_MONTH_YEAR: Final = re.compile(
    r"\d{1,2}[/-]\d{1,2}[/-](?:\d\d)?\d\d|\d{4}[/-]\d{1,2}[/-]\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4}"
)
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?")
_YEARS: Final = re.compile(r"(?:1[0-9]|20)\d\d(?:[-/]\d{2,4})?")
_SYMBOLS: Final = frozenset("$€£¥₪₺₽₹﷼")
_PERCENT: Final = frozenset("%٪")
_BEFORE_YEAR: Final = frozenset("في منذ حتي قبل بعد خلال وفي ومنذ بين".split())
_BEFORE_MONTH: Final = frozenset("في شهر منذ خلال حتي من الي بين وفي ومنذ".split())
_ERAS: Final = frozenset("م ه هجريه ميلاديه للهجره للميلاد هجري ميلادي".split())
_DAYS: Final = frozenset("يوم اليوم امس غدا ليله".split())
_YEAR_NOUNS: Final = frozenset("عام العام سنه السنه عامي موسم".split())
_SINGLE: Final = frozenset("امس اليوم غدا الغد اول الساعه منتصف هذا هذه الربع النصف الفصل".split())
_LAST_DAY: Final = 31


@cache
def _triggers() -> frozenset[str]:
    """Words that a date, a time or an amount can begin with."""
    sets = lexicon().sets
    lists = "months months_unsure hijri weekdays slices dayparts numbers multipliers loose teens ordinals dual_days dual_hours"
    words = frozenset().union(*(sets[name] for name in lists.split()))
    definite = frozenset("ال" + word for word in sets["periods"] | sets["ordinals"] | sets["numbers"])
    two = frozenset(first for first, _ in lexicon().months_two | lexicon().hijri_two)
    return words | definite | two | _DAYS | _YEAR_NOUNS | _SINGLE | {"شهر"}


@dataclass(frozen=True)
class _Reader:
    """The grammar over one page, on which token `at` is read as `stem` (a word without its proclitics).

    A method named for a phrase takes a token and gives the end of the phrase that begins there, or the token itself.
    """

    page: Page
    words: Lexicon
    at: int = -1
    stem: str = ""

    def norm(self, i: int) -> str:
        return self.stem if i == self.at else self.page.norm(i)

    def has(self, name: str, i: int) -> bool:
        return self.norm(i) in self.words.sets[name]

    def any(self, i: int, *names: str) -> bool:
        return any(self.norm(i) in self.words.sets[name] for name in names)

    def is_plain(self, i: int) -> bool:
        return self.page.kind(i) == NUMBER and _PLAIN.fullmatch(self.norm(i)) is not None

    def is_year(self, i: int) -> bool:
        return self.page.kind(i) == NUMBER and _YEARS.fullmatch(self.norm(i)) is not None

    def is_definite(self, i: int) -> bool:
        return self.page.is_word(i) and self.norm(i).startswith("ال")

    # --- numbers ---

    def number(self, i: int) -> int:
        """Digits with their multipliers («1.5 مليون»), or number words joined by و («خمسة وعشرين ألفا»)."""
        if self.is_plain(i) or self.any(i, "numbers", "multipliers"):
            j = i + 1
        elif self.has("teens", i) and self.norm(i + 1) in ("عشر", "عشره"):
            j = i + 2
        else:
            return i
        while self._continues(j):
            j += 1
        return j

    def _continues(self, i: int) -> bool:
        norm = self.norm(i)
        joined = norm.removeprefix("و")
        return (
            self.any(i, "multipliers")
            or norm in ("ونصف", "وربع", "عشر", "عشره")
            or (norm != joined and (joined in self.words.sets["numbers"] or joined in self.words.sets["multipliers"]))
            or (self.has("numbers", i) and norm.startswith(("مئ", "مائ")))
        )

    def counted(self, i: int) -> tuple[int, str]:
        """A number with what it counts, and the type that gives."""
        norm = self.norm
        if norm(i) in _SYMBOLS | _PERCENT and (j := self.number(i + 1)) > i + 1:
            return j, "PERCENT" if norm(i) in _PERCENT else "MONEY"
        if self.any(i, "dual_days", "dual_hours"):
            return i + 1, "DATE" if self.has("dual_days", i) else "TIME"
        j = self.number(i)
        if (j > i or self.has("loose", i)) and norm(max(j, i + 1)).removeprefix("ال") in self.words.currencies:
            j = max(j, i + 1)
            return j + 1 + self._is_adjective(j + 1), "MONEY"
        if j == i:
            return i, ""
        if norm(j) in _PERCENT or norm(j) in ("بالمئه", "بالمائه"):
            return j + 1, "PERCENT"
        if norm(j) == "في" and norm(j + 1) in ("المئه", "المائه"):
            return j + 2, "PERCENT"
        if norm(j) in _SYMBOLS:
            return j + 1, "MONEY"
        if self.has("units", j):
            j += 1 + self.has("unit_tails", j + 1)
            return j + 2 * (norm(j) == "في" and norm(j + 1) in ("الساعه", "الثانيه", "اليوم")), "QUANTITY"
        if self.any(j, "counted_days", "counted_hours"):
            return j + 1, "DATE" if self.has("counted_days", j) else "TIME"
        return j, "CARDINAL"

    def _is_adjective(self, i: int) -> bool:
        """Whether token `i` says whose currency it is («دينار أردني»)."""
        light = self.page.light(i)
        return self.page.is_word(i) and light.endswith(("ي", "يا", "ية")) and light not in self.words.function

    def ordinal(self, i: int) -> int:
        """A definite ordinal («المرة الثالثة»), or a bare one before its noun («ثالث مرة»)."""
        norm = self.norm(i)
        bare = norm.removeprefix("ال")
        if bare not in self.words.sets["ordinals"]:
            return i
        if bare != norm:
            return i + 1 + (self.norm(i + 1) in ("عشر", "عشره"))
        noun = (
            self.page.is_word(i + 1)
            and not self.is_definite(i + 1)
            and self.page.light(i + 1) not in self.words.function
        )
        return i + 1 if noun and norm not in ("ثانيه", "رابع") else i

    # --- dates ---

    def month(self, i: int) -> int:
        """A month, with its other name after a slash or in brackets («تشرين الأول/أكتوبر»)."""
        j = self._month_name(i)
        if j > i and self.norm(j) in ("/", "(") and (k := self._month_name(j + 1)) > j + 1:
            return k + 1 if self.norm(k) == ")" else (k if self.norm(j) == "/" else j)
        return j

    def _month_name(self, i: int) -> int:
        if (self.norm(i), self.norm(i + 1)) in self.words.months_two | self.words.hijri_two:
            return i + 2
        if self.norm(i) == "اب":  # the month has a madda, the father has not
            cut = len(self.page.norm(i)) - 2
            return i + (self.page.text[self.page.start(i, cut)] == "آ")
        return i + self.any(i, "months", "months_unsure")

    def era(self, i: int) -> int:
        return i + (self.norm(i) in _ERAS)

    def tail(self, i: int) -> int:
        """What may close a date: a year, an era, «المقبل», «من العام الماضي»."""
        j = i
        if self.norm(j) in ("من", "عام", "سنه", "لعام", "العام") and self.is_year(j + 1):
            j = self.era(j + 2)
        elif self.is_year(j):
            j = self.era(j + 1)
        if self.norm(j) == "من" and self.is_definite(j + 1) and self.has("relative", j + 2):
            return j + 3
        return j + self.has("relative", j)

    def calendar(self, i: int) -> int:
        """Day and month with what closes it; a bare month only where it cannot be another word."""
        j = i
        if self.is_plain(i) and self.norm(i).isdigit() and len(self.norm(i)) <= 2 and int(self.norm(i)) <= _LAST_DAY:
            j = i + 1 + (self.norm(i + 1) == "من")
        elif self.is_definite(i) and self.norm(i + 1) == "من":
            j = i + 2 * (self.norm(i)[2:] in self.words.sets["ordinals"] | self.words.sets["numbers"])
        if self.norm(j) == "شهر":
            j += 1
        k = self.month(j)
        if k == j and self.has("hijri", j) and (j > i or self.page.kind(j + 1) == NUMBER):
            k = j + 1
        if k == j:
            return i
        end = self.tail(k)
        sure = j > i or end > k or k > j + 1 or self.has("months", j)
        return end if sure or self.page.norm(i - 1) in _BEFORE_MONTH else i

    def weekday(self, i: int) -> int:
        """«يوم الخميس», «أمس الأحد», «الخميس المقبل», «الخميس 3 مايو»."""
        j = i + (self.norm(i) in _DAYS)
        if not self.has("weekdays", j) or self.page.norm(i - 1) in ("صلاه", "خطبه", "مسجد"):
            return i
        j += 1
        if self.has("relative", j):
            return j + 1
        k = j + (self.norm(j) in ("،", ",", "الموافق") and self.is_plain(j + 1))
        if self.page.kind(k) == NUMBER and _DAY_MONTH_YEAR.fullmatch(self.norm(k)):
            return k + 1
        end = self.calendar(k)
        return end if end > k else j

    def period(self, i: int) -> int:
        """«عام 2017», «الأسبوع الماضي», «هذا العام», «السنوات الخمس الماضية», «القرن التاسع عشر»."""
        if self.norm(i) in _YEAR_NOUNS and self.is_year(i + 1):
            return self.era(i + 2)
        j = i + (self.norm(i) in ("هذا", "هذه"))
        noun = self.norm(j)
        if not noun.startswith("ال") or noun[2:] not in self.words.sets["periods"]:
            return i
        if self.has("relative", j + 1):
            return j + 2
        if self.is_definite(j + 1) and self.has("relative", j + 2):
            return j + 3
        if (
            noun == "القرن"
            and self.norm(j + 1).removeprefix("ال") in self.words.sets["ordinals"] | self.words.sets["teens"]
        ):
            return j + 2 + (self.norm(j + 2) == "عشر")
        return j + 1 if j > i else i

    def part(self, i: int) -> int:
        """«الربع الأول من العام الماضي», «النصف الثاني من أكتوبر»."""
        if (
            self.norm(i) in ("الربع", "النصف", "الفصل")
            and self.norm(i + 1).removeprefix("ال") in self.words.sets["ordinals"]
        ):
            j = i + 3 if self.norm(i + 2) == "من" else i + 2
            end = max(self.calendar(j), self.period(j))
            return end if end > j else i
        return i

    def day(self, i: int) -> int:
        """«أمس», «أول أمس», «اليوم», «غدا»."""
        if self.norm(i) == "اول" and self.norm(i + 1) == "امس":
            return i + 2
        if self.norm(i) == "امس":
            return i + 1 + (self.norm(i + 1) == "الاول")
        return i + (self.norm(i) in ("اليوم", "غدا", "الغد"))

    def date(self, i: int) -> int:
        """The longest date that begins at token `i`."""
        if self.page.kind(i) == NUMBER and _DAY_MONTH_YEAR.fullmatch(self.norm(i)):
            return self.era(i + 1)
        j = i + self.has("slices", i)
        end = max(self.weekday(j), self.calendar(j), self.period(j), self.part(j), self.day(j) if j == i else j)
        if end > j:
            return end
        if self.is_year(i):
            counts = (
                self.any(i + 1, "units", "multipliers", "counted_days") or self.norm(i + 1) in self.words.currencies
            )
            if self.era(i + 1) > i + 1 or (self.page.norm(i - 1) in _BEFORE_YEAR and not counts):
                return self.era(i + 1)
        return i

    def time(self, i: int) -> int:
        """«الساعة 10:30 مساء بتوقيت غرينتش», «20:15», «مساء الخميس», «منتصف الليل»."""
        norm = self.norm
        if norm(i) == "منتصف" and norm(i + 1) == "الليل":
            return i + 2
        part = i + (self.has("slices", i) and self.has("dayparts", i + 1))
        if self.has("dayparts", part):
            end = max(self.weekday(part + 1), self.day(part + 1), self.calendar(part + 1))
            return end if end > part + 1 else i
        if norm(i) == "الساعه" and (self.page.kind(i + 1) == NUMBER or self.has("clock", i + 1)):
            j = i + 2 + (norm(i + 2) in ("عشر", "عشره"))
            j += norm(j) in ("والنصف", "والربع", "والثلث")
            j += 2 * (norm(j) == "الا" and self.is_definite(j + 1))
        elif self.page.kind(i) == NUMBER and _CLOCK.fullmatch(norm(i)):
            j = i + 1
        else:
            return i
        if self.has("adverbs", j) or norm(j) in ("gmt", "am", "pm"):
            j += 1
        elif norm(j) in ("بعد", "قبل") and norm(j + 1) in ("الظهر", "منتصف"):
            j += 2 + (norm(j + 1) == "منتصف")
        if norm(j) in ("بالتوقيت", "بتوقيت") and self.page.is_word(j + 1):
            j += 2
        return j + 2 * ((norm(j), norm(j + 1)) == ("ت", "غ"))

    def longest(self, i: int) -> tuple[int, str]:
        """The longest phrase of any type that begins at token `i`; an earlier kind wins a tie."""
        counted, type_ = self.counted(i)
        options = [(self.time(i), "TIME"), (self.date(i), "DATE"), (counted, type_), (self.ordinal(i), "ORDINAL")]
        return max(options, key=lambda option: option[0])


def _readings(page: Page, i: int, triggers: frozenset[str]) -> Iterator[tuple[int, str]]:
    if page.kind(i) == WORD:
        yield from ((cut, stem) for cut, stem, _ in page.readings(i) if stem in triggers)
    elif page.kind(i) == NUMBER or (page.kind(i) == MARK and page.norm(i) in _SYMBOLS | _PERCENT):
        yield 0, page.norm(i)


def find_amounts(page: Page) -> Found:
    """Dates, times, money, percentages, quantities, cardinals and ordinals; a date inside a time is found too."""
    triggers, words = _triggers(), lexicon()
    found: list[Mention] = []
    edge = 0
    starts = (i for i, token in enumerate(page.tokens) if token.kind in (NUMBER, MARK))
    for i in sorted({*starts, *page.select(triggers)}):
        if i < edge:
            continue
        for cut, stem in _readings(page, i, triggers):
            reader = _Reader(page, words, i, stem)
            end, type_ = reader.longest(i)
            if end > i:
                found.append(page.mention(i, end, type_, cut=cut, stem=stem))
                inner = i + 1 + (page.norm(i + 1) in words.sets["dayparts"])
                if type_ == "TIME" and reader.any(inner - 1, "dayparts") and (last := reader.date(inner)) > inner:
                    found.append(page.mention(inner, last, "DATE"))
                edge = end
                break
    return Found(tuple(found))
