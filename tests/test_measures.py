"""The laws of the measures, over every row of the table; slow reference implementations; published values."""

import json
import re
from collections import Counter
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sklearn.metrics import f1_score
from strategies import INVENTORY, disguised, documents, pairs

from khabar.align import align_entities
from khabar.block import Block, Pair, Table
from khabar.counts import Counts, Share, total
from khabar.joins import as_column
from khabar.measures import MEASURES, Measure
from khabar.model import LAYERS, Document, Entity, Mention, Quote, Relation, Section, Stance
from khabar.scoring import score
from khabar.sections import boundary_edits, window, window_errors

BY_NAME = {measure.name: measure for measure in MEASURES}


def rows(law):
    """The measures that declare a law, composites aside; none declaring it would be a mistake."""
    found = [measure for measure in MEASURES if law in measure.laws and not measure.mean_of]
    assert found
    return found


def counted(measure: Measure, gold: Document, predicted: Document):
    """What a measure counts: by label, or a share."""
    block = Block([Pair(gold, predicted)], INVENTORY)
    return Share(*measure.share(block)[0].tolist()) if measure.share else measure.counts(block).tally()


def value(measure: Measure, found):
    """The score of what was counted."""
    if measure.share:
        return found.value if measure.better == "less" or found.value is None else 1 - found.value
    return total(found).f1


@given(documents(gold=True))
def test_gold_against_itself_is_perfect(document):
    """Law 1: 1 (0 where less is better), or nothing to score."""
    for measure in rows("perfect"):
        best = 0 if measure.better == "less" else 1
        assert value(measure, counted(measure, document, document)) in (best, None), measure.name


@given(pairs())
def test_swapping_the_sides_swaps_precision_and_recall(pair):
    """Law 2, without ignored mentions: what was predicted becomes gold, and the other way round."""
    gold, predicted = map(only_names, pair)
    for measure in rows("swap"):
        there, back = counted(measure, gold, predicted), counted(measure, predicted, gold)
        if measure.share:
            assert there == back, measure.name
        else:
            a, b = total(there), total(back)
            assert (a.precision, a.recall, a.f1) == (b.recall, b.precision, b.f1), measure.name


def only_names(document: Document) -> Document:
    """The document with every mention a name."""
    entities = tuple(
        replace(entity, mentions=tuple(replace(mention, form="name") for mention in entity.mentions))
        for entity in document.entities
    )
    return replace(document, entities=entities)


@given(st.data())
def test_order_and_ids_change_nothing(data):
    """Law 3: other ids and another order on both sides leave every count as it was, by label too."""
    gold, predicted = data.draw(pairs())
    other = data.draw(disguised(gold)), data.draw(disguised(predicted))
    for measure in rows("order"):
        assert counted(measure, gold, predicted) == counted(measure, *other), measure.name


def test_a_document_with_nothing_changes_nothing():
    """Law 4: a document with nothing on either side counts nothing."""
    nothing = Document(doc_id="d", text="نص\nنص")
    for measure in rows("empty"):
        found = counted(measure, nothing, nothing)
        assert found == Share() if measure.share else total(found) == Counts(), measure.name


@given(pairs())
def test_matches_never_exceed_items(pair):
    """Law 5: for every label, no more is matched than there is; a share is at most the whole."""
    for measure in rows("bounded"):
        found = counted(measure, *pair)
        if measure.share:
            assert 0 <= found.amount <= found.of
        else:
            assert all(0 <= c.matched_predicted <= c.predicted for c in found.values()), measure.name
            assert all(0 <= c.matched_gold <= c.gold for c in found.values()), measure.name


@given(st.data())
def test_a_wrong_item_more_never_raises_precision_and_a_right_one_less_never_raises_recall(data):
    """Law 6: taking an item away never raises recall; where it leaves the matches, it never lowers precision."""
    gold, predicted = data.draw(pairs())
    for layer in LAYERS:
        fewer = data.draw(without_one(predicted, layer))
        for measure in (m for m in rows("monotone") if m.layer == layer):
            more, less = total(counted(measure, gold, predicted)), total(counted(measure, gold, fewer))
            assert less.matched_gold <= more.matched_gold, measure.name
            assert less.gold == more.gold
            if less.matched_predicted == more.matched_predicted:
                assert (more.precision or 0) <= (1 if less.precision is None else less.precision), measure.name


@st.composite
def without_one(draw, document: Document, layer: str) -> Document:
    """The document without one mention, or without one item of another layer."""
    items = list(getattr(document, layer))
    if not items:
        return document
    at = draw(st.integers(0, len(items) - 1))
    if layer == "entities":
        gone = draw(st.sampled_from(items[at].mentions))
        items[at] = replace(items[at], mentions=tuple(m for m in items[at].mentions if m is not gone))
    else:
        items.pop(at)
    return replace(document, **{layer: tuple(items)})


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("entities.strict", "entities.clitic"),
        ("entities.strict", "entities.graded"),
        ("entities.graded", "entities.type"),
        ("entities.strict", "entities.exact"),
        ("entities.exact", "entities.partial"),
        ("entities.strict", "entities.type"),
        ("relations.hard", "relations.strict"),
        ("relations.strict", "relations.boundary"),
        ("relations.boundary", "relations.pair"),
        ("stance.strict", "stance.pair"),
    ],
)
@given(pairs())
def test_looser_measures_give_no_less(lower, upper, pair):
    """Law 7: F1 grows, or stays, as a measure asks for less."""
    a, b = (value(BY_NAME[name], counted(BY_NAME[name], *pair)) for name in (lower, upper))
    assert a is None or b is None or a <= b


@given(pairs(), pairs())
def test_a_corpus_is_the_sum_of_its_documents(one, two):
    """Law 8: the counts of two documents together are those of each, added."""
    golds, guesses = zip(
        *((replace(g, doc_id=n), replace(p, doc_id=n)) for n, (g, p) in zip("ab", (one, two), strict=True)), strict=True
    )
    card = score(golds, guesses)
    attempted = {row.measure for row in card.rows}
    for measure in rows("sum"):
        if measure.name in attempted:
            row = card[measure.name]
            found = [counted(measure, *pair) for pair in (one, two)]
            each = found if measure.share else [total(tally) for tally in found]
            assert (row.share if measure.share else row.counts) == each[0] + each[1], measure.name


# -- slow reference implementations ----------------------------------------------------------------------------


def slow_entities(gold: Document, predicted: Document, weight, typed: bool) -> tuple[Fraction, int, int]:
    """Matched, predicted and gold names by the definition: every matching is tried, leftovers are then excused."""

    def mentions(document, named):
        return [
            (m.start, m.end, e.type)
            for e in document.entities
            if e.type != "ISSUE"
            for m in e.mentions
            if (m.form == "name") == named
        ]

    guesses, answers, ignored = mentions(predicted, True), mentions(gold, True), mentions(gold, False)
    padded = answers + [None] * len(guesses)
    best, excused = Fraction(0), 0
    for chosen in set(permutations(padded, len(guesses))) if guesses else ():
        earned = [weight(g, a) if a else Fraction(0) for g, a in zip(guesses, chosen, strict=True)]
        left = Counter(g if typed else g[:2] for g, credit in zip(guesses, earned, strict=True) if not credit)
        out = sum((left & Counter(i if typed else i[:2] for i in ignored)).values())
        if (sum(earned), out) > (best, excused):
            best, excused = sum(earned, Fraction(0)), out
    return best, len(guesses) - excused, len(answers)


def overlap(a, b):
    """Whether two spans share a character."""
    return a[0] < b[1] and b[0] < a[1]


def shared(a, b):
    """Intersection over union of two spans, in characters."""
    common = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return Fraction(common, a[1] - a[0] + b[1] - b[0] - common)


SLOW = {
    "entities.strict": (lambda p, g: Fraction(int(p == g)), True),
    "entities.exact": (lambda p, g: Fraction(int(p[:2] == g[:2])), False),
    "entities.partial": (lambda p, g: Fraction(1 + (p[:2] == g[:2]), 2) * overlap(p, g), False),
    "entities.type": (lambda p, g: Fraction(int(overlap(p, g) and p[2] == g[2])), True),
    "entities.graded": (lambda p, g: Fraction(p[2] == g[2]) * shared(p, g), True),
}


@pytest.mark.parametrize("name", SLOW)
@given(pairs())
def test_entity_measures_agree_with_exhaustive_search(name, pair):
    """The matched credit is the best that any one-to-one matching gives; predicted and gold are counted alike."""
    gold, predicted = pair
    if sum(len(e.mentions) for e in predicted.entities) > 4 or sum(len(e.mentions) for e in gold.entities) > 4:
        return
    weight, typed = SLOW[name]
    best, guesses, answers = slow_entities(gold, predicted, weight, typed)
    found = total(counted(BY_NAME[name], gold, predicted))
    assert found.matched_gold == pytest.approx(float(best), abs=1e-7)
    assert found.gold == answers
    assert found.predicted == guesses


CLITICS = "وبلبنان، «للعراق» (كالأردن) ولسوريا"


def clitic(p, g):
    """Whether a predicted span may stand for a gold one by the words of the measure's definition."""
    (start, end), (first, last) = p, g

    def marks(text):
        return all(character in "،«»() " for character in text)

    wider = CLITICS[start:first] if start <= first else None
    at_start = wider is not None and (marks(wider) or re.fullmatch("[وف]?[بكلس]?", wider))
    without = start == first + 1 and first > 0 and CLITICS[first - 1 : first + 1] == "لل"
    return (at_start or without) and end >= last and marks(CLITICS[last:end])


spans_ = st.sets(
    st.tuples(st.integers(0, 34), st.integers(1, 8)).map(lambda s: (s[0], min(s[0] + s[1], 35))), max_size=4
)


@given(spans_, spans_, st.booleans(), st.data())
def test_clitic_agrees_with_exhaustive_search(predicted, gold, related, data):
    """As many names match as any one-to-one choice of names that differ by clitics or punctuation only; of such
    choices it is one that leaves most names over where gold has nominals."""
    if related:
        gold = {(start + 1, end) for start, end in predicted if end - start > 1} | set(list(gold)[:1])
    others = sorted(predicted - gold)
    nominal = data.draw(st.sets(st.sampled_from(others))) if others else set()
    guesses, answers = sorted(predicted), sorted(gold)
    padded = [*answers, *[None] * len(guesses)]

    def outcome(chosen):
        matched = [a is not None and bool(clitic(g, a)) for g, a in zip(guesses, chosen, strict=True)]
        return sum(matched), sum(g in nominal and not m for g, m in zip(guesses, matched, strict=True))

    best, excused = max(map(outcome, permutations(padded, len(guesses))))
    sides = in_text(CLITICS, gold, nominal), in_text(CLITICS, predicted)
    found = total(counted(BY_NAME["entities.clitic"], *sides))
    assert (found.matched_gold, found.gold, found.predicted) == (best, len(gold), len(predicted) - excused)


def in_text(text, spans, nominal=()):
    """A document of a text with a person for each span; those of nominals last."""
    mentions = [Mention(s, e, text[s:e]) for s, e in spans] + [Mention(s, e, text[s:e], "nominal") for s, e in nominal]
    return Document(
        doc_id="d",
        text=text,
        entities=tuple(Entity(id=f"e{at}", type="PER", mentions=(mention,)) for at, mention in enumerate(mentions)),
    )


@pytest.mark.parametrize(
    ("predicted", "gold", "right"),
    [
        ((0, 7), (2, 7), True),  # وبلبنان for لبنان
        ((0, 8), (2, 7), True),  # وبلبنان، for لبنان
        ((9, 17), (11, 16), False),  # «للعراق» for عراق: a letter of the name is missing
        ((12, 16), (11, 16), True),  # عراق for لعراق: the ل that stands for ال after ل
        ((3, 7), (2, 7), False),  # بنان for لبنان
        ((2, 7), (0, 7), False),  # narrower than gold
    ],
)
def test_clitic_forgives_what_arabic_writes_together(predicted, gold, right):
    """Proclitics, punctuation and the ل of the article are forgiven; letters of the name are not."""
    found = total(counted(BY_NAME["entities.clitic"], in_text(CLITICS, [gold]), in_text(CLITICS, [predicted])))
    assert found.matched_gold == right


def test_depth_tells_names_inside_names():
    """A name inside a wider one is nested; one that matches has the depth of the gold name that it stands for."""
    gold, predicted = names((0, 9), (2, 5)), names((2, 5), (20, 25))
    measure = BY_NAME["entities.strict"]
    by_depth = measure.facets["depth"](Block([Pair(gold, predicted)], INVENTORY)).tally()
    assert by_depth == {"outer": Counts(0, 1, 0, 1), "nested": Counts(1, 1, 1, 1)}


@given(pairs())
def test_depths_add_up_and_match_no_more_than_there_is(pair):
    """At each depth the same credit is matched on both sides, of no more than there is; together they are the whole."""
    block = Block([Pair(*pair)], INVENTORY)
    for measure in (measure for measure in MEASURES if "depth" in measure.facets):
        tally = measure.facets["depth"](block).tally()
        assert total(tally) == total(measure.counts(block).tally()), measure.name
        for counts in tally.values():
            assert counts.matched_predicted == counts.matched_gold, measure.name
            assert counts.matched_gold <= min(counts.predicted, counts.gold), measure.name


def test_recall_by_form_counts_all_of_golds_forms():
    """A nominal of gold that the prediction has is found; precision is not asked of forms."""
    gold, predicted = names((0, 2), (3, 5), form="nominal"), names((0, 2))
    by_form = BY_NAME["entities.strict"].facets["form"](Block([Pair(gold, predicted)], INVENTORY)).tally()
    assert by_form == {"nominal": Counts(0, 0, 1, 2)}


def test_evidence_counts_characters_of_matched_items_only():
    """Evidence of a relation that matches counts by its characters; that of a wrong one matches nothing."""

    def document(kind, *spans):
        found = names((0, 2), (3, 5))
        quotes = tuple(Quote(s, e, found.text[s:e]) for s, e in spans)
        relation = Relation(id="r", type=kind, head="e0", tail="e1", evidence=quotes)
        return replace(found, relations=(relation,))

    gold = document("head_of", (0, 10))
    measure = BY_NAME["relations.evidence"]
    assert total(counted(measure, gold, document("head_of", (5, 12), (8, 15)))) == Counts(5, 10, 5, 10)
    assert total(counted(measure, gold, document("member_of", (0, 10)))) == Counts(0, 10, 0, 10)


quotes_ = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1])), max_size=3)


@given(st.lists(quotes_, max_size=4), st.lists(quotes_, max_size=4), st.data())
def test_evidence_agrees_with_sets_of_characters(predicted, gold, data):
    """Relations and stances that say the same are paired for the most evidence in common, of all pairings, in whatever
    order they are given; the characters of a pair count once, however many quotes hold them."""

    def document(evidence):
        found = names((0, 2), (3, 5))
        quotes = [tuple(Quote(s, e, found.text[s:e]) for s, e in data.draw(st.permutations(one))) for one in evidence]
        relations = [
            Relation(id=f"r{at}", type="head_of", head="e0", tail="e1", evidence=one) for at, one in enumerate(quotes)
        ]
        stances = [
            Stance(id=f"s{at}", holder="e0", target="e1", label="favor", evidence=one) for at, one in enumerate(quotes)
        ]
        order = data.draw(st.permutations(range(len(quotes))))
        return replace(found, relations=tuple(relations[at] for at in order), stance=tuple(stances[at] for at in order))

    def characters(evidence):
        return {at for start, end in evidence for at in range(start, end)}

    mine, yours = ([characters(one) for one in side] for side in (predicted, gold))
    small, large = sorted((mine, yours), key=len)
    common = max(
        sum(len(one & other) for one, other in zip(small, chosen, strict=True))
        for chosen in permutations(large, len(small))
    )
    expected = Counts(common, sum(map(len, mine)), common, sum(map(len, yours)))
    sides = document(gold), document(predicted)
    for name in ("relations.evidence", "stance.evidence"):
        assert total(counted(BY_NAME[name], *sides)) == expected
    for name in ("relations.strict", "stance.strict"):
        paired = min(len(predicted), len(gold))
        assert total(counted(BY_NAME[name], *sides)) == Counts(paired, len(predicted), paired, len(gold))


@given(st.lists(pairs(), min_size=2, max_size=4))
def test_a_block_counts_each_document_as_if_alone(several):
    """Nothing of one document meets anything of another: the rows of a block are what each pair gives alone."""
    block = Block([Pair(*pair) for pair in several], INVENTORY)
    for measure in (measure for measure in MEASURES if measure.counts):
        table = measure.counts(block)
        for at, pair in enumerate(several):
            alone = Table(table.labels, table.numbers[at : at + 1]).tally()
            assert alone == counted(measure, *pair), measure.name


@given(pairs())
def test_relations_agree_with_plain_counting(pair):
    """Strict relations are triples of aligned entities of equal types, counted as multisets."""
    gold, predicted = pair
    aligned = align_entities(predicted.entities, gold.entities)
    kinds = {e.id: e.type for e in predicted.entities}, {e.id: e.type for e in gold.entities}

    def triple(kind, head, tail):
        return (kind, *sorted((head, tail))) if kind in INVENTORY.symmetric else (kind, head, tail)

    guesses = Counter(
        triple(r.type, aligned[r.head], aligned[r.tail])
        for r in predicted.relations
        if r.head in aligned
        and r.tail in aligned
        and kinds[0][r.head] == kinds[1][aligned[r.head]]
        and kinds[0][r.tail] == kinds[1][aligned[r.tail]]
    )
    answers = Counter(triple(r.type, r.head, r.tail) for r in gold.relations)
    found = total(counted(BY_NAME["relations.strict"], gold, predicted))
    assert found.matched_gold == sum((guesses & answers).values())
    assert (found.predicted, found.gold) == (len(predicted.relations), len(gold.relations))


def test_facts_of_training_count_on_neither_side():
    """A relation that states a fact of the training split is left out, found or not, and called as gold calls it."""

    def document(name):
        found = names((0, 2), (3, 5), (6, 8))
        entities = tuple(replace(e, name=f"{name}{at}") for at, e in enumerate(found.entities))
        relations = tuple(Relation(id=f"r{tail}", type="meets", head="e0", tail=tail) for tail in ("e1", "e2"))
        return replace(found, entities=entities, relations=relations)

    gold, predicted = document("a"), document("b")
    measure = BY_NAME["relations.unseen"]
    for training, left in (({("a0", "meets", "a1")}, 1), ({("b0", "meets", "b1")}, 2), (set(), 2)):
        found = measure.counts(Block([Pair(gold, predicted)], INVENTORY, frozenset(training)))
        assert total(found.tally()) == Counts(left, left, left, left)


@given(
    st.lists(
        st.tuples(st.sampled_from(["favor", "against", "neutral"]), st.sampled_from(["favor", "against", "neutral"])),
        min_size=1,
        max_size=12,
    )
)
def test_favg_of_given_pairs_is_the_shared_tasks_figure(labels):
    """With the pairs given, favg2 and favg3 are the macro F1 of scikit-learn over the labels, where gold has them."""
    text = "ا" * len(labels) + "ب"
    target = Entity(id="t", type="PER", mentions=(Mention(len(labels), len(labels) + 1, "ب"),))
    holders = [Entity(id=f"h{i}", type="ORG", mentions=(Mention(i, i + 1, "ا"),)) for i in range(len(labels))]

    def document(side):
        stances = [Stance(id=f"s{i}", holder=f"h{i}", target="t", label=pair[side]) for i, pair in enumerate(labels)]
        return Document(doc_id="d", text=text, entities=(target, *holders), stance=tuple(stances))

    gold, predicted = document(0), document(1)
    asked = [
        {"doc_id": "d", "entities": "gold", "stance_pairs": "gold", "stance": [
            {"holder": s.holder, "target": s.target, "label": s.label} for s in predicted.stance]}
    ]  # fmt: skip
    card = score([gold], asked)
    assert card.track == "given-pairs"
    for name, wanted in {"stance.favg2": ["favor", "against"], "stance.favg3": ["favor", "against", "neutral"]}.items():
        if set(wanted) <= {g for g, _ in labels}:
            expected = f1_score([g for g, _ in labels], [p for _, p in labels], labels=wanted, average="macro")
            assert card[name].score == pytest.approx(expected)
        else:
            assert card[name].score is None
    with pytest.raises(KeyError):
        card["stance.pair"]


# -- conventions, one example each -----------------------------------------------------------------------------


def names(*spans, kind="PER", form="name"):
    """A document with an entity for each span."""
    text = "0123456789" * 3
    mentions = [Mention(s, e, text[s:e], form) for s, e in spans]
    entities = [Entity(id=f"e{i}", type=kind, mentions=(m,)) for i, m in enumerate(mentions)]
    return Document(doc_id="d", text=text, entities=tuple(entities))


def test_a_predicted_mention_where_gold_has_a_nominal_is_taken_out():
    """Nominals are neither rewarded nor punished: the guess leaves the count, and gold asks for nothing."""
    found = total(counted(BY_NAME["entities.strict"], names((0, 2), form="nominal"), names((0, 2))))
    assert found == Counts(0, 0, 0, 0)


def test_of_names_that_earn_as_much_one_that_can_be_excused_is_left_over():
    """Two predicted names overlap a gold name, one of them on a nominal: the other is matched, whichever is first."""
    both = names((0, 4), (3, 7))
    for nominal in ((0, 4), (3, 7)):
        gold = in_text(both.text, [(2, 5)], [nominal])
        for name, earned in (("type", 1), ("partial", 0.5), ("graded", 0.4)):
            found = total(counted(BY_NAME[f"entities.{name}"], gold, both))
            assert (found.matched_predicted, found.predicted) == (pytest.approx(earned), 1), name


def test_a_predicted_mention_of_another_type_where_gold_has_a_nominal_is_spurious_in_typed_measures():
    """Taken out by span alone in exact; strict asks for the type too."""
    gold, predicted = names((0, 2), form="nominal"), names((0, 2), kind="ORG")
    assert total(counted(BY_NAME["entities.strict"], gold, predicted)).predicted == 1
    assert total(counted(BY_NAME["entities.exact"], gold, predicted)).predicted == 0


def test_what_a_system_itself_calls_a_nominal_is_not_counted():
    """A predicted nominal neither counts as a guess nor finds a name."""
    found = total(counted(BY_NAME["entities.strict"], names((0, 2)), names((0, 2), form="nominal")))
    assert found == Counts(0, 0, 0, 1)


def test_one_side_empty_is_zero_and_both_empty_is_nothing():
    """F1 is 0 when only one side has items, None when neither has."""
    nothing = Document(doc_id="d", text="0123456789" * 3)
    assert total(counted(BY_NAME["entities.strict"], names((0, 2)), nothing)).f1 == 0
    assert total(counted(BY_NAME["entities.strict"], nothing, names((0, 2)))).f1 == 0
    assert total(counted(BY_NAME["entities.strict"], nothing, nothing)).f1 is None


def test_a_section_within_a_paragraph_that_another_holds_is_spurious():
    """A paragraph has one section; a second one inside it is a predicted item that matches nothing."""
    text = "سطر أول\nسطر ثان"
    gold = Document(doc_id="d", text=text, subsections=(Section(id="b", start=0, end=15, kind="body"),))
    parts = (Section(id="a", start=0, end=2, kind="body"), Section(id="b", start=2, end=15, kind="body"))
    found = total(counted(BY_NAME["subsections.labelled"], gold, Document(doc_id="d", text=text, subsections=parts)))
    assert found == Counts(1, 2, 1, 1)


# -- published values ------------------------------------------------------------------------------------------


def test_semeval_2013_worked_example(conformance):
    """The four modes give the published precision, recall and F1 on the worked example of SemEval-2013 task 9.1."""
    case = json.loads((conformance / "semeval2013" / "cases.json").read_text("utf-8"))
    text = "x" * 120

    def document(mentions):
        entities = [
            Entity(id=str(i), type=kind, mentions=(Mention(start, end, text[start:end]),))
            for i, (kind, start, end) in enumerate(mentions)
        ]
        return Document(doc_id="d", text=text, entities=tuple(entities))

    gold, predicted = document(case["gold"]), document(case["pred"])
    for mode, expected in case["expected"].items():
        found = total(counted(BY_NAME[f"entities.{mode}"], gold, predicted))
        scores = (found.precision, found.recall, found.f1)
        assert scores == pytest.approx((expected["precision"], expected["recall"], expected["f1"])), mode


def boundaries(masses):
    """Section lengths as a mask of the units at which sections begin."""
    found = np.zeros(sum(masses), dtype=bool)
    found[np.cumsum(masses)[:-1]] = True
    return found


def as_masses(form, segmentation):
    """A segmentation of the published cases as section lengths."""
    if form == "nltk":
        runs = "".join(segmentation).split("1")
        return [len(run) + 1 for run in runs[:-1]] + ([len(runs[-1])] if runs[-1] else [])
    if form == "position":
        return [count for _, count in sorted(Counter(segmentation).items())]
    return list(segmentation)


def calls(case):
    """Each (hypothesis, reference) of a case with its published value; cases that are errors there are left out."""
    args, form, published = case["args"], case["format"], case["value"]
    if case.get("hyp_masses") and not isinstance(published, dict):
        yield case["hyp_masses"], case["ref_masses"], published
    elif isinstance(published, dict) and form in ("mass", "position"):
        hypotheses, references = (
            (args[0], args[1]) if len(args) > 1 and isinstance(args[1], dict) else (args[0], args[0])
        )
        for name, figure in published.items():
            item, mine, yours = name.split(",")
            if isinstance(hypotheses[item][mine], list) and all(isinstance(m, int) for m in hypotheses[item][mine]):
                yield as_masses(form, hypotheses[item][mine]), as_masses(form, references[item][yours]), figure


@pytest.mark.parametrize("metric", ["pk", "window_diff", "boundary_similarity"])
def test_segeval_published_values(conformance, metric):
    """Pk, WindowDiff and B are what segeval gives, in every published call that is within our definition."""
    compared = 0
    for line in (conformance / "segeval" / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        options = case["kwargs"]
        if case["metric"] != metric or case["error"] or options.get("lamprier_et_al_2007_fix") or "weight" in options:
            continue
        for mine, yours, published in calls(case):
            units = sum(yours)
            if sum(mine) != units:
                continue
            sides, begins = (boundaries(mine), boundaries(yours)), as_column([0, units])
            if metric == "boundary_similarity":
                share = Share(*boundary_edits(*sides, begins)[0].tolist())
                ours = None if share.value is None else 1 - share.value
            else:
                asked = options.get("window_size")
                k = as_column([asked]) if asked else window(as_column([units]), as_column([len(yours)]))
                share = Share(*window_errors(*sides, begins, k, metric == "window_diff")[0].tolist())
                ours = share.value
            if options.get("return_parts"):
                assert [share.amount, share.of] == published
            elif ours is not None:
                expected = 1 - published if options.get("one_minus") else published
                assert ours == pytest.approx(expected, abs=1e-9), case["id"]
            compared += 1
    assert compared > 10
