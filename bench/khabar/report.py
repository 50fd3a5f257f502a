"""A scorecard as text for people and as JSON for programs."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import bidirectional

import msgspec

from khabar.comparison import Comparison
from khabar.counts import GRAIN, Counts
from khabar.errors import by_class
from khabar.grounding import Unlocated
from khabar.measures import BY_NAME, HEADLINE, LAWS, MEASURES, Measure
from khabar.model import LAYERS
from khabar.passes import Agreed
from khabar.problems import isolate, label, quoted, short
from khabar.run import Penalised, Unplaced
from khabar.scoring import Row, Scorecard, Slice
from khabar.uncertainty import Interval

DASH = "—"
"""What stands where there is nothing to score."""


def as_text(card: Scorecard) -> str:
    """A table for people, in percent; labels are listed under the headline measure of each layer."""
    return "\n".join(_text(card)) + "\n"


def _text(card: Scorecard) -> Iterator[str]:
    silent = f", {card.silent} of them silent in a layer" if card.silent else ""
    yield f"{card.documents} {_plural('document', card.documents)}{silent}; track: {card.track}"
    yield ""
    yield f"{'':24}{'P':>7}{'R':>7}{'F1':>7}{'95 % interval':>17}{'match':>7}{'pred.':>6}{'gold':>5}"
    layer = ""
    for row in card.rows:
        if layer and not row.measure.startswith(f"{layer}."):
            yield ""
        layer = row.measure.split(".")[0]
        yield from _row(row)
    absent = [name for name in LAYERS if name not in card.silent_by_layer]
    yield ""
    if absent:
        yield f"not attempted: {', '.join(absent)}"
    overall = f"{_percent(card.overall).strip()}{_between(card.overall_interval)}"
    yield f"overall: {overall}" + ("" if card.overall is not None else " (needs all four layers)" if absent else "")
    yield from _slices(card)
    yield from _errors(card)
    if card.skipped:
        yield f"skipped, not of the split: {card.skipped} predicted {_plural('document', card.skipped)}"
    yield from _unlocated(card)
    yield from _penalised(card)
    yield from card.notes
    yield ""
    yield card.signature


def _row(row: Row) -> Iterator[str]:
    if row.derived or row.share is not None:
        better = BY_NAME[row.measure].better
        less = "" if better == "more" else " (less is better)"
        yield f"{row.measure:38}{_percent(row.value)}{_between(row.interval):>17}{less}".rstrip()
    else:
        yield _counted(row.measure, row.counts, row.counts.f1, row.interval)
        if row.measure in HEADLINE:
            for name, counts in row.by_label.items():
                yield _counted(f"  {label(name)}", counts, counts.f1, row.label_intervals.get(name))
            for facet, tally in row.facets.items():
                for name, counts in tally.items():
                    yield _counted(f"  {facet}: {name}", counts, facet_f1(facet, counts), None)
            means = (("labels", row.macro_labels), ("documents", row.macro_documents))
            for over, mean in means:
                yield f"{f'  mean over {over}':38}{_percent(mean)}"


def facet_f1(facet: str, counts: Counts) -> float | None:
    """The F1 of a part of the items; none by form, which is not asked of the prediction: there is a recall only."""
    return None if facet == "form" else counts.f1


def _counted(name: str, counts: Counts, f1: float | None, interval: Interval | None) -> str:
    scores = "".join(map(_percent, (counts.precision, counts.recall, f1)))
    sums = f" {counts.matched_gold:6.6g} {counts.predicted:5g} {counts.gold:4g}"
    return f"{name:24}{scores}{_between(interval):>17}{sums}"


def _between(interval: Interval | None) -> str:
    return f" [{100 * interval.low:.2f}, {100 * interval.high:.2f}]" if interval else ""


def _slices(card: Scorecard) -> Iterator[str]:
    field = ""
    for part in card.slices:
        if part.field != field:
            field = part.field
            yield ""
            yield f"by {field} (F1, with its interval)"
        yield f"{f'  {part.value}':29} {slice_size(part)}"
        for measure, (score, interval) in part.scores.items():
            yield f"{f'    {measure}':44}{_percent(score)}{_between(interval):>17}".rstrip()
    if card.slices:
        yield ""


def slice_size(part: Slice) -> str:
    """How many documents a slice has; one alone gives no interval."""
    return f"{part.documents} documents" if part.documents > 1 else "1 document: no interval"


_MOST = 10
"""So many quotes without a place, and invalid items, are listed in a text; JSON lists all."""


def why(quote: Unplaced | Unlocated) -> str:
    """Why a quote has no place of its own."""
    return f"ambiguous ({len(quote.places)} places or more)" if quote.reason == "ambiguous" else quote.reason


def _unlocated(card: Scorecard) -> Iterator[str]:
    if not card.unlocated:
        return
    yield f"quotes without a place of their own, counted as spurious: {len(card.unlocated)}"
    for quote in card.unlocated[:_MOST]:
        yield f"  {_where(quote)}: {why(quote)}: {quoted(quote.quote)}"
    yield from _more(card.unlocated)


def _penalised(card: Scorecard) -> Iterator[str]:
    if not card.penalised_items:
        return
    yield f"invalid items counted as spurious: {card.penalised}"
    yield from (f"  {told}" for told in map(unsound, card.penalised_items[:_MOST]))
    yield from _more(card.penalised_items)


def unsound(one: Penalised) -> str:
    """What is not sound in predictions: where it stands, what is wrong, and how many items that costs if several."""
    items = f" ({one.items} items)" if one.items > 1 else ""
    return f"{_where(one)}: {one.message}{items}"


def _where(one: Unplaced | Penalised) -> str:
    at = f" (at {short(one.pointer, 200)})" if one.pointer else ""
    return f"{short(one.path, 200)}:{one.line}{at}"


def _more(listed: Sequence[object]) -> Iterator[str]:
    if len(listed) > _MOST:
        yield f"  … and {len(listed) - _MOST} more; --format json lists all"


def _errors(card: Scorecard) -> Iterator[str]:
    if not card.errors:
        return
    yield ""
    yield f"{'errors (khabar explain shows them)':44}{'gold':>8}{'predicted':>11}"
    for layer in LAYERS:
        for name, gold, predicted in by_class(card.errors, layer):
            yield f"{f'  {layer}: {name}':44}{gold:8}{predicted:11}"
    yield ""


def _percent(score: float | None) -> str:
    return f"{DASH:>7}" if score is None else f"{100 * score:7.2f}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def as_json(card: Scorecard) -> str:
    """The scorecard by schemas/score.schema.json; figures from 0 to 1, null where there is nothing to score."""
    data: dict[str, Any] = {
        "signature": card.signature,
        "track": card.track,
        "documents": card.documents,
        "silent": card.silent,
        "silent_by_layer": dict(card.silent_by_layer),
        "skipped": card.skipped,
        "penalised": card.penalised,
        "penalised_items": [msgspec.to_builtins(one) for one in card.penalised_items],
        "unlocated": len(card.unlocated),
        "unlocated_quotes": [msgspec.to_builtins(quote) for quote in card.unlocated],
        "measures": {row.measure: _row_json(row) for row in card.rows},
        "overall": card.overall,
        "overall_interval": _interval_json(card.overall_interval),
        "slices": [_slice_json(part) for part in card.slices],
        "errors": {
            layer: {name: {"gold": gold, "predicted": predicted} for name, gold, predicted in found}
            for layer in LAYERS
            if (found := list(by_class(card.errors, layer)))
        },
        "notes": list(card.notes),
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _row_json(row: Row) -> dict[str, Any]:
    interval = {"interval": _interval_json(row.interval), "macro_documents": row.macro_documents}
    if row.interval and row.interval.dropped:
        interval["dropped"] = row.interval.dropped
    if row.derived:
        return {"value": row.value} | interval
    if row.share is not None:
        return {"value": row.value, "amount": row.share.amount, "of": row.share.of} | interval
    labels = {
        label: _counts_json(counts) | {"interval": _interval_json(row.label_intervals.get(label))}
        for label, counts in row.by_label.items()
        if label
    }
    facets = {
        f"by_{facet}": {
            label: _counts_json(counts) | {"f1": facet_f1(facet, counts)} for label, counts in tally.items()
        }
        for facet, tally in row.facets.items()
    }
    return _counts_json(row.counts) | interval | {"macro_labels": row.macro_labels, "by_label": labels} | facets


def _slice_json(part: Slice) -> dict[str, Any]:
    scores = {name: _figure_json(*figure) for name, figure in part.scores.items()}
    return {"field": part.field, "value": part.value, "documents": part.documents, "scores": scores}


def _figure_json(score: float | None, interval: Interval | None) -> dict[str, Any]:
    return {"value": score, "interval": _interval_json(interval)}


def _interval_json(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None


def _counts_json(counts: Counts) -> dict[str, Any]:
    return {
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "matched_predicted": counts.matched_predicted,
        "predicted": counts.predicted,
        "matched_gold": counts.matched_gold,
        "gold": counts.gold,
    }


# -- the table of measures -----------------------------------------------------------------------------------


_FOUR = " + ".join(HEADLINE)
_OVERALL = (
    "the headline measures together",
    f"({_FOUR}) / {len(HEADLINE)}, each by its F1",
    f"{DASH} unless all four layers are attempted, and where one of the four is {DASH}",
)
"""What `overall` is, its formula and its edge case."""


def measures_text() -> str:
    """Every measure for a terminal: what matches, how it is computed, what happens at the edges, whose it is."""
    blocks = []
    for measure in MEASURES:
        rows = (
            ("formula", measure.formula),
            ("edge", measure.edge),
            ("source", measure.source),
            ("laws", _laws(measure)),
        )
        lines = [f"  {name:8} {value}" for name, value in rows if value]
        blocks.append("\n".join([measure.name, f"  {measure.about}", *lines]))
    about, formula, edge = _OVERALL
    blocks.append("\n".join(["overall", f"  {about}", f"  {'formula':8} {formula}", f"  {'edge':8} {edge}"]))
    laws = [f"  {name:8} {about}" for name, about in LAWS.items()]
    return "\n\n".join([*blocks, "\n".join(["laws", *laws])]) + "\n"


def measures_markdown() -> str:
    """The tables of docs/measures.md, a layer each, and the laws."""
    parts = []
    for layer in LAYERS:
        rows = [f"## {layer.capitalize()}", "", "| measure | a match is | formula | edge case | source | laws |"]
        rows.append("| --- | --- | --- | --- | --- | --- |")
        for measure in (measure for measure in MEASURES if measure.layer == layer):
            cells = (f"`{measure.name}`", measure.about, measure.formula, measure.edge, measure.source, _laws(measure))
            rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("\n".join(rows))
    head = "| figure | what | formula | edge case |\n| --- | --- | --- | --- |"
    parts.append(f"## Overall\n\n{head}\n| `overall` | {' | '.join(_OVERALL)} |")
    laws = "\n".join(["## Laws", "", *(f"- **{name}**: {about}" for name, about in LAWS.items())])
    return "\n\n".join([*parts, laws]) + "\n"


def _laws(measure: Measure) -> str:
    return ", ".join(name for name in LAWS if name in measure.laws)


# -- comparisons -----------------------------------------------------------------------------------------------


def comparison_json(found: Comparison) -> str:
    """A comparison as JSON; figures and differences from -1 to 1."""
    pairs = [
        {
            "a": pair.a,
            "b": pair.b,
            "measure": pair.measure,
            "difference": pair.difference,
            "p": pair.p,
            "p_holm": pair.p_holm,
            "interval": _interval_json(pair.interval),
        }
        for pair in found.pairs
    ]
    measures = _compared_measures(found)
    systems = {
        name: {"signature": card.signature, "scores": {m: _figure_json(*card.figure(m)) for m in measures}}
        for name, card in found.cards.items()
    }
    value = {
        "pairs": pairs,
        "systems": systems,
        "rounds": found.rounds,
        "exact": found.exact,
        "notes": list(found.notes),
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def comparison_text(found: Comparison) -> str:
    """A comparison as tables for people, in percent: for each measure the systems, then every pair of them."""
    names = {name: _in_line(name) for name in found.cards}
    rows = []
    for measure in _compared_measures(found):
        rows.append(f"{measure:30}{'':11}{'95 % interval':>19}{'p':>9}{'p (Holm)':>10}")
        for name, card in found.cards.items():
            score, interval = card.figure(measure)
            rows.append(f"{_padded(f'  {names[name]}', 30)}{_percent(score):>11}{_between(interval):>19}")
        for pair in (pair for pair in found.pairs if pair.measure == measure):
            cells_ = f"{_signed(pair.difference):>11}{_between(pair.interval):>19}{_chance(pair.p):>9}"
            rows.append(f"{_padded(f'  {names[pair.a]} − {names[pair.b]}', 30)}{cells_}{_chance(pair.p_holm):>10}")
        rows.append("")
    rows += [*found.notes, ""]
    rows += [f"{names[name]}: {card.signature}" for name, card in found.cards.items()]
    return "\n".join(rows) + "\n"


def comparison_markdown(found: Comparison) -> str:
    """A comparison as Markdown tables, in percent."""
    measures = _compared_measures(found)
    names = {name: _markdown(_in_line(name)) for name in found.cards}
    rows = [f"| system | {' | '.join(measures)} |", f"| --- |{' ---: |' * len(measures)}"]
    for name, card in found.cards.items():
        rows.append(f"| {names[name]} | {' | '.join(_shown(card, measure) for measure in measures)} |")
    rows += ["", "| measure | pair | difference | 95 % interval | p | p (Holm) |"]
    rows += ["| --- | --- | ---: | --- | ---: | ---: |"]
    for pair in found.pairs:
        cells_ = (_signed(pair.difference), _between(pair.interval).strip(), _chance(pair.p), _chance(pair.p_holm))
        rows.append(f"| {pair.measure} | {names[pair.a]} − {names[pair.b]} | {' | '.join(cells_)} |")
    rows += ["", *(f"{note}  " for note in found.notes)]
    rows += [f"{names[name]}: `{card.signature}`  " for name, card in found.cards.items()]
    return "\n".join(rows) + "\n"


def comparison_latex(found: Comparison) -> str:
    """The systems as a LaTeX tabular (booktabs), in percent; † marks what the best system is not surely better than."""
    measures = _compared_measures(found)
    best = {measure: _best(found, measure) for measure in measures}
    close = {
        (pair.measure, name)
        for pair in found.pairs
        for name, other in ((pair.a, pair.b), (pair.b, pair.a))
        if other in best[pair.measure] and (pair.p_holm is None or pair.p_holm >= 0.05)
    }

    def cell(name: str, measure: str) -> str:
        shown = _percent(found.cards[name].figure(measure)[0]).strip()
        return f"\\textbf{{{shown}}}" if name in best[measure] else shown + "$^\\dagger$" * ((measure, name) in close)

    rows = [f"\\begin{{tabular}}{{l{'r' * len(measures)}}}", "\\toprule"]
    rows += [" & ".join(["system", *map(_tex, measures)]) + " \\\\", "\\midrule"]
    for name in found.cards:
        rows.append(" & ".join([_tex(_one_line(name)), *(cell(name, measure) for measure in measures)]) + " \\\\")
    rows += ["\\bottomrule", "\\end{tabular}"]
    rows += ["% $^\\dagger$: not significantly worse than the best (paired randomisation, Holm, 0.05)."]
    if any(map(_is_leftward, found.cards)):
        rows += [
            "% \\foreignlanguage{arabic}: \\usepackage[bidi=basic]{babel} \\babelprovide[import]{arabic}, by LuaLaTeX."
        ]
    signatures = (f"{_one_line(name)}: {card.signature}" for name, card in found.cards.items())
    rows += [f"% {line}" for line in (*found.notes, *signatures)]
    return "\n".join(rows) + "\n"


def _compared_measures(found: Comparison) -> list[str]:
    return list(dict.fromkeys(pair.measure for pair in found.pairs))


def _shown(card: Scorecard, measure: str) -> str:
    score, interval = card.figure(measure)
    return _percent(score).strip() + _between(interval)


def _best(found: Comparison, measure: str) -> frozenset[str]:
    """The systems with the best figure."""
    less = any(row.name == measure and row.better == "less" for row in MEASURES)
    scores = {name: score for name, card in found.cards.items() if (score := card.figure(measure)[0]) is not None}
    best = (min if less else max)(scores.values(), default=None)
    return frozenset(name for name, score in scores.items() if best is not None and abs(score - best) <= GRAIN)


def _one_line(name: str) -> str:
    """A name without line ends, control characters and marks of direction: spaces stand for them."""
    return "".join(character if character.isprintable() else " " for character in name)


def _is_leftward(text: str) -> bool:
    """Whether a text has letters that run from right to left."""
    return any(bidirectional(character) in ("R", "AL") for character in text)


def _in_line(name: str) -> str:
    """A name for a line of others: one that runs from right to left is set apart, so that it moves nothing."""
    plain = _one_line(name)
    return isolate(plain) if _is_leftward(plain) else plain


def _padded(text: str, width: int) -> str:
    """A text filled up with spaces; the marks that set names apart take no room."""
    return text + " " * (width - len(re.sub("[\u2068\u2069]", "", text)))


def _markdown(text: str) -> str:
    """Plain text for a cell of a Markdown table."""
    return re.sub(r"([\\`*_~|<>\[\]&$#])", r"\\\1", text)


def _tex(text: str) -> str:
    """Plain text for a cell of a LaTeX table."""
    escaped = "".join(_TEX.get(character, character) for character in text)
    return f"\\foreignlanguage{{arabic}}{{{escaped}}}" if _is_leftward(text) else escaped


_TEX = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "|": "\\textbar{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    # At the start of a row these would be taken for options of the line's end before it.
    "[": "{[}",
    "*": "{*}",
}
"""What means something to LaTeX, and how it is written instead."""


def _signed(difference: float | None) -> str:
    return DASH if difference is None else f"{100 * difference:+.2f}"


def _chance(p: float | None) -> str:
    return DASH if p is None else f"{p:.4f}"


# -- agreement -------------------------------------------------------------------------------------------------


def agreement_text(found: Agreed, rules: Mapping[str, int]) -> str:
    """The agreement of two passes as a table, in percent; the labels of the headline measures below each."""
    rows = [f"{'':30}{'F1':>7}{'95 % interval':>18}{'agreed':>8}{'first':>8}{'second':>8}"]
    for row in found.rows:
        if not row.label or row.measure in HEADLINE:
            name = f"  {row.label}" if row.label else row.measure
            low_high = f"{100 * row.interval.low:.2f} – {100 * row.interval.high:.2f}" if row.interval else DASH
            counts = f"{row.counts.matched_gold:8g}{row.counts.gold:8g}{row.counts.predicted:8g}"
            rows.append(f"{name:30}{_percent(row.f1)}{low_high:>18}{counts}")
    if rules:
        rows += ["", "differences by the rule that decided them:"]
        rows += [f"  {rule:6}{count:5}" for rule, count in rules.items()]
    rows += ["", found.signature]
    return "\n".join(rows) + "\n"


def agreement_json(found: Agreed, rules: Mapping[str, int]) -> str:
    """The agreement of two passes as JSON; figures from 0 to 1."""
    rows = [
        {
            "measure": row.measure,
            "label": row.label or None,
            "interval": _interval_json(row.interval),
            **_counts_json(row.counts),
        }
        for row in found.rows
    ]
    value = {"signature": found.signature, "agreement": rows, "by_rule": dict(rules)}
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
