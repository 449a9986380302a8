"""A mail server that does not accept one address now, as with greylisting, delays no other mail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from oncall.channels.mail_post import MailPost
from oncall.paging.ports.relay import SUBSCRIBER_MAIL, RelayFilter, RelayState
from oncall.paging.relay.courier import ABANDONED, FIRST_PAUSE, GIVE_UP_AFTER, LONGEST_PAUSE, Courier
from oncall.store.sql_store import SqlStore
from tests.relay.mailboxes import Mailbox
from tests.relay.test_courier import Rig
from tests.relay.test_mail_post import FROM, NOW, message


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.mark.parametrize("is_batch", [True, False])
def test_one_address_that_is_delayed_waits_alone_and_the_mails_behind_it_go_on(
    store: SqlStore, mailbox: Mailbox, is_batch: bool
) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    batch = post if is_batch else None
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=batch)
    mailbox.answers = {"b@example.org": "451 greylisted"}
    letters = [message(f"{name}@example.org", f"msg_{name}") for name in "abcde"]
    store.write(lambda tx: tx.add_relay_messages(letters))

    async def rounds() -> list[str]:
        while await courier.round():
            pass
        await post.close()
        return [letter["To"][0] for letter in mailbox.letters]

    assert asyncio.run(rounds()) == list("acde")
    (waiting,) = store.read(lambda tx: tx.relay_messages(RelayFilter(states=(RelayState.WAITING,))))
    assert (waiting.id, waiting.due_at, courier.rests) == ("msg_b", NOW + FIRST_PAUSE, False)
    mailbox.answers = {}
    rig.wait(FIRST_PAUSE)
    assert asyncio.run(rounds()) == list("acdeb")


def test_a_server_that_delays_every_address_is_left_alone_for_five_seconds(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=post)
    names = [f"r{number:02}" for number in range(12)]
    mailbox.answers = {f"{name}@example.org": "451 too many mails" for name in names}
    store.write(lambda tx: tx.add_relay_messages([message(f"{name}@example.org", name) for name in names]))

    async def run() -> int:
        tried = await courier.round()
        await post.close()
        return tried

    assert (asyncio.run(run()), courier.rests) == (0, True)
    found = {each.id: each for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))}
    assert {name for name, each in found.items() if each.sends == 0 and each.due_at == NOW} == {"r10", "r11"}
    rig.wait(FIRST_PAUSE)
    assert not courier.rests


def test_a_mail_to_an_address_that_is_delayed_for_three_days_is_given_up_alone(
    store: SqlStore, mailbox: Mailbox
) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=post)
    mailbox.answers = {"b@example.org": "451 greylisted"}
    store.write(lambda tx: tx.add_relay_messages([message("b@example.org", "msg_b"), message(name="msg_c")]))

    async def run() -> None:
        for _ in range(GIVE_UP_AFTER // LONGEST_PAUSE + 1):
            await courier.round()
            rig.wait(LONGEST_PAUSE)
        await post.close()

    asyncio.run(run())
    found = {each.id: each for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))}
    assert (found["msg_b"].state, found["msg_c"].state) == (RelayState.QUARANTINED, RelayState.SENT)
    assert found["msg_b"].error == f"{ABANDONED}; last: SMTP 451: the mail server does not accept the address"
    assert rig.desk.given_up == 1
