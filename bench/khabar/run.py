"""One pass over gold with its predictions: pairs of documents, what was counted in them, and what was found wrong."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from khabar.block import Block, Pair
from khabar.collected import Listed, Listing
from khabar.corpus import TOGETHER, DocumentSet, Entry, checksum, open_set, read, some
from khabar.drafts import Draft, Form, are_sound, drafted
from khabar.errors import Side
from khabar.errors import count as count_errors
from khabar.formats import PredictionFile, Record, Track, read_predictions, salvage
from khabar.grounding import Fault, Said, Unlocated, Void, ground, voids
from khabar.ledger import Ledger
from khabar.measures import MEASURES
from khabar.model import COREFERENT, LAYERS, Document, Edges, Layer, Metadata, mentions_of
from khabar.problems import Invalid, Pointer, Problem, decode, in_json, json_pointer, quoted
from khabar.projections import accepted_inventory, counted, project_pair, projected_inventory, type_map
from khabar.quotes import Tier
from khabar.relations import Fact, facts
from khabar.schemas import Inventory, inventory
from khabar.tags import is_tags, read_tags

Mode = Literal["error", "penalise"]
Gold = str | Path | DocumentSet | Iterable[Document] | None
Predicted = str | Path | Iterable[Document | Mapping[str, Any]]


class Unplaced(Struct, frozen=True):
    """A quote without a place of its own: where it stands in the predictions, and why it has none.

    ``pointer`` leads to it in the JSON of line ``line`` of ``path``. ``reason`` is "not found", "ambiguous" (then
    ``places`` are the first places that it could mean, in code points), "repeated" or "outside" (of its section).
    """

    doc_id: str
    path: str
    line: int
    pointer: str
    quote: str
    reason: str
    places: tuple[Edges, ...] = ()

    @classmethod
    def of(cls, doc_id: str, record: Record, quote: Unlocated) -> "Unplaced":
        """The quote of a record."""
        where = record.path, record.line, json_pointer(quote.pointer)
        return cls(doc_id, *where, quote.quote, quote.reason, quote.places)


class Penalised(Struct, frozen=True):
    """Invalid items that were counted as spurious: where they stand in the predictions, and what is wrong.

    ``pointer`` leads to the place in the JSON of line ``line`` of ``path``. ``items`` is how many items were lost
    for it; none where nothing of a line could be read (``doc_id`` is None where it could not), or where it costs none.
    """

    doc_id: str | None
    path: str
    line: int
    pointer: str
    message: str
    items: int


class Options(Struct, frozen=True, kw_only=True):
    """What is scored, and how; `scoring.score` describes each. ``keep``: how many pairs to keep, the first ones."""

    split: str | None = None
    layers: Sequence[Layer] | None = None
    measures: Sequence[str] | None = None
    invalid: Mode = "error"
    grounding: Tier = "exact"
    types: str | Path | None = None
    token: bool = False
    repair: bool = False
    by: Sequence[str] = ()
    jobs: int = 1
    keep: int = 0


class Given(Struct, frozen=True):
    """Gold documents given as values."""

    items: tuple[Document, ...]
    inventory: Inventory
    version: str = "documents"

    def size(self) -> int:
        """How many documents there are."""
        return len(self.items)

    def documents(
        self,
        split: str | None = None,
        between: tuple[int, int] | None = None,
        layers: Collection[Layer] = LAYERS,
        checked: bool = True,
    ) -> Iterator[Document]:
        """As `DocumentSet.documents`; all ``layers`` are there, and all is checked."""
        for document in self.items[slice(*between)] if between else self.items:
            if split is None or (document.metadata and document.metadata.split == split):
                yield document


def as_set(gold: Gold, labels: Inventory | None) -> DocumentSet | Given:
    """Gold as a set: a place is opened, None is khabar's own."""
    if gold is None or isinstance(gold, str | Path):
        found = open_set(gold)
        return DocumentSet(found.place, labels) if labels else found
    return gold if isinstance(gold, DocumentSet) else Given(tuple(gold), labels or inventory())


def opened(
    predicted: Predicted, gold: DocumentSet | Given, options: Options
) -> tuple[PredictionFile, tuple[Problem, ...]]:
    """The predictions of a source, a CoNLL file of tags among them, and what in its tags was repaired."""
    if not isinstance(predicted, str | Path) or not is_tags(str(predicted)):
        return PredictionFile(predicted), ()
    labels: Collection[str] | None = None
    if options.invalid == "error":
        known = gold.inventory
        labels = type_map(options.types, known).folded if options.types else known.labels["entities.type"]
    tagged = read_tags(predicted, gold.documents(), split=options.split, labels=labels, repair=options.repair)
    return PredictionFile(tagged.predictions), tuple(tagged.repaired)


class Findings:
    """What was found in some of the documents; what several processes found is put together in their order.

    ``has`` says for each document which layers, and optional parts of them, its prediction gives; ``fields`` the
    values of the metadata fields that were asked for; ``unchained`` the entity types with several mentions in gold that
    take no part in coreference because khabar does not know them; ``pairs`` are those that were to be kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Begin with nothing."""
        self.ledger = ledger
        self.names: list[str] = []
        self.has: list[frozenset[str]] = []
        self.fields: list[tuple[str, ...]] = []
        self.digests: list[bytes] = []
        self.guidelines: set[str] = set()
        self.unchained: set[str] = set()
        self.problems: list[Problem] = []
        self.counted: Counter[str] = Counter()
        self.errors: Counter[tuple[Layer, Side, str]] = Counter()
        self.pairs: list[Pair] = []
        self.quoted = False
        self.tiers: Counter[Tier] = Counter()
        self.unlocated: list[Unplaced] = []
        self.penalised: list[Penalised] = []

    def extend(self, other: "Findings") -> None:
        """Add what was found in the documents that follow."""
        self.ledger.extend(other.ledger)
        self.names += other.names
        self.has += other.has
        self.fields += other.fields
        self.digests += other.digests
        self.guidelines |= other.guidelines
        self.unchained |= other.unchained
        self.problems += other.problems
        self.counted += other.counted
        self.errors += other.errors
        self.pairs += other.pairs
        self.quoted |= other.quoted
        self.tiers += other.tiers
        self.unlocated += other.unlocated
        self.penalised += other.penalised


class Run:
    """Gold, the predictions for it and the options, ready to be gone through."""

    def __init__(self, gold: DocumentSet | Given, predictions: PredictionFile, options: Options) -> None:
        """Put predictions to the documents that they name. Nothing is read yet."""
        self.gold = gold
        self.types = type_map(options.types, gold.inventory) if options.types is not None else None
        self.labels = projected_inventory(gold.inventory, self.types) if self.types else gold.inventory
        self.accepted = accepted_inventory(gold.inventory, self.types) if self.types else gold.inventory
        folded = self.types.folded if self.types else {}
        self.coreferent = frozenset(folded.get(label) or label for label in COREFERENT)
        ours = {folded.get(label) or label for label in inventory().labels["entities.type"]}
        self.foreign = frozenset(self.labels.labels["entities.type"]) - ours
        self.known = {place: frozenset((*labels, None)) for place, labels in gold.inventory.labels.items()}
        self.sayable = {place: frozenset(labels) for place, labels in self.accepted.labels.items()}
        self.predictions = predictions
        self.options = options
        self.records: dict[str, list[Record]] = {}
        for record in predictions.records:
            self.records.setdefault(record.doc_id or "", []).append(record)
        # Documents that give the same share one value: of many documents there are few kinds.
        self.known_has: dict[frozenset[str], frozenset[str]] = {}
        self.mixed = len(predictions.tracks) > 1
        self.training_facts = self._training_facts()
        wanted = options.measures
        parts = {name for measure in MEASURES if wanted and measure.name in wanted for name, _ in measure.mean_of}
        self.measures = [
            measure
            for measure in MEASURES
            if (wanted is None or measure.name in wanted or measure.name in parts)
            and (options.layers is None or measure.layer in options.layers)
            and ("training" not in measure.needs or self.training_facts is not None)
            and ("token" not in measure.needs or options.token)
        ]

    @cached_property
    def layers(self) -> frozenset[Layer]:
        """The layers that figures depend on: those that are scored, and entities for those that name them."""
        scored = {measure.layer for measure in self.measures}
        return frozenset(scored | {"entities"} if scored & {"relations", "stance"} else scored)

    @property
    def track(self) -> Track:
        """The track of the run."""
        tracks = self.predictions.tracks
        return next(iter(tracks)) if len(tracks) == 1 else "end-to-end"

    def count(self) -> Findings:
        """Go through all documents and count. Raises Invalid with everything that is wrong."""
        found = self._shared_out() if self.options.jobs > 1 else self._part(self._gold())
        del found.pairs[self.options.keep :]
        self._finish(found)
        return found

    def _gold(self, between: tuple[int, int] | None = None) -> Iterator[Document]:
        return self.gold.documents(between=between, layers=self.layers, checked=False)

    def _training_facts(self) -> frozenset[Fact] | None:
        """What the training split states, None where there is none or where relations are not scored."""
        options = self.options
        if options.layers is not None and "relations" not in options.layers:
            return None
        if options.measures is not None and "relations.unseen" not in options.measures:
            return None
        stated = [facts(document, self.labels) for document in self.gold.documents("train")]
        return frozenset().union(*stated) if stated else None

    # -- processes -------------------------------------------------------------------------------------------------

    def _part(self, documents: Iterable[Document]) -> Findings:
        found = Findings(Ledger(self.measures))
        pairs = self._pairs(documents, found)
        stated = self.training_facts or frozenset()
        most = _FEW if len(self.measures) == 1 else _MANY
        while self._count(
            Block(some(pairs, most, lambda pair: len(pair.gold.text)), self.labels, stated, self.coreferent), found
        ):
            pass  # Each block is let go before the next one is made.
        return found

    def _count(self, block: Block, found: Findings) -> int:
        """Count some documents, unless something is wrong already; and say how many they were."""
        if not found.problems:
            found.ledger.add(block)
            if self.foreign:
                several = {block.gold.types[type_] for type_ in block.gold.type[block.gold.size > 1].tolist()}
                found.unchained |= several & self.foreign
            if self.options.measures is None:
                found.errors.update(count_errors(block))
        return block.documents

    def _shared_out(self) -> Findings:
        """The documents shared out to processes in as many runs of neighbours, put together again in order."""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        total = self.gold.size()
        jobs = max(1, min(self.options.jobs, total))
        edges = [total * job // jobs for job in range(jobs + 1)]
        _SHARED.append(self)
        try:
            with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
                parts = list(pool.map(_work, edges, edges[1:]))
        finally:
            _SHARED.pop()
        for part in parts[1:]:
            parts[0].extend(part)
        return parts[0]

    # -- documents -------------------------------------------------------------------------------------------------

    def _pairs(self, documents: Iterable[Document], found: Findings) -> Iterator[Pair]:
        """The documents, whose mentions are not yet checked, with what is said of them."""
        asked = self._asked(documents, found)
        while golds := [*some(asked, TOGETHER, self._size)]:
            for gold in golds:
                self._note(gold, found)
            listing = Listing(self.labels)
            drafts = drafted(golds, self._first(golds), self.accepted, listing)
            sound = are_sound(drafts, listing, self.sayable, self.known)
            self._check_labels(golds, found, LAYERS[1:] if sound else LAYERS)
            for draft in drafts:
                if not sound:
                    self._check_mentions(draft.gold)
                    draft = Draft(draft.gold, draft.said)
                pair = self._pair(draft, found)
                if len(found.pairs) < self.options.keep:
                    found.pairs.append(pair)
                yield pair

    def _asked(self, documents: Iterable[Document], found: Findings) -> Iterator[Document]:
        """The documents of the split that is scored."""
        split = self.options.split
        for document in documents:
            found.names.append(document.doc_id)
            if split is None or (document.metadata and document.metadata.split == split):
                yield document
            else:
                found.counted["skipped"] += len(self._records(document))

    def _records(self, gold: Document) -> Sequence[Record]:
        return self.records.get(gold.doc_id, ())

    def _size(self, gold: Document) -> int:
        """How much is to be read of a document and of what is said of it."""
        return len(gold.text) + sum(record.length for record in self._records(gold)[:1])

    def _first(self, golds: Sequence[Document]) -> Sequence[Form | None]:
        """What the first record of each document says, None where it has none."""
        first = [self._records(gold)[:1] for gold in golds]
        said = iter(self._read([record for records in first for record in records]))
        return [next(said) if records else None for records in first]

    def _check_labels(self, golds: Sequence[Document], found: Findings, layers: Sequence[Layer]) -> None:
        """Gold that `khabar check` would refuse for its labels, in these layers, is not scored."""
        for place, used in _LABELS.items():
            known = self.known[place]
            if place.partition(".")[0] not in layers or {label for gold in golds for label in used(gold)} <= known:
                continue
            for gold in golds:
                if strange := {*used(gold)} - known:
                    names = ", ".join(quoted(label) for label in sorted(filter(None, strange)))
                    message = f"gold of {gold.doc_id} has labels that the inventory {self.labels.name} lacks: {names}"
                    fix = "Run `khabar check` on gold; --inventory names another inventory if it has its own labels."
                    at = _first_of(gold, place, strange)
                    found.problems.append(self._in_gold(gold.doc_id, "label", at, message, fix))

    def _check_mentions(self, gold: Document) -> None:
        """Raise Invalid where the mentions of a gold document do not hold."""
        try:
            gold.check_mentions()
        except ValueError as error:
            for entry in self._entries(gold.doc_id):
                read(entry, self.layers)  # It raises Invalid, with the place.
            fix = "Run `khabar check` on it: it lists everything that is wrong, and where."
            raise Invalid([self._in_gold(gold.doc_id, "unreadable", (), str(error), fix)]) from None

    def _pair(self, draft: Draft, found: Findings) -> Pair:
        gold, first, standing, lists = draft
        predicted: Document | None = None
        lost: list[Void] = []
        has: frozenset[str] = frozenset()
        listed: tuple[Listed | None, Listed | None] = (None, None)
        records = self._records(gold)
        for position, record in enumerate(records):
            said = self._read([record])[0] if position or first is None else first
            prediction, broken = self._readable(record, said, found)
            lost.extend(broken)
            if prediction is None:
                continue
            if position:
                message = f"the document {gold.doc_id} is predicted a second time"
                fix = f"Keep one; the first is on line {records[0].line}."
                self._problem(found, Problem(record.path, record.line, 1, "id", "/doc_id", message, fix))
                lost += _penalised(found, record, ("doc_id",), message, voids(prediction))
                continue
            if self.mixed and prediction.entities == "gold":
                if self.options.invalid == "error":  # The run is refused for it, and says so once.
                    continue
                prediction = msgspec.structs.replace(prediction, entities=msgspec.UNSET, stance_pairs=msgspec.UNSET)
                standing = None
            grounded = standing or ground(prediction, gold, self.accepted, self.options.grounding)
            predicted, has = grounded.document, grounded.has
            listed = lists if standing else (None, None)
            if grounded.faults:
                self._faults(record, grounded.faults, found)
                for fault in grounded.faults:
                    lost += _penalised(found, record, fault.pointer, fault.message, fault.voids)
            if grounded.unlocated:
                found.unlocated += (Unplaced.of(gold.doc_id, record, quote) for quote in grounded.unlocated)
                lost += (*grounded.unlocated, *grounded.beside)
            lost += _rejected(found, record, grounded.rejected)
            if grounded.tiers:
                found.tiers.update(grounded.tiers)
            found.quoted |= grounded.quoted
        found.has.append(self.known_has.setdefault(has, has))
        predicted = predicted or Document(doc_id=gold.doc_id, text=gold.text)
        if self.types:
            gold, predicted = project_pair(gold, predicted, self.types)
            lost = list(counted(lost, self.types))
            listed = (None, None)
        return Pair(gold, predicted, lost, listed)

    def _note(self, gold: Document, found: Findings) -> None:
        layers = [getattr(gold, layer) for layer in LAYERS if layer in self.layers]
        content = (gold.doc_id, gold.text_sha256 or checksum(gold.text), *layers)
        try:
            packed = _PACK(content)
        except OverflowError:  # The number of a story may be as large as one likes.
            packed = repr(content).encode("utf-8", "surrogatepass")
        found.digests.append(sha256(packed).digest())
        found.guidelines.add(gold.guidelines or "-")
        if self.options.by:
            found.fields.append(tuple(_told(gold.metadata, field) for field in self.options.by))

    # -- what is wrong ---------------------------------------------------------------------------------------------

    @property
    def gold_path(self) -> str:
        """What gold is called where something is wrong with it."""
        return self.gold.version if isinstance(self.gold, Given) else str(self.gold.place)

    def _entries(self, doc_id: str) -> Sequence[Entry]:
        """The stored entries of a gold document: none where gold is values, or a pipe that is read to its end."""
        return self.gold.named(doc_id) if isinstance(self.gold, DocumentSet) else ()

    def _in_gold(self, doc_id: str, rule: str, at: Pointer, message: str, fix: str) -> Problem:
        """A problem at a part of a gold document; of several of its name, the last."""
        entries = self._entries(doc_id)
        if not entries:
            return Problem(self.gold_path, 1, 1, rule, json_pointer(at), message, fix)
        entry = entries[-1]
        path = str(entry.path)
        return in_json(rule, path, decode(path, entry.raw, entry.line)[0], at, message, fix, entry.line)

    def _problem(self, found: Findings, *problems: Problem) -> None:
        if self.options.invalid == "error":
            found.problems.extend(problems)

    def _read(self, records: Sequence[Record]) -> Sequence[Form]:
        return read_predictions(records, [*map(self.predictions.raw, records)], self.accepted, self.layers)

    def _readable(self, record: Record, said: Form, found: Findings) -> tuple[Said | None, tuple[Void, ...]]:
        """What of the prediction of a record can be scored, and what cannot."""
        if not isinstance(said, tuple):
            return said, ()
        self._problem(found, *said)
        penalised = self.options.invalid == "penalise"
        saved = salvage(self.predictions.raw(record), self.layers) if penalised else None
        if not saved:
            found.counted["unread"] += 1
            message = f"nothing of this can be read: {said[0].message}"
            found.penalised.append(Penalised(record.doc_id, record.path, record.line, "", message, 0))
            return None, ()
        lost: list[Void] = []
        rest = said
        for at, voids_ in saved[1].items():
            inside = [one for one in said if f"{one.pointer}/".startswith(f"{json_pointer(at)}/")]
            inside = inside or [said[0]]
            rest = tuple(one for one in rest if one not in inside)
            lost += _penalised(found, record, at, inside[0].message, voids_)
        for one in rest:  # What costs no item is said all the same.
            found.penalised.append(Penalised(record.doc_id, record.path, record.line, one.pointer, one.message, 0))
        return saved[0], tuple(lost)

    def _faults(self, record: Record, faults: Sequence[Fault], found: Findings) -> None:
        if self.options.invalid != "error":
            return
        source, *_ = decode(record.path, self.predictions.raw(record), record.line)
        for fault in faults:
            at, first = fault.pointer, record.line
            self._problem(found, in_json(fault.rule, record.path, source, at, fault.message, fault.fix, first))

    def _finish(self, found: Findings) -> None:
        """Look at what concerns the run as a whole. Raises Invalid with everything that is wrong."""
        self._check_tracks(found)
        doubled = [name for name, count in Counter(found.names).items() if count > 1]
        for name in doubled:
            message = f"the document {name} stands twice in gold"
            found.problems.append(self._in_gold(name, "id", ("doc_id",), message, "Keep one of the two."))
        names = set(found.names)
        for name, records in self.records.items():
            if names and name not in names:
                self._unknown(name, records, found)
        if found.problems:
            raise Invalid(found.problems)
        if not found.has:
            where = f"the split {self.options.split}" if self.options.split else "the set"
            message = f"{where} has no documents"
            raise Invalid([Problem(self.gold_path, 1, 1, "file", "", message, "Choose another split or set.")])

    def _check_tracks(self, found: Findings) -> None:
        """A run has one track; mixed ones are an error, unless invalid documents are to be penalised."""
        if not self.mixed:
            return
        first = next(record.given for record in self.predictions.records if record.given)
        for record in self.predictions.records:
            if record.given and record.given != first:
                message = f"this document is of the track {record.given}, the first one of {first}: a run has one"
                fix = "Give gold's entities (and pairs) for every document or for none."
                self._problem(found, Problem(record.path, record.line, 1, "track", "", message, fix))

    def _unknown(self, name: str, records: Sequence[Record], found: Findings) -> None:
        """A document that gold lacks: what its records say is spurious."""
        lost: list[Void] = []
        for record in records:
            prediction, broken = self._readable(record, self._read([record])[0], found)
            lost += broken
            if prediction is None:
                continue
            message = f"there is no document {prediction.doc_id} in the set {self.gold.version}"
            fix = "Predict on the set that is scored; `khabar export inputs` writes its texts."
            self._problem(found, Problem(record.path, record.line, 1, "doc_id", "/doc_id", message, fix))
            lost += _penalised(found, record, ("doc_id",), message, voids(prediction))
        if lost:
            nothing = Document(doc_id=name, text="")
            lost = list(counted(lost, self.types)) if self.types else lost
            found.ledger.add(Block([Pair(nothing, nothing, lost)], self.labels))
            found.has.append(frozenset())
            found.fields.append((_NOT_IN_GOLD,) * len(self.options.by))


def _first_of(gold: Document, place: str, labels: Collection[str | None]) -> Pointer:
    """Where the first of some labels of a place in the inventory stands in a document."""
    layer, name = place.split(".")
    items: Iterable[tuple[Pointer, object]] = (((layer, at), item) for at, item in enumerate(getattr(gold, layer)))
    if place == "entities.form":
        items = (
            ((layer, at, "mentions", number), mention)
            for at, entity in enumerate(gold.entities)
            for number, mention in enumerate(entity.mentions)
        )
    return next((*at, name) for at, item in items if getattr(item, name) in labels)


def _penalised(found: Findings, record: Record, at: Pointer, message: str, lost: tuple[Void, ...]) -> tuple[Void, ...]:
    """What matches nothing, kept for the report: as many items as it holds, or one where it is a part of items."""
    items = sum(void.is_item for void in lost) or min(1, len(lost))
    where = record.path, record.line, json_pointer(at)
    found.penalised.append(Penalised(record.doc_id, *where, message, items))
    return lost


def _rejected(found: Findings, record: Record, lost: tuple[Void, ...]) -> tuple[Void, ...]:
    """What a prediction says was rejected before, kept for the report one by one."""
    for position, void in enumerate(void for void in lost if void.is_item):
        _penalised(found, record, ("rejected", position), f"rejected before: {quoted(void.label)}", (void,))
    return lost


_LABELS: Mapping[str, Callable[[Document], Iterable[str | None]]] = {
    "entities.type": lambda document: [entity.type for entity in document.entities],
    "entities.form": lambda document: [mention.form for mention in mentions_of(document.entities)],
    "relations.type": lambda document: [relation.type for relation in document.relations],
    "stance.label": lambda document: [stance.label for stance in document.stance],
    "stance.mode": lambda document: [stance.mode for stance in document.stance],
    "subsections.kind": lambda document: [section.kind for section in document.subsections],
    "subsections.function": lambda document: [section.function for section in document.subsections],
}
"""The labels of a document, by their place in an inventory."""

_FEW, _MANY = 128, 512
"""So many documents are counted at once by one measure, which then finds them in the processor's cache, and by several,
of which each does some things once for all of them."""

_UNTOLD, _NOT_IN_GOLD = "—", "not in gold"
"""What stands for a metadata field of which a document says nothing, and for any of a document that gold lacks."""


def _told(metadata: Metadata | None, field: str) -> str:
    value = getattr(metadata, field, None)
    return _UNTOLD if value is None else str(value)


_PACK = msgspec.msgpack.Encoder().encode
_SHARED: list[Run] = []
"""The run that the processes of a pool have inherited."""


def _work(first: int, last: int) -> Findings:
    run = _SHARED[-1]
    return run._part(run._gold((first, last)))
