"""Mail to many subscribers goes through a process of its own, with the same letters and the same outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from doubles.event_loop import until
from oncall.channels.mail_post import NO_SERVER, MailPost
from oncall.channels.mail_server import MailServer
from oncall.channels.many_mails import ENDED, MANY, ManyMails
from oncall.errors import DeliveryError, Unreachable
from oncall.paging.ports.relay import RelayMessage
from tests.relay.mailboxes import Mailbox
from tests.relay.test_mail_post import FROM, NOW, message

pytestmark = pytest.mark.slow


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def senders() -> list[psutil.Process]:
    """Return the processes that send mail."""
    found = []
    for each in psutil.Process().children(recursive=True):
        # A process may end while it is looked at.
        with suppress(psutil.NoSuchProcess):
            if "oncall.channels.mail_process" in each.cmdline():
                found.append(each)
    return found


def numbered(count: int, first: int = 0) -> list[RelayMessage]:
    return [message(f"s{number}@example.org", f"msg_{number}") for number in range(first, first + count)]


def carried(
    server: MailServer | None, *batches: Sequence[RelayMessage], between: Callable[[ManyMails], None] = lambda _: None
) -> list[list[DeliveryError | None]]:
    """Send batches one after the other. between: called after each of them."""

    async def run() -> list[list[DeliveryError | None]]:
        post, outcomes = ManyMails(server, FROM), []
        for batch in batches:
            outcomes.append(await post.carry_batch(batch, real_now=NOW))
            between(post)
        await post.close()
        return outcomes

    return asyncio.run(run())


def words(outcomes: Sequence[DeliveryError | None]) -> list[tuple[str, str]]:
    return [(type(each).__name__, str(each)) for each in outcomes]


def test_many_mails_are_the_letters_that_a_few_would_be_and_go_over_one_connection(mailbox: Mailbox) -> None:
    async def few() -> None:
        post = MailPost(mailbox.server, FROM)
        assert await post.carry_batch(numbered(MANY), real_now=NOW) == [None] * MANY
        await post.close()

    asyncio.run(few())
    assert carried(mailbox.server, numbered(MANY)) == [[None] * MANY]
    letters = [letter.as_bytes() for letter in mailbox.letters]
    assert letters[:MANY] == letters[MANY:]
    assert len(mailbox.sessions) == 2


def test_a_process_of_low_priority_sends_many_and_ends_with_the_last_of_them(mailbox: Mailbox) -> None:
    seen, groups = list[list[int]](), list[str]()

    def note(_: ManyMails) -> None:
        seen.append([each.nice() for each in senders()])
        # Linux may share the processor among sessions before it looks at their processes.
        files = [Path(f"/proc/{each.pid}/autogroup") for each in senders()]
        groups.extend(each.read_text(encoding="ascii") for each in files if each.exists())

    carried(
        mailbox.server,
        numbered(MANY),
        numbered(MANY, 10),
        numbered(3, 20),
        between=note,
    )
    lower = psutil.Process().nice() + 10
    assert seen == [[lower], [lower], []]
    assert all("nice 10" in each for each in groups)
    assert len(mailbox.letters) == 2 * MANY + 3


def test_refusals_have_the_words_that_they_have_without_the_process(mailbox: Mailbox) -> None:
    mailbox.answers = {"s1@example.org": "550 no such user", "s3@example.org": "451 later", "s4@example.org": "421 bye"}
    (outcomes,) = carried(mailbox.server, numbered(MANY))
    assert words(outcomes) == [
        ("NoneType", "None"),
        ("AddressRefused", "SMTP 550: the mail server does not accept the address"),
        ("NoneType", "None"),
        ("AddressDelayed", "SMTP 451: the mail server does not accept the address"),
        ("Temporary", "SMTP 421: the mail server does not accept the address"),
    ]


def test_a_server_that_is_away_ends_the_batch_with_its_first_mail() -> None:
    (outcomes,) = carried(MailServer("127.0.0.1", 1, is_tls=False), numbered(MANY))
    assert words(outcomes) == [("Unreachable", "no connection to the mail server: ConnectionRefusedError")]


def test_without_a_server_nothing_is_started() -> None:
    seen: list[list[psutil.Process]] = []
    (outcomes,) = carried(None, numbered(MANY), between=lambda _: seen.append(senders()))
    assert (words(outcomes), seen) == ([("Temporary", NO_SERVER)], [[]])


def test_a_killed_process_costs_one_attempt_and_the_next_batch_starts_another(mailbox: Mailbox) -> None:
    def kill(_: ManyMails) -> None:
        for each in senders():
            each.kill()
            each.wait()

    first, second, third = carried(mailbox.server, numbered(MANY), numbered(MANY, 10), numbered(MANY, 10), between=kill)
    assert first == [None] * MANY
    assert [type(each) for each in second] in ([Unreachable], [type(None)] * MANY)
    assert str(second[0]) in (ENDED, "None")
    assert third == [None] * MANY


def test_a_batch_that_is_halted_ends_after_the_present_mail(mailbox: Mailbox) -> None:
    async def run() -> list[DeliveryError | None]:
        post = ManyMails(mailbox.server, FROM)
        sending = asyncio.ensure_future(post.carry_batch(numbered(50), real_now=NOW))
        await until(lambda: mailbox.letters)
        post.halt()
        outcomes = await sending
        await post.close()
        return outcomes

    outcomes = asyncio.run(run())
    assert outcomes == [None] * len(mailbox.letters)
    assert 0 < len(outcomes) < 50
