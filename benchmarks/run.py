"""Measure khabar's speed beside its peers and print the tables of docs/performance.md.

    python benchmarks/run.py --cache DIR [--quick] [--write docs/performance.md]

Every row is a whole process, from the interpreter's start to its end: its CPU time (user and system, of it and of
its children) and the peak memory of its largest process, both as the system counts them. Rows on one core are held
to one core. The generated sets, the peers (in an environment of their own) and what they read are kept in DIR.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
KHABAR = (sys.executable, "-c", "from khabar.cli import app; app()")
EVERYTHING = ("--resamples", "1000")
"""What `khabar score` needs to compute all that the goals name."""

LIMIT = 900.0
"""After how many seconds a process is stopped."""

SECONDS = 10.0
"""What a hard document may take at most."""

PEERS = ("nervaluate", "seqeval", "seqscore", "segeval")
SEED = 1
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


class Sizes(NamedTuple):
    """How much is measured: documents, documents to compare memory with, overlapping mentions, bytes of a long text."""

    documents: int = 20_000
    many: int = 200_000
    overlapping: int = 10_000
    long_text: int = 5_000_000


QUICK = Sizes(documents=500, many=2_000, overlapping=1_000, long_text=200_000)


class Spent(NamedTuple):
    """What a process took: CPU and wall time in seconds, peak memory in MB, its exit status, what it printed."""

    cpu: float
    wall: float
    memory: float
    status: int
    out: bytes
    err: str


class Row(NamedTuple):
    """A line of the table; ``spent`` is None where nothing was measured, and ``note`` says why."""

    name: str
    documents: int
    spent: Spent | None
    note: str = ""


class Held(NamedTuple):
    """A goal: what is asked, what was measured, and whether it is kept; None where it could not be measured."""

    goal: str
    measured: str = "—"
    kept: bool | None = None


# -- processes -----------------------------------------------------------------------------------------------

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What every row runs in. Modules are compiled once, as where they are installed, not at each start."""


def measure(command: Sequence[str], *, one_core: bool = True, limit: float = LIMIT) -> Spent:
    """Run a command and say what it took; after ``limit`` seconds it is stopped, and its status is -9.

    A new process begins with the memory of the one that starts it in its account, so this one stays small.
    """
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        if cores and one_core:
            os.sched_setaffinity(0, {max(cores)})
        start = time.perf_counter()
        try:
            child = os.posix_spawn(command[0], list(command), _ENVIRONMENT, file_actions=actions, setpgroup=0)
        finally:
            if cores:
                os.sched_setaffinity(0, cores)
        finished, status, usage = 0, 0, None
        while not finished:
            if time.perf_counter() - start > limit:
                os.killpg(child, signal.SIGKILL)
                finished, status, usage = os.wait4(child, 0)
            else:
                finished, status, usage = os.wait4(child, os.WNOHANG)
                time.sleep(0 if finished else 0.005)
        wall = time.perf_counter() - start
        assert usage is not None
        for file in (out, err):
            file.seek(0)
        unit = 1 if platform.system() == "Darwin" else 1024  # ru_maxrss: bytes on macOS, else kilobytes
        return Spent(
            usage.ru_utime + usage.ru_stime,
            wall,
            usage.ru_maxrss * unit / 1e6,
            os.waitstatus_to_exitcode(status),
            out.read(),
            err.read().decode("utf-8", "replace"),
        )


def best(name: str, documents: int, command: Sequence[str], repeat: int = 1, *, one_core: bool = True) -> Row:
    """A row: the run of least CPU time of several (of least wall time, on more than one core)."""
    say(f"{name}, {documents} documents")
    runs = []
    for _ in range(repeat):
        spent = measure(command, one_core=one_core)
        if spent.status == -signal.SIGKILL:
            return Row(name, documents, None, f"stopped after {spent.wall:.0f} s")
        if spent.status:
            last = spent.err.strip().splitlines()[-1:] or [f"exit status {spent.status}"]
            return Row(name, documents, None, f"failed: {last[0][:100]}")
        runs.append(spent)
    return Row(name, documents, min(runs, key=lambda spent: spent.cpu if one_core else spent.wall))


def say(words: str) -> None:
    """Tell on standard error what is going on."""
    print(words, file=sys.stderr, flush=True)


def known_options() -> str:
    """The help of `khabar score`: the options that the installed khabar knows."""
    return subprocess.run([*KHABAR, "score", "--help"], capture_output=True, text=True, check=True).stdout


def khabar(
    name: str, folder: Path, documents: int, options: Sequence[str], known: str, repeat: int = 1, one_core: bool = True
) -> Row:
    """A row of `khabar score`; options that the installed khabar does not know are reported, not tried."""
    unknown = [option for option in options if option.startswith("--") and option not in known]
    if unknown:
        return Row(name, documents, None, f"this khabar does not know {', '.join(unknown)}")
    files = (str(folder / "predictions.jsonl"), "--gold", str(folder / "gold.jsonl"))
    command = (*KHABAR, "score", *files, "--format", "json", *options)
    return best(name, documents, command, repeat, one_core=one_core)


# -- what is measured ----------------------------------------------------------------------------------------


def generated(cache: Path, option: str, size: int) -> Path:
    """The folder of a generated set; made if this generator has not made it yet."""
    maker = HERE / "generate.py"
    digest = sha256(maker.read_bytes()).hexdigest()[:8]
    folder = cache / f"{option.strip('-')}-{size}-{SEED}-{digest}"
    if not (folder / "done").exists():
        say(f"generating {folder}")
        subprocess.run(
            [sys.executable, str(maker), str(folder), option, str(size), "--seed", str(SEED)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (folder / "done").touch()
    return folder


def converted(folder: Path) -> Path:
    """The folder, with the set in the forms that the peers read."""
    maker = HERE / "convert.py"
    done = folder / f"converted-{sha256(maker.read_bytes()).hexdigest()[:8]}"
    if not done.exists():
        say(f"converting {folder}")
        subprocess.run([sys.executable, str(maker), str(folder)], check=True)
        done.touch()
    return folder


def installed(cache: Path) -> dict[str, str | None]:
    """The peers and their versions, in an environment of their own; None where a peer could not be installed."""
    python = cache / "peers" / "bin" / "python"
    if not python.exists():
        say("making an environment for the peers")
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
    for peer in PEERS:
        if _version(python, peer) is None:
            say(f"installing {peer}")
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", peer], check=False)
    return {peer: _version(python, peer) for peer in PEERS}


def _version(python: Path, peer: str) -> str | None:
    code = f"from importlib.metadata import version; print(version({peer!r}))"
    ran = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else None


def peer_row(peer: str, found: str | None, cache: Path, folder: Path, documents: int) -> Row:
    """A row of a peer on a converted set."""
    if found is None:
        return Row(peer, documents, None, "could not be installed")
    programs = cache / "peers" / "bin"
    if peer == "seqscore":
        files = [str(folder / "gold.bio"), str(folder / "predictions.bio")]
        command = [str(programs / "seqscore"), "score", "--labels", "BIO", "--reference", *files]
    else:
        command = [str(programs / "python"), str(HERE / "peers.py"), peer, str(folder)]
    return best(f"{peer} {found}", documents, command)


def everything(cache: Path, sizes: Sizes, repeat: int) -> str:
    """Measure it all; the tables, in Markdown."""
    busy = os.getloadavg()[0] > 0.5
    known = known_options()
    peers = installed(cache)
    count = sizes.documents
    folder = converted(generated(cache, "--documents", count))
    full = [option for option in EVERYTHING if "--resamples" in known]

    score = khabar("`khabar score`, all layers", folder, count, full, known, repeat)
    only = ["--measure", "entities.strict"]
    strict = khabar("`khabar score --measure entities.strict`", folder, count, only, known, repeat)
    bare = [*only, "--resamples", "0"]
    alone = khabar("the same without intervals (`--resamples 0`)", folder, count, bare, known, repeat)
    entities = khabar("`khabar score --layer entities`", folder, count, ["--layer", "entities"], known, repeat)
    floor_program = (sys.executable, str(HERE / "floor.py"))
    both_files = (str(folder / "gold.jsonl"), str(folder / "predictions.jsonl"))
    floors = [
        best(name, count, (*floor_program, *options, *both_files), repeat)
        for name, *options in (
            ("typed read, strict count",),
            ("the same, unchecked", "--unchecked"),
            ("the same, of names alone", "--names"),
        )
    ]
    sections = khabar("`khabar score --layer subsections`", folder, count, ["--layer", "subsections"], known, repeat)
    one = khabar("`--jobs 1`", folder, count, [*full, "--jobs", "1"], known, repeat, one_core=False)
    two = khabar("`--jobs 2`", folder, count, [*full, "--jobs", "2"], known, repeat, one_core=False)
    beside = {peer: peer_row(peer, found, cache, folder, count) for peer, found in peers.items()}
    many_folder = generated(cache, "--documents", sizes.many)
    many = khabar("`khabar score`, all layers", many_folder, sizes.many, full, known)
    crowded = generated(cache, "--overlapping", sizes.overlapping)
    overlapping = khabar(f"one document, {sizes.overlapping:,} overlapping mentions", crowded, 1, full, known)
    endless = generated(cache, "--long-text", sizes.long_text)
    long_text = khabar(f"one document, text of {sizes.long_text / 1e6:g} MB", endless, 1, full, known)

    held = [
        *_held_speed(score, alone, floors),
        *_held_memory(score, many),
        *_held_jobs(one, two),
        _held_seconds(overlapping),
        _held_seconds(long_text),
    ]
    parts = [
        environment(peers),
        *warnings(sizes, known, busy),
        speed_table(
            [*floors, alone, strict, entities, *(beside[peer] for peer in ("nervaluate", "seqeval", "seqscore"))],
            entities,
        ),
        speed_table([sections, beside["segeval"]], sections),
        speed_table([score, many, overlapping, long_text, one, two]),
        held_table(held),
    ]
    return "\n\n".join(parts)


def _held_speed(score: Row, alone: Row, floors: Sequence[Row]) -> Iterator[Held]:
    goal = "all layers: at least 1,500 documents a second"
    if score.spent:
        rate = score.documents / score.spent.cpu
        yield Held(goal, f"{rate:,.0f}", rate >= 1500)
    else:
        yield Held(goal)
    goals = (
        "entities.strict alone, without intervals: at least half the speed of the typed read, whose gold checks itself",
        "the same beside the typed read that checks nothing",
        "the same beside the typed read of names alone",
    )
    for goal, floor in zip(goals, floors, strict=True):
        if alone.spent and floor.spent:
            share = floor.spent.cpu / alone.spent.cpu
            yield Held(goal, f"{share:.2f}", share >= 0.5)
        else:
            yield Held(goal)


def _held_memory(score: Row, many: Row) -> Iterator[Held]:
    goal = f"peak memory below 150 MB with {score.documents:,} documents"
    if score.spent:
        yield Held(goal, f"{score.spent.memory:.0f} MB", score.spent.memory < 150)
    else:
        yield Held(goal)
    goal = f"peak memory flat from {score.documents:,} to {many.documents:,} documents, but for the counts"
    if score.spent and many.spent:
        grown = many.spent.memory - score.spent.memory
        each = grown * 1e6 / (many.documents - score.documents)
        yield Held(goal, f"{grown:+.0f} MB, {each:,.0f} bytes a document")
    else:
        yield Held(goal)


def _held_jobs(one: Row, two: Row) -> Iterator[Held]:
    goals = "`--jobs 2`: at least 1.7 times faster", "`--jobs 2`: the same figures to the last digit"
    if one.spent and two.spent:
        times = one.spent.wall / two.spent.wall
        yield Held(goals[0], f"{times:.2f}", times >= 1.7)
        same = one.spent.out == two.spent.out
        yield Held(goals[1], "the same" if same else "different", same)
    else:
        yield from map(Held, goals)


def _held_seconds(row: Row) -> Held:
    goal = f"{row.name}: less than {SECONDS:g} s"
    return Held(goal, f"{row.spent.cpu:.1f} s", row.spent.cpu < SECONDS) if row.spent else Held(goal, row.note)


# -- tables --------------------------------------------------------------------------------------------------


def environment(peers: dict[str, str | None]) -> str:
    """A paragraph: what the figures were measured on."""
    processor = platform.processor() or platform.machine()
    details = Path("/proc/cpuinfo")
    if details.exists():
        names = [line.split(":", 1)[1] for line in details.read_text().splitlines() if line.startswith("model name")]
        processor = " ".join((names or [processor])[0].split())
    packages = [f"{name} {version(name)}" for name in ("khabar", "msgspec")]
    missing = [f"{peer} (not installed)" for peer, found in peers.items() if found is None]
    packages += [f"{peer} {found}" for peer, found in peers.items() if found] + missing
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()}, {os.cpu_count()} cores"
    return f"{processor}; {system}; {python}; {', '.join(packages)}."


def warnings(sizes: Sizes, known: str, busy: bool) -> Iterator[str]:
    """Sentences that say what keeps the figures from being those that the goals are held against."""
    if sizes == QUICK:
        yield "**Small sets (`--quick`): much of each figure is the start of Python, and no goal is tested.**"
    if "--resamples" not in known:
        yield "**This khabar does not know `--resamples`: no intervals were computed.**"
    if busy:
        yield "**The machine was doing other work at the same time.**"


def speed_table(rows: Sequence[Row], reference: Row | None = None) -> str:
    """Rows as a Markdown table; with a reference, also each row's CPU time as a multiple of the reference's."""
    head = ["", "documents", "CPU time, s", "wall time, s", "documents a CPU second", "peak memory, MB"]
    head += ["ratio of CPU time"] if reference else []
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for row in rows:
        if row.spent is None:
            lines.append([row.name, f"{row.documents:,}", row.note, *["—"] * (len(head) - 3)])
            continue
        rate = f"{row.documents / row.spent.cpu:,.0f}" if row.documents > 1 else "—"
        cells = [f"{row.spent.cpu:.2f}", f"{row.spent.wall:.2f}", rate, f"{row.spent.memory:.0f}"]
        if reference:
            cells.append(f"{row.spent.cpu / reference.spent.cpu:.2f}" if reference.spent else "—")
        lines.append([row.name, f"{row.documents:,}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def held_table(held: Sequence[Held]) -> str:
    """Goals, what was measured, and whether they are kept."""
    words = {True: "yes", False: "no", None: "—"}
    lines = [["goal", "measured", "reached"], ["---", "---:", "---:"]]
    lines += [[goal.goal, goal.measured, words[goal.kept]] for goal in held]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replaced(page: str, tables: str) -> str:
    """A page with the tables between its marks. Raises ValueError where a mark is missing."""
    before, rest = page.split(f"{BEGIN}\n", 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description="Measure khabar's speed beside its peers.")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="for sets and peers; 5 GB in full")
    parser.add_argument("--quick", action="store_true", help="small sets: a minute or two, figures that say little")
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="runs of khabar and the floor; the best counts"
    )
    parser.add_argument("--many", type=int, metavar="N", help="documents of the set that memory is compared with")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the tables between the marks of this page")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    sizes = QUICK if given.quick else Sizes()
    if given.many:
        sizes = sizes._replace(many=given.many)
    tables = everything(given.cache.resolve(), sizes, given.repeat)
    print(tables)
    if given.write:
        given.write.write_text(replaced(given.write.read_text("utf-8"), tables), "utf-8")


if __name__ == "__main__":
    main()
