"""Generate corpora of any size for measuring speed: gold, and predictions as a fair system would make them.

    python benchmarks/generate.py FOLDER --documents 20000

writes FOLDER/gold.jsonl (a JSON Lines set, as `khabar export jsonl` writes one) and FOLDER/predictions.jsonl. The
documents are shaped like news (their lengths, mentions, nesting, forms and labels are drawn as in the corpus) and
pass `khabar check`, but they say nothing: ordinary words at random. They are for measuring speed only and are never
part of the corpus. The same seed gives the same bytes, and a smaller set is the beginning of a larger one.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from khabar.model import AUTHOR, ISSUE, paragraphs
from khabar.schemas import inventory

Json = dict[str, Any]

WORDS = (
    "العمل خلال مرحلة جديدة بعد أيام من نقاش طويل حول طريقة تنفيذ الخدمات وسط اهتمام واسع لدى الأهالي حيث أكدت مصادر "
    "مطلعة أن النتائج الأولية تشير إلى تحسن واضح رغم تأخر بعض الأعمال بسبب الأمطار والرياح كما أن فرق الصيانة تواصل "
    "إصلاح الأعطال في الشوارع القريبة من المدارس والأسواق ومن المنتظر عرض تقرير مفصل عن حجم الإنتاج والأسعار قبل نهاية "
    "الموسم الحالي فيما تستمر متابعة الوضع ميدانيا مع توفير المياه والكهرباء للأسر المتضررة دون انقطاع"
).split()
OPENINGS = ("وقال بيان إن", "وأوضحت مصادر أن", "وفي سياق متصل", "وبحسب تقرير سابق", "ومن جهة أخرى", "يذكر أن")
VERBS = ("أعلن", "يتابع", "استقبل", "ناقش", "زار", "دعم", "أطلق", "شارك", "يدير", "افتتح")
STANCE_VERBS = {
    "favor": ("يؤيد", "رحب", "دافع"),
    "against": ("يرفض", "انتقد", "عارض"),
    "neutral": ("يتحفظ", "لا يمانع"),
}

GIVEN = (
    "أحمد محمود سالم ناصر هند ليلى مريم يوسف خالد راشد سعاد عمر فاطمة حسن زينب طارق جميل نبيل رامي عادل منى سمير هدى كريم"
).split()
FAMILY = (
    "الحارثي السالمي النجار المرجاني الدواتي العزري الشامي المصري التوبي القاسمي الراشدي البناء الهاشمي الصقري الكردي "
    "العلوي اليوسفي المنصوري الزهراني الخطيب الحداد العطار الصباغ الوراق"
).split()
PLACES = (
    ("كركوك", "الكركوكية"),
    ("نزوى", "النزوية"),
    ("أربد", "الأربدية"),
    ("دمشق", "الدمشقية"),
    ("مسقط", "المسقطية"),
    ("أكادير", "الأكاديرية"),
    ("تونس", "التونسية"),
    ("عدن", "العدنية"),
    ("حلب", "الحلبية"),
    ("صور", "الصورية"),
    ("طنطا", "الطنطاوية"),
    ("وهران", "الوهرانية"),
    ("الرياض", "الرياضية"),
    ("الخرطوم", "الخرطومية"),
    ("صحار", "الصحارية"),
    ("غزة", "الغزية"),
    ("الموصل", "الموصلية"),
    ("فاس", "الفاسية"),
    ("بنغازي", "البنغازية"),
    ("دبي", "الدبيانية"),
)
BODIES = ("وزارة", "جمعية", "شركة", "هيئة", "لجنة", "نقابة", "جامعة", "مؤسسة")
FIELDS = ("الزراعة", "التجارة", "الصحة", "النقل", "الري", "السياحة", "الصيد", "التعليم", "البيئة", "الثقافة")
BUILDINGS = ("سوق", "مطار", "ميناء", "ملعب", "مستشفى", "متحف")
EVENTS = ("مهرجان", "مؤتمر", "معرض", "ملتقى", "دورة")
OFFICES = ("مدير", "رئيس", "أمين", "ممثل")
TITLES = ("المهندس", "الدكتور", "الأستاذ", "الحاج")
HOLDERS = ("الباحث", "المتحدث", "المسؤول", "المدرب")
MONTHS = ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر")
DAYS = ("الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت")
HOURS = ("الثامنة صباحا", "التاسعة مساء", "العاشرة ليلا", "السادسة فجرا")
PLANS = ("مشروع", "مقترح", "قرار", "خطة")
AIMS = (
    "توسعة الطريق",
    "رفع الرسوم",
    "نقل السوق",
    "إغلاق المعبر",
    "بناء السد",
    "تأجيل الدورة",
    "خفض الدعم",
    "تحويل المسار",
)
LETTERS = ("و", "ب", "ل", "وب", "ول", "ف")
"""Proclitics that are written onto the word after them."""

KINDS = ("headline", "byline", "lead", "body", "box", "caption", "boilerplate", "kicker")
FUNCTIONS = ("consequence", "previous_event", "context", "history", "reaction", "expectation", "data")
RELATION_WEIGHTS = {
    "operates_in": 25,
    "participant_in": 23,
    "head_of": 23,
    "event_date": 26,
    "works_for": 19,
    "located_in": 14,
    "part_of": 13,
    "headquartered_in": 12,
    "family_of": 10,
    "member_of": 9,
    "event_location": 9,
    "meets": 7,
    "agent_in": 7,
    "founder_of": 4,
    "near": 4,
    "in_conflict_with": 2,
}
"""How often the relations stand in the corpus."""

RELATIONS, STANCES, SECTIONS, SENTENCES = 12, 4, 6, 30


class Shape(NamedTuple):
    """One way to mention an entity: the words, their form, and the mentions inside: (entity, start, end)."""

    text: str
    form: str
    inner: tuple[tuple[int, int, int], ...] = ()


class Figure(NamedTuple):
    """An entity of a document to be: its type, and its shapes, the full name first."""

    type: str
    shapes: tuple[Shape, ...]


About = Json | int | None
"""What a sentence is about: a relation or a stance, an entity by its number, or nothing."""


class Part(NamedTuple):
    """A section of a page to be; a paragraph is its sentences, or the words themselves."""

    kind: str
    paragraphs: Sequence[str | Sequence[About]]
    story: int = 1
    function: str | None = None
    headed: bool = False


# -- gold ----------------------------------------------------------------------------------------------------


def words(rng: Random, fewest: int, most: int) -> str:
    """Some ordinary words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(fewest, most)))


def cast(rng: Random, scale: int) -> list[Figure]:
    """The entities of a document: about 20, or ``scale`` times as many."""
    figures: list[Figure] = []
    for _ in range(scale):
        figures.extend(_company(rng, len(figures)))
    return figures


def _company(rng: Random, first: int) -> list[Figure]:
    """About 20 entities, the first of which has the number ``first`` in its document."""
    choice = rng.choice
    places = rng.sample(PLACES, rng.randint(3, 5))
    figures = [
        Figure("GPE", (Shape(name, "name"), Shape("المدينة", "nominal"), Shape(adjective, "adjective")))
        for name, adjective in places
    ]
    family = rng.sample(FAMILY, rng.randint(3, 5))
    for name in family:
        full = f"{choice(GIVEN)} {name}"
        shapes = (Shape(full, "name"), Shape(name, "name"), Shape(choice(HOLDERS), "nominal"), Shape("هو", "pronoun"))
        figures.append(Figure("PER", shapes))
    bodies = len(figures)
    for body, field in zip(rng.sample(BODIES, 3), rng.sample(FIELDS, 3), strict=True):
        figures.append(Figure("ORG", _named(rng, f"{body} {field}", " في ", first, places, 0.25, f"ال{body}")))
    for kind, nouns in (("FAC", BUILDINGS), ("EVENT", EVENTS)):
        noun = choice(nouns)
        figures.append(Figure(kind, _named(rng, noun, " ", first, places, 0.65, f"ال{noun}")))
    office, employer = choice(OFFICES), rng.randrange(bodies, bodies + 3)
    of = figures[employer].shapes[0]
    if rng.random() < 0.6:
        at = len(office) + 1
        inner = ((first + employer, at, at + len(of.text)), *((e, at + start, at + end) for e, start, end in of.inner))
        figures.append(Figure("ROLE", (Shape(f"{office} {of.text}", "name", inner),)))
    else:
        figures.append(Figure("ROLE", (Shape(choice(TITLES), "name"),)))
    day, month = rng.randint(1, 28), choice(MONTHS)
    figures.append(
        Figure("DATE", (Shape(f"يوم {choice(DAYS)} {day} {month}", "name"), Shape(f"{day} {month}", "name")))
    )
    figures.append(Figure("DATE", (Shape(str(rng.randint(1990, 2025)), "name"),)))
    figures.append(Figure("CARDINAL", (Shape(str(rng.randint(11, 990)), "name"),)))
    if rng.random() < 0.5:
        figures.append(Figure("MONEY", (Shape(f"{rng.randint(2, 900)} ألف ريال", "name"),)))
    else:
        figures.append(Figure("TIME", (Shape(choice(HOURS), "name"),)))
    for plan, aim in zip(rng.sample(PLANS, 2), rng.sample(AIMS, 2), strict=True):
        said = _named(rng, f"{plan} {aim}", " في ", first, places, 0.6, f"ال{plan}")
        figures.append(Figure("ISSUE", tuple(shape._replace(form="nominal") for shape in said)))
    return figures


def _named(
    rng: Random, name: str, joint: str, first: int, places: Sequence[tuple[str, str]], share: float, noun: str
) -> tuple[Shape, ...]:
    """The shapes of something that in a share of cases has one of the places within its name."""
    if rng.random() >= share:
        return (Shape(f"{name} {rng.choice(FAMILY)}", "name"), Shape(noun, "nominal"))
    place = rng.randrange(len(places))
    at = len(name) + len(joint)
    text = f"{name}{joint}{places[place][0]}"
    return (Shape(text, "name", ((first + place, at, len(text)),)), Shape(noun, "nominal"))


@cache
def _types() -> tuple[str, ...]:
    """The types of entities, ISSUE last."""
    return tuple(sorted((label.label for label in inventory().entity_types), key=ISSUE.__eq__))


@cache
def _domains() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What the inventory allows as head and tail of each relation."""
    return {relation.label: (relation.domain, relation.range) for relation in inventory().relation_types}


class Page:
    """A text as it is written, and where its entities are mentioned."""

    def __init__(self, rng: Random, figures: Sequence[Figure]) -> None:
        """Begin an empty page for a cast."""
        self.rng = rng
        self.figures = figures
        self.parts: list[str] = []
        self.length = 0
        self.mentions: list[list[Json]] = [[] for _ in figures]

    def write(self, words: str) -> None:
        """Write words."""
        self.parts.append(words)
        self.length += len(words)

    def mention(self, entity: int) -> tuple[int, int]:
        """Mention an entity, by its full name the first time, and say where."""
        rng, shapes = self.rng, self.figures[entity].shapes
        shape = shapes[0]
        if len(shapes) > 1 and self.mentions[entity] and rng.random() < 0.62:
            shape = shapes[rng.randrange(1, len(shapes))]
        if rng.random() < 0.15 and not shape.text[0].isdigit():
            letters = rng.choice(LETTERS)
            if not (letters.endswith("ل") and shape.text.startswith("ال")):
                self.write(letters)
        start = self.length
        self._note(entity, start, start + len(shape.text), shape.text, shape.form)
        for inside, left, right in shape.inner:
            self._note(inside, start + left, start + right, shape.text[left:right], "name")
        self.write(shape.text)
        return start, self.length

    def _note(self, entity: int, start: int, end: int, text: str, form: str) -> None:
        self.mentions[entity].append({"start": start, "end": end, "text": text, "form": form})


def document(rng: Random, doc_id: str, scale: int = 1) -> Json:
    """One gold document, as a line of a JSON Lines set; ``scale`` times as long as an ordinary one."""
    figures = cast(rng, scale)
    relations = _facts(rng, figures, RELATIONS * scale)
    stances = _views(rng, figures, STANCES * scale)
    sentences: list[About] = [*relations, *stances, *_unnamed(figures, relations, stances)]
    sentences += [None] * (SENTENCES * scale - len(sentences))
    rng.shuffle(sentences)
    page = Page(rng, figures)
    subsections = _write_page(page, sentences, scale)
    text = "".join(page.parts)
    entities = [
        {"id": f"e{number}", "type": figure.type, "name": figure.shapes[0].text, "mentions": mentions}
        for number, (figure, mentions) in enumerate(zip(figures, page.mentions, strict=True), 1)
    ]
    for item in (*relations, *stances):
        item["evidence"] = [_quote(text, *item["evidence"])]
    return _line(doc_id, text, entities, relations, stances, subsections)


def _quote(text: str, start: int, end: int) -> Json:
    return {"start": start, "end": end, "text": text[start:end]}


def _line(
    doc_id: str, text: str, entities: list[Json], relations: list[Json], stance: list[Json], subsections: list[Json]
) -> Json:
    """A line of a JSON Lines set."""
    digest = sha256(text.encode()).hexdigest()
    common = {"schema_version": "1.0", "doc_id": doc_id, "text_sha256": digest, "guidelines": "1.0"}
    metadata = {
        "title": text[:60].split("\n", 1)[0],
        "language": "ar",
        "codepoints": len(text),
        "split": "test",
        "origin": "composed",
        "publisher": None,
        "published": None,
        "country": "ZZ",
        "domain": "society",
        "genre": "report",
        "rights": "Words at random, generated for measuring speed.",
        "licence": "CC0-1.0",
        "stories": subsections[-1]["story"],
    }
    return common | {
        "annotators": ["generated"],
        "adjudicated": False,
        "entities": entities,
        "relations": relations,
        "stance": stance,
        "subsections": subsections,
        "text": text,
        "metadata": common | metadata,
    }


def _facts(rng: Random, figures: Sequence[Figure], count: int) -> list[Json]:
    """Relations that the inventory allows, no two between the same entities."""
    by_type: dict[str, list[int]] = {}
    for number, figure in enumerate(figures):
        by_type.setdefault(figure.type, []).append(number)
    names, weights = tuple(RELATION_WEIGHTS), tuple(RELATION_WEIGHTS.values())
    facts: list[Json] = []
    taken: set[frozenset[int]] = set()
    while len(facts) < count:
        kind = rng.choices(names, weights)[0]
        heads, tails = _domains()[kind]
        head = rng.choice(by_type.get(rng.choice(heads)) or (0,))
        tail = rng.choice(by_type.get(rng.choice(tails)) or (0,))
        pair = frozenset((head, tail))
        if len(pair) == 2 and pair not in taken and figures[head].type in heads and figures[tail].type in tails:
            taken.add(pair)
            facts.append({"id": f"r{len(facts) + 1}", "type": kind, "head": f"e{head + 1}", "tail": f"e{tail + 1}"})
    return facts


def _views(rng: Random, figures: Sequence[Figure], count: int) -> list[Json]:
    """Stances: one on each issue, then on others; the author holds some of them, and some have a source."""
    holders = [number for number, figure in enumerate(figures) if figure.type in ("PER", "ORG")]
    issues = [number for number, figure in enumerate(figures) if figure.type == "ISSUE"]
    views: list[Json] = []
    taken: set[tuple[str, int]] = set()
    while len(views) < count:
        target = issues[len(views)] if len(views) < len(issues) else rng.choice(rng.choice((issues, holders)))
        holder = AUTHOR if rng.random() < 0.1 else f"e{rng.choice(holders) + 1}"
        if holder == f"e{target + 1}" or (holder, target) in taken:
            continue
        taken.add((holder, target))
        source = f"e{rng.choice(holders) + 1}" if rng.random() < 0.2 else None
        views.append(
            {
                "id": f"s{len(views) + 1}",
                "holder": holder,
                "target": f"e{target + 1}",
                "label": rng.choices(("favor", "against", "neutral"), (69, 58, 4))[0],
                "mode": rng.choices(("enacted", "stated", "inferred"), (55, 49, 27))[0],
                "source": source if source != holder else None,
            }
        )
    return views


def _unnamed(figures: Sequence[Figure], relations: Sequence[Json], stances: Sequence[Json]) -> Iterator[int]:
    """The entities that no relation and no stance mentions."""
    said = {item[role] for item in relations for role in ("head", "tail")}
    said |= {item[role] for item in stances for role in ("holder", "target")}
    return (number for number in range(len(figures)) if f"e{number + 1}" not in said)


def _write_page(page: Page, sentences: Sequence[About], scale: int) -> list[Json]:
    """Write the page section by section; what sections there are."""
    rng = page.rng
    count = rng.randint(13, 20) * scale
    cuts = [0, *sorted(rng.sample(range(1, len(sentences)), count - 1)), len(sentences)]
    paragraphs = [sentences[start:end] for start, end in pairwise(cuts)]
    found: list[Json] = []
    for part in _plan(rng, paragraphs, SECTIONS * scale - 4):
        if found:
            page.write("\n\n")
        start, heading = page.length, None
        if part.headed:
            page.write(head := words(rng, 2, 5))
            heading = {"start": start, "end": page.length, "text": head}
        for at, paragraph in enumerate(part.paragraphs):
            if at or heading:
                page.write("\n\n")
            _write_paragraph(page, paragraph)
        edges = {"id": f"b{len(found) + 1}", "start": start, "end": page.length}
        found.append(edges | {"kind": part.kind, "story": part.story, "function": part.function, "heading": heading})
    return found


def _plan(rng: Random, paragraphs: Sequence[Sequence[About]], bodies: int) -> Iterator[Part]:
    """The sections of a page, each drawn when it is its turn; in one page of ten the last body is a second story."""
    turns = [1, *sorted(rng.sample(range(2, len(paragraphs)), bodies - 1)), len(paragraphs)]
    last = 1 + (rng.random() < 0.1)
    if rng.random() < 0.25:
        yield Part("kicker", [words(rng, 2, 2)])
    yield Part("headline", [words(rng, 5, 9)])
    yield Part("byline", [f"خاص – {words(rng, 2, 2)}"])
    yield Part("lead", paragraphs[:1], function="main_event")
    for at, (start, end) in enumerate(pairwise(turns), 1):
        kind = "box" if rng.random() < 0.15 else "body"
        function, headed = rng.choice(FUNCTIONS), rng.random() < 0.6
        yield Part(kind, paragraphs[start:end], last if at == bodies else 1, function, headed)
    if rng.random() < 0.75:
        yield Part("boilerplate", [f"اقرأ أيضا: {words(rng, 5, 5)}"], last)


def _write_paragraph(page: Page, paragraph: str | Sequence[About]) -> None:
    if isinstance(paragraph, str):
        page.write(paragraph)
        return
    for at, about in enumerate(paragraph):
        if at:
            page.write(" ")
        _write_sentence(page, about)


def _write_sentence(page: Page, about: About) -> None:
    """Write a sentence about a relation, a stance, one entity or nothing; a fact gets its evidence by it."""
    rng = page.rng
    opening = f"{rng.choice(OPENINGS)} " if rng.random() < 0.3 else ""
    page.write(f"{opening}{words(rng, 2, 6)} ")
    if about is None:
        page.write(words(rng, 3, 9))
    elif isinstance(about, int):
        page.mention(about)
    else:
        about["evidence"] = _state(page, about)
    page.write(f" {words(rng, 2, 6)}.")


def _state(page: Page, fact: Json) -> tuple[int, int]:
    """Write the stretch that states a relation or a stance, and say where it stands."""
    rng = page.rng
    roles, verbs = (("head", "tail"), VERBS) if "head" in fact else (("holder", "target"), STANCE_VERBS[fact["label"]])
    numbers = [int(fact[role][1:]) - 1 for role in roles if fact[role] != AUTHOR]
    if rng.random() < 0.2:
        numbers.reverse()
    start, end = page.mention(numbers[0])
    page.write(f" {rng.choice(verbs)}")
    if rng.random() < 0.7:
        page.write(f" {words(rng, 1, 3)}")
    if len(numbers) > 1:
        page.write(" ")
        _, end = page.mention(numbers[1])
    return start, end


# -- predictions ---------------------------------------------------------------------------------------------


def prediction(rng: Random, gold: Json) -> Json:
    """What a fair system says of a gold document: about three names in four are right."""
    entities, called = _predicted_entities(rng, gold)
    return {
        "doc_id": gold["doc_id"],
        "entities": entities,
        "relations": _predicted_relations(rng, gold, entities, called),
        "stance": _predicted_stance(rng, gold, entities, called),
        "subsections": _predicted_sections(rng, gold),
    }


def _predicted_entities(rng: Random, gold: Json) -> tuple[list[Json], dict[str, str]]:
    """The predicted entities, and by which of them each gold entity is called, if by any."""
    text: str = gold["text"]
    types = _types()
    taken: set[tuple[str, int, int]] = set()
    found: list[Json] = []
    called: dict[str, str] = {}
    last_of: dict[str, Json] = {}

    def add(kind: str, mentions: list[Json]) -> Json:
        entity = {"id": f"p{len(found) + 1}", "type": kind, "mentions": mentions}
        found.append(entity)
        return entity

    spurious = 0
    for entity in gold["entities"]:
        kind = entity["type"] if rng.random() >= 0.07 else rng.choice(types)
        mentions: list[Json] = []
        for mention in entity["mentions"]:
            luck = rng.random()
            start, end = mention["start"], mention["end"]
            spurious += luck < 0.1
            if 0.1 <= luck < 0.2:
                start, end = _off(rng, text, start, end)
            if luck < 0.1 or (kind, start, end) in taken:
                continue
            taken.add((kind, start, end))
            mentions.append(_quote(text, start, end) | {"form": mention["form"]})
        if not mentions:
            continue
        luck = rng.random()
        if luck < 0.05 and kind in last_of:
            whole = last_of[kind]
            whole["mentions"] += mentions
        elif luck > 0.93 and len(mentions) > 1:
            cut = rng.randrange(1, len(mentions))
            whole = add(kind, mentions[:cut])
            add(kind, mentions[cut:])
        else:
            whole = add(kind, mentions)
        last_of[kind] = whole
        called[entity["id"]] = whole["id"]
    for _ in range(spurious):
        start, end = _word(text, rng.randrange(len(text)))
        kind = rng.choice(types[:-1])
        if start < end and (kind, start, end) not in taken:
            taken.add((kind, start, end))
            add(kind, [_quote(text, start, end) | {"form": "name"}])
    return found, called


_EDGES = frozenset(" \n.:")


def _word(text: str, at: int) -> tuple[int, int]:
    """The edges of the word that holds a place of the text; the place itself twice where there is none."""
    start = end = at
    while start and text[start] not in _EDGES and text[start - 1] not in _EDGES:
        start -= 1
    while end < len(text) and text[end] not in _EDGES:
        end += 1
    return start, end


def _off(rng: Random, text: str, start: int, end: int) -> tuple[int, int]:
    """A span with wrong edges: with its proclitic if it has one, else a word less or more."""
    left = _word(text, start)[0]
    if left < start:
        return left, end
    space = text.find(" ", start, end)
    if space > 0 and rng.random() < 0.5:
        return (space + 1, end) if rng.random() < 0.5 else (start, space)
    if text[end : end + 1] == " ":
        return start, _word(text, end + 1)[1]
    return (_word(text, start - 2)[0], end) if start > 1 and text[start - 1] == " " else (start, end)


def _near(rng: Random, text: str, evidence: Sequence[Json]) -> list[Json]:
    """Evidence that in half of the cases runs a word on."""
    found = []
    for span in evidence:
        start, end = span["start"], span["end"]
        if rng.random() < 0.5 and text[end : end + 1] == " ":
            end = _word(text, end + 1)[1]
        found.append(_quote(text, start, end))
    return found


def _predicted_relations(rng: Random, gold: Json, entities: Sequence[Json], called: dict[str, str]) -> list[Json]:
    types = tuple(RELATION_WEIGHTS)
    found: list[Json] = []
    for relation in gold["relations"]:
        head, tail = called.get(relation["head"]), called.get(relation["tail"])
        luck = rng.random()
        if head is None or tail is None or luck < 0.15:
            continue
        if luck < 0.2:
            head, tail = tail, head
        elif luck < 0.28:
            tail = rng.choice(entities)["id"]
        kind = rng.choice(types) if luck > 0.9 else relation["type"]
        evidence = _near(rng, gold["text"], relation["evidence"])
        found.append({"type": kind, "head": head, "tail": tail, "evidence": evidence})
    for _ in range(len(gold["relations"]) // 6 if entities else 0):
        one, other = (rng.choice(entities) for _ in range(2))
        evidence = [_quote(gold["text"], one["mentions"][0]["start"], one["mentions"][0]["end"])]
        found.append({"type": rng.choice(types), "head": one["id"], "tail": other["id"], "evidence": evidence})
    return found


def _predicted_stance(rng: Random, gold: Json, entities: Sequence[Json], called: dict[str, str]) -> list[Json]:
    found: list[Json] = []
    for stance in gold["stance"]:
        luck = rng.random()
        holder = AUTHOR if stance["holder"] == AUTHOR else called.get(stance["holder"])
        target = called.get(stance["target"])
        if holder is None or target is None or luck < 0.15:
            continue
        if luck > 0.92:
            holder = rng.choice(entities)["id"]
        label = stance["label"] if rng.random() >= 0.15 else rng.choice(("favor", "against", "neutral"))
        evidence = _near(rng, gold["text"], stance["evidence"])
        mode, source = stance["mode"], called.get(stance["source"])
        stance = {"holder": holder, "target": target, "label": label, "mode": mode, "source": source}
        found.append(stance | {"evidence": evidence})
    return found


def _predicted_sections(rng: Random, gold: Json) -> list[Json]:
    """The sections, one boundary in five moved by a paragraph where both sides keep one."""
    lines = tuple(paragraphs(gold["text"]))
    starts = {start: number for number, (start, _) in enumerate(lines)}
    firsts = [starts[section["start"]] for section in gold["subsections"]]
    for at in range(1, len(firsts)):
        if rng.random() < 0.2:
            moved = firsts[at] + rng.choice((-1, 1))
            after = firsts[at + 1] if at + 1 < len(firsts) else len(lines)
            firsts[at] = moved if firsts[at - 1] < moved < after else firsts[at]
    found: list[Json] = []
    for section, first, after in zip(gold["subsections"], firsts, [*firsts[1:], len(lines)], strict=True):
        edges = {"start": lines[first][0], "end": lines[after - 1][1]}
        kind = section["kind"] if rng.random() >= 0.08 else rng.choice(KINDS)
        heading = section["heading"]
        if not heading or heading["start"] < edges["start"] or heading["end"] > edges["end"] or rng.random() < 0.15:
            heading = None
        function = section["function"] if rng.random() >= 0.2 else rng.choice(FUNCTIONS)
        found.append(edges | {"kind": kind, "story": section["story"], "function": function, "heading": heading})
    return found


# -- hard cases ----------------------------------------------------------------------------------------------


def overlapping(rng: Random, mentions: int) -> Json:
    """One document whose mentions all hang together: each begins a word after the one before, 1 to 50 words long."""
    words = [rng.choice(WORDS) for _ in range(mentions + 50)]
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    text = " ".join(words)
    types = _types()[:-1]
    entities: list[Json] = [
        {"id": f"e{number + 1}", "type": types[number % len(types)], "name": f"e{number + 1}", "mentions": []}
        for number in range(mentions // 2)
    ]
    for at in range(mentions):
        quote = _quote(text, starts[at], starts[at + rng.randint(1, 50)] - 1)
        entities[at % len(entities)]["mentions"].append(quote | {"form": "name"})
    section = {"id": "b1", "start": 0, "end": len(text), "kind": "lead", "story": 1, "function": "main_event"}
    return _line("overlapping", text, entities, [], [], [section | {"heading": None}])


def long_text(rng: Random, size: int) -> Json:
    """One document of at least ``size`` bytes of text, with as much in it as so many ordinary documents have."""
    ordinary = len(document(Random(0), "d")["text"].encode())
    scale = size // ordinary + 1
    while len((found := document(rng, "long-text", scale))["text"].encode()) < size:
        scale += scale // 50 + 1
    return found


# -- files ---------------------------------------------------------------------------------------------------


def documents(count: int, seed: int = 1) -> Iterator[tuple[Json, Json]]:
    """Gold documents with their predictions, one pair after the other."""
    rng = Random(seed)
    for number in range(count):
        gold = document(rng, f"g{number:07}")
        yield gold, prediction(rng, gold)


def write(folder: Path, pairs: Iterator[tuple[Json, Json]]) -> tuple[Path, Path]:
    """Write gold.jsonl and predictions.jsonl into a folder; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    gold_path, predicted_path = folder / "gold.jsonl", folder / "predictions.jsonl"
    encoder = msgspec.json.Encoder()
    with gold_path.open("wb") as gold_file, predicted_path.open("wb") as predicted_file:
        for gold, predicted in pairs:
            gold_file.write(encoder.encode(gold) + b"\n")
            predicted_file.write(encoder.encode(predicted) + b"\n")
    return gold_path, predicted_path


def hard(found: Json, seed: int = 1) -> Iterator[tuple[Json, Json]]:
    """One document with its prediction."""
    yield found, prediction(Random(seed), found)


def main() -> None:
    """Write the files that the command line asks for."""
    parser = argparse.ArgumentParser(description="Generate a corpus and predictions, for measuring speed only.")
    parser.add_argument("folder", type=Path, help="where gold.jsonl and predictions.jsonl are written")
    parser.add_argument("--documents", type=int, default=2000, metavar="N", help="how many documents")
    parser.add_argument("--seed", type=int, default=1)
    case = parser.add_mutually_exclusive_group()
    case.add_argument("--overlapping", type=int, metavar="N", help="one document with N overlapping mentions instead")
    case.add_argument("--long-text", type=int, metavar="BYTES", help="one document with so long a text instead")
    given = parser.parse_args()
    if given.overlapping:
        pairs = hard(overlapping(Random(given.seed), given.overlapping), given.seed)
    elif given.long_text:
        pairs = hard(long_text(Random(given.seed), given.long_text), given.seed)
    else:
        pairs = documents(given.documents, given.seed)
    for path in write(given.folder, pairs):
        print(path)


if __name__ == "__main__":
    main()
