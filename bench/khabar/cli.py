"""The command: a thin function for each verb.

Standard output is the result, standard error the talk. Exit status: 0 clean, 1 problems found, 2 misuse or input
that cannot be used. What is heavy is imported where it is used, so that help answers at once.
"""

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from khabar.corpus import DocumentSet
    from khabar.problems import Problem
    from khabar.scoring import Evaluation

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="khabar (خبر): a corpus and benchmark for information extraction from Arabic news.",
)
export_app = typer.Typer(no_args_is_help=True, help="Write a set in another form.")
import_app = typer.Typer(no_args_is_help=True, help="Turn what a system wrote in another form into predictions.")
predict_app = typer.Typer(no_args_is_help=True, help="Run a reference system.")
app.add_typer(export_app, name="export")
app.add_typer(import_app, name="import")
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


class ScoreFormat(StrEnum):
    """How a scorecard is written."""

    text = "text"
    json = "json"
    html = "html"


class ComparisonFormat(StrEnum):
    """How a comparison is written."""

    text = "text"
    json = "json"
    markdown = "markdown"
    latex = "latex"


class TableFormat(StrEnum):
    """How a table of what there is is written."""

    text = "text"
    markdown = "markdown"


class Columns(StrEnum):
    """What the columns of a file of tags are."""

    flat = "flat"
    nested = "nested"


class TagScheme(StrEnum):
    """How tags say where a span begins and ends."""

    iob1 = "IOB1"
    iob2 = "IOB2"
    iobes = "IOBES"
    bilou = "BILOU"


class Mode(StrEnum):
    """What happens to items that are not sound."""

    error = "error"
    penalise = "penalise"


class Tier(StrEnum):
    """How loosely a quote may be found."""

    exact = "exact"
    normalised = "normalised"
    fuzzy = "fuzzy"


_STDOUT = ("-", "/dev/stdout")
_LAYER = typer.Option("--layer", metavar="LAYER", help=f"Only this layer ({', '.join(LayerName)}); may be repeated.")
_STANDING = "the set that you stand in, or else khabar's own,"
GoldOption = Annotated[
    Path | None, typer.Option("--gold", metavar="SET", help=f"A folder or JSON Lines file; {_STANDING} unless said.")
]
InventoryOption = Annotated[
    Path | None, typer.Option("--inventory", metavar="FILE", help="The labels of the set, if they are its own.")
]
SplitOption = Annotated[Split | None, typer.Option("--split", help="Only this part of the set.")]
FormatOption = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
InvalidOption = Annotated[
    Mode, typer.Option("--invalid", help="Refuse items that are not sound, or count them as wrong.")
]
ResamplesOption = Annotated[int, typer.Option("--resamples", metavar="N", help="Of the bootstrap; 0 for no intervals.")]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="Of the bootstrap and the test.")]
JobsOption = Annotated[int, typer.Option("--jobs", metavar="N", help="How many processes; it changes no figure.")]
GroundingOption = Annotated[
    Tier, typer.Option("--grounding", help="How loosely quotes may be found; see docs/answers.md.")
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Of a file of tags: read words and tags that do not fit as best they can be.")
]
TypesOption = Annotated[
    str | None,
    typer.Option("--types", metavar="MAP", help="Entity types of wojood, ontonotes or anercorp; or a file with a map."),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write; - for stdout.")]


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn input that cannot be used into a list of problems on standard error and exit status 2."""
    from khabar.problems import Invalid, Problem

    try:
        yield
    except Invalid as error:
        problems = error.problems
    except BrokenPipeError:  # Whoever reads has read enough.
        raise
    except OSError as error:
        fix = "Name a file or folder that can be read or written here."
        reason = error.strerror or str(error)
        problems = (Problem(str(error.filename or "khabar"), 1, 1, "file", "", reason, fix),)
    else:
        return
    _list(problems, err=True)
    typer.echo(f"{_number(len(problems), 'problem')}; there is no result.", err=True)
    raise typer.Exit(2)


def _list(problems: Sequence[object], err: bool = False, most: int = 50) -> None:
    for problem in problems[:most]:
        typer.echo(str(problem), err=err)
    if len(problems) > most:
        typer.echo(f"… and {len(problems) - most} more", err=True)


def _open(place: Path | None, inventory: Path | None = None) -> "DocumentSet":
    """The set that was named, or else the one that the current folder lies in, or else khabar's own."""
    from khabar.corpus import here, open_set

    return open_set(place or here(), inventory)


def _apart(output: Path, *inputs: str | Path | None) -> None:
    """Refuse, before any work, an output that cannot be written, or that is a file which is read.

    What is read are the inputs, the documents and labels of one that is a set, and the documents of another folder.
    """
    from khabar.corpus import destination
    from khabar.problems import Invalid, Problem

    if str(output) in _STDOUT or not (place := destination(output)).is_file():
        return
    for given in inputs:
        if given is not None and _is_read(place, given):
            message = f"this is a file that is read: {given}" if str(given) != str(output) else "this file is read"
            fix = "Write to another file: what is read is never written over."
            raise Invalid([Problem(str(output), 1, 1, "file", "", message, fix)])


def _is_read(place: Path, given: str | Path) -> bool:
    """Whether a file is what an input names, or is in it."""
    if str(given) == "-":
        return os.path.samestat(place.stat(), os.fstat(0))
    root = Path(given)
    if root.is_dir() and (root / "annotations").is_dir():
        return any(place.is_relative_to((root / part).resolve()) for part in ("annotations", "corpus", "schemas"))
    if root.is_dir():
        return place.suffix == ".json" and place.parent == root.resolve()
    return root.exists() and place.samefile(root)


def _warn(problems: Sequence["Problem"], what: str) -> None:
    """Say on standard error what was wrong and did not stop the command."""
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        typer.echo(f"{_number(len(problems), 'problem')} {what}.", err=True)


def _version(wanted: bool) -> None:
    if wanted:
        import khabar

        typer.echo(f"khabar {khabar.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """khabar (خبر): a corpus and benchmark for information extraction from Arabic news."""
    gc.set_threshold(100_000)  # What is read has no cycles, and looking for them takes a share of the time.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # What the terminal, or a file's name, does not have is an escape.
            stream.reconfigure(errors="backslashreplace")


@app.command()
def score(
    predictions: Annotated[
        str,
        typer.Argument(
            help="JSON Lines (also .gz), a folder of files, - for stdin; or a CoNLL file of tags.",
        ),
    ],
    gold: GoldOption = None,
    split: SplitOption = None,
    layer: Annotated[list[LayerName] | None, _LAYER] = None,
    output_format: Annotated[
        ScoreFormat, typer.Option("--format", help="Text for people, JSON for programs, a page for a browser.")
    ] = ScoreFormat.text,
    output: OutputOption = Path("-"),
    documents: Annotated[
        int, typer.Option("--documents", metavar="N", min=0, help="How many documents the page shows, the first ones.")
    ] = 50,
    invalid: InvalidOption = Mode.error,
    repair: RepairOption = False,
    types: TypesOption = None,
    token: Annotated[bool, typer.Option("--token", help="Also entities.token, by seqeval.")] = False,
    grounding: GroundingOption = Tier.exact,
    inventory: InventoryOption = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", metavar="NAME", help="Only this measure; may be repeated.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="FIELD", help="Also slice by a metadata field, such as genre.")
    ] = None,
    resamples: ResamplesOption = 1000,
    seed: SeedOption = 12345,
    jobs: JobsOption = 1,
    verify: Annotated[
        str | None, typer.Option("--verify", metavar="SIGNATURE", help="Say what differs from a report; exit 1 if so.")
    ] = None,
) -> None:
    """Score predictions against gold. Every layer that they attempt is scored, in one run."""
    from khabar import report
    from khabar.scoring import evaluate, signature_differences

    with _refusing():
        chosen = _open(gold, inventory)
        _apart(output, predictions, chosen.place, inventory, types)
        evaluation = evaluate(
            chosen,
            predictions,
            split=split and split.value,
            layers=layer and [name.value for name in layer],
            measures=measure,
            invalid=invalid.value,
            grounding=grounding.value,
            repair=repair,
            types=types,
            token=token,
            by=by or (),
            resamples=resamples,
            seed=seed,
            jobs=jobs,
            keep=documents if output_format is ScoreFormat.html else 0,
        )
        card = evaluation.scorecard()
        differences = signature_differences(verify, card.signature) if verify is not None else []
    _warn(card.repaired, "repaired")
    if output_format is ScoreFormat.html:
        from khabar.page import report_page

        shown = report_page(card, evaluation.pairs, evaluation.labels, Path(predictions).name.removeprefix("-"))
    else:
        shown = iter([report.as_json(card) if output_format is ScoreFormat.json else report.as_text(card)])
    _write((_encoded(piece) for piece in shown), output)
    if not card.rows:
        _nothing_asked_for(predictions, evaluation)
    for key, there, here in differences:
        typer.echo(f"{key}: {there} there, {here} here", err=True)
    if verify is not None:
        typer.echo("The signatures differ." if differences else "The signatures are the same.", err=True)
    raise typer.Exit(1 if differences or not card.rows else 0)


def _nothing_asked_for(predictions: str, evaluation: "Evaluation") -> None:
    has = ", ".join(evaluation.given) or "none"
    typer.echo(f"{predictions} has nothing of what was asked for; its layers: {has}.", err=True)


@app.command()
def compare(
    systems: Annotated[list[Path], typer.Argument(help="Of two systems or more, each as for score.")],
    gold: GoldOption = None,
    split: SplitOption = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", metavar="NAME", help="The headline measures unless said.")
    ] = None,
    output_format: Annotated[
        ComparisonFormat, typer.Option("--format", help="For people, programs, or a paper.")
    ] = ComparisonFormat.text,
    invalid: InvalidOption = Mode.error,
    repair: RepairOption = False,
    grounding: GroundingOption = Tier.exact,
    types: TypesOption = None,
    inventory: InventoryOption = None,
    resamples: ResamplesOption = 1000,
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", help="Of the randomisation test, unless it can be exact.")
    ] = 10_000,
    seed: SeedOption = 12345,
    jobs: JobsOption = 1,
) -> None:
    """Compare systems on the same documents. Differences with intervals, and how likely they are by chance."""
    from khabar import report
    from khabar.comparison import compare as run

    with _refusing():
        found = run(
            _open(gold, inventory),
            systems,
            measures=measure,
            split=split and split.value,
            invalid=invalid.value,
            grounding=grounding.value,
            repair=repair,
            types=types,
            resamples=resamples,
            rounds=rounds,
            seed=seed,
            jobs=jobs,
        )
    for card in found.cards.values():
        _warn(card.repaired, "repaired")
    write = {
        ComparisonFormat.text: report.comparison_text,
        ComparisonFormat.json: report.comparison_json,
        ComparisonFormat.markdown: report.comparison_markdown,
        ComparisonFormat.latex: report.comparison_latex,
    }
    typer.echo(write[output_format](found), nl=False)


@app.command()
def explain(
    predictions: Annotated[str, typer.Argument(help="As for score.")],
    gold: GoldOption = None,
    split: SplitOption = None,
    doc: Annotated[str | None, typer.Option("--doc", metavar="ID", help="Only this document.")] = None,
    layer: Annotated[list[LayerName] | None, _LAYER] = None,
    class_: Annotated[
        str | None,
        typer.Option("--class", metavar="CLASS", help="Only this class; boundary: all five; correct and ignored too."),
    ] = None,
    output_format: FormatOption = Format.text,
    invalid: InvalidOption = Mode.error,
    repair: RepairOption = False,
    grounding: GroundingOption = Tier.exact,
    types: TypesOption = None,
    inventory: InventoryOption = None,
) -> None:
    """Show every error of predictions in its text. Gold in ⟦…⟧, predicted in ‹…›; errors are counted by class."""
    from khabar.corpus import with_id
    from khabar.explain import Wanted, as_json, as_text, known_class
    from khabar.measures import HEADLINE
    from khabar.model import LAYERS
    from khabar.scoring import evaluate

    with _refusing():
        chosen = _open(gold, inventory)
        layers = tuple(name for name in LAYERS if not layer or name in layer)
        wanted = known_class(class_, layers)
        evaluation = evaluate(
            chosen,
            predictions,
            split=split and split.value,
            layers=layers,
            measures=[name for name in HEADLINE if name.split(".")[0] in layers],
            invalid=invalid.value,
            grounding=grounding.value,
            repair=repair,
            types=types,
            keep=sys.maxsize,
            resamples=0,
        )
        found = evaluation.pairs
        if doc is not None:
            with_id((pair.gold for pair in found), doc, chosen.place)
            found = [pair for pair in found if pair.gold.doc_id == doc]
        penalised = [one for one in evaluation.penalised if doc in (None, one.doc_id)]
    _warn(evaluation.repaired, "repaired")
    shown = Wanted(evaluation.judged, wanted)
    if output_format is Format.json:
        typer.echo(as_json(found, evaluation.labels, shown, evaluation.signature(), penalised), nl=False)
    else:
        for line in as_text(found, evaluation.labels, shown, penalised):
            typer.echo(line)
        typer.echo(f"\n{evaluation.signature()}")
    if not evaluation.judged:
        _nothing_asked_for(predictions, evaluation)
        raise typer.Exit(1)


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help=f"Sets or single files; {_STANDING} unless said.")] = None,
    output_format: FormatOption = Format.text,
    inventory: InventoryOption = None,
) -> None:
    """Check documents and annotations. Every problem is listed: its place, what is wrong and what to do."""
    from khabar.checks import check as run
    from khabar.checks import count, problems_json
    from khabar.problems import Invalid, Problem

    with _refusing():
        places = paths or [_open(None).place]
        problems = run(*places, inventory=inventory)
        documents = count(*places, inventory=inventory)
        if not documents and not problems:
            fix = "Name a set with documents, or a document."
            raise Invalid([Problem(str(places[0]), 1, 1, "file", "", "there are no documents here", fix)])
    errors = sum(problem.severity == "error" for problem in problems)
    if output_format is Format.json:
        typer.echo(problems_json(problems))
    else:
        _list(problems)
    found = f"{_number(errors, 'error')}, {_number(len(problems) - errors, 'warning')}"
    where = ", ".join(map(os.path.realpath, places))
    typer.echo(f"{found} in {_number(documents, 'document')} of {where}", err=True)
    raise typer.Exit((1 if documents else 2) if errors else 0)


_DOMAINS = "politics, security, economy, society, culture, sport, science, health, environment, disaster, justice"
_GENRES = "report, brief, analysis, feature, interview, opinion, live, press-release"


def _fitting(parameter: typer.CallbackParam, value: str | None) -> str | None:
    """Refuse at once an answer that metadata cannot hold; where it was asked for, it is asked for again."""
    from khabar.intake import refusal

    if value is not None and (reason := refusal(str(parameter.name), value)):
        raise typer.BadParameter(reason)
    return value


def _storable(textfile: Path) -> Path:
    """Refuse a text that cannot be stored, before anything is asked."""
    from khabar.intake import changes

    with _refusing():
        changes(textfile.read_bytes(), str(textfile))
    return textfile


def _named(context: typer.Context, value: str | None) -> str:
    """The document's slug: the one that was given, or else the file's name, if it can be one."""
    from khabar.intake import refusal

    name = value or Path(context.params["textfile"]).stem
    if refusal("doc_id", name):
        fix = "give one of small Latin letters, digits and hyphens, as in --doc-id karmel-library"
        raise typer.BadParameter(f"{name} cannot be a document's id: {fix}")
    return name


def _asked(question: str, about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(prompt=question, help=about, callback=_fitting)
    return option


@app.command()
def new(
    textfile: Annotated[
        Path,
        typer.Argument(
            help="The text, as it stood on its page.", exists=True, dir_okay=False, is_eager=True, callback=_storable
        ),
    ],
    *,
    doc_id: Annotated[
        str | None, typer.Option(help="The document's slug; the file's name unless said.", callback=_named)
    ] = None,
    title: Annotated[str, _asked("The page's headline", "The page's headline.")],
    country: Annotated[str, _asked("Country (two letters; ZZ unknown)", "ISO 3166 code; ZZ unknown.")],
    domain: Annotated[str, _asked(f"Domain ({_DOMAINS})", f"What it is about: {_DOMAINS}.")],
    genre: Annotated[str, _asked(f"Genre ({_GENRES})", f"What kind of page it is: {_GENRES}.")],
    origin: Annotated[str, _asked("Origin (published, composed)", "Where the text is from: published, composed.")],
    rights: Annotated[str, _asked("Whose is the text, in words", "Whose the text is.")],
    licence: Annotated[str, _asked("Licence (SPDX, or LicenseRef-…)", "The text's licence.")],
    split: Annotated[str, _asked("Split (train, validation, test)", "Its part of the set: train, validation, test.")],
    publisher: Annotated[str | None, typer.Option(help="Who published it, if known.", callback=_fitting)] = None,
    published: Annotated[str | None, typer.Option(help="When (YYYY-MM-DD), if known.", callback=_fitting)] = None,
    stories: Annotated[int, typer.Option(help="How many stories the page carries.")] = 1,
    gold: Annotated[
        Path | None, typer.Option("--set", metavar="SET", help="The folder set to add it to; the one you stand in.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Consent to the changes that the text needs.")] = False,
) -> None:
    """Add a document to a set. Its text, metadata and an annotation to fill in; asks for what is not given."""
    from khabar.corpus import here
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
        for path in add(gold or here() or Path(), doc_id or textfile.stem, cleaned(raw), metadata):
            typer.echo(f"{path}: written", err=True)


@app.command()
def anchor(
    path: Annotated[Path, typer.Argument(help="A sheet; or an annotation (.json), for the way back.")],
    output: OutputOption = Path("-"),
    gold: Annotated[
        Path | None, typer.Option("--set", metavar="SET", help="Where the text is; where the file lies unless said.")
    ] = None,
) -> None:
    """Turn a sheet into an annotation, or an annotation into a sheet."""
    from khabar.intake import anchored

    # A pass is a folder of annotations: its first one makes it.
    in_pass = output.parent.parent.name == "passes"
    with _refusing():
        if output.exists() or not in_pass:
            _apart(output, path)
        written = anchored(path, gold)
    _write([_encoded(written)], output, make_folders=in_pass)


@app.command("format")
def format_(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help=f"Sets, annotation files or folders; {_STANDING} unless said."),
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if something would change.")
    ] = False,
) -> None:
    """Put annotation files into canonical form. Their order and layout, a mention a line."""
    from khabar.intake import unformatted

    with _refusing():
        found = list(unformatted(paths or [_open(None).place]))
    for path, text in found:
        if not check_only:
            _write([_encoded(text)], path)
        else:
            typer.echo(f"{path}: is not in canonical form", err=True)
    raise typer.Exit(1 if check_only and found else 0)


@app.command()
def view(
    doc: Annotated[str, typer.Argument(help="The document's id.")],
    pass_: Annotated[
        list[Path] | None,
        typer.Option("--pass", metavar="FOLDER", help="A pass to show instead of gold; twice for two."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write the page.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    gold: GoldOption = None,
) -> None:
    """Show a document as a page. Sections, mentions, relations and stances with their evidence."""
    import webbrowser

    from khabar.corpus import with_id
    from khabar.passes import open_pass
    from khabar.problems import Invalid, Problem
    from khabar.view import page

    place = output or Path(f"{doc}.html")
    with _refusing():
        chosen = _open(gold)
        folders = [p if p.exists() else chosen.place / "annotations" / "passes" / p for p in pass_ or []]
        if len(folders) > 2:
            message, fix = "a page shows two passes at most", "Give --pass once or twice."
            raise Invalid([Problem(str(folders[2]), 1, 1, "option", "", message, fix)])
        _apart(place, chosen.place, *folders)
        documents = [with_id(open_pass(folder), doc, folder) for folder in folders]
        documents = documents or [with_id(chosen.documents(), doc, chosen.place)]
        html = page(documents, chosen.inventory, [f"pass {folder.name}" for folder in folders])
    _write([_encoded(html)], place)
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
    """Say how far two passes agree. By layer and label, with 95 % intervals over documents, and by rule."""
    from khabar.corpus import root_of
    from khabar.passes import agree as run
    from khabar.passes import common, open_pass, rules_of
    from khabar.report import agreement_json, agreement_text
    from khabar.view import page

    with _refusing():
        known = _open(root_of(first), inventory).inventory
        passes = open_pass(first), open_pass(second)
        found, rules = (
            run(*passes, known, [Path(os.path.realpath(place)).name for place in (first, second)]),
            rules_of(first, passes[0]),
        )
        for one, two in common(*passes) if html else ():
            shown = page([one, two], known, [first.name, second.name])
            _write([_encoded(shown)], (html or Path()) / f"{one.doc_id}.html", make_folders=True)
    write = agreement_json if output_format is Format.json else agreement_text
    typer.echo(write(found, rules), nl=False)


@app.command()
def merge(
    first: Annotated[Path, typer.Argument(help="A pass.")],
    second: Annotated[Path, typer.Argument(help="Another pass over the same documents.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="GOLD", help="The folder of gold annotations.")],
    inventory: InventoryOption = None,
) -> None:
    """Bring two passes together. First sheets with what is to decide; once they are decided, gold and the record."""
    from khabar.corpus import root_of
    from khabar.passes import merge as run

    undecided = 0
    with _refusing():
        for step in run(first, second, output, _open(root_of(first), inventory).inventory):
            for path, text in step.writes:
                _write([_encoded(text)], path, make_folders=True)
            for path in step.removes:
                path.unlink()
            _list(step.problems)
            undecided += len(step.problems) + step.asks
            if step.talk:
                typer.echo(step.talk, err=True)
    raise typer.Exit(1 if undecided else 0)


@app.command()
def rules() -> None:
    """List the rules that `khabar check` holds a set to."""
    from khabar.checks import RULES

    for rule in RULES:
        alone = " (gold; in a pass a warning until gold is made from it)" if rule.gold_only else ""
        typer.echo(f"{rule.id:20} {rule.about}{alone}")


@app.command()
def labels(
    layer: Annotated[list[LayerName] | None, _LAYER] = None,
    inventory: InventoryOption = None,
) -> None:
    """List the labels. Each with its name and what it means, in Arabic and in English."""
    from khabar.schemas import ENUMS

    with _refusing():
        known = _open(None, inventory).inventory
    for place, name in ENUMS.items():
        if not layer or place.split(".")[0] in layer:
            typer.echo(f"{place}")
            for label in getattr(known, name):
                typer.echo(f"  {label.label:20} {label.name.ar} · {label.name.en}")
                typer.echo(f"  {'':20} {label.definition.ar}\n  {'':20} {label.definition.en}")


@app.command()
def measures(
    output_format: Annotated[
        TableFormat, typer.Option("--format", help="Text, or the Markdown of docs/measures.md.")
    ] = TableFormat.text,
) -> None:
    """List the measures. What a match is, the formula, edge cases, the source and the laws that hold."""
    from khabar.report import measures_markdown, measures_text

    typer.echo(measures_text() if output_format is TableFormat.text else measures_markdown(), nl=False)


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="The folder to write; it must not exist, or be empty.")],
    without_published_texts: Annotated[
        bool, typer.Option("--without-published-texts", help="Leave out texts that are their publishers'.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier build.")] = False,
    gold: GoldOption = None,
) -> None:
    """Write a folder ready for the Hugging Face Hub. Parquet for each view and split, and the card."""
    from datasets import disable_progress_bars

    from khabar.dataset import build as run

    disable_progress_bars()
    with _refusing():
        run(folder, place=_open(gold).place, published_texts=not without_published_texts, replace=replace)
    typer.echo(f"{folder}: ready", err=True)


def _encoded(text: str) -> bytes:
    """Text as it is written: half a character, which a file's name may hold, as an escape."""
    return text.encode("utf-8", "backslashreplace")


def _write(lines: Iterable[bytes], output: Path, make_folders: bool = False) -> None:
    from khabar.corpus import write_whole

    with _refusing():
        if str(output) in _STDOUT:
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
            return
        with write_whole(output, make_folders=make_folders) as file:
            file.writelines(lines)
    typer.echo(f"{output}: written", err=True)


def _some(lines: Iterable[bytes], chosen: "DocumentSet", split: Split | None = None) -> Iterator[bytes]:
    """The lines that are to be written, a document each. Raises Invalid where there is none."""
    from khabar.problems import Invalid, Problem

    found = iter(lines)
    for first in found:
        return chain([first], found)
    where = f"the split {split.value}" if split else "the set"
    message, fix = f"{where} has no documents", "Choose another split or set."
    raise Invalid([Problem(str(chosen.place), 1, 1, "file", "", message, fix)])


@export_app.command("jsonl")
def export_jsonl(output: OutputOption = Path("-"), gold: GoldOption = None) -> None:
    """Write a set as one JSON Lines file. A document a line: annotation, text and metadata."""
    from khabar.dataset import lines

    with _refusing():
        chosen = _open(gold)
        _apart(output, chosen.place)
        _write(_some(lines(chosen), chosen), output)


@export_app.command("inputs")
def export_inputs(
    output: OutputOption = Path("-"),
    gold: GoldOption = None,
    split: SplitOption = None,
    words: Annotated[bool, typer.Option("--words", help="With the words and their offsets.")] = False,
    entities: Annotated[bool, typer.Option("--entities", help="With gold's entities (given-entities track).")] = False,
) -> None:
    """Write what a system may see. JSON Lines with doc_id and text."""
    from khabar.formats import inputs

    with _refusing():
        chosen = _open(gold)
        _apart(output, chosen.place)
        found = chosen.documents(split and split.value)
        made = (inputs(document, with_words=words, with_entities=entities) for document in found)
        _write(_some(made, chosen, split), output)


@import_app.command("tags")
def import_tags(
    path: Annotated[Path, typer.Argument(help="A CoNLL file: a word and its tags a line (docs/tags.md).")],
    output: OutputOption = Path("-"),
    gold: Annotated[
        Path | None, typer.Option("--set", metavar="SET", help=f"Whose words were tagged; {_STANDING} unless said.")
    ] = None,
    split: SplitOption = None,
    columns: Annotated[
        Columns | None, typer.Option("--columns", help="One tag a word, or several; found out unless said.")
    ] = None,
    scheme: Annotated[TagScheme | None, typer.Option("--scheme", help="Found out unless said.")] = None,
    types: Annotated[
        str | None, typer.Option("--types", metavar="MAP", help="The labels are those of a type map (docs/types.md).")
    ] = None,
    repair: RepairOption = False,
    inventory: InventoryOption = None,
) -> None:
    """Turn a file of tags into predictions. JSON Lines with mentions."""
    import msgspec

    from khabar.projections import type_map
    from khabar.tags import read_tags

    with _refusing():
        chosen = _open(gold, inventory)
        _apart(output, path, chosen.place, inventory, types)
        labels = type_map(types, chosen.inventory).folded if types else chosen.inventory.labels["entities.type"]
        tagged = read_tags(
            path,
            chosen.documents(),
            split=split and split.value,
            labels=labels,
            nested=columns is Columns.nested if columns else None,
            scheme=scheme.value if scheme else None,
            repair=repair,
        )
        _warn(tagged.repaired, "repaired")
        _write((msgspec.json.encode(prediction) + b"\n" for prediction in tagged.predictions), output)


@import_app.command("answers")
def import_answers(
    answers: Annotated[Path, typer.Argument(help='Answers of a language model: {"doc_id": …, "answer": …} a line.')],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The prediction file to write.")],
    gold: GoldOption = None,
    inventory: InventoryOption = None,
) -> None:
    """Make predictions of a language model's answers. What is rejected, and why, is kept beside them."""
    from khabar.answers import import_answers as run
    from khabar.corpus import write_whole
    from khabar.problems import Invalid, Problem

    with _refusing():
        chosen = _open(gold, inventory)
        if str(output) in _STDOUT or not (output.is_file() or not output.exists()):
            fix = "Name a file: what is rejected is kept in another one beside it."
            raise Invalid([Problem(str(output), 1, 1, "file", "", "this is no file", fix)])
        rejected = output.with_name(f"{output.name.removesuffix('.gz').removesuffix('.jsonl')}.rejected.jsonl")
        for path in (output, rejected):
            _apart(path, answers, chosen.place, inventory)
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
        Path | None, typer.Option("--set", metavar="SET", help=f"Whose texts to read; {_STANDING} unless said.")
    ] = None,
    split: SplitOption = None,
) -> None:
    """Run the rule system. Entities, relations and subsections from the text alone; no stance, it would be guessing."""
    from khabar.systems import predictions
    from khabar.systems.rules import predict

    with _refusing():
        chosen = _open(gold)
        _apart(output, chosen.place)
        found = chosen.documents(split and split.value)
        made = predictions(predict, ((d.doc_id, d.text) for d in found))
        _write(_some(made, chosen, split), output)
