"""Commands in replies with words around them: done, pass, take, and words that say no."""

from __future__ import annotations

import pytest

from oncall.paging.actions.reply_grammar import parse_reply
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import Verb
from oncall.paging.domain.events import Passed
from oncall.paging.domain.ticket import TicketStatus
from tests.paging.storm import post_apart
from tests.paging.test_natural_replies import NAMES, orders
from tests.paging.world import World


def test_each_command_counts_for_its_own_codes(paged_for_two: World) -> None:
    first, second = paged_for_two.code("A-1"), paged_for_two.code("A-2")
    answer = paged_for_two.sms("ana", f"ack {first} done {second}")
    assert answer == "A-1 is yours. A-2 is resolved."
    assert (paged_for_two.ticket("A-1").owner, paged_for_two.ticket("A-2").status) == ("ana", TicketStatus.RESOLVED)


def test_a_command_after_its_code_counts_too(paged_for_two: World) -> None:
    first, second = paged_for_two.code("A-1"), paged_for_two.code("A-2")
    assert (
        paged_for_two.sms("ana", f"{first} is done and {second} pass to grace")
        == "A-1 is resolved. A-2 is passed to Grace Kim."
    )
    paged_for_two.expect_page("grace")


@pytest.mark.parametrize("body", ["{0} done {1}", "ack {0} pass {0} {1}"])
def test_a_text_that_may_mean_two_things_does_neither_and_asks(paged_for_two: World, body: str) -> None:
    answer = paged_for_two.sms("ana", body.format(paged_for_two.code("A-1"), paged_for_two.code("A-2")))
    assert answer.startswith("NOT acknowledged: it is not clear what to do with ")
    assert {paged_for_two.ticket(name).status for name in ("A-1", "A-2")} == {TicketStatus.OPEN}


@pytest.mark.parametrize(
    "body",
    ["done {}, rebooted it", "DONE {} - rebooted", "hi, DONE {} thanks", "{} is done", "{}: done!", "done with {}"],
)
def test_done_counts_with_words_around(body: str) -> None:
    assert parse_reply(said_in(body.format("84G")), NAMES).orders == orders((Verb.DONE, "84G", "A-1"))


@pytest.mark.parametrize(
    "body",
    [
        "{} not done yet",
        "{} is almost done",
        "ack {} not done with the other",
        "{} restarted the box, all done",
    ],
)
def test_done_that_belongs_to_no_code_resolves_nothing(body: str) -> None:
    reply = parse_reply(said_in(body.format("84G")), NAMES)
    assert [(order.verb, order.ticket) for order in reply.orders] == [(Verb.ACK, "A-1")]


def test_done_that_belongs_to_no_code_is_explained(paged_for_one: World) -> None:
    code = paged_for_one.code("A-1")
    assert (
        paged_for_one.sms("ana", f"{code} restarted the box, done") == f"A-1 is yours. Send DONE {code} to resolve it."
    )


@pytest.mark.parametrize(
    ("body", "to"),
    [
        ("PASS {} grace", "grace"),
        ("pass {} to Grace, she knows them", "grace"),
        ("pass {} to GRACE please", "grace"),
        ("PASS {}", "ben"),
        ("pass {} sorry, I am driving", "ben"),
        ("pass on {} please", "ben"),
        ("pass {} to the next one", "ben"),
        ("PASS {} grace is not on call I think", "ben"),
    ],
)
def test_pass_goes_to_the_next_person_or_to_the_one_that_it_names(paged_for_one: World, body: str, to: str) -> None:
    answer = paged_for_one.sms("ana", body.format(paged_for_one.code("A-1")))
    assert answer == ("A-1 is passed to Grace Kim." if to == "grace" else "A-1 is passed on.")
    paged_for_one.expect_page(to, containing="URGENT A-1")
    passed = [event for event in paged_for_one.events("A-1") if isinstance(event, Passed)]
    assert [event.to for event in passed] == ["grace" if to == "grace" else None]


def test_a_pass_to_a_name_that_is_nobodys_asks(paged_for_one: World) -> None:
    answer = paged_for_one.sms("ana", f"pass {paged_for_one.code('A-1')} to gracie")
    assert answer.startswith('NOT acknowledged: nobody on the roster is called "gracie". Send ACK ')
    assert paged_for_one.ticket("A-1").status is TicketStatus.OPEN


@pytest.mark.parametrize("body", ["TAKE {}", "take over {}", "please take {}"])
def test_take_takes_a_ticket_over(paged_for_one: World, body: str) -> None:
    paged_for_one.sms("ana", "ACK")
    assert (
        paged_for_one.sms("grace", body.format(paged_for_one.code("A-1")))
        == "A-1 is yours, taken over from Ana Pereira."
    )
    paged_for_one.expect_page("ana", containing="URGENT A-1 was taken over by Grace Kim.")
    paged_for_one.expect_silence()


@pytest.mark.parametrize("body", ["ACK {}", "{}", "I'll take {}"])
def test_nothing_else_takes_a_ticket_from_the_engineer_who_has_it(paged_for_one: World, body: str) -> None:
    code = paged_for_one.code("A-1")
    paged_for_one.sms("ana", "ACK")
    assert paged_for_one.sms("grace", body.format(code)).startswith("NOT acknowledged")
    assert paged_for_one.ticket("A-1").owner == "ana"


@pytest.mark.parametrize(
    "body",
    [
        "sorry, can't take {}",
        "I cannot look at {} now",
        "{} not me",
        "kann {} nicht übernehmen",
        "не могу {}",
        "我不行 {}",
        "👎 {}",
        "{}?",
        "what is {}?",
        "who has {}",
        "can someone else take {}?",
    ],
)
def test_words_that_say_no_or_ask_take_nothing(body: str) -> None:
    reply = parse_reply(said_in(body.format("84G")), NAMES)
    assert reply.is_refusal or reply.is_question


def test_a_person_who_says_no_is_told_how_to_take_a_ticket_or_pass_it_on(paged_for_one: World) -> None:
    code = paged_for_one.code("A-1")
    expected = f"NOT acknowledged. Send ACK {code} to take A-1, PASS {code} to pass it on."
    assert paged_for_one.sms("ana", f"sorry, can't take {code}") == expected
    assert paged_for_one.ticket("A-1").status is TicketStatus.OPEN


def test_a_code_in_the_words_of_a_person_who_was_not_paged_takes_nothing(paged_for_one: World) -> None:
    code = paged_for_one.code("A-1")
    assert paged_for_one.sms("grace", f"saw {code} on the board").startswith(
        f"NOT acknowledged. Send ACK {code} to take A-1"
    )
    assert paged_for_one.sms("grace", f"ack {code} thanks") == "A-1 is yours."
    paged_for_one.expect_page("ana", containing="is taken by Grace Kim")


def test_everyday_words_that_are_ids_of_open_tickets_acknowledge_nothing(world: World) -> None:
    post_apart(world, "ok", "thanks", "300", "ACK", "3PM", "on-it")
    for body in ("thanks, 300 users at 3PM", "ok", "ok thanks"):
        assert world.sms("ana", body).startswith("NOT acknowledged.")
    assert world.sms("ana", "ack 300").startswith("300 is yours.")
    assert world.sms("ana", f"ack {world.code('ACK')}").startswith("ACK is yours.")


def test_an_id_in_small_letters_and_a_long_one_are_found(world: World) -> None:
    post_apart(world, "OPS-Outage.7:b_2", "42")
    assert world.sms("ana", "ack ops-outage.7:b_2.").startswith("OPS-Outage.7:b_2 is yours.")
    assert world.sms("ana", "ack 42").startswith("42 is yours.")


def test_the_answer_to_an_acknowledgement_has_the_link_and_the_contact(world: World) -> None:
    world.post("A-1", url="https://x.example/1", contact="Kim +1 305 555 0199", subject="x" * 300)
    world.run()
    world.expect_page("ana")
    assert world.sms("ana", "ack") == "A-1 is yours. https://x.example/1 Kim +1 305 555 0199"
