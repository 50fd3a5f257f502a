"""Documents for the laws: small texts on which spans meet, nest, overlap and repeat often."""

from hypothesis import strategies as st

from khabar.model import AUTHOR, ISSUE, Document, Entity, Mention, Quote, Relation, Section, Stance, paragraphs
from khabar.schemas import inventory

TYPES = ("PER", "ORG", "GPE", ISSUE)
FORMS = ("name", "name", "name", "nominal", "adjective")
RELATIONS = ("head_of", "near", "meets")
LABELS = ("favor", "against", "neutral")
KINDS = ("headline", "lead", "body", "boilerplate")
FUNCTIONS = (None, "main_event", "reaction")
INVENTORY = inventory()


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A few lines of a few words, some blank, some with an emoji or a mark."""
    words = st.sampled_from(["كركوك", "و", "بغداد", "🙂", "مُحمد", "a", "«كي1»"])
    line = st.lists(words, max_size=4).map(" ".join)
    return "\n".join(draw(st.lists(line, min_size=1, max_size=6))) + draw(st.sampled_from(["", "\n", " x"]))


def _span(draw: st.DrawFn, text: str) -> tuple[int, int]:
    length = draw(st.integers(1, min(4, len(text))))
    start = draw(st.integers(0, min(8, len(text) - length)))
    return start, start + length


@st.composite
def entities_of(draw: st.DrawFn, text: str, least: int = 0) -> tuple[Entity, ...]:
    """Entities of a text; no span twice in one type."""
    taken: set[tuple[str, int, int]] = set()
    found = []
    for number in range(draw(st.integers(least, 4)) if text else 0):
        kind = draw(st.sampled_from(TYPES))
        mentions = []
        for _ in range(draw(st.integers(1, 3))):
            start, end = _span(draw, text)
            if (kind, start, end) not in taken:
                taken.add((kind, start, end))
                mentions.append(Mention(start, end, text[start:end], draw(st.sampled_from(FORMS))))
        if mentions:
            found.append(Entity(id=f"e{number}", type=kind, name="n", mentions=tuple(mentions)))
    return tuple(found)


@st.composite
def sections_of(draw: st.DrawFn, text: str, gaps: bool) -> tuple[Section, ...]:
    """Sections from edge to edge of lines; with gaps, or tiling the text."""
    found: list[Section] = []
    lines = list(paragraphs(text))
    at, story = 0, 1
    while at < len(lines):
        last = draw(st.integers(at, len(lines) - 1))
        story += draw(st.booleans())
        if not gaps or draw(st.integers(0, 3)):
            start, end = lines[at][0], lines[last][1]
            head_start, head_end = lines[at]
            heading = Quote(head_start, head_end, text[head_start:head_end]) if draw(st.booleans()) else None
            found.append(
                Section(
                    id=f"b{at}",
                    start=start,
                    end=end,
                    kind=draw(st.sampled_from(KINDS)),
                    story=story,
                    function=draw(st.sampled_from(FUNCTIONS)),
                    heading=heading,
                )
            )
        at = last + 1
    return tuple(found)


@st.composite
def documents(draw: st.DrawFn, text: str | None = None, entities=None, gold: bool = False) -> Document:
    """A document of a text, with everything that its layers can hold."""
    text = draw(texts()) if text is None else text
    entities = draw(entities_of(text)) if entities is None else entities
    ids = [entity.id for entity in entities]
    relations: dict[tuple[str, str, str], Relation] = {}
    stances: dict[tuple[str, str], Stance] = {}
    if ids:
        for _ in range(draw(st.integers(0, 4))):
            kind, head, tail = draw(st.tuples(st.sampled_from(RELATIONS), st.sampled_from(ids), st.sampled_from(ids)))
            key = (kind, *sorted((head, tail))) if kind != "head_of" else (kind, head, tail)
            relations.setdefault(key, Relation(id=f"r{len(relations)}", type=kind, head=head, tail=tail))
        for _ in range(draw(st.integers(0, 4))):
            holder, target = draw(st.sampled_from([*ids, AUTHOR])), draw(st.sampled_from(ids))
            label = draw(st.sampled_from(LABELS))
            stances.setdefault(
                (holder, target), Stance(id=f"s{len(stances)}", holder=holder, target=target, label=label)
            )
    return Document(
        doc_id="d",
        text=text,
        entities=entities,
        relations=tuple(relations.values()),
        stance=tuple(stances.values()),
        subsections=draw(sections_of(text, gaps=not gold)),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    """Gold and a prediction of the same text."""
    text = draw(texts())
    gold = draw(documents(text, gold=True))
    same = draw(st.booleans())
    predicted = draw(documents(text, gold.entities if same else None))
    return gold, predicted


@st.composite
def disguised(draw: st.DrawFn, document: Document) -> Document:
    """The same document with every id changed and every list in another order."""
    names = {e.id: f"x{number}" for number, e in enumerate(draw(st.permutations(document.entities)))} | {AUTHOR: AUTHOR}
    entities = [
        Entity(id=names[e.id], type=e.type, name=e.name, mentions=tuple(draw(st.permutations(e.mentions))))
        for e in document.entities
    ]
    relations = []
    for number, relation in enumerate(document.relations):
        head, tail = names[relation.head], names[relation.tail]
        if relation.type in INVENTORY.symmetric and draw(st.booleans()):
            head, tail = tail, head
        relations.append(Relation(id=f"y{number}", type=relation.type, head=head, tail=tail))
    stances = [
        Stance(id=f"z{number}", holder=names[s.holder], target=names[s.target], label=s.label)
        for number, s in enumerate(document.stance)
    ]
    return Document(
        doc_id=document.doc_id,
        text=document.text,
        entities=tuple(draw(st.permutations(entities))),
        relations=tuple(draw(st.permutations(relations))),
        stance=tuple(draw(st.permutations(stances))),
        subsections=tuple(draw(st.permutations(document.subsections))),
    )
