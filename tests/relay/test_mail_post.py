"""Mail that goes out: through the operator's server, each mail once, and no address in an error."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from doubles.event_loop import turns, until
from oncall.channels.mail_post import NO_SENDER, NO_SERVER, MailPost
from oncall.channels.mail_server import MailServer
from oncall.clock import SystemClock
from oncall.errors import AddressDelayed, AddressRefused, DeliveryError, SettingsError, Temporary
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_body
from oncall.paging.ports.relay import SUBSCRIBER_MAIL, RelayFilter, RelayMessage, RelayMessages, RelayState
from oncall.paging.relay.courier import LEASE, LONGEST_HOLD, Courier
from oncall.paging.sending.store_access import Access
from oncall.store.sql_store import SqlStore
from oncall.wiring.settings import read_settings
from tests.relay.mailboxes import Mailbox
from tests.relay.test_courier import Rig

T = TypeVar("T")
NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
FROM = "status@example.com"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def message(to: str = "ana@example.org", name: str = "msg_1", subject: str = "Portal down") -> RelayMessage:
    mail = OutgoingMail(to, subject, "We look into it.\nÄrger.\n", {"List-Unsubscribe": "<https://status.example/u/1>"})
    return RelayMessage(name, SUBSCRIBER_MAIL, "status.notice", None, 1, mail_body(mail), NOW, NOW)


def carried(server: MailServer | None, sender: str | None, *messages: RelayMessage) -> list[DeliveryError | None]:
    """Send messages over one connection, and return why each was not accepted."""

    async def run() -> list[DeliveryError | None]:
        post, outcomes = MailPost(server, sender), list[DeliveryError | None]()
        for each in messages:
            try:
                await post.carry(each, real_now=NOW)
                outcomes.append(None)
            except DeliveryError as error:
                outcomes.append(error)
        await post.close()
        return outcomes

    return asyncio.run(run())


def test_a_mail_arrives_with_its_headers_its_text_and_the_same_message_id_each_time(mailbox: Mailbox) -> None:
    assert carried(mailbox.server, FROM, message(), message(name="msg_2")) == [None, None]
    first, second = mailbox.letters
    assert (first["From"], first["To"], first["Subject"]) == (FROM, "ana@example.org", "Portal down")
    assert (first["Message-ID"], second["Message-ID"]) == ("<msg_1@example.com>", "<msg_2@example.com>")
    assert first["Date"] == "Sat, 09 Jan 2027 08:12:00 +0000"
    assert (first["Auto-Submitted"], first["List-Unsubscribe"]) == ("auto-generated", "<https://status.example/u/1>")
    assert first.get_content().splitlines() == ["We look into it.", "Ärger."]
    assert len(mailbox.sessions) == 1


def test_a_line_break_in_a_subject_adds_no_header(mailbox: Mailbox) -> None:
    assert carried(mailbox.server, FROM, message(subject="Down\r\nBcc: eve@example.org")) == [None]
    assert mailbox.letters[0]["Subject"] == "Down Bcc: eve@example.org"
    assert mailbox.letters[0]["Bcc"] is None


def test_an_address_that_is_refused_for_good_is_told_apart_from_one_to_try_again(mailbox: Mailbox) -> None:
    mailbox.answers = {"gone@example.org": "550 no such user gone@example.org", "full@example.org": "451 later"}
    gone, full, fine = carried(
        mailbox.server, FROM, message("gone@example.org"), message("full@example.org"), message()
    )
    assert (type(gone), str(gone)) == (AddressRefused, "SMTP 550: the mail server does not accept the address")
    assert (type(full), str(full)) == (AddressDelayed, "SMTP 451: the mail server does not accept the address")
    assert fine is None


@pytest.mark.parametrize(
    ("server", "sender", "words"),
    [(None, FROM, NO_SERVER), (MailServer("127.0.0.1", 1, is_tls=False), None, NO_SENDER)],
)
def test_mail_waits_for_a_variable_that_is_not_set(server: MailServer | None, sender: str | None, words: str) -> None:
    (error,) = carried(server, sender, message())
    assert (type(error), str(error)) == (Temporary, words)


def test_mail_waits_for_a_mail_server_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (error,) = carried(MailServer("127.0.0.1", port, is_tls=False), FROM, message())
    assert isinstance(error, Temporary)
    assert str(error) == "no connection to the mail server: ConnectionRefusedError"


def test_one_address_that_is_refused_does_not_delay_the_others(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk)
    mailbox.answers = {"b@example.org": "550 no"}
    letters = [message(f"{name}@example.org", f"msg_{name}") for name in "abc"]
    store.write(lambda tx: tx.add_relay_messages(letters))

    async def run() -> None:
        await courier.round()
        await post.close()

    asyncio.run(run())
    found = store.read(lambda tx: tx.relay_messages(RelayFilter()))
    states = {each.id: each.state for each in found}
    assert states == {"msg_a": RelayState.SENT, "msg_b": RelayState.QUARANTINED, "msg_c": RelayState.SENT}
    assert rig.desk.given_up == 1
    # What was sent is not kept: it holds an address and secret links.
    assert {each.id for each in found if each.body == ""} == {"msg_a", "msg_c"}


def test_a_server_that_ends_a_connection_after_some_mails_gets_the_others_over_a_new_one(mailbox: Mailbox) -> None:
    mailbox.most_each = 2
    outcomes = carried(mailbox.server, FROM, *(message(name=f"msg_{number}") for number in range(5)))
    assert (outcomes, len(mailbox.letters)) == ([None] * 5, 5)


def test_a_batch_goes_over_one_connection_and_its_outcomes_are_stored_at_once(
    store: SqlStore, mailbox: Mailbox
) -> None:
    rig, post, writes = Rig(store), MailPost(mailbox.server, FROM), list[int]()

    async def write(work: Callable[[RelayMessages], T]) -> T:
        writes.append(len(mailbox.letters))
        return await rig.write(work)

    courier = Courier(SUBSCRIBER_MAIL, post, write, rig.clock.real_now, rig.desk, batch=post)
    mailbox.answers = {"b@example.org": "550 no", "d@example.org": "421 closing"}
    letters = [message(f"{name}@example.org", f"msg_{name}") for name in "abcde"]
    store.write(lambda tx: tx.add_relay_messages(letters))

    async def run() -> int:
        done = await courier.round()
        await post.close()
        return done

    assert asyncio.run(run()) == 3
    found = {each.id[4:]: each for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))}
    assert {name: each.state for name, each in found.items()} == {
        **dict.fromkeys("ac", RelayState.SENT),
        "b": RelayState.QUARANTINED,
        **dict.fromkeys("de", RelayState.WAITING),
    }
    # One write claims them, and one stores every outcome. The last one was not tried, and is due at once.
    assert (writes, found["e"].due_at, found["e"].sends, courier.rests) == ([0, 2], NOW, 0, True)


def test_a_process_that_stops_stores_what_it_has_sent(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=post)
    store.write(lambda tx: tx.add_relay_messages([message(name=f"msg_{number}") for number in range(10)]))

    async def run() -> None:
        sending = asyncio.create_task(courier.round())
        await asyncio.to_thread(mailbox.wait_for, 1)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await post.close()

    asyncio.run(run())
    states = [each.state for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))]
    assert states.count(RelayState.SENT) == len(mailbox.letters)
    assert states.count(RelayState.WAITING) == 10 - len(mailbox.letters)


def test_the_write_of_a_batchs_outcomes_also_claims_the_next_batch(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post, writes = Rig(store), MailPost(mailbox.server, FROM), list[int]()

    async def write(work: Callable[[RelayMessages], T]) -> T:
        writes.append(len(mailbox.letters))
        return await rig.write(work)

    courier = Courier(SUBSCRIBER_MAIL, post, write, rig.clock.real_now, rig.desk, batch=post)
    store.write(lambda tx: tx.add_relay_messages([message(name=f"msg_{number:02}") for number in range(25)]))

    async def run() -> list[int]:
        done = [await courier.round() for _ in range(4)]
        await post.close()
        return done

    assert asyncio.run(run()) == [10, 10, 5, 0]
    assert writes == [0, 10, 20, 25, 25]
    assert len({letter["message-id"] for letter in mailbox.letters}) == len(mailbox.letters) == 25


def test_mails_that_a_stopping_process_has_claimed_are_due_at_once(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post, rests = Rig(store), MailPost(mailbox.server, FROM), list[float]()

    def pause() -> float:
        rests.append(3600.0)
        return rests[-1]

    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=post, pause=pause)
    store.write(lambda tx: tx.add_relay_messages([message(name=f"msg_{number}") for number in range(15)]))

    async def run() -> None:
        sending = asyncio.create_task(courier.round())
        await until(lambda: rests)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await post.close()

    asyncio.run(run())
    found = store.read(lambda tx: tx.relay_messages(RelayFilter()))
    assert len(mailbox.letters) == sum(each.state is RelayState.SENT for each in found) == 10
    assert {(each.due_at, each.sends) for each in found if each.state is RelayState.WAITING} == {(NOW, 0)}


def test_a_process_that_stops_while_it_stores_outcomes_stores_them(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post, access = Rig(store), MailPost(mailbox.server, FROM), Access(store, SystemClock(), can_call=False)
    writes, sending = list[bool](), list[asyncio.Task[int]]()

    async def write(work: Callable[[RelayMessages], T]) -> T:
        writes.append(True)
        if len(writes) == 2:
            sending[0].cancel()
            await turns(1)
        return await access.write_apart(lambda tx: work(tx))

    courier = Courier(SUBSCRIBER_MAIL, post, write, rig.clock.real_now, rig.desk, batch=post)
    store.write(lambda tx: tx.add_relay_messages([message(name=f"msg_{number}") for number in range(15)]))

    async def run() -> None:
        sending.append(asyncio.create_task(courier.round()))
        with suppress(asyncio.CancelledError):
            await sending[0]
        await post.close()

    asyncio.run(run())
    found = store.read(lambda tx: tx.relay_messages(RelayFilter()))
    assert len(mailbox.letters) == sum(each.state is RelayState.SENT for each in found) == 10
    assert {each.due_at for each in found if each.state is RelayState.WAITING} == {NOW}


def test_mails_that_were_claimed_too_long_ago_are_left_to_their_lease(store: SqlStore, mailbox: Mailbox) -> None:
    rig, post = Rig(store), MailPost(mailbox.server, FROM)
    courier = Courier(SUBSCRIBER_MAIL, post, rig.write, rig.clock.real_now, rig.desk, batch=post)
    store.write(lambda tx: tx.add_relay_messages([message(name=f"msg_{number}") for number in range(15)]))

    async def run() -> list[int]:
        done = [await courier.round()]
        for wait in (LONGEST_HOLD, LEASE):
            rig.wait(wait)
            done.append(await courier.round())
        await post.close()
        return done

    assert asyncio.run(run()) == [10, 0, 5]


def test_a_mail_that_cannot_be_written_holds_up_no_other(mailbox: Mailbox) -> None:
    broken = OutgoingMail("ana@example.org", "Down", "x", {"X-Note": "a\r\nBcc: eve@example.org"})
    bad = replace(message(), body=mail_body(broken))
    refused, fine = carried(mailbox.server, FROM, bad, message())
    assert (type(refused), str(refused), fine) == (AddressRefused, "the mail has a header that cannot be sent", None)
    assert [letter["Bcc"] for letter in mailbox.letters] == [None]


def test_the_settings_name_a_server_and_hide_its_password() -> None:
    found = read_settings({"ONCALL_SMTP_URL": "smtps://us%40er:p%3Aw@mail.example.com", "ONCALL_MAIL_FROM": FROM})
    server = found.mail.server
    assert server == MailServer("mail.example.com", 465, is_tls=True, user="us@er", password="p:w")
    assert (found.mail.sender, found.mail.unset) == (FROM, [])
    assert "p:w" not in repr(found)
    plain = read_settings({"ONCALL_SMTP_URL": "smtp://127.0.0.1:2526"}).mail
    assert plain.server == MailServer("127.0.0.1", 2526, is_tls=False)
    assert plain.unset == ["ONCALL_MAIL_FROM"]


@pytest.mark.parametrize("value", ["mail.example.com", "http://user:hush@h", "smtp://:25", "smtps://h:x", "smtp://h/x"])
def test_a_server_address_that_is_none_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"ONCALL_SMTP_URL": value})
    assert str(caught.value) == (
        'ONCALL_SMTP_URL: the value is not the address of a mail server; write "smtps://user:password@host:465"'
    )


def test_a_sender_that_is_no_address_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"ONCALL_MAIL_FROM": "Status Page"})
    assert str(caught.value) == 'ONCALL_MAIL_FROM: "Status Page" is not a mail address; write "status@example.com"'
