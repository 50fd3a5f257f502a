"""What the documents say is what the project does: their tables and commands are made again and compared."""

import json
import re
import shlex
from collections import Counter

import pytest
from strategies import INVENTORY
from typer.testing import CliRunner

import khabar
from khabar.cli import app
from khabar.corpus import open_set
from khabar.measures import HEADLINE
from khabar.model import ISSUE
from khabar.passes import agree, open_pass
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
        figures[group] = {row.measure: row for row in agree(*chosen, INVENTORY) if not row.label}
    sizes = [sum((d.doc_id in COMPLETED) == group for d in first) for group in (False, True)]
    rows = []
    for name in AGREEMENT:
        cells = []
        for group in (False, True):
            row = figures[group][name]
            low, high = row.interval
            cells += [
                f"{100 * row.f1:.1f} ({100 * low:.1f}–{100 * high:.1f})",
                f"{row.counts.gold:g}, {row.counts.predicted:g}",
            ]
        rows.append([f"`{name}`", *cells])
    head = ["measure", f"pilot, {sizes[0]} documents", "items", f"completed guidelines, {sizes[1]} documents", "items"]
    return table(head, rows)


def results_table():
    """The headline measures of the rule system on the whole corpus."""
    texts = [(document.doc_id, document.text) for document in khabar.documents()]
    card = khabar.score(None, [json.loads(line) for line in predictions(predict, texts)])
    have = {row.measure: row for row in card.rows}
    figures = [f"{100 * have[name].score:.1f}" if name in have else "not attempted" for name in HEADLINE]
    return table(
        [f"{card.documents} {'document' if card.documents == 1 else 'documents'}", *(f"`{n}`" for n in HEADLINE)],
        [["rules", *figures]],
    )


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


def test_the_readmes_examples_run(root):
    """Its Python names exist, its JSON example is a sound prediction, and the views that it names load."""
    text = (root / "README.md").read_text("utf-8")
    for name in re.findall(r"khabar\.([a-z]+)\(", text):
        assert callable(getattr(khabar, name))
    example = re.search(r"```json\n(.+?)\n```", text).group(1)
    card = khabar.score(None, [json.loads(example)])
    assert card.unlocated == 0
    assert card["entities.strict"].counts.matched_predicted == 2


def commands(root):
    """Every khabar command that README.md, CONTRIBUTING.md or DATASHEET.md writes."""
    for name in ("README.md", "CONTRIBUTING.md", "DATASHEET.md", "LICENSE-DATA", "docs/answers.md"):
        text = (root / name).read_text("utf-8")
        for command in re.findall(r"(?:\.venv/bin/|`)(khabar [a-z][^`&\n]*)", text):
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
    for name in ("README.md", "CONTRIBUTING.md", "DATASHEET.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (root / name).read_text("utf-8")):
            assert (root / link).exists(), f"{name}: {link}"


def test_the_rules_of_the_guidelines_have_ids_of_their_own(root):
    """Each id stands for one rule; each layer has rules."""
    ids = re.findall(r"^\*\*([GERSP][0-9]+) · ", (root / "GUIDELINES.md").read_text("utf-8"), re.MULTILINE)
    assert len(ids) == len(set(ids)) > 20
    assert {name[0] for name in ids} == set("GERSP")


def test_our_own_documents_say_the_version_of_the_guidelines(root):
    """GUIDELINES.md is the version that the corpus names."""
    version = re.search(r"version ([0-9.]+)", (root / "GUIDELINES.md").read_text("utf-8")).group(1)
    assert {document.guidelines for document in open_set().documents()} == {version}
