"""Reply codes: unique among unresolved tickets, never a word, and longer when short ones run out."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.paging.actions.reply_words import Verb
from oncall.paging.actions.sms_replies import CARRIER_WORDS
from oncall.paging.outgoing.codes import (
    ALPHABET,
    DIGITS,
    LONGEST,
    SHORTEST,
    could_be_code,
    is_code,
    random_code,
    room,
    shortest_length,
)
from tests.paging.world import World


def code(length: int = SHORTEST, *, seed: int = 0) -> str:
    chance = random.Random(seed)
    return random_code(length, lambda: chance.getrandbits(64))


@given(st.integers())
def test_a_code_has_three_characters_none_of_which_is_misread_and_one_is_a_digit(seed: int) -> None:
    made = code(seed=seed)
    assert len(made) == SHORTEST
    assert set(made) <= set(ALPHABET)
    assert set(made) & set(DIGITS)
    assert is_code(made)
    assert could_be_code(made)


@pytest.mark.parametrize("word", ["234", "3PM", "9AM", "2ND", "4TH", "24H"])
def test_no_code_is_a_time_or_a_number(word: str) -> None:
    drawn = iter([_number_for(word), _number_for("7K2")])
    assert random_code(3, lambda: next(drawn)) == "7K2"


def _number_for(word: str) -> int:
    """Return the random number that draws this word."""
    return sum(ALPHABET.index(letter) * len(ALPHABET) ** place for place, letter in enumerate(word))


def test_the_alphabet_has_no_two_that_look_alike() -> None:
    assert [pair for pair in ("0O", "1I", "1L", "IL", "2Z", "5S", "8B", "UV") if set(pair) <= set(ALPHABET)] == []


def test_no_code_is_a_carrier_word_or_a_command_of_ours() -> None:
    assert [word for word in (*CARRIER_WORDS, *Verb.__members__) if is_code(word)] == []


def test_the_room_is_counted_right() -> None:
    assert [room(size) for size in (1, 2)] == [8, 26 * 26 - 18 * 18]


def test_a_code_that_is_taken_is_not_given_again(world: World) -> None:
    world.post("T-1", impact="normal")
    taken = world.code("T-1")
    drawn = itertools.cycle([taken, *(f"{first}9{last}" for first in ALPHABET for last in ALPHABET)])
    given = world.store.write(lambda tx: [tx.unused_code(lambda: next(drawn)) for _ in range(100)])
    assert taken not in given


def test_codes_grow_by_one_character_when_half_of_them_are_in_use() -> None:
    half = room(3) // 2
    assert shortest_length({3: half - 1}.__getitem__) == 3
    assert shortest_length(lambda size: half + 1 if size == 3 else 0) == 4
    assert shortest_length(lambda size: room(size) if size < LONGEST else 0) == LONGEST


@given(st.integers(min_value=0), st.integers(min_value=SHORTEST, max_value=LONGEST))
def test_a_code_has_the_length_that_is_asked_for(seed: int, length: int) -> None:
    assert len(code(length, seed=seed)) == length


def test_open_tickets_never_share_a_code_and_each_keeps_its_own(world: World) -> None:
    for number in range(40):
        world.post(f"T-{number}", impact="normal")
    assert len({world.code(f"T-{number}") for number in range(40)}) == 40


def test_a_reopened_ticket_gets_a_new_code_when_its_old_one_went_to_another(world: World) -> None:
    from oncall.paging.domain.events import EventKind

    world.post("T-1", impact="normal")
    old = world.code("T-1")
    world.act(EventKind.RESOLVED, "ana")
    world.post("T-2", impact="normal")
    world.store.write(lambda tx: tx.update_ticket(replace(world.ticket("T-2"), code=old)))
    world.act(EventKind.REOPENED, "ana")
    assert world.find(old).ticket.id == "T-2"
    assert world.code("T-1") != old
