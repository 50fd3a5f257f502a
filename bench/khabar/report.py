"""A scorecard as text for people and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from khabar.counts import Counts
from khabar.measures import HEADLINE, MEASURES
from khabar.model import LAYERS
from khabar.passes import Agreement
from khabar.scoring import Row, Scorecard

DASH = "—"
"""What stands where there is nothing to score."""


def as_text(card: Scorecard) -> str:
    """A table for people, in percent; labels are listed under the headline measure of each layer."""
    return "\n".join(_text(card)) + "\n"


def _text(card: Scorecard) -> Iterator[str]:
    silent = f", {card.silent} of them silent in a layer" if card.silent else ""
    yield f"{card.documents} {_plural('document', card.documents)}{silent}; track: {card.track}"
    yield ""
    yield f"{'':34}{'P':>7}{'R':>7}{'F1':>7}{'matched':>10}{'predicted':>11}{'gold':>7}"
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
    overall = _percent(card.overall).strip()
    yield f"overall: {overall}" + ("" if card.overall is not None else " (needs all four layers)" if absent else "")
    if card.skipped:
        yield f"skipped, not of the split: {card.skipped} predicted {_plural('document', card.skipped)}"
    if card.unlocated:
        yield f"quotes not found or ambiguous, counted as spurious: {card.unlocated}"
    if card.penalised:
        yield f"invalid items counted as spurious: {card.penalised}"
    yield from card.notes
    yield ""
    yield card.signature


def _row(row: Row) -> Iterator[str]:
    if row.derived:
        yield f"{row.measure:34}{'':14}{_percent(row.value)}"
    elif row.share is not None:
        better = next(measure.better for measure in MEASURES if measure.name == row.measure)
        yield f"{row.measure:34}{'':14}{_percent(row.value)}   ({better} is better)"
    else:
        yield _counted(row.measure, row.counts)
        if row.measure in HEADLINE:
            for label, counts in row.by_label.items():
                yield _counted(f"  {label}", counts)


def _counted(name: str, counts: Counts) -> str:
    scores = "".join(map(_percent, (counts.precision, counts.recall, counts.f1)))
    return f"{name:34}{scores}{counts.matched_gold:10g}{counts.predicted:11g}{counts.gold:7g}"


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
        "unlocated": card.unlocated,
        "measures": {row.measure: _row_json(row) for row in card.rows},
        "overall": card.overall,
        "notes": list(card.notes),
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _row_json(row: Row) -> dict[str, Any]:
    if row.derived:
        return {"value": row.value}
    if row.share is not None:
        return {"value": row.value, "amount": row.share.amount, "of": row.share.of}
    labels = {label: _counts_json(counts) for label, counts in row.by_label.items() if label}
    return _counts_json(row.counts) | {"by_label": labels}


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


def agreement_text(found: Sequence[Agreement], rules: Mapping[str, int]) -> str:
    """The agreement of two passes as a table, in percent; the labels of the headline measures below each."""
    rows = [f"{'':34}{'F1':>7}{'95 % interval':>20}{'agreed':>9}{'first':>8}{'second':>8}"]
    for row in found:
        if not row.label or row.measure in HEADLINE:
            name = f"  {row.label}" if row.label else row.measure
            low_high = f"{100 * row.interval[0]:.2f} – {100 * row.interval[1]:.2f}" if row.interval else DASH
            counts = f"{row.counts.matched_gold:9g}{row.counts.gold:8g}{row.counts.predicted:8g}"
            rows.append(f"{name:34}{_percent(row.f1)}{low_high:>20}{counts}")
    if rules:
        rows += ["", "differences by the rule that decided them:"]
        rows += [f"  {rule:6}{count:5}" for rule, count in rules.items()]
    return "\n".join(rows) + "\n"


def agreement_json(found: Sequence[Agreement], rules: Mapping[str, int]) -> str:
    """The agreement of two passes as JSON; figures from 0 to 1."""
    rows = [
        {"measure": row.measure, "label": row.label or None, "interval": row.interval, **_counts_json(row.counts)}
        for row in found
    ]
    return json.dumps({"agreement": rows, "by_rule": dict(rules)}, ensure_ascii=False, indent=2) + "\n"
