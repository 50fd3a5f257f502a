"""A document as a page for a browser: right to left, every span in its place, one file, no script.

What belongs together is shown together by CSS alone: the mentions of an entity while one of them is focused, the
evidence of a relation or stance while its row is. Two passes stand side by side, with what only one has marked.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from khabar.model import AUTHOR, Document, Edges, Entity, Mention, Relation, Section, Stance
from khabar.schemas import Inventory


class Piece(NamedTuple):
    """A span to show: its edges, and the HTML element that opens it; HTML that stands once at its start and end.

    ``under`` and ``over`` are the tracks on which it has its rules below and above the words (`tracks`).
    """

    start: int
    end: int
    tag: str
    first: str = ""
    last: str = ""
    under: int = 0
    over: int = 0


class Lines(NamedTuple):
    """Where each line of a text begins, and the pieces and the evidence that touch it."""

    starts: list[int]
    pieces: list[list[Piece]]
    evidence: list[list[tuple[int, int, str]]]


_HUES = {
    "PER": 212, "NORP": 280, "ROLE": 262, "ORG": 22, "GPE": 138, "LOC": 168, "FAC": 190, "EVENT": 350, "LAW": 310,
    "PRODUCT": 330, "WORK": 300, "ISSUE": 48,
}  # fmt: skip


def page(documents: Sequence[Document], labels: Inventory, names: Sequence[str] = ()) -> str:
    """One document, or two passes over one text, as a self-contained HTML page.

    ``names`` are those of the passes. A span that crosses another is shown in two pieces.
    """
    first = documents[0]
    columns = [
        _column(document, f"{chr(97 + n)}-", documents[1 - n] if len(documents) > 1 else None, name)
        for n, (document, name) in enumerate(zip(documents, names or [""] * len(documents), strict=True))
    ]
    together = "".join(_focus_rules(document, f"{chr(97 + n)}-") for n, document in enumerate(documents))
    title = escape(first.metadata.title if first.metadata else first.doc_id)
    return _PAGE.format(
        title=title,
        css=_CSS + together,
        doc_id=escape(first.doc_id),
        about=about(first),
        notice=notice(first),
        columns="\n".join(columns),
        count=len(columns),
        key=_key(documents, labels),
    )


def about(document: Document) -> str:
    """Where a document is from, what it is about, its genre and its split, as HTML."""
    if document.metadata is None:
        return ""
    data = document.metadata
    return " · ".join(f"<bdi>{escape(str(part))}</bdi>" for part in (data.country, data.domain, data.genre, data.split))


def notice(document: Document) -> str:
    """For a composed text the notice that says so, as HTML."""
    if document.metadata is None or document.metadata.origin != "composed":
        return ""
    return (
        '<p class="notice" lang="ar" dir="rtl">'
        "نص مؤلَّف لمجموعة خبر: الأحداث والأشخاص والهيئات فيه من نسج الخيال، والأماكن حقيقية."
        ' <span lang="en" dir="ltr">Composed for khabar: events, people and bodies are invented.</span></p>'
    )


def _key(documents: Iterable[Document], labels: Inventory) -> str:
    used = {entity.type for document in documents for entity in document.entities}
    rows = [label for label in labels.entity_types if label.label in used]
    items = (
        f'<li><b class="t" style="{_hue(label.label)}">{label.label}</b> <bdi>{escape(label.name.ar)}</bdi></li>'
        for label in rows
    )
    return f'<ul class="key" aria-label="الأنواع">{"".join(items)}</ul>'


def _hue(kind: str) -> str:
    hue = _HUES.get(kind)
    return f"--h:{hue};--s:70%" if hue is not None else "--h:220;--s:8%"


# -- one column ------------------------------------------------------------------------------------------------


def _column(document: Document, prefix: str, other: Document | None, name: str) -> str:
    theirs = _facts(other) if other else None
    evidence = [(quote.start, quote.end, f"{prefix}{item.id}") for item in _stated(document) for quote in item.evidence]
    mentions = [(entity, mention) for entity in document.entities for mention in entity.mentions]
    pieces = [
        Piece(*mention.edges, _mention_tag(entity, mention, track, prefix, theirs), under=track)
        for (entity, mention), track in zip(mentions, tracks([m.edges for _, m in mentions]), strict=True)
    ]
    pieces += [
        Piece(section.heading.start, section.heading.end, "<strong>")
        for section in document.subsections
        if section.heading
    ]
    covered = sorted(document.subsections, key=lambda section: section.start)
    lines = by_line(document.text, pieces, evidence)
    body = "".join(_section(section, document.text, lines, theirs) for section in covered)
    if not covered:
        body = f"<div class='text'>{_lines((0, len(document.text)), document.text, lines)}</div>"
    head = f"<h2>{escape(name)}</h2>" if name else ""
    return f'<div class="column">{head}<article lang="ar">{body}</article>{_tables(document, prefix, theirs)}</div>'


def _facts(document: Document) -> frozenset[tuple[str, ...]]:
    """What a document says, in words that do not hang on ids, to tell what only one of two passes has."""
    names = {entity.id: _spans(entity) for entity in document.entities} | {AUTHOR: AUTHOR}
    found: set[tuple[str, ...]] = set()
    for entity in document.entities:
        found |= {("m", entity.type, str(mention.edges)) for mention in entity.mentions}
    found |= {("r", r.type, names[r.head], names[r.tail]) for r in document.relations}
    found |= {("s", s.label, names[s.holder], names[s.target]) for s in document.stance}
    found |= {("b", b.kind, f"{b.start}-{b.end}", str(b.function)) for b in document.subsections}
    return frozenset(found)


def _spans(entity: Entity) -> str:
    return f"{min(mention.edges for mention in entity.mentions)}" if entity.mentions else entity.id


def _only(theirs: frozenset[tuple[str, ...]] | None, fact: tuple[str, ...]) -> str:
    return " only" if theirs is not None and fact not in theirs else ""


def _mention_tag(
    entity: Entity, mention: Mention, track: int, prefix: str, theirs: frozenset[tuple[str, ...]] | None
) -> str:
    form = mention.form
    about = escape(f"{entity.type} · {entity.name or ''}" + ("" if form == "name" else f" · {form}"))
    only = _only(theirs, ("m", entity.type, str(mention.edges)))
    return (
        f'<span class="m {form} x-{prefix}{entity.id}{only}" style="{_hue(entity.type)};--under:{track}" tabindex="0" '
        f'data-type="{entity.type}" title="{about}">'
    )


def _section(
    section: Section,
    text: str,
    lines: Lines,
    theirs: frozenset[tuple[str, ...]] | None,
) -> str:
    only = _only(theirs, ("b", section.kind, f"{section.start}-{section.end}", str(section.function)))
    about = " · ".join(
        part for part in (section.kind, section.function, f"#{section.story}" if section.story else None) if part
    )
    inner = _lines((section.start, section.end), text, lines)
    return (
        f'<section class="{section.kind}{only}"><div class="kind" dir="ltr" lang="en">{escape(about)}</div>'
        f'<div class="text">{inner}</div></section>'
    )


def tracks(spans: Sequence[Edges]) -> list[int]:
    """On which track each span has its rule: two that overlap never share one; 0 lies next to the words, and a span
    within another nearer to them."""
    found = [0] * len(spans)
    ends: list[int] = []
    for at in sorted(range(len(spans)), key=lambda at: (spans[at][1], -spans[at][0])):
        start, end = spans[at]
        found[at] = track = next((track for track, last in enumerate(ends) if last <= start), len(ends))
        ends[track : track + 1] = [end]
    return found


def room(pieces: Sequence[Piece]) -> str:
    """How many tracks a line with these pieces needs beyond the first, below and above: declarations of CSS."""
    under, over = max((piece.under for piece in pieces), default=0), max((piece.over for piece in pieces), default=0)
    return f"--under:{under};--over:{over}"


def by_line(text: str, pieces: Iterable[Piece], evidence: Iterable[tuple[int, int, str]] = ()) -> Lines:
    """The lines of a text with what touches each."""
    starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
    lines = Lines(starts, [[] for _ in starts], [[] for _ in starts])
    for piece in pieces:
        for line in touched(starts, piece.start, piece.end):
            lines.pieces[line].append(piece)
    for proof in evidence:
        for line in touched(starts, proof[0], proof[1]):
            lines.evidence[line].append(proof)
    return lines


def touched(starts: Sequence[int], start: int, end: int) -> range:
    """The numbers (0-based) of the lines that a span touches."""
    return range(bisect_right(starts, start) - 1, bisect_left(starts, end))


def _lines(edges: Edges, text: str, lines: Lines) -> str:
    return "".join(
        f'<p style="{room(lines.pieces[number])}">{inner}</p>' for number, inner in shown_lines(edges, text, lines)
    )


def shown_lines(edges: Edges, text: str, lines: Lines) -> Iterator[tuple[int, str]]:
    """The lines of a stretch of text that are not blank: the number of each (0-based), and it as HTML."""
    at = edges[0]
    for line in text[edges[0] : edges[1]].split("\n"):
        if line.strip():
            number = bisect_right(lines.starts, at) - 1
            yield number, inline((at, at + len(line)), text, lines.pieces[number], lines.evidence[number])
        at += len(line) + 1


def inline(edges: Edges, text: str, pieces: Sequence[Piece], evidence: Sequence[tuple[int, int, str]]) -> str:
    """A stretch of text as HTML, its spans nested; text in evidence carries the classes of what it proves."""
    first, last = edges
    inside = sorted(
        (_within(piece, first, last) for piece in pieces if piece.start < last and first < piece.end),
        key=lambda p: (p.start, -p.end, -p.under, -p.over, p.tag),  # what has the outer rule is the outer element
    )
    proofs = [(max(s, first), min(e, last), name) for s, e, name in evidence if s < last and first < e]
    edges_of = [*((piece.start, piece.end) for piece in inside), *((s, e) for s, e, _ in proofs)]
    cuts = sorted({first, last, *(place for pair in edges_of for place in pair)})
    out: list[str] = []
    stack: list[Piece] = []
    waiting = list(reversed(inside))
    for start, end in pairwise(cuts):
        while waiting and waiting[-1].start == start:
            piece = waiting.pop()
            kept: list[Piece] = []
            while stack and stack[-1].end < piece.end:  # what ends inside the new span is closed and opened again
                kept.append(stack.pop())
                out.append(_close(kept[-1]))
            out.append(piece.tag + piece.first)
            out += [inner.tag for inner in reversed(kept)]
            stack += [piece, *reversed(kept)]
        names = " ".join(sorted({f"v-{name}" for s, e, name in proofs if s <= start and end <= e}))
        words = escape(text[start:end])
        out.append(f'<i class="{names}">{words}</i>' if names else words)
        while stack and stack[-1].end <= end:
            out.append(stack[-1].last + _close(stack.pop()))
    return "".join(out)


def _within(piece: Piece, first: int, last: int) -> Piece:
    """What lies of a piece between two places; what stands once at an end is lost with it."""
    return piece._replace(
        start=max(piece.start, first),
        end=min(piece.end, last),
        first=piece.first if piece.start >= first else "",
        last=piece.last if piece.end <= last else "",
    )


def _close(piece: Piece) -> str:
    return f"</{piece.tag[1:].split(' ', 1)[0].rstrip('>')}>"


# -- relations and stance --------------------------------------------------------------------------------------


def _tables(document: Document, prefix: str, theirs: frozenset[tuple[str, ...]] | None) -> str:
    names = {entity.id: entity.name or entity.id for entity in document.entities} | {AUTHOR: "الكاتب"}
    spans = {entity.id: _spans(entity) for entity in document.entities} | {AUTHOR: AUTHOR}
    relations = (
        _row(
            f"{prefix}{r.id}",
            (names[r.head], r.type, names[r.tail]),
            [quote.text for quote in r.evidence],
            _only(theirs, ("r", r.type, spans[r.head], spans[r.tail])),
        )
        for r in document.relations
    )
    stances = (
        _row(
            f"{prefix}{s.id}",
            (names[s.holder], s.label + ("" if s.mode in (None, "stated") else f" ({s.mode})"), names[s.target]),
            [quote.text for quote in s.evidence],
            _only(theirs, ("s", s.label, spans[s.holder], spans[s.target])) + f" {s.label}",
            f"عن {names[s.source]}" if s.source else "",
        )
        for s in document.stance
    )
    return _list("العلاقات", relations) + _list("المواقف", stances)


def _list(title: str, rows: Iterable[str]) -> str:
    inner = "".join(rows)
    return f"<h3>{title}</h3><ol class='facts'>{inner}</ol>" if inner else ""


def _row(name: str, parts: tuple[str, str, str], evidence: Sequence[str], classes: str, more: str = "") -> str:
    head, label, tail = (escape(part) for part in parts)
    source = f" <small>{escape(more)}</small>" if more else ""
    quotes = "".join(f"<q>{escape(' '.join(quote.split()))}</q>" for quote in evidence)
    return (
        f'<li id="{name}" tabindex="0" class="fact{classes}"><bdi>{head}</bdi> '
        f'<b dir="ltr" lang="en">{label}</b> <bdi>{tail}</bdi>{source}<div>{quotes}</div></li>'
    )


def _focus_rules(document: Document, prefix: str) -> str:
    """CSS that shows together what belongs together, while a part of it is focused or pointed at."""
    return "".join(_rules(document, prefix))


def _rules(document: Document, prefix: str) -> Iterator[str]:
    for entity in document.entities:
        name = f".x-{prefix}{entity.id}"
        yield f"body:has({name}:focus) {name},body:has({name}:hover) {name}{{{_FOUND}}}\n"
    for item in _stated(document):
        name = f"{prefix}{item.id}"
        yield f"body:has(#{name}:focus) .v-{name},body:has(#{name}:hover) .v-{name}{{{_FOUND}}}\n"


def _stated(document: Document) -> Iterator[Relation | Stance]:
    """What a document states with evidence."""
    yield from document.relations
    yield from document.stance


_FOUND = "background:var(--found);color:var(--on-found)"
_CSS = """
:root{color-scheme:light;--found:#ffe27a;--on-found:#1b1b1f}
@media (forced-colors:active){:root{--found:Mark;--on-found:MarkText}}
*{box-sizing:border-box}
body{margin:0;background:#f6f6f4;color:#1b1b1f;font:18px/2.1 "Noto Naskh Arabic","Amiri","Geeza Pro","Segoe UI",serif}
header,main{max-width:min(96vw,1500px);margin:0 auto;padding:12px 20px}
h1{font-size:1.5em;line-height:1.5;margin:.3em 0}h2{font-size:1em;margin:0 0 .5em}h3{margin:1.2em 0 .3em}
.about{color:#4a4d53;font:14px/1.6 ui-monospace,Menlo,Consolas,monospace;direction:ltr;text-align:right}
.notice{background:#fff4cf;border:1px solid #b59a2b;border-radius:6px;padding:4px 12px;font-size:.9em;line-height:1.7}
.notice span{display:block;text-align:left;font-family:sans-serif;font-size:.85em}
main{display:grid;grid-template-columns:repeat(var(--n),minmax(0,1fr));gap:24px}
article{background:#fff;border:1px solid #d5d8dd;border-radius:8px;padding:8px 16px}
section{display:grid;grid-template-columns:minmax(0,1fr) 118px;gap:12px;padding:6px 0;border-bottom:1px dashed #d5d8dd}
section:last-child{border:0}
.text{grid-column:1;grid-row:1}
.kind{grid-column:2;grid-row:1;border-left:3px solid #70757d;padding-left:8px;color:#4a4d53;
font:12px/1.6 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
main{direction:rtl}section{direction:ltr}.text{direction:rtl;text-align:right}
p{margin:.2em 0;unicode-bidi:plaintext;text-align:right}
.text p{line-height:calc(2.1em + 5px*var(--under));padding-bottom:calc(2px*var(--under))}
.headline .text{font-weight:700;font-size:1.25em}.boilerplate .text{color:#4a4d53}
i{font-style:normal}
.m{border-bottom:3px solid hsl(var(--h) var(--s) 40%);background:hsl(var(--h) var(--s) 95%);border-radius:3px;
padding:0 1px calc(5px*var(--under));cursor:default}
.t{border-bottom:3px solid hsl(var(--h) var(--s) 40%)}
.nominal,.pronoun,.adjective{border-bottom-style:dotted;background:transparent}
.m:focus,.fact:focus{outline:3px solid #1d5fb4;outline-offset:1px}
.m[data-type]::after{content:attr(data-type);font:700 11px/1 ui-monospace,Menlo,Consolas,monospace;
color:hsl(var(--h) var(--s) 28%);vertical-align:super;margin-inline-start:2px;unicode-bidi:isolate}
.adjective::after,.nominal::after,.pronoun::after{font-weight:400!important}
.only{outline:2px dashed #b3261e;outline-offset:1px}section.only{outline-offset:-1px}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:8px 0;font-size:.85em;line-height:1.8}
.key b{font:700 12px/1.4 ui-monospace,Menlo,Consolas,monospace}
.facts{background:#fff;border:1px solid #d5d8dd;border-radius:8px;margin:0;padding:8px 44px 8px 12px}
.fact{padding:2px 6px;border-radius:4px;line-height:1.8}
.fact b{font:700 13px/1.4 ui-monospace,Menlo,Consolas,monospace;color:#1d4f91;margin:0 6px}
.fact.favor b{color:#1c6b31}.fact.against b{color:#a3221b}
.fact div,.fact small{color:#4a4d53;font-size:.82em;line-height:1.7}
q{quotes:none;display:block;border-right:2px solid #b9bdc4;padding-right:8px}
@media (max-width:900px){main{grid-template-columns:minmax(0,1fr)}section{display:block}
.kind{border:0;padding:0;break-after:avoid}.facts{padding-right:32px}}
@media print{body{background:#fff}header,main{max-width:none;padding:0}h1,h2,h3{break-after:avoid}
.fact,.key,.notice{break-inside:avoid}}
"""

_PAGE = """<!DOCTYPE html>
<html lang="ar" dir="rtl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title} · khabar</title>
<style>{css}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="about"><bdi>{doc_id}</bdi> · {about}</p>
{notice}
{key}
</header>
<main style="--n:{count}">
{columns}
</main>
</body>
</html>
"""
