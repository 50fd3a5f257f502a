"""The report as a page: everything that explain shows is on it, and what a reader sees in a real browser."""

import re
from html import unescape

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import CROWDED_RULES, WORST_CONTRAST, Reader
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
    assert "quotes without a place of their own: 1<" in page
    assert 'id="show-entities-unlocated-or-invalid"' in page
    assert page.count('<li class="spurious">') == 1


def test_the_head_says_how_many_quotes_have_no_place():
    """It is a number; the quotes stand in the lists of their documents, with the reason."""
    gold = Document(doc_id="d", text="زار بغداد ثم بغداد")
    mentions = [{"type": "GPE", "text": "بغداد"}, {"type": "GPE", "text": "دمشق"}]
    page, _ = shown([gold], [{"doc_id": "d", "mentions": mentions}])
    assert "quotes without a place of their own: 2</p>" in page
    assert "Unlocated(" not in page
    listed = re.findall(r'class="lost">(.*?)</bdi>.*?<small>(.*?)[ <]', page)
    assert listed == [("بغداد", "ambiguous"), ("دمشق", "not")]


def test_the_page_needs_nothing_from_outside():
    """One file: no script, no image, no address; a policy that forbids them."""
    page, _ = shown(khabar.documents(), [spoilt(d) for d in khabar.documents()])
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|iframe|object)|src=|url\(|@import|https?:", page)


def test_a_slice_says_how_many_documents_it_has_and_why_one_has_no_interval():
    """As the text does; a document that gold has not is called that."""
    gold = [Document(doc_id=name, text="خبر") for name in "ab"]
    strange = {"doc_id": "z", "mentions": [{"type": "GPE", "start": 0, "end": 3}]}
    page, _ = shown(gold, [{"doc_id": "a", "mentions": []}, strange], by=["genre"], invalid="penalise")
    assert "genre: — (2 documents)" in page
    assert "genre: not in gold (1 document: no interval)" in page


def test_invalid_items_are_listed_with_their_place_in_the_predictions():
    """As the text does; where there is none, nothing is said of them."""
    gold = [Document(doc_id="a", text="خبر")]
    page, _ = shown(gold, [{"doc_id": "a", "mentions": [{"type": "X", "start": 0, "end": 3}]}], invalid="penalise")
    assert "<li>predictions:1 (at /mentions/0/type): there is no entities.type \u2068X\u2069</li>" in page
    assert 'class="unsound"' not in shown(gold, gold)[0]


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
const s = getComputedStyle(e); return e.checkVisibility() && (parseFloat(s.borderTopWidth) || parseFloat(s.borderBottomWidth)
|| parseFloat(s.borderLeftWidth)); }).map(e => e.className)"""
"""For a browser: the classes of the marks and sections whose lines are drawn."""


def choose(window, key):
    """Click a choice of the filter as a reader does, on its label."""
    window.click(f"label:has(#show-{key})")


def test_a_class_that_is_chosen_stands_alone(window):
    """Choosing a class hides the marks, list entries and documents of the others; everything comes back."""
    every = window.evaluate(VISIBLE)
    for key in ("entities-missed", "entities-type", "stance-wrong-label", "subsections-kind"):
        choose(window, key)
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
    choose(window, "all")
    assert window.evaluate(VISIBLE) == every


def test_the_filter_is_reached_and_moved_by_keyboard(window):
    """An arrow moves the choice, and the label with the focus is in the window and outlined, no other."""
    window.focus("#show-all")
    window.keyboard.press("ArrowDown")
    assert window.evaluate("document.querySelector('input:checked').id") == "show-entities"
    assert window.evaluate(
        """() => [...document.querySelectorAll('.filter label')].filter(e => { const s = getComputedStyle(e), b = e.getBoundingClientRect();
        return s.outlineStyle === 'solid' && parseFloat(s.outlineWidth) >= 2 && b.top >= 0 && b.bottom <= innerHeight; })
        .map(e => e.firstChild.id)"""
    ) == ["show-entities"]


def test_the_filter_and_the_links_work_without_script(browser, file):
    """With JavaScript disabled a choice still hides documents and rows, and a link still leads to its span."""
    window = opened(browser, file, java_script_enabled=False)
    rows = window.locator(".claims tr:visible").count()
    choose(window, "relations-reversed")
    assert 0 < window.locator(".claims tr:visible").count() < rows
    assert window.locator(".group:visible").count() == 0
    choose(window, "entities-missed")
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
    assert window.evaluate("[...document.querySelectorAll('.line')].every(e => getComputedStyle(e).display === 'grid')")
    pages = window.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pages)) > 3
    window.context.close()


def test_what_is_printed_does_not_hang_on_the_filter(browser, file):
    """On paper everything is there whatever was chosen on the screen."""
    window = opened(browser, file, viewport={"width": 718, "height": 1050})
    window.emulate_media(media="print")
    count = "[...document.querySelectorAll('.shown *')].filter(e => e.checkVisibility()).length"
    every, marks = window.evaluate(count), window.evaluate(VISIBLE)
    window.emulate_media(media="screen")
    choose(window, "relations-reversed")
    assert window.evaluate(count) < every
    window.emulate_media(media="print")
    assert window.evaluate(count) == every
    assert window.evaluate(VISIBLE) == marks
    window.context.close()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_sections_stand_beside_their_paragraphs(window, media):
    """Every paragraph has its own part of each section's line, as high as the paragraph, gold right of it."""
    window.emulate_media(media=media)
    wrong = window.evaluate(
        """() => [...document.querySelectorAll('.line:has(.words)')].flatMap(line => { const p = line.querySelector('.words').getBoundingClientRect();
        return [...line.querySelectorAll('.band')].filter(e => { const b = e.getBoundingClientRect();
          return Math.abs(b.top - line.getBoundingClientRect().top) > 1 || b.bottom < p.bottom - 1
            || (e.classList.contains('gold') ? b.left < p.right - 1 : b.right > p.left + 1); }); }).length"""
    )
    assert wrong == 0
    assert window.evaluate("document.querySelectorAll('.band').length") > 20


def test_under_a_filter_no_label_of_a_side_is_left(browser, file):
    """On a telephone, where sections stand between paragraphs, those of another class leave no word behind."""
    window = opened(browser, file, viewport={"width": 390, "height": 800})
    left = """[...document.querySelectorAll('.side, .band *')].filter(e => e.checkVisibility()).length"""
    assert window.evaluate(left) > 0
    choose(window, "entities-missed")
    assert window.evaluate(left) == 0
    window.context.close()


def test_claims_and_intervals_are_whole_on_a_telephone(browser, file):
    """At 390 pixels every cell of a claim, which side says it, and every interval are in the window without scrolling."""
    window = opened(browser, file, viewport={"width": 390, "height": 800})
    out = window.evaluate(
        """() => [...document.querySelectorAll('.claims td, .claims td *, .scores :is(th, td):nth-child(-n+4)')]
        .filter(e => { const b = e.getBoundingClientRect(); return b.width && (b.left < 0 || b.right > innerWidth + .5 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth); })
        .map(e => e.textContent)"""
    )
    assert out == []
    sides = "[...document.querySelectorAll('.claims td')].map(e => getComputedStyle(e, '::before').content)"
    assert {re.search("gold|predicted", said).group() for said in window.evaluate(sides)} == {"gold", "predicted"}
    window.context.close()


def test_evidence_is_marked_under_its_class(window):
    """The text that proves what a chosen class of relations or stances holds is marked, and no other, while it is chosen."""
    marked = """() => [...document.querySelectorAll('.words i')].filter(e => getComputedStyle(e).backgroundColor !== 'rgba(0, 0, 0, 0)')
        .map(e => e.className)"""
    assert window.evaluate(marked) == []
    for key in ("relations-reversed", "stance-wrong-label"):
        choose(window, key)
        found = window.evaluate(marked)
        assert found
        assert all(f"v-{key}" in name.split() for name in found)
        assert len(found) == window.locator(f".words i.v-{key}").count()


def test_a_sign_stands_before_what_it_is_of(browser, file):
    """In the lists of errors a sign is on the first line of the side that it introduces, also where the list is narrow."""
    for width in (1280, 390):
        window = opened(browser, file, viewport={"width": width, "height": 900})
        apart = window.evaluate(
            """() => [...document.querySelectorAll('.group li .sign')].filter(e => { const a = e.getBoundingClientRect();
            const b = e.nextElementSibling.getClientRects()[0]; return !(a.top < b.bottom && b.top < a.bottom && a.right <= b.left + 1); }).length"""
        )
        assert apart == 0
        assert window.locator(".group li .sign").count() > 20
        window.context.close()


def test_forced_colours_leave_what_is_told(browser, file):
    """Where the reader's system sets the colours, the choice, evidence and the kinds of marks are told by more than colour."""
    window = opened(browser, file, forced_colors="active")
    choose(window, "relations-reversed")
    borders = window.evaluate(
        "[...document.querySelectorAll('.filter label')].map(e => [!!e.querySelector(':checked'), getComputedStyle(e).borderTopColor])"
    )
    (chosen,) = (colour for checked, colour in borders if checked)
    assert chosen not in {colour for checked, colour in borders if not checked}
    assert window.evaluate(
        """() => [...document.querySelectorAll('.words i.v-relations-reversed')].every(e =>
        getComputedStyle(e).backgroundColor !== getComputedStyle(document.body).backgroundColor)"""
    )
    choose(window, "all")
    styles = {
        state: window.evaluate(f"getComputedStyle(document.querySelector('.key .mark.{state}')).border{edge}Style")
        for state, edge in (("correct", "Bottom"), ("missed", "Bottom"), ("spurious", "Top"), ("differs", "Top"))
    }
    assert len(set(styles.values())) == 4
    assert "none" not in styles.values()
    window.context.close()


def nested(depth, *, kind="ORG"):
    """A document whose one paragraph names a thing within a thing, some levels deep, so often that its lines wrap."""
    name = " ".join(["لجنة متابعة مشروع جسر بلدية مدينة كركوك القديمة"] * 2)
    text = " ثم ".join([name] * 4)
    starts = [match.start() for match in re.finditer(r"(?:(?<=ثم )|^)لجنة", text)]
    cuts = [match.end() for match in re.finditer(" ", name)][:depth]
    spans = [(start + cut, start + len(name)) for start in starts for cut in (0, *cuts)]
    mentions = (Mention(*span, text[slice(*span)]) for span in spans)
    entities = tuple(Entity(id=f"e{n}", type=kind, mentions=(mention,)) for n, mention in enumerate(mentions))
    return Document(doc_id="d", text=text, entities=entities)


@pytest.mark.parametrize("width", [1280, 390])
def test_rules_of_nested_mentions_never_meet(browser, tmp_path, width):
    """Names four deep, right and wrong, over lines that wrap: no rule lies on another, of its own line or of the next."""
    gold = nested(3)
    page, _ = shown([gold], [nested(3, kind="GPE")])
    (tmp_path / "page.html").write_text(page, "utf-8")
    window = opened(browser, tmp_path / "page.html", viewport={"width": width, "height": 900})
    number, crowded = window.evaluate(CROWDED_RULES, ".shown .mark")
    assert crowded == []
    assert number >= 2 * len(gold.entities)
    window.context.close()


def test_chips_are_large_enough_to_read(window):
    """No label in the text is set smaller than 11 pixels."""
    sizes = window.evaluate(
        "[...document.querySelectorAll('.chip')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 11


def test_a_page_of_many_documents_draws_those_that_are_seen(browser, tmp_path):
    """Documents outside the window are not laid out before they are needed; a link to one of them leads to its span."""
    gold = [msgspec.structs.replace(nested(3), doc_id=f"d{number}") for number in range(60)]
    page, _ = shown(gold, [msgspec.structs.replace(d, entities=d.entities[1:]) for d in gold], keep=60)
    (tmp_path / "page.html").write_text(page, "utf-8")
    window = opened(browser, tmp_path / "page.html")
    drawn = "[...document.querySelectorAll('.document .words')].filter(e => e.checkVisibility({contentVisibilityAuto: true})).length"
    assert window.evaluate(drawn) < 30
    choose(window, "entities-missed")
    window.evaluate("document.querySelector('#d50 .group a').click()")
    window.wait_for_function("document.querySelector('#d50 .words').checkVisibility({contentVisibilityAuto: true})")
    assert window.evaluate(
        "(b => b.top >= 0 && b.bottom <= innerHeight)(document.querySelector(':target').parentElement.getBoundingClientRect())"
    )
    window.context.close()
