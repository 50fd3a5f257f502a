"""Show where a scoring run spends its time.

    python benchmarks/hotspots.py [--top N] PREDICTIONS --gold GOLD [options of `khabar score`]

runs `khabar score` under cProfile and prints its costliest functions: khabar's by the time within them and all that
they call, then all by their own. The profiler slows calls down: compare shares, not seconds.
"""

import argparse
import cProfile
import io
import pstats
import sys
from contextlib import redirect_stdout

from khabar.cli import app


def main() -> None:
    """Profile a run of the command."""
    parser = argparse.ArgumentParser(description="Profile `khabar score`; what is not known here is passed on to it.")
    parser.add_argument("--top", type=int, default=30, metavar="N", help="how many functions to print")
    given, passed_on = parser.parse_known_args()
    profile = cProfile.Profile()
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        status = profile.runcall(app, ["score", *passed_on], standalone_mode=False)
    if status:
        sys.exit(status)
    stats = pstats.Stats(profile)
    stats.sort_stats("cumulative").print_stats("khabar", given.top)
    stats.sort_stats("tottime").print_stats(given.top)


if __name__ == "__main__":
    main()
