"""Sheets say what annotations say, both ways; canonical form is one form."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from strategies import INVENTORY, documents
from typer.testing import CliRunner

from khabar.checks import check
from khabar.cli import app
from khabar.corpus import checksum
from khabar.intake import anchored
from khabar.model import Document
from khabar.problems import Invalid
from khabar.sheets import canonical, layout, read_sheet, write_sheet

VALID = Path(__file__).parent / "examples" / "valid"


def as_json(document: Document) -> dict:
    """A document as its annotation file would have it; evidence for what has none is its first character."""
    value = msgspec.to_builtins(document)
    evidence = [{"start": 0, "end": 1, "text": document.text[:1]}]
    head = {"schema_version": "1.0", "doc_id": "d", "text_sha256": checksum(document.text), "guidelines": "1.0"}
    return head | {
        "annotators": ["a", "b"],
        "adjudicated": True,
        "entities": value["entities"],
        "relations": [relation | {"evidence": evidence} for relation in value["relations"]],
        "stance": [stance | {"mode": "enacted", "evidence": evidence} for stance in value["stance"]],
        "subsections": value["subsections"],
    }


@given(documents())
def test_both_ways_together_change_nothing(document):
    """An annotation written as a sheet and read again is the same: ids, order, spans, forms, gaps between sections."""
    if document.text.strip():
        annotation = canonical(as_json(document))
        sheet = write_sheet(annotation, document.text)
        found, problems = read_sheet(sheet, "s", document.text, annotation["text_sha256"], INVENTORY)
        assert not problems
        assert found == annotation


@given(documents())
def test_canonical_form_is_stable_and_keeps_everything(document):
    """Formatting twice is formatting once, and the JSON values are those that were there."""
    annotation = as_json(document)
    once = layout(canonical(annotation))
    assert layout(canonical(json.loads(once))) == once
    assert json.loads(once) == canonical(annotation)
    for layer in ("entities", "relations", "stance", "subsections"):
        assert sorted(item["id"] for item in annotation[layer]) == sorted(i["id"] for i in json.loads(once)[layer])


def test_a_mention_is_a_line(root):
    """A changed mention is one changed line; every file of ours is in canonical form."""
    for path in (root / "annotations").rglob("*.json"):
        value = json.loads(path.read_bytes())
        if "entities" in value:
            assert path.read_text("utf-8") == layout(canonical(value)), path
            mentions = sum(len(entity["mentions"]) for entity in value["entities"])
            assert path.read_text("utf-8").count('"form": ') == mentions
            assert max(line.count('"form": ') for line in path.read_text("utf-8").splitlines()) <= 1


def worked_example(root) -> str:
    """The sheet of docs/sheet.md."""
    return re.search(r"```\n(doc_id: salt-market.*?)```", (root / "docs" / "sheet.md").read_text("utf-8"), re.S).group(
        1
    )


def test_the_worked_example_is_the_valid_example(root, tmp_path):
    """docs/sheet.md's sheet, anchored in its text, gives the annotation that breaks no rule."""
    sheet = tmp_path / "salt-market.sheet"
    sheet.write_text(worked_example(root), "utf-8")
    written = json.loads(anchored(sheet, VALID))
    expected = json.loads((VALID / "annotations" / "salt-market.json").read_bytes())
    assert written == canonical(expected)
    assert check(VALID) == ()


TEXT = "زار الوزير بغداد وعاد.\nثم زار بغداد."
WRONG = {
    'e1 | GPE | بغداد | "بغداد"': ("sheet.quote", "#1 line 1"),
    'e1 | GPE | دمشق | "دمشق"': ("sheet.quote", "letter for letter"),
    'e1 | GPE | بغداد | "بغداد"#3': ("sheet.quote", "Say which"),
    "e1 | GPA | بغداد | all": ("sheet.line", "Did you mean GPE"),
    "e1 | GPE | بغداد": ("sheet.line", "Write: id"),
    "e1 | GPE | بغداد | all | colour=red": ("sheet.field", "value=…"),
    'e1 | GPE | بغداد | "بغداد"#1 : nominl': ("sheet.form", "nominal"),
    "e1 | GPE | بغداد | بغداد": ("sheet.quote", "Quote the text"),
    'near | author | author | "لا"': ("sheet.quote", "letter for letter"),
    'near | author | e9 | "زار الوزير"': ("reference", "Name an entity"),
    'neer | e1 | e2 | "زار"': ("sheet.line", "Did you mean near"),
    'body | x | "زار"': ("sheet.line", "Write: kind"),
    'body | 1 | "قال"': ("sheet.quote", "letter for letter"),
    'body | 1 | "زار الوزير" | reaction | heading="قال"': ("sheet.quote", "letter for letter"),
    'e1 | GPE | بغداد | "بغداد': ("sheet.quote", "Quote the text"),
    'e1 | GPE | بغداد | "بغداد"#0': ("sheet.quote", "Quote the text"),
    'e1 | GPE | بغدآد | "ثم زآرَ"': ("sheet.quote", "The text writes it \u2068ثم زار\u2069 (line 2)"),
    "author | GPE | بغداد | all": ("sheet.id", "of its own"),
    'e1 | GPE | بغداد | "بغداد"#1 | wikidata=796': ("sheet.field", 'wikidata="Q796"'),
    'favor | author | author | "زار الوزير" | mode=said': ("sheet.field", "stated"),
    'body | 1 | "زار الوزير" | react': ("sheet.field", "Did you mean reaction"),
    'heads | e1 | e2 | "زار"': ("sheet.line", "Did you mean head_of"),
    "bad line": ("sheet.line", "fields with |"),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_in_a_sheet_is_said_with_its_line(line):
    """Each mistake is a problem on its line that says what to do; nothing is guessed."""
    rule, fix = WRONG[line]
    _, problems = read_sheet(f"doc_id: d\n\n{line}\n", "my.sheet", TEXT, checksum(TEXT), INVENTORY)
    assert [(p.rule, p.line) for p in problems] == [(rule, 3)]
    assert fix in problems[0].fix


def test_an_id_that_stands_twice_is_reported_at_the_second_line_alone():
    """In every layer; nothing else is said of the lines that name it."""
    lines = ["e1 | GPE | بغداد | all", "e1 | PER | الوزير | all", 'near | e1 | e1 | "زار الوزير" | id=r2']
    lines += ['near | e1 | e1 | "زار الوزير"', 'body | 1 | "زار" | id=b', 'body | 1 | "ثم" | id=b']
    _, problems = read_sheet("\n".join(lines), "s", TEXT, checksum(TEXT), INVENTORY)
    assert [(p.rule, p.line, p.column) for p in problems] == [("sheet.id", n, 1) for n in (2, 4, 6)]


def test_a_place_that_is_quoted_twice_counts_once():
    """`all` and a quote of one of its places are the same mention."""
    found, problems = read_sheet('e1 | GPE | بغداد | all ; "زار [بغداد]."', "s", TEXT, checksum(TEXT), INVENTORY)
    assert not problems
    assert len(found["entities"][0]["mentions"]) == 2


def test_a_sheet_in_another_encoding_is_one_problem(tmp_path):
    """It is said to save the file as UTF-8, at the first byte that is not."""
    sheet = tmp_path / "x.sheet"
    for encoding in ("cp1256", "utf-16"):
        sheet.write_bytes("doc_id: salt-market\ne1 | PER | كامل | all\n".encode(encoding))
        with pytest.raises(Invalid) as caught:
            anchored(sheet, VALID)
        (problem,) = caught.value.problems
        assert (problem.rule, problem.fix) == ("sheet.encoding", "Save the file as UTF-8.")


def test_quotes_by_context_and_forms():
    """Brackets tell a place by what stands around it; Windows line ends do not matter."""
    sheet = 'e1 | GPE | بغداد | "زار [بغداد]." ; "الوزير [بغداد]" : nominal\r\n'
    found, problems = read_sheet(sheet, "s", TEXT, checksum(TEXT), INVENTORY)
    assert not problems
    spans = [(m["start"], m["form"]) for m in found["entities"][0]["mentions"]]
    assert spans == [(TEXT.rindex("بغداد"), "name"), (TEXT.index("بغداد"), "nominal")]


def test_the_command_goes_both_ways_and_refuses_half_a_sheet(tmp_path, root):
    """anchor writes the annotation, and on that the sheet; a sheet without doc_id or with a bad line writes nothing."""
    sheet = tmp_path / "x.sheet"
    sheet.write_text(worked_example(root), "utf-8")
    out = tmp_path / "x.json"
    run = CliRunner().invoke(app, ["anchor", str(sheet), "--set", str(VALID), "-o", str(out)])
    assert run.exit_code == 0
    back = CliRunner().invoke(app, ["anchor", str(out), "--set", str(VALID)])
    assert "e5 | PER | سلمى الزعبي | all" in back.stdout
    out.unlink()
    sheet.write_text(worked_example(root) + 'e10 | PER | x | "لا أحد"\n', "utf-8")
    run = CliRunner().invoke(app, ["anchor", str(sheet), "--set", str(VALID), "-o", str(out)])
    assert (run.exit_code, out.exists()) == (2, False)
    sheet.write_text("e1 | PER | x | all\n", "utf-8")
    with pytest.raises(Invalid, match="doc_id"):
        anchored(sheet, VALID)


def test_format_changes_only_layout(tmp_path):
    """format --check tells, format mends, and then there is nothing to mend."""
    path = tmp_path / "a.json"
    path.write_bytes((VALID / "annotations" / "salt-market.json").read_bytes())
    assert CliRunner().invoke(app, ["format", "--check", str(path)]).exit_code == 1
    before = json.loads(path.read_bytes())
    assert CliRunner().invoke(app, ["format", str(path)]).exit_code == 0
    assert canonical(before) == json.loads(path.read_bytes())
    assert CliRunner().invoke(app, ["format", "--check", str(path)]).exit_code == 0
