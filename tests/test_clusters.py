"""Coreference and whole entities: published values, laws, and the papers' definitions written out slowly."""

import json
import random
from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.optimize import linear_sum_assignment
from strategies import INVENTORY, pairs

from khabar.block import Block, Pair
from khabar.clusters import (
    b_cubed,
    ceaf_e,
    ceaf_m,
    contingency,
    contingency_without_singletons,
    hard,
    lea,
    muc,
    soft,
)
from khabar.counts import GRAIN, Counts, total
from khabar.grounding import Void
from khabar.model import COREFERENT, Document, Entity, Mention
from khabar.scoring import score

MEASURES = {"muc": muc, "bcub": b_cubed, "ceafm": ceaf_m, "ceafe": ceaf_e, "lea": lea}


class TypedCluster(NamedTuple):
    """The type of an entity and its exact spans."""

    type: str
    spans: frozenset[tuple[int, int]]


def document(clusters):
    """A document with an entity for each typed cluster."""
    length = max((end for cluster in clusters for _, end in cluster.spans), default=0)
    entities = [
        Entity(id=f"e{at}", type=type_, name="n", mentions=tuple(Mention(s, e, "x" * (e - s)) for s, e in spans))
        for at, (type_, spans) in enumerate(clusters)
    ]
    return Document(doc_id="d", text="x" * length, entities=tuple(entities))


def compared(*sides, coreferent=COREFERENT, lost=(), lost_whole=()):
    """A block of documents with the typed clusters of two sides each: predicted and gold.

    ``lost``: how many mentions more each predicted cluster of the first document has, without a place; ``lost_whole``:
    the type and size of clusters more that it has, not one mention of which has a place.
    """
    found = [[document(clusters) for clusters in side] for side in sides]
    texts = [max(both, key=len) for both in zip(*([one.text for one in side] for side in found), strict=True)]
    predicted, gold = ([replace(o, text=t) for o, t in zip(side, texts, strict=True)] for side in found)
    voids = [Void("entities", "PER", entity=f"e{at}") for at, number in enumerate(lost) for _ in range(number)]
    voids += [Void("entities.whole", type_, mentions=size) for type_, size in lost_whole]
    both = [Pair(g, p, () if at else voids) for at, (p, g) in enumerate(zip(predicted, gold, strict=True))]
    return Block(both, INVENTORY, coreferent=coreferent)


def meeting(*documents):
    """A block of documents of clusters, predicted and gold; each has a type of its own, all of them coreferent."""
    sides = [
        [[TypedCluster(f"{side}{at}", spans) for at, spans in enumerate(both[side])] for both in documents]
        for side in (0, 1)
    ]
    types = frozenset(cluster.type for side in sides for clusters in side for cluster in clusters)
    return compared(*sides, coreferent=types)


def scores(block, singletons=True):
    """All measures of the documents of a block together."""
    c = (contingency if singletons else contingency_without_singletons)(block)
    return {name: Counts(*measure(c).sum(axis=0).tolist()) for name, measure in MEASURES.items()}


def both_scores(block):
    """All measures with singletons, and without."""
    return scores(block), scores(block, singletons=False)


def agree(found, exact):
    """Whether counts are the exact ones, of which every credit was rounded to the grain."""
    matched = (found.matched_predicted, found.matched_gold)
    wanted = (exact.matched_predicted, exact.matched_gold)
    return (found.predicted, found.gold) == (exact.predicted, exact.gold) and matched == pytest.approx(
        wanted, abs=(exact.predicted + exact.gold) * GRAIN
    )


def all_agree(found, exact):
    """The same of several counts."""
    return found.keys() == exact.keys() and all(agree(found[name], exact[name]) for name in exact)


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


def cleaned(clusters, numbers):
    """Clusters without repeated spans, the first kept, and without what is empty then; spans are numbered."""
    seen, kept = set(), []
    for cluster in clusters:
        fresh = {json.dumps(mention) for mention in cluster} - seen
        seen |= fresh
        at = [numbers.setdefault(mention, len(numbers)) for mention in sorted(fresh)]
        kept.append(frozenset((start, start + 1) for start in at))
    return [cluster for cluster in kept if cluster]


def test_published_values(conformance):
    """Every published triple, to its precision; where both sides are singletons only, MUC is None here, 0 there."""
    lines = (conformance / "coref" / "cases.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 41
    without_value = set()
    for case in map(json.loads, lines):
        numbers = {}
        block = meeting([cleaned(case[side], numbers) for side in ("response", "key")])
        for name, counts in scores(block).items():
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
    for found in both_scores(meeting((sides[1], sides[1]))):
        for counts in found.values():
            assert counts.precision == counts.recall == counts.f1
            assert counts.f1 in (1, None)


@given(both)
def test_swapping_the_sides_swaps_precision_and_recall(sides):
    """To the last digit, with spans in several clusters of a side too."""
    there, back = (both_scores(meeting(order)) for order in (sides, sides[::-1]))
    for one, other in zip(there, back, strict=True):
        assert one == {name: swapped(counts) for name, counts in other.items()}


@given(both, st.randoms(use_true_random=False))
def test_order_changes_nothing(sides, rng):
    """To the last digit: neither the order of clusters nor that in which their spans were added."""
    shuffled = [[frozenset(rng.sample(sorted(c), len(c))) for c in rng.sample(side, len(side))] for side in sides]
    assert both_scores(meeting(shuffled)) == both_scores(meeting(sides))


@given(both)
def test_matches_never_exceed_items(sides):
    """No share is below 0 or above 1."""
    for found in both_scores(meeting(sides)):
        for counts in found.values():
            assert 0 <= counts.matched_predicted <= counts.predicted
            assert 0 <= counts.matched_gold <= counts.gold


@given(both)
def test_clusters_without_singletons(sides):
    """Taking singletons out of the contingency is taking them out of the sides."""
    plural = [[cluster for cluster in side if len(cluster) > 1] for side in sides]
    assert scores(meeting(sides), singletons=False) == scores(meeting(plural))


@given(both, both)
def test_a_corpus_is_the_sum_of_its_documents(first, second):
    """The counts of two documents add up to those of both in one, and to those of a block of both."""
    apart = [[frozenset((start + 100, end + 100) for start, end in cluster) for cluster in side] for side in second]
    together = scores(meeting(([*first[0], *apart[0]], [*first[1], *apart[1]])))
    one, other = scores(meeting(first)), scores(meeting(second))
    added = {name: one[name] + other[name] for name in together}
    assert together == added == scores(meeting(first, second))


def test_nothing_on_either_side():
    """Nothing is counted, nothing is scored; with one side empty, F1 is 0 where the other has something."""
    assert all(counts == Counts() for counts in scores(meeting(([], []))).values())
    two = frozenset({(0, 1), (2, 3)})
    for name, counts in scores(meeting(([], [two]))).items():
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
    """Every measure is what its paper says, with singletons and without."""
    block = meeting(sides)
    assert all_agree(scores(block), slow_scores(*sides))
    plural = [[cluster for cluster in side if len(cluster) > 1] for side in sides]
    assert all_agree(scores(block, singletons=False), slow_scores(*plural))


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
    assert all_agree(scores(meeting((predicted, gold))), slow_scores(*own_mentions(predicted, gold)))


def test_a_span_of_two_types():
    """The square and the institution of the same name: both found is perfect, one merged into the other is not."""
    square, institution = frozenset({(0, 5), (10, 15)}), frozenset({(0, 5), (20, 25)})
    found = scores(meeting(([institution, square], [square, institution])))
    assert all(counts.f1 == 1 for counts in found.values())
    merged = scores(meeting(([square | institution], [square, institution])))["bcub"]
    assert agree(merged, Counts(5 / 3, 3, 2.5, 4))


@given(st.integers(0, 10**9), st.integers(2, 9), st.integers(2, 9), st.integers(0, 60))
def test_assignments_are_optimal(seed, rows, columns, mentions):
    """Where every cluster has mentions of many others, the sums are those of scipy's optimum."""
    rng = random.Random(seed)
    sides = [{}, {}]
    for start in range(mentions):
        for side, size in zip(sides, (rows, columns), strict=True):
            side.setdefault(rng.randrange(size), set()).add((start, start + 1))
    predicted, gold = ([frozenset(cluster) for cluster in side.values()] for side in sides)
    found = scores(meeting((predicted, gold)))
    for name, phi in (("ceafm", phi3), ("ceafe", phi4)):
        matrix = np.array([[float(phi(p, g)) for g in gold] for p in predicted]).reshape(len(predicted), len(gold))
        best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
        assert found[name].matched_gold == found[name].matched_predicted == pytest.approx(best, abs=9 * GRAIN)


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
        for found in both_scores(meeting((predicted, gold))):
            for counts in found.values():
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


@given(partitions(), st.data())
def test_a_lost_mention_is_one_that_gold_lacks(sides, data):
    """A mention without a place counts in its cluster as one at a span that gold has nothing at; also if it is alone.

    So do all those of an entity that is lost whole, if its type takes part in coreference. But what has no place makes
    no singleton more than that.
    """
    predicted, gold = ([TypedCluster("PER", cluster) for cluster in side] for side in sides)
    predicted += [TypedCluster("PER", frozenset()) for _ in range(data.draw(st.integers(0, 2)))]
    lost = [data.draw(st.sampled_from((0, 0, 1, 2)) if spans else st.integers(1, 2)) for _, spans in predicted]
    lost_whole = data.draw(st.lists(st.tuples(st.sampled_from(["ORG", "DATE"]), st.integers(1, 3)), max_size=2))
    nowhere = [TypedCluster(type_, frozenset()) for type_, _ in lost_whole]
    beyond = iter(range(100, 200))
    elsewhere = [
        TypedCluster(type_, spans | {(at, at + 1) for at, _ in zip(beyond, range(more), strict=False)})
        for (type_, spans), more in zip(predicted + nowhere, lost + [size for _, size in lost_whole], strict=True)
    ]
    block = compared([predicted], [gold], lost=lost, lost_whole=lost_whole)
    assert scores(block) == scores(compared([elsewhere], [gold]))
    single = [cluster.spans for cluster in predicted if len(cluster.spans) == 1]
    plural = [cluster for cluster in elsewhere if not any(one <= cluster.spans for one in single)]
    assert scores(block, singletons=False) == scores(compared([plural], [gold]), singletons=False)


# -- whole entities ------------------------------------------------------------------------------------------


def slow_soft(clusters, others, lost=()):
    """DWIE: for each cluster the share of its (span, type) that stand in any cluster of the other side; by type.

    ``lost``: how many mentions more each cluster has, which stand in none.
    """
    there = {(span, type_) for type_, cluster in others for span in cluster}
    sums = Counter({type_: Fraction(0) for type_, _ in clusters})
    for (type_, cluster), more in zip(clusters, lost or [0] * len(clusters), strict=True):
        if cluster:
            sums[type_] += Fraction(sum((span, type_) in there for span in cluster), len(cluster) + more)
    return sums


@given(typed_sides(), st.data())
def test_soft_and_hard_by_definition(sides, data):
    """The measures are what DWIE defines, by type, in the order of types; a lost mention is one that gold has not."""
    predicted, gold = sides
    lost = [data.draw(st.sampled_from((0, 0, 1, 2))) for _ in predicted]
    block = compared([predicted], [gold], lost=lost)
    lenient, strict = soft(block).tally(), hard(block).tally()
    mine, yours = slow_soft(predicted, gold, lost), slow_soft(gold, predicted)
    sizes = [Counter(type_ for type_, _ in side) for side in sides]
    types = sorted({*sizes[0], *sizes[1]})
    assert list(lenient) == list(strict) == types
    for type_ in types:
        kept = [cluster for cluster, more in zip(predicted, lost, strict=True) if not more]
        equal = sum(cluster in kept for cluster in gold if cluster.type == type_)
        assert strict[type_] == Counts(equal, sizes[0][type_], equal, sizes[1][type_])
        exact = Counts(float(mine[type_]), sizes[0][type_], float(yours[type_]), sizes[1][type_])
        assert agree(lenient[type_], exact)


@given(typed_sides(), st.randoms(use_true_random=False))
def test_laws_of_whole_entities(sides, rng):
    """Perfect against itself, swapped with the sides, the same in any order; hard ≤ soft ≤ the items."""
    predicted, gold = sides
    for measure in (soft, hard):
        tally = measure(compared([predicted], [gold])).tally()
        assert total(measure(compared([gold], [gold])).tally()).f1 in (1, None)
        back = measure(compared([gold], [predicted])).tally()
        assert back == {type_: swapped(counts) for type_, counts in tally.items()}
        assert measure(compared(*([rng.sample(side, len(side))] for side in sides))).tally() == tally
    block = compared([predicted], [gold])
    for type_, strict in hard(block).tally().items():
        lenient = soft(block).tally()[type_]
        assert 0 <= strict.matched_predicted <= lenient.matched_predicted <= lenient.predicted
        assert 0 <= strict.matched_gold <= lenient.matched_gold <= lenient.gold


def test_soft_does_not_ask_how_mentions_are_clustered():
    """An entity split in two has all its mentions found; of a wrong type, or only in part, it has not."""
    entity = TypedCluster("PER", frozenset({(0, 1), (2, 3)}))
    halves = [TypedCluster("PER", frozenset({span})) for span in entity.spans]
    assert soft(compared([halves], [[entity]])).tally() == {"PER": Counts(2, 2, 1, 1)}
    assert soft(compared([halves[:1]], [[entity]])).tally() == {"PER": Counts(1, 1, 0.5, 1)}
    other = entity._replace(type="ORG")
    assert soft(compared([[other]], [[entity]])).tally() == {"ORG": Counts(0, 1), "PER": Counts(gold=1)}
    assert hard(compared([halves], [[entity]])).tally() == {"PER": Counts(0, 2, 0, 1)}


# -- documents -----------------------------------------------------------------------------------------------


def chains(document):
    """The exact spans of the entities that take part in coreference."""
    return [
        frozenset((mention.start, mention.end) for mention in entity.mentions)
        for entity in document.entities
        if entity.type in COREFERENT
    ]


@given(pairs())
def test_documents(sides):
    """Coreference asks for no type; issues take part in neither, dates and what has no mention in whole entities."""
    gold, predicted = sides
    block = Block([Pair(gold, predicted)], INVENTORY)
    assert both_scores(block) == both_scores(meeting((chains(predicted), chains(gold))))
    counts = total(hard(block).tally())
    assert counts.predicted == sum(entity.type != "ISSUE" for entity in predicted.entities)
    assert counts.gold == sum(entity.type != "ISSUE" for entity in gold.entities)
    others = [TypedCluster("DATE", frozenset({(0, 1)})), TypedCluster("PER", frozenset())]
    block = compared([others], [others[:1]])
    assert all(counts == Counts() for counts in scores(block).values())
    assert hard(block).tally() == {"DATE": Counts(1, 1, 1, 1), "PER": Counts(0, 1)}
