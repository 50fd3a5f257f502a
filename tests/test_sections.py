"""Sections as runs of paragraphs, over many documents at once, are what plain loops over each document say."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import FUNCTIONS, INVENTORY, pairs, texts

from khabar.block import Block, Pair
from khabar.counts import Counts, total
from khabar.joins import NONE, as_column
from khabar.model import WHITE_SPACE, Document, Section, paragraphs
from khabar.sections import (
    boundary_edits,
    function,
    labelled,
    near_misses,
    paragraphs_of,
    pk,
    segmented,
    story,
    window,
    window_diff,
    window_errors,
)


def block(*documents):
    """Documents against themselves, or pairs (gold, predicted)."""
    both = [one if isinstance(one, tuple) else (one, one) for one in documents]
    return Block([Pair(*pair) for pair in both], INVENTORY)


def document(text, *edges, **more):
    """A document with sections."""
    sections = [Section(id=f"b{at}", start=s, end=e, kind="body", **more) for at, (s, e) in enumerate(edges)]
    return Document(doc_id="d", text=text, subsections=tuple(sections))


def mask(places, size):
    """Places as a mask."""
    found = np.zeros(size, dtype=bool)
    found[list(places)] = True
    return found


# -- paragraphs and segments -----------------------------------------------------------------------------------

ODD = st.text(alphabet=["a", "ك", "🙂", " ", "\n", "\n", "\r", "\0", "\ud800", "\x1c", *WHITE_SPACE], max_size=25)


@given(st.lists(ODD, max_size=5))
def test_paragraphs_of_a_block_are_those_of_its_texts(found):
    """Whatever the texts are, and whether empty or blank: the same edges, document by document."""
    lines = paragraphs_of(block(*(Document(doc_id="d", text=text) for text in found)))
    shift = np.cumsum([0, *map(len, found)])
    expected = [(at, s + shift[at], e + shift[at]) for at, text in enumerate(found) for s, e in paragraphs(text)]
    assert list(zip(*(column.tolist() for column in (lines.document, *lines.span)), strict=True)) == expected
    assert np.diff(lines.begins).tolist() == [len(list(paragraphs(text))) for text in found]


def slow_segments(sections, lines):
    """Runs of paragraphs with one owner: the section that holds most of a paragraph, the first of equals."""
    runs = []
    for position, (start, end) in enumerate(lines):
        held = [(min(end, s.end) - max(start, s.start), -s.start, s.id) for s in sections]
        most, _, owner = max(held, default=(0, 0, None))
        owner = owner if most > 0 else None
        if runs and runs[-1][2] == owner:
            runs[-1] = (runs[-1][0], position, owner)
        else:
            runs.append((position, position, owner))
    return runs


@st.composite
def cut_anywhere(draw, text):
    """A document whose sections begin and end anywhere, in any order."""
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    found = [edges for edges in pairwise(places) if draw(st.booleans())]
    cut = document(text, *draw(st.permutations(found)))
    labelled_ = [replace(one, function=draw(st.sampled_from(FUNCTIONS))) for one in cut.subsections]
    return replace(cut, subsections=tuple(labelled_))


@st.composite
def cut_pairs(draw):
    """Gold and a prediction with sections anywhere."""
    text = draw(texts())
    return draw(cut_anywhere(text)), draw(cut_anywhere(text))


@given(st.lists(cut_pairs(), max_size=4))
def test_paragraphs_belong_to_the_section_that_holds_most(found):
    """On both sides of each document of a block: the section of each paragraph, and what that gives of each section."""
    cut = segmented(block(*found))
    lines = cut.paragraphs
    for at, (name, side) in enumerate((("predicted", cut.predicted), ("gold", cut.gold))):
        for number, pair in enumerate(found):
            mine = pair[1 - at]
            start, end = lines.begins[number : number + 2].tolist()
            expected = slow_segments(mine.subsections, list(paragraphs(mine.text)))
            rows = np.flatnonzero(side.document == number).tolist()
            ids = dict(zip(rows, [section.id for section in mine.subsections], strict=True)) | {NONE: None}
            owners = [ids[row] for row in side.section[start:end].tolist()]
            assert owners == [owner for first, last, owner in expected for _ in range(first, last + 1)], name
            assert np.flatnonzero(side.boundary[start:end]).tolist() == [first for first, _, _ in expected[1:]]
            held = {
                ids[row]: (int(side.first[row]) - start, int(side.last[row]) - start)
                for row in rows
                if side.first[row] != NONE
            }
            assert held == {owner: (first, last) for first, last, owner in expected if owner}
            assert all((side.first[row] == NONE) == (side.last[row] == NONE) for row in rows)


@given(st.lists(pairs(), max_size=4))
def test_a_block_counts_what_its_documents_count(found):
    """Each document of a block has the windows, edits and matches that it has alone."""
    whole = block(*found)
    for count in (pk, window_diff):
        assert count(whole).tolist() == [row for pair in found for row in count(block(pair)).tolist()]
    for count in (labelled, story):
        alone = [total(count(block(pair)).tally()) for pair in found]
        assert [Counts(*row) for row in count(whole).numbers.sum(axis=1).tolist()] == alone


# -- matches ---------------------------------------------------------------------------------------------------


@given(cut_pairs())
def test_labelled_sections_agree_with_plain_counting(pair):
    """Sections match where both ends are the same, by function where they have the same one; those that hold most of
    nothing are predicted all the same."""
    yours, mine = (
        {
            (first, last, next(section.function for section in one.subsections if section.id == owner))
            for first, last, owner in slow_segments(one.subsections, list(paragraphs(one.text)))
            if owner
        }
        for one in pair
    )
    both = len({edges[:2] for edges in mine} & {edges[:2] for edges in yours})
    assert total(labelled(block(pair)).tally()) == Counts(both, len(pair[1].subsections), both, len(yours))
    asked = {one for one in yours if one[2]}
    both, said = len(mine & asked), sum(section.function is not None for section in pair[1].subsections)
    assert total(function(block(pair)).tally()) == Counts(both, said, both, len(asked))


@pytest.mark.parametrize(
    ("stories", "places"),
    [((1, 1, 2), [2]), ((1, None, 2), [2]), ((1, None, 1), []), ((None, 2, 2), []), ((1, 10**30, -1), [1, 2])],
)
def test_a_story_begins_where_its_number_is_new(stories, places):
    """A section without a story is passed over; any number tells stories apart."""
    sections = tuple(
        Section(id=f"b{at}", start=2 * at, end=2 * at + 1, kind="body", story=number)
        for at, number in enumerate(stories)
    )
    told = Document(doc_id="d", text="a\nb\nc", subsections=sections)
    assert total(story(block(told, told)).tally()) == Counts(*[2 * len(places)] * 4)


# -- boundaries ------------------------------------------------------------------------------------------------

PLACES = st.sets(st.integers(1, 12))


@given(PLACES, PLACES)
def test_near_misses_are_those_of_boundary_similarity(predicted, gold):
    """As many pairs as the measure finds; each of neighbours, one-to-one."""
    sides = mask(predicted, 13), mask(gold, 13)
    mine, yours = (places.tolist() for places in near_misses(*sides))
    near = dict(zip(mine, yours, strict=True))
    assert all(abs(mine - yours) == 1 for mine, yours in near.items())
    assert near.keys() <= predicted - gold
    assert set(near.values()) <= gold - predicted
    assert len(set(near.values())) == len(near) == len(mine)
    edits, whole = boundary_edits(*sides, as_column([0, 13]))[0].tolist()
    assert edits == len(predicted ^ gold) - 2 * len(near) + len(near) / 2
    assert whole == len(predicted | gold) - len(near)


def slow_near_misses(predicted, gold):
    """From the left: two neighbours of different sides are a near miss, and neither is part of another."""
    near, taken = {}, set()
    for place in sorted(predicted ^ gold):
        if place in taken or place + 1 not in predicted ^ gold or (place in predicted) == (place + 1 in predicted):
            continue
        taken.add(place + 1)
        near |= {place: place + 1} if place in predicted else {place + 1: place}
    return near


@given(PLACES, PLACES)
def test_near_misses_are_found_from_the_left(predicted, gold):
    """The pairs are those of a plain walk from the left."""
    mine, yours = near_misses(mask(predicted, 13), mask(gold, 13))
    assert dict(zip(mine.tolist(), yours.tolist(), strict=True)) == slow_near_misses(predicted, gold)


@given(st.lists(st.tuples(st.integers(0, 9), PLACES, PLACES, st.integers(1, 5)), max_size=4), st.booleans())
def test_windows_agree_with_plain_counting(found, counting):
    """Each window of each document is looked at by itself."""
    expected, sides, begins, ks = [], ([], []), [0], []
    for units, one, other, k in found:
        mine, yours = ({place for place in places if place < units} for places in (one, other))
        errors = 0
        for unit in range(max(0, units - k)):
            here, there = (len([b for b in side if unit < b <= unit + k]) for side in (mine, yours))
            errors += here != there if counting else bool(here) != bool(there)
        expected.append([errors, max(0, units - k)])
        for side, places in zip(sides, (mine, yours), strict=True):
            side.extend(unit in places for unit in range(units))
        begins.append(begins[-1] + units)
        ks.append(k)
    masks = (np.array(side, dtype=bool) for side in sides)
    assert window_errors(*masks, as_column(begins), as_column(ks), counting).tolist() == expected


@given(st.integers(0, 400), st.integers(1, 60))
def test_the_window_is_half_the_mean_section(units, sections):
    """Rounded half to even in exact arithmetic, at least 2."""
    assert window(as_column([units]), as_column([sections])).tolist() == [max(2, round(Fraction(units, 2 * sections)))]


@pytest.mark.parametrize("count", [pk, window_diff])
def test_there_are_no_windows_where_gold_has_no_sections(count):
    """A text without gold sections has no mean section to take the window from."""
    text = "\n".join("abcdefgh")
    assert count(block((document(text), document(text, (0, 3))))).tolist() == [[0, 0]]
    assert count(block((document(text, (0, 15)), document(text, (0, 3))))).tolist()[0][1] == 4
