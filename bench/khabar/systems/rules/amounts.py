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
_DAY: Final = re.compile(r"0?[1-9]|[12]\d|3[01]")
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?")
_YEARS: Final = re.compile(r"(?:1[0-9]|20)\d\d(?:[-/]\d{2,4})?")
_SYMBOLS: Final = frozenset("$€£¥₪₺₽₹﷼")
_PERCENT: Final = frozenset("%٪")


@cache
def _triggers() -> frozenset[str]:
    """Words that a date, a time or an amount can begin with."""
    words = lexicon()
    calendar = (
        "months",
        "months_unsure",
        "hijri",
        "weekdays",
        "slices",
        "dayparts",
        "day_nouns",
        "year_nouns",
    )
    numbers = ("numbers", "multipliers", "loose", "teens", "ordinals", "dual_days", "dual_hours", "single")
    definite = ("ال" + word for name in ("periods", "ordinals", "numbers") for word in words[name])
    two = (pair.split()[0] for name in ("months_two", "hijri_two") for pair in words[name])
    return frozenset().union(*(words[name] for name in (*calendar, *numbers)), definite, two)


@dataclass(frozen=True)
class _Reader:
    """The grammar over one page, on which token `at` is read as `stem` (a word without its proclitics).

    A method named for a phrase takes a token and gives the end of that phrase there, or the token itself.
    """

    page: Page
    words: Lexicon
    at: int = -1
    stem: str = ""

    def norm(self, i: int) -> str:
        return self.stem if i == self.at else self.page.norm(i)

    def has(self, name: str, i: int) -> bool:
        return self.norm(i) in self.words[name]

    def any(self, i: int, *names: str) -> bool:
        return any(self.norm(i) in self.words[name] for name in names)

    def any_pair(self, i: int, *names: str) -> bool:
        return any(f"{self.norm(i)} {self.norm(i + 1)}" in self.words[name] for name in names)

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
        elif self._is_teen(i) or (self.norm(i) in ("نصف", "ربع") and self.has("multipliers", i + 1)):
            j = i + 2
        else:
            return i
        while self._continues(j):
            j += 1
        return j

    def _is_teen(self, i: int) -> bool:
        return self.has("teens", i) and self.norm(i + 1) in ("عشر", "عشره")

    def _continues(self, i: int) -> bool:
        norm = self.norm(i)
        joined = norm.removeprefix("و")
        return (
            self.any(i, "multipliers")
            or norm in ("ونصف", "وربع", "عشر", "عشره")
            or (norm != joined and (joined in self.words["numbers"] or joined in self.words["multipliers"]))
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
        if (j > i or self.has("loose", i)) and norm(max(j, i + 1)).removeprefix("ال") in self.words["money"]:
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
        return self.page.light(i).endswith(("ي", "يا", "ية")) and not self._is_function(i)

    def _is_function(self, i: int) -> bool:
        return self.page.light(i) in self.words.light["function"]

    def ordinal(self, i: int) -> int:
        """A definite ordinal («المرة الثالثة»), or a bare one before its noun («ثالث مرة»)."""
        norm = self.norm(i)
        bare = norm.removeprefix("ال")
        if bare not in self.words["ordinals"]:
            return i
        if bare != norm:
            return i + 1 + (self.norm(i + 1) in ("عشر", "عشره"))
        noun = self.page.is_word(i + 1) and not self.is_definite(i + 1) and not self._is_function(i + 1)
        return i + (noun and norm != "ثانيه" and not self.norm(i + 1).startswith("و"))

    # --- dates ---

    def month(self, i: int) -> int:
        """A month, with its other name after a slash or in brackets («تشرين الأول/أكتوبر»)."""
        j = self._month_name(i)
        if j > i and self.norm(j) in ("/", "(") and (k := self._month_name(j + 1)) > j + 1:
            return k + 1 if self.norm(k) == ")" else (k if self.norm(j) == "/" else j)
        return j

    def _month_name(self, i: int) -> int:
        if self.any_pair(i, "months_two", "hijri_two"):
            return i + 2
        if self.norm(i) == "اب":  # the month has a madda, the father has not
            cut = len(self.page.norm(i)) - 2
            return i + (self.page.text[self.page.start(i, cut)] == "آ")
        return i + self.any(i, "months", "months_unsure")

    def era(self, i: int) -> int:
        return i + self.has("eras", i)

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
        if self.page.kind(i) == NUMBER and _DAY.fullmatch(self.norm(i)):
            j = i + 1 + (self.norm(i + 1) == "من")
        elif self.is_definite(i) and self.norm(i + 1) == "من":
            j = i + 2 * (self.norm(i)[2:] in self.words["ordinals"] | self.words["numbers"])
        if self.norm(j) == "شهر":
            j += 1
        k = self.month(j)
        if k == j and self.has("hijri", j) and (j > i or self.page.kind(j + 1) == NUMBER):
            k = j + 1
        if k == j:
            return i
        end = self.tail(k)
        sure = j > i or end > k or k > j + 1 or self.has("months", j)
        return end if sure or self.page.norm(i - 1) in self.words["before_month"] else i

    def weekday(self, i: int) -> int:
        """«يوم الخميس», «أمس الأحد», «الخميس المقبل», «الخميس 3 مايو»."""
        j = i + self.has("day_nouns", i)
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
        if self.has("year_nouns", i) and self.is_year(i + 1):
            return self.era(i + 2)
        j = i + (self.norm(i) in ("هذا", "هذه"))
        noun = self.norm(j)
        if not noun.startswith("ال") or noun[2:] not in self.words["periods"]:
            return i
        if self.has("relative", j + 1):
            return j + 2
        if self.is_definite(j + 1) and self.has("relative", j + 2):
            return j + 3
        if noun == "القرن" and (self._is_ordinal(j + 1) or self.norm(j + 1)[2:] in self.words["teens"]):
            return j + 2 + (self.norm(j + 2) == "عشر")
        return j + 1 if j > i else i

    def _is_ordinal(self, i: int) -> bool:
        return self.norm(i).removeprefix("ال") in self.words["ordinals"]

    def part(self, i: int) -> int:
        """«الربع الأول من العام الماضي», «النصف الثاني من أكتوبر»."""
        if self.norm(i) in ("الربع", "النصف", "الفصل") and self._is_ordinal(i + 1):
            j = i + 2 + (self.norm(i + 2) == "من")
            end = max(self.calendar(j), self.period(j))
            return end if end > j else i
        return i

    def day(self, i: int) -> int:
        """«أمس», «أول أمس», «اليوم», «غدا»."""
        if self.norm(i) == "اول" and self.norm(i + 1) == "امس":
            return i + 2
        if self.norm(i) == "امس":
            return i + 1 + (self.norm(i + 1) == "الاول")
        named = self.is_definite(i + 1) and self.norm(i + 1).endswith("ي")  # «اليوم العالمي»
        per = self.norm(i - 1) == "في"  # «ثلاث مرات في اليوم»
        return i + (self.norm(i) in ("اليوم", "غدا", "الغد") and not named and not per)

    def date(self, i: int) -> int:
        """The longest date that begins at token `i`."""
        if self.page.kind(i) == NUMBER and _DAY_MONTH_YEAR.fullmatch(self.norm(i)):
            return self.era(i + 1)
        j = i + self.has("slices", i)
        end = max(read(j) for read in (self.weekday, self.calendar, self.period, self.part))
        end = max(end, self.day(i)) if j == i else end
        if end > j:
            return end
        if j > i and self.norm(j)[2:] in self.words["periods"] and self.is_definite(j):
            return j + 1  # «نهاية العام»
        if self.is_year(i):
            counts = self.any(i + 1, "units", "multipliers", "counted_days", "money")
            before = self.page.norm(i - 1)
            dated = before in self.words["before_year"] or (before == "و" and self.is_year(i - 2))
            if self.era(i + 1) > i + 1 or (dated and not counts):
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
        options = [
            (self.time(i), "TIME"),
            (self.date(i), "DATE"),
            (counted, type_),
            (self.ordinal(i), "ORDINAL"),
        ]
        return max(options, key=lambda option: option[0])


def _readings(page: Page, i: int, triggers: frozenset[str]) -> Iterator[tuple[int, str]]:
    if page.kind(i) == WORD:
        yield from ((cut, stem) for cut, stem, _ in page.readings(i) if stem in triggers)
    elif page.kind(i) == NUMBER or (page.kind(i) == MARK and page.norm(i) in _SYMBOLS | _PERCENT):
        yield 0, page.norm(i)


def find_amounts(page: Page) -> Found:
    """Dates, times, money, percentages, quantities, numbers; a date inside a time is found too."""
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
                inner = i + 1 + (page.norm(i + 1) in words["dayparts"])
                if type_ == "TIME" and reader.any(inner - 1, "dayparts") and (last := reader.date(inner)) > inner:
                    found.append(page.mention(inner, last, "DATE"))
                edge = end
                break
    return Found(tuple(found))
