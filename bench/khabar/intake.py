"""New documents, and annotation files between sheet, JSON and canonical form."""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from khabar.corpus import DocumentSet, checksum, find_text, here, open_set, root_of, write_whole
from khabar.model import LAYERS
from khabar.problems import DIRECTION_MARKS, Invalid, Problem, decode, utf8
from khabar.schemas import misshapen, validator
from khabar.sheets import canonical, doc_id, layout, read_sheet, write_sheet
from khabar.tags import words

GUIDELINES = "1.0"
"""The version of the guidelines that new documents are annotated by."""


def changes(raw: bytes, path: str = "text") -> tuple[str, ...]:
    """What storing a text would change in it, in words. Raises Invalid where it (``path``) is not UTF-8, or empty."""
    text = _decoded(raw, path)
    found = []
    if text.startswith("\ufeff"):
        found.append("the byte order mark at its beginning goes")
    if "\r" in text:
        found.append(f"{text.count(chr(13))} carriage returns go: lines end in LF")
    if DIRECTION_MARKS.search(text):
        found.append(f"{len(DIRECTION_MARKS.findall(text))} invisible direction marks go")
    if not unicodedata.is_normalized("NFC", text):
        found.append("letters and their marks are joined as Unicode's form NFC has them")
    return tuple(found)


def cleaned(raw: bytes) -> str:
    """A text as it is stored: every change that `changes` names, and no other."""
    text = _decoded(raw, "text").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", DIRECTION_MARKS.sub("", text))


def _decoded(raw: bytes, path: str) -> str:
    text = utf8(path, raw, "text.encoding")
    if not text.strip():
        fix = "Name a file that holds the page's text."
        raise Invalid([Problem(path, 1, 1, "file", "", "the text is empty", fix)])
    return text


def _refused(rule: str, message: str, fix: str) -> Invalid:
    return Invalid([Problem("new", 1, 1, rule, "", message, fix)])


def add(root: Path, name: str, text: str, metadata: Mapping[str, Any]) -> tuple[Path, ...]:
    """Add a document to a folder set: text, metadata and an annotation to fill in; the paths written.

    Raises Invalid, and writes nothing, where the name is taken, the metadata is not as its schema says, or the text
    is nearly that of a document that is there.
    """
    chosen = open_set(root)
    files = [root / "corpus" / f"{name}.txt", root / "corpus" / f"{name}.json", root / "annotations" / f"{name}.json"]
    for path in files:
        if path.exists():
            raise _refused("file", f"{path} is there already", "Choose another --doc-id.")
    if twin := near_duplicate(root, text):
        raise _refused("text.repeated", f"the text is nearly that of {twin}", "A text is annotated once.")
    head = {"schema_version": "1.0", "doc_id": name, "text_sha256": checksum(text)}
    canary = {"canary": chosen.canary} if chosen.canary else {}
    data = {**head, "title": metadata["title"], "language": "ar", "codepoints": len(text)} | dict(metadata)
    data |= {"guidelines": GUIDELINES} | canary
    source = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    if wrong := [*misshapen("metadata", "metadata", source, data, chosen.inventory)]:
        raise Invalid(wrong)
    annotation: dict[str, Any] = head | {"guidelines": GUIDELINES, "annotators": ["a"], "adjudicated": False} | canary
    annotation |= {layer: [] for layer in LAYERS}
    for path, content in zip(files, (text, source, layout(annotation)), strict=True):
        with write_whole(path, make_folders=True) as file:
            file.write(content.encode())
    return tuple(files)


def refusal(name: str, value: str) -> str:
    """Why a metadata property cannot have a value, and what to do; empty where it can."""
    found = validator("metadata").problems({name: value})
    return next((f"{message}. {fix}" for at, message, fix in found if at == (name,)), "")


def near_duplicate(root: Path, text: str) -> str | None:
    """The document of a set that shares more than half of the shorter text's five-word runs, if there is one."""
    runs = _runs(text)
    for path in sorted((root / "corpus").glob("*.txt")):
        other = _runs(path.read_text("utf-8", errors="replace"))
        if runs and other and len(runs & other) > min(len(runs), len(other)) / 2:
            return path.stem
    return None


def _runs(text: str, length: int = 5) -> set[tuple[str, ...]]:
    found = [text[start:end] for start, end in words(text)]
    return {tuple(found[at : at + length]) for at in range(max(1, len(found) - length + 1))} if found else set()


def anchored(path: Path, root: Path | None = None) -> str:
    """A sheet as an annotation's JSON, or an annotation (.json) as a sheet; the text is its set's.

    Raises Invalid with everything in a sheet that is wrong.
    """
    raw = path.read_bytes()
    chosen = open_set(root or root_of(path) or here())
    if path.suffix == ".json":
        source, value, problems = decode(str(path), raw)
        wrong = problems or [*misshapen("annotation", str(path), source, value, chosen.inventory)]
        if wrong or not isinstance(value, dict):
            raise Invalid(wrong)
        return write_sheet(value, _text_of(path, str(value["doc_id"]), chosen))
    sheet = utf8(str(path), raw, "sheet.encoding").removeprefix("\ufeff")
    name = doc_id(sheet)
    if name is None:
        fix = "Write it at the top, as in: doc_id: kirkuk-redeployment"
        raise Invalid([Problem(str(path), 1, 1, "sheet.line", "", "the sheet has no line doc_id:", fix)])
    text = _text_of(path, name, chosen)
    annotation, wrong = read_sheet(sheet, str(path), text, checksum(text), chosen.inventory)
    if wrong:
        raise Invalid(wrong)
    return layout(canonical(({"canary": chosen.canary} if chosen.canary else {}) | annotation))


def _text_of(path: Path, name: str, chosen: DocumentSet) -> str:
    place = find_text(chosen.place, name)
    if place is None:
        fix = "Run the command inside the set, or name it with --set."
        raise Invalid([Problem(str(path), 1, 1, "file.missing", "", f"there is no text of {name}", fix)])
    return utf8(str(place), place.read_bytes(), "text.encoding")


def unformatted(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """The annotation files, of these and below, that are not in canonical form, with that form.

    Of a folder set only its annotations are looked at.
    """
    for given in paths:
        place = given / "annotations" if (given / "annotations").is_dir() else given
        files = sorted(place.rglob("*.json")) if place.is_dir() else [place]
        if not files:
            fix = "Name a set, an annotation file, or a folder of them."
            raise Invalid([Problem(str(given), 1, 1, "file", "", "there are no annotation files here", fix)])
        for path in files:
            source, value, problems = decode(str(path), path.read_bytes())
            if problems:
                raise Invalid(problems)
            if isinstance(value, dict) and "entities" in value:
                try:
                    written = layout(canonical(value))
                except (AttributeError, KeyError, TypeError, ValueError):
                    root = root_of(path)
                    labels = open_set(root).inventory if root else None
                    raise Invalid(misshapen("annotation", str(path), source, value, labels)) from None
                if written.encode() != path.read_bytes():
                    yield path, written
