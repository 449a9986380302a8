"""Pagers that run side by side, and a slow provider."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.ports.channel import Channel, Message, Receipt
from oncall.paging.ports.store import Store
from oncall.paging.sending.engine import Engine
from tests.paging.mortals import FakePhones
from tests.paging.world import World, ticket_body


@dataclass
class Gate:
    """A provider that takes messages only while it is open."""

    phones: FakePhones
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    name: str = "gate"

    async def send(self, message: Message) -> Receipt:
        self.waiting += 1
        await self.opened.wait()
        return await self.phones.send(message)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        return await self.phones.find(message, since=since, ends_with=ends_with, known=known)

    async def status(self, provider_id: str) -> Receipt:
        return await self.phones.status(provider_id)

    async def close(self) -> None:
        return None


def engine_with(world: World, channel: Channel, *, store: Store | None = None, worker: str = "test") -> Engine:
    return Engine(store=store or world.store, channels={"sms": channel}, clock=world.clock, worker=worker)


async def take_in(engine: Engine, ticket_id: str) -> None:
    context, body = engine.context("zendesk"), ticket_body(ticket_id)
    accepted = await engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), context.now), context))
    engine.send_soon(accepted.attempts)
