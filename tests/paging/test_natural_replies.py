"""Replies as people write them at night: words around a code, signatures, tapbacks, several codes, or no code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.paging.actions.reply_grammar import Order, Reply, parse_reply
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import TicketNames, Verb
from oncall.paging.actions.sms_replies import CARRIER_WORDS, HELP
from oncall.paging.domain.events import EventKind, Passed
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.opt_out import START_WORDS
from oncall.paging.outgoing.sms_encoding import segments
from tests.paging.storm import MINUTE, each_alone
from tests.paging.world import World


def post(world: World, *ids: str) -> None:
    """Post urgent tickets, a minute apart, that page ana."""
    for ticket_id in ids:
        world.clock.moment += timedelta(minutes=1)
        world.post(ticket_id)
        world.run()
        world.expect_page("ana", containing=ticket_id)


NAMES = TicketNames({"84G": "A-1", "H4C": "A-2", "A-1": "A-1", "A-2": "A-2"}, {"EJ9": "B-1"}.get, {"ben": "ben"})


def orders(*found: tuple[Verb, str, str | None]) -> tuple[Order, ...]:
    return tuple(Order(verb, word, ticket, True, word in NAMES.paged) for verb, word, ticket in found)


@pytest.fixture
def one(world: World) -> World:
    """Ana was paged for A-1."""
    post(world, "A-1")
    return world


@pytest.fixture
def two(world: World) -> World:
    """Ana was paged for A-1, then for A-2."""
    post(world, "A-1", "A-2")
    return world


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
def test_an_acknowledgement_with_words_around_takes_the_ticket(one: World, body: str) -> None:
    assert one.sms("ana", body.format(one.code("A-1").lower())) == "A-1 is yours."
    one.act(EventKind.PASSED, "ben", "A-1")
    assert one.sms("ana", body.format("a-1")) == "A-1 is yours."
    one.read_all()


def test_the_full_width_letters_of_a_japanese_keyboard_are_read(one: World) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in f"ACK{one.code('A-1')}")
    assert one.sms("ana", wide).startswith("A-1 is yours")


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
def test_several_codes_take_several_tickets(two: World, body: str) -> None:
    first, second = two.code("A-1"), two.code("A-2")
    assert two.sms("ana", body.format(first, second)) == f"2 are yours: A-1 ({first}), A-2 ({second})."
    assert {two.ticket(name).owner for name in ("A-1", "A-2")} == {"ana"}


def test_ack_all_takes_every_ticket_that_the_person_was_paged_for(two: World) -> None:
    two.post("B-1", impact="normal")
    two.run()
    answer = two.sms("ana", "Ack all please")
    assert answer == f"2 are yours: A-2 ({two.code('A-2')}), A-1 ({two.code('A-1')})."
    assert two.ticket("B-1").owner is None


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


def test_ack_all_when_nothing_is_open_acknowledges_nothing(one: World) -> None:
    one.sms("ana", "ACK")
    answer = one.sms("ana", "ACK ALL")
    assert answer == f"NOT acknowledged. Nothing that you were paged for is open. {HELP}"
    assert segments(answer) == 1


@pytest.mark.parametrize("body", ["DONE ALL", "pass all"])
def test_only_ack_may_be_for_all(two: World, body: str) -> None:
    answer = two.sms("ana", body)
    assert answer.startswith(
        f"NOT acknowledged: {body.upper()} is not possible. Send ACK ALL, or ACK with a code of 2: "
    )
    assert {two.ticket(name).status for name in ("A-1", "A-2")} == {TicketStatus.OPEN}


@pytest.mark.parametrize("body", ["don't ack all", "ack, all hands on deck", "all"])
def test_words_beside_each_other_by_chance_do_not_take_all(two: World, body: str) -> None:
    two.sms("ana", body)
    assert two.ticket("A-1").status is TicketStatus.OPEN


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
def test_a_text_without_a_code_acknowledges_nothing_and_says_so_first(one: World, body: str) -> None:
    assert one.sms("ana", body) == f"NOT acknowledged. Send ACK {one.code('A-1')} to take A-1."
    assert one.ticket("A-1").status is TicketStatus.OPEN


def test_with_several_open_tickets_the_answer_lists_their_codes(two: World) -> None:
    codes = f"{two.code('A-2')} {two.code('A-1')}"
    assert two.sms("ana", "ok") == f"NOT acknowledged. Send ACK ALL, or ACK with a code of 2: {codes}."


def test_yes_without_a_page_is_left_to_the_carrier_and_still_ends_a_stop(world: World) -> None:
    world.sms("grace", "STOP")
    assert world.sms("grace", "yes") == ""
    assert "YES" in START_WORDS & CARRIER_WORDS
    assert world.sms("grace", "WHO") != ""


@pytest.mark.parametrize(
    ("body", "unknown"),
    [("ACK Q9Q", "Q9Q"), ("q9q", "Q9Q"), ("ack q9q thanks", "Q9Q"), ("DONE 0O8", "0O8"), ("pass Q9Q to ben", "Q9Q")],
)
def test_a_wrong_code_acknowledges_nothing_and_says_so_first(one: World, body: str, unknown: str) -> None:
    expected = f"NOT acknowledged: no open ticket has the code {unknown}. Send ACK {one.code('A-1')} to take A-1."
    assert one.sms("ana", body) == expected
    assert one.ticket("A-1").status is TicketStatus.OPEN


def test_a_wrong_code_beside_a_right_one_is_named(one: World) -> None:
    answer = one.sms("ana", f"ACK {one.code('A-1')} Q9Q")
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
def test_a_tapback_acknowledges_nothing_and_gets_a_short_answer_while_a_ticket_waits(one: World, form: str) -> None:
    text = form.format(one.phones.sent[-1].body)
    assert one.sms("ana", text) == f"NOT acknowledged. Send ACK {one.code('A-1')} to take A-1."
    assert one.ticket("A-1").status is TicketStatus.OPEN
    one.sms("ana", "ACK")
    assert one.sms("ana", text) == ""


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


def test_each_command_counts_for_its_own_codes(two: World) -> None:
    first, second = two.code("A-1"), two.code("A-2")
    answer = two.sms("ana", f"ack {first} done {second}")
    assert answer == "A-1 is yours. A-2 is resolved."
    assert (two.ticket("A-1").owner, two.ticket("A-2").status) == ("ana", TicketStatus.RESOLVED)


def test_a_command_after_its_code_counts_too(two: World) -> None:
    first, second = two.code("A-1"), two.code("A-2")
    assert (
        two.sms("ana", f"{first} is done and {second} pass to grace") == "A-1 is resolved. A-2 is passed to Grace Kim."
    )
    two.expect_page("grace")


@pytest.mark.parametrize("body", ["{0} done {1}", "ack {0} pass {0} {1}"])
def test_a_text_that_may_mean_two_things_does_neither_and_asks(two: World, body: str) -> None:
    answer = two.sms("ana", body.format(two.code("A-1"), two.code("A-2")))
    assert answer.startswith("NOT acknowledged: it is not clear what to do with ")
    assert {two.ticket(name).status for name in ("A-1", "A-2")} == {TicketStatus.OPEN}


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


def test_done_that_belongs_to_no_code_is_explained(one: World) -> None:
    code = one.code("A-1")
    assert one.sms("ana", f"{code} restarted the box, done") == f"A-1 is yours. Send DONE {code} to resolve it."


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
def test_pass_goes_to_the_next_person_or_to_the_one_that_it_names(one: World, body: str, to: str) -> None:
    answer = one.sms("ana", body.format(one.code("A-1")))
    assert answer == ("A-1 is passed to Grace Kim." if to == "grace" else "A-1 is passed on.")
    one.expect_page(to, containing="URGENT A-1")
    passed = [event for event in one.events("A-1") if isinstance(event, Passed)]
    assert [event.to for event in passed] == ["grace" if to == "grace" else None]


def test_a_pass_to_a_name_that_is_nobodys_asks(one: World) -> None:
    answer = one.sms("ana", f"pass {one.code('A-1')} to gracie")
    assert answer.startswith('NOT acknowledged: nobody on the roster is called "gracie". Send ACK ')
    assert one.ticket("A-1").status is TicketStatus.OPEN


@pytest.mark.parametrize("body", ["TAKE {}", "take over {}", "please take {}"])
def test_take_takes_a_ticket_over(one: World, body: str) -> None:
    one.sms("ana", "ACK")
    assert one.sms("grace", body.format(one.code("A-1"))) == "A-1 is yours, taken over from Ana Pereira."
    one.expect_page("ana", containing="URGENT A-1 was taken over by Grace Kim.")
    one.expect_silence()


@pytest.mark.parametrize("body", ["ACK {}", "{}", "I'll take {}"])
def test_nothing_else_takes_a_ticket_from_the_engineer_who_has_it(one: World, body: str) -> None:
    code = one.code("A-1")
    one.sms("ana", "ACK")
    assert one.sms("grace", body.format(code)).startswith("NOT acknowledged")
    assert one.ticket("A-1").owner == "ana"


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


def test_a_person_who_says_no_is_told_how_to_take_a_ticket_or_pass_it_on(one: World) -> None:
    code = one.code("A-1")
    expected = f"NOT acknowledged. Send ACK {code} to take A-1, PASS {code} to pass it on."
    assert one.sms("ana", f"sorry, can't take {code}") == expected
    assert one.ticket("A-1").status is TicketStatus.OPEN


def test_a_code_in_the_words_of_a_person_who_was_not_paged_takes_nothing(one: World) -> None:
    code = one.code("A-1")
    assert one.sms("grace", f"saw {code} on the board").startswith(f"NOT acknowledged. Send ACK {code} to take A-1")
    assert one.sms("grace", f"ack {code} thanks") == "A-1 is yours."
    one.expect_page("ana", containing="is taken by Grace Kim")


def test_everyday_words_that_are_ids_of_open_tickets_acknowledge_nothing(world: World) -> None:
    post(world, "ok", "thanks", "300", "ACK", "3PM", "on-it")
    for body in ("thanks, 300 users at 3PM", "ok", "ok thanks"):
        assert world.sms("ana", body).startswith("NOT acknowledged.")
    assert world.sms("ana", "ack 300").startswith("300 is yours.")
    assert world.sms("ana", f"ack {world.code('ACK')}").startswith("ACK is yours.")


def test_an_id_in_small_letters_and_a_long_one_are_found(world: World) -> None:
    post(world, "OPS-Outage.7:b_2", "42")
    assert world.sms("ana", "ack ops-outage.7:b_2.").startswith("OPS-Outage.7:b_2 is yours.")
    assert world.sms("ana", "ack 42").startswith("42 is yours.")


def test_the_answer_to_an_acknowledgement_has_the_link_and_the_contact(world: World) -> None:
    world.post("A-1", url="https://x.example/1", contact="Kim +1 305 555 0199", subject="x" * 300)
    world.run()
    world.expect_page("ana")
    assert world.sms("ana", "ack") == "A-1 is yours. https://x.example/1 Kim +1 305 555 0199"


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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ACK 84G H4C", orders((Verb.ACK, "84G", "A-1"), (Verb.ACK, "H4C", "A-2"))),
        ("DONE 84G, H4C", orders((Verb.DONE, "84G", "A-1"), (Verb.DONE, "H4C", "A-2"))),
        ("ack EJ9 and pass 84G", orders((Verb.ACK, "EJ9", "B-1"), (Verb.PASS, "84G", "A-1"))),
        ("84G done H4C ack", orders((Verb.DONE, "84G", "A-1"), (Verb.ACK, "H4C", "A-2"))),
        ("ACK84G", orders((Verb.ACK, "84G", "A-1"))),
        ("84G 84G", orders((Verb.ACK, "84G", "A-1"))),
    ],
)
def test_a_text_is_read_as(body: str, expected: Sequence[Order]) -> None:
    assert parse_reply(said_in(body), NAMES).orders == expected


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        ("who", Verb.WHO),
        ("Who's on call tonight?", Verb.WHO),
        ("ack", Verb.ACK),
        ("ack thanks, looking", Verb.ACK),
        ("Acknowledged!", Verb.ACK),
        ("done, thanks", Verb.DONE),
        ("PASS please", Verb.PASS),
        ("don't ack", None),
        ("ack not yet", None),
        ("done with lunch", None),
        ("ack done", None),
        ("", None),
    ],
)
def test_a_command_without_a_code_is_read_as(body: str, bare: Verb | None) -> None:
    assert parse_reply(said_in(body), NAMES) == Reply(bare=bare)


@pytest.mark.parametrize("word", sorted(CARRIER_WORDS))
def test_no_carrier_word_is_ever_read_as_a_command(word: str) -> None:
    assert parse_reply(said_in(word), NAMES) == Reply()


@given(st.text(st.characters(exclude_categories=()), max_size=1600))
def test_any_text_can_be_read(text: str) -> None:
    parse_reply(said_in(text), NAMES)


@given(
    st.lists(
        st.sampled_from(
            ["ack", "done", "pass", "84G", "H4C", "EJ9", "Q9Q", "all", "to", "ben", "not", ",", "?", "“", "x"]
        ),
        max_size=12,
    )
)
def test_a_ticket_gets_one_order_at_most_and_only_for_a_word_of_the_text(words: list[str]) -> None:
    reply = parse_reply(said_in(" ".join(words)), NAMES)
    tickets = [order.ticket for order in reply.orders if order.ticket is not None]
    assert len(tickets) == len(set(tickets))
    assert {order.word for order in reply.orders} <= set(words)
