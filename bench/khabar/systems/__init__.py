"""Reference systems: each is a function from a text to the layers that it attempts."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

System = Callable[[str], Mapping[str, object]]
"""From a text to layers in the shape of schemas/prediction.schema.json, without doc_id. It sees nothing else."""


def predictions(system: System, texts: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """A system's answers on texts, given with their doc_id, as JSON Lines."""
    for doc_id, text in texts:
        yield msgspec.json.encode({"doc_id": doc_id, **system(text)}) + b"\n"
