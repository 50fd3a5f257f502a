"""Type maps: both sides brought onto the entity types of another scheme, so that its systems are scored as they are.

Types that stand for each other are folded into one label: several of ours for one of theirs (ANERcorp's LOC), several
of theirs for one of ours, or both. What the other scheme has no type for is neither asked for nor punished.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from khabar.grounding import Void
from khabar.model import AUTHOR, ISSUE, NAME, Document, Edges, Entity, Mention
from khabar.problems import Invalid, Pointer, Problem, decode, in_json, quoted
from khabar.schemas import Inventory, Label, Text, validator

WITHOUT: Mapping[str, tuple[str, ...]] = {"wojood": ("UNIT", "CURR"), "ontonotes": (), "anercorp": ()}
"""The schemes that have a map, each with those of its entity types that no type of khabar's stands for."""

Covered = Mapping[str, Sequence[str]]
"""The types of ours that each type of another scheme covers."""


class TypeMap(Struct, frozen=True, eq=False, dict=True):
    """What each entity type of ours and of another scheme becomes; None where it has no counterpart.

    ``name`` is for signatures. Labels that are mapped already stay, and so does ISSUE.
    """

    name: str
    folded: Mapping[str, str | None]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels that are scored, ISSUE apart."""
        return tuple(dict.fromkeys(label for label in self.folded.values() if label not in (None, ISSUE)))


def type_map(name: str | Path, inventory: Inventory) -> TypeMap:
    """The map of a scheme in `WITHOUT`, from the counterparts that an inventory names, or the map in a JSON file.

    A file is as ``types.schema.json`` says; its map's name is followed by four digits that stand for its content.
    Raises Invalid where there is no such map or the file is not sound.
    """
    ours = [label.label for label in inventory.entity_types]
    if str(name) not in WITHOUT:
        return _read(Path(name), inventory, ours)
    covered: dict[str, list[str]] = {}
    for label in inventory.entity_types:
        for their in label.counterparts.get(str(name), ()):
            covered.setdefault(their, []).append(label.label)
    if not covered:
        message = f"the inventory {inventory.name} names no counterparts in {name}"
        raise Invalid([Problem(str(name), 1, 1, "types", "", message, "Name a file with a type map.")])
    return TypeMap(str(name), _folded({**dict.fromkeys(WITHOUT[str(name)], ()), **covered}, ours))


def _read(path: Path, inventory: Inventory, ours: Sequence[str]) -> TypeMap:
    if not path.is_file():
        message, fix = "there is no such type map", f"Name one of {', '.join(WITHOUT)}, or a JSON file."
        raise Invalid([Problem(str(path), 1, 1, "types", "", message, fix)])
    source, value, problems = decode(str(path), path.read_bytes())
    if problems:
        raise Invalid(problems)
    wrong = [*validator("types", inventory).problems(value)]
    covered: Covered = value["map"] if isinstance(value, dict) and not wrong else {}
    wrong += _ambiguous(covered, ours)
    if wrong or not isinstance(value, dict):
        raise Invalid(in_json("types", str(path), source, *problem) for problem in wrong)
    digest = sha256(msgspec.json.encode(covered, order="deterministic")).hexdigest()[:4]
    return TypeMap(f"{value['name']}.{digest}", _folded(covered, ours))


def _ambiguous(covered: Covered, ours: Sequence[str]) -> Iterator[tuple[Pointer, str, str]]:
    """Types of the two sides that share a name and do not stand for each other."""
    for their, types in covered.items():
        if their == ISSUE or ISSUE in types:
            yield ("map", their), f"{ISSUE} is no entity type to map", "Leave it out: it stays what it is."
    groups = _groups(covered)
    for their in covered:
        if their in ours and not any(their in labels and their in types for labels, types in groups):
            message = f"{quoted(their)} is a type of both sides, and the map does not bring the two together"
            yield ("map", their), message, f"Add {their} to its list, or give the type of the scheme another name."


def _groups(covered: Covered) -> list[tuple[list[str], list[str]]]:
    """Types of theirs and of ours that stand for each other, directly or through others."""
    groups: list[tuple[list[str], list[str]]] = []
    for their, types in covered.items():
        joined = [group for group in groups if set(types) & set(group[1])]
        groups = [group for group in groups if group not in joined]
        groups.append(([*(one for labels, _ in joined for one in labels), their], [*types]))
        for _, more in joined:
            groups[-1][1].extend(more)
    return groups


def _folded(covered: Covered, ours: Sequence[str]) -> dict[str, str | None]:
    folded: dict[str, str | None] = dict.fromkeys(ours)
    for labels, types in _groups(covered):
        folded |= dict.fromkeys((*labels, *types), "+".join(labels) if types else None)
    return folded | {label: label for label in folded.values() if label is not None} | {ISSUE: ISSUE}


def projected_inventory(inventory: Inventory, types: TypeMap) -> Inventory:
    """An inventory whose entity types are the labels of a map, under the map's name.

    Types without a counterpart stay in it, so that a prediction may name them; `project` takes them out.
    """
    by_label: dict[str, list[Label]] = {}
    for label in inventory.entity_types:
        by_label.setdefault(types.folded.get(label.label) or label.label, []).append(label)
    entity_types = [_joined(label, by_label.get(label, [])) for label in dict.fromkeys(_known(types))]
    relation_types = [
        msgspec.structs.replace(
            label,
            domain=tuple(dict.fromkeys(types.folded.get(one) or one for one in label.domain)),
            range=tuple(dict.fromkeys(types.folded.get(one) or one for one in label.range)),
        )
        for label in inventory.relation_types
    ]
    return msgspec.structs.replace(
        inventory, name=types.name, entity_types=tuple(entity_types), relation_types=tuple(relation_types)
    )


def _known(types: TypeMap) -> Iterator[str]:
    """The labels of a map, then the types without a counterpart, then ISSUE."""
    yield from types.labels
    yield from (label for label, folded in types.folded.items() if folded is None)
    yield ISSUE


def _joined(label: str, parts: Sequence[Label]) -> Label:
    """A label that stands for several, or for none."""
    if not parts:
        return Label(label=label, name=Text(label, label), definition=Text("", ""), example=Text("", ""))
    name = Text(" / ".join(part.name.ar for part in parts), " / ".join(part.name.en for part in parts))
    return msgspec.structs.replace(parts[0], label=label, name=name)


def accepted_inventory(inventory: Inventory, types: TypeMap) -> Inventory:
    """An inventory of all that a prediction may say where a map is used: its labels, and the types of either side."""
    known = {label.label: label for label in inventory.entity_types}
    names = dict.fromkeys((*types.labels, *types.folded))
    return msgspec.structs.replace(
        inventory, entity_types=tuple(known.get(name) or _joined(name, []) for name in names)
    )


def counted(voids: Iterable[Void], types: TypeMap) -> tuple[Void, ...]:
    """Items that match nothing with the labels of a map, without entities whose type has no counterpart."""
    found = []
    for void in voids:
        if not void.layer.startswith("entities"):
            found.append(void)
        elif (label := types.folded.get(void.label, void.label)) is not None:
            found.append(msgspec.structs.replace(void, label=label))
    return tuple(found)


def project(document: Document, types: TypeMap) -> Document:
    """A document with the labels of a map.

    Entities whose type has no counterpart go, and with them the relations and stances that name them. Where two
    types become one, a span that both have stays once, as a name if either is one; an entity that is left with no
    span of its own is taken for the one that has its first. The order of the entities changes nothing.
    """
    kept = [(entity, label) for entity in document.entities if (label := types.folded.get(entity.type)) is not None]
    claims = [
        # Names first, then what does not hang on ids or order; of one type, a span has one entity.
        (
            (mention.form != NAME, sorted(m.edges for m in entity.mentions), entity.type),
            (label, mention.edges),
            entity.id,
        )
        for entity, label in kept
        for mention in entity.mentions
    ]
    owners: dict[tuple[str, Edges], str] = {}
    for _, place, owner in sorted(claims):
        owners.setdefault(place, owner)
    heirs: dict[str, str] = {}
    entities = []
    for entity, label in kept:
        mentions = tuple(mention for mention in entity.mentions if owners[label, mention.edges] == entity.id)
        if mentions or not entity.mentions:
            entities.append(msgspec.structs.replace(entity, type=label, mentions=mentions))
        else:
            heirs[entity.id] = owners[label, min(mention.edges for mention in entity.mentions)]
    return _with_entities(document, entities, heirs)


def project_pair(gold: Document, predicted: Document, types: TypeMap) -> tuple[Document, Document]:
    """Gold and a prediction of one text with the labels of a map.

    A predicted mention is taken out, so that it is not punished, where its span is exactly that of a gold mention
    which is not asked for, being no name or of a type without a counterpart, and gold has neither a name there that
    is asked for nor any mention there of the predicted label.
    """
    asked, spoken = project(gold, types), project(predicted, types)
    if predicted.entities is gold.entities:
        # Given from gold, they stay the very same, for whoever asks whether they are.
        return asked, msgspec.structs.replace(spoken, entities=asked.entities)
    there = {(entity.type, mention.edges, mention.form == NAME) for entity, mention in _mentions(asked)}
    places = {(kind, edges) for kind, edges, _ in there}
    names = {edges for _, edges, named in there if named}
    unasked = {mention.edges for _, mention in _mentions(gold)} - names

    def stays(entity: Entity, mention: Mention) -> bool:
        return entity.type == ISSUE or mention.edges not in unasked or (entity.type, mention.edges) in places

    return asked, _keeping(spoken, stays)


def _mentions(document: Document) -> Iterator[tuple[Entity, Mention]]:
    """The mentions of entities, ISSUE apart."""
    return ((entity, mention) for entity in document.entities if entity.type != ISSUE for mention in entity.mentions)


def _keeping(document: Document, stays: Callable[[Entity, Mention], bool]) -> Document:
    """A document without some of its mentions, and without the entities that have lost all of theirs."""
    entities = []
    for entity in document.entities:
        mentions = tuple(mention for mention in entity.mentions if stays(entity, mention))
        if mentions or not entity.mentions:
            entities.append(msgspec.structs.replace(entity, mentions=mentions))
    return _with_entities(document, entities, {})


def _with_entities(document: Document, entities: Sequence[Entity], heirs: Mapping[str, str]) -> Document:
    """A document with other entities: relations and stances name the heirs, or go with what they name."""
    known = {entity.id for entity in entities} | {AUTHOR}
    relations = [
        msgspec.structs.replace(r, head=heirs.get(r.head, r.head), tail=heirs.get(r.tail, r.tail))
        for r in document.relations
    ]
    stances = []
    for s in document.stance:
        holder, target = heirs.get(s.holder, s.holder), heirs.get(s.target, s.target)
        source = heirs.get(s.source or "", s.source)
        source = source if source in known else None
        stances.append(msgspec.structs.replace(s, holder=holder, target=target, source=source))
    return msgspec.structs.replace(
        document,
        entities=tuple(entities),
        relations=tuple(relation for relation in relations if {relation.head, relation.tail} <= known),
        stance=tuple(stance for stance in stances if {stance.holder, stance.target} <= known),
    )
