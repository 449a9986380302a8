"""Texts to subscribers: each goes once, none to a number that sent STOP, and none before a page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncall.channels.subscriber_sms_post import NO_SENDER, STOPPED, TOO_LATE, SubscriberSmsPost
from oncall.channels.twilio_forms import OwnAccount
from oncall.errors import AddressRefused, Ambiguous, DeliveryError, Permanent, SettingsError, Temporary
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Message, Receipt
from oncall.paging.ports.outgoing_sms import OutgoingSms, sms_body
from oncall.paging.ports.relay import SUBSCRIBER_SMS, RelayMessage
from oncall.paging.sending.store_access import Access
from oncall.wiring import Settings, read_settings
from oncall.wiring.status_sms import (
    TextTurns,
    can_text,
    check_status_sender,
    is_for_status_page,
    make_status_sms,
    own_status_number,
    shares_sender,
)
from tests.paging.world import World

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
READER = "+14155550123"
SMS = OutgoingSms(READER, "Portal down. STOP ends these texts.", NOW + timedelta(hours=1))
MESSAGE = RelayMessage("msg_1", SUBSCRIBER_SMS, "status.notice", "s1", 1, sms_body(SMS), NOW, NOW)


@dataclass
class Provider:
    """A channel that remembers what it sent. fails: what the next sends raise, after the text went out or before."""

    sent: list[Message] = field(default_factory=list)
    fails: list[DeliveryError] = field(default_factory=list)
    asked: int = 0

    @property
    def name(self) -> str:
        return "provider"

    async def send(self, message: Message) -> Receipt:
        if self.fails:
            failure = self.fails.pop(0)
            if isinstance(failure, Ambiguous):
                self.sent.append(message)
            raise failure
        self.sent.append(message)
        return Receipt("SM1", AttemptStatus.ACCEPTED)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        self.asked += 1
        found = any(each.body.endswith(ends_with) and each.phone == message.phone for each in self.sent)
        return Receipt("SM1", AttemptStatus.ACCEPTED) if found else None

    async def status(self, provider_id: str) -> Receipt:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Post:
    """Carries messages through a provider, and keeps the numbers that sent STOP."""

    provider: Provider = field(default_factory=Provider)
    stopped: set[str] = field(default_factory=set)
    is_off: bool = False

    def carry(self, message: RelayMessage = MESSAGE, now: datetime = NOW) -> DeliveryError | None:
        async def has_stopped(number: str) -> bool:
            return number in self.stopped

        async def stop(number: str) -> None:
            self.stopped.add(number)

        post = SubscriberSmsPost(None if self.is_off else self.provider, has_stopped=has_stopped, stop=stop)

        async def run() -> DeliveryError | None:
            try:
                await post.carry(message, real_now=now)
            except DeliveryError as error:
                return error
            return None

        return asyncio.run(run())


def test_a_text_is_sent_once_without_asking_first() -> None:
    post = Post()
    assert post.carry() is None
    assert ([each.body for each in post.provider.sent], post.provider.asked) == ([SMS.text], 0)


@pytest.mark.parametrize("again", [replace(MESSAGE, sends=1), replace(MESSAGE, due_at=NOW + timedelta(minutes=3))])
def test_a_text_that_may_have_gone_out_is_looked_for_and_not_sent_twice(again: RelayMessage) -> None:
    post = Post(Provider(fails=[Ambiguous("cut off")]))
    assert isinstance(post.carry(), Ambiguous)
    assert post.carry(again) is None
    assert (len(post.provider.sent), post.provider.asked) == (1, 1)


def test_a_text_that_did_not_go_out_is_sent_again() -> None:
    post = Post(Provider(fails=[Temporary("busy")]))
    assert isinstance(post.carry(), Temporary)
    assert post.carry(replace(MESSAGE, sends=1)) is None
    assert len(post.provider.sent) == 1


def test_a_number_that_sent_stop_gets_no_text() -> None:
    post = Post(stopped={READER})
    refused = post.carry()
    assert (type(refused), str(refused), post.provider.sent) == (AddressRefused, STOPPED, [])


def test_a_stop_that_only_the_carrier_knows_is_kept() -> None:
    post = Post(Provider(fails=[Permanent("opted out", code=21610, has_stopped=True)]))
    assert isinstance(post.carry(), AddressRefused)
    assert post.stopped == {READER}
    assert str(post.carry()) == STOPPED
    assert post.provider.sent == []


def test_a_bad_number_is_given_up_and_a_bad_sender_of_ours_is_tried_again() -> None:
    assert isinstance(Post(Provider(fails=[Permanent("no such number")])).carry(), AddressRefused)
    assert isinstance(Post(Provider(fails=[Permanent("bad sender", is_ours=True)])).carry(), Temporary)


def test_a_late_text_is_not_sent_and_a_service_without_a_sender_says_so() -> None:
    late = Post()
    assert (str(late.carry(now=SMS.until)), late.provider.sent) == (TOO_LATE, [])
    assert str(Post(is_off=True).carry()) == NO_SENDER


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    found.publish()
    yield found
    found.close()


def test_texts_to_subscribers_go_one_by_one_and_only_while_no_page_waits(world: World) -> None:
    turns = TextTurns(Access(world.store, world.clock, can_call=False), world.clock.real_now, timedelta(seconds=1))

    def may_go() -> bool:
        return asyncio.run(turns.next())

    assert [may_go(), may_go()] == [True, False]
    world.clock.moment += timedelta(seconds=1)
    assert may_go()
    world.post()
    world.clock.moment += timedelta(seconds=5)
    assert not may_go()
    world.run()
    world.expect_page("ana")
    assert may_go()


@pytest.mark.parametrize("sender", ["me", "+1", "MG12", "NONE"])
def test_a_sender_that_is_none_keeps_the_service_from_starting(sender: str) -> None:
    twilio = {"ONCALL_SMS": "twilio", "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "t"}
    settings = read_settings({**twilio, "TWILIO_FROM": "+15005550006", "ONCALL_STATUS_SMS_FROM": sender})
    with pytest.raises(SettingsError) as caught:
        check_status_sender(settings)
    assert str(caught.value) == (
        'ONCALL_STATUS_SMS_FROM is no sender; write a number like "+13055550100", a short code, the id of a messaging '
        'service, or "none"'
    )


def test_texts_come_from_the_status_pages_own_sender_if_it_has_one() -> None:
    pages = Settings(sms="twilio", account_sid="AC" + "0" * 32, auth_token="t", from_number="+15005550006")
    own, service, off = (replace(pages, status_sms_from=each) for each in ("+15005550019", "MG" + "0" * 32, "none"))
    for each in (pages, own, service, off):
        check_status_sender(each)
    assert [shares_sender(each) for each in (pages, own, service)] == [True, False, False]
    same = replace(pages, status_sms_from="+15005550006")
    assert (shares_sender(same), own_status_number(same)) == (True, None)
    assert [can_text(each) for each in (pages, own, off, Settings())] == [True, True, False, False]
    assert make_status_sms(off) is None
    number, messaging = own_status_number(own), own_status_number(service)
    assert number is not None and messaging is not None
    assert number.is_named_by({"To": "+15005550019"}) and not number.is_named_by({"To": "+15005550006"})
    assert messaging.is_named_by({"MessagingServiceSid": "MG" + "0" * 32}) and not messaging.is_named_by({"To": "1"})


def test_replies_to_pages_count_although_the_service_for_subscribers_has_the_number_too() -> None:
    service = "MG" + "0" * 32
    pages, status = OwnAccount("AC", "+15005550006"), OwnAccount("AC", None, service)
    sms = {"MessagingServiceSid": service, "From": READER, "Body": "ACK"}
    assert not is_for_status_page({**sms, "To": "+15005550006"}, pages, status)
    assert is_for_status_page({**sms, "To": "+15005550019"}, pages, status)
    assert not is_for_status_page({**sms, "To": "+15005550019"}, pages, None)
