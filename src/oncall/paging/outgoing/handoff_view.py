"""The report of a shift as JSON, and as text for the terminal and for team channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

from oncall.paging.domain.people import DESK
from oncall.paging.outgoing.handoff_report import HandoffReport
from oncall.paging.outgoing.handoffs import coming_on
from oncall.paging.outgoing.open_tickets import OpenTicket
from oncall.schedule.schedule import Schedule
from oncall.support.json_types import IsoTime
from oncall.support.wording import full_time


class HandoffClock(TypedDict):
    """A running clock of a ticket."""

    metric: Annotated[str, "`first_reply`, `next_reply` or `periodic_update`."]
    due_at: Annotated[IsoTime | None, "Null while the clock is paused."]


class HandoffTicket(TypedDict):
    """An open ticket."""

    id: str
    customer: str
    plan: str
    impact: str
    subject: str
    state: Annotated[str, "`open` or `acknowledged`."]
    owner: Annotated[str | None, "Id of the engineer who has it."]
    clock: Annotated[HandoffClock | None, "The clock that ends first; null if none runs."]


class HandoffPage(TypedDict):
    """A page that was sent in the shift."""

    ticket: str
    to: Annotated[str, "The engineer's id."]
    at: IsoTime


class HandoffHold(TypedDict):
    """A ticket that is held until the next shift."""

    id: str
    customer: str
    impact: str
    subject: str
    hold_until: Annotated[IsoTime | None, "When the ticket is judged again."]


class HandoffNoteView(TypedDict):
    """A note for the next shift."""

    at: IsoTime
    by: str
    text: str


class HandoffChange(TypedDict):
    """A version of the schedule that was made in the shift."""

    version: int
    at: IsoTime
    kind: str
    by: str
    reason: str


class HandoffView(TypedDict):
    """The report of a shift, for the people of the next one."""

    began_at: IsoTime
    ends_at: Annotated[IsoTime, "The handoff at which the shift ends; in the past if the query has `last`."]
    timezone: Annotated[str, "The policy's zone."]
    to: Annotated[str | None, "Who gets pages first after that handoff: an engineer's id, or `desk`; null for a gap."]
    people: Annotated[list[str], "Ids of the engineers whose shifts begin then."]
    open: Annotated[list[HandoffTicket], "Open tickets, the clock that ends first on top."]
    paged: Annotated[list[HandoffPage], "Pages of the shift, the oldest first."]
    held: list[HandoffHold]
    notes: list[HandoffNoteView]
    changes: list[HandoffChange]


def handoff_view(report: HandoffReport, schedule: Schedule) -> HandoffView:
    """Return the report as JSON. Times are in the policy's zone."""
    zone = schedule.calendar.zone
    return {
        "began_at": _iso(report.began_at, zone),
        "ends_at": _iso(report.ended_at, zone),
        "timezone": zone.key,
        "to": report.to.to,
        "people": coming_on(schedule, report.to) if report.to.to != DESK else [],
        "open": [_ticket(each, zone) for each in report.open],
        "paged": [{"ticket": page.ticket, "to": page.to, "at": _iso(page.at, zone)} for page in report.pages],
        "held": [
            {
                "id": held.ticket.id,
                "customer": held.ticket.customer,
                "impact": held.impact,
                "subject": held.ticket.subject,
                "hold_until": _iso(held.hold_until, zone) if held.hold_until is not None else None,
            }
            for held in report.held
        ],
        "notes": [{"at": _iso(note.at, zone), "by": note.by, "text": note.text} for note in report.notes],
        "changes": [
            {
                "version": change.version,
                "at": _iso(change.at, zone),
                "kind": change.kind,
                "by": change.by,
                "reason": change.reason,
            }
            for change in report.changes
        ],
    }


def _ticket(found: OpenTicket, zone: tzinfo) -> HandoffTicket:
    stored, clock = found.stored, found.clock
    shown: HandoffClock | None = None
    if clock is not None:
        shown = {
            "metric": clock.metric.value,
            "due_at": _iso(clock.due_at, zone) if clock.due_at is not None else None,
        }
    return {
        "id": stored.ticket.id,
        "customer": stored.ticket.customer,
        "plan": stored.ticket.plan,
        "impact": stored.impact,
        "subject": stored.ticket.subject,
        "state": stored.status.value,
        "owner": stored.owner,
        "clock": shown,
    }


def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()


def handoff_text(view: HandoffView) -> str:
    """Return the whole report as text, a line for each ticket, page, hold, note and change."""
    zone = ZoneInfo(view["timezone"])
    people = ", ".join(view["people"]) or {DESK: "the support desk", None: "NOBODY"}.get(view["to"], view["to"])
    head = f"Shift from {_time(view['began_at'], zone)} to {_time(view['ends_at'], zone)}. Next: {people}."
    opened = [_open_line(each, zone) for each in view["open"]]
    held = [
        f"{one['id']}  {one['impact']}  {one['customer']}: {one['subject']}, until {_time(one['hold_until'], zone)}"
        for one in view["held"]
    ]
    notes = [f"{_time(one['at'], zone)}  {one['by']}: {one['text']}" for one in view["notes"]]
    changes = [f"version {one['version']}, {one['kind']} by {one['by']}: {one['reason']}" for one in view["changes"]]
    sections = [
        _section("Open, the clock that ends first on top", opened, "No ticket is open."),
        _section("Paged in this shift", list(_page_lines(view["paged"], zone)), "Nobody was paged in this shift."),
        _section("Held until the next shift", held, "No ticket is held until the next shift."),
        _section("Notes", notes, "No notes."),
        _section("Changes of the schedule", changes, ""),
    ]
    return "\n".join([head, *(line for section in sections for line in section)])


def _section(title: str, lines: list[str], nothing: str) -> list[str]:
    if not lines:
        return [nothing] if nothing else []
    return [f"{title} ({len(lines)}):", *(f"  {line}" for line in lines)]


def _open_line(one: HandoffTicket, zone: ZoneInfo) -> str:
    owner = f"taken by {one['owner']}" if one["owner"] is not None else "taken by nobody"
    clock, due = one["clock"], ""
    if clock is not None and clock["due_at"] is not None:
        due = f", {clock['metric'].replace('_', ' ')} by {_time(clock['due_at'], zone)}"
    return f"{one['id']}  {one['impact']}  {one['customer']}: {one['subject']}{due}, {owner}"


def _page_lines(pages: Iterable[HandoffPage], zone: ZoneInfo) -> Iterator[str]:
    """Yield a line for each ticket with a page in the shift: how many pages, to whom, and when the first was sent."""
    by_ticket: dict[str, list[HandoffPage]] = {}
    for page in pages:
        by_ticket.setdefault(page["ticket"], []).append(page)
    for ticket, sent in by_ticket.items():
        times = f"{len(sent)} pages" if len(sent) > 1 else "1 page"
        people = ", ".join(dict.fromkeys(page["to"] for page in sent))
        yield f"{ticket}  {times} to {people}, first at {_time(sent[0]['at'], zone)}"


def _time(at: str | None, zone: ZoneInfo) -> str:
    return full_time(datetime.fromisoformat(at), zone) if at is not None else "?"
