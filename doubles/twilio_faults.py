"""Faults of Twilio and of the way to it, scripted one by one or set by a rule."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Operation(StrEnum):
    """What a request asks for."""

    CREATE = "create"
    LIST = "list"
    FETCH = "fetch"
    CALL = "call"
    CALL_LIST = "call_list"
    CALL_FETCH = "call_fetch"
    OTHER = "other"


class Ending(StrEnum):
    """How a connection ends after a fault."""

    ANSWER = "answer"
    RESET = "reset"
    CUT = "cut"
    """A good status line and half of a body, then the end."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received.

    at: aware UTC.
    monotonic: seconds of `time.monotonic`.
    client_port: the same for every request of one connection. It keeps no password.
    """

    operation: Operation
    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    at: datetime
    monotonic: float
    client_port: int

    def as_json(self) -> dict[str, object]:
        """Return the fields that another process may read."""
        return {
            "operation": self.operation,
            "monotonic": self.monotonic,
            "at": self.at.isoformat(),
            "form": dict(self.form),
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of an answer.

    accept: the request is still carried out first.
    delay_seconds: real time before the ending.
    status: of the answer; None keeps the usual answer.
    raw: a body instead of JSON.
    """

    accept: bool = False
    delay_seconds: float = 0.0
    ending: Ending = Ending.ANSWER
    status: int | None = None
    code: int | None = None
    retry_after: str | None = None
    raw: str | None = None


def refuse(status: int, code: int | None = None, *, retry_after: str | None = None) -> Fault:
    """Answer with an error and do nothing."""
    return Fault(status=status, code=code, retry_after=retry_after)


def error_after_accept(status: int = 500, code: int | None = 20500) -> Fault:
    """Send the message and answer with an error."""
    return Fault(accept=True, status=status, code=code)


def hang(seconds: float, *, accept: bool = False) -> Fault:
    """Send nothing for this long, then reset the connection."""
    return Fault(accept=accept, delay_seconds=seconds, ending=Ending.RESET)


def slow(seconds: float) -> Fault:
    """Carry out the request at once, and answer well but late."""
    return Fault(accept=True, delay_seconds=seconds)


def reset(*, accept: bool = True) -> Fault:
    """Reset the connection instead of answering."""
    return Fault(accept=accept, ending=Ending.RESET)


def cut(*, accept: bool = True) -> Fault:
    """Break the connection in the middle of a good answer."""
    return Fault(accept=accept, ending=Ending.CUT)


def not_json(text: str = "<html>Welcome</html>", *, status: int = 201, accept: bool = True) -> Fault:
    """Answer with text that is not JSON."""
    return Fault(accept=accept, status=status, raw=text)


@dataclass(slots=True)
class Faults:
    """The faults to come. Scripted faults go first, then the first matching rule."""

    _scripts: dict[Operation, deque[Fault | None]] = field(default_factory=dict)
    _rules: list[tuple[Operation, Callable[[Request], bool], Fault]] = field(default_factory=list)

    def script(self, *faults: Fault | None, on: Operation) -> None:
        """Set faults for the next requests of this kind, one each, in this order. None lets one succeed."""
        self._scripts.setdefault(on, deque()).extend(faults)

    def rule(self, fault: Fault, when: Callable[[Request], bool], on: Operation) -> None:
        """Add a fault for every matching request of this kind, until `clear`."""
        self._rules.append((on, when, fault))

    def clear(self) -> None:
        """Let every request succeed from now on."""
        self._scripts.clear()
        self._rules.clear()

    def next(self, request: Request) -> Fault | None:
        """Return the fault of this request, and use it up if it was scripted."""
        script = self._scripts.get(request.operation)
        if script:
            return script.popleft()
        fitting = (fault for on, when, fault in self._rules if on is request.operation and when(request))
        return next(fitting, None)
