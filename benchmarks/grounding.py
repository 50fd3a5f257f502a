"""How often a changed quote is found where it stood, how often somewhere else, and how long it takes.

    python benchmarks/grounding.py

Every span of the corpus (mentions, evidence, headings) becomes a quote, with its occurrence number where it stands
in its text more than once. Each is changed in one way, as often as the way applies, and looked for in each tier.
Absent quotes are the spans of other documents that do not stand in the text, normalised, as whole words; whatever
is found of them is wrong. A changed quote that stands letter for letter somewhere in the text (its end was cut off)
is that place by definition; the column `verbatim` counts these, and they are left out of the shares. The time is that
of the fuzzy tier, the indexes of the texts included, and how often it contains that of the exact tier. Changes are
drawn with a fixed seed; two runs differ in their times only.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter
from typing import NamedTuple

import msgspec

from khabar.corpus import open_set
from khabar.model import Document, Edges
from khabar.quotes import TIERS, Found, Located, TextIndex, fold, locate, occurrences, whole_word

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
TO_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
TO_PERSIAN = str.maketrans("0123456789كي", "۰۱۲۳۴۵۶۷۸۹کی")


class Case(NamedTuple):
    """A quote of a text and where it stands; no place for a quote that is absent."""

    index: TextIndex
    quote: Located
    place: Edges | None


def _inside(text: str, chance: Random, pattern: str, change: Callable[[str], str]) -> str:
    """A text with one of the stretches that a pattern matches changed."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = chance.choice(found)
    return text[: match.start()] + change(match[0]) + text[match.end() :]


def _swap(pairs: str) -> dict[int, str]:
    return {ord(pair[0]): pair[1] for pair in pairs.split()}


def inside(word: re.Match[str], chance: Random) -> int:
    """A letter of a word that is neither its first nor its last."""
    return chance.randrange(word.start() + 1, max(word.start() + 2, word.end() - 2))


def anywhere(word: re.Match[str], chance: Random) -> int:
    """Any letter of a word but its last."""
    return chance.randrange(word.start(), word.end() - 1)


def typo(text: str, chance: Random, where: Callable[[re.Match[str], Random], int] = inside) -> str:
    """One letter replaced, left out or put in, or two neighbours swapped, in a word of three letters or more."""
    words = list(re.finditer(r"[ء-غف-ي]{3,}", text))
    if not words:
        return text
    at = where(chance.choice(words), chance)
    letter = chance.choice(LETTERS)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + letter + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + letter + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


CHANGES: dict[str, Callable[[str, Random], str]] = {
    "unchanged": lambda text, _: text,
    "tashkeel lost": lambda text, _: re.sub(f"[{MARKS}]", "", text),
    "tashkeel added": lambda text, c: re.sub(
        "[ء-غف-ي]", lambda m: m[0] + (c.choice(MARKS) if c.random() < 0.4 else ""), text
    ),
    "tatweel added": lambda text, c: _inside(text, c, "[بتثجحخسشصضطظعغفقكلمنهي](?=[ء-ي])", lambda m: f"{m}ـ"),
    "hamza lost": lambda text, _: text.translate(_swap("أا إا آا ؤو ئي")).replace("ء", ""),
    "hamza added": lambda text, c: _inside(text, c, r"(?<![\w])ا|(?<=\bال)ا", lambda _: c.choice("أإآ")),
    "ya and alef maqsura": lambda text, _: re.sub(r"[يى]\b", lambda m: "ى" if m[0] == "ي" else "ي", text),
    "ta marbuta and ha": lambda text, _: re.sub(r"[ةه]\b", lambda m: "ه" if m[0] == "ة" else "ة", text),
    "punctuation lost": lambda text, _: re.sub(r"[«»\"“”()؛]|[،:.](?!\d)", "", text),
    "punctuation changed": lambda text, _: text.translate(_swap("«“ »” ،, ؛; ؟? -–")),
    "punctuation added": lambda text, c: f"«{text}»" if c.random() < 0.5 else f"{text}.",
    "spaces doubled": lambda text, c: _inside(text, c, " ", lambda _: c.choice(("  ", "\u00a0", "\n"))),
    "space lost": lambda text, c: _inside(text, c, " ", lambda _: ""),
    "space added": lambda text, c: _inside(text, c, r"(?<=[ء-ي]{2})(?=[ء-ي]{2})", lambda _: " "),
    "Arabic-Indic digits": lambda text, _: text.translate(TO_ARABIC_INDIC),
    "Persian digits, letters": lambda text, _: text.translate(TO_PERSIAN),
    "one typo inside a word": typo,
    "one typo anywhere": lambda text, chance: typo(text, chance, anywhere),
}


def quotes(document: Document) -> Iterator[tuple[Located, Edges]]:
    """Every span of a document as a quote, once, with its place."""
    for edges in dict.fromkeys(quote.edges for quote in document.quotes()):
        words = document.text[slice(*edges)]
        starts = list(occurrences(document.text, words))
        if len(starts) > 1:
            yield Located(text=words, occurrence=starts.index(edges[0]) + 1), edges
        else:
            yield Located(text=words), edges


def changed(documents: list[Document], change: Callable[[str, Random], str], seed: int = 1) -> Iterator[Case]:
    """Every quote that a change alters, altered; all of them for no change."""
    chance = Random(seed)
    for document in documents:
        index = TextIndex(document.text)
        for quote, place in quotes(document):
            words = change(str(quote.text), chance)
            if words.strip() and (words != quote.text or change is CHANGES["unchanged"]):
                yield Case(index, msgspec.structs.replace(quote, text=words), place)


def stands(index: TextIndex, words: str) -> bool:
    """Whether words stand in a text, normalised, as whole words."""
    core = fold(words).text.strip()
    return any(whole_word(index.text, *index.stored(at, at + len(core))) for at in occurrences(index.folded.text, core))


def absent(documents: list[Document]) -> Iterator[Case]:
    """For every document the quotes of the others that do not stand in it."""
    indexes = {document.doc_id: TextIndex(document.text) for document in documents}
    for document in documents:
        index = indexes[document.doc_id]
        words = {str(quote.text) for other in documents if other is not document for quote, _ in quotes(other)}
        for one in sorted(words):
            if fold(one).text.strip() and not stands(index, one) and one not in index.text:
                yield Case(index, Located(text=one), None)


def outcome(case: Case, tier: str) -> str:
    """``right``, ``wrong`` (another place), ``ambiguous`` or ``not found``."""
    found = locate(case.index, case.quote, tier)  # type: ignore[arg-type]
    if isinstance(found, Found):
        return "right" if found.places == (case.place,) else "wrong"
    return found.reason


def row(name: str, cases: list[Case]) -> str:
    """One line of the table: the share of right offsets in each tier; what became of the others in the loosest."""
    kept = [case for case in cases if name == "unchanged" or str(case.quote.text) not in case.index.text]
    shares, spent = [], []
    for tier in TIERS:
        started = perf_counter()
        counted = Counter(outcome(case, tier) for case in kept)
        spent.append((perf_counter() - started) / len(kept))
        shares.append(f"{100 * counted['right'] / len(kept):.1f}")
    rest = [f"{100 * counted[what] / len(kept):.1f}" for what in ("wrong", "ambiguous", "not found")]
    cells = [
        name,
        len(kept),
        len(cases) - len(kept),
        *shares,
        *rest,
        f"{1e3 * spent[-1]:.3f} ({spent[-1] / spent[0]:.0f} ×)",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def table(documents: list[Document]) -> Iterator[str]:
    """The lines of the table."""
    columns = ("number", "verbatim", *TIERS, "wrong", "ambiguous", "not found", "ms a quote (× exact)")
    yield f"| quotes | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    every: list[Case] = []
    for name, change in CHANGES.items():
        cases = list(changed(documents, change))
        yield row(name, cases)
        every += cases if name not in ("unchanged", "one typo inside a word") else []
        if "typo" in name:
            yield row(f"{name}, 9 letters or more", [c for c in cases if sum(map(str.isalpha, folded(c))) >= 9])
    yield row("all that are changed", every)
    yield row("absent", list(absent(documents)))


def folded(case: Case) -> str:
    """The folded words of a quote."""
    return fold(str(case.quote.text)).text.strip()


if __name__ == "__main__":
    print(*table(list(open_set().documents())), sep="\n")
