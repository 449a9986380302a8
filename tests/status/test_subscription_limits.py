"""How often an address, a network and everyone together may ask for a subscription: no stranger can flood a mailbox."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.paging.actions.subscription_limits import AskedTooOften
from oncall.paging.actions.subscriptions import Asked, subscribe, subscribe_hook
from oncall.paging.ports.subscribers import Subscribers
from tests.status.readers import ANA, BASE, Readers


def test_a_bomb_on_one_address_ends_after_three_mails_a_day_known_or_not(readers: Readers) -> None:
    for number in range(3):
        readers.ask(source=f"192.0.2.{number}")
    with pytest.raises(AskedTooOften) as caught:
        readers.ask(source="192.0.2.9")
    assert str(caught.value) == "this address was sent 3 mails today; try again tomorrow"
    assert len(readers.messages()) == 3
    readers.wait(timedelta(days=1))
    readers.ask()
    assert len(readers.messages()) == 1


def test_a_bomb_on_one_mailbox_cannot_hide_behind_plus_signs(readers: Readers) -> None:
    for number in range(3):
        readers.ask(f"ana+{number}@example.org", source=f"192.0.2.{number}")
    with pytest.raises(AskedTooOften) as caught:
        readers.ask("ana+news@example.org", source="192.0.2.9")
    assert str(caught.value) == "this address was sent 3 mails today; try again tomorrow"


def test_a_bomb_on_one_mailbox_of_gmail_cannot_hide_behind_dots(readers: Readers) -> None:
    for number, name in enumerate(("ana.lim", "a.nalim", "an.a.lim+x")):
        readers.ask(f"{name}@gmail.com", source=f"192.0.2.{number}")
    with pytest.raises(AskedTooOften):
        readers.ask("analim@gmail.com", source="192.0.2.9")
    readers.ask("ana.lim@example.org", source="192.0.2.9")
    readers.ask("analim@example.org", source="192.0.2.9")


def test_a_bomb_from_many_networks_ends_after_a_thousand_mails_an_hour(readers: Readers) -> None:
    def ask_for_all(tx: Subscribers) -> None:
        now = readers.world.clock.now()
        for number in range(1000):
            asked = Asked(f"reader{number}@example.org", (), f"10.{number // 20}.0.0", BASE)
            subscribe(tx, asked, now=now, real_now=now)

    readers.world.store.write(ask_for_all)
    with pytest.raises(AskedTooOften) as caught:
        readers.ask(source="198.51.100.1")
    assert str(caught.value) == "too many subscriptions were asked for; try again in an hour"
    readers.wait(timedelta(hours=1))
    readers.ask(source="198.51.100.1")


def test_a_bomb_of_webhooks_on_one_host_ends_after_twenty_a_day(readers: Readers) -> None:
    def hook(number: int, host: str = "victim.example") -> None:
        now, asked = readers.world.clock.now(), Asked("", (), f"10.0.{number}.0", BASE)
        url = f"https://{host}/{number}"
        readers.world.store.write(lambda tx: subscribe_hook(tx, url, asked, now=now, real_now=now))

    for number in range(20):
        hook(number)
    with pytest.raises(AskedTooOften) as caught:
        hook(20)
    assert str(caught.value) == "too many webhooks of this host were subscribed today; try again tomorrow"
    hook(20, "another.example")
    readers.wait(timedelta(days=1))
    hook(20)


def test_a_bomb_from_one_network_ends_after_twenty_addresses_an_hour(readers: Readers) -> None:
    for number in range(20):
        readers.ask(f"reader{number}@example.org")
    with pytest.raises(AskedTooOften) as caught:
        readers.ask()
    assert str(caught.value) == "too many subscriptions were asked for from your network; try again in an hour"
    assert readers.world.store.read(lambda tx: tx.subscriber_at(ANA)) is None
    readers.ask(source="198.51.100.1")
    readers.wait(timedelta(hours=1))
    readers.ask("ben@example.org")
