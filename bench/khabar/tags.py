"""Words and their tags: IOB1, IOB2, IOBES and BILOU, as sequences and as CoNLL files.

Tags are held to their scheme before they are decoded; what breaks it is listed, and repaired only on request, as
conlleval reads it: a tag that cannot go on a span begins one. The words of a file are brought back to their text
by characters, white space apart, so that a file may split words as it likes.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import Struct

from khabar.corpus import open_bytes
from khabar.model import ISSUE, NAME, WHITE_SPACE, Document, Edges
from khabar.problems import Invalid, Problem, quoted, utf8
from khabar.schemas import nearest

if TYPE_CHECKING:
    import regex

Scheme = Literal["IOB1", "IOB2", "IOBES", "BILOU"]
"""How tags say where a span begins and ends."""

Labelled = tuple[int, int, str]
"""A span with its label: start, end (exclusive), label."""


@cache
def _word() -> "regex.Pattern[str]":
    import regex  # It takes a while to import, and most scores need no words.

    return regex.compile(r"[^\p{White_Space}\p{P}\p{S}]+|[\p{P}\p{S}]")


def words(text: str) -> tuple[Edges, ...]:
    """The words of a text (edges, in code points): what stands between white space, each punctuation mark by itself."""
    return tuple(match.span() for match in _word().finditer(text))


def iob2(document: Document) -> tuple[tuple[Edges, ...], tuple[str, ...]]:
    """The words of a document and their IOB2 tags, for token classification.

    Only names are tagged, and of those that nest or overlap the outermost (longest, then leftmost); an ISSUE is
    never one. A word belongs to the mention that it overlaps, a proclitic on it or not; of two that it overlaps, to
    the first.
    """
    return tagged(document.text, names_of(document))


def names_of(document: Document) -> list[Labelled]:
    """The names of a document, ISSUE apart, with the types of their entities."""
    return [
        (mention.start, mention.end, entity.type)
        for entity in document.entities
        if entity.type != ISSUE
        for mention in entity.mentions
        if mention.form == NAME
    ]


def tagged(text: str, names: Iterable[Labelled]) -> tuple[tuple[Edges, ...], tuple[str, ...]]:
    """The words of a text and their IOB2 tags, as `iob2` has them."""
    found = words(text)
    tags = ["O"] * len(found)
    starts = [start for start, _ in found]
    free = 0
    for start, end, label in outermost(names):
        first = bisect_right(starts, start) - 1
        first += first < 0 or found[first][1] <= start
        first, last = max(first, free), bisect_left(starts, end)
        for at in range(first, last):
            tags[at] = f"{'B' if at == first else 'I'}-{label}"
        free = max(free, last)
    return found, tuple(tags)


def outermost(names: Iterable[Labelled]) -> list[Labelled]:
    """The names that are left when of any two that overlap the longer stays, then the one that begins first."""
    kept: list[Labelled] = []
    for name in sorted(names, key=lambda name: (name[0] - name[1], name)):
        at = bisect_left(kept, name)
        before = at == 0 or kept[at - 1][1] <= name[0]
        after = at == len(kept) or name[1] <= kept[at][0]
        if before and after:
            kept.insert(at, name)
    return kept


# -- sequences of tags -------------------------------------------------------------------------------------------

_TAG = re.compile(r"O|[BIESLU]-\S+")
_PLACES: Mapping[Scheme, str] = {"IOB1": "BIO", "IOB2": "BIO", "IOBES": "BIOES", "BILOU": "BIOLU"}
_AS_IOBES = {"L": "E", "U": "S"}

_Tag = tuple[str, str]
"""A tag in two: B, I, O, E or S, and its label."""

_OUTSIDE: _Tag = ("O", "")


def spans_from_tags(
    tags: Sequence[str],
    words: Sequence[Edges] | None = None,
    scheme: Scheme | None = None,
    repair: bool = False,
) -> tuple[Labelled, ...]:
    """The spans that tags stand for: (first word, last word exclusive, label).

    With the edges of the words, as `iob2` gives them, the spans are in characters of the text instead. A ``scheme``
    that is not said is found: BILOU where a tag is L- or U-, IOBES where one is E- or S-, IOB1 where some tag is
    I- and each B- follows a tag of its own label, otherwise IOB2.

    Raises ValueError, listing every tag that breaks the scheme; with ``repair`` it is read as conlleval reads it:
    what cannot go on a span begins one, and what is no tag is O.
    """
    if scheme not in (None, *get_args(Scheme)):
        raise ValueError(f"there is no scheme {scheme!r}; choose one of {', '.join(get_args(Scheme))}")
    if words is not None and len(words) != len(tags):
        raise ValueError(f"{len(tags)} tags cannot belong to {len(words)} words")
    faults = [] if repair else [*_faults(tags, scheme or detect([tags]))]
    if faults:
        raise ValueError("\n".join(f"tag {at}: {message}" for at, message in faults))
    spans = _decode(tags)
    if words is None:
        return tuple(spans)
    return tuple((words[first][0], words[last - 1][1], label) for first, last, label in spans)


def detect(sequences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme of sequences of tags, as `spans_from_tags` says."""
    pairs = Counter(pair for tags in sequences for pair in pairwise(["O", *tags]))
    places = {tag[:1] for _, tag in pairs}
    if places & set("LU"):
        return "BILOU"
    if places & set("ES"):
        return "IOBES"
    needed = not any(_breaks("IOB1", _split(before), _split(tag)) for before, tag in pairs)
    return "IOB1" if needed and "I" in places else "IOB2"


def _split(tag: str) -> _Tag:
    """A tag in two; what is no tag is O."""
    if tag == "O" or not _TAG.fullmatch(tag):
        return _OUTSIDE
    return _AS_IOBES.get(tag[0], tag[0]), tag[2:]


def _breaks(scheme: Scheme, before: _Tag, tag: _Tag) -> bool:
    """Whether a tag cannot follow the one before it."""
    inside = before[0] in "BI" and before[1] == tag[1]
    if scheme == "IOB1":
        return tag[0] == "B" and not inside
    if scheme == "IOB2":
        return tag[0] == "I" and not inside
    return (tag[0] in "IE") != (before[0] in "BI") or (tag[0] in "IE" and not inside)


def _faults(tags: Sequence[str], scheme: Scheme) -> Iterator[tuple[int, str]]:
    """Each tag that is none of the scheme, or cannot stand where it stands: its position, and why."""
    before = "O"
    for at, tag in enumerate(tags):
        if not _TAG.fullmatch(tag) or tag[0] not in _PLACES[scheme]:
            yield at, f"{quoted(tag)} is no tag of {scheme}"
        elif _breaks(scheme, _split(before), _split(tag)):
            yield at, f"{tag} cannot {f'follow {before}' if at else 'come first'} in {scheme}"
        before = tag
    if scheme in ("IOBES", "BILOU") and _breaks(scheme, _split(before), _OUTSIDE):
        yield len(tags) - 1, f"{before} cannot come last in {scheme}"


def _decode(tags: Sequence[str]) -> list[Labelled]:
    """The spans of tags of any scheme, as conlleval reads them (Tjong Kim Sang, CoNLL-2000)."""
    found: list[Labelled] = []
    begun, kind = -1, ""
    for at, (place, label) in enumerate(map(_split, tags)):
        if begun < 0 or place not in "IE" or label != kind:
            if begun >= 0:
                found.append((begun, at, kind))
            begun, kind = (-1, "") if place == "O" else (at, label)
        if place in "ES":
            found.append((begun, at + 1, kind))
            begun = -1
    if begun >= 0:
        found.append((begun, len(tags), kind))
    return found


# -- scores over words -------------------------------------------------------------------------------------------


def token_counts(
    text: str, predicted: Iterable[Labelled], gold: Iterable[Labelled]
) -> Mapping[str, tuple[int, int, int, int]]:
    """The outermost of the names on both sides of a text, over its words, as seqeval counts them (strict, IOB2).

    For each label: matched of the predicted, predicted, matched of gold, gold. The counts of documents add up to
    seqeval's of the corpus.
    """
    from seqeval.scheme import IOB2, Entities

    mine, yours = (Entities([list(tagged(text, side)[1])], IOB2).entities[0] for side in (predicted, gold))
    labels = [Counter(span.tag for span in spans) for spans in ({*mine} & {*yours}, mine, yours)]
    matched, spoken, asked = labels
    return {label: (matched[label], spoken[label], matched[label], asked[label]) for label in sorted({*spoken, *asked})}


def compute_metrics(label_names: Sequence[str]) -> Callable[[Any], dict[str, float]]:
    """What a Hugging Face ``Trainer`` takes as ``compute_metrics``, for the view ``iob2`` and models of its tags.

    ``label_names``: the tag of each label id, such as ``khabar.load("iob2")["train"].features["tags"].feature.names``.
    The function that it returns takes an ``EvalPrediction`` or a pair: predictions, as logits (batch, length,
    labels) or label ids (batch, length), and label ids (batch, length), -100 where a piece of a word is not to count.
    It gives precision, recall and f1 (micro) and the same by type (``PER_f1``), from 0 to 1, as seqeval's strict mode
    counts IOB2: a span that does not begin with B- is none. What is undefined is 0, as a ``Trainer`` needs.
    """

    def metrics(predicted: Any) -> dict[str, float]:
        import numpy
        from seqeval.metrics.v1 import precision_recall_fscore_support as strict
        from seqeval.scheme import IOB2, Entities

        given = predicted if isinstance(predicted, tuple) else (predicted.predictions, predicted.label_ids)
        # A model that gives more than logits gives them first.
        found, gold = (numpy.asarray(side[0] if isinstance(side, tuple) else side) for side in given[:2])
        ids = found.argmax(axis=-1) if found.ndim == 3 else found
        sides = [
            [[label_names[int(label)] for label in row[counts]] for row, counts in zip(side, gold != -100, strict=True)]
            for side in (gold, ids)
        ]
        types = sorted(set().union(*(Entities(side, IOB2).unique_tags for side in sides)))
        names = ("precision", "recall", "f1")
        overall = strict(*sides, average="micro", scheme=IOB2, zero_division=0)
        scores = {name: float(score) for name, score in zip(names, overall, strict=False)}
        for name, by_type in zip(names, strict(*sides, average=None, scheme=IOB2, zero_division=0), strict=False):
            scores |= {f"{label}_{name}": float(score) for label, score in zip(types, by_type, strict=True)}
        return scores

    return metrics


# -- files of tags -----------------------------------------------------------------------------------------------

SUFFIXES = (".conll", ".iob", ".iob2", ".bio", ".tsv")
"""How the names of files of tags end; others are looked into."""

_DOCUMENT = re.compile(r"#\s*doc_id\s*=\s*(.*?)\s*")
_COMMENT = re.compile(r"#\s*[\w.]+\s*=.*")
_BARE = re.compile(r"[BIOESLU]")
_HEADINGS = {"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags"}
_NO_SPACE = str.maketrans("", "", WHITE_SPACE)
_WIDEST = 32
"""How many words in a row may differ from the text before the rest of a document is given up."""

_UNCHANGED = "Tag the words of `khabar export inputs --words` unchanged, or pass --repair to go by their place."
_AS_CONLLEVAL = "Mend the tags where they are made, or pass --repair to read them as conlleval does."


class Tagged(Struct, frozen=True):
    """What a file of tags says: predictions with ``mentions`` and, as warnings, what was repaired on the way."""

    predictions: tuple[dict[str, Any], ...]
    repaired: tuple[Problem, ...] = ()


class _Row(NamedTuple):
    """A line of a file, the sentence that it belongs to, and what each column holds after the place it begins at."""

    line: int
    sentence: int
    cells: tuple[tuple[int, str], ...]


class _Word(NamedTuple):
    """A word of a file, white space left out, and its tags (column, tag)."""

    line: int
    sentence: int
    column: int
    text: str
    tags: tuple[tuple[int, str], ...]


class _Part(NamedTuple):
    """The lines of one document; of all documents where none is named."""

    doc_id: str | None
    line: int
    rows: list[_Row]


def is_tags(place: str) -> bool:
    """Whether a path is a file of tags: by its suffix, or else by its first line, which ends in a tag."""
    name, path = place.removesuffix(".gz"), Path(place)
    if name.endswith(SUFFIXES):
        return True
    if name.endswith((".json", ".jsonl")) or not path.is_file():
        return False
    with open_bytes(path) as file:
        head = file.read(1 << 16).decode("utf-8-sig", "replace")
    cells = next((row.cells for part in _parts(head) for row in part.rows), ())
    return len(cells) > 1 and _is_tag(cells[-1][1])


def read_tags(
    place: str | Path,
    documents: Iterable[Document],
    *,
    split: str | None = None,
    labels: Collection[str] | None = None,
    nested: bool | None = None,
    scheme: Scheme | None = None,
    repair: bool = False,
) -> Tagged:
    """Read a CoNLL file of tags over the words of documents.

    A line is a word and its tag, in columns that tabs or else spaces part, with up to two columns between them (part
    of speech, chunk). ``nested``: every column after the first holds a tag, one for each type, or just as many as the
    word needs, as Wojood has them; None: that is so where all of them are tags. The first line may name the columns;
    where it names types, tags may be bare B, I and O. A blank line ends a sentence. A line ``# doc_id = …`` says the
    document; without any, the documents come in their order, those of ``split`` where one is chosen.

    ``labels``: what a tag may say; None: anything. Raises Invalid, listing every line that is wrong; with ``repair``
    a word that is not the text's stands for what the text has in its place, and a tag that breaks the scheme is read
    as conlleval reads it.
    """
    run = _Reading(str(place), {document.doc_id: document for document in documents}, labels)
    parts = run.words(_parts(_text(str(place))), nested, scheme)
    if run.problems:
        raise Invalid(run.problems)
    run.check_labels(word for _, words in parts for word in words)
    if any(part.doc_id is not None for part, _ in parts):
        run.by_id(parts)
    else:
        run.in_order([word for _, words in parts for word in words], split)
    if run.problems or (run.broken and not repair):
        raise Invalid([*run.problems, *run.broken])
    repaired = (msgspec.structs.replace(problem, severity="warning") for problem in sorted(run.broken))
    return Tagged(tuple(run.predictions), tuple(repaired))


def _text(path: str) -> str:
    with open_bytes(Path(path)) as file:
        return utf8(path, file.read(), "tags.encoding").removeprefix("\ufeff")


def _parts(text: str) -> list[_Part]:
    """The documents of a file with their lines; the first part is what stands before the first that is named."""
    found = [_Part(None, 1, [])]
    sentence = 0
    for number, content in enumerate(text.split("\n"), 1):
        cells = _cells(content)
        if named := _DOCUMENT.fullmatch(content.strip()):
            sentence += 1
            if named[1] != found[-1].doc_id:
                found.append(_Part(named[1], number, []))
        elif not cells or cells[0][1] == "-DOCSTART-":
            sentence += 1
        elif not (content.startswith("#") and (_COMMENT.fullmatch(content.strip()) or not _is_tag(cells[-1][1]))):
            found[-1].rows.append(_Row(number, sentence, cells))
    return [part for part in found if part.rows or part.doc_id is not None]


def _cells(content: str) -> tuple[tuple[int, str], ...]:
    """The columns of a line, parted by tabs, or else by spaces, each after the place where it begins (1-based)."""
    pattern = r"[^\t]+" if "\t" in content else r"[^ ]+"
    found = ((match.start() + 1, match.group().strip(WHITE_SPACE)) for match in re.finditer(pattern, content))
    return tuple((column, cell) for column, cell in found if cell)


def _is_tag(cell: str) -> bool:
    return bool(_TAG.fullmatch(cell))


def _label(tag: str) -> str:
    return _split(tag)[1] or tag


def _layers(sentence: Sequence[_Word], nested: bool) -> Iterator[list[tuple[int, str]]]:
    """The tags of a sentence, each with its column, as sequences: one, or one for each label where tags nest."""
    if not nested:
        yield [word.tags[0] for word in sentence]
        return
    for kind in sorted({_label(tag) for word in sentence for _, tag in word.tags}):
        own = ([(column, tag) for column, tag in word.tags if _label(tag) == kind] for word in sentence)
        yield [tags[0] if tags else (word.column, "O") for word, tags in zip(sentence, own, strict=True)]


class _Reading:
    """One file on its way to predictions, with what was found wrong: for good, and until it is repaired."""

    def __init__(self, path: str, known: Mapping[str, Document], labels: Collection[str] | None) -> None:
        self.path = path
        self.known = known
        self.labels = labels
        self.nested = False
        self.scheme: Scheme = "IOB2"
        self.problems: list[Problem] = []
        self.broken: list[Problem] = []
        self.predictions: list[dict[str, Any]] = []

    def problem(self, rule: str, at: tuple[int, int], message: str, fix: str) -> None:
        """Something that nothing repairs, at a line and column."""
        self.problems.append(Problem(self.path, *at, f"tags.{rule}", "", message, fix))

    def breach(self, rule: str, at: tuple[int, int], message: str, fix: str) -> None:
        """Something that is repaired on request, at a line and column."""
        self.broken.append(Problem(self.path, *at, f"tags.{rule}", "", message, fix))

    # -- lines ---------------------------------------------------------------------------------------------

    def words(
        self, parts: Sequence[_Part], nested: bool | None, scheme: Scheme | None
    ) -> list[tuple[_Part, list[_Word]]]:
        """The words of each part with their tags, once it is settled how columns and tags are to be read."""
        rows = [row for part in parts for row in part.rows]
        if not parts:
            self.problem("columns", (1, 1), "there is no word here", "Give a word and its tag a line.")
        names = self._heading(rows, nested)
        types = () if not names or names[-1].lower() in _HEADINGS else names
        if nested is None:
            body = rows[1:] if names else rows
            tagged = all(_is_tag(cell) for row in body for _, cell in row.cells[1:])
            nested = bool(types) or (tagged and any(len(row.cells) > 2 for row in body))
        self.nested = nested
        found = []
        for part in parts:
            own = (row for row in part.rows if not names or row is not rows[0])
            found.append((part, [word for row in own for word in self._word(row, types)]))
        sequences = (
            [tag for _, tag in layer]
            for _, words in found
            for _, sentence in groupby(words, lambda word: word.sentence)
            for layer in _layers([*sentence], self.nested)
        )
        self.scheme = scheme or detect(sequences)
        return found

    def _heading(self, rows: Sequence[_Row], nested: bool | None) -> tuple[str, ...]:
        """The names of the columns after the first, where the first line gives them."""
        names = tuple(cell for _, cell in rows[0].cells[1:]) if rows else ()
        if not names or any(map(_is_tag, names)):
            return ()
        after = [cell for _, cell in rows[1].cells[1:]] if len(rows) > 1 and nested is not False else []
        typed = 1 < len(names) == len(after) and all(_is_tag(cell) or _BARE.fullmatch(cell) for cell in after)
        return names if typed or names[-1].lower() in _HEADINGS else ()

    def _word(self, row: _Row, types: Sequence[str]) -> Iterator[_Word]:
        (column, word), *cells = row.cells
        least, most = (len(types), len(types)) if types else (1, len(cells) if self.nested else 3)
        if not least <= len(cells) <= most:
            wanted = f"{least + 1}" if types else "2 or more" if self.nested else "2 to 4"
            fix = "Give a word and its tag a line, parted by a tab."
            self.problem("columns", (row.line, column), f"the line has {len(row.cells)} columns, not {wanted}", fix)
            return
        tags = [cells[-1]]
        if self.nested:
            tags = [
                (at, f"{cell}-{kind}" if kind and _BARE.fullmatch(cell) else cell)
                for (at, cell), kind in zip(cells, types or [""] * len(cells), strict=True)
                if cell != "O"
            ]
            labels = [_label(tag) for _, tag in tags]
            if len(set(labels)) < len(labels):
                message = f"the word {quoted(word)} has two tags of one type"
                self.breach("tag", (row.line, tags[1][0]), message, "Keep one; --repair keeps the first.")
        yield _Word(row.line, row.sentence, column, word.translate(_NO_SPACE), tuple(tags))

    def check_labels(self, words: Iterable[_Word]) -> None:
        """List each label that no tag may have, at its first tag."""
        found: dict[str, list[tuple[int, int]]] = {}
        for word in words:
            for column, tag in word.tags:
                if _is_tag(tag) and tag != "O":
                    found.setdefault(tag[2:], []).append((word.line, column))
        for label, places in found.items():
            if self.labels is not None and label not in self.labels:
                message = f"there is no entities.type {quoted(label)} (tags: {len(places)})"
                self.problem("label", places[0], message, nearest(label, self.labels))

    # -- documents -----------------------------------------------------------------------------------------

    def by_id(self, parts: Sequence[tuple[_Part, list[_Word]]]) -> None:
        """Read documents that are named."""
        seen: set[str | None] = set()
        for part, words in parts:
            if part.doc_id is None and not words:
                continue  # The line that names the columns.
            if part.doc_id is None:
                fix = "Write # doc_id = … before each document, or before none."
                self.problem("document", (part.rows[0].line, 1), "words stand before the first document is named", fix)
            elif part.doc_id in seen:
                self._again(part.doc_id, part.line)
            elif part.doc_id not in self.known:
                message = f"there is no document {quoted(part.doc_id)} in the set"
                self.problem("document", (part.line, 1), message, nearest(part.doc_id, self.known))
            else:
                texts = [word.text for word in words]
                end = self._document(self.known[part.doc_id], words, texts, line=part.line)
                left = [] if end is None else words[end:]
                if left and texts[end:][:_AGAIN] == texts[:_AGAIN]:
                    self._again(part.doc_id, left[0].line)
                else:
                    self._left(left, f"the text of {part.doc_id}")
            seen.add(part.doc_id)

    def _again(self, doc_id: str, line: int) -> None:
        message = f"the document {doc_id} begins a second time"
        self.problem("document", (line, 1), message, "Give each document once, its sentences together.")

    def in_order(self, words: Sequence[_Word], split: str | None) -> None:
        """Read documents that are not named: those of a set, or of a split of it, in order."""
        chosen = [d for d in self.known.values() if split is None or (d.metadata and d.metadata.split == split)]
        if not chosen:
            where = f"the split {split}" if split else "the set"
            self.problem("document", (1, 1), f"{where} has no documents", "Choose another split or set.")
            return
        texts = [word.text for word in words]
        end = 0
        for number, document in enumerate(chosen, 1):
            if end == len(words):
                message = f"the file ends before the document {document.doc_id}"
                self.breach("word", (words[-1].line, 1), message, _UNCHANGED)
                return
            following = "".join(one.text[:_AHEAD] for one in chosen[number : number + 1]).translate(_NO_SPACE)
            reached = self._document(document, words, texts, end, following)
            if reached is None:
                return
            end = reached
        self._left(words[end:], "the last document")

    def _left(self, words: Sequence[_Word], what: str) -> None:
        if words:
            message = f"{what} ends before the word {quoted(words[0].text)} (words left: {len(words)})"
            self.breach("word", (words[0].line, words[0].column), message, _UNCHANGED)

    def _document(
        self,
        document: Document,
        words: Sequence[_Word],
        texts: Sequence[str],
        first: int = 0,
        following: str = "",
        line: int = 1,
    ) -> int | None:
        """Read one document, whose words begin at ``first``; where they end, or None where they cannot be found.

        ``texts`` are the words as strings, ``line`` is where the document begins.
        """
        aligned = _align(texts, first, document.text, following)
        for at, kind, expected in aligned.misses:
            place = (words[at].line, words[at].column) if at < len(words) else (words[-1].line if words else line, 1)
            shown = quoted(expected)
            given = quoted(words[at].text) if at < len(words) else ""
            self.breach("word", place, _MISSES[kind].format(doc=document.doc_id, given=given, text=shown), _UNCHANGED)
        if aligned.lost is not None:
            strange = words[aligned.lost]
            message = f"from the word {quoted(strange.text)} on, this is not the text of {document.doc_id}"
            fix = "Name each document (# doc_id = …), and tag the words of `khabar export inputs --words`."
            self.problem("word", (strange.line, strange.column), message, fix)
            return None
        end = first + len(aligned.places)
        placed = zip(words[first:end], aligned.places, strict=True)
        sentences = ([*pairs] for _, pairs in groupby(placed, lambda pair: pair[0].sentence))
        mentions = dict.fromkeys(mention for pairs in sentences for mention in self._mentions(pairs))
        said = [{"type": label, "start": start, "end": stop} for start, stop, label in mentions]
        self.predictions.append({"doc_id": document.doc_id, "mentions": said})
        return end

    def _mentions(self, sentence: Sequence[tuple[_Word, Edges | None]]) -> Iterator[Labelled]:
        """The mentions of a sentence, in characters of the text."""
        words = [word for word, _ in sentence]
        for layer in _layers(words, self.nested):
            tags = [tag for _, tag in layer]
            for at, message in _faults(tags, self.scheme):
                self.breach("tag", (words[at].line, layer[at][0]), message, _AS_CONLLEVAL)
            for first, last, label in _decode(tags):
                places = [place for _, place in sentence[first:last] if place]
                if places:
                    yield places[0][0], places[-1][1], label


_AHEAD = 200
_AGAIN = 3
_MISSES = {
    "other": "the text of {doc} has {text} here, not {given}",
    "extra": "the text of {doc} has no word {given} here",
    "missing": "the text of {doc} has {text} here, and the file has not",
}


class _Aligned(NamedTuple):
    """Where words stand in a text (None: nowhere), and where they are not the text's.

    ``misses``: the word, how it differs, and what the text has there. ``lost``: the word from which on nothing fits.
    """

    places: list[Edges | None]
    misses: list[tuple[int, Literal["other", "extra", "missing"], str]]
    lost: int | None = None


def _align(given: Sequence[str], first: int, text: str, following: str) -> _Aligned:
    """Bring words, from ``first`` on, to their places in a text, by characters and without white space.

    Where they differ, as few of both are passed over as will let the next two words fit again; what is passed over
    on one side stands for what is on the other, word by word. ``following`` is what comes after the text.
    """
    offsets = [at for at, character in enumerate(text) if character not in WHITE_SPACE]
    packed = "".join(text[at] for at in offsets)
    size, ahead = len(packed), packed + following
    cuts = [*(bisect_left(offsets, start) for start, _ in words(text)), size]

    def span(start: int, end: int) -> Edges:
        return offsets[start], offsets[end - 1] + 1

    def fits(word: int, at: int, may_end: bool) -> bool:
        rest = given[word : word + 2]
        for one in rest:
            if not ahead.startswith(one, at):
                return False
            at += len(one)
        return len(rest) == 2 or at == size or may_end

    def gap(word: int, at: int) -> tuple[int, list[int]] | None:
        """How many words to pass over, and the edges of what the text has instead."""
        after = bisect_right(cuts, at)
        stops = [at, *cuts[after : after + _WIDEST]]
        for wide in range(1, _WIDEST + 1):
            for narrow in range(wide, -1, -1):
                for skipped, pieces in ((narrow, wide), (wide, narrow)):
                    # A file that was the text's so far may end before it: then no two words fit again.
                    may_end = at > 0 and skipped == pieces
                    possible = word + skipped <= len(given) and pieces < len(stops)
                    if possible and fits(word + skipped, stops[pieces], may_end):
                        return skipped, stops[: pieces + 1]
        return None

    found = _Aligned([], [])
    word, at = first, 0
    while at < size and word < len(given):
        if packed.startswith(given[word], at):
            found.places.append(span(at, at + len(given[word])))
            at += len(given[word])
            word += 1
            continue
        passed = gap(word, at)
        if passed is None:
            return found._replace(lost=word)
        skipped, stops = passed
        pieces = [span(*edges) for edges in pairwise(stops)]
        for number in range(word, word + skipped):
            start, end = pieces[min(number - word, len(pieces) - 1)] if pieces else (0, 0)
            if number == word + skipped - 1 and pieces:
                end = pieces[-1][1]
            found.places.append((start, end) if pieces else None)
            if number - word >= len(pieces):
                found.misses.append((number, "extra", ""))
            elif text[start:end].translate(_NO_SPACE) != given[number]:
                found.misses.append((number, "other", text[start:end]))
        if not skipped:
            found.misses.append((word, "missing", text[pieces[0][0] : pieces[-1][1]]))
        word, at = word + skipped, stops[-1]
    if at < size:
        found.misses.append((word, "missing", text[offsets[at] :].rstrip(WHITE_SPACE)))
    return found
