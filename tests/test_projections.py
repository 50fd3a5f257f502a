"""Type maps: what both sides become, and that it is fair."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import INVENTORY, disguised, documents, pairs

import khabar
from khabar.grounding import Prediction, Void, ground, reader
from khabar.model import ISSUE, NAME, Document, Entity, Mention, Relation, Stance
from khabar.problems import Invalid
from khabar.projections import (
    WITHOUT,
    TypeMap,
    accepted_inventory,
    counted,
    project,
    project_pair,
    projected_inventory,
    type_map,
)
from khabar.schemas import validator

# Jarrar, Khalilia & Ghanem 2022; Weischedel et al. 2013; Benajiba, Rosso & Benedí Ruiz 2007.
SCHEMES = {
    "wojood": "PERS NORP OCC ORG GPE LOC FAC EVENT DATE TIME LANGUAGE WEBSITE LAW PRODUCT CARDINAL ORDINAL PERCENT "
    "QUANTITY UNIT MONEY CURR",
    "ontonotes": "PERSON NORP FAC ORG GPE LOC PRODUCT EVENT WORK_OF_ART LAW LANGUAGE DATE TIME PERCENT MONEY QUANTITY "
    "ORDINAL CARDINAL",
    "anercorp": "PERS LOC ORG MISC",
}
OURS = [label.label for label in INVENTORY.entity_types]


def mapped(covered, tmp_path_factory):
    """The map of a file with these types."""
    path = tmp_path_factory.mktemp("types") / "map.json"
    path.write_text(json.dumps({"name": "m", "map": covered}), "utf-8")
    return type_map(path, INVENTORY)


@pytest.fixture(scope="module")
def joining(tmp_path_factory):
    """A map that joins PER and GPE, and has nothing for ORG."""
    return mapped({"A": ["PER", "GPE"], "B": ["LOC"], "C": ["LOC", "FAC"], "NONE": []}, tmp_path_factory)


@pytest.mark.parametrize("name", WITHOUT)
def test_every_label_of_a_scheme_maps_somewhere_or_is_without_counterpart(name):
    """The counterparts name only labels that the scheme has; those that none names are listed, and no others."""
    named = {one for label in INVENTORY.entity_types for one in label.counterparts[name]}
    assert named | set(WITHOUT[name]) == set(SCHEMES[name].split())
    assert not named & set(WITHOUT[name])
    types = type_map(name, INVENTORY)
    assert set(types.folded) == set(OURS) | set(SCHEMES[name].split())
    assert set(types.labels) == named
    for label in INVENTORY.entity_types:
        expected = label.counterparts[name][0] if label.counterparts[name] else None
        assert types.folded[label.label] == (ISSUE if label.label == ISSUE else expected)


def test_the_document_gives_the_maps_as_they_are(root):
    """The table in docs/types.md is made from the maps."""
    rows = []
    for name in WITHOUT:
        types = type_map(name, INVENTORY)
        labels = []
        for label in types.labels:
            ours = [one for one in OURS if types.folded[one] == label]
            labels.append(label + (f" ({', '.join(ours)})" if len(ours) > 1 else ""))
        lacking = [one for one in OURS if types.folded[one] is None]
        theirs = ", ".join(WITHOUT[name]) or "–"
        rows.append(f"| `{name}` | {', '.join(labels)} | {', '.join(lacking)} | {theirs} |")
    table = (root / "docs" / "types.md").read_text("utf-8").split("<!-- maps -->\n")[1].split("\n\n")[0]
    assert table.splitlines()[2:] == rows


def test_the_example_in_the_document_is_a_map(root, tmp_path):
    """It is read, folds as the text says, and is signed as the text says."""
    text = (root / "docs" / "types.md").read_text("utf-8")
    path = tmp_path / "map.json"
    path.write_text(re.search(r"<!-- example -->\n```json\n(.*?)```", text, re.DOTALL)[1], "utf-8")
    types = type_map(path, INVENTORY)
    assert types.labels == ("PERSON", "PLACE+CITY")
    assert f"`types:{types.name}`" in text
    assert types.folded["CURRENCY"] is None
    assert types.folded["CITY"] == types.folded["FAC"] == "PLACE+CITY"
    assert types.folded["ORG"] is None


def test_types_that_stand_for_each_other_through_others_are_one(joining):
    """B and C share LOC, so B, C, LOC and FAC are one label; folding twice changes nothing."""
    assert {label for label, one in joining.folded.items() if one == "B+C"} == {"B", "C", "LOC", "FAC", "B+C"}
    assert all(joining.folded[one] == one for one in joining.folded.values() if one is not None)


WRONG = {
    "no such map": (None, "map.json:1:1: error types: there is no such type map"),
    "no json": ("{", "map.json:1:2: error json.syntax: this is not JSON"),
    "no name": ('{"map": {"A": ["PER"]}}', 'map.json:1:1: error types: the property "name" is missing'),
    "a name of ours": (
        '{"name": "wojood", "map": {"A": ["PER"]}}',
        "map.json:1:10: error types (at /name): wojood cannot stand here",
    ),
    "a name that is none": (
        '{"name": "a|b", "map": {"A": ["PER"]}}',
        "map.json:1:10: error types (at /name): a|b does not match",
    ),
    "no type of ours": (
        '{"name": "m", "map": {"A": ["PERS"]}}',
        "map.json:1:29: error types (at /map/A/0): \u2068PERS\u2069 is not one of the values allowed here\n"
        "    Did you mean PER?",
    ),
    "a type with a plus": ('{"name": "m", "map": {"A+B": ["PER"]}}', "map.json:1:22: error types (at /map): A+B"),
    "nothing": ('{"name": "m", "map": {}}', "map.json:1:22: error types (at /map): "),
    "ambiguous": (
        '{"name": "m", "map": {"LOC": ["GPE"], "B": ["LOC"]}}',
        "map.json:1:30: error types (at /map/LOC): \u2068LOC\u2069 is a type of both sides, and the map does not bring "
        "the two together\n    Add LOC to its list, or give the type of the scheme another name.",
    ),
    "issue": (
        '{"name": "m", "map": {"PLAN": ["ISSUE"]}}',
        "map.json:1:31: error types (at /map/PLAN): ISSUE is no entity type to map\n"
        "    Leave it out: it stays what it is.",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_map_that_is_not_sound_is_refused(kind, tmp_path, monkeypatch):
    """Each kind of problem, with its line, column and place."""
    monkeypatch.chdir(tmp_path)
    content, message = WRONG[kind]
    if content is not None:
        Path("map.json").write_text(content, "utf-8")
    with pytest.raises(Invalid) as raised:
        type_map("map.json", INVENTORY)
    assert str(raised.value).startswith(message)
    assert len(raised.value.problems) == 1


def test_an_inventory_without_counterparts_has_no_map():
    """A set with labels of its own needs a map of its own."""
    bare = [msgspec.structs.replace(label, counterparts={}) for label in INVENTORY.entity_types]
    with pytest.raises(Invalid, match="names no counterparts in wojood"):
        type_map("wojood", msgspec.structs.replace(INVENTORY, entity_types=tuple(bare)))


# -- laws --------------------------------------------------------------------------------------------------------


def shape(document):
    """A document without ids and order: entities as sorted spans, and what is said of them."""
    entities = {
        e.id: (e.type, tuple(sorted((m.start, m.end, m.form) for m in e.mentions))) for e in document.entities
    } | {"author": "author"}

    def relation(r):
        ends = [entities[r.head], entities[r.tail]]
        return (r.type, *(sorted(ends) if r.type in INVENTORY.symmetric else ends))

    return (
        sorted(entities[e.id] for e in document.entities),
        sorted(map(relation, document.relations)),
        sorted((str(entities[s.holder]), str(entities[s.target]), s.label) for s in document.stance),
    )


@given(documents())
def test_a_map_of_every_type_onto_itself_changes_nothing(found: Document):
    """The projection then is the document."""
    same = TypeMap("same", {label: label for label in OURS})
    assert project(found, same) == found
    assert project_pair(found, found, same) == (found, found)


@given(documents(), st.data())
def test_a_projection_does_not_hang_on_order_or_ids_and_happens_once(joining, found, data):
    """Disguised or projected again, a document becomes the same; every label is one of the map's."""
    once = project(found, joining)
    assert project(once, joining) == once
    assert shape(project(data.draw(disguised(found)), joining)) == shape(once)
    assert {entity.type for entity in once.entities} <= {*joining.labels, ISSUE}


@given(documents())
def test_a_projection_keeps_every_span_that_the_map_has_a_label_for(joining, found):
    """By label, the spans are those of its types, each once, a name where one of them is a name."""
    spans: dict[tuple[str, int, int], bool] = {}
    for entity in found.entities:
        label = joining.folded[entity.type]
        for m in entity.mentions:
            if label is not None:
                key = (label, m.start, m.end)
                spans[key] = spans.get(key, False) or m.form == NAME
    once = project(found, joining)
    kept = [((e.type, m.start, m.end), m.form == NAME) for e in once.entities for m in e.mentions]
    assert dict(kept) == spans
    assert len(kept) == len(spans)


@given(documents())
def test_gold_against_itself_stays_perfect(joining, found):
    """Both sides become the same, given as values or as the very same entities."""
    asked, spoken = project_pair(found, found, joining)
    assert asked == spoken
    assert spoken.entities is asked.entities
    copy = msgspec.json.decode(msgspec.json.encode(found), type=Document)
    assert project_pair(found, copy, joining) == (asked, spoken)


def strict(gold, predicted, types):
    """The counts of entities.strict under a map."""
    sides = project_pair(gold, predicted, types)
    card = khabar.score([sides[0]], [sides[1]], labels=projected_inventory(INVENTORY, types))
    counts = card["entities.strict"].counts
    return counts.matched_gold, counts.predicted, counts.gold


@given(pairs(), st.sampled_from(["A", "B+C"]))
def test_what_is_not_asked_for_is_not_punished(joining, pair, label):
    """A prediction on just the span of a gold mention that is not asked for changes no count."""
    gold, predicted = (msgspec.structs.replace(side, relations=(), stance=(), subsections=()) for side in pair)
    before = strict(gold, predicted, joining)
    asked = {m.edges for e in project(gold, joining).entities for m in e.mentions if m.form == NAME and e.type != ISSUE}
    said = {m.edges for e in predicted.entities for m in e.mentions}
    for entity in gold.entities:
        for m in entity.mentions:
            if entity.type != ISSUE and m.edges not in asked | said:
                more = Entity(id="more", type=label, mentions=(Mention(m.start, m.end, m.text),))
                wider = msgspec.structs.replace(predicted, entities=(*predicted.entities, more))
                assert strict(gold, wider, joining) == before


# -- examples ----------------------------------------------------------------------------------------------------

TEXT = "قال الوزير الأمريكي كامل إن الكتاب في بغداد"


def entity(name, kind, word, form=NAME):
    """An entity with one mention, the word's first place."""
    start = TEXT.index(word)
    return Entity(id=name, type=kind, mentions=(Mention(start, start + len(word), word, form),))


def document(*entities, relations=(), stance=()):
    """A document of the text."""
    return Document(doc_id="d", text=TEXT, entities=entities, relations=relations, stance=stance)


GOLD = document(
    entity("1", "PER", "كامل"),
    entity("2", "PER", "الوزير", "nominal"),
    entity("3", "GPE", "الأمريكي", "adjective"),
    entity("4", "WORK", "الكتاب"),
    entity("5", "GPE", "بغداد"),
    entity("6", ISSUE, "إن"),
)


def test_a_wojood_system_is_right_where_its_scheme_is():
    """OCC on a title that stands alone, NORP on an adjective, PRODUCT on a WORK are out; a wrong type is wrong."""
    types = type_map("wojood", INVENTORY)
    predicted = document(
        entity("a", "PERS", "كامل"),
        entity("b", "OCC", "الوزير"),
        entity("c", "NORP", "الأمريكي"),
        entity("d", "PRODUCT", "الكتاب"),
        entity("e", "FAC", "بغداد"),
        entity("f", "CURR", "قال"),
    )
    asked, spoken = project_pair(GOLD, predicted, types)
    assert [(e.id, e.type) for e in asked.entities] == [
        ("1", "PERS"),
        ("2", "PERS"),
        ("3", "GPE"),
        ("5", "GPE"),
        ("6", ISSUE),
    ]
    assert [(e.id, e.type) for e in spoken.entities] == [("a", "PERS"), ("e", "FAC")]
    assert strict(GOLD, predicted, types) == (1, 2, 2)


def test_a_mention_that_the_measures_ignore_stays_for_them():
    """A nominal predicted under its own label is left to the measures, which ignore it, and to coreference."""
    types = type_map("wojood", INVENTORY)
    predicted = document(entity("a", "PERS", "الوزير"))
    assert len(project_pair(GOLD, predicted, types)[1].entities) == 1
    assert strict(GOLD, predicted, types) == (0, 0, 2)


def test_the_whole_corpus_in_each_schemes_labels_is_perfect():
    """Gold written in a scheme's labels, as its perfect system would, scores 1 in every measure that compares it."""
    for name in WITHOUT:
        types = type_map(name, INVENTORY)
        accepted, inventory = accepted_inventory(INVENTORY, types), projected_inventory(INVENTORY, types)
        sides = []
        for gold in khabar.documents():
            raw = msgspec.to_builtins(gold)
            said = {key: raw[key] for key in ("doc_id", "entities", "relations", "stance")}
            for one in said["entities"]:
                one["type"] = types.folded[one["type"]] or one["type"]
            grounded = ground(reader(Prediction)(json.dumps(said).encode()), gold, accepted)
            assert not grounded.faults
            sides.append(project_pair(gold, grounded.document, types))
        card = khabar.score([gold for gold, _ in sides], [said for _, said in sides], labels=inventory)
        for measure in ("entities.strict", "relations.strict", "stance.strict"):
            assert card[measure].score == 1, (name, measure)
        assert set(card["entities.strict"].by_label) <= set(types.labels)


def test_a_label_of_neither_side_is_a_listed_problem():
    """Grounding against the inventory of both sides lists it; the labels of either side pass."""
    types = type_map("wojood", INVENTORY)
    mentions = [{"type": kind, "text": "كامل"} for kind in ("PERS", "PER", "CURR", "WORK", "PERZ")]
    raw = json.dumps({"doc_id": "d", "mentions": mentions}).encode()
    grounded = ground(reader(Prediction)(raw), GOLD, accepted_inventory(INVENTORY, types))
    assert [(fault.rule, fault.pointer, fault.fix) for fault in grounded.faults] == [
        ("label", ("mentions", 4, "type"), "Did you mean PER?")
    ]


def test_a_span_that_two_types_share_counts_once_on_either_side():
    """Gold with GPE and LOC on one span, as its own prediction, is perfect where both are LOC, and not refused."""
    gold = document(entity("a", "GPE", "كامل"), entity("b", "LOC", "كامل"))
    row = khabar.score([gold], [gold], types="anercorp", resamples=0)["entities.strict"]
    assert (row.score, row.counts.predicted, row.counts.gold) == (1, 1, 1)


def test_what_matches_nothing_is_counted_under_the_maps_label():
    """An item of a wrong form, one without a place, one rejected before: none keeps the label it had."""
    gold = document(entity("a", "PER", "كامل"))
    wrong = {"id": "x", "type": "PER", "mentions": [{"start": "q", "end": 2}]}
    lost = {"id": "y", "type": "PER", "mentions": [{"text": "غغغ"}]}
    said = {"doc_id": "d", "entities": [wrong, lost], "rejected": [{"layer": "entities", "label": "PER"}]}
    card = khabar.score([gold], [said, said | {"doc_id": "e"}], types="wojood", invalid="penalise", resamples=0)
    row = card["entities.strict"]
    assert {label: counts.predicted for label, counts in row.by_label.items()} == {"PERS": 6}


def test_the_projected_inventory_is_one_that_schemas_take():
    """Its labels are the map's, its relation types ask for them, and the prediction's schema allows them."""
    types = type_map("anercorp", INVENTORY)
    inventory = projected_inventory(INVENTORY, types)
    assert inventory.name == "anercorp"
    assert inventory.labels["entities.type"][:4] == ("PERS", "MISC", "ORG", "LOC")
    assert inventory.labels["entities.type"][-1] == ISSUE
    assert inventory.relations["head_of"].domain == ("PERS",)
    good = {"doc_id": "d", "mentions": [{"type": "MISC", "start": 0, "end": 3}]}
    assert validator("prediction", inventory).is_valid(good)
    assert not validator("prediction", INVENTORY).is_valid(good)
    by_label = {label.label: label for label in inventory.entity_types}
    assert by_label["LOC"].name.en.count(" / ") == 2


def test_relations_and_stances_go_with_what_they_name(joining):
    """ORG has no counterpart: what names it goes, a source that was one is forgotten; the others stay."""
    found = document(
        entity("1", "PER", "كامل"),
        entity("2", "ORG", "الوزير"),
        entity("3", "GPE", "بغداد"),
        entity("4", ISSUE, "الكتاب"),
        relations=(
            Relation(id="r1", type="near", head="1", tail="3"),
            Relation(id="r2", type="head_of", head="1", tail="2"),
        ),
        stance=(
            Stance(id="s1", holder="1", target="4", label="favor", source="2"),
            Stance(id="s2", holder="2", target="4", label="favor"),
            Stance(id="s3", holder="author", target="3", label="against"),
        ),
    )
    once = project(found, joining)
    assert [relation.id for relation in once.relations] == ["r1"]
    assert [(stance.id, stance.source) for stance in once.stance] == [("s1", None), ("s3", None)]


def test_an_entity_that_another_swallows_is_taken_for_it(joining):
    """PER and GPE become one: the span that both have stays once, and relations name who keeps it."""
    found = document(
        entity("1", "GPE", "بغداد", "adjective"),
        entity("2", "PER", "بغداد"),
        entity("3", "GPE", "كامل"),
        relations=(Relation(id="r", type="near", head="1", tail="3"),),
    )
    once = project(found, joining)
    assert [(e.id, e.type) for e in once.entities] == [("2", "A"), ("3", "A")]
    assert (once.relations[0].head, once.relations[0].tail) == ("2", "3")


def test_items_without_a_place_count_where_their_type_has_a_counterpart():
    """A void of a type without counterpart is taken out; of other layers and labels none is."""
    types = type_map("anercorp", INVENTORY)
    voids = [Void("entities", "PERS"), Void("entities", "DATE"), Void("relations", "DATE"), Void("entities", "?")]
    assert counted(voids, types) == (voids[0], voids[2], voids[3])
