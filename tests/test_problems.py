"""Places in JSON files are exact."""

import json

from hypothesis import given
from hypothesis import strategies as st

from khabar.problems import Invalid, Problem, decode, isolate, json_pointer, label, line_and_column, locate

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


def every_way(value, way=()):
    """Every way into a JSON value."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from every_way(part, (*way, name))


def marked(value, way):
    """The value with a mark in place of what a way leads to."""
    if not way:
        return "\x00mark\x00"
    changed = value.copy()
    changed[way[0]] = marked(value[way[0]], way[1:])
    return changed


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_part_is_found_where_a_plain_writer_puts_it(value, indent, ascii_only):
    """The offset of a part is where the text first differs when only that part is written otherwise."""
    source = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for way in every_way(value):
        other = json.dumps(marked(value, way), indent=indent, ensure_ascii=ascii_only)
        at = other.index(json.dumps("\x00mark\x00", ensure_ascii=ascii_only))
        assert locate(source, way) == at


def test_a_way_to_nothing_ends_at_the_deepest_part_there_is():
    """A missing property is reported at its object, a position too high at its array."""
    source = '{"a": [1, {"b": 2}]}'
    assert locate(source, ("a", 1, "c")) == source.index('{"b"')
    assert locate(source, ("a", 7)) == source.index("[1")


def test_columns_count_code_points_and_start_at_one():
    """An emoji is one column; lines end at LF."""
    assert line_and_column("🙂x\nab", 1) == (1, 2)
    assert line_and_column("🙂x\nab", 4) == (2, 2)


def test_pointers_are_escaped():
    """A slash and a tilde in a name are escaped as RFC 6901 says."""
    assert json_pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


def test_what_is_not_json_is_said_with_its_place():
    """Bytes that are not UTF-8, a missing bracket, a doubled property, NaN and a bottomless nest are each a problem."""
    cases = {
        b"\xd8\xff": 1,
        b'{"a":\n': 1,
        b'{"a": 1,\n "b": [\n\n': 2,
        b'{"a": 1, "a": 2}': 1,
        b"[NaN]": 1,
        b"[" * 100_000: 1,
    }
    for raw, line in cases.items():
        _, value, problems = decode("x.json", raw)
        assert value is None
        assert [(p.rule, p.line) for p in problems] == [("json.syntax", line)], raw[:20]
    assert decode("x.json", b'\xef\xbb\xbf{"a": 1}')[1] == {"a": 1}


def test_problems_are_ordered_by_place():
    """An error lists its problems in the order of files, lines and columns."""
    late, early = Problem("b", 1, 1, "r", "", "m"), Problem("a", 9, 1, "r", "", "m")
    assert Invalid([late, early]).problems == (early, late)


def test_what_is_cut_off_is_reported_where_it_ends():
    """A line that ends in the middle is wrong at its own end, never on the next line."""
    _, _, (problem,) = decode("x.jsonl", b'{"doc_id": "d", "mentions": [{"type": "GPE",\n', 7)
    assert (problem.line, problem.column) == (7, 45)
    assert "cut off" in problem.message


def test_no_text_steps_out_of_its_isolate():
    """Controls of direction and of the terminal are shown by their number; joiners and line ends stay as they are."""
    odd = "".join(map(chr, (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x1B, 0x9B)))
    shown = isolate(f"أ{odd}ب\u200cج\n")
    assert (shown[0], shown[-1]) == ("\u2068", "\u2069")
    assert not set(shown[1:-1]) & set(odd)
    assert shown[1:-1].startswith("أ⟨U+061C⟩⟨U+200E⟩")
    assert shown[1:-1].endswith("ب\u200cج\n")


def test_a_label_in_plain_letters_stands_as_it_is():
    """Any other is set apart, so that it moves nothing beside it."""
    assert label("GPE") == "GPE"
    assert label("مكان") == isolate("مكان")
    assert label("\u202eboss") == "\u2068⟨U+202E⟩boss\u2069"
