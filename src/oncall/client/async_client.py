"""The client for programs with asyncio: the same methods as `Client`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Self, cast

import httpx

from oncall.client import requests
from oncall.client.answers import (
    EventKind,
    EventReceipt,
    Explanation,
    NewTicket,
    OnCall,
    Schedule,
    State,
    Ticket,
    TicketAnswer,
    TicketPage,
    WholeTicket,
)
from oncall.client.requests import PAGE, Ask
from oncall.client.retries import Retries, content, refusal

TIMEOUT_SECONDS = 15.0


class AsyncClient:
    """Sends requests to a server of oncall, with one token.

    Use it as an async context manager, or call `close` at the end.
    Calls raise `Unusable` if the server refuses them, and `ServerSilent` if no answer comes after all retries.
    Every call may safely be repeated. timeout: seconds for one answer. transport, pause: for tests.
    """

    def __init__(
        self,
        server: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._retries, self._pause = retries if retries is not None else Retries(), pause
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(
            base_url=requests.address(server), headers=headers, timeout=timeout, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def post_ticket(self, ticket: NewTicket) -> TicketAnswer:
        """Post a ticket, and return the verdict on it. The same ticket again gets the same answer and pages nobody."""
        return cast(TicketAnswer, await self._call(requests.post_ticket(ticket)))

    async def record_event(
        self,
        ticket_id: str,
        kind: EventKind,
        *,
        by: str | None = None,
        at: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the field's name
        why: str | None = None,
        impact: str | None = None,
        into: str | None = None,
        to: str | None = None,
        needs_reply: bool | None = None,
        take_over: bool | None = None,
    ) -> EventReceipt:
        """Record an event of a ticket. id: your own id of the event; if None, the client makes one."""
        fields: dict[str, object] = {"by": by, "at": at, "id": id, "why": why, "impact": impact, "into": into, "to": to}
        fields |= {"needs_reply": needs_reply, "take_over": take_over}
        return cast(EventReceipt, await self._call(requests.record_event(ticket_id, kind, fields)))

    async def ticket(self, ticket_id: str) -> WholeTicket:
        """Return a ticket with its whole log and all messages. ticket_id: its id or its code."""
        return cast(WholeTicket, await self._call(requests.ticket(ticket_id)))

    async def tickets(
        self, *, states: Iterable[State] = (), customer: str | None = None, page: int = PAGE
    ) -> AsyncIterator[Ticket]:
        """Yield the tickets, the newest first. They are fetched in parts, as needed.

        page: the most tickets of one request.
        """
        wanted, after = tuple(states), None
        while True:
            found = cast(TicketPage, await self._call(requests.tickets(wanted, customer, after, page)))
            for ticket in found["tickets"]:
                yield ticket
            after = found["next"]
            if after is None:
                return

    async def oncall(self, at: datetime | None = None) -> OnCall:
        """Return who is on call at a time (aware); None: now."""
        return cast(OnCall, await self._call(requests.oncall(at)))

    async def schedule(
        self, start: datetime | None = None, end: datetime | None = None, *, engineer: str | None = None
    ) -> Schedule:
        """Return the schedule between two times (aware), at most 800 days. Default: four weeks from now on."""
        return cast(Schedule, await self._call(requests.schedule(start, end, engineer)))

    async def explain(self, plan: str, impact: str, at: datetime | None = None) -> Explanation:
        """Return the verdict that a ticket would get at a time (aware); None: now.

        Nothing is posted and nobody is paged.
        """
        return cast(Explanation, await self._call(requests.explain(plan, impact, at)))

    async def _call(self, ask: Ask) -> object:
        """Send a request, with retries, and return the JSON of its answer. Raises ClientError."""
        retry = 0
        while True:
            answer, failure = None, None
            try:
                answer = await self._http.request(ask.method, ask.path, params=ask.query, json=ask.body)
            except httpx.TransportError as error:
                failure = error
            if answer is not None and answer.is_success:
                return content(answer)
            pause = self._retries.pause(retry, answer)
            if pause is None:
                raise refusal(ask, answer, failure) from failure
            await self._pause(pause)
            retry += 1
