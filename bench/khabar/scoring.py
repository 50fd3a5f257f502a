"""From two sets of documents to a scorecard."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from khabar.align import Pair
from khabar.corpus import DocumentSet, checksum, open_set
from khabar.counts import Counts, Share, Tally, add, total
from khabar.formats import PredictionFile, Record, Track, read_prediction, salvage
from khabar.grounding import Fault, Prediction, Void, ground, voids
from khabar.measures import HEADLINE, MEASURES, Measure
from khabar.model import LAYERS, Document, Layer
from khabar.problems import Invalid, Problem, decode, in_json
from khabar.quotes import TIERS, Tier
from khabar.schemas import Inventory, inventory

Mode = Literal["error", "penalise"]


class Row(Struct, frozen=True):
    """One measure's result: counts by label, or a share, or a value made of another row's counts."""

    measure: str
    by_label: Tally = {}
    share: Share | None = None
    derived: bool = False
    value: float | None = None

    @property
    def counts(self) -> Counts:
        """The counts of all labels together (micro)."""
        return total(self.by_label)

    @property
    def score(self) -> float | None:
        """The figure of the row: F1 for counts, else the value; None where there is nothing to score."""
        return self.value if self.derived or self.share is not None else self.counts.f1


class Scorecard(Struct, frozen=True, kw_only=True):
    """The result of a run: a row for each measure that it attempts, and the line that says what made it.

    ``silent`` counts documents that lack a layer that the run attempts (``silent_by_layer`` each layer for itself),
    ``skipped`` predicted documents outside the chosen split, ``penalised`` invalid items that were scored as
    spurious, ``unlocated`` quotes that were not found or are ambiguous.
    """

    rows: tuple[Row, ...]
    signature: str
    track: Track
    documents: int
    silent: int
    silent_by_layer: Mapping[str, int]
    skipped: int
    penalised: int
    unlocated: int
    notes: tuple[str, ...] = ()

    def __getitem__(self, measure: str) -> Row:
        """The row of a measure, such as ``"entities.strict"``. Raises KeyError where the run does not attempt it."""
        for row in self.rows:
            if row.measure == measure:
                return row
        raise KeyError(measure)

    @property
    def overall(self) -> float | None:
        """The mean F1 of the four headline measures; None unless all four are attempted and can be scored."""
        scores = [row.score for row in self.rows if row.measure in HEADLINE]
        known = [score for score in scores if score is not None]
        return sum(known) / len(HEADLINE) if len(known) == len(HEADLINE) else None


Gold = str | Path | DocumentSet | Iterable[Document] | None
Predicted = str | Path | Iterable[Document | Mapping[str, Any]]


def score(
    gold: Gold,
    predicted: Predicted,
    *,
    split: str | None = None,
    layers: Sequence[Layer] | None = None,
    invalid: Mode = "error",
    grounding: Tier = "exact",
    labels: Inventory | None = None,
) -> Scorecard:
    """Score predictions against gold.

    ``gold``: a set's place (folder or JSON Lines file), None for khabar's own, or documents. ``predicted``: a place
    (JSON Lines, also .gz; a folder; ``-`` for standard input), documents, or mappings shaped as predictions.
    ``split`` and ``layers`` choose what is scored. ``grounding`` is the loosest tier that may find a quote
    (`khabar.quotes`); one that none finds, or that is ambiguous, costs precision. ``labels`` is the inventory where
    gold is given as documents.

    Raises Invalid, listing everything, where a prediction is not sound; with ``invalid="penalise"`` items that
    are not sound count as spurious instead, and only a source that cannot be read at all is refused.
    """
    chosen = _as_set(gold, labels)
    with PredictionFile(predicted) as predictions:
        run = _Run(chosen, predictions, split, invalid, grounding)
        run.go()
        return run.scorecard(layers or LAYERS)


class _Given(Struct, frozen=True):
    """Gold documents given as values."""

    items: tuple[Document, ...]
    inventory: Inventory
    version: str = "documents"

    def documents(self) -> Iterator[Document]:
        return iter(self.items)


def _as_set(gold: Gold, labels: Inventory | None) -> DocumentSet | _Given:
    if gold is None or isinstance(gold, str | Path):
        found = open_set(gold)
        return DocumentSet(found.place, labels) if labels else found
    return gold if isinstance(gold, DocumentSet) else _Given(tuple(gold), labels or inventory())


class _Run:
    """One pass over gold with its predictions; sums of counts, and what was found wrong."""

    def __init__(
        self,
        gold: DocumentSet | _Given,
        predictions: PredictionFile,
        split: str | None,
        invalid: Mode,
        grounding: Tier,
    ) -> None:
        self.gold = gold
        self.labels = gold.inventory
        self.predictions = predictions
        self.split = split
        self.invalid = invalid
        self.grounding: Tier = grounding
        self.tiers: Counter[Tier] = Counter()
        self.problems: list[Problem] = []
        self.tallies: dict[str, Tally] = {m.name: {} for m in MEASURES if m.counts}
        self.shares: dict[str, Share] = {m.name: Share() for m in MEASURES if m.share}
        self.has: set[str] = set()
        self.spoken: dict[str, int] = dict.fromkeys(LAYERS, 0)
        self.layers_of: list[frozenset[str]] = []
        self.digests: list[bytes] = []
        self.guidelines: set[str] = set()
        self.skipped = self.penalised = self.unlocated = self.unread = 0
        self.quoted = False

    def go(self) -> None:
        mixed = self._check_tracks()
        waiting: dict[str, list[Record]] = {}
        for record in self.predictions.records:
            waiting.setdefault(record.doc_id or "", []).append(record)
        seen: set[str] = set()
        for document in self.gold.documents():
            if document.doc_id in seen:
                message = f"the document {document.doc_id} stands twice in gold"
                raise Invalid([Problem(self.gold.version, 1, 1, "id", "", message, "Keep one of the two.")])
            seen.add(document.doc_id)
            records = waiting.pop(document.doc_id, [])
            if self.split is not None and not (document.metadata and document.metadata.split == self.split):
                self.skipped += len(records)
            else:
                self._document(document, records, mixed)
        for record in waiting.pop("", []):
            self._unreadable(record)
        for records in waiting.values():
            for record in records:
                self._unknown(record)
        if self.problems:
            raise Invalid(self.problems)
        if not self.layers_of:
            where = f"the split {self.split}" if self.split else "the set"
            message = f"{where} has no documents"
            raise Invalid([Problem(self.gold.version, 1, 1, "file", "", message, "Choose another split or set.")])

    def _check_tracks(self) -> bool:
        """Whether tracks are mixed; an error, unless invalid documents are to be penalised."""
        tracks = self.predictions.tracks
        if len(tracks) < 2:
            return False
        first = next(record.given for record in self.predictions.records if record.given)
        for record in self.predictions.records:
            if record.given and record.given != first:
                message = f"this document is of the track {record.given}, the first one of {first}: a run has one"
                fix = "Give gold's entities (and pairs) for every document or for none."
                self._problem(Problem(record.path, record.line, 1, "track", "", message, fix))
        return True

    @property
    def track(self) -> Track:
        tracks = self.predictions.tracks
        return next(iter(tracks)) if len(tracks) == 1 else "end-to-end"

    def _problem(self, *problems: Problem) -> None:
        if self.invalid == "error":
            self.problems.extend(problems)

    def _document(self, gold: Document, records: Sequence[Record], mixed: bool) -> None:
        predicted = Document(doc_id=gold.doc_id, text=gold.text)
        lost: list[Void] = []
        has: frozenset[str] = frozenset()
        for position, record in enumerate(records):
            prediction, broken = self._read(record)
            lost.extend(broken)
            self.penalised += len(broken)
            if prediction is None:
                continue
            if position:
                message = f"the document {gold.doc_id} is predicted a second time"
                fix = f"Keep one; the first is on line {records[0].line}."
                self._problem(Problem(record.path, record.line, 1, "id", "/doc_id", message, fix))
                self._lose(lost, voids(prediction))
                continue
            if mixed and prediction.entities == "gold":
                prediction = msgspec.structs.replace(prediction, entities=msgspec.UNSET, stance_pairs=msgspec.UNSET)
            grounded = ground(prediction, gold, self.labels, self.grounding)
            self._faults(record, grounded.faults)
            lost.extend(grounded.unlocated)
            self.unlocated += len(grounded.unlocated)
            self.tiers.update(grounded.tiers)
            self._lose(lost, grounded.rejected)
            self._lose(lost, (void for fault in grounded.faults for void in fault.voids))
            predicted, has = grounded.document, grounded.has
            self.quoted |= grounded.quoted
        if not self.problems:
            self._count(Pair(gold, predicted, lost))
        self.has |= has
        self.layers_of.append(has)
        layers = (gold.entities, gold.relations, gold.stance, gold.subsections)
        content = msgspec.json.encode((gold.doc_id, gold.text_sha256 or checksum(gold.text), *layers))
        self.digests.append(sha256(content).digest())
        self.guidelines.add(gold.guidelines or "-")

    def _lose(self, lost: list[Void], more: Iterable[Void]) -> None:
        before = len(lost)
        lost.extend(more)
        self.penalised += len(lost) - before

    def _read(self, record: Record) -> tuple[Prediction | None, tuple[Void, ...]]:
        """The prediction of a record, and what of it cannot be scored."""
        raw = self.predictions.raw(record)
        found = read_prediction(record, raw, self.labels)
        if isinstance(found, Prediction):
            return found, ()
        self._problem(*found)
        saved = salvage(raw)
        self.unread += saved is None
        return saved or (None, ())

    def _faults(self, record: Record, faults: Sequence[Fault]) -> None:
        if not faults or self.invalid != "error":
            return
        source, *_ = decode(record.path, self.predictions.raw(record), record.line)
        for fault in faults:
            at, first = fault.pointer, record.line
            self._problem(in_json(fault.rule, record.path, source, at, fault.message, fault.fix, first))

    def _unreadable(self, record: Record) -> None:
        self._read(record)

    def _unknown(self, record: Record) -> None:
        prediction, broken = self._read(record)
        if prediction is None:
            return
        message = f"there is no document {prediction.doc_id} in the set {self.gold.version}"
        fix = "Predict on the set that is scored; `khabar export inputs` writes its texts."
        self._problem(Problem(record.path, record.line, 1, "doc_id", "/doc_id", message, fix))
        lost = (*broken, *voids(prediction))
        self.penalised += len(lost)
        nothing = Document(doc_id=prediction.doc_id, text="")
        self._count(Pair(nothing, nothing, lost))

    def _count(self, pair: Pair) -> None:
        for measure in MEASURES:
            if measure.counts:
                counted = measure.counts(pair, self.labels)
                self.tallies[measure.name] = add((self.tallies[measure.name], counted))
            elif measure.share:
                self.shares[measure.name] += measure.share(pair)

    def scorecard(self, layers: Sequence[Layer]) -> Scorecard:
        has = self.has | (set() if "mentions" in self.has else {"clusters"})
        has |= set() if self.track == "given-pairs" else {"own pairs"}
        attempted = [layer for layer in LAYERS if layer in self.has and layer in layers]
        rows = tuple(self._row(m) for m in MEASURES if m.layer in attempted and m.needs <= has)
        return Scorecard(
            rows=rows,
            signature=self._signature(),
            track=self.track,
            documents=len(self.layers_of),
            silent=sum(not set(attempted) <= has_layers for has_layers in self.layers_of),
            silent_by_layer={layer: sum(layer not in has for has in self.layers_of) for layer in attempted},
            skipped=self.skipped,
            penalised=self.penalised,
            unlocated=self.unlocated,
            notes=tuple(self._notes(attempted)),
        )

    def _row(self, measure: Measure) -> Row:
        if measure.counts:
            return Row(measure.name, by_label=dict(sorted(self.tallies[measure.name].items())))
        if measure.share:
            share = self.shares[measure.name]
            value = share.value
            lacking = 1 - value if value is not None and measure.better == "more" else value
            return Row(measure.name, share=share, value=lacking)
        assert measure.derive is not None
        derived = measure.derive(self.tallies[measure.derived_from])
        return Row(measure.name, derived=True, value=derived)

    def _notes(self, attempted: Sequence[Layer]) -> Iterator[str]:
        if self.track != "end-to-end":
            yield "Entities were given from gold: the figures show which issues exist; do not compare across tracks."
        if "mentions" in self.has and {"relations", "stance"} & set(attempted):
            yield "Mentions without coreference: of relations only relations.mention is scored, and no stance."
        if self.quoted and self.grounding != "exact":
            yield f"Quotes by the tier that found them: {', '.join(f'{self.tiers[tier]} {tier}' for tier in TIERS)}."
        if self.unread:
            yield f"Lines that could not be read at all: {self.unread}."

    def _signature(self) -> str:
        gold = sha256(b"".join(sorted(self.digests))).hexdigest()[:8]
        fields = {
            "corpus": self.gold.version,
            "gold": gold,
            "inventory": self.labels.digest,
            "guidelines": "+".join(sorted(self.guidelines)),
            "split": self.split or "all",
            "docs": len(self.layers_of),
            "track": self.track,
            "types": self.labels.name,
            "grounding": self.grounding if self.quoted else "none",
            "invalid": self.invalid,
            "khabar": version("khabar"),
        }
        return "|".join(f"{key}:{value}" for key, value in fields.items())
