"""Subscriptions by SMS: a code proves the number, few codes are sent, and STOP ends the texts for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.errors import Refused
from oncall.paging.actions.sms_subscriptions import ask_code, enter_code, stop_texts
from oncall.paging.actions.subscription_limits import AskedTooOften
from oncall.paging.actions.subscriptions import Asked
from oncall.paging.outgoing.sms_encoding import segments
from oncall.paging.ports.outgoing_sms import OutgoingSms, sms_from_body
from oncall.paging.ports.relay import SUBSCRIBER_CODES, SUBSCRIBER_SMS
from oncall.paging.ports.subscribers import Subscriber
from oncall.status.status_actions import AnnounceMaintenance, OpenIncident, UpdateIncident
from tests.paging.world import at
from tests.status.readers import BASE, Readers

READER = "+14155550123"
DEAR = "a text to this number costs extra, so none goes there; write the number of a mobile phone"
DOWN = OpenIncident("Portal down", {"portal": "major_outage"})


class Phones(Readers):
    """Readers who subscribe by SMS."""

    def ask_code(self, phone: str = READER, *components: str, source: str = "192.0.2.7", barred: bool = False) -> str:
        now = self.world.clock.now()
        asked = Asked("", components, source, BASE)
        return self.world.store.write(lambda tx: ask_code(tx, phone, asked, is_barred=barred, now=now, real_now=now))

    def enter(self, token: str, code: str) -> Subscriber | None:
        now = self.world.clock.now()
        return self.world.store.write(lambda tx: enter_code(tx, token, code, now=now, real_now=now))

    def stop(self, phone: str = READER) -> None:
        self.world.store.write(lambda tx: stop_texts(tx, phone, self.world.clock.now()))

    def texts(self) -> list[OutgoingSms]:
        return [sms_from_body(each.body) for each in self.messages()]

    def words(self) -> list[str]:
        return [each.text for each in self.texts()]

    def code(self) -> str:
        """Return the code that was just sent."""
        (sms,) = self.texts()
        return sms.text.split()[0]

    def subscribed(self, phone: str = READER, *components: str) -> Subscriber:
        token = self.ask_code(phone, *components)
        found = self.enter(token, self.code())
        assert found is not None
        return found


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    found = Phones(tmp_path)
    yield found
    found.world.close()


def test_a_number_is_told_nothing_before_its_code_is_typed_back(phones: Phones) -> None:
    token = phones.ask_code("+1 (415) 555-0123", "portal")
    (message,) = phones.messages()
    sms = sms_from_body(message.body)
    assert (message.to, sms.to) == (SUBSCRIBER_CODES, READER)
    code = sms.text.split()[0]
    assert sms.text == (f"{code} is your code for notices of itopia CAS. It works for 10 minutes. Not you? Do nothing.")
    phones.act(DOWN)
    assert phones.messages() == []
    found = phones.enter(token, f" {code[:3]} {code[3:]} ")
    assert found is not None and (found.address, found.components, found.shown) == (
        READER, ("portal",), "the number that ends in 23",
    )  # fmt: skip
    assert READER not in repr(found) and READER not in repr(sms)
    phones.act(UpdateIncident("id1", "identified"))
    (told,) = phones.messages()
    assert (told.to, sms_from_body(told.body).to) == (SUBSCRIBER_SMS, READER)
    assert sms_from_body(told.body).text == (
        "itopia CAS: Identified: Portal down (CAS portal), Sat 03:12 EST https://status.example.com/incidents/id1 "
        "STOP ends these texts."
    )


def test_a_wrong_code_and_one_that_is_too_old_confirm_nothing(phones: Phones) -> None:
    token = phones.ask_code()
    code = phones.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert [phones.enter(token, each) for each in (wrong, "", "x" * 50, "\u0661")] == [None] * 4
    assert phones.enter("never-made", code) is None
    phones.wait(timedelta(minutes=10))
    assert phones.enter(token, code) is None


def test_a_guesser_has_five_tries_for_one_code(phones: Phones) -> None:
    token = phones.ask_code()
    code = phones.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert [phones.enter(token, wrong) for _ in range(5)] == [None] * 5
    assert phones.enter(token, code) is None


def test_the_token_of_a_form_for_a_code_confirms_nothing_as_a_link(phones: Phones) -> None:
    token = phones.ask_code()
    phones.messages()
    with pytest.raises(Exception, match="this link has ended or was never made"):
        phones.confirm(token)


def test_a_known_number_proves_itself_again_and_keeps_what_it_chose(phones: Phones) -> None:
    first = phones.subscribed(READER, "portal")
    again = phones.subscribed(READER, "dns")
    assert (again.id, again.components, again.manage_token) == (first.id, ("portal",), first.manage_token)


def test_stop_ends_the_texts_for_ever_also_after_another_try(phones: Phones) -> None:
    phones.subscribed()
    phones.act(DOWN)
    phones.round()
    phones.stop()
    assert phones.messages() == []
    token = phones.ask_code()
    assert phones.messages() == []
    assert phones.enter(token, "000000") is None
    phones.wait(timedelta(days=400))
    phones.ask_code()
    phones.act(UpdateIncident("id1", "resolved"))
    assert phones.messages() == []


def test_stop_counts_before_any_subscription_and_for_every_form_of_the_number(phones: Phones) -> None:
    phones.stop("+5215512345678")
    phones.ask_code("+525512345678")
    assert phones.messages() == []


def test_a_number_that_must_not_be_texted_gets_no_code_and_the_same_answer(phones: Phones) -> None:
    assert len(phones.ask_code(barred=True)) == len(phones.ask_code(source="192.0.2.8"))
    assert len(phones.messages()) == 1


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("", "this is not a phone number with its country code; write one like +13055550101"),
        ("4155550123", "this is not a phone number with its country code; write one like +13055550101"),
        ("+1415555012345678901", "this is not a phone number with its country code; write one like +13055550101"),
        ("+14155550123\nX", "this is not a phone number with its country code; write one like +13055550101"),
        ("+19005551234", DEAR),
        ("+882160001234", DEAR),
        ("+1415555", "this phone number is not right: it is too short for country code 1; write all of its digits"),
    ],
)
def test_a_number_that_is_none_is_refused(phones: Phones, phone: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        phones.ask_code(phone)
    assert str(caught.value) == words
    assert phones.messages() == []


def test_a_bomb_on_one_number_ends_after_three_codes_a_day(phones: Phones) -> None:
    for number in range(3):
        phones.ask_code(source=f"192.0.2.{number}")
    with pytest.raises(AskedTooOften) as caught:
        phones.ask_code("+1-415-555-0123", source="192.0.2.9")
    assert str(caught.value) == "this number was sent 3 codes today; try again tomorrow"
    assert len(phones.messages()) == 3


def test_a_bomb_from_one_network_ends_after_five_codes_an_hour(phones: Phones) -> None:
    for number in range(5):
        phones.ask_code(f"+1415555012{number}")
    with pytest.raises(AskedTooOften) as caught:
        phones.ask_code("+14155550129")
    assert str(caught.value) == "too many subscriptions were asked for from your network; try again in an hour"
    assert len(phones.messages()) == 5
    phones.wait(timedelta(hours=1))
    phones.ask_code("+14155550129")


def test_a_bomb_from_many_networks_ends_after_a_hundred_codes_an_hour(phones: Phones) -> None:
    now = phones.world.clock.now()
    phones.world.store.write(lambda tx: tx.add_subscription_asks(("sms-page",) * 100, now))
    with pytest.raises(AskedTooOften) as caught:
        phones.ask_code()
    assert str(caught.value) == "too many subscriptions were asked for; try again in an hour"
    assert phones.messages() == []


def test_a_text_names_the_times_of_a_maintenance_and_keeps_its_link_whatever_the_title(phones: Phones) -> None:
    phones.subscribed(READER, "portal")
    start, end = at("2027-01-20 02:00"), at("2027-01-20 04:00")
    phones.act(AnnounceMaintenance("Upgrade", ("portal",), start, end))
    phones.act(OpenIncident("Ошибка " * 25, {"portal": "major_outage"}))
    phones.act(DOWN)
    phones.act(OpenIncident("DNS down", {"dns": "major_outage"}))
    first, second, third = phones.words()
    assert first == (
        "itopia CAS: Maintenance: Upgrade (CAS portal), Wed 2027-01-20 02:00 EST to Wed 04:00 EST "
        "https://status.example.com/incidents/id1 STOP ends these texts."
    )
    assert second.endswith(".. https://status.example.com/incidents/id2 STOP ends these texts.")
    assert max(map(segments, (first, second, third))) == 2
