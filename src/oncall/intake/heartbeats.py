"""Heartbeats: jobs must call regularly. If a job does not call, a ticket is opened; its next call resolves the ticket.

Times are policy time. While no pager ran, calls could not be recorded, so such an outage never counts against a job. If
it overlaps the time in which a call was expected, the job gets a whole interval from the end of the outage on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from oncall.errors import Conflict, NotFound, Refused
from oncall.intake.routes import routed
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.paging.actions.intake import accept_posted
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.ticket import Attempt, TicketStatus
from oncall.paging.domain.verdict import impact_named, plan_named
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.heartbeat_store import Heartbeat, Heartbeats
from oncall.paging.ports.store import TicketStore
from oncall.support.likely_times import length_meant
from oncall.support.policy import Policy
from oncall.support.wording import exact_span, full_time

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=31)
LONGEST_GRACE = timedelta(days=7)
MOST = 1000
"""The most heartbeats that may be stored."""
PREFIX = "hb"
_SPAN = re.compile(r"([0-9]{1,6}[smhd])+")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FIELDS = ("name", "every", "grace", "customer", "plan", "impact")


class HeartbeatStore(TicketStore, Heartbeats, Protocol):
    """The queries for heartbeats and their tickets."""


def create_heartbeat(tx: HeartbeatStore, posted: object, context: ActionContext) -> Heartbeat:
    """Store the heartbeat that a posted object describes, and return it. Its first call is due one interval from now.

    Raises FieldFaults for every wrong field, Conflict if the name is taken, and Refused if there are too many.
    """
    made = _read(posted, tx.policy_at(context.now), context)
    if tx.heartbeat(made.name) is not None:
        raise Conflict(f"there is a heartbeat {quoted(made.name)} already; `oncall heartbeat delete` removes it")
    if len(tx.heartbeats()) >= MOST:
        raise Refused(f"there are {MOST} heartbeats already; delete those that nobody needs")
    tx.add_heartbeat(made)
    return made


def _read(posted: object, policy: Policy, context: ActionContext) -> Heartbeat:
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("heartbeat", 'a JSON object is needed, like {"name": "backup", "every": "1d"}')])
    faults = [FieldFault(str(name)[:60], "is not a field of a heartbeat") for name in posted if name not in _FIELDS]
    name = posted.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        faults.append(FieldFault("name", "write 1 to 30 small letters, digits and dashes, like nightly-backup"))
    every = _span(posted.get("every"), "every", SHORTEST, LONGEST, faults)
    grace = _span(posted.get("grace", "5m"), "grace", timedelta(0), LONGEST_GRACE, faults)
    customer = posted.get("customer")
    if customer is not None and not (isinstance(customer, str) and 0 < len(clean(customer)) <= 200):
        faults.append(FieldFault("customer", "is not a name of 1 to 200 characters"))
    plan, impact = posted.get("plan"), posted.get("impact")
    for field, value, named in (("plan", plan, plan_named), ("impact", impact, impact_named)):
        if value is not None:
            _check_name(field, value, named, policy, faults)
    if faults:
        raise FieldFaults(faults)
    return Heartbeat(
        str(name),
        every,
        grace,
        context.by,
        context.now,
        context.now + every + grace,
        clean(customer) if isinstance(customer, str) else None,
        plan_named(plan, policy).name if isinstance(plan, str) else None,
        impact_named(impact, policy).name if isinstance(impact, str) else None,
    )


class _Named(Protocol):
    def __call__(self, name: str, policy: Policy) -> object: ...


def _check_name(field: str, value: object, named: _Named, policy: Policy, faults: list[FieldFault]) -> None:
    if not isinstance(value, str):
        faults.append(FieldFault(field, f"{shown(value)} is not text"))
        return
    try:
        named(value[:200], policy)
    except Refused as refusal:
        faults.append(FieldFault(field, str(refusal)))


def _span(value: object, field: str, least: timedelta, most: timedelta, faults: list[FieldFault]) -> timedelta:
    """Parse a length of time like `90s` or `1h30m` from a posted field.

    Appends to `faults` if it cannot be read or is not between `least` and `most`; then the result is `least`.
    """
    if isinstance(value, str) and _SPAN.fullmatch(value):
        parts = re.findall(r"([0-9]+)([smhd])", value)
        length = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
        if least <= length <= most:
            return length
        faults.append(FieldFault(field, f"is out of range; write {exact_span(least)} to {exact_span(most)}"))
    else:
        missing = "missing; " if value is None else ""
        likely = length_meant(value) if isinstance(value, str) else None
        advice = f"write {likely}" if likely is not None else "write a length of time, like 90s, 10m, 2h or 1d"
        faults.append(FieldFault(field, missing + advice))
    return least


def beat(tx: HeartbeatStore, name: str, context: ActionContext) -> tuple[Heartbeat, tuple[Attempt, ...], str | None]:
    """Record a call of a job, and resolve the ticket that was opened because it had not called.

    Returns the heartbeat, the new attempts, and the id of the resolved ticket, or None. Raises NotFound for an unknown
    name.
    """
    found = tx.heartbeat(name) if NAME.fullmatch(name) else None
    if found is None:
        raise NotFound(f"there is no heartbeat {quoted(name)}; `oncall heartbeat create` makes one")
    called = replace(found, last_at=context.now, due_at=context.now + found.every + found.grace, ticket=None)
    tx.update_heartbeat(called)
    stored = tx.ticket(found.ticket) if found.ticket is not None else None
    if stored is None or stored.status is TicketStatus.RESOLVED:
        return called, (), None
    action = TicketAction(EventKind.RESOLVED, context.by, context.now, f"{name} calls again")
    done = record(tx, stored.ticket.id, action, context)
    return called, done.attempts, stored.ticket.id


def judge_silence(tx: HeartbeatStore, name: str, context: ActionContext) -> tuple[Attempt, ...]:
    """Open a ticket if the job's call is overdue at `context.now` and it has no ticket yet.

    Returns the new attempts.
    """
    found = tx.heartbeat(name)
    if found is None or found.ticket is not None or found.due_at > context.now:
        return ()
    policy = tx.policy_at(context.now)
    labels = {"heartbeat": name, "alertname": "heartbeat", "severity": "error"}
    given = {"customer": found.customer, "plan": found.plan, "impact": found.impact}
    way = routed(labels | {field: value for field, value in given.items() if value is not None}, policy)
    opened = found.opened + 1
    while tx.ticket(ticket_id := f"{PREFIX}-{name}" if opened == 1 else f"{PREFIX}-{name}.{opened}") is not None:
        opened += 1
    since = full_time(found.last_at, policy.zone) if found.last_at is not None else None
    subject = f"{name} has stopped calling: last call {since}" if since else f"{name} has never called"
    document = {
        "id": ticket_id,
        "customer": way.customer,
        "plan": way.plan,
        "impact": found.impact or way.impact,
        "subject": f"{subject}, expected every {exact_span(found.every)}",
    }
    accepted = accept_posted(tx, document, context, reasons=way.reasons)
    tx.update_heartbeat(replace(found, ticket=ticket_id, opened=opened))
    return accepted.attempts


def excuse(tx: Heartbeats, *, down_from: datetime, down_until: datetime) -> list[str]:
    """Give each job whose call may have been lost in an outage one more interval. Returns the names of these jobs.

    down_from, down_until: the outage, in policy time, aware UTC.
    """
    names = []
    for one in tx.heartbeats():
        expected = (one.last_at or one.created_at) + one.every
        overlaps = down_from < one.due_at and down_until > expected - max(one.grace, one.every / 2)
        due_at = down_until + one.every + one.grace
        if one.ticket is None and overlaps and due_at > one.due_at:
            tx.update_heartbeat(replace(one, due_at=due_at))
            names.append(one.name)
    return names
