"""Words and tags: sequences, files, scores over words."""

import gzip
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval import metrics, scheme
from seqeval.metrics.sequence_labeling import get_entities
from strategies import INVENTORY, documents, pairs
from typer.testing import CliRunner

import khabar
from khabar.block import Block, Pair
from khabar.cli import app
from khabar.measures import MEASURES
from khabar.model import Document, Entity, Mention
from khabar.problems import Invalid
from khabar.tags import compute_metrics, detect, iob2, is_tags, names_of, outermost, read_tags, words

EXAMPLES = Path(__file__).parent / "examples"


def test_words_are_split_at_white_space_and_punctuation():
    """Each punctuation mark is a word by itself; marks on letters and tatweel stay in the word."""
    text = "قال «كي1»، مُحمّد! ت+ت 🙂"
    assert [text[s:e] for s, e in words(text)] == ["قال", "«", "كي1", "»", "،", "مُحمّد", "!", "ت", "+", "ت", "🙂"]


def document(text, *mentions):
    """A document with an entity for each (start, end, type, form)."""
    entities = [
        Entity(id=f"e{i}", type=kind, mentions=(Mention(s, e, text[s:e], form),))
        for i, (s, e, kind, form) in enumerate(mentions)
    ]
    return Document(doc_id="d", text=text, entities=tuple(entities))


def test_a_word_belongs_to_the_mention_that_it_overlaps():
    """A proclitic does not make a mention vanish."""
    assert iob2(document("وبكركوك الآن", (2, 7, "GPE", "name")))[1] == ("B-GPE", "O")


def test_the_outermost_names_are_tagged():
    """The longest of those that nest, then the leftmost of those that overlap; nominals and issues never."""
    text = "ا ب ت ث ج ح"
    nested = document(text, (0, 5, "ORG", "name"), (2, 3, "GPE", "name"), (6, 9, "PER", "name"), (8, 11, "LOC", "name"))
    assert iob2(nested)[1] == ("B-ORG", "I-ORG", "I-ORG", "B-PER", "I-PER", "O")
    assert set(iob2(document(text, (0, 1, "PER", "nominal"), (2, 3, "ISSUE", "name")))[1]) == {"O"}


def widened(found: Document):
    """The outermost names as runs of words, slowly: every word that is overlapped and not yet another's."""
    taken: set[int] = set()
    spans = []
    for start, end, label in outermost(names_of(found)):
        own = [at for at, (s, e) in enumerate(words(found.text)) if s < end and start < e and at not in taken]
        taken.update(own)
        if own:
            spans.append((own[0], own[-1] + 1, label))
    return spans


@given(documents())
def test_tags_and_back_again_are_the_outermost_names_in_whole_words(found: Document):
    """From the tags of a document come its outermost names, widened to words; seqeval reads the same."""
    edges, tags = iob2(found)
    spans = khabar.spans_from_tags(tags, scheme="IOB2")
    assert list(spans) == widened(found)
    strict = scheme.Entities([list(tags)], scheme.IOB2).entities[0]
    assert [(one.start, one.end, one.tag) for one in strict] == list(spans)
    characters = khabar.spans_from_tags(tags, edges, "IOB2")
    assert list(characters) == [(edges[s][0], edges[e - 1][1], label) for s, e, label in spans]
    assert all(a[1] <= b[0] for a, b in pairwise(outermost(names_of(found))))


def encoded(length, spans, name):
    """Spans as tags of a scheme, written out rule by rule."""
    tags = ["O"] * length
    single, last = {"IOBES": "SE", "BILOU": "UL"}.get(name, ("B", "I"))
    for start, end, label in spans:
        tags[start:end] = [f"I-{label}"] * (end - start)
        touches = start and tags[start - 1][2:] == label
        if name != "IOB1" or touches:
            tags[start] = f"B-{label}"
        if name in ("IOBES", "BILOU"):
            tags[end - 1] = f"{last}-{label}"
            if end == start + 1:
                tags[start] = f"{single}-{label}"
    return tags


@st.composite
def spans_of(draw):
    """A length and disjoint labelled spans, in order, some of them touching."""
    at, spans = 0, []
    for _ in range(draw(st.integers(1, 5))):
        at += draw(st.integers(0, 2))
        end = at + draw(st.integers(1, 3))
        spans.append((at, end, draw(st.sampled_from(["PER", "ORG", "X-Y"]))))
        at = end
    return at + draw(st.integers(0, 2)), spans


@pytest.mark.parametrize("name", ["IOB1", "IOB2", "IOBES", "BILOU"])
@given(spans_of())
def test_each_scheme_decodes_what_it_encodes(name, drawn):
    """Good tags give back their spans, and their scheme is found from them alone."""
    length, spans = drawn
    tags = encoded(length, spans, name)
    assert detect([tags]) == name
    assert list(khabar.spans_from_tags(tags)) == spans


IOBES_TAGS = st.lists(st.sampled_from(["O", *(f"{p}-{k}" for p in "BIES" for k in ("PER", "ORG"))]), max_size=8)


@pytest.mark.parametrize("name", ["IOB1", "IOB2", "IOBES", "BILOU"])
@given(IOBES_TAGS)
def test_repaired_decoding_is_seqevals_own_reading_of_broken_tags(name, tags):
    """A repair makes of a sequence what seqeval makes of it; BILOU is IOBES in other letters."""
    if name in ("IOB1", "IOB2"):
        tags = [tag.replace("E-", "I-").replace("S-", "B-") for tag in tags]
    expected = [(start, end + 1, label) for label, start, end in get_entities(tags)]
    if name == "BILOU":
        tags = [tag.replace("E-", "L-").replace("S-", "U-") for tag in tags]
    assert list(khabar.spans_from_tags(tags, scheme=name, repair=True)) == expected


@pytest.mark.parametrize("name", ["IOB2", "IOBES"])
@given(IOBES_TAGS)
def test_tags_without_fault_are_read_alike_strictly_and_not(name, tags):
    """A sequence is refused just when seqeval's strict mode and a repair differ over it."""
    if name == "IOB2":
        tags = [tag.replace("E-", "I-").replace("S-", "B-") for tag in tags]
    entities = scheme.Entities([tags], getattr(scheme, name)).entities[0]
    strict = [(one.start, one.end, one.tag) for one in entities]
    repaired = list(khabar.spans_from_tags(tags, scheme=name, repair=True))
    try:
        assert list(khabar.spans_from_tags(tags, scheme=name)) == strict == repaired
    except ValueError:
        assert strict != repaired


@pytest.mark.parametrize(
    ("tags", "name", "message"),
    [
        (["O", "I-PER"], "IOB2", "tag 1: I-PER cannot follow O in IOB2"),
        (["I-PER"], "IOB2", "tag 0: I-PER cannot come first in IOB2"),
        (["B-PER", "I-ORG"], "IOB2", "tag 1: I-ORG cannot follow B-PER in IOB2"),
        (["I-PER", "B-ORG"], "IOB1", "tag 1: B-ORG cannot follow I-PER in IOB1"),
        (["B-PER", "O"], "IOBES", "tag 1: O cannot follow B-PER in IOBES"),
        (["B-PER"], "IOBES", "tag 0: B-PER cannot come last in IOBES"),
        (["U-PER", "L-PER"], "BILOU", "tag 1: L-PER cannot follow U-PER in BILOU"),
        (["O", "S-PER"], "IOB2", "tag 1: \u2068S-PER\u2069 is no tag of IOB2"),
        (["PER"], None, "tag 0: \u2068PER\u2069 is no tag of IOB2"),
    ],
)
def test_a_broken_tag_is_named_with_its_place(tags, name, message):
    """What breaks a scheme is said tag by tag; a repair raises nothing."""
    with pytest.raises(ValueError, match="tag") as raised:
        khabar.spans_from_tags(tags, scheme=name)
    assert str(raised.value) == message
    khabar.spans_from_tags(tags, scheme=name, repair=True)


def test_all_broken_tags_are_listed_and_misuse_is_said():
    """Not only the first; a scheme that is none and words that are not as many as tags are refused."""
    with pytest.raises(ValueError, match="tag") as raised:
        khabar.spans_from_tags(["I-PER", "O", "I-ORG"], scheme="IOB2")
    assert str(raised.value).count("\n") == 1
    with pytest.raises(ValueError, match="there is no scheme 'IOB'"):
        khabar.spans_from_tags(["O"], scheme="IOB")
    with pytest.raises(ValueError, match="2 tags cannot belong to 1 words"):
        khabar.spans_from_tags(["O", "O"], [(0, 1)])


# -- scores over words -------------------------------------------------------------------------------------------


@given(st.lists(pairs(), min_size=1, max_size=4))
def test_the_counts_of_documents_add_up_to_seqevals_of_the_corpus(found):
    """Summed over documents, the counts give seqeval's strict precision, recall and F1, in all and by label."""
    (token,) = (measure for measure in MEASURES if measure.name == "entities.token")
    tally = token.counts(Block([Pair(*pair) for pair in found], INVENTORY)).tally()
    assert all(one.matched_predicted == one.matched_gold for one in tally.values())
    counts = {
        label: Counter(hit=one.matched_gold, spoken=one.predicted, asked=one.gold) for label, one in tally.items()
    }
    sides = [[list(iob2(pair[side])[1]) for pair in found] for side in (0, 1)]
    options = {"mode": "strict", "scheme": scheme.IOB2, "zero_division": 0}
    total = sum(counts.values(), Counter())
    shares = {"precision": ("hit", "spoken"), "recall": ("hit", "asked")}
    for name, (of, whole) in shares.items():
        expected = getattr(metrics, f"{name}_score")(*sides, **options)
        assert expected == (total[of] / total[whole] if total[whole] else 0)
    f1 = 2 * total["hit"] / (total["spoken"] + total["asked"]) if total["hit"] else 0
    assert metrics.f1_score(*sides, **options) == pytest.approx(f1, abs=1e-15)
    if counts:
        report = metrics.classification_report(*sides, output_dict=True, **options)
        assert {label for label in report if " avg" not in label} == set(counts)
        for label, row in counts.items():
            assert report[label]["support"] == row["asked"]
            assert report[label]["precision"] == (row["hit"] / row["spoken"] if row["spoken"] else 0)
            assert report[label]["recall"] == (row["hit"] / row["asked"] if row["asked"] else 0)


NAMES = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG"]


@st.composite
def batches(draw):
    """Gold label ids, padded and with pieces that do not count, and predicted ones of the same shape."""
    rows, length = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    ids = st.lists(st.integers(0, 4), min_size=length, max_size=length)
    gold = [draw(st.lists(st.integers(0, 4) | st.just(-100), min_size=length, max_size=length)) for _ in range(rows)]
    return numpy.array(gold), numpy.array([draw(ids) for _ in range(rows)])


class EvalPrediction:
    """As transformers has it: two attributes."""

    def __init__(self, predictions, label_ids):
        """Keep both."""
        self.predictions, self.label_ids = predictions, label_ids


@given(batches())
def test_a_trainers_metrics_are_seqevals(drawn):
    """Logits, ids, a tuple of outputs and a pair give the same floats, which are seqeval's strict ones."""
    gold, predicted = drawn
    logits = numpy.eye(5)[predicted]
    measure = compute_metrics(NAMES)
    scores = measure(EvalPrediction(logits, gold))
    assert scores == measure((predicted, gold)) == measure(EvalPrediction((logits, None), gold))
    assert all(type(value) is float for value in scores.values())
    sides = [
        [[NAMES[i] for i, g in zip(row, key, strict=True) if g != -100] for row, key in zip(side, gold, strict=True)]
        for side in (gold, predicted)
    ]
    options = {"mode": "strict", "scheme": scheme.IOB2, "zero_division": 0}
    for name in ("precision", "recall", "f1"):
        assert scores[name] == getattr(metrics, f"{name}_score")(*sides, **options)
    labels = {key.removesuffix("_f1") for key in scores if key.endswith("_f1")}
    if labels:
        report = metrics.classification_report(*sides, output_dict=True, **options)
        assert {label: scores[f"{label}_f1"] for label in labels} == {
            label: row["f1-score"] for label, row in report.items() if " avg" not in label
        }


def test_the_view_names_the_labels_that_a_trainer_needs():
    """The tags of the view iob2 are the names that compute_metrics takes; gold against itself is 1."""
    rows = khabar.load("iob2", split="validation")
    ids = numpy.array(rows[0]["tags"])[None]
    scores = khabar.compute_metrics(rows.features["tags"].feature.names)((ids, ids))
    assert scores["f1"] == scores["PER_f1"] == 1


# -- files -------------------------------------------------------------------------------------------------------

ONE = document("زار مُحمّد بغداد.\nثم عاد إلى البصرة (أمس).")
TWO = document("وصل # إلى كركوك")
ONE, TWO = (Document(doc_id=name, text=d.text) for name, d in (("one", ONE), ("two", TWO)))


def lines_of(found: Document, tags=None):
    """The lines of a document's words, a blank one after each full stop."""
    lines = []
    for start, end in words(found.text):
        word = found.text[start:end]
        lines.append(f"{word}\t{(tags or {}).get(word, 'O')}")
        if word == ".":
            lines.append("")
    return lines


GOOD = {"مُحمّد": "B-PER", "بغداد": "B-GPE", "البصرة": "B-GPE", "أمس": "B-DATE"}
SAID = [
    {"doc_id": "one", "mentions": [("PER", "مُحمّد"), ("GPE", "بغداد"), ("GPE", "البصرة"), ("DATE", "أمس")]},
    {"doc_id": "two", "mentions": [("GPE", "كركوك")]},
]
FILE = [*lines_of(ONE, GOOD), *lines_of(TWO, {"كركوك": "B-GPE"})]


def told(tagged, *found):
    """Predictions with the words of each mention in place of its offsets."""
    texts = {one.doc_id: one.text for one in found or (ONE, TWO)}
    return [
        {
            "doc_id": one["doc_id"],
            "mentions": [(m["type"], texts[one["doc_id"]][m["start"] : m["end"]]) for m in one["mentions"]],
        }
        for one in tagged.predictions
    ]


def read(tmp_path, lines, *found, **options):
    """What is read from a file of lines."""
    path = tmp_path / "t.conll"
    path.write_text("\n".join(lines) if isinstance(lines, list) else lines, "utf-8", newline="")
    return read_tags(path, found or (ONE, TWO), **options)


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(FILE),
        "\n".join(FILE) + "\n\n\n",
        "\ufeff" + "\r\n".join(FILE) + "\r\n",
        "\n".join(FILE).replace("\t", " "),
        "\n".join(FILE).replace("\t", "\tNN\t"),
        "\n".join(FILE).replace("\t", " NN B-NP "),
        "word\ttag\n" + "\n".join(FILE),
        "word\ttag\n\n" + "\n".join(["# doc_id = one", *FILE[:-5], "# doc_id = two", *FILE[-5:]]),
        "-DOCSTART- O\n\n" + "\n".join(FILE),
        "# newdoc\n# text = زار O\n" + "\n".join(FILE),
        "\n".join(["# doc_id = two", *FILE[-5:], "#doc_id=one", *FILE[:-5]]),
        "\n".join(["# doc_id = one", *FILE[:4], "# doc_id = one", *FILE[4:-5], "# doc_id = two", *FILE[-5:]]),
    ],
    ids=[
        "plain",
        "blank",
        "windows",
        "spaces",
        "pos",
        "chunk",
        "heading",
        "heading-ids",
        "docstart",
        "comments",
        "ids",
        "again",
    ],
)
def test_a_file_is_read_whatever_its_dress(tmp_path, content):
    """Tabs or spaces, two to four columns, a heading, comments, names, Windows line ends, a byte order mark."""
    assert sorted(told(read(tmp_path, content)), key=lambda one: one["doc_id"]) == SAID


def test_the_word_hash_is_no_comment(tmp_path):
    """A line «# O» is a word with its tag."""
    assert "#\tO" in FILE
    assert told(read(tmp_path, lines_of(TWO), TWO)) == [{"doc_id": "two", "mentions": []}]


def test_words_may_be_split_and_joined_as_the_file_likes(tmp_path):
    """Words are found by characters: proclitics cut off, punctuation left on, a space inside a column."""
    found = document("وبغداد، نيو يورك")
    tagged = read(tmp_path, ["و\tO", "بغداد،\tB-GPE", "نيو يورك\tB-GPE"], found)
    assert told(tagged, found)[0]["mentions"] == [("GPE", "بغداد،"), ("GPE", "نيو يورك")]


NESTED = document("رئيس بلدية مدينة البيرة")


@pytest.mark.parametrize(
    "lines",
    [
        ["رئيس B-OCC", "بلدية I-OCC B-ORG", "مدينة I-OCC I-ORG B-GPE", "البيرة I-OCC I-ORG I-GPE"],
        ["رئيس B-OCC O O", "بلدية I-OCC B-ORG O", "مدينة I-OCC I-ORG B-GPE", "البيرة I-OCC I-ORG I-GPE"],
        ["رئيس B-OCC", "بلدية B-ORG I-OCC", "مدينة I-ORG B-GPE I-OCC", "البيرة I-GPE I-OCC I-ORG"],
        ["w OCC ORG GPE", "رئيس B O O", "بلدية I B O", "مدينة I I B", "البيرة I I I"],
        ["w GPE ORG OCC", "رئيس O O B-OCC", "بلدية O B-ORG I-OCC", "مدينة B I I", "البيرة I I I"],
        [
            "رئيس O B-OCC",
            "بلدية S-X B-ORG I-OCC".replace("S-X ", ""),
            "مدينة B-GPE I-ORG I-OCC",
            "البيرة E-GPE E-ORG E-OCC",
        ],
    ],
    ids=["ragged", "columns", "any-order", "heading-bare", "heading-mixed", "iobes"],
)
def test_nested_tags_give_nested_mentions(tmp_path, lines):
    """Wojood's lines, with as many tags as a word needs, and a column per type, named or not."""
    tagged = read(tmp_path, lines, NESTED)
    assert sorted(told(tagged, NESTED)[0]["mentions"]) == [
        ("GPE", "مدينة البيرة"),
        ("OCC", "رئيس بلدية مدينة البيرة"),
        ("ORG", "بلدية مدينة البيرة"),
    ]


def test_what_the_columns_are_can_be_said(tmp_path):
    """A chunk column that looks like entities is taken for one, unless the columns are said to be flat."""
    lines = ["وصل B-VP O", "# O O", "إلى B-PP O", "كركوك B-NP B-GPE"]
    assert told(read(tmp_path, lines, TWO, nested=False)) == SAID[1:]
    assert len(read(tmp_path, lines, TWO).predictions[0]["mentions"]) == 4


def test_a_scheme_can_be_said(tmp_path):
    """I-PER I-PER is one span in IOB1 and in a repair; said to be IOB2, it is broken."""
    lines = ["وصل\tO", "#\tO", "إلى\tI-GPE", "كركوك\tI-GPE"]
    assert told(read(tmp_path, lines, TWO)) == [{"doc_id": "two", "mentions": [("GPE", "إلى كركوك")]}]
    with pytest.raises(Invalid, match="I-GPE cannot follow O in IOB2"):
        read(tmp_path, lines, TWO, scheme="IOB2")


def put(lines, at, *new):
    """Lines with one of them replaced."""
    return [*lines[:at], *new, *lines[at + 1 :]]


FSI, PDI = "\u2068", "\u2069"
UNCHANGED = "Tag the words of `khabar export inputs --words` unchanged, or pass --repair to go by their place."
CONLLEVAL = "Mend the tags where they are made, or pass --repair to read them as conlleval does."
WRONG = {
    "other word": (
        put(FILE, 1, "محمد\tB-PER"),
        f"2:1: error tags.word: the text of one has {FSI}مُحمّد{PDI} here, not {FSI}محمد{PDI}\n    {UNCHANGED}",
        SAID,
    ),
    "unknown": (
        put(FILE, 2, "[UNK]\tB-GPE"),
        f"3:1: error tags.word: the text of one has {FSI}بغداد{PDI} here, not {FSI}[UNK]{PDI}\n    {UNCHANGED}",
        SAID,
    ),
    "word too many": (
        put(FILE, 5, FILE[5], "[SEP]\tO"),
        f"7:1: error tags.word: the text of one has no word {FSI}[SEP]{PDI} here\n    {UNCHANGED}",
        SAID,
    ),
    "word missing": (
        put(FILE, 6),
        f"7:1: error tags.word: the text of one has {FSI}عاد{PDI} here, and the file has not\n    {UNCHANGED}",
        None,
    ),
    "end missing": (
        FILE[:-1],
        f"17:1: error tags.word: the text of two has {FSI}كركوك{PDI} here, and the file has not\n    {UNCHANGED}",
        None,
    ),
    "document missing": (
        FILE[:-4],
        f"13:1: error tags.word: the file ends before the document two\n    {UNCHANGED}",
        SAID[:1],
    ),
    "words left": (
        [*FILE, "زيادة\tO"],
        f"19:1: error tags.word: the last document ends before the word {FSI}زيادة{PDI} (words left: 1)\n"
        f"    {UNCHANGED}",
        SAID,
    ),
    "another text": (
        [f"كلمة{n}\tO" for n in range(80)],
        f"1:1: error tags.word: from the word {FSI}كلمة0{PDI} on, this is not the text of one\n"
        "    Name each document (# doc_id = …), and tag the words of `khabar export inputs --words`.",
        "never",
    ),
    "broken transition": (
        put(FILE, 2, "بغداد\tI-GPE"),
        f"3:7: error tags.tag: I-GPE cannot follow B-PER in IOB2\n    {CONLLEVAL}",
        SAID,
    ),
    "no tag": (
        put(FILE, 2, "بغداد\tGPE"),
        f"3:7: error tags.tag: {FSI}GPE{PDI} is no tag of IOB2\n    {CONLLEVAL}",
        None,
    ),
    "two of one type": (
        ["# doc_id = two", "وصل\tO", "#\tO", "إلى\tO", "كركوك\tB-GPE\tI-GPE"],
        f"5:13: error tags.tag: the word {FSI}كركوك{PDI} has two tags of one type\n"
        "    Keep one; --repair keeps the first.",
        SAID[1:],
    ),
    "unknown label": (
        put(FILE, 1, "مُحمّد\tB-PERS"),
        f"2:8: error tags.label: there is no entities.type {FSI}PERS{PDI} (tags: 1)\n    Did you mean PER?",
        "never",
    ),
    "column missing": (
        put(FILE, 2, "بغداد"),
        "3:1: error tags.columns: the line has 1 columns, not 2 to 4\n"
        "    Give a word and its tag a line, parted by a tab.",
        "never",
    ),
    "columns too many": (
        put(FILE, 2, "بغداد\tNN\tNP\tX\tB-GPE"),
        "3:1: error tags.columns: the line has 5 columns, not 2 to 4\n"
        "    Give a word and its tag a line, parted by a tab.",
        "never",
    ),
    "columns unlike the heading": (
        ["# doc_id = two", "w\tGPE\tPER", "وصل\tO\tO", "#\tO\tO", "إلى\tO", "كركوك\tB\tO"],
        "5:1: error tags.columns: the line has 2 columns, not 3\n    Give a word and its tag a line, parted by a tab.",
        "never",
    ),
    "nothing": ([""], "1:1: error tags.columns: there is no word here\n    Give a word and its tag a line.", "never"),
    "unknown document": (
        ["# doc_id = tow", *lines_of(TWO)],
        f"1:1: error tags.document: there is no document {FSI}tow{PDI} in the set\n    Did you mean two?",
        "never",
    ),
    "document twice": (
        ["# doc_id = two", *lines_of(TWO), "# doc_id = one", *lines_of(ONE), "# doc_id = two", *lines_of(TWO)],
        "21:1: error tags.document: the document two begins a second time\n"
        "    Give each document once, its sentences together.",
        "never",
    ),
    "document twice in a row": (
        ["# doc_id = two", *lines_of(TWO), "# doc_id = two", *lines_of(TWO)],
        "7:1: error tags.document: the document two begins a second time\n"
        "    Give each document once, its sentences together.",
        "never",
    ),
    "words before documents": (
        ["زيادة\tO", "# doc_id = two", *lines_of(TWO)],
        "1:1: error tags.document: words stand before the first document is named\n"
        "    Write # doc_id = … before each document, or before none.",
        "never",
    ),
    "rest of a document": (
        ["# doc_id = two", *lines_of(TWO), "زيادة\tO"],
        f"6:1: error tags.word: the text of two ends before the word {FSI}زيادة{PDI} (words left: 1)\n    {UNCHANGED}",
        [{"doc_id": "two", "mentions": []}],
    ),
    "empty document": (
        ["# doc_id = two"],
        f"1:1: error tags.word: the text of two has {FSI}وصل # إلى كركوك{PDI} here, and the file has not\n"
        f"    {UNCHANGED}",
        [{"doc_id": "two", "mentions": []}],
    ),
}
LABELS = ("PER", "GPE", "DATE")


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_listed_by_line_and_repaired_on_request_only(tmp_path, monkeypatch, kind):
    """Each kind of problem: its exact line, alone; what a repair makes of it, with the problem as a warning."""
    monkeypatch.chdir(tmp_path)
    lines, message, repaired = WRONG[kind]
    Path("t.conll").write_text("\n".join(lines), "utf-8")
    with pytest.raises(Invalid) as raised:
        read_tags("t.conll", (ONE, TWO), labels=LABELS)
    assert str(raised.value) == f"t.conll:{message}"
    if repaired == "never":
        with pytest.raises(Invalid):
            read_tags("t.conll", (ONE, TWO), labels=LABELS, repair=True)
    else:
        tagged = read_tags("t.conll", (ONE, TWO), labels=LABELS, repair=True)
        assert [str(problem) for problem in tagged.repaired] == [f"t.conll:{message}".replace(" error ", " warning ")]
        assert repaired is None or told(tagged) == repaired


@pytest.mark.parametrize("unknown", range(1, 9))
@pytest.mark.parametrize("end", range(2, 10))
def test_a_partial_file_with_unknown_words_is_repaired(tmp_path, unknown, end):
    """Where a file ends before its text, its last words may be unknown too; mentions go by their place."""
    words, at = [line for line in lines_of(ONE, GOOD) if line], min(unknown, end - 1)
    lines, place = put(words, at, "[UNK]\tB-PER")[:end], words[at].split("\t")[0]
    (found,) = told(read(tmp_path, ["# doc_id = one", *lines], ONE, repair=True))
    assert ("PER", place) in found["mentions"]
    with pytest.raises(Invalid):
        read(tmp_path, ["# doc_id = one", *lines], ONE)


@pytest.mark.parametrize(
    ("spoken", "mentions", "wrong"),
    [
        (["ا:O", "[U]:B-X", "[V]:B-Y", "د:O", "ه:O"], ["ب", "ج"], 2),
        (["ا:O", "[U]:B-X", "[V]:B-Y", "[W]:B-Z", "د:O", "ه:O"], ["ب", "ج", "ج"], 3),
        (["ا:O", "ب:O", "ج:O", "د:O", "[U]:B-X"], ["ه"], 1),
        (["ا:O", "ب:O", "ج:O", "د:O", "[U]:B-X", "[V]:I-X"], ["ه"], 2),
        (["[U]:B-X", "د:O", "ه:O"], ["ا ب ج"], 1),
    ],
    ids=["as many", "more", "at the end", "more at the end", "fewer"],
)
def test_words_that_differ_stand_for_the_text_in_their_place(tmp_path, spoken, mentions, wrong):
    """One by one; where the file has fewer words the last takes the rest, where it has more the last is shared."""
    text = "ا ب ج د ه"
    found = Document(doc_id="d", text=text)
    tagged = read(tmp_path, [one.replace(":", "\t") for one in spoken], found, repair=True)
    assert [surface for _, surface in told(tagged, found)[0]["mentions"]] == mentions
    assert len(tagged.repaired) == wrong


def test_the_example_in_the_document_is_read(tmp_path):
    """The lines of docs/tags.md stand at the beginning of the document that they name."""
    text = (Path(__file__).parent.parent / "docs" / "tags.md").read_text("utf-8")
    example = text.split("```\n")[1]
    (found,) = (one for one in khabar.documents() if one.doc_id == "kirkuk-redeployment")
    tagged = read(tmp_path, example, found, repair=True)
    assert told(tagged, found)[0]["mentions"] == [("GPE", "كردستان"), ("ORG", "القوات الأميركية")]
    assert len(tagged.repaired) == 1


def test_a_file_that_is_not_utf8_is_a_problem(tmp_path):
    """The place of the first byte that is not."""
    path = tmp_path / "t.conll"
    path.write_bytes("وصل\tO\nبغداد\tO".encode() + b"\xff")
    with pytest.raises(Invalid, match=r":2:8: error tags.encoding: byte 21 is not UTF-8"):
        read_tags(path, (TWO,))


@given(st.lists(documents(), min_size=1, max_size=3), st.data())
def test_a_file_of_good_tags_gives_every_span_and_a_spoilt_one_can_be_repaired(tmp_path_factory, found, data):
    """Tags written from documents and read back are their names in whole words; one word spoilt keeps the others."""
    found = [Document(doc_id=f"d{n}", text=d.text, entities=d.entities) for n, d in enumerate(found)]
    lines, spans = [], {}
    for one in found:
        edges, tags = iob2(one)
        spans[one.doc_id] = khabar.spans_from_tags(tags, edges, "IOB2")
        lines += [f"# doc_id = {one.doc_id}", *(f"{one.text[s:e]}\t{t}" for (s, e), t in zip(edges, tags, strict=True))]
    if not any("\t" in line for line in lines):
        return
    folder = tmp_path_factory.mktemp("tags")
    for spoil in (False, True):
        if spoil:
            at = data.draw(st.sampled_from([n for n, line in enumerate(lines) if "\t" in line]))
            lines[at] = f"ˑˑˑ\t{lines[at].partition(chr(9))[2]}"
        tagged = read(folder, lines, *found, repair=spoil, scheme="IOB2")
        got = {
            one["doc_id"]: [(m["start"], m["end"], m["type"]) for m in one["mentions"]] for one in tagged.predictions
        }
        assert bool(tagged.repaired) == spoil
        assert spoil or got == {name: list(one) for name, one in spans.items()}
        assert got.keys() == spans.keys()


# -- the command -------------------------------------------------------------------------------------------------


def run(*args):
    """One call of the command."""
    return CliRunner().invoke(app, [str(arg) for arg in args])


def valid_lines():
    """The valid example's gold as tags."""
    (found,) = khabar.documents(place=EXAMPLES / "valid")
    edges, tags = iob2(found)
    return [f"{found.text[s:e]}\t{tag}" for (s, e), tag in zip(edges, tags, strict=True)]


@pytest.mark.parametrize("dress", ["plain", "windows", "gz", "sniffed", "json"])
def test_tags_are_scored_and_imported_alike(tmp_path, dress):
    """`score FILE` gives what `import tags FILE` and then `score` give, in any dress; the first line can tell."""
    lines = valid_lines()
    name = {"gz": "t.bio.gz", "sniffed": "t.txt", "json": "t.iob2"}.get(dress, "t.conll")
    content = ("\ufeff" + "\r\n".join(lines) if dress == "windows" else "\n".join(lines) + "\n").encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if dress == "gz" else content)
    gold = ("--gold", EXAMPLES / "valid", "--format", "json")
    direct = run("score", tmp_path / name, *gold)
    assert direct.exit_code == 0, direct.stderr
    imported = run("import", "tags", tmp_path / name, "--set", EXAMPLES / "valid", "-o", tmp_path / "p.jsonl")
    assert imported.exit_code == 0, imported.stderr
    assert run("score", tmp_path / "p.jsonl", *gold).stdout == direct.stdout
    assert json.loads(direct.stdout)["signature"].startswith("corpus:valid|")


def test_a_broken_file_is_refused_unless_a_repair_is_asked_for(tmp_path):
    """Exit 2 and a list of lines on standard error; with --repair the same list as warnings, and a result."""
    lines = valid_lines()
    at = next(n for n, line in enumerate(lines) if "\tB-" in line)
    lines[at] = lines[at].replace("\tB-", "\tI-")
    path = tmp_path / "t.conll"
    path.write_text("\n".join(lines), "utf-8")
    other = tmp_path / "other.jsonl"
    other.write_text('{"doc_id": "salt-market", "mentions": []}', "utf-8")
    gold, unsure = ("--gold", EXAMPLES / "valid"), ("--resamples", 0)
    signatures = set()
    for call in (
        ("score", path, *gold, *unsure),
        ("explain", path, *gold),
        ("compare", path, other, *gold, *unsure),
        ("import", "tags", path, "--set", EXAMPLES / "valid"),
    ):
        refused = run(*call)
        assert refused.exit_code == 2
        assert refused.stdout == ""
        assert f"t.conll:{at + 1}:" in refused.stderr
        assert "error tags.tag" in refused.stderr
        repaired = run(*call, "--repair")
        assert repaired.exit_code == 0
        assert "warning tags.tag" in repaired.stderr
        assert "1 problem repaired." in repaired.stderr
        assert repaired.stdout
        signatures |= {part for part in repaired.stdout.split() if "|repaired:1|" in part}
    # That of a comparison also says how its test was made.
    assert len({signature.replace("|rounds:exact", "") for signature in signatures}) == 1


def test_an_unknown_label_is_refused_or_penalised(tmp_path):
    """A label that is none is a problem; under --invalid penalise its mentions count as wrong."""
    path = tmp_path / "t.conll"
    path.write_text("\n".join(valid_lines()).replace("-PER", "-PERS"), "utf-8")
    refused = run("score", path, "--gold", EXAMPLES / "valid")
    assert refused.exit_code == 2
    assert "Did you mean PER?" in refused.stderr
    counted = run("score", path, "--gold", EXAMPLES / "valid", "--invalid", "penalise", "--format", "json")
    assert counted.exit_code == 0
    assert run("import", "tags", path, "--set", EXAMPLES / "valid", "--types", "wojood").exit_code == 0


def test_the_options_of_an_import_reach_the_reader(tmp_path):
    """--columns and --scheme are taken at their word; a split is a part of the set."""
    path = tmp_path / "t.conll"
    path.write_text("\n".join(valid_lines()), "utf-8")
    place = ("--set", EXAMPLES / "valid")
    assert "in IOBES" in run("import", "tags", path, *place, "--scheme", "IOBES").stderr
    flat, nested = (run("import", "tags", path, *place, "--columns", name).stdout for name in ("flat", "nested"))
    assert {json.dumps(m) for m in json.loads(flat)["mentions"]} == {
        json.dumps(m) for m in json.loads(nested)["mentions"]
    }
    empty = run("import", "tags", path, *place, "--split", "validation")
    assert empty.exit_code == 2
    assert "the split validation has no documents" in empty.stderr


def test_json_is_never_taken_for_tags(tmp_path):
    """Predictions keep to their way, whatever their suffix; what is neither is refused as JSON is."""
    line = json.dumps({"doc_id": "salt-market", "mentions": []})
    for name in ("p.jsonl", "p.txt"):
        (tmp_path / name).write_text(line)
        assert not is_tags(str(tmp_path / name))
        assert run("score", tmp_path / name, "--gold", EXAMPLES / "valid").exit_code == 0
    (tmp_path / "p.txt").write_text("nonsense")
    assert not is_tags(str(tmp_path / "p.txt"))
    assert not is_tags("-")
    assert not is_tags(str(tmp_path))


CELLS = st.sampled_from(
    ["زار", "مُحمّد", "بغداد", ".", "#", "# doc_id = two", "=", "O", "B-PER", "I-PER", "E-X", "B", "\ufeff"]
)
JUNK = st.lists(CELLS | st.sampled_from(["\t", "\t", " ", "\n", "\n", "\r\n", "\u2028", "\x00"]), max_size=40)


@given(
    JUNK.map(lambda parts: "".join(parts).encode()) | st.binary(max_size=60), st.booleans(), st.none() | st.booleans()
)
def test_no_file_ends_in_a_traceback(tmp_path_factory, content, repair, nested):
    """Whatever the bytes: predictions whose spans lie in their text, or a list of problems."""
    path = tmp_path_factory.mktemp("junk") / "t.tsv"
    path.write_bytes(content)
    try:
        tagged = read_tags(path, (ONE, TWO), repair=repair, nested=nested)
    except Invalid as error:
        assert all(problem.line > 0 and problem.column > 0 for problem in error.problems)
        return
    texts = {one.doc_id: one.text for one in (ONE, TWO)}
    for one in tagged.predictions:
        assert all(0 <= m["start"] < m["end"] <= len(texts[one["doc_id"]]) for m in one["mentions"])
