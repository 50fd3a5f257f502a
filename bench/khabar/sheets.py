"""Annotations as people write them: a plain sheet, one line an item, and the canonical layout of the JSON files.

A sheet (docs/sheet.md) says where things are by quoting them; reading it looks the quotes up in the text. A quote
that is not there, or stands in several places, is a problem that lists the places: nothing is guessed. Writing an
annotation as a sheet and reading it again changes nothing.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from khabar.model import AUTHOR, NAME, WHITE_SPACE, Edges, paragraphs
from khabar.problems import Problem, line_and_column, quoted
from khabar.quotes import Located, alike_fix, find_quote, occurrences, whole_word
from khabar.schemas import Inventory, nearest

Item = dict[str, Any]

HEADER = ("schema_version", "doc_id", "text_sha256", "guidelines", "annotators", "adjudicated", "canary")


class Field(Struct, frozen=True):
    """One field of a line: its text and the 1-based column at which it begins."""

    text: str
    column: int


class Line(Struct, frozen=True):
    """One line of a sheet that says something: its 1-based number and its fields."""

    number: int
    fields: tuple[Field, ...]


_FIELD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^|"])*')
_SPAN = re.compile(
    r'\s*(?P<quote>"(?:\\.|[^"\\])*"|all)\s*(?:(?P<all>all)|#(?P<number>[1-9][0-9]*))?'
    r"\s*(?::\s*(?P<form>\w+))?\s*(?P<end>;|$)"
)
_CONTEXT = re.compile(r"(?s)(.*?)\[(.+)\](.*)")


def lines(sheet: str) -> Iterator[Line]:
    """The lines of a sheet, without blank ones and comments (``#``), cut at every | outside quotation marks."""
    for number, line in enumerate(sheet.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield Line(number, tuple(_fields(line.rstrip("\r"))))


def _fields(line: str) -> Iterator[Field]:
    at = 0
    while at <= len(line):
        match = _FIELD.match(line, at)
        end = match.end() if match else at
        if end < len(line) and line[end] == '"':  # a quotation mark that is never closed: leave it to be reported
            end = len(line)
        text = line[at:end]
        yield Field(text.strip(), at + len(text) - len(text.lstrip()) + 1)
        at = end + 1


def _unquote(text: str) -> str:
    return text[1:-1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# -- from sheet to annotation ----------------------------------------------------------------------------------


class _Reading:
    """A sheet on its way into an annotation, with what was found wrong so far."""

    def __init__(self, path: str, text: str, labels: Inventory) -> None:
        self.path = path
        self.text = text
        self.labels = labels
        self.problems: list[Problem] = []
        self.items: dict[str, list[Item]] = {"entities": [], "relations": [], "stance": [], "subsections": []}
        self.sections: list[tuple[Line, Item]] = []
        self.named: dict[str, set[str]] = {layer: set() for layer in self.items}

    def wrong(self, line: Line, column: int, rule: str, message: str, fix: str) -> None:
        self.problems.append(Problem(self.path, line.number, column, rule, "", message, fix))

    def read(self, line: Line) -> None:
        first = line.fields[0].text
        known = self.labels.labels
        if first in known["relations.type"]:
            self.relation(line)
        elif first in known["stance.label"]:
            self.stance(line)
        elif first in known["subsections.kind"]:
            self.section(line)
        elif len(line.fields) >= 2 and line.fields[1].text in known["entities.type"]:
            self.entity(line)
        else:
            second = line.fields[1].text if len(line.fields) > 1 else ""
            stated = (*known["relations.type"], *known["stance.label"])
            names = known["subsections.kind"] if second.isdecimal() else stated
            entity = re.fullmatch("e[0-9]+", first)
            wanted = nearest(second, known["entities.type"]) if entity else nearest(first, names)
            message = f"there is no type {quoted(second)}" if entity else f"a line cannot begin with {quoted(first)}"
            if not second:
                wanted = "A line has fields with | between them; docs/sheet.md shows the kinds of lines."
            self.wrong(line, line.fields[int(bool(entity and second))].column, "sheet.line", message, wanted)

    def extras(self, line: Line, since: int, allowed: Iterable[str]) -> dict[str, str]:
        """The fields ``name=value`` after the fixed ones; a quoted value may hold anything."""
        found = {}
        for field in line.fields[since:]:
            name, sign, value = field.text.partition("=")
            if not sign or name not in allowed:
                self.wrong(line, field.column, "sheet.field", f"{quoted(field.text)} is no field of this line",
                           f"Write {', '.join(f'{name}=…' for name in allowed)}, or drop it.")  # fmt: skip
                continue
            found[name] = _unquote(value) if value.startswith('"') else value
            modes = self.labels.labels["stance.mode"]
            if name == "mode" and found[name] not in modes:
                message = f"there is no mode {quoted(found[name])}"
                self.wrong(line, field.column, "sheet.field", message, nearest(found[name], modes))
            if name == "wikidata" and not re.fullmatch("Q[1-9][0-9]*", found[name]):
                message = f"{quoted(found[name])} is no item of Wikidata"
                self.wrong(line, field.column, "sheet.field", message, 'Write it with its Q: wikidata="Q796".')
        return found

    def name(self, line: Line, layer: str, id_: str | None) -> None:
        """Take an id for an item of a layer."""
        if id_ in self.named[layer] or id_ == AUTHOR:
            reason = "is the article's own voice" if id_ == AUTHOR else "stands twice in this sheet"
            fix = "Give each line an id of its own."
            self.wrong(line, line.fields[0].column, "sheet.id", f"the id {quoted(id_)} {reason}", fix)
        elif id_ is not None:
            self.named[layer].add(id_)

    def spans(self, line: Line, field: Field, name: str = "", forms: bool = False) -> list[Item]:
        """The spans that a field quotes: ``"quote"``, ``"quote"#2``, ``"quote" all``, ``"be[fore]"``, ``all``."""
        found: list[Item] = []
        at = 0
        while at < len(field.text):
            match = _SPAN.match(field.text, at)
            column = field.column + at
            if match is None or (match["form"] and not forms):
                fix = 'Quote the text: "…", "…"#2 for the second place, "…" all, "before[…]after"; ; between quotes.'
                self.wrong(line, column, "sheet.quote", f"{quoted(field.text[at:])} is no quote", fix)
                break
            at = match.end() if match["end"] else len(field.text)
            form = match["form"] or NAME
            if forms and form not in self.labels.labels["entities.form"]:
                fix = nearest(form, self.labels.labels["entities.form"])
                self.wrong(line, column, "sheet.form", f"there is no form {quoted(form)}", fix)
                continue
            for start, end in self.places(line, column, match, name):
                span = {"start": start, "end": end, "text": self.text[start:end]}
                found.append(span | {"form": form} if forms else span)
        if not found and not field.text:
            self.wrong(line, field.column, "sheet.quote", "a quote is missing here", 'Quote the text: "…".')
        return found

    def places(self, line: Line, column: int, match: re.Match[str], name: str) -> tuple[Edges, ...]:
        whole = match["quote"] == "all"
        said = name if whole else _unquote(match["quote"])
        context = None if whole or match["all"] or match["number"] else _CONTEXT.fullmatch(said)
        if context and self.text.find(said) < 0:
            wanted = Located(text=context[2], prefix=context[1], suffix=context[3])
        elif not said:
            self.wrong(line, column, "sheet.quote", "there is nothing to look for", "Give the name, or a quote.")
            return ()
        elif whole or match["all"]:
            wanted = Located(text=said, occurrence="all")
        elif match["number"]:
            wanted = Located(text=said, occurrence=int(match["number"]))
        else:
            wanted = Located(text=said)
        places = find_quote(self.text, wanted)
        if isinstance(places, str):
            words = wanted.text if isinstance(wanted.text, str) else ""
            message = f"{places}: {quoted(words)}"
            self.wrong(line, column, "sheet.quote", message, self.where(words))
            return ()
        return places

    def where(self, words: str) -> str:
        """The places of some words in the text, as a reader finds them."""
        found = []
        for count, at in enumerate(occurrences(self.text, words), 1):
            row, column = line_and_column(self.text, at)
            around = self.text[max(0, at - 15) : at + len(words) + 15].replace("\n", " ")
            found.append(f"#{count} line {row}, column {column}: {quoted(around)}")
        if not found:
            return alike_fix(self.text, words) or "Copy the words from the text, letter for letter."
        return "Say which: " + "; ".join(found[:8]) + ("; …" if len(found) > 8 else "")

    def entity(self, line: Line) -> None:
        id_, kind, name = (field.text for field in (*line.fields, *[Field("", 1)] * 3)[:3])
        name = _unquote(name) if name.startswith('"') else name
        if len(line.fields) < 4:
            fix = 'Write: id | TYPE | name | all, or quotes: "…" ; "…" : nominal.'
            self.wrong(line, line.fields[-1].column, "sheet.line", "an entity needs four fields", fix)
            return
        extras = self.extras(line, 4, ("value", "wikidata"))
        mentions = self.spans(line, line.fields[3], name, forms=True)
        item: Item = {"id": id_, "type": kind, "name": name}
        item |= {key: extras[key] for key in ("wikidata", "value") if key in extras}
        self.name(line, "entities", id_)
        unique = [mention for at, mention in enumerate(mentions) if mention not in mentions[:at]]
        self.items["entities"].append(item | {"mentions": unique})

    def relation(self, line: Line) -> None:
        if len(line.fields) < 4:
            fix = 'Write: type | head | tail | "evidence".'
            self.wrong(line, line.fields[-1].column, "sheet.line", "a relation needs four fields", fix)
            return
        kind, head, tail = (field.text for field in line.fields[:3])
        extras = self.extras(line, 4, ("id",))
        id_ = extras.get("id", f"r{len(self.items['relations']) + 1}")
        self.name(line, "relations", id_)
        evidence = self.spans(line, line.fields[3])
        self.items["relations"].append({"id": id_, "type": kind, "head": head, "tail": tail, "evidence": evidence})

    def stance(self, line: Line) -> None:
        if len(line.fields) < 4:
            fix = 'Write: label | holder | target | "evidence" | mode=enacted | source=e3 (the last two if they apply).'
            self.wrong(line, line.fields[-1].column, "sheet.line", "a stance needs four fields", fix)
            return
        label, holder, target = (field.text for field in line.fields[:3])
        extras = self.extras(line, 4, ("id", "mode", "source"))
        id_ = extras.get("id", f"s{len(self.items['stance']) + 1}")
        item: Item = {"id": id_, "holder": holder, "target": target}
        item |= {"label": label, "mode": extras.get("mode", "stated"), "source": extras.get("source")}
        self.name(line, "stance", id_)
        self.items["stance"].append(item | {"evidence": self.spans(line, line.fields[3])})

    def section(self, line: Line) -> None:
        fields = line.fields
        if len(fields) < 3 or not re.fullmatch("[1-9][0-9]*", fields[1].text):
            fix = 'Write: kind | story | "first words" | function | heading="…" (the last two if they apply).'
            self.wrong(line, fields[-1].column, "sheet.line", "a section needs a story and its first words", fix)
            return
        since = 4 if len(fields) > 3 and "=" not in fields[3].text else 3
        function = fields[3].text if since == 4 else ""
        extras = self.extras(line, since, ("id", "heading", "end"))
        functions = self.labels.labels["subsections.function"]
        if function and function not in functions:
            message = f"there is no function {quoted(function)}"
            self.wrong(line, fields[3].column, "sheet.field", message, nearest(function, functions))
        self.name(line, "subsections", extras.get("id"))
        first = self.first(line, fields[2])
        if first is None:
            return
        item: Item = {"id": extras.get("id"), "start": first, "end": None, "kind": fields[0].text}
        item |= {"story": int(fields[1].text), "function": function or None, "heading": None}
        if "heading" in extras:
            at = self.text.find(extras["heading"], first)
            if at < 0:
                message = f"the heading {quoted(extras['heading'])} does not stand in its section"
                self.wrong(line, fields[2].column, "sheet.quote", message, self.where(extras["heading"]))
            else:
                end = at + len(extras["heading"])
                item["heading"] = {"start": at, "end": end, "text": extras["heading"]}
        if "end" in extras:
            at = self.text.find(extras["end"], first)
            item["end"] = at + len(extras["end"]) if at >= 0 else None
        self.sections.append((line, item))

    def first(self, line: Line, field: Field) -> int | None:
        """Where the line of the text begins whose first words a field quotes; ``#2`` for the second such line."""
        match = _SPAN.fullmatch(field.text)
        if match is None or match["quote"] == "all":
            self.wrong(line, field.column, "sheet.quote", f"{quoted(field.text)} is no quote", 'Write "first words".')
            return None
        words = _unquote(match["quote"])
        starts = [start for start, _ in paragraphs(self.text) if self.text.startswith(words, start)]
        chosen = int(match["number"]) if match["number"] else 1
        if len(starts) < chosen or (len(starts) > 1 and not match["number"]):
            message = f"{len(starts)} lines of the text begin with {quoted(words)}"
            if not starts:
                message = f"no line of the text begins with {quoted(words)}"
            fix = self.where(words)
            self.wrong(line, field.column, "sheet.quote", message, fix)
            return None
        return starts[chosen - 1]

    def references(self, line: Line, ids: Iterable[str]) -> None:
        """Say which entities a relation or stance names that the sheet does not have."""
        kind = line.fields[0].text
        if kind not in (*self.labels.labels["relations.type"], *self.labels.labels["stance.label"]):
            return
        named = [*line.fields[1:3], *(field for field in line.fields[4:] if field.text.startswith("source="))]
        for field in named:
            name = field.text.removeprefix("source=")
            if name not in ids:
                fix = "Name an entity by the id that its line begins with."
                self.wrong(line, field.column, "reference", f"there is no entity {quoted(name)} in this sheet", fix)

    def close_sections(self) -> None:
        """A section runs to the next one, or to the end of the text; white space at its end is trimmed."""
        starts = sorted(item["start"] for _, item in self.sections)
        for number, (_, item) in enumerate(self.sections, 1):
            after = next((start for start in starts if start > item["start"]), len(self.text))
            if item["end"] is None:
                item["end"] = item["start"] + len(self.text[item["start"] : after].rstrip(WHITE_SPACE))
            item["id"] = item["id"] or f"b{number}"
            self.items["subsections"].append(item)


def doc_id(sheet: str) -> str | None:
    """The document that a sheet is of: its line ``doc_id: …``."""
    match = re.search(r"(?m)^doc_id:[ \t]*(\S+)", sheet)
    return match[1] if match else None


def read_sheet(
    sheet: str, path: str, text: str, text_sha256: str, labels: Inventory
) -> tuple[Item, tuple[Problem, ...]]:
    """The annotation that a sheet writes of a text, and everything in it that is wrong.

    Head lines ``name: value`` give doc_id, guidelines, annotators and adjudicated (yes or no).
    """
    reading = _Reading(path, text, labels)
    head: dict[str, str] = {}
    said = list(lines(sheet))
    for line in said:
        match = re.fullmatch(r"([a-z_]+):\s*(.*)", line.fields[0].text) if len(line.fields) == 1 else None
        if match and match[1] in HEADER:
            head[match[1]] = match[2]
        else:
            reading.read(line)
    ids = {entity["id"] for entity in reading.items["entities"]} | {AUTHOR}
    for line in said:
        reading.references(line, ids)
    reading.close_sections()
    annotation: Item = {
        "schema_version": "1.0",
        "doc_id": head.get("doc_id", ""),
        "text_sha256": text_sha256,
        "guidelines": head.get("guidelines", "1.0"),
        "annotators": [name.strip() for name in head.get("annotators", "a").split(",")],
        "adjudicated": head.get("adjudicated", "no") == "yes",
    }
    annotation |= {"canary": head["canary"]} if "canary" in head else {}
    return annotation | reading.items, tuple(sorted(reading.problems))


# -- from annotation to sheet ----------------------------------------------------------------------------------


def write_sheet(annotation: Mapping[str, Any], text: str) -> str:
    """An annotation as a sheet; `read_sheet` gives the same annotation back."""
    head = [f"doc_id: {annotation['doc_id']}", f"guidelines: {annotation['guidelines']}"]
    head += [f"annotators: {', '.join(annotation['annotators'])}"]
    head += ["adjudicated: yes"] if annotation["adjudicated"] else []
    head += [f"canary: {annotation['canary']}"] if annotation.get("canary") else []
    parts = [head]
    for layer, write in WRITERS.items():
        written = [write(item, number, text) for number, item in enumerate(annotation[layer], 1)]
        if layer == "subsections":
            ends = _ends(annotation[layer], text)
            written = [f"{line}{end}" for line, end in zip(written, ends, strict=True)]
        parts.append([f"# {layer}", *written])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _span(span: Mapping[str, Any], text: str) -> str:
    places = list(occurrences(text, span["text"]))
    number = f"#{places.index(span['start']) + 1}" if len(places) > 1 else ""
    return f"{_quote(span['text'])}{number}"


def _id(item: Mapping[str, Any], expected: str) -> str:
    return f" | id={item['id']}" if item["id"] != expected else ""


def entity_line(item: Item, _: int, text: str) -> str:
    """An entity as a line; ``all`` where its mentions are every whole-word hit of its name."""
    hits = [at for at in occurrences(text, item["name"]) if whole_word(text, at, at + len(item["name"]))]
    plain = [{"start": at, "end": at + len(item["name"]), "text": item["name"], "form": NAME} for at in hits]
    spans = "all"
    if plain != item["mentions"]:
        written = [(_span(m, text), f" : {m['form']}" if m["form"] != NAME else "") for m in item["mentions"]]
        spans = " ; ".join(f"{span}{form}" for span, form in written)
    name = _quote(item["name"]) if re.search(r'[|"\\\n]|^\s|\s$', item["name"]) else item["name"]
    extras = "".join(f" | {key}={_quote(item[key])}" for key in ("value", "wikidata") if key in item)
    return f"{item['id']} | {item['type']} | {name} | {spans}{extras}"


def relation_line(item: Item, number: int, text: str) -> str:
    """A relation as a line."""
    evidence = " ; ".join(_span(span, text) for span in item["evidence"])
    return f"{item['type']} | {item['head']} | {item['tail']} | {evidence}{_id(item, f'r{number}')}"


def stance_line(item: Item, number: int, text: str) -> str:
    """A stance as a line; its mode unless it is stated, its source if there is one."""
    evidence = " ; ".join(_span(span, text) for span in item["evidence"])
    extras = f" | mode={item['mode']}" if item["mode"] != "stated" else ""
    extras += f" | source={item['source']}" if item["source"] else ""
    return f"{item['label']} | {item['holder']} | {item['target']} | {evidence}{extras}{_id(item, f's{number}')}"


def section_line(item: Item, number: int, text: str) -> str:
    """A section as a line: its first words, as many as tell it from other lines."""
    starts = [start for start, _ in paragraphs(text)]
    start, line = item["start"], text[item["start"] : item["end"]].split("\n", 1)[0]
    length = next((n for n in range(1, len(line) + 1) if _ends_word(line, n) and _alone(text, starts, line[:n])), 0)
    words = line[:length] if length else line
    same_start = [place for place in starts if text.startswith(words, place)]
    count = f"#{same_start.index(start) + 1}" if len(same_start) > 1 else ""
    extras = f" | {item['function']}" if item["function"] else ""
    extras += f" | heading={_quote(item['heading']['text'])}" if item["heading"] else ""
    return f"{item['kind']} | {item['story']} | {_quote(words)}{count}{extras}{_id(item, f'b{number}')}"


def _ends_word(line: str, length: int) -> bool:
    words = line[:length].split()
    return (length == len(line) or line[length] == " ") and (len(words) >= 2 or length == len(line))


def _alone(text: str, starts: Iterable[int], words: str) -> bool:
    return sum(text.startswith(words, start) for start in starts) == 1


def _ends(sections: Iterable[Item], text: str) -> Iterator[str]:
    """For each section, where it ends, unless it runs to the next one: its last lines, as many as tell the place."""
    found = list(sections)
    for item in found:
        after = min((other["start"] for other in found if other["start"] > item["start"]), default=len(text))
        start, end = item["start"], item["end"]
        if end == start + len(text[start:after].rstrip(WHITE_SPACE)):
            yield ""
            continue
        begun = [first for first, _ in paragraphs(text) if start <= first < end]
        last = next((first for first in reversed(begun) if text.find(text[first:end], start) == first), start)
        yield f" | end={_quote(text[last:end])}"


Writer = Callable[[Item, int, str], str]
WRITERS: dict[str, Writer] = {
    "entities": entity_line,
    "relations": relation_line,
    "stance": stance_line,
    "subsections": section_line,
}
"""How an item of each layer is written as a line: from the item, its 1-based position and the text."""


# -- the canonical layout --------------------------------------------------------------------------------------

_ORDER = {
    "entities": ("id", "type", "name", "wikidata", "value", "mentions"),
    "relations": ("id", "type", "head", "tail", "evidence"),
    "stance": ("id", "holder", "target", "label", "mode", "source", "evidence"),
    "subsections": ("id", "start", "end", "kind", "story", "function", "heading"),
}
_QUOTE = ("start", "end", "text", "form")


def canonical(annotation: Mapping[str, Any]) -> Item:
    """An annotation in canonical order: properties as the schemas have them, items as they come in the text.

    Entities stand in the order of their first mentions, mentions and sections as they begin, relations and stances
    by the beginning of their evidence. Ids stay. What is not known here stays at the end, untouched.
    """
    found: Item = {name: annotation[name] for name in HEADER if name in annotation}
    keys: dict[str, Callable[[Item], tuple[Any, ...]]] = {
        "entities": lambda e: min((m["start"], -m["end"]) for m in e["mentions"]) if e["mentions"] else (-1, 0),
        "relations": lambda r: min((q["start"], q["end"]) for q in r["evidence"]) if r["evidence"] else (-1, 0),
        "stance": lambda s: min((q["start"], q["end"]) for q in s["evidence"]) if s["evidence"] else (-1, 0),
        "subsections": lambda b: (b["start"], b["end"]),
    }
    for layer, order in _ORDER.items():
        if layer in annotation:
            items = [_arranged(item, order) for item in annotation[layer]]
            found[layer] = sorted(items, key=keys[layer])
    return found | {name: value for name, value in annotation.items() if name not in found}


def _arranged(item: Mapping[str, Any], order: tuple[str, ...]) -> Item:
    arranged = {name: item[name] for name in order if name in item} | dict(item)
    for name in ("mentions", "evidence"):
        if name in arranged:
            quotes = [{key: quote[key] for key in _QUOTE if key in quote} | quote for quote in arranged[name]]
            arranged[name] = sorted(quotes, key=lambda quote: (quote["start"], quote["end"]))
    return arranged


def layout(annotation: Mapping[str, Any]) -> str:
    """An annotation's JSON with an item a line, and a mention a line, so that a diff shows what was changed."""
    parts = []
    for name, value in annotation.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join(f"    {_item(item)}" for item in value)
            parts.append(f'  "{name}": [\n{items}\n  ]')
        else:
            parts.append(f'  "{name}": {_json(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _item(item: Mapping[str, Any]) -> str:
    mentions = item.get("mentions")
    if not mentions:
        return _json(item)
    head = _json({name: value for name, value in item.items() if name != "mentions"})[:-1]
    return f'{head}, "mentions": [\n' + ",\n".join(f"      {_json(mention)}" for mention in mentions) + "]}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
