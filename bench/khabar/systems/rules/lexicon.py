"""General vocabulary of Arabic news, and the places, peoples and currencies that CLDR names.

The word lists stand in `words.toml`. Everything is folded (`rules.text.fold`) and built on first use.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, NamedTuple

from babel import Locale
from babel.core import get_global

from khabar.systems.rules.text import Token, fold, tokenize

CONTINENTS: Final = ("Africa", "America", "Asia", "Australia", "Europe")


@cache
def _data() -> dict[str, Any]:
    """The word lists as they are written."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))


def phrases(table: str) -> list[str]:
    """The entries of a white-space separated table, their parts joined by spaces."""
    return [entry.replace("_", " ") for entry in table.split()]


# --- places and peoples ---


class Place(NamedTuple):
    """What a name or an adjective stands for: a type, a key, a name and, for a capital, its state's code."""

    type: str
    key: str
    name: str
    state: str = ""


Trie = Mapping[str, tuple[tuple[tuple[str, ...], Place], ...]]


def _trie(rows: Iterable[tuple[str, Place]]) -> Trie:
    """Names by first token, longest rest first; the first row for a name wins."""
    table: dict[str, dict[tuple[str, ...], Place]] = defaultdict(dict)
    for name, place in rows:
        first, *rest = (token.norm for token in tokenize(name))
        table[first].setdefault(tuple(rest), place)
    return {first: tuple(sorted(rests.items(), key=lambda row: -len(row[0]))) for first, rests in table.items()}


def longest(table: Trie, tokens: Sequence[Token], i: int) -> tuple[int, int, Place] | None:
    """(letters of proclitics, end token, place) of the longest name that starts at token `i`."""
    for cut, stem, _ in tokens[i].word.readings:
        for rest, place in table.get(stem, ()):
            end = i + 1 + len(rest)
            if end <= len(tokens) and all(tokens[i + 1 + k].norm == word for k, word in enumerate(rest)):
                return cut, end, place
    return None


@cache
def _states() -> dict[str, Place]:
    """ISO 3166 code → state or territory, under the Arabic name CLDR prefers, without brackets and tails."""
    names = Locale.parse("ar").territories
    short = {code: name.split(" (")[0].split(" - ")[0] for code, name in names.items() if len(code) == 2}
    others = ("XA", "XB", "ZZ", "QO", "EZ", "EU", "UN")
    return {code: Place("GPE", code, name) for code, name in short.items() if code not in others}


def place_name(key: str) -> str:
    """CLDR's name of a territory, or the key itself."""
    return _states()[key].name if key in _states() else key


def _coded(table: str, separator: str | None) -> Iterator[tuple[Place, str]]:
    """(state, word) of each word of a table whose lines begin with a territory code."""
    for line in table.strip().splitlines():
        code, _, words = line.partition(" ")
        yield from ((_states()[code], word) for word in words.split(separator))


def _cities() -> Iterator[tuple[str, Place]]:
    """Cities that name a time zone, with the state if the city is beyond dispute its seat; more capitals."""
    cldr, home, aliases = _data()["cldr"], get_global("zone_territories"), get_global("zone_aliases")
    common = {fold(word) for word in cldr["homographs"].split()}
    seats, not_seats = cldr["seats"].split(), cldr["not_seats"].split()
    for zone, data in Locale.parse("ar").time_zones.items():
        name, region = data.get("city", ""), zone.split("/")
        if not name or len(region) != 2 or region[0] not in CONTINENTS or "،" in name or "(" in name:
            continue
        code = home.get(zone) or home.get(aliases.get(zone, ""), "")
        only = len(get_global("territory_zones").get(code, ())) == 1
        if fold(name) not in common:
            state = code if zone in seats or (only and zone not in not_seats) else ""
            yield name, Place("GPE", fold(name), name, state)
    yield from ((name, Place("GPE", fold(name), name)) for name in phrases(cldr["other_cities"]))


@cache
def gazetteer() -> Trie:
    """States, territories, cities and regions of the world by name; the EU and the UN as organisations."""
    cldr, names, states = _data()["cldr"], Locale.parse("ar").territories, _states()
    rows = [("عمّان", Place("GPE", "مدينة عمان", "عمّان"))]  # عُمان is told by its «سلطنة»
    rows += [(state.name, state) for code, state in states.items() if code != "OM"]
    rows += [(name, state) for state, name in _coded(cldr["other_names"], "|")]
    rows += [(names[code], Place("ORG", code, names[code])) for code in ("EU", "UN")]
    regions = [*(names[code] for code in cldr["regions"].split()), *phrases(cldr["other_regions"])]
    rows += [(name, Place("LOC", fold(name), name)) for name in regions]
    return _trie([*rows, *_cities()])


def _nisba_stem(name: str) -> str:
    """What a country's adjective is built on: سوريا → سور, العراق → عراق; "" for a name of two words."""
    bare = fold(name.removeprefix("ال"))
    if not bare.isalpha() or len(bare) < 3:
        return ""
    return next((bare[: -len(end)] for end in ("يا", "يه", "ا", "ه", "ي", "و") if bare.endswith(end)), bare)


@dataclass(frozen=True)
class Nisbas:
    """Adjectives of states and peoples: singular forms, plural forms, plural names of peoples."""

    singular: Trie
    plural: Trie
    peoples: Trie

    @cached_property
    def forms(self) -> frozenset[str]:
        """The first word of every form."""
        return frozenset().union(self.singular, self.plural, self.peoples)


def _nisba_stems() -> dict[str, Place]:
    """Stem → the state (GPE) or people (NORP) whose adjective it makes."""
    cldr, languages = _data()["cldr"], Locale.parse("ar").languages
    named = [(state, state.name) for state in _states().values()] + list(_coded(cldr["other_names"], "|"))
    stems = [(fold(form)[:-1], state) for state, form in _coded(cldr["nisbas"], None)]
    stems += [(_nisba_stem(name), state) for state, name in named]
    # Two-letter codes are the languages of living peoples that news speaks of.
    tongues = [fold(name) for code, name in languages.items() if len(code) == 2 and " " not in name]
    peoples = [name[2:-2] for name in tongues if name.startswith("ال") and name.endswith("يه")]
    peoples = [stem for stem in [*peoples, *cldr["faiths"].split()] if len(stem) > 2]
    stems += [(stem, Place("NORP", stem, f"ال{stem}ي")) for stem in peoples]
    banned = {"", *cldr["no_nisba"].split()}
    return {stem: place for stem, place in reversed(stems) if stem not in banned}


@cache
def nisbas() -> Nisbas:
    """Nisba adjectives derived from the names of states, of languages and of faiths."""
    cldr, stems = _data()["cldr"], _nisba_stems()
    pairs = [
        (code, *words.split("_")) for code, _, words in (p.partition(":") for p in cldr["two_word_nisbas"].split())
    ]
    both = [
        (f"{article}{first} {article}{second}{end}", _states()[code])
        for code, first, second in pairs
        for article in ("", "ال")
        for end in ("", "ه")
    ]
    both += [(f"ال{first}ه ال{second}ه", _states()[code]) for code, first, second in pairs]

    def forms(endings: str) -> list[tuple[str, Place]]:
        return [(a + s + e, place) for s, place in stems.items() for a in ("", "ال") for e in endings.split()]

    peoples = (people.partition(":") for people in cldr["peoples"].split())
    return Nisbas(
        _trie([*both, *forms("ي يه")]),
        _trie(forms("يون يين يات يان يتين يتان")),
        _trie((name, Place("NORP", fold(stem), name)) for name, _, stem in peoples),
    )


# --- word lists ---


class Head(NamedTuple):
    """The head noun of a name: the type it gives and how names of that head are built (see `words.toml`)."""

    type: str
    bare: bool = False
    lam: bool = False
    article: bool = False
    weak: bool = False


def _with_article(words: Iterable[str]) -> frozenset[str]:
    return frozenset(form for word in words for form in (word, "ال" + word))


@dataclass(frozen=True)
class Lexicon:
    """Every word list, folded; the lists in `light` are compared with ى and ة kept: على is not علي."""

    lists: Mapping[str, frozenset[str]]
    light: Mapping[str, frozenset[str]]
    heads: Mapping[str, Head]
    roles: Mapping[str, str]
    saying: frozenset[str]
    verbs: frozenset[str]

    def __getitem__(self, name: str) -> frozenset[str]:
        """The words of a list, folded."""
        return self.lists[name]

    @cached_property
    def role_forms(self) -> frozenset[str]:
        """Role nouns, bare and definite."""
        return _with_article(self.roles)

    @cached_property
    def openers(self) -> frozenset[str]:
        """Every Arabic word that a name of `rules.phrases` can begin with or after."""
        lists = (
            "numbered",
            "works",
            "products",
            "governors",
            "town",
            "towns",
            "networks",
            "voices",
            "portfolios",
        )
        return _with_article({*self.heads, "لغه"}.union(*(self.lists[name] for name in lists)))


def _inflect(table: str) -> frozenset[str]:
    """Third-person forms of `perfect:imperfect stem` verbs, with the future and the commonest endings."""
    forms: set[str] = set()
    for entry in table.split():
        perfect, _, stem = fold(entry).partition(":")
        base = perfect[:-1] if perfect.endswith(("ي", "ا")) else perfect
        forms |= {perfect, base + "ت", base + "وا", base + "ا", perfect + "ه", perfect + "ها"}
        forms |= {p + stem + end for p in ("ي", "ت", "سي", "ست") for end in ("", "ون", "ان")}
    return frozenset(forms)


@cache
def lexicon() -> Lexicon:
    """The word lists, built once."""
    data = _data()
    lists = {name: frozenset(map(fold, phrases(table))) for name, table in data["lists"].items()}
    light = {
        name: frozenset(tokenize(word)[0].word.light for word in data["lists"][name].split())
        for name in ("function", "links", "given")
    }
    currencies = (name for code, name in Locale.parse("ar").currencies.items() if code[0] != "X")
    lists["money"] |= frozenset(fold(name.split()[0]) for name in currencies)
    lists["professions"] |= frozenset(word + "ه" for word in lists["professions"])
    heads = {
        fold(word): Head(group["type"], **dict.fromkeys(group["flags"], True))
        for group in data["heads"]
        for word in group["words"].split()
    }
    roles = {
        fold(word) + ending: group["relation"]
        for group in reversed(data["roles"])
        for word in group["words"].split()
        for ending in ("", "ه")
    }
    roles |= dict.fromkeys(lists["peers"], "")
    saying = _inflect(data["verbs"]["saying"])
    return Lexicon(lists, light, heads, roles, saying, saying | _inflect(data["verbs"]["other"]))
