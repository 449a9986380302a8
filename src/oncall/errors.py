"""The errors of this program, as one tree.

OncallError                  its text is for a person: where, what was found, what to do
├── FileFaults               a file has faults; the error lists all of them
├── PlanInfeasible           no plan keeps the rules; names the dates and the rules
├── NotFound                 no such engineer, ticket, code or shift
├── Conflict                 the same id with other content, or a change that no longer fits
│   └── ScheduleMoved        the schedule changed since the caller read it; read it again
├── Refused                  any other request that the rules do not allow
├── SettingsError            an environment variable is missing or wrong
├── StoreError               the database cannot answer
│   ├── StoreUnavailable     it is unreachable, locked or full; retry later
│   ├── StoreInDoubt         the connection was lost during a commit; check before retrying
│   └── WrongSchema          another version of oncall made the tables; the text names the command to run
├── IdentityError            the identity provider's answer cannot be trusted
│   └── IdentityAway         the identity provider does not answer; retry later
└── DeliveryError            a provider did not accept a message
    ├── Temporary            not sent; retry
    │   ├── Unreachable      the provider did not answer
    │   └── AddressDelayed   this address is not accepted now; others may be
    ├── Ambiguous            perhaps sent; ask the provider before sending again
    ├── Permanent            never works for this number, route or account
    └── AddressRefused       this address is refused for good; others may be accepted
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from unicodedata import category

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The Unicode categories of invisible characters, line separators and characters that control the terminal."""
MOST_FAULTS = 100
"""The most faults that one error lists; a file with more is probably another kind of file."""
MOST_CHARACTERS = 600
"""The most characters of one message; `readable` cuts a longer one."""


def readable(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the text on one line, cut to about `most` characters, with control characters as escapes.

    A cut leaves out the middle: a message ends with the correction, so its end must stay. Characters that change the
    direction of writing are escaped too, because they would show the text in another order than it has.
    """
    if len(text) > most:
        text = f"{text[: most * 2 // 3]} ... {text[-most // 3 :]}"
    if text.isprintable():
        return text
    return "".join(each.encode("unicode_escape").decode() if category(each) in _UNSEEN else each for each in text)


class OncallError(Exception):
    """Base of all errors. `str()` is the whole message for a person and never holds a secret or a phone number.

    on_page: the message to show on a web page, if `str()` names a command, a field or an id; None: show `str()`.
    """

    def __init__(self, *words: object, on_page: str | None = None) -> None:
        super().__init__(*words)
        self.on_page = on_page


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a file, or one warning. `line` and `column` count from 1; both are 0 if the file could not be read.

    path: the place in the document, like `engineers[2].phone`; empty for the document itself.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __post_init__(self) -> None:
        # A file that others wrote must neither steer the terminal nor flood it.
        object.__setattr__(self, "path", readable(self.path))
        object.__setattr__(self, "message", readable(self.message))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        return f"{place}{self.path}: {self.message}" if self.path else f"{place}{self.message}"


class FileFaults(OncallError):
    """A file (such as a roster, policy or plan) that cannot be used. `faults`: in file order, never empty.

    Only the first MOST_FAULTS are kept; `more` counts the others. is_whole: False if the file was not read to its end.
    warnings: values of the file that can be used but should be checked, in file order.
    """

    def __init__(
        self, faults: Sequence[Fault], warnings: Sequence[Fault] = (), *, more: int = 0, is_whole: bool = True
    ) -> None:
        self.faults = tuple(sorted(faults)[:MOST_FAULTS])
        self.warnings = tuple(sorted(warnings))
        self.more = more + len(faults) - len(self.faults)
        self.is_whole = is_whole
        lines = [str(fault) for fault in self.faults]
        if self.more:
            lines.append(f"and {'' if is_whole else 'at least '}{self.more} more faults")
        super().__init__("\n".join(lines))


class PlanInfeasible(OncallError):
    """No plan keeps the hard rules. `reasons`: sentences that name dates, roles, people and rules.

    relaxations: sets of relaxations; with any one set a plan exists. Each relaxation is a name that `generate --relax`
    takes.
    """

    def __init__(self, summary: str, reasons: Sequence[str] = (), relaxations: Sequence[tuple[str, ...]] = ()) -> None:
        self.summary = summary
        self.reasons = tuple(reasons)
        self.relaxations = tuple(relaxations)
        super().__init__("\n".join([summary, *(f"  {reason}" for reason in self.reasons)]))


class NotFound(OncallError):
    """An engineer, ticket, code, shift or other thing that the caller named does not exist."""


class Conflict(OncallError):
    """The request contradicts what is stored. Nothing was changed."""


class ScheduleMoved(Conflict):
    """The schedule has a newer version than the one on which the caller based a change. Nothing was changed."""


class Refused(OncallError):
    """The rules do not allow the request. Nothing was changed."""


class SettingsError(OncallError):
    """An environment variable is missing or has a value that cannot be used."""


class StoreError(OncallError):
    """The database cannot answer."""


class StoreUnavailable(StoreError):
    """The database is unreachable, locked or full. Nothing was stored; the same request may succeed later."""


class StoreInDoubt(StoreError):
    """The connection was lost during a commit, so the change may or may not be stored. Check before you retry."""


class WrongSchema(StoreError):
    """Another version of oncall made the tables of the database, so this version cannot use them."""


class IdentityError(OncallError):
    """The identity provider gave an answer that cannot be trusted. Nobody was signed in."""


class IdentityAway(IdentityError):
    """The identity provider does not answer now. Nobody was signed in; a new sign-in may succeed later."""


class DeliveryError(OncallError):
    """A provider did not accept a message. `code`: the provider's own error code, if it gave one."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        self.code = code
        super().__init__(message)


class Temporary(DeliveryError):
    """The message was not sent; retry.

    `retry_after`: the pause (real time) that the provider asked for; None: it named none.
    """

    def __init__(self, message: str, *, code: int | None = None, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, code=code)


class Unreachable(Temporary):
    """The provider did not answer, or its response cannot be read."""


class AddressDelayed(Temporary):
    """The receiver does not accept this one address or message now, as a mail server does that greylists.

    Other messages to the same receiver may still arrive.
    """


class Ambiguous(DeliveryError):
    """The message may or may not have been sent: a time-out, a cut connection, a 5xx, or an answer that is not JSON."""


class Permanent(DeliveryError):
    """A retry cannot help: bad number, opt-out, blocked route, wrong credentials or wrong sender.

    is_ours: our account or settings are the cause, so nothing is sent until an operator mends them.
    may_call: a voice call may still reach the person. has_stopped: the person opted out by sending STOP.
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


class AddressRefused(DeliveryError):
    """The receiver refuses this one address or message for good.

    Other messages to the same receiver may still arrive.
    """
