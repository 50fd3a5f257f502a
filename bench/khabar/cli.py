"""The command: a thin function for each verb.

Standard output is the result, standard error the talk. Exit status: 0 clean, 1 problems found, 2 misuse or input
that cannot be used. What is heavy is imported where it is used, so that help answers at once.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="khabar (خبر): a corpus and benchmark for information extraction from Arabic news.",
)
export_app = typer.Typer(no_args_is_help=True, help="Write a set in another form.")
predict_app = typer.Typer(no_args_is_help=True, help="Run a reference system.")
import_app = typer.Typer(no_args_is_help=True, help="Make predictions of another form.")
app.add_typer(export_app, name="export")
app.add_typer(predict_app, name="predict")
app.add_typer(import_app, name="import")


class Split(StrEnum):
    """The parts of a set."""

    train = "train"
    validation = "validation"
    test = "test"


class LayerName(StrEnum):
    """The layers of an annotation."""

    entities = "entities"
    relations = "relations"
    stance = "stance"
    subsections = "subsections"


class Format(StrEnum):
    """How a result is written."""

    text = "text"
    json = "json"


class Mode(StrEnum):
    """What happens to items that are not sound."""

    error = "error"
    penalise = "penalise"


class Tier(StrEnum):
    """How loosely a quote may be found."""

    exact = "exact"
    normalised = "normalised"
    fuzzy = "fuzzy"


GoldOption = Annotated[
    Path | None, typer.Option("--gold", metavar="SET", help="A folder or JSON Lines file; khabar's own unless said.")
]
InventoryOption = Annotated[
    Path | None, typer.Option("--inventory", metavar="FILE", help="The labels of the set, if they are its own.")
]
SplitOption = Annotated[Split | None, typer.Option("--split", help="Only this part of the set.")]
FormatOption = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
OutputOption = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write; - for stdout.")]


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn input that cannot be used into a list of problems on standard error and exit status 2."""
    from khabar.problems import Invalid

    try:
        yield
    except Invalid as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        count = len(error.problems)
        typer.echo(f"{count} problem{'' if count == 1 else 's'}; nothing was written.", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"{error.filename}: {error.strerror}" if error.filename else str(error), err=True)
        raise typer.Exit(2) from None


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"khabar {version('khabar')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """khabar (خبر): a corpus and benchmark for information extraction from Arabic news."""


@app.command()
def score(
    predictions: Annotated[str, typer.Argument(help="JSON Lines (also .gz), a folder of files, or - for stdin.")],
    gold: GoldOption = None,
    split: SplitOption = None,
    layer: Annotated[list[LayerName] | None, typer.Option("--layer", help="Only this layer; may be repeated.")] = None,
    output_format: FormatOption = Format.text,
    invalid: Annotated[
        Mode, typer.Option("--invalid", help="Refuse items that are not sound, or count them as wrong.")
    ] = Mode.error,
    grounding: Annotated[
        Tier, typer.Option("--grounding", help="How loosely quotes may be found; see docs/answers.md.")
    ] = Tier.exact,
    inventory: InventoryOption = None,
) -> None:
    """Score predictions against gold: every layer that they attempt, in one run."""
    from khabar import report
    from khabar.corpus import open_set
    from khabar.model import LAYERS
    from khabar.scoring import score as run

    with _refusing():
        layers = tuple(name for name in LAYERS if name in layer) if layer else None
        chosen = open_set(gold, inventory)
        card = run(
            chosen,
            predictions,
            split=split and split.value,
            layers=layers,
            invalid=invalid.value,
            grounding=grounding.value,
        )
    write = report.as_json if output_format is Format.json else report.as_text
    typer.echo(write(card), nl=False)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Sets or single files; khabar's own set unless said.")
    ] = None,
    output_format: FormatOption = Format.text,
    inventory: InventoryOption = None,
) -> None:
    """Check documents and annotations: every problem with its place, what is wrong and what to do."""
    from khabar.checks import check as run
    from khabar.checks import problems_json

    with _refusing():
        problems = run(*(paths or []), inventory=inventory)
    errors = sum(problem.severity == "error" for problem in problems)
    if output_format is Format.json:
        typer.echo(problems_json(problems))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{errors} errors, {len(problems) - errors} warnings", err=True)
    raise typer.Exit(1 if errors else 0)


@app.command()
def new(
    textfile: Annotated[Path, typer.Argument(help="The text, as it stood on its page.")],
    title: Annotated[str, typer.Option(prompt="The page's headline", help="The page's headline.")],
    country: Annotated[str, typer.Option(prompt="Country (two letters; ZZ unknown)", help="ISO 3166 code.")],
    domain: Annotated[str, typer.Option(prompt="Domain (politics, economy, sport, …)", help="What it is about.")],
    genre: Annotated[str, typer.Option(prompt="Genre (report, brief, feature, …)", help="What kind of page it is.")],
    origin: Annotated[str, typer.Option(prompt="Origin (published or composed)", help="Where the text is from.")],
    rights: Annotated[str, typer.Option(prompt="Whose is the text, in words", help="Whose the text is.")],
    licence: Annotated[str, typer.Option(prompt="Licence (SPDX, or LicenseRef-…)", help="The text's licence.")],
    split: Annotated[str, typer.Option(prompt="Split (train, validation, test)", help="Its part of the set.")],
    doc_id: Annotated[str | None, typer.Option(help="The document's slug; the file's name unless said.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Who published it, if known.")] = None,
    published: Annotated[str | None, typer.Option(help="When (YYYY-MM-DD), if known.")] = None,
    stories: Annotated[int, typer.Option(help="How many stories the page carries.")] = 1,
    gold: Annotated[Path, typer.Option("--set", metavar="SET", help="The folder set to add it to.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Consent to the changes that the text needs.")] = False,
) -> None:
    """Add a document: its text, its metadata and an annotation to fill in. Asks for what is not given."""
    from khabar.intake import add, changes, cleaned

    with _refusing():
        raw = textfile.read_bytes()
        for change in (needed := changes(raw)):
            typer.echo(f"The text needs a change: {change}", err=True)
        if needed and not yes and not typer.confirm("Change the stored text so?", err=True):
            typer.echo("Nothing was written.", err=True)
            raise typer.Exit(2)
        metadata: dict[str, object] = {
            "title": title,
            "country": country,
            "domain": domain,
            "genre": genre,
            "origin": origin,
        }
        metadata |= {"rights": rights, "licence": licence, "split": split, "stories": stories}
        metadata |= {"publisher": publisher, "published": published}
        for path in add(gold, doc_id or textfile.stem, cleaned(raw), metadata):
            typer.echo(f"{path}: written", err=True)


@app.command()
def anchor(
    path: Annotated[Path, typer.Argument(help="A sheet; or an annotation (.json), for the way back.")],
    output: OutputOption = Path("-"),
    gold: Annotated[Path | None, typer.Option("--set", metavar="SET", help="Where the text is.")] = None,
) -> None:
    """Turn a plain sheet into an annotation, or an annotation into a sheet."""
    from khabar.intake import anchored

    with _refusing():
        written = anchored(path, gold)
    _write([written.encode()], output)


@app.command("format")
def format_(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Annotation files or folders; khabar's own unless said.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if something would change.")
    ] = False,
) -> None:
    """Put annotation files into canonical order and layout, a mention a line."""
    from khabar.intake import unformatted

    with _refusing():
        found = list(unformatted(paths or []))
    for path, text in found:
        if not check_only:
            _write([text.encode()], path)
        else:
            typer.echo(f"{path}: is not in canonical form", err=True)
    raise typer.Exit(1 if check_only and found else 0)


@app.command()
def view(
    doc: Annotated[str, typer.Argument(help="The document's id.")],
    pass_: Annotated[
        list[Path] | None, typer.Option("--pass", help="A pass to show instead of gold; twice for two.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write the page.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    gold: GoldOption = None,
) -> None:
    """Show a document as a page: sections, mentions, relations and stances with their evidence."""
    import webbrowser

    from khabar.corpus import open_set
    from khabar.passes import open_pass, with_id
    from khabar.view import page

    with _refusing():
        chosen = open_set(gold)
        folders = [p if p.exists() else chosen.place / "annotations" / "passes" / p for p in (pass_ or [])[:2]]
        documents = [with_id(open_pass(folder), doc) for folder in folders] or [with_id(chosen.documents(), doc)]
        html = page(documents, chosen.inventory, [f"pass {folder.name}" for folder in folders])
    place = output or Path(f"{doc}.html")
    _write([html.encode()], place)
    if open_:
        webbrowser.open(place.resolve().as_uri())


@app.command()
def agree(
    first: Annotated[Path, typer.Argument(help="A pass: a folder of annotation files, or a set.")],
    second: Annotated[Path, typer.Argument(help="Another pass over the same documents.")],
    output_format: FormatOption = Format.text,
    html: Annotated[Path | None, typer.Option("--html", metavar="FOLDER", help="Also a page a document.")] = None,
    inventory: InventoryOption = None,
) -> None:
    """Say how far two passes agree, by layer and label, with 95 % intervals over documents, and by rule."""
    from khabar.passes import agree as run
    from khabar.passes import common, open_pass, rules_of
    from khabar.report import agreement_json, agreement_text
    from khabar.schemas import inventory as labels
    from khabar.view import page

    with _refusing():
        known = labels(inventory)
        passes = open_pass(first), open_pass(second)
        found, rules = run(*passes, known), rules_of(first, passes[0])
        for one, two in common(*passes) if html else ():
            shown = page([one, two], known, [first.name, second.name])
            _write([shown.encode()], (html or Path()) / f"{one.doc_id}.html")
    write = agreement_json if output_format is Format.json else agreement_text
    typer.echo(write(found, rules), nl=False)


@app.command()
def merge(
    first: Annotated[Path, typer.Argument(help="A pass.")],
    second: Annotated[Path, typer.Argument(help="Another pass over the same documents.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="GOLD", help="The folder of gold annotations.")],
    inventory: InventoryOption = None,
) -> None:
    """Bring two passes together: first sheets with what is to decide; once they are decided, gold and the record."""
    from khabar.passes import merge as run
    from khabar.schemas import inventory as labels

    undecided = 0
    with _refusing():
        for step in run(first, second, output, labels(inventory)):
            for path, text in step.writes:
                _write([text.encode()], path)
            for path in step.removes:
                path.unlink()
            for problem in step.problems:
                typer.echo(str(problem))
            undecided += len(step.problems) + step.asks
            if step.talk:
                typer.echo(step.talk, err=True)
    raise typer.Exit(1 if undecided else 0)


@app.command()
def rules() -> None:
    """List the rules that `khabar check` holds a set to."""
    from khabar.checks import RULES

    for rule in RULES:
        typer.echo(f"{rule.id:20} {rule.about}")


@app.command()
def measures() -> None:
    """List the measures: what counts as a match, and where it comes from."""
    from khabar.measures import MEASURES

    for measure in MEASURES:
        typer.echo(f"{measure.name:34} {measure.about}\n{'':34} {measure.source}")


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="The folder to write; it must not exist, or be empty.")],
    without_published_texts: Annotated[
        bool, typer.Option("--without-published-texts", help="Leave out texts that are their publishers'.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier build.")] = False,
    gold: GoldOption = None,
) -> None:
    """Write a folder ready for the Hugging Face Hub: Parquet for each view and split, and the card."""
    from datasets import disable_progress_bars

    from khabar.dataset import build as run

    disable_progress_bars()
    with _refusing():
        run(folder, place=gold, published_texts=not without_published_texts, replace=replace)
    typer.echo(f"{folder}: ready", err=True)


def _write(lines: Iterable[bytes], output: Path) -> None:
    with _refusing():
        _write_whole(lines, output)


def _write_whole(lines: Iterable[bytes], output: Path) -> None:
    from khabar.corpus import write_whole

    if str(output) == "-":
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    with write_whole(output) as file:
        for line in lines:
            file.write(line)
    typer.echo(f"{output}: written", err=True)


@export_app.command("jsonl")
def export_jsonl(output: OutputOption = Path("-"), gold: GoldOption = None) -> None:
    """Write a set as one JSON Lines file: annotation, text and metadata of a document a line."""
    from khabar.corpus import open_set
    from khabar.dataset import lines

    with _refusing():
        _write(lines(open_set(gold)), output)


@export_app.command("inputs")
def export_inputs(
    output: OutputOption = Path("-"),
    gold: GoldOption = None,
    split: SplitOption = None,
    words: Annotated[bool, typer.Option("--words", help="With the words and their offsets.")] = False,
    entities: Annotated[bool, typer.Option("--entities", help="With gold's entities (given-entities track).")] = False,
) -> None:
    """Write what a system may see: doc_id and text, as JSON Lines."""
    from khabar.corpus import open_set
    from khabar.formats import inputs

    with _refusing():
        found = open_set(gold).documents(split and split.value)
        _write((inputs(document, with_words=words, with_entities=entities) for document in found), output)


@import_app.callback()
def import_() -> None:
    """Make predictions of another form."""


@import_app.command("answers")
def import_answers(
    answers: Annotated[Path, typer.Argument(help='Answers of a language model: {"doc_id": …, "answer": …} a line.')],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The prediction file to write.")],
    gold: GoldOption = None,
    inventory: InventoryOption = None,
) -> None:
    """Make predictions of a language model's answers as they are; what is rejected, and why, is kept beside them."""
    from khabar.answers import import_answers as run
    from khabar.corpus import open_set, write_whole

    rejected = output.with_name(f"{output.name.removesuffix('.jsonl')}.rejected.jsonl")
    with _refusing():
        chosen = open_set(gold, inventory)
        found = run(answers, chosen.documents(), chosen.inventory)
        with write_whole(output) as first, write_whole(rejected) as second:
            first.writelines(found.predictions)
            second.writelines(found.rejections)
    for reason, count in found.reasons.items():
        typer.echo(f"rejected, {reason}: {count}", err=True)
    typer.echo(f"{output}: written; {rejected}: written", err=True)


@predict_app.command("rules")
def predict_rules(
    output: OutputOption = Path("-"),
    gold: Annotated[
        Path | None, typer.Option("--set", metavar="SET", help="Whose texts to read; khabar's own unless said.")
    ] = None,
    split: SplitOption = None,
) -> None:
    """Run the rule system: entities, relations and subsections from the text alone; no stance, it would be guessing."""
    from khabar.corpus import open_set
    from khabar.systems import predictions
    from khabar.systems.rules import predict

    with _refusing():
        found = open_set(gold).documents(split and split.value)
        _write(predictions(predict, ((d.doc_id, d.text) for d in found)), output)
