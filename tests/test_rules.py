"""What the rule system should find, on invented sentences, and what it must keep on any text at all."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest
from conftest import steps
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.systems.rules import predict

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def entities(text: str, type_: str) -> dict[str, list[str]]:
    """The entities of a type: name → its mentions."""
    found: list[Any] = [e for e in predict(text)["entities"] if e["type"] == type_]
    return {e["name"]: [m["text"] for m in e["mentions"]] for e in found}


def mentions(text: str, type_: str) -> list[str]:
    """The mentions of a type, in page order."""
    found: list[Any] = [m for e in predict(text)["entities"] if e["type"] == type_ for m in _of(e)]
    return [m["text"] for m in sorted(found, key=lambda m: (m["start"], -m["end"]))]


def _of(entity: dict[str, Any]) -> Iterable[dict[str, Any]]:
    mentions: list[dict[str, Any]] = entity["mentions"]
    return mentions


def relations(text: str) -> dict[tuple[str, str, str], str]:
    """The relations: (type, name of head, name of tail) → evidence."""
    answer: Any = predict(text)
    names = {e["id"]: e["name"] for e in answer["entities"]}
    return {(r["type"], names[r["head"]], names[r["tail"]]): r["evidence"][0]["text"] for r in answer["relations"]}


def sections(text: str) -> list[tuple[str, str]]:
    """The subsections: (kind, text)."""
    answer: Any = predict(text)
    return [(s["kind"], text[s["start"] : s["end"]]) for s in answer["subsections"]]


# --- words ---


@pytest.mark.parametrize("word", ["وبلجيكا", "لبلجيكا", "فبلجيكا", "كبلجيكا", "ولبلجيكا", "وَبِبلجيكا", "بـبلجيكا"])
def test_proclitics_stay_outside(word: str) -> None:
    """A country is found after any proclitic, which stays outside, diacritics and tatweel included."""
    assert entities(f"سافر الوفد {word} أمس.", "GPE") == {"بلجيكا": ["بلجيكا"]}


def test_lam_before_the_article() -> None:
    """After لل the span starts at the second lam and the name holds the article."""
    assert entities("قدم تقريرا للحكومة الهولندية.", "ORG") == {"الحكومة الهولندية": ["لحكومة الهولندية"]}
    assert entities("وصل الدعم للسويد.", "GPE") == {"السويد": ["لسويد"]}
    assert entities("قال للجنة الأولمبية.", "ORG") == {"اللجنة الأولمبية": ["لجنة الأولمبية"]}


def test_whole_words_only() -> None:
    """A country's name inside another word is not found."""
    assert entities("هذا كلام مصرفي عن البلجيكاوات.", "GPE") == {}


@pytest.mark.parametrize("spelling", ["إيطاليا", "ايطاليا", "أيطاليا", "إيـطاليا", "إِيطَالِيَا"])
def test_spelling_variants(spelling: str) -> None:
    """Variants of alef, tatweel and diacritics are one name; the span holds the text as it stands."""
    assert entities(f"سافر إلى {spelling}.", "GPE") == {"إيطاليا": [spelling]}


def test_a_preposition_is_no_name() -> None:
    """على is a preposition and علي a name, though they fold alike."""
    assert mentions("وقف الوزير على الرصيف. وقال علي الحوراني إنه متعب.", "PER") == ["علي الحوراني"]


# --- places and peoples ---


def test_nisba_is_a_mention_of_its_state() -> None:
    """Nisba adjectives corefer with their state, whatever their gender, number and article."""
    text = "زار مسؤول نرويجي النرويج، ثم التقى الجنود النرويجيين والصحافة النرويجية."
    assert entities(text, "GPE") == {"النرويج": ["نرويجي", "النرويج", "النرويجيين", "النرويجية"]}


def test_compound_nisba() -> None:
    """A state of two words has an adjective of two; general vocabulary gives that of the United States."""
    text = "بحث الرئيس الكوري الجنوبي مع الوفد الأمريكي زيارة الولايات المتحدة."
    found = entities(text, "GPE")
    assert found == {
        "كوريا الجنوبية": ["الكوري الجنوبي"],
        "الولايات المتحدة": ["الأمريكي", "الولايات المتحدة"],
    }


def test_a_people_is_no_state() -> None:
    """A plural nisba that stands alone, or a broken plural, names a people."""
    text = "تظاهر النرويجيون أمس، ورحب بهم الأتراك."
    assert list(entities(text, "NORP")) == ["النرويجيون", "الأتراك"]


def test_a_capital_that_speaks_is_its_state() -> None:
    """A capital that speaks, or is joined to one that does, is its state; elsewhere it is a city."""
    assert entities("أعلنت أوسلو وكوبنهاغن ذلك.", "GPE") == {"النرويج": ["أوسلو"], "الدانمرك": ["كوبنهاغن"]}
    assert entities("هطل المطر على أوسلو.", "GPE") == {"أوسلو": ["أوسلو"]}


def test_towns_after_their_noun() -> None:
    """A town stands without its noun, a governorate with it; a town named once is found again alone."""
    text = "وصل إلى مدينة مرجانة في محافظة السهوب، ثم غادر مرجانة إلى مدينتي نوارة وزيتونة."
    assert mentions(text, "GPE") == ["مرجانة", "محافظة السهوب", "مرجانة", "نوارة", "زيتونة"]


# --- dates and amounts ---


@pytest.mark.parametrize(
    ("type_", "phrase"),
    [
        ("DATE", "16 أكتوبر الماضي"),
        ("DATE", "يوم الخميس 3 تشرين الأول/أكتوبر 2019"),
        ("DATE", "١٥ رمضان ١٤٤٠"),
        ("DATE", "الثلاثين من يونيو المقبل"),
        ("DATE", "12/05/2020"),
        ("DATE", "السنوات الخمس الماضية"),
        ("DATE", "مطلع العام الجاري"),
        ("DATE", "أمس الأحد"),
        ("DATE", "القرن التاسع عشر"),
        ("TIME", "الساعة الثامنة والنصف مساء بتوقيت غرينتش"),
        ("TIME", "20:45 بالتوقيت المحلي"),
        ("MONEY", "1.5 مليون دولار أميركي"),
        ("MONEY", "ثلاثمئة ألف دينار"),
        ("PERCENT", "7.5 في المئة"),
        ("PERCENT", "٢٥٪"),
        ("QUANTITY", "20 ألف متر مربع"),
        ("CARDINAL", "خمسة وعشرين ألفا"),
    ],
)
def test_maximal_phrase(type_: str, phrase: str) -> None:
    """A date or an amount is one mention, the whole noun phrase."""
    assert mentions(f"جرى ذلك في {phrase}، وفق البيان.", type_) == [phrase]


def test_ambiguous_months() -> None:
    """A month that is another word too is a date only where it can be nothing else."""
    assert mentions("مارس الضغوط كل أب في القرية.", "DATE") == []
    assert mentions("وقع في مارس وفي آب الماضي.", "DATE") == ["مارس", "آب الماضي"]


# --- titles, names, bodies ---


def test_titles_are_roles_apart_from_the_name() -> None:
    """Each title beside a name is a ROLE, with the bodies and states inside it marked too."""
    text = "وقال الناطق باسم الجيش البلغاري العقيد بويان ستيفانوف إن الوضع هادئ."
    assert mentions(text, "ROLE") == ["الناطق باسم الجيش البلغاري", "العقيد"]
    assert mentions(text, "PER") == ["بويان ستيفانوف"]
    assert mentions(text, "ORG") == ["الجيش البلغاري"]
    assert mentions(text, "GPE") == ["البلغاري"]


def test_a_name_ends_where_the_clause_goes_on() -> None:
    """A name stops at function words, verbs, dates, objects and punctuation."""
    assert mentions("التقى وزير الصحة هاني البرغوثي الجمعة وفدا.", "PER") == ["هاني البرغوثي"]
    assert mentions("سجل المهاجم كريم بوشناق هدفين.", "PER") == ["كريم بوشناق"]
    assert mentions("تلقى مدير الأمن إخطارا بذلك.", "PER") == []


def test_later_mentions_of_a_person() -> None:
    """The last name alone, and a title that stands alone, are mentions of the person named before."""
    text = "وقالت الوزيرة سعاد المرزوق إن الخطة جاهزة. وأضافت المرزوق ذلك. وغادرت الوزيرة أمس."
    assert entities(text, "PER") == {"سعاد المرزوق": ["سعاد المرزوق", "المرزوق", "الوزيرة"]}


def test_title_after_the_name() -> None:
    """A title after a name is a ROLE and states what it says of the person."""
    text = "وقالت سارة المرزوق، رئيسة جامعة الواحة، إن القبول مفتوح."
    assert mentions(text, "ROLE") == ["رئيسة جامعة الواحة"]
    assert ("head_of", "سارة المرزوق", "جامعة الواحة") in relations(text)


def test_titles_without_a_name_are_no_roles() -> None:
    """A title that nobody bears is not marked."""
    assert mentions("الرئيس الجيد من يسمع، والقائد الذي لا يصغي لا يقود.", "ROLE") == []


@pytest.mark.parametrize(
    ("text", "type_", "names"),
    [
        ("أعلنت وزارة الزراعة والري ذلك.", "ORG", ["وزارة الزراعة والري"]),
        ("أكدت هيئة مكافحة التصحر ذلك.", "ORG", ["هيئة مكافحة التصحر"]),
        ("قرب السفارة الكندية في مدريد أمس.", "ORG", ["السفارة الكندية في مدريد"]),
        ("انتشرت القوات الكندية هناك.", "ORG", ["القوات الكندية"]),
        ("وقعت شركة «النوارس» العقد.", "ORG", ["شركة «النوارس»"]),
        ("وصل إلى مطار هراري الدولي.", "FAC", ["مطار هراري الدولي"]),
        ("عند مستشفى الملك زيد.", "FAC", ["مستشفى الملك زيد"]),
        ("على ضفاف نهر الوادية.", "LOC", ["نهر الوادية"]),
        ("قبيل الانتخابات الرئاسية النرويجية.", "EVENT", ["الانتخابات الرئاسية النرويجية"]),
        ("بعد الاستفتاء على الدستور بأيام.", "EVENT", ["الاستفتاء على الدستور"]),
        ("بموجب القانون رقم 5 لسنة 2010 أيضا.", "LAW", ["القانون رقم 5 لسنة 2010"]),
        ("صدرت رواية «ظل النخيل» حديثا.", "WORK", ["ظل النخيل"]),
        ("على موقع www.example.org اليوم.", "WEBSITE", ["www.example.org"]),
    ],
)
def test_names_by_head_noun(text: str, type_: str, names: list[str]) -> None:
    """A head noun opens a name, which ends where the noun phrase does."""
    assert mentions(text, type_) == names


@pytest.mark.parametrize(
    "text",
    [
        "نحتاج إلى مجلس منتخب وجامعة حرة وبنك لا يسرق.",
        "وقع الاتفاق مع شركة صينية كبرى تعمل في النفط.",
        "حسن النية لا يكفي، ولقمة العيش صعبة.",
    ],
)
def test_common_nouns_are_no_names(text: str) -> None:
    """An indefinite body is no name, and a given name that is a common word is no person."""
    assert mentions(text, "ORG") == mentions(text, "PER") == mentions(text, "EVENT") == []


def test_one_body_under_two_names() -> None:
    """A body's shorter name and its noun alone corefer with the longer name, where only one is longer."""
    text = "قالت وزارة الصحة الكندية ذلك. وأضافت وزارة الصحة أن الوزارة مستعدة."
    assert entities(text, "ORG") == {"وزارة الصحة الكندية": ["وزارة الصحة الكندية", "وزارة الصحة", "الوزارة"]}


# --- relations ---


@pytest.mark.parametrize(
    ("text", "relation", "evidence"),
    [
        (
            "قال رئيس هيئة الموانئ زيد الحوراني ذلك.",
            ("head_of", "زيد الحوراني", "هيئة الموانئ"),
            "رئيس هيئة الموانئ زيد الحوراني",
        ),
        (
            "قال المتحدث باسم وزارة الدفاع النرويجية لارس هولم إن العملية انتهت.",
            ("spokesperson_of", "لارس هولم", "وزارة الدفاع النرويجية"),
            "المتحدث باسم وزارة الدفاع النرويجية لارس هولم",
        ),
        (
            "وصل وزير الخارجية النرويجي لارس هولم أمس.",
            ("works_for", "لارس هولم", "النرويج"),
            "وزير الخارجية النرويجي لارس هولم",
        ),
        (
            "قال الشاعر النرويجي لارس هولم ذلك.",
            ("citizen_of", "لارس هولم", "النرويج"),
            "الشاعر النرويجي لارس هولم",
        ),
        (
            "هاجموا معسكر الرمال في مدينة مرجانة.",
            ("located_in", "معسكر الرمال", "مرجانة"),
            "معسكر الرمال في مدينة مرجانة",
        ),
        ("في قضاء التلال شمال أوسلو.", ("near", "قضاء التلال", "أوسلو"), "قضاء التلال شمال أوسلو"),
        ("في مدينة مرجانة النرويجية.", ("located_in", "مرجانة", "النرويج"), "مرجانة النرويجية"),
        ("في العاصمة النرويجية أوسلو.", ("capital_of", "أوسلو", "النرويج"), "العاصمة النرويجية أوسلو"),
        (
            "عقدت القمة الأفريقية في نيروبي أمس.",
            ("event_location", "القمة الأفريقية", "نيروبي"),
            "القمة الأفريقية في نيروبي",
        ),
        (
            "بعد الانتخابات النرويجية في 9 سبتمبر.",
            ("event_date", "الانتخابات النرويجية", "9 سبتمبر"),
            "الانتخابات النرويجية في 9 سبتمبر",
        ),
        (
            "شركة «النوارس»، ومقرها أوسلو، رابحة.",
            ("headquartered_in", "شركة «النوارس»", "أوسلو"),
            "شركة «النوارس»، ومقرها أوسلو",
        ),
    ],
)
def test_relation_with_evidence(text: str, relation: tuple[str, str, str], evidence: str) -> None:
    """A local pattern gives the relation, with the run of text that states it."""
    assert relations(text).get(relation) == evidence


def test_a_minister_of_elsewhere_does_not_work_there() -> None:
    """An envoy to a country does not work for it."""
    assert relations("قال المبعوث الأممي إلى النرويج لارس هولم إن الحوار مستمر.") == {}


# --- subsections ---

PAGE = """\
اقتصاد
ميناء مرجانة يستقبل أول سفينة بعد التوسعة
الحكومة تعد بثلاثة أرصفة جديدة
كتبت سعاد المرزوق
12 مايو 2019 - 14:30

استقبل ميناء مرجانة أمس أول سفينة شحن بعد انتهاء أعمال التوسعة التي استمرت ثلاثة أعوام كاملة.
وقال مدير الميناء إن العمل يجري على مدار الساعة منذ الافتتاح.
خطط مقبلة
وتعتزم الإدارة بناء ثلاثة أرصفة جديدة قبل نهاية العام المقبل.
شارك
فيسبوك تويتر
عدد المشاهدات: 1204
"""


def test_page_is_cut_where_it_looks_cut() -> None:
    """Title lines by look and place; the first long paragraph is the lead; headings open sections."""
    kinds = [kind for kind, _ in sections(PAGE)]
    assert kinds == [
        "kicker",
        "headline",
        "deck",
        "byline",
        "dateline",
        "lead",
        "body",
        "body",
        "boilerplate",
    ]


def test_heading_belongs_to_its_section() -> None:
    """A heading opens its section, and is inside it."""
    found: list[Any] = [s for s in predict(PAGE)["subsections"] if s["heading"]]
    (section,) = found
    assert section["heading"]["text"] == "خطط مقبلة"
    assert section["start"] == section["heading"]["start"]
    assert PAGE[section["start"] : section["end"]].count("\n") == 1


def test_what_is_not_attempted_is_left_out() -> None:
    """Stance, function and story would be guesses: their keys are absent."""
    answer = predict(PAGE)
    assert set(answer) == {"entities", "relations", "subsections"}
    assert all("function" not in section and "story" not in section for section in answer["subsections"])


# --- any text ---

ARABIC = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهوي ءأإآةىؤئ\u064b\u0651ـ،؛؟.«»()\"'\n\r\u200c\u200d0٣%/-:")
PHRASES = (
    "الرئيس النرويجي لارس هولم وزارة الدفاع والري للحكومة شركة «النوارس» مدينة مرجانة مدن ومدن في باسم",
    "عبد أبو رقم 2010 16 أكتوبر الماضي الساعة 20:15 % $ مليون دولار و ، . ؟ \n \n\n \r\n \u0301 \U0001f600 ـ",
    "\U0001f3fd \x1c \u2028 وبلجيكا شارك اقرأ أيضا http://a.b www.a.ae a.com @ محمد علي على القوات قوات",
    "العاصمة أوسلو قالت أوسلو التقى كأس العالم شبه جزيرة المملكة المغربية الخارجية الفرنسية اليوم العالمي",
)
PARTS = st.sampled_from([part for phrase in PHRASES for part in phrase.split(" ")])
TEXTS = st.one_of(st.text(), ARABIC, st.lists(PARTS).map(" ".join), st.lists(PARTS).map("".join))


def _is_boundary(text: str, i: int) -> bool:
    """Whether a grapheme may begin at `i` (as far as Arabic text needs to know)."""
    if not 0 < i < len(text):
        return True
    return (
        unicodedata.category(text[i])[0] != "M" and text[i] not in "\u200c\u200d" and text[i - 1] not in "\u0600\u06dd"
    )


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text(text: str) -> None:
    """On any text spans are inside and quote it, ids are unique and resolve, sections tile the lines."""
    answer: Any = predict(text)
    assert answer == predict(text)
    ids = [e["id"] for e in answer["entities"]]
    assert len(ids) == len(set(ids))
    seen: set[tuple[int, int, str]] = set()
    for entity in answer["entities"]:
        assert entity["name"]
        assert entity["mentions"]
        for m in entity["mentions"]:
            assert 0 <= m["start"] < m["end"] <= len(text)
            assert m["text"] == text[m["start"] : m["end"]]
            assert m["text"] == m["text"].strip(WHITE_SPACE + "ـ")
            assert m["form"] in ("name", "adjective", "nominal")
            assert _is_boundary(text, m["start"])
            assert _is_boundary(text, m["end"])
            assert m["text"].count("«") == m["text"].count("»")
            key = (m["start"], m["end"], entity["type"])
            assert key not in seen
            seen.add(key)
    triples = [(r["type"], r["head"], r["tail"]) for r in answer["relations"]]
    assert len(triples) == len(set(triples))
    for relation in answer["relations"]:
        assert {relation["head"], relation["tail"]} <= set(ids)
        assert relation["head"] != relation["tail"]
        (evidence,) = relation["evidence"]
        assert evidence["text"] == text[evidence["start"] : evidence["end"]] != ""
    _check_tiling(text, answer["subsections"])


def _check_tiling(text: str, found: list[dict[str, Any]]) -> None:
    """Sections are disjoint, in order, begin and end at edges of lines, and hold every non-blank line."""
    lines = [
        (m.start() + len(m[0]) - len(m[0].lstrip(WHITE_SPACE)), m.start() + len(m[0].rstrip(WHITE_SPACE)))
        for m in re.finditer(r"[^\n]+", text)
        if m[0].strip(WHITE_SPACE)
    ]
    starts, ends = {start for start, _ in lines}, {end for _, end in lines}
    edge = -1
    for section in found:
        assert edge < section["start"] < section["end"]
        assert section["start"] in starts
        assert section["end"] in ends
        edge = section["end"]
        if heading := section["heading"]:
            assert section["start"] <= heading["start"] < heading["end"] <= section["end"]
            assert heading["text"] == text[heading["start"] : heading["end"]]
    for start, end in lines:
        assert sum(s["start"] <= start and end <= s["end"] for s in found) == 1


@pytest.mark.parametrize("text", ["", " \n\t\n", "no Arabic at all", "😀", "\r\n\r\n", "ـ", "\u064b"])
def test_texts_with_nothing_in_them(text: str) -> None:
    """Texts without Arabic news give no Arabic entities and do not fail."""
    assert predict(text)["entities"] == predict(text)["relations"] == []


@pytest.mark.parametrize("part", ["رئيس ", "وزارة ", "مدن ومدن ", "عبد ", "«", "كلمة\n", "الجيش العراقي ", "1.", "a."])
def test_work_is_linear(part: str) -> None:
    """Four times the text takes no more than about four times the steps, however it repeats itself."""
    assert steps(lambda: predict(part * 1200)) < 5 * steps(lambda: predict(part * 300)) + 1000
