"""Errors in their text: marks that nest, windows that join, and one isolated line whatever the spans."""

from hypothesis import given
from hypothesis import strategies as st
from strategies import INVENTORY, pairs

from khabar.block import Block, Pair
from khabar.errors import classify, count
from khabar.explain import CONTEXT, Wanted, as_text, in_context
from khabar.grounding import Void
from khabar.model import Document
from khabar.scoring import evaluate

GOLD, PREDICTED = "⟦⟧", "‹›"


def test_marks_stand_where_the_spans_do():
    """Inside each other, side by side and across; equal spans nest."""
    text = "أبجد هوز حطي"
    assert in_context(text, [((0, 4), GOLD), ((0, 8), PREDICTED)]) == "‹⟦أبجد⟧ هوز› حطي"
    assert in_context(text, [((0, 4), GOLD), ((0, 4), PREDICTED)]) == "⟦‹أبجد›⟧ هوز حطي"
    assert in_context(text, [((0, 4), GOLD), ((4, 8), PREDICTED)]) == "⟦أبجد⟧‹ هوز› حطي"
    assert in_context(text, [((0, 6), GOLD), ((5, 12), PREDICTED)]) == "⟦أبجد ‹ه⟧وز حطي›"


def test_what_is_far_from_every_span_is_left_out():
    """Forty code points on either side; far spans have windows of their own, long ones lose their middle."""
    text = "س" * 1000
    shown = in_context(text, [((100, 102), GOLD), ((900, 902), PREDICTED)])
    around = "س" * CONTEXT
    assert shown == f"…{around}⟦سس⟧{around}… …{around}‹سس›{around}…"
    assert in_context(text, [((100, 900), GOLD)]) == f"…{around}⟦{around}… …{around}⟧{around}…"


@given(pairs(), st.sampled_from(["correct", None]))
def test_every_block_is_whole(pair, class_):
    """Whatever the documents: a block for each error that is wanted, its text last and isolated; no line is broken."""
    pair = Pair(*pair, [Void("entities", "GPE")])
    wanted = Wanted(class_=class_)
    lines = list(as_text([pair], INVENTORY, wanted))
    heads = [line for line in lines if line.startswith("d:")]
    assert len(heads) == sum(wanted.holds(error) for error in classify(pair, INVENTORY))
    assert not any("\n" in line for line in lines)
    assert all(line.count("\u2068") == line.count("\u2069") for line in lines)
    assert all(line.endswith("\u2069") for line in lines if "⟦" in line or "‹" in line)
    table = lines[lines.index(f"{'':34}{'gold':>8}{'predicted':>11}") + 1 :]
    figures = sum(int(part) for line in table for part in line.split()[-2:] if line.startswith("  "))
    assert figures == sum(count(Block([pair], INVENTORY)).values())


def test_only_layers_that_are_attempted_are_explained():
    """A system of mentions without coreference is not shown relations and stances that it could not give."""
    text = "زار بغداد"
    gold = Document(doc_id="d", text=text)
    mention = {"type": "GPE", "start": 4, "end": 9}
    guess = {"doc_id": "d", "mentions": [mention], "relations": [], "stance": []}
    evaluation = evaluate([gold], [guess], keep=1)
    found, layers = evaluation.pairs, evaluation.judged
    assert layers == ("entities",)
    assert [pair.gold for pair in found] == [gold]
