"""Sending what the relay has written: again with the same id, in order for each ticket, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from doubles.clock import FakeClock
from oncall.errors import DeliveryError, NotFound, Refused, StoreUnavailable, Temporary
from oncall.paging.ports.relay import RelayFilter, RelayMessage, RelayMessages, RelayState
from oncall.paging.relay.courier import ABANDONED, LEASE, LEAST_SENDS, Courier, pause_after
from oncall.paging.relay.retrying import retry
from oncall.store.sql_store import SqlStore

T = TypeVar("T")
NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
TO = "webhook:helpdesk"


class Desk:
    """A carrier and observer: it keeps what arrived, and refuses what `refuses` names."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.refuses: set[str] = set()
        self.given_up = 0

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        self.got.append(message.id)
        if message.id in self.refuses:
            raise Temporary("HTTP 500")

    async def close(self) -> None: ...

    def carried(self, to: str) -> None: ...

    def failed(self, to: str) -> None: ...

    def quarantined(self, to: str, count: int) -> None:
        self.given_up += count


class Rig:
    """A courier on a store, with a clock that a test moves."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.desk, self.clock = store, Desk(), FakeClock(NOW)
        self.is_away = False
        self.courier = Courier(TO, self.desk, self.write, self.clock.real_now, self.desk)

    async def write(self, work: Callable[[RelayMessages], T]) -> T:
        return self.store.write(work)

    def wait(self, length: timedelta) -> None:
        """Let real time pass."""
        self.clock.moment += length

    def round_each_hour(self, length: timedelta) -> None:
        """Send what is due now and after each hour, for a length of real time."""
        for _ in range(length // timedelta(hours=1)):
            self.round()
            self.wait(timedelta(hours=1))
        self.round()

    def add(self, name: str, ticket: str | None = "T-1", position: int = 1) -> None:
        message = RelayMessage(name, TO, "ticket.paged", ticket, position, "{}", NOW, NOW)
        self.store.write(lambda tx: tx.add_relay_messages([message]))

    def round(self) -> list[str]:
        """Send what is due, and return what was carried."""
        before = len(self.desk.got)
        asyncio.run(self.courier.round())
        return self.desk.got[before:]

    def states(self) -> dict[str, RelayState]:
        found = self.store.read(lambda tx: tx.relay_messages(RelayFilter()))
        return {message.id: message.state for message in found}


@pytest.fixture
def rig(store: SqlStore) -> Rig:
    return Rig(store)


def test_messages_of_a_ticket_go_in_order_and_another_ticket_does_not_wait(rig: Rig) -> None:
    for name, ticket, position in (("a", "T-1", 1), ("b", "T-1", 2), ("c", "T-2", 3)):
        rig.add(name, ticket, position)
    assert [rig.round(), rig.round(), rig.round()] == [["a", "c"], ["b"], []]
    assert set(rig.states().values()) == {RelayState.SENT}


def test_a_refused_message_holds_back_its_ticket_and_comes_again_with_its_id(rig: Rig) -> None:
    rig.add("a", "T-1", 1)
    rig.add("b", "T-1", 2)
    rig.desk.refuses = {"a"}
    assert rig.round() == ["a"]
    rig.desk.refuses = set()
    assert rig.round() == []
    rig.wait(timedelta(seconds=5))
    assert [rig.round(), rig.round()] == [["a"], ["b"]]


def test_a_subscribers_webhook_is_left_alone_until_its_first_message_is_sent_again(rig: Rig) -> None:
    first, second = (
        RelayMessage(name, "hook:s1", "status.notice", "s1", position, "{}", NOW, NOW)
        for position, name in enumerate(("a", "b"), start=1)
    )
    rig.store.write(lambda tx: tx.add_relay_messages([first, second]))
    assert rig.store.read(lambda tx: tx.relay_due(NOW)) == ["hook:s1"]
    later = NOW + timedelta(minutes=10)
    rig.store.write(lambda tx: tx.update_relay_messages([replace(first, due_at=later, sends=1)]))
    assert rig.store.read(lambda tx: tx.relay_due(NOW)) == []
    assert rig.store.read(lambda tx: tx.relay_due(later)) == ["hook:s1"]


def test_a_message_that_is_refused_again_and_again_does_not_stop_the_other_tickets(rig: Rig) -> None:
    rig.add("bad", "T-1", 1)
    rig.desk.refuses = {"bad"}
    for _ in range(4):
        rig.round()
        rig.wait(timedelta(minutes=1))
    rig.add("good", "T-2", 2)
    carried: list[str] = []
    for _ in range(3):
        carried += rig.round()
        rig.wait(timedelta(minutes=2))
    assert "good" in carried


def test_a_crash_between_the_send_and_its_record_sends_it_again_with_the_same_id(rig: Rig) -> None:
    rig.add("a")
    writes = rig.courier.write

    async def cut(work: Callable[[RelayMessages], T]) -> T:
        if rig.desk.got:
            raise StoreUnavailable("the process was killed")
        return await writes(work)

    rig.courier.write = cut
    with pytest.raises(StoreUnavailable):
        rig.round()
    after = Rig(rig.store)
    assert after.round() == []
    after.wait(LEASE + timedelta(seconds=1))
    assert after.round() == ["a"]
    assert after.states() == {"a": RelayState.SENT}


def test_after_three_days_messages_are_quarantined_until_a_person_retries_one(rig: Rig) -> None:
    rig.add("a", "T-1", 1)
    rig.add("b", "T-2", 2)
    rig.desk.refuses = {"a", "b"}
    rig.round_each_hour(timedelta(days=3))
    assert (set(rig.states().values()), rig.desk.given_up) == ({RelayState.QUARANTINED}, 2)
    (first, _) = rig.store.read(lambda tx: tx.relay_messages(RelayFilter()))
    assert first.error == f"{ABANDONED}; last: HTTP 500"
    rig.wait(timedelta(days=1))
    assert rig.round() == []
    rig.desk.refuses = set()
    rig.store.write(lambda tx: retry(tx, "a", real_now=rig.clock.real_now()))
    assert rig.round() == ["a"]
    assert rig.states() == {"a": RelayState.SENT, "b": RelayState.QUARANTINED}


def test_a_first_failure_after_our_service_was_down_for_three_days_gives_nothing_up(rig: Rig) -> None:
    rig.add("a", "T-1", 1)
    rig.add("b", "T-2", 2)
    rig.desk.refuses = {"a"}
    rig.wait(timedelta(days=3, minutes=1))
    rig.round()
    assert (set(rig.states().values()), rig.desk.given_up) == ({RelayState.WAITING}, 0)
    rig.round_each_hour(timedelta(hours=10))
    assert rig.states() == {"a": RelayState.WAITING, "b": RelayState.SENT}
    rig.round_each_hour(timedelta(hours=10))
    assert rig.states() == {"a": RelayState.QUARANTINED, "b": RelayState.SENT}
    assert rig.desk.got.count("a") == LEAST_SENDS


def test_a_message_that_arrived_or_that_nobody_knows_is_not_retried(rig: Rig) -> None:
    rig.add("a")
    rig.round()
    with pytest.raises(Refused, match=r"^a has arrived already; it is not sent again$"):
        rig.store.write(lambda tx: retry(tx, "a", real_now=NOW))
    with pytest.raises(NotFound, match=r'^there is no message "b"; `oncall webhooks` lists them$'):
        rig.store.write(lambda tx: retry(tx, "b", real_now=NOW))


def test_two_pagers_never_carry_one_message_at_once(rig: Rig) -> None:
    rig.add("a")

    def claim(tx: RelayMessages) -> list[RelayMessage]:
        return tx.claim_relay_messages(TO, real_now=NOW, lease_until=NOW + LEASE, most=10)

    assert [one.id for one in rig.store.write(claim)] == ["a"]
    assert rig.store.write(claim) == []


@pytest.mark.parametrize(
    ("sends", "error", "seconds"),
    [
        (1, Temporary("HTTP 500"), 5),
        (2, Temporary("HTTP 500"), 10),
        (3, Temporary("HTTP 503", retry_after=timedelta(minutes=2)), 120),
        (40, Temporary("HTTP 500"), 3600),
        (1, Temporary("HTTP 503", retry_after=timedelta(days=1)), 3600),
    ],
)
def test_the_pause_doubles_follows_the_receiver_and_ends_at_an_hour(
    sends: int, error: DeliveryError, seconds: int
) -> None:
    assert pause_after(sends, error) == timedelta(seconds=seconds)


def test_the_store_keeps_each_message_once_and_forgets_old_ones_that_do_not_wait(rig: Rig) -> None:
    rig.add("a")
    rig.add("a")
    rig.add("b", "T-2", 2)
    rig.desk.refuses = {"b"}
    rig.round()
    assert rig.states() == {"a": RelayState.SENT, "b": RelayState.WAITING}
    rig.store.write(lambda tx: tx.forget_relay_messages(written_before=NOW + timedelta(days=1)))
    assert rig.states() == {"b": RelayState.WAITING}


def test_a_listing_is_narrowed_by_destination_and_state(rig: Rig) -> None:
    rig.add("a")
    rig.round()
    rig.add("b", "T-2", 2)

    def found(wanted: RelayFilter) -> list[str]:
        return [message.id for message in rig.store.read(lambda tx: tx.relay_messages(wanted))]

    assert found(RelayFilter(states=(RelayState.WAITING,))) == ["b"]
    assert found(RelayFilter(states=(RelayState.SENT, RelayState.WAITING))) == ["b", "a"]
    assert (found(RelayFilter(to="channel:team")), found(RelayFilter(limit=1))) == ([], ["b"])
