"""Sets of documents: a folder with corpus/ and annotations/, or one JSON Lines file with a document a line.

A text that a set withholds (a published one may be) is looked for in the folder of the environment variable
``KHABAR_TEXTS`` as ``<doc_id>.txt``, and used when its checksum is the annotation's.
"""

import gzip
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache, cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import msgspec
from msgspec import UNSET, Raw, Struct

from khabar import schemas
from khabar.model import LAYERS, Document, Layer
from khabar.problems import Invalid, Pointer, Problem, decode, in_json, quoted, utf8
from khabar.schemas import Inventory

SPLITS = ("train", "validation", "test")

CANARY = "khabar benchmark data must not be in training data canary 3d1f9c52-7a64-4e0b-9b0e-5c2f6a8d41e7"
"""What stands in every metadata and annotation file of khabar's own set, and in every exported row."""

BUFFER = 1 << 20
"""So many bytes of a file are read ahead: its lines are long, and in a small buffer each would be put together."""

TOGETHER, _MUCH = 32, 1 << 22
"""So many documents are taken together, or as many as have so many bytes or code points, where that is faster."""

Item = TypeVar("Item")

_MARK = b"\xef\xbb\xbf"


class Entry(Struct, frozen=True, kw_only=True):
    """One document of a set as it is stored, unread.

    ``raw`` is the annotation's JSON, which begins on line ``line`` of ``path``. ``text`` and ``metadata`` are the
    bytes of the files beside it; both are None in a JSON Lines set, whose lines hold everything.
    """

    path: Path
    line: int = 1
    raw: bytes
    text: bytes | None = None
    text_path: Path | None = None
    metadata: bytes | None = None
    metadata_path: Path | None = None


class DocumentSet(Struct, frozen=True, eq=False, dict=True):
    """A set of documents at a place: a folder, or a JSON Lines file (also .gz)."""

    place: Path
    inventory: Inventory

    @property
    def is_folder(self) -> bool:
        """Whether the set is a folder."""
        return self.place.is_dir()

    @property
    def is_ours(self) -> bool:
        """Whether the set is khabar's own, whose texts and files are held to stricter rules."""
        return self.inventory.name == "khabar" and (self.place / "schemas" / "inventory.json").is_file()

    @property
    def canary(self) -> str | None:
        """The canary string that the set's files carry; other sets than khabar's own need none."""
        return CANARY if self.is_ours else None

    @cached_property
    def version(self) -> str:
        """What a signature calls the set: the content of corpus/VERSION, or else the name of the place."""
        file = self.place / "corpus" / "VERSION"
        if self.is_folder and file.is_file():
            return utf8(str(file), file.read_bytes(), "file").strip()
        return self.place.resolve().name.split(".")[0]

    def entries(self, between: tuple[int, int] | None = None) -> Iterator[Entry]:
        """Every document as it is stored: files by name, lines as they stand, with withheld texts put back.

        ``between``: only those from one number (from 0) up to, not including, another. Raises Invalid where a file is
        not JSON Lines at all.
        """
        return map(_whole, self._stored(between))

    def _stored(self, between: tuple[int, int] | None) -> Iterator[Entry]:
        chosen = between or (0, None)
        if self.is_folder:
            for path in islice(self._files(), *chosen):
                yield folder_entry(self.place, path)
        else:
            with open_bytes(self.place) as file:
                for number, raw in islice(self._lines(file), *chosen):
                    yield Entry(path=self.place, line=number, raw=raw.removeprefix(_MARK))

    def named(self, doc_id: str) -> list[Entry]:
        """The entries of a document, by its id: one, if the set is sound. What cannot be read is passed over."""
        return [entry for entry in self._stored(None) if _id(entry) == doc_id]

    def size(self) -> int:
        """How many documents there are."""
        if self.is_folder:
            return len(self._files())
        with open_bytes(self.place) as file:
            return sum(1 for _ in self._lines(file))

    def _lines(self, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their numbers from 1."""
        first = True
        for number, raw in enumerate(file, 1):
            if not raw.isspace():
                if first and (reason := no_lines(raw)):
                    raise _no_set(self.place, *reason)
                first = False
                yield number, raw

    def _files(self) -> list[Path]:
        return sorted((self.place / "annotations").glob("*.json"))

    def documents(
        self,
        split: str | None = None,
        between: tuple[int, int] | None = None,
        layers: Collection[Layer] = LAYERS,
        checked: bool = True,
    ) -> Iterator[Document]:
        """Every document, or those of one split; of ``layers``, the others being empty and not looked at.

        Not ``checked``, `Document.check_mentions` may be left to the caller. Raises Invalid at the first document that
        cannot be read.
        """
        entries = (entry for entry in self._stored(between) if split is None or _may_be_of(entry, split))
        while few := [*some(entries, TOGETHER, lambda entry: len(entry.raw))]:
            for document in _read_together(few, frozenset(LAYERS).difference(layers), checked):
                if split is None or (document.metadata and document.metadata.split == split):
                    yield document


class _Split(Struct):
    split: str | None = None


class _Line(Struct):
    metadata: _Split | None = None


class _Id(Struct):
    doc_id: str


_NAMED_SPLIT = re.compile(rb'"split"\s*:\s*"([a-z]+)"')
"""What says the split in a line as most are written: no other property of a document is called so."""

_SPLIT, _LINE, _ID = msgspec.json.Decoder(_Split), msgspec.json.Decoder(_Line), msgspec.json.Decoder(_Id)


def _id(entry: Entry) -> str | None:
    try:
        return _ID.decode(entry.raw).doc_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _may_be_of(entry: Entry, split: str) -> bool:
    """Whether an entry is of a split, or cannot be read: so that other splits are passed over undecoded."""
    raw = entry.metadata or entry.raw
    if named := _NAMED_SPLIT.match(raw, max(raw.rfind(b'"split"'), 0)):  # It stands near the end, as a rule.
        return named[1] == split.encode()
    try:
        found = _SPLIT.decode(entry.metadata) if entry.metadata else _LINE.decode(entry.raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return found is not None and found.split == split


def open_set(place: str | Path | None = None, labels: str | Path | None = None) -> DocumentSet:
    """The set at a place (None: khabar's own), with the labels of an inventory file.

    Without one, a folder's own schemas/inventory.json is taken, or else khabar's. Raises Invalid where there is
    no set.
    """
    path = Path(place) if place is not None else schemas.data_folder()
    if path.is_dir() and not (path / "annotations").is_dir():
        file = next(iter(sorted(path.glob("*.jsonl"))), None)
        fix = f"Name {file}." if file else "Name a folder that holds corpus/ and annotations/."
        raise _no_set(path, "this folder holds no annotations/", fix)
    if not path.exists():
        raise _no_set(path, "there is no such file or folder", "Name a set: a folder or a JSON Lines file.")
    own = path / "schemas" / "inventory.json"
    chosen = Path(labels) if labels is not None else own if own.is_file() else None
    return DocumentSet(path, schemas.inventory(chosen))


def no_lines(first: bytes) -> tuple[str, str] | None:
    """Why a file with such a first line is not JSON Lines, and what to do; None where it may be."""
    start = first.removeprefix(_MARK).strip()
    if start.startswith(b"\x1f\x8b"):
        return "this is a gzip file", "Let its name end in .gz, or unpack it."
    if start.startswith(b"["):
        return "this is one JSON array", "Write one document a line, as `jq -c '.[]' FILE` does."
    if start == b"{":
        return "this is JSON spread over many lines", "Write each document on one line, as `jq -c . FILE` does."
    if not start.startswith(b"{"):
        return "this is no JSON Lines file", "Name a file with one JSON document a line, in UTF-8."
    return None


def root_of(path: Path) -> Path | None:
    """The folder set that a file or folder lies in: the nearest one above with corpus/ and annotations/."""
    above = Path(os.path.realpath(path)).parents  # Path.resolve raises what is no OSError where links go round.
    return next((place for place in above if all((place / n).is_dir() for n in ("corpus", "annotations"))), None)


def here() -> Path | None:
    """The folder set that one stands in: the current folder, or the nearest one above it that is a set."""
    return root_of(Path("corpus"))


def folder_entry(root: Path, annotation: Path) -> Entry:
    """The entry of one annotation file of a folder set, with the text and metadata that belong to its name."""
    text = find_text(root, annotation.stem)
    metadata = root / "corpus" / annotation.name
    return Entry(
        path=annotation,
        raw=annotation.read_bytes().removeprefix(_MARK),
        text=text.read_bytes() if text else None,
        text_path=text,
        metadata=metadata.read_bytes().removeprefix(_MARK) if metadata.is_file() else None,
        metadata_path=metadata,
    )


def find_text(root: Path, doc_id: str) -> Path | None:
    """Where a document's text lies: in the set's corpus/, or else in the folder ``KHABAR_TEXTS``."""
    folders = [root / "corpus", *([Path(os.environ["KHABAR_TEXTS"])] if os.environ.get("KHABAR_TEXTS") else [])]
    places = [folder / f"{doc_id}.txt" for folder in folders]
    return next((place for place in places if place.is_file()), None)


def some(items: Iterator[Item], most: int, size: Callable[[Item], int]) -> Iterator[Item]:
    """The next of some items, as many as are taken together: ``most``, or fewer that are large."""
    total = 0
    for item in islice(items, most):
        yield item
        total += size(item)
        if total > _MUCH:
            return


def _read_together(entries: Sequence[Entry], unread: frozenset[str], checked: bool) -> Iterable[Document]:
    """The documents of some entries. Each step is taken for all of them, which is faster than one after the other."""
    if entries[0].metadata_path is None:
        decode = _decoder(unread, checked)
        try:
            found = [decode(entry.raw) for entry in entries]
            if not checked:
                for document in found:
                    document.check_rest()
            if all(map(_is_sound, found)):
                return found
        except (ValueError, RecursionError):
            pass
    return (_read(entry, unread) for entry in entries)  # It tells what is wrong.


def read(entry: Entry, layers: Collection[Layer] = LAYERS) -> Document:
    """The document of an entry, with these of its layers. Other layers are not looked at, and empty.

    Raises Invalid where it is not a good one; `khabar check` lists all reasons.
    """
    return _read(entry, frozenset(LAYERS).difference(layers))


def _read(entry: Entry, unread: frozenset[str]) -> Document:
    try:
        if entry.metadata_path is None:
            return _read_line(entry, _decoder(unread, checked=True))
        value = msgspec.json.decode(entry.raw)
        if entry.text is None:
            raise _no_text(entry, str(value["doc_id"]))
        value["text"] = utf8(str(entry.text_path), entry.text, "text.encoding")
        if entry.metadata is not None:
            value["metadata"] = msgspec.json.decode(entry.metadata)
        return _checked(msgspec.convert(value | dict.fromkeys(unread, ()), Document), entry)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(entry, str(error)) from None


def _read_line(entry: Entry, decode: Callable[[bytes], Document]) -> Document:
    try:
        return _checked(decode(entry.raw), entry)
    except msgspec.ValidationError:
        whole = _whole(entry)
        if whole is not entry:
            return _checked(decode(whole.raw), entry)
        value = msgspec.json.decode(entry.raw)
        if isinstance(value, dict) and "text" not in value:
            fix = "Name a set: each of its documents has its text. Is this a file of predictions?"
            message = "this document has no text"
            raise Invalid([Problem(str(entry.path), entry.line, 1, "schema", "/text", message, fix)]) from None
        if isinstance(value, dict) and value["text"] is None:
            raise _no_text(entry, str(value.get("doc_id"))) from None
        raise


@cache
def _decoder(unread: frozenset[str], checked: bool) -> Callable[[bytes], Document]:
    """A function that reads a document from JSON, all but these layers: they are passed over undecoded.

    Not ``checked``, the document does not check itself.
    """
    if not unread and checked:
        return msgspec.json.Decoder(Document).decode

    def emptied(document: Document) -> None:
        for name in unread:
            msgspec.structs.force_setattr(document, name, ())
        if checked:
            Document.__post_init__(document)

    shape = msgspec.defstruct(
        "Document",
        [(name, Raw, UNSET) for name in unread],
        bases=(Document,),
        namespace={"__post_init__": emptied},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
    )
    return cast("Callable[[bytes], Document]", msgspec.json.Decoder(shape).decode)


def with_id(documents: Iterable[Document], doc_id: str, place: Path) -> Document:
    """The document of an id among those of a place. Raises Invalid, naming what there is, where there is none."""
    known = []
    for document in documents:
        if document.doc_id == doc_id:
            return document
        known.append(document.doc_id)
    fix = f"Choose one of: {', '.join(known[:20])}."
    raise Invalid([Problem(str(place), 1, 1, "doc_id", "", f"there is no document {quoted(doc_id)}", fix)])


def quotes_of(annotation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every span of an annotation's JSON that repeats its text."""
    for entity in annotation["entities"]:
        yield from entity["mentions"]
    for item in (*annotation["relations"], *annotation["stance"]):
        yield from item["evidence"]
    for section in annotation["subsections"]:
        if section["heading"]:
            yield section["heading"]


def withhold(annotation: dict[str, Any]) -> None:
    """Take the text out of a document's JSON, and every stretch of it that the annotation repeats."""
    annotation["text"] = None
    for quote in quotes_of(annotation):
        del quote["text"]


def withheld(raw: bytes) -> bool:
    """Whether the text of a line of a JSON Lines set may be withheld; so it is written."""
    return b'"text":null' in raw or b'"text": null' in raw


def _whole(entry: Entry) -> Entry:
    """An entry whose text is withheld, with the text and its repeated stretches put back where it can be found."""
    if entry.metadata_path is not None or not withheld(entry.raw):
        return entry
    try:
        value = msgspec.json.decode(entry.raw)
        place = find_text(entry.path.parent, str(value["doc_id"])) if value["text"] is None else None
        text = place.read_bytes().decode("utf-8") if place else ""
        if checksum(text) != value["text_sha256"]:
            return entry
        for quote in quotes_of(value):
            quote.setdefault("text", text[quote["start"] : quote["end"]])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        return entry
    return msgspec.structs.replace(entry, raw=msgspec.json.encode(value | {"text": text}))


def exported(entry: Entry) -> dict[str, Any]:
    """A document as one line of a JSON Lines set: its annotation, its text, its metadata. Nothing is lost or changed.

    Raises Invalid where the document cannot be read.
    """
    read(entry)
    value: dict[str, Any] = msgspec.json.decode(entry.raw)
    if entry.text is not None:
        value["text"] = entry.text.decode("utf-8")
    if entry.metadata is not None:
        value["metadata"] = msgspec.json.decode(entry.metadata)
    return value


def _checked(document: Document, entry: Entry) -> Document:
    """The document, when its text is the one that was annotated."""
    if not _is_sound(document):
        raise _unreadable(entry, f"text_sha256 of {document.doc_id} is not the checksum of its text")
    return document


def _is_sound(document: Document) -> bool:
    return not document.text_sha256 or document.text_sha256 == checksum(document.text)


def checksum(text: str | bytes) -> str:
    """The SHA-256 of a text's UTF-8 bytes, in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).hexdigest()


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """A file opened for reading, decompressed where its name ends in .gz. Raises Invalid where it cannot be."""
    try:
        with path.open("rb", buffering=BUFFER) as file:
            yield gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file  # type: ignore[misc]
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _no_set(path, reason, "Name a file that can be read.") from None


@contextmanager
def write_whole(path: Path, *, make_folders: bool = False) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when it is complete; until then, what was there stays.

    It is packed if its name ends in ``.gz``. Links are followed, and stay. What is no file, such as a pipe or a device,
    is written into. Raises Invalid where `destination` does; with ``make_folders`` the folders of the file are
    made.
    """
    if make_folders:
        path.parent.mkdir(parents=True, exist_ok=True)
    place = destination(path)
    hidden = place.with_name(f".{place.name}.")
    try:
        if place.exists() and not place.is_file():
            with place.open("wb") as file:
                yield file
            return
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=hidden.name, delete=False) as new:
            try:
                with (
                    gzip.GzipFile("", "wb", fileobj=new, mtime=0)
                    if path.name.endswith(".gz")
                    else nullcontext(new) as file
                ):
                    yield cast(IO[bytes], file)
                new.flush()
                Path(new.name).chmod(0o644)
                Path(new.name).replace(place)
            except BaseException:
                Path(new.name).unlink()
                raise
    except OSError as error:
        if str(error.filename or hidden).startswith(str(hidden)):
            error.filename = str(path)  # The name that was asked for, not that of a temporary file, nor none.
        raise


def destination(path: Path) -> Path:
    """Where a file of this name is written: links are followed.

    Raises Invalid where it is a folder's name, or the folder that it lies in is not there.
    """
    if path.is_dir():
        raise _no_set(path, "this is a folder", "Name a file to write.")
    if path.exists() and not path.is_file():
        return path  # What a link to an open pipe says is not the name of anything.
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        fix = "Make the folder first, or name a file in another one."
        raise _no_set(path, f"there is no folder {place.parent}", fix)
    return place


def _no_set(path: Path, message: str, fix: str) -> Invalid:
    return Invalid([Problem(str(path), 1, 1, "file", "", message, fix)])


def _no_text(entry: Entry, doc_id: str) -> Invalid:
    message = f"the text of {doc_id} is not here"
    fix = f"Put it into a folder as {doc_id}.txt and name the folder in the environment variable KHABAR_TEXTS."
    return Invalid([Problem(str(entry.path), entry.line, 1, "file.missing", "/text", message, fix)])


def _unreadable(entry: Entry, reason: str) -> Invalid:
    """What is wrong with an entry: what is no JSON in it, or else what its reader says, at its place."""
    for path, raw in ((entry.path, entry.raw), (entry.metadata_path, entry.metadata)):
        if raw is not None and (problems := decode(str(path), raw, entry.line)[2]):
            return Invalid(problems)
    source, *_ = decode(str(entry.path), entry.raw, entry.line)
    fix = "Run `khabar check` on it: it lists everything that is wrong, and where."
    return Invalid([in_json("unreadable", str(entry.path), source, *typed_reason(reason), fix, entry.line)])


_AT = re.compile(r"(.*) - at `(?:key in )?\$([^`]*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def typed_reason(reason: str) -> tuple[Pointer, str]:
    """Where in its JSON a typed reader stopped, as far as it says so, and why."""
    said = _AT.fullmatch(reason)
    if not said:
        return (), reason
    steps = _STEP.finditer(said[2].partition("[...]")[0])
    return tuple(step[1] or int(step[2]) for step in steps), said[1][:1].lower() + said[1][1:].replace("`", "")
