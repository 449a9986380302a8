"""A webhook that accepts nothing for days loses its subscription, and anyone may subscribe it again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from oncall.errors import NotFound
from oncall.paging.actions.subscriptions import NO_LINK, Asked, subscribe_hook, subscriber_of
from oncall.paging.ports.relay import RelayFilter, RelayState
from oncall.paging.ports.subscribers import Subscriber
from oncall.paging.relay.pace import Pace
from oncall.paging.sending.store_access import Access
from oncall.status.status_actions import OpenIncident, UpdateIncident
from oncall.web.server.relay_metrics import RelayMetrics
from oncall.wiring.couriers import NO_SUBSCRIBER, Couriers, give_up
from oncall.wiring.mail_settings import MailSettings
from oncall.wiring.settings import Settings
from tests.relay.receivers import Receiver
from tests.status.readers import BASE, Readers


class Hooked(Readers):
    """Readers, one of whom is a webhook on loopback, and the couriers of a relay."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        super().__init__(folder)
        self.receiver, self.registry = receiver, CollectorRegistry()
        settings = Settings(mail=MailSettings(may_be_loopback=True))
        access = Access(self.world.store, self.world.clock, can_call=False)
        self.couriers = Couriers(settings, access, self.world.clock, RelayMetrics(self.registry), Pace())

    def hook(self) -> Subscriber:
        now, asked = self.world.clock.now(), Asked("", (), "192.0.2.7", BASE)
        return self.world.store.write(lambda tx: subscribe_hook(tx, self.receiver.url, asked, now=now, real_now=now))

    def send(self, to: str) -> bool:
        """Write the notices and send those to one destination. Returns False if nothing can be sent there any more."""
        self.messages()

        async def run() -> bool:
            courier = await self.couriers.courier(to, self.world.store.read(lambda tx: tx.policy()))
            return courier is not None and await courier.round() >= 0

        return asyncio.run(run())

    def send_each_hour(self, to: str, length: timedelta) -> bool:
        """Send now and after each hour, for a length of real time. Returns what the last `send` returned."""
        for _ in range(length // timedelta(hours=1)):
            self.send(to)
            self.wait(timedelta(hours=1))
        return self.send(to)

    def states(self, to: str) -> list[tuple[RelayState, str | None]]:
        found = self.world.store.read(lambda tx: tx.relay_messages(RelayFilter(to=to)))
        return [(each.state, each.error) for each in reversed(found)]

    def count(self, name: str) -> float:
        lines = generate_latest(self.registry).decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with Receiver(lambda _: 500) as receiver:
        found = Hooked(tmp_path, receiver)
        yield found
        found.world.close()


def test_a_webhook_that_accepts_nothing_for_three_days_gets_no_later_notice(
    hooked: Hooked, capfd: pytest.CaptureFixture[str]
) -> None:
    reader = hooked.hook()
    to = f"hook:{reader.id}"
    hooked.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    assert hooked.send_each_hour(to, timedelta(days=3))
    ended = "it was not accepted for 3 days, so the subscription has ended; last: HTTP 500"
    assert hooked.states(to) == [(RelayState.QUARANTINED, ended)] * 2
    assert "action=subscription_ended" in capfd.readouterr().out
    assert hooked.count("oncall_status_subscriptions_ended_total") == 1
    assert hooked.count('oncall_relay_messages_total{result="quarantined"') == 2
    asked = len(hooked.receiver.got)
    hooked.act(UpdateIncident("id1", message="A full disk."))
    assert not hooked.send(to)
    assert (len(hooked.receiver.got), len(hooked.states(to))) == (asked, 2)
    with pytest.raises(NotFound) as caught:
        hooked.world.store.read(lambda tx: subscriber_of(tx, reader.manage_token))
    assert str(caught.value) == NO_LINK


def test_a_webhook_whose_subscription_ended_can_subscribe_again(hooked: Hooked) -> None:
    first = hooked.hook()
    hooked.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    hooked.send_each_hour(f"hook:{first.id}", timedelta(days=3))
    hooked.receiver.status = lambda _: 200
    again = f"hook:{hooked.hook().id}"
    hooked.act(UpdateIncident("id1", message="A full disk."))
    before = len(hooked.receiver.got)
    assert hooked.send(again)
    (got,) = hooked.receiver.got[before:]
    assert json.loads(got.body)["incident"]["incident_updates"][0]["body"] == "A full disk."
    assert [state for state, _ in hooked.states(again)] == [RelayState.SENT]


def test_a_webhook_that_works_again_within_three_days_keeps_its_subscription(hooked: Hooked) -> None:
    to = f"hook:{hooked.hook().id}"
    hooked.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    hooked.send_each_hour(to, timedelta(days=2, hours=23))
    hooked.receiver.status = lambda _: 200
    hooked.wait(timedelta(hours=1))
    while any(state is RelayState.WAITING for state, _ in hooked.states(to)):
        assert hooked.send(to)
    assert hooked.count("oncall_status_subscriptions_ended_total") == 0


def test_a_first_failure_after_our_service_was_down_for_three_days_ends_no_subscription(hooked: Hooked) -> None:
    to = f"hook:{hooked.hook().id}"
    hooked.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    hooked.messages()
    hooked.wait(timedelta(days=4))
    assert hooked.send(to)
    assert {state for state, _ in hooked.states(to)} == {RelayState.WAITING}
    hooked.receiver.status = lambda _: 200
    hooked.wait(timedelta(minutes=1))
    assert hooked.send(to)
    assert RelayState.SENT in {state for state, _ in hooked.states(to)}
    assert hooked.count("oncall_status_subscriptions_ended_total") == 0


def test_a_given_up_post_that_a_person_retries_after_the_end_says_that_it_ended(hooked: Hooked) -> None:
    reader = hooked.hook()
    to = f"hook:{reader.id}"
    hooked.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    hooked.messages()
    hooked.world.store.write(lambda tx: give_up(tx, to, hooked.world.clock.real_now()))
    assert {error for _, error in hooked.states(to)} == {NO_SUBSCRIBER}
