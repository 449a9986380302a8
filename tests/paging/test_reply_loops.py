"""A phone that answers by itself gets no answer after three texts that did nothing; real answers still go out."""

from __future__ import annotations

import pytest

from oncall.paging.actions.sms_replies import SmsAnswer, answer_sms
from oncall.paging.domain.ticket import TicketStatus
from tests.paging.storm import MINUTE, SECOND
from tests.paging.world import World


def paged(world: World) -> World:
    world.post()
    world.run()
    world.expect_page("ana")
    return world


@pytest.mark.parametrize("text", ["I am driving", "ACK 9X9", "ok", "YES", "DONE ALL"])
def test_the_fourth_text_in_ten_minutes_that_does_nothing_gets_no_answer(world: World, text: str) -> None:
    paged(world)
    answers = [world.sms("ana", text) for _ in range(6)]
    assert all(answer.startswith("NOT acknowledged") for answer in answers[:3])
    assert answers[3:] == ["", "", ""]


def test_two_phones_that_answer_by_themselves_do_not_write_to_each_other_for_ever(world: World) -> None:
    paged(world)
    said, count = "I am away and will read your message later.", 0
    while said and count < 100:
        said = world.sms("ana", f"Automatic answer to: {said}")
        count += 1
        world.clock.moment += SECOND
    assert count == 4
    assert world.ticket().status is TicketStatus.OPEN
    world.read_all()


def test_a_ticket_that_is_the_person_s_already_is_not_confirmed_for_ever(world: World) -> None:
    code = paged(world).code()
    answers = [world.sms("ana", f"ACK {code}") for _ in range(6)]
    assert answers == ["T-1 is yours.", *["T-1 is yours already."] * 3, "", ""]


def test_an_acknowledgement_is_answered_however_many_texts_did_nothing(world: World) -> None:
    code = paged(world).code()
    for _ in range(5):
        world.sms("ana", "I am driving")
    assert world.sms("ana", f"ACK {code}") == "T-1 is yours."
    assert world.ticket().status is TicketStatus.ACKNOWLEDGED
    assert world.sms("ana", "WHO").startswith("primary: Ana Pereira")


def test_another_person_s_texts_do_not_count(world: World) -> None:
    paged(world)
    for _ in range(5):
        world.sms("ana", "I am driving")
    assert world.sms("ben", "what is it").startswith("NOT acknowledged")


def test_ten_minutes_later_a_text_is_answered_again(world: World) -> None:
    paged(world)
    for _ in range(3):
        world.sms("ana", "I am driving")
    world.clock.moment += 10 * MINUTE - SECOND
    assert world.sms("ana", "I am driving") == ""
    world.clock.moment += 10 * MINUTE
    assert world.sms("ana", "I am driving").startswith("NOT acknowledged")
    world.read_all()


def test_a_text_that_gets_no_answer_says_so_for_the_log_and_a_replay_gets_none_either(world: World) -> None:
    paged(world)
    phone = world.store.read(lambda tx: tx.schedule()).people["ana"].phone

    def send(number: int) -> SmsAnswer:
        context, sid = world.engine().context(), f"SM{number:032x}"
        return world.store.write(
            lambda tx: answer_sms(tx, phone=phone, body="I am driving", provider_id=sid, context=context)
        )

    answers = [send(number) for number in range(4)]
    assert [answer.is_silenced for answer in answers] == [False, False, False, True]
    assert answers[3].by == "ana"
    assert (send(3).text, send(0).text) == ("", answers[0].text)
