"""Intervals, tests and comparisons: held against plain loops over resamples, exchanges and published rules."""

import re
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple
from strategies import INVENTORY, pairs
from typer.testing import CliRunner

import khabar
from khabar.block import Block, Pair, Table
from khabar.cli import app
from khabar.counts import Counts, Share, total
from khabar.ledger import Ledger
from khabar.measures import MEASURES, Measure
from khabar.model import Document, Entity, Mention
from khabar.problems import Invalid
from khabar.scoring import parsed
from khabar.uncertainty import FIGURES, Figure, differences, holm, intervals, macro, point, values

F1 = Figure("x", (("x", ""),))


def ledger(*documents, share=False, names=None):
    """A ledger of one measure, with counts that are given; ``names`` are the ids of the documents."""
    numbers = np.array([astuple(counts) for counts in documents], dtype=float)
    kind = {"share": lambda _: numbers} if share else {"counts": lambda _: Table(("",), numbers[:, None])}
    about = {"name": "x", "layer": "entities", "about": "", "formula": "", "source": "", "needs": frozenset()}
    found = Ledger([Measure(**about, **kind)])
    names = names or [f"d{n:03}" for n in range(len(documents))]
    empty = [Document(doc_id=name, text="") for name in names]
    found.add(Block([Pair(nothing, nothing) for nothing in empty], INVENTORY))
    return found


items = st.integers(0, 6)
counted = st.builds(lambda right, more, less: Counts(right, right + more, right, right + less), items, items, items)


def test_intervals_hold_the_figure_and_are_the_same_every_time():
    """The bootstrap is seeded; documents that are alike give a point; one document gives none."""
    found = ledger(Counts(8, 10, 8, 9), Counts(2, 10, 2, 9), Counts(5, 5, 5, 5))
    (interval,) = intervals(found, [F1])
    assert interval.low < 15 / 24 < interval.high
    assert intervals(found, [F1]) == [interval]
    assert intervals(ledger(*[Counts(1, 2, 1, 2)] * 5), [F1]) == [(0.5, 0.5, 0)]
    assert intervals(ledger(Counts(8, 10, 8, 9)), [F1]) == [None]


@given(st.lists(counted, min_size=2, max_size=6))
def test_a_resample_is_the_documents_drawn(documents):
    """The interval is the percentiles of F1 over the same draws, added up one document after the other."""
    draws = np.random.default_rng(7).integers(0, len(documents), size=(50, len(documents)), dtype=np.int32)
    scores = [sum((documents[at] for at in row), Counts()).f1 for row in draws]
    known = [score for score in scores if score is not None]
    (interval,) = intervals(ledger(*documents), [F1], 50, 7)
    if not known:
        assert interval is None
        return
    assert interval[:2] == pytest.approx(tuple(np.percentile(known, [2.5, 97.5])))
    assert interval.dropped == len(scores) - len(known)


@given(st.lists(st.tuples(counted, counted), min_size=1, max_size=5))
def test_the_test_of_few_documents_tries_every_exchange(documents):
    """p is the share of exchanges whose difference is at least as great, of those in which there is a difference."""
    one, two = zip(*documents, strict=True)

    def apart(exchanged):
        a = sum((y if swap else x for x, y, swap in zip(one, two, exchanged, strict=True)), Counts()).f1
        b = sum((x if swap else y for x, y, swap in zip(one, two, exchanged, strict=True)), Counts()).f1
        return None if a is None or b is None else a - b

    observed = apart([False] * len(one))
    (found,) = differences(ledger(*one), ledger(*two), [F1])
    if observed is None:
        assert found.p is None
        return
    every = [d for way in product((False, True), repeat=len(one)) if (d := apart(way)) is not None]
    great = sum(abs(d) >= abs(observed) - 1e-9 for d in every)
    assert found.difference == pytest.approx(observed)
    assert found.p == pytest.approx(great / len(every))


SPURIOUS = Counts(0, 1, 0, 0)


@given(st.lists(st.tuples(counted, counted), min_size=1, max_size=15), st.integers(0, 14))
def test_no_difference_is_never_a_sign_of_one(documents, at):
    """Where two figures are the same p is 1; also with gold empty, where an exchange may leave a figure undefined."""
    one = [counts for counts, _ in documents]
    (same,) = differences(ledger(*one), ledger(*one), [F1], 10, 50)
    assert same.p in (None, 1)
    nothing = [Counts()] * len(one)
    first, last = ([*nothing[:n], SPURIOUS, *nothing[n + 1 :]] for n in (0, at % len(one)))
    (empty,) = differences(ledger(*first), ledger(*last), [F1], 10, 50)
    assert (empty.difference, empty.p) == (0, 1)


@given(st.data())
def test_the_order_of_documents_changes_no_interval_and_no_test(data):
    """Resamples and exchanges are drawn by the ids of documents, in whatever order either ledger has them."""
    rows = data.draw(st.lists(st.tuples(st.integers(0, 99), counted, counted), max_size=16, unique_by=lambda r: r[0]))
    if not rows:
        return
    made = []
    for shuffled in (rows, data.draw(st.permutations(rows)), data.draw(st.permutations(rows))):
        names = [f"d{name}" for name, *_ in shuffled]
        made.append([ledger(*(row[at] for row in shuffled), names=names) for at in (1, 2)])
    (one, two), (mine, _), (_, yours) = made
    assert intervals(one, [F1], 20) == intervals(mine, [F1], 20)
    assert differences(one, two, [F1], 20, 50) == differences(mine, yours, [F1], 20, 50)
    some = [name for name in one.names if name.endswith(("1", "2", "3"))]
    assert point(one, [F1], some) == point(mine, [F1], some)
    assert intervals(one, [F1], 20, documents=some) == intervals(mine, [F1], 20, documents=some[::-1])


@given(st.lists(st.tuples(counted | st.none(), counted | st.none()), min_size=1, max_size=15))
def test_a_document_that_only_one_system_has_is_nothing_on_the_other_side(documents):
    """Whether a ledger has a row of zeros for it, or none, is the same."""
    full, sparse = [], []
    for rows in zip(*documents, strict=True):
        full.append(ledger(*(row or Counts() for row in rows)))
        there = {name: row for name, row in zip(full[-1].names, rows, strict=True) if row is not None}
        sparse.append(ledger(*there.values(), names=list(there)) if there else Ledger([]))
    assert differences(*sparse, [F1], 20, 50, documents=full[0].names) == differences(*full, [F1], 20, 50)


def test_the_test_of_many_documents_is_sampled():
    """With R rounds p is (1 + #) / (1 + R): a great difference gives the least p, none gives 1."""
    good, bad = [Counts(9, 10, 9, 10)] * 40, [Counts(1, 10, 1, 10)] * 40
    (found,) = differences(ledger(*good), ledger(*bad), [F1], rounds=999)
    assert (found.p, found.difference) == (1 / 1000, pytest.approx(0.8))
    assert differences(ledger(*good), ledger(*good), [F1], rounds=999)[0].p == 1


def test_holm_is_the_published_procedure():
    """The example of Holm's step-down rule: the least p times the number of tests, and never less than before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(counted, min_size=1, max_size=8))
def test_many_sums_at_once_score_as_one(documents):
    """The figures of arrays of counts are those of Counts, None being NaN."""
    sums = np.array([[(c.matched_predicted, c.predicted, c.matched_gold, c.gold)] for c in documents], dtype=float)
    for score, counts in zip(values([F1], [("x", "")], sums)[:, 0], documents, strict=True):
        assert (None if np.isnan(score) else score) == pytest.approx(counts.f1)


@given(st.lists(pairs(), min_size=1, max_size=4))
def test_a_ledger_keeps_what_its_documents_count(documents):
    """Sums and rows are those of the documents by themselves, however they were put into blocks and ledgers."""

    chosen = [measure for measure in MEASURES if "training" not in measure.needs and not measure.mean_of]
    whole, first, second = Ledger(chosen), Ledger(chosen), Ledger(chosen)
    blocks = [Block([Pair(*pair)], INVENTORY) for pair in documents]
    whole.add(Block([Pair(*pair) for pair in documents], INVENTORY))
    for at, block in enumerate(blocks):
        (first if at < len(documents) // 2 else second).add(block)
    first.extend(second)
    for measure in chosen:
        if measure.counts:
            expected = sum((total(measure.counts(block).tally()) for block in blocks), Counts())
            assert total(whole.tally(measure.name)) == expected, measure.name
        for facet in ("label", *measure.facets):
            assert whole.tally(measure.name, facet) == first.tally(measure.name, facet), measure.name
    figures = [FIGURES[measure.name] for measure in chosen]
    assert point(whole, figures) == point(first, figures)
    assert intervals(whole, figures, 20) == intervals(first, figures, 20)


def test_the_mean_over_documents_counts_silence_as_the_worst():
    """A silent document is 0, or 1 for an error share; one with nothing to score is left out."""
    strict, pk = FIGURES["entities.strict"], FIGURES["subsections.pk"]
    found = ledger(Counts(1, 1, 1, 1), Counts(0, 0, 0, 3), Counts())
    one = strict._replace(parts=(("x", ""),))
    silent = {layer: [False, True, True] for layer in ("entities", "subsections")}
    assert macro(found, [one], silent) == [0.5]
    errors = ledger(Share(1, 4), Share(1, 4), Share(), share=True)
    assert macro(errors, [pk._replace(parts=(("x", ""),))], silent) == [(0.25 + 1) / 2]


TEXT = "زار الوزير بغداد"


def document(name, kind):
    """A document with one city."""
    city = Entity(id="e", type=kind, mentions=(Mention(11, 16, "بغداد"),))
    return Document(doc_id=name, text=TEXT, entities=(city,))


GOLD = [document(f"d{n}", "GPE") for n in range(3)]


def test_systems_are_compared_on_what_they_attempt():
    """Every pair on every measure, with Holm's p for the pairs of a measure, and warnings for few documents."""
    systems = {"good": GOLD, "half": [*GOLD[:1], *(document(f"d{n}", "LOC") for n in (1, 2))], "none": []}
    systems["none"] = [{"doc_id": "d0", "mentions": []}]
    found = khabar.compare(GOLD, systems, measures=["entities.strict", "entities.exact"])
    assert [(pair.a, pair.b) for pair in found.pairs][:3] == [("good", "half"), ("good", "none"), ("half", "none")]
    assert len(found.pairs) == 6
    first = found.pairs[0]
    assert first.difference == pytest.approx(2 / 3)
    assert first.p == 4 / 8
    assert first.p_holm == 1.0
    assert any("Fewer than" in note for note in found.notes)


@pytest.mark.parametrize("strange", [["x"], ["x", "a"], ["x", "x", "x"]])
@pytest.mark.parametrize("count", [3, 12, 13])
def test_documents_that_gold_has_not_are_paired_by_their_ids(strange, count):
    """Whichever system says something of them, and how often: its figures pay, each counts as one document."""
    gold = [document(f"d{n:02}", "GPE") for n in range(count)]
    said = [{"doc_id": name, "mentions": [{"type": "GPE", "start": 0, "end": 3}]} for name in strange]
    options = {"measures": ["entities.strict"], "invalid": "penalise"}
    found = khabar.compare(gold, {"a": gold, "b": [*said, *gold]}, **options)
    assert found.exact == (count + len(set(strange)) <= 12)
    assert found.rounds == (2 ** (count + len(set(strange))) if found.exact else 10_000)
    (pair,) = found.pairs
    assert pair.difference == pytest.approx(1 - 2 * count / (2 * count + len(strange)))
    assert pair.interval.low == 0 < pair.interval.high
    turned = khabar.compare(gold[::-1], {"b": [*gold, *said[::-1]], "a": gold}, **options)
    assert turned.pairs[0].p == pair.p
    assert turned.cards["b"].figure("entities.strict") == found.cards["b"].figure("entities.strict")
    both = khabar.compare(gold, {"a": [*gold, *said], "b": [*said, *gold]}, **options)
    assert (both.pairs[0].difference, both.pairs[0].p) == (0, 1)


def test_one_system_or_two_tracks_are_refused():
    """There is nothing to compare with one system, and figures of different tracks are no comparison."""
    with pytest.raises(Invalid, match="wants two"):
        khabar.compare(GOLD, {"a": GOLD})
    given = [{"doc_id": f"d{n}", "entities": "gold", "stance": []} for n in range(3)]
    with pytest.raises(Invalid, match="not given the same"):
        khabar.compare(GOLD, {"a": GOLD, "b": given})


def test_what_is_not_compared_is_said():
    """A measure that fewer than two attempt, if it was asked for or one attempts it; and a system that is silent."""
    some = [{"doc_id": f"d{n}", "mentions": []} for n in range(2)]
    found = khabar.compare(GOLD, {"a": GOLD, "b": some}, resamples=0)
    assert "Not compared, as no two systems attempt it: relations.strict, stance.strict" in found.notes[0]
    assert "\u2068b\u2069 is silent in a layer in 1 of 3 documents: that is missed." in found.notes
    asked = khabar.compare(GOLD, {"a": some, "b": some}, measures=["entities.strict", "stance.strict"], resamples=0)
    assert asked.notes[0] == "Not compared, as no two systems attempt it: stance.strict."
    assert not any("Not compared" in note for note in khabar.compare(GOLD, {"a": some, "b": some}, resamples=0).notes)


def test_files_that_cannot_be_compared_are_told_all_at_once(tmp_path):
    """What is wrong with each of them; or that one of them is named twice."""
    (tmp_path / "one.jsonl").write_text("")
    (tmp_path / "two.jsonl").write_text('{"doc_id": "d0", "mentions": [{"type": "X", "start": 0, "end": 3}]}')
    with pytest.raises(Invalid) as refused:
        khabar.compare(GOLD, [tmp_path / "one.jsonl", tmp_path / "two.jsonl"])
    assert [Path(problem.path).name for problem in refused.value.problems] == ["one.jsonl", "two.jsonl"]
    with pytest.raises(Invalid, match="is named twice"):
        khabar.compare(GOLD, [tmp_path / "two.jsonl"] * 2)


def test_the_command_compares_in_four_forms(tmp_path):
    """Text, JSON, Markdown and LaTeX say the same figures."""
    import json

    from khabar.corpus import open_set
    from khabar.dataset import lines
    from khabar.systems import predictions
    from khabar.systems.rules import predict

    texts = [(d.doc_id, d.text) for d in khabar.documents()]
    (tmp_path / "rules.jsonl").write_bytes(b"".join(predictions(predict, texts)))
    (tmp_path / "gold_itself.jsonl").write_bytes(b"".join(lines(open_set())))
    files = [str(tmp_path / name) for name in ("rules.jsonl", "gold_itself.jsonl")]
    out = {
        form: CliRunner().invoke(app, ["compare", *files, "--format", form]).stdout
        for form in ("text", "json", "markdown", "latex")
    }
    found = json.loads(out["json"])
    assert {"a", "b", "measure", "difference", "p", "p_holm", "interval"} == set(found["pairs"][0])
    score = found["systems"]["rules"]["scores"]["entities.strict"]["value"]
    for form in ("text", "markdown", "latex"):
        assert f"{100 * score:.2f}" in out[form]
        assert "The test is exact: every exchange of documents was tried (4096)." in out[form]
    assert (found["rounds"], found["exact"]) == (4096, True)
    assert "gold\\_itself" in out["latex"]
    assert "\\textbf{100.00}" in out["latex"]


def test_what_was_tried_is_said():
    """The rounds of the test are those that were asked for, unless it is exact; a test wants one at least."""
    many = [document(f"d{n}", "GPE") for n in range(13)]
    found = khabar.compare(many, {"a": many, "b": many[1:]}, measures=["entities.strict"], rounds=99)
    assert (found.rounds, found.exact) == (99, False)
    assert any("99 random exchanges" in note for note in found.notes)
    few = khabar.compare(GOLD, {"a": GOLD, "b": GOLD}, measures=["entities.strict"], rounds=99)
    assert (few.rounds, few.exact) == (8, True)
    with pytest.raises(Invalid, match="rounds cannot be 0"):
        khabar.compare(GOLD, {"a": GOLD, "b": GOLD}, rounds=0)


def test_the_signatures_of_a_comparison_say_how_its_test_was_made():
    """How many rounds were asked for, unless it is exact; a score has no such field."""

    def rounds(gold, asked):
        found = khabar.compare(gold, {"a": gold, "b": gold}, measures=["entities.strict"], rounds=asked)
        return [parsed(card.signature)["rounds"] for card in found.cards.values()]

    many = [document(f"d{n:02}", "GPE") for n in range(13)]
    assert rounds(many, 99) == [("99",)] * 2
    assert rounds(many, 98) == [("98",)] * 2
    assert rounds(GOLD, 99) == rounds(GOLD, 98) == [("exact",)] * 2
    assert "rounds" not in parsed(khabar.score(GOLD, GOLD).signature)


def test_of_equal_figures_all_the_best_are_bold():
    """Also where less is better; one that is not surely worse than any of them has its mark."""
    from khabar.report import comparison_latex

    half = [*GOLD[:1], *(document(f"d{n}", "LOC") for n in (1, 2))]
    systems = {"half": half, "one": GOLD, "two": GOLD[::-1]}
    table = comparison_latex(khabar.compare(GOLD, systems, measures=["entities.strict"]))
    assert re.findall(r"(\w+) & (.*) \\\\", table)[1:] == [
        ("half", "33.33$^\\dagger$"),
        ("one", "\\textbf{100.00}"),
        ("two", "\\textbf{100.00}"),
    ]
    own = list(khabar.documents("test"))
    worse = [msgspec.structs.replace(one, subsections=one.subsections[:1]) for one in own]
    table = comparison_latex(khabar.compare(own, {"w": worse, "a": own, "b": own}, measures=["subsections.pk"]))
    assert table.count("\\textbf{0.00}") == table.count("\\textbf") == 2


def test_a_measure_is_compared_once_and_only_where_two_attempt_it():
    """`overall` brings its parts and stands alone; a measure named twice is one; where nothing is shared it is said."""
    own = list(khabar.documents("test"))
    found = khabar.compare(own, {"a": own, "b": own}, measures=["overall", "overall"], resamples=0)
    assert [pair.measure for pair in found.pairs] == ["overall"]
    assert found.cards["a"].figure("overall")[0] == 1
    silent = [{"doc_id": own[0].doc_id, "subsections": []}]
    with pytest.raises(Invalid, match="no two of the systems attempt"):
        khabar.compare(own, {"a": own, "b": silent}, measures=["entities.strict"])


@pytest.mark.parametrize(
    ("name", "text", "markdown", "latex"),
    [
        ("a|b_c", "  a|b_c ", "| a\\|b\\_c |", "a\\textbar{}b\\_c &"),
        ("50%&#1", "  50%&#1 ", "| 50%\\&\\#1 |", "50\\%\\&\\#1 &"),
        ("~^\\", "  ~^\\ ", "| \\~^\\\\ |", "\\textasciitilde{}\\textasciicircum{}\\textbackslash{} &"),
        ("{$}", "  {$} ", "| {\\$} |", "\\{\\$\\} &"),
        ("*[1]", "  *[1] ", "| \\*\\[1\\] |", "\n{*}{[}1] &"),
        ("two\nlines", "  two lines ", "| two lines |", "two lines &"),
        ("نظام_1", "  \u2068نظام_1\u2069 ", "| \u2068نظام\\_1\u2069 |", "\\foreignlanguage{arabic}{نظام\\_1} &"),
        ("a\u202eb", "  a b ", "| a b |", "a b &"),
    ],
)
def test_names_of_systems_are_written_as_each_form_wants_them(name, text, markdown, latex):
    """What means something to Markdown or LaTeX is escaped, names stay on one line, Arabic ones move nothing."""
    from khabar.report import comparison_latex, comparison_markdown, comparison_text

    found = khabar.compare(GOLD, {name: GOLD, "other": GOLD[:1]}, measures=["entities.strict"])
    assert text in comparison_text(found)
    assert markdown in comparison_markdown(found)
    assert latex in comparison_latex(found)
    assert not any("\u202e" in form(found) for form in (comparison_text, comparison_markdown, comparison_latex))
