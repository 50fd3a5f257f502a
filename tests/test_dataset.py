"""The corpus as a Hugging Face dataset, in code and as a built folder."""

import json
import shutil

import datasets
import pytest
import yaml
from strategies import INVENTORY

import khabar
from khabar.corpus import checksum
from khabar.dataset import VIEWS, build
from khabar.problems import Invalid


@pytest.fixture(autouse=True)
def quiet_cache(tmp_path_factory, monkeypatch):
    """Each test has a cache of its own."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path_factory.mktemp("cache")))
    datasets.disable_progress_bars()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_loads_with_typed_features(view):
    """Each view is a DatasetDict of the set's splits; a split gives a Dataset; no row has a column less or more."""
    loaded = khabar.load(view)
    assert isinstance(loaded, datasets.DatasetDict)
    assert set(loaded) <= {"train", "validation", "test"}
    split = khabar.load(view, split="validation")
    assert isinstance(split, datasets.Dataset)
    assert split.num_rows == loaded["validation"].num_rows >= 1
    assert split.features["doc_id"].dtype == "string"
    assert all(row["canary"] for row in split)


def test_documents_lose_nothing_on_the_way():
    """What a row of the documents view holds is what the typed document holds, offsets and all."""
    rows = {row["doc_id"]: row for split in khabar.load().values() for row in split}
    for document in khabar.documents():
        row = rows[document.doc_id]
        assert row["text"] == document.text
        assert [e["id"] for e in row["entities"]] == [e.id for e in document.entities]
        for layer in ("entities", "relations", "stance", "subsections"):
            for stored, typed in zip(row[layer], getattr(document, layer), strict=True):
                for name, value in stored.items():
                    plain = getattr(typed, name)
                    if name in ("mentions", "evidence"):
                        assert [(q["start"], q["end"], q["text"]) for q in value] == [(*q.edges, q.text) for q in plain]
                    elif name == "heading":
                        assert (value and value["text"]) == (plain and plain.text)
                    else:
                        assert value == plain
        for name, value in row["metadata"].items():
            assert value == getattr(document.metadata, name)


def test_words_and_tags_for_token_classification():
    """iob2 rows have as many words as tags; the class labels are O, B- and I- of every type but ISSUE."""
    rows = khabar.load("iob2", split="validation")
    kinds = [kind for kind in INVENTORY.labels["entities.type"] if kind != "ISSUE"]
    names = rows.features["tags"].feature.names
    assert names[0] == "O"
    assert set(names[1:]) == {f"{place}-{kind}" for place in "BI" for kind in kinds}
    for row in rows:
        assert len(row["words"]) == len(row["tags"]) == len(row["starts"]) == len(row["ends"])
        assert any(row["tags"])


def test_an_unknown_view_or_split_is_refused():
    """The error names what there is."""
    with pytest.raises(ValueError, match="documents, entities"):
        khabar.load("tokens")
    with pytest.raises(ValueError, match="train, validation, test"):
        khabar.load("entities", split="dev")


def test_a_built_folder_loads_by_name_also_streaming(tmp_path):
    """`datasets.load_dataset("DIR", "stance")` gives what khabar.load gives, and so does streaming."""
    folder = tmp_path / "hub"
    build(folder)
    for view in VIEWS:
        expected = khabar.load(view)
        loaded = datasets.load_dataset(str(folder), view)
        assert {name: part.to_list() for name, part in loaded.items()} == {n: p.to_list() for n, p in expected.items()}
        assert all(loaded[name].features == expected[name].features for name in expected)
        stream = datasets.load_dataset(str(folder), view, streaming=True)
        assert {name: list(part) for name, part in stream.items()} == {n: p.to_list() for n, p in expected.items()}


def test_the_card_is_yaml_that_the_hub_reads(tmp_path):
    """Licence `other`, a config for each view, the canary, and how to have a text taken down."""
    build(tmp_path / "hub")
    _, head, body = (tmp_path / "hub" / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(head)
    assert card["license"] == "other"
    assert [config["config_name"] for config in card["configs"]] == list(VIEWS)
    assert "canary" in body
    assert "taken down" in body


def small_set(folder, root, change):
    """Our set in a folder of its own, with its first entity's name changed."""
    for part in ("corpus", "annotations", "schemas"):
        shutil.copytree(root / part, folder / part)
    path = folder / "annotations" / "kirkuk-redeployment.json"
    value = json.loads(path.read_bytes())
    value["entities"][0]["name"] = change
    path.write_text(json.dumps(value), "utf-8")
    return folder


def test_a_changed_corpus_is_never_served_from_a_cache(tmp_path, root):
    """Built anew at the same place with other content, load_dataset gives the new content."""
    for name in ("one", "two"):
        place = small_set(tmp_path / name, root, name)
        build(tmp_path / "hub", place=place, replace=True)
        rows = datasets.load_dataset(str(tmp_path / "hub"), "entities", split="validation")
        found = next(row for row in rows if row["doc_id"] == "kirkuk-redeployment")
        assert found["entities"][0]["name"] == name


def test_a_folder_that_is_not_a_build_is_not_written_over(tmp_path):
    """What stands in a folder stays; an earlier build goes only when that is asked for."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("x")
    with pytest.raises(Invalid, match="not empty"):
        build(tmp_path / "notes", replace=True)
    assert (tmp_path / "notes" / "mine.txt").read_text() == "x"
    build(tmp_path / "hub")
    with pytest.raises(Invalid, match="--replace"):
        build(tmp_path / "hub")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub", "notes"]


def test_a_build_without_published_texts_has_no_stretch_of_them(tmp_path):
    """No sentence of a published text is in any file; offsets and checksum are; composed texts stay whole."""
    folder = tmp_path / "hub"
    build(folder, published_texts=False)
    published = [d for d in khabar.documents() if d.metadata.origin == "published"]
    assert published
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for document in published:
        assert document.text[200:240].encode() not in everything
    for view in ("documents", "entities", "relations", "stance", "subsections"):
        for split, part in datasets.load_dataset(str(folder), view).items():
            for row in part:
                withheld = row["doc_id"] in {d.doc_id for d in published}
                assert (row["text"] is None) == withheld, split
    rows = datasets.load_dataset(str(folder), "documents", split="validation")
    row = next(row for row in rows if row["doc_id"] == published[0].doc_id)
    assert row["metadata"]["text_sha256"] == checksum(published[0].text)
    assert row["entities"][0]["mentions"][0]["end"] == published[0].entities[0].mentions[0].end
    assert row["entities"][0]["mentions"][0]["text"] is None
