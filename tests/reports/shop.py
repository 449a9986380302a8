"""A store with a published schedule, and tickets whose events a few words describe."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.outgoing.advance import advance_ticket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.records import NewVersion
from oncall.reports.quarter import quarter_of
from oncall.reports.review import Review, review_of
from oncall.reports.sla_report import Days, SlaReport, sla_report
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import publication_document
from oncall.store.database import open_store
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text
from tests.store.migrated_databases import write_migrated_file

NEW_YORK = ZoneInfo("America/New_York")
ROSTER = Path(__file__).parents[2] / "rosters" / "itopia-cas.yaml"
LATER = datetime(2027, 7, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


class Shop:
    """Ana is primary and ben secondary, always; mei is the manager."""

    def __init__(self, folder: Path) -> None:
        write_migrated_file(folder / "oncall.db")
        self.url = f"sqlite:///{folder / 'oncall.db'}"
        self.store = open_store(self.url)
        team = read_roster(ROSTER)
        calendar = calendar_of(team.policy, team.holidays)
        first, last = date(2026, 12, 28), date(2027, 7, 4)
        shifts = shifts_between(calendar, first_day=first, last_day=last, rules=team.rules)
        seats = [
            Seat(s.window, s.kind, role, person)
            for s in shifts
            for role, person in (("primary", "ana"), ("secondary", "ben"))
        ]
        plan = Plan(team.team, team.zone, tuple(seats))
        sources = {
            "roster": ROSTER.read_text(encoding="utf-8"),
            "policy": packaged_policy_text(),
            "policy_source": "packaged",
            "policy_zone": team.zone.key,
        }
        version = NewVersion(at("2026-01-01"), "publish", "mei", "", publication_document(plan, team), sources)
        self.store.write(lambda tx: tx.add_version(version))

    def ticket(self, name: str, when: str, life: str = "", **changes: str) -> None:
        """Post a standard urgent ticket of Acme at a New York time.

        life: `7 acknowledged by ben, 9 replied` lists events with their minutes; by ana if not given. The pager runs in
        between.
        """
        received = at(when)
        body = {"id": name, "customer": "Acme Ltd", "plan": "standard", "impact": "urgent", "subject": "No sessions"}
        body |= changes
        context = ActionContext("zendesk", received, received)
        self.store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), received), context))
        for word in filter(None, life.split(", ")):
            minutes, kind, *by = word.split()
            now = received + timedelta(minutes=float(minutes))
            self._advance(name, now)
            self._record(name, TicketAction(EventKind(kind), by[-1] if by else "ana", now))

    def merge(self, name: str, *, into: str, when: str) -> None:
        """Record at a New York time that a ticket is a duplicate of another."""
        self._record(name, TicketAction(EventKind.MERGED, "ana", at(when), into=into))

    def tell(self, name: str, kind: str, *, when: str, said: str | None = None) -> None:
        """Record, as ana, what happened at a New York time. said: when it is recorded; the same time when absent."""
        self._record(name, TicketAction(EventKind(kind), "ana", at(when)), at(said or when))

    def wait(self, name: str, *, until: str) -> None:
        """Run the pager up to a New York time."""
        self._advance(name, at(until))

    def _advance(self, name: str, until: datetime) -> None:
        while (due := self._due_at(name)) is not None and due <= until:
            self.store.write(partial(advance_ticket, ticket_id=name, context=ActionContext("oncall", due, due)))

    def _record(self, name: str, action: TicketAction, said: datetime | None = None) -> None:
        now = said or action.at
        self.store.write(lambda tx: record(tx, name, action, ActionContext(action.by, now, now)))

    def _due_at(self, name: str) -> datetime | None:
        stored = self.store.read(lambda tx: tx.ticket(name))
        return stored.due_at if stored is not None else None

    def report(self, first: str = "2027-01-01", last: str = "2027-03-31", **whose: str) -> SlaReport:
        """The SLA report as of July."""
        days = Days(date.fromisoformat(first), date.fromisoformat(last), NEW_YORK)
        return self.store.read(lambda tx: sla_report(tx, days, as_of=LATER, **whose))

    def review(self, quarter: str = "2027Q1", customer: str = "Acme Ltd") -> Review:
        """The business review as of July."""
        wanted = quarter_of(quarter)
        return self.store.read(lambda tx: review_of(tx, customer, wanted, as_of=LATER))

    def close(self) -> None:
        """Close the database."""
        self.store.close()
