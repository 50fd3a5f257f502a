"""From two sets of documents to a scorecard."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any, SupportsIndex, get_args
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

import khabar
from khabar.block import Pair
from khabar.corpus import SPLITS
from khabar.counts import Counts, Share, Tally, total
from khabar.errors import Side
from khabar.formats import Track
from khabar.measures import HEADLINE, MEASURES, Measure
from khabar.model import LAYERS, Layer, Metadata
from khabar.problems import Invalid, Problem, quoted
from khabar.quotes import TIERS
from khabar.run import Findings, Gold, Mode, Options, Penalised, Predicted, Run, Unplaced, as_set, opened
from khabar.schemas import Inventory, nearest
from khabar.uncertainty import FEW, FIGURES, RESAMPLES, SEED, Figure, Interval, intervals, macro, point


class Row(Struct, frozen=True):
    """One measure's result: counts by label, or a share, or a value made of other rows' counts.

    ``interval`` is the 95 % bootstrap interval of the score over documents, ``label_intervals`` those of the labels;
    ``facets`` are the counts by depth and by form. ``macro_labels`` is the mean F1 of the labels that occur in gold,
    ``macro_documents`` the mean score of the documents.
    """

    measure: str
    by_label: Tally = {}
    facets: Mapping[str, Tally] = {}
    share: Share | None = None
    derived: bool = False
    value: float | None = None
    interval: Interval | None = None
    label_intervals: Mapping[str, Interval | None] = {}
    macro_labels: float | None = None
    macro_documents: float | None = None

    @property
    def counts(self) -> Counts:
        """The counts of all labels together (micro)."""
        return total(self.by_label)

    @property
    def score(self) -> float | None:
        """The figure of the row: F1 for counts, else the value; None where there is nothing to score."""
        return self.value if self.derived or self.share is not None else self.counts.f1


class Slice(Struct, frozen=True):
    """The figures of the documents that have one value of a metadata field, with their intervals.

    The figures are those of the measures that were asked for, or else the headline ones.
    """

    field: str
    value: str
    documents: int
    scores: Mapping[str, tuple[float | None, Interval | None]]


class Scorecard(Struct, frozen=True, kw_only=True):
    """The result of a run: a row for each measure that it attempts, and the line that says what made it.

    ``silent`` counts documents that lack a layer that the run attempts (``silent_by_layer`` each layer for itself),
    ``skipped`` predicted documents outside the chosen split, ``penalised`` invalid items that were scored as
    spurious (``penalised_items`` says where they stand), ``unlocated`` quotes that were not found or are ambiguous,
    ``errors`` the items of each layer, side (gold, predicted) and class of `errors.CLASSES`, ``repaired`` what in a
    file of tags was.
    """

    rows: tuple[Row, ...]
    signature: str
    track: Track
    documents: int
    silent: int
    silent_by_layer: Mapping[str, int]
    skipped: int
    penalised: int
    unlocated: tuple[Unplaced, ...]
    penalised_items: tuple[Penalised, ...] = ()
    overall: float | None = None
    overall_interval: Interval | None = None
    slices: tuple[Slice, ...] = ()
    errors: Mapping[tuple[Layer, Side, str], int] = {}
    repaired: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, measure: str) -> Row:
        """The row of a measure, such as ``"entities.strict"``. Raises KeyError where the run does not attempt it."""
        for row in self.rows:
            if row.measure == measure:
                return row
        attempted = ", ".join(row.measure for row in self.rows) or "none"
        raise KeyError(f"{measure} is no measure of this run, which has: {attempted}")

    def figure(self, measure: str) -> tuple[float | None, Interval | None]:
        """The score of a measure, or ``"overall"``, with its interval; None for both where it was not attempted."""
        if measure == "overall":
            return self.overall, self.overall_interval
        row = next((row for row in self.rows if row.measure == measure), None)
        return (row.score, row.interval) if row else (None, None)


def score(gold: Gold, predicted: Predicted, *, labels: Inventory | None = None, **options: Any) -> Scorecard:
    """Score predictions against gold.

    ``gold``: a set's place (folder or JSON Lines file), None for khabar's own, or documents. ``predicted``: a place
    (JSON Lines, also .gz; a folder; ``-`` for standard input; a CoNLL file of tags), documents, or mappings shaped as
    predictions. ``labels`` is the inventory where gold is given as documents. Options, all by name:

    - ``split``, ``layers``, ``measures``: the part of the set, the layers and the measures (names) to score;
      ``overall`` stands for the headline measures. Layers that these do not need are not looked at, neither in
      predictions nor in gold.
    - ``invalid``: ``"error"``, or ``"penalise"`` to count items that are not sound as spurious.
    - ``grounding``: the loosest tier (`quotes.TIERS`) that may find a quote; one without a place costs precision.
    - ``types``: a type map, by name or file, onto whose labels both sides are brought; ``token``: also entities.token.
    - ``repair``: of a CoNLL file of tags, read what does not fit as best it can be.
    - ``by``: metadata fields by whose values to slice the figures: of the ``measures``, or else the headline ones.
    - ``resamples``, ``seed``: of the bootstrap; 0 resamples give no intervals.
    - ``jobs``: how many processes share the work. It changes no figure.

    Raises Invalid, listing everything, where options are none that there are or contradict each other, and where gold
    or a prediction is not sound; ``invalid="penalise"`` spares predictions, but neither gold nor options.
    """
    return evaluate(gold, predicted, labels=labels, **options).scorecard()


def evaluate(gold: Gold, predicted: Predicted, *, labels: Inventory | None = None, **options: Any) -> "Evaluation":
    """As `score`, but with what was counted document by document, for comparisons.

    One option more: ``keep``, how many pairs of documents to keep for showing (`Evaluation.pairs`), the first ones.
    """
    resamples, seed = options.pop("resamples", RESAMPLES), options.pop("seed", SEED)
    chosen = Options(**options)
    if wrong := [*_not_there(chosen), *too_little(resamples=resamples, seed=seed, jobs=chosen.jobs, keep=chosen.keep)]:
        raise Invalid(wrong)
    chosen = _spelt_out(chosen)
    if wrong := list(_left_out(chosen)):
        raise Invalid(wrong)
    found = as_set(gold, labels)
    predictions, repaired = opened(predicted, found, chosen)
    with predictions:
        run = Run(found, predictions, chosen)
        return Evaluation(run, run.count(), resamples, seed, repaired)


def signature_differences(signature: str, other: str) -> list[tuple[str, str, str]]:
    """Where two signatures differ: the field, what the first says and what the other says ("-" for nothing).

    Raises Invalid where one is not a signature: fields ``key:value``, joined by ``|``.
    """
    one, two = parsed(signature), parsed(other)
    return [
        (key, _value(one.get(key, "-")), _value(two.get(key, "-"))) for key in one | two if one.get(key) != two.get(key)
    ]


def signed(fields: Mapping[str, object]) -> str:
    """Fields as a signature: ``key:value``, joined by ``|``; the parts of a value that is a list by ``+``.

    Within a part what joins others, and what a line of a shell cannot hold, is written as in an address: ``%7C``.
    """
    return "|".join(f"{key}:{_value(value)}" for key, value in fields.items())


def _value(value: object) -> str:
    parts = value if isinstance(value, list | tuple) else [value]
    return "+".join(_PARTING.sub(_escape, str(part)) for part in parts)


def parsed(signature: str) -> dict[str, tuple[str, ...]]:
    """The fields of a signature, each with its parts: one, unless it is a list.

    Raises Invalid where it is none: fields ``key:value``, each once, joined by ``|``.
    """
    fields = [field.partition(":") for field in signature.strip().split("|")]
    keys = [key for key, *_ in fields]
    if len({*keys}) < len(keys) or not all(key and colon for key, colon, _ in fields):
        fix = "Copy the last line of a report whole, in quotation marks: corpus:…|gold:…|…|khabar:…"
        message = f"{quoted(signature)} is no signature" if signature.strip() else "the signature is empty"
        raise Invalid([Problem("signature", 1, 1, "signature", "", message, fix)])
    return {key: tuple(unquote(part, errors="surrogatepass") for part in value.split("+")) for key, _, value in fields}


def _escape(found: re.Match[str]) -> str:
    return quote(found[0], errors="surrogatepass")


_PARTING = re.compile("[|:+%`$\"'\\\\\\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What parts a signature or means something to a shell, white space, what is not seen, and half characters."""


def _not_there(options: Options) -> Iterator[Problem]:
    """Names among the options that there are not."""
    asked: tuple[tuple[str, str, object, Collection[str]], ...] = (
        ("split", "split", options.split if options.split is None else [options.split], SPLITS),
        ("layers", "layer", options.layers, LAYERS),
        ("measures", "measure", options.measures, FIGURES),
        ("by", "metadata field", options.by, Metadata.__struct_fields__),
        ("invalid", "way with invalid items", [options.invalid], get_args(Mode)),
        ("grounding", "tier of grounding", [options.grounding], TIERS),
    )
    for option, kind, names, known in asked:
        if isinstance(names, str):
            yield _wrong(option, f"this wants a list of names, not the text {quoted(names)}", f"Write [{names!r}].")
            continue
        for name in names or ():  # type: ignore[attr-defined]
            if not isinstance(name, str) or name not in known:
                yield _wrong(option, f"there is no {kind} {quoted(name)}", nearest(name, known))


_LEAST = {"resamples": 0, "rounds": 1, "seed": 0, "jobs": 1, "keep": 0}


def too_little(**numbers: object) -> Iterator[Problem]:
    """Numbers among the options that are not whole, or too small to mean anything."""
    for option, number in numbers.items():
        least = _LEAST[option]
        if isinstance(number, bool) or not isinstance(number, SupportsIndex) or number.__index__() < least:
            yield _wrong(option, f"{option} cannot be {number}", f"Give a whole number, {least} or more.")


def _spelt_out(options: Options) -> Options:
    """The same options with every measure by its name that ``overall``, ``token`` or a name stands for."""
    if options.measures is None:
        return options
    wanted = dict.fromkeys((*options.measures, *([_TOKEN] if options.token else ())))
    wanted |= dict.fromkeys(HEADLINE if "overall" in wanted else ())
    return msgspec.structs.replace(options, measures=tuple(wanted), token=_TOKEN in wanted)


def _left_out(options: Options) -> Iterator[Problem]:
    """Measures that were asked for, of layers that were not."""
    layers = options.layers if options.layers is not None else LAYERS
    for name in (*(options.measures or ()), *([_TOKEN] if options.token else ())):
        if name in _LAYER_OF and (layer := _LAYER_OF[name]) not in layers:
            message = f"{name} is of the layer {layer}, and only {', '.join(layers) or 'none'} was asked for"
            yield _wrong("layers", message, "Ask for that layer too, or leave the measure or the layers out.")


_TOKEN = "entities.token"
_LAYER_OF = {measure.name: measure.layer for measure in MEASURES}


def _wrong(option: str, message: str, fix: str) -> Problem:
    return Problem("options", 1, 1, "option", f"/{option}", message, fix)


class Evaluation:
    """A run that has been made: what was counted, and the scorecard that it gives."""

    def __init__(
        self, run: Run, found: Findings, resamples: int, seed: int, repaired: tuple[Problem, ...] = ()
    ) -> None:
        """Take a run and what it found; ``repaired``: what in a file of tags was."""
        self.found = found
        self.pairs: Sequence[Pair] = found.pairs
        self.penalised: Sequence[Penalised] = found.penalised
        self.ledger = found.ledger
        self.options = run.options
        self.track = run.track
        self.layers = tuple(layer for layer in LAYERS if layer in run.layers)
        self.labels = run.labels
        self.inventory = run.gold.inventory
        self.repaired = repaired
        self.training_facts = run.training_facts
        self.version = run.gold.version
        self.resamples, self.seed = resamples, seed
        self.measures = tuple(self._attempted(run))

    @cached_property
    def _has(self) -> frozenset[str]:
        """The layers, and optional parts of them, that any prediction gives."""
        return frozenset[str]().union(*self.found.has)

    @cached_property
    def given(self) -> tuple[Layer, ...]:
        """The layers that the predictions have."""
        return tuple(layer for layer in LAYERS if layer in self._has)

    @cached_property
    def attempted(self) -> tuple[Layer, ...]:
        """The layers that the predictions attempt, of those that were asked for."""
        return tuple(layer for layer in self.options.layers or LAYERS if layer in self.given)

    def _attempted(self, run: Run) -> Iterator[Measure]:
        has = self._has if "mentions" in self._has else self._has | {"clusters"}
        has |= frozenset() if self.track == "given-pairs" else {"own pairs"}
        has |= frozenset() if run.training_facts is None else {"training"}
        has |= {"token"} if self.options.token else frozenset()
        wanted = self.options.measures
        for measure in MEASURES:
            if measure.layer in self.attempted and measure.needs <= has and (wanted is None or measure.name in wanted):
                yield measure

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures of the measures that the run attempts, and `overall` where it attempts all four layers."""
        names = [measure.name for measure in self.measures]
        whole = set(HEADLINE) <= set(names)
        return tuple(FIGURES[name] for name in (*names, *(["overall"] if whole else [])))

    @property
    def judged(self) -> tuple[Layer, ...]:
        """The layers whose headline measure is among those of the run: their errors are told."""
        return tuple(measure.layer for measure in self.measures if measure.name in HEADLINE)

    def scorecard(self, rounds: str = "") -> Scorecard:
        """The result of the run; ``rounds`` as for `fields`."""
        found, documents = self.found, len(self.found.digests)
        kept = [Figure("", (part,)) for part in self.ledger.kept() if part[1]]
        asked = (*self.figures, *kept)
        known = dict(zip(asked, intervals(self.ledger, asked, self.resamples, self.seed), strict=True))
        means = self._macro()
        rows = tuple(self._row(measure, known, means.get(measure.name)) for measure in self.measures)
        spoken = found.has[:documents]
        return Scorecard(
            rows=rows,
            signature=self.signature(rounds),
            track=self.track,
            documents=documents,
            silent=sum(not set(self.attempted) <= has for has in spoken),
            silent_by_layer={layer: sum(layer not in has for has in spoken) for layer in self.attempted},
            skipped=found.counted["skipped"],
            penalised=sum(one.items for one in self.penalised),
            penalised_items=tuple(self.penalised),
            unlocated=tuple(found.unlocated),
            overall=_mean([row.score for row in rows if row.measure in HEADLINE], len(HEADLINE)),
            overall_interval=known.get(FIGURES["overall"]),
            slices=tuple(self._slices()),
            errors={key: number for key, number in found.errors.items() if key[0] in self.judged},
            repaired=self.repaired,
            notes=tuple(self._notes()),
        )

    def _macro(self) -> Mapping[str, float | None]:
        silent: dict[str, list[bool]] = {layer: [layer not in has for has in self.found.has] for layer in LAYERS}
        figures = [FIGURES[measure.name] for measure in self.measures]
        return dict(zip((f.name for f in figures), macro(self.ledger, figures, silent), strict=True)) if figures else {}

    def _row(self, measure: Measure, known: Mapping[Figure, Interval | None], mean: float | None) -> Row:
        interval = known[FIGURES[measure.name]]
        if measure.mean_of:
            tallies = {name: self.ledger.tally(name) for name, _ in measure.mean_of}
            parts = [
                tallies[name].get(label, Counts()) if label else total(tallies[name]) for name, label in measure.mean_of
            ]
            scores = [None if measure.asked and not part.gold else part.f1 for part in parts]
            value = _mean(scores, len(scores))
            return Row(measure.name, derived=True, value=value, interval=interval, macro_documents=mean)
        tally = self.ledger.tally(measure.name)
        if measure.share:
            whole = total(tally)
            share = Share(whole.matched_predicted, whole.predicted)
            lacking = 1 - share.value if share.value is not None and measure.better == "more" else share.value
            return Row(measure.name, share=share, value=lacking, interval=interval, macro_documents=mean)
        scores = [counts.f1 for label, counts in tally.items() if label and counts.gold]
        return Row(
            measure.name,
            by_label=tally,
            facets={facet: self.ledger.tally(measure.name, facet) for facet in measure.facets},
            interval=interval,
            label_intervals={
                label: known[figure]
                for label in tally
                if label and (figure := Figure("", ((measure.name, label),))) in known
            },
            macro_labels=_mean(scores, len(scores)),
            macro_documents=mean,
        )

    def _slices(self) -> Iterator[Slice]:
        shown = self.options.measures or (*HEADLINE, "overall")
        figures = [chosen for chosen in self.figures if chosen.name in shown]
        if not figures:
            return
        for position, field in enumerate(self.options.by):
            column = [fields[position] for fields in self.found.fields]
            for value in sorted(set(column)):
                members = [name for name, other in zip(self.ledger.names, column, strict=True) if other == value]
                scores = point(self.ledger, figures, members)
                found = intervals(self.ledger, figures, self.resamples, self.seed, members)
                named = {f.name: pair for f, pair in zip(figures, zip(scores, found, strict=True), strict=True)}
                yield Slice(field, value, len(members), named)

    def _notes(self) -> Iterator[str]:
        if len(self.found.digests) < FEW:
            yield f"Fewer than {FEW} documents: the intervals are rough, and figures move by chance."
        if self.track != "end-to-end":
            yield "Entities were given from gold: the figures show which issues exist; do not compare across tracks."
        if "mentions" in self._has and {"relations", "stance"} & set(self.attempted):
            yield "Mentions without coreference: of relations only relations.mention is scored, and no stance."
        if self.found.unchained and any(measure.name.startswith("coref.") for measure in self.measures):
            types = ", ".join(map(quoted, sorted(self.found.unchained)))
            yield f"Coreference knows only khabar's own types; without a type map, these take no part in it: {types}."
        if self.found.quoted and self.options.grounding != "exact":
            counts = ", ".join(f"{self.found.tiers[tier]} {tier}" for tier in TIERS)
            yield f"Quotes by the tier that found them: {counts}."
        if self.repaired:
            yield f"Words and tags that did not fit and were repaired: {len(self.repaired)}."
        if self.found.counted["unread"]:
            yield f"Lines that could not be read at all: {self.found.counted['unread']}."

    def signature(self, rounds: str = "") -> str:
        """The line that says what made the figures; ``rounds`` as for `fields`."""
        return signed(self.fields(rounds))

    def fields(self, rounds: str = "") -> dict[str, object]:
        """What the signature says, in its order; ``rounds``: those of a test with other systems, if there was one."""
        gold = sha256(b"".join(sorted(self.found.digests))).hexdigest()[:8]
        by, trained = self.options.by, any("training" in measure.needs for measure in self.measures)
        return {
            "corpus": self.version,
            "gold": gold,
            "inventory": self.inventory.digest,
            "guidelines": sorted(self.found.guidelines),
            "split": self.options.split or "all",
            **({} if len(self.layers) == len(LAYERS) else {"layers": self.layers}),
            "docs": len(self.found.digests),
            **({"by": [*by, _digest(self._values())]} if by else {}),
            **({"training": _digest(self.training_facts or ())} if trained else {}),
            "track": self.track,
            "types": self.labels.name,
            "grounding": self.options.grounding if self.found.quoted else "none",
            "invalid": self.options.invalid,
            **({"repaired": len(self.repaired)} if self.repaired else {}),
            "boot": self.resamples,
            "seed": self.seed,
            **({"rounds": rounds} if rounds else {}),
            "khabar": khabar.__version__,
        }

    def _values(self) -> Iterator[tuple[str, ...]]:
        """The id of each document of gold, and its values of the fields by which figures are sliced."""
        gold = len(self.found.digests)
        for name, fields in zip(self.ledger.names[:gold], self.found.fields[:gold], strict=True):
            yield name, *fields


def _digest(values: Iterable[tuple[str, ...]]) -> str:
    """A short checksum of values, whatever their order."""
    return sha256(repr(sorted(values)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _mean(scores: Sequence[float | None], count: int) -> float | None:
    """The mean of scores; None where one of them is, or one of ``count`` is missing."""
    known = [score for score in scores if score is not None]
    return sum(known) / count if count and len(known) == count else None
