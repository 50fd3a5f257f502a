"""Run a peer on a converted set (convert.py), with nothing but the peer and the standard library.

    python benchmarks/peers.py nervaluate|seqeval|segeval FOLDER

prints the peer's figures as JSON. seqscore is not here: it has a command of its own.
"""

import json
import sys
from pathlib import Path
from typing import Any


def read(folder: Path, form: str) -> tuple[Any, Any]:
    """Gold and predictions in a form."""
    gold, predicted = ((folder / f"{side}.{form}").read_text("utf-8") for side in ("gold", "predictions"))
    if form == "tags":
        return tuple([line.split() for line in side.splitlines()] for side in (gold, predicted))  # type: ignore[return-value]
    return json.loads(gold), json.loads(predicted)


def nervaluate(folder: Path) -> dict[str, float]:
    """Strict, exact, partial and type F1 of the names, nested ones too."""
    from nervaluate import Evaluator

    gold, predicted = read(folder, "spans.json")
    tags = sorted({span["label"] for side in (gold, predicted) for document in side for span in document})
    found = Evaluator(gold, predicted, tags=tags, loader="dict").evaluate()
    return {name: result.f1 for name, result in found["overall"].items()}


def seqeval(folder: Path) -> dict[str, float]:
    """Strict precision, recall and F1 of the outermost names."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold, predicted = read(folder, "tags")
    report = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    return {name: float(report["micro avg"][name]) for name in ("precision", "recall", "f1-score")}


def segeval(folder: Path) -> dict[str, float]:
    """Boundary similarity, Pk and WindowDiff: means over the documents."""
    import segeval as peer

    gold, predicted = read(folder, "masses.json")
    measures = {"boundary_similarity": peer.boundary_similarity, "pk": peer.pk, "window_diff": peer.window_diff}
    return {
        name: float(sum(measure(guess, answer) for guess, answer in zip(predicted, gold, strict=True)) / len(gold))
        for name, measure in measures.items()
    }


PEERS = {"nervaluate": nervaluate, "seqeval": seqeval, "segeval": segeval}

if __name__ == "__main__":
    print(json.dumps(PEERS[sys.argv[1]](Path(sys.argv[2]))))
