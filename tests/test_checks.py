"""Every rule has a failing example, and `check` says of it just what its expected.txt says."""

import json
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import assume, given
from msgspec.structs import replace
from strategies import documents

from khabar.checks import RULES, check, problems_json
from khabar.corpus import CANARY, checksum, open_set
from khabar.dataset import lines
from khabar.model import Document
from khabar.problems import Invalid

EXAMPLES = Path(__file__).parent / "examples"
INVALID = sorted(path for path in (EXAMPLES / "invalid").iterdir() if path.is_dir())


def problems_of(folder: Path, monkeypatch) -> tuple:
    """The problems of an example, with paths as a contributor in its folder would see them."""
    monkeypatch.chdir(folder)
    return check("set.jsonl" if Path("set.jsonl").is_file() else ".")


def test_every_rule_has_a_failing_example():
    """The folders of examples and the table of rules name the same rules."""
    assert {path.name for path in INVALID} == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("folder", INVALID, ids=lambda path: path.name)
def test_an_example_gives_its_expected_problems(folder, monkeypatch):
    """The example breaks its rule, and the output is to the letter what is expected."""
    found = problems_of(folder, monkeypatch)
    assert folder.name in {problem.rule for problem in found}
    assert "".join(f"{problem}\n" for problem in found) == (folder / "expected.txt").read_text("utf-8")


def test_the_valid_example_has_no_problem(monkeypatch):
    """The document that the failing examples were changed from breaks no rule."""
    assert problems_of(EXAMPLES / "valid", monkeypatch) == ()


def test_our_own_set_has_no_problem():
    """The corpus, its passes and its adjudications keep every rule."""
    assert check() == ()


def test_several_places_and_single_files_are_checked(monkeypatch):
    """A text, a metadata or an annotation file is checked with what belongs to it; problems come in file order."""
    monkeypatch.chdir(EXAMPLES / "invalid" / "text.length")
    whole = check(".")
    for place in ("corpus/salt-market.txt", "corpus/salt-market.json", "annotations/salt-market.json"):
        assert [problem.rule for problem in check(place)] == [problem.rule for problem in whole]
    assert check("nowhere")[0].rule == "file"


def test_windows_line_ends_in_json_do_not_move_a_problem(tmp_path, monkeypatch):
    """An annotation saved with CRLF is reported at the same line and column."""
    shutil.copytree(EXAMPLES / "invalid" / "reference", tmp_path / "set")
    file = tmp_path / "set" / "annotations" / "salt-market.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    found = problems_of(tmp_path / "set", monkeypatch)
    expected = (EXAMPLES / "invalid" / "reference" / "expected.txt").read_text("utf-8")
    assert "".join(f"{problem}\n" for problem in found) == expected


def test_an_emoji_before_a_span_counts_as_one(tmp_path, monkeypatch):
    """Offsets and columns count code points, not UTF-16 units."""
    shutil.copytree(EXAMPLES / "valid", tmp_path / "set")
    text = tmp_path / "set" / "corpus" / "salt-market.txt"
    changed = "🙂" + text.read_text("utf-8")[1:]
    text.write_text(changed, "utf-8")
    for file in ("corpus/salt-market.json", "annotations/salt-market.json"):
        path = tmp_path / "set" / file
        value = json.loads(path.read_bytes())
        value["text_sha256"] = checksum(changed)
        if "entities" in value:
            value["entities"][-1]["mentions"][0]["start"] = 1
            value["entities"][-1]["mentions"][0]["text"] = changed[1:16]
        path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    assert {problem.rule for problem in problems_of(tmp_path / "set", monkeypatch)} <= {"span.word"}


@pytest.mark.parametrize(("mention", "rules"), [("1447هـ", set()), ("سوقـ", {"span.edge"})])
def test_tatweel_ends_a_mention_only_as_the_sign_of_the_hijri_era(mention, rules, tmp_path):
    """«هـ» after a year is written with a tatweel; anywhere else it stays outside."""
    text = f"عام {mention}"
    span = {"start": 4, "end": len(text), "text": mention}
    line = {
        **{"schema_version": "1.0", "doc_id": "d", "text_sha256": checksum(text), "guidelines": "1.0"},
        **{"annotators": ["a"], "adjudicated": False, "text": text, "relations": [], "stance": []},
        "entities": [{"id": "e1", "type": "DATE", "name": "n", "mentions": [{**span, "form": "name"}]}],
        "subsections": [
            {"id": "b", "start": 0, "end": len(text), "kind": "headline", "story": 1, "function": None, "heading": None}
        ],
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(line), "utf-8")
    assert {problem.rule for problem in check(tmp_path / "set.jsonl")} == rules


def test_an_empty_file_is_a_problem_not_a_traceback(tmp_path):
    """An empty JSON Lines set has no documents and no problems; an empty annotation is no JSON."""
    (tmp_path / "set.jsonl").write_bytes(b"")
    assert check(tmp_path / "set.jsonl") == ()
    shutil.copytree(EXAMPLES / "valid", tmp_path / "set")
    (tmp_path / "set" / "annotations" / "salt-market.json").write_bytes(b"")
    assert [problem.rule for problem in check(tmp_path / "set")] == ["json.syntax"]


def test_a_whole_number_with_a_point_is_a_problem_with_its_place(tmp_path):
    """To JSON Schema 21.0 is an integer; offsets are not read so, and neither check nor the scorer takes it."""
    line = next(lines(open_set()))
    start = json.loads(line)["entities"][0]["mentions"][0]["start"]
    (tmp_path / "set.jsonl").write_bytes(line.replace(b'"start":%d,' % start, b'"start":%d.0,' % start, 1))
    (problem,) = check(tmp_path / "set.jsonl")
    assert (problem.rule, problem.pointer, problem.fix) == ("schema", "/entities/0/mentions/0/start", f"Write {start}.")
    with pytest.raises(Invalid, match="khabar check"):
        list(open_set(tmp_path / "set.jsonl").documents())


def test_problems_as_json_keep_every_field():
    """The JSON form is an array of objects with the fields of a problem."""
    rows = json.loads(problems_json(check("nowhere")))
    assert rows[0]["rule"] == "file"
    assert set(rows[0]) == {"path", "line", "column", "rule", "pointer", "message", "fix", "severity"}


def test_bidi_and_nfc_are_errors_in_our_own_set_and_warnings_elsewhere():
    """The stricter rules are for khabar's corpus."""
    found = {problem.severity for name in ("text.bidi", "text.nfc") for problem in check(EXAMPLES / "invalid" / name)}
    assert found == {"warning"}


VALUES = {
    "DATE": (
        "2025-06-18 2025-06 2025 199X -07XX/-04XX XXXX-02-29 2024-22 XXXX-WXX-4 2022/2023 ../2025 P27Y PT24H P1.5Y",
        "2025-13-45 2025-02-30 السبت 2025-6-1 18/06/2025 P 27Y 2024-25 ٢٠٢٥",
    ),
    "TIME": (
        "T15:00 XXXX-10-15T09:00 2025-11-14TXX T05:00/T08:00 PT12M",
        "15:00 2025-11-14 T25:00 T12:75 2025-02-30TXX",
    ),
    "PERCENT": ("15% 8-21% 0.5%", "15 % ١٥%"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_have_one_form(kind):
    """ISO 8601 with X for unspecified digits, seasons, intervals and durations; days that the calendar has."""
    for good, words in zip((True, False), VALUES[kind], strict=True):
        for value in words.split():
            assert accepted(kind, value) is good, value


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("MONEY", "1300000 درهم", True),
        ("QUANTITY", "6.5 كيلومتر", True),
        ("QUANTITY", "120000 متر مكعب", True),
        ("MONEY", "درهم 20", False),
        ("QUANTITY", "20", False),
        ("QUANTITY", "20لتر", False),
    ],
)
def test_amounts_are_figures_and_a_unit(kind, value, good):
    """The figure first, then a space and the unit."""
    assert accepted(kind, value) is good


def accepted(kind, value):
    """Whether the rule on the form of values finds nothing wrong with one."""
    rule = next(rule for rule in RULES if rule.id == "entity.value-form")
    draft = SimpleNamespace(annotation={"entities": [{"type": kind, "value": value}]})
    return not list(rule.find(draft))


def test_a_new_pass_is_warned_of_what_gold_may_not_hold(tmp_path):
    """Until its document's gold is adjudicated; then the pass stays as it was made, and is left alone."""
    shutil.copytree(EXAMPLES / "invalid" / "span.word", tmp_path / "set")
    annotations = tmp_path / "set" / "annotations"
    (annotations / "passes" / "a").mkdir(parents=True)
    gold, made = annotations / "salt-market.json", annotations / "passes" / "a" / "salt-market.json"
    made.write_bytes(gold.read_bytes())
    assert [(p.rule, p.severity) for p in check(made)] == [("span.word", "warning")]
    gold.write_bytes(gold.read_bytes().replace(b'"adjudicated": false', b'"adjudicated": true'))
    assert check(made) == ()


def test_a_mention_that_stands_twice_in_one_entity_is_to_go(tmp_path):
    """Nobody is told to choose between an entity and itself."""
    shutil.copytree(EXAMPLES / "valid", tmp_path / "set")
    file = tmp_path / "set" / "annotations" / "salt-market.json"
    value = json.loads(file.read_bytes())
    value["entities"][0]["mentions"] *= 2
    file.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    (problem,) = check(tmp_path / "set")
    assert (problem.rule, problem.fix) == ("span.repeated", "Take one of the two out.")


@given(documents())
def test_a_document_that_can_be_built_breaks_no_structural_rule(document: Document):
    """What the model refuses, the checks find: ids, references, bounds, texts and repetition are then in order."""
    assume(document.text.strip())
    evidence = [{"start": 0, "end": 1, "text": document.text[0]}]
    value = msgspec.to_builtins(replace(document, metadata=None))
    line = {
        **{"schema_version": "1.0", "doc_id": "d", "text_sha256": checksum(document.text), "guidelines": "1.0"},
        **{"annotators": ["a"], "adjudicated": False, "canary": CANARY, "text": document.text},
        "entities": value["entities"],
        "relations": [{**relation, "evidence": evidence} for relation in value["relations"]],
        "stance": [{**stance, "mode": "stated", "evidence": evidence} for stance in value["stance"]],
        "subsections": value["subsections"],
    }
    with NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(json.dumps(line).encode())
        file.flush()
        found = {problem.rule for problem in check(file.name)}
    assert not found & {"schema", "id.repeated", "reference", "span.bounds", "span.text", "span.repeated"}
