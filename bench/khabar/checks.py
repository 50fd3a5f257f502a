"""Everything that a JSON Schema cannot say about a set of documents, as a table of rules.

A rule is a function from what is being checked to its findings. `check` runs every rule and returns every
problem; it never prints and never stops at the first.
"""

import json
import re
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import regex
from msgspec import Struct

from khabar.corpus import CANARY, DocumentSet, Entry, checksum, folder_entry, open_set, root_of, withheld
from khabar.model import AUTHOR, ISSUE, WHITE_SPACE, Edges, paragraphs
from khabar.problems import DIRECTION_MARKS, Invalid, Pointer, Problem, decode, in_json, line_and_column, quoted, utf8
from khabar.quotes import alike_fix, whole_word, word_around
from khabar.schemas import Inventory, data_folder, misshapen

Where = Literal["annotation", "metadata", "text"]


_ADJUDICATED = re.compile(rb'"adjudicated":\s*true')


class Finding(Struct, frozen=True):
    """One thing that a rule found: in which file, where in it (a pointer; an offset for the text), what, what to do."""

    where: Where
    at: Pointer
    message: str
    fix: str


class Draft(Struct, frozen=True, eq=False, dict=True):
    """One document as it is stored, its JSON as its schema wants it; the rules look at this.

    ``text`` is None where it is missing or unreadable, ``metadata`` where there is none.
    """

    entry: Entry
    annotation: Mapping[str, Any]
    metadata: Mapping[str, Any] | None
    text: str | None
    labels: Inventory
    ours: bool

    @property
    def path(self) -> Path:
        """The annotation's file."""
        return self.entry.path

    @cached_property
    def source(self) -> str:
        """The annotation's JSON, or the line that holds it."""
        return self.entry.raw.decode("utf-8")

    @property
    def is_pass(self) -> bool:
        """Whether this is an annotator's pass, not gold."""
        return self.path.parent.parent.name == "passes"

    @cached_property
    def is_kept(self) -> bool:
        """Whether this is a pass that gold has been made from."""
        gold = self.path.parent.parent.parent / self.path.name
        return self.is_pass and gold.is_file() and bool(_ADJUDICATED.search(gold.read_bytes()))

    @cached_property
    def entities(self) -> Mapping[str, Mapping[str, Any]]:
        """The entities by id."""
        return {entity["id"]: entity for entity in self.annotation["entities"]}

    @cached_property
    def mentions(self) -> tuple[tuple[Pointer, Mapping[str, Any], Mapping[str, Any]], ...]:
        """Every mention: where it stands, its entity, itself."""
        return tuple(
            (("entities", i, "mentions", j), entity, mention)
            for i, entity in enumerate(self.annotation["entities"])
            for j, mention in enumerate(entity["mentions"])
        )

    @cached_property
    def quotes(self) -> tuple[tuple[Pointer, Mapping[str, Any]], ...]:
        """Every span that repeats its text: mentions, evidence, headings."""
        evidence = (
            ((layer, i, "evidence", j), span)
            for layer in ("relations", "stance")
            for i, item in enumerate(self.annotation[layer])
            for j, span in enumerate(item["evidence"])
        )
        sections = enumerate(self.annotation["subsections"])
        headings = ((("subsections", i, "heading"), s["heading"]) for i, s in sections if s["heading"])
        return (*((at, mention) for at, _, mention in self.mentions), *evidence, *headings)

    @cached_property
    def sound(self) -> frozenset[Edges]:
        """The edges of quotes that are where they say; the rules about edges look only at these."""
        text = self.text or ""
        return frozenset(
            (quote["start"], quote["end"])
            for _, quote in self.quotes
            if quote["start"] < quote["end"] and text[quote["start"] : quote["end"]] == quote["text"]
        )

    @cached_property
    def sections(self) -> tuple[tuple[int, Mapping[str, Any]], ...]:
        """The sections that are spans of the text, in the page's order, with their positions in the file."""
        length = len(self.text or "")
        real = [(i, s) for i, s in enumerate(self.annotation["subsections"]) if s["start"] < s["end"] <= length]
        return tuple(sorted(real, key=lambda found: (found[1]["start"], found[1]["end"])))


class Rule(Struct, frozen=True):
    """A row of the table: a stable id, what holds, and the function that finds where it does not.

    Rules without a function are kept where files are read: there is no document yet to look at. A pass is kept
    as it was made, so rules of ``gold_only``, which may have been decided after it, are not for it; while its
    document has no adjudicated gold, what breaks them is a warning.
    """

    id: str
    about: str
    find: Callable[[Draft], Iterable[Finding]] | None = None
    find_in_set: Callable[[list[Draft]], Iterable[tuple[Draft, Finding]]] | None = None
    ours_only: bool = False
    gold_only: bool = False


def _bad(at: Pointer, message: str, fix: str) -> Finding:
    return Finding("annotation", at, message, fix)


# -- text ----------------------------------------------------------------------------------------------------


def _text_nfc(draft: Draft) -> Iterator[Finding]:
    text = draft.text or ""
    normal = unicodedata.normalize("NFC", text)
    if normal != text:
        place = next((i for i, (a, b) in enumerate(zip(text, normal, strict=False)) if a != b), len(normal))
        message = f"U+{ord(text[place]):04X} here is not in Unicode's normal form C"
        yield Finding("text", (place,), message, "Save the text in NFC, then count its offsets and checksum anew.")


def _text_line_ends(draft: Draft) -> Iterator[Finding]:
    if "\r" in (text := draft.text or ""):
        message = f"{text.count(chr(13))} carriage returns; lines end in LF alone"
        yield Finding("text", (text.index("\r"),), message, "Save the text with LF line ends.")


def _text_bidi(draft: Draft) -> Iterator[Finding]:
    for match in DIRECTION_MARKS.finditer(draft.text or ""):
        message = f"the invisible direction mark U+{ord(match[0]):04X} stands here"
        yield Finding("text", (match.start(),), message, "Take it out; the page's direction needs no marks.")


def _text_mark(draft: Draft) -> Iterator[Finding]:
    if (draft.text or "").startswith("\ufeff"):
        yield Finding("text", (0,), "the text begins with a byte order mark", "Save it as UTF-8 without one.")


def _text_checksum(draft: Draft) -> Iterator[Finding]:
    if draft.text is None:
        return
    found = checksum(draft.text)
    for where, data in _both(draft):
        if data["text_sha256"] != found:
            message = f"the text's checksum is {found}"
            fix = "A released text never changes: restore it. If it is new, write its checksum here."
            yield Finding(where, ("text_sha256",), message, fix)


def _both(draft: Draft) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    yield "annotation", draft.annotation
    if draft.metadata is not None:
        yield "metadata", draft.metadata


def _text_length(draft: Draft) -> Iterator[Finding]:
    if draft.text is not None and draft.metadata and draft.metadata["codepoints"] != len(draft.text):
        message = f"the text has {len(draft.text)} code points, not {draft.metadata['codepoints']}"
        yield Finding("metadata", ("codepoints",), message, f"Write {len(draft.text)}.")


# -- files ---------------------------------------------------------------------------------------------------


def _doc_id(draft: Draft) -> Iterator[Finding]:
    own = draft.annotation["doc_id"]
    name = draft.path.stem if draft.entry.metadata_path else own
    if own != name:
        yield _bad(("doc_id",), f"the file is named {name}, the document {own}", "Make both the same.")
    if draft.metadata and draft.metadata["doc_id"] != own:
        yield Finding("metadata", ("doc_id",), f"the annotation's document is {own}", "Make both the same.")


def _missing(draft: Draft) -> Iterator[Finding]:
    doc_id = draft.annotation["doc_id"]
    if draft.text is None and not (draft.entry.text is not None or draft.annotation.get("text") is not None):
        fix = f"Add corpus/{doc_id}.txt, or put it into the folder that KHABAR_TEXTS names."
        yield _bad((), "the document's text is missing", fix)
    if draft.entry.metadata_path and draft.entry.metadata is None:
        yield _bad((), "the document's metadata is missing", f"Add corpus/{doc_id}.json.")


def _passes(draft: Draft) -> Iterator[Finding]:
    folder = draft.path.parent / "passes"
    if draft.entry.metadata_path and draft.annotation["adjudicated"] and draft.path.parent.name == "annotations":
        for position, name in enumerate(draft.annotation["annotators"]):
            if not (folder / name / draft.path.name).is_file():
                message = f"the pass {name} is not among annotations/passes"
                yield _bad(("annotators", position), message, f"Add annotations/passes/{name}/{draft.path.name}.")


def _guidelines(draft: Draft) -> Iterator[Finding]:
    if draft.metadata and draft.metadata["guidelines"] != draft.annotation["guidelines"]:
        message = f"the metadata says guidelines {draft.metadata['guidelines']}"
        yield _bad(("guidelines",), message, "Write the version that the document was annotated by in both.")


def _one_guidelines(drafts: list[Draft]) -> Iterator[tuple[Draft, Finding]]:
    common, count = Counter(draft.annotation["guidelines"] for draft in drafts).most_common(1)[0]
    for draft in drafts:
        if (own := draft.annotation["guidelines"]) != common:
            message = f"guidelines {own}, where {count} documents of the set have {common}"
            yield draft, _bad(("guidelines",), message, "A release has one version: annotate anew by it, or wait.")


def _once(drafts: list[Draft]) -> Iterator[tuple[Draft, Finding]]:
    first: dict[str, Draft] = {}
    for draft in drafts:
        own = draft.annotation["doc_id"]
        if own in first:
            message = f"{own} stands already on line {first[own].entry.line}"
            yield draft, _bad(("doc_id",), message, "Keep one of the two.")
        first.setdefault(own, draft)


def _same_text(drafts: list[Draft]) -> Iterator[tuple[Draft, Finding]]:
    first: dict[str, str] = {}
    for draft in drafts:
        digest, own = draft.annotation["text_sha256"], draft.annotation["doc_id"]
        if first.setdefault(digest, own) != own:
            message = f"the document {first[digest]} has the same text"
            yield draft, _bad(("text_sha256",), message, "A text is annotated once: keep one of the two.")


def _canary(draft: Draft) -> Iterator[Finding]:
    for where, data in _both(draft):
        if data.get("canary") != CANARY:
            yield Finding(where, ("canary",), "the canary string is missing or another", f"Write {CANARY}")


# -- spans ---------------------------------------------------------------------------------------------------


def _span_bounds(draft: Draft) -> Iterator[Finding]:
    length = None if draft.text is None else len(draft.text)
    sections = ((("subsections", i), section) for i, section in enumerate(draft.annotation["subsections"]))
    places: Iterable[tuple[Pointer, Mapping[str, Any]]] = (*draft.quotes, *sections)
    for at, span in places:
        if span["start"] >= span["end"]:
            yield _bad(at, f"the span {span['start']}..{span['end']} is empty or reversed", "end lies after start.")
        elif length is not None and span["end"] > length:
            message = f"the span {span['start']}..{span['end']} leaves the text of {length} code points"
            yield _bad(at, message, "Count code points from 0; end is exclusive.")


def _span_text(draft: Draft) -> Iterator[Finding]:
    text = draft.text
    if text is None:
        return
    for at, quote in draft.quotes:
        start, end = quote["start"], quote["end"]
        if start < end <= len(text) and text[start:end] != quote["text"]:
            message = f"the text at {start}..{end} is {quoted(text[start:end])}, not {quoted(quote['text'])}"
            yield _bad((*at, "text"), message, _places(text, quote["text"]))


def _places(text: str, quote: str) -> str:
    places = [match.start() for match in re.finditer(f"(?={re.escape(quote)})", text)]
    if not places:
        return alike_fix(text, quote) or "These words stand nowhere in the text: copy them from it, letter for letter."
    return f"They stand at {', '.join(f'{p}..{p + len(quote)}' for p in places[:5])}."


_PARTNERS = {"«": "»", "(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "﴾": "﴿"}
_CLOSING = {closing: opening for opening, closing in _PARTNERS.items()}
_POINTS = ".,،؛;:؟?!…"


def _edged(draft: Draft) -> Iterator[tuple[Pointer, int, int, str]]:
    """Mentions and headings that are where they say: the spans whose edges are ruled."""
    for at, quote in draft.quotes:
        if "evidence" not in at and (quote["start"], quote["end"]) in draft.sound:
            yield at, quote["start"], quote["end"], quote["text"]


# «هـ», the sign of the Hijri era, is written with a tatweel that is no stretching.
_HIJRI = re.compile(r"(?:^|[\d\s])هـ$")


def _span_edge(draft: Draft) -> Iterator[Finding]:
    for at, _, _, text in _edged(draft):
        for side, character in (("begins", text[0]), ("ends", text[-1])):
            if character in WHITE_SPACE or (character == "\u0640" and not _HIJRI.search(text)):
                name = "white space" if character in WHITE_SPACE else "tatweel"
                yield _bad((*at, "text"), f"the span {side} with {name}", "Leave it outside.")
        for side, character in (("begins", text[0]), ("ends", text[-1])):
            alone = (
                (character in _PARTNERS and _PARTNERS[character] not in text[1:])
                or (character in _CLOSING and _CLOSING[character] not in text[:-1])
                or (character == '"' and text.count('"') % 2)
            )
            if alone:
                message = f"the span {side} with {quoted(character)}, whose partner is not inside"
                yield _bad((*at, "text"), message, "Leave it outside, or take both in.")
            elif "heading" not in at and character in _POINTS and len(text) > 1 and side == "ends":
                yield _bad((*at, "text"), f"the span ends with {quoted(character)}", "Leave punctuation outside.")
            elif "heading" not in at and character in _POINTS and side == "begins":
                yield _bad((*at, "text"), f"the span begins with {quoted(character)}", "Leave punctuation outside.")


def _plain_edge(text: str, place: int) -> bool:
    """Whether a place plainly is an edge of characters, so that one need not look closer."""
    return place in (0, len(text)) or (text[place - 1] != "\u200d" and (text[place].isalnum() or text[place].isspace()))


def _span_grapheme(draft: Draft) -> Iterator[Finding]:
    text = draft.text or ""
    for at, start, end, _ in _edged(draft):
        if all(_plain_edge(text, place) for place in (start, end)):
            continue
        around = text[max(0, start - 8) : end + 8]
        edges = {max(0, start - 8) + match.start() for match in regex.finditer(r"\X", around)} | {len(text)}
        for name, place in (("start", start), ("end", end)):
            if place not in edges and place not in (0, len(text)):
                message = f"{name} {place} cuts a character from a mark that belongs to it"
                yield _bad((*at, name), message, f"Move it past U+{ord(text[place]):04X}.")


def _span_word(draft: Draft) -> Iterator[Finding]:
    text = draft.text or ""
    for at, _, mention in draft.mentions:
        start, end = mention["start"], mention["end"]
        if (start, end) not in draft.sound or mention["form"] == "pronoun" or whole_word(text, start, end):
            continue
        first, last = word_around(text, start, end)
        message = f"the mention cuts the word {quoted(text[first:last])}"
        yield _bad((*at, "text"), message, "Take the whole word; only proclitics (و ف ب ك ل س) stay outside.")


_PROCLITIC = re.compile(r"(?:[وف][بكلس]?|[بكلس])")


def _span_proclitic(draft: Draft) -> Iterator[Finding]:
    """A proclitic is known for one when the rest is what the entity is called elsewhere."""
    called = {id_: {e["name"], *(m["text"] for m in e["mentions"])} for id_, e in draft.entities.items()}
    for at, entity, mention in draft.mentions:
        text = mention["text"]
        known = called[entity["id"]]
        cut = _PROCLITIC.match(text)
        rests = {text[1:], text[cut.end() :]} if cut else set()
        article = f"ال{text[2:]}" if text.startswith("لل") else ""
        if rests & known:
            message = f"{quoted(text)} begins with a proclitic: elsewhere it is {quoted(next(iter(rests & known)))}"
            yield _bad((*at, "text"), message, "Begin the span after the proclitic.")
        elif article and article in known:
            message = f"{quoted(text)} begins with the preposition ل; the name is {quoted(article)}"
            yield _bad((*at, "text"), message, "Begin the span at the second ل.")


def _span_repeated(draft: Draft) -> Iterator[Finding]:
    first: dict[tuple[str, int, int], str] = {}
    for at, entity, mention in draft.mentions:
        key = (entity["type"], mention["start"], mention["end"])
        if key in first:
            same = first[key] == entity["id"]
            twice = (
                f"stands twice in {first[key]}" if same else f"is already a mention of {first[key]}, of the same type"
            )
            fix = "Take one of the two out." if same else "A span stands once in a type: choose the entity."
            yield _bad(at, f"{quoted(mention['text'])} {twice}", fix)
        first.setdefault(key, entity["id"])


# -- entities, relations, stance -----------------------------------------------------------------------------


def _ids(draft: Draft) -> Iterator[Finding]:
    for layer in ("entities", "relations", "stance", "subsections"):
        seen: set[str] = set()
        for position, item in enumerate(draft.annotation[layer]):
            if item["id"] in seen:
                message = f"the id {item['id']} stands twice in {layer}"
                yield _bad((layer, position, "id"), message, "Give each item an id of its own.")
            seen.add(item["id"])


def _references(draft: Draft) -> Iterator[Finding]:
    named = {"relations": ("head", "tail"), "stance": ("holder", "target", "source")}
    for layer, roles in named.items():
        for position, item in enumerate(draft.annotation[layer]):
            for role in roles:
                known = draft.entities.keys() | ({AUTHOR} if role in ("holder", "source") else set())
                if item[role] is not None and item[role] not in known:
                    fix = "Name an entity of the file by its id."
                    yield _bad((layer, position, role), f"there is no entity {quoted(item[role])} in this file", fix)


def _type_of(draft: Draft, entity_id: str) -> str | None:
    entity = draft.entities.get(entity_id)
    return entity["type"] if entity else None


def _domain(draft: Draft, role: Literal["head", "tail"]) -> Iterator[Finding]:
    for position, relation in enumerate(draft.annotation["relations"]):
        label = draft.labels.relations.get(relation["type"])
        kind = _type_of(draft, relation[role])
        if label is None or kind is None:
            continue
        allowed = label.domain if role == "head" else label.range
        if allowed and kind not in allowed:
            message = f"the {role} of {label.label} is of type {kind}"
            fix = f"It takes {', '.join(allowed)}: check the direction, the relation's type and the entity's type."
            yield _bad(("relations", position, role), message, fix)


def _relation_domain(draft: Draft) -> Iterator[Finding]:
    return _domain(draft, "head")


def _relation_range(draft: Draft) -> Iterator[Finding]:
    return _domain(draft, "tail")


def _relation_self(draft: Draft) -> Iterator[Finding]:
    for position, relation in enumerate(draft.annotation["relations"]):
        if relation["head"] == relation["tail"]:
            yield _bad(("relations", position), "head and tail are the same entity", "A relation joins two.")


def _relation_repeated(draft: Draft) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], str] = {}
    for position, relation in enumerate(draft.annotation["relations"]):
        key = (relation["type"], relation["head"], relation["tail"])
        if key in seen:
            message = f"{seen[key]} already says {' '.join(key)}"
            yield _bad(("relations", position), message, "Keep one, with the evidence of both.")
        seen.setdefault(key, relation["id"])


def _relation_symmetric(draft: Draft) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], str] = {}
    for position, relation in enumerate(draft.annotation["relations"]):
        kind, head, tail = relation["type"], relation["head"], relation["tail"]
        if kind in draft.labels.symmetric and head != tail:
            if (kind, tail, head) in seen:
                message = f"{kind} is symmetric, and {seen[kind, tail, head]} says it the other way round"
                yield _bad(("relations", position), message, "Keep one of the two, with the evidence of both.")
            seen.setdefault((kind, head, tail), relation["id"])


def _relation_implied(draft: Draft) -> Iterator[Finding]:
    said = {(r["type"], r["head"], r["tail"]): r["id"] for r in draft.annotation["relations"]}
    for position, relation in enumerate(draft.annotation["relations"]):
        for narrower in draft.labels.relation_types:
            key = (narrower.label, relation["head"], relation["tail"])
            if relation["type"] in narrower.implies and key in said:
                message = f"{said[key]} says {narrower.label}, which implies {relation['type']}"
                yield _bad(("relations", position), message, "Mark the narrowest relation alone.")


def _relation_evidence(draft: Draft) -> Iterator[Finding]:
    for position, relation in enumerate(draft.annotation["relations"]):
        spans = [(span["start"], span["end"]) for span in relation["evidence"]]
        for role in ("head", "tail"):
            entity = draft.entities.get(relation[role])
            if entity and not any(
                start <= mention["start"] and mention["end"] <= end
                for mention in entity["mentions"]
                for start, end in spans
            ):
                message = f"the evidence holds no mention of its {role} {relation[role]} {quoted(entity['name'])}"
                fix = "Evidence is the smallest run of clauses that holds both arguments and the trigger."
                yield _bad(("relations", position, "evidence"), message, fix)


def _stories_of(draft: Draft, spans: Iterable[Mapping[str, Any]]) -> set[int]:
    return {
        section["story"]
        for span in spans
        for _, section in draft.sections
        if section["start"] < span["end"] and span["start"] < section["end"]
    }


def _relation_story(draft: Draft) -> Iterator[Finding]:
    for position, relation in enumerate(draft.annotation["relations"]):
        stories = _stories_of(draft, relation["evidence"])
        if len(stories) > 1 and not any(len(_stories_of(draft, [span])) == 1 for span in relation["evidence"]):
            message = f"the evidence spans the stories {', '.join(map(str, sorted(stories)))}"
            yield _bad(("relations", position, "evidence"), message, "A relation is stated within one story.")
            continue
        both = [
            _stories_of(draft, draft.entities.get(relation[role], {}).get("mentions", ())) for role in ("head", "tail")
        ]
        if all(both) and not both[0] & both[1]:
            message = "head and tail are mentioned in different stories of the page"
            yield _bad(("relations", position), message, "A relation never runs across stories: take it out.")


def _issue_target(draft: Draft) -> Iterator[Finding]:
    fix = "An ISSUE is only what a stance is on."
    for layer, roles in {"relations": ("head", "tail"), "stance": ("holder", "source")}.items():
        for position, item in enumerate(draft.annotation[layer]):
            for role in roles:
                if item[role] and _type_of(draft, item[role]) == ISSUE:
                    yield _bad((layer, position, role), f"{item[role]} is an ISSUE", fix)
    targets = {stance["target"] for stance in draft.annotation["stance"]}
    for position, entity in enumerate(draft.annotation["entities"]):
        if entity["type"] == ISSUE and entity["id"] not in targets:
            yield _bad(("entities", position), f"no stance is on the ISSUE {quoted(entity['name'])}", fix)


def _stance_repeated(draft: Draft) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for position, stance in enumerate(draft.annotation["stance"]):
        key = (stance["holder"], stance["target"])
        if key in seen:
            message = f"{seen[key]} is already the stance of {key[0]} on {key[1]}"
            yield _bad(("stance", position), message, "Keep the one that the text gives as current.")
        seen.setdefault(key, stance["id"])


def _stance_self(draft: Draft) -> Iterator[Finding]:
    for position, stance in enumerate(draft.annotation["stance"]):
        if stance["holder"] == stance["target"]:
            yield _bad(("stance", position), "holder and target are the same entity", "A stance is on something else.")
        if stance["source"] == stance["holder"]:
            fix = "Write null: source is whom the text cites when that is somebody else."
            yield _bad(("stance", position, "source"), "source and holder are the same entity", fix)


# ISO 8601-1 and, for seasons (21 to 24) and unspecified digits (X), ISO 8601-2.
_MONTH, _MONTH_DAY = "(?:0[1-9]|1[0-2]|[01]X|XX)", "(?:0[1-9]|[12][0-9]|3[01]|[0-3]X|XX)"
_DAY = rf"-?[0-9X]{{4}}(?:-{_MONTH}(?:-{_MONTH_DAY})?|-2[1-4]|-W[0-5X][0-9X](?:-[1-7X])?)?"
_CLOCK = r"T(?:[01X][0-9X]|2[0-4X])(?::[0-5X][0-9X]){0,2}(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)?"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_LENGTH = "P(?=[0-9T])" + "".join(f"(?:{_NUMBER}{unit})?" for unit in "YMWD")
_LENGTH += "(?:T(?=[0-9])" + "".join(f"(?:{_NUMBER}{unit})?" for unit in "HMS") + ")?"
_AMOUNT = rf"-?{_NUMBER}(?:-{_NUMBER})?"
_VALUES: Mapping[str, tuple[str, str]] = {
    "DATE": (
        rf"{_DAY}(?:/(?:{_DAY}|\.\.))?|\.\./{_DAY}|{_LENGTH}",
        "Write ISO 8601, a digit that is not known as X: 2025-06-18, XXXX-10-16, 199X, 2022/2023, P27Y, 2024-22.",
    ),
    "TIME": (
        rf"(?:{_DAY})?{_CLOCK}(?:/(?:{_DAY})?{_CLOCK})?|{_LENGTH}",
        "Write ISO 8601, a digit that is not known as X: T15:00, XXXX-10-15T09:00, 2025-11-14TXX, PT12M.",
    ),
    "MONEY": (rf"{_AMOUNT} [^\s\d]\S*(?: \S+)*", "Write figures, a space and the unit: 1300000 درهم."),
    "PERCENT": (f"{_AMOUNT}%", "Write figures and %: 15%, 8-21%."),
    "QUANTITY": (rf"{_AMOUNT} [^\s\d]\S*(?: \S+)*", "Write figures, a space and the unit: 6.5 كيلومتر."),
}
"""The types that have a value, each with the form of it and what to do where it has another."""


def _entity_value(draft: Draft) -> Iterator[Finding]:
    for position, entity in enumerate(draft.annotation["entities"]):
        if "value" in entity and entity["type"] not in _VALUES:
            message = f"a {entity['type']} has no value"
            yield _bad(("entities", position, "value"), message, f"Only {', '.join(_VALUES)} have one.")


def _value_form(draft: Draft) -> Iterator[Finding]:
    for position, entity in enumerate(draft.annotation["entities"]):
        form, fix = _VALUES.get(entity["type"], (".*", ""))
        value = entity.get("value")
        if value is not None and not (re.fullmatch(form, value, re.DOTALL) and _real_days(value)):
            message = f"{quoted(value)} is no value of a {entity['type']}"
            yield _bad(("entities", position, "value"), message, fix)


def _real_days(value: str) -> bool:
    """Whether every whole date in a value is a day of the calendar; a year that is not known may be a leap year."""
    for year, month, day in re.findall(r"([0-9X]{4})-([0-9]{2})-([0-9]{2})", value):
        last = monthrange(int(year) if year.isdigit() and int(year) else 2000, int(month))[1]
        if int(day) > last:
            return False
    return True


# -- subsections ---------------------------------------------------------------------------------------------


def _section_tiling(draft: Draft) -> Iterator[Finding]:
    if draft.text is None:
        return
    last: Mapping[str, Any] | None = None
    for position, section in draft.sections:
        if last and section["start"] < last["end"]:
            message = f"the section {section['id']} overlaps {last['id']}"
            yield _bad(("subsections", position), message, "Each line is in just one section.")
        last = section if last is None or section["end"] > last["end"] else last
    spans = [(section["start"], section["end"]) for _, section in draft.sections]
    reached = 0
    for start, end in paragraphs(draft.text):
        while reached < len(spans) and spans[reached][1] <= start:
            reached += 1
        if not any(span[0] < end and start < span[1] for span in spans[max(0, reached - 1) : reached + 2]):
            line, _ = line_and_column(draft.text, start)
            message = f"line {line} of the text is in no section: {quoted(draft.text[start : min(end, start + 40)])}"
            yield _bad(("subsections",), message, "Add a section, or let one reach to it.")


def _section_edge(draft: Draft) -> Iterator[Finding]:
    edges = tuple(paragraphs(draft.text or ""))
    starts, ends = {start for start, _ in edges}, {end for _, end in edges}
    for position, section in draft.sections:
        for name, places in (("start", starts), ("end", ends)):
            if section[name] not in places:
                near = min(places, key=lambda place, at=section[name]: abs(place - at), default=0)  # type: ignore[misc]
                message = f"{name} {section[name]} is not at the edge of a line"
                fix = f"Sections begin and end with whole lines, white space aside; {near} is nearest."
                yield _bad(("subsections", position, name), message, fix)


def _section_heading(draft: Draft) -> Iterator[Finding]:
    text = draft.text or ""
    for position, section in draft.sections:
        heading = section["heading"]
        if not heading or heading["start"] >= heading["end"]:
            continue
        at: Pointer = ("subsections", position, "heading")
        if not section["start"] <= heading["start"] < heading["end"] <= section["end"]:
            yield _bad(at, "the heading lies outside its section", "A heading belongs to the section that it begins.")
        elif text[section["start"] : heading["start"]].strip(WHITE_SPACE):
            yield _bad(at, "something stands before the heading in its section", "A heading starts its section.")


_FUNCTIONAL = ("lead", "body", "box")


def _section_function(draft: Draft) -> Iterator[Finding]:
    for position, section in enumerate(draft.annotation["subsections"]):
        if (section["function"] is None) == (section["kind"] in _FUNCTIONAL):
            wrong = "has no function" if section["function"] is None else "has a function"
            fix = f"{', '.join(_FUNCTIONAL)} have one, the other kinds null."
            yield _bad(("subsections", position, "function"), f"this {section['kind']} {wrong}", fix)


def _section_stories(draft: Draft) -> Iterator[Finding]:
    """Stories are numbered in the page's order and each stands in one piece; the metadata says how many."""
    highest = 0
    for position, section in draft.sections:
        story = section["story"]
        if story not in (highest, highest + 1):
            message = f"story {story} follows story {highest}"
            fix = "Number stories from 1 as they come; page furniture belongs to the story before it."
            yield _bad(("subsections", position, "story"), message, fix)
        highest = max(highest, story)
    if draft.metadata and draft.sections and draft.metadata["stories"] != highest:
        message = f"the sections have {highest} stories, the metadata says {draft.metadata['stories']}"
        yield Finding("metadata", ("stories",), message, f"Write {highest}, or number the sections' stories anew.")


# -- the table -----------------------------------------------------------------------------------------------

RULES: tuple[Rule, ...] = (
    Rule("file.missing", "a document has its text, its metadata and its annotation", _missing),
    Rule("json.syntax", "a file is JSON in UTF-8, and no property stands twice"),
    Rule("schema", "a file is as its JSON Schema says, its labels the inventory's"),
    Rule("text.encoding", "a text is UTF-8"),
    Rule("text.mark", "a text has no byte order mark", _text_mark),
    Rule("text.nfc", "a text is in Unicode normal form C (a warning in others' sets)", _text_nfc),
    Rule("text.line-ends", "a text's lines end in LF", _text_line_ends),
    Rule("text.bidi", "a text has no bidi controls (a warning in others' sets)", _text_bidi),
    Rule("text.checksum", "text_sha256 is the checksum of the text", _text_checksum),
    Rule("text.length", "codepoints is the length of the text", _text_length),
    Rule("text.repeated", "no two documents have the same text", find_in_set=_same_text),
    Rule("doc-id.name", "a document is called as its files are", _doc_id),
    Rule("doc-id.repeated", "a document stands once in a set", find_in_set=_once),
    Rule("passes.missing", "gold that was adjudicated has its passes beside it", _passes),
    Rule("guidelines.same", "annotation and metadata name the same guidelines", _guidelines),
    Rule("guidelines.one", "a set has one version of the guidelines", find_in_set=_one_guidelines),
    Rule("canary", "khabar's files carry the canary string", _canary, ours_only=True),
    Rule("id.repeated", "an id stands once in its layer", _ids),
    Rule("reference", "what a relation or stance names is there", _references),
    Rule("span.bounds", "a span is not empty and lies in the text", _span_bounds),
    Rule("span.text", "a stored text is the slice of the document at its offsets", _span_text),
    Rule(
        "span.edge",
        "a mention or heading has no white space, tatweel, punctuation or lone bracket at its edge",
        _span_edge,
    ),
    Rule("span.grapheme", "a mention's or heading's edge does not cut a mark from its letter", _span_grapheme),
    Rule("span.word", "a mention is whole words, but for proclitics before it", _span_word, gold_only=True),
    Rule("span.proclitic", "proclitics stay outside a mention", _span_proclitic),
    Rule("span.repeated", "no span stands twice in one type", _span_repeated),
    Rule("entity.value", "only dates and amounts have a value", _entity_value),
    Rule(
        "entity.value-form",
        "a value is an ISO 8601 date or time, or figures with their unit",
        _value_form,
        gold_only=True,
    ),
    Rule("issue.target", "an ISSUE is the target of a stance and nothing else", _issue_target),
    Rule("relation.domain", "a relation's head is of a type that the inventory allows", _relation_domain),
    Rule("relation.range", "a relation's tail is of a type that the inventory allows", _relation_range),
    Rule("relation.self", "a relation joins two entities", _relation_self),
    Rule("relation.repeated", "a relation is stored once, with all its evidence", _relation_repeated),
    Rule("relation.symmetric", "a symmetric relation is stored in one direction", _relation_symmetric),
    Rule("relation.implied", "only the narrowest of relations that imply each other is marked", _relation_implied),
    Rule("relation.evidence", "a relation's evidence holds a mention of both arguments", _relation_evidence),
    Rule("relation.story", "no relation runs across the stories of a page", _relation_story),
    Rule("stance.repeated", "a holder has one stance on a target", _stance_repeated),
    Rule("stance.self", "holder, target and source are different entities", _stance_self),
    Rule("section.tiling", "every line that is not blank is in just one section", _section_tiling),
    Rule("section.edge", "a section begins and ends at the edges of lines", _section_edge),
    Rule("section.heading", "a section's heading begins it", _section_heading),
    Rule("section.function", "lead, body and box have a function, the other kinds none", _section_function),
    Rule(
        "section.stories",
        "stories are numbered as they come, and the metadata counts them",
        _section_stories,
        gold_only=True,
    ),
)

_WARNINGS_ELSEWHERE = ("text.nfc", "text.bidi")


def check(*places: str | Path, inventory: str | Path | None = None) -> tuple[Problem, ...]:
    """Every problem of what is at the places, in the order of files and lines; nothing when all is well.

    A place is a set (a folder with corpus/ and annotations/, or a JSON Lines file), or one file of a folder set: a
    text, a metadata or an annotation file, also of a pass. Without a place, khabar's own set is checked.
    """
    found: list[Problem] = []
    for place in [Path(place) for place in places] or [data_folder()]:
        try:
            found.extend(_check_place(place, inventory))
        except Invalid as error:
            found.extend(error.problems)
    return tuple(sorted(set(found)))


def count(*places: str | Path, inventory: str | Path | None = None) -> int:
    """How many documents `check` reads at these places; passes are not counted beside their gold."""
    found = 0
    for place in places:
        with suppress(Invalid):
            found += sum(1 for _ in _at(Path(place), inventory)[1])
    return found


def _check_place(place: Path, labels: str | Path | None) -> Iterator[Problem]:
    documents, entries = _at(place, labels)
    yield from _check_entries(documents, entries)
    if place.is_dir():
        yield from _check_folder(documents)


def _at(place: Path, labels: str | Path | None) -> tuple[DocumentSet, Iterator[Entry]]:
    """The set at a place with what is to be checked of it: everything, or what belongs to one of its files."""
    root = _root(place)
    documents = open_set(root or place, labels)
    return documents, _entries_of(root, place) if root else documents.entries()


def _root(place: Path) -> Path | None:
    """The set that a single file belongs to; None for a set itself."""
    if place.is_dir() or place.suffix not in (".json", ".txt"):
        return None
    return root_of(place)


def _entries_of(root: Path, place: Path) -> Iterator[Entry]:
    if "annotations" in place.resolve().relative_to(root).parts:
        yield folder_entry(root, place)
    else:
        annotation = root / "annotations" / f"{place.stem}.json"
        if annotation.is_file():
            yield folder_entry(root, annotation)


def _check_folder(documents: DocumentSet) -> Iterator[Problem]:
    """What lies beside gold: texts and metadata without annotation, passes, adjudications."""
    root = documents.place
    for path in sorted((root / "corpus").glob("*.*")):
        if path.suffix in (".txt", ".json") and not (root / "annotations" / f"{path.stem}.json").is_file():
            fix = f"Add annotations/{path.stem}.json, or take the file out."
            yield Problem(str(path), 1, 1, "file.missing", "", "the document has no annotation", fix)
    for folder in sorted((root / "annotations" / "passes").glob("*")):
        yield from _check_entries(documents, (folder_entry(root, path) for path in sorted(folder.glob("*.json"))))
    for path in sorted((root / "annotations" / "adjudication").glob("*.json")):
        source, value, problems = decode(str(path), path.read_bytes())
        yield from problems
        if not problems:
            yield from misshapen("adjudication", str(path), source, value, documents.inventory, 1)


def _check_entries(documents: DocumentSet, entries: Iterable[Entry]) -> Iterator[Problem]:
    drafts: list[Draft] = []
    for entry in entries:
        problems, draft = _draft(entry, documents)
        yield from problems
        if draft:
            drafts.append(draft)
            for rule in RULES:
                if rule.find and _applies(rule, draft):
                    for finding in rule.find(draft):
                        yield _problem(rule, draft, finding)
    for rule in RULES:
        if rule.find_in_set and drafts:
            for draft, finding in rule.find_in_set(drafts):
                yield _problem(rule, draft, finding)


def _applies(rule: Rule, draft: Draft) -> bool:
    return (draft.ours or not rule.ours_only) and not (rule.gold_only and draft.is_kept)


def _draft(entry: Entry, documents: DocumentSet) -> tuple[list[Problem], Draft | None]:
    """The draft of an entry, if its JSON is as it should be, and what is wrong with it."""
    problems: list[Problem] = []
    annotation = _value("annotation", entry.path, entry.raw, entry.line, documents.inventory, problems)
    metadata = None
    if entry.metadata is not None and entry.metadata_path is not None:
        metadata = _value("metadata", entry.metadata_path, entry.metadata, 1, documents.inventory, problems)
    text: str | None = None
    if entry.text is not None:
        try:
            text = utf8(str(entry.text_path), entry.text, "text.encoding")
        except Invalid as error:
            problems.extend(error.problems)
    if annotation is None:
        if entry.metadata_path is None and withheld(entry.raw):
            fix = "Put it into a folder as <doc_id>.txt and name the folder in KHABAR_TEXTS."
            problems = [Problem(str(entry.path), entry.line, 1, "file.missing", "/text", "the text is withheld", fix)]
        return problems, None
    if entry.metadata_path is None:
        text, metadata = annotation.get("text"), annotation.get("metadata")
    return problems, Draft(entry, annotation, metadata, text, documents.inventory, documents.is_ours)


def _value(
    name: str, path: Path, raw: bytes, line: int, labels: Inventory, problems: list[Problem]
) -> dict[str, Any] | None:
    source, value, found = decode(str(path), raw, line)
    problems.extend(found)
    if not found:
        found = tuple(misshapen(name, str(path), source, value, labels, line))
        problems.extend(found)
    return value if not found and isinstance(value, dict) else None


def _problem(rule: Rule, draft: Draft, finding: Finding) -> Problem:
    lenient = (rule.id in _WARNINGS_ELSEWHERE and not draft.ours) or (rule.gold_only and draft.is_pass)
    severity: Literal["error", "warning"] = "warning" if lenient else "error"
    entry = draft.entry
    if finding.where == "text" and entry.text_path is not None:
        line, column = line_and_column(draft.text or "", int(finding.at[0]))
        return Problem(str(entry.text_path), line, column, rule.id, "", finding.message, finding.fix, severity)
    in_line = entry.metadata_path is None
    at: Pointer = finding.at
    path, raw = entry.path, entry.raw
    if finding.where == "metadata" and not in_line and entry.metadata is not None:
        path, raw = entry.metadata_path or path, entry.metadata
    elif finding.where != "annotation":
        at = ("metadata", *at) if finding.where == "metadata" else ("text",)
    source = draft.source if path == entry.path else raw.decode("utf-8")
    found = in_json(rule.id, str(path), source, at, finding.message, finding.fix, entry.line)
    return msgspec.structs.replace(found, severity=severity)


def problems_json(problems: Iterable[Problem]) -> str:
    """Problems as a JSON array of objects with the fields of `Problem`."""
    rows = [msgspec.structs.asdict(problem) for problem in problems]
    return json.dumps(rows, ensure_ascii=False, indent=2)
