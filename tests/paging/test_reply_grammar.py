"""Texts as commands: which words are read as which command for which ticket."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.paging.actions.reply_grammar import Order, Reply, parse_reply
from oncall.paging.actions.reply_text import said_in
from oncall.paging.actions.reply_words import Verb
from oncall.paging.actions.sms_replies import CARRIER_WORDS
from tests.paging.test_natural_replies import NAMES, orders


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
