"""The report as a page: everything that explain shows is on it, and what a reader sees in a real browser."""

import re
from html import unescape

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import WORST_CONTRAST, Reader
from strategies import INVENTORY, pairs
from typer.testing import CliRunner

import khabar
from khabar.block import Block, Pair
from khabar.cli import app
from khabar.errors import classify, count
from khabar.explain import Wanted
from khabar.grounding import Void
from khabar.model import Document, Entity, Mention, Section
from khabar.page import report_page
from khabar.scoring import evaluate

HOSTILE = '<script>alert("x")</script>\'&'


def shown(gold, predicted, keep=50, **options):
    """The page of a run, whole, and the run."""
    run = evaluate(gold, predicted, keep=keep, resamples=20, **options)
    return "".join(report_page(run.scorecard(), run.pairs, run.labels, "system")), run


def spoilt(document):
    """A document with one thing wrong of many kinds: names moved, mistyped and left out, labels and sections changed."""
    entities = []
    for number, entity in enumerate(document.entities):
        kind = "LAW" if number % 9 == 0 and entity.type != "LAW" else entity.type
        mentions = []
        for at, m in enumerate(entity.mentions):
            start = (
                m.start - 1 if (number + at) % 5 == 1 and m.start and document.text[m.start - 1] != "\n" else m.start
            )
            if at == 0 or (number + at) % 3:
                mentions.append(Mention(start, m.end, document.text[start : m.end], m.form))
        entities.append(msgspec.structs.replace(entity, type=kind, mentions=tuple(mentions)))
    labels = {"favor": "against", "against": "neutral", "neutral": "favor"}
    return Document(
        doc_id=document.doc_id,
        text=document.text,
        entities=tuple(entities),
        relations=tuple(
            msgspec.structs.replace(r, head=r.tail, tail=r.head) if n % 4 == 0 else r
            for n, r in enumerate(document.relations)
            if n % 6
        ),
        stance=tuple(
            msgspec.structs.replace(s, label=labels[s.label]) if n % 3 == 0 else s
            for n, s in enumerate(document.stance)
        ),
        subsections=tuple(
            msgspec.structs.replace(s, kind="box") if n % 3 == 0 else s
            for n, s in enumerate(document.subsections)
            if n % 5
        ),
    )


@settings(max_examples=20)
@given(st.lists(pairs(), min_size=1, max_size=3))
def test_any_report_is_well_formed_and_whole(drawn):
    """Whatever the documents: elements close in turn, ids stand once, links have their place, every line is there."""
    gold = [msgspec.structs.replace(mine, doc_id=f"d{number}") for number, (mine, _) in enumerate(drawn)]
    predicted = [msgspec.structs.replace(theirs, doc_id=f"d{number}") for number, (_, theirs) in enumerate(drawn)]
    page, run = shown(gold, predicted)
    reader = Reader()
    reader.feed(page)
    assert (reader.good, reader.open) == (True, [])
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert run.scorecard().signature in reader.text
    plain = unescape(re.sub(r'<b class="chip".*?</b>|<[^>]*>', "", page))
    for document in gold:
        assert all(line.strip() in plain for line in document.text.split("\n"))


@settings(max_examples=25)
@given(pairs())
def test_every_error_of_explain_is_listed(drawn):
    """Each class has on the page as many items as explain shows, under the class's own key."""
    gold, predicted = drawn
    page, run = shown([gold], [predicted])
    (pair,) = run.pairs
    found = [error for error in classify(pair, run.labels) if Wanted().holds(error)]
    listed = re.findall(r'<li class="(?:missed|spurious|differs)">', page)
    rows = re.findall(r'<tr class="only (?:missed|spurious|differs) ', page)
    claims = [error for error in found if error.layer in ("relations", "stance")]
    judged = {row.measure.split(".")[0] for row in run.scorecard().rows}
    assert len(rows) == sum(error.layer in judged for error in claims)
    assert len(listed) == len(found) - len(claims)
    for layer, side, class_ in count(Block([pair], run.labels)):
        key = re.sub(r"\W+", "-", f"{layer} {class_}")
        assert f'id="show-{key}"' in page, (layer, side, class_)


def test_what_has_no_place_is_listed_too():
    """A quote that is nowhere in the text is among the errors, with its label alone."""
    gold = Document(doc_id="d", text="زار بغداد")
    quote = {"doc_id": "d", "mentions": [{"type": "GPE", "text": "دمشق"}]}
    card = evaluate([gold], [quote]).scorecard()
    pair = Pair(gold, gold, [Void("entities", "GPE")])
    page = "".join(report_page(card, [pair], INVENTORY))
    assert "quotes not found or ambiguous, counted as spurious: 1<" in page
    assert 'id="show-entities-unlocated-or-invalid"' in page
    assert page.count('<li class="spurious">') == 1


def test_the_page_needs_nothing_from_outside():
    """One file: no script, no image, no address; a policy that forbids them."""
    page, _ = shown(khabar.documents(), [spoilt(d) for d in khabar.documents()])
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|iframe|object)|src=|url\(|@import|https?:", page)


def test_nothing_that_was_read_becomes_an_element():
    """Ids, names, texts, labels and file names are escaped, in text and in attributes."""
    text = f"{HOSTILE} بغداد"
    entity = Entity(id="e", type="GPE", name=HOSTILE, mentions=(Mention(0, len(HOSTILE), HOSTILE),))
    gold = Document(
        doc_id=HOSTILE, text=text, entities=(entity,), subsections=(Section(id="b", start=0, end=5, kind="lead"),)
    )
    run = evaluate([Document(doc_id="d", text=text)], [{"doc_id": "d", "mentions": [], "subsections": []}], resamples=0)
    label = msgspec.structs.replace(INVENTORY.entity_types[0], label=HOSTILE)
    odd = msgspec.structs.replace(INVENTORY, entity_types=(label,))
    typed = msgspec.structs.replace(gold, entities=(msgspec.structs.replace(entity, type=HOSTILE),))
    pair = Pair(typed, typed, [Void("entities", HOSTILE)])
    page = "".join(report_page(run.scorecard(), [pair], odd, HOSTILE))
    assert "<script" not in page
    assert 'alert("x")' not in page
    reader = Reader()
    reader.feed(page)
    assert (reader.good, reader.open) == (True, [])
    assert reader.text.count(HOSTILE) >= 5


def test_only_what_was_attempted_is_on_the_page():
    """Layers without a headline figure have no errors on the page, and the table says that they were not attempted."""
    text = "زار بغداد"
    gold = Document(doc_id="d", text=text, subsections=(Section(id="b", start=0, end=9, kind="lead"),))
    page, _ = shown([gold], [{"doc_id": "d", "mentions": [{"type": "GPE", "start": 4, "end": 9}]}])
    assert "show-entities-spurious" in page
    assert "show-subsections" not in page
    assert 'class="text plain"' in page
    assert page.count("<small>not attempted</small>") == 3


def test_only_the_first_documents_are_kept_whatever_the_processes():
    """Of many documents the first N are shown, and the page says so; the figures are those of all."""
    text = "زار بغداد"
    mention = Entity(id="e", type="GPE", mentions=(Mention(4, 9, "بغداد"),))
    gold = [Document(doc_id=f"d{number}", text=text, entities=(mention,)) for number in range(200)]
    page, run = shown(gold, gold, keep=7)
    assert [pair.gold.doc_id for pair in run.pairs] == [f"d{number}" for number in range(7)]
    assert "The first 7 of 200 documents are shown" in page
    _, shared = shown(gold, gold, keep=7, jobs=2)
    assert [pair.gold.doc_id for pair in shared.pairs] == [pair.gold.doc_id for pair in run.pairs]
    whole, _ = shown(gold, gold, keep=200)
    assert whole.count("<article") == 200
    assert shown(gold, gold, keep=0)[0].count("<article") == 0


def test_the_command_writes_the_page(tmp_path, root):
    """score --format html writes to a file or to standard output; every format can go to a file."""
    predictions = tmp_path / "mine.jsonl"
    predictions.write_text('{"doc_id": "kirkuk-redeployment", "mentions": []}\n', "utf-8")
    args = ["score", str(predictions), "--resamples", "0"]
    out = tmp_path / "page.html"
    assert CliRunner().invoke(app, [*args, "--format", "html", "-o", str(out), "--documents", "2"]).exit_code == 0
    page = out.read_text("utf-8")
    assert "<title>Report · mine.jsonl · khabar</title>" in page
    assert page.count("<article") == 2
    assert CliRunner().invoke(app, [*args, "--format", "html"]).stdout.count("<article") == len(khabar.documents())
    assert CliRunner().invoke(app, [*args, "-o", str(out)]).exit_code == 0
    assert out.read_text("utf-8") == CliRunner().invoke(app, args).stdout


# -- in a real browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of two spoilt documents, one with Latin names, one with Arabic digits."""
    gold = [d for d in khabar.documents() if d.doc_id in ("desalination-unit", "canal-derby")]
    page, _ = shown(gold, [spoilt(d) for d in gold])
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page, "utf-8")
    return path


def opened(browser, file, **options):
    """A window on the page, offline; of what it would load from elsewhere nothing comes."""
    context = browser.new_context(offline=True, **({"viewport": {"width": 1300, "height": 900}} | options))
    window = context.new_page()
    window.goto(file.as_uri())
    return window


@pytest.fixture
def window(browser, file):
    """The page in a window of a desk's width."""
    opened_ = opened(browser, file)
    yield opened_
    opened_.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_aa_asks_for(browser, file, scheme):
    """Every text, labels too, has at least 4.5 to 1 against what is behind it (WCAG 2.2, 1.4.3), light and dark."""
    window = opened(browser, file, color_scheme=scheme)
    assert window.evaluate(WORST_CONTRAST) >= 4.5
    window.context.close()


VISIBLE = """() => [...document.querySelectorAll('.shown .mark, .shown .section')].filter(e => {
const s = getComputedStyle(e); return e.checkVisibility() && s.getPropertyValue('--c') !== 'transparent'; }).map(e => e.className)"""


def test_a_class_that_is_chosen_stands_alone(window):
    """Choosing a class hides the marks, list entries and documents of the others; everything comes back."""
    every = window.evaluate(VISIBLE)
    for key in ("entities-missed", "entities-type", "stance-wrong-label", "subsections-kind"):
        window.click(f"label[for=show-{key}]")
        assert all(key in name.split() for name in window.evaluate(VISIBLE))
        chips = window.evaluate(
            "[...document.querySelectorAll('.shown .chip')].filter(e => e.checkVisibility()).map(e => e.parentElement.className)"
        )
        assert all(key in name.split() for name in chips)
        left = window.evaluate(
            "[...document.querySelectorAll('.shown .only')].filter(e => e.checkVisibility()).map(e => e.className)"
        )
        assert left
        assert all(key in name.split() for name in left)
    window.click("label[for=show-all]")
    assert window.evaluate(VISIBLE) == every


def test_the_filter_is_reached_and_moved_by_keyboard(window):
    """Tab reaches the choice, an arrow moves it, and the chosen label is outlined."""
    window.focus("#show-all")
    window.keyboard.press("ArrowDown")
    assert window.evaluate("document.querySelector('input:checked').id") == "show-entities"
    assert window.evaluate("getComputedStyle(document.querySelector('[for=show-entities]')).outlineStyle") == "solid"


def test_the_filter_and_the_links_work_without_script(browser, file):
    """With JavaScript disabled a choice still hides documents and rows, and a link still leads to its span."""
    window = opened(browser, file, java_script_enabled=False)
    rows = window.locator(".claims tr:visible").count()
    window.click("label[for=show-relations-reversed]")
    assert 0 < window.locator(".claims tr:visible").count() < rows
    assert window.locator(".group:visible").count() == 0
    window.click("label[for=show-entities-missed]")
    window.locator(".group:visible a").first.click()
    assert re.search(r"#d\d-g\d+$", window.url)
    window.context.close()


def test_words_run_from_right_to_left_and_latin_names_and_digits_stay_in_place(window):
    """In every line of every text: each word lies left of the one before; letters of a Latin word and digits run right."""
    wrong = window.evaluate(
        r"""() => { const wrong = []; const range = document.createRange();
        for (const p of document.querySelectorAll('.words')) { const parts = [];
          const walk = document.createTreeWalker(p, 4);
          for (let n; n = walk.nextNode();) if (!n.parentElement.closest('.chip')) for (let i = 0; i < n.length; i++) {
            range.setStart(n, i); range.setEnd(n, i + 1); const box = range.getBoundingClientRect();
            parts.push([n.data[i], box.left + box.width / 2, box.top + box.height / 2]); }
          for (let i = 1; i < parts.length; i++) { const [a, x, y] = parts[i - 1], [b, u, v] = parts[i];
            if (Math.abs(y - v) > 12) continue;
            const left = /[\u0621-\u064A]/, right = /[A-Za-z0-9\u0660-\u0669]/;
            if (left.test(a) && left.test(b) && !(u < x + .5)) wrong.push(a + b);
            if (right.test(a) && right.test(b) && !(u > x - .5)) wrong.push(a + b); } }
        return wrong; }"""
    )
    assert wrong == []
    assert window.evaluate(
        "/[A-Za-z]{3}/.test([...document.querySelectorAll('.words')].map(p => p.textContent).join())"
    )


def test_a_marks_lines_stand_over_and_under_its_words(window):
    """Gold has a line below and none above, the prediction one above and none below; a chip follows on the left."""
    found = window.evaluate(
        """() => [...document.querySelectorAll('.shown .mark')].map(m => { const s = getComputedStyle(m);
        return [m.classList.contains('gold') === (s.borderBottomWidth !== '0px'),
          m.classList.contains('predicted') === (s.borderTopWidth !== '0px')]; })"""
    )
    assert len(found) > 100
    assert all(gold and predicted for gold, predicted in found)
    beside = window.evaluate(
        """() => [...document.querySelectorAll('.shown .mark > .chip')].filter(c => c.previousSibling.nodeType === 3).map(c => {
        const r = document.createRange(), t = c.previousSibling; r.setStart(t, t.length - 1); r.setEnd(t, t.length);
        const a = r.getBoundingClientRect(), b = c.getBoundingClientRect();
        return /[\\u0621-\\u064A]/.test(t.data.at(-1)) && Math.abs(a.bottom - b.bottom) < 20 ? b.right <= a.left + 1 : true; })"""
    )
    assert all(beside)


@pytest.mark.parametrize("width", [1300, 820, 400])
def test_nothing_overlaps_or_leaves_the_window(browser, file, width):
    """Chips, sections, rows, lines and list entries do not lie over each other at any width, and nothing is cut off."""
    window = opened(browser, file, viewport={"width": width, "height": 900})
    over = window.evaluate(
        """() => { const over = []; const groups = ['.words .chip', '.band .section, .words', '.group li', 'tbody tr', '.filter label', '.key li'];
        for (const group of groups) for (const d of document.querySelectorAll('.document, main > section:not(:last-child), .filter, .key')) {
          const boxes = [...d.querySelectorAll(group)].flatMap(e => [...e.getClientRects()].map(b => [e, b])).filter(([, b]) => b.width);
          boxes.sort(([, a], [, b]) => a.top - b.top);
          for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length && boxes[j][1].top < boxes[i][1].bottom - 1; j++) {
            const [e, a] = boxes[i], [f, b] = boxes[j];
            if (e !== f && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
              over.push([group, e.textContent.slice(0, 40), f.textContent.slice(0, 40)]); } }
        return over; }"""
    )
    assert over == []
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = window.evaluate(
        "[...document.querySelectorAll('.section, .group li, .filter label')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert cut == []
    window.context.close()


def test_bars_are_as_long_as_their_figures_and_begin_together(window):
    """A bar's part of the whole is the figure beside it; all bars of the tables of scores begin at one place."""
    found = window.evaluate(
        """() => [...document.querySelectorAll('.scores tbody tr')].map(r => [r.querySelector('.whole').getBoundingClientRect(),
        r.querySelector('.part')?.getBoundingClientRect(), r.querySelector('.score').textContent]).map(([w, p, s]) => [w.left, p ? 100 * p.width / w.width : null, s])"""
    )
    assert len({round(left) for left, *_ in found}) == 1
    for _, length, figure in found:
        assert (length is None) == (figure == "—")
        assert length is None or abs(length - float(figure)) < 0.02


def test_it_prints(browser, file):
    """On paper there are pages, no filter, and marks that do not hang on backgrounds; nothing is wider than the paper."""
    window = opened(browser, file, viewport={"width": 718, "height": 1050})
    window.emulate_media(media="print")
    assert window.evaluate("!document.querySelector('.filter').checkVisibility()")
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert window.evaluate("getComputedStyle(document.querySelector('.text')).display") == "grid"
    pages = window.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pages)) > 3
    window.context.close()
