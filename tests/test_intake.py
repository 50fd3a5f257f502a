"""Adding a document changes nothing without consent and writes all or nothing."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from khabar.checks import check
from khabar.cli import app
from khabar.intake import changes, cleaned
from khabar.schemas import files

VALID = Path(__file__).parent / "examples" / "valid"
DETAILS = [
    *("--title", "خبر", "--country", "JO", "--domain", "economy", "--genre", "brief", "--origin", "composed"),
    *("--rights", "khabar", "--licence", "CC-BY-4.0", "--split", "test"),
]


@pytest.fixture
def own_set(tmp_path):
    """A set of one document."""
    shutil.copytree(VALID, tmp_path / "set")
    return tmp_path / "set"


def new(text: bytes, own_set, *more, stdin=None):
    """One call of `khabar new`."""
    file = own_set.parent / "fresh-news.txt"
    file.write_bytes(text)
    return CliRunner().invoke(app, ["new", str(file), "--set", str(own_set), *DETAILS, *more], input=stdin)


def test_a_new_document_is_ready_to_be_annotated(own_set):
    """Text, metadata and an empty annotation; what check still finds is that nothing is annotated yet."""
    run = new("عنوان\n\nنص الخبر كله هنا.\n".encode(), own_set)
    assert run.exit_code == 0, run.output
    assert {problem.rule for problem in check(own_set)} == {"section.tiling"}
    assert json.loads((own_set / "annotations" / "fresh-news.json").read_bytes())["entities"] == []


def test_what_would_change_is_said_and_needs_consent(own_set):
    """Carriage returns, a byte order mark, direction and loose marks are named; without consent nothing is written."""
    raw = "\ufeffعنوان\r\n\u200fا\u0654حمد\r\n".encode()
    assert len(changes(raw)) == 4
    assert cleaned(raw) == "عنوان\nأحمد\n"
    refused = new(raw, own_set, stdin="n\n")
    assert refused.exit_code == 2
    assert "Nothing was written" in refused.stderr
    assert not (own_set / "corpus" / "fresh-news.txt").exists()
    assert new(raw, own_set, "--yes").exit_code == 0
    assert (own_set / "corpus" / "fresh-news.txt").read_text("utf-8") == "عنوان\nأحمد\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        ((VALID / "corpus" / "salt-market.txt").read_bytes() + b"x", "nearly"),
    ],
)
def test_what_cannot_be_added_is_refused(text, message, own_set):
    """An empty text, another encoding, and a near-duplicate of a text that is there."""
    run = new(text, own_set)
    assert run.exit_code == 2
    assert message in run.stderr
    assert not list(own_set.rglob("fresh-news*"))


def test_a_taken_name_and_wrong_metadata_are_refused(own_set):
    """Nothing is written over, and metadata is as its schema says."""
    text = "نص جديد كل الجدة عن أمر آخر تماما.".encode()
    assert "there already" in new(text, own_set, "--doc-id", "salt-market").stderr
    run = new(text, own_set, "--domain", "weather")
    assert run.exit_code == 2
    assert "Use one of: culture, disaster" in run.stderr
    assert not list(own_set.rglob("fresh-news*"))


def test_a_wrong_answer_is_asked_for_again_at_once(own_set):
    """What was answered before it stays; the closed lists stand in the question."""
    file = own_set.parent / "fresh-news.txt"
    file.write_text("عنوان\n\nنص الخبر كله هنا.\n", "utf-8")
    answers = ["خبر", "Jordan", "JO", "weather", "economy", "brief", "composed", "khabar", "CC BY", "CC-BY-4.0", "test"]
    run = CliRunner().invoke(app, ["new", str(file), "--set", str(own_set)], input="\n".join(answers) + "\n")
    assert run.exit_code == 0, run.output
    assert run.output.count("Error") == 3
    metadata = json.loads((own_set / "corpus" / "fresh-news.json").read_bytes())
    assert (metadata["country"], metadata["domain"], metadata["licence"]) == ("JO", "economy", "CC-BY-4.0")


def test_the_questions_name_every_choice():
    """The lists in the questions are those of the schema."""
    known = files()["metadata.schema.json"]["properties"]
    shown = " ".join(CliRunner().invoke(app, ["new", "--help"], env={"COLUMNS": "400"}).output.split())
    for name in ("domain", "genre", "origin", "split"):
        assert f": {', '.join(known[name]['enum'])}." in shown


def test_a_file_name_that_is_no_id_is_refused_before_anything_is_asked(own_set):
    """The remedy is --doc-id."""
    file = own_set.parent / "My Doc.txt"
    file.write_text("نص", "utf-8")
    run = CliRunner().invoke(app, ["new", str(file), "--set", str(own_set)])
    assert run.exit_code == 2
    assert "--doc-id karmel-library" in " ".join(run.output.split())
    assert "headline" not in run.output


def test_a_text_that_cannot_be_stored_is_refused_before_anything_is_asked(tmp_path):
    """It is told at its own place; nobody fills in a form for nothing."""
    path = tmp_path / "page.txt"
    path.write_bytes("زار الوزير".encode("utf-16"))
    refused = CliRunner().invoke(app, ["new", str(path)])
    assert refused.exit_code == 2
    assert f"{path}:1:1: error text.encoding" in refused.stderr
    assert refused.stdout == ""
