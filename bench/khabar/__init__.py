"""khabar (خبر): a corpus and benchmark for information extraction from Arabic news.

Names are imported when they are first used, so that the command answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khabar.checks import check as check
    from khabar.comparison import Comparison as Comparison
    from khabar.comparison import compare as compare
    from khabar.corpus import open_set as open_set
    from khabar.dataset import documents as documents
    from khabar.dataset import load as load
    from khabar.model import Document as Document
    from khabar.model import Entity as Entity
    from khabar.model import Mention as Mention
    from khabar.model import Metadata as Metadata
    from khabar.model import Quote as Quote
    from khabar.model import Relation as Relation
    from khabar.model import Section as Section
    from khabar.model import Span as Span
    from khabar.model import Stance as Stance
    from khabar.problems import Invalid as Invalid
    from khabar.problems import Problem as Problem
    from khabar.scoring import Scorecard as Scorecard
    from khabar.scoring import score as score
    from khabar.tags import compute_metrics as compute_metrics
    from khabar.tags import spans_from_tags as spans_from_tags

__version__ = "0.1.0"

_HOMES = {
    "check": "checks",
    **dict.fromkeys(("Comparison", "compare"), "comparison"),
    "open_set": "corpus",
    "documents": "dataset",
    "load": "dataset",
    **dict.fromkeys(
        ("Document", "Entity", "Mention", "Metadata", "Quote", "Relation", "Section", "Span", "Stance"), "model"
    ),
    **dict.fromkeys(("Invalid", "Problem"), "problems"),
    **dict.fromkeys(("Scorecard", "score"), "scoring"),
    **dict.fromkeys(("compute_metrics", "spans_from_tags"), "tags"),
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _HOMES:
        raise AttributeError(f"module 'khabar' has no attribute {name!r}")
    value = getattr(import_module(f"khabar.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__]
