"""The schemas, the inventory and the readers say the same."""

import copy
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from khabar.corpus import open_set
from khabar.grounding import Prediction, reader
from khabar.schemas import ENUMS, data_folder, files, inventory, validator, with_labels

SCHEMES = {"wojood", "ace2005", "ontonotes", "dwie", "anercorp", "mawqif"}


def test_every_schema_is_a_good_schema():
    """Each file is a valid draft 2020-12 schema, without an $id, with relative references only."""
    for name, schema in files().items():
        Draft202012Validator.check_schema(schema)
        assert "$id" not in schema, name
        assert "://" not in json.dumps({k: v for k, v in schema.items() if k != "$schema"}), name


def test_objects_are_closed_and_properties_described():
    """An unknown property is refused everywhere; every property is described, or refers to what is."""

    def walk(name, schema):
        if isinstance(schema, dict):
            if "properties" in schema:
                assert "additionalProperties" in schema, name
                for key, part in schema["properties"].items():
                    assert {"description", "$ref"} & set(part), f"{name}: {key}"
            for part in schema.values():
                walk(name, part)
        elif isinstance(schema, list):
            for part in schema:
                walk(name, part)

    for name, schema in files().items():
        walk(name, schema)


def test_enums_are_the_inventory():
    """The enums in the schema files are the inventory's labels, in its order."""
    assert with_labels(inventory()) == dict(files())
    assert len(ENUMS) == 7


def test_every_label_is_complete():
    """Arabic and English name, definition and example, and a list of counterparts for each of the six schemes."""
    labels = inventory()
    for name in ENUMS.values():
        for label in getattr(labels, name):
            for text in (label.name, label.definition, label.example):
                assert text.ar.strip(), label.label
                assert text.en.strip(), label.label
            assert set(label.counterparts) == SCHEMES, label.label
    kinds = {label.label for label in labels.entity_types}
    for relation in labels.relation_types:
        assert relation.domain, relation.label
        assert relation.range, relation.label
        assert set(relation.domain) | set(relation.range) <= kinds - {"ISSUE"}
        assert set(relation.implies) <= set(labels.relations)
        if relation.symmetric:
            assert relation.domain == relation.range


def test_an_inventory_of_its_own_changes_the_enums(tmp_path):
    """A set with its own inventory is validated against its own labels, and khabar's are then unknown."""
    own = json.loads((data_folder() / "schemas" / "inventory.json").read_bytes())
    own["name"] = "other"
    own["entity_types"] = [{**own["entity_types"][0], "label": "THING"}]
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps(own), "utf-8")
    value = {"doc_id": "d", "entities": [{"id": "e", "type": "THING", "mentions": [{"start": 0, "end": 1}]}]}
    assert validator("prediction", inventory(path)).is_valid(value)
    assert not validator("prediction").is_valid(value)


GOLD = next(iter(open_set().entries()))
ANNOTATION = json.loads(GOLD.raw)
PREDICTION = {
    "doc_id": "d",
    "offset_unit": "codepoint",
    "entities": [
        {
            "id": "e1",
            "type": "PER",
            "mentions": [{"start": 0, "end": 2, "text": "ab"}, {"text": "x", "occurrence": "all"}],
        }
    ],
    "relations": [{"type": "near", "head": "e1", "tail": "e1", "evidence": [{"text": "q", "prefix": "p"}]}],
    "stance": [{"holder": "author", "target": "e1", "label": "favor"}],
    "subsections": [
        {"first": "x", "kind": "lead", "heading": None, "function": "data"},
        {"start": 0, "end": 1, "kind": "body", "heading": {"text": "h"}, "story": 1},
    ],
}
ODD = st.sampled_from([None, True, 0, -1, 1.5, 2.0, "", "x", "PER", [], {}, [1], {"start": 0, "end": 1}, "gold", "all"])


def places(value, way=()):
    """Every way into a JSON value but the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*way, name)
        yield from places(part, (*way, name))


@st.composite
def spoilt(draw, value):
    """A JSON value with a part replaced, removed or added."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        ways = list(places(changed))
        if not ways:
            break
        way = draw(st.sampled_from(ways))
        inner = changed
        for name in way[:-1]:
            inner = inner[name]
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "remove":
            del inner[way[-1]]
        elif action == "replace":
            inner[way[-1]] = draw(ODD)
        elif isinstance(inner, dict):
            inner[draw(st.sampled_from(["start", "extra", "form", "occurrence", "mentions", "text"]))] = draw(ODD)
    return changed


@given(spoilt(PREDICTION))
def test_the_fast_and_the_reference_validator_agree(value):
    """jsonschema-rs accepts just what jsonschema accepts; what is refused is explained."""
    found = validator("prediction")
    reference = list(found._reference.iter_errors(value))
    assert found.is_valid(value) == (not reference)
    assert bool(list(found.problems(value))) == bool(reference)


@given(spoilt(PREDICTION))
def test_the_typed_reader_accepts_what_the_schema_accepts(value):
    """Reading a prediction and validating it agree, labels aside: these are judged when it is grounded."""
    try:
        reader(Prediction)(json.dumps(value).encode())
        read = True
    except msgspec.DecodeError:
        read = False
    found = [message for _, message, _ in validator("prediction").problems(value)]
    of_labels = [message for message in found if "forms allowed" in message or "not one of" in message]
    if read:
        assert found == of_labels
    else:
        assert found


@given(
    spoilt(
        {name: ANNOTATION[name] for name in ANNOTATION if name not in ("relations", "stance")}
        | {"relations": [], "stance": []}
    )
)
def test_the_validators_agree_on_annotations(value):
    """The same for gold's files."""
    found = validator("annotation")
    assert found.is_valid(value) == (not list(found._reference.iter_errors(value)))


def test_a_missing_data_folder_is_said(monkeypatch, tmp_path):
    """A KHABAR_DATA that holds no inventory names the place that was tried."""
    monkeypatch.setenv("KHABAR_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="KHABAR_DATA"):
        data_folder()
