"""Errors in their text: a block each for people, JSON for programs, and how many there are of each class."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from khabar.block import Pair
from khabar.errors import (
    ARGUMENT_TYPE,
    CLASSES,
    CORRECT,
    IGNORED,
    UNGROUNDED,
    WRONG_ARGUMENT,
    Aside,
    Error,
    Shown,
    Side,
    asides,
    by_class,
    classify,
    sides_of,
)
from khabar.grounding import Unlocated
from khabar.model import LAYERS, Edges, Layer
from khabar.problems import Invalid, Problem, isolate, label, line_and_column, quoted
from khabar.report import unsound, why
from khabar.run import Penalised
from khabar.schemas import Inventory, nearest

CONTEXT = 40
"""How many code points of text are shown on either side of a span."""

_MARKS = {"gold": "⟦⟧", "predicted": "‹›"}


class Wanted(NamedTuple):
    """Which errors to show: of these layers, and of this class or all that have it before a colon.

    Without a class, all but the correct and the ignored ones.
    """

    layers: Collection[Layer] = LAYERS
    class_: str | None = None

    def holds(self, error: Error) -> bool:
        """Whether an error is to be shown."""
        if self.class_ is None:
            chosen = error.class_ not in (CORRECT, IGNORED)
        else:
            chosen = self.class_ in (error.class_, error.class_.split(":")[0])
        return chosen and error.layer in self.layers

    @property
    def ungrounded(self) -> bool:
        """Whether quotes without a place and invalid items are to be shown."""
        return self.class_ in (None, UNGROUNDED)

    def holds_aside(self, aside: Aside) -> bool:
        """Whether a quote that no class counts is to be shown: with those that one does."""
        return self.ungrounded and aside.layer in self.layers


def known_class(name: str | None, layers: Collection[Layer] = LAYERS) -> str | None:
    """The name of a class, or of several before their colon. Raises Invalid where the layers have none of it."""
    known = {part for c in CLASSES if c.layer in layers for part in (c.name, c.name.split(":")[0])}
    if name is not None and name not in known:
        raise Invalid(
            [Problem("--class", 1, 1, "label", "", f"there is no class {quoted(name)}", nearest(name, known))]
        )
    return name


def as_text(
    pairs: Iterable[Pair], labels: Inventory, wanted: Wanted, penalised: Sequence[Penalised] = ()
) -> Iterator[str]:
    """A block for each error, and a table of how many there are; in lines.

    In the text the gold span stands in ⟦…⟧, the predicted one in ‹…›, a line's end is ⏎. The head of a block gives line
    and column (1-based, in the text), the class, and the side, where it counts on one alone. Quotes without a place
    are given with the places that they could mean; those of evidence and headings, which no class counts, stand last.
    Behind all documents it is said where in the predictions the invalid items stand (``penalised``).
    """
    counts: Counter[tuple[Layer, Side, str]] = Counter()
    for pair in pairs:
        errors = classify(pair, labels)
        counts.update(_counted(errors))
        for error in filter(wanted.holds, errors):
            yield from _block(pair, error)
            yield ""
        for aside in filter(wanted.holds_aside, asides(pair)):
            yield f"{pair.gold.doc_id}: {aside.layer}: {aside.of} without a place (predicted)"
            yield from _lost(pair.gold.text, aside.quote)
            yield ""
    if penalised and wanted.ungrounded:
        yield "invalid items counted as spurious"
        yield from (f"    {told}" for told in map(unsound, penalised))
        yield ""
    yield f"{'':34}{'gold':>8}{'predicted':>11}"
    for layer in (name for name in LAYERS if name in wanted.layers):
        yield layer
        for name, gold, predicted in by_class(counts, layer):
            yield f"  {name:32}{gold:8}{predicted:11}"


def as_json(
    pairs: Iterable[Pair],
    labels: Inventory,
    wanted: Wanted,
    signature: str = "",
    penalised: Sequence[Penalised] = (),
) -> str:
    """The same for programs: every error with its spans (code points), quotes of evidence and headings that have no
    place, invalid items, the counts by layer, class and side, and the signature of the run."""
    counts: Counter[tuple[Layer, Side, str]] = Counter()
    errors, quotes = [], []
    for pair in pairs:
        found = classify(pair, labels)
        counts.update(_counted(found))
        errors += [_error_json(pair, error) for error in filter(wanted.holds, found)]
        quotes += [_aside_json(pair, aside) for aside in filter(wanted.holds_aside, asides(pair))]
    by_layer = {
        layer: {name: {"gold": gold, "predicted": predicted} for name, gold, predicted in by_class(counts, layer)}
        for layer in LAYERS
        if layer in wanted.layers
    }
    items = [msgspec.to_builtins(one) for one in penalised] if wanted.ungrounded else []
    value = {
        "errors": errors,
        "quotes": quotes,
        "penalised_items": items,
        "counts": by_layer,
        "signature": signature,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _counted(errors: Iterable[Error]) -> Iterator[tuple[Layer, Side, str]]:
    """The class of each error, on either side that it is on."""
    for error in errors:
        for side in sides_of(error.side):
            yield error.layer, side, error.class_


def _block(pair: Pair, error: Error) -> Iterator[str]:
    side = "" if error.side == "both" else f" ({error.side})"
    yield ":".join(map(str, (pair.gold.doc_id, *_place(pair, error)))) + f": {error.layer}: {error.class_}{side}"
    sides = [(name, shown) for name, shown in (("gold", error.gold), ("predicted", error.predicted)) if shown]
    said = [f"{name} {label(shown.label)}" for name, shown in sides]
    if any(shown.names for _, shown in sides):
        for words, (_, shown) in zip(said, sides, strict=True):
            ends = [*map(isolate, shown.names)]
            if error.class_ == ARGUMENT_TYPE:
                ends = [f"{end} ({label(kind)})" for end, kind in zip(ends, shown.types, strict=True)]
            elif error.class_ == WRONG_ARGUMENT and shown.twins:
                twins = [f" (gold's {isolate(twin)})" if twin else "" for twin in shown.twins]
                ends = [end + twin for end, twin in zip(ends, twins, strict=True)]
            yield f"    {words} {' → '.join(ends)}"
    elif lost := [quote for _, shown in sides for quote in shown.lost]:
        for quote in lost:
            yield from _lost(pair.gold.text, quote)
    else:
        yield f"    {', '.join(said)}"
    spans = [(edges, _MARKS[name]) for name, shown in sides for edges in shown.spans]
    if spans:
        yield f"    {isolate(in_context(pair.gold.text, spans))}"


def _lost(text: str, quote: Unlocated) -> Iterator[str]:
    """A quote without a place, in lines: whose it is, why, and where it could stand."""
    said = f"predicted {label(quote.label)}: " if quote.label else ""
    yield f"    {said}{why(quote)}: {isolate(on_one_line(quote.quote))}"
    if quote.places:
        yield f"    {isolate(in_context(text, [(place, _MARKS['predicted']) for place in quote.places]))}"


def _place(pair: Pair, error: Error) -> tuple[int, int] | tuple[()]:
    """The line and column (1-based) where an error's item begins; nothing where it has no place."""
    shown = error.gold if error.side == "gold" else error.predicted
    return line_and_column(pair.gold.text, shown.spans[0][0]) if shown and shown.spans else ()


def in_context(text: str, spans: Sequence[tuple[Edges, str]]) -> str:
    """Spans in their text, each between its two marks, on one line.

    `CONTEXT` code points stand on either side; what lies further from every span, and the middle of a span that is
    longer than four times that, is left out.
    """
    windows: list[tuple[int, int]] = []
    for (start, end), _ in spans:
        edges = [(start, end)] if end - start <= 4 * CONTEXT else [(start, start), (end, end)]
        windows += [(max(0, left - CONTEXT), min(len(text), right + CONTEXT)) for left, right in edges]
    # At one place what ends stands before what begins; the longer of two spans lies outside, or else the first.
    marks = [(end, 0, end - start, -number, mark[1]) for number, ((start, end), mark) in enumerate(spans)]
    marks += [(start, 1, start - end, number, mark[0]) for number, ((start, end), mark) in enumerate(spans)]
    marks.sort()
    pieces = []
    for left, right in _merged(windows):
        at, piece = left, ["" if left == 0 else "…"]
        for place, *_, mark in marks:
            if left <= place <= right:
                piece += [text[at:place], mark]
                at = place
        pieces.append("".join([*piece, text[at:right], "" if right == len(text) else "…"]))
    return on_one_line(" ".join(pieces))


def on_one_line(text: str) -> str:
    """A text with a sign for each end of a line."""
    return text.replace("\n", "⏎")


def _merged(windows: Iterable[Edges]) -> list[Edges]:
    """Windows in order, those that touch as one."""
    merged: list[Edges] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _error_json(pair: Pair, error: Error) -> dict[str, Any]:
    line, column = _place(pair, error) or (None, None)
    return {
        "doc_id": pair.gold.doc_id,
        "line": line,
        "column": column,
        "layer": error.layer,
        "class": error.class_,
        "side": error.side,
        "gold": _shown_json(pair.gold.text, error.gold),
        "predicted": _shown_json(pair.gold.text, error.predicted),
    }


def _shown_json(text: str, shown: Shown | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    said = {"label": shown.label, "names": list(shown.names), "types": list(shown.types)}
    said |= {"stands_for": [*shown.stands_for]} if shown.stands_for else {}
    return said | {"spans": _spans_json(text, shown.spans), "quotes": [_lost_json(text, one) for one in shown.lost]}


def _aside_json(pair: Pair, aside: Aside) -> dict[str, Any]:
    whose = {"doc_id": pair.gold.doc_id, "layer": aside.layer, "of": aside.of, "label": aside.quote.label or None}
    return whose | _lost_json(pair.gold.text, aside.quote)


def _lost_json(text: str, quote: Unlocated) -> dict[str, Any]:
    return {"quote": quote.quote, "reason": quote.reason, "places": _spans_json(text, quote.places)}


def _spans_json(text: str, spans: Iterable[Edges]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in spans]
