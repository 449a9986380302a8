"""The events that the pager itself writes to a ticket's log: verdicts, steps, SLA alerts, the send queue, handoffs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import Event, EventKind, TermsVersions
from oncall.paging.domain.verdict import Verdict
from oncall.support.policy import Metric


class AlertMark(NamedTuple):
    """The identity of an SLA alert. It keeps the pager from giving the same alert twice.

    kind: WARNED, CHASED or BREACHED. since: when the clock started. due_at: the clock's deadline, for a warning and a
    chase, so that a new deadline gets alerts of its own. None for a breach, because each clock has only one.
    """

    kind: EventKind
    metric: Metric
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class AbsorbedClock:
    """An SLA clock of a duplicate. It continues on the ticket that the duplicate was merged into.

    The fields mean the same as in `support.clocks.CarriedClock`. terms: None in a log that does not record them.
    """

    metric: Metric
    plan: str
    impact: str
    since: datetime
    promised_at: datetime
    asked_from: datetime | None
    counted_from: datetime | None
    spans: tuple[tuple[datetime, datetime], ...]
    breached_at: datetime | None
    asked: tuple[datetime, ...]
    terms: TermsVersions | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed(Event):
    """A duplicate was merged into this ticket.

    clocks: the duplicate's clocks that continue here. alerts: the SLA alerts that were given on the duplicate.
    first_reply_due: the new deadline of this ticket's first reply; None: unchanged.
    """

    kind: ClassVar[EventKind] = EventKind.ABSORBED
    duplicate: str
    clocks: tuple[AbsorbedClock, ...]
    alerts: frozenset[AlertMark]
    first_reply_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Event):
    """The pager gave a verdict: at receipt, at the end of a hold, after a change of impact or after a reopening."""

    kind: ClassVar[EventKind] = EventKind.JUDGED
    verdict: Verdict
    terms: TermsVersions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(Event):
    """An event of an escalation step. round, step: their numbers, both from 0."""

    round: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFired(StepEvent):
    """A step paged the person `to` by `channel`. attempt: the id of the page.

    notify: the target as the policy names it; `named` if the ticket was passed to `to` by name; `drill` for a test
    page. following: the position of the next step; None: no step follows.
    """

    kind: ClassVar[EventKind] = EventKind.STEP_FIRED
    notify: str
    channel: str
    following: Position | None
    to: str
    attempt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(StepEvent):
    """A step could reach nobody. The fields mean the same as in `StepFired`."""

    kind: ClassVar[EventKind] = EventKind.STEP_SKIPPED
    notify: str
    channel: str
    following: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed(StepEvent):
    """A step's page did not reach `to`. for_good: no page by this channel can reach that person in this round."""

    kind: ClassVar[EventKind] = EventKind.STEP_FAILED
    to: str
    attempt: str
    channel: str
    for_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRepeated(StepEvent):
    """Within a step, a new page replaces one that failed.

    attempt: the id of the new page, sent by `channel`. instead_of: the id of the failed page.
    """

    to: str
    channel: str
    attempt: str
    instead_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRerouted(StepRepeated):
    """No text reaches the person of a step: the pager calls them instead."""

    kind: ClassVar[EventKind] = EventKind.STEP_REROUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResent(StepRepeated):
    """A page failed for a reason that may pass: the pager sends it once more."""

    kind: ClassVar[EventKind] = EventKind.STEP_RESENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent(Event):
    """An event of an SLA clock: the clock of `metric` that started at `since`. to: who gets a notice; None: nobody."""

    metric: Metric
    since: datetime
    due_at: datetime | None
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent(ClockEvent):
    """An SLA alert. attempt: the id of the notice to `to`; None if there is no notice."""

    attempt: str | None = None

    @property
    def mark(self) -> AlertMark:
        """Return the mark that identifies this alert."""
        return AlertMark(self.kind, self.metric, self.since, self.due_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(AlertEvent):
    """The pager warned the owner that a target is nearly used up."""

    kind: ClassVar[EventKind] = EventKind.WARNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased(AlertEvent):
    """An owned ticket nears its breach: the escalation starts again."""

    kind: ClassVar[EventKind] = EventKind.CHASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Breached(AlertEvent):
    """A target ended unmet. Each clock has at most one breach."""

    kind: ClassVar[EventKind] = EventKind.BREACHED

    @property
    def mark(self) -> AlertMark:
        """Return the mark that identifies this breach."""
        return AlertMark(self.kind, self.metric, self.since, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(ClockEvent):
    """The pager takes a reported breach back: an event that was recorded late shows that it did not happen.

    by: the author of that late event.
    """

    kind: ClassVar[EventKind] = EventKind.WITHDRAWN

    @property
    def mark(self) -> AlertMark:
        """Return the mark of the breach that is withdrawn."""
        return AlertMark(EventKind.BREACHED, self.metric, self.since, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWaits(Event):
    """A page waits for a rate limit or a busy line until `until`."""

    kind: ClassVar[EventKind] = EventKind.PAGE_WAITS
    to: str
    attempt: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBundled(Event):
    """A page is sent in one message with others.

    bundle: the id of the attempt that leads the message. tickets: the ids of at most fifty tickets in it, the most
    urgent ones.
    """

    kind: ClassVar[EventKind] = EventKind.PAGE_BUNDLED
    to: str
    attempt: str
    bundle: str
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Event):
    """The pager notified `to` of this open ticket, because `to` came on call at the handoff at `handoff_at`."""

    kind: ClassVar[EventKind] = EventKind.HANDED_OVER
    to: str
    handoff_at: datetime
    attempt: str
