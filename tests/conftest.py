import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("khabar", deadline=None, max_examples=80, derandomize=True)
settings.load_profile("khabar")
os.environ.pop("KHABAR_DATA", None)
os.environ.pop("KHABAR_TEXTS", None)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def conformance() -> Path:
    """Published values of reference scorers, kept beside the project; the test is skipped where they are not."""
    folder = ROOT.parent / "shared" / "conformance"
    if not folder.is_dir():
        pytest.skip("the published values (../shared/conformance) are not here")
    return folder


def steps(work) -> int:
    """How many lines of Python a function runs through: the same on every machine, as time is not."""
    counted = 0

    def trace(frame, event, _):
        nonlocal counted
        counted += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted
