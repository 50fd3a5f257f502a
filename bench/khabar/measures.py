"""The table of measures: what each one counts, in documents and their predictions, and how that becomes a score."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from khabar import clusters, names, relations, sections, stances
from khabar.block import Block, Numbers, Table, tabled
from khabar.model import Layer
from khabar.tags import token_counts

Law = Literal["perfect", "swap", "order", "empty", "bounded", "monotone", "sum"]

LAWS: Mapping[Law, str] = {
    "perfect": "Gold against itself is perfect, or there is nothing to score.",
    "swap": "Swapping the sides swaps precision and recall (where gold has no mentions but names).",
    "order": "The order of items and of documents, and the names of ids, change nothing.",
    "empty": "A document with nothing on either side changes nothing.",
    "bounded": "No more is matched than there is, on either side and for every label.",
    "monotone": "A wrong item more never raises precision; a right item less never raises recall.",
    "sum": "The counts of a corpus are the sums of those of its documents.",
}
"""What a measure may declare of itself; tests hold every row of the table to the laws that it declares."""

ALL: frozenset[Law] = frozenset(LAWS)

Counting = Callable[[Block], Table]
"""What a measure counts in the documents of a block, by label."""


class Measure(Struct, frozen=True, kw_only=True):
    """One row of the table.

    ``counts`` gives counts by label for precision, recall and F1, and ``facets`` the same counts by something else
    than the label; ``share`` gives an amount out of a whole (documents × 2), and then ``better`` says whether the value
    is that share (less is better) or what it lacks to 1 (more is better); ``mean_of`` names the parts, (measure, label)
    with "" for all labels, whose F1 the value is the mean of, and None where a part is (``asked``: also where gold has
    none). Just one of counts, share and mean_of is set. ``needs`` names what a run must give for the measure to be
    attempted.
    """

    name: str
    layer: Layer
    about: str
    formula: str
    edge: str = ""
    source: str
    needs: frozenset[str]
    laws: frozenset[Law] = ALL
    counts: Counting | None = None
    facets: Mapping[str, Counting] = {}
    share: Callable[[Block], Numbers] | None = None
    better: Literal["less", "more"] = "more"
    mean_of: tuple[tuple[str, str], ...] = ()
    asked: bool = False


# -- entities ------------------------------------------------------------------------------------------------


def _of_names(match: Callable[[Block], names.Matching], facet: names.Facet) -> Counting:
    """The counting of a matching of names; the matching is worked out once for all facets."""
    return lambda block: names.tally(block, block.once(match), facet)


def _token(block: Block) -> Table:
    """The words' tags, document by document."""
    return tabled([token_counts(*document) for document in names.of_documents(block)])


# -- entities as clusters ------------------------------------------------------------------------------------


def _chains(count: Callable[[clusters.Contingency], Numbers], singletons: bool) -> Counting:
    """The counting of a coreference measure; how the clusters meet is worked out once for all of them."""
    meeting = clusters.contingency if singletons else clusters.contingency_without_singletons
    return lambda block: Table(("",), count(block.once(meeting))[:, None])


_COREF = (
    (
        "muc",
        "links between mentions",
        "R = Σ(|g| − parts of g) / Σ(|g| − 1), P with the sides swapped",
        "Vilain et al. 1995",
        clusters.muc,
    ),
    (
        "b_cubed",
        "mentions, by what their clusters share",
        "R = Σ |p ∩ g| / |g| over gold mentions / gold mentions, P with the sides swapped",
        "Bagga & Baldwin 1998",
        clusters.b_cubed,
    ),
    (
        "ceaf_m",
        "mentions of optimally aligned clusters",
        "R = Σ |p ∩ g| over aligned clusters / gold mentions, P with the sides swapped",
        "Luo 2005 (φ3)",
        clusters.ceaf_m,
    ),
    (
        "ceaf_e",
        "optimally aligned clusters",
        "R = Σ 2|p ∩ g| / (|p| + |g|) over aligned clusters / gold clusters, P with the sides swapped",
        "Luo 2005 (φ4)",
        clusters.ceaf_e,
    ),
    (
        "lea",
        "links, clusters weighed by their size",
        "R = Σ |g| · links of g that p has / links of g, / Σ |g|; P with the sides swapped",
        "Moosavi & Strube 2016",
        clusters.lea,
    ),
)


# -- the table -----------------------------------------------------------------------------------------------

_ENTITIES = frozenset({"entities"})
_CHAINS = frozenset({"entities", "coreference"})
_CLUSTERS = frozenset({"relations", "clusters"})
_STANCE = frozenset({"stance", "clusters"})
_SECTIONS = frozenset({"subsections"})
_ORDERED: frozenset[Law] = ALL - {"monotone"}

_PRF = "P = matched / predicted, R = matched / gold, F1 = 2PR / (P + R)"
_EXCUSED = "a predicted name on a gold mention that is no name is taken out of the count"


def _mentions(name: str, match: Callable[[Block], names.Matching], **about: Any) -> Measure:
    """A row of the mention measures: by type and by depth."""
    return Measure(
        name=name,
        layer="entities",
        needs=_ENTITIES,
        counts=_of_names(match, "type"),
        facets={"depth": _of_names(match, "depth")} | about.pop("facets", {}),
        **about,
    )


MEASURES: tuple[Measure, ...] = (
    _mentions(
        "entities.strict",
        names.strict,
        about="names with the same span and the same type",
        formula=_PRF,
        edge=_EXCUSED,
        source="Tjong Kim Sang 2002 (CoNLL-2002)",
        facets={"form": names.recall_by_form},
    ),
    _mentions(
        "entities.clitic",
        names.clitic,
        about="strict, or wider by proclitics [وف]?[بكلس]? or punctuation, or without the ل of ال after ل",
        formula=_PRF,
        edge="of several names that could stand for one of gold, one matches",
        source="khabar",
        laws=_ORDERED - {"swap"},
    ),
    _mentions(
        "entities.exact",
        names.exact,
        about="names with the same span, whatever the type",
        formula=_PRF,
        edge=_EXCUSED,
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
    ),
    _mentions(
        "entities.partial",
        names.partial_overlap,
        about="the same span 1, any overlap ½, whatever the type",
        formula="as strict, with matched = exact + ½ overlapping, the greatest that one-to-one pairs give",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        laws=_ORDERED,
    ),
    _mentions(
        "entities.type",
        names.same_type,
        about="any overlap and the same type",
        formula=_PRF,
        edge="a span over the whole text matches once per type: never rank by it",
        source="Segura-Bedmar et al. 2013 (SemEval-2013 task 9.1)",
        laws=_ORDERED,
    ),
    _mentions(
        "entities.graded",
        names.graded,
        about="names of the same type; the credit is the intersection over union of the spans in characters",
        formula="as strict, with matched = the greatest sum of |p ∩ g| / |p ∪ g| that one-to-one pairs give",
        source="khabar",
        laws=_ORDERED,
    ),
    Measure(
        name="entities.token",
        layer="entities",
        about="outermost names as IOB2 tags over words, as seqeval compares them",
        formula=_PRF,
        edge="only where asked for (--token); a word belongs to the name that it overlaps, the longest, then the first",
        source="Nakayama 2018 (seqeval, strict)",
        needs=_ENTITIES | {"token"},
        laws=_ORDERED,
        counts=_token,
    ),
    Measure(
        name="entities.soft",
        layer="entities",
        about="mentions of whole entities that a cluster of the same type on the other side holds",
        formula="P = Σ share of mentions found / predicted entities, R likewise over gold's",
        source="Zaporojets et al. 2021 (DWIE, soft)",
        needs=_CHAINS,
        laws=_ORDERED,
        counts=clusters.soft,
    ),
    Measure(
        name="entities.hard",
        layer="entities",
        about="entities with the same set of mentions and the same type",
        formula=_PRF,
        source="Zaporojets et al. 2021 (DWIE, hard)",
        needs=_CHAINS,
        laws=_ORDERED,
        counts=clusters.hard,
    ),
    *(
        Measure(
            name=f"coref.{name}",
            layer="entities",
            about=about,
            formula=formula,
            edge="singletons removed on both sides, as in CoNLL-2012",
            source=source,
            needs=_CHAINS,
            laws=_ORDERED,
            counts=_chains(count, singletons=False),
        )
        for name, about, formula, source, count in _COREF
    ),
    Measure(
        name="coref.conll",
        layer="entities",
        about="coreference as the shared task ranks it",
        formula="mean F1 of coref.muc, coref.b_cubed and coref.ceaf_e",
        edge="— where a part is",
        source="Pradhan et al. 2014",
        needs=_CHAINS,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("coref.muc", ""), ("coref.b_cubed", ""), ("coref.ceaf_e", "")),
    ),
    *(
        Measure(
            name=f"coref.{name}_singletons",
            layer="entities",
            about=f"{about}, singletons kept",
            formula=formula,
            source=source,
            needs=_CHAINS,
            laws=_ORDERED,
            counts=_chains(count, singletons=True),
        )
        for name, about, formula, source, count in _COREF
        if name in ("muc", "b_cubed", "ceaf_e")
    ),
    Measure(
        name="coref.conll_singletons",
        layer="entities",
        about="the same with singletons kept",
        formula="mean F1 of coref.muc_singletons, coref.b_cubed_singletons and coref.ceaf_e_singletons",
        edge="— where a part is",
        source="Pradhan et al. 2014",
        needs=_CHAINS,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("coref.muc_singletons", ""), ("coref.b_cubed_singletons", ""), ("coref.ceaf_e_singletons", "")),
    ),
    Measure(
        name="relations.strict",
        layer="relations",
        about="the relation type, both arguments aligned and of the right entity type",
        formula=_PRF,
        edge="symmetric types match either way round",
        source="Bekoulis et al. 2018; Taillé et al. 2020 (strict)",
        needs=_CLUSTERS,
        counts=relations.strict,
    ),
    Measure(
        name="relations.boundary",
        layer="relations",
        about="the relation type, both arguments aligned",
        formula=_PRF,
        source="Taillé et al. 2020 (boundaries)",
        needs=_CLUSTERS,
        counts=relations.boundary,
    ),
    Measure(
        name="relations.pair",
        layer="relations",
        about="both arguments aligned, in either direction, whatever the type",
        formula=_PRF,
        edge="items stay relations: of two between the same entities each wants its own match",
        source="khabar",
        needs=_CLUSTERS,
        counts=relations.pair,
    ),
    Measure(
        name="relations.hard",
        layer="relations",
        about="strict, and both arguments have just the mentions that gold has",
        formula=_PRF,
        source="Zaporojets et al. 2021 (DWIE, hard)",
        needs=_CLUSTERS,
        counts=relations.hard,
    ),
    Measure(
        name="relations.mention",
        layer="relations",
        about="the relation type, each argument being the gold entity that holds one of its spans; triples once each",
        formula=_PRF,
        edge="of several such entities the one with most of its spans, then of its type, then with the smallest spans",
        source="khabar, for systems without coreference",
        needs=frozenset({"relations"}),
        laws=_ORDERED - {"swap"},
        counts=relations.mention,
    ),
    Measure(
        name="relations.evidence",
        layer="relations",
        about="characters of evidence of relations that match strictly, out of those of all relations",
        formula=_PRF,
        edge="a character counts once for each relation that it is evidence of",
        source="after Yao et al. 2019 (DocRED), in characters",
        needs=_CLUSTERS | {"relations.evidence"},
        laws=_ORDERED,
        counts=relations.evidence,
    ),
    Measure(
        name="relations.unseen",
        layer="relations",
        about="strict, without facts (name, type, name) that the training split states",
        formula=_PRF,
        edge="not attempted without a training split",
        source="after Yao et al. 2019 (DocRED, Ign F1)",
        needs=_CLUSTERS | {"training"},
        laws=_ORDERED - {"swap"},
        counts=relations.unseen,
    ),
    Measure(
        name="stance.pair",
        layer="stance",
        about="holder and target aligned",
        formula=_PRF,
        edge="not attempted where the pairs were given",
        source="khabar",
        needs=_STANCE | {"own pairs"},
        counts=stances.pair,
    ),
    Measure(
        name="stance.strict",
        layer="stance",
        about="holder and target aligned, and the label",
        formula=_PRF,
        source="khabar",
        needs=_STANCE,
        counts=stances.strict,
    ),
    Measure(
        name="stance.favg2",
        layer="stance",
        about="favor and against, each weighing the same",
        formula="mean F1 of the labels favor and against of stance.strict",
        edge="— unless gold has both; resamples without are dropped and counted",
        source="Mohammad et al. 2016 (SemEval-2016 task 6)",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("stance.strict", "favor"), ("stance.strict", "against")),
        asked=True,
    ),
    Measure(
        name="stance.favg3",
        layer="stance",
        about="favor, against and neutral, each weighing the same",
        formula="mean F1 of the labels favor, against and neutral of stance.strict",
        edge="— unless gold has all three; resamples without are dropped and counted",
        source="Mohammad et al. 2016, with the third label",
        needs=_STANCE,
        laws=_ORDERED - {"swap", "sum"},
        mean_of=(("stance.strict", "favor"), ("stance.strict", "against"), ("stance.strict", "neutral")),
        asked=True,
    ),
    Measure(
        name="stance.evidence",
        layer="stance",
        about="characters of evidence of stances that match strictly, out of those of all stances",
        formula=_PRF,
        edge="a character counts once for each stance that it is evidence of",
        source="after Yao et al. 2019 (DocRED), in characters",
        needs=_STANCE | {"stance.evidence"},
        laws=_ORDERED,
        counts=stances.evidence,
    ),
    Measure(
        name="subsections.labelled",
        layer="subsections",
        about="sections with the same first and last paragraph and the same kind",
        formula=_PRF,
        edge="ends are snapped to paragraphs; a section that holds most of none matches nothing",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=sections.labelled,
    ),
    Measure(
        name="subsections.boundary",
        layer="subsections",
        about="paragraphs at which a section begins, the first aside",
        formula=_PRF,
        edge="paragraphs that no section covers form one unlabelled section per gap; a section that holds most of "
        "no paragraph begins at none",
        source="khabar",
        needs=_SECTIONS,
        laws=_ORDERED,
        counts=sections.boundary,
    ),
    Measure(
        name="subsections.heading",
        layer="subsections",
        about="headings with the same span",
        formula=_PRF,
        source="khabar",
        needs=_SECTIONS | {"subsections.heading"},
        counts=sections.heading,
    ),
    Measure(
        name="subsections.boundary_similarity",
        layer="subsections",
        about="boundaries, a near miss of one paragraph being an edit of ½",
        formula="B = 1 − edits / (matches + near misses + additions)",
        edge="— where neither side has a boundary",
        source="Fournier 2013 (B, n_t = 2)",
        needs=_SECTIONS,
        laws=_ORDERED,
        share=sections.boundary_similarity,
    ),
    Measure(
        name="subsections.pk",
        layer="subsections",
        about="windows whose ends are wrongly in one section or in two",
        formula="errors / (n − k), summed; k = half gold's mean section, rounded half to even, at least 2",
        edge="— where n ≤ k; blind to sections of one paragraph: never rank by it",
        source="Beeferman et al. 1999",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=sections.pk,
        better="less",
    ),
    Measure(
        name="subsections.window_diff",
        layer="subsections",
        about="windows with a wrong number of boundaries",
        formula="errors / (n − k), as subsections.pk",
        edge="— where n ≤ k; blind to sections of one paragraph at the text's ends",
        source="Pevzner & Hearst 2002",
        needs=_SECTIONS,
        laws=_ORDERED - {"swap"},
        share=sections.window_diff,
        better="less",
    ),
    Measure(
        name="subsections.function",
        layer="subsections",
        about="sections with the same paragraphs, kind and function",
        formula=_PRF,
        edge="sections without a function are left out; one that holds most of no paragraph matches nothing",
        source="van Dijk 1988 for the labels",
        needs=_SECTIONS | {"subsections.function"},
        laws=_ORDERED,
        counts=sections.function,
    ),
    Measure(
        name="subsections.story",
        layer="subsections",
        about="paragraphs at which another story begins",
        formula=_PRF,
        edge="a section without a story, or that holds most of no paragraph, is passed over",
        source="khabar",
        needs=_SECTIONS | {"subsections.story"},
        laws=_ORDERED,
        counts=sections.story,
    ),
)

HEADLINE = ("entities.strict", "relations.strict", "stance.strict", "subsections.labelled")
"""The measures whose mean F1 is `overall`."""

BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}
"""The measures by their names."""
