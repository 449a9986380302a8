"""Twilio's published description of its API, as schemas that check a request or an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

_FILE = Path(__file__).parent / "data" / "twilio_api_v2010.json"


@cache
def _formats() -> FormatChecker:
    """Return the checks for the text formats that the description uses."""
    checker = FormatChecker(formats=[])
    for name, is_well_formed in {
        "date-time": _is_date_time,
        "date-time-rfc-2822": _is_rfc_2822,
        "phone-number": lambda text: re.fullmatch(r"\+[1-9]\d{6,14}", text) is not None,
        "uri": lambda text: bool(urlsplit(text).path or urlsplit(text).netloc),
        "currency": lambda text: re.fullmatch(r"[A-Za-z]{3}", text) is not None,
    }.items():
        checker.checks(name, raises=ValueError)(
            lambda value, check=is_well_formed: not isinstance(value, str) or check(value)
        )
    return checker


def _is_date_time(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def _is_rfc_2822(text: str) -> bool:
    return parsedate_to_datetime(text).tzinfo is not None


@cache
def operations() -> dict[str, Any]:
    """Return each operation by its id: method, path, parameters, form, status, response."""
    found: dict[str, Any] = _document()["operations"]
    return found


def faults_of_form(operation: str, form: Mapping[str, str]) -> list[str]:
    """Return the faults of a form: unknown fields, wrong types, texts that do not match a pattern."""
    schema = operations()[operation]["form"]
    return _faults({**schema, "additionalProperties": False}, _typed(form, schema["properties"]))


def faults_of_query(operation: str, query: Mapping[str, str]) -> list[str]:
    """Return the faults of a query."""
    known = {one["name"]: one["schema"] for one in operations()[operation]["parameters"] if one["in"] == "query"}
    return _faults({"type": "object", "properties": known, "additionalProperties": False}, _typed(query, known))


def faults_of_answer(operation: str, body: object) -> list[str]:
    """Return the faults of an answer. Every described field must be present."""
    return _faults(operations()[operation]["response"], body)


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text())
    return document


def _faults(schema: Mapping[str, Any], value: object) -> list[str]:
    whole = _modern({**schema, "components": _document()["components"]})
    return [error.message for error in Draft202012Validator(whole, format_checker=_formats()).iter_errors(value)]


def _modern(schema: Any) -> Any:
    """Convert OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, and a resource must have all its fields."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    modern = {name: _modern(value) for name, value in schema.items() if name != "nullable"}
    if schema.get("nullable") is True:
        modern["type"] = [schema["type"], "null"]
        if "enum" in schema:
            modern["enum"] = [*schema["enum"], None]
    if "sid" in schema.get("properties", {}):
        modern |= {"required": list(schema["properties"]), "additionalProperties": False}
    return modern


def _typed(fields: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the texts of a form or query to the types that the description gives them."""
    return {name: _value(text, known.get(name, {}).get("type")) for name, text in fields.items()}


def _value(text: str, kind: str | None) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
