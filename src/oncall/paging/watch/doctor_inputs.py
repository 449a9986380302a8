"""The facts from which `oncall doctor` computes its findings. `wiring` gathers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.callers import Token
from oncall.paging.ports.heartbeat_store import Heartbeat
from oncall.paging.ports.intake_store import WaitingFailures
from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.paging.ports.refusals import RefusalCount
from oncall.paging.ports.relay import RelayBacklog
from oncall.paging.watch.audit import Overdue
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy

BEHIND = timedelta(days=14)
"""How old (real time) a failed attempt may be to be reported."""


class FailureCause(StrEnum):
    """What must be corrected before a failed message can be delivered: the number, the route or our configuration."""

    NUMBER = "number"
    ROUTE = "route"
    CONFIGURATION = "configuration"


@runtime_checkable
class Probing(Protocol):
    """A channel that can test itself without sending anything."""

    async def probe(self) -> datetime | None:
        """Return the provider's time (aware UTC); None if it gives none.

        Raises DeliveryError if the provider refuses us.
        """


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that the provider or a phone company refused. says: the error in words, and what to do about it."""

    to: str
    at: datetime
    blame: FailureCause
    code: int | None
    says: str


@dataclass(frozen=True, slots=True)
class Provider:
    """The SMS provider as this process found it. name: `twilio` or `outbox`; None if none is set.

    trouble: why the provider does not work; None if it works. is_lasting: True if the trouble does not pass by itself.
    skew: this machine's clock minus the provider's clock; None if not known.
    """

    name: str | None
    trouble: str | None = None
    is_lasting: bool = True
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The facts from the database.

    policy_fault: why the published policy cannot be read; None if it can. heartbeat: when (real time) a pager last
    recorded that it was alive, and its channel; None if none ever did. attempts: recent ones, the newest first.
    overdue: findings of the audit. alerts: recent messages that belong to no ticket, the newest first. opted_out: by
    person's id, why they get no SMS. reached: by person's id, when (policy time) a message to or from them was last
    confirmed. skew: this machine's clock minus the database's; None: they have the same clock. refusals: the counts of
    refused requests of the last day. tokens: those of all callers. backlogs: by destination, what it has not received.
    proofs: which phones are proven. failures: by caller, posts that a person must replay or drop. heartbeats: the jobs
    that must call. subscribers: how many get mail.
    """

    schedule: Schedule
    policy: Policy | None
    policy_fault: str | None
    heartbeat: tuple[datetime, str] | None
    attempts: Sequence[Attempt] = ()
    overdue: Sequence[Overdue] = ()
    alerts: Sequence[Alert] = ()
    opted_out: Mapping[str, str] = field(default_factory=dict)
    reached: Mapping[str, datetime] = field(default_factory=dict)
    skew: timedelta | None = None
    refusals: Sequence[RefusalCount] = ()
    tokens: Sequence[Token] = ()
    backlogs: Mapping[str, RelayBacklog] = field(default_factory=dict)
    proofs: Sequence[PhoneProof] = ()
    failures: Sequence[WaitingFailures] = ()
    heartbeats: Sequence[Heartbeat] = ()
    subscribers: int = 0


@dataclass(frozen=True, slots=True)
class SignInCheck:
    """Whether people can sign in through the identity provider. trouble: why they cannot; None if they can."""

    trouble: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts from which the findings are computed. now: policy time; real_now: real time; both aware UTC.

    public_url: the address at which the provider reaches this service; None if not set. stored: None if the database
    cannot be used; `database_fault` has the reason. free_bytes: free space for a SQLite file. failure_of: explains a
    failed attempt; returns None if it did not fail for good. trouble: why the provider last refused the pager of this
    process; None if it did not, or if this process runs no pager. unset: names of the environment variables that the
    policy's webhooks and team channels need and that are not set. unset_mail: the same for mail to subscribers.
    sign_in: the state of the identity provider; None if there is none.
    """

    now: datetime
    real_now: datetime
    provider: Provider
    public_url: str | None
    stored: Stored | None
    database_fault: str | None = None
    free_bytes: int | None = None
    failure_of: Callable[[Attempt], FailedAttempt | None] = field(default=lambda _: None)
    trouble: str | None = None
    unset: Sequence[str] = ()
    unset_mail: Sequence[str] = ()
    sign_in: SignInCheck | None = None
