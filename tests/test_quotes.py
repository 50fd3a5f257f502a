"""Quotes: each tier finds what it should, nothing else, and never one of several places."""

import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from strategies import texts

from khabar.corpus import open_set
from khabar.quotes import (
    TIERS,
    Found,
    Located,
    Missing,
    TextIndex,
    _near,
    _nearest,
    find_quote,
    fold,
    locate,
    locate_line,
    most_edits,
    whole_word,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import grounding as bench

TEXT = (
    "أعلن أحمد العسكري، رئيس «بيت الحكمة» في عمّان، أنّ 1.2 مليون دينار صُرفت عام ٢٠١٧ بـ22 قرية.\n"
    "\n"
    "وردّ أحمد: لا علامة للحكومة العراقية، ثم رأى هجوماً على مدينة كركوك.\n"
    "وشكر أحْمَد أهل كركوك.\n"
)
NOWHERE = ("not found", [])


def told(found):
    """The tier and the words that were found, or the reason and the words that could be meant."""
    words = [TEXT[start:end] for start, end in found.places]
    return (found.tier if isinstance(found, Found) else found.reason), words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("أحمد العسكري", ("exact", ["أحمد العسكري"])),
        ("احمد العسكرى", ("normalised", ["أحمد العسكري"])),
        ("أَحْمَدُ العســـكري", ("normalised", ["أحمد العسكري"])),
        ('رئيس "بيت الحكمه"', ("normalised", ["رئيس «بيت الحكمة»"])),
        ("رئيس بيت الحكمة", ("normalised", ["رئيس «بيت الحكمة»"])),
        ("“بيت الحكمة”", ("normalised", ["«بيت الحكمة»"])),
        ("العسكري رئيس", ("normalised", ["العسكري، رئيس"])),
        ("عام 2017", ("normalised", ["عام ٢٠١٧"])),
        ("عام ۲۰۱۷", ("normalised", ["عام ٢٠١٧"])),
        ("١٫٢ مليون", ("normalised", ["1.2 مليون"])),
        ("مليون\n دينار", ("normalised", ["مليون دينار"])),
        ("هجوما", ("exact", ["هجوماً"])),
        ("احمدالعسكري", ("fuzzy", ["أحمد العسكري"])),
        ("أحمد العس كري", ("fuzzy", ["أحمد العسكري"])),
        ("أحمد العسركي", ("fuzzy", ["أحمد العسكري"])),
        ("أحمد العكري", ("fuzzy", ["أحمد العسكري"])),
        ("الحكومة العراقية", ("fuzzy", ["لحكومة العراقية"])),
        ("محمد العسكري", NOWHERE),
        ("12 مليون", NOWHERE),
        ("1.3 مليون دينار صرفت", NOWHERE),
        ("1 2 مليون", NOWHERE),
        ("2 مليون دينار", NOWHERE),
        ("017", NOWHERE),
        ("علاء", NOWHERE),
        ("كركوت", NOWHERE),
        ("أحمد", ("ambiguous", ["أحمد", "أحمد"])),
        ("احمد", ("ambiguous", ["أحمد", "أحمد", "أحْمَد"])),
        ("،", ("ambiguous", ["،"] * 3)),
        ("؛", NOWHERE),
    ],
)
def test_each_tier_finds_what_it_should(words, expected):
    """What is found, by which tier, or why nothing is: on every kind of change that the documents name."""
    assert told(locate(TextIndex(TEXT), Located(text=words), "fuzzy")) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ({"text": "أحمد", "occurrence": 2}, ("exact", [99])),
        ({"text": "احمد", "occurrence": "all"}, ("normalised", [5, 99, 168])),
        ({"text": "أحمد", "occurrence": "all"}, ("exact", [5, 99])),
        ({"text": "احمد", "occurrence": 1}, ("ambiguous", [5, 168])),
        ({"text": "احمد", "occurrence": 2}, ("normalised", [99])),
        ({"text": "احمد", "occurrence": 3}, ("normalised", [168])),
        ({"text": "احمد", "occurrence": 4}, ("not found", [])),
        ({"text": "احمد", "prefix": "اعلن "}, ("normalised", [5])),
        ({"text": "احمد", "suffix": ": لا"}, ("normalised", [99])),
        ({"text": "احمد", "prefix": "قال "}, ("not found", [])),
        ({"text": "مدينه كرقوك", "prefix": "على "}, ("fuzzy", [150])),
        ({"text": "مدينه كرقوك", "prefix": "في "}, ("not found", [])),
    ],
)
def test_numbers_all_prefix_and_suffix_mean_the_same_in_every_tier(quote, expected):
    """A number that depends on whether spellings are counted together or apart stands for no place."""
    found = locate(TextIndex(TEXT), Located(**quote), "fuzzy")
    tier = found.tier if isinstance(found, Found) else found.reason
    assert (tier, [start for start, _ in found.places]) == expected


def test_a_tier_that_is_not_allowed_finds_nothing():
    """Exact search alone is the default; normalised alone finds no typing mistakes."""
    index = TextIndex(TEXT)
    assert locate(index, Located(text="احمد العسكري")) == Missing("not found")
    assert locate(index, Located(text="أحمد العكري"), "normalised") == Missing("not found")


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("وشكر أحْمَد أهل كركوك.", "exact"),
        ("أعلن أحمد", "exact"),
        ("وشكر احمد اهل كركوك", "normalised"),
        ("اعلن احمد العسكري", "normalised"),
        ("وشكر أحمد أل كركوك.", "fuzzy"),
        ("و", "ambiguous"),
        ("لا أحد يعلم ما حدث هناك", "not found"),
        ("", "not found"),
    ],
)
def test_first_lines_are_found_by_tiers(first, expected):
    """The line that is the quote, or the one that begins with it, by whole words in the looser tiers."""
    found = locate_line(TextIndex(TEXT), first, "fuzzy")
    assert (found.tier if isinstance(found, Found) else found.reason) == expected


@st.composite
def changed_quotes(draw):
    """A text, and a quote of it or of another one, perhaps with one character changed, and what says which hit."""
    text = draw(texts()) or "x"
    source = draw(st.sampled_from([text, draw(texts()) or "y"]))
    start = draw(st.integers(0, len(source) - 1))
    words = source[start : draw(st.integers(start + 1, min(len(source), start + 25)))]
    at = draw(st.integers(0, len(words) - 1))
    words = draw(st.sampled_from([words, words[:at] + words[at + 1 :] or "z", words[:at] + "ـ" + words[at:]]))
    more = draw(st.sampled_from([{}, {"occurrence": 1}, {"occurrence": 2}, {"occurrence": "all"}, {"prefix": " "}]))
    return text, Located(text=words, **more)


@given(changed_quotes())
def test_a_looser_tier_never_says_otherwise_than_a_stricter_one(drawn):
    """What a tier finds, or finds ambiguous, every looser tier says too; what is found is a span of the text."""
    text, quote = drawn
    found = [locate(TextIndex(text), quote, tier) for tier in TIERS]
    for stricter, looser in pairwise(found):
        assert looser == stricter or stricter == Missing("not found")
    for one in found:
        assert all(0 <= start < end <= len(text) for start, end in one.places)


@given(changed_quotes())
def test_the_exact_tier_is_a_plain_search(drawn):
    """Every place where the words stand, letter for letter, by comparing at every position; marks end with a letter.

    A place that ends or begins within a number is none, unless it is counted.
    """
    text, quote = drawn
    numbers = [match.span() for match in re.finditer(r"\d+(?:[.,٫٬]\d+)*", text)]
    size = len(quote.text)
    hits = [(at, at + size) for at in range(len(text)) if text[at : at + size] == quote.text]
    hits = [hit for hit in hits if text[: hit[0]].endswith(quote.prefix or "")]
    if not isinstance(quote.occurrence, int):
        hits = [hit for hit in hits if not any(start < edge < end for edge in hit for start, end in numbers)]
    if quote.occurrence == "all":
        hits = [hit for hit in hits if whole_word(text, *hit)]
    elif isinstance(quote.occurrence, int):
        hits = hits[quote.occurrence - 1 : quote.occurrence]
    elif len(hits) > 1:
        hits = []
    found = locate(TextIndex(text), quote)
    assert [start for start, _ in found.places] == [start for start, _ in hits] or found.reason == "ambiguous"
    plain = find_quote(text, quote)
    assert (list(plain) if isinstance(plain, tuple) else []) == hits


@given(texts())
def test_every_folded_character_knows_where_it_comes_from(text):
    """Folding what a character came from gives it again; places rise; white space is one space, at both ends too."""
    folded = fold(text)
    assert list(folded.at) == sorted(folded.at)
    assert folded.text[0] == folded.text[-1] == " "
    assert "  " not in folded.text
    for character, at in zip(folded.text[1:-1], folded.at[1:-1], strict=True):
        assert character == " " or character in fold(text[at]).text
    assert fold(folded.text).text == folded.text


@pytest.fixture(scope="module")
def corpus():
    """Every document of the corpus."""
    return list(open_set().documents())


def test_the_fast_search_for_near_forms_is_the_slow_one(corpus):
    """Comparing a quote with every run of words of the text gives the same nearest forms."""
    document = corpus[0]
    index = TextIndex(document.text)
    text = index.folded.text
    cases = list(bench.changed([document], bench.CHANGES["one typo anywhere"]))[:60]
    compared = 0
    for case in cases:
        core = bench.folded(case)
        edits = most_edits(core)
        if not 0 < edits < 4 or len(core) > 60:
            continue
        compared += 1
        slow = {}
        for begin in index.begins:
            for end in index.ends:
                form = text[begin:end]
                if begin < end and abs(len(form) - len(core)) <= edits and OSA.distance(core, form) <= edits:
                    slow.setdefault(form, []).append((begin, end))
        assert _near(index, core) == _nearest(core, slow)
    assert compared > 10


def test_most_changed_quotes_of_the_corpus_are_found_where_they_stood(corpus):
    """At least 95 % right offsets over all changes, and hardly any wrong; typing mistakes also count."""
    counted = Counter()
    for name, change in bench.CHANGES.items():
        if name in ("unchanged", "one typo inside a word"):
            continue
        for case in bench.changed(corpus, change):
            if str(case.quote.text) not in case.index.text:
                counted[bench.outcome(case, "fuzzy")] += 1
    assert counted["right"] >= 0.95 * counted.total()
    assert counted["wrong"] <= 0.002 * counted.total()


def test_unchanged_quotes_of_the_corpus_are_found_exactly(corpus):
    """Every span of gold, quoted with its number, in every tier."""
    for case in bench.changed(corpus, bench.CHANGES["unchanged"]):
        assert locate(case.index, case.quote, "fuzzy") == Found((case.place,), "exact")


def test_absent_quotes_of_the_corpus_are_never_placed(corpus):
    """No span of another document that does not stand in a text is found in it."""
    cases = list(bench.absent(corpus))
    assert len(cases) > 1000
    assert {bench.outcome(case, "fuzzy") for case in cases} == {"not found"}


def test_the_documents_give_the_measured_table(root, corpus):
    """The table of docs/answers.md is what the benchmark prints, its times left out."""
    text = (root / "docs" / "answers.md").read_text("utf-8")
    block = text.split("<!-- grounding -->\n", 1)[1].split("\n\n", 1)[0]
    assert [line.rsplit("|", 2)[0] for line in block.splitlines()] == [
        line.rsplit("|", 2)[0] for line in bench.table(corpus)
    ]
