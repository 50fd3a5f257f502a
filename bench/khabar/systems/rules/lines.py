"""Subsections of a page from the look of its lines. Offsets are 0-based, half-open code points."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from khabar.systems.rules.lexicon import gazetteer, lexicon, word_set
from khabar.systems.rules.text import WHITE_SPACE, fold

_LONG_WORDS: Final = 20
_SENTENCE_WORDS: Final = 6
_HEADING_WORDS: Final = 12
_WIDGET_WORDS: Final = 12
_DATELINE_WORDS: Final = 12
_BYLINE_WORDS: Final = 8
_PLACE_LINE_WORDS: Final = 4
_LIST_LINES: Final = 3
_SHARED_LETTERS: Final = 3


def _opening(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for lines that open with one of the phrases, as whole words."""
    return re.compile("(?:" + "|".join(map(fold, phrases)) + r")(?!\w)")


_LINE = re.compile(r"[^\n]+")
_FULL_STOP = re.compile(r"(?:[.!؟…]|\.{2,})[»”\"')\]]*$")
_PLACE_LINE = re.compile(r"\w+(?: \w+)? ?[-–—/(]")
_TOKEN = re.compile(r"\w+")
_LETTER = re.compile(r"[^\W\d_]")
_WIDGET: Final = _opening(
    (
        "شاركها", "شاركه", "المشاركة عبر", "اطبع", "إطبع", "بريد إلكتروني", "البريد الإلكتروني", "أضف تعليق", "اضف تعليق", "أضف تعليقا",
        "اكتب تعليق", "اكتب تعليقا", "لا توجد تعليقات", "اقرأ أيضا", "إقرأ أيضا", "اقرا ايضا", "اقرأ المزيد", "اقرأ كذلك", "قراءة المزيد",
        "مواضيع ذات صلة", "مواضيع متعلقة", "أخبار ذات صلة", "مقالات ذات صلة", "أخبار متعلقة", "مواد ذات صلة", "ذات صلة", "الأكثر قراءة",
        "الأكثر مشاهدة", "عدد المشاهدات", "عدد القراءات", "حجم الخط", "تابعنا", "تابعونا", "حمل التطبيق", "النشرة البريدية", "اشترك",
        "جميع الحقوق", "حقوق النشر", "كلمات مفتاحية", "كلمات دلالية", "الكلمات المفتاحية", "الكلمات الدلالية", "نسخ الرابط", "انسخ الرابط",
        "الرابط المختصر", "رابط مختصر", "سياسة الخصوصية", "شروط الاستخدام", "اتصل بنا", "شاهد أيضا", "الخبر التالي", "الخبر السابق",
        "ملفات تعريف الارتباط", "مدة القراءة", "وقت القراءة", "للمزيد",
    )
)  # fmt: skip
# Widgets only on a line of their own, or before a number: each could also open a headline («زيارة الملك إلى …»).
_BUTTON: Final = word_set("""
شارك مشاركة مشاركه طباعة أرسل إرسال ارسال تعليق تعليقات التعليقات المزيد المشاهدات مشاهدات القراءات مشاهدة قراءة زيارة زيارات تكبير تصغير الرئيسية
الوسوم وسوم إعلان إعجاب تغريد غرد حفظ استمع الأكثر من نحن عبر على الخبر المقال الصفحة البريد الإلكتروني نشر مفضلة المفضلة نسخ رابط الرابط صديق لصديق إلى
أ ا + -
""")
_LIST_START: Final = _opening(
    (
        "اقرأ أيضا",
        "إقرأ أيضا",
        "اقرأ كذلك",
        "مواضيع",
        "أخبار ذات",
        "أخبار متعلقة",
        "مقالات ذات",
        "مواد ذات",
        "الأكثر",
        "شاهد أيضا",
    )
)
_BYLINE: Final = _opening(
    (
        "كتب",
        "كتبت",
        "بقلم",
        "إعداد",
        "اعداد",
        "تحرير",
        "ترجمة",
        "تقرير:",
        "تقرير /",
        "متابعة:",
        "المصدر",
        "المحرر",
        "مراسل",
        "حاوره",
        "حاورته",
    )
)
_DATE_WORDS: Final = word_set(
    "نشر نشرت تاريخ النشر آخر تحديث التحديث تحديث بتاريخ الساعة يوم صباحا مساء بتوقيت غرينتش جرينتش القدس مكة بالتوقيت المحلي في على ص م هـ gmt am pm"
)
_AGENCY: Final = word_set("وكالات وكالة مراسل مراسلنا متابعات خاص أسوشيتد فرانس رويترز")
_CAPTION: Final = _opening(("صورة", "الصورة", "تصوير", "صور:"))
_CREDIT: Final = re.compile(
    fold(
        r"[(\[](?:[^()\[\]]{0,40})(?:أرشيف|أرشيفية|الأرشيف|رويترز|أ ف ب|أ\.ف\.ب|فرانس برس|أسوشيتد برس|غيتي|الأناضول|getty|reuters|afp)[^()\[\]]{0,40}[)\]]$"
    )
)

_LATIN_BUTTON: Final = frozenset(
    "facebook twitter whatsapp telegram share print email linkedin pinterest tweet".split()
)

KICKER, HEADLINE, DECK, BYLINE, DATELINE, LEAD, BODY, CAPTION, BOILERPLATE = (
    "kicker", "headline", "deck", "byline", "dateline", "lead", "body", "caption", "boilerplate"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A non-blank line, white space trimmed: where it stands, its folded text and words, and what it looks like.

    A paragraph is running text: long, or a sentence that ends as sentences do.
    """

    start: int
    end: int
    folded: str
    words: tuple[str, ...]
    is_sentence: bool
    is_paragraph: bool
    is_widget: bool

    @property
    def is_short(self) -> bool:
        """Whether the line is neither running text nor a widget."""
        return not self.is_paragraph and not self.is_widget


@dataclass(frozen=True, slots=True)
class Section:
    """A subsection; `heading` is the span of its own heading, or None."""

    start: int
    end: int
    kind: str
    heading: tuple[int, int] | None = None


def _read_line(body: str, start: int) -> Line:
    folded = fold(body).lower()
    words = tuple(_TOKEN.findall(folded))
    is_sentence = _FULL_STOP.search(body[-8:]) is not None
    is_paragraph = len(words) >= _LONG_WORDS or (is_sentence and len(words) >= _SENTENCE_WORDS)
    is_widget = not _LETTER.search(folded) or (
        not is_paragraph and len(words) <= _WIDGET_WORDS and _is_widget(folded, words)
    )
    return Line(start, start + len(body), folded, words, is_sentence, is_paragraph and not is_widget, is_widget)


def _is_widget(folded: str, words: tuple[str, ...]) -> bool:
    """Whether a short line is a share button, a counter or a link to more."""
    if _WIDGET.match(folded) or folded.startswith(("http", "www.", "©", "#")):
        return True
    networks = lexicon().sets["networks"]
    return all(w.isdigit() or w in networks or w in _LATIN_BUTTON for w in words) or all(
        w.isdigit() or w in _BUTTON for w in words
    )


def read_lines(text: str) -> Iterator[Line]:
    """The non-blank lines of `text`; a line ends at a line feed, blank means Unicode White_Space only."""
    for match in _LINE.finditer(text):
        raw = match.group()
        body = raw.strip(WHITE_SPACE)
        if body:
            yield _read_line(body, match.start() + len(raw) - len(raw.lstrip(WHITE_SPACE)))


def _is_dateline(line: Line) -> bool:
    """Whether a short line is mostly a date, an hour or a place and an agency."""
    if not 0 < len(line.words) <= _DATELINE_WORDS or line.is_sentence:
        return False
    sets = lexicon().sets
    calendar = sets["months"] | sets["months_unsure"] | sets["weekdays"] | sets["hijri"]
    dated = [
        w
        for w in line.words
        if w.isdigit() or w in calendar or w in _DATE_WORDS or w in ("تشرين", "كانون", "الاول", "الثاني")
    ]
    if line.words[0] in gazetteer() and len(line.words) <= _PLACE_LINE_WORDS and _PLACE_LINE.match(line.folded):
        return True  # «بغداد – وكالات»
    has_digit = any(w.isdigit() for w in line.words)
    return has_digit and len(dated) * 2 > len(line.words)


def _is_byline(line: Line) -> bool:
    """Whether a short line says who wrote: «كتب فلان», «متابعات»."""
    if len(line.words) > _BYLINE_WORDS or line.is_sentence or not line.words:
        return False
    if _BYLINE.match(line.folded) or (line.folded.startswith("(") and _CREDIT.fullmatch(line.folded)):
        return True
    return line.words[-1] in _AGENCY and len(line.words) <= _BYLINE_WORDS // 2


def _is_caption(line: Line) -> bool:
    return (_CAPTION.match(line.folded) is not None and len(line.words) <= _LONG_WORDS) or _CREDIT.search(
        line.folded[-90:]
    ) is not None


def _stems(words: tuple[str, ...]) -> frozenset[str]:
    """Content words without the commonest proclitics, to see what a title and a lead share."""
    bare = (re.sub("^[وف]?(?:[بلك]?ال|لل)?", "", word) or word for word in words)
    return frozenset(word for word in bare if len(word) > _SHARED_LETTERS - 1)


def _title_kinds(titles: list[Line], lead: Line | None) -> list[str]:
    """Kinds of the title lines: the headline is the one that the lead restates, kickers stand above it, decks below."""
    kinds = [
        DATELINE if _is_dateline(line) else BYLINE if _is_byline(line) else CAPTION if _is_caption(line) else ""
        for line in titles
    ]
    open_ = [i for i, kind in enumerate(kinds) if not kind]
    if open_:
        told = _stems(lead.words) if lead else frozenset()
        headline = max(open_, key=lambda i: (len(_stems(titles[i].words) & told), -i))
        for i in open_:
            kinds[i] = KICKER if i < headline else DECK if i > headline else HEADLINE
    return kinds


def _body_kinds(lines: list[Line]) -> Iterator[tuple[str, bool]]:
    """(kind, is a heading) of each line after the lead."""
    in_list = False
    for i, line in enumerate(lines):
        if line.is_paragraph:
            in_list = False
            yield (CAPTION if _is_caption(line) and len(line.words) <= _LONG_WORDS else BODY), False
        elif line.is_widget:
            in_list = in_list or _LIST_START.match(line.folded) is not None
            yield BOILERPLATE, False
        elif in_list:
            yield BOILERPLATE, False
        elif _is_byline(line):
            yield BYLINE, False
        elif _is_caption(line):
            yield CAPTION, False
        elif _is_dateline(line):
            yield DATELINE, False
        else:
            yield _short_line(lines, i)


def _short_line(lines: list[Line], i: int) -> tuple[str, bool]:
    """A short line between paragraphs: a heading if a paragraph follows; one of several in a row, or the last, a list."""
    first = i
    while first > 0 and lines[first - 1].is_short:
        first -= 1
        if i - first > _LIST_LINES:
            break
    last = i + 1
    while last < len(lines) and lines[last].is_short and last - i <= _LIST_LINES:
        last += 1
    followed = last < len(lines) and lines[last].is_paragraph
    if (
        followed
        and len(lines[i].words) <= _HEADING_WORDS
        and (i == first if last - first < _LIST_LINES else i == last - 1)
    ):
        return BODY, True
    if last - first >= _LIST_LINES or (
        not followed and len(lines[i].words) <= _HEADING_WORDS // 2 and not lines[i].is_sentence
    ):
        return BOILERPLATE, False
    return BODY, False


def find_sections(text: str) -> list[Section]:
    """The sections of a page: they tile its non-blank lines, in order."""
    lines = list(read_lines(text))
    start = next((i for i, line in enumerate(lines) if line.is_paragraph), len(lines))
    if start == len(lines) and lines:  # no paragraph at all: the longest later line is the nearest thing to a lead
        plain = [i for i in range(1, len(lines)) if not lines[i].is_widget]
        start = max(plain, key=lambda i: (len(lines[i].words), -i), default=len(lines))
    titles = [line for line in lines[:start] if not line.is_widget]
    if start < len(lines) and not titles and len(lines) == start + 1 and not lines[start].is_paragraph:
        titles, start = lines[start:], len(lines)
    kinds = dict(
        zip(
            (line.start for line in titles),
            _title_kinds(titles, lines[start] if start < len(lines) else None),
            strict=True,
        )
    )
    sections = [Section(line.start, line.end, kinds.get(line.start, BOILERPLATE)) for line in lines[:start]]
    if start < len(lines):
        sections.append(Section(lines[start].start, lines[start].end, LEAD))
    rest = lines[start + 1 :]
    for line, (kind, heads) in zip(rest, _body_kinds(rest), strict=True):
        if heads:
            sections.append(Section(line.start, line.end, BODY, (line.start, line.end)))
        elif sections[-1].kind == kind and kind in (BODY, BOILERPLATE):
            sections[-1] = Section(sections[-1].start, line.end, kind, sections[-1].heading)
        else:
            sections.append(Section(line.start, line.end, kind))
    return sections
