"""Words and tags."""

from itertools import pairwise

from hypothesis import given
from seqeval.scheme import IOB2, Entities
from strategies import documents

from khabar.tags import iob2, outermost, words
from khabar.model import Document, Entity, Mention


def test_words_are_split_at_white_space_and_punctuation():
    """Each punctuation mark is a word by itself; marks on letters and tatweel stay in the word."""
    text = "قال «كي1»، مُحمّد! ت+ت 🙂"
    assert [text[s:e] for s, e in words(text)] == ["قال", "«", "كي1", "»", "،", "مُحمّد", "!", "ت", "+", "ت", "🙂"]


def document(text, *mentions):
    """A document with an entity for each (start, end, type, form)."""
    entities = [
        Entity(id=f"e{i}", type=kind, mentions=(Mention(s, e, text[s:e], form),))
        for i, (s, e, kind, form) in enumerate(mentions)
    ]
    return Document(doc_id="d", text=text, entities=tuple(entities))


def test_a_word_belongs_to_the_mention_that_it_overlaps():
    """A proclitic does not make a mention vanish."""
    assert iob2(document("وبكركوك الآن", (2, 7, "GPE", "name")))[1] == ("B-GPE", "O")


def test_the_outermost_names_are_tagged():
    """The longest of those that nest, then the leftmost of those that overlap; nominals and issues never."""
    text = "ا ب ت ث ج ح"
    nested = document(text, (0, 5, "ORG", "name"), (2, 3, "GPE", "name"), (6, 9, "PER", "name"), (8, 11, "LOC", "name"))
    assert iob2(nested)[1] == ("B-ORG", "I-ORG", "I-ORG", "B-PER", "I-PER", "O")
    assert set(iob2(document(text, (0, 1, "PER", "nominal"), (2, 3, "ISSUE", "name")))[1]) == {"O"}


@given(documents())
def test_tags_are_good_iob2(found: Document):
    """seqeval reads just as many entities from the tags as names are left, or fewer where two share a word."""
    edges, tags = iob2(found)
    assert len(edges) == len(tags)
    read = [entity for sentence in Entities([list(tags)], IOB2).entities for entity in sentence]
    assert len(read) <= len(outermost(found))
    kept = outermost(found)
    assert all(a[1] <= b[0] for a, b in pairwise(kept))
    assert all(tag.startswith(("B-", "I-")) or tag == "O" for tag in tags)
