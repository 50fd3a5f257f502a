"""The page of a document: what it says, and what a reader sees in a real browser."""

import re

import pytest
from conftest import steps
from hypothesis import given
from hypothesis import strategies as st
from reading import COVERED_RULES, CROWDED_RULES, WORST_CONTRAST, Reader
from strategies import INVENTORY, documents
from typer.testing import CliRunner

import khabar
from khabar.cli import app
from khabar.model import Document, Entity, Mention
from khabar.passes import open_pass
from khabar.view import Piece, inline, page, tracks


@given(documents())
def test_any_document_is_a_well_formed_page(document):
    """Spans that nest, cross and repeat are opened and closed in turn, and every line of the text is there whole."""
    reader = Reader()
    reader.feed(page([document], INVENTORY))
    assert reader.good
    assert not reader.open
    for section in document.subsections:
        for line in document.text[section.start : section.end].split("\n"):
            assert line.strip() in reader.text


def test_crossing_spans_are_shown_in_pieces():
    """Of two spans that cross, the second is opened inside the first and again after it, or the first reopened."""
    shown = inline((0, 6), "abcdef", [Piece(0, 4, "<b>"), Piece(2, 6, "<u>")], [(1, 3, "r1")])
    reader = Reader()
    reader.feed(shown)
    assert (reader.good, reader.text) == (True, "abcdef")
    assert '<i class="v-r1">' in shown


spans = st.tuples(st.integers(0, 20), st.integers(1, 9)).map(lambda drawn: (drawn[0], sum(drawn)))


@given(st.lists(spans, max_size=8, unique=True))
def test_spans_that_overlap_have_rules_of_their_own(drawn):
    """Two that share a character never share a track, one within another is nearer to the words, and none floats."""
    found = dict(zip(drawn, tracks(drawn), strict=True))
    for one, track in found.items():
        for other, its in found.items():
            if one != other and one[0] < other[1] and other[0] < one[1]:
                assert track != its
                assert not (one[0] <= other[0] and other[1] <= one[1]) or its < track
        below = {its for other, its in found.items() if one[0] < other[1] and other[0] < one[1] and its < track}
        assert below == set(range(track))


def test_work_is_linear():
    """Four times the lines and mentions take about four times the steps, not sixteen times."""

    def show(lines):
        text = "زار بغداد\n" * lines
        spans = tuple(Mention(at * 10 + 4, at * 10 + 9, "بغداد") for at in range(lines))
        document = Document(
            doc_id="d", text=text, entities=(Entity(id="e1", type="GPE", name="بغداد", mentions=spans),)
        )
        page([document], INVENTORY)

    assert steps(lambda: show(1200)) < 5 * steps(lambda: show(300))


def test_the_page_needs_nothing_from_outside():
    """One file: no script, no link, no image; a policy that forbids them; texts are escaped."""
    shown = page(khabar.documents(), INVENTORY)
    assert "default-src 'none'" in shown
    assert not re.search(r"<(script|link|img|iframe)|src=|url\(|@import", shown)
    odd = khabar.Document(doc_id="d", text='<script>alert("x")</script>')
    assert "<script" not in page([odd], INVENTORY)


def test_composed_texts_say_that_they_are():
    """A notice stands above every composed text, and above no published one."""
    for document in khabar.documents():
        composed = document.metadata.origin == "composed"
        shown = page([document], INVENTORY)
        assert ('class="notice"' in shown) == composed
        assert ('class="notice" lang="ar" dir="rtl"' in shown) == composed


def test_the_command_writes_gold_and_passes(tmp_path):
    """view writes one page; with two passes both columns; an unknown document is refused."""
    out = tmp_path / "page.html"
    assert CliRunner().invoke(app, ["view", "kirkuk-redeployment", "-o", str(out)]).exit_code == 0
    assert out.read_text("utf-8").count('<div class="column">') == 1
    both = ["view", "kirkuk-redeployment", "--pass", "a", "--pass", "b", "-o", str(out)]
    assert CliRunner().invoke(app, both).exit_code == 0
    assert out.read_text("utf-8").count('<div class="column">') == 2
    assert CliRunner().invoke(app, ["view", "nothing", "-o", str(out)]).exit_code == 2


# -- in a real browser -----------------------------------------------------------------------------------------


@pytest.fixture
def shown(browser, tmp_path, root):
    """The two passes of the first document in a browser window, offline."""
    passes = [open_pass(root / "annotations" / "passes" / name) for name in "ab"]
    pair = [next(d for d in found if d.doc_id == "kirkuk-redeployment") for found in passes]
    file = tmp_path / "page.html"
    file.write_text(page(pair, INVENTORY, ["a", "b"]), "utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1300, "height": 900})
    window = context.new_page()
    window.goto(file.as_uri())
    yield window
    context.close()


def test_text_runs_from_right_to_left(shown):
    """Within a line the first word of the lead stands to the right of the second, and the kinds beside the text."""
    assert shown.evaluate("getComputedStyle(document.querySelector('.lead p')).direction") == "rtl"
    places = shown.evaluate(
        """() => { const p = document.querySelector('.lead p'); const walk = document.createTreeWalker(p, 4);
        const first = walk.nextNode(); const range = document.createRange();
        range.setStart(first, 0); range.setEnd(first, 2); const a = range.getBoundingClientRect();
        range.setStart(first, 4); range.setEnd(first, 6); const b = range.getBoundingClientRect();
        return [a.right, b.right]; }"""
    )
    assert places[0] > places[1]
    beside = shown.evaluate(
        "(() => { const s = document.querySelector('.lead'); return [s.querySelector('.kind').getBoundingClientRect().left,"
        " s.querySelector('.text').getBoundingClientRect().right]; })()"
    )
    assert beside[0] >= beside[1]


def test_an_entitys_mentions_show_together_on_focus(shown):
    """Focusing one mention marks every mention of its entity, and none of another."""
    changed = shown.evaluate(
        """() => { const all = [...document.querySelectorAll('.column:first-child .m')];
        const before = all.map(m => getComputedStyle(m).backgroundColor);
        const one = all.find(m => all.filter(n => n.className === m.className).length > 3); one.focus();
        const name = [...one.classList].find(c => c.startsWith('x-'));
        return all.every((m, i) => (getComputedStyle(m).backgroundColor !== before[i]) === m.classList.contains(name)); }"""
    )
    assert changed


def test_a_relations_evidence_shows_on_focus(shown):
    """Focusing a relation marks its evidence in the text."""
    assert shown.evaluate(
        """() => { const fact = document.querySelector('.fact'); fact.focus();
        const found = [...document.querySelectorAll('.v-' + fact.id)];
        return found.length > 0 && found.every(i => getComputedStyle(i).backgroundColor === 'rgb(255, 226, 122)'); }"""
    )


def test_of_two_mentions_of_one_span_both_rules_are_seen(browser, tmp_path):
    """Whichever comes first in the document, the background of neither lies over the other's rule."""
    for kinds in (("GPE", "ORG"), ("ORG", "GPE")):
        entities = tuple(
            Entity(id=f"e{kind}", type=kind, name="بغداد", mentions=(Mention(4, 9, "بغداد"),)) for kind in kinds
        )
        file = tmp_path / "page.html"
        file.write_text(page([Document(doc_id="d", text="زار بغداد", entities=entities)], INVENTORY), "utf-8")
        window = browser.new_page()
        window.goto(file.as_uri())
        assert window.locator(".m").count() == 2
        assert window.evaluate(COVERED_RULES, ".m") == []
        window.close()


def test_what_is_focused_shows_in_forced_colours_too(shown):
    """Where the reader's system sets the colours, evidence and mentions are marked in those that it has for it."""
    shown.emulate_media(forced_colors="active")
    ground = "getComputedStyle(document.body).backgroundColor"
    for kind, name in (("fact", "'v-' + one.id"), ("m", "[...one.classList].find(c => c.startsWith('x-'))")):
        assert shown.evaluate(
            f"""() => {{ const one = document.querySelector('.{kind}'); one.focus(); const found = [...document.getElementsByClassName({name})];
            return found.length > 0 && found.every(e => ![{ground}, 'rgba(0, 0, 0, 0)'].includes(getComputedStyle(e).backgroundColor)); }}"""
        )


def test_every_mention_and_fact_can_be_reached_by_keyboard(shown):
    """Tab goes from mention to mention in the text's order."""
    shown.keyboard.press("Tab")
    first = shown.evaluate("document.activeElement.textContent")
    shown.keyboard.press("Tab")
    assert "كردستان" in first
    assert shown.evaluate("document.activeElement.classList.contains('m')")
    assert shown.evaluate("[...document.querySelectorAll('.m,.fact')].every(e => e.tabIndex === 0)")


def test_text_has_the_contrast_that_aa_asks_for(shown):
    """Every text, labels too, has at least 4.5 to 1 against what is behind it (WCAG 2.2, 1.4.3)."""
    assert shown.evaluate(WORST_CONTRAST) >= 4.5


def test_differences_between_passes_are_marked(shown):
    """What only one pass has is outlined, in both columns; what both have is not."""
    counts = shown.evaluate(
        "[...document.querySelectorAll('.column')].map(c => [c.querySelectorAll('.m.only').length, c.querySelectorAll('.m').length])"
    )
    assert all(0 < only < every for only, every in counts)


def test_rules_of_nested_mentions_are_all_seen(shown):
    """No mention's rule lies on another's, and none is covered by a mention within it."""
    number, crowded = shown.evaluate(CROWDED_RULES, ".m")
    assert number > 100
    assert crowded == []
    assert shown.evaluate(COVERED_RULES, ".m") == []


@pytest.mark.parametrize(("media", "width"), [("screen", 390), ("print", 718)])
def test_on_a_telephone_and_on_paper_a_section_is_named_above_its_text(shown, media, width):
    """Where there is no room beside the text its kind stands over it, and nothing is wider than the window."""
    shown.emulate_media(media=media)
    shown.set_viewport_size({"width": width, "height": 900})
    assert shown.evaluate(
        """() => [...document.querySelectorAll('section')].every(s => s.querySelector('.kind').getBoundingClientRect().bottom
        <= s.querySelector('.text').getBoundingClientRect().top + 1)"""
    )
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_a_fact_keeps_its_evidence(shown):
    """No page ends between a relation or stance and its evidence, or between a kind and its section."""
    shown.emulate_media(media="print")
    shown.set_viewport_size({"width": 718, "height": 900})
    breaks = "k => [...new Set([...document.querySelectorAll(k)].map(e => getComputedStyle(e)[k === '.fact' ? 'breakInside' : 'breakAfter']))]"
    assert shown.evaluate(breaks, ".fact") == ["avoid"]
    assert shown.evaluate(breaks, ".kind") == ["avoid"]


def test_labels_in_the_text_are_large_enough_to_read(shown):
    """No type is set smaller than 11 pixels."""
    sizes = "[...document.querySelectorAll('.m')].map(e => parseFloat(getComputedStyle(e, '::after').fontSize))"
    assert min(shown.evaluate(sizes)) >= 11
