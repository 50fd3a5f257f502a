"""The report of a run as a page for a browser: scores, errors by class, and each document with what went wrong in it.

One file that needs nothing from outside and no script: what is shown is chosen by CSS alone. Gold is drawn below the
words and in the right margin, the prediction above them and in the left one. ``page.html`` is the template.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from khabar.block import Pair
from khabar.counts import Counts
from khabar.errors import (
    ARGUMENT_TYPE,
    CLASSES,
    CORRECT,
    IGNORED,
    WRONG_ARGUMENT,
    Error,
    Shown,
    Side,
    asides,
    by_class,
    classify,
    sides_of,
)
from khabar.grounding import Unlocated
from khabar.measures import BY_NAME, HEADLINE
from khabar.model import LABEL, LAYERS, Document, Edges, Layer
from khabar.report import facet_f1, slice_size, unsound, why
from khabar.schemas import ENUMS, Inventory
from khabar.scoring import Row, Scorecard
from khabar.uncertainty import Interval
from khabar.view import Piece, about, by_line, notice, room, shown_lines, touched, tracks

if TYPE_CHECKING:
    from jinja2 import Template

State = Literal["correct", "ignored", "missed", "spurious", "differs"]
"""How an item is drawn: as its class stands to the two sides."""

_MOST_UNSOUND = 500
"""So many invalid items are listed at most."""

_SIGNS: Mapping[State, str] = {"correct": "", "ignored": "○", "missed": "−", "spurious": "+", "differs": "≠"}


class Score(NamedTuple):
    """A row of a table of scores; ``counts`` is None where the score is not made of one precision and one recall."""

    name: str
    score: float | None
    interval: Interval | None = None
    counts: Counts | None = None
    arabic: str = ""
    about: str = ""
    note: str = ""


class Class(NamedTuple):
    """A class of errors: how many items of each side are in it, and which share of the side's items they are."""

    name: str
    about: str
    gold: int
    predicted: int
    gold_share: float | None
    predicted_share: float | None


class Statement(NamedTuple):
    """What one side says: a label, the words of its span or what its two ends are called, its evidence, its place.

    ``remarks`` tell of each end what the error is about: its type, or the gold entity that it stands for; ``lost`` is a
    quote without a place.
    """

    label: str
    words: str
    names: tuple[str, ...]
    evidence: tuple[str, ...]
    place: str
    remarks: tuple[str, ...] = ()
    lost: "LostQuote | None" = None


class LostQuote(NamedTuple):
    """A quote without a place: its words, whose label, why, and where in the page the places are that it could mean."""

    quote: str
    label: str
    why: str
    places: tuple[str, ...]


class Item(NamedTuple):
    """An error, or what is right, as the page lists it; ``keys`` are the choices of the filter that show it."""

    error: Error
    state: State
    keys: tuple[str, ...]
    gold: Statement | None
    predicted: Statement | None


class Part(NamedTuple):
    """What of a section lies in one paragraph, and whether the section begins and ends there."""

    said: Statement
    item: Item
    begins: bool
    ends: bool


class Paragraph(NamedTuple):
    """A line of the text as HTML, the room it needs, and the sections of each side that it belongs to."""

    html: str
    room: str
    bands: tuple[tuple[Side, list[Part]], ...]
    edge: bool


class Report(NamedTuple):
    """One document of the page."""

    place: str
    document: Document
    about: str
    notice: str
    paragraphs: tuple[Paragraph, ...]
    items: tuple[Item, ...]
    asides: Mapping[Layer, list[LostQuote]]

    @property
    def keys(self) -> tuple[str, ...]:
        """The choices of the filter that show anything of the document."""
        return tuple(dict.fromkeys(key for item in self.items for key in item.keys))

    def wrong(self, layer: Layer) -> int:
        """How many errors of a layer there are."""
        return sum(_is_error(item.error) for item in self.items if item.error.layer == layer)

    def listed(self, layer: Layer) -> Iterator[tuple[str, list[Item]]]:
        """The errors of a layer by class, in the order of the table of classes."""
        order = [class_.name for class_ in CLASSES if class_.layer == layer]
        chosen = (item for item in self.items if item.error.layer == layer and _is_error(item.error))
        for name, items in groupby(sorted(chosen, key=lambda i: order.index(i.error.class_)), lambda i: i.error.class_):
            yield name, list(items)

    def claims(self, layer: Layer) -> list[Item]:
        """What either side says in a layer, right or wrong."""
        return [item for item in self.items if item.error.layer == layer]


def report_page(card: Scorecard, pairs: Iterable[Pair], labels: Inventory, name: str = "") -> Iterator[str]:
    """A scorecard and some of its documents as a self-contained HTML page, in pieces.

    ``pairs`` are the documents to show, ``labels`` the inventory that they were scored by, ``name`` what the
    predictions are called.
    """
    measured = {row.measure for row in card.rows}
    layers = [layer for layer, headline in zip(LAYERS, HEADLINE, strict=True) if headline in measured]
    reports = [_report(f"d{number}", pair, labels, layers) for number, pair in enumerate(pairs, 1)]
    numbers = Counter(key for report in reports for item in report.items for key in item.keys)
    return _template().generate(
        card=card,
        name=name,
        headline=list(_headline(card)),
        measures=list(_measures(card)),
        by_label=[(row.measure, list(_labels(row, labels))) for row in card.rows if row.measure in HEADLINE],
        slices=[(s, slice_size(s), [Score(m, *figure) for m, figure in s.scores.items()]) for s in card.slices],
        classes=[(layer, found) for layer in LAYERS if (found := list(_classes(card, layer)))],
        unsound=[unsound(one) for one in card.penalised_items[:_MOST_UNSOUND]],
        reports=reports,
        layers=layers,
        choices=[(layer, list(_choices(layer, numbers))) for layer in layers],
    )


@cache
def _template() -> "Template":
    """The template, with every value escaped that does not say it is HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("khabar", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "sign": _SIGNS.__getitem__}
    return environment.get_template("page.html")


def _percent(score: float | None) -> str:
    return "—" if score is None else f"{100 * score:.2f}"


# -- tables ----------------------------------------------------------------------------------------------------


def _headline(card: Scorecard) -> Iterator[Score]:
    rows = {row.measure: row for row in card.rows}
    note = "" if rows.keys() >= set(HEADLINE) else "needs all four layers"
    yield Score("overall", *card.figure("overall"), about="the mean F1 of the four layers", note=note)
    for name in HEADLINE:
        yield _figure(rows[name]) if name in rows else Score(name, None, note="not attempted")


def _measures(card: Scorecard) -> Iterator[tuple[str, list[Score]]]:
    for group, rows in groupby(card.rows, lambda row: row.measure.split(".")[0]):
        yield group, list(map(_figure, rows))


def _figure(row: Row) -> Score:
    measure = BY_NAME[row.measure]
    counts = None if row.derived or row.share is not None else row.counts
    note = "less is better" if measure.better == "less" else ""
    return Score(row.measure, row.score, row.interval, counts, about=measure.about, note=note)


def _labels(row: Row, labels: Inventory) -> Iterator[Score]:
    layer = BY_NAME[row.measure].layer
    known = {label.label: label for label in getattr(labels, ENUMS[f"{layer}.{LABEL[layer]}"])}
    forms = {label.label: label for label in labels.mention_forms}
    for label, counts in row.by_label.items():
        arabic, meaning = (known[label].name.ar, known[label].definition.en) if label in known else ("", "")
        yield Score(label, counts.f1, row.label_intervals.get(label), counts, arabic, meaning)
    for facet, tally in row.facets.items():
        for label, counts in tally.items():
            arabic = forms[label].name.ar if label in forms else ""
            yield Score(f"{facet}: {label}", facet_f1(facet, counts), None, counts, arabic)
    yield Score("mean over labels", row.macro_labels, about="of those that occur in gold")
    yield Score("mean over documents", row.macro_documents)


def _classes(card: Scorecard, layer: Layer) -> Iterator[Class]:
    meanings = {class_.name: class_.about.replace("`", "") for class_ in CLASSES if class_.layer == layer}
    found = list(by_class(card.errors, layer))
    all_gold, all_predicted = sum(gold for _, gold, _ in found), sum(predicted for _, _, predicted in found)
    for name, gold, predicted in found:
        shares = (gold / all_gold if all_gold else None, predicted / all_predicted if all_predicted else None)
        yield Class(name, meanings[name], gold, predicted, *shares)


def _choices(layer: Layer, numbers: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    """What the filter offers of a layer: the key, what it is called, and how many items it shows."""
    names = [(_key(layer), "all errors"), *((_key(layer, c.name), c.name) for c in CLASSES if c.layer == layer)]
    for key, name in names:
        if numbers[key]:
            yield key, name, numbers[key]


# -- a document ------------------------------------------------------------------------------------------------


def _key(layer: str, class_: str = "") -> str:
    return re.sub(r"\W+", "-", f"{layer} {class_}".strip())


def _is_error(error: Error) -> bool:
    return error.class_ not in (CORRECT, IGNORED)


def _state(error: Error) -> State:
    if error.class_ == CORRECT:
        return "correct"
    if error.class_ == IGNORED:
        return "ignored"
    return {"both": "differs", "gold": "missed", "predicted": "spurious"}[error.side]  # type: ignore[return-value]


def _report(place: str, pair: Pair, labels: Inventory, layers: Sequence[Layer]) -> Report:
    document = pair.gold
    text, whole = document.text, (0, len(document.text))
    errors = [error for error in classify(pair, labels) if error.layer in layers]
    plain = by_line(text, ())
    rows = [number for number, _ in shown_lines(whole, text, plain)]
    places = dict(_places(place, text, errors))

    def paragraphs_of(edges: Edges) -> Edges:
        lines = touched(plain.starts, *edges)
        first = min(bisect_left(rows, lines[0]), len(rows) - 1)
        return first, max(first, bisect_right(rows, lines[-1]) - 1)

    def line(edges: Edges) -> str:
        return f"{place}-l{paragraphs_of(edges)[0]}" if rows else ""

    def lost(quote: Unlocated) -> LostQuote:
        return LostQuote(quote.quote, quote.label, why(quote), tuple(dict.fromkeys(map(line, quote.places))))

    def said(error: Error, side: Side, shown: Shown | None) -> Statement | None:
        if shown is None:
            return None
        where = places.get((error.layer, side, shown.spans, shown.label), "")
        if not where and (proofs := shown.evidence or shown.spans):
            where = line(proofs[0])
        words = "" if shown.names else " … ".join(_words(text, edges) for edges in shown.spans)
        evidence = tuple(_words(text, edges, 400) for edges in shown.evidence)
        remarks = {ARGUMENT_TYPE: shown.types, WRONG_ARGUMENT: shown.twins}.get(error.class_, ())
        return Statement(shown.label, words, shown.names, evidence, where, remarks, next(map(lost, shown.lost), None))

    items = tuple(
        Item(e, _state(e), _keys(e), said(e, "gold", e.gold), said(e, "predicted", e.predicted)) for e in errors
    )
    bands = {side: _bands(side, items, paragraphs_of) for side in sides_of("both")}
    lines = by_line(text, _pieces(text, items), _proofs(items))
    paragraphs = []
    for row, (number, html) in enumerate(shown_lines(whole, text, lines)):
        here = tuple((side, parts[row]) for side, parts in bands.items() if row in parts)
        edge = row > 0 and any(part.begins for _, parts in here for part in parts)
        paragraphs.append(Paragraph(html, room(lines.pieces[number]), here, edge))
    aside: dict[Layer, list[LostQuote]] = {}
    for layer, _, quote in asides(pair):
        aside.setdefault(layer, []).append(lost(quote))
    return Report(place, document, about(document), notice(document), tuple(paragraphs), items, aside)


def _keys(error: Error) -> tuple[str, ...]:
    own = _key(error.layer, error.class_)
    return (_key(error.layer), own) if _is_error(error) else (own,)


def _words(text: str, edges: Edges, most: int = 80) -> str:
    """A span on one line, without the middle where it is long."""
    words = " ".join(text[slice(*edges)].split())
    if len(words) <= most:
        return words
    return f"{words[: most // 2].rsplit(' ', 1)[0]} … {words[-most // 2 :].split(' ', 1)[-1]}"


def _places(
    place: str, text: str, errors: Iterable[Error]
) -> Iterator[tuple[tuple[Layer, Side, tuple[Edges, ...], str], str]]:
    """Where in the page each counted mention and section is shown; those of white space alone are not."""
    for number, error in enumerate(errors):
        for side in sides_of(error.side):
            shown = error.gold if side == "gold" else error.predicted
            if shown and shown.spans and not shown.names and text[slice(*shown.spans[0])].strip():
                yield (error.layer, side, shown.spans, shown.label), f"{place}-{side[0]}{number}"


def _counted(items: Iterable[Item], layer: Layer, side: Side) -> Iterator[tuple[Item, Shown, Statement]]:
    """The items of a layer that count on a side and have their place in the page."""
    for item in items:
        shown, said = (item.error.gold, item.gold) if side == "gold" else (item.error.predicted, item.predicted)
        if item.error.layer == layer and side in sides_of(item.error.side) and shown and said and said.words:
            yield item, shown, said


def _pieces(text: str, items: Iterable[Item]) -> Iterator[Piece]:
    """The mentions of both sides, each with its rules on tracks of its own."""
    marks = list(_marks(text, items))
    under, over = (_tracks(marks, side) for side in sides_of("both"))
    for at, mark in enumerate(marks):
        yield _piece(mark, under.get(at, 0), over.get(at, 0))


def _tracks(marks: Sequence["Mark"], side: Side) -> Mapping[int, int]:
    """The tracks of the marks of a side, by their positions."""
    rows = [at for at, mark in enumerate(marks) if side in mark.sides]
    return dict(zip(rows, tracks([marks[at].edges for at in rows]), strict=True))


class Mark(NamedTuple):
    """A mention in the text: its item, the sides that have it, its edges, its anchors as HTML, what its chip says."""

    item: Item
    sides: tuple[Side, ...]
    edges: Edges
    anchors: str
    chip: str


def _marks(text: str, items: Iterable[Item]) -> Iterator[Mark]:
    """The mentions of both sides; one mark for a pair on the same span."""
    for item in items:
        found = [
            (side, shown, said) for side in sides_of("both") for _, shown, said in _counted([item], "entities", side)
        ]
        if len({shown.spans for _, shown, _ in found}) < len(found):
            names = dict.fromkeys(shown.label for _, shown, _ in found)
            anchors = "".join(f'<a id="{said.place}"></a>' for _, _, said in found)
            edges = _visible(text, found[0][1].spans[0])
            yield Mark(item, sides_of("both"), edges, anchors, _SIGNS["differs"].join(names))
            continue
        for side, shown, said in found:
            sign = "" if side == "gold" and item.state == "differs" else _SIGNS[item.state]
            edges = _visible(text, shown.spans[0])
            yield Mark(item, (side,), edges, f'<a id="{said.place}"></a>', sign + shown.label)


def _visible(text: str, edges: Edges) -> Edges:
    """A span without the blank lines at its ends, which are not shown."""
    start, end = edges
    before, after = re.match(r"\s*\n", text[start:end]), re.search(r"\n\s*$", text[start:end])
    return start + (before.end() if before else 0), start + after.start() if after else end


def _piece(mark: Mark, under: int, over: int) -> Piece:
    item = mark.item
    both = (("gold", item.gold), ("predicted", item.predicted))
    said = ", ".join(f"{side} {one.label}" for side, one in both if one)
    classes, title = " ".join(("mark", *mark.sides, item.state, *item.keys)), escape(f"{item.error.class_}: {said}")
    tag = f'<span class="{classes}" title="{title}" style="--under:{under};--over:{over}">'
    chip = f'<b class="chip" lang="en">{escape(mark.chip)}</b>'
    return Piece(*mark.edges, tag, mark.anchors, chip, under, over)


def _proofs(items: Iterable[Item]) -> Iterator[tuple[int, int, str]]:
    """The evidence of either side, under each choice of the filter that shows what it proves."""
    for item in items:
        for shown in filter(None, (item.error.gold, item.error.predicted)):
            for edges in shown.evidence:
                yield from ((*edges, key) for key in item.keys)


def _bands(side: Side, items: Iterable[Item], paragraphs_of: Callable[[Edges], Edges]) -> Mapping[int, list[Part]]:
    """The sections of a side by the paragraphs that they touch, in order."""
    found: dict[int, list[Part]] = {}
    for item, shown, said in sorted(_counted(items, "subsections", side), key=lambda one: one[1].spans):
        first, last = paragraphs_of(shown.spans[0])
        for row in range(first, last + 1):
            found.setdefault(row, []).append(Part(said, item, row == first, row == last))
    return found
