"""Documents that are read, checked and scored together mean what each means by itself."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert, to_builtins
from strategies import documents
from test_schemas import spoilt

from khabar import corpus, run
from khabar.collected import Listing
from khabar.corpus import open_set
from khabar.drafts import are_sound, drafted
from khabar.formats import PredictionFile, read_predictions
from khabar.grounding import Placed, ground
from khabar.model import Document
from khabar.problems import Invalid
from khabar.report import as_json
from khabar.schemas import inventory
from khabar.scoring import score

INVENTORY = inventory()
KNOWN = {place: frozenset(labels) for place, labels in INVENTORY.labels.items()}
LAYERS = ("entities", "relations", "stance", "subsections")


class Unchecked(Document, frozen=True, kw_only=True):
    """A document that does not check itself."""

    def __post_init__(self) -> None:
        """Check nothing."""


def said(document):
    """A document as a prediction, in JSON values."""
    fields = to_builtins({layer: getattr(document, layer) for layer in LAYERS})
    return json.loads(json.dumps({"doc_id": document.doc_id, **fields}))


SLIPS = [
    *(("start", by) for by in (-1, 1, -(10**30))),
    *(("end", by) for by in (1, 10**30)),
    ("text", "x"),
    ("text", "\0"),
    ("form", "verb"),
    ("type", "PLACE"),
    ("again", None),
]


def slip(entity, mention, name, by):
    """Make a mention, or the type of its entity, wrong."""
    if name in ("start", "end"):
        mention[name] += by
    elif name == "again":
        entity["mentions"].append(dict(mention))
    else:
        (entity if name == "type" else mention)[name] = by


@st.composite
def both_sides(draw):
    """Some gold documents that do not check themselves, with placed predictions; one mention of all may be wrong."""
    sides = []
    for document in draw(st.lists(documents(), min_size=1, max_size=4)):
        other = draw(st.sampled_from([document, draw(documents(document.text))]))
        gold = {"doc_id": "d", "text": document.text, "entities": said(document)["entities"]}
        sides.append((gold, {"doc_id": "d", "entities": said(other)["entities"]}))
    mentions = [
        (entity, mention)
        for pair in sides
        for side in pair
        for entity in side["entities"]
        for mention in entity["mentions"]
    ]
    if mentions and draw(st.integers(0, 3)):
        slip(*draw(st.sampled_from(mentions)), *draw(st.sampled_from(SLIPS)))
    return [(convert(gold, Unchecked), convert(predicted, Placed)) for gold, predicted in sides]


def holds(gold, predicted):
    """Whether a document and a prediction hold, each asked by itself."""
    try:
        gold.check_mentions()
    except ValueError:
        return False
    types = {entity.type for entity in gold.entities}
    forms = {mention.form for entity in gold.entities for mention in entity.mentions}
    known = types <= KNOWN["entities.type"] and forms <= KNOWN["entities.form"]
    return known and not ground(predicted, gold, INVENTORY).faults


@settings(max_examples=200)
@given(both_sides())
def test_documents_are_sound_together_when_each_of_them_is(pairs):
    """Asked together, the answer is yes just where each document and each prediction holds by itself."""
    golds, predictions = zip(*pairs, strict=True)
    listing = Listing(INVENTORY)
    drafts = drafted(golds, predictions, INVENTORY, listing)
    assert are_sound(drafts, listing, KNOWN, KNOWN) == all(holds(*pair) for pair in pairs)


def gold(text, *mentions):
    """A gold document that does not check itself, with mentions (start, end, words)."""
    entities = [{"start": start, "end": end, "text": words, "form": "name"} for start, end, words in mentions]
    return convert(
        {"doc_id": "d", "text": text, "entities": [{"id": "a", "type": "PER", "mentions": entities}]}, Unchecked
    )


def sound(*golds):
    """Whether gold documents are sound, asked together."""
    listing = Listing(INVENTORY)
    return are_sound(drafted(golds, [None] * len(golds), INVENTORY, listing), listing, KNOWN, KNOWN)


@pytest.mark.parametrize("cut", [("ab\0", "cabc"), ("ab", "cabc"), ("abca", "bc"), ("abc\0abc", ""), ("", "abcabc")])
def test_words_that_fit_only_together_are_not_sound(cut):
    """Words that make up the right characters in a row, but are cut at other places than their spans, do not pass."""
    assert sound(gold("abcabc", (0, 3, "abc"), (3, 6, "abc")))
    assert not sound(gold("abcabc", (0, 3, cut[0]), (3, 6, cut[1])))


def test_a_mention_does_not_reach_into_the_next_document():
    """Texts are looked at in a row, but each mention lies in its own; and none is empty."""
    assert sound(gold("ab", (1, 2, "b")), gold("cd", (0, 1, "c")))
    assert not sound(gold("ab", (1, 3, "bc")), gold("cd", (0, 1, "c")))
    assert not sound(gold("ab", (1, 2, "b")), gold("cd", (-1, 1, "bc")))
    assert not sound(gold("ab", (1, 1, "")))
    assert not sound(gold("ab", (2, 1, "b")))


def test_words_with_the_character_that_parts_words_are_left_to_their_document():
    """A text may hold any character; where words have the one that is put between words, the answer is: in doubt."""
    document = gold("a\0b", (0, 3, "a\0b"))
    document.check_mentions()
    assert not sound(document)
    checked = Document(doc_id="d", text="a\0b", entities=document.entities)
    assert score([checked], [said(checked)], resamples=0).rows[0].counts.f1 == 1


@st.composite
def files(draw):
    """The lines of a set, and those of predictions for it, some of them spoilt."""
    gold, predictions = [], []
    for number in range(draw(st.integers(1, 5))):
        document = draw(documents())
        name = f"d{number}"
        gold.append(json.dumps({**said(document), "doc_id": name, "text": document.text}, ensure_ascii=False))
        own = {**said(draw(st.sampled_from([document, draw(documents(document.text))]))), "doc_id": name}
        own = draw(st.sampled_from([own, own, draw(spoilt(own))]))
        line = json.dumps(own, ensure_ascii=draw(st.booleans()))
        if draw(st.integers(0, 5)) == 0:
            line = line.replace('"start"', '"start": 0, "start"', 1)
        predictions += [line] * draw(st.sampled_from([1, 1, 1, 2, 0]))
    return "\n".join(gold), "\n".join(predictions) or '{"doc_id": "d0"}'


def outcome(place, together, **options):
    """What scoring gives, or what is wrong, when so many documents are taken together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "TOGETHER", together)
        patch.setattr(corpus, "TOGETHER", together)
        try:
            return as_json(score(place / "gold.jsonl", place / "predictions.jsonl", resamples=0, **options))
        except Invalid as error:
            return str(error)


@settings(max_examples=60)
@given(files(), st.sampled_from(["error", "penalise"]), st.sampled_from([None, ["entities.strict"]]))
def test_scoring_documents_together_is_scoring_each_by_itself(lines, invalid, measures):
    """Every figure, every item that is lost and every problem is the same, however many are taken together."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name, content in zip(("gold", "predictions"), lines, strict=True):
            (place / f"{name}.jsonl").write_text(content, "utf-8")
        options = {"invalid": invalid, "measures": measures}
        assert outcome(place, 64, **options) == outcome(place, 1, **options)


@given(files(), st.sampled_from([frozenset(LAYERS), frozenset({"entities"})]))
def test_predictions_are_read_together_as_each_by_itself(lines, layers):
    """What they say, and what is wrong with their form."""
    raws = [line.encode() for line in lines[1].split("\n")]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        path.write_text(lines[1], "utf-8")
        with PredictionFile(path) as file:
            records = file.records
    together = read_predictions(records, raws, INVENTORY, layers)
    one_by_one = [
        read_predictions([record], [raw], INVENTORY, layers)[0] for record, raw in zip(records, raws, strict=True)
    ]
    assert together == one_by_one


def test_a_set_may_leave_mentions_to_be_checked(tmp_path):
    """Mentions alone: whatever else is wrong with a document is refused all the same, at its line."""
    mention = {"start": 0, "end": 2, "text": "xy", "form": "name"}
    entity = {"id": "a", "type": "PER", "mentions": [mention]}
    sound = {"doc_id": "a", "text": "ab"}
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, [sound, {**sound, "doc_id": "b", "entities": [entity]}])), "utf-8")
    unchecked = list(open_set(path).documents(checked=False))
    assert [document.doc_id for document in unchecked] == ["a", "b"]
    with pytest.raises(ValueError, match="is not 'xy'"):
        unchecked[1].check_mentions()
    with pytest.raises(Invalid, match="2:1"):
        list(open_set(path).documents())
    with pytest.raises(Invalid, match="2:1"):
        score(path, [{"doc_id": "a", "entities": []}])
    path.write_text(
        "\n".join(map(json.dumps, [sound, {**sound, "doc_id": "b", "entities": [entity, entity]}])), "utf-8"
    )
    with pytest.raises(Invalid, match=r"2:1.*an id stands twice"):
        list(open_set(path).documents(checked=False))


def test_a_wrong_label_in_gold_is_told_where_a_later_line_is_no_json(tmp_path):
    """The line that cannot be read is what is told: nothing is scored, and nothing breaks."""
    mention = {"start": 0, "end": 2, "text": "ab", "form": "name"}
    strange = {"doc_id": "a", "text": "ab", "entities": [{"id": "a", "type": "PLACE", "mentions": [mention]}]}
    path = tmp_path / "set.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "TOGETHER", 1)
        patch.setattr(corpus, "TOGETHER", 1)
        path.write_text(json.dumps(strange) + "\n{no\n", "utf-8")
        with pytest.raises(Invalid, match=r"2:2.*not JSON"):
            score(path, [{"doc_id": "a", "entities": []}])


@pytest.mark.parametrize("slip", [("end", 4), ("type", "PLACE")])
def test_what_is_wrong_in_gold_is_told_where_its_line_cannot_be_read_again(slip, tmp_path, monkeypatch):
    """As with a pipe: the problem names the document."""
    mention = {"start": 0, "end": 2, "text": "ab", "form": "name"}
    entity = {"id": "a", "type": "PER", "mentions": [mention]}
    (mention if slip[0] == "end" else entity)[slip[0]] = slip[1]
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"doc_id": "a", "text": "ab", "entities": [entity]}), "utf-8")
    monkeypatch.setattr(corpus.DocumentSet, "named", lambda *_: [])
    with pytest.raises(Invalid, match="PLACE" if slip[0] == "type" else r"0\.\.4 is not as long"):
        score(path, [{"doc_id": "a", "entities": []}])


def test_pairs_beside_entities_of_ones_own_are_a_fault_and_no_track_of_their_own():
    """One problem is told, of the document that has them."""
    both = [Document(doc_id=name, text="ab") for name in "ab"]
    said = [{"doc_id": "a", "entities": []}, {"doc_id": "b", "stance_pairs": "gold", "entities": []}]
    with pytest.raises(Invalid) as caught:
        score(both, said)
    assert [(one.rule, one.line) for one in caught.value.problems] == [("track", 2)]
    assert "given pairs need given entities" in str(caught.value)
