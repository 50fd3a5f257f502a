"""The JSON Schemas, the label inventory that their enums come from, and schema errors in plain words.

Data is looked up in the folder of the environment variable ``KHABAR_DATA``; where that is not set, inside the installed
package, or else in the checkout that the package is run from.
"""

import difflib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from khabar.problems import Invalid, Pointer, Problem, in_json, isolate, named, short

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def data_folder() -> Path:
    """The folder that holds khabar's own corpus/, annotations/ and schemas/.

    Raises FileNotFoundError where none is found, naming the places that were tried.
    """
    named = os.environ.get("KHABAR_DATA")
    package = Path(__file__).resolve().parent
    places = [Path(named)] if named else [package / "_data", package.parent.parent]
    for place in places:
        if (place / "schemas" / "inventory.json").is_file():
            return place
    tried = ", ".join(map(str, places))
    raise FileNotFoundError(f"no schemas/inventory.json in {tried}: set KHABAR_DATA to a folder that holds it")


class Text(Struct, frozen=True):
    """The same words in Arabic and in English."""

    ar: str
    en: str


class Label(Struct, frozen=True, kw_only=True):
    """One label of the inventory.

    ``counterparts`` gives the labels of other annotation schemes that stand for it. ``domain``, ``range``,
    ``symmetric`` and ``implies`` are for relation types: the entity types of head and tail, whether the
    direction means nothing, and the broader relations that go without saying.
    """

    label: str
    name: Text
    definition: Text
    example: Text
    counterparts: Mapping[str, tuple[str, ...]] = {}
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    symmetric: bool = False
    implies: tuple[str, ...] = ()


class Inventory(Struct, frozen=True, eq=False, kw_only=True, dict=True):
    """Every label that a set of documents may use."""

    schema_version: str
    name: str
    description: str = ""
    sources: Mapping[str, Mapping[str, str]] = {}
    entity_types: tuple[Label, ...]
    mention_forms: tuple[Label, ...]
    relation_types: tuple[Label, ...]
    stance_labels: tuple[Label, ...]
    stance_modes: tuple[Label, ...]
    section_kinds: tuple[Label, ...]
    section_functions: tuple[Label, ...]

    @cached_property
    def relations(self) -> Mapping[str, Label]:
        """The relation types by their label."""
        return {label.label: label for label in self.relation_types}

    @cached_property
    def symmetric(self) -> frozenset[str]:
        """The relation types whose direction means nothing."""
        return frozenset(label.label for label in self.relation_types if label.symmetric)

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each list, by the place of their enum: ``"entities.type"``, ``"stance.label"``, …."""
        return {place: tuple(label.label for label in getattr(self, name)) for place, name in ENUMS.items()}

    @cached_property
    def digest(self) -> str:
        """Four hexadecimal digits that name this inventory in a signature."""
        from hashlib import sha256

        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:4]


ENUMS = {
    "entities.type": "entity_types",
    "entities.form": "mention_forms",
    "relations.type": "relation_types",
    "stance.label": "stance_labels",
    "stance.mode": "stance_modes",
    "subsections.kind": "section_kinds",
    "subsections.function": "section_functions",
}
"""Where each list of the inventory is enumerated: ``layer.name`` is ``layer.schema.json#/$defs/name``."""


@cache
def inventory(path: Path | None = None) -> Inventory:
    """The label inventory of a file, or khabar's own. Raises Invalid where the file is not one."""
    place = path or data_folder() / "schemas" / "inventory.json"
    try:
        return msgspec.json.decode(place.read_bytes(), type=Inventory)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fix = "Shape it as khabar's schemas/inventory.json is."
        raise Invalid([Problem(str(place), 1, 1, "inventory", "", str(error), fix)]) from None


@cache
def files() -> Mapping[str, dict[str, Any]]:
    """Every schema of the schemas folder by its file name."""
    folder = data_folder() / "schemas"
    return {path.name: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.schema.json"))}


def with_labels(labels: Inventory) -> dict[str, dict[str, Any]]:
    """The schemas with the enums of an inventory; the files themselves have khabar's own."""
    schemas: dict[str, dict[str, Any]] = json.loads(json.dumps(files()))
    for place, values in labels.labels.items():
        layer, name = place.split(".")
        schemas[f"{layer}.schema.json"]["$defs"][name]["enum"] = list(values)
    return schemas


class Validator:
    """One schema, ready to judge values: fast where they are valid, in plain words where they are not."""

    def __init__(self, name: str, labels: Inventory | None = None) -> None:
        """Take the schema ``<name>.schema.json``, with the labels of an inventory or of khabar's own."""
        import jsonschema_rs

        self._schemas = with_labels(labels or inventory())
        self._name = f"{name}.schema.json"
        resources = [(f"json-schema:///{file}", schema) for file, schema in self._schemas.items()]
        self._fast = jsonschema_rs.Draft202012Validator(
            self._schemas[self._name],
            registry=jsonschema_rs.Registry(resources),
            base_uri=f"json-schema:///{self._name}",
        )

    def is_valid(self, value: object) -> bool:
        """Whether a value is as the schema says (jsonschema-rs decides, and jsonschema where a number has a point)."""
        return bool(self._fast.is_valid(value)) and (not _has_point(value) or bool(self._reference.is_valid(value)))

    @cached_property
    def _reference(self) -> Any:
        from jsonschema import Draft202012Validator, validators
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012

        registry: Registry[Any] = Registry().with_resources(
            # A schema that says its $schema would be judged by that one's validator, with other types.
            (file, DRAFT202012.create_resource({name: part for name, part in schema.items() if name != "$schema"}))
            for file, schema in self._schemas.items()
        )
        # To JSON Schema 21.0 is an integer; the typed readers, and slices of a text, want 21.
        types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
        extend: Any = validators.extend
        return extend(Draft202012Validator, type_checker=types)({"$ref": self._name}, registry=registry)

    def problems(self, value: object) -> Iterator[tuple[Pointer, str, str]]:
        """Everything that is wrong with a value: the way to it, what is wrong, what to do (jsonschema finds it)."""
        if not self.is_valid(value):
            yield from dict.fromkeys(found for error in self._reference.iter_errors(value) for found in _explain(error))


@cache
def validator(name: str, labels: Inventory | None = None) -> Validator:
    """The validator of ``<name>.schema.json``; made once."""
    return Validator(name, labels)


def misshapen(
    name: str, path: str, source: str, value: object, labels: Inventory | None = None, line: int = 1
) -> Iterator[Problem]:
    """What in a value, read from the JSON text ``source``, is not as ``<name>.schema.json`` says, and where."""
    for at, message, fix in validator(name, labels).problems(value):
        yield in_json("schema", path, source, at, message, fix, line)


def nearest(label: object, labels: Iterable[str], least: float = 0.6) -> str:
    """What to do about a label that does not exist: the one that was probably meant, or the list."""
    known = sorted(labels)
    close = difflib.get_close_matches(str(label), known, 1, least)
    folded = [name for name in known if name.lower() == str(label).lower()]
    best = folded or close
    return f"Did you mean {best[0]}?" if best else f"Use one of: {', '.join(known)}."


def _has_point(value: object) -> bool:
    """Whether a number in a JSON value has a point or an exponent."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, float) or any(map(_has_point, inner))


def _explain(error: "ValidationError") -> Iterator[tuple[Pointer, str, str]]:
    at: Pointer = tuple(error.absolute_path)
    value: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "oneOf" | "anyOf":
            yield from _explain_choice(error)
        case "enum":
            labels = [label for label in wanted if isinstance(label, str)]
            yield at, f"{isolate(_shown(value))} is not one of the values allowed here", nearest(value, labels)
        case "const":
            yield at, f"this must be {json.dumps(wanted)}, not {_shown(value)}", "Write it so."
        case "required":
            missing = [name for name in wanted if name not in value]
            what = f"the property {named(missing)} is" if len(missing) == 1 else f"the properties {named(missing)} are"
            yield at, f"{what} missing", "Add it; `schemas/` describes each property."
        case "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            unknown = [name for name in value if name not in known]
            fix = nearest(unknown[0], known, 0.75) if unknown else ""
            yield at, f"there is no property {named(unknown)} here", fix
        case "type":
            kinds = " or ".join([wanted] if isinstance(wanted, str) else wanted)
            whole = isinstance(value, float) and value.is_integer()
            fix = f"Write {short(int(value))}." if whole else "Change the value."
            yield at, f"this must be of type {kinds}, not {short(json.dumps(value, ensure_ascii=False))}", fix
        case "pattern":
            yield at, f"{_shown(value)} does not match {wanted}", _description(error)
        case "minItems" | "minLength":
            yield at, "this must not be empty", _description(error)
        case "minimum":
            yield at, f"{short(value)} is less than {wanted}", _description(error)
        case "not" if "required" in wanted and not isinstance(value, dict):
            pass  # What is no object lacks them too; that it is none is said.
        case "not" if "required" in wanted:
            yield at, f"{named(wanted['required'])} cannot stand together", wanted.get("description", "Take one out.")
        case "not":
            yield at, f"{_shown(value)} cannot stand here", _description(error)
        case _:
            yield at, short(error.message, 200), _description(error)


def _explain_choice(error: "ValidationError") -> Iterator[tuple[Pointer, str, str]]:
    """Of several forms, the errors of the one that was meant: the one whose type fits and that fails least."""
    forms: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        forms.setdefault(inner.schema_path[0], []).append(inner)
    here = error.absolute_path
    meant = [
        errors
        for errors in forms.values()
        if not any(e.validator in ("type", "const") and e.absolute_path == here for e in errors)
    ]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _explain(inner)
    else:
        yield tuple(here), f"{_shown(error.instance)} has none of the forms allowed here", _description(error)


def _description(error: "ValidationError") -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    return str(schema.get("description", "See the schema's description of it."))


def _shown(value: object) -> str:
    return short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
