"""Checks answers and bodies against the published description of the API."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

CHECKER = FormatChecker(formats=())


def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


CHECKER.checks("date-time", raises=ValueError)(is_time)
CHECKER.checks("date", raises=ValueError)(is_date)


class ApiDocument:
    """The document of `/openapi.json`. It is strict: an answer may have only described fields."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas = copy.deepcopy(document["components"]["schemas"])
        for schema in self._schemas.values():
            schema.setdefault("additionalProperties", False)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Return method, path and description of each operation."""
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def operation(self, method: str, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._document["paths"][path][method.lower()]
        return found

    def faults_of_answer(self, method: str, path: str, status: int, media: str, body: object) -> list[str]:
        """Return how an answer differs from its schema; empty when it fits."""
        schema = self.operation(method, path)["responses"][str(status)]["content"][media]["schema"]
        return self.faults(schema, body)

    def faults_of_body(self, method: str, path: str, body: object) -> list[str]:
        """Return the top-level fields of a request body that do not fit the schema; empty when it fits."""
        schema = self.operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
        found = self._judge(schema).iter_errors(body)
        return sorted({str(error.path[0]) if error.path else error.message for error in found})

    def properties(self, schema: dict[str, Any]) -> list[str]:
        """Return the field names of a referenced schema."""
        return list(self._schemas[schema["$ref"].rpartition("/")[2]]["properties"])

    def faults(self, schema: dict[str, Any], value: object) -> list[str]:
        return [f"{error.json_path}: {error.message}" for error in self._judge(schema).iter_errors(value)]

    def _judge(self, schema: dict[str, Any]) -> Draft202012Validator:
        whole = {**schema, "components": {"schemas": self._schemas}}
        return Draft202012Validator(whole, format_checker=CHECKER)
