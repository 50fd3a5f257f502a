"""General vocabulary of Arabic news, and the places, peoples and currencies that CLDR names.

Word lists hold classes of words (titles, heads of organisation names, months, verbs, function words), never a particular
person, force or organisation. Everything is folded (`rules.text.fold`) and built on first use.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, NamedTuple

from babel import Locale
from babel.core import get_global

from khabar.systems.rules.text import Token, fold, tokenize

# --- CLDR: names that news uses beside the one CLDR prefers -----------------------------------------------------------

_OTHER_NAMES: Final = """
US أميركا|أمريكا|الولايات المتحدة الأميركية|الولايات المتحدة الأمريكية
GB بريطانيا|المملكة المتحدة|بريطانيا العظمى
AE الإمارات|الإمارات العربية
SA السعودية|العربية السعودية
SY سورية|الجمهورية العربية السورية
PS فلسطين|الأراضي الفلسطينية المحتلة
IR الجمهورية الإسلامية الإيرانية
EG جمهورية مصر العربية
YE الجمهورية اليمنية
RU روسيا الاتحادية|الاتحاد الروسي
CZ تشيكيا|جمهورية التشيك
HU المجر
DK الدنمارك
CF أفريقيا الوسطى|إفريقيا الوسطى
ZA جنوب إفريقيا
CD الكونغو الديمقراطية|جمهورية الكونغو الديمقراطية
CG جمهورية الكونغو
CN جمهورية الصين الشعبية
BY بيلاروسيا|روسيا البيضاء
MV المالديف|جزر المالديف
KM جزر القمر
IE إيرلندا|أيرلندا
LT لتوانيا
MT مالطة
UY الأوروغواي|أوروغواي
PY الباراغواي
VN فييتنام
MM بورما
OM سلطنة عمان
AZ أذربيجان|أذربيدجان
GE جورجيا
KG قرغيزستان|قيرغيزيا
BD بنجلاديش|بنغلادش
AR الأرجنتين
LK سري لانكا
SG سنغافورا
UA أوكرانيا|أوكراينا
VE فنزويلا
TL تيمور الشرقية
MK مقدونيا
TW تايوان
PG غينيا الجديدة
TD تشاد
ET إثيوبيا|أثيوبيا
ER إريتريا|أريتريا
"""
# Capitals that give no time zone their name, and the seats of international bodies. CLDR cannot tell whose they are, so
# they stay cities.
_OTHER_CITIES: Final = """
واشنطن|بكين|نيودلهي|نيو دلهي|أنقرة|الرباط|أبوظبي|أبو ظبي|الدوحة|المنامة|صنعاء|إسلام آباد|إسلام أباد|برن|كانبيرا|أوتاوا|برازيليا
|بريتوريا|أستانا|أبوجا|ياوندي|هانوي|سيول|كييف|رام الله|أولان باتور|بوينس آيرس|مقديشو|ريكيافيك|جنيف|لاهاي|لوس أنجليس|سان فرانسيسكو
"""
# Adjectives that morphology does not give, by territory.
_NISBA: Final = """
US أميركي أمريكي
GB بريطاني
AE إماراتي
SA سعودي
PS فلسطيني
AT نمساوي
DK دنماركي
CG كونغولي
TG توغولي
CI إيفواري
AF أفغاني
UZ أوزبكي
TJ طاجيكي
KZ كازاخي كازاخستاني
KG قيرغيزي
AZ أذربيجاني أذري
PE بيروفي
MV مالديفي
CY قبرصي
VA فاتيكاني
BY بيلاروسي
NZ نيوزيلندي
BA بوسني
LU لوكسمبورغي
CD كونغولي
"""
_TWO_WORD_NISBA: Final = (
    ("KR", "كوري", "جنوبي"),
    ("KP", "كوري", "شمالي"),
    ("ZA", "جنوب", "افريقي"),
    ("SS", "جنوب", "سوداني"),
)
# Names and stems that are commoner as other words: "financial", "sleep", "running", "worn out".
_HOMOGRAPHS: Final = frozenset(
    map(
        fold,
        "نوم سمراء جوني بويس بلم ثيل سنتر كيب أورال ماهي استر واك ترك لومي ديلي سيتا نيوي كناري هوفد تشيتا بليز العيون باو أوكلا أكتوب أداك ناسو".split(),
    )
)
_CAUTIOUS: Final = frozenset(("مالي",))
_NO_NISBA: Final = frozenset(("مال", "مجر", "بال", "سول", "نيو", "كونغو", "افار", "اور", "لاو", "كور", "مدار", "يان"))
# City zones whose city is not the seat of the zone's state, or not beyond dispute.
_NOT_SEATS: Final = frozenset(
    "Asia/Dubai Asia/Karachi Asia/Shanghai Asia/Calcutta Asia/Saigon Asia/Rangoon Asia/Aden Asia/Colombo Asia/Jerusalem"
    " Asia/Almaty Africa/Lagos Africa/Casablanca Africa/Abidjan Africa/Johannesburg Africa/Douala Africa/El_Aaiun"
    " Africa/Dar_es_Salaam Africa/Blantyre Europe/Zurich Europe/Istanbul Australia/Sydney".split()
)
# States of several zones, of which this one is the capital's.
_SEATS: Final = frozenset(
    "Europe/Berlin Europe/Moscow Europe/Madrid Europe/Lisbon Europe/Kiev Asia/Nicosia Asia/Jakarta Asia/Kuala_Lumpur"
    " Asia/Tashkent Asia/Ulaanbaatar Africa/Kinshasa America/Mexico_City America/Buenos_Aires America/Santiago".split()
)
_REGIONS: Final = ("002", "003", "005", "013", "142", "150", "419", "029")
_OTHER_LOCS: Final = "الشرق الأوسط|أميركا اللاتينية|أميركا الشمالية|أميركا الجنوبية|إفريقيا|شمال إفريقيا|القرن الأفريقي|المغرب العربي|البلقان|القوقاز"
_PEOPLES: Final = """
العرب:عرب الأكراد:كرد الكرد:كرد الأرمن:ارمن الأمازيغ:امازيغ البربر:امازيغ التركمان:تركمان الفرس:فارس اليهود:يهود النصارى:مسيح
الشيعة:شيع الأقباط:قبط الدروز:درز الموارنة:مارون المسلمون:مسلم المسلمين:مسلم الغجر:غجر
الأتراك:ترك الروس:روس الهنود:هند الألمان:المان الأفغان:افغان الإنجليز:انجليز الأميركان:اميرك الأوزبك:اوزبك
"""
_FAITHS: Final = "مسيح شيع درز قبط علو ايزيد بوذ هندوس كاثوليك ارثوذكس بروتستانت يهود مارون"


class Place(NamedTuple):
    """What a name or an adjective stands for: an entity type, a key for coreference, a name, and, for a city, its state."""

    type: str
    key: str
    name: str
    state: str = ""


Trie = Mapping[str, tuple[tuple[tuple[str, ...], Place], ...]]


def _trie(rows: Iterable[tuple[str, Place]]) -> Trie:
    """Names by first token, longest rest first; the first row for a name wins."""
    table: dict[str, dict[tuple[str, ...], Place]] = defaultdict(dict)
    for name, place in rows:
        first, *rest = (token.norm for token in tokenize(name))
        table[first].setdefault(tuple(rest), place)
    return {k: tuple(sorted(v.items(), key=lambda row: -len(row[0]))) for k, v in table.items()}


def _territories() -> dict[str, str]:
    """ISO 3166 code → the name CLDR prefers in Arabic, without brackets and city tails."""
    names = Locale.parse("ar").territories
    skip = {"XA", "XB", "ZZ", "QO", "EZ", "EU", "UN"}
    return {
        code: name.split(" (")[0].split(" - ")[0]
        for code, name in names.items()
        if len(code) == 2 and code not in skip and fold(name) not in _HOMOGRAPHS
    }


def _rows(table: str) -> Iterator[tuple[str, str]]:
    """(key, value) of each non-empty line of a word table."""
    for line in table.strip().splitlines():
        key, _, value = line.partition(" ")
        yield key, value


def _zone_territory(zone: str) -> str | None:
    code = get_global("zone_territories").get(zone)
    code = code or get_global("zone_territories").get(get_global("zone_aliases").get(zone, ""))
    return code if isinstance(code, str) else None


def _cities() -> Iterator[tuple[str, Place]]:
    """Cities that name a time zone; with the state where the city is its seat."""
    zones = get_global("territory_zones")
    for zone, data in Locale.parse("ar").time_zones.items():
        name = data.get("city", "")
        if zone.count("/") != 1 or zone.split("/")[0] not in ("Africa", "America", "Asia", "Australia", "Europe"):
            continue
        if not name or "،" in name or "(" in name or fold(name) in _HOMOGRAPHS:
            continue
        code = _zone_territory(zone)
        seat = code is not None and zone not in _NOT_SEATS and (zone in _SEATS or len(zones.get(code, ())) == 1)
        yield name, Place("GPE", fold(name), name, code if seat and code else "")
    for name in _OTHER_CITIES.replace("\n", "").split("|"):
        yield name, Place("GPE", fold(name), name)


@cache
def gazetteer() -> Trie:
    """States, territories, cities and continents by name; the EU and the UN as organisations."""
    names, territories = Locale.parse("ar").territories, _territories()
    states = {code: Place("GPE", code, name) for code, name in territories.items()}
    rows: list[tuple[str, Place]] = [("عمّان", Place("GPE", "عمان المدينة", "عمّان", "JO"))]
    rows += [(name, states[code]) for code, name in territories.items() if code != "OM"]
    rows += [(name, states[code]) for code, value in _rows(_OTHER_NAMES) for name in value.split("|")]
    rows += [(names[code], Place("ORG", code, names[code])) for code in ("EU", "UN")]
    rows += [(names[code], Place("LOC", code, names[code])) for code in _REGIONS]
    rows += [(name, Place("LOC", fold(name), name)) for name in _OTHER_LOCS.split("|")]
    rows += _cities()
    return _trie(rows)


def place_name(key: str) -> str:
    """CLDR's name of a territory, or the key itself."""
    return _territories().get(key, key)


def _nisba_stem(name: str) -> str:
    """The stem a country's adjective is built on: سوريا → سور, فرنسا → فرنس, العراق → عراق; "" where there is none."""
    bare = fold(name.removeprefix("ال"))
    if " " in bare or "-" in bare or len(bare) < 3:
        return ""
    for ending in ("يا", "يه", "ا", "ه", "ي", "و"):
        if bare.endswith(ending):
            return bare[: -len(ending)]
    return bare


def _forms(stem: str) -> Iterator[str]:
    """Singulars of a nisba, bare and definite."""
    return (article + stem + ending for article in ("", "ال") for ending in ("ي", "يه"))


def _plurals(stem: str) -> Iterator[str]:
    return (
        article + stem + ending for article in ("", "ال") for ending in ("يون", "يين", "يات", "يان", "يتين", "يتان")
    )


@dataclass(frozen=True)
class Nisbas:
    """Adjectives of states and peoples: singular forms, plural forms, plural names of peoples."""

    singular: Trie
    plural: Trie
    peoples: Trie

    @cached_property
    def forms(self) -> frozenset[str]:
        """The first word of every form."""
        return frozenset().union(self.singular, self.plural, self.peoples)


@cache
def nisbas() -> Nisbas:
    """Nisba adjectives derived from the names of states (GPE), of languages and of faiths (NORP)."""
    stems: dict[str, Place] = {}
    for code, value in _rows(_NISBA):
        for form in value.split():
            stems.setdefault(fold(form)[:-1], Place("GPE", code, place_name(code)))
    others = [(code, name) for code, value in _rows(_OTHER_NAMES) for name in value.split("|")]
    for code, name in [*_territories().items(), *others]:
        if (stem := _nisba_stem(name)) and stem not in _NO_NISBA and len(stem) > 1:
            stems.setdefault(stem, Place("GPE", code, place_name(code)))
    # Two-letter codes are the languages of living peoples that news speaks of.
    languages = (
        fold(name) for code, name in Locale.parse("ar").languages.items() if len(code) == 2 and " " not in name
    )
    tongues = [name[2:-2] for name in languages if name.startswith("ال") and name.endswith("يه")]
    for stem in [*tongues, *_FAITHS.split()]:
        if len(stem) > 2 and stem not in _NO_NISBA:
            stems.setdefault(stem, Place("NORP", stem, "ال" + stem + "ي"))
    pairs = [
        (f"{article}{first}{e} {article if first != 'جنوب' else ''}{second}{e}", Place("GPE", code, place_name(code)))
        for code, first, second in _TWO_WORD_NISBA
        for article in ("", "ال")
        for e in ("", "ه")
    ]
    pairs = [(name.replace("جنوبه ", "جنوب "), place) for name, place in pairs]
    peoples = [item.rpartition(":") for item in _PEOPLES.split()]
    return Nisbas(
        _trie([*pairs, *((form, place) for stem, place in stems.items() for form in _forms(stem))]),
        _trie((form, place) for stem, place in stems.items() for form in _plurals(stem)),
        _trie((name, Place("NORP", fold(stem), name)) for name, _, stem in peoples),
    )


def longest(table: Trie, tokens: list[Token], i: int) -> tuple[int, int, Place] | None:
    """(letters of proclitics, end token, place) of the longest name that starts at token `i`."""
    for cut, stem, _ in tokens[i].word.readings:
        for rest, place in table.get(stem, ()):
            end = i + 1 + len(rest)
            if end <= len(tokens) and all(tokens[i + 1 + k].norm == word for k, word in enumerate(rest)):
                return cut, end, place
    return None


# --- word lists -------------------------------------------------------------------------------------------------------

ORG, FAC, LOC, GPE, EVENT, LAW = "ORG", "FAC", "LOC", "GPE", "EVENT", "LAW"


class Head(NamedTuple):
    """The head noun of a name: the type it gives and how names of that head are built."""

    type: str
    bare: bool  # an unknown proper name may follow it («حزب X»)
    lam: bool  # a complement with ل may follow («الهيئة العامة للاستثمار»)
    article: bool  # ال + adjective makes a name («الجيش الأردني»)
    weak: bool  # also an everyday word: needs a state, a quoted name or a chain of nouns after it


_HEADS: Final = (
    (Head(ORG, False, False, True, False), """
        وزارة حكومة برلمان جيش شرطة محكمة نيابة سفارة قنصلية بلدية حرس قوات مديرية دائرة استخبارات مخابرات كونغرس ادعاء درك
        بورصة رئاسة جيوش محاكم"""),
    (Head(ORG, False, True, True, False), """
        جامعة هيئة مجلس بنك مصرف مؤسسة جمعية نقابة اتحاد وكالة لجنة مفوضية بعثة جهاز معهد كلية أكاديمية صندوق أمانة رابطة ديوان
        منظمة ائتلاف تحالف نادي منتخب قيادة نيابة غرفة مصلحة خطوط أركان سلطة"""),
    (Head(ORG, True, True, True, False), "شركة حزب حركة تنظيم جماعة صحيفة قناة كتلة تيار جبهة ميليشيا مليشيا ميليشيات مليشيات"),
    (Head(ORG, False, True, False, True), "مركز مكتب إدارة مجموعة فريق شبكة مجمع إذاعة تلفزيون مدرسة دار لواء كتيبة فرقة مجلة برنامج"),
    (Head(FAC, True, False, False, False), """
        مطار ميناء مستشفى معسكر سجن ملعب استاد مسجد جامع كنيسة كاتدرائية قصر مصفاة معبر مخيم فندق متحف مفاعل منجم ثكنة قلعة ضريح مرفأ
        جسر قاعدة معتقل سد"""),
    (Head(FAC, False, False, False, True), "ساحة ميدان شارع محطة حقل طريق نفق حديقة مصنع برج مقبرة سوق مبنى"),
    (Head(LOC, True, False, False, False), "نهر جبل جبال بحيرة صحراء وادي خليج مضيق جزيرة جزر سهل هضبة بحر شلالات أرخبيل"),
    (Head(GPE, True, False, False, False), "محافظة قضاء ناحية إقليم ولاية إمارة مقاطعة جمهورية مملكة سلطنة"),
    (Head(EVENT, False, False, True, False), """
        حرب معركة استفتاء انتخابات قمة مؤتمر كأس دوري أولمبياد مونديال مهرجان انقلاب ثورة انتفاضة بطولة منتدى"""),
    (Head(EVENT, False, False, False, True), "هجوم تفجير زلزال إعصار مباراة معرض فيضانات غزو مجزرة"),
    (Head(LAW, False, False, True, False), "قانون دستور اتفاقية معاهدة ميثاق اتفاق بروتوكول"),
)  # fmt: skip
_TOWN_HEADS = "مدينة بلدة قرية العاصمة"
_TOWNS_HEADS = "بلديات بلديتي مدينتي بلدتي قريتي محافظتي ولايتي مدن بلدات قرى محافظات"
# Nouns that stand between a head and a definite noun: هيئة [مكافحة] الفساد.
_CHAIN = """
مكافحة حقوق شؤون دراسات أبحاث بحوث إدارة تنمية رعاية حماية دعم تنظيم رئاسة أمن خدمات نقل إنتاج توزيع تنسيق إعادة إعمار متابعة مراقبة
قيادة نواب وزراء شورى علماء خبراء عمال تحرير تطوير تسويق تحقيق تقصي سلامة صناعة تجارة علوم هندسة طب تكنولوجيا إغاثة إنقاذ حفظ
أبطال أمم أمناء محافظي مفوضي ضباط أركان حرس دفاع قضاء نقد شباب كرة خارجية داخلية مالية عدل صحة تعليم زراعة إعلام ثقافة طاقة كتاب صحفيي محامي مهندسي أطباء مصدري مستثمري طيران نفط غاز كهرباء
"""
# Adjectives, beside nisbas, that belong to names; the others («السابق», «الجديد») do not.
_NAME_ADJECTIVES = """
العام العامة الأعلى العليا الاتحادية الاتحادي المتحد المتحدة المسلح المسلحة الحر الحرة الموحد الموحدة المشترك المشتركة المستقل المستقلة
الأحمر الحمراء الأبيض البيضاء الأسود الأخضر الميت المتوسط الهادئ الأطلسي الكبير الكبرى العظمى الجوية الوسطى المقدس المقدسة التأسيسي التنفيذي
الخاصة الشاملة الشامل النسائي الأولمبي الأولمبية الجنائية الدائم الدائمة المفتوحة الحديثة السريع السريعة
"""
_STATUS = "السابق السابقة الأسبق الحالي الحالية الراحل الراحلة المنتخب المنتخبة المكلف المكلفة الجديد الجديدة الموقت المؤقت المتقاعد ركن الركن أول الأول"

LEADS, SPEAKS, BELONGS, WORKS, PLAIN, FOUNDS = "head_of", "spokesperson_of", "member_of", "works_for", "", "founder_of"
_ROLES: Final = (
    (LEADS, "رئيس مدير قائد والي وال زعيم ملك أمير محافظ حاكم سلطان عمدة أمين عميد نقيب مرشد عاهل قائمقام مفتي"),
    (SPEAKS, "متحدث ناطق"),
    (BELONGS, "عضو نائب برلماني سيناتور قيادي"),
    (WORKS, "وزير سفير مستشار مسؤول مسئول وكيل مساعد مندوب مبعوث سكرتير مفوض قنصل مستشارة مدرب لاعب حارس نجم مهاجم"),
    (FOUNDS, "مؤسس"),
    (PLAIN, """
        عقيد لواء فريق مقدم رائد ملازم جنرال مشير أميرال كولونيل كابتن شيخ دكتور مهندس أستاذ بروفيسور حاج سيد قس بابا كاردينال مطران
        بطريرك إمام ملا حقوقي قاضي قاض محامي محام طبيب شاعر فنان ممثل مطرب مخرج روائي مرشح خبير محلل باحث صحفي صحافي إعلامي مراسل كاتب
        مفكر مؤرخ ناشط أكاديمي متخصص ناقد أديب مترجم داعية آنسة خادم بطل عداء رسام مصور"""),
)  # fmt: skip
# Kin and peers with a pronoun: they stand beside a name but are no titles.
_PEERS = "نظيره نظيرها نظيرته نظيرتها زميله زميلها زميلته شقيقه شقيقها شقيقته والده والدها نجله نجلها زوجته زوجها ابنته خليفته سلفه"
_GOVERNORS = "والي محافظ حاكم عمدة قائمقام"
# Professions: their nisba is the person's citizenship, not an employer.
_PROFESSIONS = """
ناقد أديب مترجم شاعر فنان ممثل مطرب مخرج روائي خبير محلل باحث صحفي صحافي إعلامي كاتب مفكر مؤرخ ناشط أكاديمي لاعب مدرب حارس نجم مهاجم بطل عداء طبيب رسام
"""
_FUNCTION = """
في من إلى على عن مع حتى منذ خلال بين بعد قبل عند لدى تحت فوق أمام وراء خلف ضد حول نحو دون عبر ضمن وفق وفقا بحسب حسب بسبب رغم سوى غير مثل
أن إن أنّ كي لكي لن لم لا ما لما ليس ليست كان كانت يكون تكون قد لقد سوف هل إذا إذ لو لولا كما كذلك أيضا لكن بل ثم أو أم و ف هو هي هم هن هما
أنا نحن أنت هذا هذه هذان هؤلاء ذلك تلك أولئك الذي التي الذين اللذين اللتين اللواتي حيث حين حينما عندما بينما كل كلا جميع بعض أي أية عدة عدد معظم
أكثر أقل أحد إحدى نفس ذات فيه فيها منه منها عليه عليها إليه إليها له لها لهم لهم بأن بأنه بأنها أنه أنها إنه إنها بما مما فيما عما وهو وهي وهم التى
هنا هناك اليوم أمس غدا الآن فقط جدا ردا نظرا إثر عقب فور أثناء طوال حوالي زهاء مقابل لصالح بينهم بينها باسم بشأن بخصوص تجاه إزاء قرب شمال جنوب شرق
غرب وسط داخل خارج كونه كونها معه معها الى إلا يا إما مساء صباح فجر ظهر عصر ليل ممن لمن عبد_
"""
_SAYING = """
قال:قول أكد:ؤكد أعلن:علن أضاف:ضيف أوضح:وضح ذكر:ذكر أشار:شير صرح:صرح شدد:شدد كشف:كشف أفاد:فيد نفى:نفي رأى:رى اعتبر:عتبر دعا:دعو حذر:حذر
طالب:طالب وصف:صف رفض:رفض أدان:دين ندد:ندد اتهم:تهم تعهد:تعهد لفت:لفت نقل:نقل أبلغ:بلغ هدد:هدد رحب:رحب نوه:نوه بين:بين تابع:تابع ختم:ختم
كتب:كتب غرد:غرد اعلنت:علن توقع:توقع زعم:زعم أقر:قر اعترف:عترف ناشد:ناشد طلبت:طلب طلب:طلب عبر:عبر أعرب:عرب علق:علق قرر:قرر جدد:جدد استنكر:ستنكر
"""
_VERBS = """
التقى:لتقي استقبل:ستقبل زار:زور وصل:صل غادر:غادر عاد:عود بحث:بحث ناقش:ناقش وقع:وقع شارك:شارك حضر:حضر افتتح:فتتح ترأس:ترأس أجرى:جري عقد:عقد
أصدر:صدر شن:شن قتل:قتل أصيب:صاب اعتقل:عتقل أوقف:وقف سيطر:سيطر استعاد:ستعيد هاجم:هاجم قصف:قصف استهدف:ستهدف أطلق:طلق نفذ:نفذ بدأ:بدأ واصل:واصل
انتهى:نتهي فاز:فوز خسر:خسر سجل:سجل حقق:حقق تولى:تولى عين:عين أقال:قيل استقال:ستقيل ترك:ترك توفي:توفى ولد:ولد تلقى:تلقى أرسل:رسل منح:منح قدم:قدم
تسلم:تسلم يعمل:عمل تعمل:عمل يرى:رى شهد:شهد أدى:ؤدي تسبب:تسبب بلغ:بلغ ارتفع:رتفع انخفض:نخفض تراجع:تراجع اجتمع:جتمع انتقد:نتقد يسعى:سعى سعى:سعى
يحاول:حاول يريد:ريد يجب:جب يمكن:مكن تم:تم يتم:تم جاء:أتي جاءت:أتي يأتي:أتي ظهر:ظهر تحدث:تحدث استمع:ستمع قاد:قود يقود:قود فر:فر دخل:دخل خرج:خرج
مثل:مثل ألقى:لقي تفقد:تفقد بعث:بعث هنأ:هنئ عزى:عزي أمر:أمر وجه:وجه حصل:حصل أطاح:طيح انضم:نضم انسحب:نسحب اتفق:تفق وافق:وافق صوت:صوت انتخب:نتخب
يشارك:شارك يواجه:واجه واجه:واجه يضم:ضم ضم:ضم يقع:قع تقع:قع يبعد:بعد تبعد:بعد نجا:نجو سقط:سقط انطلق:نطلق أنهى:نهي مارس:مارس دان:دين لقي:لقى
"""
_MEETING = "التقى التقت يلتقي تلتقي استقبل استقبلت يستقبل تستقبل"
_GIVEN = """
محمد أحمد محمود مصطفى علي حسن حسين عمر عثمان خالد وليد سعيد سعد سامي سمير كريم كمال جمال جلال طارق زياد زيد يوسف يونس إبراهيم إسماعيل إسحاق داود
سليمان موسى عيسى هشام حسام عصام بسام عماد فؤاد مراد رشيد رشاد راشد ماجد مجيد نبيل نادر ناصر منصور عادل فيصل فهد سلطان_ تركي_ بندر طلال ياسر ياسين
أيمن أنور أكرم أشرف أسامة أمجد باسم_ بشير بلال ثامر جابر جاسم جعفر جهاد حازم حاتم حمد حميد حيدر رامي رياض_ رائد_ زكريا سلمان صالح صلاح ضياء طه عباس
عارف عامر عدنان عزيز غازي غسان فارس فاروق فايز قاسم قيس لؤي مازن مالك_ مهدي ميشال مروان نجيب نزار هاشم هاني وائل وسام يحيى عبدالله عبدالرحمن عبدالعزيز
فاطمة زينب مريم عائشة خديجة سارة ليلى هدى منى سلمى نور_ رنا ريم دينا هند_ أمل_ سعاد سميرة نادية كريمة لطيفة أمينة ياسمين هالة رانيا لينا إيمان_
جون جورج ديفيد مايكل روبرت توماس بيتر بول مارك جيمس وليام ريتشارد ستيفن فرانسوا جان بيار بيير فلاديمير سيرغي إيفان أنطوان إلياس جورجيت ماريا آنا كارل
"""
_LINKS = "عبد أبو أبي ابن بن بنت آل أم فون دي دا فان دو ذو دير لا"
_NOT_NAMES = """
زيارة لقاء اجتماع اتصال تصريح تصريحات بيان كلمة خطاب وفد قرار مشروع دعم طلب مقتل مصرع إصابة اعتقال هجوم أنباء مصادر مصدر شهود حكومي سياسي عسكري أمني
دولي محلي رسمي سابق جديد كبير خاص عام رفيع بارز ميداني تنفيذي إقليمي إداري فني مالي طبي إعلامي نفسه نفسها شخصيا مشيرا مؤكدا موضحا مضيفا قائلا معتبرا
داعيا محذرا لافتا مبينا مجددا معربا مطالبا ضرورة أهمية استعداد رفض قبول عودة وصول تمسك التزام حرص قلق أسف تأييد ترحيب استقالة تعيين أسباب نتائج بداية
نهاية مطلع منتصف مليون ألف مئات آلاف عشرات مرة مرات مدى آخر أخرى آخرين وحده معا سرا علنا حاليا لاحقا سابقا قريبا إضافة إلى جانب جولة عملية حملة
مباحثات محادثات مفاوضات قضية ملف أزمة خطة اتفاقا وثيقة رسالة مقالة مقال كتاب رواية فيلم مراسم حفل جلسة جنازة رحلة رئاسة انتخابات وفاة إقالة تسليم
"""
_GENERAL_AFTER_HEAD = """
كبرى كبيرة كبير صغيرة خاصة عامة جديدة جديد أخرى آخر واحدة واحد معينة حرة عالمية محلية متعددة مختلفة عدة متخصصة رائدة ناشئة مسلحة معارضة حاكم معارض
أمن نفط غاز طيران تأمين اتصالات سيارات أدوية مياه كهرباء نقل شحن بناء أعمال عمل تدريب تجارب سرية مصدر تابعة تابع مقرها مشتركة قابضة مساهمة
دينية إرهابية سياسية عدم سلام وطن شعب ناخبين مرور متمردة متطرفة انفصالية استثمار عقارات برمجيات تجارة إنتاج توزيع تسويق خدمات مقاولات تطوير
"""
_MONTHS_SURE = """
يناير فبراير أبريل إبريل نيسان مايو يونيو يونيه يوليو يوليه أغسطس سبتمبر أكتوبر نوفمبر ديسمبر شباط آذار حزيران تموز أيلول أيار جويلية فيفري يوليوز غشت
شتنبر نونبر دجنبر جانفي أفريل
"""
_MONTHS_UNSURE = "مارس آب ماي أوت جوان"
_MONTHS_TWO = "كانون_الثاني كانون_الأول تشرين_الأول تشرين_الثاني كانون_ثاني كانون_أول تشرين_أول تشرين_ثاني"
_HIJRI = "محرم المحرم صفر رجب شعبان رمضان شوال"
_HIJRI_TWO = (
    "ربيع_الأول ربيع_الآخر ربيع_الثاني جمادى_الأولى جمادى_الآخرة جمادى_الثانية ذو_القعدة ذي_القعدة ذو_الحجة ذي_الحجة"
)
_WEEKDAYS = "الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت"
_RELATIVE = """
الماضي الماضية الماضيين الماضيتين المقبل المقبلة المقبلين القادم القادمة القادمين الجاري الجارية الحالي الحالية المنصرم المنصرمة المنصرمين الفائت الفائتة
الأخيرة الأخيرين التالي التالية نفسه نفسها ذاته السابق السابقة
"""
_PERIODS = """
يوم أسبوع شهر عام سنة قرن عقد فصل صيف شتاء ربيع خريف ليلة أيام أسابيع أشهر شهور أعوام سنوات عقود قرون يومين أسبوعين شهرين عامين سنتين عقدين قرنين
"""
_PERIODS_COUNTED = "يوم يوما أيام أسبوع أسبوعا أسابيع شهر شهرا أشهر شهور عام عاما أعوام سنة سنوات سنين عقد عقدا عقود قرن قرنا قرون ليلة ليال"
_HOURS_COUNTED = "ساعة ساعات دقيقة دقائق ثانية ثوان"
_DUAL_DATES = "يومين أسبوعين شهرين عامين سنتين عقدين قرنين"
_DUAL_TIMES = "ساعتين دقيقتين"
_SLICES = "مطلع بداية نهاية منتصف أواخر أوائل أوساط"
_DAYPARTS = "صباح مساء ظهر عصر فجر ليل ليلة"
_DAYPART_ADVERBS = "صباحا مساء ظهرا عصرا فجرا ليلا ص م"
_NUMBERS = """
ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة ثلاث أربع خمس ست سبع ثماني ثمان تسع عشر اثنان اثنين اثنتان اثنتين عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون
خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين مئة مائة مئتا مئتي مئتان مئتين مائتي مائتين ثلاثمئة ثلاثمائة أربعمئة أربعمائة خمسمئة خمسمائة
ستمئة ستمائة سبعمئة سبعمائة ثمانمئة ثمانمائة تسعمئة تسعمائة أحدعشر
"""
_MULTIPLIERS = "ألف ألفا ألفي ألفان ألفين آلاف مليون مليونا مليوني مليونان مليونين ملايين مليار مليارا ملياري مليارين مليارات بليون تريليون تريليونات تريليوني"
_LOOSE_NUMBERS = "عشرات مئات آلاف ملايين مليارات عشر ست"
_TEEN_UNITS = "أحد إحدى اثنا اثني اثنتا اثنتي ثلاثة ثلاث أربعة أربع خمسة خمس ستة ست سبعة سبع ثمانية ثماني تسعة تسع"
_ORDINALS = (
    "أول أولى ثاني ثانية ثالث ثالثة رابع رابعة خامس خامسة سادس سادسة سابع سابعة ثامن ثامنة تاسع تاسعة عاشر عاشرة"
)
_CLOCK = "الواحدة الثانية الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة"
_UNITS = """
كيلومتر كيلومترا كيلومترات كيلو كلم كم متر مترا أمتار مترين سنتيمتر سنتيمترا سنتيمترات سم مليمتر مليمترا مليمترات ملم ميل ميلا أميال قدم قدما أقدام بوصة هكتار
هكتارا هكتارات فدان فدانا أفدنة دونم دونما دونمات طن طنا أطنان كيلوغرام كيلوغراما كيلوغرامات كيلوجرام كلغ كغ كجم غرام غراما غرامات رطل رطلا أرطال لتر لترا
لترات ليتر ليترا ليترات برميل برميلا براميل غالون غالونا غالونات ميغاواط ميغاوات كيلوواط كيلوات غيغاواط واط درجة درجات أونصة أوقية قيراط عقدة غيغابايت ميغابايت
"""
_UNIT_TAILS = "مربع مربعا مربعة مكعب مكعبا مكعبة مئوية متري مترية بحري بحريا بحرية"
_MONEY_PLURALS = "دولارات دنانير جنيهات ليرات ريالات دراهم روبلات فرنكات روبيات كرونات يوروهات شواكل شيكلات دولارا دينارا جنيها درهما ريالا شيكلا روبلا"
_NETWORKS = (
    "فيسبوك تويتر إكس_ واتساب يوتيوب إنستغرام انستغرام تليغرام تلغرام لينكدإن سناب_شات تيك_توك غوغل_ ماسنجر بينتريست"
)


def word_set(*tables: str) -> frozenset[str]:
    """Folded words; a trailing underscore (a word too ambiguous to use) drops the entry."""
    return frozenset(fold(w) for table in tables for w in table.split() if not w.endswith("_"))


def _inflect(table: str) -> frozenset[str]:
    """Third-person forms of `perfect:imperfect stem` verbs, with the future and the commonest endings."""
    forms: set[str] = set()
    for entry in table.split():
        perfect, _, stem = fold(entry).partition(":")
        base = perfect[:-1] if perfect.endswith(("ي", "ا")) and len(perfect) > 3 else perfect
        forms |= {perfect, base + "ت", base + "وا", base + "ا", perfect + "ه", perfect + "ها"}
        for prefix in ("ي", "ت", "سي", "ست"):
            forms |= {prefix + stem, prefix + stem + "ون", prefix + stem + "ان"}
    return frozenset(forms)


@dataclass(frozen=True)
class Lexicon:
    """Every word list, folded. `function`, `links` and `given` are compared with the light form, where على is not علي."""

    heads: Mapping[str, Head]
    roles: Mapping[str, str]
    function: frozenset[str]
    links: frozenset[str]
    given: frozenset[str]
    months_two: frozenset[tuple[str, str]]
    hijri_two: frozenset[tuple[str, str]]
    currencies: frozenset[str]
    saying: frozenset[str]
    verbs: frozenset[str]
    sets: Mapping[str, frozenset[str]]

    @cached_property
    def role_forms(self) -> frozenset[str]:
        """Role nouns, bare and definite."""
        return frozenset(self.roles) | {"ال" + role for role in self.roles}

    @cached_property
    def head_forms(self) -> frozenset[str]:
        """Head nouns, bare and definite."""
        return frozenset(self.heads) | {"ال" + head for head in self.heads}

    def has(self, name: str, token: Token) -> bool:
        """Whether the token, as it stands, is in the word list `name`."""
        return token.norm in self.sets[name]

    def cut(self, name: str, token: Token) -> int | None:
        """Letters of proclitics before a word of the list `name`, or None."""
        words = self.sets[name]
        return next((cut for cut, stem, _ in token.word.readings if stem in words), None)


def _roles() -> dict[str, str]:
    """Role noun (masculine, and feminine in ة) → the relation it gives."""
    table: dict[str, str] = {}
    for relation, words in _ROLES:
        for word in words.split():
            table.setdefault(fold(word), relation)
            table.setdefault(fold(word) + "ه", relation)
    table.update((word, PLAIN) for word in word_set(_PEERS))
    return table


def _currency_words() -> frozenset[str]:
    """First words of CLDR's currency names, and their commonest plurals and accusatives."""
    names = (name for code, name in Locale.parse("ar").currencies.items() if not code.startswith("X"))
    return frozenset(fold(name.split()[0]) for name in names) - {"سول", "وحده"} | word_set(_MONEY_PLURALS)


@cache
def lexicon() -> Lexicon:
    """The word lists, built once."""
    pairs = {
        name: frozenset((fold(a), fold(b)) for a, b in (w.split("_") for w in table.split()))
        for name, table in (("months", _MONTHS_TWO), ("hijri", _HIJRI_TWO))
    }
    sets = {
        "chain": word_set(_CHAIN), "adjectives": word_set(_NAME_ADJECTIVES), "status": word_set(_STATUS),
        "governors": word_set(_GOVERNORS), "peers": word_set(_PEERS), "professions": word_set(_PROFESSIONS, _PROFESSIONS.replace(" ", "ة ") + "ة"),
        "meeting": word_set(_MEETING), "not_names": word_set(_NOT_NAMES), "general": word_set(_GENERAL_AFTER_HEAD),
        "months": word_set(_MONTHS_SURE), "months_unsure": word_set(_MONTHS_UNSURE), "hijri": word_set(_HIJRI),
        "weekdays": word_set(_WEEKDAYS), "relative": word_set(_RELATIVE), "periods": word_set(_PERIODS),
        "counted_days": word_set(_PERIODS_COUNTED), "counted_hours": word_set(_HOURS_COUNTED), "dual_days": word_set(_DUAL_DATES),
        "dual_hours": word_set(_DUAL_TIMES), "slices": word_set(_SLICES), "dayparts": word_set(_DAYPARTS),
        "adverbs": word_set(_DAYPART_ADVERBS), "numbers": word_set(_NUMBERS), "multipliers": word_set(_MULTIPLIERS),
        "loose": word_set(_LOOSE_NUMBERS), "teens": word_set(_TEEN_UNITS), "ordinals": word_set(_ORDINALS), "clock": word_set(_CLOCK),
        "units": word_set(_UNITS), "unit_tails": word_set(_UNIT_TAILS), "networks": word_set(_NETWORKS),
        "town": word_set(_TOWN_HEADS), "towns": word_set(_TOWNS_HEADS),
    }  # fmt: skip
    heads = {fold(word): head for head, words in _HEADS for word in words.split()}
    light = {name: frozenset(tokenize(word)[0].word.light for word in table.split() if not word.endswith("_"))
             for name, table in (("function", _FUNCTION), ("links", _LINKS), ("given", _GIVEN))}  # fmt: skip
    return Lexicon(
        heads, _roles(), light["function"], light["links"], light["given"], pairs["months"], pairs["hijri"], _currency_words(),
        _inflect(_SAYING), _inflect(_SAYING) | _inflect(_VERBS), sets,
    )  # fmt: skip
