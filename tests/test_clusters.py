"""Coreference and whole entities: published values, laws, and the papers' definitions written out slowly."""

import json
import random
from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from strategies import pairs

from khabar.clusters import (
    TypedCluster,
    b_cubed,
    ceaf_e,
    ceaf_m,
    chains,
    compare,
    contingency,
    coreference,
    hard,
    lea,
    muc,
    soft,
    whole,
    without_singletons,
)
from khabar.counts import Counts, total
from khabar.model import COREFERENT, Document, Entity, Mention
from khabar.scoring import score

MEASURES = {"muc": muc, "bcub": b_cubed, "ceafm": ceaf_m, "ceafe": ceaf_e, "lea": lea}


def scores(c):
    """All measures of a contingency."""
    return {name: measure(c) for name, measure in MEASURES.items()}


def swapped(counts):
    """Counts with the sides exchanged."""
    return Counts(counts.matched_gold, counts.gold, counts.matched_predicted, counts.predicted)


# -- strategies ----------------------------------------------------------------------------------------------


@st.composite
def partitions(draw, mentions=14, clusters=6):
    """Two sides without a span in two clusters of a side: every mention goes to a cluster of each side, or to none."""
    sides = [{}, {}]
    for start in range(draw(st.integers(0, mentions))):
        for side in sides:
            cluster = draw(st.integers(0, clusters))
            if cluster:
                side.setdefault(cluster, set()).add((start, start + 1))
    predicted, gold = ([frozenset(cluster) for cluster in side.values()] for side in sides)
    return (gold if draw(st.integers(0, 5)) == 0 else predicted), gold


spans = st.integers(0, 5).map(lambda start: (start, start + 1))
overlapping = st.lists(st.frozensets(spans, min_size=1, max_size=4), max_size=5)
both = st.one_of(partitions(), st.tuples(overlapping, overlapping))


@st.composite
def typed_sides(draw):
    """Two sides of typed clusters, no span twice in one type of a side; predicted ones may be without mentions."""
    found = []
    for least in (0, 1):
        taken, side = set(), []
        for cluster in draw(overlapping):
            type_ = draw(st.sampled_from(["PER", "GPE", "DATE"]))
            free = frozenset(span for span in cluster if (type_, span) not in taken)
            taken |= {(type_, span) for span in free}
            if len(free) >= least:
                side.append(TypedCluster(type_, free))
        found.append(side)
    return tuple(found)


# -- published values ----------------------------------------------------------------------------------------


def cleaned(clusters):
    """Clusters without repeated spans, the first kept, and without what is empty then."""
    seen, kept = set(), []
    for cluster in clusters:
        fresh = {json.dumps(mention) for mention in cluster} - seen
        seen |= fresh
        kept.append(frozenset((mention, mention) for mention in fresh))
    return [cluster for cluster in kept if cluster]


def test_published_values(conformance):
    """Every published triple, to its precision; where both sides are singletons only, MUC is None here, 0 there."""
    lines = (conformance / "coref" / "cases.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 41
    without_value = set()
    for case in map(json.loads, lines):
        c = contingency(cleaned(case["response"]), cleaned(case["key"]))
        for name, counts in scores(c).items():
            triple = [counts.recall or 0, counts.precision or 0, counts.f1 or 0]
            assert triple == pytest.approx(case["independent"][name], abs=1e-9), (case["id"], name)
            published = case["expected_published"].get(name)
            precision = 6e-3 if case["id"].startswith("P14") else 1e-4  # two decimals, F1 from them
            if published:
                assert triple == pytest.approx(published, abs=precision), (case["id"], name)
            if name in case["expected_published"].get("f1", {}):
                assert counts.f1 == pytest.approx(case["expected_published"]["f1"][name], abs=5e-4), (case["id"], name)
            if counts.f1 is None:
                without_value.add((case["id"], name))
    assert without_value == {("N1", "muc"), ("N4", "muc")}


# -- laws ----------------------------------------------------------------------------------------------------


@given(both)
def test_gold_against_itself_is_perfect(sides):
    """Precision and recall are exactly 1, or None where there is nothing to score."""
    for c in (contingency(sides[1], sides[1]), without_singletons(contingency(sides[1], sides[1]))):
        for counts in scores(c).values():
            assert counts.precision == counts.recall == counts.f1
            assert counts.f1 in (1, None)


@given(both)
def test_swapping_the_sides_swaps_precision_and_recall(sides):
    """To the last digit, with spans in several clusters of a side too."""
    there, back = (contingency(*order) for order in (sides, sides[::-1]))
    for one, other in ((there, back), (without_singletons(there), without_singletons(back))):
        assert scores(one) == {name: swapped(counts) for name, counts in scores(other).items()}


@given(both, st.randoms(use_true_random=False))
def test_order_changes_nothing(sides, rng):
    """To the last digit: neither the order of clusters nor that in which their spans were added."""
    shuffled = [[frozenset(rng.sample(sorted(c), len(c))) for c in rng.sample(side, len(side))] for side in sides]
    assert scores(contingency(*shuffled)) == scores(contingency(*sides))


@given(both)
def test_matches_never_exceed_items(sides):
    """No share is below 0 or above 1."""
    for c in (contingency(*sides), without_singletons(contingency(*sides))):
        for counts in scores(c).values():
            assert 0 <= counts.matched_predicted <= counts.predicted
            assert 0 <= counts.matched_gold <= counts.gold


@given(both)
def test_clusters_without_singletons(sides):
    """Taking singletons out of the contingency is taking them out of the sides."""
    plural = [[cluster for cluster in side if len(cluster) > 1] for side in sides]
    assert scores(without_singletons(contingency(*sides))) == scores(contingency(*plural))


@given(both, both)
def test_a_corpus_is_the_sum_of_its_documents(first, second):
    """The counts of two documents add up to those of both in one."""
    apart = [[frozenset((start + 100, end + 100) for start, end in cluster) for cluster in side] for side in second]
    together = scores(contingency([*first[0], *apart[0]], [*first[1], *apart[1]]))
    one, other = scores(contingency(*first)), scores(contingency(*second))
    for name, counts in together.items():
        added = one[name] + other[name]
        for field in Counts.__struct_fields__:
            assert getattr(counts, field) == pytest.approx(getattr(added, field), abs=1e-12)


def test_nothing_on_either_side():
    """Nothing is counted, nothing is scored; with one side empty, F1 is 0 where the other has something."""
    assert all(counts == Counts() for counts in scores(contingency([], [])).values())
    two = frozenset({(0, 1), (2, 3)})
    for name, counts in scores(contingency([], [two])).items():
        assert (counts.precision, counts.recall, counts.f1) == (None, 0, 0), name


# -- the papers' definitions, slowly -------------------------------------------------------------------------


def slow_muc(clusters, others):
    """Vilain et al. 1995: Σ (|S| − |p(S)|) out of Σ (|S| − 1), p(S) being the parts that the others make of S."""
    kept = links = 0
    for cluster in clusters:
        parts = {frozenset(other & cluster) for other in others if other & cluster}
        parts |= {frozenset({m}) for m in cluster if not any(m in other for other in others)}
        kept += len(cluster) - len(parts)
        links += len(cluster) - 1
    return Fraction(kept), links


def slow_b_cubed(clusters, others):
    """Bagga & Baldwin 1998: for each mention the share of its cluster that its cluster on the other side has."""
    credit, mentions = Fraction(0), 0
    for cluster in clusters:
        for mention in cluster:
            there = next((other for other in others if mention in other), frozenset())
            credit += Fraction(len(cluster & there), len(cluster))
            mentions += 1
    return credit, mentions


def slow_lea(clusters, others):
    """Moosavi & Strube 2016: Σ |k| · kept links / links, out of Σ |k|; a singleton has a link to itself."""
    kept = Fraction(0)
    for cluster in clusters:
        if len(cluster) == 1:
            kept += cluster in others
            continue
        links = list(combinations(cluster, 2))
        kept += Fraction(len(cluster) * sum(any({*link} <= other for other in others) for link in links), len(links))
    return kept, sum(map(len, clusters))


def slow_assignment(clusters, others, phi):
    """Luo 2005: the greatest sum of φ over one-to-one maps, all of them tried."""
    if not clusters:
        return Fraction(0)
    alone = slow_assignment(clusters[1:], others, phi)
    with_one = (
        phi(clusters[0], other) + slow_assignment(clusters[1:], others[:at] + others[at + 1 :], phi)
        for at, other in enumerate(others)
        if clusters[0] & other
    )
    return max([alone, *with_one])


def phi3(one, other):
    """Mentions shared."""
    return Fraction(len(one & other))


def phi4(one, other):
    """Mentions shared out of the mean size."""
    return Fraction(2 * len(one & other), len(one) + len(other))


def slow_scores(predicted, gold):
    """All measures, exact sums rounded at the end."""
    found = {}
    for name, slow in (("muc", slow_muc), ("bcub", slow_b_cubed), ("lea", slow_lea)):
        mine, yours = slow(predicted, gold), slow(gold, predicted)
        found[name] = Counts(float(mine[0]), mine[1], float(yours[0]), yours[1])
    mentions = float(slow_assignment(predicted, gold, phi3))
    found["ceafm"] = Counts(mentions, sum(map(len, predicted)), mentions, sum(map(len, gold)))
    similarity = float(slow_assignment(predicted, gold, phi4))
    found["ceafe"] = Counts(similarity, len(predicted), similarity, len(gold))
    return found


@given(partitions(mentions=18))
def test_definitions(sides):
    """Every measure is what its paper says, to the last digit, with singletons and without."""
    c = contingency(*sides)
    assert scores(c) == slow_scores(*sides)
    plural = [[cluster for cluster in side if len(cluster) > 1] for side in sides]
    assert scores(without_singletons(c)) == slow_scores(*plural)


def own_mentions(predicted, gold):
    """Clusters in which each mention of a span in several clusters is one of its own, paired as `contingency` says."""
    sides = [list(predicted), list(gold)]
    left = [[set(cluster) for cluster in side] for side in sides]
    renamed = [[set() for _ in side] for side in sides]
    number = 0

    def pair(row, column):
        nonlocal number
        for span in left[0][row] & left[1][column]:
            number += 1
            renamed[0][row].add((span, number))
            renamed[1][column].add((span, number))
            left[0][row].remove(span)
            left[1][column].remove(span)

    used = set()
    for row, cluster in enumerate(predicted):
        column = next((at for at, other in enumerate(gold) if other == cluster and at not in used), None)
        if column is not None:
            used.add(column)
            pair(row, column)

    def rank(at):
        mine, yours = predicted[at[0]], gold[at[1]]
        common = sum(span in yours for span in mine)
        single = len(mine) == 1 or len(yours) == 1
        return single, -common, len(mine) + len(yours), sorted([sorted(mine), sorted(yours)]), at

    open_ = [[at for at, cluster in enumerate(side) if cluster == left[k][at]] for k, side in enumerate(sides)]
    for row, column in sorted(product(*open_), key=rank):
        pair(row, column)
    for side, rest in zip(renamed, left, strict=True):
        for cluster, spans_left in zip(side, rest, strict=True):
            for span in sorted(spans_left):
                number += 1
                cluster.add((span, number))
    return tuple([frozenset(cluster) for cluster in side] for side in renamed)


@given(overlapping, overlapping)
def test_a_span_in_several_clusters(predicted, gold):
    """Each is a mention of its own, paired one to one as the docstring says; then the papers' definitions hold."""
    assert scores(contingency(predicted, gold)) == slow_scores(*own_mentions(predicted, gold))


def test_a_span_of_two_types():
    """The square and the institution of the same name: both found is perfect, one merged into the other is not."""
    square, institution = frozenset({(0, 5), (10, 15)}), frozenset({(0, 5), (20, 25)})
    found = scores(contingency([institution, square], [square, institution]))
    assert all(counts.f1 == 1 for counts in found.values())
    merged = b_cubed(contingency([square | institution], [square, institution]))
    assert merged == Counts(5 / 3, 3, 2.5, 4)


@given(st.integers(0, 10**9), st.integers(2, 9), st.integers(2, 9), st.integers(0, 60))
def test_assignments_are_optimal(seed, rows, columns, mentions):
    """Where every cluster has mentions of many others, the sums are those of scipy's optimum."""
    rng = random.Random(seed)
    sides = [{}, {}]
    for start in range(mentions):
        for side, size in zip(sides, (rows, columns), strict=True):
            side.setdefault(rng.randrange(size), set()).add((start, start + 1))
    predicted, gold = ([frozenset(cluster) for cluster in side.values()] for side in sides)
    c = contingency(predicted, gold)
    for measure, phi in ((ceaf_m, phi3), (ceaf_e, phi4)):
        matrix = np.array([[float(phi(p, g)) for g in gold] for p in predicted]).reshape(len(predicted), len(gold))
        best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
        assert measure(c).matched_gold == measure(c).matched_predicted == pytest.approx(best, abs=1e-12)


def test_five_thousand_clusters_are_scored():
    """Also where mentions are thrown together at random, so that most clusters hang together."""
    rng = random.Random(7)
    for moved in (0.1, 0.5, 1):
        sides = [{}, {}]
        for mention in range(10_000):
            cluster = mention % 5000
            sides[1].setdefault(cluster, set()).add((mention, mention + 1))
            sides[0].setdefault(rng.randrange(5000) if rng.random() < moved else cluster, set()).add(
                (mention, mention + 1)
            )
        predicted, gold = ([frozenset(cluster) for cluster in side.values()] for side in sides)
        c = contingency(predicted, gold)
        for counts in (*scores(c).values(), *scores(without_singletons(c)).values()):
            assert 0 <= counts.f1 < 1


def test_conll_is_the_mean_of_three():
    """The mean F1 of MUC, B³ and CEAF-e over the corpus; None where a part is, as MUC of singletons."""
    text = "أ ب ج"

    def document(*clusters):
        entities = [
            Entity(id=f"e{at}", type="PER", mentions=tuple(Mention(s, s + 1, text[s]) for s in cluster))
            for at, cluster in enumerate(clusters)
        ]
        return Document(doc_id="d", text=text, entities=tuple(entities))

    card = score([document((0, 2, 4))], [document((0, 2))])
    assert card["coref.conll"].score == pytest.approx((2 / 3 + 8 / 13 + 4 / 5) / 3)
    assert score([document((0,))], [document((0,))])["coref.conll"].score is None


# -- whole entities ------------------------------------------------------------------------------------------


def slow_soft(clusters, others):
    """DWIE: for each cluster the share of its (span, type) that stand in any cluster of the other side; by type."""
    there = {(span, type_) for type_, cluster in others for span in cluster}
    sums = Counter({type_: Fraction(0) for type_, _ in clusters})
    for type_, cluster in clusters:
        if cluster:
            sums[type_] += Fraction(sum((span, type_) in there for span in cluster), len(cluster))
    return sums


@given(typed_sides())
def test_soft_and_hard_by_definition(sides):
    """The measures are what DWIE defines, by type, to the last digit, in the order of types."""
    predicted, gold = sides
    c = compare(predicted, gold)
    mine, yours = slow_soft(predicted, gold), slow_soft(gold, predicted)
    sizes = [Counter(type_ for type_, _ in side) for side in sides]
    types = sorted({*sizes[0], *sizes[1]})
    assert list(soft(c)) == list(hard(c)) == types
    for type_ in types:
        equal = sum(cluster in predicted for cluster in gold if cluster.type == type_)
        assert hard(c)[type_] == Counts(equal, sizes[0][type_], equal, sizes[1][type_])
        assert soft(c)[type_] == Counts(float(mine[type_]), sizes[0][type_], float(yours[type_]), sizes[1][type_])


@given(typed_sides(), st.randoms(use_true_random=False))
def test_laws_of_whole_entities(sides, rng):
    """Perfect against itself, swapped with the sides, the same in any order; hard ≤ soft ≤ the items."""
    predicted, gold = sides
    for measure in (soft, hard):
        tally = measure(compare(predicted, gold))
        assert total(measure(compare(gold, gold))).f1 in (1, None)
        assert measure(compare(gold, predicted)) == {type_: swapped(counts) for type_, counts in tally.items()}
        assert measure(compare(*(rng.sample(side, len(side)) for side in sides))) == tally
    for type_, strict in hard(compare(predicted, gold)).items():
        lenient = soft(compare(predicted, gold))[type_]
        assert 0 <= strict.matched_predicted <= lenient.matched_predicted <= lenient.predicted
        assert 0 <= strict.matched_gold <= lenient.matched_gold <= lenient.gold


def test_soft_does_not_ask_how_mentions_are_clustered():
    """An entity split in two has all its mentions found; of a wrong type, or only in part, it has not."""
    entity = TypedCluster("PER", frozenset({(0, 1), (2, 3)}))
    halves = [TypedCluster("PER", frozenset({span})) for span in entity.spans]
    assert soft(compare(halves, [entity])) == {"PER": Counts(2, 2, 1, 1)}
    assert soft(compare(halves[:1], [entity])) == {"PER": Counts(1, 1, 0.5, 1)}
    assert soft(compare([entity._replace(type="ORG")], [entity])) == {"ORG": Counts(0, 1), "PER": Counts(gold=1)}
    assert hard(compare(halves, [entity])) == {"PER": Counts(0, 2, 0, 1)}


# -- documents -----------------------------------------------------------------------------------------------


@given(pairs())
def test_documents(sides):
    """What is compared as whole entities gives the same coreference; issues take part in neither, dates in one."""
    gold, predicted = (whole(document.entities) for document in sides)
    assert len(gold) == sum(entity.type != "ISSUE" for entity in sides[0].entities)
    assert {type_ for type_, _ in gold} <= COREFERENT
    c = coreference(compare(predicted, gold))
    assert scores(c) == scores(contingency(chains(predicted), chains(gold)))
    assert chains([TypedCluster("DATE", frozenset({(0, 1)})), TypedCluster("PER", frozenset())]) == []
