"""Everything this product refuses to do, as one tree.

OncallError                  a sentence for a person: where, what was found, what to write instead
├── FileFaults               a file with one or more faults, all of them at once
├── PlanInfeasible           no plan can keep the rules; names the dates and why
├── NotFound                 no such engineer, ticket, code or shift
├── Conflict                 the same id with other content; a change that no longer fits
├── Refused                  any other request that the rules do not allow
├── SettingsError            the environment is missing something or contradicts itself
├── StoreError               the database cannot answer
│   ├── StoreUnavailable     it is away, locked or full: ask again later
│   ├── StoreInDoubt         it was lost in the middle of storing: look before asking again
│   └── WrongSchema          it was made by another version: says the command that mends it
└── DeliveryError            a provider did not take a message
    ├── Temporary            surely not sent; may be tried again
    ├── Ambiguous            may have been sent: ask the provider before sending again
    └── Permanent            will never work for this number, route or account
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class OncallError(Exception):
    """Base of all. `str()` is the whole message for a person and never holds a secret or a phone number."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of one file. `line` and `column` count from 1; 0 where the file could not be read at all.

    `path` is where in the document, like `engineers[2].phone`; empty for the document itself.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        return f"{place}{self.path}: {self.message}" if self.path else f"{place}{self.message}"


class FileFaults(OncallError):
    """A roster, policy or plan file that cannot be used. `faults` are in file order and never empty.

    warnings: values of the file that can be used but should be checked, in file order.
    """

    def __init__(self, faults: Sequence[Fault], warnings: Sequence[Fault] = ()) -> None:
        self.faults = tuple(sorted(faults))
        self.warnings = tuple(sorted(warnings))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class PlanInfeasible(OncallError):
    """No plan keeps the hard rules. `reasons` name dates, roles, people and rules, a sentence each.

    relaxations: choices of exceptions with which a plan exists, each as the names that `generate --relax` takes.
    """

    def __init__(self, summary: str, reasons: Sequence[str] = (), relaxations: Sequence[tuple[str, ...]] = ()) -> None:
        self.summary = summary
        self.reasons = tuple(reasons)
        self.relaxations = tuple(relaxations)
        super().__init__("\n".join([summary, *(f"  {reason}" for reason in self.reasons)]))


class NotFound(OncallError):
    """What was named does not exist."""


class Conflict(OncallError):
    """What was asked contradicts what is stored. Nothing was changed."""


class Refused(OncallError):
    """A request that the rules do not allow. Nothing was changed."""


class SettingsError(OncallError):
    """The environment is missing a setting, or holds one that cannot be."""


class StoreError(OncallError):
    """The database cannot answer."""


class StoreUnavailable(StoreError):
    """The database is away, locked or full; nothing was stored; the same request may succeed later."""


class StoreInDoubt(StoreError):
    """The database was lost while it stored a change, which may be there or not; look before it is made again."""


class WrongSchema(StoreError):
    """The database was made by another version of this product."""


class DeliveryError(OncallError):
    """A provider did not take a message. `code` is the provider's own error code, when it gave one."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        self.code = code
        super().__init__(message)


class Temporary(DeliveryError):
    """Surely not sent. `retry_after` is the provider's wish (real time), when it named one."""

    def __init__(self, message: str, *, code: int | None = None, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, code=code)


class Unreachable(Temporary):
    """Nothing that can be read came back from the provider's address."""


class Ambiguous(DeliveryError):
    """May or may not have been sent: a time-out, a cut connection, a 5xx, an answer that is no JSON."""


class Permanent(DeliveryError):
    """Will never work as it is: bad number, opted out, blocked route, wrong credentials, wrong sender.

    is_ours: the cause lies with our account or settings, so that an operator is needed before anything goes out.
    may_call: a call may reach the person although a text does not. has_stopped: they have sent STOP.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        is_ours: bool = False,
        may_call: bool = False,
        has_stopped: bool = False,
    ) -> None:
        self.is_ours = is_ours
        self.may_call = may_call
        self.has_stopped = has_stopped
        super().__init__(message, code=code)
