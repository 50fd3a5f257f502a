"""Two passes over the same documents: how far they agree, and how they become gold.

Merging keeps what both passes have and puts every difference into a sheet, for an adjudicator to decide::

    #? 3 a: e13 | LOC | المناطق | "تلك المناطق" : nominal
    #? 3 b: e13 | LOC | المناطق | "المناطق"#2 : nominal
    #! 3 E10 The demonstrative stays outside.
    = b

After ``#! number`` come the rule that decides and the reason; below it what gold has, up to the next blank line:
``= a`` or ``= b`` for what a pass has, a line of one's own, or nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from khabar.align import align_entities
from khabar.corpus import checksum, folder_entry, open_set, read, root_of
from khabar.counts import Counts
from khabar.measures import HEADLINE
from khabar.model import AUTHOR, LAYERS, Document
from khabar.problems import Invalid, Problem, decode, quoted, utf8
from khabar.schemas import Inventory, misshapen, nearest
from khabar.scoring import Row, evaluate, signed
from khabar.sheets import HEADER, WRITERS, Item, canonical, layout, read_sheet
from khabar.uncertainty import Interval

NAMES = ("a", "b")


def open_pass(place: Path) -> tuple[Document, ...]:
    """The documents of a pass: a folder of annotation files within a set, or a set of its own."""
    if place.is_dir() and not (place / "annotations").is_dir():
        root = root_of(place)
        files = sorted(place.glob("*.json"))
        if root is None or not files:
            fix = "Name a folder of annotation files inside a set, such as annotations/passes/a."
            raise Invalid([Problem(str(place), 1, 1, "file", "", "there is no pass here", fix)])
        return tuple(read(folder_entry(root, path)) for path in files)
    return tuple(open_set(place).documents())


def common(first: Sequence[Document], second: Sequence[Document]) -> tuple[tuple[Document, Document], ...]:
    """The documents that both passes have, in the order of their ids. Raises Invalid where there is none."""
    others = {document.doc_id: document for document in second}
    ordered = sorted(first, key=lambda document: document.doc_id)
    pairs = tuple((document, others[document.doc_id]) for document in ordered if document.doc_id in others)
    if not pairs:
        fix = "Name two passes over the same documents."
        raise Invalid([Problem(".", 1, 1, "file", "", "the passes have no document in common", fix)])
    return pairs


class Agreement(Struct, frozen=True):
    """How far two passes agree on a measure, or on one label of it: F1 with its 95 % interval, and the counts."""

    measure: str
    label: str
    f1: float | None
    interval: Interval | None
    counts: Counts


class Agreed(Struct, frozen=True):
    """The agreement of two passes, measure by measure, and the line that says what was compared."""

    rows: tuple[Agreement, ...]
    signature: str


def agree(
    first: Sequence[Document], second: Sequence[Document], labels: Inventory, names: Sequence[str] = NAMES
) -> Agreed:
    """The agreement of two passes by measure and, for the headline measures, label; the second against the first.

    The scorer itself makes the figures, and intervals over documents; None with one document. The signature is that of
    a score, with the ``names`` of the passes and a checksum of each in place of the set.
    """
    ones, twos = zip(*common(first, second), strict=True)
    run = evaluate(ones, twos, labels=labels)
    # As gold, the second pass has a checksum too.
    turned = evaluate(twos, ones, labels=labels, measures=HEADLINE, resamples=0)
    made = run.fields()
    head = {
        "passes": list(names),
        "contents": [made["gold"], turned.fields()["gold"]],
        "inventory": made["inventory"],
        "guidelines": sorted({document.guidelines or "-" for document in (*ones, *twos)}),
    }
    signature = signed(head | {name: made[name] for name in ("docs", "boot", "seed", "khabar")})
    rows = (agreement for row in run.scorecard().rows if row.by_label for agreement in _agreements(row))
    return Agreed(tuple(rows), signature)


def _agreements(row: Row) -> Iterator[Agreement]:
    yield Agreement(row.measure, "", row.score, row.interval, row.counts)
    for label, interval in row.label_intervals.items():
        counts = row.by_label[label]
        yield Agreement(row.measure, label, counts.f1, interval, counts)


# -- merging ---------------------------------------------------------------------------------------------------


class Disagreement(Struct, frozen=True):
    """An item on which two passes differ: its layer, and the line that each has for it, or None."""

    layer: str
    first: str | None
    second: str | None


def merge_sheet(first: Document, second: Document, labels: Inventory, names: Sequence[str] = NAMES) -> str:
    """What both passes have, and what they differ on, as a sheet for the adjudicator."""
    one, two = _one_way(_plain(first), labels), _one_way(_renamed(second, first), labels)
    head = [f"doc_id: {first.doc_id}", f"guidelines: {first.guidelines or '1.0'}", f"annotators: {', '.join(names)}"]
    head += ["adjudicated: yes", *([f"canary: {first.canary}"] if first.canary else [])]
    parts, number = ["\n".join(head)], 0
    for layer in LAYERS:
        agreed, differences = _compare(layer, one, two, first.text, labels)
        parts.append("\n".join([f"# {layer}: {len(agreed)} agreed, {len(differences)} to decide", *agreed]))
        for difference in differences:
            number += 1
            lines = [
                f"#? {number} {name}: {line if line is not None else '-'}"
                for name, line in zip(names, (difference.first, difference.second), strict=True)
            ]
            parts.append("\n".join([*lines, f"#! {number}"]))
    return "\n\n".join(parts) + "\n"


def _plain(document: Document) -> Item:
    return canonical(msgspec.to_builtins(document))


def _one_way(item: Item, labels: Inventory) -> Item:
    """Symmetric relations the same way round on both sides."""
    for relation in item["relations"]:
        if relation["type"] in labels.symmetric:
            relation["head"], relation["tail"] = sorted((relation["head"], relation["tail"]))
    return item


def _renamed(document: Document, like: Document) -> Item:
    """A document's layers with the ids of another one's entities, where they stand for the same."""
    same = align_entities(document.entities, like.entities, soft_issues=True)
    taken = {entity.id for entity in like.entities}
    ids = {AUTHOR: AUTHOR}
    for entity in document.entities:
        ids[entity.id] = same.get(entity.id) or _free(taken)
    item = _plain(document)
    for entity in item["entities"]:
        entity["id"] = ids[entity["id"]]
    for relation in item["relations"]:
        relation |= {role: ids[relation[role]] for role in ("head", "tail")}
    for stance in item["stance"]:
        stance |= {role: ids[stance[role]] for role in ("holder", "target")}
        stance["source"] = ids[stance["source"]] if stance["source"] else None
    return item


def _free(taken: set[str]) -> str:
    number = 1
    while (name := f"e{number}") in taken:
        number += 1
    taken.add(name)
    return name


def _key(layer: str, item: Mapping[str, Any], labels: Inventory) -> tuple[Any, ...]:
    """What makes an item of one pass the same question as an item of the other."""
    if layer == "entities":
        return (item["id"],)
    if layer == "relations":
        arguments = (item["head"], item["tail"])
        return (item["type"], *(sorted(arguments) if item["type"] in labels.symmetric else arguments))
    if layer == "stance":
        return (item["holder"], item["target"])
    return (item["start"],)


def _compare(layer: str, one: Item, two: Item, text: str, labels: Inventory) -> tuple[list[str], list[Disagreement]]:
    write = WRITERS[layer]
    mine = {_key(layer, item, labels): item for item in one[layer]}
    yours = {_key(layer, item, labels): item for item in two[layer]}
    agreed, differences = [], []
    for key in sorted({*mine, *yours}, key=lambda key: _place(layer, mine.get(key) or yours[key])):
        lines = [
            write(item | ({} if layer == "entities" else {"id": _expected(layer)}), 1, text) if item else None
            for item in (mine.get(key), yours.get(key))
        ]
        if lines[0] is not None and lines[0] == lines[1]:
            agreed.append(lines[0])
        else:
            differences.append(Disagreement(layer, lines[0], lines[1]))
    return agreed, differences


def _expected(layer: str) -> str:
    return {"relations": "r1", "stance": "s1", "subsections": "b1"}[layer]


def _place(layer: str, item: Mapping[str, Any]) -> tuple[int, int]:
    if layer == "subsections":
        return item["start"], item["end"]
    quotes = item["mentions"] if layer == "entities" else item["evidence"]
    return min(((q["start"], q["end"]) for q in quotes), default=(0, 0))


class Decision(Struct, frozen=True):
    """What an adjudicator decided on one difference."""

    difference: Disagreement
    rule: str
    reason: str
    gold: str | None


_ASKED = re.compile(r"#\? (\d+) (\S+): (.*)")
_DECIDED = re.compile(r"#! (\d+)(?:\s+([^\s,;:]+)[,;:]?(?:\s+(\S.*))?)?\s*")
_RULE = re.compile(r"(?m)^\*\*([A-Z][0-9]+) · ")


def read_decisions(
    sheet: str, path: str, names: Sequence[str], rules: Collection[str] = ()
) -> tuple[str, tuple[Decision, ...], tuple[Problem, ...]]:
    """A merged sheet, decided: the sheet of gold, the decisions, and what is left undecided or wrong.

    The sheet of gold keeps the lines' numbers. ``rules`` are the ids that a decision may name; any, if there is none.
    """
    asked: dict[str, dict[str, str | None]] = {}
    layer_of: dict[str, str] = {}
    gold: list[str] = []
    decisions: list[Decision] = []
    problems: list[Problem] = []
    layer, rows = "", sheet.split("\n")
    at = 0
    while at < len(rows):
        row = rows[at].rstrip("\r")
        if match := re.match(r"# (\w+): \d+ agreed", row):
            layer = match[1]
        if match := _ASKED.fullmatch(row):
            asked.setdefault(match[1], {})[match[2]] = None if match[3] == "-" else match[3]
            layer_of[match[1]] = layer
            gold.append("")
        elif match := _DECIDED.fullmatch(row):
            number, start = match[1], at
            while at + 1 < len(rows) and rows[at + 1].strip() and not rows[at + 1].startswith("#"):
                at += 1
            chosen = [_chosen(line, asked.get(number, {})) for line in rows[start + 1 : at + 1]]
            gold.extend(["", *(line or "" for line in chosen)])
            if match[2] and rules and match[2] not in rules:
                fix = f"Name one of GUIDELINES.md: {nearest(match[2], rules)}"
                message = f"difference {number} is decided by {quoted(match[2])}, which is no rule"
                problems.append(Problem(path, start + 1, 1, "undecided", "", message, fix))
                asked.pop(number, None)
            elif not match[3] or number not in asked:
                fix = f"Write #! {number} RULE reason, and below it = {names[0]}, = {names[1]}, a line, or nothing."
                problems.append(
                    Problem(path, start + 1, 1, "undecided", "", f"difference {number} is not decided", fix)
                )
                asked.pop(number, None)
            else:
                lines = asked[number]
                difference = Disagreement(layer_of[number], lines.get(names[0]), lines.get(names[1]))
                text = "\n".join(line for line in chosen if line is not None) or None
                decisions.append(Decision(difference, match[2], match[3].strip(), text))
                del asked[number]
        else:
            gold.append(row)
        at += 1
    for number in asked:
        fix = f"Write: #! {number} RULE reason."
        problems.append(Problem(path, 1, 1, "undecided", "", f"difference {number} is not decided", fix))
    return "\n".join(gold), tuple(decisions), tuple(problems)


def _chosen(line: str, passes: Mapping[str, str | None]) -> str | None:
    match = re.fullmatch(r"=\s*(\S+)\s*", line)
    return passes.get(match[1], line) if match else line


def adjudicated(
    sheet: str,
    path: str,
    document: Document,
    labels: Inventory,
    names: Sequence[str] = NAMES,
    rules: Collection[str] = (),
) -> tuple[Item, Item]:
    """Gold and the record of decisions from a decided sheet. Raises Invalid with all that is undecided or wrong."""
    gold_sheet, decisions, problems = read_decisions(sheet, path, names, rules)
    sha256 = document.text_sha256 or checksum(document.text)
    gold, wrong = read_sheet(gold_sheet, path, document.text, sha256, labels)
    if problems or wrong:
        raise Invalid([*problems, *wrong])
    record: Item = {"schema_version": "1.0", "doc_id": document.doc_id, "guidelines": gold["guidelines"]}
    record |= {"passes": list(names)} | ({"canary": gold["canary"]} if "canary" in gold else {})
    record["decisions"] = [
        {
            "layer": decision.difference.layer,
            "item": _named(decision.difference.first or decision.difference.second or decision.gold or ""),
            "passes": dict(zip(names, (decision.difference.first, decision.difference.second), strict=True)),
            "gold": decision.gold,
            "rule": decision.rule,
            "reason": decision.reason,
        }
        for decision in decisions
    ]
    return canonical({name: gold[name] for name in HEADER if name in gold} | gold), record


def _named(line: str) -> str:
    """The head of a line, to name an item by: its first three fields."""
    return " | ".join(part.strip() for part in line.split("|")[:3])


class Step(Struct, frozen=True):
    """What merging one document comes to: files to write and to remove, problems, differences left to decide."""

    writes: tuple[tuple[Path, str], ...] = ()
    removes: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()
    asks: int = 0
    talk: str = ""


def merge(first: Path, second: Path, gold: Path, labels: Inventory) -> Iterator[Step]:
    """Bring two passes together in a folder of gold annotations, document by document.

    A document without a sheet gets one, ``<doc_id>.sheet``; one whose sheet is decided gets its gold and its record
    in ``adjudication/``, and the sheet goes. Gold that is there already is left alone, an empty annotation is not.
    A decision names a rule of the set's GUIDELINES.md, if it has one.
    """
    done = 0
    names = (first.name, second.name)
    root = root_of(first)
    canary = open_set(root).canary if root else None
    guidelines = root / "GUIDELINES.md" if root else None
    rules = []
    if guidelines and guidelines.is_file():
        rules = _RULE.findall(utf8(str(guidelines), guidelines.read_bytes(), "file"))
    for one, two in common(open_pass(first), open_pass(second)):
        if wrong := [*_nameless(first, one), *_nameless(second, two)]:
            raise Invalid(wrong)
        if canary:
            one = msgspec.structs.replace(one, canary=canary)
        sheet, file = gold / f"{one.doc_id}.sheet", gold / f"{one.doc_id}.json"
        if sheet.is_file():
            try:
                decided = utf8(str(sheet), sheet.read_bytes(), "sheet.encoding").removeprefix("\ufeff")
                item, record = adjudicated(decided, str(sheet), one, labels, names, rules)
            except Invalid as error:
                yield Step(problems=error.problems)
                continue
            record_file = gold / "adjudication" / file.name
            yield Step(writes=((file, layout(item)), (record_file, layout(record))), removes=(sheet,))
        elif file.is_file() and _says_something(file):
            done += 1
        else:
            text = merge_sheet(one, two, labels, names)
            asks = text.count("\n#! ")
            talk = f"{sheet}: {asks} differences to decide; then run the same command again"
            yield Step(writes=((sheet, text),), asks=asks, talk=talk)
    if done:
        yield Step(talk=f"{done} with gold already: left alone")


def _nameless(place: Path, document: Document) -> Iterator[Problem]:
    """Entities of a pass without a name: a sheet calls each by its own."""
    for entity in document.entities:
        if entity.name is None:
            message = f"the entity {quoted(entity.id)} of {document.doc_id} has no name"
            yield Problem(str(place), 1, 1, "schema", "", message, "Run `khabar check` on the pass.")


def _says_something(file: Path) -> bool:
    """Whether an annotation has anything in it; `khabar new` leaves one that has not."""
    _, value, problems = decode(str(file), file.read_bytes())
    if problems:
        raise Invalid(problems)
    return not isinstance(value, dict) or any(value.get(layer) for layer in LAYERS)


def rules_of(place: Path, documents: Sequence[Document]) -> dict[str, int]:
    """How many differences each rule of the guidelines decided for these documents, where records are kept."""
    root = root_of(place)
    folder = root / "annotations" / "adjudication" if root else place
    files = [folder / f"{document.doc_id}.json" for document in documents]
    return by_rule(_record(path) for path in files if path.is_file())


def _record(path: Path) -> Mapping[str, Any]:
    """A record of decisions. Raises Invalid, listing everything that is wrong with it."""
    source, value, problems = decode(str(path), path.read_bytes())
    wrong = problems or [*misshapen("adjudication", str(path), source, value)]
    if wrong or not isinstance(value, dict):
        raise Invalid(wrong)
    return value


def by_rule(records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many differences each rule decided, over adjudication records, most first."""
    found: dict[str, int] = {}
    for record in records:
        for decision in record["decisions"]:
            found[decision["rule"]] = found.get(decision["rule"], 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
