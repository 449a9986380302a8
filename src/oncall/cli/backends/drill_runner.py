"""Runs a drill for a command: with the database of this machine, or through a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from oncall.cli.backends.server import open_live_server
from oncall.cli.terminal.output import tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.paging.outgoing.new_attempts import ActionContext
    from oncall.paging.ports.time_source import Clock
    from oncall.paging.watch.drill import DrillProgress
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings

PAGER_IS_DEAD = timedelta(seconds=30)
_ONLY_PRINTS = "The pager that runs prints its pages and sends nothing; answer with `oncall ack`."


class Drilling(Protocol):
    """Starts a drill, watches it and ends it."""

    def start(self, to: str | None, wait: int) -> tuple[str, str, str]:
        """Start a drill. Returns the id of its ticket, the person who is paged, and the ticket's code.

        to: a person's id; None: the person whom a page would reach first. wait: after so many seconds the page is not
        sent any more. Raises Refused without a pager, and without a person to page.
        """

    def progress(self, ticket: str) -> DrillProgress:
        """Return how far the drill has come. ticket: the id of its ticket."""

    def pause(self, seconds: float) -> None:
        """Wait for this many seconds; a change in the database may end the wait early."""

    def end(self, ticket: str) -> None:
        """Resolve the drill's ticket, whether the page was answered or not."""


@contextmanager
def open_drilling(settings: Settings) -> Iterator[Drilling]:
    """Open the server that the settings name, or else the local database. Closes it at the end."""
    from oncall import wiring

    server = open_live_server(settings)
    if server is not None:
        yield RemoteDrilling(server)
        return
    with wiring.make_store(settings) as store:
        yield LocalDrilling(store, wiring.make_clock(settings), wiring.current_user())


class LocalDrilling:
    """Runs a drill in the database of this machine. The page is queued for the pager that uses this database."""

    def __init__(self, store: SqlStore, clock: Clock, user: str) -> None:
        self._store, self._clock, self._user = store, clock, user

    def start(self, to: str | None, wait: int) -> tuple[str, str, str]:
        from oncall.paging.watch.drill import start_drill, whom

        context = self._context()
        self._refuse_without_pager(context.real_now)
        person = self._store.read(lambda tx: whom(tx, to, context.now))
        ends_at = context.now + timedelta(seconds=wait)
        stored, _ = self._store.write(lambda tx: start_drill(tx, to=person, ends_at=ends_at, context=context))
        return stored.ticket.id, person, stored.code

    def progress(self, ticket: str) -> DrillProgress:
        from oncall.paging.watch.drill import progress

        return self._store.read(lambda tx: progress(tx, ticket))

    def pause(self, seconds: float) -> None:
        self._store.wait_for_change(seconds)

    def end(self, ticket: str) -> None:
        from oncall.paging.actions.record_action import record
        from oncall.paging.actions.ticket_action import TicketAction
        from oncall.paging.domain.events import EventKind

        context = self._context()
        action = TicketAction(EventKind.RESOLVED, self._user, context.now, why="the drill is over")
        self._store.write(lambda tx: record(tx, ticket, action, context))

    def _refuse_without_pager(self, real_now: datetime) -> None:
        beat = self._store.read(lambda tx: tx.last_beat())
        if beat is None or real_now - beat[0] > PAGER_IS_DEAD:
            raise Refused("no pager runs on this database, so nothing would be sent; start `oncall serve`")
        if beat[1] == "outbox":
            tell(_ONLY_PRINTS, colour="yellow")

    def _context(self) -> ActionContext:
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second

        return ActionContext(self._user, whole_second(self._clock.now()), self._clock.real_now())


class RemoteDrilling:
    """Runs a drill through a server, whose own pager sends the page."""

    def __init__(self, server: RemoteBackend) -> None:
        self._server = server

    def start(self, to: str | None, wait: int) -> tuple[str, str, str]:
        started = self._server.start_drill(to, wait)
        if started["channel"] == "outbox":
            tell(_ONLY_PRINTS, colour="yellow")
        return str(started["ticket"]), str(started["to"]), str(started["code"])

    def progress(self, ticket: str) -> DrillProgress:
        from oncall.paging.domain.ticket import AttemptStatus
        from oncall.paging.watch.drill import DrillProgress

        shown = self._server.ticket(ticket)
        page = shown["attempts"][0]
        ending = next((event for event in shown["events"] if event["kind"] == "resolved"), None)
        by = str(ending["by"]) if ending is not None else None
        return DrillProgress(AttemptStatus(page["status"]), shown["state"] == "resolved", by, page.get("error"))

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def end(self, ticket: str) -> None:
        self._server.event(ticket, {"kind": "resolved", "why": "the drill is over"})
