"""Pydantic models of the answers, made from the TypedDicts that the routes return.

mypy checks the answers against those types, so an answer and its published schema cannot differ. The models only
describe answers: the service does not validate answers with them.
"""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from oncall.support.json_types import Keyword


@cache
def model_of(view: type) -> type[BaseModel]:
    """Return the pydantic model that describes a TypedDict and everything in it."""
    optional: frozenset[str] = view.__dict__["__optional_keys__"]
    fields: dict[str, Any] = {}  # type: ignore[explicit-any]  # pydantic leaves a field's type and default open
    for name, hint in get_type_hints(view, include_extras=True).items():
        # A TypedDict in a file with postponed annotations does not itself count NotRequired keys as optional.
        if get_origin(hint) is NotRequired:
            fields[name] = (_described(get_args(hint)[0]), None)
        else:
            fields[name] = (_described(hint), None if name in optional else ...)
    model: type[BaseModel] = create_model(view.__name__, __doc__=view.__doc__, __config__=_CONFIG, **fields)
    return model


def _without_defaults(schema: dict[str, JsonValue]) -> None:
    """Remove `default: null` from a schema, because an optional field is absent and not null."""
    properties = schema.get("properties")
    assert isinstance(properties, dict)
    for field in properties.values():
        assert isinstance(field, dict)
        field.pop("default", None)


_CONFIG = ConfigDict(json_schema_extra=_without_defaults)


def _described(hint: object) -> object:
    """Return a type hint in which models replace TypedDicts, and pydantic's fields replace our descriptions."""
    if is_typeddict(hint):
        return model_of(hint)
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind, *metadata = inside
        return Annotated[_described(kind), _field(metadata)]
    if origin in (Union, UnionType):
        return reduce(or_, (_described(each) for each in inside))
    if origin is list:
        return list[_described(inside[0])]  # type: ignore[misc]  # a type made at run time
    if origin is dict:
        return dict[str, _described(inside[1])]  # type: ignore[misc]  # a type made at run time
    return hint


def _field(metadata: list[object]) -> object:
    texts = [one for one in metadata if isinstance(one, str)]
    keywords: dict[str, JsonValue] = {
        one.name: one.value if isinstance(one.value, str) else list(one.value)
        for one in metadata
        if isinstance(one, Keyword)
    }
    return Field(description=" ".join(texts) or None, json_schema_extra=keywords or None)
