"""What a caller says happened to a ticket: read from the posted document, every fault of it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall.paging.actions.intake import EARLY, FieldFault, FieldFaults, instant, no_time
from oncall.paging.actions.ticket_action import FROM_PEOPLE, TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.callers import CallerRole, Token
from oncall.web.problem_documents import ProblemDocument

OLDEST_EVENT = timedelta(days=366)
LONGEST_WHY = 1000

_NAME = re.compile(r"(?!.*\d{7})[\w.@ -]{1,60}")
"""A name or id; never a phone number."""
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,100}")


def read_deed(posted: object, caller: Token, now: datetime) -> TicketAction:
    """What `caller` says happened; `now` (policy time, aware UTC) when they do not say when.

    Raises FieldFaults naming every field at fault, and Problem 403 when an engineer's token tells of somebody else.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("event", 'a JSON object is needed, like {"kind": "acknowledged"}')])
    reader = _Reader(posted, now)
    action = TicketAction(
        kind=reader.kind(),
        by=reader.by(caller),
        at=reader.at(),
        why=reader.why(),
        id=reader.id(),
        impact=reader.for_kind(EventKind.IMPACT_CHANGED, "impact"),
        into=reader.for_kind(EventKind.MERGED, "into"),
        needs_reply=reader.needs_reply(),
        take_over=reader.take_over(),
        to=reader.to(),
    )
    if reader.faults:
        raise FieldFaults(reader.faults)
    if caller.role is CallerRole.ENGINEER and action.by != caller.name:
        raise ProblemDocument(403, f"this token acts for {caller.name} alone")
    return action


class _Reader:
    """Takes the fields of one posted event and keeps every fault. What it gives after a fault is never used."""

    def __init__(self, posted: Mapping[str, Any], now: datetime) -> None:
        self._posted, self._now = posted, now
        self.faults: list[FieldFault] = []

    def kind(self) -> EventKind:
        kinds = {kind.value: kind for kind in FROM_PEOPLE}
        value = self._posted.get("kind")
        if isinstance(value, str) and value in kinds:
            return kinds[value]
        self.faults.append(FieldFault("kind", f"write one of {', '.join(kinds)}"))
        return EventKind.UPDATED

    def by(self, caller: Token) -> str:
        value = self._posted.get("by")
        if value is None:
            return caller.name
        if isinstance(value, str) and _NAME.fullmatch(value):
            return value
        self.faults.append(FieldFault("by", "is not an id or a name of 1 to 60 letters, and never a phone number"))
        return caller.name

    def at(self) -> datetime:
        value = self._posted.get("at")
        at = self._now if value is None else instant(value)
        if at is None:
            self.faults.append(FieldFault("at", no_time(value)))
        elif not self._now - OLDEST_EVENT <= at <= self._now + EARLY:
            self.faults.append(FieldFault("at", "is in the future or more than a year ago"))
        return at or self._now

    def why(self) -> str:
        value = self._posted.get("why")
        if value is None:
            return ""
        if isinstance(value, str) and len(value) <= LONGEST_WHY:
            return value
        self.faults.append(FieldFault("why", f"is not text of at most {LONGEST_WHY} characters"))
        return ""

    def id(self) -> str | None:
        value = self._posted.get("id")
        if value is None or (isinstance(value, str) and _EVENT_ID.fullmatch(value)):
            return value
        self.faults.append(FieldFault("id", "is not text of 1 to 100 printable characters"))
        return None

    def for_kind(self, kind: EventKind, name: str) -> str:
        """The field that events of this kind must have; empty for any other kind."""
        if self._posted.get("kind") != kind.value:
            return ""
        value = self._posted.get(name)
        if isinstance(value, str):
            return value
        self.faults.append(FieldFault(name, "missing" if value is None else "is not text"))
        return ""

    def take_over(self) -> bool:
        """True if an acknowledgement takes the ticket also from an engineer who has it."""
        value = self._posted.get("take_over")
        if self._posted.get("kind") != EventKind.ACKNOWLEDGED.value or value is None:
            return False
        if not isinstance(value, bool):
            self.faults.append(FieldFault("take_over", "write true or false"))
        return value is True

    def to(self) -> str | None:
        """The person to whom a ticket is passed; None: the next one of the escalation."""
        value = self._posted.get("to")
        if self._posted.get("kind") != EventKind.PASSED.value or value is None:
            return None
        if isinstance(value, str) and _NAME.fullmatch(value):
            return value
        self.faults.append(FieldFault("to", 'is not the id of a person; write one of the roster, like "ana"'))
        return None

    def needs_reply(self) -> bool:
        """False if a customer's message is said to need no answer."""
        value = self._posted.get("needs_reply")
        if self._posted.get("kind") != EventKind.CUSTOMER_REPLIED.value or value is None:
            return True
        if not isinstance(value, bool):
            self.faults.append(FieldFault("needs_reply", "write true or false"))
        return value is not False
