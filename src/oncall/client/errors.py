"""The errors that a call of the client can raise."""

from __future__ import annotations

from typing import TypedDict


class FieldProblem(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    message: str


class ClientError(Exception):
    """The server refused a request, or the client got no answer. `str()` is a sentence without secrets."""


class Unusable(ClientError):
    """The server refused the request, or its answer is not one of an oncall server.

    status: the HTTP status.
    fields: what is wrong with each field, if the server names fields.
    """

    def __init__(self, status: int, detail: str, fields: list[FieldProblem] | None = None) -> None:
        self.status, self.detail, self.fields = status, detail, fields or []
        super().__init__(f"HTTP {status}: {detail}")


class ServerSilent(ClientError):
    """The server did not answer, even after all retries. may_have_happened: it may have carried out the request."""

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        self.may_have_happened = may_have_happened
        super().__init__(message)
