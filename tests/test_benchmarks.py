"""The generated sets are sound, the same for everybody and as large as promised; nothing here is timed."""

import subprocess
import sys
from collections import Counter
from random import Random
from statistics import mean

import msgspec
import pytest

import khabar
from khabar.corpus import open_set
from khabar.model import paragraphs


@pytest.fixture(scope="module")
def benchmarks(root):
    """The modules of benchmarks/, which are scripts beside the package."""
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        import convert
        import floor
        import generate
        import run
    finally:
        sys.path.remove(str(root / "benchmarks"))
    return {module.__name__: module for module in (convert, floor, generate, run)}


@pytest.fixture(scope="module")
def generate(benchmarks):
    """The generator."""
    return benchmarks["generate"]


@pytest.fixture(scope="module")
def folder(generate, tmp_path_factory):
    """A folder with twenty documents."""
    place = tmp_path_factory.mktemp("generated")
    generate.write(place, generate.documents(20))
    return place


def errors(place):
    """What `khabar check` finds wrong."""
    return [str(problem) for problem in khabar.check(place) if problem.severity == "error"]


def test_generated_gold_is_sound(folder):
    """Gold passes `khabar check` without an error."""
    assert len(tuple(open_set(folder / "gold.jsonl").documents())) == 20
    assert errors(folder / "gold.jsonl") == []


def test_generated_predictions_are_accepted_and_fair(folder):
    """`khabar score` takes them; they attempt all layers, and about three names in four are right."""
    card = khabar.score(folder / "gold.jsonl", folder / "predictions.jsonl")
    assert card.silent == card.penalised == len(card.unlocated) == 0
    assert set(card.silent_by_layer) == {"entities", "relations", "stance", "subsections"}
    assert 0.68 < card["entities.strict"].score < 0.82
    for measure in ("relations.strict", "stance.strict", "subsections.labelled"):
        assert 0.2 < card[measure].score < 0.95


def test_the_seed_decides_every_byte(generate, tmp_path):
    """One seed gives the same bytes again, a smaller set begins a larger one, and another seed gives others."""
    paths = [
        generate.write(tmp_path / name, generate.documents(count, seed))
        for name, count, seed in (("a", 6, 1), ("b", 6, 1), ("c", 3, 1), ("d", 6, 2))
    ]
    first, again, fewer, other = ([path.read_bytes() for path in pair] for pair in paths)
    assert first == again != other
    assert all(more.startswith(less) and more != less for more, less in zip(first, fewer, strict=True))


def nested(document):
    """How many mentions of a document lie in or around another, and how many there are."""
    spans = [mention.edges for entity in document.entities for mention in entity.mentions]
    count = Counter(spans)
    return (
        sum(
            count[span] > 1
            or any(
                o != span and (o[0] <= span[0] < span[1] <= o[1] or span[0] <= o[0] < o[1] <= span[1]) for o in count
            )
            for span in spans
        ),
        len(spans),
    )


def test_generated_documents_are_as_large_as_promised(generate):
    """About 40 mentions in 20 entities, 12 relations, 4 stances, 6 sections and 18 to 25 paragraphs a document."""
    documents = [msgspec.convert(gold, khabar.model.Document) for gold, _ in generate.documents(100)]
    assert 38 < mean(sum(len(e.mentions) for e in d.entities) for d in documents) < 46
    assert 18 < mean(len(d.entities) for d in documents) < 22
    assert {len(d.relations) for d in documents} == {12}
    assert {len(d.stance) for d in documents} == {4}
    assert 5.5 < mean(len(d.subsections) for d in documents) < 6.5
    assert {"headline", "lead", "body", "boilerplate"} <= {s.kind for d in documents for s in d.subsections}
    assert any(s.heading for d in documents for s in d.subsections)
    assert any(s.story == 2 for d in documents for s in d.subsections)
    assert 18 < mean(len(tuple(paragraphs(d.text))) for d in documents) < 25
    issues = {(d.doc_id, e.id) for d in documents for e in d.entities if e.type == "ISSUE"}
    assert 2 < sum((d.doc_id, s.target) in issues for d in documents for s in d.stance) / len(documents) < 4


def test_generated_mentions_nest_as_in_the_corpus(generate):
    """As many mentions lie in or around another, and as many are names, as in the corpus; give or take a twentieth."""

    def shares(documents):
        inside, mentions = map(sum, zip(*map(nested, documents), strict=True))
        forms = Counter(m.form for d in documents for e in d.entities for m in e.mentions)
        return inside / mentions, forms["name"] / mentions

    generated = shares([msgspec.convert(gold, khabar.model.Document) for gold, _ in generate.documents(100)])
    assert generated == pytest.approx(shares(tuple(khabar.documents())), abs=0.05)


@pytest.mark.parametrize("case", ["overlapping", "long_text"])
def test_hard_documents_are_sound(generate, tmp_path, case):
    """The crowded document and the long text pass `khabar check`, and their predictions are accepted."""
    gold = generate.overlapping(Random(1), 60) if case == "overlapping" else generate.long_text(Random(1), 20_000)
    generate.write(tmp_path, generate.hard(gold))
    assert errors(tmp_path / "gold.jsonl") == []
    assert khabar.score(tmp_path / "gold.jsonl", tmp_path / "predictions.jsonl").documents == 1
    if case == "overlapping":
        spans = sorted((m["start"], m["end"]) for e in gold["entities"] for m in e["mentions"])
        assert len(spans) == 60
        assert len({start for start, _ in spans}) == 60
    else:
        assert len(gold["text"].encode()) >= 20_000


@pytest.mark.parametrize("case", ["documents", "overlapping"])
def test_the_floor_counts_what_entities_strict_counts(benchmarks, generate, tmp_path, case):
    """Matched, predicted and gold names are those of khabar's entities.strict."""
    pairs = generate.documents(20) if case == "documents" else generate.hard(generate.overlapping(Random(2), 300))
    gold, predictions = generate.write(tmp_path, pairs)
    counts = khabar.score(gold, predictions, layers=["entities"])["entities.strict"].counts
    wanted = {"matched": counts.matched_gold, "predicted": counts.predicted, "gold": counts.gold}
    floor = benchmarks["floor"]
    assert all(floor.count(gold, predictions, option) == wanted for option in floor.TYPES)


def test_hot_spots_are_printed(root, folder):
    """The profile of a run, which prints nothing else."""
    command = [sys.executable, root / "benchmarks" / "hotspots.py", "--top", "2", folder / "predictions.jsonl"]
    shown = subprocess.run([*command, "--gold", folder / "gold.jsonl"], capture_output=True, text=True, check=True)
    assert "Ordered by: internal time" in shown.stdout
    assert "entities.strict" not in shown.stdout


def test_peers_are_given_the_same_documents(benchmarks, folder):
    """Each form holds every document: all names as spans, a tag for every word, every paragraph in a section."""
    benchmarks["convert"].convert(folder)
    documents = tuple(open_set(folder / "gold.jsonl").documents())
    names = [sum(m.form == "name" for e in d.entities if e.type != "ISSUE" for m in e.mentions) for d in documents]
    for side in ("gold", "predictions"):
        spans = msgspec.json.decode((folder / f"{side}.spans.json").read_bytes())
        tags = [line.split() for line in (folder / f"{side}.tags").read_text("utf-8").splitlines()]
        words = [block.splitlines() for block in (folder / f"{side}.bio").read_text("utf-8").strip().split("\n\n")]
        masses = msgspec.json.decode((folder / f"{side}.masses.json").read_bytes())
        assert len(spans) == len(tags) == len(words) == len(masses) == 20
        assert [[line.rsplit(" ", 1)[1] for line in lines] for lines in words] == tags
        assert [sum(mass) for mass in masses] == [len(tuple(paragraphs(d.text))) for d in documents]
        if side == "gold":
            assert [len(document) for document in spans] == names


def test_a_process_is_measured_or_reported(benchmarks):
    """A process that ends well gives a measured row; one that fails or goes on too long says so in its row."""
    run = benchmarks["run"]
    assert run.measure([sys.executable, "-c", "print('said')"]).out == b"said\n"
    stopped = run.measure([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.2)
    assert stopped.status == -9
    failed = run.best("a row", 1, [sys.executable, "-c", "raise SystemExit('no such thing')"])
    assert failed.spent is None
    assert "no such thing" in failed.note


def test_unknown_options_are_reported_in_their_row(benchmarks, folder):
    """An option that the installed khabar does not know is named, and nothing is run."""
    run = benchmarks["run"]
    row = run.khabar("a row", folder, 20, ["--no-such-option", "1"], run.known_options())
    assert row.spent is None
    assert "--no-such-option" in row.note
    assert "--no-such-option" in run.speed_table([row])


def test_tables_go_between_the_marks(benchmarks, root):
    """The tables replace what stands between the marks of docs/performance.md and nothing else."""
    run = benchmarks["run"]
    page = (root / "docs" / "performance.md").read_text("utf-8")
    new = run.replaced(run.replaced(page, "| old |"), "| new |")
    assert "| new |" in new
    assert "| old |" not in new
    assert new.split(run.BEGIN)[0] == page.split(run.BEGIN)[0]
    assert new.split(run.END)[1] == page.split(run.END)[1]
