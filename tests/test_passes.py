"""Two passes: their agreement is the scorer's, and merging loses nothing of either."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from strategies import INVENTORY, disguised, documents, texts
from typer.testing import CliRunner

from khabar.cli import app
from khabar.model import Document
from khabar.passes import adjudicated, agree, common, merge_sheet, open_pass, read_decisions
from khabar.problems import Invalid
from khabar.scoring import parsed, score, signature_differences


def with_evidence(document: Document) -> Document:
    """The document with its first character as evidence of everything, and every stance stated."""
    import msgspec

    value = msgspec.to_builtins(document)
    evidence = [{"start": 0, "end": 1, "text": document.text[0]}]
    value["relations"] = [relation | {"evidence": evidence} for relation in value["relations"]]
    value["stance"] = [stance | {"mode": "stated", "evidence": evidence} for stance in value["stance"]]
    return convert(value | {"guidelines": "1.0"}, Document)


@st.composite
def two_passes(draw):
    """Two documents of one text."""
    text = draw(texts().filter(lambda t: t.strip()))
    return tuple(with_evidence(draw(documents(text, gold=True))) for _ in range(2))


@given(st.data())
def test_a_pass_merged_with_itself_leaves_nothing_to_decide(data):
    """Other ids and another order are no difference, and gold says what the pass says."""
    first = with_evidence(data.draw(documents(data.draw(texts().filter(lambda t: t.strip())), gold=True)))
    second = with_evidence(data.draw(disguised(first)))
    sheet = merge_sheet(first, second, INVENTORY)
    assert "#? " not in sheet
    gold, record = adjudicated(sheet, "s", first, INVENTORY)
    assert record["decisions"] == []
    built = convert({k: v for k, v in gold.items() if k != "schema_version"} | {"text": first.text}, Document)
    card = score([first], [built])
    assert all(row.score in (1, None) for row in card.rows if not row.measure.endswith(("pk", "window_diff")))


def all_for(sheet: str, name: str) -> str:
    """The sheet with every difference decided for one pass."""
    rows = sheet.split("\n")
    return "\n".join(f"{row} G1 reason\n= {name}" if row.startswith("#! ") else row for row in rows)


@pytest.mark.parametrize("choice", [0, 1])
@given(two_passes())
def test_an_adjudicator_who_always_sides_with_one_pass_gets_that_pass(choice, passes):
    """Whatever the differences, deciding all for one pass gives its spans, relations, stances and sections."""
    sheet = merge_sheet(*passes, INVENTORY)
    gold, record = adjudicated(all_for(sheet, "ab"[choice]), "s", passes[0], INVENTORY)
    built = convert({k: v for k, v in gold.items() if k != "schema_version"} | {"text": passes[0].text}, Document)
    card = score([passes[choice]], [built])
    for row in card.rows:
        if row.measure in ("entities.strict", "relations.strict", "stance.strict", "subsections.labelled"):
            assert row.score in (1, None), row.measure
    assert all(decision["rule"] == "G1" for decision in record["decisions"])


def test_what_is_undecided_is_listed():
    """A difference without rule and reason stays a problem on its line."""
    sheet = "doc_id: d\n\n# entities: 0 agreed, 1 to decide\n\n#? 1 a: e1 | PER | x | all\n#? 1 b: -\n#! 1\n"
    _, _, problems = read_decisions(sheet, "s", ("a", "b"))
    assert [(problem.rule, problem.line) for problem in problems] == [("undecided", 7)]
    _, _, problems = read_decisions(sheet.replace("#! 1\n", ""), "s", ("a", "b"))
    assert [problem.rule for problem in problems] == ["undecided"]
    gold, decisions, problems = read_decisions(sheet.replace("#! 1", "#! 1 E1 so it is\n= a"), "s", ("a", "b"))
    assert not problems
    assert "e1 | PER | x | all" in gold
    assert (decisions[0].rule, decisions[0].reason, decisions[0].gold) == ("E1", "so it is", "e1 | PER | x | all")


def test_a_decision_names_a_rule_that_there_is():
    """Another word is reported on its line, and alone: what was chosen below it is read as ever."""
    sheet = "doc_id: d\n\n# entities: 0 agreed, 1 to decide\n\n#? 1 a: e1 | PER | x | all\n#? 1 b: -\n#! 1 {}\n= a\n"
    for word in ("E99", "e10", "because"):
        gold, _, problems = read_decisions(sheet.format(f"{word} so it is"), "s", ("a", "b"), ("E10", "E11"))
        assert [(problem.rule, problem.line) for problem in problems] == [("undecided", 7)], word
        assert "E10" in problems[0].fix
        assert gold.split("\n")[7] == "e1 | PER | x | all"
    assert not read_decisions(sheet.format("E10: so it is"), "s", ("a", "b"), ("E10", "E11"))[2]
    assert read_decisions(sheet.format("E10"), "s", ("a", "b"), ("E10", "E11"))[2]


def test_what_is_wrong_in_a_decided_sheet_is_said_at_its_own_line():
    """The questions above it do not move a line."""
    document = Document(doc_id="d", text="x y")
    sheet = "doc_id: d\n\n#? 1 a: e1 | PER | x | all\n#? 1 b: -\n#! 1 E1 so\n= a\n\ne2 | PIR | y | all\n"
    with pytest.raises(Invalid) as caught:
        adjudicated(sheet, "s", document, INVENTORY)
    assert [(problem.rule, problem.line) for problem in caught.value.problems] == [("sheet.line", 8)]


def test_merging_from_the_command_to_gold(tmp_path, root):
    """First a sheet with questions, exit 1; then, decided, gold and the record; then gold is left alone."""
    own = tmp_path / "set"
    for part in ("corpus", "annotations"):
        shutil.copytree(root / part, own / part)
    gold = own / "annotations"
    name = "kirkuk-redeployment"
    for path in gold.glob("*.json"):
        if path.stem == name:
            empty = {layer: [] for layer in ("entities", "relations", "stance", "subsections")}
            path.write_text(json.dumps(json.loads(path.read_bytes()) | empty), "utf-8")
        else:
            path.unlink()
    for path in [*(gold / "passes").rglob("*.json")]:
        if path.stem != name:
            path.unlink()
    command = ["merge", str(gold / "passes" / "a"), str(gold / "passes" / "b"), "-o", str(gold)]
    assert CliRunner().invoke(app, command).exit_code == 1
    sheet = gold / f"{name}.sheet"
    text = sheet.read_text("utf-8")
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1
    assert "is not decided" in again.stdout
    sheet.write_bytes(text.encode("utf-16"))
    assert "Save the file as UTF-8" in CliRunner().invoke(app, command).stdout
    sheet.write_text(text, "utf-8")
    assert sheet.read_text("utf-8") == text
    sheet.write_text(all_for(text, "a"), "utf-8")
    assert CliRunner().invoke(app, command).exit_code == 0
    assert not sheet.exists()
    made = json.loads((gold / f"{name}.json").read_bytes())
    first = json.loads((gold / "passes" / "a" / f"{name}.json").read_bytes())
    assert made["adjudicated"] is True
    assert len(made["entities"]) == len(first["entities"])
    record = json.loads((gold / "adjudication" / f"{name}.json").read_bytes())
    assert len(record["decisions"]) == text.count("\n#! ")
    assert CliRunner().invoke(app, command).exit_code == 0
    assert json.loads((gold / f"{name}.json").read_bytes()) == made


def test_agreement_is_the_scorers(root):
    """The figures are those of scoring the second pass against the first, label by label; both forms print."""
    a, b = (open_pass(root / "annotations" / "passes" / name) for name in "ab")
    pairs = common(a, b)
    card = score([one for one, _ in pairs], [two for _, two in pairs])
    for row in agree(a, b, INVENTORY).rows:
        counts = card[row.measure].by_label[row.label] if row.label else card[row.measure].counts
        assert row.counts == counts
        assert row.interval is None or row.interval[0] <= row.f1 <= row.interval[1]
    places = [str(root / "annotations" / "passes" / name) for name in "ab"]
    shown = CliRunner().invoke(app, ["agree", *places])
    assert "entities.strict" in shown.stdout
    assert max(map(len, shown.stdout.splitlines()[:-1])) <= 80
    data = json.loads(CliRunner().invoke(app, ["agree", *places, "--format", "json"]).stdout)
    assert data["by_rule"]
    assert data["agreement"][0]["f1"] == pytest.approx(card["entities.strict"].counts.f1)
    fields = parsed(data["signature"])
    assert shown.stdout.splitlines()[-1] == data["signature"]
    assert {name: fields[name] for name in ("passes", "docs")} == {"passes": ("a", "b"), "docs": (str(len(pairs)),)}
    assert fields["contents"][0] == parsed(card.signature)["gold"][0] != fields["contents"][1]
    back = json.loads(CliRunner().invoke(app, ["agree", *places[::-1], "--format", "json"]).stdout)["signature"]
    assert {key for key, *_ in signature_differences(data["signature"], back)} == {"passes", "contents"}


def test_passes_without_a_document_in_common_are_refused(tmp_path):
    """There is nothing to compare, and an empty folder is no pass."""
    with pytest.raises(Invalid, match="in common"):
        common([Document(doc_id="a", text="x")], [Document(doc_id="b", text="x")])
    with pytest.raises(Invalid, match="no pass"):
        open_pass(tmp_path)
