"""The errors that a call of the client can raise."""

from __future__ import annotations

from typing import TypedDict


class FieldProblem(TypedDict):
    """The fault of one field of a request."""

    field: str
    message: str


class ClientError(Exception):
    """The server refused a request, or the client could not get an answer. `str()` is a sentence without secrets."""


class Unusable(ClientError):
    """The server refused the request.

    status: the HTTP status.
    fields: the fault of each field, if the server names fields.
    """

    def __init__(self, status: int, detail: str, fields: list[FieldProblem] | None = None) -> None:
        self.status, self.detail, self.fields = status, detail, fields or []
        super().__init__(f"HTTP {status}: {detail}")


class ServerSilent(ClientError):
    """No answer came, also after retries. may_have_happened: the server may have done what was asked."""

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        self.may_have_happened = may_have_happened
        super().__init__(message)
