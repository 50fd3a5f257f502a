"""What the documents say is what the project does: their tables and commands are made again and compared."""

import json
import re
import shlex
from collections import Counter
from importlib import metadata

import pytest
from strategies import INVENTORY
from typer.testing import CliRunner

import khabar
from khabar.cli import app
from khabar.corpus import checksum, open_set
from khabar.errors import CLASSES
from khabar.measures import HEADLINE
from khabar.model import ISSUE
from khabar.passes import agree, open_pass
from khabar.report import measures_markdown
from khabar.schemas import ENUMS
from khabar.systems import predictions
from khabar.systems.rules import predict


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def after(text, mark):
    """What stands in a document after a mark: the lines of one table."""
    block = text.split(f"<!-- {mark} -->\n", 1)[1].lstrip("\n")
    return block.split("\n\n", 1)[0]


def counts_table():
    """How much the corpus holds, by split and in all."""
    splits = Counter()
    found: dict[str, Counter] = {}
    for document in khabar.documents():
        split = document.metadata.split
        splits[split] += 1
        found.setdefault(split, Counter()).update(
            {
                "code points": len(document.text),
                "mentions": sum(len(e.mentions) for e in document.entities if e.type != ISSUE),
                "entities": sum(e.type != ISSUE for e in document.entities),
                "issues": sum(e.type == ISSUE for e in document.entities),
                "relations": len(document.relations),
                "stances": len(document.stance),
                "sections": len(document.subsections),
            }
        )
    columns = list(next(iter(found.values())))
    order = [split for split in ("train", "validation", "test") if split in found]
    rows = [[split, splits[split], *(found[split][c] for c in columns)] for split in order]
    if len(rows) > 1:
        rows.append(["all", sum(splits.values()), *(sum(found[s][c] for s in order) for c in columns)])
    return table(["split", "documents", *columns], rows)


def documents_table():
    """Every document, with what tells it from the others."""
    rows = [
        [d.doc_id, m.country, m.domain, m.genre, m.origin, m.split, len(d.text)]
        for d in sorted(khabar.documents(), key=lambda d: d.doc_id)
        if (m := d.metadata)
    ]
    return table(["document", "country", "domain", "genre", "origin", "split", "code points"], rows)


AGREEMENT = (*HEADLINE, "entities.exact", "relations.boundary", "relations.pair", "stance.pair", "subsections.boundary")
COMPLETED = ("nizwa-bypass", "tayma-survey")
"""The documents that were annotated after the guidelines had been completed."""


def agreement_table(root):
    """F1 of the second pass against the first, with intervals: of the pilot, and of what came after it."""
    first, second = (open_pass(root / "annotations" / "passes" / name) for name in "ab")
    figures = {}
    for group in (False, True):
        chosen = [[d for d in found if (d.doc_id in COMPLETED) == group] for found in (first, second)]
        figures[group] = {row.measure: row for row in agree(*chosen, INVENTORY).rows if not row.label}
    sizes = [sum((d.doc_id in COMPLETED) == group for d in first) for group in (False, True)]
    rows = []
    for name in AGREEMENT:
        cells = []
        for group in (False, True):
            row = figures[group][name]
            low, high, _ = row.interval
            cells += [
                f"{100 * row.f1:.1f} ({100 * low:.1f}–{100 * high:.1f})",
                f"{row.counts.gold:g}, {row.counts.predicted:g}",
            ]
        rows.append([f"`{name}`", *cells])
    head = ["measure", f"pilot, {sizes[0]} documents", "items", f"completed guidelines, {sizes[1]} documents", "items"]
    return table(head, rows)


def results_table():
    """The headline measures of the rule system on the split to be quoted, and on the whole corpus."""
    texts = [(document.doc_id, document.text) for document in khabar.documents()]
    predicted = [json.loads(line) for line in predictions(predict, texts)]
    rows = []
    for split in ("test", None):
        card = khabar.score(None, predicted, split=split)
        have = {row.measure: row for row in card.rows}
        figures = [f"{100 * have[name].score:.1f}" if name in have else "not attempted" for name in HEADLINE]
        rows.append(["rules", f"`{split}`" if split else "all", card.documents, *figures])
    return table(["system", "split", "documents", *(f"`{name}`" for name in HEADLINE)], rows)


def labels_page():
    """docs/labels.md: every label of the inventory, a table for each list."""
    parts = []
    for place, name in ENUMS.items():
        rows = [
            [f"`{label.label}`", label.name.ar, label.name.en, label.definition.ar, label.definition.en]
            for label in getattr(INVENTORY, name)
        ]
        head = table(["label", "الاسم", "name", "التعريف", "definition"], rows).replace("---:", "---")
        parts.append(f"## {TITLES[place]}\n\n{head}\n")
    return "\n".join([LABELS, *parts])


LABELS = """# The labels التسميات

What `schemas/inventory.json` defines, which also has an example of each; `khabar labels` lists the same. Which label
to choose, and how far a span reaches, says GUIDELINES.md.
"""
TITLES = {
    "entities.type": "Entity types أنواع الكيانات",
    "entities.form": "Forms of a mention صيغ الإشارة",
    "relations.type": "Relation types أنواع العلاقات",
    "stance.label": "Stance labels المواقف",
    "stance.mode": "Modes of a stance صيغ الموقف",
    "subsections.kind": "Kinds of sections أجزاء الصفحة",
    "subsections.function": "Functions of sections وظائف الأجزاء",
}


def test_the_page_of_labels_is_the_inventory(root):
    """docs/labels.md is made from the inventory."""
    assert (root / "docs" / "labels.md").read_text("utf-8") == labels_page()


def test_the_least_set_of_the_documents_is_a_sound_one(root, tmp_path):
    """The example of docs/own-set.md, with its checksum, breaks no rule, and can be scored against."""
    example = re.search(r"```json\n(.+?)```", (root / "docs" / "own-set.md").read_text("utf-8"), re.S).group(1)
    value = json.loads(example)
    value["text_sha256"] = checksum(value["text"])
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(value), "utf-8")
    assert khabar.check(path) == ()
    found = [{"doc_id": "d-1", "mentions": [{"type": "GPE", "text": "بغداد"}]}]
    assert khabar.score(path, found)["entities.strict"].score == 1


def test_the_datasheet_counts_the_corpus(root):
    """The table of sizes is the corpus's."""
    assert after((root / "DATASHEET.md").read_text("utf-8"), "counts") == counts_table()


def test_the_datasheet_lists_the_documents(root):
    """Country, domain, genre, origin, split and length of each are its metadata's."""
    assert after((root / "DATASHEET.md").read_text("utf-8"), "documents") == documents_table()


def test_the_datasheet_gives_the_agreement_of_the_passes(root):
    """The table of agreement is what the scorer says of the passes that are kept."""
    assert after((root / "DATASHEET.md").read_text("utf-8"), "agreement") == agreement_table(root)


def test_the_readme_gives_the_rule_systems_figures(root):
    """The table of results is what the command prints today."""
    assert after((root / "README.md").read_text("utf-8"), "results") == results_table()


def test_the_measures_are_documented_as_they_are(root):
    """docs/measures.md ends with what `khabar measures --format markdown` prints."""
    text = (root / "docs" / "measures.md").read_text("utf-8")
    assert text.split("<!-- measures -->\n")[1] == measures_markdown()


def test_the_readmes_examples_run(root):
    """Its Python names exist, its JSON example is a sound prediction, and the views that it names load."""
    text = (root / "README.md").read_text("utf-8")
    for name in re.findall(r"khabar\.([a-z]+)\(", text):
        assert callable(getattr(khabar, name))
    example = re.search(r"```json\n(.+?)\n```", text).group(1)
    card = khabar.score(None, [json.loads(example)])
    assert card.unlocated == ()
    assert card["entities.strict"].counts.matched_predicted == 2


def documents(root):
    """Every document that people read."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").glob("*.md")), root / "LICENSE-DATA"]


def commands(root):
    """Every khabar command that a document writes."""
    for path in documents(root):
        text = path.read_text("utf-8")
        blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        in_blocks = re.findall(r"^(khabar [a-z][^&|\n]*)", blocks, re.MULTILINE)
        for command in (*in_blocks, *re.findall(r"(?:\.venv/bin/|`)(khabar [a-z][^`&\n]*)", text)):
            yield command.strip()


def test_every_command_in_the_documents_exists(root):
    """Each verb that is written somewhere has help."""
    found = set(commands(root))
    assert len(found) > 5
    for command in found:
        words = [word for word in shlex.split(command)[1:] if re.fullmatch(r"[a-z]+", word)]
        verbs = words[:2] if words[0] in ("export", "import", "predict") else words[:1]
        assert CliRunner().invoke(app, [*verbs, "--help"]).exit_code == 0, command


@pytest.mark.parametrize("mark", ["try", "tests"])
def test_the_readme_has_one_command_for_each_job(root, mark):
    """One line each, that makes its own environment."""
    block = after((root / "README.md").read_text("utf-8"), mark)
    assert block.startswith("```sh\npython3 -m venv .venv && ")
    assert block.count("\n") == 2


def test_every_file_that_the_documents_name_is_there(root):
    """Links and file names lead somewhere."""
    for path in documents(root):
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_classes_of_errors_are_described(root):
    """docs/errors.md has a row for each class, in the order and the words of the code, with an example."""
    layer, rows = "", []
    for line in (root / "docs" / "errors.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            layer = line[3:].lower()
        elif line.startswith("| ") and not line.startswith("| class "):
            name, about, *examples = (cell.strip() for cell in line.strip("|").split(" | "))
            assert any(examples), line
            rows.append((layer, name, about))
    assert rows == [tuple(row) for row in CLASSES]


def test_the_rules_of_the_guidelines_have_ids_of_their_own(root):
    """Each id stands for one rule; each layer has rules."""
    ids = re.findall(r"^\*\*([GERSP][0-9]+) · ", (root / "GUIDELINES.md").read_text("utf-8"), re.MULTILINE)
    assert len(ids) == len(set(ids)) > 20
    assert {name[0] for name in ids} == set("GERSP")


def test_whoever_cites_the_package_cites_its_version(root):
    """CITATION.cff, the package and what is installed have one version."""
    cited = re.search(r"^version: (.+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE).group(1)
    assert cited == khabar.__version__ == metadata.version("khabar")


def test_our_own_documents_say_the_version_of_the_guidelines(root):
    """GUIDELINES.md is the version that the corpus names."""
    version = re.search(r"version ([0-9.]+)", (root / "GUIDELINES.md").read_text("utf-8")).group(1)
    assert {document.guidelines for document in open_set().documents()} == {version}
