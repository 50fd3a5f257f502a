"""The command, as a user meets it: results, talk and exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from khabar.cli import app

EXAMPLES = Path(__file__).parent / "examples"
GOLDEN = Path(__file__).parent / "golden"


def run(*args, stdin=None):
    """One call of the command."""
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


def test_help_names_every_verb():
    """Without arguments the command shows its help."""
    shown = run("--help")
    assert shown.exit_code == 0
    for verb in ("score", "explain", "check", "rules", "measures", "build", "export", "predict"):
        assert verb in shown.stdout


def test_exit_status_says_what_happened(tmp_path):
    """0 clean, 1 problems found, 2 misuse or input that cannot be used."""
    assert run("check", EXAMPLES / "valid").exit_code == 0
    assert run("check", EXAMPLES / "invalid" / "reference").exit_code == 1
    assert run("check", EXAMPLES / "invalid" / "text.bidi").exit_code == 0
    assert run("score", tmp_path / "nowhere.jsonl").exit_code == 2
    assert run("score", "-", "--gold", tmp_path, stdin="{}").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_check_as_json_is_json():
    """Problems for programs: one array."""
    shown = run("check", EXAMPLES / "invalid" / "span.text", "--format", "json")
    assert {row["rule"] for row in json.loads(shown.stdout)} == {"span.text", "relation.evidence"}


def test_a_refused_prediction_lists_its_problems_and_writes_nothing():
    """Problems go to standard error, one with its fix; standard output stays empty."""
    bad = json.dumps({"doc_id": "salt-market", "mentions": [{"type": "PERS", "start": 0, "end": 3}]})
    shown = run("score", "-", "--gold", EXAMPLES / "valid", stdin=bad)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert "-:1:49: error label (at /mentions/0/type)" in shown.stderr
    assert "Did you mean PER?" in shown.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_report_is_to_the_letter_what_it_was(form):
    """A report on a small set, in both forms, held against a golden file."""
    shown = run("score", GOLDEN / "predictions.jsonl", "--gold", EXAMPLES / "valid", "--format", form)
    assert shown.exit_code == 0
    assert shown.stdout == (GOLDEN / f"report.{form}").read_text("utf-8")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_errors_are_to_the_letter_what_they_were(form):
    """Every error of a small set in its text, and the counts, held against a golden file."""
    shown = run("explain", GOLDEN / "predictions.jsonl", "--gold", EXAMPLES / "valid", "--format", form)
    assert shown.exit_code == 0
    assert shown.stdout == (GOLDEN / f"errors.{form}").read_text("utf-8")


def test_errors_can_be_chosen():
    """By document, layer and class, where boundary stands for all that begin with it; what there is not is refused."""
    args = ("explain", GOLDEN / "predictions.jsonl", "--gold", EXAMPLES / "valid", "--format", "json")

    def classes(*more):
        return {(e["layer"], e["class"]) for e in json.loads(run(*args, *more).stdout)["errors"]}

    assert classes("--class", "boundary") == {("entities", "boundary: shorter")}
    assert classes("--class", "correct", "--layer", "relations") == {("relations", "correct")}
    assert classes("--doc", "salt-market") == classes()
    assert {layer for layer, _ in classes("--layer", "stance")} == {"stance"}
    for more in (("--doc", "nowhere"), ("--class", "nonsense"), ("--class", "reversed", "--layer", "stance")):
        refused = run(*args, *more)
        assert (refused.exit_code, refused.stdout) == (2, ""), more


def test_gold_scored_against_itself_from_the_command(tmp_path):
    """export jsonl, then score: everything that can be scored is 100."""
    path = tmp_path / "set.jsonl"
    assert run("export", "jsonl", "-o", path).exit_code == 0
    data = json.loads(run("score", path, "--gold", path, "--format", "json").stdout)
    assert data["overall"] == 1


def test_inputs_hold_what_a_system_may_see_and_nothing_else():
    """doc_id and text; words with offsets when asked for; never an annotation, unless entities are asked for."""
    plain = [json.loads(line) for line in run("export", "inputs").stdout.splitlines()]
    assert all(set(line) == {"doc_id", "text"} for line in plain)
    words = [json.loads(line) for line in run("export", "inputs", "--words").stdout.splitlines()]
    for line in words:
        assert all(line["text"][w["start"] : w["end"]] == w["text"] for w in line["words"])
    given = [json.loads(line) for line in run("export", "inputs", "--entities").stdout.splitlines()]
    assert all(line["entities"] for line in given)


def test_the_rule_system_is_run_and_scored(tmp_path):
    """predict writes a file that score reads; a layer that it does not attempt is said."""
    path = tmp_path / "p.jsonl"
    assert run("predict", "rules", "--split", "validation", "-o", path).exit_code == 0
    shown = run("score", path, "--split", "validation")
    assert shown.exit_code == 0
    assert "not attempted: stance" in shown.stdout


def test_build_refuses_to_write_over(tmp_path):
    """A folder with something in it is left alone, exit 2."""
    (tmp_path / "x").write_text("x")
    shown = run("build", tmp_path)
    assert shown.exit_code == 2
    assert "not empty" in shown.stderr


def test_rules_and_measures_are_listed():
    """Both tables print."""
    assert "span.text" in run("rules").stdout
    assert "entities.strict" in run("measures").stdout
    assert run("--version").stdout.startswith("khabar ")
