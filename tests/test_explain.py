"""Errors in their text: marks that nest, windows that join, and one isolated line whatever the spans."""

import json

from hypothesis import given
from hypothesis import strategies as st
from strategies import INVENTORY, pairs

from khabar.block import Block, Pair
from khabar.errors import classify, count
from khabar.explain import CONTEXT, Wanted, as_json, as_text, in_context
from khabar.grounding import Void
from khabar.model import Document, Entity, Mention, Relation
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


LOST = {
    "doc_id": "d",
    "entities": [
        {"id": "a", "type": "PER", "mentions": [{"text": "سلمى"}]},
        {"id": "b", "type": "GPE", "mentions": [{"text": "دمشق\u202e"}, {"text": "بغداد"}]},
    ],
    "relations": [{"type": "located_in", "head": "a", "tail": "b", "evidence": [{"text": "سلمى في دمشق"}]}],
    "subsections": [{"first": "سلمى", "kind": "lead", "heading": {"text": "عنوان"}}],
}
"""A prediction with quotes without a place: of a mention two, of evidence one, of a heading one."""


def lost_quotes():
    """The pair of that prediction and its run."""
    gold = Document(doc_id="d", text="سلمى من بغداد إلى بغداد")
    return evaluate([gold], [LOST], keep=1, resamples=0)


def test_quotes_without_a_place_are_given_with_their_reason():
    """Each stands once, in text and in JSON: why it has no place, and the places that it could mean."""
    run = lost_quotes()
    shown = list(as_text(run.pairs, INVENTORY, Wanted(class_="unlocated or invalid")))
    assert "    predicted GPE: not found: \u2068دمشق⟨U+202E⟩\u2069" in shown
    at = shown.index("    predicted GPE: ambiguous (2 places or more): \u2068بغداد\u2069")
    assert shown[at + 1] == "    \u2068سلمى من ‹بغداد› إلى ‹بغداد›\u2069"
    assert shown[shown.index("d: relations: evidence without a place (predicted)") + 1] == (
        "    predicted located_in: not found: \u2068سلمى في دمشق\u2069"
    )
    assert shown[shown.index("d: subsections: heading without a place (predicted)") + 1] == (
        "    not found: \u2068عنوان\u2069"
    )
    found = json.loads(as_json(run.pairs, INVENTORY, Wanted()))
    quotes = [quote for error in found["errors"] for quote in (error["predicted"] or {}).get("quotes", ())]
    assert [(quote["quote"], quote["reason"], len(quote["places"])) for quote in (*quotes, *found["quotes"])] == [
        ("دمشق\u202e", "not found", 0),
        ("بغداد", "ambiguous", 2),
        ("سلمى في دمشق", "not found", 0),
        ("عنوان", "not found", 0),
    ]
    assert len(run.scorecard().unlocated) == 4


def test_invalid_items_are_given_with_their_place_in_the_predictions():
    """Behind all documents, in text and in JSON, as `khabar score` lists them; not beside another class."""
    gold = Document(doc_id="d", text="سلمى")
    said = {"doc_id": "d", "mentions": [{"type": "PERS", "start": 0, "end": 4}, {"type": "PER", "start": 0, "end": 9}]}
    run = evaluate([gold], [said], keep=1, resamples=0, invalid="penalise")
    shown = list(as_text(run.pairs, INVENTORY, Wanted(), run.penalised))
    at = shown.index("invalid items counted as spurious")
    assert shown[at + 1 : at + 4] == [
        "    predictions:1 (at /mentions/0/type): there is no entities.type \u2068PERS\u2069",
        "    predictions:1 (at /mentions/1): 0..9 is not a span of this text of 4 code points",
        "",
    ]
    assert "invalid items counted as spurious" not in as_text(
        run.pairs, INVENTORY, Wanted(class_="missed"), run.penalised
    )
    listed = json.loads(as_json(run.pairs, INVENTORY, Wanted(), penalised=run.penalised))["penalised_items"]
    assert [(one["pointer"], one["items"]) for one in listed] == [("/mentions/0/type", 1), ("/mentions/1", 1)]


def test_a_rejected_label_stays_in_its_place():
    """A label that somebody's system gave is set apart, its controls of direction shown."""
    gold = Document(doc_id="d", text="سلمى")
    shown = list(as_text([Pair(gold, gold, [Void("entities", "\u202eمكان")])], INVENTORY, Wanted()))
    assert "    predicted \u2068⟨U+202E⟩مكان\u2069" in shown


def test_types_stand_beside_the_arguments_whose_types_differ():
    """An error of the class argument type shows the entity types of both sides, in text and in JSON."""
    text = "سلمى رئيسة الغرفة"

    def document(kind):
        people = Entity(id="a", type="PER", name="سلمى", mentions=(Mention(0, 4, "سلمى"),))
        body = Entity(id="b", type=kind, name="الغرفة", mentions=(Mention(11, 17, "الغرفة"),))
        return Document(
            doc_id="d",
            text=text,
            entities=(people, body),
            relations=(Relation(id="r", type="head_of", head="a", tail="b"),),
        )

    pair, wanted = Pair(document("ORG"), document("FAC")), Wanted(class_="argument type")
    shown = list(as_text([pair], INVENTORY, wanted))
    assert shown[1:3] == [
        f"    {side} head_of \u2068سلمى\u2069 (PER) → \u2068الغرفة\u2069 ({kind})"
        for side, kind in (("gold", "ORG"), ("predicted", "FAC"))
    ]
    (error,) = json.loads(as_json([pair], INVENTORY, wanted))["errors"]
    assert (error["gold"]["types"], error["predicted"]["types"]) == (["PER", "ORG"], ["PER", "FAC"])


def test_beside_a_wrong_argument_stands_whose_entity_it_is():
    """A predicted entity that shares more mentions with another gold entity than with the argument is that one."""
    text = "القوات الأميركية ثم القوات الأميركية في العراق"
    narrow, again, wide = Mention(0, 16, text[:16]), Mention(20, 36, text[20:36]), Mention(20, 46, text[20:46])
    person = Entity(id="p", type="PER", name="العراق", mentions=(Mention(40, 46, text[40:46]),))

    def document(forces, coalition, tail):
        entities = [Entity(id=i, type="ORG", mentions=spans) for i, spans in (("a", forces), ("b", coalition)) if spans]
        relation = Relation(id="r", type="head_of", head="p", tail=tail)
        return Document(doc_id="d", text=text, entities=(person, *entities), relations=(relation,))

    pair = Pair(document((narrow, again), (wide,), "b"), document((narrow, again, wide), (), "a"))
    (error,) = json.loads(as_json([pair], INVENTORY, Wanted(class_="wrong argument")))["errors"]
    assert error["predicted"]["stands_for"] == ["العراق", "القوات الأميركية"]
    shown = list(as_text([pair], INVENTORY, Wanted(class_="wrong argument")))
    assert shown[2].endswith("\u2068القوات الأميركية في العراق\u2069 (gold's \u2068القوات الأميركية\u2069)")
