import os
import shutil
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


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; the tests are skipped, saying so, where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine: pages are not tested in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        running = playwright.chromium.launch(executable_path=found, args=options)
        yield running
        running.close()
