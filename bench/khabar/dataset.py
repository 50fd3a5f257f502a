"""The corpus as a Hugging Face dataset: in code, and as a folder ready for the Hub."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from khabar.corpus import SPLITS, DocumentSet, exported, open_set, withhold, write_whole
from khabar.model import ISSUE, Document
from khabar.problems import Invalid, Problem
from khabar.tags import iob2

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features

View = Literal["documents", "entities", "relations", "stance", "subsections", "iob2"]
VIEWS: tuple[View, ...] = ("documents", "entities", "relations", "stance", "subsections", "iob2")

_COLUMNS: dict[View, tuple[str, ...]] = {
    "documents": ("metadata", "entities", "relations", "stance", "subsections"),
    "entities": ("entities",),
    "relations": ("entities", "relations"),
    "stance": ("entities", "stance"),
    "subsections": ("subsections",),
}
"""What the views hold beside doc_id, text and canary; relations and stance name entities, so these are there too."""


def documents(split: str | None = None, *, place: str | Path | None = None) -> tuple[Document, ...]:
    """The documents of a set (None: khabar's own), or of one split, as typed values.

    Raises Invalid where a document is not a good one, or its text is withheld and not found in ``KHABAR_TEXTS``.
    """
    return tuple(open_set(place).documents(_known(split)))


@overload
def load(view: View = ..., split: None = None, *, place: str | Path | None = ...) -> "DatasetDict": ...
@overload
def load(view: View = ..., *, split: str, place: str | Path | None = ...) -> "Dataset": ...
def load(
    view: View = "documents", split: str | None = None, *, place: str | Path | None = None
) -> "DatasetDict | Dataset":
    """A view of a set (None: khabar's own) with typed, nested features: every split that it has, or one.

    Views: ``documents`` (everything), ``entities``, ``relations``, ``stance``, ``subsections`` (a layer, with the
    entities that it names), a row a document; ``iob2``: words with their offsets and tags, for token
    classification. Offsets are code points of ``text``. Raises ValueError for an unknown view or split.
    """
    from datasets import DatasetDict

    chosen = open_set(place)
    if view not in VIEWS:
        raise ValueError(f"there is no view {view!r}; choose one of {', '.join(VIEWS)}")
    if _known(split) is not None:
        return _dataset(chosen, view, str(split), list(chosen.documents(split)))
    by_split = _by_split(chosen)
    return DatasetDict({name: _dataset(chosen, view, name, found) for name, found in by_split.items()})


def _known(split: str | None) -> str | None:
    if split is not None and split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; choose one of {', '.join(SPLITS)}")
    return split


def _by_split(chosen: DocumentSet) -> dict[str, list[Document]]:
    """The documents of each split that has some; those without metadata are taken for test."""
    found: dict[str, list[Document]] = {}
    for document in chosen.documents():
        found.setdefault(document.metadata.split if document.metadata else "test", []).append(document)
    return {name: found[name] for name in SPLITS if name in found}


def _dataset(chosen: DocumentSet, view: View, split: str, found: list[Document]) -> "Dataset":
    from datasets import Dataset, DatasetInfo, NamedSplit

    features = _features(chosen, view)
    info = DatasetInfo(description=f"khabar {chosen.version}, {view}", features=features)
    rows = [_row(view, document) for document in found]
    if not rows:
        return Dataset.from_dict({name: [] for name in features}, features=features, info=info, split=NamedSplit(split))
    return Dataset.from_list(rows, features=features, info=info, split=NamedSplit(split))


def _row(view: View, document: Document) -> dict[str, Any]:
    if view == "iob2":
        edges, tags = iob2(document)
        return {
            "doc_id": document.doc_id,
            "words": [document.text[start:end] for start, end in edges],
            "starts": [start for start, _ in edges],
            "ends": [end for _, end in edges],
            "tags": list(tags),
            "canary": document.canary,
        }
    data = msgspec.to_builtins(document)
    for entity in data["entities"]:
        entity.update({name: entity.get(name) for name in ("name", "wikidata", "value")})
    if data["metadata"]:
        data["metadata"].pop("canary")
    return {name: data[name] for name in ("doc_id", "text", *_COLUMNS[view], "canary")}


def _features(chosen: DocumentSet, view: View) -> "Features":
    from datasets import ClassLabel, Features, List, Value

    string, number = Value("string"), Value("int32")
    quote = {"start": number, "end": number, "text": string}
    if view == "iob2":
        kinds = [kind for kind in chosen.inventory.labels["entities.type"] if kind != ISSUE]
        tags = ClassLabel(names=["O", *(f"{place}-{kind}" for kind in kinds for place in "BI")])
        spans = {"words": List(string), "starts": List(number), "ends": List(number), "tags": List(tags)}
        return Features({"doc_id": string, **spans, "canary": string})
    words = (
        "schema_version",
        "doc_id",
        "title",
        "language",
        "text_sha256",
        "split",
        "origin",
        "publisher",
        "published",
    )
    more = ("country", "domain", "genre", "rights", "licence", "guidelines")
    columns: dict[str, Any] = {
        "metadata": dict.fromkeys((*words, *more), string) | {"codepoints": number, "stories": number},
        "entities": List(
            {
                **dict.fromkeys(("id", "type", "name", "wikidata", "value"), string),
                "mentions": List({**quote, "form": string}),
            }
        ),
        "relations": List({**dict.fromkeys(("id", "type", "head", "tail"), string), "evidence": List(quote)}),
        "stance": List(
            {
                **dict.fromkeys(("id", "holder", "target", "label", "mode", "source"), string),
                "evidence": List(quote),
            }
        ),
        "subsections": List(
            {
                **{"id": string, "start": number, "end": number, "kind": string},
                **{"story": number, "function": string, "heading": quote},
            }
        ),
    }
    chosen_columns = {name: columns[name] for name in _COLUMNS[view]}
    return Features({"doc_id": string, "text": string, **chosen_columns, "canary": string})


def build(
    folder: Path, *, place: str | Path | None = None, published_texts: bool = True, replace: bool = False
) -> None:
    """Write a folder ready for the Hub: Parquet for each view and split, the set as khabar.jsonl, the card.

    ``published_texts`` False leaves out the texts that are their publishers', and their copies at the annotations'
    spans; offsets, checksums, titles and the names of entities stay. The folder appears whole or not at all. Raises
    Invalid where it exists and is not empty, unless ``replace`` is set and it is an earlier build.
    """
    chosen = open_set(place)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        earlier = (folder / "khabar.jsonl").is_file() and (folder / "README.md").is_file()
        if not (replace and earlier):
            fix = "Choose another folder." if not earlier else "Choose another folder, or say --replace."
            message = "the folder exists and is not empty" if folder.is_dir() else "this is a file, not a folder"
            raise Invalid([Problem(str(folder), 1, 1, "file", "", message, fix)])
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        _write(work, chosen, published_texts)
        work.chmod(0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
            folder.replace(old)
            work.replace(folder)
            shutil.rmtree(old)
        else:
            work.replace(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _write(folder: Path, chosen: DocumentSet, published_texts: bool) -> None:
    with write_whole(folder / "khabar.jsonl") as file:
        for value in lines(chosen, published_texts):
            file.write(value)
    hashes: dict[View, str] = {}
    by_split = _by_split(chosen)
    for view in VIEWS:
        digest = sha256()
        for split, found in by_split.items():
            shown = [d for d in found if published_texts or view != "iob2" or not _is_published(d)]
            dataset = _dataset(chosen, view, split, shown)
            if not published_texts:
                dataset = _withheld(dataset, {d.doc_id for d in shown if _is_published(d)})
            digest.update(msgspec.json.encode([split, dataset.to_list()]))
            path = folder / view / f"{split}.parquet"
            path.parent.mkdir(exist_ok=True)
            dataset.to_parquet(path)
        hashes[view] = digest.hexdigest()[:16]
    (folder / "README.md").write_text(_card(chosen, by_split, hashes, published_texts), "utf-8")


def lines(chosen: DocumentSet, published_texts: bool = True) -> Iterator[bytes]:
    """A set as JSON Lines, a document a line, without loss; published texts may be withheld."""
    for entry in chosen.entries():
        value = exported(entry)
        if not published_texts and value.get("metadata", {}).get("origin") == "published":
            withhold(value)
        yield msgspec.json.encode(value) + b"\n"


def _is_published(document: Document) -> bool:
    return document.metadata is not None and document.metadata.origin == "published"


def _withheld(dataset: "Dataset", doc_ids: set[str]) -> "Dataset":
    """The dataset without the texts of some documents, and without the stretches of them in its layers."""

    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {name: None if name == "text" else strip(part) for name, part in value.items()}
        return [strip(part) for part in value] if isinstance(value, list) else value

    from datasets import Dataset

    rows = [strip(row) if row["doc_id"] in doc_ids else row for row in dataset.to_list()]
    return (
        Dataset.from_list(rows, features=dataset.features, info=dataset.info, split=dataset.split) if rows else dataset
    )


def _card(
    chosen: DocumentSet, by_split: dict[str, list[Document]], hashes: dict[View, str], published_texts: bool
) -> str:
    """The dataset card: YAML that the Hub and `load_dataset` read, and what a reader should know."""
    yaml = [
        "---",
        "language: [ar]",
        "pretty_name: khabar",
        "license: other",
        "license_name: cc-by-4.0-and-publishers",
        "task_categories: [token-classification, text-classification]",
        "tags: [arabic, news, named-entity-recognition, relation-extraction, stance-detection, text-segmentation]",
        "configs:",
    ]
    for view in VIEWS:
        yaml += [f"- config_name: {view}", *(["  default: true"] if view == "documents" else [])]
        # The name of a cache entry comes from this description: another content, another entry.
        yaml += [f"  description: {json.dumps(f'khabar {chosen.version}, {view}, content {hashes[view]}')}"]
        yaml += ["  data_files:"]
        for split in by_split:
            yaml += [f"  - split: {split}", f"    path: {view}/{split}.parquet"]
    sizes = ", ".join(f"{split} {len(found)}" for split, found in by_split.items())
    texts = "" if published_texts else _WITHOUT
    canary = next((d.canary for found in by_split.values() for d in found if d.canary), None)
    body = _CARD.format(version=chosen.version, sizes=sizes, texts=texts, canary=canary or "")
    return "\n".join([*yaml, "---", "", body])


_CARD = """# khabar

An open corpus and benchmark for information extraction from Arabic news, version {version}. Documents: {sizes}.

| view | a row is | columns |
|---|---|---|
| `documents` | a document | everything |
| `entities`, `relations`, `stance`, `subsections` | a document | its text and the layer |
| `iob2` | a document | words, their offsets, IOB2 tags (outermost names) |

Offsets are 0-based, half-open, in Unicode code points of `text`. `khabar.jsonl` holds the same documents for
`khabar score PREDICTIONS --gold khabar.jsonl`.

## Licence

The annotations and the texts composed for khabar (`metadata.origin` is `composed`): CC BY 4.0. A text whose `origin`
is `published` remains its publisher's and is not licensed; to have one taken down, write to whoever distributes the
copy that you have, or open an issue where you found it, naming the `doc_id`.
{texts}
## Not for training

This is benchmark data. Every row carries the canary string:

    {canary}
"""

_WITHOUT = """
In this build the published texts are left out: `text` is null in their rows, also within the layers, and they have no
row in `iob2`. Offsets, `text_sha256`, the page's headline and what each entity is called stay. Put a text that you have
into a folder as `<doc_id>.txt` and name the folder in the environment variable `KHABAR_TEXTS`: khabar then reads
`khabar.jsonl` with it.
"""
