"""The state of a ticket, computed from its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.pager_events import AlertMark
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.domain.verdict import Action


@dataclass(frozen=True, slots=True)
class Chase:
    """The escalation of an owned ticket that nears its breach. round: its number.

    time_left: the time in which its steps must fire.
    """

    round: int
    time_left: timedelta


@dataclass(frozen=True, slots=True)
class TicketState:
    """The state of a ticket after its events. Times are policy time, aware UTC.

    position: the next due step while the ticket is open. An acknowledgement keeps the position, so that a later pass
    continues from there. paged: every person who was sent a page, in order. last_fired: (round, step) of the last step
    that fired; last_to: the person whom that step paged. alive: the steps that fired and have not failed. passed:
    (round, person) of each person who passed the ticket on. passed_from: (round, person) of each person from whom
    another person passed the ticket on. A round does not page the people of its `passed` and `passed_from` again.
    pass_to: the person to whom the ticket was passed by name, until the pager has paged them. dead: (round, person,
    channel) of each channel that failed for good in that round. called: (round, person) of each person whom no text
    reached in that round, and whom the pager calls instead. alerts: the SLA alerts given so far. chase: the present or
    last chase; None if there is none. owner: the person who took the ticket, also during a chase. taken_at: when the
    owner took the ticket. opened_at: when the ticket came in or was reopened.
    """

    plan: str
    impact: str
    status: TicketStatus = TicketStatus.OPEN
    action: Action | None = None
    hold_until: datetime | None = None
    first_reply_due: datetime | None = None
    position: Position | None = None
    paged: tuple[str, ...] = ()
    last_fired: tuple[int, int] | None = None
    last_to: str | None = None
    alive: tuple[tuple[int, int], ...] = ()
    passed: frozenset[tuple[int, str]] = frozenset()
    passed_from: frozenset[tuple[int, str]] = frozenset()
    pass_to: str | None = None
    dead: frozenset[tuple[int, str, str]] = frozenset()
    called: frozenset[tuple[int, str]] = frozenset()
    owner: str | None = None
    taken_at: datetime | None = None
    opened_at: datetime | None = None
    is_reopened: bool = False
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    merged_into: str | None = None
    alerts: frozenset[AlertMark] = frozenset()
    chase: Chase | None = None

    @property
    def is_chased(self) -> bool:
        """Return True if the ticket has an owner but escalates again, because a breach is near."""
        return self.status is TicketStatus.OPEN and self.owner is not None and self.chase is not None

    @property
    def escalates(self) -> bool:
        """Return True if the ticket is open and pages people, now or when its hold ends."""
        return self.status is TicketStatus.OPEN and (self.position is not None or self.action is Action.HOLD)

    @property
    def due_at(self) -> datetime | None:
        """Return when the next step or the end of the hold is due; None if nothing is due until another event arrives.

        SLA alerts are not included; see `sla_alerts.next_alert_at`.
        """
        if self.status is not TicketStatus.OPEN:
            return None
        if self.action is Action.HOLD:
            return self.hold_until
        return self.position.due_at if self.position is not None else None
