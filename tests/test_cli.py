"""The command, as a user meets it: results, talk and exit status."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.testing import CliRunner

import khabar.run
from khabar.cli import LayerName, Mode, Split, Tier, app
from khabar.corpus import CANARY, SPLITS
from khabar.model import LAYERS
from khabar.quotes import TIERS

EXAMPLES = Path(__file__).parent / "examples"
GOLDEN = Path(__file__).parent / "golden"


def run(*args, stdin=None):
    """One call of the command."""
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


@pytest.fixture
def own_set(tmp_path, monkeypatch):
    """A set of one document, in which one stands."""
    shutil.copytree(EXAMPLES / "valid", tmp_path / "set")
    monkeypatch.chdir(tmp_path / "set")
    return tmp_path / "set"


def test_without_a_name_the_set_that_one_stands_in_is_read(own_set, monkeypatch):
    """In a set, or below it, every verb means that set; elsewhere khabar's own."""
    (own_set / "corpus" / "broken.txt").write_text("نص\n", "utf-8")
    monkeypatch.chdir(own_set / "corpus")
    checked = run("check")
    assert checked.exit_code == 1
    assert "broken.txt:1:1: error file.missing" in checked.stdout
    assert f"1 error, 0 warnings in 1 document of {own_set}\n" in checked.stderr
    (own_set / "corpus" / "broken.txt").unlink()
    assert json.loads(run("export", "inputs").stdout)["doc_id"] == "salt-market"
    assert json.loads(run("export", "jsonl").stdout)["doc_id"] == "salt-market"
    assert json.loads(run("predict", "rules").stdout)["doc_id"] == "salt-market"
    assert "docs:1|" in run("score", GOLDEN / "predictions.jsonl").stdout
    assert "salt-market.json: is not in canonical form" in run("format", "--check").stderr
    assert run("view", "salt-market", "-o", "page.html").exit_code == 0
    monkeypatch.chdir(own_set.parent)
    assert "in 12 documents of" in run("check").stderr


def test_what_contributing_says_works_word_for_word(tmp_path, root, monkeypatch):
    """new, anchor, view, merge and check in a copy of khabar's own set, whose files carry the canary."""
    own = tmp_path / "khabar"
    for part in ("corpus", "annotations", "schemas"):
        shutil.copytree(root / part, own / part)
    monkeypatch.chdir(own)
    Path("page.txt").write_text("مكتبة الكرمل\n\nافتتحت المكتبة.\n", "utf-8")
    answers = "مكتبة\nJO\nculture\nbrief\ncomposed\nkhabar\nCC-BY-4.0\ntest\n"
    assert run("new", "page.txt", "--doc-id", "karmel-library", stdin=answers).exit_code == 0
    sheet = "doc_id: karmel-library\nannotators: {}\ne1 | FAC | مكتبة الكرمل | all\n"
    sections = 'headline | 1 | "مكتبة الكرمل"\nlead | 1 | "افتتحت" | main_event\n'
    for name in "ab":
        Path(f"{name}.sheet").write_text(sheet.format(name) + sections, "utf-8")
        passed = f"annotations/passes/{name}/karmel-library.json"
        assert run("anchor", f"{name}.sheet", "-o", passed).exit_code == 0
        assert json.loads(Path(passed).read_bytes())["canary"] == CANARY
    assert run("view", "karmel-library", "--pass", "a").exit_code == 0
    merge = ("merge", "annotations/passes/a", "annotations/passes/b", "-o", "annotations")
    run(*merge)
    assert run(*merge).exit_code == 0
    made = json.loads(Path("annotations/karmel-library.json").read_bytes())
    assert made["adjudicated"]
    assert made["canary"] == CANARY
    checked = run("check")
    assert checked.stdout == ""
    assert "0 errors, 0 warnings in 13 documents" in checked.stderr


def test_help_names_every_verb():
    """Without arguments the command shows its help."""
    shown = run("--help")
    assert shown.exit_code == 0
    for verb in ("score", "explain", "check", "rules", "measures", "build", "export", "predict"):
        assert verb in shown.stdout


def test_help_fits_a_terminal():
    """In 80 columns no line of any help is longer, and every verb says in its list what it does, uncut."""

    def verbs(group, way=()):
        yield way
        for name, command in getattr(group, "commands", {}).items():
            yield from verbs(command, (*way, name))

    for way in verbs(typer.main.get_command(app)):
        shown = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*way, "--help"])
        assert shown.exit_code == 0
        assert max(map(len, shown.stdout.splitlines())) <= 80, way
        assert not re.search(r"\w\.\.\.$", shown.stdout, re.MULTILINE), way


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
def test_the_report_is_to_the_letter_what_it_was(form, root, monkeypatch):
    """A report on a small set, in both forms, held against a golden file."""
    monkeypatch.chdir(root)
    shown = run("score", "tests/golden/predictions.jsonl", "--gold", "tests/examples/valid", "--format", form)
    assert shown.exit_code == 0
    assert shown.stdout == (GOLDEN / f"report.{form}").read_text("utf-8")


def test_the_table_of_a_report_fits_a_terminal_of_eighty_columns():
    """Of all rows with figures none wraps; what wraps is prose and the signature."""
    rows = (GOLDEN / "report.text").read_text("utf-8").partition("\noverall: ")[0].splitlines()
    assert len(rows) > 50
    assert max(map(len, rows)) <= 80


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
    for more in (
        ("--doc", "nowhere"),
        ("--doc", ""),
        ("--class", "nonsense"),
        ("--class", "reversed", "--layer", "stance"),
    ):
        refused = run(*args, *more)
        assert (refused.exit_code, refused.stdout) == (2, ""), more


def test_gold_scored_against_itself_from_the_command(tmp_path):
    """export jsonl, then score: everything that can be scored is 100."""
    path = tmp_path / "set.jsonl"
    assert run("export", "jsonl", "-o", path).exit_code == 0
    data = json.loads(run("score", path, "--gold", path, "--format", "json").stdout)
    assert data["overall"] == 1


def test_inputs_hold_what_a_system_may_see_and_nothing_else():
    """doc_id, text, canary; words with offsets when asked for; never an annotation, unless entities are asked for."""
    plain = [json.loads(line) for line in run("export", "inputs").stdout.splitlines()]
    assert all(set(line) == {"doc_id", "text", "canary"} for line in plain)
    assert {line["canary"] for line in plain} == {CANARY}
    others = run("export", "inputs", "--gold", EXAMPLES / "valid").stdout
    assert set(json.loads(others)) == {"doc_id", "text"}
    assert run("score", "-", stdin=json.dumps(plain[0] | {"mentions": []})).exit_code == 0
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


def test_many_problems_are_cut_short_for_people_and_whole_for_programs(tmp_path):
    """Fifty are shown and the rest counted; JSON has all."""
    path = tmp_path / "gold.jsonl"
    path.write_text("{broken\n" * 60, "utf-8")
    shown = run("check", path)
    assert shown.stdout.count("json.syntax") == 50
    assert "… and 10 more" in shown.stderr
    assert "60 errors" in shown.stderr
    assert len(json.loads(run("check", path, "--format", "json").stdout)) == 60
    refused = run("score", path, "--gold", EXAMPLES / "valid")
    assert refused.stderr.count("json.syntax") == 50
    assert "60 problems; there is no result." in refused.stderr


def test_what_cannot_be_read_or_written_is_a_problem_with_a_remedy(tmp_path):
    """A folder for -o, a file for build, an inventory that is not there; nothing is left behind."""
    (tmp_path / "file").write_text("x")
    for call in (
        ("export", "inputs", "-o", tmp_path),
        ("build", tmp_path / "file"),
        ("score", GOLDEN / "predictions.jsonl", "--inventory", tmp_path / "nosuch"),
    ):
        refused = run(*call)
        assert refused.exit_code == 2
        assert "\n    " in refused.stderr
        assert "1 problem; there is no result." in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*"))


@pytest.mark.parametrize("through", ["itself", "link", "set", "folder"])
def test_what_is_read_is_never_written_over(through, own_set, tmp_path):
    """An output that is an input, also through a link, is refused: predictions, raw answers, gold as file or folder."""
    gold = tmp_path / "gold.jsonl"
    assert run("export", "jsonl", "-o", gold).exit_code == 0
    said = tmp_path / "said"
    said.mkdir()
    kept = {path: path.read_bytes() for path in (gold, *own_set.rglob("*.*")) if path.is_file()}
    shutil.copy(gold, said / "p.json")
    (tmp_path / "link").symlink_to(gold)
    output = {
        "itself": gold,
        "link": tmp_path / "link",
        "set": own_set / "corpus" / "salt-market.txt",
        "folder": said / "p.json",
    }[through]
    predictions = said if through == "folder" else gold
    calls = [("score", predictions), ("import", "answers", predictions), ("import", "tags", predictions)]
    calls += [("export", "jsonl"), ("export", "inputs"), ("predict", "rules")] if through == "set" else []
    for call in calls:
        refused = run(*call, "-o", output)
        assert (refused.exit_code, refused.stdout) == (2, ""), call
        assert "what is read is never written over" in refused.stderr, call
    assert {path: path.read_bytes() for path in kept} == kept
    assert (said / "p.json").read_bytes() == gold.read_bytes()


def test_raw_answers_are_not_taken_for_the_file_of_what_is_rejected(own_set, tmp_path):
    """import answers writes two files: neither may be the one that is read, and both must be files."""
    raw = tmp_path / "x.rejected.jsonl"
    raw.write_text('{"doc_id": "salt-market", "answer": "{}"}\n', "utf-8")
    assert "this file is read" in run("import", "answers", raw, "-o", tmp_path / "x.jsonl").stderr
    assert "this is no file" in run("import", "answers", raw, "-o", "-").stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [raw.name]


def test_a_folder_that_is_not_there_is_made_for_a_pass_alone(own_set):
    """A mistyped folder is said before any work; a pass is a folder that its first annotation makes."""
    refused = run("export", "inputs", "-o", "nowhere/inputs.jsonl")
    assert refused.exit_code == 2
    assert "there is no folder" in refused.stderr
    sheet = run("anchor", "annotations/salt-market.json").stdout
    Path("x.sheet").write_text(sheet, "utf-8")
    assert run("anchor", "x.sheet", "-o", "annotations/passes/c/salt-market.json").exit_code == 0
    assert "this file is read" in run("anchor", "x.sheet", "-o", "x.sheet").stderr


def test_a_layer_that_the_file_does_not_have_is_said(tmp_path):
    """An empty table is no answer by itself, of score or of explain."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "salt-market", "mentions": []}', "utf-8")
    for verb in ("score", "explain"):
        shown = run(verb, path, "--gold", EXAMPLES / "valid", "--layer", "stance")
        assert f"{path} has nothing of what was asked for; its layers: entities." in shown.stderr
        assert shown.exit_code == 1


@pytest.mark.parametrize("output", [".", "/", "", "-"])
def test_answers_are_imported_into_a_file_alone(output, tmp_path, monkeypatch):
    """A folder, no name and standard output are refused, as what is rejected goes into a file beside it."""
    monkeypatch.chdir(tmp_path)
    Path("raw.jsonl").write_text('{"doc_id": "salt-market", "answer": "{}"}')
    refused = run("import", "answers", "raw.jsonl", "-o", output, "--gold", EXAMPLES / "valid")
    assert refused.exit_code == 2
    assert "this is no file" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["raw.jsonl"]


def test_an_empty_signature_is_not_verified():
    """A shell variable that is not set is refused, and not taken for a report that is the same."""
    shown = run("score", GOLDEN / "predictions.jsonl", "--gold", EXAMPLES / "valid", "--verify", "")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "the signature is empty" in shown.stderr


def test_the_command_offers_what_the_scorer_takes():
    """The choices that help lists are those of the scorer; numbers are refused by it."""
    assert [choice.value for choice in Split] == list(SPLITS)
    assert [choice.value for choice in LayerName] == list(LAYERS)
    assert [choice.value for choice in Mode] == list(get_args(khabar.run.Mode))
    assert [choice.value for choice in Tier] == list(TIERS)
    refused = run("score", GOLDEN / "predictions.jsonl", "--jobs", 0, "--resamples", -1)
    assert refused.exit_code == 2
    assert "jobs cannot be 0" in refused.stderr
    assert "resamples cannot be -1" in refused.stderr


@pytest.mark.parametrize("chosen", [(), ("entities",), ("relations",), ("stance", "subsections")])
def test_explain_signs_as_score_does(chosen):
    """With the same options both say the same; layers that are not explained are not looked at."""
    layers = [part for layer in chosen for part in ("--layer", layer)]
    args = (GOLDEN / "predictions.jsonl", "--gold", EXAMPLES / "valid", *layers)
    explained = run("explain", *args).stdout.splitlines()[-1]
    assert explained == run("score", *args, "--resamples", 0).stdout.splitlines()[-1]


def test_labels_are_listed_by_layer():
    """Every label with its names and meaning, or those of a layer."""
    shown = run("labels", "--layer", "stance").stdout
    assert "stance.label" in shown
    assert "favor                مؤيد · favor" in shown
    assert "entities.type" not in shown
    assert all(label in run("labels").stdout for label in ("PER", "nominal", "head_of", "headline", "main_event"))


def test_a_set_is_formatted_by_its_annotations_alone(own_set):
    """`format .` leaves alone what lies in a set beside its annotations, as `check .` does."""
    (own_set / "tests").mkdir()
    (own_set / "tests" / "broken.json").write_text('{"entities": 1', "utf-8")
    assert run("format", ".").exit_code == 0
    assert run("format", "--check", ".").exit_code == 0


def test_rules_say_which_are_for_gold_alone():
    """A pass that breaks one is warned."""
    listed = {line.split()[0]: line for line in run("rules").stdout.splitlines()}
    assert "a pass" in listed["span.word"]
    assert "a pass" not in listed["span.text"]


GOOD = b'{"doc_id": "salt-market", "mentions": []}\n'
UNUSABLE = {
    "empty": b"",
    "blank lines": b"\n \n",
    "other words": "خبر عاجل\n".encode(),
    "another encoding": GOOD.decode().encode("utf-16"),
    "no gzip": b"\x1f\x8b" + GOOD,
    "an array": b"[" + GOOD + b"]",
    "scalars": b"1\nnull\n",
    "not a number": GOOD.replace(b"[]", b"NaN"),
    "infinity": GOOD.replace(b"[]", b'[{"type": "GPE", "start": 0, "end": -Infinity}]'),
    "a number out of bounds": GOOD.replace(b"[]", b'[{"type": "GPE", "start": 0, "end": 1%s}]' % (b"0" * 5000)),
    "a property twice": GOOD.replace(b'"mentions"', b'"doc_id": "a", "mentions"'),
    "deep": GOOD.replace(b"[]", b"[" * 100_000),
    "deep and whole": b'{"a":' * 9000 + b"1" + b"}" * 9000,
    "a long line": GOOD.replace(b"[]", b'"' + b"x" * 1_000_000 + b'"'),
    "half a character": GOOD.replace(b"[]", b'[{"type": "\\ud800", "start": 0, "end": 1}]'),
    "control characters": GOOD.replace(b"salt", b"salt\x00\x1b[2J"),
}


@pytest.fixture(params=UNUSABLE)
def unusable(request, tmp_path):
    """A file that is no input of any command."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(UNUSABLE[request.param])
    return path


def test_a_file_that_cannot_be_used_is_listed_by_every_command(unusable):
    """Exit 2, nothing on standard output, and on standard error what is wrong and what to do, never a traceback."""
    good, gold = GOLDEN / "predictions.jsonl", ("--gold", EXAMPLES / "valid")
    for call in (
        ("score", unusable, *gold),
        ("score", unusable.parent / "none.jsonl", *gold),
        ("score", good, "--gold", unusable),
        ("score", good, *gold, "--types", unusable),
        ("score", good, *gold, "--inventory", unusable),
        ("explain", unusable, *gold),
        ("compare", good, unusable, *gold),
        ("import", "tags", unusable, "--set", EXAMPLES / "valid"),
        ("import", "answers", unusable, *gold, "-o", unusable.parent / "out.jsonl"),
        ("export", "jsonl", "--gold", unusable, "-o", unusable.parent / "out.jsonl"),
        ("predict", "rules", "--set", unusable, "-o", unusable.parent / "out.jsonl"),
        ("anchor", unusable, "--set", EXAMPLES / "valid"),
        ("agree", unusable, EXAMPLES / "valid"),
        ("merge", unusable, EXAMPLES / "valid", "-o", unusable.parent),
        ("view", "salt-market", "--gold", unusable),
    ):
        refused = run(*call)
        if call[:2] == ("import", "answers") and refused.exit_code == 0:  # What is a document may be no answer.
            (unusable.parent / "out.jsonl").unlink()
            continue
        assert (refused.exit_code, refused.stdout) == (2, ""), call
        assert isinstance(refused.exception, SystemExit), call
        assert re.search(r": error \S+.*: .+\n    \S", refused.stderr), call
        assert max(map(len, refused.stderr.splitlines())) < 2000, call
        assert not set(refused.stderr) & {"\x00", "\x1b"}, call
        assert not (unusable.parent / "out.jsonl").exists(), call


@pytest.mark.parametrize(
    ("damage", "calls"),
    [
        ({"corpus/VERSION": b"\xff"}, [("score", GOLDEN / "predictions.jsonl")]),
        ({"corpus/salt-market.txt": b"\xff"}, [("anchor", "annotations/salt-market.json"), ("export", "inputs")]),
        ({"GUIDELINES.md": b"\xff"}, [("merge", "annotations", "annotations", "-o", "gold")]),
        ({"annotations/salt-market.json": b'{"entities": [1]}'}, [("format", "--check"), ("agree", ".", ".")]),
        (
            {"annotations/adjudication/salt-market.json": b'{"decisions": [1]}'},
            [("agree", "annotations", "annotations")],
        ),
        ({"gold/salt-market.json": b"{"}, [("merge", "annotations", "annotations", "-o", "gold")]),
    ],
)
def test_a_set_that_is_damaged_is_told_with_the_file(damage, calls, own_set):
    """Each command that reads a damaged file names it, and what to do."""
    for name, content in damage.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)
    for call in calls:
        refused = run(*call)
        assert refused.exit_code == 2, call
        assert isinstance(refused.exception, SystemExit), call
        assert Path(name).name in refused.stderr, call
        assert "\n    " in refused.stderr, call


def test_links_in_a_circle_are_no_input(tmp_path):
    """They end as a file that is not there does."""
    (tmp_path / "loop").symlink_to("loop")
    gold = EXAMPLES / "valid"
    for call in (("check",), ("agree", gold), ("compare", GOLDEN / "predictions.jsonl"), ("score",), ("anchor",)):
        refused = run(call[0], tmp_path / "loop", *call[1:])
        assert refused.exit_code == 2, call
        assert isinstance(refused.exception, SystemExit), call


def test_a_name_that_is_empty_is_no_name_of_the_current_folder(own_set):
    """As of a variable of the shell that is not set."""
    assert "the name is empty" in run("score", "").stderr


def test_a_pass_whose_entities_have_no_name_is_not_merged(own_set):
    """A sheet calls each entity by its name; that it is missing is told with the entity."""
    path = Path("annotations/salt-market.json")
    value = json.loads(path.read_bytes())
    del value["entities"][0]["name"]
    path.write_text(json.dumps(value), "utf-8")
    refused = run("merge", "annotations", "annotations", "-o", "gold")
    assert refused.exit_code == 2
    assert "has no name" in refused.stderr


def test_labels_of_a_sets_own_are_known_on_the_way_back(own_set):
    """An annotation becomes a sheet by the inventory of its set."""
    value = json.loads((EXAMPLES.parent.parent / "schemas" / "inventory.json").read_bytes())
    value["name"] = "own"
    value["entity_types"][0]["label"] = "OWN"
    Path("schemas").mkdir()
    Path("schemas/inventory.json").write_text(json.dumps(value), "utf-8")
    path = Path("annotations/salt-market.json")
    path.write_text(path.read_text("utf-8").replace('"type": "PER"', '"type": "OWN"'), "utf-8")
    sheet = run("anchor", path)
    assert "| OWN |" in sheet.stdout


def test_a_name_that_is_not_unicode_is_written_as_an_escape(tmp_path):
    """Names of files are bytes: reports in every form hold one, whatever it is called."""
    odd = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    try:
        odd.write_bytes(b'{"doc_id": "salt-market", "mentions": [{"type": "PER", "text": "zzz"}]}')
    except OSError:
        pytest.skip("here the names of files are Unicode")
    gold, other = ("--gold", EXAMPLES / "valid"), GOLDEN / "predictions.jsonl"
    for form in ("text", "json", "html"):
        shown = run("score", odd, *gold, "--format", form)
        assert (shown.exit_code, "caf\\udce9" in shown.stdout) == (0, True), form
    for form in ("text", "json", "markdown", "latex"):
        assert run("compare", odd, other, *gold, "--format", form).exit_code == 0, form
    signed = run("score", other, "--gold", odd).stderr
    assert "caf\\udce9.jsonl:1:1: error" in signed


def test_a_reader_that_has_read_enough_is_no_problem():
    """`khabar … | head` ends quietly."""
    code = "from khabar.cli import app; app(['export', 'inputs', '--words'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_where_there_is_nothing_to_check_is_said(tmp_path):
    """A set without documents, a folder without annotations and a file that is not there are no clean sets."""
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    (tmp_path / "folder").mkdir()
    for name, words in (
        ("empty.jsonl", "no documents here"),
        ("folder", "no annotations/"),
        ("nothing", "no such file"),
    ):
        refused = run("check", tmp_path / name)
        assert (refused.exit_code, words in refused.output + refused.stderr) == (2, True), name
    refused = run("format", tmp_path / "folder")
    assert (refused.exit_code, "there are no annotation files here" in refused.stderr) == (2, True)


def test_predictions_given_as_gold_are_told_from_a_set(tmp_path):
    """Their documents have no text, and that may be why."""
    predictions = GOLDEN / "predictions.jsonl"
    refused = run("score", predictions, "--gold", predictions)
    assert refused.exit_code == 2
    assert "/text): this document has no text" in refused.stderr
    assert "Is this a file of predictions?" in refused.stderr
