"""A small world for the pager: a real store, the worked roster's schedule, a clock and a phone network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from doubles.clock import FakeClock
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.intake import AcceptedTicket, accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.actions.record_action import record
from oncall.paging.actions.sms_replies import answer_sms
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import Attempt, Purpose, StoredTicket
from oncall.paging.ports.channel import Channel, Message
from oncall.paging.ports.records import NewVersion
from oncall.paging.ports.store import Store
from oncall.paging.sending.engine import Engine
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import PublicationDocument, override_document, publication_document
from oncall.store.database import open_store
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text
from oncall.support.windows import Window
from tests.paging.mortals import FakePhones, Fate, Killed, MortalPhones, MortalStore
from tests.store.migrated_databases import write_migrated_file

T = TypeVar("T")
E = TypeVar("E", bound=Event)

NEW_YORK = ZoneInfo("America/New_York")
ROSTER = Path(__file__).parents[2] / "rosters" / "itopia-cas.yaml"


def at(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


SATURDAY_NIGHT = at("2027-01-09 03:12")
MONDAY_MORNING = at("2027-01-11 10:00")


def ticket_body(ticket_id: str = "T-1", **changes: Any) -> dict[str, Any]:
    """Return the body that an intake posts."""
    return {
        "id": ticket_id,
        "customer": "Acme Ltd",
        "plan": "standard",
        "impact": "urgent",
        "subject": "Sessions do not start",
        **changes,
    }


STATUS = """
page: {name: itopia CAS, url: https://status.example.com, promise: 99.9, timezone: America/New_York}
groups: [{id: app, name: Application}]
components:
  - {id: portal, name: CAS portal, group: app, core: true}
  - {id: api, name: API, group: app}
  - {id: dns, name: DNS provider, third_party: true}
  - {id: acme-vpn, name: VPN of Acme, customers: [Acme Ltd]}
templates:
  sign-in: {title: Sign-in is slow, message: We are looking into it.}
"""
"""A status file with a core component, a third party's, a private one, and a template."""


Seats = Mapping[str, str] | Callable[[datetime], Mapping[str, str]]
"""Engineers by role: the same for every shift, or for the shift that starts at an instant."""
_USUAL_SEATS = {"primary": "ana", "secondary": "ben"}


@cache
def worked_roster() -> Roster:
    """Return the roster that comes with this product as an example."""
    return read_roster(ROSTER)


@cache
def _usual_publication() -> PublicationDocument:
    return _publication(worked_roster(), _USUAL_SEATS)


def _publication(roster: Roster, seats: Seats) -> PublicationDocument:
    """Return the document of a quarter with these engineers."""
    calendar = calendar_of(roster.policy, roster.holidays)
    first, last = at("2027-01-04 00:00").date(), at("2027-04-04 00:00").date()
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
    rows = tuple(
        Seat(shift.window, shift.kind, role, person)
        for shift in shifts
        for role, person in (seats(shift.window.start) if callable(seats) else seats).items()
    )
    return publication_document(Plan(roster.team, roster.zone, rows, first_day=first, last_day=last), roster)


class World:
    """A pager at work. The test must expect every message, in order; `close` fails on an unexpected one."""

    def __init__(
        self, folder: Path, *, now: datetime = SATURDAY_NIGHT, roster: Roster | None = None, url: str | None = None
    ) -> None:
        if url is None and not (folder / "world.db").exists():
            write_migrated_file(folder / "world.db")
        self.url = url or f"sqlite:///{folder / 'world.db'}"
        self.store = open_store(self.url)
        self.clock = FakeClock(now)
        self.phones = FakePhones()
        self.voice: FakePhones | None = None
        self.roster = roster or worked_roster()
        self.fate: Fate | None = None
        self._read = 0
        self._inbound = 0

    # Setting the scene.

    def publish(
        self,
        seats: Seats | None = None,
        *,
        policy: str | None = None,
        customers: str | None = None,
        roster: str = "",
        status: str = STATUS,
    ) -> None:
        """Publish a quarter.

        seats: engineers by role for every shift (default: ana and ben). policy, customers, roster, status: file texts.
        """
        is_usual = seats is None and self.roster is worked_roster()
        document = _usual_publication() if is_usual else _publication(self.roster, seats or _USUAL_SEATS)
        sources = {
            "roster": roster,
            "policy": policy or packaged_policy_text(),
            "policy_source": "p",
            "policy_zone": "America/New_York",
            "status": status,
            **({"customers": customers} if customers is not None else {}),
        }
        self._version("publish", document, sources)

    def override(self, engineer: str, *, role: str, start: str, end: str) -> None:
        self._version("override", override_document(Window(at(start), at(end)), role, engineer), {})

    def _version(self, kind: str, document: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        version = NewVersion(self.clock.now(), kind, "mei", "test", document, sources)
        self.store.write(lambda tx: tx.add_version(version))

    # What people and systems do.

    def post(self, ticket_id: str = "T-1", **changes: Any) -> AcceptedTicket:
        body = ticket_body(ticket_id, **changes)
        engine = self.engine()
        context = replace(engine.context("zendesk"), lease_until=None)
        return self.store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), context.now), context))

    def act(self, kind: EventKind, by: str, ticket_id: str = "T-1", **more: Any) -> ActionResult:
        context = replace(self.engine().context(by), lease_until=None)
        action = TicketAction(kind, by, self.clock.now(), **more)
        done = self.store.write(lambda tx: record(tx, ticket_id, action, context))
        self.run()
        return done

    def sms(self, sender: str, body: str, provider_id: str = "") -> str:
        people = self.store.read(lambda tx: tx.schedule()).people
        phone = people[sender].phone if sender in people else sender
        context = replace(self.engine().context(), lease_until=None)
        self._inbound += 1
        sid = provider_id or f"SM{self._inbound:032x}"
        answer = self.store.write(lambda tx: answer_sms(tx, phone=phone, body=body, provider_id=sid, context=context))
        self.run()
        return answer.text

    # Time.

    def engine(self) -> Engine:
        store: Store = self.store
        channel: Channel = self.phones
        if self.fate is not None:
            store, channel = MortalStore(self.store, self.fate), MortalPhones(self.phones, self.fate)
        channels = {"sms": channel} if self.voice is None else {"sms": channel, "voice": self.voice}
        return Engine(store=store, channels=channels, clock=self.clock, worker="test")

    def run(self) -> None:
        """Run one pass of the engine and every send that it starts."""

        async def once() -> None:
            engine = self.engine()
            await engine.run_once()
            await engine.settle()
            await engine.run_once()
            await engine.settle()

        asyncio.run(once())

    def restart(self) -> None:
        """Kill the process and start another one on the same database."""
        self.store.close()
        self.store = open_store(self.url)

        async def adopt() -> None:
            engine = self.engine()
            stop = asyncio.Event()
            stop.set()
            await engine.run(stop)

        asyncio.run(adopt())
        self.run()

    def advance(self, span: timedelta) -> None:
        """Let time pass. The engine runs whenever something is due, and at the end."""
        end = self.clock.moment + span
        self.run()
        while self.clock.moment < end:
            due = self.store.read(lambda tx: [at for at in (tx.next_due_at(), tx.next_attempt_at()) if at is not None])
            later = [at for at in due if at > self.clock.moment]
            self.clock.moment = min([*later, end])
            self.run()

    def live(self, calls: int, span: timedelta, body: Mapping[str, Any]) -> None:
        """Give a process a ticket and run it until it dies at the numbered outside call."""
        self.fate = Fate(calls)
        with suppress(Killed):
            asyncio.run(self._accept_in_engine(body))
            self.advance(span)
        self.fate = None
        self.restart()

    async def _accept_in_engine(self, body: Mapping[str, Any]) -> None:
        engine = self.engine()
        context = engine.context("zendesk")
        accepted = await engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), context.now), context))
        engine.send_soon(accepted.attempts)
        await engine.settle()

    # What must have happened.

    def unread(self) -> list[Message]:
        """Return the messages that the test has not expected yet, oldest first."""
        return self.phones.sent[self._read :]

    def read_all(self) -> None:
        """Mark every message so far as expected."""
        self._read = len(self.phones.sent)

    def expect_page(self, to: str, *, containing: str = "") -> Message:
        assert self.unread(), f"no message for {to}"
        message = self.phones.sent[self._read]
        self._read += 1
        assert message.to == to, f"expected a message to {to}, got {message.to}: {message.body}"
        assert containing in message.body
        return message

    def expect_pages(self, *people: str) -> None:
        """Expect the next messages to go to these people, in any order."""
        found = [message.to for message in self.unread()[: len(people)]]
        self._read += len(found)
        assert sorted(found) == sorted(people)

    def expect_silence(self) -> None:
        extra = [(message.to, message.body) for message in self.unread()]
        assert extra == []

    def ticket(self, ticket_id: str = "T-1") -> StoredTicket:
        stored = self.store.read(lambda tx: tx.ticket(ticket_id))
        assert stored is not None
        return stored

    def code(self, ticket_id: str = "T-1") -> str:
        return self.ticket(ticket_id).code

    def events(self, ticket_id: str = "T-1") -> list[Event]:
        return self.store.read(lambda tx: tx.events(ticket_id))

    def logged(self, kind: type[E], ticket_id: str = "T-1") -> list[E]:
        """Return the events of one kind in a ticket's log."""
        return [event for event in self.events(ticket_id) if isinstance(event, kind)]

    def attempts(self, ticket_id: str = "T-1") -> list[Attempt]:
        """Return pages in the order of their steps, then notices."""
        tries = self.store.read(lambda tx: tx.attempts(ticket_id))
        return sorted(tries, key=lambda one: (one.purpose is Purpose.NOTICE, one.round or 0, one.step or 0))

    def find(self, reference: str) -> StoredTicket:
        return self.store.read(lambda tx: find_ticket(tx, reference))

    def close(self) -> None:
        self.store.close()
        self.expect_silence()
