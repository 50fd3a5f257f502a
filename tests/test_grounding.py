"""Quotes, units and first lines become spans; what does not hold is set apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError, convert
from test_schemas import spoilt

from khabar.grounding import Placed, Prediction, ground
from khabar.model import Document
from khabar.quotes import Located, find_quote, whole_word
from khabar.schemas import inventory

TEXT = "زار وزير بغداد، وببغداد التقى 🙂 رئيس بغداديات.\n\nثم عاد\nإلى بغداد"
GOLD = Document(doc_id="d", text=TEXT)


def grounded(kind=Prediction, **layers):
    """A prediction of these layers, grounded in the text."""
    return ground(convert({"doc_id": "d", **layers}, kind), GOLD, inventory())


def one(span, **more):
    """A prediction of one entity with one mention."""
    return grounded(entities=[{"id": "e", "type": "GPE", "mentions": [span]}], **more)


def texts(found):
    """The words of the mentions that were found."""
    return [mention.text for entity in found.document.entities for mention in entity.mentions]


def test_offsets_count_code_points_unless_said():
    """The same words by code points, UTF-16 units and UTF-8 bytes."""
    start = TEXT.index("رئيس")
    assert texts(one({"start": start, "end": start + 4})) == ["رئيس"]
    assert texts(one({"start": start + 1, "end": start + 5, "text": "رئيس"}, offset_unit="utf16")) == ["رئيس"]
    before = len(TEXT[:start].encode())
    assert texts(one({"start": before, "end": before + 8}, offset_unit="byte")) == ["رئيس"]


@given(st.text(alphabet="aك🙂é\n", min_size=1, max_size=20), st.data())
def test_units_agree_with_encodings(text, data):
    """A span in UTF-16 units or bytes is the span of the same characters."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    gold = Document(doc_id="d", text=text)
    for unit, size in (("utf16", lambda t: len(t.encode("utf-16-le")) // 2), ("byte", lambda t: len(t.encode()))):
        span = {"start": size(text[:start]), "end": size(text[:end]), "text": text[start:end]}
        given_ = {"doc_id": "d", "offset_unit": unit, "mentions": [{"type": "PER", **span}]}
        found = ground(convert(given_, Prediction), gold, inventory())
        assert not found.faults
        assert found.document.entities[0].mentions[0].edges == (start, end)


def test_an_offset_inside_a_character_is_a_fault():
    """Half an emoji and half a letter are no edges."""
    emoji = TEXT.index("🙂")
    for unit, start in (("utf16", emoji + 1), ("byte", 1)):
        found = one({"start": start, "end": start + 1}, offset_unit=unit)
        assert [fault.rule for fault in found.faults] == ["span.bounds"]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ({"text": "وزير"}, ["وزير"]),
        ({"text": "بغداد", "occurrence": 4}, ["بغداد"]),
        ({"text": "بغداد", "occurrence": "all"}, ["بغداد", "بغداد", "بغداد"]),
        ({"text": "بغداد", "prefix": "وب"}, ["بغداد"]),
        ({"text": "بغداد", "suffix": "يات"}, ["بغداد"]),
        ({"text": "بغداد"}, []),
        ({"text": "بغداد", "occurrence": 5}, []),
        ({"text": "دمشق"}, []),
        ({"text": "داد", "occurrence": "all"}, []),
    ],
)
def test_quotes(quote, expected):
    """Alone a quote must stand once; an occurrence counts every hit; "all" takes whole words, proclitics allowed."""
    found = one(quote)
    assert texts(found) == expected
    assert len(found.unlocated) == (not expected)
    assert not found.faults
    assert found.quoted


def test_occurrences_overlap():
    """In «ههه» the quote «هه» stands twice."""
    assert find_quote("ههه", Located(text="هه", occurrence=2)) == ((1, 3),)


@pytest.mark.parametrize(
    ("text", "word", "whole"),
    [
        ("وبكركوك", "كركوك", True),
        ("وكركوك", "كركوك", True),
        ("للحكومة", "لحكومة", True),
        ("هكركوك", "كركوك", False),
        ("كركوكي", "كركوك", False),
        ("بوكركوك", "كركوك", False),
        ("كركوكَ", "كركوك", False),
        ("«كركوك»", "كركوك", True),
        ("كركوك؟", "كركوك", True),
        ("كركوك؛", "كركوك", True),
        ("بـ22", "22", True),
    ],
)
def test_whole_words_allow_proclitics_before(text, word, whole):
    """[وف]?[بكلس]? may stand before; a letter or a mark after the word may not."""
    at = text.index(word)
    assert whole_word(text, at, at + len(word)) is whole


def test_a_section_by_its_first_line_runs_to_the_next():
    """White space at its end is trimmed; the last one runs to the end of the text."""
    found = grounded(subsections=[{"first": "زار وزير", "kind": "lead"}, {"first": "ثم عاد", "kind": "body"}])
    sections = found.document.subsections
    assert [TEXT[s.start : s.end] for s in sections] == [TEXT.split("\n")[0], "ثم عاد\nإلى بغداد"]


def test_a_first_line_that_is_not_there_is_one_void():
    """It is a spurious section of its kind."""
    found = grounded(subsections=[{"first": "لا", "kind": "body"}])
    assert [(void.layer, void.label) for void in found.unlocated] == [("subsections", "body")]


def test_a_quote_without_a_place_says_which_and_why():
    """Its pointer, its words, the reason and the places that it could mean, beside what is lost with it."""
    found = grounded(
        entities=[{"id": "e", "type": "GPE", "mentions": [{"text": "وزير"}, {"text": "بغداد"}, {"text": "وزير"}]}],
        relations=[{"type": "near", "head": "e", "tail": "e", "evidence": [{"text": "لا"}, {"text": "دمشق"}]}],
        subsections=[{"first": "ثم عاد", "kind": "body", "heading": {"text": "زار"}}, {"first": "ثم", "kind": "box"}],
    )
    assert not found.faults
    assert [(one.layer, one.label, one.pointer, one.quote, one.reason) for one in found.unlocated] == [
        ("entities", "GPE", ("entities", 0, "mentions", 1), "بغداد", "ambiguous"),
        ("entities", "GPE", ("entities", 0, "mentions", 2), "وزير", "repeated"),
        ("relations.evidence", "near", ("relations", 0, "evidence", 0), "لا", "not found"),
        ("relations.evidence", "near", ("relations", 0, "evidence", 1), "دمشق", "not found"),
        ("heading", "", ("subsections", 0, "heading"), "زار", "outside"),
        ("subsections", "box", ("subsections", 1), "ثم", "repeated"),
    ]
    assert len(found.unlocated[0].places) == 4


def test_the_tiers_that_found_something_are_counted():
    """Mentions, evidence, first lines and headings; offsets are no quotes."""
    prediction = {
        "doc_id": "d",
        "mentions": [{"type": "PER", "text": "وزيـر"}, {"type": "GPE", "start": 0, "end": 3}],
        "subsections": [{"first": "الى بغداد", "kind": "body", "heading": {"text": "إلى بغداد"}}],
    }
    found = ground(convert(prediction, Prediction), GOLD, inventory(), "fuzzy")
    assert found.tiers == {"normalised": 2, "exact": 1}
    assert not found.unlocated
    plain = ground(convert(prediction, Prediction), GOLD, inventory())
    assert plain.tiers == {}
    assert [one.quote for one in plain.unlocated] == ["وزيـر", "الى بغداد"]


def test_what_was_rejected_before_is_lost():
    """Each is a void of its layer and label."""
    found = grounded(stance=[], rejected=[{"layer": "stance", "label": "favor"}])
    assert [(void.layer, void.label) for void in found.rejected] == [("stance", "favor")]


FAULTS = {
    "label": {"entities": [{"id": "e", "type": "PERS", "mentions": [{"start": 0, "end": 3}]}]},
    "id": {"entities": [{"id": "e", "type": "PER", "mentions": [{"start": i, "end": 3}]} for i in (0, 1)]},
    "span.bounds": {"mentions": [{"type": "PER", "start": 0, "end": 999}]},
    "span.text": {"mentions": [{"type": "PER", "start": 0, "end": 3, "text": "وزر"}]},
    "span.repeated": {"mentions": [{"type": "PER", "start": 0, "end": 3}] * 2},
    "reference": {"mentions": [], "relations": [{"type": "near", "head": "x", "tail": "y"}]},
    "section.overlap": {
        "subsections": [{"start": 0, "end": 9, "kind": "lead"}, {"start": 5, "end": 12, "kind": "body"}]
    },
    "section.heading": {"subsections": [{"start": 0, "end": 9, "kind": "lead", "heading": {"start": 10, "end": 12}}]},
    "text": {"text": "another", "mentions": [{"type": "PER", "start": 0, "end": 3}]},
    "track": {"stance_pairs": "gold", "stance": []},
}


@pytest.mark.parametrize("rule", FAULTS)
def test_what_does_not_hold_is_a_fault_and_leaves_a_document(rule):
    """Each kind of fault is named, says what is lost, and the rest is a sound document."""
    found = grounded(**FAULTS[rule])
    assert rule in {fault.rule for fault in found.faults}
    assert isinstance(found.document, Document)
    assert all(fault.message and fault.fix for fault in found.faults)
    assert rule == "track" or any(fault.voids for fault in found.faults)


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_entities_that_claim_a_place_the_surest_has_it(order):
    """One place goes before all of a name, and that before all of other words; who gets none at all is repeated."""
    text = "محافظة كركوك وكركوك وكركوك"
    gold = Document(doc_id="d", text=text)
    everywhere = {"text": "كركوك", "occurrence": "all"}
    said = [
        {"id": "p", "name": "محافظة كركوك", "mentions": [{"text": "محافظة كركوك"}, everywhere]},
        {"id": "c", "name": "كركوك", "mentions": [everywhere]},
        {"id": "o", "mentions": [{"text": "كركوك", "occurrence": 2}]},
        {"id": "n", "mentions": [everywhere]},
    ]
    entities = [{"type": "GPE"} | one for one in said[::order]]
    found = ground(convert({"doc_id": "d", "entities": entities}, Prediction), gold, inventory())
    places = {one.id: [mention.edges for mention in one.mentions] for one in found.document.entities}
    assert places == {"p": [(0, 12)], "c": [(7, 12), (21, 26)], "o": [(14, 19)], "n": []}
    assert sorted((one.entity, one.reason) for one in found.unlocated) == [("n", "repeated"), ("p", "repeated")]


def test_everything_wrong_with_an_item_is_said_at_once_and_costs_it_once():
    """Each part of a relation, of a stance and of a section that does not hold is a fault; the item is lost once."""
    found = grounded(
        mentions=[],
        relations=[{"type": "nearby", "head": "x", "tail": "y"}],
        stance=[{"holder": "x", "target": "y", "label": "pro", "mode": "loud", "source": "z"}],
        subsections=[{"start": 0, "end": 9, "kind": "intro", "function": "begin"}],
    )
    assert [fault.pointer for fault in found.faults] == [
        *(("relations", 0, part) for part in ("type", "head", "tail")),
        *(("stance", 0, part) for part in ("label", "holder", "target", "mode", "source")),
        *(("subsections", 0, part) for part in ("function", "kind")),
    ]
    lost = [(void.layer, void.label) for fault in found.faults for void in fault.voids]
    section = [("subsections", "intro"), ("boundary", ""), ("function", "begin")]
    assert lost == [("relations", "nearby"), ("stance", "pro"), *section]


def _shape(found):
    """Everything that scoring sees of what was grounded."""
    document = found.document
    quotes = [[(q.edges, q.text) for q in one.evidence] for one in (*document.relations, *document.stance)]
    return (
        [(e.id, e.type, e.name or None, [(m.edges, m.text, m.form) for m in e.mentions]) for e in document.entities],
        [(r.id, r.type, r.head, r.tail) for r in document.relations],
        [(s.id, s.holder, s.target, s.label, s.mode, s.source) for s in document.stance],
        quotes,
        [(s.id, s.start, s.end, s.kind, s.story, s.function) for s in document.subsections],
        [s.heading and (s.heading.edges, s.heading.text) for s in document.subsections],
        found.rejected,
        sorted(found.has),
        [(fault.rule, fault.pointer, fault.voids) for fault in found.faults],
    )


SPANS = st.tuples(
    st.integers(0, 3), st.integers(4, 7), st.sampled_from(["name", "name", "nominal", "name", "nominal", "wrong"])
)
ENTITIES = st.tuples(
    st.sampled_from(["a", "b", "c", "a", "b", "author"]),
    st.sampled_from(["PER", "GPE", "PER", "GPE", "PERS"]),
    st.lists(SPANS, min_size=1, max_size=2),
)


@given(st.lists(ENTITIES, max_size=3), st.sampled_from([0, 0, 0, 1, -1, 60]))
def test_what_is_taken_as_it_comes_is_what_would_be_built(entities, shift):
    """Spans that give their words may be taken as they were read; those that do not are built, and mean the same."""

    def spans(found, *given):
        return [{"start": s + shift, "end": e + shift, **({"text": TEXT[s:e]} if given else {})} for s, e, *_ in found]

    def prediction(*given):
        read_as = Placed if Placed in given else Prediction
        layers = {
            "entities": [
                {
                    "id": name,
                    "type": kind,
                    "mentions": [
                        span | {"form": form} for span, (*_, form) in zip(spans(found, *given), found, strict=True)
                    ],
                }
                for name, kind, found in entities
            ],
            "relations": [
                {"type": "near", "head": "a", "tail": name, "evidence": spans(found, *given)}
                for name, _, found in entities
            ],
        }
        return _shape(grounded(read_as, **layers))

    told = prediction("text")
    assert told == prediction("text", Placed)
    if shift == 0:
        assert told == prediction()
    elif entities:
        assert told[-1]


def _placed(start, end, **more):
    return {"start": start, "end": end, "text": TEXT[start:end], **more}


SOUND = {
    "doc_id": "d",
    "offset_unit": "codepoint",
    "text": TEXT,
    "entities": [
        {
            "id": "a",
            "type": "PER",
            "name": None,
            "mentions": [_placed(4, 8, form="nominal"), _placed(0, 3, form="name")],
        },
        {"id": "b", "type": "GPE", "name": None, "wikidata": "Q1530", "mentions": [_placed(9, 14, form="name")]},
    ],
    "relations": [{"id": "x", "type": "near", "head": "a", "tail": "b", "evidence": [_placed(4, 14)]}],
    "stance": [
        {"holder": "author", "target": "a", "label": "favor", "mode": "stated", "source": "b", "evidence": []},
        {"holder": "a", "target": "b", "label": "against", "mode": None},
    ],
    "subsections": [
        {"start": 0, "end": 9, "kind": "lead", "function": "main_event", "story": 1, "heading": _placed(0, 3)},
        {"start": 9, "end": 20, "kind": "body", "heading": None},
    ],
    "rejected": [{"layer": "stance", "label": "favor"}],
}


@given(spoilt(SOUND) | st.just(SOUND))
def test_a_placed_prediction_means_what_any_prediction_means(value):
    """Whatever can be read with all its spans placed, sound or not, is grounded as what is read in the usual way."""
    try:
        placed = convert(value, Placed)
    except ValidationError:
        return
    assert _shape(ground(placed, GOLD, inventory())) == _shape(ground(convert(value, Prediction), GOLD, inventory()))


def test_a_sound_prediction_is_taken_as_it_was_read():
    """Its spans are those of the prediction, not built anew."""
    placed = convert(SOUND, Placed)
    found = ground(placed, GOLD, inventory())
    assert not found.faults
    assert found.document.entities[0].mentions[0] is placed.entities[0].mentions[0]
    assert found.document.subsections[0].heading is placed.subsections[0].heading


def test_a_text_that_is_elsewhere_is_told_where():
    """The fix names the nearest place of the words."""
    found = one({"start": 0, "end": 5, "text": "بغداد"})
    assert "9..14" in found.faults[0].fix


def test_an_entity_whose_quotes_are_not_found_stays_for_its_relations():
    """A relation to it is no broken reference: it is a relation that cannot match."""
    found = grounded(
        entities=[{"id": "e", "type": "GPE", "mentions": [{"text": "دمشق"}]}],
        relations=[{"type": "near", "head": "e", "tail": "e"}],
    )
    assert not found.faults
    assert len(found.document.relations) == 1
