"""Sets of documents: the first document, the two forms of a set, withheld texts."""

import gzip
import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import khabar
from khabar.corpus import CANARY, checksum, open_set, write_whole
from khabar.dataset import lines
from khabar.problems import Invalid

SEED = "32b7a655d1b30a12db5712bb5350f63e186a85b88de28751faf7a21b25a3c7a0"


def test_the_seed_article_is_byte_for_byte():
    """The text is the published page's, 2,845 code points, and its checksum is the one recorded."""
    raw = (open_set().place / "corpus" / "kirkuk-redeployment.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == SEED
    assert len(raw.decode("utf-8")) == 2845


def test_the_first_document_has_every_layer():
    """Gold is adjudicated from two passes and states entities, relations, stance and the page's structure."""
    document = next(d for d in khabar.documents() if d.doc_id == "kirkuk-redeployment")
    assert document.adjudicated
    assert len(document.annotators) == 2
    assert document.metadata.split == "validation"
    assert document.metadata.licence.startswith("LicenseRef-")
    assert all((document.entities, document.relations, document.stance, document.subsections))
    stories = {section.story for section in document.subsections}
    assert stories == {1, 2}
    headings = [section.heading.text for section in document.subsections if section.heading]
    assert headings == ["تنسيق", "تهدئة الأوضاع", "عودة"]


def test_the_adjudication_speaks_of_its_passes(root):
    """Every document's decisions name the passes that are kept, and rules that GUIDELINES.md has."""
    rules = (root / "GUIDELINES.md").read_text("utf-8")
    for path in sorted((root / "annotations" / "adjudication").glob("*.json")):
        value = json.loads(path.read_bytes())
        for decision in value["decisions"]:
            assert set(decision["passes"]) == set(value["passes"])
            assert f"**{decision['rule']} · " in rules, decision["rule"]
        for name in value["passes"]:
            assert (root / "annotations" / "passes" / name / path.name).is_file()


def test_every_file_carries_the_canary(root):
    """Metadata, gold, passes and adjudications can be found in training data."""
    files = [*(root / "corpus").glob("*.json"), *(root / "annotations").rglob("*.json")]
    assert files
    assert all(json.loads(path.read_bytes())["canary"] == CANARY for path in files)


def test_a_folder_and_its_json_lines_hold_the_same(tmp_path):
    """Exported and read again, every document and every byte of JSON content is there."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"".join(lines(open_set())))
    assert list(open_set(path).documents()) == list(open_set().documents())
    assert b"".join(lines(open_set(path))) == path.read_bytes()
    folder = open_set().place
    for line in path.read_bytes().splitlines():
        value = json.loads(line)
        text, metadata = value.pop("text"), value.pop("metadata")
        assert text.encode() == (folder / "corpus" / f"{value['doc_id']}.txt").read_bytes()
        assert metadata == json.loads((folder / "corpus" / f"{value['doc_id']}.json").read_bytes())
        assert value == json.loads((folder / "annotations" / f"{value['doc_id']}.json").read_bytes())


def test_withheld_texts_are_found_in_khabar_texts(tmp_path, monkeypatch):
    """Without the text the set says what to do; with it in KHABAR_TEXTS it is the same set again."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"".join(lines(open_set(), published_texts=False)))
    source = open_set().place / "corpus" / "kirkuk-redeployment.txt"
    assert "القوات الأميركية دخلت المحافظة" not in path.read_text("utf-8")
    with pytest.raises(Invalid, match="KHABAR_TEXTS"):
        list(open_set(path).documents())
    assert {problem.rule for problem in khabar.check(path)} == {"file.missing"}
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / source.name).write_bytes(source.read_bytes())
    monkeypatch.setenv("KHABAR_TEXTS", str(texts))
    assert list(open_set(path).documents()) == list(open_set().documents())
    assert khabar.check(path) == ()
    (texts / source.name).write_text("another text", "utf-8")
    with pytest.raises(Invalid):
        list(open_set(path).documents())


def test_a_text_that_was_changed_is_not_read(tmp_path):
    """Gold on another text than the annotated one would score nonsense: it is refused, with the place."""
    value = json.loads(next(lines(open_set())))
    value["text"] += "ا"
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(value), "utf-8")
    with pytest.raises(Invalid, match="khabar check"):
        list(open_set(path).documents())


def test_what_is_no_set_is_said(tmp_path):
    """A missing place and a folder without annotations are problems with a way out."""
    with pytest.raises(Invalid, match="no such file"):
        open_set(tmp_path / "nowhere")
    with pytest.raises(Invalid, match="annotations"):
        open_set(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    """An error in the middle leaves what was there, and nothing beside it."""
    path = tmp_path / "out.jsonl"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), write_whole(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    assert [p.name for p in Path(tmp_path).iterdir()] == ["out.jsonl"]


def test_a_file_whose_name_says_so_is_packed(tmp_path):
    """What is written as .gz is read as such; the same content makes the same bytes."""
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        with write_whole(tmp_path / name) as file:
            file.write(b"{}\n")
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == b"{}\n"
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_folder_is_not_written_over_by_a_file(tmp_path):
    """It is refused, and nothing is left beside it."""
    (tmp_path / "out").mkdir()
    with pytest.raises(Invalid, match="a folder"), write_whole(tmp_path / "out"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_links_and_pipes_are_written_through_and_stay(tmp_path):
    """The file that a link names is written, though it is not there yet; a pipe is written into."""
    (tmp_path / "link").symlink_to("file")
    for content in (b"one", b"two"):
        with write_whole(tmp_path / "link") as file:
            file.write(content)
        assert (tmp_path / "file").read_bytes() == content
    assert (tmp_path / "link").is_symlink()
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor() as pool:
        read = pool.submit((tmp_path / "pipe").read_bytes)
        with write_whole(tmp_path / "pipe") as file:
            file.write(b"through")
        assert read.result() == b"through"
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_is_written_only_into_a_folder_that_is_there(tmp_path):
    """A mistyped folder is refused, unless folders are to be made; errors tell the name that was asked for."""
    with pytest.raises(Invalid, match="no folder"), write_whole(tmp_path / "new" / "file"):
        pass
    assert not (tmp_path / "new").exists()
    with write_whole(tmp_path / "new" / "file", make_folders=True) as file:
        file.write(b"x")
    with pytest.raises(OSError, match="long") as caught, write_whole(tmp_path / ("x" * 300)):
        pass
    assert caught.value.filename == str(tmp_path / ("x" * 300))


def test_a_build_that_is_named_for_a_set_leads_to_its_file(tmp_path):
    """The folder has no annotations, but a JSON Lines file to name."""
    (tmp_path / "khabar.jsonl").write_bytes(b"".join(lines(open_set())))
    with pytest.raises(Invalid, match=r"Name .*khabar\.jsonl"):
        open_set(tmp_path)


def test_checksums_are_of_utf8_bytes():
    """Text and bytes give the same digest."""
    assert checksum("خبر") == checksum("خبر".encode())


def test_a_byte_order_mark_before_gold_is_passed_over(tmp_path):
    """check and the scorer read a set the same, in both forms, though an editor has put a mark before it."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(lines(open_set())))
    assert khabar.check(path) == ()
    assert list(open_set(path).documents()) == list(open_set().documents())
    shutil.copytree(Path(__file__).parent / "examples" / "valid", tmp_path / "set")
    for file in ("corpus/salt-market.json", "annotations/salt-market.json"):
        place = tmp_path / "set" / file
        place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes())
    assert khabar.check(tmp_path / "set") == ()
    assert [document.doc_id for document in open_set(tmp_path / "set").documents()] == ["salt-market"]


def test_a_split_is_told_however_its_name_is_written(tmp_path):
    """Documents of other splits are passed over unread; a name that JSON escapes is found, and words mean nothing."""
    lines_ = [json.loads(line) for line in lines(open_set())]
    lines_[0]["metadata"] |= {"split": "train", "licence": 'it says "split": "test" of itself'}
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines_)
    place = tmp_path / "set.jsonl"
    place.write_text(text.replace('"train"', '"tr\\u0061in"'), "utf-8")
    expected = [line["doc_id"] for line in lines_ if line["metadata"]["split"] == "train"]
    assert [document.doc_id for document in open_set(place).documents("train")] == expected
