"""The classes of errors add up, agree with the measures, and are what their Arabic examples say."""

from collections import Counter
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import INVENTORY, disguised, documents, pairs

from khabar.block import Block, Pair
from khabar.counts import total
from khabar.errors import (
    CLASSES,
    CORRECT,
    IGNORED,
    UNGROUNDED,
    Shown,
    _couples,
    _roughly,
    boundary,
    classify,
    count,
)
from khabar.grounding import Void
from khabar.measures import MEASURES
from khabar.model import AUTHOR, LAYERS, Document, Entity, Mention, Quote, Relation, Section, Stance, paragraphs

BY_NAME = {measure.name: measure for measure in MEASURES}
VOIDS = st.lists(
    st.sampled_from(
        [Void("entities", "GPE"), Void("relations", "near"), Void("stance", "favor"), Void("subsections", "x")]
    ),
    max_size=3,
)


def counts(name: str, pair: Pair):
    """What a measure counts, over all labels."""
    return total(BY_NAME[name].counts(Block([pair], INVENTORY)).tally())


def names_only(document: Document) -> Document:
    """The document with every mention a name."""
    entities = tuple(
        replace(entity, mentions=tuple(replace(mention, form="name") for mention in entity.mentions))
        for entity in document.entities
    )
    return replace(document, entities=entities)


# -- laws ------------------------------------------------------------------------------------------------------


@given(pairs(), VOIDS)
def test_the_classes_of_a_side_add_up_to_its_items(pair, voids):
    """Every item falls in just one class; without the ignored ones they are what the headline measures count."""
    pair = Pair(*pair, voids)
    found = Counter(count(Block([pair], INVENTORY)))
    measures = dict(
        zip(LAYERS, ("entities.strict", "relations.strict", "stance.strict", "subsections.labelled"), strict=True)
    )
    for layer, measure in measures.items():
        items = counts(measure, pair)
        sides = {
            side: sum(number for (where, which, _), number in found.items() if (where, which) == (layer, side))
            for side in ("gold", "predicted")
        }
        assert sides["gold"] == items.gold
        assert sides["predicted"] - found[layer, "predicted", IGNORED] == items.predicted
        assert found[layer, "gold", CORRECT] == found[layer, "predicted", CORRECT] == items.matched_gold


@given(pairs(), VOIDS)
def test_what_is_counted_is_what_is_shown(pair, voids):
    """The counts are those of the errors; what stands on a side where it counts is shown there."""
    pair = Pair(*pair, voids)
    shown: Counter = Counter()
    for error in classify(pair, INVENTORY):
        for side in ("gold", "predicted") if error.side == "both" else (error.side,):
            shown[error.layer, side, error.class_] += 1
            assert getattr(error, side)
    assert shown == count(Block([pair], INVENTORY))
    assert {(layer, class_) for layer, _, class_ in shown} <= {(c.layer, c.name) for c in CLASSES}


@given(st.data())
def test_order_and_ids_change_nothing(data):
    """Other ids and another order on both sides leave every count as it was; mentions and sections are shown alike."""
    gold, predicted = data.draw(pairs())
    voids = [Void("entities", "GPE"), Void("entities", "PER")]
    one = Pair(gold, predicted, voids)
    other = Pair(data.draw(disguised(gold)), data.draw(disguised(predicted)), voids[::-1])
    assert count(Block([one], INVENTORY)) == count(Block([other], INVENTORY))
    there, back = (
        [e for e in classify(pair, INVENTORY) if e.layer in ("entities", "subsections")] for pair in (one, other)
    )
    assert sorted(there) == sorted(back)


@given(documents(gold=True))
def test_gold_against_itself_is_all_correct(document):
    """Every item of gold is correct, and nothing else is found."""
    assert {class_ for _, _, class_ in count(Block([Pair(document, document)], INVENTORY))} <= {CORRECT}


@given(pairs())
def test_classes_are_what_lies_between_the_measures(pair):
    """Right spans are correct or of a wrong type; aligned relations and stances likewise, direction and type aside."""
    pair = Pair(*map(names_only, pair))
    found = Counter(count(Block([pair], INVENTORY)))

    def gold(layer, *classes):
        return sum(found[layer, "gold", class_] for class_ in classes)

    assert gold("entities", CORRECT, "type") == counts("entities.exact", pair).matched_gold
    assert gold("relations", CORRECT, "argument type") == counts("relations.boundary", pair).matched_gold
    aligned = gold("relations", CORRECT, "argument type", "reversed", "wrong type")
    assert aligned == counts("relations.pair", pair).matched_gold
    assert gold("stance", CORRECT, "wrong label") == counts("stance.pair", pair).matched_gold


spans = st.sets(
    st.tuples(st.integers(0, 6), st.integers(1, 5), st.sampled_from("AB")).map(lambda s: (s[0], s[0] + s[1], s[2])),
    max_size=4,
)


def weight(predicted, gold):
    """What a pair adds: an equal span, then a type, then intersection over union; None where they do not overlap."""
    common = min(predicted[1], gold[1]) - max(predicted[0], gold[0])
    union = max(predicted[1], gold[1]) - min(predicted[0], gold[0])
    return (common == union, predicted[2] == gold[2], Fraction(common, union)) if common > 0 else None


def sums(couples):
    """The weights of pairs, added."""
    return tuple(map(sum, zip(*(weight(*couple) for couple in couples), strict=True))) or (0, 0, 0)


@given(spans, spans)
def test_mentions_are_paired_as_well_as_can_be(predicted, gold):
    """The pairing is that of an exhaustive search for most equal spans, then types, then overlap."""
    predicted, gold = sorted(predicted - gold), sorted(gold - predicted)
    found = _couples(predicted, gold)
    assert len({p for p, _ in found}) == len({g for _, g in found}) == len(found)
    short, long_ = sorted((predicted, gold), key=len)
    best = (0, 0, Fraction(0))
    for chosen in permutations(long_, len(short)):
        couples = zip(short, chosen, strict=True) if short is predicted else zip(chosen, short, strict=True)
        best = max(best, sums([couple for couple in couples if weight(*couple)]))
    assert sums(found) == best


@given(spans, spans)
def test_a_tangle_is_paired_as_fully(predicted, gold):
    """Where too many spans hang together for the best pairing: as many equal spans, and no overlap is left over."""
    predicted, gold = sorted(predicted - gold), sorted(gold - predicted)
    rough, best = _roughly(predicted, gold), _couples(predicted, gold)
    mine, yours = {p for p, _ in rough}, {g for _, g in rough}
    assert len(mine) == len(yours) == len(rough)
    assert all(weight(*couple) for couple in rough)
    assert sum(weight(*couple)[0] for couple in rough) == sums(best)[0]
    assert not any(weight(p, g) for p in predicted if p not in mine for g in gold if g not in yours)


def test_a_tangle_of_thousands_is_classified():
    """Two thousand mentions a side, each overlapping hundreds, are each in a class."""
    text = "كلمة " * 500
    sides = []
    for length in (401, 403):
        kept = tuple(Mention(at, at + length, text[at : at + length]) for at in range(2000))
        sides.append(Document(doc_id="d", text=text, entities=(Entity(id="e", type="ORG", mentions=kept),)))
    found = count(Block([Pair(*sides)], INVENTORY))
    assert sum(number for (_, side, _), number in found.items() if side == "gold") == 2000


# -- an example of each class --------------------------------------------------------------------------------------

PAGE = """محافظ الأنبار يستقبل وفد تجار النخيل
الأنبار، وكالات. استقبل محافظ الأنبار كامل العناني رئيس غرفة «النخيل» سلمى الزعبي في الرمادي، وقال لبغداد كلاما.
وأضاف أن الدعم للعراق وللأقليات قائم.
اقرأ أيضا: موسم التمور
تابعونا"""


def at(quote: str) -> tuple[int, int]:
    """Where a quote stands first on the page."""
    return PAGE.index(quote), PAGE.index(quote) + len(quote)


def document(*entities, relations=(), stance=(), sections=()) -> Document:
    """A document of the page: entities as (type, quote, form), sections as (first, last, kind) by paragraphs."""
    lines = list(paragraphs(PAGE))
    built = []
    for kind, quote, *form in entities:
        start, end = quote if isinstance(quote, tuple) else at(quote)
        mention = Mention(start, end, PAGE[start:end], *form)
        built.append(Entity(id=f"{kind} {PAGE[start:end]}", type=kind, mentions=(mention,)))
    known = {entity.id.split(" ", 1)[1]: entity.id for entity in built} | {AUTHOR: AUTHOR}
    return Document(
        doc_id="d",
        text=PAGE,
        entities=tuple(built),
        relations=tuple(
            Relation(id=f"r{n}", type=kind, head=known[head], tail=known[tail])
            for n, (kind, head, tail) in enumerate(relations)
        ),
        stance=tuple(
            Stance(id=f"s{n}", holder=known[holder], label=label, target=known[target])
            for n, (holder, label, target) in enumerate(stance)
        ),
        subsections=tuple(
            Section(id=f"b{first}", start=lines[first][0], end=lines[last][1], kind=kind)
            for first, last, kind in sections
        ),
    )


VOICES = (("PER", "كامل العناني"), ("PER", "سلمى الزعبي"), ("ORG", "غرفة «النخيل»"), ("GPE", "الرمادي"))
KAMIL, SALMA, CHAMBER, RAMADI = (name for _, name in VOICES)


def related(*relations, voices=VOICES):
    """The people of the page with relations."""
    return document(*voices, relations=relations)


def standing(*stance, voices=VOICES):
    """The people of the page with stances."""
    return document(*voices, stance=stance)


def cut(*sections):
    """The page in sections."""
    return document(sections=sections)


HEAD = ("head_of", SALMA, CHAMBER)
FOR = (SALMA, "favor", CHAMBER)
TILED = ((0, 0, "headline"), (1, 2, "body"), (3, 4, "boilerplate"))
UNKNOWN = (("PER", "كامل العناني"), ("PER", "سلمى الزعبي"), ("GPE", "الرمادي"), ("ORG", "تجار النخيل"))
EXAMPLES = {
    ("entities", "correct"): (document(("GPE", "الرمادي")), document(("GPE", "الرمادي")), "both"),
    ("entities", "ignored"): (document(("PER", "رئيس", "nominal")), document(("PER", "رئيس")), "predicted"),
    ("entities", "type"): (document(("ORG", CHAMBER)), document(("FAC", CHAMBER)), "both"),
    ("entities", "boundary: proclitic"): (document(("GPE", "بغداد")), document(("GPE", "لبغداد")), "both"),
    ("entities", "boundary: article"): (document(("GPE", "الأنبار")), document(("GPE", "أنبار")), "both"),
    ("entities", "boundary: punctuation"): (document(("ORG", CHAMBER)), document(("ORG", "غرفة «النخيل")), "both"),
    ("entities", "boundary: longer"): (document(("PER", KAMIL)), document(("PER", f"محافظ الأنبار {KAMIL}")), "both"),
    ("entities", "boundary: shorter"): (document(("PER", KAMIL)), document(("PER", "كامل")), "both"),
    ("entities", "type and boundary"): (document(("ORG", CHAMBER)), document(("PER", "غرفة")), "both"),
    ("entities", "duplicate"): (
        document(("ORG", CHAMBER)),
        document(("ORG", CHAMBER), ("FAC", CHAMBER)),
        "predicted",
    ),
    ("entities", "split"): (document(("PER", KAMIL)), document(("PER", "كامل"), ("PER", "العناني")), "predicted"),
    ("entities", "merged"): (
        document(("PER", KAMIL), ("PER", "سلمى الزعبي")),
        document(("PER", f"{KAMIL} رئيس {CHAMBER} سلمى الزعبي")),
        "gold",
    ),
    ("entities", "spurious"): (document(), document(("LOC", "النخيل")), "predicted"),
    ("entities", "missed"): (document(("GPE", "الرمادي")), document(), "gold"),
    ("relations", "correct"): (related(HEAD), related(HEAD), "both"),
    ("relations", "argument type"): (
        related(HEAD),
        related(HEAD, voices=(*VOICES[:2], ("FAC", CHAMBER))),
        "both",
    ),
    ("relations", "reversed"): (related(HEAD), related(("head_of", CHAMBER, SALMA)), "both"),
    ("relations", "wrong type"): (related(HEAD), related(("member_of", SALMA, CHAMBER)), "both"),
    ("relations", "duplicate"): (related(HEAD), related(HEAD, HEAD), "predicted"),
    ("relations", "wrong argument"): (related(HEAD), related(("head_of", KAMIL, CHAMBER)), "both"),
    ("relations", "argument not found"): (
        related(HEAD),
        related(("head_of", SALMA, "تجار النخيل"), voices=UNKNOWN),
        "both",
    ),
    ("relations", "spurious"): (related(), related(HEAD), "predicted"),
    ("relations", "missed"): (related(HEAD), related(), "gold"),
    ("stance", "correct"): (standing(FOR), standing(FOR), "both"),
    ("stance", "wrong label"): (standing(FOR), standing((SALMA, "against", CHAMBER)), "both"),
    ("stance", "duplicate"): (standing(FOR), standing(FOR, (SALMA, "neutral", CHAMBER)), "predicted"),
    ("stance", "wrong holder"): (standing(FOR), standing((AUTHOR, "favor", CHAMBER)), "both"),
    ("stance", "wrong target"): (standing(FOR), standing((SALMA, "favor", RAMADI)), "both"),
    ("stance", "spurious"): (standing(), standing(FOR), "predicted"),
    ("stance", "missed"): (standing(FOR), standing(), "gold"),
    ("subsections", "correct"): (cut(*TILED), cut(*TILED), "both"),
    ("subsections", "kind"): (cut((0, 0, "headline")), cut((0, 0, "lead")), "both"),
    ("subsections", "near miss"): (cut(*TILED), cut(TILED[0], (1, 3, "body"), (4, 4, "boilerplate")), "both"),
    ("subsections", "over-segmentation"): (cut((0, 4, "body")), cut((0, 1, "body"), (2, 4, "body")), "both"),
    ("subsections", "under-segmentation"): (cut((0, 1, "body"), (2, 4, "body")), cut((0, 4, "body")), "both"),
    ("subsections", "spurious"): (cut((0, 0, "headline")), cut((2, 4, "body")), "predicted"),
    ("subsections", "missed"): (cut((0, 0, "headline")), cut(), "gold"),
}


@pytest.mark.parametrize(("layer", "class_"), EXAMPLES)
def test_an_example_of_each_class(layer, class_):
    """Gold and prediction of the example give the class, on the sides that it counts on."""
    gold, predicted, side = EXAMPLES[layer, class_]
    found = count(Block([Pair(gold, predicted)], INVENTORY))
    sides = ("gold", "predicted") if side == "both" else (side,)
    assert {where for of, where, name in found if (of, name) == (layer, class_)} == set(sides), found


@pytest.mark.parametrize("layer", LAYERS)
def test_what_has_no_place_is_a_class_of_its_own(layer):
    """A predicted item that can match nothing is counted, and shown with its label alone."""
    pair = Pair(document(), document(), [Void(layer, "X")])
    assert count(Block([pair], INVENTORY)) == {(layer, "predicted", UNGROUNDED): 1}
    (error,) = classify(pair, INVENTORY)
    assert (error.gold, error.predicted) == (None, Shown("X"))


def test_every_class_has_its_example():
    """The table of classes is what the examples show, in every layer."""
    given = set(EXAMPLES) | {(layer, UNGROUNDED) for layer in LAYERS}
    assert given == {(c.layer, c.name) for c in CLASSES}
    assert len(given) == len(CLASSES)


@pytest.mark.parametrize(
    ("text", "gold", "predicted", "difference"),
    [
        ("زار بغداد.", "بغداد", "بغداد.", "punctuation"),
        ("زار «بغداد»", "بغداد", "«بغداد»", "punctuation"),
        ("زار بغداد ", "بغداد ", "بغداد", "punctuation"),
        ("وبغداد", "بغداد", "وبغداد", "proclitic"),
        ("ولبغداد", "بغداد", "ولبغداد", "proclitic"),
        ("ولبغداد", "بغداد", "لبغداد", "proclitic"),
        ("وبغداد", "وبغداد", "بغداد", "proclitic"),
        ("وبغداد»", "بغداد", "وبغداد»", "proclitic"),
        ("بـ22 طنّا", "22 طنّا", "بـ22 طنّا", "proclitic"),
        ("للعراق", "لعراق", "للعراق", "proclitic"),
        ("للعراق", "لعراق", "عراق", "article"),
        ("للعراق", "عراق", "للعراق", "article"),
        ("العراق", "العراق", "عراق", "article"),
        ("وبالعراق", "العراق", "بالعراق", "proclitic"),
        ("وبالعراق", "عراق", "وبالعراق", "article"),
        ("العراق.", "العراق", "عراق.", "article"),
        ("مدينة بغداد", "بغداد", "مدينة بغداد", "longer"),
        ("مدينة بغداد", "مدينة بغداد", "بغداد", "shorter"),
        ("بغداد الجديدة", "بغداد", "بغداد الجديدة", "longer"),
        ("وبغداد الجديدة", "بغداد", "وبغداد الجديدة", "longer"),
        ("مدينة بغداد الجديدة", "مدينة بغداد", "بغداد الجديدة", "longer"),
        ("مدينة بغداد مدينة", "مدينة بغداد", "بغداد مدينة", "shorter"),
        ("و بغداد", "بغداد", "و بغداد", "longer"),
    ],
)
def test_how_spans_of_one_type_differ(text, gold, predicted, difference):
    """Punctuation before proclitic before article; anything else by length."""

    def edges(quote):
        return text.rindex(quote), text.rindex(quote) + len(quote)

    assert boundary(text, edges(predicted), edges(gold)) == difference


def test_only_the_other_side_is_split_or_merged():
    """A prediction inside another prediction, or beside a gold mention that was found exactly, is spurious."""
    longer = ("PER", f"محافظ الأنبار {KAMIL}")
    nested = count(Block([Pair(document(("PER", KAMIL)), document(longer, ("PER", "محافظ")))], INVENTORY))
    assert nested["entities", "predicted", "spurious"] == 1
    exact = count(Block([Pair(document(("PER", KAMIL)), document(("PER", KAMIL), ("PER", "كامل")))], INVENTORY))
    assert exact["entities", "predicted", "spurious"] == 1


def test_a_symmetric_relation_shares_an_argument_from_either_end():
    """meets(a, b) and meets(c, a) share a: the other argument is wrong, however each was written."""
    gold = related(("meets", SALMA, KAMIL))
    for predicted in (("meets", SALMA, RAMADI), ("meets", RAMADI, SALMA)):
        found = count(Block([Pair(gold, related(predicted))], INVENTORY))
        assert found["relations", "gold", "wrong argument"] == 1


def test_a_relation_that_could_not_be_found_is_told_from_one_that_was_missed():
    """Where no predicted entity stands for an argument, the entities are to blame."""
    found = count(Block([Pair(related(HEAD), related(voices=UNKNOWN))], INVENTORY))
    assert found["relations", "gold", "argument not found"] == 1


def test_relations_are_shown_where_they_are_proved():
    """Of an entity with several mentions the one nearest to the evidence is shown, with what the entity is called."""
    first, second = at("الأنبار"), (PAGE.index("الأنبار كامل"), PAGE.index("الأنبار كامل") + 7)
    places = tuple(Mention(start, end, PAGE[start:end]) for start, end in (first, second))
    person = Mention(*at(KAMIL), KAMIL)
    quote = f"محافظ الأنبار {KAMIL}"
    gold = Document(
        doc_id="d",
        text=PAGE,
        entities=(
            Entity(id="e1", type="PER", name="كامل", mentions=(person,)),
            Entity(id="e2", type="GPE", mentions=places),
        ),
        relations=(Relation(id="r", type="head_of", head="e1", tail="e2", evidence=(Quote(*at(quote), quote),)),),
    )
    (shown,) = [error.gold for error in classify(Pair(gold, gold), INVENTORY) if error.layer == "relations"]
    assert shown == Shown("head_of", (person.edges, second), ("كامل", "الأنبار"), (at(quote),), ("PER", "GPE"))
