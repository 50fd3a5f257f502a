"""Answers of language models: what is read, what is rejected, and that nothing is invented."""

import contextlib
import gzip
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st
from typer.testing import CliRunner

import khabar
from khabar.answers import prediction, read_answers
from khabar.cli import app
from khabar.corpus import open_set
from khabar.lenient import _Reader, blocks
from khabar.problems import Invalid
from khabar.quotes import fold
from khabar.schemas import inventory, validator
from khabar.wording import PROPERTIES

EXAMPLES = Path(__file__).parent / "examples"
LABELS = inventory()
DOCUMENT = next(open_set(EXAMPLES / "valid").documents())
TEXT = DOCUMENT.text


def said(answer):
    """The prediction of an answer on the example document, and the reasons of what was rejected."""
    found, rejections = prediction(answer, DOCUMENT, LABELS)
    assert validator("prediction").is_valid(found)
    return found, [one.reason for one in rejections]


def names(found):
    """The names of the entities with their types."""
    return [(entity["name"], entity["type"]) for entity in found["entities"]]


KAMIL = ("كامل العناني", "PER")
SALMA = ("سلمى الزعبي", "PER")
BOTH = [KAMIL, SALMA]
GOOD = '{"entities": [{"name": "كامل العناني", "type": "PER"}, {"name": "سلمى الزعبي", "type": "PER"}]}'

# Answers that mean the same, as models write them.
READ = {
    "plain": GOOD,
    "a fence": f"إليك النتيجة:\n```json\n{GOOD}\n```\nآمل أن يكون هذا مفيدًا.",
    "a fence without a name": f"```\n{GOOD}\n```",
    "a fence that is not closed": f"```json\n{GOOD}",
    "bare in prose": f"الكيانات [حسب الطلب] هي: {GOOD} وهذا كل شيء.",
    "thoughts": '<think>ربما {"entities": [{"name": "السلط", "type": "GPE"}]}؟</think>' + GOOD,
    "thoughts without a beginning": '{"entities": []} فكرت طويلا</think>\n' + GOOD,
    "thoughts in capitals": "<THINKING>\n{}\n</THINKING>" + GOOD,
    "trailing commas": GOOD.replace("}]", "},]").replace('"PER"}', '"PER",}'),
    "single quotes": GOOD.replace('"', "'"),
    "Python": "{'entities': [{'name': 'كامل العناني', 'type': 'PER', 'id': None, 'sure': True},"
    " {'name': 'سلمى الزعبي', 'type': 'PER', 'sure': False}]}",
    "a tuple": GOOD.replace("[", "(").replace("]", ")").replace('"', "'"),
    "typographic quotes": GOOD.replace('"name"', "“name”").replace('"type"', "„type“").replace('"PER"', "”PER”"),
    "names without quotes": GOOD.replace('"name"', "name").replace('"type"', "type"),
    "comments": GOOD.replace("}, {", "}, // الثاني\n {").replace("]}", "] /* انتهى */ }"),
    "missing commas": GOOD.replace("}, {", "}\n{"),
    "a missing comma between members": GOOD.replace('العناني", "type"', 'العناني" "type"'),
    "a missing comma between words": '{"PER": ["كامل العناني""سلمى الزعبي"]}',
    "doubled commas": GOOD.replace("}, {", "},, {").replace('", ', '",, '),
    "nothing quoted": "{entities: [{name: كامل العناني, type: PER}, {name: سلمى الزعبي, type: PER}]}",
    "equals signs": GOOD.replace(": ", " = ").replace('"name" = ', '"name" => '),
    "a missing colon": GOOD.replace('"entities":', '"entities"'),
    "wrong closing brackets": GOOD.replace("}", "]"),
    "wrong closing brackets, the other way": GOOD.replace("]", "}"),
    "a closing bracket too many": GOOD.replace("}, {", "}}, {"),
    "no closing brace": GOOD.replace("}, {", ", {"),
    "no opening brace": GOOD.replace(", {", ", "),
    "a list without its end": GOOD.replace("]}", ', "stance": []}'),
    "braces for brackets": GOOD.replace("[", "{").replace("]", "}"),
    "the name of the layer broken": GOOD.replace('entities"', "entities"),
    "types in lists": GOOD.replace('"PER"', '["PER"]'),
    "numbers of many digits": GOOD.replace('"type"', f'"seen": {"1" * 41}, "sure": {"2" * 5000}, "type"'),
    "an Arabic comma": GOOD.replace("}, {", "}، {"),
    "several blocks": '```json\n{"entities": [{"name": "كامل العناني", "type": "PER"}]}\n```\n'
    'ثم:\n```json\n{"entities": [{"name": "سلمى الزعبي", "type": "PER"}]}\n```',
    "a name twice": '{"entities": [{"name": "كامل العناني", "type": "PER"}],'
    ' "entities": [{"name": "سلمى الزعبي", "type": "PER"}]}',
    "an item a line": '{"name": "كامل العناني", "type": "PER"}\n{"name": "سلمى الزعبي", "type": "PER"}',
    "a list": '[{"text": "كامل العناني", "label": "PER"}, {"mention": "سلمى الزعبي", "entity_type": "person"}]',
    "types to names": '{"entities": {"PER": ["كامل العناني", "سلمى الزعبي"], "ORG": []}}',
    "names to types, bare": '{"كامل العناني": "PER", "سلمى الزعبي": "PER"}',
    "types to names, bare": '{"PER": ["كامل العناني", "سلمى الزعبي"], "ORG": []}',
    "names to types": '{"entities": {"كامل العناني": "PER", "سلمى الزعبي": "PER"}}',
    "wrapped": f'{{"result": {{"status": "ok", "data": {GOOD}}}}}',
    "Arabic names": '{"الكيانات": [{"الاسم": "كامل العناني", "النوع": "شخص"},'
    ' {"الاسم": "سلمى الزعبي", "النوع": "شخص"}]}',
    "small letters": GOOD.replace("PER", "per"),
    "read already": json.loads(GOOD),
    "read already, a list": json.loads(GOOD)["entities"],
}


@pytest.mark.parametrize("kind", READ)
def test_answers_are_read_as_they_are(kind):
    """Every way of writing the same says the same two people, and nothing is rejected."""
    found, reasons = said(READ[kind])
    assert names(found) == BOTH
    assert not reasons
    assert "rejected" not in found


# Answers of which only a part can be read: the people that are left, and why the rest is not.
BROKEN = {
    "cut off inside a name": (GOOD[: GOOD.index("الزعبي")], [KAMIL], ["cut off or unreadable"]),
    "cut off before a value": (GOOD[: GOOD.rindex('"PER"')], [KAMIL], ["cut off or unreadable"]),
    "cut off before the brackets": (GOOD[:-2], BOTH, ["cut off or unreadable"]),
    "cut off in Python": (GOOD.replace('"', "'")[:-10], [KAMIL], ["cut off or unreadable"]),
    "cut off in mentions": (
        GOOD[:-3] + ', "mentions": ["سل',
        [KAMIL],
        ["cut off or unreadable"],
    ),
    "cut off in a second layer": (
        GOOD[:-1] + ', "relations": [{"head": "كامل العناني", "type": "meets"',
        BOTH,
        ["cut off or unreadable"],
    ),
    "a draft before a fence": (
        '{"entities": [{"name": "السلط", "type": "GPE"}]}\n' + f"```json\n{GOOD}\n```",
        BOTH,
        ["outside"],
    ),
    "a quotation mark lost at the end": (GOOD.replace('العناني"', "العناني"), [SALMA], ["cut off or unreadable"]),
    "a quotation mark lost at the beginning": (GOOD.replace('"كامل', "كامل"), [SALMA], ["cut off or unreadable"]),
    "a name's quotation mark lost": (GOOD.replace('"type"', '"type', 1), [SALMA], ["cut off or unreadable"]),
    "a value lost": (GOOD.replace('"كامل العناني"', ""), [SALMA], ["cut off or unreadable"]),
    "a mention lost": (
        GOOD.replace('"type"', '"mentions": ["كامل, "العناني"], "type"', 1),
        [SALMA],
        ["cut off or unreadable"],
    ),
    "a list of mentions without its end": (
        GOOD.replace('"type"', '"mentions": ["العناني", "type"', 1),
        [SALMA],
        ["cut off or unreadable"],
    ),
    "a name twice in an item": (
        GOOD.replace('"type"', '"name": "سلمى", "type"', 1),
        [SALMA],
        ["cut off or unreadable"],
    ),
    "members without brackets": (
        GOOD + ', {"name": "السلط", "type": "GPE"} "name": "سلمى", "type": "PER"}',
        [*BOTH, ("السلط", "GPE")],
        ["cut off or unreadable"],
    ),
    "a layer of another name": (GOOD[:-1] + ', "places": ["السلط"]}', BOTH, ["no layer"]),
    "a type among types that does not exist": (
        '{"PER": ["كامل العناني", "سلمى الزعبي"], "THING": ["السوق"]}',
        BOTH,
        ["label"],
    ),
    "two types": (GOOD.replace('"PER"', '["PER", "ORG"]', 1), [SALMA], ["label"]),
    "a type that does not exist": (GOOD.replace("PER", "HUMAN", 1), [SALMA], ["label"]),
    "no type": ('{"entities": ["كامل العناني"]}', [], ["label"]),
    "no name": ('{"entities": [{"type": "PER", "value": 3}]}', [], ["no name"]),
    "a layer that is no list": ('{"entities": "لا يوجد"}', [], ["shape"]),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_of_broken_answers_whole_items_are_kept(kind):
    """What is cut off or out of scheme is left out whole and said; half an item is never an item."""
    answer, expected, why = BROKEN[kind]
    found, reasons = said(answer)
    assert names(found) == expected
    assert reasons == why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "no JSON"),
        ("لا أستطيع المساعدة في ذلك.", "no JSON"),
        ("<think>أولا نبحث عن {", "no JSON"),
        (f"<think>{GOOD}", "no JSON"),
        (None, "no JSON"),
        ("{}", "empty"),
        ("```json\n[ ]\n```", "empty"),
        ("<think>{}</think> لا", "no JSON"),
        ({}, "empty"),
        ([], "empty"),
        ('{"summary": "زار الوزير السوق"}', "no layer"),
        (7, "no layer"),
    ],
)
def test_an_answer_that_says_nothing_is_silent(answer, why):
    """It attempts no layer, so that its document counts as missed; the reason is kept."""
    found, reasons = said(answer)
    assert found == {"doc_id": DOCUMENT.doc_id}
    assert reasons == [why]


@pytest.mark.parametrize(
    "name",
    [
        'سوق "السلط" القديم',
        '"السلط"',
        'قال "نعم", ثم ذهب',
        'قال: "نعم"',
        "سوق «السلط», القديم",
        "O'Brien",
        'قال "أ" و"ب"',
    ],
)
def test_quotation_marks_inside_a_string_belong_to_it(name):
    """Marks that pair up inside a string do not end it."""
    found, reasons = said(f'{{"entities": [{{"name": "{name}", "type": "FAC"}},]}}')
    assert names(found) == [(name, "FAC")]
    assert not reasons


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (GOOD.replace('العناني"', "العناني"), '{"name": "كامل العناني, "type": "PER"}'),
        (GOOD[: GOOD.index("الزعبي")], '{"name": "سلمى'),
        (GOOD[:-2], ', {"name": "سلمى الزعبي", "type": "PER"}'),
        ('{"GPE": ["كركوك", "بغداد", "واش', '"واش'),
        ('{"PER": ["كامل العناني", "سلمى, "السلط"],}', '"سلمى'),
        (f'{{"PER": [سلمى "السلط", {"9" * 41}"]}}', 'سلمى "السلط"'),
    ],
)
def test_what_cannot_be_read_is_kept_with_its_words(answer, words):
    """The whole item where it is one, from its first character to its last."""
    assert prediction(answer, DOCUMENT, LABELS).rejections[0].what == words


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(alphabet="ab ك\"'\\،,:{}[]\n“”", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abك ", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(VALUES, min_size=1, max_size=3) | st.dictionaries(st.text("abك", min_size=1), VALUES, min_size=1))
def test_the_tolerant_reader_reads_strict_json_as_json(value):
    """What is sound JSON means the same to both readers."""
    source = json.dumps({"a": value}, ensure_ascii=False)
    assert blocks(f"نعم: {source}") == ([{"a": value}], [])
    reader = _Reader(source)
    assert (reader.value(), reader.at, reader.rejections) == ({"a": value}, len(source), [])


WORDS = (
    st.text("كتاب ,،:(]", min_size=1, max_size=12)
    .map(lambda words: words.strip(" ,،:"))
    .filter(lambda words: any(map(str.isalpha, words)))
)


@st.composite
def answers(draw):
    """An answer as JSON that is already read: people, places of their names, and who meets whom."""
    found = draw(st.lists(WORDS, min_size=1, max_size=5, unique_by=lambda words: fold(words).text.strip()))
    mentions = st.lists(st.fixed_dictionaries({"text": WORDS, "occurrence": st.integers(1, 3)}), min_size=1, max_size=2)
    people = [
        {"name": name, "type": "PER"} | draw(st.sampled_from([{}, {"mentions": draw(mentions)}])) for name in found
    ]
    pairs = draw(st.lists(st.tuples(*[st.sampled_from(found)] * 2), max_size=3, unique=True))
    meetings = [{"type": "meets", "head": head, "tail": tail} for head, tail in pairs]
    return {"entities": people, "relations": meetings}


TOKENS = re.compile(r'"[^"]*"|[0-9]+|[{}\[\]:,]')
# Each kind of breakage: the tokens that it may happen to, and what one of them becomes.
BREAKAGES = {
    "a comma lost": (",", lambda _: " "),
    "a comma doubled": (",", lambda _: ",,"),
    "a trailing comma": ("]}", lambda bracket: f",{bracket}"),
    "an equals sign": (":", lambda _: "="),
    "a colon lost": (":", lambda _: " "),
    "a colon doubled": (":", lambda _: "::"),
    "a wrong closing bracket": ("]}", lambda bracket: "]}"["}]".index(bracket)]),
    "a bracket lost": ("[]{}", lambda _: " "),
    "a bracket doubled": ("[]{}", lambda bracket: 2 * bracket),
    "a quotation mark lost at the beginning": ('"', lambda quoted: quoted[1:]),
    "a quotation mark lost at the end": ('"', lambda quoted: quoted[:-1]),
    "a quotation mark doubled": ('"', lambda quoted: f'"{quoted}'),
    "single quotation marks": ('"', lambda quoted: f"'{quoted[1:-1]}'"),
    "no quotation marks": ('"', lambda quoted: quoted[1:-1]),
    "a value lost": ('"0123456789', lambda _: ""),
    "words left over": (",", lambda _: " كلام,"),
    "a number of many digits": ("0123456789", lambda digit: 41 * digit),
    "a comment": (",", lambda _: ", // تعليق\n"),
}


def items(prediction):
    """What a prediction says, by names in place of ids."""
    called = {entity["id"]: entity["name"] for entity in prediction.get("entities", ())}
    entities = [(one["name"], one["type"], json.dumps(one["mentions"])) for one in prediction.get("entities", ())]
    return entities + [
        (one["type"], called[one["head"]], called[one["tail"]]) for one in prediction.get("relations", ())
    ]


@pytest.mark.parametrize("kind", BREAKAGES)
@given(answer=answers(), data=st.data())
def test_whatever_breaks_no_item_is_lost_in_silence(kind, answer, data):
    """Items and rejections together are never fewer than what was said; without a rejection, all is as it was said."""
    whole = items(said(answer)[0])
    begins, breaks = BREAKAGES[kind]
    tokens = TOKENS.findall(json.dumps(answer, ensure_ascii=False))
    places = [at for at, token in enumerate(tokens) if token[0] in begins]
    assume(places)
    at = data.draw(st.sampled_from(places))
    tokens[at] = breaks(tokens[at])
    found, rejected = said(" ".join(tokens))
    note(" ".join(tokens))
    assert len(items(found)) + len(rejected) >= len(whole)
    if not rejected:
        assert items(found) == whole


@given(answers())
def test_python_is_read_as_json(answer):
    """Python's way of writing the same says the same."""
    assert said(repr(answer)) == said(answer)


def whole_answer():
    """An answer with an item of every layer, items in items, and properties of every kind."""
    salma = {"id": "x", "name": "سلمى الزعبي", "type": "PER", "mentions": ["سلمى", {"text": "سلمى", "occurrence": 2}]}
    market = {"name": "السوق", "type": "FAC", "nested": [{"name": "السلط", "type": "GPE", "start": 9, "end": 14}]}
    stance = {"holder": "سلمى الزعبي", "target": "السوق", "label": "favor", "mode": "stated", "evidence": "ورفضت"}
    return {
        "entities": [salma, market, ["كامل العناني", "PER"], {"text": "السلط", "type": "LOC"}],
        "relations": [{"type": "near", "head": "السوق", "tail": "x", "evidence": [{"text": "ورفضت"}, "ذلك"]}],
        "stance": [stance],
        "subsections": [{"kind": "lead", "first": "موقف", "entities": [{"name": "عمّان", "type": "GPE"}], "story": 1}],
    }


def flattened(found):
    """All items of a prediction, whole, by names in place of ids."""
    called = {one["id"]: one["name"] for one in found.get("entities", ())}
    return [
        json.dumps({name: called.get(value, value) if isinstance(value, str) else value for name, value in one.items()})
        for layer in ("entities", "relations", "stance", "subsections")
        for one in found.get(layer, ())
    ]


@pytest.mark.parametrize(
    "whole",
    [
        whole_answer(),
        {"PER": ["كامل العناني", ["سلمى الزعبي", 3, 14]], "near": [["كامل العناني", "سلمى الزعبي"]]},
        [["كامل العناني", "PER", 1, 13], ["سلمى الزعبي", "PER"]],
        {"entities": {"e1": {"name": "السلط", "type": "GPE"}, "e2": {"name": "عمّان", "type": "GPE"}}},
    ],
)
def test_whatever_is_cut_off_only_whole_items_are_kept(whole):
    """Every beginning of an answer holds items of the whole answer, unchanged, and nothing else costs anything."""
    answer = json.dumps(whole, ensure_ascii=False)
    items_of_all = flattened(said(answer)[0])
    for cut in range(len(answer)):
        found, reasons = said(answer[:cut])
        assert set(flattened(found)) <= set(items_of_all)
        assert "rejected" not in found
        assert reasons


@given(st.integers(0, 400))
def test_a_truncated_answer_gives_a_beginning_of_the_whole(cut):
    """Wherever an answer is cut off, the entities are the first ones of the whole answer."""
    whole = json.dumps({"entities": [{"name": f"اسم {n}", "type": "PER", "mentions": ["هو"]} for n in range(7)]})
    found, _ = said(whole[:cut])
    full, _ = said(whole)
    kept = found.get("entities", [])
    assert kept == full["entities"][: len(kept)]


@pytest.mark.parametrize(
    "whole", [GOOD, '{"GPE": ["كركوك", "بغداد"], "near": [["كركوك", "بغداد"]]}', f"نعم:\n[{GOOD}]"]
)
def test_a_truncated_answer_has_one_rejection_in_its_own_words(whole):
    """Wherever it is cut off, one thing is lost, and what is quoted of it stands in the answer."""
    for cut in range(whole.index('"') + 1, len(whole)):
        _, (lost,) = blocks(whole[:cut])
        assert lost.what
        assert lost.what in whole[:cut]


# What costs time where reading goes over the same characters again: a beginning, and what is repeated after it.
GARBAGE = {
    "brackets": ("", "["),
    "objects": ("", '{"a":'),
    "quotation marks": ('["', '"'),
    "pairs of brackets": ("", "[:“x ] "),
    "strings without end": ("", """["a: 'b: «c: “d: """),
    "marks after colons": ('["a', ': "b'),
    "marks after commas": ('["a', ', "b'),
    "blocks": ("", '{x: "y} '),
    "names in lists": ("", '["a": '),
    "names twice": ('{"a": [', '"a": [1], '),
    "comments": ("", '["a" /*'),
    "backslashes": ('["', "\\"),
    "thoughts": ("", "<think></thinking>{"),
    "fences": ("", "```{"),
    "round brackets": ('["a",', "("),
    "round brackets in a name": ('[{"name":', "("),
    "lists in round brackets": ("[", "(1 "),
    "lines": ("", '{"name": 1\n'),
    "lines in an object": ('{"name": 1', '\n{"a": 1}\n"b": 1'),
    "rests of objects": ("[", '{"a": 1 {"b": 1 '),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_of_any_length_is_read_once(kind):
    """100,000 of each end in a rejection, and twice as many take twice as many steps."""
    begin, repeated = GARBAGE[kind]
    found, rejected = said(begin + repeated * 100_000)
    assert found.keys() == {"doc_id"}
    assert rejected
    assert steps(begin + repeated * 2_000) <= 2.5 * steps(begin + repeated * 1_000) + 1_000


def steps(answer):
    """How many calls the reading of an answer takes."""
    calls = [0]

    def count(_frame, event, _argument):
        calls[0] += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        blocks(answer)
    finally:
        sys.setprofile(None)
    return calls[0]


@pytest.mark.parametrize("depth", [90, 120, 900, 5_000])
def test_what_nests_too_deep_is_rejected(depth):
    """Whether it is sound JSON or not, and also where it was read before."""
    nested = '{"entities": [{"name": "هو", "type": "PER", "mentions": ' + "[" * depth + '"هو"' + "]" * depth + "}]}"
    found, rejected = said(nested)
    if depth < 100:
        assert names(found) == [("هو", "PER")]
        assert not rejected
        return
    assert rejected == ["cut off or unreadable"]
    with contextlib.suppress(RecursionError):
        for answer in (nested, json.loads(nested)):
            _, (one,) = prediction(answer, DOCUMENT, LABELS)
            assert one.why == "it nests deeper than 100"
            assert '"هو"' in json.dumps(one.what, ensure_ascii=False).replace("\\", "")


def test_halves_of_characters_never_stop_an_import():
    """A lone surrogate is replaced, in what is read and in what is rejected."""
    found, rejections = prediction(
        '{"a": "\\ud800", "a": "\\ud801", "entities": [{"name": "\\ud800", "type": "PER"}]}', DOCUMENT, LABELS
    )
    assert names(found) == [("\ufffd", "PER")]
    assert json.dumps([one.what for one in rejections], ensure_ascii=False).encode()


def test_fences_are_read_one_by_one():
    """One that is cut off takes nothing from the next."""
    found, reasons = said(f"```json\n{GOOD[:-20]}\n```\n```json\n{GOOD}\n```")
    assert names(found) == BOTH
    assert reasons == ["cut off or unreadable"]


def layers(**more):
    """An answer with both people, the market and more layers."""
    people = [{"name": name, "type": kind} for name, kind in BOTH]
    return {"entities": [*people, {"name": "توسعة السوق", "type": "ISSUE"}], **more}


def test_relations_and_stance_name_entities_by_their_names():
    """By name, mention, id or object, exactly or normalised; the article's own voice by its usual names."""
    answer = layers(
        relations=[
            {"head": "كامل العناني", "type": "meets", "tail": "سلمى الزعبى"},
            ["سلمى الزعبي", "works for", "رابطة التجار"],
            {"subject": {"name": "كامل العناني", "type": "PER"}, "predicate": "رأس", "object": "سلمى الزعبي"},
        ],
        stance=[
            {"holder": "سلمى الزعبي", "target": "توسعة السوق", "stance": "معارض", "evidence": "ورفضت سلمى الزعبي"},
            {"holder": "الكاتب", "target": "توسعة السوق", "label": "neutral", "mode": "inferred", "source": "لا أحد"},
        ],
    )
    answer["entities"].append({"id": 4, "name": "رابطة تجار السلط", "type": "ORG", "mentions": ["رابطة التجار"]})
    found, reasons = said(answer)
    assert found["relations"] == [
        {"type": "meets", "head": "e1", "tail": "e2"},
        {"type": "works_for", "head": "e2", "tail": "e4"},
    ]
    assert found["stance"] == [
        {
            "holder": "e2",
            "target": "e3",
            "label": "against",
            "evidence": [{"text": "ورفضت سلمى الزعبي"}],
        },
        {"holder": "author", "target": "e3", "label": "neutral", "mode": "inferred"},
    ]
    assert reasons == ["label", "unknown entity"]


def test_what_names_no_entity_or_several_costs_precision():
    """Each is rejected for a reason of its own and stands in the prediction as spurious; scoring counts it."""
    answer = layers(
        relations=[
            {"head": "كامل العناني", "type": "meets", "tail": "وزير السياحة"},
            {"head": "السلط", "type": "near", "tail": "كامل العناني"},
        ],
        stance=[{"holder": "سلمى الزعبي", "target": "البلدية", "label": "favor"}],
    )
    answer["entities"] += [{"name": "السلط", "type": "GPE"}, {"name": "السلط", "type": "LOC"}]
    found, reasons = said(answer)
    assert reasons == ["unknown entity", "ambiguous name", "unknown entity"]
    assert found["rejected"] == [
        {"layer": "relations", "label": "meets"},
        {"layer": "relations", "label": "near"},
        {"layer": "stance", "label": "favor"},
    ]
    card = khabar.score(open_set(EXAMPLES / "valid"), [found])
    assert card["relations.strict"].counts.predicted == 2
    assert card["stance.strict"].by_label["favor"].predicted == 1
    assert card.penalised == 3


def test_a_name_alone_means_every_place_of_it():
    """An entity without mentions gets all places of its name; a number, a prefix or good offsets say which."""
    start = TEXT.rindex("سلمى الزعبي")
    answer = [
        {"name": "السلط", "type": "GPE"},
        {"name": "العناني", "type": "PER", "mentions": ["كامل العناني", {"text": "العناني", "occurrence": "1"}]},
        {"text": "سلمى الزعبي", "type": "PER", "start": start, "end": start + 11},
        {"text": "يوم الأحد", "type": "DATE", "start": 0, "end": 3},
    ]
    found, reasons = said(answer)
    assert [entity["mentions"] for entity in found["entities"]] == [
        [{"text": "السلط", "occurrence": "all"}],
        [{"text": "كامل العناني", "occurrence": "all"}, {"text": "العناني", "occurrence": 1}],
        [{"text": "سلمى الزعبي", "occurrence": 2}],
        [{"text": "يوم الأحد"}],
    ]
    assert reasons == ["offsets"]


def mention(**fields):
    """The first mention of an answer that gives one, and the reasons of what was rejected."""
    found, reasons = said([{"name": "سلمى", "type": "PER", "mentions": [{"text": "سلمى الزعبي", **fields}]}])
    (one,) = found["entities"][0]["mentions"]
    return one, reasons


START = TEXT.rindex("سلمى الزعبي")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"occurrence": "all"}),
        ({"occurrence": None}, {"occurrence": "all"}),
        ({"occurrence": "ALL"}, {"occurrence": "all"}),
        ({"occurrence": 2}, {"occurrence": 2}),
        ({"occurrence": 2.0}, {"occurrence": 2}),
        ({"occurrence": " 2"}, {"occurrence": 2}),
        ({"occurrence": "٢"}, {"occurrence": 2}),
        ({"occurrence": [2]}, {"occurrence": 2}),
        ({"start": str(START), "end": f"{START + 11}"}, {"occurrence": 2}),
        ({"start": float(START), "end": START + 11.0}, {"occurrence": 2}),
        ({"start": START}, {"occurrence": 2}),
        ({"end": START + 11}, {"occurrence": 2}),
        ({"start_char": START, "end_char": START + 11}, {"occurrence": 2}),
        ({"char_start": START, "char_end": START + 11}, {"occurrence": 2}),
        ({"startChar": START, "endChar": START + 11}, {"occurrence": 2}),
        ({"begin": START, "end": START + 11}, {"occurrence": 2}),
        ({"start_offset": START, "end_offset": START + 11}, {"occurrence": 2}),
        ({"BeginOffset": START, "EndOffset": START + 11}, {"occurrence": 2}),
        ({"from": START, "to": START + 11}, {"occurrence": 2}),
        ({"البداية": START, "النهاية": START + 11}, {"occurrence": 2}),
        ({"span": [START, START + 11]}, {"occurrence": 2}),
        ({"span": [[START, START + 11]]}, {"occurrence": 2}),
        ({"span": {"start": START, "end": START + 11}}, {"occurrence": 2}),
        ({"location": {"begin": START, "end": START + 11, "text": "سلمى"}}, {"occurrence": 2}),
        ({"offsets": [str(START), START + 11.0]}, {"occurrence": 2}),
        ({"offset": START, "length": 11}, {"occurrence": 2}),
        ({"position": f"({START}, {START + 11})"}, {"occurrence": 2}),
        ({"span": [START, START + 11], "start": START, "token": 21}, {"occurrence": 2}),
        ({"span": "سلمى الزعبي"}, {"occurrence": "all"}),
        ({"رقم الموضع": "٢"}, {"occurrence": 2}),
        ({"prefix": "ورفضت "}, {"prefix": "ورفضت "}),
        ({"text": " سلمى الزعبي ", "prefix": "ورفضت", "suffix": "ذلك"}, {"prefix": "ورفضت ", "suffix": " ذلك"}),
        ({"suffix": " "}, {"suffix": " "}),
    ],
)
def test_the_place_of_a_quote_is_read_as_meant(fields, expected):
    """Numbers in any writing; offsets, also one of them; what stands beside it with its spaces."""
    assert mention(**fields) == ({"text": "سلمى الزعبي", **expected}, [])


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "first", [1, 2], {}, 10**41])
def test_an_occurrence_that_is_none_never_means_all(number):
    """It is left out and rejected: the quote then needs to have one place."""
    expected = [] if number == {} else ["occurrence"]
    found, reasons = mention(occurrence=number)
    assert found == {"text": "سلمى الزعبي"} | ({"occurrence": "all"} if number == {} else {})
    assert reasons == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"start": 0, "end": 3}, "offsets"),
        ({"start": "here"}, "offsets"),
        ({"start": [1, 2]}, "offsets"),
        ({"end": 10**41}, "offsets"),
        ({"start_char": 0, "end_char": 3}, "offsets"),
        ({"span": [0, 3]}, "offsets"),
        ({"span": {"start": 0, "end": 3}}, "offsets"),
        ({"offsets": [0, 7]}, "offsets"),
        ({"from": "البداية", "to": "النهاية"}, "offsets"),
        ({"span": {"sentence": 2}}, "place"),
        ({"span": "قرب سلمى الزعبي"}, "place"),
        ({"offsets": [1, 2, 3]}, "place"),
        ({"position": "العنوان"}, "place"),
        ({"tokenSpan": [3, 4]}, "place"),
        ({"line": 3}, "place"),
        ({"الفقرة": "الأولى"}, "place"),
        ({"prefix": 7}, "shape"),
        ({"form": "nickname"}, "label"),
    ],
)
def test_what_of_a_mention_is_wrong_is_left_out_aloud(fields, reason):
    """The mention stays with its words, and the reason is kept; one that says a place never means all of them."""
    one_place = reason in ("offsets", "place") and fields != {"position": "العنوان"}
    expected = {"text": "سلمى الزعبي"} | ({} if one_place else {"occurrence": "all"})
    assert mention(**fields) == (expected, [reason])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"start": START, "end": START + 10}, {"occurrence": 2}),
        ({"start": START - 1, "end": START + 10}, {"occurrence": 2}),
        ({"span": [START + 4, START + 4]}, {"occurrence": 2}),
        ({"start": START + 1}, {"occurrence": 2}),
        ({"start": 0, "end": len(TEXT)}, {}),
        ({"start": START - 9, "end": START - 3}, {}),
        ({"start": START, "end": START + 10, "occurrence": 1}, {"occurrence": 1}),
        ({"start": START, "end": START + 10, "prefix": "ورفضت "}, {"prefix": "ورفضت "}),
    ],
)
def test_a_wrong_place_means_the_one_place_that_it_overlaps(fields, expected):
    """Else none, and never all; an end may be inclusive; the offsets are reported in any case."""
    assert mention(**fields) == ({"text": "سلمى الزعبي", **expected}, ["offsets"])
    found, reasons = said([{"name": "سلمى الزعبي", "type": "PER", **fields}])
    assert found["entities"][0]["mentions"] == [{"text": "سلمى الزعبي", **expected}]
    assert reasons == ["offsets"]


@pytest.mark.parametrize(
    "places",
    [
        {"spans": [[START, START + 11]]},
        {"mentions": [[START, START + 11]]},
        {"span": [START, START + 11]},
        {"span": {"text": "سلمى الزعبي", "start": START}, "name": None},
    ],
)
def test_a_place_of_an_entity_is_one_mention(places):
    """A pair of numbers in place of a mention is a place of the name; the object of a place may hold the words."""
    found, reasons = said({"entities": [{"name": "سلمى الزعبي", "type": "PER", **places}]})
    assert found["entities"][0]["mentions"] == [{"text": "سلمى الزعبي", "occurrence": 2}]
    assert not reasons


def test_several_places_are_several_mentions():
    """Of one entity, and of one item of its mentions."""
    first = TEXT.index("سلمى الزعبي")
    places = [[first, first + 11], [START, START + 11]]
    mentions = [{"text": "سلمى الزعبي", "occurrence": number} for number in (1, 2)]
    for answer in ({"offsets": places}, {"mentions": [{"text": "سلمى الزعبي", "span": places}]}):
        found, reasons = said([{"name": "سلمى الزعبي", "type": "PER", **answer}])
        assert found["entities"][0]["mentions"] == mentions
        assert not reasons


def test_numbers_of_occurrences_are_no_offsets():
    """They say which places of the name are meant; what is none is rejected, as anywhere."""
    found, reasons = said([{"name": "سلمى الزعبي", "type": "PER", "occurrences": [1, 2]}])
    assert [one["occurrence"] for one in found["entities"][0]["mentions"]] == [1, 2]
    assert not reasons
    found, reasons = said([{"name": "سلمى الزعبي", "type": "PER", "occurrences": ["سلمى", [START, START + 11]]}])
    assert [one["text"] for one in found["entities"][0]["mentions"]] == ["سلمى", "سلمى الزعبي"]
    assert not reasons


def test_places_that_contradict_each_other_are_told():
    """One that fits the words is taken, and the other reported; so is one beside a list of mentions."""
    found, reasons = mention(span=[START, START + 11], offsets=[0, 7])
    assert (found, reasons) == ({"text": "سلمى الزعبي", "occurrence": 2}, ["offsets"])
    beside = {"name": "سلمى الزعبي", "type": "PER", "mentions": ["سلمى"], "span": [START, START + 11]}
    assert said([beside])[1] == ["place"]


def test_a_mention_without_words_is_never_the_name_instead():
    """Mentions that say no words are rejected; an entity that has no others is rejected, once, in their place."""
    found, reasons = said([{"name": "سلمى", "type": "PER", "mentions": [7, {"form": "name"}]}])
    assert found["entities"] == []
    assert reasons == ["no name"]
    assert found["rejected"] == [{"layer": "entities", "label": "PER"}]


NEAR = {"type": "near", "head": "e1", "tail": "e2"}


@pytest.mark.parametrize(
    "near",
    [
        {"near": [["السلط", "عمّان"]]},
        {"near": ["السلط", "عمّان"]},
        {"قرب": [{"head": "السلط", "tail": "عمّان"}]},
        {"near": [{"name": "السلط"}, {"name": "عمّان"}]},
        {"near": {"السلط": ["عمّان"]}},
        {"type": "near", "from": "السلط", "to": "عمّان"},
    ],
)
def test_relations_may_stand_under_their_types(near):
    """In pairs, objects, or from head to tail; inside of the layer, beside other layers, and alone."""
    places = [{"name": name, "type": "GPE"} for name in ("السلط", "عمّان")]
    assert said({"entities": places, "relations": near})[0]["relations"] == [NEAR]
    if "type" not in near:
        assert said({"entities": places, **near})[0]["relations"] == [NEAR]
        assert said(json.dumps(places) + json.dumps(near))[0]["relations"] == [NEAR]


def test_stances_may_stand_under_their_labels():
    """As relations may."""
    found, reasons = said(layers(stance={"معارض": [["سلمى الزعبي", "توسعة السوق"]], "favor": []}))
    assert found["stance"] == [{"holder": "e2", "target": "e3", "label": "against"}]
    assert not reasons


@pytest.mark.parametrize(
    ("layer", "content", "label", "times"),
    [
        ("relations", {"near": [["كركوك", "بغداد"], ["كركوك", "كركوك"]]}, "near", 2),
        ("relations", {"near": ["السلط"]}, "near", 1),
        ("relations", {"near": ["أ", "ب", "ج"]}, "near", 1),
        ("relations", {"قرب": "السلط"}, "near", 1),
        ("relations", {"beside": [["كامل العناني", "سلمى الزعبي"]]}, "beside", 1),
        ("stance", {"favor": [["الوزير", "توسعة السوق"]]}, "favor", 1),
        ("stance", {"favor": 7}, "favor", 1),
    ],
)
def test_what_stands_under_a_label_and_cannot_be_read_costs_precision(layer, content, label, times):
    """Each is rejected with its layer and its label."""
    found, reasons = said(layers(**{layer: content}))
    assert found[layer] == []
    assert found["rejected"] == [{"layer": layer, "label": label}] * times
    assert len(reasons) == times


def test_types_beside_the_layers_hold_entities():
    """A list under a type, or words under a type that is written as it is; what is no label is of no layer."""
    found, reasons = said(layers(GPE=["السلط"], ORG="رابطة التجار", role="assistant", places=["عمّان"]))
    assert names(found)[3:] == [("السلط", "GPE"), ("رابطة التجار", "ORG")]
    assert reasons == ["no layer"]
    assert names(said({"event": {"entities": [{"name": "السلط", "type": "GPE"}]}, "note": ""})[0])


def test_properties_may_have_arabic_names():
    """Of relations, stances and sections as of entities; an answer all in Arabic says what an English one does."""
    ours = layers(
        relations=[{"type": "meets", "head": "كامل العناني", "tail": "سلمى الزعبي", "evidence": ["والتقى سلمى"]}],
        stance=[
            {"holder": "سلمى الزعبي", "target": "توسعة السوق", "label": "against", "mode": "stated", "source": "author"}
        ],
        subsections=[
            {"kind": "headline", "first": "سوق السلط القديم يقسم التجار"},
            {"kind": "body", "first": "موقف", "heading": "موقف", "function": "reaction", "story": 1},
        ],
    )
    theirs = {
        "الكيانات": [{"النوع": one["type"], "الاسم": one["name"]} for one in ours["entities"]],
        "العلاقات": [
            {"النوع": "يلتقي", "الطرف الأول": "كامل العناني", "الطرف الثاني": "سلمى الزعبي", "الدليل": "والتقى سلمى"}
        ],
        "المواقف": [
            {
                "صاحب الموقف": "سلمى الزعبي",
                "الهدف": "توسعة السوق",
                "الموقف": "معارض",
                "الصيغة": "مصرح به",
                "المصدر": "الكاتب",
            }
        ],
        "الأقسام": [
            {"النوع": "عنوان رئيس", "السطر_الأول": "سوق السلط القديم يقسم التجار"},
            {"القسم": "متن", "أول سطر": "موقف", "العنوان": "موقف", "الوظيفة": "ردود فعل", "القصة": "١"},
        ],
    }
    assert said(theirs) == said(ours)
    assert not said(ours)[1]
    items = [*theirs["الكيانات"], *theirs["العلاقات"], *theirs["المواقف"], theirs["الأقسام"][0]]
    assert said(items)[0].keys() == said(ours)[0].keys()


def test_no_property_of_an_item_has_two_meanings():
    """Within one item, a name means one property; words may be a section's first line where numbers are its start."""
    kinds = {
        "entity": ("id", "name", "kind", "mentions", "form"),
        "quote": ("name", "start", "end", "occurrence", "prefix", "suffix", "form"),
        "relation": ("id", "head", "relation", "tail", "evidence"),
        "stance": ("id", "holder", "target", "stance", "evidence", "mode", "source"),
        "section": ("id", "section", "end", "story", "function"),
    }
    for fields in kinds.values():
        keys = [key for field in fields for key in PROPERTIES[field]]
        assert len(keys) == len(set(keys))


def test_numbers_alone_are_no_quote():
    """Two numbers as evidence may count sentences: nothing is read of them, and that is told once."""
    meeting = {"head": "كامل العناني", "type": "meets", "tail": "سلمى الزعبي"}
    found, reasons = said(layers(relations=[{**meeting, "evidence": [1, 2]}]))
    assert found["relations"] == [{"type": "meets", "head": "e1", "tail": "e2"}]
    assert reasons == ["no name"]
    found, _ = said(layers(relations=[{**meeting, "evidence": {"span": [0, 3]}}]))
    assert found["relations"][0]["evidence"] == [{"text": TEXT[:3], "occurrence": 1}]


def test_an_entity_that_is_listed_again_is_the_same_one():
    """One type and one name, normalised: one entity with the mentions of both; items said twice count once."""
    again = layers(relations=[{"head": "كامل العناني", "type": "meets", "tail": "سلمى الزعبي"}] * 2)
    again["entities"].append({"name": "سلمى الزعبى", "type": "PER", "mentions": ["سلمى"]})
    found, reasons = said(again)
    assert [len(entity["mentions"]) for entity in found["entities"]] == [1, 2, 1]
    assert len(found["relations"]) == 1
    assert reasons == ["repeated"]


def test_sections_are_told_by_their_first_lines():
    """By first line, heading, text or offsets; a heading that stands elsewhere too is the section's own."""
    answer = {
        "subsections": [
            {"kind": "headline", "first_line": "سوق السلط القديم يقسم التجار", "story": 1},
            {"type": "lead", "text": "أعلن كامل العناني، رئيس رابطة\nوالباقي"},
            {"kind": "body", "heading": "موقف", "function": "ردود فعل"},
            {"kind": "chapter", "first": "موقف"},
            {"kind": "box"},
        ]
    }
    found, reasons = said(answer)
    assert reasons == ["label", "no name"]
    card = khabar.score(open_set(EXAMPLES / "valid"), [found])
    assert card.unlocated == ()
    assert card["subsections.labelled"].counts.predicted == 5


@pytest.mark.parametrize(
    ("fields", "expected", "reasons"),
    [
        ({"start": 0, "end": 28}, {"start": 0, "end": 28}, []),
        ({"start": "0", "end": 28.0, "first": "سوق السلط"}, {"start": 0, "end": 28}, []),
        ({"start": 0}, {"first": "سوق السلط القديم يقسم التجار"}, []),
        ({"first": "موقف", "end": 28}, {"first": "موقف"}, ["offsets"]),
        ({"first": "موقف", "start": 0, "end": 28}, {"first": "موقف"}, ["offsets"]),
        ({"first": "موقف", "start": 0, "end": 10**9}, {"first": "موقف"}, ["offsets"]),
        ({"first": "موقف", "end": "إلى هنا"}, {"first": "موقف"}, ["offsets"]),
        ({"span": [0, 28]}, {"start": 0, "end": 28}, []),
        ({"start_char": 0, "end_char": 28, "first": "سوق السلط"}, {"start": 0, "end": 28}, []),
        ({"first": "موقف", "span": [0, 28]}, {"first": "موقف"}, ["offsets"]),
        ({"first": "موقف", "line": 5}, {"first": "موقف"}, ["place"]),
        ({"first": "موقف", "story": 0}, {"first": "موقف"}, ["story"]),
        ({"first": "موقف", "story": "2"}, {"first": "موقف", "story": 2}, []),
        ({"first": "موقف", "function": "dance"}, {"first": "موقف"}, ["label"]),
        ({"first": "موقف", "heading": {"text": "موقف"}}, {"first": "موقف", "heading": {"text": "موقف"}}, []),
    ],
)
def test_the_end_of_a_section_is_kept_or_left_out_aloud(fields, expected, reasons):
    """Offsets that fit the first line are kept; others, and what else of a section cannot be kept, are rejected."""
    found, why = said({"subsections": [{"kind": "body", **fields}]})
    assert found["subsections"] == [{"kind": "body", **expected}]
    assert why == reasons


LISTED = st.lists(st.sampled_from(["السلط", "GPE", "near", "موقف", 3, 8, 9.5, "EVENT", True, None]), max_size=4)
WORDED = (
    *("name", "type", "mentions", "head", "tail", "holder", "target", "label", "kind", "first", "text"),
    *("entity", "relations", "nested", "word"),
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["كامل العناني", "السلط", "موقف", "PER", "GPE", "near", "favor", "body", "author", "", 3])
        | st.lists(st.sampled_from(["السلط", "موقف", {"text": "السلط", "occurrence": 1}, {"start": 0, "end": 3}]))
        | st.fixed_dictionaries({"name": st.just("السلط"), "type": st.just("GPE")})
        for name in WORDED
    }
    | {
        name: st.lists(st.integers(-1, 200) | st.lists(st.integers(0, 200), max_size=3), max_size=3)
        | st.fixed_dictionaries({}, optional={"start": st.integers(0, 200), "end": st.integers(0, 200)})
        for name in ("span", "offsets", "position", "from", "mentions")
    },
)


@given(
    st.dictionaries(
        st.sampled_from(["entities", "relations", "stance", "subsections", "mentions", "PER", "stance_pairs", "head"]),
        st.lists(ITEMS | LISTED | st.text(max_size=3), max_size=4) | ITEMS | st.text(max_size=3) | st.just("gold"),
    )
    | st.recursive(ITEMS | LISTED, lambda inner: st.dictionaries(st.sampled_from(["data", "entities"]), inner))
    | st.text(alphabet="{}[]\":,'\\ aك`<think>", max_size=40)
)
def test_whatever_is_answered_can_be_scored(answer):
    """A prediction of an answer is never refused, in any tier: what is wrong with it costs precision."""
    found, _ = said(answer)
    for tier in ("exact", "fuzzy"):
        assert khabar.score(open_set(EXAMPLES / "valid"), [found], grounding=tier).documents == 1


def write(path, *rows):
    """A file of answers."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize("name", ["answer", "output", "response", "completion", "content"])
def test_a_line_may_call_its_answer_by_any_usual_name(name, tmp_path):
    """Words, or JSON that is already read; also gzipped; also layers beside the doc_id."""
    (answer,) = read_answers(write(tmp_path / "a.jsonl", {"doc_id": "salt-market", name: GOOD}))
    assert answer == (1, "salt-market", GOOD)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"doc_id": "salt-market", "entities": []}).encode()))
    assert read_answers(path)[0].said["entities"] == []


def test_lines_that_are_no_answers_are_all_listed(tmp_path):
    """No JSON, no document, no answer, two answers, a document twice: each with its line; an empty file too."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"doc_id"\n{"answer": ""}\n{"doc_id": "a"}\n{"doc_id": "b", "answer": ""}\n\n{"doc_id": "b", "output": 1}\n'
        '{"doc_id": "c", "answer": "", "output": ""}\n{"doc_id": "d", "answer": "", "entities": []}\n'
    )
    with pytest.raises(Invalid) as error:
        read_answers(path)
    assert [problem.line for problem in error.value.problems] == [1, 2, 3, 6, 7, 8]
    assert error.value.problems[-2].message == "this line holds more than one answer: answer, output"
    path.write_text("\n")
    with pytest.raises(Invalid, match="no answer here"):
        read_answers(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"doc_id": "a", "answer": ""}]', "this is one JSON array"),
        (b'{\n  "doc_id": "a",\n  "answer": ""\n}\n', "this is JSON spread over many lines"),
        (gzip.compress(b'{"doc_id": "a", "answer": ""}'), "this is a gzip file"),
    ],
)
def test_a_file_that_is_no_json_lines_is_told_as_a_whole(content, message, tmp_path):
    """One problem that says what it is, not one for each of its lines."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(Invalid) as error:
        read_answers(path)
    assert [problem.message for problem in error.value.problems] == [message]


CITY, WAY = {"name": "السلط", "type": "GPE"}, {"name": "عمّان", "type": "GPE"}
PLACES = [("السلط", "GPE"), ("عمّان", "GPE")]


@pytest.mark.parametrize(
    "item",
    [
        '{"name": "السلط", "type": "GPE", "mentions": ["السلط"], "name": "عمّان", "type": "GPE", "mentions": ["عمّان"]}',
        '{"name": "السلط", "type": "GPE", "type": "LOC"}',
        '{"name": "السلط", "type": "GPE", "span": [1, 2], "span": [3, 4]}',
        "{'name': 'السلط', 'type': 'GPE', 'name': 'عمّان'}",
    ],
)
def test_an_item_that_says_a_property_twice_is_lost_whole(item):
    """Two items that run together are never one; it is kept with its words and costs nothing."""
    found, rejections = prediction(f'{{"entities": [{item}, {json.dumps(CITY)}]}}', DOCUMENT, LABELS)
    assert names(found) == [("السلط", "GPE")]
    assert [(one.reason, one.what) for one in rejections] == [("cut off or unreadable", item)]
    assert "twice" in rejections[0].why
    assert "rejected" not in found


def test_what_stands_twice_and_says_the_same_or_nothing_is_one():
    """A name twice in an item changes nothing then; a layer twice is one layer."""
    same = '{"name": "السلط", "type": "GPE", "name": "السلط", "mentions": [], "mentions": null, "type": ""}'
    found, reasons = said(f'{{"entities": [{same}], "entities": [{json.dumps(WAY)}]}}')
    assert names(found) == PLACES
    assert not reasons


ENVELOPED = {"entities": [CITY, WAY]}
WRITTEN = json.dumps(ENVELOPED, ensure_ascii=False)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([{"type": "text", "text": WRITTEN}], []),
        ([{"type": "text", "text": f"نعم:\n```json\n{WRITTEN}\n```"}], []),
        ([{"type": "text", "text": json.dumps([CITY, WAY])}], []),
        ([{"type": "text", "text": "أولا: [1]"}, {"type": "text", "text": WRITTEN}], []),
        ([{"type": "text", "text": "أولا"}, {"type": "tool_use", "input": ENVELOPED}], []),
        ({"choices": [{"index": 0, "message": {"role": "assistant", "content": WRITTEN}}]}, []),
        ({"type": "tool_use", "id": "a", "name": "extract", "input": ENVELOPED}, ["no layer"]),
        ({"type": "article", "text": "خبر", "result": ENVELOPED}, ["no layer"]),
        ({"kind": "lead", "data": ENVELOPED}, ["no layer"]),
        ({"head": "السلط", "data": ENVELOPED}, ["no layer"]),
        ({"head": "السلط", "data": [CITY, WAY]}, ["no layer"]),
        ([{"type": "text", "text": WRITTEN[:-1]}], ["cut off or unreadable"]),
        ({"choices": [{"message": {"tool_calls": [{"function": {"arguments": WRITTEN}}]}}]}, []),
        ({"candidates": [{"content": {"parts": [{"text": WRITTEN}]}}]}, []),
    ],
)
def test_what_wraps_layers_is_no_item(answer, why):
    """The envelopes of chat interfaces, and JSON in their strings; what looks like an item costs nothing there."""
    for shape in (answer, json.dumps(answer, ensure_ascii=False)):
        found, reasons = said(shape)
        assert names(found) == PLACES
        assert found.keys() == {"doc_id", "entities"}
        assert reasons == why


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"entities": [{"name": 3, "type": "CARDINAL"}]}, [("3", "CARDINAL")]),
        ({"entities": [{"name": 3, "type": "CARDINAL", "mentions": [3]}]}, [("3", "CARDINAL")]),
        ({"CARDINAL": [3, 3.5]}, [("3", "CARDINAL"), ("3.5", "CARDINAL")]),
        ([[3, "CARDINAL"]], [("3", "CARDINAL")]),
        ({"entities": [{"name": 1e30, "type": "CARDINAL"}]}, []),
        ({"entities": [{"name": True, "type": "CARDINAL"}]}, []),
        ({"entities": [{"span": 7, "type": "CARDINAL"}]}, []),
        ({"entities": [], "counts": {"PER": 5}}, []),
    ],
)
def test_a_number_where_words_are_meant_is_its_words(answer, expected):
    """As it is written, not in exponents; a number that says a place or a count is no words."""
    assert names(said(answer)[0]) == expected


def test_numbers_count_mentions_or_sentences():
    """Under `mentions`, or as a quote or in a list of mentions of other words, they are no words of the text."""
    assert said([{"name": "السلط", "type": "GPE", "mentions": 3}]) == said([CITY])
    assert said([{"name": "السلط", "type": "GPE", "mentions": ["السلط", 95]}])[1] == ["no name"]
    meeting = {"head": "كامل العناني", "type": "meets", "tail": "سلمى الزعبي"}
    found, reasons = said(layers(relations=[{**meeting, "evidence": 3}]))
    assert "evidence" not in found["relations"][0]
    assert reasons == ["no name"]


@pytest.mark.parametrize(
    "answer",
    [
        {"entities": [("السلط", "GPE"), ("عمّان", "geopolitical entity")]},
        [["GPE", "السلط"], ["عمّان", "GPE"]],
        {"entities": [{"GPE": "السلط"}, {"GPE": ["عمّان"]}]},
        [{"GPE": "السلط"}, {"GPE": ["عمّان"]}],
        {"entities": {"السلط": {"type": "GPE"}, "عمّان": {"type": "GPE"}}},
        {"entities": {"a": CITY, "b": WAY}},
        [{"word": "السلط", "entity": "B-GPE"}, {"word": "عمّان", "entity_group": "GPE", "score": 0.9}],
    ],
)
def test_entities_may_be_pairs_or_stand_under_keys(answer):
    """Of words and a type in any order, from types to names, from names or ids to objects, as taggers write."""
    for shape in (json.loads(json.dumps(answer)), repr(answer)):
        found, reasons = said(shape)
        assert names(found) == PLACES
        assert not reasons


@pytest.mark.parametrize(
    "answer",
    [
        ["سلمى الزعبي", "PER", START, START + 11],
        [START, START + 11, "PER"],
        [{"type": "PER", "mentions": [["سلمى الزعبي", START, START + 11]]}],
        {"PER": [["سلمى الزعبي", START, START + 11]]},
        {"PER": [[START, START + 11]]},
        [[START, START + 11, "سلمى الزعبي", "PER"]],
    ],
)
def test_a_list_of_words_and_two_numbers_is_words_with_a_place(answer):
    """With a type, an entity; without words, those of the text there."""
    found, reasons = said(answer)
    assert names(found) == [SALMA]
    assert found["entities"][0]["mentions"] == [{"text": "سلمى الزعبي", "occurrence": 2}]
    assert not reasons


@pytest.mark.parametrize("pair", [["حدث", "EVENT"], ["السلط", "CITY"], ["السلط", "عمّان", "GPE"], ["GPE"]])
def test_a_list_that_is_no_entity_is_rejected_whole(pair):
    """One rejection with all its words, which costs; also where both may be the type."""
    found, rejections = prediction({"entities": [pair, CITY]}, DOCUMENT, LABELS)
    assert names(found) == PLACES[:1]
    assert [one.what for one in rejections] == [pair]
    assert found["rejected"] == [{"layer": "entities", "label": "?"}]


def test_tokens_of_one_entity_are_not_entities():
    """A type with the prefix of a tagger is read only where one token is the whole entity."""
    tokens = [("رابطة", "B-ORG"), ("التجار", "I-ORG"), ("السلط", "B-GPE"), ("عمّان", "S-GPE")]
    found, reasons = said([{"word": word, "entity": tag} for word, tag in tokens])
    assert names(found) == PLACES
    assert reasons == ["label", "label"]
    assert [one["label"] for one in found["rejected"]] == ["B-ORG", "I-ORG"]


def test_given_entities_are_named_by_id_name_or_mention():
    """An answer may leave the entities to gold, and the pairs of stances too; others that it lists are rejected."""
    first, second = DOCUMENT.entities[:2]
    meeting = {"type": "meets", "head": first.id, "tail": second.mentions[0].text}
    pair = {"holder": DOCUMENT.stance[0].holder, "target": DOCUMENT.stance[0].target, "label": "favor"}
    given = {"entities": "gold", "stance_pairs": "gold"}
    stances = [pair, pair | {"label": "against"}, pair | {"holder": second.name, "target": second.id}]
    found, reasons = said({**given, "relations": [meeting, {**meeting, "tail": "لا أحد"}], "stance": stances})
    assert found["entities"] == found["stance_pairs"] == "gold"
    assert found["relations"] == [{"type": "meets", "head": first.id, "tail": second.id}]
    assert found["stance"] == [pair]
    assert reasons == ["unknown entity", "given", "given"]
    assert [one["layer"] for one in found["rejected"]] == ["relations", "stance", "stance"]
    assert khabar.score(open_set(EXAMPLES / "valid"), [found]).documents == 1
    assert said([{"entities": "gold"}, CITY])[1] == ["given"]
    assert said({"stance_pairs": "gold", "stance": []})[1] == ["given"]


def test_an_item_beside_the_layers_is_an_item():
    """A relation, a stance, or what has a label that exists; also where a bracket is lost."""
    both = ENVELOPED | {"subsections": []}
    found, reasons = said(both | {"head": "السلط", "type": "near", "tail": "عمّان"})
    assert found["relations"] == [NEAR]
    assert not reasons
    assert said(both | {"holder": "author", "target": "السلط", "label": "favor"})[0]["stance"]
    written = json.dumps(both)[:-1] + '"kind": "headline", "first": "أ"}, {"kind": "lead", "first": "ب"}]}'
    found, reasons = said(written)
    assert [section["kind"] for section in found["subsections"]] == ["headline", "lead"]


@pytest.mark.parametrize(
    ("beside", "rejected"),
    [
        ({"headline": "أ", "lead": "ب"}, [{"headline": "أ", "lead": "ب"}]),
        ({"type": "article", "text": "خبر"}, [{"type": "article", "text": "خبر"}]),
        ({"summary": "أ", "doc_id": "b", "language": "ar", "id": "c", "role": "assistant", "date": "أمس"}, []),
        ({"title": "", "usage": {"tokens": 3}}, [{"usage": {"tokens": 3}}]),
    ],
)
def test_words_beside_the_layers_are_rejected_where_their_name_means_something(beside, rejected):
    """All of one object together, at no cost; other names are passed over."""
    found, rejections = prediction(ENVELOPED | beside, DOCUMENT, LABELS)
    assert names(found) == PLACES
    assert found.keys() == {"doc_id", "entities"}
    assert [one.what for one in rejections] == rejected


@pytest.mark.parametrize("name", ["nested", "children", "entities", "entity"])
def test_items_inside_an_item_are_items(name):
    """Under a layer's name or one that is not known; the item that holds them stays."""
    outer = {"name": "رابطة التجار", "type": "ORG", name: [CITY, WAY]}
    found, reasons = said({"entities": [outer]})
    assert names(found) == [("رابطة التجار", "ORG"), *PLACES]
    assert not reasons
    inner = {"entities": [CITY, WAY], "relations": [{"type": "near", "head": "السلط", "tail": "عمّان"}]}
    found, reasons = said({"subsections": [{"kind": "lead", "first": "موقف", **inner}]})
    assert found["relations"] == [NEAR]
    assert found["subsections"] == [{"kind": "lead", "first": "موقف"}]
    assert not reasons


def test_what_else_stands_inside_an_item_is_told():
    """Words alone are no items; a list under a name that is not known, or words under a label, may have been meant."""
    item = {**CITY, "entities": ["عمّان"], "attributes": {"size": 3}, "near": "عمّان", "stance": "favor", "note": "كبيرة"}
    found, rejections = prediction({"entities": [item]}, DOCUMENT, LABELS)
    assert names(found) == PLACES[:1]
    assert [(one.reason, one.what) for one in rejections] == [
        ("no layer", {"entities": ["عمّان"], "attributes": {"size": 3}, "near": "عمّان", "stance": "favor"})
    ]
    assert "rejected" not in found


@pytest.mark.parametrize("key", ["text", "mention", "surface", "word"])
def test_beside_a_name_other_words_are_the_mention(key):
    """The name is what the entity is called; relations may use both."""
    answer = {"entities": [{"name": "عاصمة الأردن", "type": "GPE", key: "عمّان"}, CITY]}
    near = [{"type": "near", "head": "السلط", "tail": tail} for tail in ("عاصمة الأردن", "عمّان")]
    found, reasons = said(answer | {"relations": near})
    assert names(found)[0] == ("عاصمة الأردن", "GPE")
    assert found["entities"][0]["mentions"] == [{"text": "عمّان", "occurrence": "all"}]
    assert reasons == ["repeated"]


def test_words_that_are_no_mention_are_told():
    """Those beside a list of mentions without them, and a second quote; lists of words are mentions."""
    item = {"name": "عاصمة الأردن", "type": "GPE"}
    assert said([{**item, "text": "عمّان", "mentions": ["السلط"]}])[1] == ["shape"]
    assert said([{**item, "text": "عمّان", "mentions": ["عمّان", "السلط"]}])[1] == []
    found, reasons = said([{**item, "mention": "عمّان", "text": "زار عمّان أمس"}])
    assert found["entities"][0]["mentions"] == [{"text": "عمّان", "occurrence": "all"}]
    assert reasons == ["shape"]
    assert said([{**item, "mention": ["عمّان", {"text": "السلط"}]}]) == said(
        [{**item, "mentions": ["عمّان", {"text": "السلط"}]}]
    )


@pytest.mark.parametrize(
    ("item", "layer", "label"),
    [
        ({"relation": "near", "entity1": "السلط", "entity2": "عمّان"}, "relations", "near"),
        ({"relation": "beside", "arg1": "السلط", "arg2": "عمّان"}, "relations", "beside"),
        ({"relation": "near", "first_one": "السلط", "object": "عمّان"}, "relations", "near"),
        ({"stance": "favor", "speaker": "السلط", "topic": "عمّان"}, "stance", "favor"),
        ({"entity": "السلط", "category": "CITY"}, "entities", "CITY"),
        ({"word": "السلط", "entity": "CITY"}, "entities", "CITY"),
    ],
)
def test_an_item_that_cannot_be_read_is_rejected_whole(item, layer, label):
    """With its words, its layer and its label, also where only a property of its layer's name tells what it is."""
    found, (one,) = prediction([item], DOCUMENT, LABELS)
    assert one.what == item
    assert found["rejected"] == [{"layer": layer, "label": label}]


@pytest.mark.parametrize(
    ("layer", "item", "other"),
    [
        ("entities", CITY | {"mentions": [{"text": "السلط"}, WAY | {"mentions": ["عمّان"]}]}, WAY),
        ("entities", CITY | {"mentions": ["السلط", WAY | {"id": 2}]}, WAY),
        ("entities", WAY | {"type": "LOC", "mentions": [WAY]}, WAY),
        ("relations", NEAR | {"evidence": ["والتقى", {"type": "meets", "head": "السلط", "tail": "عمّان"}]}, None),
    ],
)
def test_an_item_among_the_quotes_of_another_is_an_item(layer, item, other):
    """The one that holds it is lost whole, with its words and at no cost: two items may have run together."""
    found, (one,) = prediction({layer: [item]} | ({} if other else ENVELOPED), DOCUMENT, LABELS)
    assert one.what == item
    assert "run together" in one.why
    assert names(found) == (PLACES[1:] if other else PLACES)
    assert [one["type"] for one in found.get("relations", ())] == ([] if other else ["meets"])
    assert "rejected" not in found


def test_a_mention_may_have_an_id_or_the_type_of_its_entity():
    """Such a mention is no entity of its own; nor is one that says its form as a type, or a number of mentions."""
    mentions = [{"text": "المدينة", "id": "m1"}, {"text": "أ", "type": "nominal"}, CITY, {"text": "ب", "mentions": 2}]
    found, reasons = said([{**CITY, "mentions": [*mentions, {"text": "ج", "type": "GPE"}]}])
    assert [one["text"] for one in found["entities"][0]["mentions"]] == ["المدينة", "أ", "السلط", "ب", "ج"]
    assert not reasons


@pytest.mark.parametrize(
    "beside",
    [
        {"choices": [{"delta": {"role": "assistant"}, "index": 0}]},
        {"meta": {"date": "2017-10-20"}},
        {"response": {"event": "done"}},
        {"language": "ar"},
    ],
)
def test_everyday_words_with_words_are_no_entities(beside):
    """Outside of a layer, words under a type are an entity only where the type is written as it is."""
    assert names(said([beside, CITY])[0]) == PLACES[:1]
    assert said(beside) == ({"doc_id": DOCUMENT.doc_id}, ["no layer"])
    assert names(said({"LANGUAGE": "العربية", "DATE": "2017"})[0]) == [("العربية", "LANGUAGE"), ("2017", "DATE")]
    assert names(said({"entities": {"date": "2017"}})[0]) == [("2017", "DATE")]


def test_what_says_nothing_is_no_item():
    """It costs nothing and is not told, in every layer and under a label; an answer of nothing attempts the layer."""
    empty = {"entities": [CITY, {}, [], "", {"name": "", "type": None}], "relations": [{}], "near": [{}], "PER": [{}]}
    found, reasons = said(empty)
    assert names(found) == PLACES[:1]
    assert not reasons
    assert said({"entities": [{}]}) == ({"doc_id": DOCUMENT.doc_id, "entities": []}, [])


@pytest.mark.parametrize(
    "mentions",
    [
        [["سلمى الزعبي", str(START), str(START + 11)]],
        ["سلمى الزعبي", str(START), str(START + 11)],
        f'[["سلمى الزعبي", {START} {START + 11}]]',
    ],
)
def test_numbers_beside_words_are_a_place_however_they_are_written(mentions):
    """As strings, or without the comma between them; in mentions of a number they are words."""
    written = mentions if isinstance(mentions, str) else json.dumps(mentions)
    found, reasons = said(f'{{"entities": [{{"name": "سلمى", "type": "PER", "mentions": {written}}}]}}')
    assert found["entities"][0]["mentions"] == [{"text": "سلمى الزعبي", "occurrence": 2}]
    assert not reasons
    numbers = [{"name": "3", "type": "CARDINAL", "mentions": ["ثلاثة", "3", "٣"]}]
    assert [one["text"] for one in said(numbers)[0]["entities"][0]["mentions"]] == ["ثلاثة", "3", "٣"]
    assert names(said('{"CARDINAL": [3 16]}')[0]) == names(said({"CARDINAL": ["3", "16"]})[0])


@pytest.mark.parametrize(
    "mentions",
    [[["السلط", 9, 14, "المدينة"]], ["السلط", 9, "عمّان", 10], [["السلط", 9]], ["السلط", 9], [["السلط", "9", 14, 15]]],
)
def test_words_and_numbers_that_are_not_words_with_a_place_are_rejected_whole(mentions):
    """It is not known what the numbers say, so the words never get every place."""
    found, rejections = prediction([{**CITY, "mentions": [*mentions]}], DOCUMENT, LABELS)
    assert found["entities"] == []
    assert [one.what for one in rejections] == [{**CITY, "mentions": mentions}]
    assert names(said({"GPE": [["السلط", 9], "عمّان"]})[0]) == PLACES[1:]


@pytest.mark.parametrize("name", ['mentions"', '""mentions"', '"mentions'])
def test_a_bare_item_with_a_broken_name_is_lost_whole(name):
    """Without a list around it as in one; its words are kept, and no name that the answer has not."""
    item = f'{{"name": "السلط", "type": "GPE", {name}: [{{"text": "السلط", "occurrence": 1}}]}}'
    found, (one,) = prediction(f"{item}\n{json.dumps(WAY)}", DOCUMENT, LABELS)
    assert names(found) == PLACES[1:]
    assert (one.reason, one.what) == ("cut off or unreadable", item)
    _, rejections = prediction(f'{{"result": {{{name}: [{{"a": "السلط"}}], "x": 1}}}}', DOCUMENT, LABELS)
    assert '""' not in json.dumps([one.what for one in rejections])
    assert names(said(WRITTEN.replace('"entities"', name.replace("mentions", "entities")))[0]) == PLACES


@pytest.mark.parametrize("wrapped", ["{}", '{{"result": {}}}', '{{"data": {{"result": {}, "status": "ok"}}}}'])
def test_a_list_that_is_closed_too_early_goes_on(wrapped):
    """By a bracket of the wrong kind in an item: the others are read, and the layers behind them, also in a wrapper."""
    near = {"relations": [{"type": "near", "head": "السلط", "tail": "عمّان"}]}
    written = json.dumps(ENVELOPED | near)
    found, reasons = said(wrapped.format(written.replace("}", "]", 1)))
    assert names(found) == PLACES
    assert found["relations"] == [NEAR]
    assert not reasons


@pytest.mark.parametrize(
    "item",
    [
        '{"name": "السلط", "type": "GPE", {mentions": [{"text": "السلط", "occurrence": 1}]}',
        '{"name": "السلط", "type": "GPE", }mentions": [{"text": "السلط", "occurrence": 1}]}',
        '{"name": "السلط", "type": "GPE", {"mentions": [{"text": "السلط", "occurrence": 1}]}',
        '{"name": "السلط", "type": "GPE"}, "mentions": [{"text": "السلط", "occurrence": 1}]}',
        '{"name": "السلط", "type": "GPE", "mentions": {"text": "السلط", "occurrence": 1}, {"text": "المدينة"}',
        '{"kind": "deck", "first": "أ"{ "story": 1}',
        '{"holder": "author", "target": "عمّان", "label": "favor"{ "mode": "stated"}',
    ],
)
def test_an_item_that_is_closed_too_early_is_lost_with_its_rest(item):
    """Else it would have every place of its name, although the answer says which; the next item is read."""
    found, rejections = prediction(f'{{"entities": [{item}, {json.dumps(WAY)}]}}', DOCUMENT, LABELS)
    assert names(found) == PLACES[1:]
    assert [(one.reason, one.what) for one in rejections] == [("cut off or unreadable", item)]
    assert "rejected" not in found


def test_items_of_a_list_may_run_together_where_each_is_one():
    """With a bracket missing between them, items of one layer and of several, and mentions, are read as they are."""
    near = {"type": "near", "head": "السلط", "tail": "عمّان"}
    written = json.dumps([CITY, WAY, near, {"kind": "lead", "first": "أ"}, {"GPE": ["كركوك"]}])
    for broken in (written.replace("}, {", ", {"), written.replace("}, {", "{")):
        assert said(broken) == said(written)
    mentions = '[{"name": "السلط", "type": "GPE", "mentions": [{"text": "أ", "occurrence": 1 {"text": "ب"}]}]'
    assert [one["text"] for one in said(mentions)[0]["entities"][0]["mentions"]] == ["أ", "ب"]


@pytest.mark.parametrize("answer", [WRITTEN, f"نعم:\n```json\n{WRITTEN}\n```"])
def test_an_answer_that_is_json_of_a_string_is_that_string(answer):
    """As it comes where an answer was written as JSON once too often; prose in it is prose."""
    assert said(json.dumps(answer)) == said(answer)
    assert said(json.dumps("لا شيء"))[1] == ["no JSON"]
    assert said('"{}"')[1] == ["empty"]


def test_what_is_rejected_says_what_was_said():
    """Numbers that JSON has not are words, and of offsets only those that are there are told."""
    _, (one,) = prediction('[{"name": "السلط", "type": "GPE", "start": NaN}]', DOCUMENT, LABELS)
    assert (one.what["start"], one.why) == ("NaN", "the text at NaN is not what is quoted")
    _, (one,) = prediction([{**CITY, "end": 5}], DOCUMENT, LABELS)
    assert one.why.startswith("the text at 5 is not what is quoted")


def test_author_is_always_the_voice_of_the_article():
    """Also where an entity is called so, or has it as its id; a relation may mean that entity."""
    answer = {"entities": [{"id": "author", "name": "العناني", "type": "PER"}, CITY]}
    stance = {"holder": "author", "target": "السلط", "label": "favor", "source": "author"}
    found, reasons = said(answer | {"stance": [stance], "relations": [{**NEAR, "head": "author", "tail": "السلط"}]})
    assert found["stance"] == [{**stance, "target": "e2"}]
    assert found["relations"] == [NEAR]
    assert not reasons


@pytest.mark.parametrize("more", ["", ', "mentions": ["عمّان"]'])
def test_a_line_that_is_not_closed_takes_nothing_from_the_next(more):
    """In answers of an item a line, one closing bracket that is missing is put there; the last line is cut off."""
    lines = [json.dumps(CITY), json.dumps(WAY)[:-1] + more, json.dumps({"name": "إربد", "type": "GPE"})]
    found, reasons = said("\n".join(lines))
    assert names(found) == [*PLACES, ("إربد", "GPE")]
    assert not reasons
    assert said("\n".join(lines[:2]))[1] == ["cut off or unreadable"]


def run(*args):
    """One call of the command."""
    return CliRunner().invoke(app, [str(arg) for arg in args])


def test_import_writes_predictions_and_what_was_rejected(tmp_path):
    """Both files whole; reasons are counted on standard error; score reads what import wrote."""
    answer = layers(relations=[{"head": "كامل العناني", "type": "meets", "tail": "البلدية"}])
    raw = write(tmp_path / "raw.jsonl", {"doc_id": "salt-market", "answer": json.dumps(answer) + " تم"})
    out = tmp_path / "p.jsonl"
    shown = run("import", "answers", raw, "-o", out, "--gold", EXAMPLES / "valid")
    assert shown.exit_code == 0
    assert "rejected, unknown entity: 1" in shown.stderr
    (rejected,) = [json.loads(line) for line in (tmp_path / "p.rejected.jsonl").read_text("utf-8").splitlines()]
    assert rejected["doc_id"] == "salt-market"
    assert rejected["line"] == 1
    assert rejected["reason"] == "unknown entity"
    assert rejected["what"]["tail"] == "البلدية"
    scored = run("score", out, "--gold", EXAMPLES / "valid", "--grounding", "fuzzy")
    assert "grounding:fuzzy" in scored.stdout
    assert "invalid items counted as spurious: 1" in scored.stdout


def test_import_refuses_what_is_not_of_the_set_and_writes_nothing(tmp_path):
    """An unknown document is a problem with its line; exit 2, no file."""
    raw = write(tmp_path / "raw.jsonl", {"doc_id": "nowhere", "answer": GOOD})
    shown = run("import", "answers", raw, "-o", tmp_path / "p.jsonl", "--gold", EXAMPLES / "valid")
    assert shown.exit_code == 2
    assert f"{raw}:1:1: error doc_id" in shown.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw.jsonl"]


def test_the_worked_example_of_the_documents_is_what_the_commands_do(root, tmp_path, monkeypatch):
    """docs/answers.md shows commands, an answer, what is made of it and rejected, and what each tier finds."""
    page = (root / "docs" / "answers.md").read_text("utf-8")
    example = page.split("## A worked example")[1]
    answer, made, rejected = (block.split("\n````")[0] for block in example.split("````text\n")[1:4])
    shutil.copytree(root / "tests" / "examples", tmp_path / "tests" / "examples")
    monkeypatch.chdir(tmp_path)
    (line,) = read_answers(Path("tests/examples/answers.jsonl"))
    assert line.said == answer
    import_, score = example.split("```sh\n")[1].split("\n```")[0].splitlines()
    assert run(*shlex.split(import_)[1:]).exit_code == 0
    assert json.loads(Path("predictions.jsonl").read_text("utf-8")) == json.loads(made)
    assert json.loads(Path("predictions.rejected.jsonl").read_text("utf-8")) == json.loads(rejected)
    assert "1 exact, 1 normalised" in run(*shlex.split(score)[1:]).stdout
    assert "not found: ⁨سلمى الزعبى⁩" in run(*shlex.split(score.replace("normalised", "exact"))[1:]).stdout
