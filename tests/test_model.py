"""Core values refuse to be built wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.model import WHITE_SPACE, Document, Entity, Mention, Quote, Relation, Section, Span, Stance, paragraphs

ONE = Entity(id="e1", type="PER", mentions=(Mention(0, 1, "a"),))


@pytest.mark.parametrize(
    "build",
    [
        lambda: Span(3, 3),
        lambda: Span(-1, 2),
        lambda: Span(4, 2),
        lambda: Quote(0, 2, "abc"),
        lambda: Section(id="b", start=2, end=2, kind="body"),
        lambda: Section(id="b", start=0, end=2, kind="body", heading=Quote(1, 4, "abc")),
        lambda: Document(doc_id="d", text="b", entities=(ONE,)),
        lambda: Document(doc_id="d", text="a", entities=(ONE, ONE)),
        lambda: Document(doc_id="d", text="a", entities=(ONE, Entity(id="e2", type="PER", mentions=ONE.mentions))),
        lambda: Document(doc_id="d", text="a", entities=(Entity(id="author", type="PER", mentions=()),)),
        lambda: Document(doc_id="d", text="a", relations=(Relation(id="r", type="near", head="e1", tail="e2"),)),
        lambda: Document(
            doc_id="d", text="a", stance=(Stance(id="s", holder="author", target="author", label="favor"),)
        ),
        lambda: Document(
            doc_id="d",
            text="abcd",
            subsections=(Section(id="a", start=0, end=3, kind="lead"), Section(id="b", start=2, end=4, kind="body")),
        ),
    ],
)
def test_what_is_wrong_cannot_be_built(build):
    """A reversed span, another text than the slice, a repeated id or span, a broken reference: ValueError."""
    with pytest.raises(ValueError, match=r"."):
        build()


def test_the_same_span_may_stand_in_two_types():
    """Mentions overlap freely; only within one type a span stands once."""
    other = Entity(id="e2", type="ORG", mentions=ONE.mentions)
    assert Document(doc_id="d", text="a", entities=(ONE, other)).entities[1].type == "ORG"


@given(st.text(alphabet=["a", "ك", " ", "\n", "\u00a0", "\u2003", "\r", "\x1c"], max_size=30))
def test_paragraphs_are_the_lines_that_are_not_blank(text):
    """Each line that holds more than White_Space, trimmed, in order; U+001C is none, though Python thinks so."""
    plain = [line.strip(WHITE_SPACE) for line in text.split("\n") if line.strip(WHITE_SPACE)]
    assert [text[start:end] for start, end in paragraphs(text)] == plain
