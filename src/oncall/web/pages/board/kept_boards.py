"""Renders the changing parts of the board once for all readers who look at the same table.

After a change, one read of the database serves all open boards, however many there are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from markupsafe import Markup

from oncall.paging.ports.store import Transaction
from oncall.planning.views.board_view import BoardView, board_view
from oncall.planning.views.open_tickets import OpenTickets
from oncall.planning.views.schedule_grid import ABSENCE_SIGNS, CHANGE_SIGNS, monday_of, schedule_grid
from oncall.rosters.roster import Roster
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_views import history_view
from oncall.web.pages.board.board_state import WEEKS, BoardState, asked_state
from oncall.web.pages.frame.rendering import render
from oncall.web.services.live_feed import LiveFeed, LivePlace, place_of
from oncall.web.services.published_roster import PublishedRoster
from oncall.web.services.services import Services

MOST_CHANGES = 5
"""How many of the newest versions of the schedule the board lists."""
TABLE_FIELD = "table"
"""The query parameter with which a reader names the table that it already has, by the table's mark."""
MOST_TABLES = 50
"""The most rendered tables in the cache; each state of the board has a table of its own."""
TELLING_COSTS = 0.0015
"""About how many processor seconds each change costs for one open board."""


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """The facts that a board shows, all read at one instant. at: the newest events and versions at that instant."""

    board: BoardView
    schedule: Schedule
    roster: Roster | None
    now: datetime
    at: LivePlace

    @property
    def today(self) -> date:
        """Return the present date in the zone of the schedule."""
        return self.now.astimezone(self.schedule.calendar.zone).date()

    @property
    def table_mark(self) -> str:
        """Return a text that changes when the table changes: the version of the schedule, and the date."""
        return f"{self.schedule.newest}.{self.today}"

    def state(self, query: Mapping[str, str]) -> BoardState:
        """Return the state of the table that a query names. Raises FieldFaults with every wrong value."""
        return asked_state(query, self.schedule.people, monday_of(self.now, self.schedule.calendar.zone))


@dataclass(slots=True)
class _Shared:
    """The facts that all open boards show, and the HTML rendered from them. read_at: when they were read (monotonic).

    pages: the HTML by the address of the board's state, and by whether the reader already has the table.
    """

    facts: BoardFacts
    read_at: float
    pages: dict[tuple[str, bool], str] = field(default_factory=dict)


class KeptBoards:
    """Reads the facts of boards, renders them, and caches both. Use it from one event loop."""

    def __init__(self, services: Services, live: LiveFeed) -> None:
        self._services, self._live, self._roster = services, live, PublishedRoster()
        self._tickets = OpenTickets()
        self._shared: _Shared | None = None
        self._lock = asyncio.Lock()
        self._tables: dict[tuple[str, str], Markup] = {}

    async def values(self, query: Mapping[str, str]) -> dict[str, object]:
        """Return all values that the board's template needs, except the visitor.

        Requests at the same time share one read of the database, in one thread. Raises FieldFaults for a
        wrong value in the query.
        """
        asked_at = time.monotonic()
        async with self._lock:
            facts = (await self._shared_since(asked_at)).facts
            state = facts.state(query)
            # A large table takes long, and must not keep tickets waiting.
            return await asyncio.to_thread(self._values, facts, state)

    async def live_page(self, query: Mapping[str, str]) -> str:
        """Return HTML with only the changing parts of a board.

        It includes every change that the update streams reported.
        The table of the schedule is left out if the query says that the reader has it. Raises FieldFaults for a query
        that names no state.
        """
        async with self._lock:
            shared = self._shared
            if shared is None or not self._live.is_current(shared.facts.at, shared.read_at):
                shared = await self._shared_since(time.monotonic())
            facts, state = shared.facts, shared.facts.state(query)
            has_table = query.get(TABLE_FIELD) == facts.table_mark
            found = shared.pages.get((state.url, has_table))
            if found is None:
                found = await asyncio.to_thread(self._live_page, facts, state, has_table)
                shared.pages[state.url, has_table] = found
        return found

    async def _shared_since(self, instant: float) -> _Shared:
        """Return facts that were read at or after an instant (monotonic). Call it only while `_lock` is held."""
        shared = self._shared
        if shared is None or shared.read_at < instant:
            read_at = time.monotonic()
            facts, seconds = await self._read()
            shared = self._shared = _Shared(facts, read_at)
            self._live.spare(seconds + TELLING_COSTS * self._live.streams)
        return shared

    def _values(self, facts: BoardFacts, state: BoardState) -> dict[str, object]:
        schedule, latest = facts.schedule, facts.schedule.latest
        return {
            "board": facts.board,
            "at": facts.at,
            "now": facts.now,
            "table": self._table(facts, state),
            "state": state,
            "live_url": f"{state.live_url}&{urlencode({TABLE_FIELD: facts.table_mark})}",
            "all_weeks": WEEKS,
            "zone": schedule.calendar.zone.key,
            "engineers": list(latest.people.values()) if latest is not None else [],
            "roles": schedule.roles,
            "names": {person.id: person.name for person in schedule.people.values()},
            "version": schedule.newest,
            "overrides": [each for each in schedule.overrides if each.version > schedule.newest - MOST_CHANGES],
            "changes": history_view(schedule)["versions"][: -MOST_CHANGES - 1 : -1],
        }

    async def _read(self) -> tuple[BoardFacts, float]:
        """Read the facts that a board shows now. Returns them, and the processor seconds that this took."""
        now = self._services.clock.now().replace(microsecond=0)

        def work(tx: Transaction) -> tuple[BoardFacts, float]:
            began = time.thread_time()
            facts = BoardFacts(
                board_view(tx, now, self._tickets), tx.schedule(), self._roster.of(tx), now, place_of(tx)
            )
            return facts, time.thread_time() - began

        return await self._services.engine.read(work)

    def _live_page(self, facts: BoardFacts, state: BoardState, has_table: bool) -> str:
        return render("board_live.html.j2", has_table=has_table, **self._values(facts, state))

    def _table(self, facts: BoardFacts, state: BoardState) -> Markup:
        """Return the table of the schedule as HTML, from the cache if the schedule and the date are unchanged."""
        key = (facts.table_mark, state.url)
        found = self._tables.get(key)
        if found is None:
            found = self._rendered_table(facts, state)
            if len(self._tables) >= MOST_TABLES:
                self._tables.clear()
            self._tables[key] = found
        return found

    def _rendered_table(self, facts: BoardFacts, state: BoardState) -> Markup:
        html = render(
            "grid.html.j2",
            grid=schedule_grid(facts.schedule, facts.roster, state.first, state.weeks, state.person),
            state=state,
            today=facts.today,
            roles=facts.schedule.roles,
            change_signs=CHANGE_SIGNS,
            absence_signs=ABSENCE_SIGNS,
        )
        # The template has escaped every text in it.
        return Markup(html)  # noqa: S704


def keep_boards(app: FastAPI, boards: KeptBoards) -> None:
    """Make the cached boards available to the routes of the application."""
    app.state.boards = boards


def boards_of(request: Request) -> KeptBoards:
    """Return the cached boards of the application that answers this request."""
    found: KeptBoards = request.app.state.boards
    return found
