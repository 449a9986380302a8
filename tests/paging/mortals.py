"""A pager that can be killed at any instant: its store and its phones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Message, Receipt
from oncall.paging.ports.store import Store, Transaction

T = TypeVar("T")


class Killed(BaseException):
    """The process died here."""


@dataclass
class Fate:
    """Lets a process make a number of outside calls; after that, none of its calls has an effect."""

    calls_left: int

    def meet(self) -> None:
        if self.calls_left <= 0:
            raise Killed
        self.calls_left -= 1


@dataclass
class MortalStore:
    """A store whose process may die before a commit, or after it and before it learns the result."""

    store: Store
    fate: Fate

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        self.fate.meet()
        done = self.store.submit(work)
        wait([done])
        self.fate.meet()
        return done

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        self.fate.meet()
        return self.store.read(work)


@dataclass
class MortalPhones:
    """A provider whose client may die before the request arrives, or before it gets the answer."""

    phones: FakePhones
    fate: Fate
    name: str = "fake"

    async def send(self, message: Message) -> Receipt:
        self.fate.meet()
        receipt = await self.phones.send(message)
        self.fate.meet()
        return receipt

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        self.fate.meet()
        return await self.phones.find(message, since=since, ends_with=ends_with, known=known)

    async def status(self, provider_id: str) -> Receipt:
        return await self.phones.status(provider_id)

    async def close(self) -> None:
        return None


@dataclass
class FakePhones:
    """A provider that remembers messages.

    faults: raised in order, before or after it took a message.
    delivers: it reports every message as delivered when asked.
    """

    sent: list[Message] = field(default_factory=list)
    faults: list[tuple[Exception, bool]] = field(default_factory=list)
    find_faults: list[Exception] = field(default_factory=list)
    finds: int = 0
    states: dict[str, Receipt | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    delivers: bool = False
    name: str = "fake"

    def fail(self, error: Exception, *, after_taking_it: bool = False, times: int = 1) -> None:
        self.faults += [(error, after_taking_it)] * times

    async def send(self, message: Message) -> Receipt:
        if self.faults:
            error, took_it = self.faults.pop(0)
            if took_it:
                self.sent.append(message)
            raise error
        self.sent.append(message)
        return Receipt(self._id(len(self.sent)), AttemptStatus.ACCEPTED)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        self.finds += 1
        if self.find_faults:
            raise self.find_faults.pop(0)
        for number, sent in enumerate(self.sent, start=1):
            if sent.phone == message.phone and sent.body.endswith(ends_with) and self._id(number) not in known:
                return Receipt(self._id(number), AttemptStatus.SENT)
        return None

    async def status(self, provider_id: str) -> Receipt:
        self.asked.append(provider_id)
        usual = AttemptStatus.DELIVERED if self.delivers else AttemptStatus.ACCEPTED
        state = self.states.get(provider_id, Receipt(provider_id, usual))
        if isinstance(state, Exception):
            raise state
        return state

    async def close(self) -> None:
        return None

    @staticmethod
    def _id(number: int) -> str:
        return f"SM{number:032d}"
