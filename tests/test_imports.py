"""Rooms: imports run one way, and the command answers at once because nothing heavy is imported for help."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import khabar

PACKAGE = Path(khabar.__file__).parent
GUIDE = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text("utf-8")
ORDER = tuple(re.findall(r"\w+", GUIDE[GUIDE.index("    model ←") :].split("\n\n")[0]))
"""The rooms in the order that CONTRIBUTING.md gives them."""


def rooms() -> dict[str, set[str]]:
    """The khabar modules that each room imports."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("khabar"):
                inner = node.module.split(".")[1:] or [alias.name for alias in node.names]
                names = inner[:1] if node.module != "khabar" else inner
            elif isinstance(node, ast.Import):
                names = [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("khabar.")]
            found.setdefault(room, set()).update(names)
    return found


def test_imports_run_one_way():
    """A room imports only from those before it in the order, and every room has its place in it."""
    found = rooms()
    assert set(found) == set(ORDER)
    for room, imported in found.items():
        before = set(ORDER[: ORDER.index(room)]) | ({room} if room == "systems" else set())
        assert imported <= before, f"{room} imports {imported - before}"


def test_help_and_scoring_import_nothing_heavy():
    """Of datasets, pyarrow, scipy, sklearn, seqeval and jsonschema nothing is imported; scoring has numpy alone."""
    heavy = {"datasets", "pyarrow", "scipy", "sklearn", "seqeval", "jsonschema", "babel", "jinja2", "rich", "rapidfuzz"}
    code = (
        "import sys, khabar, khabar.cli;"
        "assert 'numpy' not in sys.modules;"
        "from khabar.model import Document;"
        "khabar.score([Document(doc_id='d', text='x')], [{'doc_id': 'd', 'mentions': []}]);"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not heavy & set(out.split())


def test_public_names_are_there_whatever_was_imported_first():
    """khabar.score is the function even after the command's modules have been imported."""
    code = "import khabar.cli, khabar.scoring, khabar; assert callable(khabar.score); print(*dir(khabar))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"load", "documents", "score", "check"} <= set(out.split())
    for name in khabar.__all__:
        assert getattr(khabar, name) is not None
