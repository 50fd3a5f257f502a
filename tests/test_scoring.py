"""A run as a whole: bad predictions, silence, splits, tracks, forms of input, and what cannot change a figure."""

import gzip
import io
import json
import random
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_schemas import PREDICTION, spoilt

from khabar.checks import check
from khabar.comparison import compare
from khabar.corpus import open_set
from khabar.counts import Counts
from khabar.dataset import lines
from khabar.measures import HEADLINE
from khabar.model import LABEL, LAYERS, Document, Entity, Mention, Metadata, Quote, Relation, Section
from khabar.problems import Invalid
from khabar.report import as_json, as_text
from khabar.schemas import inventory, validator
from khabar.scoring import parsed, score, signature_differences, signed

TEXT = "زار الوزير بغداد.\nثم عاد إلى عمّان."


def document(doc_id="d", *spans, kind="GPE"):
    """A document of the text with an entity for each span."""
    entities = [
        Entity(id=f"e{i}", type=kind, name="n", mentions=(Mention(s, e, TEXT[s:e]),)) for i, (s, e) in enumerate(spans)
    ]
    return Document(doc_id=doc_id, text=TEXT, entities=tuple(entities))


GOLD = [document("a", (11, 16), (28, 33)), document("b", (11, 16))]


def mentions(doc_id, *spans, **more):
    """A prediction of mentions."""
    return {"doc_id": doc_id, "mentions": [{"type": "GPE", "start": s, "end": e} for s, e in spans], **more}


def test_gold_against_itself_is_perfect_through_every_form(tmp_path):
    """khabar's own set scored against itself: 1, or nothing to score; as a file, compressed, a folder, and shuffled."""
    plain = tmp_path / "gold.jsonl"
    plain.write_bytes(b"".join(lines(open_set())))
    with gzip.open(tmp_path / "gold.jsonl.gz", "wb") as file:
        file.write(plain.read_bytes())
    folder = open_set().place / "annotations"
    reports = [as_json(score(None, form)) for form in (plain, tmp_path / "gold.jsonl.gz", folder)]
    reports.append(as_json(score(plain, disguise(plain.read_bytes()))))
    for report in reports:
        for name, row in json.loads(report)["measures"].items():
            figure = row.get("f1", row.get("value"))
            assert figure in ((0, None) if name.endswith(("pk", "window_diff")) else (1, None)), name
    named = [json.loads(report) for report in reports]
    for report in named:
        report["signature"] = report["signature"].split("|", 1)[1]
    assert all(report == named[0] for report in named)


def disguise(raw: bytes) -> list[dict]:
    """Gold as a prediction with other ids, other orders and no names."""
    shuffle = random.Random(7).shuffle
    found = []
    for line in raw.splitlines():
        value = json.loads(line)
        names = {entity["id"]: f"x-{entity['id']}" for entity in value["entities"]} | {"author": "author"}
        for entity in value["entities"]:
            entity["id"] = names[entity["id"]]
            del entity["name"]
            shuffle(entity["mentions"])
        for relation in value["relations"]:
            relation.update(head=names[relation["head"]], tail=names[relation["tail"]])
            if relation["type"] in inventory().symmetric:
                relation.update(head=relation["tail"], tail=relation["head"])
        for stance in value["stance"]:
            stance.update(holder=names[stance["holder"]], target=names[stance["target"]], source=None)
        for layer in ("entities", "relations", "stance", "subsections"):
            shuffle(value[layer])
        found.append({k: v for k, v in value.items() if k not in ("metadata", "text")})
    return found


def test_the_json_report_is_as_its_schema_says():
    """The printed JSON validates against schemas/score.schema.json."""
    card = score(GOLD, [mentions("a", (11, 16))])
    assert not list(validator("score").problems(json.loads(as_json(card))))


def test_a_missing_document_is_silent_and_its_gold_is_missed():
    """A document without a prediction counts as missed, and the report says how many."""
    card = score(GOLD, [mentions("a", (11, 16), (28, 33))])
    assert (card.documents, card.silent, dict(card.silent_by_layer)) == (2, 1, {"entities": 1})
    assert card["entities.strict"].counts.recall == pytest.approx(2 / 3)
    assert "1 of them silent" in as_text(card)


def test_a_layer_that_no_document_has_is_not_attempted():
    """What is attempted belongs to the run: no row, no overall."""
    card = score(GOLD, [mentions("a"), mentions("b", relations=[])])
    assert {row.measure.split(".")[0] for row in card.rows} == {"entities", "relations"}
    assert card.overall is None
    assert "not attempted: stance, subsections" in as_text(card)


def test_a_system_without_coreference_is_not_scored_by_clusters():
    """With mentions in place of entities, of relations only relations.mention is attempted."""
    relations = [{"type": "near", "head": "m1", "tail": "m2"}]
    found = mentions("a", (11, 16), (28, 33), relations=relations)
    for name, mention in zip(("m1", "m2"), found["mentions"], strict=True):
        mention["id"] = name
    card = score(GOLD, [found])
    assert {row.measure for row in card.rows if row.measure.startswith("relations")} == {"relations.mention"}
    assert any("coreference" in note for note in card.notes)


def test_optional_parts_left_out_by_the_whole_run_are_not_attempted():
    """Without headings, functions and stories in any section, these measures have no row."""
    sections = [{"start": 0, "end": 17, "kind": "lead"}]
    card = score(GOLD, [{"doc_id": "a", "subsections": sections}])
    names = {row.measure for row in card.rows}
    assert "subsections.labelled" in names
    assert not names & {"subsections.heading", "subsections.function", "subsections.story"}
    sections[0]["heading"] = None
    assert score(GOLD, [{"doc_id": "a", "subsections": sections}])["subsections.heading"].counts.predicted == 0


def test_documents_of_another_split_are_skipped_and_counted():
    """A split chooses gold; predictions for the others are passed over, not errors."""
    whole = [with_metadata(gold, split=split) for split, gold in zip(("train", "test"), GOLD, strict=True)]
    card = score(whole, [mentions("a", (11, 16)), mentions("b", (11, 16))], split="test")
    assert (card.documents, card.skipped) == (1, 1)
    assert "split:test" in card.signature
    with pytest.raises(Invalid, match="no documents"):
        score(whole, [mentions("a")], split="validation")


BAD = {
    "not JSON": (b"{nonsense}\n", "json.syntax", 1),
    "truncated": (b'{"doc_id": "a", "mentions": []}\n{"doc_id": "b", "mentio', "json.syntax", 2),
    "not UTF-8": (b'{"doc_id": "a", "mentions": []}\n\xff\xfe\n', "json.syntax", 2),
    "another type": (b'{"doc_id": "a", "mentions": [{"type": "GPE", "start": "0", "end": 2}]}\n', "schema", 1),
    "half a character": (
        b'{"doc_id": "a", "mentions": [{"type": "\\ud800", "start": 0, "end": 2}]}\n',
        "json.syntax",
        1,
    ),
    "a bottomless nest": (b'{"doc_id": "a", "mentions": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "json.syntax", 1),
    "no doc_id": (b'{"mentions": []}\n', "schema", 1),
    "unknown document": (b'{"doc_id": "z", "mentions": []}\n', "doc_id", 1),
    "unknown label": (b'{"doc_id": "a", "mentions": [{"type": "gpe", "start": 0, "end": 2}]}\n', "label", 1),
    "broken reference": (
        b'{"doc_id": "a", "mentions": [], "relations": [{"type": "near", "head": "x", "tail": "y"}]}\n',
        "reference",
        1,
    ),
    "outside the text": (b'{"doc_id": "a", "mentions": [{"type": "GPE", "start": 0, "end": 99}]}\n', "span.bounds", 1),
    "text elsewhere": (
        '{"doc_id": "a", "mentions": [{"type": "GPE", "start": 0, "end": 5, "text": "بغداد"}]}\n'.encode(),
        "span.text",
        1,
    ),
    "doubled document": (b'{"doc_id": "a", "mentions": []}\n' * 2, "id", 2),
    "mixed tracks": (b'{"doc_id": "a", "mentions": []}\n{"doc_id": "b", "entities": "gold"}\n', "track", 2),
    "overlapping sections": (
        b'{"doc_id": "a", "subsections": ['
        b'{"start": 0, "end": 9, "kind": "lead"}, {"start": 5, "end": 12, "kind": "body"}]}\n',
        "section.overlap",
        1,
    ),
    "a span in two entities of one type": (
        b'{"doc_id": "a", "mentions": ['
        b'{"type": "GPE", "start": 0, "end": 3}, {"type": "GPE", "start": 0, "end": 3}]}\n',
        "span.repeated",
        1,
    ),
    "both entities and mentions": (b'{"doc_id": "a", "mentions": [], "entities": []}\n', "schema", 1),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_predictions_are_refused_with_their_place(kind, tmp_path):
    """Each kind of bad input gives its problem with file and line; with penalise it is scored and never better."""
    raw, rule, line = BAD[kind]
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(raw)
    with pytest.raises(Invalid) as error:
        score(GOLD, path)
    assert (rule, line) in {(problem.rule, problem.line) for problem in error.value.problems}
    assert all(problem.path == str(path) and problem.message for problem in error.value.problems)
    card = score(GOLD, path, invalid="penalise")
    assert "invalid:penalise" in card.signature
    for row in card.rows:
        if row.measure == "entities.strict":
            assert row.counts.matched_gold == 0


@pytest.mark.parametrize(
    "line",
    [
        '{"doc_id": "d", "mentions": [{"type": "GPE", "start": 0, "end": 3}], "mentions": []}',
        '{"doc_id": "d", "mentions": [{"type": "GPE", "start" : 0, "start" : 1, "end" : 3}]}',
        '{"doc_id": "d", "text": null, "mentions": [], "metadata": {"a": ":", "a": ":"}}',
        '{"doc_id":"d","entities":[{"id":"e","type":"GPE","mentions":[{"start":0,"end":3,"end":3,"text":"زار","form":"name"}]}]}',
        '{"doc_id":"d","relations":[],"relations":[],"entities":[{"id":"\\u003a","type":"GPE","mentions":[{"start":0,"end":3,"text":"زار","form":"name"}]}]}',
    ],
)
def test_a_property_that_stands_twice_is_refused(line, tmp_path):
    """Of two properties of one name none is silently lost, wherever they stand and however they are written."""
    (tmp_path / "p.jsonl").write_text(line, "utf-8")
    with pytest.raises(Invalid, match="stands twice") as caught:
        score([document("d")], tmp_path / "p.jsonl")
    assert [problem.rule for problem in caught.value.problems] == ["json.syntax"]


def test_every_problem_is_listed_not_only_the_first(tmp_path):
    """Three bad items on two lines are three problems, in order."""
    path = tmp_path / "p.jsonl"
    bad = [{"type": "X", "start": 0, "end": 2}, {"type": "GPE", "start": 0, "end": 99}]
    path.write_text(json.dumps({"doc_id": "a", "mentions": bad}) + '\n{"doc_id": "z"}\n')
    with pytest.raises(Invalid) as error:
        score(GOLD, path)
    places = [(problem.line, problem.pointer) for problem in error.value.problems]
    assert places == [(1, "/mentions/0/type"), (1, "/mentions/1"), (2, "/doc_id")]


def test_penalised_items_are_spurious_on_their_label():
    """An unknown label, a span outside the text, an unknown document: each a false positive of what it says it is."""
    bad = mentions("a", (11, 16), (0, 99))
    bad["mentions"].append({"type": "X", "start": 0, "end": 2})
    card = score(GOLD, [bad, mentions("z", (0, 3))], invalid="penalise")
    row = card["entities.strict"]
    assert row.counts.predicted == 4
    assert row.by_label["X"].predicted == 1
    assert card.penalised == 3


def test_entities_that_are_lost_whole_cost_the_precision_of_whole_entities():
    """An entity of a wrong form, one whose id stands twice, and all of a document that is given a second time."""
    there = {"id": "e0", "type": "GPE", "mentions": [{"start": 11, "end": 16}]}
    other = {"id": "e0", "type": "PER", "mentions": [{"start": 0, "end": 3}]}
    broken = {"id": "e9", "type": "ORG", "mentions": [{"start": 0.5, "end": 3}, {"start": 4, "end": 6}]}
    gold = [document("b", (11, 16))]
    good = {"doc_id": "b", "entities": [there]}
    for more in (other, broken):
        card = score(gold, [{"doc_id": "b", "entities": [there, more]}], invalid="penalise")
        assert card["entities.soft"].counts == card["entities.hard"].counts == Counts(1, 2, 1, 1)
    card = score(gold, [good, good], invalid="penalise")
    assert card["entities.hard"].counts == Counts(1, 2, 1, 1)
    assert card.penalised == 1


@pytest.mark.parametrize("name", ["{}", "{}-again"])
def test_a_document_that_is_penalised_costs_all_that_it_says(name, tmp_path):
    """Given twice, or of another set: each measure of matches has as many predicted items again, none of them right."""
    own = [json.loads(line) for line in b"".join(lines(open_set())).splitlines()]
    more = [line | {"doc_id": name.format(line["doc_id"])} for line in own]
    once, twice = score(None, own, resamples=0), score(None, own + more, resamples=0, invalid="penalise")
    for row, other in zip(once.rows, twice.rows, strict=True):
        before, after = row.counts, other.counts
        if not row.derived and row.share is None:
            assert after.matched_predicted == before.matched_predicted, row.measure
            # What training states is left out of unseen, and of what is lost it cannot be told.
            spurious = before.predicted if row.measure != "relations.unseen" else once["relations.strict"].counts.gold
            assert after.predicted == before.predicted + spurious, row.measure
    assert [(one.pointer, one.line) for one in twice.penalised_items] == [
        ("/doc_id", len(own) + number) for number in range(1, len(own) + 1)
    ]
    assert sum(one.items for one in twice.penalised_items) == twice.penalised


def test_an_item_that_is_not_sound_costs_its_parts_too():
    """A label that is none is never better than a wrong one: evidence, heading and function count as predicted.

    So it is whether the label is unknown, or no label at all, or the item has a property that there is not.
    """
    own = json.loads(b"".join(lines(open_set())).splitlines()[0])
    gold = list(open_set().documents())[:1]
    parts = {
        "relations": ("relations.evidence",),
        "stance": ("stance.evidence",),
        "subsections": ("subsections.heading", "subsections.function"),
    }
    whole = score(gold, [own], resamples=0)
    for layer, names in parts.items():
        for wrong in ({LABEL[layer]: "none"}, {LABEL[layer]: 1}, {"bogus": 1}):
            # The first item is sound, and gives evidence and the like: what no item gives is not scored.
            first, *others = sorted(own[layer], key=lambda item: not (item.get("evidence") or item.get("heading")))
            strange = own | {layer: [first, *(item | wrong for item in others)]}
            card = score(gold, [strange], invalid="penalise", resamples=0)
            for name in names:
                assert card[name].counts.matched_predicted <= whole[name].counts.matched_predicted, (name, wrong)
                assert card[name].counts.predicted == whole[name].counts.predicted, (name, wrong)
            assert card.penalised == len(others) == len(card.penalised_items)
            assert all(one.pointer.startswith(f"/{layer}/") and one.message for one in card.penalised_items)


def test_a_mention_that_is_not_sound_costs_what_its_form_says():
    """Of an entity that cannot be read each name counts as predicted, and no other mention."""
    gold = Document(doc_id="d", text="زار الوزير بغداد")
    mentions = [{"start": 0, "end": 3, "form": "nominal"}, {"start": 4, "end": 10, "form": "name"}]
    said = {"doc_id": "d", "entities": [{"id": "e1", "type": "PER", "mentions": mentions, "bogus": 1}]}
    card = score([gold], [said], invalid="penalise", resamples=0)
    assert card["entities.strict"].counts.predicted == 1


def test_what_is_penalised_is_listed(tmp_path):
    """With file, line and JSON path: ten in a text, all in JSON; also a line of which nothing could be read."""
    path = tmp_path / "p.jsonl"
    bad = mentions("a", *((0, 99 + n) for n in range(12)), rejected=[{"layer": "stance", "label": "pro"}])
    path.write_text(json.dumps(bad) + '\n{"doc_id": "b"\n', "utf-8")
    card = score(GOLD, path, invalid="penalise")
    assert card.penalised == 13
    text = as_text(card)
    assert "invalid items counted as spurious: 13\n" in text
    assert f"  {path}:1 (at /mentions/9): 0..108 is not a span of this text of {len(TEXT)} code points\n" in text
    assert "/mentions/10" not in text
    assert "  … and 4 more; --format json lists all\n" in text
    listed = json.loads(as_json(card))["penalised_items"]
    assert [one["pointer"] for one in listed[-3:]] == ["/mentions/11", "/rejected/0", ""]
    assert (listed[-1]["doc_id"], listed[-1]["line"], listed[-1]["items"]) == (None, 2, 0)


def test_a_mention_whose_form_is_wrong_is_lost_alone():
    """The entity keeps its other mentions and its size; it is lost whole where none is left, or where more is wrong."""
    text = "زار بغداد ثم بغداد"
    gold = Document(
        doc_id="a",
        text=text,
        entities=(Entity(id="e", type="GPE", mentions=(Mention(4, 9, "بغداد"), Mention(13, 18, "بغداد"))),),
    )
    broken = [{"start": "x", "end": 9}, {"start": 1, "end": 2, "extra": 0}]
    said = [{"id": "e", "type": "GPE", "mentions": [{"start": 4, "end": 9}, broken[0]]}]
    card = score([gold], [{"doc_id": "a", "entities": said}], invalid="penalise", resamples=0)
    assert card["entities.strict"].counts == Counts(1, 2, 1, 2)
    assert card["entities.soft"].counts == Counts(0.5, 1, 0.5, 1)
    assert [(one.pointer, one.items) for one in card.penalised_items] == [("/entities/0/mentions/1", 1)]
    for lost in ({"id": "e", "type": "GPE", "mentions": broken}, said[0] | {"extra": 0}):
        card = score([gold], [{"doc_id": "a", "entities": [lost]}], invalid="penalise", resamples=0)
        assert card["entities.strict"].counts == Counts(0, 2, 0, 2)
        assert card["entities.soft"].counts == Counts(0, 1, 0, 1)


LINES = "اب\nتث\nجح\nخد\nذر"


def sections(*edges):
    """Sections (start, end, kind) as predicted."""
    return [{"start": start, "end": end, "kind": kind} for start, end, kind in edges]


@pytest.mark.parametrize(
    "more", [(0, 14, "foo"), (0, 14, "body"), (99, 120, "body"), (5, 8, "body"), (-1, 3, "body"), (3, 5, "headline")]
)
def test_a_section_that_is_not_sound_takes_no_sound_one_away(more):
    """Of an unknown kind, over others or outside of the text: it costs a section and a boundary; nothing else moves."""
    gold = Document(
        doc_id="a",
        text=LINES,
        subsections=(Section(id="h", start=0, end=2, kind="headline"), Section(id="b", start=3, end=14, kind="body")),
    )
    sound = sections((3, 5, "body"), (6, 8, "body"), (9, 11, "body"), (12, 14, "body"))
    before, after = (
        score([gold], [{"doc_id": "a", "subsections": said}], invalid="penalise", resamples=0)
        for said in (sound, [*sections(more), *sound])
    )
    assert after.penalised == 1
    for name in ("subsections.labelled", "subsections.boundary"):
        was, is_ = before[name].counts, after[name].counts
        assert (is_.matched_predicted, is_.predicted, is_.gold) == (was.matched_predicted, was.predicted + 1, was.gold)
    for name in ("subsections.pk", "subsections.window_diff", "subsections.boundary_similarity"):
        assert after[name].score == before[name].score


SAID_SPANS = st.lists(
    st.one_of(
        st.builds(
            lambda s, n, f: {"start": s, "end": s + n, "form": f},
            st.integers(0, 15),
            st.integers(1, 3),
            st.sampled_from(["name", "nominal", "noun"]),
        ),
        st.sampled_from([{"text": "بغداد"}, {"text": "بغداد", "occurrence": "all"}, {"text": "دمشق"}, {"start": "x"}]),
        st.sampled_from([{"text": "بغداد", "occurrence": 1}, {"text": "بغداد", "occurrence": 2, "form": "nominal"}]),
    ),
    min_size=1,
    max_size=3,
)
SAID_ENTITIES = st.lists(
    st.tuples(st.sampled_from(["PER", "GPE", "GPE", "PLACE"]), SAID_SPANS), max_size=4, unique_by=repr
)
SAID_SECTIONS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 20), st.sampled_from(["lead", "body", "part"])), max_size=4
)


@given(SAID_ENTITIES, SAID_SECTIONS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_not_sound_changes_nothing(said, parts, rng):
    """Which of two items stands that cannot both is told by what they say: not by their order, nor by their ids."""
    text = "زار بغداد\nثم بغداد"
    gold = Document(
        doc_id="a",
        text=text,
        entities=(Entity(id="e", type="GPE", mentions=(Mention(4, 9, "بغداد"), Mention(13, 18, "بغداد"))),),
        subsections=(Section(id="b", start=0, end=18, kind="lead"),),
    )

    def predicted():
        names = rng.sample(range(9), len(said))
        entities = [
            {"id": f"e{name}", "type": kind, "mentions": rng.sample(mentions, len(mentions))}
            for name, (kind, mentions) in zip(names, said, strict=True)
        ]
        lain = sections(*((start, start + size, kind) for start, size, kind in rng.sample(parts, len(parts))))
        return {"doc_id": "a", "entities": rng.sample(entities, len(entities)), "subsections": lain}

    one, two = (score([gold], [predicted()], invalid="penalise", resamples=0) for _ in range(2))
    assert one.rows == two.rows
    assert one.errors == two.errors
    assert len(one.unlocated) == len(two.unlocated)
    assert one.penalised == two.penalised


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ([], True),
        ([{"text": "دمشق"}], False),
        ([{"start": 0, "end": 99, "form": "nominal"}], False),
        ([{"start": 11, "end": 16}], True),  # said twice in one entity, it is in its set once
    ],
)
def test_an_entity_that_has_lost_a_mention_is_not_the_same_as_golds(more, same):
    """Not found or outside of the text: soft counts it among the entity's mentions, hard has none of the entity."""
    text = "زار كركوك وبغداد"
    gold = Document(
        doc_id="a",
        text=text,
        entities=(
            Entity(id="e0", type="GPE", mentions=(Mention(11, 16, "بغداد"),)),
            Entity(id="e1", type="GPE", mentions=(Mention(4, 9, "كركوك"),)),
        ),
        relations=(Relation(id="r", type="near", head="e0", tail="e1"),),
    )
    other = {"id": "k", "type": "GPE", "mentions": [{"start": 4, "end": 9}]}
    said = {
        "doc_id": "a",
        "entities": [{"id": "b", "type": "GPE", "mentions": [{"start": 11, "end": 16, "text": "بغداد"}, *more]}, other],
        "relations": [{"type": "near", "head": "k", "tail": "b"}],
    }
    card = score([gold], [said], invalid="penalise", resamples=0)
    assert card["entities.strict"].counts.matched_gold == 2
    assert card["entities.hard"].counts == Counts(1 + same, 2, 1 + same, 2)
    assert card["entities.soft"].counts == Counts(2 if same else 1.5, 2, 2, 2)
    assert card["relations.hard"].counts.matched_gold == same
    assert card["relations.strict"].counts.matched_gold == 1
    assert card["coref.ceaf_e_singletons"].counts.precision == pytest.approx(1 if same else 5 / 6)


@pytest.mark.parametrize("more", [{"type": "ISSUE"}, {"type": "GPE", "form": "nominal"}])
def test_lost_mentions_that_are_not_asked_for_cost_nothing(more):
    """Neither those of an ISSUE nor those that are no names: a quote that is not found, a document given twice."""
    lost = {"doc_id": "a", "mentions": [{"text": "لا يوجد"} | more]}
    card = score(GOLD, [lost])
    assert len(card.unlocated) == 1
    assert card["entities.strict"].counts.predicted == 0
    again = score(GOLD, [mentions("a", (11, 16)), lost], invalid="penalise")
    assert again["entities.strict"].counts.predicted == 1


def test_a_document_with_an_item_of_a_wrong_form_keeps_its_unit():
    """Offsets stay what they were; in a unit that there is not, they are nothing, and all items count as wrong."""
    gold = [
        Document(
            doc_id="a", text="🙂 كركوك", entities=(Entity(id="e", type="GPE", mentions=(Mention(2, 7, "كركوك"),)),)
        )
    ]
    said = mentions("a", (3, 8), offset_unit="utf16")
    said["mentions"].append({"type": "PER", "start": "3", "end": 8})
    assert score(gold, [said], invalid="penalise")["entities.strict"].counts == Counts(1, 2, 1, 1)
    strange = mentions("a", (2, 7), offset_unit="lines")
    assert score(gold, [strange], invalid="penalise")["entities.strict"].counts == Counts(0, 1, 0, 1)


def test_mixed_tracks_are_said_once(tmp_path):
    """Nothing is said of the entities that a document of the other track names."""
    given = {"doc_id": "b", "entities": "gold", "relations": [{"type": "near", "head": "e0", "tail": "e0"}]}
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, (mentions("a", (11, 16)), given))), "utf-8")
    (problem,) = caught_of(lambda: score(GOLD, tmp_path / "p.jsonl"))
    assert problem.rule == "track"


def test_a_penalised_item_of_a_wrong_form_leaves_the_rest_of_its_document():
    """One mention whose start is a string is lost; the others are scored."""
    bad = mentions("a", (11, 16))
    bad["mentions"].append({"type": "GPE", "start": "0", "end": 2})
    card = score(GOLD, [bad], invalid="penalise")
    assert (card["entities.strict"].counts.matched_gold, card["entities.strict"].counts.predicted) == (1, 2)


def test_quotes_that_are_not_found_cost_precision():
    """A quote that stands nowhere, or in two places, is one spurious item, and counted in the report."""
    quotes = [{"type": "GPE", "text": "دمشق"}, {"type": "GPE", "text": "ا"}, {"type": "GPE", "text": "بغداد"}]
    card = score(GOLD, [{"doc_id": "a", "mentions": quotes}])
    assert len(card.unlocated) == 2
    counts = card["entities.strict"].counts
    assert (counts.matched_predicted, counts.predicted) == (1, 3)
    assert "grounding:exact" in card.signature


@pytest.mark.parametrize(("tier", "matched"), [("exact", 0), ("normalised", 1), ("fuzzy", 1)])
def test_the_signature_and_the_notes_tell_how_quotes_were_found(tier, matched):
    """A looser tier may find more; the signature names the loosest that was allowed, and none without quotes."""
    card = score(GOLD, [{"doc_id": "a", "mentions": [{"type": "GPE", "text": "بغـداد"}]}], grounding=tier)
    assert card["entities.strict"].counts.matched_predicted == matched
    assert f"grounding:{tier}|" in card.signature
    assert any("1 normalised" in note for note in card.notes) == matched
    assert "grounding:none" in score(GOLD, [mentions("a", (11, 16))], grounding=tier).signature


@pytest.mark.parametrize("broken", [{}, {"relations": [{"type": 3}]}])
def test_what_was_rejected_before_counts_as_spurious(broken):
    """Also where the form of the line is wrong and penalised."""
    rejected = [{"layer": "entities", "label": "HUMAN"}]
    card = score(GOLD, [mentions("a", (11, 16)) | broken | {"rejected": rejected}], invalid="penalise")
    assert card["entities.strict"].by_label["HUMAN"].predicted == 1
    assert card.penalised == 1 + len(broken)


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_read(tmp_path):
    """Predictions written on Windows score as others do."""
    path = tmp_path / "p.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + b"\r\n\r\n".join(json.dumps(mentions(d, (11, 16))).encode() for d in "ab") + b"\r\n"
    )
    assert score(GOLD, path)["entities.strict"].counts.matched_gold == 2


def test_standard_input_is_read(monkeypatch):
    """A dash reads predictions from standard input."""
    raw = json.dumps(mentions("a", (11, 16))).encode()
    monkeypatch.setattr("sys.stdin", type("In", (), {"buffer": io.BytesIO(raw)})())
    assert score(GOLD, "-")["entities.strict"].counts.matched_gold == 1


@pytest.mark.parametrize("invalid", ["error", "penalise"])
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'[{"doc_id": "a"}, {"doc_id": "b"}]\n', r"jq -c '\.\[\]'"),
        (b'{\n  "doc_id": "a",\n  "mentions": []\n}\n', "one line"),
        (b"\x1f\x8b\x08\x00\n\n", r"\.gz"),
        (b"doc_id,start,end\n" * 9, "JSON Lines"),
    ],
)
def test_a_file_that_is_not_json_lines_is_one_problem(raw, reason, invalid, tmp_path):
    """Whatever its lines are, it is said once what to do with the file, for predictions and for gold."""
    path = tmp_path / "p.jsonl"
    path.write_bytes(raw)
    for problems in (caught_of(lambda: score(GOLD, path, invalid=invalid)), check(path)):
        (problem,) = problems
        assert re.search(reason, problem.message + problem.fix)


@pytest.mark.parametrize("value", [[], "x", 1, None, True])
def test_a_file_of_a_folder_that_holds_no_object_is_told_so(value, tmp_path):
    """What is wrong with it is its type, and nothing that only an object can have wrong."""
    (tmp_path / "p.json").write_text(json.dumps(value), "utf-8")
    (problem,) = caught_of(lambda: score(GOLD, tmp_path))
    assert problem.message == f"this must be of type object, not {json.dumps(value)}"


LONG = "خبر\n\u202e" * 20_000


@pytest.mark.parametrize(
    "said",
    [
        {"mentions": [{"type": LONG, "start": 0, "end": 3}]},
        {"mentions": [{"type": "GPE", "start": 0, "end": 3, "form": LONG}]},
        {"mentions": [{"type": "GPE", "start": 0, "end": 3, "text": LONG}]},
        {"mentions": [{"type": "GPE", "start": 0, "end": 3, LONG: 1}]},
        {"mentions": [{"type": "GPE", "start": 10**4000, "end": 3}]},
        {"mentions": LONG},
        {"offset_unit": LONG, "mentions": []},
        {"text_sha256": LONG, "mentions": []},
        {"metadata": {LONG: 1}, "entities": [], "mentions": []},
        {"entities": [{"id": LONG, "type": "GPE", "mentions": [{"start": 0, "end": 3}]}] * 2},
        {"entities": [], "relations": [{"type": LONG, "head": LONG, "tail": LONG}]},
        {"entities": [], "relations": [{"type": "near", "head": LONG, "tail": LONG}]},
        {"entities": [], "stance": [{"label": LONG, "holder": LONG, "target": LONG}]},
        {"entities": [], "stance": [{"label": "favor", "mode": LONG, "holder": "author", "target": LONG}]},
        {"subsections": [{"start": 0, "end": 3, "kind": LONG, "function": LONG}]},
        {"subsections": [{"start": 0, "end": 3, "kind": "lead", "story": -(10**4000)}]},
        {f"p{n}": 1 for n in range(1000)},
        {"doc_id": "z" * 100_000},
    ],
)
def test_a_problem_shows_the_beginning_of_a_long_value(said, tmp_path):
    """Whatever is quoted, a problem is two short lines, and what is not seen in it is written as an escape."""
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"doc_id": "a"} | said), "utf-8")
    for problem in caught_of(lambda: score(GOLD, path)):
        rows = str(problem).split("\n")
        assert len(rows) <= 2
        assert all(len(row) < 1200 for row in rows)
        assert "\u202e" not in str(problem)


def caught_of(call):
    """The problems that a call is refused with."""
    with pytest.raises(Invalid) as caught:
        call()
    return caught.value.problems


def test_what_is_wrong_with_a_label_is_said_once(tmp_path):
    """Also where something else is wrong with its document; and entities beside mentions are told apart plainly."""
    path = tmp_path / "p.jsonl"
    stance = [{"holder": "author", "label": "pro", "target": "x"}, {"label": "favor"}]
    path.write_text(json.dumps({"doc_id": "a", "entities": [], "stance": stance}), "utf-8")
    found = caught_of(lambda: score(GOLD, path))
    assert [problem.pointer for problem in found] == ["/stance/0/label", "/stance/1"]
    assert "the properties" in found[1].message
    path.write_text('{"doc_id": "a", "entities": [], "mentions": []}', "utf-8")
    assert "Give one of the two" in caught_of(lambda: score(GOLD, path))[0].fix


def test_gold_without_documents_is_said_once(tmp_path):
    """Not once for each prediction."""
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"")
    (problem,) = caught_of(lambda: score(path, [mentions("a"), mentions("b")]))
    assert "has no documents" in problem.message


def as_line(document, **changed):
    """A document as a line of a set, with some of its properties changed."""
    return json.dumps(json.loads(msgspec.json.encode(document)) | changed, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("second", "line", "pointer", "message"),
    [
        (as_line(GOLD[0]), 2, "/doc_id", "the document a stands twice in gold"),
        (as_line(document("b", (0, 3), kind="person")), 2, "/entities/0/type", "has labels that the inventory"),
        (
            as_line(GOLD[1]).replace('"start": 11', '"start": 11.5'),
            2,
            "/entities/0/mentions/0/start",
            "expected int, got float",
        ),
        (as_line(GOLD[1], relations=7), 2, "/relations", "expected array, got int"),
        (as_line(GOLD[1]).replace("}]}", "}}"), 2, "", "this is not JSON"),
        (as_line(GOLD[1]).replace('"start": 11', '"start": 12'), 2, "", "12..16 is not as long as its text"),
    ],
)
def test_what_is_wrong_with_gold_is_told_with_its_place(second, line, pointer, message, tmp_path):
    """File, line and, as far as the reader knows it, the part of the line."""
    path = tmp_path / "gold.jsonl"
    path.write_text(as_line(GOLD[0]) + second, "utf-8")
    (problem,) = caught_of(lambda: score(path, [mentions("a")]))
    assert (problem.path, problem.line, problem.pointer) == (str(path), line, pointer)
    assert message in problem.message


def test_the_number_of_a_story_may_be_as_large_as_one_likes(tmp_path):
    """In gold and in predictions: numbers only tell stories apart."""
    section = {"id": "b", "start": 0, "end": 3, "kind": "body", "story": 10**40}
    (tmp_path / "gold.jsonl").write_text(as_line(GOLD[0], subsections=[section]), "utf-8")
    card = score(tmp_path / "gold.jsonl", [{"doc_id": "a", "subsections": [section]}])
    assert card["subsections.labelled"].score == 1


def test_a_measure_that_is_not_there_is_refused_with_those_that_are():
    """The KeyError says what the run has."""
    with pytest.raises(KeyError, match=r"entities\.strict"):
        score(GOLD, [mentions("a")])["stance.strict"]


@pytest.mark.parametrize("raw", [b"", b"\n\n"])
def test_an_empty_file_is_refused(raw, tmp_path):
    """Nothing predicted at all is more likely a mistake than a system."""
    path = tmp_path / "p.jsonl"
    path.write_bytes(raw)
    with pytest.raises(Invalid, match="no predicted document"):
        score(GOLD, path)
    with pytest.raises(Invalid, match="No such file"):
        score(GOLD, tmp_path / "nowhere.jsonl")


def test_one_json_document_and_a_folder_are_read(tmp_path):
    """A .json file holds one document over many lines; a folder holds one a file."""
    (tmp_path / "a.json").write_text(json.dumps(mentions("a", (11, 16)), indent=2))
    assert score(GOLD, tmp_path / "a.json")["entities.strict"].counts.matched_gold == 1
    assert score(GOLD, tmp_path)["entities.strict"].counts.matched_gold == 1
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(Invalid) as error:
        score(GOLD, tmp_path)
    assert Path(error.value.problems[0].path).name == "b.json"


def test_given_entities_are_golds():
    """On the given-entities track relations name gold's ids, and entities are not scored."""
    relation = {"type": "near", "head": "e0", "tail": "e1"}
    gold = msgspec.structs.replace(GOLD[0], relations=(Relation(id="r", **relation),))
    card = score([gold], [{"doc_id": "a", "entities": "gold", "relations": [relation]}])
    assert card.track == "given-entities"
    assert card["relations.strict"].score == 1
    assert "entities.strict" not in {row.measure for row in card.rows}
    assert card.overall is None


def test_gold_that_names_a_document_twice_is_refused():
    """A document counted twice would count double: the set is refused."""
    with pytest.raises(Invalid, match="twice in gold"):
        score([GOLD[0], GOLD[0]], [mentions("a")])


def test_layers_can_be_chosen():
    """Only the rows of the chosen layers are given; silence counts these layers alone."""
    card = score(GOLD, [mentions("a", relations=[]), mentions("b")], layers=("entities",))
    assert {row.measure.split(".")[0] for row in card.rows} == {"entities"}
    assert card.silent == 0


@pytest.mark.parametrize("invalid", ["error", "penalise"])
@given(spoilt({**PREDICTION, "doc_id": "a"}))
def test_no_prediction_ends_in_anything_but_figures_or_problems(invalid, value):
    """Whatever parts of a prediction are replaced, removed or added: a scorecard, or a list of problems."""
    try:
        card = score(GOLD, [value], invalid=invalid)
    except Invalid as error:
        assert error.problems
        assert all(str(problem) for problem in error.problems)
    else:
        assert as_text(card)
        assert json.loads(as_json(card))


@given(st.binary(max_size=60), st.sampled_from([b"", b'{"doc_id": "a"', b'{"doc_id": "a", "mentions": [']))
def test_no_bytes_end_in_anything_but_figures_or_problems(raw, head):
    """Whatever bytes a file holds."""
    with NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(head + raw)
        file.flush()
        for mode in ("error", "penalise"):
            try:
                score(GOLD, file.name, invalid=mode)
            except Invalid as error:
                assert error.problems


def test_a_signature_can_be_verified():
    """The differences of two signatures are named field by field; what is none is refused."""
    card = score(GOLD, [mentions("a", (11, 16))])
    assert signature_differences(card.signature, card.signature) == []
    other = score(GOLD, [mentions("a", (11, 16))], seed=1, invalid="penalise")
    assert signature_differences(card.signature, other.signature) == [
        ("invalid", "error", "penalise"),
        ("seed", "12345", "1"),
    ]
    with pytest.raises(Invalid, match="no signature"):
        signature_differences("F1 = 61", card.signature)


def test_processes_change_no_figure(tmp_path):
    """Two processes, or more than there are documents, give the report of one to the last digit."""
    guesses = [mentions("a", (11, 16), (0, 3)), mentions("b", (28, 33))]
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(json.dumps(guess) for guess in guesses), "utf-8")
    assert {as_json(score(GOLD, path, jobs=jobs)) for jobs in (1, 2, 5)} == {as_json(score(GOLD, path))}
    own = [json.loads(line) for line in b"".join(lines(open_set())).splitlines()]
    assert as_json(score(None, own, jobs=2, by=["genre"])) == as_json(score(None, own, by=["genre"]))
    path.write_text('{"doc_id": "a", "mentions": [{"type": "gpe", "start": 0, "end": 2}]}\n', "utf-8")
    with pytest.raises(Invalid, match="gpe"):
        score(GOLD, path, jobs=2)


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_another_order_of_documents_changes_no_figure(random_):
    """Of gold, of predictions and of documents that gold has not: every figure, interval and p is the same."""
    gold = list(open_set().documents())
    said = [*own_predictions(), *(mentions(name, (0, 3)) for name in ("aaa", "mmm", "zzz", "zzz"))]
    options = {"invalid": "penalise", "resamples": 50}
    reports, compared = [], []
    for turn in range(2):
        if turn:
            random_.shuffle(gold)
            random_.shuffle(said)
        reports.append(json.loads(as_json(score(gold, said, by=["genre"], **options))))
        del reports[-1]["penalised_items"]  # They say the lines of the predictions.
        compared.append(compare(gold, {"a": said, "b": gold}, rounds=200, **options).pairs)
    assert reports[0] == reports[1]
    assert compared[0] == compared[1]


@pytest.mark.parametrize("invalid", ["error", "penalise"])
@pytest.mark.parametrize("chosen", [{"layers": ["entities"]}, {"measures": ["entities.strict"]}])
def test_layers_that_are_not_scored_are_not_looked_at(chosen, invalid, tmp_path):
    """Whatever stands in them: a label that is none, an item of a wrong form, a property twice."""
    odd = '"relations":[{"type":"none","head":"x","tail":"y"}],"stance":[{"label":1,"label":2}],"subsections":"?"'
    for line in ('{"doc_id":"a",%s}', '{"doc_id":"a","mentions":[{"type":"GPE","start":11,"end":16}],%s}'):
        (tmp_path / "p.jsonl").write_text(line % odd, "utf-8")
        card = score(GOLD, tmp_path / "p.jsonl", invalid=invalid, **chosen)
        assert card.penalised == 0
        assert sum(row.counts.matched_gold for row in card.rows if row.measure == "entities.strict") == ("men" in line)
    with pytest.raises(Invalid, match="relations"):
        score(GOLD, tmp_path / "p.jsonl", layers=["relations"])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_run_of_one_layer_has_the_figures_of_the_whole(layer):
    """The same rows, to the last digit, and a signature that says which layers its gold is a checksum of."""
    second = open_set().place / "annotations" / "passes" / "b"
    whole, part = (score(None, second, layers=chosen) for chosen in (None, [layer]))
    assert part.rows == tuple(row for row in whole.rows if row.measure in {row.measure for row in part.rows})
    assert part.rows
    needed = [layer] if layer in ("entities", "subsections") else ["entities", layer]
    differing = {key: new for key, _, new in signature_differences(whole.signature, part.signature)}
    assert differing.keys() == {"gold", "layers"} | (set() if layer == "relations" else {"training"})
    assert differing["layers"] == "+".join(needed)


def test_layers_of_gold_that_are_not_scored_are_not_looked_at(tmp_path):
    """A stance without its entity is refused where stances are scored, and passed over where entities are."""
    whole = json.loads(msgspec.json.encode(GOLD[0]))
    whole["stance"] = [{"id": "s", "holder": "nobody", "target": "e0", "label": "favor"}]
    (tmp_path / "g.jsonl").write_text(json.dumps(whole) + "\n", "utf-8")
    said = [mentions("a", (11, 16))]
    assert score(tmp_path / "g.jsonl", said, layers=["entities"])["entities.strict"].counts.matched_gold == 1
    assert score(tmp_path / "g.jsonl", said, measures=["entities.hard", "entities.exact"])["entities.exact"].score
    with pytest.raises(Invalid, match="names an entity that is not there"):
        score(tmp_path / "g.jsonl", said, layers=["stance"])


def test_measures_and_slices_are_chosen_by_name():
    """Only the measures that were asked for are reported; slices add up; a wrong name is refused with the nearest."""
    card = score(GOLD, [mentions("a", (11, 16))], measures=["entities.strict"])
    assert [row.measure for row in card.rows] == ["entities.strict"]
    whole = score(None, own_predictions(), by=["split"])
    parts = {part.value: part for part in whole.slices}
    assert sum(part.documents for part in parts.values()) == whole.documents
    test = score(None, own_predictions(), split="test")
    assert parts["test"].scores["entities.strict"][0] == test["entities.strict"].score
    for options in ({"measures": ["entities.strikt"]}, {"by": ["genres"]}):
        with pytest.raises(Invalid, match="Did you mean"):
            score(GOLD, [mentions("a")], **options)


def test_a_measure_that_stands_for_others_brings_them():
    """`overall` is asked for with the headline measures that it is the mean of; entities.token implies tokens."""
    own = list(open_set().documents("test"))
    card = score(own, own, measures=["overall"])
    assert [row.measure for row in card.rows] == list(HEADLINE)
    assert card.overall == 1
    for options in ({"measures": ["entities.token"]}, {"measures": ["entities.token"], "token": True}):
        assert [row.measure for row in score(own, own, **options).rows] == ["entities.token"]
    both = score(own, own, measures=["entities.strict"], token=True)
    assert {row.measure for row in both.rows} == {"entities.strict", "entities.token"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"split": "tset"}, "Did you mean test"),
        ({"layers": ["entity"]}, "Did you mean entities"),
        ({"layers": "entities"}, r"Write \['entities'\]"),
        ({"measures": "overall"}, "list of names"),
        ({"measures": [1]}, "no measure"),
        ({"by": "genre"}, "list of names"),
        ({"invalid": "penalize"}, "Did you mean penalise"),
        ({"grounding": "loose"}, "exact, fuzzy, normalised"),
        ({"resamples": -1}, "resamples cannot be -1"),
        ({"seed": 1.5}, "seed cannot be 1.5"),
        ({"jobs": 0}, "jobs cannot be 0"),
        ({"layers": ["stance"], "measures": ["entities.strict"]}, "only stance was asked for"),
        ({"layers": ["stance"], "token": True}, "only stance was asked for"),
        ({"layers": ["entities"], "measures": ["overall"]}, "only entities was asked for"),
    ],
)
def test_options_that_there_are_not_or_that_contradict_each_other_are_refused(option, said):
    """Before anything is read, with the option's name and what to write."""
    with pytest.raises(Invalid, match=said) as caught:
        score("nowhere", [mentions("a")], **option)
    assert {problem.rule for problem in caught.value.problems} == {"option"}


PARTS = st.text() | st.text(alphabet="|:+%`'\"\\ \n\u2028\u202eا\ud800")


@given(st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), PARTS | st.lists(PARTS, min_size=1), min_size=1))
def test_a_signature_gives_back_what_was_signed(fields):
    """Whatever the values hold: fields and parts are what they were, on one line that a shell takes as it stands."""
    signature = signed(fields)
    found = parsed(f"  {signature}\n")
    assert found == {key: (value,) if isinstance(value, str) else tuple(value) for key, value in fields.items()}
    assert len(signature.split()) == 1
    assert not set(signature) & set("`'\"\\$")
    assert signature_differences(signature, signature) == []
    assert signature.encode()


def test_a_signature_holds_whatever_a_set_is_called(tmp_path):
    """What would part a signature is written as in an address."""
    path = tmp_path / "a|b:c %.jsonl"
    path.write_bytes(b"".join(lines(open_set())))
    signature = score(path, path).signature
    assert signature.startswith("corpus:a%7Cb%3Ac%20%25|gold:")
    assert signature_differences(signature, signature) == []


def with_metadata(document_, **changed):
    """A document with the metadata of one of the corpus, some of it changed."""
    data = json.loads((open_set().place / "corpus" / "kirkuk-redeployment.json").read_bytes())
    data |= {"doc_id": document_.doc_id} | changed
    return msgspec.structs.replace(document_, metadata=msgspec.convert(data, Metadata))


@given(st.lists(st.sampled_from(["news", "brief", "a, b", "—"]), min_size=2, max_size=2), st.booleans())
def test_the_signature_of_slices_hangs_on_the_fields_by_which_they_are_made(genres, turned):
    """On their names and their values, whatever the order of documents; without slices metadata changes nothing."""

    def signature(values, **options):
        gold = [with_metadata(one, genre=value) for one, value in zip(GOLD, values, strict=True)]
        return score(gold[::-1] if turned else gold, [mentions("a", (11, 16))], resamples=0, **options).signature

    base, other = signature(["news", "brief"], by=["genre"]), signature(genres, by=["genre"])
    assert {key for key, *_ in signature_differences(base, other)} == (set() if genres == ["news", "brief"] else {"by"})
    assert parsed(base)["by"][:-1] == ("genre",)
    assert parsed(signature(genres, by=["genre", "domain"]))["by"][:-1] == ("genre", "domain")
    assert signature(genres) == signature(["news", "brief"])


def test_the_signature_tells_what_training_states(tmp_path):
    """Where relations.unseen is scored, by whatever gold; a run that training does not change says nothing of it."""
    signatures = {}
    for change in ("none", "order", "relations"):
        values = [json.loads(line) for line in b"".join(lines(open_set())).splitlines()]
        for value in values:
            if value["metadata"]["split"] == "train" and change != "none":
                value["relations"] = value["relations"][::-1] if change == "order" else value["relations"][1:]
        path = tmp_path / change / "gold.jsonl"
        path.parent.mkdir()
        path.write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")
        for measures in (None, ("relations.strict",)):
            card = score(path, own_predictions(), split="test", measures=measures, resamples=0)
            signatures[change, measures is None] = card.signature
    assert len({signatures[change, False] for change in ("none", "order", "relations")}) == 1
    assert signatures["none", True] == signatures["order", True]
    changed = signature_differences(signatures["none", True], signatures["relations", True])
    assert [key for key, *_ in changed] == ["training"]


def test_a_slice_of_one_document_says_that_it_has_no_interval():
    """A field of which gold says nothing is —; documents that gold has not are called that."""
    gold = [with_metadata(GOLD[0], genre="news"), GOLD[1], document("c")]
    card = score(gold, [mentions("a", (11, 16)), mentions("z", (0, 3))], by=["genre"], invalid="penalise")
    assert {part.value: part.documents for part in card.slices} == {"news": 1, "not in gold": 1, "—": 2}
    rows = as_text(card).splitlines()
    for name, size in (
        ("news", "1 document: no interval"),
        ("not in gold", "1 document: no interval"),
        ("—", "2 documents"),
    ):
        assert f"{f'  {name}':29} {size}" in rows
    assert not any(row != row.rstrip() for row in rows)


def test_slices_show_what_was_asked_for_and_none_where_there_is_nothing():
    """Measures that were asked for are sliced, the headline ones unless said; a run without a figure has no slice."""
    said = [mentions("a", (11, 16))]
    for measures, shown in ((["entities.partial"], {"entities.partial"}), (None, {"entities.strict"})):
        (part,) = score(GOLD, said, measures=measures, by=["genre"]).slices
        assert set(part.scores) == shown
    assert score(GOLD, said, measures=["stance.favg2"], by=["genre"]).slices == ()
    assert score(GOLD, [{"doc_id": "a", "rejected": []}], by=["genre"]).slices == ()


def test_half_a_character_in_a_value_is_refused_with_its_line():
    """What JSON cannot write is told as it is of a file, and costs its document where invalid items are penalised."""
    said = [mentions("a"), {"doc_id": "b", "mentions": [{"type": "GPE", "text": "\ud800"}]}]
    with pytest.raises(Invalid, match=r"predictions:2:1: .*lone surrogate"):
        score(GOLD, said)
    assert "Lines that could not be read at all: 1." in score(GOLD, said, invalid="penalise").notes


def own_predictions():
    """The rule system's predictions on khabar's own set."""
    from khabar.systems import predictions
    from khabar.systems.rules import predict

    return [json.loads(line) for line in predictions(predict, ((d.doc_id, d.text) for d in open_set().documents()))]


def test_facts_of_the_training_split_are_left_out_of_unseen():
    """A relation that training states, by names and type, counts on neither side; without a training split, no row."""
    whole = score(None, own_predictions())
    unseen, strict_ = whole["relations.unseen"].counts, whole["relations.strict"].counts
    training = sum(len(document.relations) for document in open_set().documents("train"))
    assert unseen.gold <= strict_.gold - training
    with pytest.raises(KeyError, match="no measure of this run"):
        score(GOLD, [mentions("a")])["relations.unseen"]


def test_gold_with_labels_that_the_inventory_lacks_is_refused():
    """What `khabar check` refuses in gold is not scored."""
    with pytest.raises(Invalid, match="person"):
        score([document("a", (0, 3), kind="person")], [mentions("a")])


def test_a_file_of_tags_is_scored_and_tokens_are_seqevals(tmp_path):
    """Tags come in by Python as by the command; entities.token is there when asked for, and is seqeval's figure."""
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    from khabar.tags import iob2

    documents_ = list(open_set().documents("validation"))
    path = tmp_path / "tags.conll"
    with path.open("w", encoding="utf-8") as file:
        for document_ in documents_:
            found, tags = iob2(document_)
            dropped = ["O" if tag.endswith(("PER", "DATE")) else tag for tag in tags]
            file.write(f"# doc_id = {document_.doc_id}\n")
            file.writelines(f"{document_.text[s:e]}\t{tag}\n" for (s, e), tag in zip(found, dropped, strict=True))
            file.write("\n")
    card = score(None, path, split="validation", token=True)
    truth = [list(iob2(document_)[1]) for document_ in documents_]
    guess = [["O" if tag.endswith(("PER", "DATE")) else tag for tag in tags] for tags in truth]
    expected = f1_score(truth, guess, mode="strict", scheme=IOB2)
    assert card["entities.token"].score == pytest.approx(float(expected))
    with pytest.raises(KeyError):
        score(None, path, split="validation")["entities.token"]


def test_a_type_map_brings_both_sides_onto_its_labels():
    """A system in another scheme's labels is scored by them; the signature says so, with the inventory's own digest."""
    guesses = [mentions("a", (11, 16), (28, 33)), mentions("b", (11, 16))]
    for guess in guesses:
        for mention in guess["mentions"]:
            mention["type"] = "LOC"
    card = score(GOLD, guesses, types="anercorp")
    assert card["entities.strict"].score == 1
    assert "|types:anercorp|" in card.signature
    own = list(open_set().documents("test"))
    whole = score(own, own, types="wojood")
    assert whole["coref.conll"].score == whole["entities.strict"].score == 1
    plain = score(GOLD, [mentions("a", (11, 16))])
    assert signature_differences(plain.signature, card.signature) == [("types", "khabar", "anercorp")]


def test_types_that_coreference_does_not_know_are_told(tmp_path):
    """Gold's chains of renamed types take no part, and a note says so; a map onto khabar's types brings them in.

    Nothing is said of khabar's own types that take no part, such as dates, nor of entities with a single mention.
    """
    own = inventory()
    renamed = [
        msgspec.structs.replace(one, label={"PER": "HUMAN", "GPE": "PLACE"}.get(one.label, one.label))
        for one in own.entity_types
    ]
    labels = msgspec.structs.replace(own, name="own", entity_types=tuple(renamed))

    def entity(kind, *starts):
        return Entity(id=kind, type=kind, mentions=tuple(Mention(s, s + 1, TEXT[s]) for s in starts))

    gold = Document(doc_id="a", text=TEXT, entities=(entity("HUMAN", 0, 1), entity("PLACE", 2), entity("DATE", 4, 5)))
    card = score([gold], [gold], labels=labels, resamples=0)
    assert [note for note in card.notes if "Coreference" in note] == [
        "Coreference knows only khabar's own types; without a type map, these take no part in it: \u2068HUMAN\u2069."
    ]
    assert card["coref.conll"].score is None
    assert not any("Coreference" in note for note in score([gold], [gold], labels=labels, layers=["stance"]).notes)
    covered = {one.label: [one.label] for one in renamed if one.label not in ("HUMAN", "ISSUE")} | {"PER": ["HUMAN"]}
    (tmp_path / "map.json").write_text(json.dumps({"name": "back", "map": covered}), "utf-8")
    mapped = score([gold], [gold], labels=labels, types=tmp_path / "map.json", resamples=0)
    assert mapped["coref.conll"].score == 1
    assert not any("Coreference" in note for note in mapped.notes)


def test_evidence_that_is_not_in_the_text_costs_precision():
    """A quote that is evidence and is not found counts with its characters; its relation stays."""
    own = document("a", (11, 16), (28, 33))
    relation = Relation(id="r", type="near", head="e0", tail="e1", evidence=(Quote(0, 9, TEXT[:9]),))
    gold = msgspec.structs.replace(own, relations=(relation,))
    guess = {
        "doc_id": "a",
        "entities": [{"id": e.id, "type": e.type, "mentions": [{"start": m.start, "end": m.end} for m in e.mentions]}
                     for e in gold.entities],
        "relations": [{"type": "near", "head": "e0", "tail": "e1", "evidence": [{"text": TEXT[:9]}, {"text": "غائب"}]}],
    }  # fmt: skip
    card = score([gold], [guess])
    assert card["relations.strict"].score == 1
    counts = card["relations.evidence"].counts
    assert (counts.matched_predicted, counts.predicted, counts.matched_gold, counts.gold) == (9, 13, 9, 9)


@pytest.mark.parametrize(
    ("wrong", "pointer", "rows"),
    [
        ({"relations": {"x": 1}}, "/relations", {"relations.strict": 1}),
        ({"stance": 5}, "/stance", {"stance.strict": 1}),
        ({"subsections": "gold"}, "/subsections", {"subsections.labelled": 1}),
        ({"mentions": {"GPE": ["بغداد"]}}, "/mentions", {"entities.strict": 1}),
    ],
)
def test_a_layer_that_is_no_list_costs_an_item_and_is_listed(wrong, pointer, rows):
    """A layer of another shape is attempted, not silent: else a broken one would be better than a wrong one."""
    card = score(GOLD[:1], [{"doc_id": "a"} | wrong], invalid="penalise", resamples=0)
    assert [(one.pointer, one.items) for one in card.penalised_items] == [(pointer, 1)]
    for name, number in rows.items():
        assert card[name].counts.predicted == number


def test_what_is_wrong_and_costs_no_item_is_listed():
    """A property that there is not takes nothing from the items, and is told all the same."""
    card = score(GOLD[:1], [mentions("a", (11, 16), bogus=1)], invalid="penalise", resamples=0)
    assert [(one.message, one.items) for one in card.penalised_items] == [('there is no property "bogus" here', 0)]
    assert card["entities.strict"].counts.predicted == 1


def test_given_pairs_without_given_entities_cost_every_stance():
    """They name pairs of gold by ids that are not gold's."""
    stance = [{"holder": "author", "target": "e1", "label": "favor"}]
    said = {"doc_id": "a", "entities": [], "stance_pairs": "gold", "stance": stance}
    card = score(GOLD[:1], [said], invalid="penalise", resamples=0)
    assert (card["stance.strict"].counts.predicted, card.penalised) == (1, 1)


def test_a_section_without_a_place_costs_its_heading_and_function():
    """A first line that is nowhere in the text, or stands for a section twice, loses all that its section says."""
    section = {"kind": "body", "function": "main_event", "heading": {"text": "غغغ"}}
    line = "زار الوزير بغداد."
    for firsts in (["غغغ", "ثم عاد إلى عمّان."], [line, line]):
        said = {"doc_id": "a", "subsections": [section | {"first": first} for first in firsts]}
        card = score(GOLD[:1], [said], resamples=0)
        assert card["subsections.function"].counts.predicted == 2
        assert card["subsections.heading"].counts.predicted == 2


def test_stories_of_a_document_that_is_given_twice_are_those_of_its_sections_in_order():
    """In whatever order the sections are listed; one without a story is passed over."""
    stories = [(0, 5, 1), (6, 11, None), (12, 16, 1), (18, 20, 2)]
    listed = [{"start": s, "end": e, "kind": "body", "story": story} for s, e, story in stories]
    for sections in (listed, listed[::-1]):
        said = [{"doc_id": "a", "subsections": listed}, {"doc_id": "a", "subsections": sections}]
        once, twice = (score(GOLD[:1], said[:n], invalid="penalise", resamples=0) for n in (1, 2))
        row = "subsections.story"
        assert twice[row].counts.predicted == once[row].counts.predicted + 1


def test_documents_given_as_values_train_too():
    """What those of the split train state is known to relations.unseen, as where gold is a file."""
    documents = list(open_set().documents())
    ours, given = (score(gold, documents, split="test", resamples=0) for gold in (None, documents))
    assert given["relations.unseen"].counts == ours["relations.unseen"].counts


def test_gold_with_a_form_or_a_function_that_there_is_not_is_refused():
    """As it is with a type: its place is told."""
    of_form = json.loads(msgspec.json.encode(GOLD[0]))
    of_form["entities"][1]["mentions"][0]["form"] = "verb"
    of_function = json.loads(msgspec.json.encode(GOLD[1]))
    of_function["subsections"] = [{"id": "b1", "start": 0, "end": 5, "kind": "body", "function": "moral"}]
    for value, pointer in ((of_form, "/entities/1/mentions/0/form"), (of_function, "/subsections/0/function")):
        gold = msgspec.convert(value, Document)
        with pytest.raises(Invalid) as raised:
            score([gold], [mentions(gold.doc_id, (11, 16))])
        assert [problem.pointer for problem in raised.value.problems] == [pointer]
