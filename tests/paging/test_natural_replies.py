"""Replies as people write them at night: words around a code, signatures, tapbacks, several codes, or no code."""

from __future__ import annotations

import pytest

from oncall.paging.actions.reply_grammar import Order, parse_reply
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import TicketNames, Verb
from oncall.paging.actions.sms_replies import CARRIER_WORDS, HELP
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.opt_out import START_WORDS
from oncall.paging.outgoing.sms_encoding import segments
from tests.paging.storm import MINUTE, each_alone
from tests.paging.world import World

NAMES = TicketNames({"84G": "A-1", "H4C": "A-2", "A-1": "A-1", "A-2": "A-2"}, {"EJ9": "B-1"}.get, {"ben": "ben"})


def orders(*found: tuple[Verb, str, str | None]) -> tuple[Order, ...]:
    return tuple(Order(verb, word, ticket, True, word in NAMES.paged) for verb, word, ticket in found)


@pytest.mark.parametrize(
    "body",
    [
        "ack {} thanks, looking",
        "ACK {}\nSent from my iPhone",
        "Ack {}\n-- \nAna Pereira\nSenior engineer, +1 305 555 0101",
        "{} on it",
        "I have {}, give me 5 minutes",
        "looking at {} now!!!",
        "👍 {}",
        "{} 👍🏽",
        "ack {} 🙏🔥",
        "({})",
        "“ack {}”",
        "`ack {}`",
        "ack-{}",
        "ack:{}",
        "ACK={}",
        "#{}",
        "ich schau mir {} an",
        "je m’occupe de {}",
        "estoy en ello, {}",
        "беру {}",
        "{}を確認します",
        "ok {} ok",
        "yes {}",
        "ack {} no need to wake Ben",
        "ack {}, can't reproduce it yet",
        "ack {}, who is their contact?",
        "ack {} will pass to Ben when done",
        "ack {} will be there at 3PM, 300 users affected",
        "ack {} web01 is back",
        "I'll take {}",
        "no problem, {} is mine",
        "{} not done yet",
        "thanks\n\n> URGENT A-1 Acme Ltd (STD): x. 1st reply by Sat 04:12 EST. Reply ACK Q9Q\nack {}",
    ],
)
@pytest.mark.parametrize("name", ["84G", "84g", "A-1", "a-1"])
def test_a_code_or_an_id_acknowledges_whatever_words_stand_around_it(body: str, name: str) -> None:
    reply = parse_reply(said_in(body.format(name)), NAMES)
    assert [(order.verb, order.ticket) for order in reply.orders] == [(Verb.ACK, "A-1")]
    assert not (reply.unclear or reply.is_refusal or reply.is_question)


@pytest.mark.parametrize("body", ["ack {} thanks, looking", "ACK {}\nSent from my iPhone", "беру {} 👍"])
def test_an_acknowledgement_with_words_around_takes_the_ticket(paged_for_one: World, body: str) -> None:
    assert paged_for_one.sms("ana", body.format(paged_for_one.code("A-1").lower())) == "A-1 is yours."
    paged_for_one.act(EventKind.PASSED, "ben", "A-1")
    assert paged_for_one.sms("ana", body.format("a-1")) == "A-1 is yours."
    paged_for_one.read_all()


def test_the_full_width_letters_of_a_japanese_keyboard_are_read(paged_for_one: World) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in f"ACK{paged_for_one.code('A-1')}")
    assert paged_for_one.sms("ana", wide).startswith("A-1 is yours")


@pytest.mark.parametrize(
    "body",
    [
        "ACK {0} {1}",
        "ack {0}, {1}",
        "ack {0}/{1}",
        "{0} {1}",
        "{0} and {1}, on both",
        "ack {0}\n{1}",
    ],
)
def test_several_codes_take_several_tickets(paged_for_two: World, body: str) -> None:
    first, second = paged_for_two.code("A-1"), paged_for_two.code("A-2")
    assert paged_for_two.sms("ana", body.format(first, second)) == f"2 are yours: A-1 ({first}), A-2 ({second})."
    assert {paged_for_two.ticket(name).owner for name in ("A-1", "A-2")} == {"ana"}


def test_ack_all_takes_every_ticket_that_the_person_was_paged_for(paged_for_two: World) -> None:
    paged_for_two.post("B-1", impact="normal")
    paged_for_two.run()
    answer = paged_for_two.sms("ana", "Ack all please")
    assert answer == f"2 are yours: A-2 ({paged_for_two.code('A-2')}), A-1 ({paged_for_two.code('A-1')})."
    assert paged_for_two.ticket("B-1").owner is None


def test_ack_all_in_a_storm_answers_with_the_list_in_three_segments_at_most(world: World) -> None:
    each_alone(world)
    names = [f"STORM-{number}" for number in range(40)]
    for name in names:
        world.post(name)
    world.run()
    world.read_all()
    answer = world.sms("ana", "ACK ALL")
    assert answer.startswith("40 are yours: STORM-")
    assert segments(answer) <= 3
    assert {world.ticket(name).owner for name in names} == {"ana"}


def test_ack_all_when_nothing_is_open_acknowledges_nothing(paged_for_one: World) -> None:
    paged_for_one.sms("ana", "ACK")
    answer = paged_for_one.sms("ana", "ACK ALL")
    assert answer == f"NOT acknowledged. Nothing that you were paged for is open. {HELP}"
    assert segments(answer) == 1


@pytest.mark.parametrize("body", ["DONE ALL", "pass all"])
def test_only_ack_may_be_for_all(paged_for_two: World, body: str) -> None:
    answer = paged_for_two.sms("ana", body)
    assert answer.startswith(
        f"NOT acknowledged: {body.upper()} is not possible. Send ACK ALL, or ACK with a code of 2: "
    )
    assert {paged_for_two.ticket(name).status for name in ("A-1", "A-2")} == {TicketStatus.OPEN}


@pytest.mark.parametrize("body", ["don't ack all", "ack, all hands on deck", "all"])
def test_words_beside_each_other_by_chance_do_not_take_all(paged_for_two: World, body: str) -> None:
    paged_for_two.sms("ana", body)
    assert paged_for_two.ticket("A-1").status is TicketStatus.OPEN


@pytest.mark.parametrize(
    "body",
    [
        "ok",
        "OK!",
        "yes",
        "Yes.",
        "YES",
        "👍",
        "👍🏽👍🏽",
        "k",
        "on it",
        "thanks",
        "si",
        "ja",
        "是",
        "got it, on my way",
        "ACK ME"[4:],
    ],
)
def test_a_text_without_a_code_acknowledges_nothing_and_says_so_first(paged_for_one: World, body: str) -> None:
    assert paged_for_one.sms("ana", body) == f"NOT acknowledged. Send ACK {paged_for_one.code('A-1')} to take A-1."
    assert paged_for_one.ticket("A-1").status is TicketStatus.OPEN


def test_with_several_open_tickets_the_answer_lists_their_codes(paged_for_two: World) -> None:
    codes = f"{paged_for_two.code('A-2')} {paged_for_two.code('A-1')}"
    assert paged_for_two.sms("ana", "ok") == f"NOT acknowledged. Send ACK ALL, or ACK with a code of 2: {codes}."


def test_yes_without_a_page_is_left_to_the_carrier_and_still_ends_a_stop(world: World) -> None:
    world.sms("grace", "STOP")
    assert world.sms("grace", "yes") == ""
    assert "YES" in START_WORDS & CARRIER_WORDS
    assert world.sms("grace", "WHO") != ""


@pytest.mark.parametrize(
    ("body", "unknown"),
    [("ACK Q9Q", "Q9Q"), ("q9q", "Q9Q"), ("ack q9q thanks", "Q9Q"), ("DONE 0O8", "0O8"), ("pass Q9Q to ben", "Q9Q")],
)
def test_a_wrong_code_acknowledges_nothing_and_says_so_first(paged_for_one: World, body: str, unknown: str) -> None:
    expected = (
        f"NOT acknowledged: no open ticket has the code {unknown}. Send ACK {paged_for_one.code('A-1')} to take A-1."
    )
    assert paged_for_one.sms("ana", body) == expected
    assert paged_for_one.ticket("A-1").status is TicketStatus.OPEN


def test_a_wrong_code_beside_a_right_one_is_named(paged_for_one: World) -> None:
    answer = paged_for_one.sms("ana", f"ACK {paged_for_one.code('A-1')} Q9Q")
    assert answer == "A-1 is yours. NOT acknowledged: no open ticket has the code Q9Q."


TAPBACKS = [
    "Liked “{}”",
    'Liked "{}"',
    "Loved “{}”",
    "Disliked “{}”",
    "Laughed at “{}”",
    "Emphasized “{}”",
    "Questioned “{}”",
    "Removed a like from “{}”",
    "👍 to “{}”",
    "👍 to “{}” ",
    'Reacted 👍 to "{}"',
    "Reacted \N{WHITE HEAVY CHECK MARK} to “{}”",
    "Gefällt „{}“",
    "Hat „{}“ mit „Gefällt mir“ markiert",
    "👍 zu „{}“",
    "A aimé « {} »",
    "J’adore « {} »",
    "Le gustó “{}”",
    "Le encantó “{}”",
    "Reaccionó con 👍 a “{}”",
    "Gostou de “{}”",
    "Ha messo Mi piace a “{}”",
    "「{}」にいいねしました",
    "Gillade “{}”",
    "Något nytt “{}”",
    "> {}",
    "{}",
]


PAGE = "URGENT A-1 Acme Ltd (STD): Sessions do not start. 1st reply by Sat 04:12 EST. Reply ACK 84G"


@pytest.mark.parametrize("form", TAPBACKS)
@pytest.mark.parametrize("page", [PAGE, "…ACK 84G", PAGE[:60]])
def test_a_tapback_is_told_from_a_reply(form: str, page: str) -> None:
    if page != PAGE and form in ("{}", "Något nytt “{}”"):
        # A part of a page alone is told from a reply by nothing but its language.
        return
    assert said_in(form.format(page)).is_reaction


@pytest.mark.parametrize("form", ["Liked “{}”", "👍 to “{}”", "> {}", "{}"])
def test_a_tapback_acknowledges_nothing_and_gets_a_short_answer_while_a_ticket_waits(
    paged_for_one: World, form: str
) -> None:
    text = form.format(paged_for_one.phones.sent[-1].body)
    assert paged_for_one.sms("ana", text) == f"NOT acknowledged. Send ACK {paged_for_one.code('A-1')} to take A-1."
    assert paged_for_one.ticket("A-1").status is TicketStatus.OPEN
    paged_for_one.sms("ana", "ACK")
    assert paged_for_one.sms("ana", text) == ""


@pytest.mark.parametrize(
    "body",
    [
        'ack {} the customer says "nothing works at all here"',
        "“ack {}” it is",
        "Liked the fix for {}, on it",
        "ack {}\n\nOn Sat, Jan 9, 2027 at 3:12 AM +13055550199 wrote:\nURGENT A-9 Acme. Reply ACK Q9Q",
    ],
)
def test_a_quotation_beside_a_reply_does_not_hide_the_reply(body: str) -> None:
    said = said_in(body.format("84G"))
    assert not said.is_reaction
    assert [(order.verb, order.ticket) for order in parse_reply(said, NAMES).orders] == [(Verb.ACK, "A-1")]


def test_every_answer_that_acknowledges_nothing_is_one_segment_and_says_so_first(world: World) -> None:
    for number in range(60):
        world.post(f"A-VERY-LONG-ID-OF-FORTY-LETTERS-{number:08}")
    world.run()
    world.read_all()
    for body in (
        "ok",
        "ACK Q9Q",
        "👍",
        "DONE ALL",
        "ACK Q9Q Q8Q",
        "pass A-VERY-LONG-ID-OF-FORTY-LETTERS-00000001 to nobody9",
    ):
        answer = world.sms("ana", body)
        world.clock.moment += 4 * MINUTE
        world.read_all()
        assert answer.startswith("NOT acknowledged")
        assert segments(answer) == 1
