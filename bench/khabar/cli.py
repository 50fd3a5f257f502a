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
app.add_typer(export_app, name="export")
app.add_typer(predict_app, name="predict")


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
    except FileNotFoundError as error:
        typer.echo(str(error), err=True)
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
        card = run(chosen, predictions, split=split and split.value, layers=layers, invalid=invalid.value)
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
    from khabar.dataset import build as run

    with _refusing():
        run(folder, place=gold, published_texts=not without_published_texts, replace=replace)
    typer.echo(f"{folder}: ready", err=True)


def _write(lines: Iterable[bytes], output: Path) -> None:
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
